/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Pair distribution, density profile and the block errors below them, where the answers are known. */
#include "harness.h"

#include "analysis/blocksum.h"
#include "analysis/profile.h"
#include "analysis/rdf.h"
#include "base/rng.h"
#include "math/units.h"

enum { N = 40, BINS = 25 };
static double s[N][3];
static int32_t species[N];
static const ili_cell SKEWED = {.h = {{9.0, 0.0, 0.0}, {-4.0, 8.0, 0.0}, {2.0, 1.5, 7.0}},
                                .pbc = {true, true, true}};

static void scatter(ili_rng *rng) {
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 3; k++) s[i][k] = 2.0 * ili_rng_uniform(rng) - 0.5;
}

static ili_rdf *ideal_gas(int frames, double r_max, uint64_t seed, int threads) {
    ili_rdf *rdf = NULL;
    ili_rng rng = ili_rng_make(seed, 1);
    for (int i = 0; i < N; i++) species[i] = i < 12 ? 0 : i < 38 ? 1 : -1;
    ili_rdf_plan plan = {.n_atoms = N, .n_species = 2, .species = species, .r_max = r_max, .n_bins = BINS};
    il_set_threads(ctx, threads);
    if (ili_rdf_create(ctx, &plan, &rdf) != IL_OK) return NULL;
    for (int f = 0; f < frames; f++) {
        ili_cell cell = SKEWED;
        double breath = 1.0 + 0.1 * (f % 3 - 1);
        for (int k = 0; k < 9; k++) cell.h[k / 3][k % 3] *= breath;
        scatter(&rng);
        CHECK_OK(ili_rdf_add(ctx, rdf, &cell, (const double(*)[3])s));
    }
    return rdf;
}

/** Independent places: g is 1 between species and 1 - 1/N within one, in a cell that breathes, far beyond half of it. */
TEST(ideal_gas_has_no_structure) {
    double g[BINS], e[BINS], number[BINS], ne[BINS], chi2 = 0.0;
    ili_rdf *rdf = ideal_gas(1000, 12.0, 3, 1);
    REQUIRE_OK(ili_rdf_result(ctx, rdf, 0, 1, g, e, number, ne));
    for (int k = 0; k < BINS; k++) chi2 += (g[k] - 1.0) * (g[k] - 1.0) / (e[k] * e[k]) / BINS;
    CHECK(chi2 > 0.2 && chi2 < 4.0); /* F with 25 and about 20 degrees: beyond these once in 1e6 */
    for (int k = 5; k < BINS; k++) CHECK_NEAR(g[k], 1.0, 6.0 * e[k]);
    CHECK(e[BINS - 1] > 1e-4 && e[BINS - 1] < 5e-3);
    double inner =
        0.0; /* pairs i != j only: no image of an atom itself lies within the shortest vector, 7.2 A at least */
    double last = 0.0;
    REQUIRE_OK(ili_rdf_result(ctx, rdf, 0, 0, g, e, number, ne));
    for (int k = 0; ili_rdf_radius(rdf, k) < 6.0; k++) {
        CHECK_NEAR(g[k], 1.0 - 1.0 / 12.0, 6.0 * e[k]);
        inner = ili_rdf_radius(rdf, k) + 0.5 * 12.0 / BINS;
        last = number[k];
    }
    double mean_density = 0.0;
    for (int m = -1; m <= 1; m++) mean_density += 1.0 / (504.0 * pow(1.0 + 0.1 * m, 3.0)) / 3.0;
    CHECK_NEAR(last, 11.0 * 4.0 / 3.0 * ILI_PI * pow(inner, 3.0) * mean_density, 0.02 * last);
    ili_rdf_destroy(&rdf);
}

/** One atom a cell of a simple cubic crystal: its own images are its 6, 12 and 8 neighbours. */
TEST(crystal_of_one_atom) {
    ili_cell cell = {.h = {{3, 0, 0}, {0, 3, 0}, {0, 0, 3}}, .pbc = {true, true, true}};
    double place[1][3] = {{0.3, 0.4, 5.6}}, number[60], g[60];
    int32_t kind = 0;
    ili_rdf_plan plan = {.n_atoms = 1, .n_species = 1, .species = &kind, .r_max = 6.0, .n_bins = 60};
    ili_rdf *rdf = NULL;
    REQUIRE_OK(ili_rdf_create(ctx, &plan, &rdf));
    for (int f = 0; f < 3; f++) CHECK_OK(ili_rdf_add(ctx, rdf, &cell, (const double(*)[3])place));
    REQUIRE_OK(ili_rdf_result(ctx, rdf, 0, 0, g, NULL, number, NULL));
    CHECK_NEAR(number[28], 0.0, 0.0);
    CHECK_NEAR(number[31], 6.0, 1e-12);
    CHECK_NEAR(number[44], 18.0, 1e-12);
    CHECK_NEAR(number[54], 26.0, 1e-12);
    ili_rdf_destroy(&rdf);
    CHECK(rdf == NULL);
    plan.r_max = -1.0;
    CHECK_STATUS(ili_rdf_create(ctx, &plan, &rdf), IL_E_INPUT);
}

/** The same bits at 1 and 4 threads, and over a save in the middle. */
TEST(bits) {
    double g1[BINS], g2[BINS], e1[BINS], e2[BINS];
    ili_rdf *a = ideal_gas(70, 9.0, 5, 1), *b = ideal_gas(70, 9.0, 5, 4), *c = ideal_gas(7, 9.0, 99, 1);
    ili_bytes bytes = {0};
    ili_rdf_carry(a, &bytes);
    ili_bytes_rewind(&bytes);
    ili_rdf_carry(c, &bytes);
    CHECK(!bytes.failed && bytes.at == bytes.size && ili_rdf_frames(c) == 70);
    ili_bytes_free(&bytes);
    CHECK_OK(ili_rdf_add(ctx, b, &SKEWED, (const double(*)[3])s));
    CHECK_OK(ili_rdf_add(ctx, c, &SKEWED, (const double(*)[3])s));
    REQUIRE_OK(ili_rdf_result(ctx, b, 1, 0, g1, e1, NULL, NULL));
    REQUIRE_OK(ili_rdf_result(ctx, c, 0, 1, g2, e2, NULL, NULL));
    CHECK(memcmp(g1, g2, sizeof g1) == 0 && memcmp(e1, e2, sizeof e1) == 0);
    CHECK(ili_rdf_memory(b) == ili_rdf_memory(c));
    ili_rdf_destroy(&a);
    ili_rdf_destroy(&b);
    ili_rdf_destroy(&c);
}

static void mean_of(const void *user, const double *sums, double *out) {
    (void)user;
    out[0] = sums[0] / sums[1];
}

/** Fraction of 1,000 series whose mean lies within `width` stated errors of the truth, 0. */
static double coverage(double memory, int samples, double width) {
    int hits = 0;
    for (int series = 0; series < 1000; series++) {
        ili_rng rng = ili_rng_make(11, (uint64_t)series);
        ili_blocks blocks;
        double x = 0.0, value, sigma;
        if (ili_blocks_create(ctx, 2, "test", &blocks) != IL_OK) return NAN;
        for (int k = 0; k < samples; k++) {
            x = memory * x + sqrt(1.0 - memory * memory) * ili_rng_normal(&rng);
            double *sample = ili_blocks_open(&blocks);
            sample[0] += x;
            sample[1] += 1.0;
            ili_blocks_close(&blocks);
        }
        CHECK(ili_blocks_samples(&blocks) == samples);
        CHECK_OK(ili_blocks_estimate(ctx, &blocks, 0, 1, mean_of, NULL, &value, &sigma, NULL));
        hits += fabs(value) < width * sigma;
        ili_blocks_free(&blocks);
    }
    return hits / 1000.0;
}

/** White and coloured noise, lengths that leave blocks open: the stated error covers what it should. Student's t with 15 to 30 degrees
 *  covers 0.67 to 0.68 in one and 0.936 to 0.946 in two errors; 5 standard deviations of 1,000 trials are 0.073 and 0.037. */
TEST(errors_cover) {
    static const struct {
        double memory;
        int samples;
    } cases[] = {{0.0, 16}, {0.0, 500}, {0.0, 1023}, {0.9, 4000}, {0.97, 4000}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        CHECK_NEAR(coverage(cases[k].memory, cases[k].samples, 1.0), 0.68, 0.075);
        CHECK_NEAR(coverage(cases[k].memory, cases[k].samples, 2.0), 0.945, 0.040);
    }
}

/** Too few samples: no error is better than a wrong one. */
TEST(no_error_from_nothing) {
    ili_blocks blocks;
    double value, sigma;
    REQUIRE_OK(ili_blocks_create(ctx, 2, "test", &blocks));
    for (int k = 0; k < 40; k++) {
        ili_blocks_open(&blocks)[0] += k;
        ili_blocks_open(&blocks)[1] += 1.0;
        ili_blocks_close(&blocks);
        if (k > 2) continue;
        CHECK_OK(ili_blocks_estimate(ctx, &blocks, 0, 1, mean_of, NULL, &value, &sigma, NULL));
        CHECK(isnan(sigma));
        CHECK_NEAR(value, 0.5 * k, 1e-15);
    }
    CHECK_OK(ili_blocks_estimate(ctx, &blocks, 20, 1, mean_of, NULL, &value, &sigma,
                                 NULL)); /* one part of 40 is left */
    CHECK(isnan(sigma));
    CHECK_NEAR(value, 19.5, 1e-12);
    ili_blocks_free(&blocks);
}

/** Two groups, one spread evenly, one with density 1 + cos; every bin's integral is known. */
TEST(profile_of_a_wave) {
    enum { M = 20 };
    double z[M], rho[M], e[M], even[M], ee[M], chi2 = 0.0;
    int32_t group[N];
    ili_profile *p = NULL;
    ili_rng rng = ili_rng_make(8, 8);
    for (int i = 0; i < N; i++) group[i] = i % 2;
    ili_profile_plan plan = {
        .n_atoms = N, .n_groups = 2, .group = group, .axis = 2, .high = 1.0, .n_bins = M};
    REQUIRE_OK(ili_profile_create(ctx, &plan, &p));
    for (int f = 0; f < 2000; f++) {
        scatter(&rng);
        for (int i = 1; i < N; i += 2) do
                s[i][2] = 3.0 * ili_rng_uniform(&rng) - 1.0;
            while (2.0 * ili_rng_uniform(&rng) > 1.0 + cos(2.0 * ILI_PI * s[i][2]));
        CHECK_OK(ili_profile_add(ctx, p, &SKEWED, (const double(*)[3])s));
    }
    REQUIRE_OK(ili_profile_result(ctx, p, 0, z, even, ee));
    REQUIRE_OK(ili_profile_result(ctx, p, 1, NULL, rho, e));
    double total = 0.0;
    for (int k = 0; k < M; k++) {
        double low = 2.0 * ILI_PI * k / M, high = 2.0 * ILI_PI * (k + 1) / M;
        double want = N / 2 / 504.0 * (1.0 + (sin(high) - sin(low)) / (high - low));
        CHECK_NEAR(rho[k], want, 7.0 * e[k]);
        CHECK_NEAR(even[k], N / 2 / 504.0, 7.0 * ee[k]);
        CHECK_NEAR(z[k], 7.0 * (k + 0.5) / M, 1e-9);
        chi2 += pow((rho[k] - want) / e[k], 2.0) / M;
        total += rho[k] * 504.0 / M;
    }
    CHECK_NEAR(total, N / 2, 1e-9);
    CHECK(chi2 > 0.2 && chi2 < 4.5);
    s[3][2] = NAN;
    CHECK_STATUS(ili_profile_add(ctx, p, &SKEWED, (const double(*)[3])s), IL_E_NONFINITE);
    ili_profile_destroy(&p);
}

TESTS(RUN(ideal_gas_has_no_structure), RUN(crystal_of_one_atom), RUN(bits), RUN(errors_cover),
      RUN(no_error_from_nothing), RUN(profile_of_a_wave))
