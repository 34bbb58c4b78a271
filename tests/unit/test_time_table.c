/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include "base/alloc.h"
#include "io/time_table.h"

#include <jansson.h>

/** The "timing" that a run of 2 s on 3 threads gives; the caller's reference. NULL: there is none. */
static json_t *timing_of(const ili_timing *t, const ili_run_time *run, char text[4096]) {
    il_report *report;
    text[0] = 0;
    if (ili_report_create(ctx, &report) != IL_OK) return NULL;
    ili_time_table(report, report->json, t, run);
    char *json = ili_json_text(report->json);
    snprintf(text, 4096, "%s", report->text);
    json_t *root = json_loads(json ? json : "", 0, NULL);
    json_t *timing = json_object_get(root, "timing");
    json_incref(timing);
    json_decref(root);
    ili_free(json);
    il_report_destroy(&report);
    return timing;
}

static double real_of(json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static double sum_of(json_t *stages) {
    double sum = 0.0;
    const char *key;
    json_t *value;
    json_object_foreach(stages, key, value) sum += json_number_value(value);
    return sum;
}

static ili_timing some_dynamics(void) {
    ili_timing t = {.dynamics_seconds = 1.0,
                    .dynamics_fs = 2000.0,
                    .steps = 1000,
                    .atom_steps = 64000,
                    .evaluations = 1001,
                    .choice = {.n_atoms = 64, .simd = "avx2", .precision = "mixed", .list = "clusters"}};
    t.seconds[ILI_TIME_PAIRS] = 1.25;
    t.dynamics[ILI_TIME_PAIRS] = 0.75;
    t.seconds[ILI_TIME_OTHER] = 0.25;
    return t;
}

TEST(stages_add_up_and_rates_follow) {
    const ili_timing t = some_dynamics();
    const ili_run_time run = {.wall = 2.0, .processor = 4.5, .n_threads = 3};
    char text[4096];
    json_t *timing = timing_of(&t, &run, text), *dynamics = json_object_get(timing, "dynamics");
    json_t *stages = json_object_get(timing, "stages_s");
    CHECK(json_object_size(stages) == ILI_TIME_STAGES);
    CHECK_NEAR(sum_of(stages), 2.0, 1e-15);
    CHECK_NEAR(real_of(stages, "other"), 0.75, 1e-15);
    CHECK_NEAR(real_of(timing, "idle_thread_s"), 1.5, 1e-15);
    CHECK_NEAR(real_of(dynamics, "steps_per_s"), 1000.0, 1e-9);
    CHECK_NEAR(real_of(dynamics, "atom_steps_per_s"), 64000.0, 1e-7);
    CHECK_NEAR(real_of(dynamics, "ns_per_day"), 172.8, 1e-9);
    CHECK_NEAR(real_of(dynamics, "ms_per_step"), 1.0, 1e-12);
    CHECK_NEAR(sum_of(json_object_get(dynamics, "stages_ms_per_step")), 1.0, 1e-12);
    CHECK(strstr(text, "avx2, mixed precision, clusters") && strstr(text, "pairs") && !strstr(text, "mesh"));
    json_decref(timing);
}

TEST(runs_beside_each_other_count_at_a_time) {
    ili_timing t = {0}, one = some_dynamics();
    for (int k = 0; k < 2; k++) {
        ctx->timing = t;
        ili_timing_add(ctx, &one);
        t = ctx->timing;
    }
    t.beside = 1.5; /* two runs of 1.75 s that took 2 s by the clock */
    const ili_run_time run = {.wall = 2.0, .processor = 9.0, .n_threads = 2};
    char text[4096];
    json_t *timing = timing_of(&t, &run, text), *dynamics = json_object_get(timing, "dynamics");
    CHECK_NEAR(sum_of(json_object_get(timing, "stages_s")), 3.5, 1e-15);
    CHECK_NEAR(real_of(timing, "idle_thread_s"), 0.0, 0.0); /* never below nothing */
    CHECK_NEAR(real_of(dynamics, "steps_per_s"), 1000.0 * 3.5 / 2.0, 1e-9);
    CHECK_NEAR(real_of(dynamics, "ms_per_step"), 1.0, 1e-12);
    json_decref(timing);
}

TEST(without_forces_there_is_no_table) {
    const ili_timing t = {0};
    const ili_run_time run = {.wall = 2.0, .processor = 1.0, .n_threads = 1};
    char text[4096];
    CHECK(timing_of(&t, &run, text) == NULL && text[0] == 0);
}

static void work(double seconds) {
    for (const ili_tick start = ili_tick_now(); ili_tick_now() - start < seconds;) {
    }
}

TEST(the_rest_is_what_the_inside_did_not_charge) {
    ili_rest rest = ili_rest_begin(ctx);
    const ili_tick start = rest.start;
    work(0.01);
    ili_tick inner = ili_tick_now();
    work(0.02);
    ili_tock(ctx, ILI_TIME_MESH_FFT, &inner);
    ili_rest_charge(ctx, ILI_TIME_WAVES, &rest);
    const double all = rest.start - start, fft = ctx->timing.seconds[ILI_TIME_MESH_FFT],
                 waves = ctx->timing.seconds[ILI_TIME_WAVES];
    CHECK(fft >= 0.02 && waves >= 0.01);
    CHECK_NEAR(fft + waves, all, 1e-12);
    ili_rest_charge(ctx, ILI_TIME_OTHER, &rest);
    CHECK_NEAR(ctx->timing.seconds[ILI_TIME_OTHER], rest.start - start - all, 1e-12);
}

TESTS(RUN(stages_add_up_and_rates_follow), RUN(runs_beside_each_other_count_at_a_time),
      RUN(without_forces_there_is_no_table), RUN(the_rest_is_what_the_inside_did_not_charge))
