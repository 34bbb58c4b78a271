/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Structure factors that are kept: the reciprocal part of the Ewald sum under changes of some ions, or of the cell.
 *  Places are fractions of the cell, waves are integers; in a strained cell the same ones are summed. theory.md (13.3)-(13.5). */
#ifndef ILI_FF_TRIAL_WAVES_H
#define ILI_FF_TRIAL_WAVES_H

#include "base/bytes.h"
#include "base/context.h"

typedef struct ili_waves ili_waves;

/** An ion that comes; with the opposite charge one that goes. */
typedef struct ili_ion {
    double s[3]; /**< fractions */
    double q;    /**< e */
} ili_ion;

enum { ILI_WAVES_IONS = 8 }; /**< ions in one change */

/** Every wave with |k| <= k_cut (1/angstrom) of the cell h, the set of ff/ewald.h; all S(k) zero.
 *  IL_E_MEMORY; IL_E_INPUT for more than 20 million waves. */
il_status ili_waves_create(il_context *ctx, const double h[3][3], double alpha, double k_cut,
                           ili_waves **out);
void ili_waves_destroy(ili_waves **waves);
int32_t ili_waves_count(const ili_waves *waves);
/** Products of an ion and a wave that were made so far: what the sums have cost. */
int64_t ili_waves_work(const ili_waves *waves);

/** S(k) of n ions anew: fractions s [n][3], charges q [n]. Bits do not depend on n_threads. */
void ili_waves_sum(ili_waves *waves, int32_t n, const double (*s)[3], const double *q, int n_threads);
/** Energy of S(k), eV. */
double ili_waves_energy(const ili_waves *waves);
/** What n <= ILI_WAVES_IONS ions add to that energy, eV; ili_waves_keep makes it real. */
double ili_waves_change(ili_waves *waves, int n, const ili_ion *ions);
void ili_waves_keep(ili_waves *waves);
/** What the cell h adds to it, fractions unchanged; ili_waves_keep_strain makes it real. */
double ili_waves_strain(ili_waves *waves, const double h[3][3]);
void ili_waves_keep_strain(ili_waves *waves);
/** What one ion would add; nothing is kept. scratch: ili_waves_scratch doubles, one for each thread. */
double ili_waves_probe(const ili_waves *waves, const ili_ion *ion, double *scratch);
size_t ili_waves_scratch(const ili_waves *waves);
/** Save or restore S(k) and weights of a set of the same waves. */
void ili_waves_carry(ili_waves *waves, ili_bytes *bytes);

#endif
