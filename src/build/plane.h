/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Lattice planes: reduced bases of plane lattices and unimodular bases that follow a plane. */
#ifndef ILI_BUILD_PLANE_H
#define ILI_BUILD_PLANE_H

/** Lagrange-Gauss reduction of two vectors given by their Gram matrix.
 *  gram  {a.a, a.b, b.b}, angstrom^2, inout: of the reduced vectors
 *  m     [2][2] rows: reduced vectors in the old ones, out; det m = +1 (handedness is kept)
 *  After it a.a <= b.b and |a.b| <= a.a / 2. */
void ili_plane_reduce(double gram[3], int m[2][2]);

/** Basis of the lattice h (rows) that follows the plane (hkl), by the extended Euclidean algorithm.
 *  miller  [3] not all 0, any common divisor, in
 *  u       [3][3] rows: new vectors in the old ones, |det u| = 1, out. Rows 0 and 1 lie in the plane and
 *          are reduced, row 2 climbs one plane spacing and lies as near to the normal as the lattice
 *          allows; the new cell is right-handed with its normal a x b along the reciprocal vector
 *          h a* + k b* + l c*. */
void ili_plane_basis(const double h[3][3], const int miller[3], int u[3][3]);

/** Greatest common divisor, >= 0. */
int ili_gcd(int a, int b);

#endif
