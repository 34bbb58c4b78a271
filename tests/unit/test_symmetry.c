/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build/symmetry.h"
#include "io/cif.h"
#include "io/cif_symmetry.h"

#include "harness.h"

#include <spglib.h>

/** Every row of the table against the operations of spglib: same number of them, each one found. */
TEST(hall_symbols_agree_with_spglib) {
    static int rotation[192][3][3];
    static double translation[192][3];
    static ili_symgroup group;
    int n_rows, n_spglib = 530;
    const ili_space_group *rows = ili_space_groups(&n_rows);
    CHECK(n_rows == n_spglib);
    for (int k = 0; k < n_rows && k < n_spglib; k++) {
        SpglibSpacegroupType type = spg_get_spacegroup_type(k + 1);
        CHECK(rows[k].number == type.number && strcmp(rows[k].choice, type.choice) == 0);
        CHECK(ili_symgroup_from_hall(rows[k].hall, &group));
        int n = spg_get_symmetry_from_database(rotation, translation, k + 1), missing = 0, a, b;
        for (int i = 0; i < n; i++) {
            ili_symop op;
            memcpy(op.r, rotation[i], sizeof op.r);
            memcpy(op.t, translation[i], sizeof op.t);
            missing += ili_symgroup_find(&group, &op) < 0;
        }
        if (group.n != n || missing) fprintf(stderr, "Hall symbol '%s'\n", rows[k].hall);
        CHECK(group.n == n && missing == 0);
        CHECK(ili_symgroup_is_closed(&group, &a, &b));
    }
}

TEST(operations_as_text) {
    ili_symop op;
    CHECK(ili_symop_parse("-x+1/2, y - x , 0.333+Z", &op));
    CHECK(op.r[0][0] == -1 && op.r[1][0] == -1 && op.r[1][1] == 1 && op.r[2][2] == 1);
    CHECK(op.t[0] == 0.5 && op.t[1] == 0.0 && op.t[2] == 8.0 / 24.0);
    CHECK(ili_symop_parse("'1/2-Y,X,Z-1/4'", &op));
    CHECK(op.t[0] == 0.5 && op.t[2] == 0.75 && op.r[0][1] == -1);
    static const char *const BAD[] = {"x,y", "x,y,q",  "x,y,z,x", "x,x,z", "x,y,",
                                      "",    "x,y,z/", "x,y,1/0", "x;y;z", "2x,y,z"};
    for (size_t k = 0; k < sizeof BAD / sizeof *BAD; k++) {
        CHECK(!ili_symop_parse(BAD[k], &op));
        if (ili_symop_parse(BAD[k], &op)) fprintf(stderr, "'%s' was taken\n", BAD[k]);
    }
}

TEST(hall_symbols_that_are_none) {
    static ili_symgroup group;
    static const char *const BAD[] = {"", "-", "Q 2", "P", "P 5", "P 2q", "P 2 2 2 (1 2)", "R -3 c", "P 37"};
    for (size_t k = 0; k < sizeof BAD / sizeof *BAD; k++) {
        CHECK(!ili_symgroup_from_hall(BAD[k], &group));
        if (ili_symgroup_from_hall(BAD[k], &group)) fprintf(stderr, "'%s' was taken\n", BAD[k]);
    }
}

typedef struct expected_site {
    const char *label;
    int multiplicity;
    char wyckoff;
    double occupancy;
} expected_site;

static void check_file(const char *path, int number, double volume, int n_positions,
                       const expected_site *sites, int n_sites) {
    ili_crystal c;
    REQUIRE_OK(ili_crystal_read(ctx, path, &c));
    CHECK(c.space_group == number);
    CHECK(il_warning_count(ctx) == 0);
    for (int k = 0; k < il_warning_count(ctx); k++) fprintf(stderr, "%s\n", il_warning(ctx, k));
    CHECK(c.n_positions == n_positions && c.n_sites == n_sites);
    CHECK_NEAR(ili_cell_volume(&c.cell), volume, 1e-3 * volume);
    for (int k = 0; k < n_sites && k < c.n_sites; k++) {
        CHECK(strcmp(c.sites[k].occupant[0].label, sites[k].label) == 0);
        CHECK(c.sites[k].multiplicity == sites[k].multiplicity);
        CHECK(c.sites[k].wyckoff == sites[k].wyckoff);
        if (c.sites[k].wyckoff != sites[k].wyckoff)
            fprintf(stderr, "%s %c\n", sites[k].label, c.sites[k].wyckoff);
        CHECK_NEAR(ili_site_occupancy(&c.sites[k]), sites[k].occupancy, 1e-12);
    }
    if (c.is_ordered) CHECK_NEAR(ili_crystal_charge(&c), 0.0, 1e-9);
    ili_crystal_free(&c);
}

TEST(structure_files) {
    static const expected_site LGP[] = {
        {"Li1", 6, 'b', 1}, {"Ge1", 12, 'c', 1}, {"P1", 18, 'e', 1}, {"O1", 36, 'f', 1}, {"O2", 36, 'f', 1}};
    static const expected_site LAGP[] = {{"Li1", 6, 'b', 0.65}, {"Li2", 36, 'f', 0.139}, {"Ge1", 12, 'c', 1},
                                         {"P1", 18, 'e', 1},    {"O1", 36, 'f', 1},      {"O2", 36, 'f', 1}};
    static const expected_site LI[] = {{"Li1", 2, 'a', 1}}, LI2O[] = {{"Li1", 8, 'c', 1}, {"O1", 4, 'a', 1}};
    static const expected_site LIF[] = {{"Li1", 4, 'a', 1}, {"F1", 4, 'b', 1}};
    static const expected_site LI3PO4[] = {{"Li1", 8, 'd', 1}, {"Li2", 4, 'c', 1}, {"P1", 4, 'c', 1},
                                           {"O1", 8, 'd', 1},  {"O2", 4, 'c', 1},  {"O3", 4, 'c', 1}};
    const double hexagon = sqrt(0.75);
    check_file("structures/LGP.cif", 167, 8.27 * 8.27 * 20.47 * hexagon, 108, LGP, 5);
    check_file("structures/LAGP.cif", 167, 8.25658 * 8.25658 * 20.6523 * hexagon, 144, LAGP, 6);
    check_file("structures/Li.cif", 229, 3.51 * 3.51 * 3.51, 2, LI, 1);
    check_file("structures/Li2O.cif", 225, 4.619 * 4.619 * 4.619, 12, LI2O, 2);
    check_file("structures/LiF.cif", 225, 4.026 * 4.026 * 4.026, 8, LIF, 2);
    check_file("structures/Li3PO4.cif", 62, 6.1113 * 10.4612 * 4.9208, 32, LI3PO4, 6);
}

TEST(a_wrong_space_group_is_noticed) {
    ili_crystal c;
    REQUIRE_OK(ili_cif_read(ctx, "structures/LiF.cif", &c));
    c.space_group = 221;
    CHECK_OK(ili_crystal_confirm(ctx, &c));
    CHECK(il_warning_count(ctx) == 1);
    ili_crystal_free(&c);
}

TESTS(RUN(hall_symbols_agree_with_spglib), RUN(operations_as_text), RUN(hall_symbols_that_are_none),
      RUN(structure_files), RUN(a_wrong_space_group_is_noticed))
