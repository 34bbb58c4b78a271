/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lithiate_slab.h"

#include "base/alloc.h"
#include "build/voids.h"
#include "math/units.h"
#include "math/vec.h"
#include "task/lithiate_place.h"
#include "task/slab_heights.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** Voids for an ion: the room first asked for and the least ever taken, in steps; the grid, angstrom. */
static const double ROOM = 1.7, ROOM_STEP = 0.1, SPACING = 0.4, APART = 0.8;
enum { ROOM_STEPS = 5 };

/** eV/angstrom^2 in N/m; N/m over angstrom in GPa. */
static const double N_PER_M = ILI_E_CHARGE_SI * 1e20, GPA = 10.0;

static const double SAME_CHARGE = 1e-6; /* e */
enum { PLACE_STEPS = 30, FRAMEWORK_LEAST = 3 };

typedef enum role { CERAMIC, METAL, GUEST } role;

/** A contact on its way. Atoms of the ceramic keep their numbers among themselves; heights are from the ceramic to the metal. */
typedef struct contact {
    const ili_slab_settings *o;
    il_system *sys;
    role *who;           /**< [n_atoms] */
    int32_t *layer;      /**< [n_atoms] that a guest was put into, from 0 */
    int32_t *frame;      /**< [heights.n] atoms of the framework */
    ili_heights heights; /**< of them, since step 0 */
    double up;           /**< of the metal along z: 1 above, -1 below */
    int32_t li, metal;   /**< species of the model: the ion and the metal */
    int32_t ion;         /**< species of an inserted ion in sys */
    double force0[2][3]; /**< N/m: ceramic, whole */
    double energy0;
    int n_li; /**< moved so far */
    ili_balance *balance;
    ili_relaxer relaxer;
    il_system *start; /**< ceramic at step 0 */
} contact;

static double height(const contact *c, int32_t i) {
    return c->up * c->sys->x[i][2];
}

static void contact_free(contact *c) {
    il_system_destroy(&c->sys);
    il_system_destroy(&c->start);
    ili_balance_destroy(&c->balance);
    ili_free(c->who);
    ili_free(c->layer);
    ili_free(c->frame);
    ili_heights_free(&c->heights);
}

void ili_slab_run_free(ili_slab_run *run) {
    il_system_destroy(&run->final);
}

const char *ili_slab_end_text(ili_slab_end end) {
    static const char *const texts[] = {"", "no metal is left",
                                        "no ion of the ceramic takes a further electron",
                                        "no void of the layer holds a further ion"};
    return texts[end];
}

/* ---- who is who ------------------------------------------------------------------------------------ */

/** The model's metal and its ion of one electron less, in the phase of the reducible ions. */
static il_status find_species(il_context *ctx, contact *c) {
    const il_model *m = c->o->model;
    c->metal = -1;
    IL_TRY(ili_lithiate_ion(ctx, m, &c->li));
    for (int32_t s = 0; s < m->n_species; s++)
        if (m->species[s].base.z == 3 && strcmp(m->species[s].phase, "metal") == 0 &&
            fabs(m->species[s].base.charge) < SAME_CHARGE)
            c->metal = s;
    if (c->metal < 0)
        return ili_fail(
            ctx, IL_E_INPUT,
            "the model %s has no lithium metal, expected a neutral species of lithium in the phase "
            "metal",
            m->name);
    return IL_OK;
}

static il_status check_plane(il_context *ctx, const ili_cell *cell) {
    double normal[3];
    if (!(cell->pbc[0] && cell->pbc[1] && !cell->pbc[2]))
        return ili_fail(ctx, IL_E_INPUT,
                        "the contact repeats along its third vector, expected a slab that is open there");
    ili_cross(cell->h[0], cell->h[1], normal);
    if (normal[2] < (1.0 - 1e-9) * ili_norm(normal) || cell->h[2][2] <= 0.0)
        return ili_fail(ctx, IL_E_INPUT,
                        "the plane of the contact does not lie in xy with a x b along z, as that of contacts "
                        "made by interface does");
    return IL_OK;
}

/** Roles by the species that the model binds each atom to; charge of the ceramic. */
static il_status set_roles(il_context *ctx, contact *c, double *charge) {
    const il_model *m = c->o->model;
    const char *phase = m->species[c->li].phase;
    ili_binding binding = {0};
    il_status status = IL_OK;
    *charge = 0.0;
    IL_GO(ili_bind(ctx, m, c->sys, true, &binding));
    for (int32_t i = 0; i < c->sys->n_atoms; i++) {
        const ili_model_species *s = &m->species[binding.type[i]];
        c->who[i] = binding.type[i] == c->metal ? METAL : CERAMIC;
        if (c->who[i] == METAL) continue;
        *charge += binding.charge[i];
        if (strcmp(s->phase, phase) != 0)
            IL_GO(ili_fail(
                ctx, IL_E_INPUT,
                "atom %d (%s) is of the phase '%s', expected a contact of '%s' and lithium metal only", i + 1,
                s->base.name, s->phase, phase));
    }
out:
    ili_binding_free(&binding);
    return status;
}

/** Lowest and highest z of a role; how many there are. */
static int32_t extent(const contact *c, role who, double *low, double *high) {
    int32_t n = 0;
    *low = INFINITY;
    *high = -INFINITY;
    for (int32_t i = 0; i < c->sys->n_atoms; i++) {
        if (c->who[i] != who) continue;
        *low = fmin(*low, c->sys->x[i][2]);
        *high = fmax(*high, c->sys->x[i][2]);
        n++;
    }
    return n;
}

static il_status tell_apart(il_context *ctx, contact *c) {
    const char *metal = c->o->model->species[c->metal].base.name;
    double charge, low[2], high[2];
    IL_TRY(set_roles(ctx, c, &charge));
    const int32_t n_ceramic = extent(c, CERAMIC, &low[CERAMIC], &high[CERAMIC]),
                  n_metal = extent(c, METAL, &low[METAL], &high[METAL]);
    if (n_ceramic == 0 || n_metal == 0)
        return ili_fail(ctx, IL_E_INPUT, "the contact holds no %s (species %s)",
                        n_metal ? "ceramic" : "metal", metal);
    if (fabs(charge) > SAME_CHARGE * n_ceramic)
        return ili_fail(ctx, IL_E_INPUT, "the ceramic of the contact has a charge of %+.4g e, expected none",
                        charge);
    const double middle = 0.5 * (low[CERAMIC] + high[CERAMIC]);
    c->up = low[METAL] > middle ? 1.0 : -1.0;
    if (c->up < 0.0 && high[METAL] >= middle)
        return ili_fail(ctx, IL_E_INPUT,
                        "the metal (species %s) reaches from z = %.4g to %.4g A across the middle of the "
                        "ceramic, %.4g A; expected it on one side",
                        metal, low[METAL], high[METAL], middle);
    return IL_OK;
}

/** The framework: the ceramic without its lithium. */
static il_status find_frame(il_context *ctx, contact *c) {
    int32_t n = 0;
    for (int32_t i = 0; i < c->sys->n_atoms; i++)
        if (c->who[i] == CERAMIC && c->sys->species[c->sys->type[i]].z != 3) c->frame[n++] = i;
    return ili_heights_make(ctx, n, &c->heights);
}

static void note_heights(contact *c) {
    for (int32_t i = 0; i < c->heights.n; i++) c->heights.after[i] = height(c, c->frame[i]);
}

/* ---- relaxation and what is measured --------------------------------------------------------------- */

/** What L-BFGS does not bring to its minimum FIRE tries, from where it ended. */
static il_status relax(il_context *ctx, contact *c, const char *label, ili_relax_result *r) {
    ili_relax_options o = ili_relax_defaults();
    o.force_tolerance = c->o->force_tolerance;
    o.max_steps = c->o->max_steps;
    o.label = label;
    IL_TRY(ili_balance_relax(ctx, c->balance, c->sys, &o, r, NULL));
    o.method = ILI_RELAX_FIRE;
    if (!r->converged) IL_TRY(ili_balance_relax(ctx, c->balance, c->sys, &o, r, NULL));
    note_heights(c);
    return IL_OK;
}

/** Atoms of some roles by themselves. */
static il_status part_of(il_context *ctx, const contact *c, unsigned roles, il_system **out) {
    bool *keep = ili_alloc((size_t)c->sys->n_atoms, sizeof *keep);
    if (!keep) return ili_no_memory(ctx, "a part of the contact");
    for (int32_t i = 0; i < c->sys->n_atoms; i++) keep[i] = roles >> c->who[i] & 1u;
    il_status status = ili_system_copy(ctx, c->sys, out);
    if (status == IL_OK) ili_system_filter(*out, keep);
    ili_free(keep);
    return status;
}

/** In-plane force per length of some roles as they lie, alone, N/m xx yy xy. */
static il_status force_of(il_context *ctx, const contact *c, unsigned roles, double force[3]) {
    static const int in_plane[] = {0, 1, 5};
    const il_model *used;
    il_system *part = NULL;
    il_ff *ff = NULL;
    ili_ff_result sums = {0};
    il_status status;
    IL_GO(ili_balance_model(ctx, c->balance, &used));
    IL_GO(part_of(ctx, c, roles, &part));
    IL_GO(il_ff_create(ctx, used, part, &c->o->ff, &ff));
    IL_GO(ili_ff_evaluate(ctx, ff, &part->cell, (const double(*)[3])part->x, &sums));
    for (int k = 0; k < 3; k++) force[k] = -N_PER_M * sums.w[in_plane[k]] / ili_cell_area(&part->cell);
out:
    il_ff_destroy(&ff);
    il_system_destroy(&part);
    return status;
}

/** The ceramic with what was put in, and the whole contact. */
static il_status forces(il_context *ctx, const contact *c, double force[2][3]) {
    IL_TRY(force_of(ctx, c, 1u << CERAMIC | 1u << GUEST, force[0]));
    return force_of(ctx, c, 1u << CERAMIC | 1u << GUEST | 1u << METAL, force[1]);
}

static int count_left(const contact *c) {
    int n = 0;
    for (int32_t i = 0; i < c->sys->n_atoms; i++) {
        if (c->who[i] != GUEST) continue;
        const ili_layer_now layer = ili_heights_layer(&c->heights, c->layer[i], c->o->thickness);
        n += ili_has_left(&layer, height(c, i));
    }
    return n;
}

static il_status measure(il_context *ctx, const contact *c, const ili_relax_result *r, ili_slab_step *step) {
    double now[2][3], low, high;
    il_system *ceramic = NULL;
    step->converged = r->converged;
    step->left_layer = count_left(c);
    step->n_metal = extent(c, METAL, &low, &high);
    step->depth = step->layers * c->o->thickness;
    step->strain = step->layers ? ili_heights_stretch(&c->heights, step->depth) : NAN;
    step->rise = ili_heights_rise(&c->heights);
    step->energy = step->n_li ? (r->energy - c->energy0) / step->n_li : NAN;
    IL_TRY(forces(ctx, c, now));
    for (int k = 0; k < 3; k++) {
        step->force[k] = now[0][k] - c->force0[0][k];
        step->stress[k] = step->layers ? GPA * step->force[k] / step->depth : NAN;
        step->stress_whole[k] = step->layers ? GPA * (now[1][k] - c->force0[1][k]) / step->depth : NAN;
    }
    step->plane = 0.5 * (step->stress[0] + step->stress[1]);
    step->plane_whole = 0.5 * (step->stress_whole[0] + step->stress_whole[1]);
    ili_balance_shares(c->balance, step->electrons);
    IL_TRY(part_of(ctx, c, 1u << CERAMIC, &ceramic));
    il_status status = ili_network_compare(ctx, c->start, ceramic, &step->network);
    il_system_destroy(&ceramic);
    return status;
}

/* ---- one ion --------------------------------------------------------------------------------------- */

/** The atom of the metal farthest from the ceramic; -1: none is left. */
static int32_t farthest_of_metal(const contact *c) {
    int32_t last = -1;
    for (int32_t i = 0; i < c->sys->n_atoms; i++)
        if (c->who[i] == METAL && (last < 0 || height(c, i) > height(c, last))) last = i;
    return last;
}

/** Energy with atom i as an ion at x and its electron in place, i relaxed alone; x becomes where it settles. All is as before after. */
static il_status try_place(il_context *ctx, contact *c, int32_t i, double x[3], double *energy) {
    ili_relax_options o = ili_relax_defaults();
    ili_relax_result r = {0};
    il_system *s = c->sys;
    const int32_t type = s->type[i];
    double home[3];
    bool *fixed = ili_alloc((size_t)s->n_atoms, sizeof *fixed);
    if (!fixed) return ili_no_memory(ctx, "places of an ion");
    for (int32_t k = 0; k < s->n_atoms; k++) fixed[k] = k != i;
    o.fixed = fixed;
    o.max_steps = PLACE_STEPS;
    o.force_tolerance = 10.0 * c->o->force_tolerance;
    memcpy(home, s->x[i], sizeof home);
    memcpy(s->x[i], x, sizeof home);
    s->type[i] = c->ion;
    il_status status = ili_balance_put(ctx, c->balance, s, i), back;
    if (status == IL_OK) {
        status = ili_balance_relax(ctx, c->balance, s, &o, &r, NULL);
        memcpy(x, s->x[i], sizeof home);
        back = ili_balance_take(ctx, c->balance, s);
        if (status == IL_OK) status = back;
    }
    *energy = r.energy;
    memcpy(s->x[i], home, sizeof home);
    s->type[i] = type;
    ili_free(fixed);
    return status;
}

/** Largest voids of layer k, at least `candidates` where there are so many; the room asked for shrinks until then. */
static il_status find_voids(il_context *ctx, const contact *c, int k, ili_void **voids, int32_t *n) {
    const ili_layer_now layer = ili_heights_layer(&c->heights, k, c->o->thickness);
    const double from = c->up > 0.0 ? layer.low : -layer.high, to = c->up > 0.0 ? layer.high : -layer.low;
    *voids = NULL;
    *n = 0;
    for (int step = 0; step <= ROOM_STEPS && *n < c->o->candidates; step++) {
        ili_free(*voids);
        *voids = NULL;
        IL_TRY(
            ili_voids_find(ctx, c->sys, NULL, ROOM - step * ROOM_STEP, SPACING, APART, from, to, voids, n));
    }
    return IL_OK;
}

/** The best of the places where the ion stays in layer k; energy infinite: there is none. */
static il_status find_place(il_context *ctx, contact *c, int k, int32_t i, double place[3], double *energy) {
    ili_void *voids = NULL;
    int32_t n = 0;
    const ili_layer_now layer = ili_heights_layer(&c->heights, k, c->o->thickness);
    il_status status;
    *energy = INFINITY;
    IL_GO(find_voids(ctx, c, k, &voids, &n));
    for (int32_t v = 0, stayed = 0; v < n && stayed < c->o->candidates; v++) {
        double x[3], e = INFINITY;
        memcpy(x, voids[v].x, sizeof x);
        IL_GO(try_place(ctx, c, i, x, &e));
        if (ili_has_left(&layer, c->up * x[2])) continue;
        stayed++;
        if (!(e < *energy)) continue;
        *energy = e;
        memcpy(place, x, sizeof x);
    }
out:
    ili_free(voids);
    return status;
}

/** Move one atom of the metal into layer k, if there are an atom, an ion to reduce and a place. */
static il_status move_one(il_context *ctx, contact *c, int k, ili_slab_end *end) {
    const int32_t i = farthest_of_metal(c);
    double energy, place[3];
    *end = i < 0 ? ILI_SLAB_NO_METAL : ili_balance_room(c->balance) < 1 ? ILI_SLAB_NO_ELECTRON : ILI_SLAB_ALL;
    if (*end != ILI_SLAB_ALL) return IL_OK;
    IL_TRY(find_place(ctx, c, k, i, place, &energy));
    if (!isfinite(energy)) {
        *end = ILI_SLAB_NO_ROOM;
        return IL_OK;
    }
    memcpy(c->sys->x[i], place, sizeof place);
    c->sys->type[i] = c->ion;
    c->who[i] = GUEST;
    c->layer[i] = k;
    c->n_li++;
    return ili_balance_put(ctx, c->balance, c->sys, i);
}

/* ---- all ------------------------------------------------------------------------------------------- */

/** Stretch the plane; heights stay. */
static void strain_plane(contact *c) {
    const double stretch_by = 1.0 + c->o->lateral;
    for (int k = 0; k < 2; k++) {
        for (int a = 0; a < 3; a++) c->sys->cell.h[a][k] *= stretch_by;
        for (int32_t i = 0; i < c->sys->n_atoms; i++) c->sys->x[i][k] *= stretch_by;
    }
}

static il_status set_up(il_context *ctx, contact *c, const il_system *given) {
    IL_TRY(ili_system_copy(ctx, given, &c->sys));
    const size_t n = (size_t)c->sys->n_atoms;
    c->who = ili_alloc(n, sizeof *c->who);
    c->layer = ili_alloc(n, sizeof *c->layer);
    c->frame = ili_alloc(n, sizeof *c->frame);
    if (!c->who || !c->layer || !c->frame) return ili_no_memory(ctx, "a contact");
    IL_TRY(ILI_SYSTEM_ARRAY(ctx, c->sys, f));
    IL_TRY(check_plane(ctx, &c->sys->cell));
    IL_TRY(find_species(ctx, c));
    IL_TRY(tell_apart(ctx, c));
    IL_TRY(find_frame(ctx, c));
    IL_TRY(ili_system_species(ctx, c->sys, c->o->model->species[c->li].base.name, 3, &c->ion));
    strain_plane(c);
    IL_TRY(ili_balance_create(ctx, c->o->rule, c->o->model, &c->o->ff, c->sys, &c->balance));
    c->relaxer = c->o->relaxer;
    ili_balance_relax_by(c->balance, &c->relaxer);
    return part_of(ctx, c, 1u << CERAMIC, &c->start);
}

/** Do the layers fit into the ceramic, and the measure of strain into a layer? */
static il_status check_layers(il_context *ctx, const contact *c) {
    const double thickness = c->heights.top - c->heights.bottom;
    const int32_t held = ili_heights_within(&c->heights, c->o->thickness);
    if (!(thickness >= c->o->n_layers * c->o->thickness))
        return ili_fail(ctx, IL_E_INPUT, "%d layers of %g A are thicker than the ceramic, %.3g A",
                        c->o->n_layers, c->o->thickness, thickness);
    if (held < FRAMEWORK_LEAST || isnan(ili_heights_stretch(&c->heights, c->o->thickness)))
        return ili_fail(
            ctx, IL_E_INPUT,
            "the first layer, %g A thick, holds %d atoms of the framework, expected %d or more at "
            "different heights to tell its strain; make layers thicker",
            c->o->thickness, held, FRAMEWORK_LEAST);
    return IL_OK;
}

/** The contact before lithium moves. */
static il_status first_step(il_context *ctx, contact *c, ili_slab_run *run) {
    ili_relax_result r;
    IL_TRY(relax(ctx, c, "contact", &r));
    ili_heights_begin(&c->heights);
    IL_TRY(check_layers(ctx, c));
    IL_TRY(forces(ctx, c, c->force0));
    c->energy0 = r.energy;
    il_system_destroy(&c->start);
    IL_TRY(part_of(ctx, c, 1u << CERAMIC, &c->start));
    const long units = c->o->units ? c->o->units : ili_system_formula_units(c->start);
    run->area = ili_cell_area(&c->sys->cell);
    run->thickness = c->heights.top - c->heights.bottom;
    run->units = (double)units * c->o->thickness / run->thickness;
    for (int k = 0; k < 3; k++) run->stress_start[k] = GPA * c->force0[0][k] / run->thickness;
    return measure(ctx, c, &r, &run->step[run->n++]);
}

/** One ion more, and the step when its layer is full or can take no more. */
static il_status next_ion(il_context *ctx, contact *c, ili_slab_run *run) {
    const int k = run->n - 1, wanted = (int)lround(c->o->x * run->units * (k + 1));
    ili_slab_step *step = &run->step[run->n];
    ili_relax_result r;
    char label[64];
    if (c->n_li < wanted) IL_TRY(move_one(ctx, c, k, &run->end));
    if (run->end != ILI_SLAB_ALL && c->n_li == step[-1].n_li) return IL_OK; /* nothing new */
    snprintf(label, sizeof label, "layer %d of %d, Li %d of %d", k + 1, c->o->n_layers, c->n_li, wanted);
    IL_TRY(relax(ctx, c, label, &r));
    if (c->n_li < wanted && run->end == ILI_SLAB_ALL) return IL_OK;
    *step = (ili_slab_step){.layers = k + 1, .n_li = c->n_li};
    run->n++;
    return measure(ctx, c, &r, step);
}

/** What a checkpoint belongs to. */
static int64_t key_of(const contact *c) {
    const ili_slab_settings *o = c->o;
    const double numbers[] = {o->thickness,         o->x,           o->lateral,
                              (double)o->units,     o->n_layers,    o->candidates,
                              o->force_tolerance,   o->max_steps,   o->ff.short_cutoff,
                              o->ff.coulomb_cutoff, o->ff.accuracy, o->relaxer.lammps != NULL,
                              o->ff.coulomb,        o->ff.skin,     o->ff.charge_scale,
                              o->ff.precision};
    uint64_t key = ili_hash(ILI_HASH_START, numbers, sizeof numbers);
    key = ili_hash(key, o->model->hash, strlen(o->model->hash));
    return (int64_t)ili_hash(key, c->sys->x, (size_t)c->sys->n_atoms * sizeof *c->sys->x);
}

static void carry(contact *c, int64_t key, ili_slab_run *run, ili_bytes *b) {
    const size_t n = (size_t)c->sys->n_atoms;
    ili_bytes_expect(b, key);
    ili_bytes_expect(b, c->sys->n_atoms);
    ili_bytes_expect(b, c->start->n_atoms);
    ili_bytes_carry(b, &c->sys->cell, sizeof c->sys->cell);
    ili_bytes_carry(b, c->sys->x, n * sizeof *c->sys->x);
    ili_bytes_carry(b, c->sys->f, n * sizeof *c->sys->f);
    ili_bytes_carry(b, &c->sys->energy, sizeof c->sys->energy);
    ili_bytes_carry(b, c->who, n * sizeof *c->who);
    ili_bytes_carry(b, c->layer, n * sizeof *c->layer);
    ili_bytes_carry(b, c->heights.before, (size_t)c->heights.n * sizeof *c->heights.before);
    ili_bytes_carry(b, c->heights.after, (size_t)c->heights.n * sizeof *c->heights.after);
    ili_bytes_carry(b, c->start->x, (size_t)c->start->n_atoms * sizeof *c->start->x);
    ili_bytes_carry(b, &c->heights.top, sizeof c->heights.top);
    ili_bytes_carry(b, &c->heights.bottom, sizeof c->heights.bottom);
    ili_bytes_carry(b, c->force0, sizeof c->force0);
    ili_bytes_carry(b, &c->energy0, sizeof c->energy0);
    ili_bytes_carry(b, &c->n_li, sizeof c->n_li);
    ili_bytes_carry(b, run, offsetof(ili_slab_run, final));
    ili_balance_carry(c->balance, b);
}

/** Names of the atoms' species, which the balance changes. */
static il_status carry_names(il_context *ctx, contact *c, ili_bytes *b) {
    for (int32_t i = 0; i < c->sys->n_atoms && !b->failed; i++) {
        ili_species kind = c->sys->species[c->sys->type[i]];
        ili_bytes_carry(b, kind.name, sizeof kind.name);
        if (b->is_restoring && !b->failed)
            IL_TRY(ili_system_species(ctx, c->sys, kind.name, kind.z, &c->sys->type[i]));
    }
    return IL_OK;
}

static il_status save(il_context *ctx, contact *c, ili_slab_run *run, int64_t key, const char *path) {
    ili_bytes bytes = {0};
    run->relaxations = c->relaxer.count;
    if (!path) return IL_OK;
    carry(c, key, run, &bytes);
    il_status status = carry_names(ctx, c, &bytes);
    if (status == IL_OK && bytes.failed) status = ili_no_memory(ctx, "a checkpoint");
    if (status == IL_OK) status = ili_bytes_write(ctx, &bytes, path);
    ili_bytes_free(&bytes);
    return status;
}

static il_status restore(il_context *ctx, contact *c, ili_slab_run *run, int64_t key, const char *path,
                         bool *found) {
    ili_bytes bytes = {0};
    *found = path && access(path, R_OK) == 0;
    if (!*found) return IL_OK;
    il_status status = ili_bytes_read(ctx, path, &bytes);
    if (status == IL_OK) {
        carry(c, key, run, &bytes);
        status = carry_names(ctx, c, &bytes);
        c->relaxer.count = run->relaxations;
        if (status == IL_OK && bytes.failed)
            status =
                ili_fail(ctx, IL_E_INPUT, "%s: is of another contact or other settings; use --fresh", path);
    }
    ili_bytes_free(&bytes);
    return status;
}

/** Charges and sides of the contact as it is now, for its file. */
static il_status finish(il_context *ctx, contact *c) {
    const il_model *used;
    ili_binding binding = {0};
    int32_t side = 0;
    il_system *s = c->sys;
    IL_TRY(ili_balance_model(ctx, c->balance, &used));
    IL_TRY(ili_bind(ctx, used, s, true, &binding));
    for (int32_t i = 0; s->side && i < s->n_atoms; i++)
        if (c->who[i] == CERAMIC) side = s->side[i];
    for (int32_t i = 0; i < s->n_atoms; i++) {
        s->species[s->type[i]].charge = binding.charge[i];
        if (s->charge) s->charge[i] = binding.charge[i];
        if (s->side && c->who[i] == GUEST) s->side[i] = side;
    }
    s->has_energy = true;
    ili_binding_free(&binding);
    return IL_OK;
}

il_status ili_slab_lithiate(il_context *ctx, const ili_slab_settings *settings, const il_system *given,
                            const char *checkpoint, ili_slab_run *run) {
    contact c = {.o = settings};
    bool found;
    il_status status;
    *run = (ili_slab_run){0};
    IL_GO(set_up(ctx, &c, given));
    const int64_t key = key_of(&c);
    IL_GO(restore(ctx, &c, run, key, checkpoint, &found));
    if (!found) {
        IL_GO(first_step(ctx, &c, run));
        IL_GO(save(ctx, &c, run, key, checkpoint));
    }
    while (run->n <= settings->n_layers && run->end == ILI_SLAB_ALL) {
        IL_GO(next_ion(ctx, &c, run));
        IL_GO(save(ctx, &c, run, key, checkpoint));
    }
    IL_GO(finish(ctx, &c));
    run->final = c.sys;
    c.sys = NULL;
out:
    contact_free(&c);
    return status;
}
