/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Eigenvalues and eigenvectors of a symmetric matrix by Jacobi's rotations: small matrices (n up to some hundreds), every digit. */
#ifndef ILI_MATH_EIGEN_H
#define ILI_MATH_EIGEN_H

/** a [n][n] symmetric, in; destroyed: its diagonal holds the eigenvalues, in no order. Row k of v [n][n] is the normalised vector
 *  of value k. false: did not settle in 60 sweeps (a number in it is not finite). */
int ili_eigen_symmetric(int n, double *a, double *v);

#endif
