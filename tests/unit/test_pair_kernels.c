/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The vector kernels of the pairs against the reference, which shares neither list nor functions with them: every pair form with
 *  every truncation and every shipped model, in cells of all kinds, for each set of instructions and both precisions.
 *
 *  Tolerances. For each atom the sum of |F| over its pairs is a scale. Double: closed forms and polynomial are good to 1e-13, tables to
 *  1e-10: 1e-9 of the scale. Mixed: 1/r is good to 3e-7 and s to 1e-7, and the steepest force goes as r^-14: at most 14 (3e-7 + 5e-8),
 *  plus the polynomial of the Coulomb part (2e-7 of its greatest slope), plus places rounded to half a step (1.5e-8 angstrom at 8 per
 *  angstrom): 6e-6 of the scale for the worst pair. Rounding is random: the root mean square over the atoms is far below. */
#include "harness.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "ff/pairfn.h"
#include "ff/pairs.h"
#include "ff/pairs_fast.h"
#include "ff/quintic.h"
#include "math/units.h"
#include "math/vec.h"

#include <dirent.h>

enum { N_MAX = 6000, SPECIALS_MAX = 400, NS_MAX = 40 };
static const double DOUBLE_TOLERANCE = 1e-9, MIXED_TOLERANCE = 6e-6, MIXED_TYPICAL = 6e-7;

/** Atoms of a model at random places; built anew by each test. */
typedef struct scene {
    ili_cell cell;
    ili_binding binding;
    int32_t type[N_MAX];
    double charge[N_MAX], species_charge[NS_MAX], x[N_MAX][3];
    ili_special_pair specials[SPECIALS_MAX];
    ili_pairs_fast_plan plan;
} scene;

typedef struct outcome {
    double energy, w[6], f[N_MAX][3];
} outcome;

/** Sums of magnitudes over the pairs, for the tolerances. */
typedef struct magnitude {
    double energy, w, f[N_MAX];
} magnitude;

static void place(scene *s, int n, double closest, uint64_t seed) {
    ili_rng rng = ili_rng_make(seed, 7);
    s->binding.n = 0;
    for (int i = 0, tries = 0; i < n && tries < 200000; tries++) {
        double u[3] = {ili_rng_uniform(&rng), ili_rng_uniform(&rng), ili_rng_uniform(&rng)}, d[3];
        bool clear = true;
        ili_cell_to_cart(&s->cell, u, s->x[i]);
        for (int j = 0; j < i && clear; j++) {
            ili_sub(s->x[i], s->x[j], d);
            clear = ili_cell_nearest(&s->cell, d) > closest * closest;
        }
        if (!clear) continue;
        s->type[i] = (int32_t)(ili_rng_uniform(&rng) * s->binding.model->n_species);
        s->charge[i] = s->species_charge[s->type[i]];
        s->binding.n = ++i;
    }
}

static void bind(scene *s, const il_model *model, double short_cutoff, double coulomb_cutoff, double alpha) {
    s->binding = (ili_binding){.model = model,
                               .type = s->type,
                               .charge = s->charge,
                               .species_charge = s->species_charge,
                               .specials = s->specials};
    for (int k = 0; k < model->n_species; k++) s->species_charge[k] = model->species[k].base.charge;
    s->plan = (ili_pairs_fast_plan){
        .short_cutoff = short_cutoff, .coulomb_cutoff = coulomb_cutoff, .alpha = alpha, .skin = 0.4};
}

/** By the forms; and the magnitudes of what was added. */
static void refer(const scene *s, outcome *o, magnitude *m) {
    const ili_binding *b = &s->binding;
    const int32_t ns = b->model->n_species;
    ili_pairs *pairs = NULL;
    ili_nlist *list = NULL;
    int32_t excluded[SPECIALS_MAX][2];
    double by_form[20] = {0}, nothing;
    memset(o, 0, sizeof *o);
    memset(m, 0, sizeof *m);
    ili_accum acc = {.f = o->f};
    for (int k = 0; k < b->n_specials; k++) {
        excluded[k][0] = b->specials[k].i;
        excluded[k][1] = b->specials[k].j;
    }
    REQUIRE_OK(ili_pairs_create(ctx, b, s->plan.short_cutoff, s->plan.coulomb_cutoff, s->plan.alpha, &pairs));
    REQUIRE_OK(ili_nlist_create(ctx, b->n, s->type, ns, ili_pairs_reach(pairs), 0.2, b->n_specials,
                                (const int32_t(*)[2])excluded, &list));
    REQUIRE_OK(ili_nlist_update(ctx, list, &s->cell, s->x));
    ili_nlist_view v = ili_nlist_get(list);
    REQUIRE_OK(ili_pairs_reference(ctx, pairs, &v, by_form, &acc));
    for (int k = 0; k <= ili_pairs_n_forms(pairs); k++) o->energy += by_form[k];
    memcpy(o->w, acc.w, sizeof o->w);
    for (int32_t row = 0; row < v.n_rows; row++)
        for (ili_nlist_walk w = ili_nlist_row(&v, row); ili_nlist_next(&w);) {
            const ili_model_entry *entry[16];
            double d[3], a = s->plan.alpha;
            ili_sub(v.px[w.entry], v.px[row], d);
            double r = sqrt(ili_dot(d, d)), force = 0.0, slope;
            int n = ili_model_pair_entries(b->model, v.type[row], v.type[w.entry], entry, 16);
            for (int k = 0; k < n; k++) {
                m->energy += fabs(ili_entry_energy(entry[k], s->plan.short_cutoff, r, &slope));
                if (r < ili_entry_cutoff(entry[k], s->plan.short_cutoff))
                    m->energy += fabs(entry[k]->form->value(
                        entry[k]->p, ili_entry_cutoff(entry[k], s->plan.short_cutoff), &nothing));
                force += fabs(slope);
            }
            double qq =
                ILI_COULOMB * fabs(s->species_charge[v.type[row]] * s->species_charge[v.type[w.entry]]);
            if (a > 0.0 && r < s->plan.coulomb_cutoff) {
                m->energy += qq / r; /* erf and 1/r are subtracted from each other */
                force += qq * (1.0 / (r * r) + 4.0 * a * a * a / (3.0 * sqrt(ILI_PI)) * r);
            }
            m->w += force * r;
            m->f[v.atom[row]] += force;
            m->f[v.atom[w.entry]] += force;
        }
    ili_nlist_destroy(&list);
    ili_pairs_destroy(&pairs);
}

static void compute(const scene *s, bool mixed, bool forces_only, outcome *o) {
    ili_pairs_fast *pairs = NULL;
    ili_pairs_fast_plan plan = s->plan;
    memset(o, 0, sizeof *o);
    ili_accum acc = {.f = o->f, .forces_only = forces_only};
    plan.mixed = mixed;
    REQUIRE_OK(ili_pairs_fast_create(ctx, &s->binding, &plan, &pairs));
    REQUIRE_OK(ili_pairs_fast_update(ctx, pairs, &s->cell, s->x));
    REQUIRE_OK(ili_pairs_fast_compute(ctx, pairs, &o->energy, &acc));
    memcpy(o->w, acc.w, sizeof o->w);
    ili_pairs_fast_destroy(&pairs);
}

/** One set and precision against the reference; forces without energies have the same bits. */
static int compare(const scene *s, bool mixed, const outcome *want, const magnitude *m) {
    static outcome got, bare;
    const double tolerance = mixed ? MIXED_TOLERANCE : DOUBLE_TOLERANCE;
    double off2 = 0.0, scale2 = 0.0;
    int bad = 0;
    compute(s, mixed, false, &got);
    compute(s, mixed, true, &bare);
    for (int i = 0; i < s->binding.n; i++)
        for (int k = 0; k < 3; k++) {
            double off = got.f[i][k] - want->f[i][k];
            bad += !(fabs(off) <= tolerance * m->f[i] + 1e-12);
            off2 += off * off;
            scale2 += m->f[i] * m->f[i];
        }
    bad += mixed && !(off2 <= MIXED_TYPICAL * MIXED_TYPICAL * scale2 + 1e-24);
    bad += !(fabs(got.energy - want->energy) <= tolerance * m->energy + 1e-12);
    for (int k = 0; k < 6; k++) bad += !(fabs(got.w[k] - want->w[k]) <= tolerance * m->w + 1e-12);
    bad += memcmp(got.f, bare.f, sizeof got.f) != 0 || bare.energy != 0.0;
    if (bad)
        fprintf(stderr,
                "%s, %s: %d numbers off; energy %.12g, expected %.12g; forces off by %.2g of the scale\n",
                ili_simd_name(ctx->simd), mixed ? "mixed" : "double", bad, got.energy, want->energy,
                sqrt(off2 / scale2));
    return bad;
}

/** All sets of instructions that the machine has, both precisions. */
static int compare_all(const scene *s) {
    static outcome want;
    static magnitude m;
    int bad = 0;
    refer(s, &want, &m);
    for (int set = 0; set < ILI_SIMD_SETS; set++) {
        if (!ili_simd_is_here((ili_simd)set)) {
            fprintf(stderr, "skipped: this machine has no %s\n", ili_simd_name((ili_simd)set));
            continue;
        }
        ctx->simd = (ili_simd)set;
        for (int mixed = 0; mixed < 2; mixed++) bad += compare(s, mixed, &want, &m);
    }
    ctx->simd = ili_simd_best();
    return bad;
}

/* ---- models ------------------------------------------------------------------------------------------------ */

static ili_model_species species[3] = {{.base = {.name = "Li", .z = 3, .charge = 0.6}},
                                       {.base = {.name = "O", .z = 8, .charge = -1.2}},
                                       {.base = {.name = "P", .z = 15, .charge = 3.0}}};
static ili_model_entry entries[16];

typedef struct sample {
    const char *form;
    double p[ILI_PARAM_MAX];
} sample;
static const sample samples[] = {{"pmmcs", {0.042395, 1.379316, 3.618701, 22.0}},
                                 {"morse", {0.3, 1.9, 2.2}},
                                 {"lj", {0.02, 2.9}},
                                 {"r12", {400.0}},
                                 {"buck", {1300.0, 0.32, 25.0}},
                                 {"born_mayer", {200.0, 0.35}},
                                 {"zbl", {3, 8}}};
enum { SAMPLES = sizeof samples / sizeof *samples };

static void add(il_model *m, const char *form, int a, int b, double cutoff, ili_truncation truncation) {
    ili_model_entry *e = &entries[m->n_entries++];
    int k = 0;
    while (k < SAMPLES && strcmp(samples[k].form, form) != 0) k++;
    ck_assert_msg(k < SAMPLES, "the form %s has no parameters here", form);
    *e = (ili_model_entry){.form = ili_form_find(form),
                           .species = {a, b},
                           .cutoff = cutoff,
                           .truncation = truncation,
                           .taper = 1.5};
    memcpy(e->p, samples[k].p, sizeof e->p);
}

static il_model empty(bool has_coulomb) {
    return (il_model){.n_species = 3, .species = species, .entries = entries, .has_coulomb = has_coulomb};
}

/** Exponentials, powers and none, cut-offs by pair. */
static il_model oxide(void) {
    il_model m = empty(true);
    add(&m, "pmmcs", 0, 1, NAN, ILI_TRUNCATE_SHIFT);
    add(&m, "pmmcs", 1, 1, 5.3, ILI_TRUNCATE_NONE);
    add(&m, "r12", 0, 0, 4.0, ILI_TRUNCATE_SHIFT);
    add(&m, "buck", 1, 2, NAN, ILI_TRUNCATE_SHIFT);
    return m;
}

static const ili_cell CUBE = {{{15, 0, 0}, {0, 15, 0}, {0, 0, 15}}, {true, true, true}};

/* ---- tests -------------------------------------------------------------------------------------------------- */

static scene s;

/** A form without a sample here stops the test: whoever adds one adds its row. */
TEST(every_form_and_truncation) {
    for (const ili_form *const *f = ili_forms(); *f; f++)
        for (int truncation = 0; truncation < 3 && (*f)->kind == ILI_PAIR; truncation++)
            for (int coulomb = 0; coulomb < 2; coulomb++) {
                il_model m = empty(coulomb);
                add(&m, (*f)->name, 0, 1, NAN, (ili_truncation)truncation);
                add(&m, (*f)->name, 1, 1, 4.5, (ili_truncation)truncation);
                bind(&s, &m, 5.0, 6.5, coulomb ? 0.45 : 0.0);
                s.cell = CUBE;
                place(&s, 150, 1.6, 3);
                int bad = compare_all(&s);
                if (bad)
                    fprintf(stderr, "form %s, truncation %d, Coulomb %d\n", (*f)->name, truncation, coulomb);
                CHECK(bad == 0);
            }
}

/** Sums of forms on one pair of species: with a common end in closed form, with different ends or widths by tables. */
TEST(several_forms_on_a_pair) {
    static const struct {
        const char *form[3];
        double cutoff[3];
        ili_truncation truncation[3];
    } rows[] = {
        {{"morse", "r12", "lj"}, {5, 5, 5}, {0, 0, 0}},
        {{"buck", "born_mayer", "r12"},
         {5, 5, 5},
         {ILI_TRUNCATE_TAPER, ILI_TRUNCATE_TAPER, ILI_TRUNCATE_TAPER}},
        {{"morse", "morse", "r12"}, {5, 5, 5}, {ILI_TRUNCATE_NONE, ILI_TRUNCATE_SHIFT, ILI_TRUNCATE_SHIFT}},
        {{"lj", "zbl", "r12"}, {5.1, 3.3, 5.1}, {ILI_TRUNCATE_SHIFT, ILI_TRUNCATE_TAPER, ILI_TRUNCATE_TAPER}},
        {{"lj", "r12", "r12"}, {6.0, 3.3, 4.7}, {ILI_TRUNCATE_SHIFT, ILI_TRUNCATE_NONE, ILI_TRUNCATE_TAPER}}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        il_model m = empty(true);
        for (int e = 0; e < 3; e++) add(&m, rows[k].form[e], 0, 1, rows[k].cutoff[e], rows[k].truncation[e]);
        add(&m, "born_mayer", 0, 0, 4.0, ILI_TRUNCATE_SHIFT);
        bind(&s, &m, 5.0, 6.5, 0.45);
        s.cell = CUBE;
        place(&s, 150, 1.6, 5);
        int bad = compare_all(&s);
        if (bad) fprintf(stderr, "sum %zu\n", k);
        CHECK(bad == 0);
    }
}

/** What a sum takes from its first term does not hold for the second: width of the taper, place of the well. */
TEST(terms_that_differ_in_one_number) {
    for (int k = 0; k < 2; k++) {
        il_model m = empty(true);
        add(&m, "morse", 0, 1, 5.0, ILI_TRUNCATE_TAPER);
        add(&m, "morse", 0, 1, 5.0, ILI_TRUNCATE_TAPER);
        if (k)
            entries[1].p[2] = 2.9;
        else
            entries[1].taper = 1.0;
        bind(&s, &m, 5.0, 6.5, 0.45);
        s.cell = CUBE;
        place(&s, 150, 1.6, 5);
        int bad = compare_all(&s);
        if (bad) fprintf(stderr, "%s\n", k ? "places" : "widths");
        CHECK(bad == 0);
    }
}

/** A term that reaches beyond the 64 angstrom within which steps of floats are exact. */
TEST(a_term_of_long_reach) {
    il_model m = empty(false);
    add(&m, "morse", 0, 0, 65.0, ILI_TRUNCATE_SHIFT);
    memcpy(entries[0].p, (double[]){0.3, 0.05, 60.0}, 3 * sizeof(double));
    bind(&s, &m, 5.0, 5.0, 0.0);
    s.cell = (ili_cell){{{300, 0, 0}, {0, 300, 0}, {0, 0, 300}}, {true, true, true}};
    s.binding.n = 2;
    for (int i = 0; i < 2; i++) {
        s.type[i] = 0;
        s.x[i][0] = 20.0 + 64.5 * i, s.x[i][1] = 5.0, s.x[i][2] = 8.0;
    }
    CHECK(compare_all(&s) == 0);
}

/** The Coulomb polynomial loses no more than the arithmetic does, and kernels take it whole, by fours, whatever its length. */
TEST(the_polynomial_is_as_good_as_its_numbers) {
    il_model m = oxide();
    for (int single = 0; single < 2; single++) {
        int seen[4] = {0};
        for (double alpha = 0.2; alpha < 0.6; alpha += 0.02) {
            ili_pair_params *p = NULL;
            bind(&s, &m, 5.0, 8.0, alpha);
            s.cell = CUBE;
            place(&s, 50, 1.6, 5);
            REQUIRE_OK(ili_pair_params_create(ctx, &s.binding, 5.0, 8.0, alpha, single, &p));
            CHECK(p->poly.slope_error <= (single ? 3e-8 : 1e-13));
            CHECK(p->n_poly >= p->poly.n && p->n_poly % 4 == 0);
            CHECK(p->n_slope >= p->poly.n - 1 && p->n_slope % 4 == 0);
            seen[p->poly.n % 4]++;
            ili_pair_params_destroy(&p);
        }
        CHECK(seen[0] && seen[1] && seen[2] && seen[3]);
    }
}

/** What the polynomials of a table cannot do is asked of the forms one by one, some fifty times slower: of a smooth
 *  function nothing is beyond 2 angstrom (nearer, zbl is too steep for them). */
TEST(tables_have_no_gaps) {
    il_model m = empty(false);
    add(&m, "zbl", 0, 1, 5.0, ILI_TRUNCATE_NONE);
    for (int single = 0; single < 2; single++) {
        ili_pair_params *p = NULL;
        int n = 0;
        bind(&s, &m, 5.0, 5.0, 0.0);
        s.cell = CUBE;
        place(&s, 50, 1.6, 5);
        REQUIRE_OK(ili_pair_params_create(ctx, &s.binding, 5.0, 5.0, 0.0, single, &p));
        CHECK(p->has_table);
        for (int k = (int)ceil(4.0 / ILI_QUINTIC_STEP); k * ILI_QUINTIC_STEP < 25.0; k++, n++) {
            const size_t at = (size_t)k * ILI_QUINTIC + 1;
            CHECK(isfinite(single ? ((float *)p->table)[at] : ((double *)p->table)[at]));
        }
        CHECK(n > 100);
        ili_pair_params_destroy(&p);
    }
}

TEST(every_shipped_model) {
    DIR *folder = opendir("potentials");
    ck_assert_ptr_nonnull(folder);
    int n = 0;
    for (struct dirent *e; (e = readdir(folder));) {
        char path[300];
        if (!strstr(e->d_name, ".yaml")) continue;
        il_model *m = NULL;
        snprintf(path, sizeof path, "potentials/%s", e->d_name);
        REQUIRE_OK(il_model_read(ctx, path, &m));
        ck_assert_int_le(m->n_species, NS_MAX);
        bind(&s, m, isnan(m->short_cutoff) ? 6.0 : fmin(m->short_cutoff, 8.0), 7.0,
             m->has_coulomb ? 0.4 : 0.0);
        s.cell = CUBE;
        place(&s, 200, 1.5, 11);
        int bad = compare_all(&s);
        if (bad) fprintf(stderr, "model %s\n", e->d_name);
        CHECK(bad == 0);
        n++;
        il_model_destroy(&m);
    }
    closedir(folder);
    CHECK(n > 10);
}

/** More kinds than a look-up in registers takes: closed forms, and tables, which one pair of another form makes of all. */
TEST(more_than_sixteen_kinds) {
    enum { KINDS = 37, KINDS_OF_TABLES = 18 };
    static ili_model_species many[KINDS];
    static ili_model_entry all[KINDS * KINDS];
    for (int tables = 0; tables < 2; tables++) {
        const int kinds = tables ? KINDS_OF_TABLES : KINDS;
        il_model m = {.n_species = kinds, .species = many, .entries = all, .has_coulomb = true};
        for (int a = 0; a < kinds; a++) {
            many[a].base.charge = 0.1 * (a % 7 - 3);
            for (int b = a; b < kinds; b++)
                all[m.n_entries++] =
                    (ili_model_entry){.form = ili_form_find("buck"),
                                      .species = {a, b},
                                      .p = {1000.0 + a + b, 0.3 + 0.001 * (a + 2 * b), 20.0 + b},
                                      .cutoff = NAN};
        }
        if (tables) all[0] = (ili_model_entry){.form = ili_form_find("zbl"), .p = {3, 8}, .cutoff = NAN};
        bind(&s, &m, 5.0, 6.5, 0.45);
        s.cell = CUBE;
        place(&s, 300, 1.6, 5);
        int bad = compare_all(&s);
        if (bad) fprintf(stderr, "%s\n", tables ? "tables" : "closed forms");
        CHECK(bad == 0);
    }
}

TEST(cells_of_all_kinds) {
    static const struct {
        const char *name;
        ili_cell cell;
        int n;
    } rows[] = {{"small", {{{4, 0, 0}, {0, 4.5, 0}, {0, 0, 3.7}}, {true, true, true}}, 4},
                {"very tilted", {{{9, 0, 0}, {8.2, 7, 0}, {-7.5, 6.1, 8}}, {true, true, true}}, 60},
                {"left-handed", {{{0, 0, 11}, {1, 12, 2}, {10, 1, 0}}, {true, true, true}}, 90},
                {"slab", {{{11, 0, 0}, {5, 12, 0}, {0, 0, 30}}, {true, true, false}}, 150},
                {"wire", {{{7, 0, 0}, {0, 20, 0}, {0, 0, 20}}, {true, false, false}}, 60},
                {"molecule", {{{20, 0, 0}, {0, 20, 0}, {0, 0, 20}}, {false, false, false}}, 60},
                {"one atom", {{{3.1, 0, 0}, {0.4, 3.3, 0}, {0.2, 0.7, 3.9}}, {true, true, true}}, 1},
                {"lone atom", {{{30, 0, 0}, {0, 30, 0}, {0, 0, 30}}, {false, false, false}}, 1},
                {"thin gas", {{{170, 0, 0}, {0, 150, 0}, {0, 0, 160}}, {true, true, true}}, 12},
                {"needle", {{{190, 0, 0}, {0, 6, 0}, {0, 0, 6}}, {true, true, true}}, 40}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        il_model m = oxide();
        bind(&s, &m, 6.0, 7.5, 0.4);
        s.cell = rows[k].cell;
        place(&s, rows[k].n, 1.5, 20 + k);
        CHECK(s.binding.n == rows[k].n);
        int bad = compare_all(&s);
        if (bad) fprintf(stderr, "cell: %s\n", rows[k].name);
        CHECK(bad == 0);
    }
}

/** A list of 19 chunks of pairs: a rocking crystal. */
TEST(many_atoms) {
    enum { EDGE = 18 };
    static const double spacing = 2.1;
    ili_rng rng = ili_rng_make(81, 7);
    il_model m = oxide();
    bind(&s, &m, 4.0, 4.5, 0.6);
    s.cell = (ili_cell){.pbc = {true, true, true}};
    for (int k = 0; k < 3; k++) s.cell.h[k][k] = EDGE * spacing;
    for (int i = 0; i < EDGE * EDGE * EDGE; i++) {
        const int at[3] = {i % EDGE, i / EDGE % EDGE, i / EDGE / EDGE};
        for (int k = 0; k < 3; k++) s.x[i][k] = spacing * at[k] + 0.3 * (2.0 * ili_rng_uniform(&rng) - 1.0);
        s.type[i] = (at[0] + at[1] + at[2]) % 2;
        s.charge[i] = s.species_charge[s.type[i]];
    }
    s.binding.n = EDGE * EDGE * EDGE;
    CHECK(compare_all(&s) == 0);
}

/** A gas in a wide box has clusters that span more than the 64 angstrom within which steps are exact. */
TEST(atoms_of_a_cluster_far_apart) {
    il_model m = oxide();
    bind(&s, &m, 6.0, 7.5, 0.4);
    s.cell = (ili_cell){{{500, 0, 0}, {0, 400, 0}, {0, 0, 300}}, {true, true, true}};
    for (int seed = 0; seed < 20; seed++) {
        place(&s, 24, 1.5, 100 + (uint64_t)seed);
        for (int i = 1; i < s.binding.n;
             i += 2) /* neighbours, and others 128 angstrom away from being neighbours */
            for (int k = 0; k < 3; k++)
                s.x[i][k] = s.x[i - 1][k] + (k == seed % 3 ? (i % 4 == 1 ? 2.5 : 128.0 + 2.0) : 0.4);
        CHECK(compare_all(&s) == 0);
    }
}

TEST(atoms_anywhere) {
    il_model m = oxide();
    bind(&s, &m, 6.0, 7.5, 0.4);
    s.cell = (ili_cell){{{12, 0, 0}, {3, 11, 0}, {-2, 4, 13}}, {true, true, true}};
    place(&s, 120, 1.5, 31);
    for (int i = 0; i < s.binding.n; i++) /* corners, faces, edges: places move by whole cells */
        for (int k = 0; k < 3; k++)
            for (int c = 0; c < 3; c++) s.x[i][c] += ((i + k) % 3 - 1) * s.cell.h[k][c];
    ili_sub(s.x[0], s.x[0], s.x[0]);
    CHECK(compare_all(&s) == 0);
    place(&s, 120, 1.5, 31);
    for (int i = 0; i < s.binding.n; i++) /* 1e5 angstrom away */
        for (int k = 0; k < 3; k++)
            for (int c = 0; c < 3; c++)
                s.x[i][c] += (i % 2 ? 1 : -1) * 8000.0 * (k + i % 3) / 2 * s.cell.h[k][c];
    CHECK(compare_all(&s) == 0);
}

TEST(exclusions) {
    il_model m = oxide();
    for (int stride = 1; stride < 60; stride += 13) {
        bind(&s, &m, 6.0, 7.5, 0.4);
        s.cell = (ili_cell){{{9, 0, 0}, {3, 9, 0}, {-2, 4, 9}}, {true, true, true}};
        place(&s, 80, 1.5, 41);
        for (int i = 0; i + stride < s.binding.n; i++)
            s.specials[s.binding.n_specials++] = (ili_special_pair){.i = i, .j = i + stride};
        CHECK(compare_all(&s) == 0);
    }
}

/** Nearer than tables begin: the forms themselves. */
TEST(nearer_than_the_tables) {
    il_model m = empty(true);
    add(&m, "zbl", 0, 1, NAN, ILI_TRUNCATE_TAPER);
    add(&m, "zbl", 1, 1, NAN, ILI_TRUNCATE_SHIFT);
    bind(&s, &m, 5.0, 6.5, 0.45);
    s.cell = CUBE;
    place(&s, 100, 1.0, 51);
    for (int i = 1; i < s.binding.n; i += 10)
        for (int k = 0; k < 3; k++) s.x[i][k] = s.x[i - 1][k] + 0.02 * (k + 1 + i % 7);
    CHECK(compare_all(&s) == 0);
}

TEST(atoms_on_one_place_are_no_number) {
    il_model m = oxide();
    static outcome o;
    bind(&s, &m, 6.0, 7.5, 0.4);
    s.cell = CUBE;
    place(&s, 60, 1.5, 61);
    memcpy(s.x[7], s.x[40], sizeof s.x[7]);
    s.type[7] = s.type[40] = 1;
    for (int set = 0; set < ILI_SIMD_SETS; set++)
        for (int mixed = 0; mixed < 2 && ili_simd_is_here((ili_simd)set); mixed++) {
            ctx->simd = (ili_simd)set;
            compute(&s, mixed, false, &o);
            CHECK(!isfinite(o.energy));
            CHECK(!isfinite(o.f[7][0]) && !isfinite(o.f[40][0]));
        }
}

TEST(same_bits_at_any_thread_count) {
    il_model m = oxide();
    static outcome want, got;
    bind(&s, &m, 6.0, 7.5, 0.4);
    s.cell = (ili_cell){{{24, 0, 0}, {3, 22, 0}, {-2, 4, 26}}, {true, true, true}};
    place(&s, 400, 1.5, 71);
    for (int set = 0; set < ILI_SIMD_SETS; set++)
        for (int mixed = 0; mixed < 2 && ili_simd_is_here((ili_simd)set); mixed++) {
            ctx->simd = (ili_simd)set;
            il_set_threads(ctx, 1);
            compute(&s, mixed, false, &want);
            for (int threads = 2; threads <= 8; threads *= 2) {
                il_set_threads(ctx, threads);
                compute(&s, mixed, false, &got);
                CHECK(memcmp(&want, &got, sizeof got) == 0);
            }
        }
}

/** No room for the forces of the chunks is told, and forgotten when there is room again. */
TEST(memory_that_comes_back) {
    static double f[N_MAX][3];
    il_model m = oxide();
    ili_pairs_fast *pairs = NULL;
    ili_accum acc = {.f = f};
    double energy;
    bind(&s, &m, 5.0, 6.5, 0.4);
    s.cell = CUBE;
    place(&s, 50, 1.6, 5);
    REQUIRE_OK(ili_pairs_fast_create(ctx, &s.binding, &s.plan, &pairs));
    REQUIRE_OK(ili_pairs_fast_update(ctx, pairs, &s.cell, (const double(*)[3])s.x));
    ili_free(ctx->scratch);
    ctx->scratch = NULL;
    ili_alloc_fail_at(1);
    CHECK_STATUS(ili_pairs_fast_compute(ctx, pairs, &energy, &acc), IL_E_MEMORY);
    ili_alloc_fail_at(0);
    CHECK_OK(ili_pairs_fast_compute(ctx, pairs, &energy, &acc));
    ili_pairs_fast_destroy(&pairs);
}

TESTS(RUN(every_form_and_truncation); RUN(several_forms_on_a_pair); RUN(terms_that_differ_in_one_number);
      RUN(a_term_of_long_reach); RUN(the_polynomial_is_as_good_as_its_numbers); RUN(tables_have_no_gaps);
      RUN(every_shipped_model); RUN(more_than_sixteen_kinds); RUN(cells_of_all_kinds); RUN(many_atoms);
      RUN(atoms_of_a_cluster_far_apart); RUN(atoms_anywhere); RUN(exclusions); RUN(nearer_than_the_tables);
      RUN(atoms_on_one_place_are_no_number); RUN(same_bits_at_any_thread_count); RUN(memory_that_comes_back))
