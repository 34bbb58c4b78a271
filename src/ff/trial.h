/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Energy of a configuration under single changes: an atom put in, taken out, moved or made another species, some of them at
 *  once, or the cell strained. Pairs, real-space and reciprocal Coulomb sums are updated, not summed again: the structure factors
 *  S(k) are kept and only the changed ions re-summed, so a change costs O(neighbours + waves), whatever the number of atoms.
 *  Models with pairs, charges and on-site energies; molecules and embedded metals are refused.
 *
 *  Pairs come from the tables of ili_ff_evaluate; the Coulomb sum is an explicit Ewald sum (whatever `coulomb` asks for) with the
 *  splitting and the waves that the force field chooses for the starting system: there both give one energy. The splitting
 *  stays; the waves stay until ili_trial_resum finds that the cell or the charges have left less than the accuracy asked for.
 *  theory.md section 13.
 *
 *  Cost with PMMCS at its own settings, microseconds of one core (tests/bench/bench_trial.c; LAGP of 111, 999, 7992 atoms):
 *  displacement 16, 22, 47, of which waves 0.6, 4, 23; insertion 7, 10, 26; strained cell 610, 7400, 62000. Waves grow with the
 *  volume: explicit ones are sensible up to some 10^4 atoms, from where on they cost more than the pairs. */
#ifndef ILI_FF_TRIAL_H
#define ILI_FF_TRIAL_H

#include "base/bytes.h"
#include "ff/ff.h"

typedef struct ili_trial ili_trial;

enum { ILI_CHANGES_MAX = 4 };

typedef enum ili_change_kind {
    ILI_CHANGE_INSERT, /**< species at x: becomes the last atom */
    ILI_CHANGE_DELETE, /**< atom; when accepted the last atom then there takes its number */
    ILI_CHANGE_MOVE,   /**< atom to x */
    ILI_CHANGE_SPECIES /**< atom becomes species */
} ili_change_kind;

/** One change. Changes proposed together refer to distinct atoms, numbered as before any of them. They are made real in this
 *  order: moves and species; deletions, from the highest number down; insertions as they come, each as the new last atom. */
typedef struct ili_change {
    ili_change_kind kind;
    int32_t atom;    /**< 0-based; not read by INSERT */
    int32_t species; /**< of the model; INSERT and SPECIES */
    double x[3];     /**< angstrom; INSERT and MOVE */
} ili_change;

/** From a system that the model can be bound to, with a net charge or without, atoms or none; room for `capacity` atoms (the
 *  system's and 1 at least). Three periodic directions. The model is borrowed. options NULL: the model's. IL_E_UNSUPPORTED naming
 *  the species: bonded terms or an embedded metal, an open direction; IL_E_INPUT; IL_E_OVERLAP naming an atom; IL_E_MEMORY. */
il_status ili_trial_create(il_context *ctx, const il_model *model, const il_ff_options *options,
                           const il_system *sys, int32_t capacity, ili_trial **out);
void ili_trial_destroy(ili_trial **trial);

/** *delta: change of the energy, eV; +infinity when atoms would overlap (a pair nearer than its table begins, 0.28 angstrom).
 *  Nothing changes until ili_trial_accept. A net charge is met by the uniform background, whose energy is included.
 *  Allocates nothing. IL_E_INPUT: no such atom or species, one atom twice, a species with bonded or embedded terms, a place that
 *  is not finite, no room left; a proposal made before is then gone. */
il_status ili_trial_propose(il_context *ctx, ili_trial *trial, int n_changes, const ili_change *changes,
                            double *delta);
/** The same for a strained cell: fractions of the atoms stay, and with them S(k); pairs are summed anew, O(n_atoms). */
il_status ili_trial_propose_cell(il_context *ctx, ili_trial *trial, const ili_cell *cell, double *delta);
/** Make the last proposal real, once. Nothing happens without one, and after an infinite one. Allocates nothing. */
void ili_trial_accept(ili_trial *trial);

/** Energy that putting one atom of `species` at each of the points x [n][3] would give, out [n], eV; nothing is proposed, and a
 *  proposal made before is gone. Bits do not depend on ctx->n_threads. IL_E_INPUT, IL_E_MEMORY. */
il_status ili_trial_map(il_context *ctx, ili_trial *trial, int32_t species, int32_t n, const double (*x)[3],
                        double *energy);

/** Running energy, eV. */
double ili_trial_energy(const ili_trial *trial);
/** Sum everything anew, take that as the running energy, and tell by how much (running minus full sum) it had drifted, eV.
 *  Waves are remade when their estimated error has grown past half the accuracy asked for (cell stretched by about 3 %, or far
 *  more charges than at first); the step that the energy then makes is below the accuracy and no part of the drift. */
il_status ili_trial_resum(il_context *ctx, ili_trial *trial, double *drift);
int32_t ili_trial_n_atoms(const ili_trial *trial);
int32_t ili_trial_capacity(const ili_trial *trial); /**< atoms there is room for */
const double (
    *ili_trial_x(const ili_trial *trial))[3]; /**< [n_atoms] angstrom, valid until the next accept */
const int32_t *ili_trial_species(const ili_trial *trial); /**< [n_atoms] species of the model */
const ili_cell *ili_trial_cell(const ili_trial *trial);
/** A new system named by the model's species, with their charges. */
il_status ili_trial_export(il_context *ctx, const ili_trial *trial, il_system **out);
/** Save or restore everything: a restored one goes on with the same bits. Restore into one created from the same model, options,
 *  system and capacity; else bytes->failed. A proposal that waits is not carried. */
void ili_trial_carry(ili_trial *trial, ili_bytes *bytes);

/** Numbers behind the sums, for results and tests. */
typedef struct ili_trial_info {
    double alpha, k_cut; /**< 1/angstrom; 0: no charges */
    int32_t n_waves;     /**< half of space */
    int64_t wave_work;   /**< products of an ion and a wave made so far */
} ili_trial_info;
ili_trial_info ili_trial_get_info(const ili_trial *trial);

#endif
