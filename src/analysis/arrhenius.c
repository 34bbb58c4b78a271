/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/arrhenius.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "math/fit.h"
#include "math/units.h"
#include "math/vec.h"

#include <stdlib.h>

#include <math.h>

static const double LEVEL = 0.95;

/** What a fit works on: x = 1/T for Arrhenius, y = ln value. */
typedef struct points {
    int n;
    double *t, *x, *y, *sigma, *freedom; /**< [n] in one block that begins at t */
} points;

static void points_free(points *p) {
    ili_free(p->t);
    *p = (points){0};
}

/** Degrees of freedom behind an estimate, from how much wider than normal its interval is. */
static double freedom_of(const ili_estimate *e) {
    double width = 0.5 * (e->high - e->low) / e->sigma;
    return isfinite(width) ? ili_student_freedom(width) : INFINITY;
}

static int count_temperatures(const points *p) {
    int n = 0;
    for (int i = 0; i < p->n; i++) {
        bool is_new = true;
        for (int j = 0; j < i; j++) is_new = is_new && fabs(p->t[i] - p->t[j]) > 1e-6 * p->t[j];
        n += is_new;
    }
    return n;
}

static il_status points_make(il_context *ctx, int n, const ili_rate *rates, int least, points *p) {
    double *block = ili_alloc((size_t)(n > 0 ? n : 1), 5 * sizeof *block);
    if (!block) return ili_no_memory(ctx, "a fit");
    *p = (points){n, block, block + n, block + 2 * n, block + 3 * n, block + 4 * n};
    for (int k = 0; k < n; k++) {
        const ili_estimate *e = &rates[k].number;
        const double t = rates[k].temperature;
        if (!(t > 0.0) || !isfinite(t) || !(e->value > 0.0) || !isfinite(e->value) || !(e->sigma > 0.0) ||
            !isfinite(e->sigma)) {
            points_free(p);
            return ili_fail(
                ctx, IL_E_INPUT,
                "a fit over temperatures was given %g +- %g at %g K, expected a positive number with an "
                "error at a positive temperature; leave this temperature out or run it longer",
                e->value, e->sigma, t);
        }
        p->t[k] = t;
        p->x[k] = 1.0 / t;
        p->y[k] = log(e->value);
        p->sigma[k] = sqrt(log1p(pow(e->sigma / e->value, 2)));
        p->freedom[k] = freedom_of(e);
    }
    int distinct = count_temperatures(p);
    if (distinct >= least) return IL_OK;
    points_free(p);
    return ili_fail(ctx, IL_E_INPUT, "a fit over temperatures needs %d different ones, found %d", least,
                    distinct);
}

/** Freedom of slope and centre, whichever is smaller, by Welch and Satterthwaite: each point has the share u of the variance. */
static double fit_freedom(const points *p, const ili_line *line) {
    double sxx = pow(line->slope_sigma, -2), w = pow(line->centre_sigma, -2), slope = 0.0, centre = 0.0;
    for (int k = 0; k < p->n; k++) {
        double weight = pow(p->sigma[k], -2);
        slope += pow(weight * pow(p->x[k] - line->x0, 2) / sxx, 2) / p->freedom[k];
        centre += pow(weight / w, 2) / p->freedom[k];
    }
    return 1.0 / fmax(slope, centre); /* of exactly known errors: infinite */
}

static ili_estimate around(double value, double sigma, double width) {
    return (ili_estimate){value, sigma, value - width * sigma, value + width * sigma};
}

/** Of ln value to that of value. */
static ili_estimate exponential(double value, double sigma, double width) {
    return (ili_estimate){exp(value), exp(value) * sigma, exp(value - width * sigma),
                          exp(value + width * sigma)};
}

il_status ili_arrhenius_fit(il_context *ctx, int n, const ili_rate *rates, ili_arrhenius *fit) {
    points p = {0};
    ili_line line;
    *fit = (ili_arrhenius){.n = n};
    IL_TRY(points_make(ctx, n, rates, 2, &p));
    bool is_fitted = ili_fit_line(n, p.x, p.y, p.sigma, &line);
    if (is_fitted) {
        const int distinct = count_temperatures(&p);
        fit->low = fit->high = p.t[0];
        for (int k = 1; k < n; k++) {
            fit->low = fmin(fit->low, p.t[k]);
            fit->high = fmax(fit->high, p.t[k]);
        }
        fit->has_scatter = distinct > 2;
        fit->chi2 = line.chi2;
        fit->p = ili_chi2_tail(line.chi2, n - 2);
        fit->widening = n > 2 ? fmax(1.0, sqrt(line.chi2 / (n - 2))) : 1.0;
        fit->freedom = fit_freedom(&p, &line);
        fit->x0 = line.x0;
        fit->centre = line.centre;
        fit->centre_sigma = fit->widening * line.centre_sigma;
        fit->slope_sigma = fit->widening * line.slope_sigma;
        const double width = ili_student_width(LEVEL, fit->freedom);
        fit->energy = around(-ILI_KB * line.slope, ILI_KB * fit->slope_sigma, width);
        fit->ln_prefactor = around(line.centre - line.slope * line.x0,
                                   hypot(fit->centre_sigma, fit->slope_sigma * line.x0), width);
        fit->covariance = ILI_KB * fit->slope_sigma * fit->slope_sigma * line.x0;
    }
    points_free(&p);
    return is_fitted ? IL_OK : ili_fail(ctx, IL_E_INTERNAL, "a straight line through checked points failed");
}

ili_estimate ili_arrhenius_at(const ili_arrhenius *fit, double temperature) {
    double dx = 1.0 / temperature - fit->x0;
    return exponential(fit->centre - fit->energy.value / ILI_KB * dx,
                       hypot(fit->centre_sigma, fit->slope_sigma * dx),
                       ili_student_width(LEVEL, fit->freedom));
}

/* ---- Vogel, Tammann and Fulcher: for a given T0 a straight line in 1/(T - T0), so only T0 is searched ---- */

enum { T0_GRID = 24, T0_GOLDEN = 26 };

/** Of the inverse of a matrix with ones on its diagonal: beyond, half of the digits are lost. */
static const double SINGULAR = 1e8;

/** The line for this T0; x is scratch [n]. chi2 infinite when there is none. */
static ili_line line_at(const points *p, const double *y, double t0, double *x) {
    ili_line line = {.chi2 = INFINITY};
    for (int k = 0; k < p->n; k++) x[k] = 1.0 / (p->t[k] - t0);
    if (!ili_fit_line(p->n, x, y, p->sigma, &line)) line.chi2 = INFINITY;
    return line;
}

/** ln A, B, T0 of least chi2: a grid over T0, then golden section between the neighbours of its best point. */
static double vtf_search(const points *p, const double *y, double highest, double *x, double result[3]) {
    int best = 0;
    double least = INFINITY;
    for (int k = 0; k <= T0_GRID; k++) {
        double chi2 = line_at(p, y, highest * k / T0_GRID, x).chi2;
        if (chi2 < least) {
            least = chi2;
            best = k;
        }
    }
    const double golden = 0.5 * (sqrt(5.0) - 1.0);
    double low = highest * fmax(best - 1, 0) / T0_GRID, high = highest * fmin(best + 1, T0_GRID) / T0_GRID;
    for (int k = 0; k < T0_GOLDEN; k++) {
        double a = high - golden * (high - low), b = low + golden * (high - low);
        if (line_at(p, y, a, x).chi2 <= line_at(p, y, b, x).chi2)
            high = b;
        else
            low = a;
    }
    double t0 = 0.5 * (low + high);
    if (best == 0 && line_at(p, y, 0.0, x).chi2 <= line_at(p, y, t0, x).chi2) t0 = 0.0;
    ili_line line = line_at(p, y, t0, x);
    result[0] = line.centre - line.slope * line.x0;
    result[1] = -line.slope;
    result[2] = t0;
    return line.chi2;
}

static int by_value(const void *a, const void *b) {
    double u = *(const double *)a, v = *(const double *)b;
    return (u > v) - (u < v);
}

/** Half the central 68 % of the samples, and their central 95 %; sorts them. */
static ili_estimate spread_of(double value, double sample[ILI_VTF_SAMPLES]) {
    qsort(sample, ILI_VTF_SAMPLES, sizeof *sample, by_value);
    const int m = ILI_VTF_SAMPLES - 1;
    return (ili_estimate){value, 0.5 * (sample[(int)lround(0.84134 * m)] - sample[(int)lround(0.15866 * m)]),
                          sample[(int)lround(0.025 * m)], sample[(int)lround(0.975 * m)]};
}

static ili_estimate vtf_parameter(const ili_vtf *fit, int column, double value) {
    double sample[ILI_VTF_SAMPLES];
    for (int k = 0; k < ILI_VTF_SAMPLES; k++) sample[k] = fit->sample[k][column];
    return spread_of(value, sample);
}

static double vtf_ln(const double law[3], double temperature) {
    return temperature > law[2] ? law[0] - law[1] / (temperature - law[2]) : -INFINITY;
}

void ili_vtf_gradient(double b, double t0, double temperature, double gradient[3]) {
    const double x = 1.0 / (temperature - t0);
    gradient[0] = 1.0;
    gradient[1] = -x;
    gradient[2] = -b * x * x;
}

/** Inverse of the normal matrix, which is scaled to a diagonal of ones first. eq. (14.15) */
static void vtf_covariance(const points *p, const double law[3], double widening, double covariance[3][3]) {
    double normal[3][3] = {{0}}, inverse[3][3], scale[3], g[3];
    for (int k = 0; k < p->n; k++) {
        ili_vtf_gradient(law[1], law[2], p->t[k], g);
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) normal[a][b] += g[a] * g[b] / pow(widening * p->sigma[k], 2);
    }
    for (int a = 0; a < 3; a++) scale[a] = 1.0 / sqrt(normal[a][a]);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) normal[a][b] *= scale[a] * scale[b];
    ili_inverse(normal, inverse);
    bool is_good = true;
    for (int a = 0; a < 3; a++) is_good = is_good && inverse[a][a] > 0.0 && inverse[a][a] < SINGULAR;
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            covariance[a][b] = is_good ? 0.5 * (inverse[a][b] + inverse[b][a]) * scale[a] * scale[b] : NAN;
}

il_status ili_vtf_fit(il_context *ctx, int n, const ili_rate *rates, ili_vtf *fit) {
    points p = {0};
    double law[3], lowest = INFINITY;
    ili_rng rng = ili_rng_make(ctx->seed, 0x565446); /* "VTF" */
    *fit = (ili_vtf){.n = n};
    IL_TRY(points_make(ctx, n, rates, 3, &p));
    double *y = ili_alloc((size_t)n, 2 * sizeof *y), *x = y + n;
    if (!y) {
        points_free(&p);
        return ili_no_memory(ctx, "a fit");
    }
    for (int k = 0; k < n; k++) lowest = fmin(lowest, p.t[k]);
    const double highest = 0.98 * lowest;
    fit->chi2 = vtf_search(&p, p.y, highest, x, law);
    fit->p = ili_chi2_tail(fit->chi2, n - 3);
    fit->widening = n > 3 ? fmax(1.0, sqrt(fit->chi2 / (n - 3))) : 1.0;
    vtf_covariance(&p, law, fit->widening, fit->covariance);
    for (int s = 0; s < ILI_VTF_SAMPLES; s++) {
        for (int k = 0; k < n; k++)
            y[k] = vtf_ln(law, p.t[k]) + fit->widening * p.sigma[k] * ili_rng_normal(&rng);
        vtf_search(&p, y, highest, x, fit->sample[s]);
    }
    fit->ln_prefactor = vtf_parameter(fit, 0, law[0]);
    fit->b = vtf_parameter(fit, 1, law[1]);
    fit->t0 = vtf_parameter(fit, 2, law[2]);
    fit->is_curved = fit->t0.low > 0.0;
    ili_free(y);
    points_free(&p);
    return IL_OK;
}

ili_estimate ili_vtf_at(const ili_vtf *fit, double temperature) {
    double sample[ILI_VTF_SAMPLES];
    const double law[3] = {fit->ln_prefactor.value, fit->b.value, fit->t0.value};
    for (int k = 0; k < ILI_VTF_SAMPLES; k++) sample[k] = exp(vtf_ln(fit->sample[k], temperature));
    return spread_of(exp(vtf_ln(law, temperature)), sample);
}

/* ---- several runs of one quantity ------------------------------------------------------------------ */

/** Mean of `n` finite values, the variance of the mean from their scatter (0 for one). */
static void mean_of(const double *value, int n, double *mean, double *variance) {
    double sum = 0.0, square = 0.0;
    for (int k = 0; k < n; k++) sum += value[k];
    *mean = sum / n;
    for (int k = 0; k < n; k++) square += pow(value[k] - *mean, 2);
    *variance = n > 1 ? square / (n - 1) / n : 0.0;
}

enum { MEANS_MAX = 256 };

/** Means of the realisations (or, of one realisation, its values) into mean [MEANS_MAX]; the propagated variance of the mean of
 *  means, and Welch and Satterthwaite's sum of squares over freedoms. Returns how many means. */
static int group_means(int n, const ili_estimate *number, const int *realisation, double *mean,
                       double *variance, double *over_freedom) {
    int groups = 0, largest = -1, size[MEANS_MAX];
    for (int k = 0; k < n; k++)
        if (realisation[k] > largest) largest = realisation[k];
    for (int r = 0; r <= largest && groups < MEANS_MAX; r++) {
        double sum = 0.0;
        int m = 0;
        for (int k = 0; k < n; k++)
            if (realisation[k] == r && isfinite(number[k].value)) {
                sum += number[k].value;
                m++;
            }
        if (!m) continue;
        size[groups] = m;
        mean[groups++] = sum / m;
    }
    *variance = *over_freedom = 0.0;
    for (int r = 0, g = 0; r <= largest && g < groups; r++) {
        bool is_there = false;
        for (int k = 0; k < n; k++) {
            if (realisation[k] != r || !isfinite(number[k].value)) continue;
            double v = pow(number[k].sigma / (size[g] * (double)groups), 2);
            is_there = true;
            *variance += v;
            *over_freedom += v * v / freedom_of(&number[k]);
        }
        g += is_there;
    }
    if (groups > 1) return groups;
    groups = 0;
    for (int k = 0; k < n && groups < MEANS_MAX; k++)
        if (isfinite(number[k].value)) mean[groups++] = number[k].value;
    return groups;
}

ili_estimate ili_combine(int n, const ili_estimate *number, const int *realisation, bool *scatter) {
    double mean[MEANS_MAX], value, seen, variance, over_freedom;
    int m = group_means(n, number, realisation, mean, &variance, &over_freedom);
    if (scatter) *scatter = false;
    if (m == 0) return (ili_estimate){NAN, NAN, NAN, NAN};
    mean_of(mean, m, &value, &seen);
    if (m == 1 && !isfinite(variance)) return (ili_estimate){value, NAN, NAN, NAN};
    if (!isfinite(variance)) variance = over_freedom = 0.0; /* an error is missing: scatter alone */
    double width = variance > 0.0 ? ili_student_width(LEVEL, variance * variance / over_freedom) : 0.0;
    width *= sqrt(variance);
    if (m > 1) width = fmax(width, ili_student_width(LEVEL, m > 2 ? m - 1 : 2) * sqrt(seen));
    if (scatter) *scatter = seen > variance;
    return (ili_estimate){value, sqrt(fmax(variance, seen)), value - width, value + width};
}
