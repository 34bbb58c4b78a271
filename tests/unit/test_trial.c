/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Energies of single changes against sums from scratch. */
#include "trial_reference.h"

enum { LI = 0, AL = 5, GE = 7, P = 11, O = 12 };

static il_ff_options tight(void) {
    il_ff_options o;
    il_ff_options_default(&o);
    o.short_cutoff = 8.0;
    o.coulomb_cutoff = 8.0;
    o.accuracy = 1e-12;
    return o;
}

/** What a whole energy is worth in the tests: 1e-10 of it. */
static double tolerance(double energy) {
    return 1e-10 * fabs(energy);
}

static void check_energy(const il_model *model, const il_ff_options *o, const ili_trial *trial) {
    double want = reference_energy(model, o, trial);
    CHECK_NEAR(ili_trial_energy(trial), want, tolerance(want));
}

TEST(equals_the_force_field) {
    il_set_threads(ctx, 1);
    /* converged, as the model asks, cheapest cut-off: the same splitting, the same waves */
    for (int k = 0; k < 3; k++) {
        il_ff_options o = tight();
        if (k) il_ff_options_default(&o);
        o.coulomb = 1;
        if (k == 2) o.coulomb_cutoff = 0.0;
        il_system *sys = trial_lagp();
        il_model *model = trial_model("potentials/pmmcs.yaml", NULL);
        ili_trial *trial = NULL;
        il_ff *ff = NULL;
        double energy;
        REQUIRE_OK(ili_trial_create(ctx, model, &o, sys, 120, &trial));
        REQUIRE_OK(il_ff_create(ctx, model, sys, &o, &ff));
        CHECK_OK(il_ff_compute(ctx, ff, (const double(*)[3])sys->cell.h, (const double(*)[3])sys->x, &energy,
                               NULL, NULL));
        CHECK_NEAR(ili_trial_energy(trial), energy, 1e-12 * fabs(energy));
        if (!k) check_energy(model, &o, trial);
        il_ff_destroy(&ff);
        ili_trial_destroy(&trial);
        il_model_destroy(&model);
        il_system_destroy(&sys);
    }
}

/** Propose, accept, compare. */
static void try_changes(const il_model *model, const il_ff_options *o, ili_trial *trial, int n,
                        const ili_change *changes) {
    double before = ili_trial_energy(trial), delta = NAN;
    CHECK_OK(ili_trial_propose(ctx, trial, n, changes, &delta));
    CHECK(ili_trial_energy(trial) == before);
    ili_trial_accept(trial);
    CHECK(ili_trial_energy(trial) == before + delta);
    check_energy(model, o, trial);
}

TEST(every_kind_of_change) {
    il_set_threads(ctx, 1);
    il_ff_options o = tight();
    il_system *sys = trial_lagp();
    il_model *model = trial_model("potentials/pmmcs.yaml", NULL);
    const double *x0 = sys->x[3], *x1 = sys->x[70];
    const ili_change move = {ILI_CHANGE_MOVE, 3, -1, {x0[0] + 0.4, x0[1] - 0.3, x0[2] + 0.2}};
    const ili_change far = {ILI_CHANGE_MOVE, 70, -1, {x1[0] + 0.1, x1[1] - 30.3, x1[2] + 40.7}};
    const ili_change reduce = {ILI_CHANGE_SPECIES, 8, AL, {0}}, oxidise = {ILI_CHANGE_SPECIES, 20, P, {0}};
    const ili_change insert = {ILI_CHANGE_INSERT, -1, LI, {1.0, 4.2, 3.0}};
    const ili_change second = {ILI_CHANGE_INSERT, -1, O, {3.0, 1.2, -8.0}};
    const ili_change delete = {ILI_CHANGE_DELETE, 5, -1, {0}}, last = {ILI_CHANGE_DELETE, 110, -1, {0}};
    const struct {
        int n, n_after;
        ili_change c[4];
    } cases[] = {{1, 111, {move}},
                 {1, 111, {far}},
                 {1, 111, {reduce}},
                 {1, 112, {insert}},
                 {1, 110, {delete}},
                 {1, 110, {last}},
                 {2, 111, {move, far}},
                 {2, 112, {insert, reduce}},
                 {2, 110, {delete, oxidise}},
                 {2, 111, {reduce, oxidise}},
                 {2, 113, {insert, second}},
                 {2, 109, {delete, last}},
                 {2, 109, {last, delete}},
                 {3, 111, {insert, delete, move}},
                 {4, 111, {insert, delete, move, reduce}},
                 {4, 111, {last, second, oxidise, far}},
                 {4, 111, {insert, second, last, delete}}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        ili_trial *one = NULL;
        REQUIRE_OK(ili_trial_create(ctx, model, &o, sys, 113, &one));
        try_changes(model, &o, one, cases[k].n, cases[k].c);
        CHECK(ili_trial_n_atoms(one) == cases[k].n_after);
        ili_trial_destroy(&one);
    }
    il_model_destroy(&model);
    il_system_destroy(&sys);
}

TEST(strained_cells) {
    il_set_threads(ctx, 1);
    il_ff_options o = tight();
    il_system *sys = trial_lagp();
    il_model *model = trial_model("potentials/pmmcs.yaml", NULL);
    ili_trial *trial = NULL;
    ili_rng rng = ili_rng_make(3, 0);
    REQUIRE_OK(ili_trial_create(ctx, model, &o, sys, 113, &trial));
    for (int k = 0; k < 4; k++) {
        ili_cell cell = trial_any_cell(trial, 0.004, &rng);
        double delta = NAN, before = ili_trial_energy(trial), x[3], s[3], t[3];
        ili_cell_to_frac(ili_trial_cell(trial), ili_trial_x(trial)[50], s);
        CHECK_OK(ili_trial_propose_cell(ctx, trial, &cell, &delta));
        memcpy(x, ili_trial_x(trial)[50], sizeof x);
        CHECK(ili_trial_energy(trial) == before && memcmp(x, ili_trial_x(trial)[50], sizeof x) == 0);
        ili_trial_accept(trial);
        ili_cell_to_frac(&cell, ili_trial_x(trial)[50], t);
        for (int c = 0; c < 3; c++) CHECK_NEAR(t[c], s[c], 1e-14);
        CHECK(memcmp(ili_trial_cell(trial)->h, cell.h, sizeof cell.h) == 0);
        CHECK(ili_trial_energy(trial) == before + delta);
        check_energy(model, &o, trial);
        ili_change c = {ILI_CHANGE_MOVE, 50, -1, {x[0] + 0.1, x[1], x[2]}};
        try_changes(model, &o, trial, 1, &c);
    }
    ili_trial_destroy(&trial);
    il_model_destroy(&model);
    il_system_destroy(&sys);
}

/** What accepted changes must leave, by the book: moves and species, deletions from the highest down, insertions. */
typedef struct shadow {
    int32_t n, species[32];
    double x[32][3];
} shadow;

static void follow(shadow *a, int n, const ili_change *c) {
    for (int k = 0; k < n; k++) {
        if (c[k].kind == ILI_CHANGE_MOVE) memcpy(a->x[c[k].atom], c[k].x, sizeof a->x[0]);
        if (c[k].kind == ILI_CHANGE_SPECIES) a->species[c[k].atom] = c[k].species;
    }
    for (int32_t i = a->n - 1; i >= 0; i--)
        for (int k = 0; k < n; k++)
            if (c[k].kind == ILI_CHANGE_DELETE && c[k].atom == i) {
                a->n--;
                a->species[i] = a->species[a->n];
                memcpy(a->x[i], a->x[a->n], sizeof a->x[0]);
            }
    for (int k = 0; k < n; k++)
        if (c[k].kind == ILI_CHANGE_INSERT) {
            a->species[a->n] = c[k].species;
            memcpy(a->x[a->n++], c[k].x, sizeof a->x[0]);
        }
}

static bool is_shadow(const shadow *a, const ili_trial *trial) {
    return a->n == ili_trial_n_atoms(trial) &&
           (a->n == 0 ||
            (memcmp(a->x, ili_trial_x(trial), (size_t)a->n * sizeof a->x[0]) == 0 &&
             memcmp(a->species, ili_trial_species(trial), (size_t)a->n * sizeof a->species[0]) == 0));
}

/** Up to four changes of distinct atoms that fit. */
static int draw_changes(const ili_trial *trial, int capacity, ili_rng *rng, ili_change c[ILI_CHANGES_MAX]) {
    int n = 0, wanted = 1 + (int)ili_rng_below(rng, 4), n_then = ili_trial_n_atoms(trial);
    for (int try = 0; try < 20 && n < wanted; try++) {
        c[n] = trial_any_change(trial, -1, 3, rng);
        bool fits = c[n].kind == ILI_CHANGE_INSERT ? n_then < capacity : ili_trial_n_atoms(trial) > 0;
        for (int k = 0; k < n && c[n].kind != ILI_CHANGE_INSERT; k++)
            fits = fits && (c[k].kind == ILI_CHANGE_INSERT || c[k].atom != c[n].atom);
        if (!fits) continue;
        n_then += (c[n].kind == ILI_CHANGE_INSERT) - (c[n].kind == ILI_CHANGE_DELETE);
        n++;
    }
    return n;
}

TEST(small_tilted_cell_with_any_charge) {
    static const char *const names[] = {"Na", "Cl", "Na", "Cl", "Ar"};
    enum { CAPACITY = 8 };
    il_set_threads(ctx, 1);
    il_system *sys = trial_salt_cell(4.4, 5, names);
    il_model *model = trial_model(NULL, trial_salt);
    ili_trial *trial = NULL;
    ili_rng rng = ili_rng_make(9, 0);
    double largest = 1.0;
    int n_compared = 0, n_charged = 0, n_empty = 0;
    REQUIRE_OK(ili_trial_create(ctx, model, NULL, sys, CAPACITY, &trial));
    shadow a = {.n = sys->n_atoms};
    memcpy(a.x, ili_trial_x(trial), (size_t)a.n * sizeof a.x[0]);
    memcpy(a.species, ili_trial_species(trial), (size_t)a.n * sizeof a.species[0]);
    for (int k = 0; k < 1500; k++) {
        ili_change c[ILI_CHANGES_MAX];
        int n = draw_changes(trial, CAPACITY, &rng, c);
        double delta = NAN;
        CHECK_OK(ili_trial_propose(ctx, trial, n, c, &delta));
        if (!(delta < 30.0)) continue; /* what Monte Carlo would not take either */
        ili_trial_accept(trial);
        follow(&a, n, c);
        CHECK(is_shadow(&a, trial));
        if (n_compared % 7 == 0) {
            ili_cell cell = trial_any_cell(trial, 0.004, &rng);
            CHECK_OK(ili_trial_propose_cell(ctx, trial, &cell, &delta));
            if (ili_cell_volume(&cell) > 80.0 && ili_cell_volume(&cell) < 160.0) ili_trial_accept(trial);
            memcpy(a.x, ili_trial_x(trial), (size_t)a.n * sizeof a.x[0]);
        }
        reference r = reference_of(model, NULL, trial);
        double want = r.pairs + r.reciprocal + r.self + r.background + r.onsite;
        largest = fmax(largest, fabs(r.pairs) + fabs(r.self));
        CHECK_NEAR(ili_trial_energy(trial), want, 1e-10 * largest);
        n_compared++;
        n_charged += r.background != 0.0;
        n_empty += a.n == 0;
        if (n_compared == 200) break;
    }
    CHECK(n_compared == 200 && n_charged > 100 && n_empty > 0);
    ili_trial_destroy(&trial);
    il_model_destroy(&model);
    il_system_destroy(&sys);
}

TEST(background_of_one_ion) {
    /* one charge in a cubic cell of side L with its background: -2.837297... C q^2/(2 L), Wigner's simple cubic lattice */
    const double side = 20.0, wigner = -2.8372974794806476;
    il_set_threads(ctx, 1);
    il_system *sys = NULL;
    il_model *model = trial_model(NULL, trial_salt);
    ili_trial *trial = NULL;
    REQUIRE_OK(ili_system_create(ctx, &sys));
    REQUIRE_OK(ili_cell_from_parameters(ctx, (const double[]){side, side, side}, (const double[]){90, 90, 90},
                                        &sys->cell));
    REQUIRE_OK(ili_trial_create(ctx, model, NULL, sys, 4, &trial));
    CHECK(ili_trial_energy(trial) == 0.0);
    const ili_change c[2] = {{ILI_CHANGE_INSERT, -1, 1, {3, 4, 5}}, {ILI_CHANGE_INSERT, -1, 2, {13, 14, 11}}};
    double delta, want = 0.5 * wigner * ILI_COULOMB / side + 2.25;
    for (int n = 1; n <= 2; n++) { /* alone, and with a neutral one out of reach */
        CHECK_OK(ili_trial_propose(ctx, trial, n, c, &delta));
        CHECK_NEAR(delta, want, 1e-9);
    }
    ili_trial_accept(trial);
    const ili_change away = {ILI_CHANGE_DELETE, 0, -1, {0}};
    CHECK_OK(ili_trial_propose(ctx, trial, 1, &away, &delta));
    CHECK_NEAR(delta, -want, 1e-9);
    ili_trial_accept(trial);
    CHECK(ili_trial_n_atoms(trial) == 1 && ili_trial_species(trial)[0] == 2);
    ili_trial_destroy(&trial);
    il_model_destroy(&model);
    il_system_destroy(&sys);
}

TEST(overlaps_are_infinite) {
    static const char *const names[] = {"Na", "Cl", "Ar"};
    il_set_threads(ctx, 1);
    il_system *sys = trial_salt_cell(6.0, 3, names);
    il_model *model = trial_model(NULL, trial_salt);
    ili_trial *trial = NULL;
    REQUIRE_OK(ili_trial_create(ctx, model, NULL, sys, 6, &trial));
    const double *x = sys->x[1];
    double before = ili_trial_energy(trial), delta = 0.0, energy[2], t[3];
    const ili_change on = {ILI_CHANGE_INSERT, -1, 0, {x[0] + 0.1, x[1] + 0.2, x[2] - 0.1}};
    const ili_change both[2] = {{ILI_CHANGE_INSERT, -1, 0, {9, 9, 9}},
                                {ILI_CHANGE_INSERT, -1, 0, {9, 9, 9.2}}};
    const ili_change onto = {ILI_CHANGE_MOVE, 0, -1, {x[0], x[1], x[2]}};
    CHECK_OK(ili_trial_propose(ctx, trial, 1, &on, &delta));
    CHECK(delta == INFINITY);
    ili_trial_accept(trial);
    CHECK(ili_trial_n_atoms(trial) == 3 && ili_trial_energy(trial) == before);
    CHECK_OK(ili_trial_propose(ctx, trial, 2, both, &delta));
    CHECK(delta == INFINITY);
    CHECK_OK(ili_trial_propose(ctx, trial, 1, &onto, &delta));
    CHECK(delta == INFINITY);
    /* where another one leaves there is room: the two change places */
    const ili_change swap[2] = {onto, {ILI_CHANGE_MOVE, 1, -1, {sys->x[0][0], sys->x[0][1], sys->x[0][2]}}};
    CHECK_OK(ili_trial_propose(ctx, trial, 2, swap, &delta));
    CHECK(isfinite(delta));
    const double points[2][3] = {{on.x[0], on.x[1], on.x[2]}, {x[0] + 2.0, x[1] + 1.0, x[2]}};
    CHECK_OK(ili_trial_map(ctx, trial, 0, 2, points, energy));
    CHECK(energy[0] == INFINITY && isfinite(energy[1]));
    ili_cell flat = *ili_trial_cell(trial); /* own images overlap */
    for (int c = 0; c < 3; c++) flat.h[2][c] *= 0.02;
    CHECK_OK(ili_trial_propose_cell(ctx, trial, &flat, &delta));
    CHECK(delta == INFINITY);
    ili_trial_accept(trial);
    CHECK(memcmp(ili_trial_cell(trial), &sys->cell, sizeof sys->cell) == 0);
    CHECK_OK(ili_trial_resum(ctx, trial, &delta));
    CHECK_NEAR(delta, 0.0, 1e-12);
    ili_trial_destroy(&trial);
    ili_cell_to_frac(&sys->cell, x, t); /* a start with two atoms on one place, a cell apart */
    t[0] += 1.0;
    ili_cell_to_cart(&sys->cell, t, sys->x[2]);
    CHECK_STATUS(ili_trial_create(ctx, model, NULL, sys, 6, &trial), IL_E_OVERLAP);
    CHECK(trial == NULL && strstr(il_message(ctx), "atom 2"));
    il_model_destroy(&model);
    il_system_destroy(&sys);
}

TEST(maps_are_insertions_at_any_thread_count) {
    enum { POINTS = 60 };
    il_system *sys = trial_lagp();
    il_model *model = trial_model("potentials/pmmcs.yaml", NULL);
    ili_trial *trial = NULL;
    ili_rng rng = ili_rng_make(21, 0);
    double x[POINTS][3], energy[2][POINTS], cell_delta[2], drift[2];
    il_ff_options o = tight();
    REQUIRE_OK(ili_trial_create(ctx, model, &o, sys, 112, &trial));
    ili_cell cell = trial_any_cell(trial, 0.01, &rng);
    for (int i = 0; i < POINTS; i++) memcpy(x[i], trial_any_change(trial, 0, 1, &rng).x, sizeof x[i]);
    for (int k = 0; k < 2; k++) {
        il_set_threads(ctx, k ? 3 : 1);
        CHECK_OK(ili_trial_map(ctx, trial, O, POINTS, (const double(*)[3])x, energy[k]));
        CHECK_OK(ili_trial_propose_cell(ctx, trial, &cell, &cell_delta[k]));
        CHECK_OK(ili_trial_resum(ctx, trial, &drift[k]));
        CHECK(drift[k] == 0.0); /* the same bits as at first */
    }
    CHECK(memcmp(energy[0], energy[1], sizeof energy[0]) == 0 && cell_delta[0] == cell_delta[1]);
    for (int i = 0; i < POINTS; i++) {
        ili_change c = {ILI_CHANGE_INSERT, -1, O, {x[i][0], x[i][1], x[i][2]}};
        double delta;
        CHECK_OK(ili_trial_propose(ctx, trial, 1, &c, &delta));
        if (delta < INFINITY)
            CHECK_NEAR(energy[0][i], delta, 1e-13 * (2e3 + fabs(delta)));
        else
            CHECK(energy[0][i] == INFINITY);
    }
    ili_trial_destroy(&trial);
    il_model_destroy(&model);
    il_system_destroy(&sys);
}

/** n random changes, the bearable ones accepted; the energies of all go into a hash. */
static uint64_t wander(ili_trial *trial, int n, ili_rng *rng) {
    uint64_t hash = ILI_HASH_START;
    for (int k = 0; k < n; k++) {
        ili_change c[ILI_CHANGES_MAX];
        double delta = NAN;
        int m = draw_changes(trial, ili_trial_capacity(trial), rng, c);
        if (k % 10 == 0) {
            ili_cell cell = trial_any_cell(trial, 0.01, rng);
            CHECK_OK(ili_trial_propose_cell(ctx, trial, &cell, &delta));
        } else {
            CHECK_OK(ili_trial_propose(ctx, trial, m, c, &delta));
        }
        hash = ili_hash(hash, &delta, sizeof delta);
        if (delta < 5.0) ili_trial_accept(trial);
        double energy = ili_trial_energy(trial);
        hash = ili_hash(hash, &energy, sizeof energy);
    }
    return ili_hash(hash, ili_trial_x(trial), (size_t)ili_trial_n_atoms(trial) * sizeof(double[3]));
}

TEST(restored_runs_keep_their_bits) {
    static const char *const names[] = {"Na", "Cl", "Na", "Cl", "Ar", "Ar", "Na", "Cl"};
    il_set_threads(ctx, 1);
    il_system *sys = trial_salt_cell(8.0, 8, names);
    il_model *model = trial_model(NULL, trial_salt);
    for (int stretched = 0; stretched < 2; stretched++) { /* the second time with waves that were remade */
        ili_trial *trial = NULL, *again = NULL, *other = NULL;
        ili_rng rng = ili_rng_make(31, 0);
        ili_bytes bytes = {0};
        REQUIRE_OK(ili_trial_create(ctx, model, NULL, sys, 30, &trial));
        REQUIRE_OK(ili_trial_create(ctx, model, NULL, sys, 30, &again));
        REQUIRE_OK(ili_trial_create(ctx, model, NULL, sys, 31, &other));
        wander(trial, 300, &rng);
        if (stretched) {
            ili_cell cell = *ili_trial_cell(trial);
            double delta, drift;
            int32_t n_waves = ili_trial_get_info(trial).n_waves;
            for (int k = 0; k < 9; k++) (&cell.h[0][0])[k] *= 1.2;
            CHECK_OK(ili_trial_propose_cell(ctx, trial, &cell, &delta));
            ili_trial_accept(trial);
            CHECK_OK(ili_trial_resum(ctx, trial, &drift));
            CHECK(ili_trial_get_info(trial).n_waves > n_waves);
            wander(trial, 50, &rng);
        }
        double energy = ili_trial_energy(trial);
        ili_trial_carry(trial, &bytes);
        CHECK(!bytes.failed && ili_trial_energy(trial) == energy);
        ili_rng rng2 = rng;
        uint64_t went_on = wander(trial, 200, &rng);
        ili_bytes_rewind(&bytes);
        ili_trial_carry(again, &bytes);
        CHECK(!bytes.failed && ili_trial_energy(again) == energy);
        CHECK(wander(again, 200, &rng2) == went_on);
        ili_bytes_rewind(&bytes);
        ili_trial_carry(other, &bytes);
        CHECK(bytes.failed);
        ili_bytes_free(&bytes);
        ili_trial_destroy(&trial);
        ili_trial_destroy(&again);
        ili_trial_destroy(&other);
    }
    il_model_destroy(&model);
    il_system_destroy(&sys);
}

TEST(waves_are_remade_when_the_cell_has_grown) {
    il_set_threads(ctx, 1);
    il_ff_options o = tight();
    o.accuracy = 1e-6;
    il_system *sys = trial_lagp();
    il_model *model = trial_model("potentials/pmmcs.yaml", NULL);
    ili_trial *trial = NULL;
    double drift, delta;
    REQUIRE_OK(ili_trial_create(ctx, model, &o, sys, 111, &trial));
    int32_t n_waves = ili_trial_get_info(trial).n_waves;
    ili_cell cell = *ili_trial_cell(trial);
    for (int k = 0; k < 2; k++) { /* a little: the same waves; much: others */
        for (int c = 0; c < 9; c++) (&cell.h[0][0])[c] *= k ? 1.12 : 1.01;
        CHECK_OK(ili_trial_propose_cell(ctx, trial, &cell, &delta));
        ili_trial_accept(trial);
        double before = ili_trial_energy(trial);
        CHECK_OK(ili_trial_resum(ctx, trial, &drift));
        CHECK_NEAR(drift, 0.0, 1e-12 * fabs(before));
        CHECK(k ? ili_trial_get_info(trial).n_waves > 1.2 * n_waves
                : ili_trial_get_info(trial).n_waves == n_waves);
        if (!k) CHECK_NEAR(ili_trial_energy(trial), before, 1e-12 * fabs(before));
    }
    /* converged waves at the same splitting; the energy of an ion is wrong by about its force times a wave length */
    double alpha = ili_trial_get_info(trial).alpha, want = reference_energy(model, &o, trial);
    CHECK_NEAR(ili_trial_energy(trial), want, 1e-6 * ILI_COULOMB / alpha * sqrt(111.0));
    ili_trial_destroy(&trial);
    il_model_destroy(&model);
    il_system_destroy(&sys);
}

TEST(a_change_costs_its_own_waves) {
    il_set_threads(ctx, 1);
    il_system *sys = trial_lagp();
    il_model *model = trial_model("potentials/pmmcs.yaml", NULL);
    ili_trial *trial = NULL;
    REQUIRE_OK(ili_trial_create(ctx, model, NULL, sys, 112, &trial));
    int64_t work[4] = {ili_trial_get_info(trial).wave_work};
    const double *x = sys->x[7];
    const ili_change c = {ILI_CHANGE_MOVE, 7, -1, {x[0], x[1] + 0.1, x[2]}};
    ili_cell cell = sys->cell;
    double delta;
    cell.h[0][0] *= 1.001;
    CHECK_OK(ili_trial_propose(ctx, trial, 1, &c, &delta));
    ili_trial_accept(trial);
    work[1] = ili_trial_get_info(trial).wave_work;
    CHECK_OK(ili_trial_propose_cell(ctx, trial, &cell, &delta));
    ili_trial_accept(trial);
    work[2] = ili_trial_get_info(trial).wave_work;
    CHECK_OK(ili_trial_resum(ctx, trial, &delta));
    work[3] = ili_trial_get_info(trial).wave_work;
    int64_t full = work[3] - work[2];
    CHECK(full == 111 * (int64_t)ili_trial_get_info(trial).n_waves);
    CHECK(10 * (work[1] - work[0]) < full && work[1] > work[0]);
    CHECK(work[2] == work[1]);
    ili_trial_destroy(&trial);
    il_model_destroy(&model);
    il_system_destroy(&sys);
}

TEST(exports_bind_again) {
    il_set_threads(ctx, 1);
    il_ff_options o = tight();
    o.coulomb = 1;
    il_system *sys = trial_lagp(), *out = NULL;
    il_model *model = trial_model("potentials/pmmcs.yaml", NULL);
    ili_trial *trial = NULL;
    il_ff *ff = NULL;
    double delta, energy;
    REQUIRE_OK(ili_trial_create(ctx, model, &o, sys, 112, &trial));
    const ili_change c[3] = {{ILI_CHANGE_INSERT, -1, LI, {1.0, 4.2, 3.0}}, /* +0.6, -0.6 by Al for Ge */
                             {ILI_CHANGE_SPECIES, 8, AL, {0}},
                             {ILI_CHANGE_DELETE, 0, -1, {0}}};
    const ili_change back = {ILI_CHANGE_INSERT, -1, LI, {4.0, 2.0, 11.0}};
    CHECK(ili_trial_species(trial)[8] == GE && ili_trial_species(trial)[0] == LI);
    CHECK_OK(ili_trial_propose(ctx, trial, 3, c, &delta));
    ili_trial_accept(trial);
    CHECK_OK(ili_trial_propose(ctx, trial, 1, &back, &delta));
    ili_trial_accept(trial);
    REQUIRE_OK(ili_trial_export(ctx, trial, &out));
    CHECK(out->n_atoms == 112 && strcmp(out->species[out->type[111]].name, "Li") == 0);
    CHECK(out->charge && out->charge[8] == 1.8 && out->species[out->type[8]].charge == 1.8);
    REQUIRE_OK(il_ff_create(ctx, model, out, &o, &ff));
    CHECK_OK(il_ff_compute(ctx, ff, (const double(*)[3])out->cell.h, (const double(*)[3])out->x, &energy,
                           NULL, NULL));
    CHECK_NEAR(ili_trial_energy(trial), energy, tolerance(energy));
    il_ff_destroy(&ff);
    ili_trial_destroy(&trial);
    il_model_destroy(&model);
    il_system_destroy(&sys);
    il_system_destroy(&out);
}

TEST(refuses_what_it_cannot_do) {
    static const char *const names[] = {"Na", "Cl", "Ar"};
    il_set_threads(ctx, 1);
    il_system *sys = trial_salt_cell(9.0, 3, names), *metal = bcc("Li", 3.5);
    il_model *model = trial_model(NULL, trial_salt), *li = trial_model("potentials/li.yaml", NULL),
             *salt = trial_model("potentials/pdol-salt.yaml", NULL);
    ili_trial *trial = NULL;
    double delta;
    CHECK_STATUS(ili_trial_create(ctx, model, NULL, sys, 2, &trial), IL_E_INPUT);
    CHECK_STATUS(ili_trial_create(ctx, li, NULL, metal, 9, &trial), IL_E_UNSUPPORTED);
    CHECK(strstr(il_message(ctx), "Li"));
    sys->cell.pbc[2] = false;
    CHECK_STATUS(ili_trial_create(ctx, model, NULL, sys, 9, &trial), IL_E_UNSUPPORTED);
    sys->cell.pbc[2] = true;
    CHECK(trial == NULL);
    REQUIRE_OK(ili_trial_create(ctx, model, NULL, sys, 4, &trial));
    const ili_change bad[] = {{ILI_CHANGE_DELETE, 3, -1, {0}},
                              {ILI_CHANGE_MOVE, -1, -1, {0}},
                              {ILI_CHANGE_SPECIES, 0, 3, {0}},
                              {ILI_CHANGE_INSERT, 0, -1, {0}},
                              {ILI_CHANGE_INSERT, 0, 0, {1, NAN, 1}}};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        CHECK_STATUS(ili_trial_propose(ctx, trial, 1, &bad[k], &delta), IL_E_INPUT);
    const ili_change twice[2] = {{ILI_CHANGE_DELETE, 1, -1, {0}}, {ILI_CHANGE_MOVE, 1, -1, {5, 5, 5}}};
    const ili_change many[5] = {{.kind = ILI_CHANGE_INSERT}};
    const ili_change room[2] = {{ILI_CHANGE_INSERT, 0, 2, {1, 1, 1}}, {ILI_CHANGE_INSERT, 0, 2, {5, 5, 5}}};
    CHECK_STATUS(ili_trial_propose(ctx, trial, 2, twice, &delta), IL_E_INPUT);
    CHECK_STATUS(ili_trial_propose(ctx, trial, 5, many, &delta), IL_E_INPUT);
    CHECK_STATUS(ili_trial_propose(ctx, trial, 2, room, &delta), IL_E_INPUT);
    ili_cell singular = {0};
    CHECK_STATUS(ili_trial_propose_cell(ctx, trial, &singular, &delta), IL_E_INPUT);
    double before = ili_trial_energy(trial);
    ili_trial_accept(trial); /* nothing waits */
    CHECK(ili_trial_energy(trial) == before && ili_trial_n_atoms(trial) == 3);
    ili_trial_destroy(&trial);
    /* ions among molecules: the ion may move, the molecule's species may not come */
    il_system *gas = NULL;
    int32_t type;
    REQUIRE_OK(ili_system_create(ctx, &gas));
    REQUIRE_OK(ili_cell_from_parameters(ctx, (const double[]){15, 15, 15}, (const double[]){90, 90, 90},
                                        &gas->cell));
    REQUIRE_OK(ili_system_species(ctx, gas, "Li+", 3, &type));
    REQUIRE_OK(ili_system_add(ctx, gas, type, (const double[]){1, 1, 1}));
    REQUIRE_OK(ili_trial_create(ctx, salt, NULL, gas, 4, &trial));
    const ili_change fluorine = {ILI_CHANGE_INSERT, 0, ili_model_species_index(salt, "FPF"), {5, 5, 5}};
    CHECK_STATUS(ili_trial_propose(ctx, trial, 1, &fluorine, &delta), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "FPF"));
    ili_trial_destroy(&trial);
    il_system_destroy(&gas);
    il_system_destroy(&metal);
    il_system_destroy(&sys);
    il_model_destroy(&salt);
    il_model_destroy(&li);
    il_model_destroy(&model);
}

TEST(memory) {
    static const char *const names[] = {"Na", "Cl"};
    il_set_threads(ctx, 1);
    il_system *sys = trial_salt_cell(9.0, 2, names);
    il_model *model = trial_model(NULL, trial_salt);
    ili_trial *trial = NULL;
    il_ff_options o;
    il_ff_options_default(&o);
    o.accuracy = 1e-3;
    for (int n = 1; n < 1000 && !trial; n++) { /* every request of a plan may fail */
        ili_alloc_fail_at(n);
        il_status status = ili_trial_create(ctx, model, &o, sys, 9, &trial);
        ili_alloc_fail_at(0);
        CHECK(status == IL_OK ? trial != NULL && n > 20 : status == IL_E_MEMORY && trial == NULL);
    }
    REQUIRE_OK(trial ? IL_OK : IL_E_INTERNAL);
    ili_alloc_fail_at(1); /* and changes make none */
    const ili_change c[2] = {{ILI_CHANGE_INSERT, -1, 2, {4, 4, 4}}, {ILI_CHANGE_MOVE, 0, -1, {7, 7, 7}}};
    ili_cell cell = sys->cell;
    double delta;
    cell.h[2][2] *= 1.01;
    CHECK_OK(ili_trial_propose(ctx, trial, 2, c, &delta));
    ili_trial_accept(trial);
    CHECK_OK(ili_trial_propose_cell(ctx, trial, &cell, &delta));
    ili_trial_accept(trial);
    CHECK_OK(ili_trial_resum(ctx, trial, &delta));
    CHECK_STATUS(ili_trial_map(ctx, trial, 0, 1, (const double[][3]){{1, 2, 3}}, &delta), IL_E_MEMORY);
    ili_alloc_fail_at(0);
    ili_trial_destroy(&trial);
    ili_trial_destroy(&trial);
    il_model_destroy(&model);
    il_system_destroy(&sys);
}

TESTS(RUN(equals_the_force_field); RUN(every_kind_of_change); RUN(strained_cells);
      RUN(small_tilted_cell_with_any_charge); RUN(background_of_one_ion); RUN(overlaps_are_infinite);
      RUN(maps_are_insertions_at_any_thread_count); RUN(restored_runs_keep_their_bits);
      RUN(waves_are_remade_when_the_cell_has_grown); RUN(a_change_costs_its_own_waves);
      RUN(exports_bind_again); RUN(refuses_what_it_cannot_do); RUN(memory))
