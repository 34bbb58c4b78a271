/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "system/cell.h"

#include "math/units.h"
#include "math/vec.h"

#include <string.h>

static const double DEGREE = ILI_PI / 180.0, LENGTH_MIN = 1e-3, LENGTH_MAX = 1e7;

il_status ili_cell_from_parameters(il_context *ctx, const double lengths[3], const double angles[3],
                                   ili_cell *cell) {
    for (int k = 0; k < 3; k++) {
        if (!(lengths[k] >= LENGTH_MIN && lengths[k] <= LENGTH_MAX))
            return ili_fail(ctx, IL_E_INPUT, "cell length %c is %g, expected 0.001 to 1e7 angstrom", "abc"[k],
                            lengths[k]);
        if (!(angles[k] > 0.0 && angles[k] < 180.0))
            return ili_fail(ctx, IL_E_INPUT, "cell angle %s is %g, expected degrees between 0 and 180",
                            (const char *[]){"alpha", "beta", "gamma"}[k], angles[k]);
    }
    double c[3];
    /* exact right angles and hexagons stay exact */
    for (int k = 0; k < 3; k++)
        c[k] = angles[k] == 90.0 ? 0.0 : angles[k] == 120.0 ? -0.5 : cos(angles[k] * DEGREE);
    double sg = sqrt(1.0 - c[2] * c[2]), cy = (c[0] - c[1] * c[2]) / sg, cz2 = 1.0 - c[1] * c[1] - cy * cy;
    if (!(cz2 > 1e-10))
        return ili_fail(ctx, IL_E_INPUT, "cell angles %g, %g, %g span no volume", angles[0], angles[1],
                        angles[2]);
    const double a = lengths[0], b = lengths[1], l = lengths[2];
    *cell = (ili_cell){.h = {{a, 0, 0}, {b * c[2], b * sg, 0}, {l * c[1], l * cy, l * sqrt(cz2)}},
                       .pbc = {true, true, true}};
    return IL_OK;
}

void ili_cell_parameters(const ili_cell *cell, double lengths[3], double angles[3]) {
    for (int k = 0; k < 3; k++) lengths[k] = ili_norm(cell->h[k]);
    for (int k = 0; k < 3; k++) {
        int i = (k + 1) % 3, j = (k + 2) % 3;
        double c = ili_dot(cell->h[i], cell->h[j]) / (lengths[i] * lengths[j]);
        angles[k] = acos(fmax(-1.0, fmin(1.0, c))) / DEGREE;
    }
}

double ili_cell_volume(const ili_cell *cell) {
    return fabs(ili_det(cell->h));
}

double ili_cell_area(const ili_cell *cell) {
    double n[3];
    ili_cross(cell->h[0], cell->h[1], n);
    return ili_norm(n);
}

void ili_cell_widths(const ili_cell *cell, double width[3]) {
    double volume = ili_cell_volume(cell), n[3];
    for (int k = 0; k < 3; k++) {
        ili_cross(cell->h[(k + 1) % 3], cell->h[(k + 2) % 3], n);
        width[k] = volume / ili_norm(n);
    }
}

il_status ili_cell_check(il_context *ctx, const ili_cell *cell, const char *where) {
    double product = 1.0;
    for (int i = 0; i < 3; i++) {
        double l = ili_norm(cell->h[i]);
        if (!(l >= LENGTH_MIN && l <= LENGTH_MAX))
            return ili_fail(ctx, IL_E_INPUT, "%s: lattice vector %c has length %g A, expected 0.001 to 1e7",
                            where, "abc"[i], l);
        product *= l;
    }
    if (!(ili_cell_volume(cell) > 1e-6 * product))
        return ili_fail(ctx, IL_E_INPUT,
                        "%s: the lattice vectors lie in one plane, so the cell has no volume", where);
    return IL_OK;
}

void ili_cell_to_frac(const ili_cell *cell, const double x[3], double s[3]) {
    double inv[3][3];
    ili_inverse(cell->h, inv);
    ili_vec_mat(x, inv, s);
}

void ili_cell_to_cart(const ili_cell *cell, const double s[3], double x[3]) {
    ili_vec_mat(s, cell->h, x);
}

void ili_cell_reduce(ili_cell *cell) {
    bool has_changed = true;
    for (int pass = 0; has_changed && pass < 100; pass++) {
        has_changed = false;
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) {
                if (i == j || !cell->pbc[i] || !cell->pbc[j]) continue;
                double *a = cell->h[i], *b = cell->h[j],
                       n = rint(ili_dot(a, b) / ili_dot(b, b) * (1.0 - 1e-12));
                if (n == 0.0) continue;
                for (int k = 0; k < 3; k++) a[k] -= n * b[k];
                has_changed = true;
            }
    }
}

/** Wrap d to fractions within 1/2 along the periodic vectors. Any image not longer than the wrapped r has
 *  |s_k + n_k| width_k <= |r|, so |n_k| <= |r|/width_k + 1/2 = reach[k] bounds the search. */
static void wrap_nearest(const ili_cell *cell, const double d[3], double r[3], int reach[3]) {
    double s[3], width[3];
    ili_cell_to_frac(cell, d, s);
    for (int k = 0; k < 3; k++)
        if (cell->pbc[k]) s[k] -= rint(s[k]);
    ili_cell_to_cart(cell, s, r);
    ili_cell_widths(cell, width);
    for (int k = 0; k < 3; k++) reach[k] = cell->pbc[k] ? (int)fmin(ili_norm(r) / width[k] + 0.5, 1e4) : 0;
}

double ili_cell_nearest(const ili_cell *cell, double d[3]) {
    enum { REACH_MAX = 2 };
    double r[3], best[3];
    int reach[3];
    ili_cell reduced;
    wrap_nearest(cell, d, r, reach);
    if (!isfinite(ili_dot(r, r))) return NAN; /* no image is near; the caller sees it in its energy */
    if (reach[0] > REACH_MAX || reach[1] > REACH_MAX || reach[2] > REACH_MAX) {
        reduced = *cell;
        ili_cell_reduce(&reduced);
        cell = &reduced;
        wrap_nearest(cell, d, r, reach);
    }
    double best2 = ili_dot(r, r);
    memcpy(best, r, sizeof best);
    for (int a = -reach[0]; a <= reach[0]; a++)
        for (int b = -reach[1]; b <= reach[1]; b++)
            for (int c = -reach[2]; c <= reach[2]; c++) {
                double t[3];
                for (int k = 0; k < 3; k++)
                    t[k] = r[k] + a * cell->h[0][k] + b * cell->h[1][k] + c * cell->h[2][k];
                double t2 = ili_dot(t, t);
                if (t2 < best2 - 1e-12) {
                    best2 = t2;
                    memcpy(best, t, sizeof best);
                }
            }
    memcpy(d, best, sizeof best);
    return best2;
}

void ili_cell_wrap(const ili_cell *cell, double x[3]) {
    for (int pass = 0; pass < 2;
         pass++) { /* the second brings what the first rounded up to the far face to the near one */
        double s[3];
        ili_cell_to_frac(cell, x, s);
        for (int k = 0; k < 3; k++) {
            double shift = cell->pbc[k] ? floor(s[k]) : 0.0;
            for (int j = 0; j < 3; j++) x[j] -= shift * cell->h[k][j];
        }
    }
}
