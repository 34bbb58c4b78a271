/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A force field in action: a model bound to a system, with its lists, mesh and scratch. Public part: interlith.h. */
#ifndef ILI_FF_FF_H
#define ILI_FF_FF_H

#include "ff/bind.h"
#include "ff/kspace.h"

enum { ILI_TERMS_MAX = 32 };

typedef struct ili_term_energy {
    char name[32];
    double energy; /**< eV */
} ili_term_energy;

/** What a full evaluation gives; NULL arrays are not wanted. */
typedef struct ili_ff_result {
    double energy;  /**< eV */
    double w[6];    /**< virial, eV, xx yy zz yz xz xy */
    double (*f)[3]; /**< [n] eV/angstrom */
    double *e_atom; /**< [n] eV */
    int n_terms;    /**< filled by ili_ff_evaluate_terms only */
    ili_term_energy terms[ILI_TERMS_MAX];
} ili_ff_result;

/** Settings for a model: those given (NULL: none), the model's where they are NaN. IL_E_INPUT: out of range. */
il_status ili_ff_settle(il_context *ctx, const il_model *model, const il_ff_options *given,
                        il_ff_options *settled);
/** A Coulomb cut-off of 0, to be chosen by cost, becomes the one that a force field of these settings takes; the model's where the
 *  system has no charges. */
il_status ili_ff_settle_cutoff(il_context *ctx, const ili_binding *binding, const il_system *sys,
                               il_ff_options *settled);
/** Fast path: pair functions within 1e-9 of the analytic ones, in mixed precision 1e-6. */
il_status ili_ff_evaluate(il_context *ctx, il_ff *ff, const ili_cell *cell, const double (*x)[3],
                          ili_ff_result *result);
/** Reference path: analytic pair functions, energy by term. Slower; what `energy` reports. */
il_status ili_ff_evaluate_terms(il_context *ctx, il_ff *ff, const ili_cell *cell, const double (*x)[3],
                                ili_ff_result *result);
/** Parts of the energy that may be evaluated apart, for multiple time steps. */
enum {
    ILI_FF_BONDED = 1,     /**< bonds, angles, torsions, 1-4 and excluded pairs */
    ILI_FF_PAIRS = 2,      /**< pairs with the real-space Coulomb sum, embedded atoms, on-site energies */
    ILI_FF_RECIPROCAL = 4, /**< reciprocal Coulomb sum with self, background and slab terms */
    ILI_FF_ALL = 7,
    ILI_FF_FORCES_ONLY =
        8 /**< with the others: energy and virial are not wanted and left at 0; forces keep their bits */
};
/** The fast path for some parts only; the rest counts as zero. */
il_status ili_ff_evaluate_parts(il_context *ctx, il_ff *ff, unsigned parts, const ili_cell *cell,
                                const double (*x)[3], ili_ff_result *result);
/** Forget what earlier calls left behind (neighbour lists, mesh): the next evaluation gives the bits that a plan just made from
 *  the same system, then refreshed at this cell and these positions x [n][3], would give. */
il_status ili_ff_refresh(il_context *ctx, il_ff *ff, const ili_cell *cell, const double (*x)[3]);
/** What a run of dynamics tells its force field. */
typedef struct ili_ff_motion {
    double dt;          /**< fs between two evaluations of the pairs */
    double temperature; /**< K */
    double drift; /**< kT/atom/ns of the energy that pairs missed by lists may cost; 0: none is missed */
    const double *mass; /**< [n] eV fs^2/angstrom^2 */
} ili_ff_motion;
/** Let neighbour lists be used longer than the rule that no pair is missed, as far as the drift allows by an estimate (theory.md 9.13);
 *  NULL: that rule again, as after create, which cannot fail. Lists are made anew. IL_E_MEMORY. */
il_status ili_ff_expect(il_context *ctx, il_ff *ff, const ili_ff_motion *motion);
const ili_binding *ili_ff_binding(const il_ff *ff);
/** The settings in force after defaults were filled in. */
il_ff_options ili_ff_settings(const il_ff *ff);
/** Leave in ctx.timing what this one chose by itself, unless it was told of a larger system. */
void ili_ff_tell_choice(il_context *ctx, const il_ff *ff);
/** Coulomb plan; NULL: the model has no charges. */
const ili_kspace *ili_ff_kspace(const il_ff *ff);
/** As expected, kT/atom/ns; 0: lists miss no pair. */
double ili_ff_list_drift(const il_ff *ff);
/** Skin of the pruned list of the pairs, where there are none of the embedded atoms, angstrom. */
double ili_ff_inner_skin(const il_ff *ff);
/** Whether anything is computed in floats: not so where mixed precision was asked for of embedded atoms alone, say. */
bool ili_ff_is_mixed(const il_ff *ff);

#endif
