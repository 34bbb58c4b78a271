/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a run of dynamics says about itself, in JSON, as text and in pictures. */
#ifndef ILI_TASK_MD_REPORT_H
#define ILI_TASK_MD_REPORT_H

#include "io/report.h"
#include "task/md_run.h"

/** Set "steps", "time_ps", "resumed_at_step", "drift_removed_m_per_s", "wall_s", "ns_per_day" and "stages" in `json` (an object of the report). */
void ili_md_report_json(ili_json *json, const ili_run_plan *plan, const ili_run_summary *summary,
                        const il_system *sys);
/** The stages as a table. */
void ili_md_report_text(il_report *report, const ili_run_plan *plan, const ili_run_summary *summary,
                        const il_system *sys);
/** DIR/STEM-temperature.png, STEM-energy.png and, when the cell moved, STEM-volume.png: time lines of block means. The names made
 *  are appended to the array `files`. */
il_status ili_md_report_pictures(il_context *ctx, const ili_run_plan *plan, const ili_run_summary *summary,
                                 const il_system *sys, ili_json *files);

#endif
