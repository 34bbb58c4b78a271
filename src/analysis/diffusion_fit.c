/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/diffusion_fit.h"

#include "math/gls.h"

#include <math.h>

/** Covariance of the mean squared displacements at lags i <= j of free diffusion, over 24 D^2/(N_eff T): the Gram matrix of the
 *  tents (i - |u|)+, so positive definite. eq. (10.5) */
static double tents(double i, double j) {
    return i * i * (3.0 * j - i) / 3.0;
}

/** First absolute moment, over the distance of their ends, of the squared overlap of intervals i <= j. eq. (10.10) */
static double edge(double i, double j) {
    const double d = j - i;
    return i * i * i * (j / 3.0 - i / 6.0) + 0.5 * i * i * d * d;
}

/** Sum of w[i] w[j] kernel(lag i, lag j). */
static double form(int n, const double *w, const double *lag, double (*kernel)(double, double)) {
    double sum = 0.0;
    for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++)
            sum += w[a] * w[b] * (lag[a] < lag[b] ? kernel(lag[a], lag[b]) : kernel(lag[b], lag[a]));
    return sum;
}

bool ili_lag_window_make(const ili_lag_store *store, int from, int to, double noise, ili_lag_window *window) {
    double lag[ILI_WINDOW_LAGS], x[2 * ILI_WINDOW_LAGS], w[2 * ILI_WINDOW_LAGS];
    double c[ILI_WINDOW_LAGS * ILI_WINDOW_LAGS];
    const int n = to - from + 1 < ILI_WINDOW_LAGS ? to - from + 1 : ILI_WINDOW_LAGS;
    if (n < 2) return false;
    const double unit = (double)ili_lag_frames(from), h = noise / unit;
    const double spacing = (double)(ili_lag_frames(from + 1) - ili_lag_frames(from)) / unit;
    *window = (ili_lag_window){.from = from, .n = n, .block = 2 * ili_lag_frames(from)};
    for (int i = 0; i < n; i++) {
        lag[i] = (double)ili_lag_frames(from + i) / unit;
        x[2 * i] = lag[i];
        x[2 * i + 1] = 1.0;
        const int64_t block = ili_lag_store_block(store, from + i);
        if (block > window->block) window->block = block;
    }
    for (int64_t block = 1; window->block > 0; block *= 2)
        if (block >= window->block) {
            window->block = block;
            break;
        }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            const double low = fmin(lag[i], lag[j]), high = fmax(lag[i], lag[j]);
            c[i * n + j] = tents(low, high) + spacing * h * (4.0 * low + 4.0 * h + (i == j ? 2.0 * h : 0.0));
        }
    if (!ili_gls_weights(n, 2, x, c, w)) return false;
    const double shared = form(n, w, lag, edge) / form(n, w, lag, tents) * unit / (double)window->block;
    window->inflation = 1.0 / (1.0 - fmin(shared, 0.5));
    for (int i = 0; i < n; i++) {
        window->rate[i] = w[i] / unit;
        window->intercept[i] = w[n + i];
    }
    return true;
}

void ili_lag_window_apply(const ili_lag_store *store, const ili_lag_window *window, const double *weight,
                          const double *coefficient, int64_t block, ili_block_sum *out) {
    *out = (ili_block_sum){.inflation = window->inflation};
    for (int i = 0; i < window->n; i++) {
        double count[ILI_LAG_BLOCKS], sum[ILI_LAG_BLOCKS], origins = 0.0, total = 0.0;
        out->n = ili_lag_store_series(store, window->from + i, coefficient, block, count, sum);
        for (int b = 0; b < out->n; b++) {
            origins += count[b];
            total += sum[b];
        }
        const double mean = total / origins;
        out->value += weight[i] * mean;
        for (int b = 0; b < out->n; b++) {
            out->u[b] += weight[i] * (sum[b] - count[b] * mean) / origins;
            if (i == 0) out->share[b] = count[b] / origins;
        }
    }
}

void ili_block_sum_add(ili_block_sum *to, double factor, const ili_block_sum *from) {
    for (int b = 0; b < from->n; b++) {
        to->u[b] += factor * from->u[b];
        to->share[b] = from->share[b];
    }
    to->n = from->n;
    to->inflation = fmax(to->inflation, from->inflation);
}

double ili_block_sum_variance(const ili_block_sum *sum, double *freedom) {
    double squares = 0.0, shares = 0.0;
    for (int b = 0; b < sum->n; b++) {
        squares += sum->u[b] * sum->u[b];
        shares += sum->share[b] * sum->share[b];
    }
    *freedom = 1.0 / shares - 1.0;
    return *freedom > 0.0 ? sum->inflation * squares / (1.0 - shares) : NAN;
}

double ili_lag_mean(const ili_lag_store *store, int q, const double *coefficient) {
    double count[ILI_LAG_BLOCKS], sum[ILI_LAG_BLOCKS], origins = 0.0, total = 0.0;
    const int64_t frames = ili_lag_store_frames(store);
    int64_t block = ili_lag_store_block(store, q);
    while ((frames + block - 1) / block > ILI_LAG_BLOCKS) block *= 2;
    const int n = ili_lag_store_series(store, q, coefficient, block, count, sum);
    for (int b = 0; b < n; b++) {
        origins += count[b];
        total += sum[b];
    }
    return total / origins;
}
