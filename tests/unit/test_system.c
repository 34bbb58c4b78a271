/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include "base/alloc.h"
#include "system/system.h"

/** A chain of n atoms 1 angstrom apart along a, bonded in turn and round the cell. */
static il_system *make_ring(int n) {
    il_system *sys;
    int32_t li;
    CHECK_OK(ili_system_create(ctx, &sys));
    CHECK_OK(ili_system_species(ctx, sys, "Li", 0, &li));
    sys->cell.h[0][0] = n;
    sys->cell.h[1][1] = sys->cell.h[2][2] = 9.0;
    for (int i = 0; i < n; i++) CHECK_OK(ili_system_add(ctx, sys, li, (double[3]){i, 0, 0}));
    for (int i = 0; i < n; i++) CHECK_OK(ili_system_add_bond(ctx, sys, i, (i + 1) % n));
    return sys;
}

TEST(arrays_stay_in_step) {
    il_system *sys = make_ring(5);
    CHECK_OK(ILI_SYSTEM_ARRAY(ctx, sys, side));
    CHECK_OK(ILI_SYSTEM_ARRAY(ctx, sys, charge));
    for (int i = 0; i < 5; i++) sys->side[i] = i;
    for (int i = 0; i < 1000; i++)
        CHECK_OK(ili_system_add(ctx, sys, 0, sys->x[4])); /* x inside the growing array */
    CHECK(sys->n_atoms == 1005 && sys->side[4] == 4 && sys->side[1004] == 0 && sys->charge[1004] == 0.0);
    CHECK(sys->x[1004][0] == 4.0);
    il_system_destroy(&sys);
    CHECK(sys == NULL);
    il_system_destroy(&sys);
}

TEST(species_names) {
    il_system *sys;
    int32_t a, b;
    REQUIRE_OK(ili_system_create(ctx, &sys));
    CHECK_OK(ili_system_species(ctx, sys, "CO", 6, &a));
    CHECK_OK(ili_system_species(ctx, sys, "CO", 0, &b));
    CHECK(a == b && sys->species[a].z == 6 && isnan(sys->species[a].charge));
    CHECK_STATUS(ili_system_species(ctx, sys, "?1", 0, &b), IL_E_INPUT);
    CHECK_STATUS(ili_system_species(ctx, sys, "Li345678901234567", 0, &b), IL_E_INPUT);
    il_system_destroy(&sys);
}

TEST(filter_keeps_order_and_bonds) {
    enum { N = 5000 };
    il_system *sys = make_ring(N);
    bool keep[N];
    sys->has_energy = true;
    for (int i = 0; i < N; i++)
        keep[i] = i % 3 != 1; /* 0 2 3 5 6 8 ...: bonds 2-3, 5-6, ... are left, and N-1 to 0 */
    ili_system_filter(sys, keep);
    CHECK(sys->n_atoms == N - 1667);
    CHECK(!sys->has_energy);
    for (int i = 0; i < sys->n_atoms; i++) CHECK(sys->x[i][0] == i / 2 * 3 + i % 2 * 2);
    CHECK(sys->n_bonds == 1666);
    for (int b = 0; b < sys->n_bonds; b++) {
        double d = sys->x[sys->bonds[b][1]][0] - sys->x[sys->bonds[b][0]][0];
        CHECK(d == 1.0 || d == N - 1.0);
    }
    il_system_destroy(&sys);
}

TEST(append_numbers_molecules_on) {
    il_system *a = make_ring(3), *b = make_ring(4);
    int32_t na;
    REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, a, molecule));
    REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, b, molecule));
    REQUIRE_OK(ili_system_species(ctx, b, "Na", 0, &na));
    b->type[0] = na;
    for (int i = 0; i < 3; i++) a->molecule[i] = 1;
    for (int i = 1; i < 4; i++) b->molecule[i] = 1;
    REQUIRE_OK(ili_system_append(ctx, a, b, 1));
    CHECK(a->n_atoms == 7 && a->n_bonds == 7 && a->n_species == 2);
    CHECK(a->molecule[0] == 1 && a->molecule[3] == 0 && a->molecule[4] == 2);
    CHECK(a->side[2] == 0 && a->side[3] == 1);
    CHECK(strcmp(a->species[a->type[3]].name, "Na") == 0 && a->bonds[3][0] == 3 && a->bonds[3][1] == 4);
    char formula[32];
    ili_system_formula(a, formula, sizeof formula);
    CHECK(strcmp(formula, "Li6Na") == 0);
    CHECK_NEAR(ili_system_mass(a), 6 * 6.94 + 22.98976928, 1e-6);
    il_system_destroy(&a);
    il_system_destroy(&b);
}

TEST(repeat_carries_bonds_across) {
    il_system *sys = make_ring(4), *big, *none;
    REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, sys, molecule));
    for (int i = 0; i < 4; i++) sys->molecule[i] = 1;
    REQUIRE_OK(ili_system_repeat(ctx, sys, (int[3]){3, 2, 1}, &big));
    CHECK(big->n_atoms == 24 && big->n_bonds == 24 && big->molecule[23] == 6);
    CHECK(big->cell.h[0][0] == 12.0 && big->cell.h[1][1] == 18.0);
    for (int b = 0; b < big->n_bonds; b++) {
        double d[3];
        for (int k = 0; k < 3; k++) d[k] = big->x[big->bonds[b][1]][k] - big->x[big->bonds[b][0]][k];
        CHECK_NEAR(ili_cell_nearest(&big->cell, d), 1.0, 1e-12);
    }
    CHECK_STATUS(ili_system_repeat(ctx, sys, (int[3]){1, 0, 1}, &none), IL_E_INPUT);
    CHECK_STATUS(ili_system_repeat(ctx, sys, (int[3]){100000, 100000, 100000}, &none), IL_E_INPUT);
    CHECK(none == NULL);
    il_system_destroy(&sys);
    il_system_destroy(&big);
}

TEST(copy_is_deep_and_survives_lost_memory) {
    il_system *sys = make_ring(4), *copy;
    sys->has_energy = true;
    sys->energy = -1.5;
    for (long n = 1; n < 20; n++) {
        ili_alloc_fail_at(n);
        il_status status = ili_system_copy(ctx, sys, &copy);
        ili_alloc_fail_at(0);
        CHECK(status == IL_OK || (status == IL_E_MEMORY && copy == NULL));
        if (status == IL_OK)
            CHECK(copy->x != sys->x && copy->n_bonds == 4 && copy->has_energy && copy->energy == -1.5);
        il_system_destroy(&copy);
    }
    il_system_destroy(&sys);
}

TESTS(RUN(arrays_stay_in_step), RUN(species_names), RUN(filter_keeps_order_and_bonds),
      RUN(append_numbers_molecules_on), RUN(repeat_carries_bonds_across),
      RUN(copy_is_deep_and_survives_lost_memory))
