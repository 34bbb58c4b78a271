/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The energy that velocity Verlet really keeps, to twelfth order in the step (Skeel and Hardy 2001), so that drifts far below the
 *  fluctuations of H show in short runs.
 *
 *  With an extra pair alpha = 1, beta the Hamiltonian alpha^2 H(q/alpha, p/alpha) is homogeneous, hence equal to
 *  (p dq/dt - q dp/dt - alpha dbeta/dt)/2 along its flow, where dbeta/dt = -2 U - q F. The integrator of this system is the exact
 *  flow of a nearby, also homogeneous Hamiltonian: its value follows from centred differences along the trajectory. */
#ifndef MD_SHADOW_H
#define MD_SHADOW_H

#include "harness.h"

#include "base/alloc.h"
#include "math/units.h"
#include "md/md.h"
#include "system/element.h"

enum { SHADOW_HALF = 6, SHADOW_WIDTH = 2 * SHADOW_HALF + 1 };

typedef struct shadow {
    int32_t n;
    double dt, *mass; /**< fs; [n] eV fs^2/angstrom^2 */
    double (*q[SHADOW_WIDTH])[3], (*p[SHADOW_WIDTH])[3], beta[SHADOW_WIDTH];
    double centre[3]; /**< angstrom, of mass: as origin it keeps what is done to its motion out of q dp */
    double g;         /**< dbeta/dt at the last frame */
    int64_t seen;
    double *y, *raw; /**< [count] eV, less the first: shadow energy, and H at the same time */
    double y0, raw0, e[SHADOW_WIDTH];
    int count, cap;
} shadow;

static void shadow_open(shadow *s, const il_system *sys, double dt, int cap) {
    *s = (shadow){.n = sys->n_atoms, .dt = dt, .cap = cap};
    size_t n = (size_t)sys->n_atoms;
    s->mass = ili_alloc(n, sizeof *s->mass);
    s->y = ili_alloc((size_t)cap, sizeof *s->y);
    s->raw = ili_alloc((size_t)cap, sizeof *s->raw);
    double total = 0.0;
    for (int32_t i = 0; i < s->n; i++) {
        s->mass[i] = ili_element_of(sys->species[sys->type[i]].z)->mass * ILI_AMU;
        total += s->mass[i];
    }
    for (int m = 0; m < 3; m++)
        for (int32_t i = 0; i < s->n; i++) s->centre[m] += s->mass[i] / total * sys->x[i][m];
    for (int k = 0; k < SHADOW_WIDTH; k++) {
        s->q[k] = ili_alloc(n, sizeof *s->q[k]);
        s->p[k] = ili_alloc(n, sizeof *s->p[k]);
    }
}

static void shadow_close(shadow *s) {
    ili_free(s->mass);
    ili_free(s->y);
    ili_free(s->raw);
    for (int k = 0; k < SHADOW_WIDTH; k++) {
        ili_free(s->q[k]);
        ili_free(s->p[k]);
    }
}

/** Energy at the middle of the frames held. */
static double shadow_energy(const shadow *s) {
    static const double c[SHADOW_HALF + 1] = {0,         6.0 / 7,   -15.0 / 56, 5.0 / 63,
                                              -1.0 / 56, 1.0 / 385, -1.0 / 5544};
    const int64_t mid = s->seen - 1 - SHADOW_HALF;
    const double(*q0)[3] = (const double(*)[3])s->q[mid % SHADOW_WIDTH],
          (*p0)[3] = (const double(*)[3])s->p[mid % SHADOW_WIDTH];
    double sum = 0.0;
    for (int k = 1; k <= SHADOW_HALF; k++) {
        int a = (int)((mid + k) % SHADOW_WIDTH), b = (int)((mid - k) % SHADOW_WIDTH);
        double part = s->beta[b] - s->beta[a];
        for (int32_t i = 0; i < s->n; i++)
            for (int m = 0; m < 3; m++)
                part +=
                    p0[i][m] * (s->q[a][i][m] - s->q[b][i][m]) - q0[i][m] * (s->p[a][i][m] - s->p[b][i][m]);
        sum += c[k] * part;
    }
    return 0.5 * sum / s->dt;
}

/** Observer of every step, the start included. */
static il_status shadow_see(il_context *context, void *user, const ili_md_frame *f) {
    (void)context;
    shadow *s = user;
    const int now = (int)(s->seen % SHADOW_WIDTH), last = (int)((s->seen + SHADOW_WIDTH - 1) % SHADOW_WIDTH);
    double g = -2.0 * f->potential;
    for (int32_t i = 0; i < s->n; i++)
        for (int m = 0; m < 3; m++) {
            const double q = f->x[i][m] - s->centre[m];
            g -= q * f->f[i][m];
            s->q[now][i][m] = q;
            s->p[now][i][m] = s->mass[i] * f->v[i][m];
        }
    s->beta[now] = s->seen ? s->beta[last] + 0.5 * s->dt * (s->g + g) : 0.0;
    s->g = g;
    s->e[now] = f->potential + f->kinetic;
    s->seen++;
    if (s->seen < SHADOW_WIDTH || s->count == s->cap) return IL_OK;
    double y = shadow_energy(s), raw = s->e[(s->seen - 1 - SHADOW_HALF) % SHADOW_WIDTH];
    if (s->count == 0) {
        s->y0 = y;
        s->raw0 = raw;
    }
    s->y[s->count] = y - s->y0;
    s->raw[s->count++] = raw - s->raw0;
    return IL_OK;
}

__attribute__((unused)) static double spread_of(const double *y, int n) {
    double mean = 0.0, square = 0.0;
    for (int i = 0; i < n; i++) mean += y[i] / n;
    for (int i = 0; i < n; i++) square += (y[i] - mean) * (y[i] - mean) / n;
    return sqrt(square);
}

#endif
