/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Normal numbers in bulk: one by one by another way, and their moments. */
#include "harness.h"

#include "base/rng.h"
#include "math/normals.h"

TEST(pairs_are_those_of_the_generator) {
    double out[2 * ILI_NORMALS_MAX];
    const uint64_t seeds[] = {1, 0x123456789abcdef0u}, firsts[] = {0, 77, 0xfffffff0u, UINT64_MAX - 5};
    for (int s = 0; s < 2; s++)
        for (int f = 0; f < 4; f++)
            for (int n = 1; n <= ILI_NORMALS_MAX; n += 127) {
                ili_normals(seeds[s], 99 + seeds[1], firsts[f], n, out);
                for (int i = 0; i < n; i++) {
                    ili_rng rng = ili_rng_make(seeds[s], 99 + seeds[1]);
                    rng.counter = firsts[f] + (uint64_t)i;
                    ili_rng same = rng;
                    const double u = ili_rng_uniform(&same), v = ili_rng_uniform(&same);
                    CHECK_NEAR(out[2 * i], ili_rng_normal(&rng), 1e-14 * (1.0 + sqrt(-2.0 * log(u))));
                    CHECK_NEAR(out[2 * i + 1], sqrt(-2.0 * log(u)) * sin(6.283185307179586476925 * v),
                               1e-14 * (1.0 + sqrt(-2.0 * log(u))));
                }
            }
}

/** Means of x, x^2, x^3, x^4 and of the product of a pair, within 5.2 errors of 0, 1, 0, 3 and 0 (their variances are 1, 2, 15, 96,
 *  1); and as many beyond 3 as there should be. p < 1e-6 of a false alarm. */
TEST(moments) {
    enum { BLOCKS = 8000, N = 2 * BLOCKS * ILI_NORMALS_MAX };
    static double out[2 * ILI_NORMALS_MAX];
    double sum[5] = {0}, beyond = 0.0;
    for (int b = 0; b < BLOCKS; b++) {
        ili_normals(5, 3, (uint64_t)b * ILI_NORMALS_MAX, ILI_NORMALS_MAX, out);
        for (int i = 0; i < 2 * ILI_NORMALS_MAX; i++) {
            const double x = out[i];
            sum[0] += x;
            sum[1] += x * x;
            sum[2] += x * x * x;
            sum[3] += x * x * x * x;
            if (i % 2) sum[4] += x * out[i - 1];
            beyond += fabs(x) > 3.0;
        }
    }
    const double wanted[] = {0, 1, 0, 3, 0}, variance[] = {1, 2, 15, 96, 1}, tail = erfc(3.0 / sqrt(2.0));
    for (int k = 0; k < 5; k++) {
        const double n = k == 4 ? 0.5 * N : N;
        CHECK_NEAR(sum[k] / n, wanted[k], 5.2 * sqrt(variance[k] / n));
    }
    CHECK_NEAR(beyond / N, tail, 5.2 * sqrt(tail / N));
}

TESTS(RUN(pairs_are_those_of_the_generator); RUN(moments))
