/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/table.h"

#include "base/alloc.h"
#include "base/file.h"
#include "io/lines.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct ili_table {
    FILE *file;
    char *path;
    int n_columns, *digits;
    int64_t rows;
};

static il_status file_trouble(il_context *ctx, const ili_table *t) {
    return ili_fail(ctx, IL_E_STORAGE, "%s: writing failed: %s", t->path, strerror(errno));
}

/** The line that names the columns: "# step<tab>T (K)", without its end. */
static il_status make_names(il_context *ctx, const ili_table_column *columns, int n, char **out) {
    size_t size = 4, used = 2;
    for (int c = 0; c < n; c++)
        size += strlen(columns[c].name) + (columns[c].unit ? strlen(columns[c].unit) : 0) + 8;
    char *names = *out = ili_alloc(size, 1);
    if (!names) return ili_no_memory(ctx, "a table");
    memcpy(names, "# ", 3);
    for (int c = 0; c < n; c++) {
        const char *unit = columns[c].unit;
        used += (size_t)snprintf(names + used, size - used, unit && *unit ? "%s%s (%s)" : "%s%s",
                                 c ? "\t" : "", columns[c].name, unit);
    }
    return IL_OK;
}

/** Where the rows to keep end. The last comment before the first row must name the same columns. */
static il_status find_end(il_context *ctx, const char *path, const char *names, int64_t keep_rows,
                          int64_t *end) {
    ili_lines lines;
    int64_t rows = 0;
    bool same = false;
    il_status status;
    IL_GO(ili_lines_stream(ctx, path, &lines));
    while (rows < keep_rows && ili_lines_next(&lines) && !lines.is_torn) {
        bool is_comment = lines.line[0] == '#';
        if (is_comment) same = strcmp(lines.line, names) == 0;
        if (is_comment) continue;
        if (!same)
            IL_GO(ili_lines_fail(&lines, "found other columns than '%.200s', expected those: start afresh",
                                 names));
        rows++;
    }
    IL_GO(lines.trouble);
    *end = lines.offset;
    if (rows < keep_rows)
        IL_GO(ili_fail(
            ctx, IL_E_INPUT,
            "%s: found %lld rows, expected the %lld that were written before: start the run afresh, or bring "
            "back the file that belongs to it",
            path, (long long)rows, (long long)keep_rows));
out:
    ili_lines_close(&lines);
    return status;
}

il_status ili_table_open(il_context *ctx, const char *path, const char *title,
                         const ili_table_column *columns, int n_columns, int64_t keep_rows, ili_table **out) {
    ili_table *t = ili_alloc(1, sizeof *t);
    char *names = NULL;
    int64_t end = 0;
    il_status status;
    *out = NULL;
    IL_GO(t ? IL_OK : ili_no_memory(ctx, path));
    t->path = ili_strdup(path);
    t->digits = ili_alloc((size_t)n_columns, sizeof *t->digits);
    IL_GO(t->path && t->digits ? IL_OK : ili_no_memory(ctx, path));
    t->n_columns = n_columns;
    t->rows = keep_rows;
    for (int c = 0; c < n_columns; c++) t->digits[c] = columns[c].digits;
    IL_GO(make_names(ctx, columns, n_columns, &names));
    if (keep_rows > 0) IL_GO(find_end(ctx, path, names, keep_rows, &end));
    t->file = fopen(path, keep_rows > 0 ? "r+b" : "wb");
    if (!t->file)
        IL_GO(ili_fail(ctx, ili_write_status(errno), "%s: cannot be written: %s", path, strerror(errno)));
    if (ftruncate(fileno(t->file), (off_t)end) != 0 || fseeko(t->file, 0, SEEK_END) != 0)
        IL_GO(file_trouble(ctx, t));
    if (keep_rows <= 0) fprintf(t->file, "# %s\n# Interlith %s\n%s\n", title, il_version(), names);
out:
    ili_free(names);
    if (status != IL_OK && t) {
        if (t->file) fclose(t->file);
        ili_free(t->path);
        ili_free(t->digits);
        ili_free(t);
        t = NULL;
    }
    *out = t;
    return status;
}

il_status ili_table_row(il_context *ctx, ili_table *t, const double *values) {
    for (int c = 0; c < t->n_columns; c++) {
        const char *gap = c ? "\t" : "";
        if (isfinite(values[c]))
            fprintf(t->file, "%s%.*g", gap, t->digits[c], values[c]);
        else
            fprintf(t->file, "%snan", gap);
    }
    fputc('\n', t->file);
    if (ferror(t->file)) return file_trouble(ctx, t);
    t->rows++;
    return IL_OK;
}

int64_t ili_table_rows(const ili_table *t) {
    return t->rows;
}

il_status ili_table_sync(il_context *ctx, ili_table *t) {
    return fflush(t->file) != 0 || fsync(fileno(t->file)) != 0 ? file_trouble(ctx, t) : IL_OK;
}

il_status ili_table_close(il_context *ctx, ili_table **table) {
    if (!table || !*table) return IL_OK;
    ili_table *t = *table;
    il_status status = fclose(t->file) != 0 ? file_trouble(ctx, t) : IL_OK;
    ili_free(t->path);
    ili_free(t->digits);
    ili_free(t);
    *table = NULL;
    return status;
}
