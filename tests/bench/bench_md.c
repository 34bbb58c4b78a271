/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Speed of dynamics and where its time goes: LiGe2(PO4)3, 972 atoms, PMMCS, 2 fs, at one and two threads. Then the drift of the
 *  energy at 1 fs over 10 ps of the unit cell, by accuracy of the Coulomb sum. */
#include "physics/md_shadow.h"

#include "ff/ff.h"

#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void must(il_status status) {
    if (status == IL_OK) return;
    fprintf(stderr, "bench: %s\n", il_message(ctx));
    exit(EXIT_FAILURE);
}

static il_system *lgp_of(int n) {
    il_system *unit = NULL, *sys = NULL;
    must(il_system_read(ctx, "structures/LGP.cif", &unit));
    must(ili_system_repeat(ctx, unit, (const int[]){n, n, 1}, &sys));
    il_system_destroy(&unit);
    return sys;
}

/** A force field whose time is taken. */
typedef struct clocked {
    il_ff *ff;
    double seconds;
} clocked;

static il_status clocked_evaluate(il_context *context, void *user, unsigned parts, const ili_cell *cell,
                                  const double (*x)[3], double *energy, double (*f)[3], double w[6]) {
    clocked *c = user;
    ili_ff_result r = {.f = f};
    double start = now();
    il_status status = ili_ff_evaluate_parts(context, c->ff, parts, cell, x, &r);
    c->seconds += now() - start;
    *energy = r.energy;
    memcpy(w, r.w, sizeof r.w);
    return status;
}

static il_status clocked_refresh(il_context *context, void *user, const ili_cell *cell,
                                 const double (*x)[3]) {
    return ili_ff_refresh(context, ((clocked *)user)->ff, cell, x);
}

/** Milliseconds of the fastest of some evaluations of one part. */
static double part_ms(il_ff *ff, const ili_md *md, unsigned part) {
    ili_md_frame f = ili_md_now(md);
    double best = INFINITY;
    for (int k = 0; k < 20; k++) {
        ili_ff_result r = {0};
        double start = now();
        must(ili_ff_evaluate_parts(ctx, ff, part, f.cell, f.x, &r));
        best = fmin(best, now() - start);
    }
    return 1e3 * best;
}

static void bench_speed(il_model *model, int n_threads) {
    enum { STEPS = 500 };
    il_system *sys = lgp_of(3);
    clocked c = {0};
    ili_md_options o = ili_md_defaults();
    ili_md *md = NULL;
    il_set_threads(ctx, n_threads);
    must(il_ff_create(ctx, model, sys, NULL, &c.ff));
    o.dt = 2.0;
    o.thermostat = ILI_THERMOSTAT_CSVR;
    o.temperature = o.temperature_end = 600.0;
    o.n_steps = 2 * STEPS;
    must(ili_md_create(ctx, &o, sys, NULL, (ili_md_forces){&c, clocked_evaluate, clocked_refresh}, &md));
    must(ili_md_run(ctx, md, STEPS, NULL, 0));
    c.seconds = 0.0;
    double start = now();
    must(ili_md_run(ctx, md, STEPS, NULL, 0));
    double wall = now() - start, ms = 1e3 * wall / STEPS;
    printf("md       %6d atoms, %d threads, %g fs: %.2f ns/day, %.2f ms a step, of which forces %.2f (pairs "
           "%.2f, "
           "reciprocal %.2f, lists the rest)\n",
           sys->n_atoms, n_threads, o.dt, STEPS * o.dt * 1e-6 * 86400.0 / wall, ms, 1e3 * c.seconds / STEPS,
           part_ms(c.ff, md, ILI_FF_PAIRS), part_ms(c.ff, md, ILI_FF_RECIPROCAL));
    fflush(stdout);
    ili_md_destroy(&md);
    il_ff_destroy(&c.ff);
    il_system_destroy(&sys);
}

static void bench_drift(il_model *model, double accuracy) {
    enum { STEPS = 10000 };
    il_system *sys = lgp_of(1);
    il_ff *ff = NULL;
    il_ff_options settings;
    ili_md_options o = ili_md_defaults();
    ili_md *md = NULL;
    shadow y;
    il_ff_options_default(&settings);
    settings.accuracy = accuracy;
    il_set_threads(ctx, 1);
    must(il_ff_create(ctx, model, sys, &settings, &ff));
    o.thermostat = ILI_THERMOSTAT_LANGEVIN;
    o.temperature = o.temperature_end = 600.0;
    o.tau_t = 50.0;
    o.n_steps = 500;
    must(ili_md_create(ctx, &o, sys, NULL, ili_md_forces_of(ff), &md));
    must(ili_md_run(ctx, md, o.n_steps, NULL, 0));
    o.thermostat = ILI_THERMOSTAT_NONE;
    o.n_steps = STEPS;
    must(ili_md_stage(ctx, md, &o));
    shadow_open(&y, sys, o.dt, STEPS);
    const ili_md_observer observer = {1, false, &y, shadow_see};
    must(ili_md_run(ctx, md, STEPS, &observer, 1));
    double error, drift = drift_of(y.y, y.count, o.dt, 20, &error);
    double unit = ILI_KB * 600.0 * sys->n_atoms * 1e-6;
    printf("md       accuracy %.0e: drift %+.1e +- %.1e kT/atom/ns at 1 fs\n", accuracy, drift / unit,
           error / unit);
    shadow_close(&y);
    ili_md_destroy(&md);
    il_ff_destroy(&ff);
    il_system_destroy(&sys);
}

int main(void) {
    il_model *model = NULL;
    ctx = il_context_create();
    if (!ctx) return EXIT_FAILURE;
    must(il_model_read(ctx, "pmmcs", &model));
    for (int threads = 1; threads <= 2; threads++) bench_speed(model, threads);
    for (int k = 0; k < 3; k++) bench_drift(model, (const double[]){1e-5, 1e-6, 1e-8}[k]);
    il_model_destroy(&model);
    il_context_destroy(&ctx);
    return EXIT_SUCCESS;
}
