/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "neigh/clusters_near.h"

const ili_cluster_tests *ili_cluster_tests_for(ili_simd set) {
    static const ili_cluster_tests *const sets[ILI_SIMD_SETS] = {[ILI_SIMD_SSE2] = &ili_cluster_tests_sse2,
                                                                 [ILI_SIMD_AVX2] = &ili_cluster_tests_avx2,
                                                                 [ILI_SIMD_AVX512] =
                                                                     &ili_cluster_tests_avx512};
    return sets[set];
}
