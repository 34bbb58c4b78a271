/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Dynamics with lists that may miss pairs: at every step the energy lies no farther from that of strict lists than the tolerance allows, and
 *  with tolerance 0 not at all; an oxide, a metal, a polymer's melt with its hydrogens. */
#include "harness.h"

#include "base/alloc.h"
#include "io/structure.h"
#include "math/units.h"
#include "md/md.h"
#include "relax/relax.h"

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

TESTS(RUN(energy_missed_is_within_the_tolerance))
