/* SPDX-License-Identifier: GPL-3.0-or-later */
/* export: finished runs as files for continuum models, job files as files for other machines and engines. What a format holds is its
 * writer's affair; see task/exporter.h. */
#include "base/file.h"
#include "base/text.h"
#include "task/exporter.h"
#include "task/job_key.h"
#include "task/verbs.h"

#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const ili_exporter *const table[] = {
#define ILI_EXPORTER(name) &ili_exporter_##name,
#include "task/exporters.def"
#undef ILI_EXPORTER
    NULL};

/** "|csv|..." */
static const char CHOICES[] =
#define ILI_EXPORTER(name) "|" #name
#include "task/exporters.def"
#undef ILI_EXPORTER
    ;

typedef struct export_options {
    char to[IL_TEXT_MAX], material[IL_TEXT_MAX], title[IL_TEXT_MAX];
    double temperature;
    int tasks;
} export_options;

static const il_option OPTIONS[] = {
    {.name = "to",
     .type = IL_OPT_CHOICE,
     .offset = offsetof(export_options, to),
     .choices = &CHOICES[1],
     .help = "format that is written"},
    {.name = "material",
     .type = IL_OPT_TEXT,
     .offset = offsetof(export_options, material),
     .help = "what the runs are of, instead of the name of their structure file"},
    {.name = "temperature",
     .type = IL_OPT_REAL,
     .offset = offsetof(export_options, temperature),
     .preset = "298.15",
     .low = 1.0,
     .high = 5000.0,
     .unit = "K",
     .help = "where constants are taken"},
    {.name = "title",
     .type = IL_OPT_TEXT,
     .offset = offsetof(export_options, title),
     .help = "title of what is written"},
    {.name = "tasks",
     .type = IL_OPT_INT,
     .offset = offsetof(export_options, tasks),
     .preset = "0",
     .low = 0,
     .high = 100000,
     .help = "tasks of a job array, 0: one for each run, 1000 at most"},
    {.name = NULL}};

const ili_exporter *const *ili_exporters(void) {
    return table;
}

static il_status find_exporter(il_context *ctx, const char *name, const ili_exporter **found) {
    char formats[1024] = "";
    size_t n = 0;
    *found = NULL;
    for (int k = 0; table[k]; k++) {
        if (strcmp(table[k]->name, name) == 0) *found = table[k];
        const int added = snprintf(formats + n, sizeof formats - n, "%s%s (%s)", k ? ", " : "",
                                   table[k]->name, table[k]->summary);
        if (added > 0 && n + (size_t)added < sizeof formats) n += (size_t)added;
    }
    if (*found) return IL_OK;
    return ili_fail(ctx, IL_E_USAGE, "`export` was not told the format, expected --to with one of %s",
                    formats);
}

static bool reads(const ili_exporter *exporter, const char *option) {
    const char *const *name = exporter->reads;
    while (*name && strcmp(*name, option) != 0) name++;
    return *name;
}

static bool takes_job(const ili_exporter *exporter, const char *unused) {
    (void)unused;
    return exporter->takes_job;
}

/** "slurm or lammps": the formats of which this holds. */
static void list_formats(bool (*holds)(const ili_exporter *, const char *), const char *option,
                         char text[256]) {
    size_t n = 0;
    text[0] = 0;
    for (int k = 0; table[k] && n < 256; k++)
        if (holds(table[k], option))
            n += (size_t)snprintf(text + n, 256 - n, "%s%s", n ? " or " : "", table[k]->name);
}

/** What was given must be of use. */
static il_status check_use(il_context *ctx, const ili_exporter *exporter, const export_options *o) {
    const char *useless = ili_option_first_given(OPTIONS, o, exporter->reads);
    char formats[256];
    if (!useless) return IL_OK;
    list_formats(reads, useless, formats);
    return ili_fail(ctx, IL_E_USAGE, "--%s is of --to %s and has no meaning with --to %s; leave it out",
                    useless, formats, exporter->name);
}

/** As given with -o; else the folder `export` in that of the first input. */
static il_status choose_dir(il_context *ctx, const char *input, const char *out_dir, char dir[ILI_PATH_MAX]) {
    const char *slash = strrchr(input, '/');
    struct stat info;
    if (out_dir) {
        if (snprintf(dir, ILI_PATH_MAX, "%s", out_dir) >= ILI_PATH_MAX)
            return ili_fail(ctx, IL_E_FILE, "the name of the folder %.100s... is too long", out_dir);
        return IL_OK;
    }
    if (stat(input, &info) == 0 && S_ISDIR(info.st_mode)) {
        IL_TRY(ili_path_join(ctx, dir, input, "export"));
    } else if (slash) {
        char folder[ILI_PATH_MAX];
        if (snprintf(folder, sizeof folder, "%.*s", (int)(slash - input), input) >= (int)sizeof folder)
            return ili_fail(ctx, IL_E_FILE, "the name of the file %.100s... is too long", input);
        IL_TRY(ili_path_join(ctx, dir, folder, "export"));
    } else {
        snprintf(dir, ILI_PATH_MAX, "export");
    }
    return IL_OK;
}

static bool is_absent(const ili_handoff *h, int kind) {
    return !ili_handoff_find(h, (ili_quantity_kind)kind, NULL, NULL);
}

/** What these runs do not hold, by the run that would give it. */
static void list_absent(il_report *report, const ili_handoff *h) {
    ili_json *list = ili_json_list(report->json, "absent");
    bool is_listed[ILI_N_QUANTITIES] = {false};
    for (int first = 0; first < ILI_N_QUANTITIES; first++) {
        const char *origin = ili_quantity_info_of((ili_quantity_kind)first)->origin;
        if (is_listed[first] || !is_absent(h, first)) continue;
        ili_report_print(report, "not in these runs, but from %s:", origin);
        for (int kind = first; kind < ILI_N_QUANTITIES; kind++) {
            const ili_quantity_info *info = ili_quantity_info_of((ili_quantity_kind)kind);
            if (strcmp(info->origin, origin) != 0 || !is_absent(h, kind)) continue;
            ili_json *one = ili_json_child(list, NULL);
            ili_json_string(one, "quantity", info->name);
            ili_json_string(one, "from", origin);
            ili_report_print(report, " %s", info->name);
            is_listed[kind] = true;
        }
        ili_report_print(report, "\n");
    }
}

static void list_quantities(il_report *report, const ili_handoff *h) {
    ili_json *list = ili_json_list(report->json, "quantities");
    for (int k = 0; k < h->n; k++) {
        const ili_quantity *q = &h->quantity[k];
        const char *name = ili_quantity_info_of(q->kind)->name;
        ili_json *one = ili_json_child(list, NULL);
        int n_sound = 0;
        for (int i = 0; i < q->n; i++) n_sound += q->is_sound[i];
        ili_json_string(one, "quantity", name);
        ili_json_string(one, "material", q->material);
        ili_json_string(one, "species", q->species);
        ili_json_int(one, "points", q->n);
        ili_json_int(one, "sound", n_sound);
        ili_json_bool(one, "has_law", q->law.is_given);
        ili_report_print(report, "%-31s %-20s %-8s %d point%s", name, q->material, q->species, q->n,
                         q->n == 1 ? "" : "s");
        if (n_sound < q->n)
            ili_report_print(report, ", %d of them NOT sound (why: `caveat`)", q->n - n_sound);
        ili_report_print(report, "%s\n", q->law.is_given ? ", and their law" : "");
    }
}

static bool is_job_file(const char *path) {
    return ili_path_ends(path, "yaml") || ili_path_ends(path, "yml");
}

static il_status check_results(il_context *ctx, const ili_exporter *exporter,
                               const ili_export_request *request) {
    char formats[256];
    list_formats(takes_job, NULL, formats);
    for (int k = 0; k < request->n_inputs; k++)
        if (is_job_file(request->inputs[k]))
            return ili_fail(ctx, IL_E_USAGE,
                            "%s: is a job file; `export --to %s` is made from results, run folders or their "
                            ".json; a job file goes --to %s",
                            request->inputs[k], exporter->name, formats);
    return IL_OK;
}

static il_status read_runs(il_context *ctx, const ili_exporter *exporter, const ili_export_request *request,
                           const char *material, ili_handoff *handoff) {
    IL_TRY(check_results(ctx, exporter, request));
    IL_TRY(ili_handoff_read(ctx, request->n_inputs, request->inputs, material, handoff));
    for (int k = 0; k < handoff->n_files; k++)
        IL_TRY(ili_report_input(ctx, request->report, handoff->file[k]));
    if (handoff->n == 0)
        return ili_fail(
            ctx, IL_E_INPUT,
            "%s: holds no quantity that can be exported; expected diffusivities, a V(x) or energies "
            "of a contact",
            request->inputs[0]);
    list_quantities(request->report, handoff);
    list_absent(request->report, handoff);
    return IL_OK;
}

static il_status check_job(il_context *ctx, const ili_exporter *exporter, const ili_export_request *request) {
    if (request->n_inputs != 1)
        return ili_fail(ctx, IL_E_USAGE, "`export --to %s` was given %d inputs, expected one job file",
                        exporter->name, request->n_inputs);
    if (is_job_file(request->inputs[0])) return ili_report_input(ctx, request->report, request->inputs[0]);
    return ili_fail(ctx, IL_E_USAGE,
                    "%s: `export --to %s` takes a job file, expected a name that ends in .yaml",
                    request->inputs[0], exporter->name);
}

static il_status run(il_context *ctx, int n_inputs, const char *const *inputs, const void *chosen,
                     const char *out_dir, il_report **report) {
    const export_options *o = chosen;
    const ili_exporter *exporter;
    ili_handoff handoff = {0};
    char dir[ILI_PATH_MAX] = "";
    size_t was_there = 0;
    il_status status;
    IL_TRY(find_exporter(ctx, o->to, &exporter));
    IL_TRY(check_use(ctx, exporter, o));
    IL_TRY(ili_report_create(ctx, report));
    ili_export_request request = {.n_inputs = n_inputs,
                                  .inputs = inputs,
                                  .title = o->title[0] ? o->title : NULL,
                                  .temperature = o->temperature,
                                  .array_tasks = o->tasks,
                                  .report = *report};
    IL_GO(exporter->takes_job ? check_job(ctx, exporter, &request)
                              : read_runs(ctx, exporter, &request, o->material, &handoff));
    IL_GO(choose_dir(ctx, inputs[0], out_dir, dir));
    was_there = ili_path_existing(dir);
    IL_GO(ili_make_dir(ctx, dir));
    request.dir = dir;
    request.handoff = exporter->takes_job ? NULL : &handoff;
    request.files = ili_json_list((*report)->json, "files");
    ili_json_string((*report)->json, "folder", dir);
    IL_GO(exporter->write(ctx, &request));
    ili_report_print(*report, "written to %s\n", dir);
out:
    ili_remove_empty(dir, was_there); /* refused: nothing was written */
    ili_handoff_free(&handoff);
    return status;
}

const il_verb ili_verb_export = {
    .name = "export",
    .usage = "export RUN_DIR.. | JOB.yaml --to FORMAT [-o DIR]",
    .summary = "what runs found, as files for continuum models; jobs for other machines",
    .details =
        "Of finished runs of diffuse, lithiate and interface: folders (-o DIR of the run) or their JSON "
        "files. Every\n"
        "number keeps its error, its 95 % interval, the temperatures behind it, how it was made and what "
        "the run\n"
        "warned of. What these runs do not hold is listed, and which run would give it.\n"
        "Of a job file: --to slurm writes it as a job array, with copies of all that it names.\n"
        "Without -o files go to the folder `export` in that of the first input.\n",
    .options = OPTIONS,
    .options_size = sizeof(export_options),
    .min_inputs = 1,
    .max_inputs = 64,
    .reads_jobs = 1,
    .run = run,
};
