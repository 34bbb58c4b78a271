/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loop plan. All transforms are of lines side by side in lanes (math/fft_lines.h). Columns are so already: a block takes LANES
 * neighbours. Rows are turned into lanes first, two real rows as one complex line. Blocks stand on the stack; a point takes
 * ILI_FFT_POINT bytes, whatever the precision. */
#include "math/fft.h"

#include "base/alloc.h"
#include "base/hot.h"
#include "math/fft_lines.h"

#include <string.h>

#define ALWAYS static inline __attribute__((always_inline))
enum { QUAD = 4, LONGEST = 4096 /* blocks of this many points fit on the stack of a thread */ };

#define real      float
#define LANES     ILI_FFT_LANES_SINGLE
#define OWN(name) name##_single
#include "math/fft_body.h"
#undef real
#undef LANES
#undef OWN
#define real      double
#define LANES     ILI_FFT_LANES_DOUBLE
#define OWN(name) name##_double
#include "math/fft_body.h"
#undef real
#undef LANES
#undef OWN

typedef struct moves {
    int lanes;
    size_t real;
    void (*load_columns)(const void *grid, size_t stride, int n, int count, void *block);
    void (*store_columns)(void *grid, size_t stride, int n, int count, const void *block);
    void (*load_rows)(const void *grid, size_t row, int n, int count, void *block);
    void (*store_rows)(void *grid, size_t row, int n, int count, const void *block);
    void (*part_rows)(int n, const void *block, void *waves);
    void (*unite_rows)(int n, const void *waves, void *block);
} moves;

#define MOVES(name, real, lanes)                                                                             \
    {                                                                                                        \
        lanes, sizeof(real), load_columns_##name, store_columns_##name, load_rows_##name, store_rows_##name, \
            part_rows_##name, unite_rows_##name                                                              \
    }
static const moves move_table[] = {MOVES(double, double, ILI_FFT_LANES_DOUBLE),
                                   MOVES(single, float, ILI_FFT_LANES_SINGLE)};

struct ili_fft {
    ili_fft_shape shape;
    const moves *move;
    ili_fft_lines *lines[3]; /**< by axis */
};

ili_fft_shape ili_fft_shape_of(const int n[3], int extra, bool is_single) {
    ili_fft_shape s = {.n = {n[0], n[1], n[2]}, .is_single = is_single};
    size_t reals = (size_t)(n[2] + extra), complexes = 2 * ((size_t)n[2] / 2 + 1);
    size_t align = 64 / move_table[is_single].real;
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
    for (int d = 0; d < 3; d++)
        if (s->n[d] > LONGEST)
            return ili_fail(
                ctx, IL_E_INPUT,
                "a mesh for Fourier transforms needs %d points along one axis, expected at most %d; "
                "ask for a lower accuracy or a smaller cell",
                s->n[d], LONGEST);
    ili_fft *fft = *out = ili_alloc(1, sizeof *fft);
    il_status status = fft ? IL_OK : ili_no_memory(ctx, "a Fourier transform");
    if (fft) {
        fft->shape = *s;
        fft->move = &move_table[s->is_single];
    }
    for (int d = 0; d < 3 && status == IL_OK; d++)
        status = ili_fft_lines_create(ctx, s->n[d], s->is_single, &fft->lines[d]);
    if (status != IL_OK) ili_fft_destroy(out);
    return status;
}

void ili_fft_destroy(ili_fft **fft) {
    if (!*fft) return;
    for (int d = 0; d < 3; d++) ili_fft_lines_destroy(&(*fft)->lines[d]);
    ili_free(*fft);
    *fft = NULL;
}

static size_t max_size(size_t a, size_t b) {
    return a > b ? a : b;
}

/** Columns along an axis, `stride` reals from point to point, through the waves of a row. */
static void transform_columns(const ili_fft *fft, int axis, void *row, size_t stride, bool is_back) {
    const moves *m = fft->move;
    const int n = fft->shape.n[axis], waves = fft->shape.n[2] / 2 + 1;
    _Alignas(64) char blocks[2][(size_t)n * ILI_FFT_POINT];
    for (int first = 0; first < waves; first += m->lanes) {
        const int count = waves - first < m->lanes ? waves - first : m->lanes;
        char *at = (char *)row + 2 * (size_t)first * m->real;
        m->load_columns(at, stride, n, count, blocks[0]);
        const void *result =
            (is_back ? ili_fft_lines_back : ili_fft_lines_forth)(fft->lines[axis], blocks[0], blocks[1]);
        m->store_columns(at, stride, n, count, result);
    }
}

void ili_fft_plane_forth(const ili_fft *fft, void *plane) {
    const moves *m = fft->move;
    const size_t row = fft->shape.row;
    const int n = fft->shape.n[2], rows = fft->shape.n[1];
    _Alignas(64) char blocks[2][max_size((size_t)n, 2 * ((size_t)n / 2 + 1)) * ILI_FFT_POINT];
    for (int first = 0; first < rows; first += 2 * m->lanes) {
        const int count = rows - first < 2 * m->lanes ? rows - first : 2 * m->lanes;
        char *at = (char *)plane + (size_t)first * row * m->real;
        m->load_rows(at, row, n, count, blocks[0]);
        void *result = ili_fft_lines_forth(fft->lines[2], blocks[0], blocks[1]),
             *other = result == blocks[0] ? blocks[1] : blocks[0];
        m->part_rows(n, result, other);
        m->store_rows(at, row, 2 * (n / 2 + 1), count, other);
    }
    transform_columns(fft, 1, plane, row, false);
}

void ili_fft_plane_back(const ili_fft *fft, void *plane) {
    const moves *m = fft->move;
    const size_t row = fft->shape.row;
    const int n = fft->shape.n[2], rows = fft->shape.n[1];
    _Alignas(64) char blocks[2][max_size((size_t)n, 2 * ((size_t)n / 2 + 1)) * ILI_FFT_POINT];
    transform_columns(fft, 1, plane, row, true);
    for (int first = 0; first < rows; first += 2 * m->lanes) {
        const int count = rows - first < 2 * m->lanes ? rows - first : 2 * m->lanes;
        char *at = (char *)plane + (size_t)first * row * m->real;
        m->load_rows(at, row, 2 * (n / 2 + 1), count, blocks[0]);
        m->unite_rows(n, blocks[0], blocks[1]);
        m->store_rows(at, row, n, count, ili_fft_lines_back(fft->lines[2], blocks[1], blocks[0]));
    }
}

void ili_fft_columns_forth(const ili_fft *fft, void *row) {
    transform_columns(fft, 0, row, fft->shape.plane, false);
}

void ili_fft_columns_back(const ili_fft *fft, void *row) {
    transform_columns(fft, 0, row, fft->shape.plane, true);
}
