/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Places for the atoms of a chain set: chains grow side by side, bond by bond, around what is already
 *  there. */
#ifndef ILI_BUILD_CHAIN_GROWTH_H
#define ILI_BUILD_CHAIN_GROWTH_H

#include "base/rng.h"
#include "build/chain_set.h"

/** Grow all chains into the free space of `body` (its springs are not read) and write x [n][3], angstrom,
 *  each chain whole; guests of the set are in x already, and stay. Torsions are drawn with the Boltzmann weights of the unit at `temperature` (K).
 *  Bonds and angles are ideal; contacts may be as short as a third of the contact distance: push them off
 *  afterwards. IL_E_NOT_CONVERGED when the chains find no room; IL_E_MEMORY. Depends on rng alone, never
 *  on threads. */
il_status ili_chain_grow(il_context *ctx, const ili_polymer_unit *unit, const ili_chain_set *set,
                         const ili_soft_body *body, double temperature, ili_rng *rng, double (*x)[3]);

#endif
