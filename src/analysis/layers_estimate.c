/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Numbers from the sums of the layer analysis. Which lags and bins are used is decided once, from all sums; the same choice then
 *  serves every part that the errors come from. */
#include "analysis/layers.h"

#include "analysis/layers_state.h"
#include "analysis/rate.h"
#include "base/alloc.h"
#include "math/units.h"

#include <stdio.h>
#include <string.h>

/** What is kept of a run at least, of a layer's mean density, for a bin at the outer face of the stack to belong to it. */
static const double THIN = 0.01;
/** Shares of survivors down to which a lag serves the plane, the normal, the survival; and of the run that a lag may take. */
static const double LEFT_PLANE = 0.3, LEFT_NORMAL = 0.7, LEFT_SURVIVAL = 0.1, RUN_SHARE = 0.03;
enum { COUNTS_MIN = 50 };

/** Numbers of one layer in the output of the estimator. */
enum {
    O_ATOMS,
    O_XX,
    O_YY,
    O_XY,
    O_CHANGE,
    O_LOCAL,
    O_NORMAL,
    O_SURVIVAL,
    O_PATH,
    O_LEAVE,
    O_UP,
    O_DOWN,
    O_LAYER
};
/** Numbers of the stack, after those of all layers; then the fluxes through all planes. */
enum { O_TOTAL, O_PERMEABILITY, O_CROSSING, O_PERMEABILITY_CROSSING, O_STACK };

typedef struct choice {
    int32_t first, last;                   /**< bins of the layer that count */
    int32_t k_plane, k_normal, k_survival; /**< lags 2^k; 0: none */
    int32_t empty;
    bool absorbs_low, absorbs_high;
} choice;

typedef struct query {
    const ili_layers *layers;
    choice of[ILI_LAYERS_MAX];
    double freedom; /**< of the errors */
} query;

static const double *lag_sums(const ili_layers *l, const double *sums, int32_t layer, int32_t k) {
    return sums + ili_layers_at_lag(l, layer, k);
}

/** Longest lag 2^k, k >= 1, with at least this share left; 0: none. */
static int32_t longest(const ili_layers *l, const double *sums, int32_t layer, double share) {
    int32_t best = 0;
    for (int32_t k = 1; k < l->n_lags; k++) {
        const double *s = lag_sums(l, sums, layer, k);
        bool is_short = (double)(INT64_C(1) << k) <= RUN_SHARE * (double)l->n_frames;
        if (is_short && s[LAYER_N] >= COUNTS_MIN && s[LAYER_N] >= share * s[LAYER_N0]) best = k;
    }
    return best;
}

static choice choose(const ili_layers *l, const double *sums, int32_t layer) {
    const double *bin = sums + ili_layers_at_bins(l, layer);
    int32_t n = l->n_bins[layer], top = l->plan.n_layers - 1;
    choice c = {.first = 0, .last = n - 1, .absorbs_low = true, .absorbs_high = true};
    double mean = 0.0;
    for (int32_t b = 0; b < n; b++) mean += bin[b] / n;
    if (!l->is_ring && layer == 0) {
        c.absorbs_low = sums[ili_layers_at_left(l, 0)] > 0.0;
        while (c.first < n - 1 && bin[c.first] < THIN * mean) c.first++;
    }
    if (!l->is_ring && layer == top) {
        c.absorbs_high = sums[ili_layers_at_left(l, 1)] > 0.0;
        while (c.last > c.first && bin[c.last] < THIN * mean) c.last--;
    }
    for (int32_t b = c.first; b <= c.last; b++) c.empty += !(bin[b] > 0.0);
    c.k_plane = longest(l, sums, layer, LEFT_PLANE);
    c.k_normal = longest(l, sums, layer, LEFT_NORMAL);
    c.k_survival = longest(l, sums, layer, LEFT_SURVIVAL);
    return c;
}

/** Growth of a mean squared displacement between lags 2^(k-1) and 2^k, per time. */
static double slope(const ili_layers *l, const double *sums, int32_t layer, int32_t k, int which) {
    const double *now = lag_sums(l, sums, layer, k), *then = lag_sums(l, sums, layer, k - 1);
    double time = l->plan.frame_time * (double)(INT64_C(1) << (k - 1));
    return (now[which] / now[LAYER_N] - then[which] / then[LAYER_N]) / time;
}

/** Density of a bin, 1/angstrom^3; half a visit stands in for none. */
static double density(const ili_layers *l, const double *sums, int32_t layer, int32_t b) {
    double thickness = (l->bounds[layer + 1] - l->bounds[layer]) * l->width;
    double visits = fmax(sums[ili_layers_at_bins(l, layer) + b], 0.5);
    return visits * l->n_bins[layer] / (sums[0] * l->area * thickness);
}

/** Integral of 1/(D rho) between two fractions in the layer, negative when `to` is below `from`; angstrom^2 fs. */
static double path(const ili_layers *l, const double *sums, int32_t layer, double d, double from, double to) {
    double low = fmin(from, to), high = fmax(from, to), sum = 0.0;
    double width = (l->bounds[layer + 1] - l->bounds[layer]) / l->n_bins[layer];
    for (int32_t b = 0; b < l->n_bins[layer]; b++) {
        double start = l->bounds[layer] + b * width;
        double part = fmin(start + width, high) - fmax(start, low);
        if (part > 0.0) sum += part * l->width / (d * density(l, sums, layer, b));
    }
    return to >= from ? sum : -sum;
}

/** Fractions between which the layer counts. */
static double face(const ili_layers *l, const choice *c, int32_t layer, bool upper) {
    double width = (l->bounds[layer + 1] - l->bounds[layer]) / l->n_bins[layer];
    return l->bounds[layer] + (upper ? c->last + 1 : c->first) * width;
}

/** Diffusivity across the layer from survivors' displacements and from survival. */
static void across(const ili_layers *l, const double *sums, int32_t layer, const choice *c, double *out) {
    double p[ILI_MODES_MAX], dt = l->plan.frame_time, mean = 0.0, inverse = 0.0;
    int32_t n = c->last - c->first + 1;
    ili_modes modes;
    out[O_LOCAL] = out[O_SURVIVAL] = out[O_NORMAL] = NAN;
    for (int32_t b = 0; b < n; b++) {
        p[b] = density(l, sums, layer, c->first + b);
        mean += p[b] / n;
        inverse += 1.0 / (p[b] * n);
    }
    double thickness = (face(l, c, layer, true) - face(l, c, layer, false)) * l->width;
    if (!ili_modes_make(n, p, thickness, c->absorbs_low, c->absorbs_high, &modes)) return;
    if (c->k_survival > 0) {
        double time = dt * (double)(INT64_C(1) << c->k_survival);
        const double *now = lag_sums(l, sums, layer, c->k_survival),
                     *then = lag_sums(l, sums, layer, c->k_survival - 1);
        double left_now = now[LAYER_N] / now[LAYER_N0], left_then = then[LAYER_N] / then[LAYER_N0];
        out[O_SURVIVAL] = ili_modes_d_of_survival(&modes, left_now / left_then, 0.5 * time, time, dt);
    }
    if (c->k_normal > 0) {
        double time = dt * (double)(INT64_C(1) << c->k_normal);
        double growth = 0.5 * time * slope(l, sums, layer, c->k_normal, LAYER_ZZ);
        out[O_LOCAL] = ili_modes_d_of_growth(&modes, growth, 0.5 * time, time, dt);
    } else {
        out[O_LOCAL] = out[O_SURVIVAL];
    }
    out[O_NORMAL] = out[O_LOCAL] / (mean * inverse);
}

static void one_layer(const query *q, const double *sums, int32_t layer, double *out) {
    const ili_layers *l = q->layers;
    const choice *c = &q->of[layer];
    int32_t n = l->plan.n_layers, above = l->is_ring ? (layer + 1) % n : layer + 1, k = c->k_plane;
    double time = sums[ili_layers_at_state(layer)] * l->plan.frame_time, visits = 0.0;
    double up = sums[ili_layers_at_plane(l, above, 0)], down = sums[ili_layers_at_plane(l, layer, 1)];
    for (int32_t b = 0; b < l->n_bins[layer]; b++) visits += sums[ili_layers_at_bins(l, layer) + b];
    out[O_ATOMS] = visits / sums[0];
    for (int m = O_XX; m <= O_CHANGE; m++) out[m] = NAN;
    if (k > 0) {
        out[O_XX] = 0.5 * slope(l, sums, layer, k, LAYER_XX);
        out[O_YY] = 0.5 * slope(l, sums, layer, k, LAYER_YY);
        out[O_XY] = 0.5 * slope(l, sums, layer, k, LAYER_XY);
    }
    if (k > 1)
        out[O_CHANGE] = 0.5 * slope(l, sums, layer, k - 1, LAYER_XX) +
                        0.5 * slope(l, sums, layer, k - 1, LAYER_YY) - out[O_XX] - out[O_YY];
    across(l, sums, layer, c, out);
    out[O_PATH] = path(l, sums, layer, out[O_LOCAL], face(l, c, layer, false), face(l, c, layer, true));
    out[O_LEAVE] = (up + down) / time;
    out[O_UP] = up / time;
    out[O_DOWN] = down / time;
}

/** Path of a layer inside its core, less what atoms go unseen beyond the planes; outer faces of the stack have no core. */
static double core_path(const query *q, const double *sums, int32_t layer, double d) {
    const ili_layers *l = q->layers;
    double shift = ili_unseen_shift(d, l->plan.frame_time) / l->width;
    double from = l->core_low[layer] + shift, to = l->core_high[layer] - shift;
    if (!l->is_ring && layer == 0) from = face(l, &q->of[layer], layer, false);
    if (!l->is_ring && layer == l->plan.n_layers - 1) to = face(l, &q->of[layer], layer, true);
    return path(l, sums, layer, d, from, to);
}

static bool is_inner(const ili_layers *l, int32_t plane) {
    return l->is_ring ? plane < l->plan.n_layers : plane > 0 && plane < l->plan.n_layers;
}

static void estimates(const void *user, const double *sums, double *out) {
    const query *q = user;
    const ili_layers *l = q->layers;
    int32_t n = l->plan.n_layers;
    double *stack = out + n * O_LAYER, *flux = stack + O_STACK, thickness;
    stack[O_TOTAL] = stack[O_CROSSING] = 0.0;
    for (int32_t k = 0; k < n; k++) {
        double *layer = out + k * O_LAYER;
        one_layer(q, sums, k, layer);
        stack[O_TOTAL] += layer[O_PATH];
        stack[O_CROSSING] += core_path(q, sums, k, layer[O_LOCAL]);
    }
    for (int32_t p = 0; p <= n; p++) {
        double crossings = sums[ili_layers_at_plane(l, p, 0)] + sums[ili_layers_at_plane(l, p, 1)];
        flux[p] = 0.5 * crossings / (l->area * sums[0] * l->plan.frame_time);
        if (is_inner(l, p)) stack[O_CROSSING] += 1.0 / flux[p];
    }
    int32_t r = l->plan.reference;
    thickness = (l->bounds[r + 1] - l->bounds[r]) * l->width;
    thickness *= l->area / out[r * O_LAYER + O_ATOMS]; /* over the density of the reference layer */
    stack[O_PERMEABILITY] = thickness / stack[O_TOTAL];
    stack[O_PERMEABILITY_CROSSING] = thickness / stack[O_CROSSING];
}

/** ohm cm^2 of a path of 1 angstrom^2 fs: kT/(z e)^2; NaN without z. */
static double ohm_cm2(const ili_layers_plan *plan) {
    double charge = plan->z * ILI_E_CHARGE_SI;
    return ILI_BOLTZMANN_SI * plan->temperature / (charge * charge) * 1e-35 * 1e4;
}

/** 1/e: values of a positive number's inverse. */
static ili_estimate inverted(ili_estimate e) {
    if (!(e.value > 0.0)) return (ili_estimate){INFINITY, NAN, 1.0 / e.high, INFINITY};
    return (ili_estimate){1.0 / e.value, e.sigma / (e.value * e.value), 1.0 / e.high,
                          e.low > 0.0 ? 1.0 / e.low : INFINITY};
}

/** Value k with its error. */
static ili_estimate at(const query *q, const double *v, const double *e, int32_t k) {
    return ili_estimate_of(v[k], e[k], q->freedom);
}

static void describe(const choice *c, const double *v, const double *e, ili_layer_result *r) {
    double change = v[O_CHANGE], both = v[O_XX] + v[O_YY];
    r->is_diffusive = c->k_plane > 1 && (fabs(change) < 2.0 * e[O_CHANGE] || fabs(change) < 0.2 * both);
    if (c->k_plane == 0)
        snprintf(r->verdict, sizeof r->verdict,
                 "no diffusivity: too few atoms stay for two frames, or the run is too short");
    else if (!r->is_diffusive)
        snprintf(r->verdict, sizeof r->verdict,
                 "not diffusive: the displacement in the plane still bends at %.3g ps", 1e-3 * r->lag_plane);
    else if (!(both > 2.0 * hypot(e[O_XX], e[O_YY])))
        snprintf(r->verdict, sizeof r->verdict,
                 "no motion seen: the displacement in the plane does not grow within its error");
    else if (isnan(v[O_LOCAL]))
        snprintf(r->verdict, sizeof r->verdict,
                 "diffusive in the plane; across, no diffusivity explains what is seen");
    else
        snprintf(r->verdict, sizeof r->verdict, "diffusive up to %.3g ps in the plane, %.3g ps across%s",
                 1e-3 * r->lag_plane, 1e-3 * r->lag_normal,
                 c->empty ? "; bins that nobody visited make its resistance a lower bound" : "");
}

static void report_layer(const query *q, const double *sums, const double *v, const double *e, int32_t k,
                         ili_layer_result *r) {
    const ili_layers *l = q->layers;
    const choice *c = &q->of[k];
    int32_t above = l->is_ring ? (k + 1) % l->plan.n_layers : k + 1;
    double volume = (l->bounds[k + 1] - l->bounds[k]) * l->width * l->area, dt = l->plan.frame_time;
    int64_t left = (int64_t)(sums[ili_layers_at_plane(l, above, 0)] + sums[ili_layers_at_plane(l, k, 1)]);
    r->low = l->bounds[k] * l->width;
    r->high = l->bounds[k + 1] * l->width;
    r->atoms = at(q, v, e, O_ATOMS);
    r->density = ili_estimate_times(r->atoms, 1.0 / volume);
    for (int m = 0; m < 3; m++) r->d_plane[m] = at(q, v, e, O_XX + m);
    r->d_local = at(q, v, e, O_LOCAL);
    r->d_normal = at(q, v, e, O_NORMAL);
    r->d_survival = at(q, v, e, O_SURVIVAL);
    r->residence = inverted(ili_rate(left, sums[ili_layers_at_state(k)] * dt, e[O_LEAVE], q->freedom));
    r->resistance = ili_estimate_times(at(q, v, e, O_PATH), ohm_cm2(&l->plan));
    if (c->empty > 0) r->resistance.high = INFINITY;
    int32_t k_normal = c->k_normal > 0 ? c->k_normal : c->k_survival;
    const double *s = lag_sums(l, sums, k, c->k_plane);
    r->survival = s[LAYER_N] / s[LAYER_N0];
    r->lag_plane = c->k_plane > 0 ? dt * (double)(INT64_C(1) << c->k_plane) : NAN;
    r->lag_normal = k_normal > 0 ? dt * (double)(INT64_C(1) << k_normal) : NAN;
    r->empty_bins = c->empty;
    describe(c, v, e, r);
}

static void report_plane(const query *q, const double *sums, const double *v, const double *e, int32_t p,
                         ili_layer_plane *r) {
    const ili_layers *l = q->layers;
    int32_t n = l->plan.n_layers, from = l->is_ring ? p % n : p,
            below = l->is_ring ? (from + n - 1) % n : p - 1;
    double dt = l->plan.frame_time;
    r->up = (int64_t)sums[ili_layers_at_plane(l, from, 0)];
    r->down = (int64_t)sums[ili_layers_at_plane(l, from, 1)];
    r->rate_up = r->rate_down = (ili_estimate){NAN, NAN, NAN, NAN};
    if (below >= 0)
        r->rate_up =
            ili_rate(r->up, sums[ili_layers_at_state(below)] * dt, e[below * O_LAYER + O_UP], q->freedom);
    if (from < n)
        r->rate_down =
            ili_rate(r->down, sums[ili_layers_at_state(from)] * dt, e[from * O_LAYER + O_DOWN], q->freedom);
    /* an atom that went up comes down before it goes up again: up and down together count once */
    r->flux = ili_rate((r->up + r->down + 1) / 2, l->area * sums[0] * dt, e[n * O_LAYER + O_STACK + from],
                       q->freedom);
    r->flux.value = v[n * O_LAYER + O_STACK + from];
    r->resistance = ili_estimate_times(inverted(r->flux), ohm_cm2(&l->plan));
}

/** Path through planes and cores, angstrom^2 fs; errors of the crossings are at least those of counting. Where a plane was not
 *  crossed, or the inside of a core is not known, the planes are a lower bound. */
static ili_estimate crossing_path(const ili_layers_result *r, ili_estimate total) {
    double counting = 0.0, least = 0.0;
    bool is_silent = false;
    for (int32_t p = r->is_ring ? 0 : 1; p < r->n_layers; p++) {
        double n = 0.5 * (double)(r->plane[p].up + r->plane[p].down);
        ili_estimate path = inverted(r->plane[p].flux);
        if (n > 0.0) counting += path.value * path.value / n;
        is_silent = is_silent || !(n > 0.0);
        least += path.low;
    }
    if (is_silent) return (ili_estimate){INFINITY, NAN, least, INFINITY};
    if (!isfinite(total.value)) return (ili_estimate){NAN, NAN, least, INFINITY};
    return total.sigma > sqrt(counting) ? total : ili_estimate_of(total.value, sqrt(counting), INFINITY);
}

/** Permeability of that path; per_path is the inverse of the reference layer's density, angstrom^3. */
static ili_estimate crossing_permeability(ili_estimate path, ili_estimate direct, double per_path,
                                          double freedom) {
    if (!isfinite(path.value))
        return (ili_estimate){isinf(path.value) ? 0.0 : NAN, NAN, 0.0, per_path / path.low};
    return ili_estimate_of(direct.value, fmax(direct.sigma, direct.value * path.sigma / path.value), freedom);
}

static void sums_of(const void *user, const double *sums, double *out) {
    memcpy(out, sums, (size_t)((const ili_layers *)user)->blocks.n_values * sizeof *out);
}

static void report(const query *q, const double *sums, const double *v, const double *e,
                   ili_layers_result *r) {
    const ili_layers *l = q->layers;
    int32_t n = l->plan.n_layers, silent = 0, empty = 0, unknown = 0;
    double unit = ohm_cm2(&l->plan);
    *r = (ili_layers_result){.n_layers = n, .n_mobile = l->n_mobile, .is_ring = l->is_ring, .area = l->area};
    r->total_time = sums[0] * l->plan.frame_time;
    for (int32_t k = 0; k < n; k++) {
        report_layer(q, sums, v + k * O_LAYER, e + k * O_LAYER, k, &r->layer[k]);
        empty += r->layer[k].empty_bins;
        unknown += isnan(v[k * O_LAYER + O_PATH]);
    }
    for (int32_t p = 0; p <= n; p++) {
        report_plane(q, sums, v, e, p, &r->plane[p]);
        silent += is_inner(l, p) && r->plane[p].up + r->plane[p].down == 0;
    }
    r->permeability = at(q, v, e, n * O_LAYER + O_PERMEABILITY);
    r->asr = ili_estimate_times(at(q, v, e, n * O_LAYER + O_TOTAL), unit);
    if (empty > 0) {
        r->asr.high = INFINITY;
        r->permeability.low = 0.0;
    }
    ili_estimate path = crossing_path(r, at(q, v, e, n * O_LAYER + O_CROSSING));
    r->asr_crossing = ili_estimate_times(path, unit);
    r->permeability_crossing =
        crossing_permeability(path, at(q, v, e, n * O_LAYER + O_PERMEABILITY_CROSSING),
                              1.0 / r->layer[l->plan.reference].density.value, q->freedom);
    if (silent > 0)
        snprintf(r->verdict, sizeof r->verdict,
                 "no crossing seen at %d of the planes in %.3g ns: rates there are below 3/T (95 %%), "
                 "resistances above their bound",
                 silent, 1e-6 * r->total_time);
    else
        snprintf(r->verdict, sizeof r->verdict, "crossings were seen at every plane%s",
                 unknown ? "; layers without a diffusivity leave the planes' resistance, a lower bound"
                 : empty ? "; bins that nobody visited make the resistance from the density a lower bound"
                         : "");
}

/** A bias beyond half the value is noise itself. */
static void unbias_one(double *v, double bias) {
    if (fabs(bias) < 0.5 * fabs(*v)) *v -= bias;
}

/** Inverse densities of bins are too large on average when bins were visited seldom. */
static void unbias(int32_t n_layers, double *v, const double *bias) {
    for (int32_t k = 0; k < n_layers; k++) {
        unbias_one(&v[k * O_LAYER + O_PATH], bias[k * O_LAYER + O_PATH]);
        unbias_one(&v[k * O_LAYER + O_NORMAL], bias[k * O_LAYER + O_NORMAL]);
    }
    for (int k = 0; k < O_STACK; k++) {
        int at_stack = n_layers * O_LAYER + k;
        unbias_one(&v[at_stack], bias[at_stack]);
    }
}

il_status ili_layers_estimate(il_context *ctx, const ili_layers *l, ili_layers_result *r) {
    int32_t n_out = l->plan.n_layers * O_LAYER + O_STACK + l->plan.n_layers + 1;
    il_status status = IL_OK;
    query q = {.layers = l};
    double *out = ili_alloc(3 * (size_t)n_out, sizeof *out),
           *sums = ili_alloc((size_t)l->blocks.n_values, sizeof *sums);
    if (!out || !sums) IL_GO(ili_no_memory(ctx, "the estimates by layer"));
    if (l->n_frames == 0)
        IL_GO(ili_fail(ctx, IL_E_INPUT, "layers: no frame was seen, expected at least one"));
    IL_GO(ili_blocks_estimate(ctx, &l->blocks, 0, l->blocks.n_values, sums_of, l, sums, NULL, NULL));
    int64_t span = 0;
    for (int32_t k = 0; k < l->plan.n_layers; k++) {
        q.of[k] = choose(l, sums, k);
        int32_t longest_k = q.of[k].k_plane > q.of[k].k_survival ? q.of[k].k_plane : q.of[k].k_survival;
        if ((INT64_C(1) << longest_k) > span) span = INT64_C(1) << longest_k;
    }
    q.freedom = ili_blocks_parts(&l->blocks, span) - 1.0;
    IL_GO(
        ili_blocks_estimate(ctx, &l->blocks, span, n_out, estimates, &q, out, out + n_out, out + 2 * n_out));
    unbias(l->plan.n_layers, out, out + 2 * n_out);
    report(&q, sums, out, out + n_out, r);
out:
    ili_free(out);
    ili_free(sums);
    return status;
}
