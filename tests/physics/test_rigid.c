/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The statistics of molecules on rigid bonds: heat in every kind of motion, pressure, volume. */
#include "law_cases.h"
#include "md_molecules.h"

#include "relax/relax.h"

static const int PAIRS[] = {1}, FOUR[] = {3};

static ili_md_options rigid_options(ili_md_thermostat thermostat, double dt, int64_t n_steps) {
    ili_md_options o = ili_md_defaults();
    o.dt = dt;
    o.n_steps = n_steps;
    o.thermostat = thermostat;
    o.tau_t = 50.0;
    o.refresh_every = 1000;
    o.constrain_hydrogens = true;
    o.constraint_tolerance = 1e-10;
    return o;
}

/* ---- temperature ---------------------------------------------------------------------------------------- */

/** Kinetic energy of the molecules as wholes, and inside them, eV. */
typedef struct heat {
    int size, n, skip;
    double whole[20000], inner[20000];
} heat;

static il_status heat_see(il_context *context, void *user, const ili_md_frame *frame) {
    (void)context;
    heat *h = user;
    double whole = 0.0;
    if (h->skip-- > 0) return IL_OK;
    for (int32_t i = 0; i < frame->n; i += h->size) {
        double p[3] = {0}, mass = 0.0;
        for (int k = 0; k < h->size; k++) {
            double m = (k ? 1.008 : 12.011) * ILI_AMU;
            mass += m;
            for (int a = 0; a < 3; a++) p[a] += m * frame->v[i + k][a];
        }
        whole += 0.5 * ili_dot(p, p) / mass;
    }
    h->whole[h->n] = whole;
    h->inner[h->n++] = frame->kinetic - whole;
    return IL_OK;
}

/* the thermostats count the degrees of freedom: each kind of motion has kT/2 for each of its own */
TEST(every_motion_of_a_rigid_molecule_is_as_warm) {
    enum { COUNT = 12, STEPS = 40000 };
    static const ili_md_thermostat thermostats[] = {ILI_THERMOSTAT_CSVR, ILI_THERMOSTAT_LANGEVIN,
                                                    ILI_THERMOSTAT_NOSE_HOOVER};
    const double kT = ILI_KB * 300.0;
    il_set_threads(ctx, 1);
    for (int t = 0; t < 3; t++) {
        molecules m;
        static heat h;
        ili_md *md = NULL;
        molecules_make(&m, COUNT, FOUR, 1, 1.09, "C", "H", COUNT * 25.0);
        fluid s = {m.sys->n_atoms, 4, 0.3, 3.0};
        ili_md_options o = rigid_options(thermostats[t], 1.0, STEPS);
        h = (heat){.size = 4, .skip = 500};
        REQUIRE_OK(ili_md_create(ctx, &o, m.sys, &m.binding,
                                 (ili_md_forces){.user = &s, .evaluate = fluid_evaluate}, &md));
        REQUIRE_OK(ili_md_run(ctx, md, STEPS, &(ili_md_observer){5, false, &h, heat_see}, 1));
        double whole = 0.5 * kT * (3 * COUNT - 3), inner = 0.5 * kT * COUNT * (9 - 3), error[2];
        double got[2] = {mean_of(h.whole, h.n, &error[0]), mean_of(h.inner, h.n, &error[1])};
        CHECK_MEAN(got[0], whole, error[0]);
        CHECK_MEAN(got[1], inner, error[1]);
        CHECK(error[0] < 0.025 * whole && error[1] < 0.025 * inner);
        ili_md_destroy(&md);
        molecules_free(&m);
    }
}

/* ---- pressure --------------------------------------------------------------------------------------------- */

static double pressure_of(const ili_md_frame *frame) {
    return (frame->pressure[0] + frame->pressure[1] + frame->pressure[2]) / 3.0;
}

/** The fluid with springs of stiffness k in its pairs. */
typedef struct sprung {
    fluid fluid;
    double k, length;
} sprung;

static il_status sprung_evaluate(il_context *context, void *user, unsigned parts, const ili_cell *cell,
                                 const double (*x)[3], double *energy, double (*f)[3], double w[6]) {
    sprung *s = user;
    IL_TRY(fluid_evaluate(context, &s->fluid, parts, cell, x, energy, f, w));
    for (int32_t i = 0; i < s->fluid.n; i += 2) {
        double d[3];
        ili_sub(x[i + 1], x[i], d);
        double r = ili_norm(d), push = -s->k * (r - s->length) / r;
        *energy += 0.5 * s->k * (r - s->length) * (r - s->length);
        for (int k = 0; k < 3; k++) {
            f[i + 1][k] += push * d[k];
            f[i][k] -= push * d[k];
            w[k] += push * d[k] * d[k];
        }
    }
    return IL_OK;
}

/* pairs of argon atoms on stiff springs and on rigid bonds press alike: the constraints' virial is what the springs' was. The mean length
 * on a spring is larger by 2 kT/(k l^2) = 0.1 %. */
TEST(rigid_bonds_are_the_limit_of_stiff_springs) {
    enum { COUNT = 12, STEPS = 60000, EVERY = 5 };
    double mean[2], error[2];
    il_set_threads(ctx, 1);
    for (int rigid = 0; rigid < 2; rigid++) {
        molecules m;
        ili_md *md = NULL;
        series p = {.of = pressure_of, .skip = 500, .cap = STEPS / EVERY};
        p.y = ili_alloc((size_t)p.cap, sizeof *p.y);
        molecules_make(&m, COUNT, PAIRS, 1, 2.0, "Ar", "Ar", COUNT * 50.0);
        sprung s = {{m.sys->n_atoms, 2, 0.3, 3.6}, rigid ? 0.0 : 12.0, 2.0};
        ili_md_options o = rigid_options(ILI_THERMOSTAT_LANGEVIN, 5.0, STEPS);
        o.constrain_hydrogens = rigid;
        REQUIRE_OK(ili_md_create(ctx, &o, m.sys, &m.binding,
                                 (ili_md_forces){.user = &s, .evaluate = sprung_evaluate}, &md));
        REQUIRE_OK(ili_md_run(ctx, md, STEPS, &(ili_md_observer){EVERY, false, &p, series_see}, 1));
        mean[rigid] = mean_of(p.y, p.n, &error[rigid]);
        ili_md_destroy(&md);
        molecules_free(&m);
        ili_free(p.y);
    }
    CHECK_NEAR(mean[1], mean[0], 6.5 * hypot(error[0], error[1]) + 0.002 * mean[0]);
    CHECK(hypot(error[0], error[1]) < 0.02 * mean[0]);
}

/* ---- volume ------------------------------------------------------------------------------------------------ */

static void run_volume(double height, double pressure, int64_t n_steps, double skin, series *v) {
    enum { COUNT = 8, EVERY = 10 };
    molecules m;
    ili_md *md = NULL;
    *v = (series){.of = volume_of, .skip = 1000, .cap = (int)(n_steps / EVERY)};
    v->y = ili_alloc((size_t)v->cap, sizeof *v->y);
    molecules_make(&m, COUNT, PAIRS, 1, 1.5, "Ar", "Ar", COUNT * skin);
    fluid s = {m.sys->n_atoms, 2, height, 3.2};
    ili_md_options o = rigid_options(ILI_THERMOSTAT_LANGEVIN, 6.0, n_steps);
    o.tau_t = 100.0;
    o.remove_drift = false;
    o.barostat = ILI_BAROSTAT_SCR;
    o.pressure = o.pressure_end = pressure;
    o.compressibility = height > 0.0 ? 60.0 : 1.0 / pressure;
    o.tau_p = 300.0;
    REQUIRE_OK(ili_md_create(ctx, &o, m.sys, &m.binding,
                             (ili_md_forces){.user = &s, .evaluate = fluid_evaluate}, &md));
    CHECK_OK(ili_md_run(ctx, md, n_steps, &(ili_md_observer){EVERY, false, v, series_see}, 1));
    ili_md_destroy(&md);
    molecules_free(&m);
}

/* (N + 1) kT/p with N molecules, not atoms: they are moved whole */
TEST(an_ideal_gas_of_molecules_counts_molecules) {
    const double kT = ILI_KB * 300.0, p = kT / 80.0;
    series v;
    double error;
    il_set_threads(ctx, 1);
    run_volume(0.0, p, 150000, 80.0, &v);
    double mean = mean_of(v.y, v.n, &error);
    CHECK_MEAN(mean * p / kT, 9.0, error * p / kT);
    CHECK(error * p / kT < 0.18);
    ili_free(v.y);
}

TEST(volumes_of_rigid_molecules_have_the_right_ratio) {
    const double kT = ILI_KB * 300.0, p1 = 0.0015, p2 = 0.0021;
    series v1, v2;
    double error;
    il_set_threads(ctx, 1);
    run_volume(0.25, p1, 60000, 60.0, &v1);
    run_volume(0.25, p2, 60000, 60.0, &v2);
    double slope = slope_of(v1.y, v2.y, v1.n, &error), want = (p1 - p2) / kT;
    CHECK_MEAN(slope, want, error);
    CHECK(error < 0.12 * fabs(want));
    ili_free(v1.y);
    ili_free(v2.y);
}

/* ---- the real thing ------------------------------------------------------------------------------------------ */

typedef struct polymer_watch {
    const ili_binding *binding;
    double worst, first, largest, swing; /**< swing: largest relative change of the volume */
    double volume;                       /**< of the first frame */
} polymer_watch;

static il_status polymer_see(il_context *context, void *user, const ili_md_frame *frame) {
    (void)context;
    polymer_watch *p = user;
    for (int32_t b = 0; b < p->binding->n_bonds; b++) {
        const ili_bonded_item *bond = &p->binding->bonds[b];
        double d[3];
        if (p->binding->model->species[p->binding->type[bond->atom[0]]].base.z != 1 &&
            p->binding->model->species[p->binding->type[bond->atom[1]]].base.z != 1)
            continue;
        ili_sub(frame->x[bond->atom[1]], frame->x[bond->atom[0]], d);
        ili_cell_nearest(frame->cell, d);
        p->worst = fmax(p->worst, fabs(ili_norm(d) / p->binding->model->entries[bond->entry].p[1] - 1.0));
    }
    if (frame->step == 0) {
        p->first = frame->conserved;
        p->volume = ili_cell_volume(frame->cell);
    }
    p->largest = fmax(p->largest, fabs(frame->conserved - p->first));
    p->swing = fmax(p->swing, fabs(ili_cell_volume(frame->cell) / p->volume - 1.0));
    return IL_OK;
}

/* P-DOL at constant pressure: bonds hold while the cell moves, with every split of the step; energy is conserved */
TEST(a_polymer_under_pressure_keeps_its_bonds) {
    static const ili_cell cell = {{{12, 0, 0}, {0, 12, 0}, {0, 0, 12}}, {true, true, true}};
    il_system *sys = grow(&cell, NULL, 2, 4, NAN, NAN);
    il_model *model = NULL;
    il_ff *ff = NULL;
    ili_relax_options relax = ili_relax_defaults();
    ili_relax_result result;
    relax.force_tolerance = 0.5;
    REQUIRE_OK(il_model_read(ctx, "pdol", &model));
    REQUIRE_OK(il_ff_create(ctx, model, sys, NULL, &ff));
    REQUIRE_OK(ili_relax_system(ctx, ff, sys, &relax, &result));
    for (int split = 0; split < 2; split++) {
        ili_md *md = NULL;
        ili_md_options o = rigid_options(ILI_THERMOSTAT_LANGEVIN, 1.0, 50);
        polymer_watch p = {.binding = ili_ff_binding(ff)};
        o.inner_pairs = o.inner_bonded = 1 + split;
        o.barostat = ILI_BAROSTAT_SCR;
        o.cell_mode = split ? ILI_CELL_FULL : ILI_CELL_ISO;
        o.tau_p = 100.0;
        o.compressibility = 60.0;
        o.refresh_every = 25;
        REQUIRE_OK(ili_md_check(ctx, &o, sys, model));
        REQUIRE_OK(ili_md_create(ctx, &o, sys, ili_ff_binding(ff), ili_md_forces_of(ff), &md));
        REQUIRE_OK(ili_md_run(ctx, md, o.n_steps, &(ili_md_observer){1, true, &p, polymer_see}, 1));
        CHECK(p.worst <= 1e-10);
        CHECK(p.swing > 1e-3);
        /* the step's own error, of (w dt)^2/24 of the kinetic energy, w that of C-O bonds: 0.3 % of 4 eV; a lost term is tenths of eV */
        CHECK(p.largest < 0.01 * ili_md_now(md).kinetic);
        ili_md_destroy(&md);
    }
    il_ff_destroy(&ff);
    il_model_destroy(&model);
    il_system_destroy(&sys);
}

TESTS(RUN(every_motion_of_a_rigid_molecule_is_as_warm), RUN(rigid_bonds_are_the_limit_of_stiff_springs),
      RUN(an_ideal_gas_of_molecules_counts_molecules), RUN(volumes_of_rigid_molecules_have_the_right_ratio),
      RUN(a_polymer_under_pressure_keeps_its_bonds))
