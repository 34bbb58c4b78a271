/* SPDX-License-Identifier: GPL-3.0-or-later */
/** `interlith order`: integer, neutral realisations of a disordered CIF and the audit of their occupancies.
 */
#include "base/alloc.h"
#include "base/file.h"
#include "build/order.h"
#include "build/symmetry.h"
#include "io/report.h"
#include "io/structure.h"
#include "system/element.h"
#include "task/verbs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct order_options {
    int count;
    int supercell[3];
    double min_distance, aim_distance;
    char format[IL_TEXT_MAX];
} order_options;

static const il_option OPTIONS[] = {
    {.name = "count",
     .letter = 'n',
     .type = IL_OPT_INT,
     .offset = offsetof(order_options, count),
     .preset = "1",
     .low = 1,
     .high = 9999,
     .help = "how many realisations"},
    {.name = "supercell",
     .type = IL_OPT_INT3,
     .offset = offsetof(order_options, supercell),
     .preset = "1,1,1",
     .help = "repeat the cell along a, b, c first"},
    {.name = "min-distance",
     .type = IL_OPT_REAL,
     .offset = offsetof(order_options, min_distance),
     .preset = "1.6",
     .low = 0.0,
     .high = 20.0,
     .unit = "angstrom",
     .help = "two partly occupied positions nearer than this are never filled both"},
    {.name = "aim-distance",
     .type = IL_OPT_REAL,
     .offset = offsetof(order_options, aim_distance),
     .preset = "2.5",
     .low = 0.0,
     .high = 20.0,
     .unit = "angstrom",
     .help = "nor nearer than this, as far as the occupancies leave room"},
    {.name = "format",
     .type = IL_OPT_CHOICE,
     .offset = offsetof(order_options, format),
     .preset = "extxyz",
     .choices = "extxyz|cif",
     .help = "format of the structures written to DIR"},
    {.name = NULL},
};

/** Counts asked, rounded and achieved for every site and species that is not simply full. */
static void report_audit(il_report *report, const ili_order *order) {
    ili_json *audit = ili_json_list(report->json, "audit");
    ili_report_print(report, "\n%-8s %-8s %9s %10s %10s %8s %10s\n", "site", "species", "positions", "asked",
                     "asked", "count", "achieved");
    for (int32_t r = 0; r < order->n_rows; r++) {
        const ili_order_row *row = &order->rows[r];
        const ili_site *site = &order->crystal->sites[row->site];
        if (row->occupant < 0 && row->count == 0 && row->asked < 1e-9) continue;
        const char *species =
            row->occupant < 0 ? "vacancy" : ili_element_of(site->occupant[row->occupant].z)->symbol;
        ili_json *one = ili_json_child(audit, NULL);
        ili_json_string(one, "site", site->occupant[0].label);
        ili_json_string(one, "species", species);
        ili_json_int(one, "positions", row->positions);
        ili_json_real(one, "occupancy_asked", row->asked / row->positions);
        ili_json_real(one, "count_asked", row->asked);
        ili_json_int(one, "count_rounded", row->rounded);
        ili_json_int(one, "count", row->count);
        ili_json_real(one, "occupancy_achieved", (double)row->count / row->positions);
        ili_report_print(report, "%-8s %-8s %9d %10.4f %10.3f %8d %10.4f%s\n", site->occupant[0].label,
                         species, row->positions, row->asked / row->positions, row->asked, row->count,
                         (double)row->count / row->positions,
                         row->count != row->rounded ? "  changed for neutrality" : "");
    }
    ili_json_real(report->json, "charge_asked_e", order->charge_asked);
    ili_json_real(report->json, "charge_rounded_e", order->charge_rounded);
    ili_json_real(report->json, "charge_e", order->charge);
    ili_json_int(report->json, "neutrality_changes", order->n_repairs);
    if (isnan(order->charge))
        ili_report_print(report, "charge unknown: the file gives no oxidation states and none fit\n");
    else
        ili_report_print(report, "charge %+.4f e as asked, %+g e after rounding, %+g e after %d change%s\n",
                         order->charge_asked, order->charge_rounded, order->charge, order->n_repairs,
                         order->n_repairs == 1 ? "" : "s");
}

/** "lagp" of "dir/lagp.cif". */
static void stem_of(const char *path, char *stem, size_t size) {
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    snprintf(stem, size, "%s", base);
    char *dot = strrchr(stem, '.');
    if (dot && dot != stem) *dot = 0;
}

static il_status write_one(il_context *ctx, const il_system *sys, const char *input, const char *out_dir,
                           const char *format, int number, ili_json *json) {
    char stem[128], path[1024];
    if (!out_dir) return IL_OK;
    stem_of(input, stem, sizeof stem);
    snprintf(path, sizeof path, "%s/%s-%03d.%s", out_dir, stem, number, format);
    ili_json_string(json, "file", path);
    return il_system_write(ctx, sys, path);
}

static il_status realise(il_context *ctx, ili_order *order, const order_options *o, const char *input,
                         const char *out_dir, il_report *report) {
    ili_json *list = ili_json_list(report->json, "realisations");
    int repeated = 0;
    for (int k = 1; k <= o->count; k++) {
        il_system *sys;
        char formula[256];
        if (ili_progress(ctx, "ordering", (k - 1.0) / o->count))
            return ili_fail(ctx, IL_E_INTERRUPTED, "interrupted after %d realisations", k - 1);
        IL_TRY(ili_order_next(ctx, order, &sys));
        ili_system_formula(sys, formula, sizeof formula);
        ili_json *one = ili_json_child(list, NULL);
        ili_json_string(one, "formula", formula);
        ili_json_int(one, "natoms", sys->n_atoms);
        ili_json_real(one, "shortest_partial_distance_A", order->nearest > 0.0 ? order->nearest : NAN);
        ili_json_bool(one, "is_repeated", order->is_repeated);
        repeated += order->is_repeated;
        il_status status = write_one(ctx, sys, input, out_dir, o->format, k, one);
        ili_report_print(report, "%s%3d  %s, %d atoms", k == 1 ? "\n" : "", k, formula, sys->n_atoms);
        if (order->nearest > 0.0)
            ili_report_print(report, ", mobile ions %.3f A apart or more", order->nearest);
        ili_report_print(report, "%s\n", order->is_repeated ? ", seen before" : "");
        il_system_destroy(&sys);
        IL_TRY(status);
    }
    if (repeated)
        ili_warn(ctx,
                 "%d of %d realisations repeat earlier ones: this cell has few arrangements, use a larger "
                 "--supercell",
                 repeated, o->count);
    return IL_OK;
}

static il_status run(il_context *ctx, int n_inputs, const char *const *inputs, const void *options,
                     const char *out_dir, il_report **report) {
    (void)n_inputs;
    const order_options *o = options;
    ili_crystal crystal = {0};
    ili_order *order = NULL;
    il_status status;
    ili_order_options plan = {
        .seed = ctx->seed, .min_distance = o->min_distance, .aim_distance = o->aim_distance};
    memcpy(plan.supercell, o->supercell, sizeof plan.supercell);
    IL_GO(ili_report_create(ctx, report));
    IL_GO(ili_crystal_read(ctx, inputs[0], &crystal));
    IL_GO(ili_report_input(ctx, *report, inputs[0]));
    if (crystal.is_ordered)
        ili_warn(ctx, "%s is ordered already: every site holds one species fully", inputs[0]);
    IL_GO(ili_order_create(ctx, &crystal, &plan, &order));
    ili_report_print(*report, "%s, supercell %d x %d x %d, oxidation states: %s\n", inputs[0],
                     plan.supercell[0], plan.supercell[1], plan.supercell[2], crystal.oxidation_source);
    report_audit(*report, order);
    if (order->n_repairs)
        ili_warn(
            ctx,
            "%s: %d atom%s changed against the rounded occupancies to make the cell neutral; see the audit",
            inputs[0], order->n_repairs, order->n_repairs == 1 ? " was" : "s were");
    if (out_dir) IL_GO(ili_make_dir(ctx, out_dir));
    IL_GO(realise(ctx, order, o, inputs[0], out_dir, *report));
out:
    ili_order_destroy(&order);
    ili_crystal_free(&crystal);
    return status;
}

const il_verb ili_verb_order = {
    .name = "order",
    .usage = "order FILE -n COUNT [--supercell a,b,c] -o DIR",
    .summary = "integer, neutral realisations of a disordered CIF, with an audit",
    .details = "Occupancies become whole atoms by largest remainder on every site; what then is not neutral "
               "is repaired on the\n"
               "mobile ion and said. Places are drawn at random from the seed, and partly occupied positions "
               "that are too near\n"
               "are never filled both. DIR receives FILE-001, FILE-002, ... and order.json with the audit.\n",
    .options = OPTIONS,
    .options_size = sizeof(order_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .run = run,
};
