/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/lock.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/** The last holder removed the file between our opening and locking it: what we hold is then another file. */
static bool is_still_there(const ili_lock *lock) {
    struct stat held, named;
    return fstat(lock->fd, &held) == 0 && stat(lock->path, &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

/** One try; *is_held: somebody else has it (and nothing failed). */
static il_status try_lock(il_context *ctx, const char *path, ili_lock *lock, bool *is_held) {
    *lock = (ili_lock){.path = ili_strdup(path), .fd = -1};
    *is_held = false;
    if (!lock->path) return ili_no_memory(ctx, path);
    for (;;) {
        lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        int failed = lock->fd < 0 || flock(lock->fd, LOCK_EX | LOCK_NB) != 0 ? errno : 0;
        if (!failed && is_still_there(lock)) return IL_OK;
        if (lock->fd >= 0) close(lock->fd);
        if (!failed || failed == EINTR) continue;
        ili_free(lock->path);
        *lock = (ili_lock){0};
        *is_held = failed == EWOULDBLOCK;
        if (*is_held) return IL_OK;
        return ili_fail(ctx, ili_write_status(failed), "%s: cannot be locked: %s", path, strerror(failed));
    }
}

il_status ili_lock_take(il_context *ctx, const char *path, ili_lock *lock) {
    bool is_held;
    IL_TRY(try_lock(ctx, path, lock, &is_held));
    if (!is_held) return IL_OK;
    return ili_fail(ctx, IL_E_FILE,
                    "%s: another process is running this job here; wait for it, stop it, or choose "
                    "another -o DIR",
                    path);
}

il_status ili_lock_wait(il_context *ctx, const char *path, const char *what, ili_lock *lock) {
    static const struct timespec PAUSE = {.tv_nsec = 20000000};
    for (;;) {
        bool is_held;
        IL_TRY(try_lock(ctx, path, lock, &is_held));
        if (!is_held) return IL_OK;
        if (ili_progress(ctx, what, 0.0))
            return ili_fail(ctx, IL_E_INTERRUPTED, "interrupted while waiting for %s", path);
        nanosleep(&PAUSE, NULL);
    }
}

void ili_lock_release(ili_lock *lock) {
    if (!lock->path) return;
    unlink(lock->path); /* before letting go: afterwards it may be someone else's */
    close(lock->fd);
    ili_free(lock->path);
    *lock = (ili_lock){0};
}

/** The process in NAME.PID.tmp; 0: not such a name. */
static long owner_of(const char *name) {
    char copy[NAME_MAX + 1];
    size_t n = strlen(name);
    long pid;
    if (n < 5 || n > NAME_MAX || strcmp(name + n - 4, ".tmp") != 0) return 0;
    memcpy(copy, name, n - 4);
    copy[n - 4] = 0;
    const char *dot = strrchr(copy, '.');
    return dot && ili_parse_int(dot + 1, 1, INT_MAX, &pid) ? pid : 0;
}

void ili_remove_stale(const char *dir, const char *stem) {
    DIR *folder = opendir(dir);
    if (!folder) return;
    size_t n = strlen(stem);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        long pid = owner_of(entry->d_name);
        bool is_ours = strncmp(entry->d_name, stem, n) == 0 && strchr(".-", entry->d_name[n]);
        if (pid && (is_ours || (kill((pid_t)pid, 0) != 0 && errno == ESRCH)))
            unlinkat(dirfd(folder), entry->d_name, 0);
    }
    closedir(folder);
}
