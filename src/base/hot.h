/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Builds of a hot loop for several processors, the best one chosen at run time. */
#ifndef ILI_BASE_HOT_H
#define ILI_BASE_HOT_H

/** Before a function. All builds give the same bits as long as their vectors run over independent sums: the compiler is told
 *  to fuse no operations and to reorder none. Sanitizers cannot see through the choice, so they get the plain build. */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define ILI_HOT __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ILI_HOT
#endif

#endif
