/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relax/relax.h"

#include "ff/stiffness.h"

#include <string.h>

/** Fewer free atoms than these are relaxed before a model of them has been made. */
enum { WORTH_A_MODEL = 8 };

/** A force field and the model of its second derivatives, made when it is asked for. */
typedef struct source {
    il_ff *ff;
    ili_stiffness *stiffness;
} source;

static il_status ff_energy(il_context *ctx, void *user, const ili_cell *cell, const double (*x)[3],
                           double *energy, double (*f)[3], double w[6]) {
    ili_ff_result r = {.f = f};
    IL_TRY(ili_ff_evaluate(ctx, ((source *)user)->ff, cell, x, &r));
    *energy = r.energy;
    memcpy(w, r.w, sizeof r.w);
    return IL_OK;
}

static il_status ff_stiffness(il_context *ctx, void *user, const ili_cell *cell, const double (*x)[3],
                              ili_couplings *out) {
    source *s = user;
    if (!s->stiffness) IL_TRY(ili_stiffness_create(ctx, s->ff, &s->stiffness));
    return ili_stiffness_compute(ctx, s->stiffness, cell, x, out);
}

static int32_t count_free(const il_system *sys, const bool *fixed) {
    int32_t n = 0;
    for (int32_t i = 0; i < sys->n_atoms; i++) n += !fixed || !fixed[i];
    return n;
}

il_status ili_relax_system(il_context *ctx, il_ff *ff, il_system *sys, const ili_relax_options *options,
                           ili_relax_result *result) {
    ili_relax_options o = *options;
    source s = {.ff = ff};
    o.named = sys;
    if (count_free(sys, o.fixed) >= WORTH_A_MODEL) o.stiffness = ff_stiffness;
    IL_TRY(ILI_SYSTEM_ARRAY(ctx, sys, f));
    il_status status = ili_relax(ctx, ff_energy, &s, sys->n_atoms, &sys->cell, sys->x, &o, result);
    ili_stiffness_destroy(&s.stiffness);
    IL_TRY(status);
    double w[6];
    sys->has_energy = true;
    return ff_energy(ctx, &s, &sys->cell, (const double(*)[3])sys->x, &sys->energy, sys->f, w);
}
