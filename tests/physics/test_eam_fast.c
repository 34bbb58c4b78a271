/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The embedded atoms over clusters (ff/eam_fast.h) against the reference path (ff/eam.h), for every set of instructions that
 *  this machine has: lithium in its analytic form, an alloy of two elements from a file that the test writes, both with donors. */
#include "harness.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "ff/eam_fast.h"
#include "ff/eam_tables.h"
#include "math/vec.h"

#include <unistd.h>

static const ili_eam_analytic LITHIUM = {
    .n_phi = 2,
    .phi_a = {0.4749336612, -0.7916540896},
    .phi_r = {4.563, 4.212},
    .n_v = 6,
    .v_a = {-0.2252606406, 1.2183017995, -1.7351449931, 0.9144187534, -0.3418446603, -0.0712060163},
    .v_r = {4.563, 4.2822, 4.0365, 3.7206, 3.3345, 3.039748},
    .exp_b = {5.4220832658, -4.2270293351, 0.4974099465, 0.0196565240},
    .r_join = 3.0,
    .r_zbl = 1.0,
    .z = 3.0,
};

/* ---- functions ------------------------------------------------------------------------------------------- */

static ili_eam_functions *lithium(int donors) {
    ili_eam_functions *eam = NULL;
    int kind;
    ck_assert(ili_eam_from_analytic(ctx, &LITHIUM, "Li", &eam) == IL_OK);
    if (donors > 0) ck_assert(ili_eam_add_donor(ctx, eam, 0.4, 4.0, &kind) == IL_OK);
    if (donors > 1) ck_assert(ili_eam_add_donor(ctx, eam, 0.2, 4.8, &kind) == IL_OK);
    return eam;
}

/** An alloy in eam.fs layout (one element: setfl), cut at 5 angstrom, tabulated to 0.02 short of it; V is not 0 there, nor F at no
 *  density. */
static ili_eam_functions *alloy(int n_elements, int donors) {
    enum { N_RHO = 200, N_R = 250 };
    const double drho = 0.1, dr = 0.02;
    char path[] = P_tmpdir "/interlith-eam-fast-XXXXXX";
    int fd = mkstemp(path), kind;
    FILE *file = fdopen(fd, "w");
    fprintf(file, "a\nb\nc\n%d %s\n%d %g %d %g 5.0\n", n_elements, n_elements > 1 ? "Li Na" : "Li", N_RHO,
            drho, N_R, dr);
    for (int a = 0; a < n_elements; a++) {
        fprintf(file, "%d 6.94 3.51 bcc\n", a ? 11 : 3);
        for (int k = 0; k < N_RHO; k++) fprintf(file, "%.17g\n", -0.3 - (1.0 + 0.3 * a) * sqrt(k * drho));
        for (int b = 0; b < n_elements; b++)
            for (int k = 0; k < N_R; k++) {
                const double t = 1.0 - k * dr / 5.0;
                fprintf(file, "%.17g\n", (3.0 + a + 0.5 * b) * t * t * t * exp(-0.3 * k * dr));
            }
    }
    for (int row = 0; row < n_elements * (n_elements + 1) / 2; row++)
        for (int k = 0; k < N_R; k++) {
            const double r = k * dr;
            fprintf(file, "%.17g\n", r * (2.0 + row) * exp(-1.1 * r) * cos(1.3 * r));
        }
    fclose(file);
    ili_eam_functions *eam = NULL;
    il_status status = ili_eam_read_file(ctx, path, &eam);
    remove(path);
    ck_assert_msg(status == IL_OK, "%s", il_message(ctx));
    if (donors > 0) ck_assert(ili_eam_add_donor(ctx, eam, 0.3, 3.1, &kind) == IL_OK);
    return eam;
}

/* ---- atoms ----------------------------------------------------------------------------------------------- */

enum { N_MOST = 700, TYPES = 5 };

typedef struct scene {
    ili_eam_functions *eam;
    int32_t kind[TYPES], n, type[N_MOST];
    ili_cell cell;
    double x[N_MOST][3];
} scene;

typedef struct outcome {
    double energy, w[6], f[N_MOST][3];
} outcome;

static scene now;
static outcome fast, reference;

/** Up to n atoms at random places of the cell, no two nearer than `apart` (images too), of types 0 .. n_types - 1. */
static void scatter(scene *s, int n, double apart, int n_types, uint64_t seed) {
    ili_rng rng = ili_rng_make(seed, 3);
    s->n = 0;
    for (int tries = 0; s->n < n && tries < 40 * n; tries++) {
        double at[3] = {ili_rng_uniform(&rng), ili_rng_uniform(&rng), ili_rng_uniform(&rng)}, *x = s->x[s->n];
        ili_vec_mat(at, s->cell.h, x);
        bool is_free = true;
        for (int32_t i = 0; i < s->n && is_free; i++) {
            double d[3];
            ili_sub(x, s->x[i], d);
            is_free = ili_cell_nearest(&s->cell, d) >= apart;
        }
        if (is_free) s->type[s->n++] = (int32_t)(n_types * ili_rng_uniform(&rng));
    }
}

/** The shapes of box that the list must cope with. */
typedef struct box {
    const char *name;
    double h[3][3];
    bool pbc[3];
    int n;
} box;

static const box BOXES[] = {
    {"cube", {{19, 0, 0}, {0, 20, 0}, {0, 0, 21}}, {true, true, true}, 600},
    {"below twice the cut-off", {{6, 0, 0}, {0, 7, 0}, {0, 0, 6.5}}, {true, true, true}, 20},
    {"below half the cut-off", {{2.2, 0, 0}, {0, 2.3, 0}, {0, 0, 2.4}}, {true, true, true}, 1},
    {"skewed", {{12, 0, 0}, {9, 11, 0}, {-10, 8, 12}}, {true, true, true}, 150},
    {"slab", {{14, 0, 0}, {5, 13, 0}, {0, 0, 30}}, {true, true, false}, 300},
    {"free", {{20, 0, 0}, {0, 20, 0}, {0, 0, 20}}, {false, false, false}, 300},
    {"one atom", {{20, 0, 0}, {0, 20, 0}, {0, 0, 20}}, {false, false, false}, 1},
};
enum { N_BOXES = sizeof BOXES / sizeof *BOXES };

static void put_in(scene *s, const box *b) {
    memcpy(s->cell.h, b->h, sizeof s->cell.h);
    memcpy(s->cell.pbc, b->pbc, sizeof s->cell.pbc);
}

static il_status by_reference(const scene *s, outcome *out) {
    double rc[TYPES * TYPES];
    ili_nlist *list = NULL;
    ili_eam_work *work = NULL;
    for (int k = 0; k < TYPES * TYPES; k++)
        rc[k] = ili_eam_reach(s->eam, s->kind[k / TYPES], s->kind[k % TYPES]);
    CHECK_OK(ili_nlist_create(ctx, s->n, s->type, TYPES, rc, 0.3, 0, NULL, &list));
    CHECK_OK(ili_eam_work_create(ctx, s->n, &work));
    CHECK_OK(ili_nlist_update(ctx, list, &s->cell, s->x));
    ili_nlist_view view = ili_nlist_get(list);
    memset(out, 0, sizeof *out);
    ili_accum acc = {.f = out->f};
    il_status status = ili_eam_compute(ctx, s->eam, s->kind, s->type, &view, s->n, work, &out->energy, &acc);
    memcpy(out->w, acc.w, sizeof out->w);
    ili_nlist_destroy(&list);
    ili_eam_work_destroy(&work);
    return status;
}

static il_status plan(const scene *s, ili_eam_fast **out) {
    return ili_eam_fast_create(ctx, s->eam, s->kind, TYPES, s->n, s->type, 0.3, out);
}

static il_status evaluate(const scene *s, ili_eam_fast *f, bool forces_only, outcome *out) {
    memset(out, 0, sizeof *out);
    ili_accum acc = {.f = out->f, .forces_only = forces_only};
    il_status status = ili_eam_fast_compute(ctx, f, &s->cell, s->x, &out->energy, &acc);
    memcpy(out->w, acc.w, sizeof out->w);
    return status;
}

static il_status by_clusters(const scene *s, outcome *out) {
    ili_eam_fast *f = NULL;
    il_status status = plan(s, &f);
    if (status == IL_OK) status = evaluate(s, f, false, out);
    ili_eam_fast_destroy(&f);
    return status;
}

/** The next set of instructions that is here, for ctx; false: no more. */
static bool next_set(int *set) {
    while (++*set < ILI_SIMD_SETS)
        if (ili_simd_is_here((ili_simd)*set)) {
            ctx->simd = (ili_simd)*set;
            return true;
        }
    return false;
}

/** error: of a function and a tenth of its slope, relative to 1 plus its size; 0: rounding alone. */
static void check_same(const scene *s, double error, const char *name) {
    double most = 1.0, off = 0.0, pairs = 0.0;
    for (int32_t i = 0; i < s->n; i++)
        for (int k = 0; k < 3; k++) {
            most = fmax(most, fabs(reference.f[i][k]));
            off = fmax(off, fabs(fast.f[i][k] - reference.f[i][k]));
            pairs += 20.0;
        }
    /* an atom has some 50 neighbours; slopes of tables carry the rounding of values over the step, 2.2e-16/1e-3 */
    const double per_force = 50.0 * (10.0 * error + 1e-14) * most * 10.0;
    if (!(off <= per_force)) fprintf(stderr, "%s, set %d: force off by %g\n", name, ctx->simd, off);
    CHECK(off <= per_force);
    CHECK_NEAR(fast.energy, reference.energy, pairs * (error + 1e-15) * most);
    for (int k = 0; k < 6; k++)
        CHECK_NEAR(fast.w[k], reference.w[k], pairs * 5.0 * (10.0 * error + 1e-14) * most);
}

/* ---- tests ----------------------------------------------------------------------------------------------- */

/** Elements, donors, and what is neither, in every box. */
static void check_boxes(int n_types, double apart, double error, const char *name) {
    for (int b = 0; b < N_BOXES; b++) {
        put_in(&now, &BOXES[b]);
        scatter(&now, BOXES[b].n, apart, n_types, 11 + (uint64_t)b);
        now.type[0] = 0; /* a metal atom at least */
        CHECK(now.n >= BOXES[b].n / 2 && now.n > 0);
        REQUIRE_OK(by_reference(&now, &reference));
        for (int set = -1; next_set(&set);) {
            char what[100];
            snprintf(what, sizeof what, "%s, %s", name, BOXES[b].name);
            REQUIRE_OK(by_clusters(&now, &fast));
            check_same(&now, error, what);
        }
    }
}

TEST(lithium_is_the_reference) {
    now = (scene){.eam = lithium(0), .kind = {0, -1, -1, -1, -1}};
    check_boxes(1, 2.0, ILI_EAM_FIT, "lithium");
    check_boxes(1, 0.7, ILI_EAM_FIT, "lithium, close");
    check_boxes(2, 1.5, ILI_EAM_FIT, "lithium among others");
    ili_eam_destroy(&now.eam);
    now = (scene){.eam = lithium(2), .kind = {0, 2, -1, 1, 0}};
    check_boxes(5, 1.5, ILI_EAM_FIT, "lithium and donors");
    ili_eam_destroy(&now.eam);
}

TEST(files_are_the_reference) {
    now = (scene){.eam = alloy(1, 0), .kind = {0, -1, -1, -1, -1}};
    check_boxes(1, 1.5, 0.0, "one element");
    ili_eam_destroy(&now.eam);
    now = (scene){.eam = alloy(2, 1), .kind = {0, 1, 2, -1, 0}};
    check_boxes(2, 1.5, 0.0, "alloy");
    check_boxes(5, 1.2, 0.0, "alloy, donors, others");
    now.kind[0] = 1; /* the second element alone */
    check_boxes(1, 1.5, 0.0, "second element");
    ili_eam_destroy(&now.eam);
}

/** Two crystals side by side: rows of the first kind alone, of both, of the others alone. */
TEST(plain_and_mixed_rows_add_up) {
    now = (scene){.eam = alloy(2, 1), .kind = {0, 1, 2, -1, 0}};
    put_in(&now, &BOXES[0]);
    scatter(&now, 600, 2.0, 1, 5);
    for (int32_t i = 0; i < now.n; i++)
        now.type[i] = now.x[i][0] < 12.0 ? 0 : now.x[i][0] < 15.0 ? i % 3 : now.x[i][0] < 18.0 ? 2 : 3;
    REQUIRE_OK(by_reference(&now, &reference));
    for (int set = -1; next_set(&set);) {
        REQUIRE_OK(by_clusters(&now, &fast));
        check_same(&now, 0.0, "side by side");
    }
    ili_eam_destroy(&now.eam);
}

/** Bits: any number of threads, forces alone, and atoms that are neither metal nor donors taken away. */
TEST(same_bits) {
    static outcome first, again;
    static scene less;
    now = (scene){.eam = alloy(2, 1), .kind = {0, 1, 2, -1, -1}};
    put_in(&now, &BOXES[0]);
    scatter(&now, 600, 1.5, 5, 8);
    for (int set = -1; next_set(&set);) {
        ili_eam_fast *f = NULL;
        REQUIRE_OK(plan(&now, &f));
        const int threads[] = {1, 2, 3, 8};
        for (int k = 0; k < 4; k++) {
            il_set_threads(ctx, threads[k]);
            REQUIRE_OK(evaluate(&now, f, false, k ? &again : &first));
            if (k) CHECK(memcmp(&first, &again, sizeof first) == 0);
            REQUIRE_OK(evaluate(&now, f, true, &again));
            CHECK(memcmp(first.f, again.f, sizeof first.f) == 0 && again.energy == 0.0 && again.w[0] == 0.0);
        }
        ili_eam_fast_forget(f);
        REQUIRE_OK(evaluate(&now, f, false, &again));
        CHECK(memcmp(&first, &again, sizeof first) == 0);
        ili_eam_fast_destroy(&f);
        less = now;
        less.n = 0;
        for (int32_t i = 0; i < now.n; i++)
            if (now.kind[now.type[i]] >= 0) {
                memcpy(less.x[less.n], now.x[i], sizeof now.x[i]);
                less.type[less.n++] = now.type[i];
            }
        CHECK(less.n > 300 && less.n < now.n - 100);
        REQUIRE_OK(by_clusters(&less, &again));
        CHECK(first.energy == again.energy && memcmp(first.w, again.w, sizeof first.w) == 0);
        for (int32_t i = 0, m = 0; i < now.n; i++) {
            const double none[3] = {0};
            const double *want = now.kind[now.type[i]] >= 0 ? again.f[m++] : none;
            CHECK(memcmp(first.f[i], want, sizeof none) == 0);
        }
    }
    ili_eam_destroy(&now.eam);
}

/** The list is followed while atoms and cell move: the energy stays that of a plan made on the spot. */
TEST(moving_atoms) {
    ili_rng rng = ili_rng_make(2, 2);
    now = (scene){.eam = lithium(1), .kind = {0, 1, 0, -1, 0}};
    put_in(&now, &BOXES[3]);
    scatter(&now, 150, 2.0, 5, 3);
    ili_eam_fast *f = NULL;
    REQUIRE_OK(plan(&now, &f));
    for (int step = 0; step < 30; step++) {
        for (int32_t i = 0; i < now.n; i++)
            for (int k = 0; k < 3; k++) now.x[i][k] += 0.02 * ili_rng_normal(&rng);
        now.cell.h[step % 3][step % 2] += 0.01;
        REQUIRE_OK(evaluate(&now, f, false, &fast));
        REQUIRE_OK(by_reference(&now, &reference));
        check_same(&now, ILI_EAM_FIT, "moving");
    }
    ili_eam_fast_destroy(&f);
    ili_eam_destroy(&now.eam);
}

/** -F is the slope of the energy, and -w the slope along a strain, by differences of order 2. */
TEST(forces_and_virial_are_slopes) {
    static outcome base, side[2];
    now = (scene){.eam = alloy(2, 1), .kind = {0, 1, 2, -1, 0}};
    put_in(&now, &BOXES[3]);
    scatter(&now, 120, 2.1, 5, 4);
    REQUIRE_OK(by_clusters(&now, &base));
    /* third derivatives below 100 eV/angstrom^3; rounding of the energy */
    const double h = 1e-4, tolerance = 100.0 * h * h + 2.2e-16 * now.n * (1.0 + fabs(base.energy)) / h;
    for (int32_t i = 0; i < now.n; i += 17)
        for (int k = 0; k < 3; k++) {
            const double x = now.x[i][k];
            for (int s = 0; s < 2; s++) {
                now.x[i][k] = x + (s ? -h : h);
                REQUIRE_OK(by_clusters(&now, &side[s]));
            }
            now.x[i][k] = x;
            CHECK_NEAR(base.f[i][k], -(side[0].energy - side[1].energy) / (2.0 * h), tolerance);
        }
    const int row[6] = {0, 1, 2, 1, 0, 0}, column[6] = {0, 1, 2, 2, 2, 1};
    const scene before = now;
    for (int c = 0; c < 6; c++) {
        const double step = 2e-5;
        for (int s = 0; s < 2; s++) {
            double e[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
            e[row[c]][column[c]] += s ? -0.5 * step : 0.5 * step;
            e[column[c]][row[c]] += s ? -0.5 * step : 0.5 * step;
            now = before;
            ili_mat_mul(before.cell.h, e, now.cell.h);
            for (int32_t i = 0; i < now.n; i++) ili_vec_mat(before.x[i], e, now.x[i]);
            REQUIRE_OK(by_clusters(&now, &side[s]));
        }
        CHECK_NEAR(base.w[c], -(side[0].energy - side[1].energy) / (2.0 * step),
                   125.0 * 100.0 * now.n * step * step + 2.2e-16 * now.n * (1.0 + fabs(base.energy)) / step);
    }
    ili_eam_destroy(&now.eam);
}

/** A pair at the very cut-off does not act, one just below it does; V of the file is not 0 there. */
TEST(at_the_cutoff) {
    now = (scene){.eam = alloy(1, 0), .kind = {0, -1, -1, -1, -1}, .n = 2};
    put_in(&now, &BOXES[6]);
    for (int set = -1; next_set(&set);) {
        double unused, e[2];
        now.x[1][0] = 5.0;
        REQUIRE_OK(by_clusters(&now, &fast));
        e[0] = fast.energy;
        CHECK(fast.f[0][0] == 0.0 && e[0] == 2.0 * ili_eam_embedding(now.eam, 0, 0.0, &unused));
        for (double below = 1e-15; below < 0.1; below *= 10.0) {
            now.x[1][0] = 5.0 - below;
            const double r = now.x[1][0], v = ili_eam_pair(now.eam, 0, 0, r, &unused),
                         rho = ili_eam_density(now.eam, 0, 0, r, &unused);
            REQUIRE_OK(by_clusters(&now, &fast));
            e[1] = v + 2.0 * ili_eam_embedding(now.eam, 0, rho, &unused);
            CHECK_NEAR(fast.energy, e[1], 1e-14);
            CHECK(fabs(v) > 1e-3);
        }
    }
    ili_eam_destroy(&now.eam);
}

/** Both paths name the same atom when two are on one place. */
TEST(atoms_on_top_of_each_other) {
    for (int is_file = 0; is_file < 2; is_file++) {
        now = (scene){.eam = is_file ? alloy(1, 0) : lithium(0), .kind = {0, -1, -1, -1, -1}};
        put_in(&now, &BOXES[0]);
        scatter(&now, 100, 2.5, 2, 6);
        now.type[20] = now.type[31] = 0;
        memcpy(now.x[31], now.x[20], sizeof now.x[20]);
        char says[300];
        CHECK_STATUS(by_reference(&now, &reference), IL_E_NONFINITE);
        snprintf(says, sizeof says, "%s", il_message(ctx));
        CHECK(strstr(says, "atom 21 ") != NULL);
        for (int set = -1; next_set(&set);) {
            CHECK_STATUS(by_clusters(&now, &fast), IL_E_NONFINITE);
            CHECK(strcmp(says, il_message(ctx)) == 0);
        }
        ili_eam_destroy(&now.eam);
    }
}

/** A cubic between nodes stands for the functions nearly everywhere. */
TEST(tables_hold_the_functions) {
    ili_eam_functions *eam = lithium(1);
    const int32_t kind[2] = {0, 1};
    ili_eam_tables t;
    REQUIRE_OK(ili_eam_tables_make(ctx, eam, 2, kind, &t));
    int gaps = 0, nodes = 0;
    for (int f = 0; f < 3; f++) {
        const ili_eam_nodes *of = f == 0 ? &t.pair[0] : &t.density[f - 1];
        for (int k = (int)(1.1 * t.inv_step); k < of->last / 2 - 1; k++) {
            const double *n = t.node[of->first / 2 + k], h = 1.0 / t.inv_step, r = (k + 0.37) * h;
            double slope, value = f == 0 ? r * ili_eam_pair(eam, 0, 0, r, &slope)
                                         : ili_eam_density(eam, f - 1, 0, r, &slope);
            nodes++;
            if (!isfinite(n[0] + n[2])) {
                gaps++;
                continue;
            }
            const double a = n[1] - (n[2] - n[0]), b = n[3] - (n[2] - n[0]), s = 0.37;
            CHECK_NEAR(n[0] + s * (n[1] + s * ((-2.0 * a - b) + s * (a + b))), value,
                       ILI_EAM_FIT * (1.0 + fabs(value) + fabs(slope)));
        }
    }
    CHECK(nodes > 6000 && gaps > 0 && gaps < nodes / 200);
    ili_eam_tables_free(&t);
    ili_eam_destroy(&eam);
}

TEST(memory_that_is_not_there) {
    now = (scene){.eam = alloy(2, 1), .kind = {0, 1, 2, -1, -1}};
    put_in(&now, &BOXES[1]);
    scatter(&now, 20, 1.5, 5, 9);
    il_set_threads(ctx, 1);
    for (int n = 1;; n++) {
        ili_alloc_fail_at(n);
        il_status status = by_clusters(&now, &fast);
        ili_alloc_fail_at(0);
        if (status == IL_OK) {
            CHECK(n > 20);
            break;
        }
        CHECK_STATUS(status, IL_E_MEMORY);
    }
    ili_eam_destroy(&now.eam);
}

TESTS(RUN(lithium_is_the_reference); RUN(files_are_the_reference); RUN(plain_and_mixed_rows_add_up);
      RUN(same_bits); RUN(moving_atoms); RUN(forces_and_virial_are_slopes); RUN(at_the_cutoff);
      RUN(atoms_on_top_of_each_other); RUN(tables_hold_the_functions); RUN(memory_that_is_not_there))
