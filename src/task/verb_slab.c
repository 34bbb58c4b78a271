/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "task/verbs.h"

#include "base/alloc.h"
#include "build/slab.h"
#include "io/report.h"
#include "io/structure.h"
#include "system/element.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct slab_options {
    int miller[3];
    int layers, termination, repeat_a, repeat_b, list, reconstruct;
    double thickness, vacuum, depth, plane_tolerance;
    char units[IL_TEXT_MAX];
} slab_options;

#define FIELD(field) offsetof(slab_options, field)

static const il_option options_table[] = {
    {.name = "miller",
     .letter = 'm',
     .type = IL_OPT_INT3,
     .offset = FIELD(miller),
     .preset = "0,0,1",
     .help = "index h,k,l of the plane, in the cell of the file"},
    {.name = "layers",
     .letter = 'l',
     .type = IL_OPT_INT,
     .offset = FIELD(layers),
     .low = 1,
     .high = 100000,
     .help = "repeats along the normal, at least"},
    {.name = "thickness",
     .letter = 't',
     .type = IL_OPT_REAL,
     .offset = FIELD(thickness),
     .low = 0,
     .high = 1e5,
     .unit = "A",
     .help = "least thickness (10 when neither is given)"},
    {.name = "vacuum",
     .type = IL_OPT_REAL,
     .offset = FIELD(vacuum),
     .preset = "15",
     .low = 0.1,
     .high = 1e5,
     .unit = "A",
     .help = "empty space in the cell written"},
    {.name = "termination",
     .type = IL_OPT_INT,
     .offset = FIELD(termination),
     .low = 0,
     .high = 100000,
     .help = "number in the table; not given: the best"},
    {.name = "repeat-a",
     .type = IL_OPT_INT,
     .offset = FIELD(repeat_a),
     .preset = "1",
     .low = 1,
     .high = 1000,
     .help = "copies along a"},
    {.name = "repeat-b",
     .type = IL_OPT_INT,
     .offset = FIELD(repeat_b),
     .preset = "1",
     .low = 1,
     .high = 1000,
     .help = "copies along b"},
    {.name = "reconstruct",
     .type = IL_OPT_FLAG,
     .offset = FIELD(reconstruct),
     .help = "move mobile ions between the faces so that the dipole is least"},
    {.name = "depth",
     .type = IL_OPT_REAL,
     .offset = FIELD(depth),
     .preset = "3",
     .low = 0,
     .high = 100,
     .unit = "A",
     .help = "how far below the surface ions may be moved"},
    {.name = "plane-tolerance",
     .type = IL_OPT_REAL,
     .offset = FIELD(plane_tolerance),
     .preset = "0.1",
     .low = 0,
     .high = 10,
     .unit = "A",
     .help = "heights nearer than this form one plane"},
    {.name = "units",
     .type = IL_OPT_TEXT,
     .offset = FIELD(units),
     .preset = "B,C,N,P,S",
     .help = "elements that keep their anions (PO4, CO3); none: -"},
    {.name = "list",
     .type = IL_OPT_FLAG,
     .offset = FIELD(list),
     .help = "only list the terminations, build nothing"},
    {.name = NULL}};

static ili_slab_options convert(const slab_options *given) {
    ili_slab_options o;
    ili_slab_options_default(&o);
    memcpy(o.miller, given->miller, sizeof o.miller);
    if (given->layers != INT_MIN) {
        o.layers = given->layers;
        o.min_thickness = 0.0;
    }
    if (isfinite(given->thickness)) o.min_thickness = given->thickness;
    o.vacuum = given->vacuum;
    o.termination = given->termination == INT_MIN ? -1 : given->termination;
    o.repeat[0] = given->repeat_a;
    o.repeat[1] = given->repeat_b;
    o.reconstruct = given->reconstruct;
    o.depth = given->depth;
    o.plane_tolerance = given->plane_tolerance;
    o.units = strcmp(given->units, "-") == 0 ? "" : given->units;
    return o;
}

static void print_table(il_report *report, const ili_termination *list, int n, int best) {
    ili_report_print(report, "   no  offset    gap  Tasker   dipole/A   polarity   left   moved  cut/A^2  "
                             "valence/A^2  lowest plane | highest plane | bonds cut\n"
                             "           A      A            e/A      e/A^2     e/A^2\n");
    for (int k = 0; k < n; k++) {
        const ili_termination *t = &list[k];
        ili_report_print(report,
                         " %c%3d  %6.3f  %5.3f  %6d  %9.5f  %9.5f  %8.5f  %3d  %7.4f  %11.4f  %s | %s |",
                         k == best ? '*' : ' ', k, t->offset, t->gap, t->tasker, t->dipole, t->polarity,
                         t->residual, t->n_moved, t->cut_density, t->strength, t->first, t->last);
        for (int c = 0; c < t->n_kinds; c++)
            ili_report_print(report, " %s %d", t->kinds[c].pair, t->kinds[c].count);
        ili_report_print(report, "\n");
    }
}

static void add_json(ili_json *list, const ili_termination *t, int number) {
    ili_json *row = ili_json_child(list, NULL);
    ili_json_int(row, "termination", number);
    ili_json_real(row, "offset_A", t->offset);
    ili_json_real(row, "gap_A", t->gap);
    ili_json_string(row, "lowest_plane", t->first);
    ili_json_string(row, "highest_plane", t->last);
    if (t->tasker)
        ili_json_int(row, "tasker_class", t->tasker);
    else
        ili_json_string(row, "tasker_class", NULL);
    ili_json_real(row, "dipole_e_per_A", t->tasker ? t->dipole : NAN);
    ili_json_real(row, "polarity_e_per_A2", t->tasker ? t->polarity : NAN);
    ili_json_real(row, "residual_polarity_e_per_A2", t->tasker ? t->residual : NAN);
    ili_json_int(row, "ions_moved", t->n_moved);
    ili_json_real(row, "cut_bonds_per_A2", t->cut_density);
    ili_json_real(row, "cut_valence_per_A2", t->strength);
    ili_json *kinds = ili_json_child(row, "cut_bonds_per_cell");
    for (int c = 0; c < t->n_kinds; c++) ili_json_int(kinds, t->kinds[c].pair, t->kinds[c].count);
    ili_json *excess = ili_json_child(row, "excess_upper_face_per_cell");
    for (int c = 0; c < t->n_excess; c++) ili_json_real(excess, t->excess[c].name, t->excess[c].count);
}

static void report_list(il_report *report, const ili_slab_options *o, const ili_termination *list, int n,
                        int best) {
    ili_report_print(
        report, "plane %d,%d,%d: period %.4f A, surface cell %.4f A^2, %d terminations; * is the best\n\n",
        o->miller[0], o->miller[1], o->miller[2], list[0].period, list[0].area, n);
    print_table(report, list, n, best);
    ili_json_real(report->json, "period_A", list[0].period);
    ili_json_real(report->json, "cell_area_A2", list[0].area);
    ili_json *rows = ili_json_list(report->json, "terminations");
    for (int k = 0; k < n; k++) add_json(rows, &list[k], k);
    ili_json_int(report->json, "best", best);
}

/** What the slab is, and the advice that a polar one needs. */
static void report_slab(il_context *ctx, il_report *report, const ili_slab_options *o, const il_system *slab,
                        const ili_termination *t, int number) {
    char formula[256];
    ili_system_formula(slab, formula, sizeof formula);
    double area = ili_cell_area(&slab->cell);
    ili_report_print(report, "\nslab of termination %d: %s, %d atoms, %d repeats (%.3f A), area %.3f A^2\n",
                     number, formula, (int)slab->n_atoms, t->layers, t->layers * t->period, area);
    if (t->n_moved)
        ili_report_print(report, "%d mobile ions were moved across: polarity %.5f -> %.5f e/A^2\n",
                         t->n_moved, t->polarity, t->residual);
    if (fabs(t->residual) > ILI_POLAR_LIMIT)
        ili_warn(ctx, "this slab is polar: its faces carry %+.5f e/A^2; %s", t->residual,
                 o->reconstruct
                     ? "more copies in the plane (--repeat-a, --repeat-b) let smaller fractions of ions move"
                     : "--reconstruct moves mobile ions between the faces");
    ili_json *json = ili_json_child(report->json, "slab");
    ili_json_int(json, "termination", number);
    ili_json_string(json, "formula", formula);
    ili_json_int(json, "natoms", slab->n_atoms);
    ili_json_int(json, "layers", t->layers);
    ili_json_real(json, "thickness_A", t->layers * t->period);
    ili_json_real(json, "area_A2", area);
    ili_json_int(json, "ions_moved", t->n_moved);
    ili_json_real(json, "residual_polarity_e_per_A2", t->tasker ? t->residual : NAN);
    ili_json_rows(json, "cell_A", &slab->cell.h[0][0], 3, 3);
}

static il_status write_slab(il_context *ctx, il_report *report, const il_system *slab, const char *out_dir) {
    if (!out_dir) return IL_OK;
    char path[ILI_PATH_MAX];
    IL_TRY(ili_path_join(ctx, path, out_dir, "slab.xyz"));
    const ili_format *format = ili_format_of(ctx, path);
    if (!format) return IL_E_INPUT;
    IL_TRY(format->write(ctx, slab, path));
    ili_report_print(report, "written: %s\n", path);
    ili_json_string(report->json, "file", path);
    return IL_OK;
}

/** Every word of the list names an element: one that matches nothing would cut the units it was meant to keep. */
static il_status check_units(il_context *ctx, const char *units) {
    for (const char *p = units; *p; p += strcspn(p, ","), p += *p == ',') {
        char symbol[8];
        snprintf(symbol, sizeof symbol, "%.*s", (int)strcspn(p, ","), p);
        if (!ili_element_z(symbol))
            return ili_fail(ctx, IL_E_USAGE,
                            "units: '%s' is no symbol of an element, expected a list such as P,S", symbol);
    }
    return IL_OK;
}

static il_status run(il_context *ctx, int n_inputs, const char *const *inputs, const void *options,
                     const char *out_dir, il_report **report) {
    (void)n_inputs;
    const slab_options *given = options;
    ili_slab_options o = convert(given);
    il_system *bulk = NULL, *slab = NULL;
    ili_termination *list = NULL, chosen;
    int n = 0;
    il_status status = IL_OK;
    IL_GO(ili_report_create(ctx, report));
    IL_GO(check_units(ctx, o.units));
    IL_GO(ili_report_input(ctx, *report, inputs[0]));
    const ili_format *format = ili_format_of(ctx, inputs[0]);
    IL_GO(format ? format->read(ctx, inputs[0], &bulk) : IL_E_INPUT);
    IL_GO(ili_slab_terminations(ctx, bulk, &o, &list, &n));
    int best = ili_termination_best(list, n);
    report_list(*report, &o, list, n, best);
    if (given->list) goto out;
    if (o.termination < 0) o.termination = best;
    IL_GO(ili_slab_build(ctx, bulk, &o, &slab, &chosen, NULL));
    report_slab(ctx, *report, &o, slab, &chosen, o.termination);
    IL_GO(write_slab(ctx, *report, slab, out_dir));
out:
    il_system_destroy(&bulk);
    il_system_destroy(&slab);
    ili_free(list);
    return status;
}

const il_verb ili_verb_slab = {
    .name = "slab",
    .usage = "slab FILE --miller h,k,l [options]",
    .summary = "slabs of a crystal: every termination, what it cuts, how polar it is",
    .details = "The crystal (ordered; `interlith order` makes ordered cells) is cut parallel to the plane "
               "h,k,l. Rigid units such as PO4\n"
               "are never cut and every slab is a whole number of bulk cells. For each cut the table gives "
               "the bonds it breaks (number\n"
               "and Pauling valence per area), the planes it leaves, the dipole of one repeat per area, the "
               "charge per area that the\n"
               "dipole puts on the faces (polarity), and Tasker's class: 1 neutral planes, 2 charged planes "
               "without dipole, 3 polar.\n"
               "The best is the non-polar cut that breaks least, or the least polar one. With -o DIR the "
               "slab is DIR/slab.xyz.",
    .options = options_table,
    .options_size = sizeof(slab_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .run = run,
};
