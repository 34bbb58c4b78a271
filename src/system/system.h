/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Atoms in a cell: what every reader makes, every builder shapes and every force field is bound to.
 *  Optional per-atom arrays are NULL when absent. The order of atoms is the caller's and is never changed. */
#ifndef ILI_SYSTEM_SYSTEM_H
#define ILI_SYSTEM_SYSTEM_H

#include "system/cell.h"

enum { ILI_NAME_MAX = 16 };

/** A kind of atom. `name` is the element symbol or a force-field label ("Li0", "CO"). */
typedef struct ili_species {
    char name[ILI_NAME_MAX];
    int z;         /**< atomic number */
    double charge; /**< e; NaN: unknown */
} ili_species;

struct il_system {
    ili_cell cell;
    int32_t n_atoms, n_species;
    ili_species *species; /**< [n_species] */
    int32_t *type;        /**< [n] index into species */
    double (*x)[3];       /**< [n] angstrom */
    double (*v)[3];       /**< [n] angstrom/fs, or NULL */
    double (*f)[3];       /**< [n] eV/angstrom read from a file, or NULL */
    double *charge;       /**< [n] e, or NULL */
    int32_t *side;        /**< [n] 0 lower, 1 upper part of a contact, or NULL */
    int32_t *molecule;    /**< [n] molecule number from 1, 0 none; or NULL */
    int32_t n_bonds;
    int32_t (*bonds)[2]; /**< [n_bonds] atom indices, i < j; or NULL */
    bool has_energy;
    double energy; /**< eV, read from a file */
    size_t cap_atoms, cap_species, cap_bonds;
};

il_status ili_system_create(il_context *ctx, il_system **out);
/** Deep copy. */
il_status ili_system_copy(il_context *ctx, const il_system *from, il_system **out);
/** Index of the species with this name, added when new (charge NaN). z 0: taken from the name. */
il_status ili_system_species(il_context *ctx, il_system *sys, const char *name, int z, int32_t *index);
/** Append an atom; keeps every optional array that exists in step (zero-filled). */
il_status ili_system_add(il_context *ctx, il_system *sys, int32_t type, const double x[3]);
il_status ili_system_add_bond(il_context *ctx, il_system *sys, int32_t i, int32_t j);
/** Make an optional array exist, zeroed: ILI_SYSTEM_ARRAY(ctx, sys, side). */
#define ILI_SYSTEM_ARRAY(ctx, sys, field)                                                                    \
    ili_system_array((ctx), (sys), (void **)&(sys)->field, sizeof *(sys)->field)
il_status ili_system_array(il_context *ctx, il_system *sys, void **field, size_t size);
/** Append all atoms and bonds of `from` (another system); `side` >= 0 is written to their side. Molecule numbers go on
 *  after the last one of `sys`. The cell stays; an energy read from a file is dropped. */
il_status ili_system_append(il_context *ctx, il_system *sys, const il_system *from, int side);
/** Keep atoms with keep[i] true, in order; bonds to lost atoms go, and the energy with any atom. */
void ili_system_filter(il_system *sys, const bool *keep);
/** n[0] x n[1] x n[2] copies, each with molecules of its own; bonds follow their images (bonds across the cell go to the nearest image). */
il_status ili_system_repeat(il_context *ctx, const il_system *sys, const int n[3], il_system **out);
/** Sum of masses, g/mol. */
double ili_system_mass(const il_system *sys);
/** Reduced formula in Hill-like order ("LiGe2P3O12"), written to text. */
void ili_system_formula(const il_system *sys, char *text, size_t size);
/** The same per formula unit when there are `units` of them ("Li1.5Ge1.5Al0.5P3O12"). */
void ili_system_formula_of(const il_system *sys, long units, char *text, size_t size);
/** Reduced formulas that the atoms make: the greatest common divisor of the counts of elements; 0 without atoms. */
long ili_system_formula_units(const il_system *sys);

#endif
