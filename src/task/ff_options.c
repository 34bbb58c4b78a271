/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/ff_options.h"

#include "neigh/nlist.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/** Closer atoms are a mistake of the file: the shortest bond, H-H, has 0.74 angstrom. */
static const double CLOSEST = 0.5;

static const char *const COULOMB[] = {"auto", "ewald", "mesh"}; /* order of il_ff_options.coulomb */

il_ff_options ili_ff_choice_settings(const ili_ff_choice *choice) {
    il_ff_options o;
    il_ff_options_default(&o);
    o.short_cutoff = choice->short_cutoff;
    o.coulomb_cutoff = choice->coulomb_cutoff;
    o.accuracy = choice->accuracy;
    o.charge_scale = choice->charge_scale;
    o.precision = strcmp(choice->precision, "mixed") == 0;
    for (int k = 0; k < 3; k++)
        if (strcmp(choice->coulomb, COULOMB[k]) == 0) o.coulomb = k;
    return o;
}

il_ff_options ili_ff_choice_dynamics(const ili_ff_choice *choice) {
    il_ff_options o = ili_ff_choice_settings(choice);
    if (isnan(o.coulomb_cutoff)) o.coulomb_cutoff = 0.0;
    return o;
}

/** "Li+, NTF, STF": the species of ions. */
static void ions_text(const il_model *model, char *text, size_t size) {
    size_t used = 0;
    text[0] = 0;
    for (int32_t s = 0; s < model->n_species && used < size; s++)
        if (model->species[s].is_ion)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
                                     model->species[s].base.name);
}

static il_status check_scale(il_context *ctx, const il_model *model, double scale) {
    char ions[256];
    if (!(scale > 0.0) || scale == 1.0) return IL_OK; /* not given, or as published */
    if (!ili_model_has_ions(model))
        return ili_fail(
            ctx, IL_E_INPUT,
            "charge-scale is %g, but the model %s marks no species as ion: leave it out, or take a model "
            "with a salt such as pdol-salt",
            scale, model->name);
    ions_text(model, ions, sizeof ions);
    ili_warn(
        ctx,
        "the charges of the ions (%s) are multiplied by %g, a mean-field stand-in for the polarisation that "
        "fixed charges lack (Leontyev, Stuchebrukhov, Phys. Chem. Chem. Phys. 13 (2011) 2613): ions bind "
        "less "
        "and move faster than in the published model",
        ions, scale);
    return IL_OK;
}

il_status ili_ff_choice_model(il_context *ctx, il_report *report, const ili_ff_choice *choice,
                              il_model **out) {
    *out = NULL;
    if (!choice->model[0])
        return ili_fail(
            ctx, IL_E_USAGE,
            "no force field was given: add -p NAME, a name in potentials/ or the path of a model file");
    IL_TRY(il_model_read(ctx, choice->model, out));
    const il_model *m = *out;
    if (m->provisional) ili_warn(ctx, "model %s is provisional: %s", m->name, m->provisional_note);
    IL_TRY(check_scale(ctx, m, choice->charge_scale));
    return ili_report_model(ctx, report, m->path, m->hash);
}

void ili_ff_session_free(ili_ff_session *session) {
    il_ff_destroy(&session->ff);
    il_model_destroy(&session->model);
    il_system_destroy(&session->sys);
}

il_status ili_ff_session_read(il_context *ctx, il_report *report, const char *path,
                              const ili_ff_choice *choice, ili_ff_session *out) {
    *out = (ili_ff_session){0};
    il_status status;
    IL_GO(ili_ff_choice_model(ctx, report, choice, &out->model));
    IL_GO(il_system_read(ctx, path, &out->sys));
    IL_GO(ili_report_input(ctx, report, path));
    const il_system *sys = out->sys;
    IL_GO(ili_check_overlap(ctx, &sys->cell, sys->n_atoms, (const double(*)[3])sys->x, CLOSEST, path));
out:
    if (status != IL_OK) ili_ff_session_free(out);
    return status;
}

il_status ili_ff_session_bind(il_context *ctx, const il_ff_options *settings, ili_ff_session *session) {
    return il_ff_create(ctx, session->model, session->sys, settings, &session->ff);
}

il_status ili_ff_session_open(il_context *ctx, il_report *report, const char *path,
                              const ili_ff_choice *choice, ili_ff_session *out) {
    il_status status;
    IL_GO(ili_ff_session_read(ctx, report, path, choice, out));
    const il_ff_options settings = ili_ff_choice_settings(choice);
    IL_GO(ili_ff_session_bind(ctx, &settings, out));
out:
    if (status != IL_OK) ili_ff_session_free(out);
    return status;
}

static void report_coulomb(ili_json *json, const ili_kspace_info *k) {
    bool is_mesh = k->method == ILI_KSPACE_MESH;
    ili_json_string(json, "coulomb", is_mesh ? "mesh" : "ewald");
    ili_json_real(json, "alpha_per_A", k->alpha);
    if (is_mesh) {
        ili_json_reals(json, "mesh", (double[]){k->mesh[0], k->mesh[1], k->mesh[2]}, 3);
        ili_json_int(json, "order", k->order);
    } else {
        ili_json_int(json, "waves", k->n_waves);
    }
    if (k->slab_length > 0.0) ili_json_real(json, "slab_length_A", k->slab_length);
    ili_json_real(json, "coulomb_estimated_error", k->estimated_error);
}

void ili_ff_report_settings(il_report *report, const il_model *model, const il_ff *ff) {
    ili_json *json = ili_json_child(report->json, "model");
    ili_json_string(json, "name", model->name);
    ili_json_string(json, "title", model->title);
    ili_json_string(json, "citation", model->citation);
    ili_json_string(json, "hash", model->hash);
    ili_json_bool(json, "provisional", model->provisional);
    if (model->provisional) ili_json_string(json, "provisional_note", model->provisional_note);

    il_ff_options o = ili_ff_settings(ff);
    json = ili_json_child(report->json, "settings");
    ili_json_real(json, "short_cutoff_A", o.short_cutoff);
    ili_json_string(json, "precision", o.precision ? "mixed" : "double");
    if (ili_model_has_ions(model)) ili_json_real(json, "charge_scale", o.charge_scale);
    if (o.charge_scale != 1.0) ili_report_print(report, "charges of ions times %g\n", o.charge_scale);
    const ili_kspace *kspace = ili_ff_kspace(ff);
    if (!kspace) return;
    ili_json_real(json, "coulomb_cutoff_A", o.coulomb_cutoff);
    ili_json_real(json, "coulomb_accuracy", o.accuracy);
    ili_kspace_info info = ili_kspace_get_info(kspace);
    report_coulomb(json, &info);
}

long ili_report_formula(il_report *report, const il_system *sys, char *text, size_t size) {
    const long units = ili_system_formula_units(sys);
    ili_system_formula(sys, text, size);
    ili_json_string(report->json, "formula", text);
    ili_json_int(report->json, "formula_units", units);
    ili_json_int(report->json, "natoms", sys->n_atoms);
    return units;
}
