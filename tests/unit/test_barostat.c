/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The strains that barostats lay over the cell: the right force drives them, the cell does not turn, and what makes no sense is
 *  refused. */
#include "physics/md_molecules.h"

#include "md/barostat.h"
#include "md/constraint.h"

static const int MIXED[] = {1, 3, 2, 4};
static const ili_md_cell_mode MODES[] = {ILI_CELL_ISO, ILI_CELL_ANISO, ILI_CELL_FULL, ILI_CELL_Z};
enum { N_MODES = 4 };

static ili_md_options pressed(ili_md_cell_mode mode, double dt, int64_t n_steps) {
    ili_md_options o = ili_md_defaults();
    o.dt = dt;
    o.n_steps = n_steps;
    o.thermostat = ILI_THERMOSTAT_CSVR;
    o.barostat = ILI_BAROSTAT_SCR;
    o.cell_mode = mode;
    o.pressure = o.pressure_end = 0.002;
    o.tau_p = 100.0;
    o.compressibility = 5.0;
    return o;
}

/** A triclinic box of molecules in general orientation. */
static void make_skewed(molecules *m) {
    static const double map[3][3] = {{0.9, 0.3, -0.2}, {-0.25, 1.0, 0.15}, {0.1, -0.05, 1.1}};
    molecules_make(m, 12, MIXED, 4, 1.09, "C", "H", 12 * 45.0);
    ili_mat_mul(m->sys->cell.h, map, m->sys->cell.h);
    for (int32_t i = 0; i < m->sys->n_atoms; i++) ili_vec_mat(m->sys->x[i], map, m->sys->x[i]);
}

/** K + U + pV, eV. */
static double enthalpy(ili_md *md) {
    CHECK_OK(md->forces.evaluate(ctx, md->forces.user, ILI_FF_ALL, &md->cell, (const double(*)[3])md->x,
                                 &md->potential, md->f, md->level[0].w));
    return ili_md_kinetic(md) + md->potential + md->o.pressure * ili_cell_volume(&md->cell);
}

/* -d(K + U + pV)/dq by central differences of the move itself: with dt -> 0 a drift is the strain alone */
TEST(the_force_on_a_strain_is_the_slope_of_the_enthalpy) {
    for (int rigid = 0; rigid < 2; rigid++)
        for (int mode = 0; mode < N_MODES; mode++) {
            molecules m;
            make_skewed(&m);
            fluid s = {m.sys->n_atoms, 1, 0.3, 2.6};
            ili_md_options o = pressed(MODES[mode], 1.0, 20);
            const double step = 1e-5;
            ili_md *md = NULL;
            o.constrain_hydrogens = rigid;
            o.constraint_tolerance = 1e-12;
            REQUIRE_OK(ili_md_create(ctx, &o, m.sys, &m.binding,
                                     (ili_md_forces){.user = &s, .evaluate = fluid_evaluate}, &md));
            REQUIRE_OK(ili_md_run(ctx, md, 20, NULL, 0));
            md->o.dt = 1e-14;
            double force[6];
            ili_barostat_force(md, force);
            for (int k = 0; k < md->motion.n; k++) {
                double h[2];
                for (int side = 0; side < 2; side++) {
                    memset(md->motion.strain, 0, sizeof md->motion.strain);
                    md->motion.strain[k] = side ? step : -step;
                    ili_barostat_drift(md, md->o.dt);
                    h[side] = enthalpy(md);
                    md->motion.strain[k] *= -1.0;
                    ili_barostat_drift(md, md->o.dt);
                }
                /* third derivatives are a few hundred eV: 1e-10 of that, and rounding of 100 eV at 1e-5 */
                CHECK_NEAR((h[0] - h[1]) / (2.0 * step), force[k], 2e-7 + 1e-8 * fabs(force[k]));
            }
            ili_md_destroy(&md);
            molecules_free(&m);
        }
}

/* ---- what each mode leaves alone --------------------------------------------------------------------------- */

typedef struct shape {
    double lengths[3], angles[3], frame[3][3];
} shape;

static shape shape_of(const ili_cell *cell) {
    shape s;
    ili_cell_parameters(cell, s.lengths, s.angles);
    for (int k = 0; k < 3; k++) s.frame[0][k] = cell->h[0][k] / s.lengths[0];
    ili_cross(cell->h[0], cell->h[1], s.frame[2]);
    for (int k = 0; k < 3; k++) s.frame[1][k] = s.frame[2][k] / ili_cell_area(cell);
    return s;
}

TEST(modes_move_what_they_say_and_nothing_turns) {
    for (int barostat = ILI_BAROSTAT_SCR; barostat <= ILI_BAROSTAT_MTK; barostat++)
        for (int mode = 0; mode < N_MODES; mode++) {
            molecules m;
            make_skewed(&m);
            fluid s = {m.sys->n_atoms, 1, 0.3, 2.6};
            ili_md_options o = pressed(MODES[mode], 1.0, 500);
            ili_md *md = NULL;
            o.barostat = barostat;
            REQUIRE_OK(ili_md_create(ctx, &o, m.sys, NULL,
                                     (ili_md_forces){.user = &s, .evaluate = fluid_evaluate}, &md));
            REQUIRE_OK(ili_md_run(ctx, md, 500, NULL, 0));
            shape a = shape_of(&m.sys->cell), b = shape_of(ili_md_now(md).cell);
            double stretch[3], bend = 0.0;
            for (int k = 0; k < 3; k++) {
                stretch[k] = b.lengths[k] / a.lengths[k] - 1.0;
                bend = fmax(bend, fabs(b.angles[k] - a.angles[k]));
                CHECK_NEAR(b.frame[0][k], a.frame[0][k], 1e-12);
                CHECK_NEAR(b.frame[1][k], a.frame[1][k], 1e-12);
            }
            CHECK(fabs(stretch[2]) > 1e-4);
            CHECK((fabs(stretch[0] - stretch[1]) > 1e-5) ==
                  (mode == ILI_CELL_ANISO || mode == ILI_CELL_FULL));
            CHECK((fabs(stretch[0] - stretch[2]) > 1e-5) == (mode != ILI_CELL_ISO));
            CHECK((bend > 1e-3) == (mode == ILI_CELL_FULL || mode == ILI_CELL_Z));
            CHECK((fabs(stretch[0]) < 1e-12) == (mode == ILI_CELL_Z));
            ili_md_destroy(&md);
            molecules_free(&m);
        }
}

/* a slab: the lengths that repeat, and only these */
TEST(a_slab_breathes_in_its_plane) {
    il_system *sys = fluid_system(27, 27 * 25.0);
    fluid s = {27, 1, 0.3, 2.9};
    ili_md_options o = pressed(ILI_CELL_ANISO, 4.0, 300);
    ili_md *md = NULL;
    sys->cell.pbc[2] = false;
    o.pressure = o.pressure_end = 0.0;
    REQUIRE_OK(ili_barostat_check(ctx, &o, sys));
    REQUIRE_OK(
        ili_md_create(ctx, &o, sys, NULL, (ili_md_forces){.user = &s, .evaluate = fluid_evaluate}, &md));
    CHECK(md->motion.n == 2);
    REQUIRE_OK(ili_md_run(ctx, md, 300, NULL, 0));
    const ili_cell *cell = ili_md_now(md).cell;
    CHECK(fabs(cell->h[0][0] - sys->cell.h[0][0]) > 1e-3);
    CHECK(fabs(cell->h[1][1] - cell->h[0][0]) > 1e-3);
    CHECK(memcmp(cell->h[2], sys->cell.h[2], sizeof cell->h[2]) == 0);
    ili_md_destroy(&md);
    il_system_destroy(&sys);
}

/* ---- refusals ----------------------------------------------------------------------------------------------- */

TEST(what_has_no_meaning_is_refused) {
    il_system *sys = fluid_system(8, 400.0);
    const ili_md_options good = pressed(ILI_CELL_ISO, 1.0, 10);
    ili_md_options o = good;
    CHECK_OK(ili_barostat_check(ctx, &o, sys));
    o.compressibility = 0.0;
    CHECK_STATUS(ili_barostat_check(ctx, &o, sys), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "estimate of the compressibility"));
    o.barostat = ILI_BAROSTAT_MTK;
    CHECK_OK(ili_barostat_check(ctx, &o, sys));
    o.thermostat = ILI_THERMOSTAT_NONE; /* constant enthalpy */
    CHECK_OK(ili_barostat_check(ctx, &o, sys));
    o.temperature = 0.0;
    CHECK_STATUS(ili_barostat_check(ctx, &o, sys), IL_E_INPUT);
    o = good;
    o.thermostat = ILI_THERMOSTAT_NONE;
    CHECK_STATUS(ili_barostat_check(ctx, &o, sys), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "use it with a thermostat"));
    o = good;
    o.tau_p = 5.0;
    CHECK_STATUS(ili_barostat_check(ctx, &o, sys), IL_E_INPUT);
    o = good;
    o.pressure_end = NAN;
    CHECK_STATUS(ili_barostat_check(ctx, &o, sys), IL_E_INPUT);
    o = good;
    o.constrain_hydrogens = true;
    CHECK_OK(ili_barostat_check(ctx, &o, sys));
    o.barostat = ILI_BAROSTAT_MTK;
    CHECK_STATUS(ili_barostat_check(ctx, &o, sys), IL_E_UNSUPPORTED);
    CHECK(strstr(il_message(ctx), "does not know constraints"));
    il_system_destroy(&sys);
}

TEST(vacuum_is_not_put_under_pressure) {
    il_system *sys = fluid_system(8, 400.0);
    sys->cell.pbc[2] = false;
    for (int mode = 0; mode < N_MODES; mode++) {
        ili_md_options o = pressed(MODES[mode], 1.0, 10);
        o.pressure = o.pressure_end = 0.0;
        CHECK_STATUS(ili_barostat_check(ctx, &o, sys),
                     MODES[mode] == ILI_CELL_ANISO ? IL_OK : IL_E_UNSUPPORTED);
        if (MODES[mode] != ILI_CELL_ANISO) CHECK(strstr(il_message(ctx), "vacuum above a slab"));
    }
    ili_md_options o = pressed(ILI_CELL_ANISO, 1.0, 10);
    CHECK_STATUS(ili_barostat_check(ctx, &o, sys), IL_E_UNSUPPORTED);
    CHECK(strstr(il_message(ctx), "how much vacuum is counted"));
    sys->cell.pbc[1] = false;
    CHECK_STATUS(ili_barostat_check(ctx, &o, sys), IL_E_UNSUPPORTED);
    CHECK(strstr(il_message(ctx), "first two vectors"));
    o.barostat = ILI_BAROSTAT_NONE;
    CHECK_OK(ili_barostat_check(ctx, &o, sys));
    il_system_destroy(&sys);
}

TESTS(RUN(the_force_on_a_strain_is_the_slope_of_the_enthalpy),
      RUN(modes_move_what_they_say_and_nothing_turns), RUN(a_slab_breathes_in_its_plane),
      RUN(what_has_no_meaning_is_refused), RUN(vacuum_is_not_put_under_pressure))
