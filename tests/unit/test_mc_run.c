/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The sampler as a machine: saved and restored, interrupted, without the heap in its loop, its books in step; what it refuses. */
#include "physics/mc_cases.h"

#include "mc/mc_state.h"

static const double SITES[4][3] = {{0.1, 0.1, 0.1}, {0.6, 0.1, 0.1}, {0.1, 0.6, 0.1}, {0.6, 0.6, 0.6}};

/** Every move at once. */
static ili_mc_options all_moves(void) {
    ili_mc_options o = ili_mc_defaults();
    for (int m = 0; m < ILI_MC_MOVES; m++) o.weight[m] = 1.0;
    o.weight[ILI_MC_SHAPE] = 0.1;
    o.pressure = 0.001;
    o.displacement = 0.8;
    o.is_equilibrating = true;
    o.n_exchanges = 1;
    o.exchange[0][1] = 1;
    o.n_switches = 1;
    o.switches[0] = (ili_mc_switch){.from = 0, .to = 1, .delta_mu = 0.01};
    o.reservoir =
        (ili_mc_reservoir){.species = 0, .mu = -0.1, .n_sites = 4, .sites = SITES, .site_radius = 1.2};
    o.resum_every = 64;
    return o;
}

static void open_all(mc_case *c, const ili_mc_options *o) {
    *c = (mc_case){.model = model_of(LATTICE)};
    il_system *sys = full_cube(c->model, 0x2d);
    for (int k = 0; k < 3; k++) sys->cell.h[k][k] = 7.5;
    case_open(c, LATTICE, sys, 200, o);
}

static void same_state(const mc_case *a, const mc_case *b) {
    int32_t n = ili_trial_n_atoms(a->trial);
    CHECK(n == ili_trial_n_atoms(b->trial));
    CHECK(memcmp(ili_trial_x(a->trial), ili_trial_x(b->trial), (size_t)n * 3 * sizeof(double)) == 0);
    CHECK(memcmp(ili_trial_species(a->trial), ili_trial_species(b->trial), (size_t)n * sizeof(int32_t)) == 0);
    CHECK(memcmp(ili_trial_cell(a->trial)->h, ili_trial_cell(b->trial)->h, 9 * sizeof(double)) == 0);
    CHECK(ili_trial_energy(a->trial) == ili_trial_energy(b->trial));
    CHECK(ili_mc_moves(a->mc) == ili_mc_moves(b->mc) && ili_mc_drift(a->mc) == ili_mc_drift(b->mc));
    for (int m = 0; m < ILI_MC_MOVES; m++) {
        ili_mc_tally p = ili_mc_tally_of(a->mc, m), q = ili_mc_tally_of(b->mc, m);
        CHECK(p.tried == q.tried && p.accepted == q.accepted && p.tried > 0 && p.accepted > 0);
    }
    CHECK(ili_mc_step(a->mc, 0) == ili_mc_step(b->mc, 0));
    CHECK(ili_mc_settings(a->mc).volume_step == ili_mc_settings(b->mc).volume_step);
}

/* saved anywhere, restored into a new run made alike, it repeats the bits */
TEST(a_restored_run_repeats_the_bits) {
    ili_mc_options o = all_moves();
    mc_case a, b, one, three;
    ili_bytes bytes = {0};
    open_all(&a, &o);
    REQUIRE_OK(ili_mc_run(ctx, a.mc, 1237, 1, NULL, NULL));
    ili_mc_carry(a.mc, &bytes);
    CHECK(!bytes.failed);
    REQUIRE_OK(ili_mc_run(ctx, a.mc, 2000, 1, NULL, NULL));
    open_all(&b, &o);
    ili_bytes_rewind(&bytes);
    ili_mc_carry(b.mc, &bytes);
    CHECK(!bytes.failed && bytes.at == bytes.size);
    REQUIRE_OK(ili_mc_run(ctx, b.mc, 2000, 1, NULL, NULL));
    same_state(&a, &b);
    open_all(&one, &o);
    REQUIRE_OK(ili_mc_run(ctx, one.mc, 3237, 1, NULL, NULL));
    same_state(&a, &one);
    open_all(&three, &o);
    il_set_threads(ctx, 3);
    REQUIRE_OK(ili_mc_run(ctx, three.mc, 3237, 1, NULL, NULL));
    same_state(&a, &three);
    CHECK(ili_mc_drift(a.mc) < 1e-9 * fabs(ili_trial_energy(a.trial)));
    bytes.size /= 2;
    ili_bytes_rewind(&bytes);
    ili_mc_carry(b.mc, &bytes);
    CHECK(bytes.failed);
    ili_bytes_free(&bytes);
    mc_case *all[] = {&a, &b, &one, &three};
    for (int k = 0; k < 4; k++) case_close(all[k]);
}

static il_status books_see(il_context *context, void *user, const ili_mc *mc) {
    (void)context, (void)user;
    const ili_trial *t = ili_mc_trial(mc);
    int64_t count[2] = {0};
    int32_t n_on[4] = {0};
    for (int32_t i = 0; i < ili_trial_n_atoms(t); i++) {
        int32_t k = ili_mc_sites_at(mc, ili_trial_x(t)[i]);
        count[ili_trial_species(t)[i]]++;
        CHECK(mc->sites.of_atom[i] == k);
        if (k >= 0) n_on[k]++;
    }
    CHECK(count[0] == ili_mc_count(mc, 0) && count[1] == ili_mc_count(mc, 1));
    CHECK(memcmp(n_on, mc->sites.n_on, sizeof n_on) == 0);
    return IL_OK;
}

/* counts and sites follow every move; nothing is allocated on the way */
TEST(books_are_kept_without_the_heap) {
    ili_mc_options o = all_moves();
    mc_case c;
    open_all(&c, &o);
    ili_alloc_fail_at(1);
    CHECK_OK(ili_mc_run(ctx, c.mc, 5000, 1, books_see, NULL));
    ili_alloc_fail_at(0);
    for (int m = 0; m < ILI_MC_MOVES; m++) CHECK(ili_mc_tally_of(c.mc, m).accepted > 0);
    for (long n = 1; n < 20; n++) { /* every allocation of create fails once */
        ili_mc *mc = NULL;
        ili_alloc_fail_at(n);
        il_status status = ili_mc_create(ctx, &o, c.model, c.trial, &mc);
        ili_alloc_fail_at(0);
        CHECK(status == IL_OK || (status == IL_E_MEMORY && !mc));
        ili_mc_destroy(&mc);
    }
    case_close(&c);
}

/* steps adapt towards their share while equilibrating, and rest otherwise */
TEST(steps_rest_in_production) {
    ili_mc_options o = all_moves();
    mc_case c;
    open_all(&c, &o);
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 20000, 1, NULL, NULL));
    double step = ili_mc_step(c.mc, 0), volume = ili_mc_settings(c.mc).volume_step;
    CHECK(step != o.displacement && volume != o.volume_step);
    o.is_equilibrating = false;
    REQUIRE_OK(ili_mc_set(ctx, c.mc, &o));
    REQUIRE_OK(ili_mc_run(ctx, c.mc, 20000, 1, NULL, NULL));
    CHECK(ili_mc_step(c.mc, 0) == step && ili_mc_settings(c.mc).volume_step == volume);
    ili_mc_tally t = ili_mc_tally_of(c.mc, ILI_MC_VOLUME);
    CHECK_NEAR((double)t.accepted / (double)t.tried, 0.4, 0.15);
    case_close(&c);
}

static int stop_now(void *user, const char *what, double fraction) {
    (void)user, (void)what, (void)fraction;
    return 1;
}

TEST(a_callback_stops_it_at_a_full_sum) {
    ili_mc_options o = all_moves();
    mc_case c;
    open_all(&c, &o);
    il_set_progress(ctx, stop_now, NULL);
    CHECK_STATUS(ili_mc_run(ctx, c.mc, 1000, 1, NULL, NULL), IL_E_INTERRUPTED);
    CHECK(ili_mc_moves(c.mc) == 64);
    case_close(&c);
}

TEST(no_room_left_is_told) {
    ili_mc_options o = only(ILI_MC_INSERT, 1.0);
    o.reservoir = (ili_mc_reservoir){.species = 0, .mu = 1.0};
    mc_case c = {0};
    case_open(&c, IDEAL, empty_box(8.0), 5, &o);
    CHECK_STATUS(ili_mc_run(ctx, c.mc, 1000, 1, NULL, NULL), IL_E_INPUT);
    case_close(&c);
}

/** One thing wrong at a time; the message holds `words`. */
static void refused(mc_case *c, const ili_mc_options *o, const char *words) {
    ili_mc *mc = NULL;
    CHECK_STATUS(ili_mc_create(ctx, o, c->model, c->trial, &mc), IL_E_INPUT);
    CHECK(mc == NULL);
    if (!strstr(il_message(ctx), words)) {
        fprintf(stderr, "message '%s', expected '%s'\n", il_message(ctx), words);
        CHECK(!"the message tells the reason");
    }
}

TEST(what_has_no_meaning_is_refused) {
    static const double near_sites[2][3] = {{0.1, 0.1, 0.1}, {0.2, 0.1, 0.1}};
    ili_mc_options good = all_moves(), o;
    mc_case c;
    open_all(&c, &good);
#define REFUSED(change, words)                                                                               \
    do {                                                                                                     \
        o = good;                                                                                            \
        change;                                                                                              \
        refused(&c, &o, words);                                                                              \
    } while (0)
    REFUSED(o.temperature = -1.0, "temperature");
    REFUSED(o.pressure = NAN, "pressure");
    REFUSED(o.weight[0] = NAN, "displace has weight");
    REFUSED(memset(o.weight, 0, sizeof o.weight), "no move");
    REFUSED(o.resum_every = 0, "full sum");
    REFUSED(o.displacement = 0.0, "displacement");
    REFUSED(o.volume_step = 0.0, "steps of the cell");
    REFUSED((o.n_mobile = 1, o.mobile[0] = 7), "mobile species 7");
    REFUSED((o.n_mobile = 1, o.mobile_weight[0] = -1.0), "weight");
    /* lists that a run keeps are looked at whether their move has a weight or not */
    REFUSED((o.n_mobile = 1, o.mobile[0] = 7, o.weight[ILI_MC_DISPLACE] = 0.0), "mobile species 7");
    REFUSED((o.reservoir.species = 7, o.weight[ILI_MC_INSERT] = 0.0), "species 7");
    REFUSED(o.exchange[0][1] = 9, "exchange");
    REFUSED(o.exchange[0][1] = 0, "two species");
    REFUSED(o.n_exchanges = 0, "pairs of species");
    REFUSED(o.n_switches = 0, "switches");
    REFUSED(o.switches[0].delta_mu = INFINITY, "chemical potential");
    REFUSED(o.reservoir.species = -1, "species -1");
    REFUSED(o.reservoir.mu = NAN, "chemical potential");
    REFUSED((o.reservoir.n_partners = 1, o.reservoir.partner[0][1] = 1), "own partner");
    REFUSED(o.reservoir.is_lattice = true, "lattice gas");
    REFUSED(o.reservoir.site_radius = 4.0, "radius");
    REFUSED(o.reservoir.anywhere = 1.5, "anywhere");
    REFUSED((o.reservoir.sites = near_sites, o.reservoir.n_sites = 2), "apart");
#undef REFUSED
    case_close(&c);
}

/* in a model with charges the sum of charges must stay */
TEST(a_net_charge_that_changes_is_refused) {
    mc_case c = {.model = model_of(IDEAL)};
    ili_mc_options o = only(ILI_MC_INSERT, 1.0);
    o.reservoir.species = 0;
    c.model->has_coulomb = true;
    c.model->species[0].base.charge = 0.6;
    c.model->species[1].base.charge = 2.4;
    c.model->species[2].base.charge = 1.8;
    c.model->species[3].base.charge = 1.0;
    ili_cell cell = {{{9, 0, 0}, {0, 9, 0}, {0, 0, 9}}, {true, true, true}};
    CHECK_STATUS(ili_mc_check(ctx, &o, c.model, &cell), IL_E_INPUT);
    o.reservoir.n_partners = 1;
    o.reservoir.partner[0][0] = 1, o.reservoir.partner[0][1] = 2;
    CHECK_OK(ili_mc_check(ctx, &o, c.model, &cell));
    o.reservoir.partner[0][1] = 3;
    CHECK_STATUS(ili_mc_check(ctx, &o, c.model, &cell), IL_E_INPUT);
    o = only(ILI_MC_SWITCH, 1.0);
    o.n_switches = 1;
    o.switches[0] = (ili_mc_switch){.from = 1, .to = 2};
    CHECK_STATUS(ili_mc_check(ctx, &o, c.model, &cell), IL_E_INPUT);
    case_close(&c);
}

TESTS(RUN(a_restored_run_repeats_the_bits), RUN(books_are_kept_without_the_heap),
      RUN(steps_rest_in_production), RUN(a_callback_stops_it_at_a_full_sum), RUN(no_room_left_is_told),
      RUN(what_has_no_meaning_is_refused), RUN(a_net_charge_that_changes_is_refused))
