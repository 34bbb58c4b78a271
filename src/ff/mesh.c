/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loop plan.
 *   1. place       charges at their places on the grid, sorted by the plane and row where they lie (ff/stencil.h)
 *   2. spread      a slice of planes for each thread, which visits every charge touching it in sorted order
 *   3. planes      transform
 *   4. waves       columns along axis 0 through each row: transform, energy and virial, influence function, transform back
 *   5. planes      transform back, copy the first columns behind the last ones
 *   6. gather      charges in sorted order; three sums over the stencil serve potential and gradient
 * Every grid point and every atom has one writer and every sum a fixed order, whatever the number of threads. */
#include "ff/mesh.h"

#include "base/alloc.h"
#include "base/timing.h"
#include "ff/mesh_waves.h"
#include "ff/stencil.h"
#include "math/vec.h"

#include <string.h>

enum {
    PIECE = 256 /* charges */,
    PARALLEL_ABOVE = 4000 /* points and atoms */
};

struct ili_mesh {
    ili_mesh_plan plan;
    int32_t n;
    const double *q;
    int axis
        [3]; /**< row of the caller's cell behind each axis of the grid; the one with the most points comes first */
    int size[3]; /**< along the axes of the grid */
    ili_fft_shape shape;
    ili_fft *fft;
    void *grid; /**< [size[0] * shape.plane] charges, then potential */
    ili_stencil *stencil;
    ili_mesh_waves *waves;
};

il_status ili_mesh_create(il_context *ctx, const ili_mesh_plan *plan, int32_t n, const double *q,
                          ili_mesh **out) {
    *out = NULL;
    ili_mesh *m = ili_alloc(1, sizeof *m);
    if (!m) return ili_no_memory(ctx, "the Coulomb mesh");
    il_status status = IL_OK;
    const int *size = plan->size, *s = m->size;
    double q2 = 0.0;
    m->plan = *plan;
    m->n = n;
    m->q = q;
    for (int32_t i = 0; i < n; i++) q2 += q[i] * q[i];
    int longest = size[0] >= size[1] ? 0 : 1;
    if (size[2] > size[longest]) longest = 2;
    for (int d = 0; d < 3; d++) {
        m->axis[d] = (longest + d) % 3;
        m->size[d] = size[m->axis[d]];
    }
    m->shape = ili_fft_shape_of(m->size, ili_stencil_extra(plan->order), plan->is_single);
    const ili_stencil_shape shape = {
        .size = {s[0], s[1], s[2]}, .order = plan->order, .row = m->shape.row, .plane = m->shape.plane};
    m->grid = ili_alloc((size_t)s[0] * m->shape.plane, plan->is_single ? sizeof(float) : sizeof(double));
    if (!m->grid) IL_GO(ili_no_memory(ctx, "the Coulomb mesh"));
    IL_GO(ili_fft_create(ctx, &m->shape, &m->fft));
    IL_GO(ili_stencil_create(ctx, plan->is_single, n, q, &shape, &m->stencil));
    IL_GO(ili_mesh_waves_create(ctx, &m->shape, plan->order, plan->alpha, q2, &m->waves));
out:
    if (status != IL_OK) ili_mesh_destroy(&m);
    *out = m;
    return status;
}

void ili_mesh_destroy(ili_mesh **mesh) {
    ili_mesh *m = *mesh;
    if (!m) return;
    ili_fft_destroy(&m->fft);
    ili_stencil_destroy(&m->stencil);
    ili_mesh_waves_destroy(&m->waves);
    ili_free(m->grid);
    ili_free(m);
    *mesh = NULL;
}

static char *at(const ili_mesh *m, size_t reals) {
    return (char *)m->grid + reals * (m->plan.is_single ? sizeof(float) : sizeof(double));
}

/** One kind of work: pieces 0 .. n-1, each done by one thread. */
typedef struct work {
    ili_mesh *mesh;
    ili_accum *acc;
    int slices;
} work;

static void spread_slice(const work *w, int k) {
    const ili_stencil *s = w->mesh->stencil;
    ili_stencil_spread(s, w->mesh->grid, ili_stencil_slice(s, k, w->slices),
                       ili_stencil_slice(s, k + 1, w->slices));
}

static void plane_forth(const work *w, int i) {
    ili_fft_plane_forth(w->mesh->fft, at(w->mesh, (size_t)i * w->mesh->shape.plane));
}

static void row_of_waves(const work *w, int j) {
    ili_mesh *m = w->mesh;
    char *row = at(m, (size_t)j * m->shape.row);
    ili_fft_columns_forth(m->fft, row);
    ili_mesh_waves_weigh(m->waves, m->grid, j, !w->acc->forces_only);
    ili_fft_columns_back(m->fft, row);
}

static void plane_back(const work *w, int i) {
    ili_fft_plane_back(w->mesh->fft, at(w->mesh, (size_t)i * w->mesh->shape.plane));
    ili_stencil_repeat(w->mesh->stencil, w->mesh->grid, i, i + 1);
}

static void gather_piece(const work *w, int p) {
    const int32_t first = p * PIECE, end = w->mesh->n - first > PIECE ? first + PIECE : w->mesh->n;
    ili_stencil_gather(w->mesh->stencil, w->mesh->grid, first, end, w->acc, NULL);
}

/** Let the threads share the pieces. */
static void share(const work *w, int n_threads, int pieces, void (*piece)(const work *w, int p)) {
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 1)
    for (int p = 0; p < pieces; p++) piece(w, p);
}

void ili_mesh_compute(il_context *ctx, ili_mesh *m, const double h[3][3], const double (*x)[3],
                      double *energy, ili_accum *acc) {
    ili_stencil_frame frame = {.is_open = false};
    double rows[3][3];
    const int *size = m->size;
    const int n_threads = m->n + size[0] * size[1] * size[2] > PARALLEL_ABOVE ? ctx->n_threads : 1;
    work w = {.mesh = m, .acc = acc, .slices = n_threads};
    ili_tick t = ili_tick_now();
    for (int d = 0; d < 3; d++) memcpy(rows[d], h[m->axis[d]], sizeof rows[d]);
    ili_inverse(rows, frame.inv);
    ili_stencil_place(m->stencil, n_threads, &frame, x);
    ili_tock(ctx, ILI_TIME_MESH_SORT, &t);
    share(&w, n_threads, w.slices, spread_slice);
    ili_tock(ctx, ILI_TIME_MESH_SPREAD, &t);
    ili_mesh_waves_set_cell(m->waves, n_threads, rows);
    share(&w, n_threads, size[0], plane_forth);
    share(&w, n_threads, size[1], row_of_waves);
    share(&w, n_threads, size[0], plane_back);
    ili_tock(ctx, ILI_TIME_MESH_FFT, &t);
    share(&w, n_threads, (m->n + PIECE - 1) / PIECE, gather_piece);
    ili_tock(ctx, ILI_TIME_MESH_GATHER, &t);
    *energy = 0.0;
    if (acc->forces_only) return;
    double sum[ILI_MESH_SUMS], own;
    ili_mesh_waves_sum(m->waves, sum, &own);
    *energy = sum[0];
    for (int c = 0; c < 6; c++) acc->w[c] += sum[1 + c];
    for (int32_t i = 0; i < m->n && acc->e_atom; i++) acc->e_atom[i] += own * m->q[i] * m->q[i];
}
