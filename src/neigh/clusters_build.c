/* SPDX-License-Identifier: GPL-3.0-or-later */
/** One build: atoms into slots, slots into rows, rows into chunks. What only the build needs is its draft. */
#include "neigh/clusters_build.h"

#include "base/alloc.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { CHUNK_ATOMS = 300 };

bool ili_clusters_fit(void **array, size_t need, size_t *capacity, size_t size) {
    if (need <= *capacity && *array) return true;
    const size_t roomy = need + need / 32;
    ili_free(*array);
    *array = ili_alloc(roomy, size);
    *capacity = *array ? roomy : 0;
    return *array;
}

/** Slots from the sorted atoms. */
static void fill_slots(ili_clusters *l, const ili_cluster_draft *d) {
    for (int32_t s = 0; s < l->n_clusters * ILI_CLUSTER; s++) {
        const int32_t c = s / ILI_CLUSTER, b = s % ILI_CLUSTER;
        const bool is_blank = s >= l->n_atoms;
        const int32_t i = d->order[is_blank ? c * ILI_CLUSTER : s];
        l->atom[s] = is_blank ? -1 : i;
        l->type[s] = is_blank ? 0 : l->type_in[i];
        if (!is_blank) l->slot_of[i] = s;
        for (int k = 0; k < 3; k++) l->wrap[c][k][b] = d->wrap[i][k];
    }
}

/** Places at the build, as floats. */
static void remember_places(ili_clusters *l) {
    double farthest = 0.0;
    for (int32_t c = 0; c < l->n_clusters; c++)
        for (int k = 0; k < 3; k++)
            for (int b = 0; b < ILI_CLUSTER; b++) {
                const double x = fabs(l->x[c][k][b]);
                farthest = x > farthest ? x : farthest;
                l->x0[c][k][b] = (float)l->x[c][k][b];
            }
    l->coarse = sqrt(3.0) * FLT_EPSILON * farthest;
}

static bool make_slots(ili_clusters *l) {
    const size_t n = (size_t)l->n_clusters, slots = n * ILI_CLUSTER;
    return ILI_GROW(l->atom, slots, l->cap_atom) && ILI_GROW(l->type, slots, l->cap_type) &&
           ILI_GROW(l->wrap, n, l->cap_wrap) && ILI_GROW(l->x, n, l->cap_x) &&
           ILI_GROW(l->at, n, l->cap_at) && ILI_GROW(l->x0, n, l->cap_x0) &&
           ILI_GROW(l->moved, n, l->cap_moved);
}

/** First rows of the chunks: equal numbers of pairs. */
static void cut_rows(ili_clusters *l) {
    const int64_t all = l->row[l->n_rows].begin;
    int32_t row = 0;
    for (int32_t c = 0; c < l->n_chunks; c++) {
        l->chunk[c] = row;
        while (row < l->n_rows && l->row[row + 1].begin <= all * (c + 1) / l->n_chunks) row++;
    }
    l->chunk[l->n_chunks] = l->n_rows;
}

/** Places of the clusters that a chunk touches, ascending. */
static int32_t place_clusters(const ili_clusters *l, int32_t chunk, int32_t *local) {
    int32_t n = 0;
    for (int32_t c = 0; c < l->n_clusters; c++) local[c] = -1;
    for (int32_t r = l->chunk[chunk]; r < l->chunk[chunk + 1]; r++) {
        local[l->row[r].half / 2] = 0;
        for (int32_t p = l->row[r].begin; p < l->row[r + 1].begin; p++) local[l->pair[p].cluster] = 0;
    }
    for (int32_t c = 0; c < l->n_clusters; c++)
        if (local[c] == 0) local[c] = n++;
    return n;
}

/** Which chunks touch a cluster. */
static void find_touched(ili_clusters *l) {
    const size_t n = (size_t)l->n_clusters;
    memset(l->touched, 0, n * sizeof *l->touched);
    for (int32_t chunk = 0; chunk < l->n_chunks; chunk++)
        for (size_t c = 0; c < n; c++)
            l->touched[c] |= (uint64_t)(l->local[(size_t)chunk * n + c] >= 0) << chunk;
}

/** Few threads share a multiple of EVEN chunks evenly. */
static int32_t n_chunks_of(int32_t n_atoms) {
    enum { EVEN = 4 };
    const int32_t n = n_atoms / CHUNK_ATOMS, even = (n + EVEN - 1) / EVEN * EVEN;
    return n < 2 ? 1 : even < ILI_CLUSTER_CHUNKS_MAX ? even : ILI_CLUSTER_CHUNKS_MAX;
}

il_status ili_clusters_chunks(il_context *ctx, ili_clusters *l) {
    const size_t n = (size_t)l->n_clusters;
    l->n_chunks = n_chunks_of(l->n_atoms);
    const size_t n_chunks = (size_t)l->n_chunks;
    if (!ILI_FIT(l->chunk, n_chunks + 1, l->cap_chunk) || !ILI_FIT(l->local, n_chunks * n, l->cap_local) ||
        !ILI_FIT(l->n_local, n_chunks, l->cap_n_local) || !ILI_FIT(l->touched, n, l->cap_touched))
        return ili_no_memory(ctx, "the chunks of the cluster list");
    cut_rows(l);
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads) if (l->n_chunks > 1)
    for (int32_t c = 0; c < l->n_chunks; c++) l->n_local[c] = place_clusters(l, c, l->local + (size_t)c * n);
    find_touched(l);
    return IL_OK;
}

il_status ili_clusters_build(il_context *ctx, ili_clusters *l, const ili_cell *cell, const double (*x)[3]) {
    bool enough = false;
    l->n_shifts = 0;
    l->n_clusters = (l->n_atoms + ILI_CLUSTER - 1) / ILI_CLUSTER;
    if (!make_slots(l)) return ili_no_memory(ctx, "the cluster list");
    while (!enough) { /* once, or twice when there are more pairs than in builds before */
        ili_cluster_draft d = {0};
        IL_TRY(ili_clusters_sort(ctx, l, cell, x, &d));
        fill_slots(l, &d);
        ili_clusters_place(ctx, l, cell, x);
        remember_places(l);
        IL_TRY(ili_clusters_search(ctx, l, cell, &d, &enough));
    }
    return ili_clusters_chunks(ctx, l);
}
