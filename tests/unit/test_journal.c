/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include "system/system.h"
#include "task/journal.h"

#include "base/file.h"

#include <sys/wait.h>
#include <unistd.h>

enum { KEY = 7 };
static char dir[64], path[96];
static il_system *sys;
static ili_relax_result result;

static il_system *two_atoms(double x) {
    il_system *s = NULL;
    int32_t type;
    CHECK_OK(ili_system_create(ctx, &s));
    CHECK_OK(ili_system_species(ctx, s, "Li", 3, &type));
    for (int i = 0; i < 2; i++) CHECK_OK(ili_system_add(ctx, s, type, (const double[3]){x, i, 0.5}));
    for (int k = 0; k < 3; k++) s->cell.h[k][k] = 4.0 + x;
    CHECK_OK(ILI_SYSTEM_ARRAY(ctx, s, f));
    return s;
}

/** A journal with one record, closed again. The energy of the system is not that of the relaxation. */
static void begin(void) {
    ili_journal *j;
    snprintf(dir, sizeof dir, "%s/interlith-test-XXXXXX", P_tmpdir);
    CHECK(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/relax.journal", dir);
    sys = two_atoms(0.25);
    sys->energy = -1.0 - 1e-15;
    sys->f[1][2] = 0.125;
    memset(&result, 0, sizeof result);
    result.energy = -1.0;
    result.steps = 12;
    CHECK_OK(ili_journal_open(ctx, dir, "relax", KEY, false, &j));
    CHECK_OK(ili_journal_add(ctx, j, sys, &result));
    ili_journal_close(&j);
}

static void end(void) {
    il_system_destroy(&sys);
    CHECK(unlink(path) == 0);
    CHECK(rmdir(dir) == 0);
}

/** Open again and ask for one record. */
static bool found_again(il_system *into, ili_relax_result *r) {
    ili_journal *j;
    bool found = false;
    CHECK_OK(ili_journal_open(ctx, dir, "relax", KEY, false, &j));
    CHECK_OK(ili_journal_next(ctx, j, into, r, &found));
    ili_journal_close(&j);
    return found;
}

TEST(a_record_comes_back_bit_for_bit) {
    ili_relax_result r = {0};
    begin();
    il_system *again = two_atoms(0.0);
    CHECK(found_again(again, &r));
    CHECK(memcmp(again->x, sys->x, 2 * sizeof *sys->x) == 0);
    CHECK(memcmp(again->f, sys->f, 2 * sizeof *sys->f) == 0);
    CHECK(memcmp(again->cell.h, sys->cell.h, sizeof sys->cell.h) == 0);
    CHECK(again->energy == sys->energy); /* not result.energy */
    CHECK(r.energy == result.energy && r.steps == result.steps);
    il_system_destroy(&again);
    end();
}

/** Change one byte at `at` from the start (negative: from the end) of the file. */
static void spoil(long at) {
    FILE *file = fopen(path, "r+b");
    CHECK(file != NULL);
    if (!file) return;
    CHECK(fseek(file, at, at < 0 ? SEEK_END : SEEK_SET) == 0);
    int byte = fgetc(file);
    CHECK(fseek(file, -1, SEEK_CUR) == 0);
    fputc(byte ^ 1, file);
    fclose(file);
}

TEST(a_spoilt_record_is_dropped) {
    static const long places[] = {16 + 8 + 3, 16 + 8 + 9 * 8 + 2, -3}; /* cell, energy, forces */
    for (int p = 0; p < 3; p++) {
        ili_relax_result r = {0};
        begin();
        spoil(places[p]);
        il_system *again = two_atoms(0.0);
        CHECK(!found_again(again, &r));
        CHECK(again->x[0][0] == 0.0 && again->cell.h[0][0] == 4.0);
        il_system_destroy(&again);
        end();
    }
}

TEST(another_job_is_refused) {
    ili_journal *j;
    begin();
    CHECK_STATUS(ili_journal_open(ctx, dir, "relax", KEY + 1, false, &j), IL_E_INPUT);
    CHECK(j == NULL);
    CHECK_STATUS(ili_journal_check(ctx, dir, "relax", KEY + 1), IL_E_INPUT);
    CHECK_OK(ili_journal_check(ctx, dir, "relax", KEY));
    CHECK_OK(ili_journal_check(ctx, dir, "no such", KEY));
    char old[96];
    snprintf(old, sizeof old, "%s/relax.json", dir);
    CHECK_OK(ili_write_file(ctx, old, "{}"));
    CHECK_OK(ili_journal_open(ctx, dir, "relax", KEY, false, &j));
    ili_journal_close(&j);
    CHECK(access(old, F_OK) == 0);
    CHECK_OK(ili_journal_open(ctx, dir, "relax", KEY + 1, true, &j));
    CHECK(access(old, F_OK) != 0); /* no result of this job */
    ili_journal_close(&j);
    end();
}

TEST(a_piece_of_another_job_is_dropped) {
    ili_journal *j;
    ili_relax_result r = {0};
    bool found = true;
    begin();
    il_system *again = two_atoms(0.0);
    CHECK_OK(ili_journal_open_piece(ctx, dir, "relax", KEY + 1, false, &j));
    CHECK_OK(ili_journal_next(ctx, j, again, &r, &found));
    CHECK(!found);
    ili_journal_close(&j);
    CHECK_STATUS(ili_journal_open(ctx, dir, "relax", KEY, false, &j), IL_E_INPUT);
    il_system_destroy(&again);
    end();
}

TEST(only_who_began_a_journal_discards_it) {
    ili_journal *mine, *others;
    begin();
    CHECK_OK(ili_journal_open(ctx, dir, "relax", KEY, false, &others));
    ili_journal_discard(&others);
    CHECK(access(path, F_OK) == 0);
    CHECK_OK(ili_journal_open(ctx, dir, "relax", KEY, true, &mine));
    ili_journal_discard(&mine);
    CHECK(access(path, F_OK) != 0);
    CHECK_OK(ili_journal_open(ctx, dir, "relax", KEY, false, &mine));
    ili_journal_close(&mine);
    end();
}

/** Processes that begin the journal at the same moment, each for the job `key + k * step`; returns how many were let in. */
static int let_in(int n, int step) {
    pid_t child[16];
    int gate[2], how, count = 0;
    char byte;
    CHECK(pipe(gate) == 0);
    for (int k = 0; k < n; k++) {
        child[k] = fork();
        if (child[k] != 0) continue;
        ili_journal *j;
        close(gate[1]);
        if (read(gate[0], &byte, 1) != 0) _exit(2); /* until the parent closes its end */
        const il_status status = ili_journal_open(ctx, dir, "relax", (uint64_t)(KEY + k * step), false, &j);
        ili_journal_close(&j);
        _exit(status == IL_OK ? 0 : status == IL_E_INPUT ? 1 : 2);
    }
    close(gate[0]);
    close(gate[1]);
    for (int k = 0; k < n; k++) {
        CHECK(waitpid(child[k], &how, 0) == child[k] && WIFEXITED(how) && WEXITSTATUS(how) < 2);
        count += WEXITSTATUS(how) == 0;
    }
    return count;
}

TEST(processes_of_one_job_share_a_journal_and_one_of_several_jobs_has_it) {
    enum { PROCESSES = 12, ROUNDS = 25 };
    begin();
    for (int round = 0; round < ROUNDS; round++) {
        CHECK(unlink(path) == 0);
        CHECK(let_in(PROCESSES, 0) == PROCESSES);
        CHECK(unlink(path) == 0);
        CHECK(let_in(PROCESSES, 1) == 1);
    }
    end(); /* no lock is left behind */
}

TESTS(RUN(a_piece_of_another_job_is_dropped), RUN(only_who_began_a_journal_discards_it),
      RUN(processes_of_one_job_share_a_journal_and_one_of_several_jobs_has_it),
      RUN(a_record_comes_back_bit_for_bit), RUN(a_spoilt_record_is_dropped), RUN(another_job_is_refused))
