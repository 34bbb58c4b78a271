/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Choice of the grid on which a slab is summed (ff/mesh_slab.h), and its error; see ff/kspace_tune.h. */
#ifndef ILI_FF_SLAB_TUNE_H
#define ILI_FF_SLAB_TUNE_H

#include "ff/kspace_tune.h"
#include "ff/slab_kernel.h"

/** What a slab's grid is chosen for: charges at heights low .. high over the plane of rows 0 and 1 of h. */
typedef struct ili_slab_task {
    const double (*h)[3];
    double alpha, low, high;
    double target;  /**< error of the splines, RMS force over ILI_COULOMB */
    double images;  /**< error of the images, likewise */
    double stretch; /**< factor by which lengths in the plane may grow */
    bool is_single;
} ili_slab_task;

/** Error of the splines on this grid. eq. that of ili_tune_mesh_error in the volume that holds the charges */
double ili_slab_error(const ili_charge_sums *s, const double h[3][3], double alpha,
                      const ili_slab_grid *grid);
/** Cheapest grid that keeps both targets; returns what a step costs, ns of one core, infinite when that takes more than 2^28
 *  points. */
double ili_slab_cheapest(const ili_charge_sums *s, const ili_slab_task *task, ili_slab_grid *grid);
/** The same. IL_E_INPUT when that takes more than 2^28 points. */
il_status ili_slab_tune(il_context *ctx, const ili_charge_sums *s, const ili_slab_task *task,
                        ili_slab_grid *grid);

#endif
