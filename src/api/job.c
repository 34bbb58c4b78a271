/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Job files: `task: VERB`, `inputs: FILE` or `[FILE, ..]`, `seed`, `threads`, `simd`, and options of the verb by their names;
 * a list of scalars as a value is joined with commas. An input that is a relative path is looked for in the folder of
 * the job file, then in the working folder; one that is in neither is passed on as written. */
#include "interlith.h"

#include "api/options.h"
#include "base/alloc.h"
#include "io/yaml.h"
#include "task/verbs.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct il_job {
    ili_yaml_node *root;
    const il_verb *verb;
    int n_inputs;
    char **inputs; /**< [n_inputs] resolved */
};

/** Keys of a job file that are not options of its verb. */
static bool is_job_key(const char *key) {
    static const char *const keys[] = {"task", "inputs", "seed", "threads", "simd", NULL};
    for (int i = 0; keys[i]; i++)
        if (strcmp(keys[i], key) == 0) return true;
    return false;
}

static il_status add_input(il_context *ctx, il_job *job, const char *path, const ili_yaml_node *node) {
    IL_TRY(ili_yaml_want(ctx, node, ILI_YAML_SCALAR));
    if (!*node->text) return ili_yaml_fail(ctx, node, "found an empty input, expected the name of a file");
    const char *slash = strrchr(path, '/');
    size_t folder = slash && node->text[0] != '/' ? (size_t)(slash - path) + 1 : 0;
    char *input = ili_alloc(folder + strlen(node->text) + 1, 1);
    if (!input) return ili_no_memory(ctx, "the inputs of a job");
    job->inputs[job->n_inputs++] = input;
    memcpy(input, path, folder);
    strcpy(input + folder, node->text);
    if (folder && access(input, F_OK) != 0) strcpy(input, node->text);
    return IL_OK;
}

static il_status read_inputs(il_context *ctx, il_job *job, const char *path) {
    const ili_yaml_node *node = ili_yaml_get(job->root, "inputs");
    if (!node) return IL_OK;
    job->inputs = ili_alloc((size_t)node->n + 1, sizeof *job->inputs);
    if (!job->inputs) return ili_no_memory(ctx, "the inputs of a job");
    if (node->kind == ILI_YAML_SCALAR) return add_input(ctx, job, path, node);
    IL_TRY(ili_yaml_want(ctx, node, ILI_YAML_LIST));
    for (const ili_yaml_node *item = node->child; item; item = item->next)
        IL_TRY(add_input(ctx, job, path, item));
    return IL_OK;
}

il_status il_job_read(il_context *context, const char *path, il_job **job) {
    *job = NULL;
    il_job *j = ili_alloc(1, sizeof *j);
    if (!j) return ili_no_memory(context, "a job");
    il_status status;
    const ili_yaml_node *task;
    IL_GO(ili_yaml_read(context, path, &j->root));
    IL_GO(ili_yaml_need(context, j->root, "task", ILI_YAML_SCALAR, &task));
    j->verb = ili_verb_find(context, task->text);
    if (!j->verb) {
        char reason[ILI_MESSAGE_MAX];
        snprintf(reason, sizeof reason, "%s", il_message(context));
        status = ili_yaml_fail(context, task, "%s", reason);
        goto out;
    }
    IL_GO(read_inputs(context, j, path));
out:
    if (status != IL_OK) il_job_destroy(&j);
    *job = j;
    return status;
}

void il_job_destroy(il_job **job) {
    if (!job || !*job) return;
    for (int i = 0; i < (*job)->n_inputs; i++) ili_free((*job)->inputs[i]);
    ili_free((*job)->inputs);
    ili_yaml_destroy(&(*job)->root);
    ili_free(*job);
    *job = NULL;
}

const il_verb *il_job_verb(const il_job *job) {
    return job->verb;
}

int il_job_inputs(const il_job *job, const char *const **inputs) {
    *inputs = (const char *const *)job->inputs;
    return job->n_inputs;
}

/** A scalar, or a list of scalars joined with commas. */
static il_status value_text(il_context *ctx, const ili_yaml_node *node, char text[IL_TEXT_MAX]) {
    if (node->kind == ILI_YAML_SCALAR) return ili_yaml_text(ctx, node, text, IL_TEXT_MAX);
    IL_TRY(ili_yaml_want(ctx, node, ILI_YAML_LIST));
    size_t used = 0;
    text[0] = 0;
    for (const ili_yaml_node *item = node->child; item; item = item->next) {
        IL_TRY(ili_yaml_want(ctx, item, ILI_YAML_SCALAR));
        used += (size_t)snprintf(text + used, IL_TEXT_MAX - used, "%s%s", used ? "," : "", item->text);
        if (used >= IL_TEXT_MAX)
            return ili_yaml_fail(ctx, node, "the list is longer than %d bytes", IL_TEXT_MAX - 1);
    }
    return IL_OK;
}

/** Set one option; the entries of a list that have a grammar are refused with their own lines. */
static il_status apply(il_context *ctx, const il_job *job, const ili_yaml_node *node, void *options) {
    char text[IL_TEXT_MAX], where[ILI_MESSAGE_MAX];
    const il_option *row = ili_option_find(job->verb, node->key);
    IL_TRY(value_text(ctx, node, text));
    if (row && row->check && node->kind == ILI_YAML_LIST)
        for (const ili_yaml_node *item = node->child; item; item = item->next) {
            snprintf(where, sizeof where, "%s:%d", item->file, item->line);
            IL_TRY(row->check(ctx, item->text, where));
        }
    snprintf(where, sizeof where, "%s:%d", node->file, node->line);
    return il_options_set(ctx, job->verb, options, node->key, text, where);
}

static il_status set_simd(il_context *ctx, const ili_yaml_node *node) {
    char said[ILI_MESSAGE_MAX];
    IL_TRY(ili_yaml_want(ctx, node, ILI_YAML_SCALAR));
    if (il_set_simd(ctx, node->text) == IL_OK) return IL_OK;
    snprintf(said, sizeof said, "%s", il_message(ctx));
    return ili_yaml_fail(ctx, node, "%s", said);
}

il_status il_job_apply(il_context *context, const il_job *job, void *options) {
    for (const ili_yaml_node *node = job->root->child; node; node = node->next) {
        long number;
        if (strcmp(node->key, "seed") == 0) {
            IL_TRY(ili_yaml_int(context, node, 0, LONG_MAX, &number));
            il_set_seed(context, (uint64_t)number);
        } else if (strcmp(node->key, "threads") == 0) {
            IL_TRY(ili_yaml_int(context, node, 0, 1024, &number));
            il_set_threads(context, (int)number);
        } else if (strcmp(node->key, "simd") == 0) {
            IL_TRY(set_simd(context, node));
        }
        if (is_job_key(node->key)) continue;
        il_status status = apply(context, job, node, options);
        if (status != IL_OK) return status == IL_E_USAGE ? IL_E_INPUT : status;
    }
    return IL_OK;
}
