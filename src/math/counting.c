/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/counting.h"

#include <math.h>

#include <gsl/gsl_cdf.h>

/** GSL's inverse of the gamma function fails to converge, and stops the program, from some 1,150 events on. From here on the cube root of
 *  chi2/nu is taken as normal (Wilson and Hilferty 1931), which is 6e-7 off at most. */
enum { MANY = 1000 };

static double chi2_quantile(double z, double nu) {
    const double a = 2.0 / (9.0 * nu), root = 1.0 - a + z * sqrt(a);
    return nu * root * root * root;
}

void ili_poisson_interval(int64_t n, double *low, double *high) {
    *low = 0.0;
    *high = log(20.0);
    if (n == 0) return;
    if (n > MANY) {
        *low = 0.5 * chi2_quantile(-1.959963984540054, 2.0 * (double)n);
        *high = 0.5 * chi2_quantile(1.959963984540054, 2.0 * (double)n + 2.0);
        return;
    }
    *low = 0.5 * gsl_cdf_chisq_Pinv(0.025, 2.0 * (double)n);
    *high = 0.5 * gsl_cdf_chisq_Pinv(0.975, 2.0 * (double)n + 2.0);
}
