/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Embedded-atom metals: Nichol & Ackland lithium (Phys. Rev. B 93, 184101, 2016) in its analytic form and through
 *  setfl files that the tests write themselves. */
#include "harness.h"

#include "base/rng.h"
#include "ff/eam.h"
#include "math/units.h"
#include "math/vec.h"

#include <unistd.h>

static const double A0 = 3.51;

static const ili_eam_analytic LITHIUM = {
    .n_phi = 2,
    .phi_a = {0.4749336612, -0.7916540896},
    .phi_r = {4.563, 4.212},
    .n_v = 6,
    .v_a = {-0.2252606406, 1.2183017995, -1.7351449931, 0.9144187534, -0.3418446603, -0.0712060163},
    .v_r = {4.563, 4.2822, 4.0365, 3.7206, 3.3345, 3.039748},
    .exp_b = {5.4220832658, -4.2270293351, 0.4974099465, 0.0196565240},
    .r_join = 3.0,
    .r_zbl = 1.0,
    .z = 3.0,
};

/* ---- a force field of one term --------------------------------------------------------------------------- */

enum { N_MOST = 2000 };

/** Atoms, their list, and what the last evaluation gave. */
typedef struct metal {
    const ili_eam_functions *eam;
    ili_cell cell;
    int32_t n, type[N_MOST], kind[4];
    double x[N_MOST][3];
    ili_nlist *list;
    ili_eam_work *work;
    double energy, w[6], f[N_MOST][3], e_atom[N_MOST];
} metal;

static void metal_forget(metal *m) {
    ili_nlist_destroy(&m->list);
    ili_eam_work_destroy(&m->work);
}

static il_status metal_compute(metal *m) {
    if (!m->list) {
        double rc[16];
        for (int k = 0; k < 16; k++) rc[k] = ili_eam_reach(m->eam, m->kind[k / 4], m->kind[k % 4]);
        IL_TRY(ili_nlist_create(ctx, m->n, m->type, 4, rc, 0.3, 0, NULL, &m->list));
        IL_TRY(ili_eam_work_create(ctx, m->n, &m->work));
    }
    IL_TRY(ili_nlist_update(ctx, m->list, &m->cell, m->x));
    ili_nlist_view view = ili_nlist_get(m->list);
    memset(m->f, 0, sizeof m->f);
    memset(m->e_atom, 0, sizeof m->e_atom);
    ili_accum acc = {.f = m->f, .e_atom = m->e_atom};
    il_status status = ili_eam_compute(ctx, m->eam, m->kind, m->type, &view, m->n, m->work, &m->energy, &acc);
    memcpy(m->w, acc.w, sizeof m->w);
    return status;
}

static double metal_energy(metal *m) {
    CHECK_OK(metal_compute(m));
    return m->energy;
}

/** rows of `h` from basis atoms (cell fractions), repeated n times along each row. */
static void metal_build(metal *m, const ili_eam_functions *eam, const double h[3][3], int n_basis,
                        const double (*basis)[3], const int n[3]) {
    memset(m, 0, sizeof *m);
    m->eam = eam;
    for (int k = 0; k < 4; k++) m->kind[k] = k < ili_eam_n_elements(eam) ? k : -1;
    for (int k = 0; k < 3; k++) {
        m->cell.pbc[k] = true;
        for (int c = 0; c < 3; c++) m->cell.h[k][c] = h[k][c] * n[k];
    }
    for (int a = 0; a < n[0]; a++)
        for (int b = 0; b < n[1]; b++)
            for (int c = 0; c < n[2]; c++)
                for (int k = 0; k < n_basis; k++) {
                    double s[3] = {a + basis[k][0], b + basis[k][1], c + basis[k][2]};
                    ili_vec_mat(s, h, m->x[m->n++]);
                }
}

static void metal_bcc(metal *m, const ili_eam_functions *eam, double a, int n) {
    const double h[3][3] = {{a, 0, 0}, {0, a, 0}, {0, 0, a}}, basis[2][3] = {{0, 0, 0}, {0.5, 0.5, 0.5}};
    metal_build(m, eam, h, 2, basis, (int[3]){n, n, n});
}

static void metal_rattle(metal *m, double by) {
    ili_rng rng = ili_rng_make(7, 1);
    for (int32_t i = 0; i < m->n; i++)
        for (int k = 0; k < 3; k++) m->x[i][k] += by * ili_rng_normal(&rng);
}

/** Apply x -> x (1 + e), e in Voigt order xx yy zz yz xz xy (tensor components). */
static void metal_strain(metal *m, const double e[6]) {
    const double s[3][3] = {{1 + e[0], e[5], e[4]}, {e[5], 1 + e[1], e[3]}, {e[4], e[3], 1 + e[2]}};
    ili_mat_mul(m->cell.h, s, m->cell.h);
    for (int32_t i = 0; i < m->n; i++) ili_vec_mat(m->x[i], s, m->x[i]);
}

static metal one, two; /* too large for the stack */

/** Forces of every atom against central differences of the energy; the tolerance is the error of the difference. */
static void check_forces(metal *m, int step) {
    const double h = 1e-4, scale = 2.0;
    static double f[N_MOST][3];
    REQUIRE_OK(metal_compute(m));
    memcpy(f, m->f, sizeof f);
    double tolerance = 100.0 * h * h + 16.0 * 2.2e-16 * scale * m->n / h;
    for (int32_t i = 0; i < m->n; i += step)
        for (int k = 0; k < 3; k++) {
            const double x = m->x[i][k];
            m->x[i][k] = x + h;
            double up = metal_energy(m);
            m->x[i][k] = x - h;
            double down = metal_energy(m);
            m->x[i][k] = x;
            CHECK_NEAR(f[i][k], (down - up) / (2 * h), tolerance);
        }
}

static void check_virial(metal *m) {
    const double h = 1e-5;
    double w[6];
    REQUIRE_OK(metal_compute(m));
    memcpy(w, m->w, sizeof w);
    for (int k = 0; k < 6; k++) {
        double e[2];
        for (int side = 0; side < 2; side++) {
            two = *m;
            two.list = NULL;
            two.work = NULL;
            double strain[6] = {0};
            strain[k] = (side ? -h : h) * (k < 3 ? 1.0 : 0.5);
            metal_strain(&two, strain);
            e[side] = metal_energy(&two);
            metal_forget(&two);
        }
        CHECK_NEAR(w[k], -(e[0] - e[1]) / (2 * h), 1e-5);
    }
}

static void check_sums(const metal *m) {
    double f[3] = {0}, e = 0.0;
    for (int32_t i = 0; i < m->n; i++) {
        e += m->e_atom[i];
        for (int k = 0; k < 3; k++) f[k] += m->f[i][k];
    }
    for (int k = 0; k < 3; k++) CHECK_NEAR(f[k], 0.0, 1e-13 * m->n);
    CHECK_NEAR(e, m->energy, 1e-13 * m->n);
}

/* ---- the published numbers ------------------------------------------------------------------------------- */

TEST(bcc_lithium) {
    ili_eam_functions *eam;
    REQUIRE_OK(ili_eam_from_analytic(ctx, &LITHIUM, "Li", &eam));
    CHECK_NEAR(ili_eam_cutoff(eam), 4.563, 0.0);
    CHECK(ili_eam_n_elements(eam) == 1 && strcmp(ili_eam_element(eam, 0), "Li") == 0);
    for (int n = 1; n <= 3; n += 2) { /* one cell: every neighbour is an image */
        metal_bcc(&one, eam, A0, n);
        CHECK_NEAR(metal_energy(&one) / one.n, -1.6480003, 5e-8);
        for (int32_t i = 0; i < one.n; i++) CHECK_NEAR(one.e_atom[i], -1.6480003, 5e-8);
        check_sums(&one);
        metal_forget(&one);
    }
    double rho = 0.0, unused;
    const double shell[3] = {sqrt(0.75) * A0, A0, sqrt(2.0) * A0};
    const int count[3] = {8, 6, 12};
    for (int k = 0; k < 3; k++) rho += count[k] * ili_eam_density(eam, 0, 0, shell[k], &unused);
    CHECK_NEAR(rho, 4.910656, 5e-7);
    ili_eam_destroy(&eam);
}

TEST(pair_term_joins) {
    ili_eam_functions *eam;
    REQUIRE_OK(ili_eam_from_analytic(ctx, &LITHIUM, "Li", &eam));
    const struct { double r, relative; } joins[] = {{3.0, 1e-7}, {1.0, 2e-5}};
    for (int k = 0; k < 2; k++) {
        double slope[2], v[2], d = 1e-12;
        v[0] = ili_eam_pair(eam, 0, 0, joins[k].r - d, &slope[0]);
        v[1] = ili_eam_pair(eam, 0, 0, joins[k].r + d, &slope[1]);
        CHECK_NEAR(v[0] / v[1], 1.0, joins[k].relative);
        CHECK_NEAR(slope[0] / slope[1], 1.0, joins[k].relative);
    }
    double slope;
    CHECK_NEAR(ili_eam_pair(eam, 0, 0, 3.0, &slope), 0.1052319, 5e-8);
    CHECK_NEAR(slope, -0.0749086, 5e-8);
    /* all functions against their differences, on both sides of every join */
    for (double r = 0.3; r < 4.7; r += 0.013) {
        double d, up, down, h = 1e-5;
        ili_eam_pair(eam, 0, 0, r, &d);
        up = ili_eam_pair(eam, 0, 0, r + h, &slope), down = ili_eam_pair(eam, 0, 0, r - h, &slope);
        CHECK_NEAR(d, (up - down) / (2 * h), 1e-6 * (1 + fabs(d)));
        ili_eam_density(eam, 0, 0, r, &d);
        up = ili_eam_density(eam, 0, 0, r + h, &slope), down = ili_eam_density(eam, 0, 0, r - h, &slope);
        CHECK_NEAR(d, (up - down) / (2 * h), 1e-6 * (1 + fabs(d)));
    }
    CHECK(ili_eam_density(eam, 0, 0, 2.32, &slope) == 0.0 && slope == 0.0);
    CHECK(ili_eam_density(eam, 0, 0, 2.33, &slope) > 0.0);
    ili_eam_destroy(&eam);
}

/** Second derivative of the energy per volume along a strain, GPa. */
static double curvature(const ili_eam_functions *eam, const double direction[6]) {
    const double h = 1e-3;
    double e[3];
    for (int k = 0; k < 3; k++) {
        double strain[6];
        for (int c = 0; c < 6; c++) strain[c] = direction[c] * (k - 1) * h;
        metal_bcc(&one, eam, A0, 1);
        metal_strain(&one, strain);
        e[k] = metal_energy(&one);
        metal_forget(&one);
    }
    return (e[0] - 2 * e[1] + e[2]) / (h * h) / (A0 * A0 * A0) * ILI_GPA;
}

TEST(elastic_constants) {
    ili_eam_functions *eam;
    REQUIRE_OK(ili_eam_from_analytic(ctx, &LITHIUM, "Li", &eam));
    double c11 = curvature(eam, (double[6]){1, 0, 0, 0, 0, 0});
    double c12 = curvature(eam, (double[6]){1, 1, 0, 0, 0, 0}) / 2 - c11;
    double c44 = curvature(eam, (double[6]){0, 0, 0, 0.5, 0, 0});
    CHECK_NEAR(c11, 14.73, 0.01);
    CHECK_NEAR(c12, 12.49, 0.01);
    CHECK_NEAR(c44, 10.73, 0.01);
    ili_eam_destroy(&eam);
}

/** Unrelaxed surface energy, J/m2, of n layers of the cell h (normal along the third, orthogonal, row). */
static double surface_energy(const ili_eam_functions *eam, const double h[3][3], int n_basis,
                             const double (*basis)[3]) {
    metal_build(&one, eam, h, n_basis, basis, (int[3]){1, 1, 8});
    double bulk = metal_energy(&one);
    metal_forget(&one);
    one.cell.pbc[2] = false;
    double slab = metal_energy(&one);
    metal_forget(&one);
    return (slab - bulk) / (2 * ili_cell_area(&one.cell)) * ILI_J_PER_M2;
}

TEST(surface_energies) {
    ili_eam_functions *eam;
    REQUIRE_OK(ili_eam_from_analytic(ctx, &LITHIUM, "Li", &eam));
    const double d = sqrt(2.0) * A0;
    const double h100[3][3] = {{A0, 0, 0}, {0, A0, 0}, {0, 0, A0}}, b100[2][3] = {{0, 0, 0}, {0.5, 0.5, 0.5}};
    const double h110[3][3] = {{A0, 0, 0}, {0, d, 0}, {0, 0, d}};
    const double b110[4][3] = {{0, 0, 0}, {0.5, 0.5, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}};
    CHECK_NEAR(surface_energy(eam, h100, 2, b100), 0.372, 5e-4);
    CHECK_NEAR(surface_energy(eam, h110, 4, b110), 0.328, 5e-4);
    ili_eam_destroy(&eam);
}

/* ---- the laws -------------------------------------------------------------------------------------------- */

/** 3 x 3 x 3 cells, rattled, one atom missing, in a skewed cell. */
static void build_defect(metal *m, const ili_eam_functions *eam) {
    metal_bcc(m, eam, A0, 3);
    m->n--;
    metal_rattle(m, 0.12);
    metal_strain(m, (double[6]){0.01, -0.02, 0.015, 0.03, -0.02, 0.01});
}

TEST(forces_and_virial) {
    ili_eam_functions *eam;
    REQUIRE_OK(ili_eam_from_analytic(ctx, &LITHIUM, "Li", &eam));
    build_defect(&one, eam);
    check_forces(&one, 4);
    REQUIRE_OK(metal_compute(&one));
    check_sums(&one);
    check_virial(&one);
    metal_forget(&one);
    ili_eam_destroy(&eam);
}

TEST(same_bits_at_any_thread_count) {
    ili_eam_functions *eam;
    REQUIRE_OK(ili_eam_from_analytic(ctx, &LITHIUM, "Li", &eam));
    metal_bcc(&one, eam, A0, 9);
    metal_rattle(&one, 0.1);
    const int threads[] = {1, 2, 4, 8};
    for (int k = 0; k < 4; k++) {
        il_set_threads(ctx, threads[k]);
        if (k == 0) {
            REQUIRE_OK(metal_compute(&one));
            two = one;
            two.list = NULL;
            two.work = NULL;
            continue;
        }
        REQUIRE_OK(metal_compute(&two));
        CHECK(memcmp(&one.energy, &two.energy, sizeof one.energy) == 0);
        CHECK(memcmp(one.w, two.w, sizeof one.w) == 0);
        CHECK(memcmp(one.f, two.f, sizeof one.f) == 0);
        CHECK(memcmp(one.e_atom, two.e_atom, sizeof one.e_atom) == 0);
    }
    /* per-atom energies not wanted: nothing else changes */
    ili_nlist_view view = ili_nlist_get(one.list);
    memset(two.f, 0, sizeof two.f);
    ili_accum acc = {.f = two.f};
    CHECK_OK(ili_eam_compute(ctx, eam, one.kind, one.type, &view, one.n, one.work, NULL, &acc));
    CHECK(memcmp(one.f, two.f, sizeof one.f) == 0);
    metal_forget(&one);
    metal_forget(&two);
    ili_eam_destroy(&eam);
}

TEST(relabelling_translation_supercell) {
    ili_eam_functions *eam;
    REQUIRE_OK(ili_eam_from_analytic(ctx, &LITHIUM, "Li", &eam));
    build_defect(&one, eam);
    REQUIRE_OK(metal_compute(&one));
    two = one;
    two.list = NULL;
    two.work = NULL;
    for (int32_t i = 0; i < one.n; i++)
        for (int k = 0; k < 3; k++) two.x[i][k] = one.x[one.n - 1 - i][k] + (k + 1) * 5.3;
    REQUIRE_OK(metal_compute(&two));
    CHECK_NEAR(two.energy, one.energy, 1e-12 * one.n);
    for (int32_t i = 0; i < one.n; i++)
        for (int k = 0; k < 3; k++) CHECK_NEAR(two.f[i][k], one.f[one.n - 1 - i][k], 1e-12);
    metal_forget(&two);
    two = one;
    two.list = NULL;
    two.work = NULL;
    two.n = 2 * one.n;
    for (int32_t i = 0; i < one.n; i++)
        for (int k = 0; k < 3; k++) two.x[one.n + i][k] = one.x[i][k] + one.cell.h[1][k];
    for (int k = 0; k < 3; k++) two.cell.h[1][k] *= 2;
    REQUIRE_OK(metal_compute(&two));
    CHECK_NEAR(two.energy, 2 * one.energy, 1e-12 * two.n);
    for (int32_t i = 0; i < two.n; i++)
        for (int k = 0; k < 3; k++) CHECK_NEAR(two.f[i][k], one.f[i % one.n][k], 1e-12);
    metal_forget(&one);
    metal_forget(&two);
    ili_eam_destroy(&eam);
}

TEST(other_types_and_lonely_atoms) {
    ili_eam_functions *eam;
    REQUIRE_OK(ili_eam_from_analytic(ctx, &LITHIUM, "Li", &eam));
    build_defect(&one, eam);
    REQUIRE_OK(metal_compute(&one));
    two = one;
    two.list = NULL;
    two.work = NULL;
    two.type[two.n] = 1; /* kind -1, between the metal atoms */
    two.x[two.n][0] = 1.7;
    two.n++;
    REQUIRE_OK(metal_compute(&two));
    CHECK_NEAR(two.energy, one.energy, 1e-12 * one.n);
    CHECK(two.e_atom[two.n - 1] == 0.0 && two.f[two.n - 1][0] == 0.0);
    metal_forget(&one);
    metal_forget(&two);
    metal_bcc(&one, eam, 20.0, 1);
    CHECK(metal_energy(&one) == 0.0);
    for (int k = 0; k < 3; k++) CHECK(one.f[0][k] == 0.0);
    /* a pair so close that its density is clipped to 0, where F' is infinite */
    double unused;
    for (int k = 0; k < 3; k++) one.x[1][k] = k == 0 ? 2.0 : 0.0;
    CHECK_NEAR(metal_energy(&one), ili_eam_pair(eam, 0, 0, 2.0, &unused), 1e-14);
    memcpy(one.x[1], one.x[0], sizeof one.x[0]);
    metal_forget(&one);
    CHECK_STATUS(metal_compute(&one), IL_E_NONFINITE);
    CHECK(strstr(il_message(ctx), "atom 1") != NULL);
    metal_forget(&one);
    ili_eam_destroy(&eam);
}

/* ---- donors of density ------------------------------------------------------------------------------------- */

/** The defect crystal with every fourth atom a donor of kind 1 and every eighth of kind 2, which reaches farther than the
 *  metal's functions. */
static void build_donors(metal *m, ili_eam_functions *eam) {
    build_defect(m, eam);
    m->kind[1] = 1;
    m->kind[2] = 2;
    for (int32_t i = 0; i < m->n; i += 4) m->type[i] = 1 + i / 4 % 2;
}

TEST(donors_obey_the_laws) {
    ili_eam_functions *eam;
    int kind[2];
    REQUIRE_OK(ili_eam_from_analytic(ctx, &LITHIUM, "Li", &eam));
    REQUIRE_OK(ili_eam_add_donor(ctx, eam, 0.4, 4.0, &kind[0]));
    REQUIRE_OK(ili_eam_add_donor(ctx, eam, 0.2, 4.8, &kind[1]));
    CHECK(kind[0] == 1 && kind[1] == 2);
    CHECK(ili_eam_reach(eam, 0, 0) == ili_eam_cutoff(eam) && ili_eam_reach(eam, 2, 0) == 4.8);
    CHECK(ili_eam_reach(eam, 1, 2) == 0.0 && ili_eam_reach(eam, -1, 0) == 0.0);
    build_donors(&one, eam);
    check_forces(&one, 11); /* 11 and 4 are coprime: both kinds of donors and the metal */
    check_virial(&one);
    REQUIRE_OK(metal_compute(&one));
    check_sums(&one);
    for (int32_t i = 0; i < one.n; i += 4) CHECK(one.e_atom[i] == 0.0);
    ctx->n_threads = 1;
    REQUIRE_OK(metal_compute(&one));
    two = one;
    ctx->n_threads = 3;
    REQUIRE_OK(metal_compute(&one));
    CHECK(one.energy == two.energy && memcmp(one.f, two.f, sizeof one.f) == 0);
    metal_forget(&one);
    ili_eam_destroy(&eam);
}

TEST(every_further_donor_binds_less) {
    ili_eam_functions *eam;
    int kind;
    double last = 0.0, gain_before = 0.0, unused;
    REQUIRE_OK(ili_eam_from_analytic(ctx, &LITHIUM, "Li", &eam));
    CHECK_STATUS(ili_eam_add_donor(ctx, eam, -1.0, 4.0, &kind), IL_E_INPUT);
    CHECK_STATUS(ili_eam_add_donor(ctx, eam, 1.0, NAN, &kind), IL_E_INPUT);
    REQUIRE_OK(ili_eam_add_donor(ctx, eam, 0.5, 4.0, &kind));
    metal_bcc(&one, eam, 30.0, 1);
    one.n = 1;
    one.kind[1] = kind;
    for (int d = 0; d < 6; d++) { /* an octahedron of donors, 2 angstrom wide */
        one.type[one.n] = 1;
        memcpy(one.x[one.n], one.x[0], sizeof one.x[0]);
        one.x[one.n++][d / 2] += d % 2 ? 2.0 : -2.0;
        double energy = metal_energy(&one), gain = last - energy;
        CHECK_NEAR(energy, -sqrt((d + 1) * ili_eam_density(eam, kind, 0, 2.0, &unused)), 1e-13);
        CHECK(gain > 0.0 && (d == 0 || gain < gain_before));
        last = energy;
        gain_before = gain;
        metal_forget(&one);
    }
    ili_eam_destroy(&eam);
}

TEST(analytic_coefficients_are_checked) {
    ili_eam_functions *eam;
    ili_eam_analytic a = LITHIUM;
    a.n_phi = 9;
    CHECK_STATUS(ili_eam_from_analytic(ctx, &a, "Li", &eam), IL_E_INPUT);
    a = LITHIUM, a.v_a[3] = NAN;
    CHECK_STATUS(ili_eam_from_analytic(ctx, &a, "Li", &eam), IL_E_INPUT);
    a = LITHIUM, a.r_zbl = 3.5;
    CHECK_STATUS(ili_eam_from_analytic(ctx, &a, "Li", &eam), IL_E_INPUT);
    CHECK(eam == NULL);
}

/* ---- files ----------------------------------------------------------------------------------------------- */

/** Write `elements` copies of lithium, the k-th with densities scaled by (1 + k) and, in fs layout, by the receiving
 *  element too. */
static void write_table(const char *path, const ili_eam_functions *eam, const char *elements[],
                        int n_elements, bool is_fs, int n_rho, double drho, int n_r) {
    static const int z[] = {3, 11};
    const double rc = ili_eam_cutoff(eam), dr = rc / (n_r - 1);
    double unused;
    FILE *file = fopen(path, "w");
    fprintf(file, "comment\n\n3 of 3\n%d", n_elements);
    for (int k = 0; k < n_elements; k++) fprintf(file, " %s", elements[k]);
    fprintf(file, "\n%d %.17g %d %.17g %.17g\n", n_rho, drho, n_r, dr, rc);
    for (int a = 0; a < n_elements; a++) {
        fprintf(file, "%d 6.94 3.51 bcc\n", z[a]);
        for (int k = 0; k < n_rho; k++)
            fprintf(file, "%.17g\n", ili_eam_embedding(eam, 0, k * drho, &unused));
        for (int b = 0; b < (is_fs ? n_elements : 1); b++)
            for (int k = 0; k < n_r; k++)
                fprintf(file, "%.17g%c",
                        (1 + a) * (1 + 0.5 * b) * ili_eam_density(eam, 0, 0, k * dr, &unused),
                        k % 5 == 4 || k == n_r - 1 ? '\n' : ' ');
    }
    for (int row = 0; row < n_elements * (n_elements + 1) / 2; row++)
        for (int k = 0; k < n_r; k++)
            fprintf(file, "%.17g\n", k ? k * dr * ili_eam_pair(eam, 0, 0, k * dr, &unused) : 0.0);
    fclose(file);
}

static char table_path[] = P_tmpdir "/interlith-eam-XXXXXX";

static void temporary_file(void) {
    int fd = mkstemp(table_path);
    if (fd >= 0) close(fd);
}

TEST(setfl_equals_analytic) {
    ili_eam_functions *eam, *table = NULL;
    REQUIRE_OK(ili_eam_from_analytic(ctx, &LITHIUM, "Li", &eam));
    temporary_file();
    write_table(table_path, eam, (const char *[]){"Li"}, 1, false, 5000, 0.002, 5000);
    il_status read = ili_eam_read_file(ctx, table_path, &table);
    remove(table_path);
    REQUIRE_OK(read);
    CHECK(strcmp(ili_eam_element(table, 0), "Li") == 0);
    CHECK_NEAR(ili_eam_cutoff(table), 4.563, 1e-12);
    build_defect(&one, eam);
    REQUIRE_OK(metal_compute(&one));
    build_defect(&two, table);
    REQUIRE_OK(metal_compute(&two));
    CHECK_NEAR(two.energy / one.energy, 1.0, 1e-7);
    /* V'' jumps by 0.475 eV/A^2 at 3 A, where five-point slopes are off by at most jump * dr/12 */
    for (int32_t i = 0; i < one.n; i++)
        for (int k = 0; k < 3; k++) CHECK_NEAR(two.f[i][k], one.f[i][k], 0.475 * 4.563 / 4999 / 12);
    metal_forget(&one);
    metal_forget(&two);
    build_defect(&one, table);
    check_forces(&one, 13);
    check_virial(&one);
    metal_forget(&one);
    ili_eam_destroy(&table);
    ili_eam_destroy(&eam);
}

/** Energy by the definition: every ordered pair, every image. */
static double energy_by_definition(const metal *m) {
    double total = 0.0, unused;
    for (int32_t i = 0; i < m->n; i++) {
        double rho = 0.0;
        for (int32_t j = 0; j < m->n; j++)
            for (int image = 0; image < 27; image++) {
                const double s[3] = {image % 3 - 1, image / 3 % 3 - 1, image / 9 - 1};
                double d[3];
                ili_cell_to_cart(&m->cell, s, d);
                for (int k = 0; k < 3; k++) d[k] += m->x[j][k] - m->x[i][k];
                double r = ili_norm(d);
                if (r == 0.0) continue;
                rho += ili_eam_density(m->eam, m->type[j], m->type[i], r, &unused);
                total += 0.5 * ili_eam_pair(m->eam, m->type[i], m->type[j], r, &unused);
            }
        total += ili_eam_embedding(m->eam, m->type[i], rho, &unused);
    }
    return total;
}

/** Two elements: the layouts are told apart, and the density at an atom comes from the right table. */
TEST(alloy_and_fs_layouts) {
    ili_eam_functions *eam;
    REQUIRE_OK(ili_eam_from_analytic(ctx, &LITHIUM, "Li", &eam));
    for (int is_fs = 0; is_fs < 2; is_fs++) {
        ili_eam_functions *table = NULL;
        temporary_file();
        write_table(table_path, eam, (const char *[]){"Li", "Na"}, 2, is_fs, 2000, 0.01, 2000);
        il_status read = ili_eam_read_file(ctx, table_path, &table);
        remove(table_path);
        memcpy(table_path + strlen(table_path) - 6, "XXXXXX", 6);
        REQUIRE_OK(read);
        double unused, phi = ili_eam_density(eam, 0, 0, 3.0, &unused);
        for (int from = 0; from < 2; from++)
            for (int at = 0; at < 2; at++)
                CHECK_NEAR(ili_eam_density(table, from, at, 3.0, &unused),
                           phi * (1 + from) * (is_fs ? 1 + 0.5 * at : 1), 1e-7);
        build_defect(&one, table);
        for (int32_t i = 0; i < one.n; i++) one.type[i] = i % 2;
        check_forces(&one, 7);
        check_virial(&one);
        REQUIRE_OK(metal_compute(&one));
        check_sums(&one);
        CHECK_NEAR(one.energy, energy_by_definition(&one), 1e-12 * one.n);
        /* F goes on as a straight line behind its last point, rho = 1999 * 0.01 */
        double slope, at_end = ili_eam_embedding(table, 0, 19.99, &slope);
        CHECK_NEAR(ili_eam_embedding(table, 0, 30.0, &unused), at_end + slope * (30.0 - 19.99), 1e-13);
        CHECK(slope < -0.1 && unused == slope);
        metal_forget(&one);
        ili_eam_destroy(&table);
    }
    ili_eam_destroy(&eam);
}

TEST(malformed_files) {
    static const char *head = "a\nb\nc\n1 Li\n5 0.1 5 0.9 4.5\n3 6.94 3.51 bcc\n";
    static const char *body = "0 1 2 3 4\n0 1 2 3 4\n4 3 2 1 0\n";
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        {"", "", NULL}, /* the sound file */
        {"1 Li", "2 Li", ":4:"},
        {"1 Li", "1 Lx", ":4: \"Lx\""},
        {"1 Li", "2 Li Li", ":4: element Li is listed twice"},
        {"1 Li", "0", ":4:"},
        {"5 0.1 5", "5 -0.1 5", ":5:"},
        {"5 0.1 5", "5 0.1 4", ":5:"},
        {"5 0.1 5", "5 0.1 6", "found 19 words"},
        {"5 0.1 5 0.9 4.5", "5 0.1 5 0.9", ":5:"},
        {"0.9 4.5", "0.9 4.6", ":5: the cut-off 4.6"},
        {"3 6.94", "4 6.94", ":6:"},
        {"3.51 bcc\n", "3.51 bcc 0\n", "found 20 words"},
        {"0 1 2 3 4\n4", "0 1 nan 3 4\n4", ":8: found \"nan\", expected value 3 of 5 of the density of Li"},
        {"4 3 2 1 0", "4 3 2 1e999 0", ":9: found \"1e999\""},
        {"4 3 2 1 0", "4 3 2 1", "found 18 words"},
        {"a\nb", "a", ":4:"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        char text[512];
        snprintf(text, sizeof text, "%s%s", head, body);
        char *at = strstr(text, cases[k].from), tail[512];
        snprintf(tail, sizeof tail, "%s", at + strlen(cases[k].from));
        snprintf(at, sizeof text - (size_t)(at - text), "%s%s", cases[k].to, tail);
        memcpy(table_path + strlen(table_path) - 6, "XXXXXX", 6);
        temporary_file();
        FILE *file = fopen(table_path, "w");
        fputs(text, file);
        fclose(file);
        ili_eam_functions *eam;
        CHECK_STATUS(ili_eam_read_file(ctx, table_path, &eam), cases[k].says ? IL_E_INPUT : IL_OK);
        CHECK(!cases[k].says == (eam != NULL));
        if (cases[k].says && !strstr(il_message(ctx), cases[k].says)) {
            fprintf(stderr, "case %zu says: %s\n", k, il_message(ctx));
            CHECK(!"message");
        }
        CHECK(!cases[k].says || strncmp(il_message(ctx), table_path, strlen(table_path)) == 0);
        ili_eam_destroy(&eam);
        remove(table_path);
    }
    ili_eam_functions *eam;
    CHECK_STATUS(ili_eam_read_file(ctx, "/no/such/file", &eam), IL_E_FILE);
}

TESTS(RUN(bcc_lithium); RUN(pair_term_joins); RUN(elastic_constants); RUN(surface_energies);
      RUN(forces_and_virial); RUN(same_bits_at_any_thread_count); RUN(relabelling_translation_supercell);
      RUN(other_types_and_lonely_atoms); RUN(donors_obey_the_laws); RUN(every_further_donor_binds_less);
      RUN(analytic_coefficients_are_checked); RUN(setfl_equals_analytic); RUN(alloy_and_fs_layouts);
      RUN(malformed_files))
