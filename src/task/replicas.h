/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Independent runs side by side: as many at once as there are threads, the threads shared among those that run, longest first.
 *  Results do not depend on how many run at once. */
#ifndef ILI_TASK_REPLICAS_H
#define ILI_TASK_REPLICAS_H

#include "base/context.h"

/** Run number k of n: uses its own context (threads, progress, warnings, message), never the caller's. */
typedef il_status (*ili_replica_fn)(il_context *ctx, void *user, int k);

/** Runs all. Progress of the whole is the mean of theirs, weighted by cost [n] (NULL: equal). Stop: all stop at their next
 *  opportunity and IL_E_INTERRUPTED comes back with the message of the first. The first failure (lowest k) stops the others
 *  likewise and is returned with its message. Warnings are handed to ctx in the order of k. */
il_status ili_replicas_run(il_context *ctx, int n, const double *cost, ili_replica_fn run, void *user);

#endif
