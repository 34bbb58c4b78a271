/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Trajectories: frames written one by one, and read one by one, in AMBER NetCDF (.nc), extended XYZ (.extxyz, .xyz) and, read
 *  only, LAMMPS dumps (.lammpstrj, .dump). One descriptor per format; the ending of the name chooses. */
#ifndef ILI_IO_TRAJECTORY_H
#define ILI_IO_TRAJECTORY_H

#include "system/system.h"

/** One frame. Arrays belong to who made the frame. */
typedef struct ili_traj_frame {
    int64_t step; /**< -1: not known */
    double time;  /**< fs; NaN: not known */
    int32_t n;
    ili_cell cell;
    double (*x)[3]; /**< [n] angstrom */
    double (*v)[3]; /**< [n] angstrom/fs or NULL */
    bool
        is_continuous; /**< x was never wrapped, or image flags were undone: differences need no nearest image */
} ili_traj_frame;

/** Name of the format that the ending chooses, NULL when it chooses none. */
const char *ili_traj_kind(const char *path);

typedef struct ili_traj_writer ili_traj_writer;
/** Begin a trajectory of sys, or, when keep_frames > 0, go on after that many frames of the one that is there: what a run that
 *  broke off wrote beyond them is dropped. Velocities are written when with_velocities. IL_E_FILE, IL_E_INPUT (not ours, too short). */
il_status ili_traj_create(il_context *ctx, const char *path, const il_system *sys, bool with_velocities,
                          int64_t keep_frames, ili_traj_writer **out);
il_status ili_traj_append(il_context *ctx, ili_traj_writer *writer, const ili_traj_frame *frame);
/** Everything written so far is on the disk when this returns. */
il_status ili_traj_sync(il_context *ctx, ili_traj_writer *writer);
int64_t ili_traj_written(const ili_traj_writer *writer);
il_status ili_traj_close(il_context *ctx, ili_traj_writer **writer);

typedef struct ili_traj_reader ili_traj_reader;
/** Open for reading. `topology` (may be NULL) names the species where the file does not: same number and order of atoms.
 *  IL_E_INPUT when the species cannot be known, with what to give. */
il_status ili_traj_open(il_context *ctx, const char *path, const il_system *topology, ili_traj_reader **out);
/** Species, masses and first cell; positions of the first frame. */
const il_system *ili_traj_system(const ili_traj_reader *reader);
/** Next frame into *frame (arrays borrowed until the next call); *more false: there is none. Frames of another size, order (by id),
 *  NaN, torn last frames: IL_E_INPUT with file and frame (a torn last frame warns and ends). */
il_status ili_traj_next(il_context *ctx, ili_traj_reader *reader, ili_traj_frame *frame, bool *more);
il_status ili_traj_rewind(il_context *ctx, ili_traj_reader *reader);
void ili_traj_close_reader(ili_traj_reader **reader);

#endif
