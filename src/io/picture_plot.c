/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A frame with ticks inward on all sides, curves clipped to it, the legend in a free corner, or beside the frame when there is
 * none. Colours: Okabe and Ito, which readers with any colour vision tell apart; markers differ as well, and
 * full lines of the second round are dashed. */
#include "io/picture_plot.h"

#include "io/picture_page.h"
#include "io/picture_ticks.h"
#include "math/units.h"

#include <cairo.h>
#include <math.h>
#include <stdio.h>

enum { N_COLORS = 7, N_MARKERS = 4, LEGEND_MAX = 96 };

static const double colors[N_COLORS][3] = {
    {0.000, 0.447, 0.698}, {0.835, 0.369, 0.000}, {0.000, 0.620, 0.451}, {0.800, 0.475, 0.655},
    {0.902, 0.624, 0.000}, {0.337, 0.706, 0.914}, {0.200, 0.200, 0.200}};

static const double WIDTH = 800.0, HEIGHT = 600.0, RESOLUTION = 2.0;        /* points; pixels a point */
static const double TITLE = 18.0, LABEL = 18.0, TICK = 16.0, LEGEND = 15.0; /* sizes of text */
static const double EDGE = 30.0, MAJOR = 8.0, MINOR = 4.0, GAP = 9.0;
static const double ROW = 23.0, KEY = 34.0, PAD = 8.0; /* of the legend */
static const double LARGEST = 1e150;
static const double MARKER = 4.5; /* radius */

typedef struct axis {
    double low, high;
    bool is_log;
    ili_ticks ticks;
} axis;

typedef struct box {
    double left, right, upper, lower;
} box;

typedef struct sheet {
    const ili_plot *plot;
    cairo_t *cr;
    axis x, y, top;
    box frame, legend;
    int n_keys, n_rows; /* of the legend; rows of a column */
    double column;      /* its width */
    const ili_plot_series *keys[LEGEND_MAX];
} sheet;

/** Numbers whose ratios might overflow are not drawn either. */
static bool is_shown(const ili_plot_axis *a, double value) {
    return fabs(value) <= LARGEST && (!a->is_log || value >= 1.0 / LARGEST);
}

/** 0 at the low end of the axis, 1 at the high one. */
static double along(const axis *a, double value) {
    if (!a->is_log) return (value - a->low) / (a->high - a->low);
    return log(value / a->low) / log(a->high / a->low);
}

static double page_x(const sheet *s, double x) {
    return s->frame.left + along(&s->x, x) * (s->frame.right - s->frame.left);
}

/** What is not above zero on a log axis lies under the frame. */
static double page_y(const sheet *s, double y) {
    if (s->y.is_log && y <= 0.0) return 2.0 * HEIGHT;
    double to = s->frame.lower - along(&s->y, y) * (s->frame.lower - s->frame.upper);
    return fmax(-HEIGHT, fmin(2.0 * HEIGHT, to));
}

/* ---- ranges ------------------------------------------------------------------------------------------ */

/** Can point k of a series be drawn? A band needs both bounds, everything else its y. */
static bool has_point(const ili_plot *p, const ili_plot_series *c, int k) {
    if (!is_shown(&p->x, c->x[k])) return false;
    if (c->style != ILI_PLOT_BAND) return is_shown(&p->y, c->y[k]);
    return isfinite(c->low[k]) && is_shown(&p->y, c->high[k]);
}

static void widen(axis *a, double value) {
    a->low = fmin(a->low, value);
    a->high = fmax(a->high, value);
}

/** Room beside the data, and a width where all are one; positive numbers that are `inverted` on another axis stay
 *  above zero, others near zero begin there. */
static void pad(axis *a, bool inverted) {
    if (a->is_log) {
        double room = pow(a->high / a->low, 0.05);
        if (a->high / a->low < 1.3) room = 1.3;
        a->low /= room;
        a->high *= room;
        return;
    }
    double size = fmax(fabs(a->low), fabs(a->high)), room = 0.05 * (a->high - a->low);
    bool from_zero = a->low >= 0.0 && a->low < 0.2 * a->high;
    if (a->high - a->low <= 1e-6 * size) room = size > 0.0 ? 0.1 * size : 1.0;
    if (inverted && a->low > 0.0)
        a->low = fmax(a->low - room, 0.5 * a->low);
    else
        a->low = from_zero ? 0.0 : a->low - room;
    a->high += room;
}

/** The ends of bars and bands count as long as they do not dwarf the points. */
static void widen_by_bounds(const ili_plot *p, const axis *points, axis *a) {
    double room =
        a->is_log ? fmax(10.0, points->high / points->low) : 1.5 * fmax(points->high - points->low, 0.0);
    if (!a->is_log && room == 0.0) room = INFINITY;
    bool is_free = !(points->low <= points->high); /* bands alone */
    double low = is_free ? -INFINITY : a->is_log ? points->low / room : points->low - room;
    double high = is_free ? INFINITY : a->is_log ? points->high * room : points->high + room;
    for (int i = 0; i < p->n_series; i++) {
        const ili_plot_series *c = &p->series[i];
        for (int k = 0; k < c->n; k++) {
            if (!has_point(p, c, k)) continue;
            if (c->low && is_shown(&p->y, c->low[k])) widen(a, fmax(low, c->low[k]));
            if (c->high && is_shown(&p->y, c->high[k])) widen(a, fmin(high, c->high[k]));
        }
    }
}

/** False when there is nothing to draw. */
static bool find_ranges(sheet *s) {
    const ili_plot *p = s->plot;
    axis *x = &s->x, *y = &s->y;
    *x = (axis){.low = INFINITY, .high = -INFINITY, .is_log = p->x.is_log};
    *y = (axis){.low = INFINITY, .high = -INFINITY, .is_log = p->y.is_log};
    for (int i = 0; i < p->n_series; i++)
        for (int k = 0; k < p->series[i].n; k++)
            if (has_point(p, &p->series[i], k)) {
                widen(x, p->series[i].x[k]);
                if (p->series[i].style != ILI_PLOT_BAND) widen(y, p->series[i].y[k]);
            }
    axis points = *y;
    widen_by_bounds(p, &points, y);
    if (!(x->low <= x->high) || !(y->low <= y->high)) return false;
    pad(x, p->top != NULL);
    pad(y, false);
    ili_ticks_make(x->low, x->high, x->is_log, 6, &x->ticks);
    ili_ticks_make(y->low, y->high, y->is_log, 6, &y->ticks);
    return true;
}

/** The value of the top axis, above zero, that maps to x: by halving, as the map is monotone. */
static double top_value(const ili_plot *p, double x) {
    double low = 1e-6, high = 1e9;
    bool is_rising = p->top_to_x(high) > p->top_to_x(low);
    for (int k = 0; k < 200; k++) {
        double middle = sqrt(low * high);
        if ((p->top_to_x(middle) < x) == is_rising)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void find_top(sheet *s) {
    const ili_plot *p = s->plot;
    if (!p->top) return;
    double a = top_value(p, s->x.low), b = top_value(p, s->x.high);
    s->top = (axis){.low = fmin(a, b), .high = fmax(a, b), .is_log = p->top->is_log};
    ili_ticks_make(s->top.low, s->top.high, s->top.is_log, 10, &s->top.ticks);
}

/* ---- the legend -------------------------------------------------------------------------------------- */

static bool is_inside(const box *b, double x, double y) {
    return x > b->left && x < b->right && y > b->upper && y < b->lower;
}

/** Does the line between two points of the page pass through the box? */
static bool is_crossed(const box *b, double x0, double y0, double x1, double y1) {
    int n = 1 + (int)fmin(500.0, hypot(x1 - x0, y1 - y0) / 6.0);
    for (int k = 0; k <= n; k++)
        if (is_inside(b, x0 + (x1 - x0) * k / n, y0 + (y1 - y0) * k / n)) return true;
    return false;
}

static bool is_free(const sheet *s, const box *b) {
    const ili_plot *p = s->plot;
    for (int i = 0; i < p->n_series; i++) {
        const ili_plot_series *c = &p->series[i];
        for (int k = 0, last = -1; k < c->n; k++) {
            if (!has_point(p, c, k)) {
                last = -1;
                continue;
            }
            double x = page_x(s, c->x[k]), low = c->low ? page_y(s, c->low[k]) : NAN,
                   high = c->high ? page_y(s, c->high[k]) : NAN;
            if (c->y && c->style != ILI_PLOT_BAND && is_inside(b, x, page_y(s, c->y[k]))) return false;
            if (isfinite(low) && isfinite(high) && is_crossed(b, x, low, x, high)) return false;
            if (last >= 0 && c->style != ILI_PLOT_POINTS) {
                const double *y = c->style == ILI_PLOT_BAND ? c->high : c->y;
                double x0 = page_x(s, c->x[last]);
                if (is_crossed(b, x0, page_y(s, y[last]), x, page_y(s, y[k]))) return false;
                if (c->style == ILI_PLOT_BAND && is_crossed(b, x0, page_y(s, c->low[last]), x, low))
                    return false;
            }
            last = k;
        }
    }
    return true;
}

/** The labels and, in as many columns as the height of the frame demands, their room. */
static void find_keys(sheet *s, double *width, double *height) {
    s->n_keys = 0;
    s->column = 0.0;
    for (int i = 0; i < s->plot->n_series && s->n_keys < LEGEND_MAX; i++) {
        const ili_plot_series *c = &s->plot->series[i];
        if (!c->label || !*c->label) continue;
        s->keys[s->n_keys++] = c;
        s->column = fmax(s->column, ili_page_text_width(s->cr, LEGEND, c->label));
    }
    s->column += KEY + 3.0 * PAD;
    const int most = (int)((s->frame.lower - s->frame.upper - PAD) / ROW),
              n_columns = (s->n_keys + most - 1) / most;
    s->n_rows = n_columns > 0 ? (s->n_keys + n_columns - 1) / n_columns : 0;
    *width = n_columns * s->column;
    *height = s->n_rows * ROW + PAD;
}

/** The frame, with room for the texts round it. */
static void place_frame(sheet *s) {
    double widest = 0.0;
    for (int k = 0; k < s->y.ticks.n; k++)
        widest = fmax(widest, ili_page_text_width(s->cr, TICK, s->y.ticks.tick[k].text));
    s->frame = (box){EDGE + 12.0 + widest + GAP, WIDTH - EDGE, EDGE, HEIGHT - 72.0};
    if (s->plot->title || s->y.ticks.power) s->frame.upper += 18.0;
    if (s->plot->top) s->frame.upper += s->plot->title ? 56.0 : 34.0;
}

/** Put the legend into a corner of the frame: bit 0 right, bit 1 low. False: something is there. */
static bool try_corner(sheet *s, int corner, double width, double height) {
    const double room = MAJOR + 6.0, gap = 8.0;
    box *b = &s->legend;
    b->left = corner & 1 ? s->frame.right - room - width : s->frame.left + room;
    b->upper = corner & 2 ? s->frame.lower - room - height : s->frame.upper + room;
    b->right = b->left + width;
    b->lower = b->upper + height;
    return is_free(s, &(box){b->left - gap, b->right + gap, b->upper - gap, b->lower + gap});
}

/** A free corner inside the frame; else room above the curves; else, when it is large, beside the frame. */
static void place_legend(sheet *s) {
    double width, height;
    find_keys(s, &width, &height);
    if (s->n_keys == 0) return;
    bool is_narrow = width < 0.6 * (s->frame.right - s->frame.left);
    for (int corner = 0; corner < 4 && is_narrow; corner++)
        if (try_corner(s, corner, width, height)) return;
    double part = (height + 40.0) / (s->frame.lower - s->frame.upper);
    if (part < 0.4 && is_narrow) {
        axis *y = &s->y;
        if (y->is_log)
            y->high = y->low * pow(y->high / y->low, 1.0 / (1.0 - part));
        else
            y->high = y->low + (y->high - y->low) / (1.0 - part);
        ili_ticks_make(y->low, y->high, y->is_log, 6, &y->ticks);
        place_frame(s);
        try_corner(s, 0, width, height);
        return;
    }
    s->frame.right = WIDTH - EDGE - width;
    double left = s->frame.right + 10.0;
    s->legend = (box){left, left + width, s->frame.upper, s->frame.upper + height};
}

/* ---- drawing ----------------------------------------------------------------------------------------- */

static void set_color(cairo_t *cr, int color, double alpha) {
    const double *c = colors[(color % N_COLORS + N_COLORS) % N_COLORS];
    const double light =
        color < N_COLORS ? 0.0 : 0.7 * (1.0 - pow(0.5, color / N_COLORS)); /* each round is paler */
    cairo_set_source_rgba(cr, c[0] + light * (1.0 - c[0]), c[1] + light * (1.0 - c[1]),
                          c[2] + light * (1.0 - c[2]), alpha);
}

static void set_pen(cairo_t *cr, double width, ili_plot_style style) {
    static const struct {
        int n;
        double length[4];
    } dashes[] = {[ILI_PLOT_DASHED] = {2, {8.0, 5.0}},
                  [ILI_PLOT_DOTTED] = {2, {2.0, 3.0}},
                  [ILI_PLOT_DASH_DOT] = {4, {9.0, 3.0, 2.0, 3.0}},
                  [ILI_PLOT_BAND] = {0, {0.0}}};
    cairo_set_line_width(cr, width);
    cairo_set_dash(cr, dashes[style].length, dashes[style].n, 0.0);
}

/** Pen of a curve: full lines that have come to the colours a second time are dashed, as paler ones alone look like others. */
static void set_curve_pen(cairo_t *cr, const ili_plot_series *c) {
    const bool is_second = c->style == ILI_PLOT_LINE && c->color >= N_COLORS;
    set_pen(cr, 2.2, is_second ? ILI_PLOT_DASHED : c->style);
}

static void draw_marker(cairo_t *cr, double x, double y, int color) {
    double r = MARKER;
    cairo_new_path(cr);
    switch (((color % N_COLORS + N_COLORS) % N_COLORS) % N_MARKERS) {
    case 0:
        cairo_arc(cr, x, y, r, 0.0, 2.0 * ILI_PI);
        break;
    case 1:
        cairo_rectangle(cr, x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
        break;
    case 2:
        cairo_move_to(cr, x, y - 1.25 * r);
        cairo_line_to(cr, x + 1.1 * r, y + 0.75 * r);
        cairo_line_to(cr, x - 1.1 * r, y + 0.75 * r);
        cairo_close_path(cr);
        break;
    default:
        cairo_move_to(cr, x, y - 1.25 * r);
        cairo_line_to(cr, x + 1.25 * r, y);
        cairo_line_to(cr, x, y + 1.25 * r);
        cairo_line_to(cr, x - 1.25 * r, y);
        cairo_close_path(cr);
    }
    set_color(cr, color, 1.0);
    cairo_fill(cr);
}

static void draw_bar(cairo_t *cr, double x, double low, double high) {
    set_pen(cr, 1.4, ILI_PLOT_LINE);
    cairo_move_to(cr, x, low);
    cairo_line_to(cr, x, high);
    for (int k = 0; k < 2; k++) {
        cairo_move_to(cr, x - 4.0, k ? low : high);
        cairo_line_to(cr, x + 4.0, k ? low : high);
    }
    cairo_stroke(cr);
}

/** Fill a band over the points from `first` up to `end`, all of which can be drawn. */
static void fill_band(const sheet *s, const ili_plot_series *c, int first, int end) {
    for (int k = first; k < end; k++) cairo_line_to(s->cr, page_x(s, c->x[k]), page_y(s, c->high[k]));
    for (int k = end; k-- > first;) cairo_line_to(s->cr, page_x(s, c->x[k]), page_y(s, c->low[k]));
    cairo_close_path(s->cr);
    set_color(s->cr, c->color, 0.22);
    cairo_fill(s->cr);
}

static void draw_curve(const sheet *s, const ili_plot_series *c) {
    cairo_t *cr = s->cr;
    for (int k = 0, end; k < c->n; k = end + 1) { /* runs of points without a gap */
        for (end = k; end < c->n && has_point(s->plot, c, end);) end++;
        if (end == k) continue;
        cairo_new_path(cr);
        if (c->style == ILI_PLOT_BAND) {
            fill_band(s, c, k, end);
            continue;
        }
        for (int j = k; j < end; j++) cairo_line_to(cr, page_x(s, c->x[j]), page_y(s, c->y[j]));
        set_color(cr, c->color, 1.0);
        set_curve_pen(cr, c);
        cairo_stroke(cr);
    }
}

static bool has_bar(const ili_plot_series *c, int k) {
    return c->low && c->high && isfinite(c->low[k]) && isfinite(c->high[k]);
}

static bool has_bars(const ili_plot_series *c) {
    int k = 0;
    while (k < c->n && !has_bar(c, k)) k++;
    return k < c->n;
}

static void draw_bars(const sheet *s, const ili_plot_series *c) {
    set_color(s->cr, c->color, 1.0);
    for (int k = 0; k < c->n; k++)
        if (has_point(s->plot, c, k) && has_bar(c, k))
            draw_bar(s->cr, page_x(s, c->x[k]), page_y(s, c->low[k]), page_y(s, c->high[k]));
}

/** Bands lie under lines, and lines under bars. */
static void draw_series(const sheet *s) {
    const ili_plot *p = s->plot;
    cairo_save(s->cr);
    cairo_rectangle(s->cr, s->frame.left, s->frame.upper, s->frame.right - s->frame.left,
                    s->frame.lower - s->frame.upper);
    cairo_clip(s->cr);
    for (int layer = 0; layer < 3; layer++)
        for (int i = 0; i < p->n_series; i++) {
            ili_plot_style style = p->series[i].style;
            int own = style == ILI_PLOT_BAND ? 0 : style == ILI_PLOT_POINTS ? 2 : 1;
            if (own != layer) continue;
            if (style == ILI_PLOT_POINTS)
                draw_bars(s, &p->series[i]);
            else
                draw_curve(s, &p->series[i]);
        }
    cairo_restore(s->cr);
}

/** Over everything else, so that none on an axis is cut. */
static void draw_markers(const sheet *s) {
    for (int i = 0; i < s->plot->n_series; i++) {
        const ili_plot_series *c = &s->plot->series[i];
        for (int k = 0; k < c->n && c->style == ILI_PLOT_POINTS; k++)
            if (has_point(s->plot, c, k))
                draw_marker(s->cr, page_x(s, c->x[k]), page_y(s, c->y[k]), c->color);
    }
}

/** A tick of the lower and the upper edge (is_x), or of the left and the right one. */
static void draw_tick(const sheet *s, bool is_x, double at, double length, bool first_edge,
                      bool second_edge) {
    const box *f = &s->frame;
    const double ends[2][2] = {{is_x ? f->lower : f->left, is_x ? -length : length},
                               {is_x ? f->upper : f->right, is_x ? length : -length}};
    for (int k = 0; k < 2; k++) {
        if (!(k ? second_edge : first_edge)) continue;
        cairo_move_to(s->cr, is_x ? at : ends[k][0], is_x ? ends[k][0] : at);
        cairo_rel_line_to(s->cr, is_x ? 0.0 : ends[k][1], is_x ? ends[k][1] : 0.0);
    }
}

static void set_ink(cairo_t *cr) {
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    set_pen(cr, 1.3, ILI_PLOT_LINE);
}

/** How soon a text is given its place: 0 for every fifth of the numbers drawn, 1 for every second, 2 for the others. */
static int roundness(const ili_ticks *t, int k, double step) {
    double m = rint(t->tick[k].at / step);
    return fmod(m, 5.0) == 0.0 ? 0 : fmod(m, 2.0) == 0.0 ? 1 : 2;
}

/** The texts at place [n], round ones first; those that would touch another are left out. */
static void draw_x_texts(const sheet *s, const ili_ticks *t, const double *place, double y) {
    double done[ILI_TICKS_MAX][2], step = NAN, last = NAN;
    int n_done = 0;
    for (int k = 0; k < t->n; k++) {
        if (!t->tick[k].text[0]) continue;
        step = fmin(step, t->tick[k].at - last); /* of a NaN and a number fmin gives the number */
        last = t->tick[k].at;
    }
    for (int pass = 0; pass < 3; pass++)
        for (int k = 0; k < t->n; k++) {
            const char *text = t->tick[k].text;
            if (!*text || (step > 0.0 ? roundness(t, k, step) : 0) != pass) continue;
            double half = 0.5 * ili_page_text_width(s->cr, TICK, text) + 4.0;
            bool has_room = place[k] > s->frame.left - 0.5 && place[k] < s->frame.right + 0.5;
            for (int j = 0; j < n_done && has_room; j++)
                has_room = fabs(place[k] - done[j][0]) > half + done[j][1];
            if (!has_room) continue;
            ili_page_text(s->cr, place[k], y, TICK, 0.5, text);
            done[n_done][0] = place[k];
            done[n_done++][1] = half;
        }
}

/** Ticks along x of the lower edge, the upper or both; `map` takes the axis's values to x (NULL: they are). */
static void draw_x_ticks(const sheet *s, const axis *a, double (*map)(double), bool at_lower, bool at_upper) {
    const ili_ticks *t = &a->ticks;
    double place[ILI_TICKS_MAX], drawn = -INFINITY;
    for (int k = 0; k < t->n; k++) place[k] = page_x(s, map ? map(t->tick[k].at) : t->tick[k].at);
    for (int k = 0; k < t->n; k++) {
        bool is_major = t->tick[k].text[0] != 0;
        if (!(place[k] > s->frame.left - 0.5 && place[k] < s->frame.right + 0.5)) continue;
        if (!is_major && fabs(place[k] - drawn) < 4.0) continue;
        set_ink(s->cr);
        draw_tick(s, true, place[k], is_major ? MAJOR : MINOR, at_lower, at_upper);
        cairo_stroke(s->cr);
        drawn = place[k];
    }
    draw_x_texts(s, t, place, at_lower ? s->frame.lower + GAP + 0.75 * TICK : s->frame.upper - GAP);
}

static void draw_y_ticks(const sheet *s) {
    const ili_ticks *t = &s->y.ticks;
    for (int k = 0; k < t->n; k++) {
        bool is_major = t->tick[k].text[0] != 0;
        double at = page_y(s, t->tick[k].at);
        set_ink(s->cr);
        draw_tick(s, false, at, is_major ? MAJOR : MINOR, true, true);
        cairo_stroke(s->cr);
        ili_page_text(s->cr, s->frame.left - GAP, at + 0.36 * TICK, TICK, 1.0, t->tick[k].text);
    }
}

/** The power of ten by which an axis was divided, at its end. */
static void draw_power(const sheet *s, const ili_ticks *t, double x, double y) {
    char text[48];
    if (t->power == 0) return;
    snprintf(text, sizeof text,
             "\xc3\x97"
             "10^{%s%d}",
             t->power < 0 ? "\xe2\x88\x92" : "", t->power < 0 ? -t->power : t->power);
    ili_page_text(s->cr, x, y, TICK, 1.0, text);
}

/** A title or the name of an axis, smaller where it would be longer than its side. */
static void draw_name(const sheet *s, double x, double y, double size, double room, const char *text) {
    if (!text) return;
    double fit = room / ili_page_text_width(s->cr, size, text);
    ili_page_text(s->cr, x, y, size * fmin(1.0, fit), 0.5, text);
}

static void draw_axes(const sheet *s) {
    const ili_plot *p = s->plot;
    const box *f = &s->frame;
    double middle = 0.5 * (f->left + f->right), width = f->right - f->left;
    draw_x_ticks(s, &s->x, NULL, true, !p->top);
    if (p->top) draw_x_ticks(s, &s->top, p->top_to_x, false, true);
    draw_y_ticks(s);
    set_ink(s->cr);
    cairo_rectangle(s->cr, f->left, f->upper, f->right - f->left, f->lower - f->upper);
    cairo_stroke(s->cr);
    draw_name(s, middle, HEIGHT - 20.0, LABEL, width, p->x.label);
    draw_power(s, &s->x.ticks, f->right, HEIGHT - 20.0);
    draw_power(s, &s->y.ticks, f->left - GAP, f->upper - 0.9 * TICK);
    if (p->top) draw_name(s, middle, f->upper - 36.0, LABEL, width, p->top->label);
    draw_name(s, middle, EDGE, TITLE, width, p->title);
    cairo_save(s->cr);
    cairo_translate(s->cr, EDGE, 0.5 * (f->upper + f->lower));
    cairo_rotate(s->cr, -0.5 * ILI_PI);
    draw_name(s, 0.0, 0.0, LABEL, f->lower - f->upper, p->y.label);
    cairo_restore(s->cr);
}

/** Has a line a band of its colour that has no label of its own? */
static bool has_band(const ili_plot *p, const ili_plot_series *c) {
    for (int i = 0; i < p->n_series; i++)
        if (p->series[i].style == ILI_PLOT_BAND && p->series[i].color == c->color && !p->series[i].label &&
            c->style != ILI_PLOT_POINTS)
            return true;
    return false;
}

static void draw_legend(const sheet *s) {
    cairo_t *cr = s->cr;
    for (int k = 0; k < s->n_keys; k++) {
        const ili_plot_series *c = s->keys[k];
        double x = s->legend.left + PAD + k / s->n_rows * s->column,
               y = s->legend.upper + 0.5 * PAD + (k % s->n_rows + 0.5) * ROW;
        cairo_new_path(cr);
        if (c->style == ILI_PLOT_BAND || has_band(s->plot, c)) {
            cairo_rectangle(cr, x, y - 6.0, KEY, 12.0);
            set_color(cr, c->color, 0.22);
            cairo_fill(cr);
        }
        set_color(cr, c->color, 1.0);
        if (c->style != ILI_PLOT_POINTS && c->style != ILI_PLOT_BAND) {
            set_curve_pen(cr, c);
            cairo_move_to(cr, x, y);
            cairo_rel_line_to(cr, KEY, 0.0);
            cairo_stroke(cr);
        }
        if (c->style == ILI_PLOT_POINTS) {
            if (has_bars(c)) draw_bar(cr, x + 0.5 * KEY, y + 8.0, y - 8.0);
            draw_marker(cr, x + 0.5 * KEY, y, c->color);
        }
        ili_page_text(cr, x + KEY + PAD, y + 0.35 * LEGEND, LEGEND, 0.0, c->label);
    }
}

static void draw(cairo_t *cr, void *user) {
    sheet *s = user;
    s->cr = cr;
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    place_frame(s);
    place_legend(s);
    draw_series(s);
    draw_axes(s);
    draw_markers(s);
    draw_legend(s);
}

il_status ili_plot_write(il_context *ctx, const ili_plot *plot, const char *path) {
    sheet s = {.plot = plot};
    if (!find_ranges(&s))
        return ili_fail(ctx, IL_E_INPUT, "%s: there is no point to draw: all are left out, as not finite%s",
                        path,
                        plot->x.is_log || plot->y.is_log ? " or not above zero on a logarithmic axis" : "");
    find_top(&s);
    const ili_page page = {
        .width = WIDTH, .height = HEIGHT, .resolution = RESOLUTION, .draw = draw, .user = &s};
    return ili_page_write(ctx, &page, path);
}
