/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Inside of the cluster list, shared by clusters*.c alone. */
#ifndef ILI_NEIGH_CLUSTERS_STATE_H
#define ILI_NEIGH_CLUSTERS_STATE_H

#include "neigh/clusters_near.h"

/** Positions when something was last made, and when it stops being true: by then the cell has been mapped by F = h^-1 h_now and
 *  some atom has moved `room` beyond that map. */
typedef struct ili_clusters_epoch {
    ili_cell cell;
    bool is_set;
    int64_t updates; /**< since then */
} ili_clusters_epoch;

/** Angstrom by which lists reach farther than asked: more than positions in steps or rotated ones are off. */
#define ILI_CLUSTERS_SLACK 1e-6

enum {
    ILI_CLUSTERS_PIECES = 64, /**< runs of clusters that a build searches apart */
    ILI_CLUSTERS_BLOCK = 64   /**< clusters: work of a thread at a time */
};

typedef struct ili_clusters_budget ili_clusters_budget;

typedef struct ili_clusters_room {
    size_t rows, pairs;
} ili_clusters_room;

struct ili_clusters {
    int32_t n_atoms, n_types, n_clusters, n_rows, n_chunks, n_shifts;
    int32_t *type_in;            /**< [n_atoms] caller's order */
    double *reach, *short_reach; /**< [n_types^2] */
    double reach_max, short_max, skin, inner;
    double cost;                      /**< of a kernel, in prunings */
    ili_clusters_budget *budget;      /**< what missed pairs may cost; NULL: none is ever missed */
    bool is_uniform;                  /**< every type pair has the same reach */
    int32_t *partner, *partner_start; /**< excluded partners of each atom; [n_atoms + 2] */

    int32_t *atom, *type, *slot_of;
    int32_t (*wrap)[3][ILI_CLUSTER]; /**< lattice vectors added to the caller's position */
    double (*x)[3][ILI_CLUSTER];
    int32_t (*at)[3][ILI_CLUSTER];
    float (*x0)[3][ILI_CLUSTER]; /**< x at the last build */
    double coarse;               /**< angstrom by which floats are off there */
    float (*moved)
        [3]
        [ILI_CLUSTER]; /**< at the last pruning: what atoms had moved beyond the map of the cell since the build */
    size_t cap_atom, cap_type, cap_wrap, cap_x, cap_at, cap_x0, cap_moved;
    ili_clusters_epoch built, pruned;

    int32_t (*shift_n)[3]; /**< [n_shifts] the shifts in lattice vectors */
    double (*shift)[3];
    int32_t (*shift_at)[3];
    size_t cap_shift_n, cap_shift, cap_shift_at;

    /** The pairs of row r end, with those pruned away, where row r + 1 begins: [n_rows + 1] rows. */
    ili_cluster_row *row;
    ili_cluster_pair *pair;
    size_t cap_row, cap_pair;
    ili_clusters_room room[ILI_CLUSTERS_PIECES]; /**< that the pieces of a build have in its draft */
    int32_t longest_row;
    int32_t *chunk, *local, *n_local;
    uint64_t *touched;
    size_t cap_chunk, cap_local, cap_n_local, cap_touched;
    long builds, prunings;
};

/** Room for `need` items, a little more than that; what was there is lost. false: no memory. Through ILI_FIT(array, need, capacity). */
bool ili_clusters_fit(void **array, size_t need, size_t *capacity, size_t size);
#define ILI_FIT(array, need, capacity)                                                                       \
    ili_clusters_fit((void **)&(array), (need), &(capacity), sizeof *(array))

/** Make slots, shifts, rows and chunks anew from x [n_atoms][3]. */
il_status ili_clusters_build(il_context *ctx, ili_clusters *l, const ili_cell *cell, const double (*x)[3]);
/** Cut the rows into chunks and find the clusters that each touches. IL_E_MEMORY. */
il_status ili_clusters_chunks(il_context *ctx, ili_clusters *l);
/** Positions of all slots, and of the shifts, from those of the atoms. */
void ili_clusters_place(il_context *ctx, ili_clusters *l, const ili_cell *cell, const double (*x)[3]);
void ili_clusters_place_shifts(ili_clusters *l, const ili_cell *cell);
/** Hand out the pairs that are near now: for every row those within (short reach + inner), then those within (reach + inner). IL_E_MEMORY. */
il_status ili_clusters_prune(il_context *ctx, ili_clusters *l);

/** clusters_buffer.c. Set the inner skin; edges follow. */
void ili_clusters_choose_inner(ili_clusters *l);
void ili_clusters_budget_free(ili_clusters_budget **budget);
/** Energy by atom (eV) of the pairs that have come within reach since the built list (pruned NULL) or the pruned one was made and that it
 *  does not know, by an estimate from above where displacements are near normal; lists with a budget only. Maps of the cell since then; room
 *  as of the strict rule, angstrom. *farthest: how far an atom has moved, angstrom; infinite where no memory is left or a position is no number. */
double ili_clusters_missed(il_context *ctx, ili_clusters *l, const double built[3][3],
                           const double (*pruned)[3], double room, double *farthest);
/** Whether the list may be used so: that is within the budget, and no atom has crossed the whole skin. */
bool ili_clusters_may_miss(il_context *ctx, ili_clusters *l, const double built[3][3],
                           const double (*pruned)[3], double room, int64_t updates);

static inline int32_t ili_clusters_block_end(const ili_clusters *l, int32_t block) {
    return (block + 1) * ILI_CLUSTERS_BLOCK < l->n_clusters ? (block + 1) * ILI_CLUSTERS_BLOCK
                                                            : l->n_clusters;
}

static inline ili_cluster_row_place ili_clusters_place_row(const ili_clusters *l, int32_t half,
                                                           int32_t shift) {
    ili_cluster_row_place p;
    const int32_t c = half / 2, from = half % 2 * ILI_CLUSTER_ROW;
    for (int k = 0; k < 3; k++)
        for (int a = 0; a < ILI_CLUSTER_ROW; a++) p.x[k][a] = l->x[c][k][from + a] + l->shift[shift][k];
    return p;
}

#endif
