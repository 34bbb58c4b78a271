/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What every verb with a force field shares: its options, opening model and structure, saying what was in
 *  force. */
#ifndef ILI_TASK_FF_OPTIONS_H
#define ILI_TASK_FF_OPTIONS_H

#include "ff/ff.h"
#include "io/report.h"

#include <stddef.h>

/** Embedded in the options struct of a verb; NaN and "auto" leave the choice to the model file. */
typedef struct ili_ff_choice {
    char model[IL_TEXT_MAX];
    char coulomb[IL_TEXT_MAX];
    char precision[IL_TEXT_MAX];
    double short_cutoff, coulomb_cutoff; /**< angstrom */
    double accuracy;                     /**< relative force error */
    double charge_scale;                 /**< of ions */
} ili_ff_choice;

/** Rows for the option table of a verb whose options struct `owner` has the choice as `field`. */
#define ILI_FF_OPTION_ROWS(owner, field)                                                                     \
    {.name = "model",                                                                                        \
     .letter = 'p',                                                                                          \
     .type = IL_OPT_TEXT,                                                                                    \
     .offset = offsetof(owner, field.model),                                                                 \
     .files = IL_FILES_MODEL,                                                                                \
     .help = "force field: a name in potentials/ or the path of a model file"},                              \
        {.name = "short-cutoff",                                                                             \
         .type = IL_OPT_REAL,                                                                                \
         .offset = offsetof(owner, field.short_cutoff),                                                      \
         .low = 0.5,                                                                                         \
         .high = 100.0,                                                                                      \
         .unit = "A",                                                                                        \
         .help = "cut-off of the short-range pairs; not given: the model's"},                                \
        {.name = "coulomb-cutoff",                                                                           \
         .type = IL_OPT_REAL,                                                                                \
         .offset = offsetof(owner, field.coulomb_cutoff),                                                    \
         .low = 1.0,                                                                                         \
         .high = 100.0,                                                                                      \
         .unit = "A",                                                                                        \
         .help = "cut-off of the real-space part of the Coulomb sum; not given: the model's, in dynamics "   \
                 "the cheapest"},                                                                            \
        {.name = "coulomb-accuracy",                                                                         \
         .type = IL_OPT_REAL,                                                                                \
         .offset = offsetof(owner, field.accuracy),                                                          \
         .low = 1e-12,                                                                                       \
         .high = 0.1,                                                                                        \
         .help = "relative force error of the Coulomb sum; not given: the model's"},                         \
        {.name = "charge-scale",                                                                             \
         .type = IL_OPT_REAL,                                                                                \
         .offset = offsetof(owner, field.charge_scale),                                                      \
         .preset = "1",                                                                                      \
         .low = 0.5,                                                                                         \
         .high = 1.0,                                                                                        \
         .help = "factor on the charges of ions (lithium salts), for the screening by electrons"},           \
        {.name = "precision",                                                                                \
         .type = IL_OPT_CHOICE,                                                                              \
         .offset = offsetof(owner, field.precision),                                                         \
         .preset = "double",                                                                                 \
         .choices = "double|mixed",                                                                          \
         .help = "mixed: pairs and mesh in single precision, sums and motion in double"},                    \
    {                                                                                                        \
        .name = "coulomb", .type = IL_OPT_CHOICE, .offset = offsetof(owner, field.coulomb),                  \
        .preset = "auto", .choices = "auto|ewald|mesh", .help = "how the Coulomb sum is done"                \
    }

/** The choice as the engine takes it. */
il_ff_options ili_ff_choice_settings(const ili_ff_choice *choice);
/** The same as dynamics wants it: where the user gave none, with the Coulomb cut-off that makes a step cheapest at the accuracy asked for. */
il_ff_options ili_ff_choice_dynamics(const ili_ff_choice *choice);
/** Read the model, record it in the report, and warn when it is provisional or its charges are scaled. IL_E_USAGE: none was
 *  named; IL_E_INPUT: scaled charges in a model without ions. */
il_status ili_ff_choice_model(il_context *ctx, il_report *report, const ili_ff_choice *choice,
                              il_model **out);

/** A structure file under a model. Zeroed before use; free in any state. */
typedef struct ili_ff_session {
    il_system *sys;
    il_model *model;
    il_ff *ff;
} ili_ff_session;

/** Read both and refuse overlapping atoms; ff stays NULL, so that the system may still be shaped. */
il_status ili_ff_session_read(il_context *ctx, il_report *report, const char *path,
                              const ili_ff_choice *choice, ili_ff_session *out);
/** Bind the model to the system. */
il_status ili_ff_session_bind(il_context *ctx, const il_ff_options *settings, ili_ff_session *session);
/** Both of them. */
il_status ili_ff_session_open(il_context *ctx, il_report *report, const char *path,
                              const ili_ff_choice *choice, ili_ff_session *out);
void ili_ff_session_free(ili_ff_session *session);
/** "model" and "settings" of the result: what was really used, after the model's defaults were filled in. */
void ili_ff_report_settings(il_report *report, const il_model *model, const il_ff *ff);
/** "formula", "formula_units", "natoms"; returns the number of formula units. The formula goes to text. */
long ili_report_formula(il_report *report, const il_system *sys, char *text, size_t size);

#endif
