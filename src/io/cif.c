/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/cif.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "io/cif_symmetry.h"
#include "system/element.h"
#include "system/oxidation.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_MAX = 50000 };

#define ONE_TAG(tag) ((const char *const[]){tag, NULL})

/** The columns of the atom loop; all but x, y, z may be NULL. */
typedef struct atom_loop {
    const ili_cif_column *x[3], *label, *type, *occupancy;
} atom_loop;

static il_status read_cell(il_context *ctx, const ili_cif_table *table, ili_cell *cell) {
    static const char *const TAGS[6] = {"_cell_length_a",    "_cell_length_b",   "_cell_length_c",
                                        "_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma"};
    double value[6];
    for (int k = 0; k < 6; k++) {
        const ili_cif_column *column = ili_cif_column_of(table, ONE_TAG(TAGS[k]));
        if (!column)
            return ili_fail(ctx, IL_E_INPUT,
                            "%s: %s is missing, expected the three lengths and three angles of the cell",
                            table->path, TAGS[k]);
        IL_TRY(ili_cif_real(ctx, table, column, 0, &value[k]));
    }
    il_status status = ili_cell_from_parameters(ctx, value, value + 3, cell);
    if (status == IL_OK) return IL_OK;
    char why[256];
    snprintf(why, sizeof why, "%.255s", il_message(ctx));
    return ili_fail(ctx, status, "%s: %s", table->path, why);
}

static bool is_given(const ili_cif_column *column, size_t row) {
    return column && !column->values[row].is_unknown && !column->values[row].is_none;
}

/** Formula units in the cell, where the file tells them as a whole number; a wrong one is no reason to refuse a structure. */
static il_status read_formula_units(il_context *ctx, const ili_cif_table *table, int *units) {
    const ili_cif_column *column = ili_cif_column_of(table, ONE_TAG("_cell_formula_units_z"));
    double z;
    *units = 0;
    if (!is_given(column, 0)) return IL_OK;
    IL_TRY(ili_cif_real(ctx, table, column, 0, &z));
    if (z >= 1.0 && z <= 1e6 && z == floor(z))
        *units = (int)z;
    else
        ili_warn(ctx, "%s: _cell_formula_units_Z is %g, expected a whole number; it is not used", table->path,
                 z);
    return IL_OK;
}

static il_status find_loop(il_context *ctx, const ili_cif_table *table, atom_loop *loop) {
    static const char *const TAGS[3] = {"_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z"};
    for (int k = 0; k < 3; k++) {
        loop->x[k] = ili_cif_column_of(table, ONE_TAG(TAGS[k]));
        if (!loop->x[k])
            return ili_fail(ctx, IL_E_INPUT,
                            "%s: no atoms with fractional coordinates found (%s), expected a loop of them",
                            table->path, TAGS[k]);
    }
    loop->label = ili_cif_column_of(table, ONE_TAG("_atom_site_label"));
    loop->type = ili_cif_column_of(table, ONE_TAG("_atom_site_type_symbol"));
    loop->occupancy = ili_cif_column_of(table, ONE_TAG("_atom_site_occupancy"));
    const ili_cif_column *all[] = {loop->x[1], loop->x[2], loop->label, loop->type, loop->occupancy};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        if (all[k] && (all[k]->loop != loop->x[0]->loop || all[k]->n != loop->x[0]->n))
            return ili_fail(ctx, IL_E_INPUT,
                            "%s:%d: %s does not stand in the loop of %s, expected one loop of atoms",
                            table->path, all[k]->values[0].line, all[k]->name, TAGS[0]);
    if (!loop->label && !loop->type)
        return ili_fail(
            ctx, IL_E_INPUT,
            "%s: the atoms have neither _atom_site_label nor _atom_site_type_symbol, expected one",
            table->path);
    if (loop->x[0]->n > ROWS_MAX)
        return ili_fail(ctx, IL_E_UNSUPPORTED,
                        "%s: %zu rows of atoms, at most %d are read from a CIF; use extended XYZ",
                        table->path, loop->x[0]->n, ROWS_MAX);
    return IL_OK;
}

/** Charge at the end of a type symbol: "Ge4+", "O2-", "Li+", "O-2". NaN: none. */
static double charge_of_type(const char *type) {
    while (isalpha((unsigned char)*type)) type++;
    if (!*type) return NAN;
    int n = 0, m = 0;
    char sign = 0, after = 0;
    if (sscanf(type, "%2d%n", &n, &m) == 1 && *type != '+' && *type != '-') { /* 4+ */
        sign = type[m];
        after = sign ? type[m + 1] : 0;
        if ((sign == '+' || sign == '-') && !after) return sign == '-' ? -n : n;
        return NAN;
    }
    sign = *type;
    if (sign != '+' && sign != '-') return NAN;
    if (!type[1]) return sign == '-' ? -1.0 : 1.0;
    if (sscanf(type + 1, "%2d%n", &n, &m) == 1 && n >= 0 && !type[1 + m])
        return sign == '-' ? -n : n; /* -2 */
    return NAN;
}

/** Oxidation state of a type: the number of the _atom_type_ loop, else the charge in the symbol, else NaN. */
static il_status read_oxidation(il_context *ctx, const ili_cif_table *table, const char *type,
                                double *oxidation) {
    const ili_cif_column *symbol = ili_cif_column_of(table, ONE_TAG("_atom_type_symbol"));
    const ili_cif_column *number = ili_cif_column_of(table, ONE_TAG("_atom_type_oxidation_number"));
    *oxidation = charge_of_type(type);
    if (!symbol || !number || symbol->n != number->n) return IL_OK;
    for (size_t k = 0; k < symbol->n; k++)
        if (strcmp(symbol->values[k].text, type) == 0 && !number->values[k].is_unknown &&
            !number->values[k].is_none)
            return ili_cif_real(ctx, table, number, k, oxidation);
    return IL_OK;
}

/** One row of the loop as a site with one occupant; *keep false: the row is no atom of the cell. */
static il_status read_row(il_context *ctx, const ili_cif_table *table, const atom_loop *loop, size_t row,
                          ili_site *site, bool *keep) {
    const ili_cif_value *x = &loop->x[0]->values[row];
    const char *label = is_given(loop->label, row) ? loop->label->values[row].text : "";
    const char *type = is_given(loop->type, row) ? loop->type->values[row].text : label;
    *site = (ili_site){.n_occupants = 1, .line = x->line};
    ili_occupant *o = &site->occupant[0];
    snprintf(o->label, sizeof o->label, "%.15s", *label ? label : type);
    *keep = false;
    for (int k = 0; k < 3; k++) {
        if (loop->x[k]->values[row].is_none) {
            ili_warn(ctx, "%s:%d: '%s' has no coordinates ('.') and is left out", table->path, x->line,
                     o->label);
            return IL_OK;
        }
        IL_TRY(ili_cif_real(ctx, table, loop->x[k], row, &site->frac[k]));
        if (fabs(site->frac[k]) > 1e3)
            return ili_fail(ctx, IL_E_INPUT, "%s:%d: %s is %g, expected a fraction of the cell", table->path,
                            x->line, loop->x[k]->name, site->frac[k]);
    }
    o->z = ili_element_z_of_label(type);
    if (o->z == 0)
        return ili_fail(ctx, IL_E_INPUT, "%s:%d: '%.20s' does not begin with the symbol of an element",
                        table->path, x->line, type);
    IL_TRY(read_oxidation(ctx, table, type, &o->oxidation));
    o->occupancy = 1.0;
    if (loop->occupancy && loop->occupancy->values[row].is_unknown)
        ili_warn(ctx, "%s:%d: the occupancy of '%s' is unknown ('?') and taken as 1", table->path, x->line,
                 o->label);
    if (is_given(loop->occupancy, row)) IL_TRY(ili_cif_real(ctx, table, loop->occupancy, row, &o->occupancy));
    if (o->occupancy < 0.0 || o->occupancy > 1.0 + ILI_OCCUPANCY_SLACK)
        return ili_fail(ctx, IL_E_INPUT, "%s:%d: the occupancy of '%s' is %g, expected 0 to 1", table->path,
                        x->line, o->label, o->occupancy);
    *keep = o->occupancy > 0.0;
    return IL_OK;
}

static il_status store_symmetry(il_context *ctx, const ili_cif_symmetry *symmetry, ili_crystal *c) {
    const ili_symgroup *g = &symmetry->group;
    c->rotation = ili_alloc((size_t)g->n, sizeof *c->rotation);
    c->translation = ili_alloc((size_t)g->n, sizeof *c->translation);
    if (!c->rotation || !c->translation) return ili_no_memory(ctx, "the symmetry operations");
    c->n_operations = g->n;
    for (int k = 0; k < g->n; k++) {
        memcpy(c->rotation[k], g->op[k].r, sizeof *c->rotation);
        memcpy(c->translation[k], g->op[k].t, sizeof *c->translation);
    }
    snprintf(c->symmetry_source, sizeof c->symmetry_source, "%s", symmetry->source);
    snprintf(c->hall, sizeof c->hall, "%s", symmetry->hall);
    if (!symmetry->declared) return IL_OK;
    c->space_group = symmetry->declared->number;
    snprintf(c->international, sizeof c->international, "%s", symmetry->declared->name);
    return IL_OK;
}

static il_status read_crystal(il_context *ctx, const ili_cif_table *table, ili_cif_symmetry *symmetry,
                              ili_crystal *c) {
    atom_loop loop = {0};
    IL_TRY(read_cell(ctx, table, &c->cell));
    IL_TRY(read_formula_units(ctx, table, &c->formula_units));
    IL_TRY(ili_cif_symmetry_read(ctx, table, &c->cell, symmetry));
    IL_TRY(store_symmetry(ctx, symmetry, c));
    IL_TRY(find_loop(ctx, table, &loop));
    for (size_t row = 0; row < loop.x[0]->n; row++) {
        ili_site site;
        bool keep;
        IL_TRY(read_row(ctx, table, &loop, row, &site, &keep));
        if (keep) IL_TRY(ili_crystal_add_site(ctx, c, &site));
    }
    IL_TRY(ili_crystal_check(ctx, c));
    ili_oxidation_assign(ctx, c);
    return IL_OK;
}

il_status ili_cif_read(il_context *ctx, const char *path, ili_crystal *out) {
    ili_cif_table table;
    *out = (ili_crystal){0};
    snprintf(out->name, sizeof out->name, "%.255s", path);
    IL_TRY(ili_cif_table_read(ctx, path, &table));
    ili_cif_symmetry *symmetry = ili_alloc(1, sizeof *symmetry);
    il_status status =
        symmetry ? read_crystal(ctx, &table, symmetry, out) : ili_no_memory(ctx, "the symmetry operations");
    ili_free(symmetry);
    ili_cif_table_free(&table);
    if (status != IL_OK) ili_crystal_free(out);
    return status;
}

il_status ili_cif_read_system(il_context *ctx, const char *path, il_system **out) {
    ili_crystal crystal;
    *out = NULL;
    IL_TRY(ili_cif_read(ctx, path, &crystal));
    il_status status = ili_crystal_to_system(ctx, &crystal, out);
    ili_crystal_free(&crystal);
    return status;
}

il_status ili_cif_write(il_context *ctx, const il_system *sys, const char *path) {
    ili_outfile file = {0};
    IL_TRY(ili_cell_check(ctx, &sys->cell, path));
    IL_TRY(ili_outfile_open(ctx, path, &file));
    double length[3], angle[3];
    char formula[256];
    ili_cell_parameters(&sys->cell, length, angle);
    ili_system_formula(sys, formula, sizeof formula);
    FILE *f = file.stream;
    fprintf(f, "# written by Interlith %s: all atoms, no symmetry\ndata_%s\n", IL_VERSION,
            *formula ? formula : "cell");
    fprintf(f, "_chemical_formula_sum '%s'\n", formula);
    for (int k = 0; k < 3; k++) fprintf(f, "_cell_length_%c %.12g\n", "abc"[k], length[k]);
    static const char *const ANGLE[3] = {"alpha", "beta", "gamma"};
    for (int k = 0; k < 3; k++) fprintf(f, "_cell_angle_%s %.12g\n", ANGLE[k], angle[k]);
    fprintf(f, "_space_group_name_H-M_alt 'P 1'\n_space_group_IT_number 1\n");
    fprintf(f, "loop_\n_space_group_symop_operation_xyz\n'x,y,z'\n");
    fprintf(f, "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n"
               "_atom_site_fract_z\n_atom_site_occupancy\n");
    int count[ILI_Z_MAX + 1] = {0};
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        int z = sys->species[sys->type[i]].z;
        const char *symbol = ili_element_of(z)->symbol;
        double s[3];
        ili_cell_to_frac(&sys->cell, sys->x[i], s);
        fprintf(f, "%s%d %s %.12f %.12f %.12f 1\n", symbol, ++count[z], symbol, s[0], s[1], s[2]);
    }
    return ili_outfile_commit(ctx, &file);
}
