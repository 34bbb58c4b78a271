/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "system/element.h"

#include "harness.h"

TEST(symbols_find_themselves) {
    for (int z = 1; z <= ILI_Z_MAX; z++) {
        const ili_element *e = ili_element_of(z);
        REQUIRE_OK(e ? IL_OK : IL_E_INTERNAL);
        CHECK(ili_element_z(e->symbol) == z);
        CHECK(ili_element_z_of_label(e->symbol) == z);
        CHECK(e->mass > 1.0 && e->mass < 270.0);
        CHECK(e->oxidation[3] == 0);
    }
    CHECK(ili_element_of(0) == NULL && ili_element_of(ILI_Z_MAX + 1) == NULL);
    CHECK(ili_element_z("ge") == 0 && ili_element_z("") == 0 && ili_element_z("Xx") == 0);
}

TEST(labels) {
    static const struct {
        const char *label;
        int z;
    } cases[] = {{"OS", 8},  {"CO", 6},  {"CE", 6},    {"HC", 1},  {"Os", 76}, {"Ge1", 32}, {"O2-", 8},
                 {"Li+", 3}, {"Li0", 3}, {"Ge4+", 32}, {"LI1", 3}, {"AL", 13}, {"D1", 1},   {"Ow", 8},
                 {"c", 6},   {"1Li", 0}, {"", 0},      {"?", 0},   {"Jj", 0}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        CHECK(ili_element_z_of_label(cases[k].label) == cases[k].z);
        if (ili_element_z_of_label(cases[k].label) != cases[k].z)
            fprintf(stderr, "label '%s'\n", cases[k].label);
    }
}

TEST(masses) {
    CHECK(ili_element_z_of_mass(6.941) == 3);
    CHECK(ili_element_z_of_mass(72.63) == 32);
    CHECK(ili_element_z_of_mass(1.0) == 1);
    CHECK(ili_element_z_of_mass(58.933) == 27);
    CHECK(ili_element_z_of_mass(58.693) == 28);
    CHECK(ili_element_z_of_mass(37.0) == 0);
    CHECK(ili_element_of(32)->oxidation[0] == 4 && ili_element_of(8)->oxidation[0] == -2);
    CHECK_NEAR(ili_element_of(32)->covalent_radius, 1.20, 0.0);
}

TESTS(RUN(symbols_find_themselves), RUN(labels), RUN(masses))
