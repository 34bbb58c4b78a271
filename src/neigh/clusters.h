/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Pair list over clusters of atoms, for kernels that load neighbours in full vectors; any triclinic cell, however small.
 *
 *  Slots. Atoms stand in slots, sorted in space so that the eight slots of a cluster lie close together; what a cluster lacks is
 *  filled with blanks (atom -1, type 0, the place of another atom of the cluster). Slots keep their atoms until the next rebuild.
 *
 *  Rows. A row is half a cluster (four slots), seen in one periodic image (shift), with the clusters near it. Every pair of atoms
 *  within reach, and every image of it, stands in just one row: rows of shift 0 hold clusters from their own on, other rows only
 *  exist for one of +-shift. Bit 8 a + b of the mask tells whether slot a of the row acts on slot b of the cluster: blanks, an
 *  atom on itself, the pairs counted elsewhere, exclusions and pairs out of reach of the list may be 0 bits; a 1 bit is a real
 *  pair of atoms that may act, at whatever distance it now has. Displacement: x[cluster] - (x[row] + shift).
 *
 *  Positions. `x` in angstrom and `at` in steps of ILI_AT_STEP modulo 2^32, both continuous since the last rebuild: differences of
 *  `at` (subtracted as unsigned, read as signed) are exact up to 64 angstrom in any cell, which single precision needs; bits of
 *  pairs farther apart than 48 angstrom (or reach + skin, if that is more) along an axis are 0.
 *
 *  Chunks. Rows are cut into n_chunks runs of about equal work (their number depends on the system alone). One thread
 *  works on a chunk; it adds forces into a buffer of the chunk's own, which holds only the clusters that the chunk touches:
 *  local[chunk * n_clusters + cluster] is the place there, -1 untouched. Buffers are summed by cluster over the chunks of
 *  `touched`, in their order, so bits do not depend on the threads.
 *
 *  Two lists: the outer one, built for (reach + skin), holds until an atom has moved skin/2; the rows handed out are pruned from it
 *  more often, for (reach + part of the skin), so that kernels see few pairs beyond their cut-off. As made, no pair within reach is ever
 *  missed; ili_clusters_allow lets both be used longer, as far as the energy of the pairs missed stays below a tolerance. */
#ifndef ILI_NEIGH_CLUSTERS_H
#define ILI_NEIGH_CLUSTERS_H

#include "system/cell.h"

enum { ILI_CLUSTER = 8, ILI_CLUSTER_ROW = 4, ILI_CLUSTER_CHUNKS_MAX = 64 };
#define ILI_AT_STEP       (1.0 / (1 << 25)) /* angstrom */
#define ILI_CLUSTERS_SKIN 2.0               /* angstrom: cheapest for dynamics, clusters_buffer.c */

typedef struct ili_clusters ili_clusters;

typedef struct ili_cluster_pair {
    int32_t cluster;
    uint32_t mask;
} ili_cluster_pair;

typedef struct ili_cluster_row {
    int32_t half;  /**< slots 4 half .. 4 half + 3 */
    int32_t shift; /**< index into the shifts; 0 is none */
    int32_t begin; /**< first pair */
    int32_t
        short_end; /**< pairs begin .. short_end - 1 may be nearer than the short reach; the others are not */
    int32_t end;
} ili_cluster_row;

/** What a kernel reads. Valid until the next update. Arrays start at 64-byte boundaries. */
typedef struct ili_clusters_view {
    int32_t n_atoms, n_clusters, n_rows, n_chunks, n_shifts;
    const int32_t *atom;                 /**< [8 n_clusters] caller's index, -1 blank */
    const int32_t *type;                 /**< [8 n_clusters] */
    const int32_t *slot_of;              /**< [n_atoms] */
    const double (*x)[3][ILI_CLUSTER];   /**< [n_clusters] angstrom, current */
    const int32_t (*at)[3][ILI_CLUSTER]; /**< [n_clusters] the same in steps of ILI_AT_STEP, modulo 2^32 */
    const double (*shift)[3];            /**< [n_shifts] angstrom */
    const int32_t (*shift_at)[3];        /**< [n_shifts] steps, modulo 2^32 */
    const ili_cluster_row *row;          /**< [n_rows] */
    const ili_cluster_pair *pair;
    const int32_t *chunk;    /**< [n_chunks + 1] first rows; at most ILI_CLUSTER_CHUNKS_MAX chunks */
    const int32_t *local;    /**< [n_chunks][n_clusters] place in the chunk's buffer, in clusters */
    const int32_t *n_local;  /**< [n_chunks] clusters in each buffer */
    const uint64_t *touched; /**< [n_clusters] bit k: chunk k touches the cluster */
} ili_clusters_view;

/** reach [n_types^2], angstrom, symmetric, 0 = never listed; short_reach [n_types^2] <= reach: the same for the part of the pair
 *  functions that is costly (NULL: all is short). `excluded` lists atom pairs (i < j, sorted) whose nearest image is left out, as in
 *  nlist.h. Everything is copied. skin >= 0, angstrom. IL_E_MEMORY. */
il_status ili_clusters_create(il_context *ctx, int32_t n_atoms, const int32_t *type, int32_t n_types,
                              const double *reach, const double *short_reach, double skin, int32_t n_excluded,
                              const int32_t (*excluded)[2], ili_clusters **out);
void ili_clusters_destroy(ili_clusters **list);
/** Bring the list and its positions up to date with x [n][3] in the cell: rebuild, prune or just copy, as far as atoms and cell have
 *  moved. Atoms need not be wrapped. The same bits at any thread count. IL_E_NONFINITE, IL_E_MEMORY, IL_E_UNSUPPORTED (as nlist.h). */
il_status ili_clusters_update(il_context *ctx, ili_clusters *list, const ili_cell *cell,
                              const double (*x)[3]);
/** Choose how often to prune for a kernel that takes as long as `cost` prunings of the same rows: 2.5, as after create, for one in single
 *  precision; 8 for one in double precision with costly functions. The next update rebuilds. */
void ili_clusters_expect(ili_clusters *list, double cost);
/** How deep below the end of a pair function its energies are told, angstrom. */
enum { ILI_EDGE_NODES = 5 };
extern const double ILI_EDGE_DEPTH[ILI_EDGE_NODES];

/** What dynamics lets lists cost. */
typedef struct ili_clusters_drift {
    double energy; /**< eV by atom and update that missed pairs may cost: half of it each list */
    /** [n_types] width of the thermal displacement along an axis between two updates, angstrom */
    const double *speed;
    /** [n_types^2] |energy| (eV) of a pair at its reach - depth */
    const double (*end)[ILI_EDGE_NODES];
    /** likewise of the costly part at the short reach; NULL: none */
    const double (*short_end)[ILI_EDGE_NODES];
} ili_clusters_drift;

/** Use the lists longer than the strict rule allows, as far as the energy of the pairs missed, estimated from the displacements
 *  measured by type (theory.md 9.12), stays below drift->energy times the updates since, and no atom has crossed a whole skin;
 *  choose the inner skin for it. NULL: the strict rule again, which cannot fail. The next update rebuilds. The same bits at any thread count.
 *  IL_E_MEMORY. */
il_status ili_clusters_allow(il_context *ctx, ili_clusters *list, const ili_clusters_drift *drift);
/** Make the next update rebuild, whatever moved. */
void ili_clusters_forget(ili_clusters *list);
ili_clusters_view ili_clusters_get(const ili_clusters *list);
/** Skin to which rows are pruned, angstrom. */
double ili_clusters_inner_skin(const ili_clusters *list);
/** Rebuilds and prunings so far. */
long ili_clusters_builds(const ili_clusters *list);
long ili_clusters_prunings(const ili_clusters *list);

#endif
