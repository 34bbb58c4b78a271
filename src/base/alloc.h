/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The only door to the heap: 64-byte aligned, zeroed, overflow-checked, with a hook that fails the n-th request. */
#ifndef ILI_BASE_ALLOC_H
#define ILI_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/** count * size bytes, zeroed and aligned; NULL when they do not fit or count * size overflows. Count 0 gives a valid pointer. */
void *ili_alloc(size_t count, size_t size);
/** Keeps the first old_count items, zeroes the rest. NULL: the old block is untouched. */
void *ili_realloc(void *block, size_t old_count, size_t new_count, size_t size);
void ili_free(void *block);
char *ili_strdup(const char *text);

/** Make room for `need` items in a growable array; false: no memory, array untouched. Items beyond the old
 *  capacity are zeroed. Use through ILI_GROW(array, need, capacity). */
bool ili_grow(void **array, size_t need, size_t *capacity, size_t size);
#define ILI_GROW(array, need, capacity) ili_grow((void **)&(array), (need), &(capacity), sizeof *(array))

/** Test hook: the n-th request from now fails (1 = next); 0 switches it off. */
void ili_alloc_fail_at(long n);

#endif
