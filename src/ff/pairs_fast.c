/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Chunks of the list go to the threads as they are free; each has its own buffer of forces over the clusters that it touches. Then
 *  every cluster adds up its places in these buffers, in order of the chunks, in double. Virial and energy add up by chunk. */
#include "ff/pairs_fast.h"

#include "base/alloc.h"
#include "ff/pair_kernel.h"

#include <math.h>
#include <string.h>

enum { SUMS = 7, CLUSTER_FORCES = 3 * ILI_CLUSTER };
static const double MIXED_REACH = 60.0; /* angstrom: steps are exact up to 64 */

struct ili_pairs_fast {
    const ili_binding *binding;
    ili_pair_params *params;
    ili_clusters *list; /**< NULL: nothing to compute */
    double longest;     /**< angstrom */
    /* scratch of the chunks */
    int32_t n_chunks;
    size_t *start;        /**< [n_chunks + 1] places of each chunk in `f`, in clusters */
    size_t cap;           /**< clusters that `f` holds */
    void *f;              /**< [cap][3][ILI_CLUSTER] reals */
    double (*sums)[SUMS]; /**< [n_chunks] */
};

void ili_pairs_fast_destroy(ili_pairs_fast **pairs) {
    if (!pairs || !*pairs) return;
    ili_pairs_fast *p = *pairs;
    ili_pair_params_destroy(&p->params);
    ili_clusters_destroy(&p->list);
    void *blocks[] = {p->start, p->f, p->sums};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ili_free(blocks[i]);
    ili_free(p);
    *pairs = NULL;
}

static il_status make_list(il_context *ctx, ili_pairs_fast *p, double skin) {
    const ili_binding *b = p->binding;
    const ili_pair_params *m = p->params;
    int32_t *kind = ili_alloc((size_t)b->n, sizeof *kind);
    int32_t(*excluded)[2] = ili_alloc((size_t)b->n_specials, sizeof *excluded);
    il_status status = IL_OK;
    if (!kind || !excluded) IL_GO(ili_no_memory(ctx, "the exclusions"));
    for (int32_t i = 0; i < b->n; i++) kind[i] = m->kind_of[b->type[i]];
    for (int32_t s = 0; s < b->n_specials; s++) {
        excluded[s][0] = b->specials[s].i;
        excluded[s][1] = b->specials[s].j;
    }
    IL_GO(ili_clusters_create(ctx, b->n, kind, m->n_kinds, m->reach, m->short_reach, skin, b->n_specials,
                              (const int32_t(*)[2])excluded, &p->list));
out:
    ili_free(kind);
    ili_free(excluded);
    return status;
}

il_status ili_pairs_fast_create(il_context *ctx, const ili_binding *binding, const ili_pairs_fast_plan *plan,
                                ili_pairs_fast **out) {
    *out = NULL;
    ili_pairs_fast *p = ili_alloc(1, sizeof *p);
    if (!p) return ili_no_memory(ctx, "the pairs");
    il_status status = IL_OK;
    p->binding = binding;
    bool far = fmax(plan->short_cutoff, plan->coulomb_cutoff) + plan->skin > MIXED_REACH;
    IL_GO(ili_pair_params_create(ctx, binding, plan->short_cutoff, plan->coulomb_cutoff, plan->alpha,
                                 plan->mixed && !far, &p->params));
    const ili_pair_params *m = p->params;
    for (int32_t k = 0; k < m->n_kinds * m->n_kinds; k++) p->longest = fmax(p->longest, m->reach[k]);
    if (p->longest > 0.0) IL_GO(make_list(ctx, p, plan->skin));
out:
    if (status != IL_OK) ili_pairs_fast_destroy(&p);
    *out = p;
    return status;
}

il_status ili_pairs_fast_update(il_context *ctx, ili_pairs_fast *p, const ili_cell *cell,
                                const double (*x)[3]) {
    return p->list ? ili_clusters_update(ctx, p->list, cell, x) : IL_OK;
}

/** Buffers for the chunks of this list; they only grow. */
static il_status make_room(il_context *ctx, ili_pairs_fast *p, const ili_clusters_view *v) {
    if (v->n_chunks > p->n_chunks) {
        ili_free(p->start);
        ili_free(p->sums);
        p->n_chunks = 0;
        p->start = ili_alloc((size_t)v->n_chunks + 1, sizeof *p->start);
        p->sums = ili_alloc((size_t)v->n_chunks, sizeof *p->sums);
        if (!p->start || !p->sums) return ili_no_memory(ctx, "the force buffers");
        p->n_chunks = v->n_chunks;
    }
    for (int32_t c = 0; c < v->n_chunks; c++) p->start[c + 1] = p->start[c] + (size_t)v->n_local[c];
    size_t need = p->start[v->n_chunks];
    if (need <= p->cap) return IL_OK;
    ili_free(p->f);
    p->cap = 0;
    p->f = ili_alloc((need + need / 16) * CLUSTER_FORCES, p->params->single ? sizeof(float) : sizeof(double));
    if (!p->f) return ili_no_memory(ctx, "the force buffers");
    p->cap = need + need / 16;
    return IL_OK;
}

static ili_pair_kernel choose(const il_context *ctx, const ili_pair_params *m, bool sums) {
    static const ili_pair_kernels *(*const sets[ILI_SIMD_SETS])(bool) = {
        [ILI_SIMD_SSE2] = ili_pair_kernels_sse2,
        [ILI_SIMD_AVX2] = ili_pair_kernels_avx2,
        [ILI_SIMD_AVX512] = ili_pair_kernels_avx512};
    return sets[ctx->simd](m->single)->of[m->shape][m->has_coulomb][sums];
}

#define SUM_CLUSTER(real, p, v, cluster, sum)                                                                \
    for (int32_t o = (v)->owner_start[cluster]; o < (v)->owner_start[(cluster) + 1]; o++) {                  \
        const ili_cluster_owner *owner = &(v)->owner[o];                                                     \
        const real *f =                                                                                      \
            (const real *)(p)->f + ((p)->start[owner->chunk] + (size_t)owner->place) * CLUSTER_FORCES;       \
        for (int k = 0; k < CLUSTER_FORCES; k++) (sum)[k] += (double)f[k];                                   \
    }

/** Forces of a cluster's atoms, from the buffers. */
static void add_cluster(const ili_pairs_fast *p, const ili_clusters_view *v, int32_t cluster,
                        double (*f_out)[3]) {
    double sum[CLUSTER_FORCES] = {0};
    if (p->params->single) {
        SUM_CLUSTER(float, p, v, cluster, sum)
    } else {
        SUM_CLUSTER(double, p, v, cluster, sum)
    }
    const int32_t *atom = v->atom + ILI_CLUSTER * (size_t)cluster;
    for (int s = 0; s < ILI_CLUSTER; s++)
        for (int k = 0; atom[s] >= 0 && k < 3; k++) f_out[atom[s]][k] += sum[ILI_CLUSTER * k + s];
}

il_status ili_pairs_fast_compute(il_context *ctx, ili_pairs_fast *p, double *energy, ili_accum *acc) {
    *energy = 0.0;
    if (!p->list) return IL_OK;
    const ili_clusters_view v = ili_clusters_get(p->list);
    const bool sums = !acc->forces_only;
    const size_t real = p->params->single ? sizeof(float) : sizeof(double);
    const ili_pair_kernel kernel = choose(ctx, p->params, sums);
    IL_TRY(make_room(ctx, p, &v));
#pragma omp parallel num_threads(ctx->n_threads)
    {
#pragma omp for schedule(dynamic, 1)
        for (int32_t c = 0; c < v.n_chunks; c++) {
            char *f = (char *)p->f + p->start[c] * CLUSTER_FORCES * real;
            memset(f, 0, (size_t)v.n_local[c] * CLUSTER_FORCES * real);
            kernel(p->params, &v, c, f, p->sums[c]);
        }
#pragma omp for schedule(static)
        for (int32_t c = 0; c < v.n_clusters; c++) add_cluster(p, &v, c, acc->f);
    }
    for (int32_t c = 0; sums && c < v.n_chunks; c++) {
        for (int k = 0; k < 6; k++) acc->w[k] += p->sums[c][k];
        *energy += p->sums[c][6];
    }
    return IL_OK;
}

void ili_pairs_fast_forget(ili_pairs_fast *p) {
    if (p->list) ili_clusters_forget(p->list);
}

const ili_clusters *ili_pairs_fast_list(const ili_pairs_fast *p) {
    return p->list;
}

const ili_pair_params *ili_pairs_fast_params(const ili_pairs_fast *p) {
    return p->params;
}
