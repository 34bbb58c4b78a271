/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The symmetry that a CIF declares, in the order of trust: operations, Hall symbol, H-M name, number. */
#ifndef ILI_IO_CIF_SYMMETRY_H
#define ILI_IO_CIF_SYMMETRY_H

#include "io/cif_table.h"
#include "io/symop.h"
#include "system/cell.h"

typedef struct ili_space_group {
    int number;
    const char *choice; /**< "1" and "2" origins, "H" and "R" axes, else unique axis and cell choice or "" */
    const char *name;   /**< Hermann-Mauguin, "R -3 c" */
    const char *full;   /**< full symbol when it differs, else "" */
    const char *hall;
} ili_space_group;

typedef struct ili_cif_symmetry {
    const char *source;              /**< "operations", "Hall symbol", "H-M name", "number" */
    const ili_space_group *declared; /**< what the file names; NULL when it names nothing known */
    char hall[32];                   /**< symbol of the file, else of the setting declared, else "" */
    ili_symgroup group;
} ili_cif_symmetry;

/** Settings of the space groups, [*n]. */
const ili_space_group *ili_space_groups(int *n);
/** IL_E_INPUT when nothing usable is declared, the operations are no group or do not fit the cell, or a name
 *  leaves two origins open. */
il_status ili_cif_symmetry_read(il_context *ctx, const ili_cif_table *table, const ili_cell *cell,
                                ili_cif_symmetry *symmetry);

#endif
