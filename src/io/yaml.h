/* SPDX-License-Identifier: GPL-3.0-or-later */
/** YAML as a tree of scalars, maps and lists, each with its line; read by models and job files.
 *
 *  A strict subset: one document, no anchors, aliases or tags, keys are plain scalars and occur once, nesting to
 *  ILI_YAML_DEPTH_MAX. Numbers are decimal and finite and fill their whole token. Every message begins "file:line:". */
#ifndef ILI_IO_YAML_H
#define ILI_IO_YAML_H

#include "base/context.h"

enum { ILI_YAML_DEPTH_MAX = 24, ILI_YAML_BYTES_MAX = 4 << 20, ILI_YAML_KEYS_MAX = 2000 };

typedef enum ili_yaml_kind { ILI_YAML_SCALAR, ILI_YAML_MAP, ILI_YAML_LIST } ili_yaml_kind;

typedef struct ili_yaml_node ili_yaml_node;
struct ili_yaml_node {
    ili_yaml_kind kind;
    int line;                    /**< from 1; of the value */
    int n;                       /**< children of a map or list */
    bool is_plain;               /**< SCALAR: not quoted and not a block text */
    const char *file;            /**< as given by the caller, for messages; owned by the root */
    const char *key;             /**< when the parent is a map, else NULL */
    const char *text;            /**< SCALAR; "" for nothing */
    ili_yaml_node *child, *next; /**< first child; next of the same parent, in the order of the file */
};

/** Read a file. IL_E_FILE, IL_E_INPUT. *root is the caller's, to be destroyed. */
il_status ili_yaml_read(il_context *ctx, const char *path, ili_yaml_node **root);
/** The same from memory; `name` stands for the file in messages. */
il_status ili_yaml_parse(il_context *ctx, const char *text, size_t length, const char *name,
                         ili_yaml_node **root);
void ili_yaml_destroy(ili_yaml_node **root);

/** IL_E_INPUT with "file:line: " before the sentence. */
il_status ili_yaml_fail(il_context *ctx, const ili_yaml_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Value of a key; NULL when the key is not there. */
const ili_yaml_node *ili_yaml_get(const ili_yaml_node *map, const char *key);
/** Value of a key that must be there and be of this kind. */
il_status ili_yaml_need(il_context *ctx, const ili_yaml_node *map, const char *key, ili_yaml_kind kind,
                        const ili_yaml_node **value);
/** Refuse a node of another kind. */
il_status ili_yaml_want(il_context *ctx, const ili_yaml_node *node, ili_yaml_kind kind);
/** Refuse keys not in `names` (ends with NULL), naming the nearest known one; refuses a node that is no map. */
il_status ili_yaml_check_keys(il_context *ctx, const ili_yaml_node *map, const char *const *names);

/** A finite number in [low, high]. */
il_status ili_yaml_real(il_context *ctx, const ili_yaml_node *node, double low, double high, double *value);
il_status ili_yaml_int(il_context *ctx, const ili_yaml_node *node, long low, long high, long *value);
/** yes, no, true, false. */
il_status ili_yaml_bool(il_context *ctx, const ili_yaml_node *node, bool *value);
/** A scalar of 1 to size - 1 bytes, copied. */
il_status ili_yaml_text(il_context *ctx, const ili_yaml_node *node, char *text, size_t size);
/** A list of low_n to high_n finite numbers. n may be NULL. */
il_status ili_yaml_reals(il_context *ctx, const ili_yaml_node *node, int low_n, int high_n, double *values,
                         int *n);
/** Index of a scalar in `names` (ends with NULL); other texts are refused, naming the choices. */
il_status ili_yaml_choice(il_context *ctx, const ili_yaml_node *node, const char *const *names, int *index);

#endif
