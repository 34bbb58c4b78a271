/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The periodic table: symbol, mass, covalent radius, usual oxidation states. */
#ifndef ILI_SYSTEM_ELEMENT_H
#define ILI_SYSTEM_ELEMENT_H

typedef struct ili_element {
    const char *symbol;
    double mass;              /**< g/mol, IUPAC abridged standard atomic weight */
    double covalent_radius;   /**< angstrom, Cordero et al., Dalton Trans. 2008, 2832; 0: not listed */
    signed char oxidation[4]; /**< usual states, commonest first, 0-terminated */
    unsigned char color[3];   /**< red, green, blue of pictures */
} ili_element;

enum { ILI_Z_MAX = 103 };

/** Element of atomic number z, 1 .. ILI_Z_MAX; NULL otherwise. */
const ili_element *ili_element_of(int z);
/** Atomic number of a symbol ("Ge", exact case); 0 when it is none. */
int ili_element_z(const char *symbol);
/** Atomic number of the element that a label begins with ("Ge1", "O2-", "Li+"); 0 when none. */
int ili_element_z_of_label(const char *label);
/** Element whose mass is nearest (g/mol), within 0.3; 0 when none. */
int ili_element_z_of_mass(double mass);

#endif
