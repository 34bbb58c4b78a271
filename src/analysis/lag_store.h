/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Displacement moments at logarithmically many lags, from frames as they come, in memory that grows with the logarithm of their
 *  number. Level l holds the last frames whose number is a multiple of 2^l; lag j of it is j 2^l frames, j = 1 .. 16 on level 0 and
 *  9 .. 16 above, and every kept frame is an origin. Sums are kept apart in up to 64 blocks of time, which are
 *  merged in pairs when they run out. At lags of 2^k frames each particle has a sum of its own, too. Theory: theory.md (10.2), (10.3). */
#ifndef ILI_ANALYSIS_LAG_STORE_H
#define ILI_ANALYSIS_LAG_STORE_H

#include "base/bytes.h"

enum {
    ILI_LAGS = 16,                           /**< longest lag of a level, in its frames */
    ILI_LAG_LEVELS = 48,                     /**< 2^48 frames */
    ILI_LAG_MAX = ILI_LAGS * ILI_LAG_LEVELS, /**< not fewer than lags of all levels */
    ILI_LAG_BLOCKS = 64
};

typedef struct ili_lag_store ili_lag_store;

/** Channels of the moments: per group the sum over its particles of dx dx, dy dy, dz dz, dy dz, dx dz, dx dy and of r^4; then
 *  per pair of groups i <= j the same six of the summed displacements Q_i and Q_j (symmetrised). */
int ili_lag_channel_group(int group);
int ili_lag_channel_quartic(int group);
int ili_lag_channel_pair(int n_groups, int i, int j);
int ili_lag_channels(int n_groups);

/** size [n_groups] particles, group by group. IL_E_MEMORY. */
il_status ili_lag_store_create(il_context *ctx, int n_groups, const int32_t *size, ili_lag_store **out);
void ili_lag_store_destroy(ili_lag_store **store);
/** Next frame: y [sum of size][3], angstrom, relative to the first frame (whose y is 0). IL_E_MEMORY. */
il_status ili_lag_store_add(il_context *ctx, ili_lag_store *store, const double (*y)[3]);
int64_t ili_lag_store_frames(const ili_lag_store *store);
size_t ili_lag_store_memory(const ili_lag_store *store);
void ili_lag_store_carry(ili_lag_store *store, ili_bytes *bytes);

/** Number of lags that have an origin. */
int ili_lag_store_lags(const ili_lag_store *store);
/** Lag q in frames; ascending in q. */
int64_t ili_lag_frames(int q);
/** Shortest block that lag q can be divided into, frames; any other block is this times a power of two. */
int64_t ili_lag_store_block(const ili_lag_store *store, int q);
/** Per block of `block` frames (in which the displacement ends): origins of lag q, and the sum over them of
 *  sum_c coefficient[c] moment[c]. Returns the number of blocks, at most ILI_LAG_BLOCKS, count and sum [ILI_LAG_BLOCKS]. */
int ili_lag_store_series(const ili_lag_store *store, int q, const double *coefficient, int64_t block,
                         double *count, double *sum);
/** How unlike the particles of a group are: variance between them, angstrom^4, of the mean over all origins of each one's r^2 at lag
 *  q, which must be 2^k frames. NaN: one particle, no origin, another lag. */
double ili_lag_store_unlike(const ili_lag_store *store, int group, int q);

#endif
