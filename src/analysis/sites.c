/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Sites are binned by fractions in cells at least 1.5 radii wide, so an atom asks 27 of them at most. Where an atom is is told by the
 *  site and the lattice shift of its image, so that a jump to an image of the same site counts and jump vectors are exact.
 *  A sample holds the sums of one frame, named by the enum below. */
#include "analysis/sites.h"

#include "analysis/blocksum.h"
#include "analysis/rate.h"
#include "base/alloc.h"
#include "math/vec.h"

#include <string.h>

enum {
    SAMPLES,
    INSIDE,
    LENGTH,
    SQUARE,
    CONSECUTIVE, /* jumps after another one of the same atom */
    BACK,
    SCALAR, /* sum d1.d2 over consecutive jumps, and sum |d1| |d2| */
    SCALES,
    AT,                                  /* atoms by label */
    SHARED = AT + ILI_SITE_LABELS_MAX,   /* sites with two and more */
    JUMPS = SHARED + ILI_SITE_LABELS_MAX /* [from][to] */
};
enum { N_VALUES = JUMPS + ILI_SITE_LABELS_MAX * ILI_SITE_LABELS_MAX };
static const char WHAT[] = "the site analysis";

/** A site of one image of the cell; site -1: none. */
typedef struct place {
    int32_t site, shift[3];
} place;

typedef struct walker {
    place now, before; /**< before the last jump */
    double jump[3];    /**< angstrom, the last one */
} walker;

struct ili_sites {
    ili_sites_plan plan;
    ili_site_list list;
    int32_t n_mobile, *atom; /**< [n_mobile] */
    int32_t *n_on;           /**< [n sites] atoms of this frame */
    int32_t n_bins[3], *bin_start, *bin_site;
    walker *walker; /**< [n_mobile] */
    ili_blocks blocks;
};

static int32_t bin_of(const ili_sites *t, const double f[3]) {
    int32_t b[3];
    for (int k = 0; k < 3; k++) {
        b[k] = (int32_t)((f[k] - floor(f[k])) * t->n_bins[k]);
        if (b[k] >= t->n_bins[k]) b[k] = 0; /* 1 - tiny rounds up to 1 */
    }
    return (b[0] * t->n_bins[1] + b[1]) * t->n_bins[2] + b[2];
}

static il_status make_bins(il_context *ctx, ili_sites *t) {
    double width[3];
    int32_t n = 1;
    ili_cell_widths(&t->plan.cell, width);
    for (int k = 0; k < 3; k++) {
        t->n_bins[k] = (int32_t)fmin(fmax(width[k] / (1.5 * t->plan.radius), 1.0), 100.0);
        n *= t->n_bins[k];
    }
    t->bin_start = ili_alloc((size_t)n + 2, sizeof *t->bin_start);
    t->bin_site = ili_alloc((size_t)t->list.n, sizeof *t->bin_site);
    if (!t->bin_start || !t->bin_site) return ili_no_memory(ctx, WHAT);
    for (int32_t j = 0; j < t->list.n; j++) t->bin_start[bin_of(t, t->list.frac[j]) + 2]++;
    for (int32_t b = 2; b < n + 2; b++) t->bin_start[b] += t->bin_start[b - 1];
    for (int32_t j = 0; j < t->list.n; j++) t->bin_site[t->bin_start[bin_of(t, t->list.frac[j]) + 1]++] = j;
    return IL_OK;
}

static il_status copy_inputs(il_context *ctx, ili_sites *t, const ili_sites_plan *plan) {
    const ili_site_list *from = plan->sites;
    t->plan = *plan;
    t->plan.mobile = NULL;
    t->plan.sites = NULL;
    t->list = *from;
    t->list.frac = ili_alloc((size_t)from->n, sizeof *from->frac);
    t->list.label = ili_alloc((size_t)from->n, sizeof *from->label);
    t->atom = ili_alloc((size_t)plan->n_atoms, sizeof *t->atom);
    t->n_on = ili_alloc((size_t)from->n, sizeof *t->n_on);
    if (!t->list.frac || !t->list.label || !t->atom || !t->n_on) return ili_no_memory(ctx, WHAT);
    memcpy(t->list.frac, from->frac, (size_t)from->n * sizeof *from->frac);
    memcpy(t->list.label, from->label, (size_t)from->n * sizeof *from->label);
    for (int32_t i = 0; i < plan->n_atoms; i++)
        if (plan->mobile[i]) t->atom[t->n_mobile++] = i;
    t->walker = ili_alloc((size_t)t->n_mobile, sizeof *t->walker);
    if (!t->walker) return ili_no_memory(ctx, WHAT);
    for (int32_t i = 0; i < t->n_mobile; i++) t->walker[i].now.site = t->walker[i].before.site = -1;
    return IL_OK;
}

il_status ili_sites_create(il_context *ctx, const ili_sites_plan *plan, ili_sites **out) {
    il_status status = IL_OK;
    double width[3], shortest = ili_sites_shortest(plan->sites, &plan->cell);
    double radius = plan->radius > 0.0 ? plan->radius : 0.5 * shortest;
    *out = NULL;
    ili_cell_widths(&plan->cell, width);
    if (plan->sites->n < 1 || !(radius > 0.0) || !(plan->frame_time > 0.0))
        return ili_fail(ctx, IL_E_INPUT,
                        "sites: %d sites of radius %g A, frames of %g fs, expected positive numbers",
                        plan->sites->n, radius, plan->frame_time);
    int32_t n_mobile = 0;
    for (int32_t i = 0; i < plan->n_atoms; i++) n_mobile += plan->mobile[i];
    if (n_mobile == 0) return ili_fail(ctx, IL_E_INPUT, "sites: no atom is mobile, expected at least one");
    for (int k = 0; k < 3; k++)
        if (radius > 0.25 * width[k])
            return ili_fail(ctx, IL_E_INPUT,
                            "sites: a radius of %g A is more than a quarter of the cell, %g A wide; follow a "
                            "larger cell (--repeat)",
                            radius, width[k]);
    ili_sites *t = ili_alloc(1, sizeof *t);
    if (!t) return ili_no_memory(ctx, WHAT);
    IL_GO(copy_inputs(ctx, t, plan));
    t->plan.radius = radius;
    IL_GO(make_bins(ctx, t));
    IL_GO(ili_blocks_create(ctx, N_VALUES, WHAT, &t->blocks));
    *out = t;
    return IL_OK;
out:
    ili_sites_destroy(&t);
    return status;
}

void ili_sites_destroy(ili_sites **sites) {
    ili_sites *t = *sites;
    if (!t) return;
    ili_site_list_free(&t->list);
    ili_free(t->atom);
    ili_free(t->n_on);
    ili_free(t->bin_start);
    ili_free(t->bin_site);
    ili_free(t->walker);
    ili_blocks_free(&t->blocks);
    ili_free(t);
    *sites = NULL;
}

/** Distance of s from the image of site j that is nearest in fractions; *at receives it. Infinite beyond an open face. */
static double distance(const ili_sites *t, const ili_cell *cell, int32_t j, const double s[3], place *at) {
    double d[3];
    at->site = j;
    for (int k = 0; k < 3; k++) {
        d[k] = s[k] - t->list.frac[j][k];
        double shift = rint(d[k]);
        if (shift != 0.0 && !cell->pbc[k]) return INFINITY;
        at->shift[k] = (int32_t)shift;
        d[k] -= shift;
    }
    ili_vec_mat(d, cell->h, d);
    return ili_norm(d);
}

/** The nearest site within the radius; site -1: there is none. */
static place nearest(const ili_sites *t, const ili_cell *cell, const double s[3]) {
    place best = {.site = -1};
    double least = t->plan.radius;
    int low[3], high[3];
    for (int k = 0; k < 3; k++) { /* every bin once */
        low[k] = t->n_bins[k] < 3 ? 0 : -1;
        high[k] = t->n_bins[k] < 3 ? t->n_bins[k] - 1 : 1;
    }
    for (int a = low[0]; a <= high[0]; a++)
        for (int b = low[1]; b <= high[1]; b++)
            for (int c = low[2]; c <= high[2]; c++) {
                double f[3] = {s[0] + (double)a / t->n_bins[0], s[1] + (double)b / t->n_bins[1],
                               s[2] + (double)c / t->n_bins[2]};
                int32_t bin = bin_of(t, f);
                for (int32_t m = t->bin_start[bin]; m < t->bin_start[bin + 1]; m++) {
                    place at;
                    double r = distance(t, cell, t->bin_site[m], s, &at);
                    if (r > least || (r == least && best.site >= 0)) continue;
                    least = r;
                    best = at;
                }
            }
    return best;
}

static bool same_place(const place *a, const place *b) {
    return a->site == b->site && memcmp(a->shift, b->shift, sizeof a->shift) == 0;
}

/** An atom that belonged to w->now came to `to`. */
static void jump(const ili_sites *t, walker *w, const place *to, double *sample) {
    double d[3], *f0 = t->list.frac[w->now.site], *f1 = t->list.frac[to->site];
    for (int k = 0; k < 3; k++) d[k] = f1[k] - f0[k] + (to->shift[k] - w->now.shift[k]);
    ili_vec_mat(d, t->plan.cell.h, d);
    sample[LENGTH] += ili_norm(d);
    sample[SQUARE] += ili_dot(d, d);
    sample[JUMPS + t->list.label[w->now.site] * ILI_SITE_LABELS_MAX + t->list.label[to->site]] += 1.0;
    if (w->before.site >= 0) {
        sample[CONSECUTIVE] += 1.0;
        sample[BACK] += same_place(&w->before, to) ? 1.0 : 0.0;
        sample[SCALAR] += ili_dot(w->jump, d);
        sample[SCALES] += ili_norm(w->jump) * ili_norm(d);
    }
    memcpy(w->jump, d, sizeof d);
    w->before = w->now;
    w->now = *to;
}

static il_status check_cell(il_context *ctx, const ili_sites *t, const ili_cell *cell) {
    double width[3];
    ili_cell_widths(cell, width);
    for (int k = 0; k < 3; k++)
        if (!(width[k] / t->n_bins[k] >= t->plan.radius || t->n_bins[k] < 3) ||
            !(width[k] > 2.0 * t->plan.radius))
            return ili_fail(ctx, IL_E_INPUT,
                            "sites: the cell is only %g A wide, a third less than at the start, so its sites "
                            "mean nothing",
                            width[k]);
    return IL_OK;
}

il_status ili_sites_add(il_context *ctx, ili_sites *t, const ili_cell *cell, const double (*s)[3]) {
    IL_TRY(check_cell(ctx, t, cell));
    double *sample = ili_blocks_open(&t->blocks);
    memset(t->n_on, 0, (size_t)t->list.n * sizeof *t->n_on);
    for (int32_t i = 0; i < t->n_mobile; i++) {
        const double *p = s[t->atom[i]];
        walker *w = &t->walker[i];
        place to;
        if (!isfinite(p[0] + p[1] + p[2]))
            return ili_fail(ctx, IL_E_NONFINITE, "sites: the position of atom %d is no number",
                            t->atom[i] + 1);
        bool stays = w->now.site >= 0 && distance(t, cell, w->now.site, p, &to) <= t->plan.radius &&
                     same_place(&to, &w->now);
        if (!stays) to = nearest(t, cell, p);
        if (to.site >= 0) sample[INSIDE] += 1.0;
        if (to.site >= 0 && w->now.site < 0) w->now = to;
        if (to.site >= 0 && !same_place(&to, &w->now)) jump(t, w, &to, sample);
        if (w->now.site < 0) continue;
        sample[AT + t->list.label[w->now.site]] += 1.0;
        if (++t->n_on[w->now.site] == 2) sample[SHARED + t->list.label[w->now.site]] += 1.0;
    }
    sample[SAMPLES] += 1.0;
    ili_blocks_close(&t->blocks);
    return IL_OK;
}

int64_t ili_sites_frames(const ili_sites *t) {
    return ili_blocks_samples(&t->blocks);
}

size_t ili_sites_memory(const ili_sites *t) {
    return sizeof *t + ili_blocks_memory(&t->blocks) + (size_t)t->n_mobile * sizeof *t->walker +
           (size_t)t->list.n * (sizeof *t->list.frac + 3 * sizeof *t->n_on) +
           (size_t)t->plan.n_atoms * sizeof *t->atom;
}

void ili_sites_carry(ili_sites *t, ili_bytes *bytes) {
    ili_bytes_expect(bytes, t->list.n);
    ili_bytes_expect(bytes, t->n_mobile);
    ili_bytes_carry(bytes, t->walker, (size_t)t->n_mobile * sizeof *t->walker);
    ili_blocks_carry(&t->blocks, bytes);
}

enum {
    OUT_LENGTH,
    OUT_BACK,
    OUT_COSINE,
    OUT_WALK,
    OUT_F,
    OUT_LABELS,
    OUT_RATES = OUT_LABELS + 3 * ILI_SITE_LABELS_MAX
};
enum { N_OUT = OUT_RATES + ILI_SITE_LABELS_MAX * ILI_SITE_LABELS_MAX };

/** Everything that has an error from blocks; by label: occupancy, shared, residence; then the rates. */
static void estimates(const void *user, const double *sums, double *out) {
    const ili_sites *t = user;
    double dt = t->plan.frame_time, n_jumps = 0.0, sites[ILI_SITE_LABELS_MAX] = {0.0};
    for (int32_t j = 0; j < t->list.n; j++) sites[t->list.label[j]] += 1.0;
    for (int a = 0; a < ILI_SITE_LABELS_MAX; a++) {
        const double *row = sums + JUMPS + a * ILI_SITE_LABELS_MAX;
        double time = sums[AT + a] * dt, left = 0.0;
        for (int b = 0; b < ILI_SITE_LABELS_MAX; b++) {
            left += row[b];
            out[OUT_RATES + a * ILI_SITE_LABELS_MAX + b] = row[b] / time;
        }
        out[OUT_LABELS + 3 * a] = sums[AT + a] / (sums[SAMPLES] * sites[a]);
        out[OUT_LABELS + 3 * a + 1] = sums[SHARED + a] / (sums[SAMPLES] * sites[a]);
        out[OUT_LABELS + 3 * a + 2] = time / left;
        n_jumps += left;
    }
    out[OUT_LENGTH] = sums[LENGTH] / n_jumps;
    out[OUT_BACK] = sums[BACK] / sums[CONSECUTIVE];
    out[OUT_COSINE] = sums[SCALAR] / sums[SCALES];
    out[OUT_WALK] = sums[SQUARE] / (6.0 * t->n_mobile * sums[SAMPLES] * dt);
    out[OUT_F] = (1.0 + out[OUT_COSINE]) / (1.0 - out[OUT_COSINE]);
}

/** The sums themselves. */
static void totals(const void *user, const double *sums, double *out) {
    (void)user;
    memcpy(out, sums, N_VALUES * sizeof *out);
}

/** Mean stay: the inverse of the rate of leaving, with the interval of that. */
static ili_estimate stay(int64_t n, double time, double spread, double freedom) {
    ili_estimate rate = ili_rate(n, time, spread * (double)n * (double)n / (time * time), freedom);
    if (n == 0) return (ili_estimate){INFINITY, NAN, 1.0 / rate.high, INFINITY};
    return (ili_estimate){1.0 / rate.value, rate.sigma / (rate.value * rate.value), 1.0 / rate.high,
                          1.0 / rate.low};
}

il_status ili_sites_estimate(il_context *ctx, const ili_sites *t, ili_sites_result *r) {
    double v[N_OUT], e[N_OUT], sum[N_VALUES], dt = t->plan.frame_time;
    const double freedom = ili_blocks_parts(&t->blocks, 0) - 1.0;
    ili_estimate plain[OUT_LABELS];
    IL_TRY(ili_blocks_estimate(ctx, &t->blocks, 0, N_OUT, estimates, t, v, e, NULL));
    IL_TRY(ili_blocks_estimate(ctx, &t->blocks, 0, N_VALUES, totals, NULL, sum, NULL, NULL));
    *r = (ili_sites_result){.n_labels = t->list.n_labels, .n_mobile = t->n_mobile, .radius = t->plan.radius};
    r->total_time = sum[SAMPLES] * dt;
    for (int32_t j = 0; j < t->list.n; j++) r->label[t->list.label[j]].n_sites++;
    for (int32_t a = 0; a < t->list.n_labels; a++) {
        int64_t left = 0;
        memcpy(r->label[a].name, t->list.name[a], ILI_NAME_MAX);
        r->assigned += sum[AT + a] / (sum[SAMPLES] * t->n_mobile);
        for (int32_t b = 0; b < t->list.n_labels; b++) {
            int k = a * ILI_SITE_LABELS_MAX + b;
            r->jumps[a][b] = (int64_t)sum[JUMPS + k];
            r->rate[a][b] = ili_rate(r->jumps[a][b], sum[AT + a] * dt, e[OUT_RATES + k], freedom);
            left += r->jumps[a][b];
        }
        int k = OUT_LABELS + 3 * a;
        r->n_jumps += left;
        r->label[a].occupancy = ili_estimate_of(v[k], e[k], freedom);
        r->label[a].shared = ili_estimate_of(v[k + 1], e[k + 1], freedom);
        r->label[a].residence = stay(left, sum[AT + a] * dt, e[k + 2], freedom);
    }
    r->inside = sum[INSIDE] / (sum[SAMPLES] * t->n_mobile);
    for (int k = 0; k < OUT_LABELS; k++) plain[k] = ili_estimate_of(v[k], e[k], freedom);
    r->length = plain[OUT_LENGTH];
    r->back = plain[OUT_BACK];
    r->cosine = plain[OUT_COSINE];
    r->d_walk = plain[OUT_WALK];
    if (r->n_jumps == 0) { /* none seen: the bound that three jumps over the shortest distance would give */
        double shortest = ili_sites_shortest(&t->list, &t->plan.cell);
        r->d_walk.high = 3.0 * shortest * shortest / (6.0 * t->n_mobile * r->total_time);
    }
    r->f = plain[OUT_F];
    return IL_OK;
}
