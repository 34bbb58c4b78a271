/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Atoms in the order of their heights carry a row of kinds; the cheapest row of layers under it is found from below upwards
 *  (Viterbi 1967). Around a period the row is laid out three times and the middle one taken, so that no end is special. */
#include "analysis/strata.h"

#include "base/alloc.h"

#include <math.h>
#include <stdlib.h>

static const double THINNEST = 3.0, EDGE = 2.0, GAP = 6.0; /* angstrom */

typedef struct atom {
    double t;
    int32_t kind;
} atom;

static int by_height(const void *a, const void *b) {
    const atom *p = a, *q = b;
    return p->t != q->t ? (p->t > q->t) - (p->t < q->t) : (p->kind > q->kind) - (p->kind < q->kind);
}

/** Kinds of the layers that atoms k % n, k < length, lie in, with the least cost; from [length][ILI_KINDS_MAX] is scratch. */
static void settle(const atom *atoms, int32_t n, int64_t length, double change, int8_t (*from)[ILI_KINDS_MAX],
                   int8_t *layer) {
    double cost[ILI_KINDS_MAX] = {0.0};
    int8_t best = 0;
    for (int64_t k = 0; k < length; k++) {
        for (int8_t m = 0; m < ILI_KINDS_MAX; m++)
            if (cost[m] < cost[best]) best = m;
        const double least = cost[best] + change;
        const int8_t cheapest = best;
        for (int8_t m = 0; m < ILI_KINDS_MAX; m++) {
            bool changes = least < cost[m];
            from[k][m] = changes ? cheapest : m;
            cost[m] = (changes ? least : cost[m]) + (atoms[k % n].kind != m);
        }
    }
    for (int8_t m = 0; m < ILI_KINDS_MAX; m++)
        if (cost[m] < cost[best]) best = m;
    for (int64_t k = length - 1; k >= 0; k--) {
        layer[k] = best;
        best = from[k][best];
    }
}

/** Wraps into one period, sorts, and begins above the widest gap when it is wide: returns whether the stack is a ring. */
static bool arrange(atom *atoms, int32_t n, double width, bool is_periodic) {
    for (int32_t i = 0; is_periodic && i < n; i++) atoms[i].t -= floor(atoms[i].t);
    qsort(atoms, (size_t)n, sizeof *atoms, by_height);
    if (!is_periodic) return false;
    int32_t above = 0;
    double widest = atoms[0].t + 1.0 - atoms[n - 1].t;
    for (int32_t i = 1; i < n; i++)
        if (atoms[i].t - atoms[i - 1].t > widest) {
            widest = atoms[i].t - atoms[i - 1].t;
            above = i;
        }
    if (widest * width <= GAP) return true;
    for (int32_t i = 0; i < above; i++) atoms[i].t += 1.0;
    qsort(atoms, (size_t)n, sizeof *atoms, by_height);
    return false;
}

static il_status add_layer(il_context *ctx, const char *where, double bound, int32_t kind, ili_strata *s) {
    if (s->n == ILI_STRATA_MAX)
        return ili_fail(ctx, IL_E_INPUT,
                        "%s: more than %d layers were found; give the heights of their planes", where,
                        ILI_STRATA_MAX);
    s->bounds[s->n] = bound;
    s->kind[s->n++] = kind;
    return IL_OK;
}

/** Planes of a ring, which begins at its lowest one; without any it is one layer. */
static il_status cut_ring(il_context *ctx, const atom *atoms, int32_t n, const int8_t *layer,
                          const char *where, ili_strata *s) {
    for (int32_t i = 0; i < n; i++) {
        if (layer[n + i] == layer[n + i - 1]) continue;
        double below = i > 0 ? atoms[i - 1].t : atoms[n - 1].t - 1.0;
        IL_TRY(add_layer(ctx, where, fmax(0.5 * (below + atoms[i].t), 0.0), layer[n + i], s));
    }
    if (s->n == 0) IL_TRY(add_layer(ctx, where, 0.0, layer[n], s));
    s->bounds[s->n] = s->bounds[0] + 1.0;
    return IL_OK;
}

static il_status cut_stack(il_context *ctx, const atom *atoms, int32_t n, double width, const int8_t *layer,
                           const char *where, ili_strata *s) {
    for (int32_t i = 0; i < n; i++)
        if (i == 0 || layer[i] != layer[i - 1])
            IL_TRY(add_layer(ctx, where,
                             i == 0 ? atoms[0].t - EDGE / width : 0.5 * (atoms[i - 1].t + atoms[i].t),
                             layer[i], s));
    s->bounds[s->n] = atoms[n - 1].t + EDGE / width;
    return IL_OK;
}

il_status ili_strata_find(il_context *ctx, int32_t n_all, const double *t, const int32_t *kind, double width,
                          bool is_periodic, const char *where, ili_strata *s) {
    il_status status = IL_OK;
    int32_t n = 0;
    int8_t(*from)[ILI_KINDS_MAX] = NULL, *layer = NULL;
    atom *atoms = ili_alloc((size_t)n_all, sizeof *atoms);
    *s = (ili_strata){0};
    if (!atoms) return ili_no_memory(ctx, "the layers of a stack");
    for (int32_t i = 0; i < n_all; i++)
        if (kind[i] >= 0) atoms[n++] = (atom){t[i], kind[i]};
    if (n == 0) IL_GO(ili_fail(ctx, IL_E_INPUT, "%s: no atom tells of a layer", where));
    s->is_ring = arrange(atoms, n, width, is_periodic);
    const double extent = s->is_ring ? width : fmax((atoms[n - 1].t - atoms[0].t) * width, THINNEST);
    const int64_t length = s->is_ring ? 3 * (int64_t)n : n, first = s->is_ring ? n : 0;
    from = ili_alloc((size_t)length, sizeof *from);
    layer = ili_alloc((size_t)length, sizeof *layer);
    if (!from || !layer) IL_GO(ili_no_memory(ctx, "the layers of a stack"));
    settle(atoms, n, length, 0.5 * n * THINNEST / extent, from, layer);
    for (int32_t i = 0; i < n; i++) s->misplaced += layer[first + i] != atoms[i].kind;
    IL_GO(s->is_ring ? cut_ring(ctx, atoms, n, layer, where, s)
                     : cut_stack(ctx, atoms, n, width, layer, where, s));
out:
    ili_free(atoms);
    ili_free(from);
    ili_free(layer);
    return status;
}
