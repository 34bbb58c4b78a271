/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/bytes.h"

#include "base/alloc.h"
#include "base/file.h"

#include <errno.h>
#include <string.h>

static const char MAGIC[8] = "ILSTATE";

typedef struct header {
    char magic[8];
    uint64_t size, hash;
} header;

uint64_t ili_hash(uint64_t hash, const void *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(1099511628211);
    return hash;
}

void ili_bytes_free(ili_bytes *b) {
    ili_free(b->data);
    *b = (ili_bytes){0};
}

void ili_bytes_carry(ili_bytes *b, void *memory, size_t size) {
    if (b->failed || size == 0) return;
    if (b->is_counting) {
        b->size += size;
        return;
    }
    if (b->is_restoring) {
        if (size > b->size - b->at) {
            b->failed = true;
            return;
        }
        memcpy(memory, b->data + b->at, size);
        b->at += size;
        return;
    }
    size_t room = b->size + size > 2 * b->cap ? b->size + size : 2 * b->cap;
    if (b->size + size > b->cap && (b->is_lent || !ILI_GROW(b->data, room, b->cap))) {
        b->failed = true;
        return;
    }
    memcpy(b->data + b->size, memory, size);
    b->size += size;
}

void ili_bytes_expect(ili_bytes *b, int64_t number) {
    int64_t found = number;
    ili_bytes_carry(b, &found, sizeof found);
    if (found != number) b->failed = true;
}

void ili_bytes_rewind(ili_bytes *b) {
    b->is_restoring = true;
    b->at = 0;
}

il_status ili_bytes_write(il_context *ctx, const ili_bytes *b, const char *path) {
    if (b->failed) return ili_no_memory(ctx, path);
    header h = {.size = b->size, .hash = ili_hash(ILI_HASH_START, b->data, b->size)};
    memcpy(h.magic, MAGIC, sizeof MAGIC);
    ili_outfile file;
    IL_TRY(ili_outfile_open(ctx, path, &file));
    fwrite(&h, sizeof h, 1, file.stream);
    fwrite(b->data, 1, b->size, file.stream);
    return ili_outfile_commit(ctx, &file);
}

il_status ili_bytes_read(il_context *ctx, const char *path, ili_bytes *b) {
    FILE *file = fopen(path, "rb");
    if (!file) return ili_fail(ctx, IL_E_FILE, "%s: cannot be opened: %s", path, strerror(errno));
    ili_bytes_free(b);
    il_status status = IL_OK;
    header h;
    if (fread(&h, sizeof h, 1, file) != 1 || memcmp(h.magic, MAGIC, sizeof MAGIC) != 0 ||
        h.size > (uint64_t)PTRDIFF_MAX)
        IL_GO(ili_fail(ctx, IL_E_INPUT, "%s: is not a checkpoint of this program", path));
    if (!ILI_GROW(b->data, (size_t)h.size, b->cap)) IL_GO(ili_no_memory(ctx, path));
    b->size = fread(b->data, 1, (size_t)h.size, file);
    if (b->size != h.size || ili_hash(ILI_HASH_START, b->data, b->size) != h.hash)
        IL_GO(ili_fail(ctx, IL_E_INPUT,
                       "%s: the checkpoint is torn: found %zu of %llu bytes, or altered ones", path, b->size,
                       (unsigned long long)h.size));
    ili_bytes_rewind(b);
out:
    fclose(file);
    if (status != IL_OK) ili_bytes_free(b);
    return status;
}
