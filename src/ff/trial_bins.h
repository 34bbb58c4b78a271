/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Atoms in bins of a periodic cell, one by one put in and taken out, and the pair energies of a place among them. Any triclinic
 *  cell, however small against the reach: every image counts, an atom's own too. Places are fractions of the cell, so a strained
 *  cell keeps its bins. theory.md (13.2). */
#ifndef ILI_FF_TRIAL_BINS_H
#define ILI_FF_TRIAL_BINS_H

#include "base/bytes.h"
#include "ff/pairs.h"
#include "system/cell.h"

typedef struct ili_bins ili_bins;

/** Which cell energies are asked for: the one that is, or the one last given to ili_bins_strain. */
typedef enum ili_bins_cell { ILI_BINS_NOW, ILI_BINS_STRAINED } ili_bins_cell;

/** Room for `capacity` atoms; pairs are borrowed. n_species: those with is_used [n_species] occur. Empty, with no cell yet. */
il_status ili_bins_create(il_context *ctx, const ili_pairs *pairs, int32_t n_species, const bool *is_used,
                          int32_t capacity, ili_bins **out);
void ili_bins_destroy(ili_bins **bins);

/** Lay the bins anew for n atoms at fractions s [n][3] in this cell. */
void ili_bins_fill(ili_bins *bins, const ili_cell *cell, int32_t n, const double (*s)[3],
                   const int32_t *species);
void ili_bins_put(ili_bins *bins, int32_t atom, int32_t species, const double s[3]);
void ili_bins_take(ili_bins *bins, int32_t atom);
/** The atom `from` is called `to` from now on; no other has that name. */
void ili_bins_rename(ili_bins *bins, int32_t from, int32_t to);
/** An atom stands aside: no sum finds it; and steps back. */
void ili_bins_hide(ili_bins *bins, int32_t atom);
void ili_bins_show(ili_bins *bins, int32_t atom, const double s[3]);

/** Prepare sums in a strained cell, and make it the one that is. */
void ili_bins_strain(ili_bins *bins, const ili_cell *cell, int32_t n, const double (*s)[3]);
void ili_bins_keep_strain(ili_bins *bins);

/** energy [n_kinds], eV, out: of an atom of each species kind [n_kinds] at the fractions s with all atoms numbered above `after`
 *  (-1: all) that are not hidden, and all their images. +infinity in an overlap. Thread-safe. */
void ili_bins_energy(const ili_bins *bins, ili_bins_cell which, const double s[3], int32_t after, int n_kinds,
                     const int32_t *kind, double *energy);
/** Energy of two atoms, of species a at s and of species b at t, with all images of each other. */
double ili_bins_pair(const ili_bins *bins, ili_bins_cell which, int32_t a, const double s[3], int32_t b,
                     const double t[3]);
/** Half the energy of an atom of a species with its own images. */
double ili_bins_own_images(const ili_bins *bins, ili_bins_cell which, int32_t species);
/** Save or restore who is where. */
void ili_bins_carry(ili_bins *bins, ili_bytes *bytes);

#endif
