/* SPDX-License-Identifier: GPL-3.0-or-later */
/** E_form = (E_AB - E_A - E_B)/A, theory.md (6.1). Slabs are relaxed before they meet. A and B alone are relaxed once more
 *  from what is left when the other side is lifted off the relaxed contact, and the lower energy counts: soft sides
 *  (chains, mobile ions) have many minima, and comparing different ones would put their difference into the contact. A film
 *  and its crystal are parted and joined in turns, so that both descriptions get the same number of chances. */
#include "task/contact_energy.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "math/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void ili_contact_sample_free(ili_contact_sample *s) {
    ili_contact_geometry_free(&s->geometry);
    il_system_destroy(&s->relaxed);
    *s = (ili_contact_sample){0};
}

/** Separates the rattling of slabs from other uses of the seed. */
#define RATTLE_STREAM (UINT64_C(0x7261) << 32)

/** What all steps of one evaluation share. */
typedef struct job {
    const il_model *model;
    const il_ff_options *settings;
    const ili_contact_effort *effort;
    ili_relaxer *relaxer;
    ili_journal *journal;
    ili_contact_sample *sample;
} job;

static il_status energy_of(il_context *ctx, const job *j, const il_system *sys, double *energy) {
    il_ff *ff = NULL;
    ili_ff_result r = {0};
    il_status status = il_ff_create(ctx, j->model, sys, j->settings, &ff);
    if (status == IL_OK) status = ili_ff_evaluate(ctx, ff, &sys->cell, (const double(*)[3])sys->x, &r);
    il_ff_destroy(&ff);
    *energy = r.energy;
    return status;
}

/** Small seeded displacements: a slab as cut may rest on a saddle point of its symmetry, from which no force leads. */
static void rattle(const il_context *ctx, const job *j, il_system *sys) {
    static const double AMPLITUDE = 0.03; /* angstrom, standard deviation of a component */
    ili_rng rng = ili_rng_make(ctx->seed, RATTLE_STREAM + (uint64_t)j->sample->number * 4096 +
                                              (uint64_t)j->sample->n_relaxed);
    for (int32_t i = 0; i < sys->n_atoms; i++)
        for (int k = 0; k < 3; k++) sys->x[i][k] += AMPLITUDE * ili_rng_normal(&rng);
}

static ili_relax_options relaxation_of(const job *j, const char *label) {
    ili_relax_options o = ili_relax_defaults();
    o.force_tolerance = j->effort->force_tolerance;
    o.max_steps = j->effort->max_steps;
    o.label = label;
    return o;
}

static il_status relax(il_context *ctx, const job *j, const char *label, il_system *sys,
                       ili_relax_result *r) {
    const ili_relax_options o = relaxation_of(j, label);
    bool known;
    rattle(ctx, j, sys);
    j->sample->n_relaxed++;
    IL_TRY(ili_journal_next(ctx, j->journal, sys, r, &known));
    if (known) {
        ili_relaxer_found(j->relaxer, r);
        return IL_OK;
    }
    IL_TRY(ili_relaxer_relax(ctx, j->relaxer, j->model, j->settings, &o, sys, r));
    return ili_journal_add(ctx, j->journal, sys, r);
}

/** Relax `sys`; the lower of *energy and the outcome stays. */
static il_status relax_alone(il_context *ctx, const job *j, const char *label, il_system *sys, double *energy,
                             bool *converged) {
    ili_relax_result r = {0};
    IL_TRY(relax(ctx, j, label, sys, &r));
    if (!isfinite(*energy) || r.energy < *energy) *energy = r.energy;
    *converged = *converged && r.converged;
    return IL_OK;
}

/** One side of an assembled contact. */
static il_status take_side(il_context *ctx, const il_system *ab, int side, il_system **out) {
    bool *keep = ili_alloc((size_t)ab->n_atoms, sizeof *keep);
    if (!keep) return ili_no_memory(ctx, "one side of the contact");
    for (int32_t i = 0; i < ab->n_atoms; i++) keep[i] = ab->side[i] == side;
    il_status status = ili_system_copy(ctx, ab, out);
    if (status == IL_OK) ili_system_filter(*out, keep);
    ili_free(keep);
    return status;
}

double ili_contact_gap(int k) {
    return 1.0 + 0.25 * k;
}

/** Rigid energies (eV) over gaps and the lowest of them. Films are kept where they were grown: one energy. */
static il_status scan_gap(il_context *ctx, const job *j, ili_registry *reg) {
    const ili_contact_geometry *g = &j->sample->geometry;
    int n = g->cells_b > 0.0 ? ILI_GAPS : 1;
    reg->rigid = INFINITY;
    for (int k = 0; k < ILI_GAPS; k++) reg->curve[k] = NAN;
    for (int k = 0; k < n; k++) {
        il_system *ab;
        double energy;
        IL_TRY(ili_contact_assemble(ctx, g, ili_contact_gap(k), reg->shift[0], reg->shift[1], &ab));
        il_status status = energy_of(ctx, j, ab, &energy);
        il_system_destroy(&ab);
        if (status == IL_E_NONFINITE) continue; /* atoms on top of each other: not this gap */
        IL_TRY(status);
        reg->curve[k] = energy;
        if (energy >= reg->rigid) continue;
        reg->rigid = energy;
        reg->gap_rigid = ili_contact_gap(k);
    }
    if (!isfinite(reg->rigid))
        return ili_fail(ctx, IL_E_NONFINITE, "the two sides overlap at every gap from %g to %g A",
                        ili_contact_gap(0), ili_contact_gap(ILI_GAPS - 1));
    return IL_OK;
}

/** Shifts of an R2 low-discrepancy sequence (the plastic number), the first at the origin. */
static void registry_shift(int k, double shift[2]) {
    static const double PLASTIC = 1.32471795724474602596;
    shift[0] = fmod(k / PLASTIC, 1.0);
    shift[1] = fmod(k / (PLASTIC * PLASTIC), 1.0);
}

/** Raise or lower B rigidly over A to the lowest energy. */
static il_status settle(il_context *ctx, const job *j, il_system *ab) {
    static const double LOWEST = -1.0, STEP = 0.25;
    enum { HEIGHTS = 13 };
    double energy, best = INFINITY, best_height = 0.0, at = 0.0;
    for (int k = 0; k <= HEIGHTS; k++) {
        double height = k < HEIGHTS ? LOWEST + k * STEP : best_height;
        for (int32_t i = 0; i < ab->n_atoms; i++)
            if (ab->side[i] == 1) ab->x[i][2] += height - at;
        at = height;
        if (k == HEIGHTS) break;
        il_status status = energy_of(ctx, j, ab, &energy);
        if (status == IL_E_NONFINITE) continue; /* overlap: not this height */
        IL_TRY(status);
        if (energy >= best) continue;
        best = energy;
        best_height = height;
    }
    return IL_OK;
}

/** The contact of a registry where its relaxation begins. */
static il_status lay_on(il_context *ctx, const job *j, int k, il_system **ab) {
    ili_contact_sample *s = j->sample;
    ili_registry *reg = &s->registry[k];
    registry_shift(k, reg->shift);
    IL_TRY(scan_gap(ctx, j, reg));
    IL_TRY(ili_contact_assemble(ctx, &s->geometry, reg->gap_rigid, reg->shift[0], reg->shift[1], ab));
    return s->geometry.cells_b > 0.0 ? IL_OK : settle(ctx, j, *ab);
}

static int count_registries(const job *j) {
    return j->sample->geometry.cells_b > 0.0 ? j->effort->registries : 1;
}

/** Relax every registry; keep the lowest contact and its starting geometry. */
static il_status relax_registries(il_context *ctx, const job *j, il_system **before) {
    ili_contact_sample *s = j->sample;
    il_status status = IL_OK;
    il_system *ab = NULL, *start = NULL;
    s->n_registries = count_registries(j);
    for (int k = 0; k < s->n_registries; k++) {
        ili_registry *reg = &s->registry[k];
        ili_relax_result r = {0};
        char label[64];
        IL_GO(lay_on(ctx, j, k, &ab));
        IL_GO(ili_system_copy(ctx, ab, &start));
        snprintf(label, sizeof label, "sample %d, registry %d of %d", s->number + 1, k + 1, s->n_registries);
        IL_GO(relax(ctx, j, label, ab, &r));
        reg->energy = r.energy;
        reg->converged = r.converged;
        reg->force_max = r.force_max;
        if (k == 0 || reg->energy < s->registry[s->best].energy) {
            s->best = k;
            il_system_destroy(&s->relaxed);
            il_system_destroy(before);
            s->relaxed = ab;
            *before = start;
            ab = start = NULL;
        }
        il_system_destroy(&ab);
        il_system_destroy(&start);
    }
out:
    il_system_destroy(&ab);
    il_system_destroy(&start);
    return status;
}

/** Energies of the sides: relaxed alone, lifted off rigidly, and B at its own lattice. */
typedef struct side_energies {
    double a, b, b_free, rigid_a, rigid_b;
} side_energies;

/** Relax the slabs before they meet; the contact is assembled from relaxed slabs. A film stays as it was grown: without
 *  the crystal under it, it would spread into the crystal's place. */
static il_status relax_slabs(il_context *ctx, const job *j, side_energies *e) {
    ili_contact_sample *s = j->sample;
    ili_relax_result r = {0};
    *e = (side_energies){.a = NAN, .b = NAN, .b_free = NAN};
    IL_TRY(relax(ctx, j, "side A alone", s->geometry.a, &r));
    e->a = r.energy;
    s->converged = r.converged;
    if (!(s->geometry.cells_b > 0.0)) return IL_OK;
    IL_TRY(relax(ctx, j, "side B alone", s->geometry.b, &r));
    e->b = r.energy;
    s->converged = s->converged && r.converged;
    return relax_alone(ctx, j, "side B at its own lattice", s->geometry.b_free, &e->b_free, &s->converged);
}

/** Lift B off the relaxed contact; relax what is left of each side into part[], and count the lower energy. */
static il_status lift_off(il_context *ctx, const job *j, side_energies *e, il_system *part[2]) {
    ili_contact_sample *s = j->sample;
    for (int side = 0; side < 2; side++) {
        il_system_destroy(&part[side]);
        IL_TRY(take_side(ctx, s->relaxed, side, &part[side]));
    }
    IL_TRY(energy_of(ctx, j, part[0], &e->rigid_a));
    IL_TRY(energy_of(ctx, j, part[1], &e->rigid_b));
    IL_TRY(relax_alone(ctx, j, "side A as left by B", part[0], &e->a, &s->converged));
    return relax_alone(ctx, j, "side B as left by A", part[1], &e->b, &s->converged);
}

/** Join the sides as they relaxed alone once more. The sides of a film have found lower minima apart; the contact gets
 *  the same chance. *lower: it found one, by more than CYCLE_GAIN. */
static il_status rejoin(il_context *ctx, const job *j, il_system *const part[2], bool *lower) {
    static const double CYCLE_GAIN = 1e-3; /* eV */
    ili_contact_sample *s = j->sample;
    ili_registry *reg = &s->registry[s->best];
    ili_relax_result r = {0};
    il_system *ab = NULL;
    il_status status = IL_OK;
    IL_GO(ili_system_copy(ctx, part[0], &ab));
    IL_GO(ili_system_append(ctx, ab, part[1], 1));
    IL_GO(settle(ctx, j, ab));
    IL_GO(relax(ctx, j, "contact joined again", ab, &r));
    *lower = r.energy < reg->energy - CYCLE_GAIN;
    if (*lower) { /* or else the rigid energies of the sides would be those of another contact */
        reg->energy = r.energy;
        reg->converged = r.converged;
        reg->force_max = r.force_max;
        il_system_destroy(&s->relaxed);
        s->relaxed = ab;
        ab = NULL;
    }
out:
    il_system_destroy(&ab);
    return status;
}

/** B as the contact left it, with the strain of the match taken back: the second start of B at its own lattice. */
static il_status relax_unstrained(il_context *ctx, const job *j, il_system *b, side_energies *e) {
    const double(*f)[2] = j->sample->geometry.match.f_b;
    double det = f[0][0] * f[1][1] - f[0][1] * f[1][0];
    const double back[2][2] = {{f[1][1] / det, -f[0][1] / det}, {-f[1][0] / det, f[0][0] / det}};
    ili_slab_deform(b, back);
    return relax_alone(ctx, j, "side B unstrained, as left by A", b, &e->b_free, &j->sample->converged);
}

/** The sides alone; for films in turns with the contact, until neither gains. */
static il_status separate(il_context *ctx, const job *j, side_energies *e) {
    enum { CYCLES = 3 };
    il_system *part[2] = {NULL, NULL};
    il_status status = IL_OK;
    bool is_film = !(j->sample->geometry.cells_b > 0.0), lower = true;
    for (int cycle = 0; lower && cycle < CYCLES; cycle++) {
        IL_GO(lift_off(ctx, j, e, part));
        lower = false;
        if (is_film && cycle + 1 < CYCLES) IL_GO(rejoin(ctx, j, part, &lower));
    }
    if (is_film)
        e->b_free = e->b;
    else
        IL_GO(relax_unstrained(ctx, j, part[1], e));
out:
    il_system_destroy(&part[0]);
    il_system_destroy(&part[1]);
    return status;
}

/** Atoms of B below the topmost framework atom of A by more than ILI_ENTERED. Alkali ions are not framework; molecules lie
 *  in the hollows of a face without having entered it. */
static int32_t count_entered(const il_system *ab) {
    double top = -INFINITY, top_any = -INFINITY;
    int32_t n = 0;
    if (ab->n_bonds) return 0;
    for (int32_t i = 0; i < ab->n_atoms; i++) {
        int z = ab->species[ab->type[i]].z;
        bool alkali = z == 3 || z == 11 || z == 19;
        if (ab->side[i] == 0) top_any = fmax(top_any, ab->x[i][2]);
        if (ab->side[i] == 0 && !alkali) top = fmax(top, ab->x[i][2]);
    }
    if (!isfinite(top)) top = top_any; /* A is an alkali metal */
    for (int32_t i = 0; i < ab->n_atoms; i++) n += ab->side[i] == 1 && ab->x[i][2] < top - ILI_ENTERED;
    return n;
}

/** Mean surface energy of the two faces of a slab at its own lattice, J/m2; area is that of this slab. */
static double surface_energy(double energy, double cells, double bulk_energy, double area) {
    return cells > 0.0 ? (energy - cells * bulk_energy) / (2.0 * area) * ILI_J_PER_M2 : NAN;
}

il_status ili_contact_starts(il_context *ctx, const il_model *model, const il_ff_options *settings,
                             const ili_contact_effort *effort, ili_contact_sample *s,
                             ili_contact_start_fn see, void *user) {
    const job j = {.model = model, .settings = settings, .effort = effort, .sample = s};
    const ili_contact_geometry *g = &s->geometry;
    const bool is_film = !(g->cells_b > 0.0);
    const il_system *const slabs[] = {g->a, is_film ? NULL : g->b, is_film ? NULL : g->b_free};
    static const char *const names[] = {"slab-a", "slab-b", "slab-b-unstrained"};
    char label[64];
    for (int k = 0; k < 3; k++) {
        const ili_relax_options o = relaxation_of(&j, names[k]);
        if (slabs[k]) IL_TRY(see(ctx, user, names[k], slabs[k], &o));
    }
    for (int k = 0; k < count_registries(&j); k++) {
        il_system *ab = NULL;
        snprintf(label, sizeof label, "registry-%d", k + 1);
        const ili_relax_options o = relaxation_of(&j, label);
        il_status status = lay_on(ctx, &j, k, &ab);
        if (status == IL_OK) status = see(ctx, user, label, ab, &o);
        il_system_destroy(&ab);
        IL_TRY(status);
    }
    return IL_OK;
}

il_status ili_contact_evaluate(il_context *ctx, const il_model *model, const il_ff_options *settings,
                               const ili_contact_effort *effort, ili_relaxer *relaxer, ili_journal *journal,
                               const ili_side *side_a, const ili_side *side_b, ili_contact_sample *s) {
    const job j = {.model = model,
                   .settings = settings,
                   .effort = effort,
                   .relaxer = relaxer,
                   .journal = journal,
                   .sample = s};
    const ili_contact_geometry *g = &s->geometry;
    il_system *before = NULL;
    il_status status = IL_OK;
    side_energies e;
    IL_GO(relax_slabs(ctx, &j, &e));
    IL_GO(relax_registries(ctx, &j, &before));
    IL_GO(separate(ctx, &j, &e));
    IL_GO(ili_network_compare(ctx, before, s->relaxed, &s->network));
    s->n_entered = count_entered(s->relaxed);
    double per_area = ILI_J_PER_M2 / g->area, best = s->registry[s->best].energy;
    for (int k = 0; k < s->n_registries; k++) {
        s->registry[k].rigid = (s->registry[k].rigid - e.a - e.b) * per_area;
        for (int m = 0; m < ILI_GAPS; m++)
            s->registry[k].curve[m] = (s->registry[k].curve[m] - e.a - e.b) * per_area;
        s->registry[k].e_form = (s->registry[k].energy - e.a - e.b) * per_area;
    }
    s->e_rigid = g->cells_b > 0.0 ? INFINITY : NAN;
    for (int k = 0; k < s->n_registries && g->cells_b > 0.0; k++)
        s->e_rigid = fmin(s->e_rigid, s->registry[k].rigid);
    s->converged = s->converged && s->registry[s->best].converged;
    s->relaxations = relaxer->count;
    ili_relaxer_add(&s->relaxations, &side_a->relaxations);
    ili_relaxer_add(&s->relaxations, &side_b->relaxations);
    s->area = g->area;
    s->n_atoms_a = g->a->n_atoms;
    s->n_atoms_b = g->b->n_atoms;
    s->energy_a = e.a;
    s->energy_b = e.b;
    s->e_form = (best - e.a - e.b) * per_area;
    s->e_form_free = (best - e.a - e.b_free) * per_area;
    s->w_ad = (e.rigid_a + e.rigid_b - best) * per_area;
    s->sigma_a = surface_energy(e.a, g->cells_a, side_a->bulk_energy, g->area);
    s->sigma_b = surface_energy(e.b_free, g->cells_b, side_b->bulk_energy,
                                g->b_free ? ili_cell_area(&g->b_free->cell) : NAN);
    s->gamma = s->e_form + s->sigma_a + s->sigma_b;
out:
    il_system_destroy(&before);
    return status;
}
