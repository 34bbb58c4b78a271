/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The promises of interlith.h that no other test keeps: lifetimes, NULL arguments, messages. */
#include "harness.h"

TEST(destroying_nothing_is_harmless) {
    il_context *context = NULL;
    il_report *report = NULL;
    il_job *job = NULL;
    il_system *sys = NULL;
    il_model *model = NULL;
    il_ff *ff = NULL;
    il_context_destroy(&context);
    il_report_destroy(&report);
    il_job_destroy(&job);
    il_system_destroy(&sys);
    il_model_destroy(&model);
    il_ff_destroy(&ff);
    CHECK(!context && !report && !job && !sys && !model && !ff);
}

/** Energy, forces and stress each alone, and after the system is gone. */
TEST(plan_outlives_the_system) {
    enum { N = 2 };
    il_system *sys = NULL;
    il_model *model = NULL;
    il_ff *ff = NULL;
    double h[3][3], x[N][3], energy, alone, f[N][3], stress[6];
    REQUIRE_OK(il_system_read(ctx, "structures/Li.cif", &sys));
    REQUIRE_OK(il_model_read(ctx, "potentials/li.yaml", &model));
    REQUIRE_OK(il_ff_create(ctx, model, sys, NULL, &ff));
    CHECK(il_system_size(sys) == N);
    il_system_cell(sys, h);
    memcpy(x, il_system_positions(sys), sizeof x);
    x[0][0] += 0.1;
    REQUIRE_OK(il_ff_compute(ctx, ff, (const double(*)[3])h, (const double(*)[3])x, &energy, f, stress));
    il_system_destroy(&sys);
    REQUIRE_OK(il_ff_compute(ctx, ff, (const double(*)[3])h, (const double(*)[3])x, &alone, NULL, NULL));
    CHECK(alone == energy && isfinite(energy));
    double f_alone[N][3], stress_alone[6];
    REQUIRE_OK(il_ff_compute(ctx, ff, (const double(*)[3])h, (const double(*)[3])x, NULL, f_alone, NULL));
    REQUIRE_OK(
        il_ff_compute(ctx, ff, (const double(*)[3])h, (const double(*)[3])x, NULL, NULL, stress_alone));
    CHECK(memcmp(f, f_alone, sizeof f) == 0 && memcmp(stress, stress_alone, sizeof stress) == 0);
    CHECK(f[0][0] < 0.0); /* pushed back */
    x[0][1] = NAN;
    CHECK_STATUS(il_ff_compute(ctx, ff, (const double(*)[3])h, (const double(*)[3])x, &energy, NULL, NULL),
                 IL_E_NONFINITE);
    il_ff_destroy(&ff);
    il_model_destroy(&model);
}

TEST(failures_leave_nothing_and_a_sentence) {
    il_system *sys = (il_system *)1;
    il_model *model = (il_model *)1;
    CHECK(il_system_read(ctx, "no-such-file.cif", &sys) == IL_E_FILE && sys == NULL);
    CHECK(strstr(il_message(ctx), "no-such-file.cif") != NULL);
    sys = (il_system *)1;
    CHECK(il_system_read(ctx, "structures/Li.unknown", &sys) == IL_E_INPUT && sys == NULL);
    CHECK(il_model_read(ctx, "no-such-model", &model) == IL_E_FILE && model == NULL);
    CHECK(strstr(il_message(ctx), "no-such-model") != NULL);
    CHECK(strcmp(il_warning(ctx, 7), "") == 0 && strcmp(il_warning(ctx, -1), "") == 0);
    CHECK(strcmp(il_version(), IL_VERSION) == 0);
}

/** Pairs in single precision keep 2e-6: less than that is planned with a warning, which names what was asked for. */
TEST(mixed_precision_says_what_it_cannot_keep) {
    static const struct {
        int precision, analytic;
        double accuracy;
        int n_warnings;
    } cases[] = {{1, 0, 2e-6, 0}, {0, 0, 1e-7, 0}, {1, 1, 1e-7, 0}, {1, 0, 1.5e-6, 1}};
    il_system *sys = NULL;
    il_model *model = NULL;
    il_set_data_dir(ctx, ".");
    REQUIRE_OK(il_system_read(ctx, "structures/Li2O.cif", &sys));
    REQUIRE_OK(il_model_read(ctx, "pmmcs", &model));
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        il_ff *ff = NULL;
        il_ff_options o;
        il_ff_options_default(&o);
        o.precision = cases[k].precision;
        o.analytic = cases[k].analytic;
        o.accuracy = cases[k].accuracy;
        REQUIRE_OK(il_ff_create(ctx, model, sys, &o, &ff));
        CHECK(il_warning_count(ctx) == cases[k].n_warnings);
        il_ff_destroy(&ff);
    }
    CHECK(strstr(il_warning(ctx, 0), "about 2e-06") && strstr(il_warning(ctx, 0), "1.5e-06 was asked for"));
    CHECK(strstr(il_warning(ctx, 0), "--precision double") != NULL);
    il_model_destroy(&model);
    il_system_destroy(&sys);
}

TESTS(RUN(destroying_nothing_is_harmless); RUN(plan_outlives_the_system);
      RUN(failures_leave_nothing_and_a_sentence); RUN(mixed_precision_says_what_it_cannot_keep))
