/* SPDX-License-Identifier: GPL-3.0-or-later */
/** One interval of a tabulated pair function: the quintic in t = (s - s0)/step, s = r^2, that takes value and slope at both ends
 *  and in the middle. Neighbouring intervals share value and slope, so the energy has a continuous slope and the force, taken
 *  from the same polynomial, is its exact derivative. */
#ifndef ILI_FF_QUINTIC_H
#define ILI_FF_QUINTIC_H

#include <stdbool.h>

enum { ILI_QUINTIC = 6 };
#define ILI_QUINTIC_STEP  0.08  /* angstrom^2 */
#define ILI_QUINTIC_ERROR 1e-10 /* of |U| + |s dU/ds|, plus the same in eV */

/** Energy at the distance r (angstrom) and its derivative by r. */
typedef double (*ili_radial)(const void *user, double r, double *derivative);

/** Powers of t on [s0, s0 + ILI_QUINTIC_STEP], s0 > 0. False: off by more than ILI_QUINTIC_ERROR at a quarter or three quarters. */
bool ili_quintic_fit(ili_radial function, const void *user, double s0, double c[ILI_QUINTIC]);

#endif
