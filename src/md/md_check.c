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
    const bound bounds[] = {
        {"time step", " fs", o->dt, 1e-6, 100.0},
        {"number of pair steps in a time step", "", o->inner_pairs, 1, 100},
        {"number of bonded steps in a pair step", "", o->inner_bonded, 1, 100},
        {"temperature", " K", o->temperature, has_bath ? 1e-3 : 0.0, 1e5},
        {"temperature at the end of the ramp", " K", has_bath ? o->temperature_end : none, 1e-3, 1e5},
        {"relaxation time of the thermostat", " fs", has_bath ? o->tau_t : none, has_bath ? o->dt : 0.0, 1e9},
        {"number of Nose-Hoover thermostats", "", o->chain, 1, ILI_CHAIN_MAX},
        {"relaxation time of the barostat", " fs", has_barostat ? o->tau_p : none, has_barostat ? o->dt : 0.0,
         1e9},
        {"tolerance of the constraints", "", o->constrain_hydrogens ? o->constraint_tolerance : 1e-8, 1e-14,
         1e-3},
        {"hydrogen mass", " g/mol", o->hydrogen_mass == 0.0 ? 1.008 : o->hydrogen_mass, 1.0, 20.0},
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

il_status ili_md_check(il_context *ctx, const ili_md_options *o, const il_system *sys,
                       const il_model *model) {
    (void)model;
    IL_TRY(ili_md_check_numbers(ctx, o));
    return ili_barostat_check(ctx, o, sys);
}
