/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scratch.h"

#include "io/lammps_data.h"
#include "math/vec.h"

static const char FULL[] = "LAMMPS data file via write_data, units = real, boundary p p f\n"
                           "\n"
                           "3 atoms\n"
                           "2 atom types\n"
                           "1 bonds\n"
                           "1 bond types\n"
                           "1 angles\n"
                           "-1 4 xlo xhi\n"
                           "0 6.0 ylo yhi\n"
                           "0 9 zlo zhi\n"
                           "-2 0.5 0 xy xz yz\n"
                           "\n"
                           "Masses\n"
                           "\n"
                           "1 12.011 # CO carbonyl\n"
                           "2 15.999\n"
                           "\n"
                           "Pair Coeffs # lj/cut\n"
                           "\n"
                           "1 0.1 3.5\n"
                           "2 0.1 3.0\n"
                           "\n"
                           "Atoms # full\n"
                           "\n"
                           "7 1 2 -0.5 1 1 1 0 0 0\n"
                           "3 1 1 0.5 0 0 0 1 -1 0\n"
                           "5 0 2 0 2 2 2 0 0 1\n"
                           "\n"
                           "Velocities\n"
                           "\n"
                           "3 0.001 0 0\n"
                           "5 0 0.002 0\n"
                           "7 0 0 0.003\n"
                           "\n"
                           "Bonds\n"
                           "\n"
                           "1 1 7 3\n"
                           "\n"
                           "Angles\n"
                           "\n"
                           "1 1 7 3 5\n";

TEST(full_style_with_images) {
    scratch_path path;
    il_system *sys;
    scratch_name(path, ".data");
    scratch_write(path, FULL, strlen(FULL));
    REQUIRE_OK(ili_lammps_data_read(ctx, path, &sys));
    CHECK(sys->n_atoms == 3 && sys->n_bonds == 1 && sys->bonds[0][0] == 0 && sys->bonds[0][1] == 2);
    CHECK(strcmp(sys->species[sys->type[0]].name, "CO") == 0 && sys->species[sys->type[0]].z == 6);
    CHECK(strcmp(sys->species[sys->type[1]].name, "O") == 0);
    CHECK(sys->cell.h[0][0] == 5.0 && sys->cell.h[1][0] == -2.0 && sys->cell.h[2][0] == 0.5 &&
          sys->cell.h[2][2] == 9.0);
    CHECK(sys->cell.pbc[1] && !sys->cell.pbc[2]);
    CHECK(sys->x[0][0] == 0.0 + 5.0 + 2.0 + 1.0 && sys->x[0][1] == -6.0); /* image (1, -1, 0), corner at -1 */
    CHECK(sys->x[1][2] == 11.0 && sys->x[2][0] == 2.0);
    CHECK(sys->charge[2] == -0.5 && sys->molecule[1] == 0 && sys->v[1][1] == 0.002);
    CHECK(il_warning_count(ctx) == 1);
    il_system_destroy(&sys);
    unlink(path);
}

/** Distances, cell shape, charges and bonds survive; a cell in LAMMPS form survives to the last bit. */
static void check_round_trip(il_system *a, bool is_exact) {
    scratch_path path;
    il_system *b;
    scratch_name(path, ".data");
    REQUIRE_OK(ili_lammps_data_write(ctx, a, path));
    REQUIRE_OK(ili_lammps_data_read(ctx, path, &b));
    CHECK(b->n_atoms == a->n_atoms && b->n_bonds == a->n_bonds && b->cell.pbc[2] == a->cell.pbc[2]);
    CHECK_NEAR(ili_cell_volume(&b->cell), ili_cell_volume(&a->cell), 1e-12 * ili_cell_volume(&a->cell));
    if (is_exact) CHECK(memcmp(a->x, b->x, (size_t)a->n_atoms * sizeof *a->x) == 0);
    for (int i = 0; i < a->n_atoms; i++) {
        CHECK(strcmp(a->species[a->type[i]].name, b->species[b->type[i]].name) == 0);
        if (a->charge) CHECK(a->charge[i] == b->charge[i]);
        if (a->v) CHECK_NEAR(ili_norm(a->v[i]), ili_norm(b->v[i]), 1e-15);
        for (int j = 0; j < i; j++) {
            double da[3], db[3];
            ili_sub(a->x[i], a->x[j], da);
            ili_sub(b->x[i], b->x[j], db);
            CHECK_NEAR(sqrt(ili_cell_nearest(&a->cell, da)), sqrt(ili_cell_nearest(&b->cell, db)), 1e-12);
        }
    }
    il_system_destroy(&b);
    unlink(path);
}

static il_system *make_system(const double h[3][3]) {
    il_system *sys;
    int32_t li, co;
    CHECK_OK(ili_system_create(ctx, &sys));
    memcpy(sys->cell.h, h, sizeof sys->cell.h);
    CHECK_OK(ili_system_species(ctx, sys, "Li0", 3, &li));
    CHECK_OK(ili_system_species(ctx, sys, "CO", 6, &co));
    CHECK_OK(ili_system_add(ctx, sys, li, (double[3]){0.1, 0.2, 1.0 / 3.0}));
    CHECK_OK(ili_system_add(ctx, sys, co, (double[3]){1.5, 3.2, 0.7}));
    CHECK_OK(ili_system_add(ctx, sys, li, (double[3]){-0.4, 2.1, 2.2}));
    return sys;
}

TEST(round_trips) {
    const double plain[3][3] = {{5, 0, 0}, {-2.5, 4.3, 0}, {0.7, 0.2, 8}};
    const double turned[3][3] = {{0, 5, 1}, {4, 1, 0}, {1, 1, -7}},
                 left[3][3] = {{5, 0, 0}, {0, 0, 6}, {0.5, 7, 0}};
    il_system *sys = make_system(plain);
    check_round_trip(sys, true);
    REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, sys, charge));
    sys->charge[1] = -0.1234567890123;
    sys->cell.pbc[2] = false;
    check_round_trip(sys, true);
    CHECK_OK(ili_system_add_bond(ctx, sys, 0, 2));
    REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, sys, v));
    sys->v[1][2] = 0.0125;
    check_round_trip(sys, true);
    il_system_destroy(&sys);
    sys = make_system(turned);
    CHECK(ili_det(sys->cell.h) > 0.0);
    check_round_trip(sys, false);
    il_system_destroy(&sys);
    sys = make_system(left);
    CHECK(ili_det(sys->cell.h) < 0.0);
    check_round_trip(sys, false);
    il_system_destroy(&sys);
}

#define HEAD "t\n1 atoms\n1 atom types\n0 1 xlo xhi\n0 1 ylo yhi\n0 1 zlo zhi\n"

TEST(malformed_files_are_refused) {
    scratch_reader read = ili_lammps_data_read;
    scratch_refused(read, "t\n1 atoms\n", 2, "expected the section Atoms");
    scratch_refused(read, "t, units lj\n1 atoms\n", 1, "'lj'");
    scratch_refused(read, "t\n-1 atoms\n", 2, "expected a count");
    scratch_refused(read, "t\n99999999999 atoms\n", 2, "expected a count");
    scratch_refused(read, "t\n1 atoms\n1 atom types\n0 1 xlo xhi\nAtoms\n", 5, "no box along y");
    scratch_refused(read, HEAD "Masses\n\n2 6.94\n", 9, "an atom type");
    scratch_refused(read, HEAD "Masses\n\n1 500\n", 9, "belongs to no element");
    scratch_refused(read, HEAD "Atoms\n\n1 1 0 0 0\n", 9, "no mass");
    scratch_refused(read, HEAD "Masses\n\n1 6.94\n\nAtoms\n\n1 1 0 0\n", 13, "atom style");
    scratch_refused(read, HEAD "Masses\n\n1 6.94\n\nAtoms # full\n\n1 1 0 0 0\n", 13, "style full");
    scratch_refused(read, HEAD "Masses\n\n1 6.94\n\nAtoms\n\n1 1 0 0 0\n2 1 0 0 0\n", 14, "more lines");
    scratch_refused(read,
                    "t\n2 atoms\n1 atom types\n0 1 xlo xhi\n0 1 ylo yhi\n0 1 zlo zhi\nMasses\n\n1 "
                    "6.94\n\nAtoms\n\n1 1 0 0 0\n1 1 0 0 0\n",
                    14, "twice");
    scratch_refused(read, HEAD "1 bonds\nMasses\n\n1 6.94\n\nAtoms\n\n1 1 0 0 0\n\nBonds\n\n1 1 1 4\n", 18,
                    "atom id 4");
    scratch_refused(read, HEAD "Masses\n\n1 6.94\n\nElectrons\n\n", 11, "'Electrons'");
    scratch_refused(read, HEAD "Masses\n\n1 6.94\n", 9, "without a section Atoms");
}

TEST(no_spoiled_file_crashes) {
    scratch_torture(ili_lammps_data_read, FULL);
}

TESTS(RUN(full_style_with_images), RUN(round_trips), RUN(malformed_files_are_refused),
      RUN(no_spoiled_file_crashes))
