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

/* Two germaniums that share two electrons, four oxygens: 2.4 + 2.4 - 1.2 - 3.6 = 0. */
enum { N_SHARED = 5 };

static void shared_energy(const il_model *m, const char *first, const char *second, ili_ff_result *r) {
    const char *const names[N_SHARED] = {first, "O", second, "O", "O"};
    il_system *sys = cell_of(N_SHARED, names, PLACES);
    energy_of(m, sys, r);
    il_system_destroy(&sys);
}

/** Energy with `share` electrons on the first ion and 2 - share on the second. */
static void blended_energy(double share, ili_ff_result *r) {
    ili_ladder ladder;
    il_model *blend = NULL;
    CHECK(ili_ladders(model, &ladder, 1) == 1);
    CHECK_OK(ili_model_blend(ctx, model, &ladder, 2, (const double[]){share, 2.0 - share}, &blend));
    if (blend) shared_energy(blend, "Ge~0", "Ge~1", r);
    il_model_destroy(&blend);
}

/** At whole electrons: the rungs, in energy, forces and virial. */
TEST(blend_at_whole_electrons) {
    const char *const rung[] = {"Ge", "Ge3", "Ge2"};
    REQUIRE_OK(read_as(HEAD("eV") SPECIES TERMS));
    for (int k = 0; k < 3; k++) {
        double f[N_SHARED][3], f0[N_SHARED][3];
        ili_ff_result got = {.f = f}, want = {.f = f0};
        blended_energy(k, &got);
        shared_energy(model, rung[k], rung[2 - k], &want);
        CHECK_NEAR(got.energy, want.energy, 1e-12);
        for (int i = 0; i < N_SHARED; i++)
            for (int c = 0; c < 3; c++) CHECK_NEAR(f[i][c], f0[i][c], 1e-12);
        for (int c = 0; c < 6; c++) CHECK_NEAR(got.w[c], want.w[c], 1e-12);
    }
    il_model_destroy(&model);
}

/** Close to whole electrons from both sides: no step; the change is of the size of the slope. */
TEST(blend_is_continuous) {
    REQUIRE_OK(read_as(HEAD("eV") SPECIES TERMS));
    for (int k = 0; k < 3; k++) {
        ili_ff_result at = {0}, near = {0}, far = {0};
        blended_energy(k, &at);
        for (int side = -1; side < 2; side += 2) {
            if (k + side < 0 || k + side > 2) continue;
            blended_energy(k + side * 1e-3, &far);
            blended_energy(k + side * 1e-6, &near);
            double slope = fabs(far.energy - at.energy) / 1e-3;
            CHECK(slope > 0.01);
            CHECK_NEAR(near.energy, at.energy, 3e-6 * slope + 1e-11);
        }
    }
    il_model_destroy(&model);
}

/** What is between the rungs, number by number. */
TEST(blend_interpolates_parameters) {
    REQUIRE_OK(read_as(HEAD("eV") SPECIES TERMS));
    ili_ladder ladder;
    il_model *blend = NULL;
    const ili_model_entry *entry[2];
    CHECK(ili_ladders(model, &ladder, 1) == 1);
    REQUIRE_OK(ili_model_blend(ctx, model, &ladder, 3, (const double[]){0.25, 1.5, 2.0}, &blend));
    CHECK(blend->n_species == model->n_species + 3);
    const ili_model_species *s = &blend->species[model->n_species];
    CHECK(strcmp(s[0].base.name, "Ge~0") == 0 && strcmp(s[2].base.name, "Ge~2") == 0);
    CHECK_NEAR(s[0].base.charge, 2.4 - 0.25 * 0.6, 1e-15);
    CHECK_NEAR(s[1].base.charge, 1.5, 1e-15);
    CHECK_NEAR(s[0].onsite, 0.5 + 0.25 * 1.5, 1e-15);
    CHECK_NEAR(s[1].onsite, 3.0, 1e-15);
    CHECK_NEAR(s[2].onsite, 4.0, 1e-15);
    CHECK(s[0].base.z == 32 && s[0].electrons == 0 && s[0].redox_of[0] == 0);
    int32_t oxygen = ili_model_species_index(blend, "O"), first = model->n_species;
    REQUIRE_OK(ili_model_pair_entries(blend, oxygen, first, entry, 2) == 1 ? IL_OK : IL_E_INTERNAL);
    CHECK_NEAR(entry[0]->p[0], 1050.0, 1e-10); /* A */
    CHECK_NEAR(entry[0]->p[1], 0.3025, 1e-15); /* rho */
    REQUIRE_OK(ili_model_pair_entries(blend, first + 1, oxygen, entry, 2) == 1 ? IL_OK : IL_E_INTERNAL);
    CHECK_NEAR(entry[0]->p[0], 1350.0, 1e-10);
    CHECK_NEAR(entry[0]->p[1], 0.305, 1e-15);
    for (int32_t i = 0; i < blend->n_species; i++)
        for (int32_t j = first; j < blend->n_species; j++) {
            const char *reason = blend->no_pair_reason[i * blend->n_species + j];
            CHECK(reason == blend->no_pair_reason[j * blend->n_species + i]);
            CHECK(i == oxygen ? reason == NULL : reason && strcmp(reason, "apart") == 0);
        }
    ili_ladder other;
    int rung;
    CHECK(!ili_ladder_of(blend, first, &other, &rung));
    CHECK(ili_ladders(blend, &other, 1) == 1 && other.n == 3);
    il_model_destroy(&blend);
    CHECK_STATUS(ili_model_blend(ctx, model, &ladder, 1, (const double[]){2.1}, &blend), IL_E_INPUT);
    CHECK_STATUS(ili_model_blend(ctx, model, &ladder, 1, (const double[]){-0.1}, &blend), IL_E_INPUT);
    CHECK(blend == NULL);
    il_model_destroy(&model);
}

/** Terms among the reducible ions themselves: bilinear in the two shares. */
TEST(blend_between_two_blended) {
    REQUIRE_OK(read_as(HEAD("eV") SPECIES
                       "terms:\n  - form: born_mayer\n    source: s\n    pairs:\n"
                       "      Ge-Ge: {A: 100, rho: 0.3}\n      Ge-Ge3: {A: 200, rho: 0.3}\n"
                       "      Ge3-Ge3: {A: 400, rho: 0.3}\n      Ge-Ge2: {A: 1, rho: 0.3}\n"
                       "      Ge3-Ge2: {A: 1, rho: 0.3}\n      Ge2-Ge2: {A: 1, rho: 0.3}\n"
                       "none:\n  x-Li: apart\n  x-O: apart\n"));
    ili_ladder ladder;
    il_model *blend = NULL;
    const ili_model_entry *entry[2];
    CHECK(ili_ladders(model, &ladder, 1) == 1);
    REQUIRE_OK(ili_model_blend(ctx, model, &ladder, 2, (const double[]){0.25, 0.5}, &blend));
    int32_t first = model->n_species;
    REQUIRE_OK(ili_model_pair_entries(blend, first, first + 1, entry, 2) == 1 ? IL_OK : IL_E_INTERNAL);
    CHECK_NEAR(entry[0]->p[0], 0.375 * 100 + (0.375 + 0.125) * 200 + 0.125 * 400, 1e-12);
    REQUIRE_OK(ili_model_pair_entries(blend, first, first, entry, 2) == 1 ? IL_OK : IL_E_INTERNAL);
    CHECK_NEAR(entry[0]->p[0], 0.5625 * 100 + 0.375 * 200 + 0.0625 * 400, 1e-12);
    REQUIRE_OK(ili_model_pair_entries(blend, first, 2, entry, 2) == 1 ? IL_OK : IL_E_INTERNAL);
    CHECK_NEAR(entry[0]->p[0], 0.75 * 100 + 0.25 * 200, 1e-12);
    il_model_destroy(&blend);
    il_model_destroy(&model);
}

static void not_blended(const char *terms, const char *words) {
    char text[4096];
    ili_ladder ladder;
    il_model *blend = NULL;
    snprintf(text, sizeof text, HEAD("eV") SPECIES "%s", terms);
    REQUIRE_OK(read_as(text));
    CHECK(ili_ladders(model, &ladder, 1) == 1);
    CHECK_STATUS(ili_model_blend(ctx, model, &ladder, 1, (const double[]){0.5}, &blend), IL_E_UNSUPPORTED);
    CHECK(blend == NULL);
    CHECK(strstr(il_message(ctx), words) != NULL);
    if (!strstr(il_message(ctx), words)) fprintf(stderr, "  wanted '%s', got: %s\n", words, il_message(ctx));
    il_model_destroy(&model);
}

#define APART                                                                                                \
    "none:\n  x-Li: a\n  O-O: a\n  Ge-Ge: a\n  Ge-Ge3: a\n  Ge-Ge2: a\n  Ge3-Ge3: a\n  Ge3-Ge2: a\n  "       \
    "Ge2-Ge2: a\n"
#define ONE(form, more, rows) "  - form: " form "\n    source: s\n" more "    pairs:\n" rows

TEST(blend_refusals) {
    not_blended(
        "terms:\n" ONE("born_mayer", "", "      Ge-O: {A: 1, rho: 0.3}\n      Ge2-O: {A: 1, rho: 0.3}\n")
            ONE("r12", "", "      Ge3-O: {C: 5}\n") APART,
        "Ge-O and Ge3-O do not have the same forms");
    not_blended(
        "terms:\n" ONE("born_mayer", "", "      Ge-O: {A: 1, rho: 0.3}\n      Ge2-O: {A: 1, rho: 0.3}\n")
            APART "  Ge3-O: a\n",
        "Ge-O and Ge3-O do not have the same forms");
    not_blended(
        "terms:\n" ONE("born_mayer", "", "      Ge-O: {A: 1, rho: 0.3}\n      Ge2-O: {A: 1, rho: 0.3}\n")
            ONE("born_mayer", "    cutoff: 5\n", "      Ge3-O: {A: 1, rho: 0.3}\n") APART,
        "end in different ways");
    not_blended("terms:\n" ONE("born_mayer", "",
                               "      Ge-O: {A: 1, rho: 0.3}\n      Ge3-O: {A: 1, rho: 0.3}\n      Ge2-O: "
                               "{A: 1, rho: 0.3}\n") "  - form: bond_harmonic\n    source: s\n    bonds:\n   "
                                                     "   Ge3-O: {k: 1, r0: 1.8}\n" APART,
                "'Ge3', which has a bonded term");
}

TEST(blend_survives_lost_memory) {
    REQUIRE_OK(read_as(HEAD("eV") SPECIES TERMS));
    ili_ladder ladder;
    CHECK(ili_ladders(model, &ladder, 1) == 1);
    bool is_through = false;
    for (int n = 1; n < 200 && !is_through; n++) {
        il_model *blend = NULL;
        ili_alloc_fail_at(n);
        il_status status = ili_model_blend(ctx, model, &ladder, 2, (const double[]){0.5, 1.5}, &blend);
        ili_alloc_fail_at(0);
        is_through = status == IL_OK;
        CHECK(status == IL_OK || status == IL_E_MEMORY);
        CHECK((blend != NULL) == is_through);
        il_model_destroy(&blend);
    }
    CHECK(is_through);
    il_model_destroy(&model);
}

TESTS(RUN(refusals_name_the_line); RUN(ladder_by_rungs); RUN(included_ladders); RUN(onsite_is_a_term);
      RUN(blend_at_whole_electrons); RUN(blend_is_continuous); RUN(blend_interpolates_parameters);
      RUN(blend_between_two_blended); RUN(blend_refusals); RUN(blend_survives_lost_memory))
