/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Time of one trial (a lithium displaced, then its insertion), of its reciprocal part, and of a full sum of the reciprocal part,
 *  for LAGP with PMMCS at the accuracy of the model. Fastest of several rounds, processor time of one thread. */
#include "unit/trial_reference.h"

#include "ff/trial_waves.h"

#include <time.h>

enum { ROUNDS = 40, SPECIES_LI = 0 };
static const double ROUND_US = 500.0; /* short rounds: other processes must not get between */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* others may be at work beside */
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void must(il_status status) {
    if (status == IL_OK) return;
    fprintf(stderr, "bench: %s\n", il_message(ctx));
    exit(EXIT_FAILURE);
}

/** Fastest of ROUNDS, microseconds a call; a round is one call, or as many as fill ROUND_US. */
static double fastest(ili_trial *trial, void (*call)(ili_trial *trial, int k)) {
    double best = INFINITY;
    int n = 1, k = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        for (int last = k + n; k < last; k++) call(trial, k);
        best = fmin(best, 1e6 * (now() - start) / n);
        n = best < ROUND_US ? (int)(ROUND_US / best) : 1;
        if (best > 1e5 && round == 2) break; /* a large cell */
    }
    return best;
}

static void displace(ili_trial *trial, int k) {
    int32_t atom = k % ili_trial_n_atoms(trial);
    const double *x = ili_trial_x(trial)[atom];
    const ili_change c = {ILI_CHANGE_MOVE, atom, -1, {x[0] + 0.1, x[1] - 0.1, x[2] + 0.05}};
    double delta;
    must(ili_trial_propose(ctx, trial, 1, &c, &delta));
}

static void displace_and_accept(ili_trial *trial, int k) {
    displace(trial, k);
    ili_trial_accept(trial);
}

static void insert(ili_trial *trial, int k) {
    double s[3] = {0.37 + 0.001 * k, 0.11, 0.73}, delta;
    ili_change c = {.kind = ILI_CHANGE_INSERT, .species = SPECIES_LI};
    ili_cell_to_cart(ili_trial_cell(trial), s, c.x);
    must(ili_trial_propose(ctx, trial, 1, &c, &delta));
}

static void strain(ili_trial *trial, int k) {
    ili_cell cell = *ili_trial_cell(trial);
    double delta;
    cell.h[2][2] *= 1.001 + 1e-6 * k;
    must(ili_trial_propose_cell(ctx, trial, &cell, &delta));
}

/** The reciprocal part alone: one displacement, and a full sum. */
static void bench_waves(const ili_trial *trial, const double *q, double *change, double *sum) {
    ili_trial_info info = ili_trial_get_info(trial);
    const ili_cell *cell = ili_trial_cell(trial);
    int32_t n = ili_trial_n_atoms(trial);
    int calls = (int)fmax(1.0, 1e5 / info.n_waves);
    double(*s)[3] = calloc((size_t)n, sizeof *s), total = 0.0;
    ili_waves *waves = NULL;
    must(ili_waves_create(ctx, cell->h, info.alpha, info.k_cut, &waves));
    for (int32_t i = 0; i < n; i++) ili_cell_to_frac(cell, ili_trial_x(trial)[i], s[i]);
    *change = *sum = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        if (round < 5 || *sum < 1e5) {
            ili_waves_sum(waves, n, (const double(*)[3])s, q, 1);
            total += ili_waves_energy(waves);
            *sum = fmin(*sum, 1e6 * (now() - start));
        }
        start = now();
        for (int k = 0; k < calls; k++) {
            const double *at = s[k % n];
            const ili_ion ions[2] = {{{at[0], at[1], at[2]}, -q[k % n]},
                                     {{at[0] + 0.01, at[1], at[2]}, q[k % n]}};
            total += ili_waves_change(waves, 2, ions);
        }
        *change = fmin(*change, 1e6 * (now() - start) / calls);
    }
    if (!isfinite(total)) exit(EXIT_FAILURE);
    ili_waves_destroy(&waves);
    free(s);
}

static void bench(const il_model *model, const int repeat[3]) {
    il_system *unit = trial_lagp(), *sys = NULL, *now_there = NULL;
    ili_trial *trial = NULL;
    double change, sum;
    must(ili_system_repeat(ctx, unit, repeat, &sys));
    must(ili_trial_create(ctx, model, NULL, sys, sys->n_atoms + 1, &trial));
    must(ili_trial_export(ctx, trial, &now_there));
    bench_waves(trial, now_there->charge, &change, &sum);
    double move = fastest(trial, displace), accepted = fastest(trial, displace_and_accept);
    printf("trial    %5d atoms, %6d waves: displacement %7.1f us (accepted %7.1f), insertion %7.1f us, cell "
           "%9.1f us\n",
           sys->n_atoms, ili_trial_get_info(trial).n_waves, move, accepted, fastest(trial, insert),
           fastest(trial, strain));
    printf("trial    %5d atoms, reciprocal part of a displacement %7.2f us, of a full sum %9.1f us: ratio "
           "%.2f %%\n",
           sys->n_atoms, change, sum, 100.0 * change / sum);
    ili_trial_destroy(&trial);
    il_system_destroy(&now_there);
    il_system_destroy(&sys);
    il_system_destroy(&unit);
}

int main(void) {
    il_model *model = NULL;
    ctx = il_context_create();
    if (!ctx) return EXIT_FAILURE;
    il_set_threads(ctx, 1);
    must(il_model_read(ctx, "potentials/pmmcs.yaml", &model));
    bench(model, (const int[]){1, 1, 1});
    bench(model, (const int[]){3, 3, 1});
    bench(model, (const int[]){6, 6, 2});
    il_model_destroy(&model);
    il_context_destroy(&ctx);
    return harness_failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
