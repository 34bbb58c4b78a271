/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/lines.h"

#include "base/alloc.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const size_t BYTES_MAX = (size_t)2 << 30;

il_status ili_lines_open(il_context *ctx, const char *path, ili_lines *lines) {
    *lines = (ili_lines){.ctx = ctx, .path = path};
    IL_TRY(ili_read_file(ctx, path, BYTES_MAX, &lines->text, NULL));
    lines->cursor = lines->text;
    if (memcmp(lines->text, "\xef\xbb\xbf", 3) == 0) lines->cursor += 3; /* byte order mark */
    return IL_OK;
}

void ili_lines_close(ili_lines *lines) {
    ili_free(lines->text);
    lines->text = lines->cursor = lines->line = NULL;
}

bool ili_lines_next(ili_lines *lines) {
    return ili_next_line(&lines->cursor, &lines->line, &lines->number);
}

il_status ili_lines_need(ili_lines *lines, const char *expected) {
    if (ili_lines_next(lines)) return IL_OK;
    return ili_lines_fail(lines, "the file ends here, expected %s", expected);
}

il_status ili_lines_fail(const ili_lines *lines, const char *format, ...) {
    char sentence[ILI_MESSAGE_MAX / 2];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return ili_fail(lines->ctx, IL_E_INPUT, "%s:%d: %s", lines->path, lines->number, sentence);
}

il_status ili_lines_prefix(const ili_lines *lines, il_status status) {
    char sentence[ILI_MESSAGE_MAX / 2];
    if (status == IL_OK) return status;
    snprintf(sentence, sizeof sentence, "%.1000s", il_message(lines->ctx));
    return ili_fail(lines->ctx, status, "%s:%d: %s", lines->path, lines->number, sentence);
}

il_status ili_lines_reals(ili_lines *lines, int n, double *values, const char *expected) {
    enum { N_MAX = 16 };
    char *tokens[N_MAX];
    int found = ili_split(lines->line, tokens, n < N_MAX ? n : N_MAX);
    if (found < n) return ili_lines_fail(lines, "found %d words, expected %s", found, expected);
    for (int k = 0; k < n; k++)
        if (!ili_parse_real(tokens[k], &values[k]))
            return ili_lines_fail(lines, "found '%.40s', expected %s", tokens[k], expected);
    return IL_OK;
}
