/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Do layers stay between their planes? Their own atoms, those that nobody follows, that are of the layer's kind and begin in it, tell:
 *  how many are elsewhere, and how far all of them together have moved. eq. theory.md (11.31) */
#ifndef ILI_ANALYSIS_STRAYS_H
#define ILI_ANALYSIS_STRAYS_H

#include "base/bytes.h"
#include "system/cell.h"

typedef struct ili_strays_plan {
    int32_t n_atoms;
    const bool *counts; /**< [n_atoms] atoms that nobody follows */
    ili_cell cell;      /**< reference */
    int axis;
    int32_t n_layers;
    const double *bounds;                        /**< [n_layers + 1] fractions, rising */
    const int32_t *kind_of_atom, *kind_of_layer; /**< [n_atoms], [n_layers]; NULL: all are of one */
    double margin; /**< angstrom: so far beyond its planes an atom is still in its layer */
} ili_strays_plan;

typedef struct ili_strays ili_strays;

typedef struct ili_strays_result {
    int32_t atoms; /**< the layer's own */
    double share;  /**< of their time that they spend outside; NaN: it has no atoms */
    double
        shift; /**< angstrom along the normal: mean of its atoms, where it was largest in size, with its sign; NaN likewise */
} ili_strays_result;

/** Copies what it needs. IL_E_MEMORY. */
il_status ili_strays_create(il_context *ctx, const ili_strays_plan *plan, ili_strays **out);
void ili_strays_destroy(ili_strays **strays);
/** Next frame: s [n_atoms][3] fractional, continuous. The first one says which layer an atom belongs to. */
void ili_strays_add(ili_strays *strays, const double (*s)[3]);
ili_strays_result ili_strays_of(const ili_strays *strays, int32_t layer);
size_t ili_strays_memory(const ili_strays *strays);
void ili_strays_carry(ili_strays *strays, ili_bytes *bytes);

#endif
