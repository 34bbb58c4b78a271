/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Dynamics with lists that may miss pairs: at every step the energy lies no farther from that of strict lists than the tolerance allows, and
 *  with tolerance 0 not at all; an oxide, a metal, a polymer's melt with its hydrogens. And what runs tell their forces, and force fields their
 *  lists, about it. */
#include "harness.h"

#include "base/alloc.h"
#include "ff/eam.h"
#include "ff/pairfn.h"
#include "io/structure.h"
#include "math/units.h"
#include "md/md.h"
#include "neigh/clusters.h"

/** Refreshes come every so many steps: no list is older. */
enum { REFRESH = 50 };
static const double ROUNDING = 1e-12; /* eV by atom, eV/angstrom */

typedef struct probe {
    il_ff *strict;
    double most;  /**< of |energy - strict energy|, eV by atom */
    double force; /**< of the difference of a force, eV/angstrom */
    double (*f)[3];
} probe;

static il_status compare(il_context *context, void *user, const ili_md_frame *frame) {
    probe *p = user;
    ili_ff_result r = {.f = p->f};
    IL_TRY(ili_ff_refresh(context, p->strict, frame->cell, frame->x));
    IL_TRY(ili_ff_evaluate(context, p->strict, frame->cell, frame->x, &r));
    p->most = fmax(p->most, fabs(frame->potential - r.energy) / frame->n);
    for (int32_t i = 0; i < frame->n; i++)
        for (int k = 0; k < 3; k++) p->force = fmax(p->force, fabs(frame->f[i][k] - r.f[i][k]));
    return IL_OK;
}

typedef struct material {
    const char *structure, *model;
    int repeat;
    double temperature;
    bool misses; /**< so much that the usual tolerance would be broken, when a large one is allowed */
} material;

static void run(const material *m, il_system *sys, const il_model *model, double list_drift, probe *p) {
    il_ff_options settings;
    ili_md_options o = ili_md_defaults();
    il_ff *ff = NULL;
    ili_md *md = NULL;
    const ili_md_observer observer = {1, false, p, compare};
    *p = (probe){.f = ili_alloc((size_t)sys->n_atoms, sizeof *p->f)};
    il_ff_options_default(&settings);
    REQUIRE_OK(il_ff_create(ctx, model, sys, &settings, &ff));
    REQUIRE_OK(il_ff_create(ctx, model, sys, &settings, &p->strict));
    o.thermostat = ILI_THERMOSTAT_CSVR;
    o.temperature = o.temperature_end = m->temperature;
    o.list_drift = list_drift;
    o.refresh_every = REFRESH;
    o.n_steps = 2 * REFRESH;
    REQUIRE_OK(ili_md_create(ctx, &o, sys, NULL, ili_md_forces_of(ff), &md));
    REQUIRE_OK(ili_md_run(ctx, md, o.n_steps, &observer, 1));
    ili_md_destroy(&md);
    CHECK(ili_ff_list_drift(ff) == 0.0);
    il_ff_destroy(&p->strict);
    il_ff_destroy(&ff);
    ili_free(p->f);
}

static void check(const material *m) {
    il_system *cell = NULL, *sys = NULL;
    il_model *model = NULL;
    probe strict, usual, loose;
    REQUIRE_OK(il_system_read(ctx, m->structure, &cell));
    REQUIRE_OK(ili_system_repeat(ctx, cell, (const int[]){m->repeat, m->repeat, m->repeat}, &sys));
    REQUIRE_OK(il_model_read(ctx, m->model, &model));
    run(m, sys, model, 0.0, &strict);
    run(m, sys, model, 1e-5, &usual);
    run(m, sys, model, 1.0, &loose);
    const double allowed =
        ILI_KB * m->temperature * REFRESH * 1e-6; /* 1 kT by atom and ns, for the oldest list */
    CHECK(strict.most < ROUNDING && strict.force < ROUNDING);
    CHECK(usual.most < 1e-5 * allowed + ROUNDING);
    CHECK(loose.most < allowed);
    CHECK((loose.most > 1e-5 * allowed) == m->misses);
    il_model_destroy(&model);
    il_system_destroy(&sys);
    il_system_destroy(&cell);
}

TEST(energy_missed_is_within_the_tolerance) {
    static const material materials[] = {
        {"structures/LGP.cif", "potentials/pmmcs.yaml", 2, 600.0, false},
        {"structures/Li.cif", "potentials/li.yaml", 6, 300.0, false},
        {"tests/bench/data/ether.extxyz", "tests/bench/data/ether.yaml", 1, 363.0, true}};
    il_set_threads(ctx, 2);
    for (size_t k = 0; k < sizeof materials / sizeof *materials; k++) check(&materials[k]);
}

/* ---- what lists are told ---------------------------------------------------------------------------------- */

enum { SPECIES_MAX = 16, ENTRIES_MAX = 16 };
static const double DRIFT_SKIN = 0.6; /* angstrom: inner skins are told apart by 0.03 */

/** What the list of a force field should know; arrays [n][n] by species of the model. */
typedef struct known {
    int32_t n;
    double reach[SPECIES_MAX * SPECIES_MAX], near[SPECIES_MAX * SPECIES_MAX];
    double end[SPECIES_MAX * SPECIES_MAX][ILI_EDGE_NODES],
        short_end[SPECIES_MAX * SPECIES_MAX][ILI_EDGE_NODES];
    double cost, share; /**< of the kernel, in prunings; of the tolerance */
} known;

static double short_energy(const ili_model_entry **entry, int n, double cutoff, double r) {
    double sum = 0.0, unused;
    for (int k = 0; k < n; k++) sum += ili_entry_energy(entry[k], cutoff, r, &unused);
    return sum;
}

/** Of charged pairs. */
static void know_pairs(const il_ff *ff, known *w) {
    const ili_binding *b = ili_ff_binding(ff);
    const il_ff_options o = ili_ff_settings(ff);
    const double alpha = ili_kspace_get_info(ili_ff_kspace(ff)).alpha;
    w->cost = 2.5;
    w->share = 1.0;
    for (int32_t i = 0; i < b->n; i++)
        for (int32_t j = 0; j < b->n; j++) {
            const int32_t s = b->type[i], t = b->type[j], k = s * w->n + t;
            const ili_model_entry *entry[ENTRIES_MAX];
            const int n = ili_model_pair_entries(b->model, s, t, entry, ENTRIES_MAX);
            w->near[k] = n > 0 ? o.short_cutoff : 0.0;
            w->reach[k] = fmax(w->near[k], o.coulomb_cutoff);
            for (int d = 0; d < ILI_EDGE_NODES; d++) {
                const double r = w->reach[k] - ILI_EDGE_DEPTH[d], near = w->near[k] - ILI_EDGE_DEPTH[d];
                const double coulomb = r < o.coulomb_cutoff
                                           ? ILI_COULOMB * b->charge[i] * b->charge[j] * erfc(alpha * r) / r
                                           : 0.0;
                w->end[k][d] = fabs(short_energy(entry, n, o.short_cutoff, r) + coulomb);
                if (n > 0) w->short_end[k][d] = fabs(short_energy(entry, n, o.short_cutoff, near));
            }
        }
}

/** Of lithium with F = -sqrt(density): the slope is steepest where the density is least. */
static void know_metal(const il_ff *ff, known *w) {
    const ili_eam_functions *eam = ili_ff_binding(ff)->model->eam;
    const double steep = 0.5 / sqrt(ili_eam_density_end(eam) / 64.0);
    double unused;
    w->cost = 8.0;
    w->share = 0.5;
    w->reach[0] = w->near[0] = ili_eam_cutoff(eam);
    for (int d = 0; d < ILI_EDGE_NODES; d++) {
        const double r = w->reach[0] - ILI_EDGE_DEPTH[d];
        w->end[0][d] = fabs(ili_eam_pair(eam, 0, 0, r, &unused)) +
                       2.0 * steep * fabs(ili_eam_density(eam, 0, 0, r, &unused));
    }
}

/** The inner skin that a list chooses that knows this. */
static double inner_skin(const ili_binding *b, const known *w, const ili_ff_motion *m) {
    double speed[SPECIES_MAX] = {0}, count[SPECIES_MAX] = {0};
    ili_clusters *list = NULL;
    for (int32_t i = 0; i < b->n; i++) {
        speed[b->type[i]] += m->dt * m->dt * ILI_KB * m->temperature / m->mass[i];
        count[b->type[i]] += 1.0;
    }
    for (int32_t s = 0; s < w->n; s++) speed[s] = count[s] > 0.0 ? sqrt(speed[s] / count[s]) : 0.0;
    const double energy = w->share * m->drift * ILI_KB * m->temperature * m->dt * 1e-6;
    const ili_clusters_drift drift = {energy, speed, (const double(*)[ILI_EDGE_NODES])w->end,
                                      (const double(*)[ILI_EDGE_NODES])w->short_end};
    CHECK_OK(ili_clusters_create(ctx, b->n, b->type, w->n, w->reach, w->near, DRIFT_SKIN, 0, NULL, &list));
    ili_clusters_expect(list, w->cost);
    CHECK_OK(ili_clusters_allow(ctx, list, &drift));
    const double inner = ili_clusters_inner_skin(list);
    ili_clusters_destroy(&list);
    return inner;
}

/** Of one model with cut-offs and accuracy as given; NaN: its own. */
static void check_known(const char *structure, const char *path, double short_cutoff, double coulomb_cutoff,
                        double accuracy, void (*know)(const il_ff *, known *)) {
    il_system *sys = NULL;
    il_model *model = NULL;
    il_ff *ff = NULL;
    il_ff_options settings;
    double least = INFINITY, most = 0.0;
    REQUIRE_OK(il_system_read(ctx, structure, &sys));
    REQUIRE_OK(il_model_read(ctx, path, &model));
    il_ff_options_default(&settings);
    settings.skin = DRIFT_SKIN;
    settings.short_cutoff = short_cutoff;
    settings.coulomb_cutoff = coulomb_cutoff;
    settings.accuracy = accuracy;
    REQUIRE_OK(il_ff_create(ctx, model, sys, &settings, &ff));
    known *w = ili_alloc(1, sizeof *w);
    double *mass = ili_alloc((size_t)sys->n_atoms, sizeof *mass);
    ck_assert(w && mass && model->n_species <= SPECIES_MAX);
    w->n = model->n_species;
    know(ff, w);
    for (int32_t i = 0; i < sys->n_atoms; i++)
        mass[i] = ILI_AMU * (7.0 + ili_ff_binding(ff)->type[i] + i % 2);
    for (double drift = 1e-10; drift < 1.0; drift *= 1.5) {
        const ili_ff_motion motion = {.dt = 2.0, .temperature = 600.0, .drift = drift, .mass = mass};
        CHECK_OK(ili_ff_expect(ctx, ff, &motion));
        const double inner = ili_ff_inner_skin(ff);
        CHECK_NEAR(inner, inner_skin(ili_ff_binding(ff), w, &motion), 1e-12);
        least = fmin(least, inner);
        most = fmax(most, inner);
    }
    CHECK(most - least > 2.5 * DRIFT_SKIN / 20.0); /* the sweep sees several steps */
    ili_free(w);
    ili_free(mass);
    il_ff_destroy(&ff);
    il_model_destroy(&model);
    il_system_destroy(&sys);
}

/** Where short terms end last, where they end first, and where the jump of the Coulomb sum outweighs them. */
TEST(lists_are_told_the_ends_of_the_functions_and_the_speeds) {
    check_known("structures/LGP.cif", "potentials/pmmcs.yaml", NAN, NAN, NAN, know_pairs);
    check_known("structures/LGP.cif", "potentials/pmmcs.yaml", 6.0, 10.0, 1e-8, know_pairs);
    check_known("structures/LGP.cif", "potentials/pmmcs.yaml", 10.0, 11.0, 1e-4, know_pairs);
    check_known("structures/Li.cif", "potentials/li.yaml", NAN, NAN, NAN, know_metal);
}

/** Forces that are 0 and remember what they were told. */
typedef struct listener {
    ili_ff_motion motion;
    int told, ended;
} listener;

static il_status no_force(il_context *context, void *user, unsigned parts, const ili_cell *cell,
                          const double (*x)[3], double *energy, double (*f)[3], double w[6]) {
    (void)context, (void)user, (void)parts, (void)cell, (void)x, (void)f;
    *energy = 0.0;
    memset(w, 0, 6 * sizeof *w);
    return IL_OK;
}

static il_status listen(il_context *context, void *user, const ili_ff_motion *motion) {
    listener *l = user;
    (void)context;
    l->told += motion != NULL;
    l->ended += !motion;
    if (motion) l->motion = *motion;
    return IL_OK;
}

TEST(forces_are_told_of_every_stage_and_of_the_end) {
    il_system *sys = NULL;
    ili_md *md = NULL;
    ili_md_options o = ili_md_defaults();
    listener l = {0};
    REQUIRE_OK(il_system_read(ctx, "structures/Li.cif", &sys));
    o.dt = 2.0;
    o.thermostat = ILI_THERMOSTAT_CSVR;
    o.temperature = 200.0;
    o.temperature_end = 800.0;
    o.list_drift = 3e-4;
    REQUIRE_OK(ili_md_create(ctx, &o, sys, NULL,
                             (ili_md_forces){.user = &l, .evaluate = no_force, .expect = listen}, &md));
    CHECK(l.told == 1 && l.ended == 0);
    CHECK(l.motion.dt == 2.0 && l.motion.temperature == 500.0 && l.motion.drift == 3e-4);
    CHECK_NEAR(l.motion.mass[1], 6.94 * ILI_AMU, 0.01 * ILI_AMU);
    o.thermostat = ILI_THERMOSTAT_NONE;
    o.temperature = o.temperature_end = 400.0;
    o.inner_pairs = 4;
    o.list_drift = 0.0;
    REQUIRE_OK(ili_md_stage(ctx, md, &o));
    CHECK(l.told == 2 && l.ended == 0);
    CHECK(l.motion.dt == 0.5 && l.motion.temperature == 400.0 && l.motion.drift == 0.0);
    ili_md_destroy(&md);
    CHECK(l.told == 2 && l.ended == 1);
    il_system_destroy(&sys);
}

TESTS(RUN(energy_missed_is_within_the_tolerance);
      RUN(lists_are_told_the_ends_of_the_functions_and_the_speeds);
      RUN(forces_are_told_of_every_stage_and_of_the_end))
