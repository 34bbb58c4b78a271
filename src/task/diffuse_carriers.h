/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Who is followed in a study of transport: ions and molecular ions by name, their charge numbers, and what counts as framework. */
#ifndef ILI_TASK_DIFFUSE_CARRIERS_H
#define ILI_TASK_DIFFUSE_CARRIERS_H

#include "analysis/transport.h"
#include "ff/bind.h"

/** As the options write it; "" is the default of each. */
typedef struct ili_carrier_choice {
    const char *species;   /**< "Li,TFSI": species, elements, formulas of molecules or their short names */
    const char *charges;   /**< "Li=1,TFSI=-1" */
    const char *reference; /**< auto, framework, barycentre, none */
} ili_carrier_choice;

/** Everything a transport plan needs of a system but cell, times and temperature. Zeroed before use. */
typedef struct ili_carriers {
    int32_t n_atoms;
    int n_groups;
    ili_transport_group groups[ILI_GROUPS_MAX];
    int32_t count[ILI_GROUPS_MAX]; /**< particles */
    int32_t *group, *body;         /**< [n_atoms], -1: not followed; no molecular ion */
    double *mass;                  /**< [n_atoms] g/mol */
    bool *framework;               /**< [n_atoms] */
    int32_t n_framework;
    bool has_molecules; /**< atoms are bonded to molecules: a liquid or a polymer, not a crystal */
    ili_reference reference;
} ili_carriers;

/** Find them in sys. Molecules are what bonds of the system or the binding (may be NULL) connect, else equal molecule numbers.
 *  Without a list of species: alkali ions, and molecules with a net charge. Charge numbers, unless given: of molecules the sum of
 *  their charges as a whole number, of atoms the commonest oxidation state, of Li0 and the like 0. An element named in the list is
 *  its ions, where there are Li and Li0. Warns when nothing (binding, charges, names, the charge number given) tells an alkali metal from its ions. Reference, unless given: the framework of a crystal,
 *  the barycentre where there are molecules or no framework.
 *  IL_E_INPUT, beginning with `where`: nothing to follow, an unknown name (the nearest one), an atom in two groups, no charge
 *  number, charges that do not read, a framework without atoms. */
il_status ili_carriers_find(il_context *ctx, const il_system *sys, const ili_binding *binding,
                            const ili_carrier_choice *choice, const char *where, ili_carriers *out);
void ili_carriers_free(ili_carriers *carriers);
/** The plan of these carriers; borrows them. */
ili_transport_plan ili_carriers_plan(const ili_carriers *carriers, const ili_cell *cell, double frame_time,
                                     double temperature);
/** "the framework stands still (84 atoms)": a sentence for the result. */
void ili_carriers_reference_text(const ili_carriers *carriers, char *text, size_t size);

#endif
