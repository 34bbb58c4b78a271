/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The verbs energy and relax as a program calls them: keys, units, sums, statuses. */
#include "harness.h"

#include <jansson.h>

/* Run a verb on one file with name=value pairs, NULL-terminated; the result object, owned by the caller. */
static il_status run_verb(const char *name, const char *file, const char *const *settings, json_t **result) {
    const il_verb *verb = il_verb_find(ctx, name);
    *result = NULL;
    ck_assert_ptr_nonnull(verb);
    char options[16384];
    ck_assert(verb->options_size <= sizeof options);
    il_options_default(verb, options);
    for (int i = 0; settings[i]; i += 2)
        CHECK_OK(il_options_set(ctx, verb, options, settings[i], settings[i + 1], "test"));
    il_report *report = NULL;
    il_status status = il_run(ctx, verb, 1, &file, options, NULL, &report);
    if (report) *result = json_loads(il_report_json(report), 0, NULL);
    il_report_destroy(&report);
    return status;
}

static double number(json_t *object, const char *key) {
    json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static double sum_of(json_t *object, const char *skip) {
    const char *key;
    json_t *value;
    double sum = 0;
    json_object_foreach(object, key, value) if (!skip || !strstr(key, skip)) sum += json_number_value(value);
    return sum;
}

TEST(energy_by_term_and_pair) {
    json_t *r;
    const char *settings[] = {"model",  "pmmcs", "forces",       NULL, "stress", NULL,
                              "matrix", NULL,    "short-cutoff", "15", NULL};
    for (int i = 2; i < 8; i += 2) settings[i + 1] = "yes";
    REQUIRE_OK(run_verb("energy", "structures/LGP.cif", settings, &r));
    double energy = number(r, "energy_eV");
    CHECK_NEAR(energy / 6, -348.87558, 1e-4); /* accuracy of the Coulomb sum: 1e-5 of the forces */
    CHECK_NEAR(number(r, "energy_eV_per_fu"), energy / 6, 1e-12);
    CHECK(number(r, "natoms") == 108 && number(r, "formula_units") == 6);
    CHECK_NEAR(number(r, "volume_A3"), 1212.4379, 1e-3);
    json_t *terms = json_object_get(r, "terms_eV"), *row;
    CHECK_NEAR(sum_of(terms, NULL), energy, 1e-9);
    CHECK_NEAR(number(terms, "pmmcs") / 6, 23.79182, 5e-6);
    json_t *forces = json_object_get(r, "forces_eV_per_A");
    CHECK(json_array_size(forces) == 108 && json_array_size(json_array_get(forces, 0)) == 3);
    CHECK(json_array_size(json_object_get(r, "stress_eV_per_A3")) == 6);
    CHECK(json_real_value(json_array_get(json_object_get(r, "stress_eV_per_A3"), 0)) < -0.1); /* compressed */
    double pairs = 0;
    size_t i, n_terms = 0;
    json_array_foreach(json_object_get(r, "pair_matrix"), i, row) {
        pairs += number(row, "energy_eV");
        n_terms += json_is_string(json_object_get(row, "form"));
        CHECK(json_is_string(json_object_get(row, "form")) != json_is_string(json_object_get(row, "reason")));
    }
    CHECK(n_terms == 4 && i == 10);
    CHECK_NEAR(pairs, number(terms, "pmmcs"), 1e-9);
    CHECK(json_is_false(json_object_get(json_object_get(r, "model"), "provisional")));
    CHECK_NEAR(number(json_object_get(r, "settings"), "short_cutoff_A"), 15, 0);
    json_decref(r);
}

TEST(forces_and_stress_only_when_asked) {
    json_t *r;
    REQUIRE_OK(run_verb("energy", "structures/Li.cif", (const char *[]){"model", "li", NULL}, &r));
    CHECK(!json_object_get(r, "forces_eV_per_A") && !json_object_get(r, "stress_eV_per_A3"));
    CHECK_NEAR(number(r, "energy_eV") / 2, -1.6480003, 1e-7);
    json_decref(r);
    CHECK_STATUS(run_verb("energy", "structures/Li.cif", (const char *[]){NULL}, &r), IL_E_USAGE);
    CHECK(strstr(il_message(ctx), "-p NAME"));
    json_decref(r);
}

TEST(a_provisional_model_says_so) {
    json_t *r;
    REQUIRE_OK(run_verb("energy", "structures/Li2O.cif", (const char *[]){"model", "li-lagp", NULL}, &r));
    json_t *model = json_object_get(r, "model");
    CHECK(json_is_true(json_object_get(model, "provisional")));
    const char *note = json_string_value(json_object_get(model, "provisional_note"));
    CHECK(note && *note && il_warning_count(ctx) == 1 && strstr(il_warning(ctx, 0), note));
    json_decref(r);
}

TEST(relax_reports_also_when_it_does_not_converge) {
    json_t *r;
    const char *settings[] = {"model", "pmmcs", "mode", "both", "max-steps", "3", NULL};
    CHECK_STATUS(run_verb("relax", "structures/LGP.cif", settings, &r), IL_E_NOT_CONVERGED);
    ck_assert_ptr_nonnull(r);
    CHECK(json_is_false(json_object_get(r, "converged")) && number(r, "steps") == 3);
    CHECK(strstr(json_string_value(json_object_get(r, "verdict")), "not converged in 3 steps"));
    CHECK(number(r, "energy_eV") < number(r, "energy_before_eV"));
    CHECK(number(r, "force_max_eV_per_A") > 1e-3 && number(r, "force_atom") >= 1);
    CHECK(number(json_object_get(r, "cell_after"), "volume_A3") >
          number(json_object_get(r, "cell_before"), "volume_A3"));
    json_decref(r);
}

TEST(relax_under_pressure) {
    json_t *r;
    const char *settings[] = {"model", "li", "mode", "cell", "pressure-GPa", "2", "method", "fire", NULL};
    REQUIRE_OK(run_verb("relax", "structures/Li.cif", settings, &r));
    CHECK(json_is_true(json_object_get(r, "converged")));
    json_t *stress = json_object_get(r, "stress_eV_per_A3");
    for (size_t k = 0; k < 3; k++)
        CHECK_NEAR(json_real_value(json_array_get(stress, k)), -2 / 160.2176634, 1e-5);
    json_decref(r);
    CHECK_STATUS(run_verb("relax", "structures/Li.cif",
                          (const char *[]){"model", "li", "pressure-GPa", "2", NULL}, &r),
                 IL_E_USAGE);
    json_decref(r);
}

TESTS(RUN(energy_by_term_and_pair), RUN(forces_and_stress_only_when_asked), RUN(a_provisional_model_says_so),
      RUN(relax_reports_also_when_it_does_not_converge), RUN(relax_under_pressure))
