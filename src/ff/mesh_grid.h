/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the Coulomb meshes of crystals and of slabs have in common: a grid of planes, the charges on it, and the walk of one
 *  evaluation from charges to forces. What is done with the waves differs, and is the caller's. */
#ifndef ILI_FF_MESH_GRID_H
#define ILI_FF_MESH_GRID_H

#include "ff/stencil.h"
#include "math/fft.h"

typedef struct ili_mesh_grid {
    int size[3]; /**< planes, rows, points of a row */
    int32_t n;   /**< charges */
    ili_fft_shape shape;
    size_t real; /**< bytes */
    ili_fft *fft;
    ili_stencil *stencil;
    void *points; /**< [size[0] * shape.plane] charges, then potential; during a walk, in the scratch */
} ili_mesh_grid;

/** n charges q [n] (e, borrowed for the life of the grid) on a grid of this size. `columns`: points of the transforms along axis 0, 1 for
 *  none; the other axes are ili_fft_good_size. IL_E_MEMORY; IL_E_INPUT as ili_fft_create. On failure there is nothing to drop. */
il_status ili_mesh_grid_create(il_context *ctx, const int size[3], int columns, int order, bool is_single,
                               int32_t n, const double *q, ili_mesh_grid *out);
void ili_mesh_grid_drop(ili_mesh_grid *grid);

/** One evaluation, but for the charges and what is added to. */
typedef struct ili_mesh_walk {
    const ili_stencil_frame *frame;
    int n_waves;                          /**< pieces of the waves */
    void (*waves)(void *user, int piece); /**< transforms along axis 0, forth and back, and all between */
    void *user;
    double (*moments)[3]; /**< [ili_mesh_grid_pieces] of ili_stencil_gather by piece, out; NULL: not wanted */
} ili_mesh_walk;

int32_t ili_mesh_grid_pieces(const ili_mesh_grid *grid);
/** Threads worth their while. */
int ili_mesh_grid_threads(const il_context *ctx, const ili_mesh_grid *grid);
/** Adds forces and the energies of atoms to acc. Bits do not depend on n_threads. IL_E_MEMORY. */
il_status ili_mesh_grid_walk(il_context *ctx, ili_mesh_grid *grid, int n_threads, const ili_mesh_walk *walk,
                             const double (*x)[3], ili_accum *acc);

#endif
