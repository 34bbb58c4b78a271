/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Pruning: every row is parted in place into its short pairs, its other pairs and those too far to be handed out, which stay
 *  behind them for the next pruning. */
#include "base/hot.h"
#include "neigh/clusters_state.h"

#include <string.h>

typedef struct limits {
    ili_cluster_limits all, near; /**< near: all short pairs are at most so far apart */
} limits;

/** Part the pairs of a row; `scratch` holds as many. */
static void part_row(const ili_clusters *l, ili_cluster_row *row, int32_t outer_end, const limits *lim,
                     ili_cluster_pair *scratch) {
    const ili_cluster_row_place place = ili_clusters_place_row(l, row->half, row->shift);
    ili_cluster_pair *const pair = l->pair + row->begin;
    const int32_t n = outer_end - row->begin;
    int32_t n_short = 0, n_long = 0, n_far = 0;
    for (int32_t p = 0; p < n; p++) {
        const int32_t c = pair[p].cluster;
        const double(*x)[ILI_CLUSTER] = (const double(*)[ILI_CLUSTER])l->x[c];
        const int32_t *type = l->type + (size_t)c * ILI_CLUSTER;
        if (ili_clusters_near(&place, x, type, &lim->near))
            pair[n_short++] = pair[p];
        else if (ili_clusters_near(&place, x, type, &lim->all))
            scratch[n_long++] = pair[p];
        else
            scratch[n - ++n_far] = pair[p];
    }
    memcpy(pair + n_short, scratch, (size_t)n_long * sizeof *pair);
    for (int32_t p = 0; p < n_far; p++) pair[n_short + n_long + p] = scratch[n - 1 - p];
    row->short_end = row->begin + n_short;
    row->end = row->short_end + n_long;
}

ILI_HOT static void prune_chunk(const ili_clusters *l, int32_t chunk, const limits *lim) {
    ili_cluster_pair *scratch = l->scratch + (size_t)chunk * (size_t)l->longest_row;
    for (int32_t r = l->chunk[chunk]; r < l->chunk[chunk + 1]; r++)
        part_row(l, &l->row[r], l->row[r + 1].begin, lim, scratch);
}

void ili_clusters_prune(il_context *ctx, ili_clusters *l) {
    const double all = l->reach_max + l->inner, near = l->short_max > 0.0 ? l->short_max + l->inner : 0.0;
    const limits lim = {.all = {.max2 = all * all, .is_uniform = true},
                        .near = {.max2 = near * near, .is_uniform = true}};
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads) if (l->n_chunks > 1)
    for (int32_t chunk = 0; chunk < l->n_chunks; chunk++) prune_chunk(l, chunk, &lim);
}
