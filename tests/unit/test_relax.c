/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "math/vec.h"
#include "relax/lbfgs.h"
#include "relax/relax.h"

static const ili_relax_method METHODS[] = {ILI_RELAX_LBFGS, ILI_RELAX_FIRE};

/* ---- landscapes ---------------------------------------------------------------------------------------- */

static const ili_cell BOX = {.h = {{10, 0, 0}, {0, 10, 0}, {0, 0, 10}}, .pbc = {true, true, true}};

static il_status valley(il_context *c, void *user, const ili_cell *cell, const double (*x)[3], double *energy,
                        double (*f)[3], double w[6]) {
    (void)c, (void)user, (void)cell, (void)w;
    double a = 1 - x[0][0], b = x[0][1] - x[0][0] * x[0][0], z = x[0][2];
    *energy = a * a + 100 * b * b + z * z;
    f[0][0] = 2 * a + 400 * b * x[0][0];
    f[0][1] = -200 * b;
    f[0][2] = -2 * z;
    return IL_OK;
}

enum { N_WELLS = 30 };

/* springs of 0.1 to 100 eV/A^2 to the origin */
static il_status wells(il_context *c, void *user, const ili_cell *cell, const double (*x)[3], double *energy,
                       double (*f)[3], double w[6]) {
    (void)c, (void)user, (void)cell, (void)w;
    *energy = -1000.0;
    for (int i = 0; i < N_WELLS; i++) {
        double k = 0.1 * pow(1000.0, i / (N_WELLS - 1.0));
        *energy += 0.5 * k * ili_dot(x[i], x[i]);
        for (int j = 0; j < 3; j++) f[i][j] = -k * x[i][j];
    }
    return IL_OK;
}

typedef struct lj {
    int n, range;   /* images searched along each vector */
    double rc;      /* sigma */
    int fail_after; /* evaluation that returns NaN; 0 never */
    int calls;
    double noise_e, noise_f; /* amplitudes */
    double wrong;            /* adds a rotational force that no energy has */
} lj;

/* Lennard-Jones with energy and force shifted to 0 at rc; sigma = epsilon = 1 */
static double lj_pair(double r, double rc, double *de) {
    double u = 4 * (pow(r, -12) - pow(r, -6)), du = -24 * (2 * pow(r, -13) - pow(r, -7));
    double uc = 4 * (pow(rc, -12) - pow(rc, -6)), duc = -24 * (2 * pow(rc, -13) - pow(rc, -7));
    *de = du - duc;
    return u - uc - (r - rc) * duc;
}

/* in [-1, 1], changes with every bit of x */
static double noise_of(const double (*x)[3], int n, uint64_t stream) {
    uint64_t bits = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) {
            uint64_t b;
            memcpy(&b, &x[i][k], sizeof b);
            bits = (bits ^ b) * 0x9E3779B97F4A7C15u;
        }
    ili_rng rng = ili_rng_make(bits, stream);
    return 2 * ili_rng_uniform(&rng) - 1;
}

static il_status lj_energy(il_context *c, void *user, const ili_cell *cell, const double (*x)[3],
                           double *energy, double (*f)[3], double w[6]) {
    (void)c;
    lj *m = user;
    static const int order[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    int r[3];
    for (int k = 0; k < 3; k++) r[k] = cell->pbc[k] ? m->range : 0;
    *energy = 0;
    for (int k = 0; k < 6; k++) w[k] = 0;
    for (int i = 0; i < m->n; i++)
        for (int k = 0; k < 3; k++) f[i][k] = 0;
    for (int i = 0; i < m->n; i++)
        for (int j = 0; j < m->n; j++)
            for (int p = -r[0]; p <= r[0]; p++)
                for (int q = -r[1]; q <= r[1]; q++)
                    for (int s = -r[2]; s <= r[2]; s++) {
                        double d[3], de;
                        if (i == j && !p && !q && !s) continue;
                        for (int k = 0; k < 3; k++)
                            d[k] =
                                x[j][k] - x[i][k] + p * cell->h[0][k] + q * cell->h[1][k] + s * cell->h[2][k];
                        double l = ili_norm(d);
                        if (l >= m->rc) continue;
                        *energy += 0.5 * lj_pair(l, m->rc, &de);
                        for (int k = 0; k < 3; k++) f[i][k] += de * d[k] / l;
                        for (int k = 0; k < 6; k++) w[k] -= 0.5 * de * d[order[k][0]] * d[order[k][1]] / l;
                    }
    m->calls++;
    if (m->fail_after && m->calls >= m->fail_after) *energy = NAN;
    *energy += m->noise_e * noise_of(x, m->n, 1);
    for (int i = 0; i < m->n; i++) {
        for (int k = 0; k < 3; k++) f[i][k] += m->noise_f * noise_of(x, m->n, 2 + 3 * (uint64_t)i + k);
        f[i][0] -= m->wrong * x[i][1];
        f[i][1] += m->wrong * x[i][0];
    }
    return IL_OK;
}

static ili_cell fcc(double a, double (*x)[3], double rattle) {
    static const double s[4][3] = {{0, 0, 0}, {0.5, 0.5, 0}, {0.5, 0, 0.5}, {0, 0.5, 0.5}};
    ili_rng rng = ili_rng_make(7, 0);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 3; k++) x[i][k] = a * s[i][k] + rattle * (2 * ili_rng_uniform(&rng) - 1);
    return (ili_cell){.h = {{a, 0, 0}, {0, a, 0}, {0, 0, a}}, .pbc = {true, true, true}};
}

static void strain(ili_cell *cell, double (*x)[3], int n, const double d[3][3]) {
    ili_mat_mul(cell->h, d, cell->h);
    for (int i = 0; i < n; i++) ili_vec_mat(x[i], d, x[i]);
}

static const double SKEWED[3][3] = {{1.05, 0.04, -0.03}, {0.02, 0.96, 0.05}, {0.01, -0.04, 1.02}};

/* Enthalpy minimum of the perfect crystal over a, by golden section. */
static double fcc_minimum(lj *m, double pressure, double *energy) {
    double low = 1.3, high = 1.7, x[4][3], f[4][3], w[6], e[2];
    const double g = 0.5 * (sqrt(5.0) - 1);
    for (int step = 0; step < 60; step++) {
        double a[2] = {high - g * (high - low), low + g * (high - low)};
        for (int k = 0; k < 2; k++) {
            ili_cell cell = fcc(a[k], x, 0);
            lj_energy(ctx, m, &cell, (const double(*)[3])x, energy, f, w);
            e[k] = *energy + pressure * a[k] * a[k] * a[k];
        }
        if (e[0] < e[1])
            high = a[1];
        else
            low = a[0];
    }
    return 0.5 * (low + high);
}

/* ---- tests --------------------------------------------------------------------------------------------- */

TEST(finds_the_end_of_a_curved_valley) {
    for (int k = 0; k < 2; k++) {
        double x[1][3] = {{-1.2, 1.0, 0.5}};
        ili_cell cell = BOX;
        ili_relax_options o = ili_relax_defaults();
        o.method = METHODS[k];
        o.force_tolerance = 1e-6;
        o.max_steps = 20000;
        ili_relax_result r;
        REQUIRE_OK(ili_relax(ctx, valley, NULL, 1, &cell, x, &o, &r));
        CHECK(r.converged);
        CHECK(r.force_max <= 1e-6);
        /* softest curvature at the minimum: 0.4 (Hessian 802, -400, 200) */
        CHECK_NEAR(x[0][0], 1.0, 1e-6 * sqrt(2) / 0.39);
        CHECK_NEAR(x[0][1], 1.0, 2e-6 * sqrt(2) / 0.39);
        CHECK(k || r.steps < 100);
    }
}

TEST(relaxes_springs_of_very_different_stiffness) {
    for (int k = 0; k < 2; k++) {
        double x[N_WELLS][3];
        ili_rng rng = ili_rng_make(1, 0);
        for (int i = 0; i < N_WELLS; i++)
            for (int j = 0; j < 3; j++) x[i][j] = 2 * ili_rng_uniform(&rng) - 1;
        bool fixed[N_WELLS] = {[3] = true};
        double held[3];
        memcpy(held, x[3], sizeof held);
        ili_cell cell = BOX;
        ili_relax_options o = ili_relax_defaults();
        o.method = METHODS[k];
        o.fixed = fixed;
        ili_relax_result r;
        REQUIRE_OK(ili_relax(ctx, wells, NULL, N_WELLS, &cell, x, &o, &r));
        CHECK(r.converged && r.force_max <= 1e-3 && r.force_atom != 3);
        CHECK(memcmp(held, x[3], sizeof held) == 0);
        CHECK_NEAR(x[N_WELLS - 1][0], 0, 1e-3 / 100);
        CHECK(k || r.steps < 150);
        CHECK(r.energy < r.energy_start);
        CHECK(strstr(r.verdict, "converged in") == r.verdict);
    }
}

TEST(gradient_is_the_derivative_in_every_mode) {
    for (int mode = 0; mode < 4; mode++) {
        double x[4][3];
        ili_cell cell = fcc(1.6, x, 0.05);
        strain(&cell, x, 4, SKEWED);
        lj m = {.n = 4, .range = 3, .rc = 2.5};
        ili_relax_options o = ili_relax_defaults();
        o.mode = (ili_relax_mode)mode;
        o.pressure = mode == ILI_RELAX_ATOMS ? 0 : 0.3;
        ili_landscape ls;
        REQUIRE_OK(ili_landscape_create(ctx, lj_energy, &m, 4, &cell, (const double(*)[3])x, &o, &ls));
        for (int k = 0; k < ls.map.n_strain; k++) ls.here.q[12 + k] += ls.map.length * 0.01 * (k + 1);
        CHECK_OK(ili_landscape_measure(&ls, &ls.here));
        for (size_t i = mode == ILI_RELAX_CELL ? 12 : 0; i < ls.size; i++) {
            double e[2], h = 1e-4;
            for (int k = 0; k < 2; k++) {
                memcpy(ls.trial.q, ls.here.q, ls.size * sizeof(double));
                ls.trial.q[i] += k ? h : -h;
                CHECK_OK(ili_landscape_measure(&ls, &ls.trial));
                e[k] = ls.trial.enthalpy;
            }
            /* third derivatives are about 1e4, so h^2/6 of them is 2e-5 */
            CHECK_NEAR((e[1] - e[0]) / (2 * h), ls.here.g[i], 1e-4);
        }
        ili_landscape_free(&ls);
    }
}

TEST(relaxes_a_crystal_with_its_cell) {
    lj m = {.n = 4, .range = 3, .rc = 3.5};
    double e0, a0 = fcc_minimum(&m, 0, &e0);
    CHECK_NEAR(a0, 1.5418, 0.02); /* infinite sum: (2 * 12.13188 / 14.45392)^(1/6) sqrt(2) */
    for (int k = 0; k < 2; k++) {
        double x[4][3], start[3][3], d[3][3];
        ili_cell cell = fcc(1.6, x, 0.05);
        strain(&cell, x, 4, SKEWED);
        ili_inverse(cell.h, start);
        ili_relax_options o = ili_relax_defaults();
        o.method = METHODS[k];
        o.mode = ILI_RELAX_BOTH;
        o.force_tolerance = 1e-5;
        o.stress_tolerance = 1e-6;
        ili_relax_result r;
        REQUIRE_OK(ili_relax(ctx, lj_energy, &m, 4, &cell, x, &o, &r));
        CHECK(r.converged);
        /* bulk modulus near 75 eps/sigma^3: stress 1e-6 is a strain of 1e-8 */
        CHECK_NEAR(cbrt(ili_cell_volume(&cell)), a0, 1e-6);
        CHECK_NEAR(r.energy, e0, 1e-8);
        double l[3], angles[3];
        ili_cell_parameters(&cell, l, angles);
        for (int i = 0; i < 3; i++) {
            CHECK_NEAR(l[i], a0, 1e-5);
            CHECK_NEAR(angles[i], 90, 1e-3);
            CHECK_NEAR(r.stress[i], 0, 1e-6);
        }
        ili_mat_mul(start, cell.h, d); /* pure strain, no rotation */
        for (int i = 0; i < 3; i++) CHECK_NEAR(d[i][(i + 1) % 3], d[(i + 1) % 3][i], 1e-13);
        CHECK(r.steps < (k ? 1000 : 80));
    }
}

TEST(reaches_the_volume_under_pressure) {
    lj m = {.n = 4, .range = 3, .rc = 2.5};
    double e0, p = 5.0, a0 = fcc_minimum(&m, p, &e0), x[4][3];
    for (int mode = ILI_RELAX_CELL; mode <= ILI_RELAX_BOTH; mode++) {
        ili_cell cell = fcc(1.6, x, 0);
        ili_relax_options o = ili_relax_defaults();
        o.mode = (ili_relax_mode)mode;
        o.pressure = p;
        ili_relax_result r;
        REQUIRE_OK(ili_relax(ctx, lj_energy, &m, 4, &cell, x, &o, &r));
        CHECK(r.converged);
        CHECK_NEAR(r.stress[0], -p, 1e-5);
        CHECK_NEAR(cbrt(ili_cell_volume(&cell)), a0, 1e-6);
    }
}

TEST(strains_a_slab_in_its_plane_only) {
    lj m = {.n = 4, .range = 3, .rc = 2.5};
    double x[4][3], turned[3][3], c = cos(0.4), s = sin(0.4);
    const double turn[3][3] = {{c, s, 0}, {-s, c, 0}, {0, 0, 1}},
                 tilt[3][3] = {{1, 0, 0}, {0, c, s}, {0, -s, c}};
    ili_cell cell = fcc(1.6, x, 0.03);
    cell.pbc[2] = false;
    cell.h[2][2] = 12;
    ili_mat_mul(turn, tilt, turned);
    strain(&cell, x, 4, turned); /* the plane is not xy */
    double normal[3], after[3], open[3];
    ili_cross(cell.h[0], cell.h[1], normal);
    memcpy(open, cell.h[2], sizeof open);
    ili_relax_options o = ili_relax_defaults();
    o.mode = ILI_RELAX_BOTH;
    ili_relax_result r;
    REQUIRE_OK(ili_relax(ctx, lj_energy, &m, 4, &cell, x, &o, &r));
    CHECK(r.converged);
    ili_cross(cell.h[0], cell.h[1], after);
    CHECK_NEAR(ili_dot(normal, after) / (ili_norm(normal) * ili_norm(after)), 1, 1e-12);
    CHECK(fabs(ili_norm(after) / ili_norm(normal) - 1) > 1e-3);
    for (int k = 0; k < 3; k++) CHECK_NEAR(cell.h[2][k], open[k], 1e-12);
    o.mode = ILI_RELAX_ATOMS_Z;
    CHECK_STATUS(ili_relax(ctx, lj_energy, &m, 4, &cell, x, &o, &r), IL_E_UNSUPPORTED);
    o.mode = ILI_RELAX_CELL;
    cell.pbc[1] = false;
    CHECK_STATUS(ili_relax(ctx, lj_energy, &m, 4, &cell, x, &o, &r), IL_E_UNSUPPORTED);
}

TEST(mode_z_keeps_the_plane) {
    lj m = {.n = 4, .range = 3, .rc = 2.5};
    for (int k = 0; k < 2; k++) {
        double x[4][3];
        ili_cell cell = fcc(1.6, x, 0.03), before;
        strain(&cell, x, 4, SKEWED);
        before = cell;
        ili_relax_options o = ili_relax_defaults();
        o.mode = ILI_RELAX_ATOMS_Z;
        o.method = METHODS[k];
        ili_relax_result r;
        REQUIRE_OK(ili_relax(ctx, lj_energy, &m, 4, &cell, x, &o, &r));
        CHECK(r.converged);
        double n[3], moved[3], along[3];
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 3; j++) CHECK_NEAR(cell.h[i][j], before.h[i][j], 1e-14);
        ili_cross(cell.h[0], cell.h[1], n);
        ili_sub(cell.h[2], before.h[2], moved);
        ili_cross(moved, n, along);
        CHECK(ili_norm(moved) > 1e-3);
        CHECK_NEAR(ili_norm(along), 0, 1e-12);
    }
}

/* What the minimiser accepts, seen through the progress callback. */
typedef struct watch {
    const ili_landscape *ls;
    double last;
    int rises, stop_at;
} watch;

static int watch_step(void *user, const char *what, double fraction) {
    watch *seen = user;
    CHECK(fraction >= 0 && fraction <= 1 && strcmp(what, "relaxing") == 0);
    if (!seen->ls) return --seen->stop_at == 0;
    seen->rises += seen->ls->here.enthalpy > seen->last + seen->ls->noise;
    seen->last = seen->ls->here.enthalpy;
    return 0;
}

enum { N_CLUSTER = 13 };

static ili_cell cluster(double (*x)[3]) {
    ili_rng rng = ili_rng_make(3, 0);
    for (int i = 0; i < N_CLUSTER; i++) {
        ili_rng_direction(&rng, x[i]);
        for (int k = 0; k < 3; k++) x[i][k] *= i ? 1.4 : 0.1;
        for (int j = 0; j < i; j++) {
            double d[3];
            ili_sub(x[i], x[j], d);
            if (ili_norm(d) < 0.75) {
                i--;
                break;
            }
        }
    }
    return (ili_cell){.h = {{30, 0, 0}, {0, 30, 0}, {0, 0, 30}}};
}

TEST(lbfgs_only_goes_down) {
    lj m = {.n = N_CLUSTER, .rc = 8};
    double x[N_CLUSTER][3];
    ili_cell cell = cluster(x);
    ili_relax_options o = ili_relax_defaults();
    ili_landscape ls;
    REQUIRE_OK(ili_landscape_create(ctx, lj_energy, &m, N_CLUSTER, &cell, (const double(*)[3])x, &o, &ls));
    watch seen = {.ls = &ls, .last = INFINITY};
    il_set_progress(ctx, watch_step, &seen);
    CHECK_OK(ili_lbfgs(&ls));
    CHECK(ls.here.ratio <= 1);
    CHECK(ls.steps > 10 && seen.rises == 0);
    ili_landscape_free(&ls);
}

TEST(converges_through_noise) {
    for (int k = 0; k < 2; k++) {
        lj m = {.n = N_CLUSTER, .rc = 8, .noise_e = 1e-6, .noise_f = 2e-5};
        double x[N_CLUSTER][3];
        ili_cell cell = cluster(x);
        ili_relax_options o = ili_relax_defaults();
        o.method = METHODS[k];
        o.force_tolerance = 1e-4;
        ili_relax_result r;
        REQUIRE_OK(ili_relax(ctx, lj_energy, &m, N_CLUSTER, &cell, x, &o, &r));
        CHECK(r.converged);
        CHECK(r.force_max <= 1e-4);
        if (!r.converged) fprintf(stderr, "%s\n", r.verdict);
    }
}

TEST(says_when_noise_ends_the_descent) {
    lj m = {.n = N_CLUSTER, .rc = 8, .noise_e = 1e-6, .noise_f = 1e-4};
    double x[N_CLUSTER][3];
    ili_cell cell = cluster(x);
    ili_relax_options o = ili_relax_defaults();
    o.force_tolerance = 1e-7;
    ili_relax_result r;
    REQUIRE_OK(ili_relax(ctx, lj_energy, &m, N_CLUSTER, &cell, x, &o, &r));
    CHECK(!r.converged && r.steps < 1000);
    CHECK(r.force_max < 1e-3);
    CHECK(strstr(r.verdict, "noise"));
    CHECK(strstr(r.verdict, "wanted 1.0e-07"));
    /* forces that are not the derivative of the energy are not called converged either */
    m = (lj){.n = N_CLUSTER, .rc = 8, .wrong = 0.5};
    cell = cluster(x);
    REQUIRE_OK(ili_relax(ctx, lj_energy, &m, N_CLUSTER, &cell, x, &o, &r));
    CHECK(!r.converged && r.steps < 1000);
}

TEST(stops_at_numbers_that_are_not_finite) {
    for (int k = 0; k < 2; k++) {
        lj m = {.n = N_CLUSTER, .rc = 8, .fail_after = 12};
        double x[N_CLUSTER][3], f[N_CLUSTER][3], w[6], e;
        ili_cell cell = cluster(x);
        ili_relax_options o = ili_relax_defaults();
        o.method = METHODS[k];
        ili_relax_result r;
        CHECK_STATUS(ili_relax(ctx, lj_energy, &m, N_CLUSTER, &cell, x, &o, &r), IL_E_NONFINITE);
        CHECK(!r.converged && r.evaluations == 12 && r.energy < r.energy_start);
        m.fail_after = 0;
        lj_energy(ctx, &m, &cell, (const double(*)[3])x, &e, f, w);
        CHECK_NEAR(e, r.energy, 1e-12);
        m = (lj){.n = N_CLUSTER, .rc = 8, .fail_after = 1};
        CHECK_STATUS(ili_relax(ctx, lj_energy, &m, N_CLUSTER, &cell, x, &o, &r), IL_E_NONFINITE);
        CHECK(strstr(il_message(ctx), "energy"));
    }
}

TEST(interrupt_leaves_the_best) {
    for (int k = 0; k < 2; k++) {
        lj m = {.n = N_CLUSTER, .rc = 8};
        double x[N_CLUSTER][3], f[N_CLUSTER][3], w[6], e;
        ili_cell cell = cluster(x);
        watch seen = {.stop_at = 6};
        il_set_progress(ctx, watch_step, &seen);
        ili_relax_options o = ili_relax_defaults();
        o.method = METHODS[k];
        ili_relax_result r;
        CHECK_STATUS(ili_relax(ctx, lj_energy, &m, N_CLUSTER, &cell, x, &o, &r), IL_E_INTERRUPTED);
        CHECK(r.steps == 5 && !r.converged && strstr(r.verdict, "interrupted after 5 steps"));
        lj_energy(ctx, &m, &cell, (const double(*)[3])x, &e, f, w);
        CHECK_NEAR(e, r.energy, 1e-12);
        CHECK(e < r.energy_start);
    }
}

TEST(more_steps_never_give_a_worse_answer) {
    for (int k = 0; k < 2; k++) {
        double last = INFINITY;
        for (int n = 0; n < 80; n++) {
            double x[1][3] = {{-1.2, 1.0, 0.5}};
            ili_cell cell = BOX;
            ili_relax_options o = ili_relax_defaults();
            o.method = METHODS[k];
            o.max_steps = n;
            ili_relax_result r;
            REQUIRE_OK(ili_relax(ctx, valley, NULL, 1, &cell, x, &o, &r));
            CHECK(r.energy <= last);
            last = r.energy;
        }
    }
}

TEST(stress_that_free_strains_can_relax) {
    ili_cell cell = BOX;
    ili_cellmap map;
    const double t[6] = {0.1, -0.2, 0.3, 0.4, -0.5, 0.05};
    REQUIRE_OK(ili_cellmap_make(ctx, ILI_RELAX_BOTH, 7, &cell, NULL, &map));
    CHECK_NEAR(ili_cellmap_active(&map, t), 0.5, 1e-15);
    REQUIRE_OK(ili_cellmap_make(ctx, ILI_RELAX_ATOMS_Z, 7, &cell, NULL, &map));
    CHECK_NEAR(ili_cellmap_active(&map, t), 0.3, 1e-15);
    cell.pbc[2] = false;
    REQUIRE_OK(ili_cellmap_make(ctx, ILI_RELAX_BOTH, 7, &cell, NULL, &map));
    CHECK_NEAR(ili_cellmap_active(&map, t), 0.2, 1e-15);
    REQUIRE_OK(ili_cellmap_make(ctx, ILI_RELAX_ATOMS, 7, &cell, NULL, &map));
    CHECK(ili_cellmap_active(&map, t) == 0);
}

TEST(limits_steps_and_moves) {
    double x[N_WELLS][3] = {{5, 0, 0}};
    ili_cell cell = BOX;
    ili_relax_options o = ili_relax_defaults();
    o.max_steps = 3;
    o.max_move = 0.1;
    ili_relax_result r;
    REQUIRE_OK(ili_relax(ctx, wells, NULL, N_WELLS, &cell, x, &o, &r));
    CHECK(!r.converged && r.steps == 3 && r.force_atom == 0);
    CHECK(strstr(r.verdict, "not converged in 3 steps: largest force "));
    CHECK(strstr(r.verdict, " eV/A on atom 1, wanted 1.0e-03"));
    CHECK(x[0][0] >= 4.7 - 1e-12 && x[0][0] < 5);
    o.force_tolerance = 0;
    CHECK_STATUS(ili_relax(ctx, wells, NULL, N_WELLS, &cell, x, &o, &r), IL_E_USAGE);
    o = ili_relax_defaults();
    o.pressure = 1;
    CHECK_STATUS(ili_relax(ctx, wells, NULL, N_WELLS, &cell, x, &o, &r), IL_E_USAGE);
    CHECK_STATUS(ili_relax(ctx, wells, NULL, 0, &cell, x, &o, &r), IL_E_INPUT);
}

TEST(reports_every_lost_allocation) {
    for (int k = 0; k < 2; k++)
        for (long n = 1; n < 100; n++) {
            lj m = {.n = 4, .range = 3, .rc = 2.5};
            double x[4][3];
            ili_cell cell = fcc(1.6, x, 0.03);
            ili_relax_options o = ili_relax_defaults();
            o.method = METHODS[k];
            ili_relax_result r;
            ili_alloc_fail_at(n);
            il_status status = ili_relax(ctx, lj_energy, &m, 4, &cell, x, &o, &r);
            ili_alloc_fail_at(0);
            CHECK(status == IL_OK || status == IL_E_MEMORY);
            CHECK(n > 1 || status == IL_E_MEMORY);
            if (status == IL_OK) break;
            CHECK(n < 99);
        }
}

TESTS(RUN(finds_the_end_of_a_curved_valley), RUN(relaxes_springs_of_very_different_stiffness),
      RUN(gradient_is_the_derivative_in_every_mode), RUN(relaxes_a_crystal_with_its_cell),
      RUN(reaches_the_volume_under_pressure), RUN(strains_a_slab_in_its_plane_only),
      RUN(mode_z_keeps_the_plane), RUN(lbfgs_only_goes_down), RUN(converges_through_noise),
      RUN(says_when_noise_ends_the_descent), RUN(stops_at_numbers_that_are_not_finite),
      RUN(interrupt_leaves_the_best), RUN(more_steps_never_give_a_worse_answer),
      RUN(stress_that_free_strains_can_relax), RUN(limits_steps_and_moves),
      RUN(reports_every_lost_allocation))
