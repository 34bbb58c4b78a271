/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The two tests that building and pruning a cluster list spend their time on, for each set of vector instructions. */
#ifndef ILI_NEIGH_CLUSTERS_NEAR_H
#define ILI_NEIGH_CLUSTERS_NEAR_H

#include "base/cpu.h"
#include "neigh/clusters.h"

typedef struct ili_cluster_box {
    double low[3], high[3]; /**< angstrom */
} ili_cluster_box;

/** n boxes, by side; rows end with ILI_BOX_SPARE boxes more that may be read. */
enum { ILI_BOX_SPARE = 8 };
typedef struct ili_cluster_boxes {
    double *side[6]; /**< low x y z, high x y z: [n + ILI_BOX_SPARE], one block that begins at side[0] */
} ili_cluster_boxes;

/** Doubles that n boxes take. */
static inline size_t ili_cluster_boxes_size(size_t n) {
    return 6 * (n + ILI_BOX_SPARE);
}
static inline ili_cluster_boxes ili_cluster_boxes_in(double *block, size_t n) {
    ili_cluster_boxes boxes;
    for (size_t k = 0; k < 6; k++) boxes.side[k] = block + k * (n + ILI_BOX_SPARE);
    return boxes;
}
static inline void ili_cluster_boxes_put(ili_cluster_boxes *boxes, size_t i, const ili_cluster_box *box) {
    for (int k = 0; k < 3; k++) {
        boxes->side[k][i] = box->low[k];
        boxes->side[3 + k][i] = box->high[k];
    }
}

/** The four slots of a row, its shift added. */
typedef struct ili_cluster_row_place {
    double x[3][ILI_CLUSTER_ROW];
} ili_cluster_row_place;

typedef struct ili_cluster_tests {
    /** Those of the boxes from .. to - 1 whose squared distance from `box` is below limit2, ascending; returns their number.
     *  `found` has room for to - from + ILI_BOX_SPARE. */
    int32_t (*near_boxes)(const ili_cluster_boxes *boxes, int32_t from, int32_t to,
                          const ili_cluster_box *box, double limit2, int32_t *found);
    /** Part n pairs of a row: first those with two slots nearer than near2, then those with two slots nearer than all2, then
     *  the rest; within each in their old order. Blanks count as what they stand on. `scratch` holds n. parted: numbers of the first two. */
    void (*part)(const double (*x)[3][ILI_CLUSTER], const ili_cluster_row_place *row, ili_cluster_pair *pair,
                 int32_t n, double near2, double all2, ili_cluster_pair *scratch, int32_t parted[2]);
} ili_cluster_tests;

extern const ili_cluster_tests ili_cluster_tests_sse2, ili_cluster_tests_avx2, ili_cluster_tests_avx512;
const ili_cluster_tests *ili_cluster_tests_for(ili_simd set);

#endif
