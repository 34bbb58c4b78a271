/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ff/kspace_tune.h"

#include "math/units.h"
#include "math/vec.h"

ili_charge_sums ili_charge_sums_of(int32_t n, const double *q) {
    ili_charge_sums s = {.n = n};
    for (int32_t i = 0; i < n; i++) {
        s.total += q[i];
        s.q2 += q[i] * q[i];
        s.q4 += q[i] * q[i] * q[i] * q[i];
    }
    return s;
}

double ili_tune_real_error(const ili_charge_sums *s, double volume, double cutoff, double alpha) {
    if (s->n == 0) return 0.0;
    return 2.0 * s->q2 / sqrt(s->n * cutoff * volume) * exp(-alpha * alpha * cutoff * cutoff);
}

double ili_tune_alpha(const ili_charge_sums *s, double volume, double cutoff, double target) {
    double ratio = ili_tune_real_error(s, volume, cutoff, 0.0) / target;
    return sqrt(fmax(log(fmax(ratio, 1.0)), 1.0)) / cutoff;
}

double ili_tune_wave_error(const ili_charge_sums *s, double volume, double alpha, double k_cut) {
    if (s->n == 0) return 0.0;
    double u = 0.5 * k_cut / alpha;
    return 2.0 * alpha * s->q2 * sqrt(2.0 / (s->n * volume * k_cut)) * exp(-u * u);
}

double ili_tune_wave_cutoff(const ili_charge_sums *s, double volume, double alpha, double target) {
    double k_cut = alpha;
    while (ili_tune_wave_error(s, volume, alpha, k_cut) > target) k_cut *= 1.01;
    return k_cut;
}

double ili_tune_plane_wave(const double h[3][3]) {
    /* the lattice of the plane turned by 90 degrees, over its area; reduced after Lagrange */
    double area[3], a[3], b[3];
    ili_cross(h[0], h[1], area);
    double scale = 2.0 * ILI_PI / ili_norm(area);
    for (int c = 0; c < 3; c++) {
        a[c] = h[0][c];
        b[c] = h[1][c];
    }
    for (;;) {
        double shift = round(ili_dot(a, b) / ili_dot(a, a));
        for (int c = 0; c < 3; c++) b[c] -= shift * a[c];
        if (ili_dot(b, b) >= ili_dot(a, a)) return scale * ili_norm(a);
        for (int c = 0; c < 3; c++) {
            double t = a[c];
            a[c] = b[c];
            b[c] = t;
        }
    }
}

double ili_tune_image_error(const ili_charge_sums *s, const double h[3][3], double gap) {
    double normal[3];
    if (s->n == 0) return 0.0;
    ili_cross(h[0], h[1], normal);
    return sqrt(6.0) * 4.0 * ILI_PI / ili_norm(normal) * s->q2 / sqrt(s->n) *
           exp(-ili_tune_plane_wave(h) * gap);
}

double ili_tune_gap(const ili_charge_sums *s, const double h[3][3], double target) {
    double ratio = ili_tune_image_error(s, h, 0.0) / target;
    return log(fmax(ratio, 10.0)) / ili_tune_plane_wave(h);
}
