/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/context.h"

#include "base/alloc.h"

#include <omp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *il_status_sentence(il_status status) {
    switch (status) {
#define IL_STATUS_CASE(name, number, sentence)                                                               \
    case IL_##name:                                                                                          \
        return sentence;
        IL_STATUS_LIST(IL_STATUS_CASE)
#undef IL_STATUS_CASE
    }
    return "unknown status";
}

const char *il_version(void) {
    return IL_VERSION;
}

il_context *il_context_create(void) {
    il_context *ctx = ili_alloc(1, sizeof *ctx);
    if (!ctx) return NULL;
    ctx->seed = 1;
    ctx->simd = ili_simd_best();
    il_set_threads(ctx, 0);
    return ctx;
}

void il_context_destroy(il_context **context) {
    if (!context || !*context) return;
    ili_free((*context)->warnings);
    ili_free((*context)->scratch);
    ili_free((*context)->data_dir);
    ili_free((*context)->command);
    ili_free(*context);
    *context = NULL;
}

const char *il_message(const il_context *context) {
    return context->message;
}

void il_set_threads(il_context *context, int n_threads) {
    context->n_threads = n_threads > 0 ? n_threads : omp_get_num_procs();
}

il_status il_set_simd(il_context *ctx, const char *name) {
    for (int set = 0; set <= ILI_SIMD_SETS; set++) {
        bool is_auto = set == ILI_SIMD_SETS;
        if (strcmp(name, is_auto ? "auto" : ili_simd_name((ili_simd)set)) != 0) continue;
        if (!is_auto && !ili_simd_is_here((ili_simd)set))
            return ili_fail(ctx, IL_E_USAGE, "this machine has no %s instructions, at most %s", name,
                            ili_simd_name(ili_simd_best()));
        ctx->simd = is_auto ? ili_simd_best() : (ili_simd)set;
        return IL_OK;
    }
    return ili_fail(ctx, IL_E_USAGE,
                    "the vector instructions are '%.60s', expected auto, sse2, avx2 or avx512", name);
}

void il_set_seed(il_context *context, uint64_t seed) {
    context->seed = seed;
}

int il_warning_count(const il_context *context) {
    return (int)context->n_warnings;
}

const char *il_warning(const il_context *context, int index) {
    return index >= 0 && (size_t)index < context->n_warnings ? context->warnings[index] : "";
}

void il_set_progress(il_context *context, il_progress_fn progress, void *user) {
    context->progress = progress;
    context->progress_user = user;
}

void il_set_data_dir(il_context *context, const char *path) {
    ili_free(context->data_dir);
    context->data_dir = path ? ili_strdup(path) : NULL;
}

void il_set_command(il_context *context, const char *command) {
    ili_free(context->command);
    context->command = command ? ili_strdup(command) : NULL;
}

il_status ili_fail(il_context *ctx, il_status status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(ctx->message, sizeof ctx->message, format, args);
    va_end(args);
    return status;
}

il_status ili_no_memory(il_context *ctx, const char *what) {
    return ili_fail(ctx, IL_E_MEMORY, "memory ran out while making room for %s", what);
}

void *ili_scratch(il_context *ctx, size_t bytes) {
    if (ctx->scratch && bytes <= ctx->scratch_bytes) return ctx->scratch;
    const size_t roomy = bytes + bytes / 32;
    ili_free(ctx->scratch);
    ctx->scratch = ili_alloc(roomy, 1);
    ctx->scratch_bytes = ctx->scratch ? roomy : 0;
    return ctx->scratch;
}

void ili_warn(il_context *ctx, const char *format, ...) {
    char text[ILI_WARNING_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (size_t i = 0; i < ctx->n_warnings; i++)
        if (strcmp(ctx->warnings[i], text) == 0) return;
    if (!ILI_GROW(ctx->warnings, ctx->n_warnings + 1, ctx->cap_warnings)) return;
    memcpy(ctx->warnings[ctx->n_warnings++], text, sizeof text);
}

bool ili_progress(il_context *ctx, const char *what, double fraction) {
    return ctx->progress && ctx->progress(ctx->progress_user, what, fraction) != 0;
}
