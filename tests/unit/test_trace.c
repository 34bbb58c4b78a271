/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include "base/rng.h"
#include "math/trace.h"

enum { SERIES = 1000, SAMPLES = 6000 };

/** x' = a x + sqrt(1 - a^2) noise: variance 1, autocorrelation time (1 + a)/(1 - a) samples. */
static ili_trace correlated(int k, double a, double slope) {
    ili_rng rng = ili_rng_make(11, (uint64_t)k);
    ili_trace t = {0};
    double x = ili_rng_normal(&rng);
    for (int i = 0; i < SAMPLES; i++) {
        ili_trace_add(&t, x + slope * i);
        x = a * x + sqrt(1.0 - a * a) * ili_rng_normal(&rng);
    }
    return t;
}

TEST(mean_of_everything) {
    ili_trace t = {0};
    CHECK(isnan(ili_trace_mean(&t)) && isnan(ili_trace_sigma(&t)));
    double sum = 0.0;
    for (int i = 0; i < 1000; i++) {
        ili_trace_add(&t, i % 17);
        sum += i % 17;
        CHECK_NEAR(ili_trace_mean(&t), sum / (i + 1), 1e-12);
        CHECK(t.n < ILI_TRACE_MAX && t.n_samples == i + 1);
    }
    CHECK(t.length == 8 && t.n == 125 && t.n_open == 0);
}

TEST(a_constant_has_no_error) {
    ili_trace t = {0};
    double slope, sigma;
    for (int i = 0; i < 300; i++) ili_trace_add(&t, 0.5);
    CHECK(ili_trace_mean(&t) == 0.5 && ili_trace_sigma(&t) == 0.0);
    ili_trace_slope(&t, &slope, &sigma);
    CHECK(slope == 0.0 && sigma == 0.0);
    t = (ili_trace){0};
    for (int i = 0; i < 6; i++) ili_trace_add(&t, i);
    CHECK(isnan(ili_trace_sigma(&t)));
    ili_trace_slope(&t, &slope, &sigma);
    CHECK(isnan(slope) && isnan(sigma));
}

/** Share of series whose true value lies within one sigma: 68.3 %, with 1.5 % standard deviation in 1000 series; the sigma
 *  itself scatters, which costs some per cent where few correlation times are in a series. */
TEST(errors_cover_correlated_series) {
    const double a[] = {0.0, 0.9, 0.98}; /* 1, 19 and 99 samples: 6000, 316 and 61 independent ones */
    const double low[] = {0.61, 0.61, 0.57};
    for (int c = 0; c < 3; c++) {
        int means = 0, slopes = 0, known = 0;
        for (int k = 0; k < SERIES; k++) {
            double slope, sigma, want = 1e-4;
            ili_trace t = correlated(k, a[c], want);
            ili_trace flat = correlated(k, a[c], 0.0);
            double s = ili_trace_sigma(&flat);
            if (isnan(s)) continue;
            known++;
            means += fabs(ili_trace_mean(&flat)) < s;
            ili_trace_slope(&t, &slope, &sigma);
            slopes += fabs(slope - want) < sigma;
        }
        fprintf(stderr, "a %g: known %d, means %.3f, slopes %.3f\n", a[c], known, (double)means / known,
                (double)slopes / known);
        CHECK(known > 0.97 * SERIES);
        CHECK((double)means / known > low[c] && (double)means / known < 0.76);
        CHECK((double)slopes / known > low[c] && (double)slopes / known < 0.76);
    }
}

TEST(a_ramp_has_no_error_of_its_mean) {
    ili_trace t = correlated(0, 0.0, 0.1);
    CHECK(isnan(ili_trace_sigma(&t)));
}

TESTS(RUN(mean_of_everything), RUN(a_constant_has_no_error), RUN(errors_cover_correlated_series),
      RUN(a_ramp_has_no_error_of_its_mean))
