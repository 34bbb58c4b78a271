/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Systems made from arrays of the caller. */
#include "interlith.h"

#include "system/element.h"
#include "system/system.h"

#include <math.h>
#include <string.h>

static il_status add_atom(il_context *ctx, il_system *sys, const char *name, int z, const double x[3]) {
    const int atom = sys->n_atoms + 1;
    int32_t type;
    if (!name || !*name)
        return ili_fail(ctx, IL_E_INPUT, "atom %d has no name, expected that of an element", atom);
    if (z != 0 && !ili_element_of(z))
        return ili_fail(ctx, IL_E_INPUT,
                        "atom %d (%.40s) has the atomic number %d, expected 1 to %d, or 0: by name", atom,
                        name, z, ILI_Z_MAX);
    if (!isfinite(x[0] + x[1] + x[2]))
        return ili_fail(ctx, IL_E_INPUT, "the position of atom %d (%.40s) is not finite", atom, name);
    IL_TRY(ili_system_species(ctx, sys, name, z, &type));
    if (z != 0 && sys->species[type].z != z)
        return ili_fail(ctx, IL_E_INPUT,
                        "atom %d: the species '%s' stands at %s, and above at %s, expected one element", atom,
                        name, ili_element_of(z)->symbol, ili_element_of(sys->species[type].z)->symbol);
    return ili_system_add(ctx, sys, type, x);
}

il_status il_system_create(il_context *context, int n, const char *const *names, const int *z,
                           const double h[3][3], const int pbc[3], const double (*x)[3], il_system **system) {
    il_system *sys = NULL;
    il_status status;
    *system = NULL;
    if (n < 1)
        return ili_fail(context, IL_E_USAGE, "a system of %d atoms was asked for, expected at least one", n);
    IL_GO(ili_system_create(context, &sys));
    memcpy(sys->cell.h, h, sizeof sys->cell.h);
    for (int k = 0; k < 3; k++) sys->cell.pbc[k] = pbc[k] != 0;
    IL_GO(ili_cell_check(context, &sys->cell, "il_system_create"));
    for (int i = 0; i < n; i++) IL_GO(add_atom(context, sys, names[i], z ? z[i] : 0, x[i]));
    *system = sys;
    sys = NULL;
out:
    il_system_destroy(&sys);
    return status;
}

il_status il_system_bond(il_context *context, il_system *system, int i, int j) {
    if (i < 0 || j < 0 || i >= system->n_atoms || j >= system->n_atoms || i == j)
        return ili_fail(context, IL_E_USAGE, "a bond %d-%d was asked for, expected two of the atoms 0 to %d",
                        i, j, system->n_atoms - 1);
    return ili_system_add_bond(context, system, i, j);
}
