/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Internal to Monte Carlo: the run, what a move proposes, and the table of moves. */
#ifndef ILI_MC_MC_STATE_H
#define ILI_MC_MC_STATE_H

#include "base/rng.h"
#include "mc/mc.h"

/** Step length of a move, as it adapts. */
typedef struct ili_mc_stride {
    double length, most;
    int64_t tried, accepted; /**< since it was changed last */
} ili_mc_stride;

/** Which sites are taken. Sites lie farther apart than two radii, so an atom is on one at most. */
typedef struct ili_mc_sites {
    int32_t n;
    double (*s)[3];   /**< [n] fractions */
    int32_t *n_on;    /**< [n] atoms on it */
    int32_t *of_atom; /**< [capacity] site of an atom, -1: none */
    size_t cap_s, cap_on;
} ili_mc_sites;

struct ili_mc {
    ili_mc_options o;
    const il_model *model;
    ili_trial *trial;
    int32_t capacity;
    double kT;
    double total_weight;
    double *mobile;        /**< [n_species] weight of an atom in displacement */
    int64_t *count;        /**< [n_species] atoms */
    ili_mc_stride *stride; /**< [n_species] displacement */
    ili_mc_stride volume, strain;
    ili_mc_sites sites;
    ili_mc_tally tally[ILI_MC_MOVES];
    ili_rng rng;
    int64_t n_moves;
    double drift;
};

/** A change of the configuration, and all of its acceptance but the energy: accepted with probability
 *  min(1, exp(ln_ratio - dE/kT)), theory.md (13.20). */
typedef struct ili_mc_proposal {
    int n_changes; /**< 0: the cell changes */
    ili_change change[ILI_CHANGES_MAX];
    ili_cell cell;
    double ln_ratio;
    ili_mc_stride *stride; /**< whose length was used; NULL: none */
} ili_mc_proposal;

/** One kind of move: all that the sampler knows of it. */
typedef struct ili_mc_kind {
    const char *name;
    /** What it needs of the options; asked when it has a weight. */
    il_status (*needs)(il_context *ctx, const ili_mc_options *o, const il_model *model);
    /** Draw a move; false: there is none now (no atom of the species, no empty site), which counts as rejected. */
    bool (*propose)(ili_mc *mc, ili_mc_proposal *p);
} ili_mc_kind;
extern const ili_mc_kind ili_mc_kinds[ILI_MC_MOVES];

/** mc_check.c: what all moves need, then each that has a weight. */
il_status ili_mc_check(il_context *ctx, const ili_mc_options *o, const il_model *model, const ili_cell *cell);
il_status ili_mc_needs_mobile(il_context *ctx, const ili_mc_options *o, const il_model *model);
il_status ili_mc_needs_exchanges(il_context *ctx, const ili_mc_options *o, const il_model *model);
il_status ili_mc_needs_reservoir(il_context *ctx, const ili_mc_options *o, const il_model *model);
il_status ili_mc_needs_switches(il_context *ctx, const ili_mc_options *o, const il_model *model);
il_status ili_mc_needs_pressure(il_context *ctx, const ili_mc_options *o, const il_model *model);

/** mc_sites.c: take over the sites of the options (room grows at set, never in the loop). */
il_status ili_mc_sites_set(il_context *ctx, ili_mc *mc, const ili_mc_reservoir *reservoir);
void ili_mc_sites_free(ili_mc_sites *sites);
/** Find the site of every atom anew. */
void ili_mc_sites_find(ili_mc *mc);
/** Follow a proposal that the trial has just accepted. */
void ili_mc_sites_follow(ili_mc *mc, const ili_mc_proposal *p);
/** Site that the point x is on, -1: none. */
int32_t ili_mc_sites_at(const ili_mc *mc, const double x[3]);
int32_t ili_mc_sites_empty(const ili_mc *mc);
/** Is atom i of the reservoir's species, and alone on a site? */
bool ili_mc_sites_alone(const ili_mc *mc, int32_t i);

#endif
