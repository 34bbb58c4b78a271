/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Energy: A/2 (d_ij - r)^2 for pairs under their contact distance d_ij = R_i + R_j, k/2 (r - r0)^2 for
 * springs and W/2 dz^2 beyond a wall. All are bounded at r = 0, so crossed atoms part; A grows in stages,
 * so that knots of the first stage can slip. FIRE (Bitzek et al., Phys. Rev. Lett. 2006, 97, 170201) with
 * unit masses on a pair list that is rebuilt when an atom has moved half its skin. One thread: a few
 * thousand atoms at most. */
#include "build/pushoff.h"

#include "base/alloc.h"
#include "build/pointgrid.h"
#include "math/vec.h"

#include <string.h>

static const double SKIN = 0.6, WALL_STIFFNESS = 40.0, WALL_INSET = 0.1, FORCE_DONE = 2e-3,
                    TIME_STEP_MAX = 0.12;
static const double stage_stiffness[] = {1.0, 4.0, 10.0}; /* eV/angstrom^2 */
static const int stage_steps[] = {300, 300, 2500};
enum { N_STAGES = 3 };

typedef struct soft_pair {
    int32_t i, j;
    double shift[3], contact; /* image of j = x[j] + shift */
} soft_pair;

typedef struct work {
    const ili_soft_body *body;
    ili_pointgrid *grid;
    double (*x)[3], (*v)[3], (*f)[3], (*x_list)[3];
    soft_pair *pairs;
    size_t n_pairs, cap_pairs;
    int32_t i; /* atom whose neighbours are being visited */
    bool no_memory;
} work;

bool ili_soft_is_excluded(const ili_soft_body *body, int32_t i, int32_t j) {
    if (i >= body->n || j >= body->n) return false;
    for (int32_t k = body->excluded_start[i]; k < body->excluded_start[i + 1]; k++)
        if (body->excluded[k] == j) return true;
    return false;
}

static const double *position(const work *w, int32_t i) {
    return i < w->body->n ? w->x[i] : w->body->fixed[i - w->body->n];
}

static void add_pair(void *user, const ili_near *near) {
    work *w = user;
    int32_t i = w->i, j = near->point;
    double reach = w->body->radius[i] + w->body->radius[j] + SKIN;
    if (j <= i || near->r2 > reach * reach || w->no_memory) return;
    if (near->is_own && ili_soft_is_excluded(w->body, i, j)) return;
    if (!ILI_GROW(w->pairs, w->n_pairs + 1, w->cap_pairs)) {
        w->no_memory = true;
        return;
    }
    soft_pair *p = &w->pairs[w->n_pairs++];
    *p = (soft_pair){.i = i, .j = j, .contact = reach - SKIN};
    for (int k = 0; k < 3; k++) p->shift[k] = near->d[k] + w->x[i][k] - position(w, j)[k];
}

static il_status list_pairs(il_context *ctx, work *w) {
    const ili_soft_body *body = w->body;
    w->n_pairs = 0;
    for (int32_t i = 0; i < body->n; i++) {
        ili_pointgrid_remove(w->grid, i);
        ili_pointgrid_insert(w->grid, i, w->x[i]);
    }
    for (w->i = 0; w->i < body->n; w->i++) ili_pointgrid_visit(w->grid, w->x[w->i], add_pair, w);
    memcpy(w->x_list, w->x, (size_t)body->n * sizeof *w->x);
    return w->no_memory ? ili_no_memory(ctx, "the contacts") : IL_OK;
}

static bool is_list_stale(const work *w) {
    for (int32_t i = 0; i < w->body->n; i++) {
        double d[3];
        ili_sub(w->x[i], w->x_list[i], d);
        if (ili_dot(d, d) > 0.25 * SKIN * SKIN) return true;
    }
    return false;
}

static double pair_distance(const work *w, const soft_pair *p, double d[3]) {
    const double *xi = w->x[p->i], *xj = position(w, p->j);
    for (int k = 0; k < 3; k++) d[k] = xj[k] + p->shift[k] - xi[k];
    return ili_norm(d);
}

/** Push i along -u and j along +u, u = d/r. Atoms that sit on each other part along z. */
static void push(work *w, int32_t i, int32_t j, const double d[3], double r, double force) {
    double u[3] = {0.0, 0.0, 1.0};
    if (r > 1e-6)
        for (int k = 0; k < 3; k++) u[k] = d[k] / r;
    for (int k = 0; k < 3; k++) {
        w->f[i][k] -= force * u[k];
        if (j < w->body->n) w->f[j][k] += force * u[k];
    }
}

static void compute_forces(work *w, double stiffness) {
    const ili_soft_body *body = w->body;
    memset(w->f, 0, (size_t)body->n * sizeof *w->f);
    double d[3];
    for (size_t p = 0; p < w->n_pairs; p++) {
        double r = pair_distance(w, &w->pairs[p], d);
        if (r < w->pairs[p].contact)
            push(w, w->pairs[p].i, w->pairs[p].j, d, r, stiffness * (w->pairs[p].contact - r));
    }
    for (int32_t s = 0; s < body->n_springs; s++) {
        const ili_spring *spring = &body->springs[s];
        ili_sub(w->x[spring->j], w->x[spring->i], d);
        double r = ili_norm(d);
        push(w, spring->i, spring->j, d, r, spring->k * (spring->r0 - r));
    }
    for (int32_t i = 0; i < body->n; i++) { /* comparisons with NaN are false: no wall */
        double below = body->z_low + WALL_INSET - w->x[i][2], above = w->x[i][2] - body->z_high + WALL_INSET;
        if (below > 0.0) w->f[i][2] += WALL_STIFFNESS * below;
        if (above > 0.0) w->f[i][2] -= WALL_STIFFNESS * above;
    }
}

/** One FIRE step; returns the largest force squared, NaN when a force is not finite. */
static double fire_step(work *w, double *dt, double *alpha, int *n_downhill) {
    double power = 0.0, f2 = 0.0, v2 = 0.0, largest = 0.0;
    int32_t n = w->body->n;
    for (int32_t i = 0; i < n; i++) {
        double fi2 = ili_dot(w->f[i], w->f[i]);
        power += ili_dot(w->f[i], w->v[i]);
        v2 += ili_dot(w->v[i], w->v[i]);
        f2 += fi2;
        largest = fmax(largest, fi2);
    }
    if (power > 0.0) {
        double mix = f2 > 0.0 ? *alpha * sqrt(v2 / f2) : 0.0;
        for (int32_t i = 0; i < n; i++)
            for (int k = 0; k < 3; k++) w->v[i][k] = (1.0 - *alpha) * w->v[i][k] + mix * w->f[i][k];
        if (++*n_downhill > 5) {
            *dt = fmin(*dt * 1.1, TIME_STEP_MAX);
            *alpha *= 0.99;
        }
    } else {
        memset(w->v, 0, (size_t)n * sizeof *w->v);
        *dt *= 0.5;
        *alpha = 0.1;
        *n_downhill = 0;
    }
    for (int32_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) {
            w->v[i][k] += *dt * w->f[i][k];
            w->x[i][k] += fmax(-0.1, fmin(0.1, *dt * w->v[i][k]));
        }
    return isfinite(f2) ? largest : NAN;
}

static il_status run_stage(il_context *ctx, work *w, double stiffness, int n_steps) {
    double dt = 0.05, alpha = 0.1;
    int n_downhill = 0;
    memset(w->v, 0, (size_t)w->body->n * sizeof *w->v);
    for (int step = 0; step < n_steps; step++) {
        if (is_list_stale(w)) IL_TRY(list_pairs(ctx, w));
        compute_forces(w, stiffness);
        double largest = fire_step(w, &dt, &alpha, &n_downhill);
        if (!isfinite(largest))
            return ili_fail(ctx, IL_E_NONFINITE, "pushing the atoms apart gave a force that is not finite");
        if (largest < FORCE_DONE * FORCE_DONE) break;
    }
    return IL_OK;
}

static void find_worst(const work *w, ili_contact *worst) {
    *worst = (ili_contact){.i = -1, .j = -1, .distance = NAN, .ratio = INFINITY};
    double d[3];
    for (size_t p = 0; p < w->n_pairs; p++) {
        double r = pair_distance(w, &w->pairs[p], d), ratio = r / w->pairs[p].contact;
        if (ratio < worst->ratio)
            *worst = (ili_contact){.i = w->pairs[p].i, .j = w->pairs[p].j, .distance = r, .ratio = ratio};
    }
}

static void close_work(work *w) {
    ili_pointgrid_destroy(&w->grid);
    ili_free(w->v);
    ili_free(w->f);
    ili_free(w->x_list);
    ili_free(w->pairs);
}

/** Scratch and the search grid with the fixed atoms; close in any state. */
static il_status open_work(il_context *ctx, work *w) {
    const ili_soft_body *body = w->body;
    size_t n = (size_t)body->n;
    double largest = 0.0;
    for (int32_t i = 0; i < body->n; i++)
        if (!isfinite(w->x[i][0] + w->x[i][1] + w->x[i][2]))
            return ili_fail(ctx, IL_E_NONFINITE, "the position of chain atom %d is not finite", i + 1);
    for (int32_t i = 0; i < body->n + body->n_fixed; i++) largest = fmax(largest, body->radius[i]);
    w->v = ili_alloc(n, sizeof *w->v);
    w->f = ili_alloc(n, sizeof *w->f);
    w->x_list = ili_alloc(n, sizeof *w->x_list);
    if (!w->v || !w->f || !w->x_list) return ili_no_memory(ctx, "the contacts");
    IL_TRY(ili_pointgrid_create(ctx, &body->cell, 2.0 * largest + SKIN, body->n + body->n_fixed, &w->grid));
    for (int32_t i = 0; i < body->n_fixed; i++) ili_pointgrid_insert(w->grid, body->n + i, body->fixed[i]);
    return IL_OK;
}

il_status ili_soft_worst(il_context *ctx, const ili_soft_body *body, const double (*x)[3],
                         ili_contact *worst) {
    work w = {.body = body, .x = (double(*)[3])x}; /* read only: nothing moves here */
    il_status status;
    IL_GO(open_work(ctx, &w));
    IL_GO(list_pairs(ctx, &w));
    find_worst(&w, worst);
out:
    close_work(&w);
    return status;
}

il_status ili_pushoff(il_context *ctx, const ili_soft_body *body, double (*x)[3], ili_contact *worst) {
    work w = {.body = body, .x = x};
    il_status status;
    IL_GO(open_work(ctx, &w));
    for (int stage = 0; stage < N_STAGES; stage++)
        IL_GO(run_stage(ctx, &w, stage_stiffness[stage], stage_steps[stage]));
    IL_GO(list_pairs(ctx, &w));
    find_worst(&w, worst);
out:
    close_work(&w);
    return status;
}
