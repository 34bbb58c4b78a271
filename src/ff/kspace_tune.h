/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Error estimates of the split Coulomb sum and the parameters that they ask for. Errors are RMS forces over
 *  ILI_COULOMB (1/angstrom^2 for charges in e), for charges at random places; they are exact averages or bounds there,
 *  and upper estimates for crystals, where neighbours screen each other. */
#ifndef ILI_FF_KSPACE_TUNE_H
#define ILI_FF_KSPACE_TUNE_H

#include "system/cell.h"

/** Shares of the accuracy asked for: of the real-space part, and of waves or mesh, which are planned at a lower share, so that the cell can
 *  stretch by some per cent before they have to be remade; the error of waves grows faster. Squares that sum to less than one would do
 *  for the forces; the lower real-space share is for the energies of crystals, to which what is cut off adds with one sign. */
#define ILI_REAL_SHARE   0.5
#define ILI_WAVE_SHARE   0.5
#define ILI_WAVE_PLANNED 0.25
#define ILI_MESH_PLANNED 0.4
/** Rounding of a mesh in single precision is a force error of up to 6e-7 (dense salts of multivalent ions at random places; 1e-7 in
 *  their crystals), so accuracies below this take a mesh in double precision. */
#define ILI_SINGLE_ACCURACY 5e-6

/** What the estimates need to know of the charges. */
typedef struct ili_charge_sums {
    int32_t n;
    double total, q2, q4; /**< sums of q, q^2, q^4 */
} ili_charge_sums;

ili_charge_sums ili_charge_sums_of(int32_t n, const double *q);
/** For charges at random places in a part of the volume that the estimates below are told: they see it filled as densely. All errors but
 *  that of a charge on itself go as Q2/sqrt(N V), so it is Q2 that grows, by 1/sqrt(part). */
ili_charge_sums ili_charge_sums_gathered(const ili_charge_sums *s, double part);
/** Part of a periodic cell that charges are in: of boxes of 5 angstrom or more, those that hold one. IL_E_MEMORY. */
il_status ili_filled_part(il_context *ctx, const ili_cell *cell, int32_t n, const double (*x)[3],
                          double *part);

/** Error of cutting the real-space sum at `cutoff` in a volume (angstrom^3) that holds the charges.
 *  eq.  2 Q2/sqrt(N r_c V) exp(-alpha^2 r_c^2); Kolafa and Perram 1992 */
double ili_tune_real_error(const ili_charge_sums *s, double volume, double cutoff, double alpha);
/** Splitting parameter, 1/angstrom, that brings that error to `target`. */
double ili_tune_alpha(const ili_charge_sums *s, double volume, double cutoff, double target);
/** Error of dropping the waves beyond k_cut (1/angstrom).
 *  eq.  2 alpha Q2 sqrt(2/(N V k_c)) exp(-k_c^2/4 alpha^2); Kolafa and Perram 1992, for any cell */
double ili_tune_wave_error(const ili_charge_sums *s, double volume, double alpha, double k_cut);
/** Smallest k_cut, within one per cent, that brings that error to `target`. */
double ili_tune_wave_cutoff(const ili_charge_sums *s, double volume, double alpha, double target);

/** Upper bound of the factor by which lengths grow from the cell `from` to the cell `to`. */
double ili_tune_stretch(const double from[3][3], const double to[3][3]);

/** Error of smooth particle-mesh Ewald on size[d] points along the rows of h, any order: aliasing of pairs and of each
 *  charge with itself, and truncation. Exact for charges at random places, up to aliases beyond the second.
 *  eq.  derived in mesh_error.c, after Ballenegger, Cerda and Holm 2012, and Wang, Dommert and Holm 2010 */
double ili_tune_mesh_error(const ili_charge_sums *s, const double h[3][3], double alpha, const int size[3],
                           int order);
/** Cheapest mesh and order that bring that error to `target`. IL_E_INPUT when that takes more than 2^28 points. */
il_status ili_tune_mesh(il_context *ctx, const ili_charge_sums *s, const double h[3][3], double alpha,
                        double target, bool is_single, int size[3], int *order);

/** Real-space cut-off, angstrom, 5 to 14 in steps of 0.5, that makes pairs and waves or mesh cheapest together at that accuracy, by
 *  an estimate of their cost; a function of the system alone. `volume` holds the charges, h is the cell summed over. */
double ili_tune_cutoff(const ili_charge_sums *s, const double h[3][3], double volume, double accuracy,
                       bool is_mesh, bool is_single);

/** What the waves of an Ewald sum of that error cost a step, ns of one core. */
double ili_tune_wave_cost(const ili_charge_sums *s, double volume, double alpha, double target);
/** What a charge costs on a mesh of this order, spread and read, ns of one core. */
double ili_tune_stencil_cost(int order, bool is_single);

/** Length of the shortest reciprocal vector (1/angstrom) of the plane lattice of rows 0 and 1. */
double ili_tune_plane_wave(const double h[3][3]);
/** Error left by the periodic images of a slab, `gap` angstrom of vacuum apart, beyond their dipole field.
 *  eq.  sqrt(6) 4 pi/A Q2/sqrt(N) exp(-G gap), G the shortest plane wave; leading term of Arnold, de Joannis and Holm
 *  2002 */
double ili_tune_image_error(const ili_charge_sums *s, const double h[3][3], double gap);
/** Smallest gap, angstrom, that brings that error to `target`. */
double ili_tune_gap(const ili_charge_sums *s, const double h[3][3], double target);

#endif
