/* SPDX-License-Identifier: GPL-3.0-or-later */
/** One result file being read for the hand-off: members that must be there, what its quantities share, and the collectors. */
#ifndef ILI_TASK_HANDOFF_RESULT_H
#define ILI_TASK_HANDOFF_RESULT_H

#include "task/handoff.h"

typedef struct ili_result {
    const char *path;
    const ili_json_view *root;
    char verb[32];
    char material[64];
    char model[240];   /**< "model pmmcs (provisional); computed by lammps 22 Jul 2025"; "": not told */
    char caveat[4096]; /**< of all that stands in the file: a provisional model, warnings */
} ili_result;

/** Append to text, printf-formatted, as much as fits; a cut leaves whole UTF-8 characters and ends with "...", control characters
 *  become blanks. */
void ili_result_append(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Members that must be there, of this type. IL_E_INPUT naming file and key, what was found and what was expected. Numbers may be null:
 *  then NaN. Estimates are {value, sigma, low_95, high_95}, the last two where they are known, all times factor. */
il_status ili_result_list(il_context *ctx, const ili_result *r, const ili_json_view *object, const char *key,
                          const ili_json_view **list);
il_status ili_result_object(il_context *ctx, const ili_result *r, const ili_json_view *object,
                            const char *key, const ili_json_view **member);
il_status ili_result_number(il_context *ctx, const ili_result *r, const ili_json_view *object,
                            const char *key, double *value);
il_status ili_result_flag(il_context *ctx, const ili_result *r, const ili_json_view *object, const char *key,
                          bool *flag);
il_status ili_result_text(il_context *ctx, const ili_result *r, const ili_json_view *object, const char *key,
                          const char **text);
il_status ili_result_estimate(il_context *ctx, const ili_result *r, const ili_json_view *object,
                              const char *key, double factor, ili_value *value);

/** A new quantity of the file with room for n points (y NaN, sound), its material, source and the file's caveat set. *q is valid until
 *  the next one is added. */
il_status ili_result_add(il_context *ctx, const ili_result *r, ili_handoff *out, ili_quantity_kind kind,
                         const char *species, ili_argument argument, int n, ili_quantity **q);
/** Put words before the caveats that are there already. */
void ili_quantity_warn(ili_quantity *q, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Drop points without a finite value and argument, bring the others into rising order; a quantity without points is taken away. */
void ili_handoff_close_last(ili_handoff *out);

/** Collectors: one for each verb whose result holds quantities. */
il_status ili_handoff_diffuse(il_context *ctx, const ili_result *r, ili_handoff *out);
il_status ili_handoff_lithiate(il_context *ctx, const ili_result *r, ili_handoff *out);
il_status ili_handoff_interface(il_context *ctx, const ili_result *r, ili_handoff *out);

#endif
