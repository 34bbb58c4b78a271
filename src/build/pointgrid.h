/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Points of a cell in a search grid that grows and shrinks one point at a time, for builders that place
 *  atoms. Every periodic image within reach is found, in any cell, however small. (Energies use
 *  neigh/nlist.h.) */
#ifndef ILI_BUILD_POINTGRID_H
#define ILI_BUILD_POINTGRID_H

#include "system/cell.h"

typedef struct ili_pointgrid ili_pointgrid;

/** A point near a position. */
typedef struct ili_near {
    int32_t point;
    double d[3], r2; /**< from the position to this image, angstrom; its squared length */
    bool is_own;     /**< the image where the point was inserted: d = x[point] - x, both as given */
} ili_near;
typedef void (*ili_near_fn)(void *user, const ili_near *near);

/** Points are numbered 0 .. capacity - 1; none is in the grid at first. */
il_status ili_pointgrid_create(il_context *ctx, const ili_cell *cell, double cutoff, int32_t capacity,
                               ili_pointgrid **out);
void ili_pointgrid_destroy(ili_pointgrid **grid);
/** Put a point at x (angstrom, need not be wrapped); it must not be in the grid. */
void ili_pointgrid_insert(ili_pointgrid *grid, int32_t point, const double x[3]);
/** Take a point out; nothing happens when it is not in. */
void ili_pointgrid_remove(ili_pointgrid *grid, int32_t point);
/** Call visit for every image of every point nearer to x than the cut-off. Order depends on the
 *  insertions only. */
void ili_pointgrid_visit(const ili_pointgrid *grid, const double x[3], ili_near_fn visit, void *user);

#endif
