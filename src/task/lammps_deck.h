/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Internal to writing a force field for LAMMPS: a deck under construction. lammps_field.c makes it and writes the frame of the
 *  input file, lammps_bonded.c the bonded styles, lammps_pairs.c the pair styles and their tables, lammps_eam.c the
 *  embedded-atom file, lammps_coulomb.c the long-range sum and the slab. theory.md, 14.20 to 14.26. */
#ifndef ILI_TASK_LAMMPS_DECK_H
#define ILI_TASK_LAMMPS_DECK_H

#include "base/file.h"
#include "io/lammps_data.h"
#include "task/lammps_field.h"

/** Bonds, angles or dihedrals (kind ILI_BOND, ILI_ANGLE, ILI_TORSION) with types: one for each entry of the model that occurs. */
typedef struct ili_lammps_bonded {
    ili_form_kind kind;
    int32_t n_items;
    const ili_bonded_item *items; /**< of the binding */
    int32_t *type;                /**< [n_items] from 1 */
    int32_t (*atom)[4];           /**< [n_items] */
    int32_t n_types;
    int32_t *entry_of; /**< [n_entries of the model] entry of each type; n_types used */
} ili_lammps_bonded;

typedef struct ili_lammps_deck {
    const ili_lammps_field_plan *plan;
    ili_lammps_field *out;
    const il_model *model;
    il_ff_options settings; /**< in force */
    ili_binding binding;
    il_system *sys;      /**< what the data file holds: the species are the types, in their order */
    int32_t *species_of; /**< [n_types] model species of a type, counted from 0 */
    ili_lammps_bonded bonded[3];
    bool has_charges;
    double filled; /**< part of the summed box that atoms fill: 1 but for slabs */
    FILE *stream;  /**< the input file */
} ili_lammps_deck;

/** Name of a type, counted from 0. */
static inline const char *ili_lammps_type_name(const ili_lammps_deck *d, int32_t type) {
    return d->model->species[d->species_of[type]].base.name;
}

/** Types of the bonded entries that occur. IL_E_MEMORY. */
il_status ili_lammps_bonded_list(il_context *ctx, ili_lammps_deck *d);
void ili_lammps_bonded_free(ili_lammps_bonded *bonded);
/** The lines bond_style, angle_style, dihedral_style: before the data are read. */
il_status ili_lammps_bonded_styles(il_context *ctx, ili_lammps_deck *d);
/** Their coefficients and special_bonds: after the data are read. */
il_status ili_lammps_bonded_coefficients(il_context *ctx, ili_lammps_deck *d);
/** pair_style, pair_coeff, pair_modify, with DIR/STEM.table where a term has no style. */
il_status ili_lammps_pairs_write(il_context *ctx, ili_lammps_deck *d);
/** Does any type take part in the embedded-atom term? Then the model's metal is in the system. */
bool ili_lammps_has_metal(const ili_lammps_deck *d);
/** DIR/STEM.eam.fs; `names` receives what stands for each type in pair_coeff (an element of the file, or NULL), with blanks
 *  between. */
il_status ili_lammps_eam_write(il_context *ctx, ili_lammps_deck *d, char *names, size_t size);
/** Put a slab into its box: third vector along the normal, room above and below, vacuum where LAMMPS has no slab correction. */
il_status ili_lammps_slab_box(il_context *ctx, ili_lammps_deck *d);
/** dielectric, kspace_style, kspace_modify, and the dipole correction of a slab in a tilted box. */
il_status ili_lammps_coulomb_write(il_context *ctx, ili_lammps_deck *d);

/** A text as what is left of one line: without line ends, and never with the `&` at its end that LAMMPS goes on after. */
void ili_lammps_line(FILE *stream, const char *text);
/** One number that reads back as the same, after a blank. */
void ili_lammps_number(FILE *stream, double value);
/** The style and coefficients of a form in this LAMMPS: false when it must be a table. c [ILI_PARAM_MAX], *n of them. */
bool ili_lammps_words(const ili_lammps_deck *d, const ili_model_entry *entry, double *c, int *n);

#endif
