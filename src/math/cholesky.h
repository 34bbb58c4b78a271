/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Dense symmetric positive definite systems. */
#ifndef ILI_MATH_CHOLESKY_H
#define ILI_MATH_CHOLESKY_H

#include <stdbool.h>

/** a [n][n] = L L^T: L replaces the lower triangle, which alone is read. false: a is not positive definite (it is then spoilt). */
bool ili_cholesky(int n, double *a);
/** b [n][m] becomes L^-1 b, L^-T b. */
void ili_cholesky_forward(int n, int m, const double *l, double *b);
void ili_cholesky_backward(int n, int m, const double *l, double *b);

#endif
