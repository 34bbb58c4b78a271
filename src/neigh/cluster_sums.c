/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "neigh/cluster_sums.h"

#include "base/alloc.h"
#include "base/hot.h"

#include <string.h>

enum { COMPONENTS_MAX = 3, BLOCK = 64, LANES_MAX = COMPONENTS_MAX * ILI_CLUSTER };

struct ili_cluster_sums {
    int lanes; /**< numbers of a cluster: 8 components */
    bool is_single;
    void *buffer;  /**< the context's scratch */
    size_t *start; /**< [n_chunks] first cluster of each buffer */
    size_t cap_start;
};

il_status ili_cluster_sums_create(il_context *ctx, int components, bool is_single, ili_cluster_sums **out) {
    ili_cluster_sums *s = *out = ili_alloc(1, sizeof *s);
    if (!s) return ili_no_memory(ctx, "the sums of the cluster list");
    s->lanes = components * ILI_CLUSTER;
    s->is_single = is_single;
    return IL_OK;
}

void ili_cluster_sums_destroy(ili_cluster_sums **sums) {
    if (!sums || !*sums) return;
    ili_free((*sums)->start);
    ili_free(*sums);
    *sums = NULL;
}

static size_t cluster_bytes(const ili_cluster_sums *s) {
    return (size_t)s->lanes * (s->is_single ? sizeof(float) : sizeof(double));
}

il_status ili_cluster_sums_fit(il_context *ctx, ili_cluster_sums *s, const ili_clusters_view *view) {
    size_t n = 0;
    if (!ILI_GROW(s->start, (size_t)view->n_chunks, s->cap_start))
        return ili_no_memory(ctx, "the sums of the cluster list");
    for (int32_t c = 0; c < view->n_chunks; c++) {
        s->start[c] = n;
        n += (size_t)view->n_local[c];
    }
    s->buffer = ili_scratch(ctx, n * cluster_bytes(s));
    return s->buffer ? IL_OK : ili_no_memory(ctx, "the sums of the cluster list");
}

void *ili_cluster_sums_begin(ili_cluster_sums *s, const ili_clusters_view *view, int32_t chunk) {
    const size_t size = cluster_bytes(s);
    char *buffer = (char *)s->buffer + s->start[chunk] * size;
    memset(buffer, 0, (size_t)view->n_local[chunk] * size);
    return buffer;
}

/** Sum of the chunks over one cluster, in their order. */
static inline void sum_cluster(const ili_cluster_sums *s, const ili_clusters_view *v, int32_t c,
                               double *restrict sum) {
    for (int k = 0; k < s->lanes; k++) sum[k] = 0.0;
    for (uint64_t left = v->touched[c]; left; left &= left - 1) {
        const size_t chunk = (size_t)__builtin_ctzll(left);
        const int32_t place = v->local[chunk * (size_t)v->n_clusters + (size_t)c];
        const size_t from = (s->start[chunk] + (size_t)place) * (size_t)s->lanes;
        if (s->is_single) {
            const float *restrict part = (const float *)s->buffer + from;
            for (int k = 0; k < s->lanes; k++) sum[k] += (double)part[k];
        } else {
            const double *restrict part = (const double *)s->buffer + from;
            for (int k = 0; k < s->lanes; k++) sum[k] += part[k];
        }
    }
}

ILI_HOT static void add_range(const ili_cluster_sums *s, const ili_clusters_view *v, int32_t from, int32_t to,
                              double *out) {
    const int components = s->lanes / ILI_CLUSTER;
    for (int32_t c = from; c < to; c++) {
        double sum[LANES_MAX];
        sum_cluster(s, v, c, sum);
        for (int b = 0; b < ILI_CLUSTER; b++) {
            const int32_t i = v->atom[(size_t)c * ILI_CLUSTER + (size_t)b];
            for (int k = 0; i >= 0 && k < components; k++)
                out[(size_t)i * (size_t)components + (size_t)k] += sum[k * ILI_CLUSTER + b];
        }
    }
}

static int32_t block_end(const ili_clusters_view *v, int32_t block) {
    return (block + 1) * BLOCK < v->n_clusters ? (block + 1) * BLOCK : v->n_clusters;
}

void ili_cluster_sums_add(il_context *ctx, const ili_cluster_sums *s, const ili_clusters_view *v,
                          double *out) {
    const int32_t blocks = (v->n_clusters + BLOCK - 1) / BLOCK;
#pragma omp parallel for num_threads(ctx->n_threads) if (blocks > 1)
    for (int32_t b = 0; b < blocks; b++) add_range(s, v, b * BLOCK, block_end(v, b), out);
}

ILI_HOT static void slots_range(const ili_cluster_sums *s, const ili_clusters_view *v, int32_t from,
                                int32_t to, double *out) {
    for (int32_t c = from; c < to; c++) {
        double *sum = out + (size_t)c * (size_t)s->lanes;
        sum_cluster(s, v, c, sum);
        for (int k = 0; k < s->lanes; k++)
            if (v->atom[(size_t)c * ILI_CLUSTER + (size_t)(k % ILI_CLUSTER)] < 0) sum[k] = 0.0;
    }
}

void ili_cluster_sums_to_slots(il_context *ctx, const ili_cluster_sums *s, const ili_clusters_view *v,
                               double *out) {
    const int32_t blocks = (v->n_clusters + BLOCK - 1) / BLOCK;
#pragma omp parallel for num_threads(ctx->n_threads) if (blocks > 1)
    for (int32_t b = 0; b < blocks; b++) slots_range(s, v, b * BLOCK, block_end(v, b), out);
}
