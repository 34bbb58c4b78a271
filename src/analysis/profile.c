/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/profile.h"

#include "analysis/blocksum.h"
#include "base/alloc.h"

#include <math.h>
#include <string.h>

/** A sample: 1, width of the cell, then count/bin volume of every group and bin. */
enum { SAMPLES, WIDTH, DENSITY };

struct ili_profile {
    ili_profile_plan plan;
    int32_t *group;
    ili_blocks blocks;
};

il_status ili_profile_create(il_context *ctx, const ili_profile_plan *plan, ili_profile **out) {
    il_status status = IL_OK;
    *out = NULL;
    if (!(plan->high > plan->low) || plan->n_bins < 1 || plan->n_groups < 1 || plan->axis < 0 ||
        plan->axis > 2)
        return ili_fail(
            ctx, IL_E_INPUT,
            "profile: %d bins from %g to %g of axis %d, expected at least one, upwards, of axis 0 to 2",
            plan->n_bins, plan->low, plan->high, plan->axis);
    ili_profile *p = ili_alloc(1, sizeof *p);
    if (!p) return ili_no_memory(ctx, "the density profile");
    p->plan = *plan;
    p->group = ili_alloc((size_t)plan->n_atoms, sizeof *p->group);
    if (!p->group) IL_GO(ili_no_memory(ctx, "the density profile"));
    memcpy(p->group, plan->group, (size_t)plan->n_atoms * sizeof *p->group);
    p->plan.group = p->group;
    IL_GO(ili_blocks_create(ctx, DENSITY + plan->n_groups * plan->n_bins, "the density profile", &p->blocks));
    *out = p;
    return IL_OK;
out:
    ili_profile_destroy(&p);
    return status;
}

void ili_profile_destroy(ili_profile **profile) {
    if (!*profile) return;
    ili_free((*profile)->group);
    ili_blocks_free(&(*profile)->blocks);
    ili_free(*profile);
    *profile = NULL;
}

il_status ili_profile_add(il_context *ctx, ili_profile *p, const ili_cell *cell, const double (*s)[3]) {
    const ili_profile_plan *plan = &p->plan;
    double width[3], per_bin = plan->n_bins / (plan->high - plan->low);
    double per_atom = per_bin / ili_cell_volume(cell), *sample = ili_blocks_open(&p->blocks);
    ili_cell_widths(cell, width);
    for (int32_t i = 0; i < plan->n_atoms; i++) {
        if (plan->group[i] < 0) continue;
        double t = s[i][plan->axis] - plan->low;
        if (!isfinite(t))
            return ili_fail(ctx, IL_E_NONFINITE, "profile: the position of atom %d is no number", i + 1);
        if (cell->pbc[plan->axis]) t -= floor(t);
        double bin = floor(t * per_bin);
        if (bin < 0.0 || bin >= plan->n_bins) continue;
        sample[DENSITY + plan->group[i] * plan->n_bins + (int32_t)bin] += per_atom;
    }
    sample[SAMPLES] += 1.0;
    sample[WIDTH] += width[plan->axis];
    ili_blocks_close(&p->blocks);
    return IL_OK;
}

int64_t ili_profile_frames(const ili_profile *p) {
    return ili_blocks_samples(&p->blocks);
}

size_t ili_profile_memory(const ili_profile *p) {
    return sizeof *p + (size_t)p->plan.n_atoms * sizeof *p->group + ili_blocks_memory(&p->blocks);
}

void ili_profile_carry(ili_profile *p, ili_bytes *bytes) {
    ili_blocks_carry(&p->blocks, bytes);
}

/** out: means of all values of a sample. */
static void means(const void *user, const double *sums, double *out) {
    const ili_profile *p = user;
    for (int32_t v = 0; v < p->blocks.n_values; v++) out[v] = sums[v] / sums[SAMPLES];
}

il_status ili_profile_result(il_context *ctx, const ili_profile *p, int32_t group, double *z, double *density,
                             double *sigma) {
    size_t n_values = (size_t)p->blocks.n_values, n = (size_t)p->plan.n_bins;
    size_t first = DENSITY + (size_t)group * n;
    il_status status = IL_OK;
    double *out = ili_alloc(2 * n_values, sizeof *out);
    if (!out) return ili_no_memory(ctx, "the density profile");
    IL_GO(ili_blocks_estimate(ctx, &p->blocks, 0, (int32_t)n_values, means, p, out, out + n_values, NULL));
    if (density) memcpy(density, out + first, n * sizeof *out);
    if (sigma) memcpy(sigma, out + n_values + first, n * sizeof *out);
    for (size_t k = 0; z && k < n; k++)
        z[k] = (p->plan.low + ((double)k + 0.5) * (p->plan.high - p->plan.low) / (double)n) * out[WIDTH];
out:
    ili_free(out);
    return status;
}
