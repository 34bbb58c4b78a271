/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Drift of the energy that the integrator keeps (tests/physics/md_shadow.h), on any structure and model.
 *
 *      drift STRUCTURE MODEL [T=300] [ps=40] [dt=1] [warm=5] [repeat=1] [bar=] [coulomb=0] [accuracy=] [coulomb_cutoff=]
 *            [short_cutoff=] [skin=] [refresh=50] [precision=0] [lists=1e-5]
 *
 *  After a short relaxation and `warm` ps with stochastic rescaling, at constant energy. Prints the slope over 40 blocks in kT an
 *  atom and ns; the spreads of the shadow energy and of H, and by how much the shadow energy changes in 0.1, 1 and 10 ps, all in kT
 *  an atom. With a bar, ends with 1 when the slope and twice its error together are above it. */
#include "harness.h"

#include "io/structure.h"
#include "physics/md_drift.h"
#include "physics/md_shadow.h"
#include "relax/relax.h"

enum { BLOCKS = 40 };

typedef struct plan {
    double T, ps, warm, dt, repeat, bar, coulomb, accuracy, coulomb_cutoff, short_cutoff, skin, refresh,
        precision, lists;
} plan;

static const struct {
    const char *name;
    size_t offset;
} KEYS[] = {
    {"T", offsetof(plan, T)},
    {"ps", offsetof(plan, ps)},
    {"warm", offsetof(plan, warm)},
    {"dt", offsetof(plan, dt)},
    {"repeat", offsetof(plan, repeat)},
    {"bar", offsetof(plan, bar)},
    {"coulomb", offsetof(plan, coulomb)}, /* as in il_ff_options: 0 by size, 1 Ewald, 2 mesh */
    {"accuracy", offsetof(plan, accuracy)},
    {"coulomb_cutoff", offsetof(plan, coulomb_cutoff)},
    {"short_cutoff", offsetof(plan, short_cutoff)},
    {"skin", offsetof(plan, skin)},
    {"refresh", offsetof(plan, refresh)},
    {"precision", offsetof(plan, precision)}, /* 0: double, 1: mixed */
    {"lists", offsetof(plan, lists)},         /* kT/atom/ns that they may cost */
};

static void must(il_status status) {
    if (status == IL_OK) return;
    fprintf(stderr, "drift: %s\n", il_message(ctx));
    exit(2);
}

static plan read_plan(int n, char **words) {
    plan p = {.T = 300.0,
              .ps = 40.0,
              .warm = 5.0,
              .dt = 1.0,
              .repeat = 1.0,
              .bar = INFINITY,
              .accuracy = NAN,
              .coulomb_cutoff = NAN,
              .short_cutoff = NAN,
              .skin = NAN,
              .refresh = 50.0,
              .lists = 1e-5};
    for (int i = 0; i < n; i++) {
        size_t k = 0, length = strcspn(words[i], "=");
        while (k < sizeof KEYS / sizeof *KEYS &&
               (strlen(KEYS[k].name) != length || strncmp(KEYS[k].name, words[i], length) != 0))
            k++;
        if (k == sizeof KEYS / sizeof *KEYS || words[i][length] != '=') {
            fprintf(stderr, "drift: '%s' is not one of the settings that the head of this file lists\n",
                    words[i]);
            exit(64);
        }
        *(double *)((char *)&p + KEYS[k].offset) = strtod(words[i] + length + 1, NULL);
    }
    return p;
}

static il_system *read_system(const char *path, int repeat) {
    il_system *cell = NULL, *sys = NULL;
    must(il_system_read(ctx, path, &cell));
    must(ili_system_repeat(ctx, cell, (const int[]){repeat, repeat, repeat}, &sys));
    il_system_destroy(&cell);
    return sys;
}

/** Root mean square change in `time` fs: the same at all times for a bounded noise, as the root of it for a random walk. */
static double change_in(const shadow *s, double time) {
    const int lag = (int)(time / s->dt + 0.5);
    double square = 0.0;
    for (int k = lag; k < s->count; k++) square += (s->y[k] - s->y[k - lag]) * (s->y[k] - s->y[k - lag]);
    return s->count > lag ? sqrt(square / (s->count - lag)) : NAN;
}

static bool measure(il_ff *ff, il_system *sys, const plan *p) {
    ili_md_options o = ili_md_defaults();
    ili_md *md = NULL;
    shadow y;
    o.thermostat = ILI_THERMOSTAT_CSVR;
    o.temperature = o.temperature_end = p->T;
    o.tau_t = 100.0;
    o.dt = 0.5;
    o.refresh_every = (int)p->refresh;
    o.list_drift = p->lists;
    o.n_steps = (int64_t)(p->warm * 1e3 / o.dt + 0.5);
    must(ili_md_create(ctx, &o, sys, NULL, ili_md_forces_of(ff), &md));
    must(ili_md_run(ctx, md, o.n_steps, NULL, 0));
    o.thermostat = ILI_THERMOSTAT_NONE;
    o.dt = p->dt;
    o.n_steps = (int64_t)(p->ps * 1e3 / o.dt + 0.5);
    must(ili_md_stage(ctx, md, &o));
    shadow_open(&y, sys, o.dt, (int)o.n_steps);
    const ili_md_observer observer = {1, false, &y, shadow_see};
    must(ili_md_run(ctx, md, o.n_steps, &observer, 1));
    double kT = ILI_KB * p->T * sys->n_atoms, error, drift = drift_of(y.y, y.count, o.dt, BLOCKS, &error);
    printf("%d atoms, %g K, %g ps of %g fs: drift %+.2e +- %.1e kT/atom/ns; spread of H~ %.1e, of H %.1e "
           "kT/atom; "
           "change of H~ in 0.1, 1, 10 ps %.1e %.1e %.1e\n",
           sys->n_atoms, p->T, p->ps, o.dt, 1e6 * drift / kT, 1e6 * error / kT, spread_of(y.y, y.count) / kT,
           spread_of(y.raw, y.count) / kT, change_in(&y, 100.0) / kT, change_in(&y, 1e3) / kT,
           change_in(&y, 1e4) / kT);
    shadow_close(&y);
    ili_md_destroy(&md);
    return 1e6 * (fabs(drift) + 2.0 * error) / kT <= p->bar;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: drift STRUCTURE MODEL [NAME=NUMBER ...]\n");
        return 64;
    }
    plan p = read_plan(argc - 3, argv + 3);
    if (!(ctx = il_context_create())) return EXIT_FAILURE;
    il_set_threads(ctx, 1);
    il_system *sys = read_system(argv[1], (int)p.repeat);
    il_model *model = NULL;
    il_ff *ff = NULL;
    il_ff_options settings;
    ili_relax_options r = ili_relax_defaults();
    ili_relax_result result;
    il_ff_options_default(&settings);
    settings.coulomb = (int)p.coulomb;
    settings.accuracy = p.accuracy;
    settings.coulomb_cutoff = p.coulomb_cutoff;
    settings.short_cutoff = p.short_cutoff;
    settings.skin = p.skin;
    settings.precision = (int)p.precision;
    r.max_steps = 100;
    must(il_model_read(ctx, argv[2], &model));
    must(il_ff_create(ctx, model, sys, &settings, &ff));
    must(ili_relax_system(ctx, ff, sys, &r, &result));
    const bool is_kept = measure(ff, sys, &p);
    il_ff_destroy(&ff);
    il_model_destroy(&model);
    il_system_destroy(&sys);
    il_context_destroy(&ctx);
    return is_kept ? EXIT_SUCCESS : EXIT_FAILURE;
}
