/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lithiate_place.h"

#include "base/alloc.h"
#include "build/voids.h"
#include "ff/trial.h"
#include "math/units.h"
#include "math/vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/** Radius of voids, angstrom: an ion with an oxygen nearer than ROOMY finds no rest there before its surroundings give way; voids
 *  down to ILI_VOID_TIGHT are taken when there are fewer than wanted, down to LEAST when there is none at all. */
static const double ROOMY = 1.5, LEAST = 0.8, LESS = 0.1;
static const double SPACING = 0.4, APART = 1.0; /* angstrom, of the search */
/** Places that symmetry makes equal: their energies (eV) and radii (angstrom) differ by less. */
static const double SAME_ENERGY = 1e-3, SAME_RADIUS = 1e-2;
/** How far the ion alone is relaxed. */
static const double ION_FORCE = 0.05;
enum { ION_STEPS = 30, ELECTRON_PLACES_MAX = 16 };

/** A void with the energy of the ion in it. */
typedef struct place {
    double x[3], radius;
    double energy; /**< eV, +infinity: no room */
    int n_equal;   /**< places that it stands for */
} place;

/* ---- what is put in ---- */

il_status ili_lithiate_ion(il_context *ctx, const il_model *model, int32_t *species) {
    ili_ladder ladder;
    if (ili_ladders(model, &ladder, 1) < 1)
        return ili_fail(
            ctx, IL_E_INPUT,
            "%s: no species of this model takes an electron (redox: {of: NAME, electrons: N}), but "
            "every lithium put in brings one",
            model->path);
    const double charge = -ili_electron_charge(&ladder, model);
    const char *phase = model->species[ladder.species[0]].phase;
    for (int32_t s = 0; s < model->n_species; s++) {
        const ili_model_species *one = &model->species[s];
        if (one->base.z != 3 || fabs(one->base.charge - charge) > 1e-6 || strcmp(one->phase, phase) != 0)
            continue;
        *species = s;
        return IL_OK;
    }
    return ili_fail(
        ctx, IL_E_INPUT,
        "%s: this model has no lithium of charge %+g e in the phase %s, which balances one of its "
        "electrons",
        model->path, charge, phase);
}

il_status ili_lithiate_insert(il_context *ctx, const ili_lithiate_settings *settings, ili_balance *balance,
                              il_system *sys, const double x[3]) {
    int32_t ion = -1, type;
    IL_TRY(ili_lithiate_ion(ctx, settings->model, &ion));
    const ili_species *base = &settings->model->species[ion].base;
    IL_TRY(ili_system_species(ctx, sys, base->name, base->z, &type));
    sys->species[type].charge = base->charge;
    IL_TRY(ili_system_add(ctx, sys, type, x));
    sys->has_energy = false;
    il_status status = ili_balance_put(ctx, balance, sys, sys->n_atoms - 1);
    if (status != IL_OK) sys->n_atoms--;
    return status;
}

il_status ili_lithiate_remove(il_context *ctx, ili_balance *balance, il_system *sys) {
    sys->n_atoms--; /* the last of every array; a host of this verb has no bonds */
    sys->has_energy = false;
    return ili_balance_take(ctx, balance, sys);
}

/* ---- ranking in the lattice as it is ---- */

/** Ions that may take the electron, those nearest to x first. */
typedef struct taker {
    double r2;
    int32_t atom, species; /**< that it becomes */
} taker;

static int order_takers(const void *a, const void *b) {
    const taker *p = a, *q = b;
    if (p->r2 != q->r2) return p->r2 < q->r2 ? -1 : 1;
    return p->atom < q->atom ? -1 : p->atom > q->atom;
}

/** takers [n_atoms]; returns how many there are. */
static int list_takers(const ili_trial *trial, const il_model *model, const double x[3], taker *takers) {
    int n = 0;
    for (int32_t i = 0; i < ili_trial_n_atoms(trial); i++) {
        ili_ladder ladder;
        int rung;
        double d[3];
        if (!ili_ladder_of(model, ili_trial_species(trial)[i], &ladder, &rung) || rung + 1 >= ladder.n)
            continue;
        ili_sub(ili_trial_x(trial)[i], x, d);
        takers[n++] = (taker){ili_cell_nearest(ili_trial_cell(trial), d), i, ladder.species[rung + 1]};
    }
    qsort(takers, (size_t)n, sizeof *takers, order_takers);
    return n;
}

/** Energy of the ion at x together with its electron: on the nearest ion, or where it is lowest. */
static il_status pair_energy(il_context *ctx, ili_trial *trial, int32_t ion, const double x[3],
                             const taker *takers, int n_takers, double *energy) {
    *energy = INFINITY;
    for (int t = 0; t < n_takers; t++) {
        double delta;
        ili_change change[2] = {
            {.kind = ILI_CHANGE_INSERT, .species = ion},
            {.kind = ILI_CHANGE_SPECIES, .atom = takers[t].atom, .species = takers[t].species}};
        memcpy(change[0].x, x, sizeof change[0].x);
        IL_TRY(ili_trial_propose(ctx, trial, 2, change, &delta));
        *energy = fmin(*energy, delta);
    }
    return IL_OK;
}

/** Energies of all places. Electrons that are spread hardly tell one place from another: the ion is then ranked by itself,
 *  against the uniform background. */
static il_status rank(il_context *ctx, const ili_lithiate_settings *settings, ili_balance *balance,
                      const il_system *sys, int32_t n, place *places) {
    const bool is_whole = settings->rule == ILI_BALANCE_NEAREST || settings->rule == ILI_BALANCE_LOWEST;
    const int most = settings->rule == ILI_BALANCE_NEAREST ? 1 : ELECTRON_PLACES_MAX;
    const il_model *model;
    ili_trial *trial = NULL;
    taker *takers = NULL;
    int32_t ion = -1;
    il_status status;
    IL_GO(ili_lithiate_ion(ctx, settings->model, &ion));
    IL_GO(ili_balance_model(ctx, balance, &model));
    ion = ili_model_species_index(model, settings->model->species[ion].base.name);
    IL_GO(ili_trial_create(ctx, model, &settings->ff, sys, sys->n_atoms + 1, &trial));
    takers = ili_alloc((size_t)sys->n_atoms, sizeof *takers);
    if (!takers) IL_GO(ili_no_memory(ctx, "the places of an electron"));
    for (int32_t i = 0; i < n; i++) {
        if (!is_whole) {
            IL_GO(ili_trial_map(ctx, trial, ion, 1, (const double(*)[3])places[i].x, &places[i].energy));
            continue;
        }
        int n_takers = list_takers(trial, model, places[i].x, takers);
        IL_GO(pair_energy(ctx, trial, ion, places[i].x, takers, n_takers < most ? n_takers : most,
                          &places[i].energy));
    }
out:
    ili_free(takers);
    ili_trial_destroy(&trial);
    return status;
}

static int order_places(const void *a, const void *b) {
    const place *p = a, *q = b;
    if (p->energy != q->energy) return p->energy < q->energy ? -1 : 1;
    return p->radius > q->radius ? -1 : p->radius < q->radius;
}

/** One place for all that are equal, those without room left out; the list is sorted. With a temperature any of the equal
 *  ones may stand for them. */
static int32_t unite(place *places, int32_t n, ili_rng *rng, bool is_drawn) {
    int32_t kept = 0;
    for (int32_t i = 0; i < n && isfinite(places[i].energy); i++) {
        place *last = kept ? &places[kept - 1] : NULL;
        bool is_equal = last && places[i].energy - last->energy < SAME_ENERGY &&
                        fabs(places[i].radius - last->radius) < SAME_RADIUS;
        if (!is_equal) {
            places[kept] = places[i];
            places[kept++].n_equal = 1;
            continue;
        }
        last->n_equal++;
        if (is_drawn && ili_rng_below(rng, (uint32_t)last->n_equal) == 0)
            memcpy(last->x, places[i].x, sizeof last->x);
    }
    return kept;
}

/** Places with room in voids of `least` and more, best first. */
static il_status list_places(il_context *ctx, const ili_lithiate_settings *settings, ili_balance *balance,
                             const il_system *sys, double least, ili_rng *rng, place **places, int32_t *n) {
    ili_void *voids = NULL;
    place *list = NULL;
    il_status status;
    *places = NULL;
    IL_GO(ili_voids_find(ctx, sys, NULL, least, SPACING, APART, NAN, NAN, &voids, n));
    list = ili_alloc((size_t)*n, sizeof *list);
    if (!list) IL_GO(ili_no_memory(ctx, "the places of an ion"));
    for (int32_t i = 0; i < *n; i++) {
        list[i].radius = voids[i].radius;
        memcpy(list[i].x, voids[i].x, sizeof list[i].x);
    }
    if (*n) IL_GO(rank(ctx, settings, balance, sys, *n, list));
    if (*n) qsort(list, (size_t)*n, sizeof *list, order_places);
    *n = unite(list, *n, rng, settings->temperature > 0.0);
    *places = list;
    list = NULL;
out:
    ili_free(list);
    ili_free(voids);
    return status;
}

/* ---- the best few, with the ion at its own minimum ---- */

/** What makes a place no good, and no reason to stop. */
static bool is_no_good(il_status status) {
    return status == IL_E_NONFINITE || status == IL_E_OVERLAP || status == IL_E_NOT_CONVERGED;
}

/** Move the ion alone to its minimum from the place, with its electron; the place gets position and energy, +infinity where
 *  that came to nothing. */
static il_status try_place(il_context *ctx, const ili_lithiate_settings *settings, ili_balance *balance,
                           il_system *sys, bool *fixed, place *p) {
    ili_relax_options o = ili_relax_defaults();
    ili_relax_result result;
    il_status status = ili_lithiate_insert(ctx, settings, balance, sys, p->x);
    p->energy = INFINITY;
    if (status != IL_OK) return is_no_good(status) ? IL_OK : status;
    const int32_t ion = sys->n_atoms - 1;
    for (int32_t i = 0; i < sys->n_atoms; i++) fixed[i] = i != ion;
    o.fixed = fixed;
    o.force_tolerance = ION_FORCE;
    o.max_steps = ION_STEPS;
    o.label = "trying places";
    status = ili_balance_relax(ctx, balance, sys, &o, &result, NULL);
    if (status == IL_OK) p->energy = result.energy;
    memcpy(p->x, sys->x[ion], sizeof p->x);
    if (status != IL_OK && !is_no_good(status)) return status;
    return ili_lithiate_remove(ctx, balance, sys);
}

/** The lowest, or one drawn with weights exp(-E/kT). */
static const place *choose(const place *places, int32_t n, double temperature, ili_rng *rng) {
    const place *best = places;
    double sum = 0.0;
    for (int32_t i = 1; i < n; i++)
        if (places[i].energy < best->energy) best = &places[i];
    if (!(temperature > 0.0) || !isfinite(best->energy)) return best;
    for (int32_t i = 0; i < n; i++)
        sum += places[i].n_equal * exp(-(places[i].energy - best->energy) / (ILI_KB * temperature));
    double drawn = sum * ili_rng_uniform(rng);
    for (int32_t i = 0; i < n; i++) {
        drawn -= places[i].n_equal * exp(-(places[i].energy - best->energy) / (ILI_KB * temperature));
        if (drawn < 0.0) return &places[i];
    }
    return best;
}

static il_status no_place(il_context *ctx, const il_system *sys) {
    return ili_fail(
        ctx, IL_E_INPUT,
        "none of the voids of the structure (%d atoms in %.1f A^3) down to a radius of %.1f A holds "
        "another lithium ion; ask for a smaller x",
        sys->n_atoms, ili_cell_volume(&sys->cell), LEAST);
}

il_status ili_lithiate_place(il_context *ctx, const ili_lithiate_settings *settings, ili_balance *balance,
                             il_system *sys, ili_rng *rng, double x[3], double *least) {
    const int wanted = settings->candidates > 1 ? settings->candidates : 1;
    const ili_rng start = *rng;
    place *places = NULL;
    bool *fixed = NULL;
    int32_t n = 0;
    il_status status = IL_OK;
    for (int k = 0; (*least = ROOMY - k * LESS) > LEAST - 0.5 * LESS; k++) {
        *rng = start;
        ili_free(places);
        IL_GO(list_places(ctx, settings, balance, sys, *least, rng, &places, &n));
        if (n >= wanted || (n > 0 && *least < ILI_VOID_TIGHT + 0.5 * LESS)) break;
    }
    if (n == 0) IL_GO(no_place(ctx, sys));
    fixed = ili_alloc((size_t)sys->n_atoms + 1, sizeof *fixed);
    if (!fixed) IL_GO(ili_no_memory(ctx, "the places of an ion"));
    int32_t tried = 0;
    for (int good = 0; tried < n && good < wanted; good += isfinite(places[tried++].energy))
        IL_GO(try_place(ctx, settings, balance, sys, fixed, &places[tried]));
    const place *chosen = choose(places, tried, settings->temperature, rng);
    if (!isfinite(chosen->energy)) IL_GO(no_place(ctx, sys));
    memcpy(x, chosen->x, sizeof chosen->x);
out:
    ili_free(fixed);
    ili_free(places);
    return status;
}
