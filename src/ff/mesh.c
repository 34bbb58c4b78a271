/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The walk of ff/mesh_grid.h, with rows of waves between: columns along axis 0 through each row: transform, energy and virial,
 * influence function, transform back. */
#include "ff/mesh.h"

#include "base/alloc.h"
#include "base/timing.h"
#include "ff/mesh_grid.h"
#include "ff/mesh_waves.h"
#include "math/vec.h"

#include <string.h>

struct ili_mesh {
    const double *q;
    int axis[3]; /**< row of the caller's cell behind each axis; the one with the most points comes first */
    ili_mesh_grid grid;
    ili_mesh_waves *waves;
};

il_status ili_mesh_create(il_context *ctx, const ili_mesh_plan *plan, int32_t n, const double *q,
                          ili_mesh **out) {
    *out = NULL;
    ili_mesh *m = ili_alloc(1, sizeof *m);
    if (!m) return ili_no_memory(ctx, "the Coulomb mesh");
    il_status status = IL_OK;
    const int *size = plan->size;
    int turned[3];
    double q2 = 0.0;
    m->q = q;
    for (int32_t i = 0; i < n; i++) q2 += q[i] * q[i];
    int longest = size[0] >= size[1] ? 0 : 1;
    if (size[2] > size[longest]) longest = 2;
    for (int d = 0; d < 3; d++) {
        m->axis[d] = (longest + d) % 3;
        turned[d] = size[m->axis[d]];
    }
    IL_GO(ili_mesh_grid_create(ctx, turned, turned[0], plan->order, plan->is_single, n, q, &m->grid));
    IL_GO(ili_mesh_waves_create(ctx, &m->grid.shape, plan->order, plan->alpha, q2, &m->waves));
out:
    if (status != IL_OK) ili_mesh_destroy(&m);
    *out = m;
    return status;
}

void ili_mesh_destroy(ili_mesh **mesh) {
    ili_mesh *m = *mesh;
    if (!m) return;
    ili_mesh_grid_drop(&m->grid);
    ili_mesh_waves_destroy(&m->waves);
    ili_free(m);
    *mesh = NULL;
}

typedef struct work {
    ili_mesh *mesh;
    bool want_energy;
} work;

static void row_of_waves(void *user, int j) {
    const work *w = user;
    ili_mesh_grid *g = &w->mesh->grid;
    char *row = (char *)g->points + (size_t)j * g->shape.row * g->real;
    ili_fft_columns_forth(g->fft, row);
    ili_mesh_waves_weigh(w->mesh->waves, g->points, j, w->want_energy);
    ili_fft_columns_back(g->fft, row);
}

il_status ili_mesh_compute(il_context *ctx, ili_mesh *m, const double h[3][3], const double (*x)[3],
                           double *energy, ili_accum *acc) {
    ili_stencil_frame frame = {.is_open = false};
    double rows[3][3];
    const int n_threads = ili_mesh_grid_threads(ctx, &m->grid);
    work w = {m, !acc->forces_only};
    ili_tick t = ili_tick_now();
    for (int d = 0; d < 3; d++) memcpy(rows[d], h[m->axis[d]], sizeof rows[d]);
    ili_inverse(rows, frame.inv);
    ili_mesh_waves_set_cell(m->waves, n_threads, rows);
    ili_tock(ctx, ILI_TIME_MESH_FFT, &t);
    const ili_mesh_walk walk = {
        .frame = &frame, .n_waves = m->grid.size[1], .waves = row_of_waves, .user = &w};
    IL_TRY(ili_mesh_grid_walk(ctx, &m->grid, n_threads, &walk, x, acc));
    *energy = 0.0;
    if (acc->forces_only) return IL_OK;
    double sum[ILI_MESH_SUMS], own;
    ili_mesh_waves_sum(m->waves, sum, &own);
    *energy = sum[0];
    for (int c = 0; c < 6; c++) acc->w[c] += sum[1 + c];
    for (int32_t i = 0; i < m->grid.n && acc->e_atom; i++) acc->e_atom[i] += own * m->q[i] * m->q[i];
    return IL_OK;
}
