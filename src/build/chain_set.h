/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Chains spelled out from a unit file: every atom with its internal coordinates, before any has a place. */
#ifndef ILI_BUILD_CHAIN_SET_H
#define ILI_BUILD_CHAIN_SET_H

#include "build/polymer_unit.h"
#include "build/pushoff.h"

/** An atom by internal coordinates; refs are atoms of the set, -1 none (the first three of a chain). */
typedef struct ili_chain_atom {
    int species;
    int32_t ref[3];  /**< bonded to, angle with, torsion with */
    double r, theta; /**< angstrom, radian */
    double phi;      /**< radian, when torsion is -1 */
    int torsion;     /**< entry of the unit's torsions to draw from; -1: phi is fixed */
} ili_chain_atom;

typedef struct ili_chain_set {
    int32_t n_chains, n_atoms; /**< atoms of the chains */
    int32_t n_guests;          /**< atoms of other molecules, numbered after those of the chains */
    int32_t *first;            /**< [n_chains + 1] first atom of each chain */
    ili_chain_atom *atoms;     /**< [n_atoms]; refs point backwards, the bond of atom i is (ref[0], i) */
    int32_t *excluded_start;   /**< [n_atoms + n_guests + 1] */
    int32_t *excluded;         /**< atoms within three bonds of each atom, itself left out, nearest first */
    int32_t n_springs;
    ili_spring *springs; /**< ideal bonds and the 1-3 distances of ideal angles */
    double *radius;      /**< of atoms, guests and obstacles, made by ili_chain_set_body */
} ili_chain_set;

/** degree [n_chains] repeat units of each chain, > 0. IL_E_INPUT naming the missing bond, angle or
 *  torsion. */
il_status ili_chain_set_create(il_context *ctx, const ili_polymer_unit *unit, int32_t n_chains,
                               const int *degree, ili_chain_set *out);
void ili_chain_set_free(ili_chain_set *set);
/** Add molecules that have their places already and keep their shapes in a push-off: springs between all their atoms. Once. */
il_status ili_chain_set_add_guests(il_context *ctx, ili_chain_set *set, const il_system *guests);
/** Where atom `a` goes when its torsion is phi (radian, 0 = cis) and its references sit in x [n][3],
 *  angstrom. */
void ili_chain_place(const ili_chain_atom *a, double phi, const double (*x)[3], double out[3]);

/** Atoms, charges, molecule numbers from 1 and bonds of the set, all atoms at the origin of `cell`. */
il_status ili_chain_set_system(il_context *ctx, const ili_polymer_unit *unit, const ili_chain_set *set,
                               const ili_cell *cell, il_system **out);
/** The soft body of the set, whose atoms are `chains` (and guests after them), among fixed obstacles (NULL: none), between the
 *  heights z_low and z_high (angstrom; NaN: no walls). It borrows from the set. */
il_status ili_chain_set_body(il_context *ctx, ili_chain_set *set, const il_system *chains,
                             const il_system *obstacles, double z_low, double z_high, ili_soft_body *body);
/** Mass (g/mol, returned) and centre of mass (angstrom) of atoms begin .. end - 1. */
double ili_chain_centre(const il_system *sys, int32_t begin, int32_t end, double centre[3]);
/** Shift every molecule (a run of one molecule number) by whole lattice vectors so that its centre of mass lies in the cell;
 *  in a gap along a and b only. */
void ili_molecules_wrap(il_system *sys, bool is_gap);

#endif
