/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Constant pressure: volumes are distributed as they must be, for each barostat and mode. */
#include "md_fluid.h"

typedef struct bath {
    const char *name;
    ili_md_barostat barostat;
    ili_md_thermostat thermostat;
    bool remove_drift;
} bath;

/** Conditions at which the soft fluid is about as dense as a liquid. */
static ili_md_options fluid_options(const bath *b) {
    ili_md_options o = ili_md_defaults();
    o.dt = 8.0;
    o.thermostat = b->thermostat;
    o.temperature = o.temperature_end = 300.0;
    o.tau_t = 100.0;
    o.barostat = b->barostat;
    o.tau_p = 400.0;
    o.remove_drift = b->remove_drift;
    o.refresh_every = 1000;
    return o;
}

static void run_series(fluid *s, il_system *sys, const ili_md_options *o, int every, series *out) {
    ili_md *md = NULL;
    ili_md_observer observer = {every, false, out, series_see};
    REQUIRE_OK(ili_md_check(ctx, o, sys, NULL));
    REQUIRE_OK(ili_md_create(ctx, o, sys, NULL, (ili_md_forces){s, fluid_evaluate, NULL}, &md));
    REQUIRE_OK(ili_md_run(ctx, md, o->n_steps, &observer, 1));
    ili_md_destroy(&md);
}

static const bath BATHS[] = {
    {"scr, csvr", ILI_BAROSTAT_SCR, ILI_THERMOSTAT_CSVR, true},
    {"scr, langevin", ILI_BAROSTAT_SCR, ILI_THERMOSTAT_LANGEVIN, false},
    {"mtk, csvr", ILI_BAROSTAT_MTK, ILI_THERMOSTAT_CSVR, true},
    {"mtk, langevin", ILI_BAROSTAT_MTK, ILI_THERMOSTAT_LANGEVIN, false},
};

/* p(V) ~ V^(n_freedom/3) exp(-pV/kT): <V> = (n_freedom/3 + 1) kT/p, which is N kT/p without, (N + 1) kT/p with the momentum */
TEST(an_ideal_gas_has_its_mean_volume) {
    enum { N = 8 };
    il_set_threads(ctx, 1);
    const double kT = ILI_KB * 300.0, volume = 40.0 * N, p = N * kT / volume;
    for (size_t k = 0; k < sizeof BATHS / sizeof *BATHS; k++) {
        fluid s = {N, 1, 0.0, 1.0};
        il_system *sys = fluid_system(N, volume);
        ili_md_options o = fluid_options(&BATHS[k]);
        o.pressure = o.pressure_end = p;
        o.compressibility = 1.0 / p;
        o.n_steps = 300000;
        series v = {.of = volume_of, .cap = 40000, .skip = 1000};
        v.y = ili_alloc((size_t)v.cap, sizeof *v.y);
        run_series(&s, sys, &o, 10, &v);
        double error, mean = mean_of(v.y, v.n, &error), shape = BATHS[k].remove_drift ? N : N + 1;
        printf("%s: <V> p/kT = %.4f +- %.4f, expected %g\n", BATHS[k].name, mean * p / kT, error * p / kT,
               shape);
        CHECK_MEAN(mean * p / kT, shape, error * p / kT);
        CHECK(error * p / kT < 0.14); /* an answer of one more or less would be seen */
        ili_free(v.y);
        il_system_destroy(&sys);
    }
}


static double pressure_of(const ili_md_frame *frame) {
    return (frame->pressure[0] + frame->pressure[1] + frame->pressure[2]) / 3.0;
}

/** Two series of one run. */
typedef struct pair_of_series {
    series v, p;
} pair_of_series;

static il_status both_see(il_context *context, void *user, const ili_md_frame *frame) {
    pair_of_series *s = user;
    IL_TRY(series_see(context, &s->v, frame));
    return series_see(context, &s->p, frame);
}

static void run_fluid(const bath *b, ili_md_cell_mode mode, double pressure, int64_t n_steps, pair_of_series *out) {
    enum { N = 32, EVERY = 10 };
    fluid s = {N, 1, 0.25, 3.6};
    il_system *sys = fluid_system(N, 28.0 * N);
    ili_md_options o = fluid_options(b);
    ili_md *md = NULL;
    ili_md_observer observer = {EVERY, false, out, both_see};
    o.cell_mode = mode;
    o.pressure = o.pressure_end = pressure;
    o.compressibility = 40.0;
    o.n_steps = n_steps;
    *out = (pair_of_series){{.of = volume_of, .skip = 500}, {.of = pressure_of, .skip = 500}};
    out->v.cap = out->p.cap = (int)(n_steps / EVERY);
    out->v.y = ili_alloc((size_t)out->v.cap, sizeof *out->v.y);
    out->p.y = ili_alloc((size_t)out->p.cap, sizeof *out->p.y);
    REQUIRE_OK(ili_md_check(ctx, &o, sys, NULL));
    REQUIRE_OK(ili_md_create(ctx, &o, sys, NULL, (ili_md_forces){&s, fluid_evaluate, NULL}, &md));
    CHECK_OK(ili_md_run(ctx, md, o.n_steps, &observer, 1));
    ili_md_destroy(&md);
    il_system_destroy(&sys);
}

static void free_pair(pair_of_series *s) {
    ili_free(s->v.y);
    ili_free(s->p.y);
}

/* ln p2(V)/p1(V) = a + (P1 - P2) V/kT, whatever the fluid (Merz and Shirts 2018); and the virial's mean pressure is that asked for */
TEST(volumes_at_two_pressures_have_the_right_ratio) {
    const double kT = ILI_KB * 300.0, p1 = 0.0030, p2 = 0.0036;
    il_set_threads(ctx, 1);
    for (size_t k = 0; k < sizeof BATHS / sizeof *BATHS; k++) {
        pair_of_series s1, s2;
        double error;
        run_fluid(&BATHS[k], ILI_CELL_ISO, p1, 60000, &s1);
        run_fluid(&BATHS[k], ILI_CELL_ISO, p2, 60000, &s2);
        double slope = slope_of(s1.v.y, s2.v.y, s1.v.n, &error), want = (p1 - p2) / kT;
        printf("%s: slope %.5f +- %.5f, expected %.5f\n", BATHS[k].name, slope, error, want);
        CHECK_MEAN(slope, want, error);
        CHECK(error < 0.1 * fabs(want));
        double mean = mean_of(s1.p.y, s1.p.n, &error);
        printf("%s: <P>/P = %.4f +- %.4f; V %.4g\n", BATHS[k].name, mean / p1, error / p1, mean_of(s1.v.y, s1.v.n, NULL));
        CHECK_MEAN(mean, p1, error);
        CHECK(error < 0.02 * p1);
        free_pair(&s1);
        free_pair(&s2);
    }
}

/* ---- how the conserved quantity behaves -------------------------------------------------------------------- */

typedef struct drift_sum {
    double first, square;
    int n;
} drift_sum;

static il_status drift_see(il_context *context, void *user, const ili_md_frame *frame) {
    (void)context;
    drift_sum *s = user;
    if (s->n++ == 0) s->first = frame->conserved;
    double d = frame->conserved - s->first;
    s->square += d * d;
    return IL_OK;
}

static double conserved_error(ili_md_barostat barostat, ili_md_cell_mode mode, double dt, double p_end) {
    enum { N = 32 };
    fluid s = {N, 1, 0.25, 3.6};
    il_system *sys = fluid_system(N, 28.0 * N);
    bath b = {"", barostat, barostat == ILI_BAROSTAT_MTK ? ILI_THERMOSTAT_NOSE_HOOVER : ILI_THERMOSTAT_CSVR, true};
    ili_md_options o = fluid_options(&b);
    ili_md *md = NULL;
    double sum = 0.0;
    for (int sample = 0; sample < 16; sample++) {
        drift_sum d = {0};
        ili_md_observer observer = {1, true, &d, drift_see};
        o.dt = dt;
        o.cell_mode = mode;
        o.pressure = 0.003;
        o.pressure_end = p_end;
        o.compressibility = 40.0;
        o.tau_p = 200.0;
        o.seed = (uint64_t)sample + 1;
        o.n_steps = (int64_t)(800.0 / dt);
        CHECK_OK(ili_md_create(ctx, &o, sys, NULL, (ili_md_forces){&s, fluid_evaluate, NULL}, &md));
        CHECK_OK(ili_md_run(ctx, md, o.n_steps, &observer, 1));
        sum += d.square / d.n;
        ili_md_destroy(&md);
    }
    il_system_destroy(&sys);
    return sqrt(sum / 16);
}

TEST(the_conserved_quantity_errs_by_dt_squared) {
    il_set_threads(ctx, 1);
    for (int mode = 0; mode < 4; mode++)
    for (int b = ILI_BAROSTAT_SCR; b <= ILI_BAROSTAT_MTK; b++) {
            double e1 = conserved_error(b, mode, 8.0, 0.003), e2 = conserved_error(b, mode, 4.0, 0.003), e4 = conserved_error(b, mode, 2.0, 0.003);
            double er = conserved_error(b, mode, 4.0, 0.006);
            printf("mode %d barostat %d: %.3g %.3g %.3g eV: %.2f %.2f; ramp %.3g\n", mode, b, e1, e2, e4, e1/e2, e2/e4, er);
        }
}

TESTS(RUN(an_ideal_gas_has_its_mean_volume), RUN(volumes_at_two_pressures_have_the_right_ratio),
      RUN(the_conserved_quantity_errs_by_dt_squared))
