/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A table that is filled column by column and written at once; and numbers with their intervals in JSON. */
#ifndef ILI_TASK_SHEET_H
#define ILI_TASK_SHEET_H

#include "analysis/transport.h"
#include "io/json.h"
#include "io/table.h"

enum { ILI_SHEET_COLUMNS = 160 };

typedef struct ili_sheet {
    int n, rows;
    char name[ILI_SHEET_COLUMNS][64];
    ili_table_column column[ILI_SHEET_COLUMNS];
    double *value; /**< [ILI_SHEET_COLUMNS][rows] */
} ili_sheet;

il_status ili_sheet_create(il_context *ctx, int rows, ili_sheet **out);
void ili_sheet_destroy(ili_sheet **sheet);
/** [rows] of a new column, zero, whose name is told as to printf; NULL: the sheet is full and the column is not kept. */
double *ili_sheet_column(ili_sheet *sheet, const char *unit, const char *name, ...)
    __attribute__((format(printf, 3, 4)));
/** Columns that the sheet has room for still. */
int ili_sheet_room(const ili_sheet *sheet);
/** As DIR/NAME.tsv; dir NULL: nothing is written. */
il_status ili_sheet_write(il_context *ctx, const ili_sheet *sheet, const char *dir, const char *name,
                          const char *title);

/** {value, sigma, low_95, high_95}, times factor. */
ili_json *ili_put_estimate(ili_json *json, const char *key, const ili_estimate *e, double factor);

#endif
