/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The smooth part of the real-space Ewald sum as one polynomial.
 *
 *      erfc(alpha r)/r = 1/r - g(s),   g(s) = erf(alpha r)/r,   s = r^2
 *
 *  g is an entire function of s, so its Chebyshev series on [0, rc^2] falls faster than any power: a dozen terms are enough for
 *  single precision, about 25 for double. Kernels take it in powers of t = s scale - 1 in [-1, 1]; these lose nothing, for
 *  sum |c_k| is about g(0), the maximum of g. Force and energy belong to the same polynomial. */
#ifndef ILI_FF_EWALD_POLY_H
#define ILI_FF_EWALD_POLY_H

#include "base/context.h"

enum { ILI_EWALD_POLY_MAX = 64 };

typedef struct ili_ewald_poly {
    int n;                        /**< coefficients c; d has one less */
    double scale;                 /**< t = s scale - 1, 1/angstrom^2 */
    double c[ILI_EWALD_POLY_MAX]; /**< g = sum c[k] t^k, 1/angstrom */
    double d[ILI_EWALD_POLY_MAX]; /**< dg/ds = sum d[k] t^k, 1/angstrom^3 */
    double error;                 /**< bound of the error of g over g(0), of the series before rounding */
    double slope_error;           /**< the same of dg/ds over its value at 0 */
} ili_ewald_poly;

/** The shortest polynomial on r <= rc (angstrom) whose slope_error is at most `error`. IL_E_UNSUPPORTED when ILI_EWALD_POLY_MAX
 *  coefficients are too few: alpha rc > 7 or so, where the whole sum is far below rounding. */
il_status ili_ewald_poly_make(il_context *ctx, double alpha, double rc, double error, ili_ewald_poly *out);

#endif
