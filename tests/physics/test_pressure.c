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

TESTS(RUN(an_ideal_gas_has_its_mean_volume))
