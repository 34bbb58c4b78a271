/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/trace.h"

#include <math.h>

enum { LEAST = 8 };

static void merge_pairs(ili_trace *b) {
    for (int64_t i = 0; i < b->n / 2; i++) b->mean[i] = 0.5 * (b->mean[2 * i] + b->mean[2 * i + 1]);
    b->n /= 2;
    b->length *= 2;
}

void ili_trace_add(ili_trace *b, double value) {
    if (!b->length) b->length = 1;
    b->n_samples++;
    b->open += value;
    if (++b->n_open < b->length) return;
    b->mean[b->n++] = b->open / (double)b->length;
    b->open = 0.0;
    b->n_open = 0;
    if (b->n == ILI_TRACE_MAX) merge_pairs(b);
}

double ili_trace_mean(const ili_trace *b) {
    if (!b->n_samples) return NAN;
    const double first = b->n ? b->mean[0] : b->open / (double)b->n_open;
    double sum = b->open - (double)b->n_open * first; /* sums of differences: exact for a constant */
    for (int64_t i = 0; i < b->n; i++) sum += (b->mean[i] - first) * (double)b->length;
    return first + sum / (double)b->n_samples;
}

static double covariance(const double *e, int64_t n, int64_t lag) {
    double sum = 0.0;
    for (int64_t i = 0; i + lag < n; i++) sum += e[i] * e[i + lag];
    return sum / (double)(n - lag);
}

/** Variance of one member of e [n] (mean zero) times twice its autocorrelation time: n times the variance of the mean. */
static double effective_variance(const double *e, int64_t n) {
    double variance = covariance(e, n, 0), sum = 0.5 * variance;
    if (variance == 0.0) return 0.0;
    for (int64_t w = 1; w <= n / 4; w++) {
        sum += covariance(e, n, w);
        if ((double)w * variance < 5.0 * sum) continue;
        /* blocks that swing against each other tell more than independent ones, but not beyond what this sum can see */
        return fmax(2.0 * sum, 0.5 * variance) / (1.0 - (2.0 * (double)w + 1.0) / (double)n);
    }
    return NAN;
}

/** Blocks less their mean; exactly 0 when they are all the same. */
static void centre(const ili_trace *b, double *e) {
    double sum = 0.0;
    for (int64_t i = 0; i < b->n; i++) sum += b->mean[i] - b->mean[0];
    for (int64_t i = 0; i < b->n; i++) e[i] = b->mean[i] - b->mean[0] - sum / (double)b->n;
}

double ili_trace_sigma(const ili_trace *b) {
    double e[ILI_TRACE_MAX];
    if (b->n < LEAST) return NAN;
    centre(b, e);
    return sqrt(effective_variance(e, b->n) / (double)b->n);
}

void ili_trace_slope(const ili_trace *b, double *slope, double *sigma) {
    double e[ILI_TRACE_MAX], sxx = 0.0, sxy = 0.0, middle = 0.5 * (double)(b->n - 1);
    *slope = *sigma = NAN;
    if (b->n < LEAST) return;
    centre(b, e);
    for (int64_t i = 0; i < b->n; i++) {
        double x = (double)i - middle;
        sxx += x * x;
        sxy += x * e[i];
    }
    for (int64_t i = 0; i < b->n; i++) e[i] -= sxy / sxx * ((double)i - middle);
    *slope = sxy / sxx / (double)b->length;
    *sigma = sqrt(effective_variance(e, b->n) / sxx) / (double)b->length;
}
