/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ff/pair_params.h"

#include "base/alloc.h"
#include "ff/pairfn.h"
#include "ff/quintic.h"
#include "math/units.h"
#include "neigh/clusters.h"

#include <math.h>

#define SINGLE_ERROR 3e-8 /* of the slope of g over its maximum: half an ulp of a float */
#define DOUBLE_ERROR 1e-13
enum { ENTRIES_MAX = 16 };
static const double LN2 = 0.69314718055994530942;

/** The short-range entries of one pair of kinds. */
typedef struct pair {
    const ili_model_entry *entry[ENTRIES_MAX];
    int n;
    double reach, taper;    /**< angstrom; taper 0: none */
    double shift;           /**< eV */
    bool is_even;           /**< all entries end in the same way at the same place */
    bool is_closed;         /**< and have a common closed form */
    ili_closed_pair closed; /**< their sum */
} pair;

void ili_pair_params_destroy(ili_pair_params **params) {
    if (!params || !*params) return;
    ili_pair_params *p = *params;
    void *blocks[] = {p->kind_of, p->species_of, p->plane,       p->table,        p->poly_c,
                      p->poly_d,  p->reach,      p->short_reach, p->tapers_itself};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ili_free(blocks[i]);
    ili_free(p);
    *params = NULL;
}

static void put(const ili_pair_params *p, void *array, size_t at, double value) {
    if (p->single)
        ((float *)array)[at] = (float)value;
    else
        ((double *)array)[at] = value;
}

static il_status number_kinds(il_context *ctx, ili_pair_params *p) {
    const ili_binding *b = p->binding;
    size_t ns = (size_t)b->model->n_species;
    p->kind_of = ili_alloc(ns, sizeof *p->kind_of);
    p->species_of = ili_alloc(ns, sizeof *p->species_of);
    if (!p->kind_of || !p->species_of) return ili_no_memory(ctx, "the kinds of atoms");
    for (int32_t i = 0; i < b->n; i++) p->kind_of[b->type[i]] = 1;
    for (size_t s = 0; s < ns; s++) {
        if (p->kind_of[s]) p->species_of[p->n_kinds] = (int32_t)s;
        p->kind_of[s] = p->kind_of[s] ? p->n_kinds++ : -1;
    }
    p->stride = (p->n_kinds + ILI_PAIR_STRIDE - 1) / ILI_PAIR_STRIDE * ILI_PAIR_STRIDE;
    return IL_OK;
}

/** Add the closed form of an entry; false: it has none, or an exponential of another width. */
static bool add_closed(const ili_model_entry *e, ili_closed_pair *sum) {
    if (!e->form->closed) return false;
    ili_closed_pair c = {0};
    e->form->closed(e->p, &c);
    if (c.a != 0.0 && sum->a != 0.0) {
        if (c.a != sum->a) return false;
        double to_sum = exp(c.a * (c.r0 - sum->r0)); /* e of the entry over e of the sum */
        c.c1 *= to_sum;
        c.c2 *= to_sum * to_sum;
    } else if (c.a != 0.0) {
        sum->a = c.a;
        sum->r0 = c.r0;
    }
    sum->c1 += c.c1;
    sum->c2 += c.c2;
    sum->c6 += c.c6;
    sum->c12 += c.c12;
    return true;
}

static il_status look_at(il_context *ctx, const ili_pair_params *p, int32_t a, int32_t b, pair *out) {
    *out = (pair){.is_even = true, .is_closed = true};
    out->n = ili_model_pair_entries(p->binding->model, p->species_of[a], p->species_of[b], out->entry,
                                    ENTRIES_MAX);
    if (out->n > ENTRIES_MAX)
        return ili_fail(ctx, IL_E_UNSUPPORTED, "more than %d terms for one pair of species", ENTRIES_MAX);
    for (int k = 0; k < out->n; k++) {
        const ili_model_entry *e = out->entry[k];
        double rc = ili_entry_cutoff(e, p->short_cutoff), unused;
        double taper = e->truncation == ILI_TRUNCATE_TAPER ? e->taper : 0.0;
        if (k && (rc != out->reach || taper != out->taper)) out->is_even = false;
        out->reach = fmax(out->reach, rc);
        out->taper = taper;
        if (e->truncation == ILI_TRUNCATE_SHIFT) out->shift += e->form->value(e->p, rc, &unused);
        out->is_closed = out->is_closed && add_closed(e, &out->closed);
    }
    out->is_closed = out->is_closed && out->is_even;
    if (!out->is_even) out->shift = out->taper = 0.0;
    return IL_OK;
}

double ili_pair_short(const ili_pair_params *p, int32_t a, int32_t b, double r, double *derivative) {
    const ili_model_entry *entry[ENTRIES_MAX];
    int n = ili_model_pair_entries(p->binding->model, p->species_of[a], p->species_of[b], entry, ENTRIES_MAX);
    double sum = 0.0, slope;
    *derivative = 0.0;
    for (int k = 0; k < n; k++) {
        sum += p->tapers_itself[a * p->n_kinds + b] ? ili_entry_energy(entry[k], p->short_cutoff, r, &slope)
                                                    : entry[k]->form->value(entry[k]->p, r, &slope);
        *derivative += slope;
    }
    return sum;
}

double ili_pair_truncated(const ili_pair_params *p, int32_t a, int32_t b, double r) {
    const ili_model_entry *entry[ENTRIES_MAX];
    int n = ili_model_pair_entries(p->binding->model, p->species_of[a], p->species_of[b], entry, ENTRIES_MAX);
    double sum = 0.0, unused;
    for (int k = 0; k < n; k++) sum += ili_entry_energy(entry[k], p->short_cutoff, r, &unused);
    return sum;
}

/** One pair of kinds as a radial function. */
typedef struct radial {
    const ili_pair_params *p;
    int32_t a, b;
} radial;

static double short_of(const void *user, double r, double *derivative) {
    const radial *f = user;
    return ili_pair_short(f->p, f->a, f->b, r, derivative);
}

/** A cut-off, or the start of a taper, lies inside. */
static bool has_edge(const ili_pair_params *p, const pair *q, double low, double high) {
    for (int k = 0; k < q->n; k++) {
        double rc = ili_entry_cutoff(q->entry[k], p->short_cutoff), start = rc - q->entry[k]->taper;
        if ((rc > low && rc < high) || (start > low && start < high)) return true;
    }
    return false;
}

/** Table of a pair, in units of the kernel. Marked: nearer than the first interval, where the fit is off, and edges. */
static void fill_table(const ili_pair_params *p, int32_t a, int32_t b, const pair *q, size_t first) {
    const radial f = {p, a, b};
    for (int32_t k = 0; k < p->n_intervals; k++) {
        double c[ILI_QUINTIC] = {0}, s0 = k * ILI_QUINTIC_STEP;
        bool ok = k > 0 && !(!q->is_even && has_edge(p, q, sqrt(s0), sqrt(s0 + ILI_QUINTIC_STEP))) &&
                  ili_quintic_fit(short_of, &f, s0, c);
        if (!ok) c[1] = NAN;
        for (int m = 0; m < ILI_QUINTIC; m++)
            put(p, p->table, (first + (size_t)k) * ILI_QUINTIC + (size_t)m, c[m] * p->step);
    }
}

static void set(const ili_pair_params *p, int plane, int32_t a, int32_t b, double value) {
    put(p, p->plane, ((size_t)plane * (size_t)p->n_kinds + (size_t)a) * (size_t)p->stride + (size_t)b, value);
}

static void fill_pair(const ili_pair_params *p, int32_t a, int32_t b, const pair *q, size_t first) {
    const double *charge = p->binding->species_charge, u = p->step;
    const ili_closed_pair *c = &q->closed;
    const double value[ILI_PAIR_PLANES] = {
        [ILI_PAIR_REACH2] = q->reach * q->reach,
        [ILI_PAIR_QQ] =
            p->has_coulomb ? ILI_COULOMB * charge[p->species_of[a]] * charge[p->species_of[b]] * u : 0.0,
        [ILI_PAIR_SHIFT] = q->shift * u,
        [ILI_PAIR_C6] = 6.0 * c->c6 * u,
        [ILI_PAIR_C12] = 12.0 * c->c12 * u,
        [ILI_PAIR_C1] = c->c1 * LN2 * u,
        [ILI_PAIR_C2] = 2.0 * c->c2 * LN2 * u,
        [ILI_PAIR_B] = -c->a / LN2,
        [ILI_PAIR_G] = c->a * c->r0 / LN2,
        [ILI_PAIR_TAPER_START] = q->reach - q->taper,
        [ILI_PAIR_PER_WIDTH] = q->taper > 0.0 ? 1.0 / q->taper : 0.0,
        [ILI_PAIR_FIRST] = (double)first,
    };
    for (int k = 0; k < ILI_PAIR_PLANES; k++) set(p, k, a, b, value[k]);
}

/** The simplest shape that holds all pairs; the reach of each. */
static il_status choose_shape(il_context *ctx, ili_pair_params *p, double coulomb_cutoff, pair *pairs) {
    const double *charge = p->binding->species_charge;
    double longest = 0.0;
    for (int32_t a = 0; a < p->n_kinds; a++)
        for (int32_t b = 0; b < p->n_kinds; b++) {
            int32_t k = a * p->n_kinds + b;
            pair *q = &pairs[k];
            IL_TRY(look_at(ctx, p, a, b, q));
            ili_pair_shape shape = q->n == 0          ? ILI_PAIR_NONE
                                   : !q->is_closed    ? ILI_PAIR_TABLE
                                   : q->taper > 0.0   ? ILI_PAIR_TAPERED
                                   : q->closed.a != 0 ? ILI_PAIR_EXPONENTIAL
                                                      : ILI_PAIR_POWERS;
            if (shape > p->shape) p->shape = shape;
            bool charged =
                p->has_coulomb && charge[p->species_of[a]] != 0.0 && charge[p->species_of[b]] != 0.0;
            p->short_reach[k] = q->reach;
            p->reach[k] = fmax(q->reach, charged ? coulomb_cutoff : 0.0);
            p->tapers_itself[k] = !q->is_even;
            longest = fmax(longest, q->reach);
        }
    p->has_table = p->shape == ILI_PAIR_TABLE;
    if (p->stride > ILI_PAIR_STRIDE) p->shape = p->has_table ? ILI_PAIR_WIDE_TABLE : ILI_PAIR_WIDE;
    p->n_intervals = (int32_t)(longest * longest / ILI_QUINTIC_STEP) + 2;
    return IL_OK;
}

static il_status fill(il_context *ctx, ili_pair_params *p, const pair *pairs) {
    const size_t real = p->single ? sizeof(float) : sizeof(double), n = (size_t)p->n_kinds;
    p->plane = ili_alloc((size_t)ILI_PAIR_PLANES * n * (size_t)p->stride, real);
    if (!p->plane) return ili_no_memory(ctx, "the pair coefficients");
    size_t n_tables = 0, first = 0;
    for (size_t k = 0; k < n * n; k++) n_tables += pairs[k].n > 0 && k / n <= k % n;
    if (p->has_table) {
        p->table = ili_alloc(n_tables * (size_t)p->n_intervals * ILI_QUINTIC, real);
        if (!p->table) return ili_no_memory(ctx, "the pair tables");
    }
    for (int32_t a = 0; a < p->n_kinds; a++)
        for (int32_t b = a; b < p->n_kinds; b++) {
            const pair *q = &pairs[a * p->n_kinds + b];
            bool has_table = p->table && q->n > 0;
            fill_pair(p, a, b, q, has_table ? first : 0);
            fill_pair(p, b, a, q, has_table ? first : 0);
            if (has_table) fill_table(p, a, b, q, first);
            first += has_table ? (size_t)p->n_intervals : 0;
        }
    return IL_OK;
}

static il_status fill_poly(il_context *ctx, ili_pair_params *p, double coulomb_cutoff, double alpha) {
    if (!p->has_coulomb) return IL_OK;
    p->coulomb_reach2 = coulomb_cutoff * coulomb_cutoff;
    IL_TRY(
        ili_ewald_poly_make(ctx, alpha, coulomb_cutoff, p->single ? SINGLE_ERROR : DOUBLE_ERROR, &p->poly));
    p->n_poly = (p->poly.n + 3) / 4 * 4;
    p->n_slope = (p->poly.n + 2) / 4 * 4;
    const size_t real = p->single ? sizeof(float) : sizeof(double);
    p->poly_c = ili_alloc((size_t)p->n_poly, real);
    p->poly_d = ili_alloc((size_t)p->n_slope, real);
    if (!p->poly_c || !p->poly_d) return ili_no_memory(ctx, "the Coulomb polynomial");
    for (int k = 0; k < p->poly.n; k++) put(p, p->poly_c, (size_t)k, p->poly.c[k]);
    for (int k = 0; k + 1 < p->poly.n; k++) put(p, p->poly_d, (size_t)k, 2.0 * p->poly.d[k]);
    return IL_OK;
}

il_status ili_pair_params_create(il_context *ctx, const ili_binding *binding, double short_cutoff,
                                 double coulomb_cutoff, double alpha, bool single, ili_pair_params **out) {
    *out = NULL;
    pair *pairs = NULL;
    ili_pair_params *p = ili_alloc(1, sizeof *p);
    if (!p) return ili_no_memory(ctx, "the pair coefficients");
    il_status status = IL_OK;
    *p = (ili_pair_params){.binding = binding,
                           .short_cutoff = short_cutoff,
                           .single = single,
                           .has_coulomb = binding->model->has_coulomb && alpha > 0.0,
                           .step = single ? ILI_AT_STEP : 1.0};
    IL_GO(number_kinds(ctx, p));
    size_t n2 = (size_t)p->n_kinds * (size_t)p->n_kinds;
    p->reach = ili_alloc(n2, sizeof *p->reach);
    p->short_reach = ili_alloc(n2, sizeof *p->short_reach);
    p->tapers_itself = ili_alloc(n2, sizeof *p->tapers_itself);
    pairs = ili_alloc(n2, sizeof *pairs);
    if (!p->reach || !p->short_reach || !p->tapers_itself || !pairs)
        IL_GO(ili_no_memory(ctx, "the pair coefficients"));
    IL_GO(choose_shape(ctx, p, coulomb_cutoff, pairs));
    IL_GO(fill(ctx, p, pairs));
    IL_GO(fill_poly(ctx, p, coulomb_cutoff, alpha));
out:
    ili_free(pairs);
    if (status != IL_OK) ili_pair_params_destroy(&p);
    *out = p;
    return status;
}
