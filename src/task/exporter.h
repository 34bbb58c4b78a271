/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Writers of `interlith export`: one descriptor `const ili_exporter ili_exporter_NAME` each in src/task/export_NAME.c and one line
 *  ILI_EXPORTER(NAME) in exporters.def. src/task/verb_export.c holds the table. */
#ifndef ILI_TASK_EXPORTER_H
#define ILI_TASK_EXPORTER_H

#include "io/report.h"
#include "task/handoff.h"

typedef struct ili_export_request {
    int n_inputs;
    const char *const
        *inputs;        /**< as given: run folders and result files, or of a job exporter the job file */
    const char *dir;    /**< where files go; it exists */
    const char *title;  /**< NULL: the writer's own */
    double temperature; /**< K, at which constants are taken */
    int array_tasks;    /**< of job arrays, 0: one for each run */
    const ili_handoff *handoff; /**< NULL for exporters of jobs */
    il_report *report;          /**< text for people goes here */
    ili_json *files;            /**< list of the names written, in dir */
} ili_export_request;

typedef struct ili_exporter {
    const char *name;    /**< as in --to NAME */
    const char *summary; /**< half a sentence */
    bool takes_job;      /**< its input is a job file, not finished runs */
    const char *const
        *reads; /**< names of the options of `export` that it reads, ends with NULL; others are refused */
    /** Writes its files to request->dir, each under a temporary name that is renamed when it is whole. */
    il_status (*write)(il_context *ctx, const ili_export_request *request);
} ili_exporter;

#define ILI_EXPORTER(name) extern const ili_exporter ili_exporter_##name;
#include "task/exporters.def"
#undef ILI_EXPORTER

/** All, NULL-terminated. */
const ili_exporter *const *ili_exporters(void);

#endif
