/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/timing.h"

#include <math.h>
#include <time.h>

ili_tick ili_tick_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void ili_tock(il_context *ctx, ili_time_stage stage, ili_tick *t) {
    const ili_tick now = ili_tick_now();
    ctx->timing.seconds[stage] += now - *t;
    *t = now;
}

ili_rest ili_rest_begin(const il_context *ctx) {
    ili_rest rest = {ili_tick_now(), 0.0};
    for (int k = 0; k < ILI_TIME_STAGES; k++) rest.charged += ctx->timing.seconds[k];
    return rest;
}

void ili_rest_charge(il_context *ctx, ili_time_stage stage, ili_rest *rest) {
    ili_rest end = ili_rest_begin(ctx);
    const double own = fmax(0.0, end.start - rest->start - (end.charged - rest->charged));
    ctx->timing.seconds[stage] += own;
    end.charged += own;
    *rest = end;
}

void ili_timing_add(il_context *ctx, const ili_timing *other) {
    ili_timing *t = &ctx->timing;
    for (int k = 0; k < ILI_TIME_STAGES; k++) {
        t->seconds[k] += other->seconds[k];
        t->dynamics[k] += other->dynamics[k];
    }
    t->dynamics_seconds += other->dynamics_seconds;
    t->dynamics_fs += other->dynamics_fs;
    t->steps += other->steps;
    t->atom_steps += other->atom_steps;
    t->evaluations += other->evaluations;
    t->beside += other->beside;
    if (other->choice.n_atoms >= t->choice.n_atoms) t->choice = other->choice;
}

double ili_processor_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const char *const keys[] = {
#define KEY(name, key, text) key,
    ILI_TIME_LIST(KEY)
#undef KEY
};

static const char *const texts[] = {
#define TEXT(name, key, text) text,
    ILI_TIME_LIST(TEXT)
#undef TEXT
};

const char *ili_time_key(ili_time_stage stage) {
    return keys[stage];
}

const char *ili_time_text(ili_time_stage stage) {
    return texts[stage];
}
