/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Torsions as functions of the dihedral phi, with phi = 180 degrees for trans (IUPAC).
 *
 *  torsion_opls:  V1/2 (1 + cos phi) + V2/2 (1 - cos 2phi) + V3/2 (1 + cos 3phi) + V4/2 (1 - cos 4phi)
 *  torsion_rb:    sum_n C_n cos^n psi, psi = phi - 180 degrees, so cos psi = -cos phi and trans is psi = 0
 *
 *  Literature: W. L. Jorgensen, D. S. Maxwell, J. Tirado-Rives, J. Am. Chem. Soc. 118 (1996) 11225;
 *  J.-P. Ryckaert, A. Bellemans, Chem. Phys. Lett. 30 (1975) 123. */
#include "ff/form.h"

#include "base/hot.h"

#include <math.h>

static const ili_param opls_params[] = {
    {"V1", 0, -1e2, 1e2, "eV", "onefold"},
    {"V2", 0, -1e2, 1e2, "eV", "twofold"},
    {"V3", 0, -1e2, 1e2, "eV", "threefold"},
    {"V4", 0, -1e2, 1e2, "eV", "fourfold"},
    {0},
};

static double opls(const double *p, double phi, double *derivative) {
    double energy = 0.0, sign = 1.0;
    *derivative = 0.0;
    for (int n = 1; n <= 4; n++) {
        energy += 0.5 * p[n - 1] * (1.0 + sign * cos(n * phi));
        *derivative -= 0.5 * p[n - 1] * sign * n * sin(n * phi);
        sign = -sign;
    }
    return energy;
}

/** In powers of c = cos phi; derivative of c: -sin phi. */
ILI_HOT static void opls_many(const double *p, int n, const double *restrict u, const double *restrict v,
                              double *restrict energy, double *restrict derivative) {
    const double p1 = p[0], p2 = p[1], p3 = p[2], p4 = p[3];
    for (int i = 0; i < n; i++) {
        double c = u[i], c2 = c * c, s2 = 1.0 - c2;
        energy[i] =
            0.5 * p1 * (1.0 + c) + p2 * s2 + 0.5 * p3 * (1.0 + c * (4.0 * c2 - 3.0)) + 4.0 * p4 * c2 * s2;
        double slope =
            0.5 * p1 - 2.0 * p2 * c + 1.5 * p3 * (4.0 * c2 - 1.0) + 8.0 * p4 * c * (1.0 - 2.0 * c2);
        derivative[i] = -v[i] * slope;
    }
}

const ili_form ili_form_torsion_opls = {.name = "torsion_opls",
                                        .title = "OPLS torsion",
                                        .equation = "sum_n V_n/2 (1 +- cos n phi)",
                                        .doi = "10.1021/ja9621760",
                                        .kind = ILI_TORSION,
                                        .params = opls_params,
                                        .value = opls,
                                        .many = opls_many,
                                        .lammps = "opls"};

static const ili_param rb_params[] = {
    {"C0", 0, -1e2, 1e2, "eV", "constant"},
    {"C1", 0, -1e2, 1e2, "eV", "of cos psi"},
    {"C2", 0, -1e2, 1e2, "eV", "of cos^2 psi"},
    {"C3", 0, -1e2, 1e2, "eV", "of cos^3 psi"},
    {"C4", 0, -1e2, 1e2, "eV", "of cos^4 psi"},
    {"C5", 0, -1e2, 1e2, "eV", "of cos^5 psi"},
    {0},
};

static double ryckaert_bellemans(const double *p, double phi, double *derivative) {
    double c = -cos(phi), energy = 0.0, slope = 0.0; /* slope: dV/dc by Horner's rule */
    for (int n = 5; n >= 0; n--) {
        slope = slope * c + energy;
        energy = energy * c + p[n];
    }
    *derivative = slope * sin(phi);
    return energy;
}

ILI_HOT static void ryckaert_bellemans_many(const double *p, int n, const double *restrict u,
                                            const double *restrict v, double *restrict energy,
                                            double *restrict derivative) {
    const double p0 = p[0], p1 = p[1], p2 = p[2], p3 = p[3], p4 = p[4], p5 = p[5];
    for (int i = 0; i < n; i++) {
        double c = -u[i];
        energy[i] = p0 + c * (p1 + c * (p2 + c * (p3 + c * (p4 + c * p5))));
        derivative[i] = v[i] * (p1 + c * (2.0 * p2 + c * (3.0 * p3 + c * (4.0 * p4 + c * 5.0 * p5))));
    }
}

/** A power series of cos phi up to the fourth power; cos psi = -cos phi turns the sign of the odd ones. */
static int rb_in_lammps(const double *p, double *out) {
    for (int n = 0; n < 5; n++) out[n] = n % 2 ? -p[n] : p[n];
    return p[5] == 0.0 ? 5 : 0;
}

const ili_form ili_form_torsion_rb = {.name = "torsion_rb",
                                      .title = "Ryckaert-Bellemans torsion",
                                      .equation = "sum_n C_n cos^n(phi - 180 degrees)",
                                      .doi = "10.1016/0009-2614(75)85513-8",
                                      .kind = ILI_TORSION,
                                      .params = rb_params,
                                      .value = ryckaert_bellemans,
                                      .many = ryckaert_bellemans_many,
                                      .lammps = "multi/harmonic",
                                      .lammps_coefficients = rb_in_lammps};
