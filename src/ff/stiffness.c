/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ff/stiffness.h"

#include "base/alloc.h"
#include "ff/bonded.h"
#include "ff/eam.h"
#include "ff/pairfn.h"
#include "math/units.h"
#include "math/vec.h"
#include "neigh/nlist.h"

#include <string.h>

static const double REACH = 5.0;       /* angstrom, longest spring */
static const double SKIN = 0.5;        /* angstrom, of the lists */
static const double ALPHA = 0.3;       /* 1/angstrom, screening of the Coulomb springs: erfc(ALPHA r)/r */
static const double NEAREST = 0.6;     /* angstrom, where the tables begin; what is nearer counts as there */
static const double BIN = 0.02;        /* angstrom, of the tables */
static const double LEAST = 0.5;       /* eV/angstrom^2, curvature of an atom among all others, at least */
static const double DIFFERENCE = 1e-4; /* angstrom or radian, step of derivatives */

/** Curvature U'' and U'/r of a function of distance in bins. */
typedef struct curve {
    float along, across;
} curve;

struct ili_stiffness {
    const ili_binding *binding;
    double short_cutoff;
    int32_t n_species, n_bins;
    double *reach; /**< [n_species^2] */
    curve *pair;   /**< [n_species^2][n_bins] */
    curve *
        density; /**< [n_species^2][n_bins], that a neighbour (second) gives to an atom (first); NULL: no metal */
    double *rho, *slope; /**< [n] density at each atom, F' */
    ili_nlist *list, *metal;
};

void ili_stiffness_destroy(ili_stiffness **stiffness) {
    if (!stiffness || !*stiffness) return;
    ili_stiffness *s = *stiffness;
    ili_nlist_destroy(&s->list);
    ili_nlist_destroy(&s->metal);
    ili_free(s->reach);
    ili_free(s->pair);
    ili_free(s->density);
    ili_free(s->rho);
    ili_free(s->slope);
    ili_free(s);
    *stiffness = NULL;
}

/* ---- pair functions ------------------------------------------------------------------------------------ */

/** dU/dr of two species: forms, screened Coulomb, pair part of the metal. */
static double pair_slope(const ili_stiffness *s, int32_t a, int32_t b, double r) {
    const il_model *m = s->binding->model;
    double slope = 0.0, one;
    for (int32_t k = 0; k < m->n_entries; k++) {
        const ili_model_entry *e = &m->entries[k];
        const bool here =
            (e->species[0] == a && e->species[1] == b) || (e->species[0] == b && e->species[1] == a);
        if (e->form->kind != ILI_PAIR || !here) continue;
        ili_entry_energy(e, s->short_cutoff, r, &one);
        slope += one;
    }
    if (m->has_coulomb) {
        const double qq = ILI_COULOMB * s->binding->species_charge[a] * s->binding->species_charge[b],
                     ar = ALPHA * r;
        slope -= qq * (erfc(ar) / r + 2.0 * ALPHA / sqrt(ILI_PI) * exp(-ar * ar)) / r;
    }
    if (m->eam && m->eam_kind[a] >= 0 && m->eam_kind[b] >= 0) {
        ili_eam_pair(m->eam, m->eam_kind[a], m->eam_kind[b], r, &one);
        slope += one;
    }
    return slope;
}

static double density_slope(const ili_stiffness *s, int32_t at, int32_t from, double r) {
    const il_model *m = s->binding->model;
    double slope = 0.0;
    if (ili_eam_is_embedded(m->eam, m->eam_kind[at]) && m->eam_kind[from] >= 0)
        ili_eam_density(m->eam, m->eam_kind[from], m->eam_kind[at], r, &slope);
    return slope;
}

static void tabulate(const ili_stiffness *s, double (*slope)(const ili_stiffness *, int32_t, int32_t, double),
                     const bool *used, curve *table) {
    for (int32_t a = 0; a < s->n_species; a++)
        for (int32_t b = 0; b < s->n_species; b++)
            for (int32_t k = 0; used[a] && used[b] && k < s->n_bins; k++) {
                const double r = NEAREST + (k + 0.5) * BIN;
                curve *c = &table[(a * s->n_species + b) * s->n_bins + k];
                c->along = (float)((slope(s, a, b, r + DIFFERENCE) - slope(s, a, b, r - DIFFERENCE)) /
                                   (2.0 * DIFFERENCE));
                c->across = (float)(slope(s, a, b, r) / r);
            }
}

static curve look_up(const ili_stiffness *s, const curve *table, int32_t a, int32_t b, double r) {
    int32_t k = (int32_t)(fmax(r - NEAREST, 0.0) / BIN);
    if (k >= s->n_bins) k = s->n_bins - 1;
    return table[(a * s->n_species + b) * s->n_bins + k];
}

/* ---- assembly ------------------------------------------------------------------------------------------ */

static void add_spring(ili_couplings *out, int32_t i, int32_t j, const double d[3], double r, double along,
                       double across) {
    double k[3][3];
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            k[a][b] = (along - across) * d[a] * d[b] / (r * r) + (a == b ? across : 0.0);
    ili_couplings_add(out, i, j, (const double(*)[3])k);
}

static il_status find_densities(il_context *ctx, ili_stiffness *s, const ili_cell *cell,
                                const double (*x)[3]) {
    const il_model *m = s->binding->model;
    IL_TRY(ili_nlist_update(ctx, s->metal, cell, x));
    ili_nlist_view v = ili_nlist_get(s->metal);
    memset(s->rho, 0, (size_t)s->binding->n * sizeof *s->rho);
    for (int32_t row = 0; row < v.n_rows; row++)
        for (ili_nlist_walk w = ili_nlist_row(&v, row); ili_nlist_next(&w);) {
            double d[3], unused;
            ili_sub(v.px[w.entry], v.px[row], d);
            const int a = m->eam_kind[v.type[row]], b = m->eam_kind[v.type[w.entry]];
            const double r = ili_norm(d);
            if (ili_eam_is_embedded(m->eam, a))
                s->rho[v.atom[row]] += ili_eam_density(m->eam, b, a, r, &unused);
            if (ili_eam_is_embedded(m->eam, b))
                s->rho[v.atom[w.entry]] += ili_eam_density(m->eam, a, b, r, &unused);
        }
    for (int32_t i = 0; i < s->binding->n; i++) {
        const int kind = m->eam_kind[s->binding->type[i]];
        s->slope[i] = 0.0;
        if (ili_eam_is_embedded(m->eam, kind)) ili_eam_embedding(m->eam, kind, s->rho[i], &s->slope[i]);
    }
    return IL_OK;
}

static il_status add_pairs(il_context *ctx, ili_stiffness *s, const ili_cell *cell, const double (*x)[3],
                           ili_couplings *out) {
    if (s->density) IL_TRY(find_densities(ctx, s, cell, x));
    IL_TRY(ili_nlist_update(ctx, s->list, cell, x));
    ili_nlist_view v = ili_nlist_get(s->list);
    for (int32_t row = 0; row < v.n_rows; row++)
        for (ili_nlist_walk w = ili_nlist_row(&v, row); ili_nlist_next(&w);) {
            const int32_t a = v.type[row], b = v.type[w.entry], i = v.atom[row], j = v.atom[w.entry];
            double d[3];
            ili_sub(v.px[w.entry], v.px[row], d);
            const double r = ili_norm(d), reach = s->reach[a * s->n_species + b];
            if (r >= reach || r == 0.0) continue;
            curve c = look_up(s, s->pair, a, b, r);
            double along = c.along, across = c.across;
            if (s->density) {
                const curve here = look_up(s, s->density, a, b, r), there = look_up(s, s->density, b, a, r);
                along += s->slope[i] * here.along + s->slope[j] * there.along;
                across += s->slope[i] * here.across + s->slope[j] * there.across;
            }
            add_spring(out, i, j, d, r, along, across);
        }
    return IL_OK;
}

static void add_items(const ili_stiffness *s, const ili_cell *cell, const double (*x)[3], int n_atoms,
                      int32_t n, const ili_bonded_item *items, ili_couplings *out) {
    for (int32_t q = 0; q < n; q++) {
        const ili_model_entry *e = &s->binding->model->entries[items[q].entry];
        double u, g[4][3], up, down, k[3][3];
        ili_bonded_slope(cell, x, n_atoms, items[q].atom, &u, g);
        e->form->value(e->p, u + DIFFERENCE, &up);
        e->form->value(e->p, u - DIFFERENCE, &down);
        const double c = fabs(up - down) / (2.0 * DIFFERENCE);
        for (int a = 0; a < n_atoms; a++)
            for (int b = a + 1; b < n_atoms; b++) {
                for (int l = 0; l < 3; l++)
                    for (int m = 0; m < 3; m++) k[l][m] = -c * g[a][l] * g[b][m];
                ili_couplings_add(out, items[q].atom[a], items[q].atom[b], (const double(*)[3])k);
            }
    }
}

il_status ili_stiffness_compute(il_context *ctx, ili_stiffness *s, const ili_cell *cell, const double (*x)[3],
                                ili_couplings *out) {
    const ili_binding *b = s->binding;
    ili_couplings_clear(out);
    IL_TRY(add_pairs(ctx, s, cell, x, out));
    add_items(s, cell, x, 2, b->n_bonds, b->bonds, out);
    add_items(s, cell, x, 3, b->n_angles, b->angles, out);
    add_items(s, cell, x, 4, b->n_torsions, b->torsions, out);
    return ili_couplings_finish(ctx, out, LEAST);
}

/* ---- plan ---------------------------------------------------------------------------------------------- */

static double reach_of(const ili_stiffness *s, int32_t a, int32_t b, bool *metal) {
    const il_model *m = s->binding->model;
    double reach = 0.0;
    *metal = m->eam && ili_eam_reach(m->eam, m->eam_kind[a], m->eam_kind[b]) > 0.0;
    for (int32_t k = 0; k < m->n_entries; k++) {
        const ili_model_entry *e = &m->entries[k];
        const bool here =
            (e->species[0] == a && e->species[1] == b) || (e->species[0] == b && e->species[1] == a);
        if (e->form->kind == ILI_PAIR && here) reach = fmax(reach, ili_entry_cutoff(e, s->short_cutoff));
    }
    if (*metal) reach = fmax(reach, ili_eam_reach(m->eam, m->eam_kind[a], m->eam_kind[b]));
    if (m->has_coulomb && s->binding->species_charge[a] != 0.0 && s->binding->species_charge[b] != 0.0)
        reach = 1e9;
    return fmin(reach, REACH);
}

static il_status make_lists(il_context *ctx, ili_stiffness *s) {
    const ili_binding *b = s->binding;
    const size_t ns = (size_t)s->n_species;
    bool any = false;
    double *metal = ili_alloc(ns * ns, sizeof *metal);
    int32_t(*excluded)[2] = ili_alloc((size_t)b->n_specials, sizeof *excluded);
    il_status status = IL_OK;
    if (!metal || !excluded) IL_GO(ili_no_memory(ctx, "the stiffness"));
    for (int32_t k = 0; k < b->n_specials; k++) {
        excluded[k][0] = b->specials[k].i;
        excluded[k][1] = b->specials[k].j;
    }
    for (size_t k = 0; k < ns * ns; k++) {
        bool is_metal;
        s->reach[k] = reach_of(s, (int32_t)(k / ns), (int32_t)(k % ns), &is_metal);
        if (is_metal)
            metal[k] = ili_eam_reach(b->model->eam, b->model->eam_kind[k / ns], b->model->eam_kind[k % ns]);
        any = any || is_metal;
    }
    IL_GO(ili_nlist_create(ctx, b->n, b->type, s->n_species, s->reach, SKIN, b->n_specials,
                           (const int32_t(*)[2])excluded, &s->list));
    if (!any) goto out;
    IL_GO(ili_nlist_create(ctx, b->n, b->type, s->n_species, metal, SKIN, 0, NULL, &s->metal));
    s->density = ili_alloc(ns * ns * (size_t)s->n_bins, sizeof *s->density);
    s->rho = ili_alloc((size_t)b->n, sizeof *s->rho);
    s->slope = ili_alloc((size_t)b->n, sizeof *s->slope);
    if (!s->density || !s->rho || !s->slope) IL_GO(ili_no_memory(ctx, "the stiffness"));
out:
    ili_free(metal);
    ili_free(excluded);
    return status;
}

il_status ili_stiffness_create(il_context *ctx, const il_ff *ff, ili_stiffness **out) {
    *out = NULL;
    ili_stiffness *s = ili_alloc(1, sizeof *s);
    if (!s) return ili_no_memory(ctx, "the stiffness");
    il_status status = IL_OK;
    bool *used = NULL;
    s->binding = ili_ff_binding(ff);
    s->short_cutoff = ili_ff_settings(ff).short_cutoff;
    s->n_species = s->binding->model->n_species;
    s->n_bins = (int32_t)((REACH - NEAREST) / BIN) + 1;
    const size_t ns = (size_t)s->n_species;
    s->reach = ili_alloc(ns * ns, sizeof *s->reach);
    s->pair = ili_alloc(ns * ns * (size_t)s->n_bins, sizeof *s->pair);
    used = ili_alloc(ns, sizeof *used);
    if (!s->reach || !s->pair || !used) IL_GO(ili_no_memory(ctx, "the stiffness"));
    IL_GO(make_lists(ctx, s));
    for (int32_t i = 0; i < s->binding->n; i++) used[s->binding->type[i]] = true;
    tabulate(s, pair_slope, used, s->pair);
    if (s->density) tabulate(s, density_slope, used, s->density);
out:
    ili_free(used);
    if (status != IL_OK) ili_stiffness_destroy(&s);
    *out = s;
    return status;
}
