/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Where the time of a run went, as the table that ends its text and as the object "timing" in its provenance. docs/performance.md
 *  tells how to read it. */
#ifndef ILI_IO_TIME_TABLE_H
#define ILI_IO_TIME_TABLE_H

#include "base/timing.h"
#include "io/report.h"

/** A run by the clock. */
typedef struct ili_run_time {
    double wall, processor; /**< s, all of it; s, summed over the threads of this process */
    int n_threads;
} ili_run_time;

/** Append the table to the text and set the keys of `json`. Nothing is done when neither forces nor trials were evaluated. What of the wall time
 *  no stage was charged with is "other", so that the stages add up to the wall time (and, where runs went beside each other, to
 *  their times added). */
void ili_time_table(il_report *report, ili_json *provenance, const ili_timing *t, const ili_run_time *run);

#endif
