/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a number of counted events says about the expected number. */
#ifndef ILI_MATH_COUNTING_H
#define ILI_MATH_COUNTING_H

#include <stdint.h>

/** Central 95 % interval of the mean of a Poisson distribution of which n >= 0 was drawn (Garwood 1936); n = 0: low 0 and the one-sided
 *  upper bound ln 20 = 3.00. */
void ili_poisson_interval(int64_t n, double *low, double *high);

#endif
