/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the pair kernels know about a model: coefficients by pair of kinds (the species that occur, numbered anew), laid out for
 *  vector look-ups, in the precision of the kernel.
 *
 *  Short range, s = r^2:  V = [ C1/ln2 e + C2/(2 ln2) e^2 + C6/6 s^-3 + C12/12 s^-6 ] S(t) - V_c,  e = 2^(B r + G),
 *  or V = [table(s)] S(t) - V_c, with the taper S of theory.md (2.1), t = (r - start) per_width, and the energy shift V_c.
 *  Coulomb: QQ [1/r - g(s)], g of ff/ewald_poly.h.
 *
 *  All coefficients are multiplied by `step`, the unit of length in which the kernel has displacements (a power of two, so
 *  nothing is lost): with force = (coefficient ...) displacement the force comes out in eV/angstrom, and the kernel's energies and
 *  virials are divided by it at the end. */
#ifndef ILI_FF_PAIR_PARAMS_H
#define ILI_FF_PAIR_PARAMS_H

#include "ff/bind.h"
#include "ff/ewald_poly.h"

/** Which short-range functions a kernel computes; each shape up to TAPERED contains those before it. */
typedef enum ili_pair_shape {
    ILI_PAIR_NONE,
    ILI_PAIR_POWERS,
    ILI_PAIR_EXPONENTIAL, /**< and powers */
    ILI_PAIR_TAPERED,     /**< exponentials and powers, some of them tapered */
    ILI_PAIR_TABLE,       /**< quintics in s, some of them tapered */
    ILI_PAIR_WIDE,        /**< as TAPERED, of more kinds than ILI_PAIR_STRIDE */
    ILI_PAIR_WIDE_TABLE,  /**< as TABLE */
    ILI_PAIR_SHAPES
} ili_pair_shape;

/** Planes of coefficients. */
enum {
    ILI_PAIR_REACH2, /**< square of the short-range cut-off, angstrom^2; 0: none */
    ILI_PAIR_QQ,
    ILI_PAIR_SHIFT,
    ILI_PAIR_C6,
    ILI_PAIR_C12,
    ILI_PAIR_C1,
    ILI_PAIR_C2,
    ILI_PAIR_B,
    ILI_PAIR_G,
    ILI_PAIR_TAPER_START,
    ILI_PAIR_PER_WIDTH, /**< 0: no taper */
    ILI_PAIR_FIRST,     /**< first interval of the table */
    ILI_PAIR_PLANES
};

enum { ILI_PAIR_STRIDE = 16 };

/** Arrays of reals are of float when `single`, of double otherwise. */
typedef struct ili_pair_params {
    const ili_binding *binding;
    double short_cutoff;
    int32_t n_kinds, *kind_of; /**< [n_species], -1: does not occur */
    int32_t *species_of;       /**< [n_kinds] */
    bool single, has_coulomb, has_table;
    ili_pair_shape shape;
    double step; /**< angstrom */
    int stride;  /**< of the partner's kind: a multiple of ILI_PAIR_STRIDE, not below n_kinds */
    void *plane; /**< [ILI_PAIR_PLANES][n_kinds][stride] reals */
    void *table; /**< [][ILI_QUINTIC] reals: powers of t in s; NaN in the second: ask ili_pair_short */
    int32_t n_intervals;   /**< of each table */
    double coulomb_reach2; /**< angstrom^2 */
    ili_ewald_poly poly;
    int n_poly, n_slope;         /**< multiples of 4, zeros at the end */
    void *poly_c, *poly_d;       /**< [n_poly] and [n_slope] reals: g, and 2 dg/ds */
    double *reach, *short_reach; /**< [n_kinds^2] angstrom, for the list */
    bool *tapers_itself; /**< [n_kinds^2] its cut-offs differ: table and ili_pair_short contain them */
} ili_pair_params;

/** alpha > 0 when the model has charges. The binding is borrowed. IL_E_MEMORY; IL_E_UNSUPPORTED of ili_ewald_poly_make. */
il_status ili_pair_params_create(il_context *ctx, const ili_binding *binding, double short_cutoff,
                                 double coulomb_cutoff, double alpha, bool single, ili_pair_params **out);
void ili_pair_params_destroy(ili_pair_params **params);
/** Energy (eV) that the table of a pair of kinds stands for, at r (angstrom), and its derivative; right at any distance. */
double ili_pair_short(const ili_pair_params *params, int32_t a, int32_t b, double r, double *derivative);
/** Energy (eV) of all short-range terms of a pair of kinds, each shifted or tapered to its own end and 0 beyond it. */
double ili_pair_truncated(const ili_pair_params *params, int32_t a, int32_t b, double r);

#endif
