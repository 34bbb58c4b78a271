/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Tasker, J. Phys. C 1979, 12, 4977: a repeat with a dipole mu per area and height d makes a slab whose
 *  two faces carry -+mu/d; classes 1, 2, 3 by charged planes and dipole. The face excess of a species is
 *  the first moment of its heights over d, the dividing plane put where the sum over species vanishes. */
#include "build/termination.h"

#include "base/alloc.h"
#include "math/vec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Polarities nearer than this count as equal when no cut is non-polar, e/angstrom^2. */
static const double POLARITY_TIE = 1e-3;
/** Cuts whose strengths differ by less (relative) are chosen by the ions that need not move. */
static const double STRENGTH_TIE = 0.05;

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/** Cut planes: the middles of gaps wider than the tolerance, or of the widest gap. Returns how many. */
static int find_cuts(const ili_oriented *o, double tolerance, double *level, double *cut, double *gap) {
    int n_levels = 0, n = 0, widest = 0;
    for (int32_t i = 0; i < o->cell->n_atoms; i++)
        if (o->unit[i] == i) level[n_levels++] = o->level[i];
    qsort(level, (size_t)n_levels, sizeof *level, by_value);
    for (int k = 0; k < n_levels; k++) {
        double next = k + 1 < n_levels ? level[k + 1] : level[0] + o->period, width = next - level[k];
        double previous = level[widest],
               after = widest + 1 < n_levels ? level[widest + 1] : level[0] + o->period;
        if (width > after - previous + 1e-9) widest = k;
        if (width <= tolerance) continue;
        cut[n] = level[k] + 0.5 * width;
        gap[n++] = width;
    }
    if (n == 0) {
        double next = widest + 1 < n_levels ? level[widest + 1] : level[0] + o->period;
        gap[0] = next - level[widest];
        cut[0] = level[widest] + 0.5 * gap[0];
        n = 1;
    }
    for (int k = 0; k < n; k++)
        if (cut[k] >= o->period) cut[k] -= o->period;
    for (int k = n - 1; k > 0 && cut[k] < cut[k - 1]; k--) { /* only the last can have wrapped */
        double c = cut[k], g = gap[k];
        cut[k] = cut[k - 1], gap[k] = gap[k - 1];
        cut[k - 1] = c, gap[k - 1] = g;
    }
    return n;
}

/** Height of a level above the cut, in [0, period). */
static double above(const ili_oriented *o, double level, double cut) {
    double z = level - cut;
    return z < 0.0 ? z + o->period : z;
}

/** Formula of the units between heights low and high above the cut; returns their charge. */
static double plane_of(const ili_oriented *o, double cut, double low, double high, char *text) {
    double charge = 0.0;
    size_t used = 0;
    text[0] = 0;
    for (int32_t s = 0; s < o->cell->n_species; s++) {
        int count = 0;
        for (int32_t i = 0; i < o->cell->n_atoms; i++) {
            double z = above(o, o->level[i], cut);
            if (o->cell->type[i] != s || z < low || z >= high) continue;
            count++;
            charge += o->charge[i];
        }
        if (count == 0 || used >= ILI_PLANE_TEXT) continue;
        used += (size_t)snprintf(text + used, ILI_PLANE_TEXT - used, count > 1 ? "%s%d" : "%s",
                                 o->cell->species[s].name, count);
    }
    return charge;
}

static void count_cut(const ili_oriented *o, const struct ili_link *link, int times, ili_termination *t) {
    const char *a = o->cell->species[o->cell->type[link->i]].name,
               *b = o->cell->species[o->cell->type[link->j]].name;
    bool swap = o->charge[link->i] < o->charge[link->j] ||
                (o->charge[link->i] == o->charge[link->j] && strcmp(a, b) > 0);
    char pair[2 * ILI_NAME_MAX];
    snprintf(pair, sizeof pair, "%s-%s", swap ? b : a, swap ? a : b);
    t->n_cut += times;
    t->strength += times * link->strength / o->area;
    int k = 0;
    while (k < t->n_kinds && strcmp(t->kinds[k].pair, pair) != 0) k++;
    if (k == ILI_CUT_KINDS) return; /* counted in n_cut all the same */
    if (k == t->n_kinds) {
        memcpy(t->kinds[k].pair, pair, sizeof pair);
        t->n_kinds++;
    }
    t->kinds[k].count += times;
}

/** A bond crosses the cut as often as its two units lie different numbers of periods above it. */
static void cut_bonds(const ili_oriented *o, ili_termination *t) {
    for (int32_t k = 0; k < o->n_links; k++) {
        const struct ili_link *link = &o->links[k];
        int from = o->level[link->i] < t->offset ? -1 : 0,
            to = (o->level[link->j] < t->offset ? -1 : 0) + link->rise;
        if (from != to) count_cut(o, link, abs(to - from), t);
    }
    t->cut_density = t->n_cut / o->area;
}

/** Dipole and face excess of the repeat that begins at the cut. */
static void moments(const ili_oriented *o, ili_termination *t) {
    double sum = 0.0, dipole = 0.0, charge = 0.0;
    for (int32_t i = 0; i < o->cell->n_atoms; i++) {
        double z = o->cell->x[i][2] + (o->level[i] < t->offset ? o->period : 0.0);
        sum += z;
        dipole += o->charge[i] * z;
        charge += o->charge[i];
    }
    double mean = sum / o->cell->n_atoms;
    t->dipole = (dipole - charge * mean) / o->area;
    t->polarity = t->residual = t->dipole / o->period;
    for (int32_t s = 0; s < o->cell->n_species && t->n_excess < ILI_CUT_KINDS; s++) {
        struct ili_excess *e = &t->excess[t->n_excess++];
        memcpy(e->name, o->cell->species[s].name, sizeof e->name);
        for (int32_t i = 0; i < o->cell->n_atoms; i++)
            if (o->cell->type[i] == s)
                e->count +=
                    (o->cell->x[i][2] + (o->level[i] < t->offset ? o->period : 0.0) - mean) / o->period;
    }
}

il_status ili_terminations(il_context *ctx, const ili_oriented *o, double tolerance, ili_termination **list,
                           int *n_out) {
    size_t n_atoms = (size_t)o->cell->n_atoms;
    double *work = ili_alloc(3 * n_atoms, sizeof *work);
    if (!work) return ili_no_memory(ctx, "the cut planes");
    double *cut = work + n_atoms, *gap = work + 2 * n_atoms, most = 0.0;
    int n = find_cuts(o, tolerance, work, cut, gap);
    ili_termination *t = ili_alloc((size_t)n, sizeof *t);
    if (!t) {
        ili_free(work);
        return ili_no_memory(ctx, "the terminations");
    }
    for (int k = 0; k < n; k++) {
        t[k].offset = cut[k];
        t[k].gap = gap[k];
        t[k].period = o->period;
        t[k].area = o->area;
        double thickness = k + 1 < n ? cut[k + 1] - cut[k] : cut[0] + o->period - cut[k];
        double before = k > 0 ? cut[k - 1] : cut[n - 1] - o->period;
        most = fmax(most, fabs(plane_of(o, cut[k], 0.0, thickness, t[k].first)));
        plane_of(o, cut[k], o->period - (cut[k] - before), INFINITY, t[k].last);
        cut_bonds(o, &t[k]);
        moments(o, &t[k]);
    }
    for (int k = 0; k < n && o->has_charge; k++)
        t[k].tasker = fabs(t[k].polarity) > ILI_POLAR_LIMIT ? 3 : most / o->area > ILI_POLAR_LIMIT ? 2 : 1;
    ili_free(work);
    *list = t;
    *n_out = n;
    return IL_OK;
}

int ili_termination_best(const ili_termination *list, int n) {
    double least = INFINITY, weakest = INFINITY;
    for (int k = 0; k < n; k++) least = fmin(least, fabs(list[k].residual));
    double limit = least <= ILI_POLAR_LIMIT ? ILI_POLAR_LIMIT : least + POLARITY_TIE;
    for (int k = 0; k < n; k++)
        if (fabs(list[k].residual) <= limit) weakest = fmin(weakest, list[k].strength);
    int best = -1;
    for (int k = 0; k < n; k++) {
        if (fabs(list[k].residual) > limit || list[k].strength > (1.0 + STRENGTH_TIE) * weakest) continue;
        int fewer = best < 0 ? 1 : list[best].n_moved - list[k].n_moved;
        if (fewer > 0 || (fewer == 0 && list[k].strength < list[best].strength * (1.0 - 1e-9))) best = k;
    }
    return best;
}
