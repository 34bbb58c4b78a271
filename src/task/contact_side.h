/* SPDX-License-Identifier: GPL-3.0-or-later */
/** One side of a contact: a crystal (ordered, or disordered and then realised sample by sample) or a polymer. */
#ifndef ILI_TASK_CONTACT_SIDE_H
#define ILI_TASK_CONTACT_SIDE_H

#include "build/order.h"
#include "build/polymer.h"
#include "system/crystal.h"
#include "task/journal.h"
#include "task/relaxer.h"

typedef struct ili_side {
    char path[512];                /**< of the file read */
    char title[64];                /**< file name without folder and ending */
    ili_polymer_unit *unit;        /**< polymer; NULL: a crystal */
    ili_crystal crystal;           /**< crystal read from a CIF */
    ili_order *order;              /**< draws realisations; NULL: ordered */
    il_system *given;              /**< crystal read from another format */
    bool is_disordered;            /**< each sample is another realisation */
    const il_system *drawn;        /**< realisation to be relaxed, borrowed; NULL: the next one */
    bool is_metal;                 /**< takes the strain of a match */
    il_system *bulk;               /**< of the current sample, relaxed with the model at zero stress */
    double bulk_energy;            /**< eV of `bulk` */
    ili_relaxer_count relaxations; /**< by LAMMPS, of `bulk` */
    double lengths[3], angles[3];  /**< of the relaxed bulk, angstrom and degree */
} ili_side;

/** Read one side. Structure files are crystals; .yaml files and bare names are unit files of a polymer. A crystal of one
 *  element for which the model has a species of phase "metal" is the metal and takes that species. */
il_status ili_side_read(il_context *ctx, const char *path, const il_model *model, ili_side *side);
void ili_side_free(ili_side *side);
/** Make the bulk of the next sample and relax atoms and cell with the model. Polymers: nothing to do. An ordered
 *  crystal is done once. */
il_status ili_side_realise(il_context *ctx, const il_model *model, const il_ff_options *settings,
                           ili_relaxer relaxer, ili_journal *journal, ili_side *side);
/** The next realisation of a disordered side, as drawn; NULL of others. */
il_status ili_side_draw(il_context *ctx, const ili_side *side, il_system **drawn);

#endif
