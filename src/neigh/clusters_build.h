/* SPDX-License-Identifier: GPL-3.0-or-later */
/** One build of a cluster list: what its stages hand to each other, included by clusters_*.c alone.
 *
 *  Frame. The reduced lattice is taken in a rotated frame in which vector k reaches along the first k + 1 axes alone (Gram-Schmidt;
 *  periodic vectors first). The box of its diagonal holds one image of every point, so atoms are wrapped into a right-angled box in any
 *  cell, and boxes around clusters need no skewed geometry. */
#ifndef ILI_NEIGH_CLUSTERS_BUILD_H
#define ILI_NEIGH_CLUSTERS_BUILD_H

#include "neigh/clusters_state.h"

typedef struct ili_cluster_frame {
    int n_periodic;
    double axis[3][3];     /**< orthonormal rows */
    double step[3][3];     /**< [n_periodic] reduced lattice vectors along the axes, lower triangle */
    int32_t lattice[3][3]; /**< [n_periodic] the same in vectors of the cell */
} ili_cluster_frame;

/** Clusters of a column, or columns of a slab. */
typedef struct ili_cluster_run {
    int32_t first, n;
} ili_cluster_run;

/** u, wrap, key and spare stand in arrays of the list that are made anew after the sort, the rest in the context's scratch, which
 *  nothing else asks for during a build. */
typedef struct ili_cluster_draft {
    ili_cluster_frame frame;
    double (*u)[3];        /**< [n_atoms] wrapped, along the axes of the frame */
    int32_t (*wrap)[3];    /**< [n_atoms] in vectors of the cell */
    uint64_t *key, *spare; /**< [n_atoms] */
    int32_t *order;        /**< [n_atoms] by slot */
    int axes[3]; /**< slabs are cut along the first, columns along the second, clusters along the third */
    ili_cluster_box all; /**< around all atoms */
    ili_cluster_boxes cluster_boxes, column_boxes, slab_boxes;
    double widest; /**< diagonal of the widest cluster */
    ili_cluster_run *column, *slab;
    int32_t n_columns, n_slabs;
    ili_cluster_row *row; /**< rooms of the pieces that are searched apart */
    ili_cluster_pair *pair;
} ili_cluster_draft;

ili_cluster_frame ili_cluster_frame_of(const ili_cell *cell);
/** Wrap the atoms and sort them into slots: order, columns, slabs and boxes. IL_E_MEMORY, IL_E_NONFINITE. */
il_status ili_clusters_sort(il_context *ctx, ili_clusters *l, const ili_cell *cell, const double (*x)[3],
                            ili_cluster_draft *d);
/** Rows and pairs within (reach + skin), exclusions taken out. *enough false: the draft had too little room for them; that of the next one,
 *  to be sorted anew, is enough. IL_E_MEMORY, IL_E_UNSUPPORTED. */
il_status ili_clusters_search(il_context *ctx, ili_clusters *l, const ili_cell *cell,
                              const ili_cluster_draft *d, bool *enough);

#endif
