/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Embedded-atom and Finnis-Sinclair metals: E = sum_i F(rho_i) + 1/2 sum_ij V(r_ij), rho_i = sum_j phi(r_ij).
 *  Functions come from an analytic block of the model file or from a setfl (eam.alloy) or eam.fs file. */
#ifndef ILI_FF_EAM_H
#define ILI_FF_EAM_H

#include "ff/accum.h"
#include "ff/model.h"
#include "neigh/nlist.h"

/** Read a setfl (IL "eam/alloy") or eam.fs file; the format is told by its layout. */
il_status ili_eam_read_file(il_context *ctx, const char *path, ili_eam_functions **out);
/** The analytic Finnis-Sinclair form of Nichol & Ackland 2016, all coefficients from the model file:
 *  F = -sqrt(rho); phi = sum A_k (R_k - r)^3, clipped at 0; V = sum a_k (r_k - r)^3 above r_join, exp(cubic) between
 *  r_zbl and r_join, ZBL below. Coefficients in eV and angstrom. */
typedef struct ili_eam_analytic {
    int n_phi, n_v;
    double phi_a[8], phi_r[8], v_a[8], v_r[8], exp_b[4], r_join, r_zbl, z;
} ili_eam_analytic;
il_status ili_eam_from_analytic(il_context *ctx, const ili_eam_analytic *a, const char *element,
                                ili_eam_functions **out);
void ili_eam_destroy(ili_eam_functions **eam);
double ili_eam_cutoff(const ili_eam_functions *eam);
int ili_eam_n_elements(const ili_eam_functions *eam);
const char *ili_eam_element(const ili_eam_functions *eam, int index);
/** The functions themselves, for plots and checks; elements by index, r in angstrom, 0 from the cut-off on.
 *  V of elements a, b (eV); the density that an atom of element `from` gives at one of element `at`; F (eV). */
double ili_eam_pair(const ili_eam_functions *eam, int a, int b, double r, double *derivative);
double ili_eam_density(const ili_eam_functions *eam, int from, int at, double r, double *derivative);
double ili_eam_embedding(const ili_eam_functions *eam, int element, double rho, double *derivative);

/** Scratch of one plan (densities, derivatives, chunk buffers). */
typedef struct ili_eam_work ili_eam_work;
il_status ili_eam_work_create(il_context *ctx, int32_t n, ili_eam_work **out);
void ili_eam_work_destroy(ili_eam_work **work);
/** Adds into acc; *energy (eV, NULL: not wanted) receives the sum. kind [n_types]: element index of each type in
 *  eam, -1: not metal. The list covers metal-metal pairs up to ili_eam_cutoff; rows and neighbours of other types are passed over.
 *  The bits do not depend on ctx->n_threads. Allocates only when the list has grown. IL_E_NONFINITE names the atom. */
il_status ili_eam_compute(il_context *ctx, const ili_eam_functions *eam, const int32_t *kind,
                          const int32_t *type, const ili_nlist_view *list, int32_t n, ili_eam_work *work,
                          double *energy, ili_accum *acc);

#endif
