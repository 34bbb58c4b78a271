/* SPDX-License-Identifier: GPL-3.0-or-later */
/** How the framework of a slab has moved along its normal: atoms by their heights before and after. theory.md (13.50)-(13.52). */
#ifndef ILI_TASK_SLAB_HEIGHTS_H
#define ILI_TASK_SLAB_HEIGHTS_H

#include "base/context.h"

/** Heights are counted towards the face of interest, angstrom. */
typedef struct ili_heights {
    int32_t n;
    double *before, *after; /**< [n] */
    double top, bottom;     /**< of before */
} ili_heights;

/** A layer as it lies now. */
typedef struct ili_layer_now {
    double low, high;
} ili_layer_now;

/** Room for n atoms; free in any state after. */
il_status ili_heights_make(il_context *ctx, int32_t n, ili_heights *heights);
void ili_heights_free(ili_heights *heights);
/** What lies in `after` is what was before. */
void ili_heights_begin(ili_heights *heights);
/** Atoms that were within `depth` of the top. */
int32_t ili_heights_within(const ili_heights *heights, double depth);
/** Slope of after on before over atoms within `depth` of the top, less 1; NaN when their heights differ by
 *  less than 0.1 angstrom (rms). (13.51) */
double ili_heights_stretch(const ili_heights *heights, double depth);
/** Mean displacement within 3 angstrom of the top, less that within 3 angstrom of the bottom. (13.52) */
double ili_heights_rise(const ili_heights *heights);
/** Where layer k from the top, `thickness` thick before, lies now: its planes go with the atoms near them. (13.50) */
ili_layer_now ili_heights_layer(const ili_heights *heights, int k, double thickness);
/** Does this height lie over 1 angstrom outside of the layer? */
bool ili_has_left(const ili_layer_now *layer, double height);

#endif
