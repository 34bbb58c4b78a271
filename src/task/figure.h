/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A plot whose series own their numbers, written as PNG and SVG. */
#ifndef ILI_TASK_FIGURE_H
#define ILI_TASK_FIGURE_H

#include "analysis/transport.h"
#include "io/picture_plot.h"
#include "io/report.h"

typedef struct ili_figure {
    ili_plot_series *series;
    char (*label)[64];
    int n, cap;
} ili_figure;

/** Room for cap series; free in any state after. */
il_status ili_figure_make(il_context *ctx, int cap, ili_figure *figure);
void ili_figure_free(ili_figure *figure);
/** A new series of n points, zero; its x, y, low, high are at block, + n, + 2 n, + 3 n. label NULL: not in the legend; copied. */
il_status ili_figure_add(il_context *ctx, ili_figure *figure, ili_plot_style style, int color,
                         const char *label, int n, double **block);
/** A line through n points with their intervals: two series. */
il_status ili_figure_curve(il_context *ctx, ili_figure *figure, int color, const char *label, int n,
                           const double *x, const ili_estimate *y);
/** Draw to DIR/STEM.png and .svg, listed in files; nothing when no point can be drawn. The plot's series are set here. */
il_status ili_figure_write(il_context *ctx, il_report *report, ili_plot *plot, const ili_figure *figure,
                           const char *dir, const char *stem, ili_json *files);

#endif
