/* SPDX-License-Identifier: GPL-3.0-or-later */
/** One build: atoms into slots, slots into rows, rows into chunks. What only the build needs is its draft and is freed with it. */
#include "neigh/clusters_build.h"

#include "base/alloc.h"

#include <float.h>
#include <math.h>

enum { CHUNK_ATOMS = 300, CHUNKS_MAX = 64 };

static void free_draft(ili_cluster_draft *d) {
    void *blocks[] = {d->order, d->column, d->slab};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ili_free(blocks[i]);
    ili_cluster_boxes_free(&d->cluster_boxes);
    ili_cluster_boxes_free(&d->column_boxes);
    ili_cluster_boxes_free(&d->slab_boxes);
}

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

/** Which chunks hold a cluster. */
static void find_owners(ili_clusters *l) {
    l->owner_start[0] = 0;
    for (int32_t c = 0, n = 0; c < l->n_clusters; c++) {
        for (int32_t chunk = 0; chunk < l->n_chunks; chunk++) {
            const int32_t place = l->local[(size_t)chunk * (size_t)l->n_clusters + (size_t)c];
            if (place >= 0) l->owner[n++] = (ili_cluster_owner){chunk, place};
        }
        l->owner_start[c + 1] = n;
    }
}

/** Few threads share a multiple of EVEN chunks evenly. */
static int32_t n_chunks_of(int32_t n_atoms) {
    enum { EVEN = 4 };
    const int32_t n = n_atoms / CHUNK_ATOMS, even = (n + EVEN - 1) / EVEN * EVEN;
    return n < 2 ? 1 : even < CHUNKS_MAX ? even : CHUNKS_MAX;
}

il_status ili_clusters_chunks(il_context *ctx, ili_clusters *l) {
    const size_t n = (size_t)l->n_clusters;
    size_t places = 0;
    l->n_chunks = n_chunks_of(l->n_atoms);
    const size_t n_chunks = (size_t)l->n_chunks;
    if (!ILI_FIT(l->chunk, n_chunks + 1, l->cap_chunk) || !ILI_FIT(l->local, n_chunks * n, l->cap_local) ||
        !ILI_FIT(l->n_local, n_chunks, l->cap_n_local) ||
        !ILI_FIT(l->owner_start, n + 1, l->cap_owner_start) ||
        !ILI_FIT(l->scratch, n_chunks * (size_t)l->longest_row, l->cap_scratch))
        return ili_no_memory(ctx, "the chunks of the cluster list");
    cut_rows(l);
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads) if (l->n_chunks > 1)
    for (int32_t c = 0; c < l->n_chunks; c++) l->n_local[c] = place_clusters(l, c, l->local + (size_t)c * n);
    for (int32_t c = 0; c < l->n_chunks; c++) places += (size_t)l->n_local[c];
    if (!ILI_FIT(l->owner, places, l->cap_owner)) return ili_no_memory(ctx, "the chunks of the cluster list");
    find_owners(l);
    return IL_OK;
}

il_status ili_clusters_build(il_context *ctx, ili_clusters *l, const ili_cell *cell, const double (*x)[3]) {
    ili_cluster_draft d = {0};
    il_status status = IL_OK;
    l->n_shifts = 0;
    l->n_clusters = (l->n_atoms + ILI_CLUSTER - 1) / ILI_CLUSTER;
    if (!make_slots(l)) IL_GO(ili_no_memory(ctx, "the cluster list"));
    IL_GO(ili_clusters_sort(ctx, l, cell, x, &d));
    fill_slots(l, &d);
    ili_clusters_place(ctx, l, cell, x);
    remember_places(l);
    IL_GO(ili_clusters_search(ctx, l, cell, &d));
    IL_GO(ili_clusters_chunks(ctx, l));
out:
    free_draft(&d);
    return status;
}
