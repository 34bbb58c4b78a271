/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/trajectory.h"

#include "base/alloc.h"
#include "base/text.h"
#include "io/traj_format.h"
#include "system/element.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const ili_traj_format *const formats[] = {&ili_traj_netcdf, &ili_traj_extxyz, &ili_traj_dump};
enum { N_FORMATS = sizeof formats / sizeof *formats };

static const ili_traj_format *find(const char *path) {
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    for (int k = 0; k < N_FORMATS && dot; k++)
        if (ili_is_listed(dot + 1, formats[k]->endings)) return formats[k];
    return NULL;
}

const char *ili_traj_kind(const char *path) {
    const ili_traj_format *format = find(path);
    return format ? format->name : NULL;
}

static const ili_traj_format *format_of(il_context *ctx, const char *path, bool to_write) {
    const ili_traj_format *format = find(path);
    char known[256] = "";
    if (format && (format->create || !to_write)) return format;
    for (int k = 0; k < N_FORMATS; k++) {
        size_t used = strlen(known);
        if (formats[k]->create || !to_write)
            snprintf(known + used, sizeof known - used, "%s%s (%s)", used ? ", " : "", formats[k]->name,
                     formats[k]->endings);
    }
    ili_fail(ctx, IL_E_INPUT, "%s: the ending names no trajectory format that can be %s; these can: %s", path,
             to_write ? "written" : "read", known);
    return NULL;
}

/* ---- writing ----------------------------------------------------------------------------------------- */

il_status ili_traj_create(il_context *ctx, const char *path, const il_system *sys, bool with_velocities,
                          int64_t keep_frames, ili_traj_writer **out) {
    const ili_traj_format *format = format_of(ctx, path, true);
    ili_traj_writer *w = NULL;
    il_status status;
    *out = NULL;
    if (!format) return IL_E_INPUT;
    if (sys->n_atoms < 1) return ili_fail(ctx, IL_E_INPUT, "%s: a trajectory needs at least one atom", path);
    w = ili_alloc(1, sizeof *w);
    if (!w) return ili_no_memory(ctx, path);
    *w = (ili_traj_writer){.format = format, .with_velocities = with_velocities, .written = keep_frames};
    w->path = ili_strdup(path);
    IL_GO(w->path ? IL_OK : ili_no_memory(ctx, path));
    IL_GO(ili_system_copy(ctx, sys, &w->sys));
    IL_GO(format->create(ctx, w, keep_frames));
    *out = w;
    return IL_OK;
out:
    format->close(ctx, w);
    il_system_destroy(&w->sys);
    ili_free(w->path);
    ili_free(w);
    return status;
}

/** First atom of a [n][3] that is not finite, -1: all are. */
static int32_t find_nonfinite(int32_t n, const double (*a)[3]) {
    for (int32_t i = 0; a && i < n; i++)
        if (!isfinite(a[i][0]) || !isfinite(a[i][1]) || !isfinite(a[i][2])) return i;
    return -1;
}

il_status ili_traj_append(il_context *ctx, ili_traj_writer *w, const ili_traj_frame *frame) {
    long long k = (long long)w->written;
    if (frame->n != w->sys->n_atoms)
        return ili_fail(ctx, IL_E_INPUT, "%s: frame %lld has %d atoms, expected the %d of the first one",
                        w->path, k, frame->n, w->sys->n_atoms);
    if (memcmp(frame->cell.pbc, w->sys->cell.pbc, sizeof frame->cell.pbc) != 0)
        return ili_fail(ctx, IL_E_INPUT, "%s: frame %lld repeats along other directions than the first one",
                        w->path, k);
    if (w->with_velocities && !frame->v)
        return ili_fail(ctx, IL_E_INPUT, "%s: frame %lld has no velocities, expected them in all or in none",
                        w->path, k);
    const double(*v)[3] = w->with_velocities ? (const double(*)[3])frame->v : NULL;
    int32_t i = find_nonfinite(frame->n, (const double(*)[3])frame->x);
    if (i < 0) i = find_nonfinite(frame->n, v);
    if (i >= 0)
        return ili_fail(ctx, IL_E_NONFINITE,
                        "%s: frame %lld: the position or velocity of atom %d is not a finite number", w->path,
                        k, i + 1);
    IL_TRY(ili_cell_check(ctx, &frame->cell, w->path));
    IL_TRY(w->format->append(ctx, w, frame));
    w->written++;
    return IL_OK;
}

il_status ili_traj_sync(il_context *ctx, ili_traj_writer *w) {
    return w->format->sync(ctx, w);
}

int64_t ili_traj_written(const ili_traj_writer *w) {
    return w->written;
}

il_status ili_traj_close(il_context *ctx, ili_traj_writer **writer) {
    if (!writer || !*writer) return IL_OK;
    ili_traj_writer *w = *writer;
    il_status status = w->format->close(ctx, w);
    il_system_destroy(&w->sys);
    ili_free(w->path);
    ili_free(w);
    *writer = NULL;
    return status;
}

il_status ili_traj_too_short(il_context *ctx, const ili_traj_writer *w, int64_t found, int64_t keep_frames) {
    return ili_fail(ctx, IL_E_INPUT,
                    "%s: found %lld whole frames, expected the %lld that were written before: start the run "
                    "afresh, or bring back the file that belongs to it",
                    w->path, (long long)found, (long long)keep_frames);
}

il_status ili_traj_other_kind(il_context *ctx, const ili_traj_writer *w) {
    return ili_fail(ctx, IL_E_INPUT,
                    "%s: the trajectory there was written %s velocities, expected %s: start the run afresh",
                    w->path, w->with_velocities ? "without" : "with", w->with_velocities ? "them" : "none");
}

il_status ili_traj_same_system(il_context *ctx, const ili_traj_writer *w, const il_system *found) {
    const il_system *sys = w->sys;
    bool same =
        found->n_atoms == sys->n_atoms && memcmp(found->cell.pbc, sys->cell.pbc, sizeof sys->cell.pbc) == 0;
    for (int32_t i = 0; same && i < sys->n_atoms; i++)
        same = strcmp(found->species[found->type[i]].name, sys->species[sys->type[i]].name) == 0;
    if (same) return IL_OK;
    return ili_fail(
        ctx, IL_E_INPUT,
        "%s: the trajectory there is of another system, expected %d atoms of the same species, order "
        "and periods: start the run afresh, or write to another folder",
        w->path, sys->n_atoms);
}

/* ---- reading ----------------------------------------------------------------------------------------- */

il_status ili_traj_fail(il_context *ctx, const ili_traj_reader *r, const char *format, ...) {
    char sentence[ILI_MESSAGE_MAX / 2];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return ili_fail(ctx, IL_E_INPUT, "%s: frame %lld: %s", r->path, (long long)r->index, sentence);
}

il_status ili_traj_adopt(il_context *ctx, ili_traj_reader *r, const il_system *topology, int64_t n,
                         const int *z) {
    if (topology->n_atoms != n)
        return ili_fail(ctx, IL_E_INPUT,
                        "%s: has %lld atoms, and the topology %d; expected the same atoms in the same order",
                        r->path, (long long)n, topology->n_atoms);
    for (int32_t i = 0; z && i < topology->n_atoms; i++) {
        int wanted = topology->species[topology->type[i]].z;
        if (z[i] && z[i] != wanted)
            return ili_fail(ctx, IL_E_INPUT,
                            "%s: atom %d is %s, and in the topology %s; expected the same order of atoms",
                            r->path, i + 1, ili_element_of(z[i])->symbol, ili_element_of(wanted)->symbol);
    }
    return ili_system_copy(ctx, topology, &r->sys);
}

/** What no format may let through. */
static il_status check_frame(il_context *ctx, const ili_traj_reader *r, const ili_traj_frame *frame) {
    int32_t i = find_nonfinite(frame->n, (const double(*)[3])frame->x);
    if (i < 0) i = find_nonfinite(frame->n, (const double(*)[3])frame->v);
    if (i >= 0)
        return ili_traj_fail(ctx, r, "the position or velocity of atom %d is not a finite number", i + 1);
    if (memcmp(frame->cell.pbc, r->sys->cell.pbc, sizeof frame->cell.pbc) != 0)
        return ili_traj_fail(ctx, r, "repeats along other directions than the first frame");
    char where[64];
    snprintf(where, sizeof where, "frame %lld", (long long)r->index);
    if (ili_cell_check(ctx, &frame->cell, where) == IL_OK) return IL_OK;
    char sentence[ILI_MESSAGE_MAX / 2];
    snprintf(sentence, sizeof sentence, "%.1000s", il_message(ctx));
    return ili_fail(ctx, IL_E_INPUT, "%s: %s", r->path, sentence);
}

/** The first frame into the system, which then stands for the whole trajectory. */
static il_status first_frame(il_context *ctx, ili_traj_reader *r) {
    ili_traj_frame frame;
    bool more;
    il_system *sys = r->sys;
    r->x = ili_alloc((size_t)sys->n_atoms, sizeof *r->x);
    r->v = ili_alloc((size_t)sys->n_atoms, sizeof *r->v);
    if (!r->x || !r->v) return ili_no_memory(ctx, r->path);
    IL_TRY(ili_traj_rewind(ctx, r));
    frame = (ili_traj_frame){.step = -1, .time = NAN, .n = sys->n_atoms, .x = r->x};
    IL_TRY(r->format->next(ctx, r, &frame, &more));
    if (!more || r->is_torn)
        return ili_fail(ctx, IL_E_INPUT, "%s: holds no whole frame (does its last line end?)", r->path);
    sys->cell = frame.cell;
    sys->has_energy = false;
    IL_TRY(check_frame(ctx, r, &frame));
    memcpy(sys->x, r->x, (size_t)sys->n_atoms * sizeof *sys->x);
    ili_free(sys->v); /* a topology's belong to another moment */
    ili_free(sys->f);
    sys->v = sys->f = NULL;
    if (frame.v) {
        IL_TRY(ILI_SYSTEM_ARRAY(ctx, sys, v));
        memcpy(sys->v, r->v, (size_t)sys->n_atoms * sizeof *sys->v);
    }
    return ili_traj_rewind(ctx, r);
}

il_status ili_traj_open(il_context *ctx, const char *path, const il_system *topology, ili_traj_reader **out) {
    const ili_traj_format *format = format_of(ctx, path, false);
    ili_traj_reader *r = NULL;
    il_status status;
    *out = NULL;
    if (!format) return IL_E_INPUT;
    r = ili_alloc(1, sizeof *r);
    if (!r) return ili_no_memory(ctx, path);
    r->format = format;
    r->path = ili_strdup(path);
    IL_GO(r->path ? IL_OK : ili_no_memory(ctx, path));
    IL_GO(format->open(ctx, r, topology));
    IL_GO(first_frame(ctx, r));
out:
    if (status != IL_OK) ili_traj_close_reader(&r);
    *out = r;
    return status;
}

const il_system *ili_traj_system(const ili_traj_reader *r) {
    return r->sys;
}

il_status ili_traj_next(il_context *ctx, ili_traj_reader *r, ili_traj_frame *frame, bool *more) {
    *frame = (ili_traj_frame){.step = -1, .time = NAN, .n = r->sys->n_atoms, .x = r->x};
    *more = false;
    il_status status = r->format->next(ctx, r, frame, more);
    if (r->is_torn && status != IL_E_MEMORY && r->index > 0) {
        *more = false;
        ili_warn(ctx, "%s: the file ends within frame %lld, which is left out", r->path, (long long)r->index);
        return IL_OK;
    }
    if (status != IL_OK) *more = false;
    IL_TRY(status);
    if (!*more) return IL_OK;
    status = check_frame(ctx, r, frame);
    if (status == IL_OK) r->index++;
    *more = status == IL_OK;
    return status;
}

il_status ili_traj_rewind(il_context *ctx, ili_traj_reader *r) {
    r->index = 0;
    r->is_torn = false;
    return r->format->rewind(ctx, r);
}

void ili_traj_close_reader(ili_traj_reader **reader) {
    if (!reader || !*reader) return;
    ili_traj_reader *r = *reader;
    r->format->close_reader(r);
    il_system_destroy(&r->sys);
    ili_free(r->x);
    ili_free(r->v);
    ili_free(r->path);
    ili_free(r);
    *reader = NULL;
}
