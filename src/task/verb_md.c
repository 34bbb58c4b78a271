/* SPDX-License-Identifier: GPL-3.0-or-later */
/** `interlith md`: molecular dynamics in stages, with checkpoints. */
#include "base/alloc.h"
#include "base/file.h"
#include "task/engine_options.h"
#include "task/job_key.h"
#include "task/lammps_dynamics.h"
#include "task/md_options.h"
#include "task/md_report.h"
#include "task/verbs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct md_options {
    ili_ff_choice ff;
    ili_md_choice md;
    ili_engine_choice engine;
    char ensemble[IL_TEXT_MAX], stages[IL_TEXT_MAX];
    double temperature, time; /**< K, ps */
    int fresh;
} md_options;

static const il_option OPTIONS[] = {
    ILI_FF_OPTION_ROWS(md_options, ff),
    ILI_MD_ROW("ensemble", CHOICE, md_options, ensemble, .choices = "nve|nvt|npt",
               .help = "what is kept; not given: nvt"),
    ILI_MD_ROW("temperature", REAL, md_options, temperature, .letter = 't', .preset = "300", .low = 1e-3,
               .high = 1e5, .unit = "K",
               .help = "of the baths, and at which velocities are drawn when FILE has none"),
    ILI_MD_ROW("time", REAL, md_options, time, .low = 1e-6, .high = 1e9, .unit = "ps",
               .help = "length of the run"),
    ILI_MD_ROW("stages", TEXT, md_options, stages, .check = ili_stages_check,
               .help = "in place of ensemble and time: what is run one after the other, such as "
                       "'npt 300-900 K 20 ps, nve 5 ps'; a list in a job file"),
    ILI_MD_OPTION_ROWS(md_options, md),
    ILI_ENGINE_OPTION_ROWS(md_options, engine),
    ILI_MD_ROW("fresh", FLAG, md_options, fresh,
               .help = "start over instead of going on from the checkpoint in DIR"),
    {.name = NULL},
};

/** The stages that the user wrote, or the one that ensemble, temperature and time make. */
static il_status plan_stages(il_context *ctx, const md_options *o, ili_run_plan *plan) {
    ili_stage_text stages[ILI_STAGES_MAX];
    const char *where = "option 'stages'";
    if (o->stages[0] && (o->ensemble[0] || !isnan(o->time)))
        return ili_fail(ctx, IL_E_USAGE,
                        "stages are given beside ensemble or time, which a stage states itself; keep one of "
                        "the two ways");
    if (!o->stages[0] && isnan(o->time))
        return ili_fail(ctx, IL_E_USAGE, "the run has no length: add --time PS, or stages");
    if (o->stages[0]) {
        IL_TRY(ili_stages_read(ctx, o->stages, where, stages, &plan->n_stages));
    } else {
        char text[ILI_STAGE_TEXT_MAX];
        if (strcmp(o->ensemble, "nve") == 0) /* its temperature is that of the velocities */
            snprintf(text, sizeof text, "nve %.10g ps", o->time);
        else
            snprintf(text, sizeof text, "%.3s %.10g K %.10g ps", o->ensemble[0] ? o->ensemble : "nvt",
                     o->temperature, o->time);
        IL_TRY(ili_stage_read(ctx, text, where, &stages[0]));
        plan->n_stages = 1;
    }
    for (int k = 0; k < plan->n_stages; k++)
        plan->stages[k] = ili_md_choice_stage(&o->md, &stages[k], o->temperature, ctx->seed);
    ili_md_choice_plan(&o->md, plan);
    return IL_OK;
}

static void report_cell(il_report *report, const ili_cell *cell) {
    double length[3], angle[3];
    ili_cell_parameters(cell, length, angle);
    ili_json *json = ili_json_child(report->json, "cell_final");
    ili_json_reals(json, "lengths_A", length, 3);
    ili_json_reals(json, "angles_deg", angle, 3);
    ili_json_rows(json, "vectors_A", cell->h[0], 3, 3);
    ili_json_real(json, "volume_A3", ili_cell_volume(cell));
    ili_report_print(report, "final cell %.5f %.5f %.5f A %.3f %.3f %.3f deg\n", length[0], length[1],
                     length[2], angle[0], angle[1], angle[2]);
}

static il_status report_files(il_context *ctx, il_report *report, bool is_lammps, const ili_run_plan *plan,
                              const ili_run_summary *summary, const il_system *sys) {
    char path[ILI_PATH_MAX], name[128];
    if (!plan->dir) return IL_OK;
    ili_json *files = ili_json_list(report->json, "files");
    IL_TRY(ili_path_join(ctx, path, plan->dir, "final.extxyz"));
    IL_TRY(il_system_write(ctx, sys, path));
    ili_json_push_string(files, "final.extxyz");
    const char *const endings[] = {"ckpt", "thermo.tsv", plan->trajectory_ending};
    for (int k = is_lammps; k < 3 && endings[k]; k++) {
        snprintf(name, sizeof name, "%s.%s", plan->stem, endings[k]);
        ili_json_push_string(files, name);
    }
    IL_TRY(ili_md_report_pictures(ctx, plan, summary, sys, files));
    ili_report_print(report, "written: %s, the %s, the trajectory and the thermo table beside it\n", path,
                     is_lammps ? "deck" : "checkpoint");
    return IL_OK;
}

static il_status report_run(il_context *ctx, il_report *report, const ili_ff_session *s, bool is_lammps,
                            const ili_run_plan *plan, const ili_run_summary *summary) {
    char formula[256];
    ili_ff_report_settings(report, s->model, s->ff);
    ili_report_formula(report, s->sys, formula, sizeof formula);
    ili_report_print(report, "%s, %d atoms\n", formula, s->sys->n_atoms);
    ili_md_report_json(report->json, plan, summary, s->sys);
    ili_md_report_text(report, plan, summary, s->sys);
    report_cell(report, &s->sys->cell);
    return report_files(ctx, report, is_lammps, plan, summary, s->sys);
}

/** Frames of LAMMPS as a trajectory of ours; the dump then goes. One that went before has left the trajectory. */
static il_status take_frames(il_context *ctx, const ili_lammps_job *job, const ili_lammps_dynamics *d,
                             ili_run_summary *summary) {
    char path[ILI_PATH_MAX], dump[ILI_PATH_MAX];
    if (d->frames_every == 0) return IL_OK;
    IL_TRY(ili_path_join(ctx, path, d->plan->dir, "%s.%s", d->plan->stem, d->plan->trajectory_ending));
    IL_TRY(ili_lammps_job_path(ctx, job, dump, "dump"));
    if (access(dump, F_OK) == 0) {
        const int64_t expected = summary->steps / d->frames_every + 1;
        IL_TRY(ili_lammps_dynamics_trajectory(ctx, job, d, d->frames_every, path, &summary->frames));
        if (summary->frames != expected)
            return ili_fail(
                ctx, IL_E_STORAGE,
                "%s: has %lld frames, expected %lld: LAMMPS does not notice a full disk; run with --fresh "
                "when there is room",
                dump, (long long)summary->frames, (long long)expected);
        unlink(dump);
    }
    if (access(path, F_OK) == 0) return IL_OK;
    return ili_fail(ctx, IL_E_STORAGE, "%s: gone; bring it back, or run with --fresh to make it again", path);
}

/** The same by LAMMPS; of a deck alone nothing comes back. */
static il_status run_lammps(il_context *ctx, il_report *report, const md_options *o, const ili_run_plan *plan,
                            ili_ff_session *s, ili_run_summary *summary) {
    const il_ff_options settings = ili_ff_choice_dynamics(&o->ff);
    const ili_lammps_dynamics d = {.out_dir = plan->dir,
                                   .name = "md",
                                   .title = "molecular dynamics",
                                   .plan = plan,
                                   .frames_every = plan->dir ? plan->trajectory_every : 0,
                                   .with_velocities = plan->with_velocities,
                                   .model = s->model,
                                   .settings = &settings};
    ili_lammps_job job = {.lammps = NULL};
    ili_lammps lammps;
    il_system *start = NULL;
    double seconds;
    il_status status;
    IL_TRY(ili_lammps_find(ctx, &o->engine, &lammps));
    IL_GO(ili_system_copy(ctx, s->sys, &start));
    IL_GO(ili_lammps_dynamics_run(ctx, &lammps, &d, o->engine.deck, start, &job, &seconds));
    if (o->engine.deck) {
        ili_lammps_report_deck(report, ili_json_list(report->json, "decks"), plan->dir, d.name);
    } else {
        IL_GO(ili_lammps_dynamics_read(ctx, &job, &d, seconds, s->sys, NULL, summary));
        IL_GO(take_frames(ctx, &job, &d, summary));
    }
    ili_lammps_report(report, &lammps, d.name);
out:
    ili_lammps_job_close(&job);
    il_system_destroy(&start);
    ili_lammps_free(&lammps);
    return status;
}

static il_status run(il_context *ctx, int n_inputs, const char *const *inputs, const void *options,
                     const char *out_dir, il_report **report) {
    static const char *const does_not_matter[] = {ILI_MD_OPTIONS_THAT_DO_NOT_MATTER,
                                                  ILI_ENGINE_OPTIONS_THAT_DO_NOT_MATTER, NULL};
    const md_options *o = options;
    const il_ff_options settings = ili_ff_choice_dynamics(&o->ff);
    ili_ff_session s = {0};
    ili_run_plan plan = {.dir = out_dir, .stem = "md", .fresh = o->fresh};
    ili_run_summary *summary = NULL;
    bool is_lammps;
    il_status status;
    IL_GO(ili_report_create(ctx, report));
    IL_GO(ili_engine_is_lammps(ctx, &o->engine, o->ff.precision, out_dir, &is_lammps));
    IL_GO(plan_stages(ctx, o, &plan));
    IL_GO(ili_ff_session_read(ctx, *report, inputs[0], &o->ff, &s));
    IL_GO(ili_md_choice_repeat(ctx, &o->md, &s.sys));
    IL_GO(ili_ff_session_bind(ctx, &settings, &s));
    const ili_job_parts parts = {.rows = OPTIONS,
                                 .options = options,
                                 .but = does_not_matter,
                                 .model = s.model,
                                 .inputs = inputs,
                                 .n_inputs = n_inputs};
    IL_GO(ili_job_key(ctx, &parts, &plan.key));
    summary = ili_alloc(1, sizeof *summary);
    if (!summary) IL_GO(ili_no_memory(ctx, "the results of a run"));
    if (!out_dir) ili_warn(ctx, "no -o DIR was given: nothing but this summary is kept of the run");
    if (o->fresh) ili_report_forget(out_dir, "md");
    if (is_lammps)
        IL_GO(run_lammps(ctx, *report, o, &plan, &s, summary));
    else
        IL_GO(ili_run_stages(ctx, &plan, s.ff, s.model, s.sys, summary));
    if (!o->engine.deck) IL_GO(report_run(ctx, *report, &s, is_lammps, &plan, summary));
out:
    ili_free(summary);
    ili_ff_session_free(&s);
    return status;
}

const il_verb ili_verb_md = {
    .name = "md",
    .usage = "md FILE -p MODEL --time PS [--ensemble nve|nvt|npt] [-t K] [-o DIR] [options]  |  md JOB.yaml",
    .summary = "molecular dynamics: one run, or stages with ramps",
    .details =
        "Writes md.json, final.extxyz, the trajectory md.nc, md.thermo.tsv and pictures to DIR. A run that "
        "was stopped or\n"
        "killed goes on from DIR/md.ckpt when the same command is given again, and ends with the same bits; "
        "a finished one\n"
        "is read back. docs/formats.md, \"Dynamics\", has the grammar of stages and the files; "
        "docs/theory.md "
        "section 9 the equations.",
    .options = OPTIONS,
    .options_size = sizeof(md_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .run = run,
};
