/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Putting a model together: adding with conflict checks, taking over included models, completing the pair matrix. */
#include "ff/model_build.h"

#include "base/alloc.h"
#include "ff/eam.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int n_species_of[] = {[ILI_PAIR] = 2, [ILI_BOND] = 2, [ILI_ANGLE] = 3, [ILI_TORSION] = 4};

/** "A-B-C" of an entry, for messages. */
static const char *tuple_text(const il_model *model, const ili_model_entry *e, char text[80]) {
    text[0] = 0;
    for (int k = 0; k < n_species_of[e->form->kind]; k++) {
        size_t used = strlen(text);
        snprintf(text + used, 80 - used, "%s%s", k ? "-" : "", model->species[e->species[k]].base.name);
    }
    return text;
}

static bool same_species(const ili_model_species *a, const ili_model_species *b) {
    if (a->base.z != b->base.z || a->is_ion != b->is_ion || a->base.charge != b->base.charge ||
        a->mass != b->mass || a->onsite != b->onsite || a->electrons != b->electrons)
        return false;
    if (strcmp(a->redox_of, b->redox_of) != 0) return false;
    if (strcmp(a->phase, b->phase) != 0 || a->n_bonded != b->n_bonded) return false;
    for (int k = 0; k < a->n_bonded; k++)
        if (strcmp(a->bonded[k], b->bonded[k]) != 0) return false;
    return true;
}

il_status ili_model_add_species(ili_model_builder *b, const ili_yaml_node *node,
                                const ili_model_species *species, int32_t *index) {
    il_model *model = b->model;
    int32_t known = ili_model_species_index(model, species->base.name);
    if (known >= 0 && !same_species(&model->species[known], species))
        return ili_yaml_fail(b->ctx, node,
                             "the species '%s' comes with two different definitions; rename one",
                             species->base.name);
    if (known < 0) {
        if (model->n_species >= ILI_MODEL_SPECIES_MAX)
            return ili_yaml_fail(b->ctx, node, "more than %d species, the most that a model may have",
                                 ILI_MODEL_SPECIES_MAX);
        if (!ILI_GROW(model->species, (size_t)model->n_species + 1, model->cap_species))
            return ili_no_memory(b->ctx, "the species of a model");
        known = model->n_species++;
        model->species[known] = *species;
    }
    *index = known;
    return IL_OK;
}

/** A tuple read backwards is the same interaction: keep the order whose first differing end is smaller. */
static void order_tuple(ili_model_entry *e) {
    int n = n_species_of[e->form->kind];
    int32_t *s = e->species;
    for (int k = 0; k < n / 2; k++) {
        if (s[k] == s[n - 1 - k]) continue;
        if (s[k] < s[n - 1 - k]) return;
        for (int i = 0; i < n / 2; i++) {
            int32_t t = s[i];
            s[i] = s[n - 1 - i];
            s[n - 1 - i] = t;
        }
        return;
    }
}

static bool same_number(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

static bool same_entry(const ili_model_entry *a, const ili_model_entry *b) {
    for (int k = 0; k < ILI_PARAM_MAX; k++)
        if (!same_number(a->p[k], b->p[k])) return false;
    return a->form == b->form && same_number(a->cutoff, b->cutoff) && a->truncation == b->truncation &&
           same_number(a->taper, b->taper) && a->range[0] == b->range[0] && a->range[1] == b->range[1];
}

il_status ili_model_add_entry(ili_model_builder *b, const ili_yaml_node *node, ili_model_entry entry) {
    il_model *model = b->model;
    char text[80];
    order_tuple(&entry);
    int n = n_species_of[entry.form->kind];
    for (int32_t k = 0; k < model->n_entries; k++) {
        const ili_model_entry *e = &model->entries[k];
        if (e->form->kind != entry.form->kind) continue;
        if (entry.form->kind == ILI_PAIR && e->form != entry.form) continue;
        if (memcmp(e->species, entry.species, (size_t)n * sizeof *e->species) != 0) continue;
        bool is_repeat = same_entry(e, &entry) && e->term == entry.term && e->line == entry.line;
        if (is_repeat) return IL_OK;
        return ili_yaml_fail(
            b->ctx, node, "%s is given twice with the form %s (first in %s, line %d); keep one",
            tuple_text(model, &entry, text), e->form->name, model->terms[e->term].model, e->line);
    }
    if (model->n_entries >= ILI_MODEL_ENTRIES_MAX)
        return ili_yaml_fail(b->ctx, node, "more than %d interactions, the most that a model may have",
                             ILI_MODEL_ENTRIES_MAX);
    if (!ILI_GROW(model->entries, (size_t)model->n_entries + 1, model->cap_entries))
        return ili_no_memory(b->ctx, "the interactions of a model");
    model->entries[model->n_entries++] = entry;
    return IL_OK;
}

il_status ili_model_add_term(ili_model_builder *b, const char *model_name, const char *source,
                             int32_t *index) {
    il_model *model = b->model;
    for (int32_t k = 0; k < model->n_terms; k++)
        if (strcmp(model->terms[k].model, model_name) == 0 && strcmp(model->terms[k].source, source) == 0 &&
            strcmp(model_name, model->name) != 0) {
            *index = k; /* of a model that is included twice */
            return IL_OK;
        }
    if (!ILI_GROW(model->terms, (size_t)model->n_terms + 1, model->cap_terms))
        return ili_no_memory(b->ctx, "the terms of a model");
    ili_model_term *term = &model->terms[model->n_terms];
    snprintf(term->model, sizeof term->model, "%s", model_name);
    snprintf(term->source, sizeof term->source, "%s", source);
    *index = model->n_terms++;
    return IL_OK;
}

il_status ili_model_add_none(ili_model_builder *b, int32_t a, int32_t c, int line, const char *reason) {
    int32_t low = a < c ? a : c, high = a < c ? c : a;
    for (size_t k = 0; k < b->n_none; k++)
        if (b->none[k].a == low && b->none[k].b == high) return IL_OK;
    if (!ILI_GROW(b->none, b->n_none + 1, b->cap_none))
        return ili_no_memory(b->ctx, "the pairs without a term");
    ili_none_pair *pair = &b->none[b->n_none++];
    *pair = (ili_none_pair){.a = low, .b = high, .line = line};
    snprintf(pair->reason, sizeof pair->reason, "%s", reason);
    return IL_OK;
}

/* Includes. */

/** 64-bit FNV: exclusive or, then its prime. */
void ili_model_mix_hash(il_model *model, const char *hash) {
    uint64_t mixed = strtoull(model->hash, NULL, 16) ^ strtoull(hash, NULL, 16);
    snprintf(model->hash, sizeof model->hash, "%016llx", (unsigned long long)(mixed * 1099511628211u));
}

/** Map the species of `from` that are wanted to this model; -1: left out. */
static il_status map_species(ili_model_builder *b, const ili_yaml_node *node, const il_model *from,
                             const ili_yaml_node *only, int32_t *map) {
    for (int32_t s = 0; s < from->n_species; s++) map[s] = only ? -1 : 0;
    for (const ili_yaml_node *c = only ? only->child : NULL; c; c = c->next) {
        IL_TRY(ili_yaml_want(b->ctx, c, ILI_YAML_SCALAR));
        int32_t s = ili_model_species_index(from, c->text);
        if (s < 0)
            return ili_yaml_fail(b->ctx, c, "the model '%s' has no species '%.40s'", from->name, c->text);
        map[s] = 0;
    }
    for (int32_t s = 0; s < from->n_species; s++)
        if (map[s] == 0) IL_TRY(ili_model_add_species(b, node, &from->species[s], &map[s]));
    return IL_OK;
}

/** Entries keep their numbers; a cut-off that was the default of `from` is written out when ours is another. */
static il_status merge_entries(ili_model_builder *b, const ili_yaml_node *node, const il_model *from,
                               const int32_t *map) {
    for (int32_t k = 0; k < from->n_entries; k++) {
        ili_model_entry e = from->entries[k];
        const ili_model_term *term = &from->terms[e.term];
        bool is_wanted = true;
        for (int i = 0; i < n_species_of[e.form->kind]; i++) {
            e.species[i] = map[e.species[i]];
            is_wanted = is_wanted && e.species[i] >= 0;
        }
        if (!is_wanted) continue;
        if (e.form->kind == ILI_PAIR && isnan(e.cutoff) && from->short_cutoff != b->model->short_cutoff)
            e.cutoff = from->short_cutoff;
        IL_TRY(ili_model_add_term(b, term->model, term->source, &e.term));
        IL_TRY(ili_model_add_entry(b, node, e));
    }
    for (int32_t i = 0; i < from->n_species; i++)
        for (int32_t j = i; j < from->n_species; j++) {
            const char *reason = from->no_pair_reason[i * from->n_species + j];
            if (reason && map[i] >= 0 && map[j] >= 0)
                IL_TRY(ili_model_add_none(b, map[i], map[j], 0, reason));
        }
    return IL_OK;
}

static il_status merge_eam(ili_model_builder *b, const ili_yaml_node *node, il_model *from,
                           const int32_t *map) {
    il_model *model = b->model;
    bool is_wanted = false;
    for (int32_t s = 0; from->eam && s < from->n_species; s++)
        is_wanted = is_wanted || (map[s] >= 0 && ili_eam_is_embedded(from->eam, from->eam_kind[s]));
    if (!is_wanted) return IL_OK;
    bool is_same = model->eam && strcmp(model->eam_source, from->eam_source) == 0,
         has_news = is_same && from->donor_source[0] && strcmp(model->donor_source, from->donor_source) != 0;
    if (has_news && model->donor_source[0])
        return ili_yaml_fail(b->ctx, node,
                             "second donors of density ('%s' beside '%s'), expected at most one block",
                             from->donor_source, model->donor_source);
    if (is_same && !has_news) return IL_OK;
    if (model->eam && !is_same)
        return ili_yaml_fail(b->ctx, node,
                             "a second embedded-atom block ('%s' beside '%s'), expected at most one",
                             from->eam_source, model->eam_source);
    if (!model->eam_kind) {
        model->eam_kind = ili_alloc(ILI_MODEL_SPECIES_MAX, sizeof *model->eam_kind);
        if (!model->eam_kind) return ili_no_memory(b->ctx, "the embedded-atom species");
        for (int s = 0; s < ILI_MODEL_SPECIES_MAX; s++) model->eam_kind[s] = -1;
    }
    for (int32_t s = 0; s < from->n_species; s++)
        if (map[s] >= 0) model->eam_kind[map[s]] = from->eam_kind[s];
    ili_eam_destroy(&model->eam);
    model->eam = from->eam;
    from->eam = NULL;
    memcpy(model->eam_source, from->eam_source, sizeof model->eam_source);
    memcpy(model->donor_source, from->donor_source, sizeof model->donor_source);
    return IL_OK;
}

static bool has_torsions(const il_model *model) {
    for (int32_t k = 0; k < model->n_entries; k++)
        if (model->entries[k].form->kind == ILI_TORSION) return true;
    return false;
}

/** Settings that this file does not state come from what it includes. */
static il_status merge_settings(ili_model_builder *b, const ili_yaml_node *node, const il_model *from) {
    il_model *model = b->model;
    const ili_yaml_node *own = ili_yaml_get(b->root, "defaults");
    bool has_short = own && ili_yaml_get(own, "short_cutoff"),
         has_coulomb = own && ili_yaml_get(own, "coulomb_cutoff");
    bool has_accuracy = own && ili_yaml_get(own, "coulomb_accuracy");
    if (!has_short && !isnan(from->short_cutoff)) {
        if (!isnan(model->short_cutoff) && model->short_cutoff != from->short_cutoff)
            return ili_yaml_fail(b->ctx, node,
                                 "included models have short-range cut-offs of %g and %g angstrom; state "
                                 "short_cutoff under defaults",
                                 model->short_cutoff, from->short_cutoff);
        model->short_cutoff = from->short_cutoff;
    }
    if (from->has_coulomb) {
        model->has_coulomb = true;
        if (!has_coulomb)
            model->coulomb_cutoff = fmax(model->coulomb_cutoff, from->coulomb_cutoff); /* fmax skips NaN */
        if (!has_accuracy) model->accuracy = fmin(model->accuracy, from->accuracy);
    }
    if (has_torsions(from) && !ili_yaml_get(b->root, "special")) {
        bool is_first = isnan(model->scale14_lj);
        if (!is_first &&
            (model->scale14_lj != from->scale14_lj || model->scale14_coulomb != from->scale14_coulomb))
            return ili_yaml_fail(b->ctx, node,
                                 "included models have different 1-4 factors; one model has one pair");
        model->scale14_lj = from->scale14_lj;
        model->scale14_coulomb = from->scale14_coulomb;
    }
    if (from->provisional) {
        size_t used = strlen(model->provisional_note);
        if (!strstr(model->provisional_note, from->provisional_note))
            snprintf(model->provisional_note + used, sizeof model->provisional_note - used, "%s%s",
                     used ? "; " : "", from->provisional_note);
        model->provisional = true;
    }
    return IL_OK;
}

il_status ili_model_merge(ili_model_builder *b, const ili_yaml_node *node, il_model *from,
                          const ili_yaml_node *only) {
    int32_t map[ILI_MODEL_SPECIES_MAX];
    IL_TRY(map_species(b, node, from, only, map));
    IL_TRY(merge_settings(b, node, from));
    IL_TRY(merge_entries(b, node, from, map));
    return merge_eam(b, node, from, map);
}

/* Completing. */

static il_status store_none(ili_model_builder *b) {
    il_model *model = b->model;
    size_t n = (size_t)model->n_species;
    model->no_pair_reason = ili_alloc(n * n, sizeof *model->no_pair_reason);
    if (!model->no_pair_reason) return ili_no_memory(b->ctx, "the pair matrix");
    for (size_t k = 0; k < b->n_none; k++) {
        size_t i = (size_t)b->none[k].a, j = (size_t)b->none[k].b;
        char *reason = ili_strdup(b->none[k].reason);
        if (!reason) return ili_no_memory(b->ctx, "the pair matrix");
        model->no_pair_reason[i * n + j] = model->no_pair_reason[j * n + i] = reason;
    }
    return IL_OK;
}

static const ili_none_pair *find_none(const ili_model_builder *b, int32_t i, int32_t j) {
    for (size_t k = 0; k < b->n_none; k++)
        if (b->none[k].a == i && b->none[k].b == j) return &b->none[k];
    return NULL;
}

static il_status check_pair(ili_model_builder *b, int32_t i, int32_t j) {
    const il_model *model = b->model;
    const char *file = b->root->file, *ni = model->species[i].base.name, *nj = model->species[j].base.name;
    const ili_model_entry *entry;
    bool has_term = ili_model_pair_entries(model, i, j, &entry, 1) > 0;
    if (model->eam && ili_eam_is_embedded(model->eam, model->eam_kind[i]) &&
        ili_eam_is_embedded(model->eam, model->eam_kind[j]))
        has_term = true;
    const ili_none_pair *none = find_none(b, i, j);
    if (has_term && none)
        return ili_fail(b->ctx, IL_E_INPUT,
                        "%s:%d: the pair %s-%s has a term and stands under none ('%s'); keep one", file,
                        none->line ? none->line : b->root->line, ni, nj, none->reason);
    if (has_term || none) return IL_OK;
    const ili_yaml_node *terms = ili_yaml_get(b->root, "terms");
    return ili_fail(
        b->ctx, IL_E_INPUT,
        "%s:%d: the pair %s-%s has no short-range term; add one, or list it under none with a reason", file,
        terms ? terms->line : b->root->line, ni, nj);
}

/** A term takes the place of an included `none`. */
static void drop_overruled(ili_model_builder *b) {
    const ili_model_entry *entry;
    size_t n = 0;
    for (size_t k = 0; k < b->n_none; k++)
        if (b->none[k].line || !ili_model_pair_entries(b->model, b->none[k].a, b->none[k].b, &entry, 1))
            b->none[n++] = b->none[k];
    b->n_none = n;
}

il_status ili_model_complete(ili_model_builder *b) {
    il_model *model = b->model;
    drop_overruled(b);
    IL_TRY(ili_model_check_ladders(b));
    for (int32_t i = 0; i < model->n_species; i++)
        for (int32_t j = i; j < model->n_species; j++) IL_TRY(check_pair(b, i, j));
    for (int32_t k = 0; k < model->n_entries; k++) {
        const ili_model_entry *e = &model->entries[k];
        char text[80];
        if (e->form->kind != ILI_PAIR) continue;
        double rc = isnan(e->cutoff) ? model->short_cutoff : e->cutoff;
        if (isnan(rc))
            return ili_fail(
                b->ctx, IL_E_INPUT,
                "%s:%d: %s has no cut-off; give the term a cutoff, or short_cutoff under defaults",
                b->root->file, e->line, tuple_text(model, e, text));
        if (e->truncation == ILI_TRUNCATE_TAPER && !(e->taper < rc))
            return ili_fail(b->ctx, IL_E_INPUT,
                            "%s:%d: %s: the taper of %g angstrom does not fit in the cut-off of %g",
                            b->root->file, e->line, tuple_text(model, e, text), e->taper, rc);
    }
    if (has_torsions(model) && isnan(model->scale14_lj))
        return ili_yaml_fail(b->ctx, b->root,
                             "a model with torsions states special: {scale14_lj: .., scale14_coulomb: ..}");
    if (isnan(model->scale14_lj)) model->scale14_lj = model->scale14_coulomb = 1.0;
    if (isnan(model->coulomb_cutoff)) model->coulomb_cutoff = 10.0;
    if (isnan(model->accuracy)) model->accuracy = 1e-6;
    return store_none(b);
}
