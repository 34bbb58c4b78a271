/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one file that includes fftw3.h. FFTW_ESTIMATE: a plan then depends on the shape alone, and runs repeat bit for bit.
 * FFTW's own threads are not used: how they cut the work may change with their number. */
#include "math/fft.h"

#include "base/alloc.h"

#include <fftw3.h>

enum { ALIGN = 8 /* doubles in 64 bytes */ };

struct ili_fft {
    fftw_plan plane_forth, plane_back, columns_forth, columns_back;
};

ili_fft_shape ili_fft_shape_of(const int n[3], int extra) {
    ili_fft_shape s = {.n = {n[0], n[1], n[2]}};
    size_t reals = (size_t)(n[2] + extra), complexes = 2 * ((size_t)n[2] / 2 + 1);
    s.row = ((reals > complexes ? reals : complexes) + ALIGN - 1) / ALIGN * ALIGN;
    s.plane = s.row * (size_t)n[1] + ALIGN; /* the odd piece keeps columns off the same cache sets */
    return s;
}

int ili_fft_good_size(int n) {
    static const int factors[] = {2, 3, 5, 7};
    for (int size = n > 1 ? n : 1;; size++) {
        int rest = size;
        for (int f = 0; f < 4; f++)
            while (rest % factors[f] == 0) rest /= factors[f];
        if (rest == 1) return size;
    }
}

il_status ili_fft_create(il_context *ctx, const ili_fft_shape *s, ili_fft **out) {
    *out = NULL;
    ili_fft *fft = ili_alloc(1, sizeof *fft);
    double *grid = ili_alloc((size_t)s->n[0] * s->plane, sizeof *grid);
    if (fft && grid) {
        fftw_complex *waves = (fftw_complex *)grid;
        int n12[2] = {s->n[1], s->n[2]}, real[2] = {s->n[1], (int)s->row},
            wave[2] = {s->n[1], (int)s->row / 2};
        int count = s->n[2] / 2 + 1, stride = (int)(s->plane / 2);
        unsigned flags = FFTW_ESTIMATE;
#pragma omp critical(ili_fft_planner)
        {
            fft->plane_forth = fftw_plan_many_dft_r2c(2, n12, 1, grid, real, 1, 0, waves, wave, 1, 0, flags);
            fft->plane_back = fftw_plan_many_dft_c2r(2, n12, 1, waves, wave, 1, 0, grid, real, 1, 0, flags);
            fft->columns_forth = fftw_plan_many_dft(1, s->n, count, waves, NULL, stride, 1, waves, NULL,
                                                    stride, 1, FFTW_FORWARD, flags);
            fft->columns_back = fftw_plan_many_dft(1, s->n, count, waves, NULL, stride, 1, waves, NULL,
                                                   stride, 1, FFTW_BACKWARD, flags);
        }
    }
    ili_free(grid);
    if (!fft || !fft->plane_forth || !fft->plane_back || !fft->columns_forth || !fft->columns_back) {
        ili_fft_destroy(&fft);
        return ili_no_memory(ctx, "a Fourier transform");
    }
    *out = fft;
    return IL_OK;
}

void ili_fft_destroy(ili_fft **fft) {
    if (!*fft) return;
    fftw_plan plans[] = {(*fft)->plane_forth, (*fft)->plane_back, (*fft)->columns_forth,
                         (*fft)->columns_back};
#pragma omp critical(ili_fft_planner)
    for (int p = 0; p < 4; p++)
        if (plans[p]) fftw_destroy_plan(plans[p]);
    ili_free(*fft);
    *fft = NULL;
}

void ili_fft_plane_forth(const ili_fft *fft, double *plane) {
    fftw_execute_dft_r2c(fft->plane_forth, plane, (fftw_complex *)plane);
}

void ili_fft_plane_back(const ili_fft *fft, double *plane) {
    fftw_execute_dft_c2r(fft->plane_back, (fftw_complex *)plane, plane);
}

void ili_fft_columns_forth(const ili_fft *fft, double *row) {
    fftw_execute_dft(fft->columns_forth, (fftw_complex *)row, (fftw_complex *)row);
}

void ili_fft_columns_back(const ili_fft *fft, double *row) {
    fftw_execute_dft(fft->columns_back, (fftw_complex *)row, (fftw_complex *)row);
}
