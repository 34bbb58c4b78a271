/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/figure.h"

#include "base/alloc.h"
#include "base/file.h"

#include <math.h>
#include <stdio.h>

void ili_figure_free(ili_figure *f) {
    for (int k = 0; k < f->n; k++) ili_free((void *)f->series[k].x);
    ili_free(f->series);
    ili_free(f->label);
}

il_status ili_figure_make(il_context *ctx, int cap, ili_figure *f) {
    *f = (ili_figure){.cap = cap};
    f->series = ili_alloc((size_t)cap, sizeof *f->series);
    f->label = ili_alloc((size_t)cap, sizeof *f->label);
    return f->series && f->label ? IL_OK : ili_no_memory(ctx, "a plot");
}

il_status ili_figure_add(il_context *ctx, ili_figure *f, ili_plot_style style, int color, const char *label,
                         int n, double **block) {
    if (f->n == f->cap) return ili_fail(ctx, IL_E_INTERNAL, "a plot has more series than were counted");
    double *b = *block = ili_alloc((size_t)(n > 0 ? n : 1), 4 * sizeof *b);
    if (!b) return ili_no_memory(ctx, "a plot");
    if (label) snprintf(f->label[f->n], sizeof f->label[f->n], "%s", label);
    f->series[f->n] = (ili_plot_series){.style = style,
                                        .label = label ? f->label[f->n] : NULL,
                                        .color = color,
                                        .n = n,
                                        .x = b,
                                        .y = b + n,
                                        .low = b + 2 * n,
                                        .high = b + 3 * n};
    f->n++;
    return IL_OK;
}

il_status ili_figure_curve(il_context *ctx, ili_figure *f, int color, const char *label, int n,
                           const double *x, const ili_estimate *y) {
    static const ili_plot_style styles[] = {ILI_PLOT_LINE, ILI_PLOT_POINTS};
    for (int part = 0; part < 2; part++) {
        double *b;
        IL_TRY(ili_figure_add(ctx, f, styles[part], color, part ? label : NULL, n, &b));
        for (int k = 0; k < n; k++) {
            b[k] = x[k];
            b[n + k] = y[k].value;
            b[2 * n + k] = y[k].low;
            b[3 * n + k] = y[k].high;
        }
    }
    return IL_OK;
}

static bool can_stand(const ili_plot_axis *axis, double value) {
    return isfinite(value) && (!axis->is_log || value > 0.0);
}

il_status ili_figure_write(il_context *ctx, il_report *report, ili_plot *plot, const ili_figure *f,
                           const char *dir, const char *stem, ili_json *files) {
    static const char *const endings[] = {"png", "svg"};
    bool has_points = false;
    for (int k = 0; k < f->n; k++)
        for (int i = 0; i < f->series[k].n; i++)
            has_points = has_points ||
                         (can_stand(&plot->x, f->series[k].x[i]) && can_stand(&plot->y, f->series[k].y[i]));
    if (!has_points) return IL_OK;
    plot->series = f->series;
    plot->n_series = f->n;
    for (int k = 0; k < 2; k++) {
        char path[ILI_PATH_MAX], name[64];
        snprintf(name, sizeof name, "%s.%s", stem, endings[k]);
        IL_TRY(ili_path_join(ctx, path, dir, "%s", name));
        IL_TRY(ili_plot_write(ctx, plot, path));
        ili_json_push_string(files, name);
        if (k == 0) ili_report_print(report, "written: %s\n", path);
    }
    return IL_OK;
}
