/* SPDX-License-Identifier: GPL-3.0-or-later */
/** math/simd.h on AVX2 with FMA; included by it alone. */
#ifndef ILI_MATH_SIMD_AVX2_H
#define ILI_MATH_SIMD_AVX2_H

#include <immintrin.h>

enum { ILI_FLOATS = 8, ILI_DOUBLES = 4 };
typedef __m256 vfloat;
typedef __m256d vdouble;
typedef __m256i vint;
typedef __m128i vlane;
typedef struct fmask {
    __m256 m;
} fmask;
typedef struct dmask {
    __m256d m;
} dmask;
typedef struct vfours {
    vdouble c[4];
} vfours;

ILI_INLINE vfloat vf_set(float a) {
    return _mm256_set1_ps(a);
}
ILI_INLINE vdouble vd_set(double a) {
    return _mm256_set1_pd(a);
}
ILI_INLINE vint vi_set(int32_t a) {
    return _mm256_set1_epi32(a);
}
ILI_INLINE vfloat vf_load(const float *p) {
    return _mm256_loadu_ps(p);
}
ILI_INLINE vdouble vd_load(const double *p) {
    return _mm256_loadu_pd(p);
}
ILI_INLINE vint vi_load(const int32_t *p) {
    return _mm256_loadu_si256((const __m256i *)p);
}
ILI_INLINE vlane vl_load(const int32_t *p) {
    return _mm_loadu_si128((const __m128i *)p);
}
ILI_INLINE void vf_store(float *p, vfloat a) {
    _mm256_storeu_ps(p, a);
}
ILI_INLINE void vd_store(double *p, vdouble a) {
    _mm256_storeu_pd(p, a);
}
ILI_INLINE vfloat vf_fma(vfloat a, vfloat b, vfloat c) {
    return _mm256_fmadd_ps(a, b, c);
}
ILI_INLINE vdouble vd_fma(vdouble a, vdouble b, vdouble c) {
    return _mm256_fmadd_pd(a, b, c);
}
ILI_INLINE vfloat vf_min(vfloat a, vfloat b) {
    return _mm256_min_ps(a, b);
}
ILI_INLINE vdouble vd_min(vdouble a, vdouble b) {
    return _mm256_min_pd(a, b);
}
ILI_INLINE vfloat vf_max(vfloat a, vfloat b) {
    return _mm256_max_ps(a, b);
}
ILI_INLINE vdouble vd_max(vdouble a, vdouble b) {
    return _mm256_max_pd(a, b);
}
ILI_INLINE vfloat vf_sqrt(vfloat a) {
    return _mm256_sqrt_ps(a);
}
ILI_INLINE vdouble vd_sqrt(vdouble a) {
    return _mm256_sqrt_pd(a);
}
/** y/sqrt(1 - d), d = 1 - a y^2 < 2^-10, by its series up to d, from 12 bits: a small correction, which rounds once. What the series
 *  leaves out, 3/8 d^2, is more than that. */
ILI_INLINE vfloat vf_rsqrt(vfloat a) {
    vfloat y = _mm256_rsqrt_ps(a), d = _mm256_fnmadd_ps(a * y, y, _mm256_set1_ps(1.0f));
    return _mm256_fmadd_ps(y * _mm256_set1_ps(0.5f), d, y);
}
ILI_INLINE vdouble vd_rsqrt(vdouble a) {
    return _mm256_set1_pd(1.0) / _mm256_sqrt_pd(a);
}
ILI_INLINE vfloat vf_round(vfloat a) {
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
ILI_INLINE vdouble vd_round(vdouble a) {
    return _mm256_round_pd(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/** a 2^n for whole n */
ILI_INLINE vfloat vf_scale(vfloat a, vfloat n) {
    return a * _mm256_castsi256_ps(
                   _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23));
}
ILI_INLINE vdouble vd_scale(vdouble a, vdouble n) {
    __m256i power = _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_cvtpd_epi32(n)), _mm256_set1_epi64x(1023));
    return a * _mm256_castsi256_pd(_mm256_slli_epi64(power, 52));
}
ILI_INLINE fmask vf_less(vfloat a, vfloat b) {
    return (fmask){_mm256_cmp_ps(a, b, _CMP_LT_OQ)};
}
ILI_INLINE dmask vd_less(vdouble a, vdouble b) {
    return (dmask){_mm256_cmp_pd(a, b, _CMP_LT_OQ)};
}
ILI_INLINE vfloat vf_select(fmask m, vfloat a, vfloat b) {
    return _mm256_blendv_ps(b, a, m.m);
}
ILI_INLINE vdouble vd_select(dmask m, vdouble a, vdouble b) {
    return _mm256_blendv_pd(b, a, m.m);
}
ILI_INLINE vfloat vf_keep(fmask m, vfloat a) {
    return _mm256_and_ps(m.m, a);
}
ILI_INLINE vdouble vd_keep(dmask m, vdouble a) {
    return _mm256_and_pd(m.m, a);
}
ILI_INLINE uint32_t fm_bits(fmask m) {
    return (uint32_t)_mm256_movemask_ps(m.m);
}
ILI_INLINE uint32_t dm_bits(dmask m) {
    return (uint32_t)_mm256_movemask_pd(m.m);
}
/** Lane k from bit k of the lowest lanes. */
ILI_INLINE fmask fm_from(uint32_t bits) {
    const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    __m256i set = _mm256_and_si256(_mm256_set1_epi32((int32_t)bits), lane);
    return (fmask){_mm256_castsi256_ps(_mm256_cmpeq_epi32(set, lane))};
}
ILI_INLINE dmask dm_from(uint32_t bits) {
    const __m256i lane = _mm256_setr_epi64x(1, 2, 4, 8);
    __m256i set = _mm256_and_si256(_mm256_set1_epi64x(bits), lane);
    return (dmask){_mm256_castsi256_pd(_mm256_cmpeq_epi64(set, lane))};
}
ILI_INLINE fmask fm_and(fmask a, fmask b) {
    return (fmask){_mm256_and_ps(a.m, b.m)};
}
ILI_INLINE dmask dm_and(dmask a, dmask b) {
    return (dmask){_mm256_and_pd(a.m, b.m)};
}
ILI_INLINE vint vf_whole(vfloat a) {
    return _mm256_cvttps_epi32(a);
}
ILI_INLINE vlane vd_whole(vdouble a) {
    return _mm256_cvttpd_epi32(a);
}
ILI_INLINE vfloat vf_from(vint a) {
    return _mm256_cvtepi32_ps(a);
}
ILI_INLINE vdouble vd_from(vlane a) {
    return _mm256_cvtepi32_pd(a);
}
ILI_INLINE vint vi_add(vint a, vint b) {
    return _mm256_add_epi32(a, b);
}
ILI_INLINE vint vi_sub(vint a, vint b) {
    return _mm256_sub_epi32(a, b);
}
ILI_INLINE vlane vl_add(vlane a, vlane b) {
    return _mm_add_epi32(a, b);
}
/** base[index] */
ILI_INLINE vfloat vf_gather(const float *base, vint index) {
    return _mm256_i32gather_ps(base, index, 4);
}
ILI_INLINE vdouble vd_gather(const double *base, vlane index) {
    return _mm256_i32gather_pd(base, index, 8);
}
typedef vint vfpick;
typedef vlane vdpick;
ILI_INLINE vfpick vf_pick_of(const int32_t *p) {
    return vi_load(p);
}
ILI_INLINE vdpick vd_pick_of(const int32_t *p) {
    return vl_load(p);
}
ILI_INLINE vfloat vf_pick(const float *const *table, ptrdiff_t at, vfpick i) {
    vfloat low = _mm256_permutevar8x32_ps(vf_load(table[0] + at), i);
    vfloat high = _mm256_permutevar8x32_ps(vf_load(table[0] + at + 8), i);
    return _mm256_blendv_ps(low, high, _mm256_castsi256_ps(_mm256_slli_epi32(i, 28)));
}
ILI_INLINE vdouble vd_pick(const double *const *table, ptrdiff_t at, vdpick i) {
    return vd_gather(table[0] + at, i);
}
ILI_INLINE vdouble vf_widen(vfloat a) {
    return _mm256_cvtps_pd(_mm256_castps256_ps128(a)) + _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1));
}
ILI_INLINE float vf_sum(vfloat a) {
    __m128 t = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    t = _mm_add_ps(t, _mm_movehl_ps(t, t));
    return _mm_cvtss_f32(_mm_add_ss(t, _mm_shuffle_ps(t, t, 1)));
}
ILI_INLINE double vd_sum(vdouble a) {
    __m128d t = _mm_add_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
    return _mm_cvtsd_f64(_mm_add_sd(t, _mm_unpackhi_pd(t, t)));
}
/** Lanes out of and into dense runs, and four doubles by the lane; see simd.h. */
ILI_INLINE vdouble vd_move_(const int32_t (*places)[8], uint32_t bits, vdouble a) {
    __m256i to = _mm256_loadu_si256((const __m256i *)places[bits]);
    return _mm256_castsi256_pd(_mm256_permutevar8x32_epi32(_mm256_castpd_si256(a), to));
}
ILI_INLINE vdouble vd_pack(uint32_t bits, vdouble a) {
#define V_AT(p, q, r, s)                                                                                     \
    { 2 * p, 2 * p + 1, 2 * q, 2 * q + 1, 2 * r, 2 * r + 1, 2 * s, 2 * s + 1 }
    static const int32_t from[16][8] = {
        V_AT(0, 0, 0, 0), V_AT(0, 0, 0, 0), V_AT(1, 0, 0, 0), V_AT(0, 1, 0, 0),
        V_AT(2, 0, 0, 0), V_AT(0, 2, 0, 0), V_AT(1, 2, 0, 0), V_AT(0, 1, 2, 0),
        V_AT(3, 0, 0, 0), V_AT(0, 3, 0, 0), V_AT(1, 3, 0, 0), V_AT(0, 1, 3, 0),
        V_AT(2, 3, 0, 0), V_AT(0, 2, 3, 0), V_AT(1, 2, 3, 0), V_AT(0, 1, 2, 3)};
    return vd_move_(from, bits, a);
}
ILI_INLINE vdouble vd_spread(uint32_t bits, vdouble a) {
    static const int32_t from[16][8] = {
        V_AT(0, 0, 0, 0), V_AT(0, 0, 0, 0), V_AT(0, 0, 0, 0), V_AT(0, 1, 0, 0),
        V_AT(0, 0, 0, 0), V_AT(0, 0, 1, 0), V_AT(0, 0, 1, 0), V_AT(0, 1, 2, 0),
        V_AT(0, 0, 0, 0), V_AT(0, 0, 0, 1), V_AT(0, 0, 0, 1), V_AT(0, 1, 0, 2),
        V_AT(0, 0, 0, 1), V_AT(0, 0, 1, 2), V_AT(0, 0, 1, 2), V_AT(0, 1, 2, 3)};
#undef V_AT
    return vd_keep(dm_from(bits), vd_move_(from, bits, a));
}
ILI_INLINE int vd_count(uint32_t bits) {
    return __builtin_popcount(bits);
}
ILI_INLINE vfours vd_fours(const double *from, const int32_t *i) {
    vdouble a = vd_load(from + i[0]), b = vd_load(from + i[1]), c = vd_load(from + i[2]),
            d = vd_load(from + i[3]);
    vdouble ab = _mm256_unpacklo_pd(a, b), cd = _mm256_unpacklo_pd(c, d);
    vdouble ab1 = _mm256_unpackhi_pd(a, b), cd1 = _mm256_unpackhi_pd(c, d);
    return (vfours){{_mm256_permute2f128_pd(ab, cd, 0x20), _mm256_permute2f128_pd(ab1, cd1, 0x20),
                     _mm256_permute2f128_pd(ab, cd, 0x31), _mm256_permute2f128_pd(ab1, cd1, 0x31)}};
}

#endif
