/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The interactions of a model file: terms, pairs without a term, the embedded-atom block. */
#include "ff/model_build.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "ff/eam.h"
#include "math/units.h"
#include "system/element.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** What a term holds per kind of form: the key of its map and the species of one key. */
static const struct {
    const char *key;
    int n;
} kinds[] = {[ILI_PAIR] = {"pairs", 2},
             [ILI_BOND] = {"bonds", 2},
             [ILI_ANGLE] = {"angles", 3},
             [ILI_TORSION] = {"torsions", 4}};

/* Words and tuples. */

static il_status unknown_word(ili_model_builder *b, const ili_yaml_node *node, const char *word) {
    const char *names[ILI_MODEL_SPECIES_MAX + ILI_MODEL_GROUPS_MAX + 1];
    int n = 0;
    for (int32_t s = 0; s < b->model->n_species; s++) names[n++] = b->model->species[s].base.name;
    for (int g = 0; g < b->n_groups; g++) names[n++] = b->groups[g].name;
    names[n] = NULL;
    const char *nearest = ili_nearest_name(word, names);
    return ili_yaml_fail(b->ctx, node, "'%.40s' is no species, group or phase of this model%s%s%s", word,
                         nearest ? ", did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

il_status ili_model_word(ili_model_builder *b, const ili_yaml_node *node, const char *word,
                         ili_model_group *members) {
    members->n = 0;
    int32_t species = ili_model_species_index(b->model, word);
    if (species >= 0) {
        members->member[members->n++] = species;
        return IL_OK;
    }
    for (int g = 0; g < b->n_groups; g++)
        if (strcmp(b->groups[g].name, word) == 0) {
            *members = b->groups[g];
            return IL_OK;
        }
    for (int32_t s = 0; s < b->model->n_species; s++)
        if (strcmp(b->model->species[s].phase, word) == 0) members->member[members->n++] = s;
    return members->n > 0 ? IL_OK : unknown_word(b, node, word);
}

/** What is done with each tuple of species that a key such as "Li-O" or "cation-OS" stands for. */
typedef il_status (*tuple_fn)(ili_model_builder *b, const ili_yaml_node *node, const int32_t species[4],
                              void *user);

static il_status each_tuple(ili_model_builder *b, const ili_yaml_node *node, const char *key, int n,
                            tuple_fn fn, void *user) {
    char text[160], *save = NULL;
    ili_model_group word[4];
    int found = 0;
    if (strlen(key) >= sizeof text) return ili_yaml_fail(b->ctx, node, "the key '%.40s...' is too long", key);
    memcpy(text, key, strlen(key) + 1);
    for (char *t = strtok_r(text, "-", &save); t; t = strtok_r(NULL, "-", &save)) {
        if (found < n) IL_TRY(ili_model_word(b, node, t, &word[found]));
        found++;
    }
    if (found != n)
        return ili_yaml_fail(b->ctx, node, "found '%.60s', expected %d species joined by '-'", key, n);
    int at[4] = {0};
    for (;;) {
        int32_t species[4] = {0};
        for (int k = 0; k < n; k++) species[k] = word[k].member[at[k]];
        IL_TRY(fn(b, node, species, user));
        int k = n - 1;
        while (k >= 0 && ++at[k] == word[k].n) at[k--] = 0;
        if (k < 0) return IL_OK;
    }
}

/* Units and parameters. */

il_status ili_model_read_units(il_context *ctx, const ili_yaml_node *node, ili_model_units *units) {
    static const char *const keys[] = {"length", "energy", NULL};
    static const char *const lengths[] = {"angstrom", "nm", NULL}, *const energies[] = {"eV", "kJ/mol",
                                                                                        "kcal/mol", NULL};
    static const double length[] = {1.0, 10.0}, energy[] = {1.0, ILI_KJ_MOL, ILI_KCAL_MOL};
    int k;
    IL_TRY(ili_yaml_check_keys(ctx, node, keys));
    const ili_yaml_node *l = ili_yaml_get(node, "length"), *e = ili_yaml_get(node, "energy");
    if (l) {
        IL_TRY(ili_yaml_choice(ctx, l, lengths, &k));
        units->length = length[k];
    }
    if (e) {
        IL_TRY(ili_yaml_choice(ctx, e, energies, &k));
        units->energy = energy[k];
    }
    return IL_OK;
}

/** Factor from the units of a file to the internal `unit` of a parameter, "eV angstrom^-2". Angles alone are given in
 *  degrees; stiffnesses are per rad^2 in every published set, so a power of rad inside a product stays. */
static double unit_factor(const char *unit, const ili_model_units *units) {
    if (strcmp(unit, "rad") == 0) return ILI_PI / 180.0;
    double factor = 1.0;
    for (const char *p = unit; *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ^");
        double base = strncmp(p, "eV", n) == 0         ? units->energy
                      : strncmp(p, "angstrom", n) == 0 ? units->length
                                                       : 1.0;
        p += n;
        int power = *p == '^' ? atoi(p + 1) : 1;
        p += strcspn(p, " ");
        factor *= pow(base, power);
    }
    return factor;
}

/** Parameters of one row, in internal units; p [ILI_PARAM_MAX]. */
static il_status read_params(ili_model_builder *b, const ili_yaml_node *row, const ili_form *form,
                             const ili_model_units *units, double *p) {
    const char *names[ILI_PARAM_MAX + 1] = {0};
    int n = ili_form_n_params(form);
    for (int k = 0; k < n; k++) names[k] = form->params[k].name;
    IL_TRY(ili_yaml_check_keys(b->ctx, row, names));
    for (int k = 0; k < n; k++) {
        const ili_param *param = &form->params[k];
        const ili_yaml_node *value = ili_yaml_get(row, param->name);
        p[k] = param->preset;
        if (!value && isnan(param->preset))
            return ili_yaml_fail(b->ctx, row, "%s: the parameter '%s' (%s) of the form %s is missing",
                                 row->key, param->name, param->help, form->name);
        if (!value) continue;
        double factor = unit_factor(param->unit, units);
        IL_TRY(ili_yaml_real(b->ctx, value, -INFINITY, INFINITY, &p[k]));
        p[k] *= factor;
        if (p[k] < param->low || p[k] > param->high)
            return ili_yaml_fail(b->ctx, value, "%s of %s: found %s, expected a number from %g to %g",
                                 param->name, row->key, value->text, param->low / factor,
                                 param->high / factor);
    }
    const char *wrong = form->check ? form->check(p) : NULL;
    return wrong ? ili_yaml_fail(b->ctx, row, "%s: %s", row->key, wrong) : IL_OK;
}

/* Terms. */

static il_status add_entry(ili_model_builder *b, const ili_yaml_node *node, const int32_t species[4],
                           void *user) {
    ili_model_entry entry = *(const ili_model_entry *)user;
    memcpy(entry.species, species, sizeof entry.species);
    entry.line = node->line;
    for (int k = 0; k < 2 && entry.form->z_from_species; k++)
        if (entry.p[k] == 0.0) entry.p[k] = b->model->species[species[k]].base.z;
    return ili_model_add_entry(b, node, entry);
}

/** Like-species parameters of a mixing term, by species. */
typedef struct mix_table {
    ili_model_entry entry;
    const char *rule;
    double p[ILI_MODEL_SPECIES_MAX][ILI_PARAM_MAX];
    int line[ILI_MODEL_SPECIES_MAX]; /**< 0: not listed */
} mix_table;

static il_status add_mixed(ili_model_builder *b, const ili_yaml_node *node, const int32_t species[4],
                           void *user) {
    mix_table *mix = user;
    for (int k = 0; k < 2; k++)
        if (!mix->line[species[k]])
            return ili_yaml_fail(b->ctx, node, "%s has no parameters under species of this term",
                                 b->model->species[species[k]].base.name);
    mix->entry.form->mix(mix->rule, mix->p[species[0]], mix->p[species[1]], mix->entry.p);
    return add_entry(b, node, species, &mix->entry);
}

static il_status read_mix_species(ili_model_builder *b, const ili_yaml_node *map,
                                  const ili_model_units *units, mix_table *mix) {
    for (const ili_yaml_node *row = map->child; row; row = row->next) {
        ili_model_group members;
        double p[ILI_PARAM_MAX] = {0};
        IL_TRY(ili_model_word(b, row, row->key, &members));
        IL_TRY(read_params(b, row, mix->entry.form, units, p));
        for (int32_t k = 0; k < members.n; k++) {
            int32_t s = members.member[k];
            if (mix->line[s])
                return ili_yaml_fail(b->ctx, row, "%s has parameters already, on line %d",
                                     b->model->species[s].base.name, mix->line[s]);
            mix->line[s] = row->line;
            memcpy(mix->p[s], p, sizeof p);
        }
    }
    return IL_OK;
}

/** mixing: RULE, species: {NAME: {..}}, between: [A-B, ..] (all pairs of the listed species when left out). */
static il_status read_mixing(ili_model_builder *b, const ili_yaml_node *term, const ili_model_units *units,
                             const ili_model_entry *entry) {
    static const char *const rules[] = {"geometric", "arithmetic", NULL};
    const ili_yaml_node *species, *between = ili_yaml_get(term, "between");
    int rule;
    if (!entry->form->mix)
        return ili_yaml_fail(b->ctx, term, "the form %s has no mixing rule; write its pairs out",
                             entry->form->name);
    IL_TRY(ili_yaml_choice(b->ctx, ili_yaml_get(term, "mixing"), rules, &rule));
    IL_TRY(ili_yaml_need(b->ctx, term, "species", ILI_YAML_MAP, &species));
    if (between) IL_TRY(ili_yaml_want(b->ctx, between, ILI_YAML_LIST));
    mix_table *mix = ili_alloc(1, sizeof *mix);
    if (!mix) return ili_no_memory(b->ctx, "the parameters of a term");
    mix->entry = *entry;
    mix->rule = rules[rule];
    il_status status = read_mix_species(b, species, units, mix);
    for (const ili_yaml_node *c = between ? between->child : NULL; c && status == IL_OK; c = c->next) {
        status = ili_yaml_want(b->ctx, c, ILI_YAML_SCALAR);
        if (status == IL_OK) status = each_tuple(b, c, c->text, 2, add_mixed, mix);
    }
    for (int32_t i = 0; !between && i < b->model->n_species; i++)
        for (int32_t j = i; j < b->model->n_species && status == IL_OK; j++)
            if (mix->line[i] && mix->line[j]) status = add_mixed(b, species, (const int32_t[4]){i, j}, mix);
    ili_free(mix);
    return status;
}

/** range: [LOW, HIGH], degree: of the angles that a term acts on. */
static il_status read_range(ili_model_builder *b, const ili_yaml_node *list, ili_model_entry *entry) {
    double degree[2];
    if (entry->form->kind != ILI_ANGLE)
        return ili_yaml_fail(b->ctx, list, "range belongs to angle forms, %s is none", entry->form->name);
    IL_TRY(ili_yaml_reals(b->ctx, list, 2, 2, degree, NULL));
    if (!(degree[0] >= 0.0 && degree[0] < degree[1] && degree[1] <= 180.0))
        return ili_yaml_fail(b->ctx, list,
                             "found the range %g to %g, expected two angles from 0 to 180 degrees", degree[0],
                             degree[1]);
    for (int k = 0; k < 2; k++) entry->range[k] = degree[k] * ILI_PI / 180.0;
    return IL_OK;
}

/** form, source, cutoff, truncation, taper, range. */
static il_status read_term_head(ili_model_builder *b, const ili_yaml_node *term, ili_model_entry *entry) {
    static const char *const truncations[] = {"shift", "none", "taper", NULL};
    const char *names[64] = {0};
    const ili_yaml_node *node;
    char source[sizeof((ili_model_term *)0)->source];
    int k = 0;
    for (const ili_form *const *f = ili_forms(); *f && k < 63; f++) names[k++] = (*f)->name;
    IL_TRY(ili_yaml_need(b->ctx, term, "form", ILI_YAML_SCALAR, &node));
    IL_TRY(ili_yaml_choice(b->ctx, node, names, &k));
    *entry = (ili_model_entry){.form = ili_form_find(names[k]),
                               .cutoff = NAN,
                               .truncation = b->truncation,
                               .taper = b->taper,
                               .range = {0.0, ILI_PI}};
    IL_TRY(ili_yaml_need(b->ctx, term, "source", ILI_YAML_SCALAR, &node));
    IL_TRY(ili_yaml_text(b->ctx, node, source, sizeof source));
    IL_TRY(ili_model_add_term(b, b->model->name, source, &entry->term));
    for (int i = 0; entry->form->kind != ILI_PAIR && i < 3; i++) {
        static const char *const pair_only[] = {"cutoff", "truncation", "taper"};
        node = ili_yaml_get(term, pair_only[i]);
        if (node)
            return ili_yaml_fail(b->ctx, node, "%s belongs to pair forms, %s is none", node->key,
                                 entry->form->name);
    }
    if ((node = ili_yaml_get(term, "cutoff"))) {
        IL_TRY(ili_yaml_real(b->ctx, node, 0.1, 100.0 / b->units.length, &entry->cutoff));
        entry->cutoff *= b->units.length;
    }
    if ((node = ili_yaml_get(term, "truncation"))) {
        IL_TRY(ili_yaml_choice(b->ctx, node, truncations, &k));
        entry->truncation = (ili_truncation)k;
    }
    if ((node = ili_yaml_get(term, "taper"))) {
        IL_TRY(ili_yaml_real(b->ctx, node, 0.01, 100.0 / b->units.length, &entry->taper));
        entry->taper *= b->units.length;
    }
    node = ili_yaml_get(term, "range");
    return node ? read_range(b, node, entry) : IL_OK;
}

static il_status read_term(ili_model_builder *b, const ili_yaml_node *term) {
    static const char *const keys[] = {"form",   "source",  "cutoff",  "truncation", "taper",
                                       "units",  "pairs",   "bonds",   "angles",     "torsions",
                                       "mixing", "species", "between", "range",      NULL};
    ili_model_entry entry;
    ili_model_units units = b->units;
    const ili_yaml_node *map, *own_units = ili_yaml_get(term, "units");
    IL_TRY(ili_yaml_check_keys(b->ctx, term, keys));
    IL_TRY(read_term_head(b, term, &entry));
    if (own_units) IL_TRY(ili_model_read_units(b->ctx, own_units, &units));
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const ili_yaml_node *other = ili_yaml_get(term, kinds[k].key);
        if (other && (int)k != (int)entry.form->kind)
            return ili_yaml_fail(b->ctx, other, "the form %s acts on %s, found %s", entry.form->name,
                                 kinds[entry.form->kind].key, other->key);
    }
    if (ili_yaml_get(term, "mixing")) {
        if (ili_yaml_get(term, "pairs"))
            return ili_yaml_fail(b->ctx, term,
                                 "a term has either mixing with species, or pairs; split it into two");
        return read_mixing(b, term, &units, &entry);
    }
    IL_TRY(ili_yaml_need(b->ctx, term, kinds[entry.form->kind].key, ILI_YAML_MAP, &map));
    for (const ili_yaml_node *row = map->child; row; row = row->next) {
        IL_TRY(read_params(b, row, entry.form, &units, entry.p));
        IL_TRY(each_tuple(b, row, row->key, kinds[entry.form->kind].n, add_entry, &entry));
    }
    return IL_OK;
}

il_status ili_model_read_terms(ili_model_builder *b, const ili_yaml_node *list) {
    IL_TRY(ili_yaml_want(b->ctx, list, ILI_YAML_LIST));
    for (const ili_yaml_node *term = list->child; term; term = term->next) IL_TRY(read_term(b, term));
    return IL_OK;
}

static il_status add_none(ili_model_builder *b, const ili_yaml_node *node, const int32_t species[4],
                          void *user) {
    (void)user;
    return ili_model_add_none(b, species[0], species[1], node->line, node->text);
}

il_status ili_model_read_none(ili_model_builder *b, const ili_yaml_node *map) {
    char reason[sizeof((ili_none_pair *)0)->reason];
    IL_TRY(ili_yaml_want(b->ctx, map, ILI_YAML_MAP));
    for (const ili_yaml_node *row = map->child; row; row = row->next) {
        IL_TRY(ili_yaml_text(b->ctx, row, reason, sizeof reason));
        IL_TRY(each_tuple(b, row, row->key, 2, add_none, NULL));
    }
    return IL_OK;
}

/* Embedded atoms. */

static il_status read_cubics(ili_model_builder *b, const ili_yaml_node *map, double *a, double *r, int *n) {
    static const char *const keys[] = {"amplitude", "end", NULL};
    const ili_yaml_node *amplitude, *end;
    int n_end;
    IL_TRY(ili_yaml_check_keys(b->ctx, map, keys));
    IL_TRY(ili_yaml_need(b->ctx, map, "amplitude", ILI_YAML_LIST, &amplitude));
    IL_TRY(ili_yaml_need(b->ctx, map, "end", ILI_YAML_LIST, &end));
    IL_TRY(ili_yaml_reals(b->ctx, amplitude, 1, 8, a, n));
    IL_TRY(ili_yaml_reals(b->ctx, end, 1, 8, r, &n_end));
    if (*n != n_end)
        return ili_yaml_fail(b->ctx, map, "%s: %d amplitudes and %d ends, expected as many", map->key, *n,
                             n_end);
    return IL_OK;
}

static il_status read_analytic(ili_model_builder *b, const ili_yaml_node *map, const char *element) {
    static const char *const keys[] = {"density", "pair", "join", NULL}, *const join_keys[] = {"exponent",
                                                                                               "r_join",
                                                                                               "r_zbl", NULL};
    ili_eam_analytic a = {.z = ili_element_z(element)};
    const ili_yaml_node *density, *pair, *join, *exponent, *r_join, *r_zbl;
    if (b->units.length != 1.0 || b->units.energy != 1.0)
        return ili_yaml_fail(b->ctx, map,
                             "an analytic embedded-atom block is written in eV and angstrom; change units");
    IL_TRY(ili_yaml_check_keys(b->ctx, map, keys));
    IL_TRY(ili_yaml_need(b->ctx, map, "density", ILI_YAML_MAP, &density));
    IL_TRY(ili_yaml_need(b->ctx, map, "pair", ILI_YAML_MAP, &pair));
    IL_TRY(ili_yaml_need(b->ctx, map, "join", ILI_YAML_MAP, &join));
    IL_TRY(read_cubics(b, density, a.phi_a, a.phi_r, &a.n_phi));
    IL_TRY(read_cubics(b, pair, a.v_a, a.v_r, &a.n_v));
    IL_TRY(ili_yaml_check_keys(b->ctx, join, join_keys));
    IL_TRY(ili_yaml_need(b->ctx, join, "exponent", ILI_YAML_LIST, &exponent));
    IL_TRY(ili_yaml_need(b->ctx, join, "r_join", ILI_YAML_SCALAR, &r_join));
    IL_TRY(ili_yaml_need(b->ctx, join, "r_zbl", ILI_YAML_SCALAR, &r_zbl));
    IL_TRY(ili_yaml_reals(b->ctx, exponent, 4, 4, a.exp_b, NULL));
    IL_TRY(ili_yaml_real(b->ctx, r_join, 0.1, 100.0, &a.r_join));
    IL_TRY(ili_yaml_real(b->ctx, r_zbl, 0.01, a.r_join, &a.r_zbl));
    return ili_eam_from_analytic(b->ctx, &a, element, &b->model->eam);
}

static il_status read_eam_file(ili_model_builder *b, const ili_yaml_node *node) {
    char name[256], path[1024], hash[17];
    const char *slash = strrchr(b->root->file, '/');
    IL_TRY(ili_yaml_text(b->ctx, node, name, sizeof name));
    int folder = slash && name[0] != '/' ? (int)(slash - b->root->file) + 1 : 0;
    snprintf(path, sizeof path, "%.*s%s", folder, b->root->file, name);
    IL_TRY(ili_file_hash(b->ctx, path, hash));
    ili_model_mix_hash(b->model, hash);
    IL_TRY(ili_model_add_file(b, path, name, 0));
    return ili_eam_read_file(b->ctx, path, &b->model->eam);
}

/** species: {NAME: ELEMENT}: which element of the functions each species is. */
static il_status map_eam_species(ili_model_builder *b, const ili_yaml_node *map) {
    il_model *model = b->model;
    const char *names[ILI_MODEL_SPECIES_MAX + 1] = {0};
    int n = ili_eam_n_elements(model->eam), k;
    for (k = 0; k < n && k < ILI_MODEL_SPECIES_MAX; k++) names[k] = ili_eam_element(model->eam, k);
    for (int s = 0; s < ILI_MODEL_SPECIES_MAX; s++) model->eam_kind[s] = -1;
    for (const ili_yaml_node *c = map->child; c; c = c->next) {
        int32_t s = ili_model_species_index(model, c->key);
        if (s < 0) return unknown_word(b, c, c->key);
        IL_TRY(ili_yaml_choice(b->ctx, c, names, &k));
        model->eam_kind[s] = k;
    }
    return IL_OK;
}

il_status ili_model_read_eam(ili_model_builder *b, const ili_yaml_node *map) {
    static const char *const keys[] = {"source", "species", "analytic", "file", NULL};
    il_model *model = b->model;
    const ili_yaml_node *source, *species, *analytic = ili_yaml_get(map, "analytic"),
                                           *file = ili_yaml_get(map, "file");
    char text[sizeof model->eam_source - 80];
    IL_TRY(ili_yaml_check_keys(b->ctx, map, keys));
    if (model->eam)
        return ili_yaml_fail(b->ctx, map, "an included model has an eam block already; a model has one");
    IL_TRY(ili_yaml_need(b->ctx, map, "source", ILI_YAML_SCALAR, &source));
    IL_TRY(ili_yaml_text(b->ctx, source, text, sizeof text));
    IL_TRY(ili_yaml_need(b->ctx, map, "species", ILI_YAML_MAP, &species));
    if (!species->child) return ili_yaml_fail(b->ctx, species, "found no species, expected 'NAME: ELEMENT'");
    if (!analytic == !file) return ili_yaml_fail(b->ctx, map, "expected either 'analytic' or 'file'");
    snprintf(model->eam_source, sizeof model->eam_source, "%s: %s", model->name, text);
    model->eam_kind = ili_alloc(ILI_MODEL_SPECIES_MAX, sizeof *model->eam_kind);
    if (!model->eam_kind) return ili_no_memory(b->ctx, "the embedded-atom species");
    if (file) IL_TRY(read_eam_file(b, file));
    if (analytic) {
        char element[8];
        IL_TRY(ili_yaml_text(b->ctx, species->child, element, sizeof element));
        if (!ili_element_z(element))
            return ili_yaml_fail(b->ctx, species->child, "'%s' is no element", element);
        IL_TRY(read_analytic(b, analytic, element));
    }
    return map_eam_species(b, species);
}

/** NAME: {B, R}: psi = B (R - r)^3 at every embedded atom. */
static il_status read_donor(ili_model_builder *b, const ili_yaml_node *row) {
    static const char *const keys[] = {"B", "R", NULL};
    il_model *model = b->model;
    const ili_yaml_node *strength, *reach;
    double value, r;
    int kind;
    IL_TRY(ili_yaml_check_keys(b->ctx, row, keys));
    IL_TRY(ili_yaml_need(b->ctx, row, "B", ILI_YAML_SCALAR, &strength));
    IL_TRY(ili_yaml_need(b->ctx, row, "R", ILI_YAML_SCALAR, &reach));
    IL_TRY(ili_yaml_real(b->ctx, strength, 1e-9, 1e3, &value));
    IL_TRY(ili_yaml_real(b->ctx, reach, 0.5, 20.0, &r));
    int32_t s = ili_model_species_index(model, row->key);
    if (s < 0) return unknown_word(b, row, row->key);
    if (model->eam_kind[s] >= 0)
        return ili_yaml_fail(b->ctx, row, "the species '%s' is in the embedded-atom block already", row->key);
    IL_TRY(ili_eam_add_donor(b->ctx, model->eam, value, r, &kind));
    model->eam_kind[s] = kind;
    return IL_OK;
}

il_status ili_model_read_donors(ili_model_builder *b, const ili_yaml_node *map) {
    static const char *const keys[] = {"source", "species", NULL};
    il_model *model = b->model;
    const ili_yaml_node *source, *species;
    char text[sizeof model->donor_source - 80];
    IL_TRY(ili_yaml_check_keys(b->ctx, map, keys));
    IL_TRY(ili_yaml_need(b->ctx, map, "source", ILI_YAML_SCALAR, &source));
    IL_TRY(ili_yaml_text(b->ctx, source, text, sizeof text));
    IL_TRY(ili_yaml_need(b->ctx, map, "species", ILI_YAML_MAP, &species));
    if (!model->eam) return ili_yaml_fail(b->ctx, map, "donors of density without an eam block; include one");
    if (model->donor_source[0])
        return ili_yaml_fail(b->ctx, map,
                             "an included model has donors of density already ('%s'); a model has one block",
                             model->donor_source);
    if (b->units.length != 1.0 || b->units.energy != 1.0)
        return ili_yaml_fail(b->ctx, map, "donors of density are written in eV and angstrom; change units");
    snprintf(model->donor_source, sizeof model->donor_source, "%s: %s", model->name, text);
    for (const ili_yaml_node *row = species->child; row; row = row->next) IL_TRY(read_donor(b, row));
    return IL_OK;
}
