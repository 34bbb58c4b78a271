/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a run starts from: masses and velocities. */
#include "md/md_state.h"

#include "math/units.h"
#include "math/vec.h"
#include "system/element.h"

#include <string.h>

/** Give the hydrogen of a bond `mass` (eV fs^2/angstrom^2) at its partner's cost. */
static il_status repartition(il_context *ctx, ili_md *md, const il_system *sys, int32_t hydrogen,
                             int32_t heavy, double mass) {
    double left = md->mass[heavy] - (mass - md->mass[hydrogen]);
    if (left < mass)
        return ili_fail(
            ctx, IL_E_INPUT,
            "a hydrogen mass of %g g/mol leaves atom %d (%s) only %.3f g/mol, less than its hydrogen; "
            "expected a smaller hydrogen mass, 3 is usual",
            mass / ILI_AMU, heavy + 1, sys->species[sys->type[heavy]].name, left / ILI_AMU);
    md->mass[heavy] = left;
    md->mass[hydrogen] = mass;
    return IL_OK;
}

static il_status repartition_all(il_context *ctx, ili_md *md, const il_system *sys,
                                 const ili_binding *binding) {
    const double mass = md->o.hydrogen_mass * ILI_AMU;
    for (int32_t b = 0; binding && b < binding->n_bonds; b++) {
        int32_t i = binding->bonds[b].atom[0], j = binding->bonds[b].atom[1];
        int zi = sys->species[sys->type[i]].z, zj = sys->species[sys->type[j]].z;
        if (zi == 1 && zj > 1) IL_TRY(repartition(ctx, md, sys, i, j, mass));
        if (zj == 1 && zi > 1) IL_TRY(repartition(ctx, md, sys, j, i, mass));
    }
    for (int32_t i = 0; i < md->n; i++)
        if (sys->species[sys->type[i]].z == 1 && md->mass[i] != mass)
            return ili_fail(
                ctx, IL_E_INPUT,
                "atom %d (%s) is a hydrogen that the model binds to no heavier atom, so nothing can give it "
                "a mass of %g g/mol; leave the hydrogen mass as it is",
                i + 1, sys->species[sys->type[i]].name, md->o.hydrogen_mass);
    return IL_OK;
}

/** g/mol: what the model says, which is that of the element unless its file has another one; else that of the element. */
static il_status mass_of(il_context *ctx, const il_system *sys, const ili_binding *binding, int32_t i,
                         double *mass) {
    const ili_species *s = &sys->species[sys->type[i]];
    const ili_element *element = ili_element_of(s->z);
    if (binding)
        *mass = binding->model->species[binding->type[i]].mass;
    else if (element)
        *mass = element->mass;
    else
        return ili_fail(ctx, IL_E_INPUT,
                        "atom %d is of species %s, which is no chemical element, so it has no mass", i + 1,
                        s->name);
    return IL_OK;
}

il_status ili_md_set_masses(il_context *ctx, ili_md *md, const il_system *sys, const ili_binding *binding) {
    for (int32_t i = 0; i < md->n; i++) {
        IL_TRY(mass_of(ctx, sys, binding, i, &md->mass[i]));
        md->mass[i] *= ILI_AMU;
    }
    if (md->o.hydrogen_mass > 0.0) IL_TRY(repartition_all(ctx, md, sys, binding));
    for (int32_t i = 0; i < md->n; i++) md->inv_mass[i] = 1.0 / md->mass[i];
    return IL_OK;
}

double ili_md_remove_drift(ili_md *md) {
    const ili_md_totals t = ili_md_total(md);
    double v[3];
    for (int k = 0; k < 3; k++) v[k] = t.momentum[k] / t.mass;
    ili_md_shift_velocities(md, (const double[]){-v[0], -v[1], -v[2]});
    md->bath += t.kinetic - ili_md_kinetic(md);
    return ili_dot(v, v);
}

il_status ili_md_set_velocities(il_context *ctx, ili_md *md) {
    const double kT = ILI_KB * md->o.temperature;
    for (int32_t i = 0; i < md->n; i++) {
        ili_rng rng = ili_md_draw(md, ILI_DRAW_VELOCITIES, 0, i);
        double width = sqrt(kT * md->inv_mass[i]);
        for (int k = 0; k < 3; k++) md->v[i][k] = width * ili_rng_normal(&rng);
    }
    if (md->constraints) IL_TRY(ili_constraints_velocities(ctx, md, md->o.dt, NULL));
    if (md->o.remove_drift) ili_md_remove_drift(md);
    double kinetic = ili_md_kinetic(md), wanted = 0.5 * md->n_freedom * kT;
    double factor = kinetic > 0.0 ? sqrt(wanted / kinetic) : 0.0;
    ili_md_scale_velocities(md, factor);
    md->bath = 0.0;
    return IL_OK;
}
