/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Reciprocal part of the Ewald sum over explicit wave vectors: exact in any cell, cost n_atoms * n_waves.
 *  The reference for the mesh, and the method for small systems. */
#ifndef ILI_FF_EWALD_H
#define ILI_FF_EWALD_H

#include "ff/accum.h"
#include "base/context.h"

enum { ILI_WAVES_MAX = 20000000 };

typedef struct ili_ewald ili_ewald;

/** Waves (h, k, l) with first <= l < first + count, number `offset` and following among all. */
typedef struct ili_wave_row {
    int h, k, first, count, offset;
} ili_wave_row;

/** Rows of the waves with 0 < |k| <= k_cut (1/angstrom) of the cell h, one half of space, into rows (NULL: only count); returns
 *  the number of rows. */
int64_t ili_wave_rows(const double h[3][3], double k_cut, ili_wave_row *rows, int64_t *n_waves);

/** Plan for n charges q [n] (e, borrowed for the life of the plan) and every wave with |k| <= k_cut (1/angstrom) of
 *  the cell h (rows, angstrom). The waves are kept as integers: in a strained cell the same ones are summed, so the
 *  energy is smooth in the strain. IL_E_MEMORY; IL_E_INPUT when that would be more than 20 million waves. */
il_status ili_ewald_create(il_context *ctx, int32_t n, const double *q, const double h[3][3], double alpha,
                           double k_cut, ili_ewald **out);
void ili_ewald_destroy(ili_ewald **ewald);
int ili_ewald_n_waves(const ili_ewald *ewald);
/** Adds forces, virial and per-atom energies; *energy eV, out. Bits do not depend on ctx->n_threads.
 *  eq.  E = C 4 pi/V sum_(half space) exp(-k^2/4 alpha^2)/k^2 |S(k)|^2,  S(k) = sum_j q_j exp(i k.r_j) */
void ili_ewald_compute(il_context *ctx, ili_ewald *ewald, const double h[3][3], const double (*x)[3],
                       double *energy, ili_accum *acc);

#endif
