/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A run of a study of transport by LAMMPS: minimised, equilibrated, brought to its mean cell and run by one deck; its frames then go
 *  through the same analysis as those of our own runs. */
#ifndef ILI_TASK_DIFFUSE_LAMMPS_H
#define ILI_TASK_DIFFUSE_LAMMPS_H

#include "task/diffuse_run.h"

/** As ili_diffuse_run_dynamics, by settings->lammps. Files in DIR/NAME: the deck and what it writes, NAME.dump with the frames,
 *  production.thermo.tsv, final.extxyz; start.extxyz, which names the atoms of the dump. */
il_status ili_diffuse_run_lammps(il_context *ctx, const ili_diffuse_settings *settings, ili_diffuse_run *run);
/** The options with which `diffuse --from` reads the dumps of all runs, into text: trajectories, temperatures, atoms, carriers. */
void ili_diffuse_hand_back(const ili_diffuse_run *runs, int n_runs, char *text, size_t size);

#endif
