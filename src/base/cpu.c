/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cpu.h"

bool ili_simd_is_here(ili_simd set) {
#if defined(__x86_64__)
    switch (set) {
    case ILI_SIMD_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    case ILI_SIMD_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    default:
        break;
    }
#endif
    return set == ILI_SIMD_SSE2;
}

ili_simd ili_simd_best(void) {
    ili_simd best = ILI_SIMD_SETS - 1;
    while (best > ILI_SIMD_SSE2 && !ili_simd_is_here(best)) best--;
    return best;
}

const char *ili_simd_name(ili_simd set) {
    static const char *const names[] = {
#define NAME(set, name) name,
        ILI_SIMD_LIST(NAME)
#undef NAME
    };
    return names[set];
}
