/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scratch.h"

#include "io/poscar.h"

static const char PLAIN[] = "title\n"
                            "2.0\n"
                            "1 0 0\n"
                            "0 2 0\n"
                            "0 1 3\n"
                            "Li_sv O\n"
                            "1 2\n"
                            "Selective dynamics\n"
                            "Direct\n"
                            "0 0 0.5 T T F\n"
                            "0.5 0.5 0.5 T T T\n"
                            "0.25 0 0 T T T\n"
                            "\n"
                            "0 0 0\n";

static il_system *read_text(const char *text) {
    scratch_path path;
    il_system *sys;
    scratch_name(path, ".poscar");
    scratch_write(path, text, strlen(text));
    CHECK_OK(ili_poscar_read(ctx, path, &sys));
    unlink(path);
    return sys;
}

TEST(direct_with_selective_dynamics) {
    il_system *sys = read_text(PLAIN);
    CHECK(sys && sys->n_atoms == 3 && sys->species[sys->type[2]].z == 8);
    CHECK(strcmp(sys->species[0].name, "Li") == 0);
    CHECK(sys->cell.h[2][1] == 2.0 && sys->cell.h[2][2] == 6.0);
    CHECK(sys->x[0][1] == 1.0 && sys->x[0][2] == 3.0 && sys->x[2][0] == 0.5);
    CHECK(il_warning_count(ctx) == 1);
    il_system_destroy(&sys);
}

TEST(cartesian_and_scale_as_volume) {
    il_system *sys = read_text("t\n-27\n1 0 0\n0 1 0\n0 0 1\nLi\n1\ncart\n0.5 0.25 1\n");
    CHECK_NEAR(ili_cell_volume(&sys->cell), 27.0, 1e-12);
    CHECK_NEAR(sys->x[0][0], 1.5, 1e-14);
    CHECK_NEAR(sys->x[0][2], 3.0, 1e-14);
    il_system_destroy(&sys);
}

TEST(order_is_kept_by_naming_elements_again) {
    scratch_path path;
    il_system *a = read_text("t\n1\n4 0 0\n1 5 0\n-2 0.5 6\nLi O Li Ge\n1 2 1 1\nDirect\n0 0 0\n.1 .2 .3\n.4 "
                             ".5 .6\n.7 .8 .9\n.5 .5 .1\n"),
              *b;
    scratch_name(path, ".vasp");
    REQUIRE_OK(ili_poscar_write(ctx, a, path));
    REQUIRE_OK(ili_poscar_read(ctx, path, &b));
    CHECK(b->n_atoms == 5 && b->n_species == 3);
    CHECK(memcmp(a->cell.h, b->cell.h, sizeof a->cell.h) == 0);
    for (int i = 0; i < 5; i++) {
        CHECK(a->species[a->type[i]].z == b->species[b->type[i]].z);
        for (int k = 0; k < 3; k++) CHECK_NEAR(a->x[i][k], b->x[i][k], 1e-14 * 10);
    }
    il_system_destroy(&a);
    il_system_destroy(&b);
    unlink(path);
}

TEST(malformed_files_are_refused) {
    scratch_reader read = ili_poscar_read;
    scratch_refused(read, "t\n", 1, "the file ends here");
    scratch_refused(read, "t\n0\n", 2, "scale");
    scratch_refused(read, "t\n1\n1 0 0\n0 1 0\n0 1\n", 5, "lattice vector");
    scratch_refused(read, "t\n1\n1 0 0\n0 1 0\n1 1 0\nLi\n1\nDirect\n0 0 0\n", 5, "no volume");
    scratch_refused(read, "t\n1\n1 0 0\n0 1 0\n0 0 1\n4\nDirect\n0 0 0\n", 6, "VASP 4");
    scratch_refused(read, "t\n1\n1 0 0\n0 1 0\n0 0 1\nXx\n4\nDirect\n0 0 0\n", 6, "'Xx'");
    scratch_refused(read, "t\n1\n1 0 0\n0 1 0\n0 0 1\nLi O\n4\nDirect\n0 0 0\n", 7, "found 1 counts");
    scratch_refused(read, "t\n1\n1 0 0\n0 1 0\n0 0 1\nLi\n-4\nDirect\n0 0 0\n", 7, "'-4'");
    scratch_refused(read, "t\n1\n1 0 0\n0 1 0\n0 0 1\nLi\n2000000000\nDirect\n0 0 0\n", 9,
                    "the file ends here");
    scratch_refused(read, "t\n1\n1 0 0\n0 1 0\n0 0 1\nLi\n1\nfractional\n0 0 0\n", 8, "Direct or Cartesian");
    scratch_refused(read, "t\n1\n1 0 0\n0 1 0\n0 0 1\nLi\n1\nDirect\n0 0 x\n", 9, "'x'");
    scratch_refused(read, "t\n1\n1 0 0\n0 1 0\n0 0 1\nLi\n0\nDirect\n", 8, "no atom");
}

TEST(no_spoiled_file_crashes) {
    scratch_torture(ili_poscar_read, PLAIN);
}

TESTS(RUN(direct_with_selective_dynamics), RUN(cartesian_and_scale_as_volume),
      RUN(order_is_kept_by_naming_elements_again), RUN(malformed_files_are_refused),
      RUN(no_spoiled_file_crashes))
