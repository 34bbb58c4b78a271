/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/picture_ticks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double ROUNDING = 1e-9; /* of a step */
#define MINUS "\xe2\x88\x92"
#define TIMES "\xc3\x97"

static ili_tick *add(ili_ticks *t, double at) {
    if (t->n == ILI_TICKS_MAX) return NULL;
    ili_tick *tick = &t->tick[t->n++];
    *tick = (ili_tick){.at = at};
    return tick;
}

/** A number with a typographic minus. */
static void print(char text[ILI_TICK_TEXT], double value, int decimals) {
    snprintf(text, ILI_TICK_TEXT, "%s%.*f", value < 0.0 ? MINUS : "", decimals, fabs(value));
}

static void linear(double low, double high, int target, bool is_log, ili_ticks *t) {
    double rough = (high - low) / target, ten = pow(10.0, floor(log10(rough))), m = rough / ten;
    double step = m < 1.5 ? ten : m < 3.5 ? 2.0 * ten : m < 7.5 ? 5.0 * ten : 10.0 * ten;
    int parts = step == 2.0 * ten ? 4 : 5, top = (int)floor(log10(fmax(fabs(low), fabs(high))) + ROUNDING);
    t->power = top >= 5 || top <= -4 ? top : 0;
    double unit = pow(10.0, t->power), minor = step / parts;
    int decimals = (int)fmax(0.0, ceil(-log10(step / unit) - ROUNDING));
    for (double k = ceil(low / minor - ROUNDING); k * minor <= high + ROUNDING * step; k++) {
        ili_tick *tick = add(t, k * minor);
        bool is_major = tick && fmod(fabs(k), parts) == 0.0;
        if (is_major) print(tick->text, rint(k / parts) * step / unit, decimals);
    }
    if (!is_log) return;
    for (int k = 0; k < t->n; k++) /* no factor at the end of a log axis */
        if (t->tick[k].text[0] && t->power) {
            size_t n = strlen(t->tick[k].text);
            snprintf(t->tick[k].text + n, ILI_TICK_TEXT - n, TIMES "10^{%s%d}", t->power < 0 ? MINUS : "",
                     abs(t->power));
        }
    t->power = 0;
}

/** m times 10 to the exponent, m from 1 to 9. */
static void print_power(char text[ILI_TICK_TEXT], int m, int exponent, bool is_plain) {
    char factor[8] = "";
    if (m > 1) snprintf(factor, sizeof factor, "%d" TIMES, m);
    if (is_plain)
        snprintf(text, ILI_TICK_TEXT, "%.*f", exponent < 0 ? -exponent : 0, m * pow(10.0, exponent));
    else
        snprintf(text, ILI_TICK_TEXT, "%s10^{%s%d}", factor, exponent < 0 ? MINUS : "", abs(exponent));
}

void ili_ticks_make(double low, double high, bool is_log, int target, ili_ticks *t) {
    *t = (ili_ticks){0};
    if (!is_log || high / low < 4.0) {
        linear(low, high, target, is_log, t);
        return;
    }
    int first = (int)floor(log10(low) + ROUNDING), last = (int)floor(log10(high) + ROUNDING);
    int n_decades = last - (int)ceil(log10(low) - ROUNDING) + 1, stride = 1 + (n_decades - 1) / (target + 2);
    bool is_plain = first >= -2 && last <= 3, with_125 = n_decades < 3;
    for (int e = first; e <= last; e++)
        for (int m = 1; m <= (stride > 1 ? 1 : 9); m++) {
            double at = m * pow(10.0, e);
            if (at < low * (1.0 - ROUNDING) || at > high * (1.0 + ROUNDING)) continue;
            ili_tick *tick = add(t, at);
            bool is_major = (m == 1 && e % stride == 0) || (with_125 && (m == 2 || m == 5));
            if (tick && is_major) print_power(tick->text, m, e, is_plain);
        }
}
