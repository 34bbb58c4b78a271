/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/couplings.h"

#include "base/alloc.h"
#include "base/hot.h"
#include "math/eigen.h"
#include "math/vec.h"

#include <string.h>

enum { CHUNK = 256, WORTH_A_TEAM = 256 }; /* atoms */

void ili_couplings_free(ili_couplings *m) {
    void *parts[] = {m->couplings, m->start, m->column, m->block, m->diagonal, m->jacobi, m->scratch};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) ili_free(parts[k]);
    *m = (ili_couplings){0};
}

il_status ili_couplings_create(il_context *ctx, int32_t n, ili_couplings *m) {
    const size_t rows = (size_t)n;
    *m = (ili_couplings){.n = n};
    if ((m->start = ili_alloc(rows + 1, sizeof *m->start)) &&
        (m->diagonal = ili_alloc(rows, sizeof *m->diagonal)) &&
        (m->jacobi = ili_alloc(rows, sizeof *m->jacobi)) &&
        (m->scratch = ili_alloc(12 * rows + 2 * (rows / CHUNK + 1), sizeof *m->scratch)))
        return IL_OK;
    ili_couplings_free(m);
    return ili_no_memory(ctx, "the stiffness matrix");
}

void ili_couplings_clear(ili_couplings *m) {
    m->n_couplings = 0;
    m->failed = false;
}

void ili_couplings_add(ili_couplings *m, int32_t i, int32_t j, const double k[3][3]) {
    if (i == j || m->failed) return;
    m->failed = !ILI_GROW(m->couplings, m->n_couplings + 1, m->cap_couplings);
    if (m->failed) return;
    ili_coupling *c = &m->couplings[m->n_couplings++];
    c->i = i;
    c->j = j;
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) c->k[a][b] = (float)k[a][b];
}

/** The block -k (or its transpose) into the row at its next free place, +k onto the diagonal. */
static void put(ili_couplings *m, int64_t *next, int32_t row, int32_t column, const float k[3][3],
                bool turned) {
    const int64_t at = (*next)++;
    m->column[at] = column;
    for (int c = 0; c < 3; c++) {
        for (int a = 0; a < 3; a++) {
            const float kac = turned ? k[c][a] : k[a][c];
            m->block[at][c][a] = -kac;
            m->diagonal[row][a][c] += kac;
        }
        m->block[at][c][3] = 0.0f;
    }
}

/** a - floor is positive definite: its leading minors are. */
static bool is_above(const double a[3][3], double floor) {
    const double p = a[0][0] - floor, q = a[1][1] - floor, r = a[2][2] - floor;
    const double minor = p * q - a[0][1] * a[0][1];
    const double det =
        minor * r - p * a[1][2] * a[1][2] - q * a[0][2] * a[0][2] + 2.0 * a[0][1] * a[1][2] * a[0][2];
    return p > 0.0 && minor > 0.0 && det > 0.0;
}

/** d as it is used: symmetric, no eigenvalue below floor; and its inverse. */
static void make_positive(double d[3][3], double floor, double inverse[3][3]) {
    double a[3][3], v[3][3];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) a[i][j] = 0.5 * (d[i][j] + d[j][i]);
    memcpy(d, a, sizeof a);
    if (!is_above((const double(*)[3])a, floor)) { /* rare, and eigenvalues cost more */
        ili_eigen_symmetric(3, a[0], v[0]);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) {
                d[i][j] = 0.0;
                for (int k = 0; k < 3; k++) d[i][j] += fmax(fabs(a[k][k]), floor) * v[k][i] * v[k][j];
            }
    }
    ili_inverse((const double(*)[3])d, inverse);
}

il_status ili_couplings_finish(il_context *ctx, ili_couplings *m, double floor) {
    const size_t n = (size_t)m->n;
    if (m->failed || !ILI_GROW(m->column, 2 * m->n_couplings + 1, m->cap_columns) ||
        !ILI_GROW(m->block, 2 * m->n_couplings + 1, m->cap_blocks))
        return ili_no_memory(ctx, "the stiffness matrix");
    memset(m->start, 0, (n + 1) * sizeof *m->start);
    memset(m->diagonal, 0, n * sizeof *m->diagonal);
    for (size_t c = 0; c < m->n_couplings; c++) {
        m->start[m->couplings[c].i]++;
        m->start[m->couplings[c].j]++;
    }
    int64_t sum = 0;
    for (size_t i = 0; i <= n; i++) { /* counts become the ends of the rows before */
        const int64_t count = m->start[i];
        m->start[i] = sum;
        sum += count;
    }
    for (size_t c = 0; c < m->n_couplings; c++) { /* start[i] walks to the end of its row */
        const ili_coupling *p = &m->couplings[c];
        put(m, &m->start[p->i], p->i, p->j, p->k, false);
        put(m, &m->start[p->j], p->j, p->i, p->k, true);
    }
    memmove(m->start + 1, m->start, n * sizeof *m->start);
    m->start[0] = 0;
#pragma omp parallel for schedule(static) num_threads(ctx->n_threads)
    for (int32_t i = 0; i < m->n; i++) make_positive(m->diagonal[i], floor, m->jacobi[i]);
    return IL_OK;
}

static void times(const double a[3][3], const double *x, double *y) {
    for (int k = 0; k < 3; k++) y[k] = a[k][0] * x[0] + a[k][1] * x[1] + a[k][2] * x[2];
}

typedef float four __attribute__((vector_size(16), aligned(4), may_alias));
typedef double wide __attribute__((vector_size(32)));

/** y = (A x) + shift D x of the rows from .. to - 1. */
ILI_HOT static void multiply_rows(const ili_couplings *m, int32_t from, int32_t to, double shift,
                                  const double *restrict x, double *restrict y) {
    for (int32_t i = from; i < to; i++) {
        double own[3];
        times(m->diagonal[i], x + 3 * (size_t)i, own);
        wide sum = (1.0 + shift) * (wide){own[0], own[1], own[2], 0.0};
        for (int64_t p = m->start[i]; p < m->start[i + 1]; p++) {
            const double *xj = x + 3 * (size_t)m->column[p];
            wide column[3];
            for (int c = 0; c < 3; c++)
                column[c] = __builtin_convertvector(*(const four *)m->block[p][c], wide);
            sum += column[0] * xj[0] + column[1] * xj[1] + column[2] * xj[2];
        }
        for (int k = 0; k < 3; k++) y[3 * (size_t)i + (size_t)k] = sum[k];
    }
}

static int32_t chunk_end(const ili_couplings *m, int c) {
    const int32_t end = (c + 1) * CHUNK;
    return end < m->n ? end : m->n;
}

static int team(const il_context *ctx, const ili_couplings *m) {
    return m->n < WORTH_A_TEAM ? 1 : ctx->n_threads;
}

void ili_couplings_product(const il_context *ctx, const ili_couplings *m, const double *x, double *y) {
    const int n_chunks = (m->n + CHUNK - 1) / CHUNK;
#pragma omp parallel for schedule(static) num_threads(team(ctx, m))
    for (int c = 0; c < n_chunks; c++) multiply_rows(m, c * CHUNK, chunk_end(m, c), 0.0, x, y);
}

/** Vectors [n][3] of a solution and sums by chunk. */
typedef struct solver {
    const ili_couplings *m;
    const bool *held;
    int n_chunks, n_threads;
    double *residual, *steepest, *p, *ap, *part[2];
} solver;

static double total(const solver *s, int which) {
    double sum = 0.0;
    for (int c = 0; c < s->n_chunks; c++) sum += s->part[which][c];
    return sum;
}

/** ap = (A + shift D) p; returns p ap. */
static double apply(const solver *s, double shift) {
#pragma omp parallel for schedule(static) num_threads(s->n_threads)
    for (int c = 0; c < s->n_chunks; c++) {
        double sum = 0.0;
        multiply_rows(s->m, c * CHUNK, chunk_end(s->m, c), shift, s->p, s->ap);
        for (int32_t i = c * CHUNK; i < chunk_end(s->m, c); i++)
            if (!s->held || !s->held[i]) sum += ili_dot(s->p + 3 * (size_t)i, s->ap + 3 * (size_t)i);
        s->part[0][c] = sum;
    }
    return total(s, 0);
}

/** z += a p, residual -= a ap, steepest = D^-1 residual; returns residual steepest. */
static double advance(const solver *s, double a, double *z) {
#pragma omp parallel for schedule(static) num_threads(s->n_threads)
    for (int c = 0; c < s->n_chunks; c++) {
        double sum = 0.0;
        for (int32_t i = c * CHUNK; i < chunk_end(s->m, c); i++) {
            if (s->held && s->held[i]) continue;
            const size_t at = 3 * (size_t)i;
            for (int k = 0; k < 3; k++) {
                z[at + k] += a * s->p[at + k];
                s->residual[at + k] -= a * s->ap[at + k];
            }
            times(s->m->jacobi[i], s->residual + at, s->steepest + at);
            sum += ili_dot(s->residual + at, s->steepest + at);
        }
        s->part[1][c] = sum;
    }
    return total(s, 1);
}

bool ili_couplings_solve(const il_context *ctx, const ili_couplings *m, const bool *held, double shift,
                         double tolerance, int most, const double *r, double *z) {
    const size_t size = 3 * (size_t)m->n;
    solver s = {.m = m,
                .held = held,
                .n_chunks = (m->n + CHUNK - 1) / CHUNK,
                .n_threads = team(ctx, m),
                .residual = m->scratch,
                .steepest = m->scratch + size,
                .p = m->scratch + 2 * size,
                .ap = m->scratch + 3 * size};
    for (int k = 0; k < 2; k++) s.part[k] = m->scratch + 4 * size + (size_t)(k * s.n_chunks);
    memset(m->scratch, 0, 4 * size * sizeof *m->scratch);
    memset(z, 0, size * sizeof *z);
    memcpy(s.residual, r, size * sizeof *r);
    const double first = advance(&s, 0.0, z);
    double now = first;
    memcpy(s.p, s.steepest, size * sizeof *s.p);
    for (int k = 0; k < most && now > tolerance * tolerance * first; k++) {
        const double curvature = apply(&s, shift);
        const double before = now;
        if (!(curvature > 0.0)) {
            if (k == 0) memcpy(z, s.p, size * sizeof *z);
            return false;
        }
        now = advance(&s, before / curvature, z);
        for (size_t i = 0; i < size; i++) s.p[i] = s.steepest[i] + now / before * s.p[i];
    }
    return true;
}
