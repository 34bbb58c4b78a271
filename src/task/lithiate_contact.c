/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lithiate_contact.h"

#include "base/alloc.h"
#include "base/file.h"
#include "task/figure.h"
#include "task/lithiate_study.h"
#include "task/sheet.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

/** Numbers of a step that are averaged over samples, where a step holds them. */
enum { STRAIN, RISE, STRESS, STRESS_WHOLE, ENERGY, N_PRINTED };
static const struct {
    const char *key, *unit;
    size_t place;
} ROWS[] = {[STRAIN] = {"strain_normal", "1", offsetof(ili_slab_step, strain)},
            [RISE] = {"rise_A", "A", offsetof(ili_slab_step, rise)},
            [STRESS] = {"stress_plane_GPa", "GPa", offsetof(ili_slab_step, plane)},
            [STRESS_WHOLE] = {"stress_plane_whole_GPa", "GPa", offsetof(ili_slab_step, plane_whole)},
            [ENERGY] = {"E_per_Li_eV", "eV", offsetof(ili_slab_step, energy)},
            {"stress_xx_GPa", "GPa", offsetof(ili_slab_step, stress[0])},
            {"stress_yy_GPa", "GPa", offsetof(ili_slab_step, stress[1])},
            {"stress_xy_GPa", "GPa", offsetof(ili_slab_step, stress[2])},
            {"stress_whole_xx_GPa", "GPa", offsetof(ili_slab_step, stress_whole[0])},
            {"stress_whole_yy_GPa", "GPa", offsetof(ili_slab_step, stress_whole[1])},
            {"stress_whole_xy_GPa", "GPa", offsetof(ili_slab_step, stress_whole[2])},
            {"force_xx_N_per_m", "N/m", offsetof(ili_slab_step, force[0])},
            {"force_yy_N_per_m", "N/m", offsetof(ili_slab_step, force[1])},
            {"force_xy_N_per_m", "N/m", offsetof(ili_slab_step, force[2])},
            {"depth_A", "A", offsetof(ili_slab_step, depth)}};
enum { N_ROWS = sizeof ROWS / sizeof *ROWS };

static const ili_slab_run *run_of(const ili_contact_study *s, int strain, int sample) {
    return &s->run[strain * s->n_samples + sample];
}

/** Steps that every sample has at this strain of the plane. */
static int common_steps(const ili_contact_study *s, int strain) {
    int n = INT32_MAX;
    for (int k = 0; k < s->n_samples; k++)
        if (run_of(s, strain, k)->n < n) n = run_of(s, strain, k)->n;
    return n;
}

static ili_estimate mean_of(const ili_contact_study *s, int strain, int step, int row) {
    double value[ILI_CONTACTS_MAX];
    int n = 0;
    for (int k = 0; k < s->n_samples; k++) {
        const char *at = (const char *)&run_of(s, strain, k)->step[step] + ROWS[row].place;
        const double v = *(const double *)(const void *)at;
        if (isfinite(v)) value[n++] = v;
    }
    return ili_mean_of(n, value);
}

/* ---- results --------------------------------------------------------------------------------------- */

/** Lithium moved after a step, mean over samples. */
static double moved_at(const ili_contact_study *s, int strain, int step) {
    double sum = 0.0;
    for (int k = 0; k < s->n_samples; k++) sum += run_of(s, strain, k)->step[step].n_li;
    return sum / s->n_samples;
}

static int left_at(const ili_contact_study *s, int strain, int step) {
    int sum = 0;
    for (int k = 0; k < s->n_samples; k++) sum += run_of(s, strain, k)->step[step].left_layer;
    return sum;
}

static void put_step(ili_json *list, const ili_contact_study *s, int strain, int step) {
    ili_json *one = ili_json_child(list, NULL);
    double x = 0.0, metal = 0.0;
    int intact = 0, converged = 0;
    for (int k = 0; k < s->n_samples; k++) {
        const ili_slab_run *run = run_of(s, strain, k);
        const ili_slab_step *p = &run->step[step];
        metal += (double)p->n_metal / s->n_samples;
        x += step ? p->n_li / (run->units * step) / s->n_samples : 0.0;
        intact += p->network.intact;
        converged += p->converged;
    }
    ili_json_int(one, "layers", step);
    ili_json_real(one, "Li_moved", moved_at(s, strain, step));
    ili_json_real(one, "Li_metal", metal);
    ili_json_real(one, "x", x);
    for (int row = 0; row < N_ROWS; row++) {
        const ili_estimate e = mean_of(s, strain, step, row);
        ili_put_estimate(one, ROWS[row].key, &e, 1.0);
    }
    ili_json_int(one, "left_layer", left_at(s, strain, step));
    ili_json_int(one, "intact", intact);
    ili_json_int(one, "converged", converged);
}

/** What was there before lithium moved. */
static void put_start(ili_json *one, const ili_contact_study *s, int strain) {
    static const char *const keys[] = {"stress_start_xx_GPa", "stress_start_yy_GPa", "stress_start_xy_GPa"};
    double value[ILI_CONTACTS_MAX];
    ili_estimate e;
    for (int part = 0; part < 3; part++) {
        for (int k = 0; k < s->n_samples; k++) value[k] = run_of(s, strain, k)->stress_start[part];
        e = ili_mean_of(s->n_samples, value);
        ili_put_estimate(one, keys[part], &e, 1.0);
    }
    for (int k = 0; k < s->n_samples; k++) value[k] = run_of(s, strain, k)->thickness;
    e = ili_mean_of(s->n_samples, value);
    ili_put_estimate(one, "thickness_A", &e, 1.0);
}

static const char *const DEFINITIONS[][2] = {
    {"strain_normal",
     "of the lithiated part along the normal: slope of the heights of its framework atoms on "
     "those before, less 1; the plane is clamped at strain_lateral"},
    {"rise_A", "how far the ceramic's face at the metal has moved away from its other face: mean over the "
               "framework atoms of the outermost 3 A of both"},
    {"force", "in-plane force per length of the ceramic alone with what was put into it, as it lies in the "
              "contact, against the ceramic before, positive = tension"},
    {"stress",
     "that force over the depth of the lithiated part before: added by lithium at this lateral strain, "
     "if nothing else of the ceramic changed"},
    {"stress_plane", "mean of stress xx and yy"},
    {"stress_whole", "the same with the force of the whole contact, whose metal has become thinner"},
    {"stress_start",
     "of the ceramic alone before, absolute: its force over its thickness, its faces included"},
    {"left_layer", "ions, summed over samples, that lie over 1 A outside of the layer they were put into"},
    {"E_per_Li_eV",
     "energy of the contact against the contact before, per lithium moved from the free face of "
     "the metal film into the ceramic; its level comes from the calibrated on-site energies of "
     "the model"}};

static void put_all(ili_json *json, const ili_contact_study *s) {
    ili_json *strains = ili_json_list(json, "strains"), *one, *d;
    for (int e = 0; e < s->n_strains; e++) {
        one = ili_json_child(strains, NULL);
        ili_json_real(one, "strain_lateral", s->lateral[e]);
        ili_json_int(one, "samples", s->n_samples);
        ili_json_real(one, "area_A2", run_of(s, e, 0)->area);
        put_start(one, s, e);
        ili_json *ends = ili_json_list(one, "ended");
        for (int k = 0; k < s->n_samples; k++)
            ili_json_push_string(ends, ili_slab_end_text(run_of(s, e, k)->end));
        ili_json *steps = ili_json_list(one, "steps");
        for (int k = 0; k < common_steps(s, e); k++) put_step(steps, s, e, k);
    }
    ili_json_string(json, "charge_balance", ili_balance_name(s->settings.rule));
    ili_json_string(json, "charge_balance_limits", ili_balance_limits(s->settings.rule));
    d = ili_json_child(json, "definitions");
    for (size_t k = 0; k < sizeof DEFINITIONS / sizeof *DEFINITIONS; k++)
        ili_json_string(d, DEFINITIONS[k][0], DEFINITIONS[k][1]);
}

static void print_number(il_report *report, ili_estimate e, const char *format_with, const char *format) {
    char text[48] = "-";
    if (isfinite(e.sigma))
        snprintf(text, sizeof text, format_with, e.value, e.sigma);
    else if (isfinite(e.value))
        snprintf(text, sizeof text, format, e.value);
    ili_report_print(report, " %19s", text);
}

/** With and without an error, by printed row. */
static const char *const DIGITS[N_PRINTED][2] = {[STRAIN] = {"%.4f +- %.4f", "%.4f"},
                                                 [RISE] = {"%.3f +- %.3f", "%.3f"},
                                                 [STRESS] = {"%.2f +- %.2f", "%.2f"},
                                                 [STRESS_WHOLE] = {"%.2f +- %.2f", "%.2f"},
                                                 [ENERGY] = {"%.3f +- %.3f", "%.3f"}};

static void print_all(il_report *report, const ili_contact_study *s) {
    for (int e = 0; e < s->n_strains; e++) {
        ili_report_print(
            report,
            "plane strained by %g, %d sample%s, %.4g formula units of the ceramic in a layer of %g A\n",
            s->lateral[e], s->n_samples, s->n_samples == 1 ? "" : "s", run_of(s, e, 0)->units,
            s->settings.thickness);
        ili_report_print(report, "%7s %6s %19s %19s %19s %19s %19s %6s\n", "layers", "Li", "strain normal",
                         "rise (A)", "stress (GPa)", "of whole (GPa)", "E (eV per Li)", "left");
        for (int k = 0; k < common_steps(s, e); k++) {
            ili_report_print(report, "%7d %6.4g", k, moved_at(s, e, k));
            for (int row = 0; row < N_PRINTED; row++)
                print_number(report, mean_of(s, e, k, row), DIGITS[row][0], DIGITS[row][1]);
            ili_report_print(report, " %6d\n", left_at(s, e, k));
        }
        for (int k = 0; k < s->n_samples; k++)
            if (run_of(s, e, k)->end != ILI_SLAB_ALL)
                ili_report_print(report, "sample %d ended after %d layers: %s\n", k + 1,
                                 run_of(s, e, k)->n - 1, ili_slab_end_text(run_of(s, e, k)->end));
    }
    ili_report_print(report, "electrons: %s; %s\n", ili_balance_name(s->settings.rule),
                     ili_balance_limits(s->settings.rule));
}

/* ---- files ----------------------------------------------------------------------------------------- */

static il_status write_table(il_context *ctx, const ili_contact_study *s) {
    ili_sheet *t;
    il_status status;
    int n = 0, at = 0;
    for (int e = 0; e < s->n_strains; e++) n += common_steps(s, e);
    IL_GO(ili_sheet_create(ctx, n, &t));
    double *lateral = ili_sheet_column(t, "1", "strain_lateral"),
           *layers = ili_sheet_column(t, "1", "layers"), *value[N_ROWS], *sigma[N_ROWS];
    for (int row = 0; row < N_ROWS; row++) {
        value[row] = ili_sheet_column(t, ROWS[row].unit, "%s", ROWS[row].key);
        sigma[row] = ili_sheet_column(t, ROWS[row].unit, "sigma_%s", ROWS[row].key);
    }
    for (int e = 0; e < s->n_strains; e++)
        for (int k = 0; k < common_steps(s, e); k++, at++) {
            lateral[at] = s->lateral[e];
            layers[at] = k;
            for (int row = 0; row < N_ROWS; row++) {
                const ili_estimate m = mean_of(s, e, k, row);
                value[row][at] = m.value;
                sigma[row][at] = m.sigma;
            }
        }
    IL_GO(
        ili_sheet_write(ctx, t, s->dir, "contact", "means over samples; sigma_ columns are standard errors"));
out:
    ili_sheet_destroy(&t);
    return status;
}

/** Points of other strains stand beside each other, so that their bars can be told apart, angstrom. */
static const double BESIDE = 0.08;

static il_status plot(il_context *ctx, il_report *report, const ili_contact_study *s, int row,
                      const char *title, const char *label, const char *stem, ili_json *files) {
    ili_plot page = {.title = title, .x = {"depth lithiated / \303\205", false}, .y = {label, false}};
    ili_figure f;
    il_status status;
    IL_GO(ili_figure_make(ctx, 2 * s->n_strains, &f));
    for (int e = 0; e < s->n_strains; e++) {
        double at[ILI_SLAB_STEPS_MAX + 1];
        ili_estimate value[ILI_SLAB_STEPS_MAX + 1];
        const int n = common_steps(s, e);
        char name[64];
        snprintf(name, sizeof name, "plane strained by %g %%", 100.0 * s->lateral[e]);
        for (int p = 0; p < n; p++) {
            at[p] = run_of(s, e, 0)->step[p].depth + BESIDE * (e - 0.5 * (s->n_strains - 1));
            value[p] = mean_of(s, e, p, row);
        }
        IL_GO(ili_figure_curve(ctx, &f, e, name, n, at, value));
    }
    IL_GO(ili_figure_write(ctx, report, &page, &f, s->dir, stem, files));
out:
    ili_figure_free(&f);
    return status;
}

static il_status write_files(il_context *ctx, il_report *report, const ili_contact_study *s) {
    ili_json *files = ili_json_list(report->json, "files");
    IL_TRY(write_table(ctx, s));
    ili_json_push_string(files, "contact.tsv");
    for (int k = 0; k < s->n_strains * s->n_samples; k++) {
        char path[ILI_PATH_MAX], name[64];
        snprintf(name, sizeof name, "lithiated-%d-strain%d.extxyz", k % s->n_samples + 1,
                 k / s->n_samples + 1);
        IL_TRY(ili_path_join(ctx, path, s->dir, "%s", name));
        IL_TRY(il_system_write(ctx, s->run[k].final, path));
        ili_json_push_string(files, name);
    }
    IL_TRY(plot(ctx, report, s, STRAIN, "swelling of the lithiated part along the normal", "strain",
                "swelling", files));
    return plot(ctx, report, s, STRESS, "stress in the plane that lithium adds to the lithiated part",
                "stress / GPa", "stress", files);
}

/* ---- all ------------------------------------------------------------------------------------------- */

static il_status run_one(il_context *ctx, void *user, int k) {
    ili_contact_study *s = user;
    ili_slab_settings settings = s->settings;
    char path[ILI_PATH_MAX], folder[ILI_RUN_NAME_MAX + 8];
    snprintf(folder, sizeof folder, "lammps-%s", s->parts->name[k]);
    settings.relaxer.name = folder;
    settings.lateral = s->lateral[k / s->n_samples];
    if (s->dir)
        IL_TRY(ili_path_join(ctx, path, s->dir, "contact-%d-strain%d.ckpt", k % s->n_samples + 1,
                             k / s->n_samples + 1));
    if (s->dir && s->fresh) (void)unlink(path);
    return ili_slab_lithiate(ctx, &settings, s->contact[k % s->n_samples], s->dir ? path : NULL, &s->run[k]);
}

void ili_contact_study_free(ili_contact_study *s) {
    for (int k = 0; s->run && k < s->n_strains * s->n_samples; k++) ili_slab_run_free(&s->run[k]);
    ili_free(s->run);
    s->run = NULL;
}

il_status ili_contact_study_run(il_context *ctx, il_report *report, ili_contact_study *s) {
    const int n = s->n_samples * s->n_strains;
    const int n_threads = ctx->n_threads;
    bool has_converged = true;
    s->run = ili_alloc((size_t)n, sizeof *s->run);
    if (!s->run) return ili_no_memory(ctx, "the contacts");
    if (s->settings.relaxer.lammps && s->settings.relaxer.lammps->ranks > 1)
        ctx->n_threads = 1; /* ranks are side by side already: one run after the other */
    const il_status status = ili_parts_run(ctx, s->parts, NULL, run_one, s);
    ctx->n_threads = n_threads;
    IL_TRY(status);
    if (!ili_parts_is_whole(s->parts)) return IL_OK;
    put_all(report->json, s);
    print_all(report, s);
    if (s->dir) IL_TRY(write_files(ctx, report, s));
    for (int k = 0; k < n; k++)
        for (int p = 0; p < s->run[k].n; p++) has_converged = has_converged && s->run[k].step[p].converged;
    if (!has_converged)
        return ili_fail(
            ctx, IL_E_NOT_CONVERGED,
            "some relaxations did not reach their tolerance (\"converged\" counts those that did); "
            "raise --max-steps");
    return IL_OK;
}
