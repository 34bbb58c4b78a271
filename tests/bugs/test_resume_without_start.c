/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A run that is gone on with was once made from the positions that it began with, before its relaxation. Its constraints now come
 *  from the checkpoint: a start from which no run could be made does not matter any more, and the bits are those of the whole run. */
#include "harness.h"

#include "base/alloc.h"
#include "build/polymer.h"
#include "task/md_run.h"

#include <unistd.h>

enum { STEPS = 120 };

static il_system *two_chains(void) {
    const ili_cell cell = {.h = {{9.5, 0, 0}, {0, 9.5, 0}, {0, 0, 9.5}}, .pbc = {true, true, true}};
    ili_polymer_unit *unit = NULL;
    ili_polymer_options o;
    il_system *sys = NULL;
    ili_polymer_options_default(&o);
    o.n_chains = 2;
    o.degree = 2;
    CHECK_OK(ili_polymer_unit_read(ctx, "structures/dol.yaml", &unit));
    CHECK_OK(ili_polymer_grow(ctx, unit, &o, &cell, NULL, &sys, NULL));
    ck_assert_ptr_nonnull(sys);
    ili_polymer_unit_destroy(&unit);
    return sys;
}

static int stop_soon(void *user, const char *what, double fraction) {
    (void)user;
    return strstr(what, "ns/day") && fraction > 0.4;
}

/** The positions after the run in DIR, which begins or goes on from sys; freed by the caller. */
static il_status go(const char *dir, const il_system *start, const il_system *bound, double (*x)[3]) {
    il_model *model = NULL;
    il_ff *ff = NULL;
    il_system *sys = NULL;
    ili_run_plan plan = {
        .dir = dir, .stem = "run", .key = 3, .relax_first = true, .n_stages = 1, .checkpoint_every = 20};
    ili_run_summary *summary = ili_alloc(1, sizeof *summary);
    il_status status;
    plan.stages[0].options = ili_md_defaults();
    plan.stages[0].options.n_steps = STEPS;
    plan.stages[0].options.refresh_every = 20;
    plan.stages[0].options.constrain_hydrogens = true;
    plan.stages[0].options.dt = 2.0;
    strcpy(plan.stages[0].text, "nve");
    IL_GO(il_model_read(ctx, "potentials/pdol.yaml", &model));
    IL_GO(ili_system_copy(ctx, start, &sys));
    IL_GO(il_ff_create(ctx, model, bound, NULL, &ff));
    IL_GO(ili_run_stages(ctx, &plan, ff, model, sys, summary));
    CHECK(summary->steps == STEPS);
    memcpy(x, sys->x, (size_t)sys->n_atoms * sizeof *x);
out:
    il_ff_destroy(&ff);
    il_system_destroy(&sys);
    il_model_destroy(&model);
    ili_free(summary);
    return status;
}

TEST(a_resumed_run_is_made_from_its_checkpoint) {
    char dirs[2][64], path[192];
    il_system *sys = two_chains(), *start = NULL;
    const size_t n = (size_t)sys->n_atoms;
    double(*whole)[3] = ili_alloc(n, sizeof *whole), (*rest)[3] = ili_alloc(n, sizeof *rest);
    il_set_threads(ctx, 1);
    for (int k = 0; k < 2; k++) {
        snprintf(dirs[k], sizeof dirs[k], "%s/interlith-test-XXXXXX", P_tmpdir);
        CHECK(mkdtemp(dirs[k]) != NULL);
    }
    CHECK_OK(ili_system_copy(ctx, sys, &start));
    REQUIRE_OK(go(dirs[0], start, sys, whole));
    il_set_progress(ctx, stop_soon, NULL);
    CHECK_STATUS(go(dirs[1], start, sys, rest), IL_E_INTERRUPTED);
    il_set_progress(ctx, NULL, NULL);
    /* every hydrogen on the atom that holds it: no direction to constrain, no finite force */
    for (int32_t b = 0; b < start->n_bonds; b++) {
        const int32_t i = start->bonds[b][0], j = start->bonds[b][1];
        if (start->species[start->type[j]].z == 1) memcpy(start->x[j], start->x[i], sizeof start->x[j]);
        if (start->species[start->type[i]].z == 1) memcpy(start->x[i], start->x[j], sizeof start->x[i]);
    }
    CHECK_OK(go(dirs[1], start, sys, rest));
    CHECK(memcmp(whole, rest, n * sizeof *whole) == 0);
    for (int k = 0; k < 2; k++) {
        snprintf(path, sizeof path, "%s/run.ckpt", dirs[k]);
        CHECK(unlink(path) == 0 && rmdir(dirs[k]) == 0);
    }
    ili_free(whole);
    ili_free(rest);
    il_system_destroy(&start);
    il_system_destroy(&sys);
}

TESTS(RUN(a_resumed_run_is_made_from_its_checkpoint))
