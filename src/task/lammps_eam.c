/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The embedded-atom term as an eam/fs file: every kind of atom that occurs is an element of it. Density there depends on both
 * elements, so a donor is an element that gives density to the metal and has neither F nor V. theory.md (14.23). */
#include "task/lammps_deck.h"

#include "ff/eam.h"
#include "system/element.h"

#include <math.h>
#include <string.h>

/** Points of the tables: the error of LAMMPS's cubic splines falls with the fourth power of the step. */
enum { POINTS_R = 40001, POINTS_RHO = 50001, KINDS_MAX = 64 };
/** r V at r = 0 is its limit. */
static const double NEAREST = 1e-9;

/** The kinds of atom that occur, in the order of the types that show them first. */
typedef struct kinds {
    int n, kind[KINDS_MAX];
    int32_t type[KINDS_MAX]; /**< that lends the kind its name */
    double reach;
} kinds;

bool ili_lammps_has_metal(const ili_lammps_deck *d) {
    for (int32_t t = 0; d->model->eam && t < d->out->n_types; t++)
        if (ili_eam_is_embedded(d->model->eam, d->model->eam_kind[d->species_of[t]])) return true;
    return false;
}

static int find_kind(const kinds *k, int kind) {
    for (int m = 0; m < k->n; m++)
        if (k->kind[m] == kind) return m;
    return -1;
}

static kinds list_kinds(const ili_lammps_deck *d) {
    kinds k = {0};
    for (int32_t t = 0; t < d->out->n_types; t++) {
        int kind = d->model->eam_kind[d->species_of[t]];
        if (kind < 0 || find_kind(&k, kind) >= 0 || k.n == KINDS_MAX) continue;
        k.kind[k.n] = kind;
        k.type[k.n++] = t;
    }
    for (int a = 0; a < k.n; a++)
        for (int b = 0; b < k.n; b++)
            k.reach = fmax(k.reach, ili_eam_reach(d->model->eam, k.kind[a], k.kind[b]));
    return k;
}

/** The element where no other kind has the same one, else the species. */
static const char *name_of(const ili_lammps_deck *d, const kinds *k, int m) {
    const ili_model_species *species = d->model->species;
    int z = species[d->species_of[k->type[m]]].base.z;
    for (int other = 0; other < k->n; other++)
        if (other != m && species[d->species_of[k->type[other]]].base.z == z)
            return ili_lammps_type_name(d, k->type[m]);
    return ili_element_of(z)->symbol;
}

static void name_types(const ili_lammps_deck *d, const kinds *k, char *names, size_t size) {
    size_t used = 0;
    for (int32_t t = 0; t < d->out->n_types && used < size; t++) {
        int m = find_kind(k, d->model->eam_kind[d->species_of[t]]);
        used += (size_t)snprintf(names + used, size - used, "%s%s", t ? " " : "",
                                 m < 0 ? "NULL" : name_of(d, k, m));
    }
}

static void write_element(FILE *out, const ili_lammps_deck *d, const kinds *k, int m, double dr,
                          double drho) {
    const ili_model_species *species = &d->model->species[d->species_of[k->type[m]]];
    double slope;
    fprintf(out, "%d %.8g 0 none\n", species->base.z, species->mass);
    for (int p = 0; p < POINTS_RHO; p++)
        fprintf(out, "%.16g\n", ili_eam_embedding(d->model->eam, k->kind[m], p * drho, &slope));
    for (int at = 0; at < k->n; at++)
        for (int p = 0; p < POINTS_R; p++)
            fprintf(out, "%.16g\n", ili_eam_density(d->model->eam, k->kind[m], k->kind[at], p * dr, &slope));
}

static void write_tables(FILE *out, const ili_lammps_deck *d, const kinds *k) {
    double dr = k->reach / (POINTS_R - 1), drho = ili_eam_density_end(d->model->eam) / (POINTS_RHO - 1),
           slope;
    fprintf(out, "# embedded atoms of %s, eV, angstrom\n# ", d->model->name);
    ili_lammps_line(out, d->model->eam_source);
    fputs("# ", out);
    ili_lammps_line(out, d->model->donor_source);
    fprintf(out, "%d", k->n);
    for (int m = 0; m < k->n; m++) fprintf(out, " %s", name_of(d, k, m));
    fprintf(out, "\n%d %.17g %d %.17g %.17g\n", POINTS_RHO, drho, POINTS_R, dr, k->reach);
    for (int m = 0; m < k->n; m++) write_element(out, d, k, m, dr, drho);
    for (int a = 0; a < k->n; a++)
        for (int b = 0; b <= a; b++)
            for (int p = 0; p < POINTS_R; p++) {
                double r = fmax(p * dr, NEAREST);
                fprintf(out, "%.16g\n", r * ili_eam_pair(d->model->eam, k->kind[a], k->kind[b], r, &slope));
            }
}

il_status ili_lammps_eam_write(il_context *ctx, ili_lammps_deck *d, char *names, size_t size) {
    char path[ILI_PATH_MAX];
    ili_outfile file = {0};
    il_status status;
    kinds k = list_kinds(d);
    name_types(d, &k, names, size);
    IL_GO(ili_path_join(ctx, path, d->plan->dir, "%s.eam.fs", d->plan->stem));
    IL_GO(ili_outfile_open(ctx, path, &file));
    write_tables(file.stream, d, &k);
    IL_GO(ili_outfile_commit(ctx, &file));
out:
    ili_outfile_discard(&file);
    return status;
}
