/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Lithiation at voltages: it runs, repeats itself, resumes with the same bits, and asks for lithium as the voltage tells. */
#include "scratch.h"

#include "base/file.h"
#include "task/lithiate_gc.h"

#include <unistd.h>

static il_model *model;
static il_system *host;

static void open_host(void) {
    il_set_threads(ctx, 1);
    il_set_data_dir(ctx, ".");
    REQUIRE_OK(il_model_read(ctx, "potentials/lagp-lithiation.yaml", &model));
    REQUIRE_OK(il_system_read(ctx, "structures/LGP.cif", &host));
}

static void close_host(void) {
    il_system_destroy(&host);
    il_model_destroy(&model);
}

static ili_lithiate_gc_settings small_run(void) {
    ili_lithiate_gc_settings s = {.model = model,
                                  .n_voltages = 2,
                                  .voltage = {-4.0, 12.0}, /* far below, then far above what holds the ions */
                                  .temperature = 1000.0,
                                  .equilibration = 3,
                                  .production = 10,
                                  .formula_units = 6,
                                  .repeat = {1, 1, 1},
                                  .li_metal = -1.6,
                                  .seed = 3};
    il_ff_options_default(&s.ff);
    s.ff.short_cutoff = 5.0;
    s.ff.coulomb_cutoff = 5.0;
    s.ff.accuracy = 1e-3;
    return s;
}

static void same(const ili_lithiate_gc_result *a, const ili_lithiate_gc_result *b) {
    CHECK(a->n == b->n);
    for (int k = 0; k < a->n && k < b->n; k++) {
        const ili_lithiate_gc_point *p = &a->point[k], *q = &b->point[k];
        CHECK(memcmp(&p->x, &q->x, sizeof p->x) == 0);
        CHECK(memcmp(&p->volume, &q->volume, sizeof p->volume) == 0);
        CHECK(memcmp(p->strain, q->strain, sizeof p->strain) == 0);
        CHECK(memcmp(&p->energy, &q->energy, sizeof p->energy) == 0);
        CHECK(memcmp(p->electrons, q->electrons, sizeof p->electrons) == 0);
        CHECK(memcmp(p->tally, q->tally, sizeof p->tally) == 0);
        CHECK(p->sys->n_atoms == q->sys->n_atoms);
        CHECK(memcmp(p->sys->x, q->sys->x, (size_t)p->sys->n_atoms * sizeof *p->sys->x) == 0);
    }
}

TEST(lithium_comes_and_goes_with_the_voltage) {
    ili_lithiate_gc_result a, b;
    open_host();
    ili_lithiate_gc_settings s = small_run();
    REQUIRE_OK(ili_lithiate_gc_run(ctx, &s, host, NULL, &a));
    CHECK(a.n == 2);
    for (int k = 0; k < a.n; k++) {
        const ili_lithiate_gc_point *p = &a.point[k];
        double electrons = 0.0;
        for (int rung = 0; rung < ILI_RUNGS_MAX; rung++) electrons += rung * p->electrons[rung].value;
        printf("%g V: x %.3f, V %.2f, a %.3f, c %.3f, %d atoms, drift %.1e;", p->voltage, p->x.value,
               p->volume.value, p->a.value, p->c.value, p->sys->n_atoms, p->drift);
        for (int m = 0; m < ILI_MC_MOVES; m++)
            printf(" %s %lld of %lld", ili_mc_move_name(m), (long long)p->tally[m].accepted,
                   (long long)p->tally[m].tried);
        printf("\n");
        CHECK_NEAR(p->x.value, 2.0 * electrons,
                   1e-12); /* two Ge per formula unit: each ion has its electron */
        CHECK(p->drift < 1e-9 * fabs(p->energy.value));
    }
    CHECK(a.point[0].x.value > 0.5);
    CHECK(a.point[1].x.value < a.point[0].x.value);
    CHECK(isnan(a.point[1].x.sigma) && il_warning_count(ctx) > 0); /* nothing moves at 12 V */
    il_set_threads(ctx, 3);
    REQUIRE_OK(ili_lithiate_gc_run(ctx, &s, host, NULL, &b));
    same(&a, &b);
    ili_lithiate_gc_result_free(&a);
    ili_lithiate_gc_result_free(&b);
    close_host();
}

/** Stops at the n-th call. */
static int stop_at(void *user, const char *what, double fraction) {
    int *left = user;
    CHECK(what[0] && fraction >= 0.0 && fraction <= 1.0);
    return --*left == 0;
}

TEST(a_broken_off_run_resumes_with_the_same_bits) {
    ili_lithiate_gc_result a, b;
    scratch_path dir, file;
    open_host();
    ili_lithiate_gc_settings s = small_run();
    scratch_name(dir, "");
    unlink(dir);
    REQUIRE_OK(ili_make_dir(ctx, dir));
    REQUIRE_OK(ili_lithiate_gc_run(ctx, &s, host, NULL, &a));
    int parts = 0;
    for (il_status status = IL_E_INTERRUPTED; status == IL_E_INTERRUPTED && parts < 20; parts++) {
        int left = 2;
        il_set_progress(ctx, stop_at, &left);
        status = ili_lithiate_gc_run(ctx, &s, host, dir, &b);
        CHECK(status == IL_OK || status == IL_E_INTERRUPTED);
        if (status == IL_E_INTERRUPTED) ili_lithiate_gc_result_free(&b);
    }
    CHECK(parts > 1);
    same(&a, &b);
    ili_lithiate_gc_result_free(&b);
    il_set_progress(ctx, NULL, NULL);
    CHECK_OK(ili_lithiate_gc_run(ctx, &s, host, dir, &b)); /* finished: read back */
    same(&a, &b);
    ili_lithiate_gc_result_free(&b);
    s.seed++;
    CHECK_STATUS(ili_lithiate_gc_run(ctx, &s, host, dir, &b), IL_E_INPUT);
    ili_lithiate_gc_result_free(&b);
    ili_lithiate_gc_result_free(&a);
    snprintf(file, sizeof file, "%.200s/gcmc.state", dir);
    unlink(file);
    rmdir(dir);
    close_host();
}

TEST(hysteresis_is_told_at_voltages_met_again) {
    ili_lithiate_gc_result a;
    open_host();
    ili_lithiate_gc_settings s = small_run();
    s.n_voltages = 3;
    s.voltage[0] = s.voltage[2] = 1.0;
    s.voltage[1] = -2.0;
    s.equilibration = 1;
    s.production = 2;
    REQUIRE_OK(ili_lithiate_gc_run(ctx, &s, host, NULL, &a));
    CHECK(a.point[0].twin == -1 && a.point[1].twin == -1 && a.point[2].twin == 0);
    CHECK_NEAR(a.point[2].hysteresis_x.value, a.point[2].x.value - a.point[0].x.value, 0.0);
    CHECK(isnan(a.point[1].hysteresis_volume.value));
    ili_lithiate_gc_result_free(&a);
    close_host();
}

TEST(what_has_no_meaning_is_refused) {
    ili_lithiate_gc_result a;
    open_host();
    ili_lithiate_gc_settings s = small_run();
    s.n_voltages = 0;
    CHECK_STATUS(ili_lithiate_gc_run(ctx, &s, host, NULL, &a), IL_E_INPUT);
    s = small_run(), s.li_metal = NAN;
    CHECK_STATUS(ili_lithiate_gc_run(ctx, &s, host, NULL, &a), IL_E_INPUT);
    s = small_run(), s.temperature = 0.0;
    CHECK_STATUS(ili_lithiate_gc_run(ctx, &s, host, NULL, &a), IL_E_INPUT);
    s = small_run(), s.production = 0;
    CHECK_STATUS(ili_lithiate_gc_run(ctx, &s, host, NULL, &a), IL_E_INPUT);
    for (int32_t t = 0; t < host->n_species; t++) /* all germanium reduced to the end */
        if (host->species[t].z == 32) strcpy(host->species[t].name, "Ge0");
    for (int k = 0; k < 48; k++) { /* four electrons on each of twelve */
        const double x[3] = {0.1 * k, 0.3, 0.5};
        int32_t li;
        REQUIRE_OK(ili_system_species(ctx, host, "Li", 3, &li));
        REQUIRE_OK(ili_system_add(ctx, host, li, x));
    }
    s = small_run();
    CHECK_STATUS(ili_lithiate_gc_run(ctx, &s, host, NULL, &a), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "no lithium can enter"));
    close_host();
}

TESTS(RUN(lithium_comes_and_goes_with_the_voltage), RUN(a_broken_off_run_resumes_with_the_same_bits),
      RUN(hysteresis_is_told_at_voltages_met_again), RUN(what_has_no_meaning_is_refused))
