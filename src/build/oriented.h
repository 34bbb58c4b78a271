/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A crystal seen along a plane normal: one repeat of the oriented cell, its rigid units, bonds and
 *  charges. */
#ifndef ILI_BUILD_ORIENTED_H
#define ILI_BUILD_ORIENTED_H

#include "system/system.h"

/** Atoms of one unit (a PO4 group, a molecule, a lone atom) stay on the side of a cut where the centre is. */
typedef struct ili_oriented {
    il_system
        *cell; /**< primitive crystal in the frame of the slab: a along x, b in xy, z along the normal */
    int32_t *origin; /**< [n] atom of the bulk given */
    int32_t *unit;   /**< [n] atom that stands for the unit */
    double *level;   /**< [n] height of the centre of the unit, angstrom, in [0, period) */
    double *charge;  /**< [n] e; all 0 when unknown */
    bool has_charge;
    double period; /**< spacing of the repeat along z, angstrom */
    double area;   /**< of the repeat in the plane, angstrom^2 */
    int miller[3]; /**< of the cell given, without common divisor */
    int32_t n_links;
    struct ili_link {
        int32_t i, j;
        int rise;        /**< periods that the unit of j lies above the level of its own */
        double strength; /**< Pauling bond strength, valence units */
    } * links;           /**< every nearest-neighbour bond of one repeat between different units */
    size_t cap_links;
} ili_oriented;

/** Turn a bulk crystal to the plane (hkl).
 *  units   elements whose O, F, S, Cl neighbours are never cut off, "B,C,N,P,S"; NULL: these; "": none
 *  charge  [n] e, in; NULL: those of the system, its species, or usual oxidation states that add up to zero
 *  returns IL_E_INPUT (index 0 0 0, cell not periodic, unknown element); IL_E_MEMORY. Warns when no charges
 *  are known. */
il_status ili_oriented_create(il_context *ctx, const il_system *bulk, const int miller[3], const char *units,
                              const double *charge, ili_oriented *out);
void ili_oriented_free(ili_oriented *oriented);

#endif
