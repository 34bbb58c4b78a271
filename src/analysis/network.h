/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Bond networks before and after: did a contact stay intact? Bonds watched: P-O, Ge-O, Al-O, C-O, C-C, C-H and the like,
 *  by distance against the sum of covalent radii (Cordero 2008): made below 1.20, broken above 1.45 of it; between the two
 *  a bond keeps the state it had, so a thermal or elastic stretch is not a reaction. */
#ifndef ILI_ANALYSIS_NETWORK_H
#define ILI_ANALYSIS_NETWORK_H

#include "system/system.h"

enum { ILI_NETWORK_KINDS = 16 };

/** Changes of one kind of bond. */
typedef struct ili_network_change {
    char kind[8]; /**< "Ge-O" */
    int before, broken, made;
} ili_network_change;

typedef struct ili_network_verdict {
    bool intact;
    int n_kinds;
    ili_network_change kinds[ILI_NETWORK_KINDS];
} ili_network_verdict;

/** Compare two geometries of the same atoms in the same order. IL_E_INPUT when their numbers differ; IL_E_MEMORY. */
il_status ili_network_compare(il_context *ctx, const il_system *before, const il_system *after,
                              ili_network_verdict *verdict);

#endif
