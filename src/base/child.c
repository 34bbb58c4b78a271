/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keeper is forked from a process with threads, so until its end it calls nothing but async-signal-safe functions. */
#include "base/child.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GRACE_MS = 3000, TICK_MS = 20, ASK_MS = 100, KEPT_FD = 3, NO_PROGRAM = 127, FDS_MAX = 4096 };

static void sleep_ms(int ms) {
    const struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

/* ---- in the child ------------------------------------------------------------------------------------ */

/** Signals as a program expects to find them. */
static void reset_signals(void) {
    static const int changed[] = {SIGINT, SIGTERM, SIGPIPE, SIGHUP};
    sigset_t none;
    for (size_t k = 0; k < sizeof changed / sizeof *changed; k++) signal(changed[k], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/** Become the program; only a failure returns, told through `say`. */
static void become(const ili_child_plan *plan, char *const *environment, int say) {
    int reason = 0;
    int in = open("/dev/null", O_RDONLY);
    if (plan->dir && chdir(plan->dir) != 0) reason = errno;
    int out =
        reason ? -1 : open(plan->output ? plan->output : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (!reason && (in < 0 || out < 0)) reason = errno;
    if (!reason) {
        dup2(in, 0);
        dup2(out, 1);
        dup2(out, 2);
        if (in > 2) close(in);
        if (out > 2) close(out);
        reset_signals();
        execvpe(plan->argv[0], (char *const *)plan->argv, environment);
        reason = errno == ENOENT ? -ENOENT : errno; /* negative: of the program, not of folder or output */
    }
    (void)!write(say, &reason, sizeof reason);
    _exit(NO_PROGRAM);
}

/** End all of our group but ourselves, who ignore the polite signal. The program is gone, or will be at once. */
static void end_group(pid_t program, int *state) {
    kill(0, SIGTERM);
    for (int waited = 0; waited < GRACE_MS; waited += TICK_MS) {
        if (program > 0 && waitpid(program, state, WNOHANG) == program) program = 0;
        if (program == 0 && waitpid(0, NULL, WNOHANG) < 0) break;
        sleep_ms(TICK_MS);
    }
}

/** What its parent waits for instead of the program. What else we were born with, such as the leash's other end, is our parent's
 *  business. Never returns. */
static void keep(const ili_child_plan *plan, char *const *environment, const int leash[2],
                 const int said[2]) {
    int state = 0;
    setpgid(0, 0);
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    dup2(leash[0], KEPT_FD);
    dup2(said[1], KEPT_FD + 1);
    fcntl(KEPT_FD, F_SETFD, FD_CLOEXEC);
    fcntl(KEPT_FD + 1, F_SETFD, FD_CLOEXEC);
    if (close_range(KEPT_FD + 2, ~0U, 0) != 0) /* a kernel that does not know it */
        for (int fd = KEPT_FD + 2; fd < FDS_MAX; fd++) close(fd);
    pid_t program = fork();
    if (program == 0) become(plan, environment, KEPT_FD + 1);
    if (program < 0) {
        int reason = errno;
        (void)!write(KEPT_FD + 1, &reason, sizeof reason);
        _exit(NO_PROGRAM);
    }
    close(KEPT_FD + 1);
    struct pollfd held = {.fd = KEPT_FD, .events = POLLIN};
    for (;;) {
        pid_t ended = waitpid(program, &state, WNOHANG);
        if (ended == program) break;
        if (poll(&held, 1, TICK_MS) > 0) {
            end_group(program, &state);
            kill(0, SIGKILL); /* us too: whoever holds the leash has let go */
        }
    }
    kill(0, SIGTERM); /* what a program that died left behind; we are deaf to it */
    _exit(WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state));
}

/* ---- in the parent ----------------------------------------------------------------------------------- */

static size_t count(const char *const *list) {
    size_t n = 0;
    while (list && list[n]) n++;
    return n;
}

/** Ours with the plan's over it; the list is the caller's, its entries are borrowed. */
static char **make_environment(const char *const *set) {
    size_t used = 0;
    char **out = ili_alloc(count((const char *const *)environ) + count(set) + 1, sizeof *out);
    if (!out) return NULL;
    for (char **e = environ; *e; e++) {
        bool is_replaced = false;
        for (size_t k = 0; k < count(set); k++)
            if (strncmp(*e, set[k], strcspn(set[k], "=") + 1) == 0) is_replaced = true;
        if (!is_replaced) out[used++] = *e;
    }
    for (size_t k = 0; k < count(set); k++) out[used++] = (char *)set[k];
    return out;
}

/** Why it could not be started; 0 when it was. */
static int hear(int from) {
    int reason = 0;
    ssize_t n;
    do n = read(from, &reason, sizeof reason);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof reason ? reason : 0;
}

static void close_pair(int fd[2]) {
    for (int k = 0; k < 2; k++)
        if (fd[k] >= 0) close(fd[k]);
}

/** Pipes well above the numbers that the keeper uses for its own ends. */
static bool make_pipe(int fd[2]) {
    int low[2];
    if (pipe2(low, O_CLOEXEC) != 0) return false;
    for (int k = 0; k < 2; k++) fd[k] = fcntl(low[k], F_DUPFD_CLOEXEC, KEPT_FD + 2);
    close_pair(low);
    return fd[0] >= 0 && fd[1] >= 0;
}

il_status ili_child_start(il_context *ctx, const ili_child_plan *plan, ili_child *child, bool *found) {
    int leash[2] = {-1, -1}, said[2] = {-1, -1}, reason;
    il_status status = IL_OK;
    *child = (ili_child){0};
    *found = true;
    char **environment = make_environment(plan->environment);
    if (!environment) return ili_no_memory(ctx, "the environment of a program");
    pid_t keeper = -1;
    if (make_pipe(leash) && make_pipe(said)) keeper = fork();
    if (keeper == 0) keep(plan, environment, leash, said);
    reason = errno;
    ili_free(environment);
    if (keeper < 0) {
        close_pair(leash);
        close_pair(said);
        return ili_fail(ctx, IL_E_FILE, "%s: cannot be started: %s", plan->argv[0], strerror(reason));
    }
    close(leash[0]);
    close(said[1]);
    reason = hear(said[0]);
    close(said[0]);
    *child = (ili_child){.keeper = keeper, .leash = leash[1]};
    if (reason) {
        int code;
        while (!ili_child_has_ended(child, 1000, &code)) {
        }
        *found = reason != -ENOENT;
        if (*found)
            status = ili_fail(ctx, IL_E_FILE, "%s: cannot be started in %s: %s", plan->argv[0],
                              plan->dir ? plan->dir : "this folder", strerror(reason));
    }
    return status;
}

bool ili_child_has_ended(ili_child *child, int wait_ms, int *code) {
    for (int waited = 0;; waited += TICK_MS) {
        int state = 0;
        pid_t ended;
        do ended = waitpid(child->keeper, &state, WNOHANG);
        while (ended < 0 && errno == EINTR);
        if (ended != 0) {
            close(child->leash);
            *child = (ili_child){0};
            *code = ended < 0 ? NO_PROGRAM : WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
            return true;
        }
        if (waited >= wait_ms) return false;
        sleep_ms(TICK_MS);
    }
}

il_status ili_child_run(il_context *ctx, const ili_child_plan *plan, int limit_ms, const char *what,
                        bool *found, int *code) {
    ili_child child;
    IL_TRY(ili_child_start(ctx, plan, &child, found));
    if (!*found) return IL_OK;
    for (int waited = 0; !ili_child_has_ended(&child, ASK_MS, code); waited += ASK_MS) {
        const bool is_late = waited >= limit_ms;
        if (!is_late && !ili_progress(ctx, what, 0.0)) continue;
        ili_child_stop(&child);
        if (!is_late) return ili_fail(ctx, IL_E_INTERRUPTED, "stopped while %s", what);
        return ili_fail(ctx, IL_E_FILE,
                        "%s: had not ended %g s after it was started with %s, and was stopped", plan->argv[0],
                        1e-3 * limit_ms, plan->argv[1] ? plan->argv[1] : "no options");
    }
    return IL_OK;
}

void ili_child_ending(int code, char *text, size_t size) {
    if (code > 128)
        snprintf(text, size, "was ended by signal %d (%s)", code - 128, strsignal(code - 128));
    else
        snprintf(text, size, "ended with exit code %d", code);
}

void ili_child_stop(ili_child *child) {
    if (child->keeper <= 0) return;
    close(child->leash);
    while (waitpid(child->keeper, NULL, 0) < 0 && errno == EINTR) {
    }
    *child = (ili_child){0};
}
