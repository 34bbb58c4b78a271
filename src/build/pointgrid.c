/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bins at least a cut-off wide, each a linked list. A query walks the bins around its own; a bin beyond
 * the edge of the cell is an image of one inside, so no nearest-image rule is needed and cells thinner
 * than the cut-off work. */
#include "build/pointgrid.h"

#include "base/alloc.h"
#include "math/vec.h"

#include <math.h>

enum { BINS_MAX = 64, FREE = -2, END = -1 };

struct ili_pointgrid {
    ili_cell cell;
    double inverse[3][3], cutoff2;
    int n[3], reach[3];
    int32_t capacity;
    int32_t *head;   /* [bins] first point or END */
    int32_t *next;   /* [capacity] next point of the bin, END, or FREE: not in the grid */
    int32_t *bin;    /* [capacity] */
    double (*x)[3];  /* [capacity] wrapped */
    int (*shift)[3]; /* [capacity] lattice vectors from the wrapped to the given position */
};

il_status ili_pointgrid_create(il_context *ctx, const ili_cell *cell, double cutoff, int32_t capacity,
                               ili_pointgrid **out) {
    ili_pointgrid *grid = ili_alloc(1, sizeof *grid);
    *out = NULL;
    if (!grid) return ili_no_memory(ctx, "a search grid");
    double width[3];
    ili_cell_widths(cell, width);
    grid->cell = *cell;
    ili_inverse(cell->h, grid->inverse);
    grid->cutoff2 = cutoff * cutoff;
    grid->capacity = capacity;
    size_t bins = 1;
    for (int k = 0; k < 3; k++) {
        grid->n[k] = (int)fmax(1.0, fmin(BINS_MAX, floor(width[k] / cutoff)));
        grid->reach[k] = (int)ceil(cutoff * grid->n[k] / width[k]);
        bins *= (size_t)grid->n[k];
    }
    grid->head = ili_alloc(bins, sizeof *grid->head);
    grid->next = ili_alloc((size_t)capacity, sizeof *grid->next);
    grid->bin = ili_alloc((size_t)capacity, sizeof *grid->bin);
    grid->x = ili_alloc((size_t)capacity, sizeof *grid->x);
    grid->shift = ili_alloc((size_t)capacity, sizeof *grid->shift);
    if (!grid->head || !grid->next || !grid->bin || !grid->x || !grid->shift) {
        ili_pointgrid_destroy(&grid);
        return ili_no_memory(ctx, "a search grid");
    }
    for (size_t b = 0; b < bins; b++) grid->head[b] = END;
    for (int32_t i = 0; i < capacity; i++) grid->next[i] = FREE;
    *out = grid;
    return IL_OK;
}

void ili_pointgrid_destroy(ili_pointgrid **grid) {
    if (!grid || !*grid) return;
    ili_free((*grid)->head);
    ili_free((*grid)->next);
    ili_free((*grid)->bin);
    ili_free((*grid)->x);
    ili_free((*grid)->shift);
    ili_free(*grid);
    *grid = NULL;
}

/** Wrapped position, its lattice shift and its bin along each axis; beyond an open face the edge bin. */
static void locate(const ili_pointgrid *grid, const double x[3], double wrapped[3], int shift[3],
                   int bin[3]) {
    double s[3];
    ili_vec_mat(x, grid->inverse, s);
    for (int k = 0; k < 3; k++) {
        shift[k] = grid->cell.pbc[k] ? (int)floor(s[k]) : 0;
        bin[k] = (int)fmax(0.0, fmin(grid->n[k] - 1, floor((s[k] - shift[k]) * grid->n[k])));
    }
    for (int j = 0; j < 3; j++) {
        wrapped[j] = x[j];
        for (int k = 0; k < 3; k++) wrapped[j] -= shift[k] * grid->cell.h[k][j];
    }
}

static int32_t bin_index(const ili_pointgrid *grid, const int bin[3]) {
    return (bin[0] * grid->n[1] + bin[1]) * grid->n[2] + bin[2];
}

void ili_pointgrid_insert(ili_pointgrid *grid, int32_t point, const double x[3]) {
    int bin[3];
    locate(grid, x, grid->x[point], grid->shift[point], bin);
    int32_t b = grid->bin[point] = bin_index(grid, bin);
    grid->next[point] = grid->head[b];
    grid->head[b] = point;
}

void ili_pointgrid_remove(ili_pointgrid *grid, int32_t point) {
    if (grid->next[point] == FREE) return;
    int32_t *link = &grid->head[grid->bin[point]];
    while (*link != point) link = &grid->next[*link];
    *link = grid->next[point];
    grid->next[point] = FREE;
}

static void visit_bin(const ili_pointgrid *grid, int32_t bin, const double x[3], const int own[3],
                      const int cell_shift[3], ili_near_fn visit, void *user) {
    for (int32_t j = grid->head[bin]; j != END; j = grid->next[j]) {
        ili_near near = {.point = j, .is_own = true};
        for (int k = 0; k < 3; k++) {
            near.d[k] = grid->x[j][k] - x[k];
            for (int a = 0; a < 3; a++) near.d[k] += cell_shift[a] * grid->cell.h[a][k];
            near.is_own &= cell_shift[k] == grid->shift[j][k] - own[k];
        }
        near.r2 = ili_dot(near.d, near.d);
        if (near.r2 < grid->cutoff2) visit(user, &near);
    }
}

/** Floor of a / n for n > 0. */
static int floor_div(int a, int n) {
    return a >= 0 ? a / n : -((n - 1 - a) / n);
}

void ili_pointgrid_visit(const ili_pointgrid *grid, const double x[3], ili_near_fn visit, void *user) {
    double wrapped[3];
    int own[3], home[3], step[3];
    locate(grid, x, wrapped, own, home);
    const int *reach = grid->reach;
    for (step[0] = -reach[0]; step[0] <= reach[0]; step[0]++)
        for (step[1] = -reach[1]; step[1] <= reach[1]; step[1]++)
            for (step[2] = -reach[2]; step[2] <= reach[2]; step[2]++) {
                int bin[3], cell_shift[3];
                bool is_inside = true;
                for (int k = 0; k < 3; k++) {
                    cell_shift[k] = floor_div(home[k] + step[k], grid->n[k]);
                    bin[k] = home[k] + step[k] - cell_shift[k] * grid->n[k];
                    is_inside &= grid->cell.pbc[k] || cell_shift[k] == 0;
                }
                if (is_inside) visit_bin(grid, bin_index(grid, bin), wrapped, own, cell_shift, visit, user);
            }
}
