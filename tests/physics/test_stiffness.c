/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The model of the second derivatives against differences of forces, and what it brings to relaxations. */
#include "harness.h"

#include "../unit/scratch.h"
#include "base/rng.h"
#include "ff/bonded.h"
#include "ff/stiffness.h"
#include "math/vec.h"
#include "relax/relax.h"

typedef struct bound {
    il_system *sys;
    il_model *model;
    il_ff *ff;
    ili_stiffness *stiffness;
    ili_couplings matrix;
} bound;

static il_status bound_open(const char *file, const char *model, int repeat, double rattle, bound *b) {
    const int copies[3] = {repeat, repeat, repeat};
    il_system *cell = NULL;
    *b = (bound){0};
    IL_TRY(il_system_read(ctx, file, &cell));
    IL_TRY(il_model_read(ctx, model, &b->model));
    IL_TRY(ili_system_repeat(ctx, cell, copies, &b->sys));
    il_system_destroy(&cell);
    ili_rng rng = ili_rng_make(8, 0);
    for (int32_t i = 0; i < b->sys->n_atoms; i++)
        for (int k = 0; k < 3; k++) b->sys->x[i][k] += rattle * (2 * ili_rng_uniform(&rng) - 1);
    IL_TRY(il_ff_create(ctx, b->model, b->sys, NULL, &b->ff));
    IL_TRY(ili_stiffness_create(ctx, b->ff, &b->stiffness));
    return ili_couplings_create(ctx, b->sys->n_atoms, &b->matrix);
}

static void bound_close(bound *b) {
    ili_couplings_free(&b->matrix);
    ili_stiffness_destroy(&b->stiffness);
    il_ff_destroy(&b->ff);
    il_model_destroy(&b->model);
    il_system_destroy(&b->sys);
}

/* |A u - H u| / |H u| of a random displacement u, H by central differences. */
static double misfit(bound *b) {
    static const double STEP = 1e-4;
    const int32_t n = b->sys->n_atoms;
    double(*u)[3] = calloc((size_t)n, sizeof *u), (*x)[3] = calloc((size_t)n, sizeof *x),
    (*f)[3] = calloc(2 * (size_t)n, sizeof *f), (*au)[3] = calloc((size_t)n, sizeof *au), off = 0.0,
    all = 0.0;
    ili_rng rng = ili_rng_make(4, 0);
    for (int32_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) u[i][k] = ili_rng_normal(&rng);
    CHECK_OK(
        ili_stiffness_compute(ctx, b->stiffness, &b->sys->cell, (const double(*)[3])b->sys->x, &b->matrix));
    ili_couplings_product(ctx, &b->matrix, u[0], au[0]);
    for (int side = 0; side < 2; side++) {
        ili_ff_result r = {.f = f + side * n};
        for (int32_t i = 0; i < n; i++)
            for (int k = 0; k < 3; k++) x[i][k] = b->sys->x[i][k] + (side ? -STEP : STEP) * u[i][k];
        CHECK_OK(ili_ff_evaluate(ctx, b->ff, &b->sys->cell, (const double(*)[3])x, &r));
    }
    for (int32_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) {
            const double h = (f[n + i][k] - f[i][k]) / (2 * STEP);
            off += (au[i][k] - h) * (au[i][k] - h);
            all += h * h;
        }
    free(u);
    free(x);
    free(f);
    free(au);
    return sqrt(off / all);
}

static const char PAIRS[] =
    "name: argon\ntitle: argon, for tests\ndate: 2026-11-23\ncitation: made up\nstatus: published\n"
    "units: {length: angstrom, energy: eV}\n"
    "defaults: {short_cutoff: 4.9, truncation: taper, taper: 1}\ncoulomb: no\n"
    "species:\n  Li: {element: Li, charge: 0, phase: any}\n"
    "terms:\n  - form: lj\n    source: made up\n    taper: 1\n    pairs:\n"
    "      Li-Li: {epsilon: 0.1, sigma: 2.6}\n";

/* Pairs that end within the reach of the model leave only the width of its tables: half a bin of 0.02 A times U''' r/U'', some 14. */
TEST(pairs_are_exact) {
    scratch_path path;
    bound b;
    scratch_name(path, ".yaml");
    scratch_write(path, PAIRS, strlen(PAIRS));
    REQUIRE_OK(bound_open("structures/Li.cif", path, 4, 0.1, &b));
    unlink(path);
    CHECK(misfit(&b) < 0.01 / 2.8 * 14);
    bound_close(&b);
}

/* Of ions, metals and molecules it is a model: most of the second derivatives, not all. */
TEST(others_are_near) {
    static const struct {
        const char *file, *model;
        int repeat;
        double most;
    } rows[] = {{"structures/LGP.cif", "pmmcs", 1, 0.1},
                {"structures/Li.cif", "li", 4, 0.05},
                {"examples/pdol-litfsi.extxyz", "pdol-salt", 1, 0.1}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        bound b;
        REQUIRE_OK(bound_open(rows[k].file, rows[k].model, rows[k].repeat, 0.02, &b));
        const double off = misfit(&b);
        CHECK(off < rows[k].most);
        bound_close(&b);
    }
}

static const char TORSION[] =
    "name: torsion\ntitle: a torsion alone, for tests\ndate: 2026-11-23\ncitation: made up\nstatus: "
    "published\n"
    "units: {length: angstrom, energy: eV}\n"
    "defaults: {short_cutoff: 4, truncation: shift}\ncoulomb: no\n"
    "special: {scale14_lj: 0, scale14_coulomb: 0}\nnone:\n  C-C: the torsion is to be alone\n"
    "species:\n  C: {element: C, charge: 0, phase: any}\n"
    "terms:\n"
    "  - form: bond_harmonic\n    source: made up\n    bonds:\n      C-C: {k: 0, r0: 1.5}\n"
    "  - form: angle_harmonic\n    source: made up\n    angles:\n      C-C-C: {k: 0, theta0: 110}\n"
    "  - form: torsion_opls\n    source: made up\n    torsions:\n      C-C-C-C: {V1: 40}\n";

/* A torsion V/2 (1 + cos q) on its barrier, where E'' = -V/2 = -20 eV: the model takes the size, u P u = 20 (sum_a g_a u_a)^2, so that no
 * step climbs. Blocks are floats, E'' is a difference over 1e-4. */
TEST(a_torsion_on_its_barrier) {
    static const double AT[4][3] = {{4.4, 6.4, 5}, {5, 5, 5}, {6.5, 5, 5}, {7.1, 6.4, 5}};
    const int32_t atom[4] = {0, 1, 2, 3};
    scratch_path path;
    bound b = {0};
    double q, g[4][3], pg[4][3], square = 0.0, curvature = 0.0;
    scratch_name(path, ".yaml");
    scratch_write(path, TORSION, strlen(TORSION));
    REQUIRE_OK(il_model_read(ctx, path, &b.model));
    unlink(path);
    REQUIRE_OK(ili_system_create(ctx, &b.sys));
    for (int i = 0; i < 4; i++) {
        int32_t type;
        b.sys->cell.h[i % 3][i % 3] = 12.0;
        REQUIRE_OK(ili_system_species(ctx, b.sys, "C", 0, &type));
        REQUIRE_OK(ili_system_add(ctx, b.sys, type, AT[i]));
    }
    REQUIRE_OK(il_ff_create(ctx, b.model, b.sys, NULL, &b.ff));
    REQUIRE_OK(ili_stiffness_create(ctx, b.ff, &b.stiffness));
    REQUIRE_OK(ili_couplings_create(ctx, 4, &b.matrix));
    REQUIRE_OK(
        ili_stiffness_compute(ctx, b.stiffness, &b.sys->cell, (const double(*)[3])b.sys->x, &b.matrix));
    ili_bonded_slope(&b.sys->cell, (const double(*)[3])b.sys->x, 4, atom, &q, g);
    CHECK_NEAR(q, 0.0, 1e-12);
    ili_couplings_product(ctx, &b.matrix, g[0], pg[0]);
    for (int i = 0; i < 4; i++) {
        square += ili_dot(g[i], g[i]);
        curvature += ili_dot(g[i], pg[i]);
    }
    CHECK_NEAR(curvature, 20.0 * square * square, 1e-6 * 20.0 * square * square);
    bound_close(&b);
}

TEST(internal_coordinates_and_their_slopes) {
    static const double STEP = 1e-5;
    static const ili_cell CELL = {.h = {{9, 0, 0}, {0, 9, 0}, {0, 0, 9}}, .pbc = {true, true, true}};
    double x[4][3] = {{0.1, 8.8, 0.2}, {1.2, 0.3, 0.1}, {1.6, 1.5, 0.9}, {2.9, 1.4, 1.8}};
    const int32_t atom[4] = {0, 1, 2, 3};
    for (int n = 2; n <= 4; n++) {
        double u, g[4][3], side[2], unused[4][3], sum[3] = {0};
        ili_bonded_slope(&CELL, (const double(*)[3])x, n, atom, &u, g);
        for (int a = 0; a < n; a++)
            for (int k = 0; k < 3; k++) {
                for (int s = 0; s < 2; s++) {
                    x[a][k] += s ? -2 * STEP : STEP;
                    ili_bonded_slope(&CELL, (const double(*)[3])x, n, atom, &side[s], unused);
                }
                x[a][k] += STEP;
                CHECK_NEAR(g[a][k], (side[0] - side[1]) / (2 * STEP),
                           1e-8); /* STEP^2 times third derivatives of order 10 */
                sum[k] += g[a][k];
            }
        for (int k = 0; k < 3; k++) CHECK_NEAR(sum[k], 0.0, 1e-14);
    }
}

TESTS(RUN(internal_coordinates_and_their_slopes), RUN(pairs_are_exact), RUN(others_are_near),
      RUN(a_torsion_on_its_barrier))
