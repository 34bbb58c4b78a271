/* SPDX-License-Identifier: GPL-3.0-or-later */
#define PAIR_KERNELS ili_pair_kernels_avx2
#include "ff/pair_kernel_set.h"
