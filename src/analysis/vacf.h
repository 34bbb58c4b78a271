/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Velocity autocorrelation by group of atoms, its cosine transform (vibrational density of states) and its integral (diffusion
 *  coefficient of Green and Kubo), over many time origins. eq. theory.md (11.9)-(11.11) */
#ifndef ILI_ANALYSIS_VACF_H
#define ILI_ANALYSIS_VACF_H

#include "base/bytes.h"

typedef struct ili_vacf_plan {
    int32_t n_atoms, n_groups;
    const int32_t *group; /**< [n_atoms] 0 .. n_groups-1; -1: not counted */
    double frame_time;    /**< fs */
    int32_t n_lags;       /**< 0, 1 .. n_lags-1 frames; >= 2 */
    int32_t stride;       /**< frames between time origins; memory is n_atoms n_lags/stride vectors */
} ili_vacf_plan;

typedef struct ili_vacf ili_vacf;

/** Copies what it needs. IL_E_INPUT, IL_E_MEMORY. */
il_status ili_vacf_create(il_context *ctx, const ili_vacf_plan *plan, ili_vacf **out);
void ili_vacf_destroy(ili_vacf **vacf);
/** Next frame: velocities v [n_atoms][3], angstrom/fs. IL_E_INPUT when v is NULL. */
il_status ili_vacf_add(il_context *ctx, ili_vacf *vacf, const double (*v)[3]);
int64_t ili_vacf_frames(const ili_vacf *vacf);
size_t ili_vacf_memory(const ili_vacf *vacf);
void ili_vacf_carry(ili_vacf *vacf, ili_bytes *bytes);

/** Values and standard errors, each [n_lags]: c = <v(0).v(t)> per atom (angstrom^2/fs^2) at lag k frame_time; d its integral to
 *  there over 3 (angstrom^2/fs); dos (fs, integral over frequency 1) at frequency ili_vacf_frequency(k). NULL: not wanted. */
typedef struct ili_vacf_curves {
    double *c, *d, *dos, *c_sigma, *d_sigma, *dos_sigma;
} ili_vacf_curves;
il_status ili_vacf_result(il_context *ctx, const ili_vacf *vacf, int32_t group,
                          const ili_vacf_curves *curves);
/** 1/fs; 1e3 THz are 1/fs. */
double ili_vacf_frequency(const ili_vacf *vacf, int32_t k);

#endif
