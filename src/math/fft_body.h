/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls of FFTW for one precision; math/fft.c includes it once for each with `real` and the names of FFTW (FFTW) and here (OWN). */

/** Plans for `count` columns of n complex numbers, neighbours in a column `stride` complex numbers apart. */
static void OWN(plan_columns)(ili_fft *fft, int n, int count, int stride, FFTW(complex) * waves) {
    unsigned flags = FFTW_ESTIMATE;
    for (int back = 0; back < 2; back++)
        fft->plan[back ? COLUMNS_BACK : COLUMNS_FORTH] =
            FFTW(plan_many_dft)(1, &n, count, waves, NULL, stride, 1, waves, NULL, stride, 1,
                                back ? FFTW_BACKWARD : FFTW_FORWARD, flags);
}

static bool OWN(make_columns)(int n, int count, ili_fft *fft) {
    FFTW(complex) *waves = ili_alloc((size_t)n * (size_t)count, sizeof *waves);
    if (!waves) return false;
#pragma omp critical(ili_fft_planner)
    OWN(plan_columns)(fft, n, count, count, waves);
    ili_free(waves);
    return true;
}

static bool OWN(make)(const ili_fft_shape *s, ili_fft *fft) {
    real *grid = ili_alloc((size_t)s->n[0] * s->plane, sizeof *grid);
    FFTW(complex) *waves = (FFTW(complex) *)grid;
    if (!grid) return false;
    int n12[2] = {s->n[1], s->n[2]}, reals[2] = {s->n[1], (int)s->row}, wave[2] = {s->n[1], (int)s->row / 2};
    int count = s->n[2] / 2 + 1, stride = (int)(s->plane / 2);
    unsigned flags = FFTW_ESTIMATE;
#pragma omp critical(ili_fft_planner)
    {
        fft->plan[PLANE_FORTH] =
            FFTW(plan_many_dft_r2c)(2, n12, 1, grid, reals, 1, 0, waves, wave, 1, 0, flags);
        fft->plan[PLANE_BACK] =
            FFTW(plan_many_dft_c2r)(2, n12, 1, waves, wave, 1, 0, grid, reals, 1, 0, flags);
        OWN(plan_columns)(fft, s->n[0], count, stride, waves);
    }
    ili_free(grid);
    return true;
}

static void OWN(unmake)(ili_fft *fft) {
#pragma omp critical(ili_fft_planner)
    for (int p = 0; p < N_PLANS; p++)
        if (fft->plan[p]) FFTW(destroy_plan)(fft->plan[p]);
}

static void OWN(run)(const ili_fft *fft, int plan, void *at) {
    FFTW(plan) p = fft->plan[plan];
    if (plan == PLANE_FORTH)
        FFTW(execute_dft_r2c)(p, at, at);
    else if (plan == PLANE_BACK)
        FFTW(execute_dft_c2r)(p, at, at);
    else
        FFTW(execute_dft)(p, at, at);
}
