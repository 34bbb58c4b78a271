/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Tables of embedded-atom files as they stand in the file: setfl (LAMMPS eam/alloy) and eam.fs. */
#ifndef ILI_FF_SETFL_H
#define ILI_FF_SETFL_H

#include "system/system.h"

enum { ILI_SETFL_ELEMENTS_MAX = 16 };

/** Functions on the grids rho = k drho, r = k dr, k from 0. */
typedef struct ili_setfl {
    int n_elements;
    char element[ILI_SETFL_ELEMENTS_MAX][ILI_NAME_MAX];
    bool is_fs; /**< eam.fs: the density depends on both elements */
    int32_t n_rho, n_r;
    double drho, dr, cutoff; /**< of density, angstrom, angstrom */
    double *embedding;       /**< [n_elements][n_rho] F, eV */
    double *density; /**< [n_elements giving][n_elements receiving][n_r]; setfl: the same for all receiving */
    double *rv;      /**< [n_elements*(n_elements+1)/2][n_r] r V, eV angstrom; row a(a+1)/2 + b, b <= a */
} ili_setfl;

/** Read and check; the two layouts are told apart by the number of values. *out is zeroed first.
 *  IL_E_FILE; IL_E_INPUT with file:line for headers, counts, unknown elements and anything that is not a finite number. */
il_status ili_setfl_read(il_context *ctx, const char *path, ili_setfl *out);
void ili_setfl_free(ili_setfl *setfl);

#endif
