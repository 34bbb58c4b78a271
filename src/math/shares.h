/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Minimum of an energy over shares of a fixed sum, each between 0 and a whole number, where the energy may have kinks at whole
 *  shares: an active-set Newton method in which every whole number is a face that a share can rest on. */
#ifndef ILI_MATH_SHARES_H
#define ILI_MATH_SHARES_H

#include "base/context.h"

/** Energy at shares n [m], with derivatives taken inside the unit intervals [segment[i], segment[i] + 1] that the shares lie
 *  in or at the end of. gradient [m] and hessian [m][m] may be NULL: not wanted. The hessian need not be exact. */
typedef void (*ili_share_fn)(void *user, const double *n, const int *segment, double *energy,
                             double *gradient, double *hessian);

typedef struct ili_share_problem {
    int m;
    const int *top; /**< [m] highest share of each, > 0 */
    ili_share_fn energy;
    void *user;
} ili_share_problem;

/** n [m] inout: feasible shares, whose sum stays; at the end the gradients of all shares that do not rest are equal within 1e-9
 *  (lambda), and a resting share would not gain by moving: slope to the right >= lambda, slope to the left <= lambda, within 1e-7.
 *  *is_convex, out: the energy was convex wherever a step was taken; else the minimum is a local one.
 *  IL_E_MEMORY; IL_E_NOT_CONVERGED; IL_E_NONFINITE. */
il_status ili_shares_minimise(il_context *ctx, const ili_share_problem *problem, double *n, bool *is_convex);

#endif
