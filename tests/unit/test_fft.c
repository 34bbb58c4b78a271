/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "math/bspline.h"
#include "math/fft.h"
#include "math/units.h"

TEST(good_size) {
    CHECK(ili_fft_good_size(0) == 1);
    CHECK(ili_fft_good_size(11) == 12);
    CHECK(ili_fft_good_size(35) == 35);
    CHECK(ili_fft_good_size(121) == 125);
}

/** Forth is the definition of the transform; back after forth is the number of points times the grid. */
static void check_shape(const int n[3]) {
    ili_fft_shape s = ili_fft_shape_of(n, 5, false);
    ili_fft *fft = NULL;
    REQUIRE_OK(ili_fft_create(ctx, &s, &fft));
    double *grid = ili_alloc((size_t)n[0] * s.plane, sizeof *grid),
           *copy = ili_alloc((size_t)n[0] * s.plane, sizeof *copy);
    ili_rng rng = ili_rng_make(1, 1);
    size_t n_points = (size_t)n[0] * (size_t)n[1] * (size_t)n[2];
    for (size_t i = 0; i < (size_t)n[0] * s.plane; i++) copy[i] = grid[i] = ili_rng_normal(&rng);
    for (int i = 0; i < n[0]; i++) ili_fft_plane_forth(fft, grid + (size_t)i * s.plane);
    for (int j = 0; j < n[1]; j++) ili_fft_columns_forth(fft, grid + (size_t)j * s.row);
    int m[3] = {1 % n[0], n[1] - 1, n[2] / 2};
    double re = 0.0, im = 0.0;
    for (int i = 0; i < n[0]; i++)
        for (int j = 0; j < n[1]; j++)
            for (int k = 0; k < n[2]; k++) {
                double turns = (double)m[0] * i / n[0] + (double)m[1] * j / n[1] + (double)m[2] * k / n[2];
                double value = copy[(size_t)i * s.plane + (size_t)j * s.row + (size_t)k];
                re += value * cos(2.0 * ILI_PI * turns);
                im -= value * sin(2.0 * ILI_PI * turns);
            }
    const double *at = grid + (size_t)m[0] * s.plane + (size_t)m[1] * s.row + 2 * (size_t)m[2];
    double tol = 1e-14 * (double)n_points;
    CHECK_NEAR(at[0], re, tol);
    CHECK_NEAR(at[1], im, tol);
    for (int j = 0; j < n[1]; j++) ili_fft_columns_back(fft, grid + (size_t)j * s.row);
    for (int i = 0; i < n[0]; i++) ili_fft_plane_back(fft, grid + (size_t)i * s.plane);
    double worst = 0.0;
    for (int i = 0; i < n[0]; i++)
        for (int j = 0; j < n[1]; j++)
            for (int k = 0; k < n[2]; k++) {
                size_t p = (size_t)i * s.plane + (size_t)j * s.row + (size_t)k;
                worst = fmax(worst, fabs(grid[p] / (double)n_points - copy[p]));
            }
    CHECK_NEAR(worst, 0.0, 1e-14);
    ili_fft_destroy(&fft);
    ili_fft_destroy(&fft);
    ili_free(grid);
    ili_free(copy);
}

TEST(transforms) {
    check_shape((int[3]){8, 9, 10});
    check_shape((int[3]){15, 7, 21});
    check_shape((int[3]){4, 4, 1});
}

/** Weights sum to 1, have the charge's place as their mean, and their slopes are their derivatives. */
TEST(splines) {
    for (int p = 4; p <= 12; p += 2)
        for (int i = 0; i <= 10; i++) {
            double w = 0.1 * i, a[12], d[12], low[12], high[12], unused[12], sum = 0.0, mean = 0.0,
                   step = 1e-5;
            ili_bspline(p, w, a, d);
            ili_bspline(p, w - step, low, unused);
            ili_bspline(p, w + step, high, unused);
            for (int j = 0; j < p; j++) {
                sum += a[j];
                mean += a[j] * j;
                CHECK_NEAR(d[j], (high[j] - low[j]) / (2.0 * step), 1e-9);
            }
            CHECK_NEAR(sum, 1.0, 1e-14);
            CHECK_NEAR(mean, w + 0.5 * p - 1.0, 1e-13);
        }
}

TESTS(RUN(good_size), RUN(transforms), RUN(splines))
