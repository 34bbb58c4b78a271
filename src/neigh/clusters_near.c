/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "neigh/clusters_near.h"

#include "base/alloc.h"

bool ili_cluster_boxes_make(ili_cluster_boxes *boxes, size_t n) {
    double *block = ili_alloc(6 * (n + ILI_BOX_SPARE), sizeof *block);
    for (size_t k = 0; k < 6; k++) boxes->side[k] = block ? block + k * (n + ILI_BOX_SPARE) : NULL;
    return block;
}

void ili_cluster_boxes_free(ili_cluster_boxes *boxes) {
    ili_free(boxes->side[0]);
    *boxes = (ili_cluster_boxes){0};
}

const ili_cluster_tests *ili_cluster_tests_for(ili_simd set) {
    static const ili_cluster_tests *const sets[ILI_SIMD_SETS] = {[ILI_SIMD_SSE2] = &ili_cluster_tests_sse2,
                                                                 [ILI_SIMD_AVX2] = &ili_cluster_tests_avx2,
                                                                 [ILI_SIMD_AVX512] =
                                                                     &ili_cluster_tests_avx512};
    return sets[set];
}
