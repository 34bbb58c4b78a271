/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Laws of temperature: planted parameters come back, intervals cover the truth as often as they say, odd input is refused. */
#include "harness.h"

#include "analysis/arrhenius.h"
#include "base/rng.h"
#include "math/fit.h"
#include "math/units.h"

static ili_rate rate(double t, double value, double sigma) {
    return (ili_rate){t, {value, sigma, value - 1.959963985 * sigma, value + 1.959963985 * sigma}};
}

static double arrhenius(double t, double prefactor, double energy) {
    return prefactor * exp(-energy / (ILI_KB * t));
}

TEST(student) {
    CHECK_NEAR(ili_student_width(0.95, INFINITY), 1.959963985, 1e-8);
    CHECK_NEAR(ili_student_width(0.95, 1.0), 12.7062047364, 1e-8);
    CHECK_NEAR(ili_student_width(0.95, 10.0), 2.2281388520, 1e-8);
    CHECK_NEAR(ili_student_freedom(2.2281388520), 10.0, 1e-6);
    CHECK_NEAR(ili_student_freedom(12.7062047364), 1.0, 1e-6);
    CHECK(isinf(ili_student_freedom(1.9)));
    CHECK(isnan(ili_student_width(1.0, 3.0)) && isnan(ili_student_width(0.5, 0.0)));
    CHECK_NEAR(ili_chi2_tail(3.841458821, 1), 0.05, 1e-9);
    CHECK_NEAR(ili_chi2_tail(7.0, 0), 1.0, 0.0);
}

TEST(straight_line) {
    const double x[] = {1, 2, 4}, y[] = {3, 5, 9}, sigma[] = {0.1, 0.2, 0.3}, same[] = {2, 2, 2};
    ili_line line;
    CHECK(ili_fit_line(3, x, y, sigma, &line));
    CHECK_NEAR(line.slope, 2.0, 1e-14);
    CHECK_NEAR(line.centre - 2.0 * line.x0, 1.0, 1e-13);
    CHECK_NEAR(line.chi2, 0.0, 1e-24);
    /* two points: the error of the slope is that of the difference */
    CHECK(ili_fit_line(2, x, y, sigma, &line));
    CHECK_NEAR(line.slope_sigma, hypot(0.1, 0.2), 1e-15);
    CHECK(!ili_fit_line(1, x, y, sigma, &line));
    CHECK(!ili_fit_line(3, same, y, sigma, &line));
    CHECK(!ili_fit_line(2, x, y, (double[]){0.1, 0.0}, &line));
    CHECK(!ili_fit_line(2, x, (double[]){1, NAN}, sigma, &line));
}

TEST(planted_arrhenius) {
    ili_rate r[4];
    ili_arrhenius fit;
    const double t[] = {600, 800, 1000, 1200};
    for (int k = 0; k < 4; k++) r[k] = rate(t[k], arrhenius(t[k], 2.5e-7, 0.31), 0.0);
    for (int k = 0; k < 4; k++) r[k].number.sigma = 0.05 * r[k].number.value;
    REQUIRE_OK(ili_arrhenius_fit(ctx, 4, r, &fit));
    CHECK_NEAR(fit.energy.value, 0.31, 1e-13);
    CHECK_NEAR(exp(fit.ln_prefactor.value), 2.5e-7, 2.5e-7 * 1e-12);
    CHECK_NEAR(fit.widening, 1.0, 0.0);
    CHECK(fit.has_scatter && fit.p > 0.999 && fit.low == 600 && fit.high == 1200);
    double s2 = log1p(0.05 * 0.05), x[4], mean = 0, sxx = 0;
    for (int k = 0; k < 4; k++) mean += (x[k] = 1 / t[k]) / 4;
    for (int k = 0; k < 4; k++) sxx += pow(x[k] - mean, 2);
    CHECK_NEAR(fit.energy.sigma, ILI_KB * sqrt(s2 / sxx), 1e-14);
    ili_estimate at = ili_arrhenius_at(&fit, 298.15);
    double want = arrhenius(298.15, 2.5e-7, 0.31);
    CHECK_NEAR(at.value, want, 1e-11 * want);
    CHECK_NEAR(at.sigma / at.value, sqrt(s2 / 4 + s2 / sxx * pow(1 / 298.15 - mean, 2)), 1e-12);
    CHECK(at.low > 0 && at.low < at.value && at.high - at.value > at.value - at.low);
    /* a point off the line widens all errors, and is noticed */
    r[1].number.value *= 1.5;
    r[1].number.sigma *= 1.5;
    ili_arrhenius bent;
    REQUIRE_OK(ili_arrhenius_fit(ctx, 4, r, &bent));
    CHECK_NEAR(bent.widening, sqrt(bent.chi2 / 2), 1e-13);
    CHECK(bent.p < 1e-6 && bent.widening > 3);
}

TEST(refused) {
    ili_arrhenius fit;
    ili_vtf vtf;
    ili_rate r[] = {rate(600, 1, 0.1), rate(600, 1.1, 0.1), rate(800, 2, 0.1)};
    CHECK_STATUS(ili_arrhenius_fit(ctx, 2, r, &fit), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "needs 2 different"));
    CHECK_STATUS(ili_arrhenius_fit(ctx, 0, r, &fit), IL_E_INPUT);
    CHECK_STATUS(ili_vtf_fit(ctx, 3, r, &vtf), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "needs 3 different"));
    CHECK_OK(ili_arrhenius_fit(ctx, 3, r, &fit));
    CHECK(!fit.has_scatter);
    const ili_rate bad[] = {rate(800, -1, 0.1), rate(800, NAN, 1), rate(800, 1, 0), rate(0, 1, 0.1),
                            rate(800, 1, NAN)};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        r[2] = bad[k];
        CHECK_STATUS(ili_arrhenius_fit(ctx, 3, r, &fit), IL_E_INPUT);
    }
}

/** How many of `trials` fits of n noisy points cover the planted energy and the value at 298.15 K. freedom > 0: each error is
 *  itself known from so many squares only. */
static void cover(int n, const double *t, double freedom, int trials, int *energy, int *value) {
    const double e = 0.3, a = 1e-6, s = 0.15;
    ili_rng rng = ili_rng_make(7, (uint64_t)n);
    *energy = *value = 0;
    for (int trial = 0; trial < trials; trial++) {
        ili_rate r[8];
        ili_arrhenius fit;
        for (int k = 0; k < n; k++) {
            double v = arrhenius(t[k], a, e) * exp(s * ili_rng_normal(&rng)), square = 0;
            for (int j = 0; j < (int)freedom; j++) square += pow(ili_rng_normal(&rng), 2) / freedom;
            double sigma = v * sqrt(expm1(s * s * (freedom > 0 ? square : 1)));
            double width = ili_student_width(0.95, freedom > 0 ? freedom : INFINITY);
            r[k] = (ili_rate){t[k], {v, sigma, v - width * sigma, v + width * sigma}};
        }
        if (ili_arrhenius_fit(ctx, n, r, &fit) != IL_OK) return;
        ili_estimate at = ili_arrhenius_at(&fit, 298.15);
        double want = arrhenius(298.15, a, e);
        *energy += fit.energy.low <= e && e <= fit.energy.high;
        *value += at.low <= want && want <= at.high;
    }
}

TEST(coverage) {
    const double t[] = {500, 650, 800, 1000, 1200};
    const int trials = 8000;
    /* five standard errors of a binomial count around 95 % */
    const double slack = 5 * sqrt(0.95 * 0.05 / trials);
    int energy, value;
    cover(2, t, 0, trials, &energy, &value); /* nothing but the propagated error: exact */
    CHECK_NEAR((double)energy / trials, 0.95, slack);
    CHECK_NEAR((double)value / trials, 0.95, slack);
    cover(5, t, 0, trials, &energy, &value); /* widened where chance scatters the points: never too narrow */
    CHECK((double)energy / trials > 0.95 - slack && (double)energy / trials < 0.99);
    CHECK((double)value / trials > 0.95 - slack && (double)value / trials < 0.99);
    cover(4, t, 6, trials, &energy,
          &value); /* errors known from six squares: Student through Welch, nearly exact */
    CHECK((double)energy / trials > 0.93 && (double)energy / trials < 0.99);
}

static double vtf(double t, double b, double t0) {
    return exp(-8.0 - b / (t - t0));
}

TEST(planted_vtf) {
    ili_rate r[6];
    static ili_vtf fit, again;
    for (int k = 0; k < 6; k++) {
        double t = 320 + 30 * k, v = vtf(t, 900, 210);
        r[k] = rate(t, v, 0.03 * v);
    }
    REQUIRE_OK(ili_vtf_fit(ctx, 6, r, &fit));
    CHECK_NEAR(fit.t0.value, 210, 1e-3); /* golden section: 25 K times 0.618^26 and the flatness of chi2 */
    CHECK_NEAR(fit.b.value, 900, 1e-2);
    CHECK_NEAR(fit.ln_prefactor.value, -8.0, 1e-5);
    CHECK(fit.is_curved && fit.widening == 1.0 && fit.chi2 < 1e-9);
    CHECK(fit.t0.low < 210 && 210 < fit.t0.high && fit.t0.sigma > 0);
    ili_estimate at = ili_vtf_at(&fit, 298.15);
    CHECK_NEAR(at.value, vtf(298.15, 900, 210), 1e-5 * at.value);
    CHECK(at.low < at.value && at.value < at.high);
    REQUIRE_OK(ili_vtf_fit(ctx, 6, r, &again));
    CHECK(memcmp(&fit, &again, sizeof fit) == 0);
    /* straight points: no curvature is claimed */
    for (int k = 0; k < 6; k++) {
        double v = arrhenius(r[k].temperature, 1, 0.3);
        r[k] = rate(r[k].temperature, v, 0.05 * v);
    }
    REQUIRE_OK(ili_vtf_fit(ctx, 6, r, &fit));
    CHECK(!fit.is_curved);
    CHECK_NEAR(fit.t0.value, 0.0, 1e-2);
    CHECK_NEAR(ili_vtf_at(&fit, 298.15).value, arrhenius(298.15, 1, 0.3), 1e-4 * at.value + 1e-9);
}

/** sigma of ln value by the covariance, theory.md (14.16). */
static double vtf_sigma(const ili_vtf *fit, double t) {
    double g[3], variance = 0;
    ili_vtf_gradient(fit->b.value, fit->t0.value, t, g);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) variance += g[a] * g[b] * fit->covariance[a][b];
    return sqrt(variance);
}

TEST(vtf_covariance) {
    enum { N = 6 };
    ili_rate r[N];
    static ili_vtf fit, up, down;
    for (int k = 0; k < N; k++) {
        double t = 320 + 30 * k, v = vtf(t, 900, 210);
        r[k] = rate(t, v, 0.01 * (k + 1) * v);
    }
    /* through three points the law goes exactly, so its errors there are theirs: 1e-16 times the condition, 1e6 */
    REQUIRE_OK(ili_vtf_fit(ctx, 3, r, &fit));
    for (int k = 0; k < 3; k++)
        CHECK_NEAR(vtf_sigma(&fit, r[k].temperature), sqrt(log1p(1e-4 * (k + 1) * (k + 1))), 1e-9);
    /* the share of every point, by moving it; steps of a tenth of sigma: T0 is found to 1e-4 K, the rest is of second order */
    double want[3][3] = {{0}}, norm[3];
    REQUIRE_OK(ili_vtf_fit(ctx, N, r, &fit));
    for (int k = 0; k < N; k++) {
        const double v = r[k].number.value, h = 0.1, sigma = sqrt(log1p(1e-4 * (k + 1) * (k + 1)));
        r[k] = rate(r[k].temperature, v * exp(h * sigma), 0.01 * (k + 1) * v * exp(h * sigma));
        REQUIRE_OK(ili_vtf_fit(ctx, N, r, &up));
        r[k] = rate(r[k].temperature, v * exp(-h * sigma), 0.01 * (k + 1) * v * exp(-h * sigma));
        REQUIRE_OK(ili_vtf_fit(ctx, N, r, &down));
        r[k] = rate(r[k].temperature, v, 0.01 * (k + 1) * v);
        const double d[3] = {(up.ln_prefactor.value - down.ln_prefactor.value) / (2 * h),
                             (up.b.value - down.b.value) / (2 * h), (up.t0.value - down.t0.value) / (2 * h)};
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) want[a][b] += d[a] * d[b];
    }
    for (int a = 0; a < 3; a++) norm[a] = sqrt(want[a][a]);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            CHECK_NEAR(fit.covariance[a][b] / (norm[a] * norm[b]), want[a][b] / (norm[a] * norm[b]), 5e-3);
    /* and it is the spread of the bootstrap: half the central 68 % of 400 samples is known to 0.048, one false alarm in 1e6 */
    for (double t = 330; t < 470; t += 45)
        CHECK_NEAR(ili_vtf_at(&fit, t).sigma / ili_vtf_at(&fit, t).value / vtf_sigma(&fit, t), 1.0,
                   4.9 * 0.048);
    /* where points scatter, it is that of points whose errors of ln y, sqrt(log1p(0.0001)), are as much larger */
    for (int k = 0; k < N; k++) {
        const double v = vtf(r[k].temperature, 900, 210) * (k % 2 ? 1.04 : 1.0);
        r[k] = rate(r[k].temperature, v, 0.01 * v);
    }
    REQUIRE_OK(ili_vtf_fit(ctx, N, r, &up));
    CHECK(up.widening > 1.5);
    for (int k = 0; k < N; k++)
        r[k] = rate(r[k].temperature, r[k].number.value,
                    r[k].number.value * sqrt(expm1(up.widening * up.widening * log1p(1e-4))));
    REQUIRE_OK(ili_vtf_fit(ctx, N, r, &down));
    CHECK_NEAR(down.widening, 1.0, 1e-9);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            CHECK_NEAR(up.covariance[a][b], down.covariance[a][b], 1e-6 * fabs(down.covariance[a][b]));
    /* a constant says nothing of B and T0 together */
    for (int k = 0; k < N; k++) r[k] = rate(r[k].temperature, 1.0, 0.01);
    REQUIRE_OK(ili_vtf_fit(ctx, N, r, &fit));
    CHECK(isnan(fit.covariance[0][0]) && isnan(fit.covariance[2][1]));
}

TEST(vtf_coverage) {
    enum { TRIALS = 100 };
    ili_rng rng = ili_rng_make(11, 0);
    static ili_vtf fit;
    int t0 = 0, value = 0, linear = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        ili_rate r[6];
        for (int k = 0; k < 6; k++) {
            double t = 320 + 30 * k, v = vtf(t, 900, 210) * exp(0.02 * ili_rng_normal(&rng));
            r[k] = rate(t, v, 0.02 * v);
        }
        il_set_seed(ctx, (uint64_t)trial);
        REQUIRE_OK(ili_vtf_fit(ctx, 6, r, &fit));
        ili_estimate at = ili_vtf_at(&fit, 350);
        t0 += fit.t0.low <= 210 && 210 <= fit.t0.high;
        value += at.low <= vtf(350, 900, 210) && vtf(350, 900, 210) <= at.high;
        linear += fabs(log(at.value / vtf(350, 900, 210))) <= 1.96 * vtf_sigma(&fit, 350);
    }
    /* percentiles of a bootstrap are right to first order only; 5 standard errors are 0.109 */
    CHECK((double)t0 / TRIALS > 0.82);
    CHECK((double)value / TRIALS > 0.95 - 0.109);
    CHECK((double)linear / TRIALS > 0.95 - 0.109);
}

TEST(combined) {
    const ili_estimate one[] = {{3, 0.3, 2.4, 3.6}};
    const int zero[] = {0, 0, 0, 0};
    bool scatter;
    ili_estimate c = ili_combine(1, one, zero, &scatter);
    CHECK_NEAR(c.value, 3, 0);
    CHECK_NEAR(c.sigma, 0.3, 1e-15);
    CHECK(!scatter);
    /* agreeing runs: the propagated error */
    const ili_estimate close[] = {{3.0, 0.4, 2.216, 3.784}, {3.1, 0.3, 2.512, 3.688}};
    c = ili_combine(2, close, zero, &scatter);
    CHECK_NEAR(c.value, 3.05, 1e-15);
    CHECK_NEAR(c.sigma, 0.25, 1e-15);
    CHECK(!scatter);
    /* disagreeing realisations, two runs each: the scatter between the two means */
    const ili_estimate far[] = {
        {1, 0.1, .8, 1.2}, {1.2, 0.1, 1, 1.4}, {3, 0.1, 2.8, 3.2}, {3.2, 0.1, 3, 3.4}};
    const int pair[] = {0, 0, 1, 1};
    c = ili_combine(4, far, pair, &scatter);
    CHECK_NEAR(c.value, 2.1, 1e-15);
    CHECK_NEAR(c.sigma, 1.0, 1e-14);
    CHECK(scatter && (c.high - c.value) / c.sigma > 4.3);
    /* the same numbers as four runs of one arrangement */
    c = ili_combine(4, far, zero, &scatter);
    CHECK_NEAR(c.sigma, sqrt((1.1 * 1.1 + 0.9 * 0.9) * 2 / 3 / 4), 1e-14);
    /* what could not be determined is left out */
    const ili_estimate some[] = {{NAN, NAN, NAN, NAN}, {2, 0.5, 1, 3}};
    CHECK_NEAR(ili_combine(2, some, pair, NULL).value, 2, 0);
    CHECK_NEAR(ili_combine(2, some, pair, NULL).sigma, 0.5, 1e-15);
    CHECK(isnan(ili_combine(1, some, zero, NULL).value));
    const ili_estimate blind[] = {{2, NAN, NAN, NAN}};
    CHECK(isnan(ili_combine(1, blind, zero, NULL).sigma));
}

/** Three realisations that differ by 20 %, two runs each with 10 % errors: the interval covers the truth. */
TEST(combined_coverage) {
    enum { TRIALS = 8000 };
    ili_rng rng = ili_rng_make(3, 0);
    const int realisation[] = {0, 0, 1, 1, 2, 2};
    int covered = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        ili_estimate e[6];
        double offset = 0;
        for (int k = 0; k < 6; k++) {
            if (k % 2 == 0) offset = 0.2 * ili_rng_normal(&rng);
            double v = 1 + offset + 0.1 * ili_rng_normal(&rng);
            e[k] = (ili_estimate){v, 0.1, v - 0.196, v + 0.196};
        }
        ili_estimate c = ili_combine(6, e, realisation, NULL);
        covered += c.low <= 1 && 1 <= c.high;
    }
    CHECK((double)covered / TRIALS > 0.92 && (double)covered / TRIALS < 0.99);
}

TESTS(RUN(student), RUN(straight_line), RUN(planted_arrhenius), RUN(refused), RUN(coverage), RUN(planted_vtf),
      RUN(vtf_covariance), RUN(vtf_coverage), RUN(combined), RUN(combined_coverage))
