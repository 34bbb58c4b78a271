/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ff/ff.h"

#include <math.h>

void ili_ff_tell_choice(il_context *ctx, const il_ff *ff) {
    const ili_binding *b = ili_ff_binding(ff);
    const il_ff_options o = ili_ff_settings(ff);
    ili_choice *c = &ctx->timing.choice;
    if (b->n < c->n_atoms) return;
    *c = (ili_choice){.n_atoms = b->n,
                      .simd = ili_simd_name(ctx->simd),
                      .precision = ili_ff_is_mixed(ff) ? "mixed" : "double",
                      .list = "clusters",
                      .short_cutoff = isnan(o.short_cutoff) ? 0.0 : o.short_cutoff,
                      .skin = o.skin,
                      .inner_skin = ili_ff_inner_skin(ff),
                      .list_drift = ili_ff_list_drift(ff)};
    if (!ili_ff_kspace(ff)) return;
    const ili_kspace_info info = ili_kspace_get_info(ili_ff_kspace(ff));
    c->coulomb = info.method == ILI_KSPACE_MESH ? "mesh" : "ewald";
    c->coulomb_cutoff = o.coulomb_cutoff;
    if (info.method != ILI_KSPACE_MESH) return;
    c->mesh_precision = info.is_single ? "single" : "double";
    c->order = info.order;
    for (int k = 0; k < 3; k++) c->mesh[k] = info.mesh[k];
}
