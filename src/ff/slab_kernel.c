/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which period a wave k of the plane needs. Its potential between charges a distance d apart along the normal is phi_k(d) of
 * theory.md (4.16), which falls with k and with d. Images across a gap g are of no account when k phi_k(g) is below a tolerance.
 * The kernel cut off at half a period L, 2 pi/k exp(-k|z|) for |z| < L/2, repeated with L and then widened by the Gaussian, is phi_k
 * up to a strip of that Gaussian's width before L/2; so L is twice the slab and twice the width (the periodic form of the
 * truncated kernels of Vico, Greengard and Ferrando 2016). At half the period its transform is as simple as that of the
 * crystal, with a factor 1 - (-1)^m exp(-k L/2), and for k = 0 it is the potential -2 pi |z| of a charged plane. */
#include "ff/slab_kernel.h"

#include "base/alloc.h"
#include "math/bspline.h"
#include "math/fft.h"
#include "math/units.h"
#include "math/vec.h"

#include <stdlib.h>
#include <string.h>

/** Bound of k phi_k(gap). */
static double image(double alpha, double k, double gap) {
    double a = 0.5 * k / alpha, b = alpha * gap;
    return ILI_PI * (exp(-a * a - b * b) + exp(-k * gap) * erfc(a - b));
}

double ili_slab_wave_of_gap(double alpha, double gap, double tolerance) {
    double low = 0.0, high = 60.0 * alpha; /* where exp(-k^2/4 alpha^2) is 0 */
    for (int i = 0; i < 60; i++) {
        double k = 0.5 * (low + high);
        *(image(alpha, k, gap) > tolerance ? &low : &high) = k;
    }
    return high;
}

double ili_slab_gap_of_wave(double alpha, double k, double tolerance) {
    double low = 0.0, high = 1.0;
    if (image(alpha, k, 0.0) <= tolerance) return 0.0;
    while (image(alpha, k, high) > tolerance) high *= 2.0;
    while (high - low > 1e-3 * high) {
        double gap = 0.5 * (low + high);
        *(image(alpha, k, gap) > tolerance ? &low : &high) = gap;
    }
    return high;
}

double ili_slab_cut_length(double alpha, double thickness, double tolerance) {
    double reach = 0.0;
    while (2.0 * ILI_PI * erfc(reach) > tolerance) reach += 0.05;
    return 2.0 * (thickness + reach / alpha);
}

static int even_size(double n) {
    int size = (int)fmax(ceil(n), 2.0);
    do size = ili_fft_good_size(size + size % 2);
    while (size % 2);
    return size;
}

static bool fill_axis(ili_slab_axis *a, int n, double alpha, const ili_slab_grid *g, double cut_length) {
    const size_t waves = (size_t)n / 2 + 1;
    a->n = n;
    a->length = n * g->spacing;
    a->is_cut = a->length >= cut_length;
    double gap = a->length - (g->high - g->low);
    a->k_min = a->is_cut ? 0.0 : g->stretch * ili_slab_wave_of_gap(alpha, gap, g->tolerance);
    a->square = ili_alloc(waves, sizeof *a->square);
    a->damp = ili_alloc(waves, sizeof *a->damp);
    a->modulus = ili_alloc(waves, sizeof *a->modulus);
    a->own = ili_alloc(waves, sizeof *a->own);
    if (!a->square || !a->damp || !a->modulus || !a->own) return false;
    for (size_t m = 0; m < waves; m++) {
        double kappa = 2.0 * ILI_PI * (double)m / a->length;
        a->square[m] = kappa * kappa;
        a->damp[m] = exp(-0.25 * a->square[m] / (alpha * alpha));
    }
    ili_bspline_waves(g->order, n, n / 2 + 1, a->modulus, a->own);
    return true;
}

/** Periods from the shortest to the first that serves all waves. */
static bool fill_axes(ili_slab_kernel *k, const ili_slab_grid *g) {
    const double thickness = g->high - g->low,
                 cut_length = ili_slab_cut_length(k->alpha, thickness, g->tolerance), longer = 1.06;
    double n = fmax(g->size[0], thickness / g->spacing);
    const int last = even_size(fmax(n, cut_length / g->spacing));
    for (;;) {
        int size = k->n_axes == ILI_SLAB_AXES_MAX - 1 ? last : even_size(n);
        if (size > last) size = last;
        if (!fill_axis(&k->axis[k->n_axes++], size, k->alpha, g, cut_length)) return false;
        if (size == last) return true;
        n = fmax(longer * size, size + 2);
    }
}

/** The shortest period that serves a wave of this length. */
static int axis_for(const ili_slab_kernel *k, double wave) {
    int a = 0;
    while (wave < k->axis[a].k_min) a++;
    return a;
}

/** Wave j, m of the plane: the period that it needs, or -1 where the mesh cannot carry it. */
static int axis_of(const ili_slab_kernel *k, const double b[2][3], int m0, int m1, double k_max) {
    double kv[3];
    for (int c = 0; c < 3; c++) kv[c] = m0 * b[0][c] + m1 * b[1][c];
    double wave = ili_norm(kv);
    if (2 * abs(m0) == k->size[0] || 2 * m1 == k->size[1] || wave > k_max) return -1;
    return axis_for(k, wave);
}

/** Batches of the waves whose period is `axis`, or of those left out (-1, all beyond k_max), behind the n_batches there are;
 *  batch NULL: count only. */
static void add_batches(ili_slab_kernel *k, const double b[2][3], double k_max, int axis) {
    ili_slab_batch *last = NULL;
    int n = k->lanes;
    for (int j = 0; j < k->size[0]; j++)
        for (int m1 = 0; m1 <= k->size[1] / 2; m1++) {
            int m0 = 2 * j > k->size[0] ? j - k->size[0] : j;
            if (axis_of(k, b, m0, m1, k_max) != axis) continue;
            if (n == k->lanes) {
                if (k->batch) {
                    last = &k->batch[k->n_batches];
                    last->axis = axis < 0 ? axis_for(k, k_max) : axis;
                    last->is_left_out = axis < 0;
                }
                k->n_batches++;
                n = 0;
            }
            if (last) {
                last->m[n][0] = m0;
                last->m[n][1] = m1;
                last->n = n + 1;
            }
            n++;
        }
}

static bool fill_batches(ili_slab_kernel *k, const double b[2][3]) {
    /* waves beyond the first half mesh frequency of any axis are what ili_tune_mesh_error counts as lost */
    double cross[3], k_max = ILI_PI / k->spacing;
    ili_cross(b[0], b[1], cross);
    for (int d = 0; d < 2; d++) k_max = fmin(k_max, 0.5 * k->size[d] * ili_norm(cross) / ili_norm(b[1 - d]));
    for (int pass = 0; pass < 2; pass++) {
        k->n_batches = 0;
        for (int a = k->n_axes - 1; a >= -1; a--) add_batches(k, b, k_max, a);
        if (pass == 0) k->batch = ili_alloc((size_t)k->n_batches, sizeof *k->batch);
        if (!k->batch) return false;
    }
    return true;
}

il_status ili_slab_kernel_create(il_context *ctx, const ili_slab_grid *grid, double alpha, int lanes,
                                 const double b[2][3], ili_slab_kernel **out) {
    *out = NULL;
    ili_slab_kernel *k = ili_alloc(1, sizeof *k);
    if (!k) return ili_no_memory(ctx, "the Coulomb mesh");
    k->alpha = alpha;
    k->spacing = grid->spacing;
    k->lanes = lanes;
    bool ok = true;
    for (int d = 0; d < 2; d++) {
        const int size = k->size[d] = grid->size[d + 1];
        k->modulus[d] = ili_alloc((size_t)size, sizeof *k->modulus[d]);
        k->own[d] = ili_alloc((size_t)size, sizeof *k->own[d]);
        ok = ok && k->modulus[d] && k->own[d];
        if (ok) ili_bspline_waves(grid->order, size, size, k->modulus[d], k->own[d]);
    }
    ok = ok && fill_axes(k, grid) && fill_batches(k, b);
    if (!ok) ili_slab_kernel_destroy(&k);
    *out = k;
    return ok ? IL_OK : ili_no_memory(ctx, "the Coulomb mesh");
}

void ili_slab_kernel_destroy(ili_slab_kernel **kernel) {
    ili_slab_kernel *k = *kernel;
    if (!k) return;
    for (int a = 0; a < k->n_axes; a++) {
        ili_free(k->axis[a].square);
        ili_free(k->axis[a].damp);
        ili_free(k->axis[a].modulus);
        ili_free(k->axis[a].own);
    }
    for (int d = 0; d < 2; d++) {
        ili_free(k->modulus[d]);
        ili_free(k->own[d]);
    }
    ili_free(k->batch);
    ili_free(k);
    *kernel = NULL;
}

void ili_slab_waves_of(const ili_slab_kernel *k, const ili_slab_batch *batch, const double b[2][3],
                       double area, ili_slab_waves *w) {
    const ili_slab_axis *axis = &k->axis[batch->axis];
    const double scale = 4.0 * ILI_PI * ILI_COULOMB / (area * axis->length),
                 decay = 0.25 / (k->alpha * k->alpha);
    memset(w, 0, sizeof *w);
    for (int l = 0; l < batch->n; l++) {
        const int m0 = batch->m[l][0], m1 = batch->m[l][1], j = m0 < 0 ? m0 + k->size[0] : m0;
        for (int c = 0; c < 3; c++) w->kv[l][c] = m0 * b[0][c] + m1 * b[1][c];
        w->k2[l] = ili_dot(w->kv[l], w->kv[l]);
        w->bare[l] = scale * exp(-decay * w->k2[l]);
        w->share[l] = m1 > 0 ? 1.0 : 0.5;
        w->modulus[l] = batch->is_left_out ? 0.0 : k->modulus[0][j] * k->modulus[1][m1];
        w->own[l] = batch->is_left_out ? 0.0 : k->own[0][j] * k->own[1][m1];
        if (!axis->is_cut) continue;
        double wave = sqrt(w->k2[l]);
        w->turn[l] = exp(-0.5 * wave * axis->length);
        w->tilt[l] = wave > 0.0 ? 0.25 * w->turn[l] * axis->length / wave : 0.0;
    }
}
