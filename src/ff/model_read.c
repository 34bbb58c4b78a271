/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Reading a model file: header, settings, includes, species, groups. The format: docs/formats.md. */
#include "ff/model_build.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "ff/redox.h"
#include "system/element.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static il_status read_model(il_context *ctx, const char *path, int depth, il_model **out);

/* Header and settings. */

static il_status read_header(ili_model_builder *b) {
    static const char *const keys[] = {
        "name",  "title",   "date",     "citation",   "doi",     "status",  "provisional_note",
        "units", "include", "defaults", "coulomb",    "special", "species", "groups",
        "terms", "none",    "eam",      "eam_donors", NULL};
    static const char *const states[] = {"published", "provisional", NULL};
    il_model *model = b->model;
    const struct {
        const char *key;
        char *text;
        size_t size;
        bool is_optional;
    } rows[] = {{"name", model->name, sizeof model->name, false},
                {"title", model->title, sizeof model->title, false},
                {"date", model->date, sizeof model->date, false},
                {"citation", model->citation, sizeof model->citation, false},
                {"doi", model->doi, sizeof model->doi, true}};
    int state;
    const ili_yaml_node *node;
    IL_TRY(ili_yaml_check_keys(b->ctx, b->root, keys));
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        if (rows[k].is_optional && !ili_yaml_get(b->root, rows[k].key)) continue;
        IL_TRY(ili_yaml_need(b->ctx, b->root, rows[k].key, ILI_YAML_SCALAR, &node));
        IL_TRY(ili_yaml_text(b->ctx, node, rows[k].text, rows[k].size));
    }
    IL_TRY(ili_yaml_need(b->ctx, b->root, "status", ILI_YAML_SCALAR, &node));
    IL_TRY(ili_yaml_choice(b->ctx, node, states, &state));
    model->provisional = state == 1;
    if (model->provisional) {
        IL_TRY(ili_yaml_need(b->ctx, b->root, "provisional_note", ILI_YAML_SCALAR, &node));
        IL_TRY(ili_yaml_text(b->ctx, node, model->provisional_note, sizeof model->provisional_note));
    } else if ((node = ili_yaml_get(b->root, "provisional_note"))) {
        return ili_yaml_fail(b->ctx, node,
                             "a provisional_note in a model whose status is published; remove one");
    }
    IL_TRY(ili_yaml_need(b->ctx, b->root, "units", ILI_YAML_MAP, &node));
    const ili_yaml_node *part;
    IL_TRY(ili_yaml_need(b->ctx, node, "length", ILI_YAML_SCALAR, &part));
    IL_TRY(ili_yaml_need(b->ctx, node, "energy", ILI_YAML_SCALAR, &part));
    return ili_model_read_units(b->ctx, node, &b->units);
}

/** Numbers that may stand in a map, each with bounds in the file's unit. */
typedef struct setting {
    const char *key;
    double *value, low, high, factor;
} setting;

static il_status read_settings(ili_model_builder *b, const ili_yaml_node *map, const setting *rows, int n) {
    for (int k = 0; k < n; k++) {
        const ili_yaml_node *node = ili_yaml_get(map, rows[k].key);
        if (!node) continue;
        IL_TRY(ili_yaml_real(b->ctx, node, rows[k].low / rows[k].factor, rows[k].high / rows[k].factor,
                             rows[k].value));
        *rows[k].value *= rows[k].factor;
    }
    return IL_OK;
}

static il_status read_defaults(ili_model_builder *b) {
    static const char *const keys[] = {"short_cutoff", "coulomb_cutoff", "coulomb_accuracy",
                                       "truncation",   "taper",          NULL};
    static const char *const special_keys[] = {"scale14_lj", "scale14_coulomb", NULL};
    static const char *const truncations[] = {"shift", "none", "taper", NULL};
    il_model *model = b->model;
    const ili_yaml_node *defaults = ili_yaml_get(b->root, "defaults"),
                        *special = ili_yaml_get(b->root, "special");
    const ili_yaml_node *node;
    int k;
    if (defaults) {
        const setting rows[] = {{"short_cutoff", &model->short_cutoff, 0.5, 100.0, b->units.length},
                                {"coulomb_cutoff", &model->coulomb_cutoff, 1.0, 100.0, b->units.length},
                                {"coulomb_accuracy", &model->accuracy, 1e-12, 1e-1, 1.0},
                                {"taper", &b->taper, 0.01, 100.0, b->units.length}};
        IL_TRY(ili_yaml_check_keys(b->ctx, defaults, keys));
        IL_TRY(read_settings(b, defaults, rows, (int)(sizeof rows / sizeof *rows)));
        if ((node = ili_yaml_get(defaults, "truncation"))) {
            IL_TRY(ili_yaml_choice(b->ctx, node, truncations, &k));
            b->truncation = (ili_truncation)k;
        }
    }
    if (special) {
        const setting rows[] = {{"scale14_lj", &model->scale14_lj, 0.0, 1.0, 1.0},
                                {"scale14_coulomb", &model->scale14_coulomb, 0.0, 1.0, 1.0}};
        IL_TRY(ili_yaml_check_keys(b->ctx, special, special_keys));
        for (k = 0; special_keys[k]; k++)
            IL_TRY(ili_yaml_need(b->ctx, special, special_keys[k], ILI_YAML_SCALAR, &node));
        IL_TRY(read_settings(b, special, rows, 2));
    }
    node = ili_yaml_get(b->root, "coulomb");
    return node ? ili_yaml_bool(b->ctx, node, &model->has_coulomb) : IL_OK;
}

/* Includes. */

/** A sibling of the including file first, then wherever models are found. */
static il_status include_path(ili_model_builder *b, const ili_yaml_node *node, char *path, size_t size) {
    char name[256];
    const char *slash = strrchr(b->root->file, '/');
    int folder = slash ? (int)(slash - b->root->file) + 1 : 0;
    IL_TRY(ili_yaml_text(b->ctx, node, name, sizeof name));
    bool is_path = strchr(name, '/') || strstr(name, ".yaml");
    if (name[0] == '/') folder = 0;
    snprintf(path, size, "%.*s%s%s", folder, b->root->file, name, is_path ? "" : ".yaml");
    if (access(path, R_OK) == 0) return IL_OK;
    if (!is_path && ili_model_path(b->ctx, name, path, size) == IL_OK) return IL_OK;
    return ili_yaml_fail(b->ctx, node, "the included model '%s' is not found", name);
}

il_status ili_model_add_file(ili_model_builder *b, const char *path, const char *name, int from) {
    il_model *m = b->model;
    if (!ILI_GROW(m->files, (size_t)m->n_files + 1, m->cap_files))
        return ili_no_memory(b->ctx, "the files of a model");
    ili_model_file *file = &m->files[m->n_files++];
    snprintf(file->path, sizeof file->path, "%s", path);
    snprintf(file->name, sizeof file->name, "%s", name);
    file->from = from;
    return IL_OK;
}

/** Files of an included model behind those that are there; `name`: as this file spells it. */
static il_status add_files_of(ili_model_builder *b, const il_model *from, const char *name) {
    const int first = b->model->n_files;
    char spelt[sizeof from->files->name];
    const bool is_path = strchr(name, '/') || strstr(name, ".yaml");
    snprintf(spelt, sizeof spelt, "%s%s", name, is_path ? "" : ".yaml");
    for (int k = 0; k < from->n_files; k++) {
        const ili_model_file *file = &from->files[k];
        IL_TRY(ili_model_add_file(b, file->path, k ? file->name : spelt, k ? first + file->from : 0));
    }
    return IL_OK;
}

/** An item is NAME, or {model: NAME, species: [..]}. */
static il_status read_include(ili_model_builder *b, const ili_yaml_node *item, int depth) {
    static const char *const keys[] = {"model", "species", NULL};
    const ili_yaml_node *name = item, *only = NULL;
    char path[1024];
    if (item->kind == ILI_YAML_MAP) {
        IL_TRY(ili_yaml_check_keys(b->ctx, item, keys));
        IL_TRY(ili_yaml_need(b->ctx, item, "model", ILI_YAML_SCALAR, &name));
        IL_TRY(ili_yaml_need(b->ctx, item, "species", ILI_YAML_LIST, &only));
    }
    IL_TRY(include_path(b, name, path, sizeof path));
    if (depth >= ILI_INCLUDE_DEPTH_MAX)
        return ili_yaml_fail(b->ctx, name, "includes are nested deeper than %d; does '%s' include itself?",
                             ILI_INCLUDE_DEPTH_MAX, name->text);
    il_model *from = NULL;
    IL_TRY(read_model(b->ctx, path, depth + 1, &from));
    ili_model_mix_hash(b->model, from->hash);
    il_status status = ili_model_merge(b, item, from, only);
    if (status == IL_OK) status = add_files_of(b, from, name->text);
    il_model_destroy(&from);
    return status;
}

static il_status read_includes(ili_model_builder *b, int depth) {
    const ili_yaml_node *list = ili_yaml_get(b->root, "include");
    if (!list) return IL_OK;
    IL_TRY(ili_yaml_want(b->ctx, list, ILI_YAML_LIST));
    for (const ili_yaml_node *item = list->child; item; item = item->next)
        IL_TRY(read_include(b, item, depth));
    return IL_OK;
}

/* Species and groups. */

static il_status check_name(ili_model_builder *b, const ili_yaml_node *node) {
    size_t n = strlen(node->key);
    for (size_t k = 0; k < n; k++)
        if (!isalnum((unsigned char)node->key[k]) && !strchr("_+*'", node->key[k]))
            return ili_yaml_fail(b->ctx, node,
                                 "the name '%.40s' has a '%c', expected letters, digits, _ + * '", node->key,
                                 node->key[k]);
    if (n >= ILI_NAME_MAX)
        return ili_yaml_fail(b->ctx, node, "the name '%.40s' is longer than %d letters", node->key,
                             ILI_NAME_MAX - 1);
    return IL_OK;
}

static il_status read_bonded_rule(ili_model_builder *b, const ili_yaml_node *list, ili_model_species *s) {
    IL_TRY(ili_yaml_want(b->ctx, list, ILI_YAML_LIST));
    if (list->n > ILI_BONDED_MAX)
        return ili_yaml_fail(b->ctx, list, "bonded: %d neighbours, expected at most %d", list->n,
                             ILI_BONDED_MAX);
    s->n_bonded = 0;
    for (const ili_yaml_node *c = list->child; c; c = c->next)
        IL_TRY(ili_yaml_text(b->ctx, c, s->bonded[s->n_bonded++], ILI_NAME_MAX));
    return IL_OK;
}

/** redox: {of: NAME, electrons: K}; whether NAME is there and the rungs fit is seen when all species are known. */
static il_status read_redox(ili_model_builder *b, const ili_yaml_node *map, ili_model_species *s) {
    static const char *const keys[] = {"of", "electrons", NULL};
    const ili_yaml_node *of, *electrons;
    long n;
    IL_TRY(ili_yaml_check_keys(b->ctx, map, keys));
    IL_TRY(ili_yaml_need(b->ctx, map, "of", ILI_YAML_SCALAR, &of));
    IL_TRY(ili_yaml_text(b->ctx, of, s->redox_of, sizeof s->redox_of));
    IL_TRY(ili_yaml_need(b->ctx, map, "electrons", ILI_YAML_SCALAR, &electrons));
    IL_TRY(ili_yaml_int(b->ctx, electrons, 1, ILI_RUNGS_MAX - 1, &n));
    s->electrons = (int)n;
    return IL_OK;
}

static il_status read_one_species(ili_model_builder *b, const ili_yaml_node *row) {
    static const char *const keys[] = {"element", "mass",   "charge", "phase", "ion",
                                       "bonded",  "onsite", "redox",  NULL};
    ili_model_species s = {.n_bonded = -1};
    const ili_yaml_node *element, *mass = ili_yaml_get(row, "mass"), *charge = ili_yaml_get(row, "charge");
    const ili_yaml_node *phase, *ion = ili_yaml_get(row, "ion"), *bonded = ili_yaml_get(row, "bonded");
    const ili_yaml_node *onsite = ili_yaml_get(row, "onsite"), *redox = ili_yaml_get(row, "redox");
    int32_t index;
    IL_TRY(check_name(b, row));
    IL_TRY(ili_yaml_check_keys(b->ctx, row, keys));
    memcpy(s.base.name, row->key, strlen(row->key) + 1);
    IL_TRY(ili_yaml_need(b->ctx, row, "element", ILI_YAML_SCALAR, &element));
    s.base.z = ili_element_z(element->text);
    if (!s.base.z) return ili_yaml_fail(b->ctx, element, "'%.40s' is no symbol of an element", element->text);
    s.mass = ili_element_of(s.base.z)->mass;
    if (mass) IL_TRY(ili_yaml_real(b->ctx, mass, 1e-3, 1e3, &s.mass));
    if (charge) IL_TRY(ili_yaml_real(b->ctx, charge, -10.0, 10.0, &s.base.charge));
    if (b->model->has_coulomb && !charge)
        return ili_yaml_fail(b->ctx, row, "the species '%s' has no charge in a model with coulomb: yes",
                             row->key);
    if (!b->model->has_coulomb && s.base.charge != 0.0)
        return ili_yaml_fail(b->ctx, charge,
                             "the species '%s' has a charge, but the model does not say coulomb: yes",
                             row->key);
    IL_TRY(ili_yaml_need(b->ctx, row, "phase", ILI_YAML_SCALAR, &phase));
    IL_TRY(ili_yaml_text(b->ctx, phase, s.phase, sizeof s.phase));
    if (ion) IL_TRY(ili_yaml_bool(b->ctx, ion, &s.is_ion));
    if (bonded) IL_TRY(read_bonded_rule(b, bonded, &s));
    if (onsite) IL_TRY(ili_yaml_real(b->ctx, onsite, -1e6, 1e6, &s.onsite));
    s.onsite *= b->units.energy;
    if (redox) IL_TRY(read_redox(b, redox, &s));
    if (ili_model_species_index(b->model, row->key) >= 0)
        return ili_yaml_fail(b->ctx, row, "the species '%s' comes from an included model already", row->key);
    return ili_model_add_species(b, row, &s, &index);
}

static il_status read_species(ili_model_builder *b) {
    const ili_yaml_node *map = ili_yaml_get(b->root, "species");
    if (!map && b->model->n_species == 0)
        return ili_yaml_fail(b->ctx, b->root, "the key 'species' is missing; add it");
    if (!map) return IL_OK;
    IL_TRY(ili_yaml_want(b->ctx, map, ILI_YAML_MAP));
    for (const ili_yaml_node *row = map->child; row; row = row->next) IL_TRY(read_one_species(b, row));
    return b->model->n_species
               ? IL_OK
               : ili_yaml_fail(b->ctx, map, "found no species, expected 'NAME: {element: ..}'");
}

static il_status read_group(ili_model_builder *b, const ili_yaml_node *row) {
    ili_model_group members, *group = &b->groups[b->n_groups];
    IL_TRY(check_name(b, row));
    IL_TRY(ili_yaml_want(b->ctx, row, ILI_YAML_LIST));
    if (ili_model_species_index(b->model, row->key) >= 0)
        return ili_yaml_fail(b->ctx, row, "'%s' is a species; give the group another name", row->key);
    if (b->n_groups >= ILI_MODEL_GROUPS_MAX)
        return ili_yaml_fail(b->ctx, row, "more than %d groups, the most that a model may have",
                             ILI_MODEL_GROUPS_MAX);
    memcpy(group->name, row->key, strlen(row->key) + 1);
    for (const ili_yaml_node *c = row->child; c; c = c->next) {
        IL_TRY(ili_yaml_want(b->ctx, c, ILI_YAML_SCALAR));
        IL_TRY(ili_model_word(b, c, c->text, &members));
        for (int32_t k = 0; k < members.n; k++) {
            bool is_new = true;
            for (int32_t i = 0; i < group->n; i++) is_new = is_new && group->member[i] != members.member[k];
            if (is_new) group->member[group->n++] = members.member[k];
        }
    }
    if (group->n == 0) return ili_yaml_fail(b->ctx, row, "the group '%s' is empty", row->key);
    b->n_groups++;
    return IL_OK;
}

static il_status read_groups(ili_model_builder *b) {
    const ili_yaml_node *map = ili_yaml_get(b->root, "groups");
    if (!map) return IL_OK;
    IL_TRY(ili_yaml_want(b->ctx, map, ILI_YAML_MAP));
    for (const ili_yaml_node *row = map->child; row; row = row->next) IL_TRY(read_group(b, row));
    return IL_OK;
}

/* The whole. */

static il_status build_model(ili_model_builder *b, int depth) {
    const ili_yaml_node *terms = ili_yaml_get(b->root, "terms"), *none = ili_yaml_get(b->root, "none");
    const ili_yaml_node *eam = ili_yaml_get(b->root, "eam"), *donors = ili_yaml_get(b->root, "eam_donors");
    IL_TRY(read_header(b));
    IL_TRY(read_defaults(b));
    IL_TRY(read_includes(b, depth));
    IL_TRY(read_species(b));
    IL_TRY(read_groups(b));
    if (eam) IL_TRY(ili_model_read_eam(b, eam));
    if (donors) IL_TRY(ili_model_read_donors(b, donors));
    if (terms) IL_TRY(ili_model_read_terms(b, terms));
    if (none) IL_TRY(ili_model_read_none(b, none));
    return ili_model_complete(b);
}

static il_status read_model(il_context *ctx, const char *path, int depth, il_model **out) {
    il_model *model = NULL;
    ili_yaml_node *root = NULL;
    ili_model_builder b = {.ctx = ctx, .taper = 1.0};
    il_status status = IL_OK;
    *out = NULL;
    model = ili_alloc(1, sizeof *model);
    b.groups = ili_alloc(ILI_MODEL_GROUPS_MAX, sizeof *b.groups);
    if (!model || !b.groups) IL_GO(ili_no_memory(ctx, "a model"));
    model->short_cutoff = model->coulomb_cutoff = model->accuracy = NAN;
    model->scale14_lj = model->scale14_coulomb = NAN;
    snprintf(model->path, sizeof model->path, "%s", path);
    IL_GO(ili_yaml_read(ctx, path, &root));
    IL_GO(ili_file_hash(ctx, path, model->hash));
    b.model = model;
    b.root = root;
    IL_GO(ili_model_add_file(&b, path, path, -1));
    IL_GO(build_model(&b, depth));
    *out = model;
    model = NULL;
out:
    ili_yaml_destroy(&root);
    il_model_destroy(&model);
    ili_free(b.groups);
    ili_free(b.none);
    return status;
}

il_status il_model_read(il_context *ctx, const char *name, il_model **out) {
    char path[1024];
    *out = NULL;
    IL_TRY(ili_model_path(ctx, name, path, sizeof path));
    return read_model(ctx, path, 0, out);
}
