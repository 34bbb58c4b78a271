/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Soft bodies: atoms as soft spheres with springs, pushed apart until nothing overlaps. What a builder
 *  grows is rough; this makes it fit for a real force field. Fixed atoms (a crystal face) push and do not
 *  move. */
#ifndef ILI_BUILD_PUSHOFF_H
#define ILI_BUILD_PUSHOFF_H

#include "system/cell.h"

/** Contact radii, angstrom: atoms closer than the sum of theirs push; below ILI_CONTACT_MIN of it they
 *  overlap. */
#define ILI_RADIUS_HYDROGEN 1.07
#define ILI_RADIUS_HEAVY    1.50
#define ILI_CONTACT_MIN     0.85

typedef struct ili_spring {
    int32_t i, j;
    double r0; /**< angstrom */
    double k;  /**< stiffness, eV/angstrom^2 */
} ili_spring;

/** Atoms 0 .. n-1 move, n .. n+n_fixed-1 are fixed. All arrays are borrowed. */
typedef struct ili_soft_body {
    ili_cell cell;
    int32_t n, n_fixed;
    const double *radius;          /**< [n + n_fixed] angstrom */
    const double (*fixed)[3];      /**< [n_fixed] angstrom; NULL when there is none */
    double z_low, z_high;          /**< angstrom, walls of the moving atoms; NaN: no wall */
    const int32_t *excluded_start; /**< [n + 1] */
    const int32_t *excluded;       /**< atoms that do not push atom i: those within three bonds, both ways */
    int32_t n_springs;
    const ili_spring *springs;
} ili_soft_body;

/** The worst contact: the pair whose distance is the smallest part of its contact distance. */
typedef struct ili_contact {
    int32_t i, j;    /**< -1: no pair in reach */
    double distance; /**< angstrom; NaN: no pair */
    double ratio;    /**< distance / contact distance */
} ili_contact;

bool ili_soft_is_excluded(const ili_soft_body *body, int32_t i, int32_t j);
/** The worst contact at x [n][3], which stays. IL_E_MEMORY, IL_E_NONFINITE. */
il_status ili_soft_worst(il_context *ctx, const ili_soft_body *body, const double (*x)[3],
                         ili_contact *worst);
/** Minimise x [n][3] from where it is. IL_OK also when contacts remain: *worst tells. IL_E_MEMORY,
 *  IL_E_NONFINITE. */
il_status ili_pushoff(il_context *ctx, const ili_soft_body *body, double (*x)[3], ili_contact *worst);

#endif
