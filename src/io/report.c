/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/report.h"

#include "base/alloc.h"
#include "base/file.h"
#include "io/time_table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

il_status ili_report_create(il_context *ctx, il_report **out) {
    *out = ili_alloc(1, sizeof **out);
    if (*out) (*out)->json = ili_json_object();
    if (*out && (*out)->json && ILI_GROW((*out)->text, 1, (*out)->cap_text)) {
        ctx->timing = (ili_timing){0};
        (*out)->started = ili_tick_now();
        (*out)->processor = ili_processor_seconds();
        return IL_OK;
    }
    il_report_destroy(out);
    return ili_no_memory(ctx, "the report");
}

void il_report_destroy(il_report **report) {
    if (!report || !*report) return;
    il_report *r = *report;
    ili_json_destroy(&r->json);
    for (size_t i = 0; i < r->n_inputs; i++) ili_free(r->inputs[i].path);
    ili_free(r->inputs);
    ili_free(r->model.path);
    ili_free(r->text);
    ili_free(r->json_text);
    ili_free(r);
    *report = NULL;
}

const char *il_report_json(const il_report *report) {
    return report->json_text ? report->json_text : "";
}

const char *il_report_text(const il_report *report) {
    return report->text;
}

void ili_report_print(il_report *report, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || !ILI_GROW(report->text, report->n_text + (size_t)n + 1, report->cap_text))
        report->has_failed = true;
    else {
        vsnprintf(report->text + report->n_text, (size_t)n + 1, format, again);
        report->n_text += (size_t)n;
    }
    va_end(again);
}

static il_status fill_file(il_context *ctx, const char *path, ili_report_file *file) {
    IL_TRY(ili_file_hash(ctx, path, file->hash));
    file->path = ili_strdup(path);
    return file->path ? IL_OK : ili_no_memory(ctx, "the report");
}

il_status ili_report_input(il_context *ctx, il_report *report, const char *path) {
    for (size_t i = 0; i < report->n_inputs; i++)
        if (strcmp(report->inputs[i].path, path) == 0) return IL_OK;
    if (!ILI_GROW(report->inputs, report->n_inputs + 1, report->cap_inputs))
        return ili_no_memory(ctx, "the report");
    IL_TRY(fill_file(ctx, path, &report->inputs[report->n_inputs]));
    report->n_inputs++;
    return IL_OK;
}

il_status ili_report_model(il_context *ctx, il_report *report, const char *path, const char hash[17]) {
    ili_free(report->model.path);
    memcpy(report->model.hash, hash, sizeof report->model.hash);
    report->model.path = ili_strdup(path);
    return report->model.path ? IL_OK : ili_no_memory(ctx, "the report");
}

static void add_file(ili_json *object, const ili_report_file *file) {
    ili_json_string(object, "path", file->path);
    ili_json_string(object, "fnv1a64", file->hash);
}

static void add_provenance(il_context *ctx, il_report *report, const char *verb) {
    ili_json *provenance = ili_json_child(report->json, "provenance");
    char seed[32]; /* JSON integers end at 2^63 - 1 */
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)ctx->seed);
    ili_json_string(provenance, "version", il_version());
    ili_json_string(provenance, "verb", verb);
    ili_json_string(provenance, "command", ctx->command);
    if (ctx->seed <= INT64_MAX)
        ili_json_int(provenance, "seed", (long long)ctx->seed);
    else
        ili_json_string(provenance, "seed", seed);
    ili_json_int(provenance, "threads", ctx->n_threads);
    ili_json_string(provenance, "simd", ili_simd_name(ctx->simd));
    ili_json *inputs = ili_json_list(provenance, "inputs");
    for (size_t i = 0; i < report->n_inputs; i++) add_file(ili_json_child(inputs, NULL), &report->inputs[i]);
    if (report->model.path) add_file(ili_json_child(provenance, "model"), &report->model);
    const ili_run_time run = {.wall = ili_tick_now() - report->started,
                              .processor = ili_processor_seconds() - report->processor,
                              .n_threads = ctx->n_threads};
    ili_time_table(report, provenance, &ctx->timing, &run);
    ili_json *warnings = ili_json_list(provenance, "warnings");
    for (int i = 0; i < il_warning_count(ctx); i++) ili_json_push_string(warnings, il_warning(ctx, i));
}

/** The JSON text and a line end, in DIR/VERB.json. */
static il_status write_json(il_context *ctx, il_report *report, const char *verb, const char *out_dir) {
    ili_outfile file;
    size_t n = strlen(out_dir) + strlen(verb) + sizeof "/.json";
    char *path = ili_alloc(n, 1);
    if (!path) return ili_no_memory(ctx, "the report");
    snprintf(path, n, "%s/%s.json", out_dir, verb);
    il_status status = ili_make_dir(ctx, out_dir);
    if (status == IL_OK) status = ili_outfile_open(ctx, path, &file);
    if (status == IL_OK) {
        fprintf(file.stream, "%s\n", report->json_text);
        status = ili_outfile_commit(ctx, &file);
    }
    if (status == IL_OK) ili_report_print(report, "written: %s\n", path);
    ili_free(path);
    return status == IL_OK && report->has_failed ? ili_no_memory(ctx, "the report") : status;
}

void ili_report_forget(const char *dir, const char *verb) {
    char path[ILI_PATH_MAX];
    if (dir && (size_t)snprintf(path, sizeof path, "%s/%s.json", dir, verb) < sizeof path) (void)unlink(path);
}

il_status ili_report_finish(il_context *ctx, il_report *report, const char *verb, const char *out_dir) {
    if (report->json_text) return IL_OK;
    add_provenance(ctx, report, verb);
    report->json_text = ili_json_text(report->json);
    if (!report->json_text || report->has_failed) return ili_no_memory(ctx, "the report");
    return out_dir ? write_json(ctx, report, verb, out_dir) : IL_OK;
}
