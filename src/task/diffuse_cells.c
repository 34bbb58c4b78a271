/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/diffuse_cells.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "build/order.h"
#include "build/symmetry.h"
#include "neigh/nlist.h"

#include <string.h>

/** Closer atoms are a mistake of the file: the shortest bond, H-H, has 0.74 angstrom. */
static const double CLOSEST = 0.5;

void ili_diffuse_cells_free(ili_diffuse_cells *cells) {
    for (int k = 0; k < cells->n; k++) il_system_destroy(&cells->sys[k]);
    *cells = (ili_diffuse_cells){0};
}

static il_status keep(il_context *ctx, ili_diffuse_cells *cells, il_system *sys, const char *file) {
    if (cells->n == ILI_REALISATIONS_MAX) {
        il_system_destroy(&sys);
        return ili_fail(ctx, IL_E_INPUT, "more than %d structures were given or asked for",
                        ILI_REALISATIONS_MAX);
    }
    ili_free(sys->v); /* velocities are drawn for each temperature */
    sys->v = NULL;
    cells->file[cells->n] = file;
    cells->sys[cells->n++] = sys;
    return ili_check_overlap(ctx, &sys->cell, sys->n_atoms, (const double(*)[3])sys->x, CLOSEST, file);
}

static il_status keep_ordered(il_context *ctx, ili_diffuse_cells *cells, il_system *sys, const int repeat[3],
                              const char *file) {
    il_system *many;
    il_status status = ili_system_repeat(ctx, sys, repeat, &many);
    il_system_destroy(&sys);
    return status == IL_OK ? keep(ctx, cells, many, file) : status;
}

static il_status draw(il_context *ctx, ili_diffuse_cells *cells, const ili_crystal *crystal,
                      const int repeat[3], int realisations, const char *file) {
    ili_order_options o = ili_order_options_default();
    ili_order *order = NULL;
    il_status status;
    memcpy(o.supercell, repeat, sizeof o.supercell);
    o.seed = ctx->seed;
    IL_GO(ili_order_create(ctx, crystal, &o, &order));
    for (int k = 0; k < realisations; k++) {
        il_system *sys;
        IL_GO(ili_order_next(ctx, order, &sys));
        IL_GO(keep(ctx, cells, sys, file));
        if (order->is_repeated)
            ili_warn(ctx,
                     "%s: realisation %d repeats an earlier one: this cell has few arrangements, use a "
                     "larger --repeat",
                     file, k + 1);
    }
    cells->is_disordered = true;
out:
    ili_order_destroy(&order);
    return status;
}

static il_status read_one(il_context *ctx, const char *path, const int repeat[3], int realisations,
                          ili_diffuse_cells *cells) {
    ili_crystal crystal = {0};
    il_system *sys = NULL;
    il_status status;
    if (!ili_path_ends(path, "cif")) {
        IL_TRY(il_system_read(ctx, path, &sys));
        return keep_ordered(ctx, cells, sys, repeat, path);
    }
    IL_GO(ili_crystal_read(ctx, path, &crystal));
    if (cells->n == 0) cells->formula_units = crystal.formula_units * repeat[0] * repeat[1] * repeat[2];
    if (!crystal.is_ordered)
        IL_GO(draw(ctx, cells, &crystal, repeat, realisations, path));
    else {
        IL_GO(ili_crystal_to_system(ctx, &crystal, &sys));
        IL_GO(keep_ordered(ctx, cells, sys, repeat, path));
    }
out:
    ili_crystal_free(&crystal);
    return status;
}

il_status ili_diffuse_cells_read(il_context *ctx, il_report *report, int n_inputs, const char *const *inputs,
                                 const int repeat[3], int realisations, const char *remedy,
                                 ili_diffuse_cells *cells) {
    for (int k = 0; k < n_inputs; k++) {
        IL_TRY(read_one(ctx, inputs[k], repeat, realisations, cells));
        IL_TRY(ili_report_input(ctx, report, inputs[k]));
    }
    if (realisations > 1 && !cells->is_disordered)
        return ili_fail(ctx, IL_E_INPUT, "%s: is ordered, so its %d realisations would all be the same; %s",
                        inputs[0], realisations, remedy);
    return IL_OK;
}
