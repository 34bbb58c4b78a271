/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Three loops that vectors can run: blocks of Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011), which Random123 gives one by one;
 *  two uniform numbers out of each; a pair of normal ones out of these, with the logarithm and the circle as polynomials.
 *  The Makefile tells the compiler that nobody asks for errno here, or the root would stay out of vectors. */
#include "math/normals.h"

#include "base/hot.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 10, WORDS = 4, MAX = ILI_NORMALS_MAX };

ILI_HOT static void blocks(uint64_t seed, uint64_t stream, uint64_t first, int n, uint32_t word[WORDS][MAX]) {
    for (int i = 0; i < n; i++) {
        const uint64_t counter = first + (uint64_t)i;
        uint32_t a = (uint32_t)counter, b = (uint32_t)(counter >> 32), c = (uint32_t)stream,
                 d = (uint32_t)(stream >> 32);
        uint32_t k = (uint32_t)seed, l = (uint32_t)(seed >> 32);
        for (int r = 0; r < ROUNDS; r++) {
            const uint64_t p = (uint64_t)a * 0xD2511F53u, q = (uint64_t)c * 0xCD9E8D57u;
            a = (uint32_t)(q >> 32) ^ b ^ k;
            b = (uint32_t)q;
            c = (uint32_t)(p >> 32) ^ d ^ l;
            d = (uint32_t)p;
            k += 0x9E3779B9u;
            l += 0xBB67AE85u;
        }
        word[0][i] = a;
        word[1][i] = b;
        word[2][i] = c;
        word[3][i] = d;
    }
}

/** In (0, 1), of 53 bits. */
ILI_HOT static void uniforms(int n, const uint32_t *restrict high, const uint32_t *restrict low,
                             double *restrict u) {
    for (int i = 0; i < n; i++) {
        const double top = (double)(int32_t)(high[i] >> 5), rest = (double)(int32_t)(low[i] >> 6);
        u[i] = (top * 0x1p26 + rest + 0.5) * 0x1p-53;
    }
}

/** sqrt(-2 ln u): u = m 2^e with m about 1, ln m = 2 artanh((m - 1)/(m + 1)). */
ILI_HOT static void radii(int n, const double *restrict u, double *restrict r) {
    for (int i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &u[i], sizeof bits);
        const uint64_t up = bits - 0x3FE6A09E667F3BCDu; /* of sqrt(1/2): the exponent counts from there */
        const int32_t e = (int32_t)(up >> 32) >> 20;
        bits = (up & 0x000FFFFFFFFFFFFFu) + 0x3FE6A09E667F3BCDu;
        double m;
        memcpy(&m, &bits, sizeof m);
        const double s = (m - 1.0) / (m + 1.0), z = s * s;
        double p = 1.0 / 21.0;
        p = p * z + 1.0 / 19.0;
        p = p * z + 1.0 / 17.0;
        p = p * z + 1.0 / 15.0;
        p = p * z + 1.0 / 13.0;
        p = p * z + 1.0 / 11.0;
        p = p * z + 1.0 / 9.0;
        p = p * z + 1.0 / 7.0;
        p = p * z + 1.0 / 5.0;
        p = p * z + 1.0 / 3.0;
        const double log_m = 2.0 * s + 2.0 * s * z * p;
        r[i] = sqrt(-2.0 * ((double)e * 0.69314718055994530942 + log_m));
    }
}

/** r times cos and sin of 2 pi v: the nearest quarter of the circle, and the series of what is left, within pi/4. */
ILI_HOT static void circle(int n, const double *restrict v, const double *restrict r, double *restrict out) {
    for (int i = 0; i < n; i++) {
        const double four = 4.0 * v[i];
        const int32_t quarter = (int32_t)(four + 0.5);
        const double t = (four - (double)quarter) * 1.57079632679489661923, z = t * t;
        double s = 1.0 / 355687428096000.0, c = -1.0 / 6402373705728000.0;
        s = s * z - 1.0 / 1307674368000.0;
        c = c * z + 1.0 / 20922789888000.0;
        s = s * z + 1.0 / 6227020800.0;
        c = c * z - 1.0 / 87178291200.0;
        s = s * z - 1.0 / 39916800.0;
        c = c * z + 1.0 / 479001600.0;
        s = s * z + 1.0 / 362880.0;
        c = c * z - 1.0 / 3628800.0;
        s = s * z - 1.0 / 5040.0;
        c = c * z + 1.0 / 40320.0;
        s = s * z + 1.0 / 120.0;
        c = c * z - 1.0 / 720.0;
        s = s * z - 1.0 / 6.0;
        c = c * z + 1.0 / 24.0;
        c = c * z - 0.5;
        const double sine = t + t * z * s, cosine = 1.0 + z * c;
        const double x = quarter & 1 ? sine : cosine, y = quarter & 1 ? cosine : sine;
        out[2 * i] = r[i] * ((quarter + 1) & 2 ? -x : x);
        out[2 * i + 1] = r[i] * (quarter & 2 ? -y : y);
    }
}

void ili_normals(uint64_t seed, uint64_t stream, uint64_t first, int n_pairs, double *out) {
    uint32_t word[WORDS][MAX];
    double u[MAX], v[MAX], r[MAX];
    blocks(seed, stream, first, n_pairs, word);
    uniforms(n_pairs, word[3], word[2], u);
    uniforms(n_pairs, word[1], word[0], v);
    radii(n_pairs, u, r);
    circle(n_pairs, v, r, out);
}
