/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is followed: ions, molecular ions, charge numbers, framework; and what is refused. */
#include "harness.h"

#include "system/element.h"
#include "task/diffuse_carriers.h"

/** Atoms of these species in a row, 3 angstrom apart, without bonds. */
static il_system *row_of(const char *const *names) {
    il_system *sys = NULL;
    int32_t type;
    if (ili_system_create(ctx, &sys) != IL_OK) return NULL;
    sys->cell = (ili_cell){.h = {{50, 0, 0}, {0, 50, 0}, {0, 0, 50}}, .pbc = {true, true, true}};
    for (int i = 0; names[i]; i++) {
        CHECK_OK(ili_system_species(ctx, sys, names[i], ili_element_z_of_label(names[i]), &type));
        CHECK_OK(ili_system_add(ctx, sys, type, (double[]){3.0 * i, 0, 0}));
    }
    return sys;
}

/** Bond atom `first` to the n that follow it. */
static void bond(il_system *sys, int32_t first, int n) {
    for (int32_t k = 1; k <= n; k++) CHECK_OK(ili_system_add_bond(ctx, sys, first, first + k));
}

static il_status find(const il_system *sys, const char *species, const char *charges, const char *reference,
                      ili_carriers *c) {
    const ili_carrier_choice choice = {species, charges, reference};
    return ili_carriers_find(ctx, sys, NULL, &choice, "test", c);
}

static void refused(const il_system *sys, const char *species, const char *charges, const char *reference,
                    const char *words) {
    ili_carriers c;
    CHECK_STATUS(find(sys, species, charges, reference, &c), IL_E_INPUT);
    CHECK(strncmp(il_message(ctx), "test: ", 6) == 0);
    if (!strstr(il_message(ctx), words)) {
        fprintf(stderr, "message '%s', expected '%s'\n", il_message(ctx), words);
        CHECK(!"the message names the reason");
    }
    CHECK(c.group == NULL);
}

TEST(crystal) {
    il_system *sys = row_of((const char *const[]){"Li", "O", "P", "Li", "O", NULL});
    ili_carriers c;
    REQUIRE_OK(find(sys, "", "", "auto", &c));
    CHECK(c.n_groups == 1 && strcmp(c.groups[0].name, "Li") == 0 && c.groups[0].z == 1.0 && c.count[0] == 2);
    CHECK(c.reference == ILI_REFERENCE_FRAMEWORK && c.n_framework == 3 && !c.has_molecules);
    CHECK(c.group[0] == 0 && c.group[1] == -1 && c.body[0] == -1 && c.framework[1] && !c.framework[3]);
    CHECK_NEAR(c.mass[2], 30.973761998, 1e-12);
    ili_carriers_free(&c);
    /* both kinds followed, charges from oxidation states, one of them given */
    REQUIRE_OK(find(sys, " Li , O ", "O=-1.5", "auto", &c));
    CHECK(c.n_groups == 2 && c.groups[0].z == 1.0 && c.groups[1].z == -1.5 && c.count[1] == 2);
    ili_carriers_free(&c);
    REQUIRE_OK(find(sys, "Li,O,P", "", "auto", &c)); /* nothing left to refer to */
    CHECK(c.reference == ILI_REFERENCE_BARYCENTRE && c.groups[2].z == 5.0);
    ili_carriers_free(&c);
    refused(sys, "Li,O,P", "", "framework", "no framework");
    refused(sys, "Na", "", "auto", "no species, element or molecule 'Na'");
    refused(sys, "li", "", "auto", "did you mean Li?");
    refused(sys, "Li,,O", "", "auto", "empty name");
    refused(sys, "Li,Li", "", "auto", "two of the species");
    refused(sys, "Li", "Li", "auto", "expected NAME=NUMBER");
    refused(sys, "Li", "O=-2", "auto", "expected NAME=NUMBER");
    refused(sys, "Li", "Li=one", "auto", "expected NAME=NUMBER");
    refused(sys, "Li", "Li=1,Li=1", "auto", "expected NAME=NUMBER");
    refused(sys, "Li", "Li=100", "auto", "expected NAME=NUMBER");
    il_system_destroy(&sys);
}

TEST(no_carrier) {
    il_system *sys = row_of((const char *const[]){"Si", "O", "He", NULL});
    ili_carriers c;
    refused(sys, "", "", "auto", "name the mobile species");
    refused(sys, "He", "", "auto", "charge number of He is not known");
    REQUIRE_OK(find(sys, "He", "He=0", "auto", &c));
    CHECK(c.groups[0].z == 0.0);
    ili_carriers_free(&c);
    il_system_destroy(&sys);
}

TEST(salt) {
    /* two LiPF6 and a neutral molecule between them */
    il_system *sys = row_of((const char *const[]){"Li", "P",  "F", "F", "F", "F", "F", "F", "C", "O",
                                                  "O",  "Li", "P", "F", "F", "F", "F", "F", "F", NULL});
    ili_carriers c;
    bond(sys, 1, 6);
    bond(sys, 8, 2);
    bond(sys, 12, 6);
    REQUIRE_OK(find(sys, "", "", "auto", &c));
    CHECK(c.n_groups == 2 && strcmp(c.groups[1].name, "PF6") == 0 && c.groups[1].z == -1.0);
    CHECK(c.count[0] == 2 && c.count[1] == 2 && c.has_molecules && c.reference == ILI_REFERENCE_BARYCENTRE);
    CHECK(c.group[8] == -1 && c.group[1] == 1 && c.body[1] == c.body[7] && c.body[1] != c.body[12] &&
          c.body[0] == -1);
    ili_carriers_free(&c);
    /* the neutral molecule by its formula; in any order of elements; the anion alone by its short name in any case */
    REQUIRE_OK(find(sys, "O2C,pf6", "O2C=0", "none", &c));
    CHECK(c.count[0] == 1 && c.count[1] == 2 && c.groups[1].z == -1.0 && c.reference == ILI_REFERENCE_NONE);
    ili_carriers_free(&c);
    /* an element of a molecule is followed atom by atom */
    REQUIRE_OK(find(sys, "F", "", "barycentre", &c));
    CHECK(c.count[0] == 12 && c.body[2] == -1 && c.groups[0].z == -1.0);
    ili_carriers_free(&c);
    refused(sys, "PF6,F", "", "auto", "two of the species");
    refused(sys, "PF5", "", "auto", "did you mean PF6?");
    /* charges of the atoms decide where they are known: a molecule of an unknown name with -0.8 e is an anion */
    REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, sys, charge));
    for (int i = 8; i < 11; i++) sys->charge[i] = -0.8 / 3;
    sys->charge[0] = sys->charge[11] = 0.4;
    REQUIRE_OK(find(sys, "", "", "auto", &c));
    CHECK(c.n_groups == 2 && strcmp(c.groups[1].name, "CO2") == 0 && c.groups[1].z == -1.0);
    ili_carriers_free(&c);
    /* lithium without a charge is metal */
    sys->charge[0] = 0.0;
    REQUIRE_OK(find(sys, "", "", "auto", &c));
    CHECK(c.count[0] == 1 && c.group[0] == -1);
    ili_carriers_free(&c);
    il_system_destroy(&sys);
}

TEST(molecule_numbers) {
    il_system *sys = row_of((const char *const[]){"Li", "P", "F", "F", "F", "F", "F", "F", NULL});
    ili_carriers c;
    REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, sys, molecule));
    for (int i = 1; i < 8; i++) sys->molecule[i] = 7;
    REQUIRE_OK(find(sys, "", "", "auto", &c));
    CHECK(c.n_groups == 2 && c.count[1] == 1);
    ili_transport_plan plan = ili_carriers_plan(&c, &sys->cell, 20.0, 300.0);
    CHECK(plan.n_groups == 2 && plan.framework == NULL && plan.body == c.body &&
          plan.reference == c.reference);
    ili_carriers_free(&c);
    il_system_destroy(&sys);
}

/** Metal and ions of one element without a model: names keep them apart; where there are none, a warning says so, once. */
TEST(metal_beside_ions) {
    il_system *sys = row_of((const char *const[]){"Li", "Li0", "O", "Li0", "Li", "Li0", NULL});
    ili_carriers c;
    const int warned = il_warning_count(ctx);
    REQUIRE_OK(find(sys, "", "", "auto", &c));
    CHECK(c.n_groups == 1 && c.count[0] == 2 && c.group[1] == -1 && c.groups[0].z == 1.0);
    ili_carriers_free(&c);
    REQUIRE_OK(find(sys, "Li,Li0", "", "auto", &c));
    CHECK(c.n_groups == 2 && c.count[0] == 2 && c.count[1] == 3 && c.groups[0].z == 1.0 &&
          c.groups[1].z == 0.0);
    ili_carriers_free(&c);
    il_system_destroy(&sys);
    /* the ions have a name of their own, and the element is asked for; nothing but metal */
    sys = row_of((const char *const[]){"Li1", "Li0", "O", "Li0", NULL});
    REQUIRE_OK(find(sys, "Li", "", "auto", &c));
    CHECK(c.count[0] == 1 && c.group[0] == 0 && c.groups[0].z == 1.0);
    ili_carriers_free(&c);
    il_system_destroy(&sys);
    sys = row_of((const char *const[]){"Li0", "O", "Li0", NULL});
    REQUIRE_OK(find(sys, "Li", "", "auto", &c));
    CHECK(c.count[0] == 2 && c.groups[0].z == 0.0);
    ili_carriers_free(&c);
    refused(sys, "", "", "auto", "name the mobile species");
    il_system_destroy(&sys);
    sys = row_of((const char *const[]){"Li", "O", "Li", NULL});
    /* names tell in all of those, but that Li is an ion where there is no Li0 nothing tells */
    CHECK(il_warning_count(ctx) == warned);
    REQUIRE_OK(find(sys, "Li", "Li=1", "auto", &c)); /* the caller tells */
    ili_carriers_free(&c);
    CHECK(il_warning_count(ctx) == warned);
    for (int again = 0; again < 2; again++) {
        REQUIRE_OK(find(sys, again ? "Li" : "", "", "auto", &c));
        CHECK(c.count[0] == 2);
        ili_carriers_free(&c);
    }
    CHECK(il_warning_count(ctx) == warned + 1 && strstr(il_warning(ctx, warned), "name these Li0"));
    il_system_destroy(&sys);
}

TESTS(RUN(crystal), RUN(no_carrier), RUN(salt), RUN(molecule_numbers), RUN(metal_beside_ions))
