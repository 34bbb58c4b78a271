/* SPDX-License-Identifier: GPL-3.0-or-later */
typedef float real;
#define LANES         8
#define spot_of_grid  ili_spot_single
#define KERNEL        ili_stencil_single
#define ORDER_LIST(X) X(4) X(5) X(6) X(7) X(8)
#include "ff/stencil_body.h"
