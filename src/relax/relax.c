/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relax/relax.h"

#include "base/timing.h"
#include "math/units.h"
#include "relax/fire.h"
#include "relax/landscape.h"
#include "relax/lbfgs.h"

#include <stdio.h>
#include <string.h>

ili_relax_options ili_relax_defaults(void) {
    return (ili_relax_options){.method = ILI_RELAX_LBFGS,
                               .mode = ILI_RELAX_ATOMS,
                               .force_tolerance = 1e-3,
                               .stress_tolerance = 1e-5,
                               .max_steps = 2000,
                               .max_move = 0.2};
}

static il_status check_options(il_context *ctx, int32_t n, const ili_cell *cell, const ili_relax_options *o) {
    if (n < 1) return ili_fail(ctx, IL_E_INPUT, "there are no atoms to relax");
    if (!(o->force_tolerance > 0.0) || !(o->stress_tolerance > 0.0) || !(o->max_move > 0.0) ||
        o->max_steps < 0)
        return ili_fail(ctx, IL_E_USAGE,
                        "a relaxation needs positive tolerances (force %g, stress %g) and steps (%g, %d)",
                        o->force_tolerance, o->stress_tolerance, o->max_move, o->max_steps);
    if (o->pressure != 0.0 && o->mode == ILI_RELAX_ATOMS)
        return ili_fail(ctx, IL_E_USAGE, "a pressure acts on the cell, but the mode relaxes the atoms only");
    if (o->pressure != 0.0 && !(cell->pbc[0] && cell->pbc[1] && cell->pbc[2]))
        return ili_fail(ctx, IL_E_UNSUPPORTED,
                        "a pressure needs a cell that repeats along all three vectors");
    return ili_cell_check(ctx, cell, "the cell to relax");
}

/* "largest force 8.1e-04 eV/A on atom 17 (O), largest stress 2e-06 eV/A^3", with what was wanted when it is
 * missed */
static void describe(const ili_landscape *ls, const ili_point *point, char *text, size_t size) {
    const ili_relax_options *o = ls->options;
    int n = 0;
    if (ls->map.atoms_move && point->force_atom >= 0) {
        n += snprintf(text, size, "largest force %.1e eV/A on atom %d", point->force_max,
                      point->force_atom + 1);
        if (o->named)
            n += snprintf(text + n, size - (size_t)n, " (%s)",
                          o->named->species[o->named->type[point->force_atom]].name);
        if (point->force_max > o->force_tolerance)
            n += snprintf(text + n, size - (size_t)n, ", wanted %.1e", o->force_tolerance);
    }
    if (ls->map.n_strain) {
        n += snprintf(text + n, size - (size_t)n, "%slargest stress %.1e eV/A^3", n ? "; " : "",
                      point->stress_max);
        if (point->stress_max > o->stress_tolerance)
            n += snprintf(text + n, size - (size_t)n, ", wanted %.1e", o->stress_tolerance);
    }
    if (!n) snprintf(text, size, "no atom is free to move");
}

static void judge(const ili_landscape *ls, il_status status, ili_relax_result *result) {
    const ili_point *end = ls->here.ratio <= 1.0 ? &ls->here : &ls->best;
    result->converged = end->ratio <= 1.0;
    result->steps = ls->steps;
    result->evaluations = ls->evaluations;
    result->energy = end->energy;
    result->force_max = end->force_max;
    result->force_atom = end->force_atom;
    memcpy(result->stress, end->stress, sizeof result->stress);
    char state[144], how[96];
    describe(ls, end, state, sizeof state);
    if (result->converged)
        snprintf(how, sizeof how, "converged in %d steps", ls->steps);
    else if (status == IL_E_INTERRUPTED)
        snprintf(how, sizeof how, "interrupted after %d steps", ls->steps);
    else if (status != IL_OK)
        snprintf(how, sizeof how, "failed after %d steps", ls->steps);
    else if (ls->is_stuck)
        snprintf(how, sizeof how,
                 "stopped after %d steps, no step lowers the energy by more than its noise of %.0e eV",
                 ls->steps, ls->noise);
    else
        snprintf(how, sizeof how, "not converged in %d steps", ls->steps);
    snprintf(result->verdict, sizeof result->verdict, "%s: %s", how, state); /* 95 + 2 + 143 fit */
}

il_status ili_relax(il_context *ctx, ili_energy_fn energy, void *user, int32_t n, ili_cell *cell,
                    double (*x)[3], const ili_relax_options *options, ili_relax_result *result) {
    static il_status (*const methods[])(ili_landscape *) = {
        [ILI_RELAX_LBFGS] = ili_lbfgs,
        [ILI_RELAX_FIRE] = ili_fire,
    };
    memset(result, 0, sizeof *result);
    IL_TRY(check_options(ctx, n, cell, options));
    ili_landscape ls;
    IL_TRY(ili_landscape_create(ctx, energy, user, n, cell, (const double(*)[3])x, options, &ls));
    result->energy_start = ls.here.energy;
    ili_rest rest = ili_rest_begin(ctx);
    il_status status = methods[options->method](&ls);
    ili_rest_charge(ctx, ILI_TIME_MINIMISE, &rest);
    judge(&ls, status, result);
    const double *q = ls.here.ratio <= 1.0 ? ls.here.q : ls.best.q;
    if (ls.steps > 0) {
        /* the best point was placed before, so this cannot fail; keep the first message if it does */
        il_status placed = ili_cellmap_place(ctx, &ls.map, q, cell, x);
        if (status == IL_OK) status = placed;
    }
    ili_landscape_free(&ls);
    return status;
}
