/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/contact_build.h"

#include "base/alloc.h"
#include "math/vec.h"

#include <math.h>
#include <string.h>

static const double VACUUM =
    15.0; /* angstrom in the files; the engine sums slabs with no vacuum of its own need */
static const double FILM_GAP =
    1.6; /* angstrom between the highest atom of the crystal and the film when it is grown */

void ili_contact_geometry_free(ili_contact_geometry *g) {
    il_system_destroy(&g->a);
    il_system_destroy(&g->b);
    il_system_destroy(&g->b_free);
    *g = (ili_contact_geometry){0};
}

static void height_range(const il_system *sys, double *low, double *high) {
    *low = INFINITY;
    *high = -INFINITY;
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        *low = fmin(*low, sys->x[i][2]);
        *high = fmax(*high, sys->x[i][2]);
    }
}

static il_status build_slab(il_context *ctx, const ili_side *side, const int miller[3], double thickness,
                            int termination, il_system **slab, ili_termination *cut) {
    ili_slab_options o;
    ili_slab_options_default(&o);
    memcpy(o.miller, miller, sizeof o.miller);
    o.min_thickness = thickness;
    o.layers = 0;
    o.termination = termination;
    o.vacuum = VACUUM;
    return ili_slab_build(ctx, side->bulk, &o, slab, cut, NULL);
}

/** Model charges of the atoms, by the names of their species; 0 where the model has no such species. */
static il_status model_charges(il_context *ctx, const il_model *model, const il_system *sys,
                               double **charge) {
    *charge = ili_alloc((size_t)sys->n_atoms, sizeof **charge);
    if (!*charge) return ili_no_memory(ctx, "the charges of a slab");
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        int32_t s = ili_model_species_index(model, sys->species[sys->type[i]].name);
        if (s >= 0) (*charge)[i] = model->species[s].base.charge;
    }
    return IL_OK;
}

/** Move mobile ions between the faces of the finished supercell until its dipole is least; `turn` is the rotation that the
 *  slab went through in the plane since it was cut. */
static il_status lessen_dipole(il_context *ctx, const il_model *model, il_system *slab,
                               const double (*turn)[2], ili_termination *cut) {
    double *charge, stack[3] = {turn[0][0] * cut->stack[0] + turn[0][1] * cut->stack[1],
                                turn[1][0] * cut->stack[0] + turn[1][1] * cut->stack[1], cut->stack[2]};
    ili_slab_options o;
    ili_slab_options_default(&o);
    IL_TRY(model_charges(ctx, model, slab, &charge));
    il_status status = ili_slab_reconstruct(ctx, slab, charge, stack, o.depth, &cut->n_moved, &cut->residual);
    ili_free(charge);
    return status;
}

/** Smallest repeats that make both in-plane widths at least `width`. */
static il_status widen(il_context *ctx, il_system **slab, double width) {
    double w[3];
    ili_cell_widths(&(*slab)->cell, w);
    const int n[3] = {(int)fmax(1.0, ceil(width / w[0] - 1e-9)), (int)fmax(1.0, ceil(width / w[1] - 1e-9)),
                      1};
    il_system *wide;
    IL_TRY(ili_system_repeat(ctx, *slab, n, &wide));
    il_system_destroy(slab);
    *slab = wide;
    return IL_OK;
}

static il_status build_film(il_context *ctx, const ili_contact_plan *plan, const ili_side *side, int sample,
                            ili_contact_geometry *g) {
    double low, high;
    ili_polymer_options o;
    height_range(g->a, &low, &high);
    ili_polymer_options_default(&o);
    o.degree = (int)plan->degree;
    o.density = plan->density > 0.0 ? plan->density : side->unit->density;
    o.temperature = plan->temperature;
    o.z_low = high + FILM_GAP;
    o.z_high = o.z_low + plan->thickness_b;
    o.sample = (uint64_t)sample;
    for (int k = 0; k < 3; k++) g->a->cell.h[2][k] = k == 2 ? o.z_high + VACUUM : 0.0;
    IL_TRY(ili_polymer_grow(ctx, side->unit, &o, &g->a->cell, g->a, &g->b, &g->film));
    g->b->cell = g->a->cell;
    return IL_OK;
}

/** Slabs of both crystals on their smallest common cell. */
static il_status join_crystals(il_context *ctx, const ili_contact_plan *plan, const ili_side *side_b,
                               ili_contact_geometry *g) {
    il_system *slab_a = g->a, *slab_b = NULL;
    ili_match *matches = NULL;
    int n = 0;
    il_status status = IL_OK;
    double plane_a[2][2], plane_b[2][2];
    ili_match_options o;
    ili_match_options_default(&o);
    o.max_area = plan->max_area;
    o.max_strain = plan->max_strain / 100.0;
    g->a = NULL;
    IL_GO(
        build_slab(ctx, side_b, plan->miller_b, plan->thickness_b, plan->termination_b, &slab_b, &g->cut_b));
    ili_match_plane(slab_a, plane_a);
    ili_match_plane(slab_b, plane_b);
    IL_GO(ili_match_find(ctx, plane_a, plane_b, &o, &matches, &n));
    g->match = matches[0];
    IL_GO(ili_match_apply(ctx, slab_a, slab_b, &g->match, &g->a, &g->b));
    const int copies[3] = {g->match.n_b, 1, 1};
    memcpy(g->strain, g->match.small, sizeof g->strain);
    for (int r = 0; r < 2; r++) /* the surface cell of A as it lies in the common cell */
        for (int k = 0; k < 2; k++)
            g->registry[r][k] = g->match.f_a[k][0] * plane_a[r][0] + g->match.f_a[k][1] * plane_a[r][1];
    IL_GO(ili_system_repeat(ctx, slab_b, copies, &g->b_free));
out:
    ili_free(matches);
    il_system_destroy(&slab_a);
    il_system_destroy(&slab_b);
    return status;
}

il_status ili_contact_build(il_context *ctx, const ili_contact_plan *plan, const il_model *model,
                            const ili_side *side_a, const ili_side *side_b, int sample,
                            ili_contact_geometry *g) {
    static const double UNTURNED[2][2] = {{1, 0}, {0, 1}};
    il_status status = IL_OK;
    *g = (ili_contact_geometry){0};
    IL_GO(build_slab(ctx, side_a, plan->miller_a, plan->thickness_a, plan->termination_a, &g->a, &g->cut_a));
    if (side_b->unit) {
        IL_GO(widen(ctx, &g->a, plan->min_width));
        IL_GO(lessen_dipole(ctx, model, g->a, UNTURNED, &g->cut_a));
        IL_GO(build_film(ctx, plan, side_b, sample, g));
    } else {
        IL_GO(join_crystals(ctx, plan, side_b, g));
        IL_GO(lessen_dipole(ctx, model, g->a, g->match.f_a, &g->cut_a));
        g->cells_b = (double)g->b->n_atoms / side_b->bulk->n_atoms;
    }
    g->area = ili_cell_area(&g->a->cell);
    g->cells_a = (double)g->a->n_atoms / side_a->bulk->n_atoms;
out:
    if (status != IL_OK) ili_contact_geometry_free(g);
    return status;
}

il_status ili_contact_assemble(il_context *ctx, const ili_contact_geometry *g, double gap, double s0,
                               double s1, il_system **out) {
    double low_a, high_a, low_b, high_b, shift[3] = {0};
    il_system *ab = NULL;
    il_status status = IL_OK;
    IL_GO(ili_system_copy(ctx, g->a, &ab));
    IL_GO(ILI_SYSTEM_ARRAY(ctx, ab, side));
    IL_GO(ili_system_append(ctx, ab, g->b, 1));
    height_range(g->a, &low_a, &high_a);
    height_range(g->b, &low_b, &high_b);
    if (g->cells_b > 0.0) {
        for (int k = 0; k < 2; k++) shift[k] = s0 * g->registry[0][k] + s1 * g->registry[1][k];
        shift[2] = high_a + gap - low_b;
    }
    for (int32_t i = g->a->n_atoms; i < ab->n_atoms; i++)
        for (int k = 0; k < 3; k++) ab->x[i][k] += shift[k];
    ab->cell = g->a->cell;
    for (int k = 0; k < 3; k++) ab->cell.h[2][k] = k == 2 ? high_b + shift[2] - low_a + VACUUM : 0.0;
    ab->cell.pbc[2] = false;
out:
    if (status != IL_OK) il_system_destroy(&ab);
    *out = ab;
    return status;
}
