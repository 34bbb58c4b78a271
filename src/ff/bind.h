/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A model bound to a system: the species of each atom, its charge, the bonded lists and the excluded pairs.
 *
 *  Species of an atom: its own name when the model has a species of that name; otherwise the model's species of
 *  its element, told apart by the `bonded` rules; two candidates left are refused. Bonds come from the system, or,
 *  when it has none, from distances under 1.25 times the sum of covalent radii between elements that the model bonds.
 *  Places also decide which angles an entry with a range acts on (cis and trans in an octahedron): once, here. */
#ifndef ILI_FF_BIND_H
#define ILI_FF_BIND_H

#include "ff/model.h"

typedef struct ili_bonded_item {
    int32_t atom[4];
    int32_t entry; /**< index into model->entries */
} ili_bonded_item;

typedef struct ili_special_pair {
    int32_t i, j;                   /**< i < j */
    double scale_lj, scale_coulomb; /**< 0 for 1-2 and 1-3; the model's 1-4 factors */
} ili_special_pair;

typedef struct ili_binding {
    const il_model *model; /**< borrowed */
    int32_t n;
    int32_t *type;          /**< [n] model species */
    double *charge;         /**< [n] e */
    double *species_charge; /**< [n_species of the model] e, the same by species */
    double total_charge;
    int32_t n_bonds, n_angles, n_torsions, n_specials;
    ili_bonded_item *bonds, *angles, *torsions;
    ili_special_pair *specials; /**< sorted by (i, j) */
    size_t cap_bonds, cap_angles, cap_torsions, cap_specials;
} ili_binding;

/** IL_E_INPUT naming the atom when no species, or more than one, fits, or a bonded parameter is missing.
 *  A net charge above 1e-6 e per cell is refused unless allow_charged. */
il_status ili_bind(il_context *ctx, const il_model *model, const il_system *sys, bool allow_charged,
                   ili_binding *out);
/** Multiply the charges of the species that the model marks as ions; others stay. IL_E_INPUT when the model marks none, and
 *  when the cell is no longer neutral. */
il_status ili_binding_scale_ions(il_context *ctx, ili_binding *binding, double factor);
/** Mass of all atoms, g/mol. */
double ili_binding_mass(const ili_binding *binding);
void ili_binding_free(ili_binding *binding);

#endif
