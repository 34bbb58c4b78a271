/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/alloc.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };

static atomic_long fail_countdown;

void ili_alloc_fail_at(long n) {
    atomic_store(&fail_countdown, n);
}

static bool must_fail(void) {
    if (atomic_load(&fail_countdown) <= 0) return false;
    return atomic_fetch_sub(&fail_countdown, 1) == 1;
}

void *ili_alloc(size_t count, size_t size) {
    if (must_fail() || (size && count > (SIZE_MAX - ALIGNMENT) / size)) return NULL;
    size_t bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!bytes) bytes = ALIGNMENT;
    void *block = aligned_alloc(ALIGNMENT, bytes);
    if (block) memset(block, 0, bytes);
    return block;
}

void *ili_realloc(void *block, size_t old_count, size_t new_count, size_t size) {
    void *fresh = ili_alloc(new_count, size);
    if (!fresh) return NULL;
    if (block) memcpy(fresh, block, (old_count < new_count ? old_count : new_count) * size);
    free(block);
    return fresh;
}

void ili_free(void *block) {
    free(block);
}

char *ili_strdup(const char *text) {
    size_t n = strlen(text) + 1;
    char *copy = ili_alloc(n, 1);
    if (copy) memcpy(copy, text, n);
    return copy;
}

bool ili_grow(void **array, size_t need, size_t *capacity, size_t size) {
    if (need <= *capacity) return true;
    size_t roomy = *capacity < SIZE_MAX / 2 ? *capacity + *capacity / 2 + 8 : need;
    if (roomy < need) roomy = need;
    void *fresh = ili_realloc(*array, *capacity, roomy, size);
    if (!fresh) return false;
    *array = fresh;
    *capacity = roomy;
    return true;
}
