/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A model bound to a system, in the words of LAMMPS (units metal): the structure as a data file and the force field as an input
 *  file that reads it. Energies, forces and virials of the deck agree with our own to 1e-6. */
#ifndef ILI_TASK_LAMMPS_FIELD_H
#define ILI_TASK_LAMMPS_FIELD_H

#include "ff/ff.h"
#include "task/lammps_styles.h"

typedef struct ili_lammps_field_plan {
    const il_model *model;
    const il_system *sys;
    const il_ff_options *settings;
    const ili_lammps_styles *styles; /**< NULL: all that the release of July 2025 has */
    const char *dir,
        *stem; /**< files DIR/STEM.data, DIR/STEM.field, tables DIR/STEM.*; LAMMPS is run in DIR */
    bool
        tight; /**< Coulomb sum as exact as it gets, for one energy; else of the accuracy in force, for long runs */
} ili_lammps_field_plan;

typedef struct ili_lammps_field {
    char data[256], input[256]; /**< names of the two files in dir */
    int n_types;                /**< LAMMPS atom types */
    char elements[1024];        /**< one a type with blanks between, for dump_modify element */
    double energy_offset; /**< eV: to be added to LAMMPS's potential energy (on-site terms, constants) */
    bool has_velocities, is_slab;
    double vacuum_ratio; /**< of a slab: what kspace_modify slab got, 0 otherwise */
    /** Rows: the axes of LAMMPS in our frame, so ours = sum_k x_k axes[k] - shift; forces and velocities without it. */
    double axes[3][3];
    /** Angstrom, our frame: added to all positions (a slab is put into the middle of its box). */
    double shift[3];
    /** Numbers of the bond types that hold a hydrogen, with blanks between: for `fix shake ... b`. */
    char rigid_types[1024];
} ili_lammps_field;

/** Write both files. The input file holds everything from `units` to `neighbor`, so that a script needs just `include`.
 *  IL_E_UNSUPPORTED names the term of the model that LAMMPS (or this lmp) has not; IL_E_FILE. */
il_status ili_lammps_field_write(il_context *ctx, const ili_lammps_field_plan *plan, ili_lammps_field *out);

#endif
