/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Results as JSON (jansson behind it). Non-finite numbers become null on purpose. Setters record the first failure
 *  in the object and ili_json_text reports it, so call sites stay one line each. */
#ifndef ILI_IO_JSON_H
#define ILI_IO_JSON_H

#include "base/context.h"

typedef struct ili_json ili_json;

ili_json *ili_json_object(void);
ili_json *ili_json_array(void);
void ili_json_destroy(ili_json **json);
void ili_json_real(ili_json *object, const char *key, double value);
void ili_json_int(ili_json *object, const char *key, long long value);
void ili_json_bool(ili_json *object, const char *key, bool value);
void ili_json_string(ili_json *object, const char *key, const char *value); /**< NULL becomes null */
/** values [n]; and [n][m] row by row. */
void ili_json_reals(ili_json *object, const char *key, const double *values, size_t n);
void ili_json_rows(ili_json *object, const char *key, const double *values, size_t n, size_t m);
/** {value, sigma}; a NaN sigma becomes null. */
void ili_json_estimate(ili_json *object, const char *key, double value, double sigma);
/** Child object or array, owned by the parent; key NULL when the parent is an array. */
ili_json *ili_json_child(ili_json *parent, const char *key);
ili_json *ili_json_list(ili_json *parent, const char *key);
/** Append to an array. */
void ili_json_push_string(ili_json *array, const char *value);
void ili_json_push_real(ili_json *array, double value);
void ili_json_push_bool(ili_json *array, bool value);
/** Text with two-space indent, keys in the order set; owned by the caller (ili_free). NULL: memory. */
char *ili_json_text(const ili_json *json);

/* ---- reading ----------------------------------------------------------------------------------------- */

/** A value in a tree: borrowed, it goes with the tree. NULL stands for what is not there, and every function takes it. */
typedef struct json_t ili_json_view;

/** Read a file that holds one JSON object. *out is the caller's. IL_E_FILE; IL_E_INPUT with file:line. */
il_status ili_json_read(il_context *ctx, const char *path, ili_json **out);
const ili_json_view *ili_json_root(const ili_json *json);
/** A member by its key; NULL when it is not there, null, or of no object. */
const ili_json_view *ili_json_get(const ili_json_view *object, const char *key);
/** Members of an object or entries of an array; 0 for anything else. */
size_t ili_json_size(const ili_json_view *view);
/** Entry i of an array; NULL when there is none or it is null. */
const ili_json_view *ili_json_at(const ili_json_view *array, size_t i);
/** The member after the one with this key, in the order written; key NULL: the first. NULL after the last one. */
const char *ili_json_next_key(const ili_json_view *object, const char *key);
/** What a member is; ABSENT when the object has no such key, or is no object. */
typedef enum ili_json_type {
    ILI_JSON_ABSENT,
    ILI_JSON_NULL,
    ILI_JSON_BOOL,
    ILI_JSON_NUMBER,
    ILI_JSON_STRING,
    ILI_JSON_LIST,
    ILI_JSON_OBJECT
} ili_json_type;
ili_json_type ili_json_type_of(const ili_json_view *object, const char *key);
/** NaN when it is no number. */
double ili_json_number(const ili_json_view *view);
/** NULL when it is no string. */
const char *ili_json_string_of(const ili_json_view *view);
/** Whether it is `true`. */
bool ili_json_is_true(const ili_json_view *view);

#endif
