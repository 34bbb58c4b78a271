/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Thermostats: exact solutions of their part of the equations of motion over a time, theory.md section 9.
 *
 *  Stochastic ones give energy to the bath's account; Nose-Hoover chains hold theirs in variables of their own. Constrained
 *  velocities keep to their constraints under a common factor; after noise the integrator projects them again. */
#include "md/md_state.h"

#include "math/normals.h"
#include "math/units.h"

#include <math.h>

/* Yoshida 1990, sixth order, solution A: seven substeps, symmetric. */
enum { SUBSTEPS = 7 };
static const double SUBSTEP[SUBSTEPS] = {
    0.784513610477560, 0.235573213359357,
    -1.17767998417887, 1.0 - 2.0 * (0.784513610477560 + 0.235573213359357 - 1.17767998417887),
    -1.17767998417887, 0.235573213359357,
    0.784513610477560};

static double kT_of(const ili_md *md) {
    return ILI_KB * ili_md_target_temperature(md);
}

/* ---- Langevin --------------------------------------------------------------------------------------------- */

/** Atoms whose noise is drawn at once, and its pairs. */
enum { NOISE_ATOMS = 64, NOISE_PAIRS = NOISE_ATOMS * 3 / 2 };

/** v <- c v + sqrt((1 - c^2) kT/m) R. With remove_drift friction and noise together leave the centre of mass alone. */
static void langevin(ili_md *md, double dt, int half) {
    const double c = exp(-dt / md->o.tau_t), kT = kT_of(md), noise = sqrt((1.0 - c * c) * kT);
    const ili_md_totals before = ili_md_total(md);
    const ili_rng rng = ili_md_draw(md, ILI_DRAW_THERMOSTAT, half, 0);
    const int32_t n_blocks = (md->n + NOISE_ATOMS - 1) / NOISE_ATOMS;
#pragma omp parallel for schedule(static) num_threads(md->n_threads)
    for (int32_t b = 0; b < n_blocks; b++) {
        double normal[NOISE_ATOMS][3];
        ili_normals(rng.seed, rng.stream, (uint64_t)b * NOISE_PAIRS, NOISE_PAIRS, normal[0]);
        for (int32_t k = 0; k < NOISE_ATOMS && b * NOISE_ATOMS + k < md->n; k++) {
            const int32_t i = b * NOISE_ATOMS + k;
            const double width = noise * sqrt(md->inv_mass[i]);
            for (int a = 0; a < 3; a++) md->v[i][a] = c * md->v[i][a] + width * normal[k][a];
        }
    }
    if (md->o.remove_drift) {
        const ili_md_totals after = ili_md_total(md);
        double back[3];
        for (int k = 0; k < 3; k++)
            back[k] = before.momentum[k] / before.mass - after.momentum[k] / after.mass;
        ili_md_shift_velocities(md, back);
    }
    md->bath += before.kinetic - ili_md_kinetic(md);
}

/* ---- stochastic velocity rescaling ------------------------------------------------------------------------ */

/** Gamma-distributed number of shape a > 0 and scale 1: Marsaglia and Tsang 2000. */
static double draw_gamma(ili_rng *rng, double a) {
    if (a < 1.0) {
        double u = ili_rng_uniform(rng);
        return draw_gamma(rng, a + 1.0) * pow(u, 1.0 / a);
    }
    const double d = a - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        double x = ili_rng_normal(rng), t = 1.0 + c * x, u = ili_rng_uniform(rng);
        double v = t * t * t;
        if (v > 0.0 && log(u) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
    }
}

/** eq. Bussi, Donadio and Parrinello 2007, A7; the sum of n_freedom - 1 squared normals is twice a gamma number. */
static void rescale(ili_md *md, double dt, int half) {
    const double c = exp(-dt / md->o.tau_t), kinetic = ili_md_kinetic(md);
    if (kinetic <= 0.0) return;
    ili_rng rng = ili_md_draw(md, ILI_DRAW_THERMOSTAT, half, 0);
    double r = ili_rng_normal(&rng), rest = 0.5 * (md->n_freedom - 1.0);
    double squares = rest > 0.0 ? 2.0 * draw_gamma(&rng, rest) : 0.0;
    double share = 0.5 * kT_of(md) / kinetic * (1.0 - c); /* of one degree of freedom */
    double square = c + share * (r * r + squares) + 2.0 * r * sqrt(c * share);
    double factor = sqrt(fmax(square, 0.0));
    if (r + sqrt(c / share) < 0.0) factor = -factor;
    ili_md_scale_velocities(md, factor);
    md->bath += kinetic * (1.0 - factor * factor);
}

/* ---- Nose-Hoover chains ----------------------------------------------------------------------------------- */

double ili_chain_apply(ili_chain *chain, double twice_kinetic, double n_freedom, double kT, double tau,
                       double dt) {
    const double heavy = n_freedom * kT * tau * tau, light = kT * tau * tau;
    double *xi = chain->xi, *v = chain->v_xi, factor = 1.0;
    const int last = chain->n - 1;
    for (int s = 0; s < SUBSTEPS; s++) {
        const double h = SUBSTEP[s] * dt;
        for (int pass = 0; pass < 2; pass++) {
            /* first from the end of the chain to the atoms, then back: the mirror image in time */
            for (int j = 0; j <= last; j++) {
                int k = pass ? j : last - j;
                double mass = k ? light : heavy;
                double drive = k == 0   ? twice_kinetic * factor * factor - n_freedom * kT
                               : k == 1 ? heavy * v[0] * v[0] - kT
                                        : light * v[k - 1] * v[k - 1] - kT;
                double drag = k < last ? exp(-0.25 * h * v[k + 1]) : 1.0;
                v[k] = (v[k] * drag + 0.5 * h * drive / mass) * drag;
            }
            if (pass) continue;
            factor *= exp(-h * v[0]);
            for (int k = 0; k <= last; k++) xi[k] += h * v[k];
        }
    }
    return factor;
}

double ili_chain_energy(const ili_chain *chain, double n_freedom, double kT, double tau) {
    double energy = 0.0;
    for (int k = 0; k < chain->n; k++) {
        double weight = (k ? 1.0 : n_freedom) * kT;
        energy += weight * (0.5 * tau * tau * chain->v_xi[k] * chain->v_xi[k] + chain->xi[k]);
    }
    return energy;
}

/* ---- the one in force ------------------------------------------------------------------------------------- */

void ili_thermostat_apply(ili_md *md, double dt, int half) {
    if (md->o.thermostat == ILI_THERMOSTAT_NONE) return;
    if (md->o.thermostat == ILI_THERMOSTAT_LANGEVIN)
        langevin(md, dt, half);
    else if (md->o.thermostat == ILI_THERMOSTAT_CSVR)
        rescale(md, dt, half);
    else
        ili_md_scale_velocities(md, ili_chain_apply(&md->chain, 2.0 * ili_md_kinetic(md), md->n_freedom,
                                                    kT_of(md), md->o.tau_t, dt));
}

double ili_thermostat_energy(const ili_md *md) {
    if (md->o.thermostat != ILI_THERMOSTAT_NOSE_HOOVER) return 0.0;
    return ili_chain_energy(&md->chain, md->n_freedom, kT_of(md), md->o.tau_t);
}
