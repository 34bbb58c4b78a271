/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/bspline.h"

#include "math/units.h"

#include <math.h>
#include <stdbool.h>

/* The recurrence of ili_bspline, carried out on polynomials in t = w - 1/2. */
void ili_bspline_polynomials(int p, double (*value)[ILI_BSPLINE_MAX], double (*slope)[ILI_BSPLINE_MAX]) {
    double a[ILI_BSPLINE_MAX + 1][ILI_BSPLINE_MAX + 1] = {{0}}; /* [point + 1][power]: a[0] stays 0 */
    a[1][0] = 0.5;
    a[1][1] = -1.0;
    a[2][0] = 0.5;
    a[2][1] = 1.0;
    for (int m = 3; m <= p; m++)
        for (int j = m - 1; j >= 0; j--) {
            double left = m - 0.5 - j, right = j + 0.5, next[ILI_BSPLINE_MAX];
            for (int d = 0; d < m; d++) {
                next[d] = left * a[j][d] + right * a[j + 1][d];
                if (d > 0) next[d] += a[j][d - 1] - a[j + 1][d - 1];
            }
            for (int d = 0; d < m; d++) a[j + 1][d] = next[d] / (m - 1);
        }
    for (int d = 0; d < p; d++)
        for (int j = 0; j < p; j++) {
            value[d][j] = a[j + 1][d];
            if (d > 0) slope[d - 1][j] = d * a[j + 1][d];
        }
}

/** |sum_k M_p(k) exp(2 pi i m k/n)| */
static double spline_sum(int p, int m, int n) {
    double a[2 * ILI_BSPLINE_MAX], d[2 * ILI_BSPLINE_MAX], re = 0.0, im = 0.0;
    ili_bspline(p, 0.0, a, d);
    for (int j = 0; j < p - 1; j++) {
        double angle = 2.0 * ILI_PI * ((double)m * j / n);
        re += a[j] * cos(angle);
        im += a[j] * sin(angle);
    }
    return hypot(re, im);
}

/* The square sum of the aliases of a spline is the spline sum of twice its order. */
void ili_bspline_waves(int p, int n, int count, double *modulus, double *own) {
    for (int m = 0; m < count; m++) {
        double angle = ILI_PI * (2 * m > n ? n - m : m) / n, kept = m ? pow(sin(angle) / angle, 2 * p) : 1.0;
        double sum = spline_sum(2 * p, m, n);
        bool is_left_out = 2 * m == n;
        modulus[m] = is_left_out ? 0.0 : kept / (sum * sum);
        own[m] = is_left_out ? 0.0 : kept / sum;
    }
}
