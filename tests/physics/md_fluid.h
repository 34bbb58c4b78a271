/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Cheap systems for the statistics of dynamics: a soft fluid, or an ideal gas, of argon atoms or rigid molecules, and what a series
 *  of samples says: mean with the error from blocks, and the slope of the ratio of two distributions. */
#ifndef MD_FLUID_H
#define MD_FLUID_H

#include "harness.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "math/units.h"
#include "math/vec.h"
#include "md/md_state.h"

#define FLUID_UNUSED __attribute__((unused)) /* not every test needs all */

/** u(r) = height (1 - r^2/reach^2)^3 between all pairs but those of one molecule; smooth at its reach. */
typedef struct fluid {
    int32_t n, per_molecule;
    double height, reach; /**< eV, angstrom; height 0: ideal gas */
} fluid;

FLUID_UNUSED static il_status fluid_evaluate(il_context *context, void *user, unsigned parts,
                                             const ili_cell *cell, const double (*x)[3], double *energy,
                                             double (*f)[3], double w[6]) {
    (void)context, (void)parts;
    const fluid *s = user;
    double inverse[3][3], e = 0.0, rc2 = s->reach * s->reach;
    memset(f, 0, (size_t)s->n * sizeof *f);
    memset(w, 0, 6 * sizeof *w);
    ili_inverse(cell->h, inverse);
    for (int32_t i = 0; i < s->n && s->height > 0.0; i++)
        for (int32_t j = (i / s->per_molecule + 1) * s->per_molecule; j < s->n; j++) {
            double d[3], t[3];
            ili_sub(x[j], x[i], d);
            ili_vec_mat(d, inverse, t);
            for (int k = 0; k < 3; k++) t[k] = rint(t[k]);
            ili_vec_mat(t, cell->h, t);
            ili_sub(d, t, d);
            double u = 1.0 - ili_dot(d, d) / rc2;
            if (u <= 0.0) continue;
            double push = 6.0 * s->height * u * u / rc2; /* force on j is push d */
            e += s->height * u * u * u;
            for (int k = 0; k < 3; k++) {
                f[j][k] += push * d[k];
                f[i][k] -= push * d[k];
                w[k] += push * d[k] * d[k];
                w[3 + k] += push * d[k == 0 ? 1 : 0] * d[k == 2 ? 1 : 2];
            }
        }
    *energy = e;
    return IL_OK;
}

/** n argon atoms on a grid in a box of this volume, angstrom^3. */
FLUID_UNUSED static il_system *fluid_system(int32_t n, double volume) {
    il_system *sys = NULL;
    int32_t type;
    int side = (int)ceil(cbrt((double)n) - 1e-9);
    double l = cbrt(volume);
    CHECK_OK(ili_system_create(ctx, &sys));
    sys->cell = (ili_cell){{{l, 0, 0}, {0, l, 0}, {0, 0, l}}, {true, true, true}};
    CHECK_OK(ili_system_species(ctx, sys, "Ar", 0, &type));
    for (int32_t i = 0; i < n; i++) {
        const double x[3] = {(i % side) * l / side, (i / side % side) * l / side,
                             (double)(i / side / side) * l / side};
        CHECK_OK(ili_system_add(ctx, sys, type, x));
    }
    return sys;
}

/** A series of samples of one number. */
typedef struct series {
    double *y;
    int n, cap;
    double (*of)(const ili_md_frame *frame);
    int skip; /**< samples to go before the first is kept */
} series;

FLUID_UNUSED static double volume_of(const ili_md_frame *frame) {
    return ili_cell_volume(frame->cell);
}

FLUID_UNUSED static il_status series_see(il_context *context, void *user, const ili_md_frame *frame) {
    (void)context;
    series *s = user;
    if (s->skip-- > 0) return IL_OK;
    if (s->n < s->cap) s->y[s->n++] = s->of(frame);
    return IL_OK;
}

enum { BLOCKS = 32 };

/** Mean of a series; *error is that of the mean, from BLOCKS blocks much longer than the correlation. */
FLUID_UNUSED static double mean_of(const double *y, int n, double *error) {
    double mean = 0.0, square = 0.0;
    int block = n / BLOCKS;
    for (int b = 0; b < BLOCKS; b++) {
        double sum = 0.0;
        for (int i = 0; i < block; i++) sum += y[b * block + i];
        mean += sum / block / BLOCKS;
        square += sum / block * (sum / block) / BLOCKS;
    }
    if (error) *error = sqrt(fmax(square - mean * mean, 0.0) / (BLOCKS - 1));
    return mean;
}

/** b of the most likely ln(p2/p1) = a + b y for n samples of each (Shirts 2013): Newton's method for the chance that a sample is one
 *  of the second set, 1/(1 + exp(-a - b y)). */
FLUID_UNUSED static double slope_of_block(const double *y1, const double *y2, int n) {
    double mean = 0.0, a = 0.0, b = 0.0;
    for (int i = 0; i < n; i++) mean += 0.5 * (y1[i] + y2[i]) / n;
    for (int round = 0; round < 50; round++) {
        double g[2] = {0}, h[3] = {0};
        for (int i = 0; i < 2 * n; i++) {
            double y = (i < n ? y1[i] : y2[i - n]) - mean, p = 1.0 / (1.0 + exp(-a - b * y));
            double r = (i >= n) - p, c = p * (1.0 - p);
            g[0] += r, g[1] += r * y;
            h[0] += c, h[1] += c * y, h[2] += c * y * y;
        }
        double det = h[0] * h[2] - h[1] * h[1];
        double da = (h[2] * g[0] - h[1] * g[1]) / det, db = (h[0] * g[1] - h[1] * g[0]) / det;
        a += da, b += db;
        if (fabs(db) < 1e-10 * fabs(b)) break;
    }
    return b;
}

/** The slope from all samples and its error from the jackknife over blocks. */
FLUID_UNUSED static double slope_of(const double *y1, const double *y2, int n, double *error) {
    int block = n / BLOCKS, m = 0;
    double *z1 = ili_alloc((size_t)n, sizeof *z1), *z2 = ili_alloc((size_t)n, sizeof *z2), mean = 0.0,
           square = 0.0;
    n = block * BLOCKS;
    double all = slope_of_block(y1, y2, n);
    for (int out = 0; out < BLOCKS; out++) {
        m = 0;
        for (int i = 0; i < n; i++) {
            if (i / block == out) continue;
            z1[m] = y1[i];
            z2[m++] = y2[i];
        }
        double b = slope_of_block(z1, z2, m);
        mean += b / BLOCKS;
        square += b * b / BLOCKS;
    }
    *error = sqrt((BLOCKS - 1) * fmax(square - mean * mean, 0.0));
    ili_free(z1);
    ili_free(z2);
    return all;
}

/** A number against what it should be: five errors of the mean, a false alarm in 2e6 (normal) for a fixed seed; at 32 blocks the
 *  t distribution makes it 2e-5, so 6.5 errors are allowed (1.5e-7 of t with 31 degrees of freedom is 6.6). */
#define CHECK_MEAN(got, want, error) CHECK_NEAR(got, want, 6.5 * (error))

#endif
