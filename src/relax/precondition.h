/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The first guess of L-BFGS at the inverse of the second derivatives: a sparse model of them (ili_relax_options.stiffness), solved by
 *  conjugate gradients. The model is made anew when atoms have moved far or a full step was refused. It may be indefinite: a
 *  multiple of its diagonal is added until no direction of negative curvature is met. theory.md (7.3)-(7.6). */
#ifndef ILI_RELAX_PRECONDITION_H
#define ILI_RELAX_PRECONDITION_H

#include "relax/landscape.h"

typedef struct ili_precondition {
    const ili_landscape *ls;
    bool is_on;    /**< there is a model */
    bool is_made;  /**< the matrix has been made */
    bool is_stale; /**< a full step was refused since */
    ili_couplings model;
    double shift;         /**< multiple of the diagonal that is added */
    double (*made_at)[3]; /**< [n] undeformed places of the atoms, angstrom */
    double *z;            /**< [3n] */
} ili_precondition;

/** Off when the options name no stiffness. IL_E_MEMORY. */
il_status ili_precondition_create(il_context *ctx, const ili_landscape *ls, ili_precondition *out);
void ili_precondition_free(ili_precondition *p);
/** Bring the model up to the point ls->here. What the stiffness returns. */
il_status ili_precondition_update(ili_precondition *p);
/** v [size] becomes the guess of the inverse times v. */
void ili_precondition_apply(ili_precondition *p, double *v);
/** Stiffen the model, for steps come out too long; false: it is as stiff as it gets. */
bool ili_precondition_stiffen(ili_precondition *p);

#endif
