/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ff/kspace_tune.h"

#include "ff/stencil.h"
#include "math/fft.h"
#include "math/units.h"
#include "math/vec.h"

#include <string.h>

ili_charge_sums ili_charge_sums_of(int32_t n, const double *q) {
    ili_charge_sums s = {.n = n};
    for (int32_t i = 0; i < n; i++) {
        s.total += q[i];
        s.q2 += q[i] * q[i];
        s.q4 += q[i] * q[i] * q[i] * q[i];
    }
    return s;
}

ili_charge_sums ili_charge_sums_gathered(const ili_charge_sums *s, double part) {
    ili_charge_sums gathered = *s;
    gathered.q2 /= sqrt(part);
    return gathered;
}

il_status ili_filled_part(il_context *ctx, const ili_cell *cell, int32_t n, const double (*x)[3],
                          double *part) {
    enum { BOXES_MAX = 128 };
    static const double SIDE = 5.0;
    double width[3];
    int boxes[3];
    *part = 1.0;
    if (n == 0) return IL_OK;
    ili_cell_widths(cell, width);
    for (int d = 0; d < 3; d++) boxes[d] = (int)fmin(fmax(floor(width[d] / SIDE), 1.0), BOXES_MAX);
    const size_t all = (size_t)boxes[0] * (size_t)boxes[1] * (size_t)boxes[2];
    char *is_held = ili_scratch(ctx, all);
    if (!is_held) return ili_no_memory(ctx, "the Coulomb sum");
    memset(is_held, 0, all);
    size_t held = 0;
    for (int32_t i = 0; i < n; i++) {
        double u[3];
        size_t at = 0;
        ili_cell_to_frac(cell, x[i], u);
        for (int d = 0; d < 3; d++) {
            const int box = (int)((u[d] - floor(u[d])) * boxes[d]);
            at = at * (size_t)boxes[d] + (size_t)(box < boxes[d] ? box : 0);
        }
        held += !is_held[at];
        is_held[at] = 1;
    }
    *part = (double)held / (double)all;
    return IL_OK;
}

double ili_tune_real_error(const ili_charge_sums *s, double volume, double cutoff, double alpha) {
    if (s->n == 0) return 0.0;
    return 2.0 * s->q2 / sqrt(s->n * cutoff * volume) * exp(-alpha * alpha * cutoff * cutoff);
}

double ili_tune_alpha(const ili_charge_sums *s, double volume, double cutoff, double target) {
    double ratio = ili_tune_real_error(s, volume, cutoff, 0.0) / target;
    return sqrt(fmax(log(fmax(ratio, 1.0)), 1.0)) / cutoff;
}

double ili_tune_wave_error(const ili_charge_sums *s, double volume, double alpha, double k_cut) {
    if (s->n == 0) return 0.0;
    double u = 0.5 * k_cut / alpha;
    return 2.0 * alpha * s->q2 * sqrt(2.0 / (s->n * volume * k_cut)) * exp(-u * u);
}

double ili_tune_wave_cutoff(const ili_charge_sums *s, double volume, double alpha, double target) {
    double k_cut = alpha;
    while (ili_tune_wave_error(s, volume, alpha, k_cut) > target) k_cut *= 1.01;
    return k_cut;
}

double ili_tune_stretch(const double from[3][3], const double to[3][3]) {
    double inv[3][3], f[3][3], worst = 0.0;
    ili_inverse(from, inv);
    ili_mat_mul(inv, to, f);
    for (int a = 0; a < 3; a++) {
        double row = 0.0;
        for (int b = 0; b < 3; b++) row += fabs(f[a][0] * f[b][0] + f[a][1] * f[b][1] + f[a][2] * f[b][2]);
        worst = fmax(worst, row);
    }
    return sqrt(worst);
}

double ili_tune_plane_wave(const double h[3][3]) {
    /* the lattice of the plane turned by 90 degrees, over its area; reduced after Lagrange */
    double area[3], a[3], b[3];
    ili_cross(h[0], h[1], area);
    double scale = 2.0 * ILI_PI / ili_norm(area);
    for (int c = 0; c < 3; c++) {
        a[c] = h[0][c];
        b[c] = h[1][c];
    }
    for (;;) {
        double shift = round(ili_dot(a, b) / ili_dot(a, a));
        for (int c = 0; c < 3; c++) b[c] -= shift * a[c];
        if (ili_dot(b, b) >= ili_dot(a, a)) return scale * ili_norm(a);
        for (int c = 0; c < 3; c++) {
            double t = a[c];
            a[c] = b[c];
            b[c] = t;
        }
    }
}

double ili_tune_image_error(const ili_charge_sums *s, const double h[3][3], double gap) {
    double normal[3];
    if (s->n == 0) return 0.0;
    ili_cross(h[0], h[1], normal);
    return sqrt(6.0) * 4.0 * ILI_PI / ili_norm(normal) * s->q2 / sqrt(s->n) *
           exp(-ili_tune_plane_wave(h) * gap);
}

double ili_tune_gap(const ili_charge_sums *s, const double h[3][3], double target) {
    double ratio = ili_tune_image_error(s, h, 0.0) / target;
    return log(fmax(ratio, 10.0)) / ili_tune_plane_wave(h);
}

/* What a step costs, ns of one core of 2024 with AVX-512 (tests/bench/bench_mesh.c and the table of times of a run). Only their
 * ratios matter, and those only for speed. */
typedef struct step_cost {
    double pair;        /**< real-space pair within the cut-off */
    double point;       /**< mesh point: transforms and influence function */
    double charge, row; /**< charge on the mesh, and row of its stencil in vectors of 8, spread and read */
    double wave;        /**< charge and wave of the Ewald sum */
} step_cost;
static const step_cost COST[] = {{.pair = 2.6, .point = 4.5, .charge = 35.0, .row = 1.5, .wave = 1.5},
                                 {.pair = 1.05, .point = 2.5, .charge = 32.0, .row = 1.4, .wave = 1.5}};

static const double MAX_POINTS = 268435456.0;

static double mesh_of_spacing(const double h[3][3], double spacing, int order, int size[3]) {
    double points = 1.0;
    for (int d = 0; d < 3; d++) {
        size[d] = ili_fft_good_size((int)fmin(fmax(ceil(ili_norm(h[d]) / spacing), order), 1e6));
        points *= size[d];
    }
    return points;
}

static double stencil_cost(const step_cost *cost, int order) {
    const int vectors = order > 8 ? 2 : 1;
    return cost->charge + order * order * vectors * cost->row;
}

double ili_tune_stencil_cost(int order, bool is_single) {
    return stencil_cost(&COST[is_single], order);
}

/** Cheapest mesh of this order among spacings that fall in steps of 3 %; returns its cost per step, infinite when there is none. */
static double mesh_of_order(const ili_charge_sums *s, const double h[3][3], double alpha, double target,
                            int order, const step_cost *cost, int size[3]) {
    enum { STEPS = 256 };
    int good = STEPS, bad = -1, trial[3];
    while (good - bad > 1) {
        int k = bad < 0 && good == STEPS ? 32 : (good + bad) / 2; /* what is wanted is seldom fine */
        double points = mesh_of_spacing(h, 2.0 / alpha * pow(0.97, k), order, trial);
        if (points > MAX_POINTS || ili_tune_mesh_error(s, h, alpha, trial, order) <= target)
            good = k;
        else
            bad = k;
    }
    double points = mesh_of_spacing(h, 2.0 / alpha * pow(0.97, good), order, size);
    if (points > MAX_POINTS) return INFINITY;
    return points * cost->point + s->n * stencil_cost(cost, order);
}

/** Cheapest mesh of all orders; returns its cost. */
static double cheapest_mesh(const ili_charge_sums *s, const double h[3][3], double alpha, double target,
                            bool is_single, int size[3], int *order) {
    const int last = is_single ? ILI_STENCIL_ORDER_MAX_SINGLE : ILI_STENCIL_ORDER_MAX;
    double best = INFINITY;
    for (int p = ILI_STENCIL_ORDER_MIN; p <= last; p++) {
        int trial[3];
        double cost = mesh_of_order(s, h, alpha, target, p, &COST[is_single], trial);
        if (!(cost < best)) continue;
        best = cost;
        *order = p;
        for (int d = 0; d < 3; d++) size[d] = trial[d];
    }
    return best;
}

il_status ili_tune_mesh(il_context *ctx, const ili_charge_sums *s, const double h[3][3], double alpha,
                        double target, bool is_single, int size[3], int *order) {
    if (cheapest_mesh(s, h, alpha, target, is_single, size, order) < INFINITY) return IL_OK;
    return ili_fail(ctx, IL_E_INPUT,
                    "a Coulomb mesh for this cell and accuracy needs more than %.3g points; ask for a lower "
                    "accuracy or a longer Coulomb cut-off",
                    MAX_POINTS);
}

double ili_tune_wave_cost(const ili_charge_sums *s, double volume, double alpha, double target) {
    double k_cut = ili_tune_wave_cutoff(s, volume, alpha, target);
    return s->n * COST[0].wave * volume * k_cut * k_cut * k_cut / (12.0 * ILI_PI * ILI_PI);
}

double ili_tune_cutoff(const ili_charge_sums *s, const double h[3][3], double volume, double accuracy,
                       bool is_mesh, bool is_single) {
    const step_cost *cost = &COST[is_single];
    double best = INFINITY, chosen = 10.0;
    for (double cutoff = 5.0; cutoff <= 14.0; cutoff += 0.5) {
        double alpha = ili_tune_alpha(s, volume, cutoff, ILI_REAL_SHARE * accuracy),
               target = (is_mesh ? ILI_MESH_PLANNED : ILI_WAVE_PLANNED) * accuracy;
        double pairs = 0.5 * s->n * (s->n / volume) * 4.0 / 3.0 * ILI_PI * cutoff * cutoff * cutoff, sum;
        if (is_mesh) {
            int size[3], order;
            sum = cheapest_mesh(s, h, alpha, target, is_single, size, &order);
        } else {
            sum = ili_tune_wave_cost(s, fabs(ili_det(h)), alpha, target);
        }
        if (pairs * cost->pair >= best) break;
        if (!(sum + pairs * cost->pair < best)) continue;
        best = sum + pairs * cost->pair;
        chosen = cutoff;
    }
    return chosen;
}
