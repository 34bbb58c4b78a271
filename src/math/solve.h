/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A few linear equations. */
#ifndef ILI_MATH_SOLVE_H
#define ILI_MATH_SOLVE_H

#include <stdbool.h>

/** Solve a y = b of n equations by elimination with row pivots; row r of a begins at a + r * stride. b becomes y, a is spoilt. false:
 *  a is singular. */
bool ili_solve(int n, int stride, double *a, double *b);

#endif
