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

/* ---- the numbers of theory.md, by other means ------------------------------------------------------------- */

static const double BLUR = 3.0; /* angstrom, as (9.12) has it */

/** A gas whose pairs of types end at different places, with jumps there. */
typedef struct ends {
    double reach[TYPES * TYPES], near[TYPES * TYPES];
    double end[TYPES * TYPES][ILI_EDGE_NODES], short_end[TYPES * TYPES][ILI_EDGE_NODES];
} ends;

static ends make_ends(void) {
    ends e = {.reach = {8.0, 7.0, 7.0, 6.0}, .near = {6.0, 7.0, 7.0, 0.0}};
    for (int p = 0; p < TYPES * TYPES; p++)
        for (int d = 0; d < ILI_EDGE_NODES; d++) {
            const double depth = ILI_EDGE_DEPTH[d];
            e.end[p][d] = SLOPE[p] * (0.02 + depth + 3.0 * depth * depth);
            e.short_end[p][d] = e.near[p] > 0.0 ? SLOPE[p] * (0.01 + 2.0 * depth) : 0.0;
        }
    return e;
}

static ili_clusters *list_of_ends(const gas *g, const ends *e, double energy, double speed) {
    const double speeds[TYPES] = {speed, 2.0 * speed};
    const ili_clusters_drift drift = {energy, speeds, (const double(*)[ILI_EDGE_NODES])e->end,
                                      (const double(*)[ILI_EDGE_NODES])e->short_end};
    ili_clusters *list = NULL;
    CHECK_OK(ili_clusters_create(ctx, ATOMS, g->type, TYPES, e->reach, e->near, SKIN, 0, NULL, &list));
    CHECK_OK(ili_clusters_allow(ctx, list, &drift));
    return list;
}

/** (9.11) of one pair of the gas by the midpoint rule. */
static double integral(const double value[ILI_EDGE_NODES], double room, double sigma, int steps) {
    const double du = 10.0 * sigma / steps;
    double sum = 0.0;
    for (int s = 0; s < steps; s++) {
        const double u = (s + 0.5) * du;
        int k = 0;
        while (k < ILI_EDGE_NODES - 2 && u > ILI_EDGE_DEPTH[k + 1]) k++;
        const double along = (u - ILI_EDGE_DEPTH[k]) / (ILI_EDGE_DEPTH[k + 1] - ILI_EDGE_DEPTH[k]);
        sum += (value[k] + along * (value[k + 1] - value[k])) * 0.5 * erfc((room + u) / sigma * sqrt(0.5));
    }
    return sum * du;
}

static double n_of(const gas *g, int type) {
    double n = 0.0;
    for (int32_t i = 0; i < ATOMS; i++) n += g->type[i] == type;
    return n;
}

static double n_pairs(const gas *g, int a, int b) {
    return n_of(g, a) * n_of(g, b) * (a == b ? 0.5 : 1.0);
}

/** The left side of (9.13) at atoms that have moved by widths sigma [TYPES] since a list of this skin was made. */
static double missed(const gas *g, const ends *e, const double *sigma, double kappa, double skin,
                     bool is_pruned, double room, int steps) {
    double sum = 0.0;
    for (int a = 0; a < TYPES; a++)
        for (int b = a; b < TYPES; b++) {
            const int p = a * TYPES + b;
            const double both = sqrt(sigma[a] * sigma[a] + sigma[b] * sigma[b]), n = n_pairs(g, a, b);
            sum += n * pow(e->reach[p] + skin + BLUR, 2) * integral(e->end[p], room, both, steps);
            if (is_pruned)
                sum += n * pow(e->near[p] + skin + BLUR, 2) * integral(e->short_end[p], room, both, steps);
        }
    return 2.0 * 3.0 * kappa * sum / ATOMS;
}

/** Widths of displacements, with three standard errors. */
static void widths(const gas *g, const double (*d)[3], double *sigma) {
    double sum[TYPES] = {0};
    for (int32_t i = 0; i < ATOMS; i++)
        for (int k = 0; k < 3; k++) sum[g->type[i]] += d[i][k] * d[i][k];
    for (int t = 0; t < TYPES; t++) {
        const double n = n_of(g, t);
        sigma[t] = sqrt(sum[t] / (3.0 * n) * (1.0 + 3.0 * sqrt(2.0 / (3.0 * n))));
    }
}

/** x F, and what atoms are off there from x0 F. */
static void strain(gas *g, const double f[3][3], const double (*x0)[3], double (*d)[3]) {
    for (int32_t i = 0; i < ATOMS; i++) {
        double x[3] = {0}, from[3] = {0};
        for (int k = 0; k < 3; k++)
            for (int m = 0; m < 3; m++) {
                x[k] += g->x[i][m] * f[m][k];
                from[k] += x0[i][m] * f[m][k];
            }
        for (int k = 0; k < 3; k++) d[i][k] = x[k] - from[k];
    }
}

/** Atoms move, the list is pruned, atoms and cell move on: both lists' estimates are those of the theory. */
TEST(estimate_is_that_of_the_theory) {
    const double f[3][3] = {{1.002, 0.003, 0.0}, {0.0, 0.999, 0.0}, {-0.001, 0.0, 1.001}};
    const ends e = make_ends();
    gas *g = make_gas(10), *at_build = ili_alloc(1, sizeof *g), *at_pruning = ili_alloc(1, sizeof *g);
    double(*d)[3] = ili_alloc(ATOMS, sizeof *d), sigma[TYPES], volume = 0.0, farthest;
    ck_assert(at_build && at_pruning && d);
    ili_clusters *list = list_of_ends(g, &e, 1e-300, 1e-3);
    CHECK_OK(update(list, g));
    *at_build = *g;
    const double inner = ili_clusters_inner_skin(list);
    shake(g, 0.12 * inner); /* the fastest go some inner skins, but not half the skin */
    CHECK_OK(update(list, g));
    CHECK(ili_clusters_builds(list) == 1 && ili_clusters_prunings(list) == 2);
    *at_pruning = *g;
    shake(g, 0.05);
    for (int a = 0; a < TYPES; a++)
        for (int b = a; b < TYPES; b++)
            volume += n_pairs(g, a, b) * pow(e.reach[a * TYPES + b] + SKIN + BLUR, 3);
    const double kappa = list->row[list->n_rows].begin / volume, accuracy = 1e-3;
    for (int is_pruned = 0; is_pruned < 2; is_pruned++) {
        const double skin = is_pruned ? inner : SKIN, room = 0.3;
        gas *moved = ili_alloc(1, sizeof *moved);
        ck_assert_ptr_nonnull(moved);
        *moved = *g;
        strain(g, f, (const double(*)[3])(is_pruned ? at_pruning : at_build)->x, d);
        widths(g, (const double(*)[3])d, sigma);
        for (int32_t i = 0; i < ATOMS; i++)
            for (int k = 0; k < 3; k++)
                moved->x[i][k] = g->x[i][0] * f[0][k] + g->x[i][1] * f[1][k] + g->x[i][2] * f[2][k];
        for (int k = 0; k < 3; k++)
            for (int m = 0; m < 3; m++) moved->cell.h[k][m] = SIDE * f[k][m];
        ili_clusters_place(ctx, list, &moved->cell, (const double(*)[3])moved->x);
        const double want = missed(g, &e, sigma, kappa, skin, is_pruned, room, 4000);
        CHECK_NEAR(ili_clusters_missed(ctx, list, f, is_pruned ? f : NULL, 0.5 * room, &farthest), want,
                   accuracy * want);
        ili_free(moved);
    }
    ili_clusters_destroy(&list);
    ili_free(g);
    ili_free(at_build);
    ili_free(at_pruning);
    ili_free(d);
}

/** Updates of free flight until (9.13), at a typical density. */
static int flight(const gas *g, const ends *e, double energy, double speed, double inner) {
    const double kappa = 4.0 / 3.0 * acos(-1.0) * 0.1 / (ATOMS * 32.0);
    for (int t = 1; t < 1024; t++) {
        const double sigma[TYPES] = {speed * t, 2.0 * speed * t}, farthest = 5.0 * sigma[1];
        if (farthest <= 0.5 * inner) continue;
        if (farthest > inner || missed(g, e, sigma, kappa, inner, true, inner, 500) > 0.5 * energy * t)
            return t - 1;
    }
    return 1023;
}

TEST(inner_skin_is_the_cheapest) {
    const double cost = 2.5, energy[] = {1e-300, 1e-9, 1e-7, 1e-6, 1e3, 1e3},
                 speeds[] = {2e-3, 2e-3, 2e-3, 2e-3, 2e-3, 4e-4};
    const ends e = make_ends();
    gas *g = make_gas(11);
    for (size_t c = 0; c < sizeof energy / sizeof *energy; c++) {
        const double speed = speeds[c];
        ili_clusters *list = list_of_ends(g, &e, energy[c], speed);
        double least = INFINITY, best = 0.0;
        for (int k = 1; k <= 20; k++) {
            const double inner = SKIN * k / 20,
                         time = cost * (1.0 + 3.0 * inner / (8.0 + BLUR)) +
                                1.0 / fmax(1.0, flight(g, &e, energy[c], speed, inner));
            if (time < least) best = inner;
            least = fmin(least, time);
        }
        CHECK_NEAR(ili_clusters_inner_skin(list), best, 1e-12);
        ili_clusters_destroy(&list);
    }
    ili_free(g);
}

/** Whether a list of this skin is to be made anew at its m-th update, by (9.13). */
static bool is_over(ili_clusters *list, bool is_pruned, double skin, double energy, int m) {
    double farthest;
    const double drift =
        ili_clusters_missed(ctx, list, IDENTITY, is_pruned ? IDENTITY : NULL, 0.5 * skin, &farthest);
    return farthest >= 0.5 * skin && (farthest >= skin || drift > 0.5 * energy * m);
}

/** Free flight: both lists are made anew at just the updates at which the rule says so. */
TEST(lists_are_made_anew_when_the_rule_says_so) {
    enum { UPDATES = 150 };
    const double energy[] = {1e-300, 1e-9, 1e-7, 1e3};
    const ends e = make_ends();
    for (size_t c = 0; c < sizeof energy / sizeof *energy; c++) {
        gas *g = make_gas(12), *still = make_gas(12);
        ili_clusters *list = list_of_ends(g, &e, energy[c], 1e-3);
        long builds = 1, prunings = 1;
        int built = 0, pruned = 0, wrong = 0;
        CHECK_OK(update(list, g));
        shake(g, 1e-3);
        for (int s = 0; s < UPDATES; s++) {
            const double skin = SKIN - 2.0 * list->coarse, inner = ili_clusters_inner_skin(list);
            ili_clusters_place(ctx, list, &g->cell, (const double(*)[3])g->x);
            const bool build = is_over(list, false, skin, energy[c], ++built);
            const bool prune = is_over(list, true, inner, energy[c], ++pruned);
            builds += build;
            prunings += build || prune;
            if (build) built = 0;
            if (build || prune) pruned = 0;
            CHECK_OK(update(list, g));
            wrong += ili_clusters_builds(list) != builds || ili_clusters_prunings(list) != prunings;
            for (int32_t i = 0; i < ATOMS; i++)
                for (int k = 0; k < 3; k++) {
                    const double to = 2.0 * g->x[i][k] - still->x[i][k];
                    still->x[i][k] = g->x[i][k];
                    g->x[i][k] = to;
                }
        }
        CHECK(wrong == 0);
        CHECK(builds > 1 && prunings > builds + 1);
        ili_clusters_destroy(&list);
        ili_free(g);
        ili_free(still);
    }
}

/** However much may be missed, a position that is no number is not among it. */
TEST(a_position_that_is_no_number_is_told) {
    gas *g = make_gas(13);
    ili_clusters *list = make_list(g, SHORT, 1e3, 1e-3);
    CHECK_OK(update(list, g));
    g->x[17][1] = NAN;
    CHECK_STATUS(update(list, g), IL_E_NONFINITE);
    ili_clusters_destroy(&list);
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
        CHECK(ili_clusters_builds(list) == k);
    }
    CHECK_OK(ili_clusters_allow(ctx, list, &drift));
    CHECK(list->budget);
    ili_clusters_destroy(&list);
    ili_free(g);
}

TESTS(RUN(estimate_is_above_what_is_missed_and_not_far);
      RUN(a_budget_lets_the_list_last_until_an_atom_has_crossed_the_skin);
      RUN(lists_are_strict_again_after_a_run); RUN(inner_skin_follows_motion_and_tolerance);
      RUN(estimate_has_the_same_bits_at_any_thread_count); RUN(no_memory_for_a_budget_leaves_the_strict_rule);
      RUN(estimate_is_that_of_the_theory); RUN(inner_skin_is_the_cheapest);
      RUN(lists_are_made_anew_when_the_rule_says_so); RUN(a_position_that_is_no_number_is_told))
