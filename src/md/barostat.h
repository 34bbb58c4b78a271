/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the barostats share: one table row each. theory.md (9.20)-(9.31) */
#ifndef ILI_MD_BAROSTAT_H
#define ILI_MD_BAROSTAT_H

#include "md/md_state.h"

typedef struct ili_barostat_kind {
    const char *name;
    int min_steps; /**< least tau_p, in steps */
    bool drags;    /**< velocities also lose tr(strain)/n_freedom: MTK's coupling to all degrees of freedom */
    bool is_stochastic; /**< needs a temperature and a compressibility */
    void (*start)(ili_md *md);
    void (*half)(ili_md *md, double dt, int half);
    double (*energy)(const ili_md *md); /**< of its own variables, without p V */
} ili_barostat_kind;

extern const ili_barostat_kind ili_barostat_scr, ili_barostat_mtk;

/** Force on every strain of the mode, -d(H + p V)/dq_k at fixed scaled positions and momenta, eV; needs all forces at x. */
void ili_barostat_force(const ili_md *md, double s[6]);
/** Boltzmann's constant times the temperature asked for at this step, eV. */
double ili_barostat_kT(const ili_md *md);
/** Change of ln V with strain k. */
double ili_barostat_trace(const ili_cell_motion *motion, int k);

#endif
