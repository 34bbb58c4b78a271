/* SPDX-License-Identifier: GPL-3.0-or-later */
/** math/simd.h on vectors of 16 bytes as every processor has them (SSE2 on x86-64); included by it alone. */
#ifndef ILI_MATH_SIMD_PLAIN_H
#define ILI_MATH_SIMD_PLAIN_H

#if defined(__SSE2__)
#include <immintrin.h>
#endif

enum { ILI_FLOATS = 4, ILI_DOUBLES = 2 };
typedef float vfloat __attribute__((vector_size(16)));
typedef double vdouble __attribute__((vector_size(16)));
typedef int32_t vint __attribute__((vector_size(16)));
typedef int64_t vlong_ __attribute__((vector_size(16)));
typedef int32_t vlane __attribute__((vector_size(8)));
typedef struct fmask {
    vint m;
} fmask;
typedef struct dmask {
    vlong_ m;
} dmask;
typedef struct vfours {
    vdouble c[4];
} vfours;

#define V_EACH(lanes) for (int k = 0; k < (lanes); k++)

ILI_INLINE vfloat vf_set(float a) {
    return (vfloat){a, a, a, a};
}
ILI_INLINE vdouble vd_set(double a) {
    return (vdouble){a, a};
}
ILI_INLINE vint vi_set(int32_t a) {
    return (vint){a, a, a, a};
}
#define V_LOAD(name, kind, element)                                                                          \
    ILI_INLINE kind name(const element *p) {                                                                 \
        kind a;                                                                                              \
        memcpy(&a, p, sizeof a);                                                                             \
        return a;                                                                                            \
    }
V_LOAD(vf_load, vfloat, float)
V_LOAD(vd_load, vdouble, double)
V_LOAD(vi_load, vint, int32_t)
V_LOAD(vl_load, vlane, int32_t)
#undef V_LOAD
ILI_INLINE void vf_store(float *p, vfloat a) {
    memcpy(p, &a, sizeof a);
}
ILI_INLINE void vd_store(double *p, vdouble a) {
    memcpy(p, &a, sizeof a);
}
ILI_INLINE vfloat vf_fma(vfloat a, vfloat b, vfloat c) {
    return a * b + c;
}
ILI_INLINE vdouble vd_fma(vdouble a, vdouble b, vdouble c) {
    return a * b + c;
}
ILI_INLINE fmask vf_less(vfloat a, vfloat b) {
    return (fmask){a < b};
}
ILI_INLINE dmask vd_less(vdouble a, vdouble b) {
    return (dmask){a < b};
}
ILI_INLINE vfloat vf_select(fmask m, vfloat a, vfloat b) {
    return (vfloat)(((vint)a & m.m) | ((vint)b & ~m.m));
}
ILI_INLINE vdouble vd_select(dmask m, vdouble a, vdouble b) {
    return (vdouble)(((vlong_)a & m.m) | ((vlong_)b & ~m.m));
}
ILI_INLINE vfloat vf_keep(fmask m, vfloat a) {
    return (vfloat)((vint)a & m.m);
}
ILI_INLINE vdouble vd_keep(dmask m, vdouble a) {
    return (vdouble)((vlong_)a & m.m);
}
ILI_INLINE vfloat vf_min(vfloat a, vfloat b) {
    return vf_select(vf_less(a, b), a, b);
}
ILI_INLINE vdouble vd_min(vdouble a, vdouble b) {
    return vd_select(vd_less(a, b), a, b);
}
ILI_INLINE vfloat vf_max(vfloat a, vfloat b) {
    return vf_select(vf_less(b, a), a, b);
}
ILI_INLINE vdouble vd_max(vdouble a, vdouble b) {
    return vd_select(vd_less(b, a), a, b);
}
#if defined(__SSE2__)
ILI_INLINE vfloat vf_sqrt(vfloat a) {
    return _mm_sqrt_ps(a);
}
ILI_INLINE vdouble vd_sqrt(vdouble a) {
    return _mm_sqrt_pd(a);
}
#else
ILI_INLINE vfloat vf_sqrt(vfloat a) {
    V_EACH(ILI_FLOATS) a[k] = sqrtf(a[k]);
    return a;
}
ILI_INLINE vdouble vd_sqrt(vdouble a) {
    V_EACH(ILI_DOUBLES) a[k] = sqrt(a[k]);
    return a;
}
#endif
ILI_INLINE vfloat vf_rsqrt(vfloat a) {
    return vf_set(1.0f) / vf_sqrt(a);
}
ILI_INLINE vdouble vd_rsqrt(vdouble a) {
    return vd_set(1.0) / vd_sqrt(a);
}
/** By the sum with a number so large that no bits are left behind the point: exact below 2^22 and 2^51. */
ILI_INLINE vfloat vf_round(vfloat a) {
    return (a + vf_set(12582912.0f)) - vf_set(12582912.0f);
}
ILI_INLINE vdouble vd_round(vdouble a) {
    return (a + vd_set(6755399441055744.0)) - vd_set(6755399441055744.0);
}
ILI_INLINE vint vf_whole(vfloat a) {
    return __builtin_convertvector(a, vint);
}
ILI_INLINE vlane vd_whole(vdouble a) {
    return __builtin_convertvector(a, vlane);
}
ILI_INLINE vfloat vf_from(vint a) {
    return __builtin_convertvector(a, vfloat);
}
ILI_INLINE vdouble vd_from(vlane a) {
    return __builtin_convertvector(a, vdouble);
}
/** a 2^n for whole n */
ILI_INLINE vfloat vf_scale(vfloat a, vfloat n) {
    return a * (vfloat)((vf_whole(n) + vi_set(127)) << 23);
}
ILI_INLINE vdouble vd_scale(vdouble a, vdouble n) {
    return a * (vdouble)((vlong_)(n + vd_set(0x1p52 + 1023.0)) << 52); /* the sum ends in n + 1023 */
}
ILI_INLINE uint32_t fm_bits(fmask m) {
    uint32_t bits = 0;
    V_EACH(ILI_FLOATS) bits |= (uint32_t)(m.m[k] & 1) << k;
    return bits;
}
ILI_INLINE uint32_t dm_bits(dmask m) {
    return (uint32_t)((m.m[0] & 1) | (m.m[1] & 2));
}
/** Lane k from bit k of the lowest lanes. */
ILI_INLINE fmask fm_from(uint32_t bits) {
    const vint lane = {1, 2, 4, 8};
    return (fmask){(vi_set((int32_t)bits) & lane) == lane};
}
ILI_INLINE dmask dm_from(uint32_t bits) {
    return (dmask){(vlong_){-(int64_t)(bits & 1), -(int64_t)(bits >> 1 & 1)}};
}
ILI_INLINE fmask fm_and(fmask a, fmask b) {
    return (fmask){a.m & b.m};
}
ILI_INLINE dmask dm_and(dmask a, dmask b) {
    return (dmask){a.m & b.m};
}
/** Modulo 2^32, as the other sets of instructions. */
ILI_INLINE vint vi_add(vint a, vint b) {
    typedef uint32_t wrapping __attribute__((vector_size(16)));
    return (vint)((wrapping)a + (wrapping)b);
}
ILI_INLINE vint vi_sub(vint a, vint b) {
    typedef uint32_t wrapping __attribute__((vector_size(16)));
    return (vint)((wrapping)a - (wrapping)b);
}
ILI_INLINE vlane vl_add(vlane a, vlane b) {
    typedef uint32_t wrapping __attribute__((vector_size(8)));
    return (vlane)((wrapping)a + (wrapping)b);
}
/** base[index] */
ILI_INLINE vfloat vf_gather(const float *base, vint index) {
    return (vfloat){base[index[0]], base[index[1]], base[index[2]], base[index[3]]};
}
ILI_INLINE vdouble vd_gather(const double *base, vlane index) {
    return (vdouble){base[index[0]], base[index[1]]};
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
    return vf_gather(table[0] + at, i);
}
ILI_INLINE vdouble vd_pick(const double *const *table, ptrdiff_t at, vdpick i) {
    return vd_gather(table[0] + at, i);
}
ILI_INLINE vdouble vf_widen(vfloat a) {
    return (vdouble){(double)a[0] + a[2], (double)a[1] + a[3]};
}
ILI_INLINE float vf_sum(vfloat a) {
    return (a[0] + a[2]) + (a[1] + a[3]);
}
ILI_INLINE double vd_sum(vdouble a) {
    return a[0] + a[1];
}
/** Lanes out of and into dense runs, and four doubles by the lane; see simd.h. */
ILI_INLINE vdouble vd_pack(uint32_t bits, vdouble a) {
    return bits == 2 ? (vdouble){a[1], a[0]} : a;
}
ILI_INLINE vdouble vd_spread(uint32_t bits, vdouble a) {
    return vd_keep(dm_from(bits), bits == 2 ? (vdouble){0.0, a[0]} : a);
}
ILI_INLINE int vd_count(uint32_t bits) {
    return (int)((bits & 1) + (bits >> 1));
}
ILI_INLINE vfours vd_fours(const double *from, const int32_t *i) {
    const double *a = from + i[0], *b = from + i[1];
    return (vfours){{{a[0], b[0]}, {a[1], b[1]}, {a[2], b[2]}, {a[3], b[3]}}};
}
#undef V_EACH

#endif
