/* SPDX-License-Identifier: GPL-3.0-or-later */
/** CIF through libcif: the crystal with occupancies and symmetry. Rules in docs/formats.md. */
#ifndef ILI_IO_CIF_H
#define ILI_IO_CIF_H

#include "system/crystal.h"

/** Symmetry is taken from the operations, else the Hall symbol, else the H-M name; s.u. are stripped; coordinates are
 *  snapped to special positions within 0.05 angstrom. Bad files give IL_E_INPUT with file and tag or line. */
il_status ili_cif_read(il_context *ctx, const char *path, ili_crystal *out);
/** Writes all atoms in P 1. */
il_status ili_cif_write(il_context *ctx, const il_system *sys, const char *path);

#endif
