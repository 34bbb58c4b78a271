/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Van Hove functions: where an atom is (self) and where others of its group are (distinct) a time after it was at the origin; mean
 *  squared displacement and non-Gaussian parameter from the same samples. eq. theory.md (11.7)-(11.8)
 *
 *  Lengths are measured in the reference cell, so the cell's breathing moves nobody. Each lag has about eight time origins
 *  under way at any moment, so memory does not grow with the lag. */
#ifndef ILI_ANALYSIS_VAN_HOVE_H
#define ILI_ANALYSIS_VAN_HOVE_H

#include "base/bytes.h"
#include "system/cell.h"

typedef struct ili_van_hove_plan {
    int32_t n_atoms, n_groups;
    const int32_t *group; /**< [n_atoms] 0 .. n_groups-1; -1: not followed */
    ili_cell cell;        /**< reference */
    int32_t n_lags;
    const int64_t *lag; /**< [n_lags] frames, >= 1; longer than 8, rounded so that origins fit */
    double r_max;       /**< angstrom */
    int32_t n_bins;
    bool distinct; /**< the distinct part too: a neighbour search for every lag */
} ili_van_hove_plan;

typedef struct ili_van_hove ili_van_hove;

/** Copies what it needs. IL_E_INPUT, IL_E_MEMORY. */
il_status ili_van_hove_create(il_context *ctx, const ili_van_hove_plan *plan, ili_van_hove **out);
void ili_van_hove_destroy(ili_van_hove **van_hove);
/** Next frame: s [n_atoms][3] fractional, continuous (never wrapped). IL_E_NONFINITE, IL_E_MEMORY. */
il_status ili_van_hove_add(il_context *ctx, ili_van_hove *van_hove, const double (*s)[3]);
int64_t ili_van_hove_frames(const ili_van_hove *van_hove);
size_t ili_van_hove_memory(const ili_van_hove *van_hove);
void ili_van_hove_carry(ili_van_hove *van_hove, ili_bytes *bytes);
/** Lag k in frames as it is used. */
int64_t ili_van_hove_lag(const ili_van_hove *van_hove, int32_t k);

/** Values and standard errors. self [n_bins]: G_s(r,t), 1/angstrom^3; distinct [n_bins]: G_d(r,t) over the density, 1; moments [2]: mean
 *  squared displacement, angstrom^2, and alpha_2. NULL: not wanted. Bins are equally wide. NaN before the lag was reached. */
typedef struct ili_van_hove_curves {
    double *self, *distinct, *moments, *self_sigma, *distinct_sigma, *moments_sigma;
} ili_van_hove_curves;
il_status ili_van_hove_result(il_context *ctx, const ili_van_hove *van_hove, int32_t lag, int32_t group,
                              const ili_van_hove_curves *curves);

#endif
