/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include "base/alloc.h"
#include "base/file.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool ili_parse_real(const char *token, double *value) {
    if (!token || !*token || strspn(token, "0123456789+-.eE") != strlen(token)) return false;
    char *end;
    double v = strtod(token, &end);
    if (end == token || *end || !isfinite(v)) return false;
    *value = v;
    return true;
}

bool ili_parse_int(const char *token, long low, long high, long *value) {
    if (!token || !*token || isspace((unsigned char)*token)) return false;
    char *end;
    errno = 0;
    long v = strtol(token, &end, 10);
    if (end == token || *end || errno || v < low || v > high) return false;
    *value = v;
    return true;
}

const char *ili_print_real(char text[ILI_REAL_MAX], double value) {
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, ILI_REAL_MAX, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    return text;
}

int ili_split(char *line, char **tokens, int max) {
    int n = 0;
    for (char *save = NULL, *t = strtok_r(line, " \t\r\n", &save); t; t = strtok_r(NULL, " \t\r\n", &save)) {
        if (n < max) tokens[n] = t;
        n++;
    }
    return n;
}

enum { NAME_MAX_LENGTH = 63 };

static int edit_distance(const char *a, const char *b) {
    int row[NAME_MAX_LENGTH + 2];
    int nb = (int)strlen(b);
    for (int j = 0; j <= nb; j++) row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= nb; j++) {
            int change = diagonal + (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]));
            diagonal = row[j];
            int shift = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = change < shift ? change : shift;
        }
    }
    return row[nb];
}

const char *ili_nearest_name(const char *wrong, const char *const *names) {
    size_t length = strlen(wrong);
    if (length > NAME_MAX_LENGTH) return NULL;
    const char *best = NULL;
    int best_distance = (int)(length / 2) + 1;
    for (; *names; names++) {
        if (strlen(*names) > NAME_MAX_LENGTH) continue;
        int d = edit_distance(wrong, *names);
        if (d < best_distance) {
            best_distance = d;
            best = *names;
        }
    }
    return best;
}

bool ili_same_text(const char *a, const char *b) {
    for (; *a && *b; a++, b++)
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b)) return false;
    return *a == *b;
}

bool ili_is_listed(const char *word, const char *list) {
    size_t n = strlen(word);
    for (const char *p = list; *p;) {
        size_t length = strcspn(p, "|");
        char item[32];
        if (length == n && length < sizeof item) {
            memcpy(item, p, length);
            item[length] = 0;
            if (ili_same_text(item, word)) return true;
        }
        p += length + (p[length] == '|');
    }
    return false;
}

il_status ili_read_file(il_context *ctx, const char *path, size_t max_bytes, char **text, size_t *length) {
    FILE *file;
    IL_TRY(ili_open_input(ctx, path, &file));
    char *buffer = NULL;
    size_t n = 0, capacity = 0;
    il_status status = IL_OK;
    for (;;) {
        if (!ILI_GROW(buffer, n + 65536 + 1, capacity)) {
            status = ili_no_memory(ctx, path);
            break;
        }
        size_t got = fread(buffer + n, 1, 65536, file);
        n += got;
        if (n > max_bytes) {
            status =
                ili_fail(ctx, IL_E_INPUT, "%s: larger than %zu MB, the most that this kind of file may have",
                         path, max_bytes >> 20);
            break;
        }
        if (got == 0) break;
    }
    if (status == IL_OK && ferror(file))
        status = ili_fail(ctx, IL_E_FILE, "%s: reading failed: %s", path, strerror(errno));
    fclose(file);
    if (status == IL_OK && n == 0) status = ili_fail(ctx, IL_E_INPUT, "%s: the file is empty", path);
    if (status == IL_OK && memchr(buffer, 0, n))
        status = ili_fail(ctx, IL_E_INPUT, "%s: found NUL bytes, expected a text file", path);
    if (status != IL_OK) {
        ili_free(buffer);
        return status;
    }
    buffer[n] = 0;
    *text = buffer;
    if (length) *length = n;
    return IL_OK;
}

bool ili_next_line(char **cursor, char **line, int *line_number) {
    char *start = *cursor;
    if (!*start) return false;
    char *end = strchr(start, '\n');
    *cursor = end ? end + 1 : start + strlen(start);
    if (end) *end = 0;
    size_t n = strlen(start);
    if (n && start[n - 1] == '\r') start[n - 1] = 0;
    *line = start;
    ++*line_number;
    return true;
}
