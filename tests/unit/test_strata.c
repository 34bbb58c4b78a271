/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layers found from planted stacks, and named after phases, sides and molecules. */
#include "harness.h"

#include "base/rng.h"
#include "system/element.h"
#include "task/layer_names.h"

enum { ATOMS_MAX = 4000 };
static const double WIDTH = 60.0;

/** Atoms at random heights, 10 to the angstrom, of planted layers; some of them of a stranger's kind. */
typedef struct planted {
    int32_t n, kind[ATOMS_MAX];
    double t[ATOMS_MAX];
    int64_t strangers;
} planted;

static void plant(planted *p, double low, double high, int32_t kind, int32_t stranger, double share,
                  uint64_t seed) {
    ili_rng rng = ili_rng_make(seed, 9);
    const int32_t n = (int32_t)(10.0 * (high - low));
    for (int32_t i = 0; i < n && p->n < ATOMS_MAX; i++) {
        bool is_strange = ili_rng_uniform(&rng) < share;
        p->strangers += is_strange;
        p->kind[p->n] = is_strange ? stranger : kind;
        p->t[p->n++] = (low + (high - low) * (i + 0.5) / n) / WIDTH;
    }
}

static il_status find(const planted *p, bool is_periodic, ili_strata *s) {
    return ili_strata_find(ctx, p->n, p->t, p->kind, WIDTH, is_periodic, "test", s);
}

/** Bounds within 0.11 A (atoms are 0.1 A apart) of these, angstrom. */
static void has_bounds(const ili_strata *s, const double *bounds) {
    for (int k = 0; k <= s->n; k++) CHECK_NEAR(s->bounds[k] * WIDTH, bounds[k], 0.11);
}

TEST(open_stack) {
    static planted p;
    ili_strata s;
    plant(&p, 5, 20, 2, 0, 0.1, 1);
    plant(&p, 20, 38, 0, 2, 0.2, 2);
    plant(&p, 38, 50, 1, 0, 0.0, 3);
    REQUIRE_OK(find(&p, false, &s));
    CHECK(s.n == 3 && !s.is_ring && s.kind[0] == 2 && s.kind[1] == 0 && s.kind[2] == 1);
    CHECK(p.strangers > 30 && s.misplaced == p.strangers);
    /* strangers next to a plane would move it: there are none with these seeds */
    has_bounds(&s, (const double[]){3, 20, 38, 52});
    /* vacuum in a period: the same stack, wherever the period begins */
    for (int32_t i = 0; i < p.n; i++) p.t[i] += 0.5;
    REQUIRE_OK(find(&p, true, &s));
    CHECK(s.n == 3 && !s.is_ring && s.kind[0] == 2 && s.kind[1] == 0 && s.kind[2] == 1);
    has_bounds(&s, (const double[]){33, 50, 68, 82});
}

TEST(ring) {
    static planted p;
    ili_strata s;
    plant(&p, 0, 10, 1, 0, 0.0, 1); /* one layer, cut by the face of the cell */
    plant(&p, 50, 60, 1, 0, 0.0, 1);
    plant(&p, 10, 24, 0, 1, 0.15, 2);
    plant(&p, 24, 36, 2, 0, 0.0, 3);
    plant(&p, 36, 50, 0, 2, 0.15, 5);
    p.kind[0] = 2; /* a stranger at the face itself */
    for (int turn = 0; turn < 2; turn++) {
        REQUIRE_OK(find(&p, true, &s));
        CHECK(s.n == 4 && s.is_ring && s.kind[0] == 0 && s.kind[1] == 2 && s.kind[2] == 0 && s.kind[3] == 1);
        CHECK(s.misplaced == p.strangers + 1);
        has_bounds(&s, (const double[]){10, 24, 36, 50, 70});
        for (int32_t i = 0; i < p.n; i++) p.t[i] += 3.0; /* whole periods: unwrapped positions */
    }
    /* all of one kind */
    for (int32_t i = 0; i < p.n; i++) p.kind[i] = 3;
    REQUIRE_OK(find(&p, true, &s));
    CHECK(s.n == 1 && s.is_ring && s.bounds[1] == s.bounds[0] + 1.0 && s.misplaced == 0);
    /* none of any, and more layers than there may be */
    for (int32_t i = 0; i < p.n; i++) p.kind[i] = -1;
    CHECK_STATUS(find(&p, true, &s), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "test: no atom"));
    p.n = 0;
    for (int k = 0; k < 17; k++) plant(&p, 3.5 * k, 3.5 * k + 3.5, k % 2, 0, 0.0, 1);
    CHECK_STATUS(find(&p, false, &s), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "more than 16 layers"));
}

/** Layers thinner than 3 A are none. */
TEST(thin) {
    static planted p;
    ili_strata s;
    for (int k = 0; k < 2; k++) {
        double thick = k ? 4.0 : 2.0;
        p.n = 0;
        plant(&p, 0, 20, 0, 0, 0.0, 1);
        plant(&p, 20, 20 + thick, 1, 0, 0.0, 1);
        plant(&p, 20 + thick, 60, 0, 0, 0.0, 1);
        REQUIRE_OK(find(&p, true, &s));
        CHECK(s.n == (k ? 2 : 1));
    }
}

/** Two kinds of element in a slab, molecules above: what names the layers. */
static il_system *stack(void) {
    il_system *sys = NULL;
    int32_t type;
    if (ili_system_create(ctx, &sys) != IL_OK) return NULL;
    sys->cell = (ili_cell){.h = {{10, 0, 0}, {0, 10, 0}, {2, 3, 50}}, .pbc = {true, true, false}};
    for (int i = 0; i < 200; i++) {
        CHECK_OK(ili_system_species(ctx, sys, i < 100 ? "Ge" : "C", 0, &type));
        CHECK_OK(ili_system_add(ctx, sys, type, (double[]){i % 7, i % 5, 0.2 * i}));
    }
    for (int i = 100; i < 200; i += 2) CHECK_OK(ili_system_add_bond(ctx, sys, i, i + 1));
    return sys;
}

static void refused(const il_system *sys, const ili_binding *binding, const char *way, const char *words) {
    ili_layer_kinds kinds;
    CHECK_STATUS(ili_layer_kinds_find(ctx, sys, binding, way, "test", &kinds), IL_E_INPUT);
    CHECK(strncmp(il_message(ctx), "test: ", 6) == 0 && strstr(il_message(ctx), words) && !kinds.of);
}

/** Names and planes of the stack by this way; 20 A is between atoms 99 and 100. */
static void found(const il_system *sys, const ili_binding *binding, const char *way, const char *lower,
                  const char *upper, const char *by) {
    ili_layer_kinds kinds;
    ili_layer_planes planes;
    REQUIRE_OK(ili_layer_kinds_find(ctx, sys, binding, way, "test", &kinds));
    REQUIRE_OK(ili_layer_planes_find(ctx, sys, &kinds, "test", &planes));
    CHECK(planes.n == 2 && strcmp(planes.name[0], lower) == 0 && strcmp(planes.name[1], upper) == 0);
    CHECK(strstr(planes.from, by) != NULL);
    CHECK_NEAR(planes.bounds[1] * 50.0, 19.9, 1e-9);
    CHECK_NEAR(planes.bounds[0] * 50.0, -2.0, 1e-9);
    CHECK_NEAR(planes.bounds[2] * 50.0, 41.8, 1e-9);
    ili_layer_kinds_free(&kinds);
}

TEST(names) {
    il_system *sys = stack();
    int32_t type[200];
    ili_model_species species[2] = {{.phase = "oxide"}, {.phase = "polymer"}};
    il_model model = {.n_species = 2, .species = species};
    ili_binding binding = {.model = &model, .n = 200, .type = type};
    for (int i = 0; i < 200; i++) type[i] = i >= 100;
    REQUIRE_OK(sys ? IL_OK : IL_E_MEMORY);
    found(sys, &binding, "auto", "oxide", "polymer", "phases of the model");
    found(sys, &binding, "phases", "oxide", "polymer", "phases");
    found(sys, NULL, "auto", "solid", "molecules", "molecules");
    refused(sys, NULL, "phases", "name the model with -p");
    refused(sys, NULL, "sides", "on two sides");
    REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, sys, side));
    refused(sys, NULL, "sides", "on two sides");
    for (int i = 100; i < 200; i++) sys->side[i] = 1;
    found(sys, NULL, "auto", "side 0", "side 1", "sides of the contact");
    memcpy(species[0].phase, "polymer", sizeof "polymer");
    found(sys, &binding, "auto", "side 0", "side 1", "sides"); /* one phase tells nothing */
    /* the same phase twice, around another */
    ili_layer_kinds kinds;
    ili_layer_planes planes;
    memcpy(species[0].phase, "oxide", sizeof "oxide");
    for (int i = 0; i < 50; i++) type[i] = 1;
    REQUIRE_OK(ili_layer_kinds_find(ctx, sys, &binding, "phases", "test", &kinds));
    REQUIRE_OK(ili_layer_planes_find(ctx, sys, &kinds, "test", &planes));
    CHECK(planes.n == 3 && strcmp(planes.name[0], "polymer") == 0 &&
          strcmp(planes.name[2], "polymer 2") == 0);
    /* two kinds, but everywhere mixed */
    for (int i = 0; i < 200; i++) kinds.of[i] = i % 3 == 0;
    CHECK_STATUS(ili_layer_planes_find(ctx, sys, &kinds, "test", &planes), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "one layer of"));
    ili_layer_kinds_free(&kinds);
    il_system_destroy(&sys);
}

TEST(words) {
    CHECK(ili_layer_way_is("auto") && ili_layer_way_is("0,22,top") && !ili_layer_way_is("0, 22.5,-4e1"));
    CHECK_OK(ili_layer_way_check(ctx, "molecules", "--layers"));
    CHECK_STATUS(ili_layer_way_check(ctx, "fases", "--layers"), IL_E_USAGE);
    CHECK(strstr(il_message(ctx), "--layers: found 'fases'") &&
          strstr(il_message(ctx), "did you mean 'phases'?"));
}

TEST(heights) {
    ili_layer_planes p;
    ili_cell cell = {.h = {{10, 0, 0}, {0, 10, 0}, {2, 3, 50}}, .pbc = {true, true, true}};
    ili_layer_planes_given(3, (const double[]){5, 30, 54.9}, &cell, &p);
    CHECK(p.n == 2 && strcmp(p.name[1], "2") == 0 && p.bounds[2] == p.bounds[0] + 1.0);
    cell.pbc[2] = false;
    ili_layer_planes_given(3, (const double[]){5, 30, 54.9}, &cell, &p);
    CHECK_NEAR(p.bounds[2], 54.9 / 50.0, 1e-12);
}

TESTS(RUN(open_stack), RUN(ring), RUN(thin), RUN(names), RUN(words), RUN(heights))
