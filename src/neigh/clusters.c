/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Life of a cluster list and its update; what is made anew stands in clusters_build.c, the pruning in clusters_prune.c.
 *
 *  Validity. With F = h0^-1 h the affine map since the build and delta the displacement left over, a pair that was at least
 *  rc + skin apart now is at least sigma_min(F) (rc + skin) - 2 max|delta| apart, and 1 - |F - 1| <= sigma_min(F). The list holds
 *  while that exceeds rc (where pairs may be missed, longer: clusters_buffer.c). The pruned list holds while the same is true of the map and the displacements since the pruning and of the
 *  inner skin; with delta_p the displacements at the pruning and G the map since, those are delta - delta_p G, in which x0 cancels. */
#include "neigh/clusters.h"

#include "base/alloc.h"
#include "base/hot.h"
#include "base/timing.h"
#include "math/vec.h"
#include "neigh/clusters_state.h"

#include <string.h>

static const double TYPICAL_COST = 2.5;

void ili_clusters_destroy(ili_clusters **list) {
    if (!list || !*list) return;
    ili_clusters *l = *list;
    void *blocks[] = {
        l->type_in, l->reach, l->short_reach, l->partner, l->partner_start, l->atom,    l->type,  l->slot_of,
        l->wrap,    l->x,     l->at,          l->x0,      l->moved,         l->shift_n, l->shift, l->shift_at,
        l->row,     l->pair,  l->chunk,       l->local,   l->n_local,       l->touched};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ili_free(blocks[i]);
    ili_clusters_budget_free(&l->budget);
    ili_free(l);
    *list = NULL;
}

static il_status copy_exclusions(il_context *ctx, ili_clusters *l, int32_t n_excluded,
                                 const int32_t (*excluded)[2]) {
    l->partner_start = ili_alloc((size_t)l->n_atoms + 2, sizeof *l->partner_start);
    l->partner = ili_alloc(2 * (size_t)n_excluded, sizeof *l->partner);
    if (!l->partner_start || !l->partner) return ili_no_memory(ctx, "the exclusions");
    for (int32_t p = 0; p < n_excluded; p++)
        for (int s = 0; s < 2; s++) l->partner_start[excluded[p][s] + 2]++;
    for (int32_t i = 0; i < l->n_atoms; i++) l->partner_start[i + 2] += l->partner_start[i + 1];
    for (int32_t p = 0; p < n_excluded; p++)
        for (int s = 0; s < 2; s++) l->partner[l->partner_start[excluded[p][s] + 1]++] = excluded[p][1 - s];
    return IL_OK;
}

void ili_clusters_expect(ili_clusters *l, double cost) {
    l->cost = cost;
    ili_clusters_choose_inner(l);
    ili_clusters_forget(l);
}

/** The greatest of n numbers; *is_same: all are the same. */
static double greatest(const double *a, size_t n, bool *is_same) {
    double most = 0.0;
    *is_same = true;
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, a[i]);
        *is_same = *is_same && a[i] == a[0];
    }
    return most;
}

il_status ili_clusters_create(il_context *ctx, int32_t n_atoms, const int32_t *type, int32_t n_types,
                              const double *reach, const double *short_reach, double skin, int32_t n_excluded,
                              const int32_t (*excluded)[2], ili_clusters **out) {
    *out = NULL;
    ili_clusters *l = ili_alloc(1, sizeof *l);
    if (!l) return ili_no_memory(ctx, "the cluster list");
    il_status status = IL_OK;
    const size_t n = (size_t)n_atoms, n_pairs = (size_t)n_types * (size_t)n_types;
    bool is_same;
    l->n_atoms = n_atoms;
    l->n_types = n_types;
    l->skin = skin;
    l->type_in = ili_alloc(n, sizeof *l->type_in);
    l->slot_of = ili_alloc(n, sizeof *l->slot_of);
    l->reach = ili_alloc(n_pairs, sizeof *l->reach);
    l->short_reach = ili_alloc(n_pairs, sizeof *l->short_reach);
    if (!l->type_in || !l->slot_of || !l->reach || !l->short_reach)
        IL_GO(ili_no_memory(ctx, "the cluster list"));
    if (n) memcpy(l->type_in, type, n * sizeof *type);
    if (n_pairs) {
        memcpy(l->reach, reach, n_pairs * sizeof *reach);
        memcpy(l->short_reach, short_reach ? short_reach : reach, n_pairs * sizeof *reach);
    }
    l->reach_max = greatest(l->reach, n_pairs, &l->is_uniform);
    l->short_max = greatest(l->short_reach, n_pairs, &is_same);
    ili_clusters_expect(l, TYPICAL_COST);
    IL_GO(copy_exclusions(ctx, l, excluded ? n_excluded : 0, excluded));
out:
    if (status != IL_OK) ili_clusters_destroy(&l);
    *out = l;
    return status;
}

/** The affine map since an epoch, and how far atoms may have moved beyond it while a list with that skin holds; < 0: it does not. */
static double room_since(const ili_clusters_epoch *epoch, const ili_cell *cell, double reach, double skin,
                         double map[3][3]) {
    double inv[3][3], now[3][3], strain2 = 0.0;
    if (!epoch->is_set) return -1.0;
    memcpy(now, cell->h, sizeof now);
    for (int k = 0; k < 3; k++) {
        if (cell->pbc[k] != epoch->cell.pbc[k]) return -1.0;
        if (!cell->pbc[k]) memcpy(now[k], epoch->cell.h[k], sizeof now[k]); /* an open axis moves nothing */
    }
    ili_inverse(epoch->cell.h, inv);
    ili_mat_mul(inv, now, map);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) strain2 += (map[i][j] - (i == j)) * (map[i][j] - (i == j));
    return 0.5 * ((1.0 - sqrt(strain2)) * (reach + skin) - reach);
}

/** How the atoms of a list move: maps of the cell and room since build and pruning. */
typedef struct motion {
    double built[3][3], pruned[3][3], room_built, room_pruned;
} motion;

/** New places of cluster c; bit 0: an atom has left its room since the build, bit 1: since the pruning. */
static inline int move_cluster(ili_clusters *l, const ili_cell *cell, const double (*x)[3], const motion *m,
                               int32_t c) {
    const int32_t *atom = l->atom + (size_t)c * ILI_CLUSTER;
    double(*restrict to)[ILI_CLUSTER] = l->x[c];
    int32_t(*restrict at)[ILI_CLUSTER] = l->at[c];
    const int32_t(*restrict wrap)[ILI_CLUSTER] = (const int32_t(*)[ILI_CLUSTER])l->wrap[c];
    const float(*restrict x0)[ILI_CLUSTER] = (const float(*)[ILI_CLUSTER])l->x0[c];
    const float(*restrict moved)[ILI_CLUSTER] = (const float(*)[ILI_CLUSTER])l->moved[c];
    for (int b = 0; b < ILI_CLUSTER; b++) {
        const double *from = x[atom[b] >= 0 ? atom[b] : atom[0]];
        for (int k = 0; k < 3; k++) to[k][b] = from[k];
    }
    double far_built[ILI_CLUSTER] = {0}, far_pruned[ILI_CLUSTER] = {0};
    for (int k = 0; k < 3; k++)
        for (int b = 0; b < ILI_CLUSTER; b++) {
            to[k][b] += wrap[0][b] * cell->h[0][k] + wrap[1][b] * cell->h[1][k] + wrap[2][b] * cell->h[2][k];
            /* so large a number is added that a step is its last bit: the low half is then the steps modulo 2^32 */
            const double y = to[k][b] + 1.5 * (1LL << 52) * ILI_AT_STEP;
            int64_t bits;
            memcpy(&bits, &y, sizeof bits);
            at[k][b] = (int32_t)bits;
            const double left = to[k][b] - (x0[0][b] * m->built[0][k] + x0[1][b] * m->built[1][k] +
                                            x0[2][b] * m->built[2][k]);
            const double since = left - (moved[0][b] * m->pruned[0][k] + moved[1][b] * m->pruned[1][k] +
                                         moved[2][b] * m->pruned[2][k]);
            far_built[b] += left * left;
            far_pruned[b] += since * since;
        }
    int64_t built = 0, pruned = 0;
    for (int b = 0; b < ILI_CLUSTER; b++) built |= !(far_built[b] < m->room_built * m->room_built);
    for (int b = 0; b < ILI_CLUSTER; b++) pruned |= !(far_pruned[b] < m->room_pruned * m->room_pruned);
    return (int)built | (int)pruned << 1;
}

ILI_HOT static int move_range(ili_clusters *l, const ili_cell *cell, const double (*x)[3], const motion *m,
                              int32_t from, int32_t to) {
    int left = 0;
    for (int32_t c = from; c < to; c++) left |= move_cluster(l, cell, x, m, c);
    return left;
}

void ili_clusters_place_shifts(ili_clusters *l, const ili_cell *cell) {
    for (int32_t s = 0; s < l->n_shifts; s++)
        for (int k = 0; k < 3; k++) {
            const int32_t *n = l->shift_n[s];
            l->shift[s][k] = n[0] * cell->h[0][k] + n[1] * cell->h[1][k] + n[2] * cell->h[2][k];
            l->shift_at[s][k] = (int32_t)(uint32_t)llrint(l->shift[s][k] / ILI_AT_STEP);
        }
}

/** Place all atoms and shifts; what move_cluster tells of any atom. */
static int move_atoms(il_context *ctx, ili_clusters *l, const ili_cell *cell, const double (*x)[3],
                      const motion *m) {
    int left = 0;
    const int32_t blocks = (l->n_clusters + ILI_CLUSTERS_BLOCK - 1) / ILI_CLUSTERS_BLOCK;
#pragma omp parallel for num_threads(ctx->n_threads) reduction(| : left) if (blocks > 1)
    for (int32_t b = 0; b < blocks; b++)
        left |= move_range(l, cell, x, m, b * ILI_CLUSTERS_BLOCK, ili_clusters_block_end(l, b));
    ili_clusters_place_shifts(l, cell);
    return left;
}

/** Remember how far the atoms of some clusters have moved beyond the map of the cell since the build. */
ILI_HOT static void remember_moves(ili_clusters *l, const double map[3][3], int32_t from, int32_t to) {
    for (int32_t c = from; c < to; c++) {
        const double(*restrict x)[ILI_CLUSTER] = (const double(*)[ILI_CLUSTER])l->x[c];
        const float(*restrict x0)[ILI_CLUSTER] = (const float(*)[ILI_CLUSTER])l->x0[c];
        for (int k = 0; k < 3; k++)
            for (int b = 0; b < ILI_CLUSTER; b++)
                l->moved[c][k][b] =
                    (float)(x[k][b] - (x0[0][b] * map[0][k] + x0[1][b] * map[1][k] + x0[2][b] * map[2][k]));
    }
}

/** Prune; the map of the cell since the build. */
static il_status prune(il_context *ctx, ili_clusters *l, const ili_cell *cell, const double map[3][3]) {
    const int32_t blocks = (l->n_clusters + ILI_CLUSTERS_BLOCK - 1) / ILI_CLUSTERS_BLOCK;
#pragma omp parallel for num_threads(ctx->n_threads) if (blocks > 1)
    for (int32_t b = 0; b < blocks; b++)
        remember_moves(l, map, b * ILI_CLUSTERS_BLOCK, ili_clusters_block_end(l, b));
    l->pruned.is_set = false;
    IL_TRY(ili_clusters_prune(ctx, l));
    l->pruned = (ili_clusters_epoch){*cell, true, 0};
    l->prunings++;
    return IL_OK;
}

/** Slots first, then positions as every update makes them, then what is found from those. */
static il_status rebuild(il_context *ctx, ili_clusters *l, const ili_cell *cell, const double (*x)[3]) {
    l->built.is_set = l->pruned.is_set = false;
    IL_TRY(ili_clusters_build(ctx, l, cell, x));
    l->built = (ili_clusters_epoch){*cell, true, 0};
    l->builds++;
    return prune(ctx, l, cell, (const double[3][3]){{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
}

void ili_clusters_place(il_context *ctx, ili_clusters *l, const ili_cell *cell, const double (*x)[3]) {
    const motion still = {.room_built = 1.0, .room_pruned = 1.0};
    move_atoms(ctx, l, cell, x, &still);
}

static il_status bring_up_to_date(il_context *ctx, ili_clusters *l, const ili_cell *cell,
                                  const double (*x)[3]) {
    motion m = {.room_built = 0.0};
    l->built.updates++;
    l->pruned.updates++;
    m.room_built = room_since(&l->built, cell, l->reach_max, l->skin, m.built) - l->coarse;
    if (!(m.room_built > 0.0)) return rebuild(ctx, l, cell, x);
    m.room_pruned = room_since(&l->pruned, cell, l->reach_max, l->inner, m.pruned);
    const double(*built)[3] = (const double(*)[3])m.built, (*pruned)[3] = (const double(*)[3])m.pruned;
    const int left = move_atoms(ctx, l, cell, x, &m);
    if (left & 1 && !ili_clusters_may_miss(ctx, l, built, NULL, m.room_built, l->built.updates))
        return rebuild(ctx, l, cell, x);
    if ((left & 2 || !(m.room_pruned > 0.0)) &&
        !ili_clusters_may_miss(ctx, l, built, pruned, m.room_pruned, l->pruned.updates))
        return prune(ctx, l, cell, built);
    return IL_OK;
}

il_status ili_clusters_update(il_context *ctx, ili_clusters *l, const ili_cell *cell, const double (*x)[3]) {
    ili_tick t = ili_tick_now();
    il_status status = bring_up_to_date(ctx, l, cell, x);
    ili_tock(ctx, ILI_TIME_NEIGHBOUR, &t);
    return status;
}

void ili_clusters_forget(ili_clusters *l) {
    l->built.is_set = false;
}

ili_clusters_view ili_clusters_get(const ili_clusters *l) {
    return (ili_clusters_view){.n_atoms = l->n_atoms,
                               .n_clusters = l->n_clusters,
                               .n_rows = l->n_rows,
                               .n_chunks = l->n_chunks,
                               .n_shifts = l->n_shifts,
                               .atom = l->atom,
                               .type = l->type,
                               .slot_of = l->slot_of,
                               .x = (const double(*)[3][ILI_CLUSTER])l->x,
                               .at = (const int32_t(*)[3][ILI_CLUSTER])l->at,
                               .shift = (const double(*)[3])l->shift,
                               .shift_at = (const int32_t(*)[3])l->shift_at,
                               .row = l->row,
                               .pair = l->pair,
                               .chunk = l->chunk,
                               .local = l->local,
                               .n_local = l->n_local,
                               .touched = l->touched};
}

double ili_clusters_inner_skin(const ili_clusters *l) {
    return l->inner;
}

long ili_clusters_builds(const ili_clusters *l) {
    return l->builds;
}

long ili_clusters_prunings(const ili_clusters *l) {
    return l->prunings;
}
