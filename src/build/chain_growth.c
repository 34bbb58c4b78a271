/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configurational-bias growth (Siepmann and Frenkel, Mol. Phys. 1992, 75, 59) of all chains in turn, one
 * turning bond a step: the atom behind the bond and the atoms whose places it settles. A step tries some
 * torsions drawn from the Boltzmann distribution of the bond, refuses those with a contact under `hard`
 * of the contact distance, and picks one with weight exp(-S/kT) of its soft overlap S. A chain without a
 * choice steps back a few bonds; when that keeps happening `hard` is lowered. Steric repulsion beyond
 * three bonds thus acts on the drawn torsions. */
#include "build/chain_growth.h"

#include "base/alloc.h"
#include "build/pointgrid.h"
#include "math/units.h"
#include "math/vec.h"

#include <string.h>

enum { TURN_BINS = 360, TRIALS = 16, HEAD_TRIALS = 64, STEP_BACK_MAX = 10, FAILURES_PER_LEVEL = 40 };
static const double hard_levels[] = {0.85, 0.78, 0.70, 0.60, 0.45, 0.33};
enum { N_LEVELS = 6 };
static const double OVERLAP_ENERGY = 30.0; /* S in kT = OVERLAP_ENERGY sum (1 - r/d)^2 */

typedef struct growth {
    const ili_chain_set *set;
    const ili_soft_body *body;
    ili_pointgrid *grid;
    ili_rng *rng;
    double (*x)[3];
    double (*cumulative)[TURN_BINS + 1]; /* [n_torsions] of the Boltzmann distribution */
    double (*trial)[3];                  /* [HEAD_TRIALS][longest step] */
    int32_t *grown;                      /* [n_chains] atoms that have a place */
    int *failures;                       /* [n_chains] in a row */
    int32_t longest;
    double hard;
    int32_t i; /* atom being scored */
    double score, worst;
} growth;

static void tabulate_turns(const ili_polymer_unit *unit, double temperature,
                           double (*cumulative)[TURN_BINS + 1]) {
    for (int t = 0; t < unit->n_torsions; t++) {
        const double *v = unit->torsion[t].v;
        double *c = cumulative[t];
        for (int b = 0; b < TURN_BINS; b++) {
            double p = 2.0 * ILI_PI * (b + 0.5) / TURN_BINS;
            double e =
                0.5 * (v[0] * (1.0 + cos(p)) + v[1] * (1.0 - cos(2.0 * p)) + v[2] * (1.0 + cos(3.0 * p)));
            c[b + 1] = c[b] + exp(-e / (ILI_KB * temperature));
        }
        for (int b = 1; b <= TURN_BINS; b++) c[b] /= c[TURN_BINS];
    }
}

/** A torsion in (0, 2 pi), by inversion of the cumulative distribution. */
static double draw_turn(growth *g, int torsion) {
    const double *c = g->cumulative[torsion];
    double u = ili_rng_uniform(g->rng);
    int low = 0, high = TURN_BINS;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        *(c[middle] <= u ? &low : &high) = middle;
    }
    return 2.0 * ILI_PI * (low + (u - c[low]) / (c[high] - c[low])) / TURN_BINS;
}

/** End of the step that begins at `begin`: the next turning bond or the end of the chain. */
static int32_t step_end(const ili_chain_set *set, int32_t chain, int32_t begin) {
    int32_t i = begin + 1;
    while (i < set->first[chain + 1] && set->atoms[i].torsion < 0) i++;
    return i;
}

static void random_point(growth *g, double x[3]) {
    double s[3];
    for (int k = 0; k < 3; k++) s[k] = ili_rng_uniform(g->rng);
    ili_cell_to_cart(&g->body->cell, s, x);
    if (isfinite(g->body->z_low) && isfinite(g->body->z_high))
        x[2] = g->body->z_low + s[2] * (g->body->z_high - g->body->z_low);
}

/** A place for one atom from its internal coordinates; the first three of a chain lack references. */
static void place_atom(growth *g, int32_t i) {
    const ili_chain_atom *a = &g->set->atoms[i];
    double u[3], v[3], w[3];
    if (a->ref[0] < 0) {
        random_point(g, g->x[i]);
    } else if (a->ref[1] < 0) {
        ili_rng_direction(g->rng, u);
        for (int k = 0; k < 3; k++) g->x[i][k] = g->x[a->ref[0]][k] + a->r * u[k];
    } else if (a->ref[2] < 0) {
        ili_sub(g->x[a->ref[1]], g->x[a->ref[0]], u);
        double length = ili_norm(u);
        do { /* any direction that is not along u */
            ili_rng_direction(g->rng, v);
            ili_cross(u, v, w);
        } while (ili_norm(w) < 0.1 * length);
        double n = ili_norm(w);
        ili_cross(w, u, v);
        for (int k = 0; k < 3; k++)
            g->x[i][k] = g->x[a->ref[0]][k] +
                         a->r * (cos(a->theta) * u[k] / length + sin(a->theta) * v[k] / (n * length));
    } else {
        ili_chain_place(a, a->torsion >= 0 ? draw_turn(g, a->torsion) : a->phi, (const double(*)[3])g->x,
                        g->x[i]);
    }
}

static void score_near(void *user, const ili_near *near) {
    growth *g = user;
    double contact = g->body->radius[g->i] + g->body->radius[near->point];
    if (near->r2 >= contact * contact || (near->is_own && ili_soft_is_excluded(g->body, g->i, near->point)))
        return;
    double ratio = sqrt(near->r2) / contact;
    g->worst = fmin(g->worst, ratio);
    g->score += (1.0 - ratio) * (1.0 - ratio);
}

/** Boltzmann weight of the places of atoms begin .. end - 1; 0 when one is refused. */
static double weigh(growth *g, int32_t begin, int32_t end) {
    g->score = 0.0;
    g->worst = INFINITY;
    for (g->i = begin; g->i < end; g->i++) {
        double z = g->x[g->i][2];
        if (z < g->body->z_low || z > g->body->z_high) return 0.0; /* NaN: no wall */
        ili_pointgrid_visit(g->grid, g->x[g->i], score_near, g);
        if (g->worst < g->hard) return 0.0;
    }
    return exp(-OVERLAP_ENERGY * g->score);
}

/** Place the next step of a chain; false: nothing fits. */
static bool grow_step(growth *g, int32_t chain) {
    int32_t begin = g->grown[chain], end = step_end(g->set, chain, begin), n = end - begin;
    int n_trials = begin == g->set->first[chain] ? HEAD_TRIALS : TRIALS;
    double weight[HEAD_TRIALS], sum = 0.0;
    for (int t = 0; t < n_trials; t++) {
        for (int32_t i = begin; i < end; i++) place_atom(g, i);
        weight[t] = weigh(g, begin, end);
        sum += weight[t];
        memcpy(g->trial + (size_t)t * (size_t)g->longest, g->x + begin, (size_t)n * sizeof *g->x);
    }
    if (!(sum > 0.0)) return false;
    double u = ili_rng_uniform(g->rng) * sum;
    int pick = -1;
    for (int t = 0; t < n_trials && (pick < 0 || u > 0.0); t++) {
        if (weight[t] > 0.0 && u > 0.0) pick = t;
        u -= weight[t];
    }
    memcpy(g->x + begin, g->trial + (size_t)pick * (size_t)g->longest, (size_t)n * sizeof *g->x);
    for (int32_t i = begin; i < end; i++) ili_pointgrid_insert(g->grid, i, g->x[i]);
    g->grown[chain] = end;
    return true;
}

/** Take back the last steps of a chain: more the longer it has been stuck. */
static void step_back(growth *g, int32_t chain) {
    int most = ++g->failures[chain] + 2;
    int n_steps = 1 + (int)ili_rng_below(g->rng, (uint32_t)(most < STEP_BACK_MAX ? most : STEP_BACK_MAX));
    while (n_steps-- > 0 && g->grown[chain] > g->set->first[chain]) {
        bool is_start = false;
        while (!is_start && g->grown[chain] > g->set->first[chain]) {
            int32_t i = --g->grown[chain];
            is_start = g->set->atoms[i].torsion >= 0;
            ili_pointgrid_remove(g->grid, i);
        }
    }
}

static il_status grow_all(il_context *ctx, growth *g) {
    int level = 0;
    int64_t n_failures = 0;
    for (int32_t left = 1; left > 0;) {
        left = 0;
        for (int32_t c = 0; c < g->set->n_chains; c++) {
            if (g->grown[c] == g->set->first[c + 1]) continue;
            left++;
            g->hard = hard_levels[level];
            if (grow_step(g, c)) {
                if (g->failures[c] > 0 && ili_rng_below(g->rng, 4) == 0) g->failures[c]--;
                continue;
            }
            step_back(g, c);
            if (++n_failures < (int64_t)FAILURES_PER_LEVEL * (g->set->n_chains + 4)) continue;
            n_failures = 0;
            if (++level == N_LEVELS)
                return ili_fail(ctx, IL_E_NOT_CONVERGED,
                                "the chains found no room: ask for a lower density or a larger box");
        }
        if (ili_progress(ctx, "growing chains", (double)level / N_LEVELS))
            return ili_fail(ctx, IL_E_INTERRUPTED, "growing the chains was interrupted");
    }
    return IL_OK;
}

il_status ili_chain_grow(il_context *ctx, const ili_polymer_unit *unit, const ili_chain_set *set,
                         const ili_soft_body *body, double temperature, ili_rng *rng, double (*x)[3]) {
    growth g = {.set = set, .body = body, .rng = rng, .x = x};
    il_status status = IL_OK;
    double largest = 0.0;
    for (int32_t c = 0; c < set->n_chains; c++)
        for (int32_t i = set->first[c]; i < set->first[c + 1]; i++) {
            int32_t n = step_end(set, c, i) - i;
            if (n > g.longest) g.longest = n;
        }
    for (int32_t i = 0; i < body->n + body->n_fixed; i++) largest = fmax(largest, body->radius[i]);
    g.cumulative = ili_alloc((size_t)unit->n_torsions, sizeof *g.cumulative);
    g.trial = ili_alloc((size_t)HEAD_TRIALS * (size_t)g.longest, sizeof *g.trial);
    g.grown = ili_alloc((size_t)set->n_chains, sizeof *g.grown);
    g.failures = ili_alloc((size_t)set->n_chains, sizeof *g.failures);
    if (!g.cumulative || !g.trial || !g.grown || !g.failures) IL_GO(ili_no_memory(ctx, "the chains"));
    IL_GO(ili_pointgrid_create(ctx, &body->cell, 2.0 * largest, body->n + body->n_fixed, &g.grid));
    for (int32_t i = 0; i < body->n_fixed; i++) ili_pointgrid_insert(g.grid, body->n + i, body->fixed[i]);
    for (int32_t i = set->n_atoms; i < body->n; i++) ili_pointgrid_insert(g.grid, i, x[i]); /* guests */
    memcpy(g.grown, set->first, (size_t)set->n_chains * sizeof *g.grown);
    tabulate_turns(unit, temperature, g.cumulative);
    IL_GO(grow_all(ctx, &g));
out:
    ili_pointgrid_destroy(&g.grid);
    ili_free(g.cumulative);
    ili_free(g.trial);
    ili_free(g.grown);
    ili_free(g.failures);
    return status;
}
