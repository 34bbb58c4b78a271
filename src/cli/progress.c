/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* The command is one process with one run: signals and its terminal line are its own state. */
static volatile sig_atomic_t is_interrupted;
static bool is_shown, is_line_open;
static double started, last_shown;
static double first_fraction = -1.0; /* a run that is gone on with does not begin at 0 */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void on_interrupt(int number) {
    is_interrupted = 1;
    signal(number, SIG_DFL); /* a second one ends the process at once */
}

static int on_progress(void *user, const char *what, double fraction) {
    (void)user;
    if (is_interrupted) return 1;
    if (first_fraction < 0.0) first_fraction = fraction;
    double t = now();
    if (!is_shown || t - last_shown < 0.2) return 0;
    last_shown = t;
    is_line_open = true;
    fprintf(stderr, "\r\033[K%.60s %3.0f %%", what, 100.0 * fraction);
    double done = fraction - first_fraction;
    if (done > 0.0 && fraction <= 1.0 && (done > 0.01 || t - started > 5.0)) {
        long left = (long)((t - started) * (1.0 - fraction) / done + 0.5);
        fprintf(stderr, ", %ld:%02ld:%02ld left", left / 3600, left / 60 % 60, left % 60);
    }
    fflush(stderr);
    return 0;
}

void cli_progress_start(il_context *ctx, bool is_quiet) {
    is_shown = !is_quiet && isatty(STDERR_FILENO);
    started = last_shown = now();
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt); /* batch systems send it some time before they kill */
    il_set_progress(ctx, on_progress, NULL);
}

void cli_progress_end(void) {
    if (is_line_open) fprintf(stderr, "\r\033[K");
    is_line_open = false;
}
