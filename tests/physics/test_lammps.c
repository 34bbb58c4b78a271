/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Energies, forces and virials equal to those of LAMMPS. The files of tests/ref/lammps carry the structure, the forces
 *  (a column), energy and virial (the header); beside each, CASE.json has version, date, input and constants.
 *  `make check-peers` makes them anew.
 *
 *  Where 1e-6 would be lost if the input did not say so: LAMMPS's Coulomb constant (3e-8) and pressure factor (8e-8) are
 *  set right; its polynomial for erfc (1e-7) is replaced by a fine table. What is left, 1e-7 of the largest force, is
 *  the interpolation in that table. */
#include "harness.h"

#include "ff/ff.h"
#include "io/extxyz.h"

static const double TOLERANCE = 1e-6;
static const char *const VIRIAL[6] = {"virial_xx_eV", "virial_yy_eV", "virial_zz_eV",
                                      "virial_yz_eV", "virial_xz_eV", "virial_xy_eV"};

/* Largest difference by the largest value of b. */
static double deviation(const double *a, const double *b, int32_t n) {
    double difference = 0, largest = 0;
    for (int32_t i = 0; i < n; i++) {
        if (!isfinite(a[i])) return INFINITY;
        difference = fmax(difference, fabs(a[i] - b[i]));
        largest = fmax(largest, fabs(b[i]));
    }
    return difference / largest;
}

static void check_result(const char *what, const il_system *sys, const ili_ff_result *r, const double w[6]) {
    double d[3] = {deviation(&r->energy, &sys->energy, 1), deviation(r->f[0], sys->f[0], 3 * sys->n_atoms),
                   deviation(r->w, w, 6)};
    for (int k = 0; k < 3; k++) {
        CHECK(d[k] <= TOLERANCE);
        if (!(d[k] <= TOLERANCE))
            fprintf(stderr, "%s: energy %.1e, forces %.1e, virial %.1e off\n", what, d[0], d[1], d[2]);
    }
}

static void compare(const char *path, const char *model_name, bool has_charges, int32_t n_atoms) {
    il_system *sys = NULL;
    il_model *model = NULL;
    il_ff *ff = NULL;
    ili_ff_result r = {0};
    double w[6];
    REQUIRE_OK(il_system_read(ctx, path, &sys));
    REQUIRE_OK(il_model_read(ctx, model_name, &model));
    CHECK(sys->n_atoms == n_atoms && sys->has_energy && sys->f);
    for (int k = 0; k < 6; k++) REQUIRE_OK(ili_extxyz_read_info(ctx, path, 0, VIRIAL[k], &w[k]));
    il_ff_options o;
    il_ff_options_default(&o);
    if (has_charges)
        o = (il_ff_options){
            .short_cutoff = 12, .coulomb_cutoff = 12, .accuracy = 1e-9, .coulomb = 1, .skin = o.skin};
    REQUIRE_OK(il_ff_create(ctx, model, sys, &o, &ff));
    r.f = calloc((size_t)n_atoms, sizeof *r.f);
    REQUIRE_OK(ili_ff_evaluate_terms(ctx, ff, &sys->cell, (const double(*)[3])sys->x, &r));
    check_result("analytic functions", sys, &r, w);
    REQUIRE_OK(ili_ff_evaluate(ctx, ff, &sys->cell, (const double(*)[3])sys->x, &r));
    check_result("tabulated functions", sys, &r, w);
    free(r.f);
    il_ff_destroy(&ff);
    il_model_destroy(&model);
    il_system_destroy(&sys);
}

TEST(rattled_lithium_germanium_phosphate) {
    compare("tests/ref/lammps/lgp.extxyz", "pmmcs", true, 108);
}

TEST(realisation_of_lagp) {
    compare("tests/ref/lammps/lagp.extxyz", "pmmcs", true, 111);
}

TEST(lithium_with_a_vacancy) {
    compare("tests/ref/lammps/li-vacancy.extxyz", "li", false, 249);
}

TEST(melt_of_ten_chains) {
    compare("tests/ref/lammps/pdol-melt.extxyz", "pdol", true, 420);
}

TEST(litfsi_in_chains) {
    compare("tests/ref/lammps/pdol-litfsi.extxyz", "pdol-salt", true, 366);
}

TEST(lipf6_in_chains) {
    compare("tests/ref/lammps/pdol-lipf6.extxyz", "pdol-salt", true, 350);
}

TEST(polar_slab_with_vacuum) {
    compare("tests/ref/lammps/lagp-slab.extxyz", "pmmcs", true, 111);
}

TESTS(RUN(rattled_lithium_germanium_phosphate), RUN(realisation_of_lagp), RUN(lithium_with_a_vacancy),
      RUN(melt_of_ten_chains), RUN(litfsi_in_chains), RUN(lipf6_in_chains), RUN(polar_slab_with_vacuum))
