/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The two passes of the embedded atoms over clusters, built for each set of instructions from eam_body.h. */
#ifndef ILI_FF_EAM_KERNEL_H
#define ILI_FF_EAM_KERNEL_H

#include "ff/eam_tables.h"
#include "neigh/clusters.h"

/** What both passes read. The types of the list are the kinds in use: places in tables->kind. */
typedef struct ili_eam_job {
    const ili_clusters_view *list;
    const ili_eam_tables *tables;
    const double *slope; /**< [8 n_clusters] F' by slot, eV: finite, 0 of blanks and donors */
} ili_eam_job;

/** All work on one chunk and add into a zeroed buffer of the chunk's own, places as in list->local; they share no writes. */
typedef struct ili_eam_kernel {
    /** rho [places][8]: densities. */
    void (*densities)(const ili_eam_job *job, int32_t chunk, double (*rho)[ILI_CLUSTER]);
    /** f [places][3][8]: forces, eV/angstrom. False: a force is not a finite number. */
    bool (*forces_only)(const ili_eam_job *job, int32_t chunk, double (*f)[3][ILI_CLUSTER]);
    /** The same bits, with the energy of the pairs, eV, and their virial w. */
    bool (*forces)(const ili_eam_job *job, int32_t chunk, double (*f)[3][ILI_CLUSTER], double *energy,
                   double w[6]);
} ili_eam_kernel;

extern const ili_eam_kernel ili_eam_sse2, ili_eam_avx2, ili_eam_avx512;

#endif
