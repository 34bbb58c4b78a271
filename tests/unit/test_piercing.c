/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Rings, bonds through them, and the search grid of the builders. */
#include "build/piercing.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "build/pointgrid.h"
#include "harness.h"
#include "math/units.h"
#include "math/vec.h"

static il_system *empty(const double h[3][3]) {
    il_system *sys;
    CHECK_OK(ili_system_create(ctx, &sys));
    memcpy(sys->cell.h, h, sizeof sys->cell.h);
    return sys;
}

static int32_t add_carbon(il_system *sys, double x, double y, double z) {
    int32_t type;
    CHECK_OK(ili_system_species(ctx, sys, "C", 6, &type));
    CHECK_OK(ili_system_add(ctx, sys, type, (double[]){x, y, z}));
    return sys->n_atoms - 1;
}

static void add_bond(il_system *sys, int32_t i, int32_t j) {
    CHECK_OK(ili_system_add_bond(ctx, sys, i, j));
}

/** A flat ring of n atoms, 1.4 A from its centre, in the xy plane. */
static int32_t add_ring(il_system *sys, int n, double x, double y, double z) {
    int32_t first = sys->n_atoms;
    for (int k = 0; k < n; k++)
        add_carbon(sys, x + 1.4 * cos(2 * ILI_PI * k / n), y + 1.4 * sin(2 * ILI_PI * k / n), z);
    for (int k = 0; k < n; k++) add_bond(sys, first + k, first + (k + 1) % n);
    return first;
}

static const double cube[3][3] = {{20, 0, 0}, {0, 20, 0}, {0, 0, 20}};

static int count_rings(const il_system *sys) {
    int32_t n;
    ili_ring *rings;
    CHECK_OK(ili_rings_find(ctx, sys, &n, &rings));
    ili_free(rings);
    return n;
}

TEST(rings_up_to_eight_are_found) {
    for (int n = 3; n <= 10; n++) {
        il_system *sys = empty(cube);
        add_ring(sys, n, 10, 10, 10);
        add_bond(sys, 0, add_carbon(sys, 12.9, 10, 10)); /* a side group makes no ring */
        CHECK(count_rings(sys) == (n <= ILI_RING_MAX));
        il_system_destroy(&sys);
    }
    /* two rings with a common bond are two rings; a chain is none */
    il_system *sys = empty(cube);
    add_ring(sys, 6, 10, 10, 10);
    int32_t a = add_carbon(sys, 12, 12, 10), b = add_carbon(sys, 13, 11, 10);
    add_bond(sys, 1, a);
    add_bond(sys, a, b);
    add_bond(sys, b, 0);
    CHECK(count_rings(sys) == 2);
    il_system_destroy(&sys);
    sys = empty(cube);
    for (int k = 0; k < 12; k++) add_carbon(sys, k, 0, 0);
    for (int k = 0; k < 11; k++) add_bond(sys, k, k + 1);
    CHECK(count_rings(sys) == 0);
    il_system_destroy(&sys);
}

TEST(a_chain_through_the_cell_is_no_ring) {
    const double thin[3][3] = {{4.5, 0, 0}, {0, 20, 0}, {0, 0, 20}};
    il_system *sys = empty(thin);
    for (int k = 0; k < 3; k++) add_carbon(sys, 1.5 * k, 5, 5);
    for (int k = 0; k < 3; k++) add_bond(sys, k, (k + 1) % 3); /* closes on its image */
    CHECK(count_rings(sys) == 0);
    il_system_destroy(&sys);
}

static bool is_pierced(const il_system *sys, ili_piercing *where) {
    bool found;
    CHECK_OK(ili_piercing_find(ctx, sys, &found, where));
    return found;
}

/** A benzene-like ring around `centre`, and a bond of length 1.5 along z whose middle is `off` away from
 *  it. */
static bool ring_and_bond(const double h[3][3], const double centre[3], const double off[3], int image) {
    il_system *sys = empty(h);
    add_ring(sys, 6, centre[0], centre[1], centre[2]);
    double m[3];
    for (int k = 0; k < 3; k++) m[k] = centre[k] + off[k] + image * (h[0][k] - h[1][k] + h[2][k]);
    int32_t a = add_carbon(sys, m[0], m[1], m[2] - 0.75), b = add_carbon(sys, m[0], m[1], m[2] + 0.75);
    add_bond(sys, a, b);
    ili_piercing where;
    bool found = is_pierced(sys, &where);
    if (found) CHECK(where.bond[0] == 6 && where.bond[1] == 7 && where.ring.n == 6);
    il_system_destroy(&sys);
    return found;
}

TEST(a_bond_through_a_ring_is_found) {
    const double skew[3][3] = {{11, 0, 0}, {-5, 10, 0}, {3, 2, 12}};
    const double middle[3] = {10, 10, 10}, corner[3] = {0.1, -0.2, 0.3};
    const struct {
        double off[3];
        bool pierces;
    } cases[] = {{{0, 0, 0}, true},       {{0.5, -0.6, 0.3}, true}, {{1.1, 0, -0.7}, true},
                 {{1.6, 0, 0}, false},    {{0, 1.3, 0}, false},     {{0, 0, 0.9}, false},
                 {{0, 0.2, -0.8}, false}, {{0, 0, 0.7}, true},      {{-1.35, 0, 0.1}, true},
                 {{0, 2.5, 0}, false}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int image = -1; image <= 1; image++) {
            CHECK(ring_and_bond(cube, middle, cases[k].off, image) == cases[k].pierces);
            CHECK(ring_and_bond(skew, corner, cases[k].off, image) == cases[k].pierces);
        }
}

TEST(bonds_of_the_ring_itself_do_not_count) {
    il_system *sys = empty(cube);
    int32_t first = add_ring(sys, 6, 10, 10, 10);
    add_bond(sys, first, add_carbon(sys, 10, 10, 10.5)); /* leans over the ring, starts on it */
    CHECK(!is_pierced(sys, NULL));
    add_ring(sys, 6, 10, 10, 13.0); /* a stacked one */
    CHECK(!is_pierced(sys, NULL));
    il_system_destroy(&sys);
}

typedef struct tally {
    int32_t n, n_own;
    double sum;
} tally;

static void count_near(void *user, const ili_near *near) {
    tally *t = user;
    t->n++;
    t->n_own += near->is_own;
    t->sum += near->r2 * (near->point + 1);
}

enum { POINTS = 40 };

/** All images within the cut-off by brute force over shifts of up to five cells. */
static tally brute_force(const ili_cell *cell, const double (*x)[3], const bool *is_in, const double at[3],
                         double cutoff) {
    tally t = {0};
    int r[3];
    for (int k = 0; k < 3; k++) r[k] = cell->pbc[k] ? 5 : 0;
    for (int32_t i = 0; i < POINTS; i++)
        for (int a = -r[0]; a <= r[0] && is_in[i]; a++)
            for (int b = -r[1]; b <= r[1]; b++)
                for (int c = -r[2]; c <= r[2]; c++) {
                    double d[3];
                    for (int k = 0; k < 3; k++)
                        d[k] = x[i][k] - at[k] + a * cell->h[0][k] + b * cell->h[1][k] + c * cell->h[2][k];
                    double r2 = ili_dot(d, d);
                    if (r2 >= cutoff * cutoff) continue;
                    t.n++;
                    t.n_own += a == 0 && b == 0 && c == 0;
                    t.sum += r2 * (i + 1);
                }
    return t;
}

TEST(grid_finds_every_image) {
    const ili_cell cells[] = {{{{12, 0, 0}, {0, 13, 0}, {0, 0, 14}}, {true, true, true}},
                              {{{5, 0, 0}, {-2.5, 4.33, 0}, {0, 0, 20}}, {true, true, false}},
                              {{{4, 0, 0}, {2, 5, 0}, {-1, 2, 6}}, {true, true, true}},
                              {{{9, 0, 0}, {0, 9, 0}, {0, 0, 9}}, {false, false, false}}};
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) {
        ili_pointgrid *grid;
        double x[POINTS][3], cutoff = 3.1;
        bool is_in[POINTS];
        ili_rng rng = ili_rng_make(3, c);
        REQUIRE_OK(ili_pointgrid_create(ctx, &cells[c], cutoff, POINTS, &grid));
        for (int32_t i = 0; i < POINTS; i++) {
            double s[3]; /* a bit outside the cell too */
            for (int k = 0; k < 3; k++) s[k] = 2.0 * ili_rng_uniform(&rng) - 0.5;
            ili_cell_to_cart(&cells[c], s, x[i]);
            ili_pointgrid_insert(grid, i, x[i]);
        }
        for (int32_t i = 0; i < POINTS; i++) {
            is_in[i] = i % 3 != 1;
            if (!is_in[i]) ili_pointgrid_remove(grid, i);
        }
        ili_pointgrid_remove(grid, 1); /* twice does no harm */
        for (int32_t i = 0; i < POINTS; i++) {
            tally got = {0}, want = brute_force(&cells[c], (const double(*)[3])x, is_in, x[i], cutoff);
            ili_pointgrid_visit(grid, x[i], count_near, &got);
            CHECK(got.n == want.n && got.n_own == want.n_own);
            CHECK_NEAR(got.sum, want.sum, 1e-9 * (1.0 + want.sum));
        }
        ili_pointgrid_destroy(&grid);
    }
}

TESTS(RUN(rings_up_to_eight_are_found); RUN(a_chain_through_the_cell_is_no_ring);
      RUN(a_bond_through_a_ring_is_found); RUN(bonds_of_the_ring_itself_do_not_count);
      RUN(grid_finds_every_image))
