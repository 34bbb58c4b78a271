/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The command: arguments, help, progress, exit codes. It sees interlith.h only and knows no verb by name. */
#ifndef CLI_H
#define CLI_H

#include "interlith.h"

#include <stdbool.h>

/** Exit codes: scripts rely on them. */
enum { EXIT_DONE = 0, EXIT_RAN_BUT_FAILED = 1, EXIT_WRONG_INPUT = 2, EXIT_BAD_USAGE = 64 };

/** Options that every verb takes. */
enum common {
    COMMON_JSON,
    COMMON_OUT,
    COMMON_THREADS,
    COMMON_SIMD,
    COMMON_SEED,
    COMMON_QUIET,
    COMMON_FRESH,
    COMMON_HELP,
    N_COMMON
};
typedef struct cli_common {
    const char *name;
    char letter;
    const char *value; /**< name of its value in the help; NULL: it takes none */
    const char *help;
} cli_common;
extern const cli_common cli_common_options[N_COMMON];

/** What a command line asks for. Strings are borrowed from argv and from the job. */
typedef struct cli_args {
    const il_verb *verb; /**< NULL: help or version were asked for and given */
    void *options;       /**< of the verb; owned */
    il_job *job;         /**< owned; NULL: no job file */
    const char **words;  /**< inputs on the command line; the array is owned */
    int n_words;
    const char *const *inputs; /**< [n_inputs] those of the job or the words */
    int n_inputs;
    const char *out_dir;
    bool want_json, want_help, is_quiet;
} cli_args;

/** Read a command line; threads and seed go to the context. IL_OK, or the status of a failure whose one line has been
 *  printed. On IL_OK with verb NULL the command is done. */
il_status cli_args_read(il_context *ctx, int argc, char **argv, cli_args *args);
void cli_args_free(cli_args *args);

/** One line on stderr, "interlith: ..."; line ends in the text become blanks. */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Help made from the tables, on stdout. */
void cli_help_general(void);
void cli_help_verb(const il_verb *verb);

/** Report progress on stderr when it is a terminal (unless quiet), and turn SIGINT into an orderly end. */
void cli_progress_start(il_context *ctx, bool is_quiet);
/** Wipe the progress line. */
void cli_progress_end(void);

#endif
