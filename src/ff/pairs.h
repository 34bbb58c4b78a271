/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Non-bonded pairs: every pair form of the model plus the real-space part of the Ewald sum. The reference, over a half list by
 *  the forms themselves, with energies by form and by atom; and sums of energies from tables, for trials. The fast path is
 *  ff/pairs_fast.h. */
#ifndef ILI_FF_PAIRS_H
#define ILI_FF_PAIRS_H

#include "ff/accum.h"
#include "ff/bind.h"
#include "neigh/nlist.h"

typedef struct ili_pairs ili_pairs;

/** Squared distance at which the tables begin, angstrom^2: nearer atoms overlap. */
#define ILI_PAIRS_NEAREST2 0.08
enum { ILI_PAIRS_BATCH = 256 };

/** alpha 0: bare truncated Coulomb is not offered, so alpha must be > 0 when the binding has charges; charges are
 *  constant within a species. Cut-offs in angstrom. The binding is borrowed. */
il_status ili_pairs_create(il_context *ctx, const ili_binding *binding, double short_cutoff,
                           double coulomb_cutoff, double alpha, ili_pairs **out);
void ili_pairs_destroy(ili_pairs **pairs);
/** Longest distance at which two species interact: rc [n_species^2], angstrom; 0 = never. For the list. */
const double *ili_pairs_reach(const ili_pairs *pairs);
/** Adds into acc. energy_by_form [n_forms + 1], eV: by the index of ili_pairs_form_name, Coulomb last. Same bits at any thread
 *  count. IL_E_MEMORY; non-finite sums are left to the caller, who knows the atoms. */
il_status ili_pairs_reference(il_context *ctx, ili_pairs *pairs, const ili_nlist_view *list,
                              double *energy_by_form, ili_accum *acc);
/** Make the tables of ili_pairs_sum, once. IL_E_MEMORY. */
il_status ili_pairs_tabulate(il_context *ctx, ili_pairs *pairs);
/** Energy (eV) of an atom of species a with m <= ILI_PAIRS_BATCH others of species b [m] at squared distances s [m]
 *  (angstrom^2), from the tables, which ili_pairs_tabulate has made; what lies beyond the reach of its pair counts nothing, and what is nearer
 *  than the tables begin gives +infinity. Only species that occur in the binding. Thread-safe. */
double ili_pairs_sum(const ili_pairs *pairs, int32_t a, int32_t m, const int32_t *b, const double *s);
/** Distinct pair forms of the model. */
int ili_pairs_n_forms(const ili_pairs *pairs);
const char *ili_pairs_form_name(const ili_pairs *pairs, int index);

#endif
