/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A crystal as a structure file gives it: sites with occupancies and symmetry, before any disorder is
 *  decided. */
#ifndef ILI_SYSTEM_CRYSTAL_H
#define ILI_SYSTEM_CRYSTAL_H

#include "system/system.h"

/** One occupant of a site. */
typedef struct ili_occupant {
    char label[ILI_NAME_MAX]; /**< label in the file */
    int z;
    double occupancy;
    double oxidation; /**< e; NaN: unknown */
} ili_occupant;

enum { ILI_OCCUPANTS_MAX = 8 };

/** An asymmetric-unit position and everything that may sit there; what is missing to 1 is vacancy. */
typedef struct ili_site {
    int n_occupants;
    ili_occupant occupant[ILI_OCCUPANTS_MAX];
    double frac[3];    /**< after snapping to its special position */
    int multiplicity;  /**< positions in the cell */
    char wyckoff;      /**< letter from spglib, 0 unknown */
    double snapped_by; /**< angstrom it was moved */
    int line;          /**< in the file it came from, 0 unknown */
} ili_site;

typedef struct ili_crystal {
    char name[256]; /**< path of its file, begins every message */
    ili_cell cell;
    int formula_units; /**< in the cell, as the file says; 0: it does not */
    int32_t n_sites, n_positions;
    ili_site *sites;
    int32_t *site_of;  /**< [n_positions] */
    double (*frac)[3]; /**< [n_positions] in [0, 1) */
    int n_operations;
    int (*rotation)[3][3]; /**< [n_operations] */
    double (*translation)[3];
    char symmetry_source[32]; /**< "operations", "Hall symbol", "H-M name", "number", "none" */
    int space_group;          /**< number, 0 unknown */
    char international[16], hall[32];
    char oxidation_source[32]; /**< "file", "assigned", "metallic", "none fits" */
    bool is_ordered;           /**< every occupancy is 1 and single */
    size_t cap_sites, cap_positions;
} ili_crystal;

/** Occupancies of one site may exceed 1 by this much: refined values carry three digits. */
#define ILI_OCCUPANCY_SLACK 1e-3
/** Coordinates are moved to a special position that is nearer than this, angstrom: 0.333 means 1/3. */
#define ILI_SNAP_DISTANCE 0.05

/** Sum of the occupancies of a site. */
double ili_site_occupancy(const ili_site *site);
/** Append one site of a file and all positions that the operations make of it. It is first moved to its
 *  special position; a site that then lies on a position of an earlier one becomes further occupants of that.
 *  needs   cell, rotation and translation set.
 *  returns IL_E_INPUT when more than ILI_OCCUPANTS_MAX species share a site; IL_E_UNSUPPORTED above 200000
 *  positions. */
il_status ili_crystal_add_site(il_context *ctx, ili_crystal *crystal, const ili_site *site);
/** Sets is_ordered after the last site and refuses, with IL_E_INPUT and file:line, occupancies that add up to
 *  more than 1, on a site or on two positions nearer than 0.5 angstrom, and a crystal without atoms. */
il_status ili_crystal_check(il_context *ctx, ili_crystal *crystal);
/** Net charge per cell from the occupancies, e; NaN when an oxidation state is unknown. */
double ili_crystal_charge(const ili_crystal *crystal);
/** Mass per cell from the occupancies, g/mol. */
double ili_crystal_mass(const ili_crystal *crystal);
void ili_crystal_free(ili_crystal *crystal);
/** An ordered crystal as atoms. IL_E_INPUT when it is disordered (says to use `interlith order`). */
il_status ili_crystal_to_system(il_context *ctx, const ili_crystal *crystal, il_system **out);

#endif
