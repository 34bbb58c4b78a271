/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a verb returns: a JSON object with provenance and a text for people. */
#ifndef ILI_IO_REPORT_H
#define ILI_IO_REPORT_H

#include "io/json.h"

struct il_report {
    ili_json *json;  /**< the result object */
    char *text;      /**< for people, grows by ili_report_print */
    char *json_text; /**< made by ili_report_finish */
    size_t n_text, cap_text;
};

il_status ili_report_create(il_context *ctx, il_report **out);
/** Append printf-formatted text for people. */
void ili_report_print(il_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Record an input file and its hash under "inputs". */
il_status ili_report_input(il_context *ctx, il_report *report, const char *path);
/** Add version, verb, seed, threads, warnings; render the JSON; write DIR/VERB.json when out_dir is not NULL. */
il_status ili_report_finish(il_context *ctx, il_report *report, const char *verb, const char *out_dir);

#endif
