/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/blocksum.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

il_status ili_blocks_create(il_context *ctx, int32_t n_values, const char *what, ili_blocks *b) {
    *b = (ili_blocks){.n_values = n_values, .per_block = 1};
    b->sum = ili_alloc((size_t)ILI_BLOCKS * (size_t)n_values, sizeof *b->sum);
    return b->sum ? IL_OK : ili_no_memory(ctx, what);
}

void ili_blocks_free(ili_blocks *b) {
    ili_free(b->sum);
    *b = (ili_blocks){0};
}

static double *row(const ili_blocks *b, int k) {
    return b->sum + (size_t)k * (size_t)b->n_values;
}

double *ili_blocks_open(ili_blocks *b) {
    return row(b, b->n_full);
}

void ili_blocks_close(ili_blocks *b) {
    size_t n = (size_t)b->n_values;
    if (++b->n_open < b->per_block) return;
    b->n_open = 0;
    if (++b->n_full < ILI_BLOCKS) return;
    for (int k = 0; k < ILI_BLOCKS / 2; k++)
        for (size_t v = 0; v < n; v++) row(b, k)[v] = row(b, 2 * k)[v] + row(b, 2 * k + 1)[v];
    memset(row(b, ILI_BLOCKS / 2), 0, ILI_BLOCKS / 2 * n * sizeof *b->sum);
    b->n_full = ILI_BLOCKS / 2;
    b->per_block *= 2;
}

int64_t ili_blocks_samples(const ili_blocks *b) {
    return b->n_full * b->per_block + b->n_open;
}

size_t ili_blocks_memory(const ili_blocks *b) {
    return (size_t)ILI_BLOCKS * (size_t)b->n_values * sizeof *b->sum;
}

void ili_blocks_carry(ili_blocks *b, ili_bytes *bytes) {
    ili_bytes_expect(bytes, b->n_values);
    ili_bytes_carry(bytes, &b->n_full, sizeof b->n_full);
    ili_bytes_carry(bytes, &b->per_block, sizeof b->per_block);
    ili_bytes_carry(bytes, &b->n_open, sizeof b->n_open);
    ili_bytes_carry(bytes, b->sum, ILI_BLOCKS * (size_t)b->n_values * sizeof *b->sum);
}

double ili_jackknife(const double *t, int n) {
    double mean = 0.0, c0 = 0.0, c1 = 0.0;
    if (n < ILI_PARTS_MIN) return NAN;
    for (int k = 0; k < n; k++) mean += t[k] / n;
    for (int k = 0; k < n; k++) c0 += (t[k] - mean) * (t[k] - mean);
    for (int k = 1; k < n; k++) c1 += (t[k] - mean) * (t[k - 1] - mean);
    double sigma = sqrt(c0 * (n - 1) / n), alike = c0 > 0.0 ? c1 / c0 : 0.0;
    return alike > 2.0 / sqrt(n) ? sigma * sqrt((1.0 + alike) / (1.0 - alike)) : sigma;
}

/** Sums over blocks 0 .. n-1 (complete or not) but part `skip` of `merge` blocks; -1: nothing is left out. */
static void sums_of(const ili_blocks *b, int n, int merge, int skip, double *sums) {
    memset(sums, 0, (size_t)b->n_values * sizeof *sums);
    for (int k = 0; k < n; k++) {
        if (k / merge == skip) continue;
        const double *r = row(b, k);
        for (int32_t v = 0; v < b->n_values; v++) sums[v] += r[v];
    }
}

/** Error and bias from out [parts + 1][n_out]: with every part left out in turn, then with none. */
static void judge(int parts, int32_t n_out, const double *out, double *sigma, double *bias) {
    double t[ILI_BLOCKS];
    for (int32_t k = 0; k < n_out; k++) {
        double mean = 0.0;
        for (int p = 0; p < parts; p++) mean += (t[p] = out[(size_t)p * (size_t)n_out + (size_t)k]) / parts;
        sigma[k] = ili_jackknife(t, parts);
        double off = (parts - 1) * (mean - out[(size_t)parts * (size_t)n_out + (size_t)k]);
        if (bias) bias[k] = parts >= ILI_PARTS_MIN && isfinite(off) ? off : 0.0;
    }
}

/** Blocks in a part. */
static int64_t merge_of(const ili_blocks *b, int64_t span) {
    const int64_t merge = (2 * span + b->per_block - 1) / b->per_block;
    return merge < 1 ? 1 : merge > ILI_BLOCKS ? ILI_BLOCKS : merge;
}

int ili_blocks_parts(const ili_blocks *b, int64_t span) {
    return (int)(b->n_full / merge_of(b, span));
}

il_status ili_blocks_estimate(il_context *ctx, const ili_blocks *b, int64_t span, int32_t n_out,
                              ili_blocks_fn fn, const void *user, double *value, double *sigma,
                              double *bias) {
    const int64_t merge = merge_of(b, span);
    const int parts = sigma ? ili_blocks_parts(b, span) : 0, used = parts * (int)merge;
    il_status status = IL_OK;
    double *sums = ili_alloc((size_t)b->n_values, sizeof *sums);
    double *out = ili_alloc((size_t)(parts + 1) * (size_t)n_out, sizeof *out);
    if (!sums || !out) IL_GO(ili_no_memory(ctx, "the errors of an observable"));
    sums_of(b, b->n_full + 1, 1, -1, sums);
    fn(user, sums, value);
    for (int p = 0; p <= parts && sigma; p++) { /* the last: nothing is left out */
        sums_of(b, used, (int)merge, p, sums);
        fn(user, sums, out + (size_t)p * (size_t)n_out);
    }
    if (sigma) judge(parts, n_out, out, sigma, bias);
out:
    ili_free(sums);
    ili_free(out);
    return status;
}
