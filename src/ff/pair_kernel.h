/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The pair kernels: one source (pair_kernel_body.h), built in two precisions for each set of instructions. */
#ifndef ILI_FF_PAIR_KERNEL_H
#define ILI_FF_PAIR_KERNEL_H

#include "base/cpu.h"
#include "ff/pair_params.h"
#include "neigh/clusters.h"

/** Pairs of one chunk of the list. f [n_local of the chunk][3][ILI_CLUSTER] (float or double, as the parameters): forces, eV/angstrom,
 *  are added. sums [7]: virial xx yy zz yz xz xy and energy, eV, out, by kernels with sums only. Forces do not depend on whether
 *  the sums are wanted. Thread-safe for distinct chunks. */
typedef void (*ili_pair_kernel)(const ili_pair_params *params, const ili_clusters_view *view, int32_t chunk,
                                void *f, double sums[7]);

/** [shape][has Coulomb][with sums] */
typedef struct ili_pair_kernels {
    ili_pair_kernel of[ILI_PAIR_SHAPES][2][2];
} ili_pair_kernels;

/** Of a set of instructions, in double or single precision. */
const ili_pair_kernels *ili_pair_kernels_sse2(bool single);
const ili_pair_kernels *ili_pair_kernels_avx2(bool single);
const ili_pair_kernels *ili_pair_kernels_avx512(bool single);

#endif
