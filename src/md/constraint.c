/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Bonds of fixed length. */
#include "md/md_state.h"

il_status ili_constraints_create(il_context *ctx, const ili_binding *binding, const il_system *sys,
                                 double tolerance, ili_constraints **out) {
    (void)binding, (void)sys, (void)tolerance;
    *out = NULL;
    return ili_fail(ctx, IL_E_UNSUPPORTED, "this version has no constraints");
}

void ili_constraints_destroy(ili_constraints **constraints) {
    *constraints = NULL;
}

int32_t ili_constraints_count(const ili_constraints *constraints) {
    (void)constraints;
    return 0;
}

il_status ili_constraints_positions(il_context *ctx, ili_md *md, const double (*x0)[3], double dt,
                                    double w[6]) {
    (void)ctx, (void)md, (void)x0, (void)dt, (void)w;
    return IL_OK;
}

il_status ili_constraints_velocities(il_context *ctx, ili_md *md, double dt, double w[6]) {
    (void)ctx, (void)md, (void)dt, (void)w;
    return IL_OK;
}
