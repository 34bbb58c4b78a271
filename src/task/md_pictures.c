/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "task/md_report.h"

#include "base/alloc.h"
#include "io/picture_plot.h"

#include <stdio.h>

static const double PS = 1e3; /* fs */

/** What is drawn: which trace, times what, under which name. */
typedef struct picture {
    const char *name, *title, *label;
    size_t trace; /**< offset in ili_run_stage */
    double factor;
} picture;

static il_status draw(il_context *ctx, const ili_run_plan *plan, const ili_run_summary *summary,
                      const picture *p, ili_json *files) {
    char path[ILI_PATH_MAX], name[128];
    double time = 0.0;
    size_t n = 0;
    double *x = ili_alloc((size_t)plan->n_stages * ILI_TRACE_MAX, 2 * sizeof *x);
    if (!x) return ili_no_memory(ctx, "a picture");
    double *y = x + (size_t)plan->n_stages * ILI_TRACE_MAX;
    for (int k = 0; k < plan->n_stages; k++) {
        const ili_md_options *o = &plan->stages[k].options;
        const ili_trace *t = (const ili_trace *)((const char *)&summary->stage[k] + p->trace);
        for (int64_t i = 0; i < t->n; i++, n++) {
            x[n] = (time + ((double)i + 0.5) * (double)t->length * ILI_RUN_SAMPLE_EVERY * o->dt) / PS;
            y[n] = t->mean[i] * p->factor;
        }
        time += (double)o->n_steps * o->dt;
    }
    const ili_plot_series series = {.style = ILI_PLOT_LINE, .n = (int)n, .x = x, .y = y};
    const ili_plot plot = {.title = p->title,
                           .x = {.label = "time (ps)"},
                           .y = {.label = p->label},
                           .series = &series,
                           .n_series = 1};
    snprintf(name, sizeof name, "%.80s-%s.png", plan->stem, p->name);
    il_status status = ili_path_join(ctx, path, plan->dir, "%s", name);
    if (status == IL_OK && n > 1) {
        status = ili_plot_write(ctx, &plot, path);
        ili_json_push_string(files, name);
    }
    ili_free(x);
    return status;
}

il_status ili_md_report_pictures(il_context *ctx, const ili_run_plan *plan, const ili_run_summary *summary,
                                 const il_system *sys, ili_json *files) {
    const picture pictures[] = {{"temperature", "temperature along the run", "temperature (K)",
                                 offsetof(ili_run_stage, trace.temperature), 1.0},
                                {"energy", "energy along the run", "potential energy (eV/atom)",
                                 offsetof(ili_run_stage, trace.potential), 1.0 / sys->n_atoms},
                                {"volume", "volume along the run", "volume (\xc3\x85\xc2\xb3)",
                                 offsetof(ili_run_stage, trace.volume), 1.0}};
    bool moves = false;
    for (int k = 0; k < plan->n_stages; k++)
        moves = moves || plan->stages[k].options.barostat != ILI_BAROSTAT_NONE;
    for (int k = 0; k < (moves ? 3 : 2); k++) IL_TRY(draw(ctx, plan, summary, &pictures[k], files));
    return IL_OK;
}
