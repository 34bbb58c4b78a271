/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loop plan.
 *   1. place       charges at their places on the grid, sorted by the plane and row where they lie (ff/stencil.h)
 *   2. spread      a slice of planes for each thread, which visits every charge touching it in sorted order
 *   3. planes      transform, each by the thread that filled it
 *   4. waves       of the caller
 *   5. planes      transform back, copy the first columns behind the last ones
 *   6. gather      charges in sorted order; three sums over the stencil serve potential and gradient
 * Every grid point and every atom has one writer and every sum a fixed order, whatever the number of threads. All of it is one
 * parallel region, as threads that wait long fall asleep; in 4 to 6 every thread begins with a run of neighbours that lie in its
 * own cache, and then helps the others. */
#include "ff/mesh_grid.h"

#include "base/timing.h"

#include <omp.h>

enum { PIECE = 128 /* charges */, PARALLEL_ABOVE = 4000 /* points and atoms */, RUNS_MAX = 64 };

il_status ili_mesh_grid_create(il_context *ctx, const int size[3], int columns, int order, bool is_single,
                               int32_t n, const double *q, ili_mesh_grid *g) {
    il_status status = IL_OK;
    *g = (ili_mesh_grid){.size = {size[0], size[1], size[2]}, .n = n};
    g->real = is_single ? sizeof(float) : sizeof(double);
    g->shape = ili_fft_shape_of((int[3]){columns, size[1], size[2]}, ili_stencil_extra(order), is_single);
    const ili_stencil_shape shape = {
        .size = {size[0], size[1], size[2]}, .order = order, .row = g->shape.row, .plane = g->shape.plane};
    IL_GO(ili_fft_create(ctx, &g->shape, &g->fft));
    IL_GO(ili_stencil_create(ctx, is_single, n, q, &shape, &g->stencil));
out:
    if (status != IL_OK) ili_mesh_grid_drop(g);
    return status;
}

void ili_mesh_grid_drop(ili_mesh_grid *g) {
    ili_fft_destroy(&g->fft);
    ili_stencil_destroy(&g->stencil);
}

static void *plane_at(const ili_mesh_grid *g, int i) {
    return (char *)g->points + (size_t)i * g->shape.plane * g->real;
}

int32_t ili_mesh_grid_pieces(const ili_mesh_grid *g) {
    return (g->n + PIECE - 1) / PIECE;
}

int ili_mesh_grid_threads(const il_context *ctx, const ili_mesh_grid *g) {
    return g->n + g->size[0] * g->size[1] * g->size[2] > PARALLEL_ABOVE ? ctx->n_threads : 1;
}

/** Pieces of work 0 .. n-1, dealt out in runs of neighbours. */
typedef struct runs {
    int n;
    struct {
        _Alignas(64) int next;
        int end;
    } run[RUNS_MAX];
} runs;

static void deal(runs *r, int n_threads, int pieces) {
    r->n = n_threads < RUNS_MAX ? n_threads : RUNS_MAX;
    for (int k = 0; k < r->n; k++) {
        r->run[k].next = (int)((int64_t)pieces * k / r->n);
        r->run[k].end = (int)((int64_t)pieces * (k + 1) / r->n);
    }
}

/** A piece for a thread, of its own run while there are any; -1 when all are taken. */
static int take(runs *r, int thread) {
    for (int k = 0; k < r->n; k++) {
        const int own = (thread + k) % r->n;
        int piece;
#pragma omp atomic capture
        piece = r->run[own].next++;
        if (piece < r->run[own].end) return piece;
    }
    return -1;
}

static void spread_slice(const ili_mesh_grid *g, int k, int slices) {
    const int first = ili_stencil_slice(g->stencil, k, slices),
              end = ili_stencil_slice(g->stencil, k + 1, slices);
    ili_stencil_spread(g->stencil, g->points, first, end);
}

static void transform_slice(const ili_mesh_grid *g, int k, int slices) {
    const int end = ili_stencil_slice(g->stencil, k + 1, slices);
    for (int i = ili_stencil_slice(g->stencil, k, slices); i < end; i++)
        ili_fft_plane_forth(g->fft, plane_at(g, i));
}

static void plane_back(const ili_mesh_grid *g, int i) {
    ili_fft_plane_back(g->fft, plane_at(g, i));
    ili_stencil_repeat(g->stencil, g->points, i, i + 1);
}

static void gather_piece(const ili_mesh_grid *g, const ili_mesh_walk *w, int p, ili_accum *acc) {
    const int32_t first = p * PIECE, end = g->n - first > PIECE ? first + PIECE : g->n;
    ili_stencil_gather(g->stencil, g->points, first, end, acc, w->moments ? w->moments[p] : NULL);
}

il_status ili_mesh_grid_walk(il_context *ctx, ili_mesh_grid *g, int n_threads, const ili_mesh_walk *w,
                             const double (*x)[3], ili_accum *acc) {
    runs waves, planes, pieces;
    ili_tick t = ili_tick_now();
    g->points = ili_scratch(ctx, (size_t)g->size[0] * g->shape.plane * g->real);
    if (!g->points) return ili_no_memory(ctx, "the Coulomb mesh");
    deal(&waves, n_threads, w->n_waves);
    deal(&planes, n_threads, g->size[0]);
    deal(&pieces, n_threads, ili_mesh_grid_pieces(g));
#pragma omp parallel num_threads(n_threads)
    {
        const int thread = omp_get_thread_num(), team = omp_get_num_threads();
        ili_stencil_place(g->stencil, w->frame, x);
        if (thread == 0) ili_tock(ctx, ILI_TIME_MESH_SORT, &t);
        spread_slice(g, thread, team);
        if (thread == 0) ili_tock(ctx, ILI_TIME_MESH_SPREAD, &t);
        transform_slice(g, thread, team);
#pragma omp barrier
        for (int p = take(&waves, thread); p >= 0; p = take(&waves, thread)) w->waves(w->user, p);
#pragma omp barrier
        for (int i = take(&planes, thread); i >= 0; i = take(&planes, thread)) plane_back(g, i);
#pragma omp barrier
        if (thread == 0) ili_tock(ctx, ILI_TIME_MESH_FFT, &t);
        for (int p = take(&pieces, thread); p >= 0; p = take(&pieces, thread)) gather_piece(g, w, p, acc);
    }
    g->points = NULL; /* the scratch is another stage's from now on */
    ili_tock(ctx, ILI_TIME_MESH_GATHER, &t);
    return IL_OK;
}
