/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Energy of a configuration under single changes: an atom put in, taken out, moved or made another species, some of them at
 *  once, or the cell strained. Pairs, real-space and reciprocal Coulomb sums are updated, not summed again: the structure factors
 *  S(k) are kept and only the changed ions re-summed, so a change costs O(neighbours + waves), whatever the number of atoms.
 *  Models with pairs, charges and on-site energies; molecules and embedded metals are refused. theory.md section 13. */
#ifndef ILI_FF_TRIAL_H
#define ILI_FF_TRIAL_H

#include "base/bytes.h"
#include "ff/ff.h"

typedef struct ili_trial ili_trial;

enum { ILI_CHANGES_MAX = 4 };

typedef enum ili_change_kind {
    ILI_CHANGE_INSERT, /**< species at x: becomes the last atom */
    ILI_CHANGE_DELETE, /**< atom; when accepted the last atom takes its number */
    ILI_CHANGE_MOVE,   /**< atom to x */
    ILI_CHANGE_SPECIES /**< atom becomes species */
} ili_change_kind;

/** One change. Changes proposed together refer to distinct atoms, numbered as before any of them. */
typedef struct ili_change {
    ili_change_kind kind;
    int32_t atom;    /**< 0-based; not read by INSERT */
    int32_t species; /**< of the model; INSERT and SPECIES */
    double x[3];     /**< angstrom; INSERT and MOVE */
} ili_change;

/** From a system that the model can be bound to; room for `capacity` atoms (the system's at least; 1 at
 *  least: a system without atoms is taken, its cell is what insertions fill). Three periodic directions.
 *  The Coulomb sum is an explicit Ewald sum at the accuracy asked for. IL_E_UNSUPPORTED naming the species: bonded terms or
 *  an embedded metal; IL_E_INPUT; IL_E_MEMORY. */
il_status ili_trial_create(il_context *ctx, const il_model *model, const il_ff_options *options,
                           const il_system *sys, int32_t capacity, ili_trial **out);
void ili_trial_destroy(ili_trial **trial);

/** *delta: change of the energy, eV; +infinity when atoms would overlap (a pair nearer than its table begins). Nothing changes
 *  until ili_trial_accept. A net charge is met by the uniform background, whose energy is included.
 *  IL_E_INPUT: no such atom or species, no room left. */
il_status ili_trial_propose(il_context *ctx, ili_trial *trial, int n_changes, const ili_change *changes,
                            double *delta);
/** The same for a strained cell: fractions of the atoms stay. O(n_atoms), with S(k) summed anew. */
il_status ili_trial_propose_cell(il_context *ctx, ili_trial *trial, const ili_cell *cell, double *delta);
/** Make the last proposal real. */
void ili_trial_accept(ili_trial *trial);

/** Energy that putting one atom of `species` at each of the points x [n][3] would give, out [n], eV; nothing is proposed. */
il_status ili_trial_map(il_context *ctx, ili_trial *trial, int32_t species, int32_t n, const double (*x)[3],
                        double *energy);

/** Running energy, eV. */
double ili_trial_energy(const ili_trial *trial);
/** Sum everything anew, take that as the running energy, and tell by how much it had drifted, eV. */
il_status ili_trial_resum(il_context *ctx, ili_trial *trial, double *drift);
int32_t ili_trial_n_atoms(const ili_trial *trial);
int32_t ili_trial_capacity(const ili_trial *trial); /**< atoms there is room for */
const double (
    *ili_trial_x(const ili_trial *trial))[3]; /**< [n_atoms] angstrom, valid until the next accept */
const int32_t *ili_trial_species(const ili_trial *trial); /**< [n_atoms] species of the model */
const ili_cell *ili_trial_cell(const ili_trial *trial);
/** A new system named by the model's species, with their charges. */
il_status ili_trial_export(il_context *ctx, const ili_trial *trial, il_system **out);
/** Save or restore the configuration; sums are made anew. */
void ili_trial_carry(ili_trial *trial, ili_bytes *bytes);

#endif
