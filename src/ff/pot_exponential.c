/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Exponential walls: Born-Mayer V = A exp(-r/rho), and Buckingham V = A exp(-r/rho) - C/r^6.
 *
 *  Buckingham falls to minus infinity at r -> 0: the wall is finite and the dispersion is not. Parameters are
 *  accepted when a barrier keeps atoms out, that is, when V' = 0 has two roots: r^7 exp(-r/rho) = 6 C rho/A, whose left
 *  side is largest at r = 7 rho. Inside the barrier the form is what the equation says; atoms that start there
 *  overlap and are reported as such by what moves them.
 *  Literature: M. Born, J. E. Mayer, Z. Phys. 75 (1932) 1; R. A. Buckingham, Proc. R. Soc. A 168 (1938) 264. */
#include "ff/form.h"

#include <math.h>

static const ili_param born_mayer_params[] = {
    {"A", NAN, 0, 1e7, "eV", "strength of the wall"},
    {"rho", NAN, 1e-3, 1e2, "angstrom", "decay length"},
    {0},
};

static double born_mayer(const double *p, double r, double *derivative) {
    double e = p[0] * exp(-r / p[1]);
    *derivative = -e / p[1];
    return e;
}

static void closed_born_mayer(const double *p, ili_closed_pair *out) {
    *out = (ili_closed_pair){.a = 1.0 / p[1], .c1 = p[0]};
}

/** Buckingham without dispersion. */
static int born_mayer_of_buck(const double *p, double *out) {
    out[0] = p[0];
    out[1] = p[1];
    out[2] = 0.0;
    return 3;
}

const ili_form ili_form_born_mayer = {.name = "born_mayer",
                                      .title = "Born-Mayer wall",
                                      .equation = "A exp(-r/rho)",
                                      .doi = "10.1007/BF01340511",
                                      .kind = ILI_PAIR,
                                      .params = born_mayer_params,
                                      .value = born_mayer,
                                      .closed = closed_born_mayer,
                                      .lammps = "buck",
                                      .lammps_coefficients = born_mayer_of_buck};

static const ili_param buck_params[] = {
    {"A", NAN, 0, 1e7, "eV", "strength of the wall"},
    {"rho", NAN, 1e-3, 1e2, "angstrom", "decay length"},
    {"C", 0, 0, 1e6, "eV angstrom^6", "dispersion"},
    {0},
};

static double buck(const double *p, double r, double *derivative) {
    double slope, wall = born_mayer(p, r, &slope);
    double r2 = r * r, dispersion = p[2] / (r2 * r2 * r2);
    *derivative = slope + 6.0 * dispersion / r;
    return wall - dispersion;
}

static void closed_buck(const double *p, ili_closed_pair *out) {
    closed_born_mayer(p, out);
    out->c6 = -p[2];
}

static const char *check_buck(const double *p) {
    double top = 7.0 * p[1];
    bool has_barrier = p[2] == 0.0 || p[0] * pow(top, 7.0) * exp(-7.0) > 6.0 * p[2] * p[1];
    return has_barrier ? NULL
                       : "the dispersion C/r^6 outweighs the wall at every distance, so that atoms collapse";
}

const ili_form ili_form_buck = {.name = "buck",
                                .title = "Buckingham",
                                .equation = "A exp(-r/rho) - C/r^6",
                                .doi = "10.1098/rspa.1938.0173",
                                .kind = ILI_PAIR,
                                .params = buck_params,
                                .value = buck,
                                .check = check_buck,
                                .closed = closed_buck,
                                .lammps = "buck"};
