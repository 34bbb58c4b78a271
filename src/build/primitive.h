/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Primitive cell of a crystal from its pure translations: centred cells have thinner and smaller repeats. */
#ifndef ILI_BUILD_PRIMITIVE_H
#define ILI_BUILD_PRIMITIVE_H

#include "system/system.h"

/** Find translations that map every atom onto one of its species (and charge) and keep one atom of each set.
 *  tolerance  angstrom, in
 *  out        primitive crystal, owned by the caller; atoms in their old order, positions unchanged
 *  origin     [n] index of each atom in sys, out, owned by the caller (ili_free)
 *  scaled     [3][3] rows: primitive vectors in those of sys, times *factor (integers), out
 *  factor     number of primitive cells in the cell of sys, out
 *  A cell with bonds is returned as it is. IL_E_MEMORY. */
il_status ili_primitive(il_context *ctx, const il_system *sys, double tolerance, il_system **out,
                        int32_t **origin, int scaled[3][3], int *factor);

#endif
