/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Layers by name: which kind of matter each atom is, by the model's phases, the sides of a contact or molecules, and the planes
 *  between layers that follow. */
#ifndef ILI_TASK_LAYER_NAMES_H
#define ILI_TASK_LAYER_NAMES_H

#include "analysis/layers.h"
#include "analysis/strata.h"
#include "ff/bind.h"

/** Kinds of atoms. Zeroed before use. */
typedef struct ili_layer_kinds {
    int n;
    char name[ILI_KINDS_MAX][ILI_NAME_MAX];
    int32_t *of;    /**< [n_atoms] -1: none; NULL: layers are not wanted by name */
    const char *by; /**< "phases of the model" */
} ili_layer_kinds;

/** Layers of a run. */
typedef struct ili_layer_planes {
    int n;                             /**< layers, 0: none are wanted */
    double bounds[ILI_LAYERS_MAX + 1]; /**< fractions of c, rising */
    char name[ILI_LAYERS_MAX][ILI_LABEL_MAX];
    char from[96];          /**< "heights as given" */
    const int32_t *kind_of; /**< [n_atoms] borrowed: layers are kinds of matter; NULL: heights as given */
    int32_t kind[ILI_LAYERS_MAX]; /**< of each layer */
} ili_layer_planes;

/** Is the text a way to tell layers (auto, phases, sides, molecules), not a list of heights? */
bool ili_layer_way_is(const char *text);
/** IL_E_USAGE for words that are none, with the nearest one. */
il_status ili_layer_way_check(il_context *ctx, const char *text, const char *where);
/** Kinds of all atoms. Phases come from the binding, which may be NULL; `auto` takes the first way that tells two kinds apart.
 *  IL_E_INPUT, beginning with `where`: the way is not open to this structure. */
il_status ili_layer_kinds_find(il_context *ctx, const il_system *sys, const ili_binding *binding,
                               const char *way, const char *where, ili_layer_kinds *out);
void ili_layer_kinds_free(ili_layer_kinds *kinds);
/** Planes between the kinds in this structure, each layer named after its own; borrows the kinds of atoms. IL_E_INPUT: it is one layer. */
il_status ili_layer_planes_find(il_context *ctx, const il_system *sys, const ili_layer_kinds *kinds,
                                const char *where, ili_layer_planes *planes);
/** Planes at heights (angstrom, [n]) in this cell; within 1 % of its period they make a ring. Layers are named 1, 2 .. */
void ili_layer_planes_given(int n, const double *heights, const ili_cell *cell, ili_layer_planes *planes);

#endif
