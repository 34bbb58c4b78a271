/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build/slab.h"

#include "base/alloc.h"
#include "build/plane.h"
#include "crystals.h"
#include "harness.h"

static ili_slab_options plane(int h, int k, int l) {
    ili_slab_options options;
    ili_slab_options_default(&options);
    options.miller[0] = h;
    options.miller[1] = k;
    options.miller[2] = l;
    return options;
}

/** Shortest distance between two atoms, images along the periodic directions included. */
static double shortest(const il_system *sys) {
    double best = INFINITY;
    for (int32_t i = 0; i < sys->n_atoms; i++)
        for (int32_t j = 0; j < i; j++) {
            double d[3];
            ili_sub(sys->x[i], sys->x[j], d);
            best = fmin(best, ili_cell_nearest(&sys->cell, d));
        }
    return sqrt(best);
}

static int count_of(const il_system *sys, int z) {
    int n = 0;
    for (int32_t i = 0; i < sys->n_atoms; i++) n += sys->species[sys->type[i]].z == z;
    return n;
}

/** Plane spacing of a cubic crystal with its lattice centred as bcc or fcc: of the primitive lattice. */
static double cubic_spacing(double a, const int m[3], bool is_fcc) {
    int g = ili_gcd(ili_gcd(m[0], m[1]), m[2]);
    int h = m[0] / g, k = m[1] / g, l = m[2] / g, half = 1;
    if (is_fcc) half = (abs(h) % 2 == abs(k) % 2 && abs(k) % 2 == abs(l) % 2) ? 1 : 2;
    if (!is_fcc) half = (h + k + l) % 2 == 0 ? 1 : 2;
    return a / sqrt(h * h + k * k + l * l) / half;
}

TEST(bcc_at_many_indices) {
    const double a = 3.51;
    static const int index[][3] = {{1, 0, 0},   {0, 1, 0},  {0, 0, 1}, {0, 0, -1}, {1, 1, 0},  {-1, 1, 0},
                                   {1, 1, 1},   {-1, 1, 1}, {2, 1, 3}, {-2, 1, 3}, {2, -1, 3}, {3, 1, 0},
                                   {0, -2, -4}, {5, -3, 2}, {2, 1, 1}, {-1, 0, 0}, {4, 6, 3},  {0, 3, 7}};
    il_system *bulk = bcc("Li", a);
    for (size_t k = 0; k < sizeof index / sizeof *index; k++) {
        ili_slab_options options = plane(index[k][0], index[k][1], index[k][2]);
        il_system *slab = NULL;
        ili_termination t;
        int32_t *origin = NULL;
        options.layers = 3;
        REQUIRE_OK(ili_slab_build(ctx, bulk, &options, &slab, &t, &origin));
        double d = cubic_spacing(a, index[k], false), area = ili_cell_area(&slab->cell);
        CHECK_NEAR(t.period, d, 1e-10);
        CHECK_NEAR(slab->n_atoms / area, 2.0 / (a * a * a) * t.layers * d, 1e-10); /* bulk density */
        CHECK_NEAR(area * d, a * a * a / 2.0, 1e-9);                               /* smallest surface cell */
        CHECK(t.layers * d >= 10.0 - 1e-9 && t.layers >= 3);
        double nearest = shortest(slab);
        if (ili_norm(slab->cell.h[0]) < nearest) nearest = ili_norm(slab->cell.h[0]);
        CHECK_NEAR(nearest, a * sqrt(0.75), 1e-8);
        CHECK(slab->cell.h[0][1] == 0.0 && slab->cell.h[0][2] == 0.0 && slab->cell.h[1][2] == 0.0);
        CHECK(slab->cell.h[0][0] > 0.0 && slab->cell.h[1][1] > 0.0 && slab->cell.h[2][2] > 0.0);
        CHECK(slab->cell.pbc[0] && slab->cell.pbc[1] && !slab->cell.pbc[2]);
        CHECK(fabs(slab->cell.h[1][0]) <= 0.5 * slab->cell.h[0][0] + 1e-8 ||
              fabs(slab->cell.h[0][0]) >= slab->cell.h[1][1]);
        CHECK(t.tasker == 1);
        for (int32_t i = 0; i < slab->n_atoms; i++) CHECK(origin[i] >= 0 && origin[i] < bulk->n_atoms);
        ili_free(origin);
        il_system_destroy(&slab);
    }
    il_system_destroy(&bulk);
}

TEST(rock_salt_classes) {
    il_system *bulk = rock_salt(5.64);
    static const struct {
        int index[3], tasker, n, cut;
    } cases[] = {{{0, 0, 1}, 1, 1, 2}, {{1, 1, 0}, 1, 1, 4}, {{1, 1, 1}, 3, 2, 3}, {{-1, 1, -1}, 3, 2, 3}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        ili_slab_options options = plane(cases[k].index[0], cases[k].index[1], cases[k].index[2]);
        ili_termination *list;
        int n;
        REQUIRE_OK(ili_slab_terminations(ctx, bulk, &options, &list, &n));
        CHECK(n == cases[k].n);
        for (int i = 0; i < n; i++) {
            CHECK(list[i].tasker == cases[k].tasker);
            CHECK(list[i].n_cut == cases[k].cut);
            CHECK(list[i].n_kinds == 1 && strcmp(list[i].kinds[0].pair, "Na-Cl") == 0);
            CHECK_NEAR(list[i].strength * list[i].area, cases[k].cut / 6.0, 1e-12);
            CHECK_NEAR(list[i].period, cubic_spacing(5.64, cases[k].index, true), 1e-9);
        }
        /* planes of +1 and -1, half a period apart: half a charge per surface cell on each face */
        if (n == 2) {
            CHECK_NEAR(fabs(list[0].polarity * list[0].area), 0.5, 1e-9);
            CHECK_NEAR(list[0].polarity, -list[1].polarity, 1e-12);
            CHECK_NEAR(fabs(list[0].excess[0].count), 0.25, 1e-9);
            CHECK_NEAR(list[0].excess[0].count + list[0].excess[1].count, 0.0, 1e-12);
        }
        ili_free(list);
    }
    il_system_destroy(&bulk);
}

/** Half the terminating layer of a polar face, moved across, leaves no dipole. */
TEST(polar_face_is_cured_by_moving_half_a_layer) {
    il_system *bulk = rock_salt(5.64), *slab;
    ili_slab_options options = plane(1, 1, 1);
    ili_termination t;
    options.repeat[0] = 2;
    options.reconstruct = true;
    REQUIRE_OK(ili_slab_build(ctx, bulk, &options, &slab, &t, NULL));
    CHECK(t.n_moved == 1);
    CHECK_NEAR(t.residual, 0.0, 1e-12);
    CHECK(count_of(slab, 11) == count_of(slab, 17));
    CHECK_NEAR(shortest(slab), 2.82, 1e-8);
    double low = INFINITY, high = -INFINITY;
    for (int32_t i = 0; i < slab->n_atoms; i++) {
        low = fmin(low, slab->x[i][2]);
        high = fmax(high, slab->x[i][2]);
    }
    for (int32_t i = 0; i < slab->n_atoms; i++)
        if (slab->x[i][2] > high - 0.1 || slab->x[i][2] < low + 0.1)
            CHECK(slab->species[slab->type[i]].z == 11);
    il_system_destroy(&slab);
    il_system_destroy(&bulk);
}

static void check_phosphates(const il_system *slab) {
    for (int32_t p = 0; p < slab->n_atoms; p++) {
        if (slab->species[slab->type[p]].z != 15) continue;
        int near = 0;
        for (int32_t o = 0; o < slab->n_atoms; o++) {
            double d[3];
            ili_sub(slab->x[o], slab->x[p], d);
            near += slab->species[slab->type[o]].z == 8 && ili_cell_nearest(&slab->cell, d) < 1.7 * 1.7;
        }
        CHECK(near == 4);
    }
}

TEST(phosphate_units_stay_whole) {
    static const int index[][3] = {{0, 0, 1}, {0, 1, 2}, {1, 0, 4}, {1, 1, 0}, {1, 1, 3}, {-1, 1, 2}};
    il_system *bulk = lgp();
    CHECK(bulk->n_atoms == 108);
    for (size_t k = 0; k < sizeof index / sizeof *index; k++) {
        ili_slab_options options = plane(index[k][0], index[k][1], index[k][2]);
        ili_termination *list;
        int n;
        REQUIRE_OK(ili_slab_terminations(ctx, bulk, &options, &list, &n));
        CHECK(n >= 1);
        for (int i = 0; i < n; i++) {
            for (int c = 0; c < list[i].n_kinds; c++) CHECK(strcmp(list[i].kinds[c].pair, "P-O") != 0);
            il_system *slab;
            char formula[64];
            options.termination = i;
            REQUIRE_OK(ili_slab_build(ctx, bulk, &options, &slab, NULL, NULL));
            check_phosphates(slab);
            ili_system_formula(slab, formula, sizeof formula);
            CHECK(slab->n_atoms % 18 == 0 && count_of(slab, 3) * 18 == slab->n_atoms &&
                  count_of(slab, 15) * 6 == slab->n_atoms);
            il_system_destroy(&slab);
        }
        ili_free(list);
    }
    il_system_destroy(&bulk);
}

/** LGP (001): lithium holds by three of its six oxygens to either side and two germanium atoms bridge by
 *  three each; half the lithium of the layer moved makes both faces alike. */
TEST(lgp_basal_plane) {
    il_system *bulk = lgp(), *slab;
    ili_slab_options options = plane(0, 0, 1);
    ili_termination t;
    options.repeat[0] = 2;
    options.reconstruct = true;
    REQUIRE_OK(ili_slab_build(ctx, bulk, &options, &slab, &t, NULL));
    CHECK_NEAR(t.period, 20.47 / 3.0, 1e-9);
    CHECK(t.n_moved == 1);
    CHECK_NEAR(t.residual, 0.0, 1e-6);
    for (int k = 0; k < t.n_kinds; k++)
        CHECK(t.kinds[k].count == (strcmp(t.kinds[k].pair, "Li-O") == 0 ? 3 : 6));
    CHECK(t.n_kinds == 2 && t.n_cut == 9);
    check_phosphates(slab);
    double low = INFINITY, high = -INFINITY;
    for (int32_t i = 0; i < slab->n_atoms; i++) {
        low = fmin(low, slab->x[i][2]);
        high = fmax(high, slab->x[i][2]);
    }
    int at_low = 0, at_high = 0;
    for (int32_t i = 0; i < slab->n_atoms; i++) {
        if (slab->x[i][2] < low + 0.3) at_low += slab->species[slab->type[i]].z == 3 ? 1 : 100;
        if (slab->x[i][2] > high - 0.3) at_high += slab->species[slab->type[i]].z == 3 ? 1 : 100;
    }
    CHECK(at_low == 1 && at_high == 1); /* two sites a face in the doubled cell */
    il_system_destroy(&slab);
    il_system_destroy(&bulk);
}

/** The rule of choice on made-up lists: polarity, then strength, then ions moved. */
TEST(best_termination) {
    ili_termination list[] = {{.residual = 2e-2, .strength = 0.01, .n_moved = 0},
                              {.residual = 1e-5, .strength = 0.100, .n_moved = 3},
                              {.residual = -4e-4, .strength = 0.103, .n_moved = 0},
                              {.residual = 0.0, .strength = 0.2, .n_moved = 0}};
    CHECK(ili_termination_best(list, 4) == 2);
    list[2].strength = 0.11;
    CHECK(ili_termination_best(list, 4) == 1);
    for (int k = 1; k < 4; k++) list[k].residual += 1.95e-2 - 3e-3 * k; /* all polar, 3 least */
    CHECK(ili_termination_best(list, 4) == 3);
    list[2].residual = list[3].residual + 9e-4;
    CHECK(ili_termination_best(list, 4) == 2);
}

/** Rods of three atoms, lying across cell faces: no bond is stretched by the cut, each rod is in the slab
 *  once. */
TEST(molecules_stay_whole) {
    const test_site rod[] = {
        {"O", 0, {0.95, 0.1, 0.90}}, {"C", 0, {0.05, 0.0, 0.05}}, {"O", 0, {0.15, 0.9, 0.20}}};
    static const int index[][3] = {{0, 0, 1}, {1, 1, 1}, {2, -1, 3}};
    il_system *bulk = crystal_of(6, 5, 7, 90, 3, rod);
    REQUIRE_OK(ili_system_add_bond(ctx, bulk, 0, 1));
    REQUIRE_OK(ili_system_add_bond(ctx, bulk, 1, 2));
    double d[3], length2[2];
    for (int b = 0; b < 2; b++) {
        ili_sub(bulk->x[b], bulk->x[b + 1], d);
        length2[b] = ili_cell_nearest(&bulk->cell, d);
    }
    for (size_t k = 0; k < sizeof index / sizeof *index; k++) {
        ili_slab_options options = plane(index[k][0], index[k][1], index[k][2]);
        il_system *slab;
        ili_termination t;
        options.repeat[0] = 2;
        REQUIRE_OK(ili_slab_build(ctx, bulk, &options, &slab, &t, NULL));
        CHECK(slab->n_atoms == 3 * 2 * t.layers && slab->n_bonds == 2 * 2 * t.layers);
        for (int32_t b = 0; b < slab->n_bonds; b++) {
            ili_sub(slab->x[slab->bonds[b][0]], slab->x[slab->bonds[b][1]], d);
            double r2 = ili_dot(d, d);
            CHECK(fabs(r2 - length2[0]) < 1e-9 || fabs(r2 - length2[1]) < 1e-9);
        }
        il_system_destroy(&slab);
    }
    il_system_destroy(&bulk);
}

TEST(deformation_follows_the_cell) {
    il_system *bulk = bcc("Li", 3.51), *slab;
    ili_slab_options options = plane(1, 1, 0);
    REQUIRE_OK(ili_slab_build(ctx, bulk, &options, &slab, NULL, NULL));
    const double f[2][2] = {{1.02, 0.01}, {0.0, 0.97}};
    double area = ili_cell_area(&slab->cell), before[3], after[3];
    ili_cell_to_frac(&slab->cell, slab->x[1], before);
    ili_slab_deform(slab, f);
    ili_cell_to_frac(&slab->cell, slab->x[1], after);
    for (int k = 0; k < 3; k++) CHECK_NEAR(after[k], before[k], 1e-12);
    CHECK_NEAR(ili_cell_area(&slab->cell), area * 1.02 * 0.97, 1e-10);
    il_system_destroy(&slab);
    il_system_destroy(&bulk);
}

TEST(wrong_requests_are_refused) {
    il_system *bulk = bcc("Li", 3.51), *slab = NULL;
    ili_slab_options options = plane(0, 0, 0);
    CHECK_STATUS(ili_slab_build(ctx, bulk, &options, &slab, NULL, NULL), IL_E_INPUT);
    options = plane(1, 0, 0);
    options.termination = 7;
    CHECK_STATUS(ili_slab_build(ctx, bulk, &options, &slab, NULL, NULL), IL_E_INPUT);
    options.termination = -1;
    options.vacuum = -1.0;
    CHECK_STATUS(ili_slab_build(ctx, bulk, &options, &slab, NULL, NULL), IL_E_INPUT);
    options.vacuum = 15.0;
    bulk->cell.pbc[1] = false;
    CHECK_STATUS(ili_slab_build(ctx, bulk, &options, &slab, NULL, NULL), IL_E_INPUT);
    CHECK(slab == NULL);
    il_system_destroy(&bulk);
}

TESTS(RUN(bcc_at_many_indices), RUN(rock_salt_classes), RUN(polar_face_is_cured_by_moving_half_a_layer),
      RUN(phosphate_units_stay_whole), RUN(lgp_basal_plane), RUN(best_termination), RUN(molecules_stay_whole),
      RUN(deformation_follows_the_cell), RUN(wrong_requests_are_refused))
