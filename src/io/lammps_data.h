/* SPDX-License-Identifier: GPL-3.0-or-later */
/** LAMMPS data files, atom styles atomic, charge, molecular and full, units metal or real. Rules in docs/formats.md. */
#ifndef ILI_IO_LAMMPS_DATA_H
#define ILI_IO_LAMMPS_DATA_H

#include "system/system.h"

/** Atoms in the order of their ids, unwrapped by their image flags, the box corner moved to the origin. Elements from
 *  Masses; the first word of a comment there names the species. "boundary p p f" in the title says which directions
 *  repeat. Angles, dihedrals, impropers and coefficients are left out with a warning. IL_E_FILE, IL_E_INPUT with file:line. */
il_status ili_lammps_data_read(il_context *ctx, const char *path, il_system **out);
/** Units metal. Style molecular, or full with charges, when there are bonds or molecules; else atomic or
 *  charge. A cell that has not a along +x and
 *  b in the upper xy plane is rotated, and a left-handed one gets c turned round (the same crystal); the title says so. */
il_status ili_lammps_data_write(il_context *ctx, const il_system *sys, const char *path);

/** Bonds, angles or dihedrals with types of their own. */
typedef struct ili_lammps_group {
    int32_t n, n_types;
    const int32_t *type;      /**< [n] from 1 */
    const int32_t (*atom)[4]; /**< [n] atom indices, 2, 3 or 4 used */
} ili_lammps_group;

/** What a force field adds to a system: written instead of the system's own bonds and the masses of the elements. */
typedef struct ili_lammps_topology {
    const double *mass;        /**< [n_species] g/mol */
    ili_lammps_group group[3]; /**< bonds, angles, dihedrals */
} ili_lammps_topology;

/** The same with the bonded lists and masses of a force field; style full when it has bonds, else charge. */
il_status ili_lammps_data_write_bound(il_context *ctx, const il_system *sys,
                                      const ili_lammps_topology *topology, const char *path);
/** Rows: the axes that a cell is rotated to when it is written, in our frame; so x(LAMMPS)_k = axes[k] . x. The unit matrix when
 *  nothing is rotated. */
void ili_lammps_axes(const ili_cell *cell, double axes[3][3]);

#endif
