/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A sparse model of the second derivatives of the energy, for minimisers: theory.md (7.3)-(7.5). Pairs nearer than a reach,
 *  each by the curvature and slope of its own functions, the Coulomb ones screened; embedded atoms as pairs at the densities of
 *  the moment; bonds, angles and torsions along their internal coordinates. It need not be positive definite. */
#ifndef ILI_FF_STIFFNESS_H
#define ILI_FF_STIFFNESS_H

#include "ff/ff.h"
#include "math/couplings.h"

typedef struct ili_stiffness ili_stiffness;

/** For the model, atoms and settings of a plan, which is borrowed. IL_E_MEMORY. */
il_status ili_stiffness_create(il_context *ctx, const il_ff *ff, ili_stiffness **out);
void ili_stiffness_destroy(ili_stiffness **stiffness);
/** Second derivatives, eV/angstrom^2, at positions x [n][3] in the cell, into `out`, made for as many atoms. IL_E_MEMORY,
 *  IL_E_NONFINITE as a neighbour list. */
il_status ili_stiffness_compute(il_context *ctx, ili_stiffness *stiffness, const ili_cell *cell,
                                const double (*x)[3], ili_couplings *out);

#endif
