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
/** Did a layer leave its planes, more than a tenth of its own atoms' time outside, or its atoms together by more than the margin of 1
 *  angstrom? Then `text` says which one, the worst, and by how much. */
bool ili_layer_watch_left(const ili_layer_watch *watch, char text[256]);
/** "layers" into json, a block for each species into the text, layers.tsv into dir (NULL: none). Where a layer left its planes
 *  there is a warning, and no numbers of species when the planes were found from the kinds of atoms; planes as given may cut one liquid,
 *  whose atoms come and go. */
il_status ili_layer_watch_report(il_context *ctx, const ili_layer_watch *watch, const char *dir,
                                 il_report *report, ili_json *json);
/** "4.1 +- 0.3" ps of fs; "over 4.1", the 95 % bound, of what was not seen to end; "-" of what nothing is known of. */
const char *ili_duration_text(char text[48], const ili_estimate *e);

#endif
