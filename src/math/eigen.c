/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/eigen.h"

#include <float.h>
#include <math.h>

enum { SWEEPS_MAX = 60 };

/** Rows p and q of m [.][n], turned by the angle of cosine c and sine s. */
static void turn_rows(int n, double *m, int p, int q, double c, double s) {
    for (int k = 0; k < n; k++) {
        double x = m[p * n + k], y = m[q * n + k];
        m[p * n + k] = c * x - s * y;
        m[q * n + k] = s * x + c * y;
    }
}

static void turn_columns(int n, double *m, int p, int q, double c, double s) {
    for (int k = 0; k < n; k++) {
        double x = m[k * n + p], y = m[k * n + q];
        m[k * n + p] = c * x - s * y;
        m[k * n + q] = s * x + c * y;
    }
}

int ili_eigen_symmetric(int n, double *a, double *v) {
    double norm2 = 0.0;
    for (int k = 0; k < n * n; k++) {
        v[k] = k % (n + 1) == 0 ? 1.0 : 0.0;
        norm2 += a[k] * a[k];
    }
    if (!isfinite(norm2)) return 0;
    for (int sweep = 0; sweep < SWEEPS_MAX; sweep++) {
        double off = 0.0;
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++) off += a[p * n + q] * a[p * n + q];
        if (off <= n * DBL_EPSILON * DBL_EPSILON * norm2) return 1;
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++) {
                if (a[p * n + q] == 0.0) continue;
                double theta = 0.5 * (a[q * n + q] - a[p * n + p]) / a[p * n + q];
                double t = (theta < 0.0 ? -1.0 : 1.0) / (fabs(theta) + sqrt(theta * theta + 1.0));
                double c = 1.0 / sqrt(t * t + 1.0), s = t * c;
                turn_rows(n, a, p, q, c, s);
                turn_columns(n, a, p, q, c, s);
                turn_rows(n, v, p, q, c, s);
            }
    }
    return 0;
}
