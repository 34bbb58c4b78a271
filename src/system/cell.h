/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The cell: three lattice vectors as rows and which of them repeat. Slabs are periodic along rows 0 and 1. */
#ifndef ILI_SYSTEM_CELL_H
#define ILI_SYSTEM_CELL_H

#include "base/context.h"

typedef struct ili_cell {
    double h[3][3]; /**< rows a, b, c, angstrom */
    bool pbc[3];
} ili_cell;

/** From lengths (angstrom) and angles (degree): a along x, b in the xy plane. IL_E_INPUT when they span no volume. */
il_status ili_cell_from_parameters(il_context *ctx, const double lengths[3], const double angles[3],
                                   ili_cell *cell);
void ili_cell_parameters(const ili_cell *cell, double lengths[3], double angles[3]);
/** |det h|, angstrom^3. */
double ili_cell_volume(const ili_cell *cell);
/** |a x b|, angstrom^2. */
double ili_cell_area(const ili_cell *cell);
/** Distance between opposite faces, angstrom: width[k] = V/|h_i x h_j|. */
void ili_cell_widths(const ili_cell *cell, double width[3]);
/** Refuses non-finite, left-over-zero and singular cells with one sentence beginning with `where`. */
il_status ili_cell_check(il_context *ctx, const ili_cell *cell, const char *where);
void ili_cell_to_frac(const ili_cell *cell, const double x[3], double s[3]);
void ili_cell_to_cart(const ili_cell *cell, const double s[3], double x[3]);
/** Nearest image of the displacement d along periodic directions, exact in any cell; returns its squared length, NaN when d is
 *  not finite. */
double ili_cell_nearest(const ili_cell *cell, double d[3]);
/** Make the periodic vectors of a skewed cell short (pairwise, as Gauss did in two dimensions); the lattice stays the same. */
void ili_cell_reduce(ili_cell *cell);
/** Wrap x into the cell along the periodic directions. */
void ili_cell_wrap(const ili_cell *cell, double x[3]);

#endif
