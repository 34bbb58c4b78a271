/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ff/eam_tables.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

/** A function of r between kinds a and b: r V, or the density that b gives at a. */
typedef double (*radial)(const ili_eam_functions *eam, int a, int b, double r, double *slope);

static double pair_times_r(const ili_eam_functions *eam, int a, int b, double r, double *slope) {
    double v = ili_eam_pair(eam, a, b, r, slope);
    *slope = v + r * *slope;
    return r * v;
}

static double density_at(const ili_eam_functions *eam, int at, int from, double r, double *slope) {
    return ili_eam_density(eam, from, at, r, slope);
}

/** The cubic on [r, r + h] through values and slopes at both ends; false: it does not fit. */
static bool fit_row(const ili_eam_functions *eam, radial f, int a, int b, double r, double h, double c[4]) {
    double s[2], v[2] = {f(eam, a, b, r, &s[0]), f(eam, a, b, r + h, &s[1])}, rise = v[1] - v[0];
    c[0] = v[0];
    c[1] = h * s[0];
    c[2] = 3.0 * rise - h * (2.0 * s[0] + s[1]);
    c[3] = h * (s[0] + s[1]) - 2.0 * rise;
    for (double t = 0.125; t < 1.0; t += 0.125) {
        double slope, value = f(eam, a, b, r + t * h, &slope),
                      limit = ILI_EAM_FIT * (1.0 + fabs(value) + fabs(slope));
        double off = c[0] + t * (c[1] + t * (c[2] + t * c[3])) - value;
        double off_slope = (c[1] + t * (2.0 * c[2] + t * 3.0 * c[3])) / h - slope;
        if (!(fabs(off) <= limit && fabs(off_slope) <= 10.0 * limit)) return false;
    }
    return true;
}

/** Rows of f up to `reach` behind those there are, or in place of them the same ones, if they are. */
static bool add_rows(ili_eam_tables *t, radial f, int a, int b, double reach, ili_eam_rows *out) {
    const double h = 1.0 / t->inv_step;
    /* one more, for r/step that is rounded up to the end */
    const size_t n = (size_t)ceil(reach * t->inv_step) + 1, first = t->n_rows;
    if (!ILI_GROW(t->row, first + n, t->cap_rows)) return false;
    for (size_t k = 0; k < n; k++)
        if (!fit_row(t->eam, f, t->kind[a], t->kind[b], (double)k * h, h, t->row[first + k]))
            for (int c = 0; c < 4; c++) t->row[first + k][c] = NAN;
    *out = (ili_eam_rows){(int32_t)first, (int32_t)n - 1};
    t->n_rows += n;
    return true;
}

/** setfl files give one density to all elements: keep it once. */
static void share(ili_eam_tables *t, ili_eam_rows *rows, const ili_eam_rows *with) {
    const size_t n = (size_t)rows->last + 1;
    if (with->last != rows->last || memcmp(t->row[with->first], t->row[rows->first], n * sizeof *t->row) != 0)
        return;
    t->n_rows -= n;
    *rows = *with;
}

static bool fill(ili_eam_tables *t) {
    const int32_t n = t->n_kinds;
    t->n_rows = 1; /* row 0: a function that is 0 */
    if (!ILI_GROW(t->row, t->n_rows, t->cap_rows)) return false;
    for (int32_t a = 0; a < n; a++)
        for (int32_t b = 0; b < n; b++) {
            const double reach = ili_eam_reach(t->eam, t->kind[a], t->kind[b]);
            const bool is_a = ili_eam_is_embedded(t->eam, t->kind[a]),
                       is_b = ili_eam_is_embedded(t->eam, t->kind[b]);
            t->reach2[a * n + b] = reach * reach;
            ili_eam_rows *density = &t->density[a * n + b];
            if (is_a && !add_rows(t, density_at, a, b, reach, density)) return false;
            if (is_a && is_b && a > 0) share(t, density, &t->density[b]);
            t->density_back[b * n + a] = *density;
            if (b > a) continue;
            if (is_a && is_b && !add_rows(t, pair_times_r, a, b, reach, &t->pair[a * n + b])) return false;
            t->pair[b * n + a] = t->pair[a * n + b];
        }
    return true;
}

il_status ili_eam_tables_make(il_context *ctx, const ili_eam_functions *eam, int32_t n_kinds,
                              const int32_t *kind, ili_eam_tables *out) {
    const size_t n2 = (size_t)n_kinds * (size_t)n_kinds;
    *out =
        (ili_eam_tables){.eam = eam, .n_kinds = n_kinds, .kind = kind, .inv_step = 1.0 / ili_eam_step(eam)};
    out->reach2 = ili_alloc(n2, sizeof *out->reach2);
    out->pair = ili_alloc(n2, sizeof *out->pair);
    out->density = ili_alloc(n2, sizeof *out->density);
    out->density_back = ili_alloc(n2, sizeof *out->density_back);
    if (out->reach2 && out->pair && out->density && out->density_back && fill(out)) return IL_OK;
    return ili_no_memory(ctx, "the tables of the embedded atoms");
}

/** Density at the first atom of a pair. */
static double exact_density(const ili_eam_tables *t, int32_t at, int32_t from, double r, double *slope) {
    return ili_eam_density(t->eam, t->kind[from], t->kind[at], r, slope);
}

void ili_eam_exact_densities(const ili_eam_tables *t, int32_t kinds, double r2, double density[2]) {
    const int32_t a = kinds / t->n_kinds, b = kinds % t->n_kinds;
    double unused;
    density[0] = exact_density(t, a, b, sqrt(r2), &unused);
    density[1] = exact_density(t, b, a, sqrt(r2), &unused);
}

double ili_eam_exact_slopes(const ili_eam_tables *t, int32_t kinds, double r2, double slope[3]) {
    const int32_t a = kinds / t->n_kinds, b = kinds % t->n_kinds;
    const double r = sqrt(r2), v = ili_eam_pair(t->eam, t->kind[a], t->kind[b], r, &slope[0]);
    exact_density(t, a, b, r, &slope[1]);
    exact_density(t, b, a, r, &slope[2]);
    for (int k = 0; k < 3; k++) slope[k] /= r;
    return v;
}

void ili_eam_tables_free(ili_eam_tables *tables) {
    ili_free(tables->reach2);
    ili_free(tables->pair);
    ili_free(tables->density);
    ili_free(tables->density_back);
    ili_free(tables->row);
    memset(tables, 0, sizeof *tables);
}
