/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Sums over a series of samples in blocks, at most ILI_BLOCKS of them however long the series: when all are full,
 *  neighbours are added and blocks are twice as long from then on. What is computed from the sums gets its standard error by
 *  leaving out one part of the series after the other (jackknife). eq. theory.md (11.1)-(11.2) */
#ifndef ILI_ANALYSIS_BLOCKSUM_H
#define ILI_ANALYSIS_BLOCKSUM_H

#include "base/bytes.h"

/** Parts left out in turn: between ILI_BLOCKS/2 and ILI_BLOCKS; fewer than ILI_PARTS_MIN give no error. */
enum { ILI_BLOCKS = 32, ILI_PARTS_MIN = 4 };

typedef struct ili_blocks {
    int32_t n_values, n_full;  /**< values a sample has; blocks complete */
    int64_t per_block, n_open; /**< samples in a complete block; in the one being filled */
    double *sum;               /**< [ILI_BLOCKS][n_values], row n_full is being filled */
} ili_blocks;

/** `what` names the owner when memory runs out. */
il_status ili_blocks_create(il_context *ctx, int32_t n_values, const char *what, ili_blocks *blocks);
void ili_blocks_free(ili_blocks *blocks);
/** [n_values] to which the present sample is added; then close it. */
double *ili_blocks_open(ili_blocks *blocks);
void ili_blocks_close(ili_blocks *blocks);
int64_t ili_blocks_samples(const ili_blocks *blocks);
size_t ili_blocks_memory(const ili_blocks *blocks);
void ili_blocks_carry(ili_blocks *blocks, ili_bytes *bytes);

/** Computes out [n_out] from sums [n_values] over all, or most, of the series. */
typedef void (*ili_blocks_fn)(const void *user, const double *sums, double *out);
/** value [n_out] from all samples; sigma [n_out] (may be NULL) its standard error from parts of at least 2 `span` samples, span
 *  being the number over which a sample reaches out (a lag). Parts that follow each other alike enlarge it. NaN: too few parts.
 *  bias [n_out] (may be NULL, as sigma): what fn, not being linear, makes of the noise; 0 where it cannot be told. */
il_status ili_blocks_estimate(il_context *ctx, const ili_blocks *blocks, int64_t span, int32_t n_out,
                              ili_blocks_fn fn, const void *user, double *value, double *sigma, double *bias);
/** Number of those parts, one more than the degrees of freedom of sigma. */
int ili_blocks_parts(const ili_blocks *blocks, int64_t span);
/** Standard error from the values t [n] found with one of n equal parts left out. */
double ili_jackknife(const double *t, int n);

#endif
