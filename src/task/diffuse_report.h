/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What `diffuse` says: the JSON object, the text, and the tables and plots in its folder. docs/formats.md lists the keys. */
#ifndef ILI_TASK_DIFFUSE_REPORT_H
#define ILI_TASK_DIFFUSE_REPORT_H

#include "io/report.h"
#include "task/diffuse_study.h"

/** How the numbers are to be presented. */
typedef struct ili_diffuse_view {
    bool plain_sigma;         /**< sigma(298 K) from ln sigma instead of ln(sigma T) */
    bool vtf;                 /**< and from VTF instead of Arrhenius */
    bool is_corrected;        /**< tracer diffusivities hold the finite-size correction */
    const double *correction; /**< [n_runs] angstrom^2/fs, or NULL */
    const char *reference;    /**< one line */
} ili_diffuse_view;

/** JSON and text of the study, and, unless dir is NULL, the tables of the further observables and all of ili_diffuse_files. */
il_status ili_diffuse_report(il_context *ctx, il_report *report, const ili_diffuse_study *study,
                             const ili_diffuse_view *view, const char *dir);
/** diffuse.tsv, RUN/msd.tsv, msd.png/svg, arrhenius.png/svg, conductivity.png/svg in dir, listed in the report. */
il_status ili_diffuse_files(il_context *ctx, il_report *report, const ili_diffuse_study *study,
                            const ili_diffuse_view *view, const char *dir);
/** "D of Li" and the like; in text [64]. */
const char *ili_diffuse_quantity_name(const ili_diffuse_study *study, int quantity, char text[64]);

#endif
