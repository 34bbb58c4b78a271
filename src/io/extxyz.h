/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Extended XYZ: a count, a header of key=value, one line an atom; any number of frames. Rules in docs/formats.md.
 *
 *  Header keys read: Lattice (rows a b c, angstrom), Properties, pbc, energy (or energy_eV; eV), bonds ("0-1 0-2",
 *  atoms from 0); other keys are left alone. Columns read, in any order: species, pos; label, charge, side, mol, forces,
 *  velo (angstrom/fs). Without a Lattice the atoms are not periodic and get a cell that encloses them. */
#ifndef ILI_IO_EXTXYZ_H
#define ILI_IO_EXTXYZ_H

#include "system/system.h"

#include <stdio.h>

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

/** When a frame was taken, in its header: Step, Time (fs; time_ps is read too), continuous=T. */
typedef struct ili_extxyz_moment {
    int64_t step;       /**< -1: not known */
    double time;        /**< fs; NaN: not known */
    bool is_continuous; /**< positions were never wrapped */
} ili_extxyz_moment;

/** Append a frame to a stream, whose errors are the caller's to look for. moment NULL: not known. */
void ili_extxyz_write_frame(const il_system *sys, const ili_extxyz_moment *moment, FILE *out);

/** A file read frame by frame. The path must live as long. */
typedef struct ili_extxyz ili_extxyz;
il_status ili_extxyz_open(il_context *ctx, const char *path, ili_extxyz **out);
/** The next frame, the caller's; *sys NULL: there is none. */
il_status ili_extxyz_next(il_context *ctx, ili_extxyz *file, il_system **sys, ili_extxyz_moment *moment);
/** Read over the next frame: its number of atoms, 0 when there is none, and the place in the file where it ends. */
il_status ili_extxyz_skip(il_context *ctx, ili_extxyz *file, int32_t *n_atoms, int64_t *end);
/** Did the file end within a line, or where another line was expected? */
bool ili_extxyz_is_torn(const ili_extxyz *file);
il_status ili_extxyz_rewind(il_context *ctx, ili_extxyz *file);
void ili_extxyz_close(ili_extxyz **file);

#endif
