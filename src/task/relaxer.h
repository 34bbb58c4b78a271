/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Who relaxes a structure: our own minimiser, or that of LAMMPS and ours after it. In both cases energy, forces and stress of the
 *  result are by our engine, and whether it converged is judged by our definition: where LAMMPS stops short of the tolerance, or
 *  loses atoms, our own minimiser goes on from there, or from the start. */
#ifndef ILI_TASK_RELAXER_H
#define ILI_TASK_RELAXER_H

#include "task/lammps_job.h"

/** Relaxations that LAMMPS began, and those of them in which our own minimiser had to take a step. */
typedef struct ili_relaxer_count {
    int all, finished_here;
} ili_relaxer_count;

/** Zeroed: our own minimiser alone. One relaxation at a time; runs side by side have one each. */
typedef struct ili_relaxer {
    const ili_lammps *lammps; /**< borrowed; NULL: our own */
    const char *dir;          /**< of the job; NULL: files of LAMMPS are kept nowhere */
    const char *name;         /**< its files are in DIR/NAME while it runs, and stay there when it fails */
    ili_relaxer_count count;
} ili_relaxer;

/** Relax sys in place. Relaxations with fixed atoms and those by FIRE, which is asked for what L-BFGS did not bring to its minimum, are
 *  our own in any case; so is every one with relaxer NULL. LAMMPS and we may take max_steps each; the result tells our own steps.
 *  Returns what ili_relax_system does; IL_E_UNSUPPORTED: the model has a term that LAMMPS has not; IL_E_PROGRAM: LAMMPS failed. */
il_status ili_relaxer_relax(il_context *ctx, ili_relaxer *relaxer, const il_model *model,
                            const il_ff_options *settings, const ili_relax_options *options, il_system *sys,
                            ili_relax_result *result);
/** Count a relaxation of which only the result was found again. */
void ili_relaxer_found(ili_relaxer *relaxer, const ili_relax_result *result);
void ili_relaxer_add(ili_relaxer_count *sum, const ili_relaxer_count *more);
/** The deck of a relaxation to DIR/NAME, which is not run. */
il_status ili_relaxer_deck(il_context *ctx, ili_lammps *lammps, const ili_lammps_job_plan *plan,
                           const ili_relax_options *options);
/** "engine" of the result, with the count and with what was not left to LAMMPS; name of one relaxation. */
void ili_relaxer_report(il_report *report, ili_lammps *lammps, const char *name,
                        const ili_relaxer_count *count);

#endif
