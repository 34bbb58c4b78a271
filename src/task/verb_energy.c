/* SPDX-License-Identifier: GPL-3.0-or-later */
/** `interlith energy`: the energy of a structure by term, forces, stress, the pair matrix. */
#include "base/alloc.h"
#include "task/engine_options.h"
#include "task/ff_options.h"
#include "task/lammps_job.h"
#include "task/pair_matrix.h"
#include "task/verbs.h"

#include "math/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct energy_options {
    ili_ff_choice ff;
    ili_engine_choice engine;
    int forces, stress, matrix;
} energy_options;

static const il_option OPTIONS[] = {
    ILI_FF_OPTION_ROWS(energy_options, ff),
    {.name = "forces",
     .type = IL_OPT_FLAG,
     .offset = offsetof(energy_options, forces),
     .help = "give the force on every atom"},
    {.name = "stress",
     .type = IL_OPT_FLAG,
     .offset = offsetof(energy_options, stress),
     .help = "give the stress, positive = tension"},
    {.name = "matrix",
     .type = IL_OPT_FLAG,
     .offset = offsetof(energy_options, matrix),
     .help = "give the pair matrix of the model and the energy of each pair of species"},
    ILI_ENGINE_OPTION_ROWS(energy_options, engine),
    {.name = NULL},
};

static void report_energy(il_report *report, const il_system *sys, const ili_ff_result *r) {
    char formula[256];
    long units = ili_report_formula(report, sys, formula, sizeof formula);
    ili_json_real(report->json, "volume_A3", ili_cell_volume(&sys->cell));
    ili_json_real(report->json, "energy_eV", r->energy);
    ili_json_real(report->json, "energy_eV_per_fu", r->energy / (double)units);
    ili_report_print(report, "%ld %s, %d atoms\n", units, formula, sys->n_atoms);
    ili_report_print(report, "%-22s %18.8f eV\n", "energy", r->energy);
    if (units < sys->n_atoms)
        ili_report_print(report, "%-22s %18.8f eV per formula unit\n", "", r->energy / (double)units);
    ili_report_print(report, "%-22s %18.8f eV per atom\n", "", r->energy / sys->n_atoms);
    ili_json *terms = ili_json_child(report->json, "terms_eV");
    for (int k = 0; k < r->n_terms; k++) {
        ili_json_real(terms, r->terms[k].name, r->terms[k].energy);
        ili_report_print(report, "  %-20s %18.8f eV\n", r->terms[k].name, r->terms[k].energy);
    }
}

static void report_forces(il_report *report, const il_system *sys, const double (*f)[3]) {
    ili_json_rows(report->json, "forces_eV_per_A", f[0], (size_t)sys->n_atoms, 3);
    ili_report_print(report, "\n   atom species            fx            fy            fz  eV/A\n");
    for (int32_t i = 0; i < sys->n_atoms; i++)
        ili_report_print(report, "%7d %-8s %13.8f %13.8f %13.8f\n", i + 1, sys->species[sys->type[i]].name,
                         f[i][0], f[i][1], f[i][2]);
}

static void report_stress(il_report *report, const il_system *sys, const double w[6]) {
    static const char *const names[6] = {"xx", "yy", "zz", "yz", "xz", "xy"};
    double stress[6];
    for (int k = 0; k < 6; k++) stress[k] = -w[k] / ili_cell_volume(&sys->cell);
    ili_json_reals(report->json, "stress_eV_per_A3", stress, 6);
    ili_report_print(report, "\nstress        eV/A^3           GPa\n");
    for (int k = 0; k < 6; k++)
        ili_report_print(report, "  %s  %14.8f %13.6f\n", names[k], stress[k], stress[k] * ILI_GPA);
}

/** The same by LAMMPS; for a deck nothing is computed. */
static il_status run_lammps(il_context *ctx, il_report *report, const energy_options *o,
                            const ili_ff_session *s, const char *out_dir, ili_ff_result *r) {
    const il_ff_options settings = ili_ff_choice_settings(&o->ff);
    const ili_lammps_job_plan plan = {.out_dir = out_dir,
                                      .name = "energy",
                                      .title = "energy and forces",
                                      .model = s->model,
                                      .settings = &settings,
                                      .sys = s->sys,
                                      .tight = true};
    ili_lammps_job job = {.lammps = NULL};
    ili_lammps lammps;
    il_status status;
    IL_TRY(ili_lammps_find(ctx, &o->engine, &lammps));
    IL_GO(ili_lammps_job_open(ctx, &lammps, &plan, &job));
    if (o->stress && job.field.is_slab)
        IL_GO(ili_fail(
            ctx, IL_E_UNSUPPORTED,
            "LAMMPS leaves a part of the slab correction out of the virial: leave --stress out, or use "
            "--engine interlith"));
    const ili_lammps_script script = ili_lammps_job_script(&job);
    IL_GO(ili_lammps_script_energy(ctx, &script));
    if (o->engine.deck)
        ili_lammps_report_deck(report, ili_json_list(report->json, "decks"), out_dir, plan.name);
    else
        IL_GO(ili_lammps_energy(ctx, &job, r));
    ili_lammps_report(report, &lammps, plan.name);
out:
    ili_lammps_job_close(&job);
    ili_lammps_free(&lammps);
    return status;
}

static il_status run(il_context *ctx, int n_inputs, const char *const *inputs, const void *options,
                     const char *out_dir, il_report **report) {
    const energy_options *o = options;
    ili_ff_choice choice = o->ff;
    (void)n_inputs;
    bool is_lammps;
    ili_ff_session s = {0};
    ili_ff_result r = {0};
    il_status status;
    IL_GO(ili_report_create(ctx, report));
    IL_GO(ili_engine_is_lammps(ctx, &o->engine, o->ff.precision, out_dir, &is_lammps));
    if (strcmp(choice.precision, "mixed") == 0) {
        ili_warn(ctx,
                 "`energy` tells every term in double precision; --precision mixed changes nothing here");
        snprintf(choice.precision, sizeof choice.precision, "double");
    }
    IL_GO(ili_ff_session_open(ctx, *report, inputs[0], &choice, &s));
    r.f = ili_alloc((size_t)s.sys->n_atoms, sizeof *r.f);
    if (!r.f) IL_GO(ili_no_memory(ctx, "the forces"));
    if (is_lammps)
        IL_GO(run_lammps(ctx, *report, o, &s, out_dir, &r));
    else
        IL_GO(ili_ff_evaluate_terms(ctx, s.ff, &s.sys->cell, (const double(*)[3])s.sys->x, &r));
    ili_ff_report_settings(*report, s.model, s.ff);
    if (o->engine.deck) goto out;
    report_energy(*report, s.sys, &r);
    if (o->forces) report_forces(*report, s.sys, (const double(*)[3])r.f);
    if (o->stress) report_stress(*report, s.sys, r.w);
    if (o->matrix) IL_GO(ili_report_pair_matrix(ctx, *report, s.sys, s.ff));
out:
    ili_free(r.f);
    ili_ff_session_free(&s);
    return status;
}

const il_verb ili_verb_energy = {
    .name = "energy",
    .usage = "energy FILE -p MODEL [options]",
    .summary = "energy by term, forces, stress",
    .details =
        "Computes the energy of a structure as it is. The terms add up to the energy; the short-range pair\n"
        "terms are those of the model's forms, the Coulomb sum is split into its parts.",
    .options = OPTIONS,
    .options_size = sizeof(energy_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .run = run,
};
