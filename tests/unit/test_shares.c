/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Shares of electrons: the minimiser, the Coulomb matrix, on-site energies between rungs, and the energy that they make. */
#include "scratch.h"

#include "base/rng.h"
#include "ff/ewald_matrix.h"
#include "ff/ff.h"
#include "ff/share_energy.h"
#include "math/cholesky.h"
#include "math/shares.h"
#include "math/solve.h"
#include "math/units.h"

/* ---- the minimiser ------------------------------------------------------------------------------------- */

enum { M = 7 };

/** Kinks: slope `kink` is added right of every whole number k, k times. */
typedef struct bowl {
    int m;
    double h[M][M], g[M], kink;
    int calls;
} bowl;

static void bowl_at(void *user, const double *n, const int *segment, double *energy, double *gradient,
                    double *hessian) {
    bowl *b = user;
    b->calls++;
    *energy = 0.0;
    for (int i = 0; i < b->m; i++) {
        double field = 0.0;
        for (int j = 0; j < b->m; j++) {
            field += b->h[i][j] * n[j];
            if (hessian) hessian[i * b->m + j] = b->h[i][j];
        }
        *energy += n[i] * (0.5 * field + b->g[i] + b->kink * segment[i]) -
                   b->kink * segment[i] * (segment[i] + 1) / 2.0;
        if (gradient) gradient[i] = field + b->g[i] + b->kink * segment[i];
    }
}

static double bowl_energy(bowl *b, const double *n, const int *top) {
    int segment[M];
    double e;
    for (int i = 0; i < b->m; i++) segment[i] = (int)fmin(n[i], top[i] - 1);
    bowl_at(b, n, segment, &e, NULL, NULL);
    return e;
}

/** A convex bowl of random stiffness. */
static bowl random_bowl(uint64_t seed, double kink) {
    ili_rng rng = ili_rng_make(seed, 1);
    bowl b = {.m = M, .kink = kink};
    double r[M][M];
    for (int i = 0; i < M; i++)
        for (int j = 0; j < M; j++) r[i][j] = ili_rng_normal(&rng);
    for (int i = 0; i < M; i++) {
        b.g[i] = 3.0 * ili_rng_normal(&rng);
        for (int j = 0; j < M; j++)
            for (int k = 0; k < M; k++) b.h[i][j] += 0.3 * r[i][k] * r[j][k];
        b.h[i][i] += 0.5;
    }
    return b;
}

/** A minimum of a convex energy: no exchange between any two shares, however small or large, lowers it. */
TEST(minimum_of_random_bowls) {
    const int top[M] = {1, 2, 3, 2, 4, 1, 2};
    for (uint64_t seed = 1; seed <= 40; seed++) {
        bowl b = random_bowl(seed, seed % 2 ? 0.0 : 1.5);
        double n[M] = {0, 1, 1.5, 0.25, 2, 1, 0.25}, sum = 0.0;
        bool is_convex = false;
        const ili_share_problem p = {.m = M, .top = top, .energy = bowl_at, .user = &b};
        REQUIRE_OK(ili_shares_minimise(ctx, &p, n, &is_convex));
        CHECK(is_convex);
        double e = bowl_energy(&b, n, top);
        for (int i = 0; i < M; i++) {
            CHECK(n[i] >= 0.0 && n[i] <= top[i]);
            sum += n[i];
        }
        CHECK_NEAR(sum, 6.0, 1e-13);
        for (int i = 0; i < M; i++)
            for (int j = 0; j < M; j++)
                for (double step = 1e-4; step < 1.0; step *= 10.0) {
                    double t[M];
                    memcpy(t, n, sizeof t);
                    t[i] += step;
                    t[j] -= step;
                    if (i != j && t[i] <= top[i] && t[j] >= 0.0)
                        CHECK(bowl_energy(&b, t, top) >= e - 1e-7 * step - 1e-13);
                }
    }
}

/** Strong kinks fill level after level: nine on seven, so one each and two among all. */
TEST(strong_kinks_fill_levels) {
    const int top[M] = {3, 3, 3, 3, 3, 3, 3};
    bowl b = random_bowl(5, 50.0);
    double n[M] = {0.5, 1.5, 0.25, 1.75, 2, 3, 0};
    bool is_convex;
    const ili_share_problem p = {.m = M, .top = top, .energy = bowl_at, .user = &b};
    REQUIRE_OK(ili_shares_minimise(ctx, &p, n, &is_convex));
    for (int i = 0; i < M; i++) CHECK(n[i] >= 1.0 && n[i] <= 2.0);
}

/** Shares that attract each other go apart as far as they may: a local minimum, and it says so. */
TEST(concave_energy_is_told) {
    const int top[2] = {2, 2};
    bowl b = {.m = 2, .h = {{-1, 0}, {0, -1}}, .g = {0.1, 0.0}};
    double n[2] = {0.9, 1.1};
    bool is_convex = true;
    const ili_share_problem p = {.m = 2, .top = top, .energy = bowl_at, .user = &b};
    REQUIRE_OK(ili_shares_minimise(ctx, &p, n, &is_convex));
    CHECK(!is_convex);
    CHECK(n[0] == 0.0 && n[1] == 2.0);
}

static void no_number(void *user, const double *n, const int *segment, double *energy, double *gradient,
                      double *hessian) {
    (void)user, (void)n, (void)segment;
    *energy = NAN;
    for (int i = 0; i < 2 && gradient; i++) gradient[i] = NAN;
    for (int i = 0; i < 4 && hessian; i++) hessian[i] = NAN;
}

TEST(no_number_ends) {
    const int top[2] = {2, 2};
    double n[2] = {0.9, 1.1};
    bool is_convex;
    const ili_share_problem p = {.m = 2, .top = top, .energy = no_number};
    CHECK_STATUS(ili_shares_minimise(ctx, &p, n, &is_convex), IL_E_NONFINITE);
}

TEST(cholesky_solves) {
    double a[9] = {4, 2, 1, 2, 5, 3, 1, 3, 6}, b[3] = {1, 2, 3}, l[9], r[3];
    memcpy(l, a, sizeof a);
    memcpy(r, b, sizeof b);
    CHECK(ili_cholesky(3, l));
    ili_cholesky_forward(3, 1, l, r);
    ili_cholesky_backward(3, 1, l, r);
    for (int i = 0; i < 3; i++)
        CHECK_NEAR(a[3 * i] * r[0] + a[3 * i + 1] * r[1] + a[3 * i + 2] * r[2], b[i], 1e-14);
    double flat[4] = {1, 2, 2, 1};
    CHECK(!ili_cholesky(2, flat));
}

/* a matrix whose first pivot is 0, with a stride; two rows that are multiples */
TEST(elimination_solves) {
    const double a[3][4] = {{0, 2, 1, 9}, {4, -1, 3, 9}, {2, 5, -2, 9}}, x[3] = {1.5, -2, 0.25};
    double m[3][4], b[3] = {0}, flat[4] = {1, 2, 2, 4}, c[2] = {1, 1};
    memcpy(m, a, sizeof m);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) b[i] += a[i][k] * x[k];
    CHECK(ili_solve(3, 4, &m[0][0], b));
    for (int i = 0; i < 3; i++) CHECK_NEAR(b[i], x[i], 1e-14);
    CHECK(!ili_solve(2, 2, flat, c));
}

/* ---- the Coulomb matrix -------------------------------------------------------------------------------- */

/** All ions of rock salt free: 1/2 q A q is Madelung's. */
TEST(madelung_from_the_matrix) {
    enum { N = 8 };
    il_system *sys = NULL;
    int32_t na, cl, atom[N];
    double q[N], a[N * N], v[N], energy = 0.0, side = 5.64;
    CHECK_OK(ili_system_create(ctx, &sys));
    CHECK_OK(ili_system_species(ctx, sys, "Na", 0, &na));
    CHECK_OK(ili_system_species(ctx, sys, "Cl", 0, &cl));
    for (int k = 0; k < 3; k++) sys->cell.h[k][k] = side;
    for (int i = 0; i < N; i++) {
        const double x[3] = {0.5 * side * (i & 1), 0.5 * side * (i >> 1 & 1), 0.5 * side * (i >> 2)};
        bool is_na = ((i & 1) + (i >> 1 & 1) + (i >> 2)) % 2 == 0;
        CHECK_OK(ili_system_add(ctx, sys, is_na ? na : cl, x));
        q[i] = is_na ? 1.0 : -1.0;
        atom[i] = i;
    }
    REQUIRE_OK(ili_ewald_matrix(ctx, sys, q, N, atom, a, v));
    for (int i = 0; i < N; i++) {
        CHECK(v[i] == 0.0);
        for (int j = 0; j < N; j++) {
            energy += 0.5 * q[i] * a[i * N + j] * q[j];
            CHECK_NEAR(a[i * N + j], a[j * N + i], 1e-12);
        }
    }
    CHECK_NEAR(energy * (0.5 * side) / (4.0 * ILI_COULOMB), -1.747564594633, 1e-10);
    /* two free ones in the field of the others */
    double a2[4], v2[2], two = 0.0;
    const int32_t pair[2] = {2, 5};
    REQUIRE_OK(ili_ewald_matrix(ctx, sys, q, 2, pair, a2, v2));
    for (int p = 0; p < 2; p++) {
        double field = v2[p];
        for (int s = 0; s < 2; s++) field += a2[2 * p + s] * q[pair[s]];
        two = 0.5 * q[pair[p]] * field;
        CHECK_NEAR(two, energy / N, 1e-10);
    }
    sys->cell.pbc[2] = false;
    CHECK_STATUS(ili_ewald_matrix(ctx, sys, q, 2, pair, a2, v2), IL_E_UNSUPPORTED);
    il_system_destroy(&sys);
}

/* ---- the energy of shares ------------------------------------------------------------------------------ */

#define HEAD                                                                                                 \
    "name: t\ntitle: a test\ndate: 2026-01-01\ncitation: nobody\nstatus: published\n"                        \
    "units: {length: angstrom, energy: eV}\n"                                                                \
    "defaults: {short_cutoff: 6, coulomb_cutoff: 9, coulomb_accuracy: 1e-10}\ncoulomb: yes\n"

/** Pair terms that change with the electrons, with others and among themselves. */
static const char MODEL[] = HEAD
    "species:\n"
    "  Li: {element: Li, charge: 0.6, phase: x}\n"
    "  O: {element: O, charge: -1.2, phase: x}\n"
    "  Ge: {element: Ge, charge: 2.4, phase: x, onsite: 0.3}\n"
    "  Ge3: {element: Ge, charge: 1.8, phase: x, onsite: 1, redox: {of: Ge, electrons: 1}}\n"
    "  Ge2: {element: Ge, charge: 1.2, phase: x, onsite: 5, redox: {of: Ge, electrons: 2}}\n"
    "  Ge1: {element: Ge, charge: 0.6, phase: x, onsite: 12, redox: {of: Ge, electrons: 3}}\n"
    "terms:\n"
    "  - form: born_mayer\n    source: s\n    pairs:\n"
    "      Li-O: {A: 300, rho: 0.3}\n      O-O: {A: 500, rho: 0.3}\n      Ge-O: {A: 1000, rho: 0.3}\n"
    "      Ge3-O: {A: 1300, rho: 0.31}\n      Ge2-O: {A: 1500, rho: 0.33}\n      Ge1-O: {A: 2500, rho: "
    "0.33}\n"
    "      Ge-Ge: {A: 1000, rho: 0.4}\n      Ge3-Ge: {A: 1100, rho: 0.4}\n      Ge2-Ge: {A: 1100, rho: 0.4}\n"
    "      Ge1-Ge: {A: 1400, rho: 0.4}\n      Ge3-Ge3: {A: 1500, rho: 0.4}\n      Ge3-Ge2: {A: 1600, rho: "
    "0.4}\n"
    "      Ge3-Ge1: {A: 1700, rho: 0.4}\n      Ge2-Ge2: {A: 1800, rho: 0.4}\n      Ge2-Ge1: {A: 1900, rho: "
    "0.4}\n"
    "      Ge1-Ge1: {A: 2000, rho: 0.4}\n"
    "none:\n  Li-Li: a\n  Li-Ge: a\n  Li-Ge3: a\n  Li-Ge2: a\n  Li-Ge1: a\n";

static il_model *model_of(const char *text) {
    scratch_path path;
    il_model *model = NULL;
    scratch_name(path, ".yaml");
    scratch_write(path, text, strlen(text));
    CHECK_OK(il_model_read(ctx, path, &model));
    unlink(path);
    return model;
}

TEST(onsite_between_rungs) {
    il_model *model = model_of(MODEL);
    ili_ladder ladder;
    if (!model) return;
    CHECK(ili_ladders(model, &ladder, 1) == 1 && ladder.n == 4);
    CHECK(ili_onsite_is_convex(model, &ladder));
    double before = -INFINITY, s, c, end;
    for (int k = 0; k < 3; k++) {
        CHECK_NEAR(ili_onsite_smooth(model, &ladder, k, k, &s, NULL),
                   model->species[ladder.species[k]].onsite, 1e-14);
        if (k) CHECK_NEAR(s, end, 1e-13); /* the slope goes on */
        for (int i = 0; i <= 100; i++) {
            double n = k + 0.01 * i, up, low, h = 1e-5;
            ili_onsite_smooth(model, &ladder, n, k, &s, &c);
            CHECK(c >= 0.0 && s >= before - 1e-12);
            before = s;
            up = ili_onsite_smooth(model, &ladder, n + h, k, NULL, NULL);
            low = ili_onsite_smooth(model, &ladder, n - h, k, NULL, NULL);
            if (i && i < 100) CHECK_NEAR((up - low) / (2 * h), s, 1e-4);
        }
        CHECK_NEAR(ili_onsite_smooth(model, &ladder, k + 1, k, &end, NULL),
                   model->species[ladder.species[k + 1]].onsite, 1e-14);
    }
    /* rungs on a parabola: that parabola */
    for (int k = 0; k < 4; k++) model->species[ladder.species[k]].onsite = 1.0 - 2.0 * k + 0.7 * k * k;
    for (double n = 0.05; n < 3.0; n += 0.1) {
        CHECK_NEAR(ili_onsite_smooth(model, &ladder, n, (int)n, &s, &c), 1.0 - 2.0 * n + 0.7 * n * n, 1e-13);
        CHECK_NEAR(s, -2.0 + 1.4 * n, 1e-13);
        CHECK_NEAR(c, 1.4, 1e-12);
    }
    model->species[ladder.species[2]].onsite =
        0.5 * (model->species[ladder.species[1]].onsite + model->species[ladder.species[3]].onsite);
    CHECK(!ili_onsite_is_convex(model, &ladder));
    ladder.n = 2;
    CHECK(!ili_onsite_is_convex(model, &ladder));
    il_model_destroy(&model);
}

enum { N_ATOMS = 11, N_IONS = 3 };
static const int32_t IONS[N_IONS] = {0, 4, 7};

/** Three germaniums in a small skew cell (own images within the cut-off), five oxygens, three lithiums: five
 *  electrons make it neutral. */
static il_system *three_ions(void) {
    static const char *const names[N_ATOMS] = {"Ge", "O", "O", "Li", "Ge", "O", "Li", "Ge", "O", "O", "Li"};
    static const double s[N_ATOMS][3] = {{0.02, 0.01, 0.03}, {0.31, 0.02, 0.05}, {0.05, 0.33, 0.01},
                                         {0.52, 0.47, 0.05}, {0.45, 0.55, 0.52}, {0.75, 0.52, 0.49},
                                         {0.1, 0.6, 0.55},   {0.03, 0.02, 0.55}, {0.02, 0.3, 0.5},
                                         {0.5, 0.8, 0.75},   {0.75, 0.2, 0.3}};
    il_system *sys = NULL;
    CHECK_OK(ili_system_create(ctx, &sys));
    CHECK_OK(ili_cell_from_parameters(ctx, (const double[]){5.6, 6.2, 7.5}, (const double[]){82, 95, 100},
                                      &sys->cell));
    for (int i = 0; i < N_ATOMS; i++) {
        int32_t type;
        double x[3];
        ili_cell_to_cart(&sys->cell, s[i], x);
        CHECK_OK(ili_system_species(ctx, sys, names[i], 0, &type));
        CHECK_OK(ili_system_add(ctx, sys, type, x));
    }
    return sys;
}

/** Energy by the force field of a blend with the smooth on-site energies. */
static double blend_energy(const il_model *model, const ili_ladder *ladder, const double *n) {
    il_model *blend = NULL;
    il_ff *ff = NULL;
    ili_ff_result r = {.energy = NAN};
    il_system *sys = three_ions();
    CHECK_OK(ili_model_blend(ctx, model, ladder, N_IONS, n, &blend));
    for (int k = 0; blend && k < N_IONS; k++) {
        int32_t s = model->n_species + k, type;
        int segment = (int)fmin(n[k], ladder->n - 2);
        blend->species[s].onsite = ili_onsite_smooth(model, ladder, n[k], segment, NULL, NULL);
        CHECK_OK(ili_system_species(ctx, sys, blend->species[s].base.name, 32, &type));
        sys->type[IONS[k]] = type;
    }
    CHECK_OK(il_ff_create(ctx, blend, sys, NULL, &ff));
    if (ff) CHECK_OK(ili_ff_evaluate_terms(ctx, ff, &sys->cell, (const double(*)[3])sys->x, &r));
    il_ff_destroy(&ff);
    il_model_destroy(&blend);
    il_system_destroy(&sys);
    return r.energy;
}

/** What the shares see is the energy of the blended model; slopes and curvatures are its differences. */
TEST(share_energy_is_that_of_the_blend) {
    il_model *model = model_of(MODEL);
    ili_ladder ladder;
    ili_binding binding = {0};
    ili_share_energy *e = NULL;
    il_system *sys = three_ions();
    if (!model) return;
    CHECK(ili_ladders(model, &ladder, 1) == 1);
    const ili_ladder of[N_IONS] = {ladder, ladder, ladder};
    REQUIRE_OK(ili_bind(ctx, model, sys, true, &binding));
    REQUIRE_OK(
        ili_share_energy_create(ctx, model, 6.0, sys, binding.type, binding.charge, N_IONS, IONS, of, &e));
    /* 7.2 - 6.0 + 1.8 = 3.0: five electrons make it neutral */
    const double shares[][N_IONS] = {
        {2, 2, 1}, {0.3, 2.6, 2.1}, {1.7, 1.8, 1.5}, {3, 0.9, 1.1}, {2.5, 2.5, 0}};
    double first = 0.0, first_ff = 0.0;
    for (size_t k = 0; k < sizeof shares / sizeof *shares; k++) {
        const double *n = shares[k];
        double energy, g[N_IONS], h[N_IONS * N_IONS], step = 1e-4;
        int segment[N_IONS];
        for (int i = 0; i < N_IONS; i++) segment[i] = (int)fmin(n[i], 2);
        ili_share_energy_at(e, n, segment, &energy, g, h);
        double ff = blend_energy(model, &ladder, n);
        if (k == 0) {
            first = energy;
            first_ff = ff;
        }
        CHECK_NEAR(energy - first, ff - first_ff, 1e-7); /* the accuracy of the force field's own Ewald sum */
        for (int i = 0; i < N_IONS; i++) {
            double t[N_IONS], up, low, gu[N_IONS], gl[N_IONS];
            if (n[i] == floor(n[i])) continue;
            memcpy(t, n, sizeof t);
            t[i] = n[i] + step;
            ili_share_energy_at(e, t, segment, &up, gu, NULL);
            t[i] = n[i] - step;
            ili_share_energy_at(e, t, segment, &low, gl, NULL);
            CHECK_NEAR(g[i], (up - low) / (2 * step), 1e-6);
            CHECK_NEAR(h[i * N_IONS + i], (gu[i] - gl[i]) / (2 * step),
                       1e-3 * (1.0 + fabs(h[i * N_IONS + i])));
        }
    }
    ili_share_energy_destroy(&e);
    ili_binding_free(&binding);
    il_system_destroy(&sys);
    il_model_destroy(&model);
}

TESTS(RUN(minimum_of_random_bowls); RUN(strong_kinks_fill_levels); RUN(concave_energy_is_told);
      RUN(no_number_ends); RUN(cholesky_solves); RUN(elimination_solves); RUN(madelung_from_the_matrix);
      RUN(onsite_between_rungs); RUN(share_energy_is_that_of_the_blend))
