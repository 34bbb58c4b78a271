/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same bits as ff/stencil_double.c, on vectors twice as wide. */
#include "base/hot.h"
#undef ILI_HOT
#define ILI_HOT
typedef double real;
#define LANES         8
#define spot_of_grid  ili_spot
#define KERNEL        ili_stencil_double_wide
#define ORDER_LIST(X) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)
#include "ff/stencil_body.h"
