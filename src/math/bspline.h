/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Cardinal B-splines M_p of order p, as smooth particle-mesh sums use them. */
#ifndef ILI_MATH_BSPLINE_H
#define ILI_MATH_BSPLINE_H

enum { ILI_BSPLINE_MAX = 12 /* of ili_bspline_polynomials */ };

/** Weights a[j] = M_p(w + p - 1 - j), j = 0 .. p-1, of the p grid points around a place that lies w in [0, 1] behind the last of
 *  them, and d[j] = da[j]/dw. p >= 3. eq. Essmann et al. 1995, 4.1 */
static inline __attribute__((always_inline)) void ili_bspline(int p, double w, double *a, double *d) {
    a[0] = 1.0 - w;
    a[1] = w;
    for (int m = 3; m < p; m++) {
        double scale = 1.0 / (m - 1);
        a[m - 1] = scale * w * a[m - 2];
        for (int j = m - 2; j > 0; j--) a[j] = scale * ((w + (m - 1 - j)) * a[j - 1] + ((1 + j) - w) * a[j]);
        a[0] = scale * (1.0 - w) * a[0];
    }
    d[0] = -a[0];
    for (int j = 1; j < p - 1; j++) d[j] = a[j - 1] - a[j];
    d[p - 1] = a[p - 2];
    double scale = 1.0 / (p - 1);
    a[p - 1] = scale * w * a[p - 2];
    for (int j = p - 2; j > 0; j--) a[j] = scale * ((w + (p - 1 - j)) * a[j - 1] + ((1 + j) - w) * a[j]);
    a[0] = scale * (1.0 - w) * a[0];
}

/** The same weights as polynomials, a[j] = sum_k value[k][j] (w - 1/2)^k with p rows, d[j] likewise of p - 1 rows: all points of
 *  a place at once, as vectors want it. 3 <= p <= ILI_BSPLINE_MAX; only the first p columns are written. */
void ili_bspline_polynomials(int p, double (*value)[ILI_BSPLINE_MAX], double (*slope)[ILI_BSPLINE_MAX]);

/** Of waves m = 0 .. count-1 on n points: the modulus U_0^2/(sum_j U_j^2)^2 of a spline, where U_j is its transform at m + j n (which
 *  makes the mean square error of the wave's energy least; Essmann et al. 1995, 4.4, have 1/(sum_j U_j)^2), and what a charge then
 *  finds of its own wave on average over its places, U_0^2/sum_j U_j^2. Both are 0 at half the mesh frequency, where the sign of a
 *  wave is ambiguous. p <= ILI_BSPLINE_MAX. */
void ili_bspline_waves(int p, int n, int count, double *modulus, double *own);

#endif
