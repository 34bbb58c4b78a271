/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What LAMMPS wrote, back in our units, our frame and the order of our atoms. */
#ifndef ILI_TASK_LAMMPS_READ_H
#define ILI_TASK_LAMMPS_READ_H

#include "io/trajectory.h"
#include "task/lammps_field.h"

/** The way from LAMMPS's frame to ours. */
typedef struct ili_lammps_turn {
    double axes[3][3]; /**< rows: LAMMPS's axes in our frame */
    double shift[3];   /**< angstrom, our frame, that was added to all positions */
    bool c_is_turned;  /**< of a left-handed cell, c was turned round */
    ili_cell ours;     /**< the cell as it was given; that of a slab stays */
} ili_lammps_turn;
ili_lammps_turn ili_lammps_turn_of(const ili_lammps_field *field, const ili_cell *ours);
/** A vector, a symmetric tensor (xx yy zz yz xz xy), and cell, positions and velocities of a frame, in place. */
void ili_lammps_turn_vector(const ili_lammps_turn *turn, double v[3]);
void ili_lammps_turn_tensor(const ili_lammps_turn *turn, double w[6]);
void ili_lammps_turn_frame(const ili_lammps_turn *turn, ili_traj_frame *frame);

/** Rows of the table of part K in a log, each with at least n_columns numbers; other lines are passed over. `see` is called for each, steps
 *  rising. IL_E_PROGRAM: the log has no row of this part. */
typedef struct ili_lammps_rows {
    void *user;
    il_status (*see)(il_context *ctx, void *user, const double *row);
} ili_lammps_rows;
il_status ili_lammps_log_read(il_context *ctx, const char *path, int part, int n_columns,
                              ili_lammps_rows rows);
/** Rows of a file of fix ave/time; comments and a torn last line are passed over. A file without rows is fine. */
il_status ili_lammps_samples_read(il_context *ctx, const char *path, int n_columns, ili_lammps_rows rows);

/** The only frame of a dump: positions x (NULL: not wanted), velocities or forces v [n][3] in LAMMPS's own units, both turned into our frame;
 *  cell (may be NULL) likewise. IL_E_PROGRAM: it is not there or torn. */
typedef struct ili_lammps_state {
    int32_t n;
    double (*x)[3], (*v)[3];
    ili_cell *cell;
} ili_lammps_state;
il_status ili_lammps_state_read(il_context *ctx, const char *path, const ili_lammps_turn *turn,
                                const ili_lammps_state *state);

#endif
