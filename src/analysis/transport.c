/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/transport.h"

#include "analysis/transport_frame.h"
#include "base/alloc.h"
#include "math/units.h"
#include "math/vec.h"

#include <string.h>

void ili_transport_destroy(ili_transport **transport) {
    ili_transport *t = *transport;
    if (!t) return;
    ili_free(t->slot);
    ili_free(t->share);
    ili_free(t->anchor);
    ili_free(t->first);
    ili_free(t->y);
    ili_free(t->curve);
    ili_lag_store_destroy(&t->store);
    ili_free(t);
    *transport = NULL;
}

static il_status check_plan(il_context *ctx, const ili_transport_plan *p) {
    if (p->n_groups < 1 || p->n_groups > ILI_GROUPS_MAX)
        return ili_fail(ctx, IL_E_INPUT, "transport: %d species to follow, expected 1 to %d", p->n_groups,
                        ILI_GROUPS_MAX);
    if (!(p->frame_time > 0.0) || !isfinite(p->frame_time))
        return ili_fail(ctx, IL_E_INPUT, "transport: frames are %g fs apart, expected a positive time",
                        p->frame_time);
    if (!(p->temperature > 0.0) || !isfinite(p->temperature))
        return ili_fail(ctx, IL_E_INPUT, "transport: temperature is %g K, expected a positive one",
                        p->temperature);
    for (int32_t i = 0; i < p->n_atoms; i++)
        if (p->group[i] < -1 || p->group[i] >= p->n_groups)
            return ili_fail(ctx, IL_E_INPUT, "transport: atom %d is in species %d, expected -1 to %d", i + 1,
                            p->group[i], p->n_groups - 1);
    if (p->reference == ILI_REFERENCE_FRAMEWORK && !p->framework)
        return ili_fail(ctx, IL_E_INPUT,
                        "transport: no atom is marked as framework, but it is the reference");
    return ili_cell_check(ctx, &p->cell, "transport");
}

/** Head atom of every body: the lowest of its atoms, itself when it has no body. head [n_atoms]; -1: not followed. */
static il_status find_heads(il_context *ctx, const ili_transport_plan *p, int32_t *head) {
    int32_t n_bodies = 0;
    for (int32_t i = 0; i < p->n_atoms; i++) {
        head[i] = p->group[i] < 0 ? -1 : i;
        if (p->body && p->body[i] >= n_bodies) n_bodies = p->body[i] + 1;
    }
    int32_t *first = ili_alloc((size_t)n_bodies, sizeof *first);
    if (!first) return ili_no_memory(ctx, "bodies");
    il_status status = IL_OK;
    for (int32_t i = 0; i < n_bodies; i++) first[i] = -1;
    for (int32_t i = 0; i < p->n_atoms; i++) {
        if (!p->body || p->body[i] < 0 || p->group[i] < 0) continue;
        int32_t *lead = &first[p->body[i]];
        if (*lead < 0) *lead = i;
        if (p->group[*lead] != p->group[i])
            IL_GO(ili_fail(ctx, IL_E_INPUT,
                           "transport: atoms %d and %d of one body are in species %s and %s, expected one",
                           *lead + 1, i + 1, p->groups[p->group[*lead]].name, p->groups[p->group[i]].name));
        head[i] = *lead;
    }
out:
    ili_free(first);
    return status;
}

/** Numbers the bodies group by group; the mass that each atom has in its body and in the reference. */
static il_status assign(il_context *ctx, const ili_transport_plan *p, ili_transport *t, const int32_t *head) {
    for (int g = 0; g < p->n_groups; g++) {
        t->groups[g] = p->groups[g];
        for (int32_t i = 0; i < p->n_atoms; i++)
            if (head[i] == i && p->group[i] == g) {
                t->slot[i] = t->n_bodies++;
                t->size[g]++;
            }
        if (t->size[g] == 0)
            return ili_fail(ctx, IL_E_INPUT, "transport: species %s has no atoms", p->groups[g].name);
    }
    double total = 0.0, all = 0.0;
    for (int32_t i = 0; i < p->n_atoms; i++) {
        if (!(p->mass[i] > 0.0))
            return ili_fail(ctx, IL_E_INPUT, "transport: atom %d has mass %g, expected a positive one", i + 1,
                            p->mass[i]);
        t->slot[i] = head[i] < 0 ? -1 : t->slot[head[i]];
        if (head[i] >= 0) t->share[head[i]] += p->mass[i];
        const bool counts = p->reference == ILI_REFERENCE_BARYCENTRE ||
                            (p->reference == ILI_REFERENCE_FRAMEWORK && p->framework[i]);
        if (counts) t->anchor[i] = p->mass[i];
        total += t->anchor[i];
        all += p->mass[i];
        if (p->group[i] >= 0) t->share_of_mass[p->group[i]] += p->mass[i];
    }
    for (int g = 0; g < p->n_groups; g++) t->share_of_mass[g] /= all;
    if (p->reference != ILI_REFERENCE_NONE && !(total > 0.0))
        return ili_fail(ctx, IL_E_INPUT,
                        "transport: no atom is marked as framework, but it is the reference");
    for (int32_t i = p->n_atoms - 1; i >= 0; i--) { /* heads, which hold the sum, come last */
        if (head[i] >= 0)
            t->share[i] = head[i] == i ? p->mass[i] / t->share[i] : p->mass[i] / t->share[head[i]];
        if (total > 0.0) t->anchor[i] /= total;
    }
    return IL_OK;
}

il_status ili_transport_create(il_context *ctx, const ili_transport_plan *plan, ili_transport **out) {
    IL_TRY(check_plan(ctx, plan));
    il_status status = IL_OK;
    const size_t n = (size_t)plan->n_atoms;
    ili_transport *t = ili_alloc(1, sizeof *t);
    int32_t *head = ili_alloc(n, sizeof *head);
    if (!t || !head) IL_GO(ili_no_memory(ctx, "transport"));
    t->n_atoms = plan->n_atoms;
    t->n_groups = plan->n_groups;
    t->cell = plan->cell;
    t->frame_time = plan->frame_time;
    t->temperature = plan->temperature;
    t->vibrations = plan->vibrations;
    t->reference = plan->reference;
    t->slot = ili_alloc(n, sizeof *t->slot);
    t->share = ili_alloc(n, sizeof *t->share);
    t->anchor = ili_alloc(n, sizeof *t->anchor);
    t->first = ili_alloc(n, sizeof *t->first);
    t->y = ili_alloc(n, sizeof *t->y);
    t->curve = ili_alloc(3 * ILI_LAG_MAX, sizeof *t->curve);
    if (!t->slot || !t->share || !t->anchor || !t->first || !t->y || !t->curve)
        IL_GO(ili_no_memory(ctx, "transport"));
    IL_GO(find_heads(ctx, plan, head));
    IL_GO(assign(ctx, plan, t, head));
    IL_GO(ili_lag_store_create(ctx, t->n_groups, t->size, &t->store));
out:
    ili_free(head);
    if (status != IL_OK)
        ili_transport_destroy(&t);
    else
        *out = t;
    return status;
}

il_status ili_transport_add(il_context *ctx, ili_transport *t, const ili_cell *cell, const double (*s)[3]) {
    double origin[3] = {0};
    memset(t->y, 0, (size_t)t->n_bodies * sizeof *t->y);
    for (int32_t i = 0; i < t->n_atoms; i++)
        for (int k = 0; k < 3; k++) {
            origin[k] += t->anchor[i] * s[i][k];
            if (t->slot[i] >= 0) t->y[t->slot[i]][k] += t->share[i] * s[i][k];
        }
    const bool is_first = ili_lag_store_frames(t->store) == 0;
    for (int32_t b = 0; b < t->n_bodies; b++) {
        double *y = t->y[b];
        ili_sub(y, origin, y);
        if (!isfinite(y[0] + y[1] + y[2]))
            return ili_fail(ctx, IL_E_NONFINITE, "transport: a position in frame %lld is not a finite number",
                            (long long)ili_lag_store_frames(t->store) + 1);
        if (is_first) memcpy(t->first[b], y, sizeof t->first[b]);
        ili_sub(y, t->first[b], y);
        ili_vec_mat(y, t->cell.h, y);
    }
    for (int a = 0; a < 3; a++)
        for (int k = 0; k < 3; k++) t->cell_sum[a][k] += cell->h[a][k];
    t->volume_sum += ili_cell_volume(cell);
    return ili_lag_store_add(ctx, t->store, t->y);
}

int64_t ili_transport_frames(const ili_transport *t) {
    return ili_lag_store_frames(t->store);
}

size_t ili_transport_memory(const ili_transport *t) {
    const size_t per_atom =
        sizeof *t->slot + sizeof *t->share + sizeof *t->anchor + sizeof *t->first + sizeof *t->y;
    return sizeof *t + (size_t)t->n_atoms * per_atom + 3 * ILI_LAG_MAX * sizeof *t->curve +
           ili_lag_store_memory(t->store);
}

void ili_transport_carry(ili_transport *t, ili_bytes *b) {
    ili_bytes_expect(b, 2); /* version of this layout */
    ili_bytes_expect(b, t->n_atoms);
    ili_bytes_expect(b, t->n_bodies);
    ili_bytes_carry(b, t->first, (size_t)t->n_bodies * sizeof *t->first);
    ili_bytes_carry(b, t->cell_sum, sizeof t->cell_sum);
    ili_bytes_carry(b, &t->volume_sum, sizeof t->volume_sum);
    ili_lag_store_carry(t->store, b);
}

double ili_transport_finite_size(double temperature, double viscosity, double length) {
    /* eV / (mPa s angstrom): 1 mPa s = 1e-3 J s/m^3 */
    const double eta = viscosity * 1e-3 / ILI_E_CHARGE_SI * 1e15 * 1e-30; /* eV fs/angstrom^3 */
    return 2.837297 * ILI_KB * temperature / (6.0 * ILI_PI * eta * length);
}

il_status ili_unwrap(il_context *ctx, const ili_cell *cell, int32_t n, const double (*s_in)[3],
                     double (*s_last)[3], double (*s_out)[3], bool is_first) {
    if (is_first) {
        memcpy(s_last, s_in, (size_t)n * sizeof *s_last);
        memcpy(s_out, s_in, (size_t)n * sizeof *s_out);
        return IL_OK;
    }
    for (int32_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) {
            double step = s_in[i][k] - s_last[i][k];
            if (cell->pbc[k]) step -= nearbyint(step);
            if (!(fabs(step) <= 1.0 / 3.0) && (cell->pbc[k] || !isfinite(step)))
                return ili_fail(
                    ctx, IL_E_INPUT,
                    "atom %d moves by %.3g of cell vector %c between two frames, more than a third "
                    "of it: frames are too far apart to tell where it went; write them more often",
                    i + 1, step, "abc"[k]);
        }
    for (int32_t i = 0; i < n; i++)
        for (int k = 0; k < 3;
             k++) { /* whole cells are added to what was read, so rounding does not pile up */
            if (cell->pbc[k])
                s_out[i][k] = s_in[i][k] + nearbyint(s_out[i][k] - s_in[i][k]);
            else
                s_out[i][k] = s_in[i][k];
            s_last[i][k] = s_in[i][k];
        }
    return IL_OK;
}
