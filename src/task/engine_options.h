/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Which program computes: our own engine, or LAMMPS as a child process under MPI. Rows for the verbs that can hand their work on. */
#ifndef ILI_TASK_ENGINE_OPTIONS_H
#define ILI_TASK_ENGINE_OPTIONS_H

#include "base/context.h"

#include <stddef.h>

/** Embedded in the options struct of a verb. */
typedef struct ili_engine_choice {
    char engine[IL_TEXT_MAX], lmp[IL_TEXT_MAX];
    int mpi, deck;
} ili_engine_choice;

#define ILI_ENGINE_OPTION_ROWS(owner, field)                                                                 \
    {.name = "engine",                                                                                       \
     .type = IL_OPT_CHOICE,                                                                                  \
     .offset = offsetof(owner, field.engine),                                                                \
     .preset = "interlith",                                                                                  \
     .choices = "interlith|lammps",                                                                          \
     .help = "who computes: this program, or LAMMPS as a child process"},                                    \
        {.name = "mpi",                                                                                      \
         .type = IL_OPT_INT,                                                                                 \
         .offset = offsetof(owner, field.mpi),                                                               \
         .preset = "1",                                                                                      \
         .low = 1,                                                                                           \
         .high = 65536,                                                                                      \
         .help = "ranks of LAMMPS, started by mpirun"},                                                      \
        {.name = "deck",                                                                                     \
         .type = IL_OPT_FLAG,                                                                                \
         .offset = offsetof(owner, field.deck),                                                              \
         .help = "with --engine lammps: write the decks to DIR and run nothing"},                            \
    {                                                                                                        \
        .name = "lmp", .type = IL_OPT_TEXT, .offset = offsetof(owner, field.lmp),                            \
        .help = "the LAMMPS program; not given: lmp on the PATH"                                             \
    }

/** Those that do not change what is computed, for the identity of a job. */
#define ILI_ENGINE_OPTIONS_THAT_DO_NOT_MATTER "mpi", "lmp", "deck"

#endif
