/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build/plane.h"

#include "math/vec.h"

#include <string.h>

/** Lengths closer than this (relative, squared) count as equal, so that rounding cannot swap vectors. */
static const double SAME = 1e-9;

int ili_gcd(int a, int b) {
    while (b) {
        int r = a % b;
        a = b;
        b = r;
    }
    return a < 0 ? -a : a;
}

/** g = gcd(a, b) = a p + b q. */
static int extended_gcd(int a, int b, int *p, int *q) {
    int x0 = 1, y0 = 0, x1 = 0, y1 = 1;
    while (b) {
        int k = a / b, r = a - k * b, x = x0 - k * x1, y = y0 - k * y1;
        a = b, b = r;
        x0 = x1, x1 = x;
        y0 = y1, y1 = y;
    }
    int sign = a < 0 ? -1 : 1;
    *p = sign * x0;
    *q = sign * y0;
    return sign * a;
}

void ili_plane_reduce(double gram[3], int m[2][2]) {
    m[0][0] = m[1][1] = 1;
    m[0][1] = m[1][0] = 0;
    for (;;) {
        if (gram[2] < gram[0] * (1.0 - SAME)) { /* (a, b) <- (b, -a) keeps the handedness */
            double t = gram[0];
            gram[0] = gram[2];
            gram[2] = t;
            gram[1] = -gram[1];
            for (int k = 0; k < 2; k++) {
                int s = m[0][k];
                m[0][k] = m[1][k];
                m[1][k] = -s;
            }
        }
        if (fabs(gram[1]) <= gram[0] * (0.5 + SAME)) return;
        int n = (int)rint(gram[1] / gram[0]);
        gram[2] += n * (n * gram[0] - 2.0 * gram[1]);
        gram[1] -= n * gram[0];
        for (int k = 0; k < 2; k++) m[1][k] -= n * m[0][k];
    }
}

static void combine(const double h[3][3], const int u[3], double v[3]) {
    double t[3] = {u[0], u[1], u[2]};
    ili_vec_mat(t, h, v);
}

/** Rows 0 and 1 of u become reduced, right-handed about the normal g. */
static void reduce_in_plane(const double h[3][3], const double g[3], int u[3][3]) {
    double a[3], b[3], n[3];
    combine(h, u[0], a);
    combine(h, u[1], b);
    double gram[3] = {ili_dot(a, a), ili_dot(a, b), ili_dot(b, b)};
    int m[2][2], old[2][3];
    ili_plane_reduce(gram, m);
    memcpy(old, u, sizeof old);
    int flip = gram[1] > SAME * gram[0] ? -1 : 1; /* prefer the obtuse angle: hexagons show 120 degrees */
    for (int k = 0; k < 3; k++) {
        u[0][k] = m[0][0] * old[0][k] + m[0][1] * old[1][k];
        u[1][k] = flip * (m[1][0] * old[0][k] + m[1][1] * old[1][k]);
    }
    combine(h, u[0], a);
    combine(h, u[1], b);
    ili_cross(a, b, n);
    if (ili_dot(n, g) > 0.0) return;
    int same = fabs(gram[2] - gram[0]) <= 4.0 * SAME * gram[0];
    for (int k = 0; k < 3; k++) {
        int s = u[0][k];
        u[0][k] = same ? u[1][k] : s;
        u[1][k] = same ? s : -u[1][k];
    }
}

/** Row 2 of u loses the lattice vectors of the plane that bring it nearest to the normal. */
static void straighten(const double h[3][3], const double g[3], int u[3][3]) {
    double a[3], b[3], c[3], best = INFINITY;
    combine(h, u[0], a);
    combine(h, u[1], b);
    combine(h, u[2], c);
    double aa = ili_dot(a, a), ab = ili_dot(a, b), bb = ili_dot(b, b), ac = ili_dot(a, c), bc = ili_dot(b, c);
    double det = aa * bb - ab * ab, gg = ili_dot(g, g);
    int p0 = (int)rint((ac * bb - bc * ab) / det), q0 = (int)rint((bc * aa - ac * ab) / det), p = p0, q = q0;
    for (int i = p0 - 1; i <= p0 + 1; i++)
        for (int j = q0 - 1; j <= q0 + 1; j++) {
            double d[3];
            for (int k = 0; k < 3; k++) d[k] = c[k] - i * a[k] - j * b[k];
            double lift = ili_dot(d, g), lateral = ili_dot(d, d) - lift * lift / gg;
            if (lateral < best - SAME * aa) {
                best = lateral;
                p = i;
                q = j;
            }
        }
    for (int k = 0; k < 3; k++) u[2][k] -= p * u[0][k] + q * u[1][k];
}

void ili_plane_basis(const double h[3][3], const int miller[3], int u[3][3]) {
    int common = ili_gcd(ili_gcd(miller[0], miller[1]), miller[2]);
    int i = miller[0] / common, k = miller[1] / common, l = miller[2] / common, p, q, s, t;
    int g1 = extended_gcd(k, l, &p, &q);
    if (g1 == 0) {
        const int along_a[3][3] = {{0, 1, 0}, {0, 0, 1}, {i, 0, 0}};
        memcpy(u, along_a, sizeof along_a);
    } else {
        extended_gcd(i, g1, &s, &t);
        const int general[3][3] = {{0, l / g1, -k / g1}, {g1, -i * p, -i * q}, {s, t * p, t * q}};
        memcpy(u, general, sizeof general);
    }
    double inverse[3][3], g[3];
    ili_inverse(h, inverse); /* columns are the reciprocal vectors */
    for (int c = 0; c < 3; c++) g[c] = i * inverse[c][0] + k * inverse[c][1] + l * inverse[c][2];
    reduce_in_plane(h, g, u);
    straighten(h, g, u);
}
