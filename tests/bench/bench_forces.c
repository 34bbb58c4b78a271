/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Time and memory of energy + forces: LiGe2(PO4)3 with PMMCS and the mesh at 1e-5, and Li with the Finnis-Sinclair metal.
 *  Prints the fastest, the median and the slowest of the runs, in milliseconds; the peak memory by atom as the slope between
 *  two sizes, so that the process, the model and the tables do not count. */
#include "base/alloc.h"
#include "ff/ff.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS = 21 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b) {
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static void fail(const il_context *ctx) {
    fprintf(stderr, "bench: %s\n", il_message(ctx));
    exit(EXIT_FAILURE);
}

typedef struct bench_case {
    const char *structure, *model;
    int n[3]; /**< repeats; for the slope the third is doubled */
} bench_case;

/** Energy and forces of one case, once and then RUNS times. */
static void bench(il_context *ctx, const bench_case *c, int runs, double *first, double *ms,
                  int32_t *n_atoms) {
    il_system *unit = NULL, *sys = NULL;
    il_model *model = NULL;
    il_ff *ff = NULL;
    il_ff_options options;
    il_ff_options_default(&options);
    options.accuracy = 1e-5;
    options.coulomb = 2;
    if (il_system_read(ctx, c->structure, &unit) || ili_system_repeat(ctx, unit, c->n, &sys) ||
        il_model_read(ctx, c->model, &model))
        fail(ctx);
    double start = now(), energy, (*f)[3] = ili_alloc((size_t)sys->n_atoms, sizeof *f);
    const double(*h)[3] = (const double(*)[3])sys->cell.h, (*x)[3] = (const double(*)[3])sys->x;
    if (!f || il_ff_create(ctx, model, sys, &options, &ff) || il_ff_compute(ctx, ff, h, x, &energy, f, NULL))
        fail(ctx);
    *first = 1e3 * (now() - start);
    for (int k = 0; k < runs; k++) {
        start = now();
        if (il_ff_compute(ctx, ff, h, x, &energy, f, NULL)) fail(ctx);
        ms[k] = 1e3 * (now() - start);
    }
    *n_atoms = sys->n_atoms;
    il_ff_destroy(&ff);
    il_model_destroy(&model);
    il_system_destroy(&sys);
    il_system_destroy(&unit);
    ili_free(f);
}

static void print_time(il_context *ctx, const bench_case *c) {
    double first, ms[RUNS];
    int32_t n;
    bench(ctx, c, RUNS, &first, ms, &n);
    qsort(ms, RUNS, sizeof *ms, by_value);
    printf(
        "%-8s %6d atoms, %d threads: %.2f ms (median %.2f, slowest %.2f); plan + list + first call %.0f ms\n",
        c->model, n, ctx->n_threads, ms[0], ms[RUNS / 2], ms[RUNS - 1], first);
}

/** Peak memory of one evaluation in a process of its own. */
static double peak_of(il_context *ctx, const bench_case *c, int32_t *n_atoms) {
    double first;
    int ends[2];
    struct rusage use;
    fflush(stdout);
    pid_t child = pipe(ends) == 0 ? fork() : -1;
    if (child == 0) {
        bench(ctx, c, 0, &first, NULL, n_atoms);
        _exit(write(ends[1], n_atoms, sizeof *n_atoms) == sizeof *n_atoms ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    close(ends[1]);
    if (child < 0 || read(ends[0], n_atoms, sizeof *n_atoms) != sizeof *n_atoms ||
        wait4(child, NULL, 0, &use) != child) {
        fprintf(stderr, "bench: no memory measured\n");
        exit(EXIT_FAILURE);
    }
    close(ends[0]);
    return 1024.0 * (double)use.ru_maxrss;
}

static void print_memory(il_context *ctx, const bench_case *c) {
    bench_case twice = *c;
    int32_t n[2];
    twice.n[2] *= 2;
    double small = peak_of(ctx, c, &n[0]), large = peak_of(ctx, &twice, &n[1]);
    printf("%-8s %6d to %d atoms, %d threads: %.0f bytes/atom (slope); %.0f bytes/atom with the process at "
           "%d atoms\n",
           c->model, n[0], n[1], ctx->n_threads, (large - small) / (n[1] - n[0]), small / n[0], n[0]);
}

int main(void) {
    static const bench_case cases[] = {{"structures/LGP.cif", "pmmcs", {4, 4, 6}},
                                       {"structures/Li.cif", "li", {20, 20, 20}}};
    enum { CASES = sizeof cases / sizeof *cases };
    il_context *ctx = il_context_create();
    if (!ctx) return EXIT_FAILURE;
    il_set_threads(ctx, 2); /* children come first: a process cannot fork once it has had threads */
    for (int c = 0; c < CASES; c++) print_memory(ctx, &cases[c]);
    for (int threads = 1; threads <= 2; threads++) {
        il_set_threads(ctx, threads);
        for (int c = 0; c < CASES; c++) print_time(ctx, &cases[c]);
    }
    il_context_destroy(&ctx);
    return EXIT_SUCCESS;
}
