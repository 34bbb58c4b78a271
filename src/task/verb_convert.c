/* SPDX-License-Identifier: GPL-3.0-or-later */
/* convert: one structure file into another, or one trajectory into another, or a frame of one into a structure. Order, cell and
 * positions are kept; what the new format cannot hold is named in a warning. */
#include "io/extxyz.h"
#include "io/report.h"
#include "io/structure.h"
#include "io/trajectory.h"
#include "task/verbs.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct convert_options {
    int frame; /**< INT_MIN: not given */
    char topology[IL_TEXT_MAX];
} convert_options;

static const il_option options[] = {
    {.name = "frame",
     .type = IL_OPT_INT,
     .offset = offsetof(convert_options, frame),
     .low = 0,
     .high = 1e9,
     .help = "frame of an extended XYZ file or a trajectory, from 0"},
    {.name = "topology",
     .type = IL_OPT_TEXT,
     .offset = offsetof(convert_options, topology),
     .help = "structure file with the species of a trajectory that does not name them"},
    {.name = NULL}};

static bool is_same_file(const char *a, const char *b) {
    struct stat sa, sb;
    return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static il_status read_input(il_context *ctx, const ili_format *format, const char *path, int frame,
                            il_system **sys) {
    if (strcmp(format->name, "extxyz") == 0)
        return ili_extxyz_read_frame(ctx, path, frame < 0 ? 0 : frame, sys);
    if (frame != INT_MIN)
        return ili_fail(ctx, IL_E_USAGE, "%s: --frame is for extended XYZ, this is %s", path, format->name);
    return format->read(ctx, path, sys);
}

/** Frame 0 of several was taken without being asked for. */
static void warn_frames(il_context *ctx, const ili_format *from, const convert_options *o, const char *path) {
    il_system *next = NULL;
    if (o->frame != INT_MIN || strcmp(from->name, "extxyz") != 0) return;
    if (ili_extxyz_read_frame(ctx, path, 1, &next) == IL_OK)
        ili_warn(ctx,
                 "%s holds several frames, and this format the first of them: --frame N takes another, and "
                 ".nc holds all",
                 path);
    il_system_destroy(&next);
}

static void describe(il_report *report, const il_system *sys, const char *format, const char *path) {
    char formula[256];
    ili_system_formula(sys, formula, sizeof formula);
    ili_json_string(report->json, "output", path);
    ili_json_string(report->json, "format", format);
    ili_json_string(report->json, "formula", formula);
    ili_json_int(report->json, "natoms", sys->n_atoms);
    ili_json_int(report->json, "nbonds", sys->n_bonds);
    ili_json_rows(report->json, "cell_A", &sys->cell.h[0][0], 3, 3);
    ili_report_print(report, "%s: %s, %d atoms, %s\n", path, formula, sys->n_atoms, format);
}

/** Frame k of a trajectory, the caller's. */
static il_status take_frame(il_context *ctx, ili_traj_reader *reader, const char *path, int k,
                            il_system **sys) {
    ili_traj_frame frame;
    bool more = true;
    for (int i = 0; i <= k && more; i++) IL_TRY(ili_traj_next(ctx, reader, &frame, &more));
    if (!more)
        return ili_fail(ctx, IL_E_INPUT, "%s: the file ends before frame %d (counted from 0)", path, k);
    IL_TRY(ili_system_copy(ctx, ili_traj_system(reader), sys));
    (*sys)->cell = frame.cell;
    memcpy((*sys)->x, frame.x, (size_t)frame.n * sizeof *frame.x);
    if (frame.v && (*sys)->v) memcpy((*sys)->v, frame.v, (size_t)frame.n * sizeof *frame.v);
    return IL_OK;
}

/** All frames from one trajectory to another; what cannot be finished is not left behind. */
static il_status copy_frames(il_context *ctx, ili_traj_reader *reader, const char *path, int64_t *n) {
    const il_system *sys = ili_traj_system(reader);
    ili_traj_writer *writer = NULL;
    ili_traj_frame frame;
    bool more, is_made;
    il_status status, closed;
    IL_GO(ili_traj_create(ctx, path, sys, sys->v != NULL, 0, &writer));
    for (*n = 0;; ++*n) {
        IL_GO(ili_traj_next(ctx, reader, &frame, &more));
        if (!more) break;
        IL_GO(ili_traj_append(ctx, writer, &frame));
    }
out:
    is_made = writer != NULL;
    closed = ili_traj_close(ctx, &writer);
    if (status == IL_OK) status = closed;
    if (status != IL_OK && is_made) remove(path);
    return status;
}

/** A trajectory is read, or written, or both. */
static il_status convert_trajectory(il_context *ctx, const char *const *inputs, const convert_options *o,
                                    il_report *report) {
    ili_traj_reader *reader = NULL;
    il_system *topology = NULL, *sys = NULL;
    const ili_format *to = NULL;
    const char *kind = ili_traj_kind(inputs[1]);
    int64_t n_frames = 1;
    il_status status = IL_OK;
    bool is_one = o->frame != INT_MIN || !kind;
    if (is_one && !(to = ili_format_of(ctx, inputs[1]))) return IL_E_INPUT;
    if (o->topology[0]) IL_GO(il_system_read(ctx, o->topology, &topology));
    IL_GO(ili_traj_open(ctx, inputs[0], topology, &reader));
    if (is_one) {
        IL_GO(take_frame(ctx, reader, inputs[0], o->frame == INT_MIN ? 0 : o->frame, &sys));
        IL_GO(to->write(ctx, sys, inputs[1]));
        ili_format_warn_lost(ctx, to, sys);
    } else {
        IL_GO(copy_frames(ctx, reader, inputs[1], &n_frames));
    }
    ili_json_int(report->json, "frames", n_frames);
    describe(report, is_one ? sys : ili_traj_system(reader), is_one ? to->name : kind, inputs[1]);
    if (!is_one) ili_report_print(report, "%lld frames\n", (long long)n_frames);
out:
    ili_traj_close_reader(&reader);
    il_system_destroy(&topology);
    il_system_destroy(&sys);
    return status;
}

static il_status convert_structure(il_context *ctx, const char *const *inputs, const convert_options *o,
                                   il_report *report) {
    const ili_format *from = ili_format_of(ctx, inputs[0]), *to = from ? ili_format_of(ctx, inputs[1]) : NULL;
    il_system *sys = NULL;
    il_status status;
    if (!to) return IL_E_INPUT;
    if (o->topology[0])
        return ili_fail(ctx, IL_E_USAGE, "%s: --topology is for trajectories, this is %s", inputs[0],
                        from->name);
    IL_GO(read_input(ctx, from, inputs[0], o->frame, &sys));
    warn_frames(ctx, from, o, inputs[0]);
    IL_GO(to->write(ctx, sys, inputs[1]));
    ili_format_warn_lost(ctx, to, sys);
    describe(report, sys, to->name, inputs[1]);
out:
    il_system_destroy(&sys);
    return status;
}

/** Extended XYZ is both; it is a structure unless the other file is a trajectory. */
static bool is_trajectory(const char *path) {
    const char *kind = ili_traj_kind(path);
    return kind && strcmp(kind, "extended XYZ") != 0;
}

static il_status run(il_context *ctx, int n_inputs, const char *const *inputs, const void *chosen,
                     const char *out_dir, il_report **report) {
    (void)n_inputs;
    (void)out_dir;
    if (is_same_file(inputs[0], inputs[1]))
        return ili_fail(ctx, IL_E_INPUT, "%s: is the input itself, expected another name for the output",
                        inputs[1]);
    IL_TRY(ili_report_create(ctx, report));
    IL_TRY(ili_report_input(ctx, *report, inputs[0]));
    if (is_trajectory(inputs[0]) || is_trajectory(inputs[1]))
        return convert_trajectory(ctx, inputs, chosen, *report);
    return convert_structure(ctx, inputs, chosen, *report);
}

const il_verb ili_verb_convert = {
    .name = "convert",
    .usage = "convert IN OUT [--frame N]",
    .summary = "turn one structure file or trajectory into another",
    .details = "Formats are known by the ending of the name: extended XYZ (.xyz, .extxyz), POSCAR and "
               "CONTCAR (or .vasp),\n"
               "LAMMPS data (.data, .lmp), CIF (.cif). The order of the atoms, charges, labels and bonds are "
               "kept where the\n"
               "new format can hold them; what it cannot hold is named in a warning.\n"
               "Trajectories: AMBER NetCDF (.nc) and LAMMPS dumps (.lammpstrj, .dump) become NetCDF or "
               "extended XYZ with "
               "all frames,\n"
               "or, with --frame, a structure; extended XYZ becomes NetCDF.",
    .options = options,
    .options_size = sizeof(convert_options),
    .min_inputs = 2,
    .max_inputs = 2,
    .run = run,
};
