/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What every verb that runs dynamics shares: the options of integrator, baths, files and cadence, and their way into a plan. */
#ifndef ILI_TASK_MD_OPTIONS_H
#define ILI_TASK_MD_OPTIONS_H

#include "task/md_run.h"
#include "task/stage_text.h"

#include <stddef.h>

/** Embedded in the options struct of a verb, in the units of the option table. */
typedef struct ili_md_choice {
    char thermostat[IL_TEXT_MAX], barostat[IL_TEXT_MAX], cell[IL_TEXT_MAX], constraints[IL_TEXT_MAX];
    char trajectory[IL_TEXT_MAX];
    double dt;                                               /**< fs */
    double tau_t, tau_p;                                     /**< ps */
    double pressure, compressibility;                        /**< GPa, 1/GPa */
    double hydrogen_mass;                                    /**< g/mol, NaN: as it is */
    double list_drift;                                       /**< kT/atom/ns */
    double trajectory_every, thermo_every, checkpoint_every; /**< ps */
    int inner_pairs, inner_bonded, velocities, relax_first;
    int repeat[3];
} ili_md_choice;

#define ILI_MD_ROW(option, kind, owner, member, ...)                                                         \
    { .name = option, .type = IL_OPT_##kind, .offset = offsetof(owner, member), __VA_ARGS__ }

/** Rows for the option table of a verb whose options struct `owner` has the choice as `field`: integrator and baths. */
#define ILI_MD_DYNAMICS_ROWS(owner, field)                                                                   \
    ILI_MD_ROW("dt", REAL, owner, field.dt, .preset = "1", .low = 1e-3, .high = 100, .unit = "fs",           \
               .help = "time step; with respa: of all forces"),                                              \
        ILI_MD_ROW("thermostat", CHOICE, owner, field.thermostat, .preset = "csvr",                          \
                   .choices = "langevin|csvr|nose-hoover",                                                   \
                   .help = "csvr: stochastic velocity rescaling, right for most; of nvt and npt"),           \
        ILI_MD_ROW("tau-t", REAL, owner, field.tau_t, .preset = "0.2", .low = 1e-4, .high = 1e6,             \
                   .unit = "ps", .help = "relaxation time of the thermostat; Langevin: 1/friction"),         \
        ILI_MD_ROW("barostat", CHOICE, owner, field.barostat, .preset = "scr", .choices = "scr|mtk",         \
                   .help = "stochastic cell rescaling, or Martyna-Tobias-Klein; of npt"),                    \
        ILI_MD_ROW("pressure-GPa", REAL, owner, field.pressure, .preset = "0", .low = -1e3, .high = 1e3,     \
                   .unit = "GPa", .help = "of npt"),                                                         \
        ILI_MD_ROW("tau-p", REAL, owner, field.tau_p, .preset = "1", .low = 1e-3, .high = 1e6, .unit = "ps", \
                   .help = "relaxation time of the barostat"),                                               \
        ILI_MD_ROW("compressibility", REAL, owner, field.compressibility, .preset = "0.02", .low = 1e-6,     \
                   .high = 1e3, .unit = "1/GPa",                                                             \
                   .help = "estimate, by which the barostat scr scales its steps: oxides 0.01, Li metal "    \
                           "0.09, polymers 0.3"),                                                            \
        ILI_MD_ROW("constraints", CHOICE, owner, field.constraints, .preset = "none",                        \
                   .choices = "none|h-bonds", .help = "bonds to H keep their length"),                       \
        ILI_MD_ROW("hydrogen-mass", REAL, owner, field.hydrogen_mass, .low = 1.008, .high = 5,               \
                   .unit = "g/mol",                                                                          \
                   .help = "mass of H, taken from the atom it is bound to; not given: as it is"),            \
        ILI_MD_ROW("respa-pairs", INT, owner, field.inner_pairs, .preset = "1", .low = 1, .high = 16,        \
                   .help = "steps of the pair forces in one step of all forces"),                            \
        ILI_MD_ROW("respa-bonded", INT, owner, field.inner_bonded, .preset = "1", .low = 1, .high = 16,      \
                   .help = "steps of the bonded forces in one step of the pair forces"),                     \
        ILI_MD_ROW("list-drift", REAL, owner, field.list_drift, .preset = "1e-5", .low = 0, .high = 1,       \
                   .unit = "kT/atom/ns",                                                                     \
                   .help = "energy drift that pairs missed by ageing neighbour lists may cause, by an "      \
                           "estimate from above near equilibrium; 0: no pair is ever missed"),               \
        ILI_MD_ROW("repeat", INT3, owner, field.repeat, .preset = "1,1,1", .low = 1, .high = 1000,           \
                   .help = "copies of the cell along a, b, c")

/** What is written how often. */
#define ILI_MD_CADENCE_ROWS(owner, field)                                                                    \
    ILI_MD_ROW("trajectory-every", REAL, owner, field.trajectory_every, .preset = "1", .low = 1e-6,          \
               .high = 1e6, .unit = "ps", .help = "time between two frames"),                                \
        ILI_MD_ROW("velocities", FLAG, owner, field.velocities,                                              \
                   .help = "the trajectory holds velocities too"),                                           \
        ILI_MD_ROW("thermo-every", REAL, owner, field.thermo_every, .preset = "0.1", .low = 1e-6,            \
                   .high = 1e6, .unit = "ps", .help = "time between two rows of the thermo table"),          \
        ILI_MD_ROW("checkpoint-every", REAL, owner, field.checkpoint_every, .preset = "10", .low = 1e-6,     \
                   .high = 1e6, .unit = "ps",                                                                \
                   .help = "time between two checkpoints; one is written every ten minutes of running too")

/** All of them. */
#define ILI_MD_OPTION_ROWS(owner, field)                                                                     \
    ILI_MD_DYNAMICS_ROWS(owner, field),                                                                      \
        ILI_MD_ROW("cell", CHOICE, owner, field.cell, .preset = "iso", .choices = "iso|aniso|full|z",        \
                   .help =                                                                                   \
                       "what npt moves: volume, three lengths, all of the cell, or the length along the "    \
                       "normal of a and b"),                                                                 \
        ILI_MD_ROW("relax-first", FLAG, owner, field.relax_first,                                            \
                   .help = "a short minimisation of the atoms before the first step, for structures built "  \
                           "at random"),                                                                     \
        ILI_MD_ROW("trajectory", CHOICE, owner, field.trajectory, .preset = "nc",                            \
                   .choices = "nc|extxyz|none", .help = "AMBER NetCDF, extended XYZ, or no trajectory"),     \
        ILI_MD_CADENCE_ROWS(owner, field)

/** Options that may differ between the sittings of one job. */
#define ILI_MD_OPTIONS_THAT_DO_NOT_MATTER "checkpoint-every"

/** A stage of the job: what it does not say itself comes from the options; `temperature` (K) where it names none. */
ili_md_stage_plan ili_md_choice_stage(const ili_md_choice *choice, const ili_stage_text *stage,
                                      double temperature, uint64_t seed);
/** Fill cadence, trajectory and relaxation of a plan. The rest is the caller's. */
void ili_md_choice_plan(const ili_md_choice *choice, ili_run_plan *plan);
/** The system `repeat` times; velocities of a file are dropped then, for copies must not move as one. *sys is replaced. */
il_status ili_md_choice_repeat(il_context *ctx, const ili_md_choice *choice, il_system **sys);

#endif
