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
    for (int k = 0; k < 2; k++) { /* converged, and as the model asks: the same splitting, the same waves */
        il_ff_options o = tight();
        if (k) il_ff_options_default(&o);
        o.coulomb = 1;
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

TESTS(RUN(equals_the_force_field); RUN(every_kind_of_change))
