/* SPDX-License-Identifier: GPL-3.0-or-later */
/** LAMMPS as a child process: found, asked what it can do, run on a deck, watched through its log, and stopped with us. */
#ifndef ILI_TASK_LAMMPS_RUN_H
#define ILI_TASK_LAMMPS_RUN_H

#include "base/file.h"
#include "io/report.h"
#include "task/engine_options.h"
#include "task/lammps_styles.h"

enum { ILI_LAMMPS_NOTES_MAX = 12, ILI_LAMMPS_PARTS_MAX = 40 };

/** What LAMMPS does otherwise than we would: one sentence each. */
typedef struct ili_lammps_notes {
    int n;
    char text[ILI_LAMMPS_NOTES_MAX][256];
} ili_lammps_notes;
/** Add a sentence, unless it is there. */
void ili_lammps_note(ili_lammps_notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

typedef struct ili_lammps {
    char program[ILI_PATH_MAX]; /**< as it is started */
    char starter[ILI_PATH_MAX]; /**< mpirun or mpiexec; "": one rank, started as it is */
    int ranks;
    char version[128];         /**< "22 Jul 2025 - Update 4"; "": decks are written and nothing is run */
    ili_lammps_styles *styles; /**< NULL: those of the release of July 2025 */
    ili_lammps_notes notes;
} ili_lammps;

/** Is the choice LAMMPS? IL_E_USAGE: options of it beside our own engine, or a precision other than "double" beside it; a deck without
 *  a folder to write it to. */
il_status ili_engine_is_lammps(il_context *ctx, const ili_engine_choice *choice, const char *precision,
                               const char *out_dir, bool *is_lammps);
/** Find the program and ask it for its version and styles; for decks nothing is looked for. IL_E_FILE: it, or what starts ranks, is
 *  not there. Free in any state. */
il_status ili_lammps_find(il_context *ctx, const ili_engine_choice *choice, ili_lammps *out);
void ili_lammps_free(ili_lammps *lammps);
/** "engine" of the result: name, version, command, ranks, what was substituted; and the same as text. The object, for more. */
ili_json *ili_lammps_report(il_report *report, const ili_lammps *lammps, const char *name);

/** One run of a deck. */
typedef struct ili_lammps_call {
    const char *dir,
        *name; /**< deck DIR/in.NAME; it writes DIR/log.NAME, what it says on top goes to DIR/NAME.out */
    bool is_scratch; /**< dir goes when the run is over */
    int n_parts;     /**< "interlith part K" in the log begins part K, from 1 */
    int64_t part_steps[ILI_LAMMPS_PARTS_MAX];
    double dt;         /**< fs of a step, for the speed; 0: none is shown */
    const char *label; /**< what it is, for the progress; NULL: not told */
} ili_lammps_call;

/** Run it to its end; *wall_s of the run. IL_E_INTERRUPTED: it was stopped, and everything it had started with it; IL_E_PROGRAM: it
 *  failed, with its own last word; IL_E_NONFINITE when that is of lost atoms, IL_E_STORAGE of a full disk. */
il_status ili_lammps_execute(il_context *ctx, const ili_lammps *lammps, const ili_lammps_call *call,
                             double *wall_s);

/** The folder of a deck: OUT_DIR/NAME, made; without an out_dir a new one in the system's folder for temporary files. */
typedef struct ili_lammps_folder {
    char path[ILI_PATH_MAX];
    bool is_scratch;
} ili_lammps_folder;
il_status ili_lammps_folder_make(il_context *ctx, const char *out_dir, const char *name,
                                 ili_lammps_folder *folder);
/** A scratch folder goes with all its files; another one stays. */
void ili_lammps_folder_free(ili_lammps_folder *folder);

#endif
