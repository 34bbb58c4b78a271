/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loop plan. Rows of waves run along the longest edge of the cell: (h, k) fixed, l consecutive, padded with waves of weight 0 to
 * a multiple of LANES. For each ion there is one table of exp(2 pi i m s) a direction, made by recurrence; the product of the
 * two fixed ones is made once a row, and a change passes over the waves once for all its ions. Energies are summed in LANES
 * partial sums along all rows, so neither the width of the vectors nor the number of threads touches a bit. */
#include "ff/trial_waves.h"

#include "base/alloc.h"
#include "base/hot.h"
#include "ff/ewald.h"
#include "math/units.h"
#include "math/vec.h"

#include <string.h>

enum { LANES = 8, PARALLEL_ABOVE = 40000 /* ions times waves */ };

/** exp(2 pi i m s), low <= m <= high, of one ion along one direction: parts of its scratch. */
typedef struct phase_span {
    int low, high;
    size_t re, im; /**< offsets in the scratch of the ion, of m = 0 */
} phase_span;

struct ili_waves {
    double alpha;
    int axis[3]; /**< direction of h, k, l: l runs along the longest edge */
    int32_t n_rows, n_waves, n_padded;
    ili_wave_row *rows;      /**< offsets and counts are padded */
    int32_t *n_real;         /**< [n_rows] waves without padding */
    double *re, *im;         /**< [n_padded] S(k) */
    double *d_re, *d_im;     /**< [n_padded] what the last change adds to it */
    double *weight, *strain; /**< [n_padded] C 4 pi/V exp(-k^2/4 alpha^2)/k^2, now and in the strained cell */
    phase_span span[3];
    size_t n_scratch; /**< doubles of one ion */
    double *scratch;  /**< [ILI_WAVES_IONS][n_scratch] */
    int64_t work;
};

void ili_waves_destroy(ili_waves **waves) {
    if (!waves || !*waves) return;
    ili_waves *w = *waves;
    void *blocks[] = {w->rows, w->n_real, w->re, w->im, w->d_re, w->d_im, w->weight, w->strain, w->scratch};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ili_free(blocks[i]);
    ili_free(w);
    *waves = NULL;
}

static int pad(int count) {
    return (count + LANES - 1) / LANES * LANES;
}

static void choose_axes(ili_waves *w, const double h[3][3]) {
    int longest = 2;
    for (int d = 0; d < 2; d++)
        if (ili_norm(h[d]) > ili_norm(h[longest]) * (1.0 + 1e-6)) longest = d;
    for (int d = 0; d < 3; d++) w->axis[d] = (longest + 1 + d) % 3;
}

/** The cell with its rows in the order of the directions of h, k, l. */
static void turn(const ili_waves *w, const double h[3][3], double turned[3][3]) {
    for (int d = 0; d < 3; d++) memcpy(turned[d], h[w->axis[d]], sizeof turned[d]);
}

/** Pad the rows, and lay out the scratch of an ion for the waves in them. */
static void lay_out(ili_waves *w) {
    int at = 0;
    for (int d = 0; d < 3; d++) w->span[d] = (phase_span){0, 0, 0, 0};
    for (int32_t r = 0; r < w->n_rows; r++) {
        ili_wave_row *row = &w->rows[r];
        w->n_real[r] = row->count;
        row->count = pad(row->count);
        row->offset = at;
        at += row->count;
        const int from[3] = {row->h, row->k, row->first},
                  to[3] = {row->h, row->k, row->first + row->count - 1};
        for (int d = 0; d < 3; d++) {
            if (from[d] < w->span[d].low) w->span[d].low = from[d];
            if (to[d] > w->span[d].high) w->span[d].high = to[d];
        }
    }
    w->n_padded = at;
    w->n_scratch = 0;
    for (int d = 0; d < 3; d++) {
        size_t length = (size_t)(w->span[d].high - w->span[d].low + 1);
        w->span[d].re = w->n_scratch + (size_t)-w->span[d].low;
        w->span[d].im = w->span[d].re + length;
        w->n_scratch += 2 * length;
    }
    w->n_scratch = (size_t)pad((int)w->n_scratch);
}

/** Weights of the waves in the cell h. */
static void weigh(const ili_waves *w, const double h[3][3], double *weight) {
    double turned[3][3], inv[3][3], b[3][3], decay = 0.25 / (w->alpha * w->alpha);
    turn(w, h, turned);
    ili_inverse(turned, inv);
    double scale = 4.0 * ILI_PI * ILI_COULOMB / fabs(ili_det(turned));
    for (int d = 0; d < 3; d++)
        for (int c = 0; c < 3; c++) b[d][c] = 2.0 * ILI_PI * inv[c][d];
    for (int32_t r = 0; r < w->n_rows; r++) {
        const ili_wave_row *row = &w->rows[r];
        for (int l = 0; l < w->n_real[r]; l++) {
            double kv[3];
            for (int c = 0; c < 3; c++)
                kv[c] = row->h * b[0][c] + row->k * b[1][c] + (row->first + l) * b[2][c];
            double k2 = ili_dot(kv, kv);
            weight[row->offset + l] = scale * exp(-decay * k2) / k2;
        }
    }
}

il_status ili_waves_create(il_context *ctx, const double h[3][3], double alpha, double k_cut,
                           ili_waves **out) {
    *out = NULL;
    ili_waves *w = ili_alloc(1, sizeof *w);
    if (!w) return ili_no_memory(ctx, "the waves of the Coulomb sum");
    il_status status = IL_OK;
    double turned[3][3];
    int64_t n_waves;
    w->alpha = alpha;
    choose_axes(w, h);
    turn(w, h, turned);
    int64_t n_rows = ili_wave_rows((const double(*)[3])turned, k_cut, NULL, &n_waves);
    if (n_waves > ILI_WAVES_MAX)
        IL_GO(ili_fail(ctx, IL_E_INPUT,
                       "the Coulomb sum of single changes would need %.3g waves; ask for a lower accuracy or "
                       "a longer Coulomb cut-off",
                       (double)n_waves));
    w->n_rows = (int32_t)n_rows;
    w->n_waves = (int32_t)n_waves;
    w->rows = ili_alloc((size_t)n_rows, sizeof *w->rows);
    w->n_real = ili_alloc((size_t)n_rows, sizeof *w->n_real);
    if (!w->rows || !w->n_real) IL_GO(ili_no_memory(ctx, "the waves of the Coulomb sum"));
    ili_wave_rows((const double(*)[3])turned, k_cut, w->rows, &n_waves);
    lay_out(w);
    double **arrays[] = {&w->re, &w->im, &w->d_re, &w->d_im, &w->weight, &w->strain};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        if (!(*arrays[i] = ili_alloc((size_t)w->n_padded, sizeof(double))))
            IL_GO(ili_no_memory(ctx, "the waves of the Coulomb sum"));
    w->scratch = ili_alloc(ILI_WAVES_IONS * w->n_scratch, sizeof *w->scratch);
    if (!w->scratch) IL_GO(ili_no_memory(ctx, "the waves of the Coulomb sum"));
    weigh(w, h, w->weight);
out:
    if (status != IL_OK) ili_waves_destroy(&w);
    *out = w;
    return status;
}

int32_t ili_waves_count(const ili_waves *waves) {
    return waves->n_waves;
}

int64_t ili_waves_work(const ili_waves *waves) {
    return waves->work;
}

size_t ili_waves_scratch(const ili_waves *waves) {
    return 3 * waves->n_scratch;
}

/** exp(2 pi i m s) of an ion along all directions. */
static void fill_phases(const ili_waves *w, const double s[3], double *scratch) {
    for (int d = 0; d < 3; d++) {
        const phase_span *t = &w->span[d];
        double part = s[w->axis[d]], angle = 2.0 * ILI_PI * (part - floor(part));
        double c = cos(angle), v = sin(angle), pr = 1.0, pi = 0.0, *re = scratch + t->re,
               *im = scratch + t->im;
        int reach = t->high > -t->low ? t->high : -t->low;
        for (int m = 0; m <= reach; m++) {
            if (m <= t->high) {
                re[m] = pr;
                im[m] = pi;
            }
            if (m <= -t->low) {
                re[-m] = pr;
                im[-m] = -pi;
            }
            double next = pr * c - pi * v;
            pi = pr * v + pi * c;
            pr = next;
        }
    }
}

/** dr + i di (count of them) = sum over n ions of q exp(i k.r) for the waves of one row. */
static inline __attribute__((always_inline)) void row_sum(const ili_waves *w, const ili_wave_row *row, int n,
                                                          const double *q, const double *scratch,
                                                          double *restrict dr, double *restrict di) {
    for (int l = 0; l < row->count; l++) dr[l] = di[l] = 0.0;
    for (int j = 0; j < n; j++, scratch += w->n_scratch) {
        const phase_span *t = w->span;
        double xr = scratch[t[0].re + (size_t)row->h], xi = scratch[t[0].im + (size_t)row->h];
        double yr = scratch[t[1].re + (size_t)row->k], yi = scratch[t[1].im + (size_t)row->k];
        double fr = q[j] * (xr * yr - xi * yi), fi = q[j] * (xr * yi + xi * yr);
        const double *restrict zr = scratch + t[2].re + row->first, *restrict zi =
                                                                        scratch + t[2].im + row->first;
#pragma omp simd
        for (int l = 0; l < row->count; l++) {
            dr[l] += fr * zr[l] - fi * zi[l];
            di[l] += fr * zi[l] + fi * zr[l];
        }
    }
}

static double sum_lanes(const double lane[LANES]) {
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/** lane += weight (|S + dS|^2 - |S|^2) over one row. */
static inline __attribute__((always_inline)) void row_gain(const ili_waves *w, const ili_wave_row *row,
                                                           const double *restrict dr,
                                                           const double *restrict di, double lane[LANES]) {
    const double *restrict sr = w->re + row->offset, *restrict si = w->im + row->offset;
    const double *restrict weight = w->weight + row->offset;
    for (int l = 0; l < row->count; l += LANES)
        for (int u = 0; u < LANES; u++)
            lane[u] += weight[l + u] * (dr[l + u] * (2.0 * sr[l + u] + dr[l + u]) +
                                        di[l + u] * (2.0 * si[l + u] + di[l + u]));
}

/** One pass over the waves for all ions; dS is kept. */
ILI_HOT static double gain_of(const ili_waves *w, int n, const double *q) {
    double lane[LANES] = {0};
    for (int32_t r = 0; r < w->n_rows; r++) {
        const ili_wave_row *row = &w->rows[r];
        double *dr = w->d_re + row->offset, *di = w->d_im + row->offset;
        row_sum(w, row, n, q, w->scratch, dr, di);
        row_gain(w, row, dr, di, lane);
    }
    return sum_lanes(lane);
}

double ili_waves_change(ili_waves *w, int n, const ili_ion *ions) {
    double q[ILI_WAVES_IONS];
    for (int j = 0; j < n; j++) {
        q[j] = ions[j].q;
        fill_phases(w, ions[j].s, w->scratch + (size_t)j * w->n_scratch);
    }
    w->work += (int64_t)n * w->n_waves;
    return gain_of(w, n, q);
}

void ili_waves_keep(ili_waves *w) {
    for (int32_t k = 0; k < w->n_padded; k++) {
        w->re[k] += w->d_re[k];
        w->im[k] += w->d_im[k];
    }
}

ILI_HOT static double probe_rows(const ili_waves *w, const double *q, const double *scratch, double *dr,
                                 double *di) {
    double lane[LANES] = {0};
    for (int32_t r = 0; r < w->n_rows; r++) {
        row_sum(w, &w->rows[r], 1, q, scratch, dr, di);
        row_gain(w, &w->rows[r], dr, di, lane);
    }
    return sum_lanes(lane);
}

double ili_waves_probe(const ili_waves *w, const ili_ion *ion, double *scratch) {
    /* dS of a row fits behind the phases: a row is no longer than the span of l */
    double *dr = scratch + w->n_scratch, *di = dr + w->n_scratch;
    fill_phases(w, ion->s, scratch);
    return probe_rows(w, &ion->q, scratch, dr, di);
}

/** S(k) of the rows from .. to - 1 gains n ions whose phases are in the scratch. */
ILI_HOT static void add_rows(ili_waves *w, int32_t from, int32_t to, int n, const double *q) {
    for (int32_t r = from; r < to; r++) {
        const ili_wave_row *row = &w->rows[r];
        double *dr = w->d_re + row->offset, *di = w->d_im + row->offset;
        row_sum(w, row, n, q, w->scratch, dr, di);
        for (int l = 0; l < row->count; l++) {
            w->re[row->offset + l] += dr[l];
            w->im[row->offset + l] += di[l];
        }
    }
}

void ili_waves_sum(ili_waves *w, int32_t n, const double (*s)[3], const double *q, int n_threads) {
    int n_pieces = ILI_WAVES_IONS * (double)w->n_waves > PARALLEL_ABOVE ? n_threads : 1;
    memset(w->re, 0, (size_t)w->n_padded * sizeof *w->re);
    memset(w->im, 0, (size_t)w->n_padded * sizeof *w->im);
    for (int32_t at = 0; at < n; at += ILI_WAVES_IONS) {
        int count = n - at < ILI_WAVES_IONS ? n - at : ILI_WAVES_IONS;
        for (int j = 0; j < count; j++) fill_phases(w, s[at + j], w->scratch + (size_t)j * w->n_scratch);
#pragma omp parallel for schedule(static) num_threads(n_pieces)
        for (int p = 0; p < n_pieces; p++)
            add_rows(w, (int32_t)((int64_t)w->n_rows * p / n_pieces),
                     (int32_t)((int64_t)w->n_rows * (p + 1) / n_pieces), count, q + at);
    }
    w->work += (int64_t)n * w->n_waves;
}

static double energy_with(const ili_waves *w, const double *weight) {
    double lane[LANES] = {0};
    for (int32_t k = 0; k < w->n_padded; k += LANES)
        for (int u = 0; u < LANES; u++)
            lane[u] += weight[k + u] * (w->re[k + u] * w->re[k + u] + w->im[k + u] * w->im[k + u]);
    return sum_lanes(lane);
}

double ili_waves_energy(const ili_waves *w) {
    return energy_with(w, w->weight);
}

double ili_waves_strain(ili_waves *w, const double h[3][3]) {
    weigh(w, h, w->strain);
    return energy_with(w, w->strain) - energy_with(w, w->weight);
}

void ili_waves_keep_strain(ili_waves *w) {
    double *weight = w->weight;
    w->weight = w->strain;
    w->strain = weight;
}

void ili_waves_carry(ili_waves *w, ili_bytes *b) {
    ili_bytes_expect(b, w->n_waves);
    ili_bytes_expect(b, w->n_padded);
    size_t size = (size_t)w->n_padded * sizeof *w->re;
    ili_bytes_carry(b, w->re, size);
    ili_bytes_carry(b, w->im, size);
    ili_bytes_carry(b, w->weight, size);
}
