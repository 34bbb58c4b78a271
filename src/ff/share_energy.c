/* SPDX-License-Identifier: GPL-3.0-or-later */
/** E(n) = sum_a s_a(n_a) + 1/2 q A q + q V + sum_pairs U(p(n_a, n_b); r), q_a = q_a0 + n_a q_e.
 *
 *  s: between the chords' mean slopes d_k, d_k+1 at two rungs the slope rises linearly to that of the chord and on to d_k+1 (a
 *  quadratic spline with one knot per interval, Schumaker 1983), so it is convex for any convex rungs.
 *  p: as ili_model_blend interpolates them, continued beyond an interval where a difference needs it. */
#include "ff/share_energy.h"

#include "base/alloc.h"
#include "ff/ewald_matrix.h"
#include "ff/pairfn.h"
#include "math/vec.h"
#include "neigh/nlist.h"

#include <math.h>
#include <string.h>

enum { FORMS_MAX = 16, POINTS = 5 };
static const double CONVEX = 1e-6; /* eV by which an electron must cost more than the one before */
static const double STEP = 0.02;   /* of a share, in differences */

/** Ion a, and the atom at the distance r: ion b, or another one (b = -1). */
typedef struct share_pair {
    int32_t a, b, species;
    double r;
} share_pair;

struct ili_share_energy {
    const il_model *model;
    double short_cutoff;
    int32_t m;
    ili_ladder *ladder; /**< [m] */
    double *a, *v;      /**< [m][m], [m]: Coulomb */
    double *q, *field;  /**< [m] scratch */
    int64_t n_pairs;
    share_pair *pairs;
    size_t cap_pairs;
    const ili_model_entry **entry; /**< of pair (s, t) from first[s * n_species + t] */
    int32_t *first;
    size_t cap_entry;
};

/* On-site energies. */

static double rung_energy(const il_model *model, const ili_ladder *l, int k) {
    return model->species[l->species[k]].onsite;
}

static double chord(const il_model *model, const ili_ladder *l, int k) {
    return rung_energy(model, l, k + 1) - rung_energy(model, l, k);
}

bool ili_onsite_is_convex(const il_model *model, const ili_ladder *ladder) {
    for (int k = 1; k < ladder->n - 1; k++)
        if (!(chord(model, ladder, k) - chord(model, ladder, k - 1) > CONVEX)) return false;
    return ladder->n > 2;
}

/** Slope at a rung: mean of the chords beside it; at the ends the last difference goes on. */
static double rung_slope(const il_model *model, const ili_ladder *l, int k) {
    int last = l->n - 1;
    if (k == 0) return 1.5 * chord(model, l, 0) - 0.5 * chord(model, l, 1);
    if (k == last) return 1.5 * chord(model, l, last - 1) - 0.5 * chord(model, l, last - 2);
    return 0.5 * (chord(model, l, k - 1) + chord(model, l, k));
}

double ili_onsite_smooth(const il_model *model, const ili_ladder *ladder, double electrons, int segment,
                         double *slope, double *curvature) {
    double c = chord(model, ladder, segment), low = rung_slope(model, ladder, segment),
           high = rung_slope(model, ladder, segment + 1);
    double knot = (high - c) / (high - low), u = electrons - segment;
    bool is_first = u < knot;
    double bend = is_first ? (c - low) / knot : (high - c) / (1.0 - knot);
    if (curvature) *curvature = bend;
    if (is_first) {
        if (slope) *slope = low + bend * u;
        return rung_energy(model, ladder, segment) + u * (low + 0.5 * bend * u);
    }
    double back = 1.0 - u;
    if (slope) *slope = high - bend * back;
    return rung_energy(model, ladder, segment + 1) - back * (high - 0.5 * bend * back);
}

/* Pair terms. */

void ili_share_energy_destroy(ili_share_energy **energy) {
    ili_share_energy *e = *energy;
    if (!e) return;
    void *blocks[] = {e->ladder, e->a, e->v, e->q, e->field, e->pairs, e->entry, e->first};
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++) ili_free(blocks[k]);
    ili_free(e);
    *energy = NULL;
}

/** Entries of all pairs of species that hold a rung; the longest cut-off among them. */
static il_status list_entries(il_context *ctx, ili_share_energy *e, double *reach) {
    int32_t ns = e->model->n_species, count = 0;
    bool *is_rung = ili_alloc((size_t)ns, sizeof *is_rung);
    e->first = ili_alloc((size_t)ns * (size_t)ns + 1, sizeof *e->first);
    il_status status = is_rung && e->first ? IL_OK : ili_no_memory(ctx, "the pair terms of the ions");
    for (int32_t i = 0; i < e->m && status == IL_OK; i++)
        for (int k = 0; k < e->ladder[i].n; k++) is_rung[e->ladder[i].species[k]] = true;
    *reach = 0.0;
    for (int32_t s = 0; s < ns * ns && status == IL_OK; s++) {
        e->first[s] = count;
        if (!is_rung[s / ns] && !is_rung[s % ns]) continue;
        if (!ILI_GROW(e->entry, (size_t)count + FORMS_MAX, e->cap_entry)) {
            status = ili_no_memory(ctx, "the pair terms of the ions");
            break;
        }
        count += ili_model_pair_entries(e->model, s / ns, s % ns, e->entry + count, FORMS_MAX);
        for (int32_t k = e->first[s]; k < count; k++)
            *reach = fmax(*reach, ili_entry_cutoff(e->entry[k], e->short_cutoff));
    }
    if (status == IL_OK) e->first[ns * ns] = count;
    ili_free(is_rung);
    return status;
}

static il_status add_pair(il_context *ctx, ili_share_energy *e, const int32_t *ion_of, const int32_t *type,
                          int32_t i, int32_t j, double r) {
    share_pair pair = {.a = ion_of[i], .b = ion_of[j], .species = type[j], .r = r};
    if (pair.a < 0) pair = (share_pair){.a = ion_of[j], .b = -1, .species = type[i], .r = r};
    /* the blends of a ladder have the same forms on all rungs: one pair of species speaks for all */
    int32_t s = e->ladder[pair.a].species[0] * e->model->n_species + pair.species;
    if (e->first[s] == e->first[s + 1]) return IL_OK;
    if (!ILI_GROW(e->pairs, (size_t)e->n_pairs + 1, e->cap_pairs))
        return ili_no_memory(ctx, "the neighbours of the ions");
    e->pairs[e->n_pairs++] = pair;
    return IL_OK;
}

static il_status list_pairs(il_context *ctx, ili_share_energy *e, const il_system *sys, const int32_t *type,
                            const int32_t *atom, double rc) {
    const double reach[4] = {0.0, rc, rc, rc};
    int32_t n = sys->n_atoms;
    ili_nlist *list = NULL;
    il_status status = IL_OK;
    int32_t *ion_of = ili_alloc((size_t)n, sizeof *ion_of), *kind = ili_alloc((size_t)n, sizeof *kind);
    if (!ion_of || !kind) IL_GO(ili_no_memory(ctx, "the neighbours of the ions"));
    for (int32_t i = 0; i < n; i++) ion_of[i] = -1;
    for (int32_t k = 0; k < e->m; k++) {
        ion_of[atom[k]] = k;
        kind[atom[k]] = 1;
    }
    IL_GO(ili_nlist_create(ctx, n, kind, 2, reach, 0.0, 0, NULL, &list));
    IL_GO(ili_nlist_update(ctx, list, &sys->cell, (const double(*)[3])sys->x));
    ili_nlist_view view = ili_nlist_get(list);
    for (int32_t row = 0; row < view.n_rows; row++)
        for (ili_nlist_walk w = ili_nlist_row(&view, row); ili_nlist_next(&w);) {
            double d[3];
            ili_sub(view.px[w.entry], view.px[row], d);
            double r = ili_norm(d);
            if (r < rc) IL_GO(add_pair(ctx, e, ion_of, type, view.atom[row], view.atom[w.entry], r));
        }
out:
    ili_nlist_destroy(&list);
    ili_free(ion_of);
    ili_free(kind);
    return status;
}

il_status ili_share_energy_create(il_context *ctx, const il_model *model, double short_cutoff,
                                  const il_system *sys, const int32_t *type, const double *charge, int32_t m,
                                  const int32_t *atom, const ili_ladder *ladder, ili_share_energy **out) {
    size_t count = (size_t)m;
    double reach;
    il_status status = IL_OK;
    ili_share_energy *e = ili_alloc(1, sizeof *e);
    *out = NULL;
    if (!e) return ili_no_memory(ctx, "the energy of the shares");
    e->model = model;
    e->short_cutoff = short_cutoff;
    e->m = m;
    e->ladder = ili_alloc(count, sizeof *e->ladder);
    e->a = ili_alloc(count * count, sizeof *e->a);
    e->v = ili_alloc(count, sizeof *e->v);
    e->q = ili_alloc(count, sizeof *e->q);
    e->field = ili_alloc(count, sizeof *e->field);
    if (!e->ladder || !e->a || !e->v || !e->q || !e->field)
        IL_GO(ili_no_memory(ctx, "the energy of the shares"));
    memcpy(e->ladder, ladder, count * sizeof *ladder);
    IL_GO(ili_ewald_matrix(ctx, sys, charge, m, atom, e->a, e->v));
    IL_GO(list_entries(ctx, e, &reach));
    if (reach > 0.0) IL_GO(list_pairs(ctx, e, sys, type, atom, reach));
    *out = e;
    e = NULL;
out:
    ili_share_energy_destroy(&e);
    return status;
}

static ili_mixture mix(const ili_ladder *l, double n, int segment) {
    double w = n - segment;
    return (ili_mixture){
        .n = 2, .part = {l->species[segment], l->species[segment + 1]}, .weight = {1.0 - w, w}};
}

/** Pair terms of two mixtures at r, with interpolated parameters. */
static double pair_energy(const ili_share_energy *e, const ili_mixture *x, const ili_mixture *y, double r) {
    int32_t ns = e->model->n_species, first = x->part[0] * ns + y->part[0];
    double energy = 0.0, unused;
    for (int32_t k = e->first[first]; k < e->first[first + 1]; k++) {
        ili_model_entry sum = *e->entry[k];
        memset(sum.p, 0, sizeof sum.p);
        for (int c = 0; c < x->n * y->n; c++) {
            int i = c / y->n, j = c % y->n;
            const int32_t *from = &e->first[x->part[i] * ns + y->part[j]];
            const ili_model_entry *part = ili_entry_of_form(from[1] - from[0], e->entry + from[0], sum.form);
            for (int p = 0; part && p < ILI_PARAM_MAX; p++)
                sum.p[p] += x->weight[i] * y->weight[j] * part->p[p];
        }
        energy += ili_entry_energy(&sum, e->short_cutoff, r, &unused);
    }
    return energy;
}

/** Energy of a pair with the share of ion `of` moved by `by`. */
static double moved_energy(const ili_share_energy *e, const share_pair *p, const double *n,
                           const int *segment, int32_t of, double by) {
    ili_mixture x = mix(&e->ladder[p->a], n[p->a] + (p->a == of ? by : 0.0), segment[p->a]);
    ili_mixture y = {.n = 1, .part = {p->species}, .weight = {1.0}};
    if (p->b >= 0) y = mix(&e->ladder[p->b], n[p->b] + (p->b == of ? by : 0.0), segment[p->b]);
    return pair_energy(e, &x, &y, p->r);
}

static void add_pair_slopes(const ili_share_energy *e, const share_pair *p, const double *n,
                            const int *segment, int32_t of, double *gradient, double *hessian) {
    double u[POINTS];
    for (int k = 0; k < POINTS; k++) u[k] = moved_energy(e, p, n, segment, of, (k - 2) * STEP);
    gradient[of] += (u[0] - 8.0 * u[1] + 8.0 * u[3] - u[4]) / (12.0 * STEP);
    if (hessian)
        hessian[of * e->m + of] +=
            (-u[0] + 16.0 * u[1] - 30.0 * u[2] + 16.0 * u[3] - u[4]) / (12.0 * STEP * STEP);
}

/* The whole. */

/** On-site and Coulomb energy. */
static double add_charges(const ili_share_energy *e, const double *n, const int *segment, double *gradient,
                          double *hessian) {
    double energy = 0.0;
    for (int32_t i = 0; i < e->m; i++)
        e->q[i] = e->model->species[e->ladder[i].species[0]].base.charge +
                  n[i] * ili_electron_charge(&e->ladder[i], e->model);
    for (int32_t i = 0; i < e->m; i++) {
        double slope, curvature, qe = ili_electron_charge(&e->ladder[i], e->model);
        e->field[i] = e->v[i];
        for (int32_t j = 0; j < e->m; j++) e->field[i] += e->a[i * e->m + j] * e->q[j];
        energy += ili_onsite_smooth(e->model, &e->ladder[i], n[i], segment[i], &slope, &curvature) +
                  0.5 * e->q[i] * (e->field[i] + e->v[i]);
        if (gradient) gradient[i] = slope + qe * e->field[i];
        for (int32_t j = 0; hessian && j < e->m; j++)
            hessian[i * e->m + j] = (i == j ? curvature : 0.0) +
                                    qe * e->a[i * e->m + j] * ili_electron_charge(&e->ladder[j], e->model);
    }
    return energy;
}

void ili_share_energy_at(void *user, const double *n, const int *segment, double *energy, double *gradient,
                         double *hessian) {
    const ili_share_energy *e = user;
    *energy = add_charges(e, n, segment, gradient, hessian);
    for (int64_t k = 0; k < e->n_pairs; k++) {
        const share_pair *p = &e->pairs[k];
        *energy += moved_energy(e, p, n, segment, p->a, 0.0);
        if (!gradient) continue;
        add_pair_slopes(e, p, n, segment, p->a, gradient, hessian);
        if (p->b >= 0 && p->b != p->a) add_pair_slopes(e, p, n, segment, p->b, gradient, hessian);
    }
}
