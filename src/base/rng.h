/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Counter-based random numbers (Philox4x32-10 of Random123): a stream is (seed, purpose), the same on every
 *  machine and at any thread count. */
#ifndef ILI_BASE_RNG_H
#define ILI_BASE_RNG_H

#include <stdint.h>

typedef struct ili_rng {
    uint64_t seed, stream, counter;
    uint32_t block[4];
    int left;
} ili_rng;

/** `stream` separates independent uses of one seed (a purpose, a sample, an atom). */
ili_rng ili_rng_make(uint64_t seed, uint64_t stream);
uint32_t ili_rng_bits(ili_rng *rng);
/** Uniform in (0, 1). */
double ili_rng_uniform(ili_rng *rng);
/** Standard normal. */
double ili_rng_normal(ili_rng *rng);
/** Uniform in 0 .. n-1, n > 0, without bias. */
uint32_t ili_rng_below(ili_rng *rng, uint32_t n);
/** Uniform on the unit sphere. */
void ili_rng_direction(ili_rng *rng, double u[3]);

#endif
