/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Energies of a trial summed from scratch, by other means: the analytic pair functions over explicit images, and the
 *  Coulomb plan of the force field at the same splitting. */
#ifndef TRIAL_REFERENCE_H
#define TRIAL_REFERENCE_H

#include "crystals.h"
#include "scratch.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "ff/kspace.h"
#include "ff/pairfn.h"
#include "ff/trial.h"
#include "math/units.h"

#define TRIAL_UNUSED __attribute__((unused)) /* not every test needs all */

/** A model from a file, or from text. */
TRIAL_UNUSED static il_model *trial_model(const char *path, const char *text) {
    il_model *model = NULL;
    scratch_path scratch;
    if (text) {
        scratch_name(scratch, ".yaml");
        scratch_write(scratch, text, strlen(text));
        path = scratch;
    }
    CHECK_OK(il_model_read(ctx, path, &model));
    if (text) unlink(scratch);
    ck_assert_ptr_nonnull(model);
    return model;
}

/** LiGe2(PO4)3 with three Al for Ge and three Li more in its voids: 111 atoms, rattled. */
TRIAL_UNUSED static il_system *trial_lagp(void) {
    static const double voids[3][3] = {
        {0.0, 0.5, 0.0}, {2.0 / 3, 1.0 / 3 + 0.5, 1.0 / 3}, {1.0 / 3, 2.0 / 3 + 0.5, 2.0 / 3}};
    il_system *sys = lgp();
    int32_t al, li, ge, changed = 0;
    CHECK_OK(ili_system_species(ctx, sys, "Al", 13, &al));
    CHECK_OK(ili_system_species(ctx, sys, "Ge", 32, &ge));
    CHECK_OK(ili_system_species(ctx, sys, "Li", 3, &li));
    for (int32_t i = 0; i < sys->n_atoms && changed < 3; i++)
        if (sys->type[i] == ge && i % 3 == 0) {
            sys->type[i] = al;
            changed++;
        }
    for (int k = 0; k < 3; k++) {
        double x[3];
        ili_cell_to_cart(&sys->cell, voids[k], x);
        CHECK_OK(ili_system_add(ctx, sys, li, x));
    }
    ili_rng rng = ili_rng_make(5, 0);
    for (int32_t i = 0; i < sys->n_atoms; i++)
        for (int k = 0; k < 3; k++) sys->x[i][k] += 0.05 * (2.0 * ili_rng_uniform(&rng) - 1.0);
    return sys;
}

/** Ions and a neutral species, with cut-offs on purpose longer than the cells of the tests. */
TRIAL_UNUSED static const char trial_salt[] =
    "name: salt\ntitle: ions and argon\ndate: 2026-01-01\nstatus: published\ncitation: made for tests\n"
    "units: {length: angstrom, energy: eV}\n"
    "defaults: {short_cutoff: 6, coulomb_cutoff: 7, coulomb_accuracy: 1e-12, truncation: shift, taper: 1}\n"
    "coulomb: yes\n"
    "species:\n"
    "  Na: {element: Na, charge: 1, phase: salt, onsite: -3.5}\n"
    "  Cl: {element: Cl, charge: -1, phase: salt, onsite: 2.25}\n"
    "  Ar: {element: Ar, charge: 0, phase: salt}\n"
    "terms:\n"
    "  - form: lj\n"
    "    source: made for tests\n"
    "    pairs:\n"
    "      Na-Na: {epsilon: 0.01, sigma: 2.2}\n"
    "      Na-Cl: {epsilon: 0.01, sigma: 2.4}\n"
    "      Ar-Cl: {epsilon: 0.01, sigma: 2.4}\n"
    "  - form: lj\n"
    "    source: made for tests\n"
    "    cutoff: 8\n"
    "    truncation: taper\n"
    "    pairs:\n"
    "      Cl-Cl: {epsilon: 0.02, sigma: 2.6}\n"
    "  - form: lj\n"
    "    source: made for tests\n"
    "    cutoff: 4\n"
    "    truncation: none\n"
    "    pairs:\n"
    "      Ar-Ar: {epsilon: 0.01, sigma: 2.5}\n"
    "      Ar-Na: {epsilon: 0.01, sigma: 2.3}\n";

/** A cell of so many atoms of the salt at random places, tilted. */
TRIAL_UNUSED static il_system *trial_salt_cell(double a, int n, const char *const *names) {
    il_system *sys = NULL;
    ili_rng rng = ili_rng_make(17, (uint64_t)n);
    CHECK_OK(ili_system_create(ctx, &sys));
    CHECK_OK(ili_cell_from_parameters(ctx, (const double[]){a, 1.1 * a, 1.3 * a},
                                      (const double[]){75, 100, 115}, &sys->cell));
    for (int i = 0; i < n; i++) {
        const double s[3] = {ili_rng_uniform(&rng), ili_rng_uniform(&rng), ili_rng_uniform(&rng)};
        double x[3];
        int32_t type;
        ili_cell_to_cart(&sys->cell, s, x);
        CHECK_OK(ili_system_species(ctx, sys, names[i], 0, &type));
        CHECK_OK(ili_system_add(ctx, sys, type, x));
    }
    return sys;
}

/** One change of this kind, or of any (kind < 0), at random: places up to 2 cells away, species 0 .. n_species - 1. */
TRIAL_UNUSED static ili_change trial_any_change(const ili_trial *trial, int kind, int32_t n_species,
                                                ili_rng *rng) {
    int32_t n = ili_trial_n_atoms(trial);
    ili_change c = {.kind = kind < 0 ? (ili_change_kind)ili_rng_below(rng, 4) : (ili_change_kind)kind};
    double s[3];
    for (int k = 0; k < 3; k++) s[k] = 4.0 * ili_rng_uniform(rng) - 2.0;
    ili_cell_to_cart(ili_trial_cell(trial), s, c.x);
    c.species = (int32_t)ili_rng_below(rng, (uint32_t)n_species);
    c.atom = n > 0 ? (int32_t)ili_rng_below(rng, (uint32_t)n) : 0;
    return c;
}

/** The cell of the trial under a random strain of components up to `by`. */
TRIAL_UNUSED static ili_cell trial_any_cell(const ili_trial *trial, double by, ili_rng *rng) {
    ili_cell cell = *ili_trial_cell(trial);
    double map[3][3];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) map[i][j] = (i == j) + by * (2.0 * ili_rng_uniform(rng) - 1.0);
    ili_mat_mul(cell.h, map, cell.h);
    return cell;
}

typedef struct reference {
    double pairs, reciprocal, self, background, onsite;
} reference;

/** Energy of one pair at r, by the forms. */
static double reference_pair(const il_model *model, const il_ff_options *o, double alpha, int32_t a,
                             int32_t b, double r) {
    double energy = 0.0, slope;
    for (int32_t k = 0; k < model->n_entries; k++) {
        const ili_model_entry *e = &model->entries[k];
        bool here = (e->species[0] == a && e->species[1] == b) || (e->species[0] == b && e->species[1] == a);
        if (e->form->kind == ILI_PAIR && here) energy += ili_entry_energy(e, o->short_cutoff, r, &slope);
    }
    double qq = model->has_coulomb ? model->species[a].base.charge * model->species[b].base.charge : 0.0;
    if (qq != 0.0 && r < o->coulomb_cutoff) energy += ILI_COULOMB * qq * erfc(alpha * r) / r;
    return energy;
}

/** All of it for the configuration that the trial now has. */
TRIAL_UNUSED static reference reference_of(const il_model *model, const il_ff_options *options,
                                           const ili_trial *trial) {
    reference r = {0};
    il_ff_options o;
    CHECK_OK(ili_ff_settle(ctx, model, options, &o));
    const ili_cell *cell = ili_trial_cell(trial);
    const int32_t *species = ili_trial_species(trial);
    int32_t n = ili_trial_n_atoms(trial);
    double alpha = ili_trial_get_info(trial).alpha, width[3], t[3], reach = 0.0,
           *q = calloc((size_t)n + 1, sizeof *q);
    double(*f)[3] = calloc((size_t)n + 1, sizeof *f);
    double(*x)[3] = calloc((size_t)n + 1, sizeof *x);
    int images[3];
    for (int32_t i = 0; i < n; i++) {
        memcpy(x[i], ili_trial_x(trial)[i], sizeof x[i]);
        ili_cell_wrap(cell, x[i]);
    }
    for (int32_t k = 0; k < model->n_entries; k++)
        reach = fmax(reach, ili_entry_cutoff(&model->entries[k], o.short_cutoff));
    if (model->has_coulomb) reach = fmax(reach, o.coulomb_cutoff);
    ili_cell_widths(cell, width);
    for (int k = 0; k < 3; k++) images[k] = (int)(reach / width[k]) + 1;
    for (int a = -images[0]; a <= images[0]; a++)
        for (int b = -images[1]; b <= images[1]; b++)
            for (int c = -images[2]; c <= images[2]; c++) {
                ili_vec_mat((double[3]){a, b, c}, cell->h, t);
                for (int32_t i = 0; i < n; i++)
                    for (int32_t j = 0; j <= i; j++) {
                        double d[3];
                        if (i == j && !a && !b && !c) continue;
                        for (int k = 0; k < 3; k++) d[k] = x[j][k] - x[i][k] + t[k];
                        if (ili_dot(d, d) >= reach * reach) continue;
                        double e = reference_pair(model, &o, alpha, species[i], species[j], ili_norm(d));
                        r.pairs += i == j ? 0.5 * e : e;
                    }
            }
    for (int32_t i = 0; i < n; i++) {
        q[i] = model->species[species[i]].base.charge;
        r.onsite += model->species[species[i]].onsite;
    }
    if (alpha > 0.0 && n > 0) {
        ili_kspace *kspace = NULL;
        ili_kspace_energy e;
        ili_accum acc = {.f = f};
        const ili_kspace_plan plan = {
            .method = ILI_KSPACE_EWALD, .cutoff = o.coulomb_cutoff, .accuracy = o.accuracy, .alpha = alpha};
        CHECK_OK(ili_kspace_create(ctx, &plan, n, q, cell, (const double(*)[3])x, &kspace));
        CHECK_OK(ili_kspace_compute(ctx, kspace, cell, (const double(*)[3])x, &e, &acc));
        ili_kspace_destroy(&kspace);
        r.reciprocal = e.reciprocal;
        r.self = e.self;
        r.background = e.background;
    }
    free(q);
    free(x);
    free(f);
    return r;
}

TRIAL_UNUSED static double reference_energy(const il_model *model, const il_ff_options *options,
                                            const ili_trial *trial) {
    reference r = reference_of(model, options, trial);
    return r.pairs + r.reciprocal + r.self + r.background + r.onsite;
}

#endif
