/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include "base/rng.h"
#include "math/vec.h"
#include "system/cell.h"

TEST(parameters_round_trip) {
    const double lengths[3] = {8.3, 9.7, 20.4}, angles[3] = {83.0, 97.5, 120.0};
    double l[3], a[3];
    ili_cell cell;
    REQUIRE_OK(ili_cell_from_parameters(ctx, lengths, angles, &cell));
    CHECK(cell.h[0][1] == 0.0 && cell.h[0][2] == 0.0 && cell.h[1][2] == 0.0);
    ili_cell_parameters(&cell, l, a);
    for (int k = 0; k < 3; k++) {
        CHECK_NEAR(l[k], lengths[k], 1e-13 * lengths[k]);
        CHECK_NEAR(a[k], angles[k], 1e-12 * angles[k]);
    }
    CHECK_STATUS(ili_cell_from_parameters(ctx, lengths, (double[3]){30, 40, 120}, &cell), IL_E_INPUT);
    CHECK_STATUS(ili_cell_from_parameters(ctx, (double[3]){1, 0, 1}, angles, &cell), IL_E_INPUT);
    CHECK_STATUS(ili_cell_from_parameters(ctx, lengths, (double[3]){90, 180, 90}, &cell), IL_E_INPUT);
}

TEST(hexagonal_is_exact) {
    ili_cell cell;
    REQUIRE_OK(ili_cell_from_parameters(ctx, (double[3]){8, 8, 20}, (double[3]){90, 90, 120}, &cell));
    CHECK(cell.h[1][0] == -4.0 && cell.h[2][0] == 0.0 && cell.h[2][1] == 0.0 && cell.h[2][2] == 20.0);
    double width[3];
    ili_cell_widths(&cell, width);
    CHECK_NEAR(width[0], 8 * sqrt(0.75), 1e-14 * 8);
    CHECK_NEAR(ili_cell_volume(&cell), 20 * ili_cell_area(&cell), 1e-12 * 1200);
}

TEST(bad_cells_are_refused) {
    ili_cell flat = {.h = {{1, 0, 0}, {0, 1, 0}, {1, 1, 0}}}, zero = {.h = {{1, 0, 0}, {0, 1, 0}, {0, 0, 0}}};
    ili_cell nan = {.h = {{1, 0, 0}, {0, NAN, 0}, {0, 0, 1}}};
    CHECK_STATUS(ili_cell_check(ctx, &flat, "here"), IL_E_INPUT);
    CHECK(strncmp(il_message(ctx), "here: ", 6) == 0);
    CHECK_STATUS(ili_cell_check(ctx, &zero, "here"), IL_E_INPUT);
    CHECK_STATUS(ili_cell_check(ctx, &nan, "here"), IL_E_INPUT);
}

/** The shortest image by trying them all. */
static double search(const ili_cell *cell, const double d[3], int reach) {
    double best = INFINITY;
    int m[3];
    for (int k = 0; k < 3; k++) m[k] = cell->pbc[k] ? reach : 0;
    for (int a = -m[0]; a <= m[0]; a++)
        for (int b = -m[1]; b <= m[1]; b++)
            for (int c = -m[2]; c <= m[2]; c++) {
                double t[3];
                for (int k = 0; k < 3; k++)
                    t[k] = d[k] + a * cell->h[0][k] + b * cell->h[1][k] + c * cell->h[2][k];
                best = fmin(best, ili_dot(t, t));
            }
    return best;
}

TEST(nearest_image_is_exact_in_skewed_cells) {
    ili_rng rng = ili_rng_make(7, 0);
    const double skew[] = {0.0, 0.5, 1.3, 7.8};
    for (int n = 0; n < 160; n++) {
        double t = skew[n % 4];
        ili_cell cell = {.h = {{5, 0, 0}, {5 * t, 6, 0}, {-5 * t, 6 * t, 7}},
                         .pbc = {true, true, n % 3 != 0}};
        double d[3], start[3], s[3];
        for (int k = 0; k < 3; k++) s[k] = 2.0 * ili_rng_uniform(&rng) - 1.0;
        ili_cell_to_cart(&cell, s, d);
        memcpy(start, d, sizeof d);
        double d2 = ili_cell_nearest(&cell, d), tol = 1e-11 * (1.0 + ili_dot(start, start));
        CHECK_NEAR(d2, ili_dot(d, d), tol);
        /* row c is shifted by up to t^2 + t rows of a */
        CHECK_NEAR(d2, search(&cell, start, t > 2.0 ? 75 : 8), tol);
        ili_sub(d, start, d);
        ili_cell_to_frac(&cell, d, s);
        for (int k = 0; k < 3; k++) CHECK_NEAR(s[k], cell.pbc[k] ? rint(s[k]) : 0.0, 1e-9);
    }
}

TEST(wrap_ends_inside) {
    ili_cell cell = {.h = {{3, 0, 0}, {-1.5, 2.6, 0}, {0, 0, 9}}, .pbc = {true, true, false}};
    double x[3] = {-1e-17, 7.0, -4.0}, y[3] = {-1e-17, 0.0, 0.0}, s[3];
    ili_cell_wrap(&cell, x);
    ili_cell_to_frac(&cell, x, s);
    CHECK(s[0] >= 0.0 && s[0] < 1.0 && s[1] >= 0.0 && s[1] < 1.0 && x[2] == -4.0);
    ili_cell_wrap(&cell, y);
    CHECK(y[0] < 3.0);
}

TESTS(RUN(parameters_round_trip), RUN(hexagonal_is_exact), RUN(bad_cells_are_refused),
      RUN(nearest_image_is_exact_in_skewed_cells), RUN(wrap_ends_inside))
