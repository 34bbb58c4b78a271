/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The sampler: draw a move from the table, propose, accept or reject, count, adapt. */
#include "mc/mc.h"

#include "base/alloc.h"
#include "base/timing.h"
#include "math/units.h"
#include "mc/mc_state.h"

#include <math.h>
#include <string.h>

/** Steps adapt after so many tries towards this share of accepted ones. */
enum { WINDOW = 100 };
static const double WANTED = 0.4, VOLUME_MOST = 0.5, STRAIN_MOST = 0.1;

ili_mc_options ili_mc_defaults(void) {
    return (ili_mc_options){.temperature = 300.0,
                            .pressure = NAN,
                            .weight[ILI_MC_DISPLACE] = 1.0,
                            .displacement = 0.2,
                            .volume_step = 0.02,
                            .strain_step = 0.005,
                            .reservoir = {.species = -1},
                            .seed = 1,
                            .resum_every = 1000};
}

const char *ili_mc_move_name(ili_mc_move move) {
    return ili_mc_kinds[move].name;
}

/* ---- making and setting ----------------------------------------------------------------------------------- */

static void count_species(ili_mc *mc) {
    const int32_t *species = ili_trial_species(mc->trial);
    memset(mc->count, 0, (size_t)mc->model->n_species * sizeof *mc->count);
    for (int32_t i = 0; i < ili_trial_n_atoms(mc->trial); i++) mc->count[species[i]]++;
}

/** Weights of displacement by species; those of a lattice gas stay on their sites. */
static void set_mobile(ili_mc *mc) {
    const ili_mc_options *o = &mc->o;
    for (int32_t s = 0; s < mc->model->n_species; s++) mc->mobile[s] = o->n_mobile ? 0.0 : 1.0;
    for (int k = 0; k < o->n_mobile; k++)
        mc->mobile[o->mobile[k]] = o->mobile_weight[k] > 0.0 ? o->mobile_weight[k] : 1.0;
    if (o->reservoir.species >= 0 && o->reservoir.n_sites && o->reservoir.is_lattice)
        mc->mobile[o->reservoir.species] = 0.0;
}

il_status ili_mc_set(il_context *ctx, ili_mc *mc, const ili_mc_options *options) {
    IL_TRY(ili_mc_check(ctx, options, mc->model, ili_trial_cell(mc->trial)));
    IL_TRY(ili_mc_sites_set(ctx, mc, &options->reservoir));
    mc->o = *options;
    mc->o.reservoir.sites = (const double(*)[3])mc->sites.s;
    mc->kT = ILI_KB * options->temperature;
    mc->total_weight = 0.0;
    for (int m = 0; m < ILI_MC_MOVES; m++) mc->total_weight += options->weight[m];
    memset(mc->tally, 0, sizeof mc->tally);
    set_mobile(mc);
    ili_mc_sites_find(mc);
    return IL_OK;
}

static void set_strides(ili_mc *mc) {
    double width[3];
    ili_cell_widths(ili_trial_cell(mc->trial), width);
    double most = 0.5 * fmin(width[0], fmin(width[1], width[2]));
    for (int32_t s = 0; s < mc->model->n_species; s++)
        mc->stride[s] = (ili_mc_stride){.length = fmin(mc->o.displacement, most), .most = most};
    mc->volume = (ili_mc_stride){.length = fmin(mc->o.volume_step, VOLUME_MOST), .most = VOLUME_MOST};
    mc->strain = (ili_mc_stride){.length = fmin(mc->o.strain_step, STRAIN_MOST), .most = STRAIN_MOST};
}

il_status ili_mc_create(il_context *ctx, const ili_mc_options *options, const il_model *model,
                        ili_trial *trial, ili_mc **out) {
    il_status status = IL_OK;
    size_t n = (size_t)model->n_species;
    *out = NULL;
    ili_mc *mc = ili_alloc(1, sizeof *mc);
    if (!mc) return ili_no_memory(ctx, "Monte Carlo");
    mc->model = model;
    mc->trial = trial;
    mc->capacity = ili_trial_capacity(trial);
    mc->mobile = ili_alloc(n, sizeof *mc->mobile);
    mc->count = ili_alloc(n, sizeof *mc->count);
    mc->stride = ili_alloc(n, sizeof *mc->stride);
    mc->sites.of_atom = ili_alloc((size_t)mc->capacity, sizeof *mc->sites.of_atom);
    if (!mc->mobile || !mc->count || !mc->stride || !mc->sites.of_atom)
        IL_GO(ili_no_memory(ctx, "Monte Carlo"));
    IL_GO(ili_mc_set(ctx, mc, options));
    set_strides(mc);
    count_species(mc);
    mc->rng = ili_rng_make(options->seed, UINT64_C(0x4d43) << 48);
    *out = mc;
    mc = NULL;
out:
    ili_mc_destroy(&mc);
    return status;
}

void ili_mc_destroy(ili_mc **out) {
    if (!out || !*out) return;
    ili_mc *mc = *out;
    ili_mc_sites_free(&mc->sites);
    ili_free(mc->mobile);
    ili_free(mc->count);
    ili_free(mc->stride);
    ili_free(mc);
    *out = NULL;
}

/* ---- running ---------------------------------------------------------------------------------------------- */

static ili_mc_move draw_kind(ili_mc *mc) {
    double r = ili_rng_uniform(&mc->rng) * mc->total_weight;
    int last = 0;
    for (int m = 0; m < ILI_MC_MOVES; m++) {
        if (!(mc->o.weight[m] > 0.0)) continue;
        last = m;
        r -= mc->o.weight[m];
        if (r < 0.0) break;
    }
    return last;
}

/** Counts follow an accepted proposal. Called before the trial accepts: the old species are still there. */
static void recount(ili_mc *mc, const ili_mc_proposal *p) {
    const int32_t *species = ili_trial_species(mc->trial);
    for (int k = 0; k < p->n_changes; k++) {
        const ili_change *c = &p->change[k];
        if (c->kind == ILI_CHANGE_DELETE || c->kind == ILI_CHANGE_SPECIES) mc->count[species[c->atom]]--;
        if (c->kind == ILI_CHANGE_INSERT || c->kind == ILI_CHANGE_SPECIES) mc->count[c->species]++;
    }
}

/** Towards the wanted share, by a factor of two at most. A step length that depends on the past breaks detailed balance:
 *  done while equilibrating only. */
static void adapt(ili_mc_stride *stride, bool is_accepted) {
    stride->accepted += is_accepted;
    if (++stride->tried < WINDOW) return;
    double factor = (double)stride->accepted / (double)stride->tried / WANTED;
    double length = stride->length * fmin(fmax(factor, 0.5), 2.0);
    stride->length = fmin(fmax(length, 1e-6 * stride->most), stride->most);
    stride->tried = stride->accepted = 0;
}

/** eq.  theory.md (13.20) */
static il_status one_move(il_context *ctx, ili_mc *mc) {
    ili_mc_proposal p = {0};
    double delta = INFINITY;
    ili_mc_move move = draw_kind(mc);
    mc->tally[move].tried++;
    if (!ili_mc_kinds[move].propose(mc, &p)) return IL_OK;
    if (p.n_changes)
        IL_TRY(ili_trial_propose(ctx, mc->trial, p.n_changes, p.change, &delta));
    else
        IL_TRY(ili_trial_propose_cell(ctx, mc->trial, &p.cell, &delta));
    if (isnan(delta) || delta == -INFINITY)
        return ili_fail(ctx, IL_E_NONFINITE, "Monte Carlo move %lld (%s): the energy changes by %g eV",
                        (long long)mc->n_moves, ili_mc_kinds[move].name, delta);
    bool is_accepted = log(ili_rng_uniform(&mc->rng)) < p.ln_ratio - delta / mc->kT;
    if (is_accepted) {
        recount(mc, &p);
        ili_trial_accept(mc->trial);
        ili_mc_sites_follow(mc, &p);
        mc->tally[move].accepted++;
    }
    if (p.stride && mc->o.is_equilibrating) adapt(p.stride, is_accepted);
    return IL_OK;
}

static il_status sum_anew(il_context *ctx, ili_mc *mc) {
    double drift = 0.0;
    IL_TRY(ili_trial_resum(ctx, mc->trial, &drift));
    mc->drift = fmax(mc->drift, fabs(drift));
    return IL_OK;
}

static il_status run_moves(il_context *ctx, ili_mc *mc, int64_t n_moves, int64_t every, ili_mc_observer see,
                           void *user) {
    const int64_t start = mc->n_moves, end = start + n_moves;
    while (mc->n_moves < end) {
        IL_TRY(one_move(ctx, mc));
        mc->n_moves++;
        bool is_summed = mc->n_moves % mc->o.resum_every == 0;
        if (is_summed) IL_TRY(sum_anew(ctx, mc));
        if (see && mc->n_moves % every == 0) IL_TRY(see(ctx, user, mc));
        if (is_summed && ili_progress(ctx, "sampling", (double)(mc->n_moves - start) / (double)n_moves) &&
            mc->n_moves < end)
            return ili_fail(ctx, IL_E_INTERRUPTED, "interrupted after Monte Carlo move %lld",
                            (long long)mc->n_moves);
    }
    return IL_OK;
}

/* ---- asking ----------------------------------------------------------------------------------------------- */

const ili_trial *ili_mc_trial(const ili_mc *mc) {
    return mc->trial;
}

int64_t ili_mc_moves(const ili_mc *mc) {
    return mc->n_moves;
}

int64_t ili_mc_count(const ili_mc *mc, int32_t species) {
    return mc->count[species];
}

ili_mc_tally ili_mc_tally_of(const ili_mc *mc, ili_mc_move move) {
    return mc->tally[move];
}

ili_mc_options ili_mc_settings(const ili_mc *mc) {
    ili_mc_options o = mc->o;
    o.volume_step = mc->volume.length;
    o.strain_step = mc->strain.length;
    return o;
}

double ili_mc_step(const ili_mc *mc, int32_t species) {
    return mc->stride[species].length;
}

double ili_mc_drift(const ili_mc *mc) {
    return mc->drift;
}

/* ---- saving ----------------------------------------------------------------------------------------------- */

static void carry_stride(ili_mc_stride *s, ili_bytes *b) {
    ili_bytes_carry(b, &s->length, sizeof s->length);
    ili_bytes_carry(b, &s->tried, sizeof s->tried);
    ili_bytes_carry(b, &s->accepted, sizeof s->accepted);
}

static void carry_rng(ili_rng *rng, ili_bytes *b) {
    ili_bytes_carry(b, &rng->seed, sizeof rng->seed);
    ili_bytes_carry(b, &rng->stream, sizeof rng->stream);
    ili_bytes_carry(b, &rng->counter, sizeof rng->counter);
    ili_bytes_carry(b, rng->block, sizeof rng->block);
    ili_bytes_carry(b, &rng->left, sizeof rng->left);
}

void ili_mc_carry(ili_mc *mc, ili_bytes *b) {
    ili_bytes_expect(b, mc->model->n_species);
    ili_trial_carry(mc->trial, b);
    ili_bytes_carry(b, &mc->n_moves, sizeof mc->n_moves);
    ili_bytes_carry(b, &mc->drift, sizeof mc->drift);
    ili_bytes_carry(b, mc->tally, sizeof mc->tally);
    for (int32_t s = 0; s < mc->model->n_species; s++) carry_stride(&mc->stride[s], b);
    carry_stride(&mc->volume, b);
    carry_stride(&mc->strain, b);
    carry_rng(&mc->rng, b);
    if (!b->is_restoring || b->failed) return;
    count_species(mc);
    ili_mc_sites_find(mc);
}

il_status ili_mc_run(il_context *ctx, ili_mc *mc, int64_t n_moves, int64_t every, ili_mc_observer see,
                     void *user) {
    ili_rest rest = ili_rest_begin(ctx);
    il_status status = run_moves(ctx, mc, n_moves, every, see, user);
    ili_rest_charge(ctx, ILI_TIME_TRIALS, &rest);
    return status;
}
