/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A model bound to a system. Order of the sum: pairs (with real-space Coulomb), reciprocal Coulomb, bonded and special
 *  pairs, embedded atoms, on-site energies; fixed, so that bits are. */
#include "ff/ff.h"

#include "base/alloc.h"
#include "base/timing.h"
#include "ff/bonded.h"
#include "ff/eam.h"
#include "ff/eam_fast.h"
#include "ff/pairs.h"
#include "ff/pairs_fast.h"
#include "math/units.h"
#include "math/vec.h"
#include "neigh/clusters.h"
#include "neigh/nlist.h"

#include <stdio.h>
#include <string.h>

/** Reference lists are made for few evaluations, angstrom. */
static const double REFERENCE_SKIN = 0.4;
/** Force error, relative to e^2/(4 pi eps0 A^2), that pairs in single precision may come to: up to 1.1e-6 in oxides of multivalent ions. */
static const double MIXED_ACCURACY = 2e-6;

struct il_ff {
    const il_model *model;
    ili_binding binding;
    il_ff_options options;
    bool pbc[3];
    ili_pairs_fast *pairs;     /**< in kernels over clusters */
    ili_pairs *reference;      /**< by the forms; its list is made when first used */
    ili_kspace *kspace;        /**< NULL: no charges */
    ili_nlist *reference_list; /**< NULL: not yet used */
    ili_eam_fast *metal;       /**< NULL: no metal in the system */
    ili_nlist *eam_list;       /**< of the reference path; NULL: not yet used */
    ili_eam_work *eam_work;
    ili_bonded *bonded; /**< NULL: no bonds and no special pairs */
    double (*f)[3];     /**< [n] for calls that want none; NULL: none yet */
    double list_drift;  /**< kT/atom/ns that lists may cost */
};

void il_ff_options_default(il_ff_options *options) {
    *options = (il_ff_options){
        .short_cutoff = NAN, .coulomb_cutoff = NAN, .accuracy = NAN, .skin = NAN, .charge_scale = NAN};
}

void il_ff_destroy(il_ff **ff) {
    if (!ff || !*ff) return;
    il_ff *p = *ff;
    ili_pairs_fast_destroy(&p->pairs);
    ili_pairs_destroy(&p->reference);
    ili_kspace_destroy(&p->kspace);
    ili_nlist_destroy(&p->reference_list);
    ili_eam_fast_destroy(&p->metal);
    ili_nlist_destroy(&p->eam_list);
    ili_eam_work_destroy(&p->eam_work);
    ili_bonded_destroy(&p->bonded);
    ili_binding_free(&p->binding);
    ili_free(p->f);
    ili_free(p);
    *ff = NULL;
}

static double given_or(double given, double otherwise) {
    return given > 0.0 ? given : otherwise;
}

il_status ili_ff_settle(il_context *ctx, const il_model *m, const il_ff_options *given, il_ff_options *o) {
    il_ff_options none;
    il_ff_options_default(&none);
    if (!given) given = &none;
    o->short_cutoff = given_or(given->short_cutoff, m->short_cutoff);
    o->coulomb_cutoff =
        given->coulomb_cutoff == 0.0 ? 0.0 : given_or(given->coulomb_cutoff, m->coulomb_cutoff);
    o->accuracy = given_or(given->accuracy, m->accuracy);
    o->skin = given->skin >= 0.0 ? given->skin : ILI_CLUSTERS_SKIN;
    o->coulomb = given->coulomb;
    o->analytic = given->analytic != 0;
    o->precision = given->precision;
    o->charge_scale = given_or(given->charge_scale, 1.0);
    /* the model's reader has seen that every pair without a cut-off of its own finds a short cut-off */
    const struct {
        const char *name;
        double value, low, high;
    } range[] = {{"short-range cut-off", isnan(o->short_cutoff) ? 10.0 : o->short_cutoff, 0.5, 100.0},
                 {"Coulomb cut-off", m->has_coulomb && o->coulomb_cutoff != 0.0 ? o->coulomb_cutoff : 10.0,
                  1.0, 100.0},
                 {"Coulomb accuracy", m->has_coulomb ? o->accuracy : 1e-5, 1e-12, 0.1},
                 {"skin", o->skin, 0.0, 10.0},
                 {"charge scale", o->charge_scale, 0.5, 1.0}};
    if (o->precision != 0 && o->precision != 1)
        return ili_fail(ctx, IL_E_INPUT, "the precision is %d, expected 0 (double) or 1 (mixed)",
                        o->precision);
    for (size_t i = 0; i < sizeof range / sizeof *range; i++)
        if (!(range[i].value >= range[i].low && range[i].value <= range[i].high))
            return ili_fail(ctx, IL_E_INPUT, "the %s is %g, expected %g to %g", range[i].name, range[i].value,
                            range[i].low, range[i].high);
    return IL_OK;
}

static bool has_charges(const ili_binding *b) {
    for (int32_t i = 0; i < b->n; i++)
        if (b->charge[i] != 0.0) return true;
    return false;
}

static ili_kspace_plan coulomb_plan(const il_ff_options *o) {
    return (ili_kspace_plan){.method = (ili_kspace_method)o->coulomb,
                             .cutoff = o->coulomb_cutoff,
                             .accuracy = o->accuracy,
                             .is_single = o->precision == 1};
}

il_status ili_ff_settle_cutoff(il_context *ctx, const ili_binding *binding, const il_system *sys,
                               il_ff_options *o) {
    if (o->coulomb_cutoff != 0.0) return IL_OK;
    if (!binding->model->has_coulomb || !has_charges(binding)) {
        o->coulomb_cutoff = binding->model->coulomb_cutoff;
        return IL_OK;
    }
    const ili_kspace_plan plan = coulomb_plan(o);
    return ili_kspace_choose_cutoff(ctx, &plan, binding->n, binding->charge, &sys->cell,
                                    (const double(*)[3])sys->x, &o->coulomb_cutoff);
}

static il_status plan_coulomb(il_context *ctx, il_ff *ff, const il_system *sys) {
    IL_TRY(ili_ff_settle_cutoff(ctx, &ff->binding, sys, &ff->options));
    if (!ff->model->has_coulomb || !has_charges(&ff->binding)) return IL_OK;
    const il_ff_options *o = &ff->options;
    if (o->precision == 1 && !o->analytic && o->accuracy < MIXED_ACCURACY)
        ili_warn(
            ctx,
            "mixed precision keeps a Coulomb accuracy of about %g, but %g was asked for: take --precision "
            "double, or an accuracy of %g or more",
            MIXED_ACCURACY, o->accuracy, MIXED_ACCURACY);
    const ili_kspace_plan plan = coulomb_plan(o);
    return ili_kspace_create(ctx, &plan, ff->binding.n, ff->binding.charge, &sys->cell,
                             (const double(*)[3])sys->x, &ff->kspace);
}

static il_status plan_pairs(il_context *ctx, il_ff *ff) {
    const il_ff_options *o = &ff->options;
    const ili_pairs_fast_plan plan = {.short_cutoff = o->short_cutoff,
                                      .coulomb_cutoff = o->coulomb_cutoff,
                                      .alpha = ff->kspace ? ili_kspace_get_info(ff->kspace).alpha : 0.0,
                                      .skin = o->skin,
                                      .mixed = o->precision == 1};
    IL_TRY(ili_pairs_fast_create(ctx, &ff->binding, &plan, &ff->pairs));
    return ili_pairs_create(ctx, &ff->binding, o->short_cutoff, o->coulomb_cutoff, plan.alpha,
                            &ff->reference);
}

static il_status make_reference_list(il_context *ctx, il_ff *ff) {
    const ili_binding *b = &ff->binding;
    int32_t(*excluded)[2] = ili_alloc((size_t)b->n_specials, sizeof *excluded);
    if (!excluded) return ili_no_memory(ctx, "the exclusions");
    for (int32_t s = 0; s < b->n_specials; s++) {
        excluded[s][0] = b->specials[s].i;
        excluded[s][1] = b->specials[s].j;
    }
    il_status status =
        ili_nlist_create(ctx, b->n, b->type, ff->model->n_species, ili_pairs_reach(ff->reference),
                         fmin(ff->options.skin, REFERENCE_SKIN), b->n_specials, (const int32_t(*)[2])excluded,
                         &ff->reference_list);
    ili_free(excluded);
    return status;
}

static il_status plan_metal(il_context *ctx, il_ff *ff) {
    const il_model *m = ff->model;
    const ili_binding *b = &ff->binding;
    bool any = false;
    for (int32_t i = 0; i < b->n && m->eam; i++)
        any = any || ili_eam_is_embedded(m->eam, m->eam_kind[b->type[i]]);
    if (!any) return IL_OK;
    return ili_eam_fast_create(ctx, m->eam, m->eam_kind, m->n_species, b->n, b->type, ff->options.skin,
                               &ff->metal);
}

static il_status plan_reference_metal(il_context *ctx, il_ff *ff) {
    const il_model *m = ff->model;
    const ili_binding *b = &ff->binding;
    size_t ns = (size_t)m->n_species;
    double *rc = ili_alloc(ns * ns, sizeof *rc);
    if (!rc) return ili_no_memory(ctx, "the metal's cut-offs");
    for (size_t k = 0; k < ns * ns; k++)
        rc[k] = ili_eam_reach(m->eam, m->eam_kind[k / ns], m->eam_kind[k % ns]);
    il_status status = ili_nlist_create(ctx, b->n, b->type, m->n_species, rc,
                                        fmin(ff->options.skin, REFERENCE_SKIN), 0, NULL, &ff->eam_list);
    ili_free(rc);
    IL_TRY(status);
    status = ili_eam_work_create(ctx, b->n, &ff->eam_work);
    if (status != IL_OK) ili_nlist_destroy(&ff->eam_list);
    return status;
}

il_status il_ff_create(il_context *ctx, const il_model *model, const il_system *sys,
                       const il_ff_options *options, il_ff **out) {
    *out = NULL;
    il_ff *ff = ili_alloc(1, sizeof *ff);
    if (!ff) return ili_no_memory(ctx, "the force field");
    il_status status = IL_OK;
    ff->model = model;
    memcpy(ff->pbc, sys->cell.pbc, sizeof ff->pbc);
    if (sys->n_atoms < 1) IL_GO(ili_fail(ctx, IL_E_INPUT, "the system has no atoms"));
    IL_GO(ili_ff_settle(ctx, model, options, &ff->options));
    IL_GO(ili_bind(ctx, model, sys, false, &ff->binding));
    if (ff->options.charge_scale != 1.0)
        IL_GO(ili_binding_scale_ions(ctx, &ff->binding, ff->options.charge_scale));
    IL_GO(plan_coulomb(ctx, ff, sys));
    IL_GO(plan_pairs(ctx, ff));
    IL_GO(plan_metal(ctx, ff));
    if (ff->binding.n_bonds || ff->binding.n_specials)
        IL_GO(ili_bonded_create(ctx, &ff->binding, ff->options.short_cutoff, &ff->bonded));
    ili_ff_tell_choice(ctx, ff);
out:
    if (status != IL_OK) il_ff_destroy(&ff);
    *out = ff;
    return status;
}

/** The running sum of a call: energy of each term under its name, and a check that it is a number. */
typedef struct ledger {
    il_ff *ff;
    ili_ff_result *result;
    ili_accum acc;
    bool by_term;
} ledger;

/** Book a term. Non-finite: name the first atom whose force is not a number, else the term alone. */
static il_status book(il_context *ctx, ledger *l, const char *name, double energy) {
    l->result->energy += energy;
    if (l->by_term && l->result->n_terms < ILI_TERMS_MAX && energy != 0.0) {
        ili_term_energy *t = &l->result->terms[l->result->n_terms++];
        snprintf(t->name, sizeof t->name, "%s", name);
        t->energy = energy;
    }
    if (isfinite(energy)) return IL_OK;
    const ili_binding *b = &l->ff->binding;
    for (int32_t i = 0; i < b->n; i++)
        for (int k = 0; k < 3; k++)
            if (!isfinite(l->acc.f[i][k]))
                return ili_fail(ctx, IL_E_NONFINITE,
                                "the energy of term '%s' is not a finite number; first at atom %d (%s): "
                                "is another atom on top of it?",
                                name, i + 1, b->model->species[b->type[i]].base.name);
    return ili_fail(ctx, IL_E_NONFINITE, "the energy of term '%s' is not a finite number", name);
}

/** A finite energy may have no slope: two atoms on one place under a wall of finite height. */
static il_status check_forces(il_context *ctx, const ledger *l) {
    enum { WORTH_THREADS = 4096 };
    const ili_binding *b = &l->ff->binding;
    int32_t first = b->n;
#pragma omp parallel for schedule(static) num_threads(ctx->n_threads)                                        \
    reduction(min                                                                                            \
              : first) if (b->n >= WORTH_THREADS)
    for (int32_t i = 0; i < b->n; i++)
        if (!isfinite(l->acc.f[i][0] + l->acc.f[i][1] + l->acc.f[i][2]) && i < first) first = i;
    if (first == b->n) return IL_OK;
    return ili_fail(ctx, IL_E_NONFINITE,
                    "the force on atom %d (%s) is not a finite number: is another atom on top of it?",
                    first + 1, b->model->species[b->type[first]].base.name);
}

static il_status add_pairs(il_context *ctx, ledger *l, const ili_cell *cell, const double (*x)[3]) {
    double energy;
    ili_rest rest = ili_rest_begin(ctx);
    IL_TRY(ili_pairs_fast_update(ctx, l->ff->pairs, cell, x));
    ili_rest_charge(ctx, ILI_TIME_NEIGHBOUR, &rest);
    IL_TRY(ili_pairs_fast_compute(ctx, l->ff->pairs, &energy, &l->acc));
    return book(ctx, l, "pairs", energy);
}

/** The same by the forms, with the energy of each, and of each atom when wanted. */
static il_status add_pairs_by_form(il_context *ctx, ledger *l, const ili_cell *cell, const double (*x)[3]) {
    il_ff *ff = l->ff;
    ili_rest rest = ili_rest_begin(ctx);
    if (!ff->reference_list) IL_TRY(make_reference_list(ctx, ff));
    IL_TRY(ili_nlist_update(ctx, ff->reference_list, cell, x));
    ili_rest_charge(ctx, ILI_TIME_NEIGHBOUR, &rest);
    ili_nlist_view list = ili_nlist_get(ff->reference_list);
    double by_form[ILI_TERMS_MAX];
    int n = ili_pairs_n_forms(ff->reference);
    IL_TRY(ili_pairs_reference(ctx, ff->reference, &list, by_form, &l->acc));
    for (int k = 0; k < n; k++) IL_TRY(book(ctx, l, ili_pairs_form_name(ff->reference, k), by_form[k]));
    return book(ctx, l, "coulomb_real", by_form[n]);
}

static il_status add_kspace(il_context *ctx, ledger *l, const ili_cell *cell, const double (*x)[3]) {
    ili_kspace_energy e = {0};
    IL_TRY(ili_kspace_compute(ctx, l->ff->kspace, cell, x, &e, &l->acc));
    IL_TRY(book(ctx, l, "coulomb_reciprocal", e.reciprocal));
    IL_TRY(book(ctx, l, "coulomb_self", e.self));
    IL_TRY(book(ctx, l, "coulomb_background", e.background));
    return book(ctx, l, "coulomb_slab", e.slab);
}

static il_status add_bonded(il_context *ctx, ledger *l, const ili_cell *cell, const double (*x)[3]) {
    il_ff *ff = l->ff;
    ili_bonded_energy e = {0};
    double alpha = ff->kspace ? ili_kspace_get_info(ff->kspace).alpha : 0.0;
    IL_TRY(ili_bonded_compute(ctx, ff->bonded, cell, x, alpha, &e, &l->acc));
    IL_TRY(book(ctx, l, "bond", e.bond));
    IL_TRY(book(ctx, l, "angle", e.angle));
    IL_TRY(book(ctx, l, "torsion", e.torsion));
    IL_TRY(book(ctx, l, "pair_1_4", e.pair14));
    return book(ctx, l, "coulomb_special", e.coulomb_special);
}

static il_status add_metal(il_context *ctx, ledger *l, const ili_cell *cell, const double (*x)[3]) {
    double energy;
    IL_TRY(ili_eam_fast_compute(ctx, l->ff->metal, cell, x, &energy, &l->acc));
    return book(ctx, l, "eam", energy);
}

/** The same by the functions themselves, with the energy of each atom when wanted. */
static il_status add_metal_by_form(il_context *ctx, ledger *l, const ili_cell *cell, const double (*x)[3]) {
    il_ff *ff = l->ff;
    double energy;
    ili_rest rest = ili_rest_begin(ctx);
    if (!ff->eam_list) IL_TRY(plan_reference_metal(ctx, ff));
    IL_TRY(ili_nlist_update(ctx, ff->eam_list, cell, x));
    ili_rest_charge(ctx, ILI_TIME_NEIGHBOUR, &rest);
    ili_nlist_view list = ili_nlist_get(ff->eam_list);
    IL_TRY(ili_eam_compute(ctx, ff->model->eam, ff->model->eam_kind, ff->binding.type, &list, ff->binding.n,
                           ff->eam_work, &energy, &l->acc));
    return book(ctx, l, "eam", energy);
}

/** What the ions have by themselves: a constant, no force. */
static il_status add_onsite(il_context *ctx, ledger *l) {
    const ili_binding *b = &l->ff->binding;
    double energy = 0.0;
    if (l->acc.forces_only) return IL_OK;
    for (int32_t i = 0; i < b->n; i++) {
        double onsite = b->model->species[b->type[i]].onsite;
        energy += onsite;
        if (l->acc.e_atom) l->acc.e_atom[i] += onsite;
    }
    return book(ctx, l, "onsite", energy);
}

static il_status evaluate(il_context *ctx, il_ff *ff, const ili_cell *cell, const double (*x)[3],
                          ili_ff_result *result, unsigned parts, bool by_term) {
    size_t n = (size_t)ff->binding.n;
    ledger l = {.ff = ff, .result = result, .by_term = by_term};
    if (!result->f && !ff->f && !(ff->f = ili_alloc(n, sizeof *ff->f)))
        return ili_no_memory(ctx, "the forces");
    l.acc.f = result->f ? result->f : ff->f;
    l.acc.e_atom = result->e_atom;
    l.acc.forces_only = parts & ILI_FF_FORCES_ONLY;
    result->energy = 0.0;
    result->n_terms = 0;
    memset(l.acc.f, 0, n * sizeof *l.acc.f);
    if (l.acc.e_atom) memset(l.acc.e_atom, 0, n * sizeof *l.acc.e_atom);
    ili_rest rest = ili_rest_begin(ctx);
    ctx->timing.evaluations++;
    bool by_form = by_term || l.acc.e_atom;
    if (parts & ILI_FF_PAIRS) IL_TRY((by_form ? add_pairs_by_form : add_pairs)(ctx, &l, cell, x));
    ili_rest_charge(ctx, ILI_TIME_PAIRS, &rest);
    if (parts & ILI_FF_RECIPROCAL && ff->kspace) IL_TRY(add_kspace(ctx, &l, cell, x));
    ili_rest_charge(ctx, ILI_TIME_WAVES, &rest);
    if (parts & ILI_FF_BONDED && ff->bonded) IL_TRY(add_bonded(ctx, &l, cell, x));
    ili_rest_charge(ctx, ILI_TIME_BONDED, &rest);
    if (parts & ILI_FF_PAIRS && ff->metal)
        IL_TRY((by_term || l.acc.e_atom ? add_metal_by_form : add_metal)(ctx, &l, cell, x));
    ili_rest_charge(ctx, ILI_TIME_METAL, &rest);
    if (parts & ILI_FF_PAIRS) IL_TRY(add_onsite(ctx, &l));
    memcpy(result->w, l.acc.w, sizeof result->w);
    return check_forces(ctx, &l);
}

il_status ili_ff_evaluate(il_context *ctx, il_ff *ff, const ili_cell *cell, const double (*x)[3],
                          ili_ff_result *result) {
    return evaluate(ctx, ff, cell, x, result, ILI_FF_ALL, false);
}

il_status ili_ff_evaluate_terms(il_context *ctx, il_ff *ff, const ili_cell *cell, const double (*x)[3],
                                ili_ff_result *result) {
    ctx->timing.choice.list = "pairs one by one";
    ctx->timing.choice.skin = ctx->timing.choice.inner_skin = 0.0;
    return evaluate(ctx, ff, cell, x, result, ILI_FF_ALL, true);
}

il_status ili_ff_evaluate_parts(il_context *ctx, il_ff *ff, unsigned parts, const ili_cell *cell,
                                const double (*x)[3], ili_ff_result *result) {
    return evaluate(ctx, ff, cell, x, result, parts, false);
}

il_status ili_ff_refresh(il_context *ctx, il_ff *ff, const ili_cell *cell, const double (*x)[3]) {
    ili_pairs_fast_forget(ff->pairs);
    if (ff->reference_list) ili_nlist_forget(ff->reference_list);
    if (ff->metal) ili_eam_fast_forget(ff->metal);
    if (ff->eam_list) ili_nlist_forget(ff->eam_list);
    return ff->kspace ? ili_kspace_refresh(ctx, ff->kspace, cell, x) : IL_OK;
}

/** Widths of the thermal displacements, angstrom, by species; of masses that differ within one the mean of the squares. */
static void thermal_speeds(const il_ff *ff, const ili_ff_motion *m, double *speed, double *count) {
    const ili_binding *b = &ff->binding;
    for (int32_t i = 0; i < b->n; i++) {
        speed[b->type[i]] += ILI_KB * m->temperature / m->mass[i];
        count[b->type[i]] += 1.0;
    }
    for (int32_t s = 0; s < ff->model->n_species; s++)
        if (count[s] > 0.0) speed[s] = m->dt * sqrt(speed[s] / count[s]);
}

static il_status allow(il_context *ctx, il_ff *ff, const ili_motion *motion) {
    IL_TRY(ili_pairs_fast_allow(ctx, ff->pairs, motion));
    return ff->metal ? ili_eam_fast_allow(ctx, ff->metal, motion) : IL_OK;
}

il_status ili_ff_expect(il_context *ctx, il_ff *ff, const ili_ff_motion *m) {
    const double fs_per_ns = 1e6, lists = ff->metal ? 2.0 : 1.0;
    const size_t n = (size_t)ff->model->n_species;
    double *speed, *count;
    il_status status = IL_OK;
    ff->list_drift = m ? m->drift : 0.0;
    if (!m) return allow(ctx, ff, NULL);
    speed = ili_alloc(n, sizeof *speed);
    count = ili_alloc(n, sizeof *count);
    if (!speed || !count) IL_GO(ili_no_memory(ctx, "the thermal speeds"));
    thermal_speeds(ff, m, speed, count);
    const ili_motion motion = {m->drift * ILI_KB * m->temperature * m->dt / (fs_per_ns * lists), speed};
    IL_GO(allow(ctx, ff, &motion));
    ili_ff_tell_choice(ctx, ff);
out:
    ili_free(speed);
    ili_free(count);
    return status;
}

/** Evaluate as the options of the plan say, in the cell h. */
static il_status compute(il_context *ctx, il_ff *ff, const double h[3][3], const double (*x)[3],
                         const char *where, ili_cell *cell, ili_ff_result *result) {
    memcpy(cell->h, h, sizeof cell->h);
    memcpy(cell->pbc, ff->pbc, sizeof cell->pbc);
    IL_TRY(ili_cell_check(ctx, cell, where));
    return evaluate(ctx, ff, cell, x, result, ILI_FF_ALL, ff->options.analytic);
}

il_status il_ff_compute(il_context *ctx, il_ff *ff, const double h[3][3], const double (*x)[3],
                        double *energy, double (*f)[3], double stress[6]) {
    ili_cell cell;
    ili_ff_result result = {.f = f};
    IL_TRY(compute(ctx, ff, h, x, "il_ff_compute", &cell, &result));
    if (energy) *energy = result.energy;
    for (int k = 0; stress && k < 6; k++) stress[k] = -result.w[k] / ili_cell_volume(&cell);
    return IL_OK;
}

il_status il_ff_atom_energies(il_context *ctx, il_ff *ff, const double h[3][3], const double (*x)[3],
                              double *e) {
    ili_cell cell;
    ili_ff_result result = {.e_atom = e};
    return compute(ctx, ff, h, x, "il_ff_atom_energies", &cell, &result);
}

const char *il_ff_species(const il_ff *ff, int i) {
    return ff->model->species[ff->binding.type[i]].base.name;
}

const double *il_ff_charges(const il_ff *ff) {
    return ff->binding.charge;
}

const ili_binding *ili_ff_binding(const il_ff *ff) {
    return &ff->binding;
}

il_ff_options ili_ff_settings(const il_ff *ff) {
    return ff->options;
}

const ili_kspace *ili_ff_kspace(const il_ff *ff) {
    return ff->kspace;
}

double ili_ff_list_drift(const il_ff *ff) {
    return ff->list_drift;
}

double ili_ff_inner_skin(const il_ff *ff) {
    const double pairs = ili_pairs_fast_inner_skin(ff->pairs);
    return pairs > 0.0 || !ff->metal ? pairs : ili_eam_fast_inner_skin(ff->metal);
}

bool ili_ff_is_mixed(const il_ff *ff) {
    return ili_pairs_fast_is_single(ff->pairs) || (ff->kspace && ili_kspace_get_info(ff->kspace).is_single);
}
