/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The long-range Coulomb energy against closed forms, an exact two-dimensional sum, and its own derivatives. The real-space
 * part is summed here by brute force, so nothing but src/ff/kspace is under test. */
#include "harness.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "ff/kspace.h"
#include "math/units.h"
#include "math/vec.h"

enum { MAX_ATOMS = 512 };

typedef struct charges {
    int n;
    ili_cell cell;
    double x[MAX_ATOMS][3], q[MAX_ATOMS];
} charges;

typedef struct result {
    double energy, f[MAX_ATOMS][3], w[6], e_atom[MAX_ATOMS];
    ili_kspace_energy parts;
} result;

/** q_i q_j erfc(alpha r)/r of one pair vector d, half of it (the pair comes twice), added to r. */
static void add_pair(const charges *c, double alpha, int i, int j, const double d[3], result *r) {
    double r2 = ili_dot(d, d), rr = sqrt(r2), qq = 0.5 * ILI_COULOMB * c->q[i] * c->q[j], fv[3];
    double e = qq * erfc(alpha * rr) / rr,
           slope = (e + qq * 2.0 * alpha / sqrt(ILI_PI) * exp(-alpha * alpha * r2)) / r2;
    for (int k = 0; k < 3; k++) {
        fv[k] = slope * d[k];
        r->f[j][k] += fv[k];
        r->f[i][k] -= fv[k];
    }
    ili_add_virial(r->w, d, fv);
    r->energy += e;
    r->e_atom[i] += 0.5 * e;
    r->e_atom[j] += 0.5 * e;
}

/** The real-space part within the cut-off, every image. */
static void add_real(const charges *c, double alpha, double cutoff, result *r) {
    double width[3], t[3], d[3];
    int reach[3];
    ili_cell_widths(&c->cell, width);
    for (int k = 0; k < 3; k++) reach[k] = c->cell.pbc[k] ? (int)ceil(cutoff / width[k]) + 1 : 0;
    for (int a = -reach[0]; a <= reach[0]; a++)
        for (int b = -reach[1]; b <= reach[1]; b++)
            for (int g = -reach[2]; g <= reach[2]; g++) {
                ili_vec_mat((double[3]){a, b, g}, c->cell.h, t);
                for (int i = 0; i < c->n; i++)
                    for (int j = 0; j < c->n; j++) {
                        for (int k = 0; k < 3; k++) d[k] = c->x[j][k] - c->x[i][k] + t[k];
                        double r2 = ili_dot(d, d);
                        if (r2 <= cutoff * cutoff && (i != j || a || b || g)) add_pair(c, alpha, i, j, d, r);
                    }
            }
}

/** One evaluation with an existing plan; cutoff 0: without the real-space part. */
static void compute(ili_kspace *k, const charges *c, double cutoff, result *r) {
    memset(r, 0, sizeof *r);
    ili_accum acc = {.f = r->f, .e_atom = r->e_atom};
    CHECK_OK(ili_kspace_compute(ctx, k, &c->cell, (const double(*)[3])c->x, &r->parts, &acc));
    memcpy(r->w, acc.w, sizeof r->w);
    r->energy = r->parts.reciprocal + r->parts.self + r->parts.background + r->parts.slab;
    if (cutoff > 0.0) add_real(c, ili_kspace_get_info(k).alpha, cutoff, r);
}

static int n_threads = 1; /**< small systems on busy machines: threads only where they are tested */

static ili_kspace *make(const charges *c, ili_kspace_plan plan) {
    ili_kspace *k = NULL;
    il_set_threads(ctx, n_threads);
    CHECK_OK(ili_kspace_create(ctx, &plan, c->n, c->q, &c->cell, (const double(*)[3])c->x, &k));
    if (!k) exit(EXIT_FAILURE);
    return k;
}

/** Plan, compute, destroy. */
static void solve(const charges *c, ili_kspace_plan plan, result *r) {
    ili_kspace *k = make(c, plan);
    compute(k, c, plan.cutoff, r);
    ili_kspace_destroy(&k);
}

static void set_cell(charges *c, double a, double b, double g, double al, double be, double ga) {
    CHECK_OK(ili_cell_from_parameters(ctx, (double[3]){a, b, g}, (double[3]){al, be, ga}, &c->cell));
    c->cell.pbc[0] = c->cell.pbc[1] = c->cell.pbc[2] = true;
    c->n = 0;
}

static void add_charge(charges *c, double q, double s0, double s1, double s2) {
    ili_cell_to_cart(&c->cell, (double[3]){s0, s1, s2}, c->x[c->n]);
    c->q[c->n++] = q;
}

/** n charges +-1, +-2 (neutral when n is a multiple of 2) at random places at least `apart` angstrom from each other, in
 *  fractions 0 .. depth of the third vector. */
static void scatter(charges *c, int n, double apart, double depth, uint64_t seed) {
    ili_rng rng = ili_rng_make(seed, 77);
    c->n = 0;
    for (int tries = 0; c->n < n && tries < 1000000; tries++) {
        double s[3] = {ili_rng_uniform(&rng), ili_rng_uniform(&rng), depth * ili_rng_uniform(&rng)}, x[3],
               d[3];
        bool is_free = true;
        ili_cell_to_cart(&c->cell, s, x);
        for (int j = 0; j < c->n && is_free; j++) {
            ili_sub(x, c->x[j], d);
            is_free = ili_cell_nearest(&c->cell, d) > apart * apart;
        }
        if (is_free) add_charge(c, (c->n % 2 ? -1.0 : 1.0) * (c->n / 2 % 2 ? 2.0 : 1.0), s[0], s[1], s[2]);
    }
    CHECK(c->n == n);
}

static charges c0, c1;
static result r0, r1, r2;

/* ---- closed forms --------------------------------------------------------------------------------------- */

/** E = -M q^2/d C per ion pair, at two cut-offs and so at two alphas. */
static void check_madelung(const charges *c, int pairs, double distance, double want) {
    for (int p = 0; p < 2; p++) {
        solve(c, (ili_kspace_plan){ILI_KSPACE_EWALD, p ? 12.0 : 9.0, 1e-12, 0.0, false}, &r0);
        CHECK_NEAR(-r0.energy * distance / (ILI_COULOMB * pairs), want, 1e-10);
    }
}

TEST(madelung) {
    static const double fcc[4][3] = {{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}};
    for (int zincblende = 0; zincblende < 2; zincblende++) {
        double off = zincblende ? 0.25 : 0.5;
        set_cell(&c0, 5.0, 5.0, 5.0, 90, 90, 90);
        for (int i = 0; i < 4; i++) {
            add_charge(&c0, 1.0, fcc[i][0], fcc[i][1], fcc[i][2]);
            add_charge(&c0, -1.0, fcc[i][0] + off, fcc[i][1] + off, fcc[i][2] + off);
        }
        if (zincblende)
            check_madelung(&c0, 4, 5.0 * sqrt(3.0) / 4.0, 1.6380550533887);
        else
            check_madelung(&c0, 4, 2.5, 1.747564594633);
    }
    set_cell(&c0, 5.0, 5.0, 5.0, 90, 90, 90);
    add_charge(&c0, 1.0, 0, 0, 0);
    add_charge(&c0, -1.0, 0.5, 0.5, 0.5);
    check_madelung(&c0, 1, 5.0 * sqrt(3.0) / 2.0, 1.762674773070);
    set_cell(&c0, 5.0 / sqrt(2.0), 5.0 / sqrt(2.0), 5.0 / sqrt(2.0), 60, 60,
             60); /* NaCl in its primitive cell */
    add_charge(&c0, 1.0, 0, 0, 0);
    add_charge(&c0, -1.0, 0.5, 0.5, 0.5);
    check_madelung(&c0, 1, 2.5, 1.747564594633);
}

/** LiGe2(PO4)3 in R-3c, 108 atoms, PMMCS charges. */
static void build_lgp(charges *c) {
    static const struct {
        double q, s[3];
    } sites[] = {{0.6, {0, 0, 0}},
                 {2.4, {0, 0, 0.1419}},
                 {3.0, {0.2865, 0, 0.25}},
                 {-1.2, {0.1780, -0.0130, 0.1910}},
                 {-1.2, {0.1900, 0.1660, 0.0840}}};
    static const double center[3][3] = {{0, 0, 0}, {2.0 / 3, 1.0 / 3, 1.0 / 3}, {1.0 / 3, 2.0 / 3, 2.0 / 3}};
    set_cell(c, 8.27, 8.27, 20.47, 90, 90, 120);
    for (int a = 0; a < 5; a++)
        for (int op = 0; op < 36; op++) {
            double s[3] = {sites[a].s[0], sites[a].s[1], sites[a].s[2]}, d[3], x[3];
            for (int turn = 0; turn < op % 3; turn++) {
                double t = s[0];
                s[0] = -s[1];
                s[1] = t - s[1];
            }
            if (op / 3 % 2) { /* y, x, 1/2 - z */
                double t = s[0];
                s[0] = s[1];
                s[1] = t;
                s[2] = 0.5 - s[2];
            }
            for (int k = 0; k < 3; k++) s[k] = (op / 6 % 2 ? -s[k] : s[k]) + center[op / 12][k];
            ili_cell_to_cart(&c->cell, s, x);
            bool is_new = true;
            for (int j = 0; j < c->n && is_new; j++) {
                ili_sub(x, c->x[j], d);
                is_new = ili_cell_nearest(&c->cell, d) > 1e-6;
            }
            if (is_new) add_charge(c, sites[a].q, s[0], s[1], s[2]);
        }
}

TEST(lgp) {
    build_lgp(&c0);
    CHECK(c0.n == 108);
    solve(&c0, (ili_kspace_plan){ILI_KSPACE_EWALD, 9.0, 1e-8, 0.0, false}, &r0);
    CHECK_NEAR(r0.energy / 6.0, -372.66740, 5e-6);
}

/* ---- laws ----------------------------------------------------------------------------------------------- */

static const ili_kspace_plan fine = {ILI_KSPACE_EWALD, 9.0, 1e-11, 0.0, false};

/** Central difference of the energy with atom i moved along d. */
static double force_difference(ili_kspace *k, const charges *c, double cutoff, int i, int d) {
    double step = 1e-4, energy[2];
    for (int side = 0; side < 2; side++) {
        c1 = *c;
        c1.x[i][d] += side ? -step : step;
        compute(k, &c1, cutoff, &r1);
        energy[side] = r1.energy;
    }
    return (energy[1] - energy[0]) / (2.0 * step);
}

/** Central difference of the energy with cell and atoms strained along component v of the virial. */
static double virial_difference(ili_kspace *k, const charges *c, double cutoff, int v) {
    static const int axes[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    double step = 1e-4, energy[2];
    for (int side = 0; side < 2; side++) {
        double f[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, e = side ? -step : step;
        f[axes[v][0]][axes[v][1]] += 0.5 * e;
        f[axes[v][1]][axes[v][0]] += 0.5 * e;
        c1 = *c;
        for (int d = 0; d < 3; d++) ili_vec_mat(c->cell.h[d], f, c1.cell.h[d]);
        for (int i = 0; i < c->n; i++) ili_vec_mat(c->x[i], f, c1.x[i]);
        compute(k, &c1, cutoff, &r1);
        energy[side] = r1.energy;
    }
    return (energy[1] - energy[0]) / (2.0 * step);
}

/** Sum of per-atom energies, net force, forces and virial against central differences of the energy at a fixed plan.
 *  cutoff 0: without the real-space part. */
static void check_derivatives(const charges *c, ili_kspace_plan plan, double cutoff, double tol) {
    ili_kspace *k = make(c, plan);
    double sum = 0.0, net[3] = {0};
    compute(k, c, cutoff, &r0);
    for (int i = 0; i < c->n; i++) {
        sum += r0.e_atom[i];
        for (int d = 0; d < 3; d++) net[d] += r0.f[i][d];
    }
    CHECK_NEAR(sum, r0.energy, 1e-12 * fabs(r0.parts.self));
    for (int d = 0; d < 3; d++)
        CHECK_NEAR(net[d], 0.0, fmax(plan.accuracy, 1e-12) * ILI_COULOMB * sqrt(c->n));
    for (int i = 0; i < 3; i++)
        for (int d = 0; d < 3; d++) CHECK_NEAR(force_difference(k, c, cutoff, i, d), r0.f[i][d], tol);
    for (int v = 0; v < 6; v++) CHECK_NEAR(virial_difference(k, c, cutoff, v), r0.w[v], 10.0 * tol);
    ili_kspace_destroy(&k);
}

/** RMS over atoms of the difference of two force vectors, eV/angstrom. */
static double rms_difference(const result *a, const result *b, int n) {
    double sum = 0.0, d[3];
    for (int i = 0; i < n; i++) {
        ili_sub(a->f[i], b->f[i], d);
        sum += ili_dot(d, d);
    }
    return sqrt(sum / n);
}

TEST(ewald_derivatives) {
    set_cell(&c0, 7.0, 8.0, 9.0, 60, 50, 70);
    scatter(&c0, 24, 1.2, 1.0, 1);
    check_derivatives(&c0, fine, fine.cutoff, 2e-6);
    c0.q[3] += 0.7; /* and with a background */
    check_derivatives(&c0, fine, fine.cutoff, 2e-6);
}

TEST(alpha_independence) {
    set_cell(&c0, 7.0, 8.0, 9.0, 60, 50, 70);
    scatter(&c0, 24, 1.2, 1.0, 2);
    c0.q[5] += 0.4;
    solve(&c0, (ili_kspace_plan){ILI_KSPACE_EWALD, 9.0, 1e-12, 0.62, false}, &r0);
    for (int p = 0; p < 2; p++) {
        solve(&c0, (ili_kspace_plan){ILI_KSPACE_EWALD, 9.0, 1e-12, p ? 0.7 : 0.9, false}, &r1);
        CHECK_NEAR(r1.energy, r0.energy, 1e-9);
        for (int i = 0; i < c0.n; i++) CHECK_NEAR(r1.e_atom[i], r0.e_atom[i], 1e-9);
        for (int v = 0; v < 6; v++) CHECK_NEAR(r1.w[v], r0.w[v], 1e-8);
    }
}

/** A lone charge on its background: -1.418648739720 q^2/L C (the simple cubic Wigner lattice), pressure E/3V. */
TEST(background) {
    set_cell(&c0, 6.0, 6.0, 6.0, 90, 90, 90);
    add_charge(&c0, 1.0, 0.3, 0.2, 0.1);
    solve(&c0, (ili_kspace_plan){ILI_KSPACE_EWALD, 9.0, 1e-12, 0.0, false}, &r0);
    CHECK_NEAR(r0.energy * 6.0 / ILI_COULOMB, -0.5 * 2.837297479481, 1e-10);
    for (int v = 0; v < 3; v++) CHECK_NEAR(r0.w[v], r0.energy / 3.0, 1e-9);
    CHECK(il_warning_count(ctx) == 1);
}

/* ---- mesh ----------------------------------------------------------------------------------------------- */

TEST(mesh_derivatives) {
    static const double accuracies[] = {1e-3, 1e-5, 1e-7};
    for (int a = 0; a < 3; a++) {
        set_cell(&c0, 7.0, 8.0, 9.0, 60, 50, 70);
        scatter(&c0, 24, 1.2, 1.0, 14);
        c0.q[4] += 0.3;
        /* without the real-space part, whose cut would show in the differences */
        check_derivatives(&c0, (ili_kspace_plan){ILI_KSPACE_MESH, 6.0, accuracies[a], 0.0, false}, 0.0, 2e-6);
    }
}

/** Real RMS force error of a method plus the cut real-space sum at or under what was asked, 1e-3 to 1e-7, against r0 made here.
 *  The energy per atom is at least as good times an angstrom. */
static void check_accuracy(ili_kspace_method method, double real_cutoff) {
    solve(&c0, (ili_kspace_plan){ILI_KSPACE_EWALD, real_cutoff, 1e-10, 0.0, false}, &r0);
    for (int digit = 3; digit <= 7; digit++) {
        ili_kspace_plan plan = {method, digit > 5 ? 9.0 : 7.0, pow(10.0, -digit), 0.0, false};
        ili_kspace *k = make(&c0, plan);
        ili_kspace_info info = ili_kspace_get_info(k);
        compute(k, &c0, plan.cutoff, &r1);
        double error = rms_difference(&r0, &r1, c0.n) / ILI_COULOMB;
        CHECK(info.method == method);
        CHECK(info.estimated_error <= plan.accuracy);
        CHECK(error <= plan.accuracy);
        CHECK(error >= 1e-3 * plan.accuracy); /* not by waste */
        CHECK_NEAR(r1.energy / c0.n, r0.energy / c0.n, plan.accuracy * ILI_COULOMB);
        ili_kspace_destroy(&k);
    }
}

TEST(accuracy) {
    static const double cells[4][6] = {{16, 16, 16, 90, 90, 90},
                                       {16, 16, 19, 90, 90, 120},
                                       {19, 20, 21, 60, 50, 70},
                                       {15, 21, 18, 110, 75, 115}};
    for (int i = 0; i < 4; i++) {
        const double *p = cells[i];
        set_cell(&c0, p[0], p[1], p[2], p[3], p[4], p[5]);
        scatter(&c0, 300, 1.4, 1.0, 20 + (uint64_t)i);
        check_accuracy(ILI_KSPACE_MESH, 10.0);
        if (i == 2) check_accuracy(ILI_KSPACE_EWALD, 10.0);
    }
}

/** A crystal with thermal disorder, where charges are anything but random. */
TEST(accuracy_lgp) {
    ili_rng rng = ili_rng_make(15, 1);
    build_lgp(&c0);
    for (int i = 0; i < c0.n; i++)
        for (int d = 0; d < 3; d++) c0.x[i][d] += 0.1 * ili_rng_normal(&rng);
    check_accuracy(ILI_KSPACE_MESH, 10.0);
}

/** What is asked for is kept in single precision, which gives way to double where rounding would show; and with a cut-off that is
 *  chosen by cost, by all methods alike. */
static void check_choices(void) {
    solve(&c0, (ili_kspace_plan){ILI_KSPACE_EWALD, 10.0, 1e-10, 0.0, false}, &r0);
    for (int digit = 3; digit <= 6; digit++)
        for (int choice = 0; choice < 4; choice++) {
            ili_kspace_plan plan = {choice == 3 ? ILI_KSPACE_EWALD : ILI_KSPACE_MESH, choice > 0 ? 0.0 : 7.0,
                                    pow(10.0, -digit), 0.0, choice < 2};
            double cutoff = 0.0;
            ili_kspace *k = make(&c0, plan);
            ili_kspace_info info = ili_kspace_get_info(k);
            compute(k, &c0, info.cutoff, &r1);
            CHECK(info.is_single == (choice < 2 && digit < 6));
            CHECK(info.estimated_error <= sqrt(0.5) * plan.accuracy); /* half for pairs, half for the rest */
            CHECK(rms_difference(&r0, &r1, c0.n) <= plan.accuracy * ILI_COULOMB);
            CHECK(choice == 0 ? info.cutoff == 7.0 : info.cutoff >= 5.0 && info.cutoff <= 14.0);
            CHECK_OK(ili_kspace_choose_cutoff(ctx, &plan, c0.n, c0.q, &c0.cell, (const double(*)[3])c0.x,
                                              &cutoff));
            CHECK(cutoff == info.cutoff);
            ili_kspace_destroy(&k);
        }
}

TEST(accuracy_of_choices) {
    set_cell(&c0, 19, 20, 21, 60, 70, 80);
    scatter(&c0, 300, 1.4, 1.0, 20);
    check_choices();
    ili_rng rng = ili_rng_make(15, 1);
    build_lgp(&c0);
    for (int i = 0; i < c0.n; i++)
        for (int d = 0; d < 3; d++) c0.x[i][d] += 0.1 * ili_rng_normal(&rng);
    check_choices();
    set_cell(&c0, 14, 15, 16, 75, 80, 65);
    c0.cell.pbc[2] = false;
    scatter(&c0, 200, 1.4, 0.8, 24);
    check_choices();
}

/** Floats are offered a mesh down to 5e-6, which their rounding leaves. */
/** Few charges close together in a large box have the accuracy asked for, whatever the box: what is estimated is not the box filled evenly. */
TEST(cluster_in_a_large_box) {
    static const double EDGE[] = {20.0, 60.0, 110.0};
    static charges ball;
    static result exact, found;
    for (size_t e = 0; e < sizeof EDGE / sizeof *EDGE; e++) {
        set_cell(&ball, 12.0, 12.0, 12.0, 90, 90, 90);
        scatter(&ball, 40, 1.5, 1.0, 5);
        for (int d = 0; d < 3; d++) ball.cell.h[d][d] = EDGE[e];
        solve(&ball, (ili_kspace_plan){ILI_KSPACE_MESH, 12.0, 1e-8, 0.0, false}, &exact);
        for (int mesh = 0; mesh < 2; mesh++) {
            const ili_kspace_plan plan = {mesh ? ILI_KSPACE_MESH : ILI_KSPACE_EWALD, 8.0, 1e-5, 0.0, false};
            solve(&ball, plan, &found);
            CHECK(rms_difference(&found, &exact, ball.n) < plan.accuracy * ILI_COULOMB);
        }
    }
}

TEST(meshes_of_floats) {
    set_cell(&c0, 9, 10, 11, 60, 70, 80);
    scatter(&c0, 30, 1.4, 1.0, 20);
    for (int k = 0; k < 2; k++) {
        ili_kspace *s = make(&c0, (ili_kspace_plan){ILI_KSPACE_MESH, 6.0, k ? 4.9e-6 : 5e-6, 0.0, true});
        CHECK(ili_kspace_get_info(s).is_single == !k);
        ili_kspace_destroy(&s);
    }
}

TEST(accuracy_slab) {
    set_cell(&c0, 14, 15, 16, 75, 80, 65);
    c0.cell.pbc[2] = false;
    scatter(&c0, 200, 1.4, 0.8, 24);
    check_accuracy(ILI_KSPACE_MESH, 10.0);
}

/** Splines give a charge a wrong share of its own field; what is subtracted for it is right on average over all places, so the
 *  mean error of the energy over rigid shifts is zero within three standard errors, here 0.013 eV. Without the correction it
 *  is -0.34 eV. */
TEST(mesh_has_no_bias) {
    enum { N_SHIFTS = 64 };
    double bias = 0.0, square = 0.0;
    set_cell(&c0, 14, 15, 16, 90, 80, 70);
    scatter(&c0, 40, 1.5, 1.0, 5);
    solve(&c0, (ili_kspace_plan){ILI_KSPACE_EWALD, 9.0, 1e-10, 0.35, false}, &r0);
    ili_rng rng = ili_rng_make(3, 1);
    for (int k = 0; k < N_SHIFTS; k++) {
        double t[3] = {ili_rng_uniform(&rng), ili_rng_uniform(&rng), ili_rng_uniform(&rng)};
        for (int i = 0; i < c0.n; i++)
            for (int d = 0; d < 3; d++) c0.x[i][d] += t[d];
        solve(&c0, (ili_kspace_plan){ILI_KSPACE_MESH, 9.0, 1e-2, 0.35, false}, &r1);
        double error = r1.parts.reciprocal - r0.parts.reciprocal;
        bias += error / N_SHIFTS;
        square += error * error / N_SHIFTS;
    }
    CHECK_NEAR(bias, 0.0, 3.0 * sqrt((square - bias * bias) / N_SHIFTS));
}

/** Finer meshes lead to Madelung's constant too. */
TEST(mesh_madelung) {
    set_cell(&c0, 5.0, 5.0, 5.0, 90, 90, 90);
    add_charge(&c0, 1.0, 0, 0, 0);
    add_charge(&c0, -1.0, 0.5, 0.5, 0.5);
    for (int digit = 4; digit <= 10; digit += 3) {
        double asked = pow(10.0, -digit), distance = 5.0 * sqrt(3.0) / 2.0;
        solve(&c0, (ili_kspace_plan){ILI_KSPACE_MESH, 12.0, asked, 0.0, false}, &r0);
        CHECK_NEAR(-r0.energy * distance / ILI_COULOMB, 1.762674773070, 10.0 * asked);
    }
}

/* ---- slabs ---------------------------------------------------------------------------------------------- */

/** Energy of a slab by the exact sum of Parry 1975 (de Leeuw and Perram 1979), real-space part by add_real. */
static double parry(const charges *c, double alpha, double cutoff) {
    memset(&r2, 0, sizeof r2);
    add_real(c, alpha, cutoff, &r2);
    double n[3], g[2][3], energy = r2.energy / ILI_COULOMB, q2 = 0.0;
    ili_cross(c->cell.h[0], c->cell.h[1], n);
    double area = ili_norm(n);
    for (int d = 0; d < 3; d++) n[d] /= area;
    ili_cross(c->cell.h[1], n, g[0]);
    ili_cross(n, c->cell.h[0], g[1]);
    for (int i = 0; i < c->n; i++) {
        q2 += c->q[i] * c->q[i];
        for (int j = 0; j < c->n; j++) {
            double d[3], qq = c->q[i] * c->q[j];
            ili_sub(c->x[j], c->x[i], d);
            double z = ili_dot(d, n);
            energy -= sqrt(ILI_PI) / area * qq *
                      (exp(-alpha * alpha * z * z) / alpha + sqrt(ILI_PI) * z * erf(alpha * z));
            for (int a = -24; a <= 24; a++)
                for (int b = -24; b <= 24; b++) {
                    double k[3];
                    for (int u = 0; u < 3; u++) k[u] = 2.0 * ILI_PI / area * (a * g[0][u] + b * g[1][u]);
                    double kk = ili_norm(k), low = 0.5 * kk / alpha - alpha * fabs(z),
                           high = 0.5 * kk / alpha + alpha * fabs(z);
                    if (kk == 0.0 || kk > 12.0 * alpha) continue;
                    double term = exp(kk * fabs(z)) * erfc(high) + exp(-kk * fabs(z)) * erfc(low);
                    energy += 0.5 * ILI_PI / area * qq * cos(ili_dot(k, d)) / kk * term;
                }
        }
    }
    return ILI_COULOMB * (energy - alpha / sqrt(ILI_PI) * q2);
}

/** Plane lattices: square, hexagonal, oblique; the third vector leans and is of no meaning. */
static void set_slab(charges *c, int which) {
    static const double cells[3][6] = {{6, 6, 7, 90, 90, 90}, {7, 7, 9, 80, 95, 120}, {6, 9, 8, 75, 70, 65}};
    const double *p = cells[which];
    set_cell(c, p[0], p[1], p[2], p[3], p[4], p[5]);
    c->cell.pbc[2] = false;
}

TEST(slab_exact) {
    for (int which = 0; which < 3; which++)
        for (int charged = 0; charged < 2; charged++) {
            set_slab(&c0, which);
            scatter(&c0, 12, 1.2, 0.7, 3 + (uint64_t)which);
            c0.q[2] += 0.5 * charged;
            solve(&c0, (ili_kspace_plan){ILI_KSPACE_EWALD, 12.0, 1e-11, 0.0, false}, &r0);
            CHECK_NEAR(r0.energy, parry(&c0, 0.5, 12.0), 1e-9 * c0.n);
        }
}

TEST(slab_derivatives) {
    for (int which = 0; which < 3; which++) {
        set_slab(&c0, which);
        scatter(&c0, 12, 1.2, 0.7, 6 + (uint64_t)which);
        c0.q[2] += which == 1 ? 0.5 : 0.0;
        check_derivatives(&c0, fine, fine.cutoff, 2e-6);
        check_derivatives(&c0, (ili_kspace_plan){ILI_KSPACE_MESH, 6.0, 1e-7, 0.0, false}, 0.0, 2e-6);
    }
}

/** The third vector, a shift along the normal, and turning the whole slab change nothing. */
TEST(slab_vacuum) {
    set_slab(&c0, 2);
    scatter(&c0, 12, 1.2, 0.7, 9);
    solve(&c0, fine, &r0);
    c1 = c0;
    for (int d = 0; d < 3; d++) c1.cell.h[2][d] *= 7.0;
    c1.cell.h[2][0] += 3.0;
    solve(&c1, fine, &r1);
    CHECK(r1.energy == r0.energy);
    static const double turn[3][3] = {{0.36, 0.48, -0.8}, {-0.8, 0.6, 0.0}, {0.48, 0.64, 0.6}};
    for (int i = 0; i < c1.n; i++) {
        for (int d = 0; d < 3; d++) c1.x[i][d] += 11.0;
        ili_vec_mat(c1.x[i], turn, c1.x[i]);
    }
    ili_mat_mul(c1.cell.h, turn, c1.cell.h);
    solve(&c1, fine, &r1);
    CHECK_NEAR(r1.energy, r0.energy, 1e-9);
    for (int i = 0; i < c1.n; i++) {
        double f[3];
        ili_vec_mat(r0.f[i], turn, f);
        for (int d = 0; d < 3; d++) CHECK_NEAR(r1.f[i][d], f[d], 1e-8);
        CHECK_NEAR(r1.e_atom[i], r0.e_atom[i], 1e-9);
    }
}

/** A slab that comes apart gets a longer summed cell; the energy stays that of the exact sum. */
TEST(slab_grows) {
    set_slab(&c0, 1);
    scatter(&c0, 12, 1.2, 0.7, 10);
    ili_kspace *k = make(&c0, fine);
    double length = ili_kspace_get_info(k).slab_length;
    for (int i = 0; i < 6; i++) c0.x[i][2] += 15.0;
    compute(k, &c0, fine.cutoff, &r0);
    CHECK(ili_kspace_get_info(k).slab_length > length + 10.0);
    CHECK_NEAR(r0.energy, parry(&c0, 0.5, 12.0), 1e-9 * c0.n);
    ili_kspace_destroy(&k);
}

/** The mesh of a slab has half an angstrom to spare on both sides: that far its charges move without another one. */
TEST(slab_moves_in_its_mesh) {
    const ili_kspace_plan plan = {ILI_KSPACE_MESH, 6.0, 1e-5, 0.45, false};
    set_slab(&c0, 1);
    scatter(&c0, 40, 1.2, 0.7, 10);
    for (int step = 0; step < 5; step++) {
        const double(*x)[3] = (const double(*)[3])c0.x;
        ili_kspace_energy energy;
        ili_accum acc = {.f = r0.f};
        ili_kspace *k = make(&c0, plan);
        CHECK_OK(ili_kspace_compute(ctx, k, &c0.cell, x, &energy, &acc));
        for (int side = 0; side < 2; side++) {
            for (int i = 0; i < c0.n; i++) c0.x[i][2] += side ? -0.98 : 0.49;
            ili_alloc_fail_at(1);
            CHECK_OK(ili_kspace_compute(ctx, k, &c0.cell, x, &energy, &acc));
            ili_alloc_fail_at(0);
        }
        for (int i = 0; i < c0.n; i++) c0.x[i][2] += 0.49 + 0.3; /* another distance to whole angstrom */
        ili_kspace_destroy(&k);
    }
}

/** A charge that leaves its mesh little by little, above or below, gets another one in time. */
TEST(slab_charge_leaves_its_mesh) {
    const ili_kspace_plan plan = {ILI_KSPACE_MESH, 6.0, 1e-5, 0.45, false};
    for (int side = -1; side <= 1; side += 2) {
        set_slab(&c0, 1);
        scatter(&c0, 40, 1.2, 0.7, 10);
        ili_kspace *k = make(&c0, plan);
        int outer = 0;
        for (int i = 1; i < c0.n; i++)
            if (side * c0.x[i][2] > side * c0.x[outer][2]) outer = i;
        for (int step = 0; step < 12; step++) {
            c0.x[outer][2] += 0.2 * side;
            ili_kspace *fresh = make(&c0, plan);
            compute(k, &c0, plan.cutoff, &r0);
            compute(fresh, &c0, plan.cutoff, &r1);
            CHECK(rms_difference(&r0, &r1, c0.n) <= plan.accuracy * ILI_COULOMB);
            ili_kspace_destroy(&fresh);
        }
        ili_kspace_destroy(&k);
    }
}

/* ---- plans ---------------------------------------------------------------------------------------------- */

static void check_threads(ili_kspace_method method, int n, bool is_slab) {
    set_cell(&c0, 14.0, 15.0, 16.0, 75, 80, 65);
    c0.cell.pbc[2] = !is_slab;
    scatter(&c0, n, 1.5, 0.9, 11);
    for (n_threads = 1; n_threads <= 4; n_threads *= 2) {
        solve(&c0, (ili_kspace_plan){method, 6.0, 1e-5, 0.0, false}, n_threads == 1 ? &r0 : &r1);
        if (n_threads > 1) CHECK(memcmp(&r0, &r1, sizeof r0) == 0);
    }
    n_threads = 1;
}

TEST(threads) {
    check_threads(ILI_KSPACE_EWALD, 300, false);
    check_threads(ILI_KSPACE_EWALD, 100, true);
    check_threads(ILI_KSPACE_MESH, 300, false);
    check_threads(ILI_KSPACE_MESH, 300, true);
}

/** Stretch the cell under one plan: it is remade when it must be, and stays as accurate as a new one. */
static void check_remake(ili_kspace_method method) {
    set_cell(&c0, 12.0, 13.0, 14.0, 75, 80, 65);
    scatter(&c0, 100, 1.5, 1.0, 12);
    ili_kspace_plan plan = {method, 9.0, 1e-5, 0.0, false};
    ili_kspace *k = make(&c0, plan);
    for (int step = 0; step < 3; step++) {
        for (int d = 0; d < 3; d++) c0.cell.h[d][0] *= 1.1;
        for (int i = 0; i < c0.n; i++) c0.x[i][0] *= 1.1;
        compute(k, &c0, plan.cutoff, &r0);
        solve(&c0, fine, &r1);
        CHECK(rms_difference(&r0, &r1, c0.n) <= plan.accuracy * ILI_COULOMB);
    }
    ili_kspace_destroy(&k);
}

TEST(remake) {
    check_remake(ILI_KSPACE_EWALD);
    check_remake(ILI_KSPACE_MESH);
}

/** A refreshed plan is a new one bit by bit, whether its mesh was kept or not. */
static void check_refresh(bool is_slab) {
    const ili_kspace_plan plan = {ILI_KSPACE_MESH, 6.0, 1e-6, 0.45, false};
    set_cell(&c0, 12.0, 13.0, 14.0, 75, 80, 65);
    c0.cell.pbc[2] = !is_slab;
    scatter(&c0, 100, 1.5, 0.9, 21);
    ili_kspace *k = make(&c0, plan);
    for (int step = 0; step < 5; step++) {
        if (step == 1) /* too little to remake it unasked */
            for (int d = 0; d < 3; d++) c0.cell.h[d][0] *= 1.015;
        for (int i = 0; i < c0.n; i++) {
            double *z = &c0.x[i][2];
            if (step == 2) *z *= 0.8;
            if (step == 3) *z = fmax(*z, 2.0); /* a slab's lower side alone, then its upper one */
            if (step == 4) *z = fmin(*z, 5.0);
        }
        CHECK_OK(ili_kspace_refresh(ctx, k, &c0.cell, (const double(*)[3])c0.x));
        ili_kspace *fresh = make(&c0, plan);
        const ili_kspace_info info = ili_kspace_get_info(k), wanted = ili_kspace_get_info(fresh);
        compute(k, &c0, plan.cutoff, &r0);
        compute(fresh, &c0, plan.cutoff, &r1);
        CHECK(memcmp(&r0, &r1, sizeof r0) == 0);
        CHECK(memcmp(info.mesh, wanted.mesh, sizeof info.mesh) == 0 &&
              info.slab_length == wanted.slab_length);
        ili_kspace_destroy(&fresh);
        for (int i = 0; i < c0.n; i++) c0.x[i][0] += 0.01 * (i % 7);
        ili_alloc_fail_at(1); /* what is the same is not made again */
        CHECK_OK(ili_kspace_refresh(ctx, k, &c0.cell, (const double(*)[3])c0.x));
        ili_alloc_fail_at(0);
    }
    ili_kspace_destroy(&k);
}

TEST(refresh) {
    check_refresh(false);
    check_refresh(true);
}

/** Every request of memory may fail, at create and when a plan is remade. */
TEST(out_of_memory) {
    for (int method = ILI_KSPACE_EWALD; method <= ILI_KSPACE_MESH; method++) {
        ili_kspace_plan plan = {(ili_kspace_method)method, 6.0, 1e-4, 0.0, false};
        set_cell(&c0, 8.0, 8.0, 8.0, 90, 90, 90);
        scatter(&c0, 20, 1.2, 1.0, 16);
        const double(*x)[3] = (const double(*)[3])c0.x;
        ili_kspace *k = NULL;
        il_status status = IL_E_MEMORY;
        int failures = 0;
        for (long request = 1; status == IL_E_MEMORY && request < 100; request++, failures++) {
            ili_alloc_fail_at(request);
            status = ili_kspace_create(ctx, &plan, c0.n, c0.q, &c0.cell, x, &k);
            CHECK((status == IL_OK) == (k != NULL));
        }
        ili_alloc_fail_at(0);
        CHECK(status == IL_OK && failures > 8);
        if (!k) return;
        ili_accum acc = {.f = r0.f};
        for (int d = 0; d < 3; d++) c0.cell.h[d][0] *= 1.5;
        ili_alloc_fail_at(3);
        CHECK_STATUS(ili_kspace_compute(ctx, k, &c0.cell, x, &r0.parts, &acc), IL_E_MEMORY);
        ili_alloc_fail_at(0);
        CHECK_OK(ili_kspace_compute(ctx, k, &c0.cell, x, &r0.parts, &acc));
        ili_alloc_fail_at(1); /* and no request at all while the plan holds */
        CHECK_OK(ili_kspace_compute(ctx, k, &c0.cell, x, &r0.parts, &acc));
        ili_alloc_fail_at(0);
        ili_kspace_destroy(&k);
    }
}

TEST(refusals) {
    ili_kspace *k = NULL;
    set_cell(&c0, 5.0, 5.0, 5.0, 90, 90, 90);
    scatter(&c0, 4, 1.0, 1.0, 13);
    const double(*x)[3] = (const double(*)[3])c0.x;
    ili_kspace_plan plan = {ILI_KSPACE_AUTO, 9.0, 1e-13, 0.0, false};
    CHECK_STATUS(ili_kspace_create(ctx, &plan, c0.n, c0.q, &c0.cell, x, &k), IL_E_INPUT);
    plan.accuracy = 1e-5;
    plan.cutoff = NAN;
    CHECK_STATUS(ili_kspace_create(ctx, &plan, c0.n, c0.q, &c0.cell, x, &k), IL_E_INPUT);
    plan.cutoff = 9.0;
    c0.cell.pbc[0] = false;
    CHECK_STATUS(ili_kspace_create(ctx, &plan, c0.n, c0.q, &c0.cell, x, &k), IL_E_UNSUPPORTED);
    c0.cell.pbc[0] = true;
    CHECK(k == NULL);
    k = make(&c0, plan);
    CHECK(ili_kspace_get_info(k).method == ILI_KSPACE_EWALD);
    c0.x[2][1] = NAN;
    ili_accum acc = {.f = r0.f};
    CHECK_STATUS(ili_kspace_compute(ctx, k, &c0.cell, x, &r0.parts, &acc), IL_E_NONFINITE);
    CHECK(strstr(il_message(ctx), "atom 3") != NULL);
    ili_kspace_destroy(&k);
}

TESTS(RUN(madelung), RUN(lgp), RUN(ewald_derivatives), RUN(alpha_independence), RUN(background),
      RUN(mesh_derivatives), RUN(accuracy), RUN(accuracy_lgp), RUN(accuracy_of_choices), RUN(accuracy_slab),
      RUN(mesh_has_no_bias), RUN(mesh_madelung), RUN(slab_exact), RUN(slab_derivatives), RUN(slab_vacuum),
      RUN(slab_grows), RUN(slab_moves_in_its_mesh), RUN(slab_charge_leaves_its_mesh),
      RUN(cluster_in_a_large_box), RUN(meshes_of_floats), RUN(threads), RUN(remake), RUN(refresh),
      RUN(out_of_memory), RUN(refusals))
