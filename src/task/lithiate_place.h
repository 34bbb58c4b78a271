/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Where the next ion of a lithiation goes. theory.md, "Insertion". */
#ifndef ILI_TASK_LITHIATE_PLACE_H
#define ILI_TASK_LITHIATE_PLACE_H

#include "base/rng.h"
#include "task/lithiate.h"

/** Radius of voids, angstrom, below which an ion is forced in. */
#define ILI_VOID_TIGHT 1.2

/** Species of the model that is put in: lithium whose charge is that of the electron it brings, with the sign turned; of several
 *  the first. IL_E_INPUT: the model has none. */
il_status ili_lithiate_ion(il_context *ctx, const il_model *model, int32_t *species);

/** The best place for one more ion with its electron, or one drawn by Boltzmann's weights (settings->temperature > 0), x out.
 *  Voids that hold an ion are ranked by the energy of the ion put there, with its electron, in the lattice as it is; the best
 *  `candidates` of them by the energy after the ion alone has moved to its minimum. sys and balance are as before afterwards,
 *  but for names of species that were added. least: voids down to this radius had to be looked at, angstrom, out; below
 *  ILI_VOID_TIGHT the structure is dense.
 *  IL_E_INPUT when no void holds an ion. */
il_status ili_lithiate_place(il_context *ctx, const ili_lithiate_settings *settings, ili_balance *balance,
                             il_system *sys, ili_rng *rng, double x[3], double *least);
/** Put one ion with its electron at x. */
il_status ili_lithiate_insert(il_context *ctx, const ili_lithiate_settings *settings, ili_balance *balance,
                              il_system *sys, const double x[3]);
/** Take the last ion and its electron out. */
il_status ili_lithiate_remove(il_context *ctx, ili_balance *balance, il_system *sys);

#endif
