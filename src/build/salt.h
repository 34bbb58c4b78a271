/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Lithium salts for polymer boxes: the ions of a salt file, how many of them make a ratio of ether oxygen to lithium,
 *  and places for them. Chains then grow around the ions. */
#ifndef ILI_BUILD_SALT_H
#define ILI_BUILD_SALT_H

#include "build/polymer.h"

enum { ILI_CATION, ILI_ANION };

typedef struct ili_salt {
    char name[64], title[256], path[512];
    double volume; /**< angstrom^3 that a formula unit adds to a polymer */
    ili_polymer_unit
        *ion[2]; /**< ILI_CATION, ILI_ANION: the ion is the head of a unit without repeat and tail */
} ili_salt;

/** `name`: a name in structures/ or a path. One cation and one anion of opposite charge. IL_E_FILE (unknown: the nearest
 *  shipped salt is named), IL_E_INPUT with file:line. */
il_status ili_salt_read(il_context *ctx, const char *name, ili_salt **out);
void ili_salt_destroy(ili_salt **salt);
/** Mass of a formula unit, g/mol. */
double ili_salt_mass(const ili_salt *salt);

/** A polymer with a salt in it. */
typedef struct ili_mixture {
    const ili_polymer_unit *unit;
    const ili_salt *salt;
    double ratio;   /**< oxygen atoms of the chains a cation, asked for */
    double density; /**< g/cm3 of the whole, asked for; NaN: volumes of polymer and salt add */
} ili_mixture;

/** Oxygen atoms in n_chains chains with n_units repeat units in all; formula units of salt for so many. */
int64_t ili_mixture_oxygens(const ili_mixture *m, int64_t n_chains, int64_t n_units);
int64_t ili_mixture_pairs(const ili_mixture *m, int64_t n_oxygens);
/** Mass (g/mol) of so much of everything, and the volume (angstrom^3) that it fills at m->density. */
double ili_mixture_mass(const ili_mixture *m, int64_t n_chains, int64_t n_units, int64_t n_pairs);
double ili_mixture_volume(const ili_mixture *m, int64_t n_chains, int64_t n_units, int64_t n_pairs);
/** Density (g/cm3) that the chains alone have in the whole volume, which is what ili_polymer_grow asks for. `degree` < 0:
 *  long chains. */
double ili_mixture_chain_density(const ili_mixture *m, int n_chains, int degree);
/** The ions that `grow` and `cell` make room for beside the chains: how many. IL_E_INPUT when the ratio leaves none and when
 *  all together would be denser than any such glass. */
il_status ili_mixture_count(il_context *ctx, const ili_mixture *m, const ili_polymer_options *grow,
                            const ili_cell *cell, int *n_pairs);

/** n_pairs formula units at random free places of `cell`, between grow->z_low and z_high when there is a gap, around
 *  `obstacles` (NULL: none). Bonds and angles are those of the file, free torsions drawn at grow->temperature. *out: cations
 *  first; species, charges, bonds, a molecule number for each ion, each ion whole. Depends on the seed of the context and
 *  grow->sample alone. IL_E_NOT_CONVERGED: no room. */
il_status ili_salt_place(il_context *ctx, const ili_salt *salt, int n_pairs, const ili_polymer_options *grow,
                         const ili_cell *cell, const il_system *obstacles, il_system **out);

#endif
