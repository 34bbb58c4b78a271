/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "system/crystal.h"

#include "base/alloc.h"
#include "system/element.h"

#include <string.h>

void ili_crystal_free(ili_crystal *crystal) {
    if (!crystal) return;
    ili_free(crystal->sites);
    ili_free(crystal->site_of);
    ili_free(crystal->frac);
    ili_free(crystal->rotation);
    ili_free(crystal->translation);
    memset(crystal, 0, sizeof *crystal);
}

il_status ili_crystal_to_system(il_context *ctx, const ili_crystal *crystal, il_system **out) {
    *out = NULL;
    if (!crystal->is_ordered)
        return ili_fail(ctx, IL_E_INPUT,
                        "%s: some sites are mixed or partly occupied, expected one atom on every site; "
                        "use 'interlith order' to make integer realisations of it",
                        crystal->name);
    il_system *sys;
    IL_TRY(ili_system_create(ctx, &sys));
    il_status status = IL_OK;
    sys->cell = crystal->cell;
    for (int32_t p = 0; p < crystal->n_positions; p++) {
        const ili_occupant *o = &crystal->sites[crystal->site_of[p]].occupant[0];
        int32_t type;
        double x[3];
        IL_GO(ili_system_species(ctx, sys, ili_element_of(o->z)->symbol, o->z, &type));
        ili_cell_to_cart(&crystal->cell, crystal->frac[p], x);
        IL_GO(ili_system_add(ctx, sys, type, x));
    }
out:
    if (status != IL_OK) il_system_destroy(&sys);
    *out = sys;
    return status;
}
