/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/diffuse_lammps.h"

#include "base/alloc.h"
#include "base/file.h"
#include "task/lammps_dynamics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** Everything of one run on its way. */
typedef struct way {
    const ili_diffuse_settings *o;
    ili_diffuse_run *run;
    ili_lammps lammps; /**< ours, for its notes; the rest is borrowed */
    char folder[ILI_PATH_MAX];
    ili_run_plan *before, *plan;
    ili_run_summary *before_summary, *summary;
    il_system *start, *last;
    ili_lammps_job job;
    int64_t every; /**< steps between frames */
} way;

static void way_free(way *w) {
    ili_lammps_job_close(&w->job);
    il_system_destroy(&w->start);
    il_system_destroy(&w->last);
    ili_free(w->before);
    ili_free(w->plan);
    ili_free(w->before_summary);
    ili_free(w->summary);
    ili_free(w);
}

static il_status way_make(il_context *ctx, const ili_diffuse_settings *o, ili_diffuse_run *run, way **out) {
    way *w = *out = ili_alloc(1, sizeof *w);
    if (!w) return ili_no_memory(ctx, "a run by LAMMPS");
    w->o = o;
    w->run = run;
    w->lammps = *o->lammps;
    w->before = ili_alloc(1, sizeof *w->before);
    w->plan = ili_alloc(1, sizeof *w->plan);
    w->before_summary = ili_alloc(1, sizeof *w->before_summary);
    w->summary = ili_alloc(1, sizeof *w->summary);
    if (!w->before || !w->plan || !w->before_summary || !w->summary)
        return ili_no_memory(ctx, "a run by LAMMPS");
    IL_TRY(ili_diffuse_run_folder(ctx, o, run, w->folder));
    IL_TRY(ili_system_copy(ctx, run->start, &w->last));
    return ili_system_copy(ctx, run->start, &w->start);
}

/** A trajectory is made of the frames that transport needs. */
static void match_trajectory(way *w) {
    ili_run_plan *p = w->plan;
    if (p->trajectory_every == 0 || p->trajectory_every % w->every == 0) return;
    const int64_t times = llround((double)p->trajectory_every / (double)w->every);
    p->trajectory_every = w->every * (times > 1 ? times : 1);
    ili_lammps_note(&w->lammps.notes,
                    "frames of the trajectory are %lld steps apart, a multiple of those of transport",
                    (long long)p->trajectory_every);
}

static il_status make_plans(il_context *ctx, way *w) {
    const ili_diffuse_settings *o = w->o;
    ili_md_choice_plan(&o->md, w->plan);
    w->every = llround(o->frame_time / o->md.dt);
    w->plan->dir = o->dir ? w->folder : NULL;
    w->plan->stem = "production";
    w->plan->key = ili_diffuse_run_key(o, w->run);
    w->plan->fresh = o->fresh;
    w->plan->relax_first = !(o->equilibrate > 0.0);
    match_trajectory(w);
    IL_TRY(ili_diffuse_run_check(ctx, o, w->plan, w->run, w->start));
    if (!(o->equilibrate > 0.0)) return IL_OK;
    w->before->relax_first = true;
    return ili_diffuse_run_stage(ctx, o, w->run, o->equilibration, o->equilibrate, w->run->seed, w->before);
}

static il_status write_structure(il_context *ctx, const way *w, const char *name, const il_system *sys) {
    char path[ILI_PATH_MAX];
    if (!w->o->dir) return IL_OK;
    IL_TRY(ili_path_join(ctx, path, w->folder, "%s", name));
    return il_system_write(ctx, sys, path);
}

/** Transport and further observables from the dump, in our frame. */
static il_status analyse(il_context *ctx, way *w) {
    char dump[ILI_PATH_MAX];
    IL_TRY(ili_lammps_job_path(ctx, &w->job, dump, "dump"));
    if (access(dump, F_OK) != 0)
        return ili_fail(
            ctx, IL_E_STORAGE,
            "%s: gone, though its run is finished; bring it back, or run with --fresh to make it again",
            dump);
    w->run->trajectory = dump;
    w->run->turn = &w->job.turn;
    il_status status = ili_diffuse_run_trajectory(ctx, w->o, w->run->start, 0.0, w->run);
    w->run->trajectory = NULL;
    w->run->turn = NULL;
    const int64_t expected = w->plan->stages[0].options.n_steps / w->every + 1;
    if (status == IL_OK && w->run->frames != expected)
        return ili_fail(
            ctx, IL_E_STORAGE,
            "%s: has %lld frames, expected %lld: LAMMPS does not notice a full disk; run with --fresh when "
            "there is room",
            dump, (long long)w->run->frames, (long long)expected);
    return status;
}

static il_status read_back(il_context *ctx, way *w, const ili_lammps_dynamics *d, double seconds) {
    const ili_run_plan *p = w->plan;
    char path[ILI_PATH_MAX];
    int64_t frames;
    w->run->dynamics.volume = (ili_run_mean){NAN, NAN};
    IL_TRY(ili_lammps_dynamics_read(ctx, &w->job, d, seconds, w->last, w->before_summary, w->summary));
    ili_diffuse_run_keep(w->run, w->summary);
    if (d->takes_mean_cell) w->run->dynamics.volume = w->before_summary->stage[0].volume;
    IL_TRY(analyse(ctx, w));
    if (p->dir && p->trajectory_every > 0) {
        IL_TRY(ili_path_join(ctx, path, p->dir, "%s.%s", p->stem, p->trajectory_ending));
        IL_TRY(ili_lammps_dynamics_trajectory(ctx, &w->job, d, p->trajectory_every, path, &frames));
    }
    return write_structure(ctx, w, "final.extxyz", w->last);
}

il_status ili_diffuse_run_lammps(il_context *ctx, const ili_diffuse_settings *o, ili_diffuse_run *run) {
    way *w = NULL;
    char title[160];
    double seconds;
    il_status status;
    IL_GO(way_make(ctx, o, run, &w));
    IL_GO(make_plans(ctx, w));
    snprintf(title, sizeof title, "transport: %s", run->name);
    const ili_lammps_dynamics d = {.out_dir = o->dir,
                                   .name = run->name,
                                   .title = title,
                                   .before = o->equilibrate > 0.0 ? w->before : NULL,
                                   .takes_mean_cell = o->equilibrate > 0.0 && o->equilibration == ILI_NPT,
                                   .plan = w->plan,
                                   .frames_every = w->every,
                                   .with_velocities =
                                       w->plan->with_velocities || ili_observe_wants(o->observe, "vacf"),
                                   .model = o->model,
                                   .settings = &o->ff};
    IL_GO(ili_lammps_dynamics_run(ctx, &w->lammps, &d, o->decks_only, w->start, &w->job, &seconds));
    IL_GO(write_structure(ctx, w, "start.extxyz", w->start));
    if (!o->decks_only) IL_GO(read_back(ctx, w, &d, seconds));
    run->notes = w->lammps.notes;
out:
    if (w) way_free(w);
    return status;
}

void ili_diffuse_hand_back(const ili_diffuse_run *runs, int n_runs, char *text, size_t size) {
    const ili_carriers *c = runs[0].carriers;
    size_t used = 0;
    bool is_one = true;
    for (int k = 1; k < n_runs; k++) is_one = is_one && runs[k].temperature == runs[0].temperature;
#define ADD(...) used += used < size ? (size_t)snprintf(text + used, size - used, __VA_ARGS__) : 0
    ADD("--from ");
    for (int k = 0; k < n_runs; k++) ADD("%s%s/%s.dump", k ? "," : "", runs[k].name, runs[k].name);
    ADD(" --temperatures ");
    for (int k = 0; k < (is_one ? 1 : n_runs); k++) ADD("%s%g", k ? "," : "", runs[k].temperature);
    if (runs[0].realisation == runs[n_runs - 1].realisation || n_runs == 1)
        ADD(" --topology %s/start.extxyz", runs[0].name);
    ADD(" --species ");
    for (int g = 0; g < c->n_groups; g++) ADD("%s%s", g ? "," : "", c->groups[g].name);
    ADD(" --charges ");
    for (int g = 0; g < c->n_groups; g++) ADD("%s%s=%g", g ? "," : "", c->groups[g].name, c->groups[g].z);
#undef ADD
}
