/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/layers.h"

#include "analysis/layers_state.h"
#include "base/alloc.h"
#include "math/vec.h"

#include <string.h>

enum { DENSE = 8, BINS_MIN = 8 };
static const char WHAT[] = "the analysis by layer";

static il_status check(il_context *ctx, const ili_layers_plan *plan) {
    double width[3];
    if (plan->n_layers < 1 || plan->n_layers > ILI_LAYERS_MAX || plan->axis < 0 || plan->axis > 2)
        return ili_fail(ctx, IL_E_INPUT,
                        "layers: found %d of them along axis %d, expected 1 to %d along 0 to 2",
                        plan->n_layers, plan->axis, ILI_LAYERS_MAX);
    ili_cell_widths(&plan->cell, width);
    for (int32_t k = 0; k < plan->n_layers; k++)
        if (!(plan->bounds[k + 1] > plan->bounds[k]))
            return ili_fail(ctx, IL_E_INPUT,
                            "layers: plane %d at %g A does not lie above the one before, at %g A", k + 2,
                            plan->bounds[k + 1] * width[plan->axis], plan->bounds[k] * width[plan->axis]);
    double span = plan->bounds[plan->n_layers] - plan->bounds[0];
    if (plan->cell.pbc[plan->axis] && span > 1.0 + 1e-9)
        return ili_fail(ctx, IL_E_INPUT,
                        "layers: they are %g A thick together, but the cell repeats after %g A",
                        span * width[plan->axis], width[plan->axis]);
    if (plan->cell.pbc[plan->axis] && plan->n_layers == 1 && span > 1.0 - 1e-6)
        return ili_fail(
            ctx, IL_E_INPUT,
            "layers: one layer as thick as the cell is everything: use the diffusivity of the cell");
    if (!(plan->frame_time > 0.0) || !(plan->temperature > 0.0) || plan->z == 0.0 || plan->max_lag < 2 ||
        plan->reference < 0 || plan->reference >= plan->n_layers || !(plan->bin > 0.0) ||
        !(plan->margin >= 0.0))
        return ili_fail(ctx, IL_E_INPUT,
                        "layers: frame time %g fs, temperature %g K, charge number %g, longest lag %lld, "
                        "reference %d, bin "
                        "%g A, margin %g A: expected positive numbers, a lag of 2 and a layer that is there",
                        plan->frame_time, plan->temperature, plan->z, (long long)plan->max_lag,
                        plan->reference, plan->bin, plan->margin);
    return IL_OK;
}

/** Axes, bounds, cores and bins. */
static void lay_out(ili_layers *l) {
    ili_layers_plan *plan = &l->plan;
    int a = plan->axis, b = (a + 1) % 3, c = (a + 2) % 3;
    double *e1 = l->frame[0], *e2 = l->frame[1], *normal = l->frame[2], size = ili_norm(plan->cell.h[b]);
    ili_cross(plan->cell.h[b], plan->cell.h[c], normal);
    l->area = ili_norm(normal);
    l->width = ili_cell_volume(&plan->cell) / l->area;
    double up = ili_dot(normal, plan->cell.h[a]) > 0.0 ? 1.0 : -1.0;
    for (int k = 0; k < 3; k++) {
        e1[k] = plan->cell.h[b][k] / size;
        normal[k] *= up / l->area;
    }
    ili_cross(normal, e1, e2);
    memcpy(l->bounds, plan->bounds, (size_t)(plan->n_layers + 1) * sizeof *l->bounds);
    plan->bounds = l->bounds;
    l->is_ring = plan->cell.pbc[a] && fabs(l->bounds[plan->n_layers] - l->bounds[0] - 1.0) < 1e-6;
    for (int32_t k = 0; k < plan->n_layers; k++) {
        double thickness = l->bounds[k + 1] - l->bounds[k],
               margin = fmin(plan->margin / l->width, 0.5 * thickness);
        l->core_low[k] = l->bounds[k] + margin;
        l->core_high[k] = l->bounds[k + 1] - margin;
        double n = rint(thickness * l->width / plan->bin);
        l->n_bins[k] = (int32_t)fmin(fmax(n, BINS_MIN), ILI_MODES_MAX);
        l->bin_start[k + 1] = l->bin_start[k] + l->n_bins[k];
    }
    while (l->n_lags < ILI_LAYER_LAGS_MAX && (INT64_C(1) << l->n_lags) <= plan->max_lag) l->n_lags++;
}

il_status ili_layers_create(il_context *ctx, const ili_layers_plan *plan, ili_layers **out) {
    il_status status = IL_OK;
    *out = NULL;
    IL_TRY(check(ctx, plan));
    ili_layers *l = ili_alloc(1, sizeof *l);
    if (!l) return ili_no_memory(ctx, WHAT);
    l->plan = *plan;
    l->plan.mobile = NULL;
    lay_out(l);
    l->atom = ili_alloc((size_t)plan->n_atoms, sizeof *l->atom);
    l->origins = ili_alloc((size_t)l->n_lags, sizeof *l->origins);
    if (!l->atom || !l->origins) IL_GO(ili_no_memory(ctx, WHAT));
    for (int32_t i = 0; i < plan->n_atoms; i++)
        if (plan->mobile[i]) l->atom[l->n_mobile++] = i;
    if (l->n_mobile == 0)
        IL_GO(ili_fail(ctx, IL_E_INPUT, "layers: no atom is mobile, expected at least one"));
    l->state = ili_alloc((size_t)l->n_mobile, sizeof *l->state);
    l->s = ili_alloc((size_t)l->n_mobile, sizeof *l->s);
    if (!l->state || !l->s) IL_GO(ili_no_memory(ctx, WHAT));
    for (int32_t k = 0; k < l->n_lags; k++) {
        int64_t lag = INT64_C(1) << k, stride = ili_origins_stride(&lag, DENSE);
        IL_GO(
            ili_origins_create(ctx, l->n_mobile, stride, (int32_t)(lag / stride) + 1, WHAT, &l->origins[k]));
    }
    IL_GO(ili_blocks_create(ctx, ili_layers_at_lag(l, l->plan.n_layers, 0), WHAT, &l->blocks));
    *out = l;
    return IL_OK;
out:
    ili_layers_destroy(&l);
    return status;
}

void ili_layers_destroy(ili_layers **layers) {
    ili_layers *l = *layers;
    if (!l) return;
    for (int32_t k = 0; l->origins && k < l->n_lags; k++) ili_origins_free(&l->origins[k]);
    ili_free(l->origins);
    ili_free(l->atom);
    ili_free(l->state);
    ili_free(l->s);
    ili_blocks_free(&l->blocks);
    ili_free(l);
    *layers = NULL;
}

/** Wraps a fraction along the axis into the period that begins with the stack, or in the middle of the gap below it. */
static double wrap(const ili_layers *l, double t, int32_t *turn) {
    double gap = 1.0 - (l->bounds[l->plan.n_layers] - l->bounds[0]),
           from = l->bounds[0] - fmax(0.5 * gap, 0.0);
    *turn = l->plan.cell.pbc[l->plan.axis] ? (int32_t)floor(t - from) : 0;
    return t - *turn;
}

/** Layer of a wrapped fraction; -1: outside. */
static int32_t layer_of(const ili_layers *l, double t) {
    int32_t n = l->plan.n_layers;
    if (l->is_ring && t >= l->bounds[n]) return n - 1; /* rounding */
    if (t < l->bounds[0]) return l->is_ring ? 0 : -1;
    for (int32_t k = 0; k < n; k++)
        if (t < l->bounds[k + 1]) return k;
    return -1;
}

/** Faces of the core of a level; levels go on beyond the ring. */
static double core(const ili_layers *l, const double *face, int32_t level) {
    int32_t n = l->plan.n_layers, turn = level >= 0 ? level / n : -((n - 1 - level) / n);
    return face[level - turn * n] + turn;
}

/** Cores that an atom at t (continuous in a ring, else wrapped) has reached since; crossings are counted. */
static void cross(const ili_layers *l, double t, ili_layer_atom *a, double *sample) {
    int32_t n = l->plan.n_layers;
    while ((l->is_ring || a->level < n - 1) && t >= core(l, l->core_low, a->level + 1)) {
        a->level++;
        sample[ili_layers_at_plane(l, l->is_ring ? ((a->level % n) + n) % n : a->level, 0)] += 1.0;
    }
    while ((l->is_ring || a->level > 0) && t < core(l, l->core_high, a->level - 1)) {
        sample[ili_layers_at_plane(l, l->is_ring ? ((a->level % n) + n) % n : a->level, 1)] += 1.0;
        a->level--;
    }
}

static void follow(const ili_layers *l, double t, ili_layer_atom *a, double *sample) {
    int32_t n = l->plan.n_layers, turn;
    double wrapped = wrap(l, t, &turn);
    int32_t layer = layer_of(l, wrapped), last = a->layer;
    if (l->n_frames == 0 || layer != last || (turn != a->turn && !l->is_ring)) a->since = l->n_frames;
    if (l->n_frames > 0 && last >= 0 && layer < 0)
        sample[ili_layers_at_left(l, wrapped > l->bounds[0])] += 1.0;
    if (!l->is_ring && turn != a->turn) a->has_level = 0; /* it came through the gap */
    a->layer = layer;
    a->turn = turn;
    if (!a->has_level) {
        a->has_level = layer >= 0;
        a->level = layer + (l->is_ring ? turn * n : 0);
    } else {
        cross(l, l->is_ring ? t : wrapped, a, sample);
    }
    if (a->has_level) sample[ili_layers_at_state(((a->level % n) + n) % n)] += 1.0;
    if (layer < 0) return;
    double part = (wrapped - l->bounds[layer]) / (l->bounds[layer + 1] - l->bounds[layer]);
    int32_t bin = (int32_t)(part * l->n_bins[layer]);
    bin = bin < 0 ? 0 : bin >= l->n_bins[layer] ? l->n_bins[layer] - 1 : bin;
    sample[ili_layers_at_bins(l, layer) + bin] += 1.0;
}

/** Those that stayed in their layer since the origin at lag 2^k. */
static void survivors(const ili_layers *l, int32_t k, const double (*s0)[3], double *sample) {
    int64_t origin = l->n_frames - (INT64_C(1) << k);
    for (int32_t i = 0; i < l->n_mobile; i++) {
        const ili_layer_atom *a = &l->state[i];
        int32_t turn, layer = layer_of(l, wrap(l, s0[i][l->plan.axis], &turn));
        if (layer < 0) continue;
        double *sum = sample + ili_layers_at_lag(l, layer, k), d[3], t[3];
        sum[LAYER_N0] += 1.0;
        if (a->since > origin) continue;
        ili_sub(l->s[i], s0[i], d);
        ili_vec_mat(d, l->plan.cell.h, d);
        for (int m = 0; m < 3; m++) t[m] = ili_dot(d, l->frame[m]);
        sum[LAYER_N] += 1.0;
        sum[LAYER_XX] += t[0] * t[0];
        sum[LAYER_YY] += t[1] * t[1];
        sum[LAYER_XY] += t[0] * t[1];
        sum[LAYER_ZZ] += t[2] * t[2];
    }
}

il_status ili_layers_add(il_context *ctx, ili_layers *l, const double (*s)[3]) {
    double *sample = ili_blocks_open(&l->blocks);
    for (int32_t i = 0; i < l->n_mobile; i++) {
        const double *p = s[l->atom[i]];
        if (!isfinite(p[0] + p[1] + p[2]))
            return ili_fail(ctx, IL_E_NONFINITE, "layers: the position of atom %d is no number",
                            l->atom[i] + 1);
        memcpy(l->s[i], p, sizeof *l->s);
    }
    sample[0] += 1.0;
    for (int32_t i = 0; i < l->n_mobile; i++) follow(l, l->s[i][l->plan.axis], &l->state[i], sample);
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads) if (l->n_mobile >= 200)
    for (int32_t k = 0; k < l->n_lags; k++) {
        ili_origins_push(&l->origins[k], (const double(*)[3])l->s);
        const double(*s0)[3] = ili_origins_before(&l->origins[k], INT64_C(1) << k);
        if (s0) survivors(l, k, s0, sample);
    }
    l->n_frames++;
    ili_blocks_close(&l->blocks);
    return IL_OK;
}

int64_t ili_layers_frames(const ili_layers *l) {
    return l->n_frames;
}

size_t ili_layers_memory(const ili_layers *l) {
    size_t size = sizeof *l + ili_blocks_memory(&l->blocks) + (size_t)l->plan.n_atoms * sizeof *l->atom +
                  (size_t)l->n_mobile * (sizeof *l->state + sizeof *l->s);
    for (int32_t k = 0; k < l->n_lags; k++) size += ili_origins_memory(&l->origins[k]);
    return size;
}

void ili_layers_carry(ili_layers *l, ili_bytes *bytes) {
    ili_bytes_expect(bytes, l->n_mobile);
    ili_bytes_carry(bytes, &l->n_frames, sizeof l->n_frames);
    ili_bytes_carry(bytes, l->state, (size_t)l->n_mobile * sizeof *l->state);
    for (int32_t k = 0; k < l->n_lags; k++) ili_origins_carry(&l->origins[k], bytes);
    ili_blocks_carry(&l->blocks, bytes);
}
