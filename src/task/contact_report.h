/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What `interface` prints and writes: table, JSON, relaxed structures, pictures. */
#ifndef ILI_TASK_CONTACT_REPORT_H
#define ILI_TASK_CONTACT_REPORT_H

#include "io/report.h"
#include "task/contact_energy.h"

/** Fill the report from n samples; write the relaxed contact of each sample and its picture to out_dir (NULL: no files). */
il_status ili_contact_report(il_context *ctx, il_report *report, const il_model *model,
                             const ili_side side[2], const ili_contact_sample *samples, int n,
                             const char *out_dir);

#endif
