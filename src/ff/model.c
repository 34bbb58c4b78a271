/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ff/model.h"

#include "base/alloc.h"
#include "base/data.h"
#include "ff/eam.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void il_model_destroy(il_model **out) {
    if (!out || !*out) return;
    il_model *model = *out;
    size_t n = (size_t)model->n_species;
    for (size_t i = 0; model->no_pair_reason && i < n; i++)
        for (size_t j = i; j < n; j++) ili_free(model->no_pair_reason[i * n + j]); /* shared with [j, i] */
    ili_free(model->no_pair_reason);
    ili_free(model->species);
    ili_free(model->entries);
    ili_free(model->terms);
    ili_free(model->files);
    ili_free(model->eam_kind);
    if (!model->borrows_eam) ili_eam_destroy(&model->eam);
    ili_free(model);
    *out = NULL;
}

int32_t ili_model_species_index(const il_model *model, const char *name) {
    for (int32_t s = 0; s < model->n_species; s++)
        if (strcmp(model->species[s].base.name, name) == 0) return s;
    return -1;
}

/* Finding. */

il_status ili_model_path(il_context *ctx, const char *name, char *path, size_t size) {
    return ili_data_path(ctx, "model", "potentials", name, path, size);
}

/* The pair matrix. */

bool ili_model_has_ions(const il_model *model) {
    for (int32_t s = 0; s < model->n_species; s++)
        if (model->species[s].is_ion) return true;
    return false;
}

int ili_model_pair_entries(const il_model *model, int32_t a, int32_t b, const ili_model_entry **entries,
                           int max) {
    int n = 0;
    for (int32_t k = 0; k < model->n_entries; k++) {
        const ili_model_entry *e = &model->entries[k];
        if (e->form->kind != ILI_PAIR) continue;
        bool is_pair =
            (e->species[0] == a && e->species[1] == b) || (e->species[0] == b && e->species[1] == a);
        if (!is_pair) continue;
        if (n < max) entries[n] = e;
        n++;
    }
    return n;
}
