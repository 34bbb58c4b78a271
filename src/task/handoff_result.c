/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/handoff_result.h"

#include "base/alloc.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- text --------------------------------------------------------------------------------------------- */

static const char CUT[] = "..."; /* what is left of the rest */

/** Where a text that was cut after n bytes may end, so that no UTF-8 character is split. */
static size_t whole_characters(const char *text, size_t n) {
    size_t start = n;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80) start--;
    if (start == 0) return n;
    const unsigned char lead = (unsigned char)text[start - 1];
    const size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    return n - start + 1 < length ? start - 1 : n;
}

static void append(char *text, size_t size, const char *format, va_list words) {
    const size_t used = strlen(text);
    const int wanted = vsnprintf(text + used, size - used, format, words);
    if (wanted >= 0 && (size_t)wanted >= size - used)
        strcpy(text + whole_characters(text, size - sizeof CUT), CUT);
    for (char *p = text + used; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f) *p = ' ';
}

void ili_result_append(char *text, size_t size, const char *format, ...) {
    va_list words;
    va_start(words, format);
    append(text, size, format, words);
    va_end(words);
}

/* ---- members that must be there --------------------------------------------------------------------- */

static const char *const TYPE_NAMES[] = {
    [ILI_JSON_ABSENT] = "missing",  [ILI_JSON_NULL] = "null",     [ILI_JSON_BOOL] = "true or false",
    [ILI_JSON_NUMBER] = "a number", [ILI_JSON_STRING] = "a text", [ILI_JSON_LIST] = "a list",
    [ILI_JSON_OBJECT] = "an object"};

static il_status member(il_context *ctx, const ili_result *r, const ili_json_view *object, const char *key,
                        ili_json_type type, const ili_json_view **out) {
    const ili_json_type found = ili_json_type_of(object, key);
    *out = ili_json_get(object, key);
    if (found == type || (type == ILI_JSON_NUMBER && found == ILI_JSON_NULL)) return IL_OK;
    return ili_fail(
        ctx, IL_E_INPUT,
        "%s: \"%.80s\" is %s, expected %s; this is no result of this version of interlith: run it "
        "again",
        r->path, key, TYPE_NAMES[found], TYPE_NAMES[type]);
}

il_status ili_result_list(il_context *ctx, const ili_result *r, const ili_json_view *object, const char *key,
                          const ili_json_view **list) {
    return member(ctx, r, object, key, ILI_JSON_LIST, list);
}

il_status ili_result_object(il_context *ctx, const ili_result *r, const ili_json_view *object,
                            const char *key, const ili_json_view **out) {
    return member(ctx, r, object, key, ILI_JSON_OBJECT, out);
}

il_status ili_result_number(il_context *ctx, const ili_result *r, const ili_json_view *object,
                            const char *key, double *value) {
    const ili_json_view *number = NULL;
    *value = NAN;
    IL_TRY(member(ctx, r, object, key, ILI_JSON_NUMBER, &number));
    *value = ili_json_number(number);
    return IL_OK;
}

il_status ili_result_flag(il_context *ctx, const ili_result *r, const ili_json_view *object, const char *key,
                          bool *flag) {
    const ili_json_view *view = NULL;
    *flag = false;
    IL_TRY(member(ctx, r, object, key, ILI_JSON_BOOL, &view));
    *flag = ili_json_is_true(view);
    return IL_OK;
}

il_status ili_result_text(il_context *ctx, const ili_result *r, const ili_json_view *object, const char *key,
                          const char **text) {
    const ili_json_view *view = NULL;
    *text = "";
    IL_TRY(member(ctx, r, object, key, ILI_JSON_STRING, &view));
    *text = ili_json_string_of(view);
    return IL_OK;
}

/** In another unit; NaN stays. */
static ili_value times(ili_value v, double factor) {
    return (ili_value){factor * v.value, fabs(factor) * v.sigma, factor * v.low, factor * v.high};
}

il_status ili_result_estimate(il_context *ctx, const ili_result *r, const ili_json_view *object,
                              const char *key, double factor, ili_value *value) {
    const ili_json_view *one;
    ili_value v = {NAN, NAN, NAN, NAN};
    IL_TRY(member(ctx, r, object, key, ILI_JSON_OBJECT, &one));
    IL_TRY(ili_result_number(ctx, r, one, "value", &v.value));
    IL_TRY(ili_result_number(ctx, r, one, "sigma", &v.sigma));
    if (ili_json_type_of(one, "low_95") != ILI_JSON_ABSENT) {
        IL_TRY(ili_result_number(ctx, r, one, "low_95", &v.low));
        IL_TRY(ili_result_number(ctx, r, one, "high_95", &v.high));
    }
    *value = times(v, factor);
    return IL_OK;
}

/* ---- quantities --------------------------------------------------------------------------------------- */

static bool make_room(ili_handoff *out) {
    if (out->n < out->cap) return true;
    const size_t cap = out->cap ? 2 * (size_t)out->cap : 16;
    ili_quantity *block = ili_realloc(out->quantity, (size_t)out->cap, cap, sizeof *block);
    if (!block) return false;
    out->quantity = block;
    out->cap = (int)cap;
    return true;
}

il_status ili_result_add(il_context *ctx, const ili_result *r, ili_handoff *out, ili_quantity_kind kind,
                         const char *species, ili_argument argument, int n, ili_quantity **q) {
    const ili_value none = {NAN, NAN, NAN, NAN};
    if (!make_room(out)) return ili_no_memory(ctx, "the hand-off");
    ili_quantity *one = *q = &out->quantity[out->n++];
    *one = (ili_quantity){.kind = kind, .argument = argument, .n = n, .at_298K = none};
    ili_result_append(one->material, sizeof one->material, "%s", r->material);
    ili_result_append(one->species, sizeof one->species, "%s", species);
    ili_result_append(one->source, sizeof one->source, "%s", r->path);
    ili_result_append(one->caveat, sizeof one->caveat, "%s", r->caveat);
    one->y = ili_alloc((size_t)n, sizeof *one->y);
    one->is_sound = ili_alloc((size_t)n, sizeof *one->is_sound);
    one->at = argument == ILI_ARG_NONE ? NULL : ili_alloc((size_t)n, sizeof *one->at);
    if (!one->y || !one->is_sound || (argument != ILI_ARG_NONE && !one->at)) {
        one->n = 0;
        return ili_no_memory(ctx, "the hand-off");
    }
    for (int k = 0; k < n; k++) {
        one->y[k] = none;
        one->is_sound[k] = true;
    }
    return IL_OK;
}

void ili_quantity_warn(ili_quantity *q, const char *format, ...) {
    char before[sizeof q->caveat];
    va_list words;
    snprintf(before, sizeof before, "%s", q->caveat);
    q->caveat[0] = 0;
    va_start(words, format);
    append(q->caveat, sizeof q->caveat, format, words);
    va_end(words);
    if (before[0]) ili_result_append(q->caveat, sizeof q->caveat, "; %s", before);
}

static void swap_points(ili_quantity *q, int a, int b) {
    const double at = q->at[a];
    const ili_value y = q->y[a];
    const bool is_sound = q->is_sound[a];
    q->at[a] = q->at[b], q->y[a] = q->y[b], q->is_sound[a] = q->is_sound[b];
    q->at[b] = at, q->y[b] = y, q->is_sound[b] = is_sound;
}

void ili_handoff_close_last(ili_handoff *out) {
    ili_quantity *q = &out->quantity[out->n - 1];
    int kept = 0;
    for (int k = 0; k < q->n; k++) {
        if (!isfinite(q->y[k].value) || (q->at && !isfinite(q->at[k]))) continue;
        if (q->at) q->at[kept] = q->at[k];
        q->y[kept] = q->y[k];
        q->is_sound[kept++] = q->is_sound[k];
    }
    q->n = kept;
    for (int k = 1; q->at && k < kept; k++) /* few points, nearly in order */
        for (int j = k; j > 0 && q->at[j] < q->at[j - 1]; j--) swap_points(q, j, j - 1);
    if (kept) return;
    ili_free(q->at);
    ili_free(q->y);
    ili_free(q->is_sound);
    *q = (ili_quantity){0};
    out->n--;
}
