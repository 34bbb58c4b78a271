/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A cell whose b is perpendicular to a in any direction of the plane was once written with a tilt of 1e-31 angstrom, which the
 *  rotation had left. LAMMPS took the box for a tilted one and refused the slab correction of its Ewald sum. */
#include "harness.h"

#include "base/alloc.h"
#include "base/text.h"
#include "io/lammps_data.h"

#include <math.h>
#include <unistd.h>

/** Is a tilt in the file of one atom in a cell with a along `angle`, and b away from the perpendicular by `shear`? */
static bool has_tilt(double angle, double shear) {
    const double c = cos(angle), s = sin(angle);
    const ili_cell cell = {
        .h = {{3.3 * c, 3.3 * s, 0}, {-11.7 * s + shear * c, 11.7 * c + shear * s, 0}, {0, 0, 26.7}},
        .pbc = {true, true, true}};
    char path[] = P_tmpdir "/interlith-test-XXXXXX", *text = NULL;
    il_system *sys = NULL;
    int32_t type;
    const int file = mkstemp(path);
    CHECK(file >= 0);
    close(file);
    CHECK_OK(ili_system_create(ctx, &sys));
    CHECK_OK(ili_system_species(ctx, sys, "Li", 3, &type));
    CHECK_OK(ili_system_add(ctx, sys, type, (const double[3]){1.0, 2.0, 3.0}));
    sys->cell = cell;
    CHECK_OK(ili_lammps_data_write(ctx, sys, path));
    CHECK_OK(ili_read_file(ctx, path, 1 << 16, &text, NULL));
    const bool is_tilted = text && strstr(text, "xy xz yz");
    ili_free(text);
    il_system_destroy(&sys);
    unlink(path);
    return is_tilted;
}

TEST(rounding_is_no_tilt) {
    for (int k = 0; k < 60; k++) CHECK(!has_tilt(0.1 * k, 0.0));
}

TEST(a_small_tilt_stays) {
    for (int k = 0; k < 60; k++) CHECK(has_tilt(0.1 * k, 1e-12));
}

TESTS(RUN(rounding_is_no_tilt); RUN(a_small_tilt_stays))
