/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/origins.h"

#include "base/alloc.h"

#include <string.h>

il_status ili_origins_create(il_context *ctx, int32_t n, int64_t stride, int32_t keep, const char *what,
                             ili_origins *o) {
    *o = (ili_origins){.n = n, .stride = stride, .keep = keep};
    o->x = ili_alloc((size_t)keep * (size_t)n, sizeof *o->x);
    return o->x ? IL_OK : ili_no_memory(ctx, what);
}

void ili_origins_free(ili_origins *o) {
    ili_free(o->x);
    *o = (ili_origins){0};
}

/** Origins seen so far; number m is kept in place m % keep. */
static int64_t made(const ili_origins *o) {
    return (o->frames + o->stride - 1) / o->stride;
}

static double (*place(const ili_origins *o, int64_t m))[3] {
    return o->x + (size_t)(m % o->keep) * (size_t)o->n;
}

void ili_origins_push(ili_origins *o, const double (*x)[3]) {
    if (o->frames % o->stride == 0) memcpy(place(o, made(o)), x, (size_t)o->n * sizeof *x);
    o->frames++;
}

int32_t ili_origins_count(const ili_origins *o) {
    return made(o) < o->keep ? (int32_t)made(o) : o->keep;
}

const double (*ili_origins_get(const ili_origins *o, int32_t k, int64_t *age))[3] {
    int64_t m = made(o) - 1 - k;
    *age = o->frames - 1 - m * o->stride;
    return (const double(*)[3])place(o, m);
}

const double (*ili_origins_before(const ili_origins *o, int64_t lag))[3] {
    int64_t frame = o->frames - 1 - lag, m = frame / o->stride;
    if (frame < 0 || frame % o->stride != 0 || m < made(o) - o->keep) return NULL;
    return (const double(*)[3])place(o, m);
}

size_t ili_origins_memory(const ili_origins *o) {
    return (size_t)o->keep * (size_t)o->n * sizeof *o->x;
}

void ili_origins_carry(ili_origins *o, ili_bytes *bytes) {
    ili_bytes_expect(bytes, o->n);
    ili_bytes_expect(bytes, o->keep);
    ili_bytes_expect(bytes, o->stride);
    ili_bytes_carry(bytes, &o->frames, sizeof o->frames);
    ili_bytes_carry(bytes, o->x, (size_t)ili_origins_count(o) * (size_t)o->n * sizeof *o->x);
}

int64_t ili_origins_stride(int64_t *lag, int dense) {
    int64_t stride = (*lag + dense - 1) / dense;
    if (stride < 1) stride = 1;
    *lag = (*lag + stride / 2) / stride * stride;
    return stride;
}
