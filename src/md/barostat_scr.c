/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Stochastic cell rescaling (Bernetti and Bussi 2020; Del Tatto, Raiteri, Bernetti and Bussi 2022) in strains. Every step draws
 *
 *      q_k = D (S_k/kT + tr B_k) dt + sqrt(2 D dt) R_k,    D = kT compressibility/(3 V0 tau_p),
 *
 *  with S_k the force on strain k at the beginning of the step, and lays it over the drift. The papers let D vary as 1/V; here V0 is
 *  the volume at the begin of the stage, so the noise is the same everywhere and the chance of a move and of its reverse agree to
 *  higher order. The ratio of these chances goes to the bath, so the conserved quantity shows how far the step is from detailed
 *  balance. theory.md (9.27), (9.28) */
#include "md/barostat.h"

#include "math/vec.h"

/** Mean strain g[k] of a step from here, in widths of its noise; returns this width. */
static double mean_move(const ili_md *md, double g[6]) {
    const ili_cell_motion *m = &md->motion;
    double s[6], kT = ili_barostat_kT(md);
    double width = sqrt(2.0 * kT * md->o.compressibility / (3.0 * m->volume * md->o.tau_p) * md->o.dt);
    ili_barostat_force(md, s);
    for (int k = 0; k < m->n; k++) g[k] = 0.5 * width * (s[k] / kT + ili_barostat_trace(m, k));
    return width;
}

static void draw(ili_md *md) {
    ili_cell_motion *m = &md->motion;
    double g[6], width = mean_move(md, g);
    ili_rng rng = ili_md_draw(md, ILI_DRAW_BAROSTAT, 0, 0);
    m->noise2 = 0.0;
    for (int k = 0; k < m->n; k++) {
        double noise = ili_rng_normal(&rng);
        m->strain[k] = width * (g[k] + noise);
        m->noise2 += noise * noise;
    }
}

static void book(ili_md *md) {
    const ili_cell_motion *m = &md->motion;
    double g[6], width = mean_move(md, g), reverse2 = 0.0, growth = 0.0;
    for (int k = 0; k < m->n; k++) {
        double noise = -m->strain[k] / width - g[k];
        reverse2 += noise * noise;
        growth += m->strain[k] * ili_barostat_trace(m, k);
    }
    md->bath += ili_barostat_kT(md) * (0.5 * (reverse2 - m->noise2) - growth);
}

static void start(ili_md *md) {
    md->motion.volume = ili_cell_volume(&md->cell);
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
