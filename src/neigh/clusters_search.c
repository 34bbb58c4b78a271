/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Rows and pairs of a cluster list. For every half cluster and every shift: slabs, columns and clusters whose boxes lie near enough,
 *  then the atoms themselves. Pieces of clusters are searched by several threads, each into its room in the draft, and then copied
 *  together, so that the list itself is never there twice and never much too large. A piece that lacks room counts what it finds. */
#include "base/alloc.h"
#include "math/vec.h"
#include "neigh/clusters_build.h"

#include <string.h>

enum {
    PIECES = ILI_CLUSTERS_PIECES,
    SPARE_PART = 4 /* of the rooms, as pieces change from build to build */
};
static const double IMAGES_MAX = 2e8,
                    AT_CLEAR = 48.0; /* angstrom: `at` tells these from their images 128 A away */
static const uint32_t ALL_PAIRS = 0xffffffff;

/** What one run of clusters finds, and its scratch. */
typedef struct piece {
    ili_cluster_row *row; /**< begin and end within the piece */
    ili_cluster_pair *pair;
    ili_clusters_room room, found;      /**< beyond the room things are counted only */
    ili_cluster_pair *nearby, *scratch; /**< [n_clusters] pairs of one row; one block with the rest */
    int32_t *shifts, *slabs, *columns, *clusters; /**< found */
    int32_t *where;                               /**< [n_clusters] place of a cluster in a row */
    bool is_full;                                 /**< no memory */
} piece;

typedef struct search {
    const ili_clusters *l;
    const ili_cell *cell;
    const ili_cluster_draft *d;
    const ili_cluster_tests *tests;
    const double (*t)[3];          /**< [n_shifts] shifts in the frame */
    ili_cluster_boxes shift_boxes; /**< where the box of all atoms lies, seen from a shift */
    double *shift_block;
    double reach2, surely_nearest2;
    const double
        *limit2; /**< [n_types^2] squared reach of each pair of types, 0 never; NULL: all reach as far */
    double
        at_clear; /**< angstrom; pairs farther apart than this along an axis are cleared. 0: there are none */
} search;

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

/** Masks of the n pairs nearby of a row; those without a bit are dropped. Returns how many are left. */
static int32_t set_masks(const search *s, const ili_cluster_row *row, const ili_cluster_row_place *place,
                         int32_t n, const piece *out) {
    ili_cluster_pair *pair = out->nearby;
    int32_t n_reached = 0, n_left = 0;
    for (int32_t p = 0; p < n; p++) {
        const int32_t c = pair[p].cluster;
        if (s->limit2 && !types_reach(s, row->half, place, c)) continue;
        pair[n_reached] = (ili_cluster_pair){c, mask_of(s->l, row->half, row->shift, c)};
        if (s->at_clear > 0.0) pair[n_reached].mask &= clear_far(s, place, c);
        n_reached++;
    }
    if (s->l->partner_start[s->l->n_atoms] > 0) exclude(s, row, pair, n_reached, out->where);
    for (int32_t p = 0; p < n_reached; p++)
        if (pair[p].mask) pair[n_left++] = pair[p];
    return n_left;
}

/** The row of half a cluster, of n candidates; appended when it has pairs. */
static void search_row(const search *s, int32_t half, int32_t shift, int32_t n, piece *out) {
    ili_clusters_room *found = &out->found;
    ili_cluster_row row = {.half = half, .shift = shift, .begin = (int32_t)found->pairs};
    int32_t parted[2];
    for (int32_t c = 0; c < n; c++) out->nearby[c] = (ili_cluster_pair){out->clusters[c], ALL_PAIRS};
    const ili_cluster_row_place place = ili_clusters_place_row(s->l, half, shift);
    s->tests->part((const double(*)[3][ILI_CLUSTER])s->l->x, &place, out->nearby, n, 0.0, s->reach2,
                   out->scratch, parted);
    const size_t n_pairs = (size_t)set_masks(s, &row, &place, parted[1], out);
    if (n_pairs == 0) return;
    if (found->pairs + n_pairs <= out->room.pairs)
        memcpy(out->pair + found->pairs, out->nearby, n_pairs * sizeof *out->pair);
    found->pairs += n_pairs;
    row.end = (int32_t)found->pairs; /* short_end comes with the pruning */
    if (found->rows < out->room.rows) out->row[found->rows] = row;
    found->rows++;
}

/** The rows of a cluster seen in one shift: both halves take their pairs from the clusters near the whole. */
static void search_rows(const search *s, int32_t c, int32_t shift, piece *out) {
    ili_cluster_box box;
    for (int k = 0; k < 3; k++) {
        box.low[k] = s->d->cluster_boxes.side[k][c] + s->t[shift][k];
        box.high[k] = s->d->cluster_boxes.side[3 + k][c] + s->t[shift][k];
    }
    const int32_t n = find_clusters(s, &box, shift == 0 ? c : 0, out);
    for (int32_t half = 2 * c; half < 2 * c + 2 && n > 0; half++)
        if (s->l->atom[(size_t)half * ILI_CLUSTER_ROW] >= 0) search_row(s, half, shift, n, out);
}

static bool make_scratch(const search *s, piece *out) {
    const size_t spare = ILI_BOX_SPARE, n_shifts = (size_t)s->l->n_shifts + spare;
    const size_t n_slabs = (size_t)s->d->n_slabs + spare, n_columns = (size_t)s->d->n_columns + spare;
    const size_t n_clusters = (size_t)s->l->n_clusters + spare;
    const size_t numbers = n_shifts + n_slabs + n_columns + 2 * n_clusters, pairs = 2 * n_clusters;
    char *block = ili_alloc(pairs * sizeof *out->nearby + numbers * sizeof *out->shifts, 1);
    if (!block) return false;
    out->nearby = (ili_cluster_pair *)block;
    out->scratch = out->nearby + n_clusters;
    out->shifts = (int32_t *)(block + pairs * sizeof *out->nearby);
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
        for (int32_t k = 0; k < n; k++) search_rows(s, c, out->shifts[k], out);
    }
    ili_free(out->nearby);
}

/** Search all pieces; *enough: they had room for what they found. Else they have, next time. */
static il_status search_all(il_context *ctx, ili_clusters *l, const search *s, piece *pieces, bool *enough) {
    const int64_t n = l->n_clusters;
    size_t rows = 0, pairs = 0;
    for (int p = 0; p < PIECES; p++) {
        pieces[p] = (piece){.row = s->d->row + rows, .pair = s->d->pair + pairs, .room = l->room[p]};
        rows += l->room[p].rows;
        pairs += l->room[p].pairs;
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads) if (n > 1)
    for (int p = 0; p < PIECES; p++)
        search_piece(s, (int32_t)(n * p / PIECES), (int32_t)(n * (p + 1) / PIECES), &pieces[p]);
    pairs = 0;
    for (int p = 0; p < PIECES; p++) {
        if (pieces[p].is_full) return ili_no_memory(ctx, "the cluster list");
        pairs += pieces[p].found.pairs;
    }
    if (pairs > INT32_MAX)
        return ili_fail(ctx, IL_E_UNSUPPORTED, "more than 2147483647 pairs of clusters; shorten the cut-off");
    *enough = true;
    for (int p = 0; p < PIECES; p++) {
        const ili_clusters_room found = pieces[p].found;
        if (found.rows <= l->room[p].rows && found.pairs <= l->room[p].pairs) continue;
        *enough = false;
        l->room[p] = (ili_clusters_room){found.rows + found.rows / SPARE_PART + 1,
                                         found.pairs + found.pairs / SPARE_PART + 1};
    }
    return IL_OK;
}

/** Copy a piece into the list, behind `before`; its longest row. */
static int32_t copy_piece(const ili_clusters *l, const piece *from, ili_clusters_room before) {
    int32_t longest = 0;
    if (from->found.pairs) memcpy(l->pair + before.pairs, from->pair, from->found.pairs * sizeof *from->pair);
    for (size_t r = 0; r < from->found.rows; r++) {
        ili_cluster_row row = from->row[r];
        longest = row.end - row.begin > longest ? row.end - row.begin : longest;
        row.begin += (int32_t)before.pairs;
        row.end += (int32_t)before.pairs;
        l->row[before.rows + r] = row;
    }
    return longest;
}

/** Put the pieces together. */
static il_status join(il_context *ctx, ili_clusters *l, const piece *pieces) {
    ili_clusters_room before[PIECES + 1] = {{0}};
    int32_t longest = 0;
    for (int p = 0; p < PIECES; p++)
        before[p + 1] = (ili_clusters_room){before[p].rows + pieces[p].found.rows,
                                            before[p].pairs + pieces[p].found.pairs};
    const ili_clusters_room all = before[PIECES];
    if (!ILI_FIT(l->row, all.rows + 1, l->cap_row) || !ILI_FIT(l->pair, all.pairs, l->cap_pair))
        return ili_no_memory(ctx, "the cluster list");
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads)                                    \
    reduction(max                                                                                            \
              : longest) if (all.rows > 1000)
    for (int p = 0; p < PIECES; p++) {
        const int32_t own = copy_piece(l, &pieces[p], before[p]);
        longest = own > longest ? own : longest;
    }
    l->longest_row = longest;
    l->n_rows = (int32_t)all.rows;
    const int32_t end = (int32_t)all.pairs;
    l->row[all.rows] = (ili_cluster_row){.begin = end, .end = end};
    return IL_OK;
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
        !(s->shift_block = ili_alloc(ili_cluster_boxes_size(n), sizeof *s->shift_block)))
        return ili_no_memory(ctx, "the shifts of the cluster list");
    s->shift_boxes = ili_cluster_boxes_in(s->shift_block, n);
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
                              const ili_cluster_draft *d, bool *enough) {
    double(*t)[3] = NULL, *limit2 = NULL;
    piece pieces[PIECES];
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
    IL_GO(search_all(ctx, l, &s, pieces, enough));
    if (*enough) IL_GO(join(ctx, l, pieces));
out:
    ili_free(s.shift_block);
    ili_free(t);
    ili_free(limit2);
    return status;
}
