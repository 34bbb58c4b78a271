/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A sample: for every lag the number of origins met, then for every group sum r^2, sum r^4, the histogram of self displacements and,
 *  when wanted, that of pairs (i then, j now). These pairs come from one neighbour list over the atoms then and now together. */
#include "analysis/van_hove.h"

#include "analysis/blocksum.h"
#include "analysis/origins.h"
#include "base/alloc.h"
#include "math/units.h"
#include "math/vec.h"
#include "neigh/nlist.h"

#include <string.h>

enum { DENSE = 8, R2 = 0, R4, SELF };
static const char WHAT[] = "the van Hove function";

struct ili_van_hove {
    ili_van_hove_plan plan;
    int32_t *group, *n_of;
    int64_t *lag;
    ili_origins *origins; /**< [n_lags] */
    ili_nlist *list;      /**< NULL: no distinct part */
    double (*x)[3];       /**< [2 n_atoms] then and now */
    ili_blocks blocks;
};

static int32_t per_group(const ili_van_hove_plan *plan) {
    return SELF + plan->n_bins * (plan->distinct ? 2 : 1);
}

static int32_t per_lag(const ili_van_hove_plan *plan) {
    return 1 + plan->n_groups * per_group(plan);
}

static il_status make_list(il_context *ctx, const ili_van_hove_plan *plan, ili_nlist **list) {
    int32_t n = plan->n_atoms, ng = plan->n_groups, nt = 2 * ng + 1;
    il_status status = IL_OK;
    int32_t *type = ili_alloc(2 * (size_t)n, sizeof *type);
    double *rc = ili_alloc((size_t)nt * (size_t)nt, sizeof *rc);
    if (!type || !rc) IL_GO(ili_no_memory(ctx, WHAT));
    for (int32_t i = 0; i < n; i++) {
        type[i] = plan->group[i] < 0 ? 2 * ng : plan->group[i];
        type[n + i] = plan->group[i] < 0 ? 2 * ng : ng + plan->group[i];
    }
    for (int32_t g = 0; g < ng; g++) rc[g * nt + ng + g] = rc[(ng + g) * nt + g] = plan->r_max;
    IL_GO(ili_nlist_create(ctx, 2 * n, type, nt, rc, 0.0, 0, NULL, list));
out:
    ili_free(type);
    ili_free(rc);
    return status;
}

static il_status check(il_context *ctx, const ili_van_hove_plan *plan) {
    if (!(plan->r_max > 0.0) || plan->n_bins < 1 || plan->n_lags < 1 || plan->n_groups < 1)
        return ili_fail(ctx, IL_E_INPUT,
                        "van Hove function: %d lags, %d bins up to %g A, expected positive numbers",
                        plan->n_lags, plan->n_bins, plan->r_max);
    for (int32_t k = 0; k < plan->n_lags; k++)
        if (plan->lag[k] < 1)
            return ili_fail(ctx, IL_E_INPUT, "van Hove function: lag %d is %lld frames, expected 1 or more",
                            k + 1, (long long)plan->lag[k]);
    return IL_OK;
}

il_status ili_van_hove_create(il_context *ctx, const ili_van_hove_plan *plan, ili_van_hove **out) {
    il_status status = IL_OK;
    *out = NULL;
    IL_TRY(check(ctx, plan));
    ili_van_hove *v = ili_alloc(1, sizeof *v);
    if (!v) return ili_no_memory(ctx, WHAT);
    v->plan = *plan;
    v->group = ili_alloc((size_t)plan->n_atoms, sizeof *v->group);
    v->n_of = ili_alloc((size_t)plan->n_groups, sizeof *v->n_of);
    v->lag = ili_alloc((size_t)plan->n_lags, sizeof *v->lag);
    v->origins = ili_alloc((size_t)plan->n_lags, sizeof *v->origins);
    v->x = ili_alloc(2 * (size_t)plan->n_atoms, sizeof *v->x);
    if (!v->group || !v->n_of || !v->lag || !v->origins || !v->x) IL_GO(ili_no_memory(ctx, WHAT));
    memcpy(v->group, plan->group, (size_t)plan->n_atoms * sizeof *v->group);
    memcpy(v->lag, plan->lag, (size_t)plan->n_lags * sizeof *v->lag);
    v->plan.group = v->group;
    v->plan.lag = v->lag;
    for (int32_t i = 0; i < plan->n_atoms; i++)
        if (v->group[i] >= 0) v->n_of[v->group[i]]++;
    for (int32_t k = 0; k < plan->n_lags; k++) {
        int64_t stride = ili_origins_stride(&v->lag[k], DENSE);
        IL_GO(ili_origins_create(ctx, plan->n_atoms, stride, (int32_t)(v->lag[k] / stride) + 1, WHAT,
                                 &v->origins[k]));
    }
    if (plan->distinct) IL_GO(make_list(ctx, plan, &v->list));
    IL_GO(ili_blocks_create(ctx, plan->n_lags * per_lag(plan), WHAT, &v->blocks));
    *out = v;
    return IL_OK;
out:
    ili_van_hove_destroy(&v);
    return status;
}

void ili_van_hove_destroy(ili_van_hove **van_hove) {
    ili_van_hove *v = *van_hove;
    if (!v) return;
    for (int32_t k = 0; v->origins && k < v->plan.n_lags; k++) ili_origins_free(&v->origins[k]);
    ili_free(v->origins);
    ili_free(v->group);
    ili_free(v->n_of);
    ili_free(v->lag);
    ili_free(v->x);
    ili_nlist_destroy(&v->list);
    ili_blocks_free(&v->blocks);
    ili_free(v);
    *van_hove = NULL;
}

/** Count r in a histogram of the plan. */
static void count(const ili_van_hove_plan *plan, double r, double *histogram) {
    double bin = r * (plan->n_bins / plan->r_max);
    if (bin < plan->n_bins) histogram[(int32_t)bin] += 1.0;
}

static void add_self(const ili_van_hove *v, const double (*s0)[3], const double (*s)[3], double *sample) {
    const ili_van_hove_plan *plan = &v->plan;
    for (int32_t i = 0; i < plan->n_atoms; i++) {
        if (plan->group[i] < 0) continue;
        double d[3], *out = sample + 1 + plan->group[i] * per_group(plan);
        ili_sub(s[i], s0[i], d);
        ili_vec_mat(d, plan->cell.h, d);
        double r2 = ili_dot(d, d);
        out[R2] += r2;
        out[R4] += r2 * r2;
        count(plan, sqrt(r2), out + SELF);
    }
}

static il_status add_distinct(il_context *ctx, ili_van_hove *v, const double (*s0)[3], const double (*s)[3],
                              double *sample) {
    static const double SAME = 1e-6; /* angstrom */
    const ili_van_hove_plan *plan = &v->plan;
    int32_t n = plan->n_atoms;
    for (int32_t i = 0; i < n; i++) {
        ili_vec_mat(s0[i], plan->cell.h, v->x[i]);
        ili_vec_mat(s[i], plan->cell.h, v->x[n + i]);
    }
    ili_nlist_forget(v->list);
    IL_TRY(ili_nlist_update(ctx, v->list, &plan->cell, (const double(*)[3])v->x));
    ili_nlist_view view = ili_nlist_get(v->list);
    for (int32_t row = 0; row < view.n_rows; row++)
        for (ili_nlist_walk w = ili_nlist_row(&view, row); ili_nlist_next(&w);) {
            int32_t a = view.atom[row], b = view.atom[w.entry], then = a < n ? a : b, now = a < n ? b : a;
            double d[3], own[3];
            ili_sub(view.px[a < n ? w.entry : row], view.px[a < n ? row : w.entry], d);
            ili_sub(v->x[now], v->x[then], own);
            ili_sub(own, d, own);
            if (now - n == then && ili_norm(own) < SAME)
                continue; /* the atom itself; its other images count */
            count(plan, ili_norm(d), sample + 1 + plan->group[then] * per_group(plan) + SELF + plan->n_bins);
        }
    return IL_OK;
}

il_status ili_van_hove_add(il_context *ctx, ili_van_hove *v, const double (*s)[3]) {
    double *sample = ili_blocks_open(&v->blocks);
    for (int32_t i = 0; i < v->plan.n_atoms; i++)
        if (!isfinite(s[i][0] + s[i][1] + s[i][2]))
            return ili_fail(ctx, IL_E_NONFINITE, "van Hove function: the position of atom %d is no number",
                            i + 1);
    for (int32_t k = 0; k < v->plan.n_lags; k++) {
        ili_origins_push(&v->origins[k], s);
        const double(*s0)[3] = ili_origins_before(&v->origins[k], v->lag[k]);
        if (!s0) continue;
        double *of_lag = sample + (size_t)k * (size_t)per_lag(&v->plan);
        of_lag[0] += 1.0;
        add_self(v, s0, s, of_lag);
        if (v->list) IL_TRY(add_distinct(ctx, v, s0, s, of_lag));
    }
    ili_blocks_close(&v->blocks);
    return IL_OK;
}

int64_t ili_van_hove_frames(const ili_van_hove *v) {
    return v->origins[0].frames;
}

size_t ili_van_hove_memory(const ili_van_hove *v) {
    size_t size = sizeof *v + ili_blocks_memory(&v->blocks) + 2 * (size_t)v->plan.n_atoms * sizeof *v->x;
    for (int32_t k = 0; k < v->plan.n_lags; k++) size += ili_origins_memory(&v->origins[k]);
    return size;
}

void ili_van_hove_carry(ili_van_hove *v, ili_bytes *bytes) {
    for (int32_t k = 0; k < v->plan.n_lags; k++) ili_origins_carry(&v->origins[k], bytes);
    ili_blocks_carry(&v->blocks, bytes);
}

int64_t ili_van_hove_lag(const ili_van_hove *v, int32_t k) {
    return v->lag[k];
}

typedef struct query {
    const ili_van_hove *van_hove;
    int32_t lag, group;
} query;

/** out: self [n_bins], distinct [n_bins] (zero when not kept), moments [2]. */
static void curves_of(const void *user, const double *sums, double *out) {
    const query *q = user;
    const ili_van_hove_plan *plan = &q->van_hove->plan;
    const double *of_lag = sums + (size_t)q->lag * (size_t)per_lag(plan);
    const double *of_group = of_lag + 1 + q->group * per_group(plan);
    int32_t n = plan->n_bins;
    double n_g = q->van_hove->n_of[q->group], atoms = of_lag[0] * n_g, dr = plan->r_max / n;
    double density = n_g / ili_cell_volume(&plan->cell);
    for (int32_t k = 0; k < n; k++) {
        double shell = 4.0 / 3.0 * ILI_PI * dr * dr * dr * (3.0 * k * (k + 1.0) + 1.0);
        out[k] = of_group[SELF + k] / (atoms * shell);
        out[n + k] = plan->distinct ? of_group[SELF + n + k] / (atoms * shell * density) : 0.0;
    }
    double r2 = of_group[R2] / atoms, r4 = of_group[R4] / atoms;
    out[2 * n] = r2;
    out[2 * n + 1] = 0.6 * r4 / (r2 * r2) - 1.0;
}

il_status ili_van_hove_result(il_context *ctx, const ili_van_hove *v, int32_t lag, int32_t group,
                              const ili_van_hove_curves *w) {
    size_t n = (size_t)v->plan.n_bins, n_out = 2 * n + 2;
    double *want[6] = {w->self, w->distinct, w->moments, w->self_sigma, w->distinct_sigma, w->moments_sigma};
    query q = {v, lag, group};
    il_status status = IL_OK;
    double *out = ili_alloc(2 * n_out, sizeof *out);
    if (!out) return ili_no_memory(ctx, WHAT);
    IL_GO(ili_blocks_estimate(ctx, &v->blocks, v->lag[lag], (int32_t)n_out, curves_of, &q, out, out + n_out,
                              NULL));
    for (size_t k = 0; k < 6; k++) {
        const double *from = out + k / 3 * n_out + k % 3 * n;
        if (want[k]) memcpy(want[k], from, (k % 3 == 2 ? 2 : n) * sizeof *from);
    }
out:
    ili_free(out);
    return status;
}
