/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"

#include <Random123/philox.h>
#include <math.h>

ili_rng ili_rng_make(uint64_t seed, uint64_t stream) {
    return (ili_rng){.seed = seed, .stream = stream};
}

uint32_t ili_rng_bits(ili_rng *rng) {
    if (rng->left == 0) {
        philox4x32_ctr_t counter = {{(uint32_t)rng->counter, (uint32_t)(rng->counter >> 32),
                                     (uint32_t)rng->stream, (uint32_t)(rng->stream >> 32)}};
        philox4x32_key_t key = {{(uint32_t)rng->seed, (uint32_t)(rng->seed >> 32)}};
        philox4x32_ctr_t out = philox4x32(counter, key);
        for (int i = 0; i < 4; i++) rng->block[i] = out.v[i];
        rng->counter++;
        rng->left = 4;
    }
    return rng->block[--rng->left];
}

double ili_rng_uniform(ili_rng *rng) {
    uint64_t high = ili_rng_bits(rng) >> 5, low = ili_rng_bits(rng) >> 6;
    return ((double)(high << 26 | low) + 0.5) * 0x1p-53;
}

double ili_rng_normal(ili_rng *rng) {
    double u = ili_rng_uniform(rng), v = ili_rng_uniform(rng);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586476925 * v);
}

uint32_t ili_rng_below(ili_rng *rng, uint32_t n) {
    uint32_t threshold = -n % n; /* (2^32 - n) mod n: values below it would be favoured */
    for (;;) {
        uint32_t bits = ili_rng_bits(rng);
        if (bits >= threshold) return bits % n;
    }
}

void ili_rng_direction(ili_rng *rng, double u[3]) {
    double z = 2.0 * ili_rng_uniform(rng) - 1.0, phi = 6.283185307179586476925 * ili_rng_uniform(rng);
    double s = sqrt(1.0 - z * z);
    u[0] = s * cos(phi);
    u[1] = s * sin(phi);
    u[2] = z;
}
