/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include "base/file.h"
#include "base/lock.h"
#include "task/parts.h"

#include <unistd.h>

enum { N = 7, KEY = 0x5eed };
static char dir[64];
static il_report *report;

static void name_of(const void *user, int k, char name[ILI_RUN_NAME_MAX]) {
    (void)user;
    snprintf(name, ILI_RUN_NAME_MAX, "run-%d", k + 1);
}

static il_status open_parts(const char *text, const char *where, uint64_t key, bool fresh, ili_parts *parts) {
    const ili_parts_plan plan = {
        .text = text, .dir = where, .key = key, .fresh = fresh, .journal = "job", .n = N, .name = name_of};
    return ili_parts_open(ctx, report, &plan, parts);
}

static void begin(void) {
    snprintf(dir, sizeof dir, "%s/interlith-test-XXXXXX", P_tmpdir);
    CHECK(mkdtemp(dir) != NULL);
    CHECK_OK(ili_report_create(ctx, &report));
}

static void end(void) {
    static const char *const endings[] = {"done", "lock"};
    char path[ILI_PATH_MAX];
    for (int k = 0; k < 2 * N; k++) {
        CHECK_OK(ili_path_join(ctx, path, dir, "parts/run-%d.%s", k / 2 + 1, endings[k % 2]));
        (void)unlink(path);
    }
    CHECK_OK(ili_path_join(ctx, path, dir, "parts"));
    (void)rmdir(path);
    CHECK(rmdir(dir) == 0); /* nothing else was left there */
    il_report_destroy(&report);
}

/** How often each run was done, and which one fails (-1: none). */
typedef struct tally {
    int times[N], fails;
} tally;

static il_status run(il_context *own, void *user, int k) {
    tally *t = user;
    t->times[k]++;
    if (k == t->fails) return ili_fail(own, IL_E_NONFINITE, "an atom flew away");
    if (k % 2 && t->times[k] == 1) ili_warn(own, "run %d is odd", k);
    return IL_OK;
}

TEST(grammar) {
    static const char *const good[] = {"1/1", "2/8", "8/8", "1/1000000", "list"};
    static const char *const bad[] = {
        "",         "0/1",   "3/2",   "1/0", "-1/2", "1/",   "/2",
        "1",        "1/2/3", "1.5/2", "a/b", "List", "1/2,", "12345678901234567890/2",
        "1/1000001"};
    for (size_t k = 0; k < sizeof good / sizeof *good; k++) CHECK_OK(ili_part_check(ctx, good[k], "here"));
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        CHECK_STATUS(ili_part_check(ctx, bad[k], "here"), IL_E_USAGE);
        CHECK(strncmp(il_message(ctx), "here: option 'part'", 19) == 0);
    }
}

TEST(every_run_has_one_owner) {
    static const int shares[] = {1, 2, 3, N, N + 4};
    begin();
    for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
        int owners[N] = {0};
        for (int part = 1; part <= shares[s]; part++) {
            char text[32];
            ili_parts parts;
            snprintf(text, sizeof text, "%d/%d", part, shares[s]);
            CHECK_OK(open_parts(text, dir, KEY, false, &parts));
            CHECK(!ili_parts_is_whole(&parts));
            for (int k = 0; k < N; k++) owners[k] += ili_parts_has(&parts, k);
            ili_parts_free(&parts);
        }
        for (int k = 0; k < N; k++) CHECK(owners[k] == 1);
    }
    end();
}

TEST(a_list_owns_nothing_and_a_share_needs_a_folder) {
    ili_parts parts;
    tally t = {.fails = -1};
    begin();
    CHECK_OK(open_parts("list", NULL, KEY, false, &parts));
    CHECK_OK(ili_parts_run(ctx, &parts, NULL, run, &t));
    for (int k = 0; k < N; k++) CHECK(t.times[k] == 0);
    ili_parts_free(&parts);
    CHECK_STATUS(open_parts("1/2", NULL, KEY, false, &parts), IL_E_USAGE);
    ili_parts_free(&parts);
    end();
}

TEST(finished_runs_are_found_with_their_warnings) {
    ili_parts parts;
    tally t = {.fails = -1};
    begin();
    CHECK_OK(open_parts("2/2", dir, KEY, false, &parts));
    CHECK_OK(ili_parts_run(ctx, &parts, NULL, run, &t));
    ili_parts_report(report, &parts);
    CHECK(report->is_part);
    ili_parts_free(&parts);
    for (int k = 0; k < N; k++) CHECK(t.times[k] == k % 2);
    il_context_destroy(&ctx); /* another process: the warnings are gone with the first */
    ctx = il_context_create();
    CHECK_OK(open_parts("", dir, KEY, false, &parts));
    for (int k = 0; k < N; k++) CHECK(parts.was_done[k] == (k % 2 == 1));
    CHECK_OK(ili_parts_run(ctx, &parts, NULL, run, &t));
    CHECK(il_warning_count(ctx) == N / 2);
    for (int k = 1; k < N; k++)
        if (k % 2)
            CHECK(strncmp(il_warning(ctx, k / 2), "run ", 4) == 0 && atoi(il_warning(ctx, k / 2) + 4) == k);
    ili_parts_free(&parts);
    CHECK_OK(open_parts("", dir, KEY + 1, false, &parts)); /* of another job */
    for (int k = 0; k < N; k++) CHECK(!parts.was_done[k]);
    ili_parts_free(&parts);
    CHECK_OK(open_parts("", dir, KEY, true, &parts)); /* started over */
    for (int k = 0; k < N; k++) CHECK(!parts.was_done[k]);
    ili_parts_free(&parts);
    end();
}

TEST(a_failure_names_its_run_and_leaves_no_mark) {
    ili_parts parts;
    tally t = {.fails = 4};
    begin();
    CHECK_OK(open_parts("", dir, KEY, false, &parts));
    il_set_threads(ctx, 1);
    CHECK_STATUS(ili_parts_run(ctx, &parts, NULL, run, &t), IL_E_NONFINITE);
    CHECK(strcmp(il_message(ctx), "run-5: an atom flew away") == 0);
    ili_parts_free(&parts);
    CHECK_OK(open_parts("", dir, KEY, false, &parts));
    for (int k = 0; k < N; k++) CHECK(parts.was_done[k] == (k < 4));
    ili_parts_free(&parts);
    t.fails = 2; /* started over, it breaks off in a run that was finished before */
    CHECK_OK(open_parts("", dir, KEY, true, &parts));
    CHECK_STATUS(ili_parts_run(ctx, &parts, NULL, run, &t), IL_E_NONFINITE);
    ili_parts_free(&parts);
    CHECK_OK(open_parts("", dir, KEY, false, &parts));
    CHECK(parts.was_done[1] && !parts.was_done[2]);
    ili_parts_free(&parts);
    end();
}

TEST(a_run_has_one_process) {
    ili_parts parts;
    ili_lock lock;
    char path[ILI_PATH_MAX];
    tally t = {.fails = -1};
    begin();
    CHECK_OK(open_parts("1/7", dir, KEY, false, &parts));
    CHECK_OK(ili_path_join(ctx, path, dir, "parts"));
    CHECK_OK(ili_make_dir(ctx, path));
    CHECK_OK(ili_path_join(ctx, path, dir, "parts/run-1.lock"));
    CHECK_OK(ili_lock_take(ctx, path, &lock));
    CHECK_STATUS(ili_parts_run(ctx, &parts, NULL, run, &t), IL_E_FILE);
    CHECK(t.times[0] == 0);
    ili_lock_release(&lock);
    CHECK_OK(ili_parts_run(ctx, &parts, NULL, run, &t));
    CHECK(t.times[0] == 1);
    ili_parts_free(&parts);
    end();
}

TESTS(RUN(grammar), RUN(every_run_has_one_owner), RUN(a_list_owns_nothing_and_a_share_needs_a_folder),
      RUN(finished_runs_are_found_with_their_warnings), RUN(a_failure_names_its_run_and_leaves_no_mark),
      RUN(a_run_has_one_process))
