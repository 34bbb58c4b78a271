/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Shares of a job: its independent runs dealt out to several processes (a job array), which leave their checkpoints in one folder.
 *  The same command without --part goes on from all of them and so collects the result, with the bits of one uninterrupted run.
 *
 *  Run i (from 0) of n belongs to part 1 + i mod N of N. Each run has DIR/parts/NAME.lock while somebody works on it, and
 *  DIR/parts/NAME.done once it is finished: the key of the job and the warnings of the run, which finding it done would not give again. */
#ifndef ILI_TASK_PARTS_H
#define ILI_TASK_PARTS_H

#include "io/report.h"
#include "task/replicas.h"

#include <stddef.h>

enum { ILI_RUN_NAME_MAX = 64, ILI_PARTS_MAX = 1000000 };

/** Format of what is said of a folder (%s) whose runs nobody has collected. */
#define ILI_NOT_COLLECTED                                                                                    \
    "%s: holds finished runs, but the job is not collected: run it once more without --part"

/** Name of run k, also as the name of a file. */
typedef void (*ili_run_name_fn)(const void *user, int k, char name[ILI_RUN_NAME_MAX]);

typedef struct ili_parts_plan {
    const char *text; /**< of the option: "", "list" or "K/N" */
    const char *dir;  /**< NULL: nothing is kept */
    uint64_t key;     /**< of the job; must not depend on `part` */
    bool fresh;
    const char *journal; /**< name of that of the whole job: a list is refused in the folder of another */
    int n;               /**< runs of the whole job */
    ili_run_name_fn name;
    const void *user; /**< for name */
} ili_parts_plan;

typedef struct ili_parts {
    int n, part, of; /**< part 0: the whole job */
    bool is_list;    /**< the runs are listed, nothing is computed */
    bool fresh;
    const char *dir; /**< borrowed */
    uint64_t key;
    char (*name)[ILI_RUN_NAME_MAX]; /**< [n] */
    bool *was_done;                 /**< [n] finished before this command */
} ili_parts;

/** Row for the option table of a verb whose options struct `owner` has the text as `field`. */
#define ILI_PART_OPTION_ROW(owner, field)                                                                    \
    {                                                                                                        \
        .name = "part", .type = IL_OPT_TEXT, .offset = offsetof(owner, field), .check = ili_part_check,      \
        .help =                                                                                              \
            "K/N: only the K-th of N shares of the independent runs, into the DIR of the whole job; the "    \
            "command without it collects; list: print the runs"                                              \
    }

/** Grammar of the option: K/N with 1 <= K <= N <= ILI_PARTS_MAX, or list. IL_E_USAGE. */
il_status ili_part_check(il_context *ctx, const char *text, const char *where);
/** Names the runs, looks which of them are finished, and says so of a whole job. IL_E_USAGE: a share without a folder; IL_E_INPUT:
 *  a list in the folder of another job. */
il_status ili_parts_open(il_context *ctx, il_report *report, const ili_parts_plan *plan, ili_parts *out);
/** Holds a folder finished runs of a job? */
bool ili_parts_are_in(const char *dir);
void ili_parts_free(ili_parts *parts);
/** Neither a share nor a list: there will be a result. */
bool ili_parts_is_whole(const ili_parts *parts);
/** Does run k belong to what this process does? Never, for a list. */
bool ili_parts_has(const ili_parts *parts, int k);
/** Do run k, locked; mark it when it is finished. A failure is given the name of the run. IL_E_FILE when another process is at it. */
il_status ili_parts_one(il_context *ctx, const ili_parts *parts, ili_replica_fn run, void *user, int k);
/** All runs of this share side by side (ili_replicas_run); cost [n] of all runs of the job, or NULL. */
il_status ili_parts_run(il_context *ctx, const ili_parts *parts, const double *cost, ili_replica_fn run,
                        void *user);
/** Of a share or list: its runs, as text and as "parts"; the report is then marked as no result. Of a whole job: nothing. */
void ili_parts_report(il_report *report, const ili_parts *parts);

#endif
