/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Drift of the energy at 1 fs over 10 ps of the unit cell of LiGe2(PO4)3, by accuracy of the Coulomb sum. */
#include "physics/md_drift.h"
#include "physics/md_shadow.h"

#include "ff/ff.h"

static void must(il_status status) {
    if (status == IL_OK) return;
    fprintf(stderr, "bench: %s\n", il_message(ctx));
    exit(EXIT_FAILURE);
}

static void bench_drift(il_model *model, double accuracy) {
    enum { STEPS = 10000 };
    il_system *sys = NULL;
    il_ff *ff = NULL;
    il_ff_options settings;
    ili_md_options o = ili_md_defaults();
    ili_md *md = NULL;
    shadow y;
    il_ff_options_default(&settings);
    settings.accuracy = accuracy;
    il_set_threads(ctx, 1);
    must(il_system_read(ctx, "structures/LGP.cif", &sys));
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
    double error, drift = drift_of(y.y, y.count, o.dt, 40, &error);
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
    for (int k = 0; k < 3; k++) bench_drift(model, (const double[]){1e-5, 1e-6, 1e-8}[k]);
    il_model_destroy(&model);
    il_context_destroy(&ctx);
    return EXIT_SUCCESS;
}
