/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A checkpoint is taken between two refreshes of the forces, in this order: trajectory and table are forced to disk, then the
 * state is written beside the old checkpoint and renamed over it. Whatever moment the process dies at, the checkpoint that is there
 * speaks of frames and rows that are there too; what lies beyond them is cut off when the run goes on. */
#include "task/md_run.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/lock.h"
#include "io/table.h"
#include "io/trajectory.h"
#include "math/units.h"
#include "relax/relax.h"
#include "task/journal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FORMAT = 1, OWN_OBSERVERS = 3 };

static const double FS_PER_DAY_PER_NS = 86400.0 / 1e6; /* ns/day = this * fs / s */
static const double CHECKPOINT_SECONDS = 600.0;

typedef struct run {
    const ili_run_plan *plan;
    const il_model *model;
    il_system *sys;
    ili_run_summary *summary;
    ili_md *md;
    ili_lock lock;
    char checkpoint[ILI_PATH_MAX], trajectory[ILI_PATH_MAX], table[ILI_PATH_MAX];
    int stage;            /**< under way; n_stages: all are done */
    int64_t frames, rows; /**< at the last checkpoint */
    ili_traj_writer *writer;
    ili_table *rows_out;
    ili_md_observer *observers; /**< [OWN_OBSERVERS + n_watchers] */
    int64_t first_step, saved_step, total_steps;
    double started, saved_at; /**< s */
} run;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- what is written and summed while it runs ---- */

static const ili_table_column COLUMNS[] = {
    {"step", "1", 12},       {"time", "ps", 12},    {"stage", "1", 3},       {"temperature", "K", 8},
    {"potential", "eV", 14}, {"kinetic", "eV", 14}, {"conserved", "eV", 14}, {"pressure", "GPa", 8},
    {"volume", "A^3", 12},   {"a", "A", 10},        {"b", "A", 10},          {"c", "A", 10},
    {"alpha", "deg", 9},     {"beta", "deg", 9},    {"gamma", "deg", 9},     {"p_xx", "GPa", 8},
    {"p_yy", "GPa", 8},      {"p_zz", "GPa", 8},    {"p_yz", "GPa", 8},      {"p_xz", "GPa", 8},
    {"p_xy", "GPa", 8},
};
enum { N_COLUMNS = sizeof COLUMNS / sizeof *COLUMNS };

static double trace_of(const double p[6]) {
    return (p[0] + p[1] + p[2]) / 3.0;
}

il_status ili_run_table_open(il_context *ctx, const char *path, int64_t keep_rows, ili_table **out) {
    return ili_table_open(ctx, path,
                          "thermodynamics of a run; pressures are positive in compression; the conserved "
                          "quantity begins anew with every stage",
                          COLUMNS, N_COLUMNS, keep_rows, out);
}

il_status ili_run_table_row(il_context *ctx, ili_table *table, int stage, const ili_md_frame *f) {
    double length[3], angle[3];
    ili_cell_parameters(f->cell, length, angle);
    double row[N_COLUMNS] = {(double)f->step,
                             f->time * 1e-3,
                             stage + 1,
                             f->temperature,
                             f->potential,
                             f->kinetic,
                             f->conserved,
                             trace_of(f->pressure) * ILI_GPA,
                             ili_cell_volume(f->cell)};
    for (int k = 0; k < 3; k++) {
        row[9 + k] = length[k];
        row[12 + k] = angle[k];
    }
    for (int k = 0; k < 6; k++) row[15 + k] = f->pressure[k] * ILI_GPA;
    return ili_table_row(ctx, table, row);
}

static il_status write_row(il_context *ctx, void *user, const ili_md_frame *f) {
    run *r = user;
    return ili_run_table_row(ctx, r->rows_out, r->stage, f);
}

static il_status write_frame(il_context *ctx, void *user, const ili_md_frame *f) {
    run *r = user;
    const ili_traj_frame frame = {.step = f->step,
                                  .time = f->time,
                                  .n = f->n,
                                  .cell = *f->cell,
                                  .x = (double(*)[3])f->x,
                                  .v = r->plan->with_velocities ? (double(*)[3])f->v : NULL,
                                  .is_continuous = true};
    return ili_traj_append(ctx, r->writer, &frame);
}

void ili_run_stage_sample(ili_run_stage *s, const ili_md_frame *f) {
    s->samples++;
    ili_trace_add(&s->trace.temperature, f->temperature);
    ili_trace_add(&s->trace.potential, f->potential);
    ili_trace_add(&s->trace.pressure, trace_of(f->pressure));
    ili_trace_add(&s->trace.volume, ili_cell_volume(f->cell));
    ili_trace_add(&s->trace.conserved, f->conserved);
}

static il_status sample(il_context *ctx, void *user, const ili_md_frame *f) {
    (void)ctx;
    run *r = user;
    ili_run_stage_sample(&r->summary->stage[r->stage], f);
    return IL_OK;
}

/** Who sees the stage under way; returns their number. */
static int gather_observers(run *r) {
    const ili_run_plan *p = r->plan;
    int n = 0;
    r->observers[n++] = (ili_md_observer){.every = ILI_RUN_SAMPLE_EVERY, .user = r, .see = sample};
    if (r->rows_out)
        r->observers[n++] =
            (ili_md_observer){.every = p->thermo_every, .at_start = true, .user = r, .see = write_row};
    if (r->writer)
        r->observers[n++] =
            (ili_md_observer){.every = p->trajectory_every, .at_start = true, .user = r, .see = write_frame};
    for (int w = 0; w < p->n_watchers; w++)
        if (p->watchers[w].stage < 0 || p->watchers[w].stage == r->stage)
            r->observers[n++] = p->watchers[w].observer;
    return n;
}

/* ---- checkpoints ---- */

/** Everything that a run is made of beside its input: saved and restored by the same lines. */
static void carry(run *r, ili_bytes *b) {
    const ili_run_plan *p = r->plan;
    ili_bytes_expect(b, FORMAT);
    ili_bytes_carry(b, &r->stage, sizeof r->stage);
    ili_bytes_carry(b, &r->frames, sizeof r->frames);
    ili_bytes_carry(b, &r->rows, sizeof r->rows);
    for (int s = 0; s < p->n_stages; s++) {
        ili_run_stage *stage = &r->summary->stage[s];
        ili_bytes_carry(b, &stage->samples, sizeof stage->samples);
        ili_bytes_carry(b, &stage->trace, sizeof stage->trace);
    }
}

static void carry_state(run *r, ili_bytes *b) {
    ili_md_carry(r->md, b);
    for (int w = 0; w < r->plan->n_watchers; w++)
        if (r->plan->watchers[w].carry) r->plan->watchers[w].carry(r->plan->watchers[w].observer.user, b);
}

static void carry_all(run *r, ili_bytes *b) {
    uint64_t key = r->plan->key;
    ili_bytes_carry(b, &key, sizeof key);
    carry(r, b);
    carry_state(r, b);
}

static il_status save(il_context *ctx, run *r) {
    if (!r->plan->dir) return IL_OK;
    if (r->writer) {
        IL_TRY(ili_traj_sync(ctx, r->writer));
        r->frames = ili_traj_written(r->writer);
    }
    if (r->rows_out) {
        IL_TRY(ili_table_sync(ctx, r->rows_out));
        r->rows = ili_table_rows(r->rows_out);
    }
    ili_bytes count = {.is_counting = true};
    carry_all(r, &count);
    ili_bytes bytes = {.data = ili_scratch(ctx, count.size), .cap = count.size, .is_lent = true};
    if (!bytes.data) return ili_no_memory(ctx, r->checkpoint);
    carry_all(r, &bytes);
    il_status status = ili_bytes_write(ctx, &bytes, r->checkpoint);
    r->saved_step = ili_md_now(r->md).step;
    r->saved_at = now();
    return status;
}

static il_status damaged(il_context *ctx, const run *r) {
    return ili_fail(ctx, IL_E_INPUT, "%s: the checkpoint is damaged; --fresh starts over", r->checkpoint);
}

/** Is the file there that the checkpoint counts on? */
static bool is_gone(int64_t counted, const char *path) {
    return counted > 0 && access(path, F_OK) != 0;
}

/** What was written before the checkpoint must still be there. A finished run whose plan can do without warns only. */
static il_status check_kept(il_context *ctx, const run *r) {
    const bool trajectory = is_gone(r->frames, r->trajectory), table = is_gone(r->rows, r->table);
    static const char *const format = "%s%s%s: gone, though %s counts on %s; bring back what is missing, or "
                                      "run with --fresh to make it again";
    if (!trajectory && !table) return IL_OK;
    const char *first = trajectory ? r->trajectory : r->table, *and = trajectory && table ? " and " : "";
    const char *second = trajectory && table ? r->table : "", *what = *second ? "them" : "it";
    if (r->stage < r->plan->n_stages || !r->plan->needs_no_files)
        return ili_fail(ctx, IL_E_STORAGE, format, first, and, second, r->checkpoint, what);
    ili_warn(ctx, format, first, and, second, r->checkpoint, what);
    return IL_OK;
}

/** Read the checkpoint, when there is one, up to the state of the atoms. */
static il_status load(il_context *ctx, run *r, ili_bytes *bytes, bool *found) {
    uint64_t key = 0;
    *found = false;
    if (!r->plan->dir) return IL_OK;
    if (r->plan->fresh && remove(r->checkpoint) != 0 && errno != ENOENT)
        return ili_fail(ctx, IL_E_FILE, "%s: cannot be removed: %s", r->checkpoint, strerror(errno));
    if (access(r->checkpoint, F_OK) != 0) return IL_OK;
    il_status status = ili_bytes_read(ctx, r->checkpoint, bytes);
    if (status == IL_E_INPUT) return damaged(ctx, r);
    IL_TRY(status);
    ili_bytes_carry(bytes, &key, sizeof key);
    if (key != r->plan->key)
        return ili_fail(ctx, IL_E_INPUT,
                        "%s: belongs to another job (other inputs, options, seed, vector instructions "
                        "(--simd) or build); choose another -o DIR, or --fresh to start over here",
                        r->checkpoint);
    carry(r, bytes);
    *found = true;
    return bytes->failed ? damaged(ctx, r) : check_kept(ctx, r);
}

/* ---- the run ---- */

static il_status join(il_context *ctx, const run *r, const char *ending, char path[ILI_PATH_MAX]) {
    if (!r->plan->dir) return IL_OK;
    return ili_path_join(ctx, path, r->plan->dir, "%s.%s", r->plan->stem, ending);
}

static il_status name_files(il_context *ctx, run *r) {
    const char *ending = r->plan->trajectory_ending;
    IL_TRY(join(ctx, r, "ckpt", r->checkpoint));
    IL_TRY(join(ctx, r, "thermo.tsv", r->table));
    return join(ctx, r, ending ? ending : "", r->trajectory);
}

static il_status open_files(il_context *ctx, run *r) {
    const ili_run_plan *p = r->plan;
    if (!p->dir) return IL_OK;
    if (p->trajectory_every > 0)
        IL_TRY(ili_traj_create(ctx, r->trajectory, r->sys, p->with_velocities, r->frames, &r->writer));
    if (p->thermo_every > 0) IL_TRY(ili_run_table_open(ctx, r->table, r->rows, &r->rows_out));
    return IL_OK;
}

static il_status close_files(il_context *ctx, run *r) {
    il_status table = ili_table_close(ctx, &r->rows_out);
    il_status trajectory = ili_traj_close(ctx, &r->writer);
    return table != IL_OK ? table : trajectory;
}

il_status ili_run_check(il_context *ctx, const ili_run_plan *plan, const il_model *model,
                        const il_system *sys) {
    for (int s = 0; s < plan->n_stages; s++) {
        const ili_md_stage_plan *stage = &plan->stages[s];
        char reason[ILI_MESSAGE_MAX];
        il_status status = ili_md_check(ctx, &stage->options, sys, model);
        if (status == IL_OK) continue;
        memcpy(reason, ctx->message, sizeof reason);
        return ili_fail(ctx, status, "stage '%s': %s", stage->text, reason);
    }
    return IL_OK;
}

/** The atoms off each other, so that structures built at random do not fly apart. */
static il_status relax(il_context *ctx, run *r, il_ff *ff) {
    ili_relax_options o = ili_relax_defaults();
    ili_relax_result result;
    o.force_tolerance = 0.05;
    o.max_steps = 500;
    o.label = "relaxing";
    return ili_relax_system(ctx, ff, r->sys, &o, &result);
}

/** A run at its start, or as the checkpoint left it. */
static il_status make_run(il_context *ctx, run *r, il_ff *ff) {
    const ili_run_plan *p = r->plan;
    ili_bytes bytes = {0};
    bool found;
    il_status status;
    IL_GO(load(ctx, r, &bytes, &found));
    if (!found && p->relax_first) IL_GO(relax(ctx, r, ff));
    if (found && ili_md_peek(ctx, &bytes, r->sys) != IL_OK) IL_GO(damaged(ctx, r));
    IL_GO(
        ili_md_create(ctx, &p->stages[0].options, r->sys, ili_ff_binding(ff), ili_md_forces_of(ff), &r->md));
    if (found) {
        for (int s = 1; s <= r->stage && s < p->n_stages; s++)
            IL_GO(ili_md_stage(ctx, r->md, &p->stages[s].options));
        carry_state(r, &bytes);
        if (bytes.failed || bytes.at != bytes.size) IL_GO(damaged(ctx, r));
        r->summary->resumed_at = ili_md_now(r->md).step;
    }
    r->first_step = r->saved_step = ili_md_now(r->md).step;
out:
    ili_bytes_free(&bytes);
    return status;
}

static double speed(const run *r) {
    double wall = now() - r->started, dt = r->plan->stages[0].options.dt;
    return (double)(ili_md_now(r->md).step - r->first_step) * dt / wall * FS_PER_DAY_PER_NS;
}

/** Show where the run stands; interrupted: save it and say how to go on. */
static il_status between(il_context *ctx, run *r) {
    char what[64];
    const ili_md_frame at = ili_md_now(r->md);
    const ili_md_stage_plan *stage = &r->plan->stages[r->stage];
    snprintf(what, sizeof what, "%.36s, %.3g ns/day", stage->text, speed(r));
    if (!ili_progress(ctx, what, (double)at.step / (double)r->total_steps)) {
        bool is_due =
            r->plan->checkpoint_every > 0 && (at.step - r->saved_step >= r->plan->checkpoint_every ||
                                              now() - r->saved_at > CHECKPOINT_SECONDS);
        return is_due ? save(ctx, r) : IL_OK;
    }
    IL_TRY(save(ctx, r));
    char so_far[64];
    snprintf(so_far, sizeof so_far, "stopped after %.6g of %.6g ps", at.time * 1e-3,
             (double)r->total_steps * stage->options.dt * 1e-3);
    return ili_stopped(ctx, so_far, r->plan->dir ? r->checkpoint : NULL);
}

/** From refresh to refresh to the end of the stage; the integrator's own progress is not shown, the run's is. */
static il_status run_stage(il_context *ctx, run *r) {
    int n = gather_observers(r);
    while (ili_md_left(r->md) > 0) {
        il_progress_fn shown = ctx->progress;
        ctx->progress = NULL;
        il_status status = ili_md_run(ctx, r->md, 1, r->observers, n);
        ctx->progress = shown;
        IL_TRY(status);
        if (ili_md_left(r->md) > 0) IL_TRY(between(ctx, r));
    }
    return IL_OK;
}

static il_status run_all(il_context *ctx, run *r) {
    const ili_run_plan *p = r->plan;
    if (r->summary->resumed_at < 0) IL_TRY(save(ctx, r)); /* the folder is this job's from now on */
    while (r->stage < p->n_stages) {
        IL_TRY(run_stage(ctx, r));
        if (++r->stage < p->n_stages) IL_TRY(ili_md_stage(ctx, r->md, &p->stages[r->stage].options));
        IL_TRY(save(ctx, r));
    }
    return IL_OK;
}

static ili_run_mean mean_of(const ili_trace *trace) {
    return (ili_run_mean){ili_trace_mean(trace), ili_trace_sigma(trace)};
}

void ili_run_stage_conclude(ili_run_stage *s, double dt) {
    const double interval = ILI_RUN_SAMPLE_EVERY * dt;
    s->temperature = mean_of(&s->trace.temperature);
    s->potential = mean_of(&s->trace.potential);
    s->pressure = mean_of(&s->trace.pressure);
    s->volume = mean_of(&s->trace.volume);
    ili_trace_slope(&s->trace.conserved, &s->drift.value, &s->drift.sigma);
    s->drift.value /= interval;
    s->drift.sigma /= interval;
}

static void summarise(const run *r, double wall) {
    ili_run_summary *summary = r->summary;
    const ili_md_frame at = ili_md_now(r->md);
    for (int k = 0; k < r->plan->n_stages; k++)
        ili_run_stage_conclude(&summary->stage[k], r->plan->stages[k].options.dt);
    summary->steps = at.step;
    summary->time = at.time;
    summary->frames = r->frames;
    summary->drift_removed = ili_md_drift(r->md);
    summary->wall_s = wall;
    summary->ns_per_day = at.step > r->first_step ? speed(r) : NAN;
}

il_status ili_run_stages(il_context *ctx, const ili_run_plan *plan, il_ff *ff, const il_model *model,
                         il_system *sys, ili_run_summary *summary) {
    run r = {.plan = plan, .model = model, .sys = sys, .summary = summary};
    char lock[ILI_PATH_MAX];
    il_status status;
    memset(summary, 0, sizeof *summary);
    summary->resumed_at = -1;
    summary->mass = ili_binding_mass(ili_ff_binding(ff));
    for (int s = 0; s < plan->n_stages; s++) r.total_steps += plan->stages[s].options.n_steps;
    r.observers = ili_alloc((size_t)(OWN_OBSERVERS + plan->n_watchers), sizeof *r.observers);
    if (!r.observers) IL_GO(ili_no_memory(ctx, "the observers of a run"));
    IL_GO(ili_run_check(ctx, plan, model, sys));
    IL_GO(name_files(ctx, &r));
    IL_GO(join(ctx, &r, "lock", lock));
    if (plan->dir) {
        IL_GO(ili_lock_take(ctx, lock, &r.lock));
        ili_remove_stale(plan->dir, plan->stem);
        ili_remove_stale(plan->dir, "final"); /* written once this is over, by whoever asked for the run */
    }
    IL_GO(make_run(ctx, &r, ff));
    r.started = r.saved_at = now();
    if (r.stage < plan->n_stages) {
        IL_GO(open_files(ctx, &r));
        IL_GO(run_all(ctx, &r));
        IL_GO(close_files(ctx, &r));
    }
    summarise(&r, now() - r.started);
    IL_GO(ili_md_export(ctx, r.md, sys));
    ili_free(sys->f); /* those of a file or of the relaxation */
    sys->f = NULL;
out:
    if (status != IL_OK) {
        char message[ILI_MESSAGE_MAX]; /* of the failure, not of what closing adds */
        memcpy(message, ctx->message, sizeof message);
        close_files(ctx, &r);
        memcpy(ctx->message, message, sizeof message);
    }
    ili_md_destroy(&r.md);
    ili_lock_release(&r.lock);
    ili_free(r.observers);
    return status;
}
