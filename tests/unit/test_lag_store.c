/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/diffusion_fit.h"
#include "analysis/transport.h"
#include "base/alloc.h"
#include "base/rng.h"
#include "harness.h"
#include "math/gls.h"
#include "math/vec.h"

enum { BODIES = 11, FRAMES = 700 };

static const int32_t SIZES[2] = {3, 8};

/** A walk of 11 bodies in two groups, y[FRAMES][BODIES][3], starting at 0. */
static double (*walk_of(uint64_t seed))[BODIES][3] {
    double(*y)[BODIES][3] = ili_alloc(FRAMES, sizeof *y);
    ili_rng rng = ili_rng_make(seed, 1);
    for (int f = 1; f < FRAMES && y; f++)
        for (int i = 0; i < BODIES; i++)
            for (int k = 0; k < 3; k++) y[f][i][k] = y[f - 1][i][k] + ili_rng_normal(&rng);
    return y;
}

/** Moments of one channel from all origins that the store uses, straight from the definition. */
static double direct(double (*y)[BODIES][3], int64_t lag, int64_t spacing, int channel, double *n) {
    double sum = 0.0;
    *n = 0.0;
    for (int64_t end = lag; end < FRAMES; end += spacing, *n += 1.0) {
        double q[2][3] = {{0}};
        for (int i = 0; i < BODIES; i++) {
            double d[3];
            ili_sub(y[end][i], y[end - lag][i], d);
            const int g = i >= SIZES[0];
            for (int k = 0; k < 3; k++) q[g][k] += d[k];
            if (channel == ili_lag_channel_group(1) + 3 && g == 1) sum += d[1] * d[2];
            if (channel == ili_lag_channel_group(0) && g == 0) sum += d[0] * d[0];
            if (channel == ili_lag_channel_quartic(1) && g == 1) sum += ili_dot(d, d) * ili_dot(d, d);
        }
        if (channel == ili_lag_channel_pair(2, 0, 1) + 5)
            sum += 0.5 * (q[0][0] * q[1][1] + q[0][1] * q[1][0]);
        if (channel == ili_lag_channel_pair(2, 1, 1) + 2) sum += q[1][2] * q[1][2];
    }
    return sum;
}

TEST(moments_are_those_of_the_definition) {
    ili_lag_store *store = NULL;
    double(*y)[BODIES][3] = walk_of(1);
    REQUIRE_OK(ili_lag_store_create(ctx, 2, SIZES, &store));
    for (int f = 0; f < FRAMES; f++) CHECK_OK(ili_lag_store_add(ctx, store, (const double(*)[3])y[f]));
    const int channels[] = {ili_lag_channel_group(0), ili_lag_channel_group(1) + 3,
                            ili_lag_channel_quartic(1), ili_lag_channel_pair(2, 0, 1) + 5,
                            ili_lag_channel_pair(2, 1, 1) + 2};
    const int lags = ili_lag_store_lags(store);
    CHECK(ili_lag_frames(lags - 1) < FRAMES && ili_lag_frames(lags - 1) > FRAMES / 2);
    for (int q = 0; q < lags; q++) {
        const int64_t lag = ili_lag_frames(q), spacing = q < 16 ? 1 : INT64_C(1) << (1 + (q - 16) / 8);
        if (q > 0) CHECK(lag > ili_lag_frames(q - 1));
        for (int c = 0; c < 5; c++) {
            double coefficient[32] = {0}, number[ILI_LAG_BLOCKS], sum[ILI_LAG_BLOCKS], n, origins = 0.0,
                   total = 0.0;
            coefficient[channels[c]] = 1.0;
            const double want = direct(y, lag, spacing, channels[c], &n);
            const int blocks =
                ili_lag_store_series(store, q, coefficient, 2 * ili_lag_store_block(store, q), number, sum);
            CHECK(blocks <= ILI_LAG_BLOCKS);
            for (int b = 0; b < blocks; b++) {
                origins += number[b];
                total += sum[b];
            }
            CHECK_NEAR(origins, n, 0.0);
            CHECK_NEAR(total, want, 1e-11 * BODIES * n * pow((double)lag, 2));
        }
    }
    ili_free(y);
    ili_lag_store_destroy(&store);
}

/** Variance between the particles of group 1 of their mean r^2, straight from the definition. */
static double unlike(double (*y)[BODIES][3], int64_t lag, int64_t spacing) {
    double mean[BODIES] = {0}, all = 0.0, squares = 0.0, n = 0.0;
    for (int64_t end = lag; end < FRAMES; end += spacing, n += 1.0)
        for (int i = SIZES[0]; i < BODIES; i++) {
            double d[3];
            ili_sub(y[end][i], y[end - lag][i], d);
            mean[i] += ili_dot(d, d);
        }
    for (int i = SIZES[0]; i < BODIES; i++) all += mean[i] / n / SIZES[1];
    for (int i = SIZES[0]; i < BODIES; i++) squares += pow(mean[i] / n - all, 2);
    return squares / (SIZES[1] - 1);
}

TEST(each_particle_has_its_own_mean) {
    static const int32_t alone = 1;
    ili_lag_store *store = NULL, *restored = NULL, *single = NULL;
    ili_bytes bytes = {0};
    double(*y)[BODIES][3] = walk_of(2);
    REQUIRE_OK(ili_lag_store_create(ctx, 2, SIZES, &store));
    REQUIRE_OK(ili_lag_store_create(ctx, 2, SIZES, &restored));
    REQUIRE_OK(ili_lag_store_create(ctx, 1, &alone, &single));
    for (int f = 0; f < FRAMES; f++) {
        CHECK_OK(ili_lag_store_add(ctx, store, (const double(*)[3])y[f]));
        CHECK_OK(ili_lag_store_add(ctx, single, (const double(*)[3])y[f]));
    }
    ili_lag_store_carry(store, &bytes);
    ili_bytes_rewind(&bytes);
    ili_lag_store_carry(restored, &bytes);
    CHECK(!bytes.failed && bytes.at == bytes.size);
    int seen = 0;
    for (int q = 0; q < ili_lag_store_lags(store); q++) {
        const int64_t lag = ili_lag_frames(q);
        const double got = ili_lag_store_unlike(store, 1, q);
        CHECK(isnan(ili_lag_store_unlike(single, 0, q)));
        if ((lag & (lag - 1)) != 0) {
            CHECK(isnan(got));
            continue;
        }
        const double want = unlike(y, lag, lag <= 16 ? 1 : lag / 16);
        CHECK_NEAR(got, want, 1e-10 * want);
        CHECK_NEAR(ili_lag_store_unlike(restored, 1, q), got, 0.0);
        seen++;
    }
    CHECK(seen == 10); /* 1 .. 512 */
    ili_free(y);
    ili_bytes_free(&bytes);
    ili_lag_store_destroy(&store);
    ili_lag_store_destroy(&restored);
    ili_lag_store_destroy(&single);
}

/** Analysis of a cube of `n` single particles, one group of charge 1. */
static ili_transport *analysis(int n) {
    int32_t *group = ili_alloc((size_t)n, sizeof *group);
    double *mass = ili_alloc((size_t)n, sizeof *mass);
    for (int i = 0; i < n; i++) mass[i] = 7.0;
    const ili_transport_group li = {"Li", 1.0};
    const ili_transport_plan plan = {.n_atoms = n,
                                     .n_groups = 1,
                                     .groups = &li,
                                     .group = group,
                                     .mass = mass,
                                     .reference = ILI_REFERENCE_BARYCENTRE,
                                     .cell = {{{20, 0, 0}, {0, 20, 0}, {0, 0, 20}}, {true, true, true}},
                                     .frame_time = 1.0,
                                     .temperature = 300.0};
    ili_transport *t = NULL;
    CHECK_OK(ili_transport_create(ctx, &plan, &t));
    ili_free(group);
    ili_free(mass);
    return t;
}

/** Frames from..to-1 of a walk that is a function of the frame alone. */
static void feed(ili_transport *t, int n, int64_t from, int64_t to) {
    const ili_cell cell = {{{20, 0, 0}, {0, 20, 0}, {0, 0, 20}}, {true, true, true}};
    double(*s)[3] = ili_alloc((size_t)n, sizeof *s);
    uint64_t z = 7;
    for (int64_t f = 0; f < to; f++) {
        for (int i = 0; i < n; i++)
            for (int k = 0; k < 3; k++) {
                z = z * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                s[i][k] += 0.01 * ((double)(z >> 32) * 0x1p-32 - 0.5);
            }
        if (f >= from) CHECK_OK(ili_transport_add(ctx, t, &cell, (const double(*)[3])s));
    }
    ili_free(s);
}

/** Same bits in all that an analysis tells. */
static void check_same(ili_transport *a, ili_transport *b) {
    ili_transport_result *r = ili_alloc(2, sizeof *r);
    CHECK_OK(ili_transport_estimate(ctx, a, &r[0]));
    CHECK_OK(ili_transport_estimate(ctx, b, &r[1]));
    CHECK(memcmp(&r[0].species[0].d, &r[1].species[0].d, sizeof r->species[0].d) == 0);
    CHECK(memcmp(r[0].species[0].tensor, r[1].species[0].tensor, sizeof r->species[0].tensor) == 0);
    CHECK(memcmp(&r[0].sigma, &r[1].sigma, sizeof r->sigma) == 0);
    CHECK(memcmp(&r[0].haven, &r[1].haven, sizeof r->haven) == 0);
    CHECK(memcmp(&r[0].species[0].window.spread, &r[1].species[0].window.spread, sizeof(double)) == 0);
    CHECK(isfinite(r[0].species[0].window.spread));
    CHECK(memcmp(r[0].charge_window.verdict, r[1].charge_window.verdict, sizeof r->charge_window.verdict) ==
          0);
    for (int k = -1; k < 1; k++) {
        double first[ILI_LAG_MAX];
        ili_transport_curve p = ili_transport_curve_of(a, k);
        memcpy(first, p.msd, (size_t)p.n * sizeof *first);
        ili_transport_curve q = ili_transport_curve_of(b, k);
        CHECK(p.n == q.n && memcmp(first, q.msd, (size_t)q.n * sizeof *first) == 0);
    }
    ili_free(r);
}

TEST(restored_analyses_go_on_with_the_same_bits) {
    ili_transport *whole = analysis(5), *first = analysis(5), *second = analysis(5);
    ili_bytes bytes = {0};
    feed(whole, 5, 0, 3000);
    feed(first, 5, 0, 1111);
    ili_transport_carry(first, &bytes);
    ili_bytes_rewind(&bytes);
    ili_transport_carry(second, &bytes);
    CHECK(!bytes.failed);
    CHECK(ili_transport_frames(second) == 1111);
    check_same(first, second);
    feed(second, 5, 1111, 3000);
    check_same(whole, second);
    ili_transport *other = analysis(6); /* of another plan: refused */
    ili_bytes_rewind(&bytes);
    ili_transport_carry(other, &bytes);
    CHECK(bytes.failed);
    ili_bytes_free(&bytes);
    ili_transport_destroy(&whole);
    ili_transport_destroy(&first);
    ili_transport_destroy(&second);
    ili_transport_destroy(&other);
}

TEST(looking_and_threads_change_nothing) {
    enum { MANY = 1300 };
    ili_transport *a = analysis(MANY), *b = analysis(MANY);
    ili_transport_result *r = ili_alloc(1, sizeof *r);
    il_set_threads(ctx, 1);
    feed(a, MANY, 0, 130);
    il_set_threads(ctx, 3);
    feed(b, MANY, 0, 70);
    CHECK_OK(ili_transport_estimate(ctx, b, r));
    feed(b, MANY, 70, 130);
    check_same(a, b);
    ili_free(r);
    ili_transport_destroy(&a);
    ili_transport_destroy(&b);
}

/** Memory grows by one level, 0.13 MB here, when the number of frames doubles. LONG_TRANSPORT: up to 10^7 frames. */
TEST(memory_is_bounded) {
    const int64_t frames = getenv("LONG_TRANSPORT") ? 10000000 : 300000;
    ili_transport *t = analysis(2);
    feed(t, 2, 0, 1 << 10);
    const size_t early = ili_transport_memory(t);
    ili_transport_destroy(&t);
    t = analysis(2);
    feed(t, 2, 0, frames);
    const size_t late = ili_transport_memory(t), level = 8 * (16 * 3 * (8 + 1) + 64 * 8 * (7 + 6) + 8);
    int doublings = 0;
    while ((frames - 1) >> (10 + doublings)) doublings++;
    CHECK(late == early + doublings * level);
    printf("2 particles: %zu bytes after 1024 frames, %zu after %lld\n", early, late, (long long)frames);
    ili_transport_destroy(&t);
}

TEST(positions_are_unwrapped) {
    const ili_cell cell = {{{9, 0, 0}, {-3, 8, 0}, {1, 2, 7}}, {true, true, false}};
    double at[2][3] = {{0.9, 0.5, 0.1}, {0.1, 0.1, 5.0}}, s[2][3], last[2][3], out[2][3];
    ili_rng rng = ili_rng_make(3, 3);
    for (int f = 0; f < 1000; f++) {
        for (int i = 0; i < 2; i++)
            for (int k = 0; k < 3; k++) {
                if (f) at[i][k] += 0.6 * (ili_rng_uniform(&rng) - 0.5);
                s[i][k] = k < 2 ? at[i][k] - floor(at[i][k]) : at[i][k];
            }
        REQUIRE_OK(ili_unwrap(ctx, &cell, 2, (const double(*)[3])s, last, out, f == 0));
        for (int i = 0; i < 2; i++)
            for (int k = 0; k < 3; k++)
                CHECK_NEAR(out[i][k] - at[i][k], nearbyint(out[i][k] - at[i][k]), 1e-12);
    }
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 3; k++)
            CHECK(fabs(out[i][k] - at[i][k]) < 1e-12 + (k < 2 && at[i][k] < 0 ? 1.0 : 0.0));
    double kept = out[0][0];
    s[1][1] = last[1][1] + 0.4;
    s[0][0] += 0.1;
    CHECK_STATUS(ili_unwrap(ctx, &cell, 2, (const double(*)[3])s, last, out, false), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "atom 2 moves by 0.4") != NULL);
    CHECK_NEAR(out[0][0], kept, 0.0);
}

/** 300 K, 0.85 mPa s, 20 angstrom: 2.837297 kB T/(6 pi eta L) = 3.66740e-10 m^2/s. */
TEST(finite_size_correction_in_its_units) {
    CHECK_NEAR(ili_transport_finite_size(300.0, 0.85, 20.0),
               2.837297 * 1.380649e-23 * 300.0 / (6.0 * acos(-1.0) * 0.85e-3 * 20e-10) * 1e5, 1e-17);
    CHECK_NEAR(ili_transport_finite_size(300.0, 0.85, 20.0), 3.667e-5, 1e-8);
}

TEST(weights_of_least_squares) {
    /* a line through 1, 2, 3 of equal errors: slope (y3 - y1)/2, and with the middle one free of noise the same */
    double x[6] = {1, 1, 2, 1, 3, 1}, one[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, w[6];
    CHECK(ili_gls_weights(3, 2, x, one, w));
    const double want[6] = {-0.5, 0.0, 0.5, 4.0 / 3.0, 1.0 / 3.0, -2.0 / 3.0};
    for (int i = 0; i < 6; i++) CHECK_NEAR(w[i], want[i], 1e-14);
    /* correlated: mean of two numbers, variances 1 and 4, covariance 1: all weight on the first */
    double ones[2] = {1, 1}, c[4] = {1, 1, 1, 4};
    CHECK(ili_gls_weights(2, 1, ones, c, w));
    CHECK_NEAR(w[0], 1.0, 1e-14);
    CHECK_NEAR(w[1], 0.0, 1e-14);
    double bad[4] = {1, 2, 2, 1}, same[4] = {1, 1, 1, 1}, unit[4] = {1, 0, 0, 1};
    CHECK(!ili_gls_weights(2, 1, ones, bad, w));
    CHECK(!ili_gls_weights(2, 2, same, unit, w));
}

TEST(plans_without_meaning_are_refused) {
    const ili_transport_group li = {"Li", 1.0};
    int32_t group[2] = {0, 0}, body[2] = {0, 0};
    double mass[2] = {7, 7};
    bool framework[2] = {false, false};
    ili_transport *t = NULL;
    ili_transport_plan good = {.n_atoms = 2,
                               .n_groups = 1,
                               .groups = &li,
                               .group = group,
                               .mass = mass,
                               .cell = {{{9, 0, 0}, {0, 9, 0}, {0, 0, 9}}, {true, true, true}},
                               .frame_time = 1.0,
                               .temperature = 300.0};
    ili_transport_plan p = good;
    p.frame_time = 0.0;
    CHECK_STATUS(ili_transport_create(ctx, &p, &t), IL_E_INPUT);
    p = good;
    p.n_groups = 0;
    CHECK_STATUS(ili_transport_create(ctx, &p, &t), IL_E_INPUT);
    p = good;
    p.reference = ILI_REFERENCE_FRAMEWORK;
    CHECK_STATUS(ili_transport_create(ctx, &p, &t), IL_E_INPUT);
    p.framework = framework;
    CHECK_STATUS(ili_transport_create(ctx, &p, &t), IL_E_INPUT);
    p = good;
    group[0] = group[1] = -1;
    CHECK_STATUS(ili_transport_create(ctx, &p, &t), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "species Li has no atoms") != NULL);
    group[0] = 3;
    CHECK_STATUS(ili_transport_create(ctx, &p, &t), IL_E_INPUT);
    group[0] = 0;
    group[1] = 1;
    const ili_transport_group two[2] = {{"Li", 1.0}, {"F", -1.0}};
    p.groups = two;
    p.n_groups = 2;
    p.body = body;
    CHECK_STATUS(ili_transport_create(ctx, &p, &t), IL_E_INPUT);
    CHECK(t == NULL);
    for (int n = 1; n < 12; n++) {
        group[1] = 0;
        ili_alloc_fail_at(n);
        CHECK_STATUS(ili_transport_create(ctx, &good, &t), IL_E_MEMORY);
        ili_alloc_fail_at(0);
        CHECK(t == NULL);
    }
}

TEST(few_frames_give_no_numbers) {
    ili_transport *t = analysis(3);
    ili_transport_result *r = ili_alloc(1, sizeof *r);
    for (int frames = 0; frames < 64; frames += 21) {
        CHECK_OK(ili_transport_estimate(ctx, t, r));
        CHECK(isnan(r->species[0].d.value) && isnan(r->sigma.value) && !r->species[0].window.is_diffusive);
        CHECK(ili_transport_curve_of(t, 0).n <= frames);
        feed(t, 3, frames, frames + 21);
    }
    feed(t, 3, 63, 64);
    CHECK_OK(ili_transport_estimate(ctx, t, r));
    CHECK(isfinite(r->species[0].d.value));
    ili_free(r);
    ili_transport_destroy(&t);
}

TESTS(RUN(moments_are_those_of_the_definition); RUN(each_particle_has_its_own_mean);
      RUN(restored_analyses_go_on_with_the_same_bits); RUN(looking_and_threads_change_nothing);
      RUN(memory_is_bounded); RUN(positions_are_unwrapped); RUN(finite_size_correction_in_its_units);
      RUN(weights_of_least_squares); RUN(plans_without_meaning_are_refused); RUN(few_frames_give_no_numbers))
