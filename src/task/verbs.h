/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The table of verbs. A new verb is one file verb_NAME.c, which defines `const il_verb ili_verb_NAME`, and one line
 *  ILI_VERB(NAME) in verbs.def. Its `run` creates the report, records what it read (ili_report_input,
 *  ili_report_model) and sets its results; il_run checks the number of inputs before and finishes the report after. */
#ifndef ILI_TASK_VERBS_H
#define ILI_TASK_VERBS_H

#include "base/context.h"

#define ILI_VERB(name) extern const il_verb ili_verb_##name;
#include "task/verbs.def"
#undef ILI_VERB

/** NULL-terminated; n receives the number, may be NULL. */
const il_verb *const *ili_verbs(int *n);
/** NULL, with a message that names the nearest verb, when there is none of this name. */
const il_verb *ili_verb_find(il_context *ctx, const char *name);

#endif
