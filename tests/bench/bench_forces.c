/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Time and memory of energy + forces: LiGe2(PO4)3 with PMMCS and the mesh at 1e-5, and Li with the Finnis-Sinclair metal.
 *  Prints the fastest, the median and the slowest of the runs, in milliseconds, and the peak memory by atom. */
#include "base/alloc.h"
#include "ff/ff.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { RUNS = 21 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double peak_bytes(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return 1024.0 * (double)use.ru_maxrss;
}

static int by_value(const void *a, const void *b) {
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static void fail(const il_context *ctx) {
    fprintf(stderr, "bench: %s\n", il_message(ctx));
    exit(EXIT_FAILURE);
}

/** Time one structure, repeated n times, under a model. */
static void bench(il_context *ctx, const char *structure, const char *name, const int n[3]) {
    il_system *unit = NULL, *sys = NULL;
    il_model *model = NULL;
    il_ff *ff = NULL;
    il_ff_options options;
    il_ff_options_default(&options);
    options.accuracy = 1e-5;
    options.coulomb = 2;
    if (il_system_read(ctx, structure, &unit) || ili_system_repeat(ctx, unit, n, &sys) ||
        il_model_read(ctx, name, &model))
        fail(ctx);
    double before = peak_bytes(), ms[RUNS], start = now();
    double(*f)[3] = ili_alloc((size_t)sys->n_atoms, sizeof *f), energy;
    if (!f || il_ff_create(ctx, model, sys, &options, &ff)) fail(ctx);
    if (il_ff_compute(ctx, ff, (const double(*)[3])sys->cell.h, (const double(*)[3])sys->x, &energy, f, NULL))
        fail(ctx);
    double first = 1e3 * (now() - start);
    for (int k = 0; k < RUNS; k++) {
        start = now();
        if (il_ff_compute(ctx, ff, (const double(*)[3])sys->cell.h, (const double(*)[3])sys->x, &energy, f,
                          NULL))
            fail(ctx);
        ms[k] = 1e3 * (now() - start);
    }
    qsort(ms, RUNS, sizeof *ms, by_value);
    printf("%-8s %6d atoms, %d threads: %.2f ms (median %.2f, slowest %.2f); plan + list + first call %.0f "
           "ms; %.0f bytes/atom\n",
           name, sys->n_atoms, ctx->n_threads, ms[0], ms[RUNS / 2], ms[RUNS - 1], first,
           (peak_bytes() - before) / sys->n_atoms);
    il_ff_destroy(&ff);
    il_model_destroy(&model);
    il_system_destroy(&sys);
    il_system_destroy(&unit);
    ili_free(f);
}

int main(void) {
    for (int threads = 1; threads <= 2; threads++) {
        il_context *ctx = il_context_create();
        if (!ctx) return EXIT_FAILURE;
        il_set_threads(ctx, threads);
        bench(ctx, "structures/LGP.cif", "pmmcs", (const int[3]){4, 4, 6});
        bench(ctx, "structures/Li.cif", "li", (const int[3]){20, 20, 20});
        il_context_destroy(&ctx);
    }
    return EXIT_SUCCESS;
}
