/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one file that includes fftw3.h. FFTW_ESTIMATE: a plan then depends on the shape alone, and runs repeat bit for bit.
 * FFTW's own threads are not used: how they cut the work may change with their number. */
#include "math/fft.h"

#include "base/alloc.h"

#include <fftw3.h>

enum { ALIGN = 64 /* bytes */ };
enum { PLANE_FORTH, PLANE_BACK, COLUMNS_FORTH, COLUMNS_BACK, N_PLANS };

struct ili_fft {
    bool is_single;
    void *plan[N_PLANS];
};

#define real       float
#define FFTW(name) fftwf_##name
#define OWN(name)  name##_single
#include "math/fft_body.h"
#undef real
#undef FFTW
#undef OWN
#define real       double
#define FFTW(name) fftw_##name
#define OWN(name)  name##_double
#include "math/fft_body.h"
#undef real
#undef FFTW
#undef OWN

ili_fft_shape ili_fft_shape_of(const int n[3], int extra, bool is_single) {
    ili_fft_shape s = {.n = {n[0], n[1], n[2]}, .is_single = is_single};
    size_t reals = (size_t)(n[2] + extra), complexes = 2 * ((size_t)n[2] / 2 + 1);
    size_t align = ALIGN / (is_single ? sizeof(float) : sizeof(double));
    s.row = ((reals > complexes ? reals : complexes) + align - 1) / align * align;
    s.plane = s.row * (size_t)n[1] + align; /* the odd piece keeps columns off the same cache sets */
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
    bool ok = fft != NULL;
    if (ok) {
        fft->is_single = s->is_single;
        ok = s->is_single ? make_single(s, fft) : make_double(s, fft);
    }
    for (int p = 0; p < N_PLANS; p++) ok = ok && fft->plan[p];
    if (!ok) {
        ili_fft_destroy(&fft);
        return ili_no_memory(ctx, "a Fourier transform");
    }
    *out = fft;
    return IL_OK;
}

il_status ili_fft_create_columns(il_context *ctx, int n, int count, bool is_single, ili_fft **out) {
    ili_fft *fft = *out = ili_alloc(1, sizeof *fft);
    bool ok = fft != NULL;
    if (ok) {
        fft->is_single = is_single;
        ok = is_single ? make_columns_single(n, count, fft) : make_columns_double(n, count, fft);
    }
    if (ok && fft->plan[COLUMNS_FORTH] && fft->plan[COLUMNS_BACK]) return IL_OK;
    ili_fft_destroy(out);
    return ili_no_memory(ctx, "a Fourier transform");
}

void ili_fft_destroy(ili_fft **fft) {
    if (!*fft) return;
    if ((*fft)->is_single)
        unmake_single(*fft);
    else
        unmake_double(*fft);
    ili_free(*fft);
    *fft = NULL;
}

static void run(const ili_fft *fft, int plan, void *at) {
    if (fft->is_single)
        run_single(fft, plan, at);
    else
        run_double(fft, plan, at);
}

void ili_fft_plane_forth(const ili_fft *fft, void *plane) {
    run(fft, PLANE_FORTH, plane);
}

void ili_fft_plane_back(const ili_fft *fft, void *plane) {
    run(fft, PLANE_BACK, plane);
}

void ili_fft_columns_forth(const ili_fft *fft, void *row) {
    run(fft, COLUMNS_FORTH, row);
}

void ili_fft_columns_back(const ili_fft *fft, void *row) {
    run(fft, COLUMNS_BACK, row);
}
