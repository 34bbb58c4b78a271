/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Lithiation of a crystal: lithium goes in ion by ion, each time at the best place with its electron, atoms and cell relax.
 *  x counts inserted Li per formula unit of the host. theory.md section 13. */
#ifndef ILI_TASK_LITHIATE_H
#define ILI_TASK_LITHIATE_H

#include "analysis/network.h"
#include "task/charge_balance.h"

enum { ILI_LITHIATE_POINTS_MAX = 64, ILI_SHELLS = 4 };

/** One composition of one realisation, or the mean over realisations. */
typedef struct ili_lithiate_point {
    double x;      /**< Li put in, per formula unit: n_li over formula units */
    int n_li;      /**< Li put in */
    double volume; /**< angstrom^3 per formula unit */
    double a, c;   /**< angstrom: mean of the first two lengths, third length, per unit cell */
    double
        strain[6]; /**< against x = 0, theory.md (13.42): free of rotation, xx yy zz yz xz xy, tensor shear */
    double density;     /**< g/cm3 */
    double energy;      /**< eV of the cell, on-site energies included */
    double e_insertion; /**< eV per Li put in, against Li metal of the model and x = 0; NaN at x = 0 */
    double voltage;     /**< V against Li metal between the point before and this one; NaN at x = 0 */
    double coordination
        [ILI_SHELLS]; /**< oxygen around P, Ge, Al, Li nearer than ili_lithiate_shells say; NaN: none there */
    ili_network_verdict network; /**< bonds against x = 0 */
    int po4_intact, po4_all;     /**< P that hold the four O that they held at x = 0, and no other; all P */
    double electrons[ILI_RUNGS_MAX]; /**< share of reducible ions by rung (nearest whole) */
    bool converged;                  /**< the relaxation at this point, after a second try with FIRE */
    il_system *sys; /**< relaxed, or NULL; inserted Li come last, in the order they were put in */
} ili_lithiate_point;

typedef struct ili_lithiate_path {
    int n;
    ili_lithiate_point point[ILI_LITHIATE_POINTS_MAX];
    int n_back; /**< points on the way back (Li taken out in reverse), 0: not asked for */
    /** As they come: back[0] is at the last x but one, back[n_back - 1] at x = 0 again, n_back = n - 1. Their voltage is
     *  that between the point and the one before it, at larger x. */
    ili_lithiate_point back[ILI_LITHIATE_POINTS_MAX];
    ili_relaxer_count relaxations; /**< by LAMMPS */
} ili_lithiate_path;

typedef struct ili_lithiate_settings {
    const il_model *model;
    il_ff_options ff;
    ili_balance_rule rule;
    int n_x;
    double x[ILI_LITHIATE_POINTS_MAX]; /**< rising, the first is 0; rounded to whole ions */
    long formula_units;
    int repeat[3];      /**< unit cells in the structure along a, b, c: lengths are told per unit cell */
    int candidates;     /**< places whose energy is found by relaxing the ion alone; best is taken */
    double temperature; /**< K, > 0: the place is drawn by its Boltzmann weight; 0: the best */
    double anneal_temperature,
        anneal_time; /**< K, fs: at each x a run at this temperature before the relaxation; 0: none */
    bool reverse;
    double force_tolerance, stress_tolerance; /**< eV/angstrom, eV/angstrom^3 */
    int max_steps;
    double li_metal; /**< eV per atom of Li metal with the on-site scale of the model */
    uint64_t seed;
    ili_relaxer relaxer; /**< who relaxes; its name is that of the run */
} ili_lithiate_settings;

/** First shell of oxygen around an element: symbol and longest distance, angstrom. [ILI_SHELLS], in the order of `coordination`. */
typedef struct ili_lithiate_shell {
    const char *element;
    double longest;
} ili_lithiate_shell;
const ili_lithiate_shell *ili_lithiate_shells(void);

/** Lithiate one realisation (relaxed first). Deterministic for a seed at any thread count. Checkpoints go through `bytes_path` when it
 *  is not NULL: after every ion; a broken-off path goes on with the same bits, a finished one is read back. A relaxation that does
 *  not converge, with FIRE neither, is a warning and shows in its point. Progress is the fraction of ions.
 *  IL_E_INPUT: x that do not rise from 0, no Li or no room for its electrons in model or host, a checkpoint of another job, no void
 *  that holds an ion; IL_E_INTERRUPTED: says how far it came; IL_E_NONFINITE naming the ion. The path is the caller's in any case. */
il_status ili_lithiate_run(il_context *ctx, const ili_lithiate_settings *settings, const il_system *host,
                           const char *bytes_path, ili_lithiate_path *path);
void ili_lithiate_path_free(ili_lithiate_path *path);

#endif
