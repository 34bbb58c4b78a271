/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Buffers of a cluster list: how wide the inner skin is, and how much energy the pairs have that a list does not know.
 *
 *  Theory.md (9.11) to (9.13). A pair of types a, b that was farther apart than its reach plus the skin when the list was made is within
 *  reach now where the atoms have come nearer by more than the room left. Displacements along an axis are taken as normal, with the
 *  widths measured by type, so with sigma^2 = sigma_a^2 + sigma_b^2 and the room s the energy missed is at most
 *      n_ab  integral_0^inf |V(rc - u)| Q((s + u)/sigma) du,
 *  where |V| is straight between the depths ILI_EDGE_DEPTH. A list that holds all pairs of a row and a cluster, or none, misses
 *  hardly any but the nearest of theirs, so n_ab dr is how many rows and clusters are dr apart beyond the list: 3 kappa N_ab (r + BLUR)^2 dr
 *  of kappa N_ab (r + BLUR)^3 up to r, with the kappa that gives the number in the list. */
#include "base/alloc.h"
#include "base/hot.h"
#include "math/units.h"
#include "neigh/clusters_state.h"

#include <math.h>
#include <string.h>

/** The first lies just inside: functions may be cut off at the end itself. */
const double ILI_EDGE_DEPTH[ILI_EDGE_NODES] = {1e-9, 0.02, 0.06, 0.15, 0.4};

/** Skins. Where no pair may be missed, the fastest of 10^4 atoms cross half a skin of s angstrom in about HOLDS s steps of 1 fs: 17 s in
 *  LAGP at 600 K, half of that in a melt with its hydrogens at 363 K; the smaller number costs LAGP nothing. A kernel takes
 *  (1 + 3 s/(reach + BLUR)) as long over a list of skin s, BLUR being what rows of atoms look beyond a sphere. With a kernel that takes
 *  `cost` prunings, time by step is least for the inner skin of strict_inner. A build takes seven prunings; ILI_CLUSTERS_SKIN is
 *  where both systems took least (of 1.2, 1.6 and 2: 4.9, 4.9, 4.7 ms and 5.7, 5.4, 5.0 ms a step on one thread). */
static const double HOLDS = 8.0, BLUR = 3.0;
static const double DENSITY = 0.1; /**< atoms by cubic angstrom, typical: for the choice of a skin alone */
static const double FASTEST = 5.0; /**< of 10^4 to 10^5 atoms, in widths along an axis */
static const double BEYOND = 2.0; /**< pairs missed for the nearest of a row and a cluster: 1 to 2 in a gas */
static const double SURE = 3.0;   /**< standard errors added to a measured width */
enum { SKINS = 20, LONGEST_LIFE = 1024 };

/** What is known of an edge: the slopes of |V| change by `bend` at the depths; all times the number of pairs in dr. */
typedef struct edge {
    double value, bend[ILI_EDGE_NODES - 1];
} edge;

struct ili_clusters_budget {
    double energy;  /**< eV by atom and update */
    double *count;  /**< [n_types] atoms */
    double *speed;  /**< [n_types] angstrom an update */
    double *width2; /**< [n_types] angstrom^2: scratch */
    edge *ends;     /**< [n_types^2] without the square of the distance: where the whole function ends */
    edge *short_ends;
    edge *near;    /**< [n_types^2] of the pruned list, both ends together */
    edge *far;     /**< of the built one */
    double volume; /**< sum of N_ab (reach + skin + BLUR)^3: kappa is the rows and clusters listed over it */
    double *part;  /**< [blocks][n_types + 1] sums of squares and the greatest square */
    size_t cap_part;
};

static double strict_inner(const ili_clusters *l) {
    return fmin(l->skin, sqrt((l->reach_max + BLUR) / (3.0 * HOLDS * l->cost)));
}

void ili_clusters_budget_free(ili_clusters_budget **budget) {
    ili_clusters_budget *b = *budget;
    if (!b) return;
    void *blocks[] = {b->count, b->speed, b->width2, b->ends, b->short_ends, b->near, b->far, b->part};
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++) ili_free(blocks[k]);
    ili_free(b);
    *budget = NULL;
}

/** |V| as straight pieces. The last goes on. */
static edge bent(const double value[ILI_EDGE_NODES]) {
    edge e = {.value = value[0]};
    double before = 0.0;
    for (int k = 0; k + 1 < ILI_EDGE_NODES; k++) {
        const double slope = (value[k + 1] - value[k]) / (ILI_EDGE_DEPTH[k + 1] - ILI_EDGE_DEPTH[k]);
        e.bend[k] = slope - before;
        before = slope;
    }
    return e;
}

static void add_edge(edge *sum, const edge *e, double times) {
    sum->value += times * e->value;
    for (int k = 0; k + 1 < ILI_EDGE_NODES; k++) sum->bend[k] += times * e->bend[k];
}

static double square(double x) {
    return x * x;
}

/** Integrals of the tail of the normal distribution from x on, once and twice: J1 and J2 of (9.12). */
static double tail_once(double x) {
    const double tail = 0.5 * erfc(x * sqrt(0.5)), density = exp(-0.5 * x * x) / sqrt(2.0 * ILI_PI);
    return density - x * tail;
}

static double tail_twice(double x) {
    const double tail = 0.5 * erfc(x * sqrt(0.5)), density = exp(-0.5 * x * x) / sqrt(2.0 * ILI_PI);
    return 0.5 * ((1.0 + x * x) * tail - x * density);
}

/** Integral of |V(rc - u)| Q((room + u)/sigma) over u: (9.12). */
static double crossing(const edge *e, double room, double sigma) {
    double sum = e->value * sigma * tail_once(room / sigma);
    for (int k = 0; k + 1 < ILI_EDGE_NODES; k++)
        sum += e->bend[k] * sigma * sigma * tail_twice((room + ILI_EDGE_DEPTH[k]) / sigma);
    return fmax(sum, 0.0);
}

/** Energy by atom, eV, that is missed over these edges once atoms have moved by width2 [n_types] along an axis, with kappa. */
static double missed(const ili_clusters *l, const edge *edges, double kappa, double room) {
    const ili_clusters_budget *b = l->budget;
    double sum = 0.0;
    for (int32_t i = 0; i < l->n_types; i++)
        for (int32_t j = 0; j <= i; j++) {
            const double sigma2 = b->width2[i] + b->width2[j];
            if (sigma2 > 0.0 && l->reach[i * l->n_types + j] > 0.0)
                sum += crossing(&edges[i * l->n_types + j], room, sqrt(sigma2));
        }
    return 3.0 * BEYOND * kappa * sum / l->n_atoms;
}

/** Pairs of types i, j that there are. */
static double n_pairs(const ili_clusters *l, int32_t i, int32_t j) {
    const double *count = l->budget->count;
    return i == j ? 0.5 * count[i] * count[i] : count[i] * count[j];
}

/** The edges of lists of these skins. */
static void set_edges(const ili_clusters *l, double inner) {
    ili_clusters_budget *b = l->budget;
    b->volume = 0.0;
    for (int32_t i = 0; i < l->n_types; i++)
        for (int32_t j = 0; j <= i; j++) {
            const int32_t k = i * l->n_types + j;
            const double n = n_pairs(l, i, j), reach = l->reach[k];
            b->near[k] = b->far[k] = (edge){0};
            if (!(reach > 0.0)) continue;
            add_edge(&b->near[k], &b->ends[k], n * square(reach + inner + BLUR));
            add_edge(&b->near[k], &b->short_ends[k], n * square(l->short_reach[k] + inner + BLUR));
            add_edge(&b->far[k], &b->ends[k], n * square(reach + l->skin + BLUR));
            b->volume += n * pow(reach + l->skin + BLUR, 3);
        }
}

/** Updates of free flight that a pruned list of this skin holds, in a system of typical density: by the strict rule at least. */
static int life(const ili_clusters *l, double inner) {
    const ili_clusters_budget *b = l->budget;
    const double kappa =
        4.0 / 3.0 * ILI_PI * DENSITY / (l->n_atoms * (double)(ILI_CLUSTER * ILI_CLUSTER_ROW));
    int holds = 0;
    for (int step = LONGEST_LIFE / 2; step > 0; step /= 2) {
        const int t = holds + step;
        double widest = 0.0, farthest;
        for (int32_t k = 0; k < l->n_types; k++) {
            b->width2[k] = square(b->speed[k] * t);
            widest = fmax(widest, b->width2[k]);
        }
        farthest = FASTEST * sqrt(widest);
        if (farthest <= 0.5 * inner ||
            (farthest <= inner && missed(l, b->near, kappa, inner) <= 0.5 * b->energy * t))
            holds = t;
    }
    return holds;
}

void ili_clusters_choose_inner(ili_clusters *l) {
    double least = INFINITY;
    l->inner = strict_inner(l);
    if (!l->budget) return;
    for (int k = 1; k <= SKINS; k++) {
        const double inner = l->skin * k / SKINS;
        set_edges(l, inner);
        const double time =
            l->cost * (1.0 + 3.0 * inner / (l->reach_max + BLUR)) + 1.0 / fmax(1.0, life(l, inner));
        if (time >= least) continue;
        least = time;
        l->inner = inner;
    }
    set_edges(l, l->inner);
}

static bool make_budget(ili_clusters *l) {
    ili_clusters_budget *b = l->budget = ili_alloc(1, sizeof *b);
    const size_t n = (size_t)l->n_types;
    if (!b) return false;
    b->count = ili_alloc(n, sizeof *b->count);
    b->speed = ili_alloc(n, sizeof *b->speed);
    b->width2 = ili_alloc(n, sizeof *b->width2);
    edge **edges[] = {&b->ends, &b->short_ends, &b->near, &b->far};
    bool ok = b->count && b->speed && b->width2;
    for (size_t k = 0; k < sizeof edges / sizeof *edges; k++)
        ok = (*edges[k] = ili_alloc(n * n, sizeof **edges[k])) && ok;
    return ok;
}

il_status ili_clusters_allow(il_context *ctx, ili_clusters *l, const ili_clusters_drift *drift) {
    ili_clusters_budget_free(&l->budget);
    ili_clusters_forget(l);
    if (drift && drift->energy > 0.0 && l->n_atoms > 0) {
        if (!make_budget(l)) {
            ili_clusters_budget_free(&l->budget);
            ili_clusters_choose_inner(l);
            return ili_no_memory(ctx, "the buffer of the cluster list");
        }
        ili_clusters_budget *b = l->budget;
        b->energy = drift->energy;
        memcpy(b->speed, drift->speed, (size_t)l->n_types * sizeof *b->speed);
        for (int32_t i = 0; i < l->n_atoms; i++) b->count[l->type_in[i]] += 1.0;
        for (int32_t k = 0; k < l->n_types * l->n_types; k++) {
            b->ends[k] = bent(drift->end[k]);
            if (drift->short_end) b->short_ends[k] = bent(drift->short_end[k]);
        }
    }
    ili_clusters_choose_inner(l);
    return IL_OK;
}

/** Add squares of what the atoms of some clusters have moved beyond the map since the build, or, with `pruned`, since the pruning, by type
 *  into sum [n_types]; the greatest of them behind. */
ILI_HOT static void add_squares(const ili_clusters *l, const double built[3][3], const double (*pruned)[3],
                                int32_t from, int32_t to, double *sum) {
    double greatest = 0.0;
    for (int32_t c = from; c < to; c++) {
        const double(*restrict x)[ILI_CLUSTER] = (const double(*)[ILI_CLUSTER])l->x[c];
        const float(*restrict x0)[ILI_CLUSTER] = (const float(*)[ILI_CLUSTER])l->x0[c];
        const float(*restrict moved)[ILI_CLUSTER] = (const float(*)[ILI_CLUSTER])l->moved[c];
        const int32_t *atom = l->atom + (size_t)c * ILI_CLUSTER, *type = l->type + (size_t)c * ILI_CLUSTER;
        double far[ILI_CLUSTER] = {0};
        for (int k = 0; k < 3; k++)
            for (int b = 0; b < ILI_CLUSTER; b++) {
                double d =
                    x[k][b] - (x0[0][b] * built[0][k] + x0[1][b] * built[1][k] + x0[2][b] * built[2][k]);
                if (pruned)
                    d -= moved[0][b] * pruned[0][k] + moved[1][b] * pruned[1][k] + moved[2][b] * pruned[2][k];
                far[b] += d * d;
            }
        for (int b = 0; b < ILI_CLUSTER && atom[b] >= 0; b++) {
            sum[type[b]] += far[b];
            greatest = fmax(greatest, far[b]);
        }
    }
    sum[l->n_types] = greatest;
}

/** Measure the widths; the farthest that an atom has moved, angstrom; infinite: no memory, or a position is no number. */
static double measure(il_context *ctx, ili_clusters *l, const double built[3][3], const double (*pruned)[3]) {
    ili_clusters_budget *b = l->budget;
    const int32_t blocks = (l->n_clusters + ILI_CLUSTERS_BLOCK - 1) / ILI_CLUSTERS_BLOCK;
    const size_t size = (size_t)l->n_types + 1;
    double greatest = 0.0, all = 0.0;
    if (!ILI_FIT(b->part, (size_t)blocks * size, b->cap_part)) return INFINITY;
    memset(b->part, 0, (size_t)blocks * size * sizeof *b->part);
#pragma omp parallel for num_threads(ctx->n_threads) if (blocks > 1)
    for (int32_t k = 0; k < blocks; k++)
        add_squares(l, built, pruned, k * ILI_CLUSTERS_BLOCK, ili_clusters_block_end(l, k),
                    b->part + (size_t)k * size);
    memset(b->width2, 0, (size_t)l->n_types * sizeof *b->width2);
    for (int32_t k = 0; k < blocks; k++) {
        for (int32_t t = 0; t < l->n_types; t++) b->width2[t] += b->part[(size_t)k * size + (size_t)t];
        greatest = fmax(greatest, b->part[(size_t)k * size + (size_t)l->n_types]);
    }
    for (int32_t t = 0; t < l->n_types; t++) {
        all += b->width2[t];
        if (b->count[t] > 0.0)
            b->width2[t] *= (1.0 + SURE * sqrt(2.0 / (3.0 * b->count[t]))) / (3.0 * b->count[t]);
    }
    return isfinite(all) ? sqrt(greatest) : INFINITY;
}

double ili_clusters_missed(il_context *ctx, ili_clusters *l, const double built[3][3],
                           const double (*pruned)[3], double room, double *farthest) {
    const edge *edges = pruned ? l->budget->near : l->budget->far;
    *farthest = measure(ctx, l, built, pruned);
    return missed(l, edges, l->row[l->n_rows].begin / l->budget->volume, 2.0 * room);
}

bool ili_clusters_may_miss(il_context *ctx, ili_clusters *l, const double built[3][3],
                           const double (*pruned)[3], double room, int64_t updates) {
    double farthest;
    if (!l->budget || !(room > 0.0)) return false;
    const double energy = ili_clusters_missed(ctx, l, built, pruned, room, &farthest);
    return farthest < 2.0 * room && energy <= 0.5 * l->budget->energy * (double)updates;
}
