/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Monte Carlo where everything can be counted: ideal gases and lattices of a few sites, against their exact distributions.
 *  Samples are many correlation times apart, so that counts are those of independent draws. */
#include "mc_cases.h"

#include "base/rng.h"

enum { STATES = 256 };

/** Counts of a state that a test reads off the run. */
typedef struct census {
    double n[STATES];
    int (*state)(const ili_mc *mc);
} census;

static il_status census_see(il_context *context, void *user, const ili_mc *mc) {
    (void)context;
    census *c = user;
    int s = c->state(mc);
    CHECK(s >= 0 && s < STATES);
    if (s >= 0 && s < STATES) c->n[s]++;
    return IL_OK;
}

static int number_of_a(const ili_mc *mc) {
    return (int)ili_mc_count(mc, 0);
}

static void poisson(double mean, double *w) {
    for (int n = 0; n < STATES; n++) w[n] = exp(n * log(mean) - mean - lgamma(n + 1.0));
}

/* N of an ideal gas is Poisson with mean V exp(mu/kT)/lambda^3; from an empty box */
TEST(an_ideal_gas_has_poisson_numbers) {
    const double mean = 6.0, l = 9.0;
    ili_mc_options o = only(ILI_MC_INSERT, 1.0);
    o.weight[ILI_MC_DISPLACE] = 0.2;
    o.reservoir = (ili_mc_reservoir){.species = 0, .mu = ILI_KB * T_ROOM * log(mean / (l * l * l))};
    mc_case c = {0};
    census count = {.state = number_of_a};
    double w[STATES];
    case_open(&c, IDEAL, empty_box(l), 64, &o);
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 1000, 1, NULL, NULL));
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 400000, 50, census_see, &count));
    poisson(mean, w);
    check_counts("ideal gas, N", count.n, w, 40);
    CHECK_NEAR(ili_trial_energy(c.trial), 0.0, 0.0);
    case_close(&c);
}

/* insertion near sites, with displacement or with some insertions anywhere: the same ensemble */
static void check_sites(const char *what, double displace, double anywhere) {
    static const double sites[3][3] = {{0.1, 0.1, 0.1}, {0.6, 0.5, 0.1}, {0.95, 0.5, 0.7}};
    const double mean = 4.0, l = 9.0;
    ili_mc_options o = only(ILI_MC_INSERT, 1.0);
    o.weight[ILI_MC_DISPLACE] = displace;
    o.displacement = 4.5; /* anywhere */
    o.reservoir = (ili_mc_reservoir){.species = 0,
                                     .mu = ILI_KB * T_ROOM * log(mean / (l * l * l)),
                                     .n_sites = 3,
                                     .sites = sites,
                                     .site_radius = 1.9,
                                     .anywhere = anywhere};
    mc_case c = {0};
    census count = {.state = number_of_a};
    double w[STATES];
    case_open(&c, IDEAL, empty_box(l), 64, &o);
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 5000, 1, NULL, NULL));
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 900000, 600, census_see, &count));
    poisson(mean, w);
    check_counts(what, count.n, w, 40);
    case_close(&c);
}

TEST(a_search_near_sites_keeps_the_ensemble) {
    check_sites("ideal gas near sites, N", 2.0, 0.0);
    check_sites("ideal gas near sites and anywhere, N", 0.0, 0.3);
}

/* ions and the electrons that come with them */
TEST(electrons_are_shared_by_mass_action) {
    mc_case c = {0};
    census count = {.state = electrons};
    double w[LADDER_STATES];
    ladder_open(&c);
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 1000, 1, NULL, NULL));
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 400000, 50, census_see, &count));
    ladder_weights(w);
    check_counts("electrons on a ladder", count.n, w, LADDER_STATES);
    case_close(&c);
}

/* ---- lattices --------------------------------------------------------------------------------------------- */

static int mask_of_a(const ili_mc *mc) {
    return mask_of(mc, 0);
}

/* all 256 occupations of the cube */
TEST(a_lattice_gas_has_its_occupations) {
    const double mu = -0.03, kT = ILI_KB * T_ROOM, e[3] = {lj(0.02), 0.0, 0.0};
    double sites[8][3], w[STATES];
    ili_mc_options o = lattice_gas(mu, sites);
    mc_case c = {0};
    census count = {.state = mask_of_a};
    case_open(&c, LATTICE, empty_box(BOX), 8, &o);
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 1000, 1, NULL, NULL));
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 640000, 80, census_see, &count));
    for (int m = 0; m < STATES; m++)
        w[m] = exp((mu * __builtin_popcount((unsigned)m) - energy_of(m, e)) / kT);
    check_counts("lattice gas", count.n, w, STATES);
    CHECK(ili_mc_drift(c.mc) < 1e-12);
    case_close(&c);
}

/* every distribution of A and B over the cube, at a difference of chemical potentials */
TEST(a_switching_lattice_has_its_distribution) {
    const double delta = 0.02, kT = ILI_KB * T_ROOM, e[3] = {lj(0.02), lj(0.03), lj(0.01)};
    double w[STATES];
    ili_mc_options o = only(ILI_MC_SWITCH, 1.0);
    o.n_switches = 1;
    o.switches[0] = (ili_mc_switch){.from = 0, .to = 1, .delta_mu = delta};
    mc_case c = {.model = model_of(LATTICE)};
    census count = {.state = mask_of_a};
    case_open(&c, LATTICE, full_cube(c.model, 0xff), 8, &o);
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 1000, 1, NULL, NULL));
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 640000, 80, census_see, &count));
    for (int m = 0; m < STATES; m++)
        w[m] = exp((delta * (8 - __builtin_popcount((unsigned)m)) - energy_of(m, e)) / kT);
    check_counts("semi-grand lattice", count.n, w, STATES);
    case_close(&c);
}

/* 3 A and 5 B change places */
TEST(an_exchanging_lattice_has_its_distribution) {
    const double kT = ILI_KB * T_ROOM, e[3] = {lj(0.02), lj(0.03), lj(0.01)};
    double w[STATES] = {0};
    ili_mc_options o = only(ILI_MC_EXCHANGE, 1.0);
    o.n_exchanges = 1;
    o.exchange[0][1] = 1;
    mc_case c = {.model = model_of(LATTICE)};
    census count = {.state = mask_of_a};
    case_open(&c, LATTICE, full_cube(c.model, 0x07), 8, &o);
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 1000, 1, NULL, NULL));
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 400000, 40, census_see, &count));
    for (int m = 0; m < STATES; m++)
        if (__builtin_popcount((unsigned)m) == 3) w[m] = exp(-energy_of(m, e) / kT);
    check_counts("exchange", count.n, w, STATES);
    case_close(&c);
}

/* ---- volume ----------------------------------------------------------------------------------------------- */

typedef struct moments {
    double *v;
    int n;
} moments;

static il_status volume_see(il_context *context, void *user, const ili_mc *mc) {
    (void)context;
    moments *m = user;
    m->v[m->n++] = ili_cell_volume(ili_trial_cell(ili_mc_trial(mc)));
    return IL_OK;
}

static il_system *ideal_box(const il_model *model, int n, double volume) {
    il_system *sys = empty_box(cbrt(volume));
    for (int i = 0; i < n; i++) put(sys, model, "A", 0.3 * i, 0.5 * i, 0.7 * i);
    return sys;
}

/* V of an ideal gas under pressure is distributed as V^N exp(-pV/kT), by volume moves or by shape moves: a gamma distribution of
 * shape N + 1. The shape of the cell, which nothing holds, is made a cube again between parts of the run. */
static void check_gamma(ili_mc_move move, int parts, int moves, int every) {
    enum { N = 12 };
    const double kT = ILI_KB * T_ROOM, unit = 60.0;
    ili_mc_options o = only(move, 1.0);
    o.pressure = kT / unit;
    o.volume_step = 0.5;
    o.strain_step = 0.1;
    mc_case c = {.model = model_of(IDEAL)};
    moments m = {.v = ili_alloc((size_t)(parts * (moves / every)), sizeof *m.v)};
    double volume = (N + 1) * unit, mean = 0.0, variance = 0.0, fourth = 0.0;
    for (int k = 0; k < parts; k++) {
        o.seed = (uint64_t)k;
        case_open(&c, IDEAL, ideal_box(c.model, N, volume), N, &o);
        REQUIRE_OK(ili_mc_run(ctx, c.mc, moves, every, volume_see, &m));
        volume = ili_cell_volume(ili_trial_cell(c.trial));
        ili_mc_destroy(&c.mc);
        ili_trial_destroy(&c.trial);
    }
    for (int i = 0; i < m.n; i++) mean += m.v[i] / unit / m.n;
    for (int i = 0; i < m.n; i++) {
        double d2 = pow(m.v[i] / unit - (N + 1), 2.0);
        variance += d2 / m.n;
        fourth += d2 * d2 / m.n;
    }
    /* errors of independent samples: sqrt(var/n), sqrt((fourth - var^2)/n); exact fourth moment 3 var^2 + 6 var */
    const double exact4 = 3.0 * (N + 1) * (N + 1) + 6.0 * (N + 1);
    printf("%s: <V> p/kT %.3f of %d, variance %.3f of %d, %d samples\n", ili_mc_move_name(move), mean, N + 1,
           variance, N + 1, m.n);
    CHECK_NEAR(mean, N + 1, 5.0 * sqrt((N + 1.0) / m.n));
    CHECK_NEAR(variance, N + 1, 5.0 * sqrt((exact4 - (N + 1.0) * (N + 1.0)) / m.n));
    CHECK(5.0 * sqrt((N + 1.0) / m.n) < 0.5); /* one more or less would be seen */
    ili_free(m.v);
    case_close(&c);
}

TEST(volume_moves_give_the_gamma_distribution) {
    check_gamma(ILI_MC_VOLUME, 1, 200000, 40);
}

TEST(shape_moves_give_the_gamma_distribution) {
    check_gamma(ILI_MC_SHAPE, 500, 200, 40);
}

/* volumes and numbers together: at N exp(-pV + mu N) V^N/N! the mean density is exp(mu/kT) at every volume */
static int number_in_volume(const ili_mc *mc) {
    return number_of_a(mc);
}

/* with both, P(N) ~ integral V^N z^N/N! exp(-pV/kT) dV ~ (z kT/p)^N: geometric */
TEST(volume_and_insertion_together) {
    const double kT = ILI_KB * T_ROOM, unit = 60.0, ratio = 0.8;
    ili_mc_options o = only(ILI_MC_INSERT, 2.0);
    o.weight[ILI_MC_VOLUME] = 1.0;
    o.pressure = kT / unit;
    o.volume_step = 0.5;
    o.reservoir = (ili_mc_reservoir){.species = 0, .mu = kT * log(ratio / unit)};
    mc_case c = {0};
    census count = {.state = number_in_volume};
    double w[STATES];
    case_open(&c, IDEAL, empty_box(6.0), STATES, &o);
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 1000000, 500, census_see, &count));
    for (int n = 0; n < STATES; n++) w[n] = pow(ratio, n);
    check_counts("ideal gas at pressure and chemical potential", count.n, w, 120);
    case_close(&c);
}

TESTS(RUN(an_ideal_gas_has_poisson_numbers), RUN(a_search_near_sites_keeps_the_ensemble),
      RUN(electrons_are_shared_by_mass_action), RUN(a_lattice_gas_has_its_occupations),
      RUN(a_switching_lattice_has_its_distribution), RUN(an_exchanging_lattice_has_its_distribution),
      RUN(volume_moves_give_the_gamma_distribution), RUN(shape_moves_give_the_gamma_distribution),
      RUN(volume_and_insertion_together))
