/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Small systems for the laws that every force field obeys: one row of LAW_CASES a pair of model and system. All are
 *  rattled, strained or grown at random, so that nothing vanishes by symmetry. */
#ifndef LAW_CASES_H
#define LAW_CASES_H

#include "harness.h"

#include "base/rng.h"
#include "build/salt.h"
#include "build/slab.h"
#include "ff/ff.h"
#include "io/structure.h"
#include "math/vec.h"

#include <unistd.h>

enum { LAW_ATOMS = 400 };
#define LAW_UNUSED __attribute__((unused)) /* not every test needs all */

typedef struct law_case {
    const char *name;
    const char *model; /**< name of a shipped model; NULL: text */
    const char *text;  /**< body of a model file made for the case */
    il_system *(*make)(void);
    ili_kspace_method coulomb;
    double accuracy; /**< of the Coulomb sum; 0: no charges */
} law_case;

/* ---- parts ------------------------------------------------------------------------------------------------ */

static void rattle(il_system *sys, double by, uint64_t seed) {
    ili_rng rng = ili_rng_make(seed, 0);
    for (int32_t i = 0; i < sys->n_atoms; i++)
        for (int k = 0; k < 3; k++) sys->x[i][k] += by * (2.0 * ili_rng_uniform(&rng) - 1.0);
}

/** x' = x (1 + e): a shape without any symmetry. */
static void strain(il_system *sys, const double e[3][3]) {
    double map[3][3];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) map[i][j] = (i == j) + e[i][j];
    ili_mat_mul(sys->cell.h, map, sys->cell.h);
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        double x[3] = {sys->x[i][0], sys->x[i][1], sys->x[i][2]};
        ili_vec_mat(x, map, sys->x[i]);
    }
}

static il_system *read_structure(const char *path) {
    il_system *sys = NULL;
    CHECK_OK(il_system_read(ctx, path, &sys));
    ck_assert_ptr_nonnull(sys);
    return sys;
}

/** Slab of a structure file at its best termination, rattled by 0.05 angstrom. */
static il_system *slab_of(const char *path, const int miller[3], double thickness, const int repeat[2]) {
    il_system *bulk = read_structure(path), *slab = NULL;
    ili_slab_options o;
    ili_slab_options_default(&o);
    memcpy(o.miller, miller, sizeof o.miller);
    memcpy(o.repeat, repeat, sizeof o.repeat);
    o.min_thickness = thickness;
    CHECK_OK(ili_slab_build(ctx, bulk, &o, &slab, NULL, NULL));
    ck_assert_ptr_nonnull(slab);
    il_system_destroy(&bulk);
    rattle(slab, 0.05, 11);
    return slab;
}

static double top_of(const il_system *sys) {
    double top = -INFINITY;
    for (int32_t i = 0; i < sys->n_atoms; i++) top = fmax(top, sys->x[i][2]);
    return top;
}

static void add_atom(il_system *sys, const char *name, int z, const double x[3]) {
    int32_t type = 0;
    CHECK_OK(ili_system_species(ctx, sys, name, z, &type));
    CHECK_OK(ili_system_add(ctx, sys, type, x));
}

/** Chains of poly(1,3-dioxolane) in a cell, or in the gap from z_low to z_high above obstacles. */
static il_system *grow(const ili_cell *cell, const il_system *obstacles, int chains, int degree, double z_low,
                       double z_high) {
    ili_polymer_unit *unit = NULL;
    ili_polymer_options o;
    il_system *sys = NULL;
    CHECK_OK(ili_polymer_unit_read(ctx, "structures/dol.yaml", &unit));
    ili_polymer_options_default(&o);
    o.n_chains = chains;
    o.degree = degree;
    o.z_low = z_low;
    o.z_high = z_high;
    CHECK_OK(ili_polymer_grow(ctx, unit, &o, cell, obstacles, &sys, NULL));
    ck_assert_ptr_nonnull(sys);
    ili_polymer_unit_destroy(&unit);
    return sys;
}

/** The most open point between two heights: where an extra ion goes. */
static void widest_hole(const il_system *sys, double low, double high, double hole[3]) {
    double best = 0.0;
    for (int step = 0; step < 12 * 12 * 12; step++) {
        double s[3] = {(step % 12) / 12.0, (step / 12 % 12) / 12.0, 0.0}, x[3], nearest = INFINITY;
        ili_cell_to_cart(&sys->cell, s, x);
        x[2] = low + (high - low) * (step / 144) / 11.0;
        for (int32_t i = 0; i < sys->n_atoms; i++) {
            double d[3];
            ili_sub(sys->x[i], x, d);
            nearest = fmin(nearest, ili_cell_nearest(&sys->cell, d));
        }
        if (nearest <= best) continue;
        best = nearest;
        memcpy(hole, x, 3 * sizeof *x);
    }
}

/* ---- systems ---------------------------------------------------------------------------------------------- */

static const double SHEAR[3][3] = {{0.01, 0.02, -0.015}, {0.0, -0.01, 0.03}, {0.01, 0.0, 0.015}};
static const double IN_PLANE[3][3] = {{0.02, 0.015, 0.0}, {-0.01, -0.01, 0.0}, {0.0, 0.0, 0.0}};
static const int PLANE_012[3] = {0, 1, 2}, PLANE_001[3] = {0, 0, 1}, ONCE[2] = {1, 1};

static il_system *make_oxide(void) {
    il_system *sys = read_structure("structures/LGP.cif");
    rattle(sys, 0.1, 7);
    strain(sys, SHEAR);
    return sys;
}

/** A LiGe2(PO4)3 slab with one Ge replaced by Al and a lithium ion. */
static il_system *make_oxide_slab(void) {
    il_system *sys = slab_of("structures/LGP.cif", PLANE_012, 4.0, ONCE);
    int32_t al = 0;
    double hole[3], top = top_of(sys);
    CHECK_OK(ili_system_species(ctx, sys, "Al", 13, &al));
    for (int32_t i = 0; i < sys->n_atoms; i++)
        if (strcmp(sys->species[sys->type[i]].name, "Ge") == 0) {
            sys->type[i] = al;
            break;
        }
    widest_hole(sys, top - 5.0, top, hole);
    add_atom(sys, "Li", 3, hole);
    strain(sys, IN_PLANE);
    return sys;
}

static il_system *make_metal(void) {
    il_system *cell = read_structure("structures/Li.cif"), *sys = NULL;
    CHECK_OK(ili_system_repeat(ctx, cell, (const int[]){3, 3, 3}, &sys));
    il_system_destroy(&cell);
    bool keep[LAW_ATOMS];
    for (int32_t i = 0; i < sys->n_atoms; i++) keep[i] = i != 17;
    ili_system_filter(sys, keep);
    rattle(sys, 0.15, 3);
    strain(sys, SHEAR);
    return sys;
}

static il_system *make_polymer(void) {
    const ili_cell cell = {.h = {{10.5, 0, 0}, {-2.0, 10.0, 0}, {1.5, 1.0, 10.0}}, .pbc = {true, true, true}};
    il_system *sys = grow(&cell, NULL, 3, 2, NAN, NAN);
    rattle(sys, 0.03, 4);
    return sys;
}

/** Ions of a salt among those that are there already, which they replace. */
static void add_ions(const char *name, int n, const ili_cell *cell, il_system **ions) {
    ili_polymer_options o;
    ili_salt *salt = NULL;
    il_system *more = NULL;
    ili_polymer_options_default(&o);
    CHECK_OK(ili_salt_read(ctx, name, &salt));
    CHECK_OK(ili_salt_place(ctx, salt, n, &o, cell, *ions, &more));
    if (*ions) CHECK_OK(ili_system_append(ctx, more, *ions, -1));
    il_system_destroy(ions);
    ili_salt_destroy(&salt);
    *ions = more;
}

/** Both salts among chains: the ions stand first. */
static il_system *make_salt(void) {
    const ili_cell cell = {.h = {{12.5, 0, 0}, {-2.0, 12.0, 0}, {1.5, 1.0, 12.0}}, .pbc = {true, true, true}};
    il_system *ions = NULL;
    add_ions("LiTFSI", 2, &cell, &ions);
    add_ions("LiPF6", 1, &cell, &ions);
    il_system *chains = grow(&cell, ions, 3, 2, NAN, NAN);
    CHECK_OK(ili_system_append(ctx, ions, chains, -1));
    il_system_destroy(&chains);
    rattle(ions, 0.03, 9);
    return ions;
}

/** Two layers of lithium metal on a LiGe2(PO4)3 slab. */
static il_system *make_metal_on_oxide(void) {
    il_system *sys = slab_of("structures/LGP.cif", PLANE_012, 4.0, ONCE);
    double top = top_of(sys);
    for (int k = 0; k < 12; k++) {
        double s[3] = {(k % 3 + 0.5 * (k / 6)) / 3.0, (k / 3 % 2 + 0.5 * (k / 6)) / 2.0, 0.0}, x[3];
        ili_cell_to_cart(&sys->cell, s, x);
        x[2] = top + 2.0 + 2.2 * (k / 6);
        add_atom(sys, "Li0", 3, x);
    }
    rattle(sys, 0.1, 8);
    return sys;
}

static il_system *with_chain_above(il_system *slab, double gap) {
    double top = top_of(slab);
    il_system *chain = grow(&slab->cell, slab, 1, 2, top + 1.0, top + 1.0 + gap);
    CHECK_OK(ili_system_append(ctx, slab, chain, -1));
    il_system_destroy(&chain);
    return slab;
}

static il_system *make_polymer_on_metal(void) {
    return with_chain_above(slab_of("structures/Li.cif", PLANE_001, 5.0, (const int[]){3, 3}), 8.0);
}

static il_system *make_polymer_on_oxide(void) {
    return with_chain_above(slab_of("structures/LGP.cif", PLANE_012, 4.0, ONCE), 9.0);
}

/** 36 atoms of two species, Na and Cl, no two nearer than 1.9 angstrom, in a skewed cell. */
static il_system *make_fluid(void) {
    il_system *sys = NULL;
    ili_rng rng = ili_rng_make(5, 2);
    CHECK_OK(ili_system_create(ctx, &sys));
    sys->cell = (ili_cell){.h = {{9, 0, 0}, {-3, 8.5, 0}, {2, 3, 8}}, .pbc = {true, true, true}};
    for (int tries = 0; sys->n_atoms < 36 && tries < 100000; tries++) {
        double s[3] = {ili_rng_uniform(&rng), ili_rng_uniform(&rng), ili_rng_uniform(&rng)}, x[3];
        bool clear = true;
        ili_cell_to_cart(&sys->cell, s, x);
        for (int32_t i = 0; i < sys->n_atoms; i++) {
            double d[3];
            ili_sub(sys->x[i], x, d);
            clear = clear && ili_cell_nearest(&sys->cell, d) > 1.9 * 1.9;
        }
        if (clear) add_atom(sys, sys->n_atoms % 2 ? "Cl" : "Na", 0, x);
    }
    CHECK(sys->n_atoms == 36);
    return sys;
}

/** Two five-atom chains Na-Cl-Na-Cl-Na with bent, twisted backbones that cross the faces of the cell. */
static il_system *make_chains(void) {
    static const double backbone[5][3] = {
        {0, 0, 0}, {1.5, 0.2, 0.1}, {2.1, 1.6, -0.2}, {3.4, 1.9, 0.7}, {3.9, 3.1, 1.6}};
    il_system *sys = NULL;
    CHECK_OK(ili_system_create(ctx, &sys));
    sys->cell = (ili_cell){.h = {{9, 0, 0}, {-3, 8.5, 0}, {2, 3, 8}}, .pbc = {true, true, true}};
    for (int c = 0; c < 2; c++)
        for (int k = 0; k < 5; k++) {
            double x[3];
            for (int m = 0; m < 3; m++) /* the second turned, stretched, and far from the first */
                x[m] = backbone[k][c ? (m + 1) % 3 : m] + (c ? (const double[]){1.0, 7.0, 2.5}[m] : 2.5);
            x[2] *= 1.0 + 0.1 * c;
            ili_cell_wrap(&sys->cell, x);
            add_atom(sys, k % 2 ? "Cl" : "Na", 0, x);
            if (k) CHECK_OK(ili_system_add_bond(ctx, sys, 5 * c + k - 1, 5 * c + k));
        }
    return sys;
}

/* ---- model files for the registered forms ----------------------------------------------------------------- */

#define LAW_HEADER                                                                                           \
    "name: case\ntitle: case\ndate: 2026-11-23\ncitation: none\nstatus: published\n"                         \
    "units: {length: angstrom, energy: eV}\n"                                                                \
    "species: {Na: {element: Na, phase: a}, Cl: {element: Cl, phase: a}}\n"

/** A pair form between all species, with other parameters for unlike ones and another ending for each. */
#define LAW_PAIRS(form, like, unlike)                                                                        \
    LAW_HEADER                                                                                               \
    "defaults: {short_cutoff: 5.0}\n"                                                                        \
    "terms:\n"                                                                                               \
    "  - {form: " form ", source: test, truncation: shift, pairs: {Na-Na: {" like "}}}\n"                    \
    "  - {form: " form ", source: test, truncation: taper, taper: 1.5, cutoff: 5.5, "                        \
    "pairs: {Na-Cl: {" unlike "}}}\n"                                                                        \
    "  - {form: " form ", source: test, truncation: none, cutoff: 6.0, pairs: {Cl-Cl: {" like "}}}\n"

/** A bonded form on the chains; 1-4 pairs interact by half. */
#define LAW_BONDED(rows)                                                                                     \
    LAW_HEADER                                                                                               \
    "defaults: {short_cutoff: 5.0}\nspecial: {scale14_lj: 0.5, scale14_coulomb: 0.5}\n"                      \
    "terms:\n"                                                                                               \
    "  - {form: lj, source: test, pairs: {a-a: {epsilon: 0.01, sigma: 2.5}}}\n" rows
#define LAW_NO_ANGLES   "  - {form: angle_harmonic, source: test, angles: {a-a-a: {k: 0, theta0: 105}}}\n"
#define LAW_NO_TORSIONS "  - {form: torsion_rb, source: test, torsions: {a-a-a-a: {C0: 0}}}\n"
#define LAW_BONDS       "  - {form: bond_harmonic, source: test, bonds: {Na-Cl: {k: 20, r0: 1.45}}}\n"
#define LAW_ANGLES      "  - {form: angle_harmonic, source: test, angles: {a-a-a: {k: 3, theta0: 105}}}\n"
#define LAW_OPLS                                                                                             \
    "  - {form: torsion_opls, source: test, torsions: {a-a-a-a: {V1: 0.3, V2: -0.2, V3: 0.25, V4: 0.1}}}\n"
#define LAW_RB                                                                                               \
    "  - {form: torsion_rb, source: test, torsions: "                                                        \
    "{a-a-a-a: {C0: 0.1, C1: 0.2, C2: -0.3, C3: 0.4, C4: 0.15, C5: -0.05}}}\n"

/** A registered form without a row here fails the suite. Names are those of the forms. */
static const law_case LAW_FORMS[] = {
    {"pmmcs", NULL, LAW_PAIRS("pmmcs", "D: 0.05, a: 1.4, r0: 3.2, C: 20", "D: 0.2, a: 1.9, r0: 2.4, C: 3"),
     make_fluid, 0, 0},
    {"morse", NULL, LAW_PAIRS("morse", "D: 0.05, a: 1.4, r0: 3.2", "D: 0.3, a: 1.8, r0: 2.2"), make_fluid, 0,
     0},
    {"lj", NULL, LAW_PAIRS("lj", "epsilon: 0.02, sigma: 2.6", "epsilon: 0.05, sigma: 2.2"), make_fluid, 0, 0},
    {"r12", NULL, LAW_PAIRS("r12", "C: 2000", "C: 900"), make_fluid, 0, 0},
    {"buck", NULL, LAW_PAIRS("buck", "A: 3000, rho: 0.3, C: 12", "A: 1500, rho: 0.28, C: 1"), make_fluid, 0,
     0},
    {"born_mayer", NULL, LAW_PAIRS("born_mayer", "A: 900, rho: 0.33", "A: 500, rho: 0.3"), make_fluid, 0, 0},
    {"zbl", NULL, LAW_PAIRS("zbl", "z1: 3, z2: 8", "z1: 0, z2: 0"), make_fluid, 0, 0},
    {"bond_harmonic", NULL, LAW_BONDED(LAW_BONDS LAW_NO_ANGLES LAW_NO_TORSIONS), make_chains, 0, 0},
    {"angle_harmonic", NULL, LAW_BONDED(LAW_BONDS LAW_ANGLES LAW_NO_TORSIONS), make_chains, 0, 0},
    {"torsion_rb", NULL, LAW_BONDED(LAW_BONDS LAW_ANGLES LAW_RB), make_chains, 0, 0},
    {"torsion_opls", NULL, LAW_BONDED(LAW_BONDS LAW_ANGLES LAW_OPLS), make_chains, 0, 0},
};

/* The Coulomb cut-off of all is 8 angstrom, so that real and reciprocal part both matter. */
static const law_case LAW_SYSTEMS[] = {
    {"oxide crystal", "pmmcs", NULL, make_oxide, ILI_KSPACE_EWALD, 1e-10},
    {"oxide crystal, mesh", "pmmcs", NULL, make_oxide, ILI_KSPACE_MESH, 1e-7},
    {"oxide slab", "pmmcs", NULL, make_oxide_slab, ILI_KSPACE_EWALD, 1e-10},
    {"oxide slab, mesh", "pmmcs", NULL, make_oxide_slab, ILI_KSPACE_MESH, 1e-7},
    {"metal with a vacancy", "li", NULL, make_metal, 0, 0},
    {"polymer", "pdol", NULL, make_polymer, ILI_KSPACE_EWALD, 1e-10},
    {"salts in polymer", "pdol-salt", NULL, make_salt, ILI_KSPACE_EWALD, 1e-10},
    {"metal on oxide", "li-lagp", NULL, make_metal_on_oxide, ILI_KSPACE_EWALD, 1e-10},
    {"polymer on metal", "li-pdol", NULL, make_polymer_on_metal, ILI_KSPACE_EWALD, 1e-10},
    {"polymer on oxide", "lagp-pdol", NULL, make_polymer_on_oxide, ILI_KSPACE_EWALD, 1e-10},
};

/* ---- a case in action ------------------------------------------------------------------------------------- */

typedef struct subject {
    const law_case *what;
    il_model *model;
    il_system *sys;
    il_ff_options options;
} subject;

static il_status read_model_text(const char *text, il_model **out) {
    char path[256];
    snprintf(path, sizeof path, "%s/interlith-law-XXXXXX.yaml", P_tmpdir);
    int fd = mkstemps(path, 5);
    ck_assert(fd >= 0);
    ck_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    il_status status = il_model_read(ctx, path, out);
    unlink(path);
    return status;
}

LAW_UNUSED static void subject_open(const law_case *what, subject *s) {
    *s = (subject){.what = what};
    il_set_threads(ctx, 1); /* small systems: waiting for threads would take longer than the work */
    il_set_data_dir(ctx, ".");
    if (what->model)
        CHECK_OK(il_model_read(ctx, what->model, &s->model));
    else
        CHECK_OK(read_model_text(what->text, &s->model));
    ck_assert_ptr_nonnull(s->model);
    s->sys = what->make();
    ck_assert(s->sys->n_atoms <= LAW_ATOMS);
    il_ff_options_default(&s->options);
    s->options.coulomb = what->coulomb;
    if (what->accuracy > 0.0) {
        s->options.accuracy = what->accuracy;
        s->options.coulomb_cutoff = 8.0;
    }
}

LAW_UNUSED static void subject_close(subject *s) {
    il_system_destroy(&s->sys);
    il_model_destroy(&s->model);
}

/** A new plan for these atoms. */
static il_ff *plan(const subject *s, const il_system *sys) {
    il_ff *ff = NULL;
    CHECK_OK(il_ff_create(ctx, s->model, sys, &s->options, &ff));
    ck_assert_ptr_nonnull(ff);
    return ff;
}

typedef struct outcome {
    double energy, w[6], f[LAW_ATOMS][3], e_atom[LAW_ATOMS];
} outcome;

typedef enum path { FAST, REFERENCE } path;

static void evaluate(il_ff *ff, const il_system *sys, path way, outcome *o) {
    memset(o, 0, sizeof *o);
    ili_ff_result r = {.f = o->f, .e_atom = o->e_atom};
    CHECK_OK((way == FAST ? ili_ff_evaluate : ili_ff_evaluate_terms)(ctx, ff, &sys->cell,
                                                                     (const double(*)[3])sys->x, &r));
    o->energy = r.energy;
    memcpy(o->w, r.w, sizeof o->w);
}

LAW_UNUSED static double energy_of(il_ff *ff, const il_system *sys, path way) {
    ili_ff_result r = {0};
    CHECK_OK((way == FAST ? ili_ff_evaluate : ili_ff_evaluate_terms)(ctx, ff, &sys->cell,
                                                                     (const double(*)[3])sys->x, &r));
    return r.energy;
}

/** The same by a plan of its own. */
LAW_UNUSED static void evaluate_new(const subject *s, const il_system *sys, path way, outcome *o) {
    il_ff *ff = plan(s, sys);
    evaluate(ff, sys, way, o);
    il_ff_destroy(&ff);
}

LAW_UNUSED static il_system *copy_of(const il_system *sys) {
    il_system *copy = NULL;
    CHECK_OK(ili_system_copy(ctx, sys, &copy));
    ck_assert_ptr_nonnull(copy);
    return copy;
}

#endif
