/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build/slab.h"

#include "base/alloc.h"
#include "math/vec.h"

#include <string.h>

/** Depths nearer than this belong to one layer of ions, angstrom. */
static const double SAME_DEPTH = 0.3;
static const double ALL_ATOMS_LIMIT = 2e7;
static const int MOBILE[] = {3, 11, 19, 37, 55};

void ili_slab_options_default(ili_slab_options *options) {
    *options = (ili_slab_options){.miller = {0, 0, 1},
                                  .min_thickness = 10.0,
                                  .vacuum = 15.0,
                                  .termination = -1,
                                  .repeat = {1, 1},
                                  .depth = 3.0,
                                  .plane_tolerance = 0.1};
}

void ili_slab_deform(il_system *slab, const double f[2][2]) {
    for (int32_t i = 0; i < slab->n_atoms + 3; i++) {
        double *v = i < slab->n_atoms ? slab->x[i] : slab->cell.h[i - slab->n_atoms], x = v[0], y = v[1];
        v[0] = f[0][0] * x + f[0][1] * y;
        v[1] = f[1][0] * x + f[1][1] * y;
    }
}

static void z_range(const il_system *slab, double range[2]) {
    range[0] = INFINITY;
    range[1] = -INFINITY;
    for (int32_t i = 0; i < slab->n_atoms; i++) {
        range[0] = fmin(range[0], slab->x[i][2]);
        range[1] = fmax(range[1], slab->x[i][2]);
    }
}

void ili_slab_set_vacuum(il_system *slab, double vacuum) {
    double range[2];
    z_range(slab, range);
    for (int32_t i = 0; i < slab->n_atoms; i++) slab->x[i][2] += 0.5 * vacuum - range[0];
    slab->cell.h[2][0] = slab->cell.h[2][1] = 0.0;
    slab->cell.h[2][2] = range[1] - range[0] + vacuum;
}

/** Wrap into the surface cell; molecules are wrapped by their first atom and so stay whole. */
static void wrap_in_plane(il_system *sys) {
    if (sys->n_bonds) return;
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        double s[3];
        ili_cell_to_frac(&sys->cell, sys->x[i], s);
        for (int m = 0; m < 2; m++)
            for (int k = 0; k < 2; k++) sys->x[i][k] -= floor(s[m] + 1e-9) * sys->cell.h[m][k];
    }
}

/* ---- supercell ----------------------------------------------------------------------------------------- */

/** Coordinates of the lattice point p in the supercell, times det m, reduced to 0 .. det m - 1. Returns
 *  whether p was inside already. */
static bool reduce_point(const int m[2][2], int n, const int p[2], int at[2]) {
    const int raw[2] = {p[0] * m[1][1] - p[1] * m[1][0], p[1] * m[0][0] - p[0] * m[0][1]};
    for (int k = 0; k < 2; k++) at[k] = ((raw[k] % n) + n) % n;
    return at[0] == raw[0] && at[1] == raw[1];
}

/** The n lattice points of the supercell. */
static void list_points(const int m[2][2], int n, int (*points)[2]) {
    int low[2], high[2], found = 0, at[2];
    for (int k = 0; k < 2; k++) {
        low[k] = (m[0][k] < 0 ? m[0][k] : 0) + (m[1][k] < 0 ? m[1][k] : 0);
        high[k] = (m[0][k] > 0 ? m[0][k] : 0) + (m[1][k] > 0 ? m[1][k] : 0);
    }
    for (int i = low[0]; i <= high[0]; i++)
        for (int j = low[1]; j <= high[1]; j++)
            if (found < n && reduce_point(m, n, (const int[]){i, j}, at)) {
                points[found][0] = i;
                points[found++][1] = j;
            }
}

static il_status copy_bonds(il_context *ctx, const il_system *slab, const int m[2][2], int n,
                            int (*points)[2], il_system *big) {
    for (int32_t b = 0; b < slab->n_bonds; b++) {
        int32_t i = slab->bonds[b][0], j = slab->bonds[b][1];
        double d[3], near[3], s[3];
        ili_sub(slab->x[j], slab->x[i], d);
        memcpy(near, d, sizeof near);
        ili_cell_nearest(&slab->cell, near);
        ili_sub(near, d, near);
        ili_cell_to_frac(&slab->cell, near, s);
        for (int c = 0; c < n; c++) {
            int at[2], other[2], to = 0;
            const int p[2] = {points[c][0] + (int)rint(s[0]), points[c][1] + (int)rint(s[1])};
            reduce_point(m, n, p, at);
            for (; to < n - 1; to++) {
                reduce_point(m, n, points[to], other);
                if (other[0] == at[0] && other[1] == at[1]) break;
            }
            IL_TRY(ili_system_add_bond(ctx, big, c * slab->n_atoms + i, to * slab->n_atoms + j));
        }
    }
    return IL_OK;
}

il_status ili_slab_supercell(il_context *ctx, const il_system *slab, const int m[2][2], il_system **out) {
    int n = m[0][0] * m[1][1] - m[0][1] * m[1][0];
    if (n < 1)
        return ili_fail(ctx, IL_E_INPUT, "supercell matrix has determinant %d, expected a positive one", n);
    if ((double)n * slab->n_atoms > ALL_ATOMS_LIMIT)
        return ili_fail(ctx, IL_E_UNSUPPORTED, "a supercell of %d cells with %d atoms is too large", n,
                        (int)slab->n_atoms);
    il_status status = IL_OK;
    il_system *big = NULL, bare = *slab; /* bonds follow with their images */
    bare.n_bonds = 0;
    int(*points)[2] = ili_alloc((size_t)n, sizeof *points);
    if (!points) IL_GO(ili_no_memory(ctx, "a supercell"));
    IL_GO(ili_system_create(ctx, &big));
    list_points(m, n, points);
    big->cell = slab->cell;
    for (int c = 0; c < n; c++) {
        int32_t base = big->n_atoms;
        IL_GO(ili_system_append(ctx, big, &bare, -1));
        for (int32_t i = base; i < big->n_atoms; i++)
            for (int k = 0; k < 3; k++)
                big->x[i][k] += points[c][0] * slab->cell.h[0][k] + points[c][1] * slab->cell.h[1][k];
    }
    IL_GO(copy_bonds(ctx, slab, m, n, points, big));
    for (int r = 0; r < 2; r++)
        for (int k = 0; k < 3; k++)
            big->cell.h[r][k] = m[r][0] * slab->cell.h[0][k] + m[r][1] * slab->cell.h[1][k];
    wrap_in_plane(big);
    *out = big;
    big = NULL;
out:
    il_system_destroy(&big);
    ili_free(points);
    return status;
}

/* ---- reconstruction ------------------------------------------------------------------------------------ */

static bool is_mobile(const il_system *slab, int32_t i, const double *charge) {
    int z = slab->species[slab->type[i]].z;
    for (size_t k = 0; k < sizeof MOBILE / sizeof *MOBILE; k++)
        if (MOBILE[k] == z) return charge[i] > 0.0;
    return false;
}

/** Charge per area on the upper face: dipole over area and stack height. */
static double polarity_of(const il_system *slab, const double *charge, double height) {
    double range[2], dipole = 0.0;
    z_range(slab, range);
    for (int32_t i = 0; i < slab->n_atoms; i++)
        dipole += charge[i] * (slab->x[i][2] - 0.5 * (range[0] + range[1]));
    return dipole / (ili_cell_area(&slab->cell) * height);
}

/** Squared in-plane distance to the nearest ion moved before. */
static double apart(const il_system *slab, const bool *moved, int32_t i) {
    double nearest = INFINITY;
    for (int32_t j = 0; j < slab->n_atoms; j++) {
        if (!moved[j]) continue;
        double d[3];
        ili_sub(slab->x[j], slab->x[i], d);
        d[2] = 0.0;
        nearest = fmin(nearest, ili_cell_nearest(&slab->cell, d));
    }
    return nearest;
}

/** The ion of the face (up: +1 upper, -1 lower) to move next: outermost, then farthest from those moved;
 *  -1: none. */
static int32_t pick_ion(const il_system *slab, const double *charge, const bool *moved, int up,
                        double outermost, double depth) {
    int32_t best = -1;
    double best_depth = 0.0, best_apart = 0.0;
    for (int32_t i = 0; i < slab->n_atoms; i++) {
        if (moved[i] || !is_mobile(slab, i, charge)) continue;
        double below = outermost - up * slab->x[i][2];
        if (below > depth) continue;
        double r2 = apart(slab, moved, i);
        bool higher = below < best_depth - SAME_DEPTH, level = below < best_depth + SAME_DEPTH;
        if (best < 0 || higher || (level && r2 > best_apart + 1e-6)) {
            best = i;
            best_depth = below;
            best_apart = r2;
        }
    }
    return best;
}

static double outermost_ion(const il_system *slab, const double *charge, int up) {
    double outermost = -INFINITY;
    for (int32_t i = 0; i < slab->n_atoms; i++)
        if (is_mobile(slab, i, charge)) outermost = fmax(outermost, up * slab->x[i][2]);
    return outermost;
}

il_status ili_slab_reconstruct(il_context *ctx, il_system *slab, const double *charge, const double stack[3],
                               double depth, int *n_moved, double *residual) {
    bool *moved = ili_alloc((size_t)slab->n_atoms, sizeof *moved);
    if (!moved) return ili_no_memory(ctx, "a surface reconstruction");
    double area = ili_cell_area(&slab->cell), polarity = polarity_of(slab, charge, stack[2]);
    int up = polarity > 0.0 ? 1 : -1;
    double outermost = outermost_ion(slab, charge, up);
    *n_moved = 0;
    for (;;) {
        int32_t i = pick_ion(slab, charge, moved, up, outermost, depth);
        if (i < 0) break;
        double next = polarity - up * charge[i] / area;
        if (fabs(next) >= fabs(polarity) - 1e-9) break;
        for (int k = 0; k < 3; k++) slab->x[i][k] -= up * stack[k];
        moved[i] = true;
        polarity = next;
        ++*n_moved;
    }
    *residual = polarity;
    ili_free(moved);
    return IL_OK;
}

/* ---- cutting ------------------------------------------------------------------------------------------- */

/** A slab being cut: atoms, their bulk atoms and charges. */
typedef struct cut_slab {
    il_system *sys;
    int32_t *origin;
    double *charge;
} cut_slab;

static void free_cut(cut_slab *cut) {
    il_system_destroy(&cut->sys);
    ili_free(cut->origin);
    ili_free(cut->charge);
}

/** The repeat that begins at the cut, shifted by the lattice vector of the copy. */
static il_status add_repeat(il_context *ctx, const ili_oriented *o, double offset, const int copy[3],
                            cut_slab *out) {
    const double(*h)[3] = o->cell->cell.h;
    int32_t base = out->sys->n_atoms;
    IL_TRY(ili_system_append(ctx, out->sys, o->cell, -1));
    for (int32_t i = 0; i < o->cell->n_atoms; i++) {
        int up = copy[2] + (o->level[i] < offset);
        for (int k = 0; k < 3; k++)
            out->sys->x[base + i][k] += copy[0] * h[0][k] + copy[1] * h[1][k] + up * h[2][k];
        out->origin[base + i] = o->origin[i];
        out->charge[base + i] = o->charge[i];
        if (out->sys->molecule && o->cell->molecule[i]) out->sys->molecule[base + i] = base + o->unit[i] + 1;
    }
    return IL_OK;
}

static int layers_of(const ili_oriented *o, const ili_slab_options *options) {
    double by_thickness = ceil(options->min_thickness / o->period - 1e-6);
    return (int)fmax(1.0, fmax(options->layers, by_thickness));
}

static il_status cut(il_context *ctx, const ili_oriented *o, const ili_slab_options *options,
                     ili_termination *t, cut_slab *out) {
    t->layers = layers_of(o, options);
    const int n[3] = {options->repeat[0], options->repeat[1], t->layers};
    double total = (double)o->cell->n_atoms * n[0] * n[1] * n[2];
    if (total > ALL_ATOMS_LIMIT)
        return ili_fail(ctx, IL_E_UNSUPPORTED,
                        "the slab would have %.0f atoms, expected at most %.0f; ask for fewer layers", total,
                        ALL_ATOMS_LIMIT);
    out->origin = ili_alloc((size_t)total, sizeof *out->origin);
    out->charge = ili_alloc((size_t)total, sizeof *out->charge);
    if (!out->origin || !out->charge) return ili_no_memory(ctx, "a slab");
    IL_TRY(ili_system_create(ctx, &out->sys));
    out->sys->cell = o->cell->cell;
    for (int c = 0; c < n[2]; c++)
        for (int a = 0; a < n[0]; a++)
            for (int b = 0; b < n[1]; b++) IL_TRY(add_repeat(ctx, o, t->offset, (const int[]){a, b, c}, out));
    for (int k = 0; k < 3; k++) {
        t->stack[k] = t->layers * o->cell->cell.h[2][k];
        out->sys->cell.h[0][k] *= n[0];
        out->sys->cell.h[1][k] *= n[1];
    }
    out->sys->cell.pbc[2] = false;
    t->n_moved = 0;
    t->residual = t->polarity;
    if (options->reconstruct && o->has_charge)
        IL_TRY(ili_slab_reconstruct(ctx, out->sys, out->charge, t->stack, options->depth, &t->n_moved,
                                    &t->residual));
    ili_slab_set_vacuum(out->sys, options->vacuum);
    wrap_in_plane(out->sys);
    return IL_OK;
}

static il_status check_options(il_context *ctx, const ili_slab_options *options) {
    if (options->layers < 0 || !(options->min_thickness >= 0.0 && options->min_thickness <= 1e5))
        return ili_fail(ctx, IL_E_INPUT,
                        "a slab of %d layers and at least %g A was asked for; expected numbers from 0",
                        options->layers, options->min_thickness);
    if (!(options->vacuum > 0.0) || !isfinite(options->vacuum))
        return ili_fail(ctx, IL_E_INPUT, "vacuum is %g A, expected a positive length", options->vacuum);
    if (options->repeat[0] < 1 || options->repeat[1] < 1)
        return ili_fail(ctx, IL_E_INPUT, "in-plane repeat is %d,%d, expected positive numbers",
                        options->repeat[0], options->repeat[1]);
    return IL_OK;
}

/** All terminations, with what reconstruction does to each where it is asked for. */
static il_status list_of(il_context *ctx, const ili_oriented *o, const ili_slab_options *options,
                         ili_termination **list, int *n) {
    IL_TRY(ili_terminations(ctx, o, options->plane_tolerance, list, n));
    il_status status = IL_OK;
    for (int k = 0; k < *n && options->reconstruct && status == IL_OK; k++) {
        cut_slab trial = {0};
        status = cut(ctx, o, options, &(*list)[k], &trial);
        free_cut(&trial);
    }
    if (status == IL_OK) return IL_OK;
    ili_free(*list);
    *list = NULL;
    return status;
}

il_status ili_slab_terminations(il_context *ctx, const il_system *bulk, const ili_slab_options *options,
                                ili_termination **list, int *n) {
    *list = NULL;
    *n = 0;
    IL_TRY(check_options(ctx, options));
    ili_oriented o;
    IL_TRY(ili_oriented_create(ctx, bulk, options->miller, options->units, options->charge_by_atom, &o));
    il_status status = list_of(ctx, &o, options, list, n);
    ili_oriented_free(&o);
    return status;
}

il_status ili_slab_build(il_context *ctx, const il_system *bulk, const ili_slab_options *options,
                         il_system **slab, ili_termination *chosen, int32_t **origin) {
    IL_TRY(check_options(ctx, options));
    il_status status = IL_OK;
    ili_oriented o = {0};
    ili_termination *list = NULL;
    cut_slab result = {0};
    int n = 0;
    IL_GO(ili_oriented_create(ctx, bulk, options->miller, options->units, options->charge_by_atom, &o));
    IL_GO(list_of(ctx, &o, options, &list, &n));
    if (options->termination >= n)
        IL_GO(ili_fail(ctx, IL_E_INPUT,
                       "termination %d was asked for, but the plane %d,%d,%d has %d, numbered from 0",
                       options->termination, o.miller[0], o.miller[1], o.miller[2], n));
    int pick = options->termination >= 0 ? options->termination : ili_termination_best(list, n);
    IL_GO(cut(ctx, &o, options, &list[pick], &result));
    *slab = result.sys;
    result.sys = NULL;
    if (chosen) *chosen = list[pick];
    if (origin) {
        *origin = result.origin;
        result.origin = NULL;
    }
out:
    free_cut(&result);
    ili_free(list);
    ili_oriented_free(&o);
    return status;
}
