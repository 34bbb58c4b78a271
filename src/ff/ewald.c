/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loop plan. Waves are grouped in rows of equal (h, k) with consecutive l. Tables hold exp(2 pi i m s_d) of every atom
 * for each direction d, built by recurrence; a wave is the product of three entries, and the product of the first two is
 * made once per row. Atoms come in blocks of BLOCK so that the product stays in the first-level cache.
 *   1. tables          parallel over blocks of atoms
 *   2. S(k), energy    parallel over rows: one writer per wave
 *   3. forces          parallel over blocks of atoms: every atom sums all waves in the same order
 * Sums over atoms run in LANES fixed partial sums. No step depends on the number of threads. */
#include "ff/ewald.h"

#include "base/alloc.h"
#include "base/hot.h"
#include "math/units.h"
#include "math/vec.h"

#include <string.h>

enum { BLOCK = 64, LANES = 8, PARALLEL_ABOVE = 20000 /* atoms times waves */ };

/** Phase factors of one direction, entry m of atom i at [(m - low) * n_padded + i]. */
typedef struct phase_table {
    int low, high;
    double *re, *im;
} phase_table;

struct ili_ewald {
    int32_t n, n_padded;
    const double *q;
    double alpha;
    double *q_padded; /**< [n_padded], zeros behind n */
    int n_rows, n_waves;
    ili_wave_row *rows;
    double *s_re, *s_im;   /**< [n_waves] structure factor times its weight, for the forces */
    double (*row_sums)[7]; /**< [n_rows] energy and virial */
    phase_table table[3];
};

/** Range of l with |h b0 + k b1 + l b2| <= k_cut; false: none. g is the metric of the reciprocal rows. */
static bool row_range(const double g[3][3], double h, double k, double k_cut, int *first, int *last) {
    double a = g[2][2], b = 2.0 * (h * g[0][2] + k * g[1][2]);
    double c = h * h * g[0][0] + 2.0 * h * k * g[0][1] + k * k * g[1][1] - k_cut * k_cut;
    double disc = b * b - 4.0 * a * c;
    if (disc < 0.0) return false;
    *first = (int)ceil((-b - sqrt(disc)) / (2.0 * a));
    *last = (int)floor((-b + sqrt(disc)) / (2.0 * a));
    return *first <= *last;
}

int64_t ili_wave_rows(const double h[3][3], double k_cut, ili_wave_row *rows, int64_t *n_waves) {
    double inv[3][3], b[3][3], g[3][3];
    int limit[3];
    ili_inverse(h, inv);
    for (int d = 0; d < 3; d++)
        for (int c = 0; c < 3; c++) b[d][c] = 2.0 * ILI_PI * inv[c][d];
    for (int d = 0; d < 3; d++) {
        for (int e = 0; e < 3; e++) g[d][e] = ili_dot(b[d], b[e]);
        limit[d] = (int)fmin(k_cut * ili_norm(h[d]) / (2.0 * ILI_PI), 1e5);
    }
    int64_t n_rows = 0;
    *n_waves = 0;
    for (int i = 0; i <= limit[0]; i++)
        for (int k = i ? -limit[1] : 0; k <= limit[1]; k++) {
            int first, last;
            if (!row_range(g, i, k, k_cut, &first, &last)) continue;
            if (i == 0 && k == 0) first = 1;
            if (first > last) continue;
            if (rows) rows[n_rows] = (ili_wave_row){i, k, first, last - first + 1, (int)*n_waves};
            n_rows++;
            *n_waves += last - first + 1;
        }
    return n_rows;
}

static bool make_table(phase_table *t, int low, int high, size_t n_padded) {
    *t = (phase_table){.low = low, .high = high};
    t->re = ili_alloc((size_t)(high - low + 1) * n_padded, sizeof *t->re);
    t->im = ili_alloc((size_t)(high - low + 1) * n_padded, sizeof *t->im);
    return t->re && t->im;
}

il_status ili_ewald_create(il_context *ctx, int32_t n, const double *q, const double h[3][3], double alpha,
                           double k_cut, ili_ewald **out) {
    *out = NULL;
    int64_t n_waves, n_rows = ili_wave_rows(h, k_cut, NULL, &n_waves);
    if (n_waves > ILI_WAVES_MAX)
        return ili_fail(ctx, IL_E_INPUT,
                        "the Ewald sum would need %.3g waves; use the mesh, a lower accuracy or a longer "
                        "Coulomb cut-off",
                        (double)n_waves);
    ili_ewald *e = ili_alloc(1, sizeof *e);
    if (!e) return ili_no_memory(ctx, "the Ewald sum");
    e->n = n;
    e->n_padded = (n + BLOCK - 1) / BLOCK * BLOCK;
    e->q = q;
    e->alpha = alpha;
    e->n_rows = (int)n_rows;
    e->n_waves = (int)n_waves;
    e->rows = ili_alloc((size_t)n_rows, sizeof *e->rows);
    e->s_re = ili_alloc((size_t)n_waves, sizeof *e->s_re);
    e->s_im = ili_alloc((size_t)n_waves, sizeof *e->s_im);
    e->row_sums = ili_alloc((size_t)n_rows, sizeof *e->row_sums);
    e->q_padded = ili_alloc((size_t)e->n_padded, sizeof *e->q_padded);
    bool ok = e->rows && e->s_re && e->s_im && e->row_sums && e->q_padded;
    int low[3] = {0}, high[3] = {0};
    if (ok) {
        memcpy(e->q_padded, q, (size_t)n * sizeof *q);
        ili_wave_rows(h, k_cut, e->rows, &n_waves);
        for (int r = 0; r < e->n_rows; r++) {
            const ili_wave_row *row = &e->rows[r];
            int from[3] = {row->h, row->k, row->first}, to[3] = {row->h, row->k, row->first + row->count - 1};
            for (int d = 0; d < 3; d++) {
                if (from[d] < low[d]) low[d] = from[d];
                if (to[d] > high[d]) high[d] = to[d];
            }
        }
    }
    for (int d = 0; d < 3 && ok; d++) ok = make_table(&e->table[d], low[d], high[d], (size_t)e->n_padded);
    if (!ok) {
        ili_ewald_destroy(&e);
        return ili_no_memory(ctx, "the Ewald sum");
    }
    *out = e;
    return IL_OK;
}

void ili_ewald_destroy(ili_ewald **ewald) {
    ili_ewald *e = *ewald;
    if (!e) return;
    for (int d = 0; d < 3; d++) {
        ili_free(e->table[d].re);
        ili_free(e->table[d].im);
    }
    ili_free(e->rows);
    ili_free(e->s_re);
    ili_free(e->s_im);
    ili_free(e->row_sums);
    ili_free(e->q_padded);
    ili_free(e);
    *ewald = NULL;
}

int ili_ewald_n_waves(const ili_ewald *ewald) {
    return ewald->n_waves;
}

/** exp(2 pi i m s) of one atom for all m of a table. */
static void fill_phases(phase_table *t, size_t stride, int32_t atom, double s) {
    double angle = 2.0 * ILI_PI * (s - floor(s)), c = cos(angle), v = sin(angle);
    double *re = t->re + (size_t)(-t->low) * stride + (size_t)atom;
    double *im = t->im + (size_t)(-t->low) * stride + (size_t)atom;
    int reach = t->high > -t->low ? t->high : -t->low;
    double pr = 1.0, pi = 0.0;
    for (int m = 0; m <= reach; m++) {
        ptrdiff_t at = (ptrdiff_t)stride * m;
        if (m <= t->high) {
            re[at] = pr;
            im[at] = pi;
        }
        if (m <= -t->low) {
            re[-at] = pr;
            im[-at] = -pi;
        }
        double next = pr * c - pi * v;
        pi = pr * v + pi * c;
        pr = next;
    }
}

/** a = scale * exp(i (h, k part)) of the BLOCK atoms from `at`. */
static inline void row_phases(const ili_ewald *e, const ili_wave_row *row, const double *scale, int32_t at,
                              double *ar, double *ai) {
    size_t n = (size_t)e->n_padded, p = (size_t)(row->h - e->table[0].low) * n + (size_t)at;
    size_t r = (size_t)(row->k - e->table[1].low) * n + (size_t)at;
    const double *xr = e->table[0].re + p, *xi = e->table[0].im + p, *yr = e->table[1].re + r,
                 *yi = e->table[1].im + r;
    for (int v = 0; v < BLOCK; v++) {
        ar[v] = scale[v] * (xr[v] * yr[v] - xi[v] * yi[v]);
        ai[v] = scale[v] * (xr[v] * yi[v] + xi[v] * yr[v]);
    }
}

/** S(k) of the waves of one row. */
ILI_HOT static void sum_row(ili_ewald *e, const ili_wave_row *row) {
    double *sr = e->s_re + row->offset, *si = e->s_im + row->offset;
    for (int l = 0; l < row->count; l++) sr[l] = si[l] = 0.0;
    for (int32_t at = 0; at < e->n_padded; at += BLOCK) {
        double ar[BLOCK], ai[BLOCK];
        row_phases(e, row, e->q_padded + at, at, ar, ai);
        size_t z = (size_t)(row->first - e->table[2].low) * (size_t)e->n_padded + (size_t)at;
        for (int l = 0; l < row->count; l++, z += (size_t)e->n_padded) {
            const double *zr = e->table[2].re + z, *zi = e->table[2].im + z;
            double pr[LANES] = {0}, pi[LANES] = {0};
            for (int v = 0; v < BLOCK; v += LANES)
                for (int u = 0; u < LANES; u++) {
                    pr[u] += ar[v + u] * zr[v + u] - ai[v + u] * zi[v + u];
                    pi[u] += ar[v + u] * zi[v + u] + ai[v + u] * zr[v + u];
                }
            sr[l] += ((pr[0] + pr[1]) + (pr[2] + pr[3])) + ((pr[4] + pr[5]) + (pr[6] + pr[7]));
            si[l] += ((pi[0] + pi[1]) + (pi[2] + pi[3])) + ((pi[4] + pi[5]) + (pi[6] + pi[7]));
        }
    }
}

/** Energy and virial of a row; S(k) becomes 2 C 4 pi/V exp(-k^2/4 alpha^2)/k^2 S(k), what the forces need. */
static void weigh_row(ili_ewald *e, const ili_wave_row *row, const double b[3][3], double volume,
                      double sum[7]) {
    double decay = 0.25 / (e->alpha * e->alpha), scale = 4.0 * ILI_PI * ILI_COULOMB / volume;
    for (int c = 0; c < 7; c++) sum[c] = 0.0;
    for (int l = 0; l < row->count; l++) {
        double kv[3];
        for (int c = 0; c < 3; c++) kv[c] = row->h * b[0][c] + row->k * b[1][c] + (row->first + l) * b[2][c];
        double k2 = ili_dot(kv, kv), *sr = &e->s_re[row->offset + l], *si = &e->s_im[row->offset + l];
        double weight = scale * exp(-decay * k2) / k2, energy = weight * (*sr * *sr + *si * *si);
        double w = 2.0 * energy * (1.0 / k2 + decay);
        sum[0] += energy;
        sum[1] += energy - w * kv[0] * kv[0];
        sum[2] += energy - w * kv[1] * kv[1];
        sum[3] += energy - w * kv[2] * kv[2];
        sum[4] -= w * kv[1] * kv[2];
        sum[5] -= w * kv[0] * kv[2];
        sum[6] -= w * kv[0] * kv[1];
        *sr *= 2.0 * weight;
        *si *= 2.0 * weight;
    }
}

/** Forces and energies of the BLOCK atoms from `at`: the field is gathered along the reciprocal rows b. */
ILI_HOT static void block_forces(const ili_ewald *e, const double b[3][3], int32_t at, ili_accum *acc) {
    double phi[BLOCK] = {0}, g[3][BLOCK] = {{0}};
    for (int r = 0; r < e->n_rows; r++) {
        const ili_wave_row *row = &e->rows[r];
        double ar[BLOCK], ai[BLOCK], sum[BLOCK] = {0}, moment[BLOCK] = {0};
        row_phases(e, row, e->q_padded + at, at, ar, ai);
        size_t z = (size_t)(row->first - e->table[2].low) * (size_t)e->n_padded + (size_t)at;
        for (int l = 0; l < row->count; l++, z += (size_t)e->n_padded) {
            const double *zr = e->table[2].re + z, *zi = e->table[2].im + z;
            double sr = e->s_re[row->offset + l], si = e->s_im[row->offset + l], index = row->first + l;
            for (int v = 0; v < BLOCK; v++) {
                double c = ar[v] * zr[v] - ai[v] * zi[v], s = ar[v] * zi[v] + ai[v] * zr[v];
                double push = sr * s - si * c;
                phi[v] += sr * c + si * s;
                sum[v] += push;
                moment[v] += index * push;
            }
        }
        for (int v = 0; v < BLOCK; v++) {
            g[0][v] += row->h * sum[v];
            g[1][v] += row->k * sum[v];
            g[2][v] += moment[v];
        }
    }
    for (int v = 0; v < BLOCK && at + v < e->n; v++) {
        double *f = acc->f[at + v];
        for (int c = 0; c < 3; c++) f[c] += g[0][v] * b[0][c] + g[1][v] * b[1][c] + g[2][v] * b[2][c];
        if (acc->e_atom) acc->e_atom[at + v] += 0.5 * phi[v];
    }
}

void ili_ewald_compute(il_context *ctx, ili_ewald *e, const double h[3][3], const double (*x)[3],
                       double *energy, ili_accum *acc) {
    double inv[3][3], b[3][3], volume = fabs(ili_det(h));
    ili_inverse(h, inv);
    for (int d = 0; d < 3; d++)
        for (int c = 0; c < 3; c++) b[d][c] = 2.0 * ILI_PI * inv[c][d];
    int n_threads = (double)e->n * e->n_waves > PARALLEL_ABOVE ? ctx->n_threads : 1;
#pragma omp parallel num_threads(n_threads)
    {
#pragma omp for schedule(static)
        for (int32_t i = 0; i < e->n; i++) {
            double s[3];
            ili_vec_mat(x[i], inv, s);
            for (int d = 0; d < 3; d++) fill_phases(&e->table[d], (size_t)e->n_padded, i, s[d]);
        }
#pragma omp for schedule(dynamic, 4)
        for (int r = 0; r < e->n_rows; r++) {
            sum_row(e, &e->rows[r]);
            weigh_row(e, &e->rows[r], b, volume, e->row_sums[r]);
        }
#pragma omp for schedule(static)
        for (int32_t at = 0; at < e->n_padded; at += BLOCK) block_forces(e, b, at, acc);
    }
    *energy = 0.0;
    for (int r = 0; r < e->n_rows; r++) {
        *energy += e->row_sums[r][0];
        for (int c = 0; c < 6; c++) acc->w[c] += e->row_sums[r][1 + c];
    }
}
