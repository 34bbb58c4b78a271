/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Detailed balance of each move by itself. Where the states can be counted, transitions from a state are independent draws whatever
 *  came before, so w_i K_ij = w_j K_ji is tested with the exact weights w. Where they cannot, a run in equilibrium passes as often
 *  from one class of states to another as back. */
#include "mc_cases.h"

enum { STATES = 256 };

typedef struct flux {
    int (*state)(const ili_mc *mc);
    int last; /**< -1: none */
    double n[STATES], to[STATES][STATES];
} flux;

static il_status flux_see(il_context *context, void *user, const ili_mc *mc) {
    (void)context;
    flux *f = user;
    int s = f->state(mc);
    CHECK(s >= 0 && s < STATES);
    if (s < 0 || s >= STATES) return IL_E_INTERNAL;
    if (f->last >= 0) {
        f->n[f->last]++;
        f->to[f->last][s]++;
    }
    f->last = s;
    return IL_OK;
}

/** Run and count every transition. */
static flux *run_flux(mc_case *c, int (*state)(const ili_mc *mc), int64_t moves) {
    flux *f = ili_alloc(1, sizeof *f);
    *f = (flux){.state = state, .last = -1};
    CHECK_OK(ili_mc_run(ctx, c->mc, moves, 1, flux_see, f));
    return f;
}

/** w_i K_ij against w_j K_ji, K from binomial counts: 6 errors for each of at most 2000 pairs, 4e-6 in all, of which the share of
 *  pairs with many counts, where errors are normal, is the smaller. */
static void check_exact(const char *what, flux *f, const double *w, int states) {
    int pairs = 0;
    double worst = 0.0, norm = 0.0;
    for (int i = 0; i < states; i++) norm += w[i];
    for (int i = 0; i < states; i++)
        for (int j = 0; j < i; j++) {
            double a = f->to[i][j], b = f->to[j][i];
            if (a < 50.0 || b < 50.0) continue;
            double forth = w[i] / norm * a / f->n[i], back = w[j] / norm * b / f->n[j];
            double error = hypot(forth / sqrt(a), back / sqrt(b));
            worst = fmax(worst, fabs(forth - back) / error);
            pairs++;
        }
    printf("%s: %d pairs of states, worst difference %.2f errors\n", what, pairs, worst);
    CHECK(pairs >= 15);
    CHECK(worst < 6.0);
    ili_free(f);
}

/** As often forth as back. Passages of a reversible walk between two classes alternate more than independent ones would, so the
 *  error of the difference is sqrt(forth + back) at most. */
static void check_flux(const char *what, flux *f) {
    int pairs = 0;
    double worst = 0.0;
    for (int i = 0; i < STATES; i++)
        for (int j = 0; j < i; j++) {
            double a = f->to[i][j], b = f->to[j][i];
            if (a + b < 50.0) continue;
            worst = fmax(worst, fabs(a - b) / sqrt(a + b));
            pairs++;
        }
    printf("%s: %d pairs of classes, worst difference %.2f errors\n", what, pairs, worst);
    CHECK(pairs >= 15);
    CHECK(worst < 6.0);
    ili_free(f);
}

static int mask_of_a(const ili_mc *mc) {
    return mask_of(mc, 0);
}

TEST(insertion_on_sites) {
    const double mu = -0.03, kT = ILI_KB * T_ROOM, e[3] = {lj(0.02), 0.0, 0.0};
    double sites[8][3], w[STATES];
    ili_mc_options o = lattice_gas(mu, sites);
    mc_case c = {0};
    case_open(&c, LATTICE, empty_box(BOX), 8, &o);
    for (int m = 0; m < STATES; m++)
        w[m] = exp((mu * __builtin_popcount((unsigned)m) - energy_of(m, e)) / kT);
    check_exact("insertion on sites", run_flux(&c, mask_of_a, 300000), w, STATES);
    case_close(&c);
}

TEST(insertion_with_partners) {
    mc_case c = {0};
    double w[LADDER_STATES];
    ladder_open(&c);
    ladder_weights(w);
    check_exact("insertion with partners", run_flux(&c, electrons, 300000), w, LADDER_STATES);
    case_close(&c);
}

static int number_of_a(const ili_mc *mc) {
    return (int)ili_mc_count(mc, 0);
}

TEST(insertion_anywhere) {
    const double zv = 8.0, l = 8.0;
    ili_mc_options o = only(ILI_MC_INSERT, 1.0);
    o.reservoir = (ili_mc_reservoir){.species = 0, .mu = ILI_KB * T_ROOM * log(zv / (l * l * l))};
    mc_case c = {0};
    double w[64];
    case_open(&c, IDEAL, empty_box(l), STATES, &o);
    for (int n = 0; n < 64; n++) w[n] = exp(n * log(zv) - lgamma(n + 1.0));
    check_exact("insertion anywhere", run_flux(&c, number_of_a, 300000), w, 64);
    case_close(&c);
}

TEST(switching) {
    const double delta = 0.02, kT = ILI_KB * T_ROOM, e[3] = {lj(0.02), lj(0.03), lj(0.01)};
    double w[STATES];
    ili_mc_options o = only(ILI_MC_SWITCH, 1.0);
    o.n_switches = 1;
    o.switches[0] = (ili_mc_switch){.from = 0, .to = 1, .delta_mu = delta};
    mc_case c = {.model = model_of(LATTICE)};
    case_open(&c, LATTICE, full_cube(c.model, 0x0f), 8, &o);
    for (int m = 0; m < STATES; m++)
        w[m] = exp((delta * (8 - __builtin_popcount((unsigned)m)) - energy_of(m, e)) / kT);
    check_exact("switch", run_flux(&c, mask_of_a, 300000), w, STATES);
    case_close(&c);
}

TEST(exchanging) {
    const double kT = ILI_KB * T_ROOM, e[3] = {lj(0.02), lj(0.03), lj(0.01)};
    double w[STATES] = {0};
    ili_mc_options o = only(ILI_MC_EXCHANGE, 1.0);
    o.n_exchanges = 1;
    o.exchange[0][1] = 1;
    mc_case c = {.model = model_of(LATTICE)};
    case_open(&c, LATTICE, full_cube(c.model, 0x07), 8, &o);
    for (int m = 0; m < STATES; m++)
        if (__builtin_popcount((unsigned)m) == 3) w[m] = exp(-energy_of(m, e) / kT);
    check_exact("exchange", run_flux(&c, mask_of_a, 300000), w, STATES);
    case_close(&c);
}

/* ---- without exact weights -------------------------------------------------------------------------------- */

static int energy_class(const ili_mc *mc) {
    return (int)fmin(fmax(floor((ili_trial_energy(ili_mc_trial(mc)) + 0.5) / 0.01), 0.0), STATES - 1);
}

static int volume_class(const ili_mc *mc) {
    double v = ili_cell_volume(ili_trial_cell(ili_mc_trial(mc)));
    return (int)fmin(fmax(floor(v / 20.0), 0.0), STATES - 1);
}

/** Eight atoms about as dense as a liquid. */
static void liquid_open(mc_case *c, const ili_mc_options *o) {
    c->model = model_of(LATTICE);
    il_system *sys = full_cube(c->model, 0x3f);
    for (int k = 0; k < 3; k++) sys->cell.h[k][k] = 7.2;
    case_open(c, LATTICE, sys, 8, o);
}

static void check_liquid(ili_mc_move move, int (*state)(const ili_mc *mc), int64_t moves) {
    ili_mc_options o = only(move, 1.0);
    o.displacement = 1.0;
    o.volume_step = 0.2;
    o.pressure = 0.0005;
    o.weight[ILI_MC_DISPLACE] = 1.0; /* atoms have to move for volumes to change */
    mc_case c = {0};
    liquid_open(&c, &o);
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 20000, 1, NULL, NULL));
    check_flux(ili_mc_move_name(move), run_flux(&c, state, moves));
    case_close(&c);
}

TEST(displacing) {
    check_liquid(ILI_MC_DISPLACE, energy_class, 150000);
}

TEST(changing_volume) {
    check_liquid(ILI_MC_VOLUME, volume_class, 150000);
}

/* Nothing holds the shape of a fluid's cell: it is made a cube again, at the volume it has, between parts of the run. An ideal gas
 * does not notice. */
TEST(changing_shape) {
    const double kT = ILI_KB * T_ROOM;
    ili_mc_options o = only(ILI_MC_SHAPE, 1.0);
    o.strain_step = 0.1;
    o.pressure = kT / 60.0;
    mc_case c = {.model = model_of(IDEAL)};
    flux *f = ili_alloc(1, sizeof *f);
    double volume = 8.0 * 60.0;
    f->state = volume_class;
    for (int part = 0; part < 500; part++) {
        il_system *sys = empty_box(cbrt(volume));
        for (int i = 0; i < 7; i++) put(sys, c.model, "A", 0.3 * i, 0.5 * i, 0.7 * i);
        o.seed = (uint64_t)part;
        case_open(&c, IDEAL, sys, 7, &o);
        f->last = -1;
        REQUIRE_OK(ili_mc_run(ctx, c.mc, 200, 1, flux_see, f));
        volume = ili_cell_volume(ili_trial_cell(c.trial));
        ili_mc_destroy(&c.mc);
        ili_trial_destroy(&c.trial);
    }
    check_flux("shape", f);
    case_close(&c);
}

TESTS(RUN(insertion_on_sites), RUN(insertion_with_partners), RUN(insertion_anywhere), RUN(switching),
      RUN(exchanging), RUN(displacing), RUN(changing_volume), RUN(changing_shape))
