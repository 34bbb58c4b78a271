/* SPDX-License-Identifier: GPL-3.0-or-later */
/* convert: one structure file into another. Order, cell and positions are kept; what the new format cannot hold is
 * named in a warning. */
#include "io/extxyz.h"
#include "io/report.h"
#include "io/structure.h"
#include "task/verbs.h"

#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

typedef struct convert_options {
    int frame;
} convert_options;

static const il_option options[] = {{.name = "frame",
                                     .type = IL_OPT_INT,
                                     .offset = offsetof(convert_options, frame),
                                     .preset = "0",
                                     .low = 0,
                                     .high = 1e9,
                                     .help = "frame of an extended XYZ file, from 0"},
                                    {.name = NULL}};

static bool is_same_file(const char *a, const char *b) {
    struct stat sa, sb;
    return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static il_status read_input(il_context *ctx, const ili_format *format, const char *path, int frame,
                            il_system **sys) {
    if (strcmp(format->name, "extxyz") == 0) return ili_extxyz_read_frame(ctx, path, frame, sys);
    if (frame)
        return ili_fail(ctx, IL_E_USAGE, "%s: --frame is for extended XYZ, this is %s", path, format->name);
    return format->read(ctx, path, sys);
}

static void describe(il_report *report, const il_system *sys, const ili_format *to, const char *path) {
    char formula[256];
    ili_system_formula(sys, formula, sizeof formula);
    ili_json_string(report->json, "output", path);
    ili_json_string(report->json, "format", to->name);
    ili_json_string(report->json, "formula", formula);
    ili_json_int(report->json, "natoms", sys->n_atoms);
    ili_json_int(report->json, "nbonds", sys->n_bonds);
    ili_json_rows(report->json, "cell_A", &sys->cell.h[0][0], 3, 3);
    ili_report_print(report, "%s: %s, %d atoms, %s\n", path, formula, sys->n_atoms, to->name);
}

static il_status run(il_context *ctx, int n_inputs, const char *const *inputs, const void *chosen,
                     const char *out_dir, il_report **report) {
    (void)n_inputs;
    (void)out_dir;
    const convert_options *o = chosen;
    const ili_format *from = ili_format_of(ctx, inputs[0]), *to = from ? ili_format_of(ctx, inputs[1]) : NULL;
    il_system *sys = NULL;
    il_status status;
    if (!to) return IL_E_INPUT;
    if (is_same_file(inputs[0], inputs[1]))
        return ili_fail(ctx, IL_E_INPUT, "%s: is the input itself, expected another name for the output",
                        inputs[1]);
    IL_GO(read_input(ctx, from, inputs[0], o->frame, &sys));
    IL_GO(ili_report_create(ctx, report));
    IL_GO(ili_report_input(ctx, *report, inputs[0]));
    IL_GO(to->write(ctx, sys, inputs[1]));
    ili_format_warn_lost(ctx, to, sys);
    describe(*report, sys, to, inputs[1]);
out:
    il_system_destroy(&sys);
    return status;
}

const il_verb ili_verb_convert = {
    .name = "convert",
    .usage = "convert IN OUT [--frame N]",
    .summary = "turn one structure file into another",
    .details = "Formats are known by the ending of the name: extended XYZ (.xyz, .extxyz), POSCAR and "
               "CONTCAR (or .vasp),\n"
               "LAMMPS data (.data, .lmp), CIF (.cif). The order of the atoms, charges, labels and bonds are "
               "kept where the\n"
               "new format can hold them; what it cannot hold is named in a warning.",
    .options = options,
    .options_size = sizeof(convert_options),
    .min_inputs = 2,
    .max_inputs = 2,
    .run = run,
};
