/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/parts.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/text.h"
#include "task/journal.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char FOLDER[] = "parts";

/* ---- the option ------------------------------------------------------------------------------------- */

static bool read_share(const char *text, int *part, int *of) {
    char first[16];
    const char *slash = strchr(text, '/');
    long k, n;
    if (!slash || slash - text >= (long)sizeof first) return false;
    snprintf(first, sizeof first, "%.*s", (int)(slash - text), text);
    if (!ili_parse_int(slash + 1, 1, ILI_PARTS_MAX, &n) || !ili_parse_int(first, 1, n, &k)) return false;
    *part = (int)k;
    *of = (int)n;
    return true;
}

il_status ili_part_check(il_context *ctx, const char *text, const char *where) {
    int part, of;
    if (strcmp(text, "list") == 0 || read_share(text, &part, &of)) return IL_OK;
    return ili_fail(ctx, IL_E_USAGE,
                    "%s: option 'part' is '%.60s', expected K/N with K from 1 to N, as in 2/8, or list",
                    where, text);
}

bool ili_parts_is_whole(const ili_parts *parts) {
    return !parts->part && !parts->is_list;
}

bool ili_parts_has(const ili_parts *p, int k) {
    return !p->is_list && (!p->part || k % p->of == p->part - 1);
}

/* ---- which runs are there --------------------------------------------------------------------------- */

/** DIR/parts/NAME.ending */
static il_status path_of(il_context *ctx, const ili_parts *p, int k, const char *ending,
                         char path[ILI_PATH_MAX]) {
    return ili_path_join(ctx, path, p->dir, "%s/%s.%s", FOLDER, p->name[k], ending);
}

/** Is this the mark of a finished run of this job? The warnings kept in it are given to ctx, when it is not NULL. */
static bool read_mark(il_context *ctx, const ili_parts *p, const char *path) {
    char line[ILI_WARNING_MAX + 1];
    uint64_t key = 0;
    FILE *file = p->fresh ? NULL : fopen(path, "r");
    if (!file) return false;
    const bool is_ours =
        fgets(line, sizeof line, file) && sscanf(line, "%" SCNx64, &key) == 1 && key == p->key;
    while (is_ours && ctx && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        ili_warn(ctx, "%s", line);
    }
    fclose(file);
    return is_ours;
}

static il_status write_mark(il_context *ctx, const ili_parts *p, const char *path, int first_warning) {
    ili_outfile file;
    IL_TRY(ili_outfile_open(ctx, path, &file));
    fprintf(file.stream, "%016" PRIx64 "\n", p->key);
    for (int w = first_warning; w < il_warning_count(ctx); w++) {
        char line[ILI_WARNING_MAX];
        snprintf(line, sizeof line, "%s", il_warning(ctx, w));
        for (char *c = line; (c = strchr(c, '\n'));) *c = ' ';
        fprintf(file.stream, "%s\n", line);
    }
    return ili_outfile_commit(ctx, &file);
}

/** Said before the first run begins. */
static void say_found(il_report *report, const ili_parts *p) {
    int found = 0;
    for (int k = 0; k < p->n; k++) found += p->was_done[k];
    if (found)
        ili_report_print(report, "%d of %d runs found finished in %s, %d still to be run\n", found, p->n,
                         p->dir, p->n - found);
}

il_status ili_parts_open(il_context *ctx, il_report *report, const ili_parts_plan *plan, ili_parts *out) {
    char path[ILI_PATH_MAX];
    *out = (ili_parts){.n = plan->n,
                       .is_list = strcmp(plan->text, "list") == 0,
                       .fresh = plan->fresh,
                       .dir = plan->dir,
                       .key = plan->key};
    if (read_share(plan->text, &out->part, &out->of) && !plan->dir)
        return ili_fail(ctx, IL_E_USAGE,
                        "--part %s leaves its runs in the folder of the whole job: name it with -o DIR",
                        plan->text);
    if (out->is_list && plan->dir && !plan->fresh)
        IL_TRY(ili_journal_check(ctx, plan->dir, plan->journal, plan->key));
    out->name = ili_alloc((size_t)plan->n, sizeof *out->name);
    out->was_done = ili_alloc((size_t)plan->n, sizeof *out->was_done);
    if (!out->name || !out->was_done) return ili_no_memory(ctx, "the names of the runs");
    for (int k = 0; k < plan->n; k++) {
        plan->name(plan->user, k, out->name[k]);
        if (!plan->dir) continue;
        IL_TRY(path_of(ctx, out, k, "done", path));
        out->was_done[k] = read_mark(NULL, out, path);
    }
    if (ili_parts_is_whole(out)) say_found(report, out);
    return IL_OK;
}

bool ili_parts_are_in(const char *dir) {
    char path[ILI_PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, FOLDER) >= sizeof path) return false;
    DIR *folder = opendir(path);
    bool found = false;
    for (struct dirent *e; folder && !found && (e = readdir(folder));)
        found = ili_path_ends(e->d_name, "done");
    if (folder) closedir(folder);
    return found;
}

void ili_parts_free(ili_parts *parts) {
    ili_free(parts->name);
    ili_free(parts->was_done);
    *parts = (ili_parts){0};
}

/* ---- running ---------------------------------------------------------------------------------------- */

/** The message of a failed run begins with its name. */
static void name_failure(il_context *ctx, const char *name, il_status status) {
    char message[ILI_MESSAGE_MAX];
    if (strstr(ctx->message, name)) return;
    memcpy(message, ctx->message, sizeof message);
    ili_fail(ctx, status, "%s: %s", name, message);
}

il_status ili_parts_one(il_context *ctx, const ili_parts *p, ili_replica_fn run, void *user, int k) {
    char folder[ILI_PATH_MAX], path[ILI_PATH_MAX], mark[ILI_PATH_MAX];
    const int first_warning = il_warning_count(ctx);
    bool is_done = false;
    ili_lock lock = {0};
    il_status status;
    if (p->dir) {
        IL_TRY(ili_path_join(ctx, folder, p->dir, "%s", FOLDER));
        IL_TRY(path_of(ctx, p, k, "lock", path));
        IL_TRY(path_of(ctx, p, k, "done", mark));
        IL_TRY(ili_make_dir(ctx, folder));
        IL_TRY(ili_lock_take(ctx, path, &lock));
        is_done = read_mark(ctx, p, mark);
        if (!is_done) (void)unlink(mark); /* of another job, or made anew */
    }
    status = run(ctx, user, k);
    if (status != IL_OK && status != IL_E_INTERRUPTED) name_failure(ctx, p->name[k], status);
    if (status == IL_OK && p->dir && !is_done) status = write_mark(ctx, p, mark, first_warning);
    ili_lock_release(&lock);
    return status;
}

/** The share as a list of its own. */
typedef struct share {
    const ili_parts *parts;
    ili_replica_fn run;
    void *user;
    int *which; /**< run of the job by number in the share */
} share;

static il_status run_of_share(il_context *ctx, void *user, int i) {
    const share *s = user;
    return ili_parts_one(ctx, s->parts, s->run, s->user, s->which[i]);
}

il_status ili_parts_run(il_context *ctx, const ili_parts *p, const double *cost, ili_replica_fn run,
                        void *user) {
    share s = {.parts = p, .run = run, .user = user, .which = ili_alloc((size_t)p->n, sizeof *s.which)};
    double *price = ili_alloc((size_t)p->n, sizeof *price);
    il_status status = s.which && price ? IL_OK : ili_no_memory(ctx, "a share of the runs");
    int n = 0;
    for (int k = 0; status == IL_OK && k < p->n; k++) {
        if (!ili_parts_has(p, k)) continue;
        price[n] = cost ? cost[k] : 1.0;
        s.which[n++] = k;
    }
    if (status == IL_OK) status = ili_replicas_run(ctx, n, price, run_of_share, &s);
    ili_free(s.which);
    ili_free(price);
    return status;
}

/* ---- what is said ----------------------------------------------------------------------------------- */

static void report_run(il_report *report, ili_json *list, const ili_parts *p, int k) {
    const char *state = p->was_done[k] ? "found" : p->is_list ? "missing" : "run";
    ili_json *one = ili_json_child(list, NULL);
    ili_json_int(one, "number", k + 1);
    ili_json_string(one, "name", p->name[k]);
    ili_json_string(one, "state", state);
    ili_report_print(report, "%6d  %-8s %s\n", k + 1, state, p->name[k]);
}

void ili_parts_report(il_report *report, const ili_parts *p) {
    if (ili_parts_is_whole(p)) return;
    report->is_part = true;
    ili_json *parts = ili_json_child(report->json, "parts"), *list;
    ili_json_int(parts, "runs_of_job", p->n);
    if (p->is_list)
        ili_report_print(report, "%d run%s of the whole job\n", p->n, p->n == 1 ? "" : "s");
    else if (p->part > p->n)
        ili_report_print(report, "part %d of %d has nothing to do: the job has %d run%s\n", p->part, p->of,
                         p->n, p->n == 1 ? "" : "s");
    else
        ili_report_print(report,
                         "part %d of %d is finished; the same command without --part collects the whole\n",
                         p->part, p->of);
    if (!p->is_list) {
        ili_json_int(parts, "part", p->part);
        ili_json_int(parts, "of", p->of);
    }
    list = ili_json_list(parts, "runs");
    for (int k = 0; k < p->n; k++)
        if (p->is_list || ili_parts_has(p, k)) report_run(report, list, p, k);
}
