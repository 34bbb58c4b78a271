/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Three-dimensional real Fourier transforms in single or double precision, in place, in pieces that the caller spreads over its
 *  own threads: planes of axis 0, then columns along axis 0. Every piece is transformed by one thread, so bits do not depend on
 *  their number. */
#ifndef ILI_MATH_FFT_H
#define ILI_MATH_FFT_H

#include "base/context.h"

typedef struct ili_fft ili_fft;

/** A grid of n[0] planes of n[1] rows of n[2] reals. Row j of plane i starts at grid + i * plane + j * row. Rows have room
 *  for n[2] + extra reals and for the n[2]/2 + 1 complex numbers that they become; starts are 64-byte aligned. */
typedef struct ili_fft_shape {
    int n[3];
    bool is_single;
    size_t row, plane; /**< in reals */
} ili_fft_shape;

ili_fft_shape ili_fft_shape_of(const int n[3], int extra, bool is_single);
/** Smallest 2^a 3^b 5^c 7^d that is not below n. */
int ili_fft_good_size(int n);
/** Plans for grids of this shape (all of them 64-byte aligned; sizes are products of 2, 3, 5 and 7). IL_E_INPUT above 4096 points along
 *  an axis, IL_E_MEMORY. */
il_status ili_fft_create(il_context *ctx, const ili_fft_shape *shape, ili_fft **out);
void ili_fft_destroy(ili_fft **fft);
/** Plane at `plane`: reals to exp(-i...) coefficients, or back; back after forth multiplies by n[1] n[2]. */
void ili_fft_plane_forth(const ili_fft *fft, void *plane);
void ili_fft_plane_back(const ili_fft *fft, void *plane);
/** The n[2]/2 + 1 columns along axis 0 through row j of plane 0, which starts at `row`; back after forth multiplies by n[0]. */
void ili_fft_columns_forth(const ili_fft *fft, void *row);
void ili_fft_columns_back(const ili_fft *fft, void *row);

#endif
