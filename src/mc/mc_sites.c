/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Sites of a reservoir: which atom is on which, followed through the moves. */
#include "base/alloc.h"
#include "math/vec.h"
#include "mc/mc_state.h"

#include <string.h>

il_status ili_mc_sites_set(il_context *ctx, ili_mc *mc, const ili_mc_reservoir *r) {
    ili_mc_sites *sites = &mc->sites;
    const int32_t n = r->species >= 0 ? r->n_sites : 0;
    /* the places, which the settings point to, last: when there is no memory they are where they were */
    if (!ILI_GROW(sites->n_on, (size_t)n, sites->cap_on) || !ILI_GROW(sites->s, (size_t)n, sites->cap_s))
        return ili_no_memory(ctx, "sites of Monte Carlo");
    sites->n = n;
    if (n && r->sites != (const double(*)[3])sites->s)
        memcpy(sites->s, r->sites, (size_t)n * sizeof *sites->s);
    return IL_OK;
}

void ili_mc_sites_free(ili_mc_sites *sites) {
    ili_free(sites->s);
    ili_free(sites->n_on);
    ili_free(sites->of_atom);
    *sites = (ili_mc_sites){0};
}

/** Fractions within 1/2 give the nearest image: the radius is less than half of the cell's width. */
int32_t ili_mc_sites_at(const ili_mc *mc, const double x[3]) {
    const ili_cell *cell = ili_trial_cell(mc->trial);
    const double r2 = mc->o.reservoir.site_radius * mc->o.reservoir.site_radius;
    double s[3], d[3];
    ili_cell_to_frac(cell, x, s);
    for (int32_t k = 0; k < mc->sites.n; k++) {
        for (int c = 0; c < 3; c++) {
            d[c] = s[c] - mc->sites.s[k][c];
            d[c] -= rint(d[c]);
        }
        ili_vec_mat(d, cell->h, d);
        if (ili_dot(d, d) <= r2) return k;
    }
    return -1;
}

/** Atom i comes onto the site it is at, or leaves the one it was on. */
static void enter(ili_mc *mc, int32_t i) {
    int32_t k = ili_mc_sites_at(mc, ili_trial_x(mc->trial)[i]);
    mc->sites.of_atom[i] = k;
    if (k >= 0) mc->sites.n_on[k]++;
}

static void leave(ili_mc *mc, int32_t i) {
    int32_t k = mc->sites.of_atom[i];
    if (k >= 0) mc->sites.n_on[k]--;
}

void ili_mc_sites_find(ili_mc *mc) {
    if (!mc->sites.n) return;
    memset(mc->sites.n_on, 0, (size_t)mc->sites.n * sizeof *mc->sites.n_on);
    for (int32_t i = 0; i < ili_trial_n_atoms(mc->trial); i++) enter(mc, i);
}

void ili_mc_sites_follow(ili_mc *mc, const ili_mc_proposal *p) {
    const int32_t n = ili_trial_n_atoms(mc->trial);
    if (!mc->sites.n) return;
    if (!p->n_changes) ili_mc_sites_find(mc);
    for (int k = 0; k < p->n_changes; k++) {
        const ili_change *c = &p->change[k];
        if (c->kind == ILI_CHANGE_DELETE || c->kind == ILI_CHANGE_MOVE) leave(mc, c->atom);
        if (c->kind == ILI_CHANGE_DELETE)
            mc->sites.of_atom[c->atom] = mc->sites.of_atom[n]; /* was the last */
        if (c->kind == ILI_CHANGE_MOVE) enter(mc, c->atom);
        if (c->kind == ILI_CHANGE_INSERT) enter(mc, n - 1);
    }
}

int32_t ili_mc_sites_empty(const ili_mc *mc) {
    int32_t n = 0;
    for (int32_t k = 0; k < mc->sites.n; k++) n += mc->sites.n_on[k] == 0;
    return n;
}

bool ili_mc_sites_alone(const ili_mc *mc, int32_t i) {
    int32_t k = mc->sites.of_atom[i];
    return k >= 0 && mc->sites.n_on[k] == 1 && ili_trial_species(mc->trial)[i] == mc->o.reservoir.species;
}
