/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A run: made, gone on with, watched, saved. */
#include "md/md.h"

#include "base/alloc.h"
#include "base/timing.h"
#include "math/units.h"
#include "math/vec.h"
#include "md/md_state.h"

#include <string.h>

ili_md_options ili_md_defaults(void) {
    return (ili_md_options){.dt = 1.0,
                            .inner_pairs = 1,
                            .inner_bonded = 1,
                            .temperature = 300.0,
                            .temperature_end = 300.0,
                            .tau_t = 200.0,
                            .chain = 3,
                            .tau_p = 1000.0,
                            .compressibility = 1.0,
                            .constraint_tolerance = 1e-8,
                            .remove_drift = true,
                            .list_drift = 1e-5,
                            .n_steps = 1000,
                            .refresh_every = 50,
                            .seed = 1};
}

/* ---- forces of a force field ------------------------------------------------------------------------------ */

static il_status evaluate_ff(il_context *ctx, void *user, unsigned parts, const ili_cell *cell,
                             const double (*x)[3], double *energy, double (*f)[3], double w[6]) {
    ili_ff_result result = {.f = f};
    IL_TRY(ili_ff_evaluate_parts(ctx, user, parts, cell, x, &result));
    *energy = result.energy;
    memcpy(w, result.w, sizeof result.w);
    return IL_OK;
}

static il_status refresh_ff(il_context *ctx, void *user, const ili_cell *cell, const double (*x)[3]) {
    return ili_ff_refresh(ctx, user, cell, x);
}

static il_status expect_ff(il_context *ctx, void *user, const ili_ff_motion *motion) {
    return ili_ff_expect(ctx, user, motion);
}

ili_md_forces ili_md_forces_of(il_ff *ff) {
    return (ili_md_forces){.user = ff, .evaluate = evaluate_ff, .refresh = refresh_ff, .expect = expect_ff};
}

/* ---- what everybody asks ---------------------------------------------------------------------------------- */

ili_rng ili_md_draw(const ili_md *md, int purpose, int half, int32_t atom) {
    uint64_t stream = (uint64_t)(0x80 | purpose) << 56 | (uint64_t)md->step << 1 | (uint64_t)half;
    ili_rng rng = ili_rng_make(md->o.seed, stream);
    rng.counter = (uint64_t)atom << 32;
    return rng;
}

static double ramp(const ili_md *md, double from, double to) {
    return from == to ? from : from + (to - from) * (double)md->stage_step / (double)md->o.n_steps;
}

double ili_md_target_temperature(const ili_md *md) {
    return ramp(md, md->o.temperature, md->o.temperature_end);
}

double ili_md_target_pressure(const ili_md *md) {
    return ramp(md, md->o.pressure, md->o.pressure_end);
}

/** Energy of the baths' own variables, eV. */
static double extended(const ili_md *md) {
    return ili_thermostat_energy(md) + ili_barostat_energy(md);
}

ili_md_frame ili_md_now(const ili_md *md) {
    double kinetic = ili_md_kinetic(md), k[6], volume = ili_cell_volume(&md->cell);
    ili_md_frame frame = {.step = md->step,
                          .time = md->stage_time + (double)md->stage_step * md->o.dt,
                          .n = md->n,
                          .cell = &md->cell,
                          .x = (const double(*)[3])md->x,
                          .v = (const double(*)[3])md->v,
                          .f = (const double(*)[3])md->f,
                          .potential = md->potential,
                          .kinetic = kinetic,
                          .conserved = kinetic + md->potential + extended(md) + md->bath,
                          .temperature = 2.0 * kinetic / (md->n_freedom * ILI_KB),
                          .n_freedom = md->n_freedom};
    ili_md_kinetic_tensor(md, k);
    for (int c = 0; c < 6; c++) frame.pressure[c] = (k[c] + md->w[c]) / volume;
    return frame;
}

int64_t ili_md_left(const ili_md *md) {
    return md->o.n_steps - md->stage_step;
}

double ili_md_drift(const ili_md *md) {
    return sqrt(md->drift2);
}

/* ---- making a run ----------------------------------------------------------------------------------------- */

void ili_md_destroy(ili_md **md) {
    if (!md || !*md) return;
    ili_md *p = *md;
    if (p->forces.expect) p->forces.expect(NULL, p->forces.user, NULL);
    ili_constraints_destroy(&p->constraints);
    for (int m = 0; m < ILI_LEVELS; m++)
        if (p->level[m].f != p->f) ili_free(p->level[m].f);
    void *blocks[] = {p->mass, p->inv_mass, p->type, p->name, p->x, p->v, p->f, p->x0, p->partial};
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++) ili_free(blocks[k]);
    ili_free(p);
    *md = NULL;
}

/** Room for the forces of each level, as the stage has them. */
static il_status set_levels(il_context *ctx, ili_md *md) {
    const ili_md_level split[ILI_LEVELS] = {{.parts = ILI_FF_BONDED, .count = md->o.inner_bonded},
                                            {.parts = ILI_FF_PAIRS, .count = md->o.inner_pairs},
                                            {.parts = ILI_FF_RECIPROCAL, .count = 1}};
    const ili_md_level whole = {.parts = ILI_FF_ALL, .count = 1};
    double w_constraint[6] = {0};
    for (int m = 0; m < ILI_LEVELS; m++) {
        for (int k = 0; k < 6; k++) w_constraint[k] += md->level[m].w_constraint[k];
        if (md->level[m].f != md->f) ili_free(md->level[m].f);
        md->level[m] = (ili_md_level){0};
    }
    md->n_levels = md->o.inner_pairs > 1 || md->o.inner_bonded > 1 ? ILI_LEVELS : 1;
    for (int m = 0; m < md->n_levels; m++) {
        md->level[m] = md->n_levels == 1 ? whole : split[m];
        md->level[m].f = md->n_levels == 1 ? md->f : ili_alloc((size_t)md->n, sizeof *md->f);
        if (!md->level[m].f) return ili_no_memory(ctx, "the forces");
    }
    memcpy(md->level[0].w_constraint, w_constraint, sizeof w_constraint);
    return IL_OK;
}

static void take_threads(const il_context *ctx, ili_md *md) {
    md->n_threads = md->n >= ILI_MD_WORTH_THREADS ? ctx->n_threads : 1;
}

/** The forces' lists may be used as long as the stage's tolerance allows. */
static il_status tell_motion(il_context *ctx, ili_md *md) {
    const ili_md_options *o = &md->o;
    const bool has_ramp = o->thermostat != ILI_THERMOSTAT_NONE;
    const ili_ff_motion motion = {.dt = o->dt / o->inner_pairs,
                                  .temperature =
                                      has_ramp ? 0.5 * (o->temperature + o->temperature_end) : o->temperature,
                                  .drift = o->list_drift,
                                  .mass = md->mass};
    return md->forces.expect ? md->forces.expect(ctx, md->forces.user, &motion) : IL_OK;
}

static il_status begin_stage(il_context *ctx, ili_md *md, const ili_md_options *options) {
    take_threads(ctx, md);
    md->o = *options;
    md->stage_step = 0;
    md->bath = 0.0;
    md->chain = md->cell_chain = (ili_chain){.n = options->chain};
    md->motion = (ili_cell_motion){0};
    IL_TRY(set_levels(ctx, md));
    IL_TRY(tell_motion(ctx, md));
    IL_TRY(ili_md_evaluate(ctx, md));
    ili_barostat_start(md);
    return IL_OK;
}

static il_status make_arrays(il_context *ctx, ili_md *md, const il_system *sys) {
    size_t n = (size_t)sys->n_atoms;
    md->n = sys->n_atoms;
    take_threads(ctx, md);
    md->partial = ili_alloc(ili_md_partial_size(md->n), sizeof *md->partial);
    md->mass = ili_alloc(n, sizeof *md->mass);
    md->inv_mass = ili_alloc(n, sizeof *md->inv_mass);
    md->type = ili_alloc(n, sizeof *md->type);
    md->name = ili_alloc((size_t)sys->n_species, sizeof *md->name);
    md->x = ili_alloc(n, sizeof *md->x);
    md->v = ili_alloc(n, sizeof *md->v);
    md->f = ili_alloc(n, sizeof *md->f);
    if (!md->mass || !md->inv_mass || !md->type || !md->name || !md->x || !md->v || !md->f || !md->partial)
        return ili_no_memory(ctx, "the run");
    md->cell = sys->cell;
    memcpy(md->x, sys->x, n * sizeof *md->x);
    memcpy(md->type, sys->type, n * sizeof *md->type);
    for (int32_t s = 0; s < sys->n_species; s++) memcpy(md->name[s], sys->species[s].name, sizeof *md->name);
    return IL_OK;
}

static il_status constrain(il_context *ctx, ili_md *md, const il_system *sys, const ili_binding *binding) {
    if (!md->o.constrain_hydrogens || !binding) return IL_OK;
    IL_TRY(ili_constraints_create(ctx, binding, sys, md->o.constraint_tolerance, &md->constraints));
    if (!md->constraints) return IL_OK;
    md->x0 = ili_alloc((size_t)md->n, sizeof *md->x0);
    if (!md->x0) return ili_no_memory(ctx, "the constraints");
    memcpy(md->x0, md->x, (size_t)md->n * sizeof *md->x0);
    return ili_constraints_positions(ctx, md, (const double(*)[3])md->x0, md->o.dt, NULL);
}

/** The virial of the constraints at the start: from a step that is taken back. */
static il_status measure_constraints(il_context *ctx, ili_md *md) {
    const size_t bytes = (size_t)md->n * sizeof *md->v;
    const double dt = md->o.dt;
    double(*v)[3] = ili_alloc((size_t)md->n, sizeof *v);
    if (!v) return ili_no_memory(ctx, "the constraints");
    memcpy(v, md->v, bytes);
    memcpy(md->x0, md->x, bytes);
    for (int32_t i = 0; i < md->n; i++)
        for (int k = 0; k < 3; k++) {
            md->v[i][k] += 0.5 * dt * md->inv_mass[i] * md->f[i][k];
            md->x[i][k] += dt * md->v[i][k];
        }
    double *w = md->level[0].w_constraint;
    il_status status = ili_constraints_positions(ctx, md, (const double(*)[3])md->x0, dt, w);
    memcpy(md->x, md->x0, bytes);
    memcpy(md->v, v, bytes);
    ili_free(v);
    for (int k = 0; k < 6; k++) md->w[k] += w[k];
    return status;
}

static il_status count_freedom(il_context *ctx, ili_md *md) {
    int32_t fixed = md->constraints ? ili_constraints_count(md->constraints) : 0;
    md->n_freedom = 3.0 * md->n - fixed - (md->o.remove_drift ? 3 : 0);
    if (md->n_freedom > 0.0) return IL_OK;
    return ili_fail(
        ctx, IL_E_INPUT,
        "%d atoms with %d constraints have no degree of freedom left once the drift is taken out; expected "
        "more atoms, or drift removal off",
        md->n, fixed);
}

static il_status set_motion(il_context *ctx, ili_md *md, const il_system *sys) {
    if (!sys->v) return ili_md_set_velocities(ctx, md);
    memcpy(md->v, sys->v, (size_t)md->n * sizeof *md->v);
    if (md->constraints) IL_TRY(ili_constraints_velocities(ctx, md, md->o.dt, NULL));
    if (md->o.remove_drift) md->drift2 += ili_md_remove_drift(md);
    return IL_OK;
}

il_status ili_md_create(il_context *ctx, const ili_md_options *options, const il_system *sys,
                        const ili_binding *binding, ili_md_forces forces, ili_md **out) {
    *out = NULL;
    IL_TRY(ili_md_check_numbers(ctx, options));
    if (sys->n_atoms < 1) return ili_fail(ctx, IL_E_INPUT, "the system has no atoms");
    ili_md *md = ili_alloc(1, sizeof *md);
    if (!md) return ili_no_memory(ctx, "the run");
    il_status status = IL_OK;
    md->o = *options;
    md->forces = forces;
    IL_GO(make_arrays(ctx, md, sys));
    IL_GO(ili_md_set_masses(ctx, md, sys, binding));
    IL_GO(constrain(ctx, md, sys, binding));
    IL_GO(count_freedom(ctx, md));
    IL_GO(set_motion(ctx, md, sys));
    IL_GO(begin_stage(ctx, md, options));
    if (md->constraints) IL_GO(measure_constraints(ctx, md));
out:
    if (status != IL_OK) ili_md_destroy(&md);
    *out = md;
    return status;
}

il_status ili_md_stage(il_context *ctx, ili_md *md, const ili_md_options *options) {
    IL_TRY(ili_md_check_numbers(ctx, options));
    const ili_md_options *o = &md->o;
    if (options->constrain_hydrogens != o->constrain_hydrogens ||
        options->hydrogen_mass != o->hydrogen_mass || options->remove_drift != o->remove_drift)
        return ili_fail(
            ctx, IL_E_INPUT,
            "constraints, hydrogen mass and drift removal are those of the whole run; a stage cannot change "
            "them");
    md->stage_time += (double)md->stage_step * md->o.dt;
    return begin_stage(ctx, md, options);
}

/* ---- running ---------------------------------------------------------------------------------------------- */

static bool sees(const ili_md_observer *o, int64_t step) {
    return o->every >= 1 && step % o->every == 0;
}

/** Does anybody look at this step? */
static bool is_due(int64_t step, const ili_md_observer *observers, int n) {
    for (int k = 0; k < n; k++)
        if (sees(&observers[k], step)) return true;
    return false;
}

static il_status show(il_context *ctx, const ili_md *md, const ili_md_observer *observers, int n,
                      bool is_start) {
    bool is_made = false;
    ili_md_frame frame;
    for (int k = 0; k < n; k++) {
        const ili_md_observer *o = &observers[k];
        if (is_start ? !o->at_start : !sees(o, md->step)) continue;
        if (!is_made) frame = ili_md_now(md);
        is_made = true;
        IL_TRY(o->see(ctx, o->user, &frame));
    }
    return IL_OK;
}

/** Count the step; what the ramps change in the baths' energies is theirs. */
static void count_step(ili_md *md) {
    double before = extended(md);
    md->step++;
    md->stage_step++;
    md->bath += before - extended(md);
}

/** What the context's times gained since `before` was time of dynamics. */
static void count_time(il_context *ctx, const ili_md *md, const ili_timing *before, ili_tick start,
                       int64_t steps) {
    ili_timing *t = &ctx->timing;
    for (int k = 0; k < ILI_TIME_STAGES; k++) t->dynamics[k] += t->seconds[k] - before->seconds[k];
    t->dynamics_seconds += ili_tick_now() - start;
    t->dynamics_fs += (double)steps * md->o.dt;
    t->steps += steps;
    t->atom_steps += steps * md->n;
}

static il_status run_steps(il_context *ctx, ili_md *md, int64_t goal, const ili_md_observer *observers,
                           int n_observers) {
    ili_rest rest = ili_rest_begin(ctx);
    for (bool is_refresh = false; !is_refresh || md->stage_step < goal;) {
        int64_t next = md->stage_step + 1;
        is_refresh = next % md->o.refresh_every == 0 || next == md->o.n_steps;
        bool is_seen = is_refresh || is_due(md->step + 1, observers, n_observers);
        IL_TRY(ili_md_step(ctx, md, (ili_md_step_end){is_refresh, is_seen}));
        count_step(md);
        if (is_refresh && md->o.remove_drift) md->drift2 += ili_md_remove_drift(md);
        ili_rest_charge(ctx, ILI_TIME_INTEGRATE, &rest);
        IL_TRY(show(ctx, md, observers, n_observers, false));
        ili_rest_charge(ctx, ILI_TIME_OUTPUT, &rest);
        if (is_refresh && ili_progress(ctx, "dynamics", (double)next / (double)md->o.n_steps))
            return ili_fail(ctx, IL_E_INTERRUPTED, "the dynamics was interrupted after step %lld",
                            (long long)md->step);
    }
    return IL_OK;
}

il_status ili_md_run(il_context *ctx, ili_md *md, int64_t n_steps, const ili_md_observer *observers,
                     int n_observers) {
    take_threads(ctx, md);
    if (n_steps < 1 || ili_md_left(md) < 1) return IL_OK;
    if (md->is_stale) IL_TRY(ili_md_evaluate(ctx, md));
    if (md->step == 0) IL_TRY(show(ctx, md, observers, n_observers, true));
    const int64_t goal = n_steps < ili_md_left(md) ? md->stage_step + n_steps : md->o.n_steps;
    const int64_t first = md->stage_step;
    const ili_timing before = ctx->timing;
    const ili_tick start = ili_tick_now();
    il_status status = run_steps(ctx, md, goal, observers, n_observers);
    count_time(ctx, md, &before, start, md->stage_step - first);
    return status;
}

/* ---- saving ----------------------------------------------------------------------------------------------- */

static void carry_motion(ili_bytes *bytes, int32_t n, double (*x)[3], double (*v)[3], double h[3][3]) {
    ili_bytes_expect(bytes, 2); /* version of this layout */
    ili_bytes_expect(bytes, n);
    ili_bytes_carry(bytes, x, (size_t)n * sizeof *x);
    ili_bytes_carry(bytes, v, (size_t)n * sizeof *v);
    ili_bytes_carry(bytes, h, 9 * sizeof(double));
}

il_status ili_md_peek(il_context *ctx, const ili_bytes *bytes, il_system *sys) {
    ili_bytes from = *bytes;
    if (!sys->v) IL_TRY(ILI_SYSTEM_ARRAY(ctx, sys, v));
    carry_motion(&from, sys->n_atoms, sys->x, sys->v, sys->cell.h);
    return from.failed ? ili_fail(ctx, IL_E_INPUT, "the saved state is of another run") : IL_OK;
}

void ili_md_carry(ili_md *md, ili_bytes *bytes) {
    carry_motion(bytes, md->n, md->x, md->v, md->cell.h);
    ili_bytes_expect(bytes, md->n_levels);
    ili_bytes_carry(bytes, &md->step, sizeof md->step);
    ili_bytes_carry(bytes, &md->stage_step, sizeof md->stage_step);
    ili_bytes_carry(bytes, &md->stage_time, sizeof md->stage_time);
    ili_bytes_carry(bytes, &md->bath, sizeof md->bath);
    ili_bytes_carry(bytes, &md->drift2, sizeof md->drift2);
    ili_bytes_carry(bytes, &md->chain, sizeof md->chain);
    ili_bytes_carry(bytes, &md->cell_chain, sizeof md->cell_chain);
    ili_bytes_carry(bytes, &md->motion, sizeof md->motion);
    for (int m = 0; m < md->n_levels; m++)
        ili_bytes_carry(bytes, md->level[m].w_constraint, sizeof md->level[m].w_constraint);
    if (bytes->is_restoring) md->is_stale = true;
}

il_status ili_md_export(il_context *ctx, const ili_md *md, il_system *sys) {
    if (sys->n_atoms != md->n)
        return ili_fail(ctx, IL_E_INPUT, "the run has %d atoms, the system %d", md->n, sys->n_atoms);
    if (!sys->v) IL_TRY(ILI_SYSTEM_ARRAY(ctx, sys, v));
    memcpy(sys->x, md->x, (size_t)md->n * sizeof *md->x);
    memcpy(sys->v, md->v, (size_t)md->n * sizeof *md->v);
    sys->cell = md->cell;
    sys->has_energy = false;
    return IL_OK;
}
