/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relax/landscape.h"

#include "base/alloc.h"
#include "math/vec.h"

#include <string.h>

/** Rounding of a sum of many terms, relative. */
static const double ROUNDING = 1e-13;

void ili_landscape_free(ili_landscape *ls) {
    ili_point *points[] = {&ls->here, &ls->trial, &ls->best};
    for (int k = 0; k < 3; k++) {
        ili_free(points[k]->q);
        ili_free(points[k]->g);
    }
    ili_free(ls->x);
    ili_free(ls->f);
    memset(ls, 0, sizeof *ls);
}

void ili_landscape_restart(ili_landscape *ls) {
    double *q = ls->best.q;
    memcpy(q, ls->here.q, ls->size * sizeof *q);
    ls->best = ls->here;
    ls->best.q = q;
    ls->best.g = NULL;
}

il_status ili_landscape_create(il_context *ctx, ili_energy_fn energy, void *user, int32_t n,
                               const ili_cell *cell, const double (*x)[3], const ili_relax_options *options,
                               ili_landscape *out) {
    *out = (ili_landscape){.ctx = ctx, .energy = energy, .user = user, .options = options};
    il_status status;
    IL_GO(ili_cellmap_make(ctx, options->mode, n, cell, options->fixed, &out->map));
    out->size = ili_cellmap_size(&out->map);
    ili_point *points[] = {&out->here, &out->trial, &out->best};
    bool fits =
        (out->x = ili_alloc((size_t)n, sizeof *out->x)) && (out->f = ili_alloc((size_t)n, sizeof *out->f));
    for (int k = 0; k < 3; k++) {
        fits = fits && (points[k]->q = ili_alloc(out->size, sizeof(double)));
        if (k < 2) fits = fits && (points[k]->g = ili_alloc(out->size, sizeof(double)));
    }
    if (!fits) IL_GO(ili_no_memory(ctx, "a relaxation"));
    ili_cellmap_start(&out->map, x, out->here.q);
    memcpy(out->best.q, out->here.q, out->size * sizeof(double));
    IL_GO(ili_landscape_measure(out, &out->here));
    ili_landscape_restart(out);
    out->first_ratio = out->here.ratio;
    out->noise = ROUNDING * fabs(out->here.enthalpy);
    return IL_OK;
out:
    ili_landscape_free(out);
    return status;
}

static il_status check_finite(const ili_landscape *ls, double energy, const double w[6]) {
    if (!isfinite(energy))
        return ili_fail(ls->ctx, IL_E_NONFINITE, "the energy is %g after %d steps of the relaxation", energy,
                        ls->steps);
    for (int32_t i = 0; i < ls->map.n; i++)
        for (int k = 0; k < 3; k++)
            if (!isfinite(ls->f[i][k]))
                return ili_fail(ls->ctx, IL_E_NONFINITE,
                                "the force on atom %d is %g after %d steps of the relaxation", i + 1,
                                ls->f[i][k], ls->steps);
    for (int k = 0; k < 6; k++)
        if (!isfinite(w[k]))
            return ili_fail(ls->ctx, IL_E_NONFINITE, "the virial is %g after %d steps of the relaxation",
                            w[k], ls->steps);
    return IL_OK;
}

static void find_largest_force(const ili_landscape *ls, ili_point *point) {
    point->force_max = 0.0;
    point->force_atom = -1;
    for (int32_t i = 0; i < ls->map.n; i++) {
        if (ls->map.fixed && ls->map.fixed[i]) continue;
        for (int k = 0; k < 3; k++)
            if (point->force_atom < 0 || fabs(ls->f[i][k]) > point->force_max) {
                point->force_max = fabs(ls->f[i][k]);
                point->force_atom = i;
            }
    }
}

il_status ili_landscape_measure(ili_landscape *ls, ili_point *point) {
    const ili_relax_options *o = ls->options;
    double w[6] = {0}, excess[6];
    IL_TRY(ili_cellmap_place(ls->ctx, &ls->map, point->q, &ls->cell, ls->x));
    IL_TRY(ls->energy(ls->ctx, ls->user, &ls->cell, (const double(*)[3])ls->x, &point->energy, ls->f, w));
    ls->evaluations++;
    IL_TRY(check_finite(ls, point->energy, w));
    double volume = ili_cell_volume(&ls->cell), pv = ls->map.n_strain ? o->pressure * volume : 0.0;
    point->enthalpy = point->energy + pv;
    find_largest_force(ls, point);
    for (int k = 0; k < 6; k++) {
        point->stress[k] = -w[k] / volume;
        if (k < 3) w[k] -= pv;
        excess[k] = -w[k] / volume;
    }
    point->stress_max = ili_cellmap_active(&ls->map, excess);
    point->ratio = ls->map.atoms_move ? point->force_max / o->force_tolerance : 0.0;
    if (ls->map.n_strain) point->ratio = fmax(point->ratio, point->stress_max / o->stress_tolerance);
    ili_cellmap_gradient(&ls->map, point->q, (const double(*)[3])ls->f, w, point->g);
    return IL_OK;
}

void ili_landscape_advance(ili_landscape *ls) {
    ili_point old = ls->here;
    ls->here = ls->trial;
    ls->trial = old;
    double rise = ls->here.enthalpy - ls->best.enthalpy;
    if (rise < -ls->noise || (rise <= ls->noise && ls->here.ratio < ls->best.ratio))
        ili_landscape_restart(ls);
}

il_status ili_landscape_step(ili_landscape *ls) {
    double fraction = 1.0;
    if (ls->here.ratio > 1.0 && ls->first_ratio > 1.0)
        fraction = 1.0 - log(ls->here.ratio) / log(ls->first_ratio);
    ls->shown = fmin(1.0, fmax(ls->shown, fraction));
    const char *label = ls->options->label ? ls->options->label : "relaxing";
    if (ili_progress(ls->ctx, label, ls->shown))
        return ili_fail(ls->ctx, IL_E_INTERRUPTED, "%s was interrupted after %d steps", label, ls->steps);
    ls->steps++;
    return IL_OK;
}

double ili_landscape_dot(const ili_landscape *ls, const double *a, const double *b) {
    double sum = 0.0;
    for (size_t i = 0; i < ls->size; i++) sum += a[i] * b[i];
    return sum;
}
