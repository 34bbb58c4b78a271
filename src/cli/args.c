/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cli_common cli_common_options[N_COMMON] = {
    [COMMON_JSON] = {"json", 0, NULL, "print the result as one JSON object"},
    [COMMON_OUT] = {"out", 'o', "DIR", "folder for the files that are written"},
    [COMMON_THREADS] = {"threads", 0, "N",
                        "threads to use, 0: all cores; the result does not depend on it [0]"},
    [COMMON_SIMD] =
        {"simd", 0, "SET",
         "vector instructions: auto, sse2, avx2 or avx512; results differ in the last bits [auto]"},
    [COMMON_SEED] = {"seed", 0, "S", "seed of the random numbers [1]"},
    [COMMON_QUIET] = {"quiet", 0, NULL, "no progress and no warnings on stderr"},
    [COMMON_FRESH] = {"fresh", 0, NULL, "start over instead of going on from a checkpoint"},
    [COMMON_HELP] = {"help", 'h', NULL, "print this help"},
};

static const char WHERE[] = "command line";

static il_status say_message(const il_context *ctx, il_status status) {
    cli_say("%s", il_message(ctx));
    return status;
}

static bool read_whole(const char *text, unsigned long long high, unsigned long long *value) {
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && !*end && !errno && *value <= high;
}

/** Apply a common option; its value is not NULL when the table says that it takes one. */
static il_status set_common(il_context *ctx, cli_args *args, enum common which, const char *value) {
    unsigned long long number = 0;
    bool is_good = true;
    switch (which) {
    case COMMON_JSON:
        args->want_json = true;
        break;
    case COMMON_QUIET:
        args->is_quiet = true;
        break;
    case COMMON_HELP:
        args->want_help = true;
        break;
    case COMMON_OUT:
        args->out_dir = value;
        is_good = *value;
        break;
    case COMMON_THREADS:
        is_good = read_whole(value, 1024, &number);
        il_set_threads(ctx, (int)number);
        break;
    case COMMON_SIMD:
        return il_set_simd(ctx, value) == IL_OK ? IL_OK : say_message(ctx, IL_E_USAGE);
    case COMMON_SEED:
        is_good = read_whole(value, UINT64_MAX, &number);
        il_set_seed(ctx, number);
        break;
    case COMMON_FRESH: /* verbs without checkpoints have no such option and always start over */
        for (const il_option *o = args->verb->options; o->name; o++)
            if (strcmp(o->name, "fresh") == 0)
                il_options_set(ctx, args->verb, args->options, o->name, NULL, WHERE);
        break;
    case N_COMMON:
        break;
    }
    if (is_good) return IL_OK;
    cli_say("%s: option '%s' is '%.60s', expected %s", WHERE, cli_common_options[which].name, value,
            which == COMMON_OUT       ? "the name of a folder"
            : which == COMMON_THREADS ? "a whole number from 0 to 1024"
                                      : "a whole number from 0 to 2^64 - 1");
    return IL_E_USAGE;
}

/** A word that begins with '-', taken apart. `name` is that of a common option or of the verb, or unknown. */
typedef struct option_word {
    char name[64];
    const char *value; /**< what stands after '=', else NULL */
    int common;        /**< enum common, or -1 */
    bool takes_value;
} option_word;

static option_word take_apart(const il_verb *verb, const char *word) {
    option_word w = {.common = -1};
    char letter = word[1] != '-' && word[1] && (!word[2] || word[2] == '=') ? word[1] : 0;
    const char *start = word + 1 + (word[1] == '-'), *equals = strchr(start, '=');
    snprintf(w.name, sizeof w.name, "%.*s", equals ? (int)(equals - start) : (int)strlen(start), start);
    w.value = equals ? equals + 1 : NULL;
    for (int i = 0; i < N_COMMON; i++) {
        const cli_common *c = &cli_common_options[i];
        if (letter ? c->letter != letter : strcmp(c->name, w.name) != 0) continue;
        w.common = i;
        w.takes_value = c->value;
        return w;
    }
    for (const il_option *o = verb->options; o->name; o++) {
        if (letter ? o->letter != letter : strcmp(o->name, w.name) != 0) continue;
        snprintf(w.name, sizeof w.name, "%s", o->name);
        w.takes_value = o->type != IL_OPT_FLAG;
        break;
    }
    return w;
}

/** Apply the words after the verb: options to their places, the others to args->words. */
static il_status read_words(il_context *ctx, int argc, char **argv, cli_args *args) {
    bool only_inputs = false;
    args->n_words = 0;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        if (only_inputs || word[0] != '-' || !word[1]) {
            args->words[args->n_words++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            only_inputs = true;
            continue;
        }
        option_word w = take_apart(args->verb, word);
        if (w.takes_value && !w.value && i + 1 < argc) w.value = argv[++i];
        if (w.common < 0) {
            il_status status = il_options_set(ctx, args->verb, args->options, w.name, w.value, WHERE);
            if (status != IL_OK) return say_message(ctx, status);
            continue;
        }
        if (w.takes_value != (w.value != NULL)) {
            cli_say("%s: option '%s' %s", WHERE, w.name, w.value ? "takes no value" : "needs a value");
            return IL_E_USAGE;
        }
        il_status status = set_common(ctx, args, (enum common)w.common, w.value);
        if (status != IL_OK) return status;
    }
    return IL_OK;
}

static bool is_job_name(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

/** Read the job file and start the options from it. */
static il_status read_job(il_context *ctx, const char *path, cli_args *args) {
    il_status status = il_job_read(ctx, path, &args->job);
    if (status != IL_OK) return say_message(ctx, status);
    const il_verb *verb = il_job_verb(args->job);
    if (args->verb && args->verb != verb) {
        cli_say("%s: found `task: %s`, expected `task: %s` under `interlith %s`", path, verb->name,
                args->verb->name, args->verb->name);
        return IL_E_INPUT;
    }
    args->verb = verb;
    return IL_OK;
}

static il_status make_options(cli_args *args) {
    free(args->options);
    args->options = calloc(1, args->verb->options_size + 1);
    if (!args->options) {
        cli_say("memory ran out");
        return IL_E_MEMORY;
    }
    il_options_default(args->verb, args->options);
    return IL_OK;
}

/** The words after the verb, over the job file's values when the only input is a job file. */
static il_status read_verb(il_context *ctx, int argc, char **argv, cli_args *args) {
    il_status status = make_options(args);
    if (status == IL_OK) status = read_words(ctx, argc, argv, args);
    if (status != IL_OK || args->want_help) return status;
    args->inputs = args->words;
    args->n_inputs = args->n_words;
    if (!args->job && !args->verb->reads_jobs && args->n_words == 1 && is_job_name(args->words[0])) {
        status = read_job(ctx, args->words[0], args);
        args->n_words = 0;
    }
    if (status != IL_OK || !args->job) return status;
    if (args->n_words) {
        cli_say("%s: found input '%s' beside a job file, which names its own inputs", WHERE, args->words[0]);
        return IL_E_USAGE;
    }
    status = make_options(args);
    if (status != IL_OK) return status;
    status = il_job_apply(ctx, args->job, args->options);
    if (status != IL_OK) return say_message(ctx, status);
    args->n_inputs = il_job_inputs(args->job, &args->inputs);
    return read_words(ctx, argc, argv, args);
}

/** `interlith`, `interlith --help`, `interlith --version`. */
static il_status read_without_verb(int argc, char **argv) {
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        cli_help_general();
    else if (strcmp(word, "--version") == 0)
        printf("interlith %s\n", il_version());
    else {
        if (*word)
            cli_say("option '%.60s' stands before the verb, expected `interlith VERB ...`", word);
        else
            cli_say("no verb was given; `interlith --help` lists them");
        return IL_E_USAGE;
    }
    return IL_OK;
}

il_status cli_args_read(il_context *ctx, int argc, char **argv, cli_args *args) {
    *args = (cli_args){0};
    if (argc < 2 || argv[1][0] == '-') return read_without_verb(argc, argv);
    args->words = calloc((size_t)argc, sizeof *args->words);
    if (!args->words) {
        cli_say("memory ran out");
        return IL_E_MEMORY;
    }
    int used = 2;
    if (strcmp(argv[1], "run") == 0) {
        if (argc < 3 || argv[2][0] == '-') {
            bool want_help = argc == 3 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0);
            if (want_help) cli_help_general();
            if (!want_help) cli_say("`run` needs a job file: interlith run JOB.yaml [options]");
            return want_help ? IL_OK : IL_E_USAGE;
        }
        il_status status = read_job(ctx, argv[2], args);
        if (status != IL_OK) return status;
        used = 3;
    } else {
        args->verb = il_verb_find(ctx, argv[1]);
        if (!args->verb) return say_message(ctx, IL_E_USAGE);
    }
    il_status status = read_verb(ctx, argc - used, argv + used, args);
    if (status != IL_OK || !args->want_help) return status;
    cli_help_verb(args->verb);
    args->verb = NULL;
    return IL_OK;
}

void cli_args_free(cli_args *args) {
    il_job_destroy(&args->job);
    free(args->words);
    free(args->options);
    *args = (cli_args){0};
}
