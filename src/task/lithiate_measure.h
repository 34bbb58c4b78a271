/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What is measured at one composition of a lithiation. theory.md, "Insertion". */
#ifndef ILI_TASK_LITHIATE_MEASURE_H
#define ILI_TASK_LITHIATE_MEASURE_H

#include "task/lithiate.h"

/** Strain that takes the cell `from` to `to`, whatever rotation lies between them: (F F^T)^(1/2) - 1 with to = from F, out in the
 *  order xx yy zz yz xz xy. theory.md (13.42). */
void ili_lithiate_strain(const double from[3][3], const double to[3][3], double strain[6]);

/** All of the point but x, n_li, energies and converged. origin: the relaxed host at x = 0, whose atoms come first in sys;
 *  model: what sys is bound to. IL_E_MEMORY and what binding returns. */
il_status ili_lithiate_measure(il_context *ctx, const ili_lithiate_settings *settings, const il_model *model,
                               const il_system *origin, const ili_balance *balance, const il_system *sys,
                               ili_lithiate_point *point);
/** e_insertion against `origin` and voltage against `before` (NULL: none), from energies and counts of Li. */
void ili_lithiate_energies(double li_metal, const ili_lithiate_point *origin,
                           const ili_lithiate_point *before, ili_lithiate_point *point);

#endif
