/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The kernels of one set of instructions, in both precisions; PAIR_KERNELS is the name of their table. Included once by each of
 *  pair_kernel_{sse2,avx2,avx512}.c, whose flags choose the instructions. */
#include "ff/pair_kernel.h"
#include "ff/quintic.h"
#include "math/simd.h"
#include "math/vec.h"

/* mixed: places are steps, their differences exact; arithmetic in floats */
#define real     float
#define vreal    vfloat
#define vindex   vint
#define vmask    fmask
#define vplace   vint
#define vpick    vfpick
#define place    int32_t
#define V(name)  vf_##name
#define VI(name) vi_##name
#define VM(name) fm_##name
#define VP(name) vi_##name
#define K(name)  single_##name
enum { single_LANES = ILI_FLOATS, single_ROWS = ILI_FLOAT_ROWS };
ILI_INLINE vfloat single_difference(vint a, vint b) {
    return vf_from(vi_sub(a, b));
}
ILI_INLINE int32_t single_shifted(int32_t x, int32_t shift) {
    return (int32_t)((uint32_t)x + (uint32_t)shift);
}
#define PLACES(view)       ((view)->at)
#define PLACE_SHIFTS(view) ((view)->shift_at)
#include "ff/pair_kernel_body.h"
#undef real
#undef vreal
#undef vindex
#undef vmask
#undef vplace
#undef vpick
#undef place
#undef V
#undef VI
#undef VM
#undef VP
#undef K
#undef PLACES
#undef PLACE_SHIFTS

#define real     double
#define vreal    vdouble
#define vindex   vlane
#define vmask    dmask
#define vplace   vdouble
#define vpick    vdpick
#define place    double
#define V(name)  vd_##name
#define VI(name) vl_##name
#define VM(name) dm_##name
#define VP(name) vd_##name
#define K(name)  double_##name
enum { double_LANES = ILI_DOUBLES, double_ROWS = ILI_DOUBLE_ROWS };
ILI_INLINE vdouble double_difference(vdouble a, vdouble b) {
    return a - b;
}
ILI_INLINE double double_shifted(double x, double shift) {
    return x + shift;
}
#define PLACES(view)       ((view)->x)
#define PLACE_SHIFTS(view) ((view)->shift)
#include "ff/pair_kernel_body.h"

const ili_pair_kernels *PAIR_KERNELS(bool single) {
    return single ? &single_kernels : &double_kernels;
}
