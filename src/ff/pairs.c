/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The reference of the pairs, and their energies from tables.
 *
 *  E = sum_pairs [ sum_forms U(r) + q_i q_j erfc(alpha r)/r ], theory.md (2.1), (4.3).
 *
 *  Tables (ff/quintic.h), made when they are asked for: for each pair of species U(s), s = r^2. Where an interval is off, and where
 *  a cut-off falls inside it, it is marked (NaN) and the forms are called there.
 *
 *  Loops: rows are cut into fixed chunks; each chunk owns a force buffer; buffers are added in order. Within a row:
 *  gather distances, compute, scatter. All sums run in list order, so bits depend on nothing else. */
#include "ff/pairs.h"

#include "base/alloc.h"
#include "base/hot.h"
#include "ff/pairfn.h"
#include "ff/quintic.h"
#include "math/units.h"
#include "math/vec.h"

#include <string.h>

enum { FORMS_MAX = 16, LANES = 8 };

/** Row scratch of one chunk. */
typedef struct scratch {
    double *d[3], *s, *e, *fs; /**< displacement, r^2, energy, -dE/ds * 2 */
    int32_t *entry;            /**< list entry */
    double (*f)[3];            /**< [n] force buffer of the chunk */
    double *e_atom;            /**< [n] or NULL */
    double w[6], energy, by_form[FORMS_MAX + 1];
} scratch;

struct ili_pairs {
    const ili_binding *binding;
    int32_t n_species;
    double short_cutoff, coulomb_cutoff, alpha;
    double *reach;        /**< [n_species^2] */
    const double *charge; /**< [n_species] of the binding */
    int32_t *first_entry; /**< [n_species^2 + 1] into entry_of */
    const ili_model_entry **entry_of;
    int *form_of; /**< index of the form of each entry_of */
    int n_forms;
    const char *form_name[FORMS_MAX];
    int32_t n_intervals; /**< of each table */
    int32_t *table_of;   /**< [n_species^2] first row of the table, -1 none; NULL: no tables */
    double (*table)[ILI_QUINTIC];
    scratch chunk[ILI_CHUNKS];
    size_t cap_row;
    bool has_e_atom;
};

void ili_pairs_destroy(ili_pairs **pairs) {
    if (!pairs || !*pairs) return;
    ili_pairs *p = *pairs;
    for (int c = 0; c < ILI_CHUNKS; c++) {
        scratch *t = &p->chunk[c];
        void *blocks[] = {t->d[0], t->d[1], t->d[2], t->s, t->e, t->fs, t->entry, t->f, t->e_atom};
        for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ili_free(blocks[i]);
    }
    void *blocks[] = {p->reach, p->first_entry, p->entry_of, p->form_of, p->table_of, p->table};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ili_free(blocks[i]);
    ili_free(p);
    *pairs = NULL;
}

const double *ili_pairs_reach(const ili_pairs *pairs) {
    return pairs->reach;
}

int ili_pairs_n_forms(const ili_pairs *pairs) {
    return pairs->n_forms;
}

const char *ili_pairs_form_name(const ili_pairs *pairs, int index) {
    return pairs->form_name[index];
}

/** Entries of each pair of species, both ways round, and the reach of each pair. */
static il_status sort_entries(il_context *ctx, ili_pairs *p) {
    const il_model *model = p->binding->model;
    int32_t ns = p->n_species;
    size_t n_pairs = (size_t)ns * (size_t)ns;
    p->first_entry = ili_alloc(n_pairs + 1, sizeof *p->first_entry);
    p->entry_of = ili_alloc(2 * (size_t)model->n_entries, sizeof *p->entry_of);
    p->form_of = ili_alloc(2 * (size_t)model->n_entries, sizeof *p->form_of);
    p->reach = ili_alloc(n_pairs, sizeof *p->reach);
    if (!p->first_entry || !p->entry_of || !p->form_of || !p->reach)
        return ili_no_memory(ctx, "the pair terms");
    int32_t count = 0;
    for (int32_t a = 0; a < ns; a++)
        for (int32_t b = 0; b < ns; b++) {
            double *reach = &p->reach[a * ns + b];
            p->first_entry[a * ns + b] = count;
            if (model->has_coulomb && p->charge[a] != 0.0 && p->charge[b] != 0.0) *reach = p->coulomb_cutoff;
            for (int32_t k = 0; k < model->n_entries; k++) {
                const ili_model_entry *entry = &model->entries[k];
                bool here = (entry->species[0] == a && entry->species[1] == b) ||
                            (entry->species[0] == b && entry->species[1] == a);
                if (entry->form->kind != ILI_PAIR || !here) continue;
                int form = 0;
                while (form < p->n_forms && strcmp(p->form_name[form], entry->form->name) != 0) form++;
                if (form == FORMS_MAX)
                    return ili_fail(ctx, IL_E_UNSUPPORTED, "more than %d pair forms in one model", FORMS_MAX);
                if (form == p->n_forms) p->form_name[p->n_forms++] = entry->form->name;
                p->entry_of[count] = entry;
                p->form_of[count++] = form;
                *reach = fmax(*reach, ili_entry_cutoff(entry, p->short_cutoff));
            }
        }
    p->first_entry[n_pairs] = count;
    return IL_OK;
}

/** Real-space Ewald energy of charges of product qq (e^2) at r, and its derivative. */
static double coulomb_real(double qq, double alpha, double r, double *derivative) {
    double e = ILI_COULOMB * qq * erfc(alpha * r) / r;
    *derivative = -(e + ILI_COULOMB * qq * 2.0 * alpha / sqrt(ILI_PI) * exp(-alpha * alpha * r * r)) / r;
    return e;
}

/** Energy of a pair of species at r by the forms; adds to by_form when it is not NULL. */
static double pair_value(const ili_pairs *p, int32_t pair, double r, double *derivative, double *by_form) {
    double e = 0.0, de;
    *derivative = 0.0;
    for (int32_t k = p->first_entry[pair]; k < p->first_entry[pair + 1]; k++) {
        double ek = ili_entry_energy(p->entry_of[k], p->short_cutoff, r, &de);
        e += ek;
        *derivative += de;
        if (by_form) by_form[p->form_of[k]] += ek;
    }
    double qq = p->binding->model->has_coulomb
                    ? p->charge[pair / p->n_species] * p->charge[pair % p->n_species]
                    : 0.0;
    if (qq != 0.0 && r < p->coulomb_cutoff) {
        double ek = coulomb_real(qq, p->alpha, r, &de);
        e += ek;
        *derivative += de;
        if (by_form) by_form[p->n_forms] += ek;
    }
    return e;
}

/** Some cut-off of the pair lies in (low, high). */
static bool has_cutoff_inside(const ili_pairs *p, int32_t pair, double low, double high) {
    if (p->coulomb_cutoff > low && p->coulomb_cutoff < high) return true;
    for (int32_t k = p->first_entry[pair]; k < p->first_entry[pair + 1]; k++) {
        double rc = ili_entry_cutoff(p->entry_of[k], p->short_cutoff), start = rc - p->entry_of[k]->taper;
        if ((rc > low && rc < high) || (start > low && start < high)) return true;
    }
    return false;
}

/** A pair of species as a radial function. */
typedef struct radial {
    const ili_pairs *p;
    int32_t pair;
} radial;

static double value_of(const void *user, double r, double *derivative) {
    const radial *f = user;
    return pair_value(f->p, f->pair, r, derivative, NULL);
}

static void make_interval(const ili_pairs *p, int32_t pair, int32_t k, double c[ILI_QUINTIC]) {
    const radial f = {p, pair};
    double s0 = k * ILI_QUINTIC_STEP, low = sqrt(s0), high = sqrt(s0 + ILI_QUINTIC_STEP);
    bool ok = k > 0 && !has_cutoff_inside(p, pair, low, high) && high < p->reach[pair] &&
              ili_quintic_fit(value_of, &f, s0, c);
    if (!ok) c[0] = NAN;
}

il_status ili_pairs_tabulate(il_context *ctx, ili_pairs *p) {
    if (p->table) return IL_OK;
    int32_t ns = p->n_species, n_tables = 0;
    double rc = 0.0;
    bool *used = ili_alloc((size_t)ns, sizeof *used);
    p->table_of = ili_alloc((size_t)ns * (size_t)ns, sizeof *p->table_of);
    if (!p->table_of || !used) {
        ili_free(used);
        return ili_no_memory(ctx, "the pair tables");
    }
    for (int32_t i = 0; i < p->binding->n; i++) used[p->binding->type[i]] = true;
    for (int32_t k = 0; k < ns * ns; k++) {
        bool wanted = p->reach[k] > 0.0 && used[k / ns] && used[k % ns];
        p->table_of[k] = -1;
        if (wanted) rc = fmax(rc, p->reach[k]);
    }
    p->n_intervals = (int32_t)(rc * rc / ILI_QUINTIC_STEP) + 2;
    for (int32_t a = 0; a < ns; a++)
        for (int32_t b = a; b < ns; b++)
            if (p->reach[a * ns + b] > 0.0 && used[a] && used[b])
                p->table_of[a * ns + b] = p->table_of[b * ns + a] = n_tables++ * p->n_intervals;
    ili_free(used);
    p->table = ili_alloc((size_t)n_tables * (size_t)p->n_intervals, sizeof *p->table);
    if (!p->table) return ili_no_memory(ctx, "the pair tables");
#pragma omp parallel for schedule(dynamic) num_threads(ctx->n_threads)
    for (int32_t a = 0; a < ns; a++)
        for (int32_t b = a; b < ns; b++)
            for (int32_t k = 0; p->table_of[a * ns + b] >= 0 && k < p->n_intervals; k++)
                make_interval(p, a * ns + b, k, p->table[p->table_of[a * ns + b] + k]);
    return IL_OK;
}

il_status ili_pairs_create(il_context *ctx, const ili_binding *binding, double short_cutoff,
                           double coulomb_cutoff, double alpha, ili_pairs **out) {
    *out = NULL;
    ili_pairs *p = ili_alloc(1, sizeof *p);
    if (!p) return ili_no_memory(ctx, "the pair terms");
    il_status status = IL_OK;
    *p = (ili_pairs){.binding = binding,
                     .n_species = binding->model->n_species,
                     .charge = binding->species_charge,
                     .short_cutoff = short_cutoff,
                     .coulomb_cutoff = coulomb_cutoff,
                     .alpha = alpha};
    IL_GO(sort_entries(ctx, p));
out:
    if (status != IL_OK) ili_pairs_destroy(&p);
    *out = p;
    return status;
}

/** Buffers of the chunks; row scratch long enough for the longest row; per-atom energies when wanted. */
static il_status make_scratch(il_context *ctx, ili_pairs *p, const ili_nlist_view *list, bool want_e_atom) {
    size_t longest = 0, n = (size_t)p->binding->n;
    for (int32_t row = 0; row < list->n_rows; row++) {
        size_t length = (size_t)(list->start[row + 1] - list->start[row]);
        if (length > longest) longest = length;
    }
    bool grow = longest > p->cap_row;
    if (grow) p->cap_row = longest + longest / 4 + 16;
    for (int c = 0; c < ILI_CHUNKS; c++) {
        scratch *t = &p->chunk[c];
        double **reals[] = {&t->d[0], &t->d[1], &t->d[2], &t->s, &t->e, &t->fs};
        for (size_t k = 0; grow && k < sizeof reals / sizeof *reals; k++) {
            ili_free(*reals[k]);
            if (!(*reals[k] = ili_alloc(p->cap_row, sizeof(double))))
                return ili_no_memory(ctx, "the pair scratch");
        }
        if (grow) {
            ili_free(t->entry);
            if (!(t->entry = ili_alloc(p->cap_row, sizeof *t->entry)))
                return ili_no_memory(ctx, "the pair scratch");
        }
        if (!t->f && !(t->f = ili_alloc(n, sizeof *t->f))) return ili_no_memory(ctx, "the force buffers");
        if (want_e_atom && !t->e_atom && !(t->e_atom = ili_alloc(n, sizeof *t->e_atom)))
            return ili_no_memory(ctx, "the energies by atom");
        memset(t->w, 0, sizeof t->w);
        memset(t->by_form, 0, sizeof t->by_form);
        t->energy = 0.0;
    }
    p->has_e_atom = want_e_atom;
    return IL_OK;
}

/** Collect the neighbours of a row that lie within reach; returns their number. */
static int32_t gather_row(const ili_pairs *p, const ili_nlist_view *list, int32_t row, scratch *t) {
    const double *xi = list->px[row];
    const int32_t of_row = list->type[row] * p->n_species;
    int32_t m = 0;
    for (ili_nlist_walk w = ili_nlist_row(list, row); ili_nlist_next(&w);) {
        int32_t entry = w.entry, pair = of_row + list->type[entry];
        const double *xj = list->px[entry];
        double dx = xj[0] - xi[0], dy = xj[1] - xi[1], dz = xj[2] - xi[2];
        double s = dx * dx + dy * dy + dz * dz;
        t->d[0][m] = dx;
        t->d[1][m] = dy;
        t->d[2][m] = dz;
        t->s[m] = s;
        t->entry[m] = entry;
        m += s < p->reach[pair] * p->reach[pair]; /* kept by moving on */
    }
    return m;
}

/** Add the gathered pairs of a row to the chunk's sums. */
static void scatter_row(const ili_nlist_view *list, int32_t row, int32_t m, scratch *t, bool want_e_atom) {
    double fi[3] = {0}, ei = 0.0, energy = 0.0, w[6] = {0};
    for (int32_t k = 0; k < m; k++) {
        int32_t j = list->atom[t->entry[k]];
        double dx = t->d[0][k], dy = t->d[1][k], dz = t->d[2][k], fs = t->fs[k];
        double fx = fs * dx, fy = fs * dy, fz = fs * dz, *fj = t->f[j];
        fi[0] -= fx;
        fi[1] -= fy;
        fi[2] -= fz;
        fj[0] += fx;
        fj[1] += fy;
        fj[2] += fz;
        w[0] += dx * fx;
        w[1] += dy * fy;
        w[2] += dz * fz;
        w[3] += dy * fz;
        w[4] += dx * fz;
        w[5] += dx * fy;
        energy += t->e[k];
        if (want_e_atom) {
            t->e_atom[j] += 0.5 * t->e[k];
            ei += 0.5 * t->e[k];
        }
    }
    int32_t i = list->atom[row];
    for (int k = 0; k < 3; k++) t->f[i][k] += fi[k];
    for (int k = 0; k < 6; k++) t->w[k] += w[k];
    if (want_e_atom) t->e_atom[i] += ei;
    t->energy += energy;
}

/** Add the buffers of the chunks in order and clear them for the next call. */
static void reduce(il_context *ctx, ili_pairs *p, ili_accum *acc) {
    int32_t n = p->binding->n;
#pragma omp parallel for schedule(static) num_threads(ctx->n_threads)
    for (int32_t i = 0; i < n; i++)
        for (int c = 0; c < ILI_CHUNKS; c++) {
            scratch *t = &p->chunk[c];
            for (int k = 0; k < 3; k++) acc->f[i][k] += t->f[i][k];
            memset(t->f[i], 0, sizeof t->f[i]);
            if (!p->has_e_atom) continue;
            acc->e_atom[i] += t->e_atom[i];
            t->e_atom[i] = 0.0;
        }
    for (int c = 0; c < ILI_CHUNKS; c++)
        for (int k = 0; k < 6; k++) acc->w[k] += p->chunk[c].w[k];
}

/** Energies alone, of m gathered pairs. */
ILI_HOT static void look_up_energy(const double (*restrict table)[ILI_QUINTIC], int32_t m,
                                   const double *restrict s, const int32_t *restrict row,
                                   double *restrict e) {
    const double per_step = 1.0 / ILI_QUINTIC_STEP;
#pragma omp simd
    for (int32_t k = 0; k < m; k++) {
        double u = s[k] * per_step;
        int32_t cell = (int32_t)u;
        double t = u - cell;
        const double *c = table[row[k] + cell];
        e[k] = c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * (c[4] + t * c[5]))));
    }
}

/** Sum of m numbers, zeros behind them up to a multiple of LANES; NaN when one of them is. */
static double sum_lanes(const double *e, int32_t m) {
    double lane[LANES] = {0};
    for (int32_t k = 0; k < m; k += LANES)
        for (int u = 0; u < LANES; u++) lane[u] += e[k + u];
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

double ili_pairs_sum(const ili_pairs *p, int32_t a, int32_t m, const int32_t *b, const double *s) {
    double near[ILI_PAIRS_BATCH], e[ILI_PAIRS_BATCH + LANES];
    int32_t row[ILI_PAIRS_BATCH], pair[ILI_PAIRS_BATCH], n = 0;
    for (int32_t k = 0; k < m; k++) {
        pair[n] = a * p->n_species + b[k];
        near[n] = s[k];
        row[n] = p->table_of[pair[n]];
        n += s[k] < p->reach[pair[n]] * p->reach[pair[n]]; /* kept by moving on */
    }
    if (n == 0) return 0.0;
    look_up_energy((const double(*)[ILI_QUINTIC])p->table, n, near, row, e);
    for (int32_t k = n; k < n + LANES; k++) e[k] = 0.0;
    double sum = sum_lanes(e, n);
    if (!isnan(sum)) return sum;
    for (int32_t k = 0; k < n; k++) {
        double slope;
        if (near[k] < ILI_PAIRS_NEAREST2) return INFINITY;
        if (isnan(e[k])) e[k] = pair_value(p, pair[k], sqrt(near[k]), &slope, NULL);
    }
    return sum_lanes(e, n);
}

il_status ili_pairs_reference(il_context *ctx, ili_pairs *p, const ili_nlist_view *list,
                              double *energy_by_form, ili_accum *acc) {
    IL_TRY(make_scratch(ctx, p, list, acc->e_atom != NULL));
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads)
    for (int c = 0; c < ILI_CHUNKS; c++) {
        scratch *t = &p->chunk[c];
        for (int32_t row = list->chunk[c]; row < list->chunk[c + 1]; row++) {
            int32_t m = gather_row(p, list, row, t);
            for (int32_t k = 0; k < m; k++) {
                double r = sqrt(t->s[k]), de;
                int32_t pair = list->type[row] * p->n_species + list->type[t->entry[k]];
                t->e[k] = pair_value(p, pair, r, &de, t->by_form);
                t->fs[k] = -de / r;
            }
            scatter_row(list, row, m, t, p->has_e_atom);
        }
    }
    for (int k = 0; k <= p->n_forms; k++) {
        energy_by_form[k] = 0.0;
        for (int c = 0; c < ILI_CHUNKS; c++) energy_by_form[k] += p->chunk[c].by_form[k];
    }
    reduce(ctx, p, acc);
    return IL_OK;
}
