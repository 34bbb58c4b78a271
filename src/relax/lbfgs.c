/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Every step is downhill, or within the noise of the energy and downhill by its slope. When no step along
 *  the quasi-Newton direction is, the point is measured anew (a mesh or a list may have changed under it),
 *  the disagreement between energy and slopes is taken as the noise, and the memory is dropped, so that the
 *  next direction is steepest descent. When that fails as well, or PATIENCE steps in the noise bring nothing,
 *  the verdict is is_stuck. */
#include "relax/lbfgs.h"

#include "base/alloc.h"
#include "relax/precondition.h"

#include <math.h>
#include <string.h>

enum { MEMORY = 15, TRIALS = 14, PATIENCE = 100 };
static const double ARMIJO = 1e-4;
static const double STIFFNESS = 40.0;       /* eV/angstrom^2 of a bond: scale of the first step */
static const double TOO_LONG = 5.0;         /* of the longest step: more than that stiffens the model */
static const double CURVATURE_LEAST = 1e-9; /* of |s||y|, below which a pair is not kept */

typedef struct lbfgs {
    ili_landscape *ls;
    double *s[MEMORY], *y[MEMORY], rho[MEMORY]; /* [size] steps and changes of the gradient */
    int n_pairs, next;
    double *p;                        /* [size] direction */
    double first;                     /* angstrom^2/eV, scale of steepest descent */
    double lowest;                    /* eV, lowest enthalpy so far */
    double mark_enthalpy, mark_ratio; /* of the last gain */
    int n_idle;                       /* steps since then */
    double *block;
    ili_precondition model;
    bool is_plain; /* the next direction does without the model: a search along its last one failed */
} lbfgs;

/* p = -H g by the two-loop recursion, from the model or, without one, from a multiple of unity. */
static void recur(lbfgs *m) {
    const ili_landscape *ls = m->ls;
    double a[MEMORY], *p = m->p;
    for (size_t i = 0; i < ls->size; i++) p[i] = -ls->here.g[i];
    double scale = m->first;
    for (int k = 1; k <= m->n_pairs; k++) {
        int j = (m->next - k + MEMORY) % MEMORY;
        a[j] = m->rho[j] * ili_landscape_dot(ls, m->s[j], p);
        for (size_t i = 0; i < ls->size; i++) p[i] -= a[j] * m->y[j][i];
        if (k == 1) scale = 1.0 / (m->rho[j] * ili_landscape_dot(ls, m->y[j], m->y[j]));
    }
    if (m->model.is_on && !m->is_plain)
        ili_precondition_apply(&m->model, p);
    else
        for (size_t i = 0; i < ls->size; i++) p[i] *= scale;
    for (int k = m->n_pairs; k >= 1; k--) {
        int j = (m->next - k + MEMORY) % MEMORY;
        double b = m->rho[j] * ili_landscape_dot(ls, m->y[j], p);
        for (size_t i = 0; i < ls->size; i++) p[i] += (a[j] - b) * m->s[j][i];
    }
}

/* Direction p, no longer than an atom may move; its slope, which is negative. A model that is too soft for such steps is stiffened: a
 * long step cut short would leave what is stiff unrelaxed. Memory that makes p point up is dropped. */
static double find_direction(lbfgs *m) {
    const ili_landscape *ls = m->ls;
    const double longest = ls->options->max_move;
    double *p = m->p, slope, length;
    for (;;) {
        recur(m);
        slope = ili_landscape_dot(ls, p, ls->here.g);
        length = ili_cellmap_length(&ls->map, p);
        if (m->n_pairs && !(slope < 0.0))
            m->n_pairs = 0;
        else if (!(length > TOO_LONG * longest) || m->is_plain || !ili_precondition_stiffen(&m->model))
            break;
    }
    if (!(length > longest)) return slope;
    for (size_t i = 0; i < ls->size; i++) p[i] *= longest / length;
    return slope * longest / length;
}

typedef struct search {
    bool found;
    double bump; /* eV, last disagreement of energy and slopes */
} search;

/* Steps a p, a = 1 or shorter; the accepted one is left in ls->trial. */
static il_status search_line(lbfgs *m, double slope, search *out) {
    ili_landscape *ls = m->ls;
    double a = 1.0, last_bump = INFINITY;
    *out = (search){0};
    for (int k = 0; k < TRIALS; k++) {
        for (size_t i = 0; i < ls->size; i++) ls->trial.q[i] = ls->here.q[i] + a * m->p[i];
        IL_TRY(ili_landscape_measure(ls, &ls->trial));
        double gain = ls->trial.enthalpy - ls->here.enthalpy, end = ili_landscape_dot(ls, m->p, ls->trial.g);
        out->bump = fabs(gain - 0.5 * a * (slope + end));
        if (out->bump > 0.5 * last_bump) ls->noise = fmax(ls->noise, 2.0 * out->bump);
        last_bump = out->bump;
        bool is_lower = gain <= ARMIJO * a * slope;
        bool in_noise = ls->trial.enthalpy <= m->lowest + ls->noise && end <= (2.0 * ARMIJO - 1.0) * slope;
        out->found = is_lower || in_noise;
        if (out->found) return IL_OK;
        m->model.is_stale = true;
        /* minimum of the parabola through the energies, or through the slopes where energies are noise */
        double b =
            fabs(gain) > ls->noise ? -0.5 * slope * a * a / (gain - slope * a) : a * slope / (slope - end);
        a *= fmin(0.5, fmax(0.1, b / a));
    }
    return IL_OK;
}

/* The pair of a step; without positive curvature old pairs mislead and steepest descent may go further. */
static void remember(lbfgs *m) {
    const ili_landscape *ls = m->ls;
    double *s = m->s[m->next], *y = m->y[m->next];
    for (size_t i = 0; i < ls->size; i++) {
        s[i] = ls->trial.q[i] - ls->here.q[i];
        y[i] = ls->trial.g[i] - ls->here.g[i];
    }
    double sy = ili_landscape_dot(ls, s, y), ss = ili_landscape_dot(ls, s, s),
           yy = ili_landscape_dot(ls, y, y);
    if (!(sy > CURVATURE_LEAST * sqrt(ss * yy))) {
        m->n_pairs = 0;
        m->first *= 2.0;
        return;
    }
    m->first = 1.0 / STIFFNESS;
    m->rho[m->next] = 1.0 / sy;
    m->next = (m->next + 1) % MEMORY;
    if (m->n_pairs < MEMORY) m->n_pairs++;
}

/* Did this step bring less energy or smaller forces than any before? Many that do not end the descent. */
static void count_idle(lbfgs *m) {
    const ili_point *best = &m->ls->best;
    m->n_idle++;
    if (best->enthalpy >= m->mark_enthalpy - m->ls->noise && best->ratio > 0.95 * m->mark_ratio) return;
    m->mark_enthalpy = best->enthalpy;
    m->mark_ratio = best->ratio;
    m->n_idle = 0;
}

/* No point along p was lower: learn the noise, forget the pairs, and see whether the ground itself has
 * moved. */
static il_status start_afresh(lbfgs *m, double bump) {
    ili_landscape *ls = m->ls;
    double before = ls->here.enthalpy;
    ls->noise = fmax(ls->noise, 4.0 * bump);
    m->n_pairs = 0;
    m->first = 1.0 / STIFFNESS;
    m->is_plain = true;
    IL_TRY(ili_landscape_measure(ls, &ls->here));
    if (ls->here.enthalpy == before) return IL_OK;
    ili_landscape_restart(ls);
    m->lowest = m->mark_enthalpy = ls->here.enthalpy;
    return IL_OK;
}

static il_status take_step(lbfgs *m, int *n_failed) {
    ili_landscape *ls = m->ls;
    search found;
    IL_TRY(ili_precondition_update(&m->model));
    IL_TRY(search_line(m, find_direction(m), &found));
    count_idle(m);
    ls->is_stuck = m->n_idle > PATIENCE;
    if (!found.found) {
        ls->is_stuck = ++*n_failed > 1;
        return start_afresh(m, found.bump);
    }
    *n_failed = 0;
    m->is_plain = false;
    remember(m);
    ili_landscape_advance(ls);
    m->lowest = fmin(m->lowest, ls->here.enthalpy);
    return IL_OK;
}

il_status ili_lbfgs(ili_landscape *ls) {
    lbfgs m = {.ls = ls, .first = 1.0 / STIFFNESS, .lowest = ls->here.enthalpy};
    m.mark_enthalpy = m.lowest;
    m.mark_ratio = ls->here.ratio;
    m.block = ili_alloc((2 * MEMORY + 1) * ls->size, sizeof *m.block);
    if (!m.block) return ili_no_memory(ls->ctx, "the memory of L-BFGS");
    for (int k = 0; k < MEMORY; k++) {
        m.s[k] = m.block + (size_t)(2 * k) * ls->size;
        m.y[k] = m.block + (size_t)(2 * k + 1) * ls->size;
    }
    m.p = m.block + (size_t)(2 * MEMORY) * ls->size;
    il_status status;
    int n_failed = 0;
    IL_GO(ili_precondition_create(ls->ctx, ls, &m.model));
    while (ls->here.ratio > 1.0 && ls->steps < ls->options->max_steps && !ls->is_stuck) {
        IL_GO(ili_landscape_step(ls));
        IL_GO(take_step(&m, &n_failed));
    }
out:
    ili_precondition_free(&m.model);
    ili_free(m.block);
    return status;
}
