/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The terms of the Ewald sum, each a matrix in the free charges (theory.md 4.2 to 4.6):
 *
 *    real space  C erfc(alpha r)/r of every pair and image within rc
 *    waves       C (8 pi/V) sum_(half space) exp(-k^2/4 alpha^2)/k^2 cos(k.(x_a - x_b)), diagonal included
 *    self        -2 C alpha/sqrt(pi) on the diagonal
 *    background  -C pi/(V alpha^2) for all pairs
 *
 *  alpha balances the work of both sums; what either leaves out is e^(-S^2). All sums are serial, in list order. */
#include "ff/ewald_matrix.h"

#include "base/alloc.h"
#include "math/units.h"
#include "math/vec.h"
#include "neigh/nlist.h"

#include <math.h>
#include <string.h>

static const double S = 5.3; /* e^(-28) = 6e-13 */

typedef struct builder {
    const il_system *sys;
    const double *charge;
    int32_t m;
    int32_t *free_of; /**< [n] which free charge an atom is, -1: none */
    double alpha;
    double *a, *v;
} builder;

/** The pair of atoms i, j at the distance r: both free, one of them, or none. */
static void add_pair(builder *b, int32_t i, int32_t j, double r) {
    double u = ILI_COULOMB * erfc(b->alpha * r) / r;
    int32_t p = b->free_of[i], q = b->free_of[j];
    if (p >= 0 && q >= 0) {
        b->a[p * b->m + q] += u;
        b->a[q * b->m + p] += u; /* twice on the diagonal: an atom and its image */
    } else if (p >= 0) {
        b->v[p] += u * b->charge[j];
    } else if (q >= 0) {
        b->v[q] += u * b->charge[i];
    }
}

static il_status add_real(il_context *ctx, builder *b, int32_t *type) {
    double rc = S / b->alpha;
    const double reach[4] = {0.0, rc, rc, rc}; /* types: others, free ones */
    ili_nlist *list = NULL;
    il_status status = IL_OK;
    for (int32_t i = 0; i < b->sys->n_atoms; i++) type[i] = b->free_of[i] >= 0;
    IL_GO(ili_nlist_create(ctx, b->sys->n_atoms, type, 2, reach, 0.0, 0, NULL, &list));
    IL_GO(ili_nlist_update(ctx, list, &b->sys->cell, (const double(*)[3])b->sys->x));
    ili_nlist_view view = ili_nlist_get(list);
    for (int32_t row = 0; row < view.n_rows; row++)
        for (ili_nlist_walk w = ili_nlist_row(&view, row); ili_nlist_next(&w);) {
            double d[3];
            ili_sub(view.px[w.entry], view.px[row], d);
            double r = ili_norm(d);
            if (r < rc) add_pair(b, view.atom[row], view.atom[w.entry], r);
        }
out:
    ili_nlist_destroy(&list);
    return status;
}

/** One wave, in fractions of the cell; c, s [m] are scratch. */
static void add_wave(builder *b, const double (*frac)[3], const int k[3], double weight, double *c,
                     double *s) {
    double fixed_c = 0.0, fixed_s = 0.0;
    for (int32_t i = 0; i < b->sys->n_atoms; i++) {
        double angle = 2.0 * ILI_PI * (k[0] * frac[i][0] + k[1] * frac[i][1] + k[2] * frac[i][2]);
        int32_t p = b->free_of[i];
        if (p >= 0) {
            c[p] = cos(angle);
            s[p] = sin(angle);
        } else {
            fixed_c += b->charge[i] * cos(angle);
            fixed_s += b->charge[i] * sin(angle);
        }
    }
    for (int32_t p = 0; p < b->m; p++) {
        b->v[p] += weight * (c[p] * fixed_c + s[p] * fixed_s);
        for (int32_t q = 0; q < b->m; q++) b->a[p * b->m + q] += weight * (c[p] * c[q] + s[p] * s[q]);
    }
}

static il_status add_waves(il_context *ctx, builder *b) {
    const ili_cell *cell = &b->sys->cell;
    size_t n = (size_t)b->sys->n_atoms;
    double inv[3][3], volume = ili_cell_volume(cell), k_cut = 2.0 * b->alpha * S;
    double(*frac)[3] = ili_alloc(n, sizeof *frac), *cs = ili_alloc(2 * (size_t)b->m, sizeof *cs);
    int limit[3];
    il_status status = frac && cs ? IL_OK : ili_no_memory(ctx, "the waves of a Coulomb sum");
    ili_inverse(cell->h, inv);
    for (size_t i = 0; i < n && status == IL_OK; i++) ili_cell_to_frac(cell, b->sys->x[i], frac[i]);
    for (int d = 0; d < 3; d++) limit[d] = (int)(k_cut * ili_norm(cell->h[d]) / (2.0 * ILI_PI));
    for (int h = 0; h <= limit[0] && status == IL_OK; h++)
        for (int k = h ? -limit[1] : 0; k <= limit[1]; k++)
            for (int l = h || k ? -limit[2] : 1; l <= limit[2]; l++) {
                const int wave[3] = {h, k, l};
                double k2 = 0.0;
                for (int c = 0; c < 3; c++) {
                    double kc = 2.0 * ILI_PI * (h * inv[c][0] + k * inv[c][1] + l * inv[c][2]);
                    k2 += kc * kc;
                }
                if (k2 > k_cut * k_cut) continue;
                double weight =
                    ILI_COULOMB * 8.0 * ILI_PI / volume * exp(-k2 / (4.0 * b->alpha * b->alpha)) / k2;
                add_wave(b, (const double(*)[3])frac, wave, weight, cs, cs + b->m);
            }
    ili_free(frac);
    ili_free(cs);
    return status;
}

static void add_constants(builder *b) {
    double background = -ILI_COULOMB * ILI_PI / (ili_cell_volume(&b->sys->cell) * b->alpha * b->alpha),
           fixed = 0.0;
    for (int32_t i = 0; i < b->sys->n_atoms; i++)
        if (b->free_of[i] < 0) fixed += b->charge[i];
    for (int32_t p = 0; p < b->m; p++) {
        b->a[p * b->m + p] -= 2.0 * ILI_COULOMB * b->alpha / sqrt(ILI_PI);
        b->v[p] += background * fixed;
        for (int32_t q = 0; q < b->m; q++) b->a[p * b->m + q] += background;
    }
}

il_status ili_ewald_matrix(il_context *ctx, const il_system *sys, const double *charge, int32_t m,
                           const int32_t *atom, double *a, double *v) {
    const ili_cell *cell = &sys->cell;
    if (!cell->pbc[0] || !cell->pbc[1] || !cell->pbc[2])
        return ili_fail(ctx, IL_E_UNSUPPORTED,
                        "the Coulomb matrix needs a cell that repeats along all three vectors");
    double volume = ili_cell_volume(cell);
    builder b = {.sys = sys, .charge = charge, .m = m, .a = a, .v = v};
    b.alpha = sqrt(ILI_PI) * pow(sys->n_atoms / (volume * volume), 1.0 / 6.0);
    il_status status = IL_OK;
    int32_t *type = ili_alloc((size_t)sys->n_atoms, sizeof *type);
    b.free_of = ili_alloc((size_t)sys->n_atoms, sizeof *b.free_of);
    if (!type || !b.free_of) IL_GO(ili_no_memory(ctx, "a Coulomb matrix"));
    for (int32_t i = 0; i < sys->n_atoms; i++) b.free_of[i] = -1;
    for (int32_t p = 0; p < m; p++) b.free_of[atom[p]] = p;
    memset(a, 0, (size_t)m * (size_t)m * sizeof *a);
    memset(v, 0, (size_t)m * sizeof *v);
    IL_GO(add_real(ctx, &b, type));
    IL_GO(add_waves(ctx, &b));
    add_constants(&b);
out:
    ili_free(type);
    ili_free(b.free_of);
    return status;
}
