/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Thin layer over the Check library: CHECK counts a failure and goes on, each test runs in a process of its own.
 *
 *      TEST(name) { CHECK(x == 1); CHECK_NEAR(a, b, 1e-9); }
 *      TESTS(RUN(name), RUN(other))
 *
 *  The exit code of the program is the verdict; its last line reads "name: N passed, N failed". */
#ifndef HARNESS_H
#define HARNESS_H

#include "base/context.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int harness_failures;
static il_context *ctx; /**< a fresh context for every test */

__attribute__((unused)) static void harness_check(int ok, const char *file, int line, const char *text) {
    if (ok) return;
    harness_failures++;
    fprintf(stderr, "%s:%d: failed: %s\n", file, line, text);
}

__attribute__((unused)) static void harness_near(double got, double want, double tol, const char *file,
                                                 int line, const char *text) {
    if (fabs(got - want) <= tol) return; /* false for NaN */
    harness_failures++;
    fprintf(stderr, "%s:%d: failed: %s: got %.15g, expected %.15g within %.3g (off by %.3g)\n", file, line,
            text, got, want, tol, got - want);
}

__attribute__((unused)) static void harness_status(il_status got, il_status want, const char *file, int line,
                                                   const char *text) {
    if (got == want) return;
    harness_failures++;
    fprintf(stderr, "%s:%d: failed: %s: status %d, expected %d: %s\n", file, line, text, got, want,
            il_message(ctx));
}

#define CHECK(condition)           harness_check((condition) != 0, __FILE__, __LINE__, #condition)
#define CHECK_NEAR(got, want, tol) harness_near((got), (want), (tol), __FILE__, __LINE__, #got)
#define CHECK_STATUS(call, want)   harness_status((call), (want), __FILE__, __LINE__, #call)
#define CHECK_OK(call)             CHECK_STATUS(call, IL_OK)
/** Give up this test when the call fails: what follows needs it. */
#define REQUIRE_OK(call)                                                                                     \
    do {                                                                                                     \
        il_status harness_s_ = (call);                                                                       \
        harness_status(harness_s_, IL_OK, __FILE__, __LINE__, #call);                                        \
        if (harness_s_ != IL_OK) return;                                                                     \
    } while (0)

#define TEST(name)                                                                                           \
    static void body_##name(void);                                                                           \
    START_TEST(name) {                                                                                       \
        ctx = il_context_create();                                                                           \
        ck_assert_ptr_nonnull(ctx);                                                                          \
        body_##name();                                                                                       \
        il_context_destroy(&ctx);                                                                            \
        ck_assert_msg(harness_failures == 0, "%d checks failed", harness_failures);                          \
    }                                                                                                        \
    END_TEST                                                                                                 \
    static void body_##name(void)

#define RUN(name) tcase_add_test(harness_case, name)

#define TESTS(...)                                                                                           \
    int main(void) {                                                                                         \
        Suite *suite = suite_create(__FILE__);                                                               \
        TCase *harness_case = tcase_create("all");                                                           \
        tcase_set_timeout(harness_case, 300);                                                                \
        __VA_ARGS__;                                                                                         \
        suite_add_tcase(suite, harness_case);                                                                \
        SRunner *runner = srunner_create(suite);                                                             \
        srunner_run_all(runner, CK_NORMAL);                                                                  \
        int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);                        \
        srunner_free(runner);                                                                                \
        printf("%s: %d passed, %d failed\n", __FILE__, run - failed, failed);                                \
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;                                                         \
    }

#endif
