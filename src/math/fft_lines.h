/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Complex Fourier transforms of many lines at once. Lines stand side by side in lanes: point i of all lines is 64 bytes of real
 *  parts and 64 bytes of imaginary parts, so every operation works on full vectors whatever the length. */
#ifndef ILI_MATH_FFT_LINES_H
#define ILI_MATH_FFT_LINES_H

#include "base/context.h"

typedef struct ili_fft_lines ili_fft_lines;

enum {
    ILI_FFT_LANES_SINGLE = 16,
    ILI_FFT_LANES_DOUBLE = 8,
    ILI_FFT_POINT = 128 /**< bytes of a point */
};

/** Plan for lines of n points, n a product of 2, 3, 5 and 7. IL_E_MEMORY. */
il_status ili_fft_lines_create(il_context *ctx, int n, bool is_single, ili_fft_lines **out);
void ili_fft_lines_destroy(ili_fft_lines **lines);
/** Transform a block of n points to exp(-i...) coefficients, or back without dividing by n. Both arrays [n points], 64-byte aligned,
 *  are worked on; returns the one that holds the result. */
void *ili_fft_lines_forth(const ili_fft_lines *lines, void *block, void *other);
void *ili_fft_lines_back(const ili_fft_lines *lines, void *block, void *other);

#endif
