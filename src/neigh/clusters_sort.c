/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Atoms into slots: wrapped into the box of the frame; cut into slabs along one axis, each into columns along the next, each
 *  into clusters of eight along the last, always by count, so that only the very last cluster is filled up with blanks. The eight of
 *  a cluster are then sorted along its longest side, so that its halves are compact too. */
#include "math/vec.h"
#include "neigh/clusters_build.h"

#include <string.h>

enum { RADIX_BITS = 8, RADIX = 1 << RADIX_BITS, FEW_KEYS = 48 };
static const double FARTHEST = 1e9, FARTHEST_WRAPPED = 6e7; /* angstrom; what the steps of `at` can hold */

ili_cluster_frame ili_cluster_frame_of(const ili_cell *cell) {
    ili_cluster_frame f = {.axis = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    ili_cell reduced = *cell;
    double inv[3][3], row[3][3];
    int n = 0, from[3];
    ili_cell_reduce(&reduced);
    for (int want = 1; want >= 0; want--)
        for (int k = 0; k < 3; k++)
            if (cell->pbc[k] == (want == 1)) from[n++] = k;
    for (int k = 0; k < 3; k++) {
        memcpy(row[k], reduced.h[from[k]], sizeof row[k]);
        f.n_periodic += cell->pbc[k];
    }
    if (f.n_periodic == 0) return f;
    const double first = 1.0 / ili_norm(row[0]), along = ili_dot(row[1], row[0]) * first * first;
    for (int j = 0; j < 3; j++) {
        f.axis[0][j] = row[0][j] * first;
        f.axis[1][j] = row[1][j] - along * row[0][j];
    }
    const double second = 1.0 / ili_norm(f.axis[1]);
    for (int j = 0; j < 3; j++) f.axis[1][j] *= second;
    ili_cross(f.axis[0], f.axis[1], f.axis[2]);
    if (ili_dot(f.axis[2], row[2]) < 0.0)
        for (int j = 0; j < 3; j++) f.axis[2][j] = -f.axis[2][j];
    ili_inverse(cell->h, inv);
    for (int k = 0; k < f.n_periodic; k++) {
        double s[3];
        ili_vec_mat(row[k], inv, s);
        for (int j = 0; j < 3; j++) {
            f.lattice[k][j] = (int32_t)lrint(s[j]);
            f.step[k][j] = j <= k ? ili_dot(row[k], f.axis[j]) : 0.0;
        }
    }
    return f;
}

/** Wrap one atom; false: it has left the cell, or is nowhere. */
static bool wrap_atom(const ili_cluster_frame *f, const double x[3], double u[3], int32_t wrap[3]) {
    double n[3] = {0};
    for (int k = 0; k < 3; k++) {
        if (!(fabs(x[k]) < FARTHEST)) return false;
        u[k] = ili_dot(x, f->axis[k]);
    }
    for (int k = f->n_periodic - 1; k >= 0; k--) {
        const double down = floor(u[k] / f->step[k][k]);
        for (int j = 0; j < 3; j++) {
            u[j] -= down * f->step[k][j];
            n[j] -= down * f->lattice[k][j];
        }
    }
    for (int k = 0; k < 3; k++) {
        if (!(fabs(n[k]) < INT32_MAX && fabs(u[k]) < FARTHEST_WRAPPED)) return false;
        wrap[k] = (int32_t)n[k];
    }
    return true;
}

static il_status wrap_atoms(il_context *ctx, const ili_clusters *l, const double (*x)[3],
                            ili_cluster_draft *d) {
    int32_t lost = l->n_atoms;
#pragma omp parallel for num_threads(ctx->n_threads) reduction(min : lost) if (l->n_atoms > 1000)
    for (int32_t i = 0; i < l->n_atoms; i++)
        if (!wrap_atom(&d->frame, x[i], d->u[i], d->wrap[i]) && i < lost) lost = i;
    if (lost == l->n_atoms) return IL_OK;
    return ili_fail(ctx, IL_E_NONFINITE, "atom %d has left the cell: its position is (%g, %g, %g) A",
                    lost + 1, x[lost][0], x[lost][1], x[lost][2]);
}

static ili_cluster_box empty_box(void) {
    return (ili_cluster_box){{INFINITY, INFINITY, INFINITY}, {-INFINITY, -INFINITY, -INFINITY}};
}

static void widen(ili_cluster_box *box, const double low[3], const double high[3]) {
    for (int k = 0; k < 3; k++) {
        box->low[k] = fmin(box->low[k], low[k]);
        box->high[k] = fmax(box->high[k], high[k]);
    }
}

/** Ascending; equal upper halves keep their order. */
static void sort_keys(uint64_t *key, uint64_t *spare, size_t n) {
    if (n <= FEW_KEYS) {
        for (size_t i = 1; i < n; i++) {
            const uint64_t a = key[i];
            size_t to = i;
            for (; to > 0 && key[to - 1] > a; to--) key[to] = key[to - 1];
            key[to] = a;
        }
        return;
    }
    for (int shift = 32; shift < 64; shift += RADIX_BITS) {
        size_t first[RADIX + 1] = {0};
        for (size_t i = 0; i < n; i++) first[(key[i] >> shift) % RADIX + 1]++;
        for (int b = 0; b < RADIX; b++) first[b + 1] += first[b];
        for (size_t i = 0; i < n; i++) spare[first[(key[i] >> shift) % RADIX]++] = key[i];
        memcpy(key, spare, n * sizeof *key);
    }
}

/** Sort order [from, to) along an axis; equal places by the number of the atom. */
static void sort_along(ili_cluster_draft *d, int axis, size_t from, size_t to) {
    const double low = d->all.low[axis], side = d->all.high[axis] - low;
    const double scale = side > 0.0 ? UINT32_MAX / side : 0.0;
    for (size_t s = from; s < to; s++) {
        const uint32_t i = (uint32_t)d->order[s];
        d->key[s] = (uint64_t)((d->u[i][axis] - low) * scale) << 32 | i;
    }
    sort_keys(d->key + from, d->spare + from, to - from);
    for (size_t s = from; s < to; s++) d->order[s] = (int32_t)(uint32_t)d->key[s];
}

/** Numbers of slabs and of columns in a slab that make clusters nearest to cubes; the longest axis is cut last. */
static void choose_cuts(const ili_clusters *l, ili_cluster_draft *d, int32_t *slabs, int32_t *columns) {
    double side[3], best = INFINITY;
    for (int k = 0; k < 3; k++) side[k] = fmax(d->all.high[k] - d->all.low[k], 1e-3);
    const int longest = side[2] >= side[1] && side[2] >= side[0] ? 2 : side[1] >= side[0] ? 1 : 0;
    d->axes[2] = longest;
    d->axes[0] = (longest + 1) % 3;
    d->axes[1] = (longest + 2) % 3;
    const double a = side[d->axes[0]], b = side[d->axes[1]], c = side[longest], n = l->n_clusters;
    const double edge = cbrt(a * b * c / n);
    *slabs = *columns = 1;
    for (int k = 0; k < 4; k++) {
        const double p = fmin(fmax(floor(a / edge) + k % 2, 1.0), n),
                     q = fmin(fmax(floor(b / edge) + k / 2, 1.0), n / p);
        const double x = a / p, y = b / q, z = c * p * q / n, surface = x * y + y * z + z * x;
        if (!(surface < best)) continue;
        best = surface;
        *slabs = (int32_t)p;
        *columns = (int32_t)q;
    }
}

/** Slot range of clusters [first, first + n). */
static size_t slots_end(const ili_clusters *l, int32_t first, int32_t n) {
    const size_t end = ((size_t)first + (size_t)n) * ILI_CLUSTER;
    return end < (size_t)l->n_atoms ? end : (size_t)l->n_atoms;
}

/** Sort the atoms of a cluster along its longest side; its box. */
static ili_cluster_box sort_cluster(const ili_clusters *l, ili_cluster_draft *d, int32_t c) {
    int32_t *atom = d->order + (size_t)c * ILI_CLUSTER;
    const int n = (int)(slots_end(l, c, 1) - (size_t)c * ILI_CLUSTER);
    ili_cluster_box box = empty_box();
    int axis = 0;
    for (int b = 0; b < n; b++) widen(&box, d->u[atom[b]], d->u[atom[b]]);
    for (int k = 1; k < 3; k++)
        if (box.high[k] - box.low[k] > box.high[axis] - box.low[axis]) axis = k;
    for (int b = 1; b < n; b++) {
        const int32_t i = atom[b];
        int to = b;
        for (; to > 0 && d->u[atom[to - 1]][axis] > d->u[i][axis]; to--) atom[to] = atom[to - 1];
        atom[to] = i;
    }
    ili_cluster_boxes_put(&d->cluster_boxes, (size_t)c, &box);
    return box;
}

/** Columns of one slab, and its clusters. */
static void sort_slab(const ili_clusters *l, ili_cluster_draft *d, int32_t slab) {
    const int32_t from = d->slab[slab].first, to = from + d->slab[slab].n;
    const ili_cluster_run *last = &d->column[to - 1];
    ili_cluster_box around = empty_box();
    sort_along(d, d->axes[1], slots_end(l, d->column[from].first, 0), slots_end(l, last->first, last->n));
    for (int32_t k = from; k < to; k++) {
        const ili_cluster_run *column = &d->column[k];
        ili_cluster_box box = empty_box();
        sort_along(d, d->axes[2], slots_end(l, column->first, 0), slots_end(l, column->first, column->n));
        for (int32_t c = column->first; c < column->first + column->n; c++) {
            const ili_cluster_box cluster = sort_cluster(l, d, c);
            widen(&box, cluster.low, cluster.high);
        }
        ili_cluster_boxes_put(&d->column_boxes, (size_t)k, &box);
        widen(&around, box.low, box.high);
    }
    ili_cluster_boxes_put(&d->slab_boxes, (size_t)slab, &around);
}

/** Bytes to the next 64-byte boundary. */
static size_t round_up(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

/** What is made anew after the sort lends its memory; the rest is the context's scratch. */
static bool make_room(il_context *ctx, const ili_clusters *l, ili_cluster_draft *d) {
    const size_t n = (size_t)l->n_atoms, n_clusters = (size_t)l->n_clusters;
    const size_t boxes = ili_cluster_boxes_size(n_clusters);
    double *side[3];
    size_t rows = 0, pairs = 0, bytes = 0;
    for (int p = 0; p < ILI_CLUSTERS_PIECES; p++) {
        rows += l->room[p].rows;
        pairs += l->room[p].pairs;
    }
    const struct {
        void **items;
        size_t n, size;
    } part[] = {{(void **)&side[0], boxes, sizeof(double)},
                {(void **)&side[1], boxes, sizeof(double)},
                {(void **)&side[2], boxes, sizeof(double)},
                {(void **)&d->order, n, sizeof *d->order},
                {(void **)&d->column, n_clusters, sizeof *d->column},
                {(void **)&d->slab, n_clusters, sizeof *d->slab},
                {(void **)&d->row, rows, sizeof *d->row},
                {(void **)&d->pair, pairs, sizeof *d->pair}};
    enum { PARTS = sizeof part / sizeof *part };
    for (int k = 0; k < PARTS; k++) bytes += round_up(part[k].n * part[k].size);
    char *block = ili_scratch(ctx, bytes);
    if (!block) return false;
    for (int k = 0; k < PARTS; k++) {
        *part[k].items = block;
        block += round_up(part[k].n * part[k].size);
    }
    d->cluster_boxes = ili_cluster_boxes_in(side[0], n_clusters);
    d->column_boxes = ili_cluster_boxes_in(side[1], n_clusters);
    d->slab_boxes = ili_cluster_boxes_in(side[2], n_clusters);
    d->u = (double(*)[3])l->x;
    d->wrap = (int32_t(*)[3])l->at;
    d->key = (uint64_t *)l->x0;
    d->spare = (uint64_t *)l->moved;
    return true;
}

/** Cut `n` clusters from `first` on into `parts`: the first cluster of a part. */
static int32_t cut(int32_t first, int32_t n, int32_t part, int32_t parts) {
    return first + (int32_t)((int64_t)n * part / parts);
}

il_status ili_clusters_sort(il_context *ctx, ili_clusters *l, const ili_cell *cell, const double (*x)[3],
                            ili_cluster_draft *d) {
    int32_t slabs, columns;
    d->frame = ili_cluster_frame_of(cell);
    if (!make_room(ctx, l, d)) return ili_no_memory(ctx, "the cluster list");
    IL_TRY(wrap_atoms(ctx, l, x, d));
    d->all = empty_box();
    for (int32_t i = 0; i < l->n_atoms; i++) {
        widen(&d->all, d->u[i], d->u[i]);
        d->order[i] = i;
    }
    if (l->n_atoms == 0) return IL_OK;
    choose_cuts(l, d, &slabs, &columns);
    sort_along(d, d->axes[0], 0, (size_t)l->n_atoms);
    for (int32_t s = 0; s < slabs; s++) {
        const int32_t from = cut(0, l->n_clusters, s, slabs), n = cut(0, l->n_clusters, s + 1, slabs) - from;
        const int32_t parts = columns < n ? columns : n;
        d->slab[d->n_slabs++] = (ili_cluster_run){.first = d->n_columns, .n = parts};
        for (int32_t k = 0; k < parts; k++) {
            const int32_t first = cut(from, n, k, parts);
            d->column[d->n_columns++] =
                (ili_cluster_run){.first = first, .n = cut(from, n, k + 1, parts) - first};
        }
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads) if (d->n_slabs > 1)
    for (int32_t s = 0; s < d->n_slabs; s++) sort_slab(l, d, s);
    for (int32_t c = 0; c < l->n_clusters; c++) {
        double diagonal2 = 0.0;
        for (int k = 0; k < 3; k++) {
            const double side = d->cluster_boxes.side[3 + k][c] - d->cluster_boxes.side[k][c];
            diagonal2 += side * side;
        }
        d->widest = fmax(d->widest, sqrt(diagonal2));
    }
    return IL_OK;
}
