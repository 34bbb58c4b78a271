/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/slab_heights.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

/** angstrom: reach of the atoms that carry a plane along; how far out is out; the part of the slab whose displacement is its face's;
 *  rms spread of heights that has a slope. */
static const double CARRIED = 1.5, LEFT = 1.0, BAND = 3.0, SPREAD = 0.1;

il_status ili_heights_make(il_context *ctx, int32_t n, ili_heights *h) {
    h->n = n;
    h->before = ili_alloc((size_t)n, sizeof *h->before);
    h->after = ili_alloc((size_t)n, sizeof *h->after);
    return h->before && h->after ? IL_OK : ili_no_memory(ctx, "heights of a slab");
}

void ili_heights_free(ili_heights *h) {
    ili_free(h->before);
    ili_free(h->after);
    *h = (ili_heights){0};
}

void ili_heights_begin(ili_heights *h) {
    h->top = -INFINITY;
    h->bottom = INFINITY;
    memcpy(h->before, h->after, (size_t)h->n * sizeof *h->before);
    for (int32_t i = 0; i < h->n; i++) {
        h->top = fmax(h->top, h->before[i]);
        h->bottom = fmin(h->bottom, h->before[i]);
    }
}

static bool is_within(const ili_heights *h, int32_t i, double depth) {
    return h->before[i] >= h->top - depth;
}

int32_t ili_heights_within(const ili_heights *h, double depth) {
    int32_t n = 0;
    for (int32_t i = 0; i < h->n; i++) n += is_within(h, i, depth);
    return n;
}

double ili_heights_stretch(const ili_heights *h, double depth) {
    double n = 0.0, x = 0.0, u = 0.0, xx = 0.0, xu = 0.0; /* u: displacements, whose slope is the strain */
    for (int32_t i = 0; i < h->n; i++) {
        if (!is_within(h, i, depth)) continue;
        n += 1.0;
        x += h->before[i];
        u += h->after[i] - h->before[i];
    }
    for (int32_t i = 0; i < h->n; i++) {
        if (!is_within(h, i, depth)) continue;
        const double off = h->before[i] - x / n;
        xx += off * off;
        xu += off * (h->after[i] - h->before[i] - u / n);
    }
    return xx > n * SPREAD * SPREAD ? xu / xx : NAN;
}

/** Mean displacement of the atoms within BAND of `face`. */
static double displacement(const ili_heights *h, double face) {
    double sum = 0.0, n = 0.0;
    for (int32_t i = 0; i < h->n; i++) {
        if (fabs(h->before[i] - face) > BAND) continue;
        sum += h->after[i] - h->before[i];
        n += 1.0;
    }
    return sum / n;
}

double ili_heights_rise(const ili_heights *h) {
    return displacement(h, h->top) - displacement(h, h->bottom);
}

static double plane_now(const ili_heights *h, double before) {
    double sum = 0.0, weights = 0.0;
    for (int32_t i = 0; i < h->n; i++) {
        const double d = (h->before[i] - before) / CARRIED, weight = exp(-0.5 * d * d);
        sum += weight * (h->after[i] - h->before[i]);
        weights += weight;
    }
    return before + sum / weights;
}

ili_layer_now ili_heights_layer(const ili_heights *h, int k, double thickness) {
    const double high = h->top - k * thickness, low = fmax(high - thickness, h->bottom);
    return (ili_layer_now){plane_now(h, low), plane_now(h, high)};
}

bool ili_has_left(const ili_layer_now *layer, double height) {
    return height < layer->low - LEFT || height > layer->high + LEFT;
}
