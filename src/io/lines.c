/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/lines.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static const size_t BYTES_MAX = (size_t)2 << 30;

il_status ili_lines_open(il_context *ctx, const char *path, ili_lines *lines) {
    *lines = (ili_lines){.ctx = ctx, .path = path};
    IL_TRY(ili_read_file(ctx, path, BYTES_MAX, &lines->text, NULL));
    lines->cursor = lines->text;
    if (memcmp(lines->text, "\xef\xbb\xbf", 3) == 0) lines->cursor += 3; /* byte order mark */
    return IL_OK;
}

il_status ili_lines_stream(il_context *ctx, const char *path, ili_lines *lines) {
    *lines = (ili_lines){.ctx = ctx, .path = path};
    return ili_open_input(ctx, path, &lines->stream);
}

il_status ili_lines_rewind(ili_lines *lines) {
    lines->number = lines->offset = 0;
    lines->is_torn = false;
    lines->trouble = IL_OK;
    if (fseeko(lines->stream, 0, SEEK_SET) == 0) return IL_OK;
    return ili_fail(lines->ctx, IL_E_FILE, "%s: cannot be read twice: %s", lines->path, strerror(errno));
}

void ili_lines_close(ili_lines *lines) {
    if (lines->stream) fclose(lines->stream);
    lines->stream = NULL;
    ili_free(lines->text);
    lines->text = lines->cursor = lines->line = NULL;
}

/** Room for `size` bytes of the current line. */
static bool has_room(ili_lines *lines, size_t size) {
    if (size <= lines->cap || ILI_GROW(lines->text, 2 * size + 256, lines->cap)) return true;
    lines->trouble = ili_no_memory(lines->ctx, lines->path);
    return false;
}

static bool next_of_stream(ili_lines *lines) {
    size_t n = 0;
    int c;
    do {
        if (!has_room(lines, n + 1)) return false;
        c = getc_unlocked(lines->stream);
        lines->text[n++] = (char)(c ? c : '?');
    } while (c != EOF && c != '\n');
    lines->is_torn = c == EOF;
    if (ferror(lines->stream))
        lines->trouble =
            ili_fail(lines->ctx, IL_E_FILE, "%s: reading failed: %s", lines->path, strerror(errno));
    if (lines->trouble != IL_OK || (c == EOF && n == 1)) return false;
    lines->offset += (int64_t)n - (c == EOF);
    lines->text[--n] = 0;
    if (n && lines->text[n - 1] == '\r') lines->text[n - 1] = 0;
    lines->line = lines->text;
    if (lines->number++ == 0 && memcmp(lines->line, "\xef\xbb\xbf", 3) == 0) lines->line += 3;
    return true;
}

bool ili_lines_next(ili_lines *lines) {
    if (lines->stream) return next_of_stream(lines);
    int number = (int)lines->number;
    bool more = ili_next_line(&lines->cursor, &lines->line, &number);
    lines->number = number;
    return more;
}

il_status ili_lines_need(ili_lines *lines, const char *expected) {
    if (ili_lines_next(lines)) return IL_OK;
    if (lines->trouble != IL_OK) return lines->trouble;
    return ili_lines_fail(lines, "the file ends here, expected %s", expected);
}

il_status ili_lines_fail(const ili_lines *lines, const char *format, ...) {
    char sentence[ILI_MESSAGE_MAX / 2];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return ili_fail(lines->ctx, IL_E_INPUT, "%s:%lld: %s", lines->path, (long long)lines->number, sentence);
}

il_status ili_lines_prefix(const ili_lines *lines, il_status status) {
    char sentence[ILI_MESSAGE_MAX / 2];
    if (status == IL_OK) return status;
    snprintf(sentence, sizeof sentence, "%.1000s", il_message(lines->ctx));
    return ili_fail(lines->ctx, status, "%s:%lld: %s", lines->path, (long long)lines->number, sentence);
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
