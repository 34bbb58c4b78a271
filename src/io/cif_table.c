/* SPDX-License-Identifier: GPL-3.0-or-later */
/** libcif calls back for each item while it parses; every call-back answers "skip", so libcif stores nothing
 *  in its data base and large files stay cheap. (Its syntax-only mode would be simpler but does not report
 *  tags outside loops.) The call-back of white space tells the line of the value that follows. */
#include "io/cif_table.h"

#include "base/alloc.h"
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libcif/cif.h>

static const size_t MAX_BYTES = (size_t)64 << 20;
enum { NUMBER_MAX = 64 };

static const char *const KEPT[] = {"_atom_site_", "_atom_type_",   "_cell_",
                                   "_chemical_",  "_space_group_", "_symmetry_"};

/** What libcif complains about, in words. Codes that are not here get the last row. */
static const struct {
    int code;
    const char *found;
} COMPLAINTS[] = {
    {CIF_NO_BLOCK_HEADER, "text before any 'data_' line, so this is no CIF"},
    {CIF_PARTIAL_PACKET, "a loop whose number of values is not a multiple of its number of tags"},
    {CIF_EMPTY_LOOP, "a loop with tags and no values"},
    {CIF_NULL_LOOP, "a 'loop_' without tags"},
    {CIF_DUP_ITEMNAME, "a tag that stands twice in one data block"},
    {CIF_MISSING_VALUE, "a tag without a value"},
    {CIF_UNEXPECTED_VALUE, "a value without a tag"},
    {CIF_MISSING_ENDQUOTE, "a quoted text that does not end on its line"},
    {CIF_UNCLOSED_TEXT, "a text field opened by ';' and never closed"},
    {CIF_RESERVED_WORD, "a reserved word where a tag or value should be"},
    {0, "a passage that is not valid CIF"},
};

/** Complaints that do not touch what is read here: foreign letters in names, long lines, old bare values. */
static const int TOLERATED[] = {CIF_DUP_BLOCKCODE,     CIF_INVALID_CHAR,    CIF_UNMAPPED_CHAR,
                                CIF_DISALLOWED_CHAR,   CIF_OVERLENGTH_LINE, CIF_WRONG_ENCODING,
                                CIF_INVALID_BARE_VALUE};

typedef struct reader {
    il_context *ctx;
    ili_cif_table *table;
    il_status status;
    size_t line;
    int n_loops, n_blocks, frame_depth;
    size_t row; /**< packet of the current loop */
    bool in_loop, is_done;
} reader;

static void on_white_space(size_t line, size_t column, const UChar *text, size_t length, void *user) {
    (void)column, (void)text, (void)length;
    ((reader *)user)->line = line;
}

static int on_error(int code, size_t line, size_t column, const UChar *text, size_t length, void *user) {
    (void)column, (void)text, (void)length;
    reader *r = user;
    for (size_t k = 0; k < sizeof TOLERATED / sizeof *TOLERATED; k++)
        if (TOLERATED[k] == code) return CIF_OK;
    if (r->status == IL_OK) {
        size_t k = 0;
        while (COMPLAINTS[k].code != code && COMPLAINTS[k].code != 0) k++;
        r->status =
            ili_fail(r->ctx, IL_E_INPUT, "%s:%zu: found %s, expected a Crystallographic Information File",
                     r->table->path, line, COMPLAINTS[k].found);
    }
    return code;
}

static bool has_atoms(const ili_cif_table *table) {
    for (size_t c = 0; c < table->n; c++)
        if (strcmp(table->columns[c].name, "_atom_site_fract_x") == 0 && table->columns[c].n > 0) return true;
    return false;
}

static int on_block(cif_container_tp *block, void *user) {
    (void)block;
    reader *r = user;
    r->n_blocks++;
    r->is_done = r->is_done || has_atoms(r->table);
    if (!r->is_done && r->n_blocks > 1) {
        const char *path = r->table->path;
        ili_cif_table_free(r->table);
        r->table->path = path;
    }
    return CIF_TRAVERSE_CONTINUE;
}

static int on_frame_start(cif_container_tp *frame, void *user) {
    (void)frame;
    ((reader *)user)->frame_depth++;
    return CIF_TRAVERSE_CONTINUE;
}

static int on_frame_end(cif_container_tp *frame, void *user) {
    (void)frame;
    ((reader *)user)->frame_depth--;
    return CIF_TRAVERSE_CONTINUE;
}

static int on_loop_start(cif_loop_tp *loop, void *user) {
    (void)loop;
    reader *r = user;
    r->in_loop = true;
    r->n_loops++;
    r->row = 0;
    return CIF_TRAVERSE_CONTINUE;
}

static int on_loop_end(cif_loop_tp *loop, void *user) {
    (void)loop;
    ((reader *)user)->in_loop = false;
    return CIF_TRAVERSE_CONTINUE;
}

static int on_packet_end(cif_packet_tp *packet, void *user) {
    (void)packet;
    ((reader *)user)->row++;
    return CIF_TRAVERSE_SKIP_CURRENT;
}

/** Lower case ASCII, '.' as '_'; false when it is not one of the tags that are kept. */
static bool plain_name(const UChar *name, char plain[ILI_CIF_NAME_MAX]) {
    size_t n = 0;
    for (; name[n]; n++) {
        if (n + 1 >= ILI_CIF_NAME_MAX || name[n] > 126) return false;
        plain[n] = name[n] == '.' ? '_' : (char)tolower((int)name[n]);
    }
    plain[n] = 0;
    for (size_t k = 0; k < sizeof KEPT / sizeof *KEPT; k++)
        if (strncmp(plain, KEPT[k], strlen(KEPT[k])) == 0) return true;
    return false;
}

static char *plain_text(cif_value_tp *value) {
    UChar *wide = NULL;
    if (cif_value_kind(value) == CIF_LIST_KIND || cif_value_kind(value) == CIF_TABLE_KIND)
        return ili_strdup("");
    if (cif_value_get_text(value, &wide) != CIF_OK) return NULL;
    size_t n = 0;
    while (wide && wide[n]) n++;
    char *text = ili_alloc(n + 1, 1);
    for (size_t k = 0; text && k < n; k++) text[k] = wide[k] < 127 ? (char)wide[k] : '#';
    free(wide);
    return text;
}

static il_status add_item(reader *r, const char *name, cif_value_tp *value) {
    ili_cif_table *t = r->table;
    size_t c = 0;
    while (c < t->n && strcmp(t->columns[c].name, name) != 0) c++;
    int loop = r->in_loop ? r->n_loops : 0;
    if (c < t->n && (!r->in_loop || t->columns[c].loop != loop || t->columns[c].n != r->row))
        return ili_fail(r->ctx, IL_E_INPUT,
                        "%s:%zu: the tag %s is given twice in one data block, expected once", t->path,
                        r->line, name);
    if (c == t->n) {
        if (!ILI_GROW(t->columns, t->n + 1, t->capacity)) return ili_no_memory(r->ctx, "the tags of a CIF");
        t->columns[t->n] = (ili_cif_column){.loop = loop};
        memcpy(t->columns[t->n++].name, name, strlen(name) + 1);
    }
    ili_cif_column *column = &t->columns[c];
    if (!ILI_GROW(column->values, column->n + 1, column->capacity))
        return ili_no_memory(r->ctx, "the values of a CIF");
    bool is_missing = cif_value_kind(value) == CIF_UNK_KIND, is_none = cif_value_kind(value) == CIF_NA_KIND;
    char *text = is_missing ? ili_strdup("?") : is_none ? ili_strdup(".") : plain_text(value);
    if (!text) return ili_no_memory(r->ctx, "the values of a CIF");
    column->values[column->n++] =
        (ili_cif_value){.text = text, .line = (int)r->line, .is_unknown = is_missing, .is_none = is_none};
    return IL_OK;
}

static int on_item(UChar *name, cif_value_tp *value, void *user) {
    reader *r = user;
    char plain[ILI_CIF_NAME_MAX];
    if (r->is_done || r->frame_depth > 0 || !name || !plain_name(name, plain))
        return CIF_TRAVERSE_SKIP_CURRENT;
    r->status = add_item(r, plain, value);
    return r->status == IL_OK ? CIF_TRAVERSE_SKIP_CURRENT : CIF_CLIENT_ERROR;
}

static il_status parse(reader *r, FILE *stream) {
    struct cif_parse_opts_s *options = NULL;
    if (cif_parse_options_create(&options) != CIF_OK) return ili_no_memory(r->ctx, "the CIF parser");
    cif_handler_tp handler = {.handle_block_start = on_block,
                              .handle_frame_start = on_frame_start,
                              .handle_frame_end = on_frame_end,
                              .handle_loop_start = on_loop_start,
                              .handle_loop_end = on_loop_end,
                              .handle_packet_end = on_packet_end,
                              .handle_item = on_item};
    options->handler = &handler;
    options->default_encoding_name = "UTF-8";
    options->whitespace_callback = on_white_space;
    options->error_callback = on_error;
    options->user_data = r;
    cif_tp *store = NULL;
    int code = cif_parse(stream, options, &store);
    free(options);
    if (store && cif_destroy(store) != CIF_OK && code == CIF_OK) code = CIF_ERROR;
    if (r->status != IL_OK || code == CIF_OK) return r->status;
    if (code == CIF_MEMORY_ERROR) return ili_no_memory(r->ctx, "the CIF parser");
    return ili_fail(r->ctx, IL_E_INPUT,
                    "%s:%zu: the CIF parser gave up here (its code %d), expected valid CIF", r->table->path,
                    r->line, code);
}

il_status ili_cif_table_read(il_context *ctx, const char *path, ili_cif_table *table) {
    *table = (ili_cif_table){.path = path};
    char *text;
    size_t length;
    IL_TRY(ili_read_file(ctx, path, MAX_BYTES, &text, &length));
    reader r = {.ctx = ctx, .table = table};
    il_status status;
    FILE *stream = fmemopen(text, length, "rb");
    if (stream) {
        status = parse(&r, stream);
        fclose(stream);
    } else {
        status = ili_no_memory(ctx, "a CIF");
    }
    ili_free(text);
    if (status == IL_OK && r.n_blocks == 0)
        status = ili_fail(ctx, IL_E_INPUT,
                          "%s: found no 'data_' block, expected a Crystallographic Information File", path);
    if (status == IL_OK && r.is_done)
        ili_warn(ctx, "%s has %d data blocks; the first one with atoms is used", path, r.n_blocks);
    if (status != IL_OK) ili_cif_table_free(table);
    return status;
}

void ili_cif_table_free(ili_cif_table *table) {
    for (size_t c = 0; c < table->n; c++) {
        for (size_t k = 0; k < table->columns[c].n; k++) ili_free(table->columns[c].values[k].text);
        ili_free(table->columns[c].values);
    }
    ili_free(table->columns);
    *table = (ili_cif_table){0};
}

const ili_cif_column *ili_cif_column_of(const ili_cif_table *table, const char *const *names) {
    for (; *names; names++)
        for (size_t c = 0; c < table->n; c++) {
            const ili_cif_column *column = &table->columns[c];
            if (strcmp(column->name, *names) != 0) continue;
            for (size_t k = 0; k < column->n; k++)
                if (!column->values[k].is_unknown && !column->values[k].is_none) return column;
        }
    return NULL;
}

il_status ili_cif_real(il_context *ctx, const ili_cif_table *table, const ili_cif_column *column, size_t row,
                       double *value) {
    const ili_cif_value *v = &column->values[row];
    char number[NUMBER_MAX];
    size_t n = strcspn(v->text, "(");
    bool ok = n > 0 && n < sizeof number && !v->is_unknown && !v->is_none;
    if (ok && v->text[n]) { /* the bracket holds digits and closes the value */
        size_t digits = strspn(v->text + n + 1, "0123456789");
        ok = digits > 0 && strcmp(v->text + n + 1 + digits, ")") == 0;
    }
    if (ok) {
        memcpy(number, v->text, n);
        number[n] = 0;
        ok = ili_parse_real(number, value);
    }
    if (!ok)
        return ili_fail(ctx, IL_E_INPUT, "%s:%d: %s is '%.40s', expected a number such as 0.1234(5)",
                        table->path, v->line, column->name, v->text);
    return IL_OK;
}
