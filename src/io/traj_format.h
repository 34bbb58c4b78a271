/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The inside of a trajectory, shared by trajectory.c and the formats; nobody else includes it. A format finds frames and reads
 *  and writes them; trajectory.c checks what goes in and what comes out. */
#ifndef ILI_IO_TRAJ_FORMAT_H
#define ILI_IO_TRAJ_FORMAT_H

#include "io/trajectory.h"

typedef struct ili_traj_format {
    const char *name, *endings; /**< "xyz|extxyz" */
    /** Writing; NULL in a format that is only read. w->state is the format's own, NULL at first. */
    il_status (*create)(il_context *ctx, ili_traj_writer *w, int64_t keep_frames);
    il_status (*append)(il_context *ctx, ili_traj_writer *w, const ili_traj_frame *frame);
    il_status (*sync)(il_context *ctx, ili_traj_writer *w);
    /** Also after a failed create; frees w->state. */
    il_status (*close)(il_context *ctx, ili_traj_writer *w);
    /** Reading: makes r->sys by what the file says of the atoms, or by the topology (ili_traj_adopt). */
    il_status (*open)(il_context *ctx, ili_traj_reader *r, const il_system *topology);
    /** Fills cell, step, time, is_continuous and n of the frame, r->x and, with frame->v set to it, r->v. r->is_torn, with any
     *  status: the file ends within this frame. */
    il_status (*next)(il_context *ctx, ili_traj_reader *r, ili_traj_frame *frame, bool *more);
    il_status (*rewind)(il_context *ctx, ili_traj_reader *r);
    /** Also after a failed open; frees r->state. */
    void (*close_reader)(ili_traj_reader *r);
} ili_traj_format;

extern const ili_traj_format ili_traj_netcdf, ili_traj_extxyz, ili_traj_dump;

struct ili_traj_writer {
    const ili_traj_format *format;
    char *path;
    il_system *sys; /**< a copy */
    bool with_velocities;
    int64_t written;
    void *state;
};

struct ili_traj_reader {
    const ili_traj_format *format;
    char *path;
    il_system *sys;
    int64_t index;           /**< of the next frame */
    double (*x)[3], (*v)[3]; /**< [n] of the frame */
    bool is_torn;
    void *state;
};

/** r->sys as a copy of the topology, after it was seen to have n atoms and the elements z [n] (0: not known; z NULL: none is). */
il_status ili_traj_adopt(il_context *ctx, ili_traj_reader *r, const il_system *topology, int64_t n,
                         const int *z);
/** IL_E_INPUT: "PATH: frame K: ..." of the frame that is being read. */
il_status ili_traj_fail(il_context *ctx, const ili_traj_reader *r, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** IL_E_INPUT: the file to go on with has fewer frames than are to be kept. */
il_status ili_traj_too_short(il_context *ctx, const ili_traj_writer *w, int64_t found, int64_t keep_frames);
/** IL_E_INPUT: the file to go on with has velocities where none are to be written, or none where they are. */
il_status ili_traj_other_kind(il_context *ctx, const ili_traj_writer *w);
/** The file to go on with must be of the same atoms, species, periods as w->sys. */
il_status ili_traj_same_system(il_context *ctx, const ili_traj_writer *w, const il_system *found);

#endif
