/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Symmetric sparse matrix of 3x3 blocks that couples displacements of atoms, and its solution by conjugate gradients.
 *
 *  It is built from couplings: one of i and j with the 3x3 matrix k adds k to block ii, its transpose to jj, -k to ij and
 *  -k^T to ji, so that moving all atoms alike costs nothing. A spring k of energy (u_j - u_i) k (u_j - u_i)/2 is one
 *  coupling; a term c (sum_a g_a u_a)^2/2 with sum_a g_a = 0 is the couplings -c g_a g_b^T of its pairs a < b.
 *  The order of the couplings decides the bits of a product, the number of threads does not. */
#ifndef ILI_MATH_COUPLINGS_H
#define ILI_MATH_COUPLINGS_H

#include "base/context.h"

typedef struct ili_coupling {
    int32_t i, j; /**< i != j */
    float k[3][3];
} ili_coupling;

typedef struct ili_couplings {
    int32_t n; /**< rows */
    size_t n_couplings, cap_couplings, cap_blocks, cap_columns;
    ili_coupling *couplings;
    bool failed;          /**< a coupling did not fit into memory */
    int64_t *start;       /**< [n + 1] first block of each row */
    int32_t *column;      /**< of the blocks off the diagonal, in each row in the order of the couplings */
    float (*block)[3][4]; /**< their columns, each of three numbers and 0: a load of a vector */
    double (*diagonal)[3][3];
    double (*jacobi)[3][3]; /**< inverse of the diagonal with its eigenvalues made positive */
    double *scratch;        /**< [4 * 3n] of a solution */
} ili_couplings;

/** An empty matrix for n atoms; zero it with ili_couplings_free. IL_E_MEMORY. */
il_status ili_couplings_create(il_context *ctx, int32_t n, ili_couplings *m);
void ili_couplings_free(ili_couplings *m);
/** Forget all couplings. */
void ili_couplings_clear(ili_couplings *m);
/** Add a coupling; those of an atom with itself (images) count nothing. */
void ili_couplings_add(ili_couplings *m, int32_t i, int32_t j, const double k[3][3]);
/** Rows from the couplings. `floor`: curvatures of the diagonal below it are taken as it (their size where negative), so that
 *  every diagonal block is positive definite. IL_E_MEMORY. */
il_status ili_couplings_finish(il_context *ctx, ili_couplings *m, double floor);
/** y = A x with x, y [n][3]. */
void ili_couplings_product(const il_context *ctx, const ili_couplings *m, const double *x, double *y);
/** Solve (A + shift D) z = r by conjugate gradients, D the diagonal blocks, to |residual| <= tolerance |r| in the norm of D^-1 and at
 *  most `most` products. false: a direction of no positive curvature was met, A + shift D is not positive definite; z is then
 *  what had been found before, or D^-1 r; z r > 0 in any case. Atoms that are held (NULL: none) have r = 0 and keep z = 0. */
bool ili_couplings_solve(const il_context *ctx, const ili_couplings *m, const bool *held, double shift,
                         double tolerance, int most, const double *r, double *z);

#endif
