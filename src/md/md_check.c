/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What is refused: docs/formats.md, "md: what is refused". */
#include "md/md_state.h"

#include <math.h>

typedef struct bound {
    const char *name, *unit;
    double value, low, high;
} bound;

il_status ili_md_check_numbers(il_context *ctx, const ili_md_options *o) {
    const bool has_bath = o->thermostat != ILI_THERMOSTAT_NONE,
               has_barostat = o->barostat != ILI_BAROSTAT_NONE;
    const double none = 1.0; /* what is not used may hold anything */
    if (has_bath && !(o->temperature > 0.0 && o->temperature_end > 0.0))
        return ili_fail(
            ctx, IL_E_INPUT,
            "the thermostat is to hold %g K to %g K, expected temperatures above 0 K: cool to 1 K, then "
            "relax",
            o->temperature, o->temperature_end);
    const bound bounds[] = {
        {"time step", " fs", o->dt, 1e-6, 100.0},
        {"number of pair steps in a time step", "", o->inner_pairs, 1, 100},
        {"number of bonded steps in a pair step", "", o->inner_bonded, 1, 100},
        {"temperature", " K", o->temperature, 0.0, 1e5},
        {"temperature at the end of the ramp", " K", has_bath ? o->temperature_end : none, 0.0, 1e5},
        {"relaxation time of the thermostat", " fs", has_bath ? o->tau_t : none, has_bath ? o->dt : 0.0, 1e9},
        {"number of Nose-Hoover thermostats", "", o->chain, 1, ILI_CHAIN_MAX},
        {"relaxation time of the barostat", " fs", has_barostat ? o->tau_p : none, has_barostat ? o->dt : 0.0,
         1e9},
        {"tolerance of the constraints", "", o->constrain_hydrogens ? o->constraint_tolerance : 1e-8, 1e-14,
         1e-3},
        {"hydrogen mass", " g/mol", o->hydrogen_mass == 0.0 ? 1.008 : o->hydrogen_mass, 1.0, 20.0},
        {"drift that lists may cause", " kT/atom/ns", o->list_drift, 0.0, 1.0},
        {"number of steps", "", (double)o->n_steps, 1, 1e15},
        {"number of steps between refreshes", "", o->refresh_every, 1, 1e6},
    };
    for (size_t k = 0; k < sizeof bounds / sizeof *bounds; k++) {
        const bound *b = &bounds[k];
        if (!(b->value >= b->low && b->value <= b->high))
            return ili_fail(ctx, IL_E_INPUT, "the %s is %g%s, expected %g to %g", b->name, b->value, b->unit,
                            b->low, b->high);
    }
    return IL_OK;
}

/** What sort of system this is to a time step. */
typedef struct contents {
    bool has_hydrogen, binds_hydrogen, has_bonded, has_reciprocal;
} contents;

static contents look(const il_system *sys, const il_model *model) {
    contents c = {0};
    for (int32_t i = 0; i < sys->n_atoms; i++)
        c.has_hydrogen = c.has_hydrogen || sys->species[sys->type[i]].z == 1;
    for (int32_t k = 0; k < model->n_entries; k++) {
        const ili_model_entry *e = &model->entries[k];
        if (e->form->kind == ILI_PAIR || e->form->kind == ILI_EAM) continue;
        c.has_bonded = true;
        if (e->form->kind != ILI_BOND) continue;
        for (int s = 0; s < 2; s++)
            if (model->species[e->species[s]].base.z == 1) c.binds_hydrogen = true;
    }
    c.has_reciprocal = model->has_coulomb;
    return c;
}

static il_status check_hydrogen(il_context *ctx, const ili_md_options *o, const contents *c) {
    const char *wanted =
        o->constrain_hydrogens ? "constrained bonds to hydrogen were" : "a hydrogen mass was";
    if ((!o->constrain_hydrogens && o->hydrogen_mass == 0.0) || (c->has_hydrogen && c->binds_hydrogen))
        return IL_OK;
    return ili_fail(ctx, IL_E_INPUT, "%s asked for, but %s; leave the option out", wanted,
                    c->has_hydrogen ? "the model binds no hydrogen" : "the system has no hydrogen");
}

/** The longest step, fs, that the fastest forces bear: 1.5 for free C-H bonds, whose period is 11 fs; 2.5 for the bending that is left
 *  when they are rigid; longer by the root of a heavier hydrogen's mass; 4 without hydrogen, or when it is no longer the fastest. */
static double longest_step(const ili_md_options *o, const contents *c) {
    const double slowest = 4.0, own_mass = 1.008;
    if (!c->has_hydrogen) return slowest;
    double mass = o->hydrogen_mass > 0.0 ? o->hydrogen_mass : own_mass;
    return fmin(slowest, (o->constrain_hydrogens ? 2.5 : 1.5) * sqrt(mass / own_mass));
}

static il_status check_steps(il_context *ctx, const ili_md_options *o, const contents *c) {
    const double longest = longest_step(o, c), slow = 4.0, slack = 1.0 + 1e-9;
    double pairs = o->dt / o->inner_pairs, bonded = pairs / o->inner_bonded;
    if (o->inner_bonded > 1 && !c->has_bonded)
        return ili_fail(ctx, IL_E_INPUT,
                        "%d inner steps for bonded terms were asked for, but the model has none; use 1",
                        o->inner_bonded);
    if (o->inner_pairs > 1 && !c->has_reciprocal)
        return ili_fail(
            ctx, IL_E_INPUT,
            "%d inner steps for the pairs were asked for, but the model has no Coulomb sum to take the "
            "outer ones; use 1 and a shorter step",
            o->inner_pairs);
    if (o->dt > slow * slack)
        return ili_fail(
            ctx, IL_E_INPUT,
            "a time step of %g fs between two sums of all forces resonates with the motion of the atoms; "
            "expected at most %g fs",
            o->dt, slow);
    if (bonded <= longest * slack) return IL_OK;
    if (!c->has_hydrogen)
        return ili_fail(ctx, IL_E_INPUT, "a time step of %g fs is too long, expected at most %g fs", bonded,
                        longest);
    return ili_fail(
        ctx, IL_E_INPUT,
        "a time step of %.3g fs is too long for hydrogen atoms %s, expected at most %.3g fs: take a "
        "shorter step%s%s%s",
        bonded, o->constrain_hydrogens ? "on rigid bonds" : "that vibrate", longest,
        c->has_bonded ? ", more inner steps for the bonded terms" : "",
        c->binds_hydrogen && o->hydrogen_mass == 0.0 ? ", a hydrogen mass of 3 g/mol" : "",
        c->binds_hydrogen && !o->constrain_hydrogens ? ", or constrain the bonds to hydrogen" : "");
}

static il_status check_baths(il_context *ctx, const ili_md_options *o) {
    const bool has_bath = o->thermostat != ILI_THERMOSTAT_NONE;
    if (!has_bath && o->temperature_end != o->temperature)
        return ili_fail(ctx, IL_E_INPUT,
                        "a ramp from %g K to %g K needs a thermostat; name one, or give one temperature",
                        o->temperature, o->temperature_end);
    if (o->barostat == ILI_BAROSTAT_NONE && o->pressure_end != o->pressure)
        return ili_fail(ctx, IL_E_INPUT, "a pressure ramp needs a barostat; name one, or give one pressure");
    if (!o->remove_drift && has_bath && o->thermostat != ILI_THERMOSTAT_LANGEVIN)
        return ili_fail(
            ctx, IL_E_INPUT,
            "this thermostat scales velocities and cannot warm or cool a centre of mass that drifts; take "
            "the drift out, or use the Langevin thermostat");
    if (o->thermostat == ILI_THERMOSTAT_NOSE_HOOVER && o->tau_t < 10.0 * o->dt)
        return ili_fail(
            ctx, IL_E_INPUT,
            "the Nose-Hoover relaxation time is %g fs, expected at least 10 steps of %g fs: use 100 fs or "
            "more",
            o->tau_t, o->dt);
    return IL_OK;
}

il_status ili_md_check(il_context *ctx, const ili_md_options *o, const il_system *sys,
                       const il_model *model) {
    IL_TRY(ili_md_check_numbers(ctx, o));
    const contents c = look(sys, model);
    IL_TRY(check_baths(ctx, o));
    IL_TRY(check_hydrogen(ctx, o, &c));
    IL_TRY(check_steps(ctx, o, &c));
    return ili_barostat_check(ctx, o, sys);
}
