/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The spline mesh replaces exp(ik.r) by sum_m u_m exp(i k_m.r), where k_m = k + m are the aliases of k on the
 * mesh (m: reciprocal vectors of the mesh) and u_m = U(k) U(k_m)/sum U^2, U the transform of the spline, factorises over the axes.
 * With phi = 4 pi/k^2 exp(-k^2/4 alpha^2) the squared force error of a pair of unit charges, averaged over both places, is
 *     1/V^2 sum_k phi^2 [ sum_m k_m^2 u_m^2 sum_m u_m^2 - 2 k^2 u_0^2 + k^2 ],
 * written below without its cancellations, and a charge pushes itself with the amplitude (over q^2)
 *     2 |K_d|/V sum_k phi u_0 u_d  along each reciprocal vector K_d of the mesh.
 * The sums over k are integrals over a box of the mesh's Brillouin zone, by the midpoint rule: smooth and Gaussian.
 *
 * Choosing a mesh takes this some fifty times. So k runs in lines along the third axis, whose points lie side by side for vectors;
 * what the other two axes give is worked out once a line. */
#include "ff/kspace_tune.h"

#include "base/hot.h"
#include "math/units.h"
#include "math/vec.h"

#include <string.h>

enum { POINTS = 16, ALIASES = 2, MOMENTS = 3 };

/** The quadrature points of an axis; wave numbers in units of the mesh's own. */
typedef struct axis {
    double kappa[POINTS]; /**< wave numbers, in (-1/2, 1/2) */
    double lost[POINTS];  /**< 1 - u_0^2 */
    double self[POINTS];  /**< u_0 u_1, both signs averaged */
    double main[MOMENTS][POINTS],
        alias[MOMENTS][POINTS]; /**< u_0^2 and sum_(m != 0) u_m^2, times 1, kappa_m, kappa_m^2 */
} axis;

/** Sums over k, by the place on the third axis. */
typedef struct sums {
    double pair[POINTS], self[3][POINTS];
} sums;

static double whole_power(double x, int n) {
    double p = 1.0;
    for (; n > 0; n >>= 1, x *= x)
        if (n & 1) p *= x;
    return p;
}

static void fill_point(axis *a, int i, double kappa, int order) {
    double ratio[2 * ALIASES + 1], sum = 0.0;
    for (int m = -ALIASES; m <= ALIASES; m++)
        if (m) {
            ratio[m + ALIASES] = whole_power(kappa / (kappa + m), order);
            sum += ratio[m + ALIASES] * ratio[m + ALIASES];
        }
    const double u0 = 1.0 / (1.0 + sum);
    a->kappa[i] = kappa;
    a->lost[i] = sum * u0 * (1.0 + u0);
    a->self[i] = 0.5 * u0 * u0 * (ratio[ALIASES - 1] + ratio[ALIASES + 1]);
    for (int m = -ALIASES; m <= ALIASES; m++) {
        const double u = m ? ratio[m + ALIASES] * u0 : u0, k = kappa + m;
        double(*moment)[POINTS] = m ? a->alias : a->main;
        moment[0][i] += u * u;
        moment[1][i] += u * u * k;
        moment[2][i] += u * u * k * k;
    }
}

/** What a product over the axes has of the first two: (main + alias) and main of all three, less main, is
 *  rest (main + alias) + main alias of the third. */
typedef struct factor {
    double rest, main;
} factor;

static inline factor factor_of(const axis *a, int i, int p, const axis *b, int j, int q) {
    const double both = b->main[q][j] + b->alias[q][j];
    return (factor){a->alias[p][i] * both + a->main[p][i] * b->alias[q][j], a->main[p][i] * b->main[q][j]};
}

/** e^x, x <= 0 and clipped at -700, to 4e-16: x = n ln 2 + t, the series of t, and n into the exponent. (v_exp is for files that are
 *  built once for each set of instructions; loops under ILI_HOT are vectors only by the compiler's hand.) */
static inline double exp_of_negative(double x) {
    static const double shift = 0x1.8p52; /* n in the low bits */
    const double at = (x > -700.0 ? x : -700.0), n = at * 1.44269504088896340736 + shift, whole = n - shift;
    const double t = (at - whole * 0x1.62e42fefa38p-1) - whole * 0x1.ef35793c7673p-45;
    double p = 1.0 / 6227020800.0;
    p = p * t + 1.0 / 479001600.0;
    p = p * t + 1.0 / 39916800.0;
    p = p * t + 1.0 / 3628800.0;
    p = p * t + 1.0 / 362880.0;
    p = p * t + 1.0 / 40320.0;
    p = p * t + 1.0 / 5040.0;
    p = p * t + 1.0 / 720.0;
    p = p * t + 1.0 / 120.0;
    p = p * t + 1.0 / 24.0;
    p = p * t + 1.0 / 6.0;
    p = p * t + 0.5;
    p = p * t + 1.0;
    p = p * t + 1.0;
    uint64_t bits, up;
    memcpy(&bits, &p, sizeof bits);
    memcpy(&up, &n, sizeof up);
    bits += up << 52;
    memcpy(&p, &bits, sizeof p);
    return p;
}

/** The line of points i, j of the first two axes. g: metric of the mesh's reciprocal vectors; inverse: 1/(4 alpha^2) */
ILI_HOT static void add_line(const axis *a, int i, const axis *b, int j, const axis *restrict c,
                             const double g[3][3], double inverse, sums *restrict sum) {
    /* k^2 = k0 + k1 kappa + k2 kappa^2; sum_(m != 0) k_m^2 u_m^2 by the power of the third kappa */
    const double u = a->kappa[i], v = b->kappa[j], k2 = g[2][2], k1 = 2.0 * (g[0][2] * u + g[1][2] * v),
                 k0 = g[0][0] * u * u + 2.0 * g[0][1] * u * v + g[1][1] * v * v;
    const factor none = factor_of(a, i, 0, b, j, 0), aa = factor_of(a, i, 2, b, j, 0),
                 ab = factor_of(a, i, 1, b, j, 1), bb = factor_of(a, i, 0, b, j, 2),
                 ac = factor_of(a, i, 1, b, j, 0), bc = factor_of(a, i, 0, b, j, 1);
    const factor by[MOMENTS] = {
        {g[0][0] * aa.rest + 2.0 * g[0][1] * ab.rest + g[1][1] * bb.rest,
         g[0][0] * aa.main + 2.0 * g[0][1] * ab.main + g[1][1] * bb.main},
        {2.0 * (g[0][2] * ac.rest + g[1][2] * bc.rest), 2.0 * (g[0][2] * ac.main + g[1][2] * bc.main)},
        {g[2][2] * none.rest, g[2][2] * none.main}};
    const double lost = a->lost[i] + (1.0 - a->lost[i]) * b->lost[j],
                 self[3] = {a->self[i] * b->main[0][j], a->main[0][i] * b->self[j], none.main};
    for (int l = 0; l < POINTS; l++) {
        const double kappa = c->kappa[l], square = k0 + (k1 + k2 * kappa) * kappa;
        const double phi = 4.0 * ILI_PI / square * exp_of_negative(-square * inverse);
        const double kept = none.main * c->main[0][l], gone = lost + (1.0 - lost) * c->lost[l];
        const double rest = none.rest * (c->main[0][l] + c->alias[0][l]) + none.main * c->alias[0][l];
        double aliases = 0.0;
        for (int p = 0; p < MOMENTS; p++)
            aliases += by[p].rest * (c->main[p][l] + c->alias[p][l]) + by[p].main * c->alias[p][l];
        sum->pair[l] += phi * phi * (square * gone * gone + square * kept * rest + aliases * (kept + rest));
        sum->self[0][l] += phi * self[0] * c->main[0][l];
        sum->self[1][l] += phi * self[1] * c->main[0][l];
        sum->self[2][l] += phi * self[2] * c->self[l];
    }
}

double ili_tune_mesh_error(const ili_charge_sums *s, const double h[3][3], double alpha, const int size[3],
                           int order) {
    axis axes[3] = {0};
    sums sum = {0};
    double inv[3][3], b[3][3], g[3][3], step[3], k_nyquist = 1e300, volume = fabs(ili_det(h));
    if (s->n == 0) return 0.0;
    ili_inverse(h, inv);
    for (int d = 0; d < 3; d++) {
        for (int c = 0; c < 3; c++) b[d][c] = 2.0 * ILI_PI * size[d] * inv[c][d];
        double spacing = ili_norm(h[d]) / size[d];
        double reach = fmin(0.5, alpha * (sqrt(2.0 * order) + 3.5) * spacing / (2.0 * ILI_PI));
        k_nyquist = fmin(k_nyquist, ILI_PI / spacing);
        step[d] = 2.0 * reach / POINTS;
        for (int i = 0; i < POINTS; i++) fill_point(&axes[d], i, (i + 0.5) * step[d] - reach, order);
    }
    for (int d = 0; d < 3; d++)
        for (int e = 0; e < 3; e++) g[d][e] = ili_dot(b[d], b[e]);
    for (int i = 0; i < POINTS / 2; i++) /* k and -k are alike */
        for (int j = 0; j < POINTS; j++)
            add_line(&axes[0], i, &axes[1], j, &axes[2], (const double(*)[3])g, 0.25 / (alpha * alpha), &sum);
    double pair = 0.0, self[3] = {0};
    for (int l = 0; l < POINTS; l++) {
        pair += sum.pair[l];
        for (int d = 0; d < 3; d++) self[d] += sum.self[d][l];
    }
    double n_waves = 2.0 * step[0] * step[1] * step[2] * size[0] * size[1] * size[2], push = 0.0;
    pair *= n_waves / (volume * volume) * s->q2 * s->q2 / s->n;
    for (int d = 0; d < 3; d++) push += 0.5 * g[d][d] * pow(2.0 * self[d] * n_waves / volume, 2);
    double cut = ili_tune_wave_error(s, volume, alpha, k_nyquist);
    return sqrt(pair + push * s->q4 / s->n + cut * cut);
}
