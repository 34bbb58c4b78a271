/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Relaxed crystals of the shipped structures and models. */
#include "harness.h"

#include "base/rng.h"
#include "ff/model.h"
#include "math/vec.h"
#include "relax/relax.h"

typedef struct crystal {
    il_system *sys;
    il_model *model;
    il_ff *ff;
} crystal;

/* Strained by 3 % and rattled by up to `rattle` angstrom. */
static il_status crystal_open(const char *file, const char *model, int coulomb, double rattle, crystal *c) {
    il_ff_options o;
    il_ff_options_default(&o);
    o.coulomb = coulomb;
    *c = (crystal){0};
    IL_TRY(il_system_read(ctx, file, &c->sys));
    IL_TRY(il_model_read(ctx, model, &c->model));
    if (!isnan(c->model->short_cutoff)) o.short_cutoff = 12.0;
    ili_rng rng = ili_rng_make(5, 0);
    const double d[3][3] = {{1.03, 0, 0}, {0, 1.03, 0}, {0, 0, 1.03}};
    ili_mat_mul(c->sys->cell.h, d, c->sys->cell.h);
    for (int32_t i = 0; i < c->sys->n_atoms; i++)
        for (int k = 0; k < 3; k++)
            c->sys->x[i][k] = 1.03 * c->sys->x[i][k] + rattle * (2 * ili_rng_uniform(&rng) - 1);
    return il_ff_create(ctx, c->model, c->sys, &o, &c->ff);
}

static void crystal_close(crystal *c) {
    il_ff_destroy(&c->ff);
    il_model_destroy(&c->model);
    il_system_destroy(&c->sys);
}

static ili_relax_options both(double force, double stress) {
    ili_relax_options o = ili_relax_defaults();
    o.mode = ILI_RELAX_BOTH;
    o.force_tolerance = force;
    o.stress_tolerance = stress;
    return o;
}

TEST(lithium_germanium_phosphate) {
    crystal c;
    REQUIRE_OK(crystal_open("structures/LGP.cif", "pmmcs", 0, 0.0, &c));
    ili_relax_options o = both(1e-4, 1e-7);
    ili_relax_result r;
    REQUIRE_OK(ili_relax_system(ctx, c.ff, c.sys, &o, &r));
    CHECK(r.converged);
    double l[3], angles[3];
    ili_cell_parameters(&c.sys->cell, l, angles);
    /* Recorded elsewhere: a 8.5685, c 20.3760, E -350.55570, an unfinished relaxation: both LAMMPS and the engine find
     * 0.108 GPa along c there, with the atoms relaxed, and none here (tests/ref/lammps/README.md). */
    CHECK_NEAR(l[0], 8.56785, 1e-4);
    CHECK_NEAR(l[1], l[0], 1e-5);
    CHECK_NEAR(l[2], 20.39496, 2e-4);
    CHECK_NEAR(angles[2], 120, 1e-4);
    CHECK_NEAR(r.energy / 6, -350.55570, 1e-4);
    CHECK(c.sys->has_energy && c.sys->f);
    CHECK_NEAR(c.sys->energy, r.energy, 1e-9);
    crystal_close(&c);
}

/* Mesh forces and a broken symmetry: to 1e-4 eV/A, the same steps at any thread count. */
TEST(rattled_on_the_mesh) {
    double energy[2], x[2];
    for (int k = 0; k < 2; k++) {
        crystal c;
        il_set_threads(ctx, k ? 4 : 1);
        REQUIRE_OK(crystal_open("structures/LGP.cif", "pmmcs", 2, 0.08, &c));
        ili_relax_options o = both(1e-4, 1e-6);
        ili_relax_result r;
        REQUIRE_OK(ili_relax_system(ctx, c.ff, c.sys, &o, &r));
        CHECK(r.converged);
        if (!r.converged) fprintf(stderr, "%s\n", r.verdict);
        CHECK_NEAR(r.energy / 6, -350.55570, 1e-4);
        CHECK(r.steps < 300);
        energy[k] = r.energy;
        x[k] = c.sys->x[70][1];
        crystal_close(&c);
    }
    CHECK(energy[0] == energy[1] && x[0] == x[1]);
}

TEST(lithium_metal) {
    for (int k = 0; k < 2; k++) {
        crystal c;
        REQUIRE_OK(crystal_open("structures/Li.cif", "li", 0, 0.05, &c));
        ili_relax_options o = both(1e-5, 1e-7);
        o.method = k ? ILI_RELAX_FIRE : ILI_RELAX_LBFGS;
        ili_relax_result r;
        REQUIRE_OK(ili_relax_system(ctx, c.ff, c.sys, &o, &r));
        CHECK(r.converged);
        double l[3], angles[3];
        ili_cell_parameters(&c.sys->cell, l, angles);
        for (int i = 0; i < 3; i++) {
            CHECK_NEAR(l[i], 3.51, 1e-4);
            CHECK_NEAR(angles[i], 90, 1e-3);
        }
        CHECK_NEAR(r.energy / 2, -1.6480003, 1e-7);
        crystal_close(&c);
    }
}

/* A crystal whose ions lie up to 0.08 A off, turned by any rotation and moved: the same minimum in as many steps. Without the model of the
 * second derivatives, L-BFGS needs 113 evaluations. */
TEST(model_of_the_second_derivatives) {
    const double c = cos(0.7), s = sin(0.7);
    const double turn[3][3] = {{c, s, 0}, {-s * c, c * c, s}, {s * s, -c * s, c}};
    int evaluations[2];
    double energy[2];
    for (int k = 0; k < 2; k++) {
        crystal lgp;
        REQUIRE_OK(crystal_open("structures/LGP.cif", "pmmcs", 1, 0.08, &lgp));
        if (k) {
            ili_mat_mul(lgp.sys->cell.h, turn, lgp.sys->cell.h);
            for (int32_t i = 0; i < lgp.sys->n_atoms; i++) {
                ili_vec_mat(lgp.sys->x[i], turn, lgp.sys->x[i]);
                for (int m = 0; m < 3; m++) lgp.sys->x[i][m] += 0.37;
            }
        }
        ili_relax_options o = ili_relax_defaults();
        ili_relax_result r;
        REQUIRE_OK(ili_relax_system(ctx, lgp.ff, lgp.sys, &o, &r));
        CHECK(r.converged);
        evaluations[k] = r.evaluations;
        energy[k] = r.energy;
        crystal_close(&lgp);
    }
    CHECK(evaluations[0] <= 55 && abs(evaluations[1] - evaluations[0]) <= 3);
    CHECK_NEAR(energy[0], energy[1], 1e-4);
}

TESTS(RUN(model_of_the_second_derivatives), RUN(lithium_germanium_phosphate), RUN(rattled_on_the_mesh),
      RUN(lithium_metal))
