/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ff/pairfn.h"

double ili_entry_energy(const ili_model_entry *e, double short_cutoff, double r, double *dedr) {
    double rc = ili_entry_cutoff(e, short_cutoff);
    *dedr = 0.0;
    if (r >= rc) return 0.0; /* a NaN goes on, to be found in the sum */
    double energy = e->form->value(e->p, r, dedr);
    if (e->truncation == ILI_TRUNCATE_SHIFT) {
        double unused;
        return energy - e->form->value(e->p, rc, &unused);
    }
    if (e->truncation == ILI_TRUNCATE_TAPER && r > rc - e->taper) {
        double t = (r - rc + e->taper) / e->taper, u = 1.0 - t;
        /* 1 - 10 t^3 + 15 t^4 - 6 t^5, written from the far end so that it is exact near the cut-off */
        double s = u * u * u * (1.0 + t * (3.0 + 6.0 * t)), ds = -30.0 * t * t * u * u / e->taper;
        *dedr = *dedr * s + energy * ds;
        energy *= s;
    }
    return energy;
}
