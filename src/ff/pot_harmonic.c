/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Springs with the half: bonds V = k/2 (r - r0)^2, angles V = k/2 (theta - theta0)^2. Sets that leave the half out
 *  (AMBER, CHARMM, LAMMPS) give half of this k. */
#include "ff/form.h"

#include "base/hot.h"
#include "math/units.h"

#include <math.h>

static double spring(const double *p, double u, double *derivative) {
    double d = u - p[1];
    *derivative = p[0] * d;
    return 0.5 * p[0] * d * d;
}

ILI_HOT static void springs(const double *p, int n, const double *restrict u, const double *v,
                            double *restrict energy, double *restrict derivative) {
    const double k = p[0], u0 = p[1];
    (void)v;
    for (int i = 0; i < n; i++) {
        double d = u[i] - u0;
        derivative[i] = k * d;
        energy[i] = 0.5 * k * d * d;
    }
}

/** LAMMPS leaves the half out. */
static int bond_in_lammps(const double *p, double *out) {
    out[0] = 0.5 * p[0];
    out[1] = p[1];
    return 2;
}

static int angle_in_lammps(const double *p, double *out) {
    out[0] = 0.5 * p[0];
    out[1] = p[1] * 180.0 / ILI_PI;
    return 2;
}

static const ili_param bond_params[] = {
    {"k", NAN, 0, 1e5, "eV angstrom^-2", "stiffness"},
    {"r0", NAN, 1e-3, 1e2, "angstrom", "length at rest"},
    {0},
};

const ili_form ili_form_bond_harmonic = {.name = "bond_harmonic",
                                         .title = "Harmonic bond",
                                         .equation = "k/2 (r - r0)^2",
                                         .doi = "10.1021/ja9621760",
                                         .kind = ILI_BOND,
                                         .params = bond_params,
                                         .value = spring,
                                         .many = springs,
                                         .lammps = "harmonic",
                                         .lammps_coefficients = bond_in_lammps};

static const ili_param angle_params[] = {
    {"k", NAN, 0, 1e5, "eV rad^-2", "stiffness"},
    {"theta0", NAN, 0, 3.14159265358979323846, "rad", "angle at rest"},
    {0},
};

const ili_form ili_form_angle_harmonic = {.name = "angle_harmonic",
                                          .title = "Harmonic angle",
                                          .equation = "k/2 (theta - theta0)^2",
                                          .doi = "10.1021/ja9621760",
                                          .kind = ILI_ANGLE,
                                          .params = angle_params,
                                          .value = spring,
                                          .many = springs,
                                          .lammps = "harmonic",
                                          .lammps_coefficients = angle_in_lammps};
