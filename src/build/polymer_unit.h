/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Unit file of a linear polymer: head, repeat unit and tail as internal coordinates. Written in
 *  docs/formats.md. */
#ifndef ILI_BUILD_POLYMER_UNIT_H
#define ILI_BUILD_POLYMER_UNIT_H

#include "io/yaml.h"
#include "system/system.h"

enum { ILI_UNIT_SPECIES_MAX = 16, ILI_UNIT_ATOMS_MAX = 128, ILI_UNIT_TORSIONS_MAX = 64 };

/** How the torsion of an atom is found. */
typedef enum ili_turn { ILI_TURN_FIXED, ILI_TURN_FREE, ILI_TURN_LEFT, ILI_TURN_RIGHT } ili_turn;

/** Reference to no atom; -1, -2, -3 are the joint atoms of the unit before. */
enum { ILI_REF_NONE = -4 };

typedef struct ili_unit_atom {
    char label[ILI_NAME_MAX];
    int species;
    int ref[3]; /**< bonded to, angle with, torsion with: index in the same fragment, or as above */
    ili_turn turn;
    double phi; /**< radian, FIXED */
    int line;
} ili_unit_atom;

typedef struct ili_fragment {
    int n_atoms, line;
    ili_unit_atom atom[ILI_UNIT_ATOMS_MAX];
    int joint[3]; /**< atoms that -1, -2, -3 of the next fragment mean */
} ili_fragment;

/** Energy of turning about the bond b-c of a-b-c-d. */
typedef struct ili_unit_torsion {
    int species[4];
    double v[3]; /**< eV: V1/2 (1 + cos p) + V2/2 (1 - cos 2p) + V3/2 (1 + cos 3p) */
} ili_unit_torsion;

enum { ILI_HEAD, ILI_REPEAT, ILI_TAIL };

typedef struct ili_polymer_unit {
    char name[64], title[256], path[512];
    double density; /**< g/cm3, the usual one */
    int n_species, n_torsions;
    ili_species species[ILI_UNIT_SPECIES_MAX];
    double bond[ILI_UNIT_SPECIES_MAX][ILI_UNIT_SPECIES_MAX]; /**< angstrom; 0: not given */
    double angle[ILI_UNIT_SPECIES_MAX][ILI_UNIT_SPECIES_MAX]
                [ILI_UNIT_SPECIES_MAX]; /**< radian, centre second; 0: none */
    ili_unit_torsion torsion[ILI_UNIT_TORSIONS_MAX];
    ili_fragment fragment[3];
} ili_polymer_unit;

/** `name`: a name in structures/ (of the context's data folder, of the installed one, or of the current
 *  folder) or a path. IL_E_FILE, IL_E_INPUT with file:line. The repeat unit must be neutral, and head and
 *  tail together. */
il_status ili_polymer_unit_read(il_context *ctx, const char *name, ili_polymer_unit **out);
/** For other files of the same kind (salts): read species, bonds, angles and torsions of `root` into `unit`, and `atoms` of
 *  `map` into a fragment whose first three atoms have no, one and two references. */
il_status ili_unit_read_tables(il_context *ctx, const ili_yaml_node *root, ili_polymer_unit *unit);
il_status ili_unit_read_atoms(il_context *ctx, const ili_yaml_node *map, const ili_polymer_unit *unit,
                              bool is_head, ili_fragment *fragment);
/** Sum of the charges of a fragment, e; its atoms of the element z. */
double ili_unit_charge(const ili_polymer_unit *unit, int fragment);
int ili_unit_count(const ili_polymer_unit *unit, int fragment, int z);
void ili_polymer_unit_destroy(ili_polymer_unit **unit);
/** Index of the torsion entry of a-b-c-d, read in either direction; -1: none. */
int ili_polymer_unit_torsion(const ili_polymer_unit *unit, int a, int b, int c, int d);
/** Mass of a fragment (ILI_HEAD, ILI_REPEAT, ILI_TAIL), g/mol. */
double ili_polymer_unit_mass(const ili_polymer_unit *unit, int fragment);

#endif
