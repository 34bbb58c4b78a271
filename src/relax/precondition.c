/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relax/precondition.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

static const double FAR = 0.1;           /* angstrom, component of a displacement that makes the model anew */
static const double NEAR = 0.005;        /* the same after a refused step */
static const double SHIFT_FIRST = 0.02;  /* of the diagonal */
static const double SHIFT_FADES = 0.5;   /* with every new model */
static const double SHIFT_LARGEST = 2.0; /* stiffer than that for any bonded model, theory.md */
static const double RESIDUAL = 0.2;      /* of a solution, relative */
enum { PRODUCTS = 50 };                  /* at most, of a solution */
static const double CELL = 0.2;          /* angstrom^2/eV, inverse stiffness of a strain in q, cellmap.h */

il_status ili_precondition_create(il_context *ctx, const ili_landscape *ls, ili_precondition *out) {
    const size_t n = (size_t)ls->map.n;
    *out = (ili_precondition){.ls = ls, .is_on = ls->options->stiffness && ls->map.atoms_move};
    if (!out->is_on) return IL_OK;
    IL_TRY(ili_couplings_create(ctx, ls->map.n, &out->model));
    if ((out->made_at = ili_alloc(n, sizeof *out->made_at)) && (out->z = ili_alloc(3 * n, sizeof *out->z)))
        return IL_OK;
    ili_precondition_free(out);
    return ili_no_memory(ctx, "the model of a relaxation");
}

void ili_precondition_free(ili_precondition *p) {
    ili_couplings_free(&p->model);
    ili_free(p->made_at);
    ili_free(p->z);
    *p = (ili_precondition){0};
}

/** Largest component of a displacement since the model was made, angstrom. */
static double distance(const ili_precondition *p) {
    double largest = 0.0;
    for (int32_t i = 0; i < p->ls->map.n; i++)
        for (int k = 0; k < 3; k++)
            largest = fmax(largest, fabs(p->ls->here.q[3 * (size_t)i + (size_t)k] - p->made_at[i][k]));
    return largest;
}

il_status ili_precondition_update(ili_precondition *p) {
    const ili_landscape *ls = p->ls;
    ili_cell cell;
    if (!p->is_on || (p->is_made && !(distance(p) > (p->is_stale ? NEAR : FAR)))) return IL_OK;
    IL_TRY(ili_cellmap_place(ls->ctx, &ls->map, ls->here.q, &cell, ls->x));
    IL_TRY(ls->options->stiffness(ls->ctx, ls->user, &cell, (const double(*)[3])ls->x, &p->model));
    memcpy(p->made_at, ls->here.q, (size_t)ls->map.n * sizeof *p->made_at);
    p->is_made = true;
    p->is_stale = false;
    p->shift = p->shift > 1e-3 * SHIFT_FIRST ? p->shift * SHIFT_FADES : 0.0;
    return IL_OK;
}

bool ili_precondition_stiffen(ili_precondition *p) {
    if (!p->is_on || p->shift >= SHIFT_LARGEST) return false;
    p->shift = fmax(2.0 * p->shift, SHIFT_FIRST);
    return true;
}

void ili_precondition_apply(ili_precondition *p, double *v) {
    const ili_landscape *ls = p->ls;
    const size_t n3 = 3 * (size_t)ls->map.n;
    while (!ili_couplings_solve(ls->ctx, &p->model, ls->map.fixed, p->shift, RESIDUAL, PRODUCTS, v, p->z))
        if (!ili_precondition_stiffen(p)) break;
    memcpy(v, p->z, n3 * sizeof *v);
    for (size_t i = n3; i < ls->size; i++) v[i] *= CELL;
}
