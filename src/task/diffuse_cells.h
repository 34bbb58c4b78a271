/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The structures that a study of transport runs: files as they are, repeated, and realisations of disordered crystals. */
#ifndef ILI_TASK_DIFFUSE_CELLS_H
#define ILI_TASK_DIFFUSE_CELLS_H

#include "io/report.h"
#include "system/system.h"

enum { ILI_REALISATIONS_MAX = 64 };

typedef struct ili_diffuse_cells {
    int n;
    bool is_disordered; /**< a file was, so realisations were drawn */
    int formula_units;  /**< of the first, by its file, repeats counted; 0: not told */
    il_system *sys[ILI_REALISATIONS_MAX];
    const char *file[ILI_REALISATIONS_MAX]; /**< borrowed from inputs */
} ili_diffuse_cells;

/** Each input once, repeated; of a disordered CIF `realisations` of them, drawn after repeating from the seed of the context, so
 *  that every cell of them is another one. Records the inputs in the report.
 *  IL_E_INPUT: overlapping atoms, several realisations of ordered files only (`remedy` ends that message: what to do instead), more than ILI_REALISATIONS_MAX structures. */
il_status ili_diffuse_cells_read(il_context *ctx, il_report *report, int n_inputs, const char *const *inputs,
                                 const int repeat[3], int realisations, const char *remedy,
                                 ili_diffuse_cells *cells);
void ili_diffuse_cells_free(ili_diffuse_cells *cells);

#endif
