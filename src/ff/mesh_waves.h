/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The waves of a Coulomb mesh: what each is multiplied with, their energy and virial. Rows of waves (one j, all i and k of the
 *  transformed grid) are independent; the influence function is kept while the cell stays. */
#ifndef ILI_FF_MESH_WAVES_H
#define ILI_FF_MESH_WAVES_H

#include "base/context.h"
#include "math/fft.h"

typedef struct ili_mesh_waves ili_mesh_waves;

enum { ILI_MESH_SUMS = 7 /* energy, virial xx yy zz yz xz xy, eV */ };

/** q2: sum of the squared charges. IL_E_MEMORY. */
il_status ili_mesh_waves_create(il_context *ctx, const ili_fft_shape *shape, int order, double alpha,
                                double q2, ili_mesh_waves **out);
void ili_mesh_waves_destroy(ili_mesh_waves **waves);
/** Waves of the cell with these rows, in the order of the axes of the grid. */
void ili_mesh_waves_set_cell(ili_mesh_waves *w, int n_threads, const double rows[3][3]);
/** Multiply row j of the transformed grid with the influence function; thread-safe for distinct rows. Before that, when `want_energy`,
 *  keep the energies of its waves for ili_mesh_waves_sum. */
void ili_mesh_waves_weigh(ili_mesh_waves *w, void *grid, int j, bool want_energy);
/** Energy and virial of all rows; own: the part of the energy, over q2, that corrects the self-energies of the charges. */
void ili_mesh_waves_sum(const ili_mesh_waves *w, double sum[ILI_MESH_SUMS], double *own);

#endif
