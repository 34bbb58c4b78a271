/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Lithiation at given voltages (grand canonical Monte Carlo) of several realisations: means, report, tables, plots. */
#ifndef ILI_TASK_LITHIATE_VOLTAGES_H
#define ILI_TASK_LITHIATE_VOLTAGES_H

#include "io/report.h"
#include "task/lithiate_gc.h"
#include "task/parts.h"

typedef struct ili_voltage_study {
    ili_lithiate_gc_settings settings;
    int n_hosts;
    il_system *const *host;         /**< [n_hosts] borrowed */
    ili_lithiate_gc_result *result; /**< [n_hosts] */
    const char *dir;                /**< checkpoints in DIR/rN, files; NULL: nothing is kept */
    bool fresh;
    const ili_parts *parts; /**< which of the hosts are run here, borrowed */
} ili_voltage_study;

/** Runs all of the share side by side; of a whole job fills the report, writes voltages.tsv, structures and plots. Freed by ili_voltage_study_free. */
il_status ili_voltage_study_run(il_context *ctx, il_report *report, ili_voltage_study *study);
void ili_voltage_study_free(ili_voltage_study *study);

#endif
