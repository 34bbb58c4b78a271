/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Transport by layer of every species that is followed, ions and molecular ions (by their centres of mass), as an observable. */
#ifndef ILI_TASK_OBSERVE_LAYERS_H
#define ILI_TASK_OBSERVE_LAYERS_H

#include "task/observe.h"

typedef struct ili_layer_watch ili_layer_watch;

/** IL_E_INPUT: no planes, or planes that fit no layers. Borrows the carriers of the plan. */
il_status ili_layer_watch_create(il_context *ctx, const ili_observe_plan *plan, ili_layer_watch **out);
void ili_layer_watch_destroy(ili_layer_watch **watch);
/** Next frame: s [n][3] fractional, continuous, the reference standing still. A molecule that is cut by a face of the cell in the first frame
 *  is made whole: every atom beside the nearest one that has its place. */
il_status ili_layer_watch_add(il_context *ctx, ili_layer_watch *watch, const double (*s)[3]);
size_t ili_layer_watch_memory(const ili_layer_watch *watch);
void ili_layer_watch_carry(ili_layer_watch *watch, ili_bytes *bytes);
/** Numbers of one of the species, by its number among the carriers. */
il_status ili_layer_watch_estimate(il_context *ctx, const ili_layer_watch *watch, int group,
                                   ili_layers_result *result);
/** "layers" into json, a block for each species into the text, layers.tsv into dir (NULL: none). */
il_status ili_layer_watch_report(il_context *ctx, const ili_layer_watch *watch, const char *dir,
                                 il_report *report, ili_json *json);
/** "4.1 +- 0.3" ps of fs; "over 4.1", the 95 % bound, of what was not seen to end; "-" of what nothing is known of. */
const char *ili_duration_text(char text[48], const ili_estimate *e);

#endif
