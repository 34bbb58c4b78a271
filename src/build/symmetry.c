/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build/symmetry.h"

#include "base/alloc.h"
#include "io/cif.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <spglib.h>

enum { POSITIONS_MAX = 2000 };

/** 'a', 'b', ... 'z', then 'A' (group 47 has 27 letters). */
static char letter(int wyckoff) {
    return (char)(wyckoff < 26 ? 'a' + wyckoff : 'A' + wyckoff - 26);
}

il_status ili_symmetry_find(il_context *ctx, const ili_cell *cell, int32_t n, const double (*frac)[3],
                            const int32_t *type, ili_symmetry *out) {
    *out = (ili_symmetry){.n = n};
    double lattice[3][3]; /* spglib keeps the vectors in columns */
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) lattice[k][i] = cell->h[i][k];
    double(*positions)[3] = ili_alloc((size_t)n, sizeof *positions);
    int *types = ili_alloc((size_t)n, sizeof *types);
    out->wyckoff = ili_alloc((size_t)n, sizeof *out->wyckoff);
    out->orbit = ili_alloc((size_t)n, sizeof *out->orbit);
    if (!positions || !types || !out->wyckoff || !out->orbit) {
        ili_free(positions);
        ili_free(types);
        ili_symmetry_free(out);
        return ili_no_memory(ctx, "the search for symmetry");
    }
    memcpy(positions, frac, (size_t)n * sizeof *positions);
    for (int32_t i = 0; i < n; i++) types[i] = type[i];
    SpglibDataset *found = spg_get_dataset(lattice, positions, types, n, ILI_SYMMETRY_TOLERANCE);
    if (found && found->n_atoms == n) {
        out->number = found->spacegroup_number;
        snprintf(out->international, sizeof out->international, "%s", found->international_symbol);
        snprintf(out->hall, sizeof out->hall, "%s", found->hall_symbol);
        for (int32_t i = 0; i < n; i++) {
            out->wyckoff[i] = letter(found->wyckoffs[i]);
            out->orbit[i] = found->crystallographic_orbits[i];
        }
    }
    if (found) spg_free_dataset(found);
    ili_free(positions);
    ili_free(types);
    return IL_OK;
}

void ili_symmetry_free(ili_symmetry *symmetry) {
    ili_free(symmetry->wyckoff);
    ili_free(symmetry->orbit);
    *symmetry = (ili_symmetry){0};
}

static bool same_occupants(const ili_site *a, const ili_site *b) {
    if (a->n_occupants != b->n_occupants) return false;
    for (int i = 0; i < a->n_occupants; i++) {
        bool found = false;
        for (int k = 0; k < b->n_occupants && !found; k++)
            found = a->occupant[i].z == b->occupant[k].z &&
                    fabs(a->occupant[i].occupancy - b->occupant[k].occupancy) < ILI_OCCUPANCY_SLACK;
        if (!found) return false;
    }
    return true;
}

/** "R-3c" and "R -3 c" are one. */
static bool same_symbol(const char *a, const char *b) {
    for (;; a++, b++) {
        while (isspace((unsigned char)*a) || *a == '_') a++;
        while (isspace((unsigned char)*b) || *b == '_') b++;
        if (*a != *b) return false;
        if (!*a) return true;
    }
}

/** Size of the orbit of the first position of every site against the multiplicity from the operations. */
static void compare_sites(il_context *ctx, ili_crystal *c, const ili_symmetry *found) {
    int32_t first = 0;
    for (int32_t s = 0; s < c->n_sites; s++) {
        ili_site *site = &c->sites[s];
        int count = 0;
        for (int32_t p = 0; p < c->n_positions; p++) count += found->orbit[p] == found->orbit[first];
        site->wyckoff = found->wyckoff[first];
        if (count != site->multiplicity && found->number == c->space_group)
            ili_warn(ctx, "%s:%d: site '%s' has %d positions by the operations of the file, %d by spglib",
                     c->name, site->line, site->occupant[0].label, site->multiplicity, count);
        first += site->multiplicity;
    }
}

static void compare(il_context *ctx, ili_crystal *c, const ili_symmetry *found) {
    if (found->number == 0) {
        ili_warn(ctx, "%s: spglib finds no space group for these positions", c->name);
        return;
    }
    if (c->space_group == 0) c->space_group = found->number;
    if (c->space_group != found->number)
        ili_warn(ctx, "%s: the file says space group %d (%s), the positions have %d (%s)", c->name,
                 c->space_group, c->international, found->number, found->international);
    if (!*c->international) snprintf(c->international, sizeof c->international, "%s", found->international);
    if (!*c->hall && same_symbol(c->international, found->international))
        snprintf(c->hall, sizeof c->hall, "%s", found->hall);
    compare_sites(ctx, c, found);
}

il_status ili_crystal_confirm(il_context *ctx, ili_crystal *c) {
    if (c->n_positions > POSITIONS_MAX) {
        ili_warn(ctx, "%s: the space group of more than %d positions is not looked for", c->name,
                 POSITIONS_MAX);
        return IL_OK;
    }
    int32_t *kind = ili_alloc((size_t)c->n_sites, sizeof *kind);
    int32_t *type = ili_alloc((size_t)c->n_positions, sizeof *type);
    il_status status = kind && type ? IL_OK : ili_no_memory(ctx, "the search for symmetry");
    ili_symmetry found = {0};
    if (status == IL_OK) {
        for (int32_t s = 0; s < c->n_sites; s++) {
            kind[s] = 0;
            while (!same_occupants(&c->sites[kind[s]], &c->sites[s])) kind[s]++;
        }
        for (int32_t p = 0; p < c->n_positions; p++) type[p] = kind[c->site_of[p]] + 1;
        status = ili_symmetry_find(ctx, &c->cell, c->n_positions, (const double(*)[3])c->frac, type, &found);
    }
    if (status == IL_OK) compare(ctx, c, &found);
    ili_symmetry_free(&found);
    ili_free(kind);
    ili_free(type);
    return status;
}

il_status ili_crystal_read(il_context *ctx, const char *path, ili_crystal *out) {
    IL_TRY(ili_cif_read(ctx, path, out));
    il_status status = ili_crystal_confirm(ctx, out);
    if (status != IL_OK) ili_crystal_free(out);
    return status;
}
