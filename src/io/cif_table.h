/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The items of a CIF that describe a structure, as text with line numbers: everything between the file and
 *  its meaning. cif_table.c is the one file that sees libcif. */
#ifndef ILI_IO_CIF_TABLE_H
#define ILI_IO_CIF_TABLE_H

#include "base/context.h"

enum { ILI_CIF_NAME_MAX = 72 };

typedef struct ili_cif_value {
    char *text;      /**< never NULL */
    int line;        /**< where it stands, from 1 */
    bool is_unknown; /**< an unquoted '?' */
    bool is_none;    /**< an unquoted '.' : does not apply */
} ili_cif_value;

/** All values of one tag; a tag outside a loop has one. */
typedef struct ili_cif_column {
    char name[ILI_CIF_NAME_MAX]; /**< lower case, '.' written '_' , so that old and new spelling agree */
    int loop;                    /**< number of its loop from 1; 0 outside loops */
    size_t n, capacity;
    ili_cif_value *values;
} ili_cif_column;

typedef struct ili_cif_table {
    const char *path; /**< borrowed */
    size_t n, capacity;
    ili_cif_column *columns;
} ili_cif_table;

/** Read the first data block with atoms (the first block when none has). Only tags that begin with
 *  _atom_site_, _atom_type_, _cell_, _chemical_, _space_group_ or _symmetry_ are kept.
 *  IL_E_FILE; IL_E_INPUT with file:line for whatever is no CIF, is empty, binary or larger than 64 MB.
 *  `table` need not be freed after a failure. */
il_status ili_cif_table_read(il_context *ctx, const char *path, ili_cif_table *table);
void ili_cif_table_free(ili_cif_table *table);
/** The column of the first of `names` (ends with NULL) that has a value other than '?' and '.'; NULL when
 *  none has. */
const ili_cif_column *ili_cif_column_of(const ili_cif_table *table, const char *const *names);
/** The number at the start of a value, its standard uncertainty in brackets stripped. IL_E_INPUT with
 *  file:line. */
il_status ili_cif_real(il_context *ctx, const ili_cif_table *table, const ili_cif_column *column, size_t row,
                       double *value);

#endif
