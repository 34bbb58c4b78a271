/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/strays.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

/** An atom of a layer. */
typedef struct own {
    int32_t layer; /**< -1: of none */
    int32_t turn;  /**< periods between it and its layer in the first frame */
    double first;  /**< fraction in the first frame */
} own;

typedef struct layer_sum {
    double low, high; /**< fractions, margins included */
    int64_t atoms, outside;
    double shift; /**< fraction, the largest so far */
} layer_sum;

struct ili_strays {
    ili_strays_plan plan; /**< without its arrays */
    double width;         /**< angstrom of a fraction of 1 */
    int64_t frames;
    own *atom;        /**< [n_atoms] */
    layer_sum *layer; /**< [n_layers] */
    double *moved;    /**< [n_layers] scratch of a frame */
    bool *is_kin;     /**< [n_layers][n_atoms] is the atom of the layer's kind? */
};

il_status ili_strays_create(il_context *ctx, const ili_strays_plan *plan, ili_strays **out) {
    double width[3];
    ili_strays *r = *out = ili_alloc(1, sizeof *r);
    if (!r) return ili_no_memory(ctx, "the layers");
    r->plan = *plan;
    r->plan.counts = NULL;
    r->plan.bounds = NULL;
    r->plan.kind_of_atom = r->plan.kind_of_layer = NULL;
    ili_cell_widths(&plan->cell, width);
    r->width = width[plan->axis];
    r->atom = ili_alloc((size_t)plan->n_atoms, sizeof *r->atom);
    r->layer = ili_alloc((size_t)plan->n_layers, sizeof *r->layer);
    r->moved = ili_alloc((size_t)plan->n_layers, sizeof *r->moved);
    r->is_kin = ili_alloc((size_t)plan->n_layers * (size_t)plan->n_atoms, sizeof *r->is_kin);
    if (!r->atom || !r->layer || !r->moved || !r->is_kin) {
        ili_strays_destroy(out);
        return ili_no_memory(ctx, "the layers");
    }
    for (int32_t i = 0; i < plan->n_atoms; i++) r->atom[i].layer = plan->counts[i] ? 0 : -1;
    for (int32_t k = 0; k < plan->n_layers; k++) {
        for (int32_t i = 0; i < plan->n_atoms; i++)
            r->is_kin[(size_t)k * (size_t)plan->n_atoms + (size_t)i] =
                !plan->kind_of_atom || plan->kind_of_atom[i] == plan->kind_of_layer[k];
        r->layer[k].low = plan->bounds[k] - plan->margin / r->width;
        r->layer[k].high = plan->bounds[k + 1] + plan->margin / r->width;
    }
    return IL_OK;
}

void ili_strays_destroy(ili_strays **strays) {
    ili_strays *r = *strays;
    if (!r) return;
    ili_free(r->atom);
    ili_free(r->layer);
    ili_free(r->moved);
    ili_free(r->is_kin);
    ili_free(r);
    *strays = NULL;
}

/** The layer of its kind that an atom begins in, among the images of the stack. */
static void settle(ili_strays *r, int32_t i, double t) {
    own *a = &r->atom[i];
    const double margin = r->plan.margin / r->width, lowest = r->layer[0].low + margin;
    a->first = t;
    a->turn = r->plan.cell.pbc[r->plan.axis] ? (int32_t)floor(t - lowest) : 0;
    a->layer = -1;
    for (int32_t k = 0; k < r->plan.n_layers; k++)
        if (t - a->turn >= r->layer[k].low + margin && t - a->turn < r->layer[k].high - margin &&
            r->is_kin[(size_t)k * (size_t)r->plan.n_atoms + (size_t)i])
            a->layer = k;
    if (a->layer >= 0) r->layer[a->layer].atoms++;
}

void ili_strays_add(ili_strays *r, const double (*s)[3]) {
    memset(r->moved, 0, (size_t)r->plan.n_layers * sizeof *r->moved);
    for (int32_t i = 0; i < r->plan.n_atoms; i++) {
        own *a = &r->atom[i];
        const double t = s[i][r->plan.axis];
        if (r->frames == 0 && a->layer >= 0) settle(r, i, t);
        if (a->layer < 0) continue;
        layer_sum *l = &r->layer[a->layer];
        l->outside += !(t - a->turn >= l->low && t - a->turn < l->high);
        r->moved[a->layer] += t - a->first;
    }
    for (int32_t k = 0; k < r->plan.n_layers; k++) {
        const double shift = r->moved[k] / fmax(1.0, (double)r->layer[k].atoms);
        if (fabs(shift) > fabs(r->layer[k].shift)) r->layer[k].shift = shift;
    }
    r->frames++;
}

ili_strays_result ili_strays_of(const ili_strays *r, int32_t layer) {
    const layer_sum *l = &r->layer[layer];
    if (l->atoms == 0) return (ili_strays_result){.share = NAN, .shift = NAN};
    return (ili_strays_result){.atoms = (int32_t)l->atoms,
                               .share = (double)l->outside / ((double)l->atoms * (double)r->frames),
                               .shift = l->shift * r->width};
}

size_t ili_strays_memory(const ili_strays *r) {
    return sizeof *r + (size_t)r->plan.n_atoms * sizeof *r->atom +
           (size_t)r->plan.n_layers * (sizeof *r->layer + sizeof *r->moved) +
           (size_t)r->plan.n_layers * (size_t)r->plan.n_atoms * sizeof *r->is_kin;
}

void ili_strays_carry(ili_strays *r, ili_bytes *bytes) {
    ili_bytes_expect(bytes, r->plan.n_atoms);
    ili_bytes_carry(bytes, &r->frames, sizeof r->frames);
    ili_bytes_carry(bytes, r->atom, (size_t)r->plan.n_atoms * sizeof *r->atom);
    ili_bytes_carry(bytes, r->layer, (size_t)r->plan.n_layers * sizeof *r->layer);
}
