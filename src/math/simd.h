/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Thin vector operations for kernels that are built once for each set of instructions (base/cpu.h).
 *
 *  Vectors of ILI_FLOATS floats or ILI_DOUBLES doubles; + - * / work on them as they are, everything else is a v_ function
 *  that takes either kind. Integers stand in vectors of as many lanes: vint beside vfloat, vlane beside vdouble (32 bits
 *  each). Masks are fmask and dmask. Nothing is fused or reordered unless it is written so: v_fma is a fused operation in the AVX
 *  builds and two operations in the plain one, so sets of instructions differ in the last bits, and nothing else does.
 *
 *      vfloat s = v_fma(dx, dx, v_fma(dy, dy, dz * dz));
 *      fmask near = v_less(s, reach2);
 *      vfloat e = v_keep(near, v_rsqrt(s)); */
#ifndef ILI_MATH_SIMD_H
#define ILI_MATH_SIMD_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ILI_INLINE static inline __attribute__((always_inline, unused))

#if defined(__AVX512F__)
#include "math/simd_avx512.h"
#elif defined(__AVX2__) && defined(__FMA__)
#include "math/simd_avx2.h"
#else
#include "math/simd_plain.h"
#endif

/** One name for both kinds. */
#define V_KIND(a, name)      _Generic((a), vfloat : vf_##name, vdouble : vd_##name)
#define V_MASK_KIND(m, name) _Generic((m), fmask : fm_##name, dmask : dm_##name)

#define v_fma(a, b, c)    V_KIND(a, fma)(a, b, c)  /**< a b + c */
#define v_fnma(a, b, c)   V_KIND(a, fnma)(a, b, c) /**< c - a b */
#define v_min(a, b)       V_KIND(a, min)(a, b)     /**< b where a or b is not a number */
#define v_max(a, b)       V_KIND(a, max)(a, b)
#define v_sqrt(a)         V_KIND(a, sqrt)(a)    /**< correctly rounded */
#define v_rsqrt(a)        V_KIND(a, rsqrt)(a)   /**< 1/sqrt(a), a > 0 normal; relative error 3e-7 or 4e-16 */
#define v_round(a)        V_KIND(a, round)(a)   /**< to the nearest whole number, halves to even */
#define v_less(a, b)      V_KIND(a, less)(a, b) /**< mask of a < b */
#define v_select(m, a, b) V_KIND(a, select)(m, a, b) /**< m ? a : b */
#define v_keep(m, a)      V_KIND(a, keep)(m, a)      /**< m ? a : 0 */
#define v_sum(a)          V_KIND(a, sum)(a)          /**< of the lanes, in a fixed order */
#define v_store(p, a)     V_KIND(a, store)(p, a)     /**< to any address */
#define v_whole(a)        V_KIND(a, whole)(a)        /**< towards 0, as integers */
#define v_exp2(a)         V_KIND(a, exp2)(a)         /**< 2^a; a clipped to the normal numbers; error below */
#define v_exp(a)          V_KIND(a, exp)(a)          /**< e^a likewise */
#define v_any(m)          (v_bits(m) != 0)
#define v_bits(m)         V_MASK_KIND(m, bits)(m) /**< lane k is bit k */

/** Dense runs out of sparse vectors, doubles only; bits as v_bits gives them.
 *
 *      vd_pack(bits, a)     the lanes whose bit is set, moved together to the lowest places; what follows them is arbitrary
 *      vd_spread(bits, a)   the way back: the lowest lanes of a to the places whose bit is set, 0 to the others
 *      vd_count(bits)       how many these are
 *      vd_fours(p, i)       four doubles by the lane: lane l of c[k] is p[i[l] + k] */

ILI_INLINE vfloat vf_fnma(vfloat a, vfloat b, vfloat c) {
    return vf_fma(-a, b, c);
}
ILI_INLINE vdouble vd_fnma(vdouble a, vdouble b, vdouble c) {
    return vd_fma(-a, b, c);
}

/** Rows of atoms against clusters of eight slots (neigh/clusters.h). A vector of at least eight lanes holds all slots of the cluster
 *  for each of ILI_FLOAT_ROWS or ILI_DOUBLE_ROWS atoms of the row; a shorter one holds some of the slots for one atom.
 *
 *      v._slots(p)         p[0], p[1] .. : the same slots for each row atom         v._add_slots(p, a)   adds to p, summed over the row atoms
 *      v._rows(p)          p[r] in the lanes of row atom r                          v._add_rows(p, a)    adds to p[r], summed over the slots
 *      v._pick(t, k, i)    t[r][k + i]: entry of a table of 16 that belongs to row atom r; i = v._pick_of(p), 0 <= p[..] < 16
 *      vf_widen(a)         sum of the lanes of floats in as many doubles as a vector has; vd_widen: the same as it is */
enum {
    ILI_FLOAT_ROWS = ILI_FLOATS > 8 ? ILI_FLOATS / 8 : 1,
    ILI_DOUBLE_ROWS = ILI_DOUBLES > 8 ? ILI_DOUBLES / 8 : 1
};
#if !defined(__AVX512F__)
ILI_INLINE vfloat vf_slots(const float *p) {
    return vf_load(p);
}
ILI_INLINE vint vi_slots(const int32_t *p) {
    return vi_load(p);
}
ILI_INLINE vfloat vf_rows(const float *p) {
    return vf_set(p[0]);
}
ILI_INLINE vint vi_rows(const int32_t *p) {
    return vi_set(p[0]);
}
ILI_INLINE void vf_add_slots(float *p, vfloat a) {
    vf_store(p, vf_load(p) + a);
}
ILI_INLINE void vf_add_rows(float *p, vfloat a) {
    p[0] += vf_sum(a);
}
#endif
ILI_INLINE vlane vl_slots(const int32_t *p) {
    return vl_load(p);
}
ILI_INLINE vlane vl_rows(const int32_t *p) {
    int32_t all[8] = {p[0], p[0], p[0], p[0], p[0], p[0], p[0], p[0]};
    return vl_load(all);
}
ILI_INLINE vdouble vd_slots(const double *p) {
    return vd_load(p);
}
ILI_INLINE vdouble vd_rows(const double *p) {
    return vd_set(p[0]);
}
ILI_INLINE void vd_add_slots(double *p, vdouble a) {
    vd_store(p, vd_load(p) + a);
}
ILI_INLINE void vd_add_rows(double *p, vdouble a) {
    p[0] += vd_sum(a);
}
ILI_INLINE vdouble vd_widen(vdouble a) {
    return a;
}

/** 2^a = 2^n 2^t with t in [-1/2, 1/2] by the Taylor series of e^(t ln 2): relative error 2e-7, and 4e-16 for doubles. */
ILI_INLINE vfloat vf_exp2(vfloat a) {
    a = vf_min(vf_max(a, vf_set(-126.0f)), vf_set(127.0f));
    vfloat n = vf_round(a), t = a - n, t2 = t * t; /* by pairs, so that the sums do not wait for each other */
    vfloat p01 = vf_fma(vf_set(6.9314718e-1f), t, vf_set(1.0f));
    vfloat p23 = vf_fma(vf_set(5.5504109e-2f), t, vf_set(2.4022651e-1f));
    vfloat p45 = vf_fma(vf_set(1.3333558e-3f), t, vf_set(9.6181291e-3f));
    vfloat p67 = vf_fma(vf_set(1.5252734e-5f), t, vf_set(1.5403530e-4f));
    vfloat p = vf_fma(vf_fma(p67, t2, p45), t2 * t2, vf_fma(p23, t2, p01));
    return vf_scale(p, n);
}
/** e^t for |t| up to ln 2/2 by its Taylor series. */
ILI_INLINE vdouble vd_exp_series(vdouble t) {
    vdouble p = vd_set(1.0 / 6227020800.0);
    static const double c[] = {1.0 / 479001600.0,
                               1.0 / 39916800.0,
                               1.0 / 3628800.0,
                               1.0 / 362880.0,
                               1.0 / 40320.0,
                               1.0 / 5040.0,
                               1.0 / 720.0,
                               1.0 / 120.0,
                               1.0 / 24.0,
                               1.0 / 6.0,
                               0.5,
                               1.0,
                               1.0};
    for (int k = 0; k < 13; k++) p = vd_fma(p, t, vd_set(c[k]));
    return p;
}
ILI_INLINE vdouble vd_exp2(vdouble a) {
    a = vd_min(vd_max(a, vd_set(-1022.0)), vd_set(1023.0));
    vdouble n = vd_round(a), t = (a - n) * vd_set(0.69314718055994530942);
    return vd_scale(vd_exp_series(t), n);
}
/** The product a/ln 2 is taken in two parts, so that large arguments keep their digits. */
ILI_INLINE vfloat vf_exp(vfloat a) {
    a = vf_min(vf_max(a, vf_set(-87.0f)), vf_set(88.0f));
    vfloat n = vf_round(a * vf_set(1.44269504f));
    vfloat t = vf_fma(n, vf_set(2.12194440e-4f), vf_fma(n, vf_set(-0.693359375f), a));
    vfloat p = vf_set(1.0f / 5040.0f);
    static const float c[] = {1.0f / 720.0f, 1.0f / 120.0f, 1.0f / 24.0f, 1.0f / 6.0f, 0.5f, 1.0f, 1.0f};
    for (int k = 0; k < 7; k++) p = vf_fma(p, t, vf_set(c[k]));
    return vf_scale(p, n);
}
ILI_INLINE vdouble vd_exp(vdouble a) {
    a = vd_min(vd_max(a, vd_set(-708.0)), vd_set(709.0));
    vdouble n = vd_round(a * vd_set(1.44269504088896340736));
    vdouble t =
        vd_fma(n, vd_set(-1.90821492927058770002e-10), vd_fma(n, vd_set(-0.693147180369123816490), a));
    return vd_scale(vd_exp_series(t), n);
}

#endif
