/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Free shares take Newton steps at fixed sum, cut at the first face that one of them meets, where it rests. When the free ones
 *  agree, the resting share that gains most is set free, with the interval on the side it gains on. With lambda the common
 *  slope, a direction found after that has (g_i - lambda) d_i < 0: the share leaves its face on the right side. */
#include "math/shares.h"

#include "base/alloc.h"
#include "math/cholesky.h"

#include <math.h>
#include <string.h>

static const double AGREE = 1e-9, GAIN = 1e-7, ON_FACE = 1e-12, ARMIJO = 1e-4, NOISE = 1e-13;

typedef struct search {
    const ili_share_problem *p;
    double *n, *trial, *g, *left, *right, *d; /**< [m] */
    double *h, *b, *rhs;                      /**< [m][m], [m][m], [m][2] */
    int *segment, *side, *free;               /**< [m] */
    bool *rests;                              /**< [m] on a whole number */
    int n_free;
    double energy, lambda;
    bool is_convex;
} search;

static void search_free(search *s) {
    void *blocks[] = {s->trial, s->g,   s->left,    s->right, s->d,    s->h,
                      s->b,     s->rhs, s->segment, s->side,  s->free, s->rests};
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++) ili_free(blocks[k]);
}

static il_status search_make(il_context *ctx, const ili_share_problem *p, double *n, search *s) {
    size_t m = (size_t)p->m;
    *s = (search){.p = p, .n = n, .is_convex = true};
    double **vectors[] = {&s->trial, &s->g, &s->left, &s->right, &s->d};
    bool ok = true;
    for (size_t k = 0; k < sizeof vectors / sizeof *vectors; k++)
        ok = (*vectors[k] = ili_alloc(m, sizeof(double))) && ok;
    s->h = ili_alloc(m * m, sizeof *s->h);
    s->b = ili_alloc(m * m, sizeof *s->b);
    s->rhs = ili_alloc(2 * m, sizeof *s->rhs);
    s->segment = ili_alloc(m, sizeof *s->segment);
    s->side = ili_alloc(m, sizeof *s->side);
    s->free = ili_alloc(m, sizeof *s->free);
    s->rests = ili_alloc(m, sizeof *s->rests);
    if (!ok || !s->h || !s->b || !s->rhs || !s->segment || !s->side || !s->free || !s->rests)
        return ili_no_memory(ctx, "the shares of electrons");
    for (int i = 0; i < p->m; i++) {
        s->rests[i] = n[i] == floor(n[i]);
        s->segment[i] = (int)fmin(n[i], p->top[i] - 1);
    }
    return IL_OK;
}

static void list_free(search *s) {
    s->n_free = 0;
    for (int i = 0; i < s->p->m; i++)
        if (!s->rests[i]) s->free[s->n_free++] = i;
}

/** Largest difference between the slopes of the free shares and their mean. */
static double disagreement(search *s) {
    double worst = 0.0;
    s->lambda = 0.0;
    for (int k = 0; k < s->n_free; k++) s->lambda += s->g[s->free[k]] / s->n_free;
    for (int k = 0; k < s->n_free; k++) worst = fmax(worst, fabs(s->g[s->free[k]] - s->lambda));
    return worst;
}

/** Slopes to both sides of the shares that rest. */
static void side_slopes(search *s) {
    double energy;
    for (int up = 0; up < 2; up++) {
        for (int i = 0; i < s->p->m; i++) {
            int whole = (int)s->n[i], last = s->p->top[i] - 1, low = whole > 0 ? whole - 1 : 0;
            s->side[i] = !s->rests[i] ? s->segment[i] : !up ? low : whole < last ? whole : last;
        }
        s->p->energy(s->p->user, s->n, s->side, &energy, up ? s->right : s->left, NULL);
    }
}

static void set_free(search *s, int i, bool goes_up) {
    s->rests[i] = false;
    s->segment[i] = (int)s->n[i] - (goes_up ? 0 : 1);
}

/** Free the share that gains most, or, when all rest, the two that gain most by an exchange. false: nobody gains. */
static bool release(search *s) {
    double best = GAIN;
    int up = -1, down = -1;
    side_slopes(s);
    for (int i = 0; i < s->p->m; i++) {
        bool can_rise = s->rests[i] && s->n[i] < s->p->top[i], can_fall = s->rests[i] && s->n[i] > 0.0;
        if (s->n_free > 0) {
            double rise = can_rise ? s->lambda - s->right[i] : 0.0,
                   fall = can_fall ? s->left[i] - s->lambda : 0.0;
            if (fmax(rise, fall) <= best) continue;
            best = fmax(rise, fall);
            up = rise >= fall ? i : -1;
            down = rise >= fall ? -1 : i;
            continue;
        }
        for (int j = 0; can_rise && j < s->p->m; j++) {
            if (j == i || !(s->n[j] > 0.0) || s->left[j] - s->right[i] <= best) continue;
            best = s->left[j] - s->right[i];
            up = i;
            down = j;
        }
    }
    if (up >= 0) set_free(s, up, true);
    if (down >= 0) set_free(s, down, false);
    return up >= 0 || down >= 0;
}

/** d = -B^-1 (g + nu 1) with sum d = 0 over the free shares, B = H + t 1 1^T + mu 1: the term t changes nothing at fixed sum and
 *  makes B positive definite where H is so at fixed sum; mu > 0 only where H is not. */
static void newton_direction(search *s) {
    int n = s->n_free, m = s->p->m;
    double scale = 1e-3, mu = 0.0;
    for (int k = 0; k < n * n; k++) scale = fmax(scale, fabs(s->h[s->free[k / n] * m + s->free[k % n]]));
    memset(s->d, 0, (size_t)m * sizeof *s->d);
    for (bool is_found = false; !is_found; mu = mu > 0.0 ? 4.0 * mu : 0.01 * scale) {
        if (!(mu < 1e6 * scale)) return; /* numbers that are none: no step */
        for (int k = 0; k < n * n; k++)
            s->b[k] = s->h[s->free[k / n] * m + s->free[k % n]] + 1e3 * scale + (k / n == k % n ? mu : 0.0);
        is_found = ili_cholesky(n, s->b);
        s->is_convex = s->is_convex && is_found;
    }
    for (int k = 0; k < n; k++) {
        s->rhs[2 * k] = s->g[s->free[k]] - s->lambda;
        s->rhs[2 * k + 1] = 1.0;
    }
    ili_cholesky_forward(n, 2, s->b, s->rhs);
    ili_cholesky_backward(n, 2, s->b, s->rhs);
    double sum = 0.0, ones = 0.0;
    for (int k = 0; k < n; k++) {
        sum += s->rhs[2 * k];
        ones += s->rhs[2 * k + 1];
    }
    for (int k = 0; k < n; k++) s->d[s->free[k]] = -s->rhs[2 * k] + sum / ones * s->rhs[2 * k + 1];
}

/** Part of the step after which the first share meets a face. */
static double reach(const search *s) {
    double alpha = INFINITY;
    for (int k = 0; k < s->n_free; k++) {
        int i = s->free[k];
        double room = s->d[i] > 0.0 ? s->segment[i] + 1 - s->n[i] : s->n[i] - s->segment[i];
        if (s->d[i] != 0.0) alpha = fmin(alpha, fmax(room, 0.0) / fabs(s->d[i]));
    }
    return alpha;
}

/** Shares on a face rest there. */
static void rest_on_faces(search *s) {
    for (int k = 0; k < s->n_free; k++) {
        int i = s->free[k];
        double whole = nearbyint(s->n[i]);
        if (fabs(s->n[i] - whole) > ON_FACE) continue;
        s->n[i] = whole;
        s->rests[i] = true;
    }
}

/** A step along d that lowers the energy; false: none does. */
static bool step(search *s) {
    double slope = 0.0, energy, room = reach(s), alpha = fmin(1.0, room);
    int m = s->p->m;
    for (int i = 0; i < m; i++) slope += s->g[i] * s->d[i];
    if (room == 0.0) {
        rest_on_faces(s);
        return true;
    }
    for (; alpha > 1e-10; alpha *= 0.5) {
        for (int i = 0; i < m; i++) s->trial[i] = s->n[i] + alpha * s->d[i];
        s->p->energy(s->p->user, s->trial, s->segment, &energy, NULL, NULL);
        if (energy > s->energy + ARMIJO * alpha * slope + NOISE * (1.0 + fabs(s->energy))) continue;
        memcpy(s->n, s->trial, (size_t)m * sizeof *s->n);
        rest_on_faces(s);
        return true;
    }
    return false;
}

static il_status run(il_context *ctx, search *s) {
    double worst = 0.0;
    for (int k = 0; k < 200 + 20 * s->p->m; k++) {
        s->p->energy(s->p->user, s->n, s->segment, &s->energy, s->g, s->h);
        if (!isfinite(s->energy))
            return ili_fail(ctx, IL_E_NONFINITE,
                            "charge equilibration: the energy of the shares is not a finite number");
        list_free(s);
        worst = disagreement(s);
        if (worst <= AGREE) {
            if (!release(s)) return IL_OK;
            continue;
        }
        newton_direction(s);
        if (!step(s)) break;
    }
    return ili_fail(ctx, IL_E_NOT_CONVERGED,
                    "charge equilibration: the shares did not settle, slopes differ by %.1e eV", worst);
}

il_status ili_shares_minimise(il_context *ctx, const ili_share_problem *problem, double *n, bool *is_convex) {
    search s;
    double sum = 0.0, left = 0.0;
    for (int i = 0; i < problem->m; i++) sum += n[i];
    il_status status = search_make(ctx, problem, n, &s);
    if (status == IL_OK) status = run(ctx, &s);
    *is_convex = s.is_convex;
    for (int i = 0; i < problem->m; i++) left += n[i];
    if (status == IL_OK && s.n_free > 0) n[s.free[0]] += sum - left; /* rounding of the steps */
    search_free(&s);
    return status;
}
