/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/sheet.h"

#include "base/alloc.h"
#include "base/file.h"

#include <stdarg.h>
#include <stdio.h>

il_status ili_sheet_create(il_context *ctx, int rows, ili_sheet **out) {
    ili_sheet *s = *out = ili_alloc(1, sizeof *s);
    if (!s) return ili_no_memory(ctx, "a table");
    s->rows = rows;
    s->value = ili_alloc((size_t)rows + 1, ILI_SHEET_COLUMNS * sizeof *s->value);
    return s->value ? IL_OK : ili_no_memory(ctx, "a table");
}

void ili_sheet_destroy(ili_sheet **sheet) {
    if (*sheet) ili_free((*sheet)->value);
    ili_free(*sheet);
    *sheet = NULL;
}

int ili_sheet_room(const ili_sheet *s) {
    return ILI_SHEET_COLUMNS - s->n;
}

double *ili_sheet_column(ili_sheet *s, const char *unit, const char *name, ...) {
    if (s->n == ILI_SHEET_COLUMNS) return NULL;
    va_list words;
    va_start(words, name);
    vsnprintf(s->name[s->n], sizeof s->name[s->n], name, words);
    va_end(words);
    s->column[s->n] = (ili_table_column){s->name[s->n], unit, 8};
    return s->value + (size_t)s->rows * (size_t)s->n++;
}

il_status ili_sheet_write(il_context *ctx, const ili_sheet *s, const char *dir, const char *name,
                          const char *title) {
    char path[ILI_PATH_MAX];
    double row[ILI_SHEET_COLUMNS];
    ili_table *table = NULL;
    if (!dir) return IL_OK;
    IL_TRY(ili_path_join(ctx, path, dir, "%s.tsv", name));
    IL_TRY(ili_table_open(ctx, path, title, s->column, s->n, 0, &table));
    il_status status = IL_OK;
    for (int r = 0; r < s->rows && status == IL_OK; r++) {
        for (int c = 0; c < s->n; c++) row[c] = s->value[(size_t)s->rows * (size_t)c + (size_t)r];
        status = ili_table_row(ctx, table, row);
    }
    il_status closed = ili_table_close(ctx, &table);
    return status != IL_OK ? status : closed;
}

ili_json *ili_put_estimate(ili_json *json, const char *key, const ili_estimate *e, double factor) {
    ili_json *one = ili_json_child(json, key);
    ili_json_real(one, "value", factor * e->value);
    ili_json_real(one, "sigma", factor * e->sigma);
    ili_json_real(one, "low_95", factor * e->low);
    ili_json_real(one, "high_95", factor * e->high);
    return one;
}
