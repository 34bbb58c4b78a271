/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lithiate_report.h"

#include "base/file.h"
#include "task/figure.h"
#include "task/sheet.h"

#include <math.h>
#include <stdio.h>

static const char *const SHELLS[ILI_SHELLS] = {"n_PO", "n_GeO", "n_AlO", "n_LiO"};

/* ---- tables ---------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *unit;
    int quantity;
} COLUMNS[] = {{"V", "A^3", ILI_LITHIATE_V},
               {"a", "A", ILI_LITHIATE_A},
               {"c", "A", ILI_LITHIATE_C},
               {"strain_xx", "1", ILI_LITHIATE_STRAIN},
               {"strain_yy", "1", ILI_LITHIATE_STRAIN + 1},
               {"strain_zz", "1", ILI_LITHIATE_STRAIN + 2},
               {"strain_yz", "1", ILI_LITHIATE_STRAIN + 3},
               {"strain_xz", "1", ILI_LITHIATE_STRAIN + 4},
               {"strain_xy", "1", ILI_LITHIATE_STRAIN + 5},
               {"density", "g/cm3", ILI_LITHIATE_DENSITY},
               {"E_insertion", "eV", ILI_LITHIATE_E_INSERTION},
               {"voltage", "V", ILI_LITHIATE_VOLTAGE}};

static void add_mean(ili_sheet *t, const ili_lithiate_study *s, const char *name, const char *unit,
                     int quantity) {
    double *value = ili_sheet_column(t, unit, "%s", name),
           *sigma = ili_sheet_column(t, unit, "sigma_%s", name);
    for (int k = 0; k < s->n; k++) {
        value[k] = s->mean[k].number[quantity].value;
        sigma[k] = s->mean[k].number[quantity].sigma;
    }
}

static il_status write_means(il_context *ctx, const ili_lithiate_study *s, const char *dir) {
    ili_sheet *t;
    il_status status;
    IL_GO(ili_sheet_create(ctx, s->n, &t));
    double *x = ili_sheet_column(t, "1", "x");
    for (int k = 0; k < s->n; k++) x[k] = s->mean[k].x;
    for (size_t c = 0; c < sizeof COLUMNS / sizeof *COLUMNS; c++)
        add_mean(t, s, COLUMNS[c].name, COLUMNS[c].unit, COLUMNS[c].quantity);
    for (int c = 0; c < ILI_SHELLS; c++) add_mean(t, s, SHELLS[c], "1", ILI_LITHIATE_SHELL + c);
    double *step = ili_sheet_column(t, "cm3/mol", "V_Li"),
           *error = ili_sheet_column(t, "cm3/mol", "sigma_V_Li"),
           *mix = ili_sheet_column(t, "A^3", "V_conversion");
    for (int k = 0; k < s->n; k++) {
        step[k] = s->v_li_step[k].value;
        error[k] = s->v_li_step[k].sigma;
        mix[k] = s->mean[k].v_conversion;
    }
    IL_GO(ili_sheet_write(
        ctx, t, dir, "lithiate",
        "per formula unit of the host, means over realisations; sigma_ columns are standard errors"));
out:
    ili_sheet_destroy(&t);
    return status;
}

/** Structures of one realisation at each composition. */
static il_status write_structures(il_context *ctx, const ili_lithiate_path *path, int r, const char *dir,
                                  ili_json *files) {
    for (int k = 0; k < path->n; k++) {
        char file[ILI_PATH_MAX], name[64];
        if (!path->point[k].sys) continue;
        snprintf(name, sizeof name, "r%d-x%.4g.extxyz", r + 1, path->point[k].x);
        IL_TRY(ili_path_join(ctx, file, dir, "%s", name));
        IL_TRY(il_system_write(ctx, path->point[k].sys, file));
        ili_json_push_string(files, name);
    }
    return IL_OK;
}

/* ---- plots ----------------------------------------------------------------------------------------- */

/** A quantity against x, with 95 % intervals (none of one realisation). */
static il_status add_curve(il_context *ctx, const ili_lithiate_study *s, int quantity, const char *label,
                           int color, ili_figure *f) {
    double x[ILI_LITHIATE_POINTS_MAX];
    ili_estimate y[ILI_LITHIATE_POINTS_MAX];
    for (int k = 0; k < s->n; k++) {
        x[k] = s->mean[k].x;
        y[k] = s->mean[k].number[quantity];
    }
    return ili_figure_curve(ctx, f, color, label, s->n, x, y);
}

static il_status add_plain(il_context *ctx, const ili_lithiate_study *s, const double *value,
                           ili_plot_style style, const char *label, int color, ili_figure *f) {
    double *b;
    IL_TRY(ili_figure_add(ctx, f, style, color, label, s->n, &b));
    for (int k = 0; k < s->n; k++) {
        b[k] = s->mean[k].x;
        b[s->n + k] = value[k];
        b[2 * s->n + k] = b[3 * s->n + k] = NAN;
    }
    return IL_OK;
}

typedef struct title {
    char text[128];
} title;

/** What is drawn, and what the bars are; there are none over one realisation. */
static title title_of(const ili_lithiate_study *s, const char *what) {
    title t;
    snprintf(t.text, sizeof t.text, "%s, %s", what,
             s->n_paths > 1 ? "95 % intervals over realisations" : "one realisation");
    return t;
}

static il_status plot_volume(il_context *ctx, il_report *report, const ili_lithiate_study *s, const char *dir,
                             ili_json *files) {
    const title name = title_of(s, "volume against lithium put in");
    ili_plot plot = {.title = name.text,
                     .x = {"x, Li per formula unit", false},
                     .y = {"V / \xc3\x85\xc2\xb3 per formula unit", false}};
    ili_figure f;
    double mix[ILI_LITHIATE_POINTS_MAX];
    il_status status;
    IL_GO(ili_figure_make(ctx, 5 + ILI_RUNGS_MAX, &f));
    IL_GO(add_curve(ctx, s, ILI_LITHIATE_V, "insertion", 0, &f));
    if (isfinite(s->hysteresis.value))
        IL_GO(add_curve(ctx, s, ILI_LITHIATE_V_BACK, "taken out again", 1, &f));
    for (int v = 0; v < s->n_variants; v++)
        IL_GO(add_plain(ctx, s, s->variant_volume[v], ILI_PLOT_DOTTED, s->variant[v], 4 + v, &f));
    for (int k = 0; k < s->n; k++) mix[k] = s->mean[k].v_conversion;
    if (s->has_conversion)
        IL_GO(add_plain(ctx, s, mix, ILI_PLOT_DASHED, "conversion, rule of mixtures", 3, &f));
    IL_GO(ili_figure_write(ctx, report, &plot, &f, dir, "volume", files));
out:
    ili_figure_free(&f);
    return status;
}

static il_status plot_strain(il_context *ctx, il_report *report, const ili_lithiate_study *s, const char *dir,
                             ili_json *files) {
    static const char *const labels[] = {"\xce\xb5_{xx}", "\xce\xb5_{yy}", "\xce\xb5_{zz}"};
    const title name = title_of(s, "strain of the cell");
    ili_plot plot = {.title = name.text, .x = {"x, Li per formula unit", false}, .y = {"strain", false}};
    ili_figure f;
    il_status status;
    IL_GO(ili_figure_make(ctx, 6, &f));
    for (int v = 0; v < 3; v++) IL_GO(add_curve(ctx, s, ILI_LITHIATE_STRAIN + v, labels[v], v, &f));
    IL_GO(ili_figure_write(ctx, report, &plot, &f, dir, "strain", files));
out:
    ili_figure_free(&f);
    return status;
}

static il_status plot_voltage(il_context *ctx, il_report *report, const ili_lithiate_study *s,
                              const char *dir, ili_json *files) {
    const title name = title_of(s, "voltage against Li metal of the model (level calibrated)");
    ili_plot plot = {.title = name.text, .x = {"x, Li per formula unit", false}, .y = {"voltage / V", false}};
    ili_figure f;
    il_status status;
    IL_GO(ili_figure_make(ctx, 2, &f));
    IL_GO(add_curve(ctx, s, ILI_LITHIATE_VOLTAGE, "between neighbouring x", 0, &f));
    IL_GO(ili_figure_write(ctx, report, &plot, &f, dir, "voltage", files));
out:
    ili_figure_free(&f);
    return status;
}

il_status ili_lithiate_files(il_context *ctx, il_report *report, const ili_lithiate_study *s,
                             const char *dir) {
    ili_json *files = ili_json_list(report->json, "files");
    IL_TRY(write_means(ctx, s, dir));
    ili_json_push_string(files, "lithiate.tsv");
    for (int r = 0; r < s->n_paths; r++) IL_TRY(write_structures(ctx, &s->path[r], r, dir, files));
    IL_TRY(plot_volume(ctx, report, s, dir, files));
    IL_TRY(plot_strain(ctx, report, s, dir, files));
    return plot_voltage(ctx, report, s, dir, files);
}
