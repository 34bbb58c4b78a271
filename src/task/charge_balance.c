/* SPDX-License-Identifier: GPL-3.0-or-later */
/** State: the electrons on every reducible ion, and what they were before each ion that was put in, so that taking out is exact. What a
 *  system is called follows from the electrons alone: whole ones are rungs of the model, others species of a blend of it that
 *  the balance owns and makes anew when they change. */
#include "task/charge_balance.h"

#include "base/alloc.h"
#include "ff/bind.h"
#include "ff/share_energy.h"
#include "ff/trial.h"
#include "math/shares.h"
#include "math/vec.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LADDERS_MAX = 8, ROUNDS_MAX = 50 };
static const double SAME_CHARGE = 1e-6; /* e */
static const double SAME_ENERGY = 1e-9; /* eV, SAME_PLACE angstrom: a tie, which goes to the first atom */
static const double SAME_PLACE = 1e-9;
static const double WHOLE = 1e-12;                               /* electrons: rounding of shares */
static const double SETTLED_SHARE = 1e-3, SETTLED_ENERGY = 1e-4; /* qeq: electrons, eV of the cell */

struct ili_balance {
    ili_balance_rule rule;
    const il_model *model;
    il_ff_options settings;
    int n_ladders;
    ili_ladder ladders[LADDERS_MAX]; /**< those that the system has ions of */
    double electron;                 /**< e, negative */
    int32_t n_ions;
    int32_t *atom;      /**< [n_ions] ascending */
    int *ladder_of;     /**< [n_ions] index into ladders */
    double *electrons;  /**< [n_ions] */
    int32_t *species;   /**< [n_ions] in the model of the moment */
    double *next, *one; /**< [n_ions] scratch */
    int64_t n_put;
    double *past; /**< [n_put][n_ions] electrons before each ion put in */
    size_t cap_past;
    il_model *blend;      /**< NULL: all electrons are whole */
    ili_relaxer *relaxer; /**< borrowed, NULL: our own */
    bool is_stale;        /**< blend and species are of other electrons */
};

static int top_of(const ili_balance *b, int32_t ion) {
    return b->ladders[b->ladder_of[ion]].n - 1;
}

/* Creation. */

void ili_balance_destroy(ili_balance **balance) {
    if (!balance || !*balance) return;
    ili_balance *b = *balance;
    void *blocks[] = {b->atom, b->ladder_of, b->electrons, b->species, b->next, b->one, b->past};
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++) ili_free(blocks[k]);
    il_model_destroy(&b->blend);
    ili_free(b);
    *balance = NULL;
}

/** Index of a ladder that the system uses, added when new. */
static il_status use_ladder(il_context *ctx, ili_balance *b, const ili_ladder *ladder, int *index) {
    for (*index = 0; *index < b->n_ladders; (*index)++)
        if (b->ladders[*index].species[0] == ladder->species[0]) return IL_OK;
    if (b->n_ladders == LADDERS_MAX)
        return ili_fail(ctx, IL_E_UNSUPPORTED, "%s: more than %d kinds of reducible ions in one structure",
                        b->model->path, LADDERS_MAX);
    double electron = ili_electron_charge(ladder, b->model);
    if (b->n_ladders && fabs(electron - b->electron) > SAME_CHARGE)
        return ili_fail(
            ctx, IL_E_UNSUPPORTED,
            "%s: an electron carries %+g e on '%s' and %+g e on '%s'; one Li+ cannot balance both",
            b->model->path, b->electron, b->model->species[b->ladders[0].species[0]].base.name, electron,
            b->model->species[ladder->species[0]].base.name);
    b->electron = electron;
    b->ladders[b->n_ladders++] = *ladder;
    return IL_OK;
}

static il_status find_ions(il_context *ctx, ili_balance *b, const il_system *sys) {
    size_t n = (size_t)sys->n_atoms;
    ili_ladder first, ladder;
    ili_binding binding = {0};
    int rung;
    il_status status = IL_OK;
    if (ili_ladders(b->model, &first, 1) == 0)
        return ili_fail(
            ctx, IL_E_INPUT,
            "%s: no species has a redox key, so there is nothing that an electron could go to; use "
            "a model with reduced species",
            b->model->path);
    b->atom = ili_alloc(n, sizeof *b->atom);
    b->ladder_of = ili_alloc(n, sizeof *b->ladder_of);
    b->electrons = ili_alloc(n, sizeof *b->electrons);
    b->species = ili_alloc(n, sizeof *b->species);
    b->next = ili_alloc(n, sizeof *b->next);
    b->one = ili_alloc(n, sizeof *b->one);
    if (!b->atom || !b->ladder_of || !b->electrons || !b->species || !b->next || !b->one)
        return ili_no_memory(ctx, "the charge balance");
    IL_GO(ili_bind(ctx, b->model, sys, true, &binding));
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        if (!ili_ladder_of(b->model, binding.type[i], &ladder, &rung)) continue;
        IL_GO(use_ladder(ctx, b, &ladder, &b->ladder_of[b->n_ions]));
        b->electrons[b->n_ions] = rung;
        b->atom[b->n_ions++] = i;
    }
    if (b->n_ions == 0)
        IL_GO(ili_fail(ctx, IL_E_INPUT,
                       "%s: the structure holds no ion that the model can reduce, such as '%s'",
                       b->model->path, b->model->species[first.species[0]].base.name));
out:
    ili_binding_free(&binding);
    return status;
}

/** The model can be blended between any two rungs. */
static il_status check_blends(il_context *ctx, const ili_balance *b) {
    for (int l = 0; l < b->n_ladders; l++)
        for (int k = 0; k + 1 < b->ladders[l].n; k++) {
            il_model *blend;
            IL_TRY(ili_model_blend(ctx, b->model, &b->ladders[l], 1, (const double[]){k + 0.5}, &blend));
            il_model_destroy(&blend);
        }
    return IL_OK;
}

static il_status check_spread(il_context *ctx, const ili_balance *b, const il_system *sys) {
    (void)sys;
    if (b->n_ladders > 1)
        return ili_fail(ctx, IL_E_UNSUPPORTED,
                        "%s: electrons cannot be spread over ions of several kinds ('%s' and '%s'), which "
                        "would have to share them by a law; use qeq",
                        b->model->path, b->model->species[b->ladders[0].species[0]].base.name,
                        b->model->species[b->ladders[1].species[0]].base.name);
    return check_blends(ctx, b);
}

static il_status check_qeq(il_context *ctx, const ili_balance *b, const il_system *sys) {
    const bool *pbc = sys->cell.pbc;
    if (!pbc[0] || !pbc[1] || !pbc[2])
        return ili_fail(ctx, IL_E_UNSUPPORTED,
                        "charge equilibration needs a cell that repeats along all three vectors");
    for (int l = 0; l < b->n_ladders; l++)
        if (!ili_onsite_is_convex(b->model, &b->ladders[l]))
            return ili_fail(
                ctx, IL_E_UNSUPPORTED,
                "%s: charge equilibration needs three rungs of '%s' or more with convex on-site energies "
                "(each electron costs more than the one before), which hold the shares apart",
                b->model->path, b->model->species[b->ladders[l].species[0]].base.name);
    return check_blends(ctx, b);
}

static il_status check_whole(il_context *ctx, const ili_balance *b, const il_system *sys) {
    (void)ctx, (void)b, (void)sys;
    return IL_OK;
}

/* What the system is called. */

/** Index of the blended species of ion i in the list `one` of electrons, which grows when it is new. */
static int share_index(ili_balance *b, int32_t i, int *n) {
    for (int k = 0; k < *n; k++)
        if (b->one[k] == b->electrons[i]) return k;
    b->one[*n] = b->electrons[i];
    return (*n)++;
}

/** Blend one ladder into the model of the moment: species for every share that is not whole. */
static il_status blend_ladder(il_context *ctx, ili_balance *b, int l) {
    const il_model *from = b->blend ? b->blend : b->model;
    const ili_ladder *ladder = &b->ladders[l];
    il_model *to = NULL;
    int n = 0;
    for (int32_t i = 0; i < b->n_ions; i++) {
        if (b->ladder_of[i] != l) continue;
        bool is_whole = b->electrons[i] == floor(b->electrons[i]);
        b->species[i] =
            is_whole ? ladder->species[(int)b->electrons[i]] : from->n_species + share_index(b, i, &n);
    }
    if (n == 0) return IL_OK;
    IL_TRY(ili_model_blend(ctx, from, ladder, n, b->one, &to));
    for (int k = 0; k < n && b->rule == ILI_BALANCE_QEQ; k++)
        to->species[from->n_species + k].onsite =
            ili_onsite_smooth(b->model, ladder, b->one[k], (int)b->one[k], NULL, NULL);
    il_model_destroy(&b->blend);
    b->blend = to;
    return IL_OK;
}

static il_status make_blend(il_context *ctx, ili_balance *b) {
    b->is_stale = true;
    il_model_destroy(&b->blend);
    for (int l = 0; l < b->n_ladders; l++) IL_TRY(blend_ladder(ctx, b, l));
    b->is_stale = false;
    return IL_OK;
}

il_status ili_balance_model(il_context *ctx, ili_balance *b, const il_model **model) {
    *model = NULL;
    if (b->is_stale) IL_TRY(make_blend(ctx, b));
    *model = b->blend ? b->blend : b->model;
    return IL_OK;
}

/** Give the ions of sys the species of their electrons. */
static il_status apply(il_context *ctx, ili_balance *b, il_system *sys) {
    const il_model *model;
    b->is_stale = true;
    IL_TRY(ili_balance_model(ctx, b, &model));
    for (int32_t i = 0; i < b->n_ions; i++) {
        const ili_species *s = &model->species[b->species[i]].base;
        int32_t type, at = b->atom[i];
        IL_TRY(ili_system_species(ctx, sys, s->name, s->z, &type));
        sys->species[type].charge = s->charge;
        sys->type[at] = type;
        if (sys->charge) sys->charge[at] = s->charge;
    }
    return IL_OK;
}

/* The rules: where the electrons are after one more, in electrons[]. */

static bool takes_one(const ili_balance *b, int32_t ion) {
    return b->electrons[ion] + 1.0 <= top_of(b, ion);
}

static il_status place_nearest(il_context *ctx, ili_balance *b, const il_system *sys, int32_t ion) {
    (void)ctx;
    double best = INFINITY;
    int32_t chosen = -1;
    for (int32_t i = 0; i < b->n_ions; i++) {
        double d[3];
        if (!takes_one(b, i)) continue;
        ili_sub(sys->x[b->atom[i]], sys->x[ion], d);
        double r = sqrt(ili_cell_nearest(&sys->cell, d));
        if (!(r < best - SAME_PLACE)) continue;
        best = r;
        chosen = i;
    }
    b->electrons[chosen] += 1.0;
    return IL_OK;
}

/** Energy of sys with one more electron on reducible ion i, up to a constant, eV. */
typedef il_status (*choice_fn)(il_context *ctx, const ili_balance *b, void *user, int32_t i, double *energy);

static int32_t species_above(const ili_balance *b, int32_t i) {
    return b->ladders[b->ladder_of[i]].species[(int)b->electrons[i] + 1];
}

/** By the sums that are kept: user is an ili_trial. */
static il_status choice_by_trial(il_context *ctx, const ili_balance *b, void *user, int32_t i,
                                 double *energy) {
    const ili_change change = {
        .kind = ILI_CHANGE_SPECIES, .atom = b->atom[i], .species = species_above(b, i)};
    return ili_trial_propose(ctx, user, 1, &change, energy);
}

/** By the whole sum, for models and cells that trials do not take: user is a copy of the system. */
static il_status choice_by_sum(il_context *ctx, const ili_balance *b, void *user, int32_t i, double *energy) {
    il_system *sys = user;
    const ili_species *above = &b->model->species[species_above(b, i)].base;
    int32_t at = b->atom[i], before = sys->type[at], type;
    ili_ff_result result = {0};
    il_ff *ff = NULL;
    IL_TRY(ili_system_species(ctx, sys, above->name, above->z, &type));
    sys->type[at] = type;
    il_status status = il_ff_create(ctx, b->model, sys, &b->settings, &ff);
    if (status == IL_OK) status = ili_ff_evaluate(ctx, ff, &sys->cell, (const double(*)[3])sys->x, &result);
    il_ff_destroy(&ff);
    sys->type[at] = before;
    *energy = result.energy;
    return status;
}

static il_status choose_lowest(il_context *ctx, ili_balance *b, choice_fn energy_of, void *user) {
    double best = INFINITY;
    int32_t chosen = -1;
    for (int32_t i = 0; i < b->n_ions; i++) {
        double energy;
        if (!takes_one(b, i)) continue;
        IL_TRY(energy_of(ctx, b, user, i, &energy));
        if (!(energy < best - SAME_ENERGY)) continue;
        best = energy;
        chosen = i;
    }
    if (chosen < 0)
        return ili_fail(
            ctx, IL_E_OVERLAP,
            "no reducible ion can take the electron: each of them would overlap with a neighbour");
    b->electrons[chosen] += 1.0;
    return IL_OK;
}

static il_status place_lowest(il_context *ctx, ili_balance *b, const il_system *sys, int32_t ion) {
    (void)ion;
    ili_trial *trial = NULL;
    il_system *copy = NULL;
    il_status status = ili_trial_create(ctx, b->model, &b->settings, sys, sys->n_atoms, &trial);
    if (status == IL_OK) {
        status = choose_lowest(ctx, b, choice_by_trial, trial);
    } else if (status == IL_E_UNSUPPORTED) {
        status = ili_system_copy(ctx, sys, &copy);
        if (status == IL_OK) status = choose_lowest(ctx, b, choice_by_sum, copy);
    }
    ili_trial_destroy(&trial);
    il_system_destroy(&copy);
    return status;
}

/** All electrons, a whole number. */
static double total_electrons(const ili_balance *b) {
    double sum = 0.0;
    for (int32_t i = 0; i < b->n_ions; i++) sum += b->electrons[i];
    return nearbyint(sum);
}

static il_status place_spread(il_context *ctx, ili_balance *b, const il_system *sys, int32_t ion) {
    (void)ctx, (void)sys, (void)ion;
    double share = (total_electrons(b) + 1.0) / b->n_ions;
    for (int32_t i = 0; i < b->n_ions; i++) b->electrons[i] = share;
    return IL_OK;
}

/** Add one electron in equal parts to all that have room; what is full is exactly so. */
static void pour(ili_balance *b) {
    double left = 1.0;
    while (left > WHOLE) {
        int open = 0;
        for (int32_t i = 0; i < b->n_ions; i++) open += b->electrons[i] < top_of(b, i);
        double part = left / (open ? open : 1);
        for (int32_t i = 0; i < b->n_ions; i++) {
            double room = top_of(b, i) - b->electrons[i], add = room - part < WHOLE ? room : part;
            b->electrons[i] += add;
            left -= add;
        }
        if (!open) return;
    }
}

/** Shares next[] of lowest energy at these positions, and what they gain against electrons[], eV. */
static il_status equilibrate(il_context *ctx, ili_balance *b, const il_system *sys, double *gain) {
    size_t m = (size_t)b->n_ions;
    const il_model *model;
    ili_binding binding = {0};
    ili_share_energy *energy = NULL;
    il_status status = IL_OK;
    int *top = ili_alloc(m, sizeof *top), *segment = ili_alloc(m, sizeof *segment);
    ili_ladder *ladder = ili_alloc(m, sizeof *ladder);
    bool is_convex;
    double before, after;
    if (!top || !segment || !ladder) IL_GO(ili_no_memory(ctx, "the shares of electrons"));
    IL_GO(ili_balance_model(ctx, b, &model));
    IL_GO(ili_bind(ctx, model, sys, true, &binding));
    for (int32_t i = 0; i < b->n_ions; i++) {
        ladder[i] = b->ladders[b->ladder_of[i]];
        top[i] = top_of(b, i);
        segment[i] = (int)fmin(b->electrons[i], top[i] - 1);
        binding.type[b->atom[i]] =
            ladder[i].species[0]; /* other species have the same number in both models */
        b->next[i] = b->electrons[i];
    }
    double cutoff = b->settings.short_cutoff > 0.0 ? b->settings.short_cutoff : model->short_cutoff;
    IL_GO(ili_share_energy_create(ctx, b->model, cutoff, sys, binding.type, binding.charge, b->n_ions,
                                  b->atom, ladder, &energy));
    ili_share_energy_at(energy, b->next, segment, &before, NULL, NULL);
    const ili_share_problem problem = {
        .m = b->n_ions, .top = top, .energy = ili_share_energy_at, .user = energy};
    IL_GO(ili_shares_minimise(ctx, &problem, b->next, &is_convex));
    for (int32_t i = 0; i < b->n_ions; i++) segment[i] = (int)fmin(b->next[i], top[i] - 1);
    ili_share_energy_at(energy, b->next, segment, &after, NULL, NULL);
    *gain = before - after;
    if (!is_convex)
        ili_warn(
            ctx,
            "charge equilibration: the energy is not convex in the shares (on-site energies are weak against "
            "the attraction between unlike shares), so the shares found are a local minimum");
out:
    ili_share_energy_destroy(&energy);
    ili_binding_free(&binding);
    ili_free(top);
    ili_free(segment);
    ili_free(ladder);
    return status;
}

static il_status place_qeq(il_context *ctx, ili_balance *b, const il_system *sys, int32_t ion) {
    (void)ion;
    double gain;
    pour(b); /* the blend stays that which sys is called by */
    IL_TRY(equilibrate(ctx, b, sys, &gain));
    memcpy(b->electrons, b->next, (size_t)b->n_ions * sizeof *b->electrons);
    return IL_OK;
}

static const struct {
    const char *name, *limits;
    il_status (*check)(il_context *ctx, const ili_balance *b, const il_system *sys);
    il_status (*place)(il_context *ctx, ili_balance *b, const il_system *sys, int32_t ion);
} rules[] = {
    [ILI_BALANCE_NEAREST] =
        {"nearest",
         "Whole electrons, each on the reducible ion nearest to the lithium it came with; no energy "
         "is asked, and an electron stays where it was put.",
         check_whole, place_nearest},
    [ILI_BALANCE_LOWEST] =
        {"lowest",
         "Whole electrons, each on the reducible ion where the energy was lowest before anything "
         "relaxed; an electron stays where it was put, whatever relaxes and comes later.",
         check_whole, place_lowest},
    [ILI_BALANCE_SPREAD] =
        {"spread",
         "All reducible ions carry the same share of the electrons, with parameters interpolated "
         "between oxidation states: a mean field without localised electrons.",
         check_spread, place_spread},
    [ILI_BALANCE_QEQ] =
        {"qeq",
         "Shares of the electrons minimise on-site, Coulomb and pair energy together with the positions, "
         "with parameters interpolated between oxidation states: point charges, localised only as "
         "far as the model's on-site energies say.",
         check_qeq, place_qeq},
};

const char *ili_balance_name(ili_balance_rule rule) {
    return rules[rule].name;
}

const char *ili_balance_limits(ili_balance_rule rule) {
    return rules[rule].limits;
}

il_status ili_balance_create(il_context *ctx, ili_balance_rule rule, const il_model *model,
                             const il_ff_options *settings, const il_system *sys, ili_balance **out) {
    il_status status = IL_OK;
    *out = NULL;
    ili_balance *b = ili_alloc(1, sizeof *b);
    if (!b) return ili_no_memory(ctx, "the charge balance");
    b->rule = rule;
    b->model = model;
    b->is_stale = true;
    il_ff_options_default(&b->settings);
    if (settings) b->settings = *settings;
    double scale = b->settings.charge_scale;
    if (scale > 0.0 && scale != 1.0)
        IL_GO(ili_fail(
            ctx, IL_E_UNSUPPORTED,
            "the charges of ions are multiplied by %g, but electrons are counted in whole charges of "
            "the model; leave the factor out",
            scale));
    IL_GO(find_ions(ctx, b, sys));
    IL_GO(rules[rule].check(ctx, b, sys));
    *out = b;
    b = NULL;
out:
    ili_balance_destroy(&b);
    return status;
}

/* Putting in, taking out. */

int ili_balance_room(const ili_balance *b) {
    int room = 0;
    for (int32_t i = 0; i < b->n_ions; i++) room += top_of(b, i);
    return room - (int)total_electrons(b);
}

/** Atom `ion` is one that brought an electron. */
static il_status check_newcomer(il_context *ctx, ili_balance *b, const il_system *sys, int32_t ion) {
    const il_model *model;
    ili_binding binding;
    if (ion < 0 || ion >= sys->n_atoms || sys->n_atoms <= b->atom[b->n_ions - 1])
        return ili_fail(ctx, IL_E_INPUT, "there is no atom %d to bring an electron", ion + 1);
    IL_TRY(ili_balance_model(ctx, b, &model));
    IL_TRY(ili_bind(ctx, model, sys, true, &binding));
    double charge = binding.charge[ion];
    const char *name = model->species[binding.type[ion]].base.name;
    ili_binding_free(&binding);
    bool is_new = true;
    for (int32_t i = 0; i < b->n_ions; i++) is_new = is_new && b->atom[i] != ion;
    if (is_new && fabs(charge + b->electron) <= SAME_CHARGE) return IL_OK;
    return ili_fail(
        ctx, IL_E_INPUT,
        "atom %d (%s) carries %+g e, expected an inserted ion with the charge that its electron takes "
        "away, %+g e",
        ion + 1, name, charge, -b->electron);
}

/** The electrons of the moment go onto, or come back from, the stack. */
static il_status push(il_context *ctx, ili_balance *b) {
    size_t m = (size_t)b->n_ions, used = (size_t)b->n_put * m;
    if (!ILI_GROW(b->past, used + m, b->cap_past)) return ili_no_memory(ctx, "the history of the electrons");
    memcpy(b->past + used, b->electrons, m * sizeof *b->past);
    b->n_put++;
    return IL_OK;
}

static void pop(ili_balance *b) {
    size_t m = (size_t)b->n_ions;
    b->n_put--;
    memcpy(b->electrons, b->past + (size_t)b->n_put * m, m * sizeof *b->past);
    b->is_stale = true;
}

il_status ili_balance_put(il_context *ctx, ili_balance *b, il_system *sys, int32_t ion) {
    if (ili_balance_room(b) < 1)
        return ili_fail(
            ctx, IL_E_INPUT,
            "no reducible ion takes up another electron: all %d of them are reduced as far as the model "
            "goes (%s)",
            (int)b->n_ions, b->model->path);
    IL_TRY(check_newcomer(ctx, b, sys, ion));
    IL_TRY(push(ctx, b));
    il_status status = rules[b->rule].place(ctx, b, sys, ion);
    if (status == IL_OK) status = apply(ctx, b, sys);
    if (status != IL_OK) pop(b);
    return status;
}

il_status ili_balance_take(il_context *ctx, ili_balance *b, il_system *sys) {
    if (b->n_put < 1)
        return ili_fail(ctx, IL_E_INPUT, "every electron that was put in has been taken out again");
    if (sys->n_atoms <= b->atom[b->n_ions - 1])
        return ili_fail(ctx, IL_E_INPUT,
                        "the system has lost atoms that were there before any ion was put in");
    pop(b);
    return apply(ctx, b, sys);
}

void ili_balance_electrons(const ili_balance *b, const il_system *sys, double *electrons) {
    memset(electrons, 0, (size_t)sys->n_atoms * sizeof *electrons);
    for (int32_t i = 0; i < b->n_ions; i++) electrons[b->atom[i]] = b->electrons[i];
}

void ili_balance_shares(const ili_balance *b, double *shares) {
    for (int k = 0; k < ILI_RUNGS_MAX; k++) shares[k] = 0.0;
    for (int32_t i = 0; i < b->n_ions; i++) shares[(int)nearbyint(b->electrons[i])] += 1.0 / b->n_ions;
}

void ili_balance_carry(ili_balance *b, ili_bytes *bytes) {
    size_t m = (size_t)b->n_ions;
    int64_t n_put = b->n_put;
    ili_bytes_expect(bytes, b->rule);
    ili_bytes_expect(bytes, b->n_ions);
    ili_bytes_carry(bytes, &n_put, sizeof n_put);
    if (bytes->is_restoring &&
        (bytes->failed || n_put < 0 || !ILI_GROW(b->past, (size_t)n_put * m, b->cap_past))) {
        bytes->failed = true;
        return;
    }
    ili_bytes_carry(bytes, b->electrons, m * sizeof *b->electrons);
    ili_bytes_carry(bytes, b->past, (size_t)n_put * m * sizeof *b->past);
    if (!bytes->is_restoring) return;
    b->n_put = bytes->failed ? 0 : n_put;
    b->is_stale = true;
}

/* Relaxation. */

void ili_balance_relax_by(ili_balance *b, ili_relaxer *relaxer) {
    b->relaxer = relaxer;
}

static il_status relax_here(il_context *ctx, ili_balance *b, il_system *sys, const ili_relax_options *options,
                            ili_relax_result *result) {
    const il_model *model;
    IL_TRY(ili_balance_model(ctx, b, &model));
    return ili_relaxer_relax(ctx, b->relaxer, model, &b->settings, options, sys, result);
}

static double largest_move(const ili_balance *b) {
    double moved = 0.0;
    for (int32_t i = 0; i < b->n_ions; i++) moved = fmax(moved, fabs(b->next[i] - b->electrons[i]));
    return moved;
}

/** Shares and places in turn, each at the minimum for the other; both lower one energy. Ends on places that were relaxed with
 *  the shares they go with. */
static il_status relax_shares(il_context *ctx, ili_balance *b, il_system *sys,
                              const ili_relax_options *options, ili_relax_result *result) {
    ili_relax_options o = *options;
    ili_relax_result part = {0};
    double moved = 0.0, gain, start = 0.0;
    int rounds = 0, steps = 0, evaluations = 0;
    bool has_settled = false;
    *result = part;
    while (rounds < ROUNDS_MAX) {
        IL_TRY(equilibrate(ctx, b, sys, &gain));
        moved = largest_move(b);
        has_settled = rounds > 0 && moved < SETTLED_SHARE && gain < SETTLED_ENERGY;
        if (has_settled || (rounds > 0 && !part.converged)) break;
        memcpy(b->electrons, b->next, (size_t)b->n_ions * sizeof *b->electrons);
        IL_TRY(apply(ctx, b, sys));
        o.max_steps = options->max_steps - steps;
        IL_TRY(relax_here(ctx, b, sys, &o, &part));
        if (rounds++ == 0) start = part.energy_start;
        steps += part.steps;
        evaluations += part.evaluations;
    }
    *result = part;
    result->energy_start = start;
    result->steps = steps;
    result->evaluations = evaluations;
    result->converged = part.converged && has_settled;
    int n = snprintf(result->verdict, sizeof result->verdict, "shares %s in %d rounds, %d steps in all",
                     has_settled ? "settled" : "did not settle", rounds, steps);
    if (!has_settled)
        n += snprintf(result->verdict + n, sizeof result->verdict - (size_t)n, ", still moving by %.0e",
                      moved);
    snprintf(result->verdict + n, sizeof result->verdict - (size_t)n, "; last round %.*s",
             (int)(sizeof result->verdict - (size_t)n) - 14, part.verdict);
    return IL_OK;
}

il_status ili_balance_relax(il_context *ctx, ili_balance *b, il_system *sys, const ili_relax_options *options,
                            ili_relax_result *result, const il_model **model_used) {
    il_status status = (b->rule == ILI_BALANCE_QEQ ? relax_shares : relax_here)(ctx, b, sys, options, result);
    if (!model_used) return status;
    *model_used = NULL;
    il_status named = ili_balance_model(ctx, b, model_used);
    return status == IL_OK ? named : status;
}
