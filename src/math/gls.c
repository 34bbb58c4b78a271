/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/gls.h"

#include "base/alloc.h"
#include "math/cholesky.h"

#include <stddef.h>

bool ili_gls_weights(int n, int p, const double *x, double *c, double *w) {
    double *z = ili_alloc((size_t)n * p, sizeof *z), *normal = ili_alloc((size_t)p * p, sizeof *normal);
    double *inverse = ili_alloc((size_t)p * p, sizeof *inverse);
    bool good = z && normal && inverse && n >= p && ili_cholesky(n, c);
    if (good) {
        for (int i = 0; i < n * p; i++) z[i] = x[i];
        ili_cholesky_forward(n, p, c, z); /* whitened design */
        for (int a = 0; a < p; a++)
            for (int b = 0; b < p; b++)
                for (int i = 0; i < n; i++) normal[a * p + b] += z[i * p + a] * z[i * p + b];
        good = ili_cholesky(p, normal);
    }
    if (good) {
        for (int a = 0; a < p; a++) inverse[a * p + a] = 1.0;
        ili_cholesky_forward(p, p, normal, inverse);
        ili_cholesky_backward(p, p, normal, inverse);
        ili_cholesky_backward(n, p, c, z); /* C^-1 X */
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
