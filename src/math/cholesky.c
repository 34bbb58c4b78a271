/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/cholesky.h"

#include <math.h>

bool ili_cholesky(int n, double *a) {
    for (int j = 0; j < n; j++) {
        const double diagonal = a[j * n + j];
        for (int k = 0; k < j; k++) a[j * n + j] -= a[j * n + k] * a[j * n + k];
        if (!(a[j * n + j] > 1e-14 * diagonal)) return false; /* false for NaN */
        a[j * n + j] = sqrt(a[j * n + j]);
        for (int i = j + 1; i < n; i++) {
            for (int k = 0; k < j; k++) a[i * n + j] -= a[i * n + k] * a[j * n + k];
            a[i * n + j] /= a[j * n + j];
        }
    }
    return true;
}

void ili_cholesky_forward(int n, int m, const double *l, double *b) {
    for (int i = 0; i < n; i++)
        for (int a = 0; a < m; a++) {
            for (int k = 0; k < i; k++) b[i * m + a] -= l[i * n + k] * b[k * m + a];
            b[i * m + a] /= l[i * n + i];
        }
}

void ili_cholesky_backward(int n, int m, const double *l, double *b) {
    for (int i = n - 1; i >= 0; i--)
        for (int a = 0; a < m; a++) {
            for (int k = i + 1; k < n; k++) b[i * m + a] -= l[k * n + i] * b[k * m + a];
            b[i * m + a] /= l[i * n + i];
        }
}
