/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Binding: bonds first (given or perceived), then species, then what follows from the bonds: angles, torsions and
 *  the special pairs. Every list is made in the order of the atoms, so it is the same on every machine. */
#include "ff/bind.h"

#include "base/alloc.h"
#include "math/units.h"
#include "math/vec.h"
#include "neigh/nlist.h"
#include "system/element.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Two atoms are bonded when nearer than this times the sum of their covalent radii. */
static const double bond_reach = 1.25;
static const double NEUTRAL = 1e-6; /* e a cell */

/** Neighbours along bonds: those of atom i are to[start[i]] .. to[start[i + 1] - 1], ascending. */
typedef struct bond_graph {
    int32_t n_bonds;
    int32_t (*bonds)[2]; /**< i < j, sorted */
    int32_t *start, *to;
    size_t capacity;
} bond_graph;

typedef struct binder {
    il_context *ctx;
    const il_model *model;
    const il_system *sys;
    ili_binding *out;
    bond_graph graph;
} binder;

/** "atom 12 (CO)" for messages. */
static const char *atom_text(const il_system *sys, int32_t i, char text[48]) {
    snprintf(text, 48, "atom %d (%s)", i + 1, sys->species[sys->type[i]].name);
    return text;
}

/* Bonds. */

static bool may_be(const il_model *model, const ili_species *kind, int32_t s) {
    int32_t named = ili_model_species_index(model, kind->name);
    return named >= 0 ? named == s : model->species[s].base.z == kind->z;
}

/** Reach of a bond between two kinds of atoms, angstrom; 0: the model bonds no species that they may be. */
static double reach_between(const il_model *model, const ili_species *a, const ili_species *b) {
    for (int32_t k = 0; k < model->n_entries; k++) {
        const ili_model_entry *e = &model->entries[k];
        if (e->form->kind != ILI_BOND) continue;
        int32_t s = e->species[0], t = e->species[1];
        if ((may_be(model, a, s) && may_be(model, b, t)) || (may_be(model, a, t) && may_be(model, b, s)))
            return bond_reach *
                   (ili_element_of(a->z)->covalent_radius + ili_element_of(b->z)->covalent_radius);
    }
    return 0.0;
}

static int compare_bonds(const void *a, const void *b) {
    const int32_t *p = a, *q = b;
    if (p[0] != q[0]) return p[0] < q[0] ? -1 : 1;
    return (p[1] > q[1]) - (p[1] < q[1]);
}

static il_status keep_bond(binder *b, int32_t i, int32_t j) {
    bond_graph *g = &b->graph;
    if (!ILI_GROW(g->bonds, (size_t)g->n_bonds + 1, g->capacity)) return ili_no_memory(b->ctx, "the bonds");
    g->bonds[g->n_bonds][0] = i < j ? i : j;
    g->bonds[g->n_bonds++][1] = i < j ? j : i;
    return IL_OK;
}

static il_status bonds_from_list(binder *b, const ili_nlist_view *v, const double *reach) {
    int32_t n_types = b->sys->n_species;
    for (int32_t i = 0; i < v->n_rows; i++)
        for (ili_nlist_walk w = ili_nlist_row(v, i); ili_nlist_next(&w);) {
            int32_t j = w.entry;
            double d[3], rc = reach[v->type[i] * n_types + v->type[j]];
            ili_sub(v->px[j], v->px[i], d);
            if (ili_dot(d, d) > rc * rc) continue;
            if (v->atom[i] == v->atom[j]) {
                char text[48];
                return ili_fail(
                    b->ctx, IL_E_INPUT,
                    "%s lies within bonding distance of its own image; the cell is too small for this model",
                    atom_text(b->sys, v->atom[i], text));
            }
            IL_TRY(keep_bond(b, v->atom[i], v->atom[j]));
        }
    return IL_OK;
}

static il_status perceive_bonds(binder *b) {
    const il_system *sys = b->sys;
    int32_t n_types = sys->n_species;
    ili_nlist *list = NULL;
    il_status status = IL_OK;
    bool has_any = false;
    double *reach = ili_alloc((size_t)n_types * (size_t)n_types, sizeof *reach);
    if (!reach) return ili_no_memory(b->ctx, "the bonds");
    for (int32_t s = 0; s < n_types; s++)
        for (int32_t t = 0; t < n_types; t++) {
            reach[s * n_types + t] = reach_between(b->model, &sys->species[s], &sys->species[t]);
            has_any = has_any || reach[s * n_types + t] > 0.0;
        }
    if (has_any) {
        IL_GO(ili_nlist_create(b->ctx, sys->n_atoms, sys->type, n_types, reach, 0.0, 0, NULL, &list));
        IL_GO(ili_nlist_update(b->ctx, list, &sys->cell, (const double(*)[3])sys->x));
        ili_nlist_view view = ili_nlist_get(list);
        IL_GO(bonds_from_list(b, &view, reach));
    }
out:
    ili_nlist_destroy(&list);
    ili_free(reach);
    return status;
}

/** Sort the bonds, drop repeats (two images of one pair), and list the neighbours of each atom. */
static il_status make_graph(binder *b) {
    bond_graph *g = &b->graph;
    int32_t n = b->sys->n_atoms, kept = 0;
    if (g->n_bonds) qsort(g->bonds, (size_t)g->n_bonds, sizeof *g->bonds, compare_bonds);
    for (int32_t k = 0; k < g->n_bonds; k++) {
        if (kept > 0 && compare_bonds(g->bonds[k], g->bonds[kept - 1]) == 0) continue;
        g->bonds[kept][0] = g->bonds[k][0];
        g->bonds[kept++][1] = g->bonds[k][1];
    }
    g->n_bonds = kept;
    g->start = ili_alloc((size_t)n + 2, sizeof *g->start);
    g->to = ili_alloc(2 * (size_t)kept, sizeof *g->to);
    if (!g->start || !g->to) return ili_no_memory(b->ctx, "the bonds");
    for (int32_t k = 0; k < kept; k++)
        for (int e = 0; e < 2; e++) g->start[g->bonds[k][e] + 2]++;
    for (int32_t i = 0; i < n; i++) g->start[i + 2] += g->start[i + 1];
    /* Lower neighbours first, then higher ones: both come in ascending order from the sorted bonds. */
    for (int e = 1; e >= 0; e--)
        for (int32_t k = 0; k < kept; k++) g->to[g->start[g->bonds[k][e] + 1]++] = g->bonds[k][1 - e];
    return IL_OK;
}

static il_status find_bonds(binder *b) {
    const il_system *sys = b->sys;
    if (sys->n_bonds > 0) {
        for (int32_t k = 0; k < sys->n_bonds; k++) IL_TRY(keep_bond(b, sys->bonds[k][0], sys->bonds[k][1]));
    } else {
        IL_TRY(perceive_bonds(b));
    }
    return make_graph(b);
}

/* Species. */

/** The neighbour is what one item of a rule asks for: an element, or a species that it has been given. */
static bool item_fits(const binder *b, const char *item, int32_t neighbour) {
    int32_t type = b->out->type[neighbour];
    if (type >= 0 && strcmp(b->model->species[type].base.name, item) == 0) return true;
    return strcmp(ili_element_of(b->sys->species[b->sys->type[neighbour]].z)->symbol, item) == 0;
}

/** Items from `item` on can be matched to neighbours not yet taken (bits of `taken`). */
static bool match_items(const binder *b, const ili_model_species *s, const int32_t *to, int item,
                        unsigned taken) {
    if (item == s->n_bonded) return true;
    for (int k = 0; k < s->n_bonded; k++)
        if (!(taken & 1u << k) && item_fits(b, s->bonded[item], to[k]) &&
            match_items(b, s, to, item + 1, taken | 1u << k))
            return true;
    return false;
}

static bool rule_fits(const binder *b, const ili_model_species *s, int32_t i) {
    const bond_graph *g = &b->graph;
    if (s->n_bonded < 0) return true;
    return g->start[i + 1] - g->start[i] == s->n_bonded && match_items(b, s, g->to + g->start[i], 0, 0);
}

/** The one species that atom i may be; -1 none, -2 several (*first and *second name two of them). */
static int32_t choose_species(const binder *b, int32_t i, int32_t *first, int32_t *second) {
    const ili_species *kind = &b->sys->species[b->sys->type[i]];
    int32_t named = ili_model_species_index(b->model, kind->name), found = -1;
    if (named >= 0) return named;
    for (int32_t s = 0; s < b->model->n_species; s++) {
        if (b->model->species[s].base.z != kind->z || !rule_fits(b, &b->model->species[s], i)) continue;
        if (found >= 0) {
            *first = found;
            *second = s;
            return -2;
        }
        found = s;
    }
    return found;
}

/** "C, O, H": the elements bonded to atom i. */
static const char *neighbours_text(const binder *b, int32_t i, char text[80]) {
    const bond_graph *g = &b->graph;
    snprintf(text, 80, "%s", g->start[i] == g->start[i + 1] ? "nothing" : "");
    for (int32_t k = g->start[i]; k < g->start[i + 1]; k++) {
        size_t used = strlen(text);
        snprintf(text + used, 80 - used, "%s%s", used ? ", " : "",
                 ili_element_of(b->sys->species[b->sys->type[g->to[k]]].z)->symbol);
    }
    return text;
}

static il_status refuse_atom(const binder *b, int32_t i) {
    char atom[48], around[80];
    int32_t first = 0, second = 0, found = choose_species(b, i, &first, &second);
    const ili_model_species *species = b->model->species;
    atom_text(b->sys, i, atom);
    neighbours_text(b, i, around);
    if (found == -2)
        return ili_fail(
            b->ctx, IL_E_INPUT,
            "%s: %s, bonded to %s, may be %s or %s; name the species of the atom in the structure file",
            b->model->path, atom, around, species[first].base.name, species[second].base.name);
    return ili_fail(b->ctx, IL_E_INPUT, "%s: the model has no species for %s, bonded to %s", b->model->path,
                    atom, around);
}

static void spread_charges(ili_binding *out) {
    out->total_charge = 0.0;
    for (int32_t i = 0; i < out->n; i++) {
        out->charge[i] = out->species_charge[out->type[i]];
        out->total_charge += out->charge[i];
    }
}

/** Rules may ask for the species of a neighbour, so go round until nothing changes. */
static il_status assign_species(binder *b) {
    int32_t n = b->sys->n_atoms, first, second;
    for (int32_t i = 0; i < n; i++) b->out->type[i] = -1;
    for (bool is_changing = true; is_changing;) {
        is_changing = false;
        for (int32_t i = 0; i < n; i++) {
            if (b->out->type[i] >= 0) continue;
            int32_t s = choose_species(b, i, &first, &second);
            if (s < 0) continue;
            b->out->type[i] = s;
            is_changing = true;
        }
    }
    for (int32_t i = 0; i < n; i++)
        if (b->out->type[i] < 0) return refuse_atom(b, i);
    for (int32_t s = 0; s < b->model->n_species; s++)
        b->out->species_charge[s] = b->model->species[s].base.charge;
    spread_charges(b->out);
    return IL_OK;
}

/* Bonded lists. */

static const char *const kind_names[] = {
    [ILI_BOND] = "bond", [ILI_ANGLE] = "angle", [ILI_TORSION] = "torsion"};

/** The entry of a bonded tuple of n atoms, read in either direction. */
static il_status find_entry(const binder *b, ili_form_kind kind, int n, ili_bonded_item *item) {
    int32_t t[4];
    for (int k = 0; k < n; k++) t[k] = b->out->type[item->atom[k]];
    for (int32_t e = 0; e < b->model->n_entries; e++) {
        const ili_model_entry *entry = &b->model->entries[e];
        if (entry->form->kind != kind) continue;
        bool is_forward = true, is_backward = true;
        for (int k = 0; k < n; k++) {
            is_forward = is_forward && entry->species[k] == t[k];
            is_backward = is_backward && entry->species[n - 1 - k] == t[k];
        }
        if (!is_forward && !is_backward) continue;
        item->entry = e;
        return IL_OK;
    }
    char types[80] = "", atoms[80] = "";
    for (int k = 0; k < n; k++) {
        size_t used = strlen(types), used_atoms = strlen(atoms);
        snprintf(types + used, sizeof types - used, "%s%s", k ? "-" : "", b->model->species[t[k]].base.name);
        snprintf(atoms + used_atoms, sizeof atoms - used_atoms, "%s%d", k ? "-" : "", item->atom[k] + 1);
    }
    return ili_fail(b->ctx, IL_E_INPUT, "%s: no %s %s for the atoms %s; add it to the model", b->model->path,
                    kind_names[kind], types, atoms);
}

/** Is the angle of an item one that its entry acts on? Angles near a bound of the range are neither. */
static il_status is_in_range(const binder *b, const ili_bonded_item *item, bool *acts) {
    static const double margin = ILI_PI / 36.0;
    const double *range = b->model->entries[item->entry].range;
    double u[3], v[3], n[3];
    *acts = true;
    bool is_open[2] = {range[0] <= 0.0, range[1] >= ILI_PI}, is_near = false;
    if (is_open[0] && is_open[1]) return IL_OK;
    ili_sub(b->sys->x[item->atom[0]], b->sys->x[item->atom[1]], u);
    ili_sub(b->sys->x[item->atom[2]], b->sys->x[item->atom[1]], v);
    ili_cell_nearest(&b->sys->cell, u);
    ili_cell_nearest(&b->sys->cell, v);
    ili_cross(u, v, n);
    double theta = atan2(ili_norm(n), ili_dot(u, v));
    *acts = theta >= range[0] && theta <= range[1];
    for (int k = 0; k < 2; k++) is_near = is_near || (!is_open[k] && fabs(theta - range[k]) < margin);
    if (!is_near) return IL_OK;
    return ili_fail(
        b->ctx, IL_E_INPUT,
        "%s: the angle of the atoms %d-%d-%d is %.1f degrees, too near the end of the range of its term, "
        "%g to %g: start from a less distorted structure",
        b->model->path, item->atom[0] + 1, item->atom[1] + 1, item->atom[2] + 1, theta * 180.0 / ILI_PI,
        range[0] * 180.0 / ILI_PI, range[1] * 180.0 / ILI_PI);
}

static il_status add_item(const binder *b, ili_form_kind kind, int n, const int32_t *atom,
                          ili_bonded_item **list, int32_t *count, size_t *capacity) {
    ili_bonded_item item = {.atom = {-1, -1, -1, -1}};
    memcpy(item.atom, atom, (size_t)n * sizeof *atom);
    bool acts = true;
    IL_TRY(find_entry(b, kind, n, &item));
    if (kind == ILI_ANGLE) IL_TRY(is_in_range(b, &item, &acts));
    if (!acts) return IL_OK;
    if (!ili_grow((void **)list, (size_t)*count + 1, capacity, sizeof item))
        return ili_no_memory(b->ctx, "the bonded terms");
    (*list)[(*count)++] = item;
    return IL_OK;
}

static il_status add_special(const binder *b, int32_t i, int32_t j, double lj, double coulomb) {
    ili_binding *out = b->out;
    if (!ILI_GROW(out->specials, (size_t)out->n_specials + 1, out->cap_specials))
        return ili_no_memory(b->ctx, "the excluded pairs");
    out->specials[out->n_specials++] = (ili_special_pair){i < j ? i : j, i < j ? j : i, lj, coulomb};
    return IL_OK;
}

static il_status list_bonds(const binder *b) {
    ili_binding *out = b->out;
    for (int32_t k = 0; k < b->graph.n_bonds; k++) {
        const int32_t *atom = b->graph.bonds[k];
        IL_TRY(add_item(b, ILI_BOND, 2, atom, &out->bonds, &out->n_bonds, &out->cap_bonds));
        IL_TRY(add_special(b, atom[0], atom[1], 0.0, 0.0));
    }
    return IL_OK;
}

static il_status list_angles(const binder *b) {
    ili_binding *out = b->out;
    const bond_graph *g = &b->graph;
    for (int32_t j = 0; j < b->sys->n_atoms; j++)
        for (int32_t p = g->start[j]; p < g->start[j + 1]; p++)
            for (int32_t q = p + 1; q < g->start[j + 1]; q++) {
                const int32_t atom[3] = {g->to[p], j, g->to[q]};
                IL_TRY(add_item(b, ILI_ANGLE, 3, atom, &out->angles, &out->n_angles, &out->cap_angles));
                IL_TRY(add_special(b, atom[0], atom[2], 0.0, 0.0));
            }
    return IL_OK;
}

static il_status list_torsions(const binder *b) {
    ili_binding *out = b->out;
    const bond_graph *g = &b->graph;
    for (int32_t k = 0; k < g->n_bonds; k++) {
        int32_t j = g->bonds[k][0], l = g->bonds[k][1];
        for (int32_t p = g->start[j]; p < g->start[j + 1]; p++)
            for (int32_t q = g->start[l]; q < g->start[l + 1]; q++) {
                const int32_t atom[4] = {g->to[p], j, l, g->to[q]};
                if (atom[0] == l || atom[3] == j || atom[0] == atom[3]) continue;
                IL_TRY(
                    add_item(b, ILI_TORSION, 4, atom, &out->torsions, &out->n_torsions, &out->cap_torsions));
                IL_TRY(add_special(b, atom[0], atom[3], b->model->scale14_lj, b->model->scale14_coulomb));
            }
    }
    return IL_OK;
}

/** By atoms, and the nearer relation (smaller factors) first. */
static int compare_specials(const void *a, const void *b) {
    const ili_special_pair *p = a, *q = b;
    if (p->i != q->i) return p->i < q->i ? -1 : 1;
    if (p->j != q->j) return p->j < q->j ? -1 : 1;
    double d = p->scale_lj + p->scale_coulomb - q->scale_lj - q->scale_coulomb;
    return (d > 0.0) - (d < 0.0);
}

/** In rings a pair may be met on two ways; the shorter one counts. */
static void sort_specials(ili_binding *out) {
    int32_t kept = 0;
    if (out->n_specials)
        qsort(out->specials, (size_t)out->n_specials, sizeof *out->specials, compare_specials);
    for (int32_t k = 0; k < out->n_specials; k++) {
        const ili_special_pair *s = &out->specials[k];
        if (kept > 0 && out->specials[kept - 1].i == s->i && out->specials[kept - 1].j == s->j) continue;
        out->specials[kept++] = *s;
    }
    out->n_specials = kept;
}

/* The whole. */

/** A named species that has a rule must have the bonds of that rule: a file may have lost some, or name too few. */
static il_status check_named(const binder *b) {
    for (int32_t i = 0; i < b->sys->n_atoms; i++) {
        const ili_model_species *s = &b->model->species[b->out->type[i]];
        char atom[48], around[80], wanted[80] = "";
        if (rule_fits(b, s, i)) continue;
        for (int k = 0; k < s->n_bonded; k++) {
            size_t used = strlen(wanted);
            snprintf(wanted + used, sizeof wanted - used, "%s%s", k ? ", " : "", s->bonded[k]);
        }
        return ili_fail(
            b->ctx, IL_E_INPUT,
            "%s: %s is bonded to %s, but the model's species %s to %s; check the bonds and labels of the "
            "structure",
            b->model->path, atom_text(b->sys, i, atom), neighbours_text(b, i, around), s->base.name,
            wanted[0] ? wanted : "nothing");
    }
    return IL_OK;
}

static il_status check_charge(const binder *b, bool allow_charged) {
    double q = b->out->total_charge;
    if (allow_charged || fabs(q) <= NEUTRAL) return IL_OK;
    return ili_fail(
        b->ctx, IL_E_INPUT,
        "%s: the cell has a net charge of %+.6g e with the charges of this model, expected 0; check the "
        "composition of the structure",
        b->model->path, q);
}

static il_status bind_all(binder *b, bool allow_charged) {
    size_t n = (size_t)b->sys->n_atoms;
    b->out->type = ili_alloc(n, sizeof *b->out->type);
    b->out->charge = ili_alloc(n, sizeof *b->out->charge);
    b->out->species_charge = ili_alloc((size_t)b->model->n_species, sizeof *b->out->species_charge);
    if (!b->out->type || !b->out->charge || !b->out->species_charge)
        return ili_no_memory(b->ctx, "the species of the atoms");
    IL_TRY(find_bonds(b));
    IL_TRY(assign_species(b));
    IL_TRY(list_bonds(b));
    IL_TRY(list_angles(b));
    IL_TRY(list_torsions(b));
    IL_TRY(check_named(b));
    sort_specials(b->out);
    return check_charge(b, allow_charged);
}

il_status ili_bind(il_context *ctx, const il_model *model, const il_system *sys, bool allow_charged,
                   ili_binding *out) {
    *out = (ili_binding){.model = model, .n = sys->n_atoms};
    binder b = {.ctx = ctx, .model = model, .sys = sys, .out = out};
    il_status status = bind_all(&b, allow_charged);
    ili_free(b.graph.bonds);
    ili_free(b.graph.start);
    ili_free(b.graph.to);
    if (status != IL_OK) ili_binding_free(out);
    return status;
}

il_status ili_binding_scale_ions(il_context *ctx, ili_binding *binding, double factor) {
    const il_model *model = binding->model;
    if (!ili_model_has_ions(model))
        return ili_fail(
            ctx, IL_E_INPUT,
            "%s: the charges of ions are to be multiplied by %g, but the model marks no species as ion; "
            "leave the factor out",
            model->path, factor);
    for (int32_t s = 0; s < model->n_species; s++)
        if (model->species[s].is_ion) binding->species_charge[s] *= factor;
    spread_charges(binding);
    if (fabs(binding->total_charge) <= NEUTRAL) return IL_OK;
    return ili_fail(
        ctx, IL_E_INPUT,
        "%s: with the charges of its ions multiplied by %g the cell has a net charge of %+.6g e, expected "
        "0: the ions of this structure do not add up to 0 by themselves",
        model->path, factor, binding->total_charge);
}

double ili_binding_mass(const ili_binding *b) {
    double mass = 0.0;
    for (int32_t i = 0; i < b->n; i++) mass += b->model->species[b->type[i]].mass;
    return mass;
}

void ili_binding_free(ili_binding *binding) {
    ili_free(binding->type);
    ili_free(binding->charge);
    ili_free(binding->species_charge);
    ili_free(binding->bonds);
    ili_free(binding->angles);
    ili_free(binding->torsions);
    ili_free(binding->specials);
    *binding = (ili_binding){0};
}
