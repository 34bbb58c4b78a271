/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/yaml.h"

#include "base/alloc.h"
#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

typedef struct yaml_reader {
    il_context *ctx;
    yaml_parser_t parser;
    const char *file;
} yaml_reader;

static const char *const kind_text[] = {"one value", "a map (key: value)", "a list"};

il_status ili_yaml_fail(il_context *ctx, const ili_yaml_node *node, const char *format, ...) {
    char text[ILI_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return ili_fail(ctx, IL_E_INPUT, "%s:%d: %s", node->file, node->line, text);
}

static void destroy_node(ili_yaml_node *node) {
    while (node) {
        ili_yaml_node *next = node->next;
        destroy_node(node->child); /* no deeper than ILI_YAML_DEPTH_MAX */
        ili_free((void *)node->key);
        ili_free((void *)node->text);
        ili_free(node);
        node = next;
    }
}

void ili_yaml_destroy(ili_yaml_node **root) {
    if (!root || !*root) return;
    const char *file = (*root)->file;
    destroy_node(*root);
    ili_free((void *)file);
    *root = NULL;
}

/* Reading. */

static il_status refuse(yaml_reader *r, size_t line, const char *found, const char *advice) {
    return ili_fail(r->ctx, IL_E_INPUT, "%s:%zu: found %s, %s", r->file, line + 1, found, advice);
}

static il_status next_event(yaml_reader *r, yaml_event_t *event) {
    if (yaml_parser_parse(&r->parser, event)) return IL_OK;
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR) return ili_no_memory(r->ctx, r->file);
    size_t line = p->error == YAML_READER_ERROR ? p->mark.line : p->problem_mark.line;
    return ili_fail(r->ctx, IL_E_INPUT, "%s:%zu: not valid YAML: %s%s%s", r->file, line + 1,
                    p->problem ? p->problem : "cannot be read", p->context ? ", " : "",
                    p->context ? p->context : "");
}

/** Anchors and tags make a file mean something that its lines do not show. */
static il_status check_plain(yaml_reader *r, const yaml_event_t *event, const yaml_char_t *anchor,
                             const yaml_char_t *tag) {
    if (anchor) return refuse(r, event->start_mark.line, "an anchor (&)", "write the value out instead");
    if (tag)
        return refuse(r, event->start_mark.line, "a tag (!)",
                      "remove it; types follow from where a value stands");
    return IL_OK;
}

static il_status check_event(yaml_reader *r, const yaml_event_t *event) {
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return check_plain(r, event, event->data.scalar.anchor, event->data.scalar.tag);
    case YAML_MAPPING_START_EVENT:
        return check_plain(r, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
    case YAML_SEQUENCE_START_EVENT:
        return check_plain(r, event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
    case YAML_ALIAS_EVENT:
        return refuse(r, event->start_mark.line, "an alias (*)", "write the value out instead");
    default:
        return IL_OK;
    }
}

static il_status parse_children(yaml_reader *r, ili_yaml_node *parent, int depth);

/** Make the node that begins with `event`; it takes over `key`. */
static il_status parse_node(yaml_reader *r, const yaml_event_t *event, char *key, int depth,
                            ili_yaml_node **out) {
    ili_yaml_node *node = ili_alloc(1, sizeof *node);
    if (!node) {
        ili_free(key);
        return ili_no_memory(r->ctx, r->file);
    }
    *out = node;
    node->key = key;
    node->file = r->file;
    node->line = (int)event->start_mark.line + 1;
    IL_TRY(check_event(r, event));
    if (event->type == YAML_SCALAR_EVENT) {
        const char *text = (const char *)event->data.scalar.value;
        if (strlen(text) != event->data.scalar.length)
            return refuse(r, event->start_mark.line, "a NUL character", "remove it");
        node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        bool is_null = node->is_plain && (strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
        node->text = ili_strdup(is_null ? "" : text);
        return node->text ? IL_OK : ili_no_memory(r->ctx, r->file);
    }
    node->kind = event->type == YAML_MAPPING_START_EVENT ? ILI_YAML_MAP : ILI_YAML_LIST;
    if (depth >= ILI_YAML_DEPTH_MAX)
        return ili_yaml_fail(r->ctx, node, "nested deeper than %d levels, the most that is read",
                             ILI_YAML_DEPTH_MAX);
    return parse_children(r, node, depth + 1);
}

static il_status take_key(yaml_reader *r, const ili_yaml_node *map, const yaml_event_t *event, char **key) {
    IL_TRY(check_event(r, event));
    size_t line = event->start_mark.line;
    if (event->type != YAML_SCALAR_EVENT)
        return refuse(r, line, "a key that is no plain word", "expected 'key: value'");
    const char *text = (const char *)event->data.scalar.value;
    if (!*text) return refuse(r, line, "an empty key", "expected 'key: value'");
    if (strcmp(text, "<<") == 0) return refuse(r, line, "a merge key (<<)", "write the values out instead");
    for (const ili_yaml_node *c = map->child; c; c = c->next)
        if (strcmp(c->key, text) == 0)
            return ili_fail(r->ctx, IL_E_INPUT,
                            "%s:%zu: the key '%s' is given twice (first on line %d); keep one", r->file,
                            line + 1, text, c->line);
    if (map->n >= ILI_YAML_KEYS_MAX)
        return ili_yaml_fail(r->ctx, map, "the map has more than %d keys, the most that is read",
                             ILI_YAML_KEYS_MAX);
    *key = ili_strdup(text);
    return *key ? IL_OK : ili_no_memory(r->ctx, r->file);
}

static il_status parse_children(yaml_reader *r, ili_yaml_node *parent, int depth) {
    ili_yaml_node **tail = &parent->child;
    bool is_map = parent->kind == ILI_YAML_MAP;
    for (;;) {
        yaml_event_t event;
        IL_TRY(next_event(r, &event));
        il_status status = IL_OK;
        bool is_end = event.type == (is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT);
        char *key = NULL;
        if (!is_end && is_map) {
            status = take_key(r, parent, &event, &key);
            yaml_event_delete(&event);
            if (status != IL_OK) return status;
            status = next_event(r, &event);
            if (status != IL_OK) {
                ili_free(key);
                return status;
            }
        }
        if (!is_end) {
            status = parse_node(r, &event, key, depth, tail);
            if (*tail) {
                tail = &(*tail)->next;
                parent->n++;
            }
        }
        yaml_event_delete(&event);
        if (is_end || status != IL_OK) return status;
    }
}

/** Reads stream and document starts up to the first node, then refuses anything after its document. */
static il_status parse_stream(yaml_reader *r, ili_yaml_node **root) {
    for (bool is_done = false; !is_done;) {
        yaml_event_t event;
        IL_TRY(next_event(r, &event));
        il_status status = IL_OK;
        switch (event.type) {
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
            break;
        case YAML_DOCUMENT_START_EVENT:
            if (*root)
                status = refuse(r, event.start_mark.line, "a second document (---)", "expected one per file");
            break;
        case YAML_STREAM_END_EVENT:
            is_done = true;
            break;
        default:
            status = parse_node(r, &event, NULL, 0, root);
        }
        yaml_event_delete(&event);
        IL_TRY(status);
    }
    return *root ? IL_OK
                 : ili_fail(r->ctx, IL_E_INPUT, "%s:1: found nothing, expected 'key: value' lines", r->file);
}

il_status ili_yaml_parse(il_context *ctx, const char *text, size_t length, const char *name,
                         ili_yaml_node **root) {
    yaml_reader r = {.ctx = ctx, .file = ili_strdup(name)};
    ili_yaml_node *tree = NULL;
    *root = NULL;
    if (!r.file) return ili_no_memory(ctx, name);
    if (!yaml_parser_initialize(&r.parser)) {
        ili_free((void *)r.file);
        return ili_no_memory(ctx, name);
    }
    const size_t mark =
        length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* libyaml counts it as a column */
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text + mark, length - mark);
    il_status status = parse_stream(&r, &tree);
    yaml_parser_delete(&r.parser);
    if (status != IL_OK) {
        destroy_node(tree);
        ili_free((void *)r.file);
        return status;
    }
    *root = tree;
    return IL_OK;
}

il_status ili_yaml_read(il_context *ctx, const char *path, ili_yaml_node **root) {
    char *text = NULL;
    size_t length = 0;
    *root = NULL;
    IL_TRY(ili_read_file(ctx, path, ILI_YAML_BYTES_MAX, &text, &length));
    il_status status = ili_yaml_parse(ctx, text, length, path, root);
    ili_free(text);
    return status;
}

/* Getters. */

const ili_yaml_node *ili_yaml_get(const ili_yaml_node *map, const char *key) {
    if (map->kind != ILI_YAML_MAP) return NULL;
    for (const ili_yaml_node *c = map->child; c; c = c->next)
        if (strcmp(c->key, key) == 0) return c;
    return NULL;
}

/** "key 'x': " or nothing, for messages. */
static const char *label_of(const ili_yaml_node *node, char label[80]) {
    label[0] = 0;
    if (node->key) snprintf(label, 80, "%.60s: ", node->key);
    return label;
}

/** What a node holds, short enough for a message. */
static const char *found_in(const ili_yaml_node *node, char found[80]) {
    if (node->kind != ILI_YAML_SCALAR)
        snprintf(found, 80, "%s", kind_text[node->kind]);
    else if (!*node->text)
        snprintf(found, 80, "nothing");
    else
        snprintf(found, 80, "'%.60s'", node->text);
    return found;
}

il_status ili_yaml_want(il_context *ctx, const ili_yaml_node *node, ili_yaml_kind kind) {
    char label[80], found[80];
    if (node->kind == kind) return IL_OK;
    return ili_yaml_fail(ctx, node, "%sfound %s, expected %s", label_of(node, label), found_in(node, found),
                         kind_text[kind]);
}

il_status ili_yaml_need(il_context *ctx, const ili_yaml_node *map, const char *key, ili_yaml_kind kind,
                        const ili_yaml_node **value) {
    char label[80];
    IL_TRY(ili_yaml_want(ctx, map, ILI_YAML_MAP));
    *value = ili_yaml_get(map, key);
    if (!*value)
        return ili_yaml_fail(ctx, map, "%sthe key '%s' is missing; add it", label_of(map, label), key);
    return ili_yaml_want(ctx, *value, kind);
}

il_status ili_yaml_check_keys(il_context *ctx, const ili_yaml_node *map, const char *const *names) {
    IL_TRY(ili_yaml_want(ctx, map, ILI_YAML_MAP));
    for (const ili_yaml_node *c = map->child; c; c = c->next) {
        bool is_known = false;
        for (int k = 0; names[k] && !is_known; k++) is_known = strcmp(names[k], c->key) == 0;
        if (is_known) continue;
        const char *nearest = ili_nearest_name(c->key, names);
        if (nearest) return ili_yaml_fail(ctx, c, "unknown key '%.60s', did you mean '%s'?", c->key, nearest);
        char known[1024] = "";
        for (int k = 0; names[k]; k++) {
            size_t used = strlen(known);
            snprintf(known + used, sizeof known - used, "%s%s", k ? ", " : "", names[k]);
        }
        return ili_yaml_fail(ctx, c, "unknown key '%.60s', expected one of: %s", c->key, known);
    }
    return IL_OK;
}

il_status ili_yaml_real(il_context *ctx, const ili_yaml_node *node, double low, double high, double *value) {
    char label[80], found[80];
    double v;
    if (node->kind != ILI_YAML_SCALAR || !node->is_plain || !ili_parse_real(node->text, &v))
        return ili_yaml_fail(ctx, node, "%sfound %s, expected a number", label_of(node, label),
                             found_in(node, found));
    if (v < low || v > high)
        return ili_yaml_fail(ctx, node, "%sfound %s, expected a number from %g to %g", label_of(node, label),
                             node->text, low, high);
    *value = v;
    return IL_OK;
}

il_status ili_yaml_int(il_context *ctx, const ili_yaml_node *node, long low, long high, long *value) {
    char label[80], found[80];
    if (node->kind != ILI_YAML_SCALAR || !node->is_plain || !ili_parse_int(node->text, low, high, value))
        return ili_yaml_fail(ctx, node, "%sfound %s, expected a whole number from %ld to %ld",
                             label_of(node, label), found_in(node, found), low, high);
    return IL_OK;
}

il_status ili_yaml_bool(il_context *ctx, const ili_yaml_node *node, bool *value) {
    static const char *const names[] = {"no", "yes", "false", "true", NULL};
    int index;
    IL_TRY(ili_yaml_choice(ctx, node, names, &index));
    *value = index % 2 == 1;
    return IL_OK;
}

il_status ili_yaml_text(il_context *ctx, const ili_yaml_node *node, char *text, size_t size) {
    char label[80];
    IL_TRY(ili_yaml_want(ctx, node, ILI_YAML_SCALAR));
    size_t length = strlen(node->text);
    if (length == 0)
        return ili_yaml_fail(ctx, node, "%sfound nothing, expected a text", label_of(node, label));
    if (length >= size)
        return ili_yaml_fail(ctx, node, "%sthe text has %zu bytes, expected at most %zu; shorten it",
                             label_of(node, label), length, size - 1);
    memcpy(text, node->text, length + 1);
    return IL_OK;
}

il_status ili_yaml_reals(il_context *ctx, const ili_yaml_node *node, int low_n, int high_n, double *values,
                         int *n) {
    char label[80];
    IL_TRY(ili_yaml_want(ctx, node, ILI_YAML_LIST));
    if (node->n < low_n || node->n > high_n)
        return ili_yaml_fail(ctx, node, "%sfound a list of %d, expected %d to %d numbers",
                             label_of(node, label), node->n, low_n, high_n);
    int k = 0;
    for (const ili_yaml_node *c = node->child; c; c = c->next)
        IL_TRY(ili_yaml_real(ctx, c, -INFINITY, INFINITY, &values[k++]));
    if (n) *n = k;
    return IL_OK;
}

il_status ili_yaml_choice(il_context *ctx, const ili_yaml_node *node, const char *const *names, int *index) {
    char label[80], found[80], known[512] = "";
    for (int k = 0; names[k]; k++) {
        if (node->kind == ILI_YAML_SCALAR && strcmp(node->text, names[k]) == 0) {
            *index = k;
            return IL_OK;
        }
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", k ? ", " : "", names[k]);
    }
    return ili_yaml_fail(ctx, node, "%sfound %s, expected one of: %s", label_of(node, label),
                         found_in(node, found), known);
}
