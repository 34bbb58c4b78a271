/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Number density along a cell axis by group of atoms. Bins are equal fractions of the axis, so they breathe with the cell.
 *  eq. theory.md (11.6) */
#ifndef ILI_ANALYSIS_PROFILE_H
#define ILI_ANALYSIS_PROFILE_H

#include "base/bytes.h"
#include "system/cell.h"

typedef struct ili_profile_plan {
    int32_t n_atoms, n_groups;
    const int32_t *group; /**< [n_atoms] 0 .. n_groups-1; -1: not counted */
    int axis;             /**< 0 a, 1 b, 2 c: across the planes of the other two */
    double low,
        high; /**< fractions of the axis, high - low <= 1 where it repeats; atoms outside are not counted */
    int32_t n_bins;
} ili_profile_plan;

typedef struct ili_profile ili_profile;

/** Copies what it needs. IL_E_INPUT, IL_E_MEMORY. */
il_status ili_profile_create(il_context *ctx, const ili_profile_plan *plan, ili_profile **out);
void ili_profile_destroy(ili_profile **profile);
/** Next frame: s [n_atoms][3] fractional, wrapped along the axis here when it repeats. */
il_status ili_profile_add(il_context *ctx, ili_profile *profile, const ili_cell *cell, const double (*s)[3]);
int64_t ili_profile_frames(const ili_profile *profile);
size_t ili_profile_memory(const ili_profile *profile);
void ili_profile_carry(ili_profile *profile, ili_bytes *bytes);
/** z [n_bins]: middles, angstrom above fraction 0 along the normal (mean cell); density [n_bins] and its standard error,
 *  atoms/angstrom^3. Outputs may be NULL. */
il_status ili_profile_result(il_context *ctx, const ili_profile *profile, int32_t group, double *z,
                             double *density, double *sigma);

#endif
