/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Files that are either whole or not there: written under a temporary name beside the target, then renamed. */
#ifndef ILI_BASE_FILE_H
#define ILI_BASE_FILE_H

#include "base/context.h"

#include <stdio.h>

typedef struct ili_outfile {
    FILE *stream;
    char *path, *temporary;
} ili_outfile;

enum { ILI_PATH_MAX = 4096 };

/** DIR/NAME, the name told as to printf. IL_E_FILE when it is too long. */
il_status ili_path_join(il_context *ctx, char path[ILI_PATH_MAX], const char *dir, const char *name, ...)
    __attribute__((format(printf, 4, 5)));
/** Does the name end so ("cif"), in small or capital letters? */
bool ili_path_ends(const char *path, const char *ending);

/** What an errno of making or writing a file means: IL_E_STORAGE when the space or the device gave out, else IL_E_FILE. */
il_status ili_write_status(int reason);
/** IL_E_FILE when the folder cannot be written, IL_E_STORAGE when it is full; the same of all that write. */
il_status ili_outfile_open(il_context *ctx, const char *path, ili_outfile *file);
/** Flush, check and rename. On failure the temporary file is removed. */
il_status ili_outfile_commit(il_context *ctx, ili_outfile *file);
/** Drop what was written; safe after commit and on a zeroed struct. */
void ili_outfile_discard(ili_outfile *file);
/** Open a file to read. IL_E_FILE when it is not there, a folder, or a pipe, which could neither be read twice nor waited for. */
il_status ili_open_input(il_context *ctx, const char *path, FILE **out);
/** Write a whole text at once. */
il_status ili_write_file(il_context *ctx, const char *path, const char *text);
/** Make a folder and its parents; an existing one is fine. */
il_status ili_make_dir(il_context *ctx, const char *path);
/** Length of the leading folders of a path that are there; 0: not even the first. */
size_t ili_path_existing(const char *path);
/** Remove the last folders of a path, as far as they are empty, but none of its first `keep` bytes: what ili_make_dir made for
 *  something that then wrote nothing. */
void ili_remove_empty(const char *path, size_t keep);
/** 64-bit FNV-1a of a file's bytes as 16 hex digits, for provenance. */
il_status ili_file_hash(il_context *ctx, const char *path, char hash[17]);

#endif
