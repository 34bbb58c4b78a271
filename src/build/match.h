/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Common surface cells of two crystals. Zur & McGill, J. Appl. Phys. 1984, 55, 378: all superlattices of
 *  both surface lattices up to an area, compared by their reduced cells. */
#ifndef ILI_BUILD_MATCH_H
#define ILI_BUILD_MATCH_H

#include "system/system.h"

typedef enum ili_strain_measure {
    ILI_STRAIN_PRINCIPAL, /**< largest |principal strain| */
    ILI_STRAIN_MISES      /**< sqrt(e1^2 - e1 e2 + e2^2) */
} ili_strain_measure;

typedef struct ili_match_options {
    double max_area;   /**< of the common cell, angstrom^2 */
    double max_strain; /**< of B by the measure, 1 */
    ili_strain_measure measure;
    int max_matches; /**< longest list wanted */
} ili_match_options;

/** One common cell. A keeps its shape; B takes the whole strain. Strains are given in the frame of the
 *  common cell. */
typedef struct ili_match {
    int m_a[2][2], m_b[2][2]; /**< rows: common vectors in those of A and of B, det > 0 */
    int n_a, n_b;             /**< surface cells of each */
    double area;              /**< angstrom^2 */
    double strain;            /**< by the measure */
    double small[3];          /**< xx yy xy of V - 1, F = V R */
    double lagrangian[3];     /**< xx yy xy of (V^2 - 1)/2 */
    double principal[2];      /**< principal values of V - 1, larger first */
    double rotation;          /**< of B against A as both were given, degree, positive = counter-clockwise */
    double h[2][2];           /**< rows: common vectors, angstrom, the first along x */
    double f_a[2][2],
        f_b[2][2]; /**< x' = f x for columns (x, y): a rotation for A, rotation and strain for B */
    bool is_front; /**< less strain than every smaller cell */
} ili_match;

/** max_area 400, max_strain 0.05, largest principal strain, at most 200. */
void ili_match_options_default(ili_match_options *options);

/** All matches within the limits, by area, then strain, then |rotation|; the first is the smallest cell
 *  within the strain limit, those with is_front trade area for strain. Mirror images are never taken.
 *  a, b  [2][2] rows: surface vectors, right-handed, angstrom, in
 *  list  owned by the caller (ili_free)
 *  IL_E_INPUT (left-handed or flat cells, limits); IL_E_UNSUPPORTED (no match within the limits);
 *  IL_E_MEMORY. */
il_status ili_match_find(il_context *ctx, const double a[2][2], const double b[2][2],
                         const ili_match_options *options, ili_match **list, int *n);
/** Surface vectors of a slab (a and b in the xy plane). */
void ili_match_plane(const il_system *slab, double plane[2][2]);
/** Supercells of both slabs on the common cell: A turned, B turned and strained, in-plane vectors equal bit
 *  for bit.
 *  Third vectors and heights stay; copy c of atom i is atom c * n + i. IL_E_INPUT, IL_E_MEMORY. */
il_status ili_match_apply(il_context *ctx, const il_system *slab_a, const il_system *slab_b,
                          const ili_match *match, il_system **out_a, il_system **out_b);

#endif
