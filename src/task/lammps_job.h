/* SPDX-License-Identifier: GPL-3.0-or-later */
/** One calculation that is handed to LAMMPS: its folder, the force field in it, and the way back. Energy and relaxation are done here;
 *  dynamics is in task/lammps_dynamics.h. */
#ifndef ILI_TASK_LAMMPS_JOB_H
#define ILI_TASK_LAMMPS_JOB_H

#include "task/lammps_read.h"
#include "task/lammps_script.h"

typedef struct ili_lammps_job_plan {
    const char *out_dir; /**< NULL: files are kept until the job is closed */
    const char *name;    /**< files go to OUT_DIR/NAME */
    const char *title;   /**< of the script */
    const il_model *model;
    const il_ff_options *settings;
    const il_system *sys; /**< as it begins; borrowed until the job is closed */
    bool tight;           /**< see ili_lammps_field_plan */
} ili_lammps_job_plan;

/** Zeroed: none is open. */
typedef struct ili_lammps_job {
    ili_lammps_job_plan plan;
    ili_lammps *lammps; /**< borrowed */
    ili_lammps_folder folder;
    ili_lammps_field field;
    ili_lammps_turn turn;
} ili_lammps_job;

/** Make the folder and write the force field. IL_E_UNSUPPORTED: the model has a term that LAMMPS has not. */
il_status ili_lammps_job_open(il_context *ctx, ili_lammps *lammps, const ili_lammps_job_plan *plan,
                              ili_lammps_job *job);
void ili_lammps_job_close(ili_lammps_job *job);
/** What every script of it begins with. */
ili_lammps_script ili_lammps_job_script(const ili_lammps_job *job);
/** Path of one of its files. */
il_status ili_lammps_job_path(il_context *ctx, const ili_lammps_job *job, char path[ILI_PATH_MAX],
                              const char *ending);

/** Energy, its parts as LAMMPS tells them apart, forces (r->f not NULL) and virial of the job's system. */
il_status ili_lammps_energy(il_context *ctx, const ili_lammps_job *job, ili_ff_result *r);
/** Relax sys, which began as the job's system, in place. Converged is what we call so: the result tells the largest component of a force and of
 *  the stress at the end. */
il_status ili_lammps_relax(il_context *ctx, const ili_lammps_job *job, const ili_relax_options *options,
                           il_system *sys, ili_relax_result *result);

/** A deck that was written and not run: one more of the list `decks` of the report, which is no result then. */
void ili_lammps_report_deck(il_report *report, ili_json *decks, const char *out_dir, const char *name);

#endif
