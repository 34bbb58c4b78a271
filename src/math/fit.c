/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/fit.h"

#include <gsl/gsl_cdf.h>

#include <math.h>

bool ili_fit_line(int n, const double *x, const double *y, const double *sigma, ili_line *line) {
    double w = 0.0, wx = 0.0, wy = 0.0, sxx = 0.0, sxy = 0.0, largest = 0.0;
    for (int k = 0; k < n; k++) {
        if (!isfinite(x[k]) || !isfinite(y[k]) || !(sigma[k] > 0.0) || !isfinite(sigma[k])) return false;
        double weight = 1.0 / (sigma[k] * sigma[k]);
        w += weight;
        wx += weight * x[k];
        wy += weight * y[k];
        largest = fmax(largest, fabs(x[k]));
    }
    if (n < 2) return false;
    const double x0 = wx / w, y0 = wy / w;
    double spread = 0.0;
    for (int k = 0; k < n; k++) {
        double weight = 1.0 / (sigma[k] * sigma[k]), d = x[k] - x0;
        sxx += weight * d * d;
        sxy += weight * d * (y[k] - y0);
        spread = fmax(spread, fabs(d));
    }
    if (!(spread > 1e-12 * largest)) return false;
    *line = (ili_line){.x0 = x0, .centre = y0, .slope = sxy / sxx};
    line->centre_sigma = 1.0 / sqrt(w);
    line->slope_sigma = 1.0 / sqrt(sxx);
    for (int k = 0; k < n; k++) line->chi2 += pow((y[k] - y0 - line->slope * (x[k] - x0)) / sigma[k], 2);
    return true;
}

double ili_student_width(double probability, double freedom) {
    if (!(probability > 0.0 && probability < 1.0 && freedom > 0.0)) return NAN;
    const double tail = 0.5 * (1.0 - probability);
    return freedom > 1e6 ? gsl_cdf_ugaussian_Qinv(tail) : gsl_cdf_tdist_Qinv(tail, freedom);
}

double ili_student_freedom(double width95) {
    double low = log(0.5), high = log(1e6);
    if (!(width95 > ili_student_width(0.95, 1e6))) return INFINITY;
    for (int k = 0; k < 30; k++) { /* the width falls with the freedom */
        double middle = 0.5 * (low + high);
        if (ili_student_width(0.95, exp(middle)) > width95)
            low = middle;
        else
            high = middle;
    }
    return exp(0.5 * (low + high));
}

double ili_chi2_tail(double chi2, int freedom) {
    return freedom > 0 ? gsl_cdf_chisq_Q(chi2, freedom) : 1.0;
}
