/* SPDX-License-Identifier: GPL-3.0-or-later */
/** `interlith relax`: atoms and cell to the nearest minimum of the energy. */
#include "base/alloc.h"
#include "base/file.h"
#include "math/units.h"
#include "math/vec.h"
#include "relax/relax.h"
#include "task/engine_options.h"
#include "task/ff_options.h"
#include "task/lammps_job.h"
#include "task/verbs.h"

#include <stdio.h>
#include <string.h>

typedef struct relax_options {
    ili_ff_choice ff;
    ili_engine_choice engine;
    char mode[IL_TEXT_MAX], method[IL_TEXT_MAX];
    double force_tolerance, stress_tolerance, pressure_gpa;
    int max_steps;
} relax_options;

static const il_option OPTIONS[] = {
    ILI_FF_OPTION_ROWS(relax_options, ff),
    {.name = "mode",
     .type = IL_OPT_CHOICE,
     .offset = offsetof(relax_options, mode),
     .preset = "atoms",
     .choices = "atoms|cell|both|z",
     .help = "what moves: atoms, cell, both, or z: atoms and the length along the normal of a and b"},
    {.name = "method",
     .type = IL_OPT_CHOICE,
     .offset = offsetof(relax_options, method),
     .preset = "lbfgs",
     .choices = "lbfgs|fire",
     .help = "minimiser"},
    {.name = "force-tolerance",
     .type = IL_OPT_REAL,
     .offset = offsetof(relax_options, force_tolerance),
     .preset = "1e-3",
     .low = 1e-10,
     .high = 10.0,
     .unit = "eV/A",
     .help = "largest force component at the end"},
    {.name = "stress-tolerance",
     .type = IL_OPT_REAL,
     .offset = offsetof(relax_options, stress_tolerance),
     .preset = "1e-5",
     .low = 1e-12,
     .high = 1.0,
     .unit = "eV/A^3",
     .help = "largest stress component at the end, when the cell moves"},
    {.name = "max-steps",
     .type = IL_OPT_INT,
     .offset = offsetof(relax_options, max_steps),
     .preset = "2000",
     .low = 0,
     .high = 1e9,
     .help = "steps after which it gives up"},
    {.name = "pressure-GPa",
     .type = IL_OPT_REAL,
     .offset = offsetof(relax_options, pressure_gpa),
     .preset = "0",
     .low = -1e3,
     .high = 1e3,
     .unit = "GPa",
     .help = "outer pressure, when the cell moves"},
    ILI_ENGINE_OPTION_ROWS(relax_options, engine),
    {.name = NULL},
};

static int index_of(const char *word, const char *const *words) {
    int k = 0;
    while (strcmp(word, words[k]) != 0) k++; /* the option table allows these words only */
    return k;
}

static ili_relax_options settings_of(const relax_options *o) {
    static const char *const modes[] = {"atoms", "cell", "both", "z"}, *const methods[] = {"lbfgs", "fire"};
    ili_relax_options r = ili_relax_defaults();
    r.mode = (ili_relax_mode)index_of(o->mode, modes);
    r.method = (ili_relax_method)index_of(o->method, methods);
    r.force_tolerance = o->force_tolerance;
    r.stress_tolerance = o->stress_tolerance;
    r.max_steps = o->max_steps;
    r.pressure = o->pressure_gpa / ILI_GPA;
    return r;
}

/* Ended for want of a lower energy in mixed precision, before the steps were spent. */
static bool is_noise_of_floats(const relax_options *o, const ili_relax_result *r) {
    return !r->converged && r->steps < o->max_steps && strcmp(o->ff.precision, "mixed") == 0;
}

/* Largest displacement beyond the strain of the cell, angstrom. */
static double largest_displacement(const il_system *before, const il_system *after, int32_t *atom) {
    double inverse[3][3], strain[3][3], largest = 0.0;
    ili_inverse(before->cell.h, inverse);
    ili_mat_mul(inverse, after->cell.h, strain);
    *atom = 0;
    for (int32_t i = 0; i < after->n_atoms; i++) {
        double d[3];
        ili_vec_mat(before->x[i], strain, d);
        ili_sub(after->x[i], d, d);
        if (ili_norm(d) <= largest) continue;
        largest = ili_norm(d);
        *atom = i;
    }
    return largest;
}

static void report_cell(il_report *report, const char *key, const char *title, const ili_cell *cell) {
    double l[3], angles[3], volume = ili_cell_volume(cell);
    ili_cell_parameters(cell, l, angles);
    ili_json *json = ili_json_child(report->json, key);
    ili_json_reals(json, "lengths_A", l, 3);
    ili_json_reals(json, "angles_deg", angles, 3);
    ili_json_rows(json, "vectors_A", cell->h[0], 3, 3);
    ili_json_real(json, "volume_A3", volume);
    ili_report_print(report, "%-12s %10.5f %10.5f %10.5f A %9.4f %9.4f %9.4f deg %13.4f A^3\n", title, l[0],
                     l[1], l[2], angles[0], angles[1], angles[2], volume);
}

static void report_result(il_report *report, const il_system *before, const il_system *after,
                          const ili_relax_result *r) {
    char formula[256];
    long units = ili_report_formula(report, after, formula, sizeof formula);
    int32_t moved;
    double displacement = largest_displacement(before, after, &moved);
    ili_json *json = report->json;
    ili_json_bool(json, "converged", r->converged);
    ili_json_string(json, "verdict", r->verdict);
    ili_json_int(json, "steps", r->steps);
    ili_json_int(json, "evaluations", r->evaluations);
    ili_json_real(json, "energy_before_eV", r->energy_start);
    ili_json_real(json, "energy_eV", r->energy);
    ili_json_real(json, "energy_eV_per_fu", r->energy / (double)units);
    ili_json_real(json, "force_max_eV_per_A", r->force_max);
    ili_json_int(json, "force_atom", r->force_atom + 1);
    ili_json_reals(json, "stress_eV_per_A3", r->stress, 6);
    ili_json_real(json, "displacement_max_A", displacement);
    ili_json_int(json, "displacement_atom", moved + 1);
    ili_report_print(report, "%ld %s, %d atoms\n", units, formula, after->n_atoms);
    ili_report_print(report, "energy before %20.6f eV\nenergy after  %20.6f eV\n", r->energy_start,
                     r->energy);
    ili_report_print(report, "%34.6f eV per %s\n", r->energy / (double)units,
                     units < after->n_atoms ? "formula unit" : "atom");
    report_cell(report, "cell_before", "cell before", &before->cell);
    report_cell(report, "cell_after", "cell after", &after->cell);
    ili_report_print(report, "largest displacement beyond the strain: %.4f A, atom %d (%s)\n", displacement,
                     moved + 1, after->species[after->type[moved]].name);
    ili_report_print(report, "%s\n", r->verdict);
}

static il_status write_files(il_context *ctx, il_report *report, const il_system *sys, const char *out_dir) {
    static const char *const names[] = {"relaxed.extxyz", "relaxed.cif"};
    if (!out_dir) return IL_OK;
    bool is_crystal = sys->cell.pbc[0] && sys->cell.pbc[1] && sys->cell.pbc[2];
    ili_json *files = ili_json_list(report->json, "files");
    for (int k = 0; k < (is_crystal ? 2 : 1); k++) {
        char path[ILI_PATH_MAX];
        IL_TRY(ili_path_join(ctx, path, out_dir, "%s", names[k]));
        IL_TRY(il_system_write(ctx, sys, path));
        ili_json_push_string(files, names[k]);
        ili_report_print(report, "written: %s\n", path);
    }
    return IL_OK;
}

/** The same by LAMMPS; for a deck nothing is relaxed. */
static il_status run_lammps(il_context *ctx, il_report *report, const relax_options *o, ili_ff_session *s,
                            const il_system *before, const char *out_dir, ili_relax_result *result) {
    const il_ff_options ff = ili_ff_choice_settings(&o->ff);
    const ili_relax_options settings = settings_of(o);
    const ili_lammps_job_plan plan = {.out_dir = out_dir,
                                      .name = "relax",
                                      .title = "relaxation",
                                      .model = s->model,
                                      .settings = &ff,
                                      .sys = before};
    ili_lammps_job job = {.lammps = NULL};
    ili_lammps lammps;
    il_status status;
    IL_TRY(ili_lammps_find(ctx, &o->engine, &lammps));
    IL_GO(ili_lammps_job_open(ctx, &lammps, &plan, &job));
    const ili_lammps_script script = ili_lammps_job_script(&job);
    IL_GO(ili_lammps_script_relax(ctx, &script, &settings));
    if (o->engine.deck)
        ili_lammps_report_deck(report, ili_json_list(report->json, "decks"), out_dir, plan.name);
    else
        IL_GO(ili_lammps_relax(ctx, &job, &settings, s->sys, result));
    ili_lammps_report(report, &lammps, plan.name);
out:
    ili_lammps_job_close(&job);
    ili_lammps_free(&lammps);
    return status;
}

static il_status run(il_context *ctx, int n_inputs, const char *const *inputs, const void *options,
                     const char *out_dir, il_report **report) {
    const relax_options *o = options;
    (void)n_inputs;
    ili_ff_session s = {0};
    il_system *before = NULL;
    ili_relax_options settings = settings_of(o);
    ili_relax_result result;
    bool is_lammps;
    il_status status;
    IL_GO(ili_report_create(ctx, report));
    IL_GO(ili_engine_is_lammps(ctx, &o->engine, o->ff.precision, out_dir, &is_lammps));
    IL_GO(ili_ff_session_open(ctx, *report, inputs[0], &o->ff, &s));
    IL_GO(ili_system_copy(ctx, s.sys, &before));
    if (is_lammps)
        IL_GO(run_lammps(ctx, *report, o, &s, before, out_dir, &result));
    else
        IL_GO(ili_relax_system(ctx, s.ff, s.sys, &settings, &result));
    ili_ff_report_settings(*report, s.model, s.ff);
    if (o->engine.deck) goto out;
    report_result(*report, before, s.sys, &result);
    IL_GO(write_files(ctx, *report, s.sys, out_dir));
    if (!result.converged)
        status = ili_fail(ctx, IL_E_NOT_CONVERGED, "%s: %s%s", inputs[0], result.verdict,
                          is_noise_of_floats(o, &result) ? "; --precision double has less noise" : "");
out:
    il_system_destroy(&before);
    ili_ff_session_free(&s);
    return status;
}

const il_verb ili_verb_relax = {
    .name = "relax",
    .usage = "relax FILE -p MODEL [--mode atoms|cell|both|z] [-o DIR] [options]",
    .summary = "atoms and cell to the nearest minimum of the energy",
    .details =
        "Writes relaxed.extxyz, for crystals relaxed.cif, and relax.json to DIR. The cell of a slab (open "
        "along\n"
        "its third vector) is strained in its plane only. A run that does not reach its tolerances says why\n"
        "and leaves with exit code 1.",
    .options = OPTIONS,
    .options_size = sizeof(relax_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .run = run,
};
