/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/timing.h"

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

void ili_idle(il_context *ctx, double thread_seconds) {
    ctx->timing.idle += thread_seconds;
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
