/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Lithiation at a temperature and given voltages: grand canonical Monte Carlo of a host that takes up lithium ions, each with an
 *  electron on an ion of a redox ladder, in a cell that breathes. theory.md section 13, "Lithiation at a voltage".
 *
 *  At a voltage V against lithium metal an ion with its electron has the chemical potential
 *
 *      mu = li_metal - V
 *
 *  with li_metal the energy of an atom of the metal: its entropy is left out, as that of the thermal wavelength is, which is the
 *  same on both sides. */
#ifndef ILI_TASK_LITHIATE_GC_H
#define ILI_TASK_LITHIATE_GC_H

#include "ff/redox.h"
#include "mc/mc.h"

enum { ILI_GC_VOLTAGES_MAX = 64 };

typedef struct ili_lithiate_gc_settings {
    const il_model *model;
    il_ff_options ff;
    int n_voltages;
    double voltage
        [ILI_GC_VOLTAGES_MAX]; /**< V, in the order in which they are visited: down, up, or both ways */
    double temperature;        /**< K */
    double pressure;           /**< eV/angstrom^3 */
    int64_t equilibration, production; /**< sweeps at each voltage: as many moves as the host has atoms */
    long formula_units;                /**< of the host */
    int repeat[3];   /**< unit cells in the host along a, b, c: lengths are told per unit cell */
    double li_metal; /**< eV per atom of Li metal with the on-site scale of the model */
    uint64_t seed;
} ili_lithiate_gc_settings;

/** A mean over the production run and its standard error, correlations included; NaN where the run was too short to tell. */
typedef struct ili_gc_mean {
    double value, sigma;
} ili_gc_mean;

typedef struct ili_lithiate_gc_point {
    double voltage;
    ili_gc_mean
        x; /**< Li put in, per formula unit; sigma NaN, with a warning, when fewer than 10 came or went */
    ili_gc_mean volume; /**< angstrom^3 per formula unit */
    ili_gc_mean a, c;   /**< angstrom: mean of the first two lengths, third length, per unit cell */
    ili_gc_mean strain
        [6]; /**< against the host as it was given, theory.md (13.42), xx yy zz yz xz xy, tensor shear */
    ili_gc_mean energy;                   /**< eV of the cell, on-site energies included */
    ili_gc_mean electrons[ILI_RUNGS_MAX]; /**< share of reducible ions by rung */
    ili_mc_tally tally[ILI_MC_MOVES];     /**< of the production run */
    double drift;                         /**< eV, largest difference of running and full energy so far */
    int twin;                             /**< the last point before at the same voltage, -1: none */
    ili_gc_mean hysteresis_x, hysteresis_volume; /**< this point less its twin; NaN without */
    il_system *sys;                              /**< at the end, named by the model's species */
} ili_lithiate_gc_point;

typedef struct ili_lithiate_gc_result {
    int n;
    ili_lithiate_gc_point point[ILI_GC_VOLTAGES_MAX]; /**< as visited */
} ili_lithiate_gc_result;

/** Deterministic for a seed at any thread count. dir (NULL: none) takes the checkpoint DIR/gcmc.state: a broken-off run goes on with
 *  the same bits, a finished one is read back. Progress is the fraction of all moves.
 *  IL_E_INPUT: settings without meaning, no Li or no ladder in the model, no reducible ion in the host, a charged host, the
 *  checkpoint of another job; IL_E_UNSUPPORTED: what ff/trial.h refuses; IL_E_INTERRUPTED: says how far it came. The result is the
 *  caller's in any case (its points so far). */
il_status ili_lithiate_gc_run(il_context *ctx, const ili_lithiate_gc_settings *settings,
                              const il_system *host, const char *dir, ili_lithiate_gc_result *result);
void ili_lithiate_gc_result_free(ili_lithiate_gc_result *result);

#endif
