/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The cluster list against brute force and against nlist.h: cells of every shape, moves within the skin, exclusions, threads; and the
 *  ordered sums of its chunks. */
#include "harness.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "math/vec.h"
#include "neigh/cluster_sums.h"
#include "neigh/clusters.h"
#include "neigh/nlist.h"

enum { TYPES = 3 };

typedef struct test_box {
    int32_t n;
    double (*x)[3];
    int32_t *type;
    ili_cell cell;
} test_box;

/** n atoms at random, some of them outside the cell and some on its faces. */
static test_box make_box(ili_cell cell, int32_t n, uint64_t seed) {
    test_box b = {n, ili_alloc((size_t)n, sizeof *b.x), ili_alloc((size_t)n, sizeof *b.type), cell};
    ili_rng rng = ili_rng_make(seed, 7);
    ck_assert(b.x && b.type);
    for (int32_t i = 0; i < n; i++) {
        double s[3];
        for (int k = 0; k < 3; k++) {
            s[k] = cell.pbc[k] ? 3.0 * ili_rng_uniform(&rng) - 1.0 : ili_rng_uniform(&rng);
            if (ili_rng_below(&rng, 20) == 0) s[k] = (double)ili_rng_below(&rng, 2);
            if (cell.pbc[k] && ili_rng_below(&rng, 50) == 0) s[k] += 1000.0;
        }
        ili_cell_to_cart(&cell, s, b.x[i]);
        b.type[i] = (int32_t)ili_rng_below(&rng, TYPES);
    }
    return b;
}

static void free_box(test_box *b) {
    ili_free(b->x);
    ili_free(b->type);
}

/** What identifies a set of pairs: their number, and sums over them that see each atom, distance and direction. */
typedef struct pair_sum {
    long n;
    double weight, along;
} pair_sum;

static void count_pair(pair_sum *s, int32_t i, int32_t j, const double d[3]) {
    const double r2 = ili_dot(d, d), sign = i < j ? 1.0 : -1.0;
    s->n++;
    s->weight += (1.0 + r2) * (1.0 + sin(i + 1.0) * sin(j + 1.0));
    if (i != j) s->along += sign * (d[0] + 2.0 * d[1] - 3.0 * d[2]);
}

static bool is_partner(int32_t n_excluded, const int32_t (*excluded)[2], int32_t i, int32_t j) {
    for (int32_t p = 0; p < n_excluded; p++)
        if ((excluded[p][0] == i && excluded[p][1] == j) || (excluded[p][0] == j && excluded[p][1] == i))
            return true;
    return false;
}

/** All pairs within rc, over images up to `reach` cells away, each once. */
static pair_sum brute(const test_box *b, const double *rc, const int reach[3], int32_t n_excluded,
                      const int32_t (*excluded)[2]) {
    pair_sum sum = {0};
    const ili_cell *c = &b->cell;
    for (int32_t i = 0; i < b->n; i++)
        for (int32_t j = i; j < b->n; j++) {
            double wrapped[3], cut = rc[b->type[i] * TYPES + b->type[j]];
            ili_sub(b->x[j], b->x[i], wrapped);
            const double near2 = ili_cell_nearest(c, wrapped);
            const bool is_excluded = is_partner(n_excluded, excluded, i, j);
            for (int m0 = -reach[0]; m0 <= reach[0]; m0++)
                for (int m1 = -reach[1]; m1 <= reach[1]; m1++)
                    for (int m2 = -reach[2]; m2 <= reach[2]; m2++) {
                        /* of an atom with its own images, one of each +- pair */
                        if (i == j && (m0 < 0 || (m0 == 0 && (m1 < 0 || (m1 == 0 && m2 <= 0))))) continue;
                        double d[3];
                        for (int k = 0; k < 3; k++)
                            d[k] = wrapped[k] + m0 * c->h[0][k] + m1 * c->h[1][k] + m2 * c->h[2][k];
                        const double r2 = ili_dot(d, d);
                        if (r2 >= cut * cut || (is_excluded && r2 <= near2 + 1e-9)) continue;
                        count_pair(&sum, i, j, d);
                    }
        }
    return sum;
}

/** The same from the list; also checks what the view promises. */
static pair_sum listed(const test_box *b, const ili_clusters *list, const double *rc,
                       const double *short_rc) {
    const ili_clusters_view v = ili_clusters_get(list);
    pair_sum sum = {0};
    long wrong = 0;
    for (int32_t r = 0; r < v.n_rows; r++)
        for (int32_t p = v.row[r].begin; p < v.row[r].end; p++)
            for (int a = 0; a < ILI_CLUSTER_ROW; a++)
                for (int e = 0; e < ILI_CLUSTER; e++) {
                    if (!(v.pair[p].mask >> (8 * a + e) & 1)) continue;
                    const int32_t from = v.row[r].half * ILI_CLUSTER_ROW + a, ci = from / ILI_CLUSTER;
                    const int32_t cj = v.pair[p].cluster, i = v.atom[from], j = v.atom[cj * ILI_CLUSTER + e];
                    if (i < 0 || j < 0) {
                        wrong++;
                        continue;
                    }
                    double d[3], near = true;
                    for (int k = 0; k < 3; k++) {
                        const double *t = v.shift[v.row[r].shift];
                        const uint32_t at =
                            (uint32_t)v.at[cj][k][e] -
                            ((uint32_t)v.at[ci][k][from % 8] + (uint32_t)v.shift_at[v.row[r].shift][k]);
                        d[k] = v.x[cj][k][e] - (v.x[ci][k][from % 8] + t[k]);
                        near = near && fabs(d[k]) < 60.0;
                        if (near) wrong += fabs((int32_t)at * ILI_AT_STEP - d[k]) > 1.6 * ILI_AT_STEP + 1e-9;
                        if (!near) wrong += fabs((int32_t)at * ILI_AT_STEP) < 40.0 && fabs(d[k]) >= 60.0;
                    }
                    const double r2 = ili_dot(d, d);
                    const int t = b->type[i] * TYPES + b->type[j];
                    wrong += p >= v.row[r].short_end && r2 < short_rc[t] * short_rc[t];
                    if (r2 < rc[t] * rc[t]) count_pair(&sum, i, j, d);
                }
    for (int32_t i = 0; i < v.n_atoms; i++) wrong += v.atom[v.slot_of[i]] != i;
    for (int32_t s = 0; s < v.n_clusters * ILI_CLUSTER; s++)
        wrong += v.atom[s] >= 0 ? v.type[s] != b->type[v.atom[s]] : v.type[s] != 0;
    CHECK(wrong == 0);
    return sum;
}

static void compare(const pair_sum *got, const pair_sum *want) {
    CHECK(got->n == want->n);
    /* sums of n terms, those of weight up to 1 + r2 < 500, of distances rounded at coordinates up to 2e4 A */
    const double noise = 1e-9 * (1.0 + (double)want->n);
    CHECK_NEAR(got->weight, want->weight, 40.0 * noise);
    CHECK_NEAR(got->along, want->along, noise);
}

/** Chunks tile the rows; places and owners say the same. */
static void check_chunks(const ili_clusters_view *v) {
    int32_t wrong = 0;
    CHECK(v->chunk[0] == 0 && v->chunk[v->n_chunks] == v->n_rows);
    for (int32_t c = 0; c < v->n_chunks; c++) {
        const int32_t *local = v->local + (size_t)c * (size_t)v->n_clusters;
        wrong += v->chunk[c] > v->chunk[c + 1];
        for (int32_t r = v->chunk[c]; r < v->chunk[c + 1]; r++) {
            wrong += local[v->row[r].half / 2] < 0;
            for (int32_t p = v->row[r].begin; p < v->row[r].end; p++) wrong += local[v->pair[p].cluster] < 0;
        }
        int32_t places = 0;
        for (int32_t k = 0; k < v->n_clusters; k++) {
            wrong += (v->touched[k] >> c & 1) != (local[k] >= 0);
            wrong += local[k] >= 0 && local[k] != places++;
        }
        wrong += places != v->n_local[c];
    }
    CHECK(wrong == 0);
}

static void images_within(const ili_cell *cell, double rc, int reach[3]) {
    double width[3];
    ili_cell_widths(cell, width);
    /* the wrapped displacement is the nearest image: not longer than half the sum of the sides */
    const double wrapped = 0.5 * (ili_norm(cell->h[0]) + ili_norm(cell->h[1]) + ili_norm(cell->h[2]));
    for (int k = 0; k < 3; k++) reach[k] = cell->pbc[k] ? (int)ceil((rc + wrapped) / width[k]) : 0;
}

/** A little strain along the periodic axes; atoms follow. */
static void strain(test_box *b) {
    const ili_cell old = b->cell;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3 && old.pbc[i]; k++) b->cell.h[i][k] *= k == 0 ? 1.004 : 0.997;
    for (int32_t i = 0; i < b->n; i++) {
        double s[3];
        ili_cell_to_frac(&old, b->x[i], s);
        ili_cell_to_cart(&b->cell, s, b->x[i]);
    }
}

/** Moves within the skin, then strain, then far; every time all pairs and no other. */
static void follow(ili_cell cell, int32_t n, const double *rc, const double *short_rc, uint64_t seed) {
    test_box b = make_box(cell, n, seed);
    ili_clusters *list;
    const double skin = 0.6;
    REQUIRE_OK(ili_clusters_create(ctx, n, b.type, TYPES, rc, short_rc, skin, 0, NULL, &list));
    ili_rng rng = ili_rng_make(seed, 100);
    for (int pass = 0; pass < 9; pass++) {
        REQUIRE_OK(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x));
        int reach[3];
        images_within(&b.cell, 6.0, reach);
        const pair_sum want = brute(&b, rc, reach, 0, NULL), got = listed(&b, list, rc, short_rc);
        const ili_clusters_view v = ili_clusters_get(list);
        compare(&got, &want);
        check_chunks(&v);
        if (pass == 6) CHECK(ili_clusters_builds(list) == 1); /* the small moves reuse it */
        for (int32_t i = 0; i < n; i++) {                     /* six steps straight on, 0.24 A in all */
            ili_rng way = ili_rng_make(seed, 1000 + (uint64_t)i);
            double u[3];
            ili_rng_direction(&way, u);
            for (int k = 0; k < 3; k++)
                b.x[i][k] += pass < 6 ? 0.04 * u[k] : 2.0 * (ili_rng_uniform(&rng) - 0.5);
        }
        if (pass == 2 || pass == 7) strain(&b);
    }
    CHECK(ili_clusters_builds(list) >= 2 && ili_clusters_prunings(list) > ili_clusters_builds(list));
    ili_clusters_destroy(&list);
    CHECK(list == NULL);
    free_box(&b);
}

static const double MIXED[9] = {5.0, 3.0, 4.0, 3.0, 4.2, 0.0, 4.0, 0.0, 2.0};
static const double SHORT[9] = {3.0, 2.0, 4.0, 2.0, 0.0, 0.0, 4.0, 0.0, 1.0};
static const double EQUAL[9] = {5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0};
static const double ONE_ONLY[9] = {5.0};

static const ili_cell CUBIC = {{{14, 0, 0}, {0, 14, 0}, {0, 0, 14}}, {true, true, true}};
static const ili_cell SKEWED = {{{9, 0, 0}, {-5, 8, 0}, {6, 5, 7}}, {true, true, true}};
static const ili_cell VERY_SKEWED = {{{9, 1, 2}, {31, 8, 0}, {-20, 35, 7}}, {true, true, true}};
static const ili_cell TINY = {{{3, 0, 0}, {1, 2.8, 0}, {0, 0.5, 4}}, {true, true, true}};
static const ili_cell SLAB = {{{8, 0, 0}, {-4, 7, 0}, {0, 0, 30}}, {true, true, false}};
static const ili_cell SLAB_A = {{{25, 0, 0}, {-4, 7, 0}, {0, 1, 8}}, {false, true, true}};
static const ili_cell WIRE = {{{25, 0, 0}, {-4, 7, 3}, {0, 0, 20}}, {false, true, false}};
static const ili_cell CLUSTER = {{{20, 0, 0}, {0, 20, 0}, {0, 0, 20}}, {false, false, false}};
static const ili_cell GAS = {{{900, 0, 0}, {0, 700, 0}, {0, 0, 800}}, {true, true, false}};

TEST(cells_of_every_shape) {
    const ili_cell *cells[] = {&CUBIC, &SKEWED, &VERY_SKEWED, &TINY, &SLAB, &SLAB_A, &WIRE, &CLUSTER, &GAS};
    const double *reach[] = {MIXED, EQUAL, ONE_ONLY}, *near[] = {SHORT, SHORT, ONE_ONLY};
    const double *none = (const double[9]){0};
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++)
        for (int r = 0; r < 3; r++) {
            ctx->simd = (c + (size_t)r) % ILI_SIMD_SETS; /* each cell and each reach by each set */
            if (!ili_simd_is_here(ctx->simd)) ctx->simd = ILI_SIMD_SSE2;
            follow(*cells[c], 60, reach[r], r == 2 ? none : near[r], 10 * c + (uint64_t)r);
        }
}

TEST(numbers_of_atoms) {
    const int32_t n[] = {1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 33, 250};
    for (size_t k = 0; k < sizeof n / sizeof *n; k++) {
        follow(SKEWED, n[k], EQUAL, SHORT, 200 + k);
        follow(CLUSTER, n[k], MIXED, SHORT, 300 + k);
    }
}

/** Skins that the list chooses itself, and a kernel so costly that it is pruned at every little move. */
TEST(chosen_skins) {
    test_box b = make_box(SKEWED, 100, 90);
    ili_clusters *list;
    int reach[3];
    images_within(&b.cell, 6.0, reach);
    long prunings[2];
    for (int k = 0; k < 2; k++) {
        REQUIRE_OK(
            ili_clusters_create(ctx, b.n, b.type, TYPES, EQUAL, SHORT, ILI_CLUSTERS_SKIN, 0, NULL, &list));
        if (k) ili_clusters_expect(list, 1000.0);
        for (int step = 0; step < 20; step++) {
            REQUIRE_OK(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x));
            if (step % 5 == 0) {
                const pair_sum want = brute(&b, EQUAL, reach, 0, NULL), got = listed(&b, list, EQUAL, SHORT);
                compare(&got, &want);
            }
            for (int32_t i = 0; i < b.n; i++) b.x[i][i % 3] += i % 2 ? 0.02 : -0.01;
        }
        CHECK(ili_clusters_builds(list) == 1);
        prunings[k] = ili_clusters_prunings(list);
        ili_clusters_destroy(&list);
    }
    CHECK(prunings[0] > 1 && prunings[1] > 2 * prunings[0]);
    free_box(&b);
}

/** Cell and atoms take the linear map g; atoms move against it by up to `noise` angstrom. */
static void deform(test_box *b, const double g[3][3], double noise, ili_rng *rng) {
    ili_mat_mul(b->cell.h, g, b->cell.h);
    for (int32_t i = 0; i < b->n; i++) {
        ili_vec_mat(b->x[i], g, b->x[i]);
        for (int k = 0; k < 3; k++) b->x[i][k] += noise * (2.0 * ili_rng_uniform(rng) - 1.0);
    }
}

static void check_pairs(const test_box *b, const ili_clusters *list) {
    int reach[3];
    images_within(&b->cell, 6.0, reach);
    const pair_sum want = brute(b, EQUAL, reach, 0, NULL), got = listed(b, list, EQUAL, SHORT);
    compare(&got, &want);
}

/** Strain that brings pairs together from beyond the list though no atom moves beside it; and prunings in strained cells. */
TEST(strained_cells) {
    static const double once[3][3] = {{0.85, 0, 0}, {0, 0.85, 0}, {0, 0, 0.85}};
    static const double often[3][3] = {{0.99, 0.002, 0}, {0, 0.985, 0.003}, {0.002, 0, 1.005}};
    for (uint64_t seed = 0; seed < 3; seed++) {
        test_box b = make_box(SKEWED, 80, 600 + seed);
        ili_rng rng = ili_rng_make(seed, 9);
        ili_clusters *list;
        REQUIRE_OK(ili_clusters_create(ctx, b.n, b.type, TYPES, EQUAL, SHORT, 1.5, 0, NULL, &list));
        ili_clusters_expect(list, 1000.0);
        REQUIRE_OK(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x));
        for (int step = 0; step < 8; step++) {
            deform(&b, often, 0.02, &rng);
            REQUIRE_OK(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x));
            check_pairs(&b, list);
        }
        CHECK(ili_clusters_prunings(list) > ili_clusters_builds(list) + 1);
        deform(&b, once, 0.0, &rng);
        REQUIRE_OK(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x));
        check_pairs(&b, list);
        ili_clusters_destroy(&list);
        free_box(&b);
    }
}

/** The third vector of a slab moves nothing; an axis that begins to repeat makes new pairs. */
TEST(open_axes) {
    test_box b = make_box(SLAB, 120, 610);
    ili_clusters *list;
    REQUIRE_OK(ili_clusters_create(ctx, b.n, b.type, TYPES, EQUAL, SHORT, 0.6, 0, NULL, &list));
    REQUIRE_OK(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x));
    memcpy(b.cell.h[2], (const double[3]){3.0, 1.0, 50.0}, sizeof b.cell.h[2]);
    REQUIRE_OK(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x));
    CHECK(ili_clusters_builds(list) == 1);
    check_pairs(&b, list);
    memcpy(b.cell.h[2], SLAB.h[2], sizeof b.cell.h[2]);
    b.cell.pbc[2] = true;
    REQUIRE_OK(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x));
    check_pairs(&b, list);
    ili_clusters_destroy(&list);
    free_box(&b);
}

TEST(no_atoms_and_no_pairs) {
    const double none[9] = {0}, x[2][3] = {{0}};
    const int32_t type[2] = {0};
    ili_clusters *list;
    for (int32_t n = 0; n <= 2; n++) {
        REQUIRE_OK(ili_clusters_create(ctx, n, type, TYPES, n ? none : EQUAL, NULL, 0.5, 0, NULL, &list));
        REQUIRE_OK(ili_clusters_update(ctx, list, &CUBIC, x));
        const ili_clusters_view v = ili_clusters_get(list);
        CHECK(v.n_rows == 0 && v.n_clusters == (n > 0) && v.n_atoms == n);
        check_chunks(&v);
        ili_clusters_destroy(&list);
    }
}

/** Larger boxes, and every type pair, against the other list. */
TEST(as_the_other_list) {
    const ili_cell cells[] = {{{{30, 0, 0}, {0, 26, 0}, {0, 0, 41}}, {true, true, true}},
                              {{{30, 0, 0}, {-14, 26, 0}, {11, -9, 35}}, {true, true, true}},
                              {{{30, 0, 0}, {-14, 26, 0}, {0, 0, 35}}, {true, true, false}}};
    for (int c = 0; c < 3; c++) {
        test_box b = make_box(cells[c], 3000, 400 + (uint64_t)c);
        ili_clusters *list;
        ili_nlist *other;
        pair_sum want = {0};
        REQUIRE_OK(ili_clusters_create(ctx, b.n, b.type, TYPES, MIXED, SHORT, 0.4, 0, NULL, &list));
        REQUIRE_OK(ili_nlist_create(ctx, b.n, b.type, TYPES, MIXED, 0.4, 0, NULL, &other));
        REQUIRE_OK(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x));
        REQUIRE_OK(ili_nlist_update(ctx, other, &b.cell, (const double(*)[3])b.x));
        const ili_nlist_view v = ili_nlist_get(other);
        for (int32_t row = 0; row < v.n_rows; row++)
            for (ili_nlist_walk w = ili_nlist_row(&v, row); ili_nlist_next(&w);) {
                double d[3], rc = MIXED[v.type[row] * TYPES + v.type[w.entry]];
                ili_sub(v.px[w.entry], v.px[row], d);
                if (ili_dot(d, d) < rc * rc) count_pair(&want, v.atom[row], v.atom[w.entry], d);
            }
        const pair_sum got = listed(&b, list, MIXED, SHORT);
        compare(&got, &want);
        ili_clusters_destroy(&list);
        ili_nlist_destroy(&other);
        free_box(&b);
    }
}

TEST(exclusions) {
    const ili_cell *cells[] = {&CUBIC, &TINY, &SKEWED, &SLAB, &CLUSTER};
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) {
        enum { N = 60 };
        test_box b = make_box(*cells[c], N, 500 + c);
        int32_t excluded[3 * N][2], n = 0;
        for (int32_t i = 0; i < N; i++)
            for (int32_t j = i + 1; j < N; j++)
                if ((i * 7 + j * 5) % 11 == 0 && n < 3 * N) {
                    excluded[n][0] = i;
                    excluded[n++][1] = j;
                }
        ili_clusters *list;
        int reach[3];
        images_within(&b.cell, 6.0, reach);
        REQUIRE_OK(ili_clusters_create(ctx, N, b.type, TYPES, EQUAL, NULL, 0.0, n,
                                       (const int32_t(*)[2])excluded, &list));
        REQUIRE_OK(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x));
        const pair_sum got = listed(&b, list, EQUAL, EQUAL),
                       want = brute(&b, EQUAL, reach, n, (const int32_t(*)[2])excluded),
                       all = brute(&b, EQUAL, reach, 0, NULL);
        compare(&got, &want);
        CHECK(all.n > want.n);
        ili_clusters_destroy(&list);
        free_box(&b);
    }
}

static bool same(const void *a, const void *b, size_t n, size_t size) {
    return memcmp(a, b, n * size) == 0;
}

static void check_same_bits(const ili_clusters *one, const ili_clusters *other) {
    const ili_clusters_view a = ili_clusters_get(one), b = ili_clusters_get(other);
    const size_t n = (size_t)a.n_clusters, slots = n * ILI_CLUSTER, chunks = (size_t)a.n_chunks;
    if (a.n_clusters != b.n_clusters || a.n_rows != b.n_rows || a.n_chunks != b.n_chunks ||
        a.n_shifts != b.n_shifts) {
        CHECK(!"the same sizes");
        return;
    }
    const size_t shifts = (size_t)a.n_shifts, rows = (size_t)a.n_rows;
    CHECK(same(a.atom, b.atom, slots, sizeof *a.atom) && same(a.type, b.type, slots, sizeof *a.type));
    CHECK(same(a.slot_of, b.slot_of, (size_t)a.n_atoms, sizeof *a.slot_of));
    CHECK(same(a.x, b.x, n, sizeof *a.x) && same(a.at, b.at, n, sizeof *a.at));
    CHECK(same(a.shift, b.shift, shifts, sizeof *a.shift) &&
          same(a.shift_at, b.shift_at, shifts, sizeof *a.shift_at));
    CHECK(same(a.row, b.row, rows, sizeof *a.row));
    CHECK(same(a.pair, b.pair, (size_t)a.row[rows].begin, sizeof *a.pair));
    CHECK(same(a.chunk, b.chunk, chunks + 1, sizeof *a.chunk) &&
          same(a.n_local, b.n_local, chunks, sizeof *a.n_local));
    CHECK(same(a.local, b.local, chunks * n, sizeof *a.local));
    CHECK(same(a.touched, b.touched, n, sizeof *a.touched));
}

TEST(same_bits_at_any_thread_count) {
    const ili_cell cell = {{{30, 0, 0}, {-14, 26, 0}, {11, -9, 35}}, {true, true, true}};
    const int threads[] = {1, 2, 4, 8};
    test_box b = make_box(cell, 2500, 77);
    ili_clusters *list[4];
    for (int t = 0; t < 4; t++)
        REQUIRE_OK(ili_clusters_create(ctx, b.n, b.type, TYPES, MIXED, SHORT, 0.6, 0, NULL, &list[t]));
    ili_rng rng = ili_rng_make(5, 5);
    for (int pass = 0; pass < 5; pass++) {
        for (int t = 0; t < 4; t++) {
            il_set_threads(ctx, threads[t]);
            REQUIRE_OK(ili_clusters_update(ctx, list[t], &b.cell, (const double(*)[3])b.x));
            if (t) check_same_bits(list[0], list[t]);
        }
        for (int32_t i = 0; i < b.n; i++)
            for (int k = 0; k < 3; k++) b.x[i][k] += (pass == 3 ? 1.0 : 0.15) * (ili_rng_uniform(&rng) - 0.5);
    }
    CHECK(ili_clusters_prunings(list[0]) > ili_clusters_builds(list[0]));
    for (int t = 1; t < 4; t++) CHECK(ili_clusters_builds(list[t]) == ili_clusters_builds(list[0]));
    for (int t = 0; t < 4; t++) ili_clusters_destroy(&list[t]);
    free_box(&b);
}

/** More and more pairs: the rooms of the pieces are found too small, and the list is that of a new one. */
TEST(grows_with_its_atoms) {
    test_box b = make_box(SKEWED, 1200, 80);
    ili_clusters *list[2];
    const int32_t n = b.n;
    REQUIRE_OK(ili_clusters_create(ctx, n, b.type, TYPES, MIXED, SHORT, 0.6, 0, NULL, &list[0]));
    for (int pass = 0; pass < 4; pass++) {
        const double scale = 1.0 - 0.15 * pass; /* ever denser */
        ili_cell cell = b.cell;
        for (int k = 0; k < 9; k++) cell.h[k / 3][k % 3] *= scale;
        for (int32_t i = 0; i < n; i++)
            for (int k = 0; k < 3; k++) b.x[i][k] *= pass ? scale / (scale + 0.15) : 1.0;
        REQUIRE_OK(ili_clusters_create(ctx, n, b.type, TYPES, MIXED, SHORT, 0.6, 0, NULL, &list[1]));
        for (int k = 0; k < 2; k++) {
            if (ctx->scratch)
                memset(ctx->scratch, 0xff, ctx->scratch_bytes); /* others may leave anything there */
            REQUIRE_OK(ili_clusters_update(ctx, list[k], &cell, (const double(*)[3])b.x));
        }
        CHECK(ili_clusters_builds(list[0]) == pass + 1);
        check_same_bits(list[0], list[1]);
        ili_clusters_destroy(&list[1]);
    }
    ili_clusters_destroy(&list[0]);
    free_box(&b);
}

/** After forgetting, a list that has lived gives the bits of one just made. */
TEST(forgets_everything) {
    test_box b = make_box(SKEWED, 300, 78);
    ili_clusters *list[2];
    REQUIRE_OK(ili_clusters_create(ctx, b.n, b.type, TYPES, MIXED, SHORT, 0.6, 0, NULL, &list[0]));
    REQUIRE_OK(ili_clusters_create(ctx, b.n, b.type, TYPES, MIXED, SHORT, 0.6, 0, NULL, &list[1]));
    for (int pass = 0; pass < 4; pass++) {
        if (ctx->scratch)
            memset(ctx->scratch, 0xff, ctx->scratch_bytes); /* others may leave anything there */
        REQUIRE_OK(ili_clusters_update(ctx, list[0], &b.cell, (const double(*)[3])b.x));
        for (int32_t i = 0; i < b.n; i++)
            b.x[i][pass % 3] += i % 2 ? 0.05 : 0.0; /* within the skin: nothing but forgetting rebuilds */
    }
    CHECK(ili_clusters_builds(list[0]) == 1);
    ili_clusters_forget(list[0]);
    memset(ctx->scratch, 0xff, ctx->scratch_bytes);
    for (int k = 0; k < 2; k++)
        REQUIRE_OK(ili_clusters_update(ctx, list[k], &b.cell, (const double(*)[3])b.x));
    check_same_bits(list[0], list[1]);
    for (int k = 0; k < 2; k++) ili_clusters_destroy(&list[k]);
    free_box(&b);
}

static void drop_scratch(void) {
    ili_free(ctx->scratch);
    ctx->scratch = NULL;
    ctx->scratch_bytes = 0;
}

TEST(bad_input) {
    test_box b = make_box(CUBIC, 30, 79);
    const ili_cell sliver = {{{1e-3, 0, 0}, {0, 1e-3, 0}, {0, 0, 1e-3}}, {true, true, true}};
    ili_clusters *list;
    REQUIRE_OK(ili_clusters_create(ctx, b.n, b.type, TYPES, MIXED, SHORT, 0.6, 0, NULL, &list));
    CHECK_STATUS(ili_clusters_update(ctx, list, &sliver, (const double(*)[3])b.x), IL_E_UNSUPPORTED);
    for (int pass = 0; pass < 2; pass++) {
        REQUIRE_OK(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x));
        const double was = b.x[7][1];
        b.x[7][1] = pass ? INFINITY : NAN;
        CHECK_STATUS(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x), IL_E_NONFINITE);
        CHECK(strstr(il_message(ctx), "atom 8") != NULL);
        b.x[7][1] = was;
    }
    ili_clusters_destroy(&list);
    for (long n = 1;; n++) { /* every request fails once, those for scratch too */
        drop_scratch();
        ili_alloc_fail_at(n);
        il_status status = ili_clusters_create(ctx, b.n, b.type, TYPES, MIXED, SHORT, 0.6, 0, NULL, &list);
        if (status == IL_OK) status = ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x);
        if (status == IL_OK)
            CHECK(ili_alloc(1, 1) == NULL); /* all were made: none that failed was passed over */
        ili_alloc_fail_at(0);
        ili_clusters_destroy(&list);
        if (status == IL_OK) break;
        CHECK(status == IL_E_MEMORY);
        CHECK(n < 200);
    }
    free_box(&b);
}

/** Every chunk counts its pairs on both atoms, in one, two or three components. */
static void check_sums(const test_box *b, const ili_clusters *list, int components, bool is_single) {
    const ili_clusters_view v = ili_clusters_get(list);
    ili_cluster_sums *sums;
    double *got = ili_alloc(3 * (size_t)b->n, sizeof *got), *want = ili_alloc((size_t)b->n, sizeof *want);
    double *slots = ili_alloc(3 * 8 * (size_t)v.n_clusters, sizeof *slots);
    long wrong = 0;
    ck_assert(got && want && slots);
    REQUIRE_OK(ili_cluster_sums_create(ctx, components, is_single, &sums));
    REQUIRE_OK(ili_cluster_sums_fit(ctx, sums, &v));
    for (int pass = 0; pass < 2; pass++) /* the second finds the buffers in use */
        for (int32_t c = 0; c < v.n_chunks; c++) {
            void *f = ili_cluster_sums_begin(sums, &v, c);
            const int32_t *local = v.local + (size_t)c * (size_t)v.n_clusters;
            for (int32_t r = v.chunk[c]; r < v.chunk[c + 1]; r++)
                for (int32_t p = v.row[r].begin; p < v.row[r].end; p++)
                    for (int bit = 0; bit < 32; bit++) {
                        if (!(v.pair[p].mask >> bit & 1)) continue;
                        const int32_t slot[2] = {v.row[r].half * 4 + bit / 8,
                                                 v.pair[p].cluster * 8 + bit % 8};
                        for (int e = 0; e < 2; e++)
                            for (int k = 0; k < components; k++) {
                                const size_t to =
                                    (size_t)((local[slot[e] / 8] * components + k) * 8 + slot[e] % 8);
                                if (is_single)
                                    ((float *)f)[to] += (float)(k + 1);
                                else
                                    ((double *)f)[to] += k + 1;
                                if (k == 0 && pass) want[v.atom[slot[e]]] += 1.0;
                            }
                    }
        }
    for (int32_t i = 0; i < b->n * components; i++) got[i] = 5.0;
    ili_cluster_sums_add(ctx, sums, &v, got);
    ili_cluster_sums_to_slots(ctx, sums, &v, slots);
    for (int32_t i = 0; i < b->n; i++)
        for (int k = 0; k < components; k++) {
            const int32_t s = v.slot_of[i];
            wrong += got[i * components + k] != 5.0 + (k + 1) * want[i];
            wrong += slots[(s / 8 * components + k) * 8 + s % 8] != (k + 1) * want[i];
        }
    CHECK(wrong == 0);
    ili_cluster_sums_destroy(&sums);
    CHECK(sums == NULL);
    ili_free(got);
    ili_free(want);
    ili_free(slots);
}

TEST(sums_of_chunks) {
    const ili_cell cell = {{{30, 0, 0}, {-14, 26, 0}, {11, -9, 35}}, {true, true, true}};
    test_box b = make_box(cell, 2501, 80);
    ili_clusters *list;
    REQUIRE_OK(ili_clusters_create(ctx, b.n, b.type, TYPES, EQUAL, SHORT, 0.6, 0, NULL, &list));
    REQUIRE_OK(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x));
    il_set_threads(ctx, 3);
    for (int components = 1; components <= 3; components++)
        for (int single = 0; single < 2; single++) check_sums(&b, list, components, single);
    ili_clusters_destroy(&list);
    free_box(&b);
}

/** As many chunks as the bits of `touched`, and no more. */
TEST(most_chunks) {
    const ili_cell cell = {{{60, 0, 0}, {-28, 52, 0}, {22, -18, 70}}, {true, true, true}};
    test_box b = make_box(cell, 20007, 81);
    ili_clusters *list;
    REQUIRE_OK(ili_clusters_create(ctx, b.n, b.type, TYPES, EQUAL, SHORT, 0.6, 0, NULL, &list));
    REQUIRE_OK(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x));
    const ili_clusters_view v = ili_clusters_get(list);
    CHECK(v.n_chunks == 64);
    check_chunks(&v);
    check_sums(&b, list, 1, false);
    ili_clusters_destroy(&list);
    free_box(&b);
}

/** An update that fails for want of memory, in a build or in a pruning, leaves a list that the next one makes right. */
TEST(memory_that_comes_back) {
    test_box b = make_box(SKEWED, 300, 82);
    ili_clusters *list;
    int failures = 0, reach[3];
    images_within(&b.cell, 6.0, reach);
    REQUIRE_OK(ili_clusters_create(ctx, b.n, b.type, TYPES, MIXED, SHORT, 0.6, 0, NULL, &list));
    for (int pass = 0; pass < 7; pass++) {
        drop_scratch();
        ili_alloc_fail_at(1);
        failures += ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x) == IL_E_MEMORY;
        ili_alloc_fail_at(0);
        REQUIRE_OK(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x));
        const pair_sum want = brute(&b, MIXED, reach, 0, NULL), got = listed(&b, list, MIXED, SHORT);
        compare(&got, &want);
        for (int32_t i = 0; i < b.n; i++)
            b.x[i][i % 3] += i % 2 ? 0.04 : -0.04; /* 0.28 A in all: within the skin */
    }
    CHECK(ili_clusters_builds(list) == 1);
    CHECK(failures >= 2);
    ili_clusters_destroy(&list);
    free_box(&b);
}

/** A list that is made anew and fails halfway is not taken for the old one, however little moves then. */
TEST(memory_that_ends_halfway) {
    test_box b = make_box(SKEWED, 40, 83);
    ili_clusters *list;
    ili_rng rng = ili_rng_make(83, 9);
    il_status status = IL_E_MEMORY;
    int failures = 0, reach[3];
    images_within(&b.cell, 6.0, reach);
    REQUIRE_OK(ili_clusters_create(ctx, b.n, b.type, TYPES, MIXED, SHORT, 0.6, 0, NULL, &list));
    REQUIRE_OK(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x));
    for (; status == IL_E_MEMORY && failures < 200; failures++) {
        for (int32_t i = 0; i < b.n; i++)
            for (int k = 0; k < 3; k++) b.x[i][k] += 4.0 * ili_rng_uniform(&rng) - 2.0;
        drop_scratch();
        ili_alloc_fail_at(failures + 1);
        status = ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x);
        ili_alloc_fail_at(0);
        REQUIRE_OK(ili_clusters_update(ctx, list, &b.cell, (const double(*)[3])b.x));
        const pair_sum want = brute(&b, MIXED, reach, 0, NULL), got = listed(&b, list, MIXED, SHORT);
        compare(&got, &want);
    }
    CHECK(status == IL_OK && failures > 60); /* a request for each of 64 pieces */
    ili_clusters_destroy(&list);
    free_box(&b);
}

TESTS(RUN(cells_of_every_shape), RUN(numbers_of_atoms), RUN(chosen_skins), RUN(strained_cells),
      RUN(open_axes), RUN(no_atoms_and_no_pairs), RUN(as_the_other_list), RUN(exclusions),
      RUN(same_bits_at_any_thread_count), RUN(grows_with_its_atoms), RUN(forgets_everything), RUN(bad_input),
      RUN(sums_of_chunks), RUN(most_chunks), RUN(memory_that_comes_back), RUN(memory_that_ends_halfway))
