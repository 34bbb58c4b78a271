/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Inside of ff/stencil.h: what its kernels share. */
#ifndef ILI_FF_STENCIL_KERNEL_H
#define ILI_FF_STENCIL_KERNEL_H

#include "ff/stencil.h"

/** A charge on the grid: the point behind which it lies, and how far beyond the middle to the next, in [-1/2, 1/2). */
typedef struct ili_spot {
    double t[3], q;
    int32_t cell[3], atom;
} ili_spot;
typedef struct ili_spot_single {
    float t[3], q;
    int32_t cell[3], atom;
} ili_spot_single;

typedef struct ili_stencil_kernel {
    size_t real, spot;                   /**< bytes */
    void (*set_weights)(ili_stencil *s); /**< polynomials of the splines */
    void (*put)(ili_stencil *s, int32_t place, int32_t atom, const double *u); /**< u [3] on the grid */
    void (*spread[ILI_STENCIL_ORDER_MAX + 1])(const ili_stencil *s, void *grid, int first, int last);
    void (*fold)(const ili_stencil *s, void *grid, int first, int last);
    void (*repeat)(const ili_stencil *s, void *grid, int first, int last);
    void (*gather[ILI_STENCIL_ORDER_MAX + 1])(const ili_stencil *s, const void *grid, int32_t first,
                                              int32_t last, ili_accum *acc, double *moment);
} ili_stencil_kernel;

extern const ili_stencil_kernel ili_stencil_single, ili_stencil_double,
    ili_stencil_double_wide; /**< for AVX-512 */

enum { ILI_STENCIL_CHUNKS = 16 /* pieces of the atoms for the sort */ };

struct ili_stencil {
    const ili_stencil_kernel *kernel; /**< of the precision */
    ili_stencil_shape shape;
    bool is_open;
    double zero;
    int32_t n;
    const double *q;
    double push[3][3];  /**< rows: gradients of the grid coordinates, 1/angstrom */
    double (*u)[3];     /**< [n] grid coordinates by atom */
    int32_t *by_plane;  /**< [n] atoms by plane and number */
    int32_t *count;     /**< [ILI_STENCIL_CHUNKS][size[0]] */
    int32_t *start;     /**< [size[0] + 1] first place of a plane */
    int32_t *row_start; /**< [size[0]][size[1]] */
    void *spots;        /**< [n] in the order of places */
    void *weights;      /**< [2][order][width] rows of powers of t: value, slope */
};

#endif
