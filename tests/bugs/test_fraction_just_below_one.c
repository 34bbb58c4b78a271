/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fractions between 1 - 1e-9 and 1 of a CIF were read as 0: an atom of our own relaxed.cif stood 3e-10 angstrom from where others read it. */
#include "harness.h"

#include "system/system.h"

#include <math.h>
#include <unistd.h>

static const char CIF[] =
    "data_x\n_cell_length_a 10\n_cell_length_b 10\n_cell_length_c 10\n_cell_angle_alpha 90\n"
    "_cell_angle_beta 90\n_cell_angle_gamma 90\n_space_group_IT_number 1\nloop_\n_atom_site_label\n"
    "_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
    "Li1 Li 0.999999999961 -0.000000000039 0.5\n";

TEST(a_fraction_just_below_one_is_kept) {
    char path[] = P_tmpdir "/interlith-test-XXXXXX.cif";
    il_system *sys = NULL;
    const int file = mkstemps(path, 4);
    CHECK(file >= 0 && write(file, CIF, sizeof CIF - 1) == (ssize_t)sizeof CIF - 1);
    close(file);
    CHECK_OK(il_system_read(ctx, path, &sys));
    for (int k = 0; k < 2 && sys; k++)
        CHECK_NEAR(sys->x[0][k] - 10.0 * round(0.1 * sys->x[0][k]), -3.9e-10, 1e-13);
    il_system_destroy(&sys);
    unlink(path);
}

TESTS(RUN(a_fraction_just_below_one_is_kept))
