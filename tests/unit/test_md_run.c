/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Runs in stages that are stopped, gone on with, refused and read back. Lithium, 16 atoms. */
#include "harness.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/lock.h"
#include "task/md_run.h"

#include <dirent.h>
#include <unistd.h>

enum { STEPS = 230, STAGES = 3 };

/** A watcher whose sum and count live in the checkpoint. */
typedef struct sum {
    double value;
    int64_t count;
} sum;

static il_status see(il_context *own, void *user, const ili_md_frame *frame) {
    (void)own;
    sum *s = user;
    s->value += frame->x[3][1] * (double)frame->step;
    s->count++;
    return IL_OK;
}

static void carry(void *user, ili_bytes *bytes) {
    sum *s = user;
    ili_bytes_carry(bytes, &s->value, sizeof s->value);
    ili_bytes_carry(bytes, &s->count, sizeof s->count);
}

typedef struct bench {
    char dir[64];
    il_system *sys;
    il_model *model;
    il_ff *ff;
    sum sums[2];
    ili_run_watcher watchers[2];
    ili_run_plan plan;
    ili_run_summary *summary;
} bench;

static void read_lithium(bench *b) {
    const int copies[3] = {2, 2, 2};
    il_system *cell = NULL;
    CHECK_OK(il_model_read(ctx, "potentials/li.yaml", &b->model));
    CHECK_OK(il_system_read(ctx, "structures/Li.cif", &cell));
    CHECK_OK(ili_system_repeat(ctx, cell, copies, &b->sys));
    b->sys->x[0][0] += 0.1;
    CHECK_OK(il_ff_create(ctx, b->model, b->sys, NULL, &b->ff));
    il_system_destroy(&cell);
}

static bench *setup(const char *dir) {
    il_set_threads(ctx, 1);
    bench *b = ili_alloc(1, sizeof *b);
    ck_assert_ptr_nonnull(b);
    b->summary = ili_alloc(1, sizeof *b->summary);
    read_lithium(b);
    if (dir)
        strcpy(b->dir, dir);
    else {
        snprintf(b->dir, sizeof b->dir, "%s/interlith-test-XXXXXX", P_tmpdir);
        CHECK(mkdtemp(b->dir) != NULL);
    }
    b->plan = (ili_run_plan){.dir = b->dir,
                             .stem = "run",
                             .key = 7,
                             .relax_first = true,
                             .n_stages = STAGES,
                             .checkpoint_every = 40,
                             .trajectory_every = 30,
                             .thermo_every = 7,
                             .trajectory_ending = "nc",
                             .watchers = b->watchers,
                             .n_watchers = 2};
    for (int k = 0; k < STAGES; k++) {
        ili_md_options o = ili_md_defaults();
        o.n_steps = STEPS;
        o.refresh_every = 20;
        o.thermostat = k == 0 ? ILI_THERMOSTAT_CSVR : k == 1 ? ILI_THERMOSTAT_LANGEVIN : ILI_THERMOSTAT_NONE;
        o.temperature_end = k == 0 ? 400.0 : 300.0;
        b->plan.stages[k].options = o;
        snprintf(b->plan.stages[k].text, sizeof b->plan.stages[k].text, "stage %d", k);
    }
    for (int w = 0; w < 2; w++)
        b->watchers[w] =
            (ili_run_watcher){.stage = w ? 1 : -1,
                              .observer = {.every = 3, .at_start = true, .user = &b->sums[w], .see = see},
                              .carry = carry};
    return b;
}

static il_status go(bench *b) {
    return ili_run_stages(ctx, &b->plan, b->ff, b->model, b->sys, b->summary);
}

static void empty(const char *dir) {
    DIR *folder = opendir(dir);
    CHECK(folder != NULL);
    for (const struct dirent *e; folder && (e = readdir(folder));) unlinkat(dirfd(folder), e->d_name, 0);
    if (folder) closedir(folder);
    CHECK(rmdir(dir) == 0);
}

static void teardown(bench *b, bool with_files) {
    if (with_files) empty(b->dir);
    il_ff_destroy(&b->ff);
    il_model_destroy(&b->model);
    il_system_destroy(&b->sys);
    ili_free(b->summary);
    ili_free(b);
}

/** Byte for byte. */
static bool same_file(const bench *a, const bench *b, const char *name) {
    char path[2][128], hash[2][17] = {"a", "b"};
    snprintf(path[0], sizeof path[0], "%s/%s", a->dir, name);
    snprintf(path[1], sizeof path[1], "%s/%s", b->dir, name);
    for (int k = 0; k < 2; k++) CHECK_OK(ili_file_hash(ctx, path[k], hash[k]));
    return strcmp(hash[0], hash[1]) == 0;
}

static void same_result(const bench *a, const bench *b) {
    size_t size = (size_t)a->sys->n_atoms * sizeof *a->sys->x;
    CHECK(memcmp(a->sys->x, b->sys->x, size) == 0 && memcmp(a->sys->v, b->sys->v, size) == 0);
    CHECK(memcmp(a->sums, b->sums, sizeof a->sums) == 0);
    CHECK(memcmp(&a->summary->stage, &b->summary->stage, sizeof a->summary->stage) == 0);
    CHECK(a->summary->steps == b->summary->steps && a->summary->frames == b->summary->frames);
    CHECK(same_file(a, b, "run.ckpt") && same_file(a, b, "run.nc") && same_file(a, b, "run.thermo.tsv"));
}

static int stop_at(void *user, const char *what, double fraction) {
    int *left = user;
    (void)fraction;
    return strstr(what, "ns/day") && --*left == 0; /* the relaxation is not counted */
}

TEST(a_stopped_run_ends_with_the_same_bits) {
    bench *whole = setup(NULL);
    REQUIRE_OK(go(whole));
    CHECK(whole->summary->resumed_at == -1 && whole->summary->steps == STAGES * STEPS);
    CHECK(whole->sums[0].count == 1 + STAGES * STEPS / 3);
    CHECK(whole->sums[1].count == 2 * STEPS / 3 - STEPS / 3);
    CHECK(whole->summary->frames == 1 + STAGES * STEPS / 30);
    for (int stop = 1; stop < 33; stop += 4) {
        bench *first = setup(NULL), *rest = NULL;
        int left = stop;
        il_set_progress(ctx, stop_at, &left);
        CHECK_STATUS(go(first), IL_E_INTERRUPTED);
        CHECK(strstr(il_message(ctx), first->dir) && strstr(il_message(ctx), "goes on"));
        il_set_progress(ctx, NULL, NULL);
        rest = setup(first->dir);
        il_set_threads(ctx, stop == 5 ? 2 : 1); /* threads that wait spin: once is enough */
        CHECK_OK(go(rest));
        CHECK(rest->summary->resumed_at > 0);
        same_result(whole, rest);
        teardown(first, false);
        teardown(rest, true);
    }
    teardown(whole, true);
}

TEST(a_finished_run_is_read_back) {
    bench *once = setup(NULL), *again;
    REQUIRE_OK(go(once));
    again = setup(once->dir);
    again->plan.relax_first = false; /* nothing of it is done again */
    CHECK_OK(go(again));
    CHECK(again->summary->resumed_at == STAGES * STEPS && isnan(again->summary->ns_per_day));
    same_result(once, again);
    teardown(again, false);
    again = setup(once->dir);
    again->plan.fresh = true;
    CHECK_OK(go(again));
    CHECK(again->summary->resumed_at == -1 && again->summary->ns_per_day > 0.0);
    same_result(once, again);
    teardown(once, false);
    teardown(again, true);
}

TEST(other_jobs_and_other_processes_are_refused) {
    bench *b = setup(NULL), *other;
    char path[128];
    ili_lock lock;
    REQUIRE_OK(go(b));
    other = setup(b->dir);
    other->plan.key = 8;
    CHECK_STATUS(go(other), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "another job") && strstr(il_message(ctx), "--fresh"));
    other->plan.key = 7;
    snprintf(path, sizeof path, "%s/run.lock", b->dir);
    CHECK_OK(ili_lock_take(ctx, path, &lock));
    CHECK_STATUS(go(other), IL_E_FILE);
    CHECK(strstr(il_message(ctx), "another process") != NULL);
    CHECK(access(path, F_OK) == 0);
    ili_lock_release(&lock);
    CHECK(access(path, F_OK) != 0);
    CHECK_OK(go(other));
    CHECK(access(path, F_OK) != 0);
    snprintf(path, sizeof path, "%s/run.ckpt", b->dir);
    CHECK(truncate(path, 1000) == 0);
    CHECK_STATUS(go(other), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "damaged") != NULL);
    teardown(other, false);
    teardown(b, true);
}

TEST(leavings_of_killed_runs_go) {
    bench *b = setup(NULL);
    static const char *const names[] = {"run.ckpt.1.tmp", "md.json.99999999.tmp", "md.json.1.tmp",
                                        "notes.tmp"}; /* process 1 lives, 99999999 cannot */
    const bool stays[] = {false, false, true, true};
    char path[128];
    for (int k = 0; k < 4; k++) {
        snprintf(path, sizeof path, "%s/%s", b->dir, names[k]);
        CHECK_OK(ili_write_file(ctx, path, "half"));
    }
    CHECK_OK(go(b));
    for (int k = 0; k < 4; k++) {
        snprintf(path, sizeof path, "%s/%s", b->dir, names[k]);
        CHECK((access(path, F_OK) == 0) == stays[k]);
    }
    teardown(b, true);
}

TEST(without_a_folder_nothing_is_written) {
    bench *b = setup(NULL);
    int left = 3;
    b->plan.dir = NULL;
    CHECK_OK(go(b));
    CHECK(b->summary->steps == STAGES * STEPS && b->summary->frames == 0);
    il_set_progress(ctx, stop_at, &left);
    CHECK_STATUS(go(b), IL_E_INTERRUPTED);
    CHECK(strstr(il_message(ctx), "nothing was kept") != NULL);
    teardown(b, true);
}

TEST(every_stage_is_checked_before_the_first_step) {
    bench *b = setup(NULL);
    b->plan.stages[2].options.dt = 1e4;
    CHECK_STATUS(go(b), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "stage 2") != NULL);
    CHECK(b->sums[0].count == 0);
    teardown(b, true);
}

TESTS(RUN(a_stopped_run_ends_with_the_same_bits), RUN(a_finished_run_is_read_back),
      RUN(other_jobs_and_other_processes_are_refused), RUN(leavings_of_killed_runs_go),
      RUN(without_a_folder_nothing_is_written), RUN(every_stage_is_checked_before_the_first_step))
