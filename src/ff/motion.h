/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What dynamics tells its force field, so that lists may be used longer. */
#ifndef ILI_FF_MOTION_H
#define ILI_FF_MOTION_H

#include <stdint.h>

/** Tolerance of the lists, and how fast atoms move. */
typedef struct ili_motion {
    double energy; /**< eV by atom and evaluation of the pairs that pairs missed by a list may cost */
    /** [n_species] width of the thermal displacement along an axis between two evaluations, angstrom */
    const double *speed;
} ili_motion;

#endif
