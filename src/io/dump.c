/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LAMMPS text dumps (custom and atom style), read only. Atoms are put in the order of their ids, which must be those of the first
 * frame. Positions are taken relative to the box's own origin, which moves when a barostat dilates the box about its middle.
 * Of the columns the best are used: unwrapped, then wrapped with image flags, then wrapped.
 * Format: LAMMPS documentation, "dump command". */
#include "io/traj_format.h"

#include "base/alloc.h"
#include "base/text.h"
#include "io/lines.h"
#include "system/element.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 256 };

enum column {
    ID,
    TYPE,
    ELEMENT,
    MASS,
    XU,
    XSU = XU + 3,
    X = XSU + 3,
    XS = X + 3,
    IX = XS + 3,
    VX = IX + 3,
    N_COLUMNS = VX + 3
};

static const char *const column_names[N_COLUMNS] = {"id",  "type", "element", "mass", "xu", "yu", "zu", "xsu",
                                                    "ysu", "zsu",  "x",       "y",    "z",  "xs", "ys", "zs",
                                                    "ix",  "iy",   "iz",      "vx",   "vy", "vz"};

/** Ways to give positions, the best first. */
static const struct way {
    int first;
    bool is_scaled, has_images;
} ways[] = {{XU, false, false}, {XSU, true, false}, {X, false, true},
            {XS, true, true},   {X, false, false},  {XS, true, false}};
enum { N_WAYS = sizeof ways / sizeof *ways };

/** Unit styles: fs of a time, angstrom/fs of a velocity. Positions are angstrom in both. */
static const struct style {
    const char *name;
    double time, velocity;
} styles[] = {{"metal", 1e3, 1e-3}, {"real", 1.0, 1.0}};

typedef struct row {
    long id, type; /**< type 0: not known */
    int z;         /**< likewise */
    char name[ILI_NAME_MAX];
    double x[3], v[3];
} row;

typedef struct dump {
    ili_lines lines;
    const struct style *style;
    int at[N_COLUMNS], n_words; /**< word of the line, -1: not there */
    const struct way *way;
    bool has_v;
    ili_cell cell;
    double origin[3];
    int64_t step;
    double time; /**< in the unit of the style */
    long n;      /**< atoms of the frame */
    row *rows;   /**< [n] */
    size_t cap_rows;
    long *ids; /**< [sys->n_atoms] of the first frame, rising */
} dump;

/* ---- header of a frame ------------------------------------------------------------------------------- */

static il_status read_units(dump *d) {
    char *word[1];
    IL_TRY(ili_lines_need(&d->lines, "the name of the units"));
    int n = ili_split(d->lines.line, word, 1);
    for (size_t k = 0; n == 1 && k < sizeof styles / sizeof *styles; k++)
        if (strcmp(word[0], styles[k].name) == 0) {
            d->style = &styles[k];
            return IL_OK;
        }
    return ili_lines_fail(&d->lines, "found the units '%.40s', expected metal or real", n ? word[0] : "");
}

static il_status read_integer(dump *d, const char *what, long low, long high, long *value) {
    char *word[1];
    IL_TRY(ili_lines_need(&d->lines, what));
    int n = ili_split(d->lines.line, word, 1);
    if (n == 1 && ili_parse_int(word[0], low, high, value)) return IL_OK;
    return ili_lines_fail(&d->lines, "found '%.40s', expected %s, a whole number", n ? word[0] : "", what);
}

/** Bounds that enclose a tilted box become its own: the tilts are taken off. */
static void untilt(const double tilt[3], double low[3], double high[3]) {
    const double xy = tilt[0], xz = tilt[1], yz = tilt[2];
    low[0] -= fmin(fmin(0.0, xy), fmin(xz, xy + xz));
    high[0] -= fmax(fmax(0.0, xy), fmax(xz, xy + xz));
    low[1] -= fmin(0.0, yz);
    high[1] -= fmax(0.0, yz);
}

static il_status read_box(dump *d, char **words, int n) {
    bool is_tilted = n >= 3 && strcmp(words[0], "xy") == 0,
         is_general = n >= 2 && strcmp(words[0], "abc") == 0;
    int flags = is_tilted ? 3 : is_general ? 2 : 0, width = is_tilted ? 3 : is_general ? 4 : 2;
    double line[3][4] = {{0}};
    for (int k = 0; k < 3; k++) d->cell.pbc[k] = n <= flags + k || strcmp(words[flags + k], "pp") == 0;
    for (int k = 0; k < 3; k++) {
        IL_TRY(ili_lines_need(&d->lines, "the bounds of the box"));
        IL_TRY(ili_lines_reals(&d->lines, width, line[k], "the bounds of the box"));
    }
    double low[3] = {line[0][0], line[1][0], line[2][0]}, high[3] = {line[0][1], line[1][1], line[2][1]},
           tilt[3] = {line[0][2], line[1][2], line[2][2]};
    if (is_tilted) untilt(tilt, low, high);
    for (int i = 0; i < 3; i++) {
        d->origin[i] = is_general ? line[i][3] : low[i];
        for (int k = 0; k < 3; k++)
            d->cell.h[i][k] = is_general ? line[i][k] : i == k ? high[i] - low[i] : 0.0;
    }
    if (is_tilted) {
        d->cell.h[1][0] = tilt[0];
        d->cell.h[2][0] = tilt[1];
        d->cell.h[2][1] = tilt[2];
    }
    return ili_lines_prefix(&d->lines, ili_cell_check(d->lines.ctx, &d->cell, "the box"));
}

static bool has_vector(const dump *d, int first) {
    return d->at[first] >= 0 && d->at[first + 1] >= 0 && d->at[first + 2] >= 0;
}

static il_status read_columns(dump *d, char **words, int n) {
    for (int c = 0; c < N_COLUMNS; c++) d->at[c] = -1;
    for (int w = 0; w < n; w++)
        for (int c = 0; c < N_COLUMNS; c++)
            if (strcmp(words[w], column_names[c]) == 0) d->at[c] = w;
    d->n_words = n;
    d->has_v = has_vector(d, VX);
    d->way = NULL;
    for (int k = 0; k < N_WAYS && !d->way; k++)
        if (has_vector(d, ways[k].first) && (!ways[k].has_images || has_vector(d, IX))) d->way = &ways[k];
    if (d->at[ID] < 0)
        return ili_lines_fail(&d->lines,
                              "the dump has no column 'id', without which atoms cannot be followed: write it "
                              "with `dump ... custom ... id type element xu yu zu`");
    if (d->way) return IL_OK;
    return ili_lines_fail(
        &d->lines, "the dump has no positions: expected columns xu yu zu, or x y z (xs ys zs) with ix iy iz");
}

/** Everything before the atoms. *more false: the file ends before. */
static il_status read_head(dump *d, bool *more) {
    unsigned seen = 0;
    char *words[WORDS_MAX];
    *more = false;
    d->time = NAN;
    while (ili_lines_next(&d->lines)) {
        int n = ili_split(d->lines.line, words, WORDS_MAX);
        if (n == 0) continue;
        if (n > WORDS_MAX) return ili_lines_fail(&d->lines, "found more than %d words", WORDS_MAX);
        if (strcmp(words[0], "ITEM:") != 0 || n < 2)
            return ili_lines_fail(&d->lines, "found '%.40s', expected ITEM: and its name", words[0]);
        const char *item = words[1];
        *more = true;
        long step;
        if (strcmp(item, "UNITS") == 0) {
            IL_TRY(read_units(d));
        } else if (strcmp(item, "TIME") == 0) {
            IL_TRY(ili_lines_need(&d->lines, "the time"));
            IL_TRY(ili_lines_reals(&d->lines, 1, &d->time, "the time"));
        } else if (strcmp(item, "TIMESTEP") == 0) {
            IL_TRY(read_integer(d, "the step", 0, LONG_MAX, &step));
            d->step = step;
            seen |= 1;
        } else if (strcmp(item, "NUMBER") == 0 && n == 4 && strcmp(words[3], "ATOMS") == 0) {
            IL_TRY(read_integer(d, "the number of atoms", 1, INT32_MAX, &d->n));
            seen |= 2;
        } else if (strcmp(item, "BOX") == 0) {
            IL_TRY(read_box(d, words + 3, n - 3));
            seen |= 4;
        } else if (strcmp(item, "ATOMS") == 0) {
            if (seen == 7) return read_columns(d, words + 2, n - 2);
            return ili_lines_fail(&d->lines, "the frame has no %s before its atoms",
                                  !(seen & 1)   ? "ITEM: TIMESTEP"
                                  : !(seen & 2) ? "ITEM: NUMBER OF ATOMS"
                                                : "ITEM: BOX BOUNDS");
        } else {
            return ili_lines_fail(&d->lines, "found ITEM: %.40s, expected a dump of atoms", item);
        }
    }
    if (d->lines.trouble != IL_OK || !*more) return d->lines.trouble;
    return ili_lines_fail(&d->lines, "the file ends here, expected ITEM: ATOMS");
}

/* ---- atoms ------------------------------------------------------------------------------------------- */

static il_status read_real(const dump *d, char **words, int column, double *value) {
    if (ili_parse_real(words[d->at[column]], value)) return IL_OK;
    return ili_lines_fail(&d->lines, "found '%.40s' in the column '%s', expected a number",
                          words[d->at[column]], column_names[column]);
}

/** The element by its symbol, else by the mass, when it has a column. */
static il_status read_element(const dump *d, char **words, row *r) {
    double mass;
    if (d->at[ELEMENT] >= 0) {
        const char *word = words[d->at[ELEMENT]];
        r->z = ili_element_z_of_label(word);
        if (r->z && strlen(word) < sizeof r->name) {
            memcpy(r->name, word, strlen(word) + 1);
            return IL_OK;
        }
        return ili_lines_fail(
            &d->lines, "found the element '%.40s', expected a symbol: see `dump_modify element`", word);
    }
    if (d->at[MASS] < 0) return IL_OK;
    IL_TRY(read_real(d, words, MASS, &mass));
    r->z = ili_element_z_of_mass(mass);
    if (r->z) snprintf(r->name, sizeof r->name, "%s", ili_element_of(r->z)->symbol);
    return IL_OK;
}

static il_status read_position(const dump *d, char **words, row *r) {
    double x[3];
    for (int k = 0; k < 3; k++) IL_TRY(read_real(d, words, d->way->first + k, &x[k]));
    if (d->way->is_scaled)
        ili_cell_to_cart(&d->cell, x, r->x);
    else
        for (int k = 0; k < 3; k++) r->x[k] = x[k] - d->origin[k];
    for (int k = 0; k < 3 && d->way->has_images; k++) {
        long image;
        if (!ili_parse_int(words[d->at[IX + k]], INT_MIN, INT_MAX, &image))
            return ili_lines_fail(&d->lines, "found '%.40s' in the column '%s', expected a whole number",
                                  words[d->at[IX + k]], column_names[IX + k]);
        for (int j = 0; j < 3; j++) r->x[j] += (double)image * d->cell.h[k][j];
    }
    return IL_OK;
}

static int by_id(const void *a, const void *b) {
    long p = ((const row *)a)->id, q = ((const row *)b)->id;
    return (p > q) - (p < q);
}

static il_status read_atoms(dump *d) {
    bool is_sorted = true;
    for (long i = 0; i < d->n; i++) { /* grown with the lines: the count of the file is not trusted */
        char *words[WORDS_MAX];
        IL_TRY(ili_lines_need(&d->lines, "another atom of the frame"));
        int n = ili_split(d->lines.line, words, WORDS_MAX);
        if (n != d->n_words)
            return ili_lines_fail(&d->lines, "found %d words, expected the %d that ITEM: ATOMS names", n,
                                  d->n_words);
        if (!ILI_GROW(d->rows, (size_t)i + 1, d->cap_rows)) return ili_no_memory(d->lines.ctx, d->lines.path);
        row *r = &d->rows[i];
        *r = (row){0};
        if (!ili_parse_int(words[d->at[ID]], LONG_MIN, LONG_MAX, &r->id))
            return ili_lines_fail(&d->lines, "found '%.40s' in the column 'id', expected a whole number",
                                  words[d->at[ID]]);
        if (d->at[TYPE] >= 0 && !ili_parse_int(words[d->at[TYPE]], 1, LONG_MAX, &r->type))
            r->type = 0; /* may be a label */
        IL_TRY(read_element(d, words, r));
        IL_TRY(read_position(d, words, r));
        for (int k = 0; k < 3 && d->has_v; k++) IL_TRY(read_real(d, words, VX + k, &r->v[k]));
        is_sorted = is_sorted && (i == 0 || d->rows[i - 1].id < r->id);
    }
    if (!is_sorted) qsort(d->rows, (size_t)d->n, sizeof *d->rows, by_id);
    for (long i = 1; i < d->n; i++)
        if (d->rows[i].id == d->rows[i - 1].id)
            return ili_lines_fail(&d->lines, "found the atom %ld twice in the frame that ends here",
                                  d->rows[i].id);
    return IL_OK;
}

/* ---- as a trajectory --------------------------------------------------------------------------------- */

/** LAMMPS calls the atoms of every type C until `dump_modify element` says more: such a column says nothing. */
static void forget_default_elements(il_context *ctx, dump *d) {
    bool has_types = d->at[TYPE] < 0;
    for (long i = 0; i < d->n; i++) {
        if (d->at[ELEMENT] < 0 || strcmp(d->rows[i].name, "C") != 0) return;
        has_types = has_types || d->rows[i].type != d->rows[0].type;
    }
    if (!has_types) return;
    ili_warn(
        ctx,
        "%s: every element is C, as LAMMPS writes when it was not told the elements, so they are not known",
        d->lines.path);
    for (long i = 0; i < d->n; i++) d->rows[i].z = 0;
}

static il_status make_system(il_context *ctx, ili_traj_reader *r, const dump *d) {
    il_system *sys = NULL;
    il_status status;
    IL_GO(ili_system_create(ctx, &sys));
    for (long i = 0; i < d->n; i++) {
        int32_t type;
        const row *a = &d->rows[i];
        if (a->z == 0)
            IL_GO(ili_fail(
                ctx, IL_E_INPUT,
                "%s: the dump does not say which element atom %ld is: give the structure file of the run as "
                "topology, or write the dump with `dump_modify element`",
                r->path, a->id));
        IL_GO(ili_system_species(ctx, sys, a->name, a->z, &type));
        IL_GO(ili_system_add(ctx, sys, type, a->x));
    }
    r->sys = sys;
    return IL_OK;
out:
    il_system_destroy(&sys);
    return status;
}

static il_status open_reader(il_context *ctx, ili_traj_reader *r, const il_system *topology) {
    dump *d = r->state = ili_alloc(1, sizeof *d);
    int *z = NULL;
    bool more;
    il_status status;
    if (!d) return ili_no_memory(ctx, r->path);
    d->style = &styles[0];
    IL_TRY(ili_lines_stream(ctx, r->path, &d->lines));
    IL_TRY(read_head(d, &more));
    if (!more) return ili_fail(ctx, IL_E_INPUT, "%s: holds no frame", r->path);
    IL_TRY(read_atoms(d));
    forget_default_elements(ctx, d);
    z = ili_alloc((size_t)d->n, sizeof *z);
    d->ids = ili_alloc((size_t)d->n, sizeof *d->ids);
    IL_GO(z && d->ids ? IL_OK : ili_no_memory(ctx, r->path));
    for (long i = 0; i < d->n; i++) {
        d->ids[i] = d->rows[i].id;
        z[i] = d->rows[i].z;
    }
    IL_GO(topology ? ili_traj_adopt(ctx, r, topology, d->n, z) : make_system(ctx, r, d));
out:
    ili_free(z);
    return status;
}

static il_status take(il_context *ctx, ili_traj_reader *r, dump *d, ili_traj_frame *frame) {
    if (d->n != r->sys->n_atoms)
        return ili_traj_fail(ctx, r, "has %ld atoms, expected the %d of the first one", d->n,
                             r->sys->n_atoms);
    frame->cell = d->cell;
    frame->step = d->step;
    frame->time = d->time * d->style->time;
    frame->is_continuous = d->way->has_images || d->way->first == XU || d->way->first == XSU;
    if (d->has_v) frame->v = r->v;
    for (long i = 0; i < d->n; i++) {
        const row *a = &d->rows[i];
        if (a->id != d->ids[i])
            return ili_traj_fail(ctx, r, "has the atom %ld, which the first frame has not", a->id);
        for (int k = 0; k < 3; k++) {
            r->x[i][k] = a->x[k];
            r->v[i][k] = a->v[k] * d->style->velocity;
        }
    }
    return IL_OK;
}

static il_status next(il_context *ctx, ili_traj_reader *r, ili_traj_frame *frame, bool *more) {
    dump *d = r->state;
    d->lines.ctx = ctx;
    il_status status = read_head(d, more);
    if (status == IL_OK && *more) status = read_atoms(d);
    r->is_torn = d->lines.is_torn && (*more || status != IL_OK);
    if (status == IL_OK && *more) status = take(ctx, r, d, frame);
    return status;
}

static il_status rewind_reader(il_context *ctx, ili_traj_reader *r) {
    dump *d = r->state;
    d->lines.ctx = ctx;
    return ili_lines_rewind(&d->lines);
}

static void close_reader(ili_traj_reader *r) {
    dump *d = r->state;
    if (!d) return;
    ili_lines_close(&d->lines);
    ili_free(d->rows);
    ili_free(d->ids);
    ili_free(d);
    r->state = NULL;
}

const ili_traj_format ili_traj_dump = {.name = "LAMMPS dump",
                                       .endings = "lammpstrj|dump",
                                       .open = open_reader,
                                       .next = next,
                                       .rewind = rewind_reader,
                                       .close_reader = close_reader};
