/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every number is a linear combination of slopes, or a function of them that is made linear around the estimate; so each has its
 * deviations per block of time, and what two numbers share cancels as it should. Theory: theory.md section 10. */
#include "analysis/transport.h"

#include "analysis/diffusion_fit.h"
#include "analysis/transport_frame.h"
#include "base/alloc.h"
#include "math/fit.h"
#include "math/units.h"
#include "math/vec.h"

#include <stdio.h>
#include <string.h>

enum { OCTAVES = ILI_LAG_LEVELS, BLOCKS_LEAST = 4, FRAMES_LEAST = 64, SPAN = 8 };

/** Confidence of the tests: that no two slopes differ, that the exponent is 1, that the mobility has no trend. */
static const double SAME_SLOPES = 0.99, SAME_EXPONENT = 0.99, NO_TREND = 0.999;

/** Localisation noise c/(2 rate) that the weights expect, over the shortest lag: a cage of a quarter of the displacement. */
static const double NOISE = 0.125;

/** Effective jumps of a particle: before its window begins, so that correlations between jumps have died out, as far as the run
 *  is long enough; fewer than SEEN before it are worth a warning; fewer than LEAST in the whole run are no diffusion. */
static const double JUMPS_BEFORE = 3.0, JUMPS_SEEN = 1.0, JUMPS_LEAST = 1.0;

/** All particles move when the squared rise of the displacement is more than the excess of its fourth moment; when they do not yet,
 *  because jumps are few, the ratio must at least grow with the lag (as lag^1 when jumps are independent, not at all when
 *  particles are frozen), and be what JUMPS_LEAST leaves at a quarter of the run. */
static const double EQUAL_ENOUGH = 1.0, EQUAL_LEAST = 0.25, EQUAL_GROWTH = 0.5;

/** Particles are unlike when the mobilities that each has over the whole run vary by more than LEAST (over the squared mean: what
 *  waiting times t^-1.9 leave for ever), and by more than FOLD times what independent jumps leave, and that by chance in less than
 *  TAIL; measured where BEYOND_CAGE of r^2 is. */
static const double UNLIKE_LEAST = 0.1, UNLIKE_FOLD = 4.0, UNLIKE_TAIL = 0.001, BEYOND_CAGE = 2.0 / 3.0;

/** Ions that are followed are all there are when their charges cancel; what is left of the mass is a solvent, not rounding. */
static const double NEUTRAL = 1e-9, SOLVENT_LEAST = 1e-9;

/** What an estimate works on. */
typedef struct study {
    const ili_transport *t;
    double map[3][3], volume; /**< from the reference cell to the mean cell; angstrom^3 */
    int last;                 /**< octave of the longest lag at which a window may begin */
    ili_transport_result *r;
    ili_lag_window windows[ILI_GROUPS_MAX + 1]; /**< of the species, then of the charge */
    int octave[ILI_GROUPS_MAX];
} study;

static int lag_of_octave(int k) {
    return k <= 4 ? (1 << k) - 1 : ILI_LAGS + ILI_LAGS / 2 * (k - 4) - 1;
}

/** Adds factor times component (a, b) of the tensor in the mean cell to the six coefficients. */
static void add_component(const study *s, double factor, int a, int b, double *six) {
    for (int v = 0; v < 6; v++) {
        const int c = ILI_VOIGT[v][0], d = ILI_VOIGT[v][1];
        six[v] += factor * s->map[c][a] * s->map[d][b];
        if (c != d) six[v] += factor * s->map[d][a] * s->map[c][b];
    }
}

static void add_trace(const study *s, double factor, double *six) {
    for (int a = 0; a < 3; a++) add_component(s, factor, a, a, six);
}

/** Coefficients of the mean squared displacement per particle of group k; -1: of the charge over sum z^2 n. */
static void coefficients_of(const study *s, int k, double *c) {
    const ili_transport *t = s->t;
    memset(c, 0, ILI_CHANNELS_MAX * sizeof *c);
    if (k >= 0) {
        add_trace(s, 1.0 / t->size[k], c + ili_lag_channel_group(k));
        return;
    }
    double strength = 0.0;
    for (int i = 0; i < t->n_groups; i++) strength += t->groups[i].z * t->groups[i].z * t->size[i];
    for (int i = 0; i < t->n_groups; i++)
        for (int j = i; j < t->n_groups; j++)
            add_trace(s, (i == j ? 1.0 : 2.0) * t->groups[i].z * t->groups[j].z / strength,
                      c + ili_lag_channel_pair(t->n_groups, i, j));
}

/** The window that begins at octave k. Its weights do not depend on the data: a noise fitted to them would favour high slopes. */
static bool window_at(const study *s, int k, ili_lag_window *w) {
    const ili_lag_store *store = s->t->store;
    const int from = lag_of_octave(k);
    const int64_t frames = ili_lag_store_frames(store), end = ili_lag_frames(from) * SPAN;
    int to = from;
    while (ili_lag_frames(to + 1) <= end && ili_lag_frames(to + 1) <= frames / 4) to++;
    return ili_lag_window_make(store, from, to, NOISE * (double)ili_lag_frames(from), w);
}

static ili_block_sum slope_in(const study *s, const ili_lag_window *w, const double *c, int64_t block) {
    ili_block_sum sum;
    ili_lag_window_apply(s->t->store, w, w->rate, c, block > w->block ? block : w->block, &sum);
    return sum;
}

/** Difference of the slopes in two windows over its standard deviation; value: of the second. */
static double difference(const study *s, const ili_lag_window *a, const ili_lag_window *b, const double *c,
                         double *sigma, double *freedom) {
    const int64_t block = a->block > b->block ? a->block : b->block;
    ili_block_sum early = slope_in(s, a, c, block), late = slope_in(s, b, c, block);
    ili_block_sum_add(&late, -1.0, &early);
    *sigma = sqrt(ili_block_sum_variance(&late, freedom));
    return late.value - early.value;
}

/** First octave from which on all slopes agree; one before the last when none do. */
static int first_steady(const study *s, const ili_lag_window *w, const double *c, int least, bool *found) {
    for (int k = least; k < s->last; k++) {
        bool same = true;
        for (int j = k + 1; j <= s->last && same; j++) {
            double sigma, freedom, d = difference(s, &w[k], &w[j], c, &sigma, &freedom);
            same = fabs(d) <= sigma * ili_student_width(1.0 - (1.0 - SAME_SLOPES) / (s->last - k), freedom);
        }
        if (same) {
            *found = true;
            return k;
        }
    }
    *found = false;
    return s->last - 1 > least ? s->last - 1 : least;
}

/** Of group g at lag q: tr M^2 of M = <dr dr>; by how much <r^4> exceeds that of gaussian displacements. angstrom^4 */
typedef struct moments {
    double square, excess;
} moments;

static moments moments_of(const study *s, int g, int q) {
    double m[7], one[ILI_CHANNELS_MAX] = {0}, square = 0.0;
    for (int v = 0; v < 7; v++) {
        double *channel = &one[v < 6 ? ili_lag_channel_group(g) + v : ili_lag_channel_quartic(g)];
        *channel = 1.0 / s->t->size[g];
        m[v] = ili_lag_mean(s->t->store, q, one);
        *channel = 0.0;
    }
    const double trace = m[0] + m[1] + m[2];
    for (int v = 0; v < 6; v++) square += (v < 3 ? 1.0 : 2.0) * m[v] * m[v];
    return (moments){square, fmax(m[6] - trace * trace - 2.0 * square, 0.0)};
}

/** Squared length of a jump of group g: the smallest excess per squared displacement beyond the cage, where that is more than the
 *  cage, or at the longest lag when it never is. Infinite when nothing moves beyond its cage. eq. (10.12) */
static double jump_of(const study *s, int g, const double *c, double cage, int to) {
    double least = INFINITY;
    for (int q = 0; q <= to; q++) {
        const double rise = ili_lag_mean(s->t->store, q, c) - cage;
        if (rise > 0.0 && (rise >= cage || q == to)) least = fmin(least, moments_of(s, g, q).excess / rise);
    }
    return least;
}

/** Student's t of a linear change of the mobility with time. */
static double trend(const ili_block_sum *sum) {
    double middle = 0.0, at = 0.0, sxx = 0.0, sxu = 0.0, suu = 0.0;
    for (int b = 0; b < sum->n; b++) middle += sum->share[b] * b;
    for (int b = 0; b < sum->n; b++) {
        at = b - middle;
        sxx += sum->share[b] * at * at;
        sxu += at * sum->u[b];
        suu += sum->u[b] * sum->u[b];
    }
    return sxx > 0.0 && suu > 0.0 ? sxu / sqrt(sum->inflation * sxx * suu) : 0.0;
}

/** Power of an estimate that is nearly normal: of a sum of squares the cube root, of a ratio to one its inverse; else itself. */
static const double PLAIN = 1.0, SQUARES = 1.0 / 3.0, OVER_SQUARES = -1.0 / 3.0;

static ili_estimate estimate_of(const ili_block_sum *sum, double factor, double power) {
    double freedom;
    const double value = factor * sum->value,
                 sigma = fabs(factor) * sqrt(ili_block_sum_variance(sum, &freedom));
    const double width = sigma * ili_student_width(0.95, freedom), w = power * width / value;
    if (width < value)
        return (ili_estimate){value, sigma, value * pow(1.0 - w, 1.0 / power),
                              value * pow(1.0 + w, 1.0 / power)};
    return (ili_estimate){value, sigma, value - width, value + width};
}

static const ili_estimate UNKNOWN = {NAN, NAN, NAN, NAN};

/** What the tests of a window found. */
typedef struct findings {
    bool steady; /**< slopes agree from the window on */
    double
        equal; /**< (rise of the displacement)^2 over the excess of its fourth moment at lags of a quarter of the run */
    double growth;         /**< d log equal/d log lag over the last two octaves before */
    bool unlike;           /**< the mobilities of the particles */
    double trend, allowed; /**< of the mobility during the run, in standard deviations */
    double vibrations;     /**< fs, how long they last */
} findings;

/** Sets the verdict; the first reason found against diffusion is the one that is told. */
static void judge(ili_diffusive *d, const ili_block_sum *rate, const findings *f) {
    double freedom, sigma = sqrt(ili_block_sum_variance(rate, &freedom));
    const double from = d->from * 1e-3, to = d->to * 1e-3;
    char *text = d->verdict;
    const size_t room = sizeof d->verdict;
    d->independent = 2.0 * rate->value * rate->value / (3.0 * sigma * sigma);
    d->is_diffusive = false;
    if (d->from < f->vibrations)
        snprintf(
            text, room,
            "not diffusive: the run is too short for lags beyond the vibrations, %.3g ps; those fitted begin "
            "at %.3g ps",
            f->vibrations * 1e-3, from);
    else if (!(rate->value > sigma * ili_student_width(0.95, freedom)))
        snprintf(text, room, "not diffusive: D is zero within its error at lags of %.3g to %.3g ps", from,
                 to);
    else if (d->jumps < JUMPS_LEAST)
        snprintf(text, room, "not diffusive: %.2g effective jumps a particle in the whole run", d->jumps);
    else if (f->equal < EQUAL_LEAST || (f->equal < EQUAL_ENOUGH && f->growth < EQUAL_GROWTH))
        snprintf(text, room, "not diffusive: only a part of the particles moves, up to the longest lags");
    else if (f->unlike)
        snprintf(text, room,
                 "not diffusive: over the whole run the mobilities of the particles differ by %.0f %%, where "
                 "independent jumps would leave %.0f %%",
                 100.0 * d->spread, 100.0 * d->spread_alone);
    else if (fabs(d->slope - 1.0) > d->slope_sigma * ili_student_width(SAME_EXPONENT, freedom))
        snprintf(
            text, room,
            "not diffusive: displacements beyond the cage grow as t^%.2f(+-%.2f) at lags of %.3g to %.3g ps",
            d->slope, d->slope_sigma, from, to);
    else if (!f->steady)
        snprintf(text, room, "not diffusive: the slope still changes at the longest lag, %.3g ps", to);
    else if (fabs(f->trend) > f->allowed)
        snprintf(text, room, "not diffusive: the mobility %s during the run, by %.1f standard deviations",
                 f->trend > 0.0 ? "grows" : "falls", fabs(f->trend));
    else {
        const int n = snprintf(text, room, "diffusive at lags of %.3g to %.3g ps", from, to);
        d->is_diffusive = true;
        if (d->jumps_before < JUMPS_SEEN)
            snprintf(text + n, room - (size_t)n,
                     ", but only %.2g jumps come before: if jumps tend to go back, D is too high",
                     d->jumps_before);
    }
}

/** Moves the window of group k on until its particles have made their jumps before it begins. */
static int count_jumps(const study *s, int k, int start, const ili_lag_window *w, const double *c,
                       ili_diffusive *d, findings *f) {
    double rattle, jump, rate;
    for (;; start++) {
        ili_block_sum cage;
        ili_lag_window_apply(s->t->store, &w[start], w[start].intercept, c, w[start].block, &cage);
        rattle = fmax(cage.value, 0.0);
        jump = fmin(jump_of(s, k, c, rattle, w[start].from + w[start].n - 1), 1e300);
        rate = slope_in(s, &w[start], c, 0).value;
        if (start >= s->last || rate * (double)ili_lag_frames(w[start].from) >= JUMPS_BEFORE * jump) break;
    }
    const double frames = (double)ili_lag_store_frames(s->t->store),
                 per_frame = fmax(rate, 0.0) / fmax(jump, rattle);
    d->jumps = fmin(per_frame * frames, 1e6);
    d->jumps_before = fmin(per_frame * (double)ili_lag_frames(w[start].from), 1e6);
    double equal[2];
    int at[2] = {0, 0};
    for (int e = 0; e < 2; e++) {
        while ((double)ili_lag_frames(at[e] + 1) <= frames / (e ? 4.0 : 16.0)) at[e]++;
        const double rise = fmax(rate, 0.0) * (double)ili_lag_frames(at[e]);
        equal[e] = rise * rise / moments_of(s, k, at[e]).excess;
    }
    f->equal = equal[1];
    f->growth = log(equal[1] / equal[0]) / log((double)ili_lag_frames(at[1]) / (double)ili_lag_frames(at[0]));
    return start;
}

/** How unlike the mobilities of the particles are over the whole run, from each one's own time average of r^2 at the shortest lag 2^o at
 *  which two thirds of r^2 are beyond the cage, and how unlike independent jumps would leave them. eq. (10.18) */
static bool are_unlike(const study *s, int k, int start, const ili_lag_window *w, const double *c,
                       ili_diffusive *d) {
    const ili_lag_store *store = s->t->store;
    double rise;
    int o = 0, q;
    for (;; o++) {
        q = lag_of_octave(o);
        rise = slope_in(s, &w[o], c, 0).value * (double)ili_lag_frames(q);
        if (o >= start || rise >= BEYOND_CAGE * ili_lag_mean(store, q, c)) break;
    }
    const double lag = (double)ili_lag_frames(q), origins = fmin(lag, ILI_LAGS); /* in a lag */
    const double lags = (double)ili_lag_store_frames(store) / lag - 1.0;         /* in the run */
    const double freedom = s->t->size[k] - 1.0, found = ili_lag_store_unlike(store, k, q);
    const moments m = moments_of(s, k, q);
    const double gauss = 2.0 * m.square * (2.0 + 1.0 / (origins * origins)) / 3.0;
    const double alone = (gauss + m.excess) / lags;
    d->spread = sqrt(found) / fabs(rise);
    d->spread_alone = sqrt(alone) / fabs(rise);
    return found > UNLIKE_LEAST * rise * rise && found > UNLIKE_FOLD * alone &&
           ili_chi2_tail(freedom * found / alone, (int)freedom) < UNLIKE_TAIL;
}

/** The exponent of growth from the slopes in this window and in the one two octaves on. eq. (10.13) */
static void measure_exponent(const study *s, const ili_lag_window *w, int start, const double *c,
                             ili_diffusive *d) {
    const int later = start + 2 <= s->last ? start + 2 : s->last;
    double sigma = NAN, gap = NAN, freedom;
    if (later > start) gap = difference(s, &w[start], &w[later], c, &sigma, &freedom);
    const double per = slope_in(s, &w[start], c, 0).value * (later - start) * log(2.0);
    d->slope = 1.0 + gap / per;
    d->slope_sigma = sigma / fabs(per);
}

/** Chooses the window of group k (-1: the charge) and judges it. section 10, Window */
static bool choose(study *s, int k, int least, int *octave, ili_lag_window *window, ili_diffusive *d) {
    double c[ILI_CHANNELS_MAX];
    ili_lag_window *w = ili_alloc(OCTAVES, sizeof *w);
    findings f = {.equal = INFINITY, .growth = 1.0, .vibrations = s->t->vibrations};
    bool good = w != NULL;
    coefficients_of(s, k, c);
    for (int o = 0; o <= s->last && good; o++) good = window_at(s, o, &w[o]);
    while (good && least + 1 < s->last &&
           (double)ili_lag_frames(w[least + 1].from) * s->t->frame_time < f.vibrations)
        least++;
    if (good) {
        int start = 1 + first_steady(s, w, c, least, &f.steady);
        d->jumps = d->jumps_before = d->spread = d->spread_alone = NAN;
        if (k >= 0) {
            start = count_jumps(s, k, start, w, c, d, &f);
            f.unlike = are_unlike(s, k, start, w, c, d);
        }
        measure_exponent(s, w, start, c, d);
        const ili_block_sum rate = slope_in(s, &w[start], c, 0);
        const ili_block_sum fine =
            slope_in(s, &w[start > 3 ? start - 3 : 0], c, 0); /* shorter lags, more blocks */
        f.trend = trend(&fine);
        f.allowed = ili_student_width(NO_TREND, fine.n - 2.0);
        *octave = start;
        *window = w[start];
        d->from = (double)ili_lag_frames(window->from) * s->t->frame_time;
        d->to = (double)ili_lag_frames(window->from + window->n - 1) * s->t->frame_time;
        judge(d, &rate, &f);
    }
    ili_free(w);
    return good;
}

static void estimate_species(study *s, int k) {
    ili_transport_species *p = &s->r->species[k];
    double c[ILI_CHANNELS_MAX];
    const double factor = 1.0 / (2.0 * s->t->frame_time);
    coefficients_of(s, k, c);
    ili_block_sum sum = slope_in(s, &s->windows[k], c, 0);
    p->d = estimate_of(&sum, factor / 3.0, SQUARES);
    for (int v = 0; v < 6; v++) {
        memset(c, 0, sizeof c);
        add_component(s, 1.0 / s->t->size[k], ILI_VOIGT[v][0], ILI_VOIGT[v][1], c + ili_lag_channel_group(k));
        sum = slope_in(s, &s->windows[k], c, 0);
        p->tensor[v] = estimate_of(&sum, factor, v < 3 ? SQUARES : PLAIN);
    }
}

/** a/b of two sums over the same blocks. */
static ili_estimate ratio(const ili_block_sum *a, const ili_block_sum *b, double power) {
    ili_block_sum r = {.value = a->value / b->value};
    ili_block_sum_add(&r, 1.0 / b->value, a);
    ili_block_sum_add(&r, -r.value / b->value, b);
    return estimate_of(&r, 1.0, power);
}

static void add_value(ili_block_sum *to, double factor, const ili_block_sum *from) {
    ili_block_sum_add(to, factor, from);
    to->value += factor * from->value;
}

/** Sums over particles relative to all that is neutral, from those relative to the reference: Q0_i = sum_j a_ij Q_j over what carries
 *  charge. false: what is neutral does not stand still, and its motion is not known. eq. (14.11) */
static bool relative_to_solvent(const ili_transport *t, double a[ILI_GROUPS_MAX][ILI_GROUPS_MAX]) {
    double solvent = 1.0, charge = 0.0, scale = 0.0;
    for (int i = 0; i < t->n_groups; i++) {
        const double q = t->groups[i].z * t->size[i];
        charge += q;
        scale += fabs(q);
        if (q != 0.0) solvent -= t->share_of_mass[i];
    }
    const bool is_barycentre = t->reference == ILI_REFERENCE_BARYCENTRE;
    for (int i = 0; i < t->n_groups; i++)
        for (int j = 0; j < t->n_groups; j++) {
            const double dragged =
                is_barycentre && t->groups[j].z != 0.0 ? t->share_of_mass[j] / solvent : 0.0;
            a[i][j] = (i == j) + dragged * t->size[i] / t->size[j];
        }
    if (!is_barycentre) return t->reference == ILI_REFERENCE_FRAMEWORK;
    return solvent > SOLVENT_LEAST && fabs(charge) < NEUTRAL * scale;
}

/** Transference numbers relative to the solvent. eq. (14.12) */
static void estimate_solvent(study *s, const ili_block_sum *moving, const ili_block_sum *all) {
    const ili_transport *t = s->t;
    double a[ILI_GROUPS_MAX][ILI_GROUPS_MAX];
    if (t->reference != ILI_REFERENCE_BARYCENTRE || !relative_to_solvent(t, a)) return;
    for (int i = 0; i < t->n_groups; i++) {
        ili_block_sum part = {0};
        for (int j = 0; j < t->n_groups; j++)
            if (t->groups[j].z != 0.0)
                add_value(&part, a[i][j] * t->groups[i].z / t->groups[j].z, &moving[j]);
        s->r->species[i].t_solvent = ratio(&part, all, PLAIN);
    }
}

/** Which is the cation, which the anion of a binary salt; neutral species may be there. */
static bool find_salt(const ili_transport *t, int ion[2]) {
    int n[2] = {0, 0};
    for (int i = 0; i < t->n_groups; i++) {
        if (t->groups[i].z == 0.0) continue;
        const int is_anion = t->groups[i].z < 0.0;
        ion[is_anion] = i;
        n[is_anion]++;
    }
    return n[0] == 1 && n[1] == 1;
}

/** Of the cation, with the anion at rest in the solvent: factor z^2 (L++ - L+-^2/L--), made linear in the three. eq. (14.14) */
static void estimate_blocked(study *s, int64_t block, double factor) {
    const ili_transport *t = s->t;
    double a[ILI_GROUPS_MAX][ILI_GROUPS_MAX], c[ILI_CHANNELS_MAX];
    int ion[2];
    ili_block_sum l[3] = {{0}}; /* ++ +- -- */
    if (!find_salt(t, ion) || !relative_to_solvent(t, a)) return;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            const int p = ion[i], q = ion[j];
            memset(c, 0, sizeof c);
            add_trace(s, 1.0, c + ili_lag_channel_pair(t->n_groups, p < q ? p : q, p < q ? q : p));
            const ili_block_sum pair = slope_in(s, &s->windows[t->n_groups], c, block);
            for (int k = 0; k < 3; k++) add_value(&l[k], a[ion[k / 2]][p] * a[ion[(k + 1) / 2]][q], &pair);
        }
    if (!(l[2].value > 0.0)) return;
    const double drag = l[1].value / l[2].value, z = t->groups[ion[0]].z;
    ili_block_sum rest = {.value = l[0].value - drag * l[1].value};
    ili_block_sum_add(&rest, 1.0, &l[0]);
    ili_block_sum_add(&rest, -2.0 * drag, &l[1]);
    ili_block_sum_add(&rest, drag * drag, &l[2]);
    s->r->sigma_blocked = estimate_of(&rest, factor * z * z, SQUARES);
}

/** Conductivities, Onsager coefficients and ratios, all over the same blocks of time. eq. (10.14) - (10.16) */
static void estimate_collective(study *s) {
    const ili_transport *t = s->t;
    ili_transport_result *r = s->r;
    const ili_lag_window *charge = &s->windows[t->n_groups];
    int64_t block = charge->block;
    for (int k = 0; k < t->n_groups; k++)
        if (s->windows[k].block > block && t->groups[k].z != 0.0) block = s->windows[k].block;
    ili_block_sum self[ILI_GROUPS_MAX], all_self = {0}, moving[ILI_GROUPS_MAX] = {{0}}, all = {0};
    double c[ILI_CHANNELS_MAX], strength = 0.0;
    const double per_time = 1.0 / (6.0 * t->frame_time), kt = ILI_KB * t->temperature;
    const double onsager = per_time * 1e25 / (kt * ILI_E_CHARGE_SI * s->volume * ILI_AVOGADRO * ILI_AVOGADRO);
    const double conduct = per_time * ILI_E_CHARGE_SI * 1e25 / (kt * s->volume);
    for (int i = 0; i < t->n_groups; i++) {
        coefficients_of(s, i, c);
        const double z2n = t->groups[i].z * t->groups[i].z * t->size[i];
        strength += z2n;
        self[i] = slope_in(s, &s->windows[i], c, block);
        if (z2n > 0.0) add_value(&all_self, z2n, &self[i]);
        for (int j = 0; j < t->n_groups; j++) {
            memset(c, 0, sizeof c);
            add_trace(s, 1.0, c + ili_lag_channel_pair(t->n_groups, i < j ? i : j, i < j ? j : i));
            const ili_block_sum pair = slope_in(s, charge, c, block);
            r->onsager[i][j] = estimate_of(&pair, onsager, i == j ? SQUARES : PLAIN);
            add_value(&moving[i], t->groups[i].z * t->groups[j].z, &pair);
        }
        add_value(&all, 1.0, &moving[i]);
    }
    for (int i = 0; i < t->n_groups; i++) {
        ili_block_sum part = {0};
        add_value(&part, t->groups[i].z * t->groups[i].z * t->size[i], &self[i]);
        r->species[i].t_self = ratio(&part, &all_self, PLAIN);
        r->species[i].t = ratio(&moving[i], &all, PLAIN);
    }
    r->d_charge = estimate_of(&all, per_time / strength, SQUARES);
    r->sigma = estimate_of(&all, conduct, SQUARES);
    r->sigma_ne = estimate_of(&all_self, conduct, SQUARES);
    r->haven = ratio(&all_self, &all, OVER_SQUARES);
    estimate_solvent(s, moving, &all);
    estimate_blocked(s, block, conduct);
}

static void unknown(study *s, const char *why) {
    ili_transport_result *r = s->r;
    r->d_charge = r->sigma = r->sigma_ne = r->haven = r->sigma_blocked = UNKNOWN;
    snprintf(r->charge_window.verdict, sizeof r->charge_window.verdict, "%s", why);
    for (int i = 0; i < s->t->n_groups; i++)
        for (int j = 0; j < s->t->n_groups; j++) r->onsager[i][j] = UNKNOWN;
}

static void unknown_species(ili_transport_species *p, const char *why) {
    p->d = p->t_self = p->t = p->t_solvent = UNKNOWN;
    for (int v = 0; v < 6; v++) p->tensor[v] = UNKNOWN;
    p->window = (ili_diffusive){.slope = NAN,
                                .slope_sigma = NAN,
                                .jumps = NAN,
                                .jumps_before = NAN,
                                .spread = NAN,
                                .spread_alone = NAN};
    snprintf(p->window.verdict, sizeof p->window.verdict, "%s", why);
}

/** The mean cell, and the map into it. */
static void measure(study *s) {
    const ili_transport *t = s->t;
    const double frames = fmax((double)ili_transport_frames(t), 1.0);
    double mean[3][3], inverse[3][3];
    for (int a = 0; a < 3; a++)
        for (int k = 0; k < 3; k++) mean[a][k] = t->cell_sum[a][k] / frames;
    ili_inverse(t->cell.h, inverse);
    ili_mat_mul(inverse, mean, s->map);
    s->volume = t->volume_sum / frames;
}

il_status ili_transport_estimate(il_context *ctx, const ili_transport *t, ili_transport_result *r) {
    il_status status = IL_OK;
    study *s = ili_alloc(1, sizeof *s);
    if (!s) return ili_no_memory(ctx, "transport");
    *s = (study){.t = t, .r = r};
    *r = (ili_transport_result){.n_species = t->n_groups};
    const int64_t frames = ili_transport_frames(t);
    measure(s);
    r->volume = s->volume;
    r->total_time = frames > 0 ? (double)(frames - 1) * t->frame_time : 0.0;
    while (frames >> (s->last + 1) >= 4 * BLOCKS_LEAST) s->last++;
    int least = 0;
    const char *halted = NULL;
    bool charged = false;
    for (int k = 0; k < t->n_groups; k++) {
        ili_transport_species *p = &r->species[k];
        p->group = t->groups[k];
        p->n = t->size[k];
        p->mass_fraction = t->share_of_mass[k];
        charged = charged || p->group.z != 0.0;
        unknown_species(p, "not diffusive: too few frames to tell");
        if (frames < FRAMES_LEAST) continue;
        if (!choose(s, k, 0, &s->octave[k], &s->windows[k], &p->window))
            IL_GO(ili_no_memory(ctx, "transport"));
        estimate_species(s, k);
        if (p->group.z == 0.0) continue;
        if (!p->window.is_diffusive) halted = p->group.name;
        if (s->octave[k] - 1 > least) least = s->octave[k] - 1;
    }
    unknown(s, charged ? "not diffusive: too few frames to tell" : "no species carries charge");
    if (frames < FRAMES_LEAST || !charged) goto out;
    int octave;
    if (!choose(s, -1, least, &octave, &s->windows[t->n_groups], &r->charge_window))
        IL_GO(ili_no_memory(ctx, "transport"));
    estimate_collective(s);
    if (halted && r->charge_window.is_diffusive) {
        r->charge_window.is_diffusive = false;
        snprintf(r->charge_window.verdict, sizeof r->charge_window.verdict,
                 "not diffusive: species %s, which carries charge, is not", halted);
    }
out:
    ili_free(s);
    return status;
}

ili_transport_curve ili_transport_curve_of(ili_transport *t, int k) {
    double *lag = t->curve, *msd = lag + ILI_LAG_MAX, *sigma = msd + ILI_LAG_MAX, c[ILI_CHANNELS_MAX];
    study s = {.t = t};
    measure(&s);
    coefficients_of(&s, k, c);
    const int n = ili_lag_store_lags(t->store);
    const int64_t frames = ili_transport_frames(t);
    double relative = 0.0;
    for (int q = 0; q < n; q++) {
        const ili_lag_window one = {.from = q, .n = 1};
        ili_block_sum sum;
        const double weight = 1.0, frames_of_lag = (double)ili_lag_frames(q);
        int64_t block = ili_lag_store_block(t->store, q);
        while (block < 2 * ili_lag_frames(q) || (frames + block - 1) / block > ILI_LAG_BLOCKS) block *= 2;
        ili_lag_window_apply(t->store, &one, &weight, c, block, &sum);
        sum.inflation = 1.0 / (1.0 - 0.25 * frames_of_lag / (double)block);
        double freedom, variance = ili_block_sum_variance(&sum, &freedom);
        lag[q] = frames_of_lag * t->frame_time;
        msd[q] = sum.value;
        if (freedom >= 4.0)
            relative = variance /
                       (sum.value * sum.value * frames_of_lag); /* grows with the lag, as free diffusion's */
        sigma[q] = freedom >= 4.0 ? sqrt(variance) : sum.value * sqrt(relative * frames_of_lag);
    }
    return (ili_transport_curve){.n = n, .lag = lag, .msd = msd, .sigma = sigma};
}
