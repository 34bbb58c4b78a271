/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Throw-away input files: SCRATCH(path, ".xyz", text) writes one, its name is in path[]. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "harness.h"

#include "system/system.h"

#include <unistd.h>

typedef char scratch_path[256];

/** Make an empty file whose name ends with `ending`. */
__attribute__((unused)) static void scratch_name(scratch_path path, const char *ending) {
    snprintf(path, sizeof(scratch_path), "%s/interlith-test-XXXXXX%s", P_tmpdir, ending);
    int fd = mkstemps(path, (int)strlen(ending));
    CHECK(fd >= 0);
    if (fd >= 0) close(fd);
}

__attribute__((unused)) static void scratch_write(const scratch_path path, const char *text, size_t n) {
    unlink(path); /* a new file: some file systems force the disk when an old one is cut and written again */
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    if (!file) return;
    CHECK(fwrite(text, 1, n, file) == n);
    fclose(file);
}

typedef il_status (*scratch_reader)(il_context *context, const char *path, il_system **out);

/** The text must be refused with one sentence "PATH:line: ..." that holds `words`. */
__attribute__((unused)) static void scratch_refused(scratch_reader read, const char *text, int line,
                                                    const char *words) {
    scratch_path path;
    char start[300];
    il_system *sys = NULL;
    scratch_name(path, ".txt");
    scratch_write(path, text, strlen(text));
    CHECK_STATUS(read(ctx, path, &sys), IL_E_INPUT);
    CHECK(sys == NULL);
    snprintf(start, sizeof start, "%s:%d: ", path, line);
    if (strncmp(il_message(ctx), start, strlen(start)) != 0 || !strstr(il_message(ctx), words)) {
        fprintf(stderr, "message '%s', expected line %d and '%s'\n", il_message(ctx), line, words);
        CHECK(!"the message names the line and the reason");
    }
    unlink(path);
}

/** Every beginning of a good text, and the text with each byte spoiled, is read or refused; never a crash. */
__attribute__((unused)) static void scratch_torture(scratch_reader read, const char *text) {
    scratch_path path;
    size_t n = strlen(text);
    char *copy = malloc(n + 1);
    scratch_name(path, ".txt");
    for (size_t cut = 0; cut < n; cut++)
        for (const char *spoil = "\xff-9= \n"; *spoil; spoil++) {
            il_system *sys = NULL;
            memcpy(copy, text, n);
            copy[cut] = *spoil;
            scratch_write(path, copy, *spoil == '\n' ? cut : n);
            il_status status = read(ctx, path, &sys);
            CHECK(status == IL_OK || status == IL_E_INPUT);
            CHECK((status == IL_OK) == (sys != NULL));
            il_system_destroy(&sys);
        }
    free(copy);
    unlink(path);
}

#endif
