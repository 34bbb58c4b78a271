/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loop plan.
 *   1. sort        atoms by the first plane and row that they touch, so that neighbours in memory are neighbours in space
 *   2. spread      slices of SLICE planes, each with one writer that visits every atom touching it in sorted order; rows carry
 *                  order - 1 columns beyond the cell, which are folded back; then the planes are transformed
 *   3. waves       columns along axis 0 through each row: transform, energy and virial, influence function, transform back
 *   4. planes      transform back, copy the first columns behind the last ones
 *   5. gather      atoms in sorted order; three sums over the stencil serve potential and gradient
 * The splines give every charge a little too much or too little of its own field. The average of that error over all places is
 * known, so it is taken out of energy and virial wave by wave (Ballenegger, Cerda, Lenz and Holm 2008); forces do not see it.
 * Every grid point and every atom has one writer and every sum a fixed order, whatever the number of threads. The stencil
 * loops are instantiated for each order so that the innermost one is unrolled and vectorised. */
#include "ff/mesh.h"

#include "base/alloc.h"
#include "base/hot.h"
#include "math/bspline.h"
#include "math/fft.h"
#include "math/units.h"
#include "math/vec.h"

#include <string.h>

enum { SLICE = 8, N_SUMS = 8, PARALLEL_ABOVE = 4000 /* points and atoms */ };

/** A charge on the mesh: grid coordinates 0 <= u < size. */
typedef struct mesh_charge {
    double u[3], q;
} mesh_charge;

struct ili_mesh {
    int32_t n;
    const double *q;
    double alpha;
    int axis
        [3]; /**< row of the caller's cell behind each axis of the grid; the one with the most points comes first */
    int size[3], order; /**< size along the axes of the grid */
    ili_fft_shape shape;
    ili_fft *fft;
    double *grid;               /**< [size[0] * shape.plane] charges, then potential */
    int32_t *key, *order_of;    /**< [n] first plane and row; [n] atoms in sorted order */
    int32_t *start;             /**< [size[0] * size[1] + 1] */
    mesh_charge *charges;       /**< [n] in sorted order */
    double q2;                  /**< sum of q^2 */
    double *modulus[3];         /**< [size[d]] |b(m)|^2; 0 at half the mesh frequency */
    double *own[3];             /**< [size[d]] see fill_axis */
    double (*row_sums)[N_SUMS]; /**< [size[1]] energy, virial, and the self-energy correction in the energy */
};

/** |sum_k M_p(k) exp(2 pi i m k/K)| */
static double spline_sum(int p, int m, int size) {
    double a[2 * ILI_MESH_ORDER_MAX], d[2 * ILI_MESH_ORDER_MAX], re = 0.0, im = 0.0;
    ili_bspline(p, 0.0, a, d);
    for (int j = 0; j < p - 1; j++) {
        double angle = 2.0 * ILI_PI * ((double)m * j / size);
        re += a[j] * cos(angle);
        im += a[j] * sin(angle);
    }
    return hypot(re, im);
}

/** Modulus |b(m)|^2 (Essmann et al. 1995, 4.4), and what a charge finds of its own wave on average over its places: the square
 *  sum of the spline's aliases, a spline sum of twice the order. */
static void fill_axis(double *modulus, double *own, int size, int order) {
    for (int m = 0; m < size; m++) {
        double sum = spline_sum(order, m, size);
        bool is_left_out = 2 * m == size;
        modulus[m] = is_left_out ? 0.0 : 1.0 / (sum * sum);
        own[m] = is_left_out ? 0.0 : spline_sum(2 * order, m, size) / (sum * sum);
    }
}

il_status ili_mesh_create(il_context *ctx, int32_t n, const double *q, double alpha, const int size[3],
                          int order, ili_mesh **out) {
    *out = NULL;
    ili_mesh *m = ili_alloc(1, sizeof *m);
    if (!m) return ili_no_memory(ctx, "the Coulomb mesh");
    m->n = n;
    m->q = q;
    for (int32_t i = 0; i < n; i++) m->q2 += q[i] * q[i];
    m->alpha = alpha;
    m->order = order;
    int longest = size[0] >= size[1] ? 0 : 1;
    if (size[2] > size[longest]) longest = 2;
    for (int d = 0; d < 3; d++) {
        m->axis[d] = (longest + d) % 3;
        m->size[d] = size[m->axis[d]];
    }
    m->shape = ili_fft_shape_of(m->size, order - 1);
    il_status status = ili_fft_create(ctx, &m->shape, &m->fft);
    m->grid = ili_alloc((size_t)m->size[0] * m->shape.plane, sizeof *m->grid);
    m->key = ili_alloc((size_t)n, sizeof *m->key);
    m->order_of = ili_alloc((size_t)n, sizeof *m->order_of);
    m->start = ili_alloc((size_t)m->size[0] * (size_t)m->size[1] + 1, sizeof *m->start);
    m->charges = ili_alloc((size_t)n, sizeof *m->charges);
    m->row_sums = ili_alloc((size_t)m->size[1], sizeof *m->row_sums);
    bool ok = m->grid && m->key && m->order_of && m->start && m->charges && m->row_sums;
    for (int d = 0; d < 3; d++) {
        m->modulus[d] = ili_alloc((size_t)m->size[d], sizeof *m->modulus[d]);
        m->own[d] = ili_alloc((size_t)m->size[d], sizeof *m->own[d]);
        ok = ok && m->modulus[d] && m->own[d];
        if (ok) fill_axis(m->modulus[d], m->own[d], m->size[d], order);
    }
    if (status == IL_OK && !ok) status = ili_no_memory(ctx, "the Coulomb mesh");
    if (status != IL_OK) ili_mesh_destroy(&m);
    *out = m;
    return status;
}

void ili_mesh_destroy(ili_mesh **mesh) {
    ili_mesh *m = *mesh;
    if (!m) return;
    for (int d = 0; d < 3; d++) {
        ili_free(m->modulus[d]);
        ili_free(m->own[d]);
    }
    ili_fft_destroy(&m->fft);
    ili_free(m->grid);
    ili_free(m->key);
    ili_free(m->order_of);
    ili_free(m->start);
    ili_free(m->charges);
    ili_free(m->row_sums);
    ili_free(m);
    *mesh = NULL;
}

/** Grid coordinates of a place, wrapped into the cell. */
static void to_grid(const ili_mesh *m, const double inv[3][3], const double x[3], double u[3]) {
    ili_vec_mat(x, inv, u);
    for (int d = 0; d < 3; d++) {
        u[d] = (u[d] - floor(u[d])) * m->size[d];
        if (!(u[d] < m->size[d])) u[d] = 0.0;
    }
}

/** Cells of the mesh, not the stencil's first points, are what `key` names; the shift between both is the same for all. */
static void sort_charges(ili_mesh *m, int n_threads, const double inv[3][3], const double (*x)[3]) {
    size_t n_bins = (size_t)m->size[0] * (size_t)m->size[1];
#pragma omp parallel for num_threads(n_threads) schedule(static)
    for (int32_t i = 0; i < m->n; i++) {
        double u[3];
        to_grid(m, inv, x[i], u);
        m->key[i] = (int32_t)u[0] * m->size[1] + (int32_t)u[1];
    }
    memset(m->start, 0, (n_bins + 1) * sizeof *m->start);
    for (int32_t i = 0; i < m->n; i++) m->start[m->key[i] + 1]++;
    for (size_t b = 0; b < n_bins; b++) m->start[b + 1] += m->start[b];
    for (int32_t i = 0; i < m->n; i++) m->order_of[m->start[m->key[i]]++] = i;
    for (size_t b = n_bins; b > 0; b--) m->start[b] = m->start[b - 1];
    m->start[0] = 0;
#pragma omp parallel for num_threads(n_threads) schedule(static)
    for (int32_t s = 0; s < m->n; s++) {
        to_grid(m, inv, x[m->order_of[s]], m->charges[s].u);
        m->charges[s].q = m->q[m->order_of[s]];
    }
}

/** Spline weights a and slopes d of p points along axis `axis`; returns the first point, 1 - p .. size - p. */
static inline __attribute__((always_inline)) int weights(int p, const mesh_charge *c, int axis, double *a,
                                                         double *d) {
    int cell = (int)c->u[axis];
    ili_bspline(p, c->u[axis] - cell, a, d);
    return cell - p + 1;
}

static inline int wrap(int index, int size) {
    return index < 0 ? index + size : index;
}

/** Add the charges of one plane of mesh cells, `cells`, to the planes first .. last - 1 among those that they touch. */
static inline __attribute__((always_inline)) void spread(const int p, const ili_mesh *m, int cells, int first,
                                                         int last) {
    int32_t from = m->start[cells * m->size[1]], to = m->start[(cells + 1) * m->size[1]];
    for (int32_t s = from; s < to; s++) {
        const mesh_charge *c = &m->charges[s];
        double a[3][ILI_MESH_ORDER_MAX], d[ILI_MESH_ORDER_MAX];
        int at[3];
        for (int k = 0; k < 3; k++) at[k] = weights(p, c, k, a[k], d);
        at[2] = wrap(at[2], m->size[2]);
        for (int i = 0; i < p; i++) {
            int plane = wrap(at[0] + i, m->size[0]);
            if (plane < first || plane >= last) continue;
            double qa = c->q * a[0][i], *base = m->grid + (size_t)plane * m->shape.plane + (size_t)at[2];
            for (int j = 0; j < p; j++) {
                double qab = qa * a[1][j], *row = base + (size_t)wrap(at[1] + j, m->size[1]) * m->shape.row;
                for (int k = 0; k < p; k++) row[k] += qab * a[2][k];
            }
        }
    }
}

/** Potential and its gradient in grid coordinates at one charge. */
static inline __attribute__((always_inline)) double gather(const int p, const ili_mesh *m,
                                                           const mesh_charge *c, double g[3]) {
    double a[3][ILI_MESH_ORDER_MAX], d[3][ILI_MESH_ORDER_MAX];
    double v[ILI_MESH_ORDER_MAX] = {0}, v0[ILI_MESH_ORDER_MAX] = {0}, v1[ILI_MESH_ORDER_MAX] = {0};
    int at[3];
    for (int k = 0; k < 3; k++) at[k] = weights(p, c, k, a[k], d[k]);
    at[2] = wrap(at[2], m->size[2]);
    for (int i = 0; i < p; i++) {
        const double *base = m->grid + (size_t)wrap(at[0] + i, m->size[0]) * m->shape.plane + (size_t)at[2];
        for (int j = 0; j < p; j++) {
            const double *row = base + (size_t)wrap(at[1] + j, m->size[1]) * m->shape.row;
            double aa = a[0][i] * a[1][j], da = d[0][i] * a[1][j], ad = a[0][i] * d[1][j];
            for (int k = 0; k < p; k++) {
                v[k] += aa * row[k];
                v0[k] += da * row[k];
                v1[k] += ad * row[k];
            }
        }
    }
    double phi = g[0] = g[1] = g[2] = 0.0;
    for (int k = 0; k < p; k++) {
        phi += a[2][k] * v[k];
        g[0] += a[2][k] * v0[k];
        g[1] += a[2][k] * v1[k];
        g[2] += d[2][k] * v[k];
    }
    return phi;
}

#define STENCIL(p)                                                                                           \
    ILI_HOT static void spread_##p(const ili_mesh *m, int cells, int first, int last) {                      \
        spread(p, m, cells, first, last);                                                                    \
    }                                                                                                        \
    ILI_HOT static double gather_##p(const ili_mesh *m, const mesh_charge *c, double g[3]) {                 \
        return gather(p, m, c, g);                                                                           \
    }
STENCIL(4)
STENCIL(6)
STENCIL(8)
STENCIL(10)
STENCIL(12)

static const struct {
    void (*spread)(const ili_mesh *m, int cells, int first, int last);
    double (*gather)(const ili_mesh *m, const mesh_charge *c, double g[3]);
} stencils[] = {{spread_4, gather_4},
                {spread_6, gather_6},
                {spread_8, gather_8},
                {spread_10, gather_10},
                {spread_12, gather_12}};

/** Step 2 for the planes of one slice. */
static void spread_slice(ili_mesh *m, int first) {
    int last = first + SLICE < m->size[0] ? first + SLICE : m->size[0], extra = m->order - 1;
    memset(m->grid + (size_t)first * m->shape.plane, 0,
           (size_t)(last - first) * m->shape.plane * sizeof *m->grid);
    int reach = last - first + extra < m->size[0] ? last - first + extra : m->size[0];
    for (int c = 0; c < reach; c++)
        stencils[m->order / 2 - 2].spread(m, (first + c) % m->size[0], first, last);
    for (int i = first; i < last; i++) {
        double *plane = m->grid + (size_t)i * m->shape.plane;
        for (int j = 0; j < m->size[1]; j++) {
            double *row = plane + (size_t)j * m->shape.row;
            for (int k = 0; k < extra; k++) row[k] += row[m->size[2] + k];
        }
        ili_fft_plane_forth(m->fft, plane);
    }
}

static int signed_wave(int index, int size) {
    return 2 * index > size ? index - size : index;
}

/** Energy and virial of the waves in row j of the grid, b the reciprocal rows; multiplies them with the influence function. */
static void weigh_row(ili_mesh *m, const double b[3][3], double volume, int j, double sum[N_SUMS]) {
    double decay = 0.25 / (m->alpha * m->alpha), scale = 4.0 * ILI_PI * ILI_COULOMB / volume;
    memset(sum, 0, N_SUMS * sizeof *sum);
    for (int i = 0; i < m->size[0]; i++) {
        double *wave = m->grid + (size_t)i * m->shape.plane + (size_t)j * m->shape.row, start[3];
        double modulus = m->modulus[0][i] * m->modulus[1][j], own = m->own[0][i] * m->own[1][j];
        int m0 = signed_wave(i, m->size[0]), m1 = signed_wave(j, m->size[1]);
        for (int c = 0; c < 3; c++) start[c] = m0 * b[0][c] + m1 * b[1][c];
        for (int k = 0; k <= m->size[2] / 2; k++, wave += 2) {
            double kv[3] = {start[0] + k * b[2][0], start[1] + k * b[2][1], start[2] + k * b[2][2]};
            double k2 = ili_dot(kv, kv);
            double bare = k2 > 0.0 ? scale * exp(-decay * k2) / k2 : 0.0, share = k > 0 ? 1.0 : 0.5;
            double weight = bare * modulus * m->modulus[2][k];
            double correction = share * bare * m->q2 * (1.0 - own * m->own[2][k]);
            double energy = share * weight * (wave[0] * wave[0] + wave[1] * wave[1]) + correction;
            double w = k2 > 0.0 ? 2.0 * energy * (1.0 / k2 + decay) : 0.0;
            sum[0] += energy;
            sum[1] += energy - w * kv[0] * kv[0];
            sum[2] += energy - w * kv[1] * kv[1];
            sum[3] += energy - w * kv[2] * kv[2];
            sum[4] -= w * kv[1] * kv[2];
            sum[5] -= w * kv[0] * kv[2];
            sum[6] -= w * kv[0] * kv[1];
            sum[7] += correction;
            wave[0] *= weight;
            wave[1] *= weight;
        }
    }
}

/** Step 4 for one plane. */
static void restore_plane(ili_mesh *m, int i) {
    double *plane = m->grid + (size_t)i * m->shape.plane;
    ili_fft_plane_back(m->fft, plane);
    for (int j = 0; j < m->size[1]; j++) {
        double *row = plane + (size_t)j * m->shape.row;
        memcpy(row + m->size[2], row, (size_t)(m->order - 1) * sizeof *row);
    }
}

/** Step 5 for the charge at place s; k rows are the gradients of the grid coordinates. */
static void push_charge(const ili_mesh *m, int32_t s, const double k[3][3], ili_accum *acc) {
    const mesh_charge *c = &m->charges[s];
    int32_t atom = m->order_of[s];
    double g[3], phi = stencils[m->order / 2 - 2].gather(m, c, g);
    for (int d = 0; d < 3; d++) acc->f[atom][d] -= c->q * (g[0] * k[0][d] + g[1] * k[1][d] + g[2] * k[2][d]);
    if (acc->e_atom) acc->e_atom[atom] += 0.5 * c->q * phi;
}

void ili_mesh_compute(il_context *ctx, ili_mesh *m, const double h[3][3], const double (*x)[3],
                      double *energy, ili_accum *acc) {
    double rows[3][3], inv[3][3], b[3][3], k[3][3], volume = fabs(ili_det(h));
    for (int d = 0; d < 3; d++) memcpy(rows[d], h[m->axis[d]], sizeof rows[d]);
    ili_inverse(rows, inv);
    for (int d = 0; d < 3; d++)
        for (int c = 0; c < 3; c++) {
            b[d][c] = 2.0 * ILI_PI * inv[c][d];
            k[d][c] = m->size[d] * inv[c][d];
        }
    int n_threads = m->n + m->size[0] * m->size[1] * m->size[2] > PARALLEL_ABOVE ? ctx->n_threads : 1;
    sort_charges(m, n_threads, inv, x);
#pragma omp parallel num_threads(n_threads)
    {
#pragma omp for schedule(dynamic, 1)
        for (int i = 0; i < m->size[0]; i += SLICE) spread_slice(m, i);
#pragma omp for schedule(dynamic, 1)
        for (int j = 0; j < m->size[1]; j++) {
            double *row = m->grid + (size_t)j * m->shape.row;
            ili_fft_columns_forth(m->fft, row);
            weigh_row(m, b, volume, j, m->row_sums[j]);
            ili_fft_columns_back(m->fft, row);
        }
#pragma omp for schedule(dynamic, 1)
        for (int i = 0; i < m->size[0]; i++) restore_plane(m, i);
#pragma omp for schedule(static)
        for (int32_t s = 0; s < m->n; s++) push_charge(m, s, k, acc);
    }
    double correction = 0.0;
    *energy = 0.0;
    for (int j = 0; j < m->size[1]; j++) {
        *energy += m->row_sums[j][0];
        for (int c = 0; c < 6; c++) acc->w[c] += m->row_sums[j][1 + c];
        correction += m->row_sums[j][7];
    }
    double per_square = m->q2 > 0.0 ? correction / m->q2 : 0.0;
    for (int32_t i = 0; i < m->n && acc->e_atom; i++) acc->e_atom[i] += per_square * m->q[i] * m->q[i];
}
