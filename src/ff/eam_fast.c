/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Plan of a call, the loops over chunks and blocks shared by all threads:
 *    chunks  densities of their pairs, each chunk in a buffer of its own
 *    blocks  of slots: densities summed in the order of the chunks, F and F'
 *    chunks  forces of their pairs
 *    blocks  of slots: forces summed in the order of the chunks and added to the atoms. */
#include "ff/eam_fast.h"

#include "base/alloc.h"
#include "ff/eam_kernel.h"
#include "neigh/cluster_sums.h"

#include <math.h>
#include <string.h>

static const double KERNEL_COST = 8.0; /**< of a kernel call, in prunings */
enum { BLOCK = 512 };                  /**< slots whose F is found by one thread */

struct ili_eam_fast {
    int32_t n, n_members;
    int32_t *member; /**< [n_members] atoms of the list; NULL: all, in order */
    double (*x)[3];  /**< [n_members] where they are, NULL likewise */
    double (*f)[3];
    int32_t *kind;       /**< [n_kinds] kinds in use: types of the list */
    int32_t *species_of; /**< [n_kinds] the last of the types that are of a kind */
    ili_eam_tables tables;
    ili_clusters *list;
    ili_cluster_sums *rho_sums, *f_sums;
    double *embed, *slope; /**< [slots] density, then F; F' */
    size_t cap_embed, cap_slope, cap_part;
    struct chunk_part {
        double energy, w[6];
    } * part; /**< [n_chunks] */
};

void ili_eam_fast_destroy(ili_eam_fast **fast) {
    if (!fast || !*fast) return;
    ili_eam_fast *p = *fast;
    ili_free(p->member);
    ili_free(p->x);
    ili_free(p->f);
    ili_free(p->kind);
    ili_free(p->species_of);
    ili_eam_tables_free(&p->tables);
    ili_clusters_destroy(&p->list);
    ili_cluster_sums_destroy(&p->rho_sums);
    ili_cluster_sums_destroy(&p->f_sums);
    ili_free(p->embed);
    ili_free(p->slope);
    ili_free(p->part);
    ili_free(p);
    *fast = NULL;
}

/** Kinds in use, ascending, and place [kinds of eam]: of each among them. */
static int32_t kinds_in_use(const int32_t *kind, int32_t n, const int32_t *type, int32_t n_all,
                            int32_t *place, int32_t *in_use) {
    int32_t count = 0;
    for (int32_t i = 0; i < n; i++)
        if (kind[type[i]] >= 0) place[kind[type[i]]] = 1;
    for (int32_t k = 0; k < n_all; k++)
        if (place[k]) {
            place[k] = count;
            in_use[count++] = k;
        }
    return count;
}

/** Members, and the list over them. */
static il_status make_list(il_context *ctx, ili_eam_fast *p, const int32_t *kind, const int32_t *type,
                           const int32_t *place, double skin) {
    il_status status = IL_OK;
    const size_t n_kinds = (size_t)p->tables.n_kinds;
    double *reach = ili_alloc(n_kinds * n_kinds, sizeof *reach);
    int32_t *list_type = ili_alloc((size_t)p->n, sizeof *list_type);
    if (!reach || !list_type || !p->member) IL_GO(ili_no_memory(ctx, "the embedded atoms"));
    for (int32_t i = 0; i < p->n; i++)
        if (kind[type[i]] >= 0) {
            list_type[p->n_members] = place[kind[type[i]]];
            p->member[p->n_members++] = i;
        }
    for (size_t k = 0; k < n_kinds * n_kinds; k++) reach[k] = sqrt(p->tables.reach2[k]);
    IL_GO(ili_clusters_create(ctx, p->n_members, list_type, p->tables.n_kinds, reach, NULL, skin, 0, NULL,
                              &p->list));
    ili_clusters_expect(p->list, KERNEL_COST);
    if (p->n_members == p->n) {
        ili_free(p->member);
        p->member = NULL;
        goto out;
    }
    p->x = ili_alloc((size_t)p->n_members, sizeof *p->x);
    p->f = ili_alloc((size_t)p->n_members, sizeof *p->f);
    if (!p->x || !p->f) IL_GO(ili_no_memory(ctx, "the embedded atoms"));
out:
    ili_free(reach);
    ili_free(list_type);
    return status;
}

il_status ili_eam_fast_create(il_context *ctx, const ili_eam_functions *eam, const int32_t *kind,
                              int32_t n_types, int32_t n, const int32_t *type, double skin,
                              ili_eam_fast **out) {
    il_status status = IL_OK;
    int32_t n_all = 0, *place = NULL;
    for (int32_t t = 0; t < n_types; t++)
        if (kind[t] >= n_all) n_all = kind[t] + 1;
    ili_eam_fast *p = *out = ili_alloc(1, sizeof *p);
    if (!p) return ili_no_memory(ctx, "the embedded atoms");
    p->n = n;
    p->member = ili_alloc((size_t)n, sizeof *p->member);
    p->kind = ili_alloc((size_t)n_all, sizeof *p->kind);
    p->species_of = ili_alloc((size_t)n_all, sizeof *p->species_of);
    place = ili_alloc((size_t)n_all, sizeof *place);
    if (!p->member || !p->kind || !p->species_of || !place) IL_GO(ili_no_memory(ctx, "the embedded atoms"));
    const int32_t n_kinds = kinds_in_use(kind, n, type, n_all, place, p->kind);
    for (int32_t i = 0; i < n; i++)
        if (kind[type[i]] >= 0) p->species_of[place[kind[type[i]]]] = type[i];
    IL_GO(ili_eam_tables_make(ctx, eam, n_kinds, p->kind, &p->tables));
    IL_GO(make_list(ctx, p, kind, type, place, skin));
    IL_GO(ili_cluster_sums_create(ctx, 1, false, &p->rho_sums));
    IL_GO(ili_cluster_sums_create(ctx, 3, false, &p->f_sums));
out:
    ili_free(place);
    if (status != IL_OK) ili_eam_fast_destroy(out);
    return status;
}

/** The greatest |F'| between a 64th of the densities that tables hold and the last of them: above what an atom of any solid has. */
static double steepest(const ili_eam_fast *p, int kind) {
    double rho = ili_eam_density_end(p->tables.eam), steep = 0.0;
    if (!ili_eam_is_embedded(p->tables.eam, kind)) return 0.0;
    for (int k = 0; k <= 6; k++, rho *= 0.5) {
        double slope;
        ili_eam_embedding(p->tables.eam, kind, rho, &slope);
        steep = fmax(steep, fabs(slope));
    }
    return steep;
}

/** |energy| that a pair of kinds has at r: its own, and what its densities change in F. */
static double end_energy(const ili_eam_fast *p, int a, int b, double r) {
    const ili_eam_functions *eam = p->tables.eam;
    const bool is_a = ili_eam_is_embedded(eam, a), is_b = ili_eam_is_embedded(eam, b);
    double unused, sum = 0.0;
    if (is_a && is_b) sum += fabs(ili_eam_pair(eam, a, b, r, &unused));
    if (is_a) sum += steepest(p, a) * fabs(ili_eam_density(eam, b, a, r, &unused));
    if (is_b) sum += steepest(p, b) * fabs(ili_eam_density(eam, a, b, r, &unused));
    return sum;
}

il_status ili_eam_fast_allow(il_context *ctx, ili_eam_fast *p, const ili_motion *motion) {
    if (!motion) return ili_clusters_allow(ctx, p->list, NULL);
    const int32_t n = p->tables.n_kinds;
    il_status status = IL_OK;
    double *speed = ili_alloc((size_t)n, sizeof *speed);
    double(*end)[ILI_EDGE_NODES] = ili_alloc((size_t)n * (size_t)n, sizeof *end);
    if (!speed || !end) IL_GO(ili_no_memory(ctx, "the buffer of the embedded atoms"));
    for (int32_t a = 0; a < n; a++) {
        speed[a] = motion->speed[p->species_of[a]];
        for (int32_t b = 0; b < n; b++)
            for (int d = 0; d < ILI_EDGE_NODES; d++) {
                const double r = sqrt(p->tables.reach2[a * n + b]) - ILI_EDGE_DEPTH[d];
                if (r > 0.0) end[a * n + b][d] = end_energy(p, p->kind[a], p->kind[b], r);
            }
    }
    const ili_clusters_drift drift = {
        .energy = motion->energy, .speed = speed, .end = (const double(*)[ILI_EDGE_NODES])end};
    IL_GO(ili_clusters_allow(ctx, p->list, &drift));
out:
    ili_free(speed);
    ili_free(end);
    return status;
}

double ili_eam_fast_inner_skin(const ili_eam_fast *fast) {
    return ili_clusters_inner_skin(fast->list);
}

void ili_eam_fast_forget(ili_eam_fast *fast) {
    ili_clusters_forget(fast->list);
}

static const ili_eam_kernel *const KERNEL[ILI_SIMD_SETS] = {&ili_eam_sse2, &ili_eam_avx2, &ili_eam_avx512};

static il_status bring_up_to_date(il_context *ctx, ili_eam_fast *p, const ili_cell *cell,
                                  const double (*x)[3]) {
    for (int32_t m = 0; p->member && m < p->n_members; m++) memcpy(p->x[m], x[p->member[m]], sizeof p->x[m]);
    IL_TRY(ili_clusters_update(ctx, p->list, cell, p->member ? (const double(*)[3])p->x : x));
    ili_clusters_view view = ili_clusters_get(p->list);
    const size_t slots = (size_t)view.n_clusters * ILI_CLUSTER;
    if (!ILI_GROW(p->embed, slots, p->cap_embed) || !ILI_GROW(p->slope, slots, p->cap_slope) ||
        !ILI_GROW(p->part, (size_t)view.n_chunks, p->cap_part))
        return ili_no_memory(ctx, "the embedded atoms");
    return IL_OK;
}

/** F and F' of every slot out of its density; 0 of blanks and donors. False: one is not a finite number. */
static bool embed_slots(const ili_eam_fast *p, const ili_clusters_view *v, int32_t from, int32_t to) {
    double check = 0.0;
    for (int32_t s = from; s < to; s++) {
        double slope = 0.0;
        p->embed[s] =
            v->atom[s] < 0 ? 0.0 : ili_eam_embedding(p->tables.eam, p->kind[v->type[s]], p->embed[s], &slope);
        p->slope[s] = slope;
        check += 0.0 * (p->embed[s] + slope);
    }
    return check == 0.0;
}

static void density_pass(il_context *ctx, ili_eam_fast *p, const ili_eam_job *job) {
    const ili_clusters_view *v = job->list;
    const ili_eam_kernel *kernel = KERNEL[ctx->simd];
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads)
    for (int32_t c = 0; c < v->n_chunks; c++)
        kernel->densities(job, c, ili_cluster_sums_begin(p->rho_sums, v, c));
}

/** False: F or F' is not a finite number. */
static bool embed(il_context *ctx, ili_eam_fast *p, const ili_clusters_view *v) {
    const int32_t slots = v->n_clusters * ILI_CLUSTER, n_blocks = (slots + BLOCK - 1) / BLOCK;
    bool is_finite = true;
    ili_cluster_sums_to_slots(ctx, p->rho_sums, v, p->embed);
#pragma omp parallel for schedule(static) num_threads(ctx->n_threads) reduction(&& : is_finite) if (n_blocks > 1)
    for (int32_t b = 0; b < n_blocks; b++)
        is_finite = embed_slots(p, v, b * BLOCK, b < n_blocks - 1 ? (b + 1) * BLOCK : slots) && is_finite;
    return is_finite;
}

/** False: a force is not a finite number. */
static bool force_pass(il_context *ctx, ili_eam_fast *p, const ili_eam_job *job, bool forces_only) {
    const ili_clusters_view *v = job->list;
    const ili_eam_kernel *kernel = KERNEL[ctx->simd];
    bool is_finite = true;
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads) reduction(&& : is_finite)
    for (int32_t c = 0; c < v->n_chunks; c++) {
        struct chunk_part *part = &p->part[c];
        double(*f)[3][ILI_CLUSTER] = ili_cluster_sums_begin(p->f_sums, v, c);
        is_finite = (forces_only ? kernel->forces_only(job, c, f)
                                 : kernel->forces(job, c, f, &part->energy, part->w)) &&
                    is_finite;
    }
    return is_finite;
}

/** Forces to the atoms. */
static void add_forces(il_context *ctx, ili_eam_fast *p, const ili_clusters_view *v, ili_accum *acc) {
    if (!p->member) {
        ili_cluster_sums_add(ctx, p->f_sums, v, acc->f[0]);
        return;
    }
    memset(p->f, 0, (size_t)p->n_members * sizeof *p->f);
    ili_cluster_sums_add(ctx, p->f_sums, v, p->f[0]);
    for (int32_t m = 0; m < p->n_members; m++)
        for (int k = 0; k < 3; k++) acc->f[p->member[m]][k] += p->f[m][k];
}

/** Energy and virial, in the order of the chunks and of the slots. */
static double add_energies(const ili_eam_fast *p, const ili_clusters_view *v, ili_accum *acc) {
    double sum = 0.0;
    for (int32_t c = 0; c < v->n_chunks; c++) {
        sum += p->part[c].energy;
        for (int k = 0; k < 6; k++) acc->w[k] += p->part[c].w[k];
    }
    for (int32_t s = 0; s < v->n_clusters * ILI_CLUSTER; s++) sum += p->embed[s];
    return sum;
}

/** Name the first atom whose F, or force if f [n_members] is given, is not a finite number. */
static il_status not_finite(il_context *ctx, const ili_eam_fast *p, const ili_clusters_view *v,
                            const double (*f)[3]) {
    int32_t m = 0;
    for (; m < p->n_members - 1; m++) {
        const int32_t slot = v->slot_of[m];
        if (f ? !isfinite(f[m][0] + f[m][1] + f[m][2]) : !isfinite(p->embed[slot] + p->slope[slot])) break;
    }
    return ili_eam_not_finite(ctx, p->member ? p->member[m] : m);
}

static il_status force_not_finite(il_context *ctx, const ili_eam_fast *p, const ili_clusters_view *v) {
    double(*f)[3] = ili_alloc((size_t)p->n_members, sizeof *f);
    if (!f) return ili_no_memory(ctx, "the embedded atoms");
    ili_cluster_sums_add(ctx, p->f_sums, v, f[0]);
    il_status status = not_finite(ctx, p, v, (const double(*)[3])f);
    ili_free(f);
    return status;
}

il_status ili_eam_fast_compute(il_context *ctx, ili_eam_fast *p, const ili_cell *cell, const double (*x)[3],
                               double *energy, ili_accum *acc) {
    IL_TRY(bring_up_to_date(ctx, p, cell, x));
    const ili_clusters_view view = ili_clusters_get(p->list);
    const ili_eam_job job = {.list = &view, .tables = &p->tables, .slope = p->slope};
    IL_TRY(ili_cluster_sums_fit(ctx, p->rho_sums, &view));
    density_pass(ctx, p, &job);
    if (!embed(ctx, p, &view)) return not_finite(ctx, p, &view, NULL);
    IL_TRY(ili_cluster_sums_fit(ctx, p->f_sums, &view));
    if (!force_pass(ctx, p, &job, acc->forces_only)) return force_not_finite(ctx, p, &view);
    *energy = acc->forces_only ? 0.0 : add_energies(p, &view, acc);
    add_forces(ctx, p, &view, acc);
    return IL_OK;
}
