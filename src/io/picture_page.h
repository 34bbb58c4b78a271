/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A page drawn with cairo and written as PNG, SVG or PDF: what all pictures share. */
#ifndef ILI_IO_PICTURE_PAGE_H
#define ILI_IO_PICTURE_PAGE_H

#include "base/context.h"

struct _cairo; /* cairo_t */

typedef struct ili_page {
    double width, height; /**< points */
    double resolution;    /**< pixels a point, of a PNG */
    void (*draw)(struct _cairo *cr, void *user);
    void *user;
} ili_page;

/** White paper, then draw(). The file is whole or not there. IL_E_INPUT (ending), IL_E_FILE. */
il_status ili_page_write(il_context *ctx, const ili_page *page, const char *path);
/** Text at (x, y), the base line, in near black, in the font chosen; ^{..} and _{..} are raised and lowered. `anchor` of the text's
 *  width lies left of x: 0, 0.5 or 1. */
void ili_page_text(struct _cairo *cr, double x, double y, double size, double anchor, const char *text);
/** Width of the same, points. */
double ili_page_text_width(struct _cairo *cr, double size, const char *text);

#endif
