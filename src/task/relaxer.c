/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/relaxer.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

static bool is_for_lammps(const ili_relaxer *r, const ili_relax_options *o) {
    return r && r->lammps && o->method == ILI_RELAX_LBFGS && !o->fixed;
}

/** The minimum as LAMMPS finds it; `told` says how it ended. */
static il_status by_lammps(il_context *ctx, ili_lammps *lammps, const ili_lammps_job_plan *plan,
                           const ili_relax_options *o, il_system *sys, ili_relax_result *told) {
    ili_lammps_job job = {.lammps = NULL};
    il_status status;
    IL_GO(ili_lammps_job_open(ctx, lammps, plan, &job));
    const ili_lammps_script script = ili_lammps_job_script(&job);
    IL_GO(ili_lammps_script_relax(ctx, &script, o));
    IL_GO(ili_lammps_relax(ctx, &job, o, sys, told));
out:
    /* messages of failures name the files of LAMMPS; else nobody needs them any more */
    job.folder.is_scratch = job.folder.is_scratch || (status != IL_E_PROGRAM && status != IL_E_STORAGE);
    ili_lammps_job_close(&job);
    return status;
}

/** The same from a copy; what blew up is put back to where it began. */
static il_status begin(il_context *ctx, const ili_relaxer *r, const il_model *model,
                       const il_ff_options *settings, const ili_relax_options *o, il_system *sys,
                       ili_relax_result *told) {
    ili_lammps lammps = *r->lammps; /* its notes are not for others */
    il_system *before;
    IL_TRY(ili_system_copy(ctx, sys, &before));
    const ili_lammps_job_plan plan = {.out_dir = r->dir,
                                      .name = r->name,
                                      .title = o->label ? o->label : "relaxation",
                                      .model = model,
                                      .settings = settings,
                                      .sys = before};
    il_status status = by_lammps(ctx, &lammps, &plan, o, sys, told);
    if (status == IL_E_NONFINITE) {
        sys->cell = before->cell;
        memcpy(sys->x, before->x, (size_t)sys->n_atoms * sizeof *sys->x);
        *told = (ili_relax_result){.verdict = "LAMMPS lost atoms or overflowed"};
        ili_warn(ctx,
                 "LAMMPS lost atoms or overflowed in a relaxation (%s); Interlith's own minimiser did it "
                 "from its start",
                 plan.title);
        status = IL_OK;
    }
    il_system_destroy(&before);
    return status;
}

void ili_relaxer_found(ili_relaxer *r, const ili_relax_result *result) {
    if (!r->lammps) return;
    r->count.all++;
    r->count.finished_here += result->steps > 0;
}

void ili_relaxer_add(ili_relaxer_count *sum, const ili_relaxer_count *more) {
    sum->all += more->all;
    sum->finished_here += more->finished_here;
}

il_status ili_relaxer_relax(il_context *ctx, ili_relaxer *r, const il_model *model,
                            const il_ff_options *settings, const ili_relax_options *o, il_system *sys,
                            ili_relax_result *result) {
    const bool is_theirs = is_for_lammps(r, o);
    ili_relax_result told = {0};
    il_ff *ff = NULL;
    *result = told;
    if (is_theirs) IL_TRY(begin(ctx, r, model, settings, o, sys, &told));
    il_status status = il_ff_create(ctx, model, sys, settings, &ff);
    if (status == IL_OK)
        status = ili_relax_system(ctx, ff, sys, o, result); /* no step where it is a minimum */
    il_ff_destroy(&ff);
    if (!is_theirs || status == IL_E_INTERRUPTED) return status;
    r->count.all++;
    r->count.finished_here += status != IL_OK || result->steps > 0;
    if (result->steps > 0) {
        char ours[sizeof result->verdict];
        memcpy(ours, result->verdict, sizeof ours);
        snprintf(result->verdict, sizeof result->verdict, "%.100s; then here: %.140s", told.verdict, ours);
    }
    return status;
}

il_status ili_relaxer_deck(il_context *ctx, ili_lammps *lammps, const ili_lammps_job_plan *plan,
                           const ili_relax_options *options) {
    ili_lammps_job job = {.lammps = NULL};
    IL_TRY(ili_lammps_job_open(ctx, lammps, plan, &job));
    const ili_lammps_script script = ili_lammps_job_script(&job);
    const il_status status = ili_lammps_script_relax(ctx, &script, options);
    ili_lammps_job_close(&job);
    return status;
}

void ili_relaxer_report(il_report *report, ili_lammps *lammps, const char *name,
                        const ili_relaxer_count *count) {
    ili_lammps_note(&lammps->notes, "relaxations: conjugate gradients, then FIRE, of LAMMPS; where they stop "
                                    "short of the tolerance, Interlith's own minimiser goes on");
    ili_lammps_note(&lammps->notes,
                    "by Interlith: energies, forces and stress of what was relaxed, and all that is computed "
                    "between relaxations");
    ili_json *engine = ili_lammps_report(report, lammps, name);
    ili_json_int(engine, "relaxations", count->all);
    ili_json_int(engine, "relaxations_finished_by_interlith", count->finished_here);
    if (lammps->version[0])
        ili_report_print(report, "  %d relaxations, %d of them finished by Interlith's own minimiser\n",
                         count->all, count->finished_here);
}
