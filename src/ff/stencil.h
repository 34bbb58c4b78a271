/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Charges on a grid of points: spreading with B-splines, and reading potential and forces back, in single or double precision.
 *  Axis 0 may be open; axes 1 and 2 repeat. Every point and every atom has one writer and every sum a fixed order, whatever
 *  pieces of the work the threads of the caller take. */
#ifndef ILI_FF_STENCIL_H
#define ILI_FF_STENCIL_H

#include "ff/accum.h"
#include "base/context.h"

enum {
    ILI_STENCIL_ORDER_MIN = 4,
    ILI_STENCIL_ORDER_MAX = 12,
    ILI_STENCIL_ORDER_MAX_SINGLE = 8 /**< more has no use beside rounding */
};

typedef struct ili_stencil ili_stencil;

/** Row j of plane i starts at grid + i * plane + j * row and has ili_stencil_extra more reals than size[2]. */
typedef struct ili_stencil_shape {
    int size[3], order;
    size_t row, plane; /**< in reals */
} ili_stencil_shape;

/** Grid coordinates u = (x - origin) inv size: one unit a point. Along axis 0 of an open grid the caller has room for all: order - 1
 *  <= u < size[0]. */
typedef struct ili_stencil_frame {
    double origin[3], inv[3][3];
    double zero; /**< of moments along axis 0, in points */
    bool is_open;
} ili_stencil_frame;

/** Reals that a row has behind its own points: stencils there are widened to whole vectors. */
int ili_stencil_extra(int order);
/** For n charges q [n] (e, borrowed for the life of the stencil), in single precision when asked. IL_E_MEMORY. */
il_status ili_stencil_create(il_context *ctx, bool is_single, int32_t n, const double *q,
                             const ili_stencil_shape *shape, ili_stencil **out);
void ili_stencil_destroy(ili_stencil **stencil);
/** Put the charges in the order of plane, row and number, at their places on the grid; called by all threads of a team. */
void ili_stencil_place(ili_stencil *s, const ili_stencil_frame *frame, const double (*x)[3]);
/** First plane of slice k of `slices` that spreading and transforms find about equally long; slice `slices` begins at size[0]. */
int ili_stencil_slice(const ili_stencil *s, int k, int slices);
/** Clear planes first .. last-1 of the grid (float or double) and add the charges there; thread-safe for distinct planes. */
void ili_stencil_spread(const ili_stencil *s, void *grid, int first, int last);
/** Copy the first columns of planes first .. last-1 behind the last ones, as reading wants them. */
void ili_stencil_repeat(const ili_stencil *s, void *grid, int first, int last);
/** Add the forces of the potential on the grid, and its energies q phi/2 where they are wanted, on the charges at places first ..
 *  last-1 of the order. moment [3], out, or NULL: sum of (u0 - zero) f. */
void ili_stencil_gather(const ili_stencil *s, const void *grid, int32_t first, int32_t last, ili_accum *acc,
                        double *moment);

#endif
