/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The run is a row of stages: at each voltage an equilibration, in which step lengths adapt, and a production run, which is
 * measured once a sweep. The state is the sampler's with the traces and the points so far; it is saved every few sweeps. */
#include "task/lithiate_gc.h"

#include "base/alloc.h"
#include "base/file.h"
#include "build/voids.h"
#include "math/trace.h"
#include "task/lithiate_file.h"
#include "task/lithiate_measure.h"
#include "task/lithiate_place.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FORMAT = 2, FEW = 10, LADDERS_MAX = 8, SWEEPS_BETWEEN_SAVES = 50, EQUILIBRATE = 0, PRODUCE = 1 };

/** What is measured, in this order. */
enum {
    OF_X,
    OF_VOLUME,
    OF_A,
    OF_C,
    OF_ENERGY,
    OF_STRAIN,
    OF_RUNG = OF_STRAIN + 6,
    TRACES = OF_RUNG + ILI_RUNGS_MAX
};

/** How often moves are tried: for one displacement an insertion or deletion, some electrons that change places; the cell about once
 *  a sweep, its shape twice, since it has six components. Lithium is displaced more often than the lattice. */
static const double INSERT_WEIGHT = 1.0, EXCHANGE_WEIGHT = 0.1, VOLUME_WEIGHT = 1.0, SHAPE_WEIGHT = 2.0,
                    LITHIUM_WEIGHT = 2.0;

/** Voids of the host without its lithium, where insertion looks for room: radius, spacing of the grid, angstrom; spheres around
 *  them, and their distance, with a margin for a cell that shrinks; share of insertions anywhere. */
static const double VOID_RADIUS = 1.4, VOID_GRID = 0.3, SPHERE = 0.8, SPHERES_APART = 2.0, ANYWHERE = 0.3;

typedef struct gc_run {
    const ili_lithiate_gc_settings *s;
    ili_lithiate_gc_result *result;
    uint64_t key;
    char path[ILI_PATH_MAX]; /**< "": nothing is saved */
    il_system *host;
    int32_t ion, n_host, n_reducible;
    int64_t n_ions; /**< of the host */
    int n_ladders;
    ili_ladder ladder[LADDERS_MAX];
    int32_t n_sites;
    double (*sites)[3]; /**< [n_sites] fractions */
    ili_trial *trial;
    ili_mc *mc;
    /* the state beside the sampler and the result */
    int stage;           /**< EQUILIBRATE or PRODUCE, of point result->n */
    int64_t stage_start; /**< moves */
    ili_trace trace[TRACES];
    /* what the caller sees */
    il_progress_fn progress;
    void *progress_user;
} gc_run;

/* ---- progress --------------------------------------------------------------------------------------------- */

static int64_t stage_moves(const gc_run *r, int stage) {
    return (stage == EQUILIBRATE ? r->s->equilibration : r->s->production) * r->n_host;
}

static int on_progress(void *user, const char *what, double fraction) {
    const gc_run *r = user;
    char text[64];
    (void)what, (void)fraction;
    if (!r->progress) return 0;
    const double all = (double)(stage_moves(r, EQUILIBRATE) + stage_moves(r, PRODUCE)) * r->s->n_voltages;
    snprintf(text, sizeof text, "%g V, %s", r->s->voltage[r->result->n],
             r->stage == EQUILIBRATE ? "equilibration" : "production");
    return r->progress(r->progress_user, text, (double)ili_mc_moves(r->mc) / all);
}

/* ---- checking and setting up ------------------------------------------------------------------------------ */

static il_status check_settings(il_context *ctx, const ili_lithiate_gc_settings *s) {
    if (s->n_voltages < 1 || s->n_voltages > ILI_GC_VOLTAGES_MAX)
        return ili_fail(ctx, IL_E_INPUT, "lithiation at %d voltages was asked for; expected 1 to %d",
                        s->n_voltages, ILI_GC_VOLTAGES_MAX);
    for (int k = 0; k < s->n_voltages; k++)
        if (!isfinite(s->voltage[k]))
            return ili_fail(ctx, IL_E_INPUT, "voltage %d of the lithiation is %g; expected a number", k + 1,
                            s->voltage[k]);
    if (s->equilibration < 1 || s->production < 1)
        return ili_fail(ctx, IL_E_INPUT, "%lld and %lld sweeps at each voltage; expected 1 or more of each",
                        (long long)s->equilibration, (long long)s->production);
    if (s->formula_units < 1 || s->repeat[0] < 1 || s->repeat[1] < 1 || s->repeat[2] < 1)
        return ili_fail(
            ctx, IL_E_INPUT,
            "a lithiation was given %ld formula units in %d x %d x %d cells; expected positive numbers",
            s->formula_units, s->repeat[0], s->repeat[1], s->repeat[2]);
    if (!isfinite(s->li_metal)) return ili_fail(ctx, IL_E_INPUT, "the energy of lithium metal is not known");
    return IL_OK;
}

static uint64_t job_key(const ili_lithiate_gc_settings *s, const il_system *host) {
    uint64_t h = ili_hash(ILI_HASH_START, IL_VERSION, sizeof IL_VERSION);
#define MIX(field) h = ili_hash(h, &(field), sizeof(field))
    h = ili_hash(h, s->model->hash, strlen(s->model->hash));
    MIX(s->ff.short_cutoff), MIX(s->ff.coulomb_cutoff), MIX(s->ff.accuracy), MIX(s->ff.coulomb);
    MIX(s->ff.skin), MIX(s->ff.charge_scale), MIX(s->ff.precision);
    h = ili_hash(h, s->voltage, (size_t)s->n_voltages * sizeof *s->voltage);
    MIX(s->n_voltages), MIX(s->temperature), MIX(s->pressure), MIX(s->equilibration), MIX(s->production);
    MIX(s->formula_units), MIX(s->repeat), MIX(s->li_metal), MIX(s->seed);
#undef MIX
    return ili_lithiate_hash_host(h, host);
}

/** Electrons that the host's ions can take up, and how many ions these are. Refuses a charged host. */
static il_status count_room(il_context *ctx, gc_run *r, int32_t *room) {
    ili_binding binding = {0};
    IL_TRY(ili_bind(ctx, r->s->model, r->host, false, &binding));
    *room = 0;
    for (int32_t i = 0; i < binding.n; i++) {
        ili_ladder ladder;
        int rung;
        r->n_ions += binding.type[i] == r->ion;
        if (!ili_ladder_of(r->s->model, binding.type[i], &ladder, &rung)) continue;
        r->n_reducible++;
        *room += ladder.n - 1 - rung;
    }
    ili_binding_free(&binding);
    if (r->n_reducible == 0)
        return ili_fail(ctx, IL_E_INPUT, "the structure holds no ion that the model %s can reduce",
                        r->s->model->name);
    if (*room == 0)
        return ili_fail(ctx, IL_E_INPUT,
                        "all ions of the structure that the model %s can reduce have all their electrons: "
                        "no lithium can enter",
                        r->s->model->name);
    return IL_OK;
}

/** Fractions of the voids; none is no reason to stop. */
static il_status find_sites(il_context *ctx, gc_run *r) {
    il_status status = IL_OK;
    il_system *frame = NULL;
    ili_binding binding = {0};
    ili_void *voids = NULL;
    int32_t n = 0;
    IL_TRY(ili_bind(ctx, r->s->model, r->host, false, &binding));
    bool *keep = ili_alloc((size_t)r->host->n_atoms, sizeof *keep);
    if (!keep) IL_GO(ili_no_memory(ctx, "sites of lithium"));
    for (int32_t i = 0; i < binding.n; i++) keep[i] = binding.type[i] != r->ion;
    IL_GO(ili_system_copy(ctx, r->host, &frame));
    ili_system_filter(frame, keep);
    IL_GO(ili_voids_find(ctx, frame, NULL, VOID_RADIUS, VOID_GRID, SPHERES_APART, NAN, NAN, &voids, &n));
    r->sites = ili_alloc((size_t)n, sizeof *r->sites);
    if (!r->sites) IL_GO(ili_no_memory(ctx, "sites of lithium"));
    for (int32_t k = 0; k < n; k++) ili_cell_to_frac(&frame->cell, voids[k].x, r->sites[k]);
    r->n_sites = n;
out:
    ili_free(voids);
    ili_free(keep);
    il_system_destroy(&frame);
    ili_binding_free(&binding);
    return status;
}

/** Rows of the ladders: an ion takes up one electron, or two ions of a ladder change places. */
static il_status add_ladders(il_context *ctx, const gc_run *r, ili_mc_options *o) {
    for (int k = 0; k < r->n_ladders; k++)
        for (int i = 0; i < r->ladder[k].n; i++)
            for (int j = i + 1; j < r->ladder[k].n; j++) {
                const int32_t pair[2] = {r->ladder[k].species[i], r->ladder[k].species[j]};
                if (o->n_exchanges == ILI_MC_EXCHANGES_MAX || o->reservoir.n_partners == ILI_MC_PARTNERS_MAX)
                    return ili_fail(ctx, IL_E_UNSUPPORTED,
                                    "model %s has more rungs than Monte Carlo has room for",
                                    r->s->model->name);
                memcpy(o->exchange[o->n_exchanges++], pair, sizeof pair);
                if (j == i + 1) memcpy(o->reservoir.partner[o->reservoir.n_partners++], pair, sizeof pair);
            }
    return IL_OK;
}

/** Lithium and all others; without a list all are displaced alike. */
static void add_mobile(const gc_run *r, ili_mc_options *o) {
    const int32_t n = r->s->model->n_species;
    if (n > ILI_MC_MOBILE_MAX) return;
    for (int32_t s = 0; s < n; s++) {
        o->mobile[o->n_mobile] = s;
        o->mobile_weight[o->n_mobile++] = s == r->ion ? LITHIUM_WEIGHT : 1.0;
    }
}

/** Of the stage under way. */
static il_status stage_options(il_context *ctx, const gc_run *r, ili_mc_options *o) {
    *o = ili_mc_defaults();
    o->temperature = r->s->temperature;
    o->pressure = r->s->pressure;
    o->weight[ILI_MC_INSERT] = INSERT_WEIGHT;
    o->weight[ILI_MC_EXCHANGE] = EXCHANGE_WEIGHT;
    o->weight[ILI_MC_VOLUME] = VOLUME_WEIGHT / r->n_host;
    o->weight[ILI_MC_SHAPE] = SHAPE_WEIGHT / r->n_host;
    o->reservoir.species = r->ion;
    o->reservoir.mu = r->s->li_metal - r->s->voltage[r->result->n];
    o->reservoir.n_sites = r->n_sites;
    o->reservoir.sites = (const double(*)[3])r->sites;
    o->reservoir.site_radius = SPHERE;
    o->reservoir.anywhere = ANYWHERE;
    o->is_equilibrating = r->stage == EQUILIBRATE;
    o->seed = r->s->seed;
    add_mobile(r, o);
    return add_ladders(ctx, r, o);
}

static il_status set_up(il_context *ctx, gc_run *r, const il_system *host) {
    const ili_lithiate_gc_settings *s = r->s;
    ili_mc_options o;
    int32_t room;
    IL_TRY(check_settings(ctx, s));
    IL_TRY(ili_lithiate_ion(ctx, s->model, &r->ion));
    r->n_ladders = ili_ladders(s->model, r->ladder, LADDERS_MAX);
    r->key = job_key(s, host);
    r->n_host = host->n_atoms;
    IL_TRY(ili_system_copy(ctx, host, &r->host));
    IL_TRY(count_room(ctx, r, &room));
    IL_TRY(find_sites(ctx, r));
    IL_TRY(ili_trial_create(ctx, s->model, &s->ff, r->host, host->n_atoms + room, &r->trial));
    IL_TRY(stage_options(ctx, r, &o));
    return ili_mc_create(ctx, &o, s->model, r->trial, &r->mc);
}

/* ---- checkpoints ------------------------------------------------------------------------------------------ */

static il_status carry_points(il_context *ctx, gc_run *r, ili_bytes *b) {
    ili_lithiate_gc_result *result = r->result;
    int32_t n = result->n;
    ili_bytes_carry(b, &n, sizeof n);
    if (n < 0 || n > r->s->n_voltages) b->failed = true;
    for (int k = 0; k < n && !b->failed; k++) {
        il_system *sys = result->point[k].sys;
        result->point[k].sys = NULL; /* no address goes into a file */
        ili_bytes_carry(b, &result->point[k], sizeof result->point[k]);
        result->point[k].sys = sys;
        result->n = k + 1;
        if (!b->failed) IL_TRY(ili_lithiate_carry_system(ctx, b, &result->point[k].sys));
    }
    return IL_OK;
}

static il_status save(il_context *ctx, gc_run *r) {
    ili_bytes b = {0};
    if (!r->path[0]) return IL_OK;
    ili_bytes_expect(&b, FORMAT);
    ili_bytes_carry(&b, &r->key, sizeof r->key);
    il_status status = carry_points(ctx, r, &b);
    ili_bytes_carry(&b, &r->stage, sizeof r->stage);
    ili_bytes_carry(&b, &r->stage_start, sizeof r->stage_start);
    ili_bytes_carry(&b, r->trace, sizeof r->trace);
    ili_mc_carry(r->mc, &b);
    if (status == IL_OK) status = ili_bytes_write(ctx, &b, r->path);
    ili_bytes_free(&b);
    return status;
}

/** The sampler is set to the stage that was under way, then restored. */
static il_status restore(il_context *ctx, gc_run *r) {
    il_status status = IL_OK;
    ili_bytes b = {0};
    uint64_t key = 0;
    if (!r->path[0] || access(r->path, F_OK) != 0) return IL_OK;
    IL_GO(ili_bytes_read(ctx, r->path, &b));
    ili_bytes_expect(&b, FORMAT);
    ili_bytes_carry(&b, &key, sizeof key);
    if (b.failed || key != r->key)
        IL_GO(ili_fail(
            ctx, IL_E_INPUT,
            "%s: belongs to another job (model, structure, settings or seed differ); remove it or choose "
            "another folder",
            r->path));
    IL_GO(carry_points(ctx, r, &b));
    ili_bytes_carry(&b, &r->stage, sizeof r->stage);
    ili_bytes_carry(&b, &r->stage_start, sizeof r->stage_start);
    ili_bytes_carry(&b, r->trace, sizeof r->trace);
    if (r->result->n < r->s->n_voltages) {
        ili_mc_options o;
        IL_GO(stage_options(ctx, r, &o));
        IL_GO(ili_mc_set(ctx, r->mc, &o));
    }
    ili_mc_carry(r->mc, &b);
    if (b.failed) IL_GO(ili_fail(ctx, IL_E_INPUT, "%s: is torn; remove it to start again", r->path));
out:
    ili_bytes_free(&b);
    return status;
}

/* ---- measuring -------------------------------------------------------------------------------------------- */

static il_status on_sweep(il_context *ctx, void *user, const ili_mc *mc) {
    gc_run *r = user;
    const ili_lithiate_gc_settings *s = r->s;
    const ili_trial *trial = ili_mc_trial(mc);
    const ili_cell *cell = ili_trial_cell(trial);
    double v[TRACES] = {0}, length[3], angle[3];
    (void)ctx;
    ili_cell_parameters(cell, length, angle);
    v[OF_X] = (double)(ili_mc_count(mc, r->ion) - r->n_ions) / (double)s->formula_units;
    v[OF_VOLUME] = ili_cell_volume(cell) / (double)s->formula_units;
    v[OF_A] = 0.5 * (length[0] / s->repeat[0] + length[1] / s->repeat[1]);
    v[OF_C] = length[2] / s->repeat[2];
    v[OF_ENERGY] = ili_trial_energy(trial);
    ili_lithiate_strain((const double(*)[3])r->host->cell.h, cell->h, &v[OF_STRAIN]);
    for (int k = 0; k < r->n_ladders; k++)
        for (int rung = 0; rung < r->ladder[k].n; rung++)
            v[OF_RUNG + rung] += (double)ili_mc_count(mc, r->ladder[k].species[rung]) / r->n_reducible;
    for (int k = 0; k < TRACES; k++) ili_trace_add(&r->trace[k], v[k]);
    return IL_OK;
}

static ili_gc_mean mean_of(const gc_run *r, int k) {
    return (ili_gc_mean){ili_trace_mean(&r->trace[k]), ili_trace_sigma(&r->trace[k])};
}

static ili_gc_mean less(ili_gc_mean a, ili_gc_mean b) {
    return (ili_gc_mean){a.value - b.value, hypot(a.sigma, b.sigma)};
}

/** The production run of a voltage is over. */
static il_status close_point(il_context *ctx, gc_run *r) {
    ili_lithiate_gc_result *result = r->result;
    ili_lithiate_gc_point *p = &result->point[result->n];
    *p = (ili_lithiate_gc_point){.voltage = r->s->voltage[result->n],
                                 .x = mean_of(r, OF_X),
                                 .volume = mean_of(r, OF_VOLUME),
                                 .a = mean_of(r, OF_A),
                                 .c = mean_of(r, OF_C),
                                 .energy = mean_of(r, OF_ENERGY),
                                 .drift = ili_mc_drift(r->mc),
                                 .twin = -1,
                                 .hysteresis_x = {NAN, NAN},
                                 .hysteresis_volume = {NAN, NAN}};
    for (int k = 0; k < 6; k++) p->strain[k] = mean_of(r, OF_STRAIN + k);
    for (int k = 0; k < ILI_RUNGS_MAX; k++) p->electrons[k] = mean_of(r, OF_RUNG + k);
    for (int m = 0; m < ILI_MC_MOVES; m++) p->tally[m] = ili_mc_tally_of(r->mc, m);
    for (int k = 0; k < result->n; k++)
        if (result->point[k].voltage == p->voltage) p->twin = k;
    if (p->tally[ILI_MC_INSERT].accepted < FEW)
        p->x.sigma = NAN; /* that nothing came or went is no proof that nothing would */
    if (p->twin >= 0) {
        p->hysteresis_x = less(p->x, result->point[p->twin].x);
        p->hysteresis_volume = less(p->volume, result->point[p->twin].volume);
    }
    IL_TRY(ili_trial_export(ctx, r->trial, &p->sys));
    result->n++;
    return IL_OK;
}

/** At the end, from the state, so that a run gone on with warns too. */
static void warn(il_context *ctx, const ili_lithiate_gc_result *result) {
    for (int k = 0; k < result->n; k++) {
        const int64_t exchanged = result->point[k].tally[ILI_MC_INSERT].accepted;
        if (exchanged < FEW)
            ili_warn(ctx,
                     "at %g V only %lld insertions and deletions were accepted: x is where the walk stands, "
                     "not a mean",
                     result->point[k].voltage, (long long)exchanged);
    }
}

/* ---- running ---------------------------------------------------------------------------------------------- */

/** The stage under way to its end, or to where the caller stops it; saved in both cases. */
static il_status run_stage(il_context *ctx, gc_run *r) {
    const int64_t end = r->stage_start + stage_moves(r, r->stage), most = SWEEPS_BETWEEN_SAVES * r->n_host;
    while (ili_mc_moves(r->mc) < end) {
        int64_t n = end - ili_mc_moves(r->mc);
        il_status status =
            ili_mc_run(ctx, r->mc, n < most ? n : most, r->n_host, r->stage == PRODUCE ? on_sweep : NULL, r);
        if (status != IL_OK && status != IL_E_INTERRUPTED) return status;
        IL_TRY(save(ctx, r));
        if (status == IL_E_INTERRUPTED)
            return ili_fail(ctx, IL_E_INTERRUPTED,
                            "interrupted at %g V (point %d of %d), after Monte Carlo move %lld",
                            r->s->voltage[r->result->n], r->result->n + 1, r->s->n_voltages,
                            (long long)ili_mc_moves(r->mc));
    }
    return IL_OK;
}

static il_status run_all(il_context *ctx, gc_run *r) {
    while (r->result->n < r->s->n_voltages) {
        ili_mc_options o;
        IL_TRY(run_stage(ctx, r));
        if (r->stage == PRODUCE) IL_TRY(close_point(ctx, r));
        r->stage = !r->stage;
        r->stage_start = ili_mc_moves(r->mc);
        memset(r->trace, 0, sizeof r->trace);
        if (r->result->n < r->s->n_voltages) {
            IL_TRY(stage_options(ctx, r, &o));
            IL_TRY(ili_mc_set(ctx, r->mc, &o));
        }
        IL_TRY(save(ctx, r));
    }
    return IL_OK;
}

il_status ili_lithiate_gc_run(il_context *ctx, const ili_lithiate_gc_settings *settings,
                              const il_system *host, const char *dir, ili_lithiate_gc_result *result) {
    il_status status = IL_OK;
    gc_run r = {
        .s = settings, .result = result, .progress = ctx->progress, .progress_user = ctx->progress_user};
    *result = (ili_lithiate_gc_result){0};
    il_set_progress(ctx, on_progress, &r);
    if (dir) IL_GO(ili_path_join(ctx, r.path, dir, "gcmc.state"));
    IL_GO(set_up(ctx, &r, host));
    IL_GO(restore(ctx, &r));
    IL_GO(run_all(ctx, &r));
    warn(ctx, result);
out:
    il_set_progress(ctx, r.progress, r.progress_user);
    ili_mc_destroy(&r.mc);
    ili_trial_destroy(&r.trial);
    il_system_destroy(&r.host);
    ili_free(r.sites);
    return status;
}

void ili_lithiate_gc_result_free(ili_lithiate_gc_result *result) {
    for (int k = 0; k < result->n; k++) il_system_destroy(&result->point[k].sys);
    *result = (ili_lithiate_gc_result){0};
}
