/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs: every term of the model is a line of one sub-style of hybrid/overlay. A sub-style belongs to a style of LAMMPS, to one
 * way of ending at the cut-off (LAMMPS knows none and shift), and to a place among the terms of a pair, so that two
 * terms of a pair never meet in one. What has no style or ends in another way is a table over r^2. */
#include "task/lammps_deck.h"

#include "base/alloc.h"
#include "ff/eam.h"
#include "ff/pairfn.h"
#include "ff/pairs.h"

#include <math.h>
#include <string.h>

/** Tables: points this far apart in r^2, angstrom^2. LAMMPS looks them up with cubic splines at the same points. */
static const double TABLE_STEP = 0.01;
enum { ENTRIES_MAX = 16, SUBS_MAX = 16, TABLE_POINTS_MIN = 100, TABLE_POINTS_MAX = 100000 };

typedef struct sub_style {
    const char *style;
    bool is_shifted;
    int rank;   /**< terms of the same pair that came before it in subs of the same kind */
    int number; /**< among those of the same style, from 1 */
} sub_style;

typedef struct pair_line {
    int32_t a, b; /**< types from 0, a <= b */
    int sub;
    const ili_model_entry *entry;
} pair_line;

typedef struct pair_list {
    int n_subs, table_points;
    sub_style subs[SUBS_MAX];
    size_t n, cap;
    pair_line *lines;
} pair_list;

static bool has_style(const ili_lammps_deck *d, const ili_model_entry *e) {
    double c[ILI_PARAM_MAX];
    int n;
    return e->truncation != ILI_TRUNCATE_TAPER && ili_lammps_words(d, e, c, &n);
}

/** The sub-style of a term of a pair; it is added when it is new. -1: there are too many. */
static int find_sub(pair_list *list, const char *style, bool is_shifted, int rank) {
    int number = 1;
    for (int k = 0; k < list->n_subs; k++) {
        const sub_style *s = &list->subs[k];
        bool is_same = strcmp(s->style, style) == 0;
        if (is_same && s->is_shifted == is_shifted && s->rank == rank) return k;
        if (is_same) number++;
    }
    if (list->n_subs == SUBS_MAX) return -1;
    list->subs[list->n_subs] = (sub_style){style, is_shifted, rank, number};
    return list->n_subs++;
}

static il_status add_line(il_context *ctx, const ili_lammps_deck *d, pair_list *list, int32_t a, int32_t b,
                          const ili_model_entry *entry) {
    bool is_table = !has_style(d, entry);
    const char *style = is_table ? "table" : entry->form->lammps;
    bool is_shifted = !is_table && entry->truncation == ILI_TRUNCATE_SHIFT;
    int rank = 0;
    for (size_t k = 0; k < list->n; k++) {
        const pair_line *l = &list->lines[k];
        const sub_style *s = &list->subs[l->sub];
        if (l->a == a && l->b == b && strcmp(s->style, style) == 0 && s->is_shifted == is_shifted) rank++;
    }
    int sub = find_sub(list, style, is_shifted, rank);
    if (sub < 0)
        return ili_fail(ctx, IL_E_UNSUPPORTED, "%s: more than %d pair styles in one deck for LAMMPS",
                        d->model->path, SUBS_MAX);
    if (!ILI_GROW(list->lines, list->n + 1, list->cap)) return ili_no_memory(ctx, "the pairs of LAMMPS");
    list->lines[list->n++] = (pair_line){a, b, sub, entry};
    return IL_OK;
}

static il_status list_pairs(il_context *ctx, const ili_lammps_deck *d, pair_list *list) {
    const ili_model_entry *entries[ENTRIES_MAX];
    double reach = 0.0;
    for (int32_t a = 0; a < d->out->n_types; a++)
        for (int32_t b = a; b < d->out->n_types; b++) {
            int n =
                ili_model_pair_entries(d->model, d->species_of[a], d->species_of[b], entries, ENTRIES_MAX);
            if (n > ENTRIES_MAX)
                return ili_fail(ctx, IL_E_UNSUPPORTED, "%s: the pair %s-%s has more than %d terms",
                                d->model->path, ili_lammps_type_name(d, a), ili_lammps_type_name(d, b),
                                ENTRIES_MAX);
            for (int k = 0; k < n; k++) {
                IL_TRY(add_line(ctx, d, list, a, b, entries[k]));
                if (!has_style(d, entries[k]))
                    reach = fmax(reach, ili_entry_cutoff(entries[k], d->settings.short_cutoff));
            }
        }
    double points = ceil((reach * reach - ILI_PAIRS_NEAREST2) / TABLE_STEP) + 1.0;
    list->table_points = (int)fmin(fmax(points, TABLE_POINTS_MIN), TABLE_POINTS_MAX);
    return IL_OK;
}

/** Energy (eV) and force over r^2 from the nearest distance to the cut-off. At the cut-off itself: their limits from inside. */
static void write_table(FILE *out, const ili_lammps_deck *d, const pair_list *list, const pair_line *line) {
    double rc = ili_entry_cutoff(line->entry, d->settings.short_cutoff), inside = nextafter(rc, 0.0);
    fprintf(out, "\n%s_%s_%d\nN %d RSQ %.17g %.17g\n\n", ili_lammps_type_name(d, line->a),
            ili_lammps_type_name(d, line->b), list->subs[line->sub].number, list->table_points,
            sqrt(ILI_PAIRS_NEAREST2), rc);
    for (int k = 0; k < list->table_points; k++) {
        double s = ILI_PAIRS_NEAREST2 + (rc * rc - ILI_PAIRS_NEAREST2) * k / (list->table_points - 1), slope;
        double r = fmin(sqrt(s), inside),
               energy = ili_entry_energy(line->entry, d->settings.short_cutoff, r, &slope);
        fprintf(out, "%d %.15g %.15g %.15g\n", k + 1, r, energy, -slope);
    }
}

static il_status write_tables(il_context *ctx, const ili_lammps_deck *d, const pair_list *list) {
    char path[ILI_PATH_MAX];
    ili_outfile file = {0};
    il_status status = IL_OK;
    for (size_t k = 0; k < list->n; k++) {
        if (has_style(d, list->lines[k].entry)) continue;
        if (!file.stream) {
            IL_GO(ili_path_join(ctx, path, d->plan->dir, "%s.table", d->plan->stem));
            IL_GO(ili_outfile_open(ctx, path, &file));
            fprintf(file.stream,
                    "# pair terms of %s without a style in LAMMPS: distance (angstrom), energy (eV), force\n",
                    d->model->name);
        }
        write_table(file.stream, d, list, &list->lines[k]);
    }
    if (file.stream) IL_GO(ili_outfile_commit(ctx, &file));
out:
    ili_outfile_discard(&file);
    return status;
}

static bool is_charged(const ili_lammps_deck *d, int32_t type) {
    return d->has_charges && d->binding.species_charge[d->species_of[type]] != 0.0;
}

static bool is_metal_pair(const ili_lammps_deck *d, int32_t a, int32_t b) {
    const il_model *m = d->model;
    return ili_lammps_has_metal(d) && m->eam_kind[d->species_of[a]] >= 0 &&
           m->eam_kind[d->species_of[b]] >= 0;
}

/** The name of a sub-style in pair_coeff, with its number where the style occurs more than once. */
static void print_sub(FILE *stream, const pair_list *list, int sub) {
    int n = 0;
    for (int k = 0; k < list->n_subs; k++) n += strcmp(list->subs[k].style, list->subs[sub].style) == 0;
    fprintf(stream, " %s", list->subs[sub].style);
    if (n > 1) fprintf(stream, " %d", list->subs[sub].number);
}

static il_status write_styles(il_context *ctx, const ili_lammps_deck *d, const pair_list *list) {
    bool has_metal = ili_lammps_has_metal(d);
    if (!d->has_charges && !has_metal && list->n_subs == 0) {
        fputs("pair_style zero 1.0\npair_coeff * *\n", d->stream);
        return IL_OK;
    }
    fputs("pair_style hybrid/overlay", d->stream);
    if (d->has_charges) {
        IL_TRY(ili_lammps_need(ctx, d->plan->styles, "pair", "coul/long", "the Coulomb sum"));
        fputs(" coul/long", d->stream);
        ili_lammps_number(d->stream, d->settings.coulomb_cutoff);
    }
    if (has_metal) {
        IL_TRY(ili_lammps_need(ctx, d->plan->styles, "pair", "eam/fs", "the metal of the model"));
        fputs(" eam/fs", d->stream);
    }
    for (int k = 0; k < list->n_subs; k++) {
        fprintf(d->stream, " %s", list->subs[k].style);
        if (strcmp(list->subs[k].style, "table") == 0)
            fprintf(d->stream, " spline %d", list->table_points);
        else
            ili_lammps_number(d->stream, d->settings.short_cutoff > 0.0 ? d->settings.short_cutoff : 1.0);
    }
    fputc('\n', d->stream);
    return IL_OK;
}

static void write_coefficients(const ili_lammps_deck *d, const pair_list *list, size_t k) {
    const pair_line *l = &list->lines[k];
    double c[ILI_PARAM_MAX];
    int n = 0;
    fprintf(d->stream, "pair_coeff %d %d", l->a + 1, l->b + 1);
    print_sub(d->stream, list, l->sub);
    if (!has_style(d, l->entry)) {
        fprintf(d->stream, " %s.table %s_%s_%d", d->plan->stem, ili_lammps_type_name(d, l->a),
                ili_lammps_type_name(d, l->b), list->subs[l->sub].number);
    } else {
        ili_lammps_words(d, l->entry, c, &n);
        for (int m = 0; m < n; m++) ili_lammps_number(d->stream, c[m]);
    }
    ili_lammps_number(d->stream, ili_entry_cutoff(l->entry, d->settings.short_cutoff));
    fprintf(d->stream, " # %s-%s %s\n", ili_lammps_type_name(d, l->a), ili_lammps_type_name(d, l->b),
            l->entry->form->name);
}

/** LAMMPS wants every pair of types to be told, so what has nothing is told none. */
static void write_pair(const ili_lammps_deck *d, const pair_list *list, int32_t a, int32_t b) {
    bool has_any = is_metal_pair(d, a, b);
    if (is_charged(d, a) && is_charged(d, b)) {
        fprintf(d->stream, "pair_coeff %d %d coul/long\n", a + 1, b + 1);
        has_any = true;
    }
    for (size_t k = 0; k < list->n; k++) {
        if (list->lines[k].a != a || list->lines[k].b != b) continue;
        write_coefficients(d, list, k);
        has_any = true;
    }
    if (!has_any) fprintf(d->stream, "pair_coeff %d %d none\n", a + 1, b + 1);
}

static il_status write_all(il_context *ctx, ili_lammps_deck *d, pair_list *list) {
    char names[4096];
    IL_TRY(list_pairs(ctx, d, list));
    IL_TRY(write_tables(ctx, d, list));
    IL_TRY(write_styles(ctx, d, list));
    if (ili_lammps_has_metal(d)) {
        IL_TRY(ili_lammps_eam_write(ctx, d, names, sizeof names));
        fprintf(d->stream, "pair_coeff * * eam/fs %s.eam.fs %s\n", d->plan->stem, names);
        for (int32_t t = 0; t < d->out->n_types;
             t++) /* that line took the one mass of each element of the file */
            fprintf(d->stream, "mass %d %.15g\n", t + 1, d->model->species[d->species_of[t]].mass);
    }
    bool is_told = d->has_charges || ili_lammps_has_metal(d) || list->n_subs > 0;
    for (int32_t a = 0; is_told && a < d->out->n_types; a++)
        for (int32_t b = a; b < d->out->n_types; b++) write_pair(d, list, a, b);
    for (int k = 0; k < list->n_subs; k++) {
        if (!list->subs[k].is_shifted) continue;
        fputs("pair_modify pair", d->stream);
        print_sub(d->stream, list, k);
        fputs(" shift yes\n", d->stream);
    }
    return IL_OK;
}

il_status ili_lammps_pairs_write(il_context *ctx, ili_lammps_deck *d) {
    pair_list list = {0};
    il_status status = write_all(ctx, d, &list);
    ili_free(list.lines);
    return status;
}
