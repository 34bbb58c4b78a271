/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The slope of a fluctuating energy, with an error to believe in. */
#ifndef MD_DRIFT_H
#define MD_DRIFT_H

#include "math/units.h"

#include <math.h>

enum { DRIFT_BLOCKS_MAX = 128 };

/** Cosine transforms 1 .. blocks - 1 of the means over blocks of a series, and of their times, fs. */
static void drift_modes(const double *y, int length, int blocks, double dt, double *mode, double *time_mode) {
    for (int k = 1; k < blocks; k++) mode[k] = time_mode[k] = 0.0;
    for (int b = 0; b < blocks; b++) {
        double mean = 0.0;
        for (int i = 0; i < length; i++) mean += y[b * length + i] / length;
        for (int k = 1; k < blocks; k++) {
            const double wave = sqrt(2.0 / blocks) * cos(ILI_PI * k * (b + 0.5) / blocks);
            mode[k] += wave * mean;
            time_mode[k] += wave * b * length * dt;
        }
    }
}

/** Slope of a series taken every step, eV/fs, and its standard error, where white noise and a random walk of unknown shares lie
 *  over it. (The scatter about one line over all would not do: of a walk it tells an error several times too small.)
 *
 *  The cosine transforms of the means over blocks are independent, with variances in proportion to 1 + q (1/s^2 - 1/6),
 *  s = 2 sin(pi k/2n): 1 for the noise, q for the walk. For each q the slope follows by weighted least squares; what is returned are
 *  its mean and spread over the posterior for all q, where scale (by its log) and share of the walk (by the root of it) may be
 *  anything. Blocks, 10 to DRIFT_BLOCKS_MAX of them, should last longer than what is bounded remembers. */
static double drift_of(const double *y, int n, double dt, int blocks, double *error) {
    enum { GRID = 61 };
    double mode[DRIFT_BLOCKS_MAX], time_mode[DRIFT_BLOCKS_MAX], slope[GRID], variance[GRID], chance[GRID];
    double most = -INFINITY, weight = 0.0, mean = 0.0, square = 0.0;
    drift_modes(y, n / blocks, blocks, dt, mode, time_mode);
    for (int g = 0; g < GRID; g++) {
        const double q = pow(10.0, -7.0 + 11.0 * g / (GRID - 1));
        double tt = 0.0, ty = 0.0, yy = 0.0, log_v = 0.0;
        for (int k = 1; k < blocks; k++) {
            const double s = 2.0 * sin(0.5 * ILI_PI * k / blocks), v = 1.0 + q * (1.0 / (s * s) - 1.0 / 6.0);
            tt += time_mode[k] * time_mode[k] / v;
            ty += time_mode[k] * mode[k] / v;
            yy += mode[k] * mode[k] / v;
            log_v += log(v);
        }
        const double rest = yy - ty * ty / tt;
        slope[g] = ty / tt;
        variance[g] = rest / tt / (blocks - 4);
        chance[g] = -0.5 * (log_v + log(tt) + (blocks - 2) * log(rest) + log(1.0 + 1.0 / q));
        most = fmax(most, chance[g]);
    }
    for (int g = 0; g < GRID; g++) {
        const double w = exp(chance[g] - most);
        weight += w;
        mean += w * slope[g];
        square += w * (slope[g] * slope[g] + variance[g]);
    }
    mean /= weight;
    *error = sqrt(square / weight - mean * mean);
    return mean;
}

#endif
