/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Oxidation states of a crystal: those of the file, else usual states that make the cell neutral. */
#ifndef ILI_SYSTEM_OXIDATION_H
#define ILI_SYSTEM_OXIDATION_H

#include "system/crystal.h"

/** Fill the oxidation of every occupant that has none (NaN), one state an element. Among the usual states of
 *  the elements the combination is taken that leaves |net charge| within the tolerance and uses the commonest
 *  states (smallest sum of ranks, those of anions counted four times, then smallest net charge, then the
 *  earlier element's commoner state). The tolerance is 1e-6 e for an ordered crystal and 2 % of the positive
 *  charge for refined occupancies. A crystal of metals alone gets 0. When nothing fits the states stay NaN
 *  and a warning says so; crystal->oxidation_source tells which case it was. */
void ili_oxidation_assign(il_context *ctx, ili_crystal *crystal);

#endif
