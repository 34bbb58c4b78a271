/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/gls.h"

#include "base/alloc.h"

#include <math.h>
#include <stddef.h>

/** c = L L^T in the lower triangle. */
static bool cholesky(int n, double *c) {
    for (int j = 0; j < n; j++) {
        const double diagonal = c[j * n + j];
        for (int k = 0; k < j; k++) c[j * n + j] -= c[j * n + k] * c[j * n + k];
        if (!(c[j * n + j] > 1e-14 * diagonal)) return false; /* false for NaN */
        c[j * n + j] = sqrt(c[j * n + j]);
        for (int i = j + 1; i < n; i++) {
            for (int k = 0; k < j; k++) c[i * n + j] -= c[i * n + k] * c[j * n + k];
            c[i * n + j] /= c[j * n + j];
        }
    }
    return true;
}

/** b [n][m] becomes L^-1 b. */
static void forward(int n, int m, const double *l, double *b) {
    for (int i = 0; i < n; i++)
        for (int a = 0; a < m; a++) {
            for (int k = 0; k < i; k++) b[i * m + a] -= l[i * n + k] * b[k * m + a];
            b[i * m + a] /= l[i * n + i];
        }
}

/** b [n][m] becomes L^-T b. */
static void backward(int n, int m, const double *l, double *b) {
    for (int i = n - 1; i >= 0; i--)
        for (int a = 0; a < m; a++) {
            for (int k = i + 1; k < n; k++) b[i * m + a] -= l[k * n + i] * b[k * m + a];
            b[i * m + a] /= l[i * n + i];
        }
}

bool ili_gls_weights(int n, int p, const double *x, double *c, double *w) {
    double *z = ili_alloc((size_t)n * p, sizeof *z), *normal = ili_alloc((size_t)p * p, sizeof *normal);
    double *inverse = ili_alloc((size_t)p * p, sizeof *inverse);
    bool good = z && normal && inverse && n >= p && cholesky(n, c);
    if (good) {
        for (int i = 0; i < n * p; i++) z[i] = x[i];
        forward(n, p, c, z); /* whitened design */
        for (int a = 0; a < p; a++)
            for (int b = 0; b < p; b++)
                for (int i = 0; i < n; i++) normal[a * p + b] += z[i * p + a] * z[i * p + b];
        good = cholesky(p, normal);
    }
    if (good) {
        for (int a = 0; a < p; a++) inverse[a * p + a] = 1.0;
        forward(p, p, normal, inverse);
        backward(p, p, normal, inverse);
        backward(n, p, c, z); /* C^-1 X */
        for (int a = 0; a < p; a++)
            for (int i = 0; i < n; i++) {
                w[a * n + i] = 0.0;
                for (int b = 0; b < p; b++) w[a * n + i] += inverse[a * p + b] * z[i * p + b];
            }
    }
    ili_free(z);
    ili_free(normal);
    ili_free(inverse);
    return good;
}
