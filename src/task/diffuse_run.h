/* SPDX-License-Identifier: GPL-3.0-or-later */
/** One run of a study of transport: relaxed, equilibrated, then watched; or the same numbers from a trajectory that is there. */
#ifndef ILI_TASK_DIFFUSE_RUN_H
#define ILI_TASK_DIFFUSE_RUN_H

#include "task/diffuse_carriers.h"
#include "task/lammps_read.h"
#include "task/lammps_run.h"
#include "task/md_options.h"
#include "task/observe.h"

/** What all runs share. Times in fs. */
typedef struct ili_diffuse_settings {
    const il_model *model;
    il_ff_options ff;
    ili_md_choice md;
    double equilibrate, time, frame_time; /**< equilibrate 0: none; frame_time is a multiple of md.dt */
    ili_ensemble equilibration, production;
    const char *dir; /**< runs write to DIR/NAME; NULL: nothing is written */
    uint64_t key;
    bool fresh;
    const char *observe;        /**< names of further observables, "" none */
    const ili_site_list *sites; /**< of a unit cell, NULL: not known */
    ili_cell sites_cell;        /**< that cell */
    int n_heights;
    double heights[ILI_LAYERS_MAX +
                   1]; /**< angstrom above fraction 0 of the structure as given: planes between layers */
    const char
        *layers_by; /**< or the way they are told apart (ili_layer_kinds_find); NULL: by heights, or none */
    const ili_lammps *lammps; /**< who runs them; NULL: we do */
    bool decks_only;          /**< of LAMMPS: they are written and not run */
} ili_diffuse_settings;

/** Mean squared displacement against lag. */
typedef struct ili_diffuse_curve {
    int n;
    double *lag, *msd, *sigma; /**< [n] fs, angstrom^2, in one block that begins at lag */
} ili_diffuse_curve;

/** Mean, error and drift that the dynamics itself reports. */
typedef struct ili_diffuse_dynamics {
    ili_run_mean temperature, pressure, potential, drift; /**< K, eV/angstrom^3, eV, eV/fs; of production */
    ili_run_mean volume;       /**< angstrom^3, of the equilibration under pressure; NaN: none */
    double drift_removed;      /**< angstrom/fs, of production, see ili_md_drift */
    double ns_per_day;         /**< of this sitting, NaN: nothing was left to do */
    int64_t steps, resumed_at; /**< of production; -1: not resumed */
} ili_diffuse_dynamics;

typedef struct ili_diffuse_run {
    /* what to do */
    char name[64]; /**< "run-600K-r1-s1" */
    double temperature;
    int realisation, repeat; /**< from 0; repeat: which of the seeds */
    uint64_t seed;           /**< of the dynamics */
    const il_system *start;  /**< borrowed */
    const ili_carriers *carriers;
    const ili_layer_kinds *kinds; /**< of its atoms, when layers are wanted by name */
    const char *trajectory;       /**< NULL: run dynamics */
    const ili_lammps_turn *turn;  /**< the trajectory is in LAMMPS's frame; NULL: it is in ours */
    /* what came out */
    bool has_dynamics;
    ili_transport_result result;
    ili_diffuse_dynamics dynamics;
    ili_cell cell; /**< mean over the frames */
    int64_t frames;
    double frame_time;                           /**< fs */
    size_t memory;                               /**< bytes that the analysis held */
    ili_diffuse_curve curve[ILI_GROUPS_MAX + 1]; /**< by group; [n_groups]: of the charge */
    ili_observe *observe;                        /**< further observables, or NULL */
    ili_lammps_notes notes;                      /**< of LAMMPS, when that ran it */
} ili_diffuse_run;

/** Run or finish one. Files in DIR/NAME: equilibrate.ckpt, production.ckpt, production.thermo.tsv, a trajectory when asked for,
 *  final.extxyz. A run broken off goes on, with the same bits. */
il_status ili_diffuse_run_dynamics(il_context *ctx, const ili_diffuse_settings *settings,
                                   ili_diffuse_run *run);
/** The same from run->trajectory; of the settings frame_time (NaN: from the times in the file) and observables count. Frames before
 *  `skip` fs are left out. `topology` may be NULL. Positions of a wrapped trajectory are made continuous.
 *  IL_E_INPUT: frames not equally spaced in time, times unknown, too few frames. */
il_status ili_diffuse_run_trajectory(il_context *ctx, const ili_diffuse_settings *settings,
                                     const il_system *topology, double skip, ili_diffuse_run *run);
void ili_diffuse_run_free(ili_diffuse_run *run);

/* What a run by another engine shares with ours. */

/** "npt 600 K 20 ps" as a plan of one stage (time in fs). */
il_status ili_diffuse_run_stage(il_context *ctx, const ili_diffuse_settings *settings,
                                const ili_diffuse_run *run, ili_ensemble ensemble, double time, uint64_t seed,
                                ili_run_plan *plan);
/** What production would refuse is refused before the equilibration. Leaves the stage of production in the plan. */
il_status ili_diffuse_run_check(il_context *ctx, const ili_diffuse_settings *settings, ili_run_plan *plan,
                                const ili_diffuse_run *run, const il_system *sys);
/** What production says of itself. */
void ili_diffuse_run_keep(ili_diffuse_run *run, const ili_run_summary *summary);
/** The folder DIR/NAME, made; nothing without a DIR. */
il_status ili_diffuse_run_folder(il_context *ctx, const ili_diffuse_settings *settings,
                                 const ili_diffuse_run *run, char folder[ILI_PATH_MAX]);
/** Identity of its checkpoints. */
uint64_t ili_diffuse_run_key(const ili_diffuse_settings *settings, const ili_diffuse_run *run);

#endif
