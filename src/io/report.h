/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a verb returns: a JSON object with provenance and a text for people. A verb creates the report, records its
 *  inputs and sets its results; il_run finishes it. */
#ifndef ILI_IO_REPORT_H
#define ILI_IO_REPORT_H

#include "base/timing.h"
#include "io/json.h"

/** A file that went into a result. */
typedef struct ili_report_file {
    char *path;
    char hash[17];
} ili_report_file;

struct il_report {
    ili_json *json;  /**< the result object */
    char *text;      /**< for people, grows by ili_report_print */
    char *json_text; /**< made by ili_report_finish */
    size_t n_text, cap_text;
    ili_report_file *inputs; /**< in the order recorded */
    size_t n_inputs, cap_inputs;
    ili_report_file model; /**< path NULL: no model */
    bool has_failed;       /**< memory ran out in ili_report_print */
    ili_tick started;
    double processor; /**< s of it at the start */
    bool is_part;     /**< only a part of the work: no result, which is not written to the folder */
};

/** A run begins: the times of the context (base/timing.h) too. */
il_status ili_report_create(il_context *ctx, il_report **out);
/** Append printf-formatted text for people. */
void ili_report_print(il_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Record an input file and its hash (each path once). IL_E_FILE when it cannot be read. */
il_status ili_report_input(il_context *ctx, il_report *report, const char *path);
/** Record the model file and the hash of the model: of this file and of all that it includes. */
il_status ili_report_model(il_context *ctx, il_report *report, const char *path, const char hash[17]);
/** Add "provenance" (version, verb, command, seed, threads, inputs, model, timing, warnings) and the table of times; render the JSON; write
 *  DIR/VERB.json when out_dir is not NULL, and say so in the text. A second call does nothing. */
il_status ili_report_finish(il_context *ctx, il_report *report, const char *verb, const char *out_dir);
/** A job begins anew in DIR: what an earlier one left as DIR/VERB.json is no result of it and is removed. DIR NULL: nothing. */
void ili_report_forget(const char *dir, const char *verb);

#endif
