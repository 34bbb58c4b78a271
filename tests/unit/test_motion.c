/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Van Hove functions and velocity correlations of planted motion. */
#include "harness.h"

#include "analysis/vacf.h"
#include "analysis/van_hove.h"
#include "base/rng.h"
#include "math/units.h"
#include "math/vec.h"

enum { N = 30, BINS = 24, LAGS = 3 };
static const ili_cell CELL = {.h = {{11.0, 0.0, 0.0}, {-5.0, 9.0, 0.0}, {1.0, 2.0, 10.0}},
                              .pbc = {true, true, true}};
static const int64_t LAG[LAGS] = {1, 8, 37};

/** Random walks of step `sigma[i % 2]` angstrom along each axis. */
static ili_van_hove *walks(int frames, const double sigma[2], int n_groups, bool distinct, uint64_t seed,
                           int save_at) {
    ili_van_hove *v = NULL, *restored = NULL;
    int32_t group[N];
    double s[N][3], inv[3][3];
    ili_rng rng = ili_rng_make(seed, 2);
    for (int i = 0; i < N; i++) group[i] = i % n_groups;
    ili_van_hove_plan plan = {.n_atoms = N,
                              .n_groups = n_groups,
                              .group = group,
                              .cell = CELL,
                              .n_lags = LAGS,
                              .lag = LAG,
                              .r_max = 6.0,
                              .n_bins = BINS,
                              .distinct = distinct};
    if (ili_van_hove_create(ctx, &plan, &v) != IL_OK) return NULL;
    ili_inverse(CELL.h, inv);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 3; k++) s[i][k] = ili_rng_uniform(&rng);
    for (int f = 0; f < frames; f++) {
        CHECK_OK(ili_van_hove_add(ctx, v, (const double(*)[3])s));
        for (int i = 0; i < N; i++) {
            double d[3];
            for (int k = 0; k < 3; k++) d[k] = sigma[i % 2] * ili_rng_normal(&rng);
            ili_vec_mat(d, inv, d);
            for (int k = 0; k < 3; k++) s[i][k] += d[k];
        }
        if (f != save_at) continue;
        ili_bytes bytes = {0};
        CHECK_OK(ili_van_hove_create(ctx, &plan, &restored));
        ili_van_hove_carry(v, &bytes);
        ili_bytes_rewind(&bytes);
        ili_van_hove_carry(restored, &bytes);
        CHECK(!bytes.failed && bytes.at == bytes.size);
        ili_bytes_free(&bytes);
        ili_van_hove_destroy(&v);
        v = restored;
    }
    return v;
}

/** Probability that three normal numbers of deviation sigma are within r. */
static double within(double r, double sigma) {
    double t = r / sigma / sqrt(2.0);
    return erf(t) - 2.0 / sqrt(ILI_PI) * t * exp(-t * t);
}

TEST(brownian_motion) {
    static const double SIGMA[2] = {0.2, 0.2};
    ili_van_hove *v = walks(4000, SIGMA, 1, false, 4, -1);
    for (int k = 0; k < LAGS; k++) {
        double self[BINS], e[BINS], moments[2], me[2], width = 6.0 / BINS, chi2 = 0.0, rows = 0.0;
        ili_van_hove_curves w = {.self = self, .self_sigma = e, .moments = moments, .moments_sigma = me};
        REQUIRE_OK(ili_van_hove_result(ctx, v, k, 0, &w));
        double steps = (double)ili_van_hove_lag(v, k), sigma = 0.2 * sqrt(steps);
        CHECK(fabs(steps - (double)LAG[k]) <= 0.07 * (double)LAG[k]);
        CHECK_NEAR(moments[0], 3.0 * sigma * sigma, 6.0 * me[0]);
        CHECK(me[0] < 0.03 * moments[0]);
        CHECK_NEAR(moments[1], 0.0, 6.0 * me[1]);
        for (int b = 0; b < BINS; b++) {
            double shell = 4.0 / 3.0 * ILI_PI * (pow((b + 1) * width, 3.0) - pow(b * width, 3.0));
            double want = (within((b + 1) * width, sigma) - within(b * width, sigma)) / shell;
            if (want * shell < 1e-3) continue; /* bins with few counts */
            CHECK_NEAR(self[b], want, 7.0 * e[b]);
            chi2 += pow((self[b] - want) / e[b], 2.0);
            rows += 1.0;
        }
        CHECK(chi2 / rows > 0.05 && chi2 / rows < 6.0);
    }
    ili_van_hove_destroy(&v);
}

/** Slow and fast halves in one group: alpha_2 = 2 (s1^4 + s2^4)/(s1^2 + s2^2)^2 - 1. */
TEST(two_populations_are_not_gaussian) {
    static const double SIGMA[2] = {0.1, 0.3};
    ili_van_hove *v = walks(3000, SIGMA, 1, false, 9, -1);
    double m[2], e[2], want = 2.0 * (1e-4 + 81e-4) / 0.01 - 1.0;
    ili_van_hove_curves w = {.moments = m, .moments_sigma = e};
    REQUIRE_OK(ili_van_hove_result(ctx, v, 1, 0, &w));
    CHECK_NEAR(m[1], want, 6.0 * e[1]);
    CHECK(e[1] < 0.05);
    CHECK_NEAR(m[0], 8.0 * 1.5 * 0.1, 6.0 * e[0]);
    ili_van_hove_destroy(&v);
}

/** The others of an ideal gas are anywhere, 14 of 15; images of the walker itself are more than 6 A away. */
TEST(distinct_part) {
    static const double SIGMA[2] = {0.1, 0.1};
    double d[BINS], e[BINS], sum = 0.0, bins = 0.0;
    for (int run = 0; run < 40; run++) { /* walkers hardly move in a run: errors come from the runs */
        ili_van_hove *v = walks(10, SIGMA, 2, true, 100 + (uint64_t)run, -1);
        REQUIRE_OK(
            ili_van_hove_result(ctx, v, 0, 1, &(ili_van_hove_curves){.distinct = d, .distinct_sigma = e}));
        for (int b = 12; b < BINS; b++) sum += d[b] * (b + 0.5) * (b + 0.5);
        ili_van_hove_destroy(&v);
    }
    for (int b = 12; b < BINS; b++) bins += 40.0 * (b + 0.5) * (b + 0.5);
    /* 40 runs of 15 * 14/2 pairs, a part p = 0.80 of a volume of the cell in the bins: relative deviation of the mean */
    CHECK_NEAR(sum / bins, 14.0 / 15.0, 5.0 * sqrt(1.0 / (40 * 105 * 0.8)));
}

/** Two atoms that stand still: at every lag the self part is all in the first bin, the distinct part is the crystal. */
TEST(standing_still) {
    static const double S[2][3] = {{0.1, 0.2, 0.3}, {0.6, 0.7, 0.8}};
    static const int32_t group[2] = {0, 0};
    double self[BINS], d[BINS], m[2];
    ili_van_hove *v = NULL;
    ili_van_hove_plan plan = {.n_atoms = 2,
                              .n_groups = 1,
                              .group = group,
                              .n_lags = LAGS,
                              .lag = LAG,
                              .cell = {.h = {{4, 0, 0}, {0, 4, 0}, {0, 0, 4}}, .pbc = {true, true, true}},
                              .r_max = 6.0,
                              .n_bins = BINS,
                              .distinct = true};
    REQUIRE_OK(ili_van_hove_create(ctx, &plan, &v));
    for (int f = 0; f < 60; f++) REQUIRE_OK(ili_van_hove_add(ctx, v, S));
    for (int k = 0; k < LAGS; k++) {
        ili_van_hove_curves w = {.self = self, .distinct = d, .moments = m};
        REQUIRE_OK(ili_van_hove_result(ctx, v, k, 0, &w));
        CHECK_NEAR(m[0], 0.0, 1e-20);
        CHECK_NEAR(self[0] * 4.0 / 3.0 * ILI_PI / 64.0, 1.0, 1e-12);
        for (int b = 0; b < BINS; b++) { /* 8 at 3.46, 6 at 4, 12 at 5.66 A */
            double shell = 4.0 / 3.0 * ILI_PI * (3.0 * b * (b + 1.0) + 1.0) / 64.0;
            double want = b == 13 ? 8.0 : b == 16 ? 6.0 : b == 22 ? 12.0 : 0.0;
            CHECK_NEAR(d[b] * shell * 2.0 / 64.0, want, 1e-9);
        }
    }
    ili_van_hove_destroy(&v);
}

/** Saved and restored in the middle: the same bits. */
TEST(bits) {
    static const double SIGMA[2] = {0.2, 0.4};
    double a[BINS], b[BINS], ea[BINS], eb[BINS];
    ili_van_hove *v = walks(150, SIGMA, 2, true, 5, -1), *u = walks(150, SIGMA, 2, true, 5, 71);
    for (int k = 0; k < LAGS; k++) {
        REQUIRE_OK(
            ili_van_hove_result(ctx, v, k, 1, &(ili_van_hove_curves){.distinct = a, .self_sigma = ea}));
        REQUIRE_OK(
            ili_van_hove_result(ctx, u, k, 1, &(ili_van_hove_curves){.distinct = b, .self_sigma = eb}));
        CHECK(memcmp(a, b, sizeof a) == 0 && memcmp(ea, eb, sizeof ea) == 0);
    }
    CHECK(ili_van_hove_memory(v) == ili_van_hove_memory(u) && ili_van_hove_frames(u) == 150);
    ili_van_hove_destroy(&v);
    ili_van_hove_destroy(&u);
}

/** Undamped oscillators of 12.5 THz in two frequencies: cosine, and a peak of the density of states of the window's width. */
TEST(oscillators) {
    enum { L = 401 };
    double c[L], dos[L], v[N][3], area = 0.0, peak = 0.0;
    int32_t group[N], at = 0;
    ili_vacf *vacf = NULL;
    for (int i = 0; i < N; i++) group[i] = i < N / 2 ? 0 : -1;
    ili_vacf_plan plan = {
        .n_atoms = N, .n_groups = 1, .group = group, .frame_time = 2.0, .n_lags = L, .stride = 10};
    REQUIRE_OK(ili_vacf_create(ctx, &plan, &vacf));
    for (int f = 0; f < 2000; f++) {
        for (int i = 0; i < N; i++)
            for (int k = 0; k < 3; k++) v[i][k] = 0.01 * cos(2.0 * ILI_PI * 0.0125 * 2.0 * f + 7.0 * i + k);
        CHECK_OK(ili_vacf_add(ctx, vacf, (const double(*)[3])v));
    }
    REQUIRE_OK(ili_vacf_result(ctx, vacf, 0, &(ili_vacf_curves){.c = c, .dos = dos}));
    for (int k = 0; k < L; k++) {
        CHECK_NEAR(c[k], 1.5e-4 * cos(2.0 * ILI_PI * 0.025 * k),
                   2e-6); /* phases cancel the sum over origins */
        area += dos[k] * (k == 0 || k == L - 1 ? 0.5 : 1.0) * ili_vacf_frequency(vacf, 1);
        if (dos[k] <= peak) continue;
        peak = dos[k];
        at = k;
    }
    CHECK_NEAR(ili_vacf_frequency(vacf, at), 0.0125, 0.5 * ili_vacf_frequency(vacf, 1));
    CHECK_NEAR(peak, 800.0, 8.0); /* Hann's window has the height T of the transform */
    CHECK_NEAR(area, 1.0, 1e-12);
    CHECK_STATUS(ili_vacf_add(ctx, vacf, NULL), IL_E_INPUT);
    ili_vacf_destroy(&vacf);
}

/** Ornstein-Uhlenbeck velocities: <v.v> = 3 u^2 exp(-t/tau), D = u^2 tau; 40 runs tell whether the errors are right. */
TEST(green_kubo) {
    enum { L = 60, M = 20, RUNS = 60 };
    double v[M][3], tau = 20.0, u = 0.02, decay = exp(-2.0 / tau), hits = 0.0, mean = 0.0, mean_sigma = 0.0;
    int32_t group[M] = {0};
    double exact = 0.0; /* trapezoidal rule over the exact correlation */
    for (int k = 1; k < L; k++) exact += u * u * (pow(decay, k - 1) + pow(decay, k));
    for (int run = 0; run < RUNS; run++) {
        ili_rng rng = ili_rng_make(77, (uint64_t)run);
        ili_vacf *vacf = NULL;
        double d[L], e[L];
        il_set_threads(ctx, 1 + run % 3);
        ili_vacf_plan plan = {
            .n_atoms = M, .n_groups = 1, .group = group, .frame_time = 2.0, .n_lags = L, .stride = 4};
        REQUIRE_OK(ili_vacf_create(ctx, &plan, &vacf));
        for (int i = 0; i < 3 * M; i++) v[i / 3][i % 3] = u * ili_rng_normal(&rng);
        for (int f = 0; f < 3000; f++) {
            CHECK_OK(ili_vacf_add(ctx, vacf, (const double(*)[3])v));
            for (int i = 0; i < 3 * M; i++)
                v[i / 3][i % 3] =
                    decay * v[i / 3][i % 3] + u * sqrt(1.0 - decay * decay) * ili_rng_normal(&rng);
        }
        REQUIRE_OK(ili_vacf_result(ctx, vacf, 0, &(ili_vacf_curves){.d = d, .d_sigma = e}));
        hits += fabs(d[L - 1] - exact) < 2.0 * e[L - 1];
        mean += d[L - 1] / RUNS;
        mean_sigma += e[L - 1] / RUNS;
        CHECK(ili_vacf_frames(vacf) == 3000);
        ili_vacf_destroy(&vacf);
    }
    CHECK_NEAR(mean, exact, 5.0 * mean_sigma / sqrt(RUNS));
    CHECK(hits / RUNS > 0.79); /* 0.94 expected; five standard deviations */
    CHECK(mean_sigma < 0.05 * exact);
}

/** One and four threads, saved and restored: the same bits. */
TEST(velocity_bits) {
    enum { L = 60 };
    double a[3][L], v[N][3];
    int32_t group[N];
    for (int i = 0; i < N; i++) group[i] = i % 3 - 1;
    for (int way = 0; way < 3; way++) {
        ili_rng rng = ili_rng_make(6, 6);
        ili_vacf *vacf = NULL, *other = NULL;
        ili_vacf_plan plan = {
            .n_atoms = N, .n_groups = 2, .group = group, .frame_time = 1.0, .n_lags = L, .stride = 1};
        il_set_threads(ctx, way == 1 ? 4 : 1);
        REQUIRE_OK(ili_vacf_create(ctx, &plan, &vacf));
        for (int f = 0; f < 100; f++) {
            for (int i = 0; i < 3 * N; i++) v[i / 3][i % 3] = ili_rng_normal(&rng);
            CHECK_OK(ili_vacf_add(ctx, vacf, (const double(*)[3])v));
            if (way != 2 || f != 40) continue;
            ili_bytes bytes = {0};
            REQUIRE_OK(ili_vacf_create(ctx, &plan, &other));
            ili_vacf_carry(vacf, &bytes);
            ili_bytes_rewind(&bytes);
            ili_vacf_carry(other, &bytes);
            CHECK(!bytes.failed && bytes.at == bytes.size);
            ili_bytes_free(&bytes);
            ili_vacf_destroy(&vacf);
            vacf = other;
        }
        REQUIRE_OK(ili_vacf_result(ctx, vacf, 1, &(ili_vacf_curves){.c = a[way]}));
        ili_vacf_destroy(&vacf);
    }
    CHECK(memcmp(a[0], a[1], sizeof a[0]) == 0 && memcmp(a[0], a[2], sizeof a[0]) == 0);
}

TESTS(RUN(brownian_motion), RUN(two_populations_are_not_gaussian), RUN(distinct_part), RUN(standing_still),
      RUN(bits), RUN(oscillators), RUN(green_kubo), RUN(velocity_bits))
