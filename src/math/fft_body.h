/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moves between grids and lanes for one precision; math/fft.c includes it once for each, with `real`, LANES and OWN. A block holds
 * points of LANES real parts and LANES imaginary parts. Lanes are moved QUAD at a time, in vectors of four. */

typedef real OWN(quad) __attribute__((vector_size(QUAD * sizeof(real)), aligned(sizeof(real)), may_alias));

/** Four complex numbers in a row to real and imaginary parts, and back. */
ALWAYS void OWN(split)(const real *from, real *re, real *im) {
    const OWN(quad) a = *(const OWN(quad) *)from, b = *(const OWN(quad) *)(from + QUAD);
    *(OWN(quad) *)re = __builtin_shufflevector(a, b, 0, 2, 4, 6);
    *(OWN(quad) *)im = __builtin_shufflevector(a, b, 1, 3, 5, 7);
}
ALWAYS void OWN(join)(const real *re, const real *im, real *to) {
    const OWN(quad) a = *(const OWN(quad) *)re, b = *(const OWN(quad) *)im;
    *(OWN(quad) *)to = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    *(OWN(quad) *)(to + QUAD) = __builtin_shufflevector(a, b, 2, 6, 3, 7);
}

/** Four rows of four, `from` apart, to columns, `to` apart. */
ALWAYS void OWN(turn)(const real *x, size_t from, real *y, size_t to) {
    OWN(quad) a[QUAD], b[QUAD];
    for (size_t i = 0; i < QUAD; i++) a[i] = *(const OWN(quad) *)(x + i * from);
    for (size_t i = 0; i < 2; i++) {
        b[i] = __builtin_shufflevector(a[i], a[i + 2], 0, 4, 1, 5);
        b[i + 2] = __builtin_shufflevector(a[i], a[i + 2], 2, 6, 3, 7);
    }
    for (size_t i = 0; i < QUAD; i++) {
        const OWN(quad) p = b[i / 2 * 2], q = b[i / 2 * 2 + 1];
        *(OWN(quad) *)(y + i * to) =
            i % 2 ? __builtin_shufflevector(p, q, 2, 6, 3, 7) : __builtin_shufflevector(p, q, 0, 4, 1, 5);
    }
}

/** n points, `stride` reals apart, of `count` neighbouring columns; lanes beyond them get zeros. */
ILI_HOT static void OWN(load_columns)(const void *grid, size_t stride, int n, int count, void *block) {
    for (int i = 0; i < n; i++) {
        const real *row = (const real *)grid + (size_t)i * stride;
        real *re = (real *)block + (size_t)i * 2 * LANES, *im = re + LANES;
        int l = 0;
        for (; l + QUAD <= count; l += QUAD) OWN(split)(row + 2 * l, re + l, im + l);
        for (; l < LANES; l++) {
            re[l] = l < count ? row[2 * l] : (real)0;
            im[l] = l < count ? row[2 * l + 1] : (real)0;
        }
    }
}

ILI_HOT static void OWN(store_columns)(void *grid, size_t stride, int n, int count, const void *block) {
    for (int i = 0; i < n; i++) {
        real *row = (real *)grid + (size_t)i * stride;
        const real *re = (const real *)block + (size_t)i * 2 * LANES, *im = re + LANES;
        int l = 0;
        for (; l + QUAD <= count; l += QUAD) OWN(join)(re + l, im + l, row + 2 * l);
        for (; l < count; l++) {
            row[2 * l] = re[l];
            row[2 * l + 1] = im[l];
        }
    }
}

/** n reals of each of `count` rows to lanes: the first LANES rows are real parts, the others imaginary ones. Rows are in full vectors,
 *  which `row` has room for. */
ILI_HOT static void OWN(load_rows)(const void *grid, size_t row, int n, int count, void *block) {
    for (int l = 0; l < 2 * LANES; l += QUAD) {
        const real *x = (const real *)grid + (size_t)l * row;
        real *y = (real *)block + l;
        int i = 0;
        if (l + QUAD <= count)
            for (; i + QUAD <= n; i += QUAD) OWN(turn)(x + i, row, y + (size_t)i * 2 * LANES, 2 * LANES);
        for (; i < n; i++)
            for (int k = 0; k < QUAD; k++)
                y[(size_t)i * 2 * LANES + (size_t)k] =
                    l + k < count ? x[(size_t)k * row + (size_t)i] : (real)0;
    }
}

ILI_HOT static void OWN(store_rows)(void *grid, size_t row, int n, int count, const void *block) {
    for (int l = 0; l < count; l += QUAD) {
        real *x = (real *)grid + (size_t)l * row;
        const real *y = (const real *)block + l;
        int i = 0;
        if (l + QUAD <= count)
            for (; i + QUAD <= n; i += QUAD) OWN(turn)(y + (size_t)i * 2 * LANES, 2 * LANES, x + i, row);
        for (; i < n; i++)
            for (int k = 0; k < QUAD && l + k < count; k++)
                x[(size_t)k * row + (size_t)i] = y[(size_t)i * 2 * LANES + (size_t)k];
    }
}

/** The transform z of rows a + i b is that of two real rows: a[m] = (z[m] + z*[n-m])/2, b[m] = (z[m] - z*[n-m])/2i. Points 2 m and 2 m + 1
 *  of y become real and imaginary part of wave m of all rows. */
ILI_HOT static void OWN(part_rows)(int n, const void *block, void *waves) {
    for (int m = 0; m <= n / 2; m++) {
        const real *z = (const real *)block + (size_t)m * 2 * LANES,
                   *o = (const real *)block + (size_t)(m ? n - m : 0) * 2 * LANES;
        real *re = (real *)waves + (size_t)m * 4 * LANES, *im = re + 2 * LANES;
        for (int l = 0; l < LANES; l++) {
            re[l] = (real)0.5 * (z[l] + o[l]);
            im[l] = (real)0.5 * (z[LANES + l] - o[LANES + l]);
            re[LANES + l] = (real)0.5 * (z[LANES + l] + o[LANES + l]);
            im[LANES + l] = (real)0.5 * (o[l] - z[l]);
        }
    }
}

/** And back: z[m] = a[m] + i b[m], z[n-m] = a*[m] + i b*[m]. */
ILI_HOT static void OWN(unite_rows)(int n, const void *waves, void *block) {
    for (int m = 0; m <= n / 2; m++) {
        const real *re = (const real *)waves + (size_t)m * 4 * LANES, *im = re + 2 * LANES;
        real *z = (real *)block + (size_t)m * 2 * LANES,
             *o = (real *)block + (size_t)(m ? n - m : 0) * 2 * LANES;
        const bool is_real = m == 0 || 2 * m == n;
        for (int l = 0; l < LANES; l++) {
            real a = is_real ? (real)0 : im[l], b = is_real ? (real)0 : im[LANES + l];
            o[l] = re[l] + b;
            o[LANES + l] = re[LANES + l] - a;
            z[l] = re[l] - b;
            z[LANES + l] = re[LANES + l] + a;
        }
    }
}
