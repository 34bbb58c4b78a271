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

/** Fast path: tabulated pair functions (error under 1e-9 of the analytic ones). */
il_status ili_ff_evaluate(il_context *ctx, il_ff *ff, const ili_cell *cell, const double (*x)[3],
                          ili_ff_result *result);
/** Reference path: analytic pair functions, energy by term. Slower; what `energy` reports. */
il_status ili_ff_evaluate_terms(il_context *ctx, il_ff *ff, const ili_cell *cell, const double (*x)[3],
                                ili_ff_result *result);
const ili_binding *ili_ff_binding(const il_ff *ff);
/** The settings in force after defaults were filled in. */
il_ff_options ili_ff_settings(const il_ff *ff);
/** Coulomb plan; NULL: the model has no charges. */
const ili_kspace *ili_ff_kspace(const il_ff *ff);

#endif
