/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/json.h"

#include "base/alloc.h"
#include "base/file.h"

#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** A handle on one jansson value. Handles of one tree hang on the root's list and go with it. */
struct ili_json {
    json_t *value;
    ili_json *root, *next;
    bool has_failed; /**< of the root: a setter found no memory */
};

static ili_json *make(json_t *value) {
    ili_json *json = ili_alloc(1, sizeof *json);
    if (json && value) {
        json->value = value;
        json->root = json;
        return json;
    }
    json_decref(value);
    ili_free(json);
    return NULL;
}

ili_json *ili_json_object(void) {
    return make(json_object());
}

ili_json *ili_json_array(void) {
    return make(json_array());
}

void ili_json_destroy(ili_json **json) {
    if (!json || !*json) return;
    ili_json *root = (*json)->root;
    json_decref(root->value);
    for (ili_json *handle = root; handle;) {
        ili_json *next = handle->next;
        ili_free(handle);
        handle = next;
    }
    *json = NULL;
}

/** Put a new value under the key of an object, or at the end of an array; takes the reference. */
static bool put(ili_json *parent, const char *key, json_t *value) {
    if (!parent) {
        json_decref(value);
        return false;
    }
    int failed = json_is_array(parent->value) ? json_array_append_new(parent->value, value)
                                              : json_object_set_new(parent->value, key, value);
    if (failed) parent->root->has_failed = true;
    return !failed;
}

static json_t *real_value(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

/** Text that is not UTF-8 (a path may be anything) keeps its ASCII and shows the rest as '?'. */
static json_t *string_value(const char *text) {
    if (!text) return json_null();
    json_t *value = json_string(text);
    char *plain = value ? NULL : ili_strdup(text);
    if (!plain) return value;
    for (char *p = plain; *p; p++)
        if ((unsigned char)*p >= 0x80) *p = '?';
    value = json_string(plain);
    ili_free(plain);
    return value;
}

static json_t *reals_value(const double *values, size_t n) {
    json_t *array = json_array();
    for (size_t i = 0; array && i < n; i++)
        if (json_array_append_new(array, real_value(values[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

void ili_json_real(ili_json *object, const char *key, double value) {
    put(object, key, real_value(value));
}

void ili_json_int(ili_json *object, const char *key, long long value) {
    put(object, key, json_integer(value));
}

void ili_json_bool(ili_json *object, const char *key, bool value) {
    put(object, key, json_boolean(value));
}

void ili_json_string(ili_json *object, const char *key, const char *value) {
    put(object, key, string_value(value));
}

void ili_json_reals(ili_json *object, const char *key, const double *values, size_t n) {
    put(object, key, reals_value(values, n));
}

void ili_json_rows(ili_json *object, const char *key, const double *values, size_t n, size_t m) {
    ili_json *rows = ili_json_list(object, key);
    for (size_t i = 0; rows && i < n; i++) put(rows, NULL, reals_value(values + i * m, m));
}

void ili_json_estimate(ili_json *object, const char *key, double value, double sigma) {
    ili_json *estimate = ili_json_child(object, key);
    ili_json_real(estimate, "value", value);
    ili_json_real(estimate, "sigma", sigma);
}

static ili_json *nest(ili_json *parent, const char *key, json_t *value) {
    if (!put(parent, key, value)) return NULL;
    ili_json *handle = ili_alloc(1, sizeof *handle), *root = parent->root;
    if (!handle) {
        root->has_failed = true;
        return NULL;
    }
    *handle = (ili_json){.value = value, .root = root, .next = root->next};
    root->next = handle;
    return handle;
}

ili_json *ili_json_child(ili_json *parent, const char *key) {
    return nest(parent, key, json_object());
}

ili_json *ili_json_list(ili_json *parent, const char *key) {
    return nest(parent, key, json_array());
}

void ili_json_push_string(ili_json *array, const char *value) {
    put(array, NULL, string_value(value));
}

void ili_json_push_real(ili_json *array, double value) {
    put(array, NULL, real_value(value));
}

void ili_json_push_bool(ili_json *array, bool value) {
    put(array, NULL, json_boolean(value));
}

char *ili_json_text(const ili_json *json) {
    if (!json || json->root->has_failed) return NULL;
    char *dumped = json_dumps(json->value, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    char *text = dumped ? ili_strdup(dumped) : NULL;
    free(dumped);
    return text;
}

/* ---- reading ----------------------------------------------------------------------------------------- */

il_status ili_json_read(il_context *ctx, const char *path, ili_json **out) {
    json_error_t error;
    FILE *file;
    *out = NULL;
    IL_TRY(ili_open_input(ctx, path, &file));
    json_t *value = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
    fclose(file);
    if (!value)
        return ili_fail(ctx, IL_E_INPUT, "%s:%d: %s; expected the JSON object that interlith wrote", path,
                        error.line, error.text);
    if (!json_is_object(value)) {
        json_decref(value);
        return ili_fail(ctx, IL_E_INPUT, "%s: found a JSON array, expected the object that interlith wrote",
                        path);
    }
    *out = make(value);
    return *out ? IL_OK : ili_no_memory(ctx, "a JSON file");
}

/** Nothing is changed through a view, but jansson's iterators ask for writable values. */
static json_t *value_of(const ili_json_view *view) {
    return (json_t *)(uintptr_t)view;
}

static const ili_json_view *unless_null(const json_t *value) {
    return json_is_null(value) ? NULL : value;
}

const ili_json_view *ili_json_root(const ili_json *json) {
    return json ? json->value : NULL;
}

const ili_json_view *ili_json_get(const ili_json_view *object, const char *key) {
    return unless_null(json_object_get(object, key));
}

size_t ili_json_size(const ili_json_view *view) {
    return json_is_array(view) ? json_array_size(view) : json_object_size(view);
}

const ili_json_view *ili_json_at(const ili_json_view *array, size_t i) {
    return unless_null(json_array_get(array, i));
}

const char *ili_json_next_key(const ili_json_view *object, const char *key) {
    json_t *value = value_of(object);
    if (!json_is_object(value)) return NULL;
    void *member = key ? json_object_iter_at(value, key) : NULL;
    member = member ? json_object_iter_next(value, member) : key ? NULL : json_object_iter(value);
    return member ? json_object_iter_key(member) : NULL;
}

ili_json_type ili_json_type_of(const ili_json_view *object, const char *key) {
    static const ili_json_type types[] = {
        [JSON_OBJECT] = ILI_JSON_OBJECT,  [JSON_ARRAY] = ILI_JSON_LIST,  [JSON_STRING] = ILI_JSON_STRING,
        [JSON_INTEGER] = ILI_JSON_NUMBER, [JSON_REAL] = ILI_JSON_NUMBER, [JSON_TRUE] = ILI_JSON_BOOL,
        [JSON_FALSE] = ILI_JSON_BOOL,     [JSON_NULL] = ILI_JSON_NULL};
    const json_t *member = json_object_get(object, key);
    return member ? types[json_typeof(member)] : ILI_JSON_ABSENT;
}

double ili_json_number(const ili_json_view *view) {
    return json_is_number(view) ? json_number_value(view) : (double)NAN;
}

const char *ili_json_string_of(const ili_json_view *view) {
    return json_string_value(view);
}

bool ili_json_is_true(const ili_json_view *view) {
    return json_is_true(view);
}
