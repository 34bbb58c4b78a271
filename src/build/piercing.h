/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Bonds through rings: a state that no relaxation leaves. */
#ifndef ILI_BUILD_PIERCING_H
#define ILI_BUILD_PIERCING_H

#include "system/system.h"

enum { ILI_RING_MAX = 8 };

/** A ring of the bond graph that closes on itself (not on a periodic image), atoms in order. */
typedef struct ili_ring {
    int n;
    int32_t atom[ILI_RING_MAX];
} ili_ring;

/** The smallest ring of at most ILI_RING_MAX atoms through each bond, each ring once. *rings is the
 *  caller's (ili_free). */
il_status ili_rings_find(il_context *ctx, const il_system *sys, int32_t *n, ili_ring **rings);

typedef struct ili_piercing {
    int32_t bond[2];
    ili_ring ring;
} ili_piercing;

/** Does a bond pass through a ring? *found, and the first such pair in *where (may be NULL). */
il_status ili_piercing_find(il_context *ctx, const il_system *sys, bool *found, ili_piercing *where);

#endif
