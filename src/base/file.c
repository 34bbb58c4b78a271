/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

il_status ili_write_status(int reason) {
    static const int of_storage[] = {ENOSPC, EDQUOT, EFBIG, EIO};
    for (size_t k = 0; k < sizeof of_storage / sizeof *of_storage; k++)
        if (reason == of_storage[k]) return IL_E_STORAGE;
    return IL_E_FILE;
}

il_status ili_outfile_open(il_context *ctx, const char *path, ili_outfile *file) {
    *file = (ili_outfile){0};
    size_t n = strlen(path) + 16;
    file->path = ili_strdup(path);
    file->temporary = ili_alloc(n, 1);
    if (!file->path || !file->temporary) {
        ili_outfile_discard(file);
        return ili_no_memory(ctx, path);
    }
    snprintf(file->temporary, n, "%s.%d.tmp", path, (int)getpid());
    file->stream = fopen(file->temporary, "wb");
    if (!file->stream) {
        int reason = errno;
        ili_free(file->temporary);
        file->temporary = NULL;
        ili_outfile_discard(file);
        return ili_fail(ctx, ili_write_status(reason), "%s: cannot be written: %s", path, strerror(reason));
    }
    return IL_OK;
}

il_status ili_outfile_commit(il_context *ctx, ili_outfile *file) {
    il_status status = IL_OK;
    bool bad = ferror(file->stream) || fflush(file->stream) || fsync(fileno(file->stream));
    bad = fclose(file->stream) || bad;
    file->stream = NULL;
    if (bad || rename(file->temporary, file->path) != 0)
        status = ili_fail(ctx, bad ? IL_E_STORAGE : ili_write_status(errno), "%s: writing failed: %s",
                          file->path, strerror(errno));
    else {
        ili_free(file->temporary);
        file->temporary = NULL;
    }
    ili_outfile_discard(file);
    return status;
}

void ili_outfile_discard(ili_outfile *file) {
    if (file->stream) fclose(file->stream);
    if (file->temporary) remove(file->temporary);
    ili_free(file->temporary);
    ili_free(file->path);
    *file = (ili_outfile){0};
}

il_status ili_write_file(il_context *ctx, const char *path, const char *text) {
    ili_outfile file;
    IL_TRY(ili_outfile_open(ctx, path, &file));
    fputs(text, file.stream);
    return ili_outfile_commit(ctx, &file);
}

il_status ili_path_join(il_context *ctx, char path[ILI_PATH_MAX], const char *dir, const char *name, ...) {
    va_list words;
    int n = snprintf(path, ILI_PATH_MAX, "%s/", dir);
    va_start(words, name);
    if (n < ILI_PATH_MAX) n += vsnprintf(path + n, (size_t)(ILI_PATH_MAX - n), name, words);
    va_end(words);
    if (n < ILI_PATH_MAX) return IL_OK;
    return ili_fail(ctx, IL_E_FILE, "the name of the folder %.100s... is too long", dir);
}

bool ili_path_ends(const char *path, const char *ending) {
    const char *dot = strrchr(path, '.');
    return dot && ili_same_text(dot + 1, ending);
}

il_status ili_make_dir(il_context *ctx, const char *path) {
    char *copy = ili_strdup(path);
    if (!copy) return ili_no_memory(ctx, path);
    il_status status = IL_OK;
    for (char *p = copy + 1;; p++) {
        if (*p != '/' && *p) continue;
        char keep = *p;
        *p = 0;
        if (mkdir(copy, 0777) != 0 && errno != EEXIST) {
            status = ili_fail(ctx, ili_write_status(errno), "%s: the folder cannot be made: %s", path,
                              strerror(errno));
            break;
        }
        *p = keep;
        if (!keep) break;
    }
    struct stat info;
    if (status == IL_OK && (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)))
        status = ili_fail(ctx, IL_E_FILE, "%s: exists and is not a folder", path);
    ili_free(copy);
    return status;
}

size_t ili_path_existing(const char *path) {
    size_t there = 0;
    struct stat info;
    char *copy = ili_strdup(path);
    for (char *p = copy ? copy + 1 : NULL; p; p++) {
        if (*p != '/' && *p) continue;
        const char keep = *p;
        *p = 0;
        if (stat(copy, &info) != 0) break;
        there = (size_t)(p - copy);
        *p = keep;
        if (!keep) break;
    }
    ili_free(copy);
    return there;
}

void ili_remove_empty(const char *path, size_t keep) {
    char *copy = ili_strdup(path);
    for (size_t n = copy ? strlen(copy) : 0; n > keep; n--) {
        if (copy[n] && copy[n] != '/') continue;
        copy[n] = 0;
        if (copy[n - 1] != '/' && rmdir(copy) != 0) break;
    }
    ili_free(copy);
}

il_status ili_open_input(il_context *ctx, const char *path, FILE **out) {
    struct stat info;
    const int number =
        open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer would wait for ever */
    *out = NULL;
    if (number < 0) return ili_fail(ctx, IL_E_FILE, "%s: cannot be opened: %s", path, strerror(errno));
    if (fstat(number, &info) != 0 || S_ISDIR(info.st_mode) || S_ISFIFO(info.st_mode)) {
        const char *what = S_ISFIFO(info.st_mode) ? "pipe" : "folder";
        close(number);
        return ili_fail(ctx, IL_E_FILE, "%s: is a %s, expected a file", path, what);
    }
    if ((*out = fdopen(number, "rb"))) return IL_OK;
    close(number);
    return ili_no_memory(ctx, path);
}

il_status ili_file_hash(il_context *ctx, const char *path, char hash[17]) {
    FILE *file;
    IL_TRY(ili_open_input(ctx, path, &file));
    uint64_t h = ILI_HASH_START;
    unsigned char buffer[4096];
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, file)) > 0;) h = ili_hash(h, buffer, n);
    bool has_failed = ferror(file) != 0;
    fclose(file);
    if (has_failed) return ili_fail(ctx, IL_E_FILE, "%s: cannot be read, expected a file", path);
    snprintf(hash, 17, "%016llx", (unsigned long long)h);
    return IL_OK;
}
