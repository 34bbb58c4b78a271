/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A text file line by line, with messages that begin "file:line:". Structures are read whole; trajectories as streams, of
 *  which one line at a time is held. */
#ifndef ILI_IO_LINES_H
#define ILI_IO_LINES_H

#include "base/context.h"

#include <stdio.h>

typedef struct ili_lines {
    il_context *ctx;
    const char *path; /**< borrowed */
    char *text, *cursor;
    char *line;     /**< the current one; may be cut up by the caller; a stream overwrites it with the next */
    int64_t number; /**< of the current line, from 1 */
    FILE *stream;   /**< NULL: text holds the whole file */
    size_t cap;     /**< of text, when it is a stream */
    int64_t offset; /**< of a stream: bytes up to the end of the current line */
    bool is_torn;   /**< of a stream: it ended within the current line, or before one that was asked for */
    il_status trouble; /**< of a stream: why it ended before the file did; the context holds the message */
} ili_lines;

/** IL_E_FILE, IL_E_INPUT. Close also after a failure. */
il_status ili_lines_open(il_context *ctx, const char *path, ili_lines *lines);
/** The same for a file of any length. NUL bytes are read as '?', which is in no number. */
il_status ili_lines_stream(il_context *ctx, const char *path, ili_lines *lines);
/** Go back to before the first line of a stream. */
il_status ili_lines_rewind(ili_lines *lines);
void ili_lines_close(ili_lines *lines);
/** Go to the next line; IL_E_INPUT saying that `expected` was missing at the end of the file. */
il_status ili_lines_need(ili_lines *lines, const char *expected);
/** Go to the next line; false at the end of the file. */
bool ili_lines_next(ili_lines *lines);
/** IL_E_INPUT with "file:line: " before the sentence. */
il_status ili_lines_fail(const ili_lines *lines, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** Put "file:line: " before the message of a failure from elsewhere. */
il_status ili_lines_prefix(const ili_lines *lines, il_status status);
/** Cut up the current line and read its first n words, n <= 16, as reals; what follows them is left alone. */
il_status ili_lines_reals(ili_lines *lines, int n, double *values, const char *expected);

#endif
