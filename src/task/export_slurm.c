/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slurm: a job as an array of parts on a cluster, and the job that collects them. How many runs there are is asked of the verb itself
 * (--part list). */
#include "base/alloc.h"
#include "base/file.h"
#include "task/exporter.h"
#include "task/job_pack.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/** Slurm as it comes allows indices up to this (MaxArraySize less 1). */
enum { TASKS_USUAL = 1000, CPUS = 4 };

typedef struct array {
    int n_runs, n_tasks;
    int cpus;         /**< a task */
    bool is_lammps;   /**< the engine of the job starts ranks of its own */
    char name[48];    /**< of the job, letters that a shell leaves alone */
    const char *verb; /**< of the job */
} array;

/* ---- how many runs ---------------------------------------------------------------------------------- */

static il_status has_parts(il_context *ctx, const il_verb *verb, const char *path) {
    for (const il_option *o = verb->options; o->name; o++)
        if (strcmp(o->name, "part") == 0) return IL_OK;
    return ili_fail(ctx, IL_E_INPUT,
                    "%s: `task: %s` has no independent runs to deal out; job arrays are of diffuse, lithiate "
                    "and interface",
                    path, verb->name);
}

/** Engine and ranks, where the verb has such options. */
static void read_engine(const il_verb *verb, const void *options, array *a) {
    for (const il_option *o = verb->options; o->name; o++) {
        const char *field = (const char *)options + o->offset;
        if (strcmp(o->name, "engine") == 0) a->is_lammps = strcmp(field, "lammps") == 0;
        if (strcmp(o->name, "mpi") == 0) memcpy(&a->cpus, field, sizeof a->cpus);
    }
    if (!a->is_lammps) a->cpus = CPUS;
}

/** Run the job with --part list, in a context of its own: its seed is the job's. */
static il_status count_runs(il_context *ctx, il_context *own, const char *path, array *a) {
    const char *const *inputs;
    il_job *job = NULL;
    il_report *report = NULL;
    void *options = NULL;
    il_status status;
    IL_GO(il_job_read(own, path, &job));
    const il_verb *verb = il_job_verb(job);
    IL_GO(has_parts(own, verb, path));
    options = ili_alloc(1, verb->options_size);
    if (!options) IL_GO(ili_no_memory(own, "the options of a job"));
    il_options_default(verb, options);
    IL_GO(il_job_apply(own, job, options));
    IL_GO(il_options_set(own, verb, options, "part", "list", path));
    const int n = il_job_inputs(job, &inputs);
    IL_GO(il_run(own, verb, n, inputs, options, NULL, &report));
    const ili_json_view *parts = ili_json_get(ili_json_root(report->json), "parts");
    a->n_runs = (int)ili_json_number(ili_json_get(parts, "runs_of_job"));
    a->verb = verb->name;
    read_engine(verb, options, a);
out:
    if (status != IL_OK) ili_fail(ctx, status, "%s", il_message(own));
    for (int w = 0; w < il_warning_count(own); w++) ili_warn(ctx, "%s", il_warning(own, w));
    il_report_destroy(&report);
    ili_free(options);
    il_job_destroy(&job);
    return status;
}

static il_status ask_verb(il_context *ctx, const char *path, array *a) {
    il_context *own = il_context_create();
    if (!own) return ili_no_memory(ctx, "the runs of a job");
    il_set_data_dir(own, ctx->data_dir);
    il_set_command(own, ctx->command);
    il_set_seed(own, ctx->seed);
    il_set_threads(own, ctx->n_threads);
    const il_status status = count_runs(ctx, own, path, a);
    il_context_destroy(&own);
    return status;
}

/* ---- scripts ---------------------------------------------------------------------------------------- */

static void put_header(FILE *out, const array *a, const char *what, const char *output) {
    fprintf(out,
            "#!/bin/bash\n"
            "# %s\n"
            "# Edit these lines for your cluster (time, cores, partition, account):\n"
            "#SBATCH --job-name=%s\n",
            what, a->name);
    if (strstr(output, "%a")) fprintf(out, "#SBATCH --array=1-%d\n", a->n_tasks);
    fprintf(out,
            "#SBATCH --ntasks=%d\n"
            "#SBATCH --cpus-per-task=%d\n"
            "#SBATCH --time=24:00:00\n"
            "#SBATCH --requeue\n"
            "#SBATCH --open-mode=append\n"
            "#SBATCH --output=%s\n"
            "set -eu\n"
            "cd \"${SLURM_SUBMIT_DIR:-.}\"\n"
            "interlith=${INTERLITH:-interlith}\n",
            a->is_lammps ? a->cpus : 1, a->is_lammps ? 1 : a->cpus, output);
}

/** srun does not take over the cores of the batch job by itself; LAMMPS starts its ranks itself, within the batch job. */
static void put_run(FILE *out, const array *a, const char *part) {
    if (a->is_lammps)
        fprintf(out, "\"$interlith\" run job.yaml -o run%s --threads 1\n", part);
    else
        fprintf(out,
                "srun --cpus-per-task=\"$SLURM_CPUS_PER_TASK\" \"$interlith\" run job.yaml -o run%s "
                "--threads \"$SLURM_CPUS_PER_TASK\"\n",
                part);
}

static void put_array(FILE *out, const array *a) {
    char part[64];
    put_header(out, a, "One part of the job: task K of the array does the runs K, K + N, ... of all.",
               "slurm-%A_%a.out");
    snprintf(part, sizeof part, " --part \"$SLURM_ARRAY_TASK_ID/%d\"", a->n_tasks);
    put_run(out, a, part);
}

static void put_collect(FILE *out, const array *a) {
    put_header(
        out, a,
        "The whole job once more: finds the runs of all parts, runs what is missing, writes the result.",
        "slurm-collect-%j.out");
    put_run(out, a, "");
}

static void put_submit(FILE *out, const array *a) {
    (void)a;
    fputs("#!/bin/sh\n"
          "# Hands in the array, and what collects it once every part is done.\n"
          "set -eu\n"
          "cd \"$(dirname \"$0\")\"\n"
          "id=$(sbatch --parsable array.sbatch)\n"
          "id=${id%%;*}\n"
          "echo \"array $id\"\n"
          "sbatch --dependency=afterok:\"$id\" --kill-on-invalid-dep=yes collect.sbatch\n",
          out);
}

static void put_readme(FILE *out, const array *a) {
    fprintf(
        out,
        "%s as a Slurm job array: %d run%s in %d part%s\n"
        "\n"
        "job.yaml          the job; its structures are in inputs/, its models in models/\n"
        "array.sbatch      one part of it: edit time, cores, partition and account\n"
        "collect.sbatch    the whole: collects the parts into run/%s.json\n"
        "submit.sh         hands in both, the second after the first\n"
        "\n"
        "1. Copy this folder to a file system that all nodes share and that has locks (NFS has; Lustre when\n"
        "   it is mounted with -o flock).\n"
        "2. Every node must run the same build of interlith: another one is another job to its checkpoints.\n"
        "   It is looked for on the PATH; INTERLITH names another one.\n"
        "3. Nodes of several kinds: a line `simd: avx2` (or sse2) in job.yaml, for the least of them.\n"
        "   Otherwise each takes its widest vector instructions, and parts of others are another job's.\n"
        "4. sh submit.sh\n"
        "\n"
        "A part that ran out of time or was killed goes on where it was when it is handed in again:\n"
        "sh submit.sh (finished parts take seconds), or sbatch --array=3,7 array.sbatch for some of them.\n"
        "How far the job is:   interlith run job.yaml -o run --part list\n"
        "Without the array:    interlith run job.yaml -o run   runs what is missing and collects.\n"
        "The result has the same bits whichever way it was made.\n",
        a->verb, a->n_runs, a->n_runs == 1 ? "" : "s", a->n_tasks, a->n_tasks == 1 ? "" : "s", a->verb);
}

static const struct {
    const char *name;
    void (*put)(FILE *out, const array *a);
    bool is_program;
} SCRIPTS[] = {{"array.sbatch", put_array, false},
               {"collect.sbatch", put_collect, false},
               {"submit.sh", put_submit, true},
               {"README.txt", put_readme, false}};

static il_status write_script(il_context *ctx, const ili_export_request *request, size_t k, const array *a) {
    char path[ILI_PATH_MAX];
    ili_outfile file;
    IL_TRY(ili_path_join(ctx, path, request->dir, "%s", SCRIPTS[k].name));
    IL_TRY(ili_outfile_open(ctx, path, &file));
    SCRIPTS[k].put(file.stream, a);
    IL_TRY(ili_outfile_commit(ctx, &file));
    ili_json_push_string(request->files, SCRIPTS[k].name);
    struct stat info;
    if (SCRIPTS[k].is_program && stat(path, &info) == 0)
        (void)chmod(path, info.st_mode | ((info.st_mode & 0444) >> 2)); /* `sh submit.sh` does without */
    return IL_OK;
}

/* ---- all -------------------------------------------------------------------------------------------- */

/** The title, or the name of the job file without folder and ending. */
static void set_name(const ili_export_request *request, array *a) {
    const char *slash = strrchr(request->inputs[0], '/'), *from = slash ? slash + 1 : request->inputs[0];
    snprintf(a->name, sizeof a->name, "%s", request->title ? request->title : from);
    char *dot = request->title ? NULL : strrchr(a->name, '.');
    if (dot && dot != a->name) *dot = 0;
    for (char *c = a->name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._-", *c)) *c = '-';
}

static il_status write(il_context *ctx, const ili_export_request *request) {
    array a = {.n_runs = 0};
    IL_TRY(ask_verb(ctx, request->inputs[0], &a));
    a.n_tasks = request->array_tasks > 0 ? request->array_tasks : TASKS_USUAL;
    if (a.n_tasks > a.n_runs) a.n_tasks = a.n_runs;
    set_name(request, &a);
    IL_TRY(ili_job_pack(ctx, request->inputs[0], request->dir, request->files));
    for (size_t k = 0; k < sizeof SCRIPTS / sizeof *SCRIPTS; k++) IL_TRY(write_script(ctx, request, k, &a));
    ili_json_int(request->report->json, "runs", a.n_runs);
    ili_json_int(request->report->json, "array_tasks", a.n_tasks);
    ili_report_print(request->report,
                     "%s: %d run%s in %d task%s of a job array; sh submit.sh hands them in\n", a.verb,
                     a.n_runs, a.n_runs == 1 ? "" : "s", a.n_tasks, a.n_tasks == 1 ? "" : "s");
    return IL_OK;
}

const ili_exporter ili_exporter_slurm = {
    .name = "slurm",
    .summary = "a job as a job array of Slurm, in a folder of its own",
    .takes_job = true,
    .reads = (const char *const[]){"to", "title", "tasks", NULL},
    .write = write,
};
