/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Where the time of a run goes: wall seconds by stage, kept in the context of the caller (il_context.timing), so that replicas in
 *  several threads do not mix. Stages do not nest; a stage is charged by the thread that calls the library.
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
/** Threads that had nothing to do: seconds times threads, within the time already charged to the stages. Kernels that know it add
 *  it: the sum over threads of (time of the region - time the thread worked). */
void ili_idle(il_context *ctx, double thread_seconds);
/** Key in JSON and name in tables. */
const char *ili_time_key(ili_time_stage stage);
const char *ili_time_text(ili_time_stage stage);

#endif
