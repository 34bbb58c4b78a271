/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Input scripts of LAMMPS around a force field that is written already: one energy, a minimisation, dynamics in stages. Each is
 *  complete: it runs as `lmp -in in.NAME` in its folder. Units metal; what is done otherwise than by us is noted. */
#ifndef ILI_TASK_LAMMPS_SCRIPT_H
#define ILI_TASK_LAMMPS_SCRIPT_H

#include "md/md.h"
#include "relax/relax.h"
#include "task/lammps_field.h"
#include "task/lammps_run.h"
#include "task/stage_text.h"

/** bar of an eV/angstrom^3, as LAMMPS itself has it in units metal (its own constant, so that nothing is lost on the way back). */
#define ILI_LAMMPS_BAR 1.6021765e6

enum { ILI_LAMMPS_SAMPLES_MAX = 20000 /**< rows of samples kept of a stage */ };

/** What every script needs. */
typedef struct ili_lammps_script {
    const char *dir, *name; /**< DIR/in.NAME is written */
    const char *title;      /**< first line, a comment */
    const ili_lammps_field *field;
    const il_system *sys;
    const ili_lammps_styles *styles;
    ili_lammps_notes *notes;
} ili_lammps_script;

/** DIR/NAME.forces holds the forces then; its log one row of energies and the virial as a pressure. */
il_status ili_lammps_script_energy(il_context *ctx, const ili_lammps_script *deck);
/** DIR/NAME.forces holds positions and forces of the last step. IL_E_UNSUPPORTED: cell modes of a slab. */
il_status ili_lammps_script_relax(il_context *ctx, const ili_lammps_script *deck,
                                  const ili_relax_options *options);

typedef struct ili_lammps_stage {
    ili_md_options options;
    const char *text;     /**< as the user wrote it */
    bool is_preparation;  /**< no frames are kept of it, and steps count from 0 when it is over */
    bool takes_mean_cell; /**< it ends in the mean cell of its second half */
    int64_t thermo_every; /**< steps between rows of its table in the log */
} ili_lammps_stage;

typedef struct ili_lammps_md {
    int n_stages;
    const ili_lammps_stage *stages;
    bool relax_first, with_velocities;
    int64_t frames_every; /**< steps; 0: no DIR/NAME.dump */
    int n_masses;
    const double *
        masses; /**< [n_masses] g/mol, of each LAMMPS atom type, where they are not those of the field; NULL: they are */
} ili_lammps_md;

/** Log: "interlith part K" before the table of stage K. DIR/NAME.samples-K: means of samples ILI_RUN_SAMPLE_EVERY steps apart.
 *  DIR/NAME.dump: unwrapped frames. DIR/NAME.final: the last state. IL_E_UNSUPPORTED: what LAMMPS has no equal of. */
il_status ili_lammps_script_md(il_context *ctx, const ili_lammps_script *deck, const ili_lammps_md *md);
/** Samples that one row of DIR/NAME.samples-K is the mean of. */
int64_t ili_lammps_sample_block(int64_t n_steps);

/** Columns of the tables in a log, after the step. */
typedef enum ili_lammps_column {
    ILI_LC_STEP,
    ILI_LC_TEMPERATURE,
    ILI_LC_POTENTIAL,
    ILI_LC_KINETIC,
    ILI_LC_CONSERVED,
    ILI_LC_PRESSURE,
    ILI_LC_VOLUME,
    ILI_LC_CELL,                     /**< lx ly lz xy xz yz */
    ILI_LC_TENSOR = ILI_LC_CELL + 6, /**< bar, xx yy zz yz xz xy */
    ILI_LC_MD = ILI_LC_TENSOR + 6,   /**< so many in dynamics */
    ILI_LC_TERMS = ILI_LC_MD,        /**< of a single energy: evdwl ecoul elong ebond eangle edihed eimp */
    ILI_LC_ALL = ILI_LC_TERMS + 7
} ili_lammps_column;

#endif
