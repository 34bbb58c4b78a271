/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Thermostats sample the canonical ensemble: kinetic and potential energies at two temperatures (the ratio of their distributions
 *  is exp((beta1 - beta2) E); Shirts 2013, Merz and Shirts 2018), equal shares for all kinds of atoms and directions, and the
 *  energy that goes to the baths is booked. */
#include "physics/md_fluid.h"

#include "system/element.h"

enum { ATOMS = 24, SAMPLES = 3200, EVERY = 10, WARM = 100 };

static const double T1 = 300.0, T2 = 440.0;

static const struct bath {
    const char *name;
    ili_md_thermostat thermostat;
    bool remove_drift;
} BATHS[] = {{"langevin", ILI_THERMOSTAT_LANGEVIN, true},
             {"langevin, all 3n", ILI_THERMOSTAT_LANGEVIN, false},
             {"rescaling", ILI_THERMOSTAT_CSVR, true},
             {"chains", ILI_THERMOSTAT_NOSE_HOOVER, true}};
enum { N_BATHS = sizeof BATHS / sizeof *BATHS };

/** Argon, every second atom replaced by helium. */
static il_system *mixture(void) {
    il_system *sys = fluid_system(ATOMS, 24.0 * 30.0);
    int32_t helium;
    CHECK_OK(ili_system_species(ctx, sys, "He", 0, &helium));
    for (int32_t i = 0; i < ATOMS; i += 2) sys->type[i] = helium;
    return sys;
}

/** What is kept of a run: energies, and the kinetic energy by kind and by direction. */
typedef struct record {
    const il_system *sys;
    double potential[SAMPLES], kinetic[SAMPLES], kind[2][SAMPLES], axis[3][SAMPLES];
    int n, skip;
    double conserved[2]; /**< smallest, largest */
} record;

static il_status record_see(il_context *context, void *user, const ili_md_frame *f) {
    (void)context;
    record *r = user;
    r->conserved[0] = fmin(r->conserved[0], f->conserved);
    r->conserved[1] = fmax(r->conserved[1], f->conserved);
    if (r->skip-- > 0 || r->n == SAMPLES) return IL_OK;
    r->potential[r->n] = f->potential;
    r->kinetic[r->n] = f->kinetic;
    for (int32_t i = 0; i < f->n; i++)
        for (int k = 0; k < 3; k++) {
            double mass = ili_element_of(r->sys->species[r->sys->type[i]].z)->mass * ILI_AMU;
            double e = 0.5 * mass * f->v[i][k] * f->v[i][k];
            r->kind[r->sys->type[i]][r->n] += e;
            r->axis[k][r->n] += e;
        }
    r->n++;
    return IL_OK;
}

static void sample(const struct bath *b, double temperature, const il_system *sys, record *r) {
    fluid soft = {ATOMS, 1, 0.15, 4.5};
    ili_md_options o = ili_md_defaults();
    o.dt = 3.0;
    o.thermostat = b->thermostat;
    o.remove_drift = b->remove_drift;
    o.temperature = o.temperature_end = temperature;
    o.tau_t = 60.0;
    o.n_steps = (SAMPLES + WARM) * EVERY;
    o.seed = 11;
    memset(r, 0, sizeof *r);
    *r = (record){.sys = sys, .skip = WARM, .conserved = {INFINITY, -INFINITY}};
    ili_md *md = NULL;
    const ili_md_observer observer = {EVERY, false, r, record_see};
    REQUIRE_OK(
        ili_md_create(ctx, &o, sys, NULL, (ili_md_forces){.user = &soft, .evaluate = fluid_evaluate}, &md));
    REQUIRE_OK(ili_md_run(ctx, md, o.n_steps, &observer, 1));
    CHECK(r->n == SAMPLES);
    ili_md_destroy(&md);
}

/** Mean kinetic energies of kinds and directions. The atoms move about a centre of mass that rests: <K_i> = 3/2 kT (1 - m_i/M). */
static void check_shares(const struct bath *b, double temperature, const record *r) {
    const double kT = ILI_KB * temperature;
    double mass[2] = {0}, one[2] = {0}, error, mean;
    int count[2] = {0};
    for (int32_t i = 0; i < ATOMS; i++) {
        int kind = r->sys->type[i];
        one[kind] = ili_element_of(r->sys->species[kind].z)->mass;
        mass[kind] += one[kind];
        count[kind]++;
    }
    for (int kind = 0; kind < 2; kind++) {
        double loss = b->remove_drift ? one[kind] / (mass[0] + mass[1]) : 0.0;
        mean = mean_of(r->kind[kind], r->n, &error);
        CHECK(error < 0.03 * mean);
        CHECK_MEAN(mean, 1.5 * kT * count[kind] * (1.0 - loss), error);
    }
    for (int k = 0; k < 3; k++) {
        mean = mean_of(r->axis[k], r->n, &error);
        CHECK_MEAN(mean, 0.5 * kT * (ATOMS - b->remove_drift), error);
    }
}

TEST(energies_are_canonical) {
    il_set_threads(ctx, 1);
    static record one, two;
    il_system *sys = mixture();
    const double wanted = 1.0 / (ILI_KB * T1) - 1.0 / (ILI_KB * T2);
    for (int k = 0; k < N_BATHS; k++) {
        double error, slope;
        sample(&BATHS[k], T1, sys, &one);
        sample(&BATHS[k], T2, sys, &two);
        check_shares(&BATHS[k], T1, &one);
        check_shares(&BATHS[k], T2, &two);
        slope = slope_of(one.kinetic, two.kinetic, SAMPLES, &error);
        CHECK(error < 0.05 * wanted);
        CHECK_MEAN(slope, wanted, error);
        slope = slope_of(one.potential, two.potential, SAMPLES, &error);
        CHECK(error < 0.12 * wanted);
        CHECK_MEAN(slope, wanted, error);
        /* what the baths gave is booked: 33000 steps exchange hundreds of kT */
        CHECK(one.conserved[1] - one.conserved[0] < 0.1 * ILI_KB * T1);
    }
    il_system_destroy(&sys);
}

/** A ramp moves the mean temperature, and what it costs is booked, too. */
TEST(ramps_end_where_they_should) {
    il_set_threads(ctx, 1);
    il_system *sys = mixture();
    fluid soft = {ATOMS, 1, 0.15, 4.5};
    for (int k = 0; k < N_BATHS; k++) {
        ili_md_options o = ili_md_defaults();
        ili_md *md = NULL;
        record *r = ili_alloc(1, sizeof *r);
        *r = (record){.sys = sys, .conserved = {INFINITY, -INFINITY}};
        const ili_md_observer observer = {EVERY, true, r, record_see};
        o.dt = 3.0;
        o.thermostat = BATHS[k].thermostat;
        o.remove_drift = BATHS[k].remove_drift;
        o.temperature_end = 1200.0;
        o.tau_t = 60.0;
        o.n_steps = SAMPLES * EVERY;
        REQUIRE_OK(ili_md_create(ctx, &o, sys, NULL,
                                 (ili_md_forces){.user = &soft, .evaluate = fluid_evaluate}, &md));
        REQUIRE_OK(ili_md_run(ctx, md, o.n_steps, &observer, 1));
        /* in each eighth of the ramp */
        for (int part = 0; part < 8; part++) {
            double error, mean = mean_of(r->kinetic + part * SAMPLES / 8, SAMPLES / 8, &error);
            double wanted = 0.5 * ili_md_now(md).n_freedom * ILI_KB * (300.0 + 900.0 * (part + 0.5) / 8);
            CHECK_MEAN(mean, wanted, error);
            CHECK(error < 0.05 * wanted);
        }
        CHECK(r->conserved[1] - r->conserved[0] < 0.1 * ILI_KB * 1200.0);
        ili_free(r);
        ili_md_destroy(&md);
    }
    il_system_destroy(&sys);
}

/** One atom in a well, the outside field holds it: three degrees of freedom. */
static il_status well_evaluate(il_context *context, void *user, unsigned parts, const ili_cell *cell,
                               const double (*x)[3], double *energy, double (*f)[3], double w[6]) {
    (void)context, (void)parts, (void)cell;
    const double *stiffness = user;
    *energy = 0.0;
    memset(w, 0, 6 * sizeof *w);
    for (int k = 0; k < 3; k++) {
        f[0][k] = -stiffness[k] * x[0][k];
        *energy += 0.5 * stiffness[k] * x[0][k] * x[0][k];
    }
    return IL_OK;
}

typedef struct places {
    double x2[3][SAMPLES];
    int n;
} places;

static il_status places_see(il_context *context, void *user, const ili_md_frame *f) {
    (void)context;
    places *p = user;
    for (int k = 0; k < 3 && p->n < SAMPLES; k++) p->x2[k][p->n] = f->x[0][k] * f->x[0][k];
    p->n++;
    return IL_OK;
}

TEST(an_atom_in_a_well_has_all_three_freedoms) {
    il_set_threads(ctx, 1);
    static places p;
    double stiffness[3] = {0.5, 2.0, 8.0}, error;
    il_system *sys = fluid_system(1, 1000.0);
    ili_md_options o = ili_md_defaults();
    ili_md *md = NULL;
    const ili_md_observer observer = {100, false, &p, places_see};
    o.dt = 4.0;
    o.thermostat = ILI_THERMOSTAT_LANGEVIN;
    o.tau_t = 50.0;
    o.remove_drift = false;
    o.n_steps = 100 * SAMPLES;
    memset(&p, 0, sizeof p);
    REQUIRE_OK(ili_md_create(ctx, &o, sys, NULL,
                             (ili_md_forces){.user = stiffness, .evaluate = well_evaluate}, &md));
    REQUIRE_OK(ili_md_run(ctx, md, o.n_steps, &observer, 1));
    for (int k = 0; k < 3; k++) {
        /* half steps of friction about velocity Verlet: <x^2> = kT/k / (1 - (w dt)^2/4) */
        double wdt2 = stiffness[k] / (39.95 * ILI_AMU) * o.dt * o.dt;
        double mean = mean_of(p.x2[k], SAMPLES, &error);
        CHECK_MEAN(mean, ILI_KB * 300.0 / stiffness[k] / (1.0 - 0.25 * wdt2), error);
        CHECK(error < 0.05 * mean);
    }
    ili_md_destroy(&md);
    il_system_destroy(&sys);
}

TESTS(RUN(energies_are_canonical); RUN(ramps_end_where_they_should);
      RUN(an_atom_in_a_well_has_all_three_freedoms))
