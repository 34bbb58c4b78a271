/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ff/model.h"

#include "base/alloc.h"
#include "base/data.h"
#include "ff/eam.h"

#include <math.h>
#include <stdarg.h>
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
    ili_free(model->eam_kind);
    ili_eam_destroy(&model->eam);
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

/** A text that grows. */
typedef struct growing {
    char *text;
    size_t n, capacity;
    bool has_failed;
} growing;

__attribute__((format(printf, 2, 3))) static void append(growing *g, const char *format, ...) {
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    size_t length = strlen(line);
    g->has_failed = g->has_failed || !ILI_GROW(g->text, g->n + length + 1, g->capacity);
    if (g->has_failed) return;
    memcpy(g->text + g->n, line, length + 1);
    g->n += length;
}

static void append_entry(growing *g, const il_model *model, const ili_model_entry *e) {
    static const char *const ends[] = {"shifted", "plain", "tapered"};
    append(g, " %s to %g angstrom, %s", e->form->name, isnan(e->cutoff) ? model->short_cutoff : e->cutoff,
           ends[e->truncation]);
    for (int k = 0; e->form->params[k].name; k++) append(g, ", %s %.8g", e->form->params[k].name, e->p[k]);
    append(g, " [%s: %s]", model->terms[e->term].model, model->terms[e->term].source);
}

il_status ili_model_matrix_text(il_context *ctx, const il_model *model, const bool *used, char **text) {
    enum { N = 16 };
    growing g = {0};
    append(&g, "%s", "");
    for (int32_t i = 0; i < model->n_species; i++)
        for (int32_t j = i; j < model->n_species; j++) {
            const ili_model_entry *entries[N];
            if (used && (!used[i] || !used[j])) continue;
            append(&g, "%-6s %-6s", model->species[i].base.name, model->species[j].base.name);
            int n = ili_model_pair_entries(model, i, j, entries, N);
            for (int k = 0; k < n && k < N; k++) {
                append(&g, "%s", k ? " +" : "");
                append_entry(&g, model, entries[k]);
            }
            double reach =
                model->eam ? ili_eam_reach(model->eam, model->eam_kind[i], model->eam_kind[j]) : 0.0;
            bool is_metal = reach > 0.0 && ili_eam_is_embedded(model->eam, model->eam_kind[i]) &&
                            ili_eam_is_embedded(model->eam, model->eam_kind[j]);
            if (reach > 0.0)
                append(&g, "%s %s to %g angstrom [%s]", n ? " +" : "",
                       is_metal ? "embedded atoms" : "donated density", reach,
                       is_metal ? model->eam_source : model->donor_source);
            const char *reason = model->no_pair_reason[(size_t)i * (size_t)model->n_species + (size_t)j];
            if (reason) append(&g, " none: %s", reason);
            append(&g, "\n");
        }
    if (g.has_failed) {
        ili_free(g.text);
        return ili_no_memory(ctx, "the pair matrix");
    }
    *text = g.text;
    return IL_OK;
}
