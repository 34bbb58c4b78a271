/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Plots of curves with error bars and bands, drawn with cairo: PNG, SVG or PDF by the ending. */
#ifndef ILI_IO_PICTURE_PLOT_H
#define ILI_IO_PICTURE_PLOT_H

#include "base/context.h"

typedef enum ili_plot_style {
    ILI_PLOT_POINTS,
    ILI_PLOT_LINE,
    ILI_PLOT_DASHED,
    ILI_PLOT_DOTTED,
    ILI_PLOT_DASH_DOT,
    ILI_PLOT_BAND
} ili_plot_style;

/** One series. Texts are UTF-8, with ^{..} and _{..} raised and lowered. BAND fills between low and high; POINTS draw bars from low to high when given. */
typedef struct ili_plot_series {
    ili_plot_style style;
    const char *label; /**< in the legend; NULL: not there */
    int color;         /**< index into the palette of 7, paler beyond; a band and its line share one */
    int n;
    const double *x, *y, *low, *high; /**< [n]; low, high may be NULL; a BAND has both and needs no y */
} ili_plot_series;

typedef struct ili_plot_axis {
    const char *label; /**< with unit */
    bool is_log;
} ili_plot_axis;

typedef struct ili_plot {
    const char *title;
    ili_plot_axis x, y;
    const ili_plot_axis *top;   /**< second x axis on top, or NULL */
    double (*top_to_x)(double); /**< maps a value of the top axis to x */
    const ili_plot_series *series;
    int n_series;
} ili_plot;

/** A page of 800 x 600 points, twice as many pixels in a PNG. At most 96 series have a label, 20 in a column; lines are broken where a point is left
 *  out. Points that are not finite (or beyond 1e150), and those not positive on a log axis, are left out. IL_E_INPUT when nothing is left to draw; IL_E_FILE. */
il_status ili_plot_write(il_context *ctx, const ili_plot *plot, const char *path);

#endif
