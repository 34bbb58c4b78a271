/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hundred thousand accepted changes of every kind in a cell of LAGP: the energy that was followed is the energy that is. */
#include "unit/trial_reference.h"

#include <time.h>

enum { LI = 0, AL = 5, GE = 7, P = 11, MOVES = 100000, CHECKS = 4 };
typedef enum kind { DISPLACE, EXCHANGE, INSERT, DELETE, CELL, KINDS } kind;
/** eV, of each kind: no ensemble, but every kind is accepted often, and what it does is healed by displacements. */
static const double KT[KINDS] = {0.2, 6.0, 6.0, 6.0, 6.0};
static const double STEP = 0.05;                                 /* angstrom */
static const double until[KINDS] = {0.6, 0.75, 0.87, 0.99, 1.0}; /* running sum of the frequencies */

/** A random atom of this species; -1: none was found. */
static int32_t one_of(const ili_trial *trial, int32_t species, ili_rng *rng) {
    for (int try = 0; try < 400; try++) {
        int32_t i = (int32_t)ili_rng_below(rng, (uint32_t)ili_trial_n_atoms(trial));
        if (ili_trial_species(trial)[i] == species) return i;
    }
    return -1;
}

/** Changes of one move; 0: none could be made. */
static int draw(const ili_trial *trial, kind k, ili_rng *rng, ili_change c[2]) {
    ili_change any = trial_any_change(trial, ILI_CHANGE_MOVE, 1, rng);
    if (k == DISPLACE) {
        for (int d = 0; d < 3; d++)
            any.x[d] = ili_trial_x(trial)[any.atom][d] + STEP * (2.0 * ili_rng_uniform(rng) - 1.0);
        c[0] = any;
        return 1;
    }
    if (k == EXCHANGE) {
        int32_t i = one_of(trial, ili_rng_below(rng, 2) ? GE : LI, rng), j = one_of(trial, AL, rng);
        if (i < 0 || j < 0) return 0;
        c[0] = (ili_change){ILI_CHANGE_SPECIES, i, AL, {0}};
        c[1] = (ili_change){ILI_CHANGE_SPECIES, j, ili_trial_species(trial)[i], {0}};
        return 2;
    }
    /* Li+ comes with Ge becoming Al, and goes with Al becoming Ge: +0.6 - 0.6 */
    bool comes = k == INSERT;
    int32_t i = one_of(trial, comes ? GE : AL, rng), li = comes ? 0 : one_of(trial, LI, rng);
    if (i < 0 || li < 0 || (comes && ili_trial_n_atoms(trial) == ili_trial_capacity(trial))) return 0;
    c[0] = any;
    c[0].kind = comes ? ILI_CHANGE_INSERT : ILI_CHANGE_DELETE;
    c[0].species = LI;
    c[0].atom = li;
    c[1] = (ili_change){ILI_CHANGE_SPECIES, i, comes ? AL : GE, {0}};
    return 2;
}

static double force_field_energy(const il_model *model, const il_ff_options *o, const ili_trial *trial) {
    il_system *sys = NULL;
    il_ff *ff = NULL;
    double energy = NAN;
    CHECK_OK(ili_trial_export(ctx, trial, &sys));
    CHECK_OK(il_ff_create(ctx, model, sys, o, &ff));
    CHECK_OK(il_ff_compute(ctx, ff, (const double(*)[3])sys->cell.h, (const double(*)[3])sys->x, &energy,
                           NULL, NULL));
    il_ff_destroy(&ff);
    il_system_destroy(&sys);
    return energy;
}

TEST(energy_followed_is_energy_summed) {
    il_set_threads(ctx, 1);
    il_ff_options o;
    il_ff_options_default(&o);
    o.short_cutoff = o.coulomb_cutoff = 7.0;
    o.accuracy = 1e-11; /* converged: the force field chooses its splitting anew for every composition */
    o.coulomb = 1;
    il_system *sys = trial_lagp();
    il_model *model = trial_model("potentials/pmmcs.yaml", NULL);
    ili_trial *trial = NULL;
    ili_rng rng = ili_rng_make(2, 0);
    int64_t tried[KINDS] = {0}, accepted[KINDS] = {0}, n = 0;
    REQUIRE_OK(ili_trial_create(ctx, model, &o, sys, 124, &trial));
    const ili_cell cell0 = *ili_trial_cell(trial);
    double worst = 0.0, drift;
    while (n < MOVES) {
        kind k = DISPLACE;
        ili_change c[2];
        double delta = INFINITY, u = ili_rng_uniform(&rng);
        while (u > until[k]) k++;
        if (k == CELL) {
            ili_cell cell = cell0;
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++) cell.h[i][j] *= 1.0 + 0.002 * (2.0 * ili_rng_uniform(&rng) - 1.0);
            CHECK_OK(ili_trial_propose_cell(ctx, trial, &cell, &delta));
        } else {
            int n_changes = draw(trial, k, &rng, c);
            if (!n_changes) continue;
            CHECK_OK(ili_trial_propose(ctx, trial, n_changes, c, &delta));
        }
        tried[k]++;
        if (!(ili_rng_uniform(&rng) < exp(-delta / KT[k]))) continue;
        ili_trial_accept(trial);
        accepted[k]++;
        if (++n % (MOVES / CHECKS)) continue;
        double want = force_field_energy(model, &o, trial), off = fabs(ili_trial_energy(trial) / want - 1.0);
        worst = fmax(worst, off);
        CHECK(off < 1e-10);
    }
    CHECK_OK(ili_trial_resum(ctx, trial, &drift));
    CHECK(fabs(drift) < 1e-10 * fabs(ili_trial_energy(trial)));
    CHECK_NEAR(ili_trial_energy(trial), reference_energy(model, &o, trial),
               1e-10 * fabs(ili_trial_energy(trial)));
    printf("accepted %ld displacements, %ld exchanges, %ld insertions, %ld deletions, %ld cells; %d atoms\n",
           (long)accepted[0], (long)accepted[1], (long)accepted[2], (long)accepted[3], (long)accepted[4],
           ili_trial_n_atoms(trial));
    printf("running energy off by %.1e of the force field's at most; drift %.1e eV of %.1f eV\n", worst,
           drift, ili_trial_energy(trial));
    fflush(stdout);
    for (int k = 0; k < KINDS; k++) CHECK(accepted[k] > 50 && accepted[k] < tried[k]);
    ili_trial_destroy(&trial);
    il_model_destroy(&model);
    il_system_destroy(&sys);
}

TESTS(RUN(energy_followed_is_energy_summed))
