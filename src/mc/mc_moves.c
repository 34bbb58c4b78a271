/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The moves. Each draws a change from a distribution g(old -> new) and gives
 *
 *      ln_ratio = ln [w(new) g(new -> old) / (w(old) g(old -> new))],
 *
 *  w being the weight of a configuration in the ensemble without its energy: V^(N+1) exp(-pV/kT) exp(sum mu/kT) for atoms told by
 *  their fractions. Where a move picks one of several atoms, sites or partners, the counts before and after enter g.
 *  theory.md (13.20)-(13.27); Frenkel & Smit 2002, chapters 5 and 9; Allen & Tildesley 2017, chapter 4. */
#include "math/units.h"
#include "math/vec.h"
#include "mc/mc_state.h"

#include <string.h>

/* ---- picking ---------------------------------------------------------------------------------------------- */

/** One of the atoms of a species, all alike; -1: there is none. */
static int32_t pick_atom(ili_mc *mc, int32_t species) {
    if (mc->count[species] == 0) return -1;
    const int32_t *of = ili_trial_species(mc->trial);
    int32_t left = (int32_t)ili_rng_below(&mc->rng, (uint32_t)mc->count[species]), i = -1;
    while (left >= 0) left -= of[++i] == species;
    return i;
}

/** A site: one of those that are empty, or one of the atoms alone on one, all alike; -1: there is none. *n: how many there are. */
static int32_t pick_site(ili_mc *mc, int32_t *n) {
    int32_t k = -1;
    *n = ili_mc_sites_empty(mc);
    if (*n == 0) return -1;
    int32_t left = (int32_t)ili_rng_below(&mc->rng, (uint32_t)*n);
    while (left >= 0) left -= mc->sites.n_on[++k] == 0;
    return k;
}

static int32_t count_alone(const ili_mc *mc) {
    int32_t n = 0;
    for (int32_t i = 0; i < ili_trial_n_atoms(mc->trial); i++) n += ili_mc_sites_alone(mc, i);
    return n;
}

static int32_t pick_alone(ili_mc *mc, int32_t *n) {
    int32_t i = -1;
    *n = count_alone(mc);
    if (*n == 0) return -1;
    int32_t left = (int32_t)ili_rng_below(&mc->rng, (uint32_t)*n);
    while (left >= 0) left -= ili_mc_sites_alone(mc, ++i);
    return i;
}

static double symmetric(ili_mc *mc) {
    return 2.0 * ili_rng_uniform(&mc->rng) - 1.0;
}

/* ---- atoms ------------------------------------------------------------------------------------------------ */

/** g is symmetric: the weights count atoms by species, which stay. eq.  (13.21) */
static bool propose_displace(ili_mc *mc, ili_mc_proposal *p) {
    const int32_t n = mc->model->n_species;
    double total = 0.0;
    for (int32_t s = 0; s < n; s++) total += mc->mobile[s] * (double)mc->count[s];
    if (!(total > 0.0)) return false;
    double r = total * ili_rng_uniform(&mc->rng);
    int32_t species = -1;
    for (int32_t s = 0; s < n && r >= 0.0; s++) {
        double share = mc->mobile[s] * (double)mc->count[s];
        if (share > 0.0) species = s;
        r -= share;
    }
    int32_t atom = pick_atom(mc, species);
    p->n_changes = 1;
    p->change[0] = (ili_change){.kind = ILI_CHANGE_MOVE, .atom = atom};
    p->stride = &mc->stride[species];
    for (int k = 0; k < 3; k++)
        p->change[0].x[k] = ili_trial_x(mc->trial)[atom][k] + p->stride->length * symmetric(mc);
    ili_cell_wrap(ili_trial_cell(mc->trial), p->change[0].x);
    return true;
}

/** Two atoms swap places, which is the same as to swap their species. */
static bool propose_exchange(ili_mc *mc, ili_mc_proposal *p) {
    const int32_t *pair = mc->o.exchange[ili_rng_below(&mc->rng, (uint32_t)mc->o.n_exchanges)];
    int32_t i = pick_atom(mc, pair[0]), j = pick_atom(mc, pair[1]);
    if (i < 0 || j < 0) return false;
    p->n_changes = 2;
    p->change[0] = (ili_change){.kind = ILI_CHANGE_SPECIES, .atom = i, .species = pair[1]};
    p->change[1] = (ili_change){.kind = ILI_CHANGE_SPECIES, .atom = j, .species = pair[0]};
    return true;
}

/** eq.  (13.24) */
static bool propose_switch(ili_mc *mc, ili_mc_proposal *p) {
    const ili_mc_switch *row = &mc->o.switches[ili_rng_below(&mc->rng, (uint32_t)mc->o.n_switches)];
    bool is_forward = ili_rng_uniform(&mc->rng) < 0.5;
    int32_t from = is_forward ? row->from : row->to, to = is_forward ? row->to : row->from;
    int32_t atom = pick_atom(mc, from);
    if (atom < 0) return false;
    p->n_changes = 1;
    p->change[0] = (ili_change){.kind = ILI_CHANGE_SPECIES, .atom = atom, .species = to};
    p->ln_ratio = log((double)mc->count[from] / ((double)mc->count[to] + 1.0)) +
                  (is_forward ? row->delta_mu : -row->delta_mu) / mc->kT;
    return true;
}

/* ---- insertion and deletion ------------------------------------------------------------------------------- */

/** Choices of a partner: an atom and a row of the table that it fits on `side` (0 before, 1 after insertion), with one atom of
 *  species `less` fewer and one of `more` more than there are. */
static double choices(const ili_mc *mc, int side, int32_t less, int32_t more) {
    int64_t n = 0;
    for (int k = 0; k < mc->o.reservoir.n_partners; k++) {
        int32_t s = mc->o.reservoir.partner[k][side];
        n += mc->count[s] - (s == less) + (s == more);
    }
    return (double)n;
}

/** Draw one of the choices, all alike, append its change of species and count the choices of the way back.
 *  eq.  (13.27) */
static bool propose_partner(ili_mc *mc, int side, ili_mc_proposal *p) {
    const ili_mc_reservoir *r = &mc->o.reservoir;
    if (r->n_partners == 0) return true;
    double n = choices(mc, side, -1, -1);
    if (n == 0.0) return false;
    int64_t left = ili_rng_below(&mc->rng, (uint32_t)n);
    int row = 0;
    while (left >= mc->count[r->partner[row][side]]) left -= mc->count[r->partner[row++][side]];
    int32_t from = r->partner[row][side], to = r->partner[row][!side];
    p->change[p->n_changes++] =
        (ili_change){.kind = ILI_CHANGE_SPECIES, .atom = pick_atom(mc, from), .species = to};
    p->ln_ratio += log(n / choices(mc, !side, from, to));
    return true;
}

/** What a site counts for: 1 on a lattice, else the volume of its sphere over lambda^3 with lambda = 1 angstrom. */
static double site_volume(const ili_mc_reservoir *r) {
    return r->is_lattice ? 1.0 : 4.0 / 3.0 * ILI_PI * r->site_radius * r->site_radius * r->site_radius;
}

/** A point of the sphere around a site, or the site. */
static void draw_point(ili_mc *mc, int32_t site, double x[3]) {
    const ili_mc_reservoir *r = &mc->o.reservoir;
    double u[3];
    ili_cell_to_cart(ili_trial_cell(mc->trial), mc->sites.s[site], x);
    if (!r->is_lattice) {
        double radius = r->site_radius * cbrt(ili_rng_uniform(&mc->rng));
        ili_rng_direction(&mc->rng, u);
        for (int k = 0; k < 3; k++) x[k] += radius * u[k];
    }
    ili_cell_wrap(ili_trial_cell(mc->trial), x);
}

/** eq.  (13.22) anywhere, (13.23) into sites */
static bool propose_insertion(ili_mc *mc, bool by_sites, ili_mc_proposal *p) {
    const ili_mc_reservoir *r = &mc->o.reservoir;
    ili_change *c = &p->change[0];
    *c = (ili_change){.kind = ILI_CHANGE_INSERT, .species = r->species};
    p->n_changes = 1;
    p->ln_ratio = r->mu / mc->kT;
    if (by_sites) {
        int32_t n_empty, site = pick_site(mc, &n_empty);
        if (site < 0) return false;
        draw_point(mc, site, c->x);
        if (ili_mc_sites_at(mc, c->x) != site) return false; /* spheres that a strain has made overlap */
        p->ln_ratio += log(n_empty * site_volume(r) / (count_alone(mc) + 1.0));
    } else {
        const ili_cell *cell = ili_trial_cell(mc->trial);
        double s[3];
        for (int k = 0; k < 3; k++) s[k] = ili_rng_uniform(&mc->rng);
        ili_cell_to_cart(cell, s, c->x);
        p->ln_ratio += log(ili_cell_volume(cell) / ((double)mc->count[r->species] + 1.0));
    }
    return propose_partner(mc, 0, p);
}

/** The way back of propose_insertion. eq.  (13.22), (13.23) */
static bool propose_deletion(ili_mc *mc, bool by_sites, ili_mc_proposal *p) {
    const ili_mc_reservoir *r = &mc->o.reservoir;
    int32_t atom, n_alone;
    p->n_changes = 1;
    p->ln_ratio = -r->mu / mc->kT;
    if (by_sites) {
        atom = pick_alone(mc, &n_alone);
        p->ln_ratio += log(n_alone / ((ili_mc_sites_empty(mc) + 1.0) * site_volume(r)));
    } else {
        atom = pick_atom(mc, r->species);
        p->ln_ratio += log((double)mc->count[r->species] / ili_cell_volume(ili_trial_cell(mc->trial)));
    }
    if (atom < 0) return false;
    p->change[0] = (ili_change){.kind = ILI_CHANGE_DELETE, .atom = atom};
    return propose_partner(mc, 1, p);
}

/** There and back by sites, or there and back anywhere: two moves, drawn with fixed shares. */
static bool propose_transfer(ili_mc *mc, ili_mc_proposal *p) {
    const ili_mc_reservoir *r = &mc->o.reservoir;
    bool by_sites = r->n_sites && !(r->anywhere > 0.0 && ili_rng_uniform(&mc->rng) < r->anywhere);
    return ili_rng_uniform(&mc->rng) < 0.5 ? propose_insertion(mc, by_sites, p)
                                           : propose_deletion(mc, by_sites, p);
}

/* ---- the cell --------------------------------------------------------------------------------------------- */

/** h -> h exp(strain), strain symmetric. Steps and their inverses are drawn alike, so the walk keeps the measure dh/|det h|^3,
 *  which no strain changes. eq.  (13.25), (13.26) */
static void strain_cell(ili_mc *mc, const double strain[3][3], ili_mc_proposal *p) {
    const ili_mc_reservoir *r = &mc->o.reservoir;
    double g[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, term[3][3];
    const double trace = strain[0][0] + strain[1][1] + strain[2][2];
    memcpy(term, g, sizeof term);
    for (int n = 1; n <= 16; n++) { /* |strain| < 1/2: the next term is below 1e-20 */
        ili_mat_mul(term, strain, term);
        for (int k = 0; k < 9; k++) g[k / 3][k % 3] += term[k / 3][k % 3] /= n;
    }
    p->cell = *ili_trial_cell(mc->trial);
    double volume = ili_cell_volume(&p->cell);
    ili_mat_mul(p->cell.h, g, p->cell.h);
    int64_t n_free = ili_trial_n_atoms(mc->trial);
    if (r->species >= 0 && mc->sites.n && r->is_lattice) n_free -= mc->count[r->species];
    p->ln_ratio = (double)(n_free + 1) * trace - mc->o.pressure * volume * expm1(trace) / mc->kT;
}

static bool propose_volume(ili_mc *mc, ili_mc_proposal *p) {
    p->stride = &mc->volume;
    double e = p->stride->length * symmetric(mc) / 3.0;
    const double strain[3][3] = {{e, 0, 0}, {0, e, 0}, {0, 0, e}};
    strain_cell(mc, strain, p);
    return true;
}

static bool propose_shape(ili_mc *mc, ili_mc_proposal *p) {
    p->stride = &mc->strain;
    double strain[3][3];
    for (int i = 0; i < 3; i++)
        for (int j = i; j < 3; j++) strain[i][j] = strain[j][i] = p->stride->length * symmetric(mc);
    strain_cell(mc, strain, p);
    return true;
}

const ili_mc_kind ili_mc_kinds[ILI_MC_MOVES] = {
    [ILI_MC_DISPLACE] = {"displace", ili_mc_needs_mobile, propose_displace},
    [ILI_MC_EXCHANGE] = {"exchange", ili_mc_needs_exchanges, propose_exchange},
    [ILI_MC_INSERT] = {"insert", ili_mc_needs_reservoir, propose_transfer},
    [ILI_MC_SWITCH] = {"switch", ili_mc_needs_switches, propose_switch},
    [ILI_MC_VOLUME] = {"volume", ili_mc_needs_pressure, propose_volume},
    [ILI_MC_SHAPE] = {"shape", ili_mc_needs_pressure, propose_shape},
};
