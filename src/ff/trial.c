/* SPDX-License-Identifier: GPL-3.0-or-later */
/* E = pairs + waves + sum over species of n_s e_s(cell) - C pi Q^2/(2 V alpha^2), theory.md (13.1): e_s holds the on-site energy,
 * the self term and half the energy with the atom's own images. Pairs are trial_bins.c's, waves trial_waves.c's.
 *
 * A proposal hides the changed atoms from the bins and sums old and new places among the others; pairs of changed atoms are
 * added one by one (13.2). It leaves everything in place for accept, which only books. */
#include "ff/trial.h"

#include "base/alloc.h"
#include "ff/eam.h"
#include "ff/ff.h"
#include "ff/kspace_tune.h"
#include "ff/trial_bins.h"
#include "ff/trial_waves.h"
#include "math/units.h"
#include "math/vec.h"

#include <string.h>

enum { PARALLEL_ABOVE = 32 /* atoms */ };

typedef enum proposal { NOTHING, CHANGES, CELL } proposal;

/** An atom before or after a change; species -1: not there. */
typedef struct one {
    int32_t species;
    double s[3]; /**< fractions */
} one;

struct ili_trial {
    const il_model *model; /**< borrowed */
    ili_binding all;       /**< one atom of each species, so that pairs make every table */
    bool *is_used;         /**< [n_species] species with neither bonded nor embedded terms */
    double accuracy, alpha, k_cut, h_plan[3][3];
    ili_pairs *pairs;
    ili_bins *bins;
    ili_waves *waves; /**< NULL: no charges */
    ili_cell cell;
    int32_t n, capacity;
    double (*x)[3], (*s)[3];     /**< [capacity] angstrom and fractions; fractions lead */
    int32_t *species;            /**< [capacity] */
    int32_t *n_of;               /**< [n_species] */
    double energy, pairs_energy; /**< running, eV: all, and pairs of different atoms alone */
    double *sum;                 /**< [capacity] scratch: energies of rows, charges */
    proposal waiting;
    double delta, pairs_delta;
    int n_changes;
    ili_change changes[ILI_CHANGES_MAX];
    one was[ILI_CHANGES_MAX], will[ILI_CHANGES_MAX];
    int32_t *n_then;    /**< [n_species] counts after the changes */
    ili_cell cell_then; /**< proposed */
};

void ili_trial_destroy(ili_trial **trial) {
    if (!trial || !*trial) return;
    ili_trial *t = *trial;
    ili_bins_destroy(&t->bins);
    ili_waves_destroy(&t->waves);
    ili_pairs_destroy(&t->pairs);
    ili_binding_free(&t->all);
    void *blocks[] = {t->is_used, t->x, t->s, t->species, t->n_of, t->sum, t->n_then};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ili_free(blocks[i]);
    ili_free(t);
    *trial = NULL;
}

/* Sums. */

static double charge_of(const ili_trial *t, int32_t species) {
    return t->waves ? t->all.species_charge[species] : 0.0;
}

/** What depends on the numbers of atoms alone: on-site energies, own images, self and background terms. */
static double count_energy(const ili_trial *t, ili_bins_cell which, const ili_cell *cell,
                           const int32_t *n_of) {
    double energy = 0.0, total = 0.0, self = ILI_COULOMB * t->alpha / sqrt(ILI_PI);
    for (int32_t s = 0; s < t->model->n_species; s++) {
        if (n_of[s] == 0) continue;
        double q = charge_of(t, s);
        energy +=
            n_of[s] * (t->model->species[s].onsite + ili_bins_own_images(t->bins, which, s) - self * q * q);
        total += n_of[s] * q;
    }
    if (!t->waves) return energy;
    return energy -
           ILI_COULOMB * ILI_PI * total * total / (2.0 * ili_cell_volume(cell) * t->alpha * t->alpha);
}

/** Energy of all pairs of different atoms; *worst: an atom that overlaps, -1 none. */
static double pair_energy(ili_trial *t, ili_bins_cell which, int n_threads, int32_t *worst) {
    double energy = 0.0;
    if (t->n < PARALLEL_ABOVE) n_threads = 1;
#pragma omp parallel for schedule(dynamic, 16) num_threads(n_threads)
    for (int32_t i = 0; i < t->n; i++)
        ili_bins_energy(t->bins, which, t->s[i], i, 1, &t->species[i], &t->sum[i]);
    *worst = -1;
    for (int32_t i = t->n - 1; i >= 0; i--) {
        energy += t->sum[i];
        if (!(t->sum[i] < INFINITY)) *worst = i;
    }
    return energy;
}

static ili_charge_sums charge_sums(const ili_trial *t) {
    ili_charge_sums sums = {.n = t->n};
    double largest = 0.0;
    for (int32_t s = 0; s < t->model->n_species; s++) {
        double q = t->is_used[s] ? t->all.species_charge[s] : 0.0;
        sums.total += t->n_of[s] * q;
        sums.q2 += t->n_of[s] * q * q;
        largest = fmax(largest, fabs(q));
    }
    if (sums.q2 > 0.0) return sums;
    return (ili_charge_sums){.n = t->capacity,
                             .q2 = t->capacity * largest * largest}; /* ions are yet to come */
}

static bool waves_are_good(const ili_trial *t) {
    ili_charge_sums sums = charge_sums(t);
    double stretch = ili_tune_stretch(t->h_plan, t->cell.h);
    return ili_tune_wave_error(&sums, ili_cell_volume(&t->cell), t->alpha, t->k_cut / stretch) <=
           ILI_WAVE_SHARE * t->accuracy;
}

/** Waves for the cell and charges that are. */
static il_status make_waves(il_context *ctx, ili_trial *t) {
    ili_charge_sums sums = charge_sums(t);
    double k_cut =
        ili_tune_wave_cutoff(&sums, ili_cell_volume(&t->cell), t->alpha, ILI_WAVE_PLANNED * t->accuracy);
    ili_waves *waves;
    IL_TRY(ili_waves_create(ctx, t->cell.h, t->alpha, k_cut, &waves));
    ili_waves_destroy(&t->waves);
    t->waves = waves;
    t->k_cut = k_cut;
    memcpy(t->h_plan, t->cell.h, sizeof t->h_plan);
    return IL_OK;
}

static double wave_energy(ili_trial *t, int n_threads) {
    if (!t->waves) return 0.0;
    for (int32_t i = 0; i < t->n; i++) t->sum[i] = charge_of(t, t->species[i]);
    ili_waves_sum(t->waves, t->n, (const double(*)[3])t->s, t->sum, n_threads);
    return ili_waves_energy(t->waves);
}

/** Everything anew, the pairs' running energy too; that of all is the caller's. */
static double full_sum(ili_trial *t, int n_threads, int32_t *worst) {
    ili_bins_fill(t->bins, &t->cell, t->n, (const double(*)[3])t->s, t->species);
    t->pairs_energy = pair_energy(t, ILI_BINS_NOW, n_threads, worst);
    return t->pairs_energy + wave_energy(t, n_threads) + count_energy(t, ILI_BINS_NOW, &t->cell, t->n_of);
}

/* Create. */

/** Species that single changes can handle; the system must consist of them. */
static il_status choose_species(il_context *ctx, ili_trial *t, const ili_binding *binding) {
    const il_model *m = t->model;
    for (int32_t s = 0; s < m->n_species; s++)
        t->is_used[s] = !(m->eam && ili_eam_is_embedded(m->eam, m->eam_kind[s]));
    for (int32_t e = 0; e < m->n_entries; e++) {
        const ili_model_entry *entry = &m->entries[e];
        const int members = entry->form->kind == ILI_TORSION ? 4 : entry->form->kind == ILI_ANGLE ? 3 : 2;
        for (int k = 0; k < members && entry->form->kind != ILI_PAIR; k++)
            t->is_used[entry->species[k]] = false;
    }
    for (int32_t i = 0; i < binding->n; i++)
        if (!t->is_used[binding->type[i]])
            return ili_fail(ctx, IL_E_UNSUPPORTED,
                            "%s: atom %d is %s, which has bonded terms or is a metal of embedded atoms: the "
                            "energy of single "
                            "changes takes species with pair terms and charges only",
                            m->path, i + 1, m->species[binding->type[i]].base.name);
    return IL_OK;
}

static il_status bind_all_species(il_context *ctx, ili_trial *t, const ili_binding *binding) {
    size_t ns = (size_t)t->model->n_species;
    ili_binding *all = &t->all;
    *all = (ili_binding){.model = t->model};
    all->type = ili_alloc(ns, sizeof *all->type);
    all->charge = ili_alloc(ns, sizeof *all->charge);
    all->species_charge = ili_alloc(ns, sizeof *all->species_charge);
    if (!all->type || !all->charge || !all->species_charge) return ili_no_memory(ctx, "the species");
    memcpy(all->species_charge, binding->species_charge, ns * sizeof *all->species_charge);
    for (int32_t s = 0; s < t->model->n_species; s++) {
        if (!t->is_used[s]) continue;
        all->type[all->n] = s;
        all->charge[all->n++] = all->species_charge[s];
    }
    return IL_OK;
}

static il_status make_room(il_context *ctx, ili_trial *t) {
    size_t ns = (size_t)t->model->n_species, n = (size_t)t->capacity;
    t->is_used = ili_alloc(ns, sizeof *t->is_used);
    t->n_of = ili_alloc(ns, sizeof *t->n_of);
    t->n_then = ili_alloc(ns, sizeof *t->n_then);
    t->x = ili_alloc(n, sizeof *t->x);
    t->s = ili_alloc(n, sizeof *t->s);
    t->species = ili_alloc(n, sizeof *t->species);
    t->sum = ili_alloc(n, sizeof *t->sum);
    if (t->is_used && t->n_of && t->n_then && t->x && t->s && t->species && t->sum) return IL_OK;
    return ili_no_memory(ctx, "the energies of single changes");
}

static void place_atoms(ili_trial *t, const il_system *sys, const ili_binding *binding) {
    t->n = sys->n_atoms;
    for (int32_t i = 0; i < t->n; i++) {
        memcpy(t->x[i], sys->x[i], sizeof t->x[i]);
        ili_cell_to_frac(&t->cell, t->x[i], t->s[i]);
        t->species[i] = binding->type[i];
        t->n_of[t->species[i]]++;
    }
}

static il_status plan_sums(il_context *ctx, ili_trial *t, const il_ff_options *o) {
    bool has_charges = false;
    for (int32_t k = 0; k < t->all.n; k++)
        has_charges = has_charges || (t->model->has_coulomb && t->all.charge[k] != 0.0);
    t->accuracy = o->accuracy;
    if (has_charges) {
        ili_charge_sums sums = charge_sums(t);
        t->alpha =
            ili_tune_alpha(&sums, ili_cell_volume(&t->cell), o->coulomb_cutoff, ILI_REAL_SHARE * o->accuracy);
        IL_TRY(make_waves(ctx, t));
    }
    IL_TRY(ili_pairs_create(ctx, &t->all, o->short_cutoff, o->coulomb_cutoff, t->alpha, &t->pairs));
    IL_TRY(ili_pairs_tabulate(ctx, t->pairs));
    return ili_bins_create(ctx, t->pairs, t->model->n_species, t->is_used, t->capacity, &t->bins);
}

static il_status check_places(il_context *ctx, const il_system *sys, int32_t capacity) {
    IL_TRY(ili_cell_check(ctx, &sys->cell, "energies of single changes"));
    if (!sys->cell.pbc[0] || !sys->cell.pbc[1] || !sys->cell.pbc[2])
        return ili_fail(ctx, IL_E_UNSUPPORTED,
                        "energies of single changes need a cell that is periodic in all three directions");
    if (capacity < sys->n_atoms || capacity < 1)
        return ili_fail(ctx, IL_E_INPUT, "room for %d atoms was asked for, but the system has %d", capacity,
                        sys->n_atoms);
    for (int32_t i = 0; i < sys->n_atoms; i++)
        if (!isfinite(sys->x[i][0] + sys->x[i][1] + sys->x[i][2]))
            return ili_fail(ctx, IL_E_INPUT, "the position of atom %d is not finite", i + 1);
    return IL_OK;
}

il_status ili_trial_create(il_context *ctx, const il_model *model, const il_ff_options *options,
                           const il_system *sys, int32_t capacity, ili_trial **out) {
    *out = NULL;
    il_ff_options o;
    IL_TRY(check_places(ctx, sys, capacity));
    IL_TRY(ili_ff_settle(ctx, model, options, &o));
    ili_trial *t = ili_alloc(1, sizeof *t);
    if (!t) return ili_no_memory(ctx, "the energies of single changes");
    ili_binding binding = {0};
    il_status status = IL_OK;
    int32_t worst;
    t->model = model;
    t->capacity = capacity;
    t->cell = sys->cell;
    IL_GO(make_room(ctx, t));
    IL_GO(ili_bind(ctx, model, sys, true, &binding));
    if (o.charge_scale != 1.0) IL_GO(ili_binding_scale_ions(ctx, &binding, o.charge_scale));
    o.coulomb = ILI_KSPACE_EWALD;
    IL_GO(ili_ff_settle_cutoff(ctx, &binding, sys, &o));
    IL_GO(choose_species(ctx, t, &binding));
    IL_GO(bind_all_species(ctx, t, &binding));
    place_atoms(t, sys, &binding);
    IL_GO(plan_sums(ctx, t, &o));
    t->energy = full_sum(t, ctx->n_threads, &worst);
    if (worst >= 0)
        IL_GO(ili_fail(ctx, IL_E_OVERLAP, "atom %d (%s) lies on another atom", worst + 1,
                       model->species[t->species[worst]].base.name));
out:
    ili_binding_free(&binding);
    if (status != IL_OK) ili_trial_destroy(&t);
    *out = t;
    return status;
}

/* Proposals. */

static bool is_of_an_atom(ili_change_kind kind) {
    return kind != ILI_CHANGE_INSERT;
}

static il_status check_change(il_context *ctx, const ili_trial *t, const ili_change *c) {
    bool has_species = c->kind == ILI_CHANGE_INSERT || c->kind == ILI_CHANGE_SPECIES;
    bool has_place = c->kind == ILI_CHANGE_INSERT || c->kind == ILI_CHANGE_MOVE;
    if (is_of_an_atom(c->kind) && (c->atom < 0 || c->atom >= t->n))
        return ili_fail(ctx, IL_E_INPUT, "a change of atom %d was proposed, but there are %d atoms",
                        c->atom + 1, t->n);
    if (has_species && (c->species < 0 || c->species >= t->model->n_species))
        return ili_fail(ctx, IL_E_INPUT, "a change to species %d was proposed, but the model has %d",
                        c->species + 1, t->model->n_species);
    if (has_species && !t->is_used[c->species])
        return ili_fail(ctx, IL_E_INPUT,
                        "a change to %s was proposed, which has bonded terms or is a metal of embedded atoms",
                        t->model->species[c->species].base.name);
    if (has_place && !isfinite(c->x[0] + c->x[1] + c->x[2]))
        return ili_fail(ctx, IL_E_INPUT, "a place that is not finite was proposed");
    return IL_OK;
}

static il_status check_changes(il_context *ctx, const ili_trial *t, int n, const ili_change *changes) {
    if (n < 0 || n > ILI_CHANGES_MAX)
        return ili_fail(ctx, IL_E_INPUT, "%d changes at once were proposed, expected at most %d", n,
                        ILI_CHANGES_MAX);
    int32_t n_then = t->n;
    for (int k = 0; k < n; k++) {
        IL_TRY(check_change(ctx, t, &changes[k]));
        n_then += (changes[k].kind == ILI_CHANGE_INSERT) - (changes[k].kind == ILI_CHANGE_DELETE);
        for (int j = 0; j < k; j++)
            if (is_of_an_atom(changes[k].kind) && is_of_an_atom(changes[j].kind) &&
                changes[j].atom == changes[k].atom)
                return ili_fail(ctx, IL_E_INPUT, "two changes of atom %d were proposed at once",
                                changes[k].atom + 1);
    }
    if (n_then > t->capacity)
        return ili_fail(ctx, IL_E_INPUT, "there is no room for more than %d atoms", t->capacity);
    return IL_OK;
}

/** Who is there before and after each change, and how many of each species. */
static void prepare(ili_trial *t) {
    memcpy(t->n_then, t->n_of, (size_t)t->model->n_species * sizeof *t->n_of);
    for (int k = 0; k < t->n_changes; k++) {
        const ili_change *c = &t->changes[k];
        one *was = &t->was[k], *will = &t->will[k];
        was->species = will->species = -1;
        if (is_of_an_atom(c->kind)) {
            was->species = t->species[c->atom];
            memcpy(was->s, t->s[c->atom], sizeof was->s);
            t->n_then[was->species]--;
        }
        if (c->kind == ILI_CHANGE_DELETE) continue;
        *will = *was;
        if (c->kind != ILI_CHANGE_MOVE) will->species = c->species;
        if (c->kind != ILI_CHANGE_SPECIES) ili_cell_to_frac(&t->cell, c->x, will->s);
        t->n_then[will->species]++;
    }
}

/** What one change gains from the atoms that do not change. */
static double gain_among_others(const ili_trial *t, int k) {
    const one *was = &t->was[k], *will = &t->will[k];
    double before = 0.0, after = 0.0;
    if (t->changes[k].kind == ILI_CHANGE_SPECIES) {
        const int32_t kind[2] = {will->species, was->species};
        double energy[2];
        ili_bins_energy(t->bins, ILI_BINS_NOW, was->s, -1, 2, kind, energy);
        return energy[0] - energy[1];
    }
    if (will->species >= 0) ili_bins_energy(t->bins, ILI_BINS_NOW, will->s, -1, 1, &will->species, &after);
    if (after == INFINITY) return after;
    if (was->species >= 0) ili_bins_energy(t->bins, ILI_BINS_NOW, was->s, -1, 1, &was->species, &before);
    return after - before;
}

/** Energy of two of the changed atoms with each other. */
static double between(const ili_trial *t, const one *a, const one *b) {
    if (a->species < 0 || b->species < 0) return 0.0;
    return ili_bins_pair(t->bins, ILI_BINS_NOW, a->species, a->s, b->species, b->s);
}

static double gain_of_pairs(ili_trial *t) {
    double gain = 0.0;
    for (int k = 0; k < t->n_changes; k++)
        if (t->was[k].species >= 0) ili_bins_hide(t->bins, t->changes[k].atom);
    for (int k = 0; k < t->n_changes && gain < INFINITY; k++) gain += gain_among_others(t, k);
    for (int k = 0; k < t->n_changes; k++)
        if (t->was[k].species >= 0) ili_bins_show(t->bins, t->changes[k].atom, t->was[k].s);
    for (int k = 0; k < t->n_changes; k++)
        for (int j = 0; j < k && gain < INFINITY; j++)
            gain += between(t, &t->will[k], &t->will[j]) - between(t, &t->was[k], &t->was[j]);
    return gain;
}

static double gain_of_waves(ili_trial *t) {
    ili_ion ions[2 * ILI_CHANGES_MAX];
    int n = 0;
    for (int k = 0; k < t->n_changes; k++) {
        const one *was = &t->was[k], *will = &t->will[k];
        double before = was->species < 0 ? 0.0 : charge_of(t, was->species);
        double after = will->species < 0 ? 0.0 : charge_of(t, will->species);
        if (t->changes[k].kind == ILI_CHANGE_SPECIES) {
            after -= before;
            before = 0.0;
        }
        if (before != 0.0) ions[n++] = (ili_ion){{was->s[0], was->s[1], was->s[2]}, -before};
        if (after != 0.0) ions[n++] = (ili_ion){{will->s[0], will->s[1], will->s[2]}, after};
    }
    return t->waves ? ili_waves_change(t->waves, n, ions) : 0.0;
}

il_status ili_trial_propose(il_context *ctx, ili_trial *t, int n_changes, const ili_change *changes,
                            double *delta) {
    t->waiting = NOTHING;
    IL_TRY(check_changes(ctx, t, n_changes, changes));
    t->n_changes = n_changes;
    for (int k = 0; k < n_changes; k++) t->changes[k] = changes[k];
    prepare(t);
    *delta = t->pairs_delta = gain_of_pairs(t);
    if (*delta == INFINITY) return IL_OK;
    *delta += gain_of_waves(t) + count_energy(t, ILI_BINS_NOW, &t->cell, t->n_then) -
              count_energy(t, ILI_BINS_NOW, &t->cell, t->n_of);
    t->delta = *delta;
    t->waiting = CHANGES;
    return IL_OK;
}

il_status ili_trial_propose_cell(il_context *ctx, ili_trial *t, const ili_cell *cell, double *delta) {
    int32_t worst;
    t->waiting = NOTHING;
    IL_TRY(ili_cell_check(ctx, cell, "proposed cell"));
    t->cell_then = *cell;
    memcpy(t->cell_then.pbc, t->cell.pbc, sizeof t->cell.pbc);
    ili_bins_strain(t->bins, cell, t->n, (const double(*)[3])t->s);
    *delta = t->pairs_delta = pair_energy(t, ILI_BINS_STRAINED, ctx->n_threads, &worst) - t->pairs_energy;
    if (worst >= 0) return IL_OK;
    *delta +=
        count_energy(t, ILI_BINS_STRAINED, cell, t->n_of) - count_energy(t, ILI_BINS_NOW, &t->cell, t->n_of);
    if (t->waves) *delta += ili_waves_strain(t->waves, cell->h);
    if (!(*delta < INFINITY)) return IL_OK; /* atoms on their own images */
    t->delta = *delta;
    t->waiting = CELL;
    return IL_OK;
}

/* Accept. */

static void accept_cell(ili_trial *t) {
    t->cell = t->cell_then;
    ili_bins_keep_strain(t->bins);
    if (t->waves) ili_waves_keep_strain(t->waves);
    for (int32_t i = 0; i < t->n; i++) ili_cell_to_cart(&t->cell, t->s[i], t->x[i]);
}

/** Write what an atom will be. */
static void settle_atom(ili_trial *t, int32_t atom, int k) {
    const ili_change *c = &t->changes[k];
    const one *will = &t->will[k];
    t->species[atom] = will->species;
    memcpy(t->s[atom], will->s, sizeof will->s);
    if (c->kind != ILI_CHANGE_SPECIES) memcpy(t->x[atom], c->x, sizeof c->x);
    ili_bins_put(t->bins, atom, will->species, will->s);
}

static void delete_atom(ili_trial *t, int32_t atom) {
    int32_t last = --t->n;
    ili_bins_take(t->bins, atom);
    if (atom == last) return;
    memcpy(t->x[atom], t->x[last], sizeof t->x[atom]);
    memcpy(t->s[atom], t->s[last], sizeof t->s[atom]);
    t->species[atom] = t->species[last];
    ili_bins_rename(t->bins, last, atom);
}

/** Change of deletion with the highest atom below `below`; -1: none. */
static int next_deletion(const ili_trial *t, int32_t below) {
    int best = -1;
    for (int k = 0; k < t->n_changes; k++)
        if (t->changes[k].kind == ILI_CHANGE_DELETE && t->changes[k].atom < below &&
            (best < 0 || t->changes[k].atom > t->changes[best].atom))
            best = k;
    return best;
}

static void accept_changes(ili_trial *t) {
    for (int k = 0; k < t->n_changes; k++) {
        const ili_change *c = &t->changes[k];
        if (c->kind != ILI_CHANGE_MOVE && c->kind != ILI_CHANGE_SPECIES) continue;
        ili_bins_take(t->bins, c->atom);
        settle_atom(t, c->atom, k);
    }
    for (int k = next_deletion(t, INT32_MAX); k >= 0; k = next_deletion(t, t->changes[k].atom))
        delete_atom(t, t->changes[k].atom);
    for (int k = 0; k < t->n_changes; k++)
        if (t->changes[k].kind == ILI_CHANGE_INSERT) settle_atom(t, t->n++, k);
    if (t->waves) ili_waves_keep(t->waves);
    memcpy(t->n_of, t->n_then, (size_t)t->model->n_species * sizeof *t->n_of);
}

void ili_trial_accept(ili_trial *t) {
    if (t->waiting == NOTHING) return;
    if (t->waiting == CELL)
        accept_cell(t);
    else
        accept_changes(t);
    t->energy += t->delta;
    t->pairs_energy += t->pairs_delta;
    t->waiting = NOTHING;
}

/* The rest. */

il_status ili_trial_map(il_context *ctx, ili_trial *t, int32_t species, int32_t n, const double (*x)[3],
                        double *energy) {
    for (int32_t i = 0; i < n; i++) {
        ili_change c = {.kind = ILI_CHANGE_INSERT, .species = species, .x = {x[i][0], x[i][1], x[i][2]}};
        IL_TRY(check_change(ctx, t, &c));
    }
    if (n <= 0) return IL_OK;
    size_t length = t->waves ? ili_waves_scratch(t->waves) : 0;
    double *scratch = ili_alloc((size_t)ctx->n_threads * length, sizeof *scratch);
    if (!scratch) return ili_no_memory(ctx, "the map of insertion energies");
    memcpy(t->n_then, t->n_of, (size_t)t->model->n_species * sizeof *t->n_of);
    t->n_then[species]++;
    t->waiting = NOTHING;
    double q = charge_of(t, species), constant = count_energy(t, ILI_BINS_NOW, &t->cell, t->n_then) -
                                                 count_energy(t, ILI_BINS_NOW, &t->cell, t->n_of);
    int n_pieces = ctx->n_threads;
#pragma omp parallel for schedule(static) num_threads(n_pieces)
    for (int p = 0; p < n_pieces; p++)
        for (int32_t i = (int32_t)((int64_t)n * p / n_pieces); i < (int64_t)n * (p + 1) / n_pieces; i++) {
            ili_ion ion = {.q = q};
            ili_cell_to_frac(&t->cell, x[i], ion.s);
            ili_bins_energy(t->bins, ILI_BINS_NOW, ion.s, -1, 1, &species, &energy[i]);
            energy[i] += constant;
            if (q != 0.0 && energy[i] < INFINITY)
                energy[i] += ili_waves_probe(t->waves, &ion, scratch + (size_t)p * length);
        }
    ili_free(scratch);
    return IL_OK;
}

il_status ili_trial_resum(il_context *ctx, ili_trial *t, double *drift) {
    int32_t worst;
    t->waiting = NOTHING;
    double energy = full_sum(t, ctx->n_threads, &worst);
    if (drift) *drift = t->energy - energy;
    if (t->waves && !waves_are_good(t)) {
        double before = ili_waves_energy(t->waves);
        IL_TRY(make_waves(ctx, t));
        energy += wave_energy(t, ctx->n_threads) - before;
    }
    t->energy = energy;
    return IL_OK;
}

double ili_trial_energy(const ili_trial *t) {
    return t->energy;
}

int32_t ili_trial_capacity(const ili_trial *t) {
    return t->capacity;
}

int32_t ili_trial_n_atoms(const ili_trial *t) {
    return t->n;
}

const double (*ili_trial_x(const ili_trial *t))[3] {
    return (const double(*)[3])t->x;
}

const int32_t *ili_trial_species(const ili_trial *t) {
    return t->species;
}

const ili_cell *ili_trial_cell(const ili_trial *t) {
    return &t->cell;
}

ili_trial_info ili_trial_get_info(const ili_trial *t) {
    if (!t->waves) return (ili_trial_info){0};
    return (ili_trial_info){.alpha = t->alpha,
                            .k_cut = t->k_cut,
                            .n_waves = ili_waves_count(t->waves),
                            .wave_work = ili_waves_work(t->waves)};
}

il_status ili_trial_export(il_context *ctx, const ili_trial *t, il_system **out) {
    il_system *sys = NULL;
    il_status status = IL_OK;
    *out = NULL;
    IL_GO(ili_system_create(ctx, &sys));
    sys->cell = t->cell;
    for (int32_t i = 0; i < t->n; i++) {
        const ili_species *kind = &t->model->species[t->species[i]].base;
        int32_t type;
        IL_GO(ili_system_species(ctx, sys, kind->name, kind->z, &type));
        sys->species[type].charge = t->all.species_charge[t->species[i]];
        IL_GO(ili_system_add(ctx, sys, type, t->x[i]));
    }
    IL_GO(ILI_SYSTEM_ARRAY(ctx, sys, charge));
    for (int32_t i = 0; i < t->n; i++) sys->charge[i] = t->all.species_charge[t->species[i]];
out:
    if (status != IL_OK) il_system_destroy(&sys);
    *out = sys;
    return status;
}

/** Waves of the set that was saved, which may have been remade since the trial was created. */
static void carry_waves(ili_trial *t, ili_bytes *b) {
    double h[3][3], k_cut = t->k_cut, alpha = t->alpha;
    memcpy(h, t->h_plan, sizeof h);
    ili_bytes_expect(b, t->waves != NULL);
    if (!t->waves) return;
    ili_bytes_carry(b, &alpha, sizeof alpha);
    ili_bytes_carry(b, &k_cut, sizeof k_cut);
    ili_bytes_carry(b, h, sizeof h);
    if (alpha != t->alpha) b->failed = true;
    if (!b->failed && (k_cut != t->k_cut || memcmp(h, t->h_plan, sizeof h) != 0)) {
        ili_waves *waves;
        il_context *ctx = il_context_create();
        if (!ctx || ili_waves_create(ctx, (const double(*)[3])h, alpha, k_cut, &waves) != IL_OK) {
            b->failed = true;
        } else {
            ili_waves_destroy(&t->waves);
            t->waves = waves;
            t->k_cut = k_cut;
            memcpy(t->h_plan, h, sizeof h);
        }
        il_context_destroy(&ctx);
    }
    ili_waves_carry(t->waves, b);
}

void ili_trial_carry(ili_trial *t, ili_bytes *b) {
    ili_bytes_expect(b, t->model->n_species);
    ili_bytes_expect(b, t->capacity);
    int32_t n = t->n;
    ili_bytes_carry(b, &n, sizeof n);
    if (b->failed || n < 0 || n > t->capacity) {
        b->failed = true;
        return;
    }
    if (b->is_restoring) {
        t->waiting = NOTHING;
        t->n = n;
    }
    ili_bytes_carry(b, &t->energy, sizeof t->energy);
    ili_bytes_carry(b, &t->pairs_energy, sizeof t->pairs_energy);
    ili_bytes_carry(b, &t->cell, sizeof t->cell);
    ili_bytes_carry(b, t->x, (size_t)n * sizeof *t->x);
    ili_bytes_carry(b, t->s, (size_t)n * sizeof *t->s);
    ili_bytes_carry(b, t->species, (size_t)n * sizeof *t->species);
    ili_bytes_carry(b, t->n_of, (size_t)t->model->n_species * sizeof *t->n_of);
    ili_bins_carry(t->bins, b);
    carry_waves(t, b);
}
