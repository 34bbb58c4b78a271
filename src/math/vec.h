/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Small vectors and 3x3 matrices. Matrices of cells hold lattice vectors as rows, so cartesian = frac * h. */
#ifndef ILI_MATH_VEC_H
#define ILI_MATH_VEC_H

#include <math.h>

/** Rows and columns of a symmetric tensor in the order xx yy zz yz xz xy. */
static const int ILI_VOIGT[6][2] __attribute__((unused)) = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};

static inline double ili_dot(const double a[3], const double b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline double ili_norm(const double a[3]) {
    return sqrt(ili_dot(a, a));
}

static inline void ili_cross(const double a[3], const double b[3], double c[3]) {
    double t[3] = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
    c[0] = t[0];
    c[1] = t[1];
    c[2] = t[2];
}

static inline void ili_sub(const double a[3], const double b[3], double c[3]) {
    for (int k = 0; k < 3; k++) c[k] = a[k] - b[k];
}

/** c = v * m (row vector times matrix); c may be v. */
static inline void ili_vec_mat(const double v[3], const double m[3][3], double c[3]) {
    double t[3];
    for (int k = 0; k < 3; k++) t[k] = v[0] * m[0][k] + v[1] * m[1][k] + v[2] * m[2][k];
    for (int k = 0; k < 3; k++) c[k] = t[k];
}

/** c = a * b; c may be a or b. */
static inline void ili_mat_mul(const double a[3][3], const double b[3][3], double c[3][3]) {
    double t[3][3];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) t[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) c[i][j] = t[i][j];
}

static inline double ili_det(const double m[3][3]) {
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
           m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

/** inv = m^-1; the caller has checked that the determinant is not 0. */
static inline void ili_inverse(const double m[3][3], double inv[3][3]) {
    double d = 1.0 / ili_det(m), t[3][3];
    for (int i = 0; i < 3; i++) {
        int a = (i + 1) % 3, b = (i + 2) % 3;
        for (int j = 0; j < 3; j++) {
            int p = (j + 1) % 3, q = (j + 2) % 3;
            t[j][i] = (m[a][p] * m[b][q] - m[a][q] * m[b][p]) * d;
        }
    }
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) inv[i][j] = t[i][j];
}

#endif
