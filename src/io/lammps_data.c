/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading: header, then the sections in the order of the file. Atoms are sorted by id once they are complete, so that
 * sections which name ids come after them, as LAMMPS itself demands. */
#include "io/lammps_data.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "io/lines.h"
#include "math/vec.h"
#include "system/element.h"

#include <ctype.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TYPES_MAX = 1024, WORDS_MAX = 16 };

/** Columns of each atom style: i id, m molecule, t type, q charge, x three coordinates. Without a comment after "Atoms"
 *  the first style with the right number of columns is taken. */
static const struct style {
    const char *name, *columns;
} styles[] = {{"atomic", "itx"},     {"charge", "itqx"}, {"full", "imtqx"},
              {"molecular", "imtx"}, {"bond", "imtx"},   {"angle", "imtx"}};
enum { N_STYLES = sizeof styles / sizeof *styles };

typedef struct atom {
    long id, molecule, type;
    double charge, x[3];
} atom;

typedef struct data {
    ili_lines lines;
    char *words[WORDS_MAX]; /**< of the current line, without its comment */
    int n_words;
    const char *comment;             /**< of the current line, after '#'; "" when there is none */
    long n_atoms, n_bonds, n_types;  /**< as the header says */
    double low[3], high[3], tilt[3]; /**< tilt xy xz yz */
    double velocity_unit;            /**< of the file in angstrom/fs; 0: unknown */
    struct {
        char name[ILI_NAME_MAX];
        int z; /**< 0: no mass was given */
    } types[TYPES_MAX + 1];
    const struct style *style;
    atom *atoms; /**< [n_read] */
    size_t n_read, cap_atoms;
    il_system *sys;
} data;

/** Go to the next line that is not blank, cut into words; false at the end of the file. */
static bool next_line(data *d) {
    while (ili_lines_next(&d->lines)) {
        char *hash = strchr(d->lines.line, '#');
        d->comment = hash ? hash + 1 : "";
        if (hash) *hash = 0;
        d->n_words = ili_split(d->lines.line, d->words, WORDS_MAX);
        if (d->n_words) return true;
    }
    d->n_words = 0;
    return false;
}

static bool is_section(const data *d) {
    return d->n_words && isalpha((unsigned char)d->words[0][0]);
}

/* ---- header ------------------------------------------------------------------------------------------ */

/** Does the line read "... tail", where tail has as many words as are left after the first `skip`? */
static bool ends_with(const data *d, int skip, const char *a, const char *b) {
    if (d->n_words != skip + (b ? 2 : 1) || strcmp(d->words[skip], a) != 0) return false;
    return !b || strcmp(d->words[skip + 1], b) == 0;
}

static il_status read_count(data *d, long high, long *count) {
    if (ili_parse_int(d->words[0], 0, high, count)) return IL_OK;
    return ili_lines_fail(&d->lines, "found '%.40s', expected a count from 0 to %ld", d->words[0], high);
}

static il_status read_reals(data *d, int first, int n, double *values, const char *what) {
    for (int k = 0; k < n; k++)
        if (first + k >= d->n_words || !ili_parse_real(d->words[first + k], &values[k]))
            return ili_lines_fail(&d->lines, "found '%.40s', expected %s",
                                  first + k < d->n_words ? d->words[first + k] : "the end of the line", what);
    return IL_OK;
}

static il_status read_header_line(data *d) {
    static const char *const bounds[3][2] = {{"xlo", "xhi"}, {"ylo", "yhi"}, {"zlo", "zhi"}};
    if (ends_with(d, 1, "atoms", NULL)) return read_count(d, INT32_MAX, &d->n_atoms);
    if (ends_with(d, 1, "bonds", NULL)) return read_count(d, INT32_MAX, &d->n_bonds);
    if (ends_with(d, 1, "atom", "types")) return read_count(d, TYPES_MAX, &d->n_types);
    for (int k = 0; k < 3; k++)
        if (ends_with(d, 2, bounds[k][0], bounds[k][1])) {
            double b[2];
            IL_TRY(read_reals(d, 0, 2, b, "the bounds of the box"));
            d->low[k] = b[0];
            d->high[k] = b[1];
            return IL_OK;
        }
    if (d->n_words == 6 && strcmp(d->words[3], "xy") == 0)
        return read_reals(d, 0, 3, d->tilt, "the tilts of the box");
    if (strcmp(d->words[d->n_words - 1], "avec") == 0)
        return ili_lines_fail(&d->lines, "found a general triclinic box, expected xlo xhi and xy xz yz");
    return IL_OK; /* angles, extra bond per atom, ...: not kept */
}

/** The title may say "units metal" or "units = real", and "boundary p p f". */
static il_status read_title(data *d) {
    IL_TRY(ili_lines_need(&d->lines, "a title"));
    char *words[64];
    int n = ili_split(d->lines.line, words, 64);
    for (int k = 0; k + 1 < n && k < 60; k++) {
        words[k][strcspn(words[k], ",;")] = 0;
        if (strcmp(words[k], "boundary") == 0 && k + 3 < n)
            for (int j = 0; j < 3; j++) d->sys->cell.pbc[j] = words[k + 1 + j][0] == 'p';
        if (strcmp(words[k], "units") != 0) continue;
        const char *unit = words[k + 1 + (strcmp(words[k + 1], "=") == 0 && k + 2 < n)];
        if (strncmp(unit, "metal", 5) == 0)
            d->velocity_unit = 1e-3;
        else if (strncmp(unit, "real", 4) == 0)
            d->velocity_unit = 1.0;
        else
            return ili_lines_fail(&d->lines, "found the units '%.20s', expected metal or real", unit);
    }
    return IL_OK;
}

static il_status read_header(data *d) {
    double *h = &d->sys->cell.h[0][0];
    for (;;) {
        if (!next_line(d)) return ili_lines_fail(&d->lines, "the file ends here, expected the section Atoms");
        if (is_section(d)) break;
        IL_TRY(read_header_line(d));
    }
    if (d->n_atoms == 0)
        return ili_lines_fail(&d->lines, "the header announces no atoms, expected 'N atoms' above");
    for (int k = 0; k < 3; k++) {
        if (!(d->high[k] > d->low[k]))
            return ili_lines_fail(&d->lines, "the header gives no box along %c, expected '%clo %chi' above",
                                  "xyz"[k], "xyz"[k], "xyz"[k]);
        d->sys->cell.h[k][k] = d->high[k] - d->low[k];
    }
    h[3] = d->tilt[0];
    h[6] = d->tilt[1];
    h[7] = d->tilt[2];
    return ili_lines_prefix(&d->lines, ili_cell_check(d->lines.ctx, &d->sys->cell, "the box"));
}

/* ---- sections ---------------------------------------------------------------------------------------- */

static il_status read_index(data *d, int word, long low, long high, const char *what, long *value) {
    if (word < d->n_words && ili_parse_int(d->words[word], low, high, value)) return IL_OK;
    return ili_lines_fail(&d->lines, "found '%.40s', expected %s from %ld to %ld",
                          word < d->n_words ? d->words[word] : "the end of the line", what, low, high);
}

static il_status read_mass(data *d) {
    long type;
    double mass;
    char name[ILI_NAME_MAX] = "";
    IL_TRY(read_index(d, 0, 1, d->n_types, "an atom type", &type));
    IL_TRY(read_reals(d, 1, 1, &mass, "a mass"));
    const char *label = d->comment + strspn(d->comment, " \t");
    size_t n = strcspn(label, " \t,;");
    if (n < sizeof name) memcpy(name, label, n);
    int z = ili_element_z_of_mass(mass);
    if (z == 0) z = ili_element_z_of_label(name);
    if (z == 0)
        return ili_lines_fail(
            &d->lines, "the mass %g belongs to no element, expected g/mol or '# Symbol' behind it", mass);
    d->types[type].z = z;
    strcpy(d->types[type].name, *name ? name : ili_element_of(z)->symbol);
    return IL_OK;
}

static int width_of(const struct style *style) {
    return (int)strlen(style->columns) + 2;
}

/** With the comment "Atoms # full" the style is that, else the columns of the first atom tell. */
static il_status choose_style(data *d, const char *named) {
    for (int s = 0; s < N_STYLES && !d->style; s++) {
        int width = width_of(&styles[s]);
        if (*named ? strcmp(named, styles[s].name) == 0 : d->n_words == width || d->n_words == width + 3)
            d->style = &styles[s];
    }
    if (d->style) return IL_OK;
    return ili_lines_fail(&d->lines,
                          "found the atom style '%.20s' with %d columns, expected atomic, charge, molecular "
                          "or full",
                          *named ? named : "unnamed", d->n_words);
}

static il_status read_atom(data *d) {
    int width = width_of(d->style), word = 0;
    if (d->n_words != width && d->n_words != width + 3)
        return ili_lines_fail(&d->lines, "found %d words, expected %d or %d of an atom of style %s",
                              d->n_words, width, width + 3, d->style->name);
    if (!ILI_GROW(d->atoms, d->n_read + 1, d->cap_atoms)) return ili_no_memory(d->lines.ctx, "the atoms");
    atom *a = &d->atoms[d->n_read++];
    for (const char *c = d->style->columns; *c; c++, word++) switch (*c) {
        case 'i':
            IL_TRY(read_index(d, word, 1, LONG_MAX, "an atom id", &a->id));
            break;
        case 'm':
            IL_TRY(read_index(d, word, 0, INT32_MAX, "a molecule number", &a->molecule));
            break;
        case 't':
            IL_TRY(read_index(d, word, 1, d->n_types, "an atom type", &a->type));
            break;
        case 'q':
            IL_TRY(read_reals(d, word, 1, &a->charge, "a charge"));
            break;
        default:
            IL_TRY(read_reals(d, word, 3, a->x, "a position"));
            break;
        }
    if (d->types[a->type].z == 0)
        return ili_lines_fail(&d->lines, "atom type %ld has no mass, expected it in a section Masses above",
                              a->type);
    for (int k = 0; k < 3; k++) {
        long image = 0;
        if (d->n_words > width) IL_TRY(read_index(d, width + k, -1000000, 1000000, "an image flag", &image));
        for (int j = 0; j < 3; j++) a->x[j] += (double)image * d->sys->cell.h[k][j];
        a->x[k] -= d->low[k];
    }
    return IL_OK;
}

static int compare_ids(const void *a, const void *b) {
    long i = ((const atom *)a)->id, j = ((const atom *)b)->id;
    return (i > j) - (i < j);
}

/** The section is complete: make the system, in the order of the ids. */
static il_status finish_atoms(data *d) {
    il_context *ctx = d->lines.ctx;
    qsort(d->atoms, d->n_read, sizeof *d->atoms, compare_ids);
    bool has_charge = strchr(d->style->columns, 'q'), has_molecule = false;
    for (size_t i = 0; i < d->n_read; i++) has_molecule = has_molecule || d->atoms[i].molecule > 0;
    if (has_charge) IL_TRY(ILI_SYSTEM_ARRAY(ctx, d->sys, charge));
    if (has_molecule) IL_TRY(ILI_SYSTEM_ARRAY(ctx, d->sys, molecule));
    for (size_t i = 0; i < d->n_read; i++) {
        const atom *a = &d->atoms[i];
        int32_t type;
        if (i && a[-1].id == a->id)
            return ili_lines_fail(&d->lines, "found atom id %ld twice in the section Atoms", a->id);
        IL_TRY(ili_lines_prefix(
            &d->lines, ili_system_species(ctx, d->sys, d->types[a->type].name, d->types[a->type].z, &type)));
        IL_TRY(ili_system_add(ctx, d->sys, type, a->x));
        if (has_charge) d->sys->charge[i] = a->charge;
        if (has_molecule) d->sys->molecule[i] = (int32_t)a->molecule;
    }
    return IL_OK;
}

static il_status find_atom(data *d, int word, int32_t *index) {
    atom key = {0}, *found = NULL;
    IL_TRY(read_index(d, word, 1, LONG_MAX, "an atom id", &key.id));
    if (d->n_read) found = bsearch(&key, d->atoms, d->n_read, sizeof key, compare_ids);
    if (!found)
        return ili_lines_fail(&d->lines, "found atom id %ld, which the section Atoms above has not", key.id);
    *index = (int32_t)(found - d->atoms);
    return IL_OK;
}

static il_status read_velocity(data *d) {
    int32_t i;
    double v[3];
    IL_TRY(find_atom(d, 0, &i));
    IL_TRY(read_reals(d, 1, 3, v, "a velocity"));
    if (d->velocity_unit == 0.0) {
        ili_warn(d->lines.ctx,
                 "%s: velocities are not kept, because the title does not say 'units metal' or 'units real'",
                 d->lines.path);
        return IL_OK;
    }
    IL_TRY(ILI_SYSTEM_ARRAY(d->lines.ctx, d->sys, v));
    for (int k = 0; k < 3; k++) d->sys->v[i][k] = v[k] * d->velocity_unit;
    return IL_OK;
}

static il_status read_bond(data *d) {
    int32_t i, j;
    IL_TRY(find_atom(d, 2, &i));
    IL_TRY(find_atom(d, 3, &j));
    if (i == j) return ili_lines_fail(&d->lines, "found a bond of an atom with itself");
    return ili_system_add_bond(d->lines.ctx, d->sys, i, j);
}

/** How the lines of a section are read; NULL: not kept, with a warning when `is_lost`. */
static const struct section {
    const char *name;
    il_status (*read)(data *d);
    bool is_lost;
} sections[] = {
    {"Masses", read_mass, false},
    {"Atoms", read_atom, false},
    {"Velocities", read_velocity, false},
    {"Bonds", read_bond, false},
    {"Angles", NULL, true},
    {"Dihedrals", NULL, true},
    {"Impropers", NULL, true},
    {"Pair", NULL, false},
    {"PairIJ", NULL, false},
    {"Bond", NULL, false},
    {"Angle", NULL, false},
    {"Dihedral", NULL, false},
    {"Improper", NULL, false},
    {"Atom", NULL, false},
    {"BondBond", NULL, false},
    {"BondAngle", NULL, false},
    {"MiddleBondTorsion", NULL, false},
    {"EndBondTorsion", NULL, false},
    {"AngleTorsion", NULL, false},
    {"AngleAngleTorsion", NULL, false},
    {"BondBond13", NULL, false},
    {"AngleAngle", NULL, false},
};

static const struct section *find_section(const data *d) {
    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++)
        if (strcmp(sections[s].name, d->words[0]) == 0) return &sections[s];
    return NULL;
}

/** Read one section; the current line is its name, and then that of the next one, or the file has ended. */
static il_status read_section(data *d) {
    char named[32] = "";
    const struct section *s = find_section(d);
    if (!s) return ili_lines_fail(&d->lines, "found '%.40s', expected the name of a section", d->words[0]);
    bool are_atoms = s->read == read_atom;
    long n = 0, expected = are_atoms ? d->n_atoms : s->read == read_bond ? d->n_bonds : -1;
    char *word = (char *)d->comment + strspn(d->comment, " \t");
    if (are_atoms) memcpy(named, word, strcspn(word, " \t") < 31 ? strcspn(word, " \t") : 31);
    if (are_atoms && d->n_read) return ili_lines_fail(&d->lines, "found the section Atoms twice");
    if (s->is_lost) ili_warn(d->lines.ctx, "%s: the section %s is not kept", d->lines.path, s->name);
    while (next_line(d) && !is_section(d)) {
        if (are_atoms && n == 0) IL_TRY(choose_style(d, named));
        if (n++ == expected)
            return ili_lines_fail(&d->lines, "found more lines in the section %s than the %ld of the header",
                                  s->name, expected);
        if (s->read) IL_TRY(s->read(d));
    }
    if (expected >= 0 && n != expected)
        return ili_lines_fail(&d->lines, "the section %s ends with %ld lines, expected the %ld of the header",
                              s->name, n, expected);
    return are_atoms ? finish_atoms(d) : IL_OK;
}

il_status ili_lammps_data_read(il_context *ctx, const char *path, il_system **out) {
    il_status status;
    *out = NULL;
    data *d = ili_alloc(1, sizeof *d);
    if (!d) return ili_no_memory(ctx, path);
    IL_GO(ili_lines_open(ctx, path, &d->lines));
    IL_GO(ili_system_create(ctx, &d->sys));
    IL_GO(read_title(d));
    IL_GO(read_header(d));
    while (d->n_words) IL_GO(read_section(d));
    if (d->sys->n_atoms == 0) status = ili_lines_fail(&d->lines, "the file ends without a section Atoms");
out:
    if (status != IL_OK) il_system_destroy(&d->sys);
    *out = d->sys;
    ili_lines_close(&d->lines);
    ili_free(d->atoms);
    ili_free(d);
    return status;
}

/* ---- writing ----------------------------------------------------------------------------------------- */

/** The frame of LAMMPS: rows are its axes in ours. */
typedef struct frame {
    double axes[3][3];
    double h[3][3];             /**< the cell in it: lower triangle, diagonal positive */
    bool is_rotated, is_turned; /**< c of a left-handed cell was turned round */
} frame;

static void turn(const frame *f, const double x[3], double out[3]) {
    double t[3];
    for (int k = 0; k < 3; k++) t[k] = f->is_rotated ? ili_dot(x, f->axes[k]) : x[k];
    memcpy(out, t, sizeof t);
}

/** A tilt that is nothing but rounding is none: LAMMPS does less with tilted boxes (slabs under Ewald). */
static void drop_rounding(double h[3][3]) {
    for (int i = 1; i < 3; i++)
        for (int j = 0; j < i; j++)
            if (fabs(h[i][j]) <= 8.0 * DBL_EPSILON * ili_norm(h[i])) h[i][j] = 0.0;
}

static frame find_frame(const ili_cell *cell) {
    frame f = {.is_turned = ili_det(cell->h) < 0.0};
    const double(*h)[3] = cell->h;
    f.is_rotated = h[0][1] != 0.0 || h[0][2] != 0.0 || h[1][2] != 0.0 || h[0][0] < 0.0 || h[1][1] < 0.0;
    double la = ili_norm(h[0]), n[3];
    ili_cross(h[0], h[1], n);
    double ln = ili_norm(n);
    for (int k = 0; k < 3; k++) {
        f.axes[0][k] = h[0][k] / la;
        f.axes[2][k] = n[k] / ln;
    }
    ili_cross(f.axes[2], f.axes[0], f.axes[1]);
    for (int i = 0; i < 3; i++) turn(&f, h[i], f.h[i]);
    for (int k = 0; f.is_turned && k < 3; k++) f.h[2][k] = -f.h[2][k];
    f.h[0][1] = f.h[0][2] = f.h[1][2] = 0.0;
    drop_rounding(f.h);
    return f;
}

void ili_lammps_axes(const ili_cell *cell, double axes[3][3]) {
    static const double unit[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    frame f = find_frame(cell);
    memcpy(axes, f.is_rotated ? f.axes : unit, sizeof f.axes);
}

/** Bond types: pairs of species in the order in which the bonds show them. */
typedef struct bond_types {
    int32_t *of_pair; /**< [n_species][n_species] number from 1, 0 none */
    int32_t n;
    int32_t *type;      /**< [n_bonds] */
    int32_t (*atom)[4]; /**< [n_bonds] */
} bond_types;

static void free_bond_types(bond_types *types) {
    ili_free(types->of_pair);
    ili_free(types->type);
    ili_free(types->atom);
}

static il_status find_bond_types(il_context *ctx, const il_system *sys, bond_types *types) {
    size_t n = (size_t)sys->n_species;
    types->of_pair = ili_alloc(n * n, sizeof *types->of_pair);
    types->type = ili_alloc((size_t)sys->n_bonds, sizeof *types->type);
    types->atom = ili_alloc((size_t)sys->n_bonds, sizeof *types->atom);
    if (!types->of_pair || !types->type || !types->atom) return ili_no_memory(ctx, "the bond types");
    for (int32_t b = 0; b < sys->n_bonds; b++) {
        int32_t s = sys->type[sys->bonds[b][0]], t = sys->type[sys->bonds[b][1]];
        int32_t *type = &types->of_pair[(s < t ? s : t) * sys->n_species + (s < t ? t : s)];
        if (*type == 0) *type = ++types->n;
        types->type[b] = *type;
        memcpy(types->atom[b], sys->bonds[b], sizeof sys->bonds[b]);
    }
    return IL_OK;
}

static void write_reals(FILE *out, const double *values, int n) {
    char text[ILI_REAL_MAX];
    for (int k = 0; k < n; k++) fprintf(out, " %s", ili_print_real(text, values[k]));
}

/** What a group is called in the header and as a section. */
static const struct {
    const char *one, *many, *section;
    int n_atoms;
} groups[3] = {{"bond", "bonds", "Bonds", 2},
               {"angle", "angles", "Angles", 3},
               {"dihedral", "dihedrals", "Dihedrals", 4}};

static const char *style_of(const il_system *sys, const ili_lammps_topology *topology) {
    bool has_charges = sys->charge || topology->mass;
    if (topology->group[0].n || (sys->molecule && !topology->mass)) return has_charges ? "full" : "molecular";
    return has_charges ? "charge" : "atomic";
}

static void write_header(const il_system *sys, const frame *f, const ili_lammps_topology *topology,
                         FILE *out) {
    const bool *p = sys->cell.pbc;
    fprintf(out, "LAMMPS data by Interlith %s, units metal, atom_style %s, boundary %c %c %c%s%s\n\n",
            il_version(), style_of(sys, topology), "fp"[p[0]], "fp"[p[1]], "fp"[p[2]],
            f -> is_rotated ? "; the cell and the atoms were rotated to have a along x and b in the xy plane"
                            : "",
            f->is_turned ? "; c of the left-handed cell was turned round" : "");
    fprintf(out, "%d atoms\n%d atom types\n", sys->n_atoms, sys->n_species);
    for (int g = 0; g < 3; g++)
        if (topology->group[g].n)
            fprintf(out, "%d %s\n%d %s types\n", topology->group[g].n, groups[g].many,
                    topology->group[g].n_types, groups[g].one);
    for (int k = 0; k < 3; k++) {
        fputs("0.0", out);
        write_reals(out, &f->h[k][k], 1);
        fprintf(out, " %clo %chi\n", "xyz"[k], "xyz"[k]);
    }
    const double tilt[3] = {f->h[1][0], f->h[2][0], f->h[2][1]};
    if (tilt[0] != 0.0 || tilt[1] != 0.0 || tilt[2] != 0.0) {
        write_reals(out, tilt, 3);
        fputs(" xy xz yz\n", out);
    }
    fputs("\nMasses\n\n", out);
    for (int32_t s = 0; s < sys->n_species; s++) {
        const ili_species *kind = &sys->species[s];
        double mass = topology->mass ? topology->mass[s] : ili_element_of(kind->z)->mass;
        fprintf(out, "%d %.8g # %s\n", s + 1, mass, kind->name);
    }
}

static void write_atoms(const il_system *sys, const frame *f, const char *style, FILE *out) {
    bool has_molecule = strcmp(style, "full") == 0 || strcmp(style, "molecular") == 0,
         has_charge = strcmp(style, "full") == 0 || strcmp(style, "charge") == 0;
    const double none = 0.0;
    fprintf(out, "\nAtoms # %s\n\n", style);
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        double x[3];
        turn(f, sys->x[i], x);
        fprintf(out, "%d", i + 1);
        if (has_molecule) fprintf(out, " %d", sys->molecule ? sys->molecule[i] : 0);
        fprintf(out, " %d", sys->type[i] + 1);
        if (has_charge) write_reals(out, sys->charge ? &sys->charge[i] : &none, 1);
        write_reals(out, x, 3);
        fputc('\n', out);
    }
}

static void write_velocities(const il_system *sys, const frame *f, FILE *out) {
    fputs("\nVelocities\n\n", out);
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        double v[3];
        turn(f, sys->v[i], v);
        for (int k = 0; k < 3; k++) v[k] *= 1e3; /* angstrom/ps */
        fprintf(out, "%d", i + 1);
        write_reals(out, v, 3);
        fputc('\n', out);
    }
}

static void write_group(const ili_lammps_group *group, int g, FILE *out) {
    if (group->n) fprintf(out, "\n%s\n\n", groups[g].section);
    for (int32_t b = 0; b < group->n; b++) {
        fprintf(out, "%d %d", b + 1, group->type[b]);
        for (int k = 0; k < groups[g].n_atoms; k++) fprintf(out, " %d", group->atom[b][k] + 1);
        fputc('\n', out);
    }
}

il_status ili_lammps_data_write_bound(il_context *ctx, const il_system *sys,
                                      const ili_lammps_topology *topology, const char *path) {
    ili_outfile file = {0};
    il_status status;
    frame f = find_frame(&sys->cell);
    IL_GO(ili_outfile_open(ctx, path, &file));
    write_header(sys, &f, topology, file.stream);
    write_atoms(sys, &f, style_of(sys, topology), file.stream);
    if (sys->v) write_velocities(sys, &f, file.stream);
    for (int g = 0; g < 3; g++) write_group(&topology->group[g], g, file.stream);
    IL_GO(ili_outfile_commit(ctx, &file));
    if (!topology->mass && (2.0 * fabs(f.h[1][0]) > f.h[0][0] * (1.0 + 1e-9) ||
                            2.0 * fabs(f.h[2][0]) > f.h[0][0] * (1.0 + 1e-9) ||
                            2.0 * fabs(f.h[2][1]) > f.h[1][1] * (1.0 + 1e-9)))
        ili_warn(ctx, "%s: the box is more tilted than LAMMPS takes without `box tilt large`", path);
out:
    ili_outfile_discard(&file);
    return status;
}

il_status ili_lammps_data_write(il_context *ctx, const il_system *sys, const char *path) {
    bond_types types = {0};
    il_status status;
    IL_GO(find_bond_types(ctx, sys, &types));
    const ili_lammps_topology topology = {
        .group = {{sys->n_bonds, types.n, types.type, (const int32_t(*)[4])types.atom}}};
    status = ili_lammps_data_write_bound(ctx, sys, &topology, path);
out:
    free_bond_types(&types);
    return status;
}
