/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a minimiser walks on: energy and gradient as functions of q, the goal, the best point and why it
 *  stopped. */
#ifndef ILI_RELAX_LANDSCAPE_H
#define ILI_RELAX_LANDSCAPE_H

#include "relax/cellmap.h"

/** A point and what was measured there. */
typedef struct ili_point {
    double *q, *g;   /**< [size] coordinates and gradient; g is NULL in the best point */
    double energy;   /**< eV */
    double enthalpy; /**< energy + pressure * volume, eV: what is minimised */
    double force_max;
    int32_t force_atom; /**< -1: no atom counts */
    double stress[6], stress_max;
    double ratio; /**< worst of force and stress over its tolerance; converged when <= 1 */
} ili_point;

typedef struct ili_landscape {
    il_context *ctx;
    ili_energy_fn energy;
    void *user;
    const ili_relax_options *options;
    ili_cellmap map;
    size_t size;
    ili_cell cell;           /**< scratch of an evaluation */
    double (*x)[3], (*f)[3]; /**< [n] scratch */
    ili_point here, trial, best;
    double noise;  /**< eV, changes of the enthalpy below this mean nothing */
    bool is_stuck; /**< it stopped because the enthalpy cannot be lowered beyond its noise */
    int steps, evaluations;
    double first_ratio, shown; /**< of the progress */
} ili_landscape;

/** Everything allocated, `here` and `best` at the start x [n][3]. */
il_status ili_landscape_create(il_context *ctx, ili_energy_fn energy, void *user, int32_t n,
                               const ili_cell *cell, const double (*x)[3], const ili_relax_options *options,
                               ili_landscape *out);
void ili_landscape_free(ili_landscape *ls);
/** Measure a point at its q. IL_E_NONFINITE and what the energy function returns. */
il_status ili_landscape_measure(ili_landscape *ls, ili_point *point);
/** The trial point becomes `here`, and the best one when it is lower, or as low and with smaller forces. */
void ili_landscape_advance(ili_landscape *ls);
/** Make `here` the best point. */
void ili_landscape_restart(ili_landscape *ls);
/** Count a step and show progress. IL_E_INTERRUPTED. */
il_status ili_landscape_step(ili_landscape *ls);
double ili_landscape_dot(const ili_landscape *ls, const double *a, const double *b);

#endif
