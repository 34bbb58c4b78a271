/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Stochastic cell rescaling (Bernetti and Bussi 2020; Del Tatto, Raiteri, Bernetti and Bussi 2022) in strains. Every step draws
 *
 *      dq_k = D_k S_k dt/kT + sqrt(2 D dt) R_k,    D = kT compressibility/(3 V tau_p),
 *
 *  with S_k the force on strain k at the beginning of the step, and lays it over the drift. The ratio of the chances of this move
 *  and of its reverse goes to the bath, so the conserved quantity shows how far the step is from detailed balance.
 *  theory.md (9.21)-(9.25) */
#include "md/barostat.h"

#include "math/vec.h"

static double diffusion(const ili_md *md) {
    return ili_barostat_kT(md) * md->o.compressibility / (3.0 * ili_cell_volume(&md->cell) * md->o.tau_p);
}

static void draw(ili_md *md) {
    ili_cell_motion *m = &md->motion;
    double s[6], d = diffusion(md), dt = md->o.dt;
    ili_rng rng = ili_md_draw(md, ILI_DRAW_BAROSTAT, 0, 0);
    ili_barostat_force(md, s);
    m->noise2 = 0.0;
    for (int k = 0; k < m->n; k++) {
        double noise = ili_rng_normal(&rng);
        m->strain[k] = d * dt / ili_barostat_kT(md) * s[k] + sqrt(2.0 * d * dt) * noise;
        m->noise2 += noise * noise;
    }
    m->volume = ili_cell_volume(&md->cell);
}

static void book(ili_md *md) {
    const ili_cell_motion *m = &md->motion;
    double s[6], d = diffusion(md), dt = md->o.dt, reverse2 = 0.0;
    ili_barostat_force(md, s);
    for (int k = 0; k < m->n; k++) {
        double noise = (-m->strain[k] - d * dt / ili_barostat_kT(md) * s[k]) / sqrt(2.0 * d * dt);
        reverse2 += noise * noise;
    }
    double growth = log(ili_cell_volume(&md->cell) / m->volume);
    md->bath += ili_barostat_kT(md) * (0.5 * (reverse2 - m->noise2) - (1.0 + 0.5 * m->n) * growth);
}

static void start(ili_md *md) {
    (void)md;
}

static void half_step(ili_md *md, double dt, int half) {
    (void)dt;
    if (half == 0)
        draw(md);
    else
        book(md);
}

static double energy(const ili_md *md) {
    (void)md;
    return 0.0;
}

const ili_barostat_kind ili_barostat_scr = {.name = "scr",
                                            .min_steps = 10,
                                            .is_stochastic = true,
                                            .start = start,
                                            .half = half_step,
                                            .energy = energy};
