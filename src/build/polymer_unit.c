/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build/polymer_unit.h"

#include "base/alloc.h"
#include "base/data.h"
#include "base/text.h"
#include "io/yaml.h"
#include "math/units.h"
#include "system/element.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double DEGREE = ILI_PI / 180.0;
static const double NEUTRAL = 1e-9; /* e */

static const char *const fragment_names[] = {"head", "repeat", "tail", NULL};

static int species_index(const ili_polymer_unit *unit, const char *name) {
    for (int s = 0; s < unit->n_species; s++)
        if (strcmp(unit->species[s].name, name) == 0) return s;
    return -1;
}

static il_status read_species_name(il_context *ctx, const ili_polymer_unit *unit, const ili_yaml_node *node,
                                   int *index) {
    char name[ILI_NAME_MAX];
    IL_TRY(ili_yaml_text(ctx, node, name, sizeof name));
    *index = species_index(unit, name);
    if (*index >= 0) return IL_OK;
    return ili_yaml_fail(ctx, node, "found species '%s', expected one listed under 'species'", name);
}

static il_status read_species(il_context *ctx, const ili_yaml_node *map, ili_polymer_unit *unit) {
    for (const ili_yaml_node *row = map->child; row; row = row->next) {
        if (unit->n_species == ILI_UNIT_SPECIES_MAX)
            return ili_yaml_fail(ctx, row, "more than %d species", ILI_UNIT_SPECIES_MAX);
        if (strlen(row->key) >= ILI_NAME_MAX)
            return ili_yaml_fail(ctx, row, "species name '%s' is longer than %d letters", row->key,
                                 ILI_NAME_MAX - 1);
        if (row->kind != ILI_YAML_LIST || row->n != 2)
            return ili_yaml_fail(ctx, row, "expected [element, charge in e] for species %s", row->key);
        ili_species *s = &unit->species[unit->n_species];
        memcpy(s->name, row->key, strlen(row->key) + 1);
        char symbol[4];
        IL_TRY(ili_yaml_text(ctx, row->child, symbol, sizeof symbol));
        s->z = ili_element_z(symbol);
        if (!s->z) return ili_yaml_fail(ctx, row->child, "'%s' is not the symbol of an element", symbol);
        IL_TRY(ili_yaml_real(ctx, row->child->next, -10, 10, &s->charge));
        unit->n_species++;
    }
    return IL_OK;
}

/** A row of n species followed by m numbers in [low, high]. */
static il_status read_row(il_context *ctx, const ili_polymer_unit *unit, const ili_yaml_node *row, int n,
                          int m, double low, double high, int *species, double *value) {
    if (row->kind != ILI_YAML_LIST || row->n != n + m)
        return ili_yaml_fail(ctx, row, "expected a row of %d species and %d number%s", n, m,
                             m > 1 ? "s" : "");
    const ili_yaml_node *node = row->child;
    for (int k = 0; k < n; k++, node = node->next) IL_TRY(read_species_name(ctx, unit, node, &species[k]));
    for (int k = 0; k < m; k++, node = node->next) IL_TRY(ili_yaml_real(ctx, node, low, high, &value[k]));
    return IL_OK;
}

static il_status read_geometry(il_context *ctx, const ili_yaml_node *root, ili_polymer_unit *unit) {
    const ili_yaml_node *list;
    int s[4];
    double v[3];
    IL_TRY(ili_yaml_need(ctx, root, "bonds", ILI_YAML_LIST, &list));
    for (const ili_yaml_node *row = list->child; row; row = row->next) {
        IL_TRY(read_row(ctx, unit, row, 2, 1, 0.5, 4.0, s, v));
        unit->bond[s[0]][s[1]] = unit->bond[s[1]][s[0]] = v[0];
    }
    IL_TRY(ili_yaml_need(ctx, root, "angles", ILI_YAML_LIST, &list));
    for (const ili_yaml_node *row = list->child; row; row = row->next) {
        IL_TRY(read_row(ctx, unit, row, 3, 1, 30.0, 179.0, s, v));
        unit->angle[s[0]][s[1]][s[2]] = unit->angle[s[2]][s[1]][s[0]] = v[0] * DEGREE;
    }
    IL_TRY(ili_yaml_need(ctx, root, "torsions", ILI_YAML_LIST, &list));
    for (const ili_yaml_node *row = list->child; row; row = row->next) {
        if (unit->n_torsions == ILI_UNIT_TORSIONS_MAX)
            return ili_yaml_fail(ctx, row, "more than %d torsions", ILI_UNIT_TORSIONS_MAX);
        ili_unit_torsion *t = &unit->torsion[unit->n_torsions];
        IL_TRY(read_row(ctx, unit, row, 4, 3, -100, 100, t->species, t->v));
        for (int k = 0; k < 3; k++) t->v[k] *= ILI_KCAL_MOL;
        unit->n_torsions++;
    }
    return IL_OK;
}

/** A label of an earlier atom of this fragment, or -1, -2, -3. */
static il_status read_ref(il_context *ctx, const ili_yaml_node *node, const ili_fragment *fragment,
                          bool is_head, int *ref) {
    char label[ILI_NAME_MAX];
    IL_TRY(ili_yaml_text(ctx, node, label, sizeof label));
    long joint;
    if (!is_head && ili_parse_int(label, -3, -1, &joint)) {
        *ref = (int)joint;
        return IL_OK;
    }
    for (*ref = 0; *ref < fragment->n_atoms; ++*ref)
        if (strcmp(fragment->atom[*ref].label, label) == 0) return IL_OK;
    return ili_yaml_fail(ctx, node, "found '%s', expected %sthe label of an earlier atom", label,
                         is_head ? "" : "-1, -2, -3 or ");
}

static il_status read_turn(il_context *ctx, const ili_yaml_node *node, ili_unit_atom *atom) {
    static const struct {
        const char *word;
        ili_turn turn;
    } words[] = {{"free", ILI_TURN_FREE}, {"left", ILI_TURN_LEFT}, {"right", ILI_TURN_RIGHT}};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (node->kind == ILI_YAML_SCALAR && strcmp(node->text, words[k].word) == 0) {
            atom->turn = words[k].turn;
            return IL_OK;
        }
    if (node->kind != ILI_YAML_SCALAR || !ili_parse_real(node->text, &atom->phi))
        return ili_yaml_fail(ctx, node, "expected free, left, right or the torsion in degrees");
    atom->phi *= DEGREE;
    return IL_OK;
}

static il_status read_atom(il_context *ctx, const ili_polymer_unit *unit, const ili_yaml_node *row,
                           bool is_head, ili_fragment *fragment) {
    static const int columns[] = {2, 3, 4, 6};
    int n = fragment->n_atoms, want = is_head && n < 3 ? columns[n] : columns[3];
    if (n == ILI_UNIT_ATOMS_MAX)
        return ili_yaml_fail(ctx, row, "more than %d atoms in a unit", ILI_UNIT_ATOMS_MAX);
    if (row->kind != ILI_YAML_LIST || row->n != want)
        return ili_yaml_fail(ctx, row, "expected a row of %d items for this atom", want);
    ili_unit_atom *atom = &fragment->atom[n];
    *atom = (ili_unit_atom){.line = row->line, .ref = {ILI_REF_NONE, ILI_REF_NONE, ILI_REF_NONE}};
    const ili_yaml_node *node = row->child;
    IL_TRY(ili_yaml_text(ctx, node, atom->label, sizeof atom->label));
    for (int k = 0; k < n; k++)
        if (strcmp(fragment->atom[k].label, atom->label) == 0)
            return ili_yaml_fail(ctx, node, "the label '%s' is used twice", atom->label);
    node = node->next;
    IL_TRY(read_species_name(ctx, unit, node, &atom->species));
    for (int k = 0; k < 3 && (node = node->next); k++) {
        IL_TRY(read_ref(ctx, node, fragment, is_head, &atom->ref[k]));
        for (int j = 0; j < k; j++)
            if (atom->ref[j] == atom->ref[k])
                return ili_yaml_fail(ctx, node, "the atom '%s' is named twice", node->text);
    }
    if (want == 6) IL_TRY(read_turn(ctx, node->next, atom));
    fragment->n_atoms++;
    return IL_OK;
}

il_status ili_unit_read_atoms(il_context *ctx, const ili_yaml_node *map, const ili_polymer_unit *unit,
                              bool is_head, ili_fragment *fragment) {
    const ili_yaml_node *list;
    IL_TRY(ili_yaml_need(ctx, map, "atoms", ILI_YAML_LIST, &list));
    fragment->line = map->line;
    for (const ili_yaml_node *row = list->child; row; row = row->next)
        IL_TRY(read_atom(ctx, unit, row, is_head, fragment));
    return IL_OK;
}

static il_status read_fragment(il_context *ctx, const ili_yaml_node *root, int which,
                               ili_polymer_unit *unit) {
    static const char *const keys[] = {"atoms", "joint", NULL};
    const ili_yaml_node *map, *list;
    ili_fragment *fragment = &unit->fragment[which];
    IL_TRY(ili_yaml_need(ctx, root, fragment_names[which], ILI_YAML_MAP, &map));
    IL_TRY(ili_yaml_check_keys(ctx, map, keys));
    IL_TRY(ili_unit_read_atoms(ctx, map, unit, which == ILI_HEAD, fragment));
    if (fragment->n_atoms < (which == ILI_HEAD ? 3 : 1))
        return ili_yaml_fail(ctx, map, "too few atoms, expected at least %d", which == ILI_HEAD ? 3 : 1);
    if (which == ILI_TAIL) return IL_OK;
    IL_TRY(ili_yaml_need(ctx, map, "joint", ILI_YAML_LIST, &list));
    if (list->n != 3)
        return ili_yaml_fail(ctx, list, "found %d atoms, expected the last three of the backbone", list->n);
    const ili_yaml_node *node = list->child;
    for (int k = 0; k < 3; k++, node = node->next)
        IL_TRY(read_ref(ctx, node, fragment, true, &fragment->joint[k]));
    return IL_OK;
}

double ili_unit_charge(const ili_polymer_unit *unit, int which) {
    double q = 0.0;
    for (int i = 0; i < unit->fragment[which].n_atoms; i++)
        q += unit->species[unit->fragment[which].atom[i].species].charge;
    return q;
}

int ili_unit_count(const ili_polymer_unit *unit, int which, int z) {
    int n = 0;
    for (int i = 0; i < unit->fragment[which].n_atoms; i++)
        n += unit->species[unit->fragment[which].atom[i].species].z == z;
    return n;
}

static il_status check_charges(il_context *ctx, const ili_polymer_unit *unit) {
    double ends = ili_unit_charge(unit, ILI_HEAD) + ili_unit_charge(unit, ILI_TAIL),
           repeat = ili_unit_charge(unit, ILI_REPEAT);
    if (fabs(repeat) > NEUTRAL)
        return ili_fail(ctx, IL_E_INPUT, "%s:%d: the repeat unit has a charge of %g e, expected 0",
                        unit->path, unit->fragment[ILI_REPEAT].line, repeat);
    if (fabs(ends) > NEUTRAL)
        return ili_fail(ctx, IL_E_INPUT, "%s:%d: head and tail together have a charge of %g e, expected 0",
                        unit->path, unit->fragment[ILI_HEAD].line, ends);
    return IL_OK;
}

il_status ili_unit_read_tables(il_context *ctx, const ili_yaml_node *root, ili_polymer_unit *unit) {
    const ili_yaml_node *map;
    IL_TRY(ili_yaml_need(ctx, root, "species", ILI_YAML_MAP, &map));
    IL_TRY(read_species(ctx, map, unit));
    return read_geometry(ctx, root, unit);
}

static il_status read_unit(il_context *ctx, const ili_yaml_node *root, ili_polymer_unit *unit) {
    static const char *const keys[] = {"polymer",  "title", "density", "species", "bonds", "angles",
                                       "torsions", "head",  "repeat",  "tail",    NULL};
    const ili_yaml_node *node;
    IL_TRY(ili_yaml_check_keys(ctx, root, keys));
    IL_TRY(ili_yaml_need(ctx, root, "polymer", ILI_YAML_SCALAR, &node));
    IL_TRY(ili_yaml_text(ctx, node, unit->name, sizeof unit->name));
    IL_TRY(ili_yaml_need(ctx, root, "title", ILI_YAML_SCALAR, &node));
    IL_TRY(ili_yaml_text(ctx, node, unit->title, sizeof unit->title));
    IL_TRY(ili_yaml_need(ctx, root, "density", ILI_YAML_SCALAR, &node));
    IL_TRY(ili_yaml_real(ctx, node, 0.1, 5.0, &unit->density));
    IL_TRY(ili_unit_read_tables(ctx, root, unit));
    for (int which = ILI_HEAD; which <= ILI_TAIL; which++) IL_TRY(read_fragment(ctx, root, which, unit));
    return check_charges(ctx, unit);
}

il_status ili_polymer_unit_read(il_context *ctx, const char *name, ili_polymer_unit **out) {
    ili_yaml_node *root = NULL;
    ili_polymer_unit *unit = ili_alloc(1, sizeof *unit);
    *out = NULL;
    if (!unit) return ili_no_memory(ctx, "the polymer");
    il_status status;
    IL_GO(ili_data_path(ctx, "polymer", "structures", name, unit->path, sizeof unit->path));
    IL_GO(ili_yaml_read(ctx, unit->path, &root));
    IL_GO(read_unit(ctx, root, unit));
    *out = unit;
    unit = NULL;
out:
    ili_yaml_destroy(&root);
    ili_free(unit);
    return status;
}

void ili_polymer_unit_destroy(ili_polymer_unit **unit) {
    if (!unit) return;
    ili_free(*unit);
    *unit = NULL;
}

int ili_polymer_unit_torsion(const ili_polymer_unit *unit, int a, int b, int c, int d) {
    for (int k = 0; k < unit->n_torsions; k++) {
        const int *s = unit->torsion[k].species;
        if (s[0] == a && s[1] == b && s[2] == c && s[3] == d) return k;
        if (s[0] == d && s[1] == c && s[2] == b && s[3] == a) return k;
    }
    return -1;
}

double ili_polymer_unit_mass(const ili_polymer_unit *unit, int fragment) {
    double mass = 0.0;
    for (int i = 0; i < unit->fragment[fragment].n_atoms; i++)
        mass += ili_element_of(unit->species[unit->fragment[fragment].atom[i].species].z)->mass;
    return mass;
}
