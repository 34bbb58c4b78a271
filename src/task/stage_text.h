/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Stages of a run as people write them: "npt 300-900 K 20 ps", "nvt langevin 600 K 10 ps", "nve 5 ps". The grammar is in
 *  docs/formats.md, "Dynamics". */
#ifndef ILI_TASK_STAGE_TEXT_H
#define ILI_TASK_STAGE_TEXT_H

#include "base/context.h"

enum { ILI_STAGES_MAX = 32, ILI_STAGE_TEXT_MAX = 96 };

typedef enum ili_ensemble { ILI_NVE, ILI_NVT, ILI_NPT } ili_ensemble;

/** What a stage says; what it leaves to the options of the job is NaN or -1. */
typedef struct ili_stage_text {
    ili_ensemble ensemble;
    double temperature[2]; /**< K, at its begin and end */
    double pressure[2];    /**< eV/angstrom^3, likewise */
    double time;           /**< fs */
    int thermostat;        /**< ili_md_thermostat */
    int barostat;          /**< ili_md_barostat */
    int cell_mode;         /**< ili_md_cell_mode */
    char text[ILI_STAGE_TEXT_MAX];
} ili_stage_text;

/** One stage. IL_E_USAGE: "WHERE: stage '...': ..." with what was found, what was expected, and the nearest known word. */
il_status ili_stage_read(il_context *ctx, const char *text, const char *where, ili_stage_text *stage);
/** Stages with commas between; "" has none. */
il_status ili_stages_read(il_context *ctx, const char *text, const char *where,
                          ili_stage_text stages[ILI_STAGES_MAX], int *n);
/** The same as a check in an option table. */
il_status ili_stages_check(il_context *ctx, const char *text, const char *where);

#endif
