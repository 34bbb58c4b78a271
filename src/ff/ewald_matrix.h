/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The Coulomb energy as a quadratic form in a few charges, the others being fixed: for charges that are to be found. */
#ifndef ILI_FF_EWALD_MATRIX_H
#define ILI_FF_EWALD_MATRIX_H

#include "system/system.h"

/** E = 1/2 sum_ab q_a A_ab q_b + sum_a q_a V_a + (energy of the others among themselves), relative accuracy about 1e-12,
 *  with the neutralising background of a charged cell.
 *  m, atom [m]  the atoms whose charges are free, ascending, in
 *  charge [n]   e, of all atoms of sys (those of the free ones are not read), in
 *  a [m][m]     eV/e^2, out;  v [m]  eV/e, out
 *  IL_E_UNSUPPORTED unless the cell repeats along all three vectors; IL_E_MEMORY; IL_E_NONFINITE.
 *  eq. theory.md (4.2)-(4.6) */
il_status ili_ewald_matrix(il_context *ctx, const il_system *sys, const double *charge, int32_t m,
                           const int32_t *atom, double *a, double *v);

#endif
