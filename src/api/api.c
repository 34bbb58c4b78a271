/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verbs of interlith.h: argument checks and reports; no physics. */
#include "interlith.h"

#include "api/options.h"
#include "base/alloc.h"
#include "base/file.h"
#include "io/report.h"
#include "task/verbs.h"

#include <stdio.h>

const il_verb *const *il_verbs(int *n) {
    return ili_verbs(n);
}

const il_verb *il_verb_find(il_context *context, const char *name) {
    return ili_verb_find(context, name);
}

static il_status check_inputs(il_context *ctx, const il_verb *verb, int n_inputs) {
    if (n_inputs >= verb->min_inputs && n_inputs <= verb->max_inputs) return IL_OK;
    char expected[64];
    if (verb->min_inputs == verb->max_inputs)
        snprintf(expected, sizeof expected, "%d", verb->min_inputs);
    else
        snprintf(expected, sizeof expected, "%d to %d", verb->min_inputs, verb->max_inputs);
    return ili_fail(ctx, IL_E_USAGE, "`%s` was given %d input%s, expected %s: interlith %s", verb->name,
                    n_inputs, n_inputs == 1 ? "" : "s", expected, verb->usage);
}

/** Say in the report how the run ended and render it; the status and the message of a failed run stay. A failure
 *  writes no file: the folder may hold the results of another job. */
static il_status finish(il_context *ctx, const il_verb *verb, const void *options, il_status status,
                        const char *out_dir, il_report **report) {
    char message[ILI_MESSAGE_MAX];
    snprintf(message, sizeof message, "%s", ctx->message);
    if (!*report) IL_TRY(ili_report_create(ctx, report));
    ili_options_report(verb, options, ili_json_child((*report)->json, "options"));
    ili_json_string((*report)->json, "status", il_status_sentence(status));
    if (status != IL_OK) ili_json_string((*report)->json, "error", message);
    bool is_result = (status == IL_OK || status == IL_E_NOT_CONVERGED) && !(*report)->is_part;
    il_status made = ili_report_finish(ctx, *report, verb->name, is_result ? out_dir : NULL);
    if (status == IL_OK) return made;
    snprintf(ctx->message, sizeof ctx->message, "%s", message);
    return status;
}

il_status il_run(il_context *context, const il_verb *verb, int n_inputs, const char *const *inputs,
                 const void *options, const char *out_dir, il_report **report) {
    *report = NULL;
    context->message[0] = 0;
    IL_TRY(check_inputs(context, verb, n_inputs));
    void *presets = NULL;
    if (!options) {
        options = presets = ili_alloc(1, verb->options_size);
        if (!presets) return ili_no_memory(context, "the options");
        il_options_default(verb, presets);
    }
    const size_t was_there = out_dir ? ili_path_existing(out_dir) : 0;
    il_status status = out_dir ? ili_make_dir(context, out_dir) : IL_OK;
    if (status == IL_OK) status = verb->run(context, n_inputs, inputs, options, out_dir, report);
    if (status == IL_E_MEMORY || status == IL_E_USAGE)
        il_report_destroy(report);
    else
        status = finish(context, verb, options, status, out_dir, report);
    if (out_dir) ili_remove_empty(out_dir, was_there);
    ili_free(presets);
    return status;
}
