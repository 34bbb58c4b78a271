/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A run of dynamics in stages, with its files: checkpoint, trajectory, thermo table. A run that was stopped, killed or lost its
 *  machine goes on from the last checkpoint and ends with the same bits. Used by the verbs md and diffuse. */
#ifndef ILI_TASK_MD_RUN_H
#define ILI_TASK_MD_RUN_H

#include "md/md.h"
#include "task/ff_options.h"

enum { ILI_STAGES_MAX = 32 };

/** One stage as the job file writes it, "npt 300-900 K 20 ps": see docs/formats.md. */
typedef struct ili_md_stage_plan {
    ili_md_options options; /**< n_steps set */
    char text[96];
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
    int n_stages;
    ili_md_stage_plan stages[ILI_STAGES_MAX];
    int64_t checkpoint_every, trajectory_every, thermo_every; /**< steps; 0: none */
    const char *trajectory_ending;                            /**< "nc" or "extxyz" */
    const ili_run_watcher *watchers;
    int n_watchers;
} ili_run_plan;

typedef struct ili_run_summary {
    int64_t steps, resumed_at; /**< all; -1: was not resumed */
    double time;               /**< fs */
    double wall_s, ns_per_day; /**< of this sitting */
    struct {
        double temperature, temperature_sigma; /**< K, mean over the stage, error of the mean from blocks */
        double potential, potential_sigma;     /**< eV */
        double pressure, pressure_sigma;       /**< eV/angstrom^3, trace/3 */
        double volume, volume_sigma;           /**< angstrom^3 */
        double drift, drift_sigma;             /**< eV/fs, slope of the conserved quantity */
        int64_t samples;
    } stage[ILI_STAGES_MAX];
} ili_run_summary;

/** Run or finish the plan: sys holds the final state afterwards (positions not wrapped, velocities). Progress: one sentence with
 *  ns/day, time left is the caller's. IL_E_INTERRUPTED: a checkpoint was written (its path is in the message). */
il_status ili_run_stages(il_context *ctx, const ili_run_plan *plan, il_ff *ff, const il_model *model,
                         il_system *sys, ili_run_summary *summary);

#endif
