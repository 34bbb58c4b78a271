/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Rows and pairs of a cluster list. For every half cluster and every shift: slabs, columns and clusters whose boxes lie near enough,
 *  then the atoms themselves. Pieces of clusters are searched by several threads, each into arrays of its own, and joined in order. */
#include "base/alloc.h"
#include "base/hot.h"
#include "math/vec.h"
#include "neigh/clusters_build.h"

#include <string.h>

enum { PIECES = 64 };
static const double IMAGES_MAX = 2e8,
                    AT_CLEAR = 48.0; /* angstrom: `at` tells these from their images 128 A away */
static const uint32_t ALL_PAIRS = 0xffffffff;

typedef struct piece {
    ili_cluster_row *row; /**< begin and end within the piece */
    ili_cluster_pair *pair;
    size_t n_rows, n_pairs, cap_rows, cap_pairs;
    bool is_full; /**< no memory */
} piece;

typedef struct search {
    const ili_clusters *l;
    const ili_cell *cell;
    const ili_cluster_draft *d;
    const double (*t)[3]; /**< [n_shifts] shifts in the frame */
    ili_cluster_limits limits;
    double at_clear; /**< pairs farther apart than this along an axis are cleared */
} search;

/** Append the shift n of the reduced lattice when the box of all atoms, moved by it, comes near itself. */
static bool try_shift(ili_clusters *l, const ili_cluster_draft *d, const int32_t n[3], double (**t)[3],
                      size_t *cap_t) {
    const ili_cluster_frame *f = &d->frame;
    const double reach = l->reach_max + l->skin;
    double to[3] = {0};
    int32_t lattice[3] = {0};
    for (int k = 0; k < f->n_periodic; k++)
        for (int j = 0; j < 3; j++) {
            to[j] += n[k] * f->step[k][j];
            lattice[j] += n[k] * f->lattice[k][j];
        }
    if (ili_cluster_gap2(&d->all, to, &d->all) >= reach * reach) return true;
    const size_t s = (size_t)l->n_shifts;
    if (!ILI_GROW(*t, s + 1, *cap_t) || !ILI_GROW(l->shift_n, s + 1, l->cap_shift_n)) return false;
    memcpy((*t)[s], to, sizeof to);
    memcpy(l->shift_n[s], lattice, sizeof lattice);
    l->n_shifts++;
    return true;
}

/** Shift 0 and one of each +-shift that matters. */
static il_status make_shifts(il_context *ctx, ili_clusters *l, const ili_cluster_draft *d, double (**t)[3]) {
    const ili_cluster_frame *f = &d->frame;
    double expected = 1.0, reach[3], offset, side[3];
    size_t cap_t = 0;
    int32_t n[3] = {0};
    for (int k = 0; k < 3; k++) {
        side[k] = d->all.high[k] - d->all.low[k] + l->reach_max + l->skin;
        reach[k] = k < f->n_periodic ? side[k] / f->step[k][k] : 0.0;
        expected *= 1.0 + 2.0 * reach[k];
    }
    if (expected * l->n_atoms > IMAGES_MAX)
        return ili_fail(ctx, IL_E_UNSUPPORTED,
                        "the cell is so thin that a cut-off of %g A needs more than %g images; "
                        "repeat the cell or shorten the cut-off",
                        l->reach_max, IMAGES_MAX);
    l->n_shifts = 0;
    if (!try_shift(l, d, n, t, &cap_t)) return ili_no_memory(ctx, "the shifts of the cluster list");
    for (n[2] = 0; n[2] <= reach[2]; n[2]++) {
        offset = f->n_periodic > 2 ? n[2] * f->step[2][1] : 0.0;
        const double low1 = f->n_periodic > 1 ? (-side[1] - offset) / f->step[1][1] : 0.0;
        const double high1 = f->n_periodic > 1 ? (side[1] - offset) / f->step[1][1] : 0.0;
        for (n[1] = n[2] ? (int32_t)floor(low1) : 0; n[1] <= high1; n[1]++) {
            offset = n[2] * f->step[2][0] + n[1] * f->step[1][0];
            const double low0 = f->n_periodic > 0 ? (-side[0] - offset) / f->step[0][0] : 0.0;
            const double high0 = f->n_periodic > 0 ? (side[0] - offset) / f->step[0][0] : 0.0;
            for (n[0] = n[2] || n[1] ? (int32_t)floor(low0) : 1; n[0] <= high0; n[0]++)
                if (!try_shift(l, d, n, t, &cap_t))
                    return ili_no_memory(ctx, "the shifts of the cluster list");
        }
    }
    return IL_OK;
}

/** Bits of a row on a cluster: pairs of an atom with itself, those counted elsewhere and blanks are 0. */
static uint32_t mask_of(const ili_clusters *l, int32_t half, int32_t shift, int32_t c) {
    const int32_t *row = l->atom + (size_t)half * ILI_CLUSTER_ROW, *col = l->atom + (size_t)c * ILI_CLUSTER;
    const bool is_own = shift == 0 && c == half / 2;
    if (!is_own && row[ILI_CLUSTER_ROW - 1] >= 0 && col[ILI_CLUSTER - 1] >= 0) return ALL_PAIRS;
    uint32_t mask = 0;
    for (int a = 0; a < ILI_CLUSTER_ROW; a++)
        for (int b = 0; b < ILI_CLUSTER; b++) {
            const bool is_counted = !is_own || b > a + half % 2 * ILI_CLUSTER_ROW;
            mask |= (uint32_t)(is_counted && row[a] >= 0 && col[b] >= 0) << (8 * a + b);
        }
    return mask;
}

/** Clear what is so far apart that steps modulo 2^32 could take it for near. */
static uint32_t clear_far(const search *s, const ili_cluster_row_place *row, int32_t c) {
    uint32_t mask = 0;
    for (int a = 0; a < ILI_CLUSTER_ROW; a++)
        for (int b = 0; b < ILI_CLUSTER; b++) {
            bool is_clear = true;
            for (int k = 0; k < 3; k++)
                is_clear = is_clear && fabs(s->l->x[c][k][b] - row->x[k][a]) < s->at_clear;
            mask |= (uint32_t)is_clear << (8 * a + b);
        }
    return mask;
}

static bool is_wide(const ili_cluster_box *a, const double t[3], const ili_cluster_box *b, double clear) {
    for (int k = 0; k < 3; k++)
        if (b->high[k] - a->low[k] - t[k] > 0.5 * clear || a->high[k] + t[k] - b->low[k] > 0.5 * clear)
            return true;
    return false;
}

/** Take the excluded pairs out of a row; its clusters ascend. */
static void exclude(const search *s, const ili_cluster_row *row, ili_cluster_pair *pair, size_t n) {
    const ili_clusters *l = s->l;
    for (int a = 0; a < ILI_CLUSTER_ROW; a++) {
        const int32_t slot = row->half * ILI_CLUSTER_ROW + a, i = l->atom[slot];
        if (i < 0) continue;
        for (int32_t p = l->partner_start[i]; p < l->partner_start[i + 1]; p++) {
            const int32_t other = l->slot_of[l->partner[p]], c = other / ILI_CLUSTER, b = other % ILI_CLUSTER;
            size_t low = 0, high = n;
            while (low < high) {
                const size_t mid = (low + high) / 2;
                if (pair[mid].cluster < c)
                    low = mid + 1;
                else
                    high = mid;
            }
            if (low == n || pair[low].cluster != c) continue;
            double d[3];
            for (int k = 0; k < 3; k++)
                d[k] = l->x[c][k][b] -
                       (l->x[slot / ILI_CLUSTER][k][slot % ILI_CLUSTER] + l->shift[row->shift][k]);
            const double r2 = ili_dot(d, d);
            if (r2 <= ili_cell_nearest(s->cell, d) + 1e-9) pair[low].mask &= ~(1u << (8 * a + b));
        }
    }
}

/** Look for the clusters of one column. */
static inline bool search_column(const search *s, const ili_cluster_row *row,
                                 const ili_cluster_row_place *place, const ili_cluster_run *column,
                                 piece *out) {
    const ili_cluster_box *box = &s->d->half[row->half];
    const double *t = s->t[row->shift];
    int32_t c = column->first;
    if (row->shift == 0 && c < row->half / 2) c = row->half / 2;
    for (; c < column->first + column->n; c++) {
        const ili_cluster_box *other = &s->d->cluster[c];
        if (!(ili_cluster_gap2(box, t, other) < s->limits.max2)) continue;
        if (!ili_clusters_near(place, (const double(*)[ILI_CLUSTER])s->l->x[c],
                               s->l->type + (size_t)c * ILI_CLUSTER, &s->limits))
            continue;
        uint32_t mask = mask_of(s->l, row->half, row->shift, c);
        if (is_wide(box, t, other, s->at_clear)) mask &= clear_far(s, place, c);
        if (out->n_pairs == out->cap_pairs && !ILI_GROW(out->pair, out->n_pairs + 1, out->cap_pairs))
            return false;
        out->pair[out->n_pairs++] = (ili_cluster_pair){c, mask};
    }
    return true;
}

/** Drop the pairs from `from` on of which no bit is left. */
static void drop_empty(piece *out, size_t from) {
    size_t to = from;
    for (size_t p = from; p < out->n_pairs; p++)
        if (out->pair[p].mask) out->pair[to++] = out->pair[p];
    out->n_pairs = to;
}

/** One row, appended when it has pairs; false: no memory. */
static inline bool search_row(const search *s, int32_t half, int32_t shift, piece *out) {
    const ili_cluster_draft *d = s->d;
    const ili_cluster_box *box = &d->half[half];
    const double *t = s->t[shift];
    const size_t before = out->n_pairs;
    ili_cluster_row row = {.half = half, .shift = shift, .begin = (int32_t)before};
    if (!(ili_cluster_gap2(box, t, &d->all) < s->limits.max2)) return true;
    const ili_cluster_row_place place = ili_clusters_place_row(s->l, half, shift);
    for (int32_t b = 0; b < d->n_slabs; b++) {
        const ili_cluster_run *slab = &d->slab[b];
        if (!(ili_cluster_gap2(box, t, &slab->box) < s->limits.max2)) continue;
        for (int32_t k = slab->first; k < slab->first + slab->n; k++) {
            const ili_cluster_run *column = &d->column[k];
            if (shift == 0 && column->first + column->n <= half / 2) continue;
            if (!(ili_cluster_gap2(box, t, &column->box) < s->limits.max2)) continue;
            if (!search_column(s, &row, &place, column, out)) return false;
        }
    }
    exclude(s, &row, out->pair + before, out->n_pairs - before);
    drop_empty(out, before);
    if (out->n_pairs == before) return true;
    if (out->n_pairs > INT32_MAX || !ILI_GROW(out->row, out->n_rows + 1, out->cap_rows)) return false;
    row.end = row.short_end = (int32_t)out->n_pairs;
    out->row[out->n_rows++] = row;
    return true;
}

ILI_HOT static void search_piece(const search *s, int32_t from, int32_t to, piece *out) {
    for (int32_t half = 2 * from; half < 2 * to; half++) {
        if (s->l->atom[(size_t)half * ILI_CLUSTER_ROW] < 0) continue; /* all blanks */
        for (int32_t shift = 0; shift < s->l->n_shifts && !out->is_full; shift++)
            out->is_full = !search_row(s, half, shift, out);
    }
}

/** Put the pieces together. */
static il_status join(il_context *ctx, ili_clusters *l, const piece *pieces) {
    size_t n_rows = 0, n_pairs = 0;
    for (int p = 0; p < PIECES; p++) {
        if (pieces[p].is_full) return ili_no_memory(ctx, "the cluster list");
        n_rows += pieces[p].n_rows;
        n_pairs += pieces[p].n_pairs;
    }
    if (n_pairs > INT32_MAX)
        return ili_fail(ctx, IL_E_UNSUPPORTED, "more than 2147483647 pairs of clusters; shorten the cut-off");
    l->row = ili_alloc(n_rows + 1, sizeof *l->row);
    l->pair = ili_alloc(n_pairs, sizeof *l->pair);
    if (!l->row || !l->pair) return ili_no_memory(ctx, "the cluster list");
    l->n_rows = (int32_t)n_rows;
    l->longest_row = 0;
    n_rows = n_pairs = 0;
    for (int p = 0; p < PIECES; p++) {
        if (pieces[p].n_pairs) memcpy(l->pair + n_pairs, pieces[p].pair, pieces[p].n_pairs * sizeof *l->pair);
        for (size_t r = 0; r < pieces[p].n_rows; r++) {
            ili_cluster_row row = pieces[p].row[r];
            if (row.end - row.begin > l->longest_row) l->longest_row = row.end - row.begin;
            row.begin += (int32_t)n_pairs;
            row.end += (int32_t)n_pairs;
            row.short_end += (int32_t)n_pairs;
            l->row[n_rows++] = row;
        }
        n_pairs += pieces[p].n_pairs;
    }
    l->row[n_rows] =
        (ili_cluster_row){.begin = (int32_t)n_pairs, .short_end = (int32_t)n_pairs, .end = (int32_t)n_pairs};
    return IL_OK;
}

static void search_all(il_context *ctx, const search *s, piece *pieces) {
    const int64_t n = s->l->n_clusters;
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads) if (n > 1)
    for (int p = 0; p < PIECES; p++)
        search_piece(s, (int32_t)(n * p / PIECES), (int32_t)(n * (p + 1) / PIECES), &pieces[p]);
}

il_status ili_clusters_search(il_context *ctx, ili_clusters *l, const ili_cell *cell,
                              const ili_cluster_draft *d) {
    double(*t)[3] = NULL, *limit2 = NULL;
    piece pieces[PIECES] = {0};
    il_status status = IL_OK;
    const size_t n_types = (size_t)l->n_types, n_pairs = n_types * n_types;
    limit2 = ili_alloc(n_pairs, sizeof *limit2);
    if (!limit2) IL_GO(ili_no_memory(ctx, "the cluster list"));
    for (size_t p = 0; p < n_pairs; p++)
        limit2[p] = l->reach[p] > 0.0 ? (l->reach[p] + l->skin) * (l->reach[p] + l->skin) : 0.0;
    l->n_shifts = 0;
    if (l->n_atoms && l->reach_max > 0.0) IL_GO(make_shifts(ctx, l, d, &t));
    if (!ILI_GROW(l->shift, (size_t)l->n_shifts, l->cap_shift) ||
        !ILI_GROW(l->shift_at, (size_t)l->n_shifts, l->cap_shift_at))
        IL_GO(ili_no_memory(ctx, "the shifts of the cluster list"));
    ili_clusters_place_shifts(l, cell);
    const double reach = l->reach_max + l->skin;
    const search s = {.l = l,
                      .cell = cell,
                      .d = d,
                      .t = (const double(*)[3])t,
                      .limits = {limit2, reach * reach, l->n_types, l->is_uniform},
                      .at_clear = fmax(AT_CLEAR, reach)};
    search_all(ctx, &s, pieces);
    IL_GO(join(ctx, l, pieces));
out:
    for (int p = 0; p < PIECES; p++) {
        ili_free(pieces[p].row);
        ili_free(pieces[p].pair);
    }
    ili_free(t);
    ili_free(limit2);
    return status;
}
