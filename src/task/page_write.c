/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of a page: headings, cards, notes, tables. */
#include "task/page.h"

#include "base/alloc.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_MAX = 200, DIGITS = 4, LONG_TEXT = 48 };

/* ---- reading ----------------------------------------------------------------------------------------- */

const ili_json_view *ili_webpage_at(const ili_json_view *view, const char *path) {
    char key[128];
    while (view && *path) {
        const size_t n = strcspn(path, "/");
        if (n >= sizeof key) return NULL;
        memcpy(key, path, n);
        key[n] = 0;
        view = ili_json_get(view, key);
        path += n + (path[n] == '/');
    }
    return view;
}

double ili_webpage_number_at(const ili_json_view *view, const char *path) {
    return ili_json_number(ili_webpage_at(view, path));
}

const char *ili_webpage_text_at(const ili_json_view *view, const char *path) {
    const char *text = ili_json_string_of(ili_webpage_at(view, path));
    return text ? text : "";
}

int ili_webpage_count(const ili_json_view *list, const char *path) {
    int n = 0;
    for (size_t i = 0; i < ili_json_size(list); i++)
        n += ili_json_is_true(ili_webpage_at(ili_json_at(list, i), path));
    return n;
}

ili_shown ili_webpage_shown(const ili_json_view *view, double factor) {
    const double plain = ili_json_number(view);
    if (isfinite(plain)) return (ili_shown){factor * plain, NAN, NAN, NAN};
    return (ili_shown){
        factor * ili_webpage_number_at(view, "value"), factor * ili_webpage_number_at(view, "sigma"),
        factor * ili_webpage_number_at(view, "low_95"), factor * ili_webpage_number_at(view, "high_95")};
}

void ili_webpage_input_name(const ili_webpage *p, size_t k, char text[96]) {
    const char *path =
        ili_webpage_text_at(ili_json_at(ili_webpage_at(p->result, "provenance/inputs"), k), "path");
    const char *slash = strrchr(path, '/');
    snprintf(text, 96, "%s", slash ? slash + 1 : path);
    char *dot = strrchr(text, '.');
    if (dot && dot > text) *dot = 0;
}

/* ---- headings, cards, notes -------------------------------------------------------------------------- */

static void heading(ili_webpage *p, int level, const char *title) {
    char tag[24];
    snprintf(tag, sizeof tag, "<h%d>", level);
    ili_html_raw(&p->html, tag);
    ili_html_print(&p->html, "%s", title);
    snprintf(tag, sizeof tag, "</h%d>\n", level);
    ili_html_raw(&p->html, tag);
}

void ili_webpage_section(ili_webpage *p, const char *title) {
    heading(p, p->level, title);
}

void ili_webpage_subsection(ili_webpage *p, const char *title) {
    heading(p, p->level + 1, title);
}

void ili_webpage_paragraph(ili_webpage *p, const char *text) {
    ili_html_raw(&p->html, "<p>");
    ili_html_text(&p->html, text);
    ili_html_raw(&p->html, "</p>\n");
}

static void put_unit(ili_html *h, const char *unit) {
    if (!unit || !unit[0]) return;
    ili_html_raw(h, " <span class=\"unit\">");
    ili_html_print(h, "%s", unit);
    ili_html_raw(h, "</span>");
}

static void put_interval(ili_html *h, const ili_shown *s) {
    if (!isfinite(s->low) || !isfinite(s->high) || s->low == s->high) return;
    ili_html_raw(h, "<p class=\"small\">95\xc2\xa0% interval: ");
    ili_html_number(h, s->low, NAN, 2);
    ili_html_raw(h, " to ");
    ili_html_number(h, s->high, NAN, 2);
    ili_html_raw(h, "</p>\n");
}

/** Value, error, unit; or why there is none. */
static void put_number(ili_html *h, const ili_answer *a) {
    ili_html_raw(h, "<p class=\"number\">");
    if (isfinite(a->number.value)) {
        ili_html_number(h, a->number.value, a->number.sigma, 3);
        put_unit(h, a->unit);
    } else
        ili_html_raw(h, "<span class=\"none\">not evaluated</span>");
    ili_html_raw(h, "</p>\n");
    if (!isfinite(a->number.value) && a->missing) {
        ili_html_raw(h, "<p class=\"small\">");
        ili_html_print(h, "%s", a->missing);
        ili_html_raw(h, "</p>\n");
    }
    if (isfinite(a->number.value) && isnan(a->number.sigma))
        ili_html_raw(h, "<p class=\"flag\">Its uncertainty is not known.</p>\n");
}

void ili_webpage_answer(ili_webpage *p, const ili_answer *a) {
    ili_html *h = &p->html;
    const bool doubt = (a->doubt && a->doubt[0]) || !isfinite(a->number.sigma);
    ili_html_raw(h, doubt ? "<div class=\"answer doubt\">\n<p class=\"what\">"
                          : "<div class=\"answer\">\n<p class=\"what\">");
    ili_html_print(h, "%s", a->what);
    ili_html_raw(h, "</p>\n");
    put_number(h, a);
    put_interval(h, &a->number);
    if (a->also_factor != 0.0 && isfinite(a->number.value)) {
        ili_html_raw(h, "<p class=\"small\">= ");
        ili_html_number(h, a->also_factor * a->number.value, a->also_factor * a->number.sigma, 3);
        put_unit(h, a->also_unit);
        ili_html_raw(h, "</p>\n");
    }
    if (a->doubt && a->doubt[0]) {
        ili_html_raw(h, "<p class=\"flag\">");
        ili_html_print(h, "%s", a->doubt);
        ili_html_raw(h, "</p>\n");
    }
    if (a->definition) {
        ili_html_raw(h, "<p class=\"small\">");
        ili_html_print(h, "%s", a->definition);
        ili_html_raw(h, "</p>\n");
    }
    ili_html_raw(h, "</div>\n");
}

void ili_webpage_note(ili_webpage *p, const char *format, ...) {
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ili_html_raw(&p->notes, "<li>");
    ili_html_text(&p->notes, text);
    ili_html_raw(&p->notes, "</li>\n");
}

/* ---- tables ------------------------------------------------------------------------------------------ */

/** What a cell shows. */
typedef struct cell {
    const ili_json_view *view;
    const char *key; /**< of the row */
    double sigma;    /**< of series; NaN */
    bool has_sigma;  /**< the column has a list of errors */
} cell;

/** The rows of a table: entries, members, or places of lists. */
typedef struct rows {
    const ili_json_view *view;
    bool is_series;
    size_t n;
} rows;

static const ili_json_view *row_at(const rows *r, size_t i, const char **key) {
    const ili_json_view *entry = ili_json_at(r->view, i);
    if (*key || (i == 0 && ili_json_next_key(r->view, NULL))) {
        *key = ili_json_next_key(r->view, i == 0 ? NULL : *key);
        entry = *key ? ili_json_get(r->view, *key) : NULL;
    }
    return entry;
}

static cell cell_of(const rows *r, const ili_column *c, const ili_json_view *entry, const char *key,
                    size_t i) {
    cell one = {.key = key, .sigma = NAN};
    if (!r->is_series) {
        one.view = c->key ? ili_webpage_at(entry, c->key) : entry;
        return one;
    }
    one.view = ili_json_at(ili_webpage_at(r->view, c->key), i);
    one.has_sigma = c->sigma != NULL;
    if (c->sigma) one.sigma = ili_json_number(ili_json_at(ili_webpage_at(r->view, c->sigma), i));
    return one;
}

static bool is_numeric(const ili_column *c) {
    return c->kind == ILI_CELL_ESTIMATE || c->kind == ILI_CELL_PLAIN || c->kind == ILI_CELL_RANGE;
}

static bool is_empty(const ili_column *c, const cell *one) {
    if (c->kind == ILI_CELL_KEY) return !one->key;
    if (c->kind == ILI_CELL_ESTIMATE) return !isfinite(ili_webpage_shown(one->view, 1.0).value);
    return !one->view;
}

static void put_none(ili_html *h, const char *text) {
    ili_html_raw(h, "<span class=\"none\">");
    ili_html_text(h, text);
    ili_html_raw(h, "</span>");
}

static void put_estimate(ili_html *h, const ili_column *c, const cell *one, double factor) {
    ili_shown s = ili_webpage_shown(one->view, factor);
    const bool wants_sigma = one->has_sigma || !isfinite(ili_json_number(one->view));
    if (one->has_sigma) s.sigma = factor * one->sigma;
    if (!isfinite(s.value)) {
        put_none(h, "not evaluated");
        return;
    }
    ili_html_number(h, s.value, s.sigma, c->digits ? c->digits : DIGITS - 1);
    if (wants_sigma && isnan(s.sigma)) {
        ili_html_raw(h, " ");
        put_none(h, "\xc2\xb1 not known");
    }
}

static void put_range(ili_html *h, const ili_column *c, const cell *one, double factor) {
    for (size_t k = 0; k < 2; k++) {
        if (k) ili_html_raw(h, " to ");
        {
            const double end = factor * ili_json_number(ili_json_at(one->view, k));
            if (isfinite(end)) ili_html_fixed(h, end, c->digits ? c->digits : DIGITS);
        }
    }
}

static void put_cell(ili_html *h, const ili_column *c, const cell *one) {
    const double factor = c->factor != 0.0 ? c->factor : 1.0, plain = factor * ili_json_number(one->view);
    const char *text = ili_json_string_of(one->view);
    const int yes = ili_json_is_true(one->view);
    if (c->kind == ILI_CELL_KEY)
        ili_html_text(h, one->key);
    else if (c->kind == ILI_CELL_ESTIMATE)
        put_estimate(h, c, one, factor);
    else if (c->kind == ILI_CELL_RANGE && ili_json_size(one->view) == 2)
        put_range(h, c, one, factor);
    else if (c->kind == ILI_CELL_YES && one->view)
        ili_html_text(h, c->yes[yes] ? c->yes[yes] : yes ? "yes" : "no");
    else if (c->kind == ILI_CELL_TEXT && text && text[0])
        ili_html_text(h, text);
    else if (isfinite(plain))
        ili_html_fixed(h, plain, c->digits ? c->digits : DIGITS);
    else
        put_none(h, "not evaluated");
}

static void put_head(ili_html *h, const ili_column *c) {
    ili_html_raw(h, is_numeric(c) ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
    ili_html_print(h, "%s", c->head);
    put_unit(h, c->unit);
    ili_html_raw(h, "</th>");
}

static bool is_shown(const rows *r, const ili_column *c) {
    const char *key = NULL;
    for (size_t i = 0; c->is_optional && i < r->n; i++) {
        const ili_json_view *entry = r->is_series ? NULL : row_at(r, i, &key);
        const cell one = cell_of(r, c, entry, key, i);
        if (!is_empty(c, &one)) return true;
    }
    return !c->is_optional;
}

static void put_row(ili_html *h, const rows *r, const ili_column *columns, int n, const bool *shown, size_t i,
                    const char **key) {
    const ili_json_view *entry = r->is_series ? NULL : row_at(r, i, key);
    ili_html_raw(h, "<tr>");
    for (int c = 0; c < n; c++) {
        if (!shown[c]) continue;
        const cell one = cell_of(r, &columns[c], entry, *key, i);
        const char *text = columns[c].kind == ILI_CELL_TEXT ? ili_json_string_of(one.view) : NULL;
        ili_html_raw(h, is_numeric(&columns[c])            ? "<td class=\"n\">"
                        : text && strlen(text) > LONG_TEXT ? "<td class=\"w\">"
                                                           : "<td class=\"s\">");
        put_cell(h, &columns[c], &one);
        ili_html_raw(h, "</td>");
    }
    ili_html_raw(h, "</tr>\n");
}

static void put_table(ili_webpage *p, const char *caption, const rows *r, const ili_column *columns, int n) {
    ili_html *h = &p->html;
    bool *shown = ili_alloc((size_t)n, sizeof *shown);
    const char *key = NULL;
    if (!shown) h->has_failed = true;
    if (!shown || r->n == 0) goto out;
    ili_html_raw(h, "<div class=\"scroll\" tabindex=\"0\">\n<table>\n<caption>");
    ili_html_print(h, "%s", caption);
    if (r->n > ROWS_MAX) ili_html_print(h, " The first %d of %zu rows.", ROWS_MAX, r->n);
    ili_html_raw(h, "</caption>\n<thead><tr>");
    for (int c = 0; c < n; c++)
        if ((shown[c] = is_shown(r, &columns[c]))) put_head(h, &columns[c]);
    ili_html_raw(h, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < r->n && i < ROWS_MAX; i++) put_row(h, r, columns, n, shown, i, &key);
    ili_html_raw(h, "</tbody>\n</table>\n</div>\n");
out:
    ili_free(shown);
}

void ili_webpage_table(ili_webpage *p, const char *caption, const ili_json_view *view,
                       const ili_column *columns, int n_columns) {
    const rows r = {.view = view, .n = ili_json_size(view)};
    put_table(p, caption, &r, columns, n_columns);
}

void ili_webpage_series(ili_webpage *p, const char *caption, const ili_json_view *from, size_t n,
                        const ili_column *columns, int n_columns) {
    const rows r = {.view = from, .is_series = true, .n = n};
    put_table(p, caption, &r, columns, n_columns);
}
