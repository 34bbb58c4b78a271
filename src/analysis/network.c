/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/network.h"

#include "base/alloc.h"
#include "neigh/nlist.h"
#include "system/element.h"

#include <stdio.h>
#include <stdlib.h>

static const double MADE = 1.20, BROKEN = 1.45;

/** Pairs whose bonds make up the frameworks and molecules of a contact; Li-O is ionic and changes at every hop. */
static const char *const WATCHED[][2] = {{"P", "O"},  {"Ge", "O"}, {"Al", "O"}, {"Ti", "O"}, {"Zr", "O"},
                                         {"Ta", "O"}, {"Si", "O"}, {"C", "O"},  {"C", "C"},  {"C", "H"},
                                         {"C", "F"},  {"S", "O"},  {"O", "H"},  {"O", "O"}};
enum { N_WATCHED = sizeof WATCHED / sizeof *WATCHED };

static int watched_kind(int za, int zb) {
    for (int k = 0; k < N_WATCHED; k++) {
        int p = ili_element_z(WATCHED[k][0]), q = ili_element_z(WATCHED[k][1]);
        if ((za == p && zb == q) || (za == q && zb == p)) return k;
    }
    return -1;
}

/** Bonds of the watched kinds shorter than a factor times the radii, sorted by atoms. */
typedef struct bond_set {
    int32_t n;
    struct bond {
        int32_t i, j;
        int kind;
    } * bonds;
    size_t capacity;
} bond_set;

static int order_bonds(const void *a, const void *b) {
    const struct bond *p = a, *q = b;
    if (p->i != q->i) return p->i < q->i ? -1 : 1;
    return p->j < q->j ? -1 : p->j > q->j;
}

static il_status collect(il_context *ctx, const il_system *sys, double factor, bond_set *set) {
    int32_t ns = sys->n_species;
    il_status status = IL_OK;
    ili_nlist *list = NULL;
    double *rc = ili_alloc((size_t)ns * (size_t)ns, sizeof *rc);
    if (!rc) IL_GO(ili_no_memory(ctx, "the bond network"));
    for (int32_t a = 0; a < ns; a++)
        for (int32_t b = 0; b < ns; b++) {
            int za = sys->species[a].z, zb = sys->species[b].z;
            if (watched_kind(za, zb) < 0) continue;
            rc[a * ns + b] =
                factor * (ili_element_of(za)->covalent_radius + ili_element_of(zb)->covalent_radius);
        }
    IL_GO(ili_nlist_create(ctx, sys->n_atoms, sys->type, ns, rc, 0.0, 0, NULL, &list));
    IL_GO(ili_nlist_update(ctx, list, &sys->cell, (const double(*)[3])sys->x));
    ili_nlist_view v = ili_nlist_get(list);
    for (int32_t row = 0; row < v.n_rows; row++)
        for (ili_nlist_walk w = ili_nlist_row(&v, row); ili_nlist_next(&w);) {
            int32_t i = v.atom[row], j = v.atom[w.entry];
            int kind = watched_kind(sys->species[sys->type[i]].z, sys->species[sys->type[j]].z);
            if (!ILI_GROW(set->bonds, (size_t)set->n + 1, set->capacity))
                IL_GO(ili_no_memory(ctx, "the bond network"));
            set->bonds[set->n++] = (struct bond){.i = i < j ? i : j, .j = i < j ? j : i, .kind = kind};
        }
    if (set->n) qsort(set->bonds, (size_t)set->n, sizeof *set->bonds, order_bonds);
out:
    ili_nlist_destroy(&list);
    ili_free(rc);
    return status;
}

static bool contains(const bond_set *set, const struct bond *b) {
    return set->n > 0 && bsearch(b, set->bonds, (size_t)set->n, sizeof *b, order_bonds) != NULL;
}

il_status ili_network_compare(il_context *ctx, const il_system *before, const il_system *after,
                              ili_network_verdict *verdict) {
    bond_set short_before = {0}, long_before = {0}, short_after = {0}, long_after = {0};
    il_status status = IL_OK;
    ili_network_change count[N_WATCHED] = {0};
    *verdict = (ili_network_verdict){.intact = true};
    if (before->n_atoms != after->n_atoms)
        IL_GO(ili_fail(ctx, IL_E_INPUT, "the two structures have %d and %d atoms", before->n_atoms,
                       after->n_atoms));
    IL_GO(collect(ctx, before, MADE, &short_before));
    IL_GO(collect(ctx, before, BROKEN, &long_before));
    IL_GO(collect(ctx, after, MADE, &short_after));
    IL_GO(collect(ctx, after, BROKEN, &long_after));
    for (int32_t b = 0; b < short_before.n; b++) {
        count[short_before.bonds[b].kind].before++;
        count[short_before.bonds[b].kind].broken += !contains(&long_after, &short_before.bonds[b]);
    }
    for (int32_t b = 0; b < short_after.n; b++)
        count[short_after.bonds[b].kind].made += !contains(&long_before, &short_after.bonds[b]);
    for (int k = 0; k < N_WATCHED; k++) {
        if (!count[k].before && !count[k].made) continue;
        snprintf(count[k].kind, sizeof count[k].kind, "%s-%s", WATCHED[k][0], WATCHED[k][1]);
        verdict->intact = verdict->intact && !count[k].broken && !count[k].made;
        verdict->kinds[verdict->n_kinds++] = count[k];
    }
out:
    ili_free(short_before.bonds);
    ili_free(long_before.bonds);
    ili_free(short_after.bonds);
    ili_free(long_after.bonds);
    return status;
}
