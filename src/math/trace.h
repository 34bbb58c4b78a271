/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A series of any length at bounded memory: means of 64 to 127 equal blocks, which grow with it. Gives the mean of a correlated
 *  series and its trend, each with its own error. */
#ifndef ILI_MATH_TRACE_H
#define ILI_MATH_TRACE_H

#include <stdint.h>

enum { ILI_TRACE_MAX = 128 };

/** Zeroed: empty. All members have eight bytes: it may be saved as it stands. */
typedef struct ili_trace {
    int64_t n_samples;
    int64_t length; /**< samples in a block, a power of two; 0 before the first */
    int64_t n;      /**< full blocks */
    int64_t n_open; /**< samples in the block under way */
    double open;    /**< their sum */
    double mean[ILI_TRACE_MAX];
} ili_trace;

void ili_trace_add(ili_trace *trace, double value);
/** Mean of all samples; NaN when there are none. */
double ili_trace_mean(const ili_trace *trace);
/** Standard error of the mean: variance of the blocks times their integrated autocorrelation time, summed up to the first lag of
 *  five times itself (Madras and Sokal 1988), with the bias of a short series taken out (Wolff 2004). NaN with fewer than
 *  8 blocks, and when the series is too short to show that it decorrelates. */
double ili_trace_sigma(const ili_trace *trace);
/** Slope of a straight line per sample, and its standard error by the same sum over what the line leaves; NaN likewise. */
void ili_trace_slope(const ili_trace *trace, double *slope, double *sigma);

#endif
