/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hand-off read from result files: planted numbers come back in SI units, laws with the errors that the fit has, and whatever is
 * wrong with a file is one sentence, never a number. */
#include "handoff_files.h"

#include "base/rng.h"

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

/** Curved points hand over VTF, also when it was asked for alone; files without its covariance keep Arrhenius, and say so. */
TEST(a_curved_law_takes_the_place_of_a_straight_one) {
    static ili_vtf vtf;
    ili_rate rate[3];
    for (int kind = 0; kind < 4; kind++) { /* curved; asked for; neither; of an old file */
        const double T0 = kind == 1 ? 200.0 : 320.0;
        for (int k = 0; k < 3; k++) {
            const double t = TEMPERATURE[k + 1], y = exp(3.0 - 900.0 / (t - T0));
            rate[k] = (ili_rate){t, {y, 0.02 * y, 0.96 * y, 1.04 * y}};
        }
        REQUIRE_OK(ili_vtf_fit(ctx, 3, rate, &vtf));
        CHECK(vtf.is_curved && isfinite(vtf.covariance[2][2]));
        ili_handoff h;
        make_folder();
        vtf.is_curved = kind == 0 || kind == 3;
        curved = &vtf;
        ili_json *json = make_diffuse(kind == 3);
        curved = NULL;
        ili_json *options = ili_json_child(json, "options");
        ili_json_string(options, "law", kind == 1 ? "vtf" : "arrhenius");
        save(json, "diffuse.json");
        ili_json_destroy(&json);
        REQUIRE_OK(read_one("diffuse.json", &h));
        const ili_quantity *s = find(&h, ILI_Q_ionic_conductivity, "");
        CHECK(s->law.is_given && s->law.is_vtf == (kind < 2));
        CHECK(!strstr(s->caveat, "Arrhenius law holds") == (kind < 3));
        if (s->law.is_vtf) {
            CHECK(s->law.times_T && s->law.T_low == 600.0 && s->law.T_high == 1000.0);
            CHECK(strstr(s->caveat, "through three temperatures") && strstr(s->caveat, "extrapolated"));
            /* the fit goes through its points: value and error there are theirs (to the search of T0, 1e-6 of ln y) */
            for (int k = 0; k < 3; k++) {
                const double t = rate[k].temperature, y = 1e9 * rate[k].number.value / t;
                const ili_value v = ili_quantity_at(s, t);
                CHECK_NEAR(v.value, y, 1e-6 * y);
                CHECK_NEAR(v.sigma / v.value, sqrt(log1p(4e-4)), 1e-8);
                CHECK_NEAR(log(v.high / v.low), 2.0 * s->law.width_95 * v.sigma / v.value, 1e-12);
            }
            const double room = s->at_298K.value, law = ili_quantity_at(s, 298.15).value;
            if (T0 > 298.15)
                CHECK(isnan(room) && isnan(law));
            else
                CHECK_NEAR(room, law, 1e-12 * law);
            CHECK(isnan(ili_quantity_at(s, T0 - 1.0).value) && isnan(ili_quantity_at(s, T0 - 1.0).sigma));
        }
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
    /* ln y = -2 - 900/(T - 200) at 350 K: g = (1, -1/150, -0.04); var = 0.01 + 4/22500*100 + 0.0016*4 - 2*0.3/150 */
    ili_quantity bent = {.argument = ILI_ARG_TEMPERATURE,
                         .law = {.is_given = true,
                                 .is_vtf = true,
                                 .ln_prefactor = -2.0,
                                 .B_K = 900.0,
                                 .T0_K = 200.0,
                                 .covariance = {{0.01, 0.3, 0}, {0.3, 400.0, 0}, {0, 0, 4.0}},
                                 .width_95 = 2.0}};
    v = ili_quantity_at(&bent, 350.0);
    const double variance = 0.01 + 400.0 / 22500.0 + 0.0064 - 0.004;
    CHECK_NEAR(v.value, exp(-8.0), 1e-14 * exp(-8.0));
    CHECK_NEAR(v.sigma, sqrt(variance) * exp(-8.0), 1e-12 * exp(-8.0));
    CHECK_NEAR(v.high, exp(-8.0 + 2.0 * sqrt(variance)), 1e-12 * exp(-8.0));
    CHECK(isnan(ili_quantity_at(&bent, 200.0).value));
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
    CHECK(strstr(w->method,
                 "3 samples, area 64 A2; model planted (provisional); computed by lammps 1 Apr 2026"));
    close_all(&h);
    ili_json *json = make_interface();
    ili_json_bool(ili_json_child(ili_json_list(json, "samples"), NULL), "converged", false);
    save_alone(json, "interface.json");
    REQUIRE_OK(read_one("interface.json", &h));
    CHECK(!find(&h, ILI_Q_formation_energy, "")->is_sound[0]);
    close_all(&h);
}

TESTS(RUN(numbers_at_temperatures_come_back), RUN(means_over_runs_are_those_of_realisations),
      RUN(layers_become_resistances_in_SI), RUN(laws_carry_the_covariance_of_their_fit),
      RUN(a_curved_law_takes_the_place_of_a_straight_one), RUN(value_of_a_law_by_hand),
      RUN(error_of_a_law_is_that_of_drawn_parameters), RUN(insertion_becomes_functions_of_x),
      RUN(factor_of_a_lattice_gas), RUN(no_factor_of_lithium_that_leaves), RUN(lithium_of_the_host_counts),
      RUN(contact_energies))
