/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Pairs come from a neighbour list over explicit images and are counted in whole numbers, one histogram a chunk of the list, so
 *  bits do not depend on the threads. A sample is: 1/V, 1, then the histograms of all unordered pairs of species. */
#include "analysis/rdf.h"

#include "analysis/blocksum.h"
#include "base/alloc.h"
#include "math/units.h"
#include "math/vec.h"
#include "neigh/nlist.h"

#include <string.h>

enum { DENSITY, SAMPLES, COUNTS };

struct ili_rdf {
    ili_rdf_plan plan; /**< species NULL */
    int32_t n_pairs;
    int32_t *n_of;    /**< [n_species] atoms */
    double (*x)[3];   /**< [n_atoms] */
    int64_t *chunked; /**< [ILI_CHUNKS][n_pairs * n_bins] */
    ili_nlist *list;
    ili_blocks blocks;
};

/** Number of the unordered pair of species. */
static int32_t pair_of(int32_t a, int32_t b) {
    int32_t high = a > b ? a : b, low = a > b ? b : a;
    return high * (high + 1) / 2 + low;
}

static il_status make_list(il_context *ctx, const ili_rdf_plan *plan, ili_nlist **list) {
    int32_t nt = plan->n_species + 1; /* the last: not counted */
    il_status status = IL_OK;
    int32_t *type = ili_alloc((size_t)plan->n_atoms, sizeof *type);
    double *rc = ili_alloc((size_t)nt * (size_t)nt, sizeof *rc);
    if (!type || !rc) IL_GO(ili_no_memory(ctx, "the pair distribution"));
    for (int32_t i = 0; i < plan->n_atoms; i++)
        type[i] = plan->species[i] < 0 ? plan->n_species : plan->species[i];
    for (int32_t a = 0; a < plan->n_species; a++)
        for (int32_t b = 0; b < plan->n_species; b++) rc[a * nt + b] = plan->r_max;
    IL_GO(ili_nlist_create(ctx, plan->n_atoms, type, nt, rc, 0.0, 0, NULL, list));
out:
    ili_free(type);
    ili_free(rc);
    return status;
}

il_status ili_rdf_create(il_context *ctx, const ili_rdf_plan *plan, ili_rdf **out) {
    il_status status = IL_OK;
    *out = NULL;
    if (!(plan->r_max > 0.0) || plan->n_bins < 1 || plan->n_species < 1)
        return ili_fail(ctx, IL_E_INPUT,
                        "pair distribution: %d species, %d bins up to %g A, expected positive numbers",
                        plan->n_species, plan->n_bins, plan->r_max);
    ili_rdf *rdf = ili_alloc(1, sizeof *rdf);
    if (!rdf) return ili_no_memory(ctx, "the pair distribution");
    rdf->plan = *plan;
    rdf->plan.species = NULL;
    rdf->n_pairs = plan->n_species * (plan->n_species + 1) / 2;
    int32_t n_counts = rdf->n_pairs * plan->n_bins;
    rdf->n_of = ili_alloc((size_t)plan->n_species, sizeof *rdf->n_of);
    rdf->x = ili_alloc((size_t)plan->n_atoms, sizeof *rdf->x);
    rdf->chunked = ili_alloc(ILI_CHUNKS * (size_t)n_counts, sizeof *rdf->chunked);
    if (!rdf->n_of || !rdf->x || !rdf->chunked) IL_GO(ili_no_memory(ctx, "the pair distribution"));
    for (int32_t i = 0; i < plan->n_atoms; i++)
        if (plan->species[i] >= 0) rdf->n_of[plan->species[i]]++;
    IL_GO(make_list(ctx, plan, &rdf->list));
    IL_GO(ili_blocks_create(ctx, COUNTS + n_counts, "the pair distribution", &rdf->blocks));
    *out = rdf;
    return IL_OK;
out:
    ili_rdf_destroy(&rdf);
    return status;
}

void ili_rdf_destroy(ili_rdf **rdf) {
    if (!*rdf) return;
    ili_free((*rdf)->n_of);
    ili_free((*rdf)->x);
    ili_free((*rdf)->chunked);
    ili_nlist_destroy(&(*rdf)->list);
    ili_blocks_free(&(*rdf)->blocks);
    ili_free(*rdf);
    *rdf = NULL;
}

static void count_chunk(const ili_rdf *rdf, const ili_nlist_view *v, int chunk, int64_t *count) {
    double per_bin = rdf->plan.n_bins / rdf->plan.r_max;
    for (int32_t row = v->chunk[chunk]; row < v->chunk[chunk + 1]; row++)
        for (ili_nlist_walk w = ili_nlist_row(v, row); ili_nlist_next(&w);) {
            double d[3];
            ili_sub(v->px[w.entry], v->px[row], d);
            int32_t bin = (int32_t)(ili_norm(d) * per_bin);
            if (bin >= rdf->plan.n_bins) continue;
            count[pair_of(v->type[row], v->type[w.entry]) * rdf->plan.n_bins + bin]++;
        }
}

il_status ili_rdf_add(il_context *ctx, ili_rdf *rdf, const ili_cell *cell, const double (*s)[3]) {
    size_t n_counts = (size_t)rdf->n_pairs * (size_t)rdf->plan.n_bins;
    for (int32_t i = 0; i < rdf->plan.n_atoms; i++) ili_cell_to_cart(cell, s[i], rdf->x[i]);
    ili_nlist_forget(rdf->list);
    IL_TRY(ili_nlist_update(ctx, rdf->list, cell, (const double(*)[3])rdf->x));
    ili_nlist_view v = ili_nlist_get(rdf->list);
    memset(rdf->chunked, 0, ILI_CHUNKS * n_counts * sizeof *rdf->chunked);
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads)
    for (int chunk = 0; chunk < ILI_CHUNKS; chunk++)
        count_chunk(rdf, &v, chunk, rdf->chunked + (size_t)chunk * n_counts);
    double *sample = ili_blocks_open(&rdf->blocks);
    sample[DENSITY] += 1.0 / ili_cell_volume(cell);
    sample[SAMPLES] += 1.0;
    for (int chunk = 0; chunk < ILI_CHUNKS; chunk++)
        for (size_t k = 0; k < n_counts; k++)
            sample[COUNTS + k] += (double)rdf->chunked[(size_t)chunk * n_counts + k];
    ili_blocks_close(&rdf->blocks);
    return IL_OK;
}

int64_t ili_rdf_frames(const ili_rdf *rdf) {
    return ili_blocks_samples(&rdf->blocks);
}

size_t ili_rdf_memory(const ili_rdf *rdf) {
    return sizeof *rdf + (size_t)rdf->plan.n_atoms * sizeof *rdf->x + ili_blocks_memory(&rdf->blocks) +
           ILI_CHUNKS * (size_t)rdf->n_pairs * (size_t)rdf->plan.n_bins * sizeof *rdf->chunked;
}

void ili_rdf_carry(ili_rdf *rdf, ili_bytes *bytes) {
    ili_blocks_carry(&rdf->blocks, bytes);
}

double ili_rdf_radius(const ili_rdf *rdf, int32_t k) {
    return (k + 0.5) * rdf->plan.r_max / rdf->plan.n_bins;
}

/** Which pair, from which side. */
typedef struct query {
    const ili_rdf *rdf;
    int32_t a, b;
} query;

/** out: g of all bins, then the running numbers. */
static void curves(const void *user, const double *sums, double *out) {
    const query *q = user;
    const ili_rdf *rdf = q->rdf;
    int32_t n = rdf->plan.n_bins;
    double dr = rdf->plan.r_max / n, within = 0.0, per_pair = q->a == q->b ? 2.0 : 1.0;
    double n_a = rdf->n_of[q->a], n_b = rdf->n_of[q->b];
    const double *count = sums + COUNTS + (size_t)pair_of(q->a, q->b) * (size_t)n;
    for (int32_t k = 0; k < n; k++) {
        double shell = 4.0 / 3.0 * ILI_PI * dr * dr * dr * (3.0 * k * (k + 1.0) + 1.0);
        out[k] = per_pair * count[k] / (n_a * n_b * shell * sums[DENSITY]);
        within += per_pair * count[k];
        out[n + k] = within / (n_a * sums[SAMPLES]);
    }
}

il_status ili_rdf_result(il_context *ctx, const ili_rdf *rdf, int32_t a, int32_t b, double *g,
                         double *g_sigma, double *number, double *number_sigma) {
    size_t n = (size_t)rdf->plan.n_bins;
    double *want[4] = {g, number, g_sigma, number_sigma};
    query q = {rdf, a, b};
    il_status status = IL_OK;
    double *out = ili_alloc(4 * n, sizeof *out);
    if (!out) return ili_no_memory(ctx, "the pair distribution");
    IL_GO(ili_blocks_estimate(ctx, &rdf->blocks, 0, (int32_t)(2 * n), curves, &q, out, out + 2 * n, NULL));
    for (int k = 0; k < 4; k++)
        if (want[k]) memcpy(want[k], out + (size_t)k * n, n * sizeof *out);
out:
    ili_free(out);
    return status;
}
