/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Sites: lists from crystals, and planted hopping whose rates, returns and diffusion are known. */
#include "harness.h"

#include "analysis/sites.h"
#include "base/rng.h"
#include "io/cif.h"
#include "math/counting.h"
#include "math/eigen.h"
#include "math/vec.h"

enum { SIDE = 4, N_SITES = SIDE * SIDE * SIDE, N = 12 };
static const double A = 3.0; /* angstrom between neighbours of the cubic lattice */

/** Cubic lattice, labels in a chessboard. */
static ili_site_list board(double (*frac)[3], int32_t *label) {
    for (int j = 0; j < N_SITES; j++) {
        int c[3] = {j / (SIDE * SIDE), j / SIDE % SIDE, j % SIDE};
        for (int k = 0; k < 3; k++) frac[j][k] = (c[k] + 0.5) / SIDE;
        label[j] = (c[0] + c[1] + c[2]) % 2;
    }
    return (ili_site_list){.n = N_SITES, .n_labels = 2, .frac = frac, .label = label, .name = {"A", "B"}};
}

/** Hopping with probability p[label] a frame, back where it came from with probability `back`, else one of the other five; through the
 *  middle of the bond for a frame; rattling by 0.2 A. */
static ili_sites *hopping(int frames, const double p[2], double back, uint64_t seed, int save_at) {
    static const int STEP[6][3] = {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};
    double frac[N_SITES][3], s[N][3];
    int32_t label[N_SITES];
    int at[N][3], last[N], going[N] = {0};
    bool mobile[N];
    ili_sites *sites = NULL, *restored = NULL;
    ili_rng rng = ili_rng_make(seed, 3);
    ili_site_list list = board(frac, label);
    ili_sites_plan plan = {
        .n_atoms = N,
        .mobile = mobile,
        .sites = &list,
        .frame_time = 10.0,
        .cell = {.h = {{SIDE * A, 0, 0}, {0, SIDE * A, 0}, {0, 0, SIDE * A}}, .pbc = {true, true, true}}};
    for (int i = 0; i < N; i++) {
        mobile[i] = i != 3;
        last[i] = -1;
        for (int k = 0; k < 3; k++) at[i][k] = (int)ili_rng_below(&rng, SIDE);
    }
    if (ili_sites_create(ctx, &plan, &sites) != IL_OK) return NULL;
    for (int f = 0; f < frames; f++) {
        ili_cell cell = plan.cell;
        for (int k = 0; k < 3; k++) cell.h[k][k] *= 1.0 + 0.02 * (f % 5 - 2);
        for (int i = 0; i < N; i++) {
            int kind = (at[i][0] + at[i][1] + at[i][2] + 30000) % 2, way = -1;
            if (!going[i] && ili_rng_uniform(&rng) < p[kind]) {
                way = (int)ili_rng_below(&rng, 6);
                if (last[i] >= 0 && back >= 0.0) {
                    while (way == (last[i] ^ 1)) way = (int)ili_rng_below(&rng, 6);
                    if (ili_rng_uniform(&rng) < back) way = last[i] ^ 1;
                }
                last[i] = way;
            }
            for (int k = 0; k < 3; k++) {
                double half = way >= 0 ? 0.5 * STEP[way][k]
                                       : 0.0; /* in the middle of the bond it belongs to the old site */
                s[i][k] = (at[i][k] + half + 0.5 + 0.2 / A * (ili_rng_uniform(&rng) - 0.5)) / SIDE;
                if (way >= 0) at[i][k] += STEP[way][k];
            }
            going[i] = way >= 0;
        }
        CHECK_OK(ili_sites_add(ctx, sites, &cell, (const double(*)[3])s));
        if (f != save_at) continue;
        ili_bytes bytes = {0};
        CHECK_OK(ili_sites_create(ctx, &plan, &restored));
        ili_sites_carry(sites, &bytes);
        ili_bytes_rewind(&bytes);
        ili_sites_carry(restored, &bytes);
        CHECK(!bytes.failed && bytes.at == bytes.size);
        ili_bytes_free(&bytes);
        ili_sites_destroy(&sites);
        sites = restored;
    }
    return sites;
}

/** Markov chain of a stay, and of the frame after a jump in which nothing happens. A stay of an atom on a site of probability p lasts, in
 *  frames, 1 (the arrival) + 1/p; so the rate is 1/(1 + 1/p) a frame. */
static double rate_of(double p) {
    return 1.0 / (1.0 + 1.0 / p) / 10.0;
}

TEST(planted_rates) {
    static const double P[2] = {0.05, 0.02};
    double ka = rate_of(P[0]), kb = rate_of(P[1]), hits = 0.0, hits95 = 0.0, trials = 0.0, walk = 0.0,
           walk_sigma = 0.0;
    enum { RUNS = 60 };
    for (int run = 0; run < RUNS; run++) {
        ili_sites_result r;
        ili_sites *sites = hopping(2500, P, -1.0, (uint64_t)run, -1);
        REQUIRE_OK(ili_sites_estimate(ctx, sites, &r));
        CHECK(r.n_labels == 2 && r.n_mobile == N - 1 && r.label[0].n_sites == N_SITES / 2);
        CHECK_NEAR(r.radius, 1.5, 1e-9);
        CHECK(r.jumps[0][0] == 0 && r.jumps[1][1] == 0 && r.n_jumps == r.jumps[0][1] + r.jumps[1][0]);
        CHECK_NEAR(r.assigned, 1.0, 1e-12);
        CHECK_NEAR(r.length.value, A, 1e-9);
        double want[4] = {ka, kb, 1.0 / ka, 1.0 / kb};
        ili_estimate got[4] = {r.rate[0][1], r.rate[1][0], r.label[0].residence, r.label[1].residence};
        for (int k = 0; k < 4; k++) {
            CHECK_NEAR(got[k].value, want[k], 6.5 * got[k].sigma);
            hits += fabs(got[k].value - want[k]) < got[k].sigma;
            hits95 += want[k] > got[k].low && want[k] < got[k].high;
            trials += 1.0;
        }
        CHECK(got[0].sigma < 0.08 * ka);
        /* time on A : B is 1/ka : 1/kb; all occupancies add up to the atoms */
        CHECK_NEAR(r.label[0].occupancy.value, (N - 1) / (0.5 * N_SITES) * kb / (ka + kb),
                   7.0 * r.label[0].occupancy.sigma);
        CHECK_NEAR((r.label[0].occupancy.value + r.label[1].occupancy.value) * 0.5 * N_SITES, N - 1, 1e-9);
        CHECK_NEAR(r.label[0].occupancy.high - r.label[0].occupancy.value,
                   2.1009 * r.label[0].occupancy.sigma, /* 19 blocks of 128 frames: Student's with 18 */
                   1e-4 * r.label[0].occupancy.sigma);
        CHECK_NEAR(r.back.value, 1.0 / 6.0, 7.0 * r.back.sigma);
        CHECK_NEAR(r.cosine.value, 0.0, 7.0 * r.cosine.sigma);
        walk += r.d_walk.value / RUNS;
        walk_sigma += r.d_walk.sigma / RUNS;
        ili_sites_destroy(&sites);
    }
    /* coverage: 240 trials, pairs of which are one: 5 deviations */
    CHECK_NEAR(hits / trials, 0.70, 0.22);
    CHECK_NEAR(hits95 / trials, 0.96, 0.10);
    double k = 2.0 * ka * kb / (ka + kb); /* jumps per time of one atom */
    CHECK_NEAR(walk, k * A * A / 6.0, 6.0 * walk_sigma / sqrt(RUNS));
}

/** Half of the jumps go back: back = 1/2, cosine = -1/2 + 1/2 (1/5), D of the sites is f times that of the walk. */
TEST(planted_returns) {
    static const double P[2] = {0.05, 0.05};
    ili_sites_result r;
    ili_sites *sites = hopping(12000, P, 0.5, 7, -1);
    REQUIRE_OK(ili_sites_estimate(ctx, sites, &r));
    CHECK_NEAR(r.back.value, 0.5, 6.0 * r.back.sigma);
    CHECK_NEAR(r.cosine.value, -0.4, 6.0 * r.cosine.sigma);
    CHECK_NEAR(r.f.value, 0.6 / 1.4, 6.0 * r.f.sigma);
    CHECK(r.back.sigma < 0.02 && r.f.sigma < 0.02);
    ili_sites_destroy(&sites);
}

/** Nothing jumps: rate 0 with the bound 3/T. */
TEST(no_jump_gives_a_bound) {
    static const double P[2] = {0.0, 0.0};
    ili_sites_result r;
    ili_sites *sites = hopping(50, P, -1.0, 7, -1);
    REQUIRE_OK(ili_sites_estimate(ctx, sites, &r));
    double time = r.label[0].occupancy.value * N_SITES / 2 * 500.0;
    CHECK(r.n_jumps == 0 && r.rate[0][1].value == 0.0 && r.rate[0][1].low == 0.0);
    CHECK_NEAR(r.rate[0][1].high * time, 2.9957, 1e-4);
    CHECK(isinf(r.label[0].residence.value));
    CHECK_NEAR(r.label[0].residence.low, time / 2.9957, 1e-3 * time);
    CHECK_NEAR(r.d_walk.value, 0.0, 0.0);
    CHECK(r.d_walk.high > 0.0);
    ili_sites_destroy(&sites);
}

/** Beyond the middle of the bond and back, with a radius of 1 A: still there. Over the edge of a cell with one site: a jump. */
TEST(hysteresis_and_images) {
    static const double PATH[7] = {0.0, 0.55, 0.3, 0.6, 0.5, 0.8, 1.0};
    double frac[1][3] = {{0.0, 0.0, 0.0}}, s[1][3] = {{0.0, 0.0, 0.0}};
    int32_t label[1] = {0};
    bool mobile[1] = {true};
    ili_sites_result r;
    ili_sites *sites = NULL;
    ili_site_list list = {.n = 1, .n_labels = 1, .frac = frac, .label = label, .name = {"X"}};
    ili_sites_plan plan = {.n_atoms = 1,
                           .mobile = mobile,
                           .sites = &list,
                           .radius = 1.0,
                           .frame_time = 1.0,
                           .cell = {.h = {{4, 0, 0}, {0, 4, 0}, {0, 0, 4}}, .pbc = {true, true, true}}};
    REQUIRE_OK(ili_sites_create(ctx, &plan, &sites));
    for (int f = 0; f < 7; f++) {
        s[0][1] = -PATH[f];
        CHECK_OK(ili_sites_add(ctx, sites, &plan.cell, (const double(*)[3])s));
        REQUIRE_OK(ili_sites_estimate(ctx, sites, &r));
        CHECK(r.n_jumps == (f >= 5));
    }
    CHECK_NEAR(r.length.value, 4.0, 1e-12);
    CHECK_NEAR(r.inside, 3.0 / 7.0, 1e-12);
    CHECK_NEAR(r.assigned, 1.0, 1e-12);
    s[0][1] = NAN;
    CHECK_STATUS(ili_sites_add(ctx, sites, &plan.cell, (const double(*)[3])s), IL_E_NONFINITE);
    ili_sites_destroy(&sites);
    plan.radius = 1.1;
    CHECK_STATUS(ili_sites_create(ctx, &plan, &sites), IL_E_INPUT);
    mobile[0] = false;
    plan.radius = 1.0;
    CHECK_STATUS(ili_sites_create(ctx, &plan, &sites), IL_E_INPUT);
}

TEST(bits) {
    static const double P[2] = {0.1, 0.05};
    ili_sites_result r1, r2;
    memset(&r1, 0, sizeof r1);
    memset(&r2, 0, sizeof r2);
    ili_sites *a = hopping(200, P, 0.3, 7, -1), *b = hopping(200, P, 0.3, 7, 77);
    REQUIRE_OK(ili_sites_estimate(ctx, a, &r1));
    REQUIRE_OK(ili_sites_estimate(ctx, b, &r2));
    CHECK(memcmp(r1.rate, r2.rate, sizeof r1.rate) == 0 && r1.f.sigma == r2.f.sigma && r1.n_jumps > 20);
    CHECK(ili_sites_memory(a) == ili_sites_memory(b) && ili_sites_frames(b) == 200);
    ili_sites_destroy(&a);
    ili_sites_destroy(&b);
}

/** 6b and 36f of the NASICON, and throughout supercells, diagonal and skewed. */
TEST(sites_of_a_crystal) {
    ili_crystal crystal = {0};
    ili_site_list unit, all;
    REQUIRE_OK(ili_cif_read(ctx, "structures/LAGP.cif", &crystal));
    REQUIRE_OK(ili_sites_of_crystal(ctx, &crystal, 3, &unit));
    CHECK(unit.n == 42 && unit.n_labels == 2);
    int on[2] = {0};
    for (int j = 0; j < unit.n; j++) on[unit.label[j]]++;
    CHECK(on[0] == 6 && on[1] == 36 && strncmp(unit.name[0], "Li1", 3) == 0 &&
          strncmp(unit.name[1], "Li2", 3) == 0);
    CHECK(ili_sites_shortest(&unit, &crystal.cell) > 0.5 && ili_sites_shortest(&unit, &crystal.cell) < 2.5);
    static const double M[3][3][3] = {{{2, 0, 0}, {0, 3, 0}, {0, 0, 1}},
                                      {{1, 1, 0}, {-1, 2, 0}, {0, 0, 2}},
                                      {{2, 1, 1}, {0, 1, -1}, {1, 0, 2}}};
    for (int c = 0; c < 3; c++) {
        ili_cell cell = crystal.cell;
        ili_mat_mul(M[c], crystal.cell.h, cell.h);
        for (int k = 0; k < 9; k++) cell.h[k / 3][k % 3] *= 1.03;
        REQUIRE_OK(ili_sites_fill(ctx, &unit, &crystal.cell, &cell, &all));
        CHECK(all.n == (int32_t)lround(42 * ili_det(M[c])));
        for (int j = 0; j < all.n; j++) {
            double u[3], least = 1.0;
            ili_vec_mat(all.frac[j], M[c], u);
            for (int i = 0; i < unit.n; i++) {
                double d = 0.0;
                for (int k = 0; k < 3; k++)
                    d = fmax(d, fabs(u[k] - unit.frac[i][k] - rint(u[k] - unit.frac[i][k])));
                if (unit.label[i] == all.label[j]) least = fmin(least, d);
            }
            CHECK(least < 1e-9);
        }
        CHECK_NEAR(ili_sites_shortest(&all, &cell), 1.03 * ili_sites_shortest(&unit, &crystal.cell), 1e-6);
        ili_site_list_free(&all);
    }
    ili_cell wrong = crystal.cell;
    wrong.h[0][0] *= 1.4;
    CHECK_STATUS(ili_sites_fill(ctx, &unit, &crystal.cell, &wrong, &all), IL_E_INPUT);
    CHECK_STATUS(ili_sites_of_crystal(ctx, &crystal, 11, &all), IL_E_INPUT);
    ili_site_list_free(&unit);
    ili_crystal_free(&crystal);
}

TEST(eigenvectors) {
    enum { M = 40 };
    static double a[M * M], b[M * M], v[M * M];
    ili_rng rng = ili_rng_make(1, 1);
    for (int i = 0; i < M; i++)
        for (int j = 0; j <= i; j++) a[i * M + j] = a[j * M + i] = ili_rng_normal(&rng);
    memcpy(b, a, sizeof a);
    CHECK(ili_eigen_symmetric(M, a, v));
    for (int k = 0; k < M; k++)
        for (int i = 0; i < M; i++) {
            double sum = 0.0, unity = 0.0;
            for (int j = 0; j < M; j++) {
                sum += b[i * M + j] * v[k * M + j];
                unity += v[k * M + j] * v[i * M + j];
            }
            CHECK_NEAR(sum, a[k * M + k] * v[k * M + i], 1e-12);
            CHECK_NEAR(unity, k == i ? 1.0 : 0.0, 1e-13);
        }
    b[3] = NAN;
    CHECK(!ili_eigen_symmetric(M, b, v));
}

/** Garwood's table: 1 and 10 events. */
TEST(counting) {
    double low, high;
    ili_poisson_interval(1, &low, &high);
    CHECK_NEAR(low, 0.0253, 5e-5);
    CHECK_NEAR(high, 5.572, 5e-4);
    ili_poisson_interval(10, &low, &high);
    CHECK_NEAR(low, 4.795, 5e-4);
    CHECK_NEAR(high, 18.390, 5e-4);
    /* many events stopped the program once; here two ways of one number meet */
    double before[2], after[2];
    ili_poisson_interval(1000, &before[0], &before[1]);
    ili_poisson_interval(1001, &after[0], &after[1]);
    for (int k = 0; k < 2; k++) CHECK_NEAR(after[k] - before[k], 1.0, 0.04);
    for (int64_t n = 1001; n < 4000000; n = 3 * n / 2) {
        ili_poisson_interval(n, &low, &high);
        CHECK_NEAR((low - (double)n) / sqrt((double)n), -1.95996, 3.0 / sqrt((double)n));
        CHECK_NEAR((high - (double)n) / sqrt((double)n), 1.95996, 3.0 / sqrt((double)n));
    }
}

TESTS(RUN(planted_rates), RUN(planted_returns), RUN(no_jump_gives_a_bound), RUN(hysteresis_and_images),
      RUN(bits), RUN(sites_of_a_crystal), RUN(eigenvectors), RUN(counting))
