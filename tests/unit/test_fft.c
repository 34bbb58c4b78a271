/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "math/bspline.h"
#include "math/fft.h"
#include "math/units.h"

#include <fftw3.h>

TEST(good_size) {
    CHECK(ili_fft_good_size(0) == 1);
    CHECK(ili_fft_good_size(11) == 12);
    CHECK(ili_fft_good_size(35) == 35);
    CHECK(ili_fft_good_size(121) == 125);
}

static double at(const void *grid, size_t i, bool is_single) {
    return is_single ? (double)((const float *)grid)[i] : ((const double *)grid)[i];
}

/** Real n[1] x n[2] grids of n[0] planes, all waves of which are compared with the definition, axis by axis: a product of waves of the
 *  axes has one coefficient. Back after forth is the number of points times the grid. */
static void check_shape(const int n[3], bool is_single) {
    ili_fft_shape s = ili_fft_shape_of(n, 5, is_single);
    ili_fft *fft = NULL;
    REQUIRE_OK(ili_fft_create(ctx, &s, &fft));
    const size_t size = (size_t)n[0] * s.plane, real = is_single ? sizeof(float) : sizeof(double);
    const double points = (double)n[0] * n[1] * n[2], eps = is_single ? 6e-8 : 1.2e-16;
    char *grid = ili_alloc(size, real);
    double *copy = ili_alloc(size, sizeof *copy), worst = 0.0;
    ili_rng rng = ili_rng_make(1, 1);
    for (size_t i = 0; i < size; i++) {
        copy[i] = ili_rng_normal(&rng);
        if (is_single)
            copy[i] = (double)(((float *)grid)[i] = (float)copy[i]);
        else
            ((double *)grid)[i] = copy[i];
    }
    for (int i = 0; i < n[0]; i++) ili_fft_plane_forth(fft, grid + (size_t)i * s.plane * real);
    for (int j = 0; j < n[1]; j++) ili_fft_columns_forth(fft, grid + (size_t)j * s.row * real);
    for (int trial = 0; trial < 12; trial++) {
        int m[3] = {(3 * trial + 1) % n[0], (n[1] - 1 + 5 * trial) % n[1],
                    (n[2] / 2 + 7 * trial) % (n[2] / 2 + 1)};
        double re = 0.0, im = 0.0;
        for (int i = 0; i < n[0]; i++)
            for (int j = 0; j < n[1]; j++)
                for (int k = 0; k < n[2]; k++) {
                    double turns =
                        (double)m[0] * i / n[0] + (double)m[1] * j / n[1] + (double)m[2] * k / n[2];
                    double value = copy[(size_t)i * s.plane + (size_t)j * s.row + (size_t)k];
                    re += value * cos(2.0 * ILI_PI * turns);
                    im -= value * sin(2.0 * ILI_PI * turns);
                }
        size_t where = (size_t)m[0] * s.plane + (size_t)m[1] * s.row + 2 * (size_t)m[2];
        /* rounding grows with the square root of the terms, here with room for the sum of the definition itself */
        double tol = 50.0 * eps * sqrt(points) + 1e-15 * points;
        CHECK_NEAR(at(grid, where, is_single), re, tol);
        CHECK_NEAR(at(grid, where + 1, is_single), im, tol);
    }
    for (int j = 0; j < n[1]; j++) ili_fft_columns_back(fft, grid + (size_t)j * s.row * real);
    for (int i = 0; i < n[0]; i++) ili_fft_plane_back(fft, grid + (size_t)i * s.plane * real);
    for (int i = 0; i < n[0]; i++)
        for (int j = 0; j < n[1]; j++)
            for (int k = 0; k < n[2]; k++) {
                size_t p = (size_t)i * s.plane + (size_t)j * s.row + (size_t)k;
                worst = fmax(worst, fabs(at(grid, p, is_single) / points - copy[p]));
            }
    CHECK_NEAR(worst, 0.0, 50.0 * eps);
    ili_fft_destroy(&fft);
    ili_fft_destroy(&fft);
    ili_free(grid);
    ili_free(copy);
}

/** All radices alone and together; fewer, as many and more rows and waves than lanes; odd and even rows. */
TEST(transforms) {
    static const int shapes[][3] = {{8, 9, 10},  {15, 7, 21},  {4, 4, 1},   {1, 1, 1},
                                    {2, 3, 5},   {49, 32, 30}, {6, 36, 64}, {20, 63, 7},
                                    {3, 64, 81}, {81, 2, 35},  {128, 5, 2}, {16, 70, 28}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int is_single = 0; is_single < 2; is_single++) check_shape(shapes[i], is_single);
}

/** Waves of a grid by FFTW, n[0] x n[1] x (n[2]/2 + 1) complex numbers, in double precision. */
static double (*waves_by_fftw(const int n[3], const double *grid))[2] {
    size_t n_waves = (size_t)n[0] * n[1] * (size_t)(n[2] / 2 + 1);
    double(*wave)[2] = ili_alloc(n_waves, sizeof *wave),
    *copy = ili_alloc((size_t)n[0] * n[1] * n[2], sizeof *copy);
    fftw_plan plan = fftw_plan_dft_r2c_3d(n[0], n[1], n[2], copy, wave, FFTW_ESTIMATE);
    memcpy(copy, grid, (size_t)n[0] * n[1] * n[2] * sizeof *copy); /* planning may overwrite */
    fftw_execute(plan);
    fftw_destroy_plan(plan);
    ili_free(copy);
    return wave;
}

/** Every wave of a grid against FFTW. Rounding of a transform grows with the square root of its stages, and of a wave with that of the
 *  points; a wave is a sum of n normal numbers, so typically sqrt(n). */
static void check_fftw(const int n[3], bool is_single) {
    ili_fft_shape s = ili_fft_shape_of(n, 3, is_single);
    ili_fft *fft = NULL;
    REQUIRE_OK(ili_fft_create(ctx, &s, &fft));
    const size_t size = (size_t)n[0] * s.plane, real = is_single ? sizeof(float) : sizeof(double);
    const double points = (double)n[0] * n[1] * n[2], eps = is_single ? 6e-8 : 1.2e-16;
    char *grid = ili_alloc(size, real);
    double *plain = ili_alloc((size_t)n[0] * n[1] * n[2], sizeof *plain), *to = plain, worst = 0.0,
           square = 0.0;
    ili_rng rng = ili_rng_make(2, 1);
    for (int i = 0; i < n[0]; i++)
        for (int j = 0; j < n[1]; j++)
            for (int k = 0; k < n[2]; k++) {
                size_t p = (size_t)i * s.plane + (size_t)j * s.row + (size_t)k;
                float value = (float)ili_rng_normal(&rng);
                *to++ = value;
                if (is_single)
                    ((float *)grid)[p] = value;
                else
                    ((double *)grid)[p] = value;
            }
    for (int i = 0; i < n[0]; i++) ili_fft_plane_forth(fft, grid + (size_t)i * s.plane * real);
    for (int j = 0; j < n[1]; j++) ili_fft_columns_forth(fft, grid + (size_t)j * s.row * real);
    double(*want)[2] = waves_by_fftw(n, plain);
    const int half = n[2] / 2 + 1;
    for (int i = 0; i < n[0]; i++)
        for (int j = 0; j < n[1]; j++)
            for (int k = 0; k < 2 * half; k++) {
                size_t p = (size_t)i * s.plane + (size_t)j * s.row + (size_t)k;
                double d = at(grid, p, is_single) - want[((size_t)i * n[1] + j) * half + k / 2][k % 2];
                worst = fmax(worst, fabs(d));
                square += d * d / (2.0 * n[0] * n[1] * half);
            }
    CHECK_NEAR(sqrt(square), 0.0, 2.0 * eps * sqrt(points * log2(points + 1.0)));
    CHECK_NEAR(worst, 0.0, 12.0 * eps * sqrt(points * log2(points + 1.0)));
    ili_fft_destroy(&fft);
    ili_free(grid);
    ili_free(plain);
    ili_free(want);
}

/** Grids of W1 and cubes, and a length of each radix. */
TEST(fftw_agrees) {
    static const int shapes[][3] = {{60, 70, 48},  {72, 84, 60}, {64, 64, 64},
                                    {81, 125, 49}, {7, 10, 9},   {1, 2, 3}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int is_single = 0; is_single < 2; is_single++) check_fftw(shapes[i], is_single);
}

TEST(too_long) {
    ili_fft_shape s = ili_fft_shape_of((int[3]){5000, 4, 4}, 0, false);
    ili_fft *fft = NULL;
    CHECK_STATUS(ili_fft_create(ctx, &s, &fft), IL_E_INPUT);
    CHECK(fft == NULL);
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

TESTS(RUN(good_size), RUN(transforms), RUN(fftw_agrees), RUN(too_long), RUN(splines))
