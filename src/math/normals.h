/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Standard normal numbers in bulk, counter-based as those of base/rng.h and out of the same blocks. */
#ifndef ILI_MATH_NORMALS_H
#define ILI_MATH_NORMALS_H

#include <stdint.h>

enum { ILI_NORMALS_MAX = 128 };

/** Pairs first .. first + n_pairs - 1 of the stream of a seed, out [2 n_pairs], n_pairs <= ILI_NORMALS_MAX: each depends on its
 *  number alone. The first of pair p is what ili_rng_normal gives at counter p but for rounding (1e-14). Box and Muller 1958. */
void ili_normals(uint64_t seed, uint64_t stream, uint64_t first, int n_pairs, double *out);

#endif
