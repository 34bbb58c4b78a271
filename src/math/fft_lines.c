/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stockham's form, which sorts by itself (Van Loan 1992, 1.7): a pass with radix r takes n = r m lines that are s apart,
 *     y[q + s (r p + k)] = w^(pk) sum_j x[q + s (p + m j)] exp(-2 pi i jk/r),   w = exp(-2 pi i/n),  q < s, p < m,
 * and the next one has n/r for n and r s for s. Back is forth with real and imaginary parts changing places. Passes run in a
 * fixed order, every lane by itself, so bits depend on nothing but the line. */
#include "math/fft_lines.h"

#include "base/alloc.h"
#include "base/hot.h"
#include "math/units.h"

#include <assert.h>
#include <math.h>

#define ALWAYS static inline __attribute__((always_inline))
enum { RADIX_MAX = 7, PASSES_MAX = 32 };

/** cos and sin of 2 pi j/r */
#define C31 -0.5
#define S31 0.86602540378443864676
#define C51 0.30901699437494742410
#define C52 -0.80901699437494742410
#define S51 0.95105651629515357212
#define S52 0.58778525229247312917
#define C71 0.62348980185873353053
#define C72 -0.22252093395631440429
#define C73 -0.90096886790241912624
#define S71 0.78183148246802980871
#define S72 0.97492791218182360702
#define S73 0.43388373911755812048
static const struct {
    double cosine[RADIX_MAX], sine[RADIX_MAX];
} circle[RADIX_MAX + 1] = {[3] = {{1, C31, C31}, {0, S31, -S31}},
                           [5] = {{1, C51, C52, C52, C51}, {0, S51, S52, -S52, -S51}},
                           [7] = {{1, C71, C72, C73, C73, C72, C71}, {0, S71, S72, S73, -S73, -S72, -S71}}};

#define real      float
#define OWN(name) name##_single
#include "math/fft_lines_body.h"
#undef real
#undef OWN
#define real      double
#define OWN(name) name##_double
#include "math/fft_lines_body.h"
#undef real
#undef OWN

typedef void pass_fn(int m, int s, const void *w, const void *x, void *y, int re);

static pass_fn *const passes[2][RADIX_MAX + 1] = {
    {[2] = pass2_double, [3] = pass3_double, [4] = pass4_double, [5] = pass5_double, [7] = pass7_double},
    {[2] = pass2_single, [3] = pass3_single, [4] = pass4_single, [5] = pass5_single, [7] = pass7_single}};

struct ili_fft_lines {
    bool is_single;
    int n, n_passes;
    struct {
        int radix, m, s;
        size_t factors; /**< where its factors begin, in bytes */
    } pass[PASSES_MAX];
    void *factors;
};

il_status ili_fft_lines_create(il_context *ctx, int n, bool is_single, ili_fft_lines **out) {
    static const int radices[] = {4, 2, 3, 5, 7};
    const size_t real = is_single ? sizeof(float) : sizeof(double);
    ili_fft_lines *l = *out = ili_alloc(1, sizeof *l);
    size_t count = 0;
    if (!l) return ili_no_memory(ctx, "a Fourier transform");
    l->n = n;
    l->is_single = is_single;
    int rest = n;
    for (int i = 0; i < 5; i++)
        for (; rest % radices[i] == 0; rest /= radices[i]) {
            l->pass[l->n_passes].radix = radices[i];
            l->pass[l->n_passes].m = rest / radices[i];
            l->pass[l->n_passes].s = n / rest;
            l->pass[l->n_passes++].factors = count * real;
            count += 2 * (size_t)(radices[i] - 1) * (size_t)(rest / radices[i] - 1);
        }
    l->factors = ili_alloc(count, real);
    assert(rest == 1);
    if (!l->factors) {
        ili_fft_lines_destroy(out);
        return ili_no_memory(ctx, "a Fourier transform");
    }
    for (int i = 0; i < l->n_passes; i++)
        (is_single ? set_factors_single : set_factors_double)(l->factors, l->pass[i].factors / real,
                                                              l->pass[i].radix, l->pass[i].m);
    return IL_OK;
}

void ili_fft_lines_destroy(ili_fft_lines **lines) {
    if (!*lines) return;
    ili_free((*lines)->factors);
    ili_free(*lines);
    *lines = NULL;
}

static void *run(const ili_fft_lines *l, void *block, void *other, int re) {
    for (int i = 0; i < l->n_passes; i++) {
        passes[l->is_single][l->pass[i].radix](l->pass[i].m, l->pass[i].s,
                                               (char *)l->factors + l->pass[i].factors, block, other, re);
        void *t = block;
        block = other;
        other = t;
    }
    return block;
}

void *ili_fft_lines_forth(const ili_fft_lines *lines, void *block, void *other) {
    return run(lines, block, other, 0);
}

void *ili_fft_lines_back(const ili_fft_lines *lines, void *block, void *other) {
    return run(lines, block, other, 1);
}
