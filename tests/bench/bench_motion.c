/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a step costs beside pairs and mesh: bonded terms and special pairs of an ether melt (10,404 atoms), item by item and by the
 *  kernels; and the integrator with its baths and constraints, on the same melt without forces. The fastest of many. */
#include "harness.h"

#include "base/timing.h"
#include "ff/bonded.h"
#include "ff/ff.h"
#include "md/md.h"

static void must(il_status status) {
    if (status == IL_OK) return;
    fprintf(stderr, "bench: %s\n", il_message(ctx));
    exit(EXIT_FAILURE);
}

typedef struct melt {
    il_system *sys;
    il_model *model;
    il_ff *ff;
    double (*f)[3];
} melt;

static void melt_open(melt *m) {
    must(il_model_read(ctx, "tests/bench/data/ether.yaml", &m->model));
    must(il_system_read(ctx, "tests/bench/data/ether.extxyz", &m->sys));
    must(il_ff_create(ctx, m->model, m->sys, NULL, &m->ff));
    if (!(m->f = calloc((size_t)m->sys->n_atoms, sizeof *m->f))) exit(EXIT_FAILURE);
}

static void melt_close(melt *m) {
    free(m->f);
    il_ff_destroy(&m->ff);
    il_system_destroy(&m->sys);
    il_model_destroy(&m->model);
}

static double bonded_ms(const melt *m, ili_bonded *bonded, bool forces_only) {
    const ili_cell *cell = &m->sys->cell;
    const double(*x)[3] = (const double(*)[3])m->sys->x, alpha = 0.3;
    double best = INFINITY;
    for (int k = 0; k < (bonded ? 200 : 10); k++) {
        ili_bonded_energy energy;
        ili_accum acc = {.f = m->f, .forces_only = forces_only};
        const ili_tick start = ili_tick_now();
        if (bonded)
            must(ili_bonded_compute(ctx, bonded, cell, x, alpha, &energy, &acc));
        else
            must(ili_bonded_reference(ctx, ili_ff_binding(m->ff), cell, x, 10.0, alpha, &energy, &acc));
        best = fmin(best, ili_tick_now() - start);
    }
    return 1e3 * best;
}

static void bench_bonded(const melt *m) {
    const ili_binding *b = ili_ff_binding(m->ff);
    ili_bonded *bonded = NULL;
    must(ili_bonded_create(ctx, b, 10.0, &bonded));
    printf("bonded   %d bonds, %d angles, %d torsions, %d special pairs: item by item %.2f ms\n", b->n_bonds,
           b->n_angles, b->n_torsions, b->n_specials, bonded_ms(m, NULL, false));
    const ili_simd best = ctx->simd;
    for (int set = 0; set < ILI_SIMD_SETS; set++)
        for (int threads = 1; threads <= 2 && ili_simd_is_here((ili_simd)set); threads++) {
            ctx->simd = (ili_simd)set;
            il_set_threads(ctx, threads);
            const double alone = bonded_ms(m, bonded, true), all = bonded_ms(m, bonded, false);
            printf("bonded   %-7s %d threads: forces %.3f ms, with energy and virial %.3f ms\n",
                   ili_simd_name(ctx->simd), threads, alone, all);
        }
    ctx->simd = best;
    ili_bonded_destroy(&bonded);
}

static il_status no_forces(il_context *context, void *user, unsigned parts, const ili_cell *cell,
                           const double (*x)[3], double *energy, double (*f)[3], double w[6]) {
    (void)context, (void)user, (void)parts, (void)cell, (void)x, (void)f;
    *energy = 0.0;
    memset(w, 0, 6 * sizeof *w);
    return IL_OK;
}

typedef struct way {
    const char *name;
    ili_md_thermostat thermostat;
    ili_md_barostat barostat;
    bool constrained;
} way;

/** Observers are called after each step: the time since the last one. */
typedef struct watch {
    ili_tick last;
    double best;
} watch;

static il_status look(il_context *context, void *user, const ili_md_frame *frame) {
    (void)context;
    watch *w = user;
    const ili_tick now = ili_tick_now();
    if (frame->step > 1) w->best = fmin(w->best, now - w->last);
    w->last = now;
    return IL_OK;
}

static void bench_step(const melt *m, const way *how, int threads) {
    ili_md_options o = ili_md_defaults();
    ili_md *md = NULL;
    watch w = {.best = INFINITY};
    o.thermostat = how->thermostat;
    o.barostat = how->barostat;
    o.constrain_hydrogens = how->constrained;
    o.n_steps = 400;
    il_set_threads(ctx, threads);
    must(ili_md_create(ctx, &o, m->sys, ili_ff_binding(m->ff), (ili_md_forces){.evaluate = no_forces}, &md));
    const ili_md_observer observer = {2, false, &w, look};
    must(ili_md_run(ctx, md, o.n_steps, &observer, 1));
    printf("step     %-24s %d threads: %.3f ms\n", how->name, threads, 0.5e3 * w.best);
    ili_md_destroy(&md);
}

int main(void) {
    static const way ways[] = {{"constant energy", ILI_THERMOSTAT_NONE, 0, false},
                               {"Nose-Hoover", ILI_THERMOSTAT_NOSE_HOOVER, 0, false},
                               {"stochastic rescaling", ILI_THERMOSTAT_CSVR, 0, false},
                               {"Langevin", ILI_THERMOSTAT_LANGEVIN, 0, false},
                               {"rescaling, rigid C-H", ILI_THERMOSTAT_CSVR, 0, true},
                               {"rescaling, cell (scr)", ILI_THERMOSTAT_CSVR, ILI_BAROSTAT_SCR, false},
                               {"cell, rigid C-H", ILI_THERMOSTAT_CSVR, ILI_BAROSTAT_SCR, true}};
    melt m = {0};
    setvbuf(stdout, NULL, _IOLBF, 0);
    ctx = il_context_create();
    if (!ctx) return EXIT_FAILURE;
    melt_open(&m);
    bench_bonded(&m);
    for (size_t k = 0; k < sizeof ways / sizeof *ways; k++)
        for (int threads = 1; threads <= 2; threads++) bench_step(&m, &ways[k], threads);
    melt_close(&m);
    il_context_destroy(&ctx);
    return EXIT_SUCCESS;
}
