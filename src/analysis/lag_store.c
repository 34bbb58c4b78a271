/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ring of ILI_LAGS frames per level, each as planes x, y, z with groups padded to whole vectors of LANES (padding stays 0, so it
 * adds nothing); the sums of the groups follow as rows of their own. Sums run over LANES independent partial sums in a fixed order,
 * and one thread computes all of a lag, so bits depend neither on the processor nor on the number of threads. */
#include "analysis/lag_store.h"

#include "base/alloc.h"
#include "base/hot.h"

#include <math.h>
#include <string.h>

enum { LANES = 8, GROUP_MOMENTS = 7, TENSOR = 6, BLOCK_START = 4, PARALLEL_FROM = 1024 };

typedef struct level {
    int64_t samples;      /**< frames seen */
    int64_t block_length; /**< in frames of the level */
    double *ring;         /**< [ILI_LAGS][3][stride] */
    double *totals;       /**< [ILI_LAGS][n_groups][3] sums of the groups */
    double *blocks;       /**< [ILI_LAG_BLOCKS][n_lags][n_channels] */
    double *own;          /**< [own_lags][stride] sums of r^2 of every particle */
} level;

struct ili_lag_store {
    int n_groups, n_channels, n_levels;
    int64_t frames;
    int32_t *size, *start; /**< [n_groups] particles; first column in a plane, a multiple of LANES */
    size_t stride;
    double *frame;  /**< [3][stride] the frame that is being added */
    double *totals; /**< [n_groups][3] its sums */
    level levels[ILI_LAG_LEVELS];
};

int ili_lag_channel_group(int group) {
    return GROUP_MOMENTS * group;
}

int ili_lag_channel_quartic(int group) {
    return GROUP_MOMENTS * group + TENSOR;
}

int ili_lag_channel_pair(int n_groups, int i, int j) {
    return GROUP_MOMENTS * n_groups + TENSOR * (i * n_groups - i * (i - 1) / 2 + j - i);
}

int ili_lag_channels(int n_groups) {
    return GROUP_MOMENTS * n_groups + TENSOR * n_groups * (n_groups + 1) / 2;
}

static int first_lag(int l) {
    return l == 0 ? 1 : ILI_LAGS / 2 + 1;
}

static int lags_of(int l) {
    return ILI_LAGS + 1 - first_lag(l);
}

/** Level and lag in the level's frames of lag q. */
static int level_of(int q, int *j) {
    const int l = q < ILI_LAGS ? 0 : 1 + (q - ILI_LAGS) / (ILI_LAGS / 2);
    *j = l == 0 ? q + 1 : ILI_LAGS / 2 + 1 + (q - ILI_LAGS) % (ILI_LAGS / 2);
    return l;
}

/** Row of the particles' own sums that lag j of level l has, and how many rows there are: lags of 2^k frames; -1: none. */
static int own_row(int l, int j) {
    for (int k = 0; l == 0 && 1 << k < ILI_LAGS; k++)
        if (j == 1 << k) return k + 1;
    return j == ILI_LAGS ? 0 : -1;
}

static size_t own_size(const ili_lag_store *s, int l) {
    int rows = 1;
    for (int j = first_lag(l); j < ILI_LAGS; j++) rows += own_row(l, j) >= 0;
    return (size_t)rows * s->stride;
}

static size_t blocks_size(const ili_lag_store *s, int l) {
    return (size_t)ILI_LAG_BLOCKS * lags_of(l) * s->n_channels;
}

il_status ili_lag_store_create(il_context *ctx, int n_groups, const int32_t *size, ili_lag_store **out) {
    il_status status = IL_OK;
    ili_lag_store *s = ili_alloc(1, sizeof *s);
    if (!s) return ili_no_memory(ctx, "displacements");
    s->n_groups = n_groups;
    s->n_channels = ili_lag_channels(n_groups);
    s->size = ili_alloc((size_t)n_groups, sizeof *s->size);
    s->start = ili_alloc((size_t)n_groups, sizeof *s->start);
    s->totals = ili_alloc((size_t)n_groups * 3, sizeof *s->totals);
    if (!s->size || !s->start || !s->totals) IL_GO(ili_no_memory(ctx, "displacements"));
    for (int g = 0; g < n_groups; g++) {
        s->size[g] = size[g];
        s->start[g] = (int32_t)s->stride;
        s->stride += ((size_t)size[g] + LANES - 1) / LANES * LANES;
    }
    s->frame = ili_alloc(3 * s->stride, sizeof *s->frame);
    if (!s->frame) IL_GO(ili_no_memory(ctx, "displacements"));
    *out = s;
    return IL_OK;
out:
    ili_lag_store_destroy(&s);
    return status;
}

void ili_lag_store_destroy(ili_lag_store **store) {
    ili_lag_store *s = *store;
    if (!s) return;
    for (int l = 0; l < s->n_levels; l++) {
        ili_free(s->levels[l].ring);
        ili_free(s->levels[l].totals);
        ili_free(s->levels[l].blocks);
        ili_free(s->levels[l].own);
    }
    ili_free(s->size);
    ili_free(s->start);
    ili_free(s->frame);
    ili_free(s->totals);
    ili_free(s);
    *store = NULL;
}

/** The first frame, all zeros, is in the new ring already. */
static bool open_level(ili_lag_store *s) {
    level *v = &s->levels[s->n_levels];
    v->ring = ili_alloc(ILI_LAGS * 3 * s->stride, sizeof *v->ring);
    v->totals = ili_alloc((size_t)ILI_LAGS * s->n_groups * 3, sizeof *v->totals);
    v->blocks = ili_alloc(blocks_size(s, s->n_levels), sizeof *v->blocks);
    v->own = ili_alloc(own_size(s, s->n_levels), sizeof *v->own);
    v->block_length = BLOCK_START;
    v->samples = s->n_levels > 0;
    s->n_levels++; /* destroy frees what came of it */
    return v->ring && v->totals && v->blocks && v->own;
}

/** Adds the moments of the displacements of n (whole vectors) particles. */
ILI_HOT static void add_moments(size_t n, size_t stride, const double *restrict now,
                                const double *restrict then, double *restrict sum) {
    double m[GROUP_MOMENTS][LANES] = {{0}};
    for (size_t i = 0; i < n; i += LANES)
        for (int k = 0; k < LANES; k++) {
            const double x = now[i + k] - then[i + k], y = now[stride + i + k] - then[stride + i + k],
                         z = now[2 * stride + i + k] - then[2 * stride + i + k];
            const double xx = x * x, yy = y * y, zz = z * z, r2 = xx + yy + zz;
            m[0][k] += xx;
            m[1][k] += yy;
            m[2][k] += zz;
            m[3][k] += y * z;
            m[4][k] += x * z;
            m[5][k] += x * y;
            m[6][k] += r2 * r2;
        }
    for (int c = 0; c < GROUP_MOMENTS; c++)
        sum[c] += ((m[c][0] + m[c][4]) + (m[c][2] + m[c][6])) + ((m[c][1] + m[c][5]) + (m[c][3] + m[c][7]));
}

/** Adds the squared displacement of each of n (whole vectors) particles. */
ILI_HOT static void add_own(size_t n, const double *restrict now, const double *restrict then,
                            double *restrict own) {
    for (size_t i = 0; i < n; i++) {
        const double x = now[i] - then[i], y = now[n + i] - then[n + i], z = now[2 * n + i] - then[2 * n + i];
        own[i] += x * x + y * y + z * z;
    }
}

static void add_pairs(const ili_lag_store *s, const double *then, double *sum) {
    for (int i = 0; i < s->n_groups; i++)
        for (int j = i; j < s->n_groups; j++, sum += TENSOR) {
            double a[3], b[3];
            for (int k = 0; k < 3; k++) {
                a[k] = s->totals[3 * i + k] - then[3 * i + k];
                b[k] = s->totals[3 * j + k] - then[3 * j + k];
            }
            for (int k = 0; k < 3; k++) {
                const int p = (k + 1) % 3, q = (k + 2) % 3;
                sum[k] += a[k] * b[k];
                sum[3 + k] += 0.5 * (a[p] * b[q] + a[q] * b[p]);
            }
        }
}

/** Displacement of lag j that ends with the frame being added, into the block of this time. */
static void add_lag(const ili_lag_store *s, int l, int j) {
    const level *v = &s->levels[l];
    const size_t slot = (size_t)((v->samples - j) % ILI_LAGS);
    const double *then = v->ring + slot * 3 * s->stride;
    const int64_t block = v->samples / v->block_length;
    double *sum = v->blocks + ((size_t)block * lags_of(l) + (j - first_lag(l))) * s->n_channels;
    for (int g = 0; g < s->n_groups; g++) {
        const size_t n = ((size_t)s->size[g] + LANES - 1) / LANES * LANES;
        add_moments(n, s->stride, s->frame + s->start[g], then + s->start[g], sum + GROUP_MOMENTS * g);
    }
    const int row = own_row(l, j);
    if (row >= 0) add_own(s->stride, s->frame, then, v->own + (size_t)row * s->stride);
    add_pairs(s, v->totals + slot * s->n_groups * 3, sum + GROUP_MOMENTS * s->n_groups);
}

/** Make room for the block of the frame being added. */
static void merge_blocks(ili_lag_store *s, int l) {
    level *v = &s->levels[l];
    const size_t row = (size_t)lags_of(l) * s->n_channels;
    if (v->samples < v->block_length * ILI_LAG_BLOCKS) return;
    for (size_t b = 0; b < ILI_LAG_BLOCKS / 2; b++)
        for (size_t c = 0; c < row; c++)
            v->blocks[b * row + c] = v->blocks[2 * b * row + c] + v->blocks[(2 * b + 1) * row + c];
    memset(v->blocks + ILI_LAG_BLOCKS / 2 * row, 0, ILI_LAG_BLOCKS / 2 * row * sizeof *v->blocks);
    v->block_length *= 2;
}

static void add_level(int n_threads, ili_lag_store *s, int l) {
    level *v = &s->levels[l];
    merge_blocks(s, l);
    const int last = v->samples < ILI_LAGS ? (int)v->samples : ILI_LAGS;
#pragma omp parallel for schedule(static)                                                                    \
    num_threads(n_threads) if (n_threads > 1 && s->stride >= PARALLEL_FROM)
    for (int j = first_lag(l); j <= last; j++) add_lag(s, l, j);
    const size_t slot = (size_t)(v->samples % ILI_LAGS);
    memcpy(v->ring + slot * 3 * s->stride, s->frame, 3 * s->stride * sizeof *s->frame);
    memcpy(v->totals + slot * s->n_groups * 3, s->totals, (size_t)s->n_groups * 3 * sizeof *s->totals);
    v->samples++;
}

static void take_frame(ili_lag_store *s, const double (*y)[3]) {
    for (int g = 0; g < s->n_groups; g++) {
        double total[3] = {0};
        for (int32_t i = 0; i < s->size[g]; i++, y++)
            for (int k = 0; k < 3; k++) {
                s->frame[(size_t)k * s->stride + s->start[g] + i] = (*y)[k];
                total[k] += (*y)[k];
            }
        memcpy(s->totals + 3 * g, total, sizeof total);
    }
}

il_status ili_lag_store_add(il_context *ctx, ili_lag_store *s, const double (*y)[3]) {
    const int64_t opens = s->n_levels > 0 ? INT64_C(1) << s->n_levels : 0;
    if (s->frames == opens && s->n_levels < ILI_LAG_LEVELS && !open_level(s))
        return ili_no_memory(ctx, "displacements");
    take_frame(s, y);
    for (int l = 0; l < s->n_levels && s->frames % (INT64_C(1) << l) == 0; l++)
        add_level(ctx->n_threads, s, l);
    s->frames++;
    return IL_OK;
}

int64_t ili_lag_store_frames(const ili_lag_store *s) {
    return s->frames;
}

size_t ili_lag_store_memory(const ili_lag_store *s) {
    size_t doubles = 3 * s->stride;
    for (int l = 0; l < s->n_levels; l++)
        doubles += ILI_LAGS * 3 * (s->stride + (size_t)s->n_groups) + blocks_size(s, l) + own_size(s, l);
    return sizeof *s + doubles * sizeof(double);
}

void ili_lag_store_carry(ili_lag_store *s, ili_bytes *b) {
    ili_bytes_expect(b, s->n_groups);
    ili_bytes_expect(b, (int64_t)s->stride);
    int n_levels = s->n_levels;
    ili_bytes_carry(b, &n_levels, sizeof n_levels);
    if (n_levels < 0 || n_levels > ILI_LAG_LEVELS) b->failed = true;
    while (!b->failed && s->n_levels < n_levels)
        if (!open_level(s)) b->failed = true;
    ili_bytes_carry(b, &s->frames, sizeof s->frames);
    for (int l = 0; l < s->n_levels && !b->failed; l++) {
        level *v = &s->levels[l];
        ili_bytes_carry(b, &v->samples, sizeof v->samples);
        ili_bytes_carry(b, &v->block_length, sizeof v->block_length);
        ili_bytes_carry(b, v->ring, ILI_LAGS * 3 * s->stride * sizeof *v->ring);
        ili_bytes_carry(b, v->totals, (size_t)ILI_LAGS * s->n_groups * 3 * sizeof *v->totals);
        ili_bytes_carry(b, v->blocks, blocks_size(s, l) * sizeof *v->blocks);
        ili_bytes_carry(b, v->own, own_size(s, l) * sizeof *v->own);
    }
}

int64_t ili_lag_frames(int q) {
    int j, l = level_of(q, &j);
    return (int64_t)j << l;
}

/** Number of origins of lag q. */
static int64_t origins_of(const ili_lag_store *s, int q) {
    int j, l = level_of(q, &j);
    int64_t n = l < s->n_levels ? s->levels[l].samples - j : 0;
    return n > 0 ? n : 0;
}

int ili_lag_store_lags(const ili_lag_store *s) {
    int q = 0;
    while (q < ILI_LAG_MAX && origins_of(s, q) > 0) q++;
    return q;
}

int64_t ili_lag_store_block(const ili_lag_store *s, int q) {
    int j, l = level_of(q, &j);
    return s->levels[l].block_length << l;
}

int ili_lag_store_series(const ili_lag_store *s, int q, const double *coefficient, int64_t block,
                         double *count, double *sum) {
    int j, l = level_of(q, &j);
    const level *v = &s->levels[l];
    const int64_t length = block >> l; /* in the level's frames */
    const int n = (int)((s->frames + block - 1) / block);
    for (int b = 0; b < n; b++) {
        const int64_t from = b * length > j ? b * length : j;
        const int64_t to = (b + 1) * length < v->samples ? (b + 1) * length : v->samples;
        count[b] = to > from ? (double)(to - from) : 0.0;
        sum[b] = 0.0;
    }
    const int64_t merged = length / v->block_length, used = (v->samples - 1) / v->block_length;
    for (int64_t k = 0; k <= used; k++) {
        const double *m = v->blocks + ((size_t)k * lags_of(l) + (j - first_lag(l))) * s->n_channels;
        for (int c = 0; c < s->n_channels; c++)
            if (coefficient[c] != 0.0) sum[k / merged] += coefficient[c] * m[c];
    }
    return n;
}

double ili_lag_store_unlike(const ili_lag_store *s, int group, int q) {
    int j, l = level_of(q, &j);
    const int row = own_row(l, j);
    const int32_t n = s->size[group];
    const double origins = (double)origins_of(s, q);
    if (row < 0 || n < 2 || !(origins > 0.0)) return NAN;
    const double *own = s->levels[l].own + (size_t)row * s->stride + s->start[group];
    double mean = 0.0, squares = 0.0;
    for (int32_t i = 0; i < n; i++) mean += own[i] / n;
    for (int32_t i = 0; i < n; i++) squares += (own[i] - mean) * (own[i] - mean);
    return squares / ((n - 1.0) * origins * origins);
}
