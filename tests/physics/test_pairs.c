/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The pairs on a small ionic fluid in a skewed cell, with cut-offs that differ by term, by kernels and by the forms: one against the
 *  other, forces against differences, virial against strain, momentum, shares by atom, threads. */
#include "harness.h"

#include "base/rng.h"
#include "ff/pairs.h"
#include "ff/pairs_fast.h"
#include "math/vec.h"

enum { N = 40, NS = 2 };
static const ili_cell CELL = {{{9, 0, 0}, {-3, 8.5, 0}, {2, 3, 8}}, {true, true, true}};

static ili_model_species species[NS] = {{.base = {.name = "Li", .z = 3, .charge = 0.6}},
                                        {.base = {.name = "O", .z = 8, .charge = -1.2}}};
static ili_model_entry entries[4];
static il_model model;
static ili_binding binding;
static int32_t type[N];
static double charge[N], x[N][3];

static void add_entry(const char *form, int a, int b, double cutoff, ili_truncation truncation,
                      const double *p, int n) {
    ili_model_entry *e = &entries[model.n_entries++];
    *e = (ili_model_entry){.form = ili_form_find(form),
                           .species = {a, b},
                           .cutoff = cutoff,
                           .truncation = truncation,
                           .taper = 1.0};
    memcpy(e->p, p, (size_t)n * sizeof *p);
}

static double species_charge[NS];

static void build(void) {
    model = (il_model){.n_species = NS, .species = species, .entries = entries, .has_coulomb = true};
    add_entry("pmmcs", 0, 1, NAN, ILI_TRUNCATE_SHIFT, (double[]){0.001114, 3.429506, 2.681360, 1.0}, 4);
    add_entry("pmmcs", 1, 1, 5.3, ILI_TRUNCATE_TAPER, (double[]){0.042395, 1.379316, 3.618701, 22.0}, 4);
    add_entry("born_mayer", 0, 0, 4.0, ILI_TRUNCATE_SHIFT, (double[]){200.0, 0.35}, 2);
    binding = (ili_binding){
        .model = &model, .n = N, .type = type, .charge = charge, .species_charge = species_charge};
    for (int k = 0; k < NS; k++) species_charge[k] = species[k].base.charge;
    ili_rng rng = ili_rng_make(3, 1);
    for (int i = 0; i < N; i++) {
        type[i] = i % 3 == 0;
        charge[i] = species[type[i]].base.charge;
        for (int tries = 0, clear = 0; !clear && tries < 100000; tries++) {
            double s[3] = {ili_rng_uniform(&rng), ili_rng_uniform(&rng), ili_rng_uniform(&rng)};
            ili_cell_to_cart(&CELL, s, x[i]);
            clear = 1;
            for (int j = 0; j < i; j++) {
                double d[3];
                ili_sub(x[i], x[j], d);
                clear = clear && ili_cell_nearest(&CELL, d) > 1.5 * 1.5;
            }
        }
    }
}

typedef struct outcome {
    double energy, f[N][3], w[6], e_atom[N];
} outcome;

static const ili_pairs_fast_plan PLAN = {
    .short_cutoff = 6.0, .coulomb_cutoff = 7.0, .alpha = 0.4, .skin = 0.3};

static void compute_fast(const ili_cell *cell, outcome *o) {
    ili_pairs_fast *pairs = NULL;
    memset(o, 0, sizeof *o);
    ili_accum acc = {.f = o->f};
    REQUIRE_OK(ili_pairs_fast_create(ctx, &binding, &PLAN, &pairs));
    REQUIRE_OK(ili_pairs_fast_update(ctx, pairs, cell, (const double(*)[3])x));
    REQUIRE_OK(ili_pairs_fast_compute(ctx, pairs, &o->energy, &acc));
    memcpy(o->w, acc.w, sizeof o->w);
    ili_pairs_fast_destroy(&pairs);
}

static void compute_reference(const ili_cell *cell, outcome *o) {
    ili_pairs *pairs = NULL;
    ili_nlist *list = NULL;
    memset(o, 0, sizeof *o);
    ili_accum acc = {.f = o->f, .e_atom = o->e_atom};
    double by_form[8] = {0};
    REQUIRE_OK(ili_pairs_create(ctx, &binding, PLAN.short_cutoff, PLAN.coulomb_cutoff, PLAN.alpha, &pairs));
    REQUIRE_OK(ili_nlist_create(ctx, N, type, NS, ili_pairs_reach(pairs), PLAN.skin, 0, NULL, &list));
    REQUIRE_OK(ili_nlist_update(ctx, list, cell, (const double(*)[3])x));
    ili_nlist_view view = ili_nlist_get(list);
    REQUIRE_OK(ili_pairs_reference(ctx, pairs, &view, by_form, &acc));
    for (int k = 0; k <= ili_pairs_n_forms(pairs); k++) o->energy += by_form[k];
    memcpy(o->w, acc.w, sizeof o->w);
    ili_nlist_destroy(&list);
    ili_pairs_destroy(&pairs);
}

static void compute(const ili_cell *cell, bool fast, outcome *o) {
    (fast ? compute_fast : compute_reference)(cell, o);
}

TEST(kernels_equal_forms) {
    static outcome a, b;
    build();
    compute(&CELL, true, &a);
    compute(&CELL, false, &b);
    CHECK_NEAR(a.energy, b.energy, 1e-9 * fabs(b.energy));
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 3; k++) CHECK_NEAR(a.f[i][k], b.f[i][k], 1e-8);
    for (int k = 0; k < 6; k++) CHECK_NEAR(a.w[k], b.w[k], 1e-7);
}

static void check_derivatives(bool fast) {
    static outcome o, up, down;
    const double h = 2e-5;
    build();
    compute(&CELL, fast, &o);
    double net[3] = {0}, sum = 0.0;
    for (int i = 0; i < N; i++) {
        sum += o.e_atom[i];
        for (int k = 0; k < 3; k++) net[k] += o.f[i][k];
    }
    if (!fast) CHECK_NEAR(sum, o.energy, 1e-12 * N * fabs(o.energy));
    for (int k = 0; k < 3; k++) CHECK_NEAR(net[k], 0.0, 1e-11);
    for (int i = 0; i < N; i += 7)
        for (int k = 0; k < 3; k++) {
            double keep = x[i][k];
            x[i][k] = keep + h;
            compute(&CELL, fast, &up);
            x[i][k] = keep - h;
            compute(&CELL, fast, &down);
            x[i][k] = keep;
            CHECK_NEAR(o.f[i][k], -(up.energy - down.energy) / (2 * h), 2e-5 * (1.0 + fabs(o.f[i][k])));
        }
    static double keep[N][3];
    memcpy(keep, x, sizeof x);
    for (int c = 0; c < 6; c++) {
        static const int row[6] = {0, 1, 2, 1, 0, 0}, col[6] = {0, 1, 2, 2, 2, 1};
        double e[2];
        for (int s = 0; s < 2; s++) {
            double map[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, strain = (s ? -1 : 1) * 1e-5;
            map[row[c]][col[c]] += 0.5 * strain;
            map[col[c]][row[c]] += 0.5 * strain;
            ili_cell cell = CELL;
            ili_mat_mul(CELL.h, map, cell.h);
            for (int i = 0; i < N; i++) ili_vec_mat(keep[i], map, x[i]);
            compute(&cell, fast, &up);
            e[s] = up.energy;
        }
        memcpy(x, keep, sizeof x);
        CHECK_NEAR(-o.w[c], (e[0] - e[1]) / 2e-5, 2e-4 * (1.0 + fabs(o.w[c])));
    }
}

TEST(fast_forces_and_virial_are_derivatives) {
    check_derivatives(true);
}

TEST(reference_forces_and_virial_are_derivatives) {
    check_derivatives(false);
}

TEST(same_bits_at_any_thread_count) {
    static outcome a, b;
    build();
    for (int fast = 0; fast < 2; fast++) {
        il_set_threads(ctx, 1);
        compute(&CELL, fast, &a);
        il_set_threads(ctx, 4);
        compute(&CELL, fast, &b);
        CHECK(memcmp(&a, &b, sizeof a) == 0);
    }
}

TESTS(RUN(kernels_equal_forms), RUN(fast_forces_and_virial_are_derivatives),
      RUN(reference_forces_and_virial_are_derivatives), RUN(same_bits_at_any_thread_count))
