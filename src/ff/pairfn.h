/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The truncated pair function of a model entry: what the pair kernel tabulates and the special pairs scale. */
#ifndef ILI_FF_PAIRFN_H
#define ILI_FF_PAIRFN_H

#include "ff/model.h"

/** Cut-off of a PAIR entry, angstrom: its own, or short_cutoff where that is NaN. */
static inline double ili_entry_cutoff(const ili_model_entry *e, double short_cutoff) {
    return e->cutoff > 0.0 ? e->cutoff : short_cutoff;
}

/** Energy (eV) of a PAIR entry at the distance r > 0 (angstrom), and *dedr (eV/angstrom, out, never NULL); both are 0
 *  at and beyond the cut-off rc. SHIFT: the form minus its value at rc. NONE: the form. TAPER: the form times
 *  S(t) = 1 - 10 t^3 + 15 t^4 - 6 t^5, t = (r - rc + taper)/taper, from rc - taper on: C2 at both ends. */
double ili_entry_energy(const ili_model_entry *e, double short_cutoff, double r, double *dedr);

#endif
