/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The distance d(x) = min_i (|x - x_i| - r_i) is sampled on a grid; from every point that none of its neighbours exceeds it is
 * climbed. Each |x - x_i| is convex, so its tangent plane lies below it: the step that maximises the lowest of the tangent
 * planes within a small box, a linear programme in four unknowns, never goes down, and at a vertex, where four planes meet,
 * it is Newton's step. theory.md (13.40), (13.41). */
#include "build/voids.h"

#include "base/alloc.h"
#include "build/pointgrid.h"
#include "math/vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/** Half edge of the box of a step, angstrom; what a climb may still gain; how far it is pushed off a saddle point. */
static const double BOX = 0.4, GAIN_LEAST = 1e-11, PUSH = 2e-3, PUSH_GAIN = 1e-8;
/** Radius and place are compared in these steps, angstrom, so that rounding does not order equal voids. */
static const double ORDER_STEP = 1e-6;
enum { CLIMB_MAX = 200, PIVOTS_MAX = 400, PIVOTS_GREEDY = 60, GRID_MAX = 2048 };

/** Tangent plane of one atom's distance: value here (above the lowest) and slope. */
typedef struct plane {
    double d, u[3];
    int32_t atom;
} plane;

typedef struct plane_set {
    const double *radius; /**< [n] of each atom */
    size_t n, capacity;
    plane *planes;
    size_t lowest;
    bool failed;
} plane_set;

/** The grid: fractions begin + (i + offset) * step along each axis, i < n. */
typedef struct search {
    const il_system *sys;
    ili_cell cell;               /**< reduced, so that neighbours on the grid are neighbours in space */
    double normal[3], low, high; /**< heights; infinite: any */
    double begin[3], step[3];
    int n[3];
    double *radius; /**< [n_atoms] angstrom */
    double radius_max;
    ili_pointgrid *near;
} search;

/* ---- the linear programme ---- */

/** Column j of the dual: a plane, or a face of the box. */
static void column(const plane_set *set, size_t j, double a[4], double *cost) {
    a[0] = a[1] = a[2] = a[3] = 0.0;
    if (j < set->n) {
        a[0] = 1.0;
        for (int k = 0; k < 3; k++) a[k + 1] = -set->planes[j].u[k];
        *cost = set->planes[j].d;
        return;
    }
    a[1 + (j - set->n) / 2] = (j - set->n) % 2 ? -1.0 : 1.0;
    *cost = BOX;
}

/** inverse of m (columns of the basis); false: singular. */
static bool invert4(double m[4][4], double inverse[4][4]) {
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) inverse[i][j] = i == j;
    for (int c = 0; c < 4; c++) {
        int p = c;
        for (int r = c + 1; r < 4; r++)
            if (fabs(m[r][c]) > fabs(m[p][c])) p = r;
        if (fabs(m[p][c]) < 1e-12) return false;
        for (int j = 0; j < 4; j++) {
            double t = m[c][j], s = inverse[c][j];
            m[c][j] = m[p][j];
            m[p][j] = t;
            inverse[c][j] = inverse[p][j];
            inverse[p][j] = s;
        }
        for (int r = 0; r < 4; r++) {
            double f = r == c ? 1.0 - 1.0 / m[c][c] : m[r][c] / m[c][c];
            for (int j = 0; j < 4; j++) {
                double t = m[c][j], s = inverse[c][j];
                m[r][j] -= f * t;
                inverse[r][j] -= f * s;
            }
        }
    }
    return true;
}

/** The column that enters the basis: the most violated one, or the first violated one once that may have gone round in
 *  circles (Bland's rule). SIZE_MAX: none, y is the optimum. */
static size_t entering(const plane_set *set, const double y[4], bool greedy) {
    size_t best = SIZE_MAX;
    double worst = -1e-13;
    for (size_t j = 0; j < set->n + 6; j++) {
        double a[4], cost;
        column(set, j, a, &cost);
        cost -= y[0] * a[0] + y[1] * a[1] + y[2] * a[2] + y[3] * a[3];
        if (cost >= worst) continue;
        best = j;
        if (!greedy) break;
        worst = cost;
    }
    return best;
}

/** Maximise t over steps within the box with t <= d_i + u_i . step for all planes; returns t, or a negative number when the
 *  basis has become singular. Dual simplex over a basis of four columns. */
static double best_step(const plane_set *set, double step[3]) {
    size_t basis[4] = {set->lowest};
    for (int k = 0; k < 3; k++) basis[k + 1] = set->n + 2 * (size_t)k + (set->planes[set->lowest].u[k] < 0.0);
    for (int pivot = 0; pivot < PIVOTS_MAX; pivot++) {
        double m[4][4], inverse[4][4], cost[4], y[4] = {0};
        for (int b = 0; b < 4; b++) {
            double a[4];
            column(set, basis[b], a, &cost[b]);
            for (int r = 0; r < 4; r++) m[r][b] = a[r];
        }
        if (!invert4(m, inverse)) return -1.0;
        for (int r = 0; r < 4; r++)
            for (int b = 0; b < 4; b++) y[r] += cost[b] * inverse[b][r];
        memcpy(step, y + 1, 3 * sizeof *step);
        size_t in = entering(set, y, pivot < PIVOTS_GREEDY);
        if (in == SIZE_MAX) return y[0];
        double a[4], least = INFINITY;
        int out = -1;
        column(set, in, a, &cost[0]);
        for (int b = 0; b < 4; b++) {
            double w = 0.0;
            for (int r = 0; r < 4; r++) w += inverse[b][r] * a[r];
            /* the weights of the basis are the first column of the inverse */
            if (w < 1e-11) continue;
            double ratio = inverse[b][0] / w;
            if (ratio > least || (out >= 0 && ratio == least && basis[b] > basis[out])) continue;
            least = ratio;
            out = b;
        }
        if (out < 0) return -1.0;
        basis[out] = in;
    }
    return -1.0;
}

/* ---- climbing ---- */

static void gather(void *user, const ili_near *near) {
    plane_set *set = user;
    double r = sqrt(near->r2);
    if (r < 1e-9) r = 1e-9;
    if (!ILI_GROW(set->planes, set->n + 1, set->capacity)) {
        set->failed = true;
        return;
    }
    plane *p = &set->planes[set->n];
    *p = (plane){.d = r - set->radius[near->point], .atom = near->point};
    for (int k = 0; k < 3; k++) p->u[k] = -near->d[k] / r;
    if (set->n == 0 || p->d < set->planes[set->lowest].d) set->lowest = set->n;
    set->n++;
}

/** Planes at x that a step may meet; returns the distance there. */
static double look(const search *s, const double x[3], plane_set *set) {
    set->n = 0;
    ili_pointgrid_visit(s->near, x, gather, set);
    if (set->n == 0) return INFINITY;
    double lowest = set->planes[set->lowest].d, farthest = lowest + 2.0 * sqrt(3.0) * BOX;
    size_t kept = 0, at = set->lowest;
    for (size_t j = 0; j < set->n; j++) {
        if (set->planes[j].d > farthest) continue;
        if (j == set->lowest) at = kept;
        set->planes[kept] = set->planes[j];
        set->planes[kept++].d -= lowest;
    }
    set->n = kept;
    set->lowest = at;
    return lowest;
}

static bool is_inside(const search *s, const double x[3]) {
    double height = ili_dot(x, s->normal);
    return height >= s->low && height <= s->high;
}

/** From x uphill until no step gains; false: it left the heights of interest. */
static bool climb(const search *s, double x[3], plane_set *set, double *distance) {
    for (int n = 0; n < CLIMB_MAX; n++) {
        double step[3];
        *distance = look(s, x, set);
        if (set->failed || !is_inside(s, x) || !isfinite(*distance)) return false;
        double gain = best_step(set, step);
        if (gain < GAIN_LEAST) return true;
        for (int k = 0; k < 3; k++) x[k] += step[k];
    }
    return true;
}

/** A maximum reached from x; on a saddle point, where symmetry may have led, a push starts it again. */
static bool settle(const search *s, plane_set *set, ili_void *v) {
    static const double DIRECTION[3] = {0.2673, 0.5345, -0.8018};
    if (!climb(s, v->x, set, &v->radius)) return false;
    for (int push = 0; push < 4; push++) {
        ili_void other = *v;
        for (int k = 0; k < 3; k++) other.x[k] += (push % 2 ? -PUSH : PUSH) * DIRECTION[(k + push / 2) % 3];
        if (!climb(s, other.x, set, &other.radius)) return false;
        if (other.radius > v->radius + PUSH_GAIN) *v = other;
    }
    v->radius = look(s, v->x, set);
    v->nearest = set->planes[set->lowest].atom;
    return !set->failed;
}

/* ---- the grid ---- */

static void place_of(const search *s, const int i[3], double x[3]) {
    static const double OFFSET[3] = {0.3183, 0.4142, 0.2718}; /* off the planes of symmetry */
    double f[3];
    for (int k = 0; k < 3; k++) f[k] = s->begin[k] + (i[k] + OFFSET[k]) * s->step[k];
    ili_cell_to_cart(&s->cell, f, x);
}

/** Lay the grid between the faces of the cell, of an open axis between its outermost atoms or the heights asked for. */
static void lay(search *s, double spacing) {
    double width[3];
    ili_cell_widths(&s->cell, width);
    for (int k = 0; k < 3; k++) {
        double begin = 0.0, end = 1.0, rise = ili_dot(s->cell.h[k], s->normal);
        if (!s->cell.pbc[k]) {
            begin = INFINITY;
            end = -INFINITY;
            for (int32_t i = 0; i < s->sys->n_atoms; i++) {
                double f[3];
                ili_cell_to_frac(&s->cell, s->sys->x[i], f);
                begin = fmin(begin, f[k]);
                end = fmax(end, f[k]);
            }
            if (k == 2 && isfinite(s->low)) begin = s->low / rise;
            if (k == 2 && isfinite(s->high)) end = s->high / rise;
        }
        s->n[k] = (int)fmax(1.0, fmin(GRID_MAX, ceil((end - begin) * width[k] / spacing)));
        s->begin[k] = begin;
        s->step[k] = (end - begin) / s->n[k];
    }
}

static void nearest_of(void *user, const ili_near *near) {
    plane_set *set = user; /* planes[0] only */
    double d = sqrt(near->r2) - set->radius[near->point];
    if (d < set->planes->d) set->planes->d = d;
}

static il_status fill(il_context *ctx, search *s, double cutoff) {
    ili_pointgrid_destroy(&s->near);
    IL_TRY(ili_pointgrid_create(ctx, &s->cell, cutoff, s->sys->n_atoms, &s->near));
    for (int32_t i = 0; i < s->sys->n_atoms; i++) ili_pointgrid_insert(s->near, i, s->sys->x[i]);
    return IL_OK;
}

/** d at every point of the grid; the cut-off grows until all have met their nearest atom. Leaves s->near wide enough to
 *  climb anywhere. */
static il_status sample(il_context *ctx, search *s, double *d) {
    const int64_t total = (int64_t)s->n[0] * s->n[1] * s->n[2];
    double largest = 0.0, diagonal = 0.0;
    for (int k = 0; k < 3; k++) diagonal += s->step[k] * ili_norm(s->cell.h[k]);
    for (double cutoff = 4.0 + s->radius_max;; cutoff *= 2.0) {
        IL_TRY(fill(ctx, s, cutoff));
        largest = -INFINITY;
#pragma omp parallel for num_threads(ctx->n_threads) schedule(static) reduction(max : largest)
        for (int64_t g = 0; g < total; g++) {
            const int i[3] = {(int)(g / s->n[2] / s->n[1]), (int)(g / s->n[2] % s->n[1]), (int)(g % s->n[2])};
            double x[3];
            plane lowest = {.d = INFINITY};
            plane_set set = {.radius = s->radius, .planes = &lowest};
            place_of(s, i, x);
            ili_pointgrid_visit(s->near, x, nearest_of, &set);
            d[g] = lowest.d;
            largest = fmax(largest, lowest.d);
        }
        if (largest + s->radius_max <= cutoff) break;
    }
    return fill(ctx, s, largest + diagonal + s->radius_max + 4.0 * sqrt(3.0) * BOX);
}

/** Is the point of the grid as high as its neighbours along the axes, and worth climbing from? Fewer neighbours than all 26 let
 *  points on ridges pass too, which lead to voids beside larger ones. */
static bool is_start(const search *s, const double *d, int64_t g, double least) {
    const int i[3] = {(int)(g / s->n[2] / s->n[1]), (int)(g / s->n[2] % s->n[1]), (int)(g % s->n[2])};
    double diagonal = 0.0;
    for (int k = 0; k < 3; k++) diagonal += s->step[k] * ili_norm(s->cell.h[k]);
    if (d[g] < least - diagonal) return false;
    for (int face = 0; face < 6; face++) {
        int j[3] = {i[0], i[1], i[2]}, k = face / 2;
        j[k] += face % 2 ? 1 : -1;
        if (s->cell.pbc[k]) j[k] = (j[k] + s->n[k]) % s->n[k];
        if (j[k] < 0 || j[k] >= s->n[k]) continue;
        if (d[((int64_t)j[0] * s->n[1] + j[1]) * s->n[2] + j[2]] > d[g]) return false;
    }
    return true;
}

/* ---- sorting and merging ---- */

static int order_voids(const void *a, const void *b) {
    const ili_void *p = a, *q = b;
    long long r = llround(p->radius / ORDER_STEP) - llround(q->radius / ORDER_STEP);
    if (r) return r > 0 ? -1 : 1;
    for (int k = 2; k >= 0; k--) {
        long long t = llround(p->x[k] / ORDER_STEP) - llround(q->x[k] / ORDER_STEP);
        if (t) return t < 0 ? -1 : 1;
    }
    return 0;
}

static void has_near(void *user, const ili_near *near) {
    (void)near;
    *(bool *)user = true;
}

/** Keep the first of those that are too near to each other. */
static il_status merge(il_context *ctx, const search *s, double apart, ili_void *voids, int32_t *n) {
    ili_pointgrid *kept = NULL;
    int32_t count = 0;
    if (*n == 0) return IL_OK;
    qsort(voids, (size_t)*n, sizeof *voids, order_voids);
    IL_TRY(ili_pointgrid_create(ctx, &s->cell, apart, *n, &kept));
    for (int32_t i = 0; i < *n; i++) {
        bool is_taken = false;
        ili_pointgrid_visit(kept, voids[i].x, has_near, &is_taken);
        if (is_taken) continue;
        voids[count] = voids[i];
        ili_pointgrid_insert(kept, count, voids[count].x);
        count++;
    }
    *n = count;
    ili_pointgrid_destroy(&kept);
    return IL_OK;
}

/** Climb from each start; found[i] tells whether voids[i] is one. */
static bool climb_all(il_context *ctx, const search *s, double least, int32_t n, ili_void *voids,
                      bool *found) {
    bool failed = false;
#pragma omp parallel num_threads(ctx->n_threads) reduction(|| : failed)
    {
        plane_set set = {.radius = s->radius};
#pragma omp for schedule(dynamic)
        for (int32_t i = 0; i < n; i++) {
            found[i] = settle(s, &set, &voids[i]) && voids[i].radius >= least;
            ili_cell_wrap(&s->sys->cell, voids[i].x);
        }
        failed = set.failed;
        ili_free(set.planes);
    }
    return !failed;
}

static il_status prepare(il_context *ctx, search *s, const double *radii, double spacing, double low,
                         double high) {
    ili_cell_reduce(&s->cell);
    ili_cross(s->cell.h[0], s->cell.h[1], s->normal);
    double area = ili_norm(s->normal);
    for (int k = 0; k < 3; k++) s->normal[k] /= area;
    s->low = isnan(low) ? -INFINITY : low;
    s->high = isnan(high) ? INFINITY : high;
    s->radius = ili_alloc((size_t)s->sys->n_atoms, sizeof *s->radius);
    if (!s->radius) return ili_no_memory(ctx, "a search for voids");
    for (int32_t i = 0; radii && i < s->sys->n_atoms; i++) {
        s->radius[i] = radii[s->sys->type[i]];
        s->radius_max = fmax(s->radius_max, s->radius[i]);
    }
    lay(s, spacing);
    if (!s->cell.pbc[2]) {
        double rise = ili_dot(s->cell.h[2], s->normal);
        s->low = fmin(s->begin[2] * rise, (s->begin[2] + s->n[2] * s->step[2]) * rise);
        s->high = fmax(s->begin[2] * rise, (s->begin[2] + s->n[2] * s->step[2]) * rise);
    }
    return IL_OK;
}

il_status ili_voids_find(il_context *ctx, const il_system *sys, const double *radii, double least,
                         double spacing, double apart, double low, double high, ili_void **voids,
                         int32_t *n_voids) {
    search s = {.sys = sys, .cell = sys->cell};
    double *d = NULL;
    bool *found = NULL;
    ili_void *all = NULL;
    size_t capacity = 0;
    int32_t n = 0, kept = 0;
    il_status status;
    *voids = NULL;
    *n_voids = 0;
    if (sys->n_atoms < 1) return ili_fail(ctx, IL_E_INPUT, "there are no atoms to look for voids between");
    if (!(spacing > 0.0) || !(apart > 0.0))
        return ili_fail(ctx, IL_E_INPUT,
                        "a search for voids was given a spacing of %g and a least distance of %g angstrom, "
                        "expected positive lengths",
                        spacing, apart);
    IL_TRY(ili_cell_check(ctx, &sys->cell, "the cell to search"));
    IL_GO(prepare(ctx, &s, radii, spacing, low, high));
    const int64_t total = (int64_t)s.n[0] * s.n[1] * s.n[2];
    d = ili_alloc((size_t)total, sizeof *d);
    if (!d) IL_GO(ili_no_memory(ctx, "a search for voids"));
    IL_GO(sample(ctx, &s, d));
    for (int64_t g = 0; g < total; g++) {
        if (!is_start(&s, d, g, least)) continue;
        const int i[3] = {(int)(g / s.n[2] / s.n[1]), (int)(g / s.n[2] % s.n[1]), (int)(g % s.n[2])};
        if (!ILI_GROW(all, (size_t)n + 1, capacity)) IL_GO(ili_no_memory(ctx, "the voids"));
        place_of(&s, i, all[n++].x);
    }
    found = ili_alloc((size_t)n, sizeof *found);
    if (!found || !climb_all(ctx, &s, least, n, all, found)) IL_GO(ili_no_memory(ctx, "the voids"));
    for (int32_t i = 0; i < n; i++)
        if (found[i]) all[kept++] = all[i];
    IL_GO(merge(ctx, &s, apart, all, &kept));
    *voids = all;
    *n_voids = kept;
    all = NULL;
out:
    ili_pointgrid_destroy(&s.near);
    ili_free(s.radius);
    ili_free(found);
    ili_free(d);
    ili_free(all);
    return status;
}
