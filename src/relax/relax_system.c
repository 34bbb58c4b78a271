/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relax/relax.h"

#include <string.h>

static il_status ff_energy(il_context *ctx, void *user, const ili_cell *cell, const double (*x)[3],
                           double *energy, double (*f)[3], double w[6]) {
    ili_ff_result r = {.f = f};
    IL_TRY(ili_ff_evaluate(ctx, user, cell, x, &r));
    *energy = r.energy;
    memcpy(w, r.w, sizeof r.w);
    return IL_OK;
}

il_status ili_relax_system(il_context *ctx, il_ff *ff, il_system *sys, const ili_relax_options *options,
                           ili_relax_result *result) {
    ili_relax_options o = *options;
    o.named = sys;
    IL_TRY(ILI_SYSTEM_ARRAY(ctx, sys, f));
    IL_TRY(ili_relax(ctx, ff_energy, ff, sys->n_atoms, &sys->cell, sys->x, &o, result));
    double w[6];
    sys->has_energy = true;
    return ff_energy(ctx, ff, &sys->cell, (const double(*)[3])sys->x, &sys->energy, sys->f, w);
}
