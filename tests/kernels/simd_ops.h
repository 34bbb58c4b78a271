/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Operations of math/simd.h on arrays, for test_simd.c: the same body built for each set of instructions. */
#ifndef TESTS_KERNELS_SIMD_OPS_H
#define TESTS_KERNELS_SIMD_OPS_H

#include <stdint.h>

typedef struct simd_ops {
    int floats, doubles; /**< lanes */
    /** out[k] = f(in[k]), n a multiple of 16 */
    void (*exp_float)(int n, const float *in, float *out);
    void (*exp_double)(int n, const double *in, double *out);
    void (*exp2_float)(int n, const float *in, float *out);
    void (*exp2_double)(int n, const double *in, double *out);
    void (*rsqrt_float)(int n, const float *in, float *out);
    void (*rsqrt_double)(int n, const double *in, double *out);
    void (*round_float)(int n, const float *in, float *out);
    void (*round_double)(int n, const double *in, double *out);
    /** a[k] < b[k] ? a[k] : 0 through the bits of the mask and back */
    void (*keep_float)(int n, const float *a, const float *b, float *out);
    void (*keep_double)(int n, const double *a, const double *b, double *out);
    /** a[k] < b[k] ? a[k] : b[k], by a mask */
    void (*select_float)(int n, const float *a, const float *b, float *out);
    void (*select_double)(int n, const double *a, const double *b, double *out);
    /** base[index[k]] */
    void (*gather_float)(int n, const float *base, const int32_t *index, float *out);
    void (*gather_double)(int n, const double *base, const int32_t *index, double *out);
    /** (float)(a[k] - b[k]), the difference modulo 2^32 */
    void (*difference)(int n, const int32_t *a, const int32_t *b, float *out);
    /** Sum of the first lanes. */
    float (*sum_float)(const float *a);
    double (*sum_double)(const double *a);
    /** For every set of lanes: the doubles packed, then spread again, [2^doubles][doubles] each; how many there are */
    void (*pack_double)(const double *in, double *packed, double *spread, int *count);
    /** out[k] = p[index[k]] + 8 p[index[k] + 1] + 64 p[index[k] + 2] + 512 p[index[k] + 3] */
    void (*fours_double)(int n, const double *p, const int32_t *index, double *out);
} simd_ops;

extern const simd_ops simd_ops_sse2, simd_ops_avx2, simd_ops_avx512;

#endif
