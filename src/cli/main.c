/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void cli_say(const char *format, ...) {
    char line[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    for (char *p = line; *p; p++)
        if (*p == '\n' || *p == '\r') *p = ' ';
    cli_progress_end();
    fprintf(stderr, "interlith: %s\n", line);
}

/** IL_E_UNSUPPORTED asks the caller to change the input; all that is not input or usage ran and failed. */
static int exit_code(il_status status) {
    switch (status) {
    case IL_OK:
        return EXIT_DONE;
    case IL_E_USAGE:
        return EXIT_BAD_USAGE;
    case IL_E_INPUT:
    case IL_E_FILE:
    case IL_E_UNSUPPORTED:
        return EXIT_WRONG_INPUT;
    default:
        return EXIT_RAN_BUT_FAILED;
    }
}

/** The command line as a shell would take it again; the caller frees it. */
static char *join(int argc, char **argv) {
    size_t n = 1;
    for (int i = 0; i < argc; i++) n += 4 * strlen(argv[i]) + 3;
    char *text = malloc(n), *out = text;
    for (int i = 0; text && i < argc; i++) {
        bool is_plain = *argv[i] && !argv[i][strcspn(argv[i], " \t\n\"'\\$`*?[](){}<>|&;#~!")];
        if (i) *out++ = ' ';
        if (!is_plain) *out++ = '\'';
        for (const char *p = argv[i]; *p; p++)
            if (*p == '\'')
                out = stpcpy(out, "'\\''");
            else
                *out++ = *p;
        if (!is_plain) *out++ = '\'';
    }
    if (text) *out = 0;
    return text;
}

/** A closed stream must not let a result file take its number: writing to it shall fail instead. */
static void hold_streams(void) {
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY) != fd)
            exit(EXIT_RAN_BUT_FAILED);
}

static il_status run(il_context *ctx, const cli_args *args) {
    il_report *report = NULL;
    cli_progress_start(ctx, args->is_quiet);
    il_status status =
        il_run(ctx, args->verb, args->n_inputs, args->inputs, args->options, args->out_dir, &report);
    cli_progress_end();
    for (int i = 0; !args->is_quiet && i < il_warning_count(ctx); i++)
        cli_say("warning: %s", il_warning(ctx, i));
    if (status != IL_OK) cli_say("%s", *il_message(ctx) ? il_message(ctx) : il_status_sentence(status));
    if (report && args->want_json)
        printf("%s\n", il_report_json(report));
    else if (report)
        fputs(il_report_text(report), stdout);
    il_report_destroy(&report);
    return status;
}

/** The threads' library spins for milliseconds at every barrier, which on a machine with other work costs several times the
 *  time of the work itself. It reads its setting before main begins, so the program starts itself again with a short one. */
static void spin_briefly(char **argv) {
    if (getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY")) return;
    if (setenv("GOMP_SPINCOUNT", "2000", 1) == 0)
        execv("/proc/self/exe", argv); /* returns only when it failed: go on */
}

int main(int argc, char **argv) {
    spin_briefly(argv);
    hold_streams();
    signal(SIGPIPE, SIG_IGN); /* a reader that went away shows as a failed write */
    il_context *ctx = il_context_create();
    if (!ctx) {
        cli_say("memory ran out");
        return EXIT_RAN_BUT_FAILED;
    }
    char *command = join(argc, argv);
    il_set_command(ctx, command);
    free(command);
    cli_args args;
    il_status status = cli_args_read(ctx, argc, argv, &args);
    if (status == IL_OK && args.verb) status = run(ctx, &args);
    cli_args_free(&args);
    il_context_destroy(&ctx);
    int code = exit_code(status);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_say("standard output could not be written");
        if (code == EXIT_DONE) code = EXIT_RAN_BUT_FAILED;
    }
    return code;
}
