/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Internal to reading models: a model under construction. model_read.c fills it from a file, model_terms.c reads
 *  the terms, model_merge.c takes over included models and completes the pair matrix, redox.c checks the ladders. */
#ifndef ILI_FF_MODEL_BUILD_H
#define ILI_FF_MODEL_BUILD_H

#include "ff/model.h"
#include "io/yaml.h"

enum {
    ILI_MODEL_SPECIES_MAX = 96,
    ILI_MODEL_GROUPS_MAX = 48,
    ILI_MODEL_ENTRIES_MAX = 4096,
    ILI_INCLUDE_DEPTH_MAX = 6
};

/** A name that stands for several species, in this file only. */
typedef struct ili_model_group {
    char name[ILI_NAME_MAX];
    int32_t n, member[ILI_MODEL_SPECIES_MAX];
} ili_model_group;

typedef struct ili_none_pair {
    int32_t a, b; /**< a <= b */
    int line;     /**< 0: from an included file */
    char reason[256];
} ili_none_pair;

/** Factors from the units of a file or term to eV and angstrom. */
typedef struct ili_model_units {
    double length, energy;
} ili_model_units;

typedef struct ili_model_builder {
    il_context *ctx;
    il_model *model;
    const ili_yaml_node *root;
    ili_model_units units;
    ili_truncation truncation; /**< of terms that state none */
    double taper;
    int n_groups;
    ili_model_group *groups;
    size_t n_none, cap_none;
    ili_none_pair *none;
} ili_model_builder;

/** Species meant by a word: a species, a group, or the phase of species; members [ILI_MODEL_SPECIES_MAX]. */
il_status ili_model_word(ili_model_builder *b, const ili_yaml_node *node, const char *word,
                         ili_model_group *members);
/** Read "units: {length, energy}" over what `units` holds already. */
il_status ili_model_read_units(il_context *ctx, const ili_yaml_node *node, ili_model_units *units);
/** Read "terms", "none", "eam" and "eam_donors". */
il_status ili_model_read_terms(ili_model_builder *b, const ili_yaml_node *list);
il_status ili_model_read_none(ili_model_builder *b, const ili_yaml_node *map);
il_status ili_model_read_eam(ili_model_builder *b, const ili_yaml_node *map);
il_status ili_model_read_donors(ili_model_builder *b, const ili_yaml_node *map);

/** Append a species; an equal one that exists is taken, a different one of that name is refused. */
il_status ili_model_add_species(ili_model_builder *b, const ili_yaml_node *node,
                                const ili_model_species *species, int32_t *index);
/** Append an entry, its species put in canonical order. The same form twice for a pair, or two bonded entries for one
 *  tuple, is refused; the same line of the same file met again (two ways of including it) is skipped. */
il_status ili_model_add_entry(ili_model_builder *b, const ili_yaml_node *node, ili_model_entry entry);
il_status ili_model_add_term(ili_model_builder *b, const char *model_name, const char *source,
                             int32_t *index);
/** Remember that a pair has no short-range term; the first reason stays. */
il_status ili_model_add_none(ili_model_builder *b, int32_t a, int32_t c, int line, const char *reason);
/** Take over everything of an included model, or only the species named in `only` (NULL: all) and what lies between
 *  them. `from` loses its embedded-atom functions. */
il_status ili_model_merge(ili_model_builder *b, const ili_yaml_node *node, il_model *from,
                          const ili_yaml_node *only);
/** Make the model's hash depend on another file's. */
void ili_model_mix_hash(il_model *model, const char *hash);
/** Keep that the model was read from this file too; `name`: as file number `from` spells it. */
il_status ili_model_add_file(ili_model_builder *b, const char *path, const char *name, int from);
/** Check the ladders of species that differ in electrons (ff/redox.h). */
il_status ili_model_check_ladders(ili_model_builder *b);
/** Fill defaults, check the ladders and the pair matrix, and store the reasons. */
il_status ili_model_complete(ili_model_builder *b);

#endif
