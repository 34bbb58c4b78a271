/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Rows and pairs of a cluster list. For every half cluster and every shift: slabs, columns and clusters whose boxes lie near enough,
 *  then the atoms themselves. Pieces of clusters are searched by several threads, each into arrays of its own, and joined in order. */
#include "base/alloc.h"
#include "math/vec.h"
#include "neigh/clusters_build.h"

#include <string.h>

enum { PIECES = ILI_CLUSTERS_PIECES };
static const double IMAGES_MAX = 2e8,
                    AT_CLEAR = 48.0; /* angstrom: `at` tells these from their images 128 A away */
static const uint32_t ALL_PAIRS = 0xffffffff;

/** What one run of clusters finds, and its scratch. */
typedef struct piece {
    ili_cluster_row *row; /**< begin and end within the piece */
    ili_cluster_pair *pair, *scratch;
    int32_t *shifts, *slabs, *columns, *clusters; /**< found; one block */
    int32_t *where; /**< in the same block: [n_clusters] place of a cluster in a row */
    size_t n_rows, n_pairs, cap_rows, cap_pairs;
    bool is_lent; /**< `pair` is a part of the list's own array */
    bool is_full; /**< no memory */
} piece;

typedef struct search {
    const ili_clusters *l;
    const ili_cell *cell;
    const ili_cluster_draft *d;
    const ili_cluster_tests *tests;
    const double (*t)[3];          /**< [n_shifts] shifts in the frame */
    ili_cluster_boxes shift_boxes; /**< where the box of all atoms lies, seen from a shift */
    double reach2, surely_nearest2;
    const double
        *limit2; /**< [n_types^2] squared reach of each pair of types, 0 never; NULL: all reach as far */
    double
        at_clear; /**< angstrom; pairs farther apart than this along an axis are cleared. 0: there are none */
} search;

/** Lend the pieces the array of pairs of the last build: each as much as it took then, and its share of what was spare. */
static void lend_pairs(ili_clusters *l, piece *pieces) {
    size_t used = 0, offset = 0;
    for (int p = 0; p < PIECES; p++) used += (size_t)l->piece_pairs[p];
    for (int p = 0; p < PIECES && l->cap_pair > 0; p++) {
        pieces[p].pair = l->pair + offset;
        pieces[p].cap_pairs = (size_t)l->piece_pairs[p] + (l->cap_pair - used) / PIECES;
        pieces[p].is_lent = true;
        offset += pieces[p].cap_pairs;
    }
}

static bool room_for_pairs(piece *p, size_t need) {
    if (need <= p->cap_pairs || !p->is_lent) return ILI_GROW(p->pair, need, p->cap_pairs);
    ili_cluster_pair *own = NULL;
    size_t capacity = 0;
    if (!ILI_GROW(own, need, capacity)) return false;
    memcpy(own, p->pair, p->n_pairs * sizeof *own);
    p->pair = own;
    p->cap_pairs = capacity;
    p->is_lent = false;
    return true;
}

/** Append the shift n of the reduced lattice when the box of all atoms, moved by it, comes near itself. */
static bool try_shift(ili_clusters *l, const ili_cluster_draft *d, const int32_t n[3], double (**t)[3],
                      size_t *cap_t) {
    const ili_cluster_frame *f = &d->frame;
    const double reach = l->reach_max + l->skin + ILI_CLUSTERS_SLACK;
    double to[3] = {0};
    int32_t lattice[3] = {0};
    for (int k = 0; k < f->n_periodic; k++)
        for (int j = 0; j < 3; j++) {
            to[j] += n[k] * f->step[k][j];
            lattice[j] += n[k] * f->lattice[k][j];
        }
    double gap2 = 0.0;
    for (int k = 0; k < 3; k++) {
        const double gap = fmax(fabs(to[k]) - (d->all.high[k] - d->all.low[k]), 0.0);
        gap2 += gap * gap;
    }
    if (gap2 >= reach * reach) return true;
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

/** Two atoms of the row and the cluster are within the reach of their types. */
static bool types_reach(const search *s, int32_t half, const ili_cluster_row_place *row, int32_t c) {
    const ili_clusters *l = s->l;
    for (int a = 0; a < ILI_CLUSTER_ROW; a++) {
        const double *limit2 = s->limit2 + (size_t)l->type[half * ILI_CLUSTER_ROW + a] * (size_t)l->n_types;
        for (int b = 0; b < ILI_CLUSTER; b++) {
            double d2 = 0.0;
            for (int k = 0; k < 3; k++) d2 += (l->x[c][k][b] - row->x[k][a]) * (l->x[c][k][b] - row->x[k][a]);
            if (d2 < limit2[l->type[c * ILI_CLUSTER + b]]) return true;
        }
    }
    return false;
}

/** Slot `other` stands in the excluded image of its partner in slot `own`. What is shorter than half of every lattice vector is the
 *  nearest image of all. */
static bool is_excluded(const search *s, int32_t own, int32_t other, int32_t shift) {
    const ili_clusters *l = s->l;
    double d[3];
    for (int k = 0; k < 3; k++)
        d[k] = l->x[other / ILI_CLUSTER][k][other % ILI_CLUSTER] -
               (l->x[own / ILI_CLUSTER][k][own % ILI_CLUSTER] + l->shift[shift][k]);
    const double r2 = ili_dot(d, d);
    return r2 < s->surely_nearest2 || r2 <= ili_cell_nearest(s->cell, d) + 1e-9;
}

/** Take the excluded pairs out of a row. */
static void exclude(const search *s, const ili_cluster_row *row, ili_cluster_pair *pair, int32_t n,
                    int32_t *where) {
    const ili_clusters *l = s->l;
    for (int32_t p = 0; p < n; p++) where[pair[p].cluster] = p; /* older entries tell by their clusters */
    for (int a = 0; a < ILI_CLUSTER_ROW; a++) {
        const int32_t own = row->half * ILI_CLUSTER_ROW + a, i = l->atom[own];
        if (i < 0) continue;
        for (int32_t k = l->partner_start[i]; k < l->partner_start[i + 1]; k++) {
            const int32_t other = l->slot_of[l->partner[k]], p = where[other / ILI_CLUSTER];
            if (p < n && pair[p].cluster == other / ILI_CLUSTER && is_excluded(s, own, other, row->shift))
                pair[p].mask &= ~(1u << (8 * a + other % ILI_CLUSTER));
        }
    }
}

/** The clusters from `first` on whose boxes lie near `box`, ascending; returns their number. The columns of a slab that are near stand
 *  side by side, so their clusters are one run. */
static int32_t find_clusters(const search *s, const ili_cluster_box *box, int32_t first, const piece *out) {
    const ili_cluster_draft *d = s->d;
    const ili_cluster_tests *tests = s->tests;
    const int32_t n_slabs = tests->near_boxes(&d->slab_boxes, 0, d->n_slabs, box, s->reach2, out->slabs);
    int32_t found = 0;
    for (int32_t b = 0; b < n_slabs; b++) {
        const ili_cluster_run *slab = &d->slab[out->slabs[b]];
        const int32_t n = tests->near_boxes(&d->column_boxes, slab->first, slab->first + slab->n, box,
                                            s->reach2, out->columns);
        if (n == 0) continue;
        const ili_cluster_run *low = &d->column[out->columns[0]], *high = &d->column[out->columns[n - 1]];
        found += tests->near_boxes(&d->cluster_boxes, low->first > first ? low->first : first,
                                   high->first + high->n, box, s->reach2, out->clusters + found);
    }
    return found;
}

/** Masks of the pairs of a row from `from` on; those without a bit are dropped. */
static void set_masks(const search *s, const ili_cluster_row *row, const ili_cluster_row_place *place,
                      size_t from, piece *out) {
    size_t to = from;
    for (size_t p = from; p < out->n_pairs; p++) {
        const int32_t c = out->pair[p].cluster;
        if (s->limit2 && !types_reach(s, row->half, place, c)) continue;
        out->pair[to] = (ili_cluster_pair){c, mask_of(s->l, row->half, row->shift, c)};
        if (s->at_clear > 0.0) out->pair[to].mask &= clear_far(s, place, c);
        to++;
    }
    if (s->l->partner_start[s->l->n_atoms] > 0)
        exclude(s, row, out->pair + from, (int32_t)(to - from), out->where);
    out->n_pairs = from;
    for (size_t p = from; p < to; p++)
        if (out->pair[p].mask) out->pair[out->n_pairs++] = out->pair[p];
}

/** The row of half a cluster, of n candidates; appended when it has pairs; false: no memory. */
static bool search_row(const search *s, int32_t half, int32_t shift, int32_t n, piece *out) {
    const size_t before = out->n_pairs;
    ili_cluster_row row = {.half = half, .shift = shift, .begin = (int32_t)before};
    int32_t parted[2];
    if (!room_for_pairs(out, before + (size_t)n) || out->cap_pairs > INT32_MAX ||
        !ILI_GROW(out->row, out->n_rows + 1, out->cap_rows))
        return false;
    for (int32_t c = 0; c < n; c++)
        out->pair[before + (size_t)c] = (ili_cluster_pair){out->clusters[c], ALL_PAIRS};
    const ili_cluster_row_place place = ili_clusters_place_row(s->l, half, shift);
    s->tests->part((const double(*)[3][ILI_CLUSTER])s->l->x, &place, out->pair + before, n, 0.0, s->reach2,
                   out->scratch, parted);
    out->n_pairs = before + (size_t)parted[1];
    set_masks(s, &row, &place, before, out);
    if (out->n_pairs == before) return true;
    row.end = row.short_end = (int32_t)out->n_pairs;
    out->row[out->n_rows++] = row;
    return true;
}

/** The rows of a cluster seen in one shift: both halves take their pairs from the clusters near the whole. */
static bool search_rows(const search *s, int32_t c, int32_t shift, piece *out) {
    ili_cluster_box box;
    for (int k = 0; k < 3; k++) {
        box.low[k] = s->d->cluster_boxes.side[k][c] + s->t[shift][k];
        box.high[k] = s->d->cluster_boxes.side[3 + k][c] + s->t[shift][k];
    }
    const int32_t n = find_clusters(s, &box, shift == 0 ? c : 0, out);
    for (int32_t half = 2 * c; half < 2 * c + 2 && n > 0; half++)
        if (s->l->atom[(size_t)half * ILI_CLUSTER_ROW] >= 0 && !search_row(s, half, shift, n, out))
            return false;
    return true;
}

static bool make_scratch(const search *s, piece *out) {
    const size_t spare = ILI_BOX_SPARE, n_shifts = (size_t)s->l->n_shifts + spare;
    const size_t n_slabs = (size_t)s->d->n_slabs + spare, n_columns = (size_t)s->d->n_columns + spare;
    const size_t n_clusters = (size_t)s->l->n_clusters + spare;
    out->shifts = ili_alloc(n_shifts + n_slabs + n_columns + 2 * n_clusters, sizeof *out->shifts);
    out->scratch = ili_alloc(n_clusters, sizeof *out->scratch);
    if (!out->shifts || !out->scratch) return false;
    out->slabs = out->shifts + n_shifts;
    out->columns = out->slabs + n_slabs;
    out->clusters = out->columns + n_columns;
    out->where = out->clusters + n_clusters;
    return true;
}

/** Rows of the clusters from .. to - 1. */
static void search_piece(const search *s, int32_t from, int32_t to, piece *out) {
    out->is_full = !make_scratch(s, out);
    for (int32_t c = from; c < to && !out->is_full; c++) {
        ili_cluster_box box;
        for (int k = 0; k < 3; k++) {
            box.low[k] = s->d->cluster_boxes.side[k][c];
            box.high[k] = s->d->cluster_boxes.side[3 + k][c];
        }
        const int32_t n =
            s->tests->near_boxes(&s->shift_boxes, 0, s->l->n_shifts, &box, s->reach2, out->shifts);
        for (int32_t k = 0; k < n && !out->is_full; k++)
            out->is_full = !search_rows(s, c, out->shifts[k], out);
    }
    ili_free(out->scratch);
    ili_free(out->shifts);
}

/** The pairs of all pieces in one array. Those that were lent parts of it move down where they are. */
static bool join_pairs(ili_clusters *l, const piece *pieces, size_t n_pairs) {
    bool is_lent = n_pairs <= l->cap_pair;
    for (int p = 0; p < PIECES; p++) is_lent = is_lent && pieces[p].is_lent;
    const size_t roomy = n_pairs + n_pairs / 32 + 1;
    ili_cluster_pair *to = is_lent ? l->pair : ili_alloc(roomy, sizeof *to);
    if (!to) return false;
    n_pairs = 0;
    for (int p = 0; p < PIECES; p++) {
        if (pieces[p].n_pairs) memmove(to + n_pairs, pieces[p].pair, pieces[p].n_pairs * sizeof *to);
        n_pairs += pieces[p].n_pairs;
        l->piece_pairs[p] = (int32_t)pieces[p].n_pairs;
    }
    if (is_lent) return true;
    ili_free(l->pair);
    l->pair = to;
    l->cap_pair = roomy;
    return true;
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
    if (!ILI_FIT(l->row, n_rows + 1, l->cap_row) || !join_pairs(l, pieces, n_pairs))
        return ili_no_memory(ctx, "the cluster list");
    l->n_rows = (int32_t)n_rows;
    l->longest_row = 0;
    n_rows = n_pairs = 0;
    for (int p = 0; p < PIECES; p++) {
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

/** Limits of the pairs of types, where they differ. */
static il_status type_limits(il_context *ctx, const ili_clusters *l, double **limit2) {
    const size_t n_pairs = (size_t)l->n_types * (size_t)l->n_types;
    if (l->is_uniform) return IL_OK;
    *limit2 = ili_alloc(n_pairs, sizeof **limit2);
    if (!*limit2) return ili_no_memory(ctx, "the cluster list");
    for (size_t p = 0; p < n_pairs; p++) {
        const double reach = l->reach[p] > 0.0 ? l->reach[p] + l->skin + ILI_CLUSTERS_SLACK : 0.0;
        (*limit2)[p] = reach * reach;
    }
    return IL_OK;
}

/** Places of the shifts in space, and of the box of all atoms seen from each. */
static il_status place_shifts(il_context *ctx, ili_clusters *l, const ili_cell *cell, search *s) {
    const size_t n = (size_t)l->n_shifts;
    if (!ILI_GROW(l->shift, n, l->cap_shift) || !ILI_GROW(l->shift_at, n, l->cap_shift_at) ||
        !ili_cluster_boxes_make(&s->shift_boxes, n))
        return ili_no_memory(ctx, "the shifts of the cluster list");
    ili_clusters_place_shifts(l, cell);
    for (size_t i = 0; i < n; i++) {
        ili_cluster_box box = s->d->all;
        for (int k = 0; k < 3; k++) {
            box.low[k] -= s->t[i][k];
            box.high[k] -= s->t[i][k];
        }
        ili_cluster_boxes_put(&s->shift_boxes, i, &box);
    }
    return IL_OK;
}

il_status ili_clusters_search(il_context *ctx, ili_clusters *l, const ili_cell *cell,
                              const ili_cluster_draft *d) {
    double(*t)[3] = NULL, *limit2 = NULL;
    piece pieces[PIECES] = {0};
    il_status status = IL_OK;
    const double reach = l->reach_max + l->skin + ILI_CLUSTERS_SLACK;
    search s = {
        .l = l, .cell = cell, .d = d, .tests = ili_cluster_tests_for(ctx->simd), .reach2 = reach * reach};
    l->n_shifts = 0;
    if (l->n_atoms && l->reach_max > 0.0) IL_GO(make_shifts(ctx, l, d, &t));
    IL_GO(type_limits(ctx, l, &limit2));
    double shortest = INFINITY; /* no lattice vector is shorter than the least of these */
    for (int k = 0; k < d->frame.n_periodic; k++) shortest = fmin(shortest, d->frame.step[k][k]);
    s.surely_nearest2 = 0.249 * shortest * shortest;
    s.t = (const double(*)[3])t;
    s.limit2 = limit2;
    if (reach + 2.0 * d->widest > AT_CLEAR) s.at_clear = fmax(AT_CLEAR, reach);
    IL_GO(place_shifts(ctx, l, cell, &s));
    lend_pairs(l, pieces);
    search_all(ctx, &s, pieces);
    IL_GO(join(ctx, l, pieces));
out:
    for (int p = 0; p < PIECES; p++) {
        ili_free(pieces[p].row);
        if (!pieces[p].is_lent) ili_free(pieces[p].pair);
    }
    ili_cluster_boxes_free(&s.shift_boxes);
    ili_free(t);
    ili_free(limit2);
    return status;
}
