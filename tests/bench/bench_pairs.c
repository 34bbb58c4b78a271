/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The pair kernels alone, on the atoms of W1 (PMMCS to 6 A, Coulomb to 8.5 A) and W2 (Lennard-Jones and Coulomb to 10 A): milliseconds of
 *  processor time on one thread for each set of instructions and precision, forces only and with energy and virial. */
#include "base/alloc.h"
#include "ff/pairs_fast.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 25 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fail(const il_context *ctx) {
    fprintf(stderr, "bench: %s\n", il_message(ctx));
    exit(EXIT_FAILURE);
}

/** The fastest of RUNS, ms. */
static double time_of(il_context *ctx, ili_pairs_fast *pairs, bool forces_only, double (*f)[3]) {
    double best = INFINITY, energy;
    for (int run = 0; run < RUNS; run++) {
        ili_accum acc = {.f = f, .forces_only = forces_only};
        double start = now();
        if (ili_pairs_fast_compute(ctx, pairs, &energy, &acc)) fail(ctx);
        best = fmin(best, 1e3 * (now() - start));
    }
    return best;
}

static void bench(il_context *ctx, const char *name, const char *structure, const char *model_name,
                  const int n[3], double short_cutoff, double coulomb_cutoff) {
    il_system *unit = NULL, *sys = NULL;
    il_model *model = NULL;
    ili_binding binding = {0};
    if (il_system_read(ctx, structure, &unit) || ili_system_repeat(ctx, unit, n, &sys) ||
        il_model_read(ctx, model_name, &model) || ili_bind(ctx, model, sys, true, &binding))
        fail(ctx);
    double(*f)[3] = ili_alloc((size_t)sys->n_atoms, sizeof *f);
    if (!f) exit(EXIT_FAILURE);
    for (int set = ILI_SIMD_SETS - 1; set >= 0; set--)
        for (int mixed = 1; mixed >= 0 && ili_simd_is_here((ili_simd)set); mixed--) {
            const ili_pairs_fast_plan plan = {.short_cutoff = short_cutoff,
                                              .coulomb_cutoff = coulomb_cutoff,
                                              .alpha = 2.97 / coulomb_cutoff,
                                              .skin = ILI_CLUSTERS_SKIN,
                                              .mixed = mixed};
            ili_pairs_fast *pairs = NULL;
            ctx->simd = (ili_simd)set;
            if (ili_pairs_fast_create(ctx, &binding, &plan, &pairs) ||
                ili_pairs_fast_update(ctx, pairs, &sys->cell, (const double(*)[3])sys->x))
                fail(ctx);
            printf("%s, %d atoms, %-6s %s: %6.2f ms, with energy and virial %6.2f ms\n", name, sys->n_atoms,
                   ili_simd_name(ctx->simd), mixed ? "mixed " : "double", time_of(ctx, pairs, true, f),
                   time_of(ctx, pairs, false, f));
            ili_pairs_fast_destroy(&pairs);
        }
    ili_free(f);
    ili_binding_free(&binding);
    il_model_destroy(&model);
    il_system_destroy(&sys);
    il_system_destroy(&unit);
}

int main(void) {
    il_context *ctx = il_context_create();
    if (!ctx) return EXIT_FAILURE;
    il_set_threads(ctx, 1);
    bench(ctx, "W1", "tests/bench/data/lagp.extxyz", "tests/bench/data/pmmcs6.yaml", (const int[3]){2, 2, 1},
          6.0, 8.5);
    bench(ctx, "W2", "tests/bench/data/ether.extxyz", "tests/bench/data/ether.yaml", (const int[3]){1, 1, 1},
          10.0, 10.0);
    il_context_destroy(&ctx);
    return EXIT_SUCCESS;
}
