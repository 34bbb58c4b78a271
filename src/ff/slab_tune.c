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

/** Points along the normal, averaged over the waves of the plane by their area; the corners of the mesh hold none. */
static double mean_period(const ili_slab_task *t, const ili_slab_grid *g) {
    enum { RINGS = 12 };
    double sum = 0.0, thickness = g->high - g->low, k_max = ILI_PI / g->spacing;
    double longest = ili_slab_cut_length(t->alpha, thickness, g->tolerance);
    for (int r = 0; r < RINGS; r++) {
        double k = k_max * sqrt((r + 0.5) / RINGS);
        double length = thickness + ili_slab_gap_of_wave(t->alpha, k / g->stretch, g->tolerance);
        sum += fmax(fmin(length, longest) / g->spacing, g->size[0]);
    }
    return 0.25 * ILI_PI * sum / RINGS;
}

/** What a step costs, ns of one core; measured on the transforms of math/fft.c and the stencils. */
static const struct {
    double plane;  /**< point of a plane, transformed there and back */
    double column; /**< point of a plane and of a period */
} COST[] = {{2.6, 2.6}, {1.5, 1.3}};

static double cost_of(const ili_charge_sums *s, const ili_slab_task *t, const ili_slab_grid *g) {
    double plane = (double)g->size[1] * g->size[2];
    return plane * (g->size[0] * COST[t->is_single].plane + mean_period(t, g) * COST[t->is_single].column) +
           s->n * ili_tune_stencil_cost(g->order, t->is_single);
}

/** Coarsest grid of this order, among spacings that fall in steps of 2 %; its cost, infinite when there is none. */
static double grid_of_order(const ili_charge_sums *s, const ili_slab_task *t, int order, ili_slab_grid *g) {
    enum { STEPS = 400 };
    int good = STEPS, bad = -1;
    while (good - bad > 1) {
        int k = bad < 0 && good == STEPS ? 48 : (good + bad) / 2; /* what is wanted is seldom fine */
        lay_out(s, t, order, 2.0 / t->alpha * pow(0.98, k), g);
        bool is_good = (double)g->size[0] * g->size[1] * g->size[2] > MAX_POINTS ||
                       ili_slab_error(s, t->h, t->alpha, g) <= t->target;
        *(is_good ? &good : &bad) = k;
    }
    lay_out(s, t, order, 2.0 / t->alpha * pow(0.98, good), g);
    return (double)g->size[0] * g->size[1] * g->size[2] > MAX_POINTS ? INFINITY : cost_of(s, t, g);
}

double ili_slab_cheapest(const ili_charge_sums *s, const ili_slab_task *t, ili_slab_grid *grid) {
    const int order_max = t->is_single ? ILI_STENCIL_ORDER_MAX_SINGLE : ILI_STENCIL_ORDER_MAX;
    double best = INFINITY;
    for (int p = ILI_STENCIL_ORDER_MIN; p <= order_max; p++) {
        ili_slab_grid trial;
        double cost = grid_of_order(s, t, p, &trial);
        if (!(cost < best)) continue;
        best = cost;
        *grid = trial;
    }
    return best;
}

il_status ili_slab_tune(il_context *ctx, const ili_charge_sums *s, const ili_slab_task *t,
                        ili_slab_grid *grid) {
    if (ili_slab_cheapest(s, t, grid) < INFINITY) return IL_OK;
    return ili_fail(ctx, IL_E_INPUT,
                    "a Coulomb mesh for this slab and accuracy needs more than %.3g points; ask for a lower "
                    "accuracy or a longer Coulomb cut-off",
                    MAX_POINTS);
}
