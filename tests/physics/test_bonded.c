/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Bonds, angles, torsions, special pairs and the truncation of pair functions, with forms made for the test: none of
 *  them is symmetric, so that a wrong sign cannot hide. */
#include "harness.h"

#include "base/rng.h"
#include "ff/bonded.h"
#include "ff/pairfn.h"
#include "math/units.h"
#include "math/vec.h"

/* ---- forms ------------------------------------------------------------------------------------------------ */

/** p[0] (u - p[1])^2 + p[2] (u - p[1])^3. */
static double cubic(const double *p, double u, double *derivative) {
    double t = u - p[1];
    *derivative = t * (2.0 * p[0] + 3.0 * p[2] * t);
    return t * t * (p[0] + p[2] * t);
}

/** p[0] (1 + cos u) + p[1] sin 2u: not even in u. */
static double twist(const double *p, double u, double *derivative) {
    *derivative = -p[0] * sin(u) + 2.0 * p[1] * cos(2.0 * u);
    return p[0] * (1.0 + cos(u)) + p[1] * sin(2.0 * u);
}

/** p[0]/r^6. */
static double power(const double *p, double r, double *derivative) {
    double e = p[0] / (r * r * r * r * r * r);
    *derivative = -6.0 * e / r;
    return e;
}

static const ili_form BOND = {.name = "b", .kind = ILI_BOND, .value = cubic};
static const ili_form ANGLE = {.name = "a", .kind = ILI_ANGLE, .value = cubic};
static const ili_form TORSION = {.name = "t", .kind = ILI_TORSION, .value = twist};
static const ili_form PAIR = {.name = "p", .kind = ILI_PAIR, .value = power};

enum { A_BOND, AN_ANGLE, A_STRAIGHT, A_TORSION, FIRST_PAIR, SECOND_PAIR, OTHER_PAIR, N_ENTRIES };

static ili_model_entry entries[N_ENTRIES] = {
    [A_BOND] = {.form = &BOND, .p = {12.0, 1.5, -5.0}},
    [AN_ANGLE] = {.form = &ANGLE, .p = {2.0, 1.9, 0.4}},
    [A_STRAIGHT] = {.form = &ANGLE, .p = {2.0, ILI_PI, 0.0}},
    [A_TORSION] = {.form = &TORSION, .p = {0.3, 0.2}},
    [FIRST_PAIR] =
        {.form = &PAIR, .species = {0, 1}, .p = {20.0}, .cutoff = 6.0, .truncation = ILI_TRUNCATE_SHIFT},
    [SECOND_PAIR] = {.form = &PAIR,
                     .species = {1, 0},
                     .p = {-3.0},
                     .cutoff = NAN,
                     .truncation = ILI_TRUNCATE_TAPER,
                     .taper = 2.0},
    [OTHER_PAIR] =
        {.form = &PAIR, .species = {1, 1}, .p = {7.0}, .cutoff = NAN, .truncation = ILI_TRUNCATE_NONE},
};

/* ---- a chain molecule ------------------------------------------------------------------------------------- */

enum { N = 8 };
static const double SHORT_CUTOFF = 4.0;
static il_model model = {.n_species = 2, .n_entries = N_ENTRIES, .entries = entries, .has_coulomb = true};

/** Items of a chain in the order of `label`: atom k of the chain has the number label[k]. */
typedef struct chain {
    ili_cell cell;
    double x[N][3], charge[N], f[N][3], e_atom[N], w[6], alpha, total;
    int32_t type[N];
    ili_bonded_item bonds[N], angles[N], torsions[N];
    ili_special_pair specials[3 * N];
    ili_binding binding;
    ili_bonded_energy energy;
} chain;

static void add_special(chain *c, int32_t i, int32_t j, double lj, double coulomb) {
    c->specials[c->binding.n_specials++] =
        (ili_special_pair){.i = i < j ? i : j, .j = i < j ? j : i, .scale_lj = lj, .scale_coulomb = coulomb};
}

static void chain_make(chain *c, const int32_t label[N], double alpha) {
    memset(c, 0, sizeof *c);
    c->cell =
        (ili_cell){.h = {{9.0, 0.0, 0.0}, {3.5, 8.0, 0.0}, {-2.0, 3.0, 8.5}}, .pbc = {true, true, true}};
    c->alpha = alpha;
    c->binding = (ili_binding){.model = &model,
                               .n = N,
                               .type = c->type,
                               .charge = c->charge,
                               .bonds = c->bonds,
                               .angles = c->angles,
                               .torsions = c->torsions,
                               .specials = c->specials};
    ili_rng rng = ili_rng_make(3, 5);
    double x[3] = {7.5, 6.5, 7.0}, back[3] = {-1, 0, 0};
    for (int k = 0; k < N; k++) {
        const int32_t i = label[k];
        memcpy(c->x[i], x, sizeof x);
        ili_cell_wrap(&c->cell, c->x[i]); /* the chain leaves the cell: bonds cross its faces */
        c->type[i] = k % 2;
        c->charge[i] = 0.4 * (k % 3 - 1.2);
        double step[3];
        do ili_rng_direction(&rng, step);
        while (ili_dot(step, back) > 0.3 || ili_dot(step, back) < -0.9);
        for (int j = 0; j < 3; j++) {
            x[j] += (1.4 + 0.03 * k) * step[j];
            back[j] = -step[j];
        }
        if (k > 0)
            c->bonds[c->binding.n_bonds++] = (ili_bonded_item){.atom = {label[k - 1], i}, .entry = A_BOND};
        if (k > 1)
            c->angles[c->binding.n_angles++] = (ili_bonded_item){.atom = {label[k - 2], label[k - 1], i},
                                                                 .entry = k % 3 ? AN_ANGLE : A_STRAIGHT};
        if (k > 2)
            c->torsions[c->binding.n_torsions++] =
                (ili_bonded_item){.atom = {label[k - 3], label[k - 2], label[k - 1], i}, .entry = A_TORSION};
        if (k > 0) add_special(c, label[k - 1], i, 0.0, 0.0);
        if (k > 1) add_special(c, label[k - 2], i, 0.0, 0.0);
        if (k > 2) add_special(c, label[k - 3], i, 0.5, 0.6);
    }
}

static const int32_t IN_ORDER[N] = {0, 1, 2, 3, 4, 5, 6, 7};

/** One chain by the kernels, forces alone when asked for; or item by item. */
typedef enum way { FAST, FORCES_ONLY, REFERENCE } way;

static il_status chain_compute_by(chain *c, way how) {
    memset(c->f, 0, sizeof c->f);
    memset(c->e_atom, 0, sizeof c->e_atom);
    ili_accum acc = {.f = c->f, .e_atom = c->e_atom, .forces_only = how == FORCES_ONLY};
    ili_bonded *bonded = NULL;
    il_status status = ili_bonded_create(ctx, &c->binding, SHORT_CUTOFF, &bonded);
    if (status == IL_OK && how == REFERENCE)
        status =
            ili_bonded_reference(ctx, &c->binding, &c->cell, c->x, SHORT_CUTOFF, c->alpha, &c->energy, &acc);
    else if (status == IL_OK)
        status = ili_bonded_compute(ctx, bonded, &c->cell, c->x, c->alpha, &c->energy, &acc);
    ili_bonded_destroy(&bonded);
    memcpy(c->w, acc.w, sizeof c->w);
    const ili_bonded_energy *e = &c->energy;
    c->total = e->bond + e->angle + e->torsion + e->pair14 + e->coulomb_special;
    return status;
}

static il_status chain_compute(chain *c) {
    return chain_compute_by(c, FAST);
}

static double chain_energy(const chain *c) {
    chain copy = *c;
    copy.binding.type = copy.type, copy.binding.charge = copy.charge;
    CHECK_OK(chain_compute(&copy));
    return copy.total;
}

/** Error of a central difference with step h: third derivatives up to `third`, round-off of energies of order 10 eV. */
static double difference_error(double h, double third) {
    return third * h * h / 6.0 + 10.0 * 2.2e-16 * N / h;
}

static void check_forces(chain *c, double tolerance) {
    const double h = 1e-5;
    REQUIRE_OK(chain_compute(c));
    for (int i = 0; i < c->binding.n; i++)
        for (int k = 0; k < 3; k++) {
            double x = c->x[i][k];
            c->x[i][k] = x + h;
            double up = chain_energy(c);
            c->x[i][k] = x - h;
            double down = chain_energy(c);
            c->x[i][k] = x;
            CHECK_NEAR(c->f[i][k], (down - up) / (2 * h), tolerance);
        }
}

static void check_virial(chain *c, double tolerance) {
    const double h = 1e-5;
    static const int row[6] = {0, 1, 2, 1, 0, 0}, column[6] = {0, 1, 2, 2, 2, 1};
    REQUIRE_OK(chain_compute(c));
    for (int k = 0; k < 6; k++) {
        double e[2];
        for (int side = 0; side < 2; side++) {
            double s[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, by = (side ? -0.5 : 0.5) * h;
            s[row[k]][column[k]] += by;
            s[column[k]][row[k]] += by;
            chain t = *c;
            ili_mat_mul(t.cell.h, s, t.cell.h);
            for (int i = 0; i < N; i++) ili_vec_mat(t.x[i], s, t.x[i]);
            e[side] = chain_energy(&t);
        }
        CHECK_NEAR(c->w[k], -(e[0] - e[1]) / (2 * h), tolerance);
    }
}

static void check_sums(const chain *c) {
    double f[3] = {0}, e = 0.0;
    for (int i = 0; i < c->binding.n; i++) {
        e += c->e_atom[i];
        for (int k = 0; k < 3; k++) f[k] += c->f[i][k];
    }
    for (int k = 0; k < 3; k++) CHECK_NEAR(f[k], 0.0, 1e-13);
    CHECK_NEAR(e, c->total, 1e-13);
}

/* ---- the laws --------------------------------------------------------------------------------------------- */

TEST(forces_virial_and_sums) {
    const double alphas[] = {0.0, 0.35};
    for (int k = 0; k < 2; k++) {
        chain c;
        chain_make(&c, IN_ORDER, alphas[k]);
        check_forces(&c, difference_error(1e-5, 500.0));
        check_virial(&c, difference_error(1e-5, 5000.0));
        check_sums(&c);
        CHECK(c.energy.bond > 0 && c.energy.angle > 0 && c.energy.torsion != 0 && c.energy.pair14 != 0 &&
              c.energy.coulomb_special != 0);
    }
    /* one kind at a time, so that none hides behind a larger one */
    for (int kind = 0; kind < 4; kind++) {
        chain c;
        chain_make(&c, IN_ORDER, 0.35);
        if (kind != 0) c.binding.n_bonds = 0;
        if (kind != 1) c.binding.n_angles = 0;
        if (kind != 2) c.binding.n_torsions = 0;
        if (kind != 3) c.binding.n_specials = 0;
        check_forces(&c, difference_error(1e-5, 500.0));
        check_virial(&c, difference_error(1e-5, 5000.0));
        check_sums(&c);
    }
}

TEST(translation_rotation_relabelling) {
    static const int32_t shuffled[N] = {5, 2, 7, 0, 3, 6, 1, 4};
    const double c1 = cos(0.7), s1 = sin(0.7), c2 = cos(1.9), s2 = sin(1.9);
    double rz[3][3] = {{c1, s1, 0}, {-s1, c1, 0}, {0, 0, 1}},
           rx[3][3] = {{1, 0, 0}, {0, c2, s2}, {0, -s2, c2}}, turn[3][3];
    ili_mat_mul(rz, rx, turn);
    chain a, b;
    chain_make(&a, IN_ORDER, 0.35);
    REQUIRE_OK(chain_compute(&a));
    chain_make(&b, shuffled, 0.35);
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < 3; k++) b.x[i][k] += 13.7 * (k + 1); /* not wrapped back */
        ili_vec_mat(b.x[i], turn, b.x[i]);
    }
    ili_mat_mul(b.cell.h, turn, b.cell.h);
    REQUIRE_OK(chain_compute(&b));
    CHECK_NEAR(b.total, a.total, 1e-12);
    for (int i = 0; i < N; i++) {
        double f[3];
        ili_vec_mat(a.f[i], turn, f);
        for (int k = 0; k < 3; k++) CHECK_NEAR(b.f[shuffled[i]][k], f[k], 1e-11);
        CHECK_NEAR(b.e_atom[shuffled[i]], a.e_atom[i], 1e-12);
    }
    /* the other hand: energies of torsions change sign of their odd part */
    for (int i = 0; i < N; i++) a.x[i][0] = -a.x[i][0];
    for (int k = 0; k < 3; k++) a.cell.h[k][0] = -a.cell.h[k][0];
    REQUIRE_OK(chain_compute(&a));
    CHECK_NEAR(a.energy.bond, b.energy.bond, 1e-12);
    CHECK_NEAR(a.energy.angle, b.energy.angle, 1e-12);
    CHECK(fabs(a.energy.torsion - b.energy.torsion) > 0.01);
}

/** Four atoms with the dihedral phi; no other item. */
static void chain_twist(chain *c, double phi) {
    chain_make(c, IN_ORDER, 0.0);
    c->binding.n_bonds = c->binding.n_angles = c->binding.n_specials = 0;
    c->binding.n_torsions = 1;
    const double x[4][3] = {
        {1.0, 0.0, -0.6}, {0.0, 0.0, 0.0}, {0.0, 0.0, 1.5}, {1.2 * cos(phi), 1.2 * sin(phi), 1.9}};
    memcpy(c->x, x, sizeof x);
}

TEST(torsion_angles) {
    const double phis[] = {0.0,  1e-9,          -1e-9,         1e-4,   1.0,          ILI_PI / 2,
                           -2.2, ILI_PI - 1e-4, ILI_PI - 1e-9, ILI_PI, 1e-9 - ILI_PI};
    for (size_t k = 0; k < sizeof phis / sizeof phis[0]; k++) {
        chain c;
        double slope, phi = phis[k];
        chain_twist(&c, phi);
        REQUIRE_OK(chain_compute(&c));
        CHECK_NEAR(c.energy.torsion, twist(entries[A_TORSION].p, phi, &slope), 1e-14);
        /* the last atom turns at 1.2 A from the axis */
        CHECK_NEAR(c.f[3][1] * cos(phi) - c.f[3][0] * sin(phi), -slope / 1.2, 1e-14);
        check_forces(&c, difference_error(1e-5, 50.0));
    }
    /* looking from the second atom to the third (up z), the fourth lies clockwise of the first: positive */
    chain c;
    chain_twist(&c, 0.5);
    entries[A_TORSION].p[0] = 0.0;
    REQUIRE_OK(chain_compute(&c));
    CHECK(c.energy.torsion > 0.0);
    entries[A_TORSION].p[0] = 0.3;
}

TEST(angles_to_both_ends) {
    for (int straight = 0; straight < 2; straight++) {
        const double thetas[] = {0.3, 1.2, 1.9, 2.8, ILI_PI - 1e-3, ILI_PI - 1e-7, ILI_PI};
        for (size_t k = 0; k < sizeof thetas / sizeof thetas[0]; k++) {
            chain c;
            double slope, theta = thetas[k];
            chain_make(&c, IN_ORDER, 0.0);
            c.binding.n_bonds = c.binding.n_torsions = c.binding.n_specials = 0;
            c.binding.n_angles = 1;
            const int entry = c.angles[0].entry = straight ? A_STRAIGHT : AN_ANGLE;
            const double x[3][3] = {
                {1.3, 0, 0}, {0, 0, 0}, {1.1 * cos(theta), theta == ILI_PI ? 0 : 1.1 * sin(theta), 0}};
            memcpy(c.x, x, sizeof x);
            REQUIRE_OK(chain_compute(&c));
            CHECK_NEAR(c.energy.angle, cubic(entries[entry].p, theta, &slope), 1e-14);
            CHECK_NEAR(c.f[0][1], theta == ILI_PI ? 0.0 : slope / 1.3, 1e-13);
            /* where theta has a cusp at pi only a form that is level there has a difference */
            if (straight || theta < 3.0) check_forces(&c, difference_error(1e-5, 200.0));
        }
    }
}

TEST(special_pairs) {
    for (int excluded = 0; excluded < 2; excluded++)
        for (int k = 0; k < 2; k++) {
            chain c;
            const double alpha = k ? 0.4 : 0.0, r = 2.5, scale = excluded ? 0.0 : 1.0;
            chain_make(&c, IN_ORDER, alpha);
            c.binding.n_bonds = c.binding.n_angles = c.binding.n_torsions = c.binding.n_specials = 0;
            add_special(&c, 0, 1, 0.5 * scale, 0.6 * scale);
            memset(c.x, 0, sizeof c.x);
            for (int j = 0; j < 3; j++) c.x[1][j] = r * (j == 1) - c.cell.h[0][j] + 2 * c.cell.h[2][j];
            REQUIRE_OK(chain_compute(&c));
            /* 20/r^6 shifted at 6 A; -3/r^6 tapered from 2 to 4 A: S(1/4) = 1 - 10/64 + 15/256 - 6/1024 */
            double lj =
                20 / pow(r, 6) - 20 / pow(6, 6) - 3 / pow(r, 6) * (1 - 10 / 64. + 15 / 256. - 6 / 1024.);
            double qq = 14.3996454 * c.charge[0] * c.charge[1];
            CHECK_NEAR(c.energy.pair14, 0.5 * scale * lj, 1e-15);
            CHECK_NEAR(c.energy.coulomb_special, qq * (0.6 * scale - (k ? erf(0.4 * r) : 0.0)) / r,
                       1e-8 * fabs(qq));
            check_forces(&c, difference_error(1e-5, 10.0));
        }
}

/** Every way to end a pair function: slope against differences, 0 at the end, level where it must be. */
TEST(truncation) {
    const int which[] = {FIRST_PAIR, SECOND_PAIR, OTHER_PAIR};
    for (int k = 0; k < 3; k++) {
        const ili_model_entry *e = &entries[which[k]];
        const double rc = ili_entry_cutoff(e, SHORT_CUTOFF), h = 1e-6;
        double slope, unused;
        CHECK(rc == (k == 0 ? 6.0 : SHORT_CUTOFF));
        for (double r = 1.5; r < rc - h; r += 0.0371) {
            ili_entry_energy(e, SHORT_CUTOFF, r, &slope);
            double up = ili_entry_energy(e, SHORT_CUTOFF, r + h, &unused);
            double down = ili_entry_energy(e, SHORT_CUTOFF, r - h, &unused);
            CHECK_NEAR(slope, (up - down) / (2 * h), 2e-9);
        }
        double end = ili_entry_energy(e, SHORT_CUTOFF, rc * (1 - 1e-15), &slope);
        if (k < 2)
            CHECK_NEAR(end, 0.0, 1e-16);
        else
            CHECK_NEAR(end, 7 / pow(rc, 6), 1e-16);
        CHECK(ili_entry_energy(e, SHORT_CUTOFF, rc, &slope) == 0.0 && slope == 0.0);
        CHECK(isnan(ili_entry_energy(e, SHORT_CUTOFF, NAN, &slope)));
    }
    /* the taper begins and ends with continuous second derivatives: slopes change by O(h) across both points */
    const double h = 1e-4, points[] = {2.0, 4.0};
    for (int k = 0; k < 2; k++) {
        double s[3];
        for (int j = 0; j < 3; j++)
            ili_entry_energy(&entries[SECOND_PAIR], SHORT_CUTOFF, points[k] + (j - 1) * h, &s[j]);
        CHECK_NEAR((s[2] - s[1]) / h, (s[1] - s[0]) / h, 20.0 * h);
    }
}

TEST(failures_name_the_atoms) {
    chain c;
    chain_make(&c, IN_ORDER, 0.0);
    memcpy(c.x[4], c.x[3], sizeof c.x[3]);
    CHECK_STATUS(chain_compute(&c), IL_E_NONFINITE);
    CHECK(strstr(il_message(ctx), "bond of atoms 4-5") != NULL);
    chain_twist(&c, 0.0);
    c.x[0][0] = 0.0;
    CHECK_STATUS(chain_compute(&c), IL_E_NONFINITE);
    CHECK(strstr(il_message(ctx), "torsion of atoms 1-2-3-4") != NULL);
    chain_make(&c, IN_ORDER, 0.0);
    c.x[2][1] = NAN;
    CHECK_STATUS(chain_compute(&c), IL_E_NONFINITE);
    CHECK(strstr(il_message(ctx), "2-3") != NULL);
}

TESTS(RUN(forces_virial_and_sums); RUN(translation_rotation_relabelling); RUN(torsion_angles);
      RUN(angles_to_both_ends); RUN(special_pairs); RUN(truncation); RUN(failures_name_the_atoms))
