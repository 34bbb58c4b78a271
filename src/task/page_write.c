/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of a page: headings, cards, notes, tables. */
#include "task/page.h"

#include "base/alloc.h"
#include "io/rounded.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

ili_word ili_webpage_word(double value) {
    ili_word word = {"?"};
    const bool is_negative = value < 0.0;
    if (isfinite(value))
        snprintf(word.text, sizeof word.text, "%s%.4g", is_negative ? "\xe2\x88\x92" : "", fabs(value));
    return word;
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

void ili_webpage_subject(const ili_webpage *p, char text[128]) {
    const ili_json_view *input = ili_json_at(ili_webpage_at(p->result, "provenance/inputs"), 0);
    const char *path = ili_webpage_text_at(input, "path"), *slash = strrchr(path, '/'),
               *formula = ili_webpage_text_at(p->result, "formula");
    snprintf(text, 128, "%s", slash ? slash + 1 : path);
    char *dot = strrchr(text, '.');
    if (dot && dot > text) *dot = 0;
    if ((strcmp(text, "final") == 0 || !text[0]) && formula[0]) snprintf(text, 128, "%s", formula);
    if (!text[0]) snprintf(text, 128, "a structure");
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

static const double WIDE = 100.0; /* high over low of an interval whose ends have digits of their own */

/** One end of an interval, to the place of the error. */
static void put_end(ili_html *h, const ili_shown *s, double end) {
    const bool is_wide = s->low > 0.0 && s->high > WIDE * s->low;
    const ili_rounded r = ili_round(end, is_wide ? NAN : s->sigma, 2);
    ili_html_raw(h, r.value);
    if (r.power)
        ili_html_print(h,
                       "\xc2\xa0\xc3\x97\xc2\xa0"
                       "10^{%s%d}",
                       r.power < 0 ? "\xe2\x88\x92" : "", abs(r.power));
}

static void put_interval(ili_html *h, const ili_shown *s) {
    if (!isfinite(s->low) || !isfinite(s->high) || s->low == s->high) return;
    ili_html_raw(h, "<p class=\"small\">95\xc2\xa0% interval: ");
    put_end(h, s, s->low);
    ili_html_raw(h, " to ");
    put_end(h, s, s->high);
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
} cell;

/** Row i of a list, or the member after the one whose key stands in *key, which moves on. */
static const ili_json_view *row_at(const ili_json_view *rows, size_t i, const char **key) {
    if (!*key && (i > 0 || !ili_json_next_key(rows, NULL))) return ili_json_at(rows, i);
    *key = ili_json_next_key(rows, *key);
    return *key ? ili_json_get(rows, *key) : NULL;
}

static cell cell_of(const ili_column *c, const ili_json_view *row, const char *key) {
    return (cell){.view = c->key ? ili_webpage_at(row, c->key) : row, .key = key};
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
    const ili_shown s = ili_webpage_shown(one->view, factor);
    const bool wants_sigma = !isfinite(ili_json_number(one->view));
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

/** Columns that may be left out are, where no row has a value. */
static bool is_shown(const ili_json_view *rows, const ili_column *c) {
    const char *key = NULL;
    for (size_t i = 0; c->is_optional && i < ili_json_size(rows); i++) {
        const ili_json_view *row = row_at(rows, i, &key);
        const cell one = cell_of(c, row, key);
        if (!is_empty(c, &one)) return true;
    }
    return !c->is_optional;
}

static void put_row(ili_html *h, const ili_json_view *row, const char *key, const ili_column *columns, int n,
                    const bool *shown) {
    ili_html_raw(h, "<tr>");
    for (int c = 0; c < n; c++) {
        if (!shown[c]) continue;
        const cell one = cell_of(&columns[c], row, key);
        const char *text = columns[c].kind == ILI_CELL_TEXT ? ili_json_string_of(one.view) : NULL;
        const bool is_long = text && strlen(text) > LONG_TEXT;
        ili_html_raw(h, is_numeric(&columns[c]) ? "<td class=\"n\">"
                        : is_long               ? "<td class=\"w\">"
                                                : "<td class=\"s\">");
        put_cell(h, &columns[c], &one);
        ili_html_raw(h, "</td>");
    }
    ili_html_raw(h, "</tr>\n");
}

/** The caption stands before the container that scrolls, so that it is as wide as the page. */
static void put_caption(ili_webpage *p, const char *caption, size_t n) {
    char markup[160];
    snprintf(markup, sizeof markup, "<p class=\"caption\" id=\"table-%d\">", p->n_tables);
    ili_html_raw(&p->html, markup);
    ili_html_print(&p->html, "%s", caption);
    if (n > ROWS_MAX) ili_html_print(&p->html, " The first %d of %zu rows.", ROWS_MAX, n);
    snprintf(markup, sizeof markup,
             "</p>\n<div class=\"scroll\" tabindex=\"0\">\n<table aria-labelledby=\"table-%d\">\n",
             p->n_tables);
    ili_html_raw(&p->html, markup);
}

void ili_webpage_table(ili_webpage *p, const char *caption, const ili_json_view *rows,
                       const ili_column *columns, int n_columns) {
    ili_html *h = &p->html;
    const size_t n = ili_json_size(rows);
    bool *shown = ili_alloc((size_t)n_columns, sizeof *shown);
    const char *key = NULL;
    if (!shown) h->has_failed = true;
    if (!shown || n == 0) goto out;
    p->n_tables++;
    put_caption(p, caption, n);
    ili_html_raw(h, "<thead><tr>");
    for (int c = 0; c < n_columns; c++)
        if ((shown[c] = is_shown(rows, &columns[c]))) put_head(h, &columns[c]);
    ili_html_raw(h, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < n && i < ROWS_MAX; i++) {
        const ili_json_view *row = row_at(rows, i, &key);
        put_row(h, row, key, columns, n_columns, shown);
    }
    ili_html_raw(h, "</tbody>\n</table>\n</div>\n");
out:
    ili_free(shown);
}

ili_json *ili_webpage_rows(const ili_json_view *from, size_t n, const ili_list_column *lists, int n_lists) {
    ili_json *rows = ili_json_array();
    for (size_t i = 0; rows && i < n; i++) {
        ili_json *row = ili_json_child(rows, NULL);
        for (int k = 0; k < n_lists && row; k++) {
            const ili_json_view *at[2];
            for (int part = 0; part < 2; part++) {
                const char *key = part ? lists[k].sigma : lists[k].list;
                at[part] = key ? ili_json_at(ili_webpage_at(from, key), i) : NULL;
                if (lists[k].is_nested) at[part] = ili_json_at(at[part], lists[k].part);
            }
            if (lists[k].sigma)
                ili_json_estimate(row, lists[k].key, ili_json_number(at[0]), ili_json_number(at[1]));
            else
                ili_json_real(row, lists[k].key, ili_json_number(at[0]));
        }
    }
    return rows;
}
