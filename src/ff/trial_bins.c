/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bin is a chain of pages of PAGE atoms, of which only the first may be partly filled, so a fixed pool of pages always
 * suffices and nothing is allocated when atoms move. Empty and hidden places lie FAR away, beyond every reach.
 *
 * A sum goes over the bins within reach of the place, unwrapped: bin i of an axis of n bins is bin i mod n, shifted by
 * floor(i/n) cells, so each image of each atom is met once, in any cell. Bins whose ball lies beyond reach are left out.
 * Distances are made a page at a time, those within reach gathered, and looked up in batches. */
#include "ff/trial_bins.h"

#include "base/alloc.h"
#include "base/hot.h"
#include "math/vec.h"

#include <string.h>

enum { PAGE = 8, ATOMS_PER_BIN = 6, KINDS_MAX = 2 };
static const double FAR = 1e100;     /* angstrom; its square is still a number */
static const double ROUNDING = 1e-9; /* relative, added to the reach in bins */

typedef double page_places[3][PAGE];

/** The cell and the cartesian places of all pages in it. */
typedef struct geometry {
    double h[3][3], width[3];
    double bin_radius; /**< of the ball around a bin, angstrom */
    page_places *x;    /**< [n_pages] wrapped, angstrom */
    double *own;       /**< [n_species] half the energy of an atom with its own images, eV */
} geometry;

struct ili_bins {
    const ili_pairs *pairs;
    int32_t n_species, capacity, n_pages, max_bins;
    bool *is_used; /**< [n_species] */
    double *reach; /**< [n_species] longest cut-off of the species, angstrom */
    int n[3];
    int32_t *head, *count; /**< [max_bins] first page, -1 none; atoms in it */
    int32_t *next;         /**< [n_pages] of the bin, or of the free pages */
    int32_t free_page;
    int32_t (*atom)[PAGE], (*species)[PAGE]; /**< [n_pages]; atom -1: empty */
    int32_t *place, *bin;                    /**< [capacity] page * PAGE + slot of an atom, its bin */
    geometry cell[2];
};

void ili_bins_destroy(ili_bins **bins) {
    if (!bins || !*bins) return;
    ili_bins *b = *bins;
    void *blocks[] = {b->is_used,   b->reach,       b->head,       b->count, b->next,
                      b->atom,      b->species,     b->place,      b->bin,   b->cell[0].x,
                      b->cell[1].x, b->cell[0].own, b->cell[1].own};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ili_free(blocks[i]);
    ili_free(b);
    *bins = NULL;
}

il_status ili_bins_create(il_context *ctx, const ili_pairs *pairs, int32_t n_species, const bool *is_used,
                          int32_t capacity, ili_bins **out) {
    *out = NULL;
    ili_bins *b = ili_alloc(1, sizeof *b);
    if (!b) return ili_no_memory(ctx, "the bins of the atoms");
    size_t ns = (size_t)n_species, n = (size_t)capacity;
    *b = (ili_bins){.pairs = pairs, .n_species = n_species, .capacity = capacity};
    b->max_bins = capacity / ATOMS_PER_BIN + 1;
    b->n_pages = b->max_bins + capacity / PAGE + 1;
    size_t n_pages = (size_t)b->n_pages;
    b->is_used = ili_alloc(ns, sizeof *b->is_used);
    b->reach = ili_alloc(ns, sizeof *b->reach);
    b->head = ili_alloc((size_t)b->max_bins, sizeof *b->head);
    b->count = ili_alloc((size_t)b->max_bins, sizeof *b->count);
    b->next = ili_alloc(n_pages, sizeof *b->next);
    b->atom = ili_alloc(n_pages, sizeof *b->atom);
    b->species = ili_alloc(n_pages, sizeof *b->species);
    b->place = ili_alloc(n, sizeof *b->place);
    b->bin = ili_alloc(n, sizeof *b->bin);
    bool ok = b->is_used && b->reach && b->head && b->count && b->next && b->atom && b->species && b->place &&
              b->bin;
    for (int k = 0; k < 2; k++) {
        b->cell[k].x = ili_alloc(n_pages, sizeof *b->cell[k].x);
        b->cell[k].own = ili_alloc(ns, sizeof *b->cell[k].own);
        ok = ok && b->cell[k].x && b->cell[k].own;
    }
    if (!ok) {
        ili_bins_destroy(&b);
        return ili_no_memory(ctx, "the bins of the atoms");
    }
    const double *reach = ili_pairs_reach(pairs);
    memcpy(b->is_used, is_used, ns * sizeof *is_used);
    for (int32_t s = 0; s < n_species; s++)
        for (int32_t t = 0; t < n_species; t++)
            if (is_used[s] && is_used[t]) b->reach[s] = fmax(b->reach[s], reach[s * n_species + t]);
    *out = b;
    return IL_OK;
}

/* Who is where. */

static void wrap(const double s[3], double t[3]) {
    for (int k = 0; k < 3; k++) t[k] = s[k] - floor(s[k]); /* may round to 1 */
}

static int32_t bin_of(const ili_bins *b, const double t[3]) {
    int i[3];
    for (int k = 0; k < 3; k++) {
        i[k] = (int)(t[k] * b->n[k]);
        if (i[k] >= b->n[k]) i[k] = b->n[k] - 1;
    }
    return (i[2] * b->n[1] + i[1]) * b->n[0] + i[0];
}

static void set_place(page_places *x, int32_t place, const double r[3]) {
    for (int k = 0; k < 3; k++) x[place / PAGE][k][place % PAGE] = r[k];
}

static void set_fractions(geometry *g, int32_t place, const double s[3]) {
    double t[3];
    wrap(s, t);
    ili_vec_mat(t, g->h, t);
    set_place(g->x, place, t);
}

static void clear_page(ili_bins *b, int32_t page) {
    for (int u = 0; u < PAGE; u++) {
        b->atom[page][u] = -1;
        b->species[page][u] = 0;
        set_place(b->cell[ILI_BINS_NOW].x, page * PAGE + u, (double[3]){FAR, FAR, FAR});
    }
}

void ili_bins_put(ili_bins *b, int32_t atom, int32_t species, const double s[3]) {
    double t[3];
    wrap(s, t);
    int32_t bin = bin_of(b, t), slot = b->count[bin] % PAGE;
    if (slot == 0) { /* the first page is full, or there is none */
        int32_t page = b->free_page;
        b->free_page = b->next[page];
        b->next[page] = b->head[bin];
        b->head[bin] = page;
    }
    int32_t page = b->head[bin];
    b->count[bin]++;
    b->atom[page][slot] = atom;
    b->species[page][slot] = species;
    b->place[atom] = page * PAGE + slot;
    b->bin[atom] = bin;
    set_fractions(&b->cell[ILI_BINS_NOW], page * PAGE + slot, s);
}

void ili_bins_take(ili_bins *b, int32_t atom) {
    page_places *x = b->cell[ILI_BINS_NOW].x;
    int32_t bin = b->bin[atom], hole = b->place[atom], page = b->head[bin], slot = --b->count[bin] % PAGE;
    int32_t last = b->atom[page][slot];
    /* the last one of the bin fills the hole */
    b->atom[hole / PAGE][hole % PAGE] = last;
    b->species[hole / PAGE][hole % PAGE] = b->species[page][slot];
    for (int k = 0; k < 3; k++) x[hole / PAGE][k][hole % PAGE] = x[page][k][slot];
    b->place[last] = hole;
    b->atom[page][slot] = -1;
    b->species[page][slot] = 0;
    set_place(x, page * PAGE + slot, (double[3]){FAR, FAR, FAR});
    if (slot > 0) return;
    b->head[bin] = b->next[page];
    b->next[page] = b->free_page;
    b->free_page = page;
}

void ili_bins_rename(ili_bins *b, int32_t from, int32_t to) {
    int32_t place = b->place[from];
    b->atom[place / PAGE][place % PAGE] = to;
    b->place[to] = place;
    b->bin[to] = b->bin[from];
}

void ili_bins_hide(ili_bins *b, int32_t atom) {
    set_place(b->cell[ILI_BINS_NOW].x, b->place[atom], (double[3]){FAR, FAR, FAR});
}

void ili_bins_show(ili_bins *b, int32_t atom, const double s[3]) {
    set_fractions(&b->cell[ILI_BINS_NOW], b->place[atom], s);
}

/* Images of two atoms. */

/** Pairs within reach on their way into the sum. */
typedef struct batch {
    const ili_pairs *pairs;
    double reach2;
    int n_kinds;
    const int32_t *kind;
    double *energy;
    int32_t n, after;
    int32_t species[ILI_PAIRS_BATCH];
    double s[ILI_PAIRS_BATCH];
} batch;

/** Empty, for an atom of each of the species `kind`, whose energies start at 0; returns their longest reach. */
static double start_batch(batch *t, const ili_bins *b, int n_kinds, const int32_t *kind, double *energy) {
    double reach = 0.0;
    t->pairs = b->pairs;
    t->n_kinds = n_kinds;
    t->kind = kind;
    t->energy = energy;
    t->n = 0;
    t->after = -1;
    for (int k = 0; k < n_kinds; k++) {
        energy[k] = 0.0;
        reach = fmax(reach, b->reach[kind[k]]);
    }
    t->reach2 = reach * reach;
    return reach;
}

static void flush(batch *t) {
    for (int k = 0; k < t->n_kinds; k++)
        t->energy[k] += ili_pairs_sum(t->pairs, t->kind[k], t->n, t->species, t->s);
    t->n = 0;
}

/** Energy of species a with all images of species c at d (fractions) from it; of one and the same atom, with its own. */
static double sum_images(const ili_bins *b, const geometry *g, int32_t a, int32_t c, const double d[3],
                         bool is_itself) {
    batch found;
    double energy, reach = fmin(start_batch(&found, b, 1, &a, &energy), b->reach[c]);
    int low[3], high[3];
    if (!(reach > 0.0)) return 0.0;
    for (int k = 0; k < 3; k++) {
        double pad = reach / g->width[k] * (1.0 + ROUNDING) + ROUNDING;
        low[k] = (int)ceil(-d[k] - pad);
        high[k] = (int)floor(-d[k] + pad);
    }
    for (int i2 = low[2]; i2 <= high[2]; i2++)
        for (int i1 = low[1]; i1 <= high[1]; i1++)
            for (int i0 = low[0]; i0 <= high[0]; i0++) {
                if (is_itself && !i0 && !i1 && !i2) continue;
                double x[3] = {d[0] + i0, d[1] + i1, d[2] + i2};
                ili_vec_mat(x, g->h, x);
                if (ili_dot(x, x) >= reach * reach) continue;
                if (found.n == ILI_PAIRS_BATCH) flush(&found);
                found.species[found.n] = c;
                found.s[found.n++] = ili_dot(x, x);
            }
    flush(&found);
    return energy;
}

/* Cells. */

/** Bins of about ATOMS_PER_BIN atoms, as nearly cubes as the cell allows. */
static void choose_bins(ili_bins *b, const double width[3], int32_t n) {
    double bins = fmax(1.0, fmin((double)n / ATOMS_PER_BIN, b->max_bins));
    double edge = cbrt(width[0] * width[1] * width[2] / bins);
    for (int k = 0; k < 3; k++) b->n[k] = (int)fmax(1.0, fmin(rint(width[k] / edge), b->max_bins));
    while ((int64_t)b->n[0] * b->n[1] * b->n[2] > b->max_bins) {
        int most = 0;
        for (int k = 1; k < 3; k++)
            if (b->n[k] > b->n[most]) most = k;
        b->n[most]--;
    }
}

/** Shape of the bins, and what atoms do to their own images. */
static void measure(ili_bins *b, ili_bins_cell which, const ili_cell *cell) {
    geometry *g = &b->cell[which];
    memcpy(g->h, cell->h, sizeof g->h);
    ili_cell_widths(cell, g->width);
    g->bin_radius = 0.0;
    for (int corner = 0; corner < 4; corner++) {
        double d[3] = {0};
        for (int k = 0; k < 3; k++)
            for (int c = 0; c < 3; c++)
                d[c] += (k < 2 && corner >> k & 1 ? -0.5 : 0.5) / b->n[k] * cell->h[k][c];
        g->bin_radius = fmax(g->bin_radius, ili_norm(d));
    }
    for (int32_t s = 0; s < b->n_species; s++) {
        const double none[3] = {0};
        g->own[s] = b->is_used[s] ? 0.5 * sum_images(b, g, s, s, none, true) : 0.0;
    }
}

void ili_bins_fill(ili_bins *b, const ili_cell *cell, int32_t n, const double (*s)[3],
                   const int32_t *species) {
    double width[3];
    ili_cell_widths(cell, width);
    choose_bins(b, width, n);
    measure(b, ILI_BINS_NOW, cell);
    for (int32_t k = 0; k < b->max_bins; k++) {
        b->head[k] = -1;
        b->count[k] = 0;
    }
    for (int32_t page = 0; page < b->n_pages; page++) {
        b->next[page] = page + 1 < b->n_pages ? page + 1 : -1;
        clear_page(b, page);
    }
    b->free_page = 0;
    for (int32_t i = 0; i < n; i++) ili_bins_put(b, i, species[i], s[i]);
}

void ili_bins_strain(ili_bins *b, const ili_cell *cell, int32_t n, const double (*s)[3]) {
    geometry *g = &b->cell[ILI_BINS_STRAINED];
    measure(b, ILI_BINS_STRAINED, cell);
    memcpy(g->x, b->cell[ILI_BINS_NOW].x, (size_t)b->n_pages * sizeof *g->x); /* empty places stay so */
    for (int32_t i = 0; i < n; i++) set_fractions(g, b->place[i], s[i]);
}

void ili_bins_keep_strain(ili_bins *b) {
    geometry now = b->cell[ILI_BINS_NOW];
    b->cell[ILI_BINS_NOW] = b->cell[ILI_BINS_STRAINED];
    b->cell[ILI_BINS_STRAINED] = now;
}

/* Sums. */

/** Gather the atoms of a chain of pages, off from the place by their own places plus `off`. */
ILI_HOT static void scan_pages(const ili_bins *b, const geometry *g, int32_t page, const double off[3],
                               batch *t) {
    for (; page >= 0; page = b->next[page]) {
        const double *restrict x = g->x[page][0], *restrict y = g->x[page][1], *restrict z = g->x[page][2];
        double s[PAGE];
        for (int u = 0; u < PAGE; u++) {
            double dx = x[u] + off[0], dy = y[u] + off[1], dz = z[u] + off[2];
            s[u] = dx * dx + dy * dy + dz * dz;
        }
        if (t->n > ILI_PAIRS_BATCH - PAGE) flush(t);
        int32_t n = t->n;
        for (int u = 0; u < PAGE; u++) {
            t->s[n] = s[u];
            t->species[n] = b->species[page][u];
            n += (s[u] < t->reach2) & (b->atom[page][u] > t->after); /* kept by moving on */
        }
        t->n = n;
    }
}

/** Bin i of an axis of n, unwrapped: i mod n, and by how many cells it is shifted. */
typedef struct axis_step {
    int rest, shift;
} axis_step;

static axis_step step_to(int i, int n) {
    int shift = i >= 0 ? i / n : -((n - 1 - i) / n);
    return (axis_step){i - shift * n, shift};
}

static void step_on(axis_step *step, int n) {
    if (++step->rest < n) return;
    step->rest = 0;
    step->shift++;
}

/** a + t h[k], k a row of the cell. */
static inline void add_row(const geometry *g, int k, double t, const double a[3], double sum[3]) {
    for (int c = 0; c < 3; c++) sum[c] = a[c] + t * g->h[k][c];
}

/** Scan a row of bins low .. high along the first axis, first_bin that of index 0. A place in a bin is off by `off`, the middle
 *  of a bin by `middle`, both less what the first axis adds. */
static void scan_row(const ili_bins *b, const geometry *g, int32_t first_bin, int low, int high,
                     const double off[3], const double middle[3], double limit2, batch *found) {
    axis_step at = step_to(low, b->n[0]);
    for (int i = low; i <= high; i++, step_on(&at, b->n[0])) {
        double there[3];
        add_row(g, 0, (i + 0.5) / b->n[0], middle, there);
        int32_t page = b->head[first_bin + at.rest];
        if (page < 0 || ili_dot(there, there) > limit2) continue;
        add_row(g, 0, at.shift, off, there);
        scan_pages(b, g, page, there, found);
    }
}

void ili_bins_energy(const ili_bins *b, ili_bins_cell which, const double s[3], int32_t after, int n_kinds,
                     const int32_t *kind, double *energy) {
    const geometry *g = &b->cell[which];
    batch found;
    double t[3], x[3], reach = start_batch(&found, b, n_kinds, kind, energy);
    int low[3], high[3];
    if (!(reach > 0.0)) return;
    found.after = after;
    wrap(s, t);
    ili_vec_mat(t, g->h, x);
    for (int k = 0; k < 3; k++) {
        double pad = reach / g->width[k] * (1.0 + ROUNDING) + ROUNDING;
        low[k] = (int)floor((t[k] - pad) * b->n[k]);
        high[k] = (int)floor((t[k] + pad) * b->n[k]);
        x[k] = -x[k]; /* all is taken from the place */
    }
    double limit = (reach + g->bin_radius) * (1.0 + ROUNDING), limit2 = limit * limit;
    axis_step z = step_to(low[2], b->n[2]);
    for (int i2 = low[2]; i2 <= high[2]; i2++, step_on(&z, b->n[2])) {
        double off2[3], middle2[3], off[3], middle[3];
        add_row(g, 2, z.shift, x, off2);
        add_row(g, 2, (i2 + 0.5) / b->n[2], x, middle2);
        axis_step y = step_to(low[1], b->n[1]);
        for (int i1 = low[1]; i1 <= high[1]; i1++, step_on(&y, b->n[1])) {
            add_row(g, 1, y.shift, off2, off);
            add_row(g, 1, (i1 + 0.5) / b->n[1], middle2, middle);
            scan_row(b, g, (z.rest * b->n[1] + y.rest) * b->n[0], low[0], high[0], off, middle, limit2,
                     &found);
        }
    }
    flush(&found);
}

double ili_bins_pair(const ili_bins *b, ili_bins_cell which, int32_t a, const double s[3], int32_t c,
                     const double t[3]) {
    double d[3];
    ili_sub(t, s, d);
    wrap(d, d);
    return sum_images(b, &b->cell[which], a, c, d, false);
}

double ili_bins_own_images(const ili_bins *b, ili_bins_cell which, int32_t species) {
    return b->cell[which].own[species];
}

void ili_bins_carry(ili_bins *b, ili_bytes *bytes) {
    geometry *g = &b->cell[ILI_BINS_NOW];
    size_t n_pages = (size_t)b->n_pages, n_bins = (size_t)b->max_bins, n = (size_t)b->capacity;
    ili_bytes_expect(bytes, b->capacity);
    ili_bytes_expect(bytes, b->n_species);
    ili_bytes_carry(bytes, b->n, sizeof b->n);
    ili_bytes_carry(bytes, b->head, n_bins * sizeof *b->head);
    ili_bytes_carry(bytes, b->count, n_bins * sizeof *b->count);
    ili_bytes_carry(bytes, b->next, n_pages * sizeof *b->next);
    ili_bytes_carry(bytes, &b->free_page, sizeof b->free_page);
    ili_bytes_carry(bytes, b->atom, n_pages * sizeof *b->atom);
    ili_bytes_carry(bytes, b->species, n_pages * sizeof *b->species);
    ili_bytes_carry(bytes, b->place, n * sizeof *b->place);
    ili_bytes_carry(bytes, b->bin, n * sizeof *b->bin);
    ili_bytes_carry(bytes, g->h, sizeof g->h);
    ili_bytes_carry(bytes, g->width, sizeof g->width);
    ili_bytes_carry(bytes, &g->bin_radius, sizeof g->bin_radius);
    ili_bytes_carry(bytes, g->x, n_pages * sizeof *g->x);
    ili_bytes_carry(bytes, g->own, (size_t)b->n_species * sizeof *g->own);
}
