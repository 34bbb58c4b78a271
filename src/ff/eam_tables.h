/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the fast embedded-atom kernels read: the functions of r of the kinds in use as cubics, all on one grid.
 *
 *  A function is kept as value and slope (times the step) at the nodes r = k step, 16 bytes a node: between two nodes it is the
 *  cubic through both. Where that is off by more than ILI_EAM_FIT (corners of the analytic form, the wall at r = 0), a node is no
 *  number: who meets it takes the functions themselves (eam.h). Tables of files are cubics on this very grid. */
#ifndef ILI_FF_EAM_TABLES_H
#define ILI_FF_EAM_TABLES_H

#include "ff/eam.h"

/** Largest error of a value, and 10 times it of a slope; relative to 1 (eV, eV/angstrom) plus the value and the slope. */
#define ILI_EAM_FIT 1e-10

/** Nodes of one function, counted in doubles: its first one in `node`, the last one that begins an interval from there. Distances
 *  beyond count as that interval's. */
typedef struct ili_eam_nodes {
    int32_t first, last;
} ili_eam_nodes;

typedef struct ili_eam_tables {
    const ili_eam_functions *eam;
    int32_t n_kinds;     /**< in use */
    const int32_t *kind; /**< [n_kinds] kinds of eam.h, ascending: the first is embedded */
    double inv_step;     /**< 1/angstrom */
    double *reach2;      /**< [n_kinds^2] angstrom^2, 0: never */
    ili_eam_nodes *pair; /**< [n_kinds^2] r V, eV angstrom; of donors 0 */
    /** [first * n_kinds + second] what the first kind receives of the second, and the second of the first */
    ili_eam_nodes *density, *density_back;
    double (*node)[2];
    size_t n_nodes, cap_nodes;
} ili_eam_tables;

/** Tables for n_kinds kinds; `kind` is borrowed. *out is zeroed first; free it in any case. IL_E_MEMORY. */
il_status ili_eam_tables_make(il_context *ctx, const ili_eam_functions *eam, int32_t n_kinds,
                              const int32_t *kind, ili_eam_tables *out);
void ili_eam_tables_free(ili_eam_tables *tables);
/** By the functions themselves, where tables hold none. kinds: place in tables->pair. Densities at the first and at the second atom. */
void ili_eam_exact_densities(const ili_eam_tables *tables, int32_t kinds, double r2, double density[2]);
/** Gives V; slope: V'/r, and the slopes over r of both densities. */
double ili_eam_exact_slopes(const ili_eam_tables *tables, int32_t kinds, double r2, double slope[3]);

#endif
