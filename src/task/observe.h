/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Observables beside transport, by name, of one run: pair distributions, van Hove functions, velocity correlation, density
 *  profile, sites and jumps, transport by layer. They see the same frames, are kept in the same checkpoint, and end as tables. */
#ifndef ILI_TASK_OBSERVE_H
#define ILI_TASK_OBSERVE_H

#include "analysis/sites.h"
#include "io/report.h"
#include "task/diffuse_carriers.h"
#include "task/layer_names.h"

typedef struct ili_observe_plan {
    const char *names;            /**< "rdf,sites" */
    const il_system *sys;         /**< species and first positions; copied */
    const ili_carriers *carriers; /**< borrowed */
    ili_cell cell;
    double frame_time;              /**< fs */
    double temperature;             /**< K */
    const ili_site_list *sites;     /**< of this cell; NULL: not known */
    const ili_layer_planes *planes; /**< between layers; n 0: none */
    const char *where;              /**< begins messages */
} ili_observe_plan;

typedef struct ili_observe ili_observe;

/** As the check of an option: IL_E_USAGE names the nearest observable. */
il_status ili_observe_check(il_context *ctx, const char *names, const char *where);
/** Is this one among the names? */
bool ili_observe_wants(const char *names, const char *name);
/** IL_E_INPUT: sites are asked for and not known. NULL in *out when nothing is asked for. */
il_status ili_observe_create(il_context *ctx, const ili_observe_plan *plan, ili_observe **out);
void ili_observe_destroy(ili_observe **observe);
/** Next frame: s [n][3] fractional and continuous, v [n][3] angstrom/fs. IL_E_INPUT when velocities are needed and v is NULL. */
il_status ili_observe_add(il_context *ctx, ili_observe *observe, const ili_cell *cell, const double (*s)[3],
                          const double (*v)[3]);
/** Bytes held; does not grow with the number of frames. */
size_t ili_observe_memory(const ili_observe *observe);
void ili_observe_carry(ili_observe *observe, ili_bytes *bytes);
/** Numbers into json, a few lines about sites and layers into the report's text, tables rdf.tsv, van-hove.tsv, vacf.tsv, profile.tsv
 *  into dir (NULL: none). */
il_status ili_observe_report(il_context *ctx, const ili_observe *observe, const char *dir, il_report *report,
                             ili_json *json);

#endif
