/* SPDX-License-Identifier: GPL-3.0-or-later */
/** State as bytes, for checkpoints: one function per struct both saves and restores it.
 *
 *      void ili_thing_carry(ili_thing *t, ili_bytes *b) {
 *          ili_bytes_carry(b, &t->count, sizeof t->count);
 *          ili_bytes_carry(b, t->sum, (size_t)t->count * sizeof *t->sum);
 *      }
 *
 *  In a saving ili_bytes the memory is appended; in a restoring one it is filled. The first failure (no memory; too few bytes
 *  left) sticks in `failed` and turns every further call into nothing. A counting one only adds up `size`, so that a saving one can be
 *  lent memory of just that size (data, cap, is_lent), which stays its owner's and never grows. Bytes are the machine's own: little-endian here. */
#ifndef ILI_BASE_BYTES_H
#define ILI_BASE_BYTES_H

#include "base/context.h"

typedef struct ili_bytes {
    unsigned char *data;
    size_t size, cap, at; /**< bytes held, room, read position */
    bool is_restoring, is_counting, is_lent, failed;
} ili_bytes;

/** Zeroed struct: an empty, saving one. */
void ili_bytes_free(ili_bytes *bytes);
void ili_bytes_carry(ili_bytes *bytes, void *memory, size_t size);
/** Save a number, or, restoring, demand that the same one stands there (a size, a version); else failed. */
void ili_bytes_expect(ili_bytes *bytes, int64_t number);
/** Start reading what was saved, from the beginning. */
void ili_bytes_rewind(ili_bytes *bytes);
/** Write the file whole: magic, length, hash, the bytes; under a temporary name, forced to disk, then renamed. IL_E_FILE. */
il_status ili_bytes_write(il_context *ctx, const ili_bytes *bytes, const char *path);
/** Read it back into a restoring ili_bytes (zeroed or empty before). IL_E_FILE when there is none; IL_E_INPUT when it is torn or
 *  of another kind. */
il_status ili_bytes_read(il_context *ctx, const char *path, ili_bytes *bytes);

/** Mix bytes into a hash (64-bit FNV-1a); start with ILI_HASH_START. */
#define ILI_HASH_START UINT64_C(14695981039346656037)
uint64_t ili_hash(uint64_t hash, const void *bytes, size_t size);

#endif
