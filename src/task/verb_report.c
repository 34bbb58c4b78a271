/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verb `report`: a page for people of what a run folder holds. */
#include "task/page.h"
#include "task/verbs.h"

#include <sys/stat.h>

typedef struct report_options {
    int unused; /**< the verb has none of its own */
} report_options;

static const il_option OPTIONS[] = {{.name = NULL}};

static il_status run(il_context *ctx, int n_inputs, const char *const *inputs, const void *options,
                     const char *out_dir, il_report **report) {
    struct stat info;
    (void)n_inputs;
    (void)options;
    if (stat(inputs[0], &info) != 0)
        return ili_fail(ctx, IL_E_FILE, "%s: is not there, expected the folder of a run", inputs[0]);
    if (!S_ISDIR(info.st_mode))
        return ili_fail(ctx, IL_E_INPUT, "%s: is a file, expected the folder of a run", inputs[0]);
    IL_TRY(ili_report_create(ctx, report));
    return ili_webpage_make(ctx, *report, inputs[0], out_dir ? out_dir : inputs[0]);
}

const il_verb ili_verb_report = {
    .name = "report",
    .usage = "report RUN_DIR [-o DIR]",
    .summary = "one self-contained page of what a run folder holds",
    .details = "Reads the results of interface, diffuse, lithiate and md in RUN_DIR and writes report.html "
               "to DIR (RUN_DIR when\n"
               "not given): the answer with its uncertainty first, figures, tables, definitions, warnings, "
               "provenance. Pictures\n"
               "are in the page and stand beside it as SVG and PNG; nothing is computed anew and nothing is "
               "loaded from\n"
               "elsewhere. Numbers are rounded to their uncertainty. docs/formats.md, \"Report\".",
    .options = OPTIONS,
    .options_size = sizeof(report_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .reads_jobs = 1,
    .run = run,
};
