/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Coordinates of a relaxation: one vector q for the atoms and the cell.
 *
 *  The cell is h = h0 D and an atom lies at x = y D, with D = 1 + sum_k (q_k / L) B_k. The first 3n entries
 *  of q are the positions y in the undeformed frame, the last n_strain the strain along orthonormal symmetric
 *  matrices B_k, so nothing rotates. Six B_k leave the whole cell free, three the plane of a slab, one its
 *  normal.
 *
 *  Scale: n bonds of stiffness k and length d give d2E/dstrain2 ~ n k d^2, so with L = d sqrt(n) and d =
 *  (V/n)^(1/3) atoms and cell are about equally stiff in q. */
#ifndef ILI_RELAX_CELLMAP_H
#define ILI_RELAX_CELLMAP_H

#include "relax/relax.h"

typedef struct ili_cellmap {
    int32_t n;
    int n_strain;          /**< 0 .. 6 */
    double basis[6][3][3]; /**< B_k, B_k : B_l = delta_kl */
    double length;         /**< L, angstrom */
    ili_cell start;
    bool atoms_move;
    const bool *fixed; /**< [n] borrowed, or NULL; fixed atoms keep their y and follow the cell */
} ili_cellmap;

/** Map for a mode. Cell modes of a slab (third axis open) act in its plane. IL_E_UNSUPPORTED when the cell
 *  does not repeat along what the mode would change. */
il_status ili_cellmap_make(il_context *ctx, ili_relax_mode mode, int32_t n, const ili_cell *cell,
                           const bool *fixed, ili_cellmap *map);
static inline size_t ili_cellmap_size(const ili_cellmap *map) {
    return 3 * (size_t)map->n + (size_t)map->n_strain;
}
/** q [size] of the undeformed cell with atoms at x [n][3], angstrom. */
void ili_cellmap_start(const ili_cellmap *map, const double (*x)[3], double *q);
/** Cell and positions x [n][3] at q. IL_E_NONFINITE when the cell has collapsed. */
il_status ili_cellmap_place(il_context *ctx, const ili_cellmap *map, const double *q, ili_cell *cell,
                            double (*x)[3]);
/** Gradient g [size] of the energy at q, eV/angstrom, from forces f [n][3] and virial w[6] (eV). */
void ili_cellmap_gradient(const ili_cellmap *map, const double *q, const double (*f)[3], const double w[6],
                          double *g);
/** Length of a step dq: the largest displacement of an atom, a strain counting as that times 2d; angstrom. */
double ili_cellmap_length(const ili_cellmap *map, const double *dq);
/** Part of a symmetric tensor t[6] that the free strains can relax; its largest component. */
double ili_cellmap_active(const ili_cellmap *map, const double t[6]);

#endif
