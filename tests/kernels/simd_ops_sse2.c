/* SPDX-License-Identifier: GPL-3.0-or-later */
#define SIMD_OPS simd_ops_sse2
#include "kernels/simd_ops_body.h"
