/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Chunks of the list go to the threads as they are free; each has its own buffer of forces (neigh/cluster_sums.h). Virial and energy
 *  add up by chunk. */
#include "ff/pairs_fast.h"

#include "base/alloc.h"
#include "ff/pair_kernel.h"
#include "math/units.h"
#include "neigh/cluster_sums.h"

#include <math.h>

enum { SUMS = 7 };
static const double MIXED_REACH = 60.0; /* angstrom: steps are exact up to 64 */

struct ili_pairs_fast {
    const ili_binding *binding;
    ili_pair_params *params;
    double coulomb_cutoff, alpha; /**< angstrom, 1/angstrom */
    ili_clusters *list;           /**< NULL: nothing to compute */
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
    p->coulomb_cutoff = plan->coulomb_cutoff;
    p->alpha = plan->alpha;
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

/** Energy of a pair of kinds in the Coulomb sum at r, eV. */
static double coulomb(const ili_pairs_fast *p, int32_t a, int32_t b, double r) {
    const ili_pair_params *m = p->params;
    const double *charge = p->binding->species_charge;
    if (!m->has_coulomb || r >= p->coulomb_cutoff) return 0.0;
    return ILI_COULOMB * charge[m->species_of[a]] * charge[m->species_of[b]] * erfc(p->alpha * r) / r;
}

/** |energy| below the ends of all pairs of kinds. */
static void look_at_ends(const ili_pairs_fast *p, double (*end)[ILI_EDGE_NODES],
                         double (*short_end)[ILI_EDGE_NODES]) {
    const ili_pair_params *m = p->params;
    for (int32_t k = 0; k < m->n_kinds * m->n_kinds; k++)
        for (int d = 0; d < ILI_EDGE_NODES; d++) {
            const int32_t a = k / m->n_kinds, b = k % m->n_kinds;
            const double r = m->reach[k] - ILI_EDGE_DEPTH[d], short_r = m->short_reach[k] - ILI_EDGE_DEPTH[d];
            if (r > 0.0) end[k][d] = fabs(ili_pair_truncated(m, a, b, r) + coulomb(p, a, b, r));
            if (short_r > 0.0) short_end[k][d] = fabs(ili_pair_truncated(m, a, b, short_r));
        }
}

il_status ili_pairs_fast_allow(il_context *ctx, ili_pairs_fast *p, const ili_motion *motion) {
    if (!p->list) return IL_OK;
    if (!motion) return ili_clusters_allow(ctx, p->list, NULL);
    const ili_pair_params *m = p->params;
    const size_t n = (size_t)m->n_kinds;
    il_status status = IL_OK;
    double *speed = ili_alloc(n, sizeof *speed);
    double(*end)[ILI_EDGE_NODES] = ili_alloc(n * n, sizeof *end);
    double(*short_end)[ILI_EDGE_NODES] = ili_alloc(n * n, sizeof *short_end);
    if (!speed || !end || !short_end) IL_GO(ili_no_memory(ctx, "the buffer of the pairs"));
    for (size_t k = 0; k < n; k++) speed[k] = motion->speed[m->species_of[k]];
    look_at_ends(p, end, short_end);
    const ili_clusters_drift drift = {motion->energy, speed, (const double(*)[ILI_EDGE_NODES])end,
                                      (const double(*)[ILI_EDGE_NODES])short_end};
    IL_GO(ili_clusters_allow(ctx, p->list, &drift));
out:
    ili_free(speed);
    ili_free(end);
    ili_free(short_end);
    return status;
}

double ili_pairs_fast_inner_skin(const ili_pairs_fast *p) {
    return p->list ? ili_clusters_inner_skin(p->list) : 0.0;
}

void ili_pairs_fast_forget(ili_pairs_fast *p) {
    if (p->list) ili_clusters_forget(p->list);
}
