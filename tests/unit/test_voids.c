/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build/voids.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "crystals.h"

/** A climb ends when a step gains less than 1e-11 angstrom; a place is as exact as the vertex is sharp. */
static const double RADIUS_TOL = 1e-9, PLACE_TOL = 1e-6;

typedef struct found {
    ili_void *voids;
    int32_t n;
} found;

static found search(const il_system *sys, double least, double spacing) {
    found f;
    CHECK_OK(ili_voids_find(ctx, sys, NULL, least, spacing, 0.3, NAN, NAN, &f.voids, &f.n));
    return f;
}

/** Voids of this radius. */
static int count(const found *f, double radius) {
    int n = 0;
    for (int32_t i = 0; i < f->n; i++) n += fabs(f->voids[i].radius - radius) < RADIUS_TOL;
    return n;
}

static bool has(const il_system *sys, const found *f, const double s[3], double tol) {
    double x[3], d[3];
    ili_cell_to_cart(&sys->cell, s, x);
    for (int32_t i = 0; i < f->n; i++) {
        ili_sub(f->voids[i].x, x, d);
        if (sqrt(ili_cell_nearest(&sys->cell, d)) < tol) return true;
    }
    return false;
}

static il_system *fcc(double a) {
    const test_site sites[] = {
        {"Al", 0, {0, 0, 0}}, {"Al", 0, {0, 0.5, 0.5}}, {"Al", 0, {0.5, 0, 0.5}}, {"Al", 0, {0.5, 0.5, 0}}};
    return crystal_of(a, a, a, 90, 4, sites);
}

/* octahedral holes at a/2 from six atoms, tetrahedral ones at sqrt(3)/4 a from four; largest first */
TEST(holes_of_fcc) {
    const double a = 4.05, octahedral = 0.5 * a, tetrahedral = 0.25 * sqrt(3.0) * a;
    il_system *sys = fcc(a);
    found f = search(sys, 1.0, 0.35);
    CHECK(f.n == 12);
    CHECK(count(&f, octahedral) == 4 && count(&f, tetrahedral) == 8);
    CHECK(has(sys, &f, (double[]){0.5, 0.5, 0.5}, PLACE_TOL));
    CHECK(has(sys, &f, (double[]){0.25, 0.75, 0.25}, PLACE_TOL));
    for (int32_t i = 1; i < f.n; i++) CHECK(f.voids[i].radius <= f.voids[i - 1].radius + RADIUS_TOL);
    ili_free(f.voids);
    f = search(sys, 0.5 * (octahedral + tetrahedral), 0.35);
    CHECK(f.n == 4); /* `least` cuts */
    ili_free(f.voids);
    il_system_destroy(&sys);
}

/* the octahedral site of bcc is a saddle point of the distance, not a maximum: tetrahedral holes only */
TEST(holes_of_bcc) {
    const double a = 3.51;
    il_system *sys = bcc("Li", a);
    found f = search(sys, 1.0, 0.3);
    CHECK(f.n == 12);
    CHECK(count(&f, 0.25 * sqrt(5.0) * a) == 12);
    CHECK(has(sys, &f, (double[]){0.5, 0.25, 0}, PLACE_TOL));
    CHECK(!has(sys, &f, (double[]){0.5, 0.5, 0}, 0.1));
    ili_free(f.voids);
    il_system_destroy(&sys);
}

/* a search whose only start is, by the grid's offset, exactly on a saddle point: the octahedral site of bcc, from where no
 * direction leads up in first order */
TEST(saddle_point) {
    const double a = 3.51;
    const test_site sites[] = {{"Li", 0, {0.3183 - 0.5, 0.4142 - 0.5, 0.2718}},
                               {"Li", 0, {0.3183, 0.4142, 0.2718 - 0.5}}};
    il_system *sys = crystal_of(a, a, a, 90, 2, sites);
    found f = search(sys, 1.0, 4.0);
    CHECK(f.n == 1 && count(&f, 0.25 * sqrt(5.0) * a) == 1);
    ili_free(f.voids);
    il_system_destroy(&sys);
}

/* the primitive cell of fcc, sheared by lattice vectors: very oblique, the same holes */
TEST(oblique_cell) {
    const double a = 4.05;
    il_system *sys;
    REQUIRE_OK(ili_system_create(ctx, &sys));
    const double p[3][3] = {{0, a / 2, a / 2}, {a / 2, 0, a / 2}, {a / 2, a / 2, 0}};
    for (int k = 0; k < 3; k++) {
        sys->cell.h[0][k] = p[0][k];
        sys->cell.h[1][k] = p[1][k] + 20 * p[0][k];
        sys->cell.h[2][k] = p[2][k] - 30 * p[0][k] + 7 * p[1][k];
    }
    add_site(sys, "Al", 0, (double[]){0.1, 0.2, 0.3});
    found f = search(sys, 1.0, 0.3);
    CHECK(f.n == 3);
    CHECK(count(&f, 0.5 * a) == 1 && count(&f, 0.25 * sqrt(3.0) * a) == 2);
    ili_free(f.voids);
    il_system_destroy(&sys);
}

/* a hole between ions of different size lies where their surfaces are equally far: in CsCl both kinds touch every void */
TEST(radii_count) {
    const double radii[2] = {1.7, 0.9}, a = 4.2;
    const test_site sites[] = {{"Cl", -1, {0, 0, 0}}, {"Cs", 1, {0.5, 0.5, 0.5}}};
    il_system *sys = crystal_of(a, a, a, 90, 2, sites);
    found f;
    REQUIRE_OK(ili_voids_find(ctx, sys, radii, 0.1, 0.3, 0.3, NAN, NAN, &f.voids, &f.n));
    CHECK(f.n > 0);
    for (int32_t i = 0; i < f.n; i++) {
        double least[2] = {INFINITY, INFINITY};
        for (int32_t j = 0; j < 2; j++) {
            double d[3];
            ili_sub(sys->x[j], f.voids[i].x, d);
            least[j] = sqrt(ili_cell_nearest(&sys->cell, d)) - radii[sys->type[j]];
        }
        CHECK_NEAR(fmin(least[0], least[1]), f.voids[i].radius, RADIUS_TOL);
        CHECK_NEAR(least[0], least[1], RADIUS_TOL);
    }
    ili_free(f.voids);
    il_system_destroy(&sys);
}

/* the empty places of NASICON, 36f (where LAGP has its extra Li) and M2 on 18e, are among the voids of LiGe2(PO4)3 */
TEST(nasicon_places) {
    il_system *sys = lgp();
    found f = search(sys, 1.5, 0.4);
    const double m2[3] = {0.64, 0.0, 0.25}, f36[3] = {0.010, 0.230, 0.047};
    CHECK(has(sys, &f, m2, 0.8));
    CHECK(has(sys, &f, f36, 1.2));
    ili_free(f.voids);
    f = search(sys, 1.5, 0.15);
    CHECK(f.n >= 18 && f.n % 6 == 0); /* fine enough to find all that symmetry makes of each */
    ili_free(f.voids);
    /* with M1 (6b) emptied its place is found to a thousandth */
    bool keep[108];
    for (int32_t i = 0; i < sys->n_atoms; i++) keep[i] = strcmp(sys->species[sys->type[i]].name, "Li") != 0;
    ili_system_filter(sys, keep);
    f = search(sys, 1.5, 0.4);
    CHECK(has(sys, &f, (double[]){0, 0, 0}, 1e-3));
    CHECK(has(sys, &f, (double[]){0, 0, 0.5}, 1e-3));
    ili_free(f.voids);
    il_system_destroy(&sys);
}

/* between two layers of a slab, not in the vacuum; heights are obeyed */
TEST(slabs) {
    il_system *cell = fcc(4.05), *sys;
    REQUIRE_OK(ili_system_repeat(ctx, cell, (int[]){1, 1, 3}, &sys));
    sys->cell.h[2][2] += 30.0;
    sys->cell.pbc[2] = false;
    found f;
    REQUIRE_OK(ili_voids_find(ctx, sys, NULL, 1.0, 0.35, 0.3, NAN, NAN, &f.voids, &f.n));
    CHECK(count(&f, 2.025) > 4);
    for (int32_t i = 0; i < f.n; i++) CHECK(f.voids[i].x[2] > 0.0 && f.voids[i].x[2] < 10.2);
    ili_free(f.voids);
    REQUIRE_OK(ili_voids_find(ctx, sys, NULL, 1.0, 0.35, 0.3, 4.0, 6.2, &f.voids, &f.n));
    CHECK(count(&f, 2.025) == 4); /* the layers at 4.05 and 6.075 hold two each */
    for (int32_t i = 0; i < f.n; i++) CHECK(f.voids[i].x[2] > 4.0 && f.voids[i].x[2] < 6.2);
    ili_free(f.voids);
    il_system_destroy(&sys);
    il_system_destroy(&cell);
}

/* every void of a random gas is equally far from four atoms at least and none is nearer; the same bits with 1 and 3 threads */
TEST(vertices_of_a_gas) {
    il_system *sys = crystal_of(12, 11, 10, 75, 0, NULL);
    ili_rng rng = ili_rng_make(7, 0);
    for (int i = 0; i < 60; i++) {
        double s[3];
        for (int k = 0; k < 3; k++) s[k] = ili_rng_uniform(&rng);
        add_site(sys, "Ar", 0, s);
    }
    il_set_threads(ctx, 1);
    found f = search(sys, 1.0, 0.3);
    CHECK(f.n > 50);
    for (int32_t i = 0; i < f.n; i++) {
        int n_equal = 0;
        for (int32_t j = 0; j < sys->n_atoms; j++)
            for (int image = 0; image < 27; image++) {
                double d[3];
                const double shift[3] = {image / 9 - 1, image / 3 % 3 - 1, image % 3 - 1};
                ili_cell_to_cart(&sys->cell, shift, d);
                for (int k = 0; k < 3; k++) d[k] += sys->x[j][k] - f.voids[i].x[k];
                CHECK(ili_norm(d) > f.voids[i].radius - RADIUS_TOL);
                n_equal += ili_norm(d) < f.voids[i].radius + 1e-6;
            }
        CHECK(n_equal >= 4);
    }
    il_set_threads(ctx, 3);
    found g = search(sys, 1.0, 0.3);
    CHECK(g.n == f.n && memcmp(g.voids, f.voids, (size_t)f.n * sizeof *f.voids) == 0);
    ili_free(f.voids);
    ili_free(g.voids);
    il_system_destroy(&sys);
}

TEST(refusals) {
    il_system *sys = bcc("Li", 3.5), *none;
    found f;
    CHECK_STATUS(ili_voids_find(ctx, sys, NULL, 1.0, 0.0, 0.3, NAN, NAN, &f.voids, &f.n), IL_E_INPUT);
    CHECK_STATUS(ili_voids_find(ctx, sys, NULL, 1.0, 0.3, NAN, NAN, NAN, &f.voids, &f.n), IL_E_INPUT);
    CHECK_OK(ili_system_create(ctx, &none));
    CHECK_STATUS(ili_voids_find(ctx, none, NULL, 1.0, 0.3, 0.3, NAN, NAN, &f.voids, &f.n), IL_E_INPUT);
    CHECK(f.voids == NULL && f.n == 0);
    il_system_destroy(&none);
    il_system_destroy(&sys);
}

TESTS(RUN(holes_of_fcc); RUN(holes_of_bcc); RUN(saddle_point); RUN(oblique_cell); RUN(radii_count);
      RUN(nasicon_places); RUN(slabs); RUN(vertices_of_a_gas); RUN(refusals))
