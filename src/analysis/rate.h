/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Rates from counted events. eq. theory.md (11.3) */
#ifndef ILI_ANALYSIS_RATE_H
#define ILI_ANALYSIS_RATE_H

#include "analysis/transport.h"
#include "math/counting.h"

#include <math.h>

/** n events in `time`: the rate with Poisson's error and exact 95 % interval; none seen: 0, with the upper bound 3/time. `spread` is the
 *  standard error of the rate from blocks of the run (NaN: unknown); where it exceeds Poisson's, because events come in bursts, it widens
 *  sigma and interval. NaN when there was no time. */
static inline ili_estimate ili_rate(int64_t n, double time, double spread) {
    if (!(time > 0.0)) return (ili_estimate){NAN, NAN, NAN, NAN};
    ili_estimate e = {.value = (double)n / time, .sigma = sqrt((double)n) / time};
    ili_poisson_interval(n, &e.low, &e.high);
    e.low /= time;
    e.high /= time;
    if (n == 0 || !(spread > e.sigma)) return e;
    e.low = fmax(0.0, e.value - (e.value - e.low) * spread / e.sigma);
    e.high = e.value + (e.high - e.value) * spread / e.sigma;
    e.sigma = spread;
    return e;
}

/** value with a standard error and the interval of 1.96 of it. */
static inline ili_estimate ili_estimate_of(double value, double sigma) {
    return (ili_estimate){value, sigma, value - 1.96 * sigma, value + 1.96 * sigma};
}

#endif
