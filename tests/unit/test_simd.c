/* SPDX-License-Identifier: GPL-3.0-or-later */
/** math/simd.h against libm and plain loops, for every set of instructions that this machine has. */
#include "harness.h"
#include "kernels/simd_ops.h"

#include "base/cpu.h"

#include <float.h>

enum { N = 4096 };

static const simd_ops *const OPS[] = {&simd_ops_sse2, &simd_ops_avx2, &simd_ops_avx512};

/** The next set that is here, from *set on; NULL: no more. */
static const simd_ops *next_set(int *set) {
    for (; *set < ILI_SIMD_SETS; ++*set) {
        if (ili_simd_is_here((ili_simd)*set)) return OPS[(*set)++];
        fprintf(stderr, "skipped: this machine has no %s\n", ili_simd_name((ili_simd)*set));
    }
    return NULL;
}

static void ramp(double low, double high, float *f, double *d) {
    for (int k = 0; k < N; k++) {
        d[k] = low + (high - low) * k / (N - 1);
        f[k] = (float)d[k];
    }
}

/** Largest relative error of a function of one argument, floats to be within `bound`. */
static void check_one(const char *what, double (*exact)(double), double bound, const float *f,
                      const float *got_f, const double *d, const double *got_d) {
    double worst_f = 0.0, worst_d = 0.0;
    for (int k = 0; k < N; k++) {
        worst_f = fmax(worst_f, fabs(got_f[k] / exact(f[k]) - 1.0));
        worst_d = fmax(worst_d, fabs(got_d[k] / exact(d[k]) - 1.0));
    }
    if (!(worst_f < bound && worst_d < 4.5e-16))
        fprintf(stderr, "%s: off by %g, %g\n", what, worst_f, worst_d);
    CHECK(worst_f < bound && worst_d < 4.5e-16);
}

static double rsqrt_exact(double a) {
    return 1.0 / sqrt(a);
}

TEST(functions_keep_their_promised_errors) {
    static float f[N], got_f[N];
    static double d[N], got_d[N];
    const simd_ops *o;
    for (int set = 0; (o = next_set(&set));) {
        ramp(-80.0, 80.0, f, d);
        o->exp_float(N, f, got_f);
        o->exp_double(N, d, got_d);
        check_one("exp", exp, 3e-7, f, got_f, d, got_d);
        o->exp2_float(N, f, got_f);
        o->exp2_double(N, d, got_d);
        check_one("exp2", exp2, 3e-7, f, got_f, d, got_d);
        ramp(1e-3, 400.0, f, d);
        o->rsqrt_float(N, f, got_f);
        o->rsqrt_double(N, d, got_d);
        /* one rounding, but where the first guess leaves more */
        check_one("rsqrt", rsqrt_exact, o->floats == 16 ? 1.3e-7 : 3e-7, f, got_f, d, got_d);
    }
}

TEST(exponentials_are_clipped_to_normal_numbers) {
    float f[16], got_f[16];
    double d[16], got_d[16];
    const simd_ops *o;
    for (int k = 0; k < 16; k++) d[k] = f[k] = k % 2 ? 1e5f : -1e5f;
    for (int set = 0; (o = next_set(&set));) {
        o->exp_float(16, f, got_f);
        o->exp_double(16, d, got_d);
        CHECK(got_f[0] > 0.0f && got_f[0] < 1e-36f && got_f[1] > 1e36f && isfinite(got_f[1]));
        CHECK(got_d[0] > 0.0 && got_d[0] < 1e-300 && got_d[1] > 1e300 && isfinite(got_d[1]));
    }
}

TEST(rounding_is_to_nearest_with_halves_to_even) {
    float f[16], got_f[16];
    double d[16], got_d[16];
    const simd_ops *o;
    for (int k = 0; k < 16; k++) d[k] = f[k] = 0.5f * (float)(k - 8) + (k == 3 ? 0.125f : 0.0f);
    for (int set = 0; (o = next_set(&set));) {
        o->round_float(16, f, got_f);
        o->round_double(16, d, got_d);
        for (int k = 0; k < 16; k++) CHECK(got_f[k] == nearbyintf(f[k]) && got_d[k] == nearbyint(d[k]));
    }
}

TEST(masks_gathers_and_differences_are_those_of_a_loop) {
    float a[32], b[32], got[32];
    double x[32], y[32], got_d[32];
    int32_t index[32], p[32], q[32];
    const simd_ops *o;
    for (int k = 0; k < 32; k++) {
        x[k] = a[k] = (float)((k * 7) % 32);
        y[k] = b[k] = 15.5f;
        index[k] = (k * 11 + 5) % 32;
        p[k] = INT32_MIN + k;
        q[k] = INT32_MAX - 3 * k;
    }
    for (int set = 0; (o = next_set(&set));) {
        o->keep_float(32, a, b, got);
        o->keep_double(32, x, y, got_d);
        for (int k = 0; k < 32; k++) CHECK(got[k] == (a[k] < b[k] ? a[k] : 0.0f) && got_d[k] == got[k]);
        o->select_float(32, a, b, got);
        o->select_double(32, x, y, got_d);
        for (int k = 0; k < 32; k++) CHECK(got[k] == fminf(a[k], b[k]) && got_d[k] == got[k]);
        o->gather_float(32, a, index, got);
        o->gather_double(32, x, index, got_d);
        for (int k = 0; k < 32; k++) CHECK(got[k] == a[index[k]] && got_d[k] == got[k]);
        o->difference(32, p, q, got);
        for (int k = 0; k < 32; k++) CHECK(got[k] == (float)(1 + 4 * k));
        float sum = 0.0f, sum_d = 0.0f;
        for (int k = 0; k < o->floats; k++) sum += a[k];
        for (int k = 0; k < o->doubles; k++) sum_d += a[k];
        CHECK(o->sum_float(a) == sum && o->sum_double(x) == sum_d);
    }
}

TEST(lanes_are_packed_and_spread) {
    static double in[8] = {1, 2, 3, 4, 5, 6, 7, 8}, packed[256 * 8], spread[256 * 8];
    static int count[256];
    const simd_ops *o;
    for (int set = 0; (o = next_set(&set));) {
        const int lanes = o->doubles;
        o->pack_double(in, packed, spread, count);
        for (int bits = 0; bits < 1 << lanes; bits++) {
            int n = 0;
            for (int k = 0; k < lanes; k++) {
                CHECK(spread[bits * lanes + k] == (bits >> k & 1 ? in[k] : 0.0));
                if (bits >> k & 1) CHECK(packed[bits * lanes + n++] == in[k]);
            }
            CHECK(count[bits] == n);
        }
    }
}

TEST(four_doubles_are_found_by_the_lane) {
    double p[64], got[32];
    int32_t index[32];
    const simd_ops *o;
    for (int k = 0; k < 64; k++) p[k] = (k * 37) % 64; /* whole numbers: no rounding */
    for (int k = 0; k < 32; k++) index[k] = (k * 13 + 3) % 61;
    for (int set = 0; (o = next_set(&set));) {
        o->fours_double(32, p, index, got);
        for (int k = 0; k < 32; k++) {
            const double *c = p + index[k];
            CHECK(got[k] == c[0] + 8 * c[1] + 64 * c[2] + 512 * c[3]);
        }
    }
}

TESTS(RUN(functions_keep_their_promised_errors), RUN(exponentials_are_clipped_to_normal_numbers),
      RUN(rounding_is_to_nearest_with_halves_to_even), RUN(masks_gathers_and_differences_are_those_of_a_loop),
      RUN(lanes_are_packed_and_spread), RUN(four_doubles_are_found_by_the_lane))
