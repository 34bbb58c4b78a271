/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lithiate_study.h"

#include "analysis/rate.h"
#include "math/units.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/** angstrom^3 per particle in cm^3/mol. */
static const double CM3_PER_MOL = ILI_AVOGADRO * 1e-24;

ili_estimate ili_mean_of(int n, const double *value) {
    double mean = 0.0, square = 0.0;
    for (int k = 0; k < n; k++) mean += value[k] / n;
    for (int k = 0; k < n; k++) square += (value[k] - mean) * (value[k] - mean);
    if (n < 2) return (ili_estimate){n ? mean : NAN, NAN, NAN, NAN};
    return ili_estimate_of(mean, sqrt(square / (n - 1.0) / n), n - 1.0);
}

/** Where a point holds a quantity; those of several components begin there. */
static const size_t PLACE[ILI_LITHIATE_V_BACK] = {
    [ILI_LITHIATE_V] = offsetof(ili_lithiate_point, volume),
    [ILI_LITHIATE_A] = offsetof(ili_lithiate_point, a),
    [ILI_LITHIATE_C] = offsetof(ili_lithiate_point, c),
    [ILI_LITHIATE_DENSITY] = offsetof(ili_lithiate_point, density),
    [ILI_LITHIATE_E_INSERTION] = offsetof(ili_lithiate_point, e_insertion),
    [ILI_LITHIATE_VOLTAGE] = offsetof(ili_lithiate_point, voltage),
    [ILI_LITHIATE_STRAIN] = offsetof(ili_lithiate_point, strain),
    [ILI_LITHIATE_SHELL] = offsetof(ili_lithiate_point, coordination),
};

static int first_component(int quantity) {
    return quantity >= ILI_LITHIATE_SHELL    ? ILI_LITHIATE_SHELL
           : quantity >= ILI_LITHIATE_STRAIN ? ILI_LITHIATE_STRAIN
                                             : quantity;
}

static double number_of(const ili_lithiate_path *path, int k, int quantity) {
    const ili_lithiate_point *p = &path->point[k];
    if (quantity < ILI_LITHIATE_V_BACK) {
        const int first = first_component(quantity);
        return ((const double *)(const void *)((const char *)p + PLACE[first]))[quantity - first];
    }
    for (int b = 0; b < path->n_back; b++)
        if (path->back[b].n_li == p->n_li) return path->back[b].volume;
    return NAN;
}

/** Over the realisations for which it is known. */
static ili_estimate mean_number(const ili_lithiate_study *s, int k, int quantity) {
    double value[ILI_LITHIATE_POINTS_MAX];
    int n = 0;
    for (int r = 0; r < s->n_paths; r++) {
        const double v = k < s->path[r].n ? number_of(&s->path[r], k, quantity) : NAN;
        if (isfinite(v)) value[n++] = v;
    }
    return ili_mean_of(n, value);
}

static void take_composition(ili_lithiate_study *s, int k) {
    ili_lithiate_mean *m = &s->mean[k];
    m->x = s->path[0].point[k].x;
    for (int q = 0; q < ILI_LITHIATE_QUANTITIES; q++) m->number[q] = mean_number(s, k, q);
    for (int r = 0; r < s->n_paths; r++) {
        const ili_lithiate_point *p = &s->path[r].point[k];
        m->n_intact += p->network.intact;
        m->n_converged += p->converged;
        m->po4_intact += p->po4_intact;
        m->po4_all += p->po4_all;
    }
    m->v_conversion = s->has_conversion ? ili_conversion_at(&s->conversion, m->x) : NAN;
}

/** Slope of V(x) over compositions from..to of one realisation, cm3 per mol of Li. */
static double slope_of(const ili_lithiate_path *path, int from, int to) {
    double x[ILI_LITHIATE_POINTS_MAX], y[ILI_LITHIATE_POINTS_MAX], one[ILI_LITHIATE_POINTS_MAX];
    const int n = to - from + 1;
    ili_line line;
    for (int k = 0; k < n; k++) {
        x[k] = path->point[from + k].x;
        y[k] = path->point[from + k].volume;
        one[k] = 1.0;
    }
    return n > 1 && ili_fit_line(n, x, y, one, &line) ? CM3_PER_MOL * line.slope : NAN;
}

static ili_estimate mean_slope(const ili_lithiate_study *s, int from, int to) {
    double value[ILI_LITHIATE_POINTS_MAX];
    int n = 0;
    for (int r = 0; r < s->n_paths && from >= 0; r++) {
        const double v = slope_of(&s->path[r], from, to);
        if (isfinite(v)) value[n++] = v;
    }
    return ili_mean_of(n, value);
}

void ili_lithiate_study_make(ili_lithiate_study *s) {
    s->n = s->path[0].n;
    memset(s->mean, 0, sizeof s->mean);
    for (int k = 0; k < s->n; k++) take_composition(s, k);
    for (int k = 0; k < s->n; k++) s->v_li_step[k] = mean_slope(s, k - 1, k);
    s->v_li = mean_slope(s, 0, s->n - 1);
    s->hysteresis = (ili_estimate){NAN, NAN, NAN, NAN};
    for (int k = 0; k < s->n; k++) {
        double gap[ILI_LITHIATE_POINTS_MAX];
        int n = 0;
        for (int r = 0; r < s->n_paths; r++) {
            const double back = number_of(&s->path[r], k, ILI_LITHIATE_V_BACK);
            if (isfinite(back)) gap[n++] = back - s->path[r].point[k].volume;
        }
        const ili_estimate e = ili_mean_of(n, gap);
        if (n > 0 && !(fabs(e.value) <= fabs(s->hysteresis.value))) s->hysteresis = e;
    }
}
