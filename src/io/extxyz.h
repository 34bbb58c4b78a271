/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Extended XYZ: a count, a header of key=value, one line an atom; any number of frames. Rules in docs/formats.md.
 *
 *  Header keys read: Lattice (rows a b c, angstrom), Properties, pbc, energy (or energy_eV; eV), bonds ("0-1 0-2",
 *  atoms from 0); other keys are left alone. Columns read, in any order: species, pos; label, charge, side, mol, forces,
 *  velo (angstrom/fs). Without a Lattice the atoms are not periodic and get a cell that encloses them. */
#ifndef ILI_IO_EXTXYZ_H
#define ILI_IO_EXTXYZ_H

#include "system/system.h"

/** The first frame. IL_E_FILE, IL_E_INPUT with file:line. */
il_status ili_extxyz_read(il_context *ctx, const char *path, il_system **out);
/** Frame number `frame`, from 0. */
il_status ili_extxyz_read_frame(il_context *ctx, const char *path, int frame, il_system **out);
/** A column of numbers by its name, `width` values an atom: *values [n][width], owned by the caller (ili_free). */
il_status ili_extxyz_read_column(il_context *ctx, const char *path, int frame, const char *name, int width,
                                 double **values, int32_t *n);
/** A number of the header by its key. */
il_status ili_extxyz_read_info(il_context *ctx, const char *path, int frame, const char *key, double *value);
/** Every number is written so that it reads back the same. */
il_status ili_extxyz_write(il_context *ctx, const il_system *sys, const char *path);

#endif
