/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ff/quintic.h"

#include <math.h>

/** Value and slope per t at s. */
static double in_s(ili_radial function, const void *user, double s, double *per_t) {
    double r = sqrt(s), slope, value = function(user, r, &slope);
    *per_t = slope / (2.0 * r) * ILI_QUINTIC_STEP;
    return value;
}

/** Values e[] and slopes d[] at t = 0, 1/2, 1: t^2 (c2 + c3 t + c4 t^2 + c5 t^3) meets the four conditions beyond t = 0. */
static void hermite3(const double e[3], const double d[3], double c[ILI_QUINTIC]) {
    double a = e[1] - e[0] - 0.5 * d[0], b = d[1] - d[0], g = e[2] - e[0] - d[0], h = d[2] - d[0];
    c[0] = e[0];
    c[1] = d[0];
    c[2] = 16.0 * a - 8.0 * b + 7.0 * g - h;
    c[3] = -32.0 * a + 32.0 * b - 34.0 * g + 5.0 * h;
    c[4] = 16.0 * a - 40.0 * b + 52.0 * g - 8.0 * h;
    c[5] = 16.0 * b - 24.0 * g + 4.0 * h;
}

static double poly(const double c[ILI_QUINTIC], double t, double *slope) {
    *slope = c[1] + t * (2.0 * c[2] + t * (3.0 * c[3] + t * (4.0 * c[4] + t * 5.0 * c[5])));
    return c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * (c[4] + t * c[5]))));
}

bool ili_quintic_fit(ili_radial function, const void *user, double s0, double c[ILI_QUINTIC]) {
    double e[3], d[3];
    for (int m = 0; m < 3; m++) e[m] = in_s(function, user, s0 + 0.5 * m * ILI_QUINTIC_STEP, &d[m]);
    hermite3(e, d, c);
    for (int m = 1; m < 4; m += 2) {
        double slope, want_slope, want = in_s(function, user, s0 + 0.25 * m * ILI_QUINTIC_STEP, &want_slope);
        double got = poly(c, 0.25 * m, &slope), per_s = s0 / ILI_QUINTIC_STEP;
        double scale = ILI_QUINTIC_ERROR * (1.0 + fabs(want) + fabs(want_slope) * per_s);
        if (!(fabs(got - want) <= scale && fabs(slope - want_slope) * per_s <= scale)) return false;
    }
    return true;
}
