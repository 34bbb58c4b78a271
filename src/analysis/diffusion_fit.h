/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Diffusivities from the moments of a lag store: a window of lags, the weights of generalised least squares in it, and the
 *  uncertainty from the scatter over blocks of time. A quantity is a linear combination of the store's channels, its mean over
 *  origins at lag t being c + rate t when motion is diffusive. Theory: theory.md section 10. */
#ifndef ILI_ANALYSIS_DIFFUSION_FIT_H
#define ILI_ANALYSIS_DIFFUSION_FIT_H

#include "analysis/lag_store.h"

enum { ILI_WINDOW_LAGS = 80 };

/** Lags from..from + n - 1 of the store and the weights of their means. */
typedef struct ili_lag_window {
    int from, n;
    int64_t block; /**< frames, shortest block of time that is nearly independent of the others */
    double
        inflation; /**< variance of the estimate over the sum of squared block contributions: neighbours share displacements */
    double rate[ILI_WINDOW_LAGS];      /**< 1/frame: sum rate[i] mean_i is the slope */
    double intercept[ILI_WINDOW_LAGS]; /**< 1 */
} ili_lag_window;

/** An estimate with what every block of time adds to its deviation; the contributions add up to 0. */
typedef struct ili_block_sum {
    double value, inflation;
    int n;
    double u[ILI_LAG_BLOCKS];     /**< contribution of block b */
    double share[ILI_LAG_BLOCKS]; /**< share of the block in the origins; adds up to 1 */
} ili_block_sum;

/** Weights for lags from..to with the covariance of free diffusion with localisation noise; `noise` = c/(2 rate) in frames, c >= 0
 *  the intercept. eq. (10.5) - (10.7) */
bool ili_lag_window_make(const ili_lag_store *store, int from, int to, double noise, ili_lag_window *window);
/** Sum of weight[i] times the mean of the quantity at lag from + i, per block of `block` frames. */
void ili_lag_window_apply(const ili_lag_store *store, const ili_lag_window *window, const double *weight,
                          const double *coefficient, int64_t block, ili_block_sum *out);
/** to += factor * from, deviations only; both over the same blocks. */
void ili_block_sum_add(ili_block_sum *to, double factor, const ili_block_sum *from);
/** Variance of the estimate, eq. (10.9), and its degrees of freedom. */
double ili_block_sum_variance(const ili_block_sum *sum, double *freedom);
/** Mean of the quantity at lag q. */
double ili_lag_mean(const ili_lag_store *store, int q, const double *coefficient);

#endif
