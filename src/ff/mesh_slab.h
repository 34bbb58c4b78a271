/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Coulomb sum of a slab on a mesh: what ff/mesh.h does for crystals, for charges that repeat in a plane only. The mesh covers
 *  the slab and no vacuum; the sum has no images, no background and no dipole term. */
#ifndef ILI_FF_MESH_SLAB_H
#define ILI_FF_MESH_SLAB_H

#include "ff/accum.h"
#include "ff/slab_kernel.h"

typedef struct ili_mesh_slab ili_mesh_slab;

/** Plan for n charges q [n] (e, borrowed for the life of the plan) in the plane of rows 0 and 1 of h. IL_E_MEMORY. */
il_status ili_mesh_slab_create(il_context *ctx, const ili_slab_grid *grid, double alpha, bool is_single,
                               const double h[3][3], int32_t n, const double *q, ili_mesh_slab **out);
void ili_mesh_slab_destroy(ili_mesh_slab **mesh);
/** Threads that it has room for: those that the context had when it was made. */
int ili_mesh_slab_threads(const ili_mesh_slab *mesh);
/** Adds forces and, unless acc->forces_only, virial, per-atom energies and *energy (eV, out; else 0). All heights lie between those
 *  of the plan. The part of the virial along the normal is that of the charges' own motion about the middle of the plan's heights. Bits do not
 *  depend on ctx->n_threads. The grid lies in the context's scratch. IL_E_MEMORY.
 *  eq.  theory.md (4.15)-(4.19) */
il_status ili_mesh_slab_compute(il_context *ctx, ili_mesh_slab *mesh, const double h[3][3],
                                const double (*x)[3], double *energy, ili_accum *acc);

#endif
