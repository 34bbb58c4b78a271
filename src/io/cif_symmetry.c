/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/cif_symmetry.h"

#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const ili_space_group GROUPS[] = {
#define ILI_GROUP(number, choice, name, full, hall) {number, choice, name, full, hall},
#include "io/space_groups.def"
#undef ILI_GROUP
};
enum { N_GROUPS = sizeof GROUPS / sizeof *GROUPS, SYMBOL_MAX = 48 };

/** Largest relative misfit of the metric: cells are written with four digits or more. */
static const double METRIC_TOLERANCE = 2e-3;

/** Names of the five groups with an 'e' glide, new and old. */
static const struct {
    const char *now, *old;
} RENAMED[] = {{"Aem2", "Abm2"}, {"Aea2", "Aba2"}, {"Cmce", "Cmca"}, {"Cmme", "Cmma"}, {"Ccce", "Ccca"}};

static const char *const OPERATION_TAGS[] = {"_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz",
                                             NULL};
static const char *const HALL_TAGS[] = {"_space_group_name_hall", "_symmetry_space_group_name_hall", NULL};
static const char *const NAME_TAGS[] = {"_space_group_name_h-m_alt", "_space_group_name_h-m_ref",
                                        "_space_group_name_h-m_full", "_symmetry_space_group_name_h-m", NULL};
static const char *const NUMBER_TAGS[] = {"_space_group_it_number", "_symmetry_int_tables_number", NULL};

const ili_space_group *ili_space_groups(int *n) {
    *n = N_GROUPS;
    return GROUPS;
}

/** Letters of a symbol without blanks and underscores; `drop` (0: none) is left out too. */
static void compact(const char *text, char drop, char out[SYMBOL_MAX]) {
    size_t n = 0;
    for (; *text && n + 1 < SYMBOL_MAX; text++)
        if (!isspace((unsigned char)*text) && *text != '_' && *text != drop) out[n++] = *text;
    out[n] = 0;
}

/** "P 1 21/c 1" as "P21/c": a monoclinic symbol without its empty directions. */
static void without_ones(const char *name, char out[SYMBOL_MAX]) {
    size_t n = 0;
    for (; *name && n + 1 < SYMBOL_MAX; name++) {
        bool is_alone = *name == '1' && name[-1] == ' ' && (name[1] == ' ' || name[1] == 0);
        if (*name != ' ' && !is_alone) out[n++] = *name;
    }
    out[n] = 0;
}

/** How a group answers to a compact symbol; old cubic symbols ("Fm3m") lack the minus. */
static bool is_named(const ili_space_group *group, const char *wanted, bool old_cubic) {
    char own[SYMBOL_MAX];
    if (old_cubic) {
        if (group->number < 195) return false;
        compact(group->name, '-', own);
        return ili_same_text(own, wanted);
    }
    compact(group->name, 0, own);
    if (ili_same_text(own, wanted)) return true;
    compact(group->full, 0, own);
    if (*own && ili_same_text(own, wanted)) return true;
    if (group->number < 3 || group->number > 15) return false;
    without_ones(group->name, own);
    return ili_same_text(own, wanted);
}

/** Split "F d -3 m :2", "R -3 c H" or "F d -3 m Z" into a compact symbol and a choice ("" when none is
 *  given). */
static void split_symbol(const char *text, char symbol[SYMBOL_MAX], char choice[8]) {
    char copy[2 * SYMBOL_MAX];
    snprintf(copy, sizeof copy, "%s", text);
    size_t n = strlen(copy);
    while (n && isspace((unsigned char)copy[n - 1])) copy[--n] = 0;
    choice[0] = 0;
    char *colon = strchr(copy, ':');
    if (colon) {
        char after[SYMBOL_MAX];
        compact(colon + 1, 0, after);
        snprintf(choice, 8, "%.7s", after);
        *colon = 0;
    } else if (n > 2 && strchr("HRSZ", copy[n - 1]) && copy[n - 2] == ' ') {
        choice[0] = copy[n - 1];
        choice[1] = 0;
        copy[n - 2] = 0;
    }
    if (ili_same_text(choice, "S")) strcpy(choice, "1"); /* first origin, at high symmetry */
    if (ili_same_text(choice, "Z")) strcpy(choice, "2"); /* second origin, at the centre of inversion */
    compact(copy, 0, symbol);
    for (size_t k = 0; k < sizeof RENAMED / sizeof *RENAMED; k++)
        if (ili_same_text(symbol, RENAMED[k].now)) strcpy(symbol, RENAMED[k].old);
}

static bool fits_cell(const ili_space_group *group, const ili_cell *cell, ili_symgroup *work) {
    return ili_symgroup_from_hall(group->hall, work) && ili_symgroup_strain(work, cell->h) < METRIC_TOLERANCE;
}

/** What a symbol or number leaves after the cell has been looked at. */
typedef struct candidates {
    const ili_space_group *first; /**< NULL: none */
    bool is_known;                /**< the symbol exists, whatever the cell */
    bool has_two_origins;
} candidates;

static candidates find(const char *symbol, const char *choice, int number, const ili_cell *cell,
                       ili_symgroup *work) {
    candidates found = {0};
    for (int old_cubic = 0; old_cubic < 2 && !found.is_known; old_cubic++)
        for (int k = 0; k < N_GROUPS; k++) {
            const ili_space_group *g = &GROUPS[k];
            if (symbol ? !is_named(g, symbol, old_cubic) : g->number != number) continue;
            bool is_origin = (*choice == '1' || *choice == '2') && !choice[1]; /* ":2" means "2cab" as well */
            if (*choice && !(is_origin ? g->choice[0] == *choice : ili_same_text(choice, g->choice)))
                continue;
            found.is_known = true;
            if (found.first && !*choice && *g->choice == '2' && *found.first->choice == '1' &&
                found.first->number == g->number)
                found.has_two_origins = true;
            if (!found.first && fits_cell(g, cell, work)) found.first = g;
        }
    return found;
}

static const char *text_of(const ili_cif_column *column) {
    size_t k = 0;
    while (column->values[k].is_unknown || column->values[k].is_none) k++;
    return column->values[k].text;
}

static int line_of(const ili_cif_column *column) {
    return column->values[0].line;
}

static il_status from_operations(il_context *ctx, const ili_cif_table *table, const ili_cif_column *column,
                                 ili_symgroup *group) {
    group->n = 0;
    for (size_t k = 0; k < column->n; k++) {
        ili_symop op;
        const ili_cif_value *v = &column->values[k];
        if (!ili_symop_parse(v->text, &op))
            return ili_fail(ctx, IL_E_INPUT,
                            "%s:%d: '%.60s' is no symmetry operation, expected something like 'x, y+1/2, -z'",
                            table->path, v->line, v->text);
        if (ili_symgroup_find(group, &op) >= 0) continue;
        if (group->n == ILI_SYMOP_MAX)
            return ili_fail(ctx, IL_E_INPUT,
                            "%s:%d: more than %d symmetry operations, expected those of one cell",
                            table->path, v->line, ILI_SYMOP_MAX);
        group->op[group->n++] = op;
    }
    int a, b;
    if (!ili_symgroup_is_closed(group, &a, &b))
        return ili_fail(
            ctx, IL_E_INPUT,
            "%s:%d: the %d symmetry operations are no group (the product of numbers %d and %d is missing), "
            "expected the whole list",
            table->path, line_of(column), group->n, a + 1, b + 1);
    return IL_OK;
}

/** Resolve a H-M name or number, or say why not. */
static il_status resolve(il_context *ctx, const ili_cif_table *table, const ili_cif_column *column,
                         const char *symbol, const char *choice, int number, const ili_cell *cell,
                         ili_symgroup *work, const ili_space_group **group) {
    candidates found = find(symbol, choice, number, cell, work);
    const char *text = text_of(column), *path = table->path;
    int line = line_of(column);
    if (!found.is_known)
        return ili_fail(ctx, IL_E_INPUT,
                        "%s:%d: '%.40s' is no known space group, expected a Hermann-Mauguin symbol such "
                        "as 'R -3 c' or, better, the list of symmetry operations",
                        path, line, text);
    if (!found.first)
        return ili_fail(ctx, IL_E_INPUT,
                        "%s:%d: space group '%.40s' does not fit the lengths and angles of the cell", path,
                        line, text);
    if (found.has_two_origins)
        return ili_fail(ctx, IL_E_INPUT,
                        "%s:%d: '%.40s' has two usual origins and the file does not say which, expected "
                        "'%s:1' or '%s:2' or "
                        "the list of symmetry operations",
                        path, line, text, found.first->name, found.first->name);
    *group = found.first;
    return IL_OK;
}

/** The group that the name (or else the number) of the file means; NULL without a message when there is none.
 */
static il_status read_declared(il_context *ctx, const ili_cif_table *table, const ili_cell *cell,
                               ili_symgroup *work, const char **source, const ili_space_group **group) {
    const ili_cif_column *name = ili_cif_column_of(table, NAME_TAGS),
                         *number = ili_cif_column_of(table, NUMBER_TAGS);
    long value;
    *group = NULL;
    if (name) {
        char symbol[SYMBOL_MAX], choice[8];
        split_symbol(text_of(name), symbol, choice);
        *source = "H-M name";
        IL_TRY(resolve(ctx, table, name, symbol, choice, 0, cell, work, group));
        if (number && ili_parse_int(text_of(number), 1, 230, &value) && value != (*group)->number)
            ili_warn(ctx,
                     "%s:%d: space group number %ld is not that of '%.40s' (%d); the number is passed over",
                     table->path, line_of(number), value, text_of(name), (*group)->number);
        return IL_OK;
    }
    if (!number) return IL_OK;
    if (!ili_parse_int(text_of(number), 1, 230, &value))
        return ili_fail(ctx, IL_E_INPUT, "%s:%d: space group number '%.20s', expected 1 to 230", table->path,
                        line_of(number), text_of(number));
    *source = "number";
    return resolve(ctx, table, number, NULL, "", (int)value, cell, work, group);
}

static il_status check_metric(il_context *ctx, const ili_cif_table *table, const ili_cell *cell,
                              const ili_cif_symmetry *symmetry) {
    double misfit = ili_symgroup_strain(&symmetry->group, cell->h);
    if (misfit < METRIC_TOLERANCE) return IL_OK;
    return ili_fail(ctx, IL_E_INPUT,
                    "%s: the symmetry (from the %s) and the cell do not agree: the operations change the "
                    "metric by %.1f %%, "
                    "expected lengths and angles that they keep",
                    table->path, symmetry->source, 100.0 * misfit);
}

il_status ili_cif_symmetry_read(il_context *ctx, const ili_cif_table *table, const ili_cell *cell,
                                ili_cif_symmetry *symmetry) {
    const ili_cif_column *operations = ili_cif_column_of(table, OPERATION_TAGS);
    const ili_cif_column *hall = ili_cif_column_of(table, HALL_TAGS);
    const char *source = NULL;
    symmetry->declared = NULL;
    symmetry->source = NULL;
    il_status declared = read_declared(ctx, table, cell, &symmetry->group, &source, &symmetry->declared);
    if (operations) {
        IL_TRY(from_operations(ctx, table, operations, &symmetry->group));
        symmetry->source = "operations";
    } else if (hall && ili_symgroup_from_hall(text_of(hall), &symmetry->group)) {
        symmetry->source = "Hall symbol";
    } else {
        if (hall)
            ili_warn(ctx, "%s:%d: '%s' is not understood as a Hall symbol", table->path, line_of(hall),
                     text_of(hall));
        IL_TRY(declared);
        if (!symmetry->declared)
            return ili_fail(
                ctx, IL_E_INPUT,
                "%s: no symmetry operations, Hall symbol or space group name found, expected one of them "
                "(_space_group_name_H-M_alt 'P 1' when all atoms are listed)",
                table->path);
        ili_symgroup_from_hall(symmetry->declared->hall, &symmetry->group);
        symmetry->source = source;
    }
    const char *symbol = hall ? text_of(hall) : symmetry->declared ? symmetry->declared->hall : "";
    snprintf(symmetry->hall, sizeof symmetry->hall, "%s", symbol);
    return check_metric(ctx, table, cell, symmetry);
}
