/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loops over the columns of a batch for one precision; ff/mesh_slab.c includes it once for each, with `real` and OWN. A batch is a
 * block of rows of ILI_SLAB_LANES complex numbers, one row for each point along the normal. */

enum { OWN(WIDTH) = 2 * ILI_SLAB_LANES };

/** Columns out of the planes, zeros behind them. */
ILI_HOT static void OWN(load)(const void *grid, const batch_place *at, int n, void *block) {
    for (int i = 0; i < at->planes; i++) {
        const real *plane = (const real *)grid + (size_t)i * at->plane;
        real *row = (real *)block + (size_t)i * OWN(WIDTH);
        for (int l = 0; l < ILI_SLAB_LANES; l++) {
            row[2 * l] = plane[at->offset[l]];
            row[2 * l + 1] = plane[at->offset[l] + 1];
        }
    }
    memset((real *)block + (size_t)at->planes * OWN(WIDTH), 0,
           (size_t)(n - at->planes) * OWN(WIDTH) * sizeof(real));
}

/** And back; block NULL: zeros. */
ILI_HOT static void OWN(store)(void *grid, const batch_place *at, const void *block) {
    for (int i = 0; i < at->planes; i++) {
        real *plane = (real *)grid + (size_t)i * at->plane;
        const real *row = (const real *)block + (size_t)i * OWN(WIDTH);
        for (int l = 0; l < at->lanes; l++) {
            plane[at->offset[l]] = block ? row[2 * l] : (real)0;
            plane[at->offset[l] + 1] = block ? row[2 * l + 1] : (real)0;
        }
    }
}

/** Sum over a row and its opposite of the squared waves. */
static inline __attribute__((always_inline)) void OWN(square)(const real *row, const real *opposite,
                                                              double *square) {
    for (int l = 0; l < ILI_SLAB_LANES; l++) {
        double re = (double)row[2 * l], im = (double)row[2 * l + 1];
        square[l] = re * re + im * im;
    }
    for (int l = 0; l < ILI_SLAB_LANES && opposite != row; l++) {
        double re = (double)opposite[2 * l], im = (double)opposite[2 * l + 1];
        square[l] += re * re + im * im;
    }
}

/** Multiply the waves of a block with the influence function; before that, when sums are wanted, energies. block NULL: waves that
 *  are left out. */
ILI_HOT static void OWN(weigh)(const ili_slab_axis *axis, const ili_slab_waves *w, double decay, double q2,
                               void *block, lane_sums *sums) {
    for (int m = 0; m <= axis->n / 2; m++) {
        const int m2 = m ? axis->n - m : 0;
        real *row = (real *)block + (size_t)m * OWN(WIDTH),
             *opposite = (real *)block + (size_t)m2 * OWN(WIDTH);
        double value[ILI_SLAB_LANES], slope[ILI_SLAB_LANES], square[ILI_SLAB_LANES] = {0};
        ili_slab_weigh(axis, w, m, decay, value, slope);
        if (sums) {
            const double pushes = m2 == m ? q2 : 2.0 * q2;
            if (block) OWN(square)(row, opposite, square);
            for (int l = 0; l < ILI_SLAB_LANES; l++) {
                double scale = w->share[l] * w->bare[l], own = pushes * (1.0 - w->own[l] * axis->own[m]);
                double all = scale * (w->modulus[l] * axis->modulus[m] * square[l] + own);
                sums->energy[l] += value[l] * all;
                sums->slope[l] += slope[l] * all;
                sums->own[l] += value[l] * scale * own;
            }
        }
        if (!block) continue;
        real g[OWN(WIDTH)];
        for (int l = 0; l < ILI_SLAB_LANES; l++)
            g[2 * l] = g[2 * l + 1] = (real)(value[l] * w->bare[l] * w->modulus[l] * axis->modulus[m]);
        for (int l = 0; l < OWN(WIDTH); l++) row[l] *= g[l];
        for (int l = 0; l < OWN(WIDTH) && m2 != m; l++) opposite[l] *= g[l];
    }
}
