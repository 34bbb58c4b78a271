/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/md_options.h"

#include "base/alloc.h"
#include "math/units.h"

#include <math.h>
#include <string.h>

static const double FS_PER_PS = 1e3;

/** Names in the order of the enums; the option table allows these words only. */
static const char *const THERMOSTATS[] = {"none", "langevin", "csvr", "nose-hoover"};
static const char *const BAROSTATS[] = {"none", "scr", "mtk"};
static const char *const CELLS[] = {"iso", "aniso", "full", "z"};

static int index_of(const char *word, const char *const *words) {
    int k = 0;
    while (strcmp(word, words[k]) != 0) k++;
    return k;
}

static int64_t steps_of(double fs, double dt) {
    return (int64_t)fmax(1.0, round(fs / dt));
}

ili_md_stage_plan ili_md_choice_stage(const ili_md_choice *c, const ili_stage_text *s, double temperature,
                                      uint64_t seed) {
    ili_md_stage_plan plan = {.options = ili_md_defaults()};
    ili_md_options *o = &plan.options;
    memcpy(plan.text, s->text, sizeof plan.text);
    o->dt = c->dt;
    o->inner_pairs = c->inner_pairs;
    o->inner_bonded = c->inner_bonded;
    o->temperature = isnan(s->temperature[0]) ? temperature : s->temperature[0];
    o->temperature_end = isnan(s->temperature[1]) ? temperature : s->temperature[1];
    o->tau_t = c->tau_t * FS_PER_PS;
    o->pressure = isnan(s->pressure[0]) ? c->pressure / ILI_GPA : s->pressure[0];
    o->pressure_end = isnan(s->pressure[1]) ? c->pressure / ILI_GPA : s->pressure[1];
    o->tau_p = c->tau_p * FS_PER_PS;
    o->compressibility = c->compressibility * ILI_GPA;
    o->constrain_hydrogens = strcmp(c->constraints, "h-bonds") == 0;
    o->hydrogen_mass = isnan(c->hydrogen_mass) ? 0.0 : c->hydrogen_mass;
    o->list_drift = c->list_drift;
    o->n_steps = steps_of(s->time, c->dt);
    o->seed = seed;
    if (s->ensemble != ILI_NVE)
        o->thermostat =
            (ili_md_thermostat)(s->thermostat >= 0 ? s->thermostat : index_of(c->thermostat, THERMOSTATS));
    if (s->ensemble == ILI_NPT) {
        o->barostat = (ili_md_barostat)(s->barostat >= 0 ? s->barostat : index_of(c->barostat, BAROSTATS));
        o->cell_mode = (ili_md_cell_mode)(s->cell_mode >= 0 ? s->cell_mode : index_of(c->cell, CELLS));
    }
    return plan;
}

void ili_md_choice_plan(const ili_md_choice *c, ili_run_plan *plan) {
    bool has_trajectory = strcmp(c->trajectory, "none") != 0;
    plan->relax_first = c->relax_first;
    plan->with_velocities = c->velocities;
    plan->trajectory_ending = has_trajectory ? c->trajectory : NULL;
    plan->trajectory_every = has_trajectory ? steps_of(c->trajectory_every * FS_PER_PS, c->dt) : 0;
    plan->thermo_every = steps_of(c->thermo_every * FS_PER_PS, c->dt);
    plan->checkpoint_every = steps_of(c->checkpoint_every * FS_PER_PS, c->dt);
}

il_status ili_md_choice_repeat(il_context *ctx, const ili_md_choice *c, il_system **sys) {
    il_system *many;
    if (c->repeat[0] == 1 && c->repeat[1] == 1 && c->repeat[2] == 1) return IL_OK;
    IL_TRY(ili_system_repeat(ctx, *sys, c->repeat, &many));
    if (many->v) ili_warn(ctx, "the file has velocities, but its copies get new ones (--repeat)");
    ili_free(many->v);
    many->v = NULL;
    il_system_destroy(sys);
    *sys = many;
    return IL_OK;
}
