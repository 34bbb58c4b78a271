/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lithiate_slab.h"

#include "base/alloc.h"
#include "build/voids.h"
#include "math/units.h"
#include "math/vec.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** Voids for an ion: the least room first asked for, the least ever taken, and the grid, angstrom. */
static const double ROOM = 1.7, ROOM_LEAST = 1.2, ROOM_STEP = 0.1, SPACING = 0.4, APART = 0.8;

/** eV/angstrom^2 in N/m. */
static const double N_PER_M = ILI_E_CHARGE_SI * 1e20;

enum { PLACE_STEPS = 30 };

typedef enum role { CERAMIC, METAL, GUEST } role;

/** A contact on its way. Atoms of the ceramic keep their numbers among themselves. */
typedef struct contact {
    const ili_slab_settings *o;
    il_system *sys;
    role *who;         /**< [n_atoms] */
    double *before;    /**< [n_atoms] height of the ceramic's atoms at step 0, toward the metal positive */
    int32_t ion;       /**< species of an inserted ion in sys */
    double normal[3];  /**< from the ceramic to the metal */
    double sign;       /**< of it along a x b */
    double top;        /**< height of the ceramic's face at step 0 */
    int32_t li, metal; /**< species of the model: the ion and the metal */
    double force0[3], energy0;
    int n_li; /**< moved so far */
    ili_balance *balance;
    il_system *start; /**< ceramic at step 0 */
} contact;

static double height(const contact *c, int32_t i) {
    return ili_dot(c->sys->x[i], c->normal);
}

static void contact_free(contact *c) {
    il_system_destroy(&c->sys);
    il_system_destroy(&c->start);
    ili_balance_destroy(&c->balance);
    ili_free(c->who);
    ili_free(c->before);
}

void ili_slab_run_free(ili_slab_run *run) {
    il_system_destroy(&run->final);
}

const char *ili_slab_end_text(ili_slab_end end) {
    static const char *const texts[] = {"", "no metal is left",
                                        "no ion of the ceramic takes a further electron",
                                        "the layer has no room for a further ion"};
    return texts[end];
}

/* ---- who is who ------------------------------------------------------------------------------------ */

/** The model's metal and its ion of one electron less. */
static il_status find_species(il_context *ctx, contact *c) {
    const il_model *m = c->o->model;
    ili_ladder ladder;
    c->li = c->metal = -1;
    if (ili_ladders(m, &ladder, 1) < 1)
        return ili_fail(ctx, IL_E_INPUT, "the model %s has no reducible species (redox)", m->name);
    const double charge = -ili_electron_charge(&ladder, m);
    for (int32_t s = 0; s < m->n_species; s++) {
        if (m->species[s].base.z != 3) continue;
        if (strcmp(m->species[s].phase, "metal") == 0)
            c->metal = s;
        else if (fabs(m->species[s].base.charge - charge) < 1e-9)
            c->li = s;
    }
    if (c->metal < 0 || c->li < 0)
        return ili_fail(ctx, IL_E_INPUT,
                        "the model %s has no %s, expected lithium both as a metal and as an ion of charge %g",
                        m->name, c->metal < 0 ? "species of lithium with phase metal" : "ion of lithium",
                        charge);
    return IL_OK;
}

static void turn(contact *c, double factor) {
    for (int k = 0; k < 3; k++) c->normal[k] *= factor;
}

static il_status tell_apart(il_context *ctx, contact *c) {
    const il_system *s = c->sys;
    double mean[2] = {0.0, 0.0};
    int32_t count[2] = {0, 0};
    if (!(s->cell.pbc[0] && s->cell.pbc[1] && !s->cell.pbc[2]))
        return ili_fail(ctx, IL_E_INPUT,
                        "the contact repeats along its third vector, expected a slab that is open there");
    ili_cross(s->cell.h[0], s->cell.h[1], c->normal);
    turn(c, 1.0 / ili_norm(c->normal));
    c->sign = 1.0;
    for (int32_t i = 0; i < s->n_atoms; i++) {
        c->who[i] = strcmp(s->species[s->type[i]].name, c->o->model->species[c->metal].base.name) == 0
                        ? METAL
                        : CERAMIC;
        mean[c->who[i]] += height(c, i);
        count[c->who[i]]++;
    }
    if (!count[CERAMIC] || !count[METAL])
        return ili_fail(ctx, IL_E_INPUT, "the contact holds no %s (species %s)",
                        count[METAL] ? "ceramic" : "metal", c->o->model->species[c->metal].base.name);
    if (mean[METAL] / count[METAL] < mean[CERAMIC] / count[CERAMIC]) turn(c, c->sign = -1.0);
    return IL_OK;
}

static bool is_framework(const contact *c, int32_t i) {
    return c->who[i] == CERAMIC && c->sys->species[c->sys->type[i]].z != 3;
}

/* ---- relaxation and what is measured --------------------------------------------------------------- */

static il_status relax(il_context *ctx, contact *c, const char *label, ili_relax_result *r, double force[3]) {
    ili_relax_options o = ili_relax_defaults();
    const il_model *used;
    il_ff *ff = NULL;
    o.force_tolerance = c->o->force_tolerance;
    o.max_steps = c->o->max_steps;
    o.label = label;
    IL_TRY(ili_balance_relax(ctx, c->balance, c->sys, &o, r, &used));
    ili_ff_result sums = {0};
    IL_TRY(il_ff_create(ctx, used, c->sys, &c->o->ff, &ff));
    il_status status = ili_ff_evaluate(ctx, ff, &c->sys->cell, (const double(*)[3])c->sys->x, &sums);
    il_ff_destroy(&ff);
    const double area = ili_cell_area(&c->sys->cell);
    static const int in_plane[] = {0, 1, 5};
    for (int k = 0; k < 3; k++) force[k] = -N_PER_M * sums.w[in_plane[k]] / area;
    return status;
}

/** The ceramic alone, for its bonds. */
static il_status ceramic_of(il_context *ctx, const contact *c, il_system **out) {
    bool *keep = ili_alloc((size_t)c->sys->n_atoms, sizeof *keep);
    if (!keep) return ili_no_memory(ctx, "the ceramic");
    for (int32_t i = 0; i < c->sys->n_atoms; i++) keep[i] = c->who[i] == CERAMIC;
    il_status status = ili_system_copy(ctx, c->sys, out);
    if (status == IL_OK) ili_system_filter(*out, keep);
    ili_free(keep);
    return status;
}

/** Slope of heights after on heights before over framework atoms within `depth` of the face; NaN: too few. */
static double stretch(const contact *c, double depth) {
    double n = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
    for (int32_t i = 0; i < c->sys->n_atoms; i++) {
        if (!is_framework(c, i) || c->before[i] < c->top - depth) continue;
        const double x = c->before[i] - c->top, y = height(c, i);
        n += 1.0;
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    const double spread = sxx - sx * sx / n;
    return n > 2.0 && spread > 0.0 ? (sxy - sx * sy / n) / spread : NAN;
}

/** Mean displacement of the framework in the outermost `band` angstrom of a side: +1 the face to the metal, -1 the other. */
static double displacement(const contact *c, int side, double bottom) {
    const double band = 3.0;
    double sum = 0.0, n = 0.0;
    for (int32_t i = 0; i < c->sys->n_atoms; i++) {
        if (!is_framework(c, i)) continue;
        if (side > 0 ? c->before[i] < c->top - band : c->before[i] > bottom + band) continue;
        sum += height(c, i) - c->before[i];
        n += 1.0;
    }
    return sum / n;
}

static double bottom_of(const contact *c) {
    double low = INFINITY;
    for (int32_t i = 0; i < c->sys->n_atoms; i++)
        if (is_framework(c, i)) low = fmin(low, c->before[i]);
    return low;
}

static il_status measure(il_context *ctx, contact *c, const ili_relax_result *r, const double force[3],
                         ili_slab_step *step) {
    const double bottom = bottom_of(c);
    il_system *ceramic = NULL;
    step->converged = r->converged;
    step->depth = fmin(step->layers * c->o->thickness, c->top - bottom);
    step->strain = step->layers ? stretch(c, step->depth) - 1.0 : NAN;
    step->rise = displacement(c, 1, bottom) - displacement(c, -1, bottom);
    step->energy = step->n_li ? (r->energy - c->energy0) / step->n_li : NAN;
    for (int k = 0; k < 3; k++) {
        step->force[k] = force[k] - c->force0[k];
        step->stress[k] =
            step->layers ? step->force[k] / (0.1 * step->depth) : NAN; /* N/m over angstrom: 10 GPa */
    }
    ili_balance_shares(c->balance, c->sys, step->electrons);
    IL_TRY(ceramic_of(ctx, c, &ceramic));
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

/** Heights between which layer k of the ceramic lies now: of the framework atoms that began in it. */
static void layer_now(const contact *c, int k, double *low, double *high) {
    const double from = c->top - (k + 1) * c->o->thickness, to = c->top - k * c->o->thickness;
    *low = INFINITY;
    *high = -INFINITY;
    for (int32_t i = 0; i < c->sys->n_atoms; i++) {
        if (!is_framework(c, i) || c->before[i] < from || c->before[i] > to) continue;
        *low = fmin(*low, height(c, i));
        *high = fmax(*high, height(c, i));
    }
}

/** Largest voids of layer k, at least `candidates` where there are so many; the room asked for shrinks until there is one. */
static il_status find_voids(il_context *ctx, const contact *c, int k, ili_void **voids, int32_t *n) {
    double low, high;
    *voids = NULL;
    layer_now(c, k, &low, &high);
    if (c->sign < 0.0) {
        const double swap = low;
        low = -high;
        high = -swap;
    }
    for (double room = ROOM; room >= ROOM_LEAST - 1e-9; room -= ROOM_STEP) {
        ili_free(*voids);
        *voids = NULL;
        IL_TRY(ili_voids_find(ctx, c->sys, NULL, room, SPACING, APART, low, high, voids, n));
        if (*n >= c->o->candidates || (*n > 0 && room < ROOM_LEAST + ROOM_STEP)) return IL_OK;
    }
    return IL_OK;
}

/** Move one atom of the metal into layer k, if there are an atom, a void and an ion to reduce. */
static il_status move_one(il_context *ctx, contact *c, int k, ili_slab_end *end) {
    ili_void *voids = NULL;
    int32_t n = 0, i = farthest_of_metal(c);
    double best = INFINITY, place[3];
    il_status status = IL_OK;
    *end = i < 0                                      ? ILI_SLAB_NO_METAL
           : ili_balance_room(c->balance, c->sys) < 1 ? ILI_SLAB_NO_ELECTRON
                                                      : ILI_SLAB_ALL;
    if (*end != ILI_SLAB_ALL) return IL_OK;
    IL_GO(find_voids(ctx, c, k, &voids, &n));
    for (int32_t v = 0; v < n && v < c->o->candidates; v++) {
        double x[3], energy = INFINITY;
        memcpy(x, voids[v].x, sizeof x);
        IL_GO(try_place(ctx, c, i, x, &energy));
        if (!(energy < best)) continue;
        best = energy;
        memcpy(place, x, sizeof place);
    }
    *end = best < INFINITY ? ILI_SLAB_ALL : ILI_SLAB_NO_ROOM;
    if (*end != ILI_SLAB_ALL) goto out;
    memcpy(c->sys->x[i], place, sizeof place);
    c->sys->type[i] = c->ion;
    c->who[i] = GUEST;
    c->n_li++;
    IL_GO(ili_balance_put(ctx, c->balance, c->sys, i));
out:
    ili_free(voids);
    return status;
}

/* ---- all ------------------------------------------------------------------------------------------- */

/** Formula units of the ceramic in a layer. */
static double units_in_layer(const contact *c) {
    const double all = (double)(c->o->units ? c->o->units : ili_system_formula_units(c->start));
    return all * c->o->thickness / (c->top - bottom_of(c));
}

/** Stretch the plane, vacuum and heights stay. */
static void strain_plane(contact *c) {
    ili_cell *cell = &c->sys->cell;
    const ili_cell old = *cell;
    for (int a = 0; a < 2; a++)
        for (int k = 0; k < 3; k++) cell->h[a][k] *= 1.0 + c->o->lateral;
    for (int32_t i = 0; i < c->sys->n_atoms; i++) {
        double s[3];
        ili_cell_to_frac(&old, c->sys->x[i], s);
        ili_cell_to_cart(cell, s, c->sys->x[i]);
    }
}

static il_status set_up(il_context *ctx, contact *c, const il_system *given) {
    IL_TRY(ili_system_copy(ctx, given, &c->sys));
    c->who = ili_alloc((size_t)c->sys->n_atoms, sizeof *c->who);
    c->before = ili_alloc((size_t)c->sys->n_atoms, sizeof *c->before);
    if (!c->who || !c->before) return ili_no_memory(ctx, "a contact");
    IL_TRY(find_species(ctx, c));
    IL_TRY(tell_apart(ctx, c));
    IL_TRY(ili_system_species(ctx, c->sys, c->o->model->species[c->li].base.name, 3, &c->ion));
    strain_plane(c);
    IL_TRY(ili_balance_create(ctx, c->o->rule, c->o->model, &c->o->ff, c->sys, &c->balance));
    return ceramic_of(ctx, c, &c->start);
}

/** The contact before lithium moves. */
static il_status first_step(il_context *ctx, contact *c, ili_slab_run *run) {
    ili_relax_result r;
    double force[3];
    IL_TRY(relax(ctx, c, "contact", &r, force));
    c->top = -INFINITY;
    for (int32_t i = 0; i < c->sys->n_atoms; i++) {
        c->before[i] = height(c, i);
        if (is_framework(c, i)) c->top = fmax(c->top, c->before[i]);
    }
    c->energy0 = r.energy;
    memcpy(c->force0, force, sizeof force);
    il_system_destroy(&c->start);
    IL_TRY(ceramic_of(ctx, c, &c->start));
    const double thick = c->top - bottom_of(c);
    if (thick < c->o->n_layers * c->o->thickness)
        return ili_fail(ctx, IL_E_INPUT, "%d layers of %g A are thicker than the ceramic, %.3g A",
                        c->o->n_layers, c->o->thickness, thick);
    run->area = ili_cell_area(&c->sys->cell);
    run->units = units_in_layer(c);
    return measure(ctx, c, &r, force, &run->step[run->n++]);
}

/** One ion more, and the step when its layer is full or can take no more. */
static il_status next_ion(il_context *ctx, contact *c, ili_slab_run *run) {
    const int k = run->n - 1, wanted = (int)lround(c->o->x * run->units * (k + 1));
    ili_slab_step *step = &run->step[run->n];
    ili_relax_result r;
    double force[3];
    char label[64];
    if (c->n_li < wanted) IL_TRY(move_one(ctx, c, k, &run->end));
    if (run->end != ILI_SLAB_ALL && c->n_li == step[-1].n_li) return IL_OK; /* nothing new */
    snprintf(label, sizeof label, "layer %d of %d, Li %d of %d", k + 1, c->o->n_layers, c->n_li, wanted);
    IL_TRY(relax(ctx, c, label, &r, force));
    if (c->n_li < wanted && run->end == ILI_SLAB_ALL) return IL_OK;
    *step = (ili_slab_step){.layers = k + 1, .n_li = c->n_li};
    run->n++;
    return measure(ctx, c, &r, force, step);
}

static void carry(contact *c, ili_slab_run *run, ili_bytes *b) {
    const size_t n = (size_t)c->sys->n_atoms;
    ili_bytes_expect(b, c->sys->n_atoms);
    ili_bytes_expect(b, c->start->n_atoms);
    ili_bytes_carry(b, &c->sys->cell, sizeof c->sys->cell);
    ili_bytes_carry(b, c->sys->x, n * sizeof *c->sys->x);
    ili_bytes_carry(b, c->who, n * sizeof *c->who);
    ili_bytes_carry(b, c->before, n * sizeof *c->before);
    ili_bytes_carry(b, c->start->x, (size_t)c->start->n_atoms * sizeof *c->start->x);
    ili_bytes_carry(b, &c->top, sizeof c->top);
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

static il_status save(il_context *ctx, contact *c, ili_slab_run *run, const char *path) {
    ili_bytes bytes = {0};
    if (!path) return IL_OK;
    carry(c, run, &bytes);
    il_status status = carry_names(ctx, c, &bytes);
    if (status == IL_OK && bytes.failed) status = ili_no_memory(ctx, "a checkpoint");
    if (status == IL_OK) status = ili_bytes_write(ctx, &bytes, path);
    ili_bytes_free(&bytes);
    return status;
}

static il_status restore(il_context *ctx, contact *c, ili_slab_run *run, const char *path, bool *found) {
    ili_bytes bytes = {0};
    *found = path && access(path, R_OK) == 0;
    if (!*found) return IL_OK;
    il_status status = ili_bytes_read(ctx, path, &bytes);
    if (status == IL_OK) {
        carry(c, run, &bytes);
        status = carry_names(ctx, c, &bytes);
        if (status == IL_OK && bytes.failed)
            status = ili_fail(ctx, IL_E_INPUT, "%s: is of another contact; use --fresh", path);
    }
    ili_bytes_free(&bytes);
    return status;
}

il_status ili_slab_lithiate(il_context *ctx, const ili_slab_settings *settings, const il_system *given,
                            const char *checkpoint, ili_slab_run *run) {
    contact c = {.o = settings};
    bool found;
    il_status status;
    *run = (ili_slab_run){0};
    IL_GO(set_up(ctx, &c, given));
    IL_GO(restore(ctx, &c, run, checkpoint, &found));
    if (!found) {
        IL_GO(first_step(ctx, &c, run));
        IL_GO(save(ctx, &c, run, checkpoint));
    }
    while (run->n <= settings->n_layers && run->end == ILI_SLAB_ALL) {
        IL_GO(next_ion(ctx, &c, run));
        IL_GO(save(ctx, &c, run, checkpoint));
    }
    run->final = c.sys;
    c.sys = NULL;
out:
    contact_free(&c);
    return status;
}
