/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The kernels of the bonded terms against the sum item by item: many chains of every form, in cells of every shape, for every set
 *  of vector instructions; and that forces do not depend on threads or on what else is wanted. */
#include "harness.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "ff/bonded.h"
#include "math/units.h"
#include "math/vec.h"

#include <float.h>

enum { CHAINS = 40, LENGTH = 30, N = CHAINS * LENGTH, ITEMS = N, ENTRIES = 11 };

/** A torsion that is not even, and a wall, both without a loop for many. */
static double twist(const double *p, double u, double *derivative) {
    *derivative = -p[0] * sin(u) + 2.0 * p[1] * cos(2.0 * u);
    return p[0] * (1.0 + cos(u)) + p[1] * sin(2.0 * u);
}

static double wall(const double *p, double r, double *derivative) {
    double e = p[0] / (r * r * r * r);
    *derivative = -4.0 * e / r;
    return e;
}

static const ili_form TWIST = {.name = "twist", .kind = ILI_TORSION, .value = twist};
static const ili_form WALL = {.name = "wall", .kind = ILI_PAIR, .value = wall};

typedef struct melt {
    ili_model_entry entries[ENTRIES];
    il_model model;
    ili_cell cell;
    double x[N][3], charge[N], alpha;
    int32_t type[N];
    ili_bonded_item bonds[ITEMS], angles[ITEMS], torsions[ITEMS];
    ili_special_pair specials[3 * ITEMS];
    ili_binding binding;
} melt;

/** What one evaluation gives. */
typedef struct answer {
    double f[N][3], e_atom[N], w[6];
    ili_bonded_energy energy;
} answer;

static void set_entries(melt *m) {
    const ili_model_entry all[ENTRIES] = {
        {.form = ili_form_find("bond_harmonic"), .p = {20.0, 1.5}},
        {.form = ili_form_find("bond_harmonic"), .p = {25.0, 1.4}},
        {.form = ili_form_find("angle_harmonic"), .p = {3.0, 1.9}},
        {.form = ili_form_find("angle_harmonic"), .p = {2.0, ILI_PI}},
        {.form = ili_form_find("torsion_opls"), .p = {0.1, -0.04, 0.06, 0.02}},
        {.form = ili_form_find("torsion_rb"), .p = {0.1, 0.05, -0.03, 0.04, 0.02, -0.01}},
        {.form = &TWIST, .p = {0.1, 0.05}},
        {.form = ili_form_find("lj"),
         .species = {0, 0},
         .p = {0.01, 2.5},
         .cutoff = 5.0,
         .truncation = ILI_TRUNCATE_SHIFT},
        {.form = ili_form_find("lj"),
         .species = {0, 1},
         .p = {0.02, 2.0},
         .cutoff = NAN,
         .truncation = ILI_TRUNCATE_TAPER,
         .taper = 1.0},
        {.form = &WALL, .species = {1, 0}, .p = {1.0}, .cutoff = NAN, .truncation = ILI_TRUNCATE_NONE},
        {.form = &WALL, .species = {1, 1}, .p = {2.0}, .cutoff = 4.5, .truncation = ILI_TRUNCATE_SHIFT},
    };
    memcpy(m->entries, all, sizeof all);
    m->model = (il_model){.n_species = 2, .n_entries = ENTRIES, .entries = m->entries, .has_coulomb = true};
}

static void add_special(melt *m, int32_t i, int32_t j, double lj, double coulomb) {
    m->specials[m->binding.n_specials++] = (ili_special_pair){i < j ? i : j, i < j ? j : i, lj, coulomb};
}

/** Chains of bent random steps that leave the cell; atom k of all has the number (stride k) mod N, so that lists are scattered. */
static void melt_make(melt *m, const double h[3][3], const bool pbc[3], double alpha, int stride, bool wraps,
                      double lj) {
    memset(m, 0, sizeof *m);
    set_entries(m);
    memcpy(m->cell.h, h, sizeof m->cell.h);
    memcpy(m->cell.pbc, pbc, sizeof m->cell.pbc);
    m->alpha = alpha;
    m->binding = (ili_binding){.model = &m->model,
                               .n = N,
                               .type = m->type,
                               .charge = m->charge,
                               .bonds = m->bonds,
                               .angles = m->angles,
                               .torsions = m->torsions,
                               .specials = m->specials};
    ili_rng rng = ili_rng_make(7, (uint64_t)stride);
    for (int c = 0; c < CHAINS; c++) {
        double x[3], back[3] = {1, 0, 0};
        for (int k = 0; k < 3; k++) x[k] = 10.0 * ili_rng_uniform(&rng);
        for (int k = 0; k < LENGTH; k++) {
            int32_t a[4];
            for (int b = 0; b < 4; b++) a[b] = (int32_t)((int64_t)(c * LENGTH + k - b) * stride % N);
            const int32_t i = a[0];
            double step[3];
            memcpy(m->x[i], x, sizeof x);
            if (wraps) ili_cell_wrap(&m->cell, m->x[i]);
            m->type[i] = k / 2 % 2; /* 1-4 pairs of all kinds */
            m->charge[i] = (k % 3 - 1) * 0.3;
            do ili_rng_direction(&rng, step);
            while (ili_dot(step, back) > 0.3 || ili_dot(step, back) < -0.9);
            for (int j = 0; j < 3; j++) {
                x[j] += 1.45 * step[j];
                back[j] = -step[j];
            }
            ili_binding *b = &m->binding;
            if (k > 0) b->bonds[b->n_bonds++] = (ili_bonded_item){.atom = {a[1], i}, .entry = k % 2};
            if (k > 1)
                b->angles[b->n_angles++] =
                    (ili_bonded_item){.atom = {a[2], a[1], i}, .entry = 2 + (k + c) % 2};
            if (k > 2)
                b->torsions[b->n_torsions++] =
                    (ili_bonded_item){.atom = {a[3], a[2], a[1], i}, .entry = 4 + (k + c) % 3};
            if (k > 0) add_special(m, a[1], i, 0.0, 0.0);
            if (k > 1) add_special(m, a[2], i, 0.0, 0.0);
            if (k > 2) add_special(m, a[3], i, c % 3 ? lj : 0.5 * lj, k % 5 ? 0.6 : 0.0);
        }
    }
}

enum { SHORT = 4 };

static void compute(const melt *m, bool forces_only, bool with_atoms, answer *out) {
    ili_bonded *bonded = NULL;
    memset(out, 0, sizeof *out);
    ili_accum acc = {.f = out->f, .e_atom = with_atoms ? out->e_atom : NULL, .forces_only = forces_only};
    REQUIRE_OK(ili_bonded_create(ctx, &m->binding, SHORT, &bonded));
    CHECK_OK(ili_bonded_compute(ctx, bonded, &m->cell, m->x, m->alpha, &out->energy, &acc));
    memcpy(out->w, acc.w, sizeof out->w);
    ili_bonded_destroy(&bonded);
}

static void refer(const melt *m, answer *out) {
    memset(out, 0, sizeof *out);
    ili_accum acc = {.f = out->f, .e_atom = out->e_atom};
    REQUIRE_OK(ili_bonded_reference(ctx, &m->binding, &m->cell, m->x, SHORT, m->alpha, &out->energy, &acc));
    memcpy(out->w, acc.w, sizeof out->w);
}

/** Angles within 0.45 of a line and bonds of 1.45 A bound the slopes of coordinates: 30 items of 10 eV/A or less act on an atom, and
 *  each is some 100 operations away from the positions, of up to 60 A. */
static void check_same(const answer *a, const answer *b) {
    const double each = 100.0 * 60.0 * DBL_EPSILON * 30.0, all = each * N;
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < 3; k++) CHECK_NEAR(a->f[i][k], b->f[i][k], 10.0 * each);
        CHECK_NEAR(a->e_atom[i], b->e_atom[i], 10.0 * each);
    }
    for (int k = 0; k < 6; k++) CHECK_NEAR(a->w[k], b->w[k], all);
    CHECK_NEAR(a->energy.bond, b->energy.bond, all);
    CHECK_NEAR(a->energy.angle, b->energy.angle, all);
    CHECK_NEAR(a->energy.torsion, b->energy.torsion, all);
    CHECK_NEAR(a->energy.pair14, b->energy.pair14, all);
    CHECK_NEAR(a->energy.coulomb_special, b->energy.coulomb_special, all);
}

static const double WIDE[3][3] = {{30, 0, 0}, {0, 28, 0}, {0, 0, 33}};
static const double SKEWED[3][3] = {{14, 0, 0}, {9, 13, 0}, {-8, 7, 12}};
static const double FLAT[3][3] = {{14, 0, 0}, {9, 13, 0}, {0, 0, 2}};
static const double TINY[3][3] = {{3.4, 0, 0}, {1.6, 3.1, 0}, {-1.1, 0.9, 3.3}};
static const bool ALL[3] = {true, true, true}, SLAB[3] = {true, true, false}, NONE[3] = {false, false, false};

static const struct {
    const double (*h)[3];
    const bool *pbc;
    double alpha;
    int stride;
    bool wraps;
    double lj; /**< 0 where images of a pair may come close to each other */
} CASES[] = {
    {WIDE, ALL, 0.35, 1, true, 0.5},     {WIDE, ALL, 0.35, 7, false, 0.5},  {WIDE, NONE, 0.0, 1, false, 0.5},
    {SKEWED, ALL, 0.35, 491, true, 0.5}, {SKEWED, SLAB, 0.9, 1, true, 0.5}, {TINY, ALL, 0.35, 7, true, 0.0},
    {FLAT, SLAB, 0.35, 1, true, 0.5}, /* an open vector shorter than a bond is none */
    {WIDE, ALL, 1.4, 1, true, 0.5},   /* erf beyond the polynomials */
};
enum { N_CASES = sizeof CASES / sizeof *CASES };

static melt *melt_of(int k) {
    melt *m = malloc(sizeof *m);
    melt_make(m, CASES[k].h, CASES[k].pbc, CASES[k].alpha, CASES[k].stride, CASES[k].wraps, CASES[k].lj);
    return m;
}

TEST(kernels_against_reference) {
    answer *fast = malloc(sizeof *fast), *slow = malloc(sizeof *slow);
    for (int k = 0; k < N_CASES; k++) {
        melt *m = melt_of(k);
        refer(m, slow);
        for (int set = 0; set < ILI_SIMD_SETS; set++) {
            if (!ili_simd_is_here((ili_simd)set)) continue;
            ctx->simd = (ili_simd)set;
            compute(m, false, true, fast);
            check_same(fast, slow);
        }
        free(m);
    }
    free(fast);
    free(slow);
}

TEST(bits_of_the_forces) {
    answer *first = malloc(sizeof *first), *other = malloc(sizeof *other);
    for (int k = 0; k < N_CASES; k++) {
        melt *m = melt_of(k);
        ctx->n_threads = 1;
        compute(m, false, true, first);
        for (int threads = 1; threads <= 8; threads *= 2)
            for (int wanted = 0; wanted < 3; wanted++) {
                ctx->n_threads = threads;
                compute(m, wanted == 2, wanted == 0, other);
                CHECK(memcmp(first->f, other->f, sizeof first->f) == 0);
                if (wanted == 0) CHECK(memcmp(first->e_atom, other->e_atom, sizeof first->e_atom) == 0);
                if (wanted == 2) continue;
                CHECK(memcmp(first->w, other->w, sizeof first->w) == 0);
                CHECK(memcmp(&first->energy, &other->energy, sizeof first->energy) == 0);
            }
        free(m);
    }
    free(first);
    free(other);
}

/** The sum of what atoms hold is the energy. */
TEST(energies_of_atoms) {
    melt *m = melt_of(0);
    answer *a = malloc(sizeof *a);
    double sum = 0.0;
    compute(m, false, true, a);
    for (int i = 0; i < N; i++) sum += a->e_atom[i];
    const ili_bonded_energy *e = &a->energy;
    CHECK_NEAR(sum, e->bond + e->angle + e->torsion + e->pair14 + e->coulomb_special, 1e-9);
    free(m);
    free(a);
}

TEST(a_plan_that_runs_out_of_memory) {
    melt *m = melt_of(0);
    answer *a = malloc(sizeof *a);
    memset(a, 0, sizeof *a);
    for (long nth = 1;; nth++) {
        ili_bonded *bonded = NULL;
        ili_accum acc = {.f = a->f};
        ili_alloc_fail_at(nth);
        il_status status = ili_bonded_create(ctx, &m->binding, SHORT, &bonded);
        if (status == IL_OK)
            status = ili_bonded_compute(ctx, bonded, &m->cell, m->x, m->alpha, &a->energy, &acc);
        ili_alloc_fail_at(0);
        ili_bonded_destroy(&bonded);
        if (status == IL_OK) break;
        CHECK_STATUS(status, IL_E_MEMORY);
    }
    free(m);
    free(a);
}

TESTS(RUN(kernels_against_reference); RUN(bits_of_the_forces); RUN(energies_of_atoms);
      RUN(a_plan_that_runs_out_of_memory))
