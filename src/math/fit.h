/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Straight lines through points with errors, and the distributions that turn errors into intervals. */
#ifndef ILI_MATH_FIT_H
#define ILI_MATH_FIT_H

#include <stdbool.h>

/** y = centre + slope (x - x0) with x0 the weighted mean of x, so that the two errors are independent. */
typedef struct ili_line {
    double x0, centre, slope;
    double centre_sigma, slope_sigma; /**< from the errors of the points alone */
    double chi2;                      /**< sum ((y - line)/sigma)^2 */
} ili_line;

/** Weighted least squares of n points, sigma > 0 each. False: fewer than two different x, or a number that is not finite. */
bool ili_fit_line(int n, const double *x, const double *y, const double *sigma, ili_line *line);
/** Half width of the central interval of this probability in units of sigma, for sigma known from `freedom` degrees of freedom
 *  (Student); infinite freedom: normal. NaN outside 0 < probability < 1, freedom > 0. */
double ili_student_width(double probability, double freedom);
/** Inverse of it in the freedom: the freedom (at most 1e6, then infinite) at which the 95 % interval has this half width. */
double ili_student_freedom(double width95);
/** Probability that chi2 of this many degrees of freedom is as large by chance; 1 without freedom. */
double ili_chi2_tail(double chi2, int freedom);

#endif
