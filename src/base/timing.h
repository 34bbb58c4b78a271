/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Where the time of a run goes: wall seconds by stage, kept in the context of the caller (il_context.timing), so that replicas in
 *  several threads do not mix. Stages do not nest; a stage is charged by the thread that calls the library. io/time_table.h makes
 *  the table of a run of it.
 *
 *      ili_tick t = ili_tick_now();
 *      ... spread ...   ili_tock(ctx, ILI_TIME_MESH_SPREAD, &t);      charges the stage and starts the next one
 *      ... transform ... ili_tock(ctx, ILI_TIME_MESH_FFT, &t); */
#ifndef ILI_BASE_TIMING_H
#define ILI_BASE_TIMING_H

#include "base/context.h"

/** stage, JSON key, what the table of a run calls it */
#define ILI_TIME_LIST(X)                                                                                     \
    X(NEIGHBOUR, "neighbour", "neighbour lists")                                                             \
    X(PAIRS, "pairs", "pairs")                                                                               \
    X(METAL, "metal", "embedded atoms")                                                                      \
    X(BONDED, "bonded", "bonded, 1-4, excluded")                                                             \
    X(MESH_SORT, "mesh_sort", "mesh: sort")                                                                  \
    X(MESH_SPREAD, "mesh_spread", "mesh: spread")                                                            \
    X(MESH_FFT, "mesh_fft", "mesh: transforms, influence")                                                   \
    X(MESH_GATHER, "mesh_gather", "mesh: gather")                                                            \
    X(WAVES, "waves", "Ewald waves, slab and self terms")                                                    \
    X(INTEGRATE, "integrate", "integrator, baths")                                                           \
    X(CONSTRAINTS, "constraints", "constraints")                                                             \
    X(MINIMISE, "minimise", "minimiser")                                                                     \
    X(TRIALS, "trials", "Monte Carlo trials")                                                                \
    X(OUTPUT, "output", "observers, files")                                                                  \
    X(OTHER, "other", "other")

typedef enum ili_time_stage {
#define ILI_TIME_ENUM(name, key, text) ILI_TIME_##name,
    ILI_TIME_LIST(ILI_TIME_ENUM)
#undef ILI_TIME_ENUM
        ILI_TIME_STAGES
} ili_time_stage;

/** A moment, seconds since some fixed one. */
typedef double ili_tick;
ili_tick ili_tick_now(void);
/** Charge the time since *t to a stage of ctx; *t becomes now. */
void ili_tock(il_context *ctx, ili_time_stage stage, ili_tick *t);
/** What is inside a longer piece of work and charges no stage by itself.
 *
 *      ili_rest rest = ili_rest_begin(ctx);
 *      ... a step, whose forces charge their own stages ...
 *      ili_rest_charge(ctx, ILI_TIME_INTEGRATE, &rest);      the rest of it; begins anew */
typedef struct ili_rest {
    ili_tick start;
    double charged; /**< to all stages, at the start */
} ili_rest;
ili_rest ili_rest_begin(const il_context *ctx);
void ili_rest_charge(il_context *ctx, ili_time_stage stage, ili_rest *rest);
/** Add the times of a run beside others, which had a context of its own. */
void ili_timing_add(il_context *ctx, const ili_timing *other);
/** Seconds of processor that this process has used, all threads together. */
double ili_processor_seconds(void);
/** Key in JSON and name in tables. */
const char *ili_time_key(ili_time_stage stage);
const char *ili_time_text(ili_time_stage stage);

#endif
