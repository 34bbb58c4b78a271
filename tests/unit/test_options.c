/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include <limits.h>
#include <stddef.h>

typedef struct sample {
    int flag, count, free_count;
    double cutoff, free_real;
    char text[IL_TEXT_MAX], choice[IL_TEXT_MAX];
    int miller[3], copies[3];
} sample;

#define ROW(name_, type_, field, ...)                                                                        \
    { .name = name_, .type = type_, .offset = offsetof(sample, field), .help = "h", __VA_ARGS__ }

static const il_option rows[] = {
    ROW("flag", IL_OPT_FLAG, flag, .letter = 'f'),
    ROW("count", IL_OPT_INT, count, .preset = "3", .low = 1, .high = 10),
    ROW("free-count", IL_OPT_INT, free_count, .unit = "atoms"),
    ROW("short-cutoff", IL_OPT_REAL, cutoff, .preset = "12", .low = 2, .high = 30, .unit = "A"),
    ROW("free-real", IL_OPT_REAL, free_real, .unit = NULL),
    ROW("text", IL_OPT_TEXT, text, .preset = "abc"),
    ROW("coulomb", IL_OPT_CHOICE, choice, .preset = "auto", .choices = "ewald|mesh|auto"),
    ROW("miller", IL_OPT_INT3, miller, .unit = NULL),
    ROW("copies", IL_OPT_INT3, copies, .preset = "1,1,1", .low = 1, .high = 9),
    {.name = NULL}};

static const il_verb verb = {
    .name = "sample", .usage = "sample", .options = rows, .options_size = sizeof(sample)};

static sample o;

static il_status set(const char *name, const char *value) {
    return il_options_set(ctx, &verb, &o, name, value, "job.yaml:7");
}

/** Refused with a message that begins with the place and holds `words`; nothing is changed. */
static void check_refused(const char *name, const char *value, const char *words) {
    sample before = o;
    CHECK_STATUS(set(name, value), IL_E_USAGE);
    CHECK(memcmp(&before, &o, sizeof o) == 0);
    CHECK(strncmp(il_message(ctx), "job.yaml:7: ", 12) == 0);
    if (!strstr(il_message(ctx), words)) {
        fprintf(stderr, "message '%s', expected '%s' in it\n", il_message(ctx), words);
        CHECK(!"the message says what was expected");
    }
}

TEST(presets) {
    il_options_default(&verb, &o);
    CHECK(o.flag == 0 && o.count == 3 && o.free_count == INT_MIN && o.cutoff == 12.0 && isnan(o.free_real));
    CHECK(strcmp(o.text, "abc") == 0 && strcmp(o.choice, "auto") == 0);
    CHECK(o.miller[0] == 0 && o.copies[0] == 1 && o.copies[2] == 1);
}

TEST(every_type_takes_its_values) {
    il_options_default(&verb, &o);
    CHECK_OK(set("flag", NULL));
    CHECK(o.flag == 1);
    CHECK_OK(set("flag", "no"));
    CHECK(o.flag == 0);
    CHECK_OK(set("count", "10"));
    CHECK_OK(set("free-count", "-7"));
    CHECK_OK(set("short-cutoff", "2.5e0"));
    CHECK_OK(set("free-real", "-1e-300"));
    CHECK_OK(set("text", ""));
    CHECK_OK(set("coulomb", "mesh"));
    CHECK_OK(set("miller", "1,0,-12"));
    CHECK(o.count == 10 && o.free_count == -7 && o.cutoff == 2.5 && o.free_real == -1e-300 && !*o.text);
    CHECK(strcmp(o.choice, "mesh") == 0 && o.miller[0] == 1 && o.miller[1] == 0 && o.miller[2] == -12);
}

TEST(wrong_values_are_refused) {
    char longest[IL_TEXT_MAX + 1];
    il_options_default(&verb, &o);
    memset(longest, 'x', IL_TEXT_MAX);
    longest[IL_TEXT_MAX] = 0;
    check_refused("flag", "maybe", "yes or no");
    check_refused("count", "0", "from 1 to 10");
    check_refused("count", "11", "a whole number");
    check_refused("count", "3.0", "'3.0'");
    check_refused("count", NULL, "needs a value");
    check_refused("free-count", "-2147483648", "atoms");
    check_refused("free-count", "99999999999", "whole number");
    check_refused("short-cutoff", "1.99", "from 2 to 30 A");
    check_refused("short-cutoff", "30.01", "from 2 to 30 A");
    check_refused("short-cutoff", "nan", "a number");
    check_refused("free-real", "1e999", "a number");
    check_refused("free-real", "", "a number");
    check_refused("text", longest, "at most");
    check_refused("coulomb", "ewal", "one of ewald, mesh, auto");
    check_refused("coulomb", "ewald|mesh", "one of");
    check_refused("coulomb", "", "one of");
    check_refused("miller", "1,0", "h,k,l");
    check_refused("miller", "1,0,0,0", "h,k,l");
    check_refused("miller", "1,,0", "h,k,l");
    check_refused("miller", "1,0,x", "h,k,l");
    check_refused("copies", "1,0,1", "from 1 to 9");
}

TEST(unknown_names_get_the_nearest) {
    il_options_default(&verb, &o);
    check_refused("shrt-cutoff", "3", "did you mean 'short-cutoff'");
    check_refused("Miller", "1,0,0", "did you mean 'miller'");
    check_refused("quux-quux", "3", "--help");
}

static int runs;

static il_status run_sample(il_context *context, int n_inputs, const char *const *inputs, const void *options,
                            const char *out_dir, il_report **report) {
    (void)context, (void)inputs, (void)out_dir, (void)report;
    const sample *s = options;
    CHECK(n_inputs == 1 && s->count == 3);
    runs++;
    return IL_E_NOT_CONVERGED;
}

TEST(run_checks_inputs_and_reports_failures) {
    il_verb v = verb;
    il_report *report = NULL;
    const char *inputs[] = {"a", "b"};
    v.min_inputs = v.max_inputs = 1;
    v.run = run_sample;
    CHECK_STATUS(il_run(ctx, &v, 2, inputs, NULL, NULL, &report), IL_E_USAGE);
    CHECK(runs == 0 && report == NULL);
    CHECK_STATUS(il_run(ctx, &v, 1, inputs, NULL, NULL, &report), IL_E_NOT_CONVERGED);
    CHECK(runs == 1 && report && strstr(il_report_json(report), "\"status\": \"an iteration ended"));
    il_report_destroy(&report);
}

TESTS(RUN(presets), RUN(every_type_takes_its_values), RUN(wrong_values_are_refused),
      RUN(unknown_names_get_the_nearest), RUN(run_checks_inputs_and_reports_failures))
