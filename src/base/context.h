/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The context of one caller: message, warnings, threads, seed, callbacks; and the error idiom.
 *
 *      IL_TRY(ili_something(ctx, ...));            forwards a failure
 *      return ili_fail(ctx, IL_E_INPUT, "%s:%d: found %s, expected %s", ...);
 */
#ifndef ILI_BASE_CONTEXT_H
#define ILI_BASE_CONTEXT_H

#include "base/cpu.h"

#include "interlith.h"

#define ILI_MESSAGE_MAX 2048
#define ILI_WARNING_MAX 1024

enum { ILI_TIME_STAGES_MAX = 16 };
/** What a force field chose by itself; that of the largest system of a run is reported. NULL and 0: does not apply. */
typedef struct ili_choice {
    int32_t n_atoms;
    const char *simd, *precision, *list, *coulomb, *mesh_precision; /**< of static storage */
    double short_cutoff, coulomb_cutoff, skin, inner_skin;          /**< angstrom */
    double list_drift;                                              /**< kT/atom/ns; 0: no pair is missed */
    int mesh[3], order;
} ili_choice;

/** Where the time of a run went so far; base/timing.h. Seconds of the clock, of the thread that called the library. */
typedef struct ili_timing {
    double seconds[ILI_TIME_STAGES_MAX];  /**< by stage */
    double dynamics[ILI_TIME_STAGES_MAX]; /**< of them, during the steps of dynamics */
    double dynamics_seconds;              /**< those steps in all */
    double dynamics_fs;                   /**< simulated */
    long long steps, atom_steps;          /**< of dynamics */
    long long evaluations;                /**< of forces */
    double beside;                        /**< of runs at the same time, beyond what the clock showed */
    ili_choice choice;
} ili_timing;

struct il_context {
    char message[ILI_MESSAGE_MAX];
    char (*warnings)[ILI_WARNING_MAX];
    size_t n_warnings, cap_warnings;
    int n_threads; /**< > 0 */
    ili_simd simd; /**< set of vector instructions that kernels use */
    uint64_t seed;
    void *scratch; /**< ili_scratch */
    size_t scratch_bytes;
    char *data_dir; /**< NULL: built-in path */
    char *command;  /**< for provenance; NULL: not a command line */
    il_progress_fn progress;
    void *progress_user;
    ili_timing timing;
};

/** Forward a failure. */
#define IL_TRY(call)                                                                                         \
    do {                                                                                                     \
        il_status try_status_ = (call);                                                                      \
        if (try_status_ != IL_OK) return try_status_;                                                        \
    } while (0)

/** Forward a failure through the cleanup label `out`; needs a variable `il_status status`. */
#define IL_GO(call)                                                                                          \
    do {                                                                                                     \
        status = (call);                                                                                     \
        if (status != IL_OK) goto out;                                                                       \
    } while (0)

/** Set the message (printf) and return the status given. */
il_status ili_fail(il_context *ctx, il_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** IL_E_MEMORY with its message. `what` names the thing that did not fit. */
il_status ili_no_memory(il_context *ctx, const char *what);
/** Memory for work that ends within one call of the library: at least `bytes`, 64-byte aligned, of any content, until
 *  the next request of anybody with this context. Stages that never live at the same time so share it. NULL: no memory. */
void *ili_scratch(il_context *ctx, size_t bytes);
/** Keep a warning for the result (each text once). */
void ili_warn(il_context *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Report progress; true: stop now (the caller returns IL_E_INTERRUPTED). */
bool ili_progress(il_context *ctx, const char *what, double fraction);

#endif
