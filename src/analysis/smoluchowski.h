/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Diffusion across a layer in which atoms are spread with a known density, until they leave it: how many are left, and how far these
 *  have come, as functions of D t; and D from either. eq. theory.md (11.19)-(11.22) */
#ifndef ILI_ANALYSIS_SMOLUCHOWSKI_H
#define ILI_ANALYSIS_SMOLUCHOWSKI_H

#include <stdbool.h>

enum { ILI_MODES_MAX = 48 };

/** Eigenmodes of the Smoluchowski operator on n bins. */
typedef struct ili_modes {
    int n, n_open;    /**< n_open: faces that absorb */
    double thickness; /**< angstrom */
    double lambda[ILI_MODES_MAX], stay[ILI_MODES_MAX],
        move[ILI_MODES_MAX]; /**< 1/angstrom^2, 1, angstrom^2 */
} ili_modes;

/** p [n] > 0: how often the bins, equally wide, are visited; faces absorb or reflect. false: p is no density. */
bool ili_modes_make(int n, const double *p, double thickness, bool absorbs_low, bool absorbs_high,
                    ili_modes *modes);
/** Started in equilibrium: share that has not left until D t = u (angstrom^2); *square their mean squared displacement. */
double ili_modes_survival(const ili_modes *modes, double u, double *square);
/** The same for atoms that are looked at every `frame` only, so that they may leave unseen and come back: faces seem farther out by
 *  0.5826 sqrt(2 D frame) (Broadie, Glasserman and Kou 1997). */
double ili_modes_seen(const ili_modes *modes, double d, double time, double frame, double *square);
/** D that makes survivors' mean squared displacement grow by `growth` between `from` and `to`; NaN: none does. */
double ili_modes_d_of_growth(const ili_modes *modes, double growth, double from, double to, double frame);
/** D that makes survival fall by the factor `ratio` between `from` and `to`; NaN: none does. */
double ili_modes_d_of_survival(const ili_modes *modes, double ratio, double from, double to, double frame);
/** Distance by which a plane seems farther away when atoms are looked at every `frame` only. */
double ili_unseen_shift(double d, double frame);

#endif
