/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relax/relax.h"

#include "ff/stiffness.h"

#include <string.h>

static il_status ff_energy(il_context *ctx, void *user, const ili_cell *cell, const double (*x)[3],
                           double *energy, double (*f)[3], double w[6]) {
    ili_ff_result r = {.f = f};
    IL_TRY(ili_ff_evaluate(ctx, user, cell, x, &r));
    *energy = r.energy;
    memcpy(w, r.w, sizeof r.w);
    return IL_OK;
}

static il_status ff_stiffness(il_context *ctx, void *user, const ili_cell *cell, const double (*x)[3],
                              ili_blocks *out) {
    return ili_stiffness_compute(ctx, user, cell, x, out);
}

il_status ili_relax_system(il_context *ctx, il_ff *ff, il_system *sys, const ili_relax_options *options,
                           ili_relax_result *result) {
    ili_relax_options o = *options;
    o.named = sys;
    IL_TRY(ILI_SYSTEM_ARRAY(ctx, sys, f));
    ili_stiffness *stiffness = NULL;
    if (o.method == ILI_RELAX_LBFGS && o.mode != ILI_RELAX_CELL) {
        IL_TRY(ili_stiffness_create(ctx, ff, &stiffness));
        o.stiffness = ff_stiffness;
        o.stiffness_user = stiffness;
    }
    il_status status = ili_relax(ctx, ff_energy, ff, sys->n_atoms, &sys->cell, sys->x, &o, result);
    ili_stiffness_destroy(&stiffness);
    IL_TRY(status);
    double w[6];
    sys->has_energy = true;
    return ff_energy(ctx, ff, &sys->cell, (const double(*)[3])sys->x, &sys->energy, sys->f, w);
}
