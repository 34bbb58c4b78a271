/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What every term adds into; the caller clears. Order of the virial: xx yy zz yz xz xy, w = sum r (x) F, eV;
 *  stress = -w/V, positive = tension. Per-atom energies sum to the total. */
#ifndef ILI_FF_ACCUM_H
#define ILI_FF_ACCUM_H

#include <stdbool.h>

typedef struct ili_accum {
    double (*f)[3]; /**< [n] eV/angstrom, caller's atom order; never NULL */
    double w[6];    /**< eV */
    double *e_atom; /**< [n] eV, or NULL: not wanted */
    /** Energies and w are not wanted and may be left out; what is added to f has the same bits as with them. */
    bool forces_only;
} ili_accum;

/** Add the virial of a pair or bond vector d with force fv on the atom that d points to. */
static inline void ili_add_virial(double w[6], const double d[3], const double fv[3]) {
    w[0] += d[0] * fv[0];
    w[1] += d[1] * fv[1];
    w[2] += d[2] * fv[2];
    w[3] += 0.5 * (d[1] * fv[2] + d[2] * fv[1]);
    w[4] += 0.5 * (d[0] * fv[2] + d[2] * fv[0]);
    w[5] += 0.5 * (d[0] * fv[1] + d[1] * fv[0]);
}

#endif
