/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extended XYZ as a trajectory. The first frame says all that is known of the atoms (charges, molecules, bonds), later ones only
 * what moves. A run that goes on cuts the file where the frames to keep end. */
#include "io/traj_format.h"

#include "base/alloc.h"
#include "base/file.h"
#include "io/extxyz.h"
#include "system/element.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- writing ----------------------------------------------------------------------------------------- */

/** Where the frames to keep end; they must be there and of the same system. */
static il_status find_end(il_context *ctx, const ili_traj_writer *w, int64_t keep_frames, int64_t *end) {
    ili_extxyz *file = NULL;
    il_system *sys = NULL;
    ili_extxyz_moment moment;
    int32_t n;
    il_status status;
    IL_TRY(ili_extxyz_open(ctx, w->path, &file));
    IL_GO(ili_extxyz_next(ctx, file, &sys, &moment));
    if (!sys) IL_GO(ili_traj_too_short(ctx, w, 0, keep_frames));
    IL_GO(ili_traj_same_system(ctx, w, sys));
    if ((sys->v != NULL) != w->with_velocities) IL_GO(ili_traj_other_kind(ctx, w));
    IL_GO(ili_extxyz_rewind(ctx, file));
    for (int64_t k = 0; k < keep_frames; k++) {
        status = ili_extxyz_skip(ctx, file, &n, end);
        if (ili_extxyz_is_torn(file)) IL_GO(ili_traj_too_short(ctx, w, k, keep_frames));
        IL_GO(status);
        if (n != sys->n_atoms)
            IL_GO(ili_fail(ctx, IL_E_INPUT, "%s: frame %lld has %d atoms, expected the %d of the first one",
                           w->path, (long long)k, n, sys->n_atoms));
    }
out:
    il_system_destroy(&sys);
    ili_extxyz_close(&file);
    return status;
}

static il_status file_trouble(il_context *ctx, const ili_traj_writer *w) {
    return ili_fail(ctx, IL_E_STORAGE, "%s: writing failed: %s", w->path, strerror(errno));
}

static il_status create(il_context *ctx, ili_traj_writer *w, int64_t keep_frames) {
    int64_t end = 0;
    if (keep_frames > 0) IL_TRY(find_end(ctx, w, keep_frames, &end));
    FILE *file = fopen(w->path, keep_frames > 0 ? "r+b" : "wb");
    if (!file)
        return ili_fail(ctx, ili_write_status(errno), "%s: cannot be written: %s", w->path, strerror(errno));
    w->state = file;
    if (ftruncate(fileno(file), (off_t)end) != 0 || fseeko(file, 0, SEEK_END) != 0)
        return file_trouble(ctx, w);
    return IL_OK;
}

static il_status append(il_context *ctx, ili_traj_writer *w, const ili_traj_frame *frame) {
    il_system sys = *w->sys; /* its atoms as the frame has them; everything borrowed */
    ili_extxyz_moment moment = {frame->step, frame->time, frame->is_continuous};
    sys.cell = frame->cell;
    sys.x = frame->x;
    sys.v = w->with_velocities ? frame->v : NULL;
    sys.f = NULL;
    sys.has_energy = false;
    if (w->written > 0) {
        sys.charge = NULL;
        sys.side = sys.molecule = NULL;
        sys.n_bonds = 0;
    }
    ili_extxyz_write_frame(&sys, &moment, w->state);
    return ferror((FILE *)w->state) ? file_trouble(ctx, w) : IL_OK;
}

static il_status sync_file(il_context *ctx, ili_traj_writer *w) {
    return fflush(w->state) != 0 || fsync(fileno(w->state)) != 0 ? file_trouble(ctx, w) : IL_OK;
}

static il_status close_file(il_context *ctx, ili_traj_writer *w) {
    FILE *file = w->state;
    w->state = NULL;
    return file && fclose(file) != 0 ? file_trouble(ctx, w) : IL_OK;
}

/* ---- reading ----------------------------------------------------------------------------------------- */

static il_status open_reader(il_context *ctx, ili_traj_reader *r, const il_system *topology) {
    ili_extxyz *file = NULL;
    ili_extxyz_moment moment;
    il_system *first = NULL;
    int *z = NULL;
    il_status status;
    IL_GO(ili_extxyz_open(ctx, r->path, &file));
    r->state = file;
    IL_GO(ili_extxyz_next(ctx, file, &first, &moment));
    if (!first) IL_GO(ili_fail(ctx, IL_E_INPUT, "%s: holds no frame", r->path));
    if (!topology) {
        r->sys = first;
        return IL_OK;
    }
    z = ili_alloc((size_t)first->n_atoms, sizeof *z);
    IL_GO(z ? IL_OK : ili_no_memory(ctx, r->path));
    for (int32_t i = 0; i < first->n_atoms; i++) z[i] = first->species[first->type[i]].z;
    IL_GO(ili_traj_adopt(ctx, r, topology, first->n_atoms, z));
out:
    ili_free(z);
    il_system_destroy(&first);
    return status;
}

static il_status take(il_context *ctx, ili_traj_reader *r, const il_system *sys, ili_traj_frame *frame) {
    if (sys->n_atoms != r->sys->n_atoms)
        return ili_traj_fail(ctx, r, "has %d atoms, expected the %d of the first one", sys->n_atoms,
                             r->sys->n_atoms);
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        int z = sys->species[sys->type[i]].z, wanted = r->sys->species[r->sys->type[i]].z;
        if (z != wanted)
            return ili_traj_fail(ctx, r,
                                 "atom %d is %s, and %s in the first frame; expected one order of atoms",
                                 i + 1, ili_element_of(z)->symbol, ili_element_of(wanted)->symbol);
    }
    frame->cell = sys->cell;
    memcpy(r->x, sys->x, (size_t)sys->n_atoms * sizeof *sys->x);
    if (!sys->v) return IL_OK;
    memcpy(r->v, sys->v, (size_t)sys->n_atoms * sizeof *sys->v);
    frame->v = r->v;
    return IL_OK;
}

static il_status next(il_context *ctx, ili_traj_reader *r, ili_traj_frame *frame, bool *more) {
    il_system *sys = NULL;
    ili_extxyz_moment moment;
    il_status status = ili_extxyz_next(ctx, r->state, &sys, &moment);
    *more = sys != NULL;
    r->is_torn = ili_extxyz_is_torn(r->state) && (sys || status != IL_OK);
    if (sys) {
        status = take(ctx, r, sys, frame);
        frame->step = moment.step;
        frame->time = moment.time;
        frame->is_continuous = moment.is_continuous;
    }
    il_system_destroy(&sys);
    return status;
}

static il_status rewind_reader(il_context *ctx, ili_traj_reader *r) {
    return ili_extxyz_rewind(ctx, r->state);
}

static void close_reader(ili_traj_reader *r) {
    ili_extxyz *file = r->state;
    ili_extxyz_close(&file);
    r->state = NULL;
}

const ili_traj_format ili_traj_extxyz = {.name = "extended XYZ",
                                         .endings = "xyz|extxyz",
                                         .create = create,
                                         .append = append,
                                         .sync = sync_file,
                                         .close = close_file,
                                         .open = open_reader,
                                         .next = next,
                                         .rewind = rewind_reader,
                                         .close_reader = close_reader};
