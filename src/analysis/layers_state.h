/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The inside of the layer analysis, shared by what gathers and what estimates; nobody else includes it. */
#ifndef ILI_ANALYSIS_LAYERS_STATE_H
#define ILI_ANALYSIS_LAYERS_STATE_H

#include "analysis/blocksum.h"
#include "analysis/layers.h"
#include "analysis/origins.h"
#include "analysis/smoluchowski.h"

enum { ILI_LAYER_LAGS_MAX = 40 };

/** Sums of a layer at a lag, over origins: atoms in it at the origin; those that never left since; their displacements. */
typedef enum ili_layer_sum {
    LAYER_N0,
    LAYER_N,
    LAYER_XX,
    LAYER_YY,
    LAYER_XY,
    LAYER_ZZ,
    LAYER_SUMS
} ili_layer_sum;

/** A mobile atom. */
typedef struct ili_layer_atom {
    int64_t since; /**< first frame of its stay in `layer` */
    int32_t layer; /**< where it is, -1: outside */
    int32_t level; /**< layer whose core it reached last; in a ring, plus n_layers for every turn */
    int32_t turn;  /**< lattice shift along the axis that wraps it, where there is no ring */
    int32_t has_level;
} ili_layer_atom;

struct ili_layers {
    ili_layers_plan plan;
    double bounds[ILI_LAYERS_MAX + 1]; /**< fractions */
    double core_low[ILI_LAYERS_MAX], core_high[ILI_LAYERS_MAX];
    double width, area; /**< angstrom, angstrom^2, of the reference cell */
    double frame[3][3]; /**< rows: e1, e2, normal */
    bool is_ring;
    int32_t n_mobile, *atom, n_lags;
    int32_t n_bins[ILI_LAYERS_MAX], bin_start[ILI_LAYERS_MAX + 1];
    int64_t n_frames;
    ili_layer_atom *state; /**< [n_mobile] */
    double (*s)[3];        /**< [n_mobile] of this frame */
    ili_origins *origins;  /**< [n_lags] lag 2^k */
    ili_blocks blocks;
};

/** Where things stand in a sample. */
static inline int32_t ili_layers_at_state(int32_t layer) {
    return 1 + layer;
}
static inline int32_t ili_layers_at_left(const ili_layers *l,
                                         int side) { /* 0 low, 1 high face of the stack */
    return 1 + l->plan.n_layers + side;
}
static inline int32_t ili_layers_at_plane(const ili_layers *l, int32_t plane, int is_down) {
    return 3 + l->plan.n_layers + 2 * plane + is_down;
}
static inline int32_t ili_layers_at_bins(const ili_layers *l, int32_t layer) {
    return 5 + 3 * l->plan.n_layers + l->bin_start[layer];
}
static inline int32_t ili_layers_at_lag(const ili_layers *l, int32_t layer, int32_t lag) {
    return ili_layers_at_bins(l, l->plan.n_layers) + (layer * l->n_lags + lag) * LAYER_SUMS;
}

#endif
