/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Scaled charges of ions. The Coulomb energy is a quadratic form of the charges, so with A the energy of the chains alone, C
 *  that of the ions alone and B what is left of the whole, scaling by s gives A + s B + s^2 C; all other terms stay. */
#include "law_cases.h"

static const law_case SALT = {"salt", "pdol-salt", NULL, make_salt, ILI_KSPACE_EWALD, 1e-11};

typedef struct split {
    double coulomb, other;
} split;

static split energies(subject *s, const il_system *sys, double scale) {
    s->options.charge_scale = scale;
    s->options.coulomb_cutoff = 6.0;
    il_ff *ff = plan(s, sys);
    ili_ff_result r = {0};
    split e = {0, 0};
    CHECK_OK(ili_ff_evaluate_terms(ctx, ff, &sys->cell, (const double(*)[3])sys->x, &r));
    for (int k = 0; k < r.n_terms; k++)
        *(strncmp(r.terms[k].name, "coulomb", 7) == 0 ? &e.coulomb : &e.other) += r.terms[k].energy;
    il_ff_destroy(&ff);
    return e;
}

/** The ions, or the chains, of the whole. */
static il_system *part_of(const il_system *sys, const il_model *model, bool ions) {
    il_system *part = copy_of(sys);
    bool keep[LAW_ATOMS];
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        int32_t s = ili_model_species_index(model, sys->species[sys->type[i]].name);
        keep[i] = s >= 0 && model->species[s].is_ion == ions;
    }
    ili_system_filter(part, keep);
    return part;
}

TEST(scaling_acts_on_ions_alone) {
    subject s;
    subject_open(&SALT, &s);
    il_system *ions = part_of(s.sys, s.model, true), *chains = part_of(s.sys, s.model, false);
    CHECK(ions->n_atoms == 2 * 16 + 8 && ions->n_atoms + chains->n_atoms == s.sys->n_atoms);
    split whole = energies(&s, s.sys, 1.0), a = energies(&s, chains, 1.0), c = energies(&s, ions, 1.0);
    /* each energy by its own splitting into real and reciprocal part, good to the accuracy asked for */
    double b = whole.coulomb - a.coulomb - c.coulomb,
           tolerance = 4.0 * 14.4 * SALT.accuracy * s.sys->n_atoms + 1e-10;
    CHECK(fabs(b) > 0.1 && fabs(c.coulomb) > 1.0); /* there is something to scale */
    for (double scale = 0.5; scale < 1.0; scale += 0.125) {
        split e = energies(&s, s.sys, scale);
        CHECK_NEAR(e.coulomb, a.coulomb + scale * b + scale * scale * c.coulomb, tolerance);
        CHECK_NEAR(e.other, whole.other, 1e-10);
        CHECK_NEAR(energies(&s, ions, scale).coulomb, scale * scale * c.coulomb, tolerance);
        CHECK_NEAR(energies(&s, chains, scale).coulomb, a.coulomb, tolerance);
    }
    il_system_destroy(&ions);
    il_system_destroy(&chains);
    subject_close(&s);
}

/** dE/dt along x + t d is -f.d, with both kernels, at scaled charges. */
TEST(forces_of_scaled_charges) {
    static outcome at;
    static double d[LAW_ATOMS][3];
    static const double h = 1e-3;
    subject s;
    subject_open(&SALT, &s);
    s.options.charge_scale = 0.7;
    ili_rng rng = ili_rng_make(3, 1);
    for (int32_t i = 0; i < s.sys->n_atoms; i++) ili_rng_direction(&rng, d[i]);
    for (int way = FAST; way <= REFERENCE; way++) {
        il_ff *ff = plan(&s, s.sys);
        evaluate(ff, s.sys, way, &at);
        double want = 0.0, energy[2];
        for (int32_t i = 0; i < s.sys->n_atoms; i++) want -= ili_dot(at.f[i], d[i]);
        for (int k = 0; k < 2; k++) {
            il_system *moved = copy_of(s.sys);
            for (int32_t i = 0; i < moved->n_atoms; i++)
                for (int m = 0; m < 3; m++) moved->x[i][m] += (k ? h : -h) * d[i][m];
            energy[k] = energy_of(ff, moved, way);
            il_system_destroy(&moved);
        }
        /* h^2/6 times the third derivative: k of the stiffest bonds over the width 0.1 A of their wells, 100 of them */
        CHECK_NEAR((energy[1] - energy[0]) / (2.0 * h), want, h * h / 6.0 * 55.0 / 0.1 * 100.0);
        CHECK(fabs(want) > 1.0);
        il_ff_destroy(&ff);
    }
    subject_close(&s);
}

TESTS(RUN(scaling_acts_on_ions_alone); RUN(forces_of_scaled_charges))
