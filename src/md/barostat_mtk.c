/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Martyna, Tobias and Klein 1994: every strain of the mode has a mass W and a velocity, and a Nose-Hoover chain of its own when there
 *  is a thermostat. Integrated as in Tuckerman, Alejandre, Lopez-Rendon, Jochim and Martyna 2006, chain - cell - step - cell -
 *  chain, with the cell's exact flow (strain of cell, positions and velocities, and the drag) in the middle of the drift.
 *  theory.md (9.29)-(9.31) */
#include "md/barostat.h"

#include "math/units.h"

#include <string.h>

/** eV fs^2 */
static double cell_mass(const ili_md *md) {
    return (md->n_freedom + 3.0) / 3.0 * ILI_KB * md->o.temperature * md->o.tau_p * md->o.tau_p;
}

static double twice_kinetic(const ili_md *md) {
    double sum = 0.0;
    for (int k = 0; k < md->motion.n; k++) sum += md->motion.rate[k] * md->motion.rate[k];
    return cell_mass(md) * sum;
}

static void act_chain(ili_md *md, double dt) {
    ili_cell_motion *m = &md->motion;
    if (md->o.thermostat == ILI_THERMOSTAT_NONE) return;
    double factor =
        ili_chain_apply(&md->cell_chain, twice_kinetic(md), m->n, ili_barostat_kT(md), md->o.tau_p, dt);
    for (int k = 0; k < m->n; k++) m->rate[k] *= factor;
}

static void push(ili_md *md, double dt) {
    ili_cell_motion *m = &md->motion;
    double s[6], share = 2.0 * ili_md_kinetic(md) / md->n_freedom, w = cell_mass(md);
    ili_barostat_force(md, s);
    for (int k = 0; k < m->n; k++) m->rate[k] += dt / w * (s[k] + share * ili_barostat_trace(m, k));
}

static void start(ili_md *md) {
    memset(&md->cell_chain, 0, sizeof md->cell_chain);
    md->cell_chain.n = md->o.chain;
}

static void half_step(ili_md *md, double dt, int half) {
    ili_cell_motion *m = &md->motion;
    if (half == 0) act_chain(md, dt);
    push(md, dt);
    if (half == 1) act_chain(md, dt);
    for (int k = 0; k < m->n; k++) m->strain[k] = m->rate[k] * md->o.dt;
}

static double energy(const ili_md *md) {
    double chain = 0.0;
    if (md->o.thermostat != ILI_THERMOSTAT_NONE)
        chain = ili_chain_energy(&md->cell_chain, md->motion.n, ili_barostat_kT(md), md->o.tau_p);
    return 0.5 * twice_kinetic(md) + chain;
}

const ili_barostat_kind ili_barostat_mtk = {
    .name = "mtk", .min_steps = 20, .drags = true, .start = start, .half = half_step, .energy = energy};
