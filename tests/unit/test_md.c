/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Runs of dynamics: bits that repeat, what observers see, what a stage changes, what is refused. */
#include "harness.h"

#include "math/units.h"
#include "md/md.h"
#include "physics/law_cases.h"
#include "relax/relax.h"
#include "system/element.h"

/* ---- systems ---------------------------------------------------------------------------------------------- */

/** Each atom in a well of its own about the origin: stiffness k, eV/angstrom^2. */
typedef struct well {
    int32_t n;
    double k;
    long refreshed;
} well;

static il_status well_evaluate(il_context *context, void *user, unsigned parts, const ili_cell *cell,
                               const double (*x)[3], double *energy, double (*f)[3], double w[6]) {
    (void)context, (void)parts, (void)cell;
    const well *s = user;
    *energy = 0.0;
    memset(w, 0, 6 * sizeof *w);
    for (int32_t i = 0; i < s->n; i++)
        for (int k = 0; k < 3; k++) {
            f[i][k] = -s->k * x[i][k];
            *energy += 0.5 * s->k * x[i][k] * x[i][k];
        }
    return IL_OK;
}

static il_status well_refresh(il_context *context, void *user, const ili_cell *cell, const double (*x)[3]) {
    (void)context, (void)cell, (void)x;
    ((well *)user)->refreshed++;
    return IL_OK;
}

static ili_md_forces forces_of(well *w) {
    return (ili_md_forces){.user = w, .evaluate = well_evaluate, .refresh = well_refresh};
}

static il_system *atoms_of(const char *name, int32_t n) {
    il_system *sys = NULL;
    CHECK_OK(ili_system_create(ctx, &sys));
    sys->cell = (ili_cell){{{20, 0, 0}, {0, 20, 0}, {0, 0, 20}}, {true, true, true}};
    for (int32_t i = 0; i < n; i++) add_atom(sys, name, 0, (const double[]){0.05 * i, 0.01 * i, -0.02 * i});
    return sys;
}

static const law_case *law_system(const char *name) {
    for (size_t k = 0; k < sizeof LAW_SYSTEMS / sizeof *LAW_SYSTEMS; k++)
        if (strcmp(LAW_SYSTEMS[k].name, name) == 0) return &LAW_SYSTEMS[k];
    ck_abort_msg("no system of this name");
    return NULL;
}

/** A system of the laws, with its worst forces relaxed away. */
static void subject_calm(const char *name, subject *s) {
    subject_open(law_system(name), s);
    s->options.accuracy = fmax(s->options.accuracy, 1e-6);
    ili_relax_options o = ili_relax_defaults();
    o.max_steps = 60;
    ili_relax_result result;
    il_ff *ff = plan(s, s->sys);
    CHECK_OK(ili_relax_system(ctx, ff, s->sys, &o, &result));
    il_ff_destroy(&ff);
}

/* ---- single atoms ----------------------------------------------------------------------------------------- */

TEST(a_spring_swings_with_its_period) {
    il_system *sys = atoms_of("Li", 1);
    well spring = {1, 1.0, 0};
    ili_md_options o = ili_md_defaults();
    const double mass = 6.94 * ILI_AMU, period = 2.0 * ILI_PI * sqrt(mass);
    o.remove_drift = false;
    o.dt = period / 1000.0;
    o.n_steps = 1000;
    ili_md *md = NULL;
    sys->x[0][0] = 0.1;
    REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, sys, v));
    REQUIRE_OK(ili_md_create(ctx, &o, sys, NULL, forces_of(&spring), &md));
    REQUIRE_OK(ili_md_run(ctx, md, 1000, NULL, 0));
    /* the phase is early by 2 pi (w dt)^2/24 after a period */
    double early = pow(2.0 * ILI_PI, 3) * 1e-6 / 24.0;
    CHECK_NEAR(ili_md_now(md).x[0][0], 0.1, 0.1 * early * early);
    CHECK_NEAR(ili_md_now(md).v[0][0], -0.1 / sqrt(mass) * early, 1e-5 * early);
    CHECK_NEAR(ili_md_now(md).potential + ili_md_now(md).kinetic, 0.005, 1e-9);
    CHECK_NEAR(ili_md_now(md).time, period, 1e-9);
    CHECK(ili_md_left(md) == 0);
    CHECK(spring.refreshed == 21); /* at the start and every 50 steps */
    ili_md_destroy(&md);
    ili_md_destroy(&md);
    il_system_destroy(&sys);
}

TEST(velocities_are_drawn_at_the_temperature) {
    il_system *sys = atoms_of("Li", 50);
    well none = {50, 0.0, 0};
    for (int with_drift = 0; with_drift < 2; with_drift++) {
        ili_md_options o = ili_md_defaults();
        o.temperature = 500.0;
        o.remove_drift = !with_drift;
        ili_md *md = NULL;
        REQUIRE_OK(ili_md_create(ctx, &o, sys, NULL, forces_of(&none), &md));
        ili_md_frame f = ili_md_now(md);
        double p[3] = {0}, speed = 0.0;
        for (int i = 0; i < 50; i++)
            for (int k = 0; k < 3; k++) p[k] += f.v[i][k], speed += fabs(f.v[i][k]);
        CHECK(f.n_freedom == (with_drift ? 150.0 : 147.0));
        CHECK_NEAR(f.temperature, 500.0, 1e-10 * 500.0);
        CHECK_NEAR(f.kinetic, 0.5 * f.n_freedom * ILI_KB * 500.0, 1e-12);
        for (int k = 0; k < 3; k++) CHECK((fabs(p[k]) < 1e-14 * speed) == !with_drift);
        ili_md_destroy(&md);
    }
    il_system_destroy(&sys);
}

TEST(a_drift_is_taken_out_and_reported) {
    il_system *sys = atoms_of("Li", 4);
    well none = {4, 0.0, 0};
    ili_md_options o = ili_md_defaults();
    ili_md *md = NULL;
    REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, sys, v));
    for (int i = 0; i < 4; i++) sys->v[i][1] = 0.003 + (i % 2 ? 1e-3 : -1e-3);
    REQUIRE_OK(ili_md_create(ctx, &o, sys, NULL, forces_of(&none), &md));
    CHECK_NEAR(ili_md_drift(md), 0.003, 1e-15);
    for (int i = 0; i < 4; i++) CHECK_NEAR(ili_md_now(md).v[i][1], i % 2 ? 1e-3 : -1e-3, 1e-15);
    ili_md_destroy(&md);
    il_system_destroy(&sys);
}

/* ---- bits ------------------------------------------------------------------------------------------------- */

typedef struct bits_case {
    const char *name; /**< of LAW_SYSTEMS */
    ili_md_thermostat thermostat;
    ili_md_barostat barostat;
    ili_md_cell_mode mode;
    double dt;
    int inner_pairs, inner_bonded;
    bool constrained;
} bits_case;

static const bits_case BITS[] = {
    {"oxide crystal", ILI_THERMOSTAT_NONE, 0, 0, 1.0, 1, 1, false},
    {"oxide crystal", ILI_THERMOSTAT_LANGEVIN, 0, 0, 2.0, 1, 1, false},
    {"oxide crystal, mesh", ILI_THERMOSTAT_CSVR, ILI_BAROSTAT_SCR, ILI_CELL_FULL, 2.0, 2, 1, false},
    {"oxide crystal, mesh", ILI_THERMOSTAT_NOSE_HOOVER, ILI_BAROSTAT_MTK, ILI_CELL_ANISO, 1.0, 1, 1, false},
    {"oxide slab", ILI_THERMOSTAT_CSVR, 0, 0, 1.0, 1, 1, false},
    {"metal with a vacancy", ILI_THERMOSTAT_NOSE_HOOVER, 0, 0, 2.0, 1, 1, false},
    {"polymer", ILI_THERMOSTAT_NOSE_HOOVER, 0, 0, 2.0, 2, 4, false},
    {"polymer", ILI_THERMOSTAT_LANGEVIN, ILI_BAROSTAT_SCR, ILI_CELL_ISO, 2.0, 2, 1, true},
};

static ili_md_options bits_options(const bits_case *c) {
    ili_md_options o = ili_md_defaults();
    o.thermostat = c->thermostat;
    o.barostat = c->barostat;
    o.cell_mode = c->mode;
    o.dt = c->dt;
    o.inner_pairs = c->inner_pairs;
    o.inner_bonded = c->inner_bonded;
    o.constrain_hydrogens = c->constrained;
    o.temperature = 300.0;
    o.temperature_end = c->thermostat ? 400.0 : 300.0;
    o.n_steps = 20;
    o.refresh_every = 7; /* the stage's end is no multiple */
    o.seed = 3;
    return o;
}

/** Everything that a run leaves behind. */
typedef struct trace {
    double x[LAW_ATOMS][3], v[LAW_ATOMS][3], h[3][3], numbers[10];
} trace;

static void take(const ili_md *md, trace *t) {
    ili_md_frame f = ili_md_now(md);
    memset(t, 0, sizeof *t);
    memcpy(t->x, f.x, (size_t)f.n * sizeof *t->x);
    memcpy(t->v, f.v, (size_t)f.n * sizeof *t->v);
    memcpy(t->h, f.cell->h, sizeof t->h);
    const double numbers[] = {(double)f.step, f.time,        f.potential,   f.kinetic,     f.conserved,
                              f.temperature,  f.pressure[0], f.pressure[2], f.pressure[4], ili_md_drift(md)};
    memcpy(t->numbers, numbers, sizeof t->numbers);
}

static void compare(const bits_case *c, const char *what, const trace *a, const trace *b) {
    bool same = memcmp(a, b, sizeof *a) == 0;
    if (!same) {
        fprintf(stderr, "%s, thermostat %d, barostat %d: %s\n", c->name, c->thermostat, c->barostat, what);
        for (int k = 0; k < 10; k++)
            if (a->numbers[k] != b->numbers[k])
                fprintf(stderr, "  number %d: %.17g, was %.17g\n", k, b->numbers[k], a->numbers[k]);
    }
    CHECK(same);
}

/** The whole run in one go at n_threads; its state at the first refresh goes to *saved when that is not NULL. */
static void run_whole(const subject *s, const bits_case *c, int n_threads, ili_bytes *saved, trace *end) {
    ili_md_options o = bits_options(c);
    ili_md *md = NULL;
    il_ff *ff = plan(s, s->sys);
    il_set_threads(ctx, n_threads);
    REQUIRE_OK(ili_md_create(ctx, &o, s->sys, ili_ff_binding(ff), ili_md_forces_of(ff), &md));
    REQUIRE_OK(ili_md_run(ctx, md, 1, NULL, 0));
    CHECK(ili_md_left(md) == 13);
    if (saved) ili_md_carry(md, saved);
    CHECK(!saved || !saved->failed);
    REQUIRE_OK(ili_md_run(ctx, md, 20, NULL, 0));
    take(md, end);
    ili_md_destroy(&md);
    il_ff_destroy(&ff);
}

static void run_restored(const subject *s, const bits_case *c, int n_threads, ili_bytes *saved, trace *end) {
    ili_md_options o = bits_options(c);
    ili_md *md = NULL;
    il_ff *ff = plan(s, s->sys);
    il_set_threads(ctx, n_threads);
    REQUIRE_OK(ili_md_create(ctx, &o, s->sys, ili_ff_binding(ff), ili_md_forces_of(ff), &md));
    ili_bytes_rewind(saved);
    ili_md_carry(md, saved);
    CHECK(!saved->failed && saved->at == saved->size);
    REQUIRE_OK(ili_md_run(ctx, md, 20, NULL, 0));
    take(md, end);
    ili_md_destroy(&md);
    il_ff_destroy(&ff);
}

TEST(a_restored_run_repeats_the_bits) {
    static trace whole, other;
    for (size_t k = 0; k < sizeof BITS / sizeof *BITS; k++) {
        const bits_case *c = &BITS[k];
        subject s;
        ili_bytes saved = {0};
        subject_calm(c->name, &s);
        run_whole(&s, c, 1, &saved, &whole);
        run_whole(&s, c, k % 2 ? 2 : 4, NULL, &other);
        compare(c, "other threads", &whole, &other);
        run_restored(&s, c, k % 2 ? 4 : 2, &saved, &other);
        compare(c, "restored", &whole, &other);
        ili_bytes_free(&saved);
        subject_close(&s);
    }
}

/** The state after a second stage, restored into a run made by the same calls. */
TEST(a_restored_stage_repeats_the_bits) {
    static trace whole, other;
    const bits_case c = {"polymer", ILI_THERMOSTAT_CSVR, 0, 0, 0.5, 1, 1, false};
    ili_md_options first = bits_options(&c), second = first;
    second.dt = 1.0;
    second.inner_bonded = 4;
    second.thermostat = ILI_THERMOSTAT_NOSE_HOOVER;
    subject s;
    ili_bytes saved = {0};
    subject_calm("polymer", &s);
    for (int restored = 0; restored < 2; restored++) {
        ili_md *md = NULL;
        il_ff *ff = plan(&s, s.sys);
        REQUIRE_OK(ili_md_create(ctx, &first, s.sys, ili_ff_binding(ff), ili_md_forces_of(ff), &md));
        if (!restored) REQUIRE_OK(ili_md_run(ctx, md, 20, NULL, 0));
        REQUIRE_OK(ili_md_stage(ctx, md, &second));
        if (restored) ili_bytes_rewind(&saved);
        if (!restored) REQUIRE_OK(ili_md_run(ctx, md, 14, NULL, 0));
        ili_md_carry(md, &saved);
        CHECK(ili_md_left(md) == 6);
        REQUIRE_OK(ili_md_run(ctx, md, 6, NULL, 0));
        take(md, restored ? &other : &whole);
        CHECK_NEAR(ili_md_now(md).time, 30.0, 1e-12);
        ili_md_destroy(&md);
        il_ff_destroy(&ff);
    }
    compare(&c, "second stage", &whole, &other);
    ili_bytes_free(&saved);
    subject_close(&s);
}

TEST(a_state_of_another_run_is_not_restored) {
    il_system *few = atoms_of("Li", 3), *more = atoms_of("Li", 4);
    well wells = {4, 1.0, 0};
    ili_md_options o = ili_md_defaults();
    ili_md *a = NULL, *b = NULL;
    ili_bytes saved = {0};
    REQUIRE_OK(ili_md_create(ctx, &o, more, NULL, forces_of(&wells), &a));
    wells.n = 3;
    REQUIRE_OK(ili_md_create(ctx, &o, few, NULL, forces_of(&wells), &b));
    ili_md_carry(a, &saved);
    ili_bytes_rewind(&saved);
    ili_md_carry(b, &saved);
    CHECK(saved.failed);
    ili_bytes_free(&saved);
    ili_md_destroy(&a);
    ili_md_destroy(&b);
    il_system_destroy(&few);
    il_system_destroy(&more);
}

/* ---- observers -------------------------------------------------------------------------------------------- */

typedef struct diary {
    int n;
    int64_t steps[64];
} diary;

static il_status note(il_context *context, void *user, const ili_md_frame *frame) {
    (void)context;
    diary *d = user;
    if (d->n < 64) d->steps[d->n++] = frame->step;
    return IL_OK;
}

TEST(observers_see_their_steps_and_change_nothing) {
    static trace quiet, watched;
    const bits_case c = {"metal with a vacancy", ILI_THERMOSTAT_LANGEVIN, 0, 0, 2.0, 1, 1, false};
    diary rare = {0}, often = {0};
    const ili_md_observer observers[] = {{10, true, &rare, note}, {3, false, &often, note}};
    subject s;
    subject_calm(c.name, &s);
    for (int n = 0; n < 3; n += 2) {
        ili_md_options o = bits_options(&c);
        ili_md *md = NULL;
        il_ff *ff = plan(&s, s.sys);
        REQUIRE_OK(ili_md_create(ctx, &o, s.sys, NULL, ili_md_forces_of(ff), &md));
        while (ili_md_left(md) > 0) REQUIRE_OK(ili_md_run(ctx, md, n ? 1 : 20, observers, n));
        take(md, n ? &watched : &quiet);
        ili_md_destroy(&md);
        il_ff_destroy(&ff);
    }
    compare(&c, "watched", &quiet, &watched);
    CHECK(rare.n == 3 && rare.steps[0] == 0 && rare.steps[1] == 10 && rare.steps[2] == 20);
    CHECK(often.n == 6 && often.steps[0] == 3 && often.steps[5] == 18);
    subject_close(&s);
}

static int stop_at_once(void *user, const char *what, double fraction) {
    (void)what, (void)fraction;
    return ++*(int *)user >= 2;
}

TEST(an_interrupt_ends_at_a_refresh_and_can_go_on) {
    il_system *sys = atoms_of("Li", 4);
    well wells = {4, 1.0, 0};
    ili_md_options o = ili_md_defaults();
    ili_md *md = NULL;
    int calls = 0;
    o.refresh_every = 20;
    o.n_steps = 110;
    REQUIRE_OK(ili_md_create(ctx, &o, sys, NULL, forces_of(&wells), &md));
    il_set_progress(ctx, stop_at_once, &calls);
    CHECK_STATUS(ili_md_run(ctx, md, 110, NULL, 0), IL_E_INTERRUPTED);
    CHECK(ili_md_now(md).step == 40 && strstr(il_message(ctx), "step 40"));
    il_set_progress(ctx, NULL, NULL);
    CHECK_OK(ili_md_run(ctx, md, 110, NULL, 0));
    CHECK(ili_md_now(md).step == 110 && ili_md_left(md) == 0);
    ili_md_destroy(&md);
    il_system_destroy(&sys);
}

/* ---- masses and what goes back ---------------------------------------------------------------------------- */

TEST(hydrogen_takes_mass_from_its_partner) {
    subject s;
    subject_open(law_system("polymer"), &s);
    il_ff *ff = plan(&s, s.sys);
    ili_md_options o = ili_md_defaults();
    double total[2], lightest[2];
    for (int heavy = 0; heavy < 2; heavy++) {
        ili_md *md = NULL;
        o.hydrogen_mass = heavy ? 3.0 : 0.0;
        REQUIRE_OK(ili_md_create(ctx, &o, s.sys, ili_ff_binding(ff), ili_md_forces_of(ff), &md));
        /* twice the kinetic energy at equal speeds along x is the mass */
        il_system *copy = copy_of(s.sys);
        REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, copy, v));
        total[heavy] = 0.0;
        lightest[heavy] = INFINITY;
        o.remove_drift = false;
        for (int32_t i = 0; i < copy->n_atoms; i++) {
            ili_md *one = NULL;
            memset(copy->v, 0, (size_t)copy->n_atoms * sizeof *copy->v);
            copy->v[i][0] = 0.01;
            well none = {copy->n_atoms, 0.0, 0};
            REQUIRE_OK(ili_md_create(ctx, &o, copy, ili_ff_binding(ff), forces_of(&none), &one));
            double mass = 2.0 * ili_md_now(one).kinetic / 1e-4 / ILI_AMU;
            total[heavy] += mass;
            lightest[heavy] = fmin(lightest[heavy], mass);
            ili_md_destroy(&one);
        }
        o.remove_drift = true;
        il_system_destroy(&copy);
        ili_md_destroy(&md);
    }
    CHECK_NEAR(total[1], total[0], 1e-12 * total[0]);
    CHECK_NEAR(total[0], ili_system_mass(s.sys), 1e-9 * total[0]);
    CHECK_NEAR(lightest[0], 1.008, 1e-12);
    CHECK_NEAR(lightest[1], 3.0, 1e-12); /* -CH3 keeps 12.011 - 3 * 1.992 = 6.035 */
    o.hydrogen_mass = 4.0;
    ili_md *md = NULL;
    CHECK_STATUS(ili_md_create(ctx, &o, s.sys, ili_ff_binding(ff), ili_md_forces_of(ff), &md), IL_E_INPUT);
    CHECK(!md && strstr(il_message(ctx), "hydrogen mass"));
    CHECK_STATUS(ili_md_create(ctx, &o, s.sys, NULL, ili_md_forces_of(ff), &md), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "binds to no heavier atom"));
    il_ff_destroy(&ff);
    subject_close(&s);
}

/** Isotopes: the mass that a model file states is the one that moves. */
TEST(a_mass_of_the_model_goes_before_that_of_the_element) {
    subject s;
    subject_open(law_system("oxide crystal"), &s);
    il_ff *ff = plan(&s, s.sys);
    const ili_binding *binding = ili_ff_binding(ff);
    double mass[2];
    for (int k = 0; k < 2; k++) {
        if (k) s.model->species[binding->type[0]].mass = 6.0;
        ili_md_options o = ili_md_defaults();
        well none = {s.sys->n_atoms, 0.0, 0};
        ili_md *md = NULL;
        if (!s.sys->v) REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, s.sys, v));
        memset(s.sys->v, 0, (size_t)s.sys->n_atoms * sizeof *s.sys->v);
        s.sys->v[0][0] = 0.01;
        o.remove_drift = false;
        REQUIRE_OK(ili_md_create(ctx, &o, s.sys, binding, forces_of(&none), &md));
        mass[k] = 2.0 * ili_md_now(md).kinetic / 1e-4 / ILI_AMU;
        ili_md_destroy(&md);
    }
    CHECK_NEAR(mass[0], ili_element_of(s.sys->species[s.sys->type[0]].z)->mass, 1e-12 * mass[0]);
    CHECK_NEAR(mass[1], 6.0, 1e-11);
    il_ff_destroy(&ff);
    subject_close(&s);
}

TEST(the_end_goes_back_into_the_system) {
    il_system *sys = atoms_of("Li", 4), *wrong = atoms_of("Li", 3);
    well wells = {4, 1.0, 0};
    ili_md_options o = ili_md_defaults();
    ili_md *md = NULL;
    REQUIRE_OK(ili_md_create(ctx, &o, sys, NULL, forces_of(&wells), &md));
    REQUIRE_OK(ili_md_run(ctx, md, 50, NULL, 0));
    CHECK_OK(ili_md_export(ctx, md, sys));
    ili_md_frame f = ili_md_now(md);
    CHECK(memcmp(sys->x, f.x, 4 * sizeof *f.x) == 0 && memcmp(sys->v, f.v, 4 * sizeof *f.v) == 0);
    CHECK_STATUS(ili_md_export(ctx, md, wrong), IL_E_INPUT);
    o.remove_drift = false;
    CHECK_STATUS(ili_md_stage(ctx, md, &o), IL_E_INPUT);
    ili_md_destroy(&md);
    il_system_destroy(&sys);
    il_system_destroy(&wrong);
}

/* ---- what is refused -------------------------------------------------------------------------------------- */

TEST(a_run_that_blows_up_names_atom_and_step) {
    il_system *sys = atoms_of("Li", 3);
    well cliff = {3, -400.0, 0};
    ili_md_options o = ili_md_defaults();
    ili_md *md = NULL;
    o.remove_drift = false;
    REQUIRE_OK(ili_md_create(ctx, &o, sys, NULL, forces_of(&cliff), &md));
    CHECK_STATUS(ili_md_run(ctx, md, 1000, NULL, 0), IL_E_NONFINITE);
    CHECK(strstr(il_message(ctx), "step ") && strstr(il_message(ctx), "atom 3 (Li)") &&
          strstr(il_message(ctx), "shorter step"));
    ili_md_destroy(&md);
    /* two atoms on one place */
    subject s;
    subject_open(law_system("metal with a vacancy"), &s);
    il_ff *ff = plan(&s, s.sys);
    memcpy(s.sys->x[4], s.sys->x[5], sizeof *s.sys->x);
    s.sys->x[4][0] = NAN;
    CHECK_STATUS(ili_md_create(ctx, &o, s.sys, NULL, ili_md_forces_of(ff), &md), IL_E_NONFINITE);
    CHECK(!md);
    il_ff_destroy(&ff);
    subject_close(&s);
    il_system_destroy(&sys);
}

typedef struct refusal {
    const char *system, *words;
    ili_md_options o;
} refusal;

/** Defaults with some fields given. */
#define RUN_WITH(...)                                                                                        \
    (ili_md_options) {                                                                                       \
        .dt = 1.0, .inner_pairs = 1, .inner_bonded = 1, .temperature = 300.0, .temperature_end = 300.0,      \
        .tau_t = 200.0, .chain = 3, .tau_p = 1000.0, .compressibility = 1.0, .constraint_tolerance = 1e-8,   \
        .remove_drift = true, .n_steps = 100, .refresh_every = 50, .seed = 1, __VA_ARGS__                    \
    }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const char oxide[] = "oxide crystal", polymer[] = "polymer";

TEST(what_has_no_meaning_is_refused) {
    const refusal refusals[] = {
        {oxide, "time step is 0 fs", RUN_WITH(.dt = 0.0)},
        {oxide, "time step is nan", RUN_WITH(.dt = NAN)},
        {oxide, "at most 4 fs", RUN_WITH(.dt = 5.0, .inner_pairs = 5)},
        {oxide, "pair steps", RUN_WITH(.inner_pairs = 0)},
        {oxide, "the model has none", RUN_WITH(.inner_bonded = 2)},
        {"metal with a vacancy", "no Coulomb sum", RUN_WITH(.inner_pairs = 2)},
        {oxide, "system has no hydrogen", RUN_WITH(.constrain_hydrogens = true)},
        {oxide, "system has no hydrogen", RUN_WITH(.hydrogen_mass = 3.0)},
        {polymer, "constrain the bonds", RUN_WITH(.dt = 2.0)},
        {polymer, "at most 1.5 fs", RUN_WITH(.dt = 2.0)},
        {polymer, "at most 2.5 fs", RUN_WITH(.dt = 3.0, .constrain_hydrogens = true)},
        {polymer, "hydrogen mass is 0.5", RUN_WITH(.hydrogen_mass = 0.5)},
        {oxide, "above 0 K", RUN_WITH(.thermostat = ILI_THERMOSTAT_CSVR, .temperature_end = 0.0)},
        {oxide, "needs a thermostat", RUN_WITH(.temperature_end = 400.0)},
        {oxide, "needs a barostat", RUN_WITH(.pressure_end = 0.1)},
        {oxide, "centre of mass", RUN_WITH(.thermostat = ILI_THERMOSTAT_CSVR, .remove_drift = false)},
        {oxide, "at least 10 steps", RUN_WITH(.thermostat = ILI_THERMOSTAT_NOSE_HOOVER, .tau_t = 5.0)},
        {oxide, "Nose-Hoover thermostats", RUN_WITH(.chain = 11)},
        {oxide, "number of steps is 0", RUN_WITH(.n_steps = 0)},
        {oxide, "between refreshes", RUN_WITH(.refresh_every = 0)},
        {"oxide slab", "vacuum",
         RUN_WITH(.thermostat = ILI_THERMOSTAT_CSVR, .barostat = ILI_BAROSTAT_SCR, .cell_mode = ILI_CELL_Z)},
        {polymer, "does not know constraints",
         RUN_WITH(.thermostat = ILI_THERMOSTAT_CSVR, .barostat = ILI_BAROSTAT_MTK,
                  .constrain_hydrogens = true)},
    };
    const char *opened = "";
    subject s = {0};
    for (size_t k = 0; k < sizeof refusals / sizeof *refusals; k++) {
        const refusal *r = &refusals[k];
        if (strcmp(opened, r->system) != 0) {
            subject_close(&s);
            subject_open(law_system(r->system), &s);
            opened = r->system;
        }
        il_status status = ili_md_check(ctx, &r->o, s.sys, s.model);
        CHECK(status == IL_E_INPUT || status == IL_E_UNSUPPORTED);
        if (status == IL_OK || !strstr(il_message(ctx), r->words))
            fprintf(stderr, "status %d, message '%s', expected '%s'\n", status, il_message(ctx), r->words);
        CHECK(strstr(il_message(ctx), r->words) != NULL);
    }
    subject_close(&s);
}

TEST(what_has_a_meaning_is_not_refused) {
    const refusal fine[] = {
        {oxide, NULL, RUN_WITH(.dt = 2.0)},
        {oxide, NULL, RUN_WITH(.dt = 4.0, .inner_pairs = 2)},
        {polymer, NULL, RUN_WITH(.dt = 1.5)},
        {polymer, NULL, RUN_WITH(.dt = 2.0, .inner_pairs = 1, .inner_bonded = 4)},
        {polymer, NULL, RUN_WITH(.dt = 2.0, .constrain_hydrogens = true)},
        {polymer, NULL, RUN_WITH(.dt = 2.0, .hydrogen_mass = 3.0)},
        {polymer, NULL, RUN_WITH(.dt = 4.0, .hydrogen_mass = 3.0, .constrain_hydrogens = true)},
        {oxide, NULL, RUN_WITH(.thermostat = ILI_THERMOSTAT_LANGEVIN, .remove_drift = false)},
    };
    subject s = {0};
    for (size_t k = 0; k < sizeof fine / sizeof *fine; k++) {
        subject_close(&s);
        subject_open(law_system(fine[k].system), &s);
        CHECK_OK(ili_md_check(ctx, &fine[k].o, s.sys, s.model));
    }
    subject_close(&s);
}
#pragma GCC diagnostic pop

TEST(a_run_without_freedom_is_refused) {
    il_system *sys = atoms_of("Li", 1);
    well spring = {1, 1.0, 0};
    ili_md_options o = ili_md_defaults();
    ili_md *md = NULL;
    CHECK_STATUS(ili_md_create(ctx, &o, sys, NULL, forces_of(&spring), &md), IL_E_INPUT);
    CHECK(!md && strstr(il_message(ctx), "no degree of freedom"));
    il_system_destroy(&sys);
}

TESTS(RUN(a_spring_swings_with_its_period); RUN(velocities_are_drawn_at_the_temperature);
      RUN(a_drift_is_taken_out_and_reported); RUN(a_restored_run_repeats_the_bits);
      RUN(a_restored_stage_repeats_the_bits); RUN(a_state_of_another_run_is_not_restored);
      RUN(observers_see_their_steps_and_change_nothing); RUN(an_interrupt_ends_at_a_refresh_and_can_go_on);
      RUN(hydrogen_takes_mass_from_its_partner); RUN(a_mass_of_the_model_goes_before_that_of_the_element);
      RUN(the_end_goes_back_into_the_system); RUN(a_run_that_blows_up_names_atom_and_step);
      RUN(what_has_no_meaning_is_refused); RUN(what_has_a_meaning_is_not_refused);
      RUN(a_run_without_freedom_is_refused))
