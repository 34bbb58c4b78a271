/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scratch.h"

#include "base/alloc.h"
#include "io/extxyz.h"

static const char TWO_FRAMES[] =
    "2\n"
    "Lattice=\"4 0 0 -2 3 0 0 0 20\" Properties=extra:I:2:species:S:1:pos:R:3:label:S:1:charge:R:1:side:I:1:"
    "forces:R:3:mol:I:1 pbc=\"T T F\" energy=-1.5 name=\"a \\\"b\\\" c\" bonds=\"0-1\"\n"
    "7 8 Li 0.1 0.2 0.3 Li0 0.6 0 1 2 3 4\n"
    "9 9 C 1e-3 -2 3.5 CO -0.25 1 -1 -2 -3 0\n"
    "1\n"
    "gap_A=2.25 flag energy_eV=3\n"
    "O 1 2 3\n";

TEST(columns_in_any_order) {
    scratch_path path;
    il_system *sys;
    scratch_name(path, ".xyz");
    scratch_write(path, TWO_FRAMES, strlen(TWO_FRAMES));
    REQUIRE_OK(ili_extxyz_read(ctx, path, &sys));
    CHECK(sys->n_atoms == 2 && sys->n_species == 2 && sys->n_bonds == 1);
    CHECK(strcmp(sys->species[0].name, "Li0") == 0 && sys->species[0].z == 3);
    CHECK(strcmp(sys->species[1].name, "CO") == 0 && sys->species[1].z == 6);
    CHECK(sys->x[1][0] == 1e-3 && sys->x[1][1] == -2.0 && sys->charge[1] == -0.25);
    CHECK(sys->side[1] == 1 && sys->f[1][2] == -3.0 && sys->molecule[0] == 4 && !sys->v);
    CHECK(sys->cell.h[1][0] == -2.0 && sys->cell.h[2][2] == 20.0);
    CHECK(sys->cell.pbc[0] && sys->cell.pbc[1] && !sys->cell.pbc[2]);
    CHECK(sys->has_energy && sys->energy == -1.5);
    il_system_destroy(&sys);
    unlink(path);
}

TEST(later_frames_columns_and_info) {
    scratch_path path;
    il_system *sys;
    double *values, gap;
    int32_t n;
    scratch_name(path, ".xyz");
    scratch_write(path, TWO_FRAMES, strlen(TWO_FRAMES));
    REQUIRE_OK(ili_extxyz_read_frame(ctx, path, 1, &sys));
    CHECK(sys->n_atoms == 1 && !sys->cell.pbc[0] && sys->has_energy && sys->energy == 3.0);
    CHECK(ili_cell_check(ctx, &sys->cell, "cell") == IL_OK);
    il_system_destroy(&sys);
    CHECK_STATUS(ili_extxyz_read_frame(ctx, path, 2, &sys), IL_E_INPUT);
    REQUIRE_OK(ili_extxyz_read_column(ctx, path, 0, "extra", 2, &values, &n));
    CHECK(n == 2 && values[0] == 7.0 && values[3] == 9.0);
    ili_free(values);
    CHECK_STATUS(ili_extxyz_read_column(ctx, path, 0, "forces", 2, &values, &n), IL_E_INPUT);
    CHECK_STATUS(ili_extxyz_read_column(ctx, path, 0, "none", 1, &values, &n), IL_E_INPUT);
    CHECK_OK(ili_extxyz_read_info(ctx, path, 1, "gap_A", &gap));
    CHECK(gap == 2.25);
    CHECK_STATUS(ili_extxyz_read_info(ctx, path, 0, "gap_A", &gap), IL_E_INPUT);
    CHECK_STATUS(ili_extxyz_read_info(ctx, path, 0, "name", &gap), IL_E_INPUT);
    unlink(path);
}

TEST(written_files_read_back_the_same) {
    scratch_path from, to;
    il_system *a, *b;
    scratch_name(from, ".xyz");
    scratch_name(to, ".xyz");
    scratch_write(from, TWO_FRAMES, strlen(TWO_FRAMES));
    REQUIRE_OK(ili_extxyz_read(ctx, from, &a));
    a->x[0][0] = 1.0 / 3.0;
    REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, a, v));
    a->v[1][2] = 0.1 + 0.2;
    REQUIRE_OK(ili_extxyz_write(ctx, a, to));
    REQUIRE_OK(ili_extxyz_read(ctx, to, &b));
    CHECK(memcmp(&a->cell, &b->cell, sizeof a->cell.h) == 0 && b->cell.pbc[1] && !b->cell.pbc[2]);
    CHECK(memcmp(a->x, b->x, 2 * sizeof *a->x) == 0 && memcmp(a->v, b->v, 2 * sizeof *a->v) == 0);
    CHECK(memcmp(a->f, b->f, 2 * sizeof *a->f) == 0 && memcmp(a->charge, b->charge, 2 * sizeof(double)) == 0);
    CHECK(memcmp(a->side, b->side, 2 * sizeof(int32_t)) == 0 && memcmp(a->molecule, b->molecule, 8) == 0);
    CHECK(strcmp(b->species[1].name, "CO") == 0 && b->species[1].z == 6);
    CHECK(b->n_bonds == 1 && b->bonds[0][1] == 1 && b->energy == -1.5);
    il_system_destroy(&a);
    il_system_destroy(&b);
    unlink(from);
    unlink(to);
}

TEST(malformed_files_are_refused) {
    scratch_reader read = ili_extxyz_read;
    scratch_refused(read, "x\n\nLi 0 0 0\n", 1, "number of atoms");
    scratch_refused(read, "0\n\n", 1, "number of atoms");
    scratch_refused(read, "2147483647\n\nLi 0 0 0\n", 3, "the file ends here");
    scratch_refused(read, "99999999999\n\nLi 0 0 0\n", 1, "number of atoms");
    scratch_refused(read, "1\n\nLi 0 0\n", 3, "3 words");
    scratch_refused(read, "1\n\nLi 0 0 nan\n", 3, "'nan'");
    scratch_refused(read, "1\n\nQq 0 0 0\n", 3, "'Qq'");
    scratch_refused(read, "1\nLattice=\"1 0 0 0 1 0 0 0\"\nLi 0 0 0\n", 2, "8 numbers");
    scratch_refused(read, "1\nLattice=\"1 0 0 0 1 0 1 1 0\"\nLi 0 0 0\n", 2, "no volume");
    scratch_refused(read, "1\nLattice=\"1 0 0\nLi 0 0 0\n", 2, "closing quote");
    scratch_refused(read, "1\na=1 a=2\nLi 0 0 0\n", 2, "twice");
    scratch_refused(read, "1\npbc=\"T T\"\nLi 0 0 0\n", 2, "pbc");
    scratch_refused(read, "1\npbc=\"T T T\"\nLi 0 0 0\n", 2, "no Lattice");
    scratch_refused(read, "1\nProperties=species:S:1:pos:R\nLi 0 0 0\n", 2, "Properties");
    scratch_refused(read, "1\nProperties=species:S:1:pos:R:2\nLi 0 0 0\n", 2, "expected R:3");
    scratch_refused(read, "1\nProperties=species:S:1\nLi\n", 2, "no column 'pos'");
    scratch_refused(read, "1\nbonds=\"0-1\"\nLi 0 0 0\n", 2, "bonds");
    scratch_refused(read, "1\nenergy=low\nLi 0 0 0\n", 2, "'low'");
}

TEST(no_spoiled_file_crashes) {
    scratch_torture(ili_extxyz_read, TWO_FRAMES);
}

TESTS(RUN(columns_in_any_order), RUN(later_frames_columns_and_info), RUN(written_files_read_back_the_same),
      RUN(malformed_files_are_refused), RUN(no_spoiled_file_crashes))
