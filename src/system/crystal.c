/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "system/crystal.h"

#include "base/alloc.h"
#include "math/vec.h"
#include "system/element.h"

#include <stdlib.h>
#include <string.h>

static const double SAME_POSITION = 0.01; /* angstrom: images of one exact special position */
static const double OVERLAP = 0.5;        /* angstrom */
enum { POSITIONS_MAX = 200000 };

double ili_site_occupancy(const ili_site *site) {
    double sum = 0.0;
    for (int k = 0; k < site->n_occupants; k++) sum += site->occupant[k].occupancy;
    return sum;
}

static void image(const ili_crystal *c, int op, const double s[3], double out[3]) {
    for (int i = 0; i < 3; i++)
        out[i] = c->rotation[op][i][0] * s[0] + c->rotation[op][i][1] * s[1] + c->rotation[op][i][2] * s[2] +
                 c->translation[op][i];
}

static double wrapped(double s) {
    s -= floor(s);
    return s > 1.0 - 1e-12 ? 0.0 : s; /* rounding alone; files have twelve digits */
}

/** Shortest vector from a to b over lattice translations, as fractions; returns its length, or a number above
 *  `limit` as soon as the distance between lattice planes shows that it is longer. */
static double separation(const ili_cell *cell, const double width[3], const double a[3], const double b[3],
                         double limit, double d[3]) {
    for (int k = 0; k < 3; k++) {
        d[k] = b[k] - a[k];
        d[k] -= rint(d[k]);
        if (fabs(d[k]) * width[k] > limit) return 2.0 * limit + fabs(d[k]) * width[k];
    }
    double x[3];
    ili_cell_to_cart(cell, d, x);
    double length = sqrt(ili_cell_nearest(cell, x));
    ili_cell_to_frac(cell, x, d);
    return length;
}

/** Mean of the images of s that lie within `reach`; the largest distance among them. */
static double gather(const ili_crystal *c, const double width[3], const double s[3], double reach,
                     double mean[3]) {
    double sum[3] = {0}, spread = 0.0;
    int n = 0;
    for (int op = 0; op < c->n_operations; op++) {
        double y[3], d[3];
        image(c, op, s, y);
        double length = separation(&c->cell, width, s, y, reach, d);
        if (length > reach) continue;
        spread = fmax(spread, length);
        for (int k = 0; k < 3; k++) sum[k] += d[k];
        n++;
    }
    for (int k = 0; k < 3; k++) mean[k] = s[k] + (n ? sum[k] / n : 0.0);
    return spread;
}

/** Move s to the special position nearest to it. Images of a point at distance e from a special position lie
 *  within 2 e of it; when the images gathered do not meet in one point, they belong to no common position and
 *  the reach is halved. */
static double snap(const ili_crystal *c, const double width[3], double s[3]) {
    for (double reach = 2.0 * ILI_SNAP_DISTANCE; reach > 1e-4; reach *= 0.5) {
        double at[3], next[3], d[3];
        memcpy(at, s, sizeof at);
        double spread = 0.0;
        for (int turn = 0; turn < 10; turn++) {
            gather(c, width, at, reach, next);
            memcpy(at, next, sizeof at);
            spread = gather(c, width, at, reach, next);
            if (spread < 1e-10) break;
        }
        double moved = separation(&c->cell, width, s, at, 1.0, d);
        if (spread > 1e-8 || moved > ILI_SNAP_DISTANCE) continue;
        memcpy(s, at, sizeof at);
        return moved > 1e-9 ? moved : 0.0;
    }
    return 0.0;
}

static il_status add_position(il_context *ctx, ili_crystal *c, const double s[3]) {
    size_t need = (size_t)c->n_positions + 1, capacity = c->cap_positions;
    if (need > POSITIONS_MAX)
        return ili_fail(ctx, IL_E_UNSUPPORTED,
                        "%s: more than %d atoms in the cell, the most that a crystal may have here", c->name,
                        POSITIONS_MAX);
    if (!ILI_GROW(c->frac, need, capacity)) return ili_no_memory(ctx, "the positions of a crystal");
    capacity = c->cap_positions;
    if (!ILI_GROW(c->site_of, need, capacity)) return ili_no_memory(ctx, "the positions of a crystal");
    c->cap_positions = capacity;
    memcpy(c->frac[c->n_positions], s, sizeof *c->frac);
    c->site_of[c->n_positions++] = c->n_sites;
    return IL_OK;
}

/** Position within reach of s among those from `first` on; -1 none. */
static int32_t position_at(const ili_crystal *c, const double width[3], int32_t first, const double s[3],
                           double reach) {
    double d[3];
    for (int32_t p = first; p < c->n_positions; p++)
        if (separation(&c->cell, width, s, c->frac[p], reach, d) < reach) return p;
    return -1;
}

static il_status add_occupants(il_context *ctx, ili_crystal *c, ili_site *to, const ili_site *from) {
    if (to->n_occupants + from->n_occupants > ILI_OCCUPANTS_MAX)
        return ili_fail(ctx, IL_E_INPUT,
                        "%s:%d: more than %d atoms on the position of '%s', expected each species once",
                        c->name, from->line, ILI_OCCUPANTS_MAX, to->occupant[0].label);
    for (int k = 0; k < from->n_occupants; k++) to->occupant[to->n_occupants++] = from->occupant[k];
    to->snapped_by = fmax(to->snapped_by, from->snapped_by);
    return IL_OK;
}

il_status ili_crystal_add_site(il_context *ctx, ili_crystal *c, const ili_site *site) {
    ili_site s = *site;
    double width[3];
    ili_cell_widths(&c->cell, width);
    s.snapped_by = snap(c, width, s.frac);
    for (int k = 0; k < 3; k++) s.frac[k] = wrapped(s.frac[k]);
    int32_t earlier = position_at(c, width, 0, s.frac, ILI_SNAP_DISTANCE);
    if (earlier >= 0) return add_occupants(ctx, c, &c->sites[c->site_of[earlier]], &s);
    if (!ILI_GROW(c->sites, (size_t)c->n_sites + 1, c->cap_sites))
        return ili_no_memory(ctx, "the sites of a crystal");
    int32_t first = c->n_positions;
    for (int op = 0; op < c->n_operations; op++) {
        double y[3];
        image(c, op, s.frac, y);
        for (int k = 0; k < 3; k++) y[k] = wrapped(y[k]);
        if (position_at(c, width, first, y, SAME_POSITION) < 0) IL_TRY(add_position(ctx, c, y));
    }
    s.multiplicity = c->n_positions - first;
    c->sites[c->n_sites++] = s;
    return IL_OK;
}

typedef struct along {
    double s;
    int32_t position;
} along;

static int by_coordinate(const void *a, const void *b) {
    double d = ((const along *)a)->s - ((const along *)b)->s;
    return d < 0 ? -1 : d > 0;
}

/** Two positions nearer than OVERLAP that cannot both be what the file says; false: there are none. The
 *  positions are swept in order of the coordinate across the widest set of planes. */
static bool find_overlap(const ili_crystal *c, along *order, int32_t pair[2], double *distance) {
    double width[3], d[3];
    ili_cell_widths(&c->cell, width);
    int axis = width[1] > width[0] ? 1 : 0;
    if (width[2] > width[axis]) axis = 2;
    const int32_t n = c->n_positions;
    for (int32_t p = 0; p < n; p++) order[p] = (along){c->frac[p][axis], p};
    qsort(order, (size_t)n, sizeof *order, by_coordinate);
    for (int32_t i = 0; i < n; i++)
        for (int32_t k = i + 1; k < i + n; k++) {
            double gap = order[k % n].s - order[i].s + (k >= n ? 1.0 : 0.0);
            if (gap * width[axis] > OVERLAP) break;
            int32_t p = order[i].position, q = order[k % n].position;
            *distance = separation(&c->cell, width, c->frac[p], c->frac[q], OVERLAP, d);
            double sum =
                ili_site_occupancy(&c->sites[c->site_of[p]]) + ili_site_occupancy(&c->sites[c->site_of[q]]);
            if (*distance >= OVERLAP || sum <= 1.0 + ILI_OCCUPANCY_SLACK) continue;
            pair[0] = p;
            pair[1] = q;
            return true;
        }
    return false;
}

il_status ili_crystal_check(il_context *ctx, ili_crystal *c) {
    if (c->n_positions == 0)
        return ili_fail(ctx, IL_E_INPUT, "%s: no atoms found, expected at least one", c->name);
    c->is_ordered = true;
    for (int32_t s = 0; s < c->n_sites; s++) {
        const ili_site *site = &c->sites[s];
        double sum = ili_site_occupancy(site);
        if (sum > 1.0 + ILI_OCCUPANCY_SLACK)
            return ili_fail(ctx, IL_E_INPUT,
                            "%s:%d: the occupancies on the position of '%s' add up to %g, expected at most 1",
                            c->name, site->line, site->occupant[0].label, sum);
        if (site->n_occupants != 1 || sum < 1.0 - ILI_OCCUPANCY_SLACK) c->is_ordered = false;
    }
    along *order = ili_alloc((size_t)c->n_positions, sizeof *order);
    if (!order) return ili_no_memory(ctx, "the search for overlapping atoms");
    int32_t pair[2];
    double distance;
    bool overlap = find_overlap(c, order, pair, &distance);
    ili_free(order);
    if (!overlap) return IL_OK;
    const ili_site *a = &c->sites[c->site_of[pair[0]]], *b = &c->sites[c->site_of[pair[1]]];
    return ili_fail(ctx, IL_E_INPUT,
                    "%s:%d: atoms overlap: '%s' and '%s' of line %d are %.3f A apart and both occupied (%g "
                    "and %g), expected "
                    "at least %g A or occupancies that add up to at most 1",
                    c->name, a->line, a->occupant[0].label, b->occupant[0].label, b->line, distance,
                    ili_site_occupancy(a), ili_site_occupancy(b), OVERLAP);
}

double ili_crystal_charge(const ili_crystal *c) {
    double charge = 0.0;
    for (int32_t s = 0; s < c->n_sites; s++)
        for (int k = 0; k < c->sites[s].n_occupants; k++) {
            const ili_occupant *o = &c->sites[s].occupant[k];
            charge += c->sites[s].multiplicity * o->occupancy * o->oxidation;
        }
    return charge;
}

double ili_crystal_mass(const ili_crystal *c) {
    double mass = 0.0;
    for (int32_t s = 0; s < c->n_sites; s++)
        for (int k = 0; k < c->sites[s].n_occupants; k++) {
            const ili_occupant *o = &c->sites[s].occupant[k];
            mass += c->sites[s].multiplicity * o->occupancy * ili_element_of(o->z)->mass;
        }
    return mass;
}

void ili_crystal_free(ili_crystal *crystal) {
    if (!crystal) return;
    ili_free(crystal->sites);
    ili_free(crystal->site_of);
    ili_free(crystal->frac);
    ili_free(crystal->rotation);
    ili_free(crystal->translation);
    memset(crystal, 0, sizeof *crystal);
}

il_status ili_crystal_to_system(il_context *ctx, const ili_crystal *crystal, il_system **out) {
    *out = NULL;
    if (!crystal->is_ordered)
        return ili_fail(ctx, IL_E_INPUT,
                        "%s: some sites are mixed or partly occupied, expected one atom on every site; "
                        "use 'interlith order' to make integer realisations of it",
                        crystal->name);
    il_system *sys;
    IL_TRY(ili_system_create(ctx, &sys));
    il_status status = IL_OK;
    sys->cell = crystal->cell;
    for (int32_t p = 0; p < crystal->n_positions; p++) {
        const ili_occupant *o = &crystal->sites[crystal->site_of[p]].occupant[0];
        int32_t type;
        double x[3];
        IL_GO(ili_system_species(ctx, sys, ili_element_of(o->z)->symbol, o->z, &type));
        ili_cell_to_cart(&crystal->cell, crystal->frac[p], x);
        IL_GO(ili_system_add(ctx, sys, type, x));
    }
out:
    if (status != IL_OK) il_system_destroy(&sys);
    *out = sys;
    return status;
}
