/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build/match.h"

#include "base/alloc.h"
#include "build/slab.h"
#include "crystals.h"
#include "harness.h"
#include "math/units.h"

static const double OBLIQUE[2][2] = {{3.1, 0.0}, {1.2, 4.4}};

static void rotate(const double v[2][2], double degree, double out[2][2]) {
    double c = cos(degree * ILI_PI / 180), s = sin(degree * ILI_PI / 180);
    for (int r = 0; r < 2; r++) {
        double x = v[r][0], y = v[r][1];
        out[r][0] = c * x - s * y;
        out[r][1] = s * x + c * y;
    }
}

/** What every match must hold: B's vectors go to the common cell by f_b, A's by f_a without strain. */
static void check_consistent(const ili_match *m, const double a[2][2], const double b[2][2]) {
    for (int side = 0; side < 2; side++) {
        const double(*v)[2] = side ? b : a, (*f)[2] = side ? m->f_b : m->f_a;
        const int(*n)[2] = side ? m->m_b : m->m_a;
        CHECK(n[0][0] * n[1][1] - n[0][1] * n[1][0] == (side ? m->n_b : m->n_a));
        for (int r = 0; r < 2; r++) {
            double w[2] = {n[r][0] * v[0][0] + n[r][1] * v[1][0], n[r][0] * v[0][1] + n[r][1] * v[1][1]};
            for (int k = 0; k < 2; k++) CHECK_NEAR(f[k][0] * w[0] + f[k][1] * w[1], m->h[r][k], 1e-9);
        }
    }
    CHECK(m->h[0][1] == 0.0 && m->h[0][0] > 0.0 && m->h[1][1] > 0.0);
    CHECK_NEAR(m->f_a[0][0] * m->f_a[1][1] - m->f_a[0][1] * m->f_a[1][0], 1.0, 1e-12);
    CHECK_NEAR(m->f_a[0][0], m->f_a[1][1], 1e-12);
    CHECK_NEAR(m->small[0] + m->small[1], m->principal[0] + m->principal[1], 1e-12);
    double f2[3] = {m->f_b[0][0] * m->f_b[0][0] + m->f_b[0][1] * m->f_b[0][1],
                    m->f_b[1][0] * m->f_b[1][0] + m->f_b[1][1] * m->f_b[1][1],
                    m->f_b[0][0] * m->f_b[1][0] + m->f_b[0][1] * m->f_b[1][1]}; /* V^2 = F F^T */
    CHECK_NEAR(m->lagrangian[0], 0.5 * (f2[0] - 1), 1e-12);
    CHECK_NEAR(m->lagrangian[1], 0.5 * (f2[1] - 1), 1e-12);
    CHECK_NEAR(m->lagrangian[2], 0.5 * f2[2], 1e-12);
}

TEST(a_lattice_on_itself) {
    ili_match_options options;
    ili_match_options_default(&options);
    ili_match *list;
    int n;
    for (int turn = -150; turn <= 180; turn += 30) {
        double b[2][2];
        rotate(OBLIQUE, turn, b);
        REQUIRE_OK(ili_match_find(ctx, OBLIQUE, b, &options, &list, &n));
        CHECK(list[0].n_a == 1 && list[0].n_b == 1);
        CHECK_NEAR(list[0].strain, 0.0, 1e-12);
        double off = list[0].rotation + turn; /* a lattice equals itself turned by 180 degrees */
        CHECK_NEAR(off - 180.0 * rint(off / 180.0), 0.0, 1e-9);
        CHECK(fabs(list[0].rotation) <= 90.0 + 1e-9);
        for (int k = 0; k < n; k++) {
            check_consistent(&list[k], OBLIQUE, b);
            CHECK(list[k].strain <= options.max_strain + 1e-6 && list[k].area <= options.max_area + 1e-6);
            if (k > 0) CHECK(list[k].area >= list[k - 1].area - 1e-6);
        }
        ili_free(list);
    }
}

TEST(mirror_image_is_another_lattice) {
    const double mirror[2][2] = {{3.1, 0.0}, {-1.2, 4.4}};
    ili_match_options options;
    ili_match_options_default(&options);
    options.max_area = 14.0;
    options.max_strain = 0.01;
    ili_match *list;
    int n;
    CHECK_STATUS(ili_match_find(ctx, OBLIQUE, mirror, &options, &list, &n), IL_E_UNSUPPORTED);
    const double left[2][2] = {{1.0, 0.0}, {0.0, -1.0}};
    CHECK_STATUS(ili_match_find(ctx, OBLIQUE, left, &options, &list, &n), IL_E_INPUT);
}

TEST(supercells_and_known_rotations) {
    const double one[2][2] = {{3, 0}, {0, 3}}, two[2][2] = {{6, 0}, {0, 6}},
                 hexagon[2][2] = {{3, 0}, {-1.5, 1.5 * sqrt(3)}};
    double third[2][2], square[2][2];
    ili_match_options options;
    ili_match_options_default(&options);
    options.max_strain = 1e-6;
    ili_match *list;
    int n;
    REQUIRE_OK(ili_match_find(ctx, two, one, &options, &list, &n));
    CHECK(list[0].n_a == 1 && list[0].n_b == 4 && fabs(list[0].rotation) < 1e-9);
    ili_free(list);
    /* sqrt(3) x sqrt(3): a hexagonal lattice sqrt(3) larger fits turned by 30 degrees */
    for (int r = 0; r < 2; r++)
        for (int k = 0; k < 2; k++) third[r][k] = hexagon[r][k] * sqrt(3);
    REQUIRE_OK(ili_match_find(ctx, third, hexagon, &options, &list, &n));
    CHECK(list[0].n_a == 1 && list[0].n_b == 3);
    CHECK_NEAR(fabs(list[0].rotation), 30.0, 1e-9);
    CHECK_NEAR(list[0].strain, 0.0, 1e-12);
    ili_free(list);
    /* sqrt(5) x sqrt(5) on a square lattice: turned by atan(1/2) */
    for (int r = 0; r < 2; r++)
        for (int k = 0; k < 2; k++) square[r][k] = one[r][k] * sqrt(5);
    REQUIRE_OK(ili_match_find(ctx, square, one, &options, &list, &n));
    CHECK(list[0].n_a == 1 && list[0].n_b == 5);
    CHECK_NEAR(fabs(list[0].rotation), atan(0.5) * 180 / ILI_PI, 1e-9);
    ili_free(list);
}

TEST(hexagon_on_square) {
    const double square[2][2] = {{3, 0}, {0, 3}}, hexagon[2][2] = {{3.2, 0}, {-1.6, 1.6 * sqrt(3)}};
    ili_match_options options;
    ili_match_options_default(&options);
    ili_match *list;
    int n;
    REQUIRE_OK(ili_match_find(ctx, square, hexagon, &options, &list, &n));
    double least = INFINITY;
    for (int k = 0; k < n; k++) {
        check_consistent(&list[k], square, hexagon);
        CHECK(list[k].is_front == (list[k].strain < least - 1e-6));
        least = fmin(least, list[k].strain);
        /* areas fix the product of the principal stretches */
        double ratio = list[k].n_a * 9.0 / (list[k].n_b * 3.2 * 1.6 * sqrt(3));
        CHECK_NEAR((1 + list[k].principal[0]) * (1 + list[k].principal[1]), ratio, 1e-9);
    }
    CHECK(list[0].strain > 0.0);
    ili_free(list);
}

TEST(known_strain_is_recovered) {
    const double v[2][2] = {{1.02, 0.01}, {0.01, 0.97}};
    double turned[2][2], a[2][2];
    rotate(OBLIQUE, 0.0, turned);
    for (int r = 0; r < 2; r++)
        for (int k = 0; k < 2; k++) a[r][k] = turned[r][0] * v[k][0] + turned[r][1] * v[k][1];
    double mean = 0.5 * (0.02 - 0.03), half = hypot(0.025, 0.01), e1 = mean + half, e2 = mean - half;
    ili_match_options options;
    ili_match_options_default(&options);
    options.max_area = 15.0;
    for (int measure = 0; measure < 2; measure++) {
        ili_match *list;
        int n;
        options.measure = measure ? ILI_STRAIN_MISES : ILI_STRAIN_PRINCIPAL;
        REQUIRE_OK(ili_match_find(ctx, a, OBLIQUE, &options, &list, &n));
        CHECK(list[0].n_a == 1 && list[0].n_b == 1);
        CHECK_NEAR(list[0].principal[0], e1, 1e-12);
        CHECK_NEAR(list[0].principal[1], e2, 1e-12);
        CHECK_NEAR(list[0].strain, measure ? sqrt(e1 * e1 - e1 * e2 + e2 * e2) : fmax(fabs(e1), fabs(e2)),
                   1e-12);
        CHECK_NEAR(list[0].rotation, 0.0, 1e-9);
        ili_free(list);
    }
}

/** Least largest principal strain that takes `from` to `to`: singular values of the map. */
static double strain_between(const double from[2][2], const double to[2][2]) {
    double d = from[0][0] * from[1][1] - from[0][1] * from[1][0], f[2][2];
    for (int i = 0; i < 2; i++) {
        f[i][0] = (to[0][i] * from[1][1] - to[1][i] * from[0][1]) / d;
        f[i][1] = (to[1][i] * from[0][0] - to[0][i] * from[1][0]) / d;
    }
    double sum = hypot(f[0][0] + f[1][1], f[1][0] - f[0][1]),
           difference = hypot(f[0][0] - f[1][1], f[1][0] + f[0][1]);
    return fmax(fabs(0.5 * (sum + difference) - 1), fabs(0.5 * (sum - difference) - 1));
}

/** Every pair of integer matrices, none reduced: the least strain of each pair of cell numbers is the one
 *  found. */
TEST(nothing_is_missed) {
    const double b[2][2] = {{2.9, 0.4}, {-0.6, 3.7}};
    enum { REACH = 7, MOST = 5 };
    double least[MOST][MOST];
    for (int i = 0; i < MOST * MOST; i++) least[i / MOST][i % MOST] = INFINITY;
    for (int p = 1; p < MOST; p++)
        for (int r = 1; p * r < MOST; r++)
            for (int q = 0; q < r; q++) {
                double to[2][2], from[2][2];
                for (int k = 0; k < 2; k++) {
                    to[0][k] = p * OBLIQUE[0][k] + q * OBLIQUE[1][k];
                    to[1][k] = r * OBLIQUE[1][k];
                }
                for (int w = -REACH; w <= REACH; w++)
                    for (int x = -REACH; x <= REACH; x++)
                        for (int y = -REACH; y <= REACH; y++)
                            for (int z = -REACH; z <= REACH; z++) {
                                int n = w * z - x * y;
                                if (n < 1 || n >= MOST) continue;
                                for (int k = 0; k < 2; k++) {
                                    from[0][k] = w * b[0][k] + x * b[1][k];
                                    from[1][k] = y * b[0][k] + z * b[1][k];
                                }
                                least[p * r][n] = fmin(least[p * r][n], strain_between(from, to));
                            }
            }
    ili_match_options options;
    ili_match_options_default(&options);
    options.max_area = 3.1 * 4.4 * (MOST - 1) + 0.1;
    options.max_strain = 0.3;
    ili_match *list;
    int n, found = 0;
    REQUIRE_OK(ili_match_find(ctx, OBLIQUE, b, &options, &list, &n));
    for (int i = 1; i < MOST; i++)
        for (int j = 1; j < MOST; j++) {
            double best = INFINITY;
            for (int k = 0; k < n; k++)
                if (list[k].n_a == i && list[k].n_b == j) best = fmin(best, list[k].strain);
            if (least[i][j] > options.max_strain) continue;
            CHECK_NEAR(best, least[i][j], 1e-9);
            found++;
        }
    CHECK(found >= MOST - 1);
    ili_free(list);
    /* a short list keeps the front */
    options.max_matches = 3;
    REQUIRE_OK(ili_match_find(ctx, OBLIQUE, b, &options, &list, &n));
    CHECK(n == 3 && list[0].is_front && list[1].is_front);
    ili_free(list);
}

TEST(lithium_on_lgp) {
    il_system *li = bcc("Li", 3.51), *ceramic = lgp(), *slab_a, *slab_b, *a, *b;
    ili_slab_options options;
    ili_slab_options_default(&options);
    REQUIRE_OK(ili_slab_build(ctx, ceramic, &options, &slab_a, NULL, NULL));
    static const int index[][3] = {{0, 0, 1}, {1, 1, 0}, {1, 1, 1}};
    for (int i = 0; i < 3; i++) {
        memcpy(options.miller, index[i], sizeof options.miller);
        REQUIRE_OK(ili_slab_build(ctx, li, &options, &slab_b, NULL, NULL));
        double plane_a[2][2], plane_b[2][2];
        ili_match_plane(slab_a, plane_a);
        ili_match_plane(slab_b, plane_b);
        ili_match_options limits;
        ili_match_options_default(&limits);
        ili_match *list;
        int n;
        REQUIRE_OK(ili_match_find(ctx, plane_a, plane_b, &limits, &list, &n));
        for (int k = 0; k < n; k++) check_consistent(&list[k], plane_a, plane_b);
        REQUIRE_OK(ili_match_apply(ctx, slab_a, slab_b, &list[0], &a, &b));
        CHECK(a->n_atoms == slab_a->n_atoms * list[0].n_a && b->n_atoms == slab_b->n_atoms * list[0].n_b);
        CHECK(memcmp(a->cell.h, b->cell.h, 6 * sizeof(double)) == 0);
        CHECK_NEAR(ili_cell_area(&a->cell), list[0].area, 1e-9);
        double near_a = INFINITY, near_b = INFINITY;
        for (int32_t p = 0; p < a->n_atoms; p++)
            for (int32_t q = 0; q < p; q++) {
                double d[3];
                ili_sub(a->x[p], a->x[q], d);
                near_a = fmin(near_a, sqrt(ili_cell_nearest(&a->cell, d)));
            }
        for (int32_t p = 0; p < b->n_atoms; p++)
            for (int32_t q = 0; q < p; q++) {
                double d[3];
                ili_sub(b->x[p], b->x[q], d);
                near_b = fmin(near_b, sqrt(ili_cell_nearest(&b->cell, d)));
            }
        CHECK(near_a > 1.45 && near_a < 1.6); /* P-O */
        CHECK(near_b > 3.04 * (1 - list[0].strain) - 1e-3 && near_b < 3.04 * (1 + list[0].strain) + 1e-3);
        ili_free(list);
        il_system_destroy(&a);
        il_system_destroy(&b);
        il_system_destroy(&slab_b);
    }
    il_system_destroy(&slab_a);
    il_system_destroy(&li);
    il_system_destroy(&ceramic);
}

/** Bonds across the edge of the cell find their copies. */
TEST(supercell_keeps_bonds) {
    const test_site chain[] = {{"C", 0, {0.1, 0.5, 0.5}}, {"C", 0, {0.6, 0.5, 0.5}}};
    il_system *sys = crystal_of(3.0, 4.0, 9.0, 120, 2, chain), *big;
    REQUIRE_OK(ili_system_add_bond(ctx, sys, 0, 1));
    sys->x[1][0] += 3.0; /* the bond now reaches through the edge: 1 of the copy to the left */
    const int m[2][2] = {{2, 1}, {-1, 2}};
    REQUIRE_OK(ili_slab_supercell(ctx, sys, m, &big));
    CHECK(big->n_atoms == 10 && big->n_bonds == 5);
    int degree[10] = {0};
    for (int32_t b = 0; b < big->n_bonds; b++) {
        double d[3];
        ili_sub(big->x[big->bonds[b][1]], big->x[big->bonds[b][0]], d);
        CHECK_NEAR(sqrt(ili_cell_nearest(&big->cell, d)), 1.5, 1e-9);
        degree[big->bonds[b][0]]++;
        degree[big->bonds[b][1]]++;
    }
    for (int i = 0; i < 10; i++) CHECK(degree[i] == 1);
    const int flat[2][2] = {{1, 1}, {1, 1}};
    il_system *none;
    CHECK_STATUS(ili_slab_supercell(ctx, sys, flat, &none), IL_E_INPUT);
    il_system_destroy(&big);
    il_system_destroy(&sys);
}

/** Every request for memory that fails ends in IL_E_MEMORY and leaves nothing behind (leaks show under
 *  asan). */
TEST(memory_may_run_out) {
    il_system *bulk = rock_salt(5.64), *slab = NULL, *a = NULL, *b = NULL;
    ili_slab_options options;
    ili_slab_options_default(&options);
    memcpy(options.miller, (const int[]){1, 1, 1}, sizeof options.miller);
    options.reconstruct = true;
    ili_match_options limits;
    ili_match_options_default(&limits);
    limits.max_area = 60.0;
    il_status status = IL_E_MEMORY;
    long n = 0;
    while (status == IL_E_MEMORY && n < 10000) {
        ili_alloc_fail_at(++n);
        double plane[2][2];
        ili_match *list = NULL;
        int n_list;
        status = ili_slab_build(ctx, bulk, &options, &slab, NULL, NULL);
        if (status == IL_OK) {
            ili_match_plane(slab, plane);
            status = ili_match_find(ctx, plane, plane, &limits, &list, &n_list);
        }
        if (status == IL_OK) status = ili_match_apply(ctx, slab, slab, &list[0], &a, &b);
        ili_free(list);
        il_system_destroy(&slab);
        il_system_destroy(&a);
        il_system_destroy(&b);
    }
    ili_alloc_fail_at(0);
    CHECK_STATUS(status, IL_OK);
    CHECK(n > 20);
    il_system_destroy(&bulk);
}

TESTS(RUN(a_lattice_on_itself), RUN(mirror_image_is_another_lattice), RUN(supercells_and_known_rotations),
      RUN(hexagon_on_square), RUN(known_strain_is_recovered), RUN(nothing_is_missed), RUN(lithium_on_lgp),
      RUN(supercell_keeps_bonds), RUN(memory_may_run_out))
