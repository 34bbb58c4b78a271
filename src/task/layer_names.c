/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/layer_names.h"

#include "base/alloc.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

_Static_assert((int)ILI_STRATA_MAX == (int)ILI_LAYERS_MAX, "all layers that are found can be analysed");

static const double RING_SLACK = 0.01; /* of the period: heights are written with few digits */

/** Number of the kind of this name, added when new; -1: there are too many. */
static int32_t kind_of(ili_layer_kinds *k, const char *name) {
    for (int m = 0; m < k->n; m++)
        if (strcmp(k->name[m], name) == 0) return m;
    if (k->n == ILI_KINDS_MAX) return -1;
    snprintf(k->name[k->n], sizeof k->name[0], "%s", name);
    return k->n++;
}

static void by_phase(const il_system *sys, const ili_binding *binding, ili_layer_kinds *k) {
    for (int32_t i = 0; i < sys->n_atoms; i++)
        k->of[i] = binding ? kind_of(k, binding->model->species[binding->type[i]].phase) : -1;
}

static void by_side(const il_system *sys, const ili_binding *binding, ili_layer_kinds *k) {
    (void)binding;
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        char name[ILI_NAME_MAX];
        if (sys->side) snprintf(name, sizeof name, "side %d", sys->side[i]);
        k->of[i] = sys->side ? kind_of(k, name) : -1;
    }
}

static void by_molecule(const il_system *sys, const ili_binding *binding, ili_layer_kinds *k) {
    const int32_t inside = kind_of(k, "molecules");
    for (int32_t i = 0; i < sys->n_atoms; i++) k->of[i] = sys->molecule && sys->molecule[i] > 0 ? inside : -1;
    for (int32_t b = 0; b < sys->n_bonds; b++) k->of[sys->bonds[b][0]] = k->of[sys->bonds[b][1]] = inside;
    for (int32_t b = 0; binding && b < binding->n_bonds; b++)
        k->of[binding->bonds[b].atom[0]] = k->of[binding->bonds[b].atom[1]] = inside;
    for (int32_t i = 0; i < sys->n_atoms; i++)
        if (k->of[i] < 0) k->of[i] = kind_of(k, "solid");
}

static const struct {
    const char *name, *by, *lacks;
    void (*tell)(const il_system *sys, const ili_binding *binding, ili_layer_kinds *kinds);
} WAYS[] = {
    {"phases", "phases of the model", "of two phases; of a trajectory, name the model with -p", by_phase},
    {"sides", "sides of the contact", "on two sides", by_side},
    {"molecules", "molecules", "in molecules, and others that are not", by_molecule}};
enum { N_WAYS = sizeof WAYS / sizeof *WAYS };
static const char AUTO[] = "auto";

bool ili_layer_way_is(const char *text) {
    return text[strspn(text, "0123456789+-.,eE ")] != 0;
}

il_status ili_layer_way_check(il_context *ctx, const char *text, const char *where) {
    const char *known[N_WAYS + 2] = {AUTO};
    bool is_known = strcmp(text, AUTO) == 0;
    for (int w = 0; w < N_WAYS; w++) {
        known[w + 1] = WAYS[w].name;
        is_known = is_known || strcmp(text, WAYS[w].name) == 0;
    }
    if (is_known) return IL_OK;
    const char *nearest = ili_nearest_name(text, known);
    return ili_fail(ctx, IL_E_USAGE,
                    "%s: found '%.40s', expected rising heights with commas between, or one of auto, phases, "
                    "sides, molecules%s%s%s",
                    where, text, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                    nearest ? "'?" : "");
}

void ili_layer_kinds_free(ili_layer_kinds *kinds) {
    ili_free(kinds->of);
    *kinds = (ili_layer_kinds){0};
}

il_status ili_layer_kinds_find(il_context *ctx, const il_system *sys, const ili_binding *binding,
                               const char *way, const char *where, ili_layer_kinds *out) {
    const bool is_auto = strcmp(way, AUTO) == 0;
    const char *lacks = NULL;
    *out = (ili_layer_kinds){.of = ili_alloc((size_t)sys->n_atoms, sizeof *out->of)};
    if (!out->of) return ili_no_memory(ctx, "the layers of a stack");
    for (int w = 0; w < N_WAYS; w++) {
        if (!is_auto && strcmp(way, WAYS[w].name) != 0) continue;
        out->n = 0;
        out->by = WAYS[w].by;
        WAYS[w].tell(sys, binding, out);
        if (out->n > 1) return IL_OK;
        lacks = WAYS[w].lacks;
    }
    ili_layer_kinds_free(out);
    if (is_auto)
        return ili_fail(
            ctx, IL_E_INPUT,
            "%s: --layers auto found nothing that tells layers apart (phases of the model, sides, "
            "molecules); give the heights of the planes",
            where);
    return ili_fail(ctx, IL_E_INPUT, "%s: --layers %s needs atoms %s; give the heights of the planes", where,
                    way, lacks);
}

/** "polymer", and the second one "polymer 2". */
static void name_layer(const ili_layer_kinds *kinds, const ili_strata *s, int layer,
                       char name[ILI_LABEL_MAX]) {
    int same = 1;
    for (int k = 0; k < layer; k++) same += s->kind[k] == s->kind[layer];
    if (same == 1)
        snprintf(name, ILI_LABEL_MAX, "%s", kinds->name[s->kind[layer]]);
    else
        snprintf(name, ILI_LABEL_MAX, "%s %d", kinds->name[s->kind[layer]], same);
}

il_status ili_layer_planes_find(il_context *ctx, const il_system *sys, const ili_layer_kinds *kinds,
                                const char *where, ili_layer_planes *planes) {
    double width[3], *t = ili_alloc((size_t)sys->n_atoms, sizeof *t);
    ili_strata s;
    *planes = (ili_layer_planes){0};
    if (!t) return ili_no_memory(ctx, "the layers of a stack");
    ili_cell_widths(&sys->cell, width);
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        double fraction[3];
        ili_cell_to_frac(&sys->cell, sys->x[i], fraction);
        t[i] = fraction[2];
    }
    il_status status =
        ili_strata_find(ctx, sys->n_atoms, t, kinds->of, width[2], sys->cell.pbc[2], where, &s);
    ili_free(t);
    IL_TRY(status);
    if (s.n < 2)
        return ili_fail(
            ctx, IL_E_INPUT,
            "%s: by the %s the cell is one layer of '%s' along c, expected at least two; give the "
            "heights of the planes",
            where, kinds->by, kinds->name[s.kind[0]]);
    planes->n = s.n;
    planes->kind_of = kinds->of;
    memcpy(planes->kind, s.kind, sizeof s.kind);
    memcpy(planes->bounds, s.bounds, sizeof s.bounds);
    for (int k = 0; k < s.n; k++) name_layer(kinds, &s, k, planes->name[k]);
    snprintf(planes->from, sizeof planes->from, "found from the %s", kinds->by);
    return IL_OK;
}

void ili_layer_planes_given(int n, const double *heights, const ili_cell *cell, ili_layer_planes *planes) {
    double width[3];
    ili_cell_widths(cell, width);
    *planes = (ili_layer_planes){.n = n - 1, .from = "heights as given"};
    for (int k = 0; k < n; k++) planes->bounds[k] = heights[k] / width[2];
    if (cell->pbc[2] && fabs(planes->bounds[n - 1] - planes->bounds[0] - 1.0) < RING_SLACK)
        planes->bounds[n - 1] = planes->bounds[0] + 1.0;
    for (int k = 0; k < n - 1; k++) snprintf(planes->name[k], sizeof planes->name[k], "%d", k + 1);
}
