/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Where along an axis one kind of matter gives way to the next: layers of a stack from the heights of its atoms.
 *  eq. theory.md (11.29) */
#ifndef ILI_ANALYSIS_STRATA_H
#define ILI_ANALYSIS_STRATA_H

#include "base/context.h"

enum { ILI_STRATA_MAX = 16, ILI_KINDS_MAX = 16 };

typedef struct ili_strata {
    int n;
    bool is_ring;                      /**< they fill the period: the last bound is the first plus 1 */
    int32_t kind[ILI_STRATA_MAX];      /**< of each layer, from below */
    double bounds[ILI_STRATA_MAX + 1]; /**< fractions, rising; the first in [0, 1) where the axis repeats */
    int64_t misplaced;                 /**< atoms in a layer of another kind */
} ili_strata;

/** The sequence of layers with the fewest misplaced atoms, when every change of kind costs as many as half a layer of 3 angstrom
 *  holds. Outermost planes lie 2 angstrom beyond the atoms; a gap of more than 6 angstrom in a period is outside the stack.
 *  t     [n]  fraction of the axis          kind  [n]  from 0, below ILI_KINDS_MAX; -1: does not count
 *  width      angstrom for a fraction of 1, normal to the layers
 *  returns IL_OK; IL_E_INPUT, beginning with `where`: no atom counts, more than ILI_STRATA_MAX layers; IL_E_MEMORY. */
il_status ili_strata_find(il_context *ctx, int32_t n, const double *t, const int32_t *kind, double width,
                          bool is_periodic, const char *where, ili_strata *strata);

#endif
