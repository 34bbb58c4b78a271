/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernels of ff/stencil.h for one precision: `real`, LANES, `spot_of_grid`, KERNEL and ORDER_LIST come from the file that
 * includes this.
 * Plan: the weights of a charge along an axis are one polynomial for all points at once, one to three vectors of LANES reals, of
 * which those beyond the order are 0. Rows of the stencil are such vectors too, as wide as the widest of a processor, since the
 * compiler cuts wider ones badly. Lanes never mix and nothing is fused, so that all builds give the same bits. One instance for
 * each order. */
#include "ff/stencil_kernel.h"

#include "base/hot.h"
#include "math/bspline.h"

#include <string.h>

#define ALWAYS static inline __attribute__((always_inline))
enum { VECTORS_MAX = (ILI_STENCIL_ORDER_MAX + LANES - 1) / LANES };
typedef real vec __attribute__((vector_size(LANES * sizeof(real))));
typedef real row_vec
    __attribute__((vector_size(LANES * sizeof(real)), aligned(sizeof(real)), may_alias)); /**< anywhere */

static void set_weights(ili_stencil *s) {
    double power[2][ILI_BSPLINE_MAX][ILI_BSPLINE_MAX] = {{{0}}};
    const int p = s->shape.order, width = (p + LANES - 1) / LANES * LANES;
    ili_bspline_polynomials(p, power[0], power[1]);
    real *w = s->weights;
    for (int kind = 0; kind < 2; kind++)
        for (int d = 0; d < p; d++)
            for (int k = 0; k < width; k++) *w++ = k < p ? (real)power[kind][d][k] : (real)0;
}

static void put(ili_stencil *s, int32_t place, int32_t atom, const double *u) {
    spot_of_grid *spot = (spot_of_grid *)s->spots + place;
    for (int k = 0; k < 3; k++) {
        spot->cell[k] = (int32_t)u[k];
        spot->t[k] = (real)(u[k] - spot->cell[k] - 0.5);
    }
    spot->q = (real)s->q[atom];
    spot->atom = atom;
}

/** The polynomial of `terms` rows c of nv vectors at t. */
ALWAYS void weigh(const int terms, const int nv, const vec *c, real t, vec *a) {
    for (int k = 0; k < nv; k++) {
        a[k] = c[(terms - 1) * nv + k];
        for (int d = terms - 2; d >= 0; d--) a[k] = a[k] * t + c[d * nv + k];
    }
}

ALWAYS int wrap(int index, int size) {
    return index < 0 ? index + size : index;
}

/** Add the charges of one plane of cells to those of the planes first .. last - 1 that they touch; cells counts on behind the last
 *  plane for those that reach back over the end. */
ALWAYS void spread_cells(const int p, const int nv, const ili_stencil *s, real *grid, int cells, int first,
                         int last) {
    const spot_of_grid *spot = (const spot_of_grid *)s->spots, *end;
    const int *size = s->shape.size, home = cells % size[0];
    end = spot + s->start[home + 1];
    for (spot += s->start[home]; spot < end; spot++) {
        vec a[3][VECTORS_MAX];
        size_t row[ILI_STENCIL_ORDER_MAX];
        for (int k = 0; k < 3; k++) weigh(p, nv, s->weights, spot->t[k], a[k]);
        const real *a0 = (const real *)a[0], *a1 = (const real *)a[1];
        for (int j = 0; j < p; j++) row[j] = (size_t)wrap(spot->cell[1] - p + 1 + j, size[1]) * s->shape.row;
        real *base = grid + wrap(spot->cell[2] - p + 1, size[2]);
        for (int i = 0; i < p; i++) {
            const int plane = cells - p + 1 + i;
            if (plane < first || plane >= last) continue;
            real qa = spot->q * a0[i], *at = base + (size_t)plane * s->shape.plane;
            for (int j = 0; j < p; j++) {
                row_vec *to = (row_vec *)(at + row[j]);
                for (int k = 0; k < nv; k++) to[k] += qa * a1[j] * a[2][k];
            }
        }
    }
}

ALWAYS void spread_planes(const int p, const int nv, const ili_stencil *s, real *grid, int first, int last) {
    const int size = s->shape.size[0];
    memset(grid + (size_t)first * s->shape.plane, 0, (size_t)(last - first) * s->shape.plane * sizeof *grid);
    const int end = s->is_open && last + p - 1 > size ? size : last + p - 1;
    for (int cells = first; cells < end; cells++) spread_cells(p, nv, s, grid, cells, first, last);
}

/** What lies behind the end of a row belongs to its beginning. */
static void fold(const ili_stencil *s, void *grid, int first, int last) {
    const int size = s->shape.size[2], extra = ili_stencil_extra(s->shape.order);
    for (int i = first; i < last; i++) {
        real *plane = (real *)grid + (size_t)i * s->shape.plane;
        for (int j = 0; j < s->shape.size[1]; j++) {
            real *row = plane + (size_t)j * s->shape.row;
            for (int k = 0; k < extra; k++) row[k % size] += row[size + k];
        }
    }
}

static void repeat(const ili_stencil *s, void *grid, int first, int last) {
    const int size = s->shape.size[2], extra = ili_stencil_extra(s->shape.order);
    for (int i = first; i < last; i++) {
        real *plane = (real *)grid + (size_t)i * s->shape.plane;
        for (int j = 0; j < s->shape.size[1]; j++) {
            real *row = plane + (size_t)j * s->shape.row;
            for (int k = 0; k < extra; k++) row[size + k] = row[k % size];
        }
    }
}

/** Potential and its gradient in grid coordinates at one charge. */
ALWAYS double read_spot(const int p, const int nv, const ili_stencil *s, const real *grid,
                        const spot_of_grid *spot, double g[3]) {
    const int *size = s->shape.size;
    const vec *value = s->weights, *slope = value + p * nv;
    vec a[3][VECTORS_MAX], d[3][VECTORS_MAX], v[VECTORS_MAX] = {{0}}, v0[VECTORS_MAX] = {{0}},
                                              v1[VECTORS_MAX] = {{0}};
    size_t row[ILI_STENCIL_ORDER_MAX];
    for (int k = 0; k < 3; k++) {
        weigh(p, nv, value, spot->t[k], a[k]);
        weigh(p - 1, nv, slope, spot->t[k], d[k]);
    }
    const real *a0 = (const real *)a[0], *a1 = (const real *)a[1], *d0 = (const real *)d[0],
               *d1 = (const real *)d[1];
    for (int j = 0; j < p; j++) row[j] = (size_t)wrap(spot->cell[1] - p + 1 + j, size[1]) * s->shape.row;
    const real *base = grid + wrap(spot->cell[2] - p + 1, size[2]);
    for (int i = 0; i < p; i++) {
        const real *at = base + (size_t)wrap(spot->cell[0] - p + 1 + i, size[0]) * s->shape.plane;
        vec r[VECTORS_MAX] = {{0}}, r1[VECTORS_MAX] = {{0}};
        for (int j = 0; j < p; j++) {
            const row_vec *from = (const row_vec *)(at + row[j]);
            for (int k = 0; k < nv; k++) {
                r[k] += a1[j] * from[k];
                r1[k] += d1[j] * from[k];
            }
        }
        for (int k = 0; k < nv; k++) {
            v[k] += a0[i] * r[k];
            v0[k] += d0[i] * r[k];
            v1[k] += a0[i] * r1[k];
        }
    }
    double phi = g[0] = g[1] = g[2] = 0.0;
    for (int k = 0; k < p; k++) {
        double ak = (double)a[2][k / LANES][k % LANES], vk = (double)v[k / LANES][k % LANES];
        phi += ak * vk;
        g[0] += ak * (double)v0[k / LANES][k % LANES];
        g[1] += ak * (double)v1[k / LANES][k % LANES];
        g[2] += (double)d[2][k / LANES][k % LANES] * vk;
    }
    return phi;
}

ALWAYS void read_spots(const int p, const int nv, const ili_stencil *s, const real *grid, int32_t first,
                       int32_t last, ili_accum *acc, double *moment) {
    enum { AHEAD = 4 }; /* neighbours on the grid are far apart in the list of atoms */
    const double(*push)[3] = s->push;
    double sum[3] = {0};
    for (int32_t n = first; n < last; n++) {
        const spot_of_grid *spot = (const spot_of_grid *)s->spots + n;
        if (n + AHEAD < last) __builtin_prefetch(acc->f[spot[AHEAD].atom], 1);
        double g[3], phi = read_spot(p, nv, s, grid, spot, g), q = (double)spot->q, *f = acc->f[spot->atom];
        const double u0 = spot->cell[0] + (double)spot->t[0] + 0.5 - s->zero;
        for (int c = 0; c < 3; c++) {
            double push_c = q * (g[0] * push[0][c] + g[1] * push[1][c] + g[2] * push[2][c]);
            f[c] -= push_c;
            sum[c] -= u0 * push_c;
        }
        if (acc->e_atom) acc->e_atom[spot->atom] += 0.5 * q * phi;
    }
    if (moment) memcpy(moment, sum, sizeof sum);
}

#define INSTANCE(p)                                                                                          \
    ILI_HOT static void spread_##p(const ili_stencil *s, void *grid, int first, int last) {                  \
        spread_planes(p, (p + LANES - 1) / LANES, s, grid, first, last);                                     \
    }                                                                                                        \
    ILI_HOT static void gather_##p(const ili_stencil *s, const void *grid, int32_t first, int32_t last,      \
                                   ili_accum *acc, double *moment) {                                         \
        read_spots(p, (p + LANES - 1) / LANES, s, grid, first, last, acc, moment);                           \
    }
ORDER_LIST(INSTANCE)

#define SPREAD(p) [p] = spread_##p,
#define GATHER(p) [p] = gather_##p,
const ili_stencil_kernel KERNEL = {
    .real = sizeof(real),
    .spot = sizeof(spot_of_grid),
    .set_weights = set_weights,
    .put = put,
    .spread = {ORDER_LIST(SPREAD)},
    .fold = fold,
    .repeat = repeat,
    .gather = {ORDER_LIST(GATHER)},
};
