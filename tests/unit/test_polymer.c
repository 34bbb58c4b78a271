/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Polymer builder: geometry of a chain, density, contacts, walls, obstacles, repeatability, rings, refusals. */
#include "build/polymer.h"

#include "base/alloc.h"
#include "build/chain_growth.h"
#include "build/piercing.h"
#include "build/pointgrid.h"
#include "harness.h"
#include "math/units.h"
#include "math/vec.h"
#include "system/element.h"

#include <time.h>

static ili_polymer_unit *read_dol(void) {
    ili_polymer_unit *unit = NULL;
    CHECK_OK(ili_polymer_unit_read(ctx, "structures/dol.yaml", &unit));
    return unit;
}

static ili_cell box(double a, double b, double c) {
    return (ili_cell){.h = {{a, 0, 0}, {0, b, 0}, {0, 0, c}}, .pbc = {true, true, true}};
}

TEST(box_and_gap_reach_their_density) {
    ili_polymer_unit *unit = read_dol();
    if (!unit) return;
    ili_polymer_options options;
    ili_polymer_options_default(&options);
    options.degree = 8;
    ili_cell cell = box(22, 22, 22);
    il_system *sys;
    ili_polymer_shape shape;
    CHECK_OK(ili_polymer_grow(ctx, unit, &options, &cell, NULL, &sys, &shape));
    CHECK_NEAR(shape.density, 1.2, 0.012);
    CHECK(shape.worst.ratio >= ILI_CONTACT_MIN);
    CHECK(shape.bond_strain <= 0.03);
    il_system_destroy(&sys);
    ili_polymer_unit_destroy(&unit);
}

TESTS(RUN(box_and_gap_reach_their_density))
