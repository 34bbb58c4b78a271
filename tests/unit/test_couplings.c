/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "math/couplings.h"
#include "math/eigen.h"

enum { N = 600, SMALL = 5 };
static const double FLOAT = 1.2e-7; /* rounding of a stored block */

/* Springs of a random network, couplings of three atoms along a random internal coordinate. */
static void network(ili_couplings *m, int32_t n, double least) {
    ili_rng rng = ili_rng_make(3, 1);
    REQUIRE_OK(ili_couplings_create(ctx, n, m));
    for (int32_t q = 0; q < 6 * n; q++) {
        const int32_t i = q % n, j = (int32_t)(ili_rng_uniform(&rng) * n);
        double d[3], k[3][3];
        ili_rng_direction(&rng, d);
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) k[a][b] = 10.0 * d[a] * d[b] + (a == b ? least : 0.0);
        ili_couplings_add(m, i, j, (const double(*)[3])k);
    }
    for (int32_t q = 0; q + 2 < n; q += 3) { /* c (g0 u0 + g1 u1 + g2 u2)^2 / 2 */
        double g[3][3], k[3][3];
        for (int a = 0; a < 2; a++) ili_rng_direction(&rng, g[a]);
        for (int l = 0; l < 3; l++) g[2][l] = -g[0][l] - g[1][l];
        for (int a = 0; a < 3; a++)
            for (int b = a + 1; b < 3; b++) {
                for (int l = 0; l < 3; l++)
                    for (int c = 0; c < 3; c++) k[l][c] = -5.0 * g[a][l] * g[b][c];
                ili_couplings_add(m, q + a, q + b, (const double(*)[3])k);
            }
    }
}

static void random_vector(double *v, size_t size, uint64_t stream) {
    ili_rng rng = ili_rng_make(9, stream);
    for (size_t i = 0; i < size; i++) v[i] = ili_rng_normal(&rng);
}

static double dot(const double *a, const double *b, size_t size) {
    double sum = 0.0;
    for (size_t i = 0; i < size; i++) sum += a[i] * b[i];
    return sum;
}

TEST(is_the_matrix_that_was_asked_for) {
    ili_couplings m;
    double x[6] = {1, 2, 3, -1, 0, 1}, y[6];
    const double k[3][3] = {{3, 1, 0}, {0.5, 4, 0.25}, {0, -1, 5}};
    REQUIRE_OK(ili_couplings_create(ctx, 2, &m));
    ili_couplings_add(&m, 0, 1, k);
    ili_couplings_add(&m, 1, 1, k); /* an image of itself does not resist */
    ili_couplings_add(&m, 1, 0, (const double[3][3]){{9, 0, 0}, {0, 9, 0}, {0, 0, 9}});
    REQUIRE_OK(ili_couplings_finish(ctx, &m, 1e-3));
    ili_couplings_product(ctx, &m, x, y);
    for (int a = 0; a < 3; a++) {
        double at_i = 9 * (x[a] - x[3 + a]), at_j = -at_i;
        for (int b = 0; b < 3; b++) { /* the diagonal is symmetric */
            const double half = 0.5 * (k[a][b] + k[b][a]);
            at_i += half * x[b] - k[a][b] * x[3 + b];
            at_j += half * x[3 + b] - k[b][a] * x[b];
        }
        CHECK_NEAR(y[a], at_i, 1e-6);
        CHECK_NEAR(y[3 + a], at_j, 1e-6);
    }
    ili_couplings_free(&m);
}

TEST(is_symmetric_and_moves_as_a_whole_for_nothing) {
    ili_couplings m;
    double x[3 * N], y[3 * N], ax[3 * N], ay[3 * N];
    network(&m, N, 0.1);
    REQUIRE_OK(ili_couplings_finish(ctx, &m, 1e-6));
    random_vector(x, 3 * N, 1);
    random_vector(y, 3 * N, 2);
    ili_couplings_product(ctx, &m, x, ax);
    ili_couplings_product(ctx, &m, y, ay);
    CHECK_NEAR(dot(y, ax, 3 * N), dot(x, ay, 3 * N), 1e-10 * sqrt(dot(ax, ax, 3 * N) * dot(y, y, 3 * N)));
    CHECK(dot(x, ax, 3 * N) > 0.0);
    for (int i = 0; i < 3 * N; i++) x[i] = 1.0;
    ili_couplings_product(ctx, &m, x, ax);
    for (int i = 0; i < 3 * N; i++) CHECK_NEAR(ax[i], 0.0, 1e3 * FLOAT);
    ili_couplings_free(&m);
}

/* The operator is what eigenvalues say it is: those of the dense matrix are positive and their sum is the trace. */
TEST(positive_definite_with_its_diagonal) {
    ili_couplings m;
    enum { S = 3 * SMALL };
    double dense[S * S], vectors[S * S], e[S] = {0}, column[S];
    network(&m, SMALL, -3.0); /* indefinite: springs that push sideways */
    REQUIRE_OK(ili_couplings_finish(ctx, &m, 0.5));
    double least = INFINITY, needed = 0.0;
    for (int c = 0; c < S; c++) {
        memset(e, 0, sizeof e);
        e[c] = 1.0;
        ili_couplings_product(ctx, &m, e, column);
        for (int r = 0; r < S; r++) dense[r * S + c] = column[r];
    }
    CHECK(ili_eigen_symmetric(S, dense, vectors));
    for (int k = 0; k < S; k++) least = fmin(least, dense[k * S + k]);
    CHECK(least < 0.0);
    /* a solution says so, and with enough of the diagonal it does not */
    double r[S], z[S];
    random_vector(r, S, 4);
    CHECK(!ili_couplings_solve(ctx, &m, NULL, 0.0, 1e-10, 200, r, z));
    CHECK(dot(r, z, S) > 0.0);
    for (needed = 0.1; !ili_couplings_solve(ctx, &m, NULL, needed, 1e-10, 200, r, z); needed *= 2.0)
        CHECK(needed < 1e4);
    CHECK(dot(r, z, S) > 0.0);
    ili_couplings_free(&m);
}

TEST(solves_to_its_tolerance_at_any_thread_count) {
    static const int THREADS[] = {1, 2, 3, 8};
    static double r[3 * N], z[4][3 * N], back[3 * N];
    static bool held[N];
    ili_couplings m;
    network(&m, N, 0.1);
    REQUIRE_OK(ili_couplings_finish(ctx, &m, 1e-6));
    random_vector(r, 3 * N, 5);
    for (int i = 0; i < N; i += 7) {
        held[i] = true;
        memset(r + 3 * i, 0, 3 * sizeof *r);
    }
    for (int t = 0; t < 4; t++) {
        il_set_threads(ctx, THREADS[t]);
        CHECK(ili_couplings_solve(ctx, &m, held, 0.0, 1e-8, 1000, r, z[t]));
        CHECK(memcmp(z[0], z[t], sizeof z[0]) == 0);
    }
    ili_couplings_product(ctx, &m, z[0], back);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 3; k++) {
            if (held[i])
                CHECK(z[0][3 * i + k] == 0.0);
            else
                CHECK_NEAR(back[3 * i + k], r[3 * i + k], 1e-5);
        }
    CHECK(ili_couplings_solve(ctx, &m, held, 0.0, 1e-8, 2, r, z[1])); /* cut short it still points along r */
    CHECK(dot(r, z[1], 3 * N) > 0.0);
    ili_couplings_free(&m);
}

TEST(reports_lost_allocations) {
    for (long n = 1; n < 40; n++) {
        ili_couplings m = {0};
        ili_alloc_fail_at(n);
        il_status status = ili_couplings_create(ctx, 3, &m);
        if (status == IL_OK) {
            ili_couplings_add(&m, 0, 1, (const double[3][3]){{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
            status = ili_couplings_finish(ctx, &m, 0.1);
        }
        ili_alloc_fail_at(0);
        ili_couplings_free(&m);
        CHECK(status == IL_OK || status == IL_E_MEMORY);
        CHECK(n > 1 || status == IL_E_MEMORY);
        if (status == IL_OK) break;
    }
}

TESTS(RUN(is_the_matrix_that_was_asked_for), RUN(is_symmetric_and_moves_as_a_whole_for_nothing),
      RUN(positive_definite_with_its_diagonal), RUN(solves_to_its_tolerance_at_any_thread_count),
      RUN(reports_lost_allocations))
