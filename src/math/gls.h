/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Generalised least squares: weights of the best linear unbiased estimator under a given covariance. */
#ifndef ILI_MATH_GLS_H
#define ILI_MATH_GLS_H

#include <stdbool.h>

/** w = (X^T C^-1 X)^-1 X^T C^-1: parameter a is estimated by sum_i w[a][i] y[i].
 *  x  [n][p]  design, in                       w  [p][n]  weights, out
 *  c  [n][n]  covariance up to a factor, symmetric positive definite; destroyed
 *  false: c is not positive definite, X has not full rank, or memory ran out (w then undefined). n >= p >= 1.
 *  eq.  theory.md (10.7) */
bool ili_gls_weights(int n, int p, const double *x, double *c, double *w);

#endif
