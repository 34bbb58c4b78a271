/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Half Verlet list with explicit images.
 *
 *  Build: wrap atoms; make the images that lie within reach of the cell and have a positive shift (of the two
 *  descriptions of a pair across the boundary, (i, j + S) and (j, i - S), only one then exists); sort atoms and
 *  images by the bins of a fractional grid; for every atom scan runs of bins, which are contiguous in memory: atoms
 *  first, then images, each along the grid, so that a row ascends and can be packed while it is found.
 *  Bins are reach/BINS_PER_REACH wide across the faces, so +- BINS_PER_REACH bins suffice in any cell.
 *  What only the build needs is its draft and is freed with it; what stays has its exact size.
 *
 *  Reuse: with F = h0^-1 h the affine map since the build and delta the displacements left over, an unlisted pair is
 *  at least sigma_min(F) (rc + skin) - 2 max|delta| apart; the list holds while that exceeds rc. */
#include "neigh/nlist.h"

#include "base/alloc.h"
#include "math/vec.h"

#include <stdint.h>
#include <string.h>

enum { BINS_PER_REACH = 2 };
static const double IMAGES_MAX = 2e8;
static const double FARTHEST = 1e9; /* angstrom */

/** Bins over all entries; offsets of their entries in sorted order. */
typedef struct grid {
    double low[3], per_frac[3]; /**< bin = (s - low) * per_frac */
    int n[3];
    int32_t *first_atom, *first_image; /**< [n_bins + 1] */
} grid;

/** Scratch of one build: the entries as they are made, atoms first. */
typedef struct draft {
    double (*s)[3];      /**< fractional coordinates */
    int32_t (*shift)[3]; /**< lattice shift added to the caller's position */
    int32_t *atom, *bin;
    size_t cap_s, cap_shift, cap_atom;
} draft;

struct ili_nlist {
    int32_t n_atoms, n_types;
    int32_t *type_in; /**< [n] caller's order */
    double *reach2;   /**< [n_types^2] (rc + skin)^2, 0 = never */
    double rc_max, skin;
    int32_t *partner;       /**< excluded partners, grouped by atom */
    int32_t *partner_start; /**< [n + 1] */
    ili_cell cell0;         /**< at the last build */
    double (*x0)[3];        /**< [n] at the last build */
    bool is_built;
    long builds;
    int32_t n_entries;
    double (*px)[3];
    int32_t *atom, *type;
    int32_t (*shift)[3];         /**< [n_entries] lattice shift added to the caller's position */
    int64_t *start, *step_start; /**< [n + 1] */
    uint16_t *step;
    int32_t chunk[ILI_CHUNKS + 1];
};

/** Free what a build makes. */
static void forget(ili_nlist *l) {
    ili_free(l->px);
    ili_free(l->atom);
    ili_free(l->type);
    ili_free(l->shift);
    ili_free(l->step);
    l->px = NULL;
    l->atom = l->type = NULL;
    l->shift = NULL;
    l->step = NULL;
    l->is_built = false;
}

void ili_nlist_destroy(ili_nlist **list) {
    if (!list || !*list) return;
    ili_nlist *l = *list;
    forget(l);
    void *blocks[] = {l->type_in, l->reach2, l->partner, l->partner_start, l->x0, l->start, l->step_start};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ili_free(blocks[i]);
    ili_free(l);
    *list = NULL;
}

static void free_draft(draft *d) {
    ili_free(d->s);
    ili_free(d->shift);
    ili_free(d->atom);
    ili_free(d->bin);
    *d = (draft){0};
}

static il_status copy_exclusions(il_context *ctx, ili_nlist *l, int32_t n_excluded,
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

il_status ili_nlist_create(il_context *ctx, int32_t n_atoms, const int32_t *type, int32_t n_types,
                           const double *rc, double skin, int32_t n_excluded, const int32_t (*excluded)[2],
                           ili_nlist **out) {
    *out = NULL;
    ili_nlist *l = ili_alloc(1, sizeof *l);
    if (!l) return ili_no_memory(ctx, "the neighbour list");
    il_status status = IL_OK;
    size_t n = (size_t)n_atoms, n_pairs = (size_t)n_types * (size_t)n_types;
    l->n_atoms = n_atoms;
    l->n_types = n_types;
    l->skin = skin;
    l->type_in = ili_alloc(n, sizeof *l->type_in);
    l->reach2 = ili_alloc(n_pairs, sizeof *l->reach2);
    l->x0 = ili_alloc(n, sizeof *l->x0);
    l->start = ili_alloc(n + 1, sizeof *l->start);
    l->step_start = ili_alloc(n + 1, sizeof *l->step_start);
    if (!l->type_in || !l->reach2 || !l->x0 || !l->start || !l->step_start)
        IL_GO(ili_no_memory(ctx, "the neighbour list"));
    if (n) memcpy(l->type_in, type, n * sizeof *type);
    for (size_t p = 0; p < n_pairs; p++) {
        l->reach2[p] = rc[p] > 0.0 ? (rc[p] + skin) * (rc[p] + skin) : 0.0;
        l->rc_max = fmax(l->rc_max, rc[p]);
    }
    IL_GO(copy_exclusions(ctx, l, excluded ? n_excluded : 0, excluded));
out:
    if (status != IL_OK) ili_nlist_destroy(&l);
    *out = l;
    return status;
}

/** The list of the last build still holds every pair within its cut-off. */
static bool still_valid(const ili_nlist *l, const ili_cell *cell, const double (*x)[3]) {
    if (!l->is_built) return false;
    double inv[3][3], map[3][3], now[3][3], strain2 = 0.0;
    memcpy(now, cell->h, sizeof now);
    for (int k = 0; k < 3; k++) {
        if (cell->pbc[k] != l->cell0.pbc[k]) return false;
        if (!cell->pbc[k]) memcpy(now[k], l->cell0.h[k], sizeof now[k]); /* an open axis moves nothing */
    }
    ili_inverse(l->cell0.h, inv);
    ili_mat_mul(inv, now, map);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) strain2 += (map[i][j] - (i == j)) * (map[i][j] - (i == j));
    double shrink = 1.0 - sqrt(strain2), room = 0.5 * (shrink * (l->rc_max + l->skin) - l->rc_max);
    if (!(room > 0.0)) return false;
    for (int32_t i = 0; i < l->n_atoms; i++) {
        double moved[3];
        ili_vec_mat(l->x0[i], map, moved);
        ili_sub(x[i], moved, moved);
        if (!(ili_dot(moved, moved) < room * room)) return false;
    }
    return true;
}

/** False for an atom that has no place, or one too far away to be wrapped. */
static bool is_within_reach(const double x[3]) {
    return fabs(x[0]) < FARTHEST && fabs(x[1]) < FARTHEST && fabs(x[2]) < FARTHEST;
}

static il_status check_finite(il_context *ctx, int32_t n, const double (*x)[3]) {
    for (int32_t i = 0; i < n; i++)
        if (!is_within_reach(x[i]))
            return ili_fail(ctx, IL_E_NONFINITE, "atom %d has left the cell: its position is (%g, %g, %g) A",
                            i + 1, x[i][0], x[i][1], x[i][2]);
    return IL_OK;
}

static bool make_room(draft *d, size_t n) {
    return ILI_GROW(d->s, n, d->cap_s) && ILI_GROW(d->shift, n, d->cap_shift) &&
           ILI_GROW(d->atom, n, d->cap_atom);
}

/** Fractional coordinates of the atoms and the lattice shift that wraps them. */
static il_status wrap_atoms(il_context *ctx, const ili_nlist *l, const ili_cell *cell, const double (*x)[3],
                            draft *d) {
    size_t n = (size_t)l->n_atoms;
    if (!make_room(d, n)) return ili_no_memory(ctx, "the neighbour list");
    double inv[3][3];
    ili_inverse(cell->h, inv);
    for (size_t i = 0; i < n; i++) {
        ili_vec_mat(x[i], inv, d->s[i]);
        for (int k = 0; k < 3; k++) {
            double down = cell->pbc[k] ? floor(d->s[i][k]) : 0.0;
            d->shift[i][k] = -(int32_t)down;
            d->s[i][k] -= down;
        }
        d->atom[i] = (int32_t)i;
    }
    return IL_OK;
}

/** Append the images with positive shift whose fractional coordinates lie within `pad` of the cell. */
static il_status make_images(il_context *ctx, ili_nlist *l, const ili_cell *cell, const double pad[3],
                             draft *d) {
    int reach[3];
    double expected = 1.0;
    for (int k = 0; k < 3; k++) {
        if (cell->pbc[k] && pad[k] > 1e4) expected = INFINITY;
        reach[k] = cell->pbc[k] ? (int)fmin(1e4, ceil(pad[k])) : 0;
        expected *= 1.0 + 2.0 * fmin(pad[k], 1e9) * cell->pbc[k];
    }
    if (expected * l->n_atoms > IMAGES_MAX)
        return ili_fail(ctx, IL_E_UNSUPPORTED,
                        "the cell is so thin that a cut-off of %g A needs more than %g images; "
                        "repeat the cell or shorten the cut-off",
                        l->rc_max, IMAGES_MAX);
    size_t n = (size_t)l->n_atoms, count = n;
    for (int s2 = 0; s2 <= reach[2]; s2++)
        for (int s1 = s2 ? -reach[1] : 0; s1 <= reach[1]; s1++)
            for (int s0 = s2 || s1 ? -reach[0] : 1; s0 <= reach[0]; s0++) {
                const int s[3] = {s0, s1, s2};
                for (size_t i = 0; i < n; i++) {
                    bool near = true;
                    double t[3];
                    for (int k = 0; k < 3; k++) {
                        t[k] = d->s[i][k] + s[k];
                        near = near && (!cell->pbc[k] || (t[k] > -pad[k] && t[k] < 1.0 + pad[k]));
                    }
                    if (!near) continue;
                    if (!make_room(d, count + 1))
                        return ili_no_memory(ctx, "the images of the neighbour list");
                    memcpy(d->s[count], t, sizeof t);
                    for (int k = 0; k < 3; k++) d->shift[count][k] = d->shift[i][k] + s[k];
                    d->atom[count++] = (int32_t)i;
                }
            }
    if (count > INT32_MAX) return ili_fail(ctx, IL_E_UNSUPPORTED, "more than 2147483647 images");
    l->n_entries = (int32_t)count;
    return IL_OK;
}

static size_t n_bins(const grid *g) {
    return (size_t)g->n[0] * (size_t)g->n[1] * (size_t)g->n[2];
}

/** Lay the bins over all entries. */
static il_status lay_grid(il_context *ctx, const ili_nlist *l, const draft *d, const double width[3],
                          double reach, grid *g) {
    const double bins_max =
        ceil(cbrt(8.0 * l->n_entries)); /* a side: about eight bins an atom when they are small */
    for (int k = 0; k < 3; k++) {
        double low = INFINITY, high = -INFINITY;
        for (int32_t e = 0; e < l->n_entries; e++) {
            low = fmin(low, d->s[e][k]);
            high = fmax(high, d->s[e][k]);
        }
        g->low[k] = low;
        g->per_frac[k] = width[k] * BINS_PER_REACH / reach;
        double bins = (high - low) * g->per_frac[k];
        if (bins > bins_max) {
            g->per_frac[k] *= bins_max / bins;
            bins = bins_max;
        }
        g->n[k] = l->n_entries ? (int)bins + 1 : 1;
    }
    g->first_atom = ili_alloc(n_bins(g) + 1, sizeof *g->first_atom);
    g->first_image = ili_alloc(n_bins(g) + 1, sizeof *g->first_image);
    if (!g->first_atom || !g->first_image) return ili_no_memory(ctx, "the bins of the neighbour list");
    return IL_OK;
}

static int32_t bin_of(const grid *g, const double s[3]) {
    int b[3];
    for (int k = 0; k < 3; k++) {
        b[k] = (int)((s[k] - g->low[k]) * g->per_frac[k]);
        if (b[k] >= g->n[k]) b[k] = g->n[k] - 1;
    }
    return (b[2] * g->n[1] + b[1]) * g->n[0] + b[0];
}

/** Counting sort of entries [begin, end) by bin into the list; `first` receives offsets. */
static void sort_range(ili_nlist *l, const draft *d, int32_t begin, int32_t end, size_t bins,
                       int32_t *first) {
    for (int32_t e = begin; e < end; e++) first[d->bin[e] + 1]++;
    first[0] = begin;
    for (size_t b = 0; b < bins; b++) first[b + 1] += first[b];
    for (int32_t e = begin; e < end; e++) {
        int32_t to = first[d->bin[e]]++;
        l->atom[to] = d->atom[e];
        l->type[to] = l->type_in[d->atom[e]];
        memcpy(l->shift[to], d->shift[e], sizeof l->shift[to]);
    }
    for (size_t b = bins; b > 0; b--) first[b] = first[b - 1];
    first[0] = begin;
}

static il_status sort_entries(il_context *ctx, ili_nlist *l, draft *d, const grid *g) {
    size_t n = (size_t)l->n_entries;
    d->bin = ili_alloc(n, sizeof *d->bin);
    l->px = ili_alloc(n, sizeof *l->px);
    l->atom = ili_alloc(n, sizeof *l->atom);
    l->type = ili_alloc(n, sizeof *l->type);
    l->shift = ili_alloc(n, sizeof *l->shift);
    if (!d->bin || !l->px || !l->atom || !l->type || !l->shift)
        return ili_no_memory(ctx, "the neighbour list");
    for (size_t e = 0; e < n; e++) d->bin[e] = bin_of(g, d->s[e]);
    sort_range(l, d, 0, l->n_atoms, n_bins(g), g->first_atom);
    sort_range(l, d, l->n_atoms, l->n_entries, n_bins(g), g->first_image);
    return IL_OK;
}

static void place_entries(ili_nlist *l, const ili_cell *cell, const double (*x)[3]) {
    for (int32_t e = 0; e < l->n_entries; e++)
        for (int k = 0; k < 3; k++)
            l->px[e][k] = x[l->atom[e]][k] + l->shift[e][0] * cell->h[0][k] + l->shift[e][1] * cell->h[1][k] +
                          l->shift[e][2] * cell->h[2][k];
}

/** Entry e is the excluded (nearest) image of a partner of atom i. */
static bool is_excluded(const ili_nlist *l, const ili_cell *cell, int32_t i, int32_t j, const double d[3],
                        double r2) {
    for (int32_t p = l->partner_start[i]; p < l->partner_start[i + 1]; p++) {
        if (l->partner[p] != j) continue;
        double near[3] = {d[0], d[1], d[2]};
        return r2 <= ili_cell_nearest(cell, near) + 1e-9;
    }
    return false;
}

/** A row on its way into the list: counted, and written when there is a place for it. */
typedef struct packer {
    int32_t last; /**< entry, or the row at first */
    int64_t n_pairs, n_steps;
    uint16_t *step; /**< NULL: count only */
} packer;

static void pack(packer *p, int32_t entry) {
    int32_t ahead = entry - p->last;
    for (; ahead >= ILI_FAR; ahead -= ILI_FAR, p->n_steps++)
        if (p->step) p->step[p->n_steps] = ILI_FAR;
    if (p->step) p->step[p->n_steps] = (uint16_t)ahead;
    p->n_steps++;
    p->n_pairs++;
    p->last = entry;
}

/** Pack the neighbours of one row among entries [from, to). */
static void scan_run(const ili_nlist *l, const ili_cell *cell, int32_t row, int32_t from, int32_t to,
                     packer *p) {
    const double *restrict xi = l->px[row];
    const double *restrict reach2 = l->reach2 + (size_t)l->type[row] * (size_t)l->n_types;
    int32_t i = l->atom[row];
    bool has_partners = l->partner_start[i] < l->partner_start[i + 1];
    for (int32_t e = from; e < to; e++) {
        double d[3] = {l->px[e][0] - xi[0], l->px[e][1] - xi[1], l->px[e][2] - xi[2]};
        double r2 = ili_dot(d, d);
        if (r2 >= reach2[l->type[e]]) continue;
        if (has_partners && is_excluded(l, cell, i, l->atom[e], d, r2)) continue;
        pack(p, e);
    }
}

/** Pack one row of an atom in bin `home`. Runs of bins along the first axis are contiguous; those of `first_atom` come
 *  before those of `first_image`. */
static packer scan_row(const ili_nlist *l, const grid *g, const ili_cell *cell, int32_t home, int32_t row,
                       uint16_t *step) {
    const int b[3] = {home % g->n[0], home / g->n[0] % g->n[1], home / g->n[0] / g->n[1]};
    const int32_t *const first[2] = {g->first_atom, g->first_image};
    int lo[3], hi[3];
    for (int k = 0; k < 3; k++) {
        lo[k] = b[k] > BINS_PER_REACH ? b[k] - BINS_PER_REACH : 0;
        hi[k] = b[k] + BINS_PER_REACH < g->n[k] ? b[k] + BINS_PER_REACH : g->n[k] - 1;
    }
    packer p = {.last = row, .step = step};
    for (int kind = 0; kind < 2; kind++)
        for (int b2 = lo[2]; b2 <= hi[2]; b2++)
            for (int b1 = lo[1]; b1 <= hi[1]; b1++) {
                int32_t left = (b2 * g->n[1] + b1) * g->n[0], from = first[kind][left + lo[0]];
                scan_run(l, cell, row, from > row ? from : row + 1, first[kind][left + hi[0] + 1], &p);
            }
    return p;
}

/** All rows, bin by bin: counted, and when `step` is there, written. */
static void scan_rows(il_context *ctx, ili_nlist *l, const grid *g, const ili_cell *cell, bool is_counting) {
    int32_t bins = (int32_t)n_bins(g);
#pragma omp parallel for schedule(dynamic, 8) num_threads(ctx->n_threads)
    for (int32_t bin = 0; bin < bins; bin++)
        for (int32_t row = g->first_atom[bin]; row < g->first_atom[bin + 1]; row++) {
            packer p = scan_row(l, g, cell, bin, row, is_counting ? NULL : l->step + l->step_start[row]);
            if (!is_counting) continue;
            l->start[row + 1] = p.n_pairs;
            l->step_start[row + 1] = p.n_steps;
        }
}

static il_status fill_rows(il_context *ctx, ili_nlist *l, const grid *g, const ili_cell *cell) {
    scan_rows(ctx, l, g, cell, true);
    for (int32_t row = 0; row < l->n_atoms; row++) {
        l->start[row + 1] += l->start[row];
        l->step_start[row + 1] += l->step_start[row];
    }
    l->step = ili_alloc((size_t)l->step_start[l->n_atoms], sizeof *l->step);
    if (!l->step) return ili_no_memory(ctx, "the neighbour list");
    scan_rows(ctx, l, g, cell, false);
    return IL_OK;
}

/** Cut the rows into chunks of about equal numbers of pairs. */
static void cut_chunks(ili_nlist *l) {
    int32_t row = 0;
    for (int c = 0; c < ILI_CHUNKS; c++) {
        l->chunk[c] = row;
        int64_t until = l->start[l->n_atoms] * (c + 1) / ILI_CHUNKS;
        while (row < l->n_atoms && l->start[row + 1] <= until) row++;
    }
    l->chunk[ILI_CHUNKS] = l->n_atoms;
}

/** Make the entries and sort them into the list; lays the grid. The draft is gone before the rows take far more. */
static il_status make_entries(il_context *ctx, ili_nlist *l, const ili_cell *cell, const double (*x)[3],
                              grid *g) {
    double width[3], pad[3], reach = l->rc_max + l->skin;
    draft d = {0};
    il_status status = IL_OK;
    ili_cell_widths(cell, width);
    for (int k = 0; k < 3; k++) pad[k] = reach / width[k];
    IL_GO(wrap_atoms(ctx, l, cell, x, &d));
    IL_GO(make_images(ctx, l, cell, pad, &d));
    IL_GO(lay_grid(ctx, l, &d, width, reach > 0.0 ? reach : 1.0, g));
    IL_GO(sort_entries(ctx, l, &d, g));
    place_entries(l, cell, x);
out:
    free_draft(&d);
    return status;
}

static il_status build(il_context *ctx, ili_nlist *l, const ili_cell *cell, const double (*x)[3]) {
    grid g = {0};
    il_status status = IL_OK;
    forget(l);
    IL_GO(check_finite(ctx, l->n_atoms, x));
    IL_GO(make_entries(ctx, l, cell, x, &g));
    IL_GO(fill_rows(ctx, l, &g, cell));
    cut_chunks(l);
    l->cell0 = *cell;
    if (l->n_atoms) memcpy(l->x0, x, (size_t)l->n_atoms * sizeof *x);
    l->is_built = true;
    l->builds++;
out:
    ili_free(g.first_atom);
    ili_free(g.first_image);
    return status;
}

il_status ili_nlist_update(il_context *ctx, ili_nlist *l, const ili_cell *cell, const double (*x)[3]) {
    if (!still_valid(l, cell, x)) return build(ctx, l, cell, x);
    place_entries(l, cell, x);
    return IL_OK;
}

void ili_nlist_forget(ili_nlist *l) {
    l->is_built = false;
}

ili_nlist_view ili_nlist_get(const ili_nlist *l) {
    return (ili_nlist_view){.n_rows = l->n_atoms,
                            .n_entries = l->n_entries,
                            .px = (const double(*)[3])l->px,
                            .atom = l->atom,
                            .type = l->type,
                            .start = l->start,
                            .step_start = l->step_start,
                            .step = l->step,
                            .chunk = l->chunk};
}

long ili_nlist_builds(const ili_nlist *l) {
    return l->builds;
}

il_status ili_check_overlap(il_context *ctx, const ili_cell *cell, int32_t n_atoms, const double (*x)[3],
                            double closest, const char *where) {
    int32_t *type = ili_alloc((size_t)n_atoms, sizeof *type);
    ili_nlist *list = NULL;
    il_status status = IL_OK;
    if (!type) IL_GO(ili_no_memory(ctx, "the overlap check"));
    for (int32_t i = 0; i < n_atoms; i++)
        if (!is_within_reach(x[i]))
            IL_GO(ili_fail(
                ctx, IL_E_INPUT,
                "%s: atom %d is at (%g, %g, %g) A, expected coordinates below %g A: check their units, "
                "or wrap the atoms into the cell",
                where, i + 1, x[i][0], x[i][1], x[i][2], FARTHEST));
    IL_GO(ili_nlist_create(ctx, n_atoms, type, 1, &closest, 0.0, 0, NULL, &list));
    IL_GO(ili_nlist_update(ctx, list, cell, x));
    ili_nlist_view v = ili_nlist_get(list);
    for (int32_t row = 0; row < n_atoms; row++) {
        ili_nlist_walk w = ili_nlist_row(&v, row);
        if (!ili_nlist_next(&w)) continue;
        int32_t i = v.atom[row], j = v.atom[w.entry];
        double d[3];
        ili_sub(v.px[w.entry], v.px[row], d);
        IL_GO(ili_fail(ctx, IL_E_INPUT, "%s: atoms %d and %d are %.3f A apart, expected at least %g A", where,
                       (i < j ? i : j) + 1, (i < j ? j : i) + 1, ili_norm(d), closest));
    }
out:
    ili_nlist_destroy(&list);
    ili_free(type);
    return status;
}
