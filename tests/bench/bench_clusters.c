/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Cluster lists: time of a build, a pruning and an update that finds nothing to do, and how full the rows are, which is the part of
 *  the pairs a kernel computes that lie within reach. LiGe2(PO4)3 and Li, atoms displaced at random as at 600 K. */
#include "base/alloc.h"
#include "base/rng.h"
#include "neigh/clusters_state.h"
#include "system/system.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 15 };
static const double AMPLITUDE = 0.12; /* angstrom, of each component */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fail(const il_context *ctx) {
    fprintf(stderr, "bench: %s\n", il_message(ctx));
    exit(EXIT_FAILURE);
}

typedef struct bench_case {
    const char *structure;
    int n[3];
    double reach, skin;
} bench_case;

/** Pairs of atoms within reach and pairs of clusters handed out. */
static void count(const ili_clusters_view *v, double reach, double *atoms, double *clusters) {
    *atoms = *clusters = 0.0;
    for (int32_t r = 0; r < v->n_rows; r++)
        for (int32_t p = v->row[r].begin; p < v->row[r].end; p++) {
            *clusters += 1.0;
            for (int bit = 0; bit < 32; bit++) {
                const int32_t s = v->row[r].half * ILI_CLUSTER_ROW + bit / 8, c = v->pair[p].cluster;
                double d2 = 0.0;
                for (int k = 0; k < 3; k++) {
                    const double d =
                        v->x[c][k][bit % 8] - (v->x[s / 8][k][s % 8] + v->shift[v->row[r].shift][k]);
                    d2 += d * d;
                }
                *atoms += (v->pair[p].mask >> bit & 1) && d2 < reach * reach;
            }
        }
}

static double bytes(const ili_clusters *l) {
    const double n = l->n_clusters, chunks = l->n_chunks;
    return n * (8.0 * (4 + 4) + 24.0 * (4 + 8 + 4 + 4 + 4)) + 4.0 * l->n_atoms * 2 +
           sizeof *l->row * (double)l->n_rows + sizeof *l->pair * (double)l->row[l->n_rows].begin +
           4.0 * chunks * n + sizeof *l->touched * n;
}

static void bench(il_context *ctx, const bench_case *c) {
    il_system *unit = NULL, *sys = NULL;
    ili_clusters *list = NULL;
    if (il_system_read(ctx, c->structure, &unit) || ili_system_repeat(ctx, unit, c->n, &sys)) fail(ctx);
    ili_rng rng = ili_rng_make(1, 1);
    for (int32_t i = 0; i < sys->n_atoms; i++)
        for (int k = 0; k < 3; k++) sys->x[i][k] += AMPLITUDE * ili_rng_normal(&rng);
    int32_t *type = ili_alloc((size_t)sys->n_atoms, sizeof *type);
    const double(*x)[3] = (const double(*)[3])sys->x;
    if (!type || ili_clusters_create(ctx, sys->n_atoms, type, 1, &c->reach, NULL, c->skin, 0, NULL, &list))
        fail(ctx);
    double build = 1e9, prune = 1e9, update = 1e9, atoms, clusters, exact;
    for (int k = 0; k < RUNS; k++) {
        double t = now();
        ili_clusters_forget(list);
        if (ili_clusters_update(ctx, list, &sys->cell, x)) fail(ctx);
        build = fmin(build, now() - t);
        t = now();
        ili_clusters_prune(ctx, list);
        prune = fmin(prune, now() - t);
        t = now();
        if (ili_clusters_update(ctx, list, &sys->cell, x)) fail(ctx);
        update = fmin(update, now() - t);
    }
    ili_clusters_view v = ili_clusters_get(list);
    count(&v, c->reach, &atoms, &clusters);
    const double inner = list->inner;
    list->inner = 0.0;
    ili_clusters_prune(ctx, list);
    count(&v, c->reach, &atoms, &exact);
    printf("%-18s %6d atoms, %d threads, reach %4.1f + %.2f (%.2f) A: build %6.2f ms, prune %5.2f ms, update "
           "%5.3f ms; filling %.3f, %.3f without skin; %.0f pairs, %.2f cluster pairs an atom, %.0f "
           "bytes/atom\n",
           c->structure, sys->n_atoms, ctx->n_threads, c->reach, c->skin, inner, 1e3 * build, 1e3 * prune,
           1e3 * update, atoms / (32 * clusters), atoms / (32 * exact), atoms / sys->n_atoms,
           clusters / sys->n_atoms, bytes(list) / sys->n_atoms);
    ili_clusters_destroy(&list);
    il_system_destroy(&sys);
    il_system_destroy(&unit);
    ili_free(type);
}

int main(void) {
    static const bench_case cases[] = {{"structures/LGP.cif", {4, 4, 6}, 6.0, 1.0},
                                       {"structures/LGP.cif", {4, 4, 6}, 8.5, 1.0},
                                       {"structures/LGP.cif", {4, 4, 6}, 10.0, 1.0},
                                       {"structures/LGP.cif", {8, 8, 12}, 8.5, 1.0},
                                       {"structures/Li.cif", {20, 20, 20}, 7.5, 1.0}};
    il_context *ctx = il_context_create();
    if (!ctx) return EXIT_FAILURE;
    for (int threads = 1; threads <= 2; threads++) {
        il_set_threads(ctx, threads);
        for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) bench(ctx, &cases[c]);
    }
    il_context_destroy(&ctx);
    return EXIT_SUCCESS;
}
