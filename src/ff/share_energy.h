/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Energy of a system as a function of the electrons on its reducible ions, all positions fixed: on-site energies, Coulomb
 *  interaction and pair terms. theory.md (13.62) to (13.64). */
#ifndef ILI_FF_SHARE_ENERGY_H
#define ILI_FF_SHARE_ENERGY_H

#include "ff/redox.h"

/** On-site energy between the rungs, eV: passes through those of the rungs, has a continuous slope, is convex where the rungs are
 *  and exactly a parabola where they lie on one. For three rungs or more that are convex; 0 <= electrons <= n - 1.
 *  *slope eV, *curvature eV (that of the interval `segment`), out, may be NULL. */
double ili_onsite_smooth(const il_model *model, const ili_ladder *ladder, double electrons, int segment,
                         double *slope, double *curvature);
/** Three rungs or more, each electron costing more than the one before it. */
bool ili_onsite_is_convex(const il_model *model, const ili_ladder *ladder);

typedef struct ili_share_energy ili_share_energy;

/** sys           in three periodic directions
 *  type [n_atoms] species of the model, in; charge [n_atoms] e, in (those of the ions are not read)
 *  m, atom [m]    the reducible ions, ascending, in;  ladder [m] of each, in; their blends must exist (ili_model_blend)
 *  The model is borrowed. IL_E_UNSUPPORTED (periods), IL_E_MEMORY, IL_E_NONFINITE. */
il_status ili_share_energy_create(il_context *ctx, const il_model *model, double short_cutoff,
                                  const il_system *sys, const int32_t *type, const double *charge, int32_t m,
                                  const int32_t *atom, const ili_ladder *ladder, ili_share_energy **out);
void ili_share_energy_destroy(ili_share_energy **energy);
/** An ili_share_fn (math/shares.h); user is the ili_share_energy. Energy in eV up to a constant of the other atoms. Derivatives of the
 *  Coulomb and on-site parts are exact, those of the pairs five-point differences (error below 1e-10 of the pair energy). */
void ili_share_energy_at(void *user, const double *n, const int *segment, double *energy, double *gradient,
                         double *hessian);

#endif
