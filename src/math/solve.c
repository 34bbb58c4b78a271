/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/solve.h"

#include <math.h>

static void swap(double *p, double *q) {
    const double t = *p;
    *p = *q;
    *q = t;
}

bool ili_solve(int n, int stride, double *a, double *b) {
    for (int c = 0; c < n; c++) {
        int p = c;
        for (int r = c + 1; r < n; r++)
            if (fabs(a[r * stride + c]) > fabs(a[p * stride + c])) p = r;
        if (!(fabs(a[p * stride + c]) > 0.0)) return false; /* false for NaN */
        for (int k = 0; k < n && p != c; k++) swap(&a[c * stride + k], &a[p * stride + k]);
        swap(&b[c], &b[p]);
        for (int r = c + 1; r < n; r++) {
            const double by = a[r * stride + c] / a[c * stride + c];
            for (int k = c; k < n; k++) a[r * stride + k] -= by * a[c * stride + k];
            b[r] -= by * b[c];
        }
    }
    for (int r = n - 1; r >= 0; r--) {
        for (int k = r + 1; k < n; k++) b[r] -= a[r * stride + k] * b[k];
        b[r] /= a[r * stride + r];
    }
    return true;
}
