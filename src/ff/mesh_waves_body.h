/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loops over the waves of one row and plane for one precision; ff/mesh_waves.c includes it once for each, with `real` and OWN. */

ILI_HOT static void OWN(store)(void *influence, size_t at, int n, const double *value) {
    real *g = (real *)influence + at;
    for (int k = 0; k < n; k++) g[k] = (real)value[k];
}

ILI_HOT static void OWN(multiply)(const void *influence, size_t at, int n, void *wave) {
    const real *g = (const real *)influence + at;
    real *w = wave;
    for (int k = 0; k < n; k++) {
        w[2 * k] *= g[k];
        w[2 * k + 1] *= g[k];
    }
}

ILI_HOT static void OWN(square)(const void *influence, size_t at, int n, const void *wave, double *e) {
    const real *g = (const real *)influence + at, *w = wave;
    for (int k = 0; k < n; k++) {
        double re = (double)w[2 * k], im = (double)w[2 * k + 1];
        e[k] = (double)g[k] * (re * re + im * im);
    }
}
