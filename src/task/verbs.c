/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/verbs.h"

#include "base/text.h"

#include <string.h>

static const il_verb *const table[] = {
#define ILI_VERB(name) &ili_verb_##name,
#include "task/verbs.def"
#undef ILI_VERB
    NULL};

enum { N_VERBS = sizeof table / sizeof *table - 1 };

const il_verb *const *ili_verbs(int *n) {
    if (n) *n = N_VERBS;
    return table;
}

const il_verb *ili_verb_find(il_context *ctx, const char *name) {
    const char *names[N_VERBS + 1] = {NULL};
    for (int i = 0; i < N_VERBS; i++) {
        if (strcmp(table[i]->name, name) == 0) return table[i];
        names[i] = table[i]->name;
    }
    const char *nearest = ili_nearest_name(name, names);
    if (nearest)
        ili_fail(ctx, IL_E_USAGE, "there is no verb '%.40s'; did you mean '%s'?", name, nearest);
    else
        ili_fail(ctx, IL_E_USAGE, "there is no verb '%.40s'; `interlith --help` lists them", name);
    return NULL;
}
