/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorting: a stable counting sort by plane over fixed chunks of the atoms, then by row within each plane. Neighbours in memory are
 * then neighbours in space, and the order depends on nothing but places and numbers. */
#include "ff/stencil_kernel.h"

#include "base/alloc.h"
#include "base/hot.h"
#include "math/vec.h"

#include <omp.h>
#include <string.h>

int ili_stencil_extra(int order) {
    return (order + 7) / 8 * 8 - 1;
}

il_status ili_stencil_create(il_context *ctx, bool is_single, int32_t n, const double *q,
                             const ili_stencil_shape *shape, ili_stencil **out) {
    *out = NULL;
    ili_stencil *s = ili_alloc(1, sizeof *s);
    if (!s) return ili_no_memory(ctx, "charges on a mesh");
    s->kernel = is_single                      ? &ili_stencil_single
                : ctx->simd >= ILI_SIMD_AVX512 ? &ili_stencil_double_wide
                                               : &ili_stencil_double;
    s->shape = *shape;
    s->n = n;
    s->q = q;
    const size_t planes = (size_t)shape->size[0], width = (size_t)ili_stencil_extra(shape->order) + 1;
    s->u = ili_alloc((size_t)n, sizeof *s->u);
    s->by_plane = ili_alloc((size_t)n, sizeof *s->by_plane);
    s->count = ili_alloc(ILI_STENCIL_CHUNKS * planes, sizeof *s->count);
    s->start = ili_alloc(planes + 1, sizeof *s->start);
    s->row_start = ili_alloc(planes * (size_t)shape->size[1], sizeof *s->row_start);
    s->spots = ili_alloc((size_t)n, s->kernel->spot);
    s->weights = ili_alloc(2 * (size_t)shape->order * width, s->kernel->real);
    if (!s->u || !s->by_plane || !s->count || !s->start || !s->row_start || !s->spots || !s->weights) {
        ili_stencil_destroy(&s);
        return ili_no_memory(ctx, "charges on a mesh");
    }
    s->kernel->set_weights(s);
    *out = s;
    return IL_OK;
}

void ili_stencil_destroy(ili_stencil **stencil) {
    ili_stencil *s = *stencil;
    if (!s) return;
    void *blocks[] = {s->u, s->by_plane, s->count, s->start, s->row_start, s->spots, s->weights};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ili_free(blocks[i]);
    ili_free(s);
    *stencil = NULL;
}

/** Chunk c of the atoms begins here. */
static int32_t chunk_start(const ili_stencil *s, int c) {
    return (int32_t)((int64_t)s->n * c / ILI_STENCIL_CHUNKS);
}

static inline int plane_of(const ili_stencil *s, int32_t i) {
    int plane = (int)s->u[i][0];
    return plane < 0 ? 0 : plane < s->shape.size[0] ? plane : s->shape.size[0] - 1;
}

/** Grid coordinates of chunk c, and how many atoms each plane gets from it. */
ILI_HOT static void locate(ili_stencil *s, int c, const ili_stencil_frame *frame, const double (*x)[3]) {
    int32_t *count = s->count + (size_t)c * (size_t)s->shape.size[0];
    memset(count, 0, (size_t)s->shape.size[0] * sizeof *count);
    for (int32_t i = chunk_start(s, c); i < chunk_start(s, c + 1); i++) {
        double d[3], u[3];
        ili_sub(x[i], frame->origin, d);
        ili_vec_mat(d, frame->inv, u);
        for (int k = 0; k < 3; k++) {
            if (k > 0 || !frame->is_open) u[k] -= floor(u[k]);
            u[k] *= s->shape.size[k];
            s->u[i][k] = u[k] < s->shape.size[k] ? u[k] : 0.0;
        }
        count[plane_of(s, i)]++;
    }
}

/** Turn counts into first places. */
static void add_up(ili_stencil *s) {
    int32_t sum = 0, planes = s->shape.size[0];
    for (int32_t k = 0; k < planes; k++) {
        s->start[k] = sum;
        for (int c = 0; c < ILI_STENCIL_CHUNKS; c++) {
            int32_t *count = s->count + (size_t)c * (size_t)planes + k, own = *count;
            *count = sum;
            sum += own;
        }
    }
    s->start[planes] = sum;
}

static void deal_out(ili_stencil *s, int c) {
    int32_t *next = s->count + (size_t)c * (size_t)s->shape.size[0];
    for (int32_t i = chunk_start(s, c); i < chunk_start(s, c + 1); i++)
        s->by_plane[next[plane_of(s, i)]++] = i;
}

/** Sort plane k by rows and put its charges on their spots. */
static void sort_rows(ili_stencil *s, int k) {
    const int rows = s->shape.size[1];
    int32_t *next = s->row_start + (size_t)k * (size_t)rows, sum = s->start[k];
    memset(next, 0, (size_t)rows * sizeof *next);
    for (int32_t p = s->start[k]; p < s->start[k + 1]; p++) next[(int)s->u[s->by_plane[p]][1]]++;
    for (int j = 0; j < rows; j++) {
        int32_t own = next[j];
        next[j] = sum;
        sum += own;
    }
    for (int32_t p = s->start[k]; p < s->start[k + 1]; p++) {
        int32_t i = s->by_plane[p];
        s->kernel->put(s, next[(int)s->u[i][1]]++, i, s->u[i]);
    }
}

static void begin(ili_stencil *s, const ili_stencil_frame *frame) {
    s->is_open = frame->is_open;
    s->zero = frame->zero;
    for (int d = 0; d < 3; d++)
        for (int c = 0; c < 3; c++) s->push[d][c] = s->shape.size[d] * frame->inv[c][d];
    add_up(s);
}

void ili_stencil_place(ili_stencil *s, const ili_stencil_frame *frame, const double (*x)[3]) {
    const int thread = omp_get_thread_num(), team = omp_get_num_threads();
#pragma omp for schedule(static)
    for (int c = 0; c < ILI_STENCIL_CHUNKS; c++) locate(s, c, frame, x);
    if (thread == 0) begin(s, frame);
#pragma omp barrier
#pragma omp for schedule(static)
    for (int c = 0; c < ILI_STENCIL_CHUNKS; c++) deal_out(s, c);
    const int end = ili_stencil_slice(s, thread + 1, team);
    for (int k = ili_stencil_slice(s, thread, team); k < end; k++) sort_rows(s, k);
#pragma omp barrier
}

/** Work before plane k, in charges. A plane is cleared and transformed, which for some WORTH of its points takes as long as
 *  spreading a charge. A charge reaches order - 1 planes back from where it lies; round a closed grid that is the same for all slices, in
 *  an open one it is counted in the middle. */
static double work_before(const ili_stencil *s, int k) {
    enum { WORTH = 64 };
    const int *size = s->shape.size, shifted = k + (s->is_open ? s->shape.order / 2 : 0);
    return (double)k * size[1] * size[2] / WORTH + s->start[shifted < size[0] ? shifted : size[0]];
}

int ili_stencil_slice(const ili_stencil *s, int k, int slices) {
    int low = 0, high = s->shape.size[0];
    const double wanted = work_before(s, high) * k / slices;
    if (k == slices) return high;
    while (low < high) {
        int middle = (low + high) / 2;
        if (work_before(s, middle) < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void ili_stencil_spread(const ili_stencil *s, void *grid, int first, int last) {
    s->kernel->spread[s->shape.order](s, grid, first, last);
    s->kernel->fold(s, grid, first, last);
}

void ili_stencil_repeat(const ili_stencil *s, void *grid, int first, int last) {
    s->kernel->repeat(s, grid, first, last);
}

void ili_stencil_gather(const ili_stencil *s, const void *grid, int32_t first, int32_t last, ili_accum *acc,
                        double *moment) {
    s->kernel->gather[s->shape.order](s, grid, first, last, acc, moment);
}
