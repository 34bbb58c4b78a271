/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Space groups from positions. symmetry.c is the one file that sees spglib. */
#ifndef ILI_BUILD_SYMMETRY_H
#define ILI_BUILD_SYMMETRY_H

#include "system/crystal.h"

/** What spglib finds. */
typedef struct ili_symmetry {
    int number;             /**< 1 .. 230; 0: spglib found none */
    char international[16]; /**< "R-3c" */
    char hall[32];          /**< of the setting that spglib took as standard */
    int32_t n;
    char *wyckoff;  /**< [n] letters */
    int32_t *orbit; /**< [n] first position of the crystallographic orbit */
} ili_symmetry;

/** Distance within which positions count as equivalent, angstrom. */
#define ILI_SYMMETRY_TOLERANCE 0.01

/** Space group, Wyckoff letters and orbits of n positions; type [n] tells kinds apart. IL_E_MEMORY.
 *  A search that fails gives number 0. */
il_status ili_symmetry_find(il_context *ctx, const ili_cell *cell, int32_t n, const double (*frac)[3],
                            const int32_t *type, ili_symmetry *out);
void ili_symmetry_free(ili_symmetry *symmetry);

/** Compare a crystal with what spglib finds in its positions, every distinct set of occupants being a kind of
 *  its own. Fills the Wyckoff letters, and number and symbols that the file did not give. A space group or a
 *  multiplicity that differs is a warning. Above 2000 positions nothing is done but a warning. */
il_status ili_crystal_confirm(il_context *ctx, ili_crystal *crystal);
/** Read a CIF and confirm it: what builders and verbs call. */
il_status ili_crystal_read(il_context *ctx, const char *path, ili_crystal *out);

#endif
