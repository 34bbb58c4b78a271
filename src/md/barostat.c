/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The hooks of the step that move the cell. */
#include "md/md_state.h"

il_status ili_barostat_check(il_context *ctx, const ili_md_options *o, const il_system *sys) {
    (void)sys;
    if (o->barostat == ILI_BAROSTAT_NONE) return IL_OK;
    return ili_fail(ctx, IL_E_UNSUPPORTED, "this version has no barostat");
}

void ili_barostat_start(ili_md *md) {
    (void)md;
}

void ili_barostat_half(ili_md *md, double dt, int half) {
    (void)md, (void)dt, (void)half;
}

void ili_barostat_drift(ili_md *md, double dt) {
#pragma omp parallel for schedule(static) num_threads(md->ctx->n_threads)
    for (int32_t i = 0; i < md->n; i++)
        for (int k = 0; k < 3; k++) md->x[i][k] += dt * md->v[i][k];
}

void ili_barostat_turn(ili_md *md) {
    (void)md;
}

double ili_barostat_energy(const ili_md *md) {
    (void)md;
    return 0.0;
}
