/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The list against brute force over images: cubic, skewed, tiny and slab cells; reuse; exclusions; threads. */
#include "harness.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "math/vec.h"
#include "neigh/nlist.h"

enum { N = 60 };
static double x[N][3];
static int32_t type[N];

static void scatter(const ili_cell *cell, uint64_t seed) {
    ili_rng rng = ili_rng_make(seed, 7);
    for (int i = 0; i < N; i++) {
        double s[3];
        for (int k = 0; k < 3; k++)
            s[k] = 3.0 * ili_rng_uniform(&rng) - 1.0; /* some atoms outside the cell */
        ili_cell_to_cart(cell, s, x[i]);
        type[i] = (int32_t)ili_rng_below(&rng, 2);
    }
}

/** Sum over pairs within rc, over all images, each pair once, of a weight symmetric in i and j. */
static double brute(const ili_cell *cell, const double *rc, int reach, long *count) {
    double sum = 0.0;
    int m[3];
    *count = 0;
    for (int k = 0; k < 3; k++) m[k] = cell->pbc[k] ? reach : 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int a = -m[0]; a <= m[0]; a++)
                for (int b = -m[1]; b <= m[1]; b++)
                    for (int c = -m[2]; c <= m[2]; c++) {
                        if (i == j && !a && !b && !c) continue;
                        double d[3];
                        for (int k = 0; k < 3; k++)
                            d[k] =
                                x[j][k] - x[i][k] + a * cell->h[0][k] + b * cell->h[1][k] + c * cell->h[2][k];
                        double r2 = ili_dot(d, d), cut = rc[type[i] * 2 + type[j]];
                        if (r2 >= cut * cut) continue;
                        sum += 0.5 * (1.0 + r2) * (1 + i + j);
                        ++*count;
                    }
    *count /= 2;
    return sum;
}

static double listed(const ili_nlist *list, const double *rc, long *count) {
    ili_nlist_view v = ili_nlist_get(list);
    double sum = 0.0;
    *count = 0;
    for (int32_t row = 0; row < v.n_rows; row++)
        for (ili_nlist_walk w = ili_nlist_row(&v, row); ili_nlist_next(&w);) {
            int32_t e = w.entry;
            double d[3], cut = rc[v.type[row] * 2 + v.type[e]];
            ili_sub(v.px[e], v.px[row], d);
            if (ili_dot(d, d) >= cut * cut) continue;
            sum += (1.0 + ili_dot(d, d)) * (1 + v.atom[row] + v.atom[e]);
            ++*count;
        }
    return sum;
}

static void compare(ili_cell cell, const double *rc, int reach, uint64_t seed) {
    scatter(&cell, seed);
    ili_nlist *list;
    REQUIRE_OK(ili_nlist_create(ctx, N, type, 2, rc, 0.3, 0, NULL, &list));
    for (int pass = 0; pass < 4; pass++) {
        long a, b;
        REQUIRE_OK(ili_nlist_update(ctx, list, &cell, (const double(*)[3])x));
        double want = brute(&cell, rc, reach, &a), got = listed(list, rc, &b);
        CHECK(a == b);
        CHECK_NEAR(got, want, 1e-11 * want);
        /* move within the skin, then a little strain, then far */
        ili_rng rng = ili_rng_make(seed, 100 + (uint64_t)pass);
        for (int i = 0; i < N; i++)
            for (int k = 0; k < 3; k++) x[i][k] += (pass < 2 ? 0.05 : 2.0) * (ili_rng_uniform(&rng) - 0.5);
        if (pass == 1)
            for (int i = 0; i < 3; i++)
                for (int k = 0; k < 3; k++) cell.h[i][k] *= k == 0 ? 1.004 : 0.997;
    }
    CHECK(ili_nlist_builds(list) >= 2 && ili_nlist_builds(list) <= 3); /* the small moves reuse it */
    ili_nlist_destroy(&list);
    CHECK(list == NULL);
}

TEST(cells) {
    const double rc[4] = {5.0, 3.0, 3.0, 4.2}, one_only[4] = {5.0, 0.0, 0.0, 0.0};
    const ili_cell cubic = {{{14, 0, 0}, {0, 14, 0}, {0, 0, 14}}, {true, true, true}};
    const ili_cell skewed = {{{9, 0, 0}, {-5, 8, 0}, {6, 5, 7}}, {true, true, true}};
    const ili_cell tiny = {{{3, 0, 0}, {1, 2.8, 0}, {0, 0.5, 4}}, {true, true, true}};
    const ili_cell slab = {{{8, 0, 0}, {-4, 7, 0}, {0, 0, 30}}, {true, true, false}};
    const ili_cell cluster = {{{20, 0, 0}, {0, 20, 0}, {0, 0, 20}}, {false, false, false}};
    compare(cubic, rc, 4, 1);
    compare(cubic, one_only, 4, 2);
    compare(skewed, rc, 6, 3);
    compare(tiny, rc, 7, 4);
    compare(slab, rc, 5, 5);
    compare(cluster, rc, 0, 6);
}

TEST(exclusions_leave_out_the_nearest_image_only) {
    const ili_cell cell = {{{4, 0, 0}, {0, 4, 0}, {0, 0, 4}}, {true, true, true}};
    const double pair[2][3] = {{0.2, 0, 0}, {3.9, 0, 0}}, rc = 4.5;
    const int32_t one_type[2] = {0, 0}, excluded[1][2] = {{0, 1}};
    long count[2];
    for (int with = 0; with < 2; with++) {
        ili_nlist *list;
        REQUIRE_OK(ili_nlist_create(ctx, 2, one_type, 1, &rc, 0.0, with, with ? excluded : NULL, &list));
        REQUIRE_OK(ili_nlist_update(ctx, list, &cell, pair));
        ili_nlist_view v = ili_nlist_get(list);
        count[with] = (long)v.start[2];
        for (int32_t row = 0; with && row < 2; row++)
            for (ili_nlist_walk w = ili_nlist_row(&v, row); ili_nlist_next(&w);) {
                double d[3];
                ili_sub(v.px[w.entry], v.px[row], d);
                CHECK(ili_norm(d) > 1.0);
            }
        ili_nlist_destroy(&list);
    }
    CHECK(count[0] == count[1] + 1);
}

TEST(same_list_at_any_thread_count) {
    const double rc[4] = {5, 5, 5, 5};
    const ili_cell cell = {{{9, 0, 0}, {-5, 8, 0}, {6, 5, 7}}, {true, true, true}};
    scatter(&cell, 9);
    ili_nlist *list[2];
    for (int k = 0; k < 2; k++) {
        il_set_threads(ctx, k ? 4 : 1);
        REQUIRE_OK(ili_nlist_create(ctx, N, type, 2, rc, 0.3, 0, NULL, &list[k]));
        REQUIRE_OK(ili_nlist_update(ctx, list[k], &cell, (const double(*)[3])x));
    }
    ili_nlist_view a = ili_nlist_get(list[0]), b = ili_nlist_get(list[1]);
    CHECK(memcmp(a.start, b.start, (N + 1) * sizeof *a.start) == 0);
    CHECK(a.step_start[N] == b.step_start[N] &&
          memcmp(a.step, b.step, (size_t)a.step_start[N] * sizeof *a.step) == 0);
    CHECK(memcmp(a.chunk, b.chunk, (ILI_CHUNKS + 1) * sizeof *a.chunk) == 0);
    ili_nlist_destroy(&list[0]);
    ili_nlist_destroy(&list[1]);
}

TEST(bad_input) {
    const ili_cell cell = {{{9, 0, 0}, {0, 9, 0}, {0, 0, 9}}, {true, true, true}};
    const double rc[4] = {5, 5, 5, 5};
    scatter(&cell, 11);
    ili_nlist *list;
    REQUIRE_OK(ili_nlist_create(ctx, N, type, 2, rc, 0.3, 0, NULL, &list));
    x[7][1] = NAN;
    CHECK_STATUS(ili_nlist_update(ctx, list, &cell, (const double(*)[3])x), IL_E_NONFINITE);
    CHECK(strstr(il_message(ctx), "atom 8") != NULL);
    ili_nlist_destroy(&list);
    const double two[2][3] = {{0, 0, 0}, {8.9, 0, 0}};
    CHECK_STATUS(ili_check_overlap(ctx, &cell, 2, two, 0.5, "here"), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "atoms 1 and 2") != NULL);
    CHECK_OK(ili_check_overlap(ctx, &cell, 2, two, 0.05, "here"));
    for (int d = 0; d < 3; d++) {
        double apart[2][3] = {{0}};
        apart[1][d] = -1e9;
        CHECK_STATUS(ili_check_overlap(ctx, &cell, 2, (const double(*)[3])apart, 0.5, "here"), IL_E_INPUT);
        CHECK(strstr(il_message(ctx), "here: atom 2") != NULL);
        apart[1][d] = 0.999e9 + 4;
        CHECK_OK(ili_check_overlap(ctx, &cell, 2, (const double(*)[3])apart, 0.5, "here"));
    }
}

/** n dimers along z on a square grid, far from each other: the grid of bins sorts all first atoms before all second
 *  ones, so every neighbour is n entries ahead. */
static void check_dimers(int32_t n) {
    double(*y)[3] = ili_alloc(2 * (size_t)n, sizeof *y), rc = 1.2;
    int32_t *zero = ili_alloc(2 * (size_t)n, sizeof *zero), wrong = 0;
    if (!y || !zero) REQUIRE_OK(IL_E_MEMORY);
    for (int32_t i = 0; i < 2 * n; i++) {
        y[i][0] = 3.0 * (i % n % 300);
        y[i][1] = 3.0 * (i % n / 300);
        y[i][2] = i / n;
    }
    const ili_cell open = {{{1000, 0, 0}, {0, 2000, 0}, {0, 0, 10}}, {false, false, false}};
    ili_nlist *list;
    REQUIRE_OK(ili_nlist_create(ctx, 2 * n, zero, 1, &rc, 0.0, 0, NULL, &list));
    REQUIRE_OK(ili_nlist_update(ctx, list, &open, (const double(*)[3])y));
    ili_nlist_view v = ili_nlist_get(list);
    for (int32_t row = 0; row < 2 * n; row++) {
        ili_nlist_walk w = ili_nlist_row(&v, row);
        bool has_one = ili_nlist_next(&w);
        wrong +=
            has_one != (row < n) || (has_one && (w.entry != row + n || w.pair != row || ili_nlist_next(&w)));
    }
    CHECK(wrong == 0);
    CHECK(v.start[2 * n] == n && v.step_start[2 * n] == n * (1 + (int64_t)n / ILI_FAR));
    ili_nlist_destroy(&list);
    ili_free(y);
    ili_free(zero);
}

TEST(neighbours_far_ahead) {
    check_dimers(ILI_FAR - 1);
    check_dimers(ILI_FAR);
    check_dimers(ILI_FAR + 1);
    check_dimers(2 * ILI_FAR + 7);
}

/** A periodic square lattice: every image lies far behind the atoms that see it. */
TEST(images_far_ahead) {
    enum { SIDE = 300 };
    const ili_cell cell = {{{SIDE, 0, 0}, {0, SIDE, 0}, {0, 0, 9}}, {true, true, false}};
    double(*y)[3] = ili_alloc((size_t)SIDE * SIDE, sizeof *y), rc = 1.2;
    int32_t *zero = ili_alloc((size_t)SIDE * SIDE, sizeof *zero), n = SIDE * SIDE, wrong = 0;
    int64_t sum = 0, want = 0;
    if (!y || !zero) REQUIRE_OK(IL_E_MEMORY);
    for (int32_t i = 0; i < n; i++) {
        int32_t a = i % SIDE, b = i / SIDE;
        y[i][0] = a;
        y[i][1] = b;
        want += (int64_t)i * ((a + 1) % SIDE + b * SIDE) + (int64_t)i * (a + (b + 1) % SIDE * SIDE);
    }
    ili_nlist *list;
    REQUIRE_OK(ili_nlist_create(ctx, n, zero, 1, &rc, 0.0, 0, NULL, &list));
    REQUIRE_OK(ili_nlist_update(ctx, list, &cell, (const double(*)[3])y));
    ili_nlist_view v = ili_nlist_get(list);
    CHECK(v.start[n] == 2 * n);
    CHECK(v.step_start[n] > v.start[n]); /* else the lattice is too small for this test */
    for (int32_t row = 0; row < n; row++)
        for (ili_nlist_walk w = ili_nlist_row(&v, row); ili_nlist_next(&w);) {
            double d[3];
            ili_sub(v.px[w.entry], v.px[row], d);
            wrong += !(ili_dot(d, d) < rc * rc);
            sum += (int64_t)v.atom[row] * v.atom[w.entry];
        }
    CHECK(wrong == 0);
    CHECK(sum == want);
    ili_nlist_destroy(&list);
    ili_free(y);
    ili_free(zero);
}

TESTS(RUN(cells), RUN(neighbours_far_ahead), RUN(images_far_ahead),
      RUN(exclusions_leave_out_the_nearest_image_only), RUN(same_list_at_any_thread_count), RUN(bad_input))
