/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Sums of what the chunks of a cluster list add: a buffer for every chunk, and their sum in a fixed order. The buffers lie in the
 *  context's scratch, so they last until the next request for it.
 *
 *      IL_TRY(ili_cluster_sums_fit(ctx, sums, &view));                  before every loop
 *      in the loop over chunks, by the thread that works on it:
 *          float *f = ili_cluster_sums_begin(sums, &view, chunk);        [n_local][components][8], zeroed; double where so created
 *          ... f[(place * components + k) * 8 + slot % 8] += ...
 *      ili_cluster_sums_add(ctx, sums, &view, &force[0][0]);             force[atom][components] += all chunks, in order
 *
 *  The same bits at any thread count. */
#ifndef ILI_NEIGH_CLUSTER_SUMS_H
#define ILI_NEIGH_CLUSTER_SUMS_H

#include "neigh/clusters.h"

typedef struct ili_cluster_sums ili_cluster_sums;

/** components: 1 to 3 numbers an atom; is_single: buffers of float. IL_E_MEMORY. */
il_status ili_cluster_sums_create(il_context *ctx, int components, bool is_single, ili_cluster_sums **out);
void ili_cluster_sums_destroy(ili_cluster_sums **sums);
/** Buffers for the chunks of the list. IL_E_MEMORY. */
il_status ili_cluster_sums_fit(il_context *ctx, ili_cluster_sums *sums, const ili_clusters_view *view);
/** The zeroed buffer of a chunk: float or double [n_local][components][8], 64-byte aligned. */
void *ili_cluster_sums_begin(ili_cluster_sums *sums, const ili_clusters_view *view, int32_t chunk);
/** out [n_atoms][components] += sum over the chunks, in the caller's order of atoms. */
void ili_cluster_sums_add(il_context *ctx, const ili_cluster_sums *sums, const ili_clusters_view *view,
                          double *out);
/** out [n_clusters][components][8] = sum over the chunks, by slot; blanks 0. */
void ili_cluster_sums_to_slots(il_context *ctx, const ili_cluster_sums *sums, const ili_clusters_view *view,
                               double *out);

#endif
