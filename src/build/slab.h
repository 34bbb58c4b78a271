/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Slabs of a crystal: periodic along a and b in the xy plane, faces along z. */
#ifndef ILI_BUILD_SLAB_H
#define ILI_BUILD_SLAB_H

#include "build/termination.h"

typedef struct ili_slab_options {
    int miller[3];
    int layers;           /**< repeats of the oriented primitive cell, at least; 0: by thickness */
    double min_thickness; /**< angstrom, repeats are added until layers x period reaches it; 0: by layers */
    double vacuum; /**< angstrom between the outermost atoms across the cell; files only, forces ignore it */
    int termination;        /**< index into the list; -1: the best */
    int repeat[2];          /**< copies along a and b */
    bool reconstruct;       /**< move mobile ions between the faces so that the dipole is least */
    double depth;           /**< angstrom below the outermost mobile ion of a face where ions may move */
    double plane_tolerance; /**< angstrom; unit centres nearer than this along z form one plane */
    const char *units;      /**< elements that keep their anions, "P,S"; NULL: B,C,N,P,S; "": none */
    const double
        *charge_by_atom; /**< [n] e, or NULL: of the system, its species, or usual oxidation states */
} ili_slab_options;

/** 0,0,1; min_thickness 10; vacuum 15; best termination; repeat 1,1; depth 3; plane_tolerance 0.1. */
void ili_slab_options_default(ili_slab_options *options);

/** Every distinct termination; with options->reconstruct each has its slab's n_moved and residual.
 *  *list is owned by the caller (ili_free). IL_E_INPUT, IL_E_MEMORY. */
il_status ili_slab_terminations(il_context *ctx, const il_system *bulk, const ili_slab_options *options,
                                ili_termination **list, int *n);

/** Build a slab: whole repeats of the bulk, stoichiometric, right-handed, a along x, lowest atom at
 *  vacuum / 2.
 *  slab    owned by the caller; pbc true true false
 *  chosen  what was cut, out, may be NULL
 *  origin  [n] bulk atom of each slab atom, out, owned by the caller (ili_free), may be NULL
 *  IL_E_INPUT (index, options, unknown termination), IL_E_MEMORY. */
il_status ili_slab_build(il_context *ctx, const il_system *bulk, const ili_slab_options *options,
                         il_system **slab, ili_termination *chosen, int32_t **origin);

/** Move mobile ions (alkali) from one face to the lattice sites of the other while that lessens the dipole
 *  along z, the outermost first and far apart (Tasker 2b). Works on any slab with its stack vector
 *  (supercells, strained ones).
 *  charge    [n] e, in
 *  stack     [3] from the lower to the upper end, angstrom, in
 *  depth     angstrom below the outermost mobile ion, in
 *  n_moved, residual  ions moved; polarity left, e/angstrom^2; out. IL_E_MEMORY. */
il_status ili_slab_reconstruct(il_context *ctx, il_system *slab, const double *charge, const double stack[3],
                               double depth, int *n_moved, double *residual);

/** In-plane deformation: x' = f x for columns x = (x, y); the cell follows. */
void ili_slab_deform(il_system *slab, const double f[2][2]);

/** Supercell in the plane: rows of m are the new a and b in the old ones, det m > 0. Copy c of atom i is atom
 *  c * n_atoms + i; a x b keeps its sense, and bonds go to the copies they reach. IL_E_INPUT, IL_E_MEMORY. */
il_status ili_slab_supercell(il_context *ctx, const il_system *slab, const int m[2][2], il_system **out);

/** Put the lowest atom at vacuum / 2 and the cell's third vector along z with this vacuum, angstrom. */
void ili_slab_set_vacuum(il_system *slab, double vacuum);

#endif
