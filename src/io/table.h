/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A growing text table: comment lines that give names and units, then rows of numbers, tab-separated; it can be cut back to
 *  where a checkpoint was taken. */
#ifndef ILI_IO_TABLE_H
#define ILI_IO_TABLE_H

#include "base/context.h"

typedef struct ili_table ili_table;

typedef struct ili_table_column {
    const char *name, *unit;
    int digits; /**< significant ones */
} ili_table_column;

/** keep_rows > 0: go on after that many rows of the table that is there (IL_E_INPUT when it has fewer); 0: begin. */
il_status ili_table_open(il_context *ctx, const char *path, const char *title,
                         const ili_table_column *columns, int n_columns, int64_t keep_rows, ili_table **out);
il_status ili_table_row(il_context *ctx, ili_table *table, const double *values);
int64_t ili_table_rows(const ili_table *table);
il_status ili_table_sync(il_context *ctx, ili_table *table);
il_status ili_table_close(il_context *ctx, ili_table **table);

#endif
