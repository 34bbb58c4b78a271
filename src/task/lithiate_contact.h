/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Contacts lithiated layer by layer: several samples, each at several strains of the plane; means over samples. */
#ifndef ILI_TASK_LITHIATE_CONTACT_H
#define ILI_TASK_LITHIATE_CONTACT_H

#include "io/report.h"
#include "task/lithiate_slab.h"
#include "task/parts.h"

enum { ILI_CONTACTS_MAX = 64 };

typedef struct ili_contact_study {
    ili_slab_settings settings; /**< lateral is set by each run */
    int n_samples, n_strains;
    const il_system *contact[ILI_CONTACTS_MAX]; /**< [n_samples] borrowed */
    double lateral[ILI_SLAB_STRAINS_MAX];
    ili_slab_run *run;      /**< [n_strains][n_samples] */
    bool fresh;             /**< start over */
    const char *dir;        /**< checkpoints and files, or NULL */
    const ili_parts *parts; /**< which of the runs are done here, borrowed */
} ili_contact_study;

/** Runs all of the share side by side, then, of a whole job, fills the report and writes contact.tsv, structures and plots to dir. IL_E_NOT_CONVERGED when a
 *  relaxation did not reach its tolerance. The runs are freed by ili_contact_study_free. */
il_status ili_contact_study_run(il_context *ctx, il_report *report, ili_contact_study *study);
void ili_contact_study_free(ili_contact_study *study);

#endif
