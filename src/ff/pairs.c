/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Pair kernels.
 *
 *  E = sum_pairs [ sum_forms U(r) + q_i q_j erfc(alpha r)/r ], theory.md (2.1), (4.3).
 *
 *  Tables: for each pair of species U(s), s = r^2, on uniform intervals of TABLE_STEP. On each interval a quintic takes
 *  value and slope at both ends and in the middle, so the energy has continuous slope and the force is its exact
 *  derivative. While a table is made every interval is compared with the forms; where it is off by more than
 *  TABLE_ERROR, and where a cut-off falls inside it, the interval is marked (NaN) and the kernel calls the forms there.
 *
 *  Loops: rows are cut into fixed chunks; each chunk owns a force buffer; buffers are added in order. Within a row:
 *  gather distances, look up (SIMD), scatter. All sums run in list order, so bits depend on nothing else. */
#include "ff/pairs.h"

#include "base/alloc.h"
#include "base/hot.h"
#include "ff/pairfn.h"
#include "math/units.h"
#include "math/vec.h"

#include <string.h>

#define TABLE_STEP  ILI_PAIRS_NEAREST2 /* angstrom^2; the first interval is left out */
#define TABLE_ERROR 1e-10              /* of |U| + |s dU/ds| of the interval, plus the same in eV */
enum { COEFFICIENTS = 8, FORMS_MAX = 16, LANES = 8 };

/** Row scratch of one chunk. */
typedef struct scratch {
    double *d[3], *s, *e, *fs; /**< displacement, r^2, energy, -dE/ds * 2 */
    int32_t *entry, *row;      /**< list entry; table row */
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
    int32_t *table_of;   /**< [n_species^2] first row of the table, -1 none */
    double (*table)[COEFFICIENTS];
    scratch chunk[ILI_CHUNKS];
    size_t cap_row;
    bool has_e_atom;
};

void ili_pairs_destroy(ili_pairs **pairs) {
    if (!pairs || !*pairs) return;
    ili_pairs *p = *pairs;
    for (int c = 0; c < ILI_CHUNKS; c++) {
        scratch *t = &p->chunk[c];
        void *blocks[] = {t->d[0], t->d[1], t->d[2], t->s, t->e, t->fs, t->entry, t->row, t->f, t->e_atom};
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

/** U and dU/dt at s = (k + t) * TABLE_STEP. */
static double value_in_s(const ili_pairs *p, int32_t pair, double s, double *per_t) {
    double r = sqrt(s), de, e = pair_value(p, pair, r, &de, NULL);
    *per_t = de / (2.0 * r) * TABLE_STEP;
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

/** Quintic with values e[] and slopes d[] (per t) at t = 0, 1/2, 1, as powers of t. */
static void hermite3(const double e[3], const double d[3], double c[COEFFICIENTS]) {
    double a = e[1] - e[0] - 0.5 * d[0], b = d[1] - d[0], g = e[2] - e[0] - d[0], h = d[2] - d[0];
    /* solve t^2 (c2 + c3 t + c4 t^2 + c5 t^3) through the four remaining conditions */
    c[0] = e[0];
    c[1] = d[0];
    c[2] = 16.0 * a - 8.0 * b + 7.0 * g - h;
    c[3] = -32.0 * a + 32.0 * b - 34.0 * g + 5.0 * h;
    c[4] = 16.0 * a - 40.0 * b + 52.0 * g - 8.0 * h;
    c[5] = 16.0 * b - 24.0 * g + 4.0 * h;
    c[6] = c[7] = 0.0;
}

static double poly(const double c[COEFFICIENTS], double t, double *slope) {
    *slope = c[1] + t * (2.0 * c[2] + t * (3.0 * c[3] + t * (4.0 * c[4] + t * 5.0 * c[5])));
    return c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * (c[4] + t * c[5]))));
}

static void make_interval(const ili_pairs *p, int32_t pair, int32_t k, double c[COEFFICIENTS]) {
    double e[3], d[3], s0 = k * TABLE_STEP, rc = p->reach[pair];
    double low = sqrt(s0), high = sqrt(s0 + TABLE_STEP);
    c[0] = NAN;
    if (k == 0 || has_cutoff_inside(p, pair, low, high) || high >= rc) return;
    for (int m = 0; m < 3; m++) e[m] = value_in_s(p, pair, s0 + 0.5 * m * TABLE_STEP, &d[m]);
    hermite3(e, d, c);
    for (int m = 1; m < 4; m += 2) {
        double slope, want_slope, want = value_in_s(p, pair, s0 + 0.25 * m * TABLE_STEP, &want_slope);
        double got = poly(c, 0.25 * m, &slope), per_s = s0 / TABLE_STEP;
        double scale = TABLE_ERROR * (1.0 + fabs(want) + fabs(want_slope) * per_s);
        if (fabs(got - want) <= scale && fabs(slope - want_slope) * per_s <= scale) continue;
        c[0] = NAN;
        return;
    }
}

static il_status make_tables(il_context *ctx, ili_pairs *p) {
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
    p->n_intervals = (int32_t)(rc * rc / TABLE_STEP) + 2;
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
    IL_GO(make_tables(ctx, p));
    for (int c = 0; c < ILI_CHUNKS; c++) {
        p->chunk[c].f = ili_alloc((size_t)binding->n, sizeof *p->chunk[c].f);
        if (!p->chunk[c].f) IL_GO(ili_no_memory(ctx, "the force buffers"));
    }
out:
    if (status != IL_OK) ili_pairs_destroy(&p);
    *out = p;
    return status;
}

/** Row scratch long enough for the longest row; per-atom energies when wanted. */
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
        int32_t **ints[] = {&t->entry, &t->row};
        for (size_t k = 0; grow && k < 2; k++) {
            ili_free(*ints[k]);
            if (!(*ints[k] = ili_alloc(p->cap_row, sizeof(int32_t))))
                return ili_no_memory(ctx, "the pair scratch");
        }
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
        t->row[m] = p->table_of[pair];
        m += s < p->reach[pair] * p->reach[pair]; /* kept by moving on */
    }
    return m;
}

/** Energies and forces of m gathered pairs from the tables. */
ILI_HOT static void look_up(const double (*restrict table)[COEFFICIENTS], int32_t m, const double *restrict s,
                            const int32_t *restrict row, double *restrict e, double *restrict fs) {
    const double per_step = 1.0 / TABLE_STEP, to_force = -2.0 / TABLE_STEP;
#pragma omp simd
    for (int32_t k = 0; k < m; k++) {
        double u = s[k] * per_step;
        int32_t cell = (int32_t)u;
        double t = u - cell;
        const double *c = table[row[k] + cell];
        double c1 = c[1], c2 = c[2], c3 = c[3], c4 = c[4], c5 = c[5];
        e[k] = c[0] + t * (c1 + t * (c2 + t * (c3 + t * (c4 + t * c5))));
        fs[k] = to_force * (c1 + t * (2.0 * c2 + t * (3.0 * c3 + t * (4.0 * c4 + t * (5.0 * c5)))));
    }
}

/** Pairs in marked intervals, by the forms. */
static void mend(const ili_pairs *p, const ili_nlist_view *list, int32_t row, int32_t m, scratch *t) {
    for (int32_t k = 0; k < m; k++) {
        if (!isnan(t->e[k])) continue;
        double r = sqrt(t->s[k]), de;
        t->e[k] = pair_value(p, list->type[row] * p->n_species + list->type[t->entry[k]], r, &de, NULL);
        t->fs[k] = -de / r;
    }
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

il_status ili_pairs_fast(il_context *ctx, ili_pairs *p, const ili_nlist_view *list, double *energy,
                         ili_accum *acc) {
    IL_TRY(make_scratch(ctx, p, list, acc->e_atom != NULL));
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads)
    for (int c = 0; c < ILI_CHUNKS; c++) {
        scratch *t = &p->chunk[c];
        for (int32_t row = list->chunk[c]; row < list->chunk[c + 1]; row++) {
            int32_t m = gather_row(p, list, row, t);
            look_up((const double(*)[COEFFICIENTS])p->table, m, t->s, t->row, t->e, t->fs);
            mend(p, list, row, m, t);
            scatter_row(list, row, m, t, p->has_e_atom);
        }
    }
    *energy = 0.0;
    for (int c = 0; c < ILI_CHUNKS; c++) *energy += p->chunk[c].energy;
    reduce(ctx, p, acc);
    return IL_OK;
}

/** Energies alone, of m gathered pairs. */
ILI_HOT static void look_up_energy(const double (*restrict table)[COEFFICIENTS], int32_t m,
                                   const double *restrict s, const int32_t *restrict row,
                                   double *restrict e) {
    const double per_step = 1.0 / TABLE_STEP;
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
    look_up_energy((const double(*)[COEFFICIENTS])p->table, n, near, row, e);
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
