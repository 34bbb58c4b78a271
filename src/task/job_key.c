/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/job_key.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_named(const char *name, const char *const *names) {
    for (; names && *names; names++)
        if (strcmp(name, *names) == 0) return true;
    return strcmp(name, "fresh") == 0;
}

static uint64_t hash_option(uint64_t hash, const il_option *o, const void *options) {
    const char *field = (const char *)options + o->offset;
    static const size_t sizes[] = {[IL_OPT_FLAG] = sizeof(int),
                                   [IL_OPT_INT] = sizeof(int),
                                   [IL_OPT_REAL] = sizeof(double),
                                   [IL_OPT_INT3] = sizeof(int[3])};
    bool is_text = o->type == IL_OPT_TEXT || o->type == IL_OPT_CHOICE;
    hash = ili_hash(hash, o->name, strlen(o->name) + 1);
    return ili_hash(hash, field, is_text ? strlen(field) + 1 : sizes[o->type]);
}

static bool is_preset(const il_option *o, const void *options) {
    const char *field = (const char *)options + o->offset;
    const int *whole = (const int *)field;
    double number = NAN, given;
    switch (o->type) {
    case IL_OPT_TEXT:
    case IL_OPT_CHOICE:
        return strcmp(field, o->preset ? o->preset : "") == 0;
    case IL_OPT_REAL:
        memcpy(&given, field, sizeof given);
        return o->preset && ili_parse_real(o->preset, &number) ? given == number : isnan(given);
    case IL_OPT_INT:
        return *whole == (o->preset && ili_parse_real(o->preset, &number) ? (int)number : INT_MIN);
    case IL_OPT_INT3: {
        int preset[3] = {0};
        if (o->preset) sscanf(o->preset, "%d,%d,%d", &preset[0], &preset[1], &preset[2]);
        return memcmp(whole, preset, sizeof preset) == 0;
    }
    default:
        return *whole == 0;
    }
}

const char *ili_option_first_given(const il_option *rows, const void *options, const char *const *but) {
    for (const il_option *o = rows; o->name; o++)
        if (!is_named(o->name, but) && !is_preset(o, options)) return o->name;
    return NULL;
}

il_status ili_job_key(il_context *ctx, const ili_job_parts *parts, uint64_t *key) {
    char hash[17];
    uint64_t k = ili_hash(ILI_HASH_START, IL_VERSION, sizeof IL_VERSION);
    IL_TRY(ili_file_hash(ctx, "/proc/self/exe", hash)); /* another build may differ in its last bits */
    k = ili_hash(k, hash, strlen(hash));
    k = ili_hash(k, &ctx->simd, sizeof ctx->simd); /* so does another set of instructions */
    k = ili_hash(k, &ctx->seed, sizeof ctx->seed);
    for (const il_option *o = parts->rows; o->name; o++)
        if (!is_named(o->name, parts->but)) k = hash_option(k, o, parts->options);
    if (parts->model) k = ili_hash(k, parts->model->hash, strlen(parts->model->hash));
    for (int i = 0; i < parts->n_inputs; i++) {
        IL_TRY(ili_file_hash(ctx, parts->inputs[i], hash));
        k = ili_hash(k, hash, strlen(hash));
    }
    *key = k;
    return IL_OK;
}
