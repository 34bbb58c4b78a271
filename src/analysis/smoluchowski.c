/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The operator on bins of width w hops to the neighbours with D/w^2 sqrt(p_j/p_i), which keeps p exactly, and out of the last bin
 *  with 2 D/w^2, the face being half a bin away; made symmetric with sqrt(p) it is diagonalised once. */
#include "analysis/smoluchowski.h"

#include "math/eigen.h"

#include <math.h>
#include <string.h>

static const double UNSEEN = 0.5826; /* -zeta(1/2)/sqrt(2 pi) */

bool ili_modes_make(int n, const double *p, double thickness, bool absorbs_low, bool absorbs_high,
                    ili_modes *m) {
    double s[ILI_MODES_MAX * ILI_MODES_MAX] = {0.0}, v[ILI_MODES_MAX * ILI_MODES_MAX], sum = 0.0;
    if (n < 2 || n > ILI_MODES_MAX || !(thickness > 0.0)) return false;
    double w = thickness / n, rate = 1.0 / (w * w);
    for (int i = 0; i < n; i++) sum += p[i] > 0.0 ? p[i] : NAN;
    for (int i = 0; i < n; i++) {
        if (i > 0) s[i * n + i] += rate * sqrt(p[i - 1] / p[i]);
        if (i < n - 1) s[i * n + i] += rate * sqrt(p[i + 1] / p[i]);
        if (i > 0) s[i * n + i - 1] = s[(i - 1) * n + i] = -rate;
    }
    if (absorbs_low) s[0] += 2.0 * rate;
    if (absorbs_high) s[n * n - 1] += 2.0 * rate;
    if (!ili_eigen_symmetric(n, s, v) || !isfinite(sum)) return false;
    *m = (ili_modes){.n = n, .n_open = absorbs_low + absorbs_high, .thickness = thickness};
    for (int k = 0; k < n; k++) {
        double zero = 0.0, one = 0.0, two = 0.0; /* moments of the mode */
        for (int i = 0; i < n; i++) {
            double amplitude = sqrt(p[i] / sum) * v[k * n + i], z = (i + 0.5) * w;
            zero += amplitude;
            one += amplitude * z;
            two += amplitude * z * z;
        }
        m->lambda[k] = s[k * n + k];
        m->stay[k] = zero * zero;
        m->move[k] = 2.0 * (two * zero - one * one);
    }
    return true;
}

double ili_modes_survival(const ili_modes *m, double u, double *square) {
    double left = 0.0, moved = 0.0;
    for (int k = 0; k < m->n; k++) {
        double decay = exp(-m->lambda[k] * u);
        left += decay * m->stay[k];
        moved += decay * m->move[k];
    }
    if (square) *square = moved / left;
    return left;
}

double ili_unseen_shift(double d, double frame) {
    return UNSEEN * sqrt(2.0 * d * frame);
}

double ili_modes_seen(const ili_modes *m, double d, double time, double frame, double *square) {
    double stretch = 1.0 + m->n_open * ili_unseen_shift(d, frame) / m->thickness;
    double left = ili_modes_survival(m, d * time / (stretch * stretch), square);
    if (square) *square *= stretch * stretch;
    return left;
}

/** What is measured, as a function of D: growth of the mean squared displacement, or minus the log of the survival ratio. */
typedef struct question {
    const ili_modes *modes;
    double from, to, frame;
    bool of_growth;
} question;

static double answer(const question *q, double d) {
    double then, now;
    double left_then = ili_modes_seen(q->modes, d, q->from, q->frame, &then);
    double left_now = ili_modes_seen(q->modes, d, q->to, q->frame, &now);
    return q->of_growth ? now - then : log(left_then) - log(left_now);
}

/** Upwards in steps from `start` until the answer is passed, then bisection. NaN when it falls again before. */
static double solve(const question *q, double wanted, double start) {
    double low = start, high = start, at_low = answer(q, start);
    if (!(wanted > 0.0) || !isfinite(at_low)) return NAN;
    while (at_low > wanted && low > 1e-30) at_low = answer(q, low *= 0.5);
    for (double last = at_low;;) {
        high *= 1.1;
        double at_high = answer(q, high);
        if (at_high >= wanted) break;
        if (!(at_high > last)) return NAN;
        last = at_high;
        low = high;
    }
    for (int step = 0; step < 60; step++) {
        double middle = 0.5 * (low + high);
        *(answer(q, middle) < wanted ? &low : &high) = middle;
    }
    return 0.5 * (low + high);
}

double ili_modes_d_of_growth(const ili_modes *m, double growth, double from, double to, double frame) {
    question q = {m, from, to, frame, true};
    return solve(&q, growth, 0.5 * growth / (to - from));
}

double ili_modes_d_of_survival(const ili_modes *m, double ratio, double from, double to, double frame) {
    question q = {m, from, to, frame, false};
    double wanted = -log(ratio), slowest = INFINITY;
    for (int k = 0; k < m->n; k++) slowest = fmin(slowest, m->lambda[k]);
    return solve(&q, wanted, 0.1 * wanted / (slowest * (to - from)));
}
