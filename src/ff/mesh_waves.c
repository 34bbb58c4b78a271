/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The influence function is (4 pi C/V) exp(-k^2/4 alpha^2)/k^2 |b0 b1 b2|^2. Its exponential is a product of three tables, one for each
 * pair of axes, as k^2 = sum_ab g_ab m_a m_b holds pairs only; cells so oblique that a table would overflow take the exponential
 * itself.
 * Along a line of waves (i and j fixed) kv = start + k step, so that the virial needs three sums a line: of v, v k and v k^2. Sums
 * run in LANES parts, whatever the vectors.
 * The splines give every charge a little too much or too little of its own field. The average of that error over all places is
 * known, so it is taken out of energy and virial wave by wave (Ballenegger, Cerda, Lenz and Holm 2008); forces do not see it. */
#include "ff/mesh_waves.h"

#include "base/alloc.h"
#include "base/hot.h"
#include "math/bspline.h"
#include "math/units.h"
#include "math/vec.h"

#include <string.h>

enum { LANES = 8, BLOCK = 64 };
static const double STEEPEST = 300.0; /* exponent of a table */

#define real      float
#define OWN(name) name##_single
#include "ff/mesh_waves_body.h"
#undef real
#undef OWN
#define real      double
#define OWN(name) name##_double
#include "ff/mesh_waves_body.h"
#undef real
#undef OWN

static const struct {
    void (*store)(void *influence, size_t at, int n, const double *value);
    void (*multiply)(const void *influence, size_t at, int n, void *wave);
    void (*square)(const void *influence, size_t at, int n, const void *wave, double *e);
    size_t real;
} kernels[] = {{store_double, multiply_double, square_double, sizeof(double)},
               {store_single, multiply_single, square_single, sizeof(float)}};

struct ili_mesh_waves {
    ili_fft_shape shape;
    double alpha, q2;
    int half;           /**< waves along axis 2 */
    double *modulus[3]; /**< [n[d]] |b(m)|^2; 0 at half the mesh frequency */
    double *own[3];     /**< [n[d]] see ili_bspline_waves */
    double rows[3][3];  /**< cell that the rest is for; 0 before the first */
    double b[3][3], g[3][3], scale;
    bool is_steep;
    double *pair[3]; /**< tables of the exponential: [n[0]][n[1]], [n[1]][half], [n[0]][half] */
    void *influence; /**< [n[1]][n[0]][half] */
    double (*correction)[ILI_MESH_SUMS]; /**< [n[1]] of the own energies, by row */
    double (*sums)[ILI_MESH_SUMS];       /**< [n[1]] of the last transform */
};

il_status ili_mesh_waves_create(il_context *ctx, const ili_fft_shape *shape, int order, double alpha,
                                double q2, ili_mesh_waves **out) {
    *out = NULL;
    ili_mesh_waves *w = ili_alloc(1, sizeof *w);
    if (!w) return ili_no_memory(ctx, "the waves of the Coulomb mesh");
    const size_t n0 = (size_t)shape->n[0], n1 = (size_t)shape->n[1], half = (size_t)shape->n[2] / 2 + 1;
    w->shape = *shape;
    w->alpha = alpha;
    w->q2 = q2;
    w->half = (int)half;
    const size_t entries[3] = {n0 * n1, n1 * half, n0 * half};
    w->influence = ili_alloc(n0 * n1 * half, kernels[shape->is_single].real);
    w->correction = ili_alloc(n1, sizeof *w->correction);
    w->sums = ili_alloc(n1, sizeof *w->sums);
    bool ok = w->influence && w->correction && w->sums;
    for (int d = 0; d < 3; d++) {
        w->pair[d] = ili_alloc(entries[d], sizeof *w->pair[d]);
        w->modulus[d] = ili_alloc((size_t)shape->n[d], sizeof *w->modulus[d]);
        w->own[d] = ili_alloc((size_t)shape->n[d], sizeof *w->own[d]);
        ok = ok && w->pair[d] && w->modulus[d] && w->own[d];
        if (ok) ili_bspline_waves(order, shape->n[d], shape->n[d], w->modulus[d], w->own[d]);
    }
    if (!ok) ili_mesh_waves_destroy(&w);
    *out = w;
    return ok ? IL_OK : ili_no_memory(ctx, "the waves of the Coulomb mesh");
}

void ili_mesh_waves_destroy(ili_mesh_waves **waves) {
    ili_mesh_waves *w = *waves;
    if (!w) return;
    for (int d = 0; d < 3; d++) {
        ili_free(w->modulus[d]);
        ili_free(w->own[d]);
        ili_free(w->pair[d]);
    }
    ili_free(w->influence);
    ili_free(w->correction);
    ili_free(w->sums);
    ili_free(w);
    *waves = NULL;
}

static int signed_wave(int index, int size) {
    return 2 * index > size ? index - size : index;
}

/** A line of waves: kv = start + k step, k^2 = c0 + 2 c1 k + c2 k^2. */
typedef struct wave_line {
    double start[3], step[3], c0, c1, c2;
} wave_line;

static wave_line line_of(const ili_mesh_waves *w, int i, int j) {
    wave_line l;
    int m0 = signed_wave(i, w->shape.n[0]), m1 = signed_wave(j, w->shape.n[1]);
    for (int c = 0; c < 3; c++) {
        l.start[c] = m0 * w->b[0][c] + m1 * w->b[1][c];
        l.step[c] = w->b[2][c];
    }
    l.c0 = ili_dot(l.start, l.start);
    l.c1 = ili_dot(l.start, l.step);
    l.c2 = ili_dot(l.step, l.step);
    return l;
}

static inline double square_at(const wave_line *l, int k) {
    return l->c0 + k * (2.0 * l->c1 + k * l->c2);
}

/** Sums of e, v, v k, v k^2 with v = 2 e (1/k^2 + 1/4 alpha^2), in LANES parts. */
typedef struct moments {
    double part[4][LANES];
} moments;

ILI_HOT static void add_moments(moments *sum, const wave_line *l, double decay, int first, int n,
                                const double *e) {
    for (int k0 = 0; k0 < n; k0 += LANES) {
        int m = n - k0 < LANES ? n - k0 : LANES;
        for (int lane = 0; lane < m; lane++) {
            int k = first + k0 + lane;
            double k2 = square_at(l, k), inverse = k2 > 0.0 ? 1.0 / k2 : 0.0;
            double v = 2.0 * e[k0 + lane] * (inverse + decay);
            sum->part[0][lane] += e[k0 + lane];
            sum->part[1][lane] += v;
            sum->part[2][lane] += v * k;
            sum->part[3][lane] += v * k * k;
        }
    }
}

/** Energy and virial of a line from its moments. */
static void add_line(double sum[ILI_MESH_SUMS], const wave_line *l, const moments *m) {
    double total[4] = {0};
    for (int s = 0; s < 4; s++)
        for (int lane = 0; lane < LANES; lane++) total[s] += m->part[s][lane];
    sum[0] += total[0];
    for (int c = 0; c < 6; c++) {
        const int a = ILI_VOIGT[c][0], b = ILI_VOIGT[c][1];
        double v = total[1] * l->start[a] * l->start[b] + total[3] * l->step[a] * l->step[b] +
                   total[2] * (l->start[a] * l->step[b] + l->step[a] * l->start[b]);
        sum[1 + c] += (a == b ? total[0] : 0.0) - v;
    }
}

static const int pair_axes[3][2] = {{0, 1}, {1, 2}, {0, 2}};

static int waves_along(const ili_mesh_waves *w, int d) {
    return d == 2 ? w->half : w->shape.n[d];
}

/** Row i of table t: exp(-(g_aa m_a^2 + 2 g_ab m_a m_b)/4 alpha^2), a from the axis that the table brings the square of. */
static void fill_table_row(ili_mesh_waves *w, int t, int i) {
    const int a = pair_axes[t][0], b = pair_axes[t][1], n = waves_along(w, b), own = t < 2 ? a : b;
    const double decay = 0.25 / (w->alpha * w->alpha), ma = signed_wave(i, w->shape.n[a]);
    for (int k = 0; k < n; k++) {
        double mb = signed_wave(k, w->shape.n[b]), square = own == a ? ma * ma : mb * mb;
        w->pair[t][(size_t)i * (size_t)n + (size_t)k] =
            exp(-decay * (square * w->g[own][own] + 2.0 * ma * mb * w->g[a][b]));
    }
}

/** Influence function of row j, and what corrects the own energies there. */
static void fill_row(ili_mesh_waves *w, int j) {
    const double decay = 0.25 / (w->alpha * w->alpha);
    const size_t half = (size_t)w->half, n0 = (size_t)w->shape.n[0], n1 = (size_t)w->shape.n[1];
    double *sum = w->correction[j];
    memset(sum, 0, sizeof *w->correction);
    for (size_t i = 0; i < n0; i++) {
        const wave_line l = line_of(w, (int)i, j);
        const double modulus = w->modulus[0][i] * w->modulus[1][j], own = w->own[0][i] * w->own[1][j],
                     e01 = w->pair[0][i * n1 + (size_t)j], *e12 = w->pair[1] + (size_t)j * half,
                     *e02 = w->pair[2] + i * half;
        moments m = {{{0}}};
        for (int first = 0; first < w->half; first += BLOCK) {
            const int n = w->half - first < BLOCK ? w->half - first : BLOCK;
            double value[BLOCK], e[BLOCK];
            for (int b = 0; b < n; b++) {
                const int k = first + b;
                double k2 = square_at(&l, k),
                       decayed = w->is_steep ? exp(-decay * k2) : e01 * e12[k] * e02[k],
                       bare = k2 > 0.0 ? w->scale * decayed / k2 : 0.0;
                value[b] = bare * modulus * w->modulus[2][k];
                e[b] = (k > 0 ? 1.0 : 0.5) * bare * w->q2 * (1.0 - own * w->own[2][k]);
            }
            kernels[w->shape.is_single].store(w->influence, ((size_t)j * n0 + i) * half + (size_t)first, n,
                                              value);
            add_moments(&m, &l, decay, first, n, e);
        }
        add_line(sum, &l, &m);
    }
}

void ili_mesh_waves_set_cell(ili_mesh_waves *w, int n_threads, const double rows[3][3]) {
    double inv[3][3], steepest = 0.0;
    if (memcmp(w->rows, rows, sizeof w->rows) == 0) return;
    memcpy(w->rows, rows, sizeof w->rows);
    ili_inverse(rows, inv);
    for (int d = 0; d < 3; d++)
        for (int c = 0; c < 3; c++) w->b[d][c] = 2.0 * ILI_PI * inv[c][d];
    for (int d = 0; d < 3; d++) {
        for (int e = 0; e < 3; e++) w->g[d][e] = ili_dot(w->b[d], w->b[e]);
        steepest = fmax(steepest, w->g[d][d] * w->shape.n[d] * w->shape.n[d]);
    }
    w->is_steep =
        0.125 * steepest / (w->alpha * w->alpha) > STEEPEST; /* 2 g_ab m_a m_b/4 alpha^2 at its largest */
    w->scale = 4.0 * ILI_PI * ILI_COULOMB / fabs(ili_det(rows));
#pragma omp parallel num_threads(n_threads)
    {
        for (int t = 0; t < 3 && !w->is_steep; t++) {
            const int n = waves_along(w, pair_axes[t][0]);
#pragma omp for schedule(static)
            for (int i = 0; i < n; i++) fill_table_row(w, t, i);
        }
#pragma omp for schedule(static)
        for (int j = 0; j < w->shape.n[1]; j++) fill_row(w, j);
    }
}

/** Energy and virial of the waves of row j. */
static void sum_row(ili_mesh_waves *w, const char *row, int j) {
    const double decay = 0.25 / (w->alpha * w->alpha);
    const size_t half = (size_t)w->half, n0 = (size_t)w->shape.n[0], size = kernels[w->shape.is_single].real;
    double *sum = w->sums[j];
    memset(sum, 0, sizeof *w->sums);
    for (size_t i = 0; i < n0; i++) {
        const wave_line l = line_of(w, (int)i, j);
        const char *line = row + i * w->shape.plane * size;
        moments m = {{{0}}};
        for (int first = 0; first < w->half; first += BLOCK) {
            const int n = w->half - first < BLOCK ? w->half - first : BLOCK;
            double e[BLOCK];
            kernels[w->shape.is_single].square(w->influence, ((size_t)j * n0 + i) * half + (size_t)first, n,
                                               line + (size_t)first * 2 * size, e);
            if (first == 0) e[0] *= 0.5;
            add_moments(&m, &l, decay, first, n, e);
        }
        add_line(sum, &l, &m);
    }
}

void ili_mesh_waves_weigh(ili_mesh_waves *w, void *grid, int j, bool want_energy) {
    const size_t half = (size_t)w->half, n0 = (size_t)w->shape.n[0], size = kernels[w->shape.is_single].real;
    char *row = (char *)grid + (size_t)j * w->shape.row * size;
    if (want_energy) sum_row(w, row, j);
    for (size_t i = 0; i < n0; i++)
        kernels[w->shape.is_single].multiply(w->influence, ((size_t)j * n0 + i) * half, w->half,
                                             row + i * w->shape.plane * size);
}

void ili_mesh_waves_sum(const ili_mesh_waves *w, double sum[ILI_MESH_SUMS], double *own) {
    double correction = 0.0;
    memset(sum, 0, ILI_MESH_SUMS * sizeof *sum);
    for (int j = 0; j < w->shape.n[1]; j++) {
        for (int c = 0; c < ILI_MESH_SUMS; c++) sum[c] += w->sums[j][c] + w->correction[j][c];
        correction += w->correction[j][0];
    }
    *own = w->q2 > 0.0 ? correction / w->q2 : 0.0;
}
