/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Bonds lost and gained between two geometries, across periodic boundaries too. */
#include "harness.h"

#include "analysis/network.h"

/** PO4-like fragment whose first O is bonded through the cell boundary, and a carbon. */
static il_system *fragment(void) {
    static const double x[6][3] = {{0.5, 5, 5},     {9.0, 5, 5},     {1.5, 6.1, 5},
                                   {1.0, 4.2, 6.2}, {1.0, 4.2, 3.8}, {5, 5, 5}};
    static const char *const name[6] = {"P", "O", "O", "O", "O", "C"};
    il_system *sys;
    if (ili_system_create(ctx, &sys) != IL_OK) return NULL;
    sys->cell = (ili_cell){{{10, 0, 0}, {0, 10, 0}, {0, 0, 10}}, {true, true, true}};
    for (int i = 0; i < 6; i++) {
        int32_t type;
        if (ili_system_species(ctx, sys, name[i], 0, &type) != IL_OK ||
            ili_system_add(ctx, sys, type, x[i]) != IL_OK)
            return NULL;
    }
    return sys;
}

static ili_network_change change_of(const ili_network_verdict *v, const char *kind) {
    for (int k = 0; k < v->n_kinds; k++)
        if (strcmp(v->kinds[k].kind, kind) == 0) return v->kinds[k];
    return (ili_network_change){.before = -1};
}

TEST(stretch_is_no_reaction_but_loss_and_gain_are) {
    il_system *before = fragment(), *after = fragment();
    ili_network_verdict v;
    CHECK(before && after);
    REQUIRE_OK(ili_network_compare(ctx, before, after, &v));
    CHECK(v.intact && change_of(&v, "P-O").before == 4);
    after->x[1][0] = 8.3; /* P-O 1.5 -> 2.2 A: between the two limits */
    REQUIRE_OK(ili_network_compare(ctx, before, after, &v));
    CHECK(v.intact);
    after->x[1][0] = 7.5; /* 3.0 A: gone */
    REQUIRE_OK(ili_network_compare(ctx, before, after, &v));
    CHECK(!v.intact && change_of(&v, "P-O").broken == 1 && change_of(&v, "P-O").made == 0);
    after->x[1][0] = 6.3; /* and 1.3 A from the carbon */
    REQUIRE_OK(ili_network_compare(ctx, before, after, &v));
    CHECK(change_of(&v, "C-O").made == 1 && change_of(&v, "C-O").before == 0);
    after->x[1][0] = 6.9; /* 1.9 A from the carbon, between the two limits: not made */
    REQUIRE_OK(ili_network_compare(ctx, before, after, &v));
    CHECK(change_of(&v, "C-O").made <= 0 && change_of(&v, "P-O").broken == 1);
    il_system_destroy(&before);
    il_system_destroy(&after);
}

TEST(other_atoms_are_refused) {
    il_system *before = fragment(), *after = fragment();
    ili_network_verdict v;
    after->n_atoms--;
    CHECK_STATUS(ili_network_compare(ctx, before, after, &v), IL_E_INPUT);
    il_system_destroy(&before);
    il_system_destroy(&after);
}

TESTS(RUN(stretch_is_no_reaction_but_loss_and_gain_are), RUN(other_atoms_are_refused))
