/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Ladders of species that differ in electrons: what a model file may say, on-site energies, ions between two rungs. */
#include "scratch.h"

#include "base/alloc.h"
#include "ff/ff.h"
#include "ff/redox.h"
#include "math/units.h"

#define HEAD(energy)                                                                                         \
    "name: t\ntitle: a test\ndate: 2026-01-01\ncitation: nobody\nstatus: published\n"                        \
    "units: {length: angstrom, energy: " energy "}\n"                                                        \
    "defaults: {short_cutoff: 6, coulomb_cutoff: 6}\ncoulomb: yes\n"
/* Eight lines; the body begins on line 9. */

/** Three rungs of germanium beside lithium and oxygen. */
#define SPECIES                                                                                              \
    "species:\n"                                                                                             \
    "  Li: {element: Li, charge: 0.6, phase: x}\n"                                                           \
    "  O: {element: O, charge: -1.2, phase: x}\n"                                                            \
    "  Ge: {element: Ge, charge: 2.4, phase: x, onsite: 0.5}\n"                                              \
    "  Ge2: {element: Ge, charge: 1.2, phase: x, onsite: 4, redox: {of: Ge, electrons: 2}}\n"                \
    "  Ge3: {element: Ge, charge: 1.8, phase: x, onsite: 2, redox: {of: Ge, electrons: 1}}\n"

#define TERMS                                                                                                \
    "terms:\n"                                                                                               \
    "  - form: born_mayer\n    source: s\n    pairs:\n"                                                      \
    "      Li-O: {A: 300, rho: 0.3}\n      O-O: {A: 500, rho: 0.3}\n      Li-Li: {A: 20, rho: 0.3}\n"        \
    "      Ge-O: {A: 1000, rho: 0.3}\n      Ge3-O: {A: 1200, rho: 0.31}\n      Ge2-O: {A: 1500, rho: 0.3}\n" \
    "none:\n  Li-Ge: apart\n  Li-Ge3: apart\n  Li-Ge2: apart\n  Ge-Ge: apart\n  Ge-Ge3: apart\n"             \
    "  Ge-Ge2: apart\n  Ge3-Ge3: apart\n  Ge3-Ge2: apart\n  Ge2-Ge2: apart\n"

static il_model *model;

static il_status read_as(const char *text) {
    scratch_path path;
    il_model_destroy(&model);
    scratch_name(path, ".yaml");
    scratch_write(path, text, strlen(text));
    il_status status = il_model_read(ctx, path, &model);
    unlink(path);
    return status;
}

static void refused(const char *species, int line, const char *words) {
    char text[4096], place[32];
    snprintf(text, sizeof text, HEAD("eV") "%s" TERMS, species);
    snprintf(place, sizeof place, ".yaml:%d: ", line);
    CHECK_STATUS(read_as(text), IL_E_INPUT);
    bool is_right = strstr(il_message(ctx), place) && strstr(il_message(ctx), words);
    CHECK(is_right);
    if (!is_right) fprintf(stderr, "  wanted '%s' and '%s', got: %s\n", place, words, il_message(ctx));
}

#define THREE(ge, ge3, ge2)                                                                                  \
    "species:\n  Li: {element: Li, charge: 0.6, phase: x}\n  O: {element: O, charge: -1.2, phase: x}\n"      \
    "  Ge: {element: Ge, charge: 2.4, phase: x" ge "}\n  Ge3: {" ge3 ", phase: x}\n"                         \
    "  Ge2: {" ge2 ", phase: x}\n"
#define GOOD3 "element: Ge, charge: 1.8, redox: {of: Ge, electrons: 1}"
#define GOOD2 "element: Ge, charge: 1.2, redox: {of: Ge, electrons: 2}"

TEST(refusals_name_the_line) {
    refused(THREE("", GOOD3, "element: Ge, charge: 1.2, redox: {of: Gx, electrons: 2}"), 14,
            "there is no species 'Gx'");
    refused(THREE("", GOOD3, "element: Ge, charge: 1.2, redox: {of: Ge3, electrons: 1}"), 14,
            "'Ge3' has a redox key itself; count from 'Ge'");
    refused(THREE("", GOOD3, "element: Si, charge: 1.2, redox: {of: Ge, electrons: 2}"), 14,
            "another element");
    refused(THREE("", GOOD3, "element: Ge, charge: 1.2, redox: {of: Ge, electrons: 1}"), 14,
            "'Ge3' and 'Ge2' both have 1 electrons more");
    refused(THREE("", GOOD3, "element: Ge, charge: 0.6, redox: {of: Ge, electrons: 3}"), 14,
            "no species has 2 electrons more than 'Ge'");
    refused(THREE("", GOOD3, "element: Ge, charge: 1.3, redox: {of: Ge, electrons: 2}"), 14,
            "expected +1.2 e");
    refused(THREE("", "element: Ge, charge: 3, redox: {of: Ge, electrons: 1}", GOOD2), 13, "a lower one");
    refused(THREE("", GOOD3, "element: Ge, charge: 1.2, ion: yes, redox: {of: Ge, electrons: 2}"), 14,
            "ion: yes");
    refused(THREE("", GOOD3, "element: Ge, charge: 1.2, redox: {of: Ge, electrons: 8}"), 14, "electrons");
    refused(THREE("", GOOD3, "element: Ge, charge: 1.2, redox: {of: Ge, electrons: 0}"), 14, "electrons");
    refused(THREE("", GOOD3, "element: Ge, charge: 1.2, redox: {of: Ge}"), 14, "'electrons' is missing");
    refused(THREE("", GOOD3, "element: Ge, charge: 1.2, redox: {electrons: 2}"), 14, "'of' is missing");
    refused(THREE("", GOOD3, "element: Ge, charge: 1.2, redox: {of: Ge, electron: 2}"), 14,
            "did you mean 'electrons'");
    refused(THREE("", GOOD3, "element: Ge, charge: 1.2, redox: Ge"), 14, "redox");
    refused(THREE(", onsite: much", GOOD3, GOOD2), 12, "expected a number");
    refused(THREE(", onsit: 1", GOOD3, GOOD2), 12, "did you mean 'onsite'");
    il_model_destroy(&model);
}

TEST(ladder_by_rungs) {
    REQUIRE_OK(read_as(HEAD("eV") SPECIES TERMS));
    ili_ladder ladder[2], other;
    int rung;
    CHECK(ili_ladders(model, ladder, 2) == 1);
    CHECK(ladder[0].n == 3 && ladder[0].species[0] == 2 && ladder[0].species[1] == 4 &&
          ladder[0].species[2] == 3);
    CHECK(ili_ladder_of(model, 3, &other, &rung) && rung == 2 && memcmp(&other, ladder, sizeof other) == 0);
    CHECK(ili_ladder_of(model, 2, &other, &rung) && rung == 0 && other.n == 3);
    CHECK(!ili_ladder_of(model, 0, &other, &rung));
    CHECK_NEAR(ili_electron_charge(ladder, model), -0.6, 1e-15);
    CHECK(model->species[3].onsite == 4.0 && model->species[0].onsite == 0.0);
    il_model_destroy(&model);
    REQUIRE_OK(read_as(HEAD("kJ/mol") SPECIES TERMS));
    CHECK_NEAR(model->species[3].onsite, 4.0 * ILI_KJ_MOL, 1e-15);
    il_model_destroy(&model);
}

/** What a file includes keeps its ladder; a part of one is refused; the same species with another on-site energy too. */
TEST(included_ladders) {
    scratch_path base;
    char text[2048];
    scratch_name(base, ".yaml");
    scratch_write(base, HEAD("eV") SPECIES TERMS, strlen(HEAD("eV") SPECIES TERMS));
    snprintf(text, sizeof text, HEAD("eV") "include: [%s]\n", base);
    REQUIRE_OK(read_as(text));
    ili_ladder ladder;
    CHECK(ili_ladders(model, &ladder, 1) == 1 && ladder.n == 3 && model->species[3].onsite == 4.0);
    snprintf(text, sizeof text, HEAD("eV") "include:\n  - {model: %s, species: [Li, O, Ge]}\n", base);
    CHECK_OK(read_as(text));
    CHECK(model && ili_ladders(model, &ladder, 1) == 0);
    snprintf(text, sizeof text, HEAD("eV") "include:\n  - {model: %s, species: [O, Ge, Ge2]}\n", base);
    CHECK_STATUS(read_as(text), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "no species has 1 electrons more") != NULL);
    snprintf(text, sizeof text, HEAD("eV") "include:\n  - {model: %s, species: [O, Ge2]}\n", base);
    CHECK_STATUS(read_as(text), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "there is no species 'Ge'") != NULL);
    unlink(base);
    il_model_destroy(&model);
}

/** A neutral cell of names in a cube of 9 angstrom, one line "NAME x y z" each. */
static il_system *cell_of(int n, const char *const *names, const double (*x)[3]) {
    il_system *sys = NULL;
    CHECK_OK(ili_system_create(ctx, &sys));
    for (int k = 0; k < 3; k++) sys->cell.h[k][k] = 9.0;
    for (int i = 0; i < n; i++) {
        int32_t type;
        CHECK_OK(ili_system_species(ctx, sys, names[i], 0, &type));
        CHECK_OK(ili_system_add(ctx, sys, type, x[i]));
    }
    return sys;
}

static const double PLACES[][3] = {{0.1, 0.2, 0.0}, {1.8, 0.1, 0.3}, {4.4, 4.6, 4.5}, {4.5, 6.4, 4.4},
                                   {6.0, 4.4, 4.7}, {2.0, 2.1, 6.8}, {0.2, 8.0, 1.5}};

static void energy_of(const il_model *m, const il_system *sys, ili_ff_result *r) {
    il_ff *ff = NULL;
    CHECK_OK(il_ff_create(ctx, m, sys, NULL, &ff));
    if (ff) CHECK_OK(ili_ff_evaluate_terms(ctx, ff, &sys->cell, (const double(*)[3])sys->x, r));
    il_ff_destroy(&ff);
}

TEST(onsite_is_a_term) {
    const char *const neutral[] = {"Ge2", "O", "Ge", "O", "O"};
    REQUIRE_OK(read_as(HEAD("eV") SPECIES TERMS));
    il_system *sys = cell_of(5, neutral, PLACES);
    double f[5][3], f0[5][3], e_atom[5], e_atom0[5];
    ili_ff_result with = {.f = f, .e_atom = e_atom}, without = {.f = f0, .e_atom = e_atom0};
    energy_of(model, sys, &with);
    CHECK(with.n_terms > 0 && strcmp(with.terms[with.n_terms - 1].name, "onsite") == 0);
    CHECK_NEAR(with.terms[with.n_terms - 1].energy, 4.5, 1e-15);
    for (int s = 0; s < model->n_species; s++) model->species[s].onsite = 0.0;
    energy_of(model, sys, &without);
    double tolerance = 1e-14 * (fabs(with.energy) + 10.0);
    CHECK_NEAR(with.energy - without.energy, 4.5, tolerance);
    CHECK_NEAR(e_atom[0] - e_atom0[0], 4.0, tolerance);
    CHECK_NEAR(e_atom[1] - e_atom0[1], 0.0, tolerance);
    CHECK_NEAR(e_atom[2] - e_atom0[2], 0.5, tolerance);
    CHECK(memcmp(f, f0, sizeof f) == 0);
    CHECK(memcmp(with.w, without.w, sizeof with.w) == 0);
    double sum = 0.0;
    for (int i = 0; i < 5; i++) sum += e_atom[i];
    CHECK_NEAR(sum, with.energy, 20 * tolerance);
    il_system_destroy(&sys);
    il_model_destroy(&model);
}

TESTS(RUN(refusals_name_the_line); RUN(ladder_by_rungs); RUN(included_ladders); RUN(onsite_is_a_term))
