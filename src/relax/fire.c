/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relax/fire.h"

#include "base/alloc.h"

#include <math.h>

/* Table 1 of the paper; the time is in angstrom eV^-1/2 as the masses are 1. */
static const double DT_START = 0.05, DT_GROW = 1.1, DT_SHRINK = 0.5, DT_LARGEST = 1.0, DT_SMALLEST = 1e-3;
static const double MIX_START = 0.25, MIX_SHRINK = 0.99;
enum { DELAY = 20, UPHILL_MAX = 200 };

typedef struct pace {
    double dt, mix;
    int n_down, n_up;
} pace;

/* Time step and mixing after a step with power P > 0 (downhill) or not; uphill steps go back half a step and
 * stop. */
static void adapt(ili_landscape *ls, double power, double *v, pace *p) {
    if (power > 0.0) {
        p->n_up = 0;
        if (++p->n_down > DELAY) {
            p->dt = fmin(p->dt * DT_GROW, DT_LARGEST);
            p->mix *= MIX_SHRINK;
        }
        return;
    }
    p->n_down = 0;
    p->n_up++;
    if (ls->steps > DELAY) {
        p->dt = fmax(p->dt * DT_SHRINK, DT_SMALLEST);
        p->mix = MIX_START;
    }
    for (size_t i = 0; i < ls->size; i++) {
        ls->here.q[i] = 0.5 * (ls->here.q[i] + ls->trial.q[i]); /* trial is the point before */
        v[i] = 0.0;
    }
}

/* v += F dt, turned towards F; then q += v dt, no atom further than max_move. */
static void move(ili_landscape *ls, double *v, const pace *p, bool downhill) {
    const double *g = ls->here.g;
    for (size_t i = 0; i < ls->size; i++) v[i] -= p->dt * g[i];
    double gg = ili_landscape_dot(ls, g, g);
    if (downhill && gg > 0.0) {
        double turn = p->mix * sqrt(ili_landscape_dot(ls, v, v) / gg);
        for (size_t i = 0; i < ls->size; i++) v[i] = (1.0 - p->mix) * v[i] - turn * g[i];
    }
    double length = p->dt * ili_cellmap_length(&ls->map, v), longest = ls->options->max_move;
    if (length > longest)
        for (size_t i = 0; i < ls->size; i++) v[i] *= longest / length;
    for (size_t i = 0; i < ls->size; i++) ls->trial.q[i] = ls->here.q[i] + p->dt * v[i];
}

il_status ili_fire(ili_landscape *ls) {
    double *v = ili_alloc(ls->size, sizeof *v);
    if (!v) return ili_no_memory(ls->ctx, "the velocities of a relaxation");
    pace p = {.dt = DT_START, .mix = MIX_START};
    il_status status = IL_OK;
    while (ls->here.ratio > 1.0 && ls->steps < ls->options->max_steps) {
        IL_GO(ili_landscape_step(ls));
        double power = -ili_landscape_dot(ls, ls->here.g, v);
        bool at_rest = ls->steps == 1;
        if (!at_rest) adapt(ls, power, v, &p);
        if (p.n_up > UPHILL_MAX) {
            ls->is_stuck = true;
            break;
        }
        move(ls, v, &p, power > 0.0);
        IL_GO(ili_landscape_measure(ls, &ls->trial));
        ili_landscape_advance(ls);
    }
out:
    ili_free(v);
    return status;
}
