/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Amorphous chains of a linear polymer, in a periodic box or between two heights above a crystal face. */
#ifndef ILI_BUILD_POLYMER_H
#define ILI_BUILD_POLYMER_H

#include "build/polymer_unit.h"
#include "build/pushoff.h"

/** No glass is denser than this many times the usual density. */
#define ILI_DENSITY_RATIO_MAX 1.4

typedef struct ili_polymer_options {
    int n_chains;   /**< < 0: as many as give the density */
    int degree;     /**< mean number of repeat units of a chain; < 0: what gives the density */
    double density; /**< g/cm3; NaN: the unit file's where it is needed */
    double z_low,
        z_high;         /**< angstrom, the gap: every atom stays between; NaN both: the whole periodic cell */
    double temperature; /**< K, of the torsions that are drawn */
    uint64_t sample;    /**< number of the sample; each gives other chains from the same seed */
    /** Molecules that stand in the cell already, with molecule numbers; they keep their shapes and are pushed about with
     *  the chains. NULL: none. Borrowed. */
    const il_system *guests;
} ili_polymer_options;

/** -1 chains and degree, density NaN, no gap, 450 K, sample 0. */
void ili_polymer_options_default(ili_polymer_options *options);

/** Volume (angstrom^3) that n_chains of this degree fill at a density (g/cm3). IL_E_INPUT for counts
 *  under 1 and densities that no such polymer has. Divide by the area for the height of a gap. */
il_status ili_polymer_volume(il_context *ctx, const ili_polymer_unit *unit, int n_chains, int degree,
                             double density, double *volume);

/** How many chains and repeat units (of all chains) the options make of this cell, and the volume (angstrom^3)
 *  that they share, both as ili_polymer_grow takes them. IL_E_INPUT, IL_E_UNSUPPORTED. */
il_status ili_polymer_counts(il_context *ctx, const ili_polymer_unit *unit,
                             const ili_polymer_options *options, const ili_cell *cell, int *n_chains,
                             int *n_units, double *volume);

/** Mass of n_chains with n_units repeat units in all, g/mol. */
double ili_polymer_mass(const ili_polymer_unit *unit, double n_chains, double n_units);

/** What was grown. */
typedef struct ili_polymer_shape {
    int32_t n_chains, n_units; /**< repeat units of all chains */
    double volume, density;    /**< angstrom^3, g/cm3 (guests included), as defined at ili_polymer_grow */
    double end_to_end; /**< angstrom, root mean square distance of the first and last heavy atom of a chain */
    double gyration;   /**< angstrom, root mean square mass-weighted radius of gyration */
    double bond_strain; /**< largest |r/r0 - 1| of a bond */
    ili_contact worst;  /**< of atoms more than three bonds apart; obstacle k is number n_atoms + k */
} ili_polymer_shape;

/** Grow chains in `cell` around `obstacles` (same cell, fixed, not copied to the result; NULL: none).
 *
 *  Volume and so density: that of the cell, or, with a gap, area times (z_high - z_low), where obstacles
 *  in the gap, and guests, take nothing off. A gap needs a and b in the xy plane, at any angle. The density sets what
 *  is not given: the number of chains, or the degree; single chains are then one unit longer than others
 *  to come within half a unit of the density. When all three are given they must agree to 1 %.
 *
 *  *out: the chains, then the guests; species, charges, bonds, molecule numbers from 1; each molecule whole (unwrapped), its centre of
 *  mass in the cell; bonds near ideal; no pair beyond three bonds nearer than ILI_CONTACT_MIN of its
 *  contact distance; no bond through a ring. *shape may be NULL. Depends on the seed of the context and
 *  `sample` alone. IL_E_INPUT, IL_E_NOT_CONVERGED, IL_E_MEMORY. */
il_status ili_polymer_grow(il_context *ctx, const ili_polymer_unit *unit, const ili_polymer_options *options,
                           const ili_cell *cell, const il_system *obstacles, il_system **out,
                           ili_polymer_shape *shape);

#endif
