/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Inverse powers: Lennard-Jones V = 4 eps [(s/r)^12 - (s/r)^6], minimum -eps at 2^(1/6) s, and the bare wall C/r^12.
 *
 *  Mixing: "geometric" takes the root of the product of both parameters (OPLS), "arithmetic" the mean of sigma
 *  and the geometric mean of epsilon (Lorentz-Berthelot).
 *  Literature: J. E. Jones, Proc. R. Soc. A 106 (1924) 463; W. L. Jorgensen, D. S. Maxwell, J. Tirado-Rives,
 *  J. Am. Chem. Soc. 118 (1996) 11225. */
#include "ff/form.h"

#include "base/hot.h"

#include <math.h>
#include <string.h>

static const ili_param lj_params[] = {
    {"epsilon", NAN, 0, 1e3, "eV", "depth of the well"},
    {"sigma", NAN, 1e-3, 1e2, "angstrom", "distance of zero energy"},
    {0},
};

static double lj(const double *p, double r, double *derivative) {
    double s = p[1] / r, s2 = s * s, s6 = s2 * s2 * s2;
    *derivative = -24.0 * p[0] * s6 * (2.0 * s6 - 1.0) / r;
    return 4.0 * p[0] * s6 * (s6 - 1.0);
}

ILI_HOT static void lj_many(const double *p, int n, const double *restrict u, const double *v,
                            double *restrict energy, double *restrict derivative) {
    const double eps = p[0], sig = p[1];
    (void)v;
    for (int i = 0; i < n; i++) {
        double per = 1.0 / u[i], s = sig * per, s2 = s * s, s6 = s2 * s2 * s2;
        energy[i] = 4.0 * eps * s6 * (s6 - 1.0);
        derivative[i] = -24.0 * eps * s6 * (2.0 * s6 - 1.0) * per;
    }
}

static void closed_lj(const double *p, ili_closed_pair *out) {
    double s2 = p[1] * p[1], s6 = s2 * s2 * s2;
    *out = (ili_closed_pair){.c6 = -4.0 * p[0] * s6, .c12 = 4.0 * p[0] * s6 * s6};
}

static bool mix_lj(const char *rule, const double *a, const double *b, double *out) {
    out[0] = sqrt(a[0] * b[0]);
    if (strcmp(rule, "geometric") == 0)
        out[1] = sqrt(a[1] * b[1]);
    else if (strcmp(rule, "arithmetic") == 0)
        out[1] = 0.5 * (a[1] + b[1]);
    else
        return false;
    return true;
}

const ili_form ili_form_lj = {.name = "lj",
                              .title = "Lennard-Jones 12-6",
                              .equation = "4 epsilon [(sigma/r)^12 - (sigma/r)^6]",
                              .doi = "10.1098/rspa.1924.0082",
                              .kind = ILI_PAIR,
                              .params = lj_params,
                              .value = lj,
                              .many = lj_many,
                              .mix = mix_lj,
                              .closed = closed_lj,
                              .lammps = "lj/cut"};

static const ili_param r12_params[] = {
    {"C", NAN, 0, 1e9, "eV angstrom^12", "strength of the wall"},
    {0},
};

static double r12(const double *p, double r, double *derivative) {
    double r2 = r * r, r6 = r2 * r2 * r2, e = p[0] / (r6 * r6);
    *derivative = -12.0 * e / r;
    return e;
}

static void closed_r12(const double *p, ili_closed_pair *out) {
    *out = (ili_closed_pair){.c12 = p[0]};
}

/** LAMMPS has the wall with a Morse well, here of no depth. */
static int r12_of_pedone(const double *p, double *out) {
    const double all[] = {0.0, 1.0, 1.0, p[0]};
    memcpy(out, all, sizeof all);
    return 4;
}

const ili_form ili_form_r12 = {.name = "r12",
                               .title = "Twelfth-power wall",
                               .equation = "C/r^12",
                               .doi = "10.1098/rspa.1924.0082",
                               .kind = ILI_PAIR,
                               .params = r12_params,
                               .value = r12,
                               .closed = closed_r12,
                               .lammps = "pedone",
                               .lammps_coefficients = r12_of_pedone};
