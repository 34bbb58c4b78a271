/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Species of one element that differ in the number of electrons: a ladder from the oxidised to the reduced one. A model writes
 *  it with the species keys `redox: {of: Ge, electrons: 1}` (electrons counted from the species `of`, which is rung 0) and
 *  `onsite: ENERGY` (energy of the ion by itself, counted for every atom of the species). docs/formats.md. */
#ifndef ILI_FF_REDOX_H
#define ILI_FF_REDOX_H

#include "ff/model.h"

enum { ILI_RUNGS_MAX = 8 };

typedef struct ili_ladder {
    int n;                          /**< rungs, 2 at least */
    int32_t species[ILI_RUNGS_MAX]; /**< by rung: species[k] has k electrons more than species[0] */
} ili_ladder;

/** A species between two rungs, by its parts in the model; n = 1: one species alone. What is told of it is sum_a w_a of its parts, a
 *  parameter of a pair sum_ab w_a w_b over the parts of both. */
typedef struct ili_mixture {
    int n;
    int32_t part[2];
    double weight[2]; /**< sum 1 */
} ili_mixture;

/** The entry of this form among n; NULL: there is none. */
const ili_model_entry *ili_entry_of_form(int n, const ili_model_entry *const *entries, const ili_form *form);

/** Ladders of the model, by the order of their rung 0: at most `max`; returns how many there are. */
int ili_ladders(const il_model *model, ili_ladder *ladders, int max);
/** Ladder and rung of a species; false when it is on none. */
bool ili_ladder_of(const il_model *model, int32_t species, ili_ladder *ladder, int *rung);
/** Charge that one electron carries in this model (e, negative): the steps of charge on a ladder are all equal to it. */
double ili_electron_charge(const ili_ladder *ladder, const il_model *model);
/** A copy of the model with one more species for each entry of electrons [n]: rung `electrons` of the ladder, which need not be
 *  whole. Charge, mass, on-site energy and the parameters of all pair terms are interpolated linearly between the neighbouring
 *  rungs (bilinearly between two such species), so the energy is continuous, and at whole electrons that of the rung; species i
 *  is called "NAME~i" with NAME of rung 0, and stands on no ladder itself. For electrons that are spread over atoms. The copy may be
 *  blended again for another ladder. It borrows embedded-atom functions: the model must outlive it.
 *  IL_E_INPUT outside the ladder; IL_E_UNSUPPORTED naming the pair whose forms, cut-offs or truncations differ between the rungs,
 *  or the bonded term, or a name that gets too long. eq. theory.md (13.60), (13.61) */
il_status ili_model_blend(il_context *ctx, const il_model *model, const ili_ladder *ladder, int n,
                          const double *electrons, il_model **out);

#endif
