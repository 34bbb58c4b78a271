/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/data.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** Folder of the running program, with a slash at its end; "" when it cannot be told. */
static void program_folder(char *folder, size_t size) {
    ssize_t n = readlink("/proc/self/exe", folder, size - 1);
    folder[n > 0 ? n : 0] = 0;
    char *slash = strrchr(folder, '/');
    if (slash) slash[1] = 0;
}

static bool ends_with(const char *name, const char *ending) {
    const size_t n = strlen(name), m = strlen(ending);
    return n > m && strcmp(name + n - m, ending) == 0;
}

il_status ili_data_path(il_context *ctx, const char *what, const char *folder, const char *name, char *path,
                        size_t size) {
    const size_t length = strlen(name);
    const bool is_crystal = ends_with(name, ".cif");
    if (strchr(name, '/') || ends_with(name, ".yaml") || (is_crystal && access(name, R_OK) == 0)) {
        if (length >= size) return ili_fail(ctx, IL_E_INPUT, "the path '%.60s...' is too long", name);
        memcpy(path, name, length + 1);
        return access(path, R_OK) == 0
                   ? IL_OK
                   : ili_fail(ctx, IL_E_FILE, "%s: no such %s file%s", name, what,
                              name[0] == '/' ? "" : ", looked for from the working folder");
    }
    char program[512];
    program_folder(program, sizeof program);
    const char *const places[][2] = {{ctx->data_dir, "/"},
                                     {program, "../"},
                                     {program, "../../../"}, /* test programs in build/tests/KIND */
                                     {program, "../share/interlith/"},
                                     {IL_DATA_DIR, "/"},
                                     {".", "/"}};
    for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
        if (!places[k][0] || !places[k][0][0]) continue;
        int n = snprintf(path, size, "%s%s%s/%s%s", places[k][0], places[k][1], folder, name,
                         is_crystal ? "" : ".yaml");
        if (n > 0 && (size_t)n < size && access(path, R_OK) == 0) return IL_OK;
    }
    return ili_fail(ctx, IL_E_FILE,
                    "no %s '%.60s' in %s%s/%s, beside the program or in ./%s; give the path of a %s file",
                    what, name, ctx->data_dir ? ctx->data_dir : "", ctx->data_dir ? "" : IL_DATA_DIR, folder,
                    folder, is_crystal ? ".cif" : ".yaml");
}
