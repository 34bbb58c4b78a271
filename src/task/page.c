/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/page.h"

#include "base/file.h"
#include "base/text.h"
#include "task/parts.h"
#include "task/verbs.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MAX = 60 };

static const ili_webpage_kind *const KINDS[] = {
#define ILI_PAGE(verb) &ili_page_##verb,
#include "task/pages.def"
#undef ILI_PAGE
};
enum { N_KINDS = sizeof KINDS / sizeof *KINDS };

/* ---- what was asked ---------------------------------------------------------------------------------- */

static void fact(ili_html *h, const char *name) {
    ili_html_raw(h, "<dt>");
    ili_html_text(h, name);
    ili_html_raw(h, "</dt><dd>");
}

static void end_fact(ili_html *h) {
    ili_html_raw(h, "</dd>\n");
}

/** Is this what the option is when it is not given? */
static bool is_preset(const il_option *row, const ili_json_view *value) {
    const char *text = ili_json_string_of(value), *preset = row->preset ? row->preset : "";
    double want = NAN, have = ili_json_number(value);
    if (row->type == IL_OPT_FLAG) return !ili_json_is_true(value);
    if (row->type == IL_OPT_TEXT || row->type == IL_OPT_CHOICE || row->type == IL_OPT_INT3)
        return strcmp(text ? text : "", preset) == 0;
    if (!ili_parse_real(preset, &want)) return isnan(have);
    return fabs(have - want) <= 1e-12 * fabs(want);
}

/** Units of options are ASCII: "A^2". */
static void put_unit(ili_html *h, const char *unit) {
    char one[2] = "";
    for (const char *c = unit; *c; c++) {
        const bool is_angstrom =
            *c == 'A' && (c == unit || c[-1] == '/' || c[-1] == ' ') && (!c[1] || strchr("^/ ", c[1]));
        if (*c == '^' && c[1]) {
            one[0] = *++c;
            ili_html_print(h, "^{%s}", one);
        } else {
            one[0] = *c;
            ili_html_text(h, is_angstrom ? "\xc3\x85" : one);
        }
    }
}

static void put_option(ili_html *h, const il_option *row, const ili_json_view *value) {
    const char *text = ili_json_string_of(value);
    const double number = ili_json_number(value);
    char digits[ILI_REAL_MAX];
    ili_html_raw(h, "<li><code>");
    ili_html_text(h, row->name);
    if (row->type != IL_OPT_FLAG) {
        ili_html_raw(h, " ");
        ili_html_text(h, text ? text : isfinite(number) ? ili_print_real(digits, number) : "none");
    }
    ili_html_raw(h, "</code>");
    if (row->unit && row->type != IL_OPT_FLAG) {
        ili_html_raw(h, " ");
        put_unit(h, row->unit);
    }
    ili_html_raw(h, "</li>\n");
}

/** Options that are not what they are when not given. */
static void put_options(ili_webpage *p) {
    const il_verb *verb = ili_verb_find(p->ctx, p->kind->verb);
    const ili_json_view *options = ili_webpage_at(p->result, "options");
    int n = 0;
    if (!verb || !ili_json_size(options)) return;
    fact(&p->html, "Options");
    for (const il_option *row = verb->options; row->name; row++) {
        const ili_json_view *value = ili_json_get(options, row->name);
        if (!value || strcmp(row->name, "model") == 0 || is_preset(row, value)) continue;
        if (n++ == 0) ili_html_raw(&p->html, "<ul class=\"files\">\n");
        put_option(&p->html, row, value);
    }
    ili_html_raw(&p->html, n ? "</ul>" : "all as preset");
    end_fact(&p->html);
}

static void put_inputs(ili_webpage *p) {
    const ili_json_view *inputs = ili_webpage_at(p->result, "provenance/inputs");
    if (!ili_json_size(inputs)) return;
    fact(&p->html, ili_json_size(inputs) > 1 ? "Inputs" : "Input");
    for (size_t k = 0; k < ili_json_size(inputs) && k < FILES_MAX; k++) {
        const char *path = ili_webpage_text_at(ili_json_at(inputs, k), "path"), *slash = strrchr(path, '/');
        ili_html_raw(&p->html, k ? ", <code>" : "<code>");
        ili_html_text(&p->html, slash ? slash + 1 : path);
        ili_html_raw(&p->html, "</code>");
    }
    end_fact(&p->html);
}

static void put_model(ili_webpage *p) {
    const ili_json_view *model = ili_webpage_at(p->result, "model");
    const char *name = ili_webpage_text_at(model, "name"), *title = ili_webpage_text_at(model, "title"),
               *citation = ili_webpage_text_at(model, "citation");
    if (!name[0]) name = ili_webpage_text_at(p->result, "options/model");
    if (!name[0]) return;
    const bool provisional = ili_json_is_true(ili_json_get(model, "provisional")) ||
                             ili_json_is_true(ili_json_get(p->result, "provisional"));
    fact(&p->html, "Model");
    ili_html_raw(&p->html, "<code>");
    ili_html_text(&p->html, name);
    ili_html_raw(&p->html, "</code>");
    if (title[0]) ili_html_raw(&p->html, ": ");
    ili_html_text(&p->html, title);
    if (provisional) ili_html_raw(&p->html, " <span class=\"flag\">(provisional)</span>");
    if (citation[0]) {
        ili_html_raw(&p->html, "<br/><span class=\"small\">");
        ili_html_text(&p->html, citation);
        ili_html_raw(&p->html, "</span>");
    }
    end_fact(&p->html);
    if (provisional)
        ili_webpage_note(p,
                         "The model %s is provisional: parts of it are assumed or fitted to little data; the "
                         "warnings say to what.",
                         name);
}

/** Who computed, where it was not this program. */
static void put_engine(ili_webpage *p) {
    const ili_json_view *engine = ili_webpage_at(p->result, "engine"),
                        *list = ili_json_get(engine, "substituted");
    const char *name = ili_webpage_text_at(engine, "name"), *version = ili_webpage_text_at(engine, "version");
    if (!name[0]) return;
    fact(&p->html, "Engine");
    ili_html_text(&p->html, name);
    ili_html_raw(&p->html, " ");
    ili_html_text(&p->html, version);
    end_fact(&p->html);
    for (size_t k = 0; k < ili_json_size(list) && k < FILES_MAX; k++) {
        const char *text = ili_json_string_of(ili_json_at(list, k));
        if (text) ili_webpage_note(p, "Other in %s than in the model: %s", name, text);
    }
}

static void put_asked(ili_webpage *p) {
    const char *command = ili_webpage_text_at(p->result, "provenance/command");
    ili_webpage_section(p, "What was asked");
    if (command[0]) {
        ili_html_raw(&p->html, "<pre>");
        ili_html_text(&p->html, command);
        ili_html_raw(&p->html, "</pre>\n");
    }
    ili_html_raw(&p->html, "<dl class=\"facts\">\n");
    put_inputs(p);
    put_model(p);
    put_engine(p);
    put_options(p);
    ili_html_raw(&p->html, "</dl>\n");
}

/** The run's own warnings stand at the end; the answer says that they do. */
static void note_warnings(ili_webpage *p) {
    const size_t n = ili_json_size(ili_webpage_at(p->result, "provenance/warnings"));
    if (n) ili_webpage_note(p, "The run gave %zu warning%s, under Warnings.", n, n == 1 ? "" : "s");
}

/* ---- what follows the numbers ------------------------------------------------------------------------ */

static void put_term(ili_html *h, const char *term, const char *text) {
    ili_html_raw(h, "<dt>");
    ili_html_text(h, term);
    ili_html_raw(h, "</dt><dd>");
    ili_html_text(h, text);
    ili_html_raw(h, "</dd>\n");
}

static void put_definitions(ili_webpage *p) {
    const ili_json_view *given = ili_webpage_at(p->result, "definitions");
    const char *const(*own)[2] = p->kind->definitions;
    if (!ili_json_size(given) && !own) return;
    ili_webpage_section(p, "Definitions");
    ili_html_raw(&p->html, "<dl class=\"terms\">\n");
    for (; own && (*own)[0]; own++) put_term(&p->html, (*own)[0], (*own)[1]);
    for (const char *key = NULL; (key = ili_json_next_key(given, key));)
        put_term(&p->html, key, ili_webpage_text_at(given, key));
    ili_html_raw(&p->html, "</dl>\n");
}

static void put_list(ili_html *h, const char *list, const ili_json_view *texts, size_t max) {
    const size_t n = ili_json_size(texts);
    ili_html_raw(h, list);
    for (size_t k = 0; k < n && k < max; k++) {
        ili_html_raw(h, "<li>");
        ili_html_text(h, ili_json_string_of(ili_json_at(texts, k)));
        ili_html_raw(h, "</li>\n");
    }
    if (n > max) ili_html_print(h, "... and %zu more", n - max);
    ili_html_raw(h, "</ul>\n");
}

static void put_warnings(ili_webpage *p) {
    const ili_json_view *warnings = ili_webpage_at(p->result, "provenance/warnings");
    ili_webpage_section(p, "Warnings");
    if (ili_json_size(warnings))
        put_list(&p->html, "<div class=\"notes\"><ul>\n", warnings, FILES_MAX);
    else
        ili_html_raw(&p->html, "<p>The run gave none.</p>\n");
    if (ili_json_size(warnings)) ili_html_raw(&p->html, "</div>\n");
}

static void put_hashed(ili_html *h, const char *name, const ili_json_view *file) {
    if (!file) return;
    fact(h, name);
    ili_html_raw(h, "<code>");
    ili_html_text(h, ili_webpage_text_at(file, "path"));
    ili_html_raw(h, "</code> <span class=\"small\">FNV-1a <code>");
    ili_html_text(h, ili_webpage_text_at(file, "fnv1a64"));
    ili_html_raw(h, "</code></span>");
    end_fact(h);
}

static void put_fact(ili_html *h, const char *name, const ili_json_view *value) {
    const char *text = ili_json_string_of(value);
    fact(h, name);
    if (text)
        ili_html_text(h, text);
    else if (isfinite(ili_json_number(value)))
        ili_html_print(h, "%.17g", ili_json_number(value));
    else
        ili_html_raw(h, "<span class=\"none\">not known</span>");
    end_fact(h);
}

static void put_provenance(ili_webpage *p) {
    const ili_json_view *source = ili_webpage_at(p->result, "provenance"),
                        *inputs = ili_json_get(source, "inputs"), *files = ili_json_get(p->result, "files");
    ili_webpage_section(p, "Provenance");
    ili_html_raw(&p->html, "<dl class=\"facts\">\n");
    put_fact(&p->html, "Interlith", ili_json_get(source, "version"));
    put_fact(&p->html, "Verb", ili_json_get(source, "verb"));
    put_fact(&p->html, "Seed", ili_json_get(source, "seed"));
    put_fact(&p->html, "Threads", ili_json_get(source, "threads"));
    put_fact(&p->html, "Status", ili_json_get(p->result, "status"));
    put_hashed(&p->html, "Model", ili_json_get(source, "model"));
    for (size_t k = 0; k < ili_json_size(inputs) && k < FILES_MAX; k++)
        put_hashed(&p->html, "Input", ili_json_at(inputs, k));
    ili_html_raw(&p->html, "</dl>\n");
    if (!ili_json_size(files)) return;
    ili_webpage_subsection(p, "Files of the run");
    put_list(&p->html, "<ul class=\"files\">\n", files, FILES_MAX);
}

/* ---- the page ---------------------------------------------------------------------------------------- */

static void put_failure(ili_webpage *p) {
    const char *status = ili_webpage_text_at(p->result, "status"),
               *error = ili_webpage_text_at(p->result, "error");
    if (strcmp(status, il_status_sentence(IL_OK)) == 0 && !error[0]) return;
    ili_html_raw(&p->html, "<div class=\"failed\" role=\"alert\"><p><strong>FAILED</strong> ");
    ili_html_text(&p->html, status[0] ? status : "the result does not say how the run ended");
    ili_html_raw(&p->html, "</p>\n");
    if (error[0]) {
        ili_html_raw(&p->html, "<p>");
        ili_html_text(&p->html, error);
        ili_html_raw(&p->html, "</p>\n");
    }
    ili_html_raw(&p->html, "<p>Numbers below are those of a run that did not come to its end.</p></div>\n");
    ili_report_print(p->report, "%s FAILED: %s\n", p->kind->verb,
                     error[0]    ? error
                     : status[0] ? status
                                 : "the result does not say how the run ended");
}

/** The doubts that the numbers came with. */
static void put_notes(ili_webpage *p) {
    if (!p->notes.n) return;
    ili_html_raw(&p->html, "<div class=\"notes\"><p><strong>Read with the numbers</strong></p>\n<ul>\n");
    ili_html_raw(&p->html, p->notes.text);
    ili_html_raw(&p->html, "</ul></div>\n");
}

static void put_lead(ili_webpage *p) {
    const char *formula = ili_webpage_text_at(p->result, "formula");
    const double n = ili_webpage_number_at(p->result, "natoms");
    if (!formula[0]) formula = ili_webpage_text_at(p->result, "formula_unit");
    if (!formula[0] && !isfinite(n)) return;
    ili_html_raw(&p->html, "<p class=\"lead\">");
    ili_html_formula(&p->html, formula);
    if (isfinite(n)) ili_html_print(&p->html, "%s%.0f atoms", formula[0] ? ", " : "", n);
    ili_html_raw(&p->html, "</p>\n");
}

/** One result: heading, what was asked, answer, figures, tables, definitions, warnings, provenance. */
static il_status put_result(ili_webpage *p) {
    ili_html_free(&p->notes);
    put_lead(p);
    put_failure(p);
    put_asked(p);
    ili_webpage_section(p, "Answer");
    ili_html_raw(&p->html, "<div class=\"answers\">\n");
    p->kind->answer(p);
    note_warnings(p);
    ili_html_raw(&p->html, "</div>\n");
    put_notes(p);
    IL_TRY(p->kind->figures(p));
    p->kind->tables(p);
    put_definitions(p);
    put_warnings(p);
    put_provenance(p);
    return IL_OK;
}

/** Open DIR/VERB.json where there is one; *out NULL where there is none. */
static il_status open_result(il_context *ctx, const char *dir, const char *verb, ili_json **out) {
    char path[ILI_PATH_MAX];
    struct stat info;
    *out = NULL;
    IL_TRY(ili_path_join(ctx, path, dir, "%s.json", verb));
    if (stat(path, &info) != 0)
        return errno == ENOENT ? IL_OK
                               : ili_fail(ctx, IL_E_FILE, "%s: cannot be read: %s", path, strerror(errno));
    IL_TRY(ili_json_read(ctx, path, out));
    const char *named = ili_webpage_text_at(ili_json_root(*out), "provenance/verb");
    if (!named[0] || strcmp(named, verb) == 0) return IL_OK;
    il_status status =
        ili_fail(ctx, IL_E_INPUT, "%s: holds a result of `%s`, expected one of `%s`", path, named, verb);
    ili_json_destroy(out);
    return status;
}

/** Last part of the folder's name. */
static void folder_name(const char *dir, char text[256]) {
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/') n--;
    size_t start = n;
    while (start && dir[start - 1] != '/') start--;
    snprintf(text, 256, "%.*s", (int)(n - start), dir + start);
}

static void heading(ili_html *h, int level, const char *title) {
    ili_html_raw(h, level == 1 ? "<h1>" : "<h2>");
    ili_html_text(h, title);
    ili_html_raw(h, level == 1 ? "</h1>\n" : "</h2>\n");
}

static il_status put_results(ili_webpage *p, ili_json *const results[N_KINDS], int n) {
    char title[256], name[256];
    ili_json *list = ili_json_list(p->report->json, "results");
    bool is_first = true;
    folder_name(p->dir, name);
    for (int k = 0; k < N_KINDS; k++) {
        if (!results[k]) continue;
        p->kind = KINDS[k];
        p->result = ili_json_root(results[k]);
        p->level = n > 1 ? 3 : 2;
        KINDS[k]->title(p, title);
        if (is_first) ili_html_begin(&p->html, n > 1 ? name : title);
        if (is_first && n > 1) heading(&p->html, 1, name);
        heading(&p->html, n > 1 ? 2 : 1, title);
        is_first = false;
        ili_json *one = ili_json_child(list, NULL);
        ili_json_string(one, "verb", KINDS[k]->verb);
        ili_json_string(one, "title", title);
        ili_json_string(one, "status", ili_webpage_text_at(p->result, "status"));
        ili_report_print(p->report, "%s: %s\n", KINDS[k]->verb, title);
        IL_TRY(put_result(p));
    }
    ili_html_raw(&p->html, "<footer class=\"small\">Written by <code>interlith report</code> ");
    ili_html_text(&p->html, il_version());
    ili_html_raw(&p->html, " from the folder <code>");
    ili_html_text(&p->html, name);
    ili_html_raw(&p->html, "</code>; numbers are rounded to their standard errors, the result files hold all "
                           "digits.</footer>\n");
    ili_html_end(&p->html);
    return IL_OK;
}

static il_status no_result(il_context *ctx, const char *dir) {
    char known[256] = "";
    if (ili_parts_are_in(dir)) return ili_fail(ctx, IL_E_INPUT, ILI_NOT_COLLECTED, dir);
    for (int k = 0; k < N_KINDS; k++) {
        const size_t n = strlen(known);
        snprintf(known + n, sizeof known - n, "%s%s.json", k ? k + 1 < N_KINDS ? ", " : " or " : "",
                 KINDS[k]->verb);
    }
    return ili_fail(ctx, IL_E_INPUT, "%s: holds no result that has a page, expected %s in it", dir, known);
}

il_status ili_webpage_make(il_context *ctx, il_report *report, const char *dir, const char *into) {
    ili_json *results[N_KINDS] = {0};
    ili_webpage p = {.ctx = ctx, .report = report, .dir = dir, .into = into};
    char path[ILI_PATH_MAX];
    int n = 0;
    il_status status = IL_OK;
    for (int k = 0; k < N_KINDS; k++) {
        IL_GO(open_result(ctx, dir, KINDS[k]->verb, &results[k]));
        if (!results[k]) continue;
        n++;
        IL_GO(ili_path_join(ctx, path, dir, "%s.json", KINDS[k]->verb));
        IL_GO(ili_report_input(ctx, report, path));
    }
    if (!n) IL_GO(no_result(ctx, dir));
    p.files = ili_json_list(report->json, "files");
    IL_GO(put_results(&p, results, n));
    IL_GO(ili_path_join(ctx, path, into, "report.html"));
    IL_GO(ili_html_write(ctx, &p.html, path));
    ili_json_push_string(p.files, "report.html");
    ili_report_print(report, "written: %s (%.1f MB)\n", path, 1e-6 * (double)p.html.n);
out:
    for (int k = 0; k < N_KINDS; k++) ili_json_destroy(&results[k]);
    ili_html_free(&p.html);
    ili_html_free(&p.notes);
    return status;
}
