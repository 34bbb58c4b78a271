/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Influence function of charges that repeat in a plane and nowhere else. Along the normal every wave of the plane is summed with
 *  a period of its own: the slab, and a gap that its images need to be of no account. Waves too long for that take a period of
 *  twice the slab and the kernel cut off at half of it, which is exact within the slab. theory.md (4.15)-(4.18).
 *
 *  Lanes: waves of the plane with the same period are worked on together, in as many lanes as a vector has; see ili_slab_batch. */
#ifndef ILI_FF_SLAB_KERNEL_H
#define ILI_FF_SLAB_KERNEL_H

#include "base/context.h"

enum { ILI_SLAB_LANES = 16 /**< at most */, ILI_SLAB_AXES_MAX = 40 };

/** Grid of a slab: planes at the heights origin + spacing i (along the normal), each of size[1] x size[2] points along rows
 *  0 and 1 of the cell. */
typedef struct ili_slab_grid {
    int size[3], order;
    double spacing;   /**< angstrom, between planes */
    double low, high; /**< heights that charges may have, angstrom */
    double stretch;   /**< factor by which lengths in the plane may grow under this plan */
    double tolerance; /**< of images: bound for k phi_k(gap), 1 */
} ili_slab_grid;

/** A period of n points along the normal. Arrays [n/2 + 1]: waves m and n - m are alike. */
typedef struct ili_slab_axis {
    int n;
    double length;  /**< angstrom */
    double k_min;   /**< shortest wave of the plane that it serves, 1/angstrom */
    bool is_cut;    /**< the kernel is cut off at half the length; otherwise images are of no account */
    double *square; /**< kappa^2, 1/angstrom^2 */
    double *damp;   /**< exp(-kappa^2/4 alpha^2) */
    double *modulus,
        *own; /**< spline's |b|^2, 0 at half the mesh frequency; and what a charge finds of its own wave */
} ili_slab_axis;

/** Waves of the plane that are worked on together. */
typedef struct ili_slab_batch {
    int axis, n;              /**< period; lanes in use */
    int m[ILI_SLAB_LANES][2]; /**< wave numbers along axes 1 and 2 of the grid, m[0] signed, m[1] >= 0 */
    bool is_left_out;         /**< beyond what the mesh can carry: these waves become 0 */
} ili_slab_batch;

typedef struct ili_slab_kernel {
    double alpha, spacing;
    int size[2]; /**< axes 1 and 2 */
    int lanes, n_axes, n_batches;
    ili_slab_axis axis[ILI_SLAB_AXES_MAX]; /**< from short to long; the last one is cut */
    ili_slab_batch *batch;                 /**< the longest first */
    double *modulus[2], *own[2];
} ili_slab_kernel;

/** What depends on the cell, for the lanes of a batch; unused lanes are 0. */
typedef struct ili_slab_waves {
    double kv[ILI_SLAB_LANES][3], k2[ILI_SLAB_LANES];
    double bare[ILI_SLAB_LANES];    /**< 4 pi C/(A L) exp(-k^2/4 alpha^2) */
    double modulus[ILI_SLAB_LANES]; /**< of the splines in the plane */
    double own[ILI_SLAB_LANES];
    double turn[ILI_SLAB_LANES];  /**< exp(-k L/2) where the kernel is cut, else 0 */
    double tilt[ILI_SLAB_LANES];  /**< -d turn/d k^2 */
    double share[ILI_SLAB_LANES]; /**< 1/2 where a wave and its opposite are both on the mesh, else 1 */
} ili_slab_waves;

/** Kernel for splitting parameter alpha on this grid, up to ILI_SLAB_LANES lanes; b: rows of the plane's reciprocal lattice (2 pi included) now. IL_E_MEMORY. */
il_status ili_slab_kernel_create(il_context *ctx, const ili_slab_grid *grid, double alpha, int lanes,
                                 const double b[2][3], ili_slab_kernel **out);
void ili_slab_kernel_destroy(ili_slab_kernel **kernel);
void ili_slab_waves_of(const ili_slab_kernel *kernel, const ili_slab_batch *batch, const double b[2][3],
                       double area, ili_slab_waves *out);

/** Period, angstrom, at which the cut kernel is exact to `tolerance` within a slab of this thickness. */
double ili_slab_cut_length(double alpha, double thickness, double tolerance);
/** Shortest wave of the plane whose images beyond `gap` are below `tolerance`, 1/angstrom. */
double ili_slab_wave_of_gap(double alpha, double gap, double tolerance);
/** Smallest gap, angstrom, that brings the images of a wave k of the plane below `tolerance`. */
double ili_slab_gap_of_wave(double alpha, double k, double tolerance);

/** Value of the influence function without splines and `bare`, and its derivative by k^2 with `bare`, for wave m of the axis;
 *  decay: 1/4 alpha^2,
 *  lanes: as the kernel has.
 *  eq.  theory.md (4.17) */
static inline __attribute__((always_inline)) void ili_slab_weigh(const int lanes, const ili_slab_axis *axis,
                                                                 const ili_slab_waves *w, int m, double decay,
                                                                 double *value, double *slope) {
    const double square = axis->square[m], damp = axis->damp[m], sign = m % 2 ? 1.0 : -1.0;
    for (int l = 0; l < lanes; l++) {
        double k2 = w->k2[l] + square, inverse = k2 > 0.0 ? damp / k2 : 0.0, rest = k2 > 0.0 ? 1.0 / k2 : 0.0;
        value[l] = inverse * (1.0 + sign * w->turn[l]);
        slope[l] = -value[l] * (rest + decay) - inverse * sign * w->tilt[l];
        if (!(k2 > 0.0)) value[l] = -0.125 * axis->length * axis->length;
    }
}

#endif
