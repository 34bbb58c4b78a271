/* SPDX-License-Identifier: GPL-3.0-or-later */
/** CIF through libcif: the crystal with occupancies and symmetry. Rules in docs/formats.md. */
#ifndef ILI_IO_CIF_H
#define ILI_IO_CIF_H

#include "system/crystal.h"

/** Symmetry is taken from the operations, else the Hall symbol, else the H-M name or number; s.u. are
 *  stripped; a coordinate '.' leaves the row out, '?' is refused; coordinates are snapped to special
 *  positions within 0.05 angstrom; oxidation states come from the file or from the usual ones. U and B
 *  columns are not read. Bad files give IL_E_INPUT with file and line or tag; `out` is then empty.
 *  build/symmetry.h has the reader that also asks spglib to confirm the space group. */
il_status ili_cif_read(il_context *ctx, const char *path, ili_crystal *out);
/** The same as atoms, when the crystal is ordered; IL_E_INPUT with advice when it is not. */
il_status ili_cif_read_system(il_context *ctx, const char *path, il_system **out);
/** Writes all atoms in P 1, fractions with 12 decimals. A CIF keeps neither the frame nor charges or bonds.
 */
il_status ili_cif_write(il_context *ctx, const il_system *sys, const char *path);

#endif
