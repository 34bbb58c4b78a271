/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hand-off read from result files: planted numbers come back in SI units, laws with the errors that the fit has, and whatever is
 * wrong with a file is one sentence, never a number. */
#include "harness.h"

#include "analysis/arrhenius.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/rng.h"
#include "math/units.h"
#include "task/handoff.h"

#include <jansson.h>
#include <unistd.h>

static const double KB = ILI_KB;
static char dir[64];

static void make_folder(void) {
    strcpy(dir, "/tmp/interlith-handoff-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static const char *path_of(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void save(ili_json *json, const char *name) {
    char *text = ili_json_text(json);
    ck_assert_ptr_nonnull(text);
    CHECK_OK(ili_write_file(ctx, path_of(name), text));
    ili_free(text);
}

/** In a new folder; the object is given up. */
static void save_alone(ili_json *json, const char *name) {
    make_folder();
    save(json, name);
    ili_json_destroy(&json);
}

static void remove_folder(void) {
    static const char *const names[] = {"diffuse.json", "lithiate.json", "interface.json", "other.json"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) remove(path_of(names[k]));
    CHECK(rmdir(dir) == 0);
}

static void put(ili_json *json, const char *key, double value, double sigma) {
    ili_json *one = ili_json_child(json, key);
    ili_json_real(one, "value", value);
    ili_json_real(one, "sigma", sigma);
    ili_json_real(one, "low_95", value - 2.0 * sigma);
    ili_json_real(one, "high_95", value + 2.0 * sigma);
}

/** What every result has. */
static ili_json *begin(const char *verb, const char *input) {
    ili_json *json = ili_json_object(), *provenance = ili_json_child(json, "provenance");
    ili_json_string(json, "status", "done");
    ili_json_string(provenance, "verb", verb);
    ili_json_string(ili_json_child(ili_json_list(provenance, "inputs"), NULL), "path", input);
    ili_json_push_string(ili_json_list(provenance, "warnings"), "the year was too short");
    ili_json *model = ili_json_child(json, "model");
    ili_json_string(model, "name", "planted");
    ili_json_bool(model, "provisional", true);
    return json;
}

static void close_all(ili_handoff *h) {
    ili_handoff_free(h);
    remove_folder();
}

static il_status read_one(const char *name, ili_handoff *h) {
    return ili_handoff_read(ctx, 1, (const char *const[]){path_of(name)}, NULL, h);
}

static const ili_quantity *find(const ili_handoff *h, ili_quantity_kind kind, const char *species) {
    const ili_quantity *q = ili_handoff_find(h, kind, NULL, species);
    ck_assert_msg(q != NULL, "no %s of '%s'", ili_quantity_info_of(kind)->name, species);
    return q;
}

/* ---- diffusion ------------------------------------------------------------------------------------------ */

static const double TEMPERATURE[] = {500.0, 600.0, 800.0, 1000.0}, D0 = 3e-8, EA = 0.31;
enum { N_T = 4 };

static double planted(int k) {
    return D0 * exp(-EA / (KB * TEMPERATURE[k])) * (k == 2 ? 1.02 : 1.0);
}

static ili_arrhenius fit_of(int first) {
    ili_rate rate[N_T];
    ili_arrhenius fit;
    for (int k = 0; k < N_T; k++) {
        const double y = planted(k), sigma = 0.03 * (k + 1) * y;
        rate[k] = (ili_rate){TEMPERATURE[k], {y, sigma, y - 2.0 * sigma, y + 2.0 * sigma}};
    }
    CHECK_OK(ili_arrhenius_fit(ctx, N_T - first, rate + first, &fit));
    return fit;
}

/** A fit as diffuse writes it; without the covariance as it was written before. */
static void put_fit(ili_json *fits, const char *name, const ili_arrhenius *fit, double factor, bool is_old) {
    ili_json *one = ili_json_child(fits, name), *energy, *prefactor;
    const ili_estimate room = ili_arrhenius_at(fit, 298.15);
    ili_json_int(one, "temperatures_used", fit->n);
    energy = ili_json_child(one, "Ea_eV");
    ili_json_real(energy, "value", fit->energy.value);
    ili_json_real(energy, "sigma", fit->energy.sigma);
    ili_json_real(energy, "low_95", fit->energy.low);
    ili_json_real(energy, "high_95", fit->energy.high);
    prefactor = ili_json_child(one, "prefactor");
    ili_json_real(prefactor, "value", factor * exp(fit->ln_prefactor.value));
    ili_json_real(prefactor, "low_95", factor * exp(fit->ln_prefactor.low));
    ili_json_real(prefactor, "high_95", factor * exp(fit->ln_prefactor.high));
    if (!is_old) {
        ili_json_real(one, "sigma_ln_prefactor", fit->ln_prefactor.sigma);
        ili_json_real(one, "covariance_ln_prefactor_Ea_eV", fit->covariance);
        ili_json_real(one, "T_low_K", fit->low);
        ili_json_real(one, "T_high_K", fit->high);
    }
    ili_json_real(one, "p", fit->p);
    ili_json_real(one, "widening", fit->widening);
    ili_json_bool(one, "scatter_was_tested", fit->has_scatter);
    ili_json *at = ili_json_child(one, "at_298K");
    ili_json_real(at, "value", factor * room.value);
    ili_json_real(at, "sigma", factor * room.sigma);
    ili_json_real(at, "low_95", factor * room.low);
    ili_json_real(at, "high_95", factor * room.high);
}

static void put_layers(ili_json *run, double scale) {
    ili_json *layers = ili_json_child(run, "layers"), *species, *list, *one;
    ili_json_string(layers, "left_planes", NULL);
    species = ili_json_child(ili_json_child(layers, "species"), "Li");
    ili_json_string(species, "reference_layer", "oxide");
    list = ili_json_list(species, "layers");
    static const char *const names[] = {"oxide", "polymer"};
    for (int k = 0; k < 2; k++) {
        one = ili_json_child(list, NULL);
        ili_json_string(one, "name", names[k]);
        put(one, "resistance_ohm_cm2", scale * (k + 1), 0.1 * scale);
        ili_json_bool(one, "diffusive", true);
    }
    list = ili_json_list(species, "planes");
    for (int k = 0; k < 3; k++) { /* outside, between, outside */
        one = ili_json_child(list, NULL);
        ili_json_string(one, "below", k > 0 ? names[k - 1] : NULL);
        ili_json_string(one, "above", k < 2 ? names[k] : NULL);
        put(one, "resistance_ohm_cm2", k == 1 ? 7.0 * scale : NAN, 0.2 * scale);
    }
    put(species, "permeability_m_per_s", 0.5 / scale, 0.05 / scale);
    /* nobody crossed in the one, the other had no reference: a bound */
    ili_json *bound = ili_json_child(species, "permeability_from_crossings_m_per_s");
    ili_json_real(bound, "value", scale < 2.0 ? 0.0 : NAN);
    ili_json_real(bound, "sigma", NAN);
    ili_json_real(bound, "low_95", 0.0);
    ili_json_real(bound, "high_95", 0.9);
    /* bins that nobody visited leave the upper end open */
    bound = ili_json_child(species, "area_specific_resistance_ohm_cm2");
    ili_json_real(bound, "value", 10.0 * scale);
    ili_json_real(bound, "sigma", scale);
    ili_json_real(bound, "low_95", 8.0 * scale);
    ili_json_real(bound, "high_95", scale < 2.0 ? 12.0 : NAN);
    put(species, "area_specific_resistance_from_crossings_ohm_cm2", NAN, NAN);
    ili_json_string(species, "verdict", "crossings were seen");
}

static void put_run(ili_json *runs, int k, int realisation) {
    static const char *const names[] = {"Li", "TFSI"};
    ili_json *run = ili_json_child(runs, NULL);
    ili_json_real(run, "T_K", TEMPERATURE[k]);
    ili_json_int(run, "realisation", realisation);
    ili_json_bool(run, "charge_diffusive", k > 1 || (k == 1 && realisation == 2));
    if (k > 0) put(run, "sigma_anion_blocked_S_per_m", k == 2 ? -0.1 : 0.6 * realisation, 0.1);
    ili_json *species = ili_json_child(run, "species");
    for (int s = 0; s < 2; s++) {
        ili_json *one = ili_json_child(species, names[s]);
        const double t = 0.4 + 0.1 * s + 0.02 * realisation;
        ili_json_int(one, "particles", 5);
        ili_json_real(one, "charge_number", s ? -1.0 : 1.0);
        put(one, "t", t, 0.03);
        put(one, "t_self", 0.5, 0.01);
        ili_json_real(one, "mass_fraction", s ? 0.3 : 0.01);
        if (k != 2) put(one, "t_solvent", t - 0.2, 0.04);
        ili_json_bool(one, "diffusive", s == 0 || k > 1);
    }
    ili_json_real(ili_json_child(run, "cell"), "volume_A3", 1000.0);
    ili_json_real(run, "time_ps", 10.0 * (k + 1));
    if (k == N_T - 1) put_layers(run, realisation);
}

/** Two realisations at four temperatures; the lowest is not diffusive. */
static ili_json *make_diffuse(bool is_old) {
    ili_json *json = begin("diffuse", "some/where/melt.extxyz"), *runs = ili_json_list(json, "runs");
    ili_json_int(json, "natoms", 123);
    for (int k = 0; k < N_T; k++)
        for (int r = 1; r <= 2; r++) put_run(runs, k, r);
    ili_json *levels = ili_json_list(json, "temperatures");
    for (int k = 0; k < N_T; k++) {
        ili_json *one = ili_json_child(levels, NULL), *d = NULL;
        const double y = planted(k), sigma = 0.03 * (k + 1) * y;
        ili_json_real(one, "T_K", TEMPERATURE[k]);
        d = ili_json_child(one, "D_tracer_m2_per_s");
        static const char *const keys[] = {
            "Li", "TFSI", "D_charge_m2_per_s", "sigma_S_per_m", "sigma_NE_S_per_m", "haven"};
        static const double factor[] = {1.0, 0.5, 1.0, 1e9, 1e9, 1e8};
        for (int q = 0; q < 6; q++) {
            ili_json *parent = q < 2 ? d : one, *e = NULL;
            const double f = factor[q] / (q == 3 ? TEMPERATURE[k] : 1.0);
            e = ili_json_child(parent, keys[q]);
            ili_json_real(e, "value", f * y);
            ili_json_real(e, "sigma", f * sigma);
            ili_json_real(e, "low_95", f * (y - 2.0 * sigma));
            ili_json_real(e, "high_95", f * (y + 2.0 * sigma));
            ili_json_bool(e, "diffusive", k > 0);
        }
    }
    ili_json *fits = ili_json_child(json, "fits");
    const ili_arrhenius fit = fit_of(1), two = fit_of(2);
    put_fit(fits, "D of Li", &fit, 1.0, is_old);
    put_fit(fits, "D of TFSI", &two, 0.5, is_old);
    put_fit(fits, "sigma T", &fit, 1e9, is_old);
    put_fit(fits, "sigma", &two, 1e9, is_old);
    put_fit(fits, "sigma_NE", &fit, 1e9, is_old);
    ili_json_int(ili_json_child(fits, "D_charge"), "temperatures_used", 1);
    ili_json_string(ili_json_child(json, "definitions"), "reference", "relative to the centre of mass");
    ili_json_string(ili_json_child(json, "options"), "ensemble", "nvt");
    return json;
}

TEST(numbers_at_temperatures_come_back) {
    ili_handoff h;
    save_alone(make_diffuse(false), "diffuse.json");
    REQUIRE_OK(ili_handoff_read(ctx, 1, (const char *const[]){dir}, NULL, &h));
    CHECK(h.n_files == 1 && strlen(h.hash[0]) == 16);
    const ili_quantity *d = find(&h, ILI_Q_tracer_diffusivity, "Li"),
                       *s = find(&h, ILI_Q_ionic_conductivity, "");
    CHECK(strcmp(d->material, "melt") == 0 && d->n == N_T && d->argument == ILI_ARG_TEMPERATURE);
    CHECK(d->charge_number == 1.0 && find(&h, ILI_Q_tracer_diffusivity, "TFSI")->charge_number == -1.0);
    for (int k = 0; k < N_T; k++) {
        CHECK(d->at[k] == TEMPERATURE[k] && d->is_sound[k] == (k > 0));
        CHECK_NEAR(d->y[k].value, planted(k), 1e-15 * planted(k));
        CHECK_NEAR(d->y[k].low, planted(k) * (1.0 - 0.06 * (k + 1)), 1e-15 * planted(k));
        CHECK_NEAR(s->y[k].value, 1e9 * planted(k) / TEMPERATURE[k], 1e-6 * planted(k));
    }
    CHECK(strstr(d->caveat, "NOT diffusive at 500 K") && strstr(d->caveat, "the year was too short"));
    CHECK(strstr(d->method, "8 runs of 10 to 40 ps, 123 atoms; model planted (provisional)"));
    CHECK(strstr(d->method, "(nvt)") && strstr(d->method, "relative to the centre of mass"));
    CHECK(strcmp(d->source, path_of("diffuse.json")) == 0);
    CHECK(find(&h, ILI_Q_haven_ratio, "")->n == N_T && !find(&h, ILI_Q_haven_ratio, "")->law.is_given);
    CHECK(!find(&h, ILI_Q_charge_diffusivity, "")->law.is_given); /* one temperature */
    ili_handoff_free(&h);
    close_all(&h);
}

TEST(means_over_runs_are_those_of_realisations) {
    ili_handoff h;
    save_alone(make_diffuse(false), "diffuse.json");
    REQUIRE_OK(read_one("diffuse.json", &h));
    const ili_quantity *t = find(&h, ILI_Q_transference_number, "Li"),
                       *own = find(&h, ILI_Q_transference_number_self, "Li"),
                       *c = find(&h, ILI_Q_concentration, "TFSI");
    /* 0.42 and 0.44, each +- 0.03: propagated 0.03/sqrt 2 beats the scatter 0.01 */
    CHECK_NEAR(t->y[1].value, 0.43, 1e-15);
    CHECK_NEAR(t->y[1].sigma, 0.03 / sqrt(2.0), 1e-15);
    CHECK(!t->is_sound[0] && !t->is_sound[1] && t->is_sound[2]); /* one of two runs is not more than half */
    CHECK(!own->is_sound[1] && own->is_sound[2]);                /* TFSI does not diffuse at 600 K */
    /* a temperature without the number has no point; 0.6 and 1.2: the scatter 0.3 beats the propagated error */
    const ili_quantity *t0 = find(&h, ILI_Q_transference_number_solvent, "Li"),
                       *blocked = find(&h, ILI_Q_anion_blocked_conductivity, "");
    CHECK(t0->n == N_T - 1 && t0->at[2] == TEMPERATURE[3] && t0->is_sound[2] && !t0->is_sound[1]);
    CHECK_NEAR(t0->y[1].value, 0.23, 1e-15);
    CHECK_NEAR(t0->y[1].sigma, 0.04 / sqrt(2.0), 1e-15);
    CHECK(blocked->n == N_T - 1 && !blocked->is_sound[0] && !blocked->is_sound[1] && blocked->is_sound[2]);
    CHECK_NEAR(blocked->y[2].value, 0.9, 1e-15);
    CHECK_NEAR(blocked->y[2].sigma, 0.3, 1e-15);
    /* 5 in 1000 A^3: 5/(6.02214076e23 1e-27 m^3) */
    CHECK_NEAR(c->y[0].value, 8302.69533586923, 1e-10);
    CHECK_NEAR(c->y[0].sigma, 0.0, 0.0);
    close_all(&h);
}

TEST(layers_become_resistances_in_SI) {
    ili_handoff h;
    save_alone(make_diffuse(false), "diffuse.json");
    REQUIRE_OK(read_one("diffuse.json", &h));
    const ili_quantity *stack = ili_handoff_find(&h, ILI_Q_interphase_resistance, "melt", "Li"),
                       *polymer = ili_handoff_find(&h, ILI_Q_interphase_resistance, "melt: polymer", "Li"),
                       *plane =
                           ili_handoff_find(&h, ILI_Q_interphase_resistance, "melt: oxide|polymer", NULL),
                       *flux = find(&h, ILI_Q_permeability, "Li");
    ck_assert(stack && polymer && plane);
    /* realisations have 10 and 20 ohm cm2 */
    CHECK(stack->n == 1 && stack->at[0] == 1000.0 && stack->is_sound[0]);
    CHECK_NEAR(stack->y[0].value, 15e-4, 1e-18);
    CHECK(isfinite(stack->y[0].low) && isnan(stack->y[0].high));
    CHECK(isfinite(polymer->y[0].low) && isfinite(polymer->y[0].high));
    CHECK_NEAR(polymer->y[0].value, 3e-4, 1e-18);
    CHECK_NEAR(plane->y[0].value, 10.5e-4, 1e-18);
    CHECK_NEAR(flux->y[0].value, 0.5 * (0.5 + 0.25), 1e-15);
    CHECK(strstr(flux->method, "reference layer oxide"));
    const ili_quantity *crossings = find(&h, ILI_Q_permeability_crossings, "Li");
    CHECK(crossings->y[0].value == 0.0 && crossings->y[0].high == 0.9 && !crossings->is_sound[0]);
    CHECK(!ili_handoff_find(&h, ILI_Q_interphase_resistance_crossings, NULL, NULL)); /* nothing is known */
    close_all(&h);
}

/** The law read back is that of the fit, at every temperature. */
static void compare_law(const ili_quantity *q, const ili_arrhenius *fit, double factor, double tol) {
    static const double at[] = {250.0, 298.15, 400.0, 600.0, 780.0, 1000.0, 1500.0};
    for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
        const double f = factor / (q->law.times_T ? at[k] : 1.0);
        const ili_estimate e = ili_arrhenius_at(fit, at[k]);
        const ili_value v = ili_quantity_at(q, at[k]);
        CHECK_NEAR(v.value, f * e.value, 1e-13 * f * e.value);
        CHECK_NEAR(v.sigma, f * e.sigma, tol * f * e.sigma);
        CHECK_NEAR(v.low, f * e.low, tol * f * e.low);
        CHECK_NEAR(v.high, f * e.high, tol * f * e.high);
    }
}

TEST(laws_carry_the_covariance_of_their_fit) {
    const ili_arrhenius fit = fit_of(1), two = fit_of(2);
    CHECK(fit.covariance > 0.0);
    for (int is_old = 0; is_old < 2; is_old++) {
        ili_handoff h;
        ili_json *json = make_diffuse(is_old);
        if (is_old) {
            ili_json_string(ili_json_child(json, "options"), "fit", "sigma");
            ili_json_string(ili_json_child(json, "definitions"), "reference", "relative to the framework");
        }
        save_alone(json, "diffuse.json");
        REQUIRE_OK(read_one("diffuse.json", &h));
        const ili_quantity *d = find(&h, ILI_Q_tracer_diffusivity, "Li"),
                           *s = find(&h, ILI_Q_ionic_conductivity, ""),
                           *slow = find(&h, ILI_Q_tracer_diffusivity, "TFSI");
        CHECK(d->law.is_given && !d->law.times_T && s->law.is_given && s->law.times_T == !is_old);
        CHECK(d->is_in_framework == is_old);
        CHECK(d->law.n_temperatures == 3 && d->law.T_low == 600.0 && d->law.T_high == 1000.0);
        CHECK_NEAR(d->law.cov, fit.covariance, 1e-9 * fit.covariance);
        /* differences of squares near the middle of the points: an old file has lost digits there */
        compare_law(d, &fit, 1.0, 1e-8);
        compare_law(s, is_old ? &two : &fit, 1e9, 1e-8); /* --fit sigma, or of sigma T */
        compare_law(slow, &two, 0.5, 1e-8);
        CHECK(d->is_extrapolated && strstr(d->caveat, "extrapolated"));
        CHECK(strstr(slow->caveat, "scatter about it was not tested") && !strstr(d->caveat, "not tested"));
        CHECK_NEAR(s->at_298K.value, ili_quantity_at(s, 298.15).value, 1e-12 * s->at_298K.value);
        CHECK_NEAR(d->at_298K.sigma, ili_arrhenius_at(&fit, 298.15).sigma, 1e-12 * d->at_298K.sigma);
        close_all(&h);
    }
}

TEST(value_of_a_law_by_hand) {
    /* y = e^-20 exp(-0.3/(kT)) at kT = 0.05 eV: var ln y = 0.04 + 400 * 1e-4 - 2 * 20 * 1e-3 = 0.04 */
    ili_quantity q = {.argument = ILI_ARG_TEMPERATURE,
                      .law = {.is_given = true,
                              .ln_prefactor = -20.0,
                              .Ea_eV = 0.3,
                              .var_ln_prefactor = 0.04,
                              .var_Ea_eV2 = 1e-4,
                              .cov = 1e-3,
                              .width_95 = 2.0}};
    const double T = 0.05 / KB;
    ili_value v = ili_quantity_at(&q, T);
    CHECK_NEAR(v.value, exp(-26.0), 1e-13 * exp(-26.0));
    CHECK_NEAR(v.sigma, 0.2 * exp(-26.0), 1e-12 * exp(-26.0));
    CHECK_NEAR(v.low, exp(-26.4), 1e-12 * exp(-26.0));
    CHECK_NEAR(v.high, exp(-25.6), 1e-12 * exp(-26.0));
    q.law.times_T = true;
    CHECK_NEAR(ili_quantity_at(&q, T).value, exp(-26.0) / T, 1e-13 * exp(-26.0) / T);
    q.law.cov = 2.01e-3; /* var ln y = 0.08 - 0.0804: rounding of a law without error there */
    CHECK(ili_quantity_at(&q, T).sigma == 0.0);
    q.law.cov = NAN;
    v = ili_quantity_at(&q, T);
    CHECK(isfinite(v.value) && isnan(v.sigma) && isnan(v.low) && isnan(v.high));
    /* without a law: the sound point at T, or nothing */
    double at[] = {300.0, 400.0};
    ili_value y[] = {{1.0, 0.1, 0.8, 1.2}, {2.0, 0.1, 1.8, 2.2}};
    bool is_sound[] = {true, false};
    ili_quantity points = {.argument = ILI_ARG_TEMPERATURE, .n = 2, .at = at, .y = y, .is_sound = is_sound};
    CHECK(ili_quantity_at(&points, 300.0).value == 1.0 && isnan(ili_quantity_at(&points, 400.0).value));
    CHECK(isnan(ili_quantity_at(&points, 350.0).value));
    points.argument = ILI_ARG_COMPOSITION;
    CHECK(isnan(ili_quantity_at(&points, 300.0).value));
    points.argument = ILI_ARG_NONE;
    CHECK(ili_quantity_at(&points, 5.0).value == 1.0);
}

TEST(error_of_a_law_is_that_of_drawn_parameters) {
    enum { N = 20000 };
    const ili_arrhenius fit = fit_of(1);
    const double a = fit.ln_prefactor.sigma, e = fit.energy.sigma, rho = fit.covariance / (a * e);
    const ili_quantity q = {.argument = ILI_ARG_TEMPERATURE,
                            .law = {.is_given = true,
                                    .ln_prefactor = fit.ln_prefactor.value,
                                    .Ea_eV = fit.energy.value,
                                    .var_ln_prefactor = a * a,
                                    .var_Ea_eV2 = e * e,
                                    .cov = fit.covariance,
                                    .width_95 = 1.96}};
    static const double at[] = {298.15, 750.0, 1400.0};
    CHECK(rho > 0.0 && rho < 1.0);
    for (int t = 0; t < 3; t++) {
        ili_rng rng = ili_rng_make(7, (uint64_t)t);
        const ili_value v = ili_quantity_at(&q, at[t]);
        double sum = 0.0, square = 0.0;
        for (int k = 0; k < N; k++) {
            const double u = ili_rng_normal(&rng), w = ili_rng_normal(&rng),
                         ln = a * u - e * (rho * u + sqrt(1.0 - rho * rho) * w) / (KB * at[t]);
            sum += ln;
            square += ln * ln;
        }
        const double sigma = sqrt((square - sum * sum / N) / (N - 1.0)); /* its own error is sigma/sqrt(2N) */
        CHECK_NEAR(v.sigma / v.value, sigma, 5.0 * sigma / sqrt(2.0 * N));
    }
}

/* ---- lithiation ----------------------------------------------------------------------------------------- */

/** V = 200 (1 + 0.02 x) and 202 (1 + 0.03 x), c likewise, a as x^2; steps of 2.5 and 2.7 V. */
static ili_json *make_insertion(void) {
    ili_json *json = begin("lithiate", "LAGP.cif"), *list = ili_json_list(json, "realisations"), *one;
    const double x[] = {0.0, 1.0, 2.0};
    ili_json_reals(json, "x", x, 3);
    ili_json_string(json, "formula_unit", "Li1.5Ge1.5Al0.5P3O12");
    ili_json_string(json, "charge_balance", "nearest");
    for (int r = 0; r < 2; r++) {
        ili_json *points = ili_json_list(ili_json_child(list, NULL), "points");
        for (int k = 0; k < 3; k++) {
            const double grow = 1.0 + (0.02 + 0.01 * r) * x[k];
            one = ili_json_child(points, NULL);
            ili_json_real(one, "V_A3_per_fu", (200.0 + 2.0 * r) * grow);
            ili_json_real(one, "a_A", 8.0 * (1.0 + 0.001 * x[k] * x[k]));
            ili_json_real(one, "c_A", 20.0 * grow);
            ili_json_real(one, "voltage_V", k ? 2.5 + 0.2 * r - 0.1 * k : NAN);
            ili_json_real(one, "density_g_per_cm3", 3.0 / grow);
        }
    }
    put(json, "V_Li_cm3_per_mol", 4.6, 0.2);
    put(json, "V_hysteresis_A3_per_fu", 1.5, 0.2);
    one = ili_json_child(ili_json_list(json, "bonds"), NULL);
    ili_json_real(one, "x", 2.0);
    ili_json_int(one, "realisations", 2);
    ili_json_int(one, "intact", 1);
    ili_json *conversion = ili_json_child(json, "conversion");
    ili_json_real(conversion, "x_full", 38.25);
    ili_json_real(conversion, "V_full_A3_per_fu", 620.0);
    ili_json_real(conversion, "V_full_sigma_A3_per_fu", 2.0);
    ili_json_real(conversion, "V_host_A3_per_fu", 200.0);
    one = ili_json_child(ili_json_list(conversion, "stages"), NULL);
    ili_json_real(one, "x", 6.0);
    ili_json_real(one, "V_A3_per_fu", 250.0);
    ili_json_real(one, "V_sigma_A3_per_fu", 1.0);
    ili_json *product = ili_json_child(ili_json_list(one, "products"), NULL);
    ili_json_string(product, "formula", "Li3PO4");
    ili_json_real(product, "per_fu", 2.5);
    return json;
}

TEST(insertion_becomes_functions_of_x) {
    ili_handoff h;
    save_alone(make_insertion(), "lithiate.json");
    REQUIRE_OK(read_one("lithiate.json", &h));
    const ili_quantity *v = find(&h, ILI_Q_swelling, "Li"), *a = find(&h, ILI_Q_strain_a, NULL),
                       *u = find(&h, ILI_Q_open_circuit_voltage, NULL), *d = find(&h, ILI_Q_density, NULL),
                       *m = find(&h, ILI_Q_partial_molar_volume, NULL),
                       *full = find(&h, ILI_Q_conversion_swelling, NULL);
    CHECK(v->argument == ILI_ARG_COMPOSITION && v->n == 3 && v->at[2] == 2.0);
    CHECK_NEAR(v->y[2].value, 0.05, 1e-15); /* of 0.04 and 0.06, each against its own host */
    CHECK_NEAR(v->y[2].sigma, 0.01, 1e-15);
    CHECK_NEAR(v->y[2].high - v->y[2].value, 0.01 * 12.7062047364, 1e-9); /* Student, one degree of freedom */
    CHECK_NEAR(a->y[2].value, 0.004, 1e-15);
    CHECK(u->n == 2 && u->at[0] == 0.5 && u->at[1] == 1.5);
    CHECK_NEAR(u->y[0].value, 2.5, 1e-15);
    CHECK_NEAR(d->y[0].value, 3000.0, 1e-12);
    CHECK_NEAR(m->y[0].value, 4.6e-6, 1e-20);
    CHECK(m->n == 1 && m->at == NULL && strstr(m->caveat, "1.5 A3"));
    CHECK(full->n == 3 && full->at[1] == 6.0 && full->at[2] == 38.25 && !full->caveat[0]);
    CHECK_NEAR(full->y[1].value, 0.25, 1e-15);
    CHECK_NEAR(full->y[2].value, 2.1, 1e-14);
    CHECK_NEAR(full->y[1].sigma, 1.0 / 200.0, 1e-15);
    CHECK(strstr(full->method, "x = 6: 2.5 Li3PO4"));
    CHECK(strstr(v->caveat, "changed from x = 2 on (in 1 of 2 realisations there)"));
    /* voltages of 0 K have no entropy: no thermodynamic factor is made of them */
    CHECK(!ili_handoff_find(&h, ILI_Q_thermodynamic_factor, NULL, NULL));
    CHECK(!strstr(u->caveat, "rises"));
    close_all(&h);
}

/** Langmuir: x = n/(1 + exp((V - V0) e/kT)), whose factor (with a host of the same lithium sites empty) is 1/(1 - x/n). The way back
 *  stands off. */
static ili_json *make_voltages(double T, double step, double sigma) {
    ili_json *json = begin("lithiate", "host.cif"), *list = ili_json_list(json, "voltages");
    ili_json_real(json, "T_K", T);
    ili_json_string(json, "formula_unit", "Fe2(PO4)3");
    for (int k = 0; k < 10; k++) {
        const int visit = k < 6 ? k : 10 - k; /* down, then up again */
        const double V = 3.0 + step * (2 - visit), x = 2.0 / (1.0 + exp((V - 3.0) / (KB * T)));
        ili_json *one = ili_json_child(list, NULL);
        ili_json_real(one, "voltage_V", V);
        put(one, "x", k < 6 ? x : 1.1 * x, visit == 5 ? NAN : sigma);
        put(one, "V_A3_per_fu", 100.0 + 5.0 * x, 0.01);
        put(one, "a_A", 9.0 + 0.1 * x, 0.001);
        put(one, "c_A", 20.0 + 0.3 * x, 0.001);
    }
    return json;
}

TEST(factor_of_a_lattice_gas) {
    enum { POINTS = 6 };
    const double T = 600.0, step = 0.01, sigma = 1e-3, kT = KB * T;
    ili_handoff h;
    save_alone(make_voltages(T, step, sigma), "lithiate.json");
    REQUIRE_OK(read_one("lithiate.json", &h));
    const ili_quantity *f = find(&h, ILI_Q_thermodynamic_factor, "Li"),
                       *u = find(&h, ILI_Q_open_circuit_voltage, NULL), *v = find(&h, ILI_Q_swelling, NULL);
    CHECK(f->n == POINTS - 1 && u->n == POINTS && v->n == POINTS);
    for (int k = 0; k < f->n; k++) {
        const double x = f->at[k], u1 = (u->y[k].value - 3.0) / kT, u2 = (u->y[k + 1].value - 3.0) / kT,
                     truth = 1.0 / (1.0 - x / 2.0);
        /* the chord differs from the tangent by the third derivative: below (step/kT)^2/12 of it */
        CHECK_NEAR(f->y[k].value, truth, truth * pow(step / kT, 2) / 4.0);
        const double x1 = 2.0 / (1.0 + exp(u1)), x2 = 2.0 / (1.0 + exp(u2)), gap = x2 - x1;
        /* by hand: sigma of x/gap with x the mean and gap the difference of two independent numbers */
        const double expected =
            step / kT * sigma * sqrt(2.0 * pow(0.5 / gap, 2) + 2.0 * pow(x / (gap * gap), 2));
        if (k < POINTS - 2) CHECK_NEAR(f->y[k].sigma, expected, 1e-9 * expected);
        CHECK(f->is_sound[k] == (k < POINTS - 2));
    }
    CHECK(isnan(f->y[POINTS - 2].sigma) && strstr(f->caveat, "too little lithium came and went"));
    for (int k = 1; k < POINTS; k++) {
        CHECK(u->at[k] > u->at[k - 1] && u->y[k].value < u->y[k - 1].value);
        CHECK_NEAR(v->y[k].value, (100.0 + 5.0 * v->at[k]) / (100.0 + 5.0 * v->at[0]) - 1.0, 1e-14);
        const double slope =
            2.0 * step / (u->at[k < POINTS - 1 ? k + 1 : k] - u->at[k - 1]); /* of both sides */
        if (k < POINTS - 1) CHECK_NEAR(u->y[k].sigma, slope * sigma, 1e-12 * slope * sigma);
    }
    CHECK(v->y[0].value == 0.0 && strstr(v->caveat, "relative to the cell at 3.02 V"));
    close_all(&h);
}

/** Fewer ions at a lower voltage: a walk that has not settled, whose factor would be negative. */
TEST(no_factor_of_lithium_that_leaves) {
    ili_handoff h;
    ili_json *json = make_voltages(-600.0, 0.01, 1e-3);
    ili_json_real(json, "T_K", 600.0);
    save_alone(json, "lithiate.json");
    REQUIRE_OK(read_one("lithiate.json", &h));
    const ili_quantity *f = find(&h, ILI_Q_thermodynamic_factor, "Li");
    for (int k = 0; k < f->n; k++) CHECK(f->y[k].value < 0.0 && !f->is_sound[k]);
    close_all(&h);
}

/** All lithium counts, the host's own too: with n of it at x = 0 the factor grows by (x + n)/x. */
TEST(lithium_of_the_host_counts) {
    static const struct {
        const char *formula;
        double n;
    } hosts[] = {{"Fe2(PO4)3", 0.0},
                 {"Li1.5Ge1.5Al0.5P3O12", 1.5},
                 {"LiFePO4", 1.0},
                 {"P3O12Li3", 3.0},
                 {"LieLi2", 2.0}};
    double bare = NAN, x = NAN;
    for (size_t k = 0; k < sizeof hosts / sizeof *hosts; k++) {
        ili_handoff h;
        ili_json *json = make_voltages(600.0, 0.01, 1e-3);
        ili_json_string(json, "formula_unit", hosts[k].formula);
        save_alone(json, "lithiate.json");
        REQUIRE_OK(read_one("lithiate.json", &h));
        const ili_quantity *f = find(&h, ILI_Q_thermodynamic_factor, "Li");
        if (k == 0) bare = f->y[0].value, x = f->at[0];
        CHECK_NEAR(f->y[0].value, bare * (x + hosts[k].n) / x, 1e-12 * f->y[0].value);
        close_all(&h);
    }
}

/* ---- contacts ------------------------------------------------------------------------------------------- */

static ili_json *make_interface(void) {
    ili_json *json = begin("interface", "LAGP.cif"), *samples = ili_json_list(json, "samples");
    ili_json_string(json, "contact", "LAGP|Li");
    ili_json_estimate(json, "E_form_J_per_m2", -3.3, 0.2);
    ili_json_estimate(json, "W_ad_J_per_m2", 4.0, 0.3);
    ili_json_estimate(json, "gamma_J_per_m2", NAN, NAN);
    ili_json_estimate(json, "E_form_intact_J_per_m2", -3.4, 0.25);
    ili_json_string(json, "relaxation", "ions");
    ili_json_real(json, "area_A2", 64.0);
    ili_json_bool(json, "intact", false);
    for (int k = 0; k < 3; k++) ili_json_bool(ili_json_child(samples, NULL), "converged", true);
    return json;
}

TEST(contact_energies) {
    ili_handoff h;
    save_alone(make_interface(), "interface.json");
    REQUIRE_OK(read_one("interface.json", &h));
    CHECK(h.n == 2); /* no gamma beside a film */
    const ili_quantity *e = find(&h, ILI_Q_formation_energy, ""), *w = find(&h, ILI_Q_work_of_adhesion, "");
    CHECK(strcmp(e->material, "LAGP|Li") == 0 && e->argument == ILI_ARG_NONE && e->n == 1 && e->is_sound[0]);
    CHECK(e->y[0].value == -3.3 && e->y[0].sigma == 0.2);
    CHECK_NEAR(e->y[0].low, -3.3 - 0.2 * 4.302652729911275, 1e-9); /* Student, two degrees of freedom */
    CHECK(strstr(e->caveat, "NOT intact") && strstr(e->caveat, "of intact samples alone -3.4 +- 0.25"));
    CHECK(strstr(w->caveat, "NOT intact") && !strstr(w->caveat, "alone"));
    CHECK(strstr(w->method, "3 samples, area 64 A2"));
    close_all(&h);
    ili_json *json = make_interface();
    ili_json_bool(ili_json_child(ili_json_list(json, "samples"), NULL), "converged", false);
    save_alone(json, "interface.json");
    REQUIRE_OK(read_one("interface.json", &h));
    CHECK(!find(&h, ILI_Q_formation_energy, "")->is_sound[0]);
    close_all(&h);
}

/* ---- several files, and what is refused ----------------------------------------------------------------- */

TEST(twins_are_told_apart) {
    char other[128];
    ili_handoff h;
    make_folder();
    ili_json *json = make_insertion();
    save(json, "lithiate.json");
    save(json, "other.json");
    ili_json_destroy(&json);
    json = make_interface();
    save(json, "interface.json");
    ili_json_destroy(&json);
    snprintf(other, sizeof other, "%s", path_of("other.json"));
    REQUIRE_OK(ili_handoff_read(ctx, 2, (const char *const[]){dir, other}, NULL, &h));
    CHECK(h.n_files == 3);
    CHECK(ili_handoff_find(&h, ILI_Q_swelling, "LAGP", "Li") &&
          ili_handoff_find(&h, ILI_Q_swelling, "LAGP (2)", "Li"));
    for (int a = 0; a < h.n; a++)
        for (int b = 0; b < a; b++)
            CHECK(h.quantity[a].kind != h.quantity[b].kind ||
                  strcmp(h.quantity[a].species, h.quantity[b].species) ||
                  strcmp(h.quantity[a].material, h.quantity[b].material));
    ili_handoff_free(&h);
    REQUIRE_OK(ili_handoff_read(ctx, 1, (const char *const[]){dir}, "my own", &h));
    CHECK(ili_handoff_find(&h, ILI_Q_swelling, "my own", NULL) &&
          ili_handoff_find(&h, ILI_Q_formation_energy, "my own", NULL));
    ili_handoff_free(&h);
    CHECK_STATUS(ili_handoff_read(ctx, 2, (const char *const[]){dir, path_of("lithiate.json")}, NULL, &h),
                 IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "given twice"));
    close_all(&h);
}

static void refuse(ili_json *json, il_status want, const char *words) {
    ili_handoff h;
    save(json, "other.json");
    CHECK_STATUS(read_one("other.json", &h), want);
    if (!strstr(il_message(ctx), words)) fprintf(stderr, "not '%s': %s\n", words, il_message(ctx));
    CHECK(strstr(il_message(ctx), words) && strstr(il_message(ctx), "other.json"));
    ili_handoff_free(&h);
}

TEST(what_is_refused) {
    ili_handoff h;
    make_folder();
    ili_json *json = make_interface();
    ili_json_string(json, "status", "an iteration ended before it reached its goal");
    refuse(json, IL_E_INPUT, "ended with \"an iteration");
    ili_json_string(json, "status", "done");
    ili_json_string(json, "contact", NULL);
    refuse(json, IL_E_INPUT, "\"contact\" is null, expected a text");
    ili_json_real(json, "contact", 1.0);
    refuse(json, IL_E_INPUT, "\"contact\" is a number, expected a text");
    ili_json_string(ili_json_child(json, "provenance"), "verb", "energy");
    refuse(json, IL_E_INPUT, "is a result of energy");
    ili_json_int(json, "provenance", 3);
    refuse(json, IL_E_INPUT, "\"provenance\" is a number");
    ili_json_destroy(&json);
    json = ili_json_object();
    refuse(json, IL_E_INPUT, "\"provenance\" is missing");
    ili_json_destroy(&json);
    json = begin("diffuse", "x.cif");
    refuse(json, IL_E_INPUT, "\"temperatures\" is missing, expected a list");
    ili_json_destroy(&json);
    json = begin("lithiate", "x.cif");
    ili_json_list(json, "strains");
    save(json, "other.json");
    CHECK_OK(read_one("other.json", &h)); /* of a contact nothing is handed over, and that is said */
    CHECK(h.n == 0 && il_warning_count(ctx) == 1 && strstr(il_warning(ctx, 0), "left out"));
    ili_handoff_free(&h);
    ili_json_destroy(&json);
    CHECK_STATUS(ili_handoff_read(ctx, 1, (const char *const[]){dir}, NULL, &h), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "holds no result"));
    ili_handoff_free(&h);
    CHECK_STATUS(read_one("none.json", &h), IL_E_FILE);
    ili_handoff_free(&h);
    char name[80] = "";
    memset(name, 'a', sizeof name - 1);
    CHECK_STATUS(ili_handoff_read(ctx, 1, (const char *const[]){dir}, name, &h), IL_E_INPUT);
    close_all(&h);
}

/* ---- files that somebody touched ------------------------------------------------------------------------ */

/** What a member is replaced by; NULL takes it away. */
static const char *const REPLACEMENTS[] = {
    "null",
    "\"caf\xc3\xa9\\n\\\"x\\\", and a text that is longer than any field for a species or a layer has room "
    "for, so "
    "that it must be cut somewhere: \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"",
    "-1e308",
    "[]",
    "{}",
    "true",
    "0.0",
    NULL};
enum { N_REPLACEMENTS = sizeof REPLACEMENTS / sizeof *REPLACEMENTS };

static json_t *replacement(int which) {
    return REPLACEMENTS[which] ? json_loads(REPLACEMENTS[which], JSON_DECODE_ANY, NULL) : NULL;
}

static int tried, finished;

static void try_tree(json_t *root) {
    ili_handoff h;
    CHECK(json_dump_file(root, path_of("other.json"), 0) == 0);
    const il_status status = read_one("other.json", &h);
    CHECK(status == IL_OK || status == IL_E_INPUT);
    CHECK(status == IL_OK || (il_message(ctx)[0] && strstr(il_message(ctx), "other.json")));
    for (int k = 0; k < h.n && status == IL_OK; k++) {
        const ili_quantity *q = &h.quantity[k];
        CHECK(q->n > 0 && q->material[0] && (q->at != NULL) == (q->argument != ILI_ARG_NONE));
        for (int i = 0; i < q->n; i++)
            CHECK(isfinite(q->y[i].value) &&
                  (!q->at || (isfinite(q->at[i]) && (!i || q->at[i] >= q->at[i - 1]))));
        ili_quantity_at(q, 300.0);
    }
    tried++;
    finished += status == IL_OK;
    ili_handoff_free(&h);
}

/** Every member and every first entry of a list, one at a time; what was taken away comes back at the end of its object. */
static void mutate(json_t *root, json_t *at) {
    char keys[64][64];
    int n = 0;
    for (void *it = json_object_iter(at); it && n < 64; it = json_object_iter_next(at, it))
        snprintf(keys[n++], sizeof keys[0], "%s", json_object_iter_key(it));
    for (int k = 0; k < n; k++) {
        json_t *keep = json_incref(json_object_get(at, keys[k]));
        for (int r = 0; r < N_REPLACEMENTS; r++) {
            json_t *changed = replacement(r);
            if (changed) json_object_set_new(at, keys[k], changed);
            if (!changed) json_object_del(at, keys[k]);
            try_tree(root);
        }
        json_object_set_new(at, keys[k], keep);
        mutate(root, keep);
    }
    if (json_is_array(at) && json_array_size(at) > 0) {
        json_t *keep = json_incref(json_array_get(at, 0));
        for (int r = 0; r + 1 < N_REPLACEMENTS; r++) {
            json_array_set_new(at, 0, replacement(r));
            try_tree(root);
        }
        json_array_set(at, 0, keep);
        json_decref(keep);
        mutate(root, json_array_get(at, 0));
    }
}

TEST(no_file_is_read_wrongly_in_silence) {
    ili_json *made[] = {make_diffuse(false), make_diffuse(true), make_insertion(),
                        make_voltages(600.0, 0.01, 1e-3), make_interface()};
    make_folder();
    for (int k = 0; k < 5; k++) {
        char *text = ili_json_text(made[k]);
        json_t *root = json_loads(text, 0, NULL);
        tried = finished = 0;
        mutate(root, root);
        CHECK(tried > 200 && finished > 0 && finished < tried);
        json_decref(root);
        ili_free(text);
        ili_json_destroy(&made[k]);
    }
    remove_folder();
}

TEST(lost_memory_is_reported) {
    ili_handoff h;
    save_alone(make_diffuse(false), "diffuse.json");
    il_status status = IL_E_MEMORY;
    long n = 0;
    while (status != IL_OK && n < 1000) {
        ili_alloc_fail_at(++n);
        status = read_one("diffuse.json", &h);
        ili_alloc_fail_at(0);
        CHECK(status == IL_OK || status == IL_E_MEMORY);
        ili_handoff_free(&h);
    }
    CHECK(status == IL_OK && n > 20);
    remove_folder();
}

TESTS(RUN(numbers_at_temperatures_come_back), RUN(means_over_runs_are_those_of_realisations),
      RUN(layers_become_resistances_in_SI), RUN(laws_carry_the_covariance_of_their_fit),
      RUN(value_of_a_law_by_hand), RUN(error_of_a_law_is_that_of_drawn_parameters),
      RUN(insertion_becomes_functions_of_x), RUN(factor_of_a_lattice_gas),
      RUN(no_factor_of_lithium_that_leaves), RUN(lithium_of_the_host_counts), RUN(contact_energies),
      RUN(twins_are_told_apart), RUN(what_is_refused), RUN(no_file_is_read_wrongly_in_silence),
      RUN(lost_memory_is_reported))
