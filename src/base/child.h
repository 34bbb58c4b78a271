/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Another program as a child process: started without a shell, its output in a file, stopped with all that it starts.
 *
 *  Between us and the program stands a keeper, a fork of ours that leads a process group of its own. It ends the group, first
 *  politely, then not, when it is asked to and when our end of its pipe closes; the kernel closes that when we die, however we die. */
#ifndef ILI_BASE_CHILD_H
#define ILI_BASE_CHILD_H

#include "base/context.h"

typedef struct ili_child_plan {
    const char *const *argv;        /**< ends with NULL; argv[0] without a slash is looked for on the PATH */
    const char *dir;                /**< working folder; NULL: ours */
    const char *output;             /**< its standard output and error go there, in dir; NULL: nowhere */
    const char *const *environment; /**< "NAME=value", set over ours; ends with NULL; NULL: none */
} ili_child_plan;

/** Zeroed: none is running. */
typedef struct ili_child {
    int keeper; /**< 0: none */
    int leash;  /**< closed: the keeper ends its group */
} ili_child;

/** Standard input is empty. *found false, and IL_OK: there is no such program. IL_E_FILE: it, or its output, cannot be opened. */
il_status ili_child_start(il_context *ctx, const ili_child_plan *plan, ili_child *child, bool *found);
/** Has it ended? Waits at most wait_ms for that. *code: its exit status, or 128 and the signal that ended it. */
bool ili_child_has_ended(ili_child *child, int wait_ms, int *code);
/** Start it and wait for its end: at most limit_ms, and until progress (`what`) asks to stop; it is ended then.
 *  IL_E_FILE: it cannot be started, or did not end in time; IL_E_INTERRUPTED. *found, *code: as above. */
il_status ili_child_run(il_context *ctx, const ili_child_plan *plan, int limit_ms, const char *what,
                        bool *found, int *code);
/** "ended with exit code 3" or "was ended by signal 11 (Segmentation fault)", of a code as above. */
void ili_child_ending(int code, char *text, size_t size);
/** End it and everything it started, and wait until it is gone. Nothing happens when none is running. */
void ili_child_stop(ili_child *child);

#endif
