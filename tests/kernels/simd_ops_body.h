/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Body of simd_ops.h; the includer defines SIMD_OPS, the name of its table. */
#include "kernels/simd_ops.h"

#include "math/simd.h"

#define ONE(name, op)                                                                                        \
    static void name##_float(int n, const float *in, float *out) {                                           \
        for (int k = 0; k < n; k += ILI_FLOATS) v_store(out + k, op(vf_load(in + k)));                       \
    }                                                                                                        \
    static void name##_double(int n, const double *in, double *out) {                                        \
        for (int k = 0; k < n; k += ILI_DOUBLES) v_store(out + k, op(vd_load(in + k)));                      \
    }
ONE(exp, v_exp)
ONE(exp2, v_exp2)
ONE(rsqrt, v_rsqrt)
ONE(round, v_round)

static void keep_float(int n, const float *a, const float *b, float *out) {
    for (int k = 0; k < n; k += ILI_FLOATS) {
        uint32_t bits = v_bits(v_less(vf_load(a + k), vf_load(b + k)));
        v_store(out + k, v_keep(fm_and(fm_from(bits), fm_from(~0u)), vf_load(a + k)));
    }
}
static void keep_double(int n, const double *a, const double *b, double *out) {
    for (int k = 0; k < n; k += ILI_DOUBLES) {
        uint32_t bits = v_bits(v_less(vd_load(a + k), vd_load(b + k)));
        v_store(out + k, v_keep(dm_and(dm_from(bits), dm_from(~0u)), vd_load(a + k)));
    }
}
static void select_float(int n, const float *a, const float *b, float *out) {
    for (int k = 0; k < n; k += ILI_FLOATS) {
        vfloat p = vf_load(a + k), q = vf_load(b + k);
        v_store(out + k, v_select(v_less(p, q), p, q));
    }
}
static void select_double(int n, const double *a, const double *b, double *out) {
    for (int k = 0; k < n; k += ILI_DOUBLES) {
        vdouble p = vd_load(a + k), q = vd_load(b + k);
        v_store(out + k, v_select(v_less(p, q), p, q));
    }
}
static void gather_float(int n, const float *base, const int32_t *index, float *out) {
    for (int k = 0; k < n; k += ILI_FLOATS) v_store(out + k, vf_gather(base, vi_load(index + k)));
}
static void gather_double(int n, const double *base, const int32_t *index, double *out) {
    for (int k = 0; k < n; k += ILI_DOUBLES) v_store(out + k, vd_gather(base, vl_load(index + k)));
}
static void difference(int n, const int32_t *a, const int32_t *b, float *out) {
    for (int k = 0; k < n; k += ILI_FLOATS) v_store(out + k, vf_from(vi_sub(vi_load(a + k), vi_load(b + k))));
}
static float sum_float(const float *a) {
    return v_sum(vf_load(a));
}
static double sum_double(const double *a) {
    return v_sum(vd_load(a));
}

static void pack_double(const double *in, double *packed, double *spread, int *count) {
    for (uint32_t bits = 0; bits < 1u << ILI_DOUBLES; bits++) {
        vdouble p = vd_pack(bits, vd_load(in));
        v_store(packed + bits * ILI_DOUBLES, p);
        v_store(spread + bits * ILI_DOUBLES, vd_spread(bits, p));
        count[bits] = vd_count(bits);
    }
}
static void fours_double(int n, const double *p, const int32_t *index, double *out) {
    const vdouble eight = vd_set(8.0);
    for (int k = 0; k < n; k += ILI_DOUBLES) {
        vfours v = vd_fours(p, index + k);
        v_store(out + k, v.c[0] + eight * (v.c[1] + eight * (v.c[2] + eight * v.c[3])));
    }
}

const simd_ops SIMD_OPS = {ILI_FLOATS,   ILI_DOUBLES,   exp_float,    exp_double,    exp2_float, exp2_double,
                           rsqrt_float,  rsqrt_double,  round_float,  round_double,  keep_float, keep_double,
                           select_float, select_double, gather_float, gather_double, difference, sum_float,
                           sum_double,   pack_double,   fours_double};
