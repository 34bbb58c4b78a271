/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Frames of vectors kept as time origins: every `stride`-th one, the newest `keep` of them. */
#ifndef ILI_ANALYSIS_ORIGINS_H
#define ILI_ANALYSIS_ORIGINS_H

#include "base/bytes.h"

typedef struct ili_origins {
    int32_t n; /**< vectors a frame */
    int32_t keep;
    int64_t stride, frames; /**< frames between origins; frames seen */
    double (*x)[3];         /**< [keep][n], a ring */
} ili_origins;

/** `what` names the owner when memory runs out. */
il_status ili_origins_create(il_context *ctx, int32_t n, int64_t stride, int32_t keep, const char *what,
                             ili_origins *origins);
void ili_origins_free(ili_origins *origins);
/** Next frame x [n][3]; kept when its turn has come. */
void ili_origins_push(ili_origins *origins, const double (*x)[3]);
/** How many are held, and number k from the newest, 0 first: its vectors; its age in frames goes to *age. */
int32_t ili_origins_count(const ili_origins *origins);
const double (*ili_origins_get(const ili_origins *origins, int32_t k, int64_t *age))[3];
/** The origin that is `lag` frames older than the last one pushed; NULL: none is held. */
const double (*ili_origins_before(const ili_origins *origins, int64_t lag))[3];
size_t ili_origins_memory(const ili_origins *origins);
void ili_origins_carry(ili_origins *origins, ili_bytes *bytes);

/** Frames between origins when about `dense` of them shall serve a lag; the lag is rounded to a multiple of it. */
int64_t ili_origins_stride(int64_t *lag, int dense);

#endif
