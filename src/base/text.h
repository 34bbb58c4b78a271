/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Strict numbers, tokens, nearest names, whole files. Locale-independent as long as LC_NUMERIC is "C". */
#ifndef ILI_BASE_TEXT_H
#define ILI_BASE_TEXT_H

#include "base/context.h"

/** The whole token must be one finite number (decimal, no hexadecimal, no "nan" or "inf"). */
bool ili_parse_real(const char *token, double *value);
bool ili_parse_int(const char *token, long low, long high, long *value);
/** The shortest of 15 to 17 digits that reads back as the same number; returns text. */
enum { ILI_REAL_MAX = 32 };
const char *ili_print_real(char text[ILI_REAL_MAX], double value);
/** Split on blanks in place; returns the number of tokens found (at most max are stored). */
int ili_split(char *line, char **tokens, int max);
/** The name of `names` (ends with NULL) nearest to `wrong` by edit distance; NULL when none is near. */
const char *ili_nearest_name(const char *wrong, const char *const *names);
/** Case-insensitive equality of ASCII text. */
bool ili_same_text(const char *a, const char *b);
/** Is `word` one of "a|b|c", without case? */
bool ili_is_listed(const char *word, const char *list);

/** Read a whole file, at most max_bytes, NUL-terminated; refuses folders, empty files and files with NUL bytes.
 *  *text is owned by the caller (ili_free). IL_E_FILE, IL_E_INPUT. */
il_status ili_read_file(il_context *ctx, const char *path, size_t max_bytes, char **text, size_t *length);

/** Iterates the lines of a text in place (strips \r\n); false at the end. Start with *cursor = text, *line_number = 0. */
bool ili_next_line(char **cursor, char **line, int *line_number);

#endif
