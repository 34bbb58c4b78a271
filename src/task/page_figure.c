/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of a page: those of the run, structures, and traces of thermo tables. */
#include "task/page.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "io/picture.h"
#include "math/trace.h"
#include "task/figure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
    SVG_MAX = 300 * 1024,   /* larger ones are shown as PNG */
    FILE_MAX = 32 << 20,    /* a picture */
    PAGE_MAX = 4500 * 1000, /* pictures of a page, encoded */
    ROW_MAX = 4096,
    WORDS_MAX = 64,
    TRACES_MAX = 48
};

/* ---- files ------------------------------------------------------------------------------------------- */

typedef struct picture {
    unsigned char *bytes;
    size_t n;
} picture;

static bool begins(const picture *p, const char *text) {
    return p->n >= strlen(text) && memcmp(p->bytes, text, strlen(text)) == 0;
}

static bool ends(const picture *p, const char *text, size_t length) {
    size_t n = p->n;
    while (n && strchr("\r\n ", p->bytes[n - 1])) n--;
    return n >= length && memcmp(p->bytes + n - length, text, length) == 0;
}

/** Whole, as far as its first and last bytes tell. */
static bool is_whole(const picture *p, const char *ending) {
    static const char iend[] = "IEND\xae\x42\x60\x82";
    if (strcmp(ending, "png") == 0) return begins(p, "\x89PNG\r\n\x1a\n") && ends(p, iend, sizeof iend - 1);
    return (begins(p, "<?xml") || begins(p, "<svg")) && ends(p, "</svg>", 6);
}

/** Nothing (n 0) when the file is not there or no picture. */
static il_status read_picture(il_context *ctx, const char *path, const char *ending, picture *out) {
    size_t cap = 0, got = 1;
    *out = (picture){0};
    FILE *file;
    if (ili_open_input(ctx, path, &file) != IL_OK) return IL_OK;
    while (got && out->n <= FILE_MAX) {
        if (!ILI_GROW(out->bytes, out->n + 65536, cap)) {
            fclose(file);
            return ili_no_memory(ctx, path);
        }
        got = fread(out->bytes + out->n, 1, 65536, file);
        out->n += got;
    }
    fclose(file);
    if (out->n > FILE_MAX || !is_whole(out, ending)) {
        if (out->n) ili_warn(ctx, "%s: no whole picture, left out of the page", path);
        out->n = 0;
    }
    return IL_OK;
}

static il_status write_picture(ili_webpage *p, const picture *one, const char *name) {
    char path[ILI_PATH_MAX];
    ili_outfile file;
    IL_TRY(ili_path_join(p->ctx, path, p->into, "%s", name));
    IL_TRY(ili_outfile_open(p->ctx, path, &file));
    fwrite(one->bytes, 1, one->n, file.stream);
    return ili_outfile_commit(p->ctx, &file);
}

/* ---- figures ----------------------------------------------------------------------------------------- */

void ili_webpage_figures_begin(ili_webpage *p, bool tall) {
    ili_html_raw(&p->html, tall ? "<div class=\"figures tall\">\n" : "<div class=\"figures\">\n");
}

void ili_webpage_figures_end(ili_webpage *p) {
    ili_html_raw(&p->html, "</div>\n");
}

/** STEM.ENDING of the page's folder or of the run's; copied to the page's where it is not there. */
static il_status take_picture(ili_webpage *p, const char *stem, const char *ending, picture *one) {
    char path[ILI_PATH_MAX], name[128];
    snprintf(name, sizeof name, "%s.%s", stem, ending);
    IL_TRY(ili_path_join(p->ctx, path, p->dir, "%s", name));
    IL_TRY(read_picture(p->ctx, path, ending, one));
    if (one->n && strcmp(p->dir, p->into) != 0) { /* a page elsewhere takes its pictures along */
        IL_TRY(write_picture(p, one, name));
        ili_json_push_string(p->files, name);
    }
    if (one->n || strcmp(p->dir, p->into) == 0) return IL_OK;
    IL_TRY(ili_path_join(p->ctx, path, p->into, "%s", name));
    ili_free(one->bytes);
    return read_picture(p->ctx, path, ending, one);
}

il_status ili_webpage_figure(ili_webpage *p, const char *stem, const char *caption) {
    picture svg = {0}, png = {0};
    il_status status;
    IL_GO(take_picture(p, stem, "svg", &svg));
    IL_GO(take_picture(p, stem, "png", &png));
    if (!svg.n && !png.n) goto out;
    const bool use_svg = svg.n && (svg.n <= SVG_MAX || !png.n);
    const picture *one = use_svg ? &svg : &png;
    ili_html_raw(&p->html, "<figure>\n");
    if (p->embedded + one->n / 3 * 4 <= PAGE_MAX) {
        p->embedded += one->n / 3 * 4;
        ili_html_image(&p->html, use_svg ? "image/svg+xml" : "image/png", one->bytes, one->n, caption);
    } else
        ili_html_print(&p->html, "%s.%s lies beside this page, which would grow too large with it.", stem,
                       use_svg ? "svg" : "png");
    ili_html_raw(&p->html, "\n<figcaption>");
    ili_html_text(&p->html, caption);
    ili_html_raw(&p->html, "</figcaption>\n</figure>\n");
out:
    ili_free(svg.bytes);
    ili_free(png.bytes);
    return status;
}

static bool is_there(const char *path) {
    struct stat info;
    return stat(path, &info) == 0;
}

/** Draw what the run has not drawn itself. */
static il_status draw_structure(ili_webpage *p, const il_system *sys, const char *stem, const char *caption) {
    static const char *const endings[] = {"svg", "png"};
    char path[ILI_PATH_MAX], name[128];
    for (int k = 0; k < 2; k++) {
        snprintf(name, sizeof name, "%s.%s", stem, endings[k]);
        IL_TRY(ili_path_join(p->ctx, path, p->dir, "%s", name));
        if (k == 1 && is_there(path)) continue; /* the run's own */
        IL_TRY(ili_path_join(p->ctx, path, p->into, "%s", name));
        IL_TRY(ili_picture_write(p->ctx, sys, caption, path));
        ili_json_push_string(p->files, name);
    }
    return IL_OK;
}

il_status ili_webpage_structure(ili_webpage *p, const char *stem, const char *caption) {
    char path[ILI_PATH_MAX];
    il_system *sys = NULL;
    IL_TRY(ili_path_join(p->ctx, path, p->dir, "%s.extxyz", stem));
    il_status status = il_system_read(p->ctx, path, &sys);
    if (status == IL_E_MEMORY) return status;
    status = status == IL_OK ? draw_structure(p, sys, stem, caption) : IL_OK; /* the page does without */
    il_system_destroy(&sys);
    if (status != IL_OK && status != IL_E_UNSUPPORTED) return status; /* too large for a picture */
    return ili_webpage_figure(p, stem, caption);
}

/* ---- traces ------------------------------------------------------------------------------------------ */

static const struct {
    const char *column, *stem, *label, *title;
    bool per_atom;
} TRACES[] = {{"temperature (K)", "temperature", "temperature / K", "temperature", false},
              {"potential (eV)", "energy", "potential energy / eV", "potential energy", true},
              {"volume (A^3)", "volume", "volume / \xc3\x85\xc2\xb3", "volume", false}};
enum { N_TRACES = sizeof TRACES / sizeof *TRACES };

/** Block means of one table. */
typedef struct table_trace {
    ili_trace time, y[N_TRACES];
} table_trace;

/** Columns of the line that names them; -1: none. */
static void find_columns(char *line, int column[N_TRACES + 1]) {
    char *rest = NULL;
    int n = 0;
    for (char *word = strtok_r(line, "#\t\n", &rest); word; word = strtok_r(NULL, "\t\n", &rest), n++) {
        while (*word == ' ') word++;
        if (strcmp(word, "time (ps)") == 0) column[N_TRACES] = n;
        for (int k = 0; k < N_TRACES; k++)
            if (strcmp(word, TRACES[k].column) == 0) column[k] = n;
    }
}

static bool add_row(table_trace *t, char *line, const int column[N_TRACES + 1]) {
    char *word[WORDS_MAX];
    double value[N_TRACES + 1];
    const int n = ili_split(line, word, WORDS_MAX);
    for (int k = 0; k <= N_TRACES; k++) {
        value[k] = NAN;
        if (column[k] >= n) return false;
        if (column[k] >= 0 && !ili_parse_real(word[column[k]], &value[k]) && k == N_TRACES) return false;
    }
    ili_trace_add(&t->time, value[N_TRACES]);
    for (int k = 0; k < N_TRACES; k++)
        if (column[k] >= 0) ili_trace_add(&t->y[k], value[k]);
    return true;
}

/** A table that is not there leaves an empty trace; one that does not read ends where it stops to. */
static void read_table(il_context *ctx, const char *path, table_trace *t) {
    char line[ROW_MAX];
    int column[N_TRACES + 1] = {-1, -1, -1, -1}, number = 0;
    FILE *file;
    if (ili_open_input(ctx, path, &file) != IL_OK) return;
    while (fgets(line, sizeof line, file)) {
        number++;
        if (line[0] == '#')
            find_columns(line, column);
        else if (column[N_TRACES] < 0 || !strchr(line, '\n') || !add_row(t, line, column)) {
            ili_warn(ctx, "%s:%d: no row of a thermo table, the traces end before it", path, number);
            break;
        }
    }
    fclose(file);
}

static il_status draw_trace(ili_webpage *p, int which, int n, const table_trace *t, const char (*name)[64],
                            double n_atoms) {
    ili_figure f;
    double *b;
    bool moves = false;
    const bool per_atom = TRACES[which].per_atom && n_atoms > 0.0;
    char label[64], caption[160], stem[64];
    il_status status;
    IL_GO(ili_figure_make(p->ctx, n, &f));
    for (int k = 0; k < n; k++) {
        const ili_trace *y = &t[k].y[which];
        if (y->n < 2) continue;
        IL_GO(ili_figure_add(p->ctx, &f, ILI_PLOT_LINE, k, n > 1 ? name[k] : NULL, (int)y->n, &b));
        for (int64_t i = 0; i < y->n; i++) {
            b[i] = t[k].time.mean[i];
            b[y->n + i] = y->mean[i] / (per_atom ? n_atoms : 1.0);
            b[2 * y->n + i] = b[3 * y->n + i] = NAN;
            moves = moves || b[y->n + i] != b[y->n];
        }
    }
    if (!moves) goto out; /* a volume that stands still says nothing */
    snprintf(label, sizeof label, "%s%s", TRACES[which].label, per_atom ? " per atom" : "");
    snprintf(caption, sizeof caption, "The %s over time, means of blocks.", TRACES[which].title);
    ili_plot plot = {.title = "", .x = {.label = "time / ps"}, .y = {.label = label}};
    snprintf(stem, sizeof stem, "%.20s-trace-%s", p->kind->verb, TRACES[which].stem);
    IL_GO(ili_figure_write(p->ctx, p->report, &plot, &f, p->into, stem, p->files));
    IL_GO(ili_webpage_figure(p, stem, caption));
out:
    ili_figure_free(&f);
    return status;
}

il_status ili_webpage_traces(ili_webpage *p, int n, const char (*file)[256], const char (*name)[64],
                             double n_atoms) {
    char path[ILI_PATH_MAX];
    table_trace *t;
    il_status status = IL_OK;
    if (n > TRACES_MAX) n = TRACES_MAX;
    if (n <= 0) return IL_OK;
    t = ili_alloc((size_t)n, sizeof *t);
    if (!t) return ili_no_memory(p->ctx, "the traces");
    for (int k = 0; k < n; k++) {
        IL_GO(ili_path_join(p->ctx, path, p->dir, "%s", file[k]));
        read_table(p->ctx, path, &t[k]);
    }
    for (int which = 0; which < N_TRACES; which++) IL_GO(draw_trace(p, which, n, t, name, n_atoms));
out:
    ili_free(t);
    return status;
}
