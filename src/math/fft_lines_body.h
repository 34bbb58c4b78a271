/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passes of fft_lines.c for one precision; included once for each, with `real` and OWN. */

typedef real OWN(lanes) __attribute__((vector_size(64)));

/** b = the transform of the r points a; b[k] = sum_j a[j] exp(-2 pi i jk/r). Odd r: sums and differences of a[j] and a[r - j] share
 *  cosines and sines. */
ALWAYS void OWN(butterfly)(const int r, OWN(lanes) (*a)[2], OWN(lanes) (*b)[2]) {
    typedef OWN(lanes) lanes;
    if (r == 2) {
        for (int c = 0; c < 2; c++) {
            b[0][c] = a[0][c] + a[1][c];
            b[1][c] = a[0][c] - a[1][c];
        }
    } else if (r == 4) {
        lanes s[2][2], d[2][2];
        for (int c = 0; c < 2; c++)
            for (int j = 0; j < 2; j++) {
                s[j][c] = a[j][c] + a[j + 2][c];
                d[j][c] = a[j][c] - a[j + 2][c];
            }
        for (int c = 0; c < 2; c++) {
            b[0][c] = s[0][c] + s[1][c];
            b[2][c] = s[0][c] - s[1][c];
        }
        b[1][0] = d[0][0] + d[1][1];
        b[1][1] = d[0][1] - d[1][0];
        b[3][0] = d[0][0] - d[1][1];
        b[3][1] = d[0][1] + d[1][0];
    } else {
        const double *cosine = circle[r].cosine, *sine = circle[r].sine;
        for (int c = 0; c < 2; c++) b[0][c] = a[0][c];
        for (int j = 1; j <= r / 2; j++)
            for (int c = 0; c < 2; c++) {
                lanes sum = a[j][c] + a[r - j][c], difference = a[j][c] - a[r - j][c];
                a[j][c] = sum;
                a[r - j][c] = difference;
                b[0][c] += sum;
            }
        for (int k = 1; k <= r / 2; k++) {
            lanes even[2], odd[2];
            for (int c = 0; c < 2; c++) {
                even[c] = a[0][c] + (real)cosine[k % r] * a[1][c];
                odd[c] = (real)sine[k % r] * a[r - 1][c];
                for (int j = 2; j <= r / 2; j++) {
                    even[c] += (real)cosine[j * k % r] * a[j][c];
                    odd[c] += (real)sine[j * k % r] * a[r - j][c];
                }
            }
            b[k][0] = even[0] + odd[1];
            b[k][1] = even[1] - odd[0];
            b[r - k][0] = even[0] - odd[1];
            b[r - k][1] = even[1] + odd[0];
        }
    }
}

/** The s butterflies that share the factors w [r - 1][2] of their results (NULL: 1), m s points apart. */
ALWAYS void OWN(share_factors)(const int r, int m, int s, const real *w, const OWN(lanes) * x, OWN(lanes) * y,
                               int re) {
    typedef OWN(lanes) lanes;
    const int im = 1 - re;
    for (int q = 0; q < s; q++) {
        lanes a[RADIX_MAX][2], b[RADIX_MAX][2];
        for (int k = 0; k < r; k++) {
            const lanes *from = x + 2 * ((size_t)q + (size_t)s * (size_t)m * (size_t)k);
            a[k][0] = from[re];
            a[k][1] = from[im];
        }
        OWN(butterfly)(r, a, b);
        for (int k = 0; k < r; k++) {
            lanes *to = y + 2 * ((size_t)q + (size_t)s * (size_t)k);
            if (w && k > 0) {
                const real cosine = w[2 * (k - 1)], sine = w[2 * (k - 1) + 1];
                to[re] = b[k][0] * cosine + b[k][1] * sine;
                to[im] = b[k][1] * cosine - b[k][0] * sine;
            } else {
                to[re] = b[k][0];
                to[im] = b[k][1];
            }
        }
    }
}

ALWAYS void OWN(pass)(const int r, int m, int s, const real *w, const void *from, void *to, int re) {
    const OWN(lanes) *x = from;
    OWN(lanes) *y = to;
    OWN(share_factors)(r, m, s, NULL, x, y, re);
    for (int p = 1; p < m; p++) OWN(share_factors)
    (r, m, s, w + 2 * (r - 1) * (p - 1), x + 2 * (size_t)s * (size_t)p, y + 2 * (size_t)s * (size_t)(r * p),
     re);
}

#define PASS(r)                                                                                              \
    ILI_HOT static void OWN(pass##r)(int m, int s, const void *w, const void *x, void *y, int re) {          \
        OWN(pass)(r, m, s, w, x, y, re);                                                                     \
    }
PASS(2)
PASS(3)
PASS(4)
PASS(5)
PASS(7)
#undef PASS

static void OWN(set_factors)(void *factors, size_t at, int r, int m) {
    real *w = (real *)factors + at;
    for (int p = 1; p < m; p++)
        for (int k = 1; k < r; k++) {
            double angle = 2.0 * ILI_PI * ((double)p * k / (r * m));
            *w++ = (real)cos(angle);
            *w++ = (real)sin(angle);
        }
}
