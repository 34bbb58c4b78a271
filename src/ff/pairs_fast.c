/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Chunks of the list go to the threads as they are free; each has its own buffer of forces (neigh/cluster_sums.h). Virial and energy
 *  add up by chunk. */
#include "ff/pairs_fast.h"

#include "base/alloc.h"
#include "ff/pair_kernel.h"
#include "neigh/cluster_sums.h"

#include <math.h>

enum { SUMS = 7 };
static const double MIXED_REACH = 60.0; /* angstrom: steps are exact up to 64 */

struct ili_pairs_fast {
    const ili_binding *binding;
    ili_pair_params *params;
    ili_clusters *list; /**< NULL: nothing to compute */
    ili_cluster_sums *forces;
    double (*sums)[SUMS]; /**< [n_chunks] */
    size_t cap_sums;
};

void ili_pairs_fast_destroy(ili_pairs_fast **pairs) {
    if (!pairs || !*pairs) return;
    ili_pairs_fast *p = *pairs;
    ili_pair_params_destroy(&p->params);
    ili_clusters_destroy(&p->list);
    ili_cluster_sums_destroy(&p->forces);
    ili_free(p->sums);
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

static double longest_reach(const ili_pair_params *m) {
    double longest = 0.0;
    for (int32_t k = 0; k < m->n_kinds * m->n_kinds; k++) longest = fmax(longest, m->reach[k]);
    return longest;
}

il_status ili_pairs_fast_create(il_context *ctx, const ili_binding *binding, const ili_pairs_fast_plan *plan,
                                ili_pairs_fast **out) {
    *out = NULL;
    ili_pairs_fast *p = ili_alloc(1, sizeof *p);
    if (!p) return ili_no_memory(ctx, "the pairs");
    il_status status = IL_OK;
    p->binding = binding;
    IL_GO(ili_pair_params_create(ctx, binding, plan->short_cutoff, plan->coulomb_cutoff, plan->alpha,
                                 plan->mixed, &p->params));
    const double longest = longest_reach(p->params);
    if (plan->mixed && longest + plan->skin > MIXED_REACH) {
        ili_pair_params_destroy(&p->params);
        IL_GO(ili_pair_params_create(ctx, binding, plan->short_cutoff, plan->coulomb_cutoff, plan->alpha,
                                     false, &p->params));
    }
    if (longest > 0.0) {
        IL_GO(make_list(ctx, p, plan->skin));
        IL_GO(ili_cluster_sums_create(ctx, 3, p->params->single, &p->forces));
    }
out:
    if (status != IL_OK) ili_pairs_fast_destroy(&p);
    *out = p;
    return status;
}

bool ili_pairs_fast_is_single(const ili_pairs_fast *pairs) {
    return pairs->list && pairs->params->single;
}

il_status ili_pairs_fast_update(il_context *ctx, ili_pairs_fast *p, const ili_cell *cell,
                                const double (*x)[3]) {
    return p->list ? ili_clusters_update(ctx, p->list, cell, x) : IL_OK;
}

static ili_pair_kernel choose(const il_context *ctx, const ili_pair_params *m, bool sums) {
    static const ili_pair_kernels *(*const sets[ILI_SIMD_SETS])(bool) = {
        [ILI_SIMD_SSE2] = ili_pair_kernels_sse2,
        [ILI_SIMD_AVX2] = ili_pair_kernels_avx2,
        [ILI_SIMD_AVX512] = ili_pair_kernels_avx512};
    return sets[ctx->simd](m->single)->of[m->shape][m->has_coulomb][sums];
}

il_status ili_pairs_fast_compute(il_context *ctx, ili_pairs_fast *p, double *energy, ili_accum *acc) {
    *energy = 0.0;
    if (!p->list) return IL_OK;
    const ili_clusters_view v = ili_clusters_get(p->list);
    const bool sums = !acc->forces_only;
    const ili_pair_kernel kernel = choose(ctx, p->params, sums);
    IL_TRY(ili_cluster_sums_fit(ctx, p->forces, &v));
    if (!ILI_GROW(p->sums, (size_t)v.n_chunks, p->cap_sums)) return ili_no_memory(ctx, "the pair sums");
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads)
    for (int32_t c = 0; c < v.n_chunks; c++)
        kernel(p->params, &v, c, ili_cluster_sums_begin(p->forces, &v, c), p->sums[c]);
    ili_cluster_sums_add(ctx, p->forces, &v, &acc->f[0][0]);
    for (int32_t c = 0; sums && c < v.n_chunks; c++) {
        for (int k = 0; k < 6; k++) acc->w[k] += p->sums[c][k];
        *energy += p->sums[c][6];
    }
    return IL_OK;
}

void ili_pairs_fast_forget(ili_pairs_fast *p) {
    if (p->list) ili_clusters_forget(p->list);
}
