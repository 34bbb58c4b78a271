/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Results of a study of lithiation: JSON, text, tables, plots. Keys are listed in docs/formats.md. */
#ifndef ILI_TASK_LITHIATE_REPORT_H
#define ILI_TASK_LITHIATE_REPORT_H

#include "io/report.h"
#include "task/lithiate_study.h"

/** Fill the report; with out_dir also lithiate.tsv, path-rN.tsv and structures of each realisation, the plots of volume, strain
 *  and voltage. */
il_status ili_lithiate_report(il_context *ctx, il_report *report, const ili_lithiate_study *study,
                              const char *out_dir);
/** The files of it. */
il_status ili_lithiate_files(il_context *ctx, il_report *report, const ili_lithiate_study *study,
                             const char *dir);

#endif
