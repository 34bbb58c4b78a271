/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Geometry of a contact: two slabs on a common cell, or a polymer film on a slab; open along z. */
#ifndef ILI_TASK_CONTACT_BUILD_H
#define ILI_TASK_CONTACT_BUILD_H

#include "build/match.h"
#include "build/slab.h"
#include "task/contact_side.h"

/** How a contact is built; the rows of the verb's option table fill it. */
typedef struct ili_contact_plan {
    int miller_a[3], miller_b[3];
    int termination_a, termination_b;    /**< -1: the best */
    double thickness_a, thickness_b;     /**< angstrom, at least; polymer: film thickness */
    double max_strain;                   /**< per cent */
    double max_area, min_width;          /**< angstrom^2; angstrom, least width of the cell under a polymer */
    double degree, density, temperature; /**< polymer: units a chain; g/cm3, NaN: the unit file's; K */
} ili_contact_plan;

typedef struct ili_contact_geometry {
    il_system *a, *b;      /**< on the common cell, apart; a below */
    il_system *b_free;     /**< the same slab of B at its own lattice, NULL: B is not strained */
    double area;           /**< angstrom^2 */
    double strain[3];      /**< of B, small strain xx yy xy */
    double registry[2][2]; /**< rows: in-plane vectors that a registry shift is drawn from, angstrom */
    ili_termination cut_a, cut_b;
    ili_match match;
    ili_polymer_shape film;
    double cells_a, cells_b; /**< bulk cells of the relaxed bulk in each slab; 0 for a polymer */
} ili_contact_geometry;

/** Build from sides whose bulk is ready. B takes the strain. Mobile ions of A are moved between its faces where that lessens
 *  the dipole (model charges). IL_E_INPUT, IL_E_UNSUPPORTED (no common cell within the limits), IL_E_NOT_CONVERGED (film). */
il_status ili_contact_build(il_context *ctx, const ili_contact_plan *plan, const il_model *model,
                            const ili_side *side_a, const ili_side *side_b, int sample,
                            ili_contact_geometry *out);
void ili_contact_geometry_free(ili_contact_geometry *geometry);
/** A with B above it: B's lowest atom `gap` over A's highest, shifted in the plane by s0, s1 (fractions of the registry
 *  vectors). Atoms of A come first; side 0 and 1. For a film the gap and shift it was grown with are kept. */
il_status ili_contact_assemble(il_context *ctx, const ili_contact_geometry *geometry, double gap, double s0,
                               double s1, il_system **out);

#endif
