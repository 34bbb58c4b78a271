/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Non-bonded pairs: every pair form of the model plus the real-space part of the Ewald sum, over a half list.
 *  Two kernels share the list and the loops: a fast one on tables and a reference one on the forms themselves. */
#ifndef ILI_FF_PAIRS_H
#define ILI_FF_PAIRS_H

#include "ff/accum.h"
#include "ff/bind.h"
#include "neigh/nlist.h"

typedef struct ili_pairs ili_pairs;

/** alpha 0: bare truncated Coulomb is not offered, so alpha must be > 0 when the binding has charges; charges are
 *  constant within a species. Cut-offs in angstrom. The binding is borrowed. */
il_status ili_pairs_create(il_context *ctx, const ili_binding *binding, double short_cutoff,
                           double coulomb_cutoff, double alpha, ili_pairs **out);
void ili_pairs_destroy(ili_pairs **pairs);
/** Longest distance at which two species interact: rc [n_species^2], angstrom; 0 = never. For the list. */
const double *ili_pairs_reach(const ili_pairs *pairs);
/** Adds into acc; *energy is the sum (eV). Same bits at any thread count.
 *  IL_E_MEMORY; non-finite sums are left to the caller, who knows the atoms. */
il_status ili_pairs_fast(il_context *ctx, ili_pairs *pairs, const ili_nlist_view *list, double *energy,
                         ili_accum *acc);
/** The same by the analytic forms. energy_by_form [n_forms + 1]: by the index of ili_pairs_form, Coulomb last. */
il_status ili_pairs_reference(il_context *ctx, ili_pairs *pairs, const ili_nlist_view *list,
                              double *energy_by_form, ili_accum *acc);
/** Distinct pair forms of the model. */
int ili_pairs_n_forms(const ili_pairs *pairs);
const char *ili_pairs_form_name(const ili_pairs *pairs, int index);

#endif
