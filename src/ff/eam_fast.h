/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Energy and forces of the embedded atoms of a system over a cluster list, by tables and vectors; eam.h has the model and the
 *  reference path. Only the atoms that have a kind are looked at, so the cost is that of the metal and its donors. */
#ifndef ILI_FF_EAM_FAST_H
#define ILI_FF_EAM_FAST_H

#include "ff/eam.h"
#include "ff/motion.h"

typedef struct ili_eam_fast ili_eam_fast;

/** kind [n_types], type [n]: as ili_eam_compute; at least one atom is embedded. eam is borrowed. skin of the list, angstrom.
 *  IL_E_MEMORY. */
il_status ili_eam_fast_create(il_context *ctx, const ili_eam_functions *eam, const int32_t *kind,
                              int32_t n_types, int32_t n, const int32_t *type, double skin,
                              ili_eam_fast **out);
void ili_eam_fast_destroy(ili_eam_fast **fast);
/** Let the list miss pairs as far as motion allows (neigh/clusters.h); NULL: none, which cannot fail. The next call makes it anew.
 *  IL_E_MEMORY. */
il_status ili_eam_fast_allow(il_context *ctx, ili_eam_fast *fast, const ili_motion *motion);
/** Skin to which rows are pruned, angstrom. */
double ili_eam_fast_inner_skin(const ili_eam_fast *fast);
/** Make the next call rebuild the list, whatever moved. */
void ili_eam_fast_forget(ili_eam_fast *fast);
/** Adds into acc (e_atom is not looked at); *energy, eV, receives the sum, 0 with acc->forces_only. The forces have the same bits at any
 *  thread count and whether energies are wanted or not. IL_E_NONFINITE names the atom; IL_E_MEMORY. */
il_status ili_eam_fast_compute(il_context *ctx, ili_eam_fast *fast, const ili_cell *cell,
                               const double (*x)[3], double *energy, ili_accum *acc);

#endif
