/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A crystal as a structure file gives it: sites with occupancies and symmetry, before any disorder is decided. */
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
} ili_site;

typedef struct ili_crystal {
    char name[128];
    ili_cell cell;
    int32_t n_sites, n_positions;
    ili_site *sites;
    int32_t *site_of;  /**< [n_positions] */
    double (*frac)[3]; /**< [n_positions] in [0, 1) */
    int n_operations;
    int (*rotation)[3][3]; /**< [n_operations] */
    double (*translation)[3];
    char symmetry_source[32]; /**< "operations", "Hall symbol", "H-M name", "none" */
    int space_group;          /**< number, 0 unknown */
    char international[16], hall[32];
    bool is_ordered; /**< every occupancy is 1 and single */
    size_t cap_sites, cap_positions;
} ili_crystal;

void ili_crystal_free(ili_crystal *crystal);
/** An ordered crystal as atoms. IL_E_INPUT when it is disordered (says to use `interlith order`). */
il_status ili_crystal_to_system(il_context *ctx, const ili_crystal *crystal, il_system **out);

#endif
