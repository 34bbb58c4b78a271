/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/picture.h"

#include "base/alloc.h"
#include "io/picture_page.h"
#include "math/units.h"
#include "system/element.h"

#include <cairo.h>
#include <math.h>
#include <stdlib.h>

static const double SCALE = 22.0;       /* points an angstrom */
static const double MARGIN = 40.0;      /* points */
static const double LEGEND = 120.0;     /* points, at the right */
static const double LEAST_WIDTH = 24.0; /* angstrom */
static const double DISC = 0.62;        /* of the covalent radius */

/** An atom, or an image of one, to be drawn. */
typedef struct ball {
    double x, z, depth; /**< angstrom; depth 0 front .. 1 back */
    int z_number;
} ball;

typedef struct view {
    double low[2], high[2]; /**< x and z drawn, angstrom */
    int copies;             /**< along a */
    ball *balls;
    int32_t n;
} view;

static int back_first(const void *a, const void *b) {
    double p = ((const ball *)a)->depth, q = ((const ball *)b)->depth;
    return (p < q) - (p > q);
}

static il_status collect(il_context *ctx, const il_system *sys, view *v) {
    const double(*h)[3] = sys->cell.h;
    double width = h[0][0], y_low = INFINITY, y_high = -INFINITY;
    v->copies = sys->cell.pbc[0] && width > 0.1 ? (int)fmin(50.0, ceil(LEAST_WIDTH / width)) : 1;
    v->n = sys->n_atoms * v->copies;
    v->balls = ili_alloc((size_t)v->n, sizeof *v->balls);
    if (!v->balls) return ili_no_memory(ctx, "the picture");
    v->low[1] = INFINITY;
    v->high[1] = -INFINITY;
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        double x[3] = {sys->x[i][0], sys->x[i][1], sys->x[i][2]};
        if (sys->cell.pbc[0] && sys->cell.pbc[1]) {
            ili_cell plane = sys->cell;
            plane.pbc[2] = false;
            ili_cell_wrap(&plane, x);
            x[0] -= width * floor(x[0] / width); /* a tilted cell is drawn as an upright strip */
        }
        y_low = fmin(y_low, x[1]);
        y_high = fmax(y_high, x[1]);
        v->low[1] = fmin(v->low[1], x[2]);
        v->high[1] = fmax(v->high[1], x[2]);
        for (int c = 0; c < v->copies; c++)
            v->balls[i * v->copies + c] = (ball){
                .x = x[0] + c * width, .z = x[2], .depth = x[1], .z_number = sys->species[sys->type[i]].z};
    }
    for (int32_t k = 0; k < v->n; k++)
        v->balls[k].depth = (v->balls[k].depth - y_low) / fmax(y_high - y_low, 1e-9);
    qsort(v->balls, (size_t)v->n, sizeof *v->balls, back_first);
    v->low[0] = 0.0;
    v->high[0] = v->copies * width;
    for (int32_t k = 0; k < v->n && !sys->cell.pbc[0]; k++) {
        v->low[0] = fmin(v->low[0], v->balls[k].x);
        v->high[0] = fmax(v->high[0], v->balls[k].x);
    }
    return IL_OK;
}

static double disc_radius(int z) {
    return DISC * SCALE * fmax(0.35, ili_element_of(z)->covalent_radius);
}

/** A shaded disc; far atoms fade towards the white page. */
static void draw_ball(cairo_t *cr, double x, double y, int z, double depth) {
    const unsigned char *rgb = ili_element_of(z)->color;
    double r = disc_radius(z), fade = 0.55 * depth, c[3];
    for (int k = 0; k < 3; k++) c[k] = rgb[k] / 255.0 * (1.0 - fade) + fade;
    cairo_pattern_t *shade = cairo_pattern_create_radial(x - 0.35 * r, y - 0.35 * r, 0.1 * r, x, y, r);
    cairo_pattern_add_color_stop_rgb(shade, 0.0, 0.5 + 0.5 * c[0], 0.5 + 0.5 * c[1], 0.5 + 0.5 * c[2]);
    cairo_pattern_add_color_stop_rgb(shade, 1.0, 0.85 * c[0], 0.85 * c[1], 0.85 * c[2]);
    cairo_new_path(cr);
    cairo_arc(cr, x, y, r, 0.0, 2.0 * ILI_PI);
    cairo_set_source(cr, shade);
    cairo_fill_preserve(cr);
    cairo_pattern_destroy(shade);
    cairo_set_source_rgb(cr, 0.3 + 0.5 * fade, 0.3 + 0.5 * fade, 0.3 + 0.5 * fade);
    cairo_set_line_width(cr, 0.6);
    cairo_stroke(cr);
}

/** Elements once each, and a bar of 4 angstrom. */
static void draw_legend(cairo_t *cr, const il_system *sys, double x, double y) {
    bool shown[ILI_Z_MAX + 1] = {false};
    for (int32_t s = 0; s < sys->n_species; s++) {
        int z = sys->species[s].z;
        bool used = false;
        for (int32_t i = 0; i < sys->n_atoms && !used; i++) used = sys->type[i] == s;
        if (shown[z] || !used) continue;
        shown[z] = true;
        draw_ball(cr, x, y - 5.0, z, 0.0);
        ili_page_text(cr, x + 30.0, y, 16.0, 0.0, ili_element_of(z)->symbol);
        y += 38.0;
    }
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    cairo_set_line_width(cr, 3.0);
    cairo_move_to(cr, x - 14.0, y + 10.0);
    cairo_rel_line_to(cr, 4.0 * SCALE, 0.0);
    cairo_stroke(cr);
    ili_page_text(cr, x - 14.0, y + 32.0, 14.0, 0.0, "4 \xc3\x85");
}

typedef struct scene {
    const il_system *sys;
    const char *caption;
    const view *view;
    double width, height;
} scene;

static void draw(cairo_t *cr, void *user) {
    const scene *s = user;
    const view *v = s->view;
    double base = s->height - MARGIN;
    cairo_set_source_rgb(cr, 0.7, 0.7, 0.7);
    cairo_set_line_width(cr, 1.0);
    for (int c = 0; c <= v->copies && s->sys->cell.pbc[0]; c++) { /* edges of the cell */
        double x = MARGIN + c * s->sys->cell.h[0][0] * SCALE;
        cairo_move_to(cr, x, base + 8.0);
        cairo_line_to(cr, x, base - (v->high[1] - v->low[1]) * SCALE - 8.0);
        cairo_stroke(cr);
    }
    for (int32_t k = 0; k < v->n; k++) {
        const ball *b = &v->balls[k];
        draw_ball(cr, MARGIN + (b->x - v->low[0]) * SCALE, base - (b->z - v->low[1]) * SCALE, b->z_number,
                  b->depth);
    }
    draw_legend(cr, s->sys, s->width - LEGEND + 30.0, MARGIN + 60.0);
    ili_page_text(cr, MARGIN, 32.0, 18.0, 0.0, s->caption);
}

il_status ili_picture_write(il_context *ctx, const il_system *sys, const char *caption, const char *path) {
    view v = {0};
    scene s = {.sys = sys, .caption = caption, .view = &v};
    il_status status;
    IL_GO(collect(ctx, sys, &v));
    s.width = (v.high[0] - v.low[0]) * SCALE + MARGIN + LEGEND + 10.0;
    s.height = (v.high[1] - v.low[1]) * SCALE + 2.0 * MARGIN + 40.0;
    if (s.width > 20000.0 || s.height > 20000.0)
        IL_GO(ili_fail(ctx, IL_E_UNSUPPORTED, "%s: the structure is too large for a picture", path));
    const ili_page page = {.width = s.width, .height = s.height, .resolution = 1.0, .draw = draw, .user = &s};
    IL_GO(ili_page_write(ctx, &page, path));
out:
    ili_free(v.balls);
    return status;
}
