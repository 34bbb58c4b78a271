/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Pruning: every row is parted in place into its short pairs, its other pairs and those too far to be handed out, which stay
 *  behind them for the next pruning. */
#include "neigh/clusters_state.h"

/** Types share the longest reach here: a row has many atoms, so hardly a pair of clusters is listed for a rare pair of types. */
static void prune_chunk(const ili_clusters *l, const ili_cluster_tests *tests, int32_t chunk,
                        ili_cluster_pair *scratch) {
    const double all = l->reach_max + l->inner + ILI_CLUSTERS_SLACK;
    const double near = l->short_max > 0.0 ? l->short_max + l->inner + ILI_CLUSTERS_SLACK : 0.0;
    for (int32_t r = l->chunk[chunk]; r < l->chunk[chunk + 1]; r++) {
        ili_cluster_row *row = &l->row[r];
        const ili_cluster_row_place place = ili_clusters_place_row(l, row->half, row->shift);
        int32_t parted[2];
        tests->part((const double(*)[3][ILI_CLUSTER])l->x, &place, l->pair + row->begin,
                    l->row[r + 1].begin - row->begin, near * near, all * all, scratch, parted);
        row->short_end = row->begin + parted[0];
        row->end = row->short_end + parted[1];
    }
}

il_status ili_clusters_prune(il_context *ctx, ili_clusters *l) {
    const ili_cluster_tests *tests = ili_cluster_tests_for(ctx->simd);
    const size_t longest = (size_t)l->longest_row;
    ili_cluster_pair *scratch = ili_scratch(ctx, (size_t)l->n_chunks * longest * sizeof *scratch);
    if (!scratch) return ili_no_memory(ctx, "the cluster list");
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads) if (l->n_chunks > 1)
    for (int32_t chunk = 0; chunk < l->n_chunks; chunk++)
        prune_chunk(l, tests, chunk, scratch + (size_t)chunk * longest);
    return IL_OK;
}
