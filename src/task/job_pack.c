/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/job_pack.h"

#include "base/alloc.h"
#include "base/data.h"
#include "base/file.h"
#include "ff/model.h"
#include "io/yaml.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** A file that is taken along. */
typedef struct packed {
    char source[ILI_PATH_MAX], target[ILI_PATH_MAX]; /**< target in dir */
} packed;

typedef struct pack {
    const char *dir;
    ili_json *files;
    const il_verb *verb;
    const char *const *inputs; /**< [n_inputs] where they are */
    int n_inputs;
    packed *taken;
    size_t n_taken, cap_taken;
    FILE *out; /**< the new job file */
} pack;

/* ---- files ------------------------------------------------------------------------------------------ */

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/** Length of the folder in a path, with its slash. */
static int folder_length(const char *path) {
    return (int)(base_name(path) - path);
}

static bool is_same_file(const char *a, const char *b) {
    struct stat of_a, of_b;
    return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_ino == of_b.st_ino &&
           of_a.st_dev == of_b.st_dev;
}

static il_status copy_file(il_context *ctx, const char *source, const char *target) {
    char buffer[65536];
    FILE *from;
    ili_outfile to = {0};
    il_status status;
    if (is_same_file(source, target)) return IL_OK;
    IL_TRY(ili_open_input(ctx, source, &from));
    IL_GO(ili_outfile_open(ctx, target, &to));
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, from)) > 0;) fwrite(buffer, 1, n, to.stream);
    if (ferror(from)) IL_GO(ili_fail(ctx, IL_E_FILE, "%s: cannot be read", source));
    IL_GO(ili_outfile_commit(ctx, &to));
out:
    ili_outfile_discard(&to);
    fclose(from);
    return status;
}

/** Source will become DIR/target; once. Nothing is copied before all is known to go. */
static il_status take(il_context *ctx, pack *p, const char *source, const char *target) {
    char here[17], there[17];
    for (size_t k = 0; k < p->n_taken; k++) {
        if (strcmp(p->taken[k].target, target) != 0) continue;
        IL_TRY(ili_file_hash(ctx, source, here));
        IL_TRY(ili_file_hash(ctx, p->taken[k].source, there));
        if (strcmp(here, there) == 0) return IL_OK;
        return ili_fail(ctx, IL_E_INPUT, "%s and %s differ but would both become %s; rename one of them",
                        p->taken[k].source, source, target);
    }
    IL_TRY(ili_file_hash(ctx, source, here)); /* it can be read */
    if (!ILI_GROW(p->taken, p->n_taken + 1, p->cap_taken)) return ili_no_memory(ctx, "the files of a job");
    packed *one = &p->taken[p->n_taken++];
    snprintf(one->source, sizeof one->source, "%s", source);
    snprintf(one->target, sizeof one->target, "%s", target);
    return IL_OK;
}

static il_status copy_all(il_context *ctx, const pack *p) {
    char path[ILI_PATH_MAX], folder[ILI_PATH_MAX];
    for (size_t k = 0; k < p->n_taken; k++) {
        const char *target = p->taken[k].target;
        IL_TRY(ili_path_join(ctx, path, p->dir, "%s", target));
        IL_TRY(ili_path_join(ctx, folder, p->dir, "%.*s", folder_length(target), target));
        IL_TRY(ili_make_dir(ctx, folder));
        IL_TRY(copy_file(ctx, p->taken[k].source, path));
        ili_json_push_string(p->files, target);
    }
    return IL_OK;
}

/** File k of a model keeps its place beside the file that names it. */
static il_status place_of(il_context *ctx, const il_model *model, int k, char (*target)[ILI_PATH_MAX]) {
    const ili_model_file *file = &model->files[k];
    if (k == 0) return ili_path_join(ctx, target[k], "models", "%s", base_name(file->path));
    if (file->name[0] == '/' || strstr(file->name, ".."))
        return ili_fail(ctx, IL_E_INPUT,
                        "%s: names %s, which lies outside of its folder and cannot be taken along; put it "
                        "beside the model",
                        model->files[file->from].path, file->name);
    const char *from = target[file->from];
    return ili_path_join(ctx, target[k], "models", "%.*s%s", folder_length(from) - (int)strlen("models/"),
                         from + strlen("models/"), file->name);
}

/** A model and all that it includes; `target` receives the place of the model. */
static il_status take_model(il_context *ctx, pack *p, const char *name, char target[ILI_PATH_MAX]) {
    il_model *model = NULL;
    char(*places)[ILI_PATH_MAX] = NULL;
    il_status status;
    IL_GO(il_model_read(ctx, name, &model));
    places = ili_alloc((size_t)model->n_files, sizeof *places);
    if (!places) IL_GO(ili_no_memory(ctx, "the files of a model"));
    for (int k = 0; k < model->n_files; k++) {
        IL_GO(place_of(ctx, model, k, places));
        IL_GO(take(ctx, p, model->files[k].path, places[k]));
    }
    memcpy(target, places[0], sizeof places[0]);
out:
    ili_free(places);
    il_model_destroy(&model);
    return status;
}

static il_status take_path(il_context *ctx, pack *p, const char *name, char target[ILI_PATH_MAX]) {
    IL_TRY(ili_path_join(ctx, target, "inputs", "%s", base_name(name)));
    return take(ctx, p, name, target);
}

/** A path, or a name in structures/. */
static il_status take_structure(il_context *ctx, pack *p, const char *name, char target[ILI_PATH_MAX]) {
    char source[ILI_PATH_MAX];
    if (access(name, R_OK) == 0) return take_path(ctx, p, name, target);
    IL_TRY(ili_data_path(ctx, "structure", "structures", name, source, sizeof source));
    return take_path(ctx, p, source, target);
}

/* ---- the job ---------------------------------------------------------------------------------------- */

/** What stands between double quotes, so that YAML reads it back. */
static void put_escaped(FILE *out, const char *text) {
    for (; *text; text++) {
        if (*text == '\n' || *text == '\t') {
            fputs(*text == '\n' ? "\\n" : "\\t", out);
            continue;
        }
        if (*text == '"' || *text == '\\') fputc('\\', out);
        fputc(*text, out);
    }
}

static void put_quoted(FILE *out, const char *text) {
    fputc('"', out);
    put_escaped(out, text);
    fputc('"', out);
}

static void put_scalar(FILE *out, const ili_yaml_node *node) {
    if (node->is_plain)
        fputs(node->text, out);
    else
        put_quoted(out, node->text);
}

static il_status put_value(il_context *ctx, FILE *out, const ili_yaml_node *node) {
    fprintf(out, "%s:", node->key);
    if (node->kind == ILI_YAML_SCALAR) {
        fputc(' ', out);
        put_scalar(out, node);
        fputc('\n', out);
        return IL_OK;
    }
    IL_TRY(ili_yaml_want(ctx, node, ILI_YAML_LIST));
    fputs(node->child ? "\n" : " []\n", out);
    for (const ili_yaml_node *item = node->child; item; item = item->next) {
        IL_TRY(ili_yaml_want(ctx, item, ILI_YAML_SCALAR));
        fputs("  - ", out);
        put_scalar(out, item);
        fputc('\n', out);
    }
    return IL_OK;
}

/** How the files of an option are taken along. */
static il_status (*const TAKE[])(il_context *ctx, pack *p, const char *name, char target[ILI_PATH_MAX]) = {
    [IL_FILES_PATH] = take_path,
    [IL_FILES_MODEL] = take_model,
    [IL_FILES_STRUCTURE] = take_structure,
};

/** Names with commas between, taken along; *n counts those written. */
static il_status put_names(il_context *ctx, pack *p, il_option_files way, const char *text, int *n) {
    while (*text) {
        char name[IL_TEXT_MAX], target[ILI_PATH_MAX];
        const size_t length = strcspn(text, ",");
        snprintf(name, sizeof name, "%.*s", (int)length, text);
        IL_TRY(TAKE[way](ctx, p, name, target));
        if ((*n)++) fputc(',', p->out);
        put_escaped(p->out, target);
        text += length + (text[length] == ',');
    }
    return IL_OK;
}

static il_status put_files(il_context *ctx, pack *p, const ili_yaml_node *node, il_option_files way) {
    int n = 0;
    fprintf(p->out, "%s: \"", node->key);
    if (node->kind == ILI_YAML_SCALAR) IL_TRY(put_names(ctx, p, way, node->text, &n));
    for (const ili_yaml_node *item = node->child; item; item = item->next)
        IL_TRY(put_names(ctx, p, way, item->text, &n));
    fputs("\"\n", p->out);
    return IL_OK;
}

static il_status put_inputs(il_context *ctx, pack *p) {
    fputs("inputs:\n", p->out);
    for (int k = 0; k < p->n_inputs; k++) {
        char target[ILI_PATH_MAX];
        IL_TRY(take_structure(ctx, p, p->inputs[k], target));
        fputs("  - ", p->out);
        put_quoted(p->out, target);
        fputc('\n', p->out);
    }
    return IL_OK;
}

static il_option_files files_of(const il_verb *verb, const char *name) {
    for (const il_option *o = verb->options; o->name; o++)
        if (strcmp(o->name, name) == 0) return o->files;
    return IL_FILES_NONE;
}

static il_status put_job(il_context *ctx, pack *p, const ili_yaml_node *root) {
    static const char *const OF_RUN[] = {"threads", "part", "fresh"};
    const bool has_seed = ctx->seed != 1;
    for (const ili_yaml_node *node = root->child; node; node = node->next) {
        const il_option_files way = files_of(p->verb, node->key);
        bool is_left_out = has_seed && strcmp(node->key, "seed") == 0;
        for (size_t k = 0; k < sizeof OF_RUN / sizeof *OF_RUN; k++)
            is_left_out = is_left_out || strcmp(node->key, OF_RUN[k]) == 0;
        if (is_left_out) continue;
        if (strcmp(node->key, "inputs") == 0)
            IL_TRY(put_inputs(ctx, p));
        else
            IL_TRY(way == IL_FILES_NONE ? put_value(ctx, p->out, node) : put_files(ctx, p, node, way));
    }
    if (has_seed) fprintf(p->out, "seed: %" PRIu64 "\n", ctx->seed);
    return IL_OK;
}

il_status ili_job_pack(il_context *ctx, const char *path, const char *dir, ili_json *files) {
    pack p = {.dir = dir, .files = files};
    char target[ILI_PATH_MAX];
    ili_yaml_node *root = NULL;
    il_job *job = NULL;
    ili_outfile out = {0};
    il_status status;
    IL_GO(ili_path_join(ctx, target, dir, "job.yaml"));
    if (is_same_file(path, target))
        IL_GO(ili_fail(ctx, IL_E_INPUT, "%s: would be overwritten; choose another -o DIR", path));
    IL_GO(il_job_read(ctx, path, &job));
    IL_GO(ili_yaml_read(ctx, path, &root));
    p.verb = il_job_verb(job);
    p.n_inputs = il_job_inputs(job, &p.inputs);
    IL_GO(ili_outfile_open(ctx, target, &out));
    p.out = out.stream;
    IL_GO(put_job(ctx, &p, root));
    IL_GO(copy_all(ctx, &p));
    IL_GO(ili_outfile_commit(ctx, &out));
    ili_json_push_string(files, "job.yaml");
out:
    ili_outfile_discard(&out);
    ili_yaml_destroy(&root);
    il_job_destroy(&job);
    ili_free(p.taken);
    return status;
}
