/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Places where an atom fits: local maxima of the distance to the nearest atom (the vertices of the Voronoi cells), found on a
 *  grid and refined. theory.md (13.40). */
#ifndef ILI_BUILD_VOIDS_H
#define ILI_BUILD_VOIDS_H

#include "system/system.h"

typedef struct ili_void {
    double x[3];     /**< angstrom, in the cell */
    double radius;   /**< angstrom, to the nearest atom's surface (its centre when radii is NULL) */
    int32_t nearest; /**< that atom */
} ili_void;

/** All voids with radius >= least, largest first, then by height and place, so that the order is the same everywhere; *voids is
 *  the caller's (ili_free). radii [n_species] of the system's species, angstrom (NULL: zero); spacing of the grid, angstrom: a
 *  void whose basin falls between its points is found with its larger neighbour only; of voids nearer to each other than `apart`
 *  the first stays.
 *  low, high: of a slab, heights along the normal between which to look; NaN: between its lowest and its highest atom.
 *  The same bits at any thread count. IL_E_INPUT: no atoms, lengths that make no sense; IL_E_MEMORY. */
il_status ili_voids_find(il_context *ctx, const il_system *sys, const double *radii, double least,
                         double spacing, double apart, double low, double high, ili_void **voids,
                         int32_t *n_voids);

#endif
