/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Programs as child processes: exit codes, output, environment, folders; stopped with all that they start. */
#include "base/child.h"

#include "harness.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static il_status begin(const char *script, const char *dir, const char *output, ili_child *child) {
    const char *const argv[] = {"sh", "-c", script, NULL}, *const set[] = {"PLANET=Venus", NULL};
    const ili_child_plan plan = {.argv = argv, .dir = dir, .output = output, .environment = set};
    bool found;
    il_status status = ili_child_start(ctx, &plan, child, &found);
    CHECK(status != IL_OK || found);
    return status;
}

static int code_of(const char *script) {
    ili_child child;
    int code = -1;
    CHECK_OK(begin(script, NULL, NULL, &child));
    while (!ili_child_has_ended(&child, 100, &code)) {
    }
    return code;
}

/** The number in a file, waited for up to five seconds. */
static long number_in(const char *path) {
    for (int k = 0; k < 250; k++) {
        long number = 0;
        FILE *f = fopen(path, "r");
        bool is_there = f && fscanf(f, "%ld\n", &number) == 1;
        if (f) fclose(f);
        if (is_there) return number;
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    }
    return 0;
}

/** Gone, or a zombie that nobody has waited for yet. */
static bool is_gone(long pid) {
    for (int k = 0; k < 250; k++) {
        char path[64], state = 'Z';
        snprintf(path, sizeof path, "/proc/%ld/stat", pid);
        FILE *f = fopen(path, "r");
        if (!f) return true;
        if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1) state = 'Z';
        fclose(f);
        if (state == 'Z') return true;
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    }
    return false;
}

TEST(exit_codes) {
    CHECK(code_of("exit 0") == 0);
    CHECK(code_of("exit 7") == 7);
    CHECK(code_of("kill -9 $$") == 128 + 9);
    CHECK(code_of("read line && exit 1; exit 4") == 4); /* standard input is empty */
}

TEST(folder_output_environment) {
    char dir[] = P_tmpdir "/il child XXXXXX", path[64], said[256] = "";
    REQUIRE_OK(mkdtemp(dir) ? IL_OK : IL_E_FILE);
    ili_child child;
    int code = -1;
    REQUIRE_OK(begin("echo $PLANET; pwd; echo wrong >&2", dir, "said", &child));
    while (!ili_child_has_ended(&child, 100, &code)) {
    }
    CHECK(code == 0);
    snprintf(path, sizeof path, "%s/said", dir);
    FILE *f = fopen(path, "r");
    CHECK(f && fread(said, 1, sizeof said - 1, f) > 0);
    if (f) fclose(f);
    CHECK(strncmp(said, "Venus\n", 6) == 0);
    CHECK(strstr(said, dir) != NULL);
    CHECK(strstr(said, "wrong\n") != NULL);
    unlink(path);
    rmdir(dir);
}

TEST(not_there) {
    const char *const argv[] = {"no-such-program-of-interlith", NULL};
    ili_child_plan plan = {.argv = argv};
    ili_child child;
    bool found = true;
    CHECK_OK(ili_child_start(ctx, &plan, &child, &found));
    CHECK(!found);
    CHECK(child.keeper == 0);
    const char *const shell[] = {"sh", "-c", "exit 0", NULL};
    plan = (ili_child_plan){.argv = shell, .dir = "/no/such/folder", .output = "il-child-of-no-folder"};
    CHECK_STATUS(ili_child_start(ctx, &plan, &child, &found), IL_E_FILE);
    CHECK(access(plan.output, F_OK) != 0); /* nothing is written where we are instead */
    CHECK(strstr(il_message(ctx), "/no/such/folder") != NULL);
    plan = (ili_child_plan){.argv = shell, .output = "/no/such/folder/out"};
    CHECK_STATUS(ili_child_start(ctx, &plan, &child, &found), IL_E_FILE);
    ili_child_stop(&child); /* nothing is running: nothing happens */
}

/** A program that goes on by itself, and starts another one that does, and both note their numbers; deaf to the polite signal when asked. */
static const char *const PAIR = "sleep 300 & echo $! >inner; echo $$ >outer; wait";
static const char *const DEAF =
    "trap '' TERM; sh -c 'trap \"\" TERM; echo $$ >inner; while :; do sleep 1; done' & "
    "echo $$ >outer; while :; do sleep 1; done";

static void check_stop(const char *script, bool by_death) {
    char dir[] = P_tmpdir "/il-child-XXXXXX", inner[64], outer[64];
    REQUIRE_OK(mkdtemp(dir) ? IL_OK : IL_E_FILE);
    snprintf(inner, sizeof inner, "%s/inner", dir);
    snprintf(outer, sizeof outer, "%s/outer", dir);
    ili_child child = {0};
    pid_t owner = by_death ? fork() : -1;
    if (owner == 0) {
        begin(script, dir, NULL, &child);
        for (;;) pause();
    }
    if (!by_death) CHECK_OK(begin(script, dir, NULL, &child));
    const long a = number_in(outer), b = number_in(inner);
    CHECK(a > 0 && b > 0 && a != b);
    CHECK(kill((pid_t)a, 0) == 0 && kill((pid_t)b, 0) == 0);
    if (by_death) {
        kill(owner, SIGKILL);
        waitpid(owner, NULL, 0);
    }
    ili_child_stop(&child);
    CHECK(is_gone(a));
    CHECK(is_gone(b));
    unlink(inner);
    unlink(outer);
    rmdir(dir);
}

TEST(stopped_with_all_it_started) {
    check_stop(PAIR, false);
}

TEST(killed_when_deaf) {
    check_stop(DEAF, false);
}

TEST(gone_when_we_are_killed) {
    check_stop(PAIR, true);
}

static il_status ask(const char *script, int limit_ms, int *code) {
    const char *const argv[] = {"sh", "-c", script, NULL};
    const ili_child_plan plan = {.argv = argv};
    bool found = false;
    il_status status = ili_child_run(ctx, &plan, limit_ms, "asking", &found, code);
    CHECK(found);
    return status;
}

TEST(what_does_not_end_is_ended) {
    char ending[96];
    int code = -1;
    CHECK_OK(ask("exit 3", 60000, &code));
    ili_child_ending(code, ending, sizeof ending);
    CHECK(strcmp(ending, "ended with exit code 3") == 0);
    CHECK_OK(ask("kill -SEGV $$", 60000, &code));
    ili_child_ending(code, ending, sizeof ending);
    CHECK(strcmp(ending, "was ended by signal 11 (Segmentation fault)") == 0);
    CHECK_STATUS(ask("sleep 300", 200, &code), IL_E_FILE);
    CHECK(strstr(il_message(ctx), "sh: had not ended 0.2 s after it was started with -c"));
}

TESTS(RUN(exit_codes), RUN(folder_output_environment), RUN(not_there), RUN(what_does_not_end_is_ended),
      RUN(stopped_with_all_it_started), RUN(killed_when_deaf), RUN(gone_when_we_are_killed))
