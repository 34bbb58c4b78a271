/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Neighbour lists that may miss pairs (theory.md 9.11 to 9.13): the estimate of their energy against the pairs missed in fact, the
 *  rule that follows from it, and its bits. */
#include "harness.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "neigh/clusters_state.h"

enum { TYPES = 2, ATOMS = 4000 };
static const double SIDE = 33.0, REACH = 8.0, SHORT = 6.0, SKIN = 1.0;
static const double IDENTITY[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
static const double SLOPE[TYPES * TYPES] = {
    1.0, 0.4, 0.4, 2.0}; /* eV/angstrom, of the whole; of the short part twice that */

typedef struct gas {
    ili_cell cell;
    int32_t type[ATOMS];
    double x[ATOMS][3];
    ili_rng rng;
} gas;

static gas *make_gas(uint64_t seed) {
    gas *g = ili_alloc(1, sizeof *g);
    ck_assert_ptr_nonnull(g);
    g->cell = (ili_cell){.h = {{SIDE, 0, 0}, {0, SIDE, 0}, {0, 0, SIDE}}, .pbc = {true, true, true}};
    g->rng = ili_rng_make(seed, 3);
    for (int32_t i = 0; i < ATOMS; i++) {
        g->type[i] = i % 3 == 0;
        for (int k = 0; k < 3; k++) g->x[i][k] = SIDE * ili_rng_uniform(&g->rng);
    }
    return g;
}

/** Every atom moves by a normal displacement, of type 1 twice as wide. */
static void shake(gas *g, double width) {
    for (int32_t i = 0; i < ATOMS; i++)
        for (int k = 0; k < 3; k++) g->x[i][k] += (1.0 + g->type[i]) * width * ili_rng_normal(&g->rng);
}

static ili_clusters *make_list(const gas *g, double short_reach, double energy, double speed) {
    const double reach[TYPES * TYPES] = {REACH, REACH, REACH, REACH};
    const double near[TYPES * TYPES] = {short_reach, short_reach, short_reach, short_reach};
    const double speeds[TYPES] = {speed, 2.0 * speed};
    double end[TYPES * TYPES][ILI_EDGE_NODES], short_end[TYPES * TYPES][ILI_EDGE_NODES];
    ili_clusters *list = NULL;
    for (int p = 0; p < TYPES * TYPES; p++)
        for (int d = 0; d < ILI_EDGE_NODES; d++) {
            end[p][d] = SLOPE[p] * ILI_EDGE_DEPTH[d];
            short_end[p][d] = short_reach > 0.0 ? 2.0 * end[p][d] : 0.0;
        }
    const ili_clusters_drift drift = {energy, speeds, (const double(*)[ILI_EDGE_NODES])end,
                                      (const double(*)[ILI_EDGE_NODES])short_end};
    CHECK_OK(ili_clusters_create(ctx, ATOMS, g->type, TYPES, reach, near, SKIN, 0, NULL, &list));
    CHECK_OK(ili_clusters_allow(ctx, list, &drift));
    return list;
}

static il_status update(ili_clusters *list, const gas *g) {
    return ili_clusters_update(ctx, list, &g->cell, (const double(*)[3])g->x);
}

/** 1: the pair stands in the list, 3: among the short ones; known [ATOMS][ATOMS], i < j. */
static void mark_known(const ili_clusters *list, uint8_t *known) {
    const ili_clusters_view v = ili_clusters_get(list);
    memset(known, 0, (size_t)ATOMS * ATOMS);
    for (int32_t r = 0; r < v.n_rows; r++)
        for (int32_t p = v.row[r].begin; p < v.row[r].end; p++)
            for (int bit = 0; bit < 32; bit++) {
                if (!(v.pair[p].mask >> bit & 1)) continue;
                const int32_t i = v.atom[4 * v.row[r].half + bit / 8],
                              j = v.atom[8 * v.pair[p].cluster + bit % 8];
                known[(size_t)(i < j ? i : j) * ATOMS + (size_t)(i < j ? j : i)] |=
                    p < v.row[r].short_end ? 3 : 1;
            }
}

/** Energy by atom of what is within reach and not known. */
static double missed_in_fact(const gas *g, const ili_clusters *list, double short_reach) {
    uint8_t *known = ili_alloc((size_t)ATOMS * ATOMS, 1);
    double sum = 0.0;
    ck_assert_ptr_nonnull(known);
    mark_known(list, known);
    for (int32_t i = 0; i < ATOMS; i++)
        for (int32_t j = i + 1; j < ATOMS; j++) {
            double d2 = 0.0;
            for (int k = 0; k < 3; k++) {
                const double d = g->x[j][k] - g->x[i][k];
                d2 += pow(d - SIDE * round(d / SIDE), 2);
            }
            if (d2 >= REACH * REACH) continue;
            const uint8_t is = known[(size_t)i * ATOMS + (size_t)j];
            const double r = sqrt(d2), slope = SLOPE[g->type[i] * TYPES + g->type[j]];
            if (!(is & 1)) sum += slope * (REACH - r);
            if (!(is & 2) && r < short_reach) sum += 2.0 * slope * (short_reach - r);
        }
    ili_free(known);
    return sum / ATOMS;
}

/** Both sums over some gases, with displacements that carry the faster atoms `reach` widths of a pair through the inner skin. */
static void compare(double short_reach, double reach, double *in_fact, double *estimate) {
    enum { GASES = 4 };
    double farthest;
    *in_fact = *estimate = 0.0;
    for (uint64_t seed = 1; seed <= GASES; seed++) {
        gas *g = make_gas(seed);
        ili_clusters *list = make_list(g, short_reach, 1e3, 0.01);
        CHECK_OK(update(list, g));
        const double inner = ili_clusters_inner_skin(list);
        shake(g, inner / (reach * 2.0 * sqrt(2.0)));
        ili_clusters_place(ctx, list, &g->cell, (const double(*)[3])g->x);
        *in_fact += missed_in_fact(g, list, short_reach);
        *estimate += ili_clusters_missed(ctx, list, IDENTITY, IDENTITY, 0.5 * inner, &farthest);
        ili_clusters_destroy(&list);
        ili_free(g);
    }
}

TEST(estimate_is_above_what_is_missed_and_not_far) {
    for (int with_short = 0; with_short < 2; with_short++)
        for (double reach = 1.5; reach < 2.1; reach += 0.5) {
            double in_fact, estimate;
            compare(with_short ? SHORT : 0.0, reach, &in_fact, &estimate);
            CHECK(in_fact > 0.0);
            CHECK(estimate > in_fact);
            CHECK(estimate < 4.0 * in_fact);
        }
}

/** How many updates with the same displacement, 1e-3 angstrom wide (type 1: twice that), the built list lasts. */
static int lasts(double energy) {
    enum { MOST = 200 };
    gas *g = make_gas(5);
    ili_clusters *list = make_list(g, SHORT, energy, 1e-3);
    double(*v)[3] = ili_alloc(ATOMS, sizeof *v);
    int steps = 0;
    ck_assert_ptr_nonnull(v);
    CHECK_OK(update(list, g));
    memcpy(v, g->x, sizeof g->x);
    shake(g, 1e-3);
    for (int32_t i = 0; i < ATOMS; i++)
        for (int k = 0; k < 3; k++) v[i][k] = g->x[i][k] - v[i][k];
    while (steps < MOST && ili_clusters_builds(list) < 2) {
        CHECK_OK(update(list, g));
        steps++;
        for (int32_t i = 0; i < ATOMS; i++)
            for (int k = 0; k < 3; k++) g->x[i][k] += v[i][k];
    }
    ili_clusters_destroy(&list);
    ili_free(v);
    ili_free(g);
    return steps;
}

/** The fastest of 4000 moves some 5 widths of 2e-3: it crosses half the skin in 50 updates, the whole of it in 100. */
TEST(a_budget_lets_the_list_last_until_an_atom_has_crossed_the_skin) {
    const int strict = lasts(0.0), small = lasts(1e-11), large = lasts(1e-9), largest = lasts(1e3);
    CHECK(strict > 40 && strict < 60);
    CHECK(small > strict + 4);
    CHECK(large > small + 4);
    CHECK(largest > large + 4);
    CHECK(abs(largest - 2 * strict) <= 2);
}

/** With NULL the strict rule is back: as if nothing had ever been allowed. */
TEST(lists_are_strict_again_after_a_run) {
    gas *g = make_gas(6);
    ili_clusters *list = make_list(g, SHORT, 1e3, 1e-3), *never = make_list(g, SHORT, 0.0, 1e-3);
    const double allowed = ili_clusters_inner_skin(list);
    CHECK_OK(ili_clusters_allow(NULL, list, NULL));
    CHECK(ili_clusters_inner_skin(list) == ili_clusters_inner_skin(never));
    CHECK(ili_clusters_inner_skin(list) != allowed);
    CHECK_OK(update(list, g));
    shake(g, 0.03);
    CHECK_OK(update(list, g));
    CHECK(missed_in_fact(g, list, SHORT) == 0.0);
    CHECK(ili_clusters_prunings(list) == 2);
    ili_clusters_destroy(&list);
    ili_clusters_destroy(&never);
    ili_free(g);
}

/** A hotter system, or a smaller tolerance, gets a wider inner skin. */
TEST(inner_skin_follows_motion_and_tolerance) {
    gas *g = make_gas(7);
    double inner[2][2];
    for (int hot = 0; hot < 2; hot++)
        for (int tight = 0; tight < 2; tight++) {
            ili_clusters *list = make_list(g, SHORT, tight ? 1e-14 : 1e-8, hot ? 4e-3 : 1e-3);
            inner[hot][tight] = ili_clusters_inner_skin(list);
            ili_clusters_destroy(&list);
        }
    CHECK(inner[1][0] > inner[0][0]);
    CHECK(inner[1][1] > inner[0][1]);
    CHECK(inner[0][1] > inner[0][0]);
    CHECK(inner[1][1] > inner[1][0]);
    ili_free(g);
}

/** The sums behind the rule have the same bits at any number of threads. */
TEST(estimate_has_the_same_bits_at_any_thread_count) {
    double one = 0.0, farthest;
    gas *g = make_gas(8);
    for (int n = 1; n <= 4; n *= 2) {
        il_set_threads(ctx, n);
        ili_clusters *list = make_list(g, SHORT, 1.0, 1e-3);
        gas moved = *g;
        CHECK_OK(update(list, g));
        shake(&moved, 0.05);
        ili_clusters_place(ctx, list, &g->cell, (const double(*)[3])moved.x);
        const double e = ili_clusters_missed(ctx, list, IDENTITY, IDENTITY, 0.1, &farthest);
        if (n == 1) one = e;
        CHECK(e > 0.0);
        CHECK(e == one);
        ili_clusters_destroy(&list);
    }
    ili_free(g);
}

TEST(no_memory_for_a_budget_leaves_the_strict_rule) {
    gas *g = make_gas(9);
    ili_clusters *list = make_list(g, SHORT, 0.0, 1e-3);
    const double end[TYPES * TYPES][ILI_EDGE_NODES] = {{0}}, speed[TYPES] = {1e-3, 1e-3};
    const ili_clusters_drift drift = {1e-6, speed, end, NULL};
    for (long k = 1; k <= 8; k++) {
        ili_alloc_fail_at(k);
        CHECK_STATUS(ili_clusters_allow(ctx, list, &drift), IL_E_MEMORY);
        ili_alloc_fail_at(0);
        CHECK(!list->budget);
        CHECK_OK(update(list, g));
    }
    CHECK_OK(ili_clusters_allow(ctx, list, &drift));
    CHECK(list->budget);
    ili_clusters_destroy(&list);
    ili_free(g);
}

TESTS(RUN(estimate_is_above_what_is_missed_and_not_far);
      RUN(a_budget_lets_the_list_last_until_an_atom_has_crossed_the_skin);
      RUN(lists_are_strict_again_after_a_run); RUN(inner_skin_follows_motion_and_tolerance);
      RUN(estimate_has_the_same_bits_at_any_thread_count); RUN(no_memory_for_a_budget_leaves_the_strict_rule))
