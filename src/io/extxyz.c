/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/extxyz.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "io/lines.h"
#include "system/element.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { KEYS_MAX = 256, COLUMNS_MAX = 64, WORDS_MAX = 512 };

/** What may stand after the atoms of a frame. */
static const char FRAME_OR_END[] =
    "the end of the file or the number of atoms of another frame: are there more "
    "atoms than the first line says?";
static const double STEP_MAX = 9007199254740992.0; /* 2^53: exact as a double */

/** Room round the atoms of a file without a Lattice, angstrom: no two images are ever mistaken for neighbours. */
static const double MARGIN = 10.0;

typedef struct column {
    const char *name;
    char type;        /**< S I R L */
    int width, first; /**< words an atom; number of the first word */
} column;

/** A file, and a frame of it whose header has been read; the lines stand before its first atom. */
typedef struct ili_extxyz {
    ili_lines lines;
    char *header; /**< of the frame; keys and columns point into it */
    size_t cap_header;
    int32_t n_atoms;
    int n_keys, n_columns, n_words;
    struct {
        char *key, *value;
    } keys[KEYS_MAX];
    column columns[COLUMNS_MAX];
} frame;

/** Columns that a system keeps beside type and position: one row an array. The first name is the one written. */
static const struct kept {
    const char *names[4];
    char type;
    int width;
    size_t field; /**< offset in il_system of the pointer to the array */
} kept[] = {
    {{"charge", "charges", "initial_charges", NULL}, 'R', 1, offsetof(il_system, charge)},
    {{"side", NULL}, 'I', 1, offsetof(il_system, side)},
    {{"mol", "molecule", NULL}, 'I', 1, offsetof(il_system, molecule)},
    {{"velo", "velocities", NULL}, 'R', 3, offsetof(il_system, v)},
    {{"forces", "force", NULL}, 'R', 3, offsetof(il_system, f)},
};
enum { N_KEPT = sizeof kept / sizeof *kept };

static void **array_of(const il_system *sys, const struct kept *k) {
    return (void **)((char *)sys + k->field);
}

static size_t item_size(const struct kept *k) {
    return (size_t)k->width * (k->type == 'R' ? sizeof(double) : sizeof(int32_t));
}

/* ---- header ------------------------------------------------------------------------------------------ */

static char *find_key(const frame *f, const char *key) {
    for (int i = 0; i < f->n_keys; i++)
        if (strcmp(f->keys[i].key, key) == 0) return f->keys[i].value;
    return NULL;
}

static const column *find_column(const frame *f, const char *name) {
    for (int i = 0; i < f->n_columns; i++)
        if (strcmp(f->columns[i].name, name) == 0) return &f->columns[i];
    return NULL;
}

/** Cut off the value that begins at p, without its quotes and escapes; returns what follows it, NULL when a quote or
 *  bracket stays open. */
static char *cut_value(char *p, char **value) {
    *value = p;
    if (!*p || !strchr("\"'{[", *p)) {
        p += strcspn(p, " \t");
        if (*p) *p++ = 0;
        return p;
    }
    char close = *p == '{' ? '}' : *p == '[' ? ']' : *p, *out = p;
    for (p++; *p != close; p++) {
        if (*p == '\\' && p[1]) p++;
        if (!*p) return NULL;
        *out++ = *p;
    }
    *out = 0;
    return p + 1;
}

static il_status read_keys(frame *f) {
    size_t size = strlen(f->lines.line) + 1;
    f->n_keys = 0;
    if (size > f->cap_header && !ILI_GROW(f->header, size, f->cap_header))
        return ili_no_memory(f->lines.ctx, f->lines.path);
    memcpy(f->header, f->lines.line, size);
    for (char *p = f->header;;) {
        p += strspn(p, " \t");
        if (!*p) return IL_OK;
        static char yes[] = "T";
        char *key = p, *value = yes;
        p += strcspn(p, "= \t");
        char end = *p;
        if (p == key) return ili_lines_fail(&f->lines, "found '=' without a key, expected key=value");
        if (end) *p++ = 0;
        if (end == '=') p = cut_value(p, &value);
        if (!p) return ili_lines_fail(&f->lines, "the value of '%.40s' has no closing quote or bracket", key);
        if (find_key(f, key)) return ili_lines_fail(&f->lines, "found the key '%.40s' twice", key);
        if (f->n_keys == KEYS_MAX) return ili_lines_fail(&f->lines, "found more than %d keys", KEYS_MAX);
        f->keys[f->n_keys].key = key;
        f->keys[f->n_keys++].value = value;
    }
}

static il_status add_column(frame *f, const char *name, const char *type, const char *count) {
    long width;
    if (!type || !*type || type[1] || !strchr("SIRL", *type) || !ili_parse_int(count, 1, WORDS_MAX, &width))
        return ili_lines_fail(&f->lines,
                              "found '%.40s:%.10s:%.10s' in Properties, expected name:S|I|R|L:count", name,
                              type ? type : "", count ? count : "");
    if (find_column(f, name)) return ili_lines_fail(&f->lines, "found '%.40s' twice in Properties", name);
    if (f->n_columns == COLUMNS_MAX || f->n_words + width > WORDS_MAX)
        return ili_lines_fail(&f->lines, "found more than %d columns or %d words in Properties", COLUMNS_MAX,
                              WORDS_MAX);
    f->columns[f->n_columns++] = (column){name, *type, (int)width, f->n_words};
    f->n_words += (int)width;
    return IL_OK;
}

static il_status need_column(const frame *f, const char *name, char type, int width, const column **c) {
    *c = find_column(f, name);
    if (!*c) return ili_lines_fail(&f->lines, "Properties has no column '%.40s'", name);
    bool fits = (*c)->type == type || (type == 'R' && (*c)->type == 'I');
    if (fits && (*c)->width == width) return IL_OK;
    return ili_lines_fail(&f->lines, "the column '%.40s' is %c:%d, expected %c:%d", name, (*c)->type,
                          (*c)->width, type, width);
}

static il_status read_properties(frame *f) {
    f->n_columns = f->n_words = 0;
    char *save = NULL, *text = find_key(f, "Properties");
    if (!text) {
        IL_TRY(add_column(f, "species", "S", "1"));
        return add_column(f, "pos", "R", "3");
    }
    for (char *name = strtok_r(text, ":", &save); name; name = strtok_r(NULL, ":", &save)) {
        const char *type = strtok_r(NULL, ":", &save), *count = strtok_r(NULL, ":", &save);
        IL_TRY(add_column(f, name, type, count));
    }
    return IL_OK;
}

/** Go to the line that holds the number of atoms of the next frame; f->n_atoms is 0 when the file ends before. */
static il_status next_count(frame *f, const char *expected) {
    char *word[1];
    long n;
    f->n_atoms = 0;
    do {
        if (!ili_lines_next(&f->lines)) return f->lines.trouble;
    } while (!f->lines.line[strspn(f->lines.line, " \t\r")]);
    if (ili_split(f->lines.line, word, 1) != 1 || !ili_parse_int(word[0], 1, INT32_MAX, &n))
        return ili_lines_fail(&f->lines, "found '%.40s', expected %s", f->lines.line, expected);
    f->n_atoms = (int32_t)n;
    return IL_OK;
}

/** Read over the atoms of the frame. */
static il_status skip_atoms(frame *f) {
    for (int32_t i = 0; i < f->n_atoms; i++) IL_TRY(ili_lines_need(&f->lines, "an atom"));
    return IL_OK;
}

/** Read the header of the frame whose number of atoms was read. */
static il_status read_header(frame *f) {
    IL_TRY(ili_lines_need(&f->lines, "the header of a frame"));
    IL_TRY(read_keys(f));
    return read_properties(f);
}

/** Open a file at a frame and read its header. */
static il_status open_frame(il_context *ctx, const char *path, int index, frame **out) {
    frame *f;
    il_status status;
    IL_TRY(ili_extxyz_open(ctx, path, out));
    f = *out;
    for (int k = 0;; k++) {
        IL_GO(next_count(f, "the number of atoms"));
        if (!f->n_atoms)
            IL_GO(ili_lines_fail(&f->lines, "the file ends here, expected the number of atoms of frame %d",
                                 index));
        if (k == index) break;
        IL_GO(ili_lines_need(&f->lines, "the header of a frame"));
        IL_GO(skip_atoms(f));
    }
    IL_GO(read_header(f));
out:
    if (status != IL_OK) ili_extxyz_close(out);
    return status;
}

/* ---- atoms ------------------------------------------------------------------------------------------- */

/** Go to the next atom and cut its line into f->n_words words. */
static il_status next_atom(frame *f, char *words[WORDS_MAX]) {
    char expected[64];
    snprintf(expected, sizeof expected, "one of the %d atoms of the frame", f->n_atoms);
    IL_TRY(ili_lines_need(&f->lines, expected));
    int n = ili_split(f->lines.line, words, WORDS_MAX);
    if (n == f->n_words) return IL_OK;
    return ili_lines_fail(&f->lines, "found %d words, expected the %d that Properties names", n, f->n_words);
}

static il_status read_reals(const frame *f, const column *c, char **words, double *values) {
    for (int k = 0; k < c->width; k++)
        if (!ili_parse_real(words[c->first + k], &values[k]))
            return ili_lines_fail(&f->lines, "found '%.40s' in the column '%.40s', expected a number",
                                  words[c->first + k], c->name);
    return IL_OK;
}

static il_status read_kept(const frame *f, const struct kept *k, const column *c, char **words,
                           il_system *sys, int32_t i) {
    char *item = (char *)*array_of(sys, k) + (size_t)i * item_size(k);
    if (k->type == 'R') return read_reals(f, c, words, (double *)item);
    long value;
    if (!ili_parse_int(words[c->first], INT32_MIN, INT32_MAX, &value))
        return ili_lines_fail(&f->lines, "found '%.40s' in the column '%.40s', expected a whole number",
                              words[c->first], c->name);
    *(int32_t *)item = (int32_t)value;
    return IL_OK;
}

/** The species of an atom: named by its label when the file has one, else by its symbol. */
static il_status read_species(const frame *f, il_system *sys, const char *symbol, const char *label,
                              int32_t *type) {
    int z = ili_element_z_of_label(symbol);
    if (z == 0)
        return ili_lines_fail(&f->lines, "found the species '%.40s', expected the symbol of an element",
                              symbol);
    if (!label) label = symbol;
    IL_TRY(ili_lines_prefix(&f->lines, ili_system_species(f->lines.ctx, sys, label, z, type)));
    if (sys->species[*type].z == z) return IL_OK;
    return ili_lines_fail(&f->lines,
                          "found the label '%.40s' at %s, and above at %s, expected one element a label",
                          label, symbol, ili_element_of(sys->species[*type].z)->symbol);
}

static il_status read_atoms(frame *f, il_system *sys) {
    const column *species, *pos, *label = find_column(f, "label"), *columns[N_KEPT] = {NULL};
    IL_TRY(need_column(f, "species", 'S', 1, &species));
    IL_TRY(need_column(f, "pos", 'R', 3, &pos));
    if (label) IL_TRY(need_column(f, "label", 'S', 1, &label));
    for (int k = 0; k < N_KEPT; k++)
        for (int a = 0; kept[k].names[a] && !columns[k]; a++)
            if (find_column(f, kept[k].names[a])) {
                IL_TRY(need_column(f, kept[k].names[a], kept[k].type, kept[k].width, &columns[k]));
                IL_TRY(ili_system_array(f->lines.ctx, sys, array_of(sys, &kept[k]), item_size(&kept[k])));
            }
    for (int32_t i = 0; i < f->n_atoms; i++) {
        char *words[WORDS_MAX];
        int32_t type;
        double x[3];
        IL_TRY(next_atom(f, words));
        IL_TRY(read_species(f, sys, words[species->first], label ? words[label->first] : NULL, &type));
        IL_TRY(read_reals(f, pos, words, x));
        IL_TRY(ili_system_add(f->lines.ctx, sys, type, x));
        for (int k = 0; k < N_KEPT; k++)
            if (columns[k]) IL_TRY(read_kept(f, &kept[k], columns[k], words, sys, i));
    }
    return IL_OK;
}

/* ---- what the header says about the system ----------------------------------------------------------- */

static il_status read_lattice(frame *f, il_system *sys) {
    char *words[9], *text = find_key(f, "Lattice");
    for (int k = 0; k < 3; k++) sys->cell.pbc[k] = text != NULL;
    if (!text) return IL_OK;
    int n = ili_split(text, words, 9);
    if (n != 9) return ili_lines_fail(&f->lines, "found %d numbers in Lattice, expected 9", n);
    for (int k = 0; k < 9; k++)
        if (!ili_parse_real(words[k], &sys->cell.h[k / 3][k % 3]))
            return ili_lines_fail(&f->lines, "found '%.40s' in Lattice, expected a number", words[k]);
    return ili_lines_prefix(&f->lines, ili_cell_check(f->lines.ctx, &sys->cell, "Lattice"));
}

static il_status read_pbc(frame *f, il_system *sys) {
    char *words[3], *text = find_key(f, "pbc");
    if (!text) return IL_OK;
    int n = ili_split(text, words, 3);
    for (int k = 0; n == 3 && k < 3; k++) {
        const char *w = words[k];
        sys->cell.pbc[k] = ili_same_text(w, "t") || ili_same_text(w, "true") || strcmp(w, "1") == 0;
        bool is_no = ili_same_text(w, "f") || ili_same_text(w, "false") || strcmp(w, "0") == 0;
        if (!sys->cell.pbc[k] && !is_no) n = 0;
        if (sys->cell.pbc[k] && !find_key(f, "Lattice"))
            return ili_lines_fail(&f->lines, "pbc says periodic, but there is no Lattice");
    }
    return n == 3 ? IL_OK
                  : ili_lines_fail(&f->lines, "found a pbc other than three of T and F, such as \"T T F\"");
}

static il_status read_energy(frame *f, il_system *sys) {
    const char *text = find_key(f, "energy");
    if (!text) text = find_key(f, "energy_eV");
    if (!text) return IL_OK;
    sys->has_energy = ili_parse_real(text, &sys->energy);
    return sys->has_energy ? IL_OK
                           : ili_lines_fail(&f->lines, "found the energy '%.40s', expected a number", text);
}

static il_status read_bonds(frame *f, il_system *sys) {
    char *save = NULL, *text = find_key(f, "bonds");
    if (!text) return IL_OK;
    for (char *bond = strtok_r(text, " \t,", &save); bond; bond = strtok_r(NULL, " \t,", &save)) {
        char *dash = strchr(bond, '-');
        long i = 0, j = 0;
        if (dash) *dash = 0;
        if (!dash || !ili_parse_int(bond, 0, f->n_atoms - 1, &i) ||
            !ili_parse_int(dash + 1, 0, f->n_atoms - 1, &j) || i == j)
            return ili_lines_fail(&f->lines,
                                  "found '%.20s%s%.20s' in bonds, expected i-j with atoms from 0 to %d", bond,
                                  dash ? "-" : "", dash ? dash + 1 : "", f->n_atoms - 1);
        IL_TRY(ili_system_add_bond(f->lines.ctx, sys, (int32_t)i, (int32_t)j));
    }
    return IL_OK;
}

/** A cell without periods that encloses the atoms. */
static void enclose(il_system *sys) {
    double low[3] = {INFINITY, INFINITY, INFINITY}, high[3] = {-INFINITY, -INFINITY, -INFINITY};
    for (int32_t i = 0; i < sys->n_atoms; i++)
        for (int k = 0; k < 3; k++) {
            low[k] = fmin(low[k], sys->x[i][k]);
            high[k] = fmax(high[k], sys->x[i][k]);
        }
    for (int k = 0; k < 3; k++) sys->cell.h[k][k] = high[k] - low[k] + MARGIN;
}

/** A number of the header, NaN when it has none under these names (ended by NULL). */
static double find_real(const frame *f, const char *const *names) {
    double value = NAN;
    for (; *names; names++) {
        const char *text = find_key(f, *names);
        if (text && ili_parse_real(text, &value)) return value;
    }
    return NAN;
}

static ili_extxyz_moment read_moment(const frame *f) {
    static const char *const fs[] = {"Time", "time_fs", NULL}, *const ps[] = {"time_ps", NULL},
                             *const steps[] = {"Step", "step", "Timestep", "timestep", NULL};
    const char *flag = find_key(f, "continuous");
    double step = find_real(f, steps);
    ili_extxyz_moment m = {.step = -1, .time = find_real(f, fs)};
    if (isnan(m.time)) m.time = 1e3 * find_real(f, ps);
    if (step >= 0.0 && step <= STEP_MAX) m.step = (int64_t)step;
    m.is_continuous = flag && strcmp(flag, "T") == 0;
    return m;
}

/** What follows the header, into a new system. */
static il_status read_frame(frame *f, il_system **out) {
    il_system *sys = NULL;
    il_status status;
    IL_GO(ili_system_create(f->lines.ctx, &sys));
    IL_GO(read_lattice(f, sys));
    IL_GO(read_pbc(f, sys));
    IL_GO(read_energy(f, sys));
    IL_GO(read_bonds(f, sys));
    IL_GO(read_atoms(f, sys));
    if (!find_key(f, "Lattice")) enclose(sys);
out:
    if (status != IL_OK) il_system_destroy(&sys);
    *out = sys;
    return status;
}

/* ---- a file ------------------------------------------------------------------------------------------ */

il_status ili_extxyz_open(il_context *ctx, const char *path, ili_extxyz **out) {
    *out = ili_alloc(1, sizeof **out);
    if (!*out) return ili_no_memory(ctx, path);
    il_status status = ili_lines_stream(ctx, path, &(*out)->lines);
    if (status != IL_OK) ili_extxyz_close(out);
    return status;
}

void ili_extxyz_close(ili_extxyz **file) {
    if (!file || !*file) return;
    ili_lines_close(&(*file)->lines);
    ili_free((*file)->header);
    ili_free(*file);
    *file = NULL;
}

il_status ili_extxyz_next(il_context *ctx, ili_extxyz *f, il_system **out, ili_extxyz_moment *moment) {
    *out = NULL;
    f->lines.ctx = ctx;
    IL_TRY(next_count(f, FRAME_OR_END));
    if (!f->n_atoms) return IL_OK;
    IL_TRY(read_header(f));
    *moment = read_moment(f);
    return read_frame(f, out);
}

il_status ili_extxyz_skip(il_context *ctx, ili_extxyz *f, int32_t *n_atoms, int64_t *end) {
    f->lines.ctx = ctx;
    IL_TRY(next_count(f, FRAME_OR_END));
    *n_atoms = f->n_atoms;
    if (f->n_atoms) {
        IL_TRY(ili_lines_need(&f->lines, "the header of a frame"));
        IL_TRY(skip_atoms(f));
    }
    *end = f->lines.offset;
    return IL_OK;
}

bool ili_extxyz_is_torn(const ili_extxyz *f) {
    return f->lines.is_torn;
}

il_status ili_extxyz_rewind(il_context *ctx, ili_extxyz *f) {
    f->lines.ctx = ctx;
    return ili_lines_rewind(&f->lines);
}

il_status ili_extxyz_read_frame(il_context *ctx, const char *path, int index, il_system **out) {
    frame *f;
    *out = NULL;
    IL_TRY(open_frame(ctx, path, index, &f));
    il_status status = read_frame(f, out);
    if (status == IL_OK) status = next_count(f, FRAME_OR_END);
    if (status != IL_OK) il_system_destroy(out);
    ili_extxyz_close(&f);
    return status;
}

il_status ili_extxyz_read(il_context *ctx, const char *path, il_system **out) {
    return ili_extxyz_read_frame(ctx, path, 0, out);
}

il_status ili_extxyz_read_column(il_context *ctx, const char *path, int index, const char *name, int width,
                                 double **values, int32_t *n) {
    frame *f;
    const column *c;
    double *read = NULL;
    size_t capacity = 0;
    il_status status;
    *values = NULL;
    IL_TRY(open_frame(ctx, path, index, &f));
    IL_GO(need_column(f, name, 'R', width, &c));
    for (int32_t i = 0; i < f->n_atoms;
         i++) { /* grown with the lines: the count of the file is not trusted */
        char *words[WORDS_MAX];
        size_t at = (size_t)i * (size_t)width;
        IL_GO(next_atom(f, words));
        IL_GO(ILI_GROW(read, at + (size_t)width, capacity) ? IL_OK : ili_no_memory(ctx, name));
        IL_GO(read_reals(f, c, words, read + at));
    }
    *values = read;
    *n = f->n_atoms;
    read = NULL;
out:
    ili_free(read);
    ili_extxyz_close(&f);
    return status;
}

il_status ili_extxyz_read_info(il_context *ctx, const char *path, int index, const char *key, double *value) {
    frame *f;
    IL_TRY(open_frame(ctx, path, index, &f));
    const char *text = find_key(f, key);
    il_status status = text ? IL_OK : ili_lines_fail(&f->lines, "the header has no key '%.40s'", key);
    if (text && !ili_parse_real(text, value))
        status = ili_lines_fail(&f->lines, "found '%.40s' for '%.40s', expected a number", text, key);
    ili_extxyz_close(&f);
    return status;
}

/* ---- writing ----------------------------------------------------------------------------------------- */

static void write_real(FILE *out, double value) {
    char text[ILI_REAL_MAX];
    fprintf(out, " %18s", ili_print_real(text, value));
}

/** Does a species carry a name of its own? */
static bool has_labels(const il_system *sys) {
    for (int32_t s = 0; s < sys->n_species; s++)
        if (strcmp(sys->species[s].name, ili_element_of(sys->species[s].z)->symbol) != 0) return true;
    return false;
}

static void write_header(const il_system *sys, const ili_extxyz_moment *moment, FILE *out) {
    char text[ILI_REAL_MAX];
    fprintf(out, "%d\n", sys->n_atoms);
    for (int k = 0; k < 9; k++)
        fprintf(out, "%s%s", k ? " " : "Lattice=\"", ili_print_real(text, sys->cell.h[k / 3][k % 3]));
    fputs("\" Properties=species:S:1:pos:R:3", out);
    if (has_labels(sys)) fputs(":label:S:1", out);
    for (int k = 0; k < N_KEPT; k++)
        if (*array_of(sys, &kept[k]))
            fprintf(out, ":%s:%c:%d", kept[k].names[0], kept[k].type, kept[k].width);
    const bool *p = sys->cell.pbc;
    fprintf(out, " pbc=\"%c %c %c\"", "FT"[p[0]], "FT"[p[1]], "FT"[p[2]]);
    if (sys->has_energy) fprintf(out, " energy=%s", ili_print_real(text, sys->energy));
    if (moment && moment->step >= 0) fprintf(out, " Step=%lld", (long long)moment->step);
    if (moment && isfinite(moment->time)) fprintf(out, " Time=%s", ili_print_real(text, moment->time));
    if (moment && moment->is_continuous) fputs(" continuous=T", out);
    for (int32_t b = 0; b < sys->n_bonds; b++)
        fprintf(out, "%s%d-%d", b ? " " : " bonds=\"", sys->bonds[b][0], sys->bonds[b][1]);
    if (sys->n_bonds) fputc('"', out);
    fprintf(out, " creator=\"Interlith %s\"\n", il_version());
}

static void write_atom(const il_system *sys, int32_t i, bool with_label, FILE *out) {
    const ili_species *s = &sys->species[sys->type[i]];
    fprintf(out, "%-2s", ili_element_of(s->z)->symbol);
    for (int k = 0; k < 3; k++) write_real(out, sys->x[i][k]);
    if (with_label) fprintf(out, " %s", s->name);
    for (int k = 0; k < N_KEPT; k++) {
        const char *array = *array_of(sys, &kept[k]);
        const void *item = array ? array + (size_t)i * item_size(&kept[k]) : NULL;
        for (int w = 0; item && w < kept[k].width; w++)
            if (kept[k].type == 'R')
                write_real(out, ((const double *)item)[w]);
            else
                fprintf(out, " %d", ((const int32_t *)item)[w]);
    }
    fputc('\n', out);
}

void ili_extxyz_write_frame(const il_system *sys, const ili_extxyz_moment *moment, FILE *out) {
    bool with_label = has_labels(sys);
    write_header(sys, moment, out);
    for (int32_t i = 0; i < sys->n_atoms; i++) write_atom(sys, i, with_label, out);
}

il_status ili_extxyz_write(il_context *ctx, const il_system *sys, const char *path) {
    ili_outfile file;
    IL_TRY(ili_outfile_open(ctx, path, &file));
    ili_extxyz_write_frame(sys, NULL, file.stream);
    return ili_outfile_commit(ctx, &file);
}
