/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loops over the columns of a batch for one precision; ff/mesh_slab.c includes it once for each, with `real`, LANES and OWN. A batch is a
 * block of lines as math/fft_lines.h has them. */

/** Columns out of the planes, zeros behind them up to n points. */
ILI_HOT static void OWN(load)(const void *grid, const batch_place *at, int n, void *block) {
    for (int i = 0; i < at->planes; i++) {
        const real *plane = (const real *)grid + (size_t)i * at->plane;
        real *re = (real *)block + (size_t)i * 2 * LANES, *im = re + LANES;
        for (int l = 0; l < LANES; l++) {
            re[l] = plane[at->offset[l]];
            im[l] = plane[at->offset[l] + 1];
        }
    }
    memset((real *)block + (size_t)at->planes * 2 * LANES, 0,
           (size_t)(n - at->planes) * 2 * LANES * sizeof(real));
}

/** And back; block NULL: zeros. */
ILI_HOT static void OWN(store)(void *grid, const batch_place *at, const void *block) {
    for (int i = 0; i < at->planes; i++) {
        real *plane = (real *)grid + (size_t)i * at->plane;
        const real *re = (const real *)block + (size_t)i * 2 * LANES, *im = re + LANES;
        for (int l = 0; l < at->lanes; l++) {
            plane[at->offset[l]] = block ? re[l] : (real)0;
            plane[at->offset[l] + 1] = block ? im[l] : (real)0;
        }
    }
}

/** Multiply the waves of a block with the influence function; before that, when sums are wanted, energies. block NULL: waves that
 *  are left out. */
ILI_HOT static void OWN(weigh)(const ili_slab_axis *axis, const ili_slab_waves *w, double decay, double q2,
                               void *block, lane_sums *sums) {
    for (int m = 0; m <= axis->n / 2; m++) {
        const int m2 = m ? axis->n - m : 0;
        real *row = (real *)block + (size_t)m * 2 * LANES, *opposite = (real *)block + (size_t)m2 * 2 * LANES;
        double value[LANES], slope[LANES], square[LANES] = {0};
        ili_slab_weigh(LANES, axis, w, m, decay, value, slope);
        if (sums) {
            const double pushes = m2 == m ? q2 : 2.0 * q2, other = m2 == m ? 0.0 : 1.0;
            for (int l = 0; l < LANES && block; l++) {
                double a = (double)row[l], b = (double)row[LANES + l], c = (double)opposite[l],
                       d = (double)opposite[LANES + l];
                square[l] = a * a + b * b + other * (c * c + d * d);
            }
            for (int l = 0; l < LANES; l++) {
                double scale = w->share[l] * w->bare[l], own = pushes * (1.0 - w->own[l] * axis->own[m]);
                double all = scale * (w->modulus[l] * axis->modulus[m] * square[l] + own);
                sums->energy[l] += value[l] * all;
                sums->slope[l] += slope[l] * all;
                sums->own[l] += value[l] * scale * own;
            }
        }
        if (!block) continue;
        real g[LANES];
        for (int l = 0; l < LANES; l++)
            g[l] = (real)(value[l] * w->bare[l] * w->modulus[l] * axis->modulus[m]);
        for (int l = 0; l < LANES; l++) {
            row[l] *= g[l];
            row[LANES + l] *= g[l];
        }
        for (int l = 0; l < LANES && m2 != m; l++) {
            opposite[l] *= g[l];
            opposite[LANES + l] *= g[l];
        }
    }
}
