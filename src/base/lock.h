/* SPDX-License-Identifier: GPL-3.0-or-later */
/** One writer at a time: a lock that ends with its process, however that ends. */
#ifndef ILI_BASE_LOCK_H
#define ILI_BASE_LOCK_H

#include "base/context.h"

typedef struct ili_lock {
    char *path; /**< NULL: nothing is held */
    int fd;
} ili_lock;

/** Take the lock of a file of this name, which exists while it is held (a killed process leaves it behind, unlocked).
 *  IL_E_FILE when another run holds it, or the folder cannot be written. */
il_status ili_lock_take(il_context *ctx, const char *path, ili_lock *lock);
/** The same, but wait for another run to let go; `what` it is about is shown as progress. IL_E_INTERRUPTED. */
il_status ili_lock_wait(il_context *ctx, const char *path, const char *what, ili_lock *lock);
/** Remove the file and let go. Safe on a zeroed struct. */
void ili_lock_release(ili_lock *lock);

/** Remove from `dir` what killed runs left half written (NAME.PID.tmp, see base/file.h): all names that begin with "STEM.",
 *  which the caller has locked, and those of processes that are gone. */
void ili_remove_stale(const char *dir, const char *stem);

#endif
