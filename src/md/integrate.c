/* SPDX-License-Identifier: GPL-3.0-or-later */
/** One step: velocity Verlet with r-RESPA, theory.md section 9; Tuckerman, Berne and Martyna 1992.
 *
 *  The forces stand in levels, the innermost first. A level kicks for half its step, lets the level below (or, innermost, the
 *  positions) move for the whole, is evaluated anew, and kicks again. One level is plain velocity Verlet.
 *
 *  Constraints: the positions are put back after every drift; what a kick gives along the bonds is taken out after the kick,
 *  which also is the constraints' answer to the forces of this level, so that the virial is whole at the end of the step. */
#include "md/md_state.h"

#include "math/units.h"
#include "math/vec.h"

#include <stdio.h>
#include <string.h>

/** A run that is hotter, or moves an atom farther in a step, has blown up. */
static const double HOTTEST = 1e6, FARTHEST = 1.0; /* K, angstrom */

/** What a level must know of the step around it: does its last evaluation end the step, and what is there then? */
typedef struct move_end {
    bool is_last;
    ili_md_step_end step;
} move_end;

static void kick(ili_md *md, const double (*f)[3], double dt) {
#pragma omp parallel for schedule(static) num_threads(md->n_threads)
    for (int32_t i = 0; i < md->n; i++) {
        double scale = dt * md->inv_mass[i];
        for (int k = 0; k < 3; k++) md->v[i][k] += scale * f[i][k];
    }
}

static il_status refresh(il_context *ctx, ili_md *md) {
    if (!md->forces.refresh) return IL_OK;
    return md->forces.refresh(ctx, md->forces.user, &md->cell, (const double(*)[3])md->x);
}

static il_status drift(il_context *ctx, ili_md *md, double dt, move_end end) {
    if (md->constraints) memcpy(md->x0, md->x, (size_t)md->n * sizeof *md->x0);
    ili_barostat_drift(md, dt);
    if (md->constraints) IL_TRY(ili_constraints_positions(ctx, md, (const double(*)[3])md->x0, dt, NULL));
    ili_barostat_turn(md);
    return end.is_last && end.step.is_refresh ? refresh(ctx, md) : IL_OK;
}

static il_status evaluate(il_context *ctx, ili_md *md, ili_md_level *l, bool is_seen) {
    const unsigned parts = l->parts | (is_seen ? 0u : (unsigned)ILI_FF_FORCES_ONLY);
    il_status status = md->forces.evaluate(ctx, md->forces.user, parts, &md->cell, (const double(*)[3])md->x,
                                           &l->energy, l->f, l->w);
    if (status != IL_E_NONFINITE) return status;
    char what[ILI_MESSAGE_MAX];
    snprintf(what, sizeof what, "%s", il_message(ctx));
    return ili_fail(ctx, status, "step %lld: %.900s; relax first, or take a shorter step than %g fs",
                    (long long)md->step + 1, what, md->o.dt);
}

static il_status move(il_context *ctx, ili_md *md, int level, double dt, move_end end) {
    ili_md_level *l = &md->level[level];
    kick(md, (const double(*)[3])l->f, 0.5 * dt);
    if (level == 0) IL_TRY(drift(ctx, md, dt, end));
    const int count = level ? l[-1].count : 0;
    for (int k = 1; k <= count; k++)
        IL_TRY(move(ctx, md, level - 1, dt / count, (move_end){end.is_last && k == count, end.step}));
    const bool is_seen = end.is_last && end.step.is_seen;
    IL_TRY(evaluate(ctx, md, l, is_seen));
    kick(md, (const double(*)[3])l->f, 0.5 * dt);
    if (!md->constraints) return IL_OK;
    memset(l->w_constraint, 0, sizeof l->w_constraint);
    return ili_constraints_velocities(ctx, md, 0.5 * dt, is_seen ? l->w_constraint : NULL);
}

/** Sums over the levels. */
static void gather(ili_md *md) {
    md->potential = 0.0;
    memset(md->w, 0, sizeof md->w);
    for (int m = 0; m < md->n_levels; m++) {
        const ili_md_level *l = &md->level[m];
        md->potential += l->energy;
        for (int k = 0; k < 6; k++) md->w[k] += l->w[k] + l->w_constraint[k];
    }
    if (md->n_levels == 1) return;
    const double(*f0)[3] = (const double(*)[3])md->level[0].f, (*f1)[3] = (const double(*)[3])md->level[1].f,
          (*f2)[3] = (const double(*)[3])md->level[2].f;
#pragma omp parallel for schedule(static) num_threads(md->n_threads)
    for (int32_t i = 0; i < md->n; i++)
        for (int k = 0; k < 3; k++) md->f[i][k] = f0[i][k] + f1[i][k] + f2[i][k];
}

il_status ili_md_evaluate(il_context *ctx, ili_md *md) {
    IL_TRY(refresh(ctx, md));
    for (int m = 0; m < md->n_levels; m++) IL_TRY(evaluate(ctx, md, &md->level[m], true));
    gather(md);
    md->is_stale = false;
    return IL_OK;
}

/** The thermostat for half a step. Noise along the bonds is taken out again. */
static il_status bath(il_context *ctx, ili_md *md, int half) {
    ili_thermostat_apply(md, 0.5 * md->o.dt, half);
    if (!md->constraints || md->o.thermostat != ILI_THERMOSTAT_LANGEVIN) return IL_OK;
    double before = ili_md_kinetic(md);
    IL_TRY(ili_constraints_velocities(ctx, md, md->o.dt, NULL));
    md->bath += before - ili_md_kinetic(md);
    return IL_OK;
}

/** Twice the kinetic energy, and how many atoms move too far in a step; one that moves by NaN counts. */
static void check_part(const ili_md *md, int32_t from, int32_t to, double *sum) {
    const double fastest_allowed = FARTHEST / md->o.dt, allowed2 = fastest_allowed * fastest_allowed;
    double twice = 0.0;
    int32_t too_fast = 0;
    for (int32_t i = from; i < to; i++) {
        double v2 = ili_dot(md->v[i], md->v[i]);
        twice += md->mass[i] * v2;
        too_fast += !(v2 <= allowed2);
    }
    sum[0] = twice;
    sum[1] = too_fast;
}

/** The fastest atom; one that moves by NaN is faster than any. */
static int32_t find_fastest(const ili_md *md) {
    double fastest = -1.0;
    int32_t atom = 0;
    for (int32_t i = 0; i < md->n && !isnan(fastest); i++) {
        double v2 = ili_dot(md->v[i], md->v[i]);
        if (v2 <= fastest) continue; /* false for NaN */
        fastest = v2;
        atom = i;
    }
    return atom;
}

/** Refuse to go on with a run that has blown up. */
static il_status check_motion(il_context *ctx, const ili_md *md) {
    double sum[2];
    ili_md_sum(md, md->n, check_part, 2, sum);
    const double temperature = sum[0] / (md->n_freedom * ILI_KB);
    if (sum[1] == 0.0 && temperature <= HOTTEST) return IL_OK;
    const int32_t atom = find_fastest(md);
    return ili_fail(
        ctx, IL_E_NONFINITE,
        "step %lld: atom %d (%s) moves %.3g angstrom in a step of %g fs, at %.3g K in all: the run "
        "has blown up; relax first, or take a shorter step",
        (long long)md->step + 1, atom + 1, md->name[md->type[atom]], ili_norm(md->v[atom]) * md->o.dt,
        md->o.dt, temperature);
}

il_status ili_md_step(il_context *ctx, ili_md *md, ili_md_step_end end) {
    const double dt = md->o.dt;
    if (md->o.barostat != ILI_BAROSTAT_NONE) end.is_seen = true; /* it looks itself */
    IL_TRY(check_motion(ctx, md));
    IL_TRY(bath(ctx, md, 0));
    ili_barostat_half(md, 0.5 * dt, 0);
    IL_TRY(move(ctx, md, md->n_levels - 1, dt, (move_end){true, end}));
    if (end.is_seen) gather(md);
    ili_barostat_half(md, 0.5 * dt, 1);
    return bath(ctx, md, 1);
}
