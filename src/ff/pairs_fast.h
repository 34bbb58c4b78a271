/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The fast path of the non-bonded pairs: a list over clusters (neigh/clusters.h) and vector kernels (ff/pair_kernel.h), in double
 *  or mixed precision (double where a pair reaches beyond 60 angstrom). The reference is ff/pairs.h. */
#ifndef ILI_FF_PAIRS_FAST_H
#define ILI_FF_PAIRS_FAST_H

#include "ff/accum.h"
#include "ff/motion.h"
#include "ff/pair_params.h"
#include "neigh/clusters.h"

typedef struct ili_pairs_fast ili_pairs_fast;

typedef struct ili_pairs_fast_plan {
    double short_cutoff, coulomb_cutoff; /**< angstrom */
    double alpha;                        /**< 1/angstrom; 0: no Coulomb sum */
    double skin;                         /**< angstrom */
    bool mixed; /**< single-precision arithmetic on exact differences of positions; sums in double */
} ili_pairs_fast_plan;

/** The binding is borrowed; its special pairs are left out. IL_E_MEMORY, IL_E_UNSUPPORTED (a cut-off and alpha out of all proportion). */
il_status ili_pairs_fast_create(il_context *ctx, const ili_binding *binding, const ili_pairs_fast_plan *plan,
                                ili_pairs_fast **out);
void ili_pairs_fast_destroy(ili_pairs_fast **pairs);
/** Bring the list up to date with x [n][3] in the cell. Statuses of ili_clusters_update. */
il_status ili_pairs_fast_update(il_context *ctx, ili_pairs_fast *pairs, const ili_cell *cell,
                                const double (*x)[3]);
/** Add forces and, unless acc->forces_only, virial at the last update; *energy eV, 0 when not wanted. acc->e_atom is left alone. The same
 *  bits at any thread count. IL_E_MEMORY; sums that are not finite are left to the caller, who knows the atoms. */
il_status ili_pairs_fast_compute(il_context *ctx, ili_pairs_fast *pairs, double *energy, ili_accum *acc);
/** Whether pairs are computed in floats: asked for, and there are pairs that allow it. */
bool ili_pairs_fast_is_single(const ili_pairs_fast *pairs);
/** Let the list miss pairs as far as motion allows (neigh/clusters.h); NULL: none, which cannot fail. The next update makes it anew.
 *  IL_E_MEMORY. */
il_status ili_pairs_fast_allow(il_context *ctx, ili_pairs_fast *pairs, const ili_motion *motion);
/** Skin to which rows are pruned, angstrom; 0: there is no list. */
double ili_pairs_fast_inner_skin(const ili_pairs_fast *pairs);
/** The next update makes its list anew. */
void ili_pairs_fast_forget(ili_pairs_fast *pairs);

#endif
