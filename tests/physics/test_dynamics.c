/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The integrator on real force fields: its order, what it keeps, its way back, its inner steps. */
#include "harness.h"

#include "physics/law_cases.h"
#include "physics/md_drift.h"
#include "physics/md_shadow.h"
#include "relax/relax.h"

/** A system of the laws, relaxed for a while and then warmed, so that a run starts from its velocities. */
static void subject_warm(const char *name, double accuracy, double temperature, int steps, subject *s) {
    for (size_t k = 0; k < sizeof LAW_SYSTEMS / sizeof *LAW_SYSTEMS; k++)
        if (strcmp(LAW_SYSTEMS[k].name, name) == 0) subject_open(&LAW_SYSTEMS[k], s);
    s->options.accuracy = accuracy;
    ili_relax_options r = ili_relax_defaults();
    r.max_steps = 60;
    ili_relax_result result;
    ili_md_options o = ili_md_defaults();
    ili_md *md = NULL;
    o.dt = 0.5;
    o.thermostat = ILI_THERMOSTAT_CSVR;
    o.temperature = o.temperature_end = temperature;
    o.tau_t = 10.0;
    o.n_steps = steps;
    il_ff *ff = plan(s, s->sys);
    CHECK_OK(ili_relax_system(ctx, ff, s->sys, &r, &result));
    REQUIRE_OK(ili_md_create(ctx, &o, s->sys, NULL, ili_md_forces_of(ff), &md));
    REQUIRE_OK(ili_md_run(ctx, md, steps, NULL, 0));
    CHECK_OK(ili_md_export(ctx, md, s->sys));
    ili_md_destroy(&md);
    il_ff_destroy(&ff);
}

/** Run s->sys at constant energy; the end goes to *end when that is not NULL. */
static void run(const subject *s, const ili_md_options *given, double time, const ili_md_observer *observer,
                il_system *end) {
    ili_md_options o = *given;
    ili_md *md = NULL;
    il_ff *ff = plan(s, s->sys);
    o.n_steps = (int64_t)(time / o.dt + 0.5);
    REQUIRE_OK(ili_md_create(ctx, &o, s->sys, NULL, ili_md_forces_of(ff), &md));
    REQUIRE_OK(ili_md_run(ctx, md, o.n_steps, observer, observer != NULL));
    if (end) CHECK_OK(ili_md_export(ctx, md, end));
    ili_md_destroy(&md);
    il_ff_destroy(&ff);
}

typedef struct energies {
    double e[128];
    int n;
} energies;

static il_status energies_see(il_context *context, void *user, const ili_md_frame *f) {
    (void)context;
    energies *r = user;
    if (r->n < 128) r->e[r->n++] = f->conserved;
    return IL_OK;
}

/** Root mean square of what the energy has changed since the start, eV, at times `grid` fs apart. */
static double energy_error(const subject *s, const ili_md_options *o, double time, double grid) {
    energies r = {0};
    const ili_md_observer observer = {(int64_t)(grid / o->dt + 0.5), true, &r, energies_see};
    run(s, o, time, &observer, NULL);
    double square = 0.0;
    for (int k = 1; k < r.n; k++) square += (r.e[k] - r.e[0]) * (r.e[k] - r.e[0]) / (r.n - 1);
    return sqrt(square);
}

/** 4 + O(w^2 dt^2): at these steps w dt is 0.2 (P-O) and 0.28 (C-H), the next order some hundredths of the first. */
TEST(the_energy_error_falls_as_the_square_of_the_step) {
    const struct {
        const char *system;
        double dt, time, grid;
    } cases[] = {{"oxide crystal", 1.0, 48.0, 4.0}, {"polymer", 0.5, 24.0, 2.0}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        subject s;
        ili_md_options o = ili_md_defaults();
        subject_warm(cases[k].system, 1e-8, 400.0, 60, &s);
        o.dt = cases[k].dt;
        double coarse = energy_error(&s, &o, cases[k].time, cases[k].grid);
        o.dt *= 0.5;
        double fine = energy_error(&s, &o, cases[k].time, cases[k].grid);
        CHECK_NEAR(coarse / fine, 4.0, 0.2);
        subject_close(&s);
    }
}

/** The bar is 1e-4 kT an atom and ns at 1 fs; what runs of seconds can show is 5e-4: every pair that crosses its cut-off meets a
 *  jump of the force, 1e-6 eV/angstrom for O-O at 12 angstrom, which adds 1e-9 eV of either sign; 20 crossings a fs walk to 3e-7 eV
 *  in a ps, which looks like a drift of 7e-5. C-H bonds blur the shadow energy at 1 fs, so the polymer has half that step. make
 *  bench measures longer. */
TEST(energy_does_not_drift) {
    const struct {
        const char *system;
        double temperature, dt, time;
    } cases[] = {{"oxide crystal", 600.0, 1.0, 1000.0}, {"polymer", 300.0, 0.5, 2000.0}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        subject s;
        shadow y;
        ili_md_options o = ili_md_defaults();
        const ili_md_observer observer = {1, true, &y, shadow_see};
        subject_warm(cases[k].system, 1e-8, cases[k].temperature, 200, &s);
        o.dt = cases[k].dt;
        int steps = (int)(cases[k].time / o.dt + 0.5);
        double error, unit = ILI_KB * cases[k].temperature * s.sys->n_atoms * 1e-6; /* kT an atom a ns */
        shadow_open(&y, s.sys, o.dt, steps);
        run(&s, &o, cases[k].time, &observer, NULL);
        double drift = drift_of(y.y, y.count, o.dt, 40, &error);
        CHECK(y.count == steps + 1 - 2 * SHADOW_HALF);
        CHECK(error / unit < 1e-3);
        CHECK(fabs(drift) / unit < 5e-4);
        /* the shadow energy is that of the integrator: a hundred times steadier than H */
        CHECK(spread_of(y.y, y.count) < 0.01 * spread_of(y.raw, y.count));
        shadow_close(&y);
        subject_close(&s);
    }
}

TEST(motion_runs_backwards) {
    subject s;
    ili_md_options o = ili_md_defaults();
    subject_warm("oxide crystal", 1e-8, 600.0, 40, &s);
    il_system *start = copy_of(s.sys);
    o.dt = 2.0;
    for (int way = 0; way < 2; way++) {
        run(&s, &o, 100.0, NULL, s.sys);
        for (int32_t i = 0; i < s.sys->n_atoms; i++)
            for (int k = 0; k < 3; k++) s.sys->v[i][k] = -s.sys->v[i][k];
    }
    double far = 0.0, away = 0.0;
    for (int32_t i = 0; i < s.sys->n_atoms; i++)
        for (int k = 0; k < 3; k++) {
            far = fmax(far, fabs(s.sys->x[i][k] - start->x[i][k]));
            away = fmax(away, fabs(s.sys->v[i][k] - start->v[i][k]));
        }
    /* rounding of 1e-15 angstrom a step, 100 steps, grown by chaos: e^(100 fs/50 fs) each way */
    CHECK(far < 1e-10);
    CHECK(away < 1e-11);
    il_system_destroy(&start);
    subject_close(&s);
}

TEST(momentum_stays) {
    subject s;
    ili_md_options o = ili_md_defaults();
    subject_warm("oxide crystal", 1e-8, 600.0, 40, &s);
    double p0[3] = {0}, p1[3] = {0}, size = 0.0;
    o.remove_drift = false;
    for (int after = 0; after < 2; after++) {
        double *p = after ? p1 : p0;
        if (after) run(&s, &o, 100.0, NULL, s.sys);
        for (int32_t i = 0; i < s.sys->n_atoms; i++) {
            double mass = ili_element_of(s.sys->species[s.sys->type[i]].z)->mass * ILI_AMU;
            if (!after) s.sys->v[i][0] += 1e-3; /* a drift that must stay as it is */
            for (int k = 0; k < 3; k++) {
                p[k] += mass * s.sys->v[i][k];
                size += fabs(mass * s.sys->v[i][k]);
            }
        }
    }
    CHECK(fabs(p0[0]) > 1.0);
    for (int k = 0; k < 3; k++) CHECK_NEAR(p1[k], p0[k], 1e-13 * size);
    subject_close(&s);
}

static double distance(const il_system *a, const il_system *b) {
    double square = 0.0;
    for (int32_t i = 0; i < a->n_atoms; i++)
        for (int k = 0; k < 3; k++) square += pow(a->x[i][k] - b->x[i][k], 2) / a->n_atoms;
    return sqrt(square);
}

/** Inner steps: the trajectory nears that of a small step as the square of the outer step, far below what the same step does
 *  without them, and so does the energy. */
TEST(inner_steps_follow_the_small_step) {
    subject s;
    subject_warm("polymer", 1e-8, 300.0, 60, &s);
    il_system *truth = copy_of(s.sys), *end = copy_of(s.sys);
    ili_md_options o = ili_md_defaults();
    const double time = 24.0;
    double off[2], error[2], single;
    o.dt = 0.025;
    run(&s, &o, time, NULL, truth);
    for (int k = 0; k < 2; k++) {
        o.dt = k ? 0.5 : 1.0;
        o.inner_pairs = 2;
        o.inner_bonded = 4;
        run(&s, &o, time, NULL, end);
        off[k] = distance(truth, end);
        error[k] = energy_error(&s, &o, time, 2.0);
    }
    o.dt = 1.0;
    o.inner_pairs = o.inner_bonded = 1;
    run(&s, &o, time, NULL, end);
    single = distance(truth, end);
    CHECK_NEAR(off[0] / off[1], 4.0, 0.5);
    CHECK_NEAR(error[0] / error[1], 4.0, 0.5);
    CHECK(off[0] < 0.1 * single);
    /* with one inner step of each kind nothing is new */
    o.dt = 0.5;
    o.inner_bonded = 1;
    o.inner_pairs = 1;
    double plain = energy_error(&s, &o, time, 2.0);
    CHECK(error[1] < 0.2 * plain);
    il_system_destroy(&truth);
    il_system_destroy(&end);
    subject_close(&s);
}

TESTS(RUN(the_energy_error_falls_as_the_square_of_the_step); RUN(energy_does_not_drift);
      RUN(motion_runs_backwards); RUN(momentum_stays); RUN(inner_steps_follow_the_small_step))
