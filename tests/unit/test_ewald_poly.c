/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The polynomial of the real-space Ewald sum against erf, in double and in single precision. */
#include "harness.h"

#include "ff/ewald_poly.h"
#include "math/units.h"

#include <float.h>

static double horner(const double *c, int n, double t) {
    double sum = c[n - 1];
    for (int k = n - 2; k >= 0; k--) sum = fma(sum, t, c[k]);
    return sum;
}

static float horner_single(const double *c, int n, float t) {
    float sum = (float)c[n - 1];
    for (int k = n - 2; k >= 0; k--) sum = fmaf(sum, t, (float)c[k]);
    return sum;
}

/** g and dg/ds; near s = 0 by the series 2 alpha/sqrt(pi) sum (-z)^k/(k! (2k + 1)), z = alpha^2 s. */
static void exact(double alpha, double s, double *g, double *slope) {
    long double z = (long double)alpha * alpha * s, unit = 2.0L * alpha / sqrtl((long double)ILI_PI);
    if (z > 0.5L) {
        long double r = sqrtl(s);
        *g = (double)(erfl(alpha * r) / r);
        *slope = (double)((unit * expl(-z) - erfl(alpha * r) / r) / (2.0L * s));
        return;
    }
    long double term = 1.0L, sum = 1.0L, dsum = 0.0L; /* term: (-z)^k/k! */
    for (int k = 1; k < 30; k++) {
        dsum += -term / (2 * k + 1); /* d/dz of (-z)^k/k!/(2k+1) */
        term *= -z / k;
        sum += term / (2 * k + 1);
    }
    *g = (double)(unit * sum);
    *slope = (double)(unit * alpha * alpha * dsum);
}

typedef struct worst {
    double g, slope, g_single, slope_single;
} worst;

static worst measure(const ili_ewald_poly *p, double alpha, double rc) {
    enum { POINTS = 4001 };
    worst w = {0};
    double top, slope_top;
    exact(alpha, 0.0, &top, &slope_top);
    for (int i = 0; i < POINTS; i++) {
        double s = rc * rc * i / (POINTS - 1), g, slope, t = fma(s, p->scale, -1.0);
        float t1 = fmaf((float)s, (float)p->scale, -1.0f);
        exact(alpha, s, &g, &slope);
        w.g = fmax(w.g, fabs(horner(p->c, p->n, t) - g) / top);
        w.slope = fmax(w.slope, fabs(horner(p->d, p->n - 1, t) - slope) / fabs(slope_top));
        w.g_single = fmax(w.g_single, fabs((double)horner_single(p->c, p->n, t1) - g) / top);
        w.slope_single =
            fmax(w.slope_single, fabs((double)horner_single(p->d, p->n - 1, t1) - slope) / fabs(slope_top));
    }
    return w;
}

/* alpha rc from 2.4 (1e-3) to 5.3 (1e-12) */
static const double cases[][2] = {{0.35, 8.5}, {0.24, 10.0}, {0.44, 12.0},
                                  {0.3, 10.0}, {0.7, 4.0},   {0.05, 100.0}};

/** Single precision adds the rounding of t (half an ulp of 1, times the slope in t, which is at most z/3 of the maximum) and of
 *  Horner's rule: sum |c_k| <= 1.1 of the maximum, at most three roundings each that the ones after it do not wash out. */
TEST(error_is_what_the_plan_says) {
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        double alpha = cases[k][0], rc = cases[k][1], z = alpha * alpha * rc * rc;
        ili_ewald_poly p;
        REQUIRE_OK(ili_ewald_poly_make(ctx, alpha, rc, 1e-13, &p));
        worst w = measure(&p, alpha, rc);
        double rounding = (4.0 + z) * DBL_EPSILON;
        CHECK(p.slope_error <= 1e-13);
        CHECK(w.g <= p.error + rounding);
        CHECK(w.slope <= p.slope_error + rounding);
        CHECK(p.n <= 45);
        REQUIRE_OK(ili_ewald_poly_make(ctx, alpha, rc, 3e-8, &p));
        w = measure(&p, alpha, rc);
        rounding = (4.0 + z) * FLT_EPSILON / 2;
        CHECK(w.g <= p.error + 4 * DBL_EPSILON * (1.0 + z) &&
              w.slope <= p.slope_error + 4 * DBL_EPSILON * (1.0 + z));
        CHECK(w.g_single <= p.error + rounding);
        CHECK(w.slope_single <= p.slope_error + rounding);
        CHECK(p.n <= 26);
        fprintf(stderr, "alpha rc %.2f: %d terms, slope %.1e (bound %.1e), single %.1e and %.1e\n",
                alpha * rc, p.n, w.slope, p.slope_error, w.g_single, w.slope_single);
    }
}

/** The slope belongs to the energy: d is the derivative of c term by term. */
TEST(slope_is_the_derivative) {
    ili_ewald_poly p;
    REQUIRE_OK(ili_ewald_poly_make(ctx, 0.35, 8.5, 1e-13, &p));
    for (int k = 1; k < p.n; k++)
        CHECK_NEAR(p.d[k - 1], k * p.c[k] * p.scale, 4 * DBL_EPSILON * fabs(p.d[k - 1]));
}

TEST(what_no_polynomial_reaches_is_refused) {
    ili_ewald_poly p;
    CHECK_STATUS(ili_ewald_poly_make(ctx, 2.0, 30.0, 1e-13, &p), IL_E_UNSUPPORTED);
}

TESTS(RUN(error_is_what_the_plan_says); RUN(slope_is_the_derivative);
      RUN(what_no_polynomial_reaches_is_refused))
