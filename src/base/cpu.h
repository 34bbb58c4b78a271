/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The sets of vector instructions that kernels are built for, and which of them this machine has.
 *
 *  A kernel is one source, NAME_body.h, written with math/simd.h; three files NAME_sse2.c, NAME_avx2.c and NAME_avx512.c build
 *  it under other names (the Makefile gives them their flags), and a table indexed by il_context.simd chooses at run time. */
#ifndef ILI_BASE_CPU_H
#define ILI_BASE_CPU_H

#include <stdbool.h>

/** set, name; narrow to wide. SSE2 is what every x86-64 has; other processors run that build on vectors of 16 bytes. */
#define ILI_SIMD_LIST(X)                                                                                     \
    X(SSE2, "sse2")                                                                                          \
    X(AVX2, "avx2")                                                                                          \
    X(AVX512, "avx512")

typedef enum ili_simd {
#define ILI_SIMD_ENUM(set, name) ILI_SIMD_##set,
    ILI_SIMD_LIST(ILI_SIMD_ENUM)
#undef ILI_SIMD_ENUM
        ILI_SIMD_SETS
} ili_simd;

bool ili_simd_is_here(ili_simd set);
/** The widest that this machine has. */
ili_simd ili_simd_best(void);
const char *ili_simd_name(ili_simd set);

#endif
