/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/json.h"

#include "base/alloc.h"

#include <jansson.h>
#include <math.h>
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

char *ili_json_text(const ili_json *json) {
    if (!json || json->root->has_failed) return NULL;
    char *dumped = json_dumps(json->value, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    char *text = dumped ? ili_strdup(dumped) : NULL;
    free(dumped);
    return text;
}
