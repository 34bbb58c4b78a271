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

/** Is f, up to ILI_EAM_FIT, the cubic between two nodes h apart, the first of them at r? */
static bool is_cubic(const ili_eam_functions *eam, radial f, int a, int b, double r, double h,
                     const double (*node)[2]) {
    const double rise = node[1][0] - node[0][0], begin = node[0][1] - rise, end = node[1][1] - rise;
    const double c2 = -2.0 * begin - end, c3 = begin + end;
    for (double t = 0.125; t < 1.0; t += 0.125) {
        double slope, value = f(eam, a, b, r + t * h, &slope),
                      limit = ILI_EAM_FIT * (1.0 + fabs(value) + fabs(slope));
        double off = node[0][0] + t * (node[0][1] + t * (c2 + t * c3)) - value;
        double off_slope = (node[0][1] + t * (2.0 * c2 + t * 3.0 * c3)) / h - slope;
        if (!(fabs(off) <= limit && fabs(off_slope) <= 10.0 * limit)) return false;
    }
    return true;
}

/** Nodes of f up to `reach`, behind those there are. */
static bool add_nodes(ili_eam_tables *t, radial f, int a, int b, double reach, ili_eam_nodes *out) {
    const double h = 1.0 / t->inv_step;
    const size_t first = t->n_nodes;
    const size_t n =
        (size_t)ceil(reach * t->inv_step) + 1; /* intervals; r/step may be rounded up to the end */
    if (!ILI_GROW(t->node, first + n + 1, t->cap_nodes)) return false;
    double(*node)[2] = t->node + first;
    for (size_t k = 0; k <= n; k++) {
        node[k][0] = f(t->eam, t->kind[a], t->kind[b], (double)k * h, &node[k][1]);
        node[k][1] *= h;
    }
    for (size_t k = 0; k < n;
         k++) /* upwards: a node is taken away when both its intervals have been looked at */
        if (!is_cubic(t->eam, f, t->kind[a], t->kind[b], (double)k * h, h, (const double(*)[2])(node + k)))
            node[k][0] = NAN;
    *out = (ili_eam_nodes){2 * (int32_t)first, 2 * (int32_t)(n - 1)};
    t->n_nodes += n + 1;
    return true;
}

/** setfl files give one density to all elements: keep it once. */
static void share(ili_eam_tables *t, ili_eam_nodes *nodes, const ili_eam_nodes *with) {
    const size_t n = (size_t)nodes->last / 2 + 2;
    if (with->last != nodes->last ||
        memcmp(t->node[with->first / 2], t->node[nodes->first / 2], n * sizeof *t->node) != 0)
        return;
    t->n_nodes -= n;
    *nodes = *with;
}

static bool fill(ili_eam_tables *t) {
    const int32_t n = t->n_kinds;
    t->n_nodes = 2; /* at 0: a function that is 0 */
    if (!ILI_GROW(t->node, t->n_nodes, t->cap_nodes)) return false;
    for (int32_t a = 0; a < n; a++)
        for (int32_t b = 0; b < n; b++) {
            const double reach = ili_eam_reach(t->eam, t->kind[a], t->kind[b]);
            const bool is_a = ili_eam_is_embedded(t->eam, t->kind[a]),
                       is_b = ili_eam_is_embedded(t->eam, t->kind[b]);
            t->reach2[a * n + b] = reach * reach;
            ili_eam_nodes *density = &t->density[a * n + b];
            if (is_a && !add_nodes(t, density_at, a, b, reach, density)) return false;
            if (is_a && is_b && a > 0) share(t, density, &t->density[b]);
            t->density_back[b * n + a] = *density;
            if (b > a) continue;
            if (is_a && is_b && !add_nodes(t, pair_times_r, a, b, reach, &t->pair[a * n + b])) return false;
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
    ili_free(tables->node);
    memset(tables, 0, sizeof *tables);
}
