/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Reciprocal part of the Ewald sum on a mesh: smooth particle-mesh Ewald (Essmann et al. 1995) in any triclinic cell.
 *  Forces are the derivatives of the mesh energy, so the net force is zero only within the accuracy; it is left in. */
#ifndef ILI_FF_MESH_H
#define ILI_FF_MESH_H

#include "ff/accum.h"
#include "base/context.h"

typedef struct ili_mesh ili_mesh;

enum { ILI_MESH_ORDER_MIN = 4, ILI_MESH_ORDER_MAX = 12 };

/** Plan for n charges q [n] (e, borrowed for the life of the plan) on size[0] x size[1] x size[2] points along the rows of the
 *  cell; order even, from 4 to 12, no size below it. IL_E_MEMORY. */
il_status ili_mesh_create(il_context *ctx, int32_t n, const double *q, double alpha, const int size[3],
                          int order, ili_mesh **out);
void ili_mesh_destroy(ili_mesh **mesh);
/** Adds forces, virial and per-atom energies; *energy eV, out. Bits do not depend on ctx->n_threads.
 *  eq.  E = 2 pi C/V sum_(k != 0) exp(-k^2/4 alpha^2)/k^2 B(k) |F(Q)(k)|^2; Essmann et al. 1995, 4.7. Waves at half the mesh
 *  frequency are left out: their sign is ambiguous, and what they carry belongs to the truncation error. */
void ili_mesh_compute(il_context *ctx, ili_mesh *mesh, const double h[3][3], const double (*x)[3],
                      double *energy, ili_accum *acc);

#endif
