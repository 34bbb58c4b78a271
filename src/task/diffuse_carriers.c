/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/diffuse_carriers.h"

#include "base/alloc.h"
#include "base/text.h"
#include "system/element.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 32, WORD_MAX = ILI_LABEL_MAX };

/** Molecular ions that have a short name. */
static const struct {
    const char *name, *formula;
    double z;
} known_ions[] = {{"TFSI", "C2F6NO4S2", -1}, {"FSI", "F2NO4S2", -1}, {"PF6", "PF6", -1},
                  {"BF4", "BF4", -1},        {"ClO4", "ClO4", -1},   {"OTf", "CF3SO3", -1},
                  {"BOB", "BC4O8", -1},      {"DFOB", "BF2C2O4", -1}};
enum { N_KNOWN = sizeof known_ions / sizeof *known_ions };

/** fs: slower than the slowest rattling of ions and chains in their cages that could pass for steady growth. */
static const double VIBRATIONS = 500.0;

/** Ions that are followed when nobody is named. */
static const int ALKALI[] = {3, 11, 19, 37, 55};

static bool is_alkali(int z) {
    for (size_t a = 0; a < sizeof ALKALI / sizeof *ALKALI; a++)
        if (ALKALI[a] == z) return true;
    return false;
}

/** Li0: by its name an atom of a metal, without charge (docs/conventions.md). */
static bool is_neutral_name(const ili_species *species) {
    const ili_element *e = ili_element_of(species->z);
    const size_t n = e ? strlen(e->symbol) : 0;
    return n && strncmp(species->name, e->symbol, n) == 0 && strcmp(species->name + n, "0") == 0;
}

/** A molecule: its atoms share one number in `of`. */
typedef struct molecule {
    int32_t n;
    uint64_t composition; /**< sum over its atoms of a hash of the element: equal for equal formulas */
    double charge;        /**< e; NaN: unknown */
} molecule;

typedef struct molecules {
    int32_t n;
    molecule *all; /**< [n] */
    int32_t *of;   /**< [n_atoms] */
} molecules;

void ili_carriers_free(ili_carriers *c) {
    ili_free(c->group);
    ili_free(c->body);
    ili_free(c->mass);
    ili_free(c->framework);
    *c = (ili_carriers){0};
}

static uint64_t element_code(int z) {
    return ili_hash(ILI_HASH_START, &z, sizeof z);
}

/** Composition of "PF6"; false when it is no formula. */
static bool read_formula(const char *text, uint64_t *composition, int *n_atoms) {
    *composition = 0;
    *n_atoms = 0;
    while (*text) {
        char symbol[3] = {text[0], 0, 0};
        if (!isupper((unsigned char)*text++)) return false;
        if (islower((unsigned char)*text)) symbol[1] = *text++;
        int z = ili_element_z(symbol), count = 0;
        if (z == 0 && symbol[1]) return false;
        while (isdigit((unsigned char)*text) && count < 10000) count = 10 * count + (*text++ - '0');
        if (z == 0 || isdigit((unsigned char)*text)) return false;
        if (count == 0) count = 1;
        *composition += (uint64_t)count * element_code(z);
        *n_atoms += count;
    }
    return *n_atoms > 0;
}

static int32_t root_of(int32_t *parent, int32_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
}

static void join(int32_t *parent, int32_t i, int32_t j) {
    int32_t a = root_of(parent, i), b = root_of(parent, j);
    parent[a > b ? a : b] = a > b ? b : a; /* the lowest atom leads, so numbers follow the order of atoms */
}

/** Leader of every atom's molecule. */
static void connect(const il_system *sys, const ili_binding *binding, int32_t *parent, int32_t *first_of) {
    bool has_bonds = sys->n_bonds > 0 || (binding && binding->n_bonds > 0);
    for (int32_t i = 0; i < sys->n_atoms; i++) parent[i] = i;
    for (int32_t b = 0; b < sys->n_bonds; b++) join(parent, sys->bonds[b][0], sys->bonds[b][1]);
    for (int32_t b = 0; binding && b < binding->n_bonds; b++)
        join(parent, binding->bonds[b].atom[0], binding->bonds[b].atom[1]);
    if (has_bonds || !sys->molecule) return;
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        int32_t m = sys->molecule[i];
        if (m <= 0 || m > sys->n_atoms) continue;
        if (first_of[m - 1] < 0)
            first_of[m - 1] = i;
        else
            join(parent, first_of[m - 1], i);
    }
}

static il_status find_molecules(il_context *ctx, const il_system *sys, const ili_binding *binding,
                                molecules *out) {
    const size_t n = (size_t)sys->n_atoms;
    int32_t *parent = ili_alloc(2 * n, sizeof *parent), *number = parent + n;
    out->of = ili_alloc(n, sizeof *out->of);
    out->all = ili_alloc(n, sizeof *out->all);
    il_status status = IL_OK;
    if (!parent || !out->of || !out->all) IL_GO(ili_no_memory(ctx, "the molecules"));
    for (size_t i = 0; i < n; i++) number[i] = -1;
    connect(sys, binding, parent, number);
    for (size_t i = 0; i < n; i++) number[i] = -1;
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        int32_t root = root_of(parent, i);
        if (number[root] < 0) number[root] = out->n++;
        molecule *m = &out->all[out->of[i] = number[root]];
        m->n++;
        m->composition += element_code(sys->species[sys->type[i]].z);
        m->charge += binding ? binding->charge[i] : sys->charge ? sys->charge[i] : NAN;
    }
out:
    ili_free(parent);
    return status;
}

/** Words of a comma-separated list, without blanks around them; returns how many, -1: too many or too long. */
static int read_words(const char *text, char word[WORDS_MAX][WORD_MAX]) {
    int n = 0;
    while (*text) {
        size_t length = strcspn(text, ","), skip = strspn(text, " \t"), end = length;
        while (end > skip && isspace((unsigned char)text[end - 1])) end--;
        if (n == WORDS_MAX || end < skip || end - skip >= WORD_MAX) return -1;
        snprintf(word[n++], WORD_MAX, "%.*s", (int)(end - skip), text + skip);
        text += length + (text[length] == ',');
    }
    return n;
}

static bool is_named(const il_system *sys, int32_t atom, const char *name) {
    return strcmp(sys->species[sys->type[atom]].name, name) == 0;
}

/** Composition of the molecules that a name stands for; 0: it stands for none. */
static uint64_t composition_of(const char *name) {
    uint64_t composition;
    int n;
    for (int k = 0; k < N_KNOWN; k++)
        if (ili_same_text(known_ions[k].name, name)) name = known_ions[k].formula;
    return read_formula(name, &composition, &n) && n > 1 ? composition : 0;
}

typedef struct search {
    il_context *ctx;
    const il_system *sys;
    const ili_binding *binding;
    const char *where;
    molecules molecules;
    ili_carriers *out;
    bool is_told[ILI_GROUPS_MAX]; /**< the charge number of the group was given */
} search;

/** Open a group of this name; *k is its number. */
static il_status new_group(search *s, const char *name, int *k) {
    ili_carriers *c = s->out;
    if (c->n_groups == ILI_GROUPS_MAX)
        return ili_fail(s->ctx, IL_E_UNSUPPORTED,
                        "%s: more than %d species are followed; name fewer with --species", s->where,
                        ILI_GROUPS_MAX);
    *k = c->n_groups++;
    snprintf(c->groups[*k].name, sizeof c->groups[*k].name, "%.*s", ILI_LABEL_MAX - 1, name);
    c->groups[*k].z = NAN;
    return IL_OK;
}

static il_status put_atom(search *s, int32_t atom, int group, int32_t body) {
    ili_carriers *c = s->out;
    if (c->group[atom] >= 0 && c->group[atom] != group)
        return ili_fail(s->ctx, IL_E_INPUT,
                        "%s: atom %d (%s) is in two of the species, %s and %s; name one of them", s->where,
                        atom + 1, s->sys->species[s->sys->type[atom]].name, c->groups[c->group[atom]].name,
                        c->groups[group].name);
    c->group[atom] = group;
    c->body[atom] = body;
    return IL_OK;
}

/** All molecules of this composition as bodies of the group. */
static il_status put_molecules(search *s, uint64_t composition, int group) {
    for (int32_t i = 0; i < s->sys->n_atoms; i++) {
        const molecule *m = &s->molecules.all[s->molecules.of[i]];
        if (m->n > 1 && m->composition == composition) IL_TRY(put_atom(s, i, group, s->molecules.of[i]));
    }
    return IL_OK;
}

/** Particles of a group: its bodies and its atoms without one. */
static int32_t count_particles(const ili_carriers *c, int group) {
    int32_t n = 0, last = -1; /* bodies are numbered in the order of their first atoms */
    for (int32_t i = 0; i < c->n_atoms; i++) {
        if (c->group[i] != group) continue;
        if (c->body[i] < 0)
            n++;
        else if (c->body[i] > last) {
            last = c->body[i];
            n++;
        }
    }
    return n;
}

static il_status fail_unknown(search *s, const char *name) {
    const char *names[ILI_GROUPS_MAX * 4 + N_KNOWN + 1], *nearest;
    char list[256] = "";
    int n = 0, named = 0;
    for (int32_t t = 0; t < s->sys->n_species && n < ILI_GROUPS_MAX * 4; t++) {
        names[n++] = s->sys->species[t].name;
        if (strlen(list) + ILI_NAME_MAX + 4 < sizeof list)
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", named++ ? ", " : "",
                     names[n - 1]);
    }
    for (int k = 0; k < N_KNOWN; k++)
        for (int32_t m = 0; m < s->molecules.n; m++)
            if (s->molecules.all[m].composition == composition_of(known_ions[k].name)) {
                names[n++] = known_ions[k].name;
                break;
            }
    names[n] = NULL;
    nearest = ili_nearest_name(name, names);
    return ili_fail(s->ctx, IL_E_INPUT,
                    "%s: there is no species, element or molecule '%s' to follow; found the species %s%s%s%s",
                    s->where, name, list, nearest ? "; did you mean " : "", nearest ? nearest : "",
                    nearest ? "?" : "");
}

/** Is atom i of this element, and an ion where there are both ions and neutral atoms of it? */
static bool is_of_element(const il_system *sys, int32_t i, int z) {
    const ili_species *species = &sys->species[sys->type[i]];
    bool has_ions = false;
    for (int32_t t = 0; t < sys->n_species; t++)
        has_ions = has_ions || (sys->species[t].z == z && !is_neutral_name(&sys->species[t]));
    return species->z == z && !(has_ions && is_neutral_name(species));
}

/** A name of the list: a species, else an element, else molecules. */
static il_status follow_name(search *s, const char *name) {
    const il_system *sys = s->sys;
    int group = -1, z = ili_element_z(name);
    bool is_species = false;
    if (!*name)
        return ili_fail(s->ctx, IL_E_INPUT, "%s: an empty name among the species, expected Li or Li,TFSI",
                        s->where);
    IL_TRY(new_group(s, name, &group));
    for (int32_t t = 0; t < sys->n_species; t++)
        is_species = is_species || strcmp(sys->species[t].name, name) == 0;
    for (int32_t i = 0; i < sys->n_atoms; i++)
        if (is_species ? is_named(sys, i, name) : z > 0 && is_of_element(sys, i, z))
            IL_TRY(put_atom(s, i, group, -1));
    if (count_particles(s->out, group) == 0 && composition_of(name))
        IL_TRY(put_molecules(s, composition_of(name), group));
    return count_particles(s->out, group) ? IL_OK : fail_unknown(s, name);
}

/** Atoms that no bond holds and whose charge, or name where no charge is known, is not that of a neutral one. */
static bool is_free_ion(const search *s, int32_t i) {
    const molecule *m = &s->molecules.all[s->molecules.of[i]];
    if (isnan(m->charge) && is_neutral_name(&s->sys->species[s->sys->type[i]])) return false;
    return m->n == 1 && !(fabs(m->charge) < 1e-6);
}

static il_status follow_alkali(search *s) {
    for (size_t a = 0; a < sizeof ALKALI / sizeof *ALKALI; a++) {
        int group = -1;
        for (int32_t i = 0; i < s->sys->n_atoms; i++) {
            if (s->sys->species[s->sys->type[i]].z != ALKALI[a] || !is_free_ion(s, i)) continue;
            if (group < 0) IL_TRY(new_group(s, ili_element_of(ALKALI[a])->symbol, &group));
            IL_TRY(put_atom(s, i, group, -1));
        }
    }
    return IL_OK;
}

/** "C2F6NO4S2" of the molecule that atom i belongs to, or its short name. */
static void name_molecule(const search *s, int32_t number, char *name, size_t size) {
    int count[ILI_Z_MAX + 1] = {0};
    for (int k = 0; k < N_KNOWN; k++)
        if (s->molecules.all[number].composition == composition_of(known_ions[k].name)) {
            snprintf(name, size, "%s", known_ions[k].name);
            return;
        }
    for (int32_t i = 0; i < s->sys->n_atoms; i++)
        if (s->molecules.of[i] == number) count[s->sys->species[s->sys->type[i]].z]++;
    name[0] = 0;
    for (int z = 1; z <= ILI_Z_MAX; z++) {
        size_t used = strlen(name);
        if (!count[z]) continue;
        snprintf(name + used, size - used, count[z] > 1 ? "%s%d" : "%s", ili_element_of(z)->symbol, count[z]);
    }
}

/** Molecules with a net charge, or, when charges are not known, those with a known name; one group a composition. */
static il_status follow_molecular_ions(search *s) {
    for (int32_t i = 0; i < s->sys->n_atoms; i++) {
        const molecule *m = &s->molecules.all[s->molecules.of[i]];
        bool is_ion = fabs(m->charge) > 0.3;
        if (s->out->group[i] >= 0 || m->n < 2) continue;
        for (int k = 0; isnan(m->charge) && k < N_KNOWN; k++)
            is_ion = is_ion || m->composition == composition_of(known_ions[k].name);
        if (!is_ion) continue;
        char name[ILI_LABEL_MAX];
        int group = -1;
        name_molecule(s, s->molecules.of[i], name, sizeof name);
        IL_TRY(new_group(s, name, &group));
        IL_TRY(put_molecules(s, m->composition, group));
    }
    return IL_OK;
}

/** Charge number of a group from what its particles are; NaN: unknown. */
static double charge_number(const search *s, int group) {
    const ili_carriers *c = s->out;
    int32_t i = 0;
    while (c->group[i] != group) i++;
    if (c->body[i] < 0) {
        if (is_neutral_name(&s->sys->species[s->sys->type[i]])) return 0.0;
        const ili_element *e = ili_element_of(s->sys->species[s->sys->type[i]].z);
        return e && e->oxidation[0] ? e->oxidation[0] : NAN;
    }
    const molecule *m = &s->molecules.all[c->body[i]];
    for (int k = 0; k < N_KNOWN; k++)
        if (m->composition == composition_of(known_ions[k].name)) return known_ions[k].z;
    double z = round(m->charge);
    return z == 0.0 && fabs(m->charge) > 0.3 ? copysign(1.0, m->charge) : z;
}

static il_status fail_charge(search *s, const char *word) {
    return ili_fail(
        s->ctx, IL_E_INPUT,
        "%s: found '%s' among the charges, expected NAME=NUMBER of a species that is followed, as in "
        "Li=1,TFSI=-1",
        s->where, word);
}

static il_status set_charges(search *s, const char *text) {
    char word[WORDS_MAX][WORD_MAX];
    ili_carriers *c = s->out;
    int n = read_words(text, word);
    if (n < 0) return fail_charge(s, text);
    for (int w = 0; w < n; w++) {
        char copy[WORD_MAX], *sign;
        double z;
        int group = -1;
        memcpy(copy, word[w], sizeof copy);
        if (!(sign = strchr(copy, '=')) || !ili_parse_real(sign + 1, &z) || fabs(z) > 10.0)
            return fail_charge(s, word[w]);
        *sign = 0;
        for (int k = 0; k < c->n_groups; k++)
            if (strcmp(c->groups[k].name, copy) == 0) group = k;
        if (group < 0 || isfinite(c->groups[group].z)) return fail_charge(s, word[w]);
        c->groups[group].z = z;
        s->is_told[group] = true;
    }
    for (int k = 0; k < c->n_groups; k++) {
        if (isnan(c->groups[k].z)) c->groups[k].z = charge_number(s, k);
        if (isnan(c->groups[k].z))
            return ili_fail(s->ctx, IL_E_INPUT,
                            "%s: the charge number of %s is not known; give it, as in --charges %s=1",
                            s->where, c->groups[k].name, c->groups[k].name);
    }
    return IL_OK;
}

static il_status set_reference(search *s, const char *name) {
    static const char *const names[] = {"none", "framework", "barycentre"}; /* order of ili_reference */
    ili_carriers *c = s->out;
    for (int32_t i = 0; i < c->n_atoms; i++) c->n_framework += c->framework[i] = c->group[i] < 0;
    for (int k = 0; k < 3; k++)
        if (strcmp(name, names[k]) == 0) c->reference = (ili_reference)k;
    if (!*name || strcmp(name, "auto") == 0)
        c->reference =
            c->has_molecules || !c->n_framework ? ILI_REFERENCE_BARYCENTRE : ILI_REFERENCE_FRAMEWORK;
    if (c->reference == ILI_REFERENCE_FRAMEWORK && !c->n_framework)
        return ili_fail(
            s->ctx, IL_E_INPUT,
            "%s: every atom is followed, so there is no framework to refer to; use --reference barycentre",
            s->where);
    return IL_OK;
}

static il_status make_arrays(search *s) {
    ili_carriers *c = s->out;
    const size_t n = (size_t)s->sys->n_atoms;
    c->n_atoms = s->sys->n_atoms;
    c->group = ili_alloc(n, sizeof *c->group);
    c->body = ili_alloc(n, sizeof *c->body);
    c->mass = ili_alloc(n, sizeof *c->mass);
    c->framework = ili_alloc(n, sizeof *c->framework);
    if (!c->group || !c->body || !c->mass || !c->framework)
        return ili_no_memory(s->ctx, "the species to follow");
    for (size_t i = 0; i < n; i++) {
        const ili_element *e = ili_element_of(s->sys->species[s->sys->type[i]].z);
        c->group[i] = c->body[i] = -1;
        c->mass[i] = s->binding ? s->binding->model->species[s->binding->type[i]].mass : e ? e->mass : NAN;
        if (!(c->mass[i] > 0.0))
            return ili_fail(s->ctx, IL_E_INPUT,
                            "%s: the mass of atom %zu (%s) is not known; name its element", s->where, i + 1,
                            s->sys->species[s->sys->type[i]].name);
    }
    for (int32_t m = 0; m < s->molecules.n; m++)
        c->has_molecules = c->has_molecules || s->molecules.all[m].n > 1;
    return IL_OK;
}

static il_status follow(search *s, const char *species) {
    char word[WORDS_MAX][WORD_MAX];
    int n = read_words(species, word);
    if (n < 0)
        return ili_fail(s->ctx, IL_E_INPUT,
                        "%s: '%s' names more than %d species, or one with more than %d letters", s->where,
                        species, WORDS_MAX, WORD_MAX - 1);
    for (int w = 0; w < n; w++) IL_TRY(follow_name(s, word[w]));
    if (n) return IL_OK;
    IL_TRY(follow_alkali(s));
    IL_TRY(follow_molecular_ions(s));
    if (s->out->n_groups) return IL_OK;
    return ili_fail(
        s->ctx, IL_E_INPUT,
        "%s: found no alkali ion and no molecular ion to follow; name the mobile species with --species",
        s->where);
}

/** Does nothing but the element tell what the atoms of this species are: no charge, no name, no neutral kind beside it? */
static bool is_bare(const il_system *sys, const ili_species *species) {
    const ili_element *e = ili_element_of(species->z);
    for (int32_t t = 0; t < sys->n_species; t++)
        if (sys->species[t].z == species->z && is_neutral_name(&sys->species[t])) return false;
    return e && isnan(species->charge) && strcmp(species->name, e->symbol) == 0;
}

/** Where neither model, charges, names nor the caller tell, a metal's atoms are counted with the ions of its element. */
static void warn_mixed(const search *s) {
    for (int32_t i = 0; i < s->sys->n_atoms && !s->binding && !s->sys->charge; i++) {
        const ili_species *species = &s->sys->species[s->sys->type[i]];
        const int group = s->out->group[i];
        if (group < 0 || s->out->body[i] >= 0 || !is_alkali(species->z)) continue;
        if (!s->is_told[group] && is_bare(s->sys, species))
            ili_warn(s->ctx,
                     "no charges and no names tell ions of %s from neutral atoms: all are followed as ions; "
                     "where some are metal, name these %s0, or give a --topology that does",
                     species->name, species->name);
    }
}

il_status ili_carriers_find(il_context *ctx, const il_system *sys, const ili_binding *binding,
                            const ili_carrier_choice *choice, const char *where, ili_carriers *out) {
    search s = {.ctx = ctx, .sys = sys, .binding = binding, .where = where, .out = out};
    il_status status;
    *out = (ili_carriers){0};
    IL_GO(find_molecules(ctx, sys, binding, &s.molecules));
    IL_GO(make_arrays(&s));
    IL_GO(follow(&s, choice->species));
    IL_GO(set_charges(&s, choice->charges));
    IL_GO(set_reference(&s, choice->reference));
    warn_mixed(&s);
    for (int k = 0; k < out->n_groups; k++) out->count[k] = count_particles(out, k);
out:
    ili_free(s.molecules.all);
    ili_free(s.molecules.of);
    if (status != IL_OK) ili_carriers_free(out);
    return status;
}

ili_transport_plan ili_carriers_plan(const ili_carriers *c, const ili_cell *cell, double frame_time,
                                     double temperature) {
    return (ili_transport_plan){.n_atoms = c->n_atoms,
                                .n_groups = c->n_groups,
                                .groups = c->groups,
                                .group = c->group,
                                .body = c->body,
                                .mass = c->mass,
                                .framework = c->reference == ILI_REFERENCE_FRAMEWORK ? c->framework : NULL,
                                .reference = c->reference,
                                .cell = *cell,
                                .frame_time = frame_time,
                                .temperature = temperature,
                                .vibrations = VIBRATIONS};
}

void ili_carriers_reference_text(const ili_carriers *c, char *text, size_t size) {
    static const char *const what[] = {"the laboratory frame",
                                       "the centre of mass of the framework (all that is not followed)",
                                       "the centre of mass of all atoms"};
    int32_t n = c->reference == ILI_REFERENCE_FRAMEWORK ? c->n_framework : c->n_atoms;
    snprintf(text, size, "relative to %s, %d atoms", what[c->reference], n);
}
