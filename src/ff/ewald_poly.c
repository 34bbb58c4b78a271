/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Chebyshev series of g at ILI_EWALD_POLY_MAX nodes, cut where the sum of what is left out falls below the tolerance: |T_k| <= 1
 *  and |dT_k/dt| <= k^2 make that a bound. All in long double, so that rounding of the slope, which grows as k^2, stays below
 *  that of the kernels. Literature: L. N. Trefethen, Approximation Theory and Approximation Practice (SIAM 2013), ch. 3-8. */
#include "ff/ewald_poly.h"

#include <math.h>

enum { NODES = ILI_EWALD_POLY_MAX };

/** Coefficients a_k of sum a_k T_k(t), which takes the value of g at the nodes. */
static void chebyshev(long double alpha, long double rc, long double a[NODES]) {
    const long double step = acosl(-1.0L) / NODES;
    long double g[NODES];
    for (int j = 0; j < NODES; j++) {
        long double r = rc * sqrtl(0.5L * (1.0L + cosl((j + 0.5L) * step)));
        g[j] = erfl(alpha * r) / r;
    }
    for (int k = 0; k < NODES; k++) {
        a[k] = 0.0L;
        for (int j = 0; j < NODES; j++) a[k] += g[j] * cosl(k * (j + 0.5L) * step);
        a[k] *= (k ? 2.0L : 1.0L) / NODES;
    }
}

/** Powers of t of the first n terms: T_(k+1) = 2 t T_k - T_(k-1). */
static void to_powers(int n, const long double a[NODES], long double c[NODES]) {
    long double before[NODES] = {0}, now[NODES] = {1.0L}, next[NODES];
    for (int m = 0; m < NODES; m++) c[m] = 0.0L;
    for (int k = 0; k < n; k++) {
        for (int m = 0; m <= k; m++) c[m] += a[k] * now[m];
        for (int m = 0; m < NODES; m++)
            next[m] = (k ? 2.0L : 1.0L) * (m ? now[m - 1] : 0.0L) - (k ? before[m] : 0.0L);
        for (int m = 0; m < NODES; m++) {
            before[m] = now[m];
            now[m] = next[m];
        }
    }
}

il_status ili_ewald_poly_make(il_context *ctx, double alpha, double rc, double error, ili_ewald_poly *out) {
    const long double top = 2.0L * alpha / sqrtl(acosl(-1.0L)), scale = 2.0L / ((long double)rc * rc);
    const long double slope_top = top * alpha * alpha / 3.0L;
    long double a[NODES], c[NODES], left = 0.0L, slope_left = 0.0L;
    chebyshev(alpha, rc, a);
    int n = NODES; /* the last coefficient stands for all that no node can see */
    while (n > 2) {
        long double more = left + fabsl(a[n - 1]);
        long double slope_more = slope_left + fabsl(a[n - 1]) * (n - 1) * (n - 1) * scale;
        if (slope_more > error * slope_top) break;
        left = more;
        slope_left = slope_more;
        n--;
    }
    if (n == NODES)
        return ili_fail(
            ctx, IL_E_UNSUPPORTED,
            "the real-space Coulomb sum with alpha %g/angstrom and cut-off %g angstrom needs a polynomial "
            "of more than %d terms: take a smaller cut-off or a lower accuracy",
            alpha, rc, NODES);
    to_powers(n, a, c);
    *out = (ili_ewald_poly){.n = n,
                            .scale = (double)scale,
                            .error = (double)(left / top),
                            .slope_error = (double)(slope_left / slope_top)};
    for (int k = 0; k < n; k++) out->c[k] = (double)c[k];
    for (int k = 1; k < n; k++) out->d[k - 1] = (double)(k * c[k] * scale);
    return IL_OK;
}
