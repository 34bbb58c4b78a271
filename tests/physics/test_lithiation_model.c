/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Models with reduced Ge and Ti (docs/models.md): lengths by rung, nothing collapses, convex on-site energies, and the one
 *  known swelling within reach: LiTi2(PO4)3 to Li3Ti2(PO4)3. */
#include "harness.h"

#include "ff/redox.h"
#include "math/units.h"
#include "relax/relax.h"

static const char *const models[] = {"lagp-lithiation-small", "lagp-lithiation", "lagp-lithiation-large"};
enum { N_MODELS = 3, N_RUNGS = 5 };
static const char *const rungs[N_RUNGS] = {"Ge", "Ge3", "Ge2", "Ge1", "Ge0"};

/** Relax atoms and cell; the system keeps its result. */
static il_status settle(const char *name, il_system *sys, double force, ili_relax_result *result) {
    il_model *model = NULL;
    il_ff *ff = NULL;
    il_ff_options o;
    ili_relax_options r = ili_relax_defaults();
    il_status status = IL_OK;
    il_ff_options_default(&o);
    o.coulomb = 0;
    r.mode = ILI_RELAX_BOTH;
    r.force_tolerance = force;
    r.stress_tolerance = 1e-6;
    IL_GO(il_model_read(ctx, name, &model));
    IL_GO(il_ff_create(ctx, model, sys, &o, &ff));
    IL_GO(ili_relax_system(ctx, ff, sys, &r, result));
out:
    il_ff_destroy(&ff);
    il_model_destroy(&model);
    return status;
}

/** Eight atoms of a rock salt. */
static il_status rock_salt(const char *cation, double a, il_system **out) {
    static const double fcc[4][3] = {{0, 0, 0}, {0.5, 0.5, 0}, {0.5, 0, 0.5}, {0, 0.5, 0.5}};
    int32_t type;
    IL_TRY(ili_system_create(ctx, out));
    IL_TRY(ili_cell_from_parameters(ctx, (const double[]){a, a, a}, (const double[]){90, 90, 90},
                                    &(*out)->cell));
    for (int k = 0; k < 8; k++) {
        const double *s = fcc[k % 4];
        IL_TRY(ili_system_species(ctx, *out, k < 4 ? cation : "O", k < 4 ? 32 : 8, &type));
        IL_TRY(
            ili_system_add(ctx, *out, type, (double[]){a * (s[0] + (k < 4 ? 0 : 0.5)), a * s[1], a * s[2]}));
    }
    return IL_OK;
}

/* r0 of Ge2-O is what gives Shannon's length in six-fold coordination; four digits of r0 move it by 4e-5 A. */
TEST(lengths_of_divalent_germanium) {
    static const double want[N_MODELS] = {2.03, 2.13, 2.23};
    for (int k = 0; k < N_MODELS; k++) {
        il_system *sys = NULL;
        ili_relax_result r;
        REQUIRE_OK(rock_salt("Ge2", 2 * want[k] + 0.1, &sys));
        REQUIRE_OK(settle(models[k], sys, 1e-5, &r));
        CHECK(r.converged);
        CHECK_NEAR(0.5 * sys->cell.h[0][0], want[k], 2e-4);
        il_system_destroy(&sys);
    }
}

/** Slope of the whole interaction of two bare ions, eV/angstrom. */
static double slope(const il_model *m, int32_t a, int32_t b, double r) {
    const ili_model_entry *e[4];
    int n = ili_model_pair_entries(m, a, b, e, 4);
    double sum = -ILI_COULOMB * m->species[a].base.charge * m->species[b].base.charge / (r * r), d;
    for (int k = 0; k < n; k++) {
        e[k]->form->value(e[k]->p, r, &d);
        sum += d;
    }
    return sum;
}

/* Cations repel every rung of Ge from 0.3 A to the sum of radii; oxygen has one minimum, beyond 1.3 A, and a wall inside
 * of it. The bare pair, worse than a crystal. */
TEST(nothing_falls_onto_reduced_germanium) {
    static const char *const cations[] = {"Li", "Al", "P", "Ge", "Ge3", "Ge2", "Ge1", "Ge0"};
    for (int k = 0; k < N_MODELS; k++) {
        il_model *m = NULL;
        REQUIRE_OK(il_model_read(ctx, models[k], &m));
        int32_t o = ili_model_species_index(m, "O");
        for (int g = 0; g < N_RUNGS; g++) {
            int32_t ge = ili_model_species_index(m, rungs[g]);
            CHECK_NEAR(m->species[ge].base.charge, 2.4 - 0.6 * g, 1e-12);
            for (size_t c = 0; c < sizeof cations / sizeof *cations; c++)
                for (double r = 0.3; r < 2.0; r += 0.05)
                    CHECK(slope(m, ge, ili_model_species_index(m, cations[c]), r) < 0.0);
            int turns = 0;
            double turn = 0.0;
            for (double r = 0.5; r < 3.0; r += 0.01)
                if ((slope(m, ge, o, r) < 0.0) != (slope(m, ge, o, r + 0.01) < 0.0)) {
                    turns++;
                    turn = r;
                }
            CHECK(slope(m, ge, o, 0.5) < 0.0 && turns == 1 && turn > 1.3);
        }
        il_model_destroy(&m);
    }
}

/* Charge equilibration needs it. */
TEST(on_site_energies_are_convex) {
    for (int k = 0; k < N_MODELS; k++) {
        il_model *m = NULL;
        double u[N_RUNGS];
        REQUIRE_OK(il_model_read(ctx, models[k], &m));
        for (int g = 0; g < N_RUNGS; g++) u[g] = m->species[ili_model_species_index(m, rungs[g])].onsite;
        CHECK(u[0] == 0.0);
        for (int g = 1; g + 1 < N_RUNGS; g++) CHECK(u[g + 1] - 2 * u[g] + u[g - 1] > 1.0);
        il_model_destroy(&m);
    }
}

/* Electrons may be spread: the same forms, cut-offs and ends on every rung. Half an electron has the mean wall and length. */
TEST(shipped_ladders_can_be_blended) {
    static const char *const names[] = {"lagp-lithiation-small", "lagp-lithiation", "lagp-lithiation-large",
                                        "ltp-lithiation"};
    for (int k = 0; k < 4; k++) {
        il_model *m = NULL, *b = NULL;
        ili_ladder ladder[2];
        const ili_model_entry *low, *high, *mean;
        REQUIRE_OK(il_model_read(ctx, names[k], &m));
        CHECK(ili_ladders(m, ladder, 2) == 1 && ladder[0].n == (k < 3 ? N_RUNGS : 2));
        CHECK_NEAR(ili_electron_charge(&ladder[0], m), -0.6, 1e-12);
        REQUIRE_OK(ili_model_blend(ctx, m, &ladder[0], 1, (const double[]){ladder[0].n - 1.5}, &b));
        const int32_t *s = ladder[0].species + ladder[0].n - 2, o = ili_model_species_index(m, "O");
        CHECK(ili_model_pair_entries(m, s[0], o, &low, 1) == 1 &&
              ili_model_pair_entries(m, s[1], o, &high, 1) == 1);
        CHECK(ili_model_pair_entries(b, b->n_species - 1, o, &mean, 1) == 1);
        for (int i = 0; i < 4; i++) CHECK_NEAR(mean->p[i], 0.5 * (low->p[i] + high->p[i]), 1e-12);
        il_model_destroy(&b);
        il_model_destroy(&m);
    }
}

/* a shrinks, c and the volume grow, as in all rhombohedral Li3M2(PO4)3; the numbers are this model's own, recorded in
 * docs/results/lithiation.md. The mean voltage is what Ti3 was calibrated to; its on-site energy has three decimals, force
 * tolerances leave less. */
TEST(titanium_phosphate_takes_up_lithium) {
    il_system *poor = NULL, *rich = NULL;
    ili_relax_result r[2];
    double a[3], b[3], angles[3];
    REQUIRE_OK(il_system_read(ctx, "structures/LTP.cif", &poor));
    REQUIRE_OK(il_system_read(ctx, "tests/ref/lithiation/Li3Ti2P3O12.extxyz", &rich));
    for (int k = 0; k < 9; k++) rich->cell.h[k / 3][k % 3] *= 1.01;
    for (int32_t i = 0; i < 3 * rich->n_atoms; i++) rich->x[i / 3][i % 3] *= 1.01;
    REQUIRE_OK(settle("ltp-lithiation", poor, 1e-3, &r[0]));
    REQUIRE_OK(settle("ltp-lithiation", rich, 1e-3, &r[1]));
    CHECK(r[0].converged && r[1].converged);
    ili_cell_parameters(&poor->cell, a, angles);
    ili_cell_parameters(&rich->cell, b, angles);
    CHECK_NEAR(b[0] / a[0] - 1.0, -0.0255, 5e-4);
    CHECK_NEAR(b[2] / a[2] - 1.0, 0.0943, 5e-4);
    CHECK_NEAR(ili_cell_volume(&rich->cell) / ili_cell_volume(&poor->cell) - 1.0, 0.0392, 5e-4);
    CHECK_NEAR(-(r[1].energy - r[0].energy) / 12.0 - 1.6480, 2.48, 2e-3);
    il_system_destroy(&poor);
    il_system_destroy(&rich);
}

TESTS(RUN(lengths_of_divalent_germanium), RUN(nothing_falls_onto_reduced_germanium),
      RUN(on_site_energies_are_convex), RUN(shipped_ladders_can_be_blended),
      RUN(titanium_phosphate_takes_up_lithium))
