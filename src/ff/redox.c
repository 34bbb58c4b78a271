/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ff/redox.h"

#include "ff/model_build.h"

#include <math.h>
#include <string.h>

/** Charges are written with a few digits: what two of them may differ by and still be equal, e. */
static const double SAME_CHARGE = 1e-9;

/* Ladders. */

/** Species by rung, -1 where there is none; returns one more than the highest rung. */
static int collect(const il_model *model, int32_t bottom, int32_t rung[ILI_RUNGS_MAX]) {
    int n = 1;
    for (int k = 0; k < ILI_RUNGS_MAX; k++) rung[k] = -1;
    rung[0] = bottom;
    for (int32_t s = 0; s < model->n_species; s++) {
        const ili_model_species *species = &model->species[s];
        if (!species->electrons || strcmp(species->redox_of, model->species[bottom].base.name) != 0) continue;
        rung[species->electrons] = s;
        if (species->electrons >= n) n = species->electrons + 1;
    }
    return n;
}

static bool ladder_at(const il_model *model, int32_t bottom, ili_ladder *ladder) {
    *ladder = (ili_ladder){0};
    if (bottom < 0 || model->species[bottom].electrons) return false;
    ladder->n = collect(model, bottom, ladder->species);
    return ladder->n > 1;
}

int ili_ladders(const il_model *model, ili_ladder *ladders, int max) {
    int n = 0;
    for (int32_t s = 0; s < model->n_species; s++) {
        ili_ladder ladder;
        if (!ladder_at(model, s, &ladder)) continue;
        if (n < max) ladders[n] = ladder;
        n++;
    }
    return n;
}

bool ili_ladder_of(const il_model *model, int32_t species, ili_ladder *ladder, int *rung) {
    const ili_model_species *s = &model->species[species];
    *rung = s->electrons;
    return ladder_at(model, s->electrons ? ili_model_species_index(model, s->redox_of) : species, ladder);
}

double ili_electron_charge(const ili_ladder *ladder, const il_model *model) {
    return model->species[ladder->species[1]].base.charge - model->species[ladder->species[0]].base.charge;
}

/* What the file says. */

/** The redox key of a species, or what stands nearest to it when the species comes from an included file. */
static const ili_yaml_node *redox_node(const ili_model_builder *b, int32_t s) {
    const ili_yaml_node *map = ili_yaml_get(b->root, "species"),
                        *row = map ? ili_yaml_get(map, b->model->species[s].base.name) : NULL,
                        *redox = row ? ili_yaml_get(row, "redox") : NULL;
    const ili_yaml_node *include = ili_yaml_get(b->root, "include");
    return redox ? redox : include ? include : b->root;
}

static il_status check_rung(ili_model_builder *b, int32_t s, int32_t bottom) {
    const ili_model_species *above = &b->model->species[s], *below = &b->model->species[bottom];
    const ili_yaml_node *node = redox_node(b, s);
    if (below->electrons)
        return ili_yaml_fail(b->ctx, node, "redox of '%s': '%s' has a redox key itself; count from '%s'",
                             above->base.name, below->base.name, below->redox_of);
    if (above->base.z != below->base.z)
        return ili_yaml_fail(b->ctx, node, "redox of '%s': it is another element than '%s'", above->base.name,
                             below->base.name);
    if (above->is_ion != below->is_ion)
        return ili_yaml_fail(b->ctx, node, "redox of '%s': either both it and '%s' say ion: yes, or none",
                             above->base.name, below->base.name);
    for (int32_t t = 0; t < s; t++)
        if (b->model->species[t].electrons == above->electrons &&
            strcmp(b->model->species[t].redox_of, above->redox_of) == 0)
            return ili_yaml_fail(b->ctx, node, "redox: '%s' and '%s' both have %d electrons more than '%s'",
                                 b->model->species[t].base.name, above->base.name, above->electrons,
                                 below->base.name);
    return IL_OK;
}

/** No rung is missing and every electron carries the same charge. */
static il_status check_steps(ili_model_builder *b, int32_t bottom) {
    const il_model *model = b->model;
    int32_t rung[ILI_RUNGS_MAX];
    int n = collect(model, bottom, rung);
    const char *name = model->species[bottom].base.name;
    double step = 0.0;
    for (int k = 1; k < n; k++) {
        if (rung[k] < 0)
            return ili_yaml_fail(b->ctx, redox_node(b, rung[n - 1]),
                                 "redox of '%s': no species has %d electrons more than '%s'; leave none out",
                                 model->species[rung[n - 1]].base.name, k, name);
        const ili_model_species *here = &model->species[rung[k]], *before = &model->species[rung[k - 1]];
        double change = here->base.charge - before->base.charge;
        if (k == 1) step = change;
        if (!(step < 0.0))
            return ili_yaml_fail(
                b->ctx, redox_node(b, rung[k]),
                "redox of '%s': its charge is %+g e and that of '%s' %+g e, expected a lower "
                "one with an electron more",
                here->base.name, here->base.charge, name, before->base.charge);
        if (fabs(change - step) > SAME_CHARGE)
            return ili_yaml_fail(b->ctx, redox_node(b, rung[k]),
                                 "redox of '%s': its charge is %+g e, expected %+g e: every electron carries "
                                 "the charge of the first, %+g e",
                                 here->base.name, here->base.charge, before->base.charge + step, step);
    }
    return IL_OK;
}

il_status ili_model_check_ladders(ili_model_builder *b) {
    const il_model *model = b->model;
    for (int32_t s = 0; s < model->n_species; s++) {
        const ili_model_species *species = &model->species[s];
        if (!species->electrons) continue;
        int32_t bottom = ili_model_species_index(model, species->redox_of);
        if (bottom < 0)
            return ili_yaml_fail(b->ctx, redox_node(b, s), "redox of '%s': there is no species '%s' here",
                                 species->base.name, species->redox_of);
        IL_TRY(check_rung(b, s, bottom));
    }
    for (int32_t s = 0; s < model->n_species; s++)
        if (!model->species[s].electrons) IL_TRY(check_steps(b, s));
    return IL_OK;
}

const ili_model_entry *ili_entry_of_form(int n, const ili_model_entry *const *entries, const ili_form *form) {
    for (int k = 0; k < n; k++)
        if (entries[k]->form == form) return entries[k];
    return NULL;
}
