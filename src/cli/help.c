/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

enum { COLUMN = 30 };

static void print_row(char letter, const char *name, const char *value, const char *help) {
    char left[128];
    int n = snprintf(left, sizeof left, "  %c%c%c --%s%s%s", letter ? '-' : ' ', letter ? letter : ' ',
                     letter ? ',' : ' ', name, value ? " " : "", value ? value : "");
    if (n < COLUMN)
        printf("%-*s%s", COLUMN, left, help);
    else
        printf("%s\n%*s%s", left, COLUMN, "", help);
}

/** The options of every verb, but for those that the verb explains itself. */
static void print_common(const il_option *own) {
    printf("\nEvery verb takes:\n");
    for (int i = 0; i < N_COMMON; i++) {
        const cli_common *c = &cli_common_options[i];
        const il_option *o = own;
        while (o && o->name && strcmp(o->name, c->name) != 0) o++;
        if (o && o->name) continue;
        print_row(c->letter, c->name, c->value, c->help);
        printf("\n");
    }
}

void cli_help_general(void) {
    int n;
    const il_verb *const *verbs = il_verbs(&n);
    printf("interlith %s: battery interfaces from crystal structures and empirical potentials\n\n",
           il_version());
    printf(
        "Usage: interlith VERB [inputs] [options]\n" /* in the form from which help2man makes the synopsis */
        "  or:  interlith VERB JOB.yaml        inputs and options from a job file\n"
        "  or:  interlith run JOB.yaml         the same, the verb from its `task:`\n"
        "  or:  interlith VERB --help | --help | --version\n\nVerbs:\n");
    for (int i = 0; i < n; i++) printf("  %-12s %s\n", verbs[i]->name, verbs[i]->summary);
    print_common(NULL);
    printf("\nExit codes: 0 done and converged; 1 ran but failed or did not converge; 2 wrong input; 64 bad "
           "usage.\n");
}

static const char *value_name(const il_option *o) {
    static const char *const names[] = {
        [IL_OPT_FLAG] = NULL,   [IL_OPT_INT] = "N",     [IL_OPT_REAL] = "X",
        [IL_OPT_TEXT] = "TEXT", [IL_OPT_CHOICE] = NULL, [IL_OPT_INT3] = "H,K,L"};
    return o->type == IL_OPT_CHOICE ? o->choices : names[o->type];
}

void cli_help_verb(const il_verb *verb) {
    printf("Usage: interlith %s\n\n%s\n", verb->usage, verb->summary);
    if (verb->details)
        printf("\n%s%s", verb->details, verb->details[strlen(verb->details) - 1] == '\n' ? "" : "\n");
    if (verb->options->name) printf("\nOptions:\n");
    for (const il_option *o = verb->options; o->name; o++) {
        print_row(o->letter, o->name, value_name(o), o->help);
        if (o->unit) printf(", %s", o->unit);
        if (o->low != 0.0 || o->high != 0.0) printf(" (%.10g to %.10g)", o->low, o->high);
        if (o->preset && o->type != IL_OPT_FLAG) printf(" [%s]", o->preset);
        printf("\n");
    }
    print_common(verb->options);
}
