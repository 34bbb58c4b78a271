/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Molecular dynamics: what to run, the run in progress, and how others watch it. Units: angstrom, eV, fs, e, K;
 *  mass eV fs^2/angstrom^2 inside. One step of length dt is, with the parts that are not asked for left out,
 *
 *      thermostat dt/2 . barostat dt/2 . kick dt/2 . drift dt . [constraints] . forces . kick dt/2 . barostat dt/2 . thermostat dt/2
 *
 *  with the kicks split by r-RESPA when parts of the force have steps of their own. Positions are never wrapped: x h^-1 changes
 *  continuously, so displacements of any length are differences of it. Every `refresh_every` steps the forces forget their
 *  history (ili_ff_refresh), at these steps only may a run be saved; hence a restored run repeats the bits of one that
 *  was never stopped. Random numbers are drawn from (seed, step, purpose), so they need no state. */
#ifndef ILI_MD_MD_H
#define ILI_MD_MD_H

#include "base/bytes.h"
#include "ff/ff.h"

/** Where forces come from: a force field, or a test's own function. */
typedef struct ili_md_forces {
    void *user;
    /** Energy (eV), forces f [n][3] (eV/angstrom) and virial w[6] (eV) of `parts` (ILI_FF_... bits), all overwritten; with
     *  ILI_FF_FORCES_ONLY nobody will read energy and virial, and f must have the same bits as without. */
    il_status (*evaluate)(il_context *ctx, void *user, unsigned parts, const ili_cell *cell,
                          const double (*x)[3], double *energy, double (*f)[3], double w[6]);
    /** Forget the history; NULL: there is none. */
    il_status (*refresh)(il_context *ctx, void *user, const ili_cell *cell, const double (*x)[3]);
    /** Told before the first evaluation of a stage, and with NULL (which must not fail) when the run ends; NULL: nobody asks. */
    il_status (*expect)(il_context *ctx, void *user, const ili_ff_motion *motion);
} ili_md_forces;
ili_md_forces ili_md_forces_of(il_ff *ff);

typedef enum ili_md_thermostat {
    ILI_THERMOSTAT_NONE,
    ILI_THERMOSTAT_LANGEVIN,
    ILI_THERMOSTAT_CSVR, /**< stochastic velocity rescaling, Bussi, Donadio and Parrinello 2007 */
    ILI_THERMOSTAT_NOSE_HOOVER
} ili_md_thermostat;

typedef enum ili_md_barostat {
    ILI_BAROSTAT_NONE,
    ILI_BAROSTAT_SCR, /**< stochastic cell rescaling, Bernetti and Bussi 2020; Del Tatto et al. 2022 */
    ILI_BAROSTAT_MTK  /**< Martyna, Tobias and Klein 1994 */
} ili_md_barostat;

/** What of the cell moves. Z: the third vector's length along the normal of a and b. */
typedef enum ili_md_cell_mode { ILI_CELL_ISO, ILI_CELL_ANISO, ILI_CELL_FULL, ILI_CELL_Z } ili_md_cell_mode;

typedef struct ili_md_options {
    double dt; /**< fs, between two evaluations of all forces */
    int inner_pairs,
        inner_bonded; /**< r-RESPA: steps of the pairs in dt, steps of the bonded terms in one of those; 1: none */
    ili_md_thermostat thermostat;
    double temperature, temperature_end; /**< K, at the first and the last of n_steps (a linear ramp) */
    double tau_t;                        /**< fs: relaxation time; Langevin: 1/friction */
    int chain;                           /**< Nose-Hoover: thermostats in the chain */
    ili_md_barostat barostat;
    ili_md_cell_mode cell_mode;
    double pressure, pressure_end; /**< eV/angstrom^3 */
    double tau_p;                  /**< fs */
    double compressibility;        /**< angstrom^3/eV, estimate, stochastic cell rescaling */
    bool constrain_hydrogens;      /**< bonds to H keep the length that the model gives them (SHAKE/RATTLE) */
    double constraint_tolerance;   /**< relative */
    double hydrogen_mass;          /**< g/mol, taken from the atom it is bound to; 0: as it is */
    bool
        remove_drift; /**< the centre of mass rests: no degrees of freedom of its own, no noise on it, what errors give
                        *   it is taken out at every refresh. False: for atoms in an outside field; all 3n count */
    double list_drift; /**< kT/atom/ns that pairs missed by neighbour lists may cost, ili_ff_expect */
    int64_t n_steps;   /**< of this stage */
    int refresh_every; /**< steps */
    uint64_t seed;
} ili_md_options;
/** 1 fs, no bath, no constraint, 300 K, tau_t 200 fs, tau_p 1000 fs, chain 3, 0 GPa, refresh every 50, drift removed, lists 1e-5. */
ili_md_options ili_md_defaults(void);

/** What an observer sees after a step. Borrowed until it returns. */
typedef struct ili_md_frame {
    int64_t step; /**< counted over all stages; 0: the start */
    double time;  /**< fs, likewise */
    int32_t n;
    const ili_cell *cell;
    const double (*x)[3], (*v)[3], (*f)[3];
    double potential, kinetic; /**< eV */
    double
        conserved; /**< eV: what the equations of motion with their baths keep; its drift is the integrator's error */
    double temperature; /**< K, from kinetic and n_freedom */
    double n_freedom;
    double
        pressure[6]; /**< eV/angstrom^3, xx yy zz yz xz xy, kinetic part included, positive = compression */
} ili_md_frame;

/** Called at step 0 of the whole run when `at_start`, then after every `every`-th step. It must not change what it sees. */
typedef struct ili_md_observer {
    int64_t every;
    bool at_start;
    void *user;
    il_status (*see)(il_context *ctx, void *user, const ili_md_frame *frame);
} ili_md_observer;

typedef struct ili_md ili_md;

/** Refuses what has no meaning, each with one sentence: see docs/formats.md, "md: what is refused". */
il_status ili_md_check(il_context *ctx, const ili_md_options *options, const il_system *sys,
                       const il_model *model);
/** A run from the positions, cell and velocities of sys (none: drawn at the starting temperature, without total momentum).
 *  binding tells the constrained bonds and masses' partners; NULL: no constraints and no mass repartitioning. Copies what it
 *  needs of sys; `forces` and what it borrows must outlive the run. */
il_status ili_md_create(il_context *ctx, const ili_md_options *options, const il_system *sys,
                        const ili_binding *binding, ili_md_forces forces, ili_md **out);
void ili_md_destroy(ili_md **md);
/** Go on with a new stage: other baths, temperatures, length, step (constraints and masses stay). Positions, velocities and the
 *  step count go on; the bath variables and the conserved quantity start again. */
il_status ili_md_stage(il_context *ctx, ili_md *md, const ili_md_options *options);
/** Run up to `n_steps` further steps of the stage, rounded up to the next refresh (or the stage's end). Ends sooner,
 *  at a refresh, with *stop set by a progress callback that asked to stop (IL_E_INTERRUPTED). IL_E_NONFINITE names atom and
 *  step when it blew up (a temperature beyond 1e6 K counts). */
il_status ili_md_run(il_context *ctx, ili_md *md, int64_t n_steps, const ili_md_observer *observers,
                     int n_observers);
/** Steps of the stage still to go. */
int64_t ili_md_left(const ili_md *md);
/** The state now, as observers see it. Valid until the next call. */
ili_md_frame ili_md_now(const ili_md *md);
/** Save or restore the whole state (positions, velocities, cell, baths, counters). Allowed after ili_md_run only, where the
 *  history is forgotten. Restoring needs a run made by the same create and stage calls; energies and forces of what was restored
 *  are known after the next ili_md_run. */
void ili_md_carry(ili_md *md, ili_bytes *bytes);
/** Positions, velocities and cell of a saved run into sys. A run to be restored is best made from these: they are a state that it can
 *  be in, which those that it began with need not be. `bytes` stand where ili_md_carry would begin; they are not moved on.
 *  IL_E_INPUT: they are of another run. */
il_status ili_md_peek(il_context *ctx, const ili_bytes *bytes, il_system *sys);
/** Put positions (not wrapped), cell and velocities into sys. */
il_status ili_md_export(il_context *ctx, const ili_md *md, il_system *sys);
/** Momentum that remove_drift has taken out so far, as velocity of the centre of mass, angstrom/fs summed in quadrature. */
double ili_md_drift(const ili_md *md);

#endif
