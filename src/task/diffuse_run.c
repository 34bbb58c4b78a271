/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/diffuse_run.h"

#include "base/alloc.h"
#include "base/file.h"
#include "io/trajectory.h"
#include "math/vec.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CELL_EVERY = 10 /**< steps */ };

void ili_diffuse_run_free(ili_diffuse_run *run) {
    for (int k = 0; k <= ILI_GROUPS_MAX; k++) {
        ili_free(run->curve[k].lag);
        run->curve[k] = (ili_diffuse_curve){0};
    }
    ili_observe_destroy(&run->observe);
}

/* ---- what watches ---------------------------------------------------------------------------------- */

/** Mean cell from a step on. */
typedef struct cell_mean {
    double sum[9];
    int64_t n, from;
} cell_mean;

static void add_cell(cell_mean *mean, const ili_cell *cell) {
    for (int k = 0; k < 9; k++) mean->sum[k] += cell->h[k / 3][k % 3];
    mean->n++;
}

static il_status see_cell(il_context *ctx, void *user, const ili_md_frame *frame) {
    (void)ctx;
    cell_mean *mean = user;
    if (frame->step > mean->from) add_cell(mean, frame->cell);
    return IL_OK;
}

static void carry_cell(void *user, ili_bytes *bytes) {
    cell_mean *mean = user;
    ili_bytes_carry(bytes, mean->sum, sizeof mean->sum);
    ili_bytes_carry(bytes, &mean->n, sizeof mean->n);
}

static ili_cell mean_cell(const cell_mean *mean, const ili_cell *last) {
    ili_cell cell = *last;
    for (int k = 0; k < 9 && mean->n > 0; k++) cell.h[k / 3][k % 3] = mean->sum[k] / (double)mean->n;
    return cell;
}

/** Transport, further observables and mean cell of the frames it is shown. */
typedef struct watch {
    ili_transport *transport;
    ili_observe *observe; /**< NULL: none */
    cell_mean cell;
    double (*s)[3]; /**< [n] fractional */
    int32_t n;
} watch;

static void to_fractional(const ili_cell *cell, int32_t n, const double (*x)[3], double (*s)[3]) {
    double inverse[3][3];
    ili_inverse(cell->h, inverse);
    for (int32_t i = 0; i < n; i++) ili_vec_mat(x[i], inverse, s[i]);
}

/** The frame whose fractional positions are in w->s. */
static il_status watch_frame(il_context *ctx, watch *w, const ili_cell *cell, const double (*v)[3]) {
    const double(*s)[3] = (const double(*)[3])w->s;
    add_cell(&w->cell, cell);
    if (w->observe) IL_TRY(ili_observe_add(ctx, w->observe, cell, s, v));
    return ili_transport_add(ctx, w->transport, cell, s);
}

static il_status see_frame(il_context *ctx, void *user, const ili_md_frame *frame) {
    watch *w = user;
    to_fractional(frame->cell, frame->n, frame->x, w->s);
    return watch_frame(ctx, w, frame->cell, frame->v);
}

static void carry_watch(void *user, ili_bytes *bytes) {
    watch *w = user;
    carry_cell(&w->cell, bytes);
    ili_transport_carry(w->transport, bytes);
    if (w->observe) ili_observe_carry(w->observe, bytes);
}

static il_status make_observe(il_context *ctx, const ili_diffuse_settings *o, const ili_diffuse_run *run,
                              const il_system *sys, const ili_cell *cell, double frame_time, watch *w) {
    ili_site_list sites = {0};
    ili_layer_planes planes = {.n = 0};
    ili_observe_plan plan = {.names = o->observe,
                             .sys = sys,
                             .carriers = run->carriers,
                             .cell = *cell,
                             .frame_time = frame_time,
                             .temperature = run->temperature,
                             .planes = &planes,
                             .where = run->name};
    il_status status = IL_OK;
    if (o->n_heights)
        ili_layer_planes_given(o->n_heights, o->heights, run->start ? &run->start->cell : cell, &planes);
    else if (run->kinds)
        IL_GO(ili_layer_planes_find(ctx, sys, run->kinds, run->name, &planes));
    if (o->sites && ili_observe_wants(o->observe, "sites")) {
        IL_GO(ili_sites_fill(ctx, o->sites, &o->sites_cell, cell, &sites));
        plan.sites = &sites;
    }
    IL_GO(ili_observe_create(ctx, &plan, &w->observe));
out:
    ili_site_list_free(&sites);
    return status;
}

/** Watch a run of sys whose displacements are measured in this cell. */
static il_status watch_make(il_context *ctx, const ili_diffuse_settings *o, const ili_diffuse_run *run,
                            const il_system *sys, const ili_cell *cell, double frame_time, watch *w) {
    ili_transport_plan plan = ili_carriers_plan(run->carriers, cell, frame_time, run->temperature);
    w->n = plan.n_atoms;
    w->s = ili_alloc((size_t)w->n, sizeof *w->s);
    if (!w->s) return ili_no_memory(ctx, "the positions of a frame");
    IL_TRY(ili_transport_create(ctx, &plan, &w->transport));
    return make_observe(ctx, o, run, sys, cell, frame_time, w);
}

static void watch_free(watch *w) {
    ili_transport_destroy(&w->transport);
    ili_observe_destroy(&w->observe);
    ili_free(w->s);
}

static il_status keep_curve(il_context *ctx, ili_transport_curve from, ili_diffuse_curve *to) {
    const size_t n = (size_t)from.n;
    to->lag = ili_alloc(n + 1, 3 * sizeof *to->lag);
    if (!to->lag) return ili_no_memory(ctx, "a curve of displacements");
    to->n = from.n;
    to->msd = to->lag + n;
    to->sigma = to->msd + n;
    memcpy(to->lag, from.lag, n * sizeof *to->lag);
    memcpy(to->msd, from.msd, n * sizeof *to->msd);
    memcpy(to->sigma, from.sigma, n * sizeof *to->sigma);
    return IL_OK;
}

/** Estimates, curves and mean cell into the run. */
static il_status harvest(il_context *ctx, watch *w, const ili_cell *last, double frame_time,
                         ili_diffuse_run *run) {
    const int groups = run->carriers->n_groups;
    IL_TRY(ili_transport_estimate(ctx, w->transport, &run->result));
    for (int k = 0; k <= groups; k++)
        IL_TRY(keep_curve(ctx, ili_transport_curve_of(w->transport, k < groups ? k : -1), &run->curve[k]));
    run->cell = mean_cell(&w->cell, last);
    run->frames = ili_transport_frames(w->transport);
    run->frame_time = frame_time;
    run->memory = ili_transport_memory(w->transport);
    if (w->observe) run->memory += ili_observe_memory(w->observe);
    run->observe = w->observe;
    w->observe = NULL;
    return IL_OK;
}

/* ---- dynamics -------------------------------------------------------------------------------------- */

/** Progress of one of the two parts of a run as that of the whole. */
typedef struct part {
    il_progress_fn shown;
    void *user;
    double from, width;
} part;

static int show_part(void *user, const char *what, double fraction) {
    const part *p = user;
    return p->shown(p->user, what, p->from + p->width * fraction);
}

static il_status run_part(il_context *ctx, const ili_diffuse_settings *o, const ili_run_plan *plan,
                          double from, double width, il_system *sys, ili_run_summary *summary) {
    il_ff *ff = NULL;
    part shown = {ctx->progress, ctx->progress_user, from, width};
    il_status status = il_ff_create(ctx, o->model, sys, &o->ff, &ff);
    if (shown.shown) il_set_progress(ctx, show_part, &shown);
    if (status == IL_OK) status = ili_run_stages(ctx, plan, ff, o->model, sys, summary);
    if (shown.shown) il_set_progress(ctx, shown.shown, shown.user);
    il_ff_destroy(&ff);
    return status;
}

il_status ili_diffuse_run_stage(il_context *ctx, const ili_diffuse_settings *o, const ili_diffuse_run *run,
                                ili_ensemble ensemble, double time, uint64_t seed, ili_run_plan *plan) {
    static const char *const names[] = {"nve", "nvt", "npt"}; /* order of ili_ensemble */
    ili_stage_text stage;
    char text[ILI_STAGE_TEXT_MAX];
    if (ensemble == ILI_NVE)
        snprintf(text, sizeof text, "nve %.10g ps", 1e-3 * time);
    else
        snprintf(text, sizeof text, "%s %.10g K %.10g ps", names[ensemble], run->temperature, 1e-3 * time);
    IL_TRY(ili_stage_read(ctx, text, run->name, &stage));
    plan->n_stages = 1;
    plan->stages[0] = ili_md_choice_stage(&o->md, &stage, run->temperature, seed);
    return IL_OK;
}

/** Relaxed and brought to temperature; under pressure the mean cell of the second half becomes the cell. */
static il_status equilibrate(il_context *ctx, const ili_diffuse_settings *o, ili_run_plan *plan,
                             ili_diffuse_run *run, double share, il_system *sys, ili_run_summary *summary) {
    cell_mean mean = {.n = 0};
    run->dynamics.volume = (ili_run_mean){NAN, NAN};
    IL_TRY(ili_diffuse_run_stage(ctx, o, run, o->equilibration, o->equilibrate, run->seed, plan));
    mean.from = plan->stages[0].options.n_steps / 2;
    const ili_run_watcher watcher = {.observer = {.every = CELL_EVERY, .user = &mean, .see = see_cell},
                                     .carry = carry_cell};
    plan->stem = "equilibrate";
    plan->relax_first = true;
    plan->trajectory_every = plan->thermo_every = 0;
    plan->watchers = &watcher;
    plan->n_watchers = 1;
    IL_TRY(run_part(ctx, o, plan, 0.0, share, sys, summary));
    if (o->equilibration != ILI_NPT) return IL_OK;
    run->dynamics.volume = summary->stage[0].volume;
    const ili_cell cell = mean_cell(&mean, &sys->cell);
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        double s[3];
        ili_cell_to_frac(&sys->cell, sys->x[i], s);
        ili_cell_to_cart(&cell, s, sys->x[i]);
    }
    sys->cell = cell;
    return IL_OK;
}

il_status ili_diffuse_run_check(il_context *ctx, const ili_diffuse_settings *o, ili_run_plan *plan,
                                const ili_diffuse_run *run, const il_system *sys) {
    watch w = {0};
    il_status status;
    IL_GO(ili_diffuse_run_stage(ctx, o, run, o->production, o->time, run->seed + 1, plan));
    IL_GO(ili_md_check(ctx, &plan->stages[0].options, sys, o->model));
    IL_GO(watch_make(ctx, o, run, sys, &sys->cell, o->frame_time, &w));
out:
    watch_free(&w);
    return status;
}

void ili_diffuse_run_keep(ili_diffuse_run *run, const ili_run_summary *summary) {
    const ili_run_stage *stage = &summary->stage[0];
    run->has_dynamics = true;
    run->dynamics.temperature = stage->temperature;
    run->dynamics.pressure = stage->pressure;
    run->dynamics.potential = stage->potential;
    run->dynamics.drift = stage->drift;
    run->dynamics.drift_removed = summary->drift_removed;
    run->dynamics.steps = summary->steps;
    run->dynamics.resumed_at = summary->resumed_at;
    run->dynamics.ns_per_day = summary->ns_per_day;
}

static il_status produce(il_context *ctx, const ili_diffuse_settings *o, ili_run_plan *plan,
                         ili_diffuse_run *run, double share, il_system *sys, ili_run_summary *summary) {
    watch w = {0};
    il_status status;
    IL_GO(ili_diffuse_run_stage(ctx, o, run, o->production, o->time, run->seed + 1, plan));
    IL_GO(watch_make(ctx, o, run, sys, &sys->cell, o->frame_time, &w));
    const ili_run_watcher watcher = {.observer = {.every = llround(o->frame_time / o->md.dt),
                                                  .at_start = true,
                                                  .user = &w,
                                                  .see = see_frame},
                                     .carry = carry_watch};
    ili_md_choice_plan(&o->md, plan);
    plan->stem = "production";
    plan->relax_first = !(share > 0.0);
    plan->watchers = &watcher;
    plan->n_watchers = 1;
    IL_GO(run_part(ctx, o, plan, share, 1.0 - share, sys, summary));
    ili_diffuse_run_keep(run, summary);
    IL_GO(harvest(ctx, &w, &sys->cell, o->frame_time, run));
out:
    watch_free(&w);
    return status;
}

il_status ili_diffuse_run_folder(il_context *ctx, const ili_diffuse_settings *o, const ili_diffuse_run *run,
                                 char folder[ILI_PATH_MAX]) {
    if (!o->dir) return IL_OK;
    IL_TRY(ili_path_join(ctx, folder, o->dir, "%s", run->name));
    return ili_make_dir(ctx, folder);
}

uint64_t ili_diffuse_run_key(const ili_diffuse_settings *o, const ili_diffuse_run *run) {
    return ili_hash(ili_hash(o->key, run->name, strlen(run->name)), &run->seed, sizeof run->seed);
}

static il_status write_final(il_context *ctx, const char *folder, const il_system *sys) {
    char path[ILI_PATH_MAX];
    IL_TRY(ili_path_join(ctx, path, folder, "final.extxyz"));
    return il_system_write(ctx, sys, path);
}

il_status ili_diffuse_run_dynamics(il_context *ctx, const ili_diffuse_settings *o, ili_diffuse_run *run) {
    il_system *sys = NULL;
    char folder[ILI_PATH_MAX];
    ili_run_plan *plan = ili_alloc(1, sizeof *plan);
    ili_run_summary *summary = ili_alloc(1, sizeof *summary);
    const double share = o->equilibrate / (o->equilibrate + o->time);
    il_status status;
    if (!plan || !summary) IL_GO(ili_no_memory(ctx, "a run"));
    IL_GO(ili_diffuse_run_folder(ctx, o, run, folder));
    IL_GO(ili_system_copy(ctx, run->start, &sys));
    ili_md_choice_plan(&o->md, plan);
    plan->dir = o->dir ? folder : NULL;
    plan->key = ili_diffuse_run_key(o, run);
    plan->fresh = o->fresh;
    plan->needs_no_files = true; /* what transport needs is in the checkpoint */
    IL_GO(ili_diffuse_run_check(ctx, o, plan, run, sys));
    if (o->equilibrate > 0.0) IL_GO(equilibrate(ctx, o, plan, run, share, sys, summary));
    IL_GO(produce(ctx, o, plan, run, share, sys, summary));
    if (o->dir) IL_GO(write_final(ctx, folder, sys));
out:
    il_system_destroy(&sys);
    ili_free(plan);
    ili_free(summary);
    return status;
}

/* ---- trajectories ---------------------------------------------------------------------------------- */

/** A trajectory as it is read. */
typedef struct replay {
    ili_traj_reader *reader;
    double (*raw)[3], (*last)[3]; /**< [n] fractional, of this frame and of the one before */
    double first_time, frame_time;
    int64_t seen, used;
    double previous; /**< fs */
} replay;

/** Are the frames as far apart as the first two? Sets the frame time from these when it is not given. */
static il_status check_time(il_context *ctx, replay *r, const char *path, double time) {
    const double step = time - r->previous;
    r->previous = time;
    if (r->seen == 0) r->first_time = time;
    if (r->seen == 0 || (!isfinite(step) && isfinite(r->frame_time))) return IL_OK;
    if (!isfinite(step))
        return ili_fail(ctx, IL_E_INPUT, "%s: its frames have no times; give --frame-time, in fs", path);
    if (step <= 0.0)
        return ili_fail(ctx, IL_E_INPUT,
                        "%s: frame %lld comes %g fs after the one before, expected times that rise", path,
                        (long long)r->seen, step);
    if (isnan(r->frame_time)) r->frame_time = step;
    /* times are often kept in single precision */
    double slack = 1e-3 * r->frame_time + 4e-7 * fabs(time);
    if (fabs(step - r->frame_time) <= slack) return IL_OK;
    return ili_fail(ctx, IL_E_INPUT,
                    "%s: frame %lld comes %g fs after the one before, expected %g fs as between all others: "
                    "frames are missing, or --frame-time is wrong",
                    path, (long long)r->seen, step, r->frame_time);
}

/** Frame times from the first two frames, and back to the beginning. */
static il_status find_frame_time(il_context *ctx, replay *r, const char *path) {
    ili_traj_frame frame;
    bool more;
    for (int k = 0; k < 2; k++) {
        IL_TRY(ili_traj_next(ctx, r->reader, &frame, &more));
        if (!more)
            return ili_fail(ctx, IL_E_INPUT, "%s: has %d frame%s, expected many", path, k, k == 1 ? "" : "s");
        IL_TRY(check_time(ctx, r, path, frame.time));
        r->seen++;
    }
    r->seen = 0;
    return ili_traj_rewind(ctx, r->reader);
}

static il_status replay_frame(il_context *ctx, replay *r, const char *path, const ili_traj_frame *f,
                              watch *w) {
    to_fractional(&f->cell, f->n, (const double(*)[3])f->x, r->raw);
    if (f->is_continuous)
        memcpy(w->s, r->raw, (size_t)f->n * sizeof *w->s);
    else {
        il_status status =
            ili_unwrap(ctx, &f->cell, f->n, (const double(*)[3])r->raw, r->last, w->s, r->used == 0);
        char reason[ILI_MESSAGE_MAX];
        memcpy(reason, ctx->message, sizeof reason);
        if (status != IL_OK)
            return ili_fail(ctx, status, "%s: frame %lld: %s", path, (long long)r->seen, reason);
    }
    r->used++;
    return watch_frame(ctx, w, &f->cell, (const double(*)[3])f->v);
}

/** Begin at this frame: where atoms are in it tells the layers. */
static il_status watch_from(il_context *ctx, const ili_diffuse_settings *o, const ili_diffuse_run *run,
                            const il_system *sys, const ili_traj_frame *f, double frame_time, watch *w) {
    il_system *now = NULL;
    IL_TRY(ili_system_copy(ctx, sys, &now));
    now->cell = f->cell;
    memcpy(now->x, f->x, (size_t)f->n * sizeof *now->x);
    il_status status = watch_make(ctx, o, run, now, &f->cell, frame_time, w);
    il_system_destroy(&now);
    return status;
}

static il_status replay_all(il_context *ctx, replay *r, const ili_diffuse_settings *o, const il_system *sys,
                            double skip, ili_diffuse_run *run, watch *w, ili_cell *last) {
    ili_traj_frame frame;
    bool more;
    for (;;) {
        IL_TRY(ili_traj_next(ctx, r->reader, &frame, &more));
        if (!more) return IL_OK;
        if (run->turn) ili_lammps_turn_frame(run->turn, &frame);
        IL_TRY(check_time(ctx, r, run->trajectory, frame.time));
        if ((double)r->seen * r->frame_time >= skip - 1e-6) {
            if (!w->transport) IL_TRY(watch_from(ctx, o, run, sys, &frame, r->frame_time, w));
            IL_TRY(replay_frame(ctx, r, run->trajectory, &frame, w));
        }
        *last = frame.cell;
        r->seen++;
        if (r->seen % 100 == 0 && ili_progress(ctx, "reading frames", 0.5))
            return ili_fail(ctx, IL_E_INTERRUPTED, "%s: stopped after %lld frames", run->trajectory,
                            (long long)r->seen);
    }
}

il_status ili_diffuse_run_trajectory(il_context *ctx, const ili_diffuse_settings *o,
                                     const il_system *topology, double skip, ili_diffuse_run *run) {
    replay r = {.frame_time = o->frame_time, .previous = NAN};
    watch w = {0};
    ili_cell last = {0};
    const size_t n = (size_t)run->carriers->n_atoms;
    il_status status;
    r.raw = ili_alloc(n, 2 * sizeof *r.raw);
    if (!r.raw) IL_GO(ili_no_memory(ctx, "the positions of a frame"));
    r.last = r.raw + n;
    IL_GO(ili_traj_open(ctx, run->trajectory, topology, &r.reader));
    IL_GO(find_frame_time(ctx, &r, run->trajectory));
    IL_GO(replay_all(ctx, &r, o, topology ? topology : ili_traj_system(r.reader), skip, run, &w, &last));
    if (r.used < 2)
        IL_GO(ili_fail(ctx, IL_E_INPUT, "%s: %lld of %lld frames are left after %g ps, expected many",
                       run->trajectory, (long long)r.used, (long long)r.seen, 1e-3 * skip));
    IL_GO(harvest(ctx, &w, &last, r.frame_time, run));
out:
    watch_free(&w);
    ili_traj_close_reader(&r.reader);
    ili_free(r.raw);
    return status;
}
