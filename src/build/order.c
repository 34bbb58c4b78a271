/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build/order.h"

#include "base/alloc.h"
#include "math/vec.h"
#include "system/element.h"

#include <string.h>

enum { STREAM = 0x6f72, TRIES_FOR_NEW = 50, MOVES_PER_POSITION = 2000 };

static const double REACH_STEP = 0.1; /* angstrom */

ili_order_options ili_order_options_default(void) {
    return (ili_order_options){.supercell = {1, 1, 1}, .seed = 1, .min_distance = 1.6, .aim_distance = 2.5};
}

static double oxidation_of(const ili_order *o, const ili_order_row *row) {
    return row->occupant < 0 ? 0.0 : o->crystal->sites[row->site].occupant[row->occupant].oxidation;
}

/* ---- counts ------------------------------------------------------------------------------------------- */

/** Largest remainder over the rows of one site. */
static void round_site(ili_order_row *rows, int n) {
    int32_t left = rows[0].positions;
    for (int k = 0; k < n; k++) {
        rows[k].rounded = (int32_t)floor(rows[k].asked + 1e-9);
        left -= rows[k].rounded;
    }
    for (; left > 0; left--) {
        int best = 0;
        for (int k = 1; k < n; k++)
            if (rows[k].asked - rows[k].rounded > rows[best].asked - rows[best].rounded + 1e-9) best = k;
        rows[best].rounded++;
    }
    for (int k = 0; k < n; k++) rows[k].count = rows[k].rounded;
}

static il_status make_rows(il_context *ctx, ili_order *o) {
    const ili_crystal *c = o->crystal;
    size_t n = 0;
    for (int32_t s = 0; s < c->n_sites; s++) n += (size_t)c->sites[s].n_occupants + 1;
    o->rows = ili_alloc(n, sizeof *o->rows);
    if (!o->rows) return ili_no_memory(ctx, "the audit of the occupancies");
    for (int32_t s = 0; s < c->n_sites; s++) {
        const ili_site *site = &c->sites[s];
        ili_order_row *rows = &o->rows[o->n_rows];
        int32_t positions = site->multiplicity * o->n_cells;
        double sum = ili_site_occupancy(site),
               scale = fabs(sum - 1.0) <= ILI_OCCUPANCY_SLACK ? 1.0 / sum : 1.0;
        for (int k = 0; k < site->n_occupants; k++)
            rows[k] = (ili_order_row){s, k, positions, site->occupant[k].occupancy * scale * positions, 0, 0};
        rows[site->n_occupants] =
            (ili_order_row){s, -1, positions, fmax(0.0, 1.0 - sum * scale) * positions, 0, 0};
        round_site(rows, site->n_occupants + 1);
        o->n_rows += site->n_occupants + 1;
    }
    return IL_OK;
}

static double charge_of(const ili_order *o) {
    double charge = 0.0;
    for (int32_t r = 0; r < o->n_rows; r++)
        if (o->rows[r].count) charge += o->rows[r].count * oxidation_of(o, &o->rows[r]);
    return charge;
}

static double misfit(const ili_order_row *row, int change) {
    double d = row->count + change - row->asked;
    return d * d;
}

/** The best exchange of one atom of row `from` for one of row `to` on the same site that brings the charge
 *  nearer to 0. */
static bool find_repair(const ili_order *o, ili_order_row **from, ili_order_row **to) {
    double best = 0.0;
    bool found = false, best_is_vacancy = false;
    for (int32_t a = 0; a < o->n_rows; a++)
        for (int32_t b = a; b-- > 0 && o->rows[b].site == o->rows[a].site;)
            for (int order = 0; order < 2; order++) {
                ili_order_row *f = &o->rows[order ? a : b], *t = &o->rows[order ? b : a];
                /* a species that fills its site and a vacancy on it are not what disorder is */
                if (f->count == 0 || f->asked < 1e-9 || t->asked < 1e-9) continue;
                double after = o->charge + oxidation_of(o, t) - oxidation_of(o, f);
                if (fabs(after) > fabs(o->charge) - 1e-6) continue;
                bool is_vacancy = f->occupant < 0 || t->occupant < 0;
                double cost = misfit(f, -1) - misfit(f, 0) + misfit(t, 1) - misfit(t, 0);
                if (found && (best_is_vacancy != is_vacancy ? best_is_vacancy : cost >= best - 1e-9))
                    continue;
                found = true;
                best = cost;
                best_is_vacancy = is_vacancy;
                *from = f;
                *to = t;
            }
    return found;
}

static il_status make_neutral(il_context *ctx, ili_order *o) {
    o->charge_asked = ili_crystal_charge(o->crystal) * o->n_cells;
    o->charge = o->charge_rounded = charge_of(o);
    if (isnan(o->charge)) {
        ili_warn(ctx, "%s: oxidation states are unknown, so the realisations are not checked for neutrality",
                 o->crystal->name);
        return IL_OK;
    }
    while (fabs(o->charge) > 1e-6) {
        ili_order_row *from = NULL, *to = NULL;
        if (!find_repair(o, &from, &to)) {
            const int *n = o->options.supercell;
            return ili_fail(ctx, IL_E_INPUT,
                            "%s: no integer occupation of %d x %d x %d cells near the occupancies of the "
                            "file is neutral (%+g e is "
                            "left), expected a supercell in which one is; try --supercell %d,%d,%d",
                            o->crystal->name, n[0], n[1], n[2], o->charge, n[0] + 1, n[1] + 1, n[2]);
        }
        from->count--;
        to->count++;
        o->charge = charge_of(o);
        o->n_repairs++;
    }
    return IL_OK;
}

/* ---- places ------------------------------------------------------------------------------------------- */

/** Position k of a site in the supercell, fractions of the supercell: positions of the cell run fastest. */
static void place_of(const ili_order *o, int32_t first_position, int multiplicity, int32_t k, double s[3]) {
    const int *n = o->options.supercell;
    int32_t cell = k / multiplicity;
    int at[3] = {cell / (n[1] * n[2]), cell / n[2] % n[1], cell % n[2]};
    for (int i = 0; i < 3; i++)
        s[i] = (o->crystal->frac[first_position + k % multiplicity][i] + at[i]) / n[i];
}

/** Distance of two places, or `limit` when it is not shorter. */
static double distance(const ili_order *o, const double width[3], const double a[3], const double b[3],
                       double limit) {
    double d[3], x[3];
    for (int k = 0; k < 3; k++) {
        d[k] = b[k] - a[k] - rint(b[k] - a[k]);
        if (fabs(d[k]) * width[k] >= limit) return limit;
    }
    ili_cell_to_cart(&o->cell, d, x);
    return fmin(limit, sqrt(ili_cell_nearest(&o->cell, x)));
}

/** Lists of the positions with vacancies that lie within aim_distance of each. */
static il_status make_neighbours(il_context *ctx, ili_order *o) {
    double width[3];
    size_t n_near = 0, capacity = 0, capacity_d = 0;
    ili_cell_widths(&o->cell, width);
    o->first = ili_alloc((size_t)o->n_mobile + 1, sizeof *o->first);
    if (!o->first) return ili_no_memory(ctx, "the near positions");
    o->reach = fmax(o->options.min_distance, o->options.aim_distance);
    for (int32_t i = 0; i < o->n_mobile; i++) {
        for (int32_t j = 0; j < o->n_mobile; j++) {
            double d = j == i ? o->reach : distance(o, width, o->frac[i], o->frac[j], o->reach);
            if (d >= o->reach) continue;
            if (!ILI_GROW(o->near, n_near + 1, capacity) ||
                !ILI_GROW(o->near_distance, n_near + 1, capacity_d))
                return ili_no_memory(ctx, "the near positions");
            o->near[n_near] = j;
            o->near_distance[n_near++] = d;
        }
        o->first[i + 1] = (int32_t)n_near;
    }
    return IL_OK;
}

static il_status make_places(il_context *ctx, ili_order *o) {
    const ili_crystal *c = o->crystal;
    size_t n = (size_t)c->n_positions * (size_t)o->n_cells;
    o->who = ili_alloc(n, sizeof *o->who);
    o->frac = ili_alloc(n, sizeof *o->frac);
    o->site_start = ili_alloc((size_t)c->n_sites + 1, sizeof *o->site_start);
    o->mobile_start = ili_alloc((size_t)c->n_sites, sizeof *o->mobile_start);
    if (!o->who || !o->frac || !o->site_start || !o->mobile_start) return ili_no_memory(ctx, "the positions");
    int32_t first_position = 0, row = 0;
    for (int32_t s = 0; s < c->n_sites; s++) {
        int multiplicity = c->sites[s].multiplicity;
        int32_t count = multiplicity * o->n_cells;
        row += c->sites[s].n_occupants; /* the vacancies of this site */
        bool has_vacancies = o->rows[row++].count > 0;
        o->site_start[s + 1] = o->site_start[s] + count;
        o->mobile_start[s] = has_vacancies ? o->n_mobile : -1;
        for (int32_t k = 0; k < count && has_vacancies; k++)
            place_of(o, first_position, multiplicity, k, o->frac[o->n_mobile++]);
        first_position += multiplicity;
    }
    return make_neighbours(ctx, o);
}

il_status ili_order_create(il_context *ctx, const ili_crystal *crystal, const ili_order_options *options,
                           ili_order **out) {
    *out = NULL;
    double cells = 1.0;
    for (int k = 0; k < 3; k++) {
        cells *= options->supercell[k];
        if (options->supercell[k] < 1)
            return ili_fail(ctx, IL_E_USAGE, "supercell factor %d, expected at least 1",
                            options->supercell[k]);
    }
    if (cells * crystal->n_positions > 1e7)
        return ili_fail(ctx, IL_E_UNSUPPORTED, "a supercell of %g positions, at most 1e7 are ordered",
                        cells * crystal->n_positions);
    ili_order *o = ili_alloc(1, sizeof *o);
    if (!o) return ili_no_memory(ctx, "an ordering plan");
    o->crystal = crystal;
    o->options = *options;
    o->n_cells = (int)cells;
    o->rng = ili_rng_make(options->seed, STREAM);
    o->cell = crystal->cell;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) o->cell.h[i][k] *= options->supercell[i];
    il_status status;
    IL_GO(make_rows(ctx, o));
    IL_GO(make_neutral(ctx, o));
    IL_GO(make_places(ctx, o));
out:
    if (status != IL_OK) ili_order_destroy(&o);
    *out = o;
    return status;
}

void ili_order_destroy(ili_order **order) {
    if (!order || !*order) return;
    ili_order *o = *order;
    ili_free(o->rows);
    ili_free(o->frac);
    ili_free(o->first);
    ili_free(o->near);
    ili_free(o->near_distance);
    ili_free(o->who);
    ili_free(o->site_start);
    ili_free(o->mobile_start);
    ili_free(o->seen);
    ili_free(o);
    *order = NULL;
}

/* ---- one realisation ---------------------------------------------------------------------------------- */

static void deal(ili_order *o) {
    for (int32_t r = 0, at = 0; r < o->n_rows; r++)
        for (int32_t k = 0; k < o->rows[r].count; k++) o->who[at++] = (int8_t)o->rows[r].occupant;
    for (int32_t s = 0; s < o->crystal->n_sites; s++) {
        int8_t *who = o->who + o->site_start[s];
        for (int32_t k = o->site_start[s + 1] - o->site_start[s]; k > 1; k--) {
            uint32_t j = ili_rng_below(&o->rng, (uint32_t)k);
            int8_t keep = who[k - 1];
            who[k - 1] = who[j];
            who[j] = keep;
        }
    }
}

/** A position with vacancies as the site it belongs to. */
typedef struct mobile {
    int32_t site, place; /**< place: index into who */
} mobile;

static void list_mobile(const ili_order *o, mobile *list) {
    for (int32_t s = 0; s < o->crystal->n_sites; s++)
        for (int32_t k = o->site_start[s]; k < o->site_start[s + 1] && o->mobile_start[s] >= 0; k++)
            list[o->mobile_start[s] + k - o->site_start[s]] = (mobile){s, k};
}

/** Atoms within reach of mobile position i, `without` left out. */
static int conflicts(const ili_order *o, const mobile *list, int32_t i, int32_t without) {
    int n = 0;
    for (int32_t k = o->first[i]; k < o->first[i + 1]; k++)
        n += o->near_distance[k] < o->reach && o->near[k] != without && o->who[list[o->near[k]].place] >= 0;
    return n;
}

static long count_conflicts(const ili_order *o, const mobile *list) {
    long n = 0;
    for (int32_t i = 0; i < o->n_mobile; i++)
        if (o->who[list[i].place] >= 0) n += conflicts(o, list, i, -1);
    return n;
}

/** Move atoms with near neighbours to vacancies of their site, never to a worse place, until there are none.
 *  Equal places are taken too, so that crowds can dissolve. */
static bool separate(ili_order *o, const mobile *list) {
    long left = count_conflicts(o, list);
    for (long move = 0; left > 0 && move < (long)MOVES_PER_POSITION * o->n_mobile; move++) {
        int32_t i = (int32_t)ili_rng_below(&o->rng, (uint32_t)o->n_mobile);
        if (o->who[list[i].place] < 0) continue;
        int before = conflicts(o, list, i, -1);
        if (before == 0) continue;
        int32_t s = list[i].site, start = o->mobile_start[s];
        int32_t j =
            start + (int32_t)ili_rng_below(&o->rng, (uint32_t)(o->site_start[s + 1] - o->site_start[s]));
        if (o->who[list[j].place] >= 0) continue;
        int after = conflicts(o, list, j, i);
        if (after > before) continue;
        o->who[list[j].place] = o->who[list[i].place];
        o->who[list[i].place] = -1;
        left += 2L * (after - before);
    }
    return left == 0;
}

static void find_nearest(ili_order *o, const mobile *list) {
    double width[3], best = INFINITY;
    ili_cell_widths(&o->cell, width);
    for (int32_t i = 0; i < o->n_mobile; i++)
        for (int32_t j = 0; j < i && o->who[list[i].place] >= 0; j++)
            if (o->who[list[j].place] >= 0)
                best = fmin(best, distance(o, width, o->frac[i], o->frac[j], fmin(best, 20.0)));
    o->nearest = isfinite(best) ? best : 0.0;
}

/** FNV-1a of the occupation; true when it is new. */
static il_status remember(il_context *ctx, ili_order *o, bool *is_new) {
    uint64_t hash = 14695981039346656037u;
    for (int32_t k = 0; k < o->site_start[o->crystal->n_sites]; k++)
        hash = (hash ^ (uint8_t)o->who[k]) * 1099511628211u;
    *is_new = true;
    for (size_t k = 0; k < o->n_seen; k++)
        if (o->seen[k] == hash) *is_new = false;
    if (!*is_new) return IL_OK;
    if (!ILI_GROW(o->seen, o->n_seen + 1, o->cap_seen)) return ili_no_memory(ctx, "the realisations");
    o->seen[o->n_seen++] = hash;
    return IL_OK;
}

static il_status choose(il_context *ctx, ili_order *o, const mobile *list) {
    bool is_new = false;
    for (int try = 0; try < TRIES_FOR_NEW && !is_new; try++) {
        deal(o);
        while (o->n_mobile && !separate(o, list)) {
            if (o->reach <= o->options.min_distance)
                return ili_fail(ctx, IL_E_NOT_CONVERGED,
                                "%s: atoms on partly occupied positions nearer than %g A remain; the "
                                "occupancies leave too little "
                                "room, lower --min-distance or enlarge the supercell",
                                o->crystal->name, o->options.min_distance);
            o->reach = fmax(o->options.min_distance, o->reach - REACH_STEP);
        }
        IL_TRY(remember(ctx, o, &is_new));
    }
    o->is_repeated = !is_new;
    return IL_OK;
}

static il_status write_atoms(il_context *ctx, const ili_order *o, il_system *sys) {
    sys->cell = o->cell;
    int32_t first_position = 0;
    for (int32_t s = 0; s < o->crystal->n_sites; s++) {
        const ili_site *site = &o->crystal->sites[s];
        for (int k = 0; k < site->n_occupants; k++) {
            int32_t type;
            int z = site->occupant[k].z;
            IL_TRY(ili_system_species(ctx, sys, ili_element_of(z)->symbol, z, &type));
            for (int32_t p = o->site_start[s]; p < o->site_start[s + 1]; p++) {
                double frac[3], x[3];
                if (o->who[p] != k) continue;
                place_of(o, first_position, site->multiplicity, p - o->site_start[s], frac);
                ili_cell_to_cart(&o->cell, frac, x);
                IL_TRY(ili_system_add(ctx, sys, type, x));
            }
        }
        first_position += site->multiplicity;
    }
    return IL_OK;
}

il_status ili_order_next(il_context *ctx, ili_order *order, il_system **out) {
    *out = NULL;
    il_system *sys = NULL;
    mobile *list = ili_alloc((size_t)order->n_mobile, sizeof *list);
    if (!list) return ili_no_memory(ctx, "the positions");
    list_mobile(order, list);
    il_status status;
    IL_GO(choose(ctx, order, list));
    find_nearest(order, list);
    IL_GO(ili_system_create(ctx, &sys));
    IL_GO(write_atoms(ctx, order, sys));
out:
    ili_free(list);
    if (status != IL_OK) il_system_destroy(&sys);
    *out = sys;
    return status;
}
