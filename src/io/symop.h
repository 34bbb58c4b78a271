/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Symmetry operations s' = r s + t on fractional coordinates (columns), and groups of them modulo lattice
 *  translations, from 'x,y,z' texts and from Hall symbols. */
#ifndef ILI_IO_SYMOP_H
#define ILI_IO_SYMOP_H

#include "base/context.h"

typedef struct ili_symop {
    int r[3][3];
    double t[3]; /**< in [0, 1); multiples of 1/24 when within 0.002 of one */
} ili_symop;

/** At most this many operations: 192 of a face-centred cubic group, twice. */
enum { ILI_SYMOP_MAX = 384 };

typedef struct ili_symgroup {
    int n;
    ili_symop op[ILI_SYMOP_MAX];
} ili_symgroup;

/** Read 'x, y+1/2, -z' (any case, blanks anywhere, decimals too). false: no operation of a crystal. */
bool ili_symop_parse(const char *text, ili_symop *op);
/** Product a b, translation modulo 1. */
ili_symop ili_symop_product(const ili_symop *a, const ili_symop *b);
/** Index of an operation (translations within 1e-3 modulo 1) or -1. */
int ili_symgroup_find(const ili_symgroup *group, const ili_symop *op);
/** The group of a Hall symbol, origin shift '(0 0 1)' in twelfths included. S. R. Hall, Acta Cryst. A37
 *  (1981) 517. false: not a Hall symbol, or a change of basis that is no shift. The first operation is the
 *  identity. */
bool ili_symgroup_from_hall(const char *symbol, ili_symgroup *group);
/** true when every product of two operations is in the list; else a and b are the indices of two whose
 *  product is not. */
bool ili_symgroup_is_closed(const ili_symgroup *group, int *a, int *b);
/** Largest relative change of the metric tensor of the cell h (rows) under the rotations; 0 when they fit
 *  exactly. */
double ili_symgroup_strain(const ili_symgroup *group, const double h[3][3]);

#endif
