/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/counting.h"

#include <math.h>

#include <gsl/gsl_cdf.h>

void ili_poisson_interval(int64_t n, double *low, double *high) {
    *low = 0.0;
    *high = log(20.0);
    if (n == 0) return;
    *low = 0.5 * gsl_cdf_chisq_Pinv(0.025, 2.0 * (double)n);
    *high = 0.5 * gsl_cdf_chisq_Pinv(0.975, 2.0 * (double)n + 2.0);
}
