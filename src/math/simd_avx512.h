/* SPDX-License-Identifier: GPL-3.0-or-later */
/** math/simd.h on AVX-512 (F, DQ, VL, BW); included by it alone. */
#ifndef ILI_MATH_SIMD_AVX512_H
#define ILI_MATH_SIMD_AVX512_H

#include <immintrin.h>

enum { ILI_FLOATS = 16, ILI_DOUBLES = 8 };
typedef __m512 vfloat;
typedef __m512d vdouble;
typedef __m512i vint;
typedef __m256i vlane;
typedef struct fmask {
    __mmask16 m;
} fmask;
typedef struct dmask {
    __mmask8 m;
} dmask;
typedef struct vfours {
    vdouble c[4];
} vfours;

ILI_INLINE vfloat vf_set(float a) {
    return _mm512_set1_ps(a);
}
ILI_INLINE vdouble vd_set(double a) {
    return _mm512_set1_pd(a);
}
ILI_INLINE vint vi_set(int32_t a) {
    return _mm512_set1_epi32(a);
}
ILI_INLINE vfloat vf_load(const float *p) {
    return _mm512_loadu_ps(p);
}
ILI_INLINE vdouble vd_load(const double *p) {
    return _mm512_loadu_pd(p);
}
ILI_INLINE vint vi_load(const int32_t *p) {
    return _mm512_loadu_si512(p);
}
ILI_INLINE vlane vl_load(const int32_t *p) {
    return _mm256_loadu_si256((const __m256i *)p);
}
ILI_INLINE void vf_store(float *p, vfloat a) {
    _mm512_storeu_ps(p, a);
}
ILI_INLINE void vd_store(double *p, vdouble a) {
    _mm512_storeu_pd(p, a);
}
ILI_INLINE vfloat vf_fma(vfloat a, vfloat b, vfloat c) {
    return _mm512_fmadd_ps(a, b, c);
}
ILI_INLINE vdouble vd_fma(vdouble a, vdouble b, vdouble c) {
    return _mm512_fmadd_pd(a, b, c);
}
ILI_INLINE vfloat vf_min(vfloat a, vfloat b) {
    return _mm512_min_ps(a, b);
}
ILI_INLINE vdouble vd_min(vdouble a, vdouble b) {
    return _mm512_min_pd(a, b);
}
ILI_INLINE vfloat vf_max(vfloat a, vfloat b) {
    return _mm512_max_ps(a, b);
}
ILI_INLINE vdouble vd_max(vdouble a, vdouble b) {
    return _mm512_max_pd(a, b);
}
ILI_INLINE vfloat vf_sqrt(vfloat a) {
    return _mm512_sqrt_ps(a);
}
ILI_INLINE vdouble vd_sqrt(vdouble a) {
    return _mm512_sqrt_pd(a);
}
/** y/sqrt(1 - d), d = 1 - a y^2 < 2^-12, by its series: from 14 bits up to d for floats, up to d^4 for doubles. As a small correction,
 *  that rounds once; y (3/2 - a y^2/2) would three times. */
ILI_INLINE vfloat vf_rsqrt(vfloat a) {
    vfloat y = _mm512_rsqrt14_ps(a), d = _mm512_fnmadd_ps(a * y, y, _mm512_set1_ps(1.0f));
    return _mm512_fmadd_ps(y * _mm512_set1_ps(0.5f), d, y);
}
ILI_INLINE vdouble vd_rsqrt(vdouble a) {
    vdouble y = _mm512_rsqrt14_pd(a), d = _mm512_fnmadd_pd(a * y, y, _mm512_set1_pd(1.0));
    vdouble p = _mm512_fmadd_pd(d, _mm512_set1_pd(35.0 / 128.0), _mm512_set1_pd(5.0 / 16.0));
    p = _mm512_fmadd_pd(d, p, _mm512_set1_pd(3.0 / 8.0));
    p = _mm512_fmadd_pd(d, p, _mm512_set1_pd(0.5));
    return _mm512_fmadd_pd(y * d, p, y);
}
ILI_INLINE vfloat vf_round(vfloat a) {
    return _mm512_roundscale_ps(a, 0x08);
}
ILI_INLINE vdouble vd_round(vdouble a) {
    return _mm512_roundscale_pd(a, 0x08);
}
/** a 2^n for whole n */
ILI_INLINE vfloat vf_scale(vfloat a, vfloat n) {
    return _mm512_scalef_ps(a, n);
}
ILI_INLINE vdouble vd_scale(vdouble a, vdouble n) {
    return _mm512_scalef_pd(a, n);
}
ILI_INLINE fmask vf_less(vfloat a, vfloat b) {
    return (fmask){_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ)};
}
ILI_INLINE dmask vd_less(vdouble a, vdouble b) {
    return (dmask){_mm512_cmp_pd_mask(a, b, _CMP_LT_OQ)};
}
ILI_INLINE vfloat vf_select(fmask m, vfloat a, vfloat b) {
    return _mm512_mask_blend_ps(m.m, b, a);
}
ILI_INLINE vdouble vd_select(dmask m, vdouble a, vdouble b) {
    return _mm512_mask_blend_pd(m.m, b, a);
}
ILI_INLINE vfloat vf_keep(fmask m, vfloat a) {
    return _mm512_maskz_mov_ps(m.m, a);
}
ILI_INLINE vdouble vd_keep(dmask m, vdouble a) {
    return _mm512_maskz_mov_pd(m.m, a);
}
ILI_INLINE uint32_t fm_bits(fmask m) {
    return m.m;
}
ILI_INLINE uint32_t dm_bits(dmask m) {
    return m.m;
}
/** Lane k from bit k of the lowest lanes. */
ILI_INLINE fmask fm_from(uint32_t bits) {
    return (fmask){(__mmask16)bits};
}
ILI_INLINE dmask dm_from(uint32_t bits) {
    return (dmask){(__mmask8)bits};
}
ILI_INLINE fmask fm_and(fmask a, fmask b) {
    return (fmask){a.m & b.m};
}
ILI_INLINE dmask dm_and(dmask a, dmask b) {
    return (dmask){a.m & b.m};
}
ILI_INLINE vint vf_whole(vfloat a) {
    return _mm512_cvttps_epi32(a);
}
ILI_INLINE vlane vd_whole(vdouble a) {
    return _mm512_cvttpd_epi32(a);
}
ILI_INLINE vfloat vf_from(vint a) {
    return _mm512_cvtepi32_ps(a);
}
ILI_INLINE vdouble vd_from(vlane a) {
    return _mm512_cvtepi32_pd(a);
}
ILI_INLINE vint vi_add(vint a, vint b) {
    return _mm512_add_epi32(a, b);
}
ILI_INLINE vint vi_sub(vint a, vint b) {
    return _mm512_sub_epi32(a, b);
}
ILI_INLINE vlane vl_add(vlane a, vlane b) {
    return _mm256_add_epi32(a, b);
}
/** base[index] */
ILI_INLINE vfloat vf_gather(const float *base, vint index) {
    return _mm512_i32gather_ps(index, base, 4);
}
ILI_INLINE vdouble vd_gather(const double *base, vlane index) {
    return _mm512_i32gather_pd(index, base, 8);
}
/** Rows against clusters, see simd.h: lanes 0-7 belong to the first row, lanes 8-15 of floats to the second one. */
ILI_INLINE vfloat vf_slots(const float *p) {
    return _mm512_broadcast_f32x8(_mm256_loadu_ps(p));
}
ILI_INLINE vint vi_slots(const int32_t *p) {
    return _mm512_broadcast_i32x8(_mm256_loadu_si256((const __m256i *)p));
}
ILI_INLINE vfloat vf_rows(const float *p) {
    return _mm512_insertf32x8(_mm512_set1_ps(p[0]), _mm256_set1_ps(p[1]), 1);
}
ILI_INLINE vint vi_rows(const int32_t *p) {
    return _mm512_inserti32x8(_mm512_set1_epi32(p[0]), _mm256_set1_epi32(p[1]), 1);
}
ILI_INLINE void vf_add_slots(float *p, vfloat a) {
    __m256 sum = _mm512_castps512_ps256(a) + _mm512_extractf32x8_ps(a, 1);
    _mm256_storeu_ps(p, _mm256_loadu_ps(p) + sum);
}
ILI_INLINE float vf_sum8_(__m256 a) {
    __m128 t = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    t = _mm_add_ps(t, _mm_movehl_ps(t, t));
    return _mm_cvtss_f32(_mm_add_ss(t, _mm_shuffle_ps(t, t, 1)));
}
ILI_INLINE void vf_add_rows(float *p, vfloat a) {
    p[0] += vf_sum8_(_mm512_castps512_ps256(a));
    p[1] += vf_sum8_(_mm512_extractf32x8_ps(a, 1));
}
ILI_INLINE vdouble vf_widen(vfloat a) {
    return _mm512_cvtps_pd(_mm512_castps512_ps256(a)) + _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1));
}
typedef vint vfpick;
typedef __m512i vdpick;
ILI_INLINE vfpick vf_pick_of(const int32_t *p) {
    const vint second = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 16, 16, 16, 16, 16, 16, 16, 16);
    return _mm512_or_si512(vi_slots(p), second);
}
ILI_INLINE vdpick vd_pick_of(const int32_t *p) {
    return _mm512_cvtepi32_epi64(vl_load(p));
}
ILI_INLINE vfloat vf_pick(const float *const *table, ptrdiff_t at, vfpick i) {
    return _mm512_permutex2var_ps(vf_load(table[0] + at), i, vf_load(table[1] + at));
}
ILI_INLINE vdouble vd_pick(const double *const *table, ptrdiff_t at, vdpick i) {
    return _mm512_permutex2var_pd(vd_load(table[0] + at), i, vd_load(table[0] + at + 8));
}
ILI_INLINE float vf_sum(vfloat a) {
    return _mm512_reduce_add_ps(a);
}
ILI_INLINE double vd_sum(vdouble a) {
    return _mm512_reduce_add_pd(a);
}
/** Lanes out of and into dense runs, and four doubles by the lane; see simd.h. */
ILI_INLINE vdouble vd_pack(uint32_t bits, vdouble a) {
    return _mm512_maskz_compress_pd((__mmask8)bits, a);
}
/** The expansion of a register: that of memory, which the compiler would make of a load, takes half as long again. */
ILI_INLINE vdouble vd_spread(uint32_t bits, vdouble a) {
    __asm__("" : "+v"(a));
    return _mm512_maskz_expand_pd((__mmask8)bits, a);
}
ILI_INLINE int vd_count(uint32_t bits) {
    return __builtin_popcount(bits);
}
/** Two rows beside each other in a vector. */
ILI_INLINE vdouble vd_two_rows_(const double *low, const double *high) {
    return _mm512_insertf64x4(_mm512_castpd256_pd512(_mm256_loadu_pd(low)), _mm256_loadu_pd(high), 1);
}
ILI_INLINE vfours vd_fours(const double *from, const int32_t *i) {
    vdouble a = vd_two_rows_(from + i[0], from + i[2]), b = vd_two_rows_(from + i[1], from + i[3]);
    vdouble c = vd_two_rows_(from + i[4], from + i[6]), d = vd_two_rows_(from + i[5], from + i[7]);
    vdouble ab = _mm512_unpacklo_pd(a, b), cd = _mm512_unpacklo_pd(c, d);
    vdouble ab1 = _mm512_unpackhi_pd(a, b), cd1 = _mm512_unpackhi_pd(c, d);
    return (vfours){{_mm512_shuffle_f64x2(ab, cd, 0x88), _mm512_shuffle_f64x2(ab1, cd1, 0x88),
                     _mm512_shuffle_f64x2(ab, cd, 0xdd), _mm512_shuffle_f64x2(ab1, cd1, 0xdd)}};
}

#endif
