/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Embedded-atom and Finnis-Sinclair metals: E = sum_i F(rho_i) + 1/2 sum_ij V(r_ij), rho_i = sum_j phi(r_ij).
 *  Functions come from an analytic block of the model file or from a setfl (eam.alloy) or eam.fs file.
 *  Atoms of other phases may donate density to the metal's sums: rho_i = sum_j phi(r_ij) + sum_d psi(r_id),
 *  psi = B (R - r)^3 for r < R. Donors have no F and no V. With F = -sqrt(rho) every further donor binds less.
 *
 *  A kind is what an atom is to these functions: 0 .. elements - 1 embedded, from there on a donor, -1 neither. */
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
/** Adds a donor, psi = b (reach - r)^3 to every embedded atom, b > 0 in the density unit per angstrom^3; *kind is its kind. */
il_status ili_eam_add_donor(il_context *ctx, ili_eam_functions *eam, double b, double reach, int *kind);
void ili_eam_destroy(ili_eam_functions **eam);
/** Cut-off of the metal's own functions, angstrom. */
double ili_eam_cutoff(const ili_eam_functions *eam);
/** Distance up to which two kinds act on each other, angstrom; 0: never. */
double ili_eam_reach(const ili_eam_functions *eam, int a, int b);
int ili_eam_n_elements(const ili_eam_functions *eam);
bool ili_eam_is_embedded(const ili_eam_functions *eam, int kind);
const char *ili_eam_element(const ili_eam_functions *eam, int index);
/** The functions themselves, for plots and checks; r in angstrom, 0 from the cut-off on. V of kinds a, b (eV); the
 *  density that an atom of kind `from` gives at one of kind `at`; F (eV). */
double ili_eam_pair(const ili_eam_functions *eam, int a, int b, double r, double *derivative);
double ili_eam_density(const ili_eam_functions *eam, int from, int at, double r, double *derivative);
double ili_eam_embedding(const ili_eam_functions *eam, int kind, double rho, double *derivative);
/** Step of r on which cubics represent the functions: that of a file's tables, else one fine enough for smooth functions to be met
 *  to 1e-10; angstrom. */
double ili_eam_step(const ili_eam_functions *eam);
/** Density up to which tables of F must go; beyond it F is a straight line, or no atom comes there. */
double ili_eam_density_end(const ili_eam_functions *eam);

/** Scratch of one plan (densities, derivatives, chunk buffers). */
typedef struct ili_eam_work ili_eam_work;
il_status ili_eam_work_create(il_context *ctx, int32_t n, ili_eam_work **out);
void ili_eam_work_destroy(ili_eam_work **work);
/** Adds into acc; *energy (eV, NULL: not wanted) receives the sum. kind [n_types]: of each type. The list covers
 *  pairs of kinds up to ili_eam_reach; rows and neighbours of kind -1 are passed over.
 *  The bits do not depend on ctx->n_threads. Allocates only when the list has grown. IL_E_NONFINITE names the atom. */
il_status ili_eam_compute(il_context *ctx, const ili_eam_functions *eam, const int32_t *kind,
                          const int32_t *type, const ili_nlist_view *list, int32_t n, ili_eam_work *work,
                          double *energy, ili_accum *acc);
/** IL_E_NONFINITE, and the sentence that names the atom (from 0). */
il_status ili_eam_not_finite(il_context *ctx, int32_t atom);

#endif
