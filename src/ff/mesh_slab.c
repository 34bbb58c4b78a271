/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The walk of ff/mesh_grid.h on a grid that has planes where there are charges, and no more; its axis along the normal is open.
 *   4. waves       batches of waves of the plane: columns along the normal into a block of their own, zeros behind them up to
 *                  the period that these waves need, transform, energy, influence function, transform back, and back into
 *                  the planes
 *   6. gather      sums of height times force besides, for the virial
 * The virial in the plane comes from the waves, as strain changes k and A and leaves heights and the grid along the normal alone. */
#include "ff/mesh_slab.h"

#include "base/alloc.h"
#include "base/hot.h"
#include "ff/mesh_grid.h"
#include "math/fft_lines.h"
#include "math/units.h"
#include "math/vec.h"

#include <omp.h>
#include <string.h>

enum { N_SUMS = 8 /* energy, own energy, virial */ };

/** Where the columns of a batch lie in every plane. */
typedef struct batch_place {
    size_t offset[ILI_SLAB_LANES], plane; /**< in reals; lanes not in use repeat the first */
    int planes, lanes;
} batch_place;

typedef struct lane_sums {
    double energy[ILI_SLAB_LANES], slope[ILI_SLAB_LANES] /* by k^2 */, own[ILI_SLAB_LANES];
} lane_sums;

#define real      float
#define LANES     ILI_FFT_LANES_SINGLE
#define OWN(name) name##_single
#include "ff/mesh_slab_body.h"
#undef real
#undef LANES
#undef OWN
#define real      double
#define LANES     ILI_FFT_LANES_DOUBLE
#define OWN(name) name##_double
#include "ff/mesh_slab_body.h"
#undef real
#undef LANES
#undef OWN

typedef struct slab_loops {
    size_t real; /**< bytes */
    int lanes;
    void (*load)(const void *grid, const batch_place *at, int n, void *block);
    void (*weigh)(const ili_slab_axis *axis, const ili_slab_waves *w, double decay, double q2, void *block,
                  lane_sums *sums);
    void (*store)(void *grid, const batch_place *at, const void *block);
} slab_loops;

static const slab_loops loops[] = {
    {sizeof(double), ILI_FFT_LANES_DOUBLE, load_double, weigh_double, store_double},
    {sizeof(float), ILI_FFT_LANES_SINGLE, load_single, weigh_single, store_single}};

struct ili_mesh_slab {
    ili_slab_grid plan;
    double alpha, q2;
    const double *q;
    const slab_loops *loops;
    ili_mesh_grid grid;
    ili_fft_lines *columns[ILI_SLAB_AXES_MAX];
    ili_slab_kernel *kernel;
    int n_blocks;
    size_t block;
    void *blocks;           /**< [n_blocks * block] one for each thread */
    double (*sums)[N_SUMS]; /**< [kernel->n_batches] */
    double (*moments)[3];   /**< [pieces] height above the middle of the plan's, in points, times force */
};

/** The plane now. */
typedef struct slab_plane {
    double normal[3], area, b[2][3]; /**< b: reciprocal rows, 2 pi included */
} slab_plane;

static slab_plane plane_of(const double h[3][3]) {
    slab_plane p;
    ili_cross(h[0], h[1], p.normal);
    p.area = ili_norm(p.normal);
    for (int c = 0; c < 3; c++) p.normal[c] /= p.area;
    ili_cross(h[1], p.normal, p.b[0]);
    ili_cross(p.normal, h[0], p.b[1]);
    for (int c = 0; c < 3; c++)
        for (int d = 0; d < 2; d++) p.b[d][c] *= 2.0 * ILI_PI / p.area;
    return p;
}

static bool make_arrays(ili_mesh_slab *m) {
    m->block = ILI_FFT_POINT * (size_t)m->kernel->axis[m->kernel->n_axes - 1].n;
    m->blocks = ili_alloc((size_t)m->n_blocks, 2 * m->block);
    m->sums = ili_alloc((size_t)m->kernel->n_batches, sizeof *m->sums);
    m->moments = ili_alloc((size_t)ili_mesh_grid_pieces(&m->grid), sizeof *m->moments);
    return m->blocks && m->sums && m->moments;
}

il_status ili_mesh_slab_create(il_context *ctx, const ili_slab_grid *grid, double alpha, bool is_single,
                               const double h[3][3], int32_t n, const double *q, ili_mesh_slab **out) {
    *out = NULL;
    ili_mesh_slab *m = ili_alloc(1, sizeof *m);
    if (!m) return ili_no_memory(ctx, "the Coulomb mesh");
    il_status status = IL_OK;
    const slab_plane plane = plane_of(h);
    m->plan = *grid;
    m->alpha = alpha;
    m->q = q;
    for (int32_t i = 0; i < n; i++) m->q2 += q[i] * q[i];
    m->loops = &loops[is_single];
    m->n_blocks = ctx->n_threads;
    IL_GO(ili_slab_kernel_create(ctx, grid, alpha, m->loops->lanes, plane.b, &m->kernel));
    IL_GO(ili_mesh_grid_create(ctx, grid->size, 1, grid->order, is_single, n, q, &m->grid));
    for (int a = 0; a < m->kernel->n_axes; a++)
        IL_GO(ili_fft_lines_create(ctx, m->kernel->axis[a].n, is_single, &m->columns[a]));
    if (!make_arrays(m)) status = ili_no_memory(ctx, "the Coulomb mesh");
out:
    if (status != IL_OK) ili_mesh_slab_destroy(&m);
    *out = m;
    return status;
}

void ili_mesh_slab_destroy(ili_mesh_slab **mesh) {
    ili_mesh_slab *m = *mesh;
    if (!m) return;
    ili_mesh_grid_drop(&m->grid);
    for (int a = 0; a < ILI_SLAB_AXES_MAX; a++) ili_fft_lines_destroy(&m->columns[a]);
    ili_slab_kernel_destroy(&m->kernel);
    ili_free(m->blocks);
    ili_free(m->sums);
    ili_free(m->moments);
    ili_free(m);
    *mesh = NULL;
}

int ili_mesh_slab_threads(const ili_mesh_slab *m) {
    return m->n_blocks;
}

/** Heights and the plane as the stencils see them; the lowest charge stands on the last plane of its stencil. */
static ili_stencil_frame frame_of(const ili_slab_grid *g, const slab_plane *p) {
    ili_stencil_frame f = {.is_open = true, .zero = g->order - 1 + 0.5 * (g->high - g->low) / g->spacing};
    for (int c = 0; c < 3; c++) {
        f.origin[c] = (g->low - (g->order - 1) * g->spacing) * p->normal[c];
        f.inv[c][0] = p->normal[c] / (g->spacing * g->size[0]);
        for (int d = 0; d < 2; d++) f.inv[c][d + 1] = p->b[d][c] / (2.0 * ILI_PI);
    }
    return f;
}

/** What a batch of waves has to know. */
typedef struct work {
    ili_mesh_slab *mesh;
    const slab_plane *plane;
    bool want_energy;
} work;

static batch_place place_of(const ili_mesh_slab *m, const ili_slab_batch *b) {
    batch_place p = {.plane = m->grid.shape.plane, .planes = m->plan.size[0], .lanes = b->n};
    for (int l = 0; l < ILI_SLAB_LANES; l++) {
        const int *wave = b->m[l < b->n ? l : 0], j = wave[0] < 0 ? wave[0] + m->plan.size[1] : wave[0];
        p.offset[l] = (size_t)j * m->grid.shape.row + 2 * (size_t)wave[1];
    }
    return p;
}

/** Energy and virial in the plane, but for E along the diagonal, from the sums of a batch. */
static void add_up(const ili_slab_waves *w, const lane_sums *lanes, double sum[N_SUMS]) {
    memset(sum, 0, N_SUMS * sizeof *sum);
    for (int l = 0; l < ILI_SLAB_LANES; l++) {
        sum[0] += lanes->energy[l];
        sum[1] += lanes->own[l];
        for (int c = 0; c < 6; c++)
            sum[2 + c] += 2.0 * lanes->slope[l] * w->kv[l][ILI_VOIGT[c][0]] * w->kv[l][ILI_VOIGT[c][1]];
    }
}

static void batch_of_waves(void *user, int b) {
    const work *w = user;
    ili_mesh_slab *m = w->mesh;
    const ili_slab_batch *batch = &m->kernel->batch[b];
    const ili_slab_axis *axis = &m->kernel->axis[batch->axis];
    const ili_fft_lines *columns = m->columns[batch->axis];
    const batch_place place = place_of(m, batch);
    const double decay = 0.25 / (m->alpha * m->alpha);
    ili_slab_waves waves;
    lane_sums lanes = {.energy = {0}}, *sums = w->want_energy ? &lanes : NULL;
    if (sums || !batch->is_left_out) ili_slab_waves_of(m->kernel, batch, w->plane->b, w->plane->area, &waves);
    if (batch->is_left_out) {
        if (sums) m->loops->weigh(axis, &waves, decay, m->q2, NULL, sums);
        m->loops->store(m->grid.points, &place, NULL);
    } else {
        char *block = m->blocks + (size_t)omp_get_thread_num() * 2 * m->block, *other = block + m->block;
        m->loops->load(m->grid.points, &place, axis->n, block);
        char *result = ili_fft_lines_forth(columns, block, other);
        m->loops->weigh(axis, &waves, decay, m->q2, result, sums);
        m->loops->store(m->grid.points, &place,
                        ili_fft_lines_back(columns, result, result == block ? other : block));
    }
    if (sums) add_up(&waves, sums, m->sums[b]);
}

/** Energy, virial and self-energies, from the sums of batches and pieces. */
static double add_sums(const ili_mesh_slab *m, const slab_plane *p, ili_accum *acc) {
    double sum[N_SUMS] = {0}, s[3] = {0};
    const double *n = p->normal;
    for (int b = 0; b < m->kernel->n_batches; b++)
        for (int c = 0; c < N_SUMS; c++) sum[c] += m->sums[b][c];
    for (int32_t i = 0; i < ili_mesh_grid_pieces(&m->grid); i++)
        for (int c = 0; c < 3; c++) s[c] += m->plan.spacing * m->moments[i][c];
    for (int v = 0; v < 6; v++) {
        const int a = ILI_VOIGT[v][0], b = ILI_VOIGT[v][1];
        acc->w[v] += sum[2 + v] + sum[0] * ((a == b) - n[a] * n[b]) + n[a] * s[b] + s[a] * n[b] -
                     n[a] * n[b] * ili_dot(n, s);
    }
    double own = m->q2 > 0.0 ? sum[1] / m->q2 : 0.0;
    for (int32_t i = 0; i < m->grid.n && acc->e_atom; i++) acc->e_atom[i] += own * m->q[i] * m->q[i];
    return sum[0];
}

il_status ili_mesh_slab_compute(il_context *ctx, ili_mesh_slab *m, const double h[3][3], const double (*x)[3],
                                double *energy, ili_accum *acc) {
    const slab_plane plane = plane_of(h);
    const ili_stencil_frame frame = frame_of(&m->plan, &plane);
    int n_threads = ili_mesh_grid_threads(ctx, &m->grid);
    if (n_threads > m->n_blocks) n_threads = m->n_blocks;
    work w = {m, &plane, !acc->forces_only};
    const ili_mesh_walk walk = {.frame = &frame,
                                .n_waves = m->kernel->n_batches,
                                .waves = batch_of_waves,
                                .user = &w,
                                .moments = w.want_energy ? m->moments : NULL};
    IL_TRY(ili_mesh_grid_walk(ctx, &m->grid, n_threads, &walk, x, acc));
    *energy = w.want_energy ? add_sums(m, &plane, acc) : 0.0;
    return IL_OK;
}
