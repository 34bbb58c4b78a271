/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Numbers to meet, through the complete engine: lithium metal, LiGe2(PO4)3, slabs without regard to their vacuum, and
 *  crystals on themselves, whose interface costs nothing. Relaxed crystals: test_relaxed.c. */
#include "law_cases.h"

#include "base/alloc.h"
#include "math/units.h"
#include "relax/relax.h"

/** Energy of a system by a plan of its own; settings 0: those of the model. w may be NULL. */
static double model_energy(const char *name, const il_system *sys, double short_cutoff, double accuracy,
                           ili_kspace_method coulomb, ili_ff_result *terms) {
    il_model *model = NULL;
    il_ff *ff = NULL;
    il_ff_options o;
    ili_ff_result r = {0};
    il_ff_options_default(&o);
    il_set_data_dir(ctx, ".");
    o.coulomb = coulomb;
    if (short_cutoff > 0.0) o.short_cutoff = short_cutoff;
    if (accuracy > 0.0) o.accuracy = accuracy;
    CHECK_OK(il_model_read(ctx, name, &model));
    CHECK_OK(il_ff_create(ctx, model, sys, &o, &ff));
    CHECK_OK(ili_ff_evaluate_terms(ctx, ff, &sys->cell, (const double(*)[3])sys->x, &r));
    il_ff_destroy(&ff);
    il_model_destroy(&model);
    if (terms) *terms = r;
    return r.energy;
}

static void relax_atoms(const char *name, il_system *sys) {
    il_model *model = NULL;
    il_ff *ff = NULL;
    ili_relax_options o = ili_relax_defaults();
    ili_relax_result r;
    il_set_data_dir(ctx, ".");
    CHECK_OK(il_model_read(ctx, name, &model));
    CHECK_OK(il_ff_create(ctx, model, sys, NULL, &ff));
    CHECK_OK(ili_relax_system(ctx, ff, sys, &o, &r));
    CHECK(r.converged);
    il_ff_destroy(&ff);
    il_model_destroy(&model);
}

/* ---- lithium metal ---------------------------------------------------------------------------------------- */

/** Stress (GPa) of bcc lithium strained by e. */
static void lithium_stress(const double e[3][3], double stress[6]) {
    il_system *sys = read_structure("structures/Li.cif");
    ili_ff_result r;
    strain(sys, e);
    model_energy("li", sys, 0, 0, 0, &r);
    for (int k = 0; k < 6; k++) stress[k] = -r.w[k] / ili_cell_volume(&sys->cell) * ILI_GPA;
    il_system_destroy(&sys);
}

TEST(lithium_metal) {
    il_system *sys = read_structure("structures/Li.cif");
    double l[3], angles[3], up[6], down[6];
    ili_cell_parameters(&sys->cell, l, angles);
    CHECK_NEAR(l[0], 3.51, 1e-9);
    CHECK_NEAR(model_energy("li", sys, 0, 0, 0, NULL) / sys->n_atoms, -1.6480003, 5e-8);
    il_system_destroy(&sys);
    const double h = 1e-4; /* the two digits given came from finite strains, hence 0.01 */
    lithium_stress((const double[3][3]){{h, 0, 0}}, up);
    lithium_stress((const double[3][3]){{-h, 0, 0}}, down);
    CHECK_NEAR((up[0] - down[0]) / (2 * h), 14.73, 0.01);
    CHECK_NEAR((up[1] - down[1]) / (2 * h), 12.49, 0.01);
    lithium_stress((const double[3][3]){{0, h, 0}, {h, 0, 0}}, up);
    lithium_stress((const double[3][3]){{0, -h, 0}, {-h, 0, 0}}, down);
    CHECK_NEAR((up[5] - down[5]) / (4 * h), 10.73, 0.01);
}

/** (100) from the slab builder, 15 cells thick, before and after relaxation. */
TEST(lithium_surface_energy) {
    il_system *bulk = read_structure("structures/Li.cif"), *slab = NULL;
    ili_slab_options o;
    ili_slab_options_default(&o);
    o.miller[0] = 1, o.miller[2] = 0;
    o.min_thickness = 50.0;
    REQUIRE_OK(ili_slab_build(ctx, bulk, &o, &slab, NULL, NULL));
    double mu = model_energy("li", bulk, 0, 0, 0, NULL) / bulk->n_atoms;
    double per_area = ILI_J_PER_M2 / (2.0 * ili_cell_area(&slab->cell));
    CHECK_NEAR((model_energy("li", slab, 0, 0, 0, NULL) - slab->n_atoms * mu) * per_area, 0.372, 5e-4);
    relax_atoms("li", slab);
    CHECK_NEAR((model_energy("li", slab, 0, 0, 0, NULL) - slab->n_atoms * mu) * per_area, 0.368, 5e-4);
    il_system_destroy(&bulk);
    il_system_destroy(&slab);
}

/* ---- LiGe2(PO4)3 ------------------------------------------------------------------------------------------ */

TEST(lithium_germanium_phosphate) {
    il_system *sys = read_structure("structures/LGP.cif");
    for (ili_kspace_method way = ILI_KSPACE_EWALD; way <= ILI_KSPACE_MESH; way++) {
        ili_ff_result r;
        double energy = model_energy("pmmcs", sys, 15.0, 1e-8, way, &r), coulomb = 0.0;
        for (int k = 0; k < r.n_terms; k++)
            if (strncmp(r.terms[k].name, "coulomb", 7) == 0) coulomb += r.terms[k].energy;
        CHECK(sys->n_atoms == 108);
        CHECK_NEAR(coulomb / 6, -372.66740, 1e-5);
        CHECK_NEAR(energy / 6, -348.87558, 1e-5);
    }
    il_system_destroy(&sys);
}

/** Whatever the third vector, and wherever along the normal the slab lies: 1e-6 eV an atom, for each way to sum, of a
 *  slab with a dipole too. */
TEST(slabs_ignore_the_vacuum) {
    static il_system *(*const make[])(void) = {make_oxide_slab, make_polymer_on_oxide, make_metal_on_oxide};
    static const char *const models[] = {"pmmcs", "lagp-pdol", "li-lagp"};
    static const double third[][3] = {{0, 0, 25}, {0, 0, 90}, {0, 0, 7}, {6, -4, 40}, {0, 0, 300}};
    for (int m = 0; m < 3; m++)
        for (ili_kspace_method way = ILI_KSPACE_EWALD; way <= ILI_KSPACE_MESH; way++) {
            il_system *sys = make[m]();
            double first = model_energy(models[m], sys, 0, 0, way, NULL) / sys->n_atoms;
            for (size_t k = 0; k < sizeof third / sizeof *third; k++) {
                memcpy(sys->cell.h[2], third[k], sizeof third[k]);
                for (int32_t i = 0; i < sys->n_atoms; i++) sys->x[i][2] += 13.7;
                CHECK_NEAR(model_energy(models[m], sys, 0, 0, way, NULL) / sys->n_atoms, first, 1e-6);
            }
            il_system_destroy(&sys);
        }
}

/** The slab sum is the limit of crystals of slabs far apart, after their dipole energy 2 pi C M^2/V is taken out. */
TEST(slab_is_the_limit_of_wide_gaps) {
    il_system *sys = make_oxide_slab();
    double slab = model_energy("pmmcs", sys, 0, 1e-8, ILI_KSPACE_EWALD, NULL), dipole = 0.0;
    il_model *model = NULL;
    REQUIRE_OK(il_model_read(ctx, "pmmcs", &model));
    for (int32_t i = 0; i < sys->n_atoms; i++)
        dipole += sys->x[i][2] *
                  model->species[ili_model_species_index(model, sys->species[sys->type[i]].name)].base.charge;
    il_model_destroy(&model);
    sys->cell.pbc[2] = true;
    memcpy(sys->cell.h[2], (const double[3]){0, 0, 70}, sizeof sys->cell.h[2]);
    double crystal = model_energy("pmmcs", sys, 0, 1e-8, ILI_KSPACE_EWALD, NULL);
    double correction = 2.0 * ILI_PI * ILI_COULOMB * dipole * dipole / ili_cell_volume(&sys->cell);
    CHECK(correction > 1e-3); /* the slab has a dipole, so that the correction is tested */
    CHECK_NEAR(crystal + correction, slab, 1e-6 * sys->n_atoms);
    il_system_destroy(&sys);
}

/* ---- a crystal on itself ---------------------------------------------------------------------------------- */

typedef struct half {
    const char *file, *model;
    int miller[3], layers;
    double least; /**< J/m2 that a wrong registry costs at least */
} half;

static const half HALVES[] = {
    {"structures/LGP.cif", "pmmcs", {0, 1, 2}, 1, 0.1},
    {"structures/LGP.cif", "pmmcs", {0, 0, 1}, 1, 0.1},
    {"structures/Li2O.cif", "pmmcs", {1, 1, 1}, 3, 0.1},
    {"structures/Li.cif", "li", {1, 1, 0}, 4, 0.01},
};

/** B on A, displaced in the plane by s (fractions of a and b) beyond the place where the crystal goes on. */
static il_system *stack(const il_system *slab, const double step[3], bool is_crystal, double s0, double s1) {
    il_system *pair = copy_of(slab), *upper = copy_of(slab);
    for (int32_t i = 0; i < upper->n_atoms; i++)
        for (int k = 0; k < 3; k++)
            upper->x[i][k] += step[k] + s0 * slab->cell.h[0][k] + s1 * slab->cell.h[1][k];
    CHECK_OK(ili_system_append(ctx, pair, upper, -1));
    for (int k = 0; k < 3 && is_crystal; k++) pair->cell.h[2][k] = 2.0 * step[k];
    pair->cell.pbc[2] = is_crystal;
    il_system_destroy(&upper);
    return pair;
}

static double stack_energy(const half *h, const il_system *slab, const double step[3], bool is_crystal,
                           double s0, double s1) {
    il_system *pair = stack(slab, step, is_crystal, s0, s1);
    double energy = model_energy(h->model, pair, 0, 1e-7, ILI_KSPACE_EWALD, NULL);
    il_system_destroy(&pair);
    return energy;
}

/** gamma = (E_AB - N mu)/(2 A) of two slabs in a cell without vacuum is 0 where they continue each other and after
 *  lattice vectors, and not elsewhere; in a vacuum both slabs together are the slab twice as thick. */
TEST(crystal_on_itself) {
    for (size_t k = 0; k < sizeof HALVES / sizeof *HALVES; k++) {
        const half *h = &HALVES[k];
        il_system *bulk = read_structure(h->file), *slab = NULL, *twice = NULL;
        ili_slab_options o;
        ili_termination chosen;
        ili_slab_options_default(&o);
        memcpy(o.miller, h->miller, sizeof o.miller);
        o.min_thickness = 0.0;
        o.layers = h->layers;
        REQUIRE_OK(ili_slab_build(ctx, bulk, &o, &slab, &chosen, NULL));
        double mu = model_energy(h->model, bulk, 0, 1e-7, ILI_KSPACE_EWALD, NULL) / bulk->n_atoms;
        double per_area = ILI_J_PER_M2 / (2.0 * ili_cell_area(&slab->cell)), all = 2 * slab->n_atoms * mu;
        CHECK_NEAR((stack_energy(h, slab, chosen.stack, true, 0, 0) - all) * per_area, 0.0, 1e-4);
        CHECK_NEAR((stack_energy(h, slab, chosen.stack, true, 1, -2) - all) * per_area, 0.0, 1e-4);
        CHECK((stack_energy(h, slab, chosen.stack, true, 0.31, 0.17) - all) * per_area > h->least);
        double apart[3] = {chosen.stack[0], chosen.stack[1], chosen.stack[2] + 0.3};
        CHECK((stack_energy(h, slab, apart, true, 0, 0) - all) * per_area > h->least);
        o.layers = 2 * h->layers;
        o.termination = -1;
        REQUIRE_OK(ili_slab_build(ctx, bulk, &o, &twice, NULL, NULL));
        double thick = model_energy(h->model, twice, 0, 1e-7, ILI_KSPACE_EWALD, NULL);
        CHECK(twice->n_atoms == 2 * slab->n_atoms);
        CHECK_NEAR((stack_energy(h, slab, chosen.stack, false, 0, 0) - thick) * per_area, 0.0, 1e-4);
        CHECK((thick - all) * per_area > 2.0 * h->least); /* surfaces do cost something */
        if (harness_failures) fprintf(stderr, "  ... %s on itself\n", h->file);
        il_system_destroy(&bulk);
        il_system_destroy(&slab);
        il_system_destroy(&twice);
    }
}

TESTS(RUN(lithium_metal), RUN(lithium_surface_energy), RUN(lithium_germanium_phosphate),
      RUN(slabs_ignore_the_vacuum), RUN(slab_is_the_limit_of_wide_gaps), RUN(crystal_on_itself))
