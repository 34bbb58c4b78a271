/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Rates from counted events. eq. theory.md (11.3) */
#ifndef ILI_ANALYSIS_RATE_H
#define ILI_ANALYSIS_RATE_H

#include "analysis/transport.h"
#include "math/counting.h"
#include "math/fit.h"

#include <math.h>

/** value with a standard error known from `freedom` degrees of freedom, and Student's 95 % interval; infinite: normal. */
static inline ili_estimate ili_estimate_of(double value, double sigma, double freedom) {
    const double width = sigma * ili_student_width(0.95, freedom);
    return (ili_estimate){value, sigma, value - width, value + width};
}

/** n events in `time`: the rate with Poisson's error and exact 95 % interval; none seen: 0, with the upper bound 3/time. `spread` is the
 *  standard error of the rate from blocks of the run (NaN: unknown), with its freedom; where it exceeds Poisson's, because events come in
 *  bursts, it widens sigma and interval. NaN when there was no time. */
static inline ili_estimate ili_rate(int64_t n, double time, double spread, double freedom) {
    if (!(time > 0.0)) return (ili_estimate){NAN, NAN, NAN, NAN};
    ili_estimate e = {.value = (double)n / time, .sigma = sqrt((double)n) / time};
    ili_poisson_interval(n, &e.low, &e.high);
    e.low /= time;
    e.high /= time;
    if (n == 0 || !(spread > e.sigma)) return e;
    const double wider =
        spread / e.sigma * ili_student_width(0.95, freedom) / ili_student_width(0.95, INFINITY);
    e.low = fmax(0.0, e.value - (e.value - e.low) * wider);
    e.high = e.value + (e.high - e.value) * wider;
    e.sigma = spread;
    return e;
}

#endif
