/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build/order.h"

#include "base/alloc.h"
#include "build/symmetry.h"
#include "harness.h"
#include "io/cif.h"
#include "math/vec.h"

static int count_of(const il_system *sys, int z) {
    int n = 0;
    for (int32_t i = 0; i < sys->n_atoms; i++) n += sys->species[sys->type[i]].z == z;
    return n;
}

static double nearest(const il_system *sys, int za, int zb) {
    double best = 1e9;
    for (int32_t i = 0; i < sys->n_atoms; i++)
        for (int32_t j = 0; j < i; j++) {
            if (sys->species[sys->type[i]].z != za || sys->species[sys->type[j]].z != zb) continue;
            double d[3];
            ili_sub(sys->x[i], sys->x[j], d);
            best = fmin(best, ili_cell_nearest(&sys->cell, d));
        }
    return sqrt(best);
}

TEST(lagp_in_one_cell) {
    ili_crystal c;
    ili_order *order;
    ili_order_options options = ili_order_options_default();
    REQUIRE_OK(ili_crystal_read(ctx, "structures/LAGP.cif", &c));
    REQUIRE_OK(ili_order_create(ctx, &c, &options, &order));
    CHECK(order->n_repairs == 0);
    CHECK_NEAR(order->charge, 0.0, 1e-9);
    CHECK_NEAR(order->charge_asked, 6 * 0.65 + 36 * 0.139 + 12 * (0.76 * 4 + 0.24 * 3) + 90 - 144, 1e-9);
    for (int k = 0; k < 5; k++) {
        il_system *sys;
        REQUIRE_OK(ili_order_next(ctx, order, &sys));
        char formula[64];
        ili_system_formula(sys, formula, sizeof formula);
        CHECK(sys->n_atoms == 111);
        CHECK(count_of(sys, 3) == 9 && count_of(sys, 13) == 3 && count_of(sys, 32) == 9);
        CHECK(count_of(sys, 15) == 18 && count_of(sys, 8) == 72);
        CHECK(nearest(sys, 3, 3) >= options.aim_distance);
        CHECK_NEAR(nearest(sys, 3, 3), order->nearest, 1e-9);
        CHECK(!order->is_repeated);
        il_system_destroy(&sys);
    }
    ili_order_destroy(&order);
    ili_crystal_free(&c);
}

/** Every atom of a realisation lies on a position of the crystal, and no two on the same. */
TEST(supercell_places) {
    ili_crystal c;
    ili_order *order;
    il_system *sys;
    ili_order_options options = ili_order_options_default();
    options.supercell[0] = 2;
    options.supercell[2] = 3;
    REQUIRE_OK(ili_crystal_read(ctx, "structures/LiF.cif", &c));
    REQUIRE_OK(ili_order_create(ctx, &c, &options, &order));
    REQUIRE_OK(ili_order_next(ctx, order, &sys));
    CHECK(sys->n_atoms == 48 && !order->is_repeated);
    CHECK_NEAR(nearest(sys, 3, 3), 4.026 / sqrt(2.0), 1e-9);
    CHECK_NEAR(nearest(sys, 9, 3), 4.026 / 2.0, 1e-9);
    CHECK_NEAR(sys->cell.h[2][2], 3 * 4.026, 1e-12);
    il_system_destroy(&sys);
    REQUIRE_OK(ili_order_next(ctx, order, &sys)); /* an ordered crystal has one realisation */
    CHECK(order->is_repeated);
    il_system_destroy(&sys);
    ili_order_destroy(&order);
    ili_crystal_free(&c);
}

static il_system *realise(const ili_crystal *c, uint64_t seed, int which) {
    ili_order *order;
    il_system *sys = NULL;
    ili_order_options options = ili_order_options_default();
    options.seed = seed;
    CHECK_OK(ili_order_create(ctx, c, &options, &order));
    for (int k = 0; k <= which; k++) {
        il_system_destroy(&sys);
        CHECK_OK(ili_order_next(ctx, order, &sys));
    }
    ili_order_destroy(&order);
    return sys;
}

static bool same_places(const il_system *a, const il_system *b) {
    return a->n_atoms == b->n_atoms && memcmp(a->x, b->x, (size_t)a->n_atoms * sizeof *a->x) == 0;
}

TEST(seeds) {
    ili_crystal c;
    REQUIRE_OK(ili_crystal_read(ctx, "structures/LAGP.cif", &c));
    il_system *a = realise(&c, 7, 0), *b = realise(&c, 7, 0), *d = realise(&c, 8, 0), *e = realise(&c, 7, 1);
    CHECK(same_places(a, b));
    CHECK(!same_places(a, d));
    CHECK(!same_places(a, e));
    il_system_destroy(&a);
    il_system_destroy(&b);
    il_system_destroy(&d);
    il_system_destroy(&e);
    ili_crystal_free(&c);
}

/** Too little lithium on 36f, 3.6 or 4.32 of 36 places, while 6b asks for 3.9: one atom is added where the count stays
 *  nearest to what is asked, on 6b and on 36f. */
TEST(neutrality_is_repaired_on_the_mobile_ion) {
    static const double occupancy[2] = {0.1, 0.12};
    ili_crystal c;
    ili_order *order;
    ili_order_options options = ili_order_options_default();
    REQUIRE_OK(ili_crystal_read(ctx, "structures/LAGP.cif", &c));
    for (int k = 0; k < 2; k++) {
        c.sites[1].occupant[0].occupancy = occupancy[k];
        REQUIRE_OK(ili_order_create(ctx, &c, &options, &order));
        CHECK(order->n_repairs == 1);
        CHECK_NEAR(order->charge_rounded, -1.0, 1e-9);
        CHECK_NEAR(order->charge, 0.0, 1e-9);
        CHECK(order->rows[0].rounded == 4 && order->rows[2].rounded == 4);
        CHECK(order->rows[0].count == 5 - k && order->rows[2].count == 4 + k);
        ili_order_destroy(&order);
    }
    ili_crystal_free(&c);
}

/** One position half occupied by Mg and one F: one cell is charged whatever is chosen, two cells are not. */
TEST(an_impossible_cell_is_refused) {
    ili_crystal c;
    ili_order *order;
    ili_order_options options = ili_order_options_default();
    REQUIRE_OK(ili_cif_read(ctx, "structures/Li.cif", &c));
    c.n_operations = 1; /* the identity comes first */
    c.n_sites = c.n_positions = 0;
    ili_site mg = {.n_occupants = 1, .occupant = {{"Mg", 12, 0.5, 2.0}}};
    ili_site f = {.n_occupants = 1, .occupant = {{"F", 9, 1.0, -1.0}}, .frac = {0.5, 0.5, 0.5}};
    REQUIRE_OK(ili_crystal_add_site(ctx, &c, &mg));
    REQUIRE_OK(ili_crystal_add_site(ctx, &c, &f));
    REQUIRE_OK(ili_crystal_check(ctx, &c));
    CHECK(!c.is_ordered);
    CHECK_STATUS(ili_order_create(ctx, &c, &options, &order), IL_E_INPUT);
    CHECK(order == NULL && strstr(il_message(ctx), "--supercell") != NULL);
    options.supercell[0] = 2;
    REQUIRE_OK(ili_order_create(ctx, &c, &options, &order));
    CHECK(order->rows[0].count == 1 && order->n_repairs == 0);
    ili_order_destroy(&order);
    options.supercell[1] = 0;
    CHECK_STATUS(ili_order_create(ctx, &c, &options, &order), IL_E_USAGE);
    ili_crystal_free(&c);
}

/** Nine lithium ions cannot all be 3.5 A apart, 3.2 A they can. */
TEST(the_aim_is_lowered_until_there_is_room) {
    ili_crystal c;
    ili_order *order;
    il_system *sys;
    ili_order_options options = ili_order_options_default();
    options.aim_distance = 4.0;
    REQUIRE_OK(ili_crystal_read(ctx, "structures/LAGP.cif", &c));
    REQUIRE_OK(ili_order_create(ctx, &c, &options, &order));
    REQUIRE_OK(ili_order_next(ctx, order, &sys));
    CHECK(order->nearest > 3.1 && order->nearest < 3.5);
    CHECK_NEAR(nearest(sys, 3, 3), order->nearest, 1e-9);
    il_system_destroy(&sys);
    ili_order_destroy(&order);
    ili_crystal_free(&c);
}

/** Every allocation fails once: a status each time, no crash, and with enough memory the same atoms. */
TEST(memory_runs_out) {
    long n = 1;
    for (; n < 5000; n++) {
        ili_crystal c;
        ili_order *order = NULL;
        il_system *sys = NULL;
        ili_order_options options = ili_order_options_default();
        ili_alloc_fail_at(n);
        il_status status = ili_crystal_read(ctx, "structures/LAGP.cif", &c);
        if (status == IL_OK) {
            status = ili_order_create(ctx, &c, &options, &order);
            if (status == IL_OK) status = ili_order_next(ctx, order, &sys);
            ili_order_destroy(&order);
            ili_crystal_free(&c);
        }
        ili_alloc_fail_at(0);
        il_system_destroy(&sys);
        CHECK(status == IL_OK || status == IL_E_MEMORY);
        if (status != IL_E_MEMORY) break;
    }
    CHECK(n > 100 && n < 5000);
}

TEST(no_room) {
    ili_crystal c;
    ili_order *order;
    il_system *sys;
    ili_order_options options = ili_order_options_default();
    options.min_distance = 6.0;
    REQUIRE_OK(ili_crystal_read(ctx, "structures/LAGP.cif", &c));
    REQUIRE_OK(ili_order_create(ctx, &c, &options, &order));
    CHECK_STATUS(ili_order_next(ctx, order, &sys), IL_E_NOT_CONVERGED);
    CHECK(sys == NULL);
    ili_order_destroy(&order);
    ili_crystal_free(&c);
}

TESTS(RUN(lagp_in_one_cell), RUN(supercell_places), RUN(seeds), RUN(neutrality_is_repaired_on_the_mobile_ion),
      RUN(an_impossible_cell_is_refused), RUN(the_aim_is_lowered_until_there_is_room), RUN(memory_runs_out),
      RUN(no_room))
