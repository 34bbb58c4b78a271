/* SPDX-License-Identifier: GPL-3.0-or-later */
/** `interlith export JOB.yaml --to lammps`: the job's own verb writes its decks, one folder a run; beside them a README that says how to run
 *  them and how what they write comes back. */
#include "task/exporter.h"

#include "base/alloc.h"
#include "base/file.h"

#include <stdio.h>
#include <string.h>

static const char README[] = "README.txt";

static bool has_option(const il_verb *verb, const char *name) {
    for (const il_option *o = verb->options; o->name; o++)
        if (strcmp(o->name, name) == 0) return true;
    return false;
}

/** The verb of the job must know engines. */
static il_status check_verb(il_context *ctx, const il_verb *verb, const char *job) {
    char names[256] = "";
    size_t used = 0;
    if (has_option(verb, "engine")) return IL_OK;
    for (const il_verb *const *v = il_verbs(NULL); *v; v++)
        if (has_option(*v, "engine") && used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", (*v)->name);
    return ili_fail(ctx, IL_E_UNSUPPORTED, "%s: its task is `%s`, which LAMMPS cannot do; it can do %s", job,
                    verb->name, names);
}

/** Run the job with decks asked for. */
static il_status write_decks(il_context *ctx, const il_job *job, const char *path, const char *dir,
                             il_report **report) {
    const il_verb *verb = il_job_verb(job);
    const char *const *inputs;
    const int n_inputs = il_job_inputs(job, &inputs);
    void *options = ili_alloc(1, verb->options_size);
    il_status status;
    if (!options) return ili_no_memory(ctx, "the options of a job");
    il_options_default(verb, options);
    IL_GO(il_job_apply(ctx, job, options));
    IL_GO(il_options_set(ctx, verb, options, "engine", "lammps", path));
    IL_GO(il_options_set(ctx, verb, options, "deck", "yes", path));
    IL_GO(il_run(ctx, verb, n_inputs, inputs, options, dir, report));
out:
    ili_free(options);
    return status;
}

static void write_head(FILE *out, const il_verb *verb, const char *job, const char *title) {
    fprintf(
        out,
        "%s\n\nDecks for LAMMPS, written by Interlith %s from %s (task %s).\n\n"
        "Each folder is one run and complete: the structure (system.data), the force field (system.field,\n"
        "with tables beside it where LAMMPS has no such form) and the script. Run each in its folder, with\n"
        "as many ranks as pay, for example\n\n",
        title ? title : "Decks for LAMMPS", il_version(), job, verb->name);
}

static void write_runs(FILE *out, const ili_json_view *decks) {
    for (size_t k = 0; k < ili_json_size(decks); k++) {
        const char *folder = ili_json_string_of(ili_json_get(ili_json_at(decks, k), "folder"));
        const char *script = ili_json_string_of(ili_json_get(ili_json_at(decks, k), "script"));
        if (folder && script) fprintf(out, "    (cd %s && mpirun -np 4 lmp -in %s)\n", folder, script);
    }
    fputs("\nUnits are metal. What is done otherwise than by Interlith itself stands at the end of each "
          "script. A\n"
          "release from 29 September 2021 on has what is needed, unless it says so; that of July 2025 has "
          "all.\n",
          out);
}

/** A word as a shell reads it back. */
static void write_word(FILE *out, const char *word) {
    const bool is_plain = word[0] && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                        "0123456789_-./+,:=@%")];
    if (!is_plain) fputc('\'', out);
    for (; *word; word++) fputs(*word == '\'' ? "'\\''" : (const char[]){*word, 0}, out);
    if (!is_plain) fputc('\'', out);
}

/** How what they write comes back; `meaning` is what the verb itself says of decks that are not read back. */
static void write_return(FILE *out, const il_verb *verb, const char *job, const char *dir, const char *back,
                         const char *meaning) {
    if (meaning) fprintf(out, "\n%s\n", meaning);
    if (meaning || !has_option(verb, "fresh")) return; /* nothing is kept of what is done at once */
    fputs("\nBack to Interlith. With the same program and job file, from where this was written:\n\n"
          "    interlith run ",
          out);
    write_word(out, job);
    fputs(" --engine lammps -o ", out);
    write_word(out, dir);
    fputs(
        "\n\nreads the runs that are finished (NAME.done is there), runs those that are not, and writes the\n"
        "results as if it had run them all.\n",
        out);
    if (back && strlen(back) < IL_TEXT_MAX)
        fprintf(out,
                "\nAnywhere else, from the dumps alone, unedited, in this folder:\n\n"
                "    interlith diffuse %s -o results\n",
                back);
}

static il_status write_readme(il_context *ctx, const ili_export_request *request, const il_verb *verb,
                              const il_report *made) {
    const ili_json_view *root = ili_json_root(made->json);
    char path[ILI_PATH_MAX];
    ili_outfile file = {0};
    il_status status;
    IL_GO(ili_path_join(ctx, path, request->dir, "%s", README));
    IL_GO(ili_outfile_open(ctx, path, &file));
    write_head(file.stream, verb, request->inputs[0], request->title);
    write_runs(file.stream, ili_json_get(root, "decks"));
    write_return(file.stream, verb, request->inputs[0], request->dir,
                 ili_json_string_of(ili_json_get(root, "hand_back")),
                 ili_json_string_of(ili_json_get(root, "decks_meaning")));
    IL_GO(ili_outfile_commit(ctx, &file));
out:
    ili_outfile_discard(&file);
    return status;
}

static void list_files(const ili_export_request *request, const il_report *made) {
    const ili_json_view *decks = ili_json_get(ili_json_root(made->json), "decks");
    char name[ILI_PATH_MAX];
    ili_json_push_string(request->files, README);
    for (size_t k = 0; k < ili_json_size(decks); k++) {
        const ili_json_view *deck = ili_json_at(decks, k);
        snprintf(name, sizeof name, "%s/%s", ili_json_string_of(ili_json_get(deck, "folder")),
                 ili_json_string_of(ili_json_get(deck, "script")));
        ili_json_push_string(request->files, name);
    }
    ili_report_print(request->report, "%s", made->text ? made->text : "");
}

static il_status write(il_context *ctx, const ili_export_request *request) {
    il_job *job = NULL;
    il_report *made = NULL;
    il_status status;
    IL_GO(il_job_read(ctx, request->inputs[0], &job));
    IL_GO(check_verb(ctx, il_job_verb(job), request->inputs[0]));
    IL_GO(write_decks(ctx, job, request->inputs[0], request->dir, &made));
    IL_GO(write_readme(ctx, request, il_job_verb(job), made));
    list_files(request, made);
out:
    il_report_destroy(&made);
    il_job_destroy(&job);
    return status;
}

const ili_exporter ili_exporter_lammps = {.name = "lammps",
                                          .summary = "decks of the job's runs for LAMMPS, one folder each",
                                          .takes_job = true,
                                          .reads = (const char *const[]){"to", "title", NULL},
                                          .write = write};
