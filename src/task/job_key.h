/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Identity of a job, by which a journal or a checkpoint knows whether it is gone on with. */
#ifndef ILI_TASK_JOB_KEY_H
#define ILI_TASK_JOB_KEY_H

#include "ff/model.h"

typedef struct ili_job_parts {
    const il_option *rows; /**< of the verb */
    const void *options;   /**< its options struct */
    const char *const
        *but; /**< names of options that do not change results, ends with NULL; "fresh" never counts */
    const il_model *model;     /**< may be NULL */
    const char *const *inputs; /**< [n_inputs] paths; their contents count */
    int n_inputs;
} ili_job_parts;

/** Hash of version and program, seed, options, model and inputs. IL_E_FILE when an input cannot be read. */
il_status ili_job_key(il_context *ctx, const ili_job_parts *parts, uint64_t *key);

/** Name of the first option that differs from its preset and is none of `but` (ends with NULL); NULL: there is none. An option
 *  that was given the value of its preset cannot be told from one that was not given. */
const char *ili_option_first_given(const il_option *rows, const void *options, const char *const *but);

#endif
