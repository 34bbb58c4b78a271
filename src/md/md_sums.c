/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Sums over all atoms. They are cut into chunks of fixed length, each summed by one thread, and the chunks are added in order: the
 *  same bits at any number of threads. */
#include "md/md_state.h"

#include "math/vec.h"

#include <string.h>

enum { CHUNK = 1024, SUMS_MAX = 18 };

size_t ili_md_partial_size(int32_t n) {
    return ((size_t)n / CHUNK + 1) * SUMS_MAX;
}

void ili_md_sum(const ili_md *md, int32_t n, ili_md_part *part, int n_sums, double *sum) {
    const int32_t n_chunks = (n + CHUNK - 1) / CHUNK;
    double(*partial)[SUMS_MAX] = (double(*)[SUMS_MAX])md->partial;
#pragma omp parallel for schedule(static) num_threads(md->n_threads)
    for (int32_t c = 0; c < n_chunks; c++) {
        memset(partial[c], 0, sizeof partial[c]);
        part(md, c * CHUNK, n - c * CHUNK < CHUNK ? n : (c + 1) * CHUNK, partial[c]);
    }
    memset(sum, 0, (size_t)n_sums * sizeof *sum);
    for (int32_t c = 0; c < n_chunks; c++)
        for (int k = 0; k < n_sums; k++) sum[k] += partial[c][k];
}

/** Twice the kinetic energy, momentum, mass. */
static void motion_part(const ili_md *md, int32_t from, int32_t to, double *sum) {
    double twice = 0.0, p[3] = {0}, mass = 0.0;
    for (int32_t i = from; i < to; i++) {
        const double *v = md->v[i], m = md->mass[i];
        twice += m * ili_dot(v, v);
        mass += m;
        for (int k = 0; k < 3; k++) p[k] += m * v[k];
    }
    sum[0] = twice;
    memcpy(sum + 1, p, sizeof p);
    sum[4] = mass;
}

ili_md_totals ili_md_total(const ili_md *md) {
    double s[5];
    ili_md_sum(md, md->n, motion_part, 5, s);
    return (ili_md_totals){.kinetic = 0.5 * s[0], .momentum = {s[1], s[2], s[3]}, .mass = s[4]};
}

static void kinetic_part(const ili_md *md, int32_t from, int32_t to, double *sum) {
    double twice = 0.0;
    for (int32_t i = from; i < to; i++) twice += md->mass[i] * ili_dot(md->v[i], md->v[i]);
    sum[0] = twice;
}

double ili_md_kinetic(const ili_md *md) {
    double twice;
    ili_md_sum(md, md->n, kinetic_part, 1, &twice);
    return 0.5 * twice;
}

static void tensor_part(const ili_md *md, int32_t from, int32_t to, double *sum) {
    double t[6] = {0};
    for (int32_t i = from; i < to; i++) {
        const double *v = md->v[i], m = md->mass[i];
        t[0] += m * v[0] * v[0];
        t[1] += m * v[1] * v[1];
        t[2] += m * v[2] * v[2];
        t[3] += m * v[1] * v[2];
        t[4] += m * v[0] * v[2];
        t[5] += m * v[0] * v[1];
    }
    memcpy(sum, t, sizeof t);
}

void ili_md_kinetic_tensor(const ili_md *md, double k[6]) {
    ili_md_sum(md, md->n, tensor_part, 6, k);
}

void ili_md_shift_velocities(ili_md *md, const double shift[3]) {
#pragma omp parallel for schedule(static) num_threads(md->n_threads)
    for (int32_t i = 0; i < md->n; i++)
        for (int k = 0; k < 3; k++) md->v[i][k] += shift[k];
}

void ili_md_scale_velocities(ili_md *md, double factor) {
#pragma omp parallel for schedule(static) num_threads(md->n_threads)
    for (int32_t i = 0; i < md->n; i++)
        for (int k = 0; k < 3; k++) md->v[i][k] *= factor;
}
