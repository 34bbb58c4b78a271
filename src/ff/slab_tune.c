/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images. A wave k of the plane pushes a charge with (C/A) q_i sum_j q_j k phi_k; phases being random, the squares add, and n
 * waves have the RMS force (C/A) Q2/sqrt(N) sqrt(n) times the bound of k phi_k that every wave keeps. */
#include "ff/slab_tune.h"

#include "ff/stencil.h"
#include "math/fft.h"
#include "math/units.h"
#include "math/vec.h"

static const double MAX_POINTS = 268435456.0, LARGEST_TOLERANCE = 1e-2, THINNEST = 1.0;

static double area_of(const double h[3][3], double normal[3]) {
    ili_cross(h[0], h[1], normal);
    double area = ili_norm(normal);
    for (int c = 0; c < 3; c++) normal[c] /= area;
    return area;
}

double ili_slab_error(const ili_charge_sums *s, const double h[3][3], double alpha, const ili_slab_grid *g) {
    double filled[3][3], thickness = fmax(g->high - g->low, THINNEST);
    int size[3] = {g->size[1], g->size[2], (int)fmax(round(thickness / g->spacing), 1.0)};
    area_of(h, filled[2]);
    for (int c = 0; c < 3; c++) {
        filled[0][c] = h[0][c];
        filled[1][c] = h[1][c];
        filled[2][c] *= size[2] * g->spacing;
    }
    return ili_tune_mesh_error(s, filled, alpha, size, g->order);
}

/** Sizes and tolerance for an order and a spacing. */
static void lay_out(const ili_charge_sums *s, const ili_slab_task *t, int order, double spacing,
                    ili_slab_grid *g) {
    double normal[3], area = area_of(t->h, normal), points = 1.0;
    *g = (ili_slab_grid){
        .order = order, .spacing = spacing, .low = t->low, .high = t->high, .stretch = t->stretch};
    for (int d = 0; d < 2; d++) {
        double n = fmin(fmax(ceil(ili_norm(t->h[d]) / spacing), order), 1e6);
        points *= g->size[d + 1] = ili_fft_good_size((int)n);
    }
    g->size[0] = (int)fmin(order + floor((t->high - t->low) / spacing), 1e9);
    double scale = s->n > 0 ? s->q2 / sqrt(s->n) * sqrt(points) / area : 0.0;
    g->tolerance = scale * LARGEST_TOLERANCE > t->images ? t->images / scale : LARGEST_TOLERANCE;
}

/** Points along the normal, averaged over the waves of the plane by their area. */
static double mean_period(const ili_slab_task *t, const ili_slab_grid *g) {
    enum { RINGS = 12 };
    double sum = 0.0, thickness = g->high - g->low, k_max = ILI_PI / g->spacing;
    double longest = ili_slab_cut_length(t->alpha, thickness, g->tolerance);
    for (int r = 0; r < RINGS; r++) {
        double k = k_max * sqrt((r + 0.5) / RINGS);
        double length = thickness + ili_slab_gap_of_wave(t->alpha, k / g->stretch, g->tolerance);
        sum += fmax(fmin(length, longest) / g->spacing, g->size[0]) / RINGS;
    }
    return sum;
}

/** ns of one core. */
static double cost_of(const ili_charge_sums *s, const ili_slab_task *t, const ili_slab_grid *g) {
    static const double PLANE_COST = 12.0, COLUMN_COST = 9.0, STENCIL_COST = 1.0;
    double plane = (double)g->size[1] * g->size[2], p = g->order;
    return plane * (g->size[0] * PLANE_COST + mean_period(t, g) * COLUMN_COST) +
           s->n * p * p * (p + 4.0) * STENCIL_COST;
}

il_status ili_slab_tune(il_context *ctx, const ili_charge_sums *s, const ili_slab_task *t,
                        ili_slab_grid *grid) {
    const int order_max = t->is_single ? ILI_STENCIL_ORDER_MAX_SINGLE : ILI_STENCIL_ORDER_MAX;
    double best = INFINITY;
    for (int p = ILI_STENCIL_ORDER_MIN; p <= order_max; p++)
        for (double spacing = 1.5 / t->alpha;; spacing *= 0.96) {
            ili_slab_grid trial;
            lay_out(s, t, p, spacing, &trial);
            if ((double)trial.size[0] * trial.size[1] * trial.size[2] > MAX_POINTS) break;
            double cost = cost_of(s, t, &trial);
            if (cost >= best) break;
            if (ili_slab_error(s, t->h, t->alpha, &trial) > t->target) continue;
            best = cost;
            *grid = trial;
            break;
        }
    if (best < INFINITY) return IL_OK;
    return ili_fail(ctx, IL_E_INPUT,
                    "a Coulomb mesh for this slab and accuracy needs more than %.3g points; ask for a lower "
                    "accuracy or a longer Coulomb cut-off",
                    MAX_POINTS);
}
