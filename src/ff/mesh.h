/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Reciprocal part of the Ewald sum on a mesh: smooth particle-mesh Ewald (Essmann et al. 1995) in any triclinic cell.
 *  Forces are the derivatives of the mesh energy, so the net force is zero only within the accuracy; it is left in. */
#ifndef ILI_FF_MESH_H
#define ILI_FF_MESH_H

#include "ff/accum.h"
#include "base/context.h"

typedef struct ili_mesh ili_mesh;

/** What a mesh is made of: size[0] x size[1] x size[2] points along the rows of the cell, order 4 to 12 (to 8 in single precision),
 *  no size below it, all of them ili_fft_good_size. */
typedef struct ili_mesh_plan {
    double alpha; /**< 1/angstrom */
    int size[3], order;
    bool
        is_single; /**< the mesh and what is read from it are floats; places, energies and sums of forces are doubles */
} ili_mesh_plan;

/** Plan for n charges q [n] (e, borrowed for the life of the plan). IL_E_MEMORY. */
il_status ili_mesh_create(il_context *ctx, const ili_mesh_plan *plan, int32_t n, const double *q,
                          ili_mesh **out);
void ili_mesh_destroy(ili_mesh **mesh);
/** Adds forces and, unless acc->forces_only, virial, per-atom energies and *energy (eV, out; else 0). Bits do not depend on
 *  ctx->n_threads. The grid lies in the context's scratch. IL_E_MEMORY.
 *  eq.  E = 2 pi C/V sum_(k != 0) exp(-k^2/4 alpha^2)/k^2 B(k) |F(Q)(k)|^2; theory.md (4.9). Waves at half the mesh
 *  frequency are left out: their sign is ambiguous, and what they carry belongs to the truncation error. */
il_status ili_mesh_compute(il_context *ctx, ili_mesh *mesh, const double h[3][3], const double (*x)[3],
                           double *energy, ili_accum *acc);

#endif
