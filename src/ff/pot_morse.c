/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Morse wells: V = D {[1 - exp(-a (r - r0))]^2 - 1}, minimum -D at r0; PMMCS adds C/r^12.
 *
 *  Literature: P. M. Morse, Phys. Rev. 34 (1929) 57; A. Pedone, G. Malavasi, M. C. Menziani, A. N. Cormack,
 *  U. Segre, J. Phys. Chem. B 110 (2006) 11780, eq. 1. */
#include "ff/form.h"

#include <math.h>

static const ili_param morse_params[] = {
    {"D", NAN, 0, 1e3, "eV", "depth of the well"},
    {"a", NAN, 1e-3, 1e2, "angstrom^-1", "inverse width of the well"},
    {"r0", NAN, 1e-3, 1e2, "angstrom", "distance of the minimum"},
    {0},
};

static double morse(const double *p, double r, double *derivative) {
    double e = exp(-p[1] * (r - p[2]));
    *derivative = 2.0 * p[0] * p[1] * (1.0 - e) * e;
    return p[0] * e * (e - 2.0);
}

static void closed_morse(const double *p, ili_closed_pair *out) {
    *out = (ili_closed_pair){.a = p[1], .r0 = p[2], .c1 = -2.0 * p[0], .c2 = p[0]};
}

/** The well is finite at r = 0, so it must at least be a wall there. */
static const char *check_morse(const double *p) {
    return p[1] * p[2] < 0.6931471805599453 ? "a*r0 is below ln 2, so that atoms attract at zero distance"
                                            : NULL;
}

const ili_form ili_form_morse = {.name = "morse",
                                 .title = "Morse",
                                 .equation = "D{[1-exp(-a(r-r0))]^2-1}",
                                 .doi = "10.1103/PhysRev.34.57",
                                 .kind = ILI_PAIR,
                                 .params = morse_params,
                                 .value = morse,
                                 .check = check_morse,
                                 .closed = closed_morse,
                                 .lammps = "morse"};

static const ili_param pmmcs_params[] = {
    {"D", NAN, 0, 1e3, "eV", "depth of the Morse well"},
    {"a", NAN, 1e-3, 1e2, "angstrom^-1", "inverse width of the well"},
    {"r0", NAN, 1e-3, 1e2, "angstrom", "distance of the Morse minimum"},
    {"C", NAN, 1e-6, 1e6, "eV angstrom^12", "strength of the wall"},
    {0},
};

static double pmmcs(const double *p, double r, double *derivative) {
    double slope, r2 = r * r, r6 = r2 * r2 * r2;
    double wall = p[3] / (r6 * r6);
    double well = morse(p, r, &slope);
    *derivative = slope - 12.0 * wall / r;
    return well + wall;
}

static void closed_pmmcs(const double *p, ili_closed_pair *out) {
    closed_morse(p, out);
    out->c12 = p[3];
}

const ili_form ili_form_pmmcs = {.name = "pmmcs",
                                 .title = "Morse with a twelfth-power wall (PMMCS)",
                                 .equation = "D{[1-exp(-a(r-r0))]^2-1} + C/r^12",
                                 .doi = "10.1021/jp0611018",
                                 .kind = ILI_PAIR,
                                 .params = pmmcs_params,
                                 .value = pmmcs,
                                 .closed = closed_pmmcs,
                                 .lammps = "pedone"};
