/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Monte Carlo of the Lennard-Jones fluid against published numbers and virial coefficients. Reduced units: epsilon, sigma.
 *
 *  The potential is cut at 3 sigma and shifted. Its pressure is that of its forces, without the jump at the cut-off, so adding the
 *  analytic tail gives the pressure of the full potential, as the reference does (Frenkel & Smit 2002, section 3.2):
 *      p_tail = (32/9) pi rho^2 rc^-9 - (16/3) pi rho^2 rc^-3.
 *  Reference: NIST Standard Reference Simulation Website, Lennard-Jones fluid properties by Monte Carlo in NVT, 500 particles, cut at
 *  3 sigma with long-range corrections (https://mmlapps.nist.gov/srs/LJ_PURE/mc.htm). */
#include "mc_cases.h"

#include "base/rng.h"
#include "math/trace.h"

static const double EPSILON = 0.0104, SIGMA = 3.4, CUT = 3.0;
static const char *const ARGON = "name: argon\ntitle: Lennard-Jones fluid\n"
                                 "date: 2026-11-23\ncitation: none\nstatus: published\n"
                                 "units: {length: angstrom, energy: eV}\n"
                                 "defaults: {short_cutoff: 10.2, truncation: shift}\n"
                                 "species:\n"
                                 "  Ar: {element: Ar, charge: 0, phase: gas}\n"
                                 "terms:\n"
                                 "  - form: lj\n"
                                 "    source: none\n"
                                 "    pairs:\n"
                                 "      Ar-Ar: {epsilon: 0.0104, sigma: 3.4}\n";

static double tail_pressure(double rho) {
    return ILI_PI * rho * rho * (32.0 / 9.0 * pow(CUT, -9.0) - 16.0 / 3.0 * pow(CUT, -3.0));
}

/** n atoms on a cubic lattice at density rho (reduced). */
static il_system *lattice_of(const il_model *model, int n, double rho) {
    double l = SIGMA * cbrt(n / rho);
    int side = (int)ceil(cbrt((double)n) - 1e-9);
    il_system *sys = empty_box(l);
    for (int i = 0; i < n; i++)
        put(sys, model, "Ar", i % side * l / side, i / side % side * l / side,
            (double)(i / side / side) * l / side);
    return sys;
}

typedef struct density_trace {
    ili_trace density, number; /**< N/V, 1/angstrom^3; N */
} density_trace;

static il_status density_see(il_context *context, void *user, const ili_mc *mc) {
    (void)context;
    density_trace *t = user;
    const double n = (double)ili_mc_count(mc, 0);
    ili_trace_add(&t->density, n / ili_cell_volume(ili_trial_cell(ili_mc_trial(mc))));
    ili_trace_add(&t->number, n);
    return IL_OK;
}

/* Under the published pressure the fluid has the published density, as mean of N/V: <P(N/V)> = p whatever the size (9.24), while
 * N/<V> is smaller by N/(N + 1) in a gas. The error of the reference's pressure is brought to the density
 * by the slope between its states at 0.82 and 0.86 (or 0.009 and 0.007). */
static void check_density(int n, double t, double rho, double p, double p_sigma, double slope,
                          int equilibration, int sweeps) {
    ili_mc_options o = ili_mc_defaults();
    o.temperature = t * EPSILON / ILI_KB;
    o.pressure = (p - tail_pressure(rho)) * EPSILON / pow(SIGMA, 3.0);
    o.weight[ILI_MC_VOLUME] = 4.0 / n;
    o.displacement = 0.4;
    o.is_equilibrating = true;
    mc_case c = {.model = model_of(ARGON)};
    density_trace trace = {0};
    case_open(&c, ARGON, lattice_of(c.model, n, rho), n, &o);
    REQUIRE_OK(ili_mc_run(ctx, c.mc, (int64_t)equilibration * n, 1, NULL, NULL));
    o.is_equilibrating = false;
    REQUIRE_OK(ili_mc_set(ctx, c.mc, &o));
    REQUIRE_OK(ili_mc_run(ctx, c.mc, (int64_t)sweeps * n, n, density_see, &trace));
    double found = ili_trace_mean(&trace.density) * pow(SIGMA, 3.0),
           error = hypot(ili_trace_sigma(&trace.density) * pow(SIGMA, 3.0), p_sigma / slope);
    printf("T* %.2f p* %.5g: rho* %.5f +- %.5f, published %.4f\n", t, p, found, error, rho);
    CHECK_NEAR(found, rho, 5.0 * error);
    CHECK(error < 0.006 * rho + 0.0003);
    CHECK(ili_mc_drift(c.mc) < 1e-9 * fabs(ili_trial_energy(c.trial)));
    case_close(&c);
}

TEST(a_liquid_has_the_published_density) {
    check_density(125, 0.85, 0.820, 0.55355, 3.13e-3, (1.2660 - 0.55355) / 0.04, 800, 5000);
}

TEST(a_vapour_has_the_published_density) {
    check_density(64, 0.85, 0.009, 7.1641e-3, 2.24e-6, (7.1641e-3 - 5.6565e-3) / 0.002, 1000, 10000);
}

/* ---- gas: virial coefficients ----------------------------------------------------------------------------- */

static double mayer(double r, double t) {
    if (r >= CUT) return 0.0;
    if (r < 0.3) return -1.0;
    double s6 = pow(r, -6.0), c6 = pow(CUT, -6.0);
    return expm1(-4.0 * (s6 * (s6 - 1.0) - c6 * (c6 - 1.0)) / t);
}

/** B2 = -2 pi int f r^2 dr, B3 = -(1/3) int f12 f13 f23 = -(8 pi^2/3) int int f(r) f(s) r s [int_|r-s|^(r+s) f(u) u du] dr ds: by
 *  the midpoint rule, with a running integral of f(u) u. */
static void virial(double t, double *b2, double *b3) {
    enum { N = 1200 };
    double f[N], inner[2 * N + 1] = {0}, h = CUT / N;
    *b2 = *b3 = 0.0;
    for (int i = 0; i < N; i++) {
        double r = (i + 0.5) * h;
        f[i] = mayer(r, t);
        *b2 -= 2.0 * ILI_PI * f[i] * r * r * h;
    }
    for (int i = 0; i < 2 * N; i++) inner[i + 1] = inner[i] + mayer((i + 0.5) * h, t) * (i + 0.5) * h * h;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double r = (i + 0.5) * h, s = (j + 0.5) * h; /* |r - s| = |i - j| h, r + s = (i + j + 1) h */
            *b3 -= 8.0 / 3.0 * ILI_PI * ILI_PI * f[i] * f[j] * r * s *
                   (inner[i + j + 1] - inner[abs(i - j)]) * h * h;
        }
}

/* mu/kT = ln rho + 2 B2 rho + (3/2) B3 rho^2 + (4/3) B4 rho^3; at T* 2 and rho* 0.04 the last is below 1e-4 */
TEST(a_gas_has_the_density_of_its_chemical_potential) {
    const double t = 2.0, rho = 0.04, l = 9.0; /* reduced */
    double b2, b3;
    virial(t, &b2, &b3);
    const double kT = t * EPSILON, ln_z = log(rho) + 2.0 * b2 * rho + 1.5 * b3 * rho * rho;
    ili_mc_options o = only(ILI_MC_INSERT, 1.0);
    o.weight[ILI_MC_DISPLACE] = 1.0;
    o.temperature = kT / ILI_KB;
    o.displacement = 5.0;
    o.reservoir = (ili_mc_reservoir){.species = 0, .mu = kT * (ln_z - 3.0 * log(SIGMA))};
    mc_case c = {.model = model_of(ARGON)};
    density_trace trace = {0};
    case_open(&c, ARGON, lattice_of(c.model, 29, 29 / pow(l, 3.0)), 120, &o);
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 20000, 1, NULL, NULL));
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 1000000, 20, density_see, &trace));
    double found = ili_trace_mean(&trace.number) / pow(l, 3.0),
           error = ili_trace_sigma(&trace.number) / pow(l, 3.0);
    printf("B2 %.4f B3 %.4f: rho* %.5f +- %.5f, virial %.5f (ideal %.5f)\n", b2, b3, found, error, rho,
           exp(ln_z));
    CHECK_NEAR(found, rho, 5.0 * error + 1e-4 * rho);
    CHECK(error < 0.004 * rho);
    case_close(&c);
}

/* Widom: in a gas at given number the mean Boltzmann factor of a test atom gives mu: rho <exp(-beta U)>^-1 */
typedef struct widom {
    ili_trace factor;
    ili_trial *trial;
    ili_rng rng;
    double kT;
} widom;

static il_status widom_see(il_context *context, void *user, const ili_mc *mc) {
    enum { POINTS = 16 };
    widom *w = user;
    const ili_cell *cell = ili_trial_cell(ili_mc_trial(mc));
    double x[POINTS][3], energy[POINTS], sum = 0.0;
    for (int i = 0; i < POINTS; i++) {
        double s[3];
        for (int k = 0; k < 3; k++) s[k] = ili_rng_uniform(&w->rng);
        ili_cell_to_cart(cell, s, x[i]);
    }
    IL_TRY(ili_trial_map(context, w->trial, 0, POINTS, (const double(*)[3])x, energy));
    for (int i = 0; i < POINTS; i++) sum += exp(-energy[i] / w->kT) / POINTS;
    ili_trace_add(&w->factor, sum);
    return IL_OK;
}

/* At number N, <exp(-beta U)> = (z V)^-1 (N + 1) p(N + 1)/p(N) of the grand canonical run: exact at every size. Here against
 * exp(mu_ex/kT) to first order of 1/N, which is below the error: (N + 1)/V = rho + 1/V at the density where mu is that of z. */
TEST(test_insertion_agrees_with_the_chemical_potential) {
    enum { N = 28 };
    const double t = 2.0, l = 9.0, kT = t * EPSILON, rho = (N + 0.5) / pow(l, 3.0);
    double b2, b3;
    virial(t, &b2, &b3);
    ili_mc_options o = ili_mc_defaults();
    o.temperature = kT / ILI_KB;
    o.displacement = 5.0;
    mc_case c = {.model = model_of(ARGON)};
    case_open(&c, ARGON, lattice_of(c.model, N, N / pow(l, 3.0)), N, &o);
    widom w = {.trial = c.trial, .rng = ili_rng_make(5, 5), .kT = kT};
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 10000, 1, NULL, NULL));
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 150000, 10, widom_see, &w));
    double found = -log(ili_trace_mean(&w.factor)),
           error = ili_trace_sigma(&w.factor) / ili_trace_mean(&w.factor);
    double want = 2.0 * b2 * rho + 1.5 * b3 * rho * rho;
    printf("mu_ex/kT %.5f +- %.5f, virial %.5f\n", found, error, want);
    CHECK_NEAR(found, want, 5.0 * error + 2e-4);
    CHECK(error < 0.005);
    case_close(&c);
}

TESTS(RUN(a_liquid_has_the_published_density), RUN(a_vapour_has_the_published_density),
      RUN(a_gas_has_the_density_of_its_chemical_potential),
      RUN(test_insertion_agrees_with_the_chemical_potential))
