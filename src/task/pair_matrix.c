/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/pair_matrix.h"

#include "base/alloc.h"
#include "ff/eam.h"
#include "ff/pairfn.h"
#include "math/vec.h"
#include "neigh/nlist.h"

#include <stdio.h>
#include <string.h>

typedef struct pair_sum {
    bool is_present;
    char forms[96]; /* "pmmcs + zbl" */
    double rc;      /* angstrom, longest */
    double energy;  /* eV */
    long n_pairs;
} pair_sum;

typedef struct matrix {
    const il_model *model;
    const ili_binding *binding;
    double short_cutoff;
    size_t ns;
    pair_sum *sum; /* [ns][ns], upper triangle used */
    double *rc;    /* [ns][ns] */
} matrix;

static pair_sum *cell_of(const matrix *m, int32_t a, int32_t b) {
    return &m->sum[(size_t)(a < b ? a : b) * m->ns + (size_t)(a < b ? b : a)];
}

static bool is_pair(const ili_model_entry *e) {
    return e->form->kind == ILI_PAIR;
}

static void collect_entries(matrix *m) {
    for (int32_t i = 0; i < m->model->n_entries; i++) {
        const ili_model_entry *e = &m->model->entries[i];
        if (!is_pair(e)) continue;
        int32_t a = e->species[0], b = e->species[1];
        pair_sum *p = cell_of(m, a, b);
        size_t used = strlen(p->forms);
        snprintf(p->forms + used, sizeof p->forms - used, "%s%s", used ? " + " : "", e->form->name);
        p->rc = fmax(p->rc, ili_entry_cutoff(e, m->short_cutoff));
        m->rc[(size_t)a * m->ns + (size_t)b] = m->rc[(size_t)b * m->ns + (size_t)a] = p->rc;
    }
}

static il_status mark_present(il_context *ctx, matrix *m) {
    bool *has = ili_alloc(m->ns, sizeof *has);
    if (!has) return ili_no_memory(ctx, "the pair matrix");
    for (int32_t i = 0; i < m->binding->n; i++) has[m->binding->type[i]] = true;
    for (size_t a = 0; a < m->ns; a++)
        for (size_t b = a; b < m->ns; b++) m->sum[a * m->ns + b].is_present = has[a] && has[b];
    ili_free(has);
    return IL_OK;
}

static void add_pair(matrix *m, int32_t a, int32_t b, double r) {
    pair_sum *p = cell_of(m, a, b);
    if (r >= p->rc) return;
    p->n_pairs++;
    for (int32_t i = 0; i < m->model->n_entries; i++) {
        const ili_model_entry *e = &m->model->entries[i];
        double dedr;
        if (is_pair(e) && cell_of(m, e->species[0], e->species[1]) == p)
            p->energy += ili_entry_energy(e, m->short_cutoff, r, &dedr);
    }
}

static il_status sum_pairs(il_context *ctx, matrix *m, const il_system *sys) {
    const ili_binding *b = m->binding;
    ili_nlist *list = NULL;
    il_status status = IL_OK;
    int32_t(*excluded)[2] = ili_alloc((size_t)b->n_specials, sizeof *excluded);
    if (!excluded) return ili_no_memory(ctx, "the exclusions");
    for (int32_t s = 0; s < b->n_specials; s++) {
        excluded[s][0] = b->specials[s].i;
        excluded[s][1] = b->specials[s].j;
    }
    IL_GO(ili_nlist_create(ctx, b->n, b->type, (int32_t)m->ns, m->rc, 0.0, b->n_specials,
                           (const int32_t(*)[2])excluded, &list));
    IL_GO(ili_nlist_update(ctx, list, &sys->cell, (const double(*)[3])sys->x));
    ili_nlist_view v = ili_nlist_get(list);
    for (int32_t i = 0; i < v.n_rows; i++)
        for (ili_nlist_walk w = ili_nlist_row(&v, i); ili_nlist_next(&w);) {
            double d[3];
            ili_sub(v.px[w.entry], v.px[i], d);
            add_pair(m, v.type[i], v.type[w.entry], ili_norm(d));
        }
out:
    ili_nlist_destroy(&list);
    ili_free(excluded);
    return status;
}

/** What binds a pair of species beside its pair forms; NULL: nothing. */
static const char *many_body(const matrix *m, size_t a, size_t b) {
    const il_model *model = m->model;
    if (!model->eam || !(ili_eam_reach(model->eam, model->eam_kind[a], model->eam_kind[b]) > 0.0))
        return NULL;
    bool is_metal = ili_eam_is_embedded(model->eam, model->eam_kind[a]) &&
                    ili_eam_is_embedded(model->eam, model->eam_kind[b]);
    return is_metal ? "embedded atoms" : "donated density";
}

static void write_rows(const matrix *m, il_report *report) {
    ili_json *rows = ili_json_list(report->json, "pair_matrix");
    ili_report_print(report, "\nshort-range pairs            cut-off A     number      energy eV  form\n");
    for (size_t a = 0; a < m->ns; a++)
        for (size_t b = a; b < m->ns; b++) {
            const pair_sum *p = &m->sum[a * m->ns + b];
            if (!p->is_present) continue;
            const char *one = m->model->species[a].base.name, *two = m->model->species[b].base.name;
            const char *many = many_body(m, a, b), *reason = NULL;
            if (!p->forms[0] && !many && m->model->no_pair_reason)
                reason = m->model->no_pair_reason[a * m->ns + b];
            ili_json *row = ili_json_child(rows, NULL);
            ili_json *names = ili_json_list(row, "species");
            ili_json_push_string(names, one);
            ili_json_push_string(names, two);
            ili_json_string(row, "form", p->forms[0] ? p->forms : NULL);
            if (many) ili_json_string(row, "many_body", many);
            if (reason) ili_json_string(row, "reason", reason);
            ili_json_real(row, "cutoff_A", p->forms[0] ? p->rc : NAN);
            ili_json_int(row, "pairs", p->n_pairs);
            ili_json_real(row, "energy_eV", p->energy);
            ili_report_print(report, "  %-12s %-12s %9.3f %10ld %14.6f  %s%s%s%s%s\n", one, two, p->rc,
                             p->n_pairs, p->energy, p->forms, p->forms[0] && many ? " + " : "",
                             many ? many : "", p->forms[0] || many ? "" : "none: ", reason ? reason : "");
        }
}

il_status ili_report_pair_matrix(il_context *ctx, il_report *report, const il_system *sys, const il_ff *ff) {
    matrix m = {.binding = ili_ff_binding(ff), .short_cutoff = ili_ff_settings(ff).short_cutoff};
    m.model = m.binding->model;
    m.ns = (size_t)m.model->n_species;
    m.sum = ili_alloc(m.ns * m.ns, sizeof *m.sum);
    m.rc = ili_alloc(m.ns * m.ns, sizeof *m.rc);
    il_status status = m.sum && m.rc ? IL_OK : ili_no_memory(ctx, "the pair matrix");
    if (status == IL_OK) {
        collect_entries(&m);
        status = mark_present(ctx, &m);
    }
    if (status == IL_OK) status = sum_pairs(ctx, &m, sys);
    if (status == IL_OK) write_rows(&m, report);
    ili_free(m.sum);
    ili_free(m.rc);
    return status;
}
