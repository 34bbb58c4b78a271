/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Transport by layer of two species at once, one of them a molecular ion: planted walks over planted barriers, each with its own
 *  answer; molecules that the cell cuts; what the result says. */
#include "harness.h"

#include "analysis/layers.h"
#include "base/alloc.h"
#include "base/rng.h"
#include "math/units.h"
#include "task/observe_layers.h"

enum { IONS = 60, PAIRS = 60, ATOMS = IONS + 2 * PAIRS + 4 };
static const double LENGTH = 30.0, AREA = 400.0, BOND = 6.0, TEMPERATURE = 500.0, FRAME = 100.0;
/** Masses 7 and 21: the centre of a pair is a quarter of the bond away from its heavy end. */
static const double LIGHT = 7.0, HEAVY = 21.0;

/** D (angstrom^2/fs) and a Gaussian barrier (kT) at a height (angstrom) of a period. */
typedef struct world {
    double d, barrier, at;
    int substeps;
} world;
static const world OF_IONS = {5e-3, 2.0, 18.0, 12}, OF_PAIRS = {1e-2, 1.2, 3.0, 24};

static double offset_of(const world *w, double z) {
    double x = z - w->at;
    return x - LENGTH * rint(x / LENGTH);
}
static double f_at(const world *w, double z) {
    double x = offset_of(w, z);
    return w->barrier * exp(-x * x / 4.5);
}

/** Overdamped motion for a frame, along z over the barrier and freely in the plane. */
static void move(const world *w, ili_rng *rng, double x[3]) {
    double dt = FRAME / w->substeps;
    for (int k = 0; k < w->substeps; k++) {
        double y = offset_of(w, x[2]);
        x[2] += w->d * dt * (2.0 * y / 4.5) * f_at(w, x[2]) + sqrt(2.0 * w->d * dt) * ili_rng_normal(rng);
    }
    for (int m = 0; m < 2; m++) x[m] += sqrt(2.0 * w->d * FRAME) * ili_rng_normal(rng);
}

/** Ions, pairs (light end first), and four atoms of a metal with another species of the same element. */
static void make_carriers(ili_carriers *c, il_system **sys) {
    static int32_t group[ATOMS], body[ATOMS];
    static double mass[ATOMS];
    static bool framework[ATOMS];
    int32_t type[4];
    *c = (ili_carriers){.n_atoms = ATOMS,
                        .n_groups = 2,
                        .count = {IONS, PAIRS},
                        .group = group,
                        .body = body,
                        .mass = mass,
                        .framework = framework};
    c->groups[0] = (ili_transport_group){"Li", 1.0};
    c->groups[1] = (ili_transport_group){"NF", -1.0};
    REQUIRE_OK(ili_system_create(ctx, sys));
    (*sys)->cell = (ili_cell){.h = {{20, 0, 0}, {0, 20, 0}, {5, -3, LENGTH}}, .pbc = {true, true, true}};
    for (int k = 0; k < 4; k++)
        CHECK_OK(ili_system_species(ctx, *sys, ((const char *[]){"Li", "N", "F", "Li0"})[k], 0, &type[k]));
    for (int32_t i = 0; i < ATOMS; i++) {
        const bool is_pair = i >= IONS && i < IONS + 2 * PAIRS, is_metal = i >= IONS + 2 * PAIRS;
        const int end = (i - IONS) % 2;
        group[i] = is_metal ? -1 : is_pair;
        body[i] = is_pair ? IONS + (i - IONS) / 2 : -1;
        mass[i] = is_pair && end ? HEAVY : LIGHT;
        CHECK_OK(ili_system_add(ctx, *sys, type[is_metal ? 3 : is_pair ? 1 + end : 0], (double[]){0, 0, 15}));
    }
}

/** Fractions of both ends of a pair with this centre, at a random angle, each in a period of its own. */
static void put_pair(const ili_cell *cell, ili_rng *rng, const double x[3], int turn, double s[2][3]) {
    double u[3], size = 0.0;
    for (int k = 0; k < 3; k++) u[k] = ili_rng_normal(rng);
    for (int k = 0; k < 3; k++) size += u[k] * u[k];
    for (int end = 0; end < 2; end++) {
        const double along = (end ? -LIGHT : HEAVY) / (LIGHT + HEAVY) * BOND / sqrt(size);
        const double r[3] = {x[0] + along * u[0], x[1] + along * u[1], x[2] + along * u[2]};
        ili_cell_to_frac(cell, r, s[end]);
        if (end) s[end][2] += turn;
    }
}

/** `frames` of both; saved and restored after `save_at`; the metal rises by `rise` (angstrom) until the end. */
static void walk_beside(double rise, int frames, int save_at, const ili_observe_plan *plan,
                        ili_layer_watch **watch) {
    static double x[IONS + PAIRS][3], s[ATOMS][3];
    ili_rng rng = ili_rng_make(11, 4);
    ili_layer_watch *restored = NULL;
    memset(s, 0, sizeof s);
    REQUIRE_OK(ili_layer_watch_create(ctx, plan, watch));
    for (int i = 0; i < IONS + PAIRS; i++) {
        const world *w = i < IONS ? &OF_IONS : &OF_PAIRS;
        x[i][0] = x[i][1] = 0.0;
        do x[i][2] = LENGTH * ili_rng_uniform(&rng);
        while (ili_rng_uniform(&rng) > exp(-f_at(w, x[i][2])));
    }
    for (int f = 0; f < frames; f++) {
        for (int i = 0; i < IONS; i++) ili_cell_to_frac(&plan->cell, x[i], s[i]);
        for (int i = 0; i < PAIRS; i++) /* every third pair is cut by a face: its ends lie periods apart */
            put_pair(&plan->cell, &rng, x[IONS + i], i % 3 - 1, &s[IONS + 2 * i]);
        for (int i = IONS + 2 * PAIRS; i < ATOMS; i++) s[i][2] = rise / LENGTH * f / (frames - 1);
        CHECK_OK(ili_layer_watch_add(ctx, *watch, (const double(*)[3])s));
        for (int i = 0; i < IONS + PAIRS; i++) move(i < IONS ? &OF_IONS : &OF_PAIRS, &rng, x[i]);
        if (f != save_at) continue;
        ili_bytes bytes = {0};
        CHECK_OK(ili_layer_watch_create(ctx, plan, &restored));
        ili_layer_watch_carry(*watch, &bytes);
        ili_bytes_rewind(&bytes);
        ili_layer_watch_carry(restored, &bytes);
        CHECK(!bytes.failed && bytes.at == bytes.size);
        ili_bytes_free(&bytes);
        ili_layer_watch_destroy(watch);
        *watch = restored;
    }
}

static void walk(int frames, int save_at, const ili_observe_plan *plan, ili_layer_watch **watch) {
    walk_beside(0.0, frames, save_at, plan, watch);
}

static const ili_layer_planes PLANES = {
    .n = 2, .bounds = {0.1, 0.6, 1.1}, .name = {"oxide", "polymer"}, .from = "planted"};

static ili_observe_plan plan_of(const il_system *sys, const ili_carriers *c) {
    return (ili_observe_plan){.names = "layers",
                              .sys = sys,
                              .carriers = c,
                              .cell = sys->cell,
                              .frame_time = FRAME,
                              .temperature = TEMPERATURE,
                              .planes = &PLANES,
                              .where = "test"};
}

static void near(const ili_estimate *e, double want, double widest, int line) {
    if (!(fabs(e->value - want) <= 6.0 * e->sigma) || !(e->sigma < widest * fabs(want)))
        fprintf(stderr, "line %d: %g +- %g, expected %g\n", line, e->value, e->sigma, want);
    CHECK(fabs(e->value - want) <= 6.0 * e->sigma && e->sigma < widest * fabs(want));
}
#define NEAR(e, want, widest) near(&(e), (want), (widest), __LINE__)

/** D, resistance (kT/e^2 A/N times the integrals of exp(-F) and exp(F)/D) and permeability as planted. */
static void check_species(const ili_layers_result *r, const world *w, int n, double thickness) {
    double down = 0.0, up = 0.0, in_layer = 0.0, dz = 0.005;
    for (double z = 3.0 + 0.5 * dz; z < 3.0 + LENGTH; z += dz) {
        down += dz * exp(-f_at(w, z));
        up += dz * exp(f_at(w, z)) / w->d;
        if (z < 18.0) in_layer += dz * exp(-f_at(w, z));
    }
    const double kt_e2 = 1e-31 * ILI_BOLTZMANN_SI * TEMPERATURE / (ILI_E_CHARGE_SI * ILI_E_CHARGE_SI);
    const double asr = kt_e2 * AREA / n * down * up;
    CHECK(r->n_mobile == n && r->is_ring && r->n_layers == 2);
    CHECK_NEAR(r->area, AREA, 1e-9);
    for (int k = 0; k < 2; k++)
        for (int m = 0; m < 2; m++) NEAR(r->layer[k].d_plane[m], w->d, 0.1);
    NEAR(r->layer[0].atoms, n * in_layer / down, 0.1);
    NEAR(r->asr, asr, 0.15);
    NEAR(r->asr_crossing, asr, 0.15);
    NEAR(r->permeability_crossing, thickness / in_layer / up, 0.15);
}

TEST(two_species) {
    static ili_layers_result r[2], again[2];
    ili_carriers c;
    il_system *sys = NULL;
    ili_layer_watch *watch = NULL;
    make_carriers(&c, &sys);
    const ili_observe_plan plan = plan_of(sys, &c);
    walk(6000, -1, &plan, &watch);
    for (int g = 0; g < 2; g++) REQUIRE_OK(ili_layer_watch_estimate(ctx, watch, g, &r[g]));
    check_species(&r[0], &OF_IONS, IONS, 15.0);
    check_species(&r[1], &OF_PAIRS, PAIRS, 15.0);
    /* each over its own barrier: the ions cross the plane at 3 A more often, the pairs that at 18 A */
    CHECK(r[0].plane[0].up > 1.5 * (double)r[0].plane[1].up &&
          r[1].plane[1].up > 1.2 * (double)r[1].plane[0].up);
    CHECK(ili_layer_watch_memory(watch) < 8000000);
    ili_layer_watch_destroy(&watch);
    for (int way = 0; way < 2; way++) { /* the same bits from a checkpoint */
        walk(300, way ? 123 : -1, &plan, &watch);
        for (int g = 0; g < 2; g++)
            REQUIRE_OK(ili_layer_watch_estimate(ctx, watch, g, way ? &again[g] : &r[g]));
        ili_layer_watch_destroy(&watch);
    }
    for (int g = 0; g < 2; g++)
        CHECK(again[g].layer[1].d_plane[0].value == r[g].layer[1].d_plane[0].value &&
              again[g].plane[1].up == r[g].plane[1].up && r[g].plane[1].up > 0);
    il_system_destroy(&sys);
}

/** What the result says: names, who is followed, who cannot become whom. */
TEST(words) {
    static const char *const wanted[] = {"layers, planted: oxide 3.00 to 18.00 A, polymer 18.00 to 33.00 A",
                                         "Li, 60 of them",
                                         "NF, 60 of them",
                                         "polymer | oxide: ",
                                         "oxide | polymer: ",
                                         "resistance of the stack for NF",
                                         "no atom of Li0 (4 atoms) becomes Li or the reverse"};
    static const char *const keys[] = {
        "\"NF\": {", "\"below\": \"polymer\"", "\"reference_layer\": \"oxide\"",
        "\"by_construction\": \"no atom of Li0", "\"planes_from\": \"planted\""};
    ili_carriers c;
    il_system *sys = NULL;
    ili_layer_watch *watch = NULL;
    il_report *report = NULL;
    make_carriers(&c, &sys);
    const ili_observe_plan plan = plan_of(sys, &c);
    walk(300, -1, &plan, &watch);
    REQUIRE_OK(ili_report_create(ctx, &report));
    REQUIRE_OK(ili_layer_watch_report(ctx, watch, NULL, report, report->json));
    char *json = ili_json_text(report->json);
    for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++)
        if (!strstr(report->text, wanted[k])) {
            fprintf(stderr, "'%s' is not said\n", wanted[k]);
            CHECK(!"the text says it");
        }
    for (size_t k = 0; json && k < sizeof keys / sizeof *keys; k++) {
        if (!strstr(json, keys[k])) fprintf(stderr, "'%s' is not there\n", keys[k]);
        CHECK(strstr(json, keys[k]) != NULL);
    }
    /* the pairs have no other species of their elements */
    const char *pairs = json ? strstr(json, "\"NF\": {") : NULL;
    CHECK(pairs && !strstr(pairs, "by_construction"));
    ili_free(json);
    il_report_destroy(&report);
    ili_layer_watch_destroy(&watch);
    il_system_destroy(&sys);
}

/** The metal lies from -12 to 3 A, its atoms at 0 A: it rises by 0.9 A, or by 4 A and is beyond the plane and its margin at the end. */
TEST(drift) {
    static const struct {
        double rise;
        bool is_found, is_metal, has_left, has_numbers;
    } cases[] = {{0.9, true, true, false, true},
                 {4.0, true, true, true, false},
                 {4.0, true, false, false, true}, /* stuck in a layer of others */
                 {4.0, false, true, true, true}};
    ili_carriers c;
    il_system *sys = NULL;
    make_carriers(&c, &sys);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        ili_observe_plan plan = plan_of(sys, &c);
        ili_layer_planes planes = PLANES;
        ili_layer_watch *watch = NULL;
        il_report *report = NULL;
        int32_t kind[ATOMS] = {0};
        char left[256];
        planes.kind[1] = 1; /* the metal's, so far as its atoms are */
        for (int i = IONS + 2 * PAIRS; i < ATOMS; i++) kind[i] = cases[k].is_metal;
        const int warned = il_warning_count(ctx);
        if (cases[k].is_found) planes.kind_of = kind;
        plan.planes = &planes;
        walk_beside(cases[k].rise, 201, -1, &plan, &watch);
        CHECK(ili_layer_watch_left(watch, left) == cases[k].has_left);
        REQUIRE_OK(ili_report_create(ctx, &report));
        REQUIRE_OK(ili_layer_watch_report(ctx, watch, NULL, report, report->json));
        char *json = ili_json_text(report->json);
        CHECK(json && (strstr(json, "\"species\": null") == NULL) == cases[k].has_numbers);
        CHECK(json && (strstr(json, "crossings_m_per_s") != NULL) == cases[k].has_numbers);
        CHECK(json && (strstr(json, "\"left_planes\": null") == NULL) == cases[k].has_left);
        CHECK(json && strstr(json, "\"strays\": null"));
        CHECK(json && (strstr(json, "\"own_atoms\": 4") != NULL) == cases[k].is_metal);
        CHECK((strstr(report->text, "Li, 60 of them") != NULL) == cases[k].has_numbers);
        CHECK(il_warning_count(ctx) == warned + cases[k].has_left);
        if (cases[k].has_left) {
            const char *text = il_warning(ctx, warned);
            CHECK(strstr(text, "test: the layer polymer left its planes: its own 4 atoms") &&
                  strstr(text, "4.00 A"));
            CHECK((strstr(text, "no numbers by layer") == NULL) == cases[k].has_numbers);
        }
        ili_free(json);
        il_report_destroy(&report);
        ili_layer_watch_destroy(&watch);
    }
    il_system_destroy(&sys);
}

TEST(refusals) {
    static const ili_layer_planes none = {.n = 0};
    ili_carriers c;
    il_system *sys = NULL;
    ili_layer_watch *watch = NULL;
    make_carriers(&c, &sys);
    ili_observe_plan plan = plan_of(sys, &c);
    plan.planes = &none;
    CHECK_STATUS(ili_layer_watch_create(ctx, &plan, &watch), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "add --layers auto") && watch == NULL);
    il_system_destroy(&sys);
}

TESTS(RUN(two_species), RUN(words), RUN(drift), RUN(refusals))
