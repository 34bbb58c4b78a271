/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Dynamics by LAMMPS: one deck for a whole run, relaxed and equilibrated first when asked to, and the same files and numbers back as of
 *  ours. A finished run is read back, one that was broken off begins anew: LAMMPS promises no same bits anyhow. */
#ifndef ILI_TASK_LAMMPS_DYNAMICS_H
#define ILI_TASK_LAMMPS_DYNAMICS_H

#include "task/lammps_job.h"
#include "task/md_run.h"

typedef struct ili_lammps_dynamics {
    const char *out_dir; /**< NULL: nothing is kept */
    const char *name;    /**< its folder OUT_DIR/NAME */
    const char *title;
    const ili_run_plan *before; /**< one stage whose steps do not count, or NULL */
    bool takes_mean_cell;       /**< `before` ends in the mean cell of its second half */
    const ili_run_plan *plan;   /**< what is run and kept; its dir and stem say where the files go */
    int64_t frames_every;       /**< steps; 0: no frames */
    bool with_velocities;       /**< in them */
    const il_model *model;
    const il_ff_options *settings;
} ili_lammps_dynamics;

/** Give sys velocities where it has none, as our own run would; write the deck; unless `deck_only`, run it, or find it finished.
 *  sys is borrowed by the job until that is closed. *seconds: NaN when there was nothing left to do.
 *  IL_E_INPUT: what ili_md_check refuses; the folder is of another job. IL_E_FILE: another process runs it. */
il_status ili_lammps_dynamics_run(il_context *ctx, ili_lammps *lammps, const ili_lammps_dynamics *d,
                                  bool deck_only, il_system *sys, ili_lammps_job *job, double *seconds);
/** The summary of a finished run, of `before` too (may be NULL), and, with a dir, the thermo table; `last` receives the final state. */
il_status ili_lammps_dynamics_read(il_context *ctx, const ili_lammps_job *job, const ili_lammps_dynamics *d,
                                   double seconds, il_system *last, ili_run_summary *before,
                                   ili_run_summary *summary);
/** The frames `every` steps apart as a trajectory of ours; *frames of them. */
il_status ili_lammps_dynamics_trajectory(il_context *ctx, const ili_lammps_job *job,
                                         const ili_lammps_dynamics *d, int64_t every, const char *path,
                                         int64_t *frames);

#endif
