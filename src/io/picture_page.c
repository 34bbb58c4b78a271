/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/picture_page.h"

#include "base/file.h"
#include "base/text.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const double SCRIPT_SIZE = 0.72, SCRIPT_RISE = 0.38, SCRIPT_DROP = 0.18; /* of the text's size */

static cairo_surface_t *make_surface(const char *ending, const char *path, const ili_page *page) {
    double width = page->width, height = page->height, scale = page->resolution;
    if (ili_same_text(ending, ".svg")) return cairo_svg_surface_create(path, width, height);
    if (ili_same_text(ending, ".pdf")) return cairo_pdf_surface_create(path, width, height);
    if (!ili_same_text(ending, ".png")) return NULL;
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(width * scale), (int)(height * scale));
    cairo_surface_set_device_scale(surface, scale, scale);
    return surface;
}

il_status ili_page_write(il_context *ctx, const ili_page *page, const char *path) {
    cairo_surface_t *surface = NULL;
    cairo_t *cr = NULL;
    il_status status = IL_OK;
    char temporary[4096];
    const char *dot = strrchr(path, '.');
    if (snprintf(temporary, sizeof temporary, "%s.%d.tmp", path, (int)getpid()) >= (int)sizeof temporary)
        return ili_fail(ctx, IL_E_FILE, "%.60s...: the name is too long", path);
    errno = 0; /* cairo says no more than that writing failed */
    surface = make_surface(dot ? dot : "", temporary, page);
    if (!surface) IL_GO(ili_fail(ctx, IL_E_INPUT, "%s: pictures end in .png, .svg or .pdf", path));
    cr = cairo_create(surface);
    cairo_set_source_rgb(cr, 1.0, 1.0, 1.0);
    cairo_paint(cr);
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    page->draw(cr, page->user);
    cairo_status_t drawn = cairo_status(cr);
    if (drawn == CAIRO_STATUS_SUCCESS && ili_same_text(dot, ".png"))
        drawn = cairo_surface_write_to_png(surface, temporary);
    cairo_surface_finish(surface);
    if (drawn == CAIRO_STATUS_SUCCESS) drawn = cairo_surface_status(surface);
    if (drawn != CAIRO_STATUS_SUCCESS)
        IL_GO(ili_fail(ctx, ili_write_status(errno), "%s: the picture cannot be written: %s", path,
                       errno ? strerror(errno) : cairo_status_to_string(drawn)));
    if (rename(temporary, path) != 0)
        IL_GO(ili_fail(ctx, ili_write_status(errno), "%s: cannot be written: %s", path, strerror(errno)));
out:
    if (status != IL_OK) remove(temporary);
    if (cr) cairo_destroy(cr);
    if (surface) cairo_surface_destroy(surface);
    return status;
}

/** Go through a text piece by piece; returns its width. The pieces are shown at (x, y) when is_shown. */
static double run_text(cairo_t *cr, double x, double y, double size, const char *text, bool is_shown) {
    double width = 0.0;
    for (const char *p = text; *p;) {
        bool is_script = (*p == '^' || *p == '_') && p[1] == '{';
        double shift = !is_script ? 0.0 : *p == '^' ? -SCRIPT_RISE : SCRIPT_DROP;
        char piece[256];
        size_t n = 0;
        if (is_script) p += 2;
        for (; *p && n + 1 < sizeof piece; piece[n++] = *p++)
            if (is_script ? *p == '}' : (*p == '^' || *p == '_') && p[1] == '{') break;
        piece[n] = 0;
        if (is_script && *p == '}') p++;
        cairo_text_extents_t extents;
        cairo_set_font_size(cr, is_script ? SCRIPT_SIZE * size : size);
        cairo_text_extents(cr, piece, &extents);
        if (is_shown) {
            cairo_move_to(cr, x + width, y + shift * size);
            cairo_show_text(cr, piece);
        }
        width += extents.x_advance;
    }
    return width;
}

void ili_page_text(struct _cairo *cr, double x, double y, double size, double anchor, const char *text) {
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    double left = anchor > 0.0 ? anchor * ili_page_text_width(cr, size, text) : 0.0;
    run_text(cr, x - left, y, size, text, true);
}

double ili_page_text_width(struct _cairo *cr, double size, const char *text) {
    return run_text(cr, 0.0, 0.0, size, text, false);
}
