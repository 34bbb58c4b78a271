/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The part of the Coulomb energy that is not short-ranged: reciprocal sum (Ewald or smooth particle mesh), self
 *  term, neutralising background and slab correction. The real-space part, q_i q_j erfc(alpha r)/r up to the cut-off,
 *  is the pair kernel's. */
#ifndef ILI_FF_KSPACE_H
#define ILI_FF_KSPACE_H

#include "ff/accum.h"
#include "system/cell.h"

typedef struct ili_kspace ili_kspace;

typedef enum ili_kspace_method { ILI_KSPACE_AUTO, ILI_KSPACE_EWALD, ILI_KSPACE_MESH } ili_kspace_method;

typedef struct ili_kspace_plan {
    ili_kspace_method
        method; /**< AUTO: mesh above 500 atoms, and for slabs wherever it is cheaper; else Ewald; resolved in ili_kspace_info */
    double cutoff; /**< real-space cut-off, angstrom; 0: chosen by cost, see ili_kspace_info */
    double
        accuracy; /**< RMS force error over 14.3996 eV/angstrom; the real and the reciprocal part together */
    double alpha; /**< 1/angstrom; 0: chosen from accuracy and cutoff */
    bool
        is_single; /**< mesh in single precision where the accuracy allows it; waves of the Ewald sum stay double */
} ili_kspace_plan;

/** Numbers behind a plan, for results and tests. */
typedef struct ili_kspace_info {
    ili_kspace_method method;
    double cutoff;  /**< angstrom, real-space part */
    double alpha;   /**< 1/angstrom */
    bool is_single; /**< mesh in single precision */
    int mesh[3],
        order;   /**< mesh; points along the rows of the cell, of a slab's third the planes of its mesh */
    int n_waves; /**< Ewald, half space */
    double
        slab_length; /**< angstrom along the normal; Ewald: period that a slab is summed with, mesh: height of its planes; 0 in 3-D */
    double estimated_error; /**< relative, RMS force */
} ili_kspace_info;

/** Energies of the parts, eV. */
typedef struct ili_kspace_energy {
    double reciprocal, self, background, slab;
} ili_kspace_energy;

/** Plan for n charges q [n] (e; copied) in about this cell. When the cell or the thickness of a slab later changes so
 *  much that the accuracy would suffer, the plan remakes itself inside ili_kspace_compute: alpha stays, waves or mesh change,
 *  and the energy steps by less than the accuracy. Between two remakes forces and virial are its exact derivatives. pbc TTT or TTF (slab, third axis open).
 *  IL_E_UNSUPPORTED for other periodicities; IL_E_INPUT for accuracies outside 1e-12 .. 1e-1. */
il_status ili_kspace_create(il_context *ctx, const ili_kspace_plan *plan, int32_t n, const double *q,
                            const ili_cell *cell, const double (*x)[3], ili_kspace **out);
/** The cut-off that such a plan takes when it is asked to choose; no plan is made. */
il_status ili_kspace_choose_cutoff(il_context *ctx, const ili_kspace_plan *plan, int32_t n, const double *q,
                                   const ili_cell *cell, const double (*x)[3], double *cutoff);
void ili_kspace_destroy(ili_kspace **kspace);
/** Remake waves or mesh for this cell now, so that what was computed before leaves no trace; alpha stays, and so does a mesh that
 *  would come out the same and has room for as many threads. */
il_status ili_kspace_refresh(il_context *ctx, ili_kspace *kspace, const ili_cell *cell, const double (*x)[3]);
ili_kspace_info ili_kspace_get_info(const ili_kspace *kspace);
/** Adds forces, virial and (when wanted) per-atom energies; writes the energies of the parts. Bits do not depend on
 *  ctx->n_threads. No allocation unless the plan is remade. In a slab the virial is in-plane (xx yy xy of the plane's
 *  directions) plus the normal terms of the charges' own motion; the cell's third vector carries no stress. */
il_status ili_kspace_compute(il_context *ctx, ili_kspace *kspace, const ili_cell *cell, const double (*x)[3],
                             ili_kspace_energy *energy, ili_accum *acc);

#endif
