/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Minimisers for atoms, cell and both. They see the energy as a callback, so any model, or a test function,
 *  can be relaxed. Cell steps act on a strain of the starting cell; only_z leaves the in-plane cell fixed. */
#ifndef ILI_RELAX_RELAX_H
#define ILI_RELAX_RELAX_H

#include "ff/ff.h"
#include "math/couplings.h"

/** Energy (eV), forces f [n][3] (eV/angstrom) and virial w[6] (eV, xx yy zz yz xz xy) at x in the cell. */
typedef il_status (*ili_energy_fn)(il_context *ctx, void *user, const ili_cell *cell, const double (*x)[3],
                                   double *energy, double (*f)[3], double w[6]);

/** A model of the second derivatives of the same energy, eV/angstrom^2, at x in the cell; theory.md (7.3). It may be rough and need
 *  not be positive definite. */
typedef il_status (*ili_stiffness_fn)(il_context *ctx, void *user, const ili_cell *cell, const double (*x)[3],
                                      ili_couplings *out);

typedef enum ili_relax_method { ILI_RELAX_LBFGS, ILI_RELAX_FIRE } ili_relax_method;
typedef enum ili_relax_mode {
    ILI_RELAX_ATOMS,
    ILI_RELAX_CELL,
    ILI_RELAX_BOTH,
    ILI_RELAX_ATOMS_Z
} ili_relax_mode;

typedef struct ili_relax_options {
    ili_relax_method method;
    ili_relax_mode mode;     /**< ATOMS_Z: atoms and the length along the cell's normal only */
    double force_tolerance;  /**< largest force component, eV/angstrom */
    double stress_tolerance; /**< largest stress component, eV/angstrom^3; cell modes */
    int max_steps;
    double max_move;            /**< largest displacement of an atom in a step, angstrom */
    double pressure;            /**< eV/angstrom^3, target; stress -> -pressure */
    const bool *fixed;          /**< [n] atoms that stay, or NULL */
    ili_stiffness_fn stiffness; /**< preconditions L-BFGS; NULL: nothing does. Gets the user of the energy */
    const char *label;          /**< what progress is shown as */
    const il_system *named;     /**< gives the verdict the species of atoms, or NULL */
} ili_relax_options;

typedef struct ili_relax_result {
    bool converged;
    int steps, evaluations;
    double energy_start, energy; /**< eV (enthalpy is energy + pV when pressure is set) */
    double force_max;            /**< largest force component, eV/angstrom */
    int32_t force_atom;          /**< the atom that has it, 0-based */
    double stress[6];            /**< eV/angstrom^3, positive = tension */
    char verdict[256];           /**< one sentence */
} ili_relax_result;

ili_relax_options ili_relax_defaults(void); /**< L-BFGS, atoms, 1e-3 eV/A, 1e-5 eV/A^3, 2000 steps, 0.2 A */
/** Relax x [n][3] and *cell in place. Fixed atoms follow the cell. Cell modes of a slab strain its plane
 *  only; mode z of a slab is IL_E_UNSUPPORTED. A pressure needs a cell mode and three periodic vectors. IL_OK
 *  also when not converged: result->converged tells. IL_E_NONFINITE and IL_E_INTERRUPTED leave the best
 *  configuration so far. */
il_status ili_relax(il_context *ctx, ili_energy_fn energy, void *user, int32_t n, ili_cell *cell,
                    double (*x)[3], const ili_relax_options *options, ili_relax_result *result);
/** The same for a system and its force field. Leaves the final energy and forces in the system. */
il_status ili_relax_system(il_context *ctx, il_ff *ff, il_system *sys, const ili_relax_options *options,
                           ili_relax_result *result);

#endif
