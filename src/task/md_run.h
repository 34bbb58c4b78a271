/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A run of dynamics in stages, with its files: checkpoint, trajectory, thermo table. A run that was stopped, killed or lost its
 *  machine goes on from the last checkpoint and ends with the same bits. Used by the verbs md and diffuse. */
#ifndef ILI_TASK_MD_RUN_H
#define ILI_TASK_MD_RUN_H

#include "io/table.h"
#include "math/trace.h"
#include "md/md.h"
#include "task/ff_options.h"
#include "task/stage_text.h"

/** One stage; task/md_options.h makes it from what the user wrote. */
typedef struct ili_md_stage_plan {
    ili_md_options options; /**< n_steps set */
    char text[ILI_STAGE_TEXT_MAX];
} ili_md_stage_plan;

/** Someone who watches one stage and whose sums are kept in the checkpoint. */
typedef struct ili_run_watcher {
    int stage; /**< of which stage, -1: of all */
    ili_md_observer observer;
    void (*carry)(void *user, ili_bytes *bytes); /**< may be NULL */
} ili_run_watcher;

typedef struct ili_run_plan {
    const char *dir, *stem; /**< files DIR/STEM.ckpt, STEM.nc, STEM.thermo.tsv; dir NULL: none are written */
    uint64_t key;           /**< identity of the job: a checkpoint with another key is refused */
    bool fresh;             /**< start over */
    bool
        needs_no_files; /**< read back, when finished, also where trajectory and table were deleted, with a warning */
    bool relax_first; /**< a short minimisation of the atoms before the first step */
    int n_stages;
    ili_md_stage_plan stages[ILI_STAGES_MAX];
    int64_t checkpoint_every, trajectory_every, thermo_every; /**< steps; 0: none */
    const char *trajectory_ending;                            /**< "nc" or "extxyz" */
    bool with_velocities;                                     /**< in the trajectory */
    const ili_run_watcher *watchers;
    int n_watchers;
} ili_run_plan;

/** Mean over a stage; error of the mean from its autocorrelation, NaN when the stage is too short to tell. */
typedef struct ili_run_mean {
    double value, sigma;
} ili_run_mean;

enum { ILI_RUN_SAMPLE_EVERY = 10 /**< steps */ };

typedef struct ili_run_stage {
    int64_t samples;
    ili_run_mean temperature; /**< K */
    ili_run_mean potential;   /**< eV */
    ili_run_mean pressure;    /**< eV/angstrom^3, trace/3 */
    ili_run_mean volume;      /**< angstrom^3 */
    ili_run_mean drift;       /**< eV/fs, slope of the conserved quantity */
    /** The same in time, samples ILI_RUN_SAMPLE_EVERY steps apart. */
    struct {
        ili_trace temperature, potential, pressure, volume, conserved;
    } trace;
} ili_run_stage;

/** Large: keep it on the heap. */
typedef struct ili_run_summary {
    int64_t steps, resumed_at; /**< all; -1: was not resumed */
    double time;               /**< fs */
    double wall_s, ns_per_day; /**< of this sitting; ns_per_day NaN when nothing was left to do */
    int64_t frames;            /**< of the trajectory */
    double mass;               /**< g/mol, of all atoms by the model */
    double drift_removed;      /**< angstrom/fs, see ili_md_drift; NaN: not told */
    ili_run_stage stage[ILI_STAGES_MAX];
} ili_run_summary;

/* What a run by another engine shares with ours. */

/** What ili_md_check refuses of a stage, with the text of the stage before it. */
il_status ili_run_check(il_context *ctx, const ili_run_plan *plan, const il_model *model,
                        const il_system *sys);
/** STEM.thermo.tsv, and a row of it; stage from 0. */
il_status ili_run_table_open(il_context *ctx, const char *path, int64_t keep_rows, ili_table **out);
il_status ili_run_table_row(il_context *ctx, ili_table *table, int stage, const ili_md_frame *frame);
/** One of the samples ILI_RUN_SAMPLE_EVERY steps apart; means and errors of them all (dt in fs). */
void ili_run_stage_sample(ili_run_stage *stage, const ili_md_frame *frame);
void ili_run_stage_conclude(ili_run_stage *stage, double dt);

/** Run or finish the plan: sys holds the final state afterwards (positions not wrapped, velocities). The force field is made from
 *  sys as it is given, before any relaxation. Progress: one sentence with ns/day; time left is the caller's to show.
 *  IL_E_INTERRUPTED: a checkpoint was written, the message says how to go on; IL_E_INPUT: what ili_md_check refuses, or DIR holds
 *  another job; IL_E_FILE: another process runs this job;
 *  IL_E_STORAGE: what the checkpoint counts on was deleted, or the disk is full. */
il_status ili_run_stages(il_context *ctx, const ili_run_plan *plan, il_ff *ff, const il_model *model,
                         il_system *sys, ili_run_summary *summary);

#endif
