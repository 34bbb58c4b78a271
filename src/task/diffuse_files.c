/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/diffuse_report.h"

#include "base/alloc.h"
#include "base/file.h"
#include "task/figure.h"
#include "task/sheet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LAW_POINTS = 60 };

/* ---- tables ---------------------------------------------------------------------------------------- */

/** A column of values and one of their errors. */
static void add_pair(ili_sheet *t, const char *name, const char *unit, double *column[2]) {
    column[0] = ili_sheet_column(t, unit, "%s", name);
    column[1] = ili_sheet_column(t, unit, "sigma_%s", name);
}

/** What diffuse.tsv has of a quantity of the levels. */
static void add_quantity(ili_sheet *t, const ili_diffuse_study *s, int quantity, const char *name,
                         const char *unit, double factor) {
    double *column[2];
    add_pair(t, name, unit, column);
    for (int k = 0; k < s->n_levels; k++) {
        column[0][k] = factor * s->level[k].number[quantity].value;
        column[1][k] = factor * s->level[k].number[quantity].sigma;
    }
}

static void add_diffusive(ili_sheet *t, const ili_diffuse_study *s, int quantity, const char *name) {
    double *column = ili_sheet_column(t, "1", "diffusive_%s", name);
    for (int k = 0; k < s->n_levels; k++) column[k] = s->level[k].is_diffusive[quantity];
}

_Static_assert(3 * ILI_GROUPS_MAX + 11 <= ILI_SHEET_COLUMNS, "a sheet holds the columns of diffuse.tsv");

/** D(T), sigma(T) over the temperatures. */
static il_status write_levels(il_context *ctx, const ili_diffuse_study *s, const char *dir) {
    static const struct {
        int quantity;
        const char *name, *unit;
        double factor;
    } rows[] = {{ILI_D_CHARGE, "D_charge", "m2/s", ILI_M2_PER_S},
                {ILI_SIGMA, "sigma", "S/m", 1.0},
                {ILI_SIGMA_NE, "sigma_NE", "S/m", 1.0},
                {ILI_HAVEN, "haven", "1", 1.0}};
    enum { N_ROWS = sizeof rows / sizeof *rows };
    ili_sheet *t;
    char name[64];
    il_status status;
    IL_GO(ili_sheet_create(ctx, s->n_levels, &t));
    double *temperature = ili_sheet_column(t, "K", "T"), *runs = ili_sheet_column(t, "1", "runs");
    for (int k = 0; k < s->n_levels; k++) {
        temperature[k] = s->level[k].temperature;
        runs[k] = s->level[k].n_runs;
    }
    for (int g = 0; g < s->n_groups; g++) {
        snprintf(name, sizeof name, "D_%s", s->carriers->groups[g].name);
        add_quantity(t, s, g, name, "m2/s", ILI_M2_PER_S);
        add_diffusive(t, s, g, s->carriers->groups[g].name);
    }
    for (int k = 0; k < N_ROWS; k++)
        add_quantity(t, s, rows[k].quantity, rows[k].name, rows[k].unit, rows[k].factor);
    add_diffusive(t, s, ILI_D_CHARGE, "charge");
    IL_GO(ili_sheet_write(ctx, t, dir, "diffuse",
                          "transport by temperature; sigma_ columns are standard errors"));
out:
    ili_sheet_destroy(&t);
    return status;
}

static il_status write_msd(il_context *ctx, const ili_diffuse_study *s, const ili_diffuse_run *run,
                           const char *dir) {
    ili_sheet *t;
    char name[64];
    il_status status;
    int n = 0;
    for (int g = 0; g <= s->n_groups; g++)
        if (run->curve[g].n > n) n = run->curve[g].n;
    IL_GO(ili_sheet_create(ctx, n, &t));
    double *lag = ili_sheet_column(t, "ps", "lag");
    for (int g = 0; g <= s->n_groups; g++) {
        const ili_diffuse_curve *c = &run->curve[g];
        double *column[2];
        snprintf(name, sizeof name, "msd_%s", g < s->n_groups ? s->carriers->groups[g].name : "charge");
        add_pair(t, name, "A^2", column);
        for (int k = 0; k < n; k++) {
            bool is_there = k < c->n;
            if (is_there) lag[k] = 1e-3 * c->lag[k];
            column[0][k] = is_there ? c->msd[k] : NAN;
            column[1][k] = is_there ? c->sigma[k] : NAN;
        }
    }
    IL_GO(ili_sheet_write(
        ctx, t, dir, "msd",
        "mean squared displacement per particle; charge: of sum z dr over sum z^2 n; sigma_ columns are "
        "standard errors"));
out:
    ili_sheet_destroy(&t);
    return status;
}

/* ---- plots ----------------------------------------------------------------------------------------- */

enum { LABELS_SINGLE = 8, GREY = 6 }; /* so many curves are labelled one by one */

static ili_plot_style style_of(const ili_diffuse_study *s, int curve) {
    static const ili_plot_style of_species[] = {ILI_PLOT_LINE, ILI_PLOT_DOTTED, ILI_PLOT_DASH_DOT};
    return curve < s->n_groups ? of_species[curve % 3] : ILI_PLOT_DASHED;
}

static const char *curve_name(const ili_diffuse_study *s, int curve) {
    return curve < s->n_groups ? s->carriers->groups[curve].name : "charge";
}

/** Mean over the runs of one temperature, at the lags of the first. Colours tell the temperatures apart, dashes whose
 *  motion it is; when curves are many, the legend has the temperatures here and the dashes by themselves. */
static il_status add_msd(il_context *ctx, const ili_diffuse_study *s, int level, int curve, ili_figure *f) {
    const bool is_single = s->n_levels * (s->n_groups + 1) <= LABELS_SINGLE;
    const double t = s->level[level].temperature;
    const ili_diffuse_curve *first = NULL;
    char label[64];
    double *b;
    int n_runs = 0;
    for (int k = 0; k < s->n_runs && !first; k++)
        if (s->runs[k].temperature == t) first = &s->runs[k].curve[curve];
    if (!first || first->n == 0) return IL_OK;
    const int n = first->n;
    if (is_single)
        snprintf(label, sizeof label, "%s, %g K", curve_name(s, curve), t);
    else
        snprintf(label, sizeof label, "%g K", t);
    IL_TRY(ili_figure_add(ctx, f, style_of(s, curve), level, is_single || curve == 0 ? label : NULL, n, &b));
    for (int k = 0; k < s->n_runs; k++) {
        const ili_diffuse_curve *c = &s->runs[k].curve[curve];
        if (s->runs[k].temperature != t || c->n != n) continue;
        for (int i = 0; i < n; i++) b[n + i] += c->msd[i];
        n_runs++;
    }
    for (int i = 0; i < n; i++) {
        b[i] = 1e-3 * first->lag[i];
        b[n + i] /= n_runs;
        b[2 * n + i] = b[3 * n + i] = NAN;
    }
    return IL_OK;
}

static il_status plot_msd(il_context *ctx, il_report *report, const ili_diffuse_study *s, const char *dir,
                          ili_json *files) {
    ili_plot plot = {.title = "mean squared displacement, mean over runs",
                     .x = {"lag / ps", true},
                     .y = {"MSD / \xc3\x85\xc2\xb2", true}};
    ili_figure f;
    il_status status;
    const int n_curves = s->n_levels * (s->n_groups + 1);
    double *none;
    IL_GO(ili_figure_make(ctx, n_curves + s->n_groups + 1, &f));
    for (int k = 0; k < s->n_levels; k++)
        for (int g = 0; g <= s->n_groups; g++) IL_GO(add_msd(ctx, s, k, g, &f));
    for (int g = 0; g <= s->n_groups && n_curves > LABELS_SINGLE; g++)
        IL_GO(ili_figure_add(ctx, &f, style_of(s, g), GREY, curve_name(s, g), 0, &none));
    IL_GO(ili_figure_write(ctx, report, &plot, &f, dir, "msd", files));
out:
    ili_figure_free(&f);
    return status;
}

static double kilo_inverse(double temperature) {
    return 1e3 / temperature;
}

/** Points of the temperatures that are diffusive, or of the others; none: no series. */
static il_status add_points(il_context *ctx, const ili_diffuse_study *s, int quantity, double factor,
                            bool diffusive, const char *label, int color, ili_figure *f) {
    double *b;
    int n = 0;
    for (int k = 0; k < s->n_levels; k++) n += s->level[k].is_diffusive[quantity] == diffusive;
    if (n == 0) return IL_OK;
    IL_TRY(ili_figure_add(ctx, f, ILI_PLOT_POINTS, color, label, n, &b));
    for (int k = 0, i = 0; k < s->n_levels; k++) {
        const ili_diffuse_level *l = &s->level[k];
        const ili_estimate *e = &l->number[quantity];
        if (l->is_diffusive[quantity] != diffusive) continue;
        b[i] = 1e3 / l->temperature;
        b[n + i] = factor * e->value;
        b[2 * n + i] = factor * fmax(e->value - e->sigma, 1e-3 * e->value);
        b[3 * n + i++] = factor * (e->value + e->sigma);
    }
    return IL_OK;
}

/** Points, law and band of a quantity: full line over the fitted temperatures, dashed on to room temperature. */
static il_status add_law(il_context *ctx, const ili_diffuse_study *s, const ili_diffuse_view *view,
                         int quantity, double factor, const char *label, int color, ili_figure *f) {
    const ili_diffuse_law *law = &s->law[quantity];
    char bound[64];
    double *b = NULL;
    snprintf(bound, sizeof bound, "%.32s, not diffusive", label);
    IL_TRY(add_points(ctx, s, quantity, factor, true, label, color, f));
    IL_TRY(add_points(ctx, s, quantity, factor, false, bound, color + s->n_groups + 1, f));
    if (!law->is_fitted) return IL_OK;
    const double far = 1e3 / fmin(ILI_ROOM, law->arrhenius.low), near = 1e3 / law->arrhenius.high;
    const double edge = 1e3 / law->arrhenius.low;
    for (int part = 0; part < 3; part++) { /* band, fitted, extrapolated */
        static const ili_plot_style styles[] = {ILI_PLOT_BAND, ILI_PLOT_LINE, ILI_PLOT_DASHED};
        const double from = part == 2 ? edge : near, to = part == 1 ? edge : far;
        IL_TRY(ili_figure_add(ctx, f, styles[part], color, NULL, LAW_POINTS, &b));
        for (int k = 0; k < LAW_POINTS; k++) {
            b[k] = from + (to - from) * k / (LAW_POINTS - 1);
            ili_estimate e = ili_diffuse_law_at(law, view->vtf, 1e3 / b[k]);
            b[LAW_POINTS + k] = factor * e.value;
            b[2 * LAW_POINTS + k] = factor * e.low;
            b[3 * LAW_POINTS + k] = factor * e.high;
        }
    }
    return IL_OK;
}

static il_status plot_laws(il_context *ctx, il_report *report, const ili_diffuse_study *s,
                           const ili_diffuse_view *view, const char *dir, ili_json *files) {
    const ili_plot_axis top = {"T / K", false};
    ili_plot plot = {.title = "diffusivity, 95 % band; dashed: extrapolated",
                     .x = {"1000 K / T", false},
                     .y = {"D / (m\xc2\xb2/s)", true},
                     .top = &top,
                     .top_to_x = kilo_inverse};
    ili_figure f;
    il_status status;
    char name[64];
    IL_GO(ili_figure_make(ctx, 5 * (s->n_groups + 1), &f));
    for (int g = 0; g <= s->n_groups; g++) {
        int q = g < s->n_groups ? g : ILI_D_CHARGE;
        const char *label = q == ILI_D_CHARGE ? "D_{charge}" : ili_diffuse_quantity_name(s, q, name);
        IL_GO(add_law(ctx, s, view, q, ILI_M2_PER_S, label, g, &f));
    }
    IL_GO(ili_figure_write(ctx, report, &plot, &f, dir, "arrhenius", files));
    ili_figure_free(&f);
    plot.title = "conductivity times temperature, 95 % band; dashed: extrapolated";
    plot.y.label = "\xcf\x83 T / (K S/m)";
    IL_GO(ili_figure_make(ctx, 5, &f));
    IL_GO(add_law(ctx, s, view, ILI_SIGMA_T, 1.0, "\xcf\x83 T", 0, &f));
    IL_GO(ili_figure_write(ctx, report, &plot, &f, dir, "conductivity", files));
out:
    ili_figure_free(&f);
    return status;
}

il_status ili_diffuse_files(il_context *ctx, il_report *report, const ili_diffuse_study *s,
                            const ili_diffuse_view *view, const char *dir) {
    ili_json *files = ili_json_list(report->json, "files");
    char path[ILI_PATH_MAX], name[128];
    IL_TRY(write_levels(ctx, s, dir));
    ili_json_push_string(files, "diffuse.tsv");
    for (int k = 0; k < s->n_runs; k++) {
        IL_TRY(ili_path_join(ctx, path, dir, "%s", s->runs[k].name));
        IL_TRY(ili_make_dir(ctx, path));
        IL_TRY(write_msd(ctx, s, &s->runs[k], path));
        snprintf(name, sizeof name, "%s/msd.tsv", s->runs[k].name);
        ili_json_push_string(files, name);
    }
    IL_TRY(plot_msd(ctx, report, s, dir, files));
    return plot_laws(ctx, report, s, view, dir, files);
}
