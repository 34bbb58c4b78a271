/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Species between two rungs. Every species of the new model is a mixture of at most two of the old one, sum_a w_a = 1; a
 *  parameter of the pair (I, J) is sum_ab w_a w_b p(a, b) over their parts. Old species are mixtures of themselves alone, so
 *  one rule serves all pairs. */
#include "ff/redox.h"

#include "base/alloc.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FORMS_MAX = 16 };

typedef struct blender {
    il_context *ctx;
    const il_model *from;
    il_model *to;
    ili_mixture *of; /**< [n_species of to] */
} blender;

static il_status mix_rungs(il_context *ctx, const il_model *model, const ili_ladder *ladder, double electrons,
                           ili_mixture *m) {
    if (!(electrons >= 0.0 && electrons <= ladder->n - 1))
        return ili_fail(ctx, IL_E_INPUT, "%g electrons on '%s', expected 0 to %d", electrons,
                        model->species[ladder->species[0]].base.name, ladder->n - 1);
    int low = (int)electrons;
    double w = electrons - low;
    *m = (ili_mixture){.n = 1, .part = {ladder->species[low]}, .weight = {1.0}};
    if (w == 0.0) return IL_OK;
    *m = (ili_mixture){
        .n = 2, .part = {ladder->species[low], ladder->species[low + 1]}, .weight = {1.0 - w, w}};
    return IL_OK;
}

/* Species. */

static il_status add_species(blender *b, int index, const char *name, const ili_mixture *m) {
    il_model *to = b->to;
    int32_t s = to->n_species++;
    ili_model_species *species = &to->species[s];
    b->of[s] = *m;
    *species = b->from->species[m->part[0]];
    species->redox_of[0] = 0;
    species->electrons = 0;
    species->n_bonded = -1;
    species->base.charge = species->mass = species->onsite = 0.0;
    for (int k = 0; k < m->n; k++) {
        const ili_model_species *part = &b->from->species[m->part[k]];
        species->base.charge += m->weight[k] * part->base.charge;
        species->mass += m->weight[k] * part->mass;
        species->onsite += m->weight[k] * part->onsite;
    }
    char text[ILI_NAME_MAX + 16];
    int length = snprintf(text, sizeof text, "%s~%d", name, index);
    if (length >= ILI_NAME_MAX)
        return ili_fail(b->ctx, IL_E_UNSUPPORTED,
                        "the species '%s' of spread electrons is longer than %d letters; call '%s' something "
                        "shorter",
                        text, ILI_NAME_MAX - 1, name);
    memcpy(species->base.name, text, (size_t)length + 1);
    if (!to->eam_kind) return IL_OK;
    for (int k = 0; k < m->n; k++)
        if (to->eam_kind[m->part[k]] != to->eam_kind[m->part[0]])
            return ili_fail(
                b->ctx, IL_E_UNSUPPORTED,
                "electrons cannot be spread over '%s' and '%s': the embedded-atom block knows one "
                "of them, or both as different ones",
                b->from->species[m->part[0]].base.name, b->from->species[m->part[k]].base.name);
    to->eam_kind[s] = to->eam_kind[m->part[0]];
    return IL_OK;
}

/* Pairs. */

static il_status uneven(const blender *b, const int32_t first[2], const int32_t other[2], const char *what) {
    const ili_model_species *s = b->from->species;
    return ili_fail(
        b->ctx, IL_E_UNSUPPORTED,
        "electrons cannot be spread: the pairs %s-%s and %s-%s %s; write the same terms for both, "
        "with an amplitude of 0 where there is none",
        s[first[1]].base.name, s[first[0]].base.name, s[other[1]].base.name, s[other[0]].base.name, what);
}

/** One pair of parts with its weight, its entries added to those of the pair. */
static il_status add_part(const blender *b, const int32_t pair[2], double weight, const int32_t first[2],
                          int n, ili_model_entry *sum) {
    const ili_model_entry *entry[FORMS_MAX];
    if (ili_model_pair_entries(b->from, pair[0], pair[1], entry, FORMS_MAX) != n)
        return uneven(b, first, pair, "do not have the same forms");
    for (int k = 0; k < n; k++) {
        const ili_model_entry *e = ili_entry_of_form(n, entry, sum[k].form);
        if (!e) return uneven(b, first, pair, "do not have the same forms");
        bool same_cutoff = e->cutoff == sum[k].cutoff || (isnan(e->cutoff) && isnan(sum[k].cutoff));
        if (!same_cutoff || e->truncation != sum[k].truncation || e->taper != sum[k].taper)
            return uneven(b, first, pair, "end in different ways at their cut-offs");
        for (int i = 0; i < ILI_PARAM_MAX; i++) sum[k].p[i] += weight * e->p[i];
    }
    return IL_OK;
}

static il_status add_entry(blender *b, const ili_model_entry *entry) {
    il_model *to = b->to;
    const char *wrong = entry->form->check ? entry->form->check(entry->p) : NULL;
    if (wrong)
        return ili_fail(b->ctx, IL_E_UNSUPPORTED, "electrons cannot be spread: %s-%s, between two rungs: %s",
                        to->species[entry->species[0]].base.name, to->species[entry->species[1]].base.name,
                        wrong);
    if (!ILI_GROW(to->entries, (size_t)to->n_entries + 1, to->cap_entries))
        return ili_no_memory(b->ctx, "the interactions of a model");
    to->entries[to->n_entries++] = *entry;
    return IL_OK;
}

static il_status add_reason(blender *b, int32_t i, int32_t j, const char *reason) {
    size_t n = (size_t)b->to->n_species;
    if (!reason) return IL_OK;
    char *copy = ili_strdup(reason);
    if (!copy) return ili_no_memory(b->ctx, "the pair matrix");
    b->to->no_pair_reason[(size_t)i * n + (size_t)j] = copy;
    b->to->no_pair_reason[(size_t)j * n + (size_t)i] = copy;
    return IL_OK;
}

/** The terms of species i <= j, or the reason why there is none. */
static il_status blend_pair(blender *b, int32_t i, int32_t j) {
    const ili_mixture *mi = &b->of[i], *mj = &b->of[j];
    const int32_t first[2] = {mi->part[0], mj->part[0]};
    const ili_model_entry *entry[FORMS_MAX];
    ili_model_entry sum[FORMS_MAX];
    int n = ili_model_pair_entries(b->from, first[0], first[1], entry, FORMS_MAX);
    if (n > FORMS_MAX)
        return ili_fail(b->ctx, IL_E_UNSUPPORTED, "more than %d forms for one pair", FORMS_MAX);
    for (int k = 0; k < n; k++) {
        sum[k] = *entry[k];
        sum[k].species[0] = i;
        sum[k].species[1] = j;
        memset(sum[k].p, 0, sizeof sum[k].p);
    }
    for (int p = 0; p < mi->n; p++)
        for (int q = 0; q < mj->n; q++) {
            const int32_t pair[2] = {mi->part[p], mj->part[q]};
            IL_TRY(add_part(b, pair, mi->weight[p] * mj->weight[q], first, n, sum));
        }
    for (int k = 0; k < n; k++) IL_TRY(add_entry(b, &sum[k]));
    return n ? IL_OK : add_reason(b, i, j, b->from->no_pair_reason[first[0] * b->from->n_species + first[1]]);
}

/* The whole. */

static il_status check_bonded(const blender *b, const ili_ladder *ladder) {
    for (int32_t k = 0; k < b->from->n_entries; k++) {
        const ili_model_entry *e = &b->from->entries[k];
        for (int i = 0; e->form->kind != ILI_PAIR && i < 4; i++)
            for (int r = 0; r < ladder->n; r++)
                if (e->species[i] == ladder->species[r] &&
                    (i < 2 || e->form->kind == ILI_TORSION || (i < 3 && e->form->kind == ILI_ANGLE)))
                    return ili_fail(b->ctx, IL_E_UNSUPPORTED,
                                    "electrons cannot be spread over '%s', which has a bonded term (%s)",
                                    b->from->species[e->species[i]].base.name, e->form->name);
    }
    return IL_OK;
}

/** Everything of the old model, with room for n more species. */
static il_status copy_model(blender *b, int n) {
    const il_model *from = b->from;
    il_model *to = b->to;
    size_t ns = (size_t)from->n_species, all = ns + (size_t)n;
    *to = *from;
    to->species = NULL;
    to->entries = NULL;
    to->terms = NULL;
    to->no_pair_reason = NULL;
    to->eam_kind = NULL;
    to->files = NULL;
    to->n_files = 0;
    to->borrows_eam = true;
    to->cap_species = to->cap_entries = to->cap_terms = to->cap_files = 0;
    bool ok = ILI_GROW(to->species, all, to->cap_species) &&
              ILI_GROW(to->entries, (size_t)from->n_entries + 1, to->cap_entries) &&
              ILI_GROW(to->terms, (size_t)from->n_terms + 1, to->cap_terms);
    if (ok && from->eam_kind) ok = (to->eam_kind = ili_alloc(all, sizeof *to->eam_kind)) != NULL;
    if (!ok) return ili_no_memory(b->ctx, "a copy of the model");
    memcpy(to->species, from->species, ns * sizeof *to->species);
    memcpy(to->entries, from->entries, (size_t)from->n_entries * sizeof *to->entries);
    memcpy(to->terms, from->terms, (size_t)from->n_terms * sizeof *to->terms);
    if (to->eam_kind) memcpy(to->eam_kind, from->eam_kind, ns * sizeof *to->eam_kind);
    for (int32_t s = 0; s < from->n_species; s++)
        b->of[s] = (ili_mixture){.n = 1, .part = {s}, .weight = {1.0}};
    return IL_OK;
}

/** Old pairs keep their entries and reasons; pairs with a new species get theirs. */
static il_status fill_pairs(blender *b) {
    const il_model *from = b->from;
    size_t all = (size_t)b->to->n_species;
    b->to->no_pair_reason = ili_alloc(all * all, sizeof *b->to->no_pair_reason);
    if (!b->to->no_pair_reason) return ili_no_memory(b->ctx, "the pair matrix");
    for (int32_t i = 0; i < from->n_species; i++)
        for (int32_t j = i; j < from->n_species; j++)
            IL_TRY(add_reason(b, i, j, from->no_pair_reason[i * from->n_species + j]));
    for (int32_t i = 0; i < b->to->n_species; i++)
        for (int32_t j = i > from->n_species ? i : from->n_species; j < b->to->n_species; j++)
            IL_TRY(blend_pair(b, i, j));
    return IL_OK;
}

il_status ili_model_blend(il_context *ctx, const il_model *model, const ili_ladder *ladder, int n,
                          const double *electrons, il_model **out) {
    il_status status = IL_OK;
    blender b = {.ctx = ctx, .from = model};
    *out = NULL;
    b.to = ili_alloc(1, sizeof *b.to);
    b.of = ili_alloc((size_t)model->n_species + (size_t)n, sizeof *b.of);
    if (!b.to || !b.of) IL_GO(ili_no_memory(ctx, "a copy of the model"));
    IL_GO(copy_model(&b, n));
    IL_GO(check_bonded(&b, ladder));
    for (int k = 0; k < n; k++) {
        ili_mixture m = {0};
        IL_GO(mix_rungs(ctx, model, ladder, electrons[k], &m));
        IL_GO(add_species(&b, k, model->species[ladder->species[0]].base.name, &m));
    }
    IL_GO(fill_pairs(&b));
    *out = b.to;
    b.to = NULL;
out:
    il_model_destroy(&b.to);
    ili_free(b.of);
    return status;
}
