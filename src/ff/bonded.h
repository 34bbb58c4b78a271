/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Bonds, angles and torsions over the lists of a binding; and the special (1-2, 1-3, 1-4) non-bonded pairs. */
#ifndef ILI_FF_BONDED_H
#define ILI_FF_BONDED_H

#include "ff/accum.h"
#include "ff/bind.h"

/** Energies, eV. */
typedef struct ili_bonded_energy {
    double bond, angle, torsion, pair14, coulomb_special;
} ili_bonded_energy;

/** The lists of a binding, sorted for vectors and threads. */
typedef struct ili_bonded ili_bonded;

/** Borrows the binding; types, charges and lists must stay. short_cutoff: the one in force for entries whose cut-off is NaN.
 *  IL_E_MEMORY. */
il_status ili_bonded_create(il_context *ctx, const ili_binding *binding, double short_cutoff,
                            ili_bonded **out);
void ili_bonded_destroy(ili_bonded **bonded);
/** Writes *energy; adds forces, virial, per-atom energies (shared equally by the atoms of an item). Specials: the pair terms of the
 *  model times scale_lj, plus q_i q_j (scale_coulomb - erf(alpha r))/r, which cancels the reciprocal part of excluded
 *  pairs; alpha 0 leaves scale_coulomb/r alone. IL_E_NONFINITE names the atoms; IL_E_MEMORY on the first call with more threads
 *  than before. The same bits at any number of threads; energy and virial are 0 with acc->forces_only. */
il_status ili_bonded_compute(il_context *ctx, ili_bonded *bonded, const ili_cell *cell, const double (*x)[3],
                             double alpha, ili_bonded_energy *energy, ili_accum *acc);
/** The same item by item in the order of the lists, as the equations stand; slower. What the other one is tested against. */
il_status ili_bonded_reference(il_context *ctx, const ili_binding *binding, const ili_cell *cell,
                               const double (*x)[3], double short_cutoff, double alpha,
                               ili_bonded_energy *energy, ili_accum *acc);

/** An internal coordinate and its slope: u of the bond (2 atoms), angle (3) or torsion (4) of `atom`, angstrom or radian, and
 *  g [n_atoms][3] = du/dx of each atom, which add up to 0. */
void ili_bonded_slope(const ili_cell *cell, const double (*x)[3], int n_atoms, const int32_t *atom, double *u,
                      double (*g)[3]);

#endif
