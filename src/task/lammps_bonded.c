/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A type for every entry of the model that occurs. A form without a style in this LAMMPS becomes a table in DIR/STEM.bonded. */
#include "task/lammps_deck.h"

#include "base/alloc.h"
#include "math/units.h"

#include <string.h>

/** The three kinds: the word of LAMMPS, and the range and points of a table over what LAMMPS counts in (angstrom, degree). */
static const struct kind {
    const char *word;
    ili_form_kind kind;
    double low, high, unit; /**< unit: of the tabulated coordinate, in angstrom or radian */
    int n;
    bool is_round; /**< the last point is the first one again, and is left out */
} kinds[3] = {{"bond", ILI_BOND, 0.1, 6.1, 1.0, 6001, false},
              {"angle", ILI_ANGLE, 0.0, 180.0, ILI_PI / 180.0, 3601, false},
              {"dihedral", ILI_TORSION, -180.0, 180.0, ILI_PI / 180.0, 7200, true}};

static il_status list_kind(il_context *ctx, const il_model *model, ili_lammps_bonded *b) {
    int32_t *type_of = ili_alloc((size_t)model->n_entries, sizeof *type_of);
    b->type = ili_alloc((size_t)b->n_items, sizeof *b->type);
    b->atom = ili_alloc((size_t)b->n_items, sizeof *b->atom);
    b->entry_of = ili_alloc((size_t)model->n_entries, sizeof *b->entry_of);
    bool is_ok = type_of && b->type && b->atom && b->entry_of;
    for (int32_t k = 0; is_ok && k < b->n_items; k++) {
        int32_t entry = b->items[k].entry;
        if (type_of[entry] == 0) {
            b->entry_of[b->n_types] = entry;
            type_of[entry] = ++b->n_types;
        }
        b->type[k] = type_of[entry];
        memcpy(b->atom[k], b->items[k].atom, sizeof b->atom[k]);
    }
    ili_free(type_of);
    return is_ok ? IL_OK : ili_no_memory(ctx, "the bonded types of LAMMPS");
}

il_status ili_lammps_bonded_list(il_context *ctx, ili_lammps_deck *d) {
    const ili_binding *b = &d->binding;
    const int32_t n[3] = {b->n_bonds, b->n_angles, b->n_torsions};
    const ili_bonded_item *items[3] = {b->bonds, b->angles, b->torsions};
    for (int g = 0; g < 3; g++) {
        d->bonded[g] = (ili_lammps_bonded){.kind = kinds[g].kind, .n_items = n[g], .items = items[g]};
        IL_TRY(list_kind(ctx, d->model, &d->bonded[g]));
    }
    return IL_OK;
}

void ili_lammps_bonded_free(ili_lammps_bonded *b) {
    ili_free(b->type);
    ili_free(b->atom);
    ili_free(b->entry_of);
}

static const char *style_of(const ili_lammps_deck *d, const ili_model_entry *e) {
    double c[ILI_PARAM_MAX];
    int n;
    return ili_lammps_words(d, e, c, &n) ? e->form->lammps : "table";
}

/** Distinct styles of a kind, at most max. */
static int list_styles(const ili_lammps_deck *d, const ili_lammps_bonded *b, const char **styles, int max) {
    int n = 0;
    for (int32_t t = 0; t < b->n_types; t++) {
        const char *style = style_of(d, &d->model->entries[b->entry_of[t]]);
        int k = 0;
        while (k < n && strcmp(styles[k], style) != 0) k++;
        if (k == n && n < max) styles[n++] = style;
    }
    return n;
}

enum { STYLES_MAX = 8 };

static void print_style(FILE *stream, const struct kind *kind, const char *style) {
    fprintf(stream, " %s", style);
    if (strcmp(style, "table") == 0) fprintf(stream, " spline %d", kind->n);
}

il_status ili_lammps_bonded_styles(il_context *ctx, ili_lammps_deck *d) {
    for (int g = 0; g < 3; g++) {
        const ili_lammps_bonded *b = &d->bonded[g];
        const char *styles[STYLES_MAX];
        int n = list_styles(d, b, styles, STYLES_MAX);
        if (n == 0) continue;
        fprintf(d->stream, "%s_style%s", kinds[g].word, n > 1 ? " hybrid" : "");
        for (int k = 0; k < n; k++) {
            IL_TRY(ili_lammps_need(ctx, d->plan->styles, kinds[g].word, styles[k],
                                   "a bonded term of the model"));
            print_style(d->stream, &kinds[g], styles[k]);
        }
        fputc('\n', d->stream);
    }
    return IL_OK;
}

/** One section of the table file: the coordinate, energy (eV), minus its slope. */
static void write_table(FILE *out, const struct kind *kind, int32_t type, const ili_model_entry *e) {
    fprintf(out, "\n%s_%d\nN %d%s\n\n", kind->word, type, kind->n, kind->is_round ? " DEGREES" : "");
    for (int k = 0; k < kind->n; k++) {
        double u = kind->low + (kind->high - kind->low) * k / (kind->is_round ? kind->n : kind->n - 1), slope;
        double energy = e->form->value(e->p, u * kind->unit, &slope);
        fprintf(out, "%d %.15g %.17g %.17g\n", k + 1, u, energy, -slope * kind->unit);
    }
}

static void print_names(const ili_lammps_deck *d, const ili_model_entry *e, int n) {
    for (int k = 0; k < n; k++)
        fprintf(d->stream, "%s%s", k ? "-" : " # ", d->model->species[e->species[k]].base.name);
    fputc('\n', d->stream);
}

static void write_coefficients(ili_lammps_deck *d, int g, FILE *tables) {
    const ili_lammps_bonded *b = &d->bonded[g];
    const char *styles[STYLES_MAX];
    bool is_hybrid = list_styles(d, b, styles, STYLES_MAX) > 1;
    for (int32_t t = 0; t < b->n_types; t++) {
        const ili_model_entry *e = &d->model->entries[b->entry_of[t]];
        double c[ILI_PARAM_MAX];
        int n;
        bool has_words = ili_lammps_words(d, e, c, &n);
        fprintf(d->stream, "%s_coeff %d", kinds[g].word, t + 1);
        if (is_hybrid) fprintf(d->stream, " %s", has_words ? e->form->lammps : "table");
        for (int k = 0; has_words && k < n; k++) ili_lammps_number(d->stream, c[k]);
        if (!has_words) {
            fprintf(d->stream, " %s.bonded %s_%d", d->plan->stem, kinds[g].word, t + 1);
            write_table(tables, &kinds[g], t + 1, e);
        }
        print_names(d, e, g + 2);
    }
}

il_status ili_lammps_bonded_coefficients(il_context *ctx, ili_lammps_deck *d) {
    char path[ILI_PATH_MAX];
    ili_outfile tables = {0};
    il_status status = IL_OK;
    bool has_tables = false;
    for (int g = 0; g < 3; g++)
        for (int32_t t = 0; t < d->bonded[g].n_types; t++)
            if (strcmp(style_of(d, &d->model->entries[d->bonded[g].entry_of[t]]), "table") == 0)
                has_tables = true;
    if (has_tables) {
        IL_GO(ili_path_join(ctx, path, d->plan->dir, "%s.bonded", d->plan->stem));
        IL_GO(ili_outfile_open(ctx, path, &tables));
        fprintf(tables.stream, "# bonded terms of %s, eV, angstrom, degree\n", d->model->name);
    }
    for (int g = 0; g < 3; g++) write_coefficients(d, g, tables.stream);
    if (d->bonded[0].n_types)
        fprintf(d->stream, "special_bonds lj 0 0 %.17g coul 0 0 %.17g\n", d->model->scale14_lj,
                d->model->scale14_coulomb);
    if (has_tables) IL_GO(ili_outfile_commit(ctx, &tables));
out:
    ili_outfile_discard(&tables);
    return status;
}
