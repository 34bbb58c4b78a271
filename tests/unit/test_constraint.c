/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Bonds of fixed length: kept, refused where they make no sense, and without a price in energy or heat. */
#include "physics/md_molecules.h"

#include "md/constraint.h"

static const int MIXED[] = {1, 3, 2, 4}, ONE[] = {1}, THREE[] = {3};

static ili_md_options rigid_options(double dt, int64_t n_steps) {
    ili_md_options o = ili_md_defaults();
    o.dt = dt;
    o.n_steps = n_steps;
    o.constrain_hydrogens = true;
    o.constraint_tolerance = 1e-10;
    return o;
}

/** A gas whose atoms push each other out of the molecules' way; no forces inside equal molecules. */
static ili_md_forces forces_of(fluid *s) {
    return (ili_md_forces){.user = s, .evaluate = fluid_evaluate};
}

typedef struct bond_watch {
    const molecules *m;
    double error[2];
} bond_watch;

static il_status watch_bonds(il_context *context, void *user, const ili_md_frame *frame) {
    (void)context;
    bond_watch *w = user;
    molecules_errors(w->m, frame, w->error);
    return IL_OK;
}

TEST(lengths_hold_and_velocities_stay_across) {
    molecules m;
    molecules_make(&m, 12, MIXED, 4, 1.09, "C", "H", 12 * 40.0);
    for (int32_t i = 0; i < m.sys->n_atoms; i += 3) ili_cell_wrap(&m.sys->cell, m.sys->x[i]);
    fluid s = {m.sys->n_atoms, 1, 0.1, 2.5};
    ili_md_options o = rigid_options(1.0, 3000);
    bond_watch w = {.m = &m};
    ili_md *md = NULL;
    o.temperature = 600.0;
    REQUIRE_OK(ili_md_create(ctx, &o, m.sys, &m.binding, forces_of(&s), &md));
    CHECK_NEAR(ili_md_now(md).n_freedom, 3 * m.sys->n_atoms - m.binding.n_bonds - 3, 0);
    REQUIRE_OK(ili_md_run(ctx, md, o.n_steps, &(ili_md_observer){1, true, &w, watch_bonds}, 1));
    CHECK(w.error[0] <= 1e-10);
    CHECK(w.error[1] <= 1e-13);
    ili_md_destroy(&md);
    molecules_free(&m);
}

/* ---- energy ----------------------------------------------------------------------------------------------- */

typedef struct energy_watch {
    double first, square;
    int n;
} energy_watch;

static il_status watch_energy(il_context *context, void *user, const ili_md_frame *frame) {
    (void)context;
    energy_watch *w = user;
    if (w->n++ == 0) w->first = frame->conserved;
    w->square += (frame->conserved - w->first) * (frame->conserved - w->first);
    return IL_OK;
}

static double energy_error(double dt) {
    molecules m;
    molecules_make(&m, 8, THREE, 1, 1.09, "C", "H", 8 * 40.0);
    fluid s = {m.sys->n_atoms, 4, 0.2, 3.0};
    ili_md_options o = rigid_options(dt, (int64_t)(400.0 / dt));
    energy_watch w = {0};
    ili_md *md = NULL;
    o.constraint_tolerance = 1e-12;
    CHECK_OK(ili_md_create(ctx, &o, m.sys, &m.binding, forces_of(&s), &md));
    CHECK_OK(ili_md_run(ctx, md, o.n_steps, &(ili_md_observer){1, true, &w, watch_energy}, 1));
    ili_md_destroy(&md);
    molecules_free(&m);
    return sqrt(w.square / w.n);
}

TEST(energy_errs_by_dt_squared) {
    double e2 = energy_error(2.0), e1 = energy_error(1.0), e05 = energy_error(0.5);
    CHECK_NEAR(e1 / e05, 4.0, 0.2); /* the next order is dt^4 */
    CHECK_NEAR(e2 / e1, 4.0, 0.8);
}

/* ---- virial ------------------------------------------------------------------------------------------------ */

typedef struct virial_watch {
    fluid *s;
    double length;
    double worst, mean, scale;
    int n;
} virial_watch;

/** Of rigid pairs sum m d^2 is constant, so the pressure of atoms and of molecules is the same at every moment. */
static il_status watch_virial(il_context *context, void *user, const ili_md_frame *frame) {
    virial_watch *v = user;
    double energy, w[6], f[2 * MOLECULES_MAX][3], inner = 0.0, volume = ili_cell_volume(frame->cell);
    IL_TRY(fluid_evaluate(context, v->s, 0, frame->cell, frame->x, &energy, f, w));
    for (int32_t i = 0; i < frame->n; i += 2) {
        double d[3], u[3], share = 12.011 / (12.011 + 1.008), m = 1.008 * share * ILI_AMU;
        ili_sub(frame->x[i + 1], frame->x[i], d);
        ili_sub(frame->v[i + 1], frame->v[i], u);
        inner += m * ili_dot(u, u) + share * ili_dot(d, f[i + 1]) - (1.0 - share) * ili_dot(d, f[i]);
    }
    double molecular = (2.0 * frame->kinetic + w[0] + w[1] + w[2] - inner) / (3.0 * volume);
    double atomic = (frame->pressure[0] + frame->pressure[1] + frame->pressure[2]) / 3.0;
    v->worst = fmax(v->worst, fabs(atomic - molecular));
    v->mean += atomic - molecular;
    v->scale += fabs(inner) / (3.0 * volume);
    v->n++;
    return IL_OK;
}

static virial_watch virial_error(double dt) {
    molecules m;
    molecules_make(&m, 8, ONE, 1, 1.09, "C", "H", 8 * 30.0);
    fluid s = {m.sys->n_atoms, 2, 0.2, 3.0};
    ili_md_options o = rigid_options(dt, (int64_t)(200.0 / dt));
    virial_watch v = {.s = &s};
    ili_md *md = NULL;
    o.constraint_tolerance = 1e-12;
    CHECK_OK(ili_md_create(ctx, &o, m.sys, &m.binding, forces_of(&s), &md));
    CHECK_OK(ili_md_run(ctx, md, o.n_steps, &(ili_md_observer){1, false, &v, watch_virial}, 1));
    ili_md_destroy(&md);
    molecules_free(&m);
    v.mean /= v.n;
    v.scale /= v.n;
    return v;
}

TEST(pressure_of_atoms_is_that_of_molecules) {
    virial_watch v2 = virial_error(0.2), v1 = virial_error(0.1);
    CHECK_NEAR(v2.worst / v1.worst, 2.0,
               0.1); /* a multiplier belongs to half a step: an error of first order without a mean */
    CHECK(fabs(v1.mean) < 1e-3 * v1.scale);
}

/* ---- refusals ---------------------------------------------------------------------------------------------- */

TEST(what_is_no_star_of_hydrogens_is_refused) {
    molecules m;
    ili_constraints *c = NULL;
    molecules_make(&m, 2, MIXED, 2, 1.09, "C", "H", 200.0);
    REQUIRE_OK(ili_constraints_create(ctx, &m.binding, m.sys, 1e-8, &c));
    CHECK(ili_constraints_count(c) == 4);
    ili_constraints_destroy(&c);
    ili_constraints_destroy(&c);
    CHECK_STATUS(ili_constraints_create(ctx, &m.binding, m.sys, 1e-15, &c), IL_E_INPUT);
    m.bonds[0].atom[0] = 2; /* both heavy atoms claim hydrogen 1 */
    m.bonds[1].atom[1] = 1;
    CHECK_STATUS(ili_constraints_create(ctx, &m.binding, m.sys, 1e-8, &c), IL_E_UNSUPPORTED);
    CHECK(strstr(il_message(ctx), "hydrogen 2 (H) has more than one bond"));
    m.bonds[0].atom[0] = 0;
    m.bonds[1].atom[1] = 3;
    m.entry.form = ili_form_find("morse");
    CHECK_STATUS(ili_constraints_create(ctx, &m.binding, m.sys, 1e-8, &c), IL_E_UNSUPPORTED);
    CHECK(strstr(il_message(ctx), "only bond_harmonic states a length"));
    m.entry.form = ili_form_find("bond_harmonic");
    for (int k = 0; k < m.binding.n_bonds; k++) m.type[m.bonds[k].atom[1]] = 0;
    REQUIRE_OK(ili_constraints_create(ctx, &m.binding, m.sys, 1e-8, &c));
    CHECK(c == NULL); /* no hydrogen, nothing to hold */
    molecules_free(&m);
}

TEST(a_centre_holds_four_at_most) {
    molecules m;
    ili_constraints *c = NULL;
    molecules_make(&m, 2, (const int[]){3}, 1, 1.09, "C", "H", 200.0);
    for (int k = 3; k < 5; k++) m.bonds[k].atom[0] = 0;
    CHECK_STATUS(ili_constraints_create(ctx, &m.binding, m.sys, 1e-8, &c), IL_E_UNSUPPORTED);
    CHECK(strstr(il_message(ctx), "atom 1 (C) holds more than 4 hydrogens"));
    molecules_free(&m);
}

TEST(bonds_that_cannot_be_reached_say_so) {
    molecules m;
    molecules_make(&m, 4, THREE, 1, 1.09, "C", "H", 200.0);
    fluid s = {m.sys->n_atoms, 4, 0.0, 1.0};
    ili_md_options o = rigid_options(1.0, 10);
    ili_md *md = NULL;
    memcpy(m.sys->x[1], m.sys->x[0], sizeof m.sys->x[1]); /* no direction to push along */
    CHECK_STATUS(ili_md_create(ctx, &o, m.sys, &m.binding, forces_of(&s), &md), IL_E_NOT_CONVERGED);
    CHECK(strstr(il_message(ctx), "the bonds of atom 1 to its 3 hydrogens"));
    molecules_free(&m);
}

/* ---- the same bits ----------------------------------------------------------------------------------------- */

static ili_md *make_run(const molecules *m, fluid *s, int threads) {
    ili_md_options o = rigid_options(1.0, 300);
    ili_md *md = NULL;
    il_set_threads(ctx, threads);
    o.thermostat = ILI_THERMOSTAT_CSVR;
    o.barostat = ILI_BAROSTAT_SCR;
    o.cell_mode = ILI_CELL_FULL;
    o.pressure = 0.001;
    o.pressure_end = 0.002;
    o.tau_p = 50.0;
    o.compressibility = 5.0;
    o.refresh_every = 20;
    CHECK_OK(ili_barostat_check(ctx, &o, m->sys));
    CHECK_OK(ili_md_create(ctx, &o, m->sys, &m->binding, forces_of(s), &md));
    return md;
}

static bool same_state(const ili_md *a, const ili_md *b) {
    ili_md_frame p = ili_md_now(a), q = ili_md_now(b);
    size_t size = (size_t)p.n * sizeof *p.x;
    return memcmp(p.x, q.x, size) == 0 && memcmp(p.v, q.v, size) == 0 && memcmp(p.f, q.f, size) == 0 &&
           memcmp(p.cell->h, q.cell->h, sizeof p.cell->h) == 0 && p.conserved == q.conserved;
}

TEST(a_restored_run_and_one_on_two_threads_repeat_the_bits) {
    molecules m;
    molecules_make(&m, 12, MIXED, 4, 1.09, "C", "H", 12 * 40.0);
    fluid s = {m.sys->n_atoms, 1, 0.1, 2.5};
    ili_md *whole = make_run(&m, &s, 1);
    REQUIRE_OK(ili_md_run(ctx, whole, 300, NULL, 0));
    ili_md *first = make_run(&m, &s, 2);
    ili_bytes bytes = {0};
    REQUIRE_OK(ili_md_run(ctx, first, 100, NULL, 0));
    ili_md_carry(first, &bytes);
    ili_md_destroy(&first);
    ili_md *second = make_run(&m, &s, 2);
    ili_bytes_rewind(&bytes);
    ili_md_carry(second, &bytes);
    CHECK(!bytes.failed);
    REQUIRE_OK(ili_md_run(ctx, second, 200, NULL, 0));
    CHECK(same_state(whole, second));
    CHECK(ili_cell_volume(ili_md_now(whole).cell) != ili_cell_volume(&m.sys->cell));
    ili_bytes_free(&bytes);
    ili_md_destroy(&whole);
    ili_md_destroy(&second);
    molecules_free(&m);
}

TESTS(RUN(lengths_hold_and_velocities_stay_across), RUN(energy_errs_by_dt_squared),
      RUN(pressure_of_atoms_is_that_of_molecules), RUN(what_is_no_star_of_hydrogens_is_refused),
      RUN(a_centre_holds_four_at_most), RUN(bonds_that_cannot_be_reached_say_so),
      RUN(a_restored_run_and_one_on_two_threads_repeat_the_bits))
