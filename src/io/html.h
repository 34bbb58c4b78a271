/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A self-contained HTML page that grows in memory: escaped text, pictures as data, a style sheet for screen, phone and print.
 *  The markup is well-formed XML too. A failure of memory sticks and is told by ili_html_write, so call sites stay one line each. */
#ifndef ILI_IO_HTML_H
#define ILI_IO_HTML_H

#include "base/context.h"

typedef struct ili_html {
    char *text;
    size_t n, cap;
    bool has_failed;
} ili_html;

/** Zeroed struct: an empty page. Safe in any state after. */
void ili_html_free(ili_html *html);
/** Head, style sheet and the beginning of the body; the title is escaped. */
void ili_html_begin(ili_html *html, const char *title);
void ili_html_end(ili_html *html);
/** The page as a file. IL_E_MEMORY, IL_E_FILE. */
il_status ili_html_write(il_context *ctx, const ili_html *html, const char *path);

/** Markup, as it stands. */
void ili_html_raw(ili_html *html, const char *markup);
/** Text of any origin: escaped; bytes that are no UTF-8 and control characters are shown as "?". NULL: nothing. */
void ili_html_text(ili_html *html, const char *text);
/** A chemical formula: the same, its digits lowered. */
void ili_html_formula(ili_html *html, const char *formula);
/** The same, told as to printf, with ^{..} and _{..} raised and lowered. */
void ili_html_print(ili_html *html, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** A number rounded to its error: "1.34 +- 0.24 x 10^-9" in proper signs. Nothing when it is not finite. `digits` significant ones
 *  where sigma is not known; one whose sigma is zero is fixed. */
void ili_html_number(ili_html *html, double value, double sigma, int digits);
/** A number that is set or counted: whole ones as they are, others with at most so many digits and no zeros at the end. */
void ili_html_fixed(ili_html *html, double value, int digits);
/** <img> with the bytes in it; `type` is "image/png" or "image/svg+xml". */
void ili_html_image(ili_html *html, const char *type, const void *bytes, size_t n, const char *alt);
/** RFC 4648, with padding. */
void ili_html_base64(ili_html *html, const unsigned char *bytes, size_t n);

#endif
