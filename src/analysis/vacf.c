/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A sample: for every lag, in n_groups + 1 numbers, the origins that met this frame and the sums of v(0).v(t) by group. Each lag has
 *  one writer. The window of the transform is Hann's: 1 at lag 0, 0 at the last. */
#include "analysis/vacf.h"

#include "analysis/blocksum.h"
#include "analysis/origins.h"
#include "base/alloc.h"
#include "math/units.h"
#include "math/vec.h"

#include <string.h>

enum { WORTH_THREADS = 1000 }; /* products in a frame */

struct ili_vacf {
    ili_vacf_plan plan;
    int32_t *group, *n_of;
    double *wave; /**< [2 (n_lags - 1)] cos(pi k/(n_lags - 1)) */
    ili_origins origins;
    ili_blocks blocks;
};

il_status ili_vacf_create(il_context *ctx, const ili_vacf_plan *plan, ili_vacf **out) {
    il_status status = IL_OK;
    *out = NULL;
    if (plan->n_lags < 2 || plan->stride < 1 || plan->n_groups < 1 || !(plan->frame_time > 0.0))
        return ili_fail(ctx, IL_E_INPUT,
                        "velocity correlation: %d lags, an origin every %d frames of %g fs, expected at "
                        "least 2, 1 and more than 0",
                        plan->n_lags, plan->stride, plan->frame_time);
    ili_vacf *c = ili_alloc(1, sizeof *c);
    if (!c) return ili_no_memory(ctx, "the velocity correlation");
    int32_t keep = (plan->n_lags - 1) / plan->stride + 1, period = 2 * (plan->n_lags - 1);
    c->plan = *plan;
    c->group = ili_alloc((size_t)plan->n_atoms, sizeof *c->group);
    c->n_of = ili_alloc((size_t)plan->n_groups, sizeof *c->n_of);
    c->wave = ili_alloc((size_t)period, sizeof *c->wave);
    if (!c->group || !c->n_of || !c->wave) IL_GO(ili_no_memory(ctx, "the velocity correlation"));
    memcpy(c->group, plan->group, (size_t)plan->n_atoms * sizeof *c->group);
    c->plan.group = c->group;
    for (int32_t i = 0; i < plan->n_atoms; i++)
        if (c->group[i] >= 0) c->n_of[c->group[i]]++;
    for (int32_t k = 0; k < period; k++) c->wave[k] = cos(2.0 * ILI_PI * k / period);
    IL_GO(
        ili_origins_create(ctx, plan->n_atoms, plan->stride, keep, "the velocity correlation", &c->origins));
    IL_GO(
        ili_blocks_create(ctx, plan->n_lags * (plan->n_groups + 1), "the velocity correlation", &c->blocks));
    *out = c;
    return IL_OK;
out:
    ili_vacf_destroy(&c);
    return status;
}

void ili_vacf_destroy(ili_vacf **vacf) {
    if (!*vacf) return;
    ili_free((*vacf)->group);
    ili_free((*vacf)->n_of);
    ili_free((*vacf)->wave);
    ili_origins_free(&(*vacf)->origins);
    ili_blocks_free(&(*vacf)->blocks);
    ili_free(*vacf);
    *vacf = NULL;
}

il_status ili_vacf_add(il_context *ctx, ili_vacf *c, const double (*v)[3]) {
    const ili_vacf_plan *plan = &c->plan;
    if (!v)
        return ili_fail(ctx, IL_E_INPUT,
                        "the velocity correlation needs velocities, and the frames have none: write them "
                        "with the trajectory");
    ili_origins_push(&c->origins, v);
    double *sample = ili_blocks_open(&c->blocks);
    int32_t held = ili_origins_count(&c->origins);
#pragma omp parallel for schedule(static)                                                                    \
    num_threads(ctx->n_threads) if ((int64_t)held * plan->n_atoms >= WORTH_THREADS)
    for (int32_t k = 0; k < held; k++) {
        int64_t lag;
        const double(*v0)[3] = ili_origins_get(&c->origins, k, &lag);
        if (lag >= plan->n_lags) continue;
        double *sum = sample + (size_t)lag * (size_t)(plan->n_groups + 1);
        sum[0] += 1.0;
        for (int32_t i = 0; i < plan->n_atoms; i++)
            if (plan->group[i] >= 0) sum[1 + plan->group[i]] += ili_dot(v0[i], v[i]);
    }
    ili_blocks_close(&c->blocks);
    return IL_OK;
}

int64_t ili_vacf_frames(const ili_vacf *c) {
    return c->origins.frames;
}

size_t ili_vacf_memory(const ili_vacf *c) {
    return sizeof *c + (size_t)c->plan.n_atoms * sizeof *c->group +
           2 * (size_t)c->plan.n_lags * sizeof *c->wave + ili_origins_memory(&c->origins) +
           ili_blocks_memory(&c->blocks);
}

void ili_vacf_carry(ili_vacf *c, ili_bytes *bytes) {
    ili_origins_carry(&c->origins, bytes);
    ili_blocks_carry(&c->blocks, bytes);
}

double ili_vacf_frequency(const ili_vacf *c, int32_t k) {
    return k / (2.0 * (c->plan.n_lags - 1) * c->plan.frame_time);
}

typedef struct query {
    const ili_vacf *vacf;
    int32_t group;
} query;

/** out: c, d, dos, each [n_lags]. */
static void curves_of(const void *user, const double *sums, double *out) {
    const query *q = user;
    const ili_vacf_plan *plan = &q->vacf->plan;
    int32_t n = plan->n_lags, period = 2 * (n - 1);
    double *c = out, *d = out + n, *dos = out + 2 * n;
    for (int32_t k = 0; k < n; k++) {
        const double *sum = sums + (size_t)k * (size_t)(plan->n_groups + 1);
        c[k] = sum[1 + q->group] / (sum[0] * q->vacf->n_of[q->group]);
        d[k] = k == 0 ? 0.0 : d[k - 1] + plan->frame_time * (c[k - 1] + c[k]) / 6.0;
        dos[k] = 2.0 * plan->frame_time;
    }
    for (int32_t lag = 1; lag < n; lag++) {
        double window = 0.5 * (1.0 + cos(ILI_PI * lag / (n - 1)));
        double weight = 4.0 * plan->frame_time * window * c[lag] / c[0];
        for (int32_t k = 0; k < n; k++) dos[k] += weight * q->vacf->wave[(int64_t)k * lag % period];
    }
}

il_status ili_vacf_result(il_context *ctx, const ili_vacf *vacf, int32_t group, const ili_vacf_curves *w) {
    size_t n = (size_t)vacf->plan.n_lags;
    double *want[6] = {w->c, w->d, w->dos, w->c_sigma, w->d_sigma, w->dos_sigma};
    query q = {vacf, group};
    il_status status = IL_OK;
    double *out = ili_alloc(6 * n, sizeof *out);
    if (!out) return ili_no_memory(ctx, "the velocity correlation");
    IL_GO(ili_blocks_estimate(ctx, &vacf->blocks, vacf->plan.n_lags - 1, (int32_t)(3 * n), curves_of, &q, out,
                              out + 3 * n, NULL));
    for (int k = 0; k < 6; k++)
        if (want[k]) memcpy(want[k], out + (size_t)k * n, n * sizeof *out);
out:
    ili_free(out);
    return status;
}
